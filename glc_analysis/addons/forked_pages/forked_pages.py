"""Provides the processes in which a run makes its pages. The processes are forked from a server that has
imported the modules that pages need."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

from glc_analysis.addon import list_declarations
from glc_analysis.addons.forked_pages.fork_server import (
    Calls,
    fork_process,
    make_server_read_tables,
    open_memory_file,
)
from glc_analysis.disclosure.rules import has_capability
from glc_analysis.read_log import EVERYTHING
from glc_analysis.run.execute import (
    DEAD_KERNEL,
    Executed,
    Failure,
    PageProcesses,
    describe_exit,
    make_page_environment,
    make_page_failure,
)
from glc_analysis.run.plan import NOTEBOOKS, PageJob
from glc_analysis.schema import load_processed_table_schemas
from glc_analysis.study import Study

_IMPORTED = re.compile(r"\bfrom (glc_analysis[\w.]*) import ([\w, ]*)")


def start_fork_server(study: Study, audience: str) -> AbstractContextManager[Executor | None]:
    """Starts the server process from which the pages of an audience are forked. The server imports its
    libraries while the caller goes on. If the audience may see everything, the server then reads the tables
    of the last build, most of which do not change in a build. For other audiences, this function makes the
    server read no tables, because their pages may not need the whole study.

    Returns a context manager. It yields an executor that calls functions in forked processes, or None if
    pages are not forked.
    """
    if not _is_forking():
        return nullcontext()
    environment = make_page_environment(study) | _preloading()
    may_see_all = has_capability(audience, "all_figures")
    # Without tables, this only starts the server.
    make_server_read_tables(environment, str(study.root),
                            sorted(load_processed_table_schemas()) if may_see_all else [])
    return Calls(environment)


def _is_forking() -> bool:
    return sys.platform == "linux" and "JUPYTER_DEFAULT_PROVISIONER_NAME" not in os.environ


@cache
def _preloading() -> dict[str, str]:
    """Returns the environment variable that makes the fork server of a run also import the modules of this
    package that pages and calls use."""
    lines = [line for path in NOTEBOOKS.glob("[0-9]*.ipynb")
             for line in _IMPORTED.findall(path.read_text(encoding="utf-8"))]
    # What is imported from a package may itself be a module; the server leaves out what is none.
    imported = {module for package, names in lines
                for module in (package, *(f"{package}.{name}" for name in names.split(", ")))}
    of_add_ons = _modules_of("view", "slots", "checks", "counted_by", "provides")
    modules = sorted({"glc_analysis.view.reader_study", *imported, *of_add_ons})
    needed_by_calls = ["glc_analysis.publish.site", *(
        module for _, declared in list_declarations("preloaded") for module in declared)]
    return {"GLC_PRELOAD": " ".join(["glc_analysis.addons.forked_pages.kernels", *modules, *needed_by_calls])}


def _modules_of(*field_names: str) -> set[str]:
    """Returns the names of the modules to which add-ons refer in the given fields of their declarations."""
    return {f"glc_analysis.addons.{add_on.name}.{target.partition(':')[0]}"
            for field_name in field_names for add_on, entry in list_declarations(field_name)
            for target in (entry.values() if isinstance(entry, Mapping) else [entry])}


class ForkedPages(PageProcesses):
    """The processes in which the pages of one run are executed. Each process is forked if possible. No
    process is forked if the environment variable JUPYTER_DEFAULT_PROVISIONER_NAME names another source of
    kernels."""

    def __init__(self, study: Study, *, timeout: float, reader_study: Study | None = None) -> None:
        super().__init__(study, timeout=timeout, reader_study=reader_study)
        if _is_forking():
            self.jobs = os.cpu_count() or 1
        self._calls: set[Calls] = set()
        self._are_calls_ended = False

    def preload(self, reads: Iterable[str]) -> None:
        """Makes the fork server read, once for all pages, the tables that any of the pages read when the page
        was last made, unless the server has them in memory already. If it is not known which tables a page
        read, the server reads all tables."""
        if _is_forking():
            read = {one.partition(" ")[0] for one in reads}
            make_server_read_tables(self.environment | _preloading(), str(self.reader_study.root),
                                    sorted(load_processed_table_schemas() if read & {*EVERYTHING} else read))

    def execute_in_new_process(self, page: PageJob, temporary_folder: Path) -> Executed | Failure:
        """Makes a page in a forked process, or in a kernel if no process can be forked."""
        forked = self._fork(page, temporary_folder) if _is_forking() else None
        return forked or super().execute_in_new_process(page, temporary_folder)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Calls a function in a forked process, or in this process if no process can be forked."""
        if not _is_forking():
            return function(*arguments)
        with Calls(self.environment | _preloading()) as calls:
            self._calls.add(calls)
            try:
                if self._are_calls_ended:
                    calls.end()
                return calls.submit(function, *arguments).result()
            finally:
                self._calls.discard(calls)

    def end_calls(self) -> None:
        """Ends the functions that :meth:`call` has called in forked processes, and all later ones."""
        self._are_calls_ended = True
        for calls in list(self._calls):
            calls.end()

    def _fork(self, page: PageJob, folder: Path) -> Executed | Failure | None:
        with open_memory_file() as written, open_memory_file() as entered:
            process = fork_process(
                self.make_environment(page, folder) | _preloading(), str(page.notebook.parent),
                files=(written, entered),
                page={"notebook": str(page.notebook), "parameters": page.parameters})
            if process is None:
                return None
            is_late = threading.Event()
            with self.kill_if_late(process, is_late):
                code = process.wait()
            written.seek(0)
            content, place = written.read(), int(entered.read() or -1)
        if is_late.is_set():
            return make_page_failure(page, place, "TimeoutError", self.lateness_message)
        if code or not content:
            return make_page_failure(page, place, DEAD_KERNEL, describe_exit(code))
        outcome = json.loads(content)
        if "notebook" in outcome:
            return Executed(outcome["notebook"])
        return make_page_failure(page, outcome["place"], outcome["error"], outcome["message"])
