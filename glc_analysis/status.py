"""Describes the status of a study in lines of text: which files have arrived, and which results are out of
date. This module needs only the standard library."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from glc_analysis import manifest
from glc_analysis.addon import list_declarations
from glc_analysis.errors import count_of
from glc_analysis.manifest import are_tables_current, describe_changed_reference_rows, digest_reference_cells
from glc_analysis.run.plan import plan_pages, select_failed_or_stale_pages, why_stale
from glc_analysis.run.record import find_last_run
from glc_analysis.study import Study

_LISTED = 10
"""The largest number of details that are listed below a line of the status."""
_CURRENT = "Tables: up to date."
_UNDECIDED = ("Tables: up to date for the team. What the convening and the public may see is "
              "not decided yet. `glc build` decides it, and so does any command that needs it.")
_OF_FIGURES = "; the study's figures describe this wave."


def list_study_status_lines(study: Study, *, audience: str = "team") -> Iterator[str]:
    """Yields lines on the status of a study, in this order: raw files, the lines that add-ons contribute,
    tables, waves and pages."""
    arrivals = manifest.digest_raw_files_or_refuse_changes(study)
    yield f"{study.title}: {count_of(len(arrivals.checksums), 'raw file')}, none changed or missing."
    for name in arrivals.new:
        yield f"{name}: new, not yet in the manifest (`glc check --accept`)."
    for name in study.list_unused_raw_files():
        yield f"{name}: is in raw/, but no setting of study.toml names it."
    for add_on, function in list_declarations("status_lines"):
        for line, details in add_on.load_object(function)(study):
            yield line
            yield from _listed(details)
    if not (study.processed / "slices.json").is_file():
        yield "Tables: not built."
        return
    if are_tables_current(study, is_for_all_audiences=False):
        yield _UNDECIDED if manifest.UNDECIDED in _json(study.processed / "slices.json") else _CURRENT
    else:
        yield "Tables: out of date; the next run rebuilds them."
        yield from _listed(_causes(study, arrivals))
    for wave in _json(study.processed / "slices.json").get("waves", []):
        answered = count_of(wave["organisations"], "organisation")
        yield f"Wave {wave['label']}: {answered}{_OF_FIGURES if wave['is_of_figures'] else '.'}"
    pages, last = plan_pages(study, audience=audience), find_last_run(study, audience)[1]
    old = select_failed_or_stale_pages(pages, last)
    yield f"Pages: {len(pages)}, {len(old)} to run."
    yield from _listed([f"{page.slug}: {why_stale(page, last)}" for page in old])


def _causes(study: Study, arrivals: manifest.Arrivals) -> list[str]:
    """Returns a line about each input that has changed since the last build."""
    built = {name: _json(study.processed / name) for name in ("provenance.json", "reference.json")}
    raw = built["provenance.json"].get("raw", {})
    now = arrivals.digests
    causes = [f"{name}: {'new' if name not in raw else 'changed' if name in now else 'gone'}"
              for name in sorted({*raw, *now}) if raw.get(name) != now.get(name)]
    causes += describe_changed_reference_rows(built["reference.json"], digest_reference_cells(study))
    known, settings = built["provenance.json"].get("reference", {}), study.settings_file
    if known.get(study.make_relative(settings)) != study.digests.hash_file(settings):
        causes.append("study.toml: changed")
    return causes or ["the package or its lock file changed"]


def _json(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _listed(lines: list[str]) -> Iterator[str]:
    yield from (f"  {line}" for line in lines[:_LISTED])
    if len(lines) > _LISTED:
        yield f"  and {len(lines) - _LISTED} more"
