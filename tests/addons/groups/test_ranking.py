"""Groupings are ranked by sizes and consents, and by no answer."""

import pandas as pd
import pytest

from glc_analysis.addons.groups.ranking import (
    count_organisation_country_and_code_figures,
    list_merged_groups_per_possible_grouping,
    rank_groupings_by_disclosed_figures,
)
from tests.support.small_surveys import OPTIONS, QUESTIONS, SETTINGS, consents, survey_of


def ranked(frames, **refused):
    parts = count_organisation_country_and_code_figures(pd.DataFrame(QUESTIONS), pd.DataFrame(OPTIONS), 0)
    return rank_groupings_by_disclosed_figures(parts, frames["organisations"], frames["answers"],
                                               consents(frames, **refused), SETTINGS)


def by_level(low, middle, high, ticks="food"):
    return survey_of(*((n, {"Q2": ticks, "level": level}) for level, n in (
        ("low", low), ("middle", middle), ("high", high))))


def levels(rows):
    return rows[rows["attribute"] == "resource_level"].set_index("merged")


def test_the_grouping_that_opens_most_figures_comes_first():
    rows = levels(ranked(by_level(8, 7, 12)))
    assert rows.index[0] == "low | middle"
    best = rows.iloc[0]
    assert best["groups_shown"] == "high (12), low + middle (15)"
    assert best["convening"] == best["figures"] == 18
    assert "low (8): complement_too_small" in rows.loc["", "not_shown"]
    assert rows.loc["", "convening"] == 9


def test_answers_change_nothing():
    pd.testing.assert_frame_equal(ranked(by_level(8, 7, 12)), ranked(by_level(8, 7, 12, ticks="legal none")))


def test_one_refusal_in_a_group_closes_it():
    rows = levels(ranked(by_level(8, 7, 12), refused=[0]))
    assert rows.loc["low | middle", "not_shown"].startswith("high (12): complement_too_small, low + middle")
    assert rows.loc["low | middle", "convening"] == 0


def test_two_or_three_values_are_merged_into_one_group_and_each_into_one():
    merges = [*list_merged_groups_per_possible_grouping("abcd")]
    assert ("a + b", "c + d") in merges and ("a + b + c",) in merges and ("a + b", "b + c") not in merges
    assert len(merges) == len({*merges}) == 1 + 6 + 4 + 3


@pytest.mark.parametrize("values", [[], ["only"], ["one", "two"]])
def test_where_nothing_can_be_merged_there_is_one_grouping(values):
    assert [*list_merged_groups_per_possible_grouping(values)] == [()]
