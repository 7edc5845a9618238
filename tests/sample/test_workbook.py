"""Workbooks carry no clock, so the same content is the same file."""

import zipfile
from datetime import datetime

from openpyxl import Workbook, load_workbook

from glc_analysis.spreadsheets import save_workbook_reproducibly


def workbook(created: datetime) -> Workbook:
    made = Workbook()
    made.properties.created = created
    made.active.append(["ភាសា", 7])
    return made


def test_the_time_of_writing_leaves_no_trace(tmp_path):
    for name, year in (("a", 2016), ("b", 2024)):
        save_workbook_reproducibly(workbook(datetime(year, 5, 1)), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with zipfile.ZipFile(tmp_path / "a") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist()[0] == "[Content_Types].xml"


def test_what_was_written_reads_back(tmp_path):
    save_workbook_reproducibly(workbook(datetime(2016, 5, 1)), tmp_path / "a.xlsx")
    assert list(load_workbook(tmp_path / "a.xlsx").active.values) == [("ភាសា", 7)]
