"""Figures: counted on their own unit, over their own base, under ids that stay."""

from types import SimpleNamespace

import pandas as pd
import pytest

from glc_analysis.figures.estimates import (
    compute_survey_estimates,
    determine_membership,
    find_records_behind_figures,
)
from tests.support.study_writer import cleaned, question, reference
from tests.support.three_organisations import COUNTRIES, OPTIONS, ORGANISATIONS, QUESTIONS, ROWS


def study(sampling="purposive", interval="", frame_size=0):
    return SimpleNamespace(sampling=sampling, frame_size=frame_size,
                           settings={"study": {"interval": interval}})


def estimates(rows=ROWS, *, questions=QUESTIONS, organisations=ORGANISATIONS, of=None, **settings):
    known = reference(questions=questions, options=OPTIONS, countries=COUNTRIES,
                      organisations=organisations)
    data = cleaned(rows, known, **settings).data
    return compute_survey_estimates(data, of or study(), find_records_behind_figures(data))


FIGURES = estimates()


def counts(question_id, kind="all", subset="", figures=None):
    """(option or statistic, n, base) of one question in one subset."""
    figures = FIGURES if figures is None else figures
    rows = figures[(figures["question_id"] == question_id) & (figures["subset_kind"] == kind)
                   & (figures["subset_id"] == subset)]
    return [(r.option_id or r.statistic, r.n, r.base_n) for r in rows.itertuples()]


def values(question_id, kind="all", subset=""):
    rows = FIGURES[(FIGURES["question_id"] == question_id) & (FIGURES["subset_kind"] == kind)
                   & (FIGURES["subset_id"] == subset)]
    return dict(zip(rows["statistic"], rows["value"], strict=True)), set(rows["base_n"])


def test_all_options_are_counted_in_order_zero_rows_too():
    assert counts("Q1") == [("yes", 2, 4), ("no", 1, 4), ("dont_know", 1, 4)]
    assert counts("Q1", "country", "PER") == [("yes", 0, 1), ("no", 1, 1), ("dont_know", 0, 1)]


def test_a_refusal_is_no_option_that_is_counted():
    rows = [{"org": one, "country": "KHM", "Q9": said} for one, said in (("a", "yes"), ("b", "refused"))]
    figures = estimates(rows, questions=[question("Q9", "single", "asked")])
    assert counts("Q9", figures=figures) == [("yes", 1, 1), ("no", 0, 1)]


def test_the_base_of_a_multiple_choice_is_those_who_answered_it():
    assert counts("Q2") == [("food", 2, 3), ("legal", 1, 3), ("none", 1, 3)]


def test_a_question_about_the_organisation_counts_organisations():
    assert counts("own") == [("yes", 1, 2), ("no", 1, 2), ("dont_know", 0, 2)]
    assert set(FIGURES.loc[FIGURES["question_id"] == "own", "unit"]) == {"organisation"}


def test_an_organisation_counts_once_in_every_region_it_works_in():
    assert counts("own", "region", "asia") == [("yes", 1, 2), ("no", 1, 2), ("dont_know", 0, 2)]
    assert counts("own", "region", "america") == [("yes", 1, 1), ("no", 0, 1), ("dont_know", 0, 1)]


def test_an_organisation_that_answers_twice_for_a_country_counts_once_there():
    assert counts("own", "country", "KHM") == [("yes", 1, 1), ("no", 0, 1), ("dont_know", 0, 1)]
    assert counts("Q1", "country", "KHM")[0] == ("yes", 2, 2)


def test_a_country_without_a_region_is_in_no_region():
    assert {r.subset_id for r in FIGURES.itertuples() if r.subset_kind == "region"} \
        == {"asia", "america"}


def test_attributes_of_the_organisation_make_subsets_of_answers_too():
    assert counts("Q1", "type", "shelter")[0] == ("yes", 2, 3)
    assert {r.subset_id for r in FIGURES.itertuples() if r.subset_kind == "type"} \
        == {"shelter", "legal"}


def test_numbers_have_mean_median_and_standard_deviation_with_n_minus_one():
    assert values("Q3") == ({"mean": 4, "median": 4, "standard_deviation": 3}, {3})
    assert values("staff")[0] == {"mean": 20, "median": 20, "standard_deviation": pytest.approx(200 ** .5)}


def test_a_single_number_has_no_standard_deviation_and_none_has_no_mean():
    (found, base) = values("Q3", "country", "PER")
    assert (found["mean"], base) == (4, {1}) and pd.isna(found["standard_deviation"])
    (found, base) = values("Q3", "country", "TWN")
    assert pd.isna(found["mean"]) and base == {0}


def test_texts_are_counted_over_those_who_were_asked():
    assert counts("Q4") == [("answered", 1, 5)]


def test_a_share_is_blank_where_nobody_is_in_the_base():
    rows = FIGURES[(FIGURES["question_id"] == "Q2") & (FIGURES["subset_id"] == "TWN")]
    assert rows["base_n"].tolist() == [0] * 3 and rows["share"].isna().all()


def test_countries_as_answers_are_counted_over_the_whole_study_only():
    rows = FIGURES[FIGURES["question_id"] == "where"]
    assert set(rows["subset_kind"]) == {"all"}
    assert rows["n"].sum() == rows["base_n"].max() == 1


def test_ids_are_unique_and_say_question_option_and_subset():
    assert FIGURES["figure_id"].is_unique
    assert {"Q1/yes/all", "Q1/yes/country=KHM", "Q3/mean/all", "Q4/answered/type=legal"} \
        <= set(FIGURES["figure_id"])


def test_ids_stay_when_questions_and_rows_are_added():
    more = estimates([*ROWS, {"org": "b", "country": "PER", "Q1": "no", "new": "yes"}],
                     questions=[question("new", "single", "law"), *QUESTIONS])
    assert set(FIGURES["figure_id"]) <= set(more["figure_id"])
    assert more["figure_id"].is_unique


def test_figures_of_an_untouched_question_stay_when_another_is_added():
    more = estimates([{**row, "new": "yes"} for row in ROWS],
                     questions=[question("new", "single", "law"), *QUESTIONS])
    shared = more[more["question_id"] != "new"].reset_index(drop=True)
    pd.testing.assert_frame_equal(shared, FIGURES)


def test_a_purposive_sample_gets_no_interval_unless_asked_by_hand():
    assert FIGURES["low"].isna().all() and set(FIGURES["method"]) == {""}
    by_hand = estimates(of=study(interval="jeffreys"))
    assert set(by_hand["method"]) == {"", "jeffreys"}


def test_a_census_gets_wilson_for_counts_and_nothing_else():
    figures = estimates(of=study("census"))
    counted = (figures["statistic"] == "count") & (figures["base_n"] > 0)
    assert (figures["low"].notna() == counted).all()
    one = figures.set_index("figure_id").loc["own/yes/all"]
    assert (one["low"], one["high"]) == (pytest.approx(.0945, abs=5e-5), pytest.approx(.9055, abs=5e-5))


def test_the_frame_narrows_only_figures_of_organisations_over_the_whole_study():
    wide = estimates(of=study("census")).set_index("figure_id")
    narrow = estimates(of=study("census", frame_size=4)).set_index("figure_id")
    differ = (wide["low"].fillna(-1) != narrow["low"].fillna(-1)) \
        | (wide["high"].fillna(-1) != narrow["high"].fillna(-1))
    assert set(wide.index[differ]) == {"own/yes/all", "own/no/all", "own/dont_know/all"}
    assert narrow.loc["own/yes/all", "method"] == "wilson, frame of 4"


def test_a_frame_that_answered_completely_has_figures_without_interval_and_method():
    figures = estimates(of=study("census", frame_size=2)).set_index("figure_id")
    assert pd.isna(figures.loc["own/yes/all", "low"])
    assert figures.loc["own/yes/all", "method"] == ""


def test_a_study_of_one_organisation_has_figures():
    figures = estimates(ROWS[:1], of=study("census"))
    assert counts("Q1", figures=figures) == [("yes", 1, 1), ("no", 0, 1), ("dont_know", 0, 1)]


def test_a_study_of_nothing_but_questions_about_organisations_has_figures():
    figures = estimates(ROWS, questions=QUESTIONS[4:6])
    assert counts("own", figures=figures)[0] == ("yes", 1, 2)


def test_a_study_without_a_country_has_no_figures_by_country_or_region():
    rows = [{k: v for k, v in row.items() if k != "country"} for row in ROWS]
    figures = estimates(rows, questions=QUESTIONS[:6], country="")
    assert not {"country", "region"} & set(figures["subset_kind"])
    assert counts("Q1", figures=figures) == counts("Q1")


def test_a_question_that_nobody_answered_has_zero_rows_over_a_base_of_nought():
    figures = estimates([{**row, "Q1": ""} for row in ROWS])
    assert counts("Q1", figures=figures) == [("yes", 0, 0), ("no", 0, 0), ("dont_know", 0, 0)]


def test_an_organisation_with_two_countries_of_a_region_belongs_to_it_once():
    organisations = pd.DataFrame({"organisation_id": ["a", "b"], "home_country_id": ["KHM", "KHM"],
                                  "home_region_id": ["asia", "asia"]})
    answers = pd.DataFrame({"organisation_id": ["a", "a", "b"], "country_id": ["KHM", "LAO", "KHM"],
                            "region_id": ["asia", "asia", "asia"]})
    assert determine_membership("region", "organisation", organisations, answers).rows.tolist() == [0, 1]
    by_country = determine_membership("country", "organisation", organisations, answers)
    assert sorted(by_country.rows.tolist()) == [0, 0, 1]
