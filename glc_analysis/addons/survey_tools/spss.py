"""Reads SPSS files (.sav). Value labels become the texts of answers, and variable labels become the
wording."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from glc_analysis.errors import Fault, Faults, GLCError, refuse
from glc_analysis.intake.survey import RawSurvey, make_text_frame
from glc_analysis.tabular import normalise_unicode_and_line_ends, read_bytes


def read_spss(path: Path) -> RawSurvey:
    """Reads an SPSS file. The result has one row per case that has at least one value.

    A user-missing value becomes its label. A user-missing value without a label is marked as user-missing
    (``99 (user-missing)``), because 99 may be an answer in another variable. A system-missing value is blank.
    """
    try:
        import pyreadstat  # an extra: only those with SPSS files need it
    except ImportError as error:
        raise GLCError(f"{path.name} is an SPSS file, which the package reads only with its extra `spss`. "
                       "To fix: pip install 'glc_analysis[spss]'") from error
    read_bytes(path)
    try:
        content, meta = pyreadstat.read_sav(path, user_missing=True)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, OverflowError) as error:
        fix = "save it in SPSS again, or export it as CSV in UTF-8"
        raise Faults([Fault("the SPSS file cannot be read", file=path.name, fix=fix)]) from error
    frame, labels = pd.DataFrame(content), meta.variable_value_labels
    absent = {name: _user_missing(frame[name], labels.get(name, {}), meta.missing_ranges.get(name, []))
              for name in frame.columns}
    columns = {name: _texts(frame[name], {**labels.get(name, {}), **absent[name]}) for name in frame.columns}
    rows = [n for n, cells in enumerate(zip(*columns.values(), strict=True), 1) if any(cells)]
    if not rows:
        refuse("the file has variables but no cases", path.name, "export it again, or remove it")
    wording = meta.column_names_to_labels
    return RawSurvey(
        path, "spss",
        make_text_frame({normalise_unicode_and_line_ends(name): [cells[n - 1] for n in rows]
                         for name, cells in columns.items()}),
        rows, [0] * len(rows),
        {normalise_unicode_and_line_ends(name): normalise_unicode_and_line_ends(wording[name] or "")
         for name in columns},
        repeated=(),
        missing={normalise_unicode_and_line_ends(name): frozenset(map(normalise_unicode_and_line_ends,
                                                                      texts.values()))
                 for name, texts in absent.items() if texts})


def _user_missing(values: Iterable[Any], labels: Mapping[Any, str], ranges: Iterable[Any]) -> dict[Any, str]:
    """Returns the values of a variable that SPSS treats as user-missing, each with its text. Each of the
    ``ranges`` has the keys lo and hi."""
    return {value: labels.get(value) or f"{_text(value)} (user-missing)"
            for value in {value for value in values if value is not None and value == value}
            for part in ranges if type(part["lo"]) is type(value) and part["lo"] <= value <= part["hi"]}


def _texts(values: Iterable[Any], labels: Mapping[Any, str]) -> list[str]:
    return [normalise_unicode_and_line_ends(labels[value] if value in labels else _text(value))
            for value in values]


def _text(value: Any) -> str:
    """Returns a value as SPSS displays it; dates are in ISO 8601.

    >>> [_text(2.0), _text(2.5), _text(float("nan")), _text(dt.date(2017, 5, 2))]
    ['2', '2.5', '', '2017-05-02']
    """
    if value is None or value != value:  # NaN and NaT are unequal to themselves
        return ""
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
