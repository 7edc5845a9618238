"""Workbook cells as text."""

import datetime as dt
import zipfile

import openpyxl
import pytest

from glc_analysis.errors import Faults
from glc_analysis.tabular import read_workbook_sheets


def written(tmp_path, *rows, title="Sheet", change=None):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    if change:
        change(sheet)
    path = tmp_path / "book.xlsx"
    book.save(path)
    return path


def test_a_blank_second_sheet_is_no_table_and_merged_cells_have_their_text_once(tmp_path):
    path = written(tmp_path, ["org", "help"], ["a", "food"], ["b", ""], change=lambda sheet: (
        sheet.merge_cells("A2:A3"), sheet.parent.create_sheet("Notes")))
    assert [sheet.rows for sheet in read_workbook_sheets(path)] == [[["org", "help"], ["a", "food"]]]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (3.0, "3"),
        (0.1, "0.1"),
        (10**20, "100000000000000000000"),
        (True, "TRUE"),
        (False, "FALSE"),
        ("007", "007"),
        ("None", "None"),
        (" kept ", " kept "),
        ("one\ntwo", "one\ntwo"),
        (dt.date(2017, 5, 2), "2017-05-02"),
        (dt.datetime(2017, 5, 2, 9, 30), "2017-05-02T09:30:00"),
        (dt.datetime(2017, 5, 2), "2017-05-02T00:00:00"),
        (dt.time(9, 30), "09:30:00"),
    ],
)
def test_a_cell_becomes_the_text_that_was_stored(tmp_path, value, text):
    (sheet,) = read_workbook_sheets(written(tmp_path, ["Q1"], [value]))
    assert sheet.rows == [["Q1"], [text]]


def test_row_numbers_are_the_workbook_s(tmp_path):
    (sheet,) = read_workbook_sheets(written(tmp_path, [], ["Q1", "Q2"], [], ["a"], [None, "b"]))
    assert sheet.rows == [["Q1", "Q2"], ["a", ""], ["", "b"]]
    assert sheet.numbers == [2, 4, 5]


def test_a_formula_without_a_stored_result_is_a_fault_that_names_the_cell(tmp_path):
    path = written(tmp_path, ["Q1", "Q2"], [1, "=A2+1"], [2, "=A3+1"], title="Answers")
    with pytest.raises(Faults) as caught:
        read_workbook_sheets(path)
    places = [(fault.file, fault.row, fault.column, fault.value) for fault in caught.value.faults]
    assert places == [
        ("book.xlsx, sheet Answers", "2", "B", "=A2+1"),
        ("book.xlsx, sheet Answers", "3", "B", "=A3+1"),
    ]


def test_a_formatted_blank_cell_is_no_formula(tmp_path):
    def bold(sheet):
        sheet["B2"].font = openpyxl.styles.Font(bold=True)

    (sheet,) = read_workbook_sheets(written(tmp_path, ["Q1", "Q2"], ["a"], change=bold))
    assert sheet.rows[1] == ["a", ""]


def test_a_stored_result_stands_for_its_formula(tmp_path, with_results):
    path = with_results(written(tmp_path, ["Q1", "Q2"], [1, "=A2+1"], [2, '=""']))
    assert read_workbook_sheets(path)[0].rows == [["Q1", "Q2"], ["1", "2"], ["2", ""]]


@pytest.fixture
def with_results():
    """Stores results beside the formulas, as a spreadsheet program does."""
    import zipfile

    def store(path):
        with zipfile.ZipFile(path) as book:
            parts = {name: book.read(name) for name in book.namelist()}
        sheet = parts["xl/worksheets/sheet1.xml"]
        sheet = sheet.replace(b"<f>A2+1</f><v></v>", b"<f>A2+1</f><v>2</v>")
        sheet = sheet.replace(b"<f>A2+1</f><v />", b"<f>A2+1</f><v>2</v>")
        sheet = sheet.replace(b'<c r="B3">', b'<c r="B3" t="str">')
        parts["xl/worksheets/sheet1.xml"] = sheet
        with zipfile.ZipFile(path, "w") as book:
            for name, content in parts.items():
                book.writestr(name, content)
        return path

    return store


def rewritten(path, *, rows=b"", packed=zipfile.ZIP_DEFLATED, more=0):
    """A small workbook with rows put into its sheet, packed in some way, with a member of some length."""
    book = openpyxl.Workbook()
    book.active.append(["document", "code"])
    book.save(path.with_name("whole.xlsx"))
    with zipfile.ZipFile(path.with_name("whole.xlsx")) as whole, zipfile.ZipFile(path, "w", packed) as made:
        for name in whole.namelist():
            made.writestr(name, whole.read(name).replace(b"</sheetData>", rows + b"</sheetData>"))
        with made.open("other", "w") as member:
            for _ in range(more):
                member.write(bytes(2**20))


@pytest.mark.parametrize("rows", [
    b'<row r="9999999999"><c r="A9999999999"><v>1</v></c></row>',
    b"<row/>" * 1000,
    b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (n, n) for n in range(2, 20)),
], ids=["a row without end", "very many blank rows", "a cell at the far end of each row"])
def test_a_small_file_whose_sheet_spans_very_many_cells_is_refused(tmp_path, monkeypatch, rows):
    monkeypatch.setattr("glc_analysis.tabular._MOST_ROWS", 1000)
    monkeypatch.setattr("glc_analysis.tabular._MOST_CELLS", 200_000)
    rewritten(tmp_path / "a.xlsx", rows=rows)
    with pytest.raises(Faults, match="a.xlsx, sheet Sheet: spans more than 1,000 rows or 200,000 cells"):
        read_workbook_sheets(tmp_path / "a.xlsx")


def test_a_workbook_that_unpacks_to_far_too_much_is_refused_unread(tmp_path):
    rewritten(tmp_path / "a.xlsx", more=200)
    with pytest.raises(Faults, match="the limit is 200,000,000"):
        read_workbook_sheets(tmp_path / "a.xlsx")


def test_a_workbook_packed_as_no_spreadsheet_program_does_is_refused(tmp_path):
    rewritten(tmp_path / "a.xlsx", packed=zipfile.ZIP_LZMA)
    with pytest.raises(Faults, match="cannot be read as a workbook"):
        read_workbook_sheets(tmp_path / "a.xlsx")
