"""Single values: tidy text, numbers, dates, language codes."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import datetime

import numpy as np
import pandas as pd

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?")
_STYLES = ("iso", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y/%m/%d")
_CLOCKS = ("", " %H:%M", " %H:%M:%S")


def tidy(text: str) -> str:
    """Text in NFC with runs of blanks (no-break ones too) made one, none at the ends.

    >>> tidy("  Safe\\u00a0 house ")
    'Safe house'
    """
    return " ".join(unicodedata.normalize("NFC", text).split())


def folded(text: str) -> str:
    """Tidy text without regard to case, for comparing names.

    >>> folded("  SAFE house") == folded("Safe House")
    True
    """
    return tidy(text).casefold()


def text_version(text: str) -> str:
    """The version of a text: the first 12 digits of its SHA-256.

    >>> text_version("Ana: Yes.\\n")
    '9745af7abe75'
    """
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def by_unique(series: pd.Series, function) -> pd.Series:
    """``function`` of every text, called once for each that differs."""
    return series.map({text: function(text) for text in series.unique()})


def numbers(texts: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Texts as numbers (NaN where blank) and a mask of those that are none.

    A number has a decimal point, no thousands separator and no unit: whatever
    else stands there is for a person to decide, in corrections.csv.

    >>> values, wrong = numbers(pd.Series(["12.5", "", "about 40"]))
    >>> values.tolist(), wrong.tolist()
    ([12.5, nan, nan], [False, False, True])
    """
    plain = by_unique(texts, tidy)
    fits = by_unique(plain, lambda t: bool(_NUMBER.fullmatch(t))).to_numpy(dtype=bool)
    values = np.full(len(texts), np.nan)
    values[fits] = plain.to_numpy()[fits].astype(float)
    return values, ~fits & (plain != "").to_numpy()


def dates(texts: pd.Series) -> tuple[pd.Series, np.ndarray, str]:
    """Texts as ISO 8601 (blank stays), a mask of those that do not fit, and what is wrong.

    All dates of a column must be written in one way. Where day and month cannot
    be told apart, no value fits.

    >>> dates(pd.Series(["31/12/2016", "05/01/2017"]))[0].tolist()
    ['2016-12-31', '2017-01-05']
    >>> dates(pd.Series(["31/12/2016", "2017-01-05"]))[2]
    'the column mixes two ways of writing dates'
    """
    plain = by_unique(texts, tidy)
    filled, given = (plain != "").to_numpy(), sorted(set(plain) - {""})
    # Most styles fail at the first value, so that only those that fit are read in full.
    fitting = [{text: _date(text, style) for text in given} for style in _STYLES
               if all(_date(text, style) for text in given)]
    if not fitting:
        best = max(_STYLES, key=lambda style: sum(bool(_date(text, style)) for text in given))
        misfits = [text for text in given if not _date(text, best)]
        is_date = all(any(_date(text, style) for style in _STYLES) for text in misfits)
        said = "the column mixes two ways of writing dates" if is_date else "is no date"
        return plain, plain.isin(misfits).to_numpy(), said
    if any(reading != fitting[0] for reading in fitting):
        return plain, filled, "day and month cannot be told apart"
    return plain.map({"": "", **fitting[0]}), np.zeros(len(texts), dtype=bool), ""


def _date(text: str, style: str) -> str | None:
    try:
        if style == "iso":
            if not _ISO.fullmatch(text):
                return None
            found = datetime.fromisoformat(text.replace(" ", "T"))
            return text if len(text) == 10 else found.isoformat()
    except ValueError:
        return None
    for clock in _CLOCKS:
        try:
            found = datetime.strptime(text, style + clock)
        except ValueError:
            continue
        return found.isoformat() if clock else found.date().isoformat()
    return None
