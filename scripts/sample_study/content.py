"""Reads the invented content of the sample from the tables of ``content/``."""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "content"
Row = dict[str, str]


@cache
def rows(name: str) -> tuple[Row, ...]:
    """Returns the rows of one table, in its order. All callers share them, so never change a row.

    >>> rows("questions")[0]["question_id"]
    'Q1.7'
    """
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def grouped(name: str, column: str) -> dict[str, list[Row]]:
    """Returns the rows of one table, grouped by the value of a column. A value that does not occur has an
    empty list.

    >>> [option["option_id"] for option in grouped("options", "option_list")["yes_no"]]
    ['yes', 'no', 'dont_know']
    """
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows(name):
        groups[row[column]].append(row)
    return groups
