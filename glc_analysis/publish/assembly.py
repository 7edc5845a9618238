"""Makes the site of a run, and with it the tables to download, the page of changes and the briefs as files.

In go the executed notebooks of a run; out come the folder of the site and the gate that has to let it
through. What needs no notebook is made while the notebooks run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from glc_analysis.disclosure.audiences import may
from glc_analysis.pages.survey import page_header
from glc_analysis.publish import changes, downloads
from glc_analysis.publish.downloads import published_tables
from glc_analysis.publish.site import build_site, write_standalone
from glc_analysis.run.execute import dumps, prose
from glc_analysis.run.gate import Gate
from glc_analysis.run.plan import NOTEBOOKS, PageJob, page_path
from glc_analysis.study import Study
from glc_analysis.tables_html import Markup
from glc_analysis.view import StudyView


@dataclass(frozen=True)
class _Preparation:
    """What needs no notebook: pages of text and tables, the header of every page, and the gate that has read
    the tables to download."""

    pages: list[PageJob]
    facts: str
    gate: Gate


class Assembly:
    """The site of a run in ``folder``, and what belongs to it. ``keys`` are the keys of its pages,
    ``last_run`` is the folder of the run before. What needs no notebook is made at once, in a thread."""

    def __init__(self, study: Study, audience: str, folder: Path, keys: Mapping[str, str],
                 last_run: Path | None) -> None:
        self._study, self._audience, self._folder, self._last_run = study, audience, folder, last_run
        self._threads, self._is_closed = ThreadPoolExecutor(1), False
        self._preparation, self._read = self._threads.submit(self._prepare, keys), []

    def make(self, pages: Sequence[PageJob], failures: Collection[str], print_folded: bool) -> Gate:
        """Makes the site; returns the gate to pass. ``failures`` are pages that are out of date; with
        ``print_folded``, what is folded on the screen is printed in full."""
        study, folder, preparation = self._study, self._folder, self._preparation.result()
        own = [(page, folder / f"{page_path(page.slug, page.parameters)}.ipynb")
               for page in pages if page.organisation]
        build_site(
            folder, [*(page for page in pages if not page.organisation), *preparation.pages],
            title=study.title, audience=self._audience, synthetic=study.is_synthetic, failures=failures,
            facts=preparation.facts, print_folded=print_folded)
        for page, path in own:
            write_standalone(path, study, title=page.title)
        for reading in self._read:
            reading.result()
        return Gate(study, self._audience, [(page.organisation, path) for page, path in own],
                    preparation.gate)

    def read_ahead(self, notebook: Path) -> None:
        """Lets the gate read a finished notebook that is for everybody while others run."""
        self._read.append(self._threads.submit(self._read_one, notebook))

    def close(self) -> None:
        """Ends the thread between two steps."""
        self._is_closed = True
        self._threads.shutdown(cancel_futures=True)

    def _prepare(self, keys: Mapping[str, str]) -> _Preparation:
        study, audience, folder = self._study, self._audience, self._folder
        frames, gate = published_tables(study, audience), Gate(study, audience)
        if frames:
            said = downloads.principles_json(study, frames.get("principles"), audience)
            self._check_open()
            tables = folder / "site" / downloads.FOLDER
            downloads.write_downloads(tables, frames, said)
            for path in sorted(tables.iterdir()):
                self._check_open()
                gate.read_ahead([path], folder)
        self._check_open()
        pages = [_page(folder, *page) for page in self._texts(frames, keys)]
        facts = page_header(StudyView(study, audience)) if frames else ""
        return _Preparation(pages, facts, gate)

    def _read_one(self, notebook: Path) -> None:
        self._check_open()
        self._preparation.result().gate.read_ahead([notebook], self._folder)

    def _check_open(self) -> None:
        if self._is_closed:
            raise CancelledError

    def _texts(self, frames: Mapping, keys: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
        """Slug, title and texts of the pages that no notebook makes."""
        if frames:
            yield "downloads", "Downloads", *downloads.downloads_page(self._study, frames)
            yield "dictionary", "Dictionary", *downloads.dictionary_page(frames)
        if may(self._audience, "internal"):
            said = changes.page(changes.since_last(self._study, self._last_run, keys))
            title = "What changed"
            yield changes.SLUG, title, f"# {title}\n\n*Since the run before this one.*", Markup(said)


def _page(folder: Path, slug: str, title: str, *texts: str) -> PageJob:
    path = folder / f"{page_path(slug, {})}.ipynb"
    path.parent.mkdir(exist_ok=True)  # a run of one brief has no other folder
    path.write_text(dumps(prose(*texts)), encoding="utf-8", newline="\n")
    return PageJob(slug, title, NOTEBOOKS, {}, "")
