"""Makes the reports for an audience: executes the notebooks of pages that are out of date, keeps the other
pages, and makes the site.

Each run has its own folder under ``reports/<audience>/runs``. When a run is complete, a single rename makes
the link ``current`` point to its folder, so that readers see either all new pages or no new page. Every
finished page is recorded, so that the page need not be made again if the run is interrupted.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from glc_analysis.addon import load_declared_objects
from glc_analysis.disclosure.rules import has_capability
from glc_analysis.errors import Faults, GLCError, find_file_of_os_error
from glc_analysis.locks import hold_folder_lock
from glc_analysis.manifest import hash_package_and_lock_file, list_package_file_stamps
from glc_analysis.permissions import close_folder_tree_to_others
from glc_analysis.run import record
from glc_analysis.run.folders import (
    new_run_id,
    point_current_to_run,
    remove_all_but_recent_runs,
    remove_incomplete_runs,
)
from glc_analysis.run.plan import (
    NOTEBOOKS,
    Inputs,
    PageJob,
    compute_current_key,
    is_page_current_by_record,
    list_input_file_stamps,
    make_run_page_path_without_suffix,
    plan_pages,
    select_failed_or_stale_pages,
)
from glc_analysis.run.record import find_last_run
from glc_analysis.study import REPOSITORY, Study
from glc_analysis.terminal import (
    Progress,
    defer_interrupts,
    end_gracefully_at_interrupt,
    raise_if_interrupted,
    show_progress_bar,
)
from glc_analysis.writing import link_or_copy, write_atomic

if TYPE_CHECKING:
    from glc_analysis.gate.gate import Gate
    from glc_analysis.publish.site import Assembly
    from glc_analysis.run.execute import Failure


Processes = Callable[..., Any]
"""A function that takes a study, ``timeout`` and ``reader_study``, and returns an object that executes pages.
The returned object replaces a :class:`.execute.PageProcesses` and has the same methods. The run prints the
messages in the object's attribute ``notes``."""


class Ahead(NamedTuple):
    """A page that a run makes first, so that it can be shown before the other pages are made. If the gate
    lets the page pass, the function ``show`` is called with the HTML of each part of the page, keyed by the
    slug of the part."""

    slug: str
    show: Callable[[dict[str, str]], None]


# ------------------------------
# The steps of a run


class ReportRun:
    """One run of the reports: the pages to execute, the pages to keep, and the pages that an interrupted run
    finished."""

    def __init__(self, study: Study, inputs: Inputs, pages: Sequence[PageJob], chosen: Sequence[PageJob],
                 force: bool, printed: str, notebooks: Path, state: tuple[Any, Any],
                 ahead: Ahead | None = None) -> None:
        self._ahead = ahead
        self.study, self.inputs, self.audience = study, inputs, inputs.audience
        self.home, self.printed, self.is_forced = study.reports / self.audience, printed, force
        self.notebooks, self._state = notebooks, state
        self.last_folder, last = find_last_run(study, self.audience)
        last_entries, self.last_site_key = last.get("pages", {}), last.get("site", "")
        self.paths = {slug: make_run_page_path_without_suffix(slug, entry["parameters"])
                      for slug, entry in last_entries.items()}
        self.paths |= {page.slug: make_run_page_path_without_suffix(page.slug, page.parameters)
                       for page in pages}
        self.last_entries = {slug: entry for slug, entry in last_entries.items()
                             if record.is_page_file_undamaged(self._last_path(slug), entry, study.digests)}
        self.to_run = list(chosen) if force else select_failed_or_stale_pages(
            chosen, {"pages": self.last_entries})
        recovered = {} if force else record.find_pages_of_interrupted_runs(
            self.home / "runs", self.to_run, self.last_folder,
            partial(is_page_current_by_record, inputs=inputs))
        self.recovered = {slug: (folder, entry) for slug, (folder, entry) in recovered.items()
                          if record.is_page_file_undamaged(self._path_in(folder, slug), entry, study.digests)}
        running = {page.slug for page in self.to_run}
        # In the order of the plan; without pages that were neither made before nor chosen now.
        self.pages = [page for page in pages if page.slug in running or page.slug in self.last_entries]
        self.to_keep = [page for page in self.pages if page.slug not in running]
        self.own_pages = [page for page in self.pages if page.organisation]
        is_whole = len(chosen) == len(pages)
        self.is_needed = bool(self.to_run) or last.get("printed", printed) != printed or (
            is_whole and len(self.to_keep) < len(self.last_entries))
        self.entries: dict[str, dict[str, Any]] = {}
        self._call: Callable[..., Any] | None = None
        self._end_calls: Callable[[], None] = lambda: None
        self.failures: list[Failure] = []
        self.notes = []
        if self.recovered:
            self.notes.append(f"An interrupted run had already finished {len(self.recovered)} of the pages.")
        for notes in load_declared_objects("runs", "notes"):
            self.notes += notes(study, self.audience)

    def _path_in(self, run: Path, slug: str) -> Path:
        return run / f"{self.paths.get(slug, make_run_page_path_without_suffix(slug, {}))}.ipynb"

    def _last_path(self, slug: str) -> Path:
        return self._path_in(self.last_folder or self.home, slug)

    def _new_path(self, slug: str) -> Path:
        return self._path_in(self.folder, slug)

    @property
    def _done(self) -> int:
        return sum(page.slug in self.entries for page in self.to_run)

    @property
    def progress_words(self) -> str:
        """Returns words that say how many pages the run has finished. The message about an interrupted run
        contains these words."""
        if not self._done:
            return "The reports are unchanged."
        if self.is_forced:
            return (f"{self._done} of {len(self.to_run)} pages were done, but the reports are unchanged. "
                    "A new run with --force makes all pages again.")
        return (f"{self._done} of {len(self.to_run)} pages are done and kept. To go on: run the same command "
                "again.")

    def make_pages_and_site(self, jobs: int, processes: Processes | None, progress: Progress | None) -> None:
        """Makes the folder of this run with all pages and the site, and makes this run the current run. If
        the run is interrupted, its finished pages stay in the folder."""
        runs, started = self.home / "runs", datetime.now(UTC)
        self.folder = runs / new_run_id(runs, started)
        self.head = {"run": self.folder.name, "study": self.study.id, "audience": self.audience,
                     "printed": self.printed, "started": started.isoformat(timespec="seconds")}
        self.folder.mkdir(parents=True)
        for page in self.pages:
            self._new_path(page.slug).parent.mkdir(exist_ok=True)
        try:
            self._link_finished_pages()
            remove_incomplete_runs(runs, kept=self.folder)
            shown = nullcontext(progress) if progress else show_progress_bar()
            with shown as report, ExitStack() as self._exit:
                if to_run := [page for page in self.to_run if page.slug not in self.entries]:
                    self._execute(to_run, jobs, processes, report)
                report(len(to_run), len(to_run), "The site")
                failed = {slug for slug, entry in self.entries.items() if entry["failure"]}
                gate = self._assembly.make_site_and_gate_to_pass(self.pages, failed, self.printed == "full")
            raise_if_interrupted()
            self._record(finished=datetime.now(UTC).isoformat(timespec="seconds"),
                         site=self._assembly.site_key)
            self._promote(gate)
        except BaseException as error:
            if isinstance(error, Faults) or self.to_run and not self._done:  # refused, or nothing done
                shutil.rmtree(self.folder, ignore_errors=True)
            raise
        remove_all_but_recent_runs(runs, current=self.folder)

    @cached_property
    def _assembly(self) -> Assembly:
        from glc_analysis.publish.site import Assembly
        from glc_analysis.tables import use_python_strings

        # As the build does: reference tables that it read with another kind of text would be read again.
        self._exit.enter_context(use_python_strings())
        keys = {page.slug: self.last_entries[page.slug]["key"] for page in self.to_keep}
        keys |= {page.slug: page.key for page in self.to_run}
        with defer_interrupts():
            assembly = self._exit.enter_context(closing(
                Assembly(self.study, self.audience, self.folder, self.pages, [*self.entries], keys,
                         self.last_folder, self.last_site_key, self._call)))
        self._exit.callback(lambda: self._end_calls())  # first, or an interrupted run waits for its downloads
        return assembly

    def _link_finished_pages(self) -> None:
        """Links finished pages into the folder of this run: the pages of the last run that are up to date,
        and the pages that an interrupted run finished."""
        for page in self.to_keep:
            link_or_copy(self._last_path(page.slug), self._new_path(page.slug))
            self.entries[page.slug] = self.last_entries[page.slug]
        for slug, (folder, entry) in self.recovered.items():
            link_or_copy(self._path_in(folder, slug), self._new_path(slug))
            self.entries[slug] = entry
        self._record()

    def _execute(self, to_run: list[PageJob], jobs: int, elsewhere: Processes | None,
                 report: Progress) -> None:
        from glc_analysis.run.execute import execute_all

        report(0, len(to_run), "Pages start")
        # The pages that took longest the last time go first, so that none of them is left at the end.
        last_seconds = {page.slug: self.last_entries.get(page.slug, {}).get("seconds", 0) for page in to_run}
        order = sorted(to_run, key=lambda page: (not self._is_ahead(page), -last_seconds[page.slug]))
        processes = self._processes(elsewhere, self._reader_study(to_run))
        self._call, self._end_calls = processes.call, processes.end_calls
        if not elsewhere:
            processes.preload(one for page in to_run for one in page.reads)
        try:
            # A page that somebody waits for has the processors to itself as far as possible.
            awaited = {page.slug for page in to_run if self._is_ahead(page)}
            meanwhile = (lambda: None) if awaited else lambda: self._assembly
            with defer_interrupts(), closing(execute_all(processes, order, jobs, meanwhile)) as executed:
                for done, (page, outcome, seconds) in enumerate(executed, start=1):
                    self._store(page, outcome, seconds)
                    awaited.discard(page.slug)
                    if not awaited:
                        self._assembly.start_downloads()
                    report(done, len(to_run), page.title)
        except Faults:
            raise
        except GLCError as error:  # those who execute pages elsewhere are gone
            raise GLCError(f"{error} {self.progress_words}") from None

    def _is_ahead(self, page: PageJob) -> bool:
        return self._ahead is not None and page.slug == self._ahead.slug and not page.organisation

    def _reader_study(self, to_run: Sequence[PageJob]) -> Study | None:
        """Makes a study for the notebooks of this run to read; the study has only what the audience may see.
        Returns None if the audience may see everything, or if every page needs the whole study."""
        if has_capability(self.audience, "all_figures") or all(page.whole_study for page in to_run):
            return None
        from glc_analysis.view.reader_study import write_visible_part_of_study

        folder = self._exit.enter_context(TemporaryDirectory(dir=self.folder, prefix=".reader-"))
        return write_visible_part_of_study(self.study, self.audience, Path(folder))

    def _processes(self, elsewhere: Processes | None, reader_study: Study | None) -> Any:
        from glc_analysis.run.execute import choose_add_on_or_default_processes

        processes = (elsewhere or choose_add_on_or_default_processes())(
            self.study, timeout=self.study.settings["reports"]["timeout"], reader_study=reader_study)
        self.notes += processes.notes
        return processes

    def _store(self, page: PageJob, outcome: Any, seconds: float) -> None:
        """Writes an executed page and records it. If the page failed, a substitute is written and recorded:
        the last good page with a notice, or a notice alone."""
        from glc_analysis.run.execute import Failure, format_notebook, normalise_notebook

        if not isinstance(outcome, Failure):
            page = page.replace_reads(outcome.reads, self.inputs)
        if self._has_changed(page):  # which may also be why it failed: a notebook was read half saved
            outcome = Failure(page.notebook.name, page.slug, 0, "Changed",
                              "the data or code of the page changed while the page was being made. To "
                              "fix: run the same command again")
        if isinstance(outcome, Failure):
            self.failures.append(outcome)
            updated = self.last_entries.get(page.slug, {}).get("updated", "")
            notebook = self._stand_in(page, outcome, updated)
        else:
            updated = f"{datetime.now(UTC):%Y-%m-%d}"
            notebook = normalise_notebook(outcome.notebook, title=page.title,
                                          roots=(self.study.root, REPOSITORY))
        content = format_notebook(notebook)
        write_atomic(self._new_path(page.slug), content)
        if self._ahead and self._is_ahead(page) and not isinstance(outcome, Failure):
            from glc_analysis.publish.site import render_page_parts_ahead

            # Shown before other parts of the site are begun, which would take the processor from it.
            self._ahead.show(render_page_parts_ahead(self.study, self.audience, self.folder, page,
                                                     self.last_folder, self._call))
        if not page.organisation:
            self._assembly.search_and_convert_notebook_ahead(self._new_path(page.slug))
        self.entries[page.slug] = {
            "title": page.title, "notebook": page.notebook.name, "key": page.key, "reads": page.reads,
            "parts": page.parts, "parameters": page.parameters, "seconds": round(seconds, 2),
            "updated": updated, "mark": record.digest_page(content, self.study.digests),
            "failure": str(outcome) if isinstance(outcome, Failure) else ""}
        self._record()

    def _has_changed(self, page: PageJob) -> bool:
        """Whether an input of the page has changed since the run was planned."""
        now = _state(self.study, self.notebooks)
        if now == self._state:
            return False
        if now[0] != self._state[0]:
            hash_package_and_lock_file.cache_clear()
        with suppress(GLCError):  # such as tables that are just being built
            inputs = Inputs(Study(self.study.root), self.audience)
            return page.key != compute_current_key(page, inputs, self.notebooks)
        return True

    def _stand_in(self, page: PageJob, failure: Failure, updated: str) -> dict[str, Any]:
        from glc_analysis.run.execute import make_prose_notebook, set_notice_below_title

        if not updated:
            return set_notice_below_title(
                make_prose_notebook(f"# {page.title}"),
                f"This page could not be made: {failure.notebook} failed at cell {failure.cell}.")
        good = json.loads(self._last_path(page.slug).read_text(encoding="utf-8"))
        return set_notice_below_title(
            good, f"Not updated since {updated}: its notebook has failed since then.")

    def _record(self, **more: str) -> None:
        """Records the pages of the run. While the run goes on, only the pages that this run makes are
        recorded, because all other pages are in the record of the last run."""
        pages = self.pages if more else self.to_run
        entries = {page.slug: self.entries[page.slug] for page in pages if page.slug in self.entries}
        record.write_run_record(self.folder, {**self.head, **more}, entries,
                                {page.slug: self._new_path(page.slug).parent for page in self.own_pages})

    def _promote(self, gate: Gate) -> None:
        """Lets the gate check the run, completes the run, and makes it the current run."""
        from glc_analysis.tables import use_python_strings

        with use_python_strings():
            gate.refuse_or_record_as_passed(self.folder)
        for keep in load_declared_objects("runs", "keep"):
            keep(self.study, self.audience, self.folder)
        if not has_capability(self.audience, "internal"):  # first: whatever readers see must be on record
            from glc_analysis.release_store import record_next_release_as_published

            record_next_release_as_published(self.study, self.audience)
        if hasattr(os, "sync"):  # first: a power cut must not damage what readers see
            os.sync()
        (self.folder / record.UNFINISHED_RECORD).replace(self.folder / record.RUN_RECORD)
        point_current_to_run(self.home, self.folder)


# ------------------------------
# A run, and its result


@dataclass(frozen=True)
class RunResult:
    """The result of a run or, if ``is_done`` is false, what the run would do. ``ran`` and ``kept`` are lists
    of slugs of pages, ``site`` is the path of the start page, and ``briefs`` is the folder with a brief for
    each organisation."""

    ran: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    site: Path | None = None
    is_done: bool = True
    briefs: Path | None = None
    notes: tuple[str, ...] = ()

    @property
    def lines(self) -> Iterator[str]:
        """The result of the run as messages for people.

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
            page = self.site.with_name(f"{self.ran[0]}.html") if len(self.ran) == 1 else self.site
            yield from [f"The page: {page}"] * (page != self.site and page.is_file())
            yield f"The reports: {self.site}"
        if self.briefs:
            yield f"Briefs, each for one organisation only: {self.briefs}"


def update_report_pages(study: Study, *, audience: str = "team", country: str = "", theme: str = "",
                        only: str = "", jobs: int = 0, processes: Processes | None = None,
                        force: bool = False, dry_run: bool = False, printed: str = "short",
                        progress: Progress | None = None, folder: Path = NOTEBOOKS,
                        build: Callable[[], None] = lambda: None, ahead: Ahead | None = None) -> RunResult:
    """Makes the out-of-date pages of an audience again, and makes the site. If a notebook fails, the last
    good page of this notebook is kept and marked, and the result lists the failure.

    - ``country``, ``theme``, ``only``: if given, only the pages of this country or theme, or the page with
      this slug, are updated;
    - ``jobs``: the number of notebooks that run at the same time; 0 means one for each core of the computer;
    - ``processes``: a function that makes the object which executes pages, in place of processes on this
      computer;
    - ``force``: if true, pages that are up to date are made again as well;
    - ``dry_run``: if true, nothing is changed, and the result says what the run would do;
    - ``printed``: on the screen, some texts are closed until a reader opens them. On paper, "full" prints
      these texts as a whole, and "short" prints only the first line of each;
    - ``progress``: a function that is called after each page; by default a progress bar is shown on a
      terminal;
    - ``build``: a function that is called before anything is read, while no other run of these reports can be
      active;
    - ``ahead``: a page that is made first, and shown before the other pages are made.

    The function raises these errors:

    - UsageError and Faults, in the cases in which :func:`plan_pages` raises them;
    - Faults, if the gate finds something that the audience may not see; in this case nothing is published;
    - Busy, if another run of these reports is active;
    - GLCError, if the reports cannot be written;
    - Interrupted, at Ctrl-C or SIGTERM; the finished pages are kept for the next run.
    """
    home = study.reports / audience
    with ExitStack() as stack:
        if not dry_run:
            stack.callback(_remove_if_empty, home, study.reports)
            with _written(study, lambda: "The reports are unchanged."):
                stack.enter_context(hold_folder_lock(home))
        build()
        state = _state(study, folder)
        inputs = Inputs(study, audience)
        pages = chosen = plan_pages(study, audience=audience, folder=folder, inputs=inputs)
        if country or theme or only:
            chosen = plan_pages(study, audience=audience, country=country, theme=theme, only=only,
                                folder=folder, inputs=inputs)
        report_run = ReportRun(study, inputs, pages, chosen, force, printed, folder, state, ahead)
        if report_run.is_needed and not dry_run:
            with _written(study, lambda: report_run.progress_words), \
                    end_gracefully_at_interrupt(lambda: report_run.progress_words):
                close_folder_tree_to_others(study.root)
                study.write_digest_key_if_missing()
                report_run.make_pages_and_site(jobs, processes, progress)
        return _result(report_run, is_done=not dry_run)


def _state(study: Study, notebooks: Path) -> tuple[Any, Any]:
    """Returns the sizes and modification times of two groups of files: the package's files, and the files on
    which the pages and their plan depend. If the sizes and times are the same later, no file has changed."""
    return list_package_file_stamps(), list_input_file_stamps(study, notebooks)


def _remove_if_empty(*folders: Path) -> None:
    """Removes the given folders, which were made only for the lock, if they are empty. The innermost folder
    must be passed first."""
    with suppress(OSError):
        for folder in folders:
            folder.rmdir()


@contextmanager
def _written(study: Study, standing: Callable[[], str]) -> Generator[None]:
    """Runs the block of ``with``, which writes reports. If the reports cannot be written, the raised error
    says how far the run has got."""
    try:
        yield
    except OSError as error:
        where = find_file_of_os_error(error) or study.reports
        raise GLCError(f"The reports cannot be written: {error.strerror or error} ({where}). "
                       f"{standing()}") from None


def _result(report_run: ReportRun, *, is_done: bool = True) -> RunResult:
    """Returns the result of a run; if ``is_done`` is false, returns what the run would do."""
    current = report_run.home / "current"
    folder = current if current.is_symlink() else find_last_run(report_run.study, report_run.audience)[0]
    site = folder / "site" / "index.html" if is_done and folder else None
    briefs = folder / "briefs" if is_done and folder and (folder / "briefs").is_dir() else None
    ran, kept = (tuple(page.slug for page in pages) for pages in (report_run.to_run, report_run.to_keep))
    return RunResult(ran, kept, tuple(report_run.failures), site, is_done, briefs, tuple(report_run.notes))
