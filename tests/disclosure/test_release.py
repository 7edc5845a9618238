"""Release: what each audience may see, rule by rule, and that numbers come from decisions alone."""

import numpy as np
import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.disclosure.bounds import is_protected
from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.rules import FIGURE_RULES
from glc_analysis.disclosure.suppression import (
    DECISION_COLUMNS,
    decide,
    select_released_figures,
    suppress_uninformative_bands,
)
from glc_analysis.errors import UsageError
from glc_analysis.figures.contributors import find_contributors
from tests.support import small_surveys
from tests.support.small_surveys import QUESTIONS, SETTINGS, decided, said, survey_of
from tests.support.study_writer import question

YES, NO, UNSURE, FOOD = {"Q1": "yes"}, {"Q1": "no"}, {"Q1": "dont_know"}, "Q2/food/all"


def services(food, others):
    return survey_of((food, {"Q2": "food"}), (others, {"Q2": "legal"}), (6, {"Q2": "food legal"}))


def test_the_team_sees_every_figure():
    frames = survey_of((1, YES), (1, NO))
    decisions = decided(frames, "team")
    assert set(decisions["status"]) == {"shown"}
    assert select_released_figures(frames["figures"], audience="team").equals(frames["figures"])


@pytest.mark.parametrize("audience", ["convening", "public"])
def test_without_decisions_nothing_is_released(audience):
    with pytest.raises(UsageError, match="the build has not decided what this audience may see"):
        select_released_figures(survey_of((1, YES))["figures"], audience=audience)


def test_an_audience_that_does_not_exist_is_named_with_the_nearest():
    with pytest.raises(UsageError, match="public"):
        select_released_figures(survey_of((1, YES))["figures"], audience="publik")


def test_a_figure_is_shown_where_enough_said_so_and_enough_did_not():
    assert said(decided(survey_of((15, YES), (12, NO), (5, UNSURE))), "Q1/yes/all", "Q1/dont_know/all") == [
        "shown", "shown"]


@pytest.mark.parametrize(("size", "audience", "status"), [
    (6, "convening", "suppressed base_too_small"), (7, "convening", "shown"),
    (9, "public", "suppressed base_too_small"), (10, "public", "shown")])
def test_a_base_must_be_large_enough_without_the_reader_and_an_ally(size, audience, status):
    frames = survey_of(*[(1, {"Q3": str(k)}) for k in range(size)])
    assert said(decided(frames, audience), "Q3/median/all") == [status]


def test_organisations_of_one_network_count_once():
    rows = [(1, {"Q3": str(k)}) for k in range(10)]
    assert said(decided(survey_of(*rows, network=(0, 1))), "Q3/median/all") == ["suppressed base_too_small"]
    rows = (5, {"Q2": "food legal"}), (20, {"Q2": "legal"})
    assert said(decided(survey_of(*rows)), FOOD) == ["shown"]
    assert said(decided(survey_of(*rows, network=(0, 1))), FOOD) == ["banded count_too_small"]


def test_a_base_of_the_smallest_size_does_not_tell_that_another_member_of_a_network_is_not_in_it():
    rows = [*((1, {"Q3": str(k)}) for k in range(10)), (20, YES)]
    assert said(decided(survey_of(*rows)), "Q3/median/all") == ["shown"]
    assert said(decided(survey_of(*rows, network=(0, 20))), "Q3/median/all") == [
        "suppressed base_too_small"]
    rows = [*((1, {"Q3": str(k)}) for k in range(11)), (20, YES)]
    assert said(decided(survey_of(*rows, network=(0, 20))), "Q3/median/all") == ["shown"]


@pytest.mark.parametrize("n", [2, 3, 4])
def test_two_who_said_so_cannot_tell_whether_others_did(n):
    frames = survey_of((n, {"Q2": "food legal"}), (30 - n, {"Q2": "legal"}))
    row = decided(frames).loc[FOOD, ["status", "rule", "band", "shown_base_n"]].tolist()
    assert row == ["banded", "count_too_small", "at most 4", 30]


def test_nobody_and_everybody_are_ranges():
    decisions = decided(survey_of((30, {"Q2": "legal"})))
    assert said(decisions, FOOD, "Q2/legal/all") == ["banded unanimous"] * 2
    assert list(decisions.loc[[FOOD, "Q2/legal/all"], "band"]) == ["at most 4", "at least 26"]
    assert decisions.loc[FOOD, ["shown_low", "shown_high"]].tolist() == [0, 4]


def test_a_range_does_not_say_more_of_a_count_that_lies_at_its_edge():
    """All but three or four of thirty: whoever knows the rule must not know which."""
    for n in (26, 27):
        frames = survey_of((n, {"Q2": "food legal"}), (30 - n, {"Q2": "legal"}))
        assert decided(frames).loc[FOOD, "band"] == "at least 26"


def test_options_that_add_up_are_covered_in_the_order_of_the_questionnaire_until_enough_gave_them():
    """Do not know comes first, then the last option of the list."""
    options = "Q1/dont_know/all", "Q1/no/all", "Q1/yes/all"

    def texts(*answers):
        decisions = decided(survey_of(*answers))
        return [row["band"] or row["shown_n"] for row in (decisions.loc[one] for one in options)]
    assert texts((2, UNSURE), (14, NO), (20, YES)) == ["at most 16", "at most 16", 20]
    assert texts((9, UNSURE), (2, NO), (20, YES)) == ["at most 11", "at most 11", 20]
    assert texts((15, NO), (15, YES)) == ["at most 15", "at most 15", 15]
    assert texts((1, UNSURE), (2, NO), (29, YES)) == ["at most 4", "at most 4", "at least 28"]


@pytest.mark.parametrize(("refused", "status"), [
    (0, "shown"), (1, "suppressed withheld_contributors"), (2, "suppressed withheld_contributors"),
    (3, "shown")])
def test_one_or_two_who_did_not_consent_hide_a_figure(refused, status):
    frames = survey_of((15, YES), (15, NO), (5, UNSURE))
    assert said(decided(frames, refused=range(refused)), "Q1/yes/all") == [status]


def test_consent_to_the_public_is_none_to_the_convening():
    frames = survey_of((15, YES), (15, NO), (5, UNSURE))
    given = [(name, "", "survey", "public") for name in frames["organisations"]["organisation_id"]]
    given += [(name, "", "survey", "convening") for name, *_ in given[1:]]
    for audience, status in (("public", "shown"), ("convening", "suppressed withheld_contributors")):
        decisions = decide(frames["figures"], find_contributors(frames), frames["organisations"],
                           Consent(frozenset(given)), SETTINGS, audience=audience)
        assert said(decisions.set_index("figure_id"), "Q1/yes/all") == [status]


def test_who_was_asked_tells_the_answer_before():
    exact = survey_of((15, {"Q1": "yes", "Q5": "no"}), (9, {"Q1": "yes", "Q5": "yes"}),
                  (5, {"Q1": "yes", "Q5": "dont_know"}), (8, NO), (5, UNSURE))
    assert said(decided(exact), "Q5/yes/all") == ["shown"]
    hidden = survey_of((15, {"Q1": "yes", "Q5": "no"}), (9, {"Q1": "yes", "Q5": "yes"}),
                       (5, {"Q1": "yes", "Q5": "dont_know"}), (2, NO), (1, UNSURE))
    assert said(decided(hidden), "Q1/yes/all", "Q5/yes/all") == [
        "banded count_too_small", "suppressed skip_logic"]


def test_who_was_asked_tells_nothing_of_the_other_answers_before():
    """How many said yes is exact; whether the others said no or do not know, no base tells."""
    frames = survey_of((15, {"Q1": "yes", "Q5": "no"}), (9, {"Q1": "yes", "Q5": "yes"}),
                       (5, {"Q1": "yes", "Q5": "dont_know"}), (2, NO), (9, UNSURE))
    assert said(decided(frames), "Q1/no/all", "Q5/yes/all") == ["banded count_too_small", "shown"]


def test_bases_by_region_of_a_later_question_tell_nothing_of_the_regions_that_are_not_shown():
    """26 said yes, and 12 in Asia were asked the next question: so all 14 elsewhere said yes."""
    frames = survey_of((12, {"Q1": "yes", "Q5": "no"}), (11, UNSURE), (18, NO),
                       (8, {"Q1": "yes", "Q5": "no", "country": "KEN"}),
                       (6, {"Q1": "yes", "Q5": "yes", "country": "PER"}))
    assert said(decided(frames), "Q1/yes/region=asia", "Q5/yes/region=asia", "Q5/yes/all") == [
        "banded partition", "suppressed unanimous", "shown"]


@pytest.mark.parametrize(("silent", "status"), [(3, "shown"), (2, "suppressed skip_logic")])
def test_a_base_that_leaves_an_earlier_answer_open_hides_no_question(monkeypatch, silent, status):
    """Those who do not work in Kenya are asked. Two work there, and so many did not answer."""
    asked = question("A", "multi", "services", asked_if="where != KEN")
    monkeypatch.setattr(small_surveys, "QUESTIONS", [*QUESTIONS, asked])
    frames = survey_of((10, {"where": "KHM", "A": "food"}), (20, {"where": "PER", "A": "legal food"}),
                       (12, {"where": "LAO", "A": "legal"}), (silent, {"where": "LAO"}),
                       (2, {"where": "KEN"}))
    assert said(decided(frames), "where/KEN/all", "A/food/all") == ["suppressed country", status]


@pytest.mark.parametrize("first", [True, False])
def test_what_is_hidden_hides_what_was_asked_because_of_it_in_any_order(monkeypatch, first):
    """A question that depends on Q5, which depends on Q1: whichever of the two stands first."""
    last = question("A" if first else "Q6", "single", "law", asked_if="Q5 == yes")
    monkeypatch.setattr(small_surveys, "QUESTIONS", [*QUESTIONS, last])
    asked = {"Q1": "yes", "Q5": "yes"}
    rows = [(n, {**asked, last["question_id"]: answer})
            for n, answer in ((12, "yes"), (12, "no"), (5, "dont_know"))]
    rows += [(n, {"Q1": "yes", "Q5": answer}) for n, answer in ((9, "no"), (5, "dont_know"))]
    shown, one = survey_of(*rows, (8, NO), (5, UNSURE)), f"{last['question_id']}/yes/all"
    assert said(decided(shown), "Q1/no/all", "Q5/yes/all", one) == ["shown"] * 3
    hidden = survey_of(*rows, (2, NO), (1, UNSURE))
    assert said(decided(hidden), "Q1/no/all", "Q5/yes/all", one) == [
        "banded count_too_small", *["suppressed skip_logic"] * 2]


def test_a_mean_of_a_large_base_is_rounded_unless_an_answer_could_move_it():
    numbers = [(1, {"Q3": str(k)}) for k in range(100)]
    decisions = decided(survey_of(*numbers * 4))
    means = decisions.loc[["Q3/mean/all", "Q3/standard_deviation/all"], "shown_value"]
    assert means.tolist() == [50, 29]
    half = decided(survey_of(*numbers * 2))
    assert half.loc["Q3/mean/all", "shown_value"] == 50
    assert said(half, "Q3/standard_deviation/all") == ["suppressed numbers"]
    assert said(decided(survey_of(*numbers[1:])), "Q3/mean/all") == ["suppressed numbers"]
    rich = survey_of(*numbers, *numbers, (1, {"Q3": "90000"}))
    assert said(decided(rich), "Q3/mean/all", "Q3/standard_deviation/all") == ["suppressed numbers"] * 2


def test_a_mean_of_a_small_base_is_not_shown_and_a_median_rounded():
    frames = survey_of(*[(1, {"Q3": str(1000 + k)}) for k in range(11)])
    decisions = decided(frames)
    assert said(decisions, "Q3/mean/all", "Q3/standard_deviation/all", "Q3/median/all") == [
        "suppressed numbers", "suppressed numbers", "shown"]
    assert decisions.loc["Q3/median/all", "shown_value"] == 1000
    same = survey_of((6, {"Q3": "1"}), (6, {"Q3": "2"}))
    assert said(decided(same), "Q3/median/all") == ["suppressed numbers"]


def groups(asia, america, audience="convening", **refused):
    """Food by region, where so many of sixteen said so in asia and in america."""
    rows = [(n if country == where else 0, {"country": country, "Q2": services})
            for country, where, yes in (("KHM", "KHM", asia), ("PER", "PER", america))
            for n, services in ((yes, "food legal"), (16 - yes, "legal"))]
    return decided(survey_of(*rows), audience, **refused)


@pytest.mark.parametrize("audience", ["convening", "public"])
def test_large_groups_are_shown(audience):
    assert said(groups(8, 7, audience), "Q2/food/region=asia", "Q2/food/region=america") == ["shown"] * 2


def test_a_second_grouping_is_not_shown():
    assert said(groups(8, 7), "Q2/food/home_region=asia") == ["suppressed related"]


def test_a_small_count_of_a_group_is_covered_by_another_group():
    both = ["Q2/food/region=asia", "Q2/food/region=america"]
    assert said(groups(8, 4), *both) == ["banded partition", "banded count_too_small"]
    assert said(groups(8, 0), *both) == ["banded partition", "banded unanimous"]
    assert groups(8, 0).loc[both, "band"].tolist() == ["at most 8"] * 2


def test_groups_too_small_or_left_over_hide_the_smallest_others():
    rows = [(n, {"country": country, "Q2": services}) for country, n in (("KHM", 8), ("PER", 6), ("KEN", 1))
            for services in ("food legal", "legal")]
    decisions = decided(survey_of(*rows), "convening")
    assert said(decisions, *(f"Q2/food/region={one}" for one in ("asia", "america", "africa"))) == [
        "shown", "suppressed complement_too_small", "suppressed base_too_small"]


@pytest.mark.parametrize(("without_region", "status"), [
    (1, "suppressed complement_too_small"), (2, "shown")])
def test_a_hidden_group_is_not_left_in_the_rest_with_few_others(without_region, status):
    """Africa is hidden, since two there refused. With one other left, its count would be one of two."""
    rows = [(n, {"country": country, "Q2": services})
            for country, n in (("KEN", 8), ("KHM", 12), ("PER", 10)) for services in ("food legal", "legal")]
    rows += [(without_region, {"country": "TWN", "Q2": "legal"})]
    refused = [0, 8, *range(60, 60 + without_region)]
    decisions = decided(survey_of(*rows), refused=refused)
    assert said(decisions, *(f"Q2/food/region={one}" for one in ("asia", "america"))) == ["shown", status]


@pytest.mark.parametrize(("without_region", "rule"), [(9, "complement_too_small"), (10, "partition")])
def test_as_many_outside_a_group_as_the_least_base_are_enough(without_region, rule):
    rows = [(8, {"Q2": "food"}), (8, {"Q2": "legal"}), (without_region, {"country": "TWN", "Q2": "legal"})]
    assert decided(survey_of(*rows)).loc["Q2/food/region=asia", "rule"] == rule


def test_identifiers_and_countries_are_never_groups():
    decisions = groups(8, 7)
    assert said(decisions, "Q2/food/country=KHM", "Q2/food/home_country=KHM",
                "Q2/food/is_interpreted=False") == [
        "suppressed country", "suppressed identifier", "suppressed identifier"]


def test_countries_as_answers_are_shown_from_the_minimum_up():
    rows = [(15, {"where": "KHM"}), (14, {"where": "PER"}), (13, {"where": "LAO"}), (2, {"where": "KEN"})]
    decisions = decided(survey_of(*rows))
    assert said(decisions, *(f"where/{one}/all" for one in ("KHM", "PER", "LAO", "KEN"))) == [
        "suppressed partition", "shown", "shown", "suppressed country"]


def figure(frames, **changes):
    """One study-wide figure more, made of the first with changes."""
    figures = frames["figures"]
    made = figures[figures["figure_id"] == FOOD].assign(figure_id="new", **changes)
    return {**frames, "figures": pd.concat([figures, made], ignore_index=True)}


@pytest.mark.parametrize(("changes", "rule"), [
    ({"measure": "salience", "code_id": "law"}, "team_only"), ({"measure": "words"}, "team_only"),
    ({"measure": "coded", "question_id": "", "code_id": "case_detail"}, "team_only"),
    ({"measure": "quality", "question_id": "survey", "option_id": "duplicate"}, "team_only"),
    ({"measure": "quality", "question_id": "language", "option_id": "fr"}, "identifier"),
    ({"measure": "comparison", "subset_kind": "home_region"}, "cross_tabulation")])
def test_what_stays_in_the_team_whatever_its_numbers(changes, rule):
    frames = figure(services(10, 10), **changes)
    for audience in ("convening", "public"):
        assert said(decided(frames, audience, never=["case_detail"]), "new") == [f"suppressed {rule}"]


def coded(undecided_n=0, **sources):
    """Thirty organisations, and a code: by source how many raised it and how many were asked or present; in
    interviews it is undecided of ``undecided_n`` of them."""
    frames = survey_of((30, YES))
    names = frames["organisations"]["organisation_id"].tolist()
    told = [(name, "rest", source, True, k < n, source == "interview" and n <= k < n + undecided_n)
            for source, (n, size) in sources.items()
            for k, name in enumerate(names[:size])]
    frames["mentions"] = tables.conform_to_schema("mentions", pd.DataFrame(
        told, columns=["organisation_id", "code_id", "source", "is_asked", "is_raised", "is_undecided"]))
    about = {"measure": "coded", "statistic": "organisations", "unit": "organisation", "code_id": "rest"}
    rows = [{"figure_id": f"rest/{source}", "subset_kind": "source", "subset_id": source, "n": n,
             "base_n": size, "undecided_n": undecided_n * (source == "interview")}
            for source, (n, size) in sources.items()]
    n, size = sources["interview"]
    rows.append({"figure_id": "rest/all", "subset_kind": "all", "subset_id": "", "n": n, "base_n": size,
                 "undecided_n": undecided_n})
    frames["figures"] = tables.conform_to_schema("figures", pd.DataFrame(rows).assign(**about))
    given = [(name, "", item, "public") for name in names for item in ("survey", "interview", "call")]
    return decide(frames["figures"], find_contributors(frames), frames["organisations"],
                  Consent(frozenset(given)), SETTINGS, audience="public").set_index("figure_id")


@pytest.mark.parametrize(("calls", "status"), [
    ((12, 27), "shown"), ((2, 27), "banded count_too_small"), ((27, 27), "banded unanimous"),
    ((3, 6), "suppressed base_too_small")])
def test_a_code_in_calls_is_decided_out_of_those_present_whatever_was_said_in_interviews(calls, status):
    decisions = coded(interview=(12, 30), call=calls)
    assert said(decisions, "rest/all", "rest/call", "rest/interview") == [
        "shown", status, "suppressed related"]
    assert decisions.loc["rest/all", "shown_n"] == 12


def test_a_code_of_which_one_organisation_is_undecided_waits_in_all_sources():
    rows = coded(undecided_n=1, interview=(12, 27), call=(12, 27))
    assert rows["rule"].tolist() == ["undecided"] * 3
    assert coded(interview=(12, 27), call=(12, 27)).loc["rest/all", "status"] == "shown"


def test_without_the_rule_a_code_of_which_one_organisation_is_undecided_is_shown(monkeypatch):
    for module in ("rules", "suppression"):
        monkeypatch.setattr(f"glc_analysis.disclosure.{module}.is_about_code_still_undecided",
                            lambda figures: pd.Series(False, figures.index))
    rows = coded(undecided_n=1, interview=(12, 27), call=(12, 27))
    assert rows.loc["rest/all", "status"] == "shown" and "undecided" not in {*rows["rule"]}


def test_released_figures_have_the_numbers_of_the_decisions_and_no_others():
    frames = survey_of((3, {"Q2": "food legal"}), (27, {"Q2": "legal", "Q3": "5"}))
    figures = frames["figures"].assign(low=0.1, high=0.2)
    seen = select_released_figures(figures, audience="public", decisions=decided(frames).reset_index())
    row = seen.set_index("figure_id").loc[FOOD]
    assert row["band"] == "at most 4" and row["base_n"] == 30
    assert row[["n", "value", "share"]].isna().all() and row[["low", "high"]].tolist() == [0, 4 / 30]
    assert {e for e in seen["figure_id"] if e.startswith("Q2/") and e.endswith("/all")} == {
        FOOD, "Q2/legal/all", "Q2/none/all"} and not seen["figure_id"].str.startswith("Q3/mean").any()


def test_a_figure_that_nobody_decided_on_is_not_released():
    frames = survey_of((15, YES), (15, NO), (5, UNSURE))
    decisions = decided(frames).reset_index()
    seen = select_released_figures(frames["figures"], audience="public",
                                   decisions=decisions[decisions["figure_id"] != "Q1/yes/all"])
    assert "Q1/no/all" in set(seen["figure_id"]) and "Q1/yes/all" not in set(seen["figure_id"])


def test_every_figure_is_decided_once_and_every_rule_is_explained(sample_decisions):
    for decisions in sample_decisions.values():
        assert list(decisions.columns) == DECISION_COLUMNS and decisions["figure_id"].is_unique
        assert set(decisions["rule"]) - {""} <= set(FIGURE_RULES)
        assert ((decisions["status"] == "shown") == (decisions["rule"] == "")).all()
        assert decisions.loc[decisions["status"] != "shown", ["shown_n", "shown_value"]].isna().all(axis=None)


@pytest.fixture(scope="module")
def sample_decisions(sample_study):
    from glc_analysis import tables
    from glc_analysis.reference import read_reference
    frames = {name: tables.read_table(name, study=sample_study) for name in tables.TABLES}
    consent = Consent.from_table(read_reference(sample_study).consent)
    return {audience: decide(frames["figures"], find_contributors(frames), frames["organisations"], consent,
                             SETTINGS, audience=audience)
            for audience in ("team", "convening", "public")}


def test_as_many_records_as_a_reader_knows_are_not_enough_to_hide_an_answer():
    low, high, base = np.array([0, 0, 7, 8]), np.array([2, 3, 10, 10]), np.full(4, 10)
    assert is_protected(low, high, base, np.full(4, 2)).tolist() == [False, True, True, False]


def test_a_range_wider_than_half_of_its_base_is_not_shown_and_its_bounds_stay_on_record():
    figures = pd.DataFrame({"figure_id": ["few", "many"], "measure": "response", "question_id": "Q2",
                            "subset_kind": "all", "subset_id": ""})
    table = pd.DataFrame({"status": "banded", "rule": "count_too_small", "shown_low": 0, "shown_high": 4,
                          "shown_base_n": [7, 30], "band": "at most 4"}, index=[0, 1])
    few, many = suppress_uninformative_bands(table, figures).to_dict("records")
    assert (few["status"], few["band"], few["rule"]) == ("suppressed", "", "count_too_small")
    assert (few["shown_low"], few["shown_high"]) == (0, 4) and pd.isna(few["shown_base_n"])
    assert many == table.iloc[1].to_dict()


def test_of_codes_of_which_nearly_all_have_the_same_range_none_is_shown():
    figures = pd.DataFrame({"figure_id": [f"c{k}" for k in range(10)], "measure": "coded", "question_id": "",
                            "subset_kind": "source", "subset_id": "call"})
    table = pd.DataFrame({"status": ["banded"] * 8 + ["shown"] * 2, "shown_low": [0.0] * 8 + [None] * 2,
                          "shown_high": [6.0] * 8 + [None] * 2, "shown_base_n": 27,
                          "band": ["at most 6"] * 8 + [""] * 2})
    seen = suppress_uninformative_bands(table, figures)
    assert seen["status"].tolist() == ["suppressed"] * 8 + ["shown"] * 2
    half = table.assign(status=["banded"] * 5 + ["shown"] * 5, band=["at most 6"] * 5 + [""] * 5)
    assert suppress_uninformative_bands(half, figures)["status"].eq("banded").sum() == 5


def test_the_rule_of_a_hidden_figure_names_to_the_team_the_figure_that_it_protects():
    """Too few cannot say; the answers that are hidden with theirs protect their count."""
    rows = decided(survey_of((1, {"Q1": "dont_know"}), (14, {"Q1": "no"}), (20, {"Q1": "yes"})))
    hidden = rows[rows.index.str.fullmatch("Q1/.*/all") & (rows["status"] != "shown")]
    assert len(hidden) > 1 and {*hidden["protects"]} == {"Q1/dont_know/all"}


def test_a_group_that_is_hidden_names_what_would_be_left_without_it():
    """Eight in Kenya, and no others of africa: what is left without asia and america would be these eight."""
    rows = decided(survey_of(*((8, {"country": country, "Q2": ticks}) for country in ("KHM", "PER")
                               for ticks in ("food legal", "legal")), (6, {"country": "KEN", "Q2": "legal"})),
                   "convening")
    hidden = rows[rows["rule"] == "complement_too_small"]
    assert len(hidden) and hidden["protects"].str.contains("/all without ").all()
