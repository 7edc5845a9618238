"""Executes pages on other machines, by dask.distributed.

Each page is sent as one job bundle: its notebook, the rows of the tables that it reads, study.toml and
consent.csv. The executed notebook comes back. Pages that read raw files are executed here. dask does the
scheduling, the retries and the replacement of lost workers. A worker keeps nothing and publishes nothing.
"""

from __future__ import annotations

import io
import time
import zipfile
from asyncio import CancelledError
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from glc_analysis.errors import GLCError
from glc_analysis.manifest import package_hash
from glc_analysis.run.execute import Failure, Kernels
from glc_analysis.run.plan import PageJob
from glc_analysis.study import REPOSITORY, SHARED_TABLES, Study

CONNECT, PATIENCE = 10, 60
"""Seconds within which the scheduler must answer, and after which a run without a worker gives up."""
REFERENCE_FILES = ("study.toml", "consent.csv")


class Cluster:
    """The workers of a dask scheduler, used like :class:`Kernels`.

    Raises GLCError if dask is not installed, the scheduler does not answer, or no worker has the same package
    and lock file; ``refused`` holds the addresses of workers with another version.
    """

    def __init__(self, study: Study, address: str, *, timeout: float) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise GLCError("Running on other machines needs dask. To fix: install the package with its "
                           "extra `cluster`.") from None
        self._study, self._timeout = study, timeout
        self._here = Kernels(study, timeout=timeout)
        try:
            self._client: Client = Client(address, timeout=CONNECT, set_as_default=False)
        except (OSError, ValueError) as error:
            raise GLCError(f"No dask scheduler answers at {address!r} ({error}). To fix: start one with "
                           "`dask scheduler`, and workers with `dask worker ADDRESS`.") from None
        versions = self._client.run(package_hash, on_error="return")
        self._workers = [one for one, version in versions.items() if version == package_hash()]
        self.refused = sorted(set(versions) - set(self._workers))
        if not self._workers:
            self._client.close()
            cause = f"all {len(self.refused)} workers have another version of the package or its lock file" \
                if self.refused else "it has no worker"
            raise GLCError(f"The scheduler at {address!r} cannot run pages: {cause}. To fix: start workers "
                           "from the same commit.")

    @property
    def jobs(self) -> int:
        """How many pages are sent at a time: one for each thread of the workers, and one that waits."""
        threads = self._client.nthreads()
        return sum(threads.get(one, 0) for one in self._workers) + 1

    def execute(self, page: PageJob) -> dict[str, Any] | Failure:
        """The executed notebook of a page, or how it failed. Raises GLCError if no worker is left."""
        if page.needs_raw:
            return self._here.execute(page)
        job_bundle = pack_job(self._study, page)
        try:
            future = self._client.submit(run_job, job_bundle, page, self._timeout, package_hash(),
                                         workers=self._workers, pure=False,
                                         key=f"{page.slug}-{page.key[:12]}-{time.monotonic_ns()}")
            return self._outcome(future)
        # The failure of one page must not end the run of the others; a lost scheduler ends all.
        except (Exception, CancelledError) as error:  # noqa: BLE001
            if isinstance(error, GLCError) or self._client.status != "running":
                cause = error if isinstance(error, GLCError) else "The scheduler does not answer any more."
                raise GLCError(f"{cause} Finished pages are kept. To go on: run the same command again."
                               ) from None
            return Failure(page.notebook.name, page.slug, 0, type(error).__name__, str(error)[:300])

    def _outcome(self, future: Any) -> dict[str, Any] | Failure:
        """Waits for the result; gives up after a while without a worker that has this version."""
        seen = time.monotonic()
        while True:
            try:
                return future.result(timeout=5)
            except TimeoutError:
                if set(self._workers) & set(self._client.scheduler_info(n_workers=-1)["workers"]):
                    seen = time.monotonic()
                if time.monotonic() - seen > PATIENCE:
                    raise GLCError("No worker is left that has this version of the package.") from None

    def stop(self) -> None:
        """Ends the pages that run here, and disconnects from the scheduler."""
        self._here.stop()
        self._client.close()


def pack_job(study: Study, page: PageJob) -> bytes:
    """The job bundle of a page: a ZIP file with its notebook and its inputs."""
    from glc_analysis import tables

    kind, _, chosen = next((one for one in page.inputs if "=" in one), "").partition("=")
    is_sliced = {"country": tables.is_by_country, "theme": tables.is_by_theme}.get(kind, lambda name: False)
    whole = {*page.inputs, *SHARED_TABLES} if page.inputs else set(tables.TABLES)
    with io.BytesIO() as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as job_bundle:
        job_bundle.writestr(f"notebooks/{page.notebook.name}", page.notebook.read_bytes())
        for name in REFERENCE_FILES:
            if (study.reference / name).is_file():
                job_bundle.writestr(f"study/reference/{name}", (study.reference / name).read_bytes())
        job_bundle.writestr("study/processed/slices.json", (study.processed / "slices.json").read_bytes())
        for name in tables.TABLES:
            if name.startswith("release_") and name != f"release_{page.parameters['audience']}":
                continue
            path = study.processed / f"{name}.parquet"
            if name in whole or is_sliced(name):
                job_bundle.writestr(f"study/processed/{path.name}", path.read_bytes() if name in whole
                                 else _slice(study, name, {kind: chosen}))
        job_bundle.close()
        return file.getvalue()


def _slice(study: Study, name: str, slice_: Mapping[str, str]) -> bytes:
    from glc_analysis import tables

    file = io.BytesIO()
    tables.read(name, study=study, **slice_).to_parquet(file, index=False, compression="zstd")
    return file.getvalue()


def run_job(job_bundle: bytes, page: PageJob, timeout: float, version: str) -> dict[str, Any] | Failure:
    """Runs on a worker: unpacks a job bundle, executes its page and removes everything.

    Raises ValueError if the worker does not have this ``version`` of the package.
    """
    from distributed import get_worker

    from glc_analysis.run.execute import normalise_notebook

    if package_hash() != version:
        raise ValueError("this worker has another version of the package or its lock file")
    # In this folder dask removes the files of a worker that was killed.
    with TemporaryDirectory(prefix="glc-", dir=get_worker().local_directory) as folder:
        with zipfile.ZipFile(io.BytesIO(job_bundle)) as packed:
            packed.extractall(folder)
        study = Study(Path(folder, "study"))
        kernels = Kernels(study, timeout=timeout, is_warm=True)
        try:
            own = replace(page, notebook=Path(folder, "notebooks", page.notebook.name))
            outcome = kernels.execute(own)
        finally:
            kernels.stop()
        return outcome if isinstance(outcome, Failure) else normalise_notebook(
            outcome, title=page.title, roots=(study.root, Path(folder), REPOSITORY))
