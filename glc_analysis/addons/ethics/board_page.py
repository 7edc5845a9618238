"""Makes the page for an ethics board, which says which data a study holds and where, who sees the data, how
long the data are kept, and who consented."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import pandas as pd

from glc_analysis.addons.ethics.retention import STATES, list_retention_dates
from glc_analysis.addons.withdrawal.record import read_withdrawals
from glc_analysis.addons.withdrawal.words import WITHDRAWAL_WORDS
from glc_analysis.disclosure.consent import CONSENT_ITEMS, THE_ORGANISATION
from glc_analysis.errors import count_of
from glc_analysis.manifest import read_manifest
from glc_analysis.reference import read_reference
from glc_analysis.schema import AUDIENCES
from glc_analysis.study import RAW_KINDS, Study
from glc_analysis.templates import load_template


def make_ethics_page_lines(study: Study, *, today: date) -> list[str]:
    """Returns the page for the ethics board (``content/ethics.md``), line by line. Raises Faults if the
    reference tables have faults."""
    reference = read_reference(study)
    parties = set(reference.organisations["organisation_id"]) or set(reference.consent["organisation_id"])
    raw = {kind: study.list_raw_files(kind) for kind in RAW_KINDS}
    unnamed = set(study.list_all_raw_files()).difference(*raw.values())
    page = load_template(__file__, "ethics.md").render(
        title=study.title, today=today.isoformat(), audiences=AUDIENCES,
        raw=[(kind, _size(files)) for kind, files in raw.items()], unnamed=_size(unnamed),
        processed=_size(study.processed.rglob("*")),
        reports=[(audience, _size((study.reports / audience).rglob("*"))) for audience in AUDIENCES],
        private=_size(study.private.rglob("*")), until=_until(study, today), parties=len(parties),
        consents=_consents(reference.consent, parties), persons=_persons(reference.consent),
        told=WITHDRAWAL_WORDS, withdrawals=read_withdrawals(study), unrecorded=_unrecorded(study))
    return page.removesuffix("\n").split("\n")


def _size(paths: Iterable[Path]) -> str:
    sizes = []
    for path in paths:
        with suppress(FileNotFoundError):  # a run may have removed it meanwhile
            sizes += [path.stat().st_size] if path.is_file() else []
    return f"{count_of(len(sizes), 'file')}, {sum(sizes):,} bytes"


def _until(study: Study, today: date) -> Iterator[tuple[str, str, list[str]]]:
    """Yields, for each state in :func:`.list_retention_dates`, the number of files and the days until which
    these files are kept."""
    held = list_retention_dates(study, today=today)
    for state in STATES:
        rows = held[held["state"] == state]
        yield state, count_of(len(rows), "file"), sorted({*rows["keep_until"]} - {""})


def _consents(consent: pd.DataFrame, parties: set[str]) -> Iterator[tuple[str, list[str]]]:
    """Yields, for each item of consent, one entry per audience with the numbers of organisations that said
    yes, that said no, and that were not asked."""
    own = consent[(consent["speaker_id"] == THE_ORGANISATION) & consent["organisation_id"].isin(parties)]
    counts = own.groupby(["item", "audience", "is_given"])["organisation_id"].nunique()
    for item in CONSENT_ITEMS:
        said = [[counts.get((item, audience, word), 0) for word in ("true", "false")]
                for audience in AUDIENCES]
        yield item, [f"{yes} / {no} / {len(parties) - yes - no}" for yes, no in said]


def _persons(consent: pd.DataFrame) -> list[tuple[str, str, int, int]]:
    """Returns, for each item of consent and audience, how many persons said yes and how many said no."""
    counts = consent[consent["speaker_id"] != THE_ORGANISATION].groupby(["item", "audience"])["is_given"]
    return [(item, audience, (said == "true").sum(), (said == "false").sum())
            for (item, audience), said in counts]


def _unrecorded(study: Study) -> list[str]:
    recorded = read_manifest(study)
    names = sorted(study.make_relative(path) for path in study.list_all_raw_files() if path.is_file())
    return [name for name in names if name not in recorded]
