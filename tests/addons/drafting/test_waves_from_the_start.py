"""A study that begins with files of several waves: its waves and its crosswalk are drafted with the rest."""

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from glc_analysis.addons.drafting.crosswalk_workbook import CROSSWALK_DRAFT
from glc_analysis.cli import cli
from glc_analysis.reference import read_reference_table
from glc_analysis.study import Study
from tests.addons.drafting.support.exports import csv_file

SAME = {"Is there a law?": ["Yes", "No", "No"] * 15}
FIRST = SAME | {"Who pays?": ["State", "Donors", "Donors"] * 15, "Are you paid?": ["Yes", "No", "No"] * 15}
SECOND = SAME | {"Who pays?": ["State", "Donors", "Church"] * 15, "Do you rest?": ["Yes", "No", "No"] * 15}


def glc(*arguments):
    done = CliRunner().invoke(cli, [*map(str, arguments)])
    assert done.exit_code in (0, 1), done.output
    return done.output


def init(folder, *files):
    return glc("init", folder / "study", "--workbook", "--from", *files), Study(folder / "study")


@pytest.fixture
def begun(tmp_path):
    files = (FIRST, "may_2018.csv"), (SECOND, "may_2019.csv")
    return init(tmp_path, *(csv_file(tmp_path, columns, name) for columns, name in files))


def sheet(study, path, name):
    header, *rows = load_workbook(study.root / path)[name].values
    return [{column: cell or "" for column, cell in zip(header, row, strict=True)} for row in rows]


def fill(study, path, name, column, decide):
    book = load_workbook(study.root / path)
    header = [cell.value for cell in book[name][1]]
    for row in book[name].iter_rows(min_row=2):
        cells = {key: cell.value or "" for key, cell in zip(header, row, strict=True)}
        row[header.index(column)].value = decide(cells)
    book.save(study.root / path)


def test_the_wave_of_each_file_is_drafted_from_the_year_in_its_name_and_waits(begun):
    _, study = begun
    rows = sheet(study, "private/draft/draft.xlsx", "waves")
    assert [(row["file"], row["wave_id"], row["how_sure"]) for row in rows] == [
        ("may_2018.csv", "w2018", "unsure"), ("may_2019.csv", "w2019", "unsure")]
    assert read_reference_table(study, "waves").empty


def test_the_crosswalk_is_drafted_and_compares_nothing(begun):
    said, study = begun
    rows = {row["question_id"]: row for row in sheet(study, CROSSWALK_DRAFT, "crosswalk")}
    assert "private/draft/crosswalk.xlsx: 1 question in doubt, 1 with the same heading" in said
    assert {(row["wording_before"], row["change"], row["is_comparable"]) for row in rows.values()} == {
        ("Who pays?", "", ""), ("Is there a law?", "none", ""), ("Are you paid?", "dropped", "no"),
        ("", "none", "")}
    assert next(row["why"] for row in rows.values() if row["wording_before"] == "Who pays?") == (
        "nobody chose 'Church' before")


def test_accepting_the_draft_writes_the_waves_and_renews_the_crosswalk(begun):
    _, study = begun
    fill(study, CROSSWALK_DRAFT, "crosswalk", "is_comparable",
         lambda row: "no" if row["wording_before"] == "Who pays?" else row["is_comparable"])
    fill(study, "private/draft/draft.xlsx", "questions", "use",
         lambda row: "no" if row["wording"] == "Is there a law?" else "yes")
    glc("--study", study.root, "check", "--accept-draft", "Ana")
    assert read_reference_table(study, "waves")["wave_id"].tolist() == ["w2018", "w2019"]
    assert read_reference_table(study, "wave_files")[["file", "wave_id"]].values.tolist() == [
        ["may_2018.csv", "w2018"], ["may_2019.csv", "w2019"]]
    rows = sheet(study, CROSSWALK_DRAFT, "crosswalk")
    assert {(row["wording_before"], row["is_comparable"]) for row in rows} == {
        ("Who pays?", "no"), ("Are you paid?", "no")}
    fill(study, CROSSWALK_DRAFT, "crosswalk", "because", lambda row: row["because"] or "read")
    fill(study, CROSSWALK_DRAFT, "crosswalk", "change", lambda row: row["change"] or "options")
    assert "2 decisions added" in glc("--study", study.root, "wave", "--accept", "Ana")


def test_files_whose_names_tell_no_year_are_one_wave(tmp_path):
    _, study = init(tmp_path, csv_file(tmp_path, FIRST, "en.csv"), csv_file(tmp_path, SECOND, "es.csv"))
    assert "waves" not in load_workbook(study.root / "private/draft/draft.xlsx").sheetnames
    assert not (study.root / CROSSWALK_DRAFT).exists()


def test_files_that_a_person_calls_one_wave_make_none(begun):
    _, study = begun
    fill(study, "private/draft/draft.xlsx", "waves", "wave_id", lambda row: "")
    fill(study, "private/draft/draft.xlsx", "questions", "use", lambda row: "yes")
    glc("--study", study.root, "check", "--accept-draft", "Ana")
    assert read_reference_table(study, "waves").empty and read_reference_table(study, "wave_files").empty
    assert not (study.root / CROSSWALK_DRAFT).exists()


def test_the_waves_of_a_folder_are_those_of_its_files_and_its_licence_is_no_file_of_the_survey(tmp_path):
    folder = tmp_path / "arrived"
    folder.mkdir()
    (folder / "LICENSE").write_text("CC BY 4.0", encoding="utf-8")
    csv_file(folder, FIRST, "2018.csv"), csv_file(folder, SECOND, "2019.csv")
    said, study = init(tmp_path, folder)
    assert CROSSWALK_DRAFT in said and {path.name for path in study.list_raw_files("survey")} == {
        "2018.csv", "2019.csv"}


def test_a_question_of_three_waves_has_a_row_for_each(tmp_path):
    files = [csv_file(tmp_path, columns, f"{year}.csv")
             for year, columns in ((2017, FIRST), (2018, SECOND), (2019, SAME))]
    _, study = init(tmp_path, *files)
    fill(study, "private/draft/draft.xlsx", "questions", "use", lambda row: "yes")
    glc("--study", study.root, "check", "--accept-draft", "Ana")
    fill(study, CROSSWALK_DRAFT, "crosswalk", "is_comparable",
         lambda row: "yes" if row["question_id"] == "*" else row["is_comparable"])
    glc("--study", study.root, "wave", "--accept", "Ana")
    rows = read_reference_table(study, "crosswalk").query("is_comparable == 'yes'")
    assert rows.groupby("question_id")["wave_id"].agg(sorted).tolist() == [["w2017", "w2018", "w2019"]]


def test_a_question_that_waits_when_a_wave_comes_is_dropped_from_it_once_it_is_accepted(tmp_path):
    _, study = init(tmp_path, csv_file(tmp_path, FIRST, "first.csv"))
    fill(study, "private/draft/draft.xlsx", "questions", "use",
         lambda row: "" if row["wording"] == "Are you paid?" else "yes")
    glc("--study", study.root, "check", "--accept-draft", "Ana")
    second = csv_file(study.root / "raw/survey", SECOND, "second.csv")
    assert "1 without a similar column" in glc("--study", study.root, "wave", second, "--id", "w2")
    glc("--study", study.root, "wave", "--accept", "Ana")
    assert read_reference_table(study, "crosswalk").empty
    fill(study, "private/draft/draft.xlsx", "questions", "use", lambda row: "yes")
    glc("--study", study.root, "check", "--accept-draft", "Ana")
    assert "1 decision added" in glc("--study", study.root, "wave", "--accept", "Ana")
