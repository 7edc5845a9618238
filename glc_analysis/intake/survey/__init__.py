"""Survey exports: one reader a tool, each found by what the file holds.

Reading never interprets: every cell stays the text it was, numbers and "NA" included.
"""

from __future__ import annotations

from pathlib import Path

from glc_analysis.intake import refuse
from glc_analysis.intake.grid import Grid
from glc_analysis.intake.survey import kobo, limesurvey, plain, qualtrics, spss
from glc_analysis.intake.survey.raw import RawSurvey
from glc_analysis.intake.text import read_table
from glc_analysis.intake.workbook import read_sheets

__all__ = ["RawSurvey", "read_survey"]

_READERS = ((qualtrics.recognises, qualtrics.read), (kobo.recognises, kobo.read),
            (limesurvey.recognises, limesurvey.read), (plain.recognises, plain.read))
"""What tells that a file is of a tool, and what reads it; the plain table takes whatever no tool claims."""


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
    if spss.recognises(path):
        return spss.read(path)
    sheets = _sheets(path)
    read = next(read for recognises, read in _READERS if recognises(sheets))
    return read(path, sheets)


def _sheets(path: Path) -> list[Grid]:
    match path.suffix.lower():
        case ".csv" | ".tsv" | ".tab" | ".txt":
            return [read_table(path)]
        case ".xlsx" | ".xlsm":
            return read_sheets(path)
        case _:
            said, mend = "is no survey export by its ending", "export it as .csv, .tsv, .txt, .xlsx or .sav"
            refuse(said, path.name, mend)
