"""Executes pages on other machines, by dask.distributed.

Each page is sent as one job bundle, which contains the page's notebook, the table rows that the page read
when it last ran (all tables of its audience, if the page has never run), and a few files of the study. The
worker sends back the executed notebook with a list of the rows that the page read this time. A page is
executed on this computer instead if it needs data that may not be sent, or if it read data that were not
sent.

A part of a study is a table, a slice of a table (such as ``answers country=KHM``), or a file. dask does the
scheduling, the retries and the replacement of lost workers. A worker keeps nothing and publishes nothing.
"""

from __future__ import annotations

import asyncio
import io
import time
import zipfile
from asyncio import CancelledError
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from glc_analysis.errors import GLCError
from glc_analysis.manifest import hash_package_and_lock_file
from glc_analysis.permissions import create_files_for_owner_only
from glc_analysis.read_log import EVERYTHING
from glc_analysis.run.execute import Executed, Failure, PageProcesses, choose_add_on_or_default_processes
from glc_analysis.run.plan import Inputs, PageJob
from glc_analysis.schema import make_reference_path
from glc_analysis.study import REPOSITORY, Study

if TYPE_CHECKING:
    import pandas as pd

_CONNECT, _WORKERLESS = 10, 60
"""The number of seconds within which the scheduler and the workers must answer, and the number of seconds
after which a run without any worker ends."""
_FILES = ("processed/slices.json", "reference/study.toml", make_reference_path("consent"),
          make_reference_path("waves"), make_reference_path("headlines"),
          make_reference_path("questions"))
"""The files of a study that every job bundle contains, in addition to tables."""


class PageCluster:
    """The workers of a dask scheduler, with the methods of :class:`PageProcesses`.

    ``refused`` holds the addresses of workers with another version of the package. Raises GLCError if dask is
    not installed, if the scheduler does not answer, or if no worker has the package and the lock file of this
    computer.
    """

    def __init__(self, study: Study, address: str, *, timeout: float,
                 reader_study: Study | None = None) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise GLCError("Running on other machines needs dask. To fix: install the package with its "
                           "extra `cluster`.") from None
        self._study, self._timeout = study, timeout
        self._here = PageProcesses(study, timeout=timeout, reader_study=reader_study)
        self._reader_study = reader_study or study
        try:
            check_scheduler_answers(address)
            self._client: Client = Client(address, timeout=_CONNECT, set_as_default=False)
        # What dask raises at the words of another service: MemoryError, TypeError and more.
        except Exception as error:  # noqa: BLE001
            cause = "another service does" if isinstance(error, MemoryError) else error
            raise GLCError(f"No dask scheduler answers at {address!r} ({cause}). To fix: start one with "
                           "`dask scheduler`, and workers with `dask worker ADDRESS`.") from None
        try:
            versions = self._within(self._client.run, hash_package_and_lock_file, on_error="return")
        except TimeoutError:
            self._client.close(timeout=_CONNECT)
            raise GLCError(f"A worker of the scheduler at {address!r} does not answer. To fix: end it, and "
                           "start another one.") from None
        here = hash_package_and_lock_file()
        self._workers = [one for one, version in versions.items() if version == here]
        self.refused = sorted(set(versions) - set(self._workers))
        if not self._workers:
            self._client.close()
            cause = f"all {len(self.refused)} workers have another version of the package or its lock file" \
                if self.refused else "it has no worker"
            raise GLCError(f"The scheduler at {address!r} cannot run pages: {cause}. To fix: start workers "
                           "from the commit that is installed on this computer.")

    @property
    def notes(self) -> list[str]:
        """Returns a line for each refused worker, to be printed among the messages of a run."""
        return [f"{worker}: refused, it has another version of the package." for worker in self.refused]

    @property
    def jobs(self) -> int:
        """Returns how many pages are sent at a time: one page for each thread of the workers, and one more
        page that waits."""
        threads = self._client.nthreads()
        return sum(threads.get(one, 0) for one in self._workers) + 1

    def execute(self, page: PageJob) -> Executed | Failure:
        """Returns the executed notebook of a page, or a description of how its execution failed. Raises
        GLCError if no worker is left."""
        sent = list_inputs_to_send(self._study, page)
        if page.reads != EVERYTHING and not are_reads_covered(page.reads, sent):
            return self._here.execute(page)
        source = self._study if page.whole_study else self._reader_study
        try:
            future = self._client.submit(run_page_job, pack_page_job(source, page, sent), page, self._timeout,
                                         hash_package_and_lock_file(), workers=self._workers, pure=False,
                                         key=f"{page.slug}-{page.key[:12]}-{time.monotonic_ns()}")
            outcome = self._outcome(future)
        # The failure of one page must not end the run of the others; a lost scheduler ends all.
        except (Exception, CancelledError) as error:  # noqa: BLE001
            if isinstance(error, GLCError) or self._client.status != "running":
                raise GLCError(str(error) if isinstance(error, GLCError) else
                               "The dask scheduler does not answer any more. To fix: start the scheduler "
                               "again.") from None
            return Failure(page.notebook.name, page.slug, 0, type(error).__name__, str(error)[:300])
        is_complete = are_reads_covered(outcome.reads, sent) or getattr(outcome, "is_dead", False)
        return outcome if is_complete else self._here.execute(page)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Returns the result of a function, which is called on this machine."""
        return self._here.call(function, *arguments)

    def end_calls(self) -> None:
        """Ends the functions that :meth:`call` has called in other processes."""
        self._here.end_calls()

    def _outcome(self, future: Any) -> Executed | Failure:
        """Waits for the result of a page, and returns it. Raises GLCError if the scheduler has had no worker
        with this version of the package for ``_WORKERLESS`` seconds."""
        seen = time.monotonic()
        while True:
            try:
                return future.result(timeout=5)
            except TimeoutError:
                if set(self._workers) & self._present():
                    seen = time.monotonic()
                if time.monotonic() - seen > _WORKERLESS:
                    raise GLCError("No worker with this version of the package is left. To fix: start "
                                   "workers from the commit that is installed on this computer.") from None

    def _present(self) -> set[str]:
        """Returns the addresses of the workers that the scheduler has at present; empty if the scheduler does
        not answer."""
        scheduler = self._client.scheduler
        try:
            return set(self._within(scheduler.identity, n_workers=-1)["workers"]) if scheduler else set()
        except TimeoutError:
            return set()

    def _within(self, ask: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Calls the function ``ask`` through the dask client and returns the result of the call. Raises
        TimeoutError if there is no answer within ``_CONNECT`` seconds, because dask itself would wait for
        ever."""
        return self._client.sync(ask, *args, callback_timeout=_CONNECT, **options)

    def stop(self) -> None:
        """Ends the pages that run on this computer, and disconnects from the scheduler."""
        self._here.stop()
        self._client.close()


def check_scheduler_answers(address: str) -> None:
    """Raises TimeoutError if nothing answers at this address within ``_CONNECT`` seconds, and ValueError if
    something other than a dask scheduler answers. Callers check this before they make a dask client, because
    a client waits for ever if another kind of service answers at the address."""
    from distributed.core import rpc

    async def ask() -> str:
        async with rpc(address, timeout=_CONNECT) as other:
            return (await other.identity())["type"]

    async def ask_in_time() -> str:
        return await asyncio.wait_for(ask(), _CONNECT)

    def kind() -> str:
        return asyncio.run(ask_in_time())

    with ThreadPoolExecutor(1) as thread:  # JupyterLab's own thread has an event loop already
        try:
            answered = thread.submit(kind).result()
        except TimeoutError:
            raise TimeoutError(f"no answer within {_CONNECT} seconds") from None
    if answered != "Scheduler":
        raise ValueError(f"it is a {answered.lower()}")


def list_inputs_to_send(study: Study, page: PageJob) -> set[str]:
    """Returns the parts of a study to send with a page:

    - the parts that the page read when it last ran and that may be sent;
    - the rows of the tables ``figures`` and ``questions`` that are needed to cut the slices (selected rows of
      a table) among these parts;
    - the codebook, and the files that every job bundle contains."""
    tables = set(Inputs(study, page.parameters["audience"]).own_tables)
    things = tables if "processed" in page.reads else {
        one for one in page.reads if one.partition(" ")[0] in tables and not one.startswith("codebook ")}
    # What is needed to cut a slice; who works in a country is in slices.json.
    needed = {f"figures {one.partition(' ')[2]}" for one in things if " question=" in one}
    needed |= {"questions"} if needed else set()
    needed |= {"questions"} if any(" theme=" in one for one in things) else set()
    # Slices of the codebook are cut from the whole, and a page that shows no code opens the codebook as well.
    return {*things, *needed, "codebook", *_FILES}


def are_reads_covered(reads: Collection[str], sent_parts: Collection[str]) -> bool:
    """Whether all parts of a study that a page reads were sent. A slice (selected rows of a table) also
    counts as sent if its whole table was sent.

    >>> are_reads_covered(["answers country=KHM"], ["answers"]), are_reads_covered(["answers"],
    ...     ["answers country=KHM"])
    (True, False)
    """
    return all(one in sent_parts or one.partition(" ")[0] in sent_parts for one in reads)


def pack_page_job(study: Study, page: PageJob, parts: Collection[str]) -> bytes:
    """Returns the job bundle of a page: a ZIP file with its notebook and the ``parts`` of the study."""
    with io.BytesIO() as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as job_bundle:
        job_bundle.writestr(f"notebooks/{page.notebook.name}", page.notebook.read_bytes())
        for name, content in read_inputs_to_copy(study, parts):
            job_bundle.writestr(f"study/{name}", content)
        job_bundle.close()
        return file.getvalue()


def read_inputs_to_copy(study: Study, parts: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Yields files, each as its path in the study and its content. A worker with these files has exactly the
    tables, slices and files that ``parts`` names."""
    from glc_analysis import tables

    for path in sorted(one for one in parts if "/" in one):
        if (study.root / path).is_file():
            yield path, (study.root / path).read_bytes()
    for name in sorted({one.partition(" ")[0] for one in parts if "/" not in one}):
        path = study.processed / f"{name}.parquet"
        slices = sorted(one.partition(" ")[2] for one in parts if one.startswith(f"{name} "))
        if name in parts:
            yield f"processed/{path.name}", path.read_bytes()
        else:
            yield f"processed/{path.name}", tables.make_parquet_bytes(_rows(study, name, slices))


def _rows(study: Study, name: str, slices: Collection[str]) -> pd.DataFrame:
    """Returns the rows of a table that are in at least one of the ``slices`` (selections of rows), in the
    order of the table."""
    import pandas as pd

    from glc_analysis import tables

    first, *others = (tables.read_table(name, study=study, **{kind: chosen}) for kind, _, chosen in (
        one.partition("=") for one in slices))
    if not others:
        return first
    whole, key = tables.read_table(name, study=study), list(tables.TABLES[name].key)
    wanted = pd.MultiIndex.from_frame(pd.concat([first, *others])[key])
    return whole[pd.MultiIndex.from_frame(whole[key]).isin(wanted)]


def run_page_job(job_bundle: bytes, page: PageJob, timeout: float,
                 package_version: str) -> Executed | Failure:
    """Executes a page on a worker: unpacks its job bundle, executes the page and removes all files.

    Raises ValueError if the worker does not have this ``package_version`` of the package.
    """
    from distributed import get_worker

    from glc_analysis.run.execute import normalise_notebook

    if hash_package_and_lock_file() != package_version:
        raise ValueError("this worker has another version of the package or its lock file")
    # In this folder dask removes the files of a worker that was killed.
    create_files_for_owner_only()
    with TemporaryDirectory(prefix="glc-", dir=get_worker().local_directory) as folder:
        with zipfile.ZipFile(io.BytesIO(job_bundle)) as packed:
            packed.extractall(folder)
        study = Study(Path(folder, "study"))
        processes = choose_add_on_or_default_processes()(study, timeout=timeout)
        try:
            own = replace(page, notebook=Path(folder, "notebooks", page.notebook.name))
            outcome = processes.execute(own)
        finally:
            processes.stop()
        return outcome if isinstance(outcome, Failure) else replace(outcome, notebook=normalise_notebook(
            outcome.notebook, title=page.title, roots=(study.root, Path(folder), REPOSITORY)))
