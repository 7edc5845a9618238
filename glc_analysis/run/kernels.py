"""Kernels of Jupyter: forked from a server that has imported the libraries, and ended without a trace.

The first is a provisioner of Jupyter, so papermill, nbclient and nbval use it unchanged: set
``JUPYTER_DEFAULT_PROVISIONER_NAME=glc-fork``. If a kernel cannot be forked (not on Linux, with another
Python, after an error), it is started in the usual way.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from jupyter_client import AsyncKernelClient, AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from jupyter_core.utils import run_sync
from zmq import ZMQError

from glc_analysis.run.fork_server import fork

# ------------------------------
# The provisioner


NAME = "glc-fork"


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
