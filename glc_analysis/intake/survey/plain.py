"""Plain tables: a header row, and one record a row below it."""

from __future__ import annotations

from pathlib import Path

from glc_analysis.intake.grid import Grid
from glc_analysis.intake.survey.raw import RawSurvey, raw_survey


def recognises(sheets: list[Grid]) -> bool:
    """Anything no survey tool claims: the last reader asked."""
    return bool(sheets)


def read(path: Path, sheets: list[Grid]) -> RawSurvey:
    """The first sheet that holds anything. A second header row is not guessed at."""
    return raw_survey(path, "plain", sheets[0])
