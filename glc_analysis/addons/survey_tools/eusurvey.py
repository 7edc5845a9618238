"""Reads exports of EUSurvey. The rows above the header have the name of the form and the day of the export.
Each heading and each answer ends with a code in brackets."""

from __future__ import annotations

import re
from pathlib import Path

from glc_analysis.intake.survey import RawSurvey, SurveyReader, build_survey
from glc_analysis.tabular import Grid

_EUSURVEY_CODE = re.compile(r"\s+\(([A-Za-z]+\d\w*)\)\s*\Z")
_EUSURVEY_ANSWER = re.compile(r"(?<=\S)\([A-Za-z]+\d\w*\)\s*\Z")


def is_eusurvey(sheets: list[Grid]) -> bool:
    """Whether a file begins with the two rows that EUSurvey writes above the header."""
    above = [row[0].strip().casefold() for row in sheets[0].rows[:2]]
    return above == ["alias", "export date"]


def read_eusurvey(path: Path, sheets: list[Grid]) -> RawSurvey:
    """Reads an export of EUSurvey. The name of a column is the code of its question, and the wording is the
    text of the question. The codes that the tool adds to the texts of answers are left out."""
    above, header, *body = sheets[0].rows[1:]
    codes = [_EUSURVEY_CODE.search(name) for name in header]
    names = [match[1] if match else name for match, name in zip(codes, header, strict=True)]
    names = [header[n] if names.count(name) > 1 else name for n, name in enumerate(names)]
    wording = [_EUSURVEY_CODE.sub("", name) for name in header]
    rows = [names, *([_without_codes(cell) for cell in row] for row in body)]
    sheet = Grid(sheets[0].place, sheets[0].sheet, rows, sheets[0].numbers[2:])
    return build_survey(path, "eusurvey", sheet, wording=wording)


def _without_codes(cell: str) -> str:
    """Returns the answers in a cell without the codes that the tool adds.

    >>> _without_codes("Yes(ID10); No, never (for now)(P4_2)")
    'Yes; No, never (for now)'
    """
    return "; ".join(_EUSURVEY_ANSWER.sub("", part) for part in cell.split("; ")) if "(" in cell else cell


EUSURVEY = SurveyReader(is_eusurvey, read_eusurvey)
