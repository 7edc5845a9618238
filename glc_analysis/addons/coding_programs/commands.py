"""The option ``--coder``, which this add-on adds to a command of the core."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import click

from glc_analysis.errors import UsageError
from glc_analysis.study import Study


@click.option("--coder", default="", metavar="CODER", help="With qdpx: export the work of this coder "
              "instead of the agreed coding.")
@contextmanager
def select_coder_for_export(study: Study, what: str, *, coder: str) -> Generator[dict[str, str]]:
    """With option --coder, writes the coder's own work as qdpx instead of the agreed coding."""
    if coder and what != "qdpx":
        raise UsageError("--coder can be used only with qdpx. To fix: leave out --coder; all other exports "
                         "contain the agreed coding.")
    yield {"coder": coder} if coder else {}
