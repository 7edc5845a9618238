"""Every line of evidence on a page leads to the page and place that shows it, for each audience."""

import re

import pytest

from glc_analysis import tables
from glc_analysis.addons.convening.pages import convening
from glc_analysis.addons.convening.trace import EvidenceTrail
from glc_analysis.pages.coding import render_passages, render_theme_code_counts
from glc_analysis.pages.questions import render_question_without_open_answers
from glc_analysis.tables_html import render_as_bars_quotations_or_table
from glc_analysis.view import places
from glc_analysis.view.study_view import StudyView
from tests.addons.convening.support.principle_pages import page_of
from tests.support.sample_views import sample_view


@pytest.fixture(scope="module", params=[
    pytest.param("team", marks=pytest.mark.acceptance), "convening", "public"])
def page(request, sample_study):
    return sample_view(sample_study, request.param)


@pytest.fixture(scope="module")
def links(page, sample_pages):
    """What the principles and the joint display link to: page and place."""
    return _links(page, sample_pages.pages(page.audience))


def _links(page, pages):
    shown = "".join([*pages.values(), convening.show_joint_display(page).data])
    return re.findall(r'href="([\w-]+)\.html#([\w-]+)"', shown)


@pytest.fixture(scope="module")
def ids(page):
    """The ids on each page that shows questions, codes or passages."""
    return _ids_by_page(page)


def _ids_by_page(page):
    pages = {"survey": page, **{f"theme-{theme}": StudyView(page.study, page.audience, theme=theme)
                                for theme in page.themes}}
    return {slug: _ids(one) for slug, one in pages.items()}


def _ids(page):
    shown = [render_question_without_open_answers(page, row) for row in page.questions.itertuples()]
    if page.theme:
        shown += [render_theme_code_counts(page).data, render_passages(page).data,
                  render_as_bars_quotations_or_table(page.quotations())]
    return re.findall(r'\bid="([\w-]+)"', "".join(shown))


def test_every_link_leads_to_a_place_that_is_there(links, ids):
    assert len(links) > 40
    assert [link for link in links if link[1] not in ids[link[0]]] == []


@pytest.mark.acceptance
def test_a_link_to_a_passage_that_is_not_printed_leads_to_the_passages_of_its_code(
        sample_study, monkeypatch):
    monkeypatch.setattr(places, "MOST_PRINTED_PASSAGES", 1)
    page = StudyView(sample_study)
    pages = {principle: page_of(page, principle) for principle in [*page.principle_names][:6]}
    links, ids = _links(page, pages), _ids_by_page(page)
    assert [link for link in links if link[1] not in ids[link[0]]] == []
    kinds = [place.partition("-")[0] for _, place in links]
    assert kinds.count("passages") > 5 and kinds.count("passage") > 5


def test_a_place_is_one_place(ids):
    assert all(len(found) == len({*found}) for found in ids.values())


def test_every_line_that_a_page_shows_is_a_link(page):
    """Raw files, memos and votes are on no page; nor is a code outside the themes, nor literature."""
    trail = EvidenceTrail(page)
    nodes = [node for row in tables.read_table("evidence", study=page.study).itertuples()
             for node in trail.trace_evidence(row)]
    bare = {node.kind for node in nodes if not node.place}
    assert bare <= {"evidence", "file", "memo"}
    own = [node for node in nodes if node.kind == "evidence" and not node.place]
    assert all("literature" in node.text or page.audience != "team" for node in own)


def test_a_link_tells_others_no_passage_and_no_code_that_they_may_not_see(page, links):
    if page.audience == "team":
        return
    rows = tables.read_table(f"release_{page.audience}", study=page.study).query("status != 'suppressed'")
    free = {*rows["figure_id"]}
    assert not any(place.startswith("passage-") for _, place in links)
    codes = {place.removeprefix("code-") for _, place in links if place.startswith("code-")}
    assert codes and all(free & {f"{code}/organisations/{whole}" for whole in ("all", "source=call")}
                         for code in codes)
