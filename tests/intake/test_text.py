"""Delimited text: found encodings, found delimiters, rows that do not fit."""

import codecs
import tracemalloc

import pytest

from glc_analysis.errors import Faults
from glc_analysis.tabular import (
    decode_text_detecting_encoding,
    detect_delimiter,
    parse_delimited,
    read_delimited_file,
    read_reference_rows,
)

ANSWER = "Sí, “según” el caso"


def table(tmp_path, content):
    path = tmp_path / "answers.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_delimited_file(path)


def faults(tmp_path, content):
    with pytest.raises(Faults) as caught:
        table(tmp_path, content)
    return caught.value.faults


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_every_encoding_gives_the_same_text(encoding):
    assert decode_text_detecting_encoding(f"Q1\n{ANSWER}\n".encode(encoding), "a.csv") == f"Q1\n{ANSWER}\n"


def test_big_endian_utf_16_shows_by_its_mark():
    raw = codecs.BOM_UTF16_BE + "Q1\nខ្មែរ\n".encode("utf-16-be")
    assert decode_text_detecting_encoding(raw, "a.csv") == "Q1\nខ្មែរ\n"


def test_utf_16_without_a_mark_is_found_in_scripts_that_have_no_zero_bytes():
    assert decode_text_detecting_encoding("សំណួរ\tអង្គការ\nបាទ\tមិនមែន\n".encode("utf-16-le"),
                                          "a.txt").startswith("សំណួរ")


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_each_delimiter_is_found(mark):
    assert detect_delimiter(f"a{mark}b{mark}c\n1{mark}2{mark}3\n") == mark


def test_commas_in_the_questions_do_not_hide_a_semicolon():
    assert detect_delimiter("Which of food, shelter, other;Notes\nfood, shelter;1,5\nnone;2\n") == ";"


def test_line_breaks_within_a_cell_are_kept_as_lf_and_counted_as_one_row(tmp_path):
    read = table(tmp_path, 'id,Q1\r\n1,"first\r\nsecond"\r\n2,x\r\n')
    assert read.rows[1] == ["1", "first\nsecond"]
    assert read.numbers == [1, 2, 3]


def test_blank_rows_are_no_records_but_are_counted(tmp_path):
    assert table(tmp_path, "id,Q1\n\n1,x\n,\n2,y\n").numbers == [1, 3, 5]


def test_text_is_composed_cell_by_cell(tmp_path):
    # NFC makes a semicolon of the Greek question mark, which must not split the cell.
    assert table(tmp_path, "id;Q1\n1;cafe\u0301 \u037e\n").rows[1] == ["1", "café ;"]


def test_cells_keep_their_blanks(tmp_path):
    assert table(tmp_path, "id,Q1\n1, yes \n").rows[1] == ["1", " yes "]


def test_a_row_longer_than_the_header_is_a_fault_and_all_come_at_once(tmp_path):
    found = faults(tmp_path, "id,Q1\n1,a,b\n2,c\n3,d,e,f\n")
    assert [(fault.file, fault.row) for fault in found] == [("answers.csv", "2"), ("answers.csv", "4")]
    assert all("quotation marks" in fault.fix for fault in found)


def test_delimiters_after_the_last_cell_are_no_fault(tmp_path):
    assert table(tmp_path, "id,Q1\n1,a,,\n").rows[1][:2] == ["1", "a"]


def test_a_row_without_its_trailing_blanks_is_filled_up(tmp_path):
    assert table(tmp_path, "id,Q1,Q2,Q3\n1,a\n2,b,c,d\n").rows[1] == ["1", "a", "", ""]


def test_a_row_broken_in_two_is_a_fault(tmp_path):
    (fault,) = faults(tmp_path, "id,Q1,Q2,Q3\n1,a,first\nsecond,x\n2,b,c,d\n")
    assert fault.row == "2"


def test_a_file_cut_off_in_its_last_row_is_a_fault(tmp_path):
    (fault,) = faults(tmp_path, "id,Q1,Q2\n1,a,b\n2,c")
    assert fault.row == "3"


@pytest.mark.parametrize("rest", ['1,"open\n', '1,"shut"x\n'])
def test_a_stray_quotation_mark_is_a_fault_with_its_row(tmp_path, rest):
    (fault,) = faults(tmp_path, "id,Q1\n0,fine\n" + rest)
    assert fault.row == "3"


@pytest.mark.parametrize("note", ['"Data" engineer', '"open', 'a "word'])
def test_quotation_marks_of_a_tab_delimited_text_that_quotes_nothing_are_kept(note):
    text = f"id\tnote\tmore\n1\t{note}\tx\n2\tfine\ty\n"
    assert parse_delimited(text, "a.tsv")[1:] == [["1", note, "x"], ["2", "fine", "y"]]


def test_an_answer_that_ends_in_a_later_line_does_not_join_two_records():
    text = 'id\tnote\n1\t"open\n2\tshut"\n'
    assert parse_delimited(text, "a.tsv")[1:] == [["1", '"open'], ["2", 'shut"']]


def test_quoted_cells_of_a_tab_delimited_text_are_read_without_their_marks():
    records = parse_delimited('id\tnote\n1\t"a ""b"""\n2\t"c\nd"\n', "a.tsv")
    assert records[1:] == [["1", 'a "b"'], ["2", "c\nd"]]


def test_utf_8_with_a_damaged_character_is_not_taken_for_windows_1252(tmp_path):
    (fault,) = faults(tmp_path, "id,Q1\n1,año\n2,".encode() + b"\xc3" + ",\n3,mañana, según\n".encode())
    assert "damaged" in fault.message
    assert fault.row == "3"


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "cp1253", "cp1256"])
def test_an_encoding_of_another_alphabet_is_refused_rather_than_misread(tmp_path, encoding):
    words = {"cp1253": "ερώτηση,απάντηση\nβοήθεια,ναι\n", "cp1256": "السؤال,الجواب\nالمساعدة,نعم\n"}
    text = words.get(encoding, "вопрос,ответ\nпомощь,да\n")
    (fault,) = faults(tmp_path, text.encode(encoding))
    assert "UTF-8" in fault.fix


def test_a_small_file_that_spans_millions_of_cells_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("a" + ",b" * 20_000 + "\n" + "a\n" * 2000)
    with pytest.raises(Faults, match="spans 2,001 rows and 20,001 columns"):
        read_delimited_file(tmp_path / "a.csv")


@pytest.mark.parametrize("read", [read_delimited_file, lambda path: read_reference_rows(path, ["a"])],
                         ids=["a survey", "a reference table"])
def test_a_huge_file_is_refused_before_it_takes_memory(tmp_path, read):
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(2 * 2**30)  # 2 GiB of zeros, which take no place on the disk
    tracemalloc.start()
    try:
        with pytest.raises(Faults, match="holds 2,147,483,648 bytes; the limit is 200,000,000. To fix: "):
            read(path)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_too_many_cells_are_refused_before_all_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr("glc_analysis.tabular._MOST_CELLS", 100)
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "1,2\n" * 10_000)
    with pytest.raises(Faults, match="a.csv, row 51: spans more than 100 cells"):
        read_delimited_file(path)
    path.write_text("a,b\n1,2\n" + "\n" * 10_000)  # a row without cells takes memory, too
    with pytest.raises(Faults, match="a.csv, row 99: spans more than 100 cells"):
        read_delimited_file(path)


def test_cells_that_say_the_same_are_one_text_in_memory(tmp_path):
    rows = table(tmp_path, "id;Q1\n1;Strongly agree\n2;Strongly agree\n").rows
    assert rows[1][1] is rows[2][1]


def test_rows_divided_by_another_mark_than_the_header_are_refused_with_their_rows(tmp_path):
    path = tmp_path / "two.csv"
    path.write_text("org,country,help\na,Peru,food\nb;Kenya;food, law\nc;Nepal;\n", encoding="utf-8")
    with pytest.raises(Faults, match="rows 3, 4: has cells divided by semicolons"):
        read_delimited_file(path)


def test_a_cell_that_holds_another_mark_in_a_short_row_is_an_answer(tmp_path):
    path = tmp_path / "one.csv"
    path.write_text("org,help,note\na; b,food; law,\nc;d\ne,food;law;money\n", encoding="utf-8")
    assert read_delimited_file(path).rows[2] == ["c;d", "", ""]
