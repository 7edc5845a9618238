"""Reads exports of EFS Survey (Unipark). Columns have names such as v_12. The rows above the names, if there
are any, hold the question and the option of each column."""

from __future__ import annotations

from pathlib import Path

from glc_analysis.intake.survey import RawSurvey, SurveyReader, build_survey
from glc_analysis.tabular import Grid

_EFS_COLUMNS = {"lfdn", "dispcode"}


def is_efs(sheets: list[Grid]) -> bool:
    """Whether one of the first three rows has the two columns that every EFS export has."""
    return any(map(_is_efs_row, sheets[0].rows[:3]))


def read_efs(path: Path, sheets: list[Grid]) -> RawSurvey:
    """Reads an export of EFS Survey. Columns keep their names from EFS. The wording of a column is the
    question, followed by the option in brackets."""
    sheet = sheets[0]
    at = next((n for n, row in enumerate(sheet.rows[:3]) if _is_efs_row(row)), 0)
    above = zip(*sheet.rows[:at], strict=True) if at else [()] * len(sheet.rows[0])
    wording = []
    for texts in above:
        distinct = [*dict.fromkeys(text.strip() for text in texts if text.strip())]
        wording.append(f"{distinct[0]} [{distinct[-1]}]" if len(distinct) > 1 else "".join(distinct))
    return build_survey(path, "efs", sheet, header_row_count=at + 1, names=sheet.rows[at], wording=wording)


def _is_efs_row(row: list[str]) -> bool:
    return {cell.strip().casefold() for cell in row} >= _EFS_COLUMNS


EFS = SurveyReader(is_efs, read_efs)
