"""The workbook of the matrix: filled in, read back, with all its faults at once and nothing lost."""

import csv
from datetime import date

import pytest
from openpyxl import load_workbook

from glc_analysis.addons.reading.workbook import (
    enter_matrix_workbook,
    has_workbook_unread_summaries,
    write_matrix_workbook,
)
from glc_analysis.errors import Faults
from glc_analysis.view.study_view import StudyView
from tests.addons.reading.support.reading_study import reading_study, summary

DAY = date(2018, 3, 2)
SUMMARY, HOLDS = 11, 12
"""The columns of the boxes."""


@pytest.fixture
def study(tmp_path):
    return reading_study(tmp_path / "study", summaries=[summary("a", "care")])


def fill(study, path, *texts, author="ines", **asked):
    """Writes a workbook and fills in boxes: (case, code, text), or with a column as a fourth."""
    write_matrix_workbook(StudyView(study), path, **{"theme": "care"} | asked)
    book = load_workbook(path)
    sheet = book.active
    sheet.cell(2, 8).value = author
    rows = {(sheet.cell(n, 2).value, sheet.cell(n, 3).value): n for n in range(4, sheet.max_row + 1)}
    for case, code, text, *column in texts:
        sheet.cell(rows[case, code], *(column or [SUMMARY])).value = text
    book.save(path)
    return path


def rows_of(study):
    with study.locate_reference_file("summaries").open(encoding="utf-8") as file:
        return {(row["case_id"], row["code_id"]): row for row in csv.DictReader(file)}


def test_what_is_filled_in_is_read_back_with_its_author_day_and_passages(study, tmp_path):
    path = fill(study, tmp_path / "m.xlsx", ("b", "care", "A house holds back. សុខ"))
    entered = enter_matrix_workbook(study, path, today=DAY)
    row = rows_of(study)["b", "care"]
    assert (len(entered.new), len(entered.changed)) == (1, 0)
    assert (row["text"], row["by"], row["date"]) == ("A house holds back. សុខ", "ines", "2018-03-02")
    assert row["segment_ids"] == "lamp.2" and rows_of(study)["a", "care"]["text"] == "They wait."
    matrix = StudyView(study).matrix(theme="care").set_index(["case_id", "code_id"])["state"]
    assert matrix["b", "care"] == "summarised" and matrix["a", "care"] == "stale"


def test_reading_it_twice_changes_nothing(study, tmp_path):
    path = fill(study, tmp_path / "m.xlsx", ("b", "care", "A house holds back."))
    assert has_workbook_unread_summaries(study, path)
    enter_matrix_workbook(study, path, today=DAY)
    before = study.locate_reference_file("summaries").read_bytes()
    assert not has_workbook_unread_summaries(study, path)
    enter_matrix_workbook(study, path, today=date(2019, 1, 1))
    assert study.locate_reference_file("summaries").read_bytes() == before


def test_a_stale_summary_is_rewritten_or_said_to_hold(study, tmp_path):
    path = fill(study, tmp_path / "m.xlsx", ("a", "care", "yes", HOLDS), author="tomas")
    assert len(enter_matrix_workbook(study, path, today=DAY).changed) == 1
    row = rows_of(study)["a", "care"]
    assert (row["text"], row["by"], row["segment_ids"]) == ("They wait.", "tomas", "blue.2")
    cells = StudyView(study).matrix(theme="care", case="a")
    assert cells["state"].iloc[0] == "summarised"


@pytest.mark.parametrize(("texts", "author", "fault"), [
    ([("b", "care", "Held back.")], None, "column Written by: does not say who wrote"),
    ([("a", "care", None)], "ines", "row 4, column Summary.*is blank, but the cell had a summary"),
    ([("a", "care", "elsewhere", 2)], "ines",
     "row 4, column case_id, value 'elsewhere': is not in the tables of this study"),
    ([("a", "care", "b", 2)], "ines", "value 'organisation b care': occurs twice"),
    ([("a", "care", None, 3)], "ines", "row 4, column A to C: does not say which cell of the matrix it is"),
    ([("a", "care", "=1+1")], "ines", "formula")])
def test_a_fault_names_its_row_and_nothing_is_written(study, tmp_path, texts, author, fault):
    before = study.locate_reference_file("summaries").read_bytes()
    path = fill(study, tmp_path / "m.xlsx", *texts, author=author)
    with pytest.raises(Faults, match=fault):
        enter_matrix_workbook(study, path, today=DAY)
    assert study.locate_reference_file("summaries").read_bytes() == before and path.is_file()


def test_all_faults_of_a_file_are_named_at_once(study, tmp_path):
    path = fill(study, tmp_path / "m.xlsx", ("a", "care", None), ("b", "care", "nothing", 3),
                ("b", "no-shelter", "Held back."), author=None)
    with pytest.raises(Faults) as caught:
        enter_matrix_workbook(study, path, today=DAY)
    assert len(caught.value.faults) == 3


def test_a_summary_that_somebody_else_changed_meanwhile_is_not_overwritten(study, tmp_path):
    mine = fill(study, tmp_path / "mine.xlsx", ("a", "care", "They wait, and say so."))
    theirs = fill(study, tmp_path / "theirs.xlsx", ("a", "care", "They wait for months."), author="tomas")
    enter_matrix_workbook(study, theirs, today=DAY)
    with pytest.raises(Faults, match="was changed meanwhile by tomas.*They wait for months"):
        enter_matrix_workbook(study, mine, today=DAY)
    assert rows_of(study)["a", "care"]["text"] == "They wait for months."


def test_an_untouched_box_beside_a_newer_summary_is_no_fault(study, tmp_path):
    mine = fill(study, tmp_path / "mine.xlsx", ("b", "care", "Held back."))
    enter_matrix_workbook(study, fill(study, tmp_path / "theirs.xlsx", ("a", "care", "New.")), today=DAY)
    enter_matrix_workbook(study, mine, today=DAY)
    assert {row["text"] for row in rows_of(study).values()} == {"New.", "Held back."}


def test_a_workbook_may_be_about_one_case_or_about_groups(study, tmp_path):
    fill(study, tmp_path / "case.xlsx", ("a", "law", "Months."), theme="", case="a")
    enter_matrix_workbook(study, tmp_path / "case.xlsx", today=DAY)
    path = fill(study, tmp_path / "low.xlsx", ("low", "care", "They wait."), by="resource_level")
    enter_matrix_workbook(study, path, today=DAY)
    assert rows_of(study)["a", "law"]["attribute"] == "organisation"
    assert rows_of(study)["low", "care"]["attribute"] == "resource_level"


def test_the_same_cells_give_the_same_bytes(study, tmp_path):
    for name in ("one", "two"):
        write_matrix_workbook(StudyView(study), tmp_path / f"{name}.xlsx", theme="care")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_another_file_is_refused_in_words(study, tmp_path):
    path = tmp_path / "m.xlsx"
    path.write_bytes(b"no workbook")
    with pytest.raises(Faults, match="cannot be read as a workbook"):
        enter_matrix_workbook(study, path, today=DAY)
