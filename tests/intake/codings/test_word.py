"""A Word document whose comments are codings."""

import docx
import pytest

from glc_analysis.errors import Faults
from glc_analysis.intake.codings import read_codings
from tests.support.coding_files import WORD, comment, run, word, zipped


def read(tmp_path, body, *comments, **given):
    return read_codings(word(tmp_path / "call.docx", body, comments), **given)


def marked(raw):
    text = raw.sources["text"][0]
    return [(text[row.start : row.end], row.code, row.coder) for row in raw.codings.itertuples()]


def paragraph(inside):
    return f"<w:p>{inside}</w:p>"


def test_a_comment_is_a_coding_by_its_author(tmp_path):
    raw = read(tmp_path, paragraph(run("KE: ") + comment(0, run("Funding ") + run("is late")) + run(". 😀")),
               (0, "Ana", "Delay"))  # fmt: skip
    assert marked(raw) == [("Funding is late", "Delay", "Ana")]
    assert raw.sources.iloc[0].tolist() == ["call.docx", "KE: Funding is late. 😀\n", 0, 0]
    assert (raw.tool, raw.notes) == ("word", ())


def test_one_comment_can_name_several_codes(tmp_path):
    raw = read(tmp_path, paragraph(comment(0, run("We wait"))), (0, "Ana", "Delay; Food, shelter\nVoice"))
    assert [code for _, code, _ in marked(raw)] == ["Delay", "Food, shelter", "Voice"]


def test_ranges_overlap_and_run_over_paragraphs(tmp_path):
    body = (
        f'<w:p><w:commentRangeStart w:id="1"/>{run("We ")}<w:commentRangeStart w:id="2"/>{run("wait")}</w:p>'
        f'<w:p>{run("São")}<w:commentRangeEnd w:id="1"/>{run(" José")}<w:commentRangeEnd w:id="2"/></w:p>'
    )
    raw = read(tmp_path, body, (1, "Ana", "Delay"), (2, "Bert", "Voice"))
    assert marked(raw) == [("We wait\nSão", "Delay", "Ana"), ("wait\nSão José", "Voice", "Bert")]


def test_the_text_is_what_word_shows(tmp_path):
    body = (
        '<w:p><w:pPr><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr>'
        f"{run('a')}<w:r><w:tab/><w:t>b</w:t><w:br/></w:r><w:del>{run('gone')}</w:del><w:ins>{run('new')}</w:ins>"
        f"<w:moveFrom>{run('moved')}</w:moveFrom></w:p><w:tbl><w:tr><w:tc>{paragraph(run('cell'))}</w:tc></w:tr></w:tbl>"
    )
    assert read(tmp_path, body).sources["text"].tolist() == ["a\tb\nnew\ncell\n"]


def test_signs_that_mean_something_else_in_plain_text_shift_nothing(tmp_path):
    raw = read(
        tmp_path,
        paragraph(run("\ufeffa&#13;\n".replace("&", "\r")) + comment(0, run("We wait"))),
        (0, "Ana", "Delay"),
    )
    assert marked(raw) == [("We wait", "Delay", "Ana")]


def test_an_anonymous_comment_is_the_callers(tmp_path):
    raw = read(tmp_path, paragraph(comment(0, run("We wait"))), (0, "", "Delay"), coder="carla")
    assert marked(raw) == [("We wait", "Delay", "carla")]


@pytest.mark.parametrize(("body", "comments", "said"), [
    (run("a"), [(0, "Ana", "Delay")], "marks no passage"),
    ('<w:commentRangeStart w:id="0"/>' + run("a"), [(0, "Ana", "Delay")], "marks no passage"),
    (comment(0, run("a")), [(0, "Ana", " ")], "names no code"),
    (comment(0, ""), [(0, "Ana", "Delay")], "the coded passage"),
    ('<w:commentRangeEnd w:id="0"/>' + run("a") + '<w:commentRangeStart w:id="0"/>', [(0, "Ana", "Delay")],
     "outside"),
])  # fmt: skip
def test_a_comment_that_is_no_coding_is_a_fault(tmp_path, body, comments, said):
    with pytest.raises(Faults, match=said) as caught:
        read(tmp_path, paragraph(body), *comments)
    assert all(fault.file == "call.docx" and fault.fix for fault in caught.value.faults)


@pytest.mark.parametrize(("markup", "said"), [
    (f'<w:document xmlns:w="{WORD}">', "not well-formed"), ("", "not well-formed"),
    ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "DOCTYPE"),
])  # fmt: skip
def test_markup_that_is_broken_or_a_trap_is_refused(tmp_path, markup, said):
    with pytest.raises(Faults, match=said):
        read_codings(zipped([("word/document.xml", markup)], tmp_path / "call.docx"))


def test_a_document_without_comments_was_read_and_left_uncoded(tmp_path):
    file = zipped([("word/document.xml", f'<w:document xmlns:w="{WORD}"><w:p>{run("a")}</w:p></w:document>')],
                  tmp_path / "call.docx")  # fmt: skip
    raw = read_codings(file)
    assert (raw.sources["source"].tolist(), len(raw.codings)) == (["call.docx"], 0)


def test_what_python_docx_writes_is_read(tmp_path):
    document = docx.Document()
    said = document.add_paragraph("KE: Funding is late. ").add_run("We wait.")
    document.add_comment(said, text="Delay", author="Ana", initials="A")
    document.save(tmp_path / "call.docx")
    assert marked(read_codings(tmp_path / "call.docx")) == [("We wait.", "Delay", "Ana")]
