"""What a run makes of all its pages: the site, tables to hand over, what changed, briefs as single files.

What hangs on no notebook is made beside those that run; the gate reads everything before readers see it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from glc_analysis.pages.survey import page_header
from glc_analysis.publish import changes, downloads
from glc_analysis.publish.downloads import published_tables
from glc_analysis.publish.site import Press, SiteBefore, build_site, parse_ahead, write_standalone
from glc_analysis.run.execute import dumps, prose
from glc_analysis.run.gate import Gate, passed
from glc_analysis.run.plan import NOTEBOOKS, Page, place
from glc_analysis.study import Study
from glc_analysis.view import StudyView

AHEAD = Path(".ahead", "site", downloads.FOLDER)
"""Where tables lie in the folder of a run until there is a site: as in it, so that the gate can read them."""


@dataclass(frozen=True)
class _Ahead:
    """What hangs on no notebook: pages of words and tables, what stands on every page, the gate that has read
    the tables to hand over, if there are any."""

    pages: list[Page]
    facts: str
    gate: Gate
    has_tables: bool


class Assembly:
    """What a run of an audience adds to its pages in ``folder``. ``keys`` are those of its pages, ``before``
    is the run whose place it takes. What hangs on no notebook is made at once, beside those that run."""

    def __init__(self, study: Study, audience: str, folder: Path, keys: Mapping[str, str],
                 before: Path | None) -> None:
        self._study, self._audience, self._folder, self._before = study, audience, folder, before
        self._press, self._beside, self._is_closed = Press(), ThreadPoolExecutor(1), False
        self._ahead = self._beside.submit(self._make_ahead, keys)

    def make(self, pages: Sequence[Page], failures: Collection[str], made_by: str) -> tuple[str, Gate]:
        """Adds it. ``failures`` are the pages that are not up to date, ``made_by`` is what this returned for
        the run before, beside the gate to pass."""
        study, folder, ahead = self._study, self._folder, self._ahead.result()
        own = [(page, folder / f"{place(page.slug, page.parameters)}.ipynb")
               for page in pages if page.organisation]
        gate = Gate(study, self._audience, [(page.organisation, path) for page, path in own], ahead.gate)
        notebooks = sorted((folder / "notebooks").glob("*.ipynb"))
        site_before = SiteBefore(self._before, made_by, passed(study.reports / self._audience)
                                 ) if self._before else None
        made_by = build_site(
            folder, [*(page for page in pages if not page.organisation), *ahead.pages], title=study.title,
            audience=self._audience, synthetic=study.is_synthetic, failures=failures, facts=ahead.facts,
            before=site_before, press=self._press,
            meanwhile=partial(gate.read_ahead, notebooks, folder))
        if ahead.has_tables:
            (folder / AHEAD).replace(folder / "site" / downloads.FOLDER)
            (folder / AHEAD).parent.rmdir()
            (folder / AHEAD).parents[1].rmdir()
        for page, path in own:
            write_standalone(path, study, title=page.title)
        return made_by, gate

    def close(self) -> None:
        """Ends what was started, between two of its steps."""
        self._is_closed = True
        self._press.close()
        self._beside.shutdown(cancel_futures=True)

    def _make_ahead(self, keys: Mapping[str, str]) -> _Ahead:
        study, audience, folder = self._study, self._audience, self._folder
        frames, gate = published_tables(study, audience), Gate(study, audience)
        if frames:
            said = downloads.principles_json(study, frames.get("principles"), audience)
            self._go_on()
            downloads.write_downloads(folder / AHEAD, frames, said)
            for path in sorted((folder / AHEAD).iterdir()):
                self._go_on()
                gate.read_ahead([path], folder / AHEAD.parts[0])
        self._go_on()
        parse_ahead()
        pages = [_page(folder, *said) for said in self._words(frames, keys)]
        return _Ahead(pages, page_header(StudyView(study, audience)) if frames else "", gate, bool(frames))

    def _go_on(self) -> None:
        if self._is_closed:
            raise CancelledError

    def _words(self, frames: Mapping, keys: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
        """Slug, title and text of the pages of words and tables that no notebook makes."""
        if frames:
            yield "downloads", "Downloads", downloads.downloads_page(self._study, frames)
            yield "dictionary", "Dictionary", downloads.dictionary_page(frames)
        if self._audience == "team":
            said = changes.page(changes.since_last(self._study, self._before, keys))
            title = "What changed"
            yield changes.SLUG, title, f"# {title}\n\n*Since the run before this one.*\n\n{said}"


def _page(folder: Path, slug: str, title: str, text: str) -> Page:
    path = folder / f"{place(slug, {})}.ipynb"
    path.parent.mkdir(exist_ok=True)  # where a brief alone is made nothing else is there
    path.write_text(dumps(prose(text)), encoding="utf-8", newline="\n")
    return Page(slug, title, NOTEBOOKS, {}, "")
