"""The commands by which organisations check and clear what they said, as somebody types them."""

import shutil

import pytest
from openpyxl import load_workbook

from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from tests.support.commands import glc, printed


@pytest.fixture
def study(sample_study, tmp_path):
    shutil.copytree(sample_study.root, tmp_path / "sample")
    return Study(tmp_path / "sample")


def test_quotes_lists_what_is_left_out_and_why(study):
    rows = {(row["quote_id"], row["rule"]) for row in printed(glc(study, "quotes"))}
    assert rows == {("q08", "not_cleared"), ("q10", "no_second_reader"), ("q11", "case_detail")}


@pytest.mark.acceptance
def test_a_cleared_quotation_comes_back_as_a_difference_before_anything_is_written(study):
    said = glc(study, "quotes", "--to-clear").stderr
    path = study.reports / "team/quotes_to_clear.xlsx"
    assert said.startswith(f"1 quotation to be cleared: {path}. ")
    book = load_workbook(path)
    sheet = book.worksheets[0]
    heads = {cell.value: cell.column for cell in sheet[2]}
    assert sheet.cell(3, heads["Quotation no."]).value == "q08"
    for head, text in (("Decision", "approve"), ("Name", "R. Lind"), ("Date", "2017-01-05")):
        sheet.cell(3, heads[head]).value = text
    book.save(path)
    before = study.locate_reference_file("quotes").read_bytes()
    changed = {(row["key"], row["column"]): row["after"] for row in printed(
        glc(study, "quotes", "--returned", str(path)))}
    assert changed["q08", "status"] == "cleared"
    assert study.locate_reference_file("quotes").read_bytes() == before
    glc(study, "quotes", "--returned", str(path), "--accept")
    quotes = read_reference(study).quotes.set_index("quote_id")
    assert quotes.loc["q08", ["status", "cleared_by_organisation", "cleared_on"]].tolist() == [
        "cleared", "R. Lind", "2017-01-05"]
    assert "q08" not in {row["quote_id"] for row in printed(glc(study, "quotes"))}


def test_returns_are_written_for_one_or_all(study):
    glc(study, "returns", "--for", "blue-door")
    folder = study.reports / "team/returns"
    assert {path.name for path in folder.iterdir()} == {"blue-door.xlsx", "blue-door.html"}
    assert folder.parent.stat().st_mode & 0o077 == 0 or folder.stat().st_mode & 0o077 == 0
    assert "nearest: 'blue-door'" in glc(study, "returns", "--for", "blu-door", code=2).stderr
