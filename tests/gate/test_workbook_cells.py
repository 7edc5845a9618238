"""The cells of a workbook are those that openpyxl reads."""

import datetime as dt
import io
import zipfile

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.datetime import MAC_EPOCH

from glc_analysis.gate.file_text import extract_text
from glc_analysis.gate.workbook_cells import read_workbook_cells

ROWS = [["Ana López", 12, 3.25, None, dt.datetime(2017, 5, 1, 9, 30)],
        ["ស្រី", -1, "=A1", " with blanks ", dt.date(1999, 12, 31)],
        ["a <b> & c", 85512345678, "two\nlines", True, dt.time(9, 30)]]


def saved(*, is_write_only, epoch=None):
    """A workbook of two sheets as a package. Its texts lie in the cells where it was only written, otherwise
    in a list that all sheets share."""
    book, file = Workbook(write_only=is_write_only), io.BytesIO()
    if epoch:
        book.epoch = epoch
    for title in ("First", "Zweites Blatt"):
        sheet = book.create_sheet(title)
        for row in ROWS:
            sheet.append(row)
    book.save(file)
    return file


def as_openpyxl_reads(file):
    return [(f"{sheet.title}!{cell.coordinate}", str(cell.value)) for sheet in load_workbook(file).worksheets
            for row in sheet.iter_rows() for cell in row if cell.value is not None]


@pytest.mark.parametrize("is_write_only", [True, False])
def test_places_and_texts_are_those_of_openpyxl(is_write_only):
    file = saved(is_write_only=is_write_only)
    formulas, truths = {"First!C2", "Zweites Blatt!C2"}, {"True": "1"}
    assert [*read_workbook_cells(zipfile.ZipFile(file))] == [
        (place, truths.get(text, text)) for place, text in as_openpyxl_reads(file) if place not in formulas]


def test_dates_count_from_1904_in_workbooks_of_old_macs():
    file = saved(is_write_only=True, epoch=MAC_EPOCH)
    assert dict(read_workbook_cells(zipfile.ZipFile(file)))["First!E2"] == "1999-12-31 00:00:00"


@pytest.mark.parametrize(("written", "read"), [
    ('<c r="Z9" s="1" t="n"><v>1e300</v></c>', "1e300"), ('<c r="Z9" t="s"/>', None)],
    ids=["a date beyond all calendars", "a shared text that is blank"])
def test_odd_cells_do_not_end_the_reading(written, read):
    file = io.BytesIO()
    with zipfile.ZipFile(saved(is_write_only=False)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).decode().replace("</row>", f"{written}</row>", 1))
    cells = dict(read_workbook_cells(zipfile.ZipFile(file)))
    assert cells["First!A1"] == "Ana López" and cells.get("First!Z9") == read


@pytest.mark.parametrize("hidden", [
    '<c r="Z9"><v>7</v><ext>Rosa Alma</ext></c>', '<c r="Z9" note="Rosa Alma"><v>7</v></c>',
    '<c r="Z9"><v>7</v></c>Rosa Alma', '<c r="Z9"><v>7</v>Rosa Alma</c>',
    '<c r="Z9"><v note="Rosa Alma">7</v></c>',
    '<c r="Z9"><f>"Rosa Alma"</f><v>7</v></c>', '<c r="Z9"><!-- Rosa Alma --></c>',
    '<c r="Z9" t="inlineStr"><is note="Rosa Alma"><t>7</t></is></c>',
    '<c r="Z9" t="inlineStr"><is><t>7</t>Rosa Alma</is></c>', '<c r="Z9" t="inlineStr"><v>Rosa Alma</v></c>'])
def test_words_beside_the_text_of_a_cell_are_read(hidden):
    file = io.BytesIO()
    with zipfile.ZipFile(saved(is_write_only=True)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).decode().replace("</row>", f"{hidden}</row>", 1))
    assert any("Rosa Alma" in text for _, text in extract_text("a.xlsx", file.getvalue()))


def test_cells_of_a_sheet_that_the_workbook_does_not_list_are_read():
    file = io.BytesIO()
    with zipfile.ZipFile(saved(is_write_only=True)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr("xl/worksheets/sheet9.xml", old.read("xl/worksheets/sheet1.xml").decode().replace(
            "a &lt;b&gt; &amp; c", "Rosa Alma"))
    assert any(text == "Rosa Alma" for _, text in extract_text("a.xlsx", file.getvalue()))


def test_words_in_runs_that_look_different_are_one_text():
    file = io.BytesIO()
    with zipfile.ZipFile(saved(is_write_only=False)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode()
            new.writestr(name, text.replace("<t>Ana López</t>", "<r><t>Ana L</t></r><r><t>ópez</t></r>"))
    assert dict(read_workbook_cells(zipfile.ZipFile(file)))["First!A1"] == "Ana López"
