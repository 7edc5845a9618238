"""The manifest: which raw files there are, with their checksums.

A raw file that changed or went missing since it was recorded is a fault. A new
one is used and reported until ``glc check --accept`` records it.
"""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from glc_analysis.errors import Fault, Faults
from glc_analysis.reference_file import read_rows
from glc_analysis.study import Study
from glc_analysis.whole import write_whole

COLUMNS = ("path", "sha256", "bytes", "received_on", "received_from", "consent_basis", "keep_until")
SAMPLE = "glc sample"
"""``received_from`` of every file of an invented study."""


@dataclass(frozen=True)
class Arrivals:
    """Where the raw files stand against the manifest: paths relative to the study folder."""

    checksums: dict[str, str]
    new: tuple[str, ...]


def checksum(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(study: Study) -> dict[str, dict[str, str]]:
    """The manifest's rows by path; empty where there is none yet. Raises Faults where it is unfit."""
    path = study.reference / "manifest.csv"
    rows = read_rows(path, COLUMNS).values() if path.is_file() else []
    return {row["path"]: row for row in rows}


def last_received(study: Study) -> str:
    """The day on which the last raw file was received, ISO 8601; blank where the manifest does not tell."""
    return max((row["received_on"][:10] for row in read_manifest(study).values()), default="")


def inspect(study: Study) -> Arrivals:
    """Compares every raw file with the manifest.

    Raises Faults that list every file that changed, is missing, or mixes an
    invented study with a real one.
    """
    recorded = read_manifest(study)
    found = {study.relative(p): p for p in study.all_raw_files()}
    present = {name: checksum(path) for name, path in found.items() if path.is_file()}
    # What lies in private/ has rows for the day it is to be destroyed; it is no data and may change.
    private = {name for name in recorded if name.startswith("private/") and (study.root / name).is_file()}
    faults = [Fault("is missing", file=name, mend=_mend_missing(recorded.get(name)))
              for name in sorted({*recorded, *found} - set(present) - private)]
    faults += [Fault("has changed since its checksum was recorded", file=name,
                     mend="put the original back; a new export gets a new name")
               for name in sorted(set(recorded) & set(present))
               if recorded[name]["sha256"].lower() != present[name]]
    faults += _mixed(study, recorded, present)
    if faults:
        raise Faults(faults)
    return Arrivals(present, tuple(sorted(set(present) - set(recorded))))


def _mend_missing(row: dict[str, str] | None) -> str:
    if row is None:
        return "put it there, or correct [raw] in study.toml"
    if row["received_from"] == SAMPLE:
        return "invent it again with `glc sample`"
    return "put it back, or take its row out of manifest.csv"


def _mixed(study: Study, recorded: dict[str, dict[str, str]], present: dict[str, str]) -> list[Fault]:
    """Raw files from an invented study and from real sources never stand together."""
    invented = {n for n in present if recorded.get(n, {}).get("received_from") == SAMPLE}
    rehearsed = {*map(study.relative, study.raw_files("ratings"))}  # votes on invented principles
    wrong = sorted(set(present) - invented - rehearsed) if study.is_synthetic else sorted(invented)
    said = ("is real data in an invented study", "start a real study with `glc init DIR`") \
        if study.is_synthetic else ("is invented data in a real study", "take it out of raw/")
    return [Fault(said[0], file=name, mend=said[1]) for name in wrong]


def accept(study: Study, new: tuple[str, ...], *, today: date) -> None:
    """Adds new raw files to the manifest with their checksum and today as day of receipt."""
    rows = read_manifest(study)
    for name in new:
        path = study.root / name
        rows[name] = {"path": name, "sha256": checksum(path), "bytes": str(path.stat().st_size),
                      "received_on": today.isoformat()}
    write_manifest(study.reference / "manifest.csv", rows.values())


def write_manifest(path: Path, rows) -> None:
    """Writes manifest rows, sorted by path, blank where a row does not say."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(rows, key=lambda row: row["path"]))
    write_whole(path, text.getvalue())
