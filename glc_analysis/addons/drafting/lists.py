"""Finds files that arrived with a survey export and hold no answers: lists of the wordings of the export's
columns, and lists of names.

The files of a survey are compared with each other after they have been read. A list has fewer columns than
the export to which it belongs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from glc_analysis.addons.drafting.words import may_be_direct_identifier
from glc_analysis.intake.survey import RawSurvey
from glc_analysis.text import fold_case_and_spacing, normalise_space

_NAMED = 0.3
"""A file is a list of wordings if enough texts in one of its columns name columns of the export. At least
this share of the different texts must name a column. If the export has fewer columns than there are texts, at
least this share of the export's columns must be named."""
_NEARLY_ALL = 0.8
"""The share of a list's names that must occur in the export. It is also the share of the list's texts that
must differ from each other."""
_FEWEST = 3
"""The smallest number of columns or names that make a list."""
_CODE = re.compile(r"([^\s.\[(:]+)(?:[\[(][^\])]*[\])])?[\s._:]*(.*)", re.DOTALL)
"""The pattern of a heading that begins with a code. The groups of the pattern are the code and the wording
after the code."""
_LONGEST = 60
"""The largest average number of letters that the texts in a column of names may have."""


def find_files_that_are_lists(surveys: Sequence[RawSurvey]) -> dict[str, str]:
    """Returns a description of each file that holds a list for another file and no answers, keyed by the
    file's name.

    >>> from pathlib import Path
    >>> from glc_analysis.intake.survey import RawSurvey, make_text_frame
    >>> def table(name, **columns):
    ...     return RawSurvey(Path(name), "plain", make_text_frame(columns), [2, 3, 4], [0] * 3, {}, ())
    >>> answers = table("may.csv", Q1=["Yes", "No", "No"], Q2=["1", "2", "2"], Q3=["a", "b", "b"])
    >>> wordings = table("form.csv", code=["Q1", "Q2", "Q3"], text=["Is it?", "How many?", "Which?"])
    >>> find_files_that_are_lists([answers, wordings])
    {'form.csv': 'names columns of may.csv'}
    """
    return {survey.path.name: said for survey in surveys
            if (said := next(_belongings(survey, surveys), ""))}


def _belongings(survey: RawSurvey, surveys: Sequence[RawSurvey]) -> Iterator[str]:
    """Yields a description of ``survey`` for each other file whose columns or names ``survey`` lists."""
    texts = {name: [text for cell in survey.frame[name] if (text := normalise_space(str(cell)))]
             for name in survey.frame.columns}
    for other in surveys:
        if other is survey or len(other.frame.columns) <= len(texts):
            continue
        headings = _headings(other)
        for column in texts.values():
            named = {fold_case_and_spacing(text) for text in column}
            n_named = len(named & headings)
            if n_named >= max(_FEWEST, _NAMED * min(len(named), len(other.frame.columns))):
                yield f"names columns of {other.path.name}"
        if column := _column_of_names(texts, other.frame):
            yield f"holds names that stand in {column} of {other.path.name}, and no answers"


def _headings(survey: RawSurvey) -> set[str]:
    """Returns the keys of these texts of a file: all headings; the code and the wording of each heading that
    begins with a code; and the wordings that the file has for its columns."""
    names = [*survey.frame.columns]
    parts = [part for name in names if (match := _CODE.fullmatch(name)) for part in match.groups()]
    return {fold_case_and_spacing(text) for text in (*names, *parts, *survey.wording.values())} - {""}


def _column_of_names(texts: Mapping[str, list[str]], frame: pd.DataFrame) -> str:
    """Returns the column of an export (``frame``) that contains the names of a list; "" if the table
    ``texts`` is no list of names.

    In a list of names, each column holds addresses or short texts that differ from row to row. No heading is
    a question, and the texts of one column occur in a column of the export.
    """
    filled = [column for column in texts.values() if column]
    is_asked = any(re.search(r"[?？؟]", name) for name in texts)
    if is_asked or not filled or not all(map(_are_names, filled)):
        return ""
    for name in frame.columns:
        known = {*map(fold_case_and_spacing, frame[name].map(normalise_space).unique())}
        for column in filled:
            if sum(fold_case_and_spacing(text) in known for text in column) >= _NEARLY_ALL * len(column):
                return name
    return ""


def _are_names(texts: Sequence[str]) -> bool:
    """Whether the texts of a column look like names or contact data of persons (and not like answers to a
    question)."""
    is_short = sum(map(len, texts)) <= _LONGEST * len(texts)
    differ = len({*texts}) >= _NEARLY_ALL * len(texts)
    has_letters = sum(any(map(str.isalpha, text)) or may_be_direct_identifier(text) for text in texts)
    return len(texts) >= _FEWEST and is_short and differ and has_letters >= _NEARLY_ALL * len(texts)
