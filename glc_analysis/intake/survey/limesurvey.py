"""LimeSurvey exports, whose headings are question codes, or "code. question text"."""

from __future__ import annotations

import re
from pathlib import Path

from glc_analysis.intake.grid import Grid
from glc_analysis.intake.survey.raw import RawSurvey, raw_survey

_HEADING = re.compile(r"([A-Za-z]\w*(?:\[[^\]]*\])*)[.:]\s+(\S.*)", re.DOTALL)
_RECORDED = {"submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp"}


def recognises(sheets: list[Grid]) -> bool:
    """The column `id`, and at least two of the others LimeSurvey puts before the answers."""
    codes = {_heading(name)[0] for name in sheets[0].names}
    return "id" in codes and len(_RECORDED & codes) > 1


def read(path: Path, sheets: list[Grid]) -> RawSurvey:
    """Columns are named by code (`Q2[SQ001]`); the text after the code is the wording."""
    codes, texts = zip(*map(_heading, sheets[0].names), strict=True)
    return raw_survey(path, "limesurvey", sheets[0], names=codes, wording=texts)


def _heading(name: str) -> tuple[str, str]:
    """The code and the text of a heading.

    >>> _heading("G1Q1[SQ001]. Which services? [Shelter]")
    ('G1Q1[SQ001]', 'Which services? [Shelter]')
    >>> _heading("G1Q1")
    ('G1Q1', '')
    """
    match = _HEADING.fullmatch(name)
    return (match[1], match[2]) if match else (name, "")
