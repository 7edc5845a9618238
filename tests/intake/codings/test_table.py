"""Codings in a table, however its columns are laid out."""

import pytest

from glc_analysis.errors import Faults
from glc_analysis.intake.codings import read_codings


def read(tmp_path, content, **given):
    (tmp_path / "codings.csv").write_text(content, encoding="utf-8")
    return read_codings(tmp_path / "codings.csv", **given)


def rows(raw, *columns):
    return raw.codings[list(columns)].to_numpy().tolist()


def said(tmp_path, content):
    with pytest.raises(Faults) as caught:
        read(tmp_path, content)
    assert all(fault.file == "codings.csv" and fault.fix for fault in caught.value.faults)
    return str(caught.value)


def test_a_long_table_has_a_row_a_coding(tmp_path):
    raw = read(
        tmp_path, "document,start,end,code,coder,memo\ncall_ke,4,9,Delay,ana,why?\ncall_ke,4,9,Voice,bert,\n"
    )
    assert rows(raw, "source", "start", "end", "code", "coder", "memo", "match") == [
        ["call_ke", 4, 9, "Delay", "ana", "why?", "by_position"],
        ["call_ke", 4, 9, "Voice", "bert", "", "by_position"]]  # fmt: skip
    assert raw.codes["code"].tolist() == ["Delay", "Voice"]
    assert raw.tool == "csv"


def test_a_quotation_stands_in_for_a_place(tmp_path):
    # As Taguette exports its highlights.
    content = 'id,document,tag,content\n1,call.html,Delay,"We wait, always"\n2,call.html,Delay,None\n'
    raw = read(tmp_path, content, coder="ana")
    assert rows(raw, "start", "end", "quote", "code", "coder") == [
        [-1, -1, "None", "Delay", "ana"], [-1, -1, "We wait, always", "Delay", "ana"]]  # fmt: skip


@pytest.mark.parametrize("header", ["Code 1,Code 2,Code 3", "code_1,code_2,code_3", "Code1,Code2,Code3"])
def test_a_wide_table_has_codes_side_by_side(tmp_path, header):
    raw = read(tmp_path, f"Document,Segment,{header}\nA,We wait,Delay,,Voice\nB,No,,,\n")
    assert rows(raw, "source", "code") == [["A", "Delay"], ["A", "Voice"]]
    assert raw.sources["source"].tolist() == ["A", "B"]  # B was read and left uncoded


@pytest.mark.parametrize(
    ("yes", "no"), [("1", "0"), ("x", ""), ("TRUE", "FALSE"), ("1", "NA"), ("Yes", "no")]
)
def test_a_one_hot_table_has_a_column_a_code(tmp_path, yes, no):
    raw = read(
        tmp_path, f"document;coder;Delay;Voice, own;Unused\nA;ana;{yes};{yes};{no}\nB;ana;{no};{no};{no}\n"
    )
    assert rows(raw, "source", "code", "coder") == [["A", "Delay", "ana"], ["A", "Voice, own", "ana"]]
    assert raw.codes["code"].tolist() == ["Delay", "Voice, own", "Unused"]
    assert raw.sources["source"].tolist() == ["A", "B"]


def test_the_same_row_twice_is_merged_and_said(tmp_path):
    raw = read(tmp_path, "document,start,end,code\nA,1,5,Delay\nA,1,5,Delay\n")
    assert (len(raw.codings), raw.notes[0]) == (
        1,
        "Duplicate codings of a passage that were merged: 1.",
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_any_encoding_of_a_spreadsheet_will_do(tmp_path, encoding):
    (tmp_path / "a.csv").write_bytes("document\tcode\nligação\tDelay\n".encode(encoding))
    assert read_codings(tmp_path / "a.csv").codings["source"].tolist() == ["ligação"]


@pytest.mark.parametrize(("content", "expected"), [
    ("document,start,code\nA,1,Delay\n", "row 1: a column is missing"),
    ("start,end,code\n1,2,Delay\n", "row 1: a column is missing"),
    ("document,coder\nA,ana\n", "row 1: a column is missing"),
    ("document,start,end,code\nA,9,4,Delay\n", "row 2, value '9 to 4': these are not the start and end"),
    ("document,start,end,code\nA,4,,Delay\n", "row 2, value '4 to ': these are not the start and end"),
    ("document,start,end,code\nA,4,4,Delay\n", "the coded passage 4 to 4 of 'A' is empty"),
    ("document,code\n,Delay\n", "row 2: the row names no document"),
    ("document,Delay,Voice\nA,1,maybe\n", "row 2, value 'maybe': this is not a tick of the code 'Voice'"),
])  # fmt: skip
def test_what_cannot_be_read_is_named_with_its_row(tmp_path, content, expected):
    assert expected in said(tmp_path, content)


def test_all_faults_of_a_table_come_at_once(tmp_path):
    assert (
        len(said(tmp_path, "document,start,end,code\nA,9,4,Delay\n,1,2,Delay\nA,x,y,Delay\n").splitlines())
        == 3
    )


@pytest.mark.parametrize(("header", "cell", "codes"), [
    ("codes", '"Shelter; Waiting"', ["Shelter", "Waiting"]),
    ("codes", '"Shelter\nWaiting"', ["Shelter", "Waiting"]),
    ("codes", '"Shelter, own; Waiting"', ["Shelter, own", "Waiting"]),
    ("code", '"Shelter, own"', ["Shelter, own"]), ("codes", "Shelter", ["Shelter"]),
])  # fmt: skip
def test_a_column_of_codes_has_several_and_a_column_of_a_code_has_one(tmp_path, header, cell, codes):
    assert [code for (code,) in rows(read(tmp_path, f"document,{header}\nA,{cell}\n"), "code")] == codes


@pytest.mark.parametrize(("header", "cell"), [
    ("code", '"Shelter; Waiting"'), ("code", '"Shelter\nWaiting"'), ("tag", '"Shelter|Waiting"'),
    ("codes", '"Shelter, Waiting"'), ("codes", '"Shelter | Waiting"'), ("Code 1", '"Shelter; Waiting"'),
])  # fmt: skip
def test_a_cell_that_may_be_one_code_or_several_is_a_fault_until_a_setting_says(tmp_path, header, cell):
    content = f"document,{header}\nA,{cell}\n"
    assert "row 2" in said(tmp_path, content) and "code_separator" in said(tmp_path, content)
    whole = cell.strip('"')
    assert rows(read(tmp_path, content, separator="none"), "code") == [[whole]]
    sign = next(sign for sign in ";\n|," if sign in whole)
    assert rows(read(tmp_path, content, separator=sign), "code") == [["Shelter"], ["Waiting"]]


def test_every_column_of_a_code_counts(tmp_path):
    raw = read(tmp_path, "document,code,code\nA,Shelter,Waiting\nB,,Waiting\n")
    assert rows(raw, "source", "code") == [["A", "Shelter"], ["A", "Waiting"], ["B", "Waiting"]]


@pytest.mark.parametrize(("content", "expected"), [
    ("document,code,tag\nA,Shelter,Waiting\n", "several columns name codes: code, tag"),
    ("document,file,code\nA,B,Shelter\n",
     "row 2, value 'A / B': two columns name the document, and their cells differ"),
    ("document,Delay,Delay\nA,1,0\n", "several columns are named 'Delay'"),
])  # fmt: skip
def test_two_columns_for_the_same_thing_are_a_fault_where_they_differ(tmp_path, content, expected):
    assert expected in said(tmp_path, content)


def test_documents_listed_without_a_code_are_told_from_those_coded_or_ticked_off(tmp_path):
    assert read(tmp_path, "document,code\nA,Delay\nA,\nB,\n").blank == {"B"}
    assert read(tmp_path, "document,Delay,Voice\nA,1,0\nB,0,0\nC,,\n").blank == {"C"}
