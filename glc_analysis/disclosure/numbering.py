"""Public releases by number, in ``private/releases``: 001, 002 ..., and ``next``, as a build left it.

Needs the standard library alone: what was issued is an input of the tables, and a run that publishes
gives ``next`` its number by one rename.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ISSUE = "release.json"


def folders(private: Path) -> list[Path]:
    """The releases in a study's private folder, oldest first."""
    return sorted((private / "releases").glob("[0-9]*"))


def about(release: Path) -> dict[str, Any]:
    """What a release says of itself: number, day (of its data), issued (figures by day), content, inputs."""
    return json.loads((release / ISSUE).read_text(encoding="utf-8"))


def lost(processed: Path, private: Path) -> int:
    """The number of the release that the tables name and the private folder holds no more; 0: it is there."""
    built = processed / "slices.json"
    number = json.loads(built.read_text(encoding="utf-8")).get("release", {}).get("number", 0) if (
        built.is_file()) else 0
    is_there = any((private / "releases" / name).is_dir() for name in (f"{number:03}", "next"))
    return 0 if is_there else number


def promote(private: Path, number: int) -> None:
    """Numbers what is about to be published, unless it was. Raises OSError where no build made it."""
    if not (release := private / "releases" / f"{number:03}").exists():
        release.with_name("next").rename(release)
