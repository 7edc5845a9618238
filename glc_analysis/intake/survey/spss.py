"""SPSS files (.sav): value labels become the text, variable labels the wording."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from glc_analysis.errors import Fault, Faults, GLCError
from glc_analysis.intake import refuse
from glc_analysis.intake.grid import clean
from glc_analysis.intake.survey.raw import RawSurvey, text_frame
from glc_analysis.intake.text import read_bytes


def recognises(path: Path) -> bool:
    """By its ending: what stands inside is for SPSS's own format to say."""
    return path.suffix.lower() in {".sav", ".zsav"}


def read(path: Path) -> RawSurvey:
    """One row a case that holds anything. User-missing values keep their label; system-missing is blank."""
    try:
        import pyreadstat  # an extra: only those with SPSS files need it
    except ImportError as error:
        said = f"{path.name} is an SPSS file: pip install 'glc_analysis[spss]' reads it"
        raise GLCError(said) from error
    read_bytes(path)
    try:
        frame, meta = pyreadstat.read_sav(path, user_missing=True)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, OverflowError) as error:
        mend = "save it in SPSS again, or export it as CSV in UTF-8"
        raise Faults([Fault("is no readable SPSS file", file=path.name, mend=mend)]) from error
    labels = meta.variable_value_labels
    columns = {name: _texts(frame[name], labels.get(name, {})) for name in frame.columns}
    rows = [n for n, cells in enumerate(zip(*columns.values(), strict=True), 1) if any(cells)]
    if not rows:
        refuse("has variables and no cases", path.name, "export it again, or take it away")
    wording = meta.column_names_to_labels
    return RawSurvey(
        path=path,
        tool="spss",
        frame=text_frame({clean(name): [cells[n - 1] for n in rows] for name, cells in columns.items()}),
        rows=rows,
        loops=[0] * len(rows),
        wording={clean(name): clean(wording[name] or "") for name in frame.columns},
        repeated=(),
    )


def _texts(values: Iterable[Any], labels: Mapping[Any, str]) -> list[str]:
    return [clean(labels[value] if value in labels else _text(value)) for value in values]


def _text(value: Any) -> str:
    """A value as SPSS shows it, dates as ISO 8601.

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
