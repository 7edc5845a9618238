"""Chosen groups, which are seen instead of regions, under the same floors; and tables that people close."""

import pandas as pd
import pytest

from glc_analysis.disclosure.closed_tables import find_faults_in_closed_csv
from glc_analysis.disclosure.releases import PublishedRelease
from glc_analysis.figures.contributors import find_contributors
from glc_analysis.figures.groupings import Grouping, find_changed_groupings
from tests.support.small_surveys import QUESTIONS, decided, said, survey_of

MERGED = "low + medium"
BY_LEVEL = dict.fromkeys(("", "Q1", "Q2", "Q5"), Grouping("resource_level", frozenset({MERGED})))


def by_level(*numbers):
    """(level, how many said food, how many did not), of two regions."""
    rows = [(n, {"Q2": ticks, "level": level, "country": country}) for level, yes, no in numbers
            for n, ticks in ((yes, "food legal"), (no, "legal")) for country in ("KHM", "PER")]
    return survey_of(*rows, merged={"resource_level": [MERGED]})


GROUPS = [f"Q2/food/resource_level={one}" for one in (MERGED, "high", "low", "medium")]


def test_a_chosen_grouping_is_seen_and_every_other_one_is_hidden():
    decisions = decided(by_level(("low", 4, 4), ("medium", 3, 3), ("high", 7, 7)), groupings=BY_LEVEL)
    assert said(decisions, *GROUPS, "Q2/food/region=asia") == [
        "shown", "shown", "suppressed identifier", "suppressed identifier", "suppressed related"]


def test_without_a_choice_no_group_of_resources_is_seen():
    decisions = decided(by_level(("low", 4, 4), ("medium", 3, 3), ("high", 7, 7)))
    assert said(decisions, *GROUPS) == ["suppressed identifier"] * 4
    assert said(decisions, "Q2/food/region=asia") == ["shown"]


def test_merged_groups_have_the_floors_of_all_groups():
    small = decided(by_level(("low", 2, 2), ("medium", 1, 1), ("high", 9, 9)), groupings=BY_LEVEL)
    assert said(small, *GROUPS[:2]) == ["shown"] * 2  # twelve and 36
    smaller = decided(by_level(("low", 2, 1), ("medium", 1, 0), ("high", 9, 9)), groupings=BY_LEVEL)
    assert said(smaller, *GROUPS[:2]) == ["suppressed base_too_small", "suppressed complement_too_small"]
    few = decided(by_level(("low", 1, 9), ("medium", 0, 4), ("high", 9, 9)), groupings=BY_LEVEL)
    assert said(few, *GROUPS[:2]) == ["banded count_too_small", "banded partition"]


def test_a_refusal_hides_a_merged_group():
    frames = by_level(("low", 4, 4), ("medium", 3, 3), ("high", 7, 7))
    hidden = decided(frames, "convening", groupings=BY_LEVEL, refused=[0, 1, 2, 30])
    assert said(hidden, GROUPS[1]) == ["suppressed withheld_contributors"]


def test_countries_are_not_shown_beside_groups_that_cut_across_them():
    frames = by_level(("low", 4, 4), ("medium", 3, 3), ("high", 7, 7))
    countries = {"KHM": "asia", "PER": "america"}
    assert said(decided(frames, countries=countries), "Q2/food/country=KHM") == ["shown"]
    assert said(decided(frames, countries=countries, groupings=BY_LEVEL), "Q2/food/country=KHM") == [
        "suppressed country"]


def released(frames, **given):
    decisions = decided(frames, **given).reset_index()
    release = PublishedRelease.from_decisions(decisions, frames["figures"], find_contributors(frames),
                                              "2017-01-09")
    return release.figures["part"].astype("str")


def test_a_grouping_is_fixed_with_the_first_release():
    frames, asked = by_level(("low", 4, 4), ("medium", 3, 3), ("high", 7, 7)), pd.DataFrame(QUESTIONS)
    rows = pd.DataFrame([["*", "resource_level", "low | medium"]],
                        columns=["question_id", "attribute", "merged"], index=[2])
    parts = released(frames, groupings=BY_LEVEL)
    assert [*find_changed_groupings(BY_LEVEL, rows, asked, parts)] == []
    fault, = find_changed_groupings({"Q2": Grouping("resource_level", frozenset({"high + medium"}))}, rows,
                                    asked[asked["question_id"] == "Q2"], parts)
    assert (fault.value, fault.row) == ("Q2", "2")
    assert fault.fix == "group the question as before, by resource_level: low + medium"
    fault, = find_changed_groupings(BY_LEVEL, rows, asked[asked["question_id"] == "Q2"], released(frames))
    assert fault.fix == "group the question as before, by region"


def test_a_closed_table_shows_no_figure_whatever_the_rules_say():
    frames = by_level(("low", 4, 4), ("medium", 3, 3), ("high", 7, 7))
    closed = decided(frames, groupings=BY_LEVEL, closed={"Q2"})
    own = closed[closed.index.str.startswith("Q2/")]
    assert {*own["status"]} == {"suppressed"} and {*own["rule"]} == {"closed"}
    assert said(closed, "Q1/yes/all") == said(decided(frames, groupings=BY_LEVEL), "Q1/yes/all")


def test_a_closed_question_hides_those_whose_base_would_tell_its_answers():
    frames = survey_of((20, {"Q1": "yes", "Q5": "yes"}), (18, {"Q1": "yes", "Q5": "no"}), (9, {"Q1": "no"}))
    assert said(decided(frames), "Q5/yes/all") == ["shown"]
    assert decided(frames, closed={"Q1"}).loc["Q5/yes/all", "status"] == "shown"  # from 38 to 47 of 47 may be
    few = survey_of((20, {"Q1": "yes", "Q5": "yes"}), (18, {"Q1": "yes", "Q5": "no"}), (4, {"Q1": "no"}))
    assert said(decided(few, closed={"Q1"}), "Q5/yes/all") == ["suppressed skip_logic"]


@pytest.mark.parametrize(("row", "message"), [
    (("Q1", "", "Ana", " ana"), "two different persons must close a table"),
    (("", "", "Ana", "Ben"), "a row must close either a question or a code"),
    (("Q1", "rest", "Ana", "Ben"), "a row must close either a question or a code")])
def test_two_named_persons_close_one_table(row, message):
    closed = pd.DataFrame([row], columns=["question_id", "code_id", "by", "confirmed_by"], index=[2])
    assert [fault.message for fault in find_faults_in_closed_csv({"closed": closed})] == [message]
