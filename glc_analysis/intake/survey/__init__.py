"""Reads survey exports: one reader a program, chosen by the content of the file.

Nothing is interpreted: every cell stays the text that it was, numbers and "NA" included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from glc_analysis.errors import refuse
from glc_analysis.intake.survey.readers import (
    RawSurvey,
    is_efs,
    is_eusurvey,
    is_google_forms,
    is_kobo,
    is_limesurvey,
    is_microsoft_forms,
    is_plain,
    is_qualtrics,
    is_spss,
    is_surveymonkey,
    read_efs,
    read_eusurvey,
    read_google_forms,
    read_kobo,
    read_limesurvey,
    read_microsoft_forms,
    read_plain,
    read_qualtrics,
    read_spss,
    read_surveymonkey,
)
from glc_analysis.tabular import Grid, read_sheets, read_table

_READERS = {
    "surveymonkey": (is_surveymonkey, read_surveymonkey), "eusurvey": (is_eusurvey, read_eusurvey),
    "efs": (is_efs, read_efs), "qualtrics": (is_qualtrics, read_qualtrics), "kobo": (is_kobo, read_kobo),
    "limesurvey": (is_limesurvey, read_limesurvey),
    "microsoft_forms": (is_microsoft_forms, read_microsoft_forms),
    "google_forms": (is_google_forms, read_google_forms), "plain": (is_plain, read_plain)}
"""How files of each tool are recognised, and their reader; the plain table is last and takes all others."""


def read_survey(path: Path, settings: Mapping[str, Any] | None = None) -> RawSurvey:
    """One survey file as text, one row a record, by the reader of the tool that made it.

    ``settings`` are [survey] of study.toml: its ``tool`` decides where it is not blank, and its ``encoding``
    says how the characters of a text file are read (:func:`~glc_analysis.tabular.decode_by`). Raises
    `Faults` with everything that keeps the file from being read, and `GLCError` where the reader of SPSS
    files is not installed.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "answers.csv")
    ...     _ = path.write_text("org;Q1\\n7;None\\n", encoding="utf-8")
    ...     survey = read_survey(path)
    >>> survey.tool, survey.frame.to_dict("list"), survey.rows
    ('plain', {'org': ['7'], 'Q1': ['None']}, [2])
    """
    if is_spss(path):
        return read_spss(path)
    tool, encoding = (settings["tool"], settings["encoding"]) if settings else ("", ())
    sheets = _sheets(path, encoding)
    tool = tool or next(name for name, (recognises, _) in _READERS.items() if recognises(sheets))
    return _READERS[tool][1](path, sheets)


def _sheets(path: Path, encoding: Sequence[str]) -> list[Grid]:
    match path.suffix.lower():
        case ".csv" | ".tsv" | ".tab" | ".txt":
            return [read_table(path, encoding=encoding)]
        case ".xlsx" | ".xlsm" | ".xls":
            return read_sheets(path)
        case _:
            fix = "export it as .csv, .tsv, .txt, .xlsx, .xls or .sav"
            refuse("the ending is not that of a survey export", path.name, fix)
