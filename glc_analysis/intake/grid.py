"""A sheet of text cells: what every delimited file and every workbook sheet becomes first."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from glc_analysis.intake import refuse

CELLS = 30_000_000
"""So many cells a sheet may have: 30,000 records of 1,000 columns. One stray cell can span far more."""


@dataclass(frozen=True)
class Grid:
    """The rows of a sheet that hold anything, the header first, all equally wide.

    Rows that are blank throughout are no records and are left out, but counted:
    `numbers` are the row numbers a spreadsheet shows. Text is NFC with LF line ends.
    """

    place: str  # how a fault names the sheet: "visits.csv", "visits.xlsx, sheet Kinds"
    sheet: str  # "" for a delimited file
    rows: list[list[str]]
    numbers: list[int]

    @property
    def names(self) -> list[str]:
        """The first header row."""
        return self.rows[0]


def grid(file: str, sheet: str, rows: Iterable[Sequence[str]]) -> Grid:
    """Number the rows, leave out the blank ones, and pad the rest to the widest.

    >>> grid("a.csv", "", [["id", "note"], ["", ""], ["7"]])
    Grid(place='a.csv', sheet='', rows=[['id', 'note'], ['7', '']], numbers=[1, 3])
    """
    kept = [(n, row) for n, row in enumerate(rows, 1) if any(map(str.strip, row))]
    width = max((len(row) for _, row in kept), default=0)
    place = f"{file}, sheet {sheet}" if sheet else file
    if width * len(kept) > CELLS:
        said = f"spans {len(kept):,} rows and {width:,} columns; the limit is {CELLS:,} cells"
        refuse(said, place, "take away what stands far from the table")
    return Grid(
        place=place,
        sheet=sheet,
        rows=[_composed(row) + [""] * (width - len(row)) for _, row in kept],
        numbers=[n for n, _ in kept],
    )


def clean(text: str) -> str:
    """NFC with LF line ends: the only change ever made to an answer.

    >>> clean("e\\u0301te\\u0301\\r\\n")
    'été\\n'
    """
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def _composed(row: Sequence[str]) -> list[str]:
    # Cell by cell, never the file at once: NFC turns the Greek question mark into a semicolon.
    joined = "\n".join(row)
    if "\r" not in joined and unicodedata.is_normalized("NFC", joined):
        return list(row)
    return [clean(cell) for cell in row]
