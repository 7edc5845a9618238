"""A report run, from plan to switch: what changed is executed, what did not is kept, readers switch once.

All is made in a folder of its own under ``reports/<audience>/runs``. One rename switches ``current`` to it
at the end; until then nobody sees any of it. A run after one that was cut off goes on from what was
recorded.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glc_analysis.errors import Faults, GLCError
from glc_analysis.files import (
    Progress,
    check_interrupted,
    graceful_interrupt,
    hard_link,
    locked,
    new_run_id,
    progress_bar,
    promote,
    remove_incomplete,
    remove_old,
    uninterrupted,
    write_atomic,
)
from glc_analysis.manifest import package_hash, publish_next, read_slices
from glc_analysis.run import record
from glc_analysis.run.plan import NOTEBOOKS, Page, place, plan, stale
from glc_analysis.run.record import last_run
from glc_analysis.study import REPOSITORY, Study

if TYPE_CHECKING:
    from glc_analysis.publish.assembly import Assembly
    from glc_analysis.run.execute import Failure
    from glc_analysis.run.gate import Gate


# ------------------------------
# A run in the making: pages are executed, kept or taken over, and readers switch to all of them at once.
#
# All is made in a folder of its own under ``reports/<audience>/runs``. One rename switches ``current`` to
# it at the end; until then nobody sees any of it. What is done is recorded page by page: the run after one
# that was cut off goes on from there.


WARM_FROM = 3
"""From so many pages on it is worth starting a server that kernels are forked from."""


class Making:
    """One run: the pages to execute, those to keep, those that an earlier run made in vain, their folder."""

    def __init__(self, study: Study, audience: str, pages: Sequence[Page], chosen: Sequence[Page],
                 force: bool) -> None:
        self.study, self.audience, self.home = study, audience, study.reports / audience
        self.before, last = last_run(study, audience)
        made, self.site_made_by = last.get("pages", {}), last.get("site", "")
        self.places = {slug: place(slug, entry["parameters"]) for slug, entry in made.items()}
        self.places |= {page.slug: place(page.slug, page.parameters) for page in pages}
        self.made = {slug: entry for slug, entry in made.items() if record.is_whole(self._was(slug), entry)}
        self.to_run = list(chosen) if force else stale(chosen, {"pages": self.made})
        found = {} if force else record.finished(self.home / "runs", self.to_run, self.before)
        self.found = {slug: (folder, entry) for slug, (folder, entry) in found.items()
                      if record.is_whole(self._in(folder, slug), entry)}
        running = {page.slug for page in self.to_run}
        # In the order of the plan. A page neither made nor chosen is not there yet.
        self.pages = [page for page in pages if page.slug in running or page.slug in self.made]
        self.to_keep = [page for page in self.pages if page.slug not in running]
        self.own_pages = [page for page in self.pages if page.organisation]
        is_whole = len(chosen) == len(pages)
        self.is_needed = bool(self.to_run) or is_whole and len(self.to_keep) < len(self.made)
        self.entries: dict[str, dict[str, Any]] = {}
        self.failures: list[Failure] = []
        self.notes = [f"{len(self.found)} of them were made by a run that was cut off."] * bool(self.found)

    def _in(self, run: Path, slug: str) -> Path:
        return run / f"{self.places.get(slug, place(slug, {}))}.ipynb"

    def _was(self, slug: str) -> Path:
        return self._in(self.before or self.home, slug)

    def _becomes(self, slug: str) -> Path:
        return self._in(self.folder, slug)

    @property
    def _done(self) -> int:
        return sum(page.slug in self.entries for page in self.to_run)

    @property
    def standing(self) -> str:
        """How far the run is, for whom it is cut off."""
        return f"{self._done} of {len(self.to_run)} pages are done and kept: the same command goes on from " \
            "there." if self._done else "The reports are as they were."

    def make(self, jobs: int, scheduler: str, progress: Progress | None) -> None:
        """Makes the folder of this run, all of it, and switches to it; cut off, it leaves what it has."""
        runs, started = self.home / "runs", datetime.now(UTC)
        self.folder = runs / new_run_id(runs, started)
        self.head = {"run": self.folder.name, "study": self.study.id, "audience": self.audience,
                     "started": started.isoformat(timespec="seconds")}
        self.folder.mkdir(mode=0o700, parents=True)  # nobody else's before it is whole
        for page in self.pages:
            self._becomes(page.slug).parent.mkdir(mode=0o700 if page.organisation else 0o777, exist_ok=True)
        try:
            self._take_over()
            remove_incomplete(runs, but=self.folder)
            with nullcontext(progress) if progress else progress_bar() as tell, ExitStack() as self._ends:
                if to_run := [page for page in self.to_run if page.slug not in self.entries]:
                    self._execute(to_run, jobs, scheduler, tell)
                tell(len(to_run), len(to_run), "The site")
                failed = {slug for slug, entry in self.entries.items() if entry["failure"]}
                site, gate = self._assembly.make(self.pages, failed, self.site_made_by)
            check_interrupted()
            self._record(finished=datetime.now(UTC).isoformat(timespec="seconds"), site=site)
            self._promote(gate)
        except BaseException as error:
            if isinstance(error, Faults) or self.to_run and not self._done:  # the gate's refusal, or nothing
                shutil.rmtree(self.folder, ignore_errors=True)
            raise
        remove_old(runs, current=self.folder)

    @cached_property
    def _assembly(self) -> Assembly:
        from glc_analysis.publish.assembly import Assembly

        keys = {page.slug: self.made[page.slug]["key"] for page in self.to_keep}
        keys |= {page.slug: page.key for page in self.to_run}
        with uninterrupted():
            return self._ends.enter_context(closing(
                Assembly(self.study, self.audience, self.folder, keys, self.before)))

    def _take_over(self) -> None:
        """Pages that are up to date, of the last run or of one that was cut off, are the same files."""
        for page in self.to_keep:
            hard_link(self._was(page.slug), self._becomes(page.slug))
            self.entries[page.slug] = self.made[page.slug]
        for slug, (folder, entry) in self.found.items():
            hard_link(self._in(folder, slug), self._becomes(slug))
            self.entries[slug] = entry
        self._record()

    def _execute(self, to_run: list[Page], jobs: int, scheduler: str, tell: Progress) -> None:
        from glc_analysis.run.execute import outcomes

        tell(0, len(to_run), "Kernels start")
        # The longest first, so that none is left over at the end: by what they took the last time.
        took = {page.slug: self.made.get(page.slug, {}).get("seconds", 0) for page in to_run}
        order = sorted(to_run, key=lambda page: -took[page.slug])
        kernels = self._kernels(scheduler, len(to_run))
        with uninterrupted(), closing(outcomes(kernels, order, jobs, lambda: self._assembly)) as coming:
            for done, (page, outcome, seconds) in enumerate(coming, start=1):
                self._take(page, outcome, seconds)
                tell(done, len(to_run), page.title)

    def _kernels(self, scheduler: str, count: int) -> Any:
        from glc_analysis.run.execute import Kernels

        timeout = self.study.settings["reports"]["timeout"]
        if not scheduler:
            return Kernels(self.study, timeout=timeout, is_warm=count >= WARM_FROM)
        from glc_analysis.run.cluster import Cluster

        cluster = Cluster(self.study, scheduler, timeout=timeout)
        self.notes += [f"{one}: refused, it has another version of the package." for one in cluster.refused]
        return cluster

    def _take(self, page: Page, outcome: Any, seconds: float) -> None:
        """Writes an executed page, or what stands in for one that failed, and records it."""
        from glc_analysis.run.execute import Failure, dumps, normalise_notebook

        if not isinstance(outcome, Failure) and self._has_changed(page):
            outcome = Failure(page.notebook.name, page.slug, 0, "Changed",
                              "what it is made from changed while it ran; run again")
        if isinstance(outcome, Failure):
            self.failures.append(outcome)
            updated = self.made.get(page.slug, {}).get("updated", "")
            notebook = self._instead(page, outcome, updated)
        else:
            updated = f"{datetime.now(UTC):%Y-%m-%d}"
            notebook = normalise_notebook(outcome, title=page.title, roots=(self.study.root, REPOSITORY))
        content = dumps(notebook)
        write_atomic(self._becomes(page.slug), content, mode=0o600 if page.organisation else 0o666)
        self.entries[page.slug] = {
            "title": page.title, "notebook": page.notebook.name, "key": page.key, "parts": page.parts,
            "parameters": page.parameters, "seconds": round(seconds, 2), "updated": updated,
            "mark": record.mark(content), "failure": str(outcome) if isinstance(outcome, Failure) else ""}
        self._record()

    def _has_changed(self, page: Page) -> bool:
        """Whether a page depends on other things now than when the run was planned."""
        package_hash.cache_clear()
        with suppress(GLCError):  # such as tables that are just being built
            now = plan(Study(self.study.root), audience=self.audience, folder=page.notebook.parent)
            return page.key not in {one.key for one in now}
        return True

    def _instead(self, page: Page, failure: Failure, updated: str) -> dict[str, Any]:
        from glc_analysis.run.execute import notice, prose

        if not updated:
            return notice(prose(f"# {page.title}"), "This page could not be made: "
                          f"{failure.notebook} failed at cell {failure.cell}.")
        good = json.loads(self._was(page.slug).read_text(encoding="utf-8"))
        return notice(good, f"Not updated since {updated}: its notebook has failed since then.")

    def _record(self, **more: str) -> None:
        entries = {page.slug: self.entries[page.slug] for page in self.pages if page.slug in self.entries}
        record.write(self.folder, {**self.head, **more}, entries,
                     {page.slug: self._becomes(page.slug).parent for page in self.own_pages})

    def _promote(self, gate: Gate) -> None:
        """Lets the run through the gate, makes it whole, and switches to it."""
        gate.let_through(self.folder)
        if self.audience == "team":
            from glc_analysis.publish.changes import keep

            keep(self.study, self.folder)
        if self.audience == "public":  # before anybody sees it, so that nothing is seen that is not kept
            publish_next(self.study.private, read_slices(self.study)["release"]["number"])
        if hasattr(os, "sync"):  # nor switched to what a power cut could still take away
            os.sync()
        (self.folder / record.UNFINISHED).replace(self.folder / record.NAME)
        self.folder.chmod(0o700 if self.audience == "team" else 0o755)
        promote(self.home, self.folder)


# ------------------------------
# A run of the collection: what changed is executed, what did not is kept, readers switch once.


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
        only: str = "", jobs: int = 0, scheduler: str = "", force: bool = False,
        dry_run: bool = False, progress: Progress | None = None,
        folder: Path = NOTEBOOKS) -> RunResult:
    """Brings the pages of an audience up to date, or the chosen ones of them.

    ``jobs`` notebooks run at a time (0: twice the cores), each as long as study.toml allows at most; on the
    workers of a dask ``scheduler`` where its address is given. A page whose notebook fails stays as it
    was, marked, and its failure is in the result. Without ``progress`` a terminal shows a bar.

    Raises UsageError and Faults as :func:`plan` does, Faults where the gate finds what the audience
    may not read (nothing is then published), GLCError where another run is at work or the reports
    cannot be written, Interrupted at Ctrl-C or SIGTERM. What was done until then is kept for the next run.
    """
    pages = plan(study, audience=audience, folder=folder)
    chosen = plan(study, audience=audience, country=country, theme=theme, only=only, folder=folder)
    making = Making(study, audience, pages, chosen, force)
    if dry_run:
        return _result(making, is_done=False)
    try:
        with graceful_interrupt(lambda: making.standing), _readable_by(audience), locked(making.home):
            making = Making(study, audience, pages, chosen, force)  # as the run before it left things
            if making.is_needed:
                making.make(jobs, scheduler, progress)
            return _result(making)
    except OSError as error:
        where = error.filename or study.reports
        raise GLCError(f"The reports cannot be written: {error.strerror or error} ({where}). "
                       f"{making.standing}") from None


def _result(making: Making, *, is_done: bool = True) -> RunResult:
    """What happened, or, before it, what would."""
    current = making.home / "current"
    folder = current if current.is_symlink() else last_run(making.study, making.audience)[0]
    site = folder / "site" / "index.html" if is_done and folder else None
    briefs = folder / "briefs" if is_done and folder and (folder / "briefs").is_dir() else None
    ran, kept = (tuple(page.slug for page in pages) for pages in (making.to_run, making.to_keep))
    return RunResult(ran, kept, tuple(making.failures), site, is_done, briefs, tuple(making.notes))


@contextmanager
def _readable_by(audience: str) -> Iterator[None]:
    """What is written meanwhile is its owner's alone where it is for the team."""
    before = os.umask(0o077 if audience == "team" else 0o022)
    try:
        yield
    finally:
        os.umask(before)
