"""Defines a manager of Jupyter kernels that closes all its sockets.

If nbclient gets a kernel manager from its caller, nbclient does not close the manager's client. The client,
its sockets and its context then refer to each other until Python's garbage collection removes them. The
garbage collection may wait for ever, because a context waits until its sockets are closed.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any

from jupyter_client import AsyncKernelClient, AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from jupyter_core.utils import run_sync
from zmq import ZMQError

from glc_analysis.errors import UsageError


class KernelManager(AsyncKernelManager):
    """A kernel manager that closes its clients when its kernel ends (:meth:`shut_down_afterwards`)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._clients: list[AsyncKernelClient] = []

    def client(self, **options: Any) -> AsyncKernelClient:
        """Returns a client of the kernel, which is closed at the end of :meth:`shut_down_afterwards`."""
        self._clients.append(super().client(**options))
        return self._clients[-1]

    @property
    def process(self) -> Any:
        """The process in which the kernel runs. Raises UsageError if the kernel runs on another machine."""
        if isinstance(self.provisioner, LocalProvisioner):
            return self.provisioner.process
        raise UsageError("Pages need kernels on this machine. To fix: unset the environment variable "
                         "JUPYTER_DEFAULT_PROVISIONER_NAME.")

    @contextmanager
    def shut_down_afterwards(self) -> Generator[None]:
        """After the block of ``with``, closes the sockets of all clients and ends the kernel, in the thread
        of the block. The sockets are closed and the kernel is ended even if a client could not connect or the
        kernel could not be reached."""
        try:
            yield
        finally:
            for client in self._clients:
                with suppress(ZMQError):
                    client.stop_channels()
                client.context.destroy(linger=0)
            run_sync(self.shutdown_kernel)(now=True)
