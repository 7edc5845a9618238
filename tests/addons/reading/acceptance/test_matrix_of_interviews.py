"""The way of docs/reading.md on seven real interviews: themes, a matrix, summaries read back from Excel.

The interviews and their coding are real (pdpilot_interviews). What is done follows the documents: a study
from what arrived, a workbook for each theme, its boxes filled in with openpyxl as in Excel, reading it back.
"""

import csv
import io

import docx
import pandas as pd
import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from glc_analysis.cli import cli
from glc_analysis.study import Study
from glc_analysis.view.study_view import StudyView

pytestmark = pytest.mark.acceptance
THEMES = 5
"""The least number of themes of the matrix."""


def glc(*words, fails=False):
    done = CliRunner().invoke(cli, [*map(str, words)])
    assert (done.exit_code != 0) == fails, done.output
    return done.output


def arrive(source, folder):
    """The seven interviews as Word files, and the coder's table with the names of the files."""
    folder.mkdir()
    for path in sorted(source.glob("P*.txt")):
        book = docx.Document()
        for line in path.read_text(encoding="utf-8").splitlines():
            book.add_paragraph(line)
        book.save(folder / path.with_suffix(".docx").name)
    with (source / "coded_segments.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    with (folder / "ana.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0]])
        writer.writeheader()
        writer.writerows(rows)


def workbook(study, theme):
    """The path that the command prints, among the progress of a build."""
    said = glc("--study", study.root, "matrix", "--theme", theme)
    return next(line for line in said.splitlines() if line.endswith(".xlsx"))


@pytest.fixture(scope="module")
def study(tmp_path_factory, shared_data):
    folder = tmp_path_factory.mktemp("interviews")
    arrive(shared_data / "pdpilot_interviews", folder / "arrived")
    glc("init", folder / "ours", "--from", folder / "arrived")
    speakers = folder / "ours/private/reference/speakers.csv"
    drafted = speakers.read_text(encoding="utf-8")  # a name was misspelt once: who it is, a person says
    assert "p5,Particpant,s1,,\n" in drafted
    speakers.write_text(drafted.replace("p5,Particpant,s1,,\n", "p5,Particpant,p5,,participant\n"),
                        encoding="utf-8")
    glc("--study", folder / "ours", "check")
    glc("--study", folder / "ours", "build")
    return Study(folder / "ours")


def test_a_matrix_of_seven_interviews_is_summarised_in_excel_and_read_back(study):
    view = StudyView(study)
    matrix = view.matrix()
    themes = [*matrix.loc[matrix["passages"] > 0].groupby("code_id")["passages"].sum().nlargest(THEMES).index]
    assert len(themes) == THEMES and matrix["case_id"].nunique() == 7
    written = {}
    for theme in themes:
        path = workbook(study, theme)
        book = load_workbook(path)
        sheet = book["summaries"]
        sheet["H2"] = "ana"
        for n in range(4, sheet.max_row + 1):
            if sheet.cell(n, 3).value == theme and sheet.cell(n, 10).value:
                text = f"In short, on {theme}: {len(sheet.cell(n, 10).value)} letters were said. 🙂"
                sheet.cell(n, 11).value = written[sheet.cell(n, 2).value, theme] = text
        book.save(path)
        assert " 0 changed" in glc("--study", study.root, "matrix", "--enter", path)
    glc("--study", study.root, "build")
    rows = StudyView(study).matrix().query("code_id in @themes")
    assert dict(zip(zip(rows["case_id"], rows["code_id"], strict=True), rows["summary"], strict=True)) == {
        cell: written.get(cell, "") for cell in zip(rows["case_id"], rows["code_id"], strict=True)}
    # Eight segments differ from the texts and wait: a cell with nothing else is undecided.
    assert {*rows.loc[rows["summary"] != "", "state"]} == {"summarised"} and len(written) >= 20
    assert {*rows.loc[rows["summary"] == "", "state"]} <= {"not asked", "undecided"}
    print(f"\n7 interviews, {THEMES} themes, {len(written)} summaries read back")


def test_a_spoilt_workbook_names_its_rows_and_loses_nothing(study):
    theme = StudyView(study).matrix().query("summary != ''")["code_id"].iloc[0]
    before = study.locate_reference_file("summaries").read_bytes()
    path = workbook(study, theme)
    book = load_workbook(path)
    book["summaries"]["K4"], book["summaries"]["C5"] = None, "no-such-code"
    book.save(path)
    said = glc("--study", study.root, "matrix", "--enter", path, fails=True)
    assert "row 4" in said and "row 5" in said and "Traceback" not in said
    assert study.locate_reference_file("summaries").read_bytes() == before
    assert "has summaries that were not read back" in glc(
        "--study", study.root, "matrix", "--theme", theme, fails=True)


def test_its_pages_are_made(study):
    glc("--study", study.root, "run")
    site = study.reports / "team/current/site"
    assert len([*site.glob("matrix-*.html")]) >= THEMES and len([*site.glob("case-*.html")]) == 7
    rows = pd.read_csv(io.StringIO(glc("--study", study.root, "summary", "--codes", "--by", "organisation",
                                       "--format", "csv")))
    assert rows["group"].nunique() == 7
