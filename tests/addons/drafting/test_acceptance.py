"""Accepting a draft where a reference table is not as it was made: a fault, and nothing is written."""

from datetime import date

import pytest
from click.testing import CliRunner

from glc_analysis.addons.drafting.acceptance import accept_chosen_draft_rows
from glc_analysis.addons.drafting.store import read_draft
from glc_analysis.cli import cli
from glc_analysis.errors import Faults
from glc_analysis.study import Study
from tests.addons.drafting.support.exports import csv_file


@pytest.mark.parametrize(("table", "header", "fault"), [
    ("questions", None, "questions.csv: is missing"),
    ("options", None, "options.csv: is missing"),
    ("questions", "question_id,columns", "questions.csv, row 1, column asked_if: this column is missing")])
def test_a_table_that_is_not_there_or_lacks_a_column_is_a_fault(tmp_path, table, header, fault):
    answers = csv_file(tmp_path, {"Agree?": ["Yes"] * 30 + ["No"] * 20})
    assert CliRunner().invoke(cli, ["init", str(tmp_path / "study"), "--from", str(answers)]).exit_code == 0
    study = Study(tmp_path / "study")
    path = study.locate_reference_file(table)
    path.unlink()
    if header:
        path.write_text(f"{header}\n", encoding="utf-8")
    with pytest.raises(Faults, match=fault):
        accept_chosen_draft_rows(study, read_draft(study), "ana", today=date(2017, 1, 9))
    assert not (study.root / "private/draft/accepted.csv").exists()
