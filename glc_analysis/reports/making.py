"""A run in the making: pages are executed, kept or taken over, and readers switch to all of them at once.

All is made in a folder of its own under ``reports/<audience>/runs``. One rename switches ``current`` to
it at the end; until then nobody sees any of it. What is done is recorded page by page: the run after one
that was cut off goes on from there.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from contextlib import ExitStack, closing, nullcontext, suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glc_analysis.disclosure.numbering import promote
from glc_analysis.errors import Faults, GLCError
from glc_analysis.fingerprint import package_hash
from glc_analysis.reports import record
from glc_analysis.reports.folders import later, link, prune, sweep, switch
from glc_analysis.reports.plan import Page, last_run, place, plan, read_slices, stale
from glc_analysis.reports.terminal import Progress, go_on, progress_bar
from glc_analysis.study import REPOSITORY, Study
from glc_analysis.whole import write_whole

if TYPE_CHECKING:
    from glc_analysis.reports.assemble import Assembly
    from glc_analysis.reports.execute import Failure
    from glc_analysis.reports.gate import Gate

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
        self.folder = runs / later(runs, started)
        self.head = {"run": self.folder.name, "study": self.study.id, "audience": self.audience,
                     "started": started.isoformat(timespec="seconds")}
        self.folder.mkdir(mode=0o700, parents=True)  # nobody else's before it is whole
        for page in self.pages:
            self._becomes(page.slug).parent.mkdir(mode=0o700 if page.organisation else 0o777, exist_ok=True)
        try:
            self._take_over()
            sweep(runs, but=self.folder)
            with nullcontext(progress) if progress else progress_bar() as tell, ExitStack() as self._ends:
                if to_run := [page for page in self.to_run if page.slug not in self.entries]:
                    self._execute(to_run, jobs, scheduler, tell)
                tell(len(to_run), len(to_run), "The site")
                failed = {slug for slug, entry in self.entries.items() if entry["failure"]}
                site, gate = self._assembly.make(self.pages, failed, self.site_made_by)
            go_on()
            self._record(finished=datetime.now(UTC).isoformat(timespec="seconds"), site=site)
            self._promote(gate)
        except BaseException as error:
            if isinstance(error, Faults) or self.to_run and not self._done:  # the gate's refusal, or nothing
                shutil.rmtree(self.folder, ignore_errors=True)
            raise
        prune(runs, current=self.folder)

    @cached_property
    def _assembly(self) -> Assembly:
        from glc_analysis.reports.assemble import Assembly

        keys = {page.slug: self.made[page.slug]["key"] for page in self.to_keep}
        keys |= {page.slug: page.key for page in self.to_run}
        return self._ends.enter_context(closing(
            Assembly(self.study, self.audience, self.folder, keys, self.before)))

    def _take_over(self) -> None:
        """Pages that are up to date, of the last run or of one that was cut off, are the same files."""
        for page in self.to_keep:
            link(self._was(page.slug), self._becomes(page.slug))
            self.entries[page.slug] = self.made[page.slug]
        for slug, (folder, entry) in self.found.items():
            link(self._in(folder, slug), self._becomes(slug))
            self.entries[slug] = entry
        self._record()

    def _execute(self, to_run: list[Page], jobs: int, scheduler: str, tell: Progress) -> None:
        from glc_analysis.reports.outcomes import outcomes

        tell(0, len(to_run), "Kernels start")
        # The longest first, so that none is left over at the end: by what they took the last time.
        took = {page.slug: self.made.get(page.slug, {}).get("seconds", 0) for page in to_run}
        order = sorted(to_run, key=lambda page: -took[page.slug])
        with closing(outcomes(self._kernels(scheduler, len(to_run)), order, jobs,
                              meanwhile=lambda: self._assembly)) as coming:
            for done, (page, outcome, seconds) in enumerate(coming, start=1):
                self._take(page, outcome, seconds)
                tell(done, len(to_run), page.title)

    def _kernels(self, scheduler: str, count: int) -> Any:
        from glc_analysis.reports.execute import Kernels

        timeout = self.study.settings["reports"]["timeout"]
        if not scheduler:
            return Kernels(self.study, timeout=timeout, is_warm=count >= WARM_FROM)
        from glc_analysis.reports.cluster import Cluster

        cluster = Cluster(self.study, scheduler, timeout=timeout)
        self.notes += [f"{one}: refused, it has another version of the package." for one in cluster.refused]
        return cluster

    def _take(self, page: Page, outcome: Any, seconds: float) -> None:
        """Writes an executed page, or what stands in for one that failed, and records it."""
        from glc_analysis.reports.deterministic import clean, dumps
        from glc_analysis.reports.execute import Failure

        if not isinstance(outcome, Failure) and self._has_changed(page):
            outcome = Failure(page.notebook.name, page.slug, 0, "Changed",
                              "what it is made from changed while it ran; run again")
        if isinstance(outcome, Failure):
            self.failures.append(outcome)
            updated = self.made.get(page.slug, {}).get("updated", "")
            notebook = self._instead(page, outcome, updated)
        else:
            updated = f"{datetime.now(UTC):%Y-%m-%d}"
            notebook = clean(outcome, title=page.title, roots=(self.study.root, REPOSITORY))
        content = dumps(notebook)
        write_whole(self._becomes(page.slug), content, mode=0o600 if page.organisation else 0o666)
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
        from glc_analysis.reports.deterministic import notice, prose

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
            from glc_analysis.reports.changes import keep

            keep(self.study, self.folder)
        if self.audience == "public":  # before anybody sees it, so that nothing is seen that is not kept
            promote(self.study.private, read_slices(self.study)["release"]["number"])
        if hasattr(os, "sync"):  # nor switched to what a power cut could still take away
            os.sync()
        (self.folder / record.UNFINISHED).replace(self.folder / record.NAME)
        self.folder.chmod(0o700 if self.audience == "team" else 0o755)
        switch(self.home, self.folder)
