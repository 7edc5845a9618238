"""Writes the summaries and memos that the team of the sample wrote while reading."""

from __future__ import annotations

from pathlib import Path

from scripts.sample_study.content import rows
from scripts.sample_study.study_files import write_reference_table


def write_reading(root: Path) -> None:
    """Writes the tables of reading. In a study of another size, some summaries rest on other passages than in
    the sample; these summaries are stale."""
    for name in ("summaries", "analytic_memos"):
        write_reference_table(root, name, rows(name))
