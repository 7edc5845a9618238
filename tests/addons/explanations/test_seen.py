"""What other readers than the team see of explanations: cleared words of three independent organisations."""

import re
from html import unescape

import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.addons.explanations.pages import NOT_READ, show_explanations_of_principle
from glc_analysis.addons.explanations.view import (
    BLOCKS,
    ExplanationsView,
    list_explanation_lines_with_cited_organisations,
    select_visible_explanations,
)
from glc_analysis.disclosure.blocks import LINE_COLUMNS
from glc_analysis.reference import read_reference
from glc_analysis.view.study_view import StudyView
from tests.addons.explanations.support.explanation_rows import EXPLANATION

CLEARED = pd.DataFrame({"segment_id": ["a.1", "b.1", "c.1"], "owner": ["a", "b", "c"],
                        "quote_id": ["q1", "q2", "q3"]})


def seen(quotations=CLEARED, networks=None, audience="convening", **changed):
    return select_visible_explanations(pd.DataFrame([EXPLANATION | changed]), quotations, networks or {},
                                       audience)


def test_it_is_read_with_its_cleared_passages_and_without_its_author():
    row = seen().iloc[0]
    assert row[["passages_for", "passages_against", "rival_passages", "by", "date"]].tolist() == [
        "a.1;b.1;c.1", "", "", "", ""]


@pytest.mark.parametrize(("quotations", "networks", "changed"), [
    (CLEARED[:2], {}, {}), (CLEARED, {"a": "net", "b": "net"}, {}),
    (CLEARED.assign(owner=["a", "b", ""]), {}, {}),
    (CLEARED, {}, {"shown_for": ""}), (CLEARED, {}, {"passages_for": "a.1;b.1", "passages_limits": "c.1"})])
def test_it_is_not_read_where_fewer_than_three_independent_organisations_speak_for_it(
        quotations, networks, changed):
    assert seen(quotations, networks, **changed).empty


def test_without_any_explanation_the_table_keeps_its_columns():
    rows = pd.DataFrame([EXPLANATION])
    assert [*select_visible_explanations(rows[:0], CLEARED, {}, "convening")] == [*rows]


def test_the_same_number_of_two_principles_is_two_lines_of_whoever_is_cited(sample_study):
    """One line of each would be counted once, and an organisation could have more than its share."""
    frames = {name: tables.read_table(name, study=sample_study) for name in BLOCKS.needs if "." not in name}
    rows = frames["explanations"].query("principle_id == 'P01'")
    frames["explanations"] = pd.concat([rows, rows.assign(principle_id="P02")])
    lines = list_explanation_lines_with_cited_organisations(frames, read_reference(sample_study), "convening")
    cited = pd.DataFrame(lines, columns=LINE_COLUMNS)
    assert cited.groupby("organisation_id")["line"].nunique().eq(2).all() and len(cited) > 6


def test_what_was_written_for_the_convening_is_not_for_the_public():
    assert seen(audience="public").empty and len(seen(shown_for="convening;public", audience="public")) == 1


def test_its_line_has_everybody_behind_it_on_whose_words_it_rests():
    segments = pd.DataFrame({"segment_id": ["a.1", "a.2", "b.1", "c.1", "d.1"], "role": "participant",
                             "organisation_id": ["a", "a", "b", "c", "d"], "document_id": "call"})
    frames = {
        "explanations": pd.DataFrame([EXPLANATION]), "segments": segments,
        "documents": pd.DataFrame({"document_id": ["call"], "organisation_id": ""}),
        "organisations": pd.DataFrame({"organisation_id": [*"abcd"], "network_id": ""}),
        "principles": pd.DataFrame({"principle_id": ["P01"], "version": "1", "status": "agreed",
                                    "is_current": True, "translation_of": ""}),
        "quotations": pd.DataFrame({"quote_id": ["q1", "q2", "q3"], "audience": "convening"})}

    class Tables:
        quotes = CLEARED[["quote_id", "segment_id"]]

    assert sorted(list_explanation_lines_with_cited_organisations(frames, Tables, "convening")) == [
        ("explanations/P01", "P01/1", one) for one in "abcd"]
    assert [*list_explanation_lines_with_cited_organisations(frames, Tables, "public")] == []


def text_of(html):
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", html.data).split()))


def test_the_team_reads_all_of_it_on_the_page_of_the_principle(sample_study):
    page = text_of(show_explanations_of_principle(StudyView(sample_study, principle="P01")))
    assert "Another explanation Whoever can wait is less in danger" in page and "ines on 12 May 2017" in page
    assert "Que no haya ficha el primer día." in page and "No passage is named." in page
    assert "The convening reads it too." in page
    page = text_of(show_explanations_of_principle(StudyView(sample_study, principle="P03")))
    assert "For the team alone." in page


def test_the_convening_reads_cleared_words_without_ids_numbers_or_an_author(sample_study):
    page = text_of(show_explanations_of_principle(StudyView(sample_study, "convening", principle="P01")))
    assert "here it is impolite to accept at once" in page and "we used to close the file" in page
    assert "Que no haya ficha" not in page and "No passage may be shown here." in page
    assert not re.search(r"\d|ines|interview-|call-", page)
    assert show_explanations_of_principle(StudyView(sample_study, "convening", principle="P03")) is None


def test_the_public_reads_none_that_was_not_written_for_it(sample_study):
    assert show_explanations_of_principle(StudyView(sample_study, "public", principle="P01")) is None


def test_when_a_line_of_a_cell_is_hidden_it_is_not_read(sample_study, monkeypatch):
    monkeypatch.setattr(StudyView, "hidden", frozenset({"explanations/P01#P01/1"}))
    assert show_explanations_of_principle(StudyView(sample_study, "convening", principle="P01")) is None


def test_the_team_is_told_when_its_readers_cannot_read_it(sample_study, monkeypatch):
    monkeypatch.setattr(ExplanationsView, "find_readable_principle_explanations",
                        lambda view, audience: set())
    page = text_of(show_explanations_of_principle(StudyView(sample_study, principle="P01")))
    assert NOT_READ.format("convening") in page


def test_when_too_few_quotations_are_left_it_is_not_read(sample_study, monkeypatch):
    monkeypatch.setattr(StudyView, "hidden", frozenset({"quotations#q12"}))
    assert show_explanations_of_principle(StudyView(sample_study, "convening", principle="P01")) is None
