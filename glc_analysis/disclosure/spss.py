"""Taking one organisation's cases and names out of an SPSS file, which is written anew.

Kept are labels, missing values, formats, measures, widths, notes and the day the file was made. Sets of
multiple responses, custom attributes, roles, the weight and alignment are lost: nothing here writes them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from glc_analysis.disclosure.redaction import redacted
from glc_analysis.errors import Fault, Faults

MADE = slice(92, 109)
"""Where the header has the day and time it was written."""


def edit_spss(path: Path, gone: Collection[int], names: pd.DataFrame) -> None:
    """Rewrites the file with blank cases in the place of those ``gone`` (numbers from 1), so that the
    numbers of the others hold, and without names in texts and labels.

    Raises Faults where it is not read back as it was written.
    """
    (before, said), raw = _read(path), path.read_bytes()
    frame = pd.DataFrame({name: _cells(before[name], gone, names) for name in before})
    told = {"column_labels": dict(zip(before, _told(said["column_labels"].values(), names), strict=True)),
            "note": _told(said["note"], names), "file_label": _told([said["file_label"]], names)[0],
            "variable_value_labels": {
                name: dict(zip(_told(known, names), _told(known.values(), names), strict=True))
                for name, known in said["variable_value_labels"].items()}}
    if frame.equals(before) and said | told == said:
        return
    import pyreadstat

    wide = {name: frame[name].map(lambda cell, room=int(form[1:]): _padded(cell, room))
            for name, form in said["variable_format"].items() if re.fullmatch(r"A\d+", form)}
    pyreadstat.write_sav(frame.assign(**wide), path, **said | told, compress=raw.startswith(b"$FL3"))
    written = bytearray(path.read_bytes())
    written[MADE] = raw[MADE]
    path.write_bytes(written)
    again, kept = _read(path)
    if not again.equals(frame) or kept | {"variable_format": ""} != said | told | {"variable_format": ""}:
        raise Faults([Fault("cannot be written without its records and read again alike", file=path.name,
                            mend="take them out in SPSS, correct its checksum in manifest.csv, and repeat")])


def _read(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The cases, dates as numbers, and all else that a file can be written with."""
    import pyreadstat  # an extra: only those with SPSS files need it

    frame, meta = pyreadstat.read_sav(path, user_missing=True, disable_datetime_conversion=True)
    return frame, {
        "column_labels": meta.column_names_to_labels, "file_label": meta.file_label or "", "note": meta.notes,
        "variable_value_labels": meta.variable_value_labels, "missing_ranges": meta.missing_ranges,
        "variable_display_width": meta.variable_display_width, "variable_measure": meta.variable_measure,
        "variable_format": meta.original_variable_types}


def _cells(column: pd.Series, gone: Collection[int], names: pd.DataFrame) -> pd.Series:
    is_gone = [n in gone for n in range(1, len(column) + 1)]
    if pd.api.types.is_numeric_dtype(column):
        return column.mask(is_gone)
    return pd.Series(_told(column, names), dtype=column.dtype).mask(is_gone, "")


def _padded(cell: str, width: int) -> str:
    """A text in all the room of its variable, which is made as wide as its longest text."""
    return cell + " " * (width - len(cell.encode()))


def _told(texts: Iterable[Any], names: pd.DataFrame) -> list[Any]:
    """The texts without names; numbers and what is missing stay."""
    texts = list(texts)
    told = iter(redacted([text for text in texts if isinstance(text, str)], names))
    return [next(told) if isinstance(text, str) else text for text in texts]
