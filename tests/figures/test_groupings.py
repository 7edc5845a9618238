"""Groupings: merged groups of figures, and what groupings.csv may say."""

import pandas as pd

from glc_analysis.figures.contributors import find_contributors
from glc_analysis.figures.groupings import (
    Grouping,
    find_grouping_faults,
    map_questions_to_attribute_groupings,
)
from tests.support.small_surveys import survey_of

QUESTIONS = pd.DataFrame({"question_id": ["Q1", "Q2", "Q5"], "unit": ["answer", "organisation", "answer"],
                          "asked_if": ["", "", "Q1 == yes"]})


def chosen(*rows):
    """Rows of groupings.csv: question, attribute, merged values."""
    return pd.DataFrame(rows, columns=["question_id", "attribute", "merged"], index=range(2, 2 + len(rows)))


def faults(*rows):
    return [fault.message for fault in find_grouping_faults({"groupings": chosen(*rows),
                                                         "questions": QUESTIONS})]


def test_a_merged_group_counts_each_organisation_once_and_knows_its_contributors():
    frames = survey_of((3, {"Q2": "food", "country": "KHM"}), (4, {"Q2": "food", "country": "PER"}),
                       (5, {"Q2": "legal", "country": "PER"}), (2, {"Q2": "food", "country": "KEN"}),
                       merged={"region": ["america + asia"], "home_region": ["america + asia"]})
    figures, incidence = frames["figures"], find_contributors(frames)
    at = figures.index[figures["figure_id"] == "Q2/food/region=america + asia"]
    assert figures.loc[at, ["n", "base_n"]].values.tolist() == [[7, 12]]
    assert (incidence.base[at].sum(), incidence.counted[at].sum()) == (12, 7)


def test_an_organisation_of_two_merged_regions_is_counted_once():
    frames = survey_of((2, {"Q2": "food"}), merged={"region": ["asia + nowhere"]})
    merged = frames["figures"].set_index("figure_id")["base_n"]
    assert merged["Q2/food/region=asia + nowhere"] == merged["Q2/food/region=asia"] == 2


def test_every_question_takes_the_common_grouping_that_fits_it():
    rows = chosen(("*", "region", "asia | america"), ("Q5", "type", ""))
    assert map_questions_to_attribute_groupings(rows, QUESTIONS) == {
        "Q1": Grouping("region", frozenset({"america + asia"})),
                                                                     "Q5": Grouping("type")}


def test_wrong_groupings_are_named():
    assert faults(("Q9", "type", ""))[0].startswith("there is no such question")
    assert "asked of the organisation" in faults(("Q2", "region", ""))[0]
    assert faults(("Q2", "type", "a | b"), ("Q2", "type", "b | c")) == [
        "b is in another group of this question"]
    for values in ("a", "a | b | c | d"):
        assert faults(("Q2", "type", values)) == ["a group must merge two or three values"]
    assert faults(("Q2", "type", ""), ("Q2", "home_region", "")) == [
        "this question is grouped by type in another row"]


def test_questions_of_which_one_decides_who_is_asked_the_other_are_grouped_alike():
    assert "Q5 is asked only after certain answers to Q1" in faults(("Q1", "type", ""))[0]
    assert faults(("Q1", "type", ""), ("Q5", "type", "")) == []
    assert faults(("*", "resource_level", "low | medium")) == []
