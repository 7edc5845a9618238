"""Pages on other machines: dask.distributed carries a page with its slice there, and the executed one back.

Scheduling, retries and lost workers are dask's. What travels is the notebook, the page's slices of the
tables, study.toml and consent.csv; pages that look into raw or reference files stay here. Nothing is
promoted there, and a worker keeps nothing.
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
from glc_analysis.run.plan import Page
from glc_analysis.study import REPOSITORY, SHARED_TABLES, Study

CONNECT, PATIENCE = 10, 60
"""Seconds for the scheduler to answer, and until a run without any worker gives up."""
TRAVELS = ("study.toml", "consent.csv")


class Cluster:
    """The workers of a dask scheduler in place of :class:`Kernels`: the same calls, the same pages.

    Raises GLCError where dask is not installed, the scheduler does not answer, or no worker has this
    package with this lock file; ``refused`` are the addresses of those that have another.
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
            said = f"all {len(self.refused)} workers have another version of the package or its lock file" \
                if self.refused else "it has no worker"
            raise GLCError(f"The scheduler at {address!r} is of no use: {said}. To fix: start workers from "
                           "the same commit.")

    @property
    def jobs(self) -> int:
        """How many pages are on their way at once: one a thread of the workers, and one waiting."""
        threads = self._client.nthreads()
        return sum(threads.get(one, 0) for one in self._workers) + 1

    def execute(self, page: Page) -> dict[str, Any] | Failure:
        """The executed notebook of a page, or how it failed. Raises GLCError where nobody is left for it."""
        if page.needs_raw:
            return self._here.execute(page)
        luggage = pack(self._study, page)
        try:
            future = self._client.submit(run_packed, luggage, page, self._timeout, package_hash(),
                                         workers=self._workers, pure=False,
                                         key=f"{page.slug}-{page.key[:12]}-{time.monotonic_ns()}")
            return self._outcome(future)
        # Whatever happens to one page, the others are still wanted. (A lost scheduler cancels all.)
        except (Exception, CancelledError) as error:  # noqa: BLE001
            if isinstance(error, GLCError) or self._client.status != "running":
                said = error if isinstance(error, GLCError) else "The scheduler is gone."
                raise GLCError(f"{said} What is done is kept: the same command goes on from there.") from None
            return Failure(page.notebook.name, page.slug, 0, type(error).__name__, str(error)[:300])

    def _outcome(self, future: Any) -> dict[str, Any] | Failure:
        """What comes back; gives up where no worker of ours has been there for a while."""
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
        """Ends what runs here, and leaves the scheduler."""
        self._here.stop()
        self._client.close()


def pack(study: Study, page: Page) -> bytes:
    """A page as it travels: a ZIP of its notebook and of what it declares to read of the study."""
    from glc_analysis import tables

    kind, _, chosen = next((one for one in page.declares if "=" in one), "").partition("=")
    is_cut = {"country": tables.is_by_country, "theme": tables.is_by_theme}.get(kind, lambda name: False)
    whole = {*page.declares, *SHARED_TABLES} if page.declares else set(tables.TABLES)
    with io.BytesIO() as made, zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as luggage:
        luggage.writestr(f"notebooks/{page.notebook.name}", page.notebook.read_bytes())
        for name in TRAVELS:
            if (study.reference / name).is_file():
                luggage.writestr(f"study/reference/{name}", (study.reference / name).read_bytes())
        luggage.writestr("study/processed/slices.json", (study.processed / "slices.json").read_bytes())
        for name in tables.TABLES:
            if name.startswith("release_") and name != f"release_{page.parameters['audience']}":
                continue
            path = study.processed / f"{name}.parquet"
            if name in whole or is_cut(name):
                luggage.writestr(f"study/processed/{path.name}", path.read_bytes() if name in whole
                                 else _slice(study, name, {kind: chosen}))
        luggage.close()
        return made.getvalue()


def _slice(study: Study, name: str, slice_: Mapping[str, str]) -> bytes:
    from glc_analysis import tables

    file = io.BytesIO()
    tables.read(name, study=study, **slice_).to_parquet(file, index=False, compression="zstd")
    return file.getvalue()


def run_packed(luggage: bytes, page: Page, timeout: float, version: str) -> dict[str, Any] | Failure:
    """Runs on a worker: unpacks a page, executes it, and leaves nothing behind.

    Raises ValueError where the worker has another version of the package than ``version``.
    """
    from distributed import get_worker

    from glc_analysis.run.execute import normalise_notebook

    if package_hash() != version:
        raise ValueError("this worker has another version of the package or its lock file")
    # Where dask itself removes what a worker left that was killed.
    with TemporaryDirectory(prefix="glc-", dir=get_worker().local_directory) as folder:
        with zipfile.ZipFile(io.BytesIO(luggage)) as packed:
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
