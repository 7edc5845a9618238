"""Taguette's export: bytes over the text of HTML, and nobody's name on a highlight."""

import pytest

from glc_analysis.addons.coding_programs.databases import convert_html_to_plain_text
from glc_analysis.errors import Faults
from glc_analysis.intake.codings import read_codings
from tests.addons.coding_programs.support.coding_files import taguette

HTML = (
    "<h1>Call</h1><p>KE: Olá &amp; <em>welcome</em>. 😀 We wait.</p><p>São José waits.</p>\n<p>The end.</p>\n"
)
TEXT = "Call\nKE: Olá & welcome. 😀 We wait.\nSão José waits.\nThe end.\n"


def highlight(quote, snippet=""):
    """Taguette counts the bytes of the text alone, without the breaks between paragraphs it shows."""
    counted = "CallKE: Olá & welcome. 😀 We wait.São José waits.\nThe end.\n"
    start = len(counted[: counted.index(quote)].encode())
    return start, start + len(quote.encode()), snippet or f"<p>{quote.replace('&', '&amp;')}</p>"


def read(tmp_path, *highlights, coder="", **given):
    return read_codings(
        taguette(tmp_path / "project.sqlite3", html=HTML, highlights=highlights, **given), coder=coder
    )


@pytest.mark.parametrize(
    "quote", ["Olá & welcome", "We wait", "São José", "The end", "KE: Olá", "waits.\nThe", "Call"]
)
def test_byte_offsets_find_the_words_that_were_highlighted(tmp_path, quote):
    raw = read(tmp_path, highlight(quote))
    row = raw.codings.iloc[0]
    assert raw.sources["text"].tolist() == [TEXT]
    assert TEXT[row["start"] : row["end"]] == quote
    assert (row["code"], row["match"], raw.checked, raw.matched) == ("barriers.funding", "exact", 1, 1)


def test_a_highlight_over_paragraphs_is_compared_line_by_line(tmp_path):
    raw = read(tmp_path, highlight("We wait.São José", "<p>We wait.</p><p>São José</p>"))
    row = raw.codings.iloc[0]
    assert TEXT[row["start"] : row["end"]] == "We wait.\nSão José"
    assert row["match"] == "exact"


def test_a_byte_order_mark_in_the_document_counts_its_three_bytes(tmp_path):
    start, end, snippet = highlight("São José")
    raw = read(
        tmp_path,
        (start + 3, end + 3, snippet),
        more=["UPDATE documents SET contents = char(65279) || contents"],
    )
    text = raw.sources["text"][0]
    assert text[raw.codings["start"][0] :].startswith("São José")
    assert (text.strip(), raw.matched) == (TEXT.strip(), 1)


def test_a_highlight_at_the_start_of_a_paragraph_starts_there(tmp_path):
    start = read(tmp_path, highlight("São José")).codings["start"][0]
    assert start == TEXT.index("São")


def test_each_block_is_shown_on_its_own_line():
    markup = "<ul><li>one</li><li>two</li></ul><blockquote>a<br>b</blockquote>"
    assert convert_html_to_plain_text(markup).shown == "one\ntwo\na\nb"
    assert convert_html_to_plain_text("").shown == ""


def test_tags_are_codes_and_descriptions_memos(tmp_path):
    raw = read(tmp_path, highlight("Olá"))
    assert raw.codes.to_numpy().tolist() == [
        ["barriers", "", "", 1],
        ["barriers.funding", "barriers", "late", 2],
    ]
    assert raw.memos.to_numpy().tolist() == [["", "", "project", "what providers said", ""]]


@pytest.mark.parametrize(("given", "coder", "expected"), [
    ({}, "", ""), ({}, "ana", "ana"), ({"members": ["bert"]}, "", "bert"),
    ({"members": ["bert"]}, "ana", "ana"),
])  # fmt: skip
def test_the_coder_of_a_project_is_who_the_caller_says_or_its_only_member(tmp_path, given, coder, expected):
    raw = read(tmp_path, highlight("Olá"), coder=coder, **given)
    assert (raw.codings["coder"][0], raw.is_mixed) == (expected, False)


@pytest.mark.parametrize("given", [
    {"members": ["ana", "bert"]},
    {"more": ["""INSERT INTO commands VALUES (1, 'admin', '{"member": "bert", "type": "member_add"}')"""]},
    {"more": ["INSERT INTO commands VALUES (1, 'ana', '{}')"]},
])  # fmt: skip
def test_a_project_of_several_people_cannot_serve_agreement(tmp_path, given):
    raw = read(tmp_path, highlight("Olá"), **given)
    assert raw.is_mixed
    assert "cannot be used for agreement" in raw.notes[0]
    assert raw.codings["coder"].tolist() == [""]


def test_edited_html_is_quarantined(tmp_path):
    raw = read(tmp_path, highlight("Olá"), highlight("We wait"),
               more=["UPDATE documents SET contents = replace(contents, 'KE', 'Kenya')"])  # fmt: skip
    assert raw.codings.empty
    assert len(raw.quarantined) == 2


@pytest.mark.parametrize(("statement", "said"), [
    ("UPDATE highlights SET document_id = 9", "document or tag of the highlight 8 to 12 of .* is missing"),
    ("UPDATE highlight_tags SET tag_id = 9", "document or tag of the highlight 8 to 12 of .* is missing"),
    ("INSERT INTO highlight_tags VALUES (9, 2)", "a highlight that is missing"),
    ("UPDATE highlights SET end_offset = 1", "not the start and end"),
    ("UPDATE highlights SET end_offset = 9999", "outside the text"),
    # The last byte is half of á.
    ("UPDATE highlights SET start_offset = 8, end_offset = 11, snippet = ''", "outside the text"),
    ("INSERT INTO projects VALUES (2, 'Other', '')", "holds 2 projects"),
    ("ALTER TABLE highlights RENAME COLUMN start_offset TO began", "highlights.start_offset"),
    ("DROP TABLE documents", "documents.id"),
])  # fmt: skip
def test_what_is_wrong_in_a_project_is_named(tmp_path, statement, said):
    with pytest.raises(Faults, match=said) as caught:
        read(tmp_path, highlight("Olá"), more=[statement])
    assert all(fault.file == "project.sqlite3" and fault.fix for fault in caught.value.faults)


def test_a_highlight_without_a_tag_is_no_coding(tmp_path):
    assert read(tmp_path, highlight("Olá"), more=["DELETE FROM highlight_tags"]).codings.empty
