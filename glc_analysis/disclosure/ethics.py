"""One page for an ethics board: what a study holds, where, who sees it, until when, and who agreed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import pandas as pd

from glc_analysis import manifest
from glc_analysis.disclosure import AUDIENCES
from glc_analysis.disclosure.consent import ITEMS, ORGANISATION
from glc_analysis.disclosure.retention import STATES, retention
from glc_analysis.reference import read_reference
from glc_analysis.reference_file import read_rows
from glc_analysis.study import RAW_KINDS, Study


def ethics(study: Study, *, today: date) -> list[str]:
    """The page, line by line, in Markdown. Raises Faults where the reference tables are unfit."""
    reference = read_reference(study)
    parties = set(reference.organisations["organisation_id"]) or set(reference.consent["organisation_id"])
    return [f"# {study.title}: what is held, {today.isoformat()}", "",
            "## Held, where, and who sees it", *_held(study), "",
            "## Until when", *_until(study, today), "",
            f"## Consent of {len(parties)} organisations (yes / no / not asked)",
            *_consents(reference.consent, parties), "",
            "## Consent of persons (yes / no)", *_persons(reference.consent), "",
            "## Withdrawals", *_withdrawals(study), "",
            "## Raw files not in the manifest", *_unrecorded(study)]


def _held(study: Study) -> Iterator[str]:
    lying = set(study.all_raw_files())
    for kind in RAW_KINDS:
        files = study.raw_files(kind)
        lying -= set(files)
        yield f"- raw, {kind}: {_size(files)}; seen by the team"
    yield f"- raw, named by no setting: {_size(lying)}; seen by the team"
    yield f"- processed: {_size(study.processed.rglob('*'))}; seen by the team"
    for audience in AUDIENCES:
        yield f"- reports/{audience}: {_size((study.reports / audience).rglob('*'))}; seen by {audience}"
    kept = _size(study.private.rglob("*"))
    yield f"- private (key of pseudonyms, consent forms): {kept}; seen by its keeper"


def _size(paths: Iterable[Path]) -> str:
    sizes = [path.stat().st_size for path in paths if path.is_file()]
    return f"{_files(len(sizes))}, {sum(sizes):,} bytes"


def _files(n: int) -> str:
    return f"{n} file{'s' if n != 1 else ''}"


def _until(study: Study, today: date) -> Iterator[str]:
    held = retention(study, today=today)
    for state in STATES:
        rows = held[held["state"] == state]
        days = sorted({*rows["keep_until"]} - {""})
        yield f"- {state}: {_files(len(rows))}{f', from {days[0]} to {days[-1]}' if days else ''}"


def _consents(consent: pd.DataFrame, parties: set[str]) -> Iterator[str]:
    """A line an item, a cell an audience."""
    own = consent[(consent["speaker_id"] == ORGANISATION) & consent["organisation_id"].isin(parties)]
    counts = own.groupby(["item", "audience", "is_given"])["organisation_id"].nunique()
    yield from (f"| item | {' | '.join(AUDIENCES)} |", f"|---{'|---' * len(AUDIENCES)}|")
    for item in ITEMS:
        said = [[counts.get((item, audience, word), 0) for word in ("true", "false")]
                for audience in AUDIENCES]
        cells = [f"{yes} / {no} / {len(parties) - yes - no}" for yes, no in said]
        yield f"| {item} | {' | '.join(cells)} |"


def _persons(consent: pd.DataFrame) -> Iterator[str]:
    counts = consent[consent["speaker_id"] != ORGANISATION].groupby(["item", "audience"])["is_given"]
    yield from [f"- {item}, {audience}: {(said == 'true').sum()} / {(said == 'false').sum()}"
                for (item, audience), said in counts] or ["- none recorded"]


def _withdrawals(study: Study) -> Iterator[str]:
    """The tombstones: print, backups and copies of others stay to be recalled by people."""
    path = study.reference / "withdrawn.csv"
    rows = read_rows(path, ("number", "date", "items")).values() if path.is_file() else []
    yield from [f"- {row['number']}: {row['date']}, {row['items']} things" for row in rows] or ["- none"]


def _unrecorded(study: Study) -> Iterator[str]:
    recorded = manifest.read_manifest(study)
    names = sorted(study.relative(path) for path in study.all_raw_files() if path.is_file())
    yield from [f"- {name}" for name in names if name not in recorded] or ["- none"]
