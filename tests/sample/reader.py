"""The sample's raw files read with nothing of the package: the other side of every comparison."""

import csv
from functools import cache
from pathlib import Path

from openpyxl import load_workbook

QUALTRICS, KOBO = "glc_2016_qualtrics", "glc_2016_kobo"


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def raw_records(root: Path) -> dict[str, list[dict[str, str]]]:
    """The records of both files, cells as text."""
    sheet = load_workbook(root / f"raw/survey/{KOBO}.xlsx").active.iter_rows(values_only=True)
    names = next(sheet)
    return {QUALTRICS: table(root / f"raw/survey/{QUALTRICS}.csv")[2:],
            KOBO: [dict(zip(names, ("" if c is None else str(c) for c in row), strict=True))
                   for row in sheet]}


def column_of(question: dict[str, str], file: str) -> str:
    return question["columns"].split(" | ")[(QUALTRICS, KOBO).index(file)]


@cache
def spellings(root: Path, option_list: str) -> dict[str, str]:
    """Every value and label of an option list in lower case, with its option."""
    return {option[key].casefold(): option["option_id"] for key in ("label", "value")
            for option in table(root / "reference/options.csv") if option["option_list"] == option_list}


def chosen(root: Path, record: dict[str, str], question: dict[str, str], file: str) -> set[str]:
    """The options that a record chooses. Raises KeyError for a cell that is none."""
    column, known = column_of(question, file), spellings(root, question["option_list"])
    if column.endswith("*"):
        return {option for value, option in known.items()
                if record.get(column.replace("*", value), "") not in ("", "0")}
    cell = " ".join(record[column].split()).casefold()
    if question["type"] != "multi" or not cell:
        return {known[cell]} if cell else set()
    found = set()
    for spelling in sorted(known, key=len, reverse=True):
        if spelling in cell:
            found.add(known[spelling])
            cell = cell.replace(spelling, "")
    if cell.strip(", "):
        raise KeyError(cell)
    return found
