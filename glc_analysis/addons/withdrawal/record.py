"""Reads the record of withdrawals, withdrawn.csv. The record has the day of each withdrawal and the number of
removed items, but never the name of the organisation or person that withdrew."""

from __future__ import annotations

from glc_analysis.study import Study
from glc_analysis.tabular import read_reference_rows

RECORD_OF_WITHDRAWALS = ("number", "date", "items", "unread", "looked_at_by")
"""The columns of withdrawn.csv; earlier versions of the package wrote only the first three columns."""


def read_withdrawals(study: Study) -> list[dict[str, str]]:
    """Returns the rows of withdrawn.csv, which people use to call back prints, backups and other copies."""
    path = study.locate_reference_file("withdrawn")
    columns = RECORD_OF_WITHDRAWALS
    return [*read_reference_rows(path, columns[:3], columns[3:]).values()] if path.is_file() else []
