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
from glc_analysis.reports.gate import Gate, passed
from glc_analysis.reports.page import Page as Shown
from glc_analysis.reports.plan import Page, place
from glc_analysis.reports.press import Press
from glc_analysis.reports.published_tables import published_tables
from glc_analysis.reports.site import build_site
from glc_analysis.reports.site_before import SiteBefore
from glc_analysis.reports.standalone import write_standalone
from glc_analysis.reports.style_sheets import parse_ahead
from glc_analysis.study import Study

AHEAD = Path(".ahead", "site", downloads.FOLDER)
"""Where tables lie in the folder of a run until there is a site: as in it, so that the gate can read them."""


class Assembly:
    """What a run of an audience adds to its pages. What hangs on none of them is made at once, while the
    first kernels start."""

    def __init__(self, study: Study, audience: str) -> None:
        self._study, self._audience = study, audience
        self._press = Press()
        self._frames = published_tables(study, audience)

    def make(self, folder: Path, pages: Sequence[Page], entries: Mapping[str, dict[str, Any]],
             before: Path | None, made_by: str) -> tuple[str, Gate]:
        """Adds it to the folder of a run. ``entries`` is what the run records of each page, ``before`` the
        run whose place it takes, ``made_by`` what this returned for that one, beside the gate to pass."""
        study, audience, frames = self._study, self._audience, self._frames
        listed = [*(page for page in pages if not page.organisation), *self._prose(folder, entries, before)]
        own = [(page.organisation, folder / f"{place(page.slug, page.parameters)}.ipynb")
               for page in pages if page.organisation]
        with ThreadPoolExecutor(1) as beside:  # the site is made by a process of its own
            gate = beside.submit(self._hand_over, folder, own)
            made_by = build_site(
                folder, listed, title=study.title, audience=audience, synthetic=study.is_synthetic,
                failures={slug for slug, entry in entries.items() if entry["failure"]}, press=self._press,
                facts=facts(Shown(study, audience)) if frames else "",
                before=SiteBefore(before, made_by, passed(study.reports / audience)) if before else None)
        if frames:
            (folder / AHEAD).replace(folder / "site" / downloads.FOLDER)
            (folder / AHEAD).parent.rmdir()
            (folder / AHEAD).parents[1].rmdir()
        titles = [page.title for page in pages if page.organisation]
        for title, (_, path) in zip(titles, own, strict=True):
            write_standalone(path, study, title=title)
        return made_by, gate.result()

    def close(self) -> None:
        """Ends what was started."""
        self._press.close()

    def _hand_over(self, folder: Path, own: Sequence[tuple[str, Path]]) -> Gate:
        """Writes the tables; reads them at the gate, and the pages, meanwhile."""
        gate = Gate(self._study, self._audience, own)
        if self._frames:
            said = downloads.principles_json(self._study, self._frames.get("principles"), self._audience)
            downloads.write_downloads(folder / AHEAD, self._frames, said)
            gate.read_ahead(sorted((folder / AHEAD).iterdir()), folder / AHEAD.parts[0])
        parse_ahead()
        gate.read_ahead(sorted((folder / "notebooks").glob("*.ipynb")), folder)
        return gate

    def _prose(self, folder: Path, entries: Mapping[str, dict[str, Any]],
               before: Path | None) -> Iterator[Page]:
        """The pages of words and tables that no notebook makes."""
        if self._frames:
            yield _page(folder, "Downloads", downloads.downloads_page(self._study, self._frames))
            yield _page(folder, "Dictionary", downloads.dictionary_page(self._frames))
        if self._audience == "team":
            said = changes.page(changes.since_last(self._study, before, entries))
            title, since = "What changed", "*Since the run before this one.*"
            yield _page(folder, title, f"# {title}\n\n{since}\n\n{said}", changes.SLUG)


def _page(folder: Path, title: str, text: str, slug: str = "") -> Page:
    slug = slug or title.lower()
    path = folder / f"{place(slug, {})}.ipynb"
    path.parent.mkdir(exist_ok=True)  # where a brief alone is made nothing else is there
    path.write_text(dumps(prose(text)), encoding="utf-8", newline="\n")
    return Page(slug, title, NOTEBOOKS, {}, "")
