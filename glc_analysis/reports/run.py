"""A run of the collection: what changed is executed, what did not is kept, readers switch once.

All is made in a folder of its own under ``reports/<audience>/runs``. One rename
switches ``current`` to it at the end; until then nobody sees any of it.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glc_analysis.disclosure.numbering import promote
from glc_analysis.errors import Faults, GLCError
from glc_analysis.reports.collection import NOTEBOOKS
from glc_analysis.reports.folders import link, prune, sweep, switch
from glc_analysis.reports.lock import locked
from glc_analysis.reports.plan import Page, last_run, place, plan, read_slices, stale
from glc_analysis.reports.terminal import Progress, progress_bar, terminable
from glc_analysis.study import REPOSITORY, Study

if TYPE_CHECKING:
    from glc_analysis.reports.execute import Failure

WARM_FROM = 3
"""From so many pages on it is worth starting a server that kernels are forked from."""


@dataclass(frozen=True)
class RunResult:
    """What a run did (or, where it is not ``is_done``, would do): slugs, failures, start page."""

    ran: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    site: Path | None = None
    is_done: bool = True
    briefs: Path | None = None
    notes: tuple[str, ...] = ()

    @property
    def lines(self) -> Iterator[str]:
        """The result in words.

        >>> list(RunResult(kept=("index", "survey"), site=Path("site/index.html")).lines)
        ['Nothing to run: the pages are up to date.', 'The reports: site/index.html']
        """
        ran, total = len(self.ran), len(self.ran) + len(self.kept)
        if not ran:
            yield "Nothing to run: the pages are up to date."
        elif not self.is_done:
            yield f"{ran} of {total} pages would run: {', '.join(self.ran)}."
        else:
            yield f"{ran} of {total} pages ran, {len(self.failures)} of them failed."
        yield from self.notes
        yield from map(str, self.failures)
        if self.site:
            yield f"The reports: {self.site}"
        if self.briefs:
            yield f"Briefs, each for its own organisation alone: {self.briefs}"


def run(study: Study, *, audience: str = "team", country: str = "", theme: str = "",
        only: str = "", jobs: int = 0, scheduler: str = "", timeout: float = 1800, force: bool = False,
        dry_run: bool = False, progress: Progress | None = None,
        folder: Path = NOTEBOOKS) -> RunResult:
    """Brings the pages of an audience up to date, or the chosen ones of them.

    ``jobs`` notebooks run at a time (0: cores + 1), each for ``timeout`` seconds
    at most; on the workers of a dask ``scheduler`` where its address is given. A page whose
    notebook fails stays as it was, marked, and its failure is in the result. Without
    ``progress`` a terminal shows a bar.

    Raises UsageError and Faults as :func:`plan` does, Faults where the gate finds what the audience
    may not read (nothing is then published), GLCError where another run is at work or the reports
    cannot be written.
    """
    pages = plan(study, audience=audience, folder=folder)
    chosen = plan(study, audience=audience, country=country, theme=theme, only=only, folder=folder)
    if dry_run:
        return _Run(study, audience, pages, chosen, force).result(is_done=False)
    try:
        with _readable_by(audience), locked(study.reports / audience), terminable():
            making = _Run(study, audience, pages, chosen, force)
            if making.is_needed:
                making.make(jobs, scheduler, timeout, progress)
            return making.result()
    except OSError as error:
        raise GLCError(f"The reports cannot be written: {error.strerror or error} "
                       f"({error.filename or study.reports}). They are as they were.") from None


class _Run:
    """One run in the making: the pages to execute, those to keep, and the folder of both."""

    def __init__(self, study: Study, audience: str, pages: Sequence[Page], chosen: Sequence[Page],
                 force: bool) -> None:
        self.study, self.audience, self.home = study, audience, study.reports / audience
        self.before, last = last_run(study, audience)
        made = last.get("pages", {})
        self.places = {slug: place(slug, entry["parameters"]) for slug, entry in made.items()}
        self.places |= {page.slug: place(page.slug, page.parameters) for page in pages}
        self.made = {slug: entry for slug, entry in made.items()
                     if self._was(slug).is_file()}
        self.to_run = list(chosen) if force else stale(chosen, {"pages": self.made})
        running = {page.slug for page in self.to_run}
        # In the order of the plan. A page neither made nor chosen is not there yet.
        self.pages = [page for page in pages if page.slug in running or page.slug in self.made]
        self.to_keep = [page for page in self.pages if page.slug not in running]
        is_whole = len(chosen) == len(pages)
        self.is_needed = bool(self.to_run) or is_whole and len(self.to_keep) < len(self.made)
        self.entries: dict[str, dict[str, Any]] = {}
        self.failures: list[Failure] = []
        self.notes: list[str] = []

    def _was(self, slug: str) -> Path:
        return (self.before or self.home) / f"{self.places[slug]}.ipynb"

    def _becomes(self, slug: str) -> Path:
        return self.folder / f"{self.places.get(slug, place(slug, {}))}.ipynb"

    def result(self, *, is_done: bool = True) -> RunResult:
        """What happened, or, before it, what would."""
        current = self.home / "current"
        folder = current if current.is_symlink() else last_run(self.study, self.audience)[0]
        site = folder / "site" / "index.html" if is_done and folder else None
        briefs = folder / "briefs" if is_done and folder and (folder / "briefs").is_dir() else None
        ran, kept = (tuple(page.slug for page in pages) for pages in (self.to_run, self.to_keep))
        return RunResult(ran, kept, tuple(self.failures), site, is_done, briefs, tuple(self.notes))

    def make(self, jobs: int, scheduler: str, timeout: float, progress: Progress | None) -> None:
        """Makes the folder of this run, all of it or nothing, and switches to it."""
        runs, started = self.home / "runs", datetime.now(UTC)
        sweep(runs)
        self.folder = runs / f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
        (self.folder / "notebooks").mkdir(parents=True)
        for page in self._own_pages():
            self._becomes(page.slug).parent.mkdir(mode=0o700, exist_ok=True)
        try:
            with nullcontext(progress) if progress else progress_bar() as tell:
                for page in self.to_keep:
                    link(self._was(page.slug), self._becomes(page.slug))
                    self.entries[page.slug] = self.made[page.slug]
                if self.to_run:
                    self._execute(jobs, scheduler, timeout, tell)
                tell(len(self.to_run), len(self.to_run), "The site")
                self._publish()
            self._record(started)
            self._pass_gate()
            self._keep_tables()
            if self.audience == "public":  # before anybody sees it, so that nothing is seen that is not kept
                promote(self.study.private, read_slices(self.study)["release"]["number"])
            (self.folder / ".run.json").replace(self.folder / "run.json")
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        switch(self.home, self.folder)
        prune(runs, current=self.folder)

    def _execute(self, jobs: int, scheduler: str, timeout: float, tell: Progress) -> None:
        from glc_analysis.reports.execute import Kernels

        tell(0, len(self.to_run), "Kernels start")
        if scheduler:
            from glc_analysis.reports.cluster import Cluster

            kernels = Cluster(self.study, scheduler, timeout=timeout)
            self.notes = [f"{one}: refused, it has another version of the package."
                          for one in kernels.refused]
            jobs = jobs or kernels.jobs
        else:
            kernels = Kernels(self.study, timeout=timeout, is_warm=len(self.to_run) >= WARM_FROM)
        # The longest first, so that none is left over at the end: by what they took the last time.
        took = {page.slug: self.made.get(page.slug, {}).get("seconds", 0) for page in self.to_run}
        order = sorted(self.to_run, key=lambda page: -took[page.slug])
        # Threads are enough: the work is done by the kernels, which are processes.
        pool = ThreadPoolExecutor(jobs or (os.cpu_count() or 1) + 1)
        try:
            tasks = {pool.submit(_timed, kernels.execute, page): page for page in order}
            for done, task in enumerate(as_completed(tasks), start=1):
                self._take(tasks[task], *task.result())
                tell(done, len(tasks), tasks[task].title)
        finally:
            kernels.stop()
            pool.shutdown(cancel_futures=True)

    def _take(self, page: Page, outcome: Any, seconds: float) -> None:
        """Writes an executed page, or what stands in for one that failed."""
        from glc_analysis.reports.deterministic import clean, dumps
        from glc_analysis.reports.execute import Failure

        entry = {"title": page.title, "notebook": page.notebook.name, "key": page.key, "parts": page.parts,
                 "parameters": page.parameters, "seconds": round(seconds, 2), "failure": "",
                 "updated": f"{datetime.now(UTC):%Y-%m-%d}"}
        if isinstance(outcome, Failure):
            self.failures.append(outcome)
            good = self.made.get(page.slug, {}).get("updated", "")
            entry |= {"failure": str(outcome), "updated": good}
            notebook = self._instead(page, outcome, good)
        else:
            notebook = clean(outcome, title=page.title, roots=(self.study.root, REPOSITORY))
        path = self._becomes(page.slug)
        path.write_text(dumps(notebook), encoding="utf-8", newline="\n")
        path.chmod(0o600 if page.organisation else path.stat().st_mode)
        self.entries[page.slug] = entry

    def _instead(self, page: Page, failure: Failure, updated: str) -> dict[str, Any]:
        from glc_analysis.reports.deterministic import notice, prose

        if not updated:
            return notice(prose(f"# {page.title}"), "This page could not be made: "
                          f"{failure.notebook} failed at cell {failure.cell}.")
        good = json.loads(self._was(page.slug).read_text(encoding="utf-8"))
        return notice(good, f"Not updated since {updated}: its notebook has failed since then.")

    def _publish(self) -> None:
        from glc_analysis.reports import downloads
        from glc_analysis.reports.blocks.overview import facts
        from glc_analysis.reports.page import Page as Shown
        from glc_analysis.reports.published_tables import published_tables
        from glc_analysis.reports.site import build_site
        from glc_analysis.reports.standalone import write_standalone

        old = {slug for slug, entry in self.entries.items() if entry["failure"]}
        frames = published_tables(self.study, self.audience)
        handed = {"Downloads": downloads.downloads_page(self.study, frames),
                  "Dictionary": downloads.dictionary_page(frames)} if frames else {}
        pages = [*(page for page in self.pages if not page.organisation),
                 *(self._prose(name.lower(), name, text) for name, text in handed.items()), *self._changes()]
        site = build_site(self.folder, pages, title=self.study.title, audience=self.audience,
                          synthetic=self.study.is_synthetic, failures=old,
                          facts=facts(Shown(self.study, self.audience)) if frames else "")
        if frames:
            downloads.write_downloads(site.with_name(downloads.FOLDER), frames, downloads.principles_json(
                self.study, frames.get("principles"), self.audience))
        for page in self._own_pages():
            write_standalone(self._becomes(page.slug), self.study, title=page.title)

    def _own_pages(self) -> list[Page]:
        return [page for page in self.pages if page.organisation]

    def _changes(self) -> Iterator[Page]:
        """The page that tells the team what changed since the run before."""
        if self.audience != "team":
            return
        from glc_analysis.reports import changes

        said = changes.page(changes.since_last(self.study, self.before, self.entries))
        title = "What changed"
        yield self._prose(changes.SLUG, title, f"# {title}\n\n*Since the run before this one.*\n\n{said}")

    def _prose(self, slug: str, title: str, text: str) -> Page:
        """A page of words and tables that no notebook makes."""
        from glc_analysis.reports.deterministic import dumps, prose

        self._becomes(slug).write_text(dumps(prose(text)), encoding="utf-8", newline="\n")
        return Page(slug, title, NOTEBOOKS, {}, "")

    def _pass_gate(self) -> None:
        """Raises Faults where a file holds what tells who somebody is; an organisation's own pages may
        name it."""
        from glc_analysis.disclosure.identifiers import identifiers, spared
        from glc_analysis.disclosure.leaks import refuse_leaks
        from glc_analysis.reference import read_reference

        reference, known = read_reference(self.study), identifiers(self.study, audience=self.audience)
        own = [(page.organisation, self._becomes(page.slug)) for page in self._own_pages()]
        apart = {path.parent for _, path in own}
        files = [path for path in self.folder.rglob("*") if path.is_file() and path.parent not in apart]
        parts = [(files, reference.names, known)]
        parts += [([path, path.with_suffix(".html")], *spared(who, reference, known)) for who, path in own]
        faults = []
        for files, names, texts in parts:
            try:
                refuse_leaks(files, self.folder, names, audience=self.audience, known=texts)
            except Faults as found:
                faults += found.faults
        if faults:
            raise Faults(faults)

    def _keep_tables(self) -> None:
        if self.audience == "team":
            from glc_analysis.reports.changes import keep

            keep(self.study, self.folder)

    def _record(self, started: datetime) -> None:
        """Writes run.json under another name; it gets its own last: a folder without it is no run.

        Organisations' own pages are recorded beside them, where nobody else reads who took part.
        """
        record = {"run": self.folder.name, "study": self.study.id, "audience": self.audience,
                  "started": started.isoformat(timespec="seconds"),
                  "finished": datetime.now(UTC).isoformat(timespec="seconds"),
                  "pages": {page.slug: self.entries[page.slug] for page in self.pages
                            if not page.organisation}}
        records = {self.folder / ".run.json": record}
        for page in self._own_pages():
            path = self._becomes(page.slug).with_name("pages.json")
            records.setdefault(path, {})[page.slug] = self.entries[page.slug]
        for path, content in records.items():
            path.touch(mode=0o666 if content is record else 0o600)
            path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@contextmanager
def _readable_by(audience: str) -> Iterator[None]:
    """What is written meanwhile is its owner's alone where it is for the team."""
    before = os.umask(0o077 if audience == "team" else 0o022)
    try:
        yield
    finally:
        os.umask(before)


def _timed(execute: Callable[[Page], Any], page: Page) -> tuple[Any, float]:
    start = time.perf_counter()
    return execute(page), time.perf_counter() - start
