"""`glc init` drafts a study from a form or from what arrived."""

import openpyxl
import pytest
from click.testing import CliRunner

from glc_analysis.cli import cli
from glc_analysis.reference import read_reference
from glc_analysis.study import Study


def glc(*words):
    return CliRunner().invoke(cli, [str(word) for word in words])


@pytest.fixture
def workbook(tmp_path):
    """A workbook whose first sheet is about the survey; the second has its answers."""
    book = openpyxl.Workbook()
    book.active.title = "about"
    book.active.append(["Survey"])
    now = book.create_sheet("now")
    for row in (["org", "Q1"], ["a", "5"]):
        now.append(row)
    book.save(tmp_path / "both.xlsx")
    return tmp_path / "both.xlsx"


def test_init_drafts_questions_and_options_from_a_form(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "survey"
    for row in (["type", "name", "label", "relevant"], ["select_one yn", "shelter", "A shelter?", ""],
                ["integer", "beds", "How many beds?", "${shelter} = 'yes'"],
                ["text", "why", "Why?", "string-length(${name}) > 3"]):
        book.active.append(row)
    choices = book.create_sheet("choices")
    for row in (["list_name", "name", "label"], ["yn", "yes", "Yes"], ["yn", "no", "No"]):
        choices.append(row)
    book.save(tmp_path / "form.xlsx")
    result = glc("init", tmp_path / "new", "--form", tmp_path / "form.xlsx")
    assert "To decide: form.xlsx, row 4, column relevant" in result.stderr
    reference = read_reference(Study(tmp_path / "new"))
    assert reference.questions["asked_if"].tolist() == ["", "shelter == yes", ""]
    assert reference.options["option_id"].tolist() == ["yes", "no"]


def test_a_form_that_is_none_starts_nothing(tmp_path):
    (tmp_path / "form.xlsx").write_text("type,name")
    result = glc("init", tmp_path / "new", "--form", tmp_path / "form.xlsx")
    assert result.exit_code == 1 and "form.xlsx: cannot be read as a workbook" in result.stderr
    assert not (tmp_path / "new").exists()


def test_a_sheet_named_at_the_start_of_a_study_is_written_into_its_settings(tmp_path, workbook):
    words = ["init", str(tmp_path / "study"), "--from", str(workbook)]
    asked = CliRunner().invoke(cli, words)
    assert asked.exit_code == 1 and "--sheet" in asked.output and not (tmp_path / "study").exists()
    done = CliRunner().invoke(cli, [*words, "--sheet", "now"])
    assert done.exit_code == 0, done.output
    assert 'sheets = {"both.xlsx" = "now"}' in (tmp_path / "study/reference/study.toml").read_text()


def test_a_sheet_named_at_the_start_that_no_workbook_has_is_refused(tmp_path, workbook):
    done = CliRunner().invoke(cli, ["init", str(tmp_path / "s"), "--from", str(workbook), "--sheet", "nwo"])
    assert done.exit_code == 1 and "no workbook has a sheet 'nwo'; nearest: 'now'" in done.output


def test_a_study_may_start_from_a_codebook_of_another_program(tmp_path, shared_data):
    done = glc("init", tmp_path / "ours", "--codebook", shared_data / "qda/qualcoder/synthetic_calls.qdc")
    assert done.exit_code == 0
    text = (tmp_path / "ours/reference/codebook.csv").read_text(encoding="utf-8")
    assert "funding_delay,funding,code,Funding delay,sub-code" in text
    assert "workforce,other_codes,code,Workforce" in text and "barriers,codes,theme,Barriers" in text
    assert "To decide: the levels in codebook.csv" in done.stderr
