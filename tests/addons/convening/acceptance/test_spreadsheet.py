"""Rating forms come back whole from a real spreadsheet program, whatever it saves on the way."""

import shutil
import subprocess

import pytest
from openpyxl import load_workbook

from glc_analysis.addons.convening.ratings import FORM_BOXES, WORKBOOK_COLUMNS, read_filled_form
from glc_analysis.errors import Faults
from tests.addons.convening.support.form_study import LANGUAGES, FormStudy, fill

pytestmark = pytest.mark.acceptance
SCORES = {0: {"importance": 8, "feasibility": 3, "comment": "Nur nachts – „leise“ 🌙\nនិង សុវត្ថិភាព",
              "may_be_read": "no"},
          1: {"abstain": "x", "comment": "=2+2 نعم"}, 2: {"importance": 1, "feasibility": "٩"}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The forms of an open round."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("glc_analysis.addons.convening.form_files.read_organisation_names_and_languages",
                      lambda study: ({}, LANGUAGES))
        return FormStudy(tmp_path_factory.mktemp("issued")).issue().folder


def saved(path, kind):
    """The file as LibreOffice saves it."""
    program = shutil.which("soffice")
    if not program:
        pytest.skip("no soffice here: scripts/system-packages installs libreoffice-calc")
    out = path.parent / kind
    own = f"-env:UserInstallation=file://{path.parent}/profile"  # beside one that somebody has open
    subprocess.run([program, "--headless", own, "--convert-to", kind, "--outdir", str(out), str(path)],
                   check=True, capture_output=True, timeout=300)
    return out / f"{path.stem}.{kind}"


@pytest.mark.parametrize("rater", ["r12", "r29"])
def test_a_form_that_libreoffice_saved_twice_comes_back_whole(folder, tmp_path, rater):
    book = load_workbook(folder / f"{rater}.xlsx")
    for n, boxes in SCORES.items():
        for name, value in boxes.items():
            cell = book.active.cell(n + 4, WORKBOOK_COLUMNS.index(name) + 1)
            cell.value = value
            cell.data_type = "s" if isinstance(value, str) else "n"
    book.save(tmp_path / f"{rater}.xlsx")
    back = saved(saved(tmp_path / f"{rater}.xlsx", "ods"), "xlsx")
    assert read_filled_form(back).equals(read_filled_form(tmp_path / f"{rater}.xlsx"))
    assert read_filled_form(back)["score"].tolist() == ["8", "3", "abstain", "abstain", "1", "9"]
    assert read_filled_form(back).loc[2, "comment"] == "=2+2 نعم"


def test_locks_and_validations_outlive_the_spreadsheet_program(folder, tmp_path):
    shutil.copy(folder / "r29.xlsx", tmp_path)
    sheet = load_workbook(saved(tmp_path / "r29.xlsx", "xlsx")).active
    assert sheet.protection.sheet and sheet.sheet_view.rightToLeft
    assert [not sheet.cell(4, WORKBOOK_COLUMNS.index(box) + 1).protection.locked
            for box in FORM_BOXES] == [True] * 5
    assert sheet["B4"].protection.locked and sheet["H4"].protection.locked
    kinds = {cell: rule.type for rule in sheet.data_validations.dataValidation
             for cell in ("C6", "D6", "E6", "F6", "G6") if cell in rule.sqref}
    assert kinds == {"C6": "whole", "D6": "whole", "E6": "list", "G6": "list"}


def test_a_formula_that_the_program_calculated_is_still_refused(folder, tmp_path):
    rows = SCORES | {0: {"importance": "=4+4", "feasibility": 3}}
    path = fill(folder / "r12.xlsx", tmp_path / "r12.xlsx", rows)
    with pytest.raises(Faults, match="row 4, column C, value '=4\\+4': is a formula"):
        read_filled_form(saved(path, "xlsx"))
