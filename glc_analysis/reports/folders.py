"""The folders of runs: one link that names the complete one, and none that is half made."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

KEPT = 5
_NAME = "%Y%m%dT%H%M%SZ"


def later(runs: Path, now: datetime) -> str:
    """A name for a run: its time, and a later one than any before it has, whatever the clock says.

    >>> later(Path("nowhere"), datetime(2026, 11, 26, 6, tzinfo=UTC))
    '20261126T060000Z'
    """
    names = [folder.name[:16] for folder in runs.glob("[0-9]*T[0-9]*Z*")]
    last = max(names, default="")
    after = datetime.strptime(last, _NAME).replace(tzinfo=UTC) + timedelta(seconds=1) if last else now
    return f"{max(now, after):{_NAME}}"


def switch(home: Path, run: Path) -> None:
    """Makes ``home/current`` name a run, by one rename: readers see the old one or the new."""
    new = home / ".current"
    new.unlink(missing_ok=True)
    target = f"runs/{run.name}"
    try:
        new.symlink_to(target, target_is_directory=True)
    except OSError:  # a system without symbolic links
        new.write_text(target, encoding="utf-8")
    os.replace(new, home / "current")


def link(source: Path, target: Path) -> None:
    """The same file in a second place, copied where the file system knows no links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def sweep(runs: Path, *, but: Path | None = None) -> None:
    """Removes what runs left that never came to their end: run.json is written last."""
    for folder in runs.glob("*"):
        if folder != but and not (folder / "run.json").exists():
            shutil.rmtree(folder)


def prune(runs: Path, *, current: Path) -> None:
    """Removes all but the last five runs; never the current one, whatever the clock said."""
    for folder in sorted(runs.glob("*"))[:-KEPT]:
        if folder != current:
            shutil.rmtree(folder, ignore_errors=True)  # what stays goes the next time
