"""Reads exports of LimeSurvey. Headings are question codes, or "code. question text"."""

from __future__ import annotations

import re
from pathlib import Path

from glc_analysis.intake.survey import RawSurvey, SurveyReader, build_survey
from glc_analysis.tabular import Grid

_HEADING = re.compile(r"([A-Za-z]\w*(?:\[[^\]]*\])*)(?:[.:]\s+|\._\.\s*)(\S.*)", re.DOTALL)
_LIMESURVEY_COLUMNS = {"submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp"}


def is_limesurvey(sheets: list[Grid]) -> bool:
    """Whether an export is from LimeSurvey. An export of LimeSurvey has the column `id` and at least two
    further columns that LimeSurvey puts before the answers. For an export without these columns, nine in ten
    headings must be "code. question text", and some must have the code of an option."""
    names = [name for name in sheets[0].names if name.strip()]
    codes = [_heading(name)[0] for name in names]
    coded = {code for code, name in zip(codes, names, strict=True) if code != name}
    is_coded = len(coded) >= max(5, .9 * len(names)) and any("[" in code for code in coded)
    return is_coded or "id" in codes and len(_LIMESURVEY_COLUMNS & {*codes}) > 1


def read_limesurvey(path: Path, sheets: list[Grid]) -> RawSurvey:
    """Reads an export of LimeSurvey. The name of a column is the code in its heading (`Q2[SQ001]`), and the
    wording is the text after the code."""
    codes, texts = zip(*map(_heading, sheets[0].names), strict=True)
    return build_survey(path, "limesurvey", sheets[0], names=codes, wording=texts)


def _heading(name: str) -> tuple[str, str]:
    """Returns the code and the text in a heading.

    >>> _heading("G1Q1[SQ001]. Which services? [Shelter]")
    ('G1Q1[SQ001]', 'Which services? [Shelter]')
    >>> _heading("G1Q1._.Which services?")
    ('G1Q1', 'Which services?')
    >>> _heading("G1Q1")
    ('G1Q1', '')
    """
    match = _HEADING.fullmatch(name)
    return (match[1], match[2]) if match else (name, "")


LIMESURVEY = SurveyReader(is_limesurvey, read_limesurvey)
