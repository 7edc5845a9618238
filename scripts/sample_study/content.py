"""The content of the sample: what was invented, kept in the tables of ``content/``."""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "content"
Row = dict[str, str]


@cache
def rows(name: str) -> tuple[Row, ...]:
    """The rows of one table, in its order. They are shared: never change one.

    >>> rows("questions")[0]["question_id"]
    'Q1.7'
    """
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def grouped(name: str, column: str) -> dict[str, list[Row]]:
    """The rows of one table by the value of a column; an empty list for a value that it lacks.

    >>> [option["option_id"] for option in grouped("options", "option_list")["yes_no"]]
    ['yes', 'no', 'dont_know']
    """
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows(name):
        groups[row[column]].append(row)
    return groups
