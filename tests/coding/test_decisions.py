"""The workbook of disagreements: what two people see, and what comes back from it."""

import pandas as pd
import pytest
from openpyxl import load_workbook

from glc_analysis.coding.consensus import read_decisions, write_decision_workbook
from glc_analysis.errors import Faults

CODEBOOK = pd.DataFrame(
    [("services", "", "theme", "Services", ""), ("legal", "services", "code", "Legal aid", "services"),
     ("wait", "services", "code", "Waiting", "services"), ("wait_2", "", "code", "waiting", ""),
     ("safe", "services", "code", "Rent; deposit", "services"), ("old", "", "code", "Law", "")],
    columns=["code_id", "parent_id", "level", "name", "above"])  # fmt: skip
CODEBOOK = CODEBOOK.assign(
    order=range(1, 7), definition="=what belongs here", merged_into=["", "", "", "", "", "legal"],
    path=["Services", "Services > Legal aid", "Services > Waiting", "waiting", "Services > Rent; deposit",
          "Law"])
TEXTS = {"call.10": "Esperamos años 😀", "call.2": "=HYPERLINK(\"x\")", "ana.1": "យើង រង់ចាំ\x0bصوت"}
SEGMENTS = pd.DataFrame({"segment_id": list(TEXTS), "document_id": ["call", "call", "ana"],
                         "start": [900, 40, 0], "text": list(TEXTS.values())})  # fmt: skip


def disagreements(*rows):
    return pd.DataFrame(rows, columns=["segment_id", "coder_id", "codes"], dtype="str")


ROWS = disagreements(("call.10", "ines", "legal"), ("call.10", "bert", ""), ("call.2", "ines", "wait;legal"),
                     ("call.2", "omar", "safe"), ("call.2", "consensus", "legal"),
                     ("ana.1", "ines", ""), ("ana.1", "bert", "legal"), ("ana.1", "consensus", ""))


@pytest.fixture
def path(tmp_path):
    write_decision_workbook(tmp_path / "decisions.xlsx", ROWS, SEGMENTS, CODEBOOK,
                            reasons={"call.2": "-said so"})
    return tmp_path / "decisions.xlsx"


def filled(path, **cells):
    """Writes into the cells of the sheet, by coordinate."""
    book = load_workbook(path)
    for at, text in cells.items():
        book["Disagreements"][at] = text
    book.save(path)
    return read_decisions(path, CODEBOOK)


def said(path, **cells):
    with pytest.raises(Faults) as raised:
        filled(path, **cells)
    return str(raised.value)


def test_a_row_is_a_segment_in_the_order_of_the_texts(path):
    rows = list(load_workbook(path)["Disagreements"].values)
    assert rows[0] == ("segment_id", "document_id", "text", "coder: bert", "coder: ines", "coder: omar",
                       "consensus", "reason")
    assert [row[0] for row in rows[1:]] == ["ana.1", "call.2", "call.10"]


def test_codes_stand_by_name_and_by_id_where_the_name_would_not_lead_back(path):
    _, ana, second, tenth = load_workbook(path)["Disagreements"].iter_rows(min_col=4, values_only=True)
    assert ana == ("Legal aid", "none", None, "none", None)
    assert second == (None, "wait; Legal aid", "safe", "Legal aid", "-said so")
    assert tenth == ("none", "Legal aid", None, None, None)


def test_every_code_of_the_codebook_can_be_looked_up(path):
    rows = list(load_workbook(path)["Codes"].values)
    assert rows[:2] == [("code", "path", "definition", "code_id"),
                        ("Services", "Services", "=what belongs here", "services")]
    assert len(rows) == 1 + len(CODEBOOK)


def test_no_text_is_a_formula(path):
    for sheet in load_workbook(path):
        cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert {cell.data_type for cell in cells} == {"s"}
        assert all(cell.quotePrefix for cell in cells if cell.value[0] in "=+-@")


def test_it_is_printed_across_with_the_header_on_each_page_and_how_to_fill_it_in(path):
    sheet = load_workbook(path)["Disagreements"]
    assert (sheet.freeze_panes, sheet.print_title_rows) == ("A2", "$1:$1")
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert len(sheet.oddHeader.left.text) < 250 and "none" in sheet.oddHeader.left.text
    assert sheet["G1"].comment.text == sheet.oddHeader.left.text
    assert sheet["C2"].alignment.wrap_text and not sheet.data_validations.dataValidation


def test_the_box_to_fill_in_stands_out_from_the_other_cells(path):
    sheet = load_workbook(path)["Disagreements"]
    assert {sheet[f"G{n}"].border.left.style for n in (2, 3, 4)} == {"medium"}
    assert sheet["G2"].fill.fgColor.rgb != sheet["F2"].fill.fgColor.rgb


def test_the_same_content_gives_the_same_bytes_whatever_its_order(path, tmp_path):
    write_decision_workbook(tmp_path / "b.xlsx", ROWS[::-1], SEGMENTS[::-1], CODEBOOK[::-1],
                            reasons={"call.2": "-said so"})
    assert path.read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_what_was_decided_comes_back_as_it_was(path):
    assert read_decisions(path, CODEBOOK).to_numpy().tolist() == [["ana.1", "", ""],
                                                                 ["call.2", "legal", "-said so"]]


def test_what_is_filled_in_comes_back_and_a_blank_box_does_not(path):
    read = filled(path, G2=None, G4=" services > waiting;SAFE\nLegal aid; legal ;", H4="ambas: “sí”")
    assert read.to_numpy().tolist() == [["call.2", "legal", "-said so"],
                                        ["call.10", "legal;safe;wait", "ambas: “sí”"]]


def test_a_code_that_was_merged_since_is_the_one_it_became(path):
    assert filled(path, G4="Law")["codes"].tolist() == ["", "legal", "legal"]


@pytest.mark.parametrize("word", ["none", "None", " NONE "])
def test_the_word_none_is_a_decision_for_no_code(path, word):
    assert filled(path, G4=word).iloc[-1].tolist() == ["call.10", "", ""]


def test_a_box_with_nothing_but_marks_is_not_decided(path):
    assert "call.10" not in set(filled(path, G4=" ; ")["segment_id"])


def test_columns_may_be_moved_and_added(path):
    book = load_workbook(path)
    sheet = book["Disagreements"]
    sheet.insert_cols(1)
    sheet["A1"], sheet["H1"], sheet["A2"] = "who", "Consensus ", "us"
    book.move_sheet("Codes", -1)
    book.save(path)
    assert read_decisions(path, CODEBOOK)["segment_id"].tolist() == ["ana.1", "call.2"]


def test_all_faults_come_at_once_each_with_its_place(path):
    lines = said(path, A2=None, A4="call.2", G3="legal; none", G4="Legal ade;Costs").splitlines()
    place = "decisions.xlsx, sheet Disagreements, row"
    assert lines == [
        f"{place} 2, column segment_id: is blank in a row with a decision. To fix: write "
        "the segment_id of the row again.",
        f"{place}s 3, 4, column segment_id, value 'call.2': is in several rows. "
        "To fix: keep one of the rows.",
        f"{place} 3, column consensus, value 'legal; none': has both none and a code. To fix: keep "
        "either none or the codes.",
        f"{place} 4, column consensus, value 'Legal ade': is not a code of codebook.csv; nearest: "
        "'Legal aid'. To fix: write a name or code_id from the sheet Codes.",
        f"{place} 4, column consensus, value 'Costs': is not a code of codebook.csv; known: 'Law', "
        "'Legal aid', 'Rent; deposit', 'Services', 'Waiting', 'waiting'. "
        "To fix: write a name or code_id from the sheet Codes."]


def test_a_name_that_several_codes_have_is_refused(path):
    assert "value 'Waiting': is not a code" in said(path, G4="Waiting")


def test_a_missing_column_and_one_that_is_there_twice_are_named(path):
    lines = said(path, A1="id", H1="consensus").splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        f"decisions.xlsx, sheet Disagreements, row 1, column {name}"
        for name in ("segment_id", "consensus", "reason")]


def test_where_nobody_disagrees_there_are_no_rows_and_no_decisions(tmp_path):
    write_decision_workbook(tmp_path / "a.xlsx", disagreements(), SEGMENTS, CODEBOOK)
    assert [cell.value for cell in load_workbook(tmp_path / "a.xlsx")["Disagreements"][1]] == [
        "segment_id", "document_id", "text", "consensus", "reason"]
    read = read_decisions(tmp_path / "a.xlsx", CODEBOOK)
    assert (list(read.columns), len(read)) == (["segment_id", "codes", "reason"], 0)
