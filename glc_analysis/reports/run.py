"""A run of the collection: what changed is executed, what did not is kept, readers switch once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from glc_analysis.errors import GLCError
from glc_analysis.reports.collection import NOTEBOOKS
from glc_analysis.reports.lock import locked
from glc_analysis.reports.making import Making
from glc_analysis.reports.plan import last_run, plan
from glc_analysis.reports.terminal import Progress, terminable
from glc_analysis.study import Study

if TYPE_CHECKING:
    from glc_analysis.reports.execute import Failure


@dataclass(frozen=True)
class RunResult:
    """What a run did (or, where it is not ``is_done``, would do): slugs, failures, start page."""

    ran: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    site: Path | None = None
    is_done: bool = True
    briefs: Path | None = None
    notes: tuple[str, ...] = ()

    @property
    def lines(self) -> Iterator[str]:
        """The result in words.

        >>> list(RunResult(kept=("index", "survey"), site=Path("site/index.html")).lines)
        ['Nothing to run: the pages are up to date.', 'The reports: site/index.html']
        """
        ran, total = len(self.ran), len(self.ran) + len(self.kept)
        if not ran:
            yield "Nothing to run: the pages are up to date."
        elif not self.is_done:
            yield f"{ran} of {total} pages would run: {', '.join(self.ran)}."
        else:
            yield f"{ran} of {total} pages ran, {len(self.failures)} of them failed."
        yield from self.notes
        yield from map(str, self.failures)
        if self.site:
            yield f"The reports: {self.site}"
        if self.briefs:
            yield f"Briefs, each for its own organisation alone: {self.briefs}"


def run(study: Study, *, audience: str = "team", country: str = "", theme: str = "",
        only: str = "", jobs: int = 0, scheduler: str = "", force: bool = False,
        dry_run: bool = False, progress: Progress | None = None,
        folder: Path = NOTEBOOKS) -> RunResult:
    """Brings the pages of an audience up to date, or the chosen ones of them.

    ``jobs`` notebooks run at a time (0: twice the cores), each as long as study.toml allows at most; on the
    workers of a dask ``scheduler`` where its address is given. A page whose notebook fails stays as it
    was, marked, and its failure is in the result. Without ``progress`` a terminal shows a bar.

    Raises UsageError and Faults as :func:`plan` does, Faults where the gate finds what the audience
    may not read (nothing is then published), GLCError where another run is at work or the reports
    cannot be written, Interrupted at Ctrl-C or SIGTERM. What was done until then is kept for the next run.
    """
    pages = plan(study, audience=audience, folder=folder)
    chosen = plan(study, audience=audience, country=country, theme=theme, only=only, folder=folder)
    making = Making(study, audience, pages, chosen, force)
    if dry_run:
        return _result(making, is_done=False)
    try:
        with terminable(lambda: making.standing), _readable_by(audience), locked(making.home):
            making = Making(study, audience, pages, chosen, force)  # as the run before it left things
            if making.is_needed:
                making.make(jobs, scheduler, progress)
            return _result(making)
    except OSError as error:
        where = error.filename or study.reports
        raise GLCError(f"The reports cannot be written: {error.strerror or error} ({where}). "
                       f"{making.standing}") from None


def _result(making: Making, *, is_done: bool = True) -> RunResult:
    """What happened, or, before it, what would."""
    current = making.home / "current"
    folder = current if current.is_symlink() else last_run(making.study, making.audience)[0]
    site = folder / "site" / "index.html" if is_done and folder else None
    briefs = folder / "briefs" if is_done and folder and (folder / "briefs").is_dir() else None
    ran, kept = (tuple(page.slug for page in pages) for pages in (making.to_run, making.to_keep))
    return RunResult(ran, kept, tuple(making.failures), site, is_done, briefs, tuple(making.notes))


@contextmanager
def _readable_by(audience: str) -> Iterator[None]:
    """What is written meanwhile is its owner's alone where it is for the team."""
    before = os.umask(0o077 if audience == "team" else 0o022)
    try:
        yield
    finally:
        os.umask(before)
