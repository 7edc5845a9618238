"""Reports how long files may be kept according to manifest.csv; deletes no file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from glc_analysis import manifest
from glc_analysis.digests import KEY_FILE
from glc_analysis.errors import Fault, Faults
from glc_analysis.manifest import read_manifest
from glc_analysis.schema import is_iso_date
from glc_analysis.study import Study
from glc_analysis.tabular import read_reference_rows

_DUE_WITHIN = timedelta(days=90)
STATES = ("overdue", "due", "kept", "no date")
_RECORDINGS = frozenset({".mp3", ".mp4", ".m4a", ".wav", ".ogg", ".opus", ".aac", ".webm", ".mov", ".mkv"})


def list_retention_dates(study: Study, *, today: date) -> pd.DataFrame:
    """Returns one row per file of raw/ and private/: kind, path, keep_until (the last day on which it may be
    kept), state.

    Reference tables and the key of digests are left out. A file is overdue after its last day; it is due on
    its last day and in the 90 days before its last day. The last day is taken from the file's row in
    manifest.csv. If this row of a file of private/ has no last day, the last day is taken from the row of a
    folder that contains the file. A file for which none of these rows has a last day has no last day. Raises
    Faults for a ``keep_until`` that is not a date.
    """
    recorded = {path.rstrip("/"): row for path, row in read_manifest(study).items()}
    if wrong := [row for row in recorded.values() if row["keep_until"]
                 and not is_iso_date(row["keep_until"])]:
        raise Faults(Fault("is not a date", file="manifest.csv", column="keep_until", value=row["keep_until"],
                           fix=f"write the last day on which {row['path']} may be kept as YYYY-MM-DD")
                     for row in wrong)
    held = {*study.list_all_raw_files(), *(study.root / path for path in recorded), *study.private.rglob("*")}
    held -= {*study.list_reference_table_files(), study.root / KEY_FILE}  # a key of digests tells of nobody
    rows = []
    for path in sorted(path for path in held if path.is_file()):
        name = study.make_relative(path)
        folders = Path(name).parents if name.startswith("private/") else ()
        days = (recorded.get(place, {}).get("keep_until", "") for place in (name, *map(str, folders)))
        until = next(filter(None, days), "")
        rows.append((_kind(study, path), name, until, _state(until, today)))
    frame = pd.DataFrame(rows, columns=["kind", "path", "keep_until", "state"], dtype="str")
    return frame.sort_values(["state", "keep_until", "path"], ignore_index=True,
                             key=lambda c: c.map(STATES.index) if c.name == "state" else c)


def overdue_or_undated_file_faults(study: Study, held_files: pd.DataFrame) -> Iterator[Fault]:
    """Yields a fault for every file of :func:`list_retention_dates` that should have been destroyed, and for
    every file for which nobody has recorded how long it may be kept."""
    path = study.locate_reference_file("manifest")
    rows = read_reference_rows(path, manifest.MANIFEST_COLUMNS) if path.is_file() else {}
    number = {row["path"]: str(n) for n, row in rows.items()}
    for name, state, keep_until in zip(*(held_files[column] for column in ("path", "state", "keep_until")),
                                       strict=True):
        if state == "overdue":
            yield Fault(f"should have been destroyed after {keep_until}", file=name,
                        fix="destroy the file and its copies and delete its row, or agree on a later day")
        elif state == "no date" and name in number:
            yield Fault("is blank: nobody has agreed until when these files may be kept", file="manifest.csv",
                        row=number[name], column="keep_until",
                        fix="agree on the last day and write it as YYYY-MM-DD")
        elif state == "no date":
            yield Fault("has no row, and so no last day on which it may be kept", file="manifest.csv",
                        value=name, fix=_NEW_ROW["private" if name.startswith("private/") else "raw"])


_NEW_ROW = {
    "raw": "record it with `glc check --accept`, and fill in keep_until in its row",
    "private": "add a row with the file's path (or with the path private, for all files in private/), and "
               "write a day into keep_until"}


def _state(until: str, today: date) -> str:
    """
    >>> [_state(day, date(2017, 1, 1)) for day in ("2016-12-31", "2017-01-01", "2017-04-02", "")]
    ['overdue', 'due', 'kept', 'no date']
    """
    if not until:
        return "no date"
    day = date.fromisoformat(until)
    return "overdue" if day < today else "due" if day <= today + _DUE_WITHIN else "kept"


def _kind(study: Study, path: Path) -> str:
    if path == study.key_file:
        return "key"
    if path.suffix.lower() in _RECORDINGS:
        return "recording"
    parts = Path(study.make_relative(path)).parts
    return "private" if parts[0] == "private" else parts[1] if parts[0] == "raw" and len(parts) > 2 else "raw"
