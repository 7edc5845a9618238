"""Which sheet of a workbook holds the answers is said by a person, never assumed."""

import pytest
from click.testing import CliRunner

from glc_analysis.cli import cli
from glc_analysis.errors import Faults
from glc_analysis.intake.survey import read_survey, read_surveys_in_file
from tests.support.dialects import sheets_of, survey_settings
from tests.support.study_writer import question, write_study

WAVE_1 = [["org", "Q1"], ["a", "1"], ["b", "2"]]
WAVE_2 = [["org", "Q1"], ["a", "5"]]


def test_the_sheets_of_a_workbook_are_named_and_asked_about(tmp_path):
    path = sheets_of(tmp_path / "both.xlsx", hidden=["old"], old=WAVE_1, now=WAVE_2)
    with pytest.raises(Faults) as found:
        read_survey(path, survey_settings())
    assert str(found.value).startswith(
        "both.xlsx: has 2 sheets with cells, 'old' (3 rows, hidden) and 'now' (2 rows), and nobody has "
        "decided which of them hold answers. To fix: ")
    assert 'sheets = {"both.xlsx" = "now"}' in str(found.value)


def test_the_sheet_that_was_decided_is_read(tmp_path):
    path = sheets_of(tmp_path / "both.xlsx", about=[["Survey of 2018"]], now=WAVE_2)
    survey = read_survey(path, survey_settings(sheets={"both.xlsx": "now"}))
    assert survey.frame.to_dict("list") == {"org": ["a"], "Q1": ["5"]} and survey.path == path


def test_several_sheets_with_answers_are_read_like_files_of_their_own(tmp_path):
    path = sheets_of(tmp_path / "both.xlsx", about=[["Waves"]], w1=WAVE_1, w2=WAVE_2)
    surveys = read_surveys_in_file(path, survey_settings(sheets={"both.xlsx": "w1 | w2"}))
    assert [survey.path.name for survey in surveys] == ["both, sheet w1.xlsx", "both, sheet w2.xlsx"]
    assert [survey.frame["Q1"].tolist() for survey in surveys] == [["1", "2"], ["5"]]


def test_a_sheet_that_the_workbook_lacks_is_a_fault(tmp_path):
    path = sheets_of(tmp_path / "both.xlsx", w1=WAVE_1, w2=WAVE_2)
    with pytest.raises(Faults, match="value 'w3': the workbook has no such sheet; nearest: 'w"):
        read_survey(path, survey_settings(sheets={"both.xlsx": "w3"}))


def test_both_waves_of_one_workbook_are_counted(tmp_path):
    study = write_study(tmp_path, [{"org": "c", "Q1": "7"}], questions=[question("Q1", "number")],
                        settings={"survey": {"sheets": {"both.xlsx": "w1 | w2"}, "country": ""}})
    (tmp_path / "raw/survey/survey.csv").unlink()
    sheets_of(tmp_path / "raw/survey/both.xlsx", w1=WAVE_1, w2=[["org", "Q1"], ["d", "5"]])
    done = CliRunner().invoke(cli, ["--study", str(study.root), "check"])
    assert "No faults: 3 organisations, 3 records" in done.output
