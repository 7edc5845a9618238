"""Reads and formats single values: spacing and case of texts, numbers, dates, language codes, and counts in
words."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pycountry

TEXT_STORAGE = "mode.string_storage"
"""The name of the pandas option that says how pandas stores text. The value of this option is a part of the
key under which a frame is cached."""
_PERCENT_FROM = 30
"""The smallest base for which percentages are printed; for smaller bases, only counts are printed."""
TICKED = frozenset({"1", "1.0", "true", "yes", "y", "x", "quoted"})
UNTICKED = frozenset({"0", "0.0", "false", "no", "n", "not quoted"})
"""Two sets of words: programs use the words of the first set to mark an option or a code as ticked, and the
words of the second set to mark it as not ticked. The words of both sets are in the form that
:func:`fold_case_and_spacing` returns."""


# ------------------------------
# Single values: spaces, numbers, dates.


_NUMBER = re.compile(r"([+-]?\d+(?:\.\d+)?)(?: ?[%٪％])?")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?")
_STYLES = ("iso", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d.%m.%y", "%d-%m-%Y", "%Y/%m/%d")
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M:%S %p", " %I:%M %p")
NO_DATE = "is not a date"
"""The message for a text that is not a date, although it is in a column of dates."""


def normalise_space(text: str) -> str:
    """Returns a text in NFC, with each run of spaces (also no-break spaces) as one space, and without spaces
    at the ends.

    >>> normalise_space("  Safe\\u00a0 house ")
    'Safe house'
    """
    return " ".join(unicodedata.normalize("NFC", text).split())


def fold_case_and_spacing(name: str) -> str:
    """Returns the key by which names are compared. Names that differ only in case and spacing have the same
    key.

    >>> fold_case_and_spacing("  SAFE house") == fold_case_and_spacing("Safe House")
    True
    """
    return normalise_space(name).casefold()


_SEPARATORS = re.compile(r"[\s_\-‐-―./\\>:|·•,]+")
_ACCENTS = dict.fromkeys(range(0x300, 0x370))


def fold_case_accents_and_separators(name: str) -> str:
    """Returns a key by which names and paths from different programs are compared. Names and paths that
    differ only in case, accents, spaces and separators have the same key.

    >>> {fold_case_accents_and_separators(name) for name in ("Accès légal", "acces-legal", "ACCES_LEGAL",
    ...                                                      "Acces > Legal")}
    {'acceslegal'}
    """
    plain = unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).translate(_ACCENTS))
    return _SEPARATORS.sub("", plain.casefold())


def content_hash(text: str) -> str:
    """Returns the first 12 hexadecimal digits of the SHA-256 of a text. The column ``text_version`` of tables
    contains this hash.

    >>> content_hash("Ana: Yes.\\n")
    '9745af7abe75'
    """
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def make_quotation_anchor(text: str) -> str:
    """Returns the HTML id of a quotation, which depends only on the words of the quotation.

    >>> make_quotation_anchor("A room in a shared flat")
    'words-h6b08a2e2'
    """
    return f"words-h{content_hash(text)[:8]}"  # a letter first, so that it is not taken for a phone number


def map_distinct(series: pd.Series, function: Callable[[Any], object]) -> pd.Series:
    """Returns a column with the result of ``function`` for each text. The function is called only once for
    each distinct text.

    >>> map_distinct(pd.Series(["a", "b", "a"]), str.upper).tolist()
    ['A', 'B', 'A']
    """
    codes, texts = pd.factorize(series.array)
    if not len(texts) or (codes < 0).any():  # nothing, or missing values
        return series.map({text: function(text) for text in series.unique()})
    results = pd.Series([*map(function, np.asarray(texts))])
    return pd.Series(results.array.take(codes), index=series.index, copy=False)


def parse_numbers_without_thousands_mark(texts: pd.Series, *,
                                         decimal: str = ".") -> tuple[np.ndarray, np.ndarray]:
    """Returns the numbers in ``texts`` (NaN for blank texts), and a mask that is true for texts that are not
    numbers.

    A number may have a decimal mark (``decimal``) and a percent sign ("75 %" is 75), but no thousands
    separator and no other unit. For a text in any other form, a person enters the number in corrections.csv.

    >>> values, wrong = parse_numbers_without_thousands_mark(pd.Series(["12.5", "", "about 40", "75%"]))
    >>> values.tolist(), wrong.tolist()
    ([12.5, nan, nan, 75.0], [False, False, True, False])
    """
    plain = map_distinct(texts, normalise_space)
    if decimal != ".":
        swapped = str.maketrans({decimal: ".", ".": decimal})
        plain = map_distinct(plain, lambda t: t.translate(swapped))
    values = map_distinct(plain, _number).to_numpy(dtype=float)
    return values, np.isnan(values) & (plain != "").to_numpy()


def _number(text: str) -> float:
    match = _NUMBER.fullmatch(text)
    return float(match[1]) if match else np.nan


def is_percentage(text: str) -> bool:
    """Whether a text is a number with a percent sign.

    >>> [is_percentage(text) for text in ("75 %", "0.5", "about 5%")]
    [True, False, False]
    """
    match = _NUMBER.fullmatch(normalise_space(text))
    return match is not None and match.end(1) < match.end()


def parse_dates_and_explain_fault(texts: pd.Series) -> tuple[pd.Series, np.ndarray, str]:
    """Returns three values for a column of dates: the dates in ISO 8601 (blank for blank texts), a mask that
    is true for wrong texts, and a message that says what is wrong.

    All dates of a column must be written in the same style. If the column does not show whether the day or
    the month comes first, the mask is true for every text that is not blank.

    >>> parse_dates_and_explain_fault(pd.Series(["31/12/2016", "05/01/2017"]))[0].tolist()
    ['2016-12-31', '2017-01-05']
    >>> parse_dates_and_explain_fault(pd.Series(["31/12/2016", "2017-01-05"]))[2]
    'the column mixes two ways of writing dates'
    """
    plain = map_distinct(texts, normalise_space)
    filled, dates = (plain != "").to_numpy(), sorted({*plain.unique()} - {""})
    # Most styles fail at the first value, so that only those that fit are read in full.
    fitting = [{text: _date(text, style) for text in dates} for style in _STYLES
               if all(_date(text, style) for text in dates)]
    if not fitting:
        best = max(_STYLES, key=lambda style: sum(bool(_date(text, style)) for text in dates))
        misfits = [text for text in dates if not _date(text, best)]
        is_date = all(any(_date(text, style) for style in _STYLES) for text in misfits)
        reason = "the column mixes two ways of writing dates" if is_date else NO_DATE
        return plain, plain.isin(misfits).to_numpy(), reason
    if any(reading != fitting[0] for reading in fitting):
        return plain, filled, "day and month cannot be told apart"
    return plain.map({"": "", **fitting[0]}), np.zeros(len(texts), dtype=bool), ""


def _date(text: str, style: str) -> str | None:
    try:
        if style == "iso":
            if not _ISO.fullmatch(text):
                return None
            moment = datetime.fromisoformat(text.replace(" ", "T"))
            return text if len(text) == 10 else moment.isoformat()
    except ValueError:
        return None
    for clock in _CLOCKS:
        try:
            moment = datetime.strptime(text, style + clock)
        except ValueError:
            continue
        return moment.isoformat() if clock else moment.date().isoformat()
    return None


# ------------------------------
# Languages by their codes and English names, as ISO 639-3 lists them.
#
# The list is pycountry's file, read as it is: pycountry makes an object of each of its 7,900 languages first,
# which would cost every page a tenth of a second.


def wrap_in_direction_isolates(text: str) -> str:
    """Returns a text between two Unicode characters that keep its writing direction inside text of another
    direction. Without these two characters, a date between Arabic words is shown backwards.

    >>> wrap_in_direction_isolates("2017-06-30") == "\\u2068" + "2017-06-30" + "\\u2069"
    True
    """
    return f"\u2068{text}\u2069"


def language_name(code: str) -> str:
    """Returns the English name of the language with a code of two or three letters; returns the code itself
    if no language has this code.

    >>> language_name("km"), language_name("khm"), language_name("unknown"), language_name("")
    ('Khmer', 'Khmer', 'unknown', '')

    If a language has a code of two letters, the additions in brackets to its name in ISO 639 are left out:

    >>> language_name("sw"), language_name("npi"), language_name("aju")
    ('Swahili', 'Nepali (individual language)', 'Judeo-Moroccan Arabic')
    """
    return _names().get(code, code)


def language_code(name: str) -> str:
    """Returns the ISO 639-1 code of a language, given a code or name as survey tools write it (``EN``,
    ``Spanish``, ``es-419``); blank if the language is unknown.

    >>> [language_code(n) for n in ("EN", "Spanish", "es-419", "khm", "")]
    ['en', 'es', 'es', 'km', '']
    """
    head = fold_case_and_spacing(name).replace("_", "-").split("-")[0]
    return _codes().get(fold_case_and_spacing(name)) or _codes().get(head, "")


@cache
def _listed() -> list[dict[str, str]]:
    text = Path(pycountry.DATABASE_DIR, "iso639-3.json").read_text(encoding="utf-8")
    return json.loads(text)["639-3"]


@cache
def _names() -> dict[str, str]:
    return {language[code]: language["name"].split(" (")[0] if "alpha_2" in language else language["name"]
            for code in ("alpha_3", "alpha_2") for language in _listed() if code in language}


@cache
def _codes() -> dict[str, str]:
    """Returns the two-letter code of each language that has one, keyed by each of the language's codes and by
    its English name."""
    coded = [language for language in _listed() if "alpha_2" in language]
    names = {fold_case_and_spacing(language["name"].split(" (")[0]): language["alpha_2"]
             for language in coded}
    codes = {code: language["alpha_2"] for language in coded for code in (
        language["alpha_2"], language["alpha_3"], language.get("bibliographic", ""))}
    return {**names, **codes, "": ""}


def make_id_from_text(text: str) -> str:
    """Returns an id made from a text: in lower case, with only letters, digits, dots, dashes and underscores.

    >>> make_id_from_text("GLC 2016 (Qualtrics)")
    'glc_2016_qualtrics'
    """
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[^\w.-]+", "_", plain).strip("_") or "_"


def format_count(n: float, base_n: float, range_text: str = "", undecided_n: float = 0) -> str:
    """Returns a count and its base in words, in the form that pages print. If the base is at least 30, a
    percentage is added to the count. If the audience may not see the count, ``range_text`` is printed in
    place of the count. If there are undecided cases, their number is added to the count. If the base is 0 or
    missing, the result is "nobody asked".

    >>> format_count(1, 4), format_count(18, 30), format_count(1, 480)
    ('1 of 4', '18 of 30 (60 %)', '1 of 480 (under 1 %)')
    >>> format_count(float("nan"), 30, "at most 4")
    'at most 4 of 30'
    >>> format_count(4, 10, undecided_n=6)
    '4 of 10, 6 undecided'
    """
    if pd.isna(base_n) or base_n == 0:
        return "nobody asked"
    if pd.notna(undecided_n) and undecided_n > 0:
        return f"{format_count(n, base_n, range_text)}, {int(undecided_n)} undecided"
    if range_text:
        return f"{range_text} of {int(base_n)}"
    text = f"{int(n)} of {int(base_n)}"
    if base_n < _PERCENT_FROM:
        return text
    percent = 100 * n / base_n
    return f"{text} (under 1 %)" if 0 < percent < 1 else f"{text} ({percent:.0f} %)"


def format_count_of_row(row: Any) -> str:
    """Returns the text of :func:`format_count` for one row of released figures."""
    return format_count(row.n, row.base_n, getattr(row, "band", ""), getattr(row, "undecided_n", 0))


def format_counts(released: pd.DataFrame) -> list[str]:
    """Returns the text of :func:`format_count` for every row of released figures."""
    bands = released["band"] if "band" in released else [""] * len(released)
    undecided = released["undecided_n"] if "undecided_n" in released else [0] * len(released)
    return [*map(format_count, released["n"], released["base_n"], bands, undecided)]


_RIGHT_TO_LEFT = ("ar", "arc", "ckb", "dv", "fa", "he", "ku", "ps", "sd", "syr", "ug", "ur", "yi")
"""The codes of languages that are written from right to left."""


def language_direction(code: str) -> str:
    """Returns the direction in which a language is written, for the HTML attribute ``dir``, from its ISO
    639-1 code.

    >>> language_direction("ar"), language_direction("km"), language_direction("")
    ('rtl', 'ltr', 'auto')
    """
    if code in ("", "unknown", "und"):
        return "auto"
    return "rtl" if code.split("-")[0] in _RIGHT_TO_LEFT else "ltr"


def replace_blank_day_with_unknown(kind_of_text: str, day: str) -> str:
    """Returns the day of a text, or the words "date not known" if ``day`` is blank. An answer without a day
    gets blank text, because answers have no day of their own.

    >>> [replace_blank_day_with_unknown(*text)
    ...  for text in (("interview", ""), ("call", "2016-09-01"), ("answer", ""))]
    ['date not known', '2016-09-01', '']
    """
    return day or ("" if kind_of_text == "answer" else "date not known")


def format_first_row_numbers(row_numbers: Sequence[int]) -> str:
    """Returns in words the first three row numbers, and how many more there are.

    >>> format_first_row_numbers([2, 5, 9, 11])
    '2, 5, 9 and 1 more'
    """
    more = f" and {len(row_numbers) - 3:,} more" if len(row_numbers) > 3 else ""
    return ", ".join(map(str, row_numbers[:3])) + more


def format_full_date_with_preposition(day: str) -> str:
    """Returns a day (YYYY-MM-DD) as people write it, with "on" before it; blank for any other text.

    >>> [format_full_date_with_preposition(day) for day in ("2016-02-29", "2016-02-31", "")]
    ['on 29 February 2016', '', '']
    """
    try:
        known = date.fromisoformat(day)
    except ValueError:
        return ""
    return f"on {known.day} {known:%B %Y}"
