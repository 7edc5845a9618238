"""Excel workbooks as grids of text: each cell as it was stored, none interpreted."""

from __future__ import annotations

import datetime as dt
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from glc_analysis.errors import Fault, Faults, GLCError
from glc_analysis.intake import refuse
from glc_analysis.intake.grid import CELLS, Grid, grid
from glc_analysis.intake.packed import members
from glc_analysis.intake.text import read_bytes

if TYPE_CHECKING:  # whoever imports this module hardly ever reads a workbook
    from openpyxl.cell.read_only import EmptyCell, ReadOnlyCell

_MACRO = re.compile(r"vbaProject|/(macrosheets|activeX|dialogsheets)/", re.IGNORECASE)
LARGEST, ROWS = 200_000_000, 2**20
"""Bytes that a workbook may unpack to, and rows of a sheet: Excel has no more."""


def read_sheets(path: Path, *, values_only: bool = False) -> list[Grid]:
    """Every sheet of an XLSX file that holds anything, in order.

    Whole numbers come without ".0", dates and times as ISO 8601, booleans as TRUE and
    FALSE, formulas as their stored results. A formula without one is a fault; with ``values_only``
    every formula is, and macros are.
    """
    raw = read_bytes(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what openpyxl would lose, were it to write
            _refuse_large(raw, path.name)
            sheets, suspects = _texts(raw, path.name)
            if values_only:
                faults = [*_macros(raw, path.name), *_formulas(raw, path.name)]
            else:
                faults = _uncalculated(raw, path.name, suspects) if suspects else []
    except GLCError:
        raise
    except Exception as error:  # whatever zip, XML and openpyxl's own parsers raise
        mend = "save it as .xlsx without a password, or as CSV in UTF-8"
        raise Faults([Fault("is no readable workbook", file=path.name, mend=mend)]) from error
    if faults:
        raise Faults(faults)
    if not sheets:
        refuse("holds only blank cells", path.name, "export it again, or take it away")
    return sheets


def _refuse_large(raw: bytes, file: str) -> None:
    with zipfile.ZipFile(BytesIO(raw)) as package:
        size = sum(part.file_size for part in members(package))
    if size > LARGEST:
        mend = "save it without pictures, or as CSV"
        refuse(f"unpacks to {size:,} bytes; the limit is {LARGEST:,}", file, mend)


def _texts(raw: bytes, file: str) -> tuple[list[Grid], set[tuple[str, str]]]:
    """The sheets, and the cells that are stored without a value: some may be formulas."""
    sheets, suspects = [], set()
    for title, rows in _sheets(raw, data_only=True):
        texts, cells = [], 0
        for n, row in enumerate(rows):
            cells += len(row)
            if n >= ROWS or cells > CELLS:
                place, mend = f"{file}, sheet {title}", "take away what stands far from the table"
                refuse(f"spans over {ROWS:,} rows or {CELLS:,} cells", place, mend)
            texts.append([_text(cell) for cell in row])
            suspects.update((title, cell.coordinate) for cell in row if _is_suspect(cell))
        sheets.append(grid(file, title, texts))
    return [sheet for sheet in sheets if sheet.rows], suspects


def _uncalculated(raw: bytes, file: str, suspects: set[tuple[str, str]]) -> list[Fault]:
    said = "is a formula without a stored result"
    mend = "open the workbook in a spreadsheet program, which calculates it, and save it"
    return [replace(fault, message=said, mend=mend) for fault in _formulas(raw, file)
            if (fault.file.removeprefix(f"{file}, sheet "), fault.column + fault.row) in suspects]


def _formulas(raw: bytes, file: str) -> Iterator[Fault]:
    for title, rows in _sheets(raw, data_only=False):
        for cell in (cell for row in rows for cell in row if cell.data_type == "f"):
            yield Fault("is a formula", f"{file}, sheet {title}", str(cell.row), cell.column_letter,
                        str(cell.value), "write what it comes to")


def _macros(raw: bytes, file: str) -> list[Fault]:
    with zipfile.ZipFile(BytesIO(raw)) as package:
        parts = [part for part in package.namelist() if _MACRO.search(part)]
    mend = "save it as .xlsx without macros, or copy the cells into the form that was sent"
    return [Fault("holds macros", file=file, value=part, mend=mend) for part in parts]


def _sheets(raw: bytes, *, data_only: bool) -> Iterator[tuple[str, Iterator[tuple[ReadOnlyCell | EmptyCell, ...]]]]:
    from openpyxl import load_workbook

    book = load_workbook(BytesIO(raw), read_only=True, data_only=data_only)
    for sheet in book.worksheets:
        sheet.reset_dimensions()  # some tools write wrong ones, and cells would be lost
        yield sheet.title, sheet.iter_rows()


def _is_suspect(cell: ReadOnlyCell | EmptyCell) -> bool:
    # A formula whose stored result is the empty text is of type "str" and no suspect, nor is a cell that is
    # not stored, which has no place.
    return cell.value is None and cell.data_type == "n" and hasattr(cell, "row")


def _text(cell: ReadOnlyCell | EmptyCell) -> str:
    match cell.value:
        case None:
            return ""
        case str(text):
            return text.replace("_x000D_", "\r")  # how workbooks spell a carriage return
        case bool(truth):
            return str(truth).upper()
        case float(number) if number.is_integer():
            return str(int(number))
        case dt.datetime() as moment if moment.time() == dt.time() and _shows_no_time(cell):
            return moment.date().isoformat()
        case dt.date() | dt.time() as moment:
            return moment.isoformat()
        case other:
            return str(other)


def _shows_no_time(cell: ReadOnlyCell | EmptyCell) -> bool:
    return "h" not in cell.number_format.lower()
