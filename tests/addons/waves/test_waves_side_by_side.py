"""Waves side by side: each on its own base, only where somebody wrote that it may be compared."""

import pytest

from glc_analysis.errors import UsageError
from glc_analysis.figures.summary import resolve_subset_kind
from glc_analysis.view.study_view import NotReleased, StudyView
from tests.support.built_studies import built
from tests.support.wave_study import write_wave_study


@pytest.fixture(scope="module")
def view(tmp_path_factory):
    study = write_wave_study(tmp_path_factory.mktemp("waves"))
    built(study)
    return StudyView(study, "team")


def counted(view, question_id):
    rows = view.counts(question_id, by="wave")
    return [*zip(rows["group"], rows["option"], rows["shown_as"], strict=True)]


def test_each_wave_is_counted_on_its_own_base(view):
    assert counted(view, "Q1") == [("2016", "Yes", "2 of 4"), ("2016", "No", "2 of 4"),
                                   ("2018", "Yes", "2 of 3"), ("2018", "No", "1 of 3")]


def test_options_that_were_collapsed_are_counted_once_for_each_organisation(view):
    shared = "Legal or Advice or Court"
    assert counted(view, "Q2") == [("2016", shared, "3 of 4"), ("2016", "Food", "2 of 4"),
                                   ("2018", shared, "2 of 3"), ("2018", "Food", "2 of 3")]


def test_who_was_not_asked_in_a_wave_is_not_in_its_base(view):
    assert counted(view, "Q3") == [("2016", "Yes", "2 of 2"), ("2016", "No", "0 of 2"),
                                   ("2018", "Yes", "0 of 3"), ("2018", "No", "3 of 3")]


@pytest.mark.parametrize(("question", "reason"), [
    ("Q4", "has no options to compare"), ("Q5", "is asked in 2018 only"), ("Q6", "is asked in 2016 only")])
def test_what_may_not_be_compared_says_why(question, reason, view):
    with pytest.raises(UsageError, match=reason):
        view.counts(question, by="wave")


def test_a_question_without_a_row_of_the_crosswalk_is_not_compared(tmp_path):
    study = write_wave_study(tmp_path, crosswalk=[])
    built(study)
    with pytest.raises(UsageError, match="nobody has decided yet"):
        StudyView(study, "team").counts("Q1", by="wave")


def test_transitions_count_those_who_answered_both(view):
    rows = view.transitions("Q1")
    ways = [*rows[["before", "after", "n"]].itertuples(index=False, name=None)]
    assert ways == [("Yes", "Yes", 1), ("Yes", "No", 1)]


def test_transitions_of_a_multiple_choice_are_those_of_each_option(view):
    rows = view.transitions("Q2")
    assert [*rows[rows["option"] == "Food"][["before", "after", "n"]].itertuples(index=False, name=None)] == [
        ("yes", "yes", 1), ("no", "no", 1)]


@pytest.mark.parametrize("audience", ["convening", "public"])
@pytest.mark.parametrize("ask", [lambda view: view.counts("Q1", by="wave"),
                                 lambda view: view.transitions("Q1")])
def test_waves_side_by_side_are_for_the_team_alone(ask, audience, view):
    with pytest.raises(NotReleased, match="The comparison of waves is for the team only"):
        ask(StudyView(view.study, audience))


@pytest.mark.parametrize("column", ["wave", "wave_id"])
def test_other_figures_by_wave_are_refused_in_words(column):
    with pytest.raises(UsageError, match="Only the counts of questions with options can be grouped by wave"):
        resolve_subset_kind(column)


def test_a_study_with_one_wave_has_nothing_to_compare(sample_study):
    with pytest.raises(UsageError, match="The survey has one wave"):
        StudyView(sample_study, "team").counts("Q4.1", by="wave")
