"""One page in a kernel of its own. papermill runs it; what goes wrong is said in one line."""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glc_analysis.errors import GLCError
from glc_analysis.reports.collection import parameters_at
from glc_analysis.reports.plan import Page
from glc_analysis.study import DECLARED, Study

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

        from glc_analysis.reports.kernels.provisioner import NAME, start_server

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

        from glc_analysis.reports.kernels.manager import KernelManager

        kernel = KernelManager(kernel_name=self._name)
        with tempfile.TemporaryDirectory(prefix="glc-", dir=_folder_of_sockets()) as own, kernel.ending():
            kernel.connection_file = str(Path(own, "kernel.json"))
            if os.name == "posix":  # what a kernel says over TCP any user of the machine can read
                kernel.transport = "ipc"
            # cwd here, not by papermill: papermill changes the folder of all threads.
            env = self._environment | {DECLARED: " ".join(page.declares)}
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
