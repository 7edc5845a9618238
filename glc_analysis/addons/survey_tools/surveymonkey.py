"""Reads exports of SurveyMonkey. A question is written only above the first of its columns. A second header
row names the option of each column, or says that the column contains the response."""

from __future__ import annotations

from pathlib import Path

from glc_analysis.intake.survey import RawSurvey, SurveyReader, build_survey
from glc_analysis.tabular import Grid

_RESPONSES = {"response", "open-ended response"}


def is_surveymonkey(sheets: list[Grid]) -> bool:
    """Whether an export is from SurveyMonkey. In the second row of such an export, at least one column is
    headed "Response" or "Open-Ended Response". In addition, the first column has the ids of respondents, or
    there are two such columns and a question with several columns."""
    names, second, *_ = [*sheets[0].rows[:2], [], []]
    says = [cell.strip().casefold() in _RESPONSES for cell in second]
    is_id = "".join(names[0].split()).casefold() == "respondentid"
    is_numbered = is_id and not (second and second[0].strip())
    has_options = any(cell.strip() and not name.strip() for name, cell in zip(names, second, strict=False))
    return any(says) and (is_numbered or has_options and sum(says) > 1)


def read_surveymonkey(path: Path, sheets: list[Grid]) -> RawSurvey:
    """Reads an export of SurveyMonkey. The name of a column is its question; the name of an option's column
    is `question [option]`."""
    sheet, names, question = sheets[0], [], ""
    for name, cell in zip(sheet.rows[0], sheet.rows[1], strict=True):
        question = name.strip() or question
        option = cell.strip()
        is_own = not option or option.casefold() in _RESPONSES
        names.append(question if is_own and name.strip() else "" if is_own else f"{question} [{option}]")
    return build_survey(path, "surveymonkey", sheet, header_row_count=2, names=names, wording=names)


SURVEYMONKEY = SurveyReader(is_surveymonkey, read_surveymonkey)
