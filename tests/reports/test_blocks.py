"""What pages show: escaped, from released figures, open answers for the team alone."""

from types import SimpleNamespace

import pandas as pd
import pytest

from glc_analysis.errors import UsageError
from glc_analysis.reports import html
from glc_analysis.reports.blocks import overview, profile, quality, questions, words
from glc_analysis.reports.page import Page


@pytest.fixture(scope="module")
def cambodia(sample_study):
    return Page(sample_study, country="KHM")


def test_whatever_comes_from_data_is_escaped():
    shown = html.table({"<b>": ["<script>alert(1)</script>"], "n": ["3 < 4"]})
    assert "<script>" not in shown and "&lt;script&gt;" in shown and "3 &lt; 4" in shown


def test_an_open_answer_with_markup_is_shown_as_it_was_written(cambodia):
    row = SimpleNamespace(text="<img src=x onerror=alert(1)>", organisation_id="a", country_id="KHM",
                          language='en" onclick="', is_interpreted=False)
    shown = words._quotation(cambodia, row, pd.Series({"a": "<i>A</i>"}))
    assert "<img" not in shown and "&lt;img src=x" in shown
    assert "<i>" not in shown and 'lang="en&quot; onclick=&quot;"' in shown


def test_a_single_organisations_answers_are_marked_and_not_counted(cambodia):
    shown = profile.beside(cambodia).data
    assert "●" in shown and "● 1 of 1" not in shown


def test_several_organisations_answers_are_counted_against_their_own_base(sample_study):
    assert "of 3" in profile.beside(Page(sample_study, country="IND")).data


def test_a_profile_names_only_its_own_organisations(cambodia):
    assert profile.who(cambodia).data.count("<tr>") == 2  # the heading and one organisation


def test_a_quotation_carries_its_language_and_finds_its_direction(cambodia):
    assert '<blockquote lang="km" dir="auto">' in words.open_answers(cambodia).data


def test_open_answers_are_for_the_team_alone(sample_study):
    assert words.open_answers(Page(sample_study, audience="public")).data == (
        f'<p class="glc-note">{words.TEAM_ONLY}</p>')


@pytest.mark.parametrize("block", [overview.numbers, quality.notable, profile.beside])
def test_no_figure_is_shown_to_an_audience_nobody_decided_about(sample_study, block):
    with pytest.raises(UsageError, match="not decided"):
        block(Page(sample_study, audience="convening", country="KHM"))


def test_a_question_says_how_many_stand_outside_its_base(sample_study):
    page = Page(sample_study)
    question = page.questions.set_index("question_id", drop=False).loc["Q6.1"]
    assert "3 preferred not to say, outside the base." in questions._heading(page, question)
    assert "Prefer not to say" not in set(page.summary("Q6.1")["option"])


def test_regions_stand_side_by_side(sample_study):
    shown = questions.by_group(Page(sample_study, theme="services"), "region").data
    assert all(f'<th scope="col" class="number">{region}</th>' in shown for region in ("Africa", "Europe"))


def test_a_country_the_study_does_not_have_is_refused_with_the_nearest(sample_study):
    with pytest.raises(UsageError, match="no country 'KHN'; nearest: 'KHM'"):
        Page.open(str(sample_study.root), country="KHN")
