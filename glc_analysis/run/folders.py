"""Names and removes the folders of report runs, and sets the link to the current run."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

_RUNS_KEPT = 5


_NAME = "%Y%m%dT%H%M%SZ"


def new_run_id(runs: Path, now: datetime) -> str:
    """Returns the name of a new run, which is the time of its start. The name sorts after the names of all
    earlier runs, even if the clock was set back.

    >>> new_run_id(Path("nowhere"), datetime(2026, 11, 26, 6, tzinfo=UTC))
    '20261126T060000Z'
    """
    names = [folder.name[:16] for folder in runs.glob("[0-9]*T[0-9]*Z*")]
    last = max(names, default="")
    after = datetime.strptime(last, _NAME).replace(tzinfo=UTC) + timedelta(seconds=1) if last else now
    return f"{max(now, after):{_NAME}}"


def point_current_to_run(home: Path, run: Path) -> None:
    """Makes the link ``home/current`` point to a run. The link is replaced by a single rename, so that
    readers see either the old run or the new run at any time."""
    new = home / ".current"
    new.unlink(missing_ok=True)
    target = f"runs/{run.name}"
    try:
        new.symlink_to(target, target_is_directory=True)
    except OSError:  # a system without symbolic links
        new.write_text(target, encoding="utf-8")
    os.replace(new, home / "current")


def remove_incomplete_runs(runs: Path, *, kept: Path | None = None) -> None:
    """Removes the folders of incomplete runs, except ``kept``. A run is incomplete if its folder has no
    run.json, because this file is written last."""
    for folder in runs.glob("*"):
        if folder != kept and not (folder / "run.json").exists():
            shutil.rmtree(folder)


def remove_all_but_recent_runs(runs: Path, *, current: Path) -> None:
    """Removes the folders of all runs except the five most recent runs and the current run."""
    for folder in sorted(runs.glob("*"))[:-_RUNS_KEPT]:
        if folder != current:
            shutil.rmtree(folder, ignore_errors=True)  # what stays goes the next time
