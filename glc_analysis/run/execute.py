"""Executes the notebooks of the pages of a run, several at a time. Normalises the executed notebooks, so that
the same inputs always give the same bytes.

papermill executes each notebook in a separate process. If a page fails, a message of one line says which cell
failed, and why. In this module, a notebook is a plain dictionary, as ``json`` reads it.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glc_analysis.addon import load_declared_objects
from glc_analysis.read_log import (
    EVERYTHING,
    LOG_VARIABLE,
    read_notebook_cells_if_readable,
    read_recorded_reads_or_everything,
)
from glc_analysis.run.plan import PageJob, find_parameters_cell
from glc_analysis.study import Study
from glc_analysis.terminal import raise_if_interrupted

if TYPE_CHECKING:
    from glc_analysis.run.kernels import KernelManager

# ------------------------------
# Normalising: the same inputs give the same bytes, on any machine and at any time


Content = dict[str, Any]

_METADATA = {
    "kernelspec": {"display_name": "GLC analysis", "language": "python", "name": "glc_analysis"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}
NOTICE = "notice"
"""The tag of a cell with the notice which says that the page has failed or is out of date."""

_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+")


def normalise_notebook(notebook: Content, *, title: str, roots: Iterable[Path] = ()) -> Content:
    """Returns a copy of an executed notebook that has the title of the page, and has no content that depends
    on the machine, the folder or the time.

    The title replaces the first heading of the notebook, which is a question. The question follows below the
    title in italics. Paths under ``roots`` become relative to these folders. Output on stderr, timings and
    the metadata that papermill adds are removed.
    """
    folders = sorted({str(root) for root in roots}, key=len, reverse=True)
    cells = _number_cells(_map_texts(notebook["cells"], lambda text: _without_addresses(text, folders)))
    return _notebook(_with_title(cells, title))


def set_notice_below_title(notebook: Content, text: str) -> Content:
    """Returns a copy of a notebook with the notice ``text`` below its title; an earlier notice is replaced.

    >>> page = set_notice_below_title(make_prose_notebook("# Peru"), "Not updated since May.")
    >>> page = set_notice_below_title(page, "Not updated since June.")
    >>> [cell["source"] for cell in page["cells"]]
    ['# Peru', '> **Not updated since June.**']
    """
    first, *rest = [c for c in notebook["cells"] if NOTICE not in c["metadata"].get("tags", [])]
    return _notebook(_number_cells([first, _markdown_cell(f"> **{text}**", tags=[NOTICE]), *rest]))


def make_prose_notebook(*texts: str) -> Content:
    """Returns a notebook with one cell per text. A text of the type Markup is shown as HTML; any other text
    is Markdown.

    >>> from glc_analysis.tables_html import Markup
    >>> [cell["cell_type"] for cell in make_prose_notebook("# Peru", Markup("<p>1 of 4</p>"))["cells"]]
    ['markdown', 'code']
    """
    from glc_analysis.tables_html import Markup  # with pandas, imported while the first process starts

    return _notebook(_number_cells(
        _shown(text) if isinstance(text, Markup) else _markdown_cell(text) for text in texts))


def format_notebook(notebook: Content) -> str:
    """Returns the text of a notebook's file. All notebooks of a run are written in the form that this
    function returns."""
    return json.dumps(notebook, sort_keys=True, indent=1, ensure_ascii=False) + "\n"


def _notebook(cells: list[Content]) -> Content:
    return {"cells": cells, "metadata": _METADATA, "nbformat": 4, "nbformat_minor": 5}


def _markdown_cell(text: str, *, tags: list[str] | None = None) -> Content:
    return {"cell_type": "markdown", "metadata": {"tags": tags} if tags else {}, "source": text}


def _shown(html: str) -> Content:
    """Returns a code cell that has no code and shows HTML."""
    output = {"output_type": "display_data", "data": {"text/html": html}, "metadata": {}}
    return {"cell_type": "code", "metadata": {}, "source": "", "outputs": [output]}


def _number_cells(cells: Iterable[Content]) -> list[Content]:
    """Returns the cells, numbered in their order, with only the fields that a notebook needs."""
    ordered, count = [], 0
    for place, cell in enumerate(cells, start=1):
        tags = cell["metadata"].get("tags", [])
        kept = {"id": f"cell-{place:03}", "cell_type": cell["cell_type"],
                "metadata": {"tags": tags} if tags else {}, "source": "".join(cell["source"])}
        if cell["cell_type"] == "code":
            count += 1
            kept |= {"execution_count": count, "outputs": _outputs(cell["outputs"], count)}
        ordered.append(kept)
    return ordered


def _outputs(outputs: Iterable[Content], count: int) -> list[Content]:
    """Returns the outputs of a cell, except the outputs on stderr. Jupyter may split printed text into
    several outputs, depending on timing; these outputs are joined."""
    kept: list[Content] = []
    for output in outputs:
        if output.get("name") == "stderr":
            continue
        output = {**output, "execution_count": count} if "execution_count" in output else output
        if output["output_type"] == "stream":
            output = {**output, "text": "".join(output["text"])}
            if kept and kept[-1]["output_type"] == "stream":
                output["text"] = kept.pop()["text"] + output["text"]
        kept.append(output)
    return kept


def _with_title(cells: list[Content], title: str) -> list[Content]:
    """Returns the cells with ``title`` in place of the first heading. The replaced heading follows the title
    in italics. If the first Markdown cell has no heading, a cell with the title is put before all cells."""
    first = next((c for c in cells if c["cell_type"] == "markdown"), None)
    heading = re.search(r"^#+ *(.+)$", first["source"], re.MULTILINE) if first else None
    if first is None or heading is None:
        return _number_cells([_markdown_cell(f"# {title}"), *cells])
    question = "" if heading[1].strip() == title else f"\n\n*{heading[1].strip()}*"
    before, after = first["source"][:heading.start()], first["source"][heading.end():]
    text = f"{before}# {title}{question}{after}"
    return [{**cell, "source": text} if cell is first else cell for cell in cells]


def _without_addresses(text: str, folders: Iterable[str]) -> str:
    """Returns the text without memory addresses and without the names of this machine's ``folders``."""
    text = _ADDRESS.sub("at 0x…", text)
    for folder in folders:
        if folder in text:
            text = re.sub(rf"(?<!\w){re.escape(folder)}[/\\]", "", text)
            text = re.sub(rf"(?<!\w){re.escape(folder)}(?![\w-]|\.\w)", ".", text)
    return text


def _map_texts(value: Any, change: Callable[[str], str]) -> Any:
    """Returns a copy of nested lists and dictionaries in which ``change`` was applied to every text."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_map_texts(item, change) for item in value]
    if isinstance(value, dict):
        return {name: _map_texts(item, change) for name, item in value.items()}
    return value


# ------------------------------
# Several pages at a time


Outcome = tuple[PageJob, Any, float]


def execute_all(processes: Any, pages: Sequence[PageJob], jobs: int,
                meanwhile: Callable[[], Any]) -> Generator[Outcome]:
    """Executes the notebooks of pages, several at a time. Yields each page when its notebook has finished,
    with the outcome and the number of seconds that the notebook took.

    - ``processes``: the object that executes single pages (:class:`PageProcesses`);
    - ``jobs``: the number of pages that are executed at the same time; 0 means ``processes.jobs``;
    - ``meanwhile``: a function that is called while the first pages start.

    If the process of a page died, the page is executed again at the end without other pages, because memory
    that was too small for several pages may be enough for one page. Closing the iterator ends the execution
    of all pages. The iterator must be used in the main thread.
    """
    pool, again = ThreadPoolExecutor(jobs or processes.jobs), []  # threads suffice: pages are processes
    try:
        tasks = {pool.submit(_timed, processes.execute, page): page for page in pages}
        meanwhile()
        for page, outcome, seconds in _completed(tasks):
            if getattr(outcome, "is_dead", False):
                again.append(page)
            else:
                yield page, outcome, seconds
        for page in again:
            yield from _completed({pool.submit(_timed, processes.execute, page): page})
    finally:
        processes.stop()
        pool.shutdown(cancel_futures=True)


def _completed(tasks: dict[Future, PageJob]) -> Iterator[Outcome]:
    while tasks:
        # With a timeout, since signals are handled only between two waits.
        done, _ = wait(tasks, timeout=0.2, return_when=FIRST_COMPLETED)
        raise_if_interrupted()
        for task in done:
            yield tasks.pop(task), *task.result()


def _timed(execute: Callable[[PageJob], Any], page: PageJob) -> tuple[Any, float]:
    start = time.perf_counter()
    return execute(page), time.perf_counter() - start


# ------------------------------
# One page in a process of its own


_REPRODUCIBLE_ENV = {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": "0"}
"""Environment variables that are set for every process that executes pages. With these environment variables,
the results do not depend on the machine."""
KERNEL_ENV = _REPRODUCIBLE_ENV | {
    "MATPLOTLIBRC": str(Path(__file__).with_name("matplotlibrc")),
    # Several processes share the cores: one thread each is fastest.
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
    # Otherwise pyarrow starts a thread when it is imported, and a process with threads should not be forked.
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    # Without this the debugger of ipykernel warns at every start.
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
"""All environment variables that a run sets for the process of a page."""
_UNUSED_GRAMMAR = "rfc3987_syntax"
"""The module with the grammar by which nbformat checks web addresses. The import of this module is prevented,
because it takes 1.4 s and notebooks have no addresses to check."""
DEAD_KERNEL = "DeadKernelError"
"""The name of the error of a page whose process died."""
_LOG, _RECORDER = "reads", "glc_analysis.read_log"
"""The file in which a kernel records the inputs that its page reads, and the IPython extension that writes
this file."""
_LONGEST = 70
"""The largest number of bytes that the path of a folder for sockets may have."""


@dataclass(frozen=True)
class Executed:
    """A page that was executed, together with the inputs that it has read."""

    notebook: Content
    reads: tuple[str, ...] = EVERYTHING


@dataclass(frozen=True)
class Failure:
    """A page whose execution has failed. ``cell`` is the number of the failed cell in the notebook, counted
    from 1; it is 0 if the failure came before the first cell.

    >>> print(Failure("10_country.ipynb", "country-khm", 5, "KeyError", "'Q9'"))
    10_country.ipynb, page country-khm, cell 5: KeyError: 'Q9'
    """

    notebook: str
    slug: str
    cell: int
    error: str
    message: str
    reads: tuple[str, ...] = field(default=EVERYTHING, compare=False)

    @property
    def is_dead(self) -> bool:
        """Whether the page failed because its process died. A second attempt may succeed if the process of a
        page died."""
        return self.error == DEAD_KERNEL

    def __str__(self) -> str:
        cell = f", cell {self.cell}" if self.cell else ""
        return f"{self.notebook}, page {self.slug}{cell}: {self.error}: {self.message}"


def make_page_environment(study: Study) -> dict[str, str]:
    """Returns the environment variables of the processes that execute pages of a study."""
    return os.environ | KERNEL_ENV | {"GLC_STUDY": str(study.root)}


class PageProcesses:
    """Executes the pages of one run in separate processes on this machine. Each page has its own kernel and
    is executed from its own thread; :meth:`stop` ends all pages.

    - ``timeout``: the largest number of seconds that the execution of a page may take;
    - ``reader_study``: a study with only what the audience may see, which is used for pages that do not need
      the whole study;
    - ``notes``: messages that the run prints at its end;
    - ``jobs``: the number of pages that should be executed at the same time.
    """

    notes: Sequence[str] = ()

    def __init__(self, study: Study, *, timeout: float, reader_study: Study | None = None) -> None:
        self.environment = make_page_environment(study)
        self._timeout, self.reader_study = timeout, reader_study or study
        self.jobs = 2 * (os.cpu_count() or 1)  # a kernel spends a third of its time waiting for messages
        self._at_work: set[Any] = set()
        self._stopped = False

    def preload(self, reads: Iterable[str]) -> None:
        """Does nothing in this class, because each kernel reads the tables that it needs. A subclass may read
        the tables in ``reads`` a single time, for all pages together."""

    def execute(self, page: PageJob) -> Executed | Failure:
        """Executes a page. Returns the executed notebook or the failure, in both cases with the inputs that
        the page has read."""
        with tempfile.TemporaryDirectory(prefix="glc-", dir=_folder_of_sockets()) as folder:
            outcome = self.execute_in_new_process(page, Path(folder))
            reads = read_recorded_reads_or_everything(Path(folder, _LOG), page.notebook)
            return replace(outcome, reads=reads)

    def execute_in_new_process(self, page: PageJob, temporary_folder: Path) -> Executed | Failure:
        """Executes a page in a kernel, and returns the executed notebook or the failure. ``temporary_folder``
        is the folder for the page's temporary files."""
        sys.modules.setdefault(_UNUSED_GRAMMAR, None)  # ty: ignore[no-matching-overload]  # as if not there
        import papermill

        place, is_late, exit_codes = -1, threading.Event(), []

        def enter(cell: object, cell_index: int) -> None:
            nonlocal place
            place = cell_index

        logging.getLogger("papermill").setLevel(logging.CRITICAL)  # we report failures ourselves
        try:
            with self._kernel(page, temporary_folder, is_late, exit_codes) as kernel:
                return Executed(papermill.execute_notebook(
                    str(page.notebook), None, dict(page.parameters), kernel_name=kernel.kernel_name,
                    language="python", km=kernel, progress_bar=False, on_cell_execute=enter))
        # The failure of one page must not end the run of the others.
        except Exception as error:  # noqa: BLE001
            if is_late.is_set():
                return make_page_failure(page, place, "TimeoutError", self.lateness_message)
            if exit_codes:
                return make_page_failure(page, place, DEAD_KERNEL, describe_exit(exit_codes[0]))
            if isinstance(error, papermill.PapermillExecutionError):
                return make_page_failure(page, error.cell_index, error.ename, error.evalue)
            return make_page_failure(page, place, type(error).__name__, str(error))

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Calls a function in this process and returns its result. A subclass may call the function in
        another process, so that the processor of this process stays free for other threads."""
        return function(*arguments)

    def end_calls(self) -> None:
        """Does nothing in this class. A subclass ends the functions that :meth:`call` has called in other
        processes; the threads that wait for these functions get CancelledError."""

    @property
    def lateness_message(self) -> str:
        """Returns the message about a page whose execution takes too long."""
        return f"took longer than {self._timeout:g} seconds"

    def make_environment(self, page: PageJob, folder: Path) -> dict[str, str]:
        """Returns the environment variables for the process that executes a page. With these variables, the
        process records in ``folder`` which inputs the page reads."""
        root = {} if page.whole_study else {"GLC_STUDY": str(self.reader_study.root)}
        return self.environment | {LOG_VARIABLE: str(folder / _LOG)} | root

    def stop(self) -> None:
        """Kills every kernel, so that all pages that are being executed fail."""
        self._stopped = True
        for process in list(self._at_work):
            process.kill()

    @contextmanager
    def kill_if_late(self, process: Any, event_to_set: threading.Event) -> Generator[None]:
        """During the block of ``with``, kills the process of a page if the page takes too long or if
        :meth:`stop` is called. If the page takes too long, ``event_to_set`` is set as well."""
        timer = threading.Timer(self._timeout, lambda: (event_to_set.set(), process.kill()))
        self._at_work.add(process)
        try:
            timer.start()
            if self._stopped:
                process.kill()
            yield
        finally:
            timer.cancel()
            self._at_work.discard(process)

    @contextmanager
    def _kernel(self, page: PageJob, folder: Path, is_late: threading.Event,
                exit_codes: list[int]) -> Generator[KernelManager]:
        """Starts a kernel for one page, and ends the kernel after the block of ``with``. If the kernel died
        during the block, the kernel's exit code is added to ``exit_codes``."""
        from jupyter_client.kernelspec import KernelSpecManager
        from jupyter_core.utils import run_sync

        from glc_analysis.run.kernels import KernelManager

        installed = KernelSpecManager().find_kernel_specs()
        kernel = KernelManager(kernel_name="glc_analysis" if "glc_analysis" in installed else "python3")
        with kernel.shut_down_afterwards():
            kernel.connection_file = str(folder / "kernel.json")
            if os.name == "posix":  # over TCP, any user of the machine could read the messages
                kernel.transport = "ipc"
            # cwd is set here: papermill would change the folder of all threads.
            run_sync(kernel.start_kernel)(
                cwd=str(page.notebook.parent), env=self.make_environment(page, folder),
                extra_arguments=["--HistoryManager.hist_file=:memory:",
                                 f"--IPKernelApp.extensions={_RECORDER}"])
            process = kernel.process
            with self.kill_if_late(process, is_late):
                try:
                    yield kernel
                finally:
                    if (code := process.poll()) is not None:
                        exit_codes.append(code)


def choose_add_on_or_default_processes() -> Callable[..., PageProcesses]:
    """Returns the class or function that makes the object which executes pages on this machine. An add-on may
    declare such a class or function (:attr:`.AddOn.runs`); if no add-on does, :class:`PageProcesses` is
    returned."""
    return next(iter(load_declared_objects("runs", "processes")), PageProcesses)


def _folder_of_sockets() -> str:
    """Returns the folder in which pages have their sockets. This is the usual folder for temporary files or,
    if the path of that folder is too long, ``/tmp``. The path of a socket may have at most 107 bytes; on some
    systems, it may have at most 103."""
    usual = tempfile.gettempdir()
    return usual if len(os.fsencode(usual)) <= _LONGEST or os.name != "posix" else "/tmp"


def describe_exit(code: int) -> str:
    """Returns a message about the exit code of a process that ended before its page was finished."""
    return ("its process was killed; perhaps the memory ran out" if code == -9
            else f"its process ended with exit code {code}")


def make_page_failure(page: PageJob, executed_cell_index: int, error: str, message: str) -> Failure:
    """Returns the failure of a page, with only the first line of its error message. ``executed_cell_index``
    is the number of the failed cell in the executed notebook, counted from 0. The executed notebook also has
    the cell that papermill inserts after the parameters. The returned failure has the number of the cell in
    the original notebook, counted from 1."""
    executed_cell_index += 1 if executed_cell_index <= find_parameters_cell(
        read_notebook_cells_if_readable(page.notebook)) else 0
    first_line = next(iter(message.strip().splitlines()), "")[:300]
    return Failure(page.notebook.name, page.slug, executed_cell_index, error, first_line or "no message")
