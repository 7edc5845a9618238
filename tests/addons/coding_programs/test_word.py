"""A Word document whose comments are codings."""

import docx
import pytest

from glc_analysis import tables
from glc_analysis.errors import Faults
from glc_analysis.intake.codings import read_codings
from tests.addons.coding_programs.support.coding_files import WORD, comment, run, word, zipped
from tests.support.built_studies import built_for_team
from tests.support.coded_studies import coded_study


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


def test_codings_in_a_word_table_count_in_the_transcript(tmp_path):
    study = coded_study(tmp_path, codings={"ana": "../raw/codings/blue.docx"})
    word(study.raw / "codings/blue.docx", TABLE, [("7", "ana", "Safe place"), ("8", "ana", "Delay")])
    codings = tables.read_table("codings", study=built_for_team(study)).query("coder_id == 'ana'")
    assert codings["quote"].tolist() == ["A safe place for tonight.", "We wait for months."]
    assert {*codings["match"]} == {"same_text"}


def rows_of(*rows):
    return "<w:tbl>" + "".join("<w:tr>" + "".join(
        f"<w:tc>{''.join(f'<w:p>{one}</w:p>' for one in cell)}</w:tc>" for cell in row) + "</w:tr>"
        for row in rows) + "</w:tbl>"


TABLE = rows_of(
    ([run("No")], [run("Speaker")], [run("Text")]),
    ([run("1")], [run("Rosa")], [run("Q1. What comes first?")]),
    ([run("2")], [run("Ana Vega")], [comment("7", run("A safe place for tonight.")),
                                    run("Ana Vega calls 😀 សុខ at once.")]),
    ([run("3")], [run("Rosa")], [run("Q2. And the courts?")]),
    ([run("4")], [run("Ana Vega")], [comment("8", run("We wait for months."))]))


def test_a_word_table_of_speaker_and_text_reads_as_lines_of_a_transcript(tmp_path):
    path = tmp_path / "blue.docx"
    word(path, TABLE, [("7", "ana", "Safe place"), ("8", "ana", "Delay")])
    raw = read_codings(path, coder="ana")
    text, = raw.sources["text"]
    assert [line for line in text.split("\n") if line.startswith(("Rosa:", "Ana Vega:"))] == [
        "Rosa: Q1. What comes first?", "Ana Vega: A safe place for tonight.", "Rosa: Q2. And the courts?",
        "Ana Vega: We wait for months."]
    assert "Speaker" not in text and "2" not in text.replace("Q2", "")
    spans = zip(raw.codings["start"], raw.codings["end"], strict=True)
    assert [text[start:end] for start, end in spans] == [
        "A safe place for tonight.", "We wait for months."]


def test_a_table_of_facts_stays_as_it_stands(tmp_path):
    path = tmp_path / "blue.docx"
    facts = rows_of(([run("Place")], [run("Lima")]), ([run("Date")], [run("1 May")]))
    talk = comment("7", run("Ana Vega: We wait for months, and nobody says why."))
    word(path, f"{facts}<w:p>{talk}</w:p>", [("7", "ana", "Delay")])
    assert read_codings(path, coder="ana").sources["text"].tolist()[0].startswith("Place\nLima\n")
