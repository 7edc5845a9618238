"""Forks pages and kernels from a server that has imported the libraries, which saves the time of the imports.

``glc run`` has a process forked for each page (:mod:`glc_analysis.run.page_process`). For other programs
there is a provisioner of Jupyter that forks kernels, so that papermill, nbclient and nbval use it unchanged:
set ``JUPYTER_DEFAULT_PROVISIONER_NAME=glc-fork``. If a kernel cannot be forked (not on Linux, with another
Python, after an error), it is started in the usual way.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from jupyter_client import AsyncKernelClient, AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from jupyter_core.utils import run_sync
from zmq import ZMQError

# ------------------------------
# The provisioner


NAME = "glc-fork"
SERVER = Path(__file__).with_name("fork_server.py")
ANSWER_WITHIN = 60.0
"""Seconds to wait for an answer of the server."""
BOUND = ("PYTHONHASHSEED", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "PYTHONPATH",
         "GLC_PRELOAD")
"""Variables that take effect when Python or a library starts: a kernel with other values is not forked."""


class ForkProvisioner(LocalProvisioner):
    """The provisioner of Jupyter, except that kernels are forked if possible."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        """Starts the kernel of the command ``cmd``; returns its connection information."""
        env, cwd = kwargs.get("env") or os.environ, str(kwargs.get("cwd") or Path.cwd())
        named = {1: kwargs.get("stdout"), 2: kwargs.get("stderr")}
        streams = {number: file for number, file in named.items() if file}
        is_usual = cmd[:3] == [sys.executable, "-m", "ipykernel_launcher"] and not any(
            map(kwargs.get, ("stdin", "independent"))) and all(
            hasattr(file, "fileno") for file in streams.values())
        forked = fork(env, cwd, streams, arguments=cmd[3:]) if is_usual else None
        if forked is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process, self.cwd = forked, cwd
        # No process group to signal by number: only the kernel itself knows whether it is still there.
        self.pid, self.pgid = forked.pid, None
        return self.connection_info


def start_server(env: Any) -> None:
    """Starts the server of this process, if it can be: it imports while its owner does so too."""
    with suppress(OSError):
        if sys.platform == "linux":
            _server(env)


def fork(env: Any, cwd: str, streams: dict[int, Any] | None = None, **what: Any) -> Forked | None:
    """A process of this process's server, which is started where there is none; None where it cannot be.

    ``what`` is the ``arguments`` of a kernel or a ``page``, ``streams`` are files in place of stdout (1) and
    stderr (2).
    """
    if sys.platform != "linux":
        return None
    try:
        server = _server(env)
        return server.fork({"cwd": cwd, "env": dict(env), **what}, streams or {}) \
            if server.bound == _bound(env) else None
    except OSError:
        return None


def hold_tables(env: Any, root: str, names: list[str]) -> None:
    """Has the server read tables of the study in ``root``, so that not every page reads them anew."""
    with suppress(OSError):
        if sys.platform == "linux":
            _server(env).ask({"root": root, "tables": names})


class Forked:
    """A forked process as :class:`subprocess.Popen` would show it: the server is its parent, not we. Several
    threads may ask it."""

    stdin = stdout = stderr = None

    def __init__(self, told: socket.socket) -> None:
        told.settimeout(ANSWER_WITHIN)
        said = told.recv(64)
        if not said:
            raise ConnectionError("The fork server is gone.")
        self.pid, self.returncode, self._told = int(said), None, told
        self._asking = threading.Lock()
        told.setblocking(False)

    def poll(self) -> int | None:
        """How the process ended; None while it runs. One whose server is gone was killed."""
        with self._asking:
            if self.returncode is None:
                with suppress(BlockingIOError):
                    self.returncode = int(self._told.recv(64) or -9)
                    self._told.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """How the process ended, once it has. Raises TimeoutError if it takes longer (in seconds)."""
        begun = time.monotonic()
        while (code := self.poll()) is None:
            if timeout is not None and time.monotonic() - begun > timeout:
                raise TimeoutError(f"Process {self.pid} runs for longer than {timeout:g} seconds.")
            with suppress(OSError, ValueError):  # another thread has just heard of the end
                select.select([self._told], [], [], 0.2)
        return code

    def send_signal(self, number: int) -> None:
        """Sends the process and what it started a signal while it is there: later its number is another's."""
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


class _Server:
    """The server of this process, which ends with it."""

    def __init__(self, env: Any) -> None:
        self.bound = _bound(env)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._asking = threading.Lock()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, str(SERVER), str(theirs.fileno())],
                stdin=subprocess.DEVNULL, env=dict(env), pass_fds=(theirs.fileno(),))

    def fork(self, request: dict[str, Any], streams: dict[int, Any]) -> Forked:
        """A new process. Raises OSError where there is none."""
        # In packets: the end of a process that hardly began must not be read as a part of its id.
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.ask(request | {"streams": [*streams]},
                     theirs.fileno(), *(file.fileno() for file in streams.values()))
        return Forked(ours)

    def ask(self, request: dict[str, Any], *files: int) -> None:
        """Sends a request. Raises OSError where the server is gone."""
        with self._asking:
            socket.send_fds(self._control, [json.dumps(request).encode()], files)

    def close(self) -> None:
        """Ends the server and its processes."""
        self._control.close()
        self.process.wait()


_servers: list[_Server] = []
_starting = threading.Lock()


def _server(env: Any) -> _Server:
    with _starting:
        if not _servers or _servers[0].process.poll() is not None:
            _servers[:] = [_Server(env)]
        return _servers[0]


def _bound(env: Any) -> dict[str, str]:
    return {name: env.get(name, "") for name in BOUND}


@atexit.register
def _close() -> None:
    for server in _servers:
        server.close()


# ------------------------------
# A kernel manager that leaves no socket open.
#
# nbclient does not close the client of a manager that it was given. Client, sockets and context are then
# garbage in one circle, and whoever collects it may wait for ever: a context waits until its sockets are
# closed.


class KernelManager(AsyncKernelManager):
    """A manager whose clients end with its kernel."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._clients: list[AsyncKernelClient] = []

    def client(self, **options: Any) -> AsyncKernelClient:
        """A client of the kernel, closed at the end of :meth:`ending`."""
        self._clients.append(super().client(**options))
        return self._clients[-1]

    @contextmanager
    def ending(self) -> Iterator[None]:
        """Closes the sockets of all clients after the block, also of one that could not connect, and ends the
        kernel, also one that could not be reached; all in one thread."""
        try:
            yield
        finally:
            for client in self._clients:
                with suppress(ZMQError):
                    client.stop_channels()
                client.context.destroy(linger=0)
            run_sync(self.shutdown_kernel)(now=True)
