"""Reads survey exports: one reader a program, chosen by the content of the file.

Nothing is interpreted: every cell stays the text that it was, numbers and "NA" included.
"""

from __future__ import annotations

from pathlib import Path

from glc_analysis.errors import refuse
from glc_analysis.intake.survey.readers import (
    RawSurvey,
    is_kobo,
    is_limesurvey,
    is_plain,
    is_qualtrics,
    is_spss,
    read_kobo,
    read_limesurvey,
    read_plain,
    read_qualtrics,
    read_spss,
)
from glc_analysis.tabular import Grid, read_sheets, read_table

_READERS = ((is_qualtrics, read_qualtrics), (is_kobo, read_kobo),
            (is_limesurvey, read_limesurvey), (is_plain, read_plain))
"""How files of a program are recognised, and their reader; the plain table is last and takes all others."""


def read_survey(path: Path) -> RawSurvey:
    """One survey file as text, one row a record, by the reader of the tool that made it.

    Raises `Faults` with everything that keeps the file from being read, and `GLCError` where
    the reader of SPSS files is not installed.

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
    sheets = _sheets(path)
    read = next(read for recognises, read in _READERS if recognises(sheets))
    return read(path, sheets)


def _sheets(path: Path) -> list[Grid]:
    match path.suffix.lower():
        case ".csv" | ".tsv" | ".tab" | ".txt":
            return [read_table(path)]
        case ".xlsx" | ".xlsm" | ".xls":
            return read_sheets(path)
        case _:
            fix = "export it as .csv, .tsv, .txt, .xlsx, .xls or .sav"
            refuse("the ending is not that of a survey export", path.name, fix)
