"""The option of ``glc run`` that sends pages to other machines."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from typing import Any

import click


@click.option("--scheduler", default="", metavar="ADDRESS", help="Run the pages on the workers of the dask "
              "scheduler at this address.")
@contextmanager
def run_pages_on_cluster(*, scheduler: str) -> Generator[Callable[..., Any] | None]:
    """With --scheduler, executes the pages of a run on other machines."""
    if not scheduler:
        yield None
        return
    from glc_analysis.addons.cluster.cluster import PageCluster

    yield partial(PageCluster, address=scheduler)
