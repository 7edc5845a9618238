"""The fork server: it imports, only once, the modules that every page needs, and forks a process for each
page or kernel.

The first part of this module is the code of the server process; the second part is the code of its owner, the
process that starts it. The server is started with the path of this file, not as a module of the package. A
new kernel therefore has imported no module of this package, except the modules that the run names in
GLC_PRELOAD. The kernels have no debugger, because debugpy takes a fifth of the import time and nobody debugs
a page in a forked kernel.

The server receives requests (JSON) over the socket whose number is the first argument of the server. Each
request comes with open files, in this order:

- a socket, over which the server sends the id of the new process and, when the new process has ended, its
  exit status;
- the files that become the ``streams`` of the new process, with the file numbers in ``streams``;
- further files.

A request has ``cwd``, ``env`` and one of three keys: the ``arguments`` of a kernel, a ``page``
(:mod:`.kernels`) or a ``call`` of a function. A page or call exchanges its data through the further open
files, which are in memory (:func:`open_memory_file`), so that no data of a study get onto a disk. A request
with ``tables`` makes the server read the tables for all later pages. When the owner ends, the server and all
its processes end too.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import json
import os
import pickle
import random
import select
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

_PRELOADED = ("numpy", "pandas", "pyarrow.parquet", "pyarrow.dataset", "scipy.sparse",
             "pandas.core.arrays.arrow.extension_types", "pandas.io.formats.string", "IPython.core.logger",
             "IPython.extensions.storemagic")
"""The libraries that nearly every page needs, together with submodules that the libraries themselves would
import only on first use.

Matplotlib and seaborn are left out, because they take as long to import as all libraries of this list
together, and few pages use them. The environment variable GLC_PRELOAD may name more modules, separated by
blanks. A run names the modules of this package in GLC_PRELOAD, because these modules do not change during the
run.
"""
_PAGES = "glc_analysis.addons.forked_pages.kernels"
"""The module that executes pages. A server that imports this module in advance forks no kernels."""
_TABLES = "glc_analysis.addons.forked_pages.tables_in_advance"
"""The module that reads tables for all later pages."""
_KERNELS = ("ipykernel.kernelapp", "ipykernel.debugger", "IPython.core.completerlib", "IPython.core.debugger",
           "tornado.platform.asyncio")
"""The modules that a kernel needs in addition to the preloaded libraries."""
UNUSED_GRAMMAR = "rfc3987_syntax"
"""The module with the grammar by which nbformat checks web addresses. The module is not imported, because the
import takes 1.4 s and notebooks hold no addresses to check."""
_PR_SET_PDEATHSIG = 1


def answer_requests(control: socket.socket) -> None:
    """Answers requests until the other end of ``control`` is closed."""
    processes: dict[int, socket.socket] = {}
    woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the owner, who then ends us
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    selector = selectors.DefaultSelector()
    for place in (control, woken):
        selector.register(place, selectors.EVENT_READ)
    while True:
        ready = {key.fileobj for key, _ in selector.select()}
        if woken in ready:
            with suppress(BlockingIOError):
                os.read(woken, 4096)
            _tell_ends(processes)
        if control in ready:
            request, files, *_ = socket.recv_fds(control, 1 << 22, 5)
            if not request:
                break
            asked = json.loads(request)
            if "tables" in asked:
                with suppress(Exception):  # whatever is wrong with them, a page will say it
                    importlib.import_module(_TABLES).read_tables_before_forking(**asked)
                continue
            teller, server = socket.socket(fileno=files.pop(0)), os.getpid()
            pid = os.fork()
            if not pid:
                selector.close()
                for held in (woken, wake, control.detach(), teller.detach(), *(
                        kept.detach() for kept in processes.values())):
                    os.close(held)
                _become(server, files, **asked)
            for file in files:
                os.close(file)
            processes[pid] = teller
            with suppress(OSError):
                teller.send(str(pid).encode())
    for pid in processes:
        with suppress(OSError):
            os.killpg(pid, signal.SIGKILL)


def _tell_ends(processes: dict[int, socket.socket]) -> None:
    for pid in list(processes):
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            with processes.pop(pid) as teller, suppress(OSError):
                teller.send(str(os.waitstatus_to_exitcode(status)).encode())


def _become(server: int, files: list[int], cwd: str, env: dict[str, str], streams: list[int],
            arguments: list[str] | None = None, page: dict[str, Any] | None = None,
            call: bool = False) -> None:
    """Turns this process into the process of a page or call, or into a kernel as ``python -m
    ipykernel_launcher`` would start it. Never returns."""
    # Gone with the server, even with one that is killed before it has told anybody of us.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server:
        os._exit(1)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with suppress(OSError):
        os.setsid()
    code = 1
    try:
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(env)
        time.tzset()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number in streams:
            os.dup2(files.pop(0), number)
        random.seed()
        sys.modules["numpy"].random.seed()
        if page is not None:
            sys.modules[_PAGES].execute_page(*files, **page)
        elif call:
            _call(*files)
        else:
            _launch(["ipykernel_launcher", *(arguments or []), f"--IPKernelApp.parent_handle={server}"])
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else bool(end.code)
    finally:
        os._exit(code)


def _call(asked: int, answer: int) -> None:
    """Reads a function call from the open file ``asked``, makes the call, and writes the result to the open
    file ``answer``."""
    with open(asked, "rb") as file:
        function, arguments, named = pickle.load(file)
    with open(answer, "wb") as file:
        pickle.dump(function(*arguments, **named), file)


def _launch(arguments: list[str]) -> None:
    from ipykernel import kernelapp

    sys.argv = arguments  # with the parent: its default was taken when the class was made, in the server
    kernelapp.launch_new_instance()


def block_imports(*names: str) -> None:
    """Makes those modules of ``names`` that are not imported yet appear not to be installed."""
    for name in names:
        sys.modules.setdefault(name, None)  # ty: ignore[no-matching-overload]  # as Python documents it


def main() -> None:
    """Runs the server: imports the modules in advance, then answers requests."""
    del sys.path[0]  # this file's own folder
    gc.disable()  # what is imported stays, so that searching it for garbage would take time for nothing
    block_imports(UNUSED_GRAMMAR, "debugpy")
    asked = os.environ.get("GLC_PRELOAD", "").split()
    for name in (*_PRELOADED, *(() if _PAGES in asked else _KERNELS), *asked):
        with suppress(ImportError):
            importlib.import_module(name)
    if pandas := sys.modules.get("pandas"):
        # Pages look at text piece by piece, as builds do (tables.use_python_strings): a tenth less time a
        # run.
        pandas.options.mode.string_storage = "python"
        # pandas took us for a terminal; in a kernel it prints as many columns as this.
        pandas.options.display.max_columns = 20
    if _PAGES in sys.modules:
        sys.modules[_PAGES].make_shell_before_forking()
    gc.freeze()  # what is shared stays shared
    gc.enable()
    gc.set_threshold(50_000, 50, 50)  # a page makes many objects, and then it is done
    answer_requests(socket.socket(fileno=int(sys.argv[1])))


# ------------------------------
# Its owner: asks for processes


SERVER = Path(__file__)
_ANSWER_WITHIN = 60.0
"""The number of seconds to wait for an answer of the server."""
_BOUND = ("PYTHONHASHSEED", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "PYTHONPATH",
         "GLC_PRELOAD")
"""The environment variables that take effect when Python or a library starts. A kernel that needs another
value of one of these variables cannot be forked."""


def fork_process(environment_variables: Any, cwd: str, streams: dict[int, Any] | None = None,
                 files: Sequence[Any] = (),
                 **task: Any) -> Forked | None:
    """Returns a new process forked from the server of this process. If there is no server, a server is
    started. Returns None if no server can be started, or if the server was started with other values of the
    variables :data:`_BOUND`.

    ``task`` is the ``arguments`` of a kernel, a ``page`` or a ``call``, and ``files`` are the open files that
    the new process needs. ``streams`` are the files that replace stdout (1) and stderr (2).
    """
    if sys.platform != "linux":
        return None
    try:
        server = _server(environment_variables)
        if server.bound != _bound(environment_variables):
            return None
        return server.fork({"cwd": cwd, "env": dict(environment_variables), **task}, streams or {}, files)
    except OSError:
        return None


def make_server_read_tables(environment_variables: Any, root: str, table_names: list[str]) -> None:
    """Makes the server of this process read tables of the study in ``root`` once, so that pages need not read
    the tables again. If there is no server, a server is started. The server imports its libraries and reads
    the tables while its owner goes on with other work."""
    with suppress(OSError):
        if sys.platform == "linux":
            _server(environment_variables).send_request({"root": root, "tables": table_names})


def open_memory_file() -> IO[bytes]:
    """Opens a new file that is only in the memory of the computer (on Linux)."""
    return open(os.memfd_create("glc"), "w+b")


class Calls(ThreadPoolExecutor):
    """An executor that makes one function call at a time. Each call is made in a process forked for the call,
    or in this process if no process can be forked. Calls that are not finished when the executor is closed
    are ended."""

    def __init__(self, env: Any) -> None:
        super().__init__(1)
        self._env, self._is_ended = env, False
        self._at_work: Forked | None = None

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future:
        """Starts a function call, and returns a future of its result."""
        return super().submit(self._call, function, arguments, named)

    def _call(self, function: Callable[..., Any], arguments: tuple, named: dict[str, Any]) -> Any:
        with open_memory_file() as asked, open_memory_file() as answer:
            pickle.dump((function, arguments, named), asked)
            asked.seek(0)
            self._at_work = fork_process(self._env, os.getcwd(), files=(asked, answer), call=True)
            if self._at_work and self._is_ended:
                self._at_work.kill()
            if self._at_work and not self._at_work.wait():
                answer.seek(0)
                return pickle.load(answer)
        if self._is_ended:
            raise CancelledError
        return function(*arguments, **named)  # which raises what it raised there

    def end(self) -> None:
        """Ends the call that is being made, and all later calls. Their futures raise CancelledError."""
        self._is_ended = True
        if self._at_work:
            self._at_work.kill()

    def __exit__(self, exc_type: type[BaseException] | None, exc_val: BaseException | None,
                 exc_tb: TracebackType | None) -> None:
        self.end()
        super().__exit__(exc_type, exc_val, exc_tb)


class Forked:
    """A forked process, with the methods of :class:`subprocess.Popen`. The parent of the forked process is
    the server, not this process. Several threads may use the object."""

    stdin = stdout = stderr = None

    def __init__(self, channel: socket.socket) -> None:
        channel.settimeout(_ANSWER_WITHIN)
        said = channel.recv(64)
        if not said:
            raise ConnectionError("The fork server has ended.")
        self.pid, self.returncode, self._told = int(said), None, channel
        self._asking = threading.Lock()
        channel.setblocking(False)

    def poll(self) -> int | None:
        """Returns the exit code of the process; None while it runs. If the server has ended, the process
        counts as killed."""
        with self._asking:
            if self.returncode is None:
                with suppress(BlockingIOError):
                    self.returncode = int(self._told.recv(64) or -9)
                    self._told.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Waits for the process to end, and returns its exit code. Raises TimeoutError if the process takes
        longer than ``timeout`` seconds."""
        begun = time.monotonic()
        while (code := self.poll()) is None:
            if timeout is not None and time.monotonic() - begun > timeout:
                raise TimeoutError(f"Process {self.pid} runs for longer than {timeout:g} seconds.")
            with suppress(OSError, ValueError):  # another thread has just heard of the end
                heard = select.poll()
                heard.register(self._told, select.POLLIN)
                heard.poll(200)
        return code

    def send_signal(self, number: int) -> None:
        """Sends a signal to the process and to the processes that it started. No signal is sent to a process
        that has ended, because its number may by then belong to another process."""
        if self.poll() is None:
            try:
                os.killpg(self.pid, number)
            except ProcessLookupError:  # so young that it has no group yet
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Ends the process at once."""
        self.send_signal(9)

    def terminate(self) -> None:
        """Asks the process to end."""
        self.send_signal(15)


class Server:
    """The fork server of this process, which ends when this process ends."""

    def __init__(self, env: Any) -> None:
        self.bound = _bound(env)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._asking = threading.Lock()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, str(SERVER), str(theirs.fileno())],
                stdin=subprocess.DEVNULL, env=dict(env), pass_fds=(theirs.fileno(),))

    def fork(self, request: dict[str, Any], streams: dict[int, Any], files: Sequence[Any] = ()) -> Forked:
        """Returns a new process. Raises OSError if no process can be started."""
        # In packets: the end of a process that hardly began must not be read as a part of its id.
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.send_request(request | {"streams": [*streams]},
                              theirs.fileno(), *(file.fileno() for file in (*streams.values(), *files)))
        return Forked(ours)

    def send_request(self, request: dict[str, Any], *files: int) -> None:
        """Sends a request. Raises OSError if the server has ended."""
        with self._asking:
            socket.send_fds(self._control, [json.dumps(request).encode()], files)

    def close(self) -> None:
        """Ends the server and its processes."""
        self._control.close()
        self.process.wait()


_servers: list[Server] = []
_starting = threading.Lock()


def _server(env: Any) -> Server:
    with _starting:
        if not _servers or _servers[0].process.poll() is not None:
            _servers[:] = [Server(env)]
        return _servers[0]


def _bound(env: Any) -> dict[str, str]:
    return {name: env.get(name, "") for name in _BOUND}


@atexit.register
def _close() -> None:
    for server in _servers:
        server.close()

if __name__ == "__main__":
    main()
