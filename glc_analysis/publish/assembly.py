"""Makes the site of a run, and with it the tables to download, the page of changes and the briefs as files.

In go the executed notebooks of a run; out come the folder of the site and the gate that has to let it
through. What needs no notebook is made while the notebooks run.
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
from glc_analysis.publish.site import PageCache, SphinxProcess, build_site, parse_ahead, write_standalone
from glc_analysis.run.execute import dumps, prose
from glc_analysis.run.gate import Gate, passed
from glc_analysis.run.plan import NOTEBOOKS, PageJob, page_path
from glc_analysis.study import Study
from glc_analysis.view import StudyView

EARLY_DOWNLOADS = Path(".ahead", "site", downloads.FOLDER)
"""Where the tables to download are in the folder of a run until the site is made; the path below ``.ahead``
is that in the run, so that the gate reads them under their later name."""


@dataclass(frozen=True)
class _Preparation:
    """What needs no notebook: pages of text and tables, the header of every page, and the gate that has read
    the tables to download, if there are any."""

    pages: list[PageJob]
    facts: str
    gate: Gate
    has_tables: bool


class Assembly:
    """The site of a run in ``folder``, and what belongs to it. ``keys`` are the keys of its pages,
    ``last_run`` is the folder of the run before. What needs no notebook is made at once, in a thread."""

    def __init__(self, study: Study, audience: str, folder: Path, keys: Mapping[str, str],
                 last_run: Path | None) -> None:
        self._study, self._audience, self._folder, self._last_run = study, audience, folder, last_run
        self._sphinx, self._threads, self._is_closed = SphinxProcess(), ThreadPoolExecutor(1), False
        self._preparation = self._threads.submit(self._prepare, keys)

    def make(self, pages: Sequence[PageJob], failures: Collection[str], site_key: str) -> tuple[str, Gate]:
        """Makes the site; returns its key and the gate to pass. ``failures`` are pages that are out of date,
        ``site_key`` is the key of the last run's site."""
        study, folder, preparation = self._study, self._folder, self._preparation.result()
        own = [(page, folder / f"{page_path(page.slug, page.parameters)}.ipynb")
               for page in pages if page.organisation]
        own_pages = [(page.organisation, path) for page, path in own]
        gate = Gate(study, self._audience, own_pages, preparation.gate)
        notebooks = sorted((folder / "notebooks").glob("*.ipynb"))
        page_cache = None
        if self._last_run:
            page_cache = PageCache(self._last_run, site_key, passed(study.reports / self._audience))
        site_key = build_site(
            folder, [*(page for page in pages if not page.organisation), *preparation.pages],
            title=study.title, audience=self._audience, synthetic=study.is_synthetic, failures=failures,
            facts=preparation.facts, cache=page_cache, sphinx=self._sphinx,
            meanwhile=partial(gate.read_ahead, notebooks, folder))
        if preparation.has_tables:
            (folder / EARLY_DOWNLOADS).replace(folder / "site" / downloads.FOLDER)
            (folder / EARLY_DOWNLOADS).parent.rmdir()
            (folder / EARLY_DOWNLOADS).parents[1].rmdir()
        for page, path in own:
            write_standalone(path, study, title=page.title)
        return site_key, gate

    def close(self) -> None:
        """Ends Sphinx and, between two steps, the thread."""
        self._is_closed = True
        self._sphinx.close()
        self._threads.shutdown(cancel_futures=True)

    def _prepare(self, keys: Mapping[str, str]) -> _Preparation:
        study, audience, folder = self._study, self._audience, self._folder
        frames, gate = published_tables(study, audience), Gate(study, audience)
        if frames:
            said = downloads.principles_json(study, frames.get("principles"), audience)
            self._check_open()
            downloads.write_downloads(folder / EARLY_DOWNLOADS, frames, said)
            for path in sorted((folder / EARLY_DOWNLOADS).iterdir()):
                self._check_open()
                gate.read_ahead([path], folder / EARLY_DOWNLOADS.parts[0])
        self._check_open()
        parse_ahead()
        pages = [_page(folder, *page) for page in self._texts(frames, keys)]
        facts = page_header(StudyView(study, audience)) if frames else ""
        return _Preparation(pages, facts, gate, bool(frames))

    def _check_open(self) -> None:
        if self._is_closed:
            raise CancelledError

    def _texts(self, frames: Mapping, keys: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
        """Slug, title and text of the pages that no notebook makes."""
        if frames:
            yield "downloads", "Downloads", downloads.downloads_page(self._study, frames)
            yield "dictionary", "Dictionary", downloads.dictionary_page(frames)
        if self._audience == "team":
            said = changes.page(changes.since_last(self._study, self._last_run, keys))
            title = "What changed"
            yield changes.SLUG, title, f"# {title}\n\n*Since the run before this one.*\n\n{said}"


def _page(folder: Path, slug: str, title: str, text: str) -> PageJob:
    path = folder / f"{page_path(slug, {})}.ipynb"
    path.parent.mkdir(exist_ok=True)  # a run of one brief has no other folder
    path.write_text(dumps(prose(text)), encoding="utf-8", newline="\n")
    return PageJob(slug, title, NOTEBOOKS, {}, "")
