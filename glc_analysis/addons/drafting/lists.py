"""Which files beside a survey export are not answers: lists of the wordings of its columns, and of names.

The files of a survey, as they were read, are compared with each other. A list has fewer columns than the
export that it belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from glc_analysis.addons.drafting.words import looks_like_name_or_address
from glc_analysis.intake.survey import RawSurvey
from glc_analysis.text import match_key, normalise_space

_NAMED = 0.3
"""So many of the different texts of a column name columns of the export, or so many columns of the export are
named, if the file is a list of these."""
_NEARLY_ALL = 0.8
"""So many names of a list stand in the export; so many of its texts differ."""
_FEWEST = 3
"""So many columns or names make a list."""
_CODE = re.compile(r"([^\s.\[(:]+)(?:[\[(][^\])]*[\])])?[\s._:]*(.*)", re.DOTALL)
"""A heading that begins with a code: the code, and the wording behind it."""
_LONGEST = 60
"""So many letters a name has at most."""


def find_files_that_are_lists(surveys: Sequence[RawSurvey]) -> dict[str, str]:
    """The files that are not answers but a list that belongs to another one: what each holds, by its name.

    >>> from pathlib import Path
    >>> from glc_analysis.intake.survey import RawSurvey, text_frame
    >>> def table(name, **columns):
    ...     return RawSurvey(Path(name), "plain", text_frame(columns), [2, 3, 4], [0] * 3, {}, ())
    >>> answers = table("may.csv", Q1=["Yes", "No", "No"], Q2=["1", "2", "2"], Q3=["a", "b", "b"])
    >>> wordings = table("form.csv", code=["Q1", "Q2", "Q3"], text=["Is it?", "How many?", "Which?"])
    >>> find_files_that_are_lists([answers, wordings])
    {'form.csv': 'names columns of may.csv'}
    """
    return {survey.path.name: said for survey in surveys
            if (said := next(_belongings(survey, surveys), ""))}


def _belongings(survey: RawSurvey, surveys: Sequence[RawSurvey]) -> Iterator[str]:
    """What a file holds that belongs to one of the others."""
    texts = {name: [text for cell in survey.frame[name] if (text := normalise_space(str(cell)))]
             for name in survey.frame.columns}
    for other in surveys:
        if other is survey or len(other.frame.columns) <= len(texts):
            continue
        headings = _headings(other)
        for column in texts.values():
            named = {match_key(text) for text in column}
            n_named = len(named & headings)
            if n_named >= max(_FEWEST, _NAMED * min(len(named), len(other.frame.columns))):
                yield f"names columns of {other.path.name}"
        if column := _column_of_names(texts, other.frame):
            yield f"holds names that stand in {column} of {other.path.name}, and no answers"


def _headings(survey: RawSurvey) -> set[str]:
    """The headings of a file, the codes with which they begin, and its wordings."""
    names = [*survey.frame.columns]
    parts = [part for name in names if (match := _CODE.fullmatch(name)) for part in match.groups()]
    return {match_key(text) for text in (*names, *parts, *survey.wording.values())} - {""}


def _column_of_names(texts: Mapping[str, list[str]], frame: pd.DataFrame) -> str:
    """The column of an export in which the names of a list stand; "" if a table is not a list of names. All
    of its columns hold short texts that differ, or addresses, below headings that ask nothing; one of them
    stands in the export."""
    filled = [column for column in texts.values() if column]
    is_asked = any(re.search(r"[?？؟]", name) for name in texts)
    if is_asked or not filled or not all(map(_are_names, filled)):
        return ""
    for name in frame.columns:
        known = {*map(match_key, frame[name].map(normalise_space).unique())}
        for column in filled:
            if sum(match_key(text) in known for text in column) >= _NEARLY_ALL * len(column):
                return name
    return ""


def _are_names(texts: Sequence[str]) -> bool:
    """Whether the texts of a column are names, or what leads to a person, and no answers to a question."""
    is_short = sum(map(len, texts)) <= _LONGEST * len(texts)
    differ = len({*texts}) >= _NEARLY_ALL * len(texts)
    has_letters = sum(any(map(str.isalpha, text)) or looks_like_name_or_address(text) for text in texts)
    return len(texts) >= _FEWEST and is_short and differ and has_letters >= _NEARLY_ALL * len(texts)
