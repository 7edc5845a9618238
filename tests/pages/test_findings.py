"""Findings as claims: a heading that says no more than its figure, a bar, the base, a quotation, a link."""

import re
import shutil

import lxml.html
import pytest

from glc_analysis.pages import findings
from glc_analysis.pages.findings import (
    MOST_CLAIMS,
    list_sensitive_and_dependent_questions,
    render_page_claims,
    render_respondent_and_country_count,
)
from glc_analysis.pages.survey import render_theme_list
from glc_analysis.study import Study
from glc_analysis.templates import Macros
from glc_analysis.view.study_view import StudyView
from tests.support.sample_views import sample_view

AUDIENCES = ("team", "convening", "public")


def sections(view):
    return lxml.html.fromstring(f"<div>{render_page_claims(view).data}</div>").find_class("glc-claim")


def heading(section):
    return " ".join(section.find("h2").text_content().split())


def test_the_overview_opens_with_claims_that_have_a_bar_a_base_and_a_link(sample_study):
    made = sections(sample_view(sample_study))
    assert [heading(one) for one in made][:2] == [
        "Survivors most often need a safe place to sleep: 27 of 32",
        "Short or uncertain funding weighs on the work: 24 of 30"]
    assert 3 <= len(made) <= MOST_CLAIMS
    first = made[0]
    assert first.xpath("div[@class='glc-wide']/span/@style") == ["width:84%"]
    assert first.xpath("p[@class='glc-asked-for']")[0].text == \
        "What do survivors most often need in the first three months?"
    base = "“A safe place to sleep”, out of 32 answers (one answer for each country an organisation works"
    assert base in first.text_content()
    assert first.xpath(".//a/@href") == ["survey.html#question-q3-3"]


@pytest.mark.parametrize("audience", AUDIENCES)
def test_every_claim_is_one_released_count_of_a_question_that_is_not_sensitive(sample_study, audience):
    view = sample_view(sample_study, audience)
    exact = view.released[view.released["n"].notna() & (view.released["subset_kind"] == "all")]
    known = {(int(n), int(base)) for n, base in zip(exact["n"], exact["base_n"], strict=True)}
    named = {view.words.questions[one].wording for one in list_sensitive_and_dependent_questions(view)}
    for section in sections(view):
        [(n, base)] = re.findall(r"(\d+) of (\d+)$", heading(section))
        assert (int(n), int(base)) in known and not any(one in heading(section) for one in named)
        assert not re.search(r"\b(only|because|than|first|most of)\b", heading(section).rpartition("?")[2])


@pytest.mark.parametrize("audience", AUDIENCES)
def test_quotations_beside_claims_are_cleared_for_the_readers_and_stand_there_once(sample_study, audience):
    view = sample_view(sample_study, audience)
    words = [one.text_content() for section in sections(view)
             for one in section.xpath(".//blockquote[not(@class)]")]
    assert words and len(words) == len({*words}) and {*words} <= {*view.quotations()["text"]}


def test_without_a_claim_the_question_stands_in_the_heading(sample_study, tmp_path):
    root = tmp_path / "study"
    shutil.copytree(sample_study.root, root)
    path = root / "reference/headlines.csv"
    path.write_text("question_id,option_id,code_id,author,date\nQ3.2,yes,,the team,2016-01-18\n")
    [made] = sections(StudyView(Study(root)))
    assert heading(made) == "Do you use a written screening tool? Yes: 18 of 31"
    assert "Out of 31 answers" in made.text_content()


def test_nobody_is_said_to_have_given_the_answer_above_a_quotation(sample_study):
    for section in sections(sample_view(sample_study)):
        if section.find_class("glc-asked-for") and section.find_class("glc-quotation"):
            assert re.search("On the theme “[^”]+”:", section.text_content())


def test_where_no_quotation_is_cleared_claims_have_none(sample_study):
    view = sample_view(sample_study, "public")
    vars(view)["quotation_rows"] = view.quotation_rows.head(0)
    assert sections(view) and not [one for part in sections(view) for one in part.find_class("glc-quotation")]


@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_card_of_a_theme_has_its_first_finding_and_a_small_bar(sample_study, audience):
    view = sample_view(sample_study, audience)
    cards = lxml.html.fromstring(render_theme_list(view).data)
    with_bar = [card for card in cards if card.find_class("glc-wide")]
    exact = view.released.dropna(subset="n")
    counts = {f"{int(n)} of {int(base)}" for n, base in zip(exact["n"], exact["base_n"], strict=True)}
    assert len(with_bar) >= 3
    assert all(re.search(r"\d+ of \d+", card.find_class("glc-small-claim")[0].text_content())[0] in counts
               for card in with_bar)


def test_names_of_the_survey_are_escaped_in_claims():
    html = Macros(findings.__file__, "findings.html").claim("<b>?", "A & B: 1 of 2", 50, "Base.", "", False)
    assert "&lt;b&gt;?" in html and "A &amp; B" in html and "<a " not in html


def test_a_study_without_findings_says_who_took_part(sample_study, monkeypatch):
    nothing = StudyView(sample_study).select_measure_figures("coded").head(0).assign(chosen_by="")
    monkeypatch.setattr("glc_analysis.pages.findings._chosen", lambda view: nothing)
    view = StudyView(sample_study)
    opening = render_respondent_and_country_count(view).data.strip()
    assert opening.startswith('<p class="glc-opening">30 organisations answered')
    assert "glc-claim" not in render_page_claims(view).data
