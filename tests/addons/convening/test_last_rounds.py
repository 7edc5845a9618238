"""The public sees the votes of the last round on each principle, which need not be the last round of all."""

import pytest

from glc_analysis.addons.convening.pages.principles import show_principles_overview
from glc_analysis.view.study_view import StudyView


@pytest.fixture
def view(sample_study):
    """The public's view of the sample, where P03 was settled in round 1 and left out of round 2."""
    found = StudyView(sample_study, "public")
    read = found._read

    def without_p03(name):
        if name != "tallies":
            return read(name)
        return read(name)[lambda rows: (rows["principle_id"] != "P03") | (rows["round_id"] == "1")]
    found.__dict__["_read"] = without_p03
    return found


def rounds(view):
    return {one: {*rows["round_id"]} for one, rows in view.tallies.groupby("principle_id")}


def test_the_public_sees_the_votes_of_a_principle_that_was_settled_early(view):
    shown = rounds(view)
    assert shown.pop("P03") == {"1"}
    assert {*map(frozenset, shown.values())} == {frozenset("2")}


def test_the_overview_counts_the_last_round_on_each_text(view):
    assert "not shown" not in show_principles_overview(view).data


def test_of_a_principle_that_was_reworded_the_public_sees_no_votes_on_the_earlier_text(view):
    assert {*view.tallies.loc[view.tallies["principle_id"] == "P07", "version"]} == {"2"}


def test_an_earlier_round_does_not_take_the_place_of_a_last_one_that_is_hidden(view):
    view.__dict__["hidden"] = frozenset({"votes/P01/2"})
    assert "P01" not in rounds(view)
