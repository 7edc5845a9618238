"""How long what was given may be kept, as manifest.csv says; nothing is deleted here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from glc_analysis.disclosure.consent import is_day
from glc_analysis.errors import Fault, Faults
from glc_analysis.manifest import read_manifest
from glc_analysis.study import Study

AHEAD = timedelta(days=90)
STATES = ("overdue", "due", "kept", "no date")
RECORDINGS = frozenset({".mp3", ".mp4", ".m4a", ".wav", ".ogg", ".opus", ".aac", ".webm", ".mov", ".mkv"})


def retention(study: Study, *, today: date) -> pd.DataFrame:
    """One row a file of raw/ and private/: kind, path, keep_until (its destroy date), state.

    A file is overdue after its last day, due in the 90 days before; what has no row in manifest.csv, or
    no day there, has no date. Raises Faults for a ``keep_until`` that is no day.
    """
    recorded = read_manifest(study)
    if wrong := [row for row in recorded.values() if row["keep_until"] and not is_day(row["keep_until"])]:
        raise Faults(Fault("is no day", file="manifest.csv", column="keep_until", value=row["keep_until"],
                           mend=f"write the last day on which {row['path']} may be kept as YYYY-MM-DD")
                     for row in wrong)
    held = {*study.all_raw_files(), *(study.root / path for path in recorded), *study.private.rglob("*")}
    rows = []
    for path in sorted(path for path in held if path.is_file()):
        name = study.relative(path)
        until = recorded[name]["keep_until"] if name in recorded else ""
        rows.append((_kind(study, path), name, until, _state(until, today)))
    frame = pd.DataFrame(rows, columns=["kind", "path", "keep_until", "state"], dtype="str")
    return frame.sort_values(["state", "keep_until", "path"], ignore_index=True,
                             key=lambda c: c.map(STATES.index) if c.name == "state" else c)


def overdue(held: pd.DataFrame) -> Iterator[Fault]:
    """A fault for every file of :func:`retention` that should be gone."""
    for row in held[held["state"] == "overdue"].itertuples():
        yield Fault(f"was to be destroyed after {row.keep_until}", file=row.path,
                    mend="destroy it and its copies and take out its row, or agree on a later day")


def _state(until: str, today: date) -> str:
    """
    >>> [_state(day, date(2017, 1, 1)) for day in ("2016-12-31", "2017-01-01", "2017-04-02", "")]
    ['overdue', 'due', 'kept', 'no date']
    """
    if not until:
        return "no date"
    day = date.fromisoformat(until)
    return "overdue" if day < today else "due" if day <= today + AHEAD else "kept"


def _kind(study: Study, path: Path) -> str:
    if path == study.key_file:
        return "key"
    if path.suffix.lower() in RECORDINGS:
        return "recording"
    parts = Path(study.relative(path)).parts
    return "private" if parts[0] == "private" else parts[1] if parts[0] == "raw" and len(parts) > 2 else "raw"
