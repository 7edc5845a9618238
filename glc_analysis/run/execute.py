"""Pages executed in kernels, several at a time, and kept so that the same inputs give the same bytes.

papermill runs each notebook; what goes wrong is reported in one line. A notebook is a plain dictionary
here, as ``json`` reads it.
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
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glc_analysis.errors import GLCError
from glc_analysis.files import check_interrupted
from glc_analysis.run.plan import Page, parameters_at
from glc_analysis.study import PAGE_INPUTS, Study

# ------------------------------
# An executed notebook as it is kept: the same inputs give the same bytes, wherever and whenever.
#
# A notebook is a plain dictionary here, as ``json`` reads it.


Content = dict[str, Any]

METADATA = {
    "kernelspec": {"display_name": "GLC analysis", "language": "python", "name": "glc_analysis"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}
NOTICE = "notice"
"""Tag of a cell that says that its page is not what it should be."""

_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+")


def normalise_notebook(notebook: Content, *, title: str, roots: Iterable[Path] = ()) -> Content:
    """A copy without what depends on machine, folder or hour, headed by the page's own title.

    Paths under ``roots`` become relative to them; what was said on stderr,
    timings and the metadata of papermill go. The notebook's own first heading,
    a question, follows the title in italics.
    """
    folders = sorted({str(root) for root in roots}, key=len, reverse=True)
    cells = _in_order(_map(notebook["cells"], lambda text: _steady(text, folders)))
    return _notebook(_headed(cells, title))


def notice(notebook: Content, text: str) -> Content:
    """A copy that says ``text`` below its title, and nothing that it said there before.

    >>> page = notice(notice(prose("# Peru"), "Not updated since May."), "Not updated since June.")
    >>> [cell["source"] for cell in page["cells"]]
    ['# Peru', '> **Not updated since June.**']
    """
    first, *rest = [c for c in notebook["cells"] if NOTICE not in c["metadata"].get("tags", [])]
    return _notebook(_in_order([first, _prose(f"> **{text}**", tags=[NOTICE]), *rest]))


def prose(text: str) -> Content:
    """A notebook of one cell of Markdown."""
    return _notebook(_in_order([_prose(text)]))


def dumps(notebook: Content) -> str:
    """The one way a notebook is written."""
    return json.dumps(notebook, sort_keys=True, indent=1, ensure_ascii=False) + "\n"


def _notebook(cells: list[Content]) -> Content:
    return {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}


def _prose(text: str, *, tags: list[str] | None = None) -> Content:
    return {"cell_type": "markdown", "metadata": {"tags": tags} if tags else {}, "source": text}


def _in_order(cells: Iterable[Content]) -> list[Content]:
    """Cells with what a notebook needs and no more, numbered by their place."""
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
    """Outputs without stderr; what a cell printed in pieces, by chance of timing, in one piece."""
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


def _headed(cells: list[Content], title: str) -> list[Content]:
    """The cells under ``title``; the heading it replaces becomes the page's question."""
    first = next((c for c in cells if c["cell_type"] == "markdown"), None)
    heading = re.search(r"^#+ *(.+)$", first["source"], re.MULTILINE) if first else None
    if heading is None:
        return _in_order([_prose(f"# {title}"), *cells])
    question = "" if heading[1].strip() == title else f"\n\n*{heading[1].strip()}*"
    before, after = first["source"][:heading.start()], first["source"][heading.end():]
    text = f"{before}# {title}{question}{after}"
    return [{**cell, "source": text} if cell is first else cell for cell in cells]


def _steady(text: str, folders: Iterable[str]) -> str:
    """A text without addresses in memory and without the folders of this machine."""
    text = _ADDRESS.sub("at 0x…", text)
    for folder in folders:
        if folder in text:
            text = re.sub(rf"(?<!\w){re.escape(folder)}[/\\]", "", text)
            text = re.sub(rf"(?<!\w){re.escape(folder)}(?![\w-]|\.\w)", ".", text)
    return text


def _map(value: Any, change: Callable[[str], str]) -> Any:
    """A copy of lists and dictionaries with every text changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_map(item, change) for item in value]
    if isinstance(value, dict):
        return {name: _map(item, change) for name, item in value.items()}
    return value


# ------------------------------
# Pages executed several at a time, as they get done.


Outcome = tuple[Page, Any, float]


def outcomes(kernels: Any, pages: Sequence[Page], jobs: int, meanwhile: Callable[[], Any]
             ) -> Iterator[Outcome]:
    """Each page with what came out and the seconds it took, in any order; ``jobs`` of 0 are as many as the
    ``kernels`` advise. ``meanwhile`` is done here while the first kernels start.

    A page whose kernel died has another try at the end, alone: memory that was short may suffice for one.
    Closed early, it ends all kernels. To be used in the main thread.
    """
    pool, again = ThreadPoolExecutor(jobs or kernels.jobs), []  # threads: the work is done by processes
    try:
        tasks = {pool.submit(_timed, kernels.execute, page): page for page in pages}
        meanwhile()
        for page, outcome, seconds in _as_done(tasks):
            if getattr(outcome, "is_dead", False):
                again.append(page)
            else:
                yield page, outcome, seconds
        for page in again:
            yield from _as_done({pool.submit(_timed, kernels.execute, page): page})
    finally:
        kernels.stop()
        pool.shutdown(cancel_futures=True)


def _as_done(tasks: dict[Future, Page]) -> Iterator[Outcome]:
    while tasks:
        # Not for ever: a signal is heard between two waits alone.
        done, _ = wait(tasks, timeout=0.2, return_when=FIRST_COMPLETED)
        check_interrupted()
        for task in done:
            yield tasks.pop(task), *task.result()


def _timed(execute: Callable[[Page], Any], page: Page) -> tuple[Any, float]:
    start = time.perf_counter()
    return execute(page), time.perf_counter() - start


# ------------------------------
# One page in a kernel of its own. papermill runs it; what goes wrong is said in one line.


STEADY = {
    "PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": "0",
    "MATPLOTLIBRC": str(Path(__file__).with_name("matplotlibrc")),
    # Several kernels share the cores: more threads inside one only get in the way.
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
    # Keeps the debugger of ipykernel from warning at every start.
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
"""What every kernel of a run has in its environment: the same results in every time zone."""
DEAD = "DeadKernelError"
LONGEST = 70
"""Bytes of a folder's path under which a socket still has a path of its own."""


@dataclass(frozen=True)
class Failure:
    """A page that did not run through. ``cell`` is its place in the notebook, 0 before the first.

    >>> print(Failure("10_country.ipynb", "country-khm", 5, "KeyError", "'Q9'"))
    10_country.ipynb, page country-khm, cell 5: KeyError: 'Q9'
    """

    notebook: str
    slug: str
    cell: int
    error: str
    message: str

    @property
    def is_dead(self) -> bool:
        """Whether its kernel ended under it, which may well not happen again."""
        return self.error == DEAD

    def __str__(self) -> str:
        cell = f", cell {self.cell}" if self.cell else ""
        return f"{self.notebook}, page {self.slug}{cell}: {self.error}: {self.message}"


class Kernels:
    """The kernels of one run. Pages are executed in threads; one call stops them all.

    Where ``is_warm`` they are forked from a server that has imported the libraries, unless
    JUPYTER_DEFAULT_PROVISIONER_NAME names another way.
    """

    def __init__(self, study: Study, *, timeout: float, is_warm: bool = False) -> None:
        # nbformat checks addresses by a grammar that takes 1.4 s to import; notebooks have none.
        sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
        from jupyter_client.kernelspec import KernelSpecManager
        from jupyter_client.provisioning import KernelProvisionerFactory

        from glc_analysis.run.kernels import NAME, start_server

        logging.getLogger("papermill").setLevel(logging.CRITICAL)  # failures are told by us
        installed = KernelSpecManager().find_kernel_specs()
        self._name = "glc_analysis" if "glc_analysis" in installed else "python3"
        self._environment = os.environ | STEADY | {"GLC_STUDY": str(study.root)}
        if is_warm and "JUPYTER_DEFAULT_PROVISIONER_NAME" not in os.environ:
            KernelProvisionerFactory.instance().default_provisioner_name = NAME
            start_server(self._environment)
        self._timeout = timeout
        self.jobs = 2 * (os.cpu_count() or 1)  # a kernel waits a third of its time for messages
        self._at_work: set[Any] = set()
        self._stopped = False

    def execute(self, page: Page) -> dict[str, Any] | Failure:
        """The executed notebook of a page, or how it failed."""
        import papermill

        place, late, ended = -1, threading.Event(), []

        def enter(cell: object, cell_index: int) -> None:
            nonlocal place
            place = cell_index

        try:
            with self._kernel(page, late, ended) as kernel:
                return papermill.execute_notebook(
                    str(page.notebook), None, dict(page.parameters), kernel_name=self._name,
                    language="python", km=kernel, progress_bar=False, on_cell_execute=enter)
        # Whatever happens to one page, the others are still wanted.
        except Exception as error:  # noqa: BLE001
            cause = TimeoutError(f"took longer than {self._timeout:g} seconds") if late.is_set() \
                else _Dead(ended[0]) if ended else error
            return _failure(page, place, cause)

    def stop(self) -> None:
        """Ends every kernel at once; what they were doing fails."""
        self._stopped = True
        for process in list(self._at_work):
            process.kill()

    @contextmanager
    def _kernel(self, page: Page, late: threading.Event, ended: list[int]) -> Iterator[Any]:
        """A kernel that is killed when the page takes too long, and gone afterwards; ``ended`` gets its exit
        code where it ends under the page."""
        from jupyter_core.utils import run_sync

        from glc_analysis.run.kernels import KernelManager

        kernel = KernelManager(kernel_name=self._name)
        with tempfile.TemporaryDirectory(prefix="glc-", dir=_folder_of_sockets()) as own, kernel.ending():
            kernel.connection_file = str(Path(own, "kernel.json"))
            if os.name == "posix":  # what a kernel says over TCP any user of the machine can read
                kernel.transport = "ipc"
            # cwd here, not by papermill: papermill changes the folder of all threads.
            env = self._environment | {PAGE_INPUTS: " ".join(page.declares)}
            run_sync(kernel.start_kernel)(cwd=str(page.notebook.parent), env=env,
                                          extra_arguments=["--HistoryManager.hist_file=:memory:"])
            process = kernel.provisioner.process
            timer = threading.Timer(self._timeout, lambda: (late.set(), process.kill()))
            self._at_work.add(process)
            try:
                timer.start()
                if self._stopped:
                    raise GLCError("The run was stopped.")
                yield kernel
            finally:
                timer.cancel()
                self._at_work.discard(process)
                if (code := process.poll()) is not None:
                    ended.append(code)


def _folder_of_sockets() -> str:
    """The folder for temporary files; where its path is too long for a socket (107 bytes with what is added
    to it, 103 on some systems), the system's."""
    usual = tempfile.gettempdir()
    return usual if len(os.fsencode(usual)) <= LONGEST or os.name != "posix" else "/tmp"


class _Dead(Exception):
    """How a kernel ended under its page."""

    def __init__(self, code: int) -> None:
        super().__init__("its kernel was killed; perhaps the memory ran out" if code == -9
                         else f"its kernel ended with {code}")


def _failure(page: Page, place: int, error: Exception) -> Failure:
    """What went wrong, without its traceback, at the cell's place in the notebook as written."""
    from papermill import PapermillExecutionError

    name, message = DEAD if isinstance(error, _Dead) else type(error).__name__, str(error)
    if isinstance(error, PapermillExecutionError):
        name, message, place = error.ename, error.evalue, error.cell_index
    # papermill put a cell of its own after the parameters.
    cells = json.loads(page.notebook.read_text(encoding="utf-8"))["cells"]
    place += 1 if place <= parameters_at(cells) else 0
    said = next(iter(message.strip().splitlines()), "")[:300]
    return Failure(page.notebook.name, page.slug, place, name, said or "no message")
