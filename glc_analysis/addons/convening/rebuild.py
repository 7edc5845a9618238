"""Writes only the tables of the convening, so that nobody in the room waits for a full build.

Writing these tables takes about a second. After this, all tables count as out of date until the next full
build. The module does not change slices.json.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable

import pandas as pd

from glc_analysis import manifest, tables
from glc_analysis.addons.convening.principles import make_principle_and_evidence_tables
from glc_analysis.build import build
from glc_analysis.reference import Reference
from glc_analysis.study import Study


def write_convening_tables_or_first_build(study: Study, reference: Reference,
                                          ballots: dict[str, pd.DataFrame],
                                          *, say: Callable[[str], None] = lambda line: None) -> None:
    """Writes the tables of the convening. If the study has never been built, builds all tables instead.
    ``ballots`` holds the tables ``ratings`` and ``tallies``, keyed by name."""
    if not (study.processed / "slices.json").is_file():
        build(study, say=say)
        return
    aside = study.processed / ".building"
    aside.mkdir(exist_ok=True)
    written = make_principle_and_evidence_tables(
        reference) | ballots  # of an unsound table the last build has the rows
    for name, frame in ((name, written[name]) for name in written if name not in reference.unsound):
        os.replace(tables.write_table(aside, name, tables.conform_to_schema(name, frame)),
                   study.processed / f"{name}.parquet")
    shutil.rmtree(aside)


def remove_round_results_and_slides(study: Study, round_id: str) -> None:
    """Removes a reopened round from the tables and deletes its slides. Results and slides are made again when
    the round is closed again."""
    shutil.rmtree(study.reports / "team" / "day" / round_id, ignore_errors=True)
    aside = study.processed / ".building"
    for name in ("ratings", "tallies"):
        path = study.processed / f"{name}.parquet"
        if path.is_file():
            aside.mkdir(exist_ok=True)
            frame = tables.read_table(name, study=study)
            os.replace(tables.write_table(aside, name, frame[frame["round_id"] != round_id]), path)
    shutil.rmtree(aside, ignore_errors=True)


def find_raw_only_changes_since_build(study: Study) -> set[str] | None:
    """Returns the raw files that were added, removed or changed since the tables were built; empty if the
    tables are current. Returns None if an input other than raw files has changed, if no tables are built, or
    if the tables were built for the team alone.

    Raises Faults if a recorded raw file has changed or is missing.
    """
    raw = manifest.digest_raw_files_or_refuse_changes(study).digests
    built, provenance = (study.processed / name for name in ("slices.json", "provenance.json"))
    if not (built.is_file() and provenance.is_file()) or manifest.find_missing_release_id(study):
        return None
    before = json.loads(provenance.read_text(encoding="utf-8"))["raw"]
    slices = json.loads(built.read_text(encoding="utf-8"))
    if manifest.UNDECIDED in slices or slices["inputs"] != manifest.digest_inputs(study, before):
        return None
    return {name for name in {*before, *raw} if before.get(name) != raw.get(name)}
