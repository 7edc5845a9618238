"""Pages executed several at a time, as they get done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from glc_analysis.reports.plan import Page
from glc_analysis.reports.terminal import go_on

Outcome = tuple[Page, Any, float]


def outcomes(kernels: Any, pages: Sequence[Page], jobs: int, meanwhile: Callable[[], Any]
             ) -> Iterator[Outcome]:
    """Each page with what came out and the seconds it took, in any order; ``jobs`` of 0 are as many as the
    ``kernels`` advise. ``meanwhile`` is done here while the first kernels start.

    A page whose kernel died has another try at the end, alone: memory that was short may suffice for one.
    Closed early, it ends all kernels. To be used in the main thread.
    """
    pool, again = ThreadPoolExecutor(jobs or kernels.jobs), []  # threads: the work is done by processes
    try:
        tasks = {pool.submit(_timed, kernels.execute, page): page for page in pages}
        meanwhile()
        for page, outcome, seconds in _as_done(tasks):
            if getattr(outcome, "is_dead", False):
                again.append(page)
            else:
                yield page, outcome, seconds
        for page in again:
            yield from _as_done({pool.submit(_timed, kernels.execute, page): page})
    finally:
        kernels.stop()
        pool.shutdown(cancel_futures=True)


def _as_done(tasks: dict[Future, Page]) -> Iterator[Outcome]:
    while tasks:
        # Not for ever: a signal that comes while the main thread falls asleep would never wake it.
        done, _ = wait(tasks, timeout=0.5, return_when=FIRST_COMPLETED)
        go_on()
        for task in done:
            yield tasks.pop(task), *task.result()


def _timed(execute: Callable[[Page], Any], page: Page) -> tuple[Any, float]:
    start = time.perf_counter()
    return execute(page), time.perf_counter() - start
