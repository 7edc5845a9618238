"""The options that the add-on adds to commands of the core."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import click

from glc_analysis.errors import UsageError
from glc_analysis.study import Study


@click.option("--coder", default="", metavar="CODER", help="With qdpx: this coder's own work, instead of the "
              "agreed coding.")
@contextmanager
def select_coder_for_export(study: Study, what: str, *, coder: str) -> Generator[dict[str, str]]:
    """A coder's own work can be written as qdpx."""
    if coder and what != "qdpx":
        raise UsageError("--coder is for qdpx alone: the others hold the agreed coding.")
    yield {"coder": coder} if coder else {}
