"""Reads exports of Qualtrics. Answers are given as labels or as values, below one, two or three header rows.

Present exports have three header rows: names, question texts, and import ids such as {"ImportId":"QID1"}.
Exports from before 2017 have two header rows: V1, V2, ... and the question texts. People may have deleted any
of the header rows.
"""

from __future__ import annotations

import re
from pathlib import Path

from glc_analysis.intake.survey import RawSurvey, SurveyReader, build_survey
from glc_analysis.tabular import Grid

# What Qualtrics itself records about an answer, in any version, spelt without blanks.
_QUALTRICS_COLUMNS = {
    "startdate", "enddate", "recordeddate", "status", "ipaddress", "progress", "finished",
    "duration(inseconds)", "responseid", "responseset", "externaldatareference",
    "externalreference", "recipientlastname", "recipientfirstname", "recipientemail",
    "locationlatitude", "locationlongitude", "locationaccuracy", "distributionchannel",
    "userlanguage",
}  # fmt: skip
# Of those, what no answer states without a digit, and no question text in any language with one.
_NUMBERED = {"startdate", "enddate", "recordeddate", "responseid", "progress",
             "duration(inseconds)"}  # fmt: skip


def is_qualtrics(sheets: list[Grid]) -> bool:
    """Whether a file has import ids below the header, or at least three of the columns that Qualtrics
    adds."""
    top = sheets[0].rows[:3]
    return any(map(_is_import_ids, top[1:])) or any(
        len(_QUALTRICS_COLUMNS & set(map(_without_blanks, row))) > 2 for row in top[:2]
    )


def read_qualtrics(path: Path, sheets: list[Grid]) -> RawSurvey:
    """Reads an export of Qualtrics. The records begin below the one, two or three header rows. The question
    texts become the wording."""
    sheet = sheets[0]
    ids = next((n for n, row in enumerate(sheet.rows[:3]) if _is_import_ids(row)), 0)
    has_texts = ids == 2 or (not ids and len(sheet.rows) > 1 and _is_wording(*sheet.rows[:2]))
    wording = sheet.rows[1] if has_texts else ()
    return build_survey(path, "qualtrics", sheet, header_row_count=1 + has_texts + (ids > 0), wording=wording)


def _is_import_ids(row: list[str]) -> bool:
    return any(re.match(r"""\{\s*['"]ImportId['"]""", cell) for cell in row)


def _is_wording(names: list[str], row: list[str]) -> bool:
    """Whether the row below the names has question texts; otherwise it is the first record."""
    pairs = [(_without_blanks(name), cell) for name, cell in zip(names, row, strict=True)]
    known = [(name, cell) for name, cell in pairs if name in _NUMBERED or _without_blanks(cell) in _NUMBERED]
    repeats = any(name in _QUALTRICS_COLUMNS and name == _without_blanks(cell) for name, cell in pairs)
    wordy = all(cell.strip() and not re.search(r"\d", cell) for _, cell in known)
    return repeats or (bool(known) and wordy)


def _without_blanks(text: str) -> str:
    return "".join(text.split()).casefold()


QUALTRICS = SurveyReader(is_qualtrics, read_qualtrics)
