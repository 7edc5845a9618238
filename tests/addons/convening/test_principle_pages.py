"""The page of a principle: both sides of its evidence in sentences, what is missing is said, and its size."""

import re
from html import unescape

import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.addons.convening.pages import principles
from glc_analysis.addons.convening.principles import NOT_CHALLENGED
from glc_analysis.publish.site import make_page_menu
from glc_analysis.reference import read_reference_table
from glc_analysis.run.plan import plan_pages
from glc_analysis.view.study_view import StudyView
from tests.support.sample_views import sample_view


def text(html):
    plain = re.sub(r"<[^>]+>", " ", re.sub(r"</?(a|span|em|strong)\b[^>]*>", "", html))
    return " ".join(unescape(plain).split())


def first_screen(view):
    evidence = principles.show_evidence(principles.describe_evidence_of_view_principle(view))
    return principles.show_principle_statement(view).data + evidence.data


@pytest.mark.parametrize(("audience", "n"), [("team", 16), ("convening", 16), ("public", 14)])
def test_every_principle_that_an_audience_may_read_has_a_page_in_its_group(sample_study, audience, n):
    pages = [page for page in plan_pages(sample_study, audience=audience) if "principle" in page.parameters]
    assert [page.parameters["principle"] for page in pages] == sorted(
        sample_view(sample_study, audience).principle_names)
    assert len(pages) == n and pages[0].slug == "principle-p01" and pages[0].title == "Time before forms"
    assert {page.group for page in pages} == {"Principles"}


def test_the_menu_has_principles_first_below_the_overview(sample_study):
    assert [group for group, _ in make_page_menu(plan_pages(sample_study), ())][:2] == ["", "Principles"]


@pytest.mark.parametrize("audience", ["team", "convening", "public"])
def test_the_first_screen_has_no_id_and_no_word_of_the_tables(sample_pages, audience):
    for principle, parts in sample_pages.parts(audience).items():
        shown = text(parts["statement"] + parts["evidence"])
        assert not re.search(r"\bP\d\d|\be\d\b|\bQ\d|\w_\w|\bsupports\b|interview-|call-\d", shown), principle


def test_evidence_is_said_in_sentences_with_a_quotation(sample_study):
    shown = text(first_screen(sample_view(sample_study, "team", principle="P03")))
    assert "27 of the 32 answers chose “A safe place to sleep” at: What do survivors most often need" in shown
    assert "4 of the 27 organisations that were asked raised “A safe place first”." in shown
    assert "Walnut Bridge (invented), Moldova" in shown


@pytest.mark.parametrize(("audience", "is_named"), [("team", True), ("convening", False), ("public", False)])
def test_who_coded_and_who_judged_is_for_the_team_alone(sample_study, sample_pages, audience, is_named):
    coders = {*tables.read_table("codings", study=sample_study)["coder_id"]} - {"consensus"}
    people = coders | {*read_reference_table(sample_study, "judgements")["by"]}
    words = set(re.findall(r"\w+", "".join(sample_pages.pages(audience).values())))
    assert len(people) > 1 and bool(people & words) == is_named


def test_that_nothing_speaks_against_it_is_said_and_only_then(sample_study):
    shown = {one: first_screen(sample_view(sample_study, "public", principle=one)) for one in ("P03", "P09")}
    assert NOT_CHALLENGED in shown["P03"] and NOT_CHALLENGED not in shown["P09"]


def test_counts_that_are_hidden_and_words_that_are_not_cleared_are_named_as_missing():
    count, words = principles.WITHHELD, principles.NOT_CLEARED
    pieces = pd.DataFrame([{"stance": "supports", "claim": "practised", "sentence": one}
                           for one in (count, words, words)])
    pieces = pieces.reindex(columns=principles.EVIDENCE, fill_value="")
    shown = text(principles.show_evidence(pieces).data)
    assert shown.count("Not every count is shown here, because it could reveal") == 1
    said = "Some quotations about this principle may not be shown here."
    assert shown.count(said) == 1  # how many, is not told


def test_statements_and_translations_have_their_language_and_direction(sample_study):
    shown = first_screen(sample_view(sample_study, "convening", principle="P03"))
    assert '<span lang="ar" dir="rtl">' in shown and '<span lang="es" dir="ltr">' in shown
    assert re.search(r'<blockquote class="glc-statement" lang="en" dir="ltr">', shown)


def test_a_way_back_that_is_too_long_is_cut_and_leads_on(sample_study, monkeypatch):
    view = StudyView(sample_study, "team", principle="P03")
    whole = principles.show_evidence_sources(view).data
    monkeypatch.setitem(principles.BYTES, "sources", 3000)
    cut = principles.show_evidence_sources(view).data
    assert "This is not all" not in whole and len(cut) < len(whole)
    assert re.search(r'This is not all. <a href="theme-\w+\.html#[\w-]+">All of it', cut)


def test_no_page_of_the_sample_is_large(sample_pages):
    assert all(len(page.encode()) < 100_000 for page in sample_pages.pages("team").values())


def test_the_parts_that_grow_with_a_study_leave_a_page_below_its_limit():
    assert sum(principles.BYTES.values()) < 120_000


def test_a_sentence_links_the_name_in_it():
    assert principles._linked("All", "survey#question-q1") == '<a href="survey.html#question-q1">All</a>'


def test_the_panels_are_listed_a_sentence_each(sample_study):
    shown = principles.show_panel_sizes_and_gaps(sample_view(sample_study, "public")).data
    assert shown.count('<p class="glc-note">') == shown.count("who may rate: ") == 3
