"""Starts a dask scheduler and its workers as processes of their own on the loopback address."""

import json
import os
import subprocess
import sys
import time

SCHEDULER = ("-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
WORKER = ("-m", "distributed.cli.dask_worker", "--nthreads", "2", "--nworkers", "1", "--no-dashboard",
          "--no-nanny")
PATIENCE = 60
"""The seconds within which a started process must be ready."""


class DaskCluster:
    """A scheduler and the workers that a test asks for. All end with the block. ``folder`` gets their
    logs."""

    def __init__(self, folder):
        self._folder, self._processes, file = folder, [], folder / "scheduler.json"
        self.scheduler = self._start(*SCHEDULER, "--scheduler-file", str(file))
        deadline = time.monotonic() + PATIENCE
        while not (file.exists() and file.stat().st_size):
            if self.scheduler.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise RuntimeError("The dask scheduler did not start.")
            time.sleep(0.1)
        self.address = json.loads(file.read_text(encoding="utf-8"))["address"]

    def worker(self, **environment):
        """Starts a worker and returns its process."""
        return self._start(*WORKER, self.address, **environment)

    def wait_for(self, count):
        """Waits until there are ``count`` workers."""
        from distributed import Client

        with Client(self.address, timeout=30, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=PATIENCE)

    def workers(self):
        """Returns the addresses of the present workers."""
        from distributed import Client

        with Client(self.address, timeout=30, set_as_default=False) as client:
            return list(client.scheduler_info(n_workers=-1)["workers"])

    def _start(self, *arguments, **environment):
        with (self._folder / f"{len(self._processes)}.log").open("wb") as log:
            self._processes.append(subprocess.Popen(
                [sys.executable, *arguments], stdout=log, stderr=log, cwd=self._folder,
                env=os.environ | environment))
        return self._processes[-1]

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for process in self._processes:
            process.kill()
            process.wait()
