"""Runs the cells of a page in a process forked for the page, and forks kernels for other programs.

A kernel answers messages on five sockets, none of which a page needs. The process of a page therefore has
only the shell of a kernel. The messages that the shell would send to a client are passed to nbclient in the
same process. The outputs are the same as those of a kernel, and take a third of the time. No other program
can connect to the process while it runs, and pages do not affect each other.

If no process can be forked (on a system other than Linux, for a kernel that another Python runs, or after an
error), a page runs in a kernel of its own. Other programs, such as papermill, nbclient and nbval, can use
forked kernels through a provisioner of Jupyter: set ``JUPYTER_DEFAULT_PROVISIONER_NAME=glc-fork``.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import papermill
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.interactiveshell import ExecutionResult
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner
from jupyter_client.session import Session
from nbclient.exceptions import CellExecutionError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from traitlets.config import Config

from glc_analysis.addons.forked_pages.fork_server import fork_process, open_memory_file
from glc_analysis.read_log import load_ipython_extension
from glc_analysis.templates import compile_template_macros
from glc_analysis.text import language_name

# ------------------------------
# One page, in a process that was forked for it


_ENGINE = "glc-page"
"""The name under which the engine for pages is registered with papermill."""
_INLINE_BACKEND = "module://matplotlib_inline.backend_inline"
"""The name of the backend with which matplotlib shows figures in notebooks."""


def make_shell_before_forking() -> None:
    """Makes the shell of a kernel once, before processes are forked. Each page then has its own copy of the
    shell."""
    config = Config()
    config.HistoryManager.enabled = False
    shell = ZMQInteractiveShell.instance(config=config)
    shell.displayhook.set_trait("session", _LISTENER)
    shell.display_pub.set_trait("session", _LISTENER)
    shell.kernel = SimpleNamespace(eventloop=None)
    if shell.extension_manager:
        shell.extension_manager.load_extension("storemagic")
    papermill_engines.register(_ENGINE, _PageEngine)
    compile_template_macros()
    language_name("en")  # which reads the list of all languages
    nbformat.validate(nbformat.v4.new_notebook())  # which makes the functions that check a notebook
    if matplotlib := sys.modules.get("matplotlib"):
        # When the name is set for the first time, matplotlib searches all installed packages for backends.
        matplotlib.rcParams["backend"] = _INLINE_BACKEND


def execute_page(outcome_file: int, running_cell_file: int, *, notebook: str,
                 parameters: dict[str, Any]) -> None:
    """Executes a page in this process, and writes the executed notebook to the open file ``outcome_file``.
    For a page that failed, the function writes the number of the failed cell, the name of the error and its
    message instead.

    While the page runs, the open file ``running_cell_file`` holds the number of the running cell, counted
    from 0.
    """
    backend = os.environ.setdefault("MPLBACKEND", _INLINE_BACKEND)
    if matplotlib := sys.modules.get("matplotlib"):  # imported before this process was forked
        matplotlib.rcParams["backend"] = backend
    sys.path.insert(0, "")  # what lies beside a notebook can be imported
    shell = ZMQInteractiveShell.instance()
    load_ipython_extension(shell)
    sys.stdout, sys.stderr = (_Printed(name, number, _LISTENER) for number, name in
                              enumerate(("stdout", "stderr"), start=1))
    place = -1

    def enter(cell: object, cell_index: int) -> None:
        nonlocal place
        place = cell_index
        os.pwrite(running_cell_file, f"{place:<9}".encode(), 0)

    try:
        said: dict[str, Any] = {"notebook": papermill.execute_notebook(
            notebook, None, parameters, engine_name=_ENGINE, kernel_name="python3", language="python",
            progress_bar=False, on_cell_execute=enter)}
    except papermill.PapermillExecutionError as error:
        said = {"place": error.cell_index, "error": error.ename, "message": error.evalue}
    except Exception as error:  # noqa: BLE001
        said = {"place": place, "error": type(error).__name__, "message": str(error)}
    with open(outcome_file, "w", encoding="utf-8") as file:
        json.dump(said, file)


class _PageEngine(Engine):
    """The engine that executes pages, in the form that papermill requires."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, on_cell_execute: Any = None,
                                 **options: Any) -> None:
        """Executes the cells of a page in order, until a cell fails."""
        asyncio.run(_Client(nb_man, on_cell_execute=on_cell_execute).run_cells())


class _Client(PapermillNotebookClient):
    """The client of papermill, changed so that it uses the shell of this process instead of a kernel."""

    async def run_cells(self) -> None:
        """Runs the cells in the way that ``papermill_execute_cells`` does. While the cells run, an event loop
        runs, as in a kernel."""
        self.reset_execution_trackers()
        for index, cell in enumerate(self.nb.cells):
            self.nb_man.cell_start(cell, index)
            try:
                if self._is_to_run(cell):
                    await self._run_cell(cell, index)
            except CellExecutionError as error:
                self.nb_man.cell_exception(cell, cell_index=index, exception=error)
                break
            finally:
                self.nb_man.cell_complete(cell, cell_index=index)

    def _is_to_run(self, cell: Any) -> bool:
        tags = cell.metadata.get("tags", [])
        return cell.cell_type == "code" and bool(cell.source.strip()) and self.skip_cells_with_tag not in tags

    async def _run_cell(self, cell: Any, index: int) -> None:
        shell = ZMQInteractiveShell.instance()
        self.on_cell_execute(cell=cell, cell_index=index)
        self.clear_before_next_output = False
        cell.outputs, cell.execution_count = [], shell.execution_count
        _LISTENER.heard = lambda message: self.process_message(message, cell, index)
        result = await _run(shell, cell.source)
        sys.stdout.flush()
        sys.stderr.flush()
        if shell.exit_now:  # exit() ends a kernel
            os._exit(0)
        if not result.success and "raises-exception" not in cell.metadata.get("tags", []):
            error = result.error_before_exec or result.error_in_exec
            raise CellExecutionError("", type(error).__name__, str(error))


async def _run(shell: ZMQInteractiveShell, source: str) -> ExecutionResult:
    """Runs a cell in the way that the kernel of IPython runs cells for a client."""
    try:
        transformed, failure = shell.transform_cell(source), None
    except Exception:  # noqa: BLE001
        transformed, failure = source, sys.exc_info()
    result = await shell.run_cell_async(source, store_history=True, transformed_cell=transformed,
                                        preprocessing_exc_tuple=failure)
    shell.events.trigger("post_execute")
    shell.events.trigger("post_run_cell", result)
    return result


# What the shell says goes to nbclient, not to sockets.


class _Listener(Session):
    """A session of Jupyter that passes all messages to a function of this process."""

    heard: Callable[[dict[str, Any]], object]

    def send(self, stream: object, msg_or_type: Any, content: Any = None, *others: Any, **more: Any) -> None:
        """Passes a message to the function; the message is given either whole or as type and content."""
        self.heard(msg_or_type if isinstance(msg_or_type, dict) else self.msg(msg_or_type, content))


_LISTENER = _Listener()


class _Printed(io.TextIOBase):
    """Standard output or standard error of a page. At each flush, the stream sends to ``session`` the text
    that Python has printed, and the text that other code has written to the file descriptor ``number``."""

    encoding, errors = "utf-8", "replace"

    def __init__(self, name: str, number: int, session: _Listener) -> None:
        self.name, self._number, self._session = name, number, session
        self._printed: list[str] = []
        self._file, self._place = open_memory_file(), 0
        os.dup2(self._file.fileno(), number)

    def writable(self) -> bool:
        """Returns True, because the stream can be written to."""
        return True

    def fileno(self) -> int:
        """Returns the file descriptor, for programs that the page starts."""
        return self._number

    def write(self, text: str) -> int:
        """Keeps a text until the next flush."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._printed.append(text)
        return len(text)

    def flush(self) -> None:
        """Sends the text written since the last flush to the session."""
        file = self._file.fileno()
        written = os.pread(file, os.fstat(file).st_size - self._place, self._place)
        self._place += len(written)
        text = "".join(self._printed) + written.decode(errors="replace")
        self._printed.clear()
        if text:
            self._session.send(None, "stream", {"name": self.name, "text": text})


# ------------------------------
# Kernels that are forked


PROVISIONER_NAME = "glc-fork"


class ForkProvisioner(LocalProvisioner):
    """The provisioner of kernels in Jupyter, changed so that kernels are forked if possible."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Starts the kernel of the command ``cmd``. Returns its connection information."""
        env, cwd = kwargs.get("env") or os.environ, str(kwargs.get("cwd") or Path.cwd())
        named = {1: kwargs.get("stdout"), 2: kwargs.get("stderr")}
        streams = {number: file for number, file in named.items() if file}
        is_usual = cmd[:3] == [sys.executable, "-m", "ipykernel_launcher"] and not any(
            map(kwargs.get, ("stdin", "independent"))) and all(
            hasattr(file, "fileno") for file in streams.values())
        forked = fork_process(env, cwd, streams, arguments=cmd[3:]) if is_usual else None
        if forked is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process, self.cwd = forked, cwd
        # No process group to signal by number: only the kernel itself knows whether it is still there.
        self.pid, self.pgid = forked.pid, None
        return self.connection_info
