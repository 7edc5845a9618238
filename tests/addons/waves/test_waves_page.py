"""The page on waves: what is compared, who left, and what is not compared and why."""

import pytest

from glc_analysis.addons.waves.pages import (
    show_compared_questions,
    show_invited_and_answered_by_wave,
    show_questions_not_compared,
    show_retention_between_waves,
)
from glc_analysis.addons.waves.plot import plot_waves
from glc_analysis.pages.questions import describe_base_and_response
from glc_analysis.run.plan import plan_pages
from glc_analysis.view.study_view import StudyView
from tests.support.built_studies import built
from tests.support.wave_study import write_wave_study


@pytest.fixture(scope="module")
def view(tmp_path_factory):
    study = write_wave_study(tmp_path_factory.mktemp("waves"))
    built(study)
    return StudyView(study, "team")


def test_the_waves_are_listed_with_who_answered(view):
    page = show_invited_and_answered_by_wave(view).data
    assert "2018_en.csv, 2018_es.csv" in page and ">4<" in page and ">3<" in page


def test_compared_questions_have_dots_and_transitions_and_say_what_changed(view):
    page = show_compared_questions(view).data
    assert "Dots. Yes: 2016: 2 of 4, 2018: 2 of 3" in page
    assert "Changed in 2018: the wording changed (read side by side)." in page
    assert "Those who answered both" in page and ">2016<" in page and "0 of 0" not in page


def test_those_who_answered_both_come_before_each_wave_on_its_own_base(view):
    page = show_compared_questions(view).data
    both = page.index("Do you run a shelter? Those who answered both")
    assert both < page.index("Q1. Each wave on its own")


def test_a_dot_at_the_end_of_the_line_is_whole(view):
    drawn = plot_waves(view.counts("Q3", by="wave"))
    assert len(drawn.lines) == 4 and not any(dot.get_clip_on() for dot in drawn.lines)


def test_who_left_and_who_is_new_are_counted(view):
    page = show_retention_between_waves(view).data
    assert "Left after 2016" in page and "New in 2018" in page


def test_what_is_not_compared_says_why(view):
    page = show_questions_not_compared(view).data
    assert all(reason in page for reason in (
        "asked in 2016 only", "asked in 2018 only", "asked about something else"))


def test_a_question_that_changed_is_marked_for_the_team_where_it_is_shown(view):
    question = next(view.questions.query("question_id == 'Q1'").itertuples())
    asked = describe_base_and_response(view, question)
    assert asked.endswith("Changed in 2018: the wording changed (read side by side).")
    assert not StudyView(view.study, "public").describe_crosswalk_change("Q1")


@pytest.mark.parametrize("audience", ["team", "convening", "public"])
def test_the_page_is_for_the_team_alone(audience, view):
    slugs = [page.slug for page in plan_pages(view.study, audience=audience)]
    assert any("waves" in slug for slug in slugs) == (audience == "team")


def test_a_study_with_one_wave_has_no_page_of_waves(sample_study):
    assert not [page.slug for page in plan_pages(sample_study) if "waves" in page.slug]


def test_the_parts_of_the_page_can_be_made_in_a_study_with_one_wave(sample_study):
    view = StudyView(sample_study, "team")
    assert "one wave" in show_retention_between_waves(view).data
    assert "No question is compared" in show_compared_questions(view).data
    assert show_invited_and_answered_by_wave(view).data and show_questions_not_compared(view).data


@pytest.mark.parametrize("registered", [{}, {"organisations": [
    {"organisation_id": name, "label": name} for name in ("a", "b", "c", "new")]}])
def test_who_merged_or_split_is_in_no_transition_and_is_counted_apart(registered, tmp_path):
    signed = {"reason": "its letter", "by": "Ana", "date": "2018-06-01", "wave_id": "w2018"}
    study = write_wave_study(tmp_path, organisation_changes=[
        {"organisation_id": "new", "change": "renamed", "other": "Left", **signed},
        {"organisation_id": "b", "change": "merged", "other": "c", **signed}], **registered)
    built(study)
    view = StudyView(study, "team")
    assert view.transitions("Q1")["n"].sum() == 2  # a and new: b merged, and c went into it
    assert "Merged or split" in show_retention_between_waves(view).data
    assert "without organisations that merged or split" in show_compared_questions(view).data
