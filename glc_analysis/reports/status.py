"""What has arrived and what is out of date, told from the standard library alone."""

from __future__ import annotations

from collections.abc import Iterator

from glc_analysis import manifest
from glc_analysis.fingerprint import tables_are_current
from glc_analysis.reports.plan import last_run, plan, stale
from glc_analysis.study import Study


def status_lines(study: Study, *, audience: str = "team") -> Iterator[str]:
    """One line each: the study, raw files that are new or unused, tables, pages."""
    arrivals = manifest.inspect(study)
    yield f"{study.title}: {len(arrivals.checksums)} raw files, none changed or missing."
    for name in arrivals.new:
        yield f"{name}: new, not yet in the manifest (`glc check --accept`)."
    for name in study.unused_files():
        yield f"{name}: lies in raw/ but no setting of study.toml names it."
    if not (study.processed / "slices.json").is_file():
        yield "Tables: not built."
        return
    state = "up to date" if tables_are_current(study) else "out of date; the next run rebuilds them"
    yield f"Tables: {state}."
    pages = plan(study, audience=audience)
    old = stale(pages, last_run(study, audience)[1])
    yield f"Pages: {len(pages)}, {len(old)} to run."
    for page in old[:10]:
        yield f"  {page.slug}"
    if len(old) > 10:
        yield f"  and {len(old) - 10} more"
