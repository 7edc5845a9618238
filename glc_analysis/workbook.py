"""XLSX files for people to fill in and print; the same content always gives the same bytes.

openpyxl is imported when a workbook is written: pages import this module too, and write none.
"""

from __future__ import annotations

import re
import zipfile
from copy import copy
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

_STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_EPOCH = b"1980-01-01T00:00:00Z"


def save_workbook(workbook: Workbook, path: Path) -> None:
    """Writes a workbook without the time at which it was written.

    openpyxl stamps the clock into the document properties and into every entry
    of the archive; both are set to 1980-01-01, the earliest a ZIP file knows.
    Entries are stored, not compressed: what deflate makes of a text differs
    between builds of zlib.

    >>> from openpyxl import Workbook
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     for name in ("a.xlsx", "b.xlsx"):
    ...         save_workbook(Workbook(), Path(folder) / name)
    ...     (Path(folder) / "a.xlsx").read_bytes() == (Path(folder) / "b.xlsx").read_bytes()
    True
    """
    stamped = BytesIO()
    workbook.save(stamped)
    with zipfile.ZipFile(stamped) as source, zipfile.ZipFile(path, "w") as target:
        for name in sorted(source.namelist(), key=_content_types_first):
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3  # else the operating system's own number
            target.writestr(entry, _STAMP.sub(rb"\g<1>" + _EPOCH, source.read(name))
                            if name == "docProps/core.xml" else source.read(name))


def write_text(cell: Cell, text: str) -> None:
    """Writes text as text, even if it begins like a formula.

    Characters that no workbook can hold are left out.

    >>> from openpyxl import Workbook
    >>> cell = Workbook().active["A1"]
    >>> write_text(cell, "=1+1")
    >>> cell.value, cell.data_type
    ('=1+1', 's')
    """
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cell.value = ILLEGAL_CHARACTERS_RE.sub(" ", text)
    cell.data_type, cell.quotePrefix = "s", text.startswith(("=", "+", "-", "@"))


def style_cell(cell: Cell, *, is_heading: bool = False, is_box: bool = False) -> None:
    """Gives a cell of a table its border and its lines; a box to fill in is yellow with a thick border."""
    from openpyxl.styles import Font

    # Finding a style among those of a workbook takes most of the time of writing it: each is looked up once.
    known = _KNOWN_STYLES.setdefault(cell.parent.parent, {})
    wanted = (*cell._style, is_heading, is_box)
    if wanted not in known:
        thin, thick, wrapped, yellow = _styles()
        cell.font, cell.border, cell.alignment = Font(bold=is_heading), thin, wrapped
        if is_box:
            cell.fill, cell.border = yellow, thick
        known[wanted] = cell._style
    cell._style = copy(known[wanted])


_KNOWN_STYLES: WeakKeyDictionary[Workbook, dict[tuple[int, ...], Any]] = WeakKeyDictionary()
"""The styles of the cells of a workbook, by the style before and what is wanted."""


@cache
def _styles() -> tuple[Any, ...]:
    from openpyxl.styles import Alignment, Border, PatternFill, Side

    thin, thick = (Border(*[Side(style=style)] * 4) for style in ("thin", "medium"))
    return thin, thick, Alignment(wrap_text=True, vertical="top"), PatternFill("solid", start_color="FFF2CC")


def print_on_a4(sheet: Worksheet, headings: int) -> None:
    """Lays a sheet out on A4 across, as wide as the page, with its first rows on every page and screen."""
    sheet.freeze_panes, sheet.print_title_rows = f"A{headings + 1}", f"1:{headings}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.page_setup.fitToHeight = True, 0


def _content_types_first(name: str) -> tuple[bool, str]:
    """Sorts the content types first: some programs recognise the kind of file by the first entry."""
    return name != "[Content_Types].xml", name
