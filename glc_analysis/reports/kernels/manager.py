"""A kernel manager that leaves no socket open.

nbclient does not close the client of a manager that it was given. Client, sockets and context are then
garbage in one circle, and whoever collects it may wait for ever: a context waits until its sockets are
closed.
"""

from __future__ import annotations

from typing import Any

from jupyter_client import AsyncKernelClient, AsyncKernelManager


class KernelManager(AsyncKernelManager):
    """A manager whose clients are closed before it is shut down."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._clients: list[AsyncKernelClient] = []

    def client(self, **options: Any) -> AsyncKernelClient:
        """A client of the kernel, closed by :meth:`close_clients`."""
        self._clients.append(super().client(**options))
        return self._clients[-1]

    def close_clients(self) -> None:
        """Closes the sockets of all clients; to be called in the thread that used them."""
        for client in self._clients:
            client.stop_channels()
