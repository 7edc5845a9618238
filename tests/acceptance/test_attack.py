"""Releases as an attacker reads them: all figures together, the questionnaire, the list of participants,
and the answers of two organisations. What is certain then must be nothing.

Trivial exceptions, which no rule hides: how many answered a question (its base), and that they took part
(the study's size). Membership of a base by the questionnaire's own logic is not among them.
"""

import shutil

import pandas as pd
import pytest
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st

from glc_analysis import tables
from glc_analysis.disclosure.countries import find_figures_releasable_on_country_pages
from glc_analysis.disclosure.rules import COALITION, FIGURE_RULES, Rules, find_suppression_rules_by_kind
from glc_analysis.disclosure.suppression import select_released_figures
from glc_analysis.figures.contributors import find_contributors
from glc_analysis.figures.discordance import (
    count_answers_contradicting_public_record,
    make_discordance_records,
)
from glc_analysis.figures.groupings import map_questions_to_attribute_groupings
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from tests.support.attacker import Attack
from tests.support.built_studies import built
from tests.support.share import SEED, drawn, in_turn, share
from tests.support.small_surveys import SETTINGS, decided, decided_for_both, survey_of

pytestmark = [pytest.mark.acceptance, pytest.mark.every_day]
STUDIES = ["ngo", *in_turn(["sample", "grouped sample", "merged sample"])]
AUDIENCES = [(study, audience) for study in STUDIES if study in ("sample", "ngo")
             for audience in ("public", "convening")]
RELEASES = [(study, readers) for study in STUDIES for readers in ("public", "both")]
"""Who sits in the convening reads the public pages as well."""
GROUPINGS_HEADER = "question_id,attribute,merged,chosen,by,date\n"
REGIONS = "americas | oceania", "africa | asia | europe"


def regrouped(study, root, rows):
    """The study, built with other groups: (question, attribute, merged values)."""
    left_out = shutil.ignore_patterns("processed", "reports", "releases")
    shutil.copytree(study.root, root, ignore=left_out)
    lines = [",".join([*row, "before,Ana,2016-01-05\n"]) for row in rows]
    (root / "reference" / "groupings.csv").write_text("".join([GROUPINGS_HEADER, *lines]), encoding="utf-8")
    return built(Study(root))


@pytest.fixture(scope="module")
def grouped_study(sample_study, tmp_path_factory):
    """The sample with everything grouped by two levels of resources."""
    return regrouped(sample_study, tmp_path_factory.mktemp("grouped") / "study",
                     [("*", "resource_level", "high | low")])


@pytest.fixture(scope="module")
def merged_study(sample_study, tmp_path_factory):
    """The sample with its regions merged into two: of work for questions about a country, of main offices for
    the others and the codes. The convening has pages of countries beside them."""
    asked = read_reference(sample_study).questions
    of_countries = asked.loc[asked["unit"] == "answer", "question_id"]
    return regrouped(sample_study, tmp_path_factory.mktemp("merged") / "study", [
        (question, attribute, merged) for question, attribute in (
            ("*", "home_region"), *((one, "region") for one in of_countries)) for merged in REGIONS])


@pytest.fixture(scope="module")
def attacks(request):
    """Each release as its readers have it, with the truth behind it."""
    made = {}
    for name in STUDIES:
        study = Study(request.getfixturevalue("ngo_study")) if name == "ngo" else request.getfixturevalue(
            f"{name.removesuffix(' sample')}_study")
        frames = {table: tables.read_table(table, study=study) for table in tables.TABLES}
        contributors = find_contributors(frames)
        chosen = map_questions_to_attribute_groupings(read_reference(study).groupings, frames["questions"])
        for audience in ("public", "convening"):
            made[name, audience] = Attack(frames, contributors, frames[f"release_{audience}"],
                                          study.settings["disclosure"], audience, groupings=chosen)
        made[name, "both"] = Attack(frames, contributors, frames["release_convening"],
                                    study.settings["disclosure"], "convening", also=frames["release_public"],
                                    groupings=chosen)
    return made


def part_of(attack):
    """A tenth of the questions and codes, others each day; all of them in `make soak`."""
    return drawn(attack.tables, len(attack.tables) // 10)


@pytest.mark.parametrize(("study", "audience"), RELEASES)
def test_no_figure_hidden_for_its_size_follows_from_the_others(attacks, study, audience):
    found, tried = attacks[study, audience].followed(part_of(attacks[study, audience]))
    print(f"\n{study}, {audience}: {tried} hidden figures attacked, {len(found)} followed")
    assert tried > share(50, 1) and found == []


@pytest.mark.parametrize(("study", "audience"), RELEASES)
def test_every_hidden_count_keeps_three_possible_values_for_two_organisations(attacks, study, audience):
    found, tried = attacks[study, audience].narrow(part_of(attacks[study, audience]))
    print(f"\n{study}, {audience}: {tried} attacks on hidden counts, {len(found)} too narrow")
    assert tried > share(50, 1) and found == []


@pytest.mark.parametrize(("study", "audience"), RELEASES)
def test_two_organisations_together_learn_nobodys_answer(attacks, study, audience):
    attack = attacks[study, audience]
    found, tried = attack.exposed(part_of(attack))
    seen = attack.figures["status"].isin(["shown", "banded"]).sum()
    print(f"\n{study}, {audience}: {seen} published counts, {tried} attacks, {len(found)} answers certain")
    assert seen > 100 and tried > share(300, 10) and found == []


@pytest.mark.parametrize(("study", "audience"), AUDIENCES)
def test_what_is_public_about_participants_leads_to_no_figure(attacks, study, audience):
    """Figures tell apart by region alone, and by country where its organisations agreed: not by network,
    kind, language, tier or wave. What was raised in calls is told of all calls together."""
    attack = attacks[study, audience]
    seen = select_released_figures(attack.frames["figures"], audience=audience, decisions=attack.decisions)
    kinds = set(zip(seen["unit"], seen["subset_kind"], strict=True))
    assert set(seen.loc[seen["subset_kind"] == "source", "subset_id"]) <= {"call"}
    allowed = {("organisation", "all"), ("organisation", "source"), ("answer", "all"), ("answer", "region"),
               ("organisation", "home_region"), ("answer", "country")}
    assert kinds <= allowed | ({("organisation", "country")} if audience == "convening" else set())
    assert set(seen["statistic"]) <= {"count", "answered", "organisations", "median", "mean",
                                      "standard_deviation"}


@pytest.mark.parametrize("audience", ["public", "convening"])
def test_how_many_contradict_a_record_tells_with_it_of_nobody(attacks, audience):
    found, tried = attacks["ngo", audience].contradicted()
    print(f"\nngo, {audience}: {tried} attacks with the record in hand, {len(found)} answers certain")
    assert tried > 5 and found == []


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4])
def test_reading_the_rules_does_not_help_two_who_said_so(n):
    """A band says fewer than so many. Two who know the rule must not know that nobody else did."""
    row = decided(survey_of((n, {"Q2": "food legal"}), (30 - n, {"Q2": "legal"}))).loc["Q2/food/all"]
    assert (row["status"], row["band"]) == ("banded", "at most 4")
    assert Rules.from_settings(SETTINGS, "public").count - 1 > COALITION


ANSWERS = st.fixed_dictionaries({
    "country": st.sampled_from(["KHM", "KHM", "PER", "KEN"]),
    "Q1": st.sampled_from(["yes", "yes", "no", "dont_know"]),
    "Q2": st.sampled_from(["food", "legal", "food legal", "none", ""]),
    "Q5": st.sampled_from(["yes", "no", "no"])})


@seed(SEED)
@settings(max_examples=share(12, 3), phases=[Phase.generate])
@given(st.lists(st.tuples(st.integers(1, 14), ANSWERS), min_size=4, max_size=9),
       st.sets(st.integers(0, 20), max_size=4))
def test_small_studies_at_random_leave_every_hidden_count_open(answers, network):
    frames = survey_of(*((n, row if row["Q1"] == "yes" else {**row, "Q5": ""}) for n, row in answers),
                       network=network)
    contributors = find_contributors(frames)
    for audience in ("public", "convening"):
        attack = Attack(frames, contributors, decided(frames, audience).reset_index(), SETTINGS, audience)
        assert attack.narrow(attack.tables)[0] == attack.exposed(attack.tables)[0] == []


# Each rule switched off


def without(monkeypatch, rule):
    """The rule is there no more, whatever else holds."""
    kinds, of = find_suppression_rules_by_kind, Rules.from_settings
    monkeypatch.setattr("glc_analysis.disclosure.suppression.find_suppression_rules_by_kind",
                        lambda *given: kinds(*given).replace(rule, ""))
    thresholds = {"count_too_small": "count", "unanimous": "count", "base_too_small": "base",
                  "withheld_contributors": "withheld"}
    if rule in thresholds:
        monkeypatch.setattr(Rules, "from_settings", lambda *given: Rules(
            **{**vars(of(*given)), thresholds[rule]: 0}))
    elif rule == "partition":
        monkeypatch.setattr("glc_analysis.disclosure.suppression.determine_if_exclusive_and_exhaustive",
                            lambda *given: {"is_exclusive": False, "is_exhaustive": False})
    elif rule == "difference":
        shown = find_figures_releasable_on_country_pages
        monkeypatch.setattr("glc_analysis.disclosure.suppression.find_figures_releasable_on_country_pages",
                            lambda *given, **more: shown(*given, **more) | True)
    elif rule in ("other_audience", "not_counted"):
        monkeypatch.setattr("glc_analysis.disclosure.audiences.limit_to_convening",
                            lambda public, *given: public)
    elif rule == "skip_logic":
        monkeypatch.setattr("glc_analysis.disclosure.suppression._hide_by_skip_logic", lambda *given: None)
    elif rule == "record":
        monkeypatch.setattr("glc_analysis.disclosure.suppression.is_public_record_contradiction_protected",
                            lambda *given: True)
    elif rule == "complement_too_small":
        monkeypatch.setattr("glc_analysis.disclosure.suppression.choose_groups_to_show",
                            lambda groups, *given: sorted(groups))


def exposed(frames, audience, **given):
    """What an attacker learns of a small survey."""
    decisions = decided(frames, audience, **given).reset_index()
    attack = Attack(frames, find_contributors(frames), decisions, SETTINGS, audience)
    return attack.exposed(attack.tables)[0]


def by_region(*groups):
    return survey_of(*((n, {"country": country, "Q2": ticks}) for country, yes, no in groups
                   for n, ticks in ((yes, "food legal"), (no, "legal"))))


def tells_a_difference(frames, audience, larger, smaller):
    """Whether the subtraction of two exact figures is about a single organisation."""
    rows = decided(frames, audience).loc[[larger, smaller]]
    return bool((rows["status"] == "shown").all() and rows["shown_base_n"].diff().iloc[1] == -1)


def is_seen(frames, figure):
    """Whether a figure is shown at all, exactly or as a range."""
    return decided(frames, "convening").loc[figure, "status"] != "suppressed"


def one_more(**other):
    """Groups that differ in one organisation: it works in asia, and is of america or of another country."""
    rows = [(8, {"country": "KHM", "Q2": "food legal"}), (8, {"country": "KHM", "Q2": "legal"}),
            (8, {"country": "PER", "Q2": "food legal"}), (8, {"country": "PER", "Q2": "legal"}),
            (1, {"country": "LAO", "Q2": "food legal", **other}), (7, {"country": "TWN", "Q2": "food legal"}),
            (7, {"country": "TWN", "Q2": "legal"})]
    return survey_of(*rows)


def a_hidden_group_follows():
    """One of africa did not consent: its figure is hidden, and the whole less the others."""
    frames = by_region(("KHM", 8, 8), ("PER", 8, 8), ("KEN", 6, 6))
    decisions = decided(frames, "convening", refused=[32, 0, 1, 2, 16, 17, 18])
    regions = [f"Q2/food/region={one}" for one in ("asia", "america", "africa")]
    return list(decisions.loc[["Q2/food/all", *regions], "status"]) == [*["shown"] * 3, "suppressed"]


def a_case_is_told():
    frames = by_region(("KHM", 15, 15))
    made = frames["figures"]["figure_id"] == "Q2/food/all"
    frames["figures"] = frames["figures"].assign(code_id=made.map({True: "case_detail", False: ""}))
    return decided(frames, never=["case_detail"]).loc["Q2/food/all", "status"] == "shown"


def a_difference_is_told(frames):
    made = frames["figures"].query("figure_id == 'Q2/food/all'").assign(
        figure_id="p", measure="comparison", subset_kind="home_region", value=0.0)
    frames["figures"] = pd.concat([frames["figures"], made], ignore_index=True)
    return decided(frames).loc["p", "status"] == "shown"


def who_contradicts():
    """The record says yes of Cambodia and no of Peru. All five who differ from it must be Peru's, since yes
    is said five times more often than the record has it."""
    frames = survey_of((20, {"Q1": "yes"}), (6, {"Q1": "dont_know"}), (5, {"Q1": "yes", "country": "PER"}),
                   (15, {"Q1": "no", "country": "PER"}))
    rows = frames["responses"].query("question_id == 'Q1' and value != 'dont_know'").astype("str").merge(
        frames["answers"][["answer_id", "region_id"]].astype("str"), on="answer_id")
    rows = rows.assign(indicator="law", stated=rows["value"], year="2016",
                       recorded=rows["country_id"].map({"KHM": "yes", "PER": "no"}))
    rows = rows.assign(is_discordant=rows["stated"] != rows["recorded"])
    frames["stated"] = tables.conform_to_schema("stated", rows)
    frames["figures"] = tables.conform_to_schema("figures", pd.concat(
        [frames["figures"],
         count_answers_contradicting_public_record(make_discordance_records(rows, frames["answers"]))]))
    decisions = decided(frames).reset_index()
    return Attack(frames, find_contributors(frames), decisions, SETTINGS, "public").contradicted()[0]


ATTACKS = {
    "count_too_small": lambda: exposed(by_region(("KHM", 2, 28)), "public"),
    "unanimous": lambda: exposed(by_region(("KHM", 0, 30)), "public"),
    "partition": lambda: exposed(survey_of((1, {"Q1": "dont_know"}), (14, {"Q1": "no"}), (20, {"Q1": "yes"})),
                                 "public"),
    "skip_logic": lambda: exposed(survey_of((20, {"Q1": "yes", "Q5": "yes"}), (20, {"Q1": "yes", "Q5": "no"}),
                                        (5, {"Q1": "yes", "Q5": "dont_know"}), (1, {"Q1": "no"}),
                                        (1, {"Q1": "dont_know"})), "public"),
    # take those off who agreed, in Cambodia, and all others said so
    "difference": lambda: exposed(survey_of(
        (10, {"Q2": "food legal"}), (10, {"Q2": "legal"}), (8, {"Q2": "food legal", "country": "PER"})),
        "convening", agreed={"KHM": "asia"}),
    "complement_too_small": a_hidden_group_follows,
    # the reader and an ally know the least and the greatest of three: the median is the third's
    "base_too_small": lambda: decided(survey_of(*((1, {"Q3": k}) for k in ("1", "5", "9")))).loc[
        "Q3/median/all", "shown_value"] == 5,
    # 29 who agreed to be counted can be asked; what is left of 30 is the one who did not
    "withheld_contributors": lambda: decided(by_region(("KHM", 15, 15)), refused=[0]).loc[
        "Q2/food/all", "status"] == "shown",
    # everybody's number is the median; and a mean tells the last number to those who know the others
    "numbers": lambda: decided(survey_of((12, {"Q3": "7"}))).loc["Q3/median/all", "shown_value"] == 7,
    "country": lambda: is_seen(one_more(), "Q4/answered/country=KHM"),  # somebody there took part
    "identifier": lambda: is_seen(one_more(), "Q2/food/is_interpreted=False"),
    "record": who_contradicts,
    "other_audience": lambda: prints_a_refusal_of_the_convening(),
    "not_counted": lambda: moves_a_median(),
    "team_only": a_case_is_told}


def prints_a_refusal_of_the_convening():
    """One refused the convening, which does not see the figure; five refused the public."""
    frames = by_region(("KHM", 15, 15))
    return decided_for_both(frames, convening=[0], public=range(5))[1].loc["Q2/food/all", "status"] == "shown"


def moves_a_median():
    """Twenty one after the other, and one who is not counted: the median of all is between two of them."""
    frames = survey_of(*((1, {"Q3": str(k)}) for k in range(20)), (1, {"Q3": "400"}))
    public = decided_for_both(frames, uncounted=[20])[1]
    return public.loc["Q3/median/all", "status"] == "shown"


ALSO_HIDDEN = {
    "related": lambda: tells_a_difference(one_more(home="PER"), "convening", "Q2/food/home_region=america",
                                          "Q2/food/region=america"),
    # that two groups of ten differ with certainty tells of groups of which one is all yes
    "cross_tabulation": lambda: a_difference_is_told(by_region(("KHM", 10, 0), ("PER", 0, 10)))}


ELSEWHERE = {"closed": "tests/disclosure/test_groupings.py",
             "code_tree": "tests/disclosure/test_covers.py",
             "frozen": "tests/addons/withdrawal/acceptance/test_consecutive_releases.py",
             "undecided": "tests/disclosure/test_release.py"}
"""Rules whose attack needs more than one small survey; each is switched off there too."""


def test_every_rule_is_switched_off_in_an_attack():
    assert {*ATTACKS, *ALSO_HIDDEN, *ELSEWHERE} == {*FIGURE_RULES}


@pytest.mark.parametrize("rule", ALSO_HIDDEN)
def test_without_this_rule_others_hide_the_same(rule, monkeypatch):
    """Groups of two kinds do not fit into one table, and a comparison has no base of its own."""
    assert not ALSO_HIDDEN[rule]()
    without(monkeypatch, rule)
    assert not ALSO_HIDDEN[rule]()


@pytest.mark.parametrize("rule", ATTACKS)
def test_without_this_rule_an_attack_succeeds(rule, monkeypatch):
    assert not ATTACKS[rule]()
    without(monkeypatch, rule)
    assert ATTACKS[rule]()
