"""A country's page: its answers and those around it as marks and in words; what is said here alone."""

import re

import lxml.html
import pytest

from glc_analysis.pages.country import (
    render_answers_most_unlike_region,
    render_answers_unique_within_region,
    render_country_answers,
)
from glc_analysis.pages.findings import list_sensitive_and_dependent_questions
from glc_analysis.templates import ELEMENTS
from glc_analysis.view.study_view import StudyView
from tests.support.built_studies import built_for_team
from tests.support.sample_views import sample_view
from tests.support.study_writer import choices, places, question, write_study

SEEN = [("team", "KHM"), ("team", "IND"), ("convening", "PER"), ("convening", "KHM")]


def rows_of(view):
    return lxml.html.fromstring(
        f"<div>{render_answers_most_unlike_region(view).data}</div>").xpath(".//ul/li")


def shown_words(row):
    return row.xpath("./p")[-1].text_content()


def test_the_answers_furthest_from_the_region_come_first_in_words_and_as_marks(sample_study):
    first = rows_of(sample_view(sample_study, country="KHM"))[0]
    assert [one.text_content() for one in first.xpath(".//strong")] == ["Labour inspectors"]
    assert shown_words(first) == "Chosen here, in none of the other 7 answers in Asia"
    assert first.xpath(".//i/@style | .//b/@style") == ["left:12%"]  # one organisation's answer is no share


def test_a_count_around_the_country_says_whether_it_counts_organisations_or_answers(sample_study):
    said = [shown_words(row) for row in rows_of(sample_view(sample_study, country="KHM"))]
    assert all(re.search(r"(by .* organisations|in .* answers) in Asia$", words) for words in said)
    assert {words.split()[-3] for words in said} == {"organisations", "answers"}


def test_several_organisations_have_a_share_of_their_own(sample_study):
    first = rows_of(sample_view(sample_study, country="IND"))[0]
    assert len(first.xpath(".//i")) == len(first.xpath(".//b")) == 1


@pytest.mark.parametrize(("audience", "country"), SEEN)
def test_distances_are_those_of_two_counts_that_the_audience_may_see_exactly(sample_study, audience, country):
    view = sample_view(sample_study, audience, country=country)
    exact = view.released[view.released["n"].notna()]
    kind = "region" if audience == "team" else "all"
    around = {(int(n), int(base)) for n, base, one in zip(
        exact["n"], exact["base_n"], exact["subset_kind"], strict=True) if one == kind}
    apart = []
    for row in rows_of(view):
        near, *here = (int(re.search(r"\d+", style)[0]) for style in row.xpath(".//i/@style | .//b/@style"))
        words = shown_words(row)
        apart.append(abs((here or [100 * words.startswith("Chosen")])[0] - near))
        if counted := re.findall(r"(?:by|in) (\d+) of (\d+) (?:organisations|answers) in", words):
            assert (int(counted[0][0]), int(counted[0][1])) in around
    assert apart and all(one >= other - 1 for one, other in zip(apart, apart[1:], strict=False))


@pytest.mark.parametrize(("audience", "country"), SEEN)
def test_no_distance_is_about_a_sensitive_question(sample_study, audience, country):
    view = sample_view(sample_study, audience, country=country)
    shown = render_answers_most_unlike_region(view).data + render_answers_unique_within_region(view).data
    assert not [one for one in list_sensitive_and_dependent_questions(view)
                if view.words.questions[one].wording in shown]


def test_what_is_said_here_alone_was_given_by_nobody_else(tmp_path):
    rows = [{"org": org, "country": country, "Q1": answer} for org, country, answer in (
        ("a", "KHM", "night"), ("b", "LAO", "day"), ("c", "THA", "day"))]
    study = write_study(tmp_path, rows, questions=[question("Q1", "multi", "help", delimiter="; ")],
                        options=choices("help", "night", "day"),
                        countries=places("KHM asia", "LAO asia", "THA asia"))
    built_for_team(study)
    shown = render_answers_unique_within_region(StudyView(study, country="KHM")).data
    assert "<h2>Said here, and by nobody else in Asia</h2>" in shown
    assert re.findall(r'<a href="#question-q1">([^<]*)</a>', shown) == ["Night"]
    assert render_answers_unique_within_region(StudyView(study, country="LAO")).data == ""


def test_readers_who_may_not_see_a_single_count_are_told_of_nothing_that_is_said_here_alone(sample_study):
    assert render_answers_unique_within_region(sample_view(sample_study, "convening",
                                                           country="PER")).data == ""


def test_next_to_an_answer_stands_a_mark_only_where_the_count_is_exact(sample_study):
    view = sample_view(sample_study, "convening", country="PER")
    shown = lxml.html.fromstring(render_country_answers(view).data)
    lines = shown.find_class("glc-answer")
    for line in lines:
        counted = line.xpath("./*[@class='glc-figure']")[0].text_content()
        if line.find_class("glc-dots"):
            assert re.match(r"\d+ of \d+", counted)
    assert any(line.find_class("glc-dots") for line in lines)


def test_a_translation_is_marked_as_one():
    shown = ELEMENTS.quotation("Hola", "es", "a provider", "Hello", "checked")
    assert "Translated by a person, checked:" in shown
    assert "Translat" not in ELEMENTS.quotation("Hola", "es", "a provider")
