"""What the team of the sample wrote while reading: summaries and memos."""

from __future__ import annotations

from pathlib import Path

from scripts.sample_study.content import rows
from scripts.sample_study.study_files import write_reference_table


def write_reading(root: Path) -> None:
    """Writes the tables of reading. In a study of another size the passages behind some summaries are other
    ones: these are stale."""
    for name in ("summaries", "analytic_memos"):
        write_reference_table(root, name, rows(name))
