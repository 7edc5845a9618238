"""A withdrawal that was interrupted: finished where all was ready, else undone.

Needs the standard library alone, since whoever opens a study looks here first.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

STAGE, READY = "reports/.withdrawal", "ready"
"""Where the copy is made, and the file that says it may take the study's place."""
KEPT = ("raw", "reference", "processed", "private")


def settle(root: Path) -> None:
    """Finishes a withdrawal that was interrupted after all was ready; undoes any other."""
    stage = root / STAGE
    if (stage / READY).is_file():
        (stage / "old").mkdir(exist_ok=True)
        for part in KEPT:
            if (stage / "new" / part).exists():
                if (root / part).exists():
                    os.rename(root / part, stage / "old" / part)
                os.rename(stage / "new" / part, root / part)
        for other in (path for path in (root / "reports").iterdir() if path != stage):
            shutil.rmtree(other) if other.is_dir() and not other.is_symlink() else other.unlink()
        shutil.rmtree(stage / "old")
    if stage.is_dir():
        shutil.rmtree(stage)


def finish(root: Path) -> None:
    """Finishes a withdrawal that was ready; one that another process still prepares is left alone."""
    if (root / STAGE / READY).is_file():
        settle(root)
