"""What a run makes of all its pages: the site, tables to hand over, what changed, briefs as single files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from glc_analysis.reports import changes, downloads
from glc_analysis.reports.blocks.overview import facts
from glc_analysis.reports.collection import NOTEBOOKS
from glc_analysis.reports.deterministic import dumps, prose
from glc_analysis.reports.page import Page as Shown
from glc_analysis.reports.plan import Page, place
from glc_analysis.reports.published_tables import published_tables
from glc_analysis.reports.site import build_site
from glc_analysis.reports.standalone import write_standalone
from glc_analysis.study import Study


def assemble(study: Study, audience: str, folder: Path, pages: Sequence[Page],
             entries: Mapping[str, dict[str, Any]], before: Path | None) -> None:
    """Adds to the pages in a run's folder what is made from all of them. ``entries`` is what the run records
    of each, ``before`` the run whose place it takes."""
    old = {slug for slug, entry in entries.items() if entry["failure"]}
    frames = published_tables(study, audience)
    handed = {"Downloads": downloads.downloads_page(study, frames),
              "Dictionary": downloads.dictionary_page(frames)} if frames else {}
    listed = [*(page for page in pages if not page.organisation),
              *(_prose(folder, name.lower(), name, text) for name, text in handed.items()),
              *_changes(study, audience, folder, entries, before)]
    with ThreadPoolExecutor(1) as beside:  # the site is made by a process of its own
        handed_over = beside.submit(downloads.write_downloads, folder / downloads.FOLDER, frames,
                                    downloads.principles_json(study, frames.get("principles"), audience)
                                    ) if frames else None
        site = build_site(folder, listed, title=study.title, audience=audience, synthetic=study.is_synthetic,
                          failures=old, facts=facts(Shown(study, audience)) if frames else "")
    if handed_over:
        handed_over.result()
        (folder / downloads.FOLDER).replace(site.with_name(downloads.FOLDER))
    for page in pages:
        if page.organisation:
            write_standalone(folder / f"{place(page.slug, page.parameters)}.ipynb", study, title=page.title)


def _changes(study: Study, audience: str, folder: Path, entries: Mapping[str, dict[str, Any]],
             before: Path | None) -> Iterator[Page]:
    """The page that tells the team what changed since the run before."""
    if audience != "team":
        return
    said = changes.page(changes.since_last(study, before, entries))
    title = "What changed"
    yield _prose(folder, changes.SLUG, title, f"# {title}\n\n*Since the run before this one.*\n\n{said}")


def _prose(folder: Path, slug: str, title: str, text: str) -> Page:
    """A page of words and tables that no notebook makes."""
    path = folder / f"{place(slug, {})}.ipynb"
    path.parent.mkdir(exist_ok=True)  # where a brief alone is made nothing else is there
    path.write_text(dumps(prose(text)), encoding="utf-8", newline="\n")
    return Page(slug, title, NOTEBOOKS, {}, "")
