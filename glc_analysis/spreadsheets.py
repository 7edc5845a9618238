"""Edits single rows of CSV files that people keep, and writes workbooks for people to fill in.

People edit reference tables in spreadsheet programs, and each survey tool writes CSV in a different way. When
this module edits a file, the order of rows, quotation marks, delimiter, line ends, byte order mark and
encoding stay as they are. Rows are numbered as in a spreadsheet program: the header is row 1, and blank rows
count.
"""

from __future__ import annotations

import codecs
import csv
import re
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from glc_analysis.errors import Fault, Faults
from glc_analysis.tabular import detect_delimiter, format_csv_row, normalise_line_ends, parse_delimited
from glc_analysis.writing import write_atomic

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet


# ------------------------------
# Editing rows of a CSV file.


_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")


@dataclass
class CsvRows:
    r"""The rows of a CSV file in the form in which they are written in the file, each with its line end.

    >>> rows = CsvRows.from_text('name;note\r\n"Ana";\r\nBo;"a; b"', "names.csv")
    >>> rows.set_cell(2, "note", "c; d")
    >>> rows.append({"name": "Cy"})
    >>> rows.text
    'name;note\r\n"Ana";"c; d"\r\nBo;"a; b"\r\nCy;\r\n'
    """

    records: list[str]
    delimiter: str
    byte_order_mark: str = ""
    encoding: str = "utf-8"

    @classmethod
    def from_text(cls, text: str, file: str, encoding: str = "utf-8") -> CsvRows:
        """Reads the rows of a text; ``file`` is the name of the text's file in messages. Raises Faults if the
        text cannot be parsed as CSV."""
        body = text.removeprefix("\ufeff")
        plain = normalise_line_ends(body)
        mark = detect_delimiter(plain)
        try:
            records = list(_records(body, mark))
        except csv.Error:
            parse_delimited(plain, file)  # raises the fault that every reader of the file raises
            raise
        return cls(records, mark, text[:len(text) - len(body)], encoding)

    @classmethod
    def read(cls, path: Path) -> CsvRows:
        """Reads the rows of a file, whose encoding is detected."""
        raw = path.read_bytes()
        encoding = find_encoding_that_preserves_bytes(raw)
        return cls.from_text(raw.decode(encoding), path.name, encoding)

    @property
    def text(self) -> str:
        """The content of the file as text, with its byte order mark and its line ends."""
        return self.byte_order_mark + "".join(self.records)

    @property
    def content(self) -> bytes:
        """The content of the file as bytes, in the encoding of the file."""
        return self.text.encode(self.encoding)

    @property
    def header(self) -> list[str]:
        """The names of the columns, without spaces around the names."""
        first = next(csv.reader(self.records[:1], delimiter=self.delimiter), [])
        return [cell.strip() for cell in first]

    @property
    def line_end(self) -> str:
        """The line end of the first row."""
        return (_line_end(self.records[0]) if self.records else "") or "\n"

    def set_cell(self, row: int, column: str, value: str) -> None:
        """Changes one cell; all other cells of the row stay as they are written."""
        place = self.header.index(column)
        record = self.records[row - 1]
        end = _line_end(record)
        cells = self._written_cells(record.removesuffix(end))
        cells += [""] * (place + 1 - len(cells))
        cells[place] = format_csv_row([value], self.delimiter) if value else ""
        self.records[row - 1] = self.delimiter.join(cells) + end

    def add_column_to_header(self, column: str) -> None:
        """Adds a column to the header after the last column, except if a column of this name exists. The
        other rows are not changed.

        >>> rows = CsvRows.from_text("name;note\\nAna;\\n", "names.csv")
        >>> rows.add_column_to_header("day")
        >>> rows.text
        'name;note;day\\nAna;\\n'
        """
        if column not in self.header:
            end = _line_end(self.records[0])
            header = self.records[0].removesuffix(end)
            self.records[0] = f"{header}{self.delimiter}{format_csv_row([column], self.delimiter)}{end}"

    def replace(self, row: int, cells: Iterable[str]) -> None:
        """Replaces all cells of one row."""
        end = _line_end(self.records[row - 1])
        self.records[row - 1] = format_csv_row(cells, self.delimiter) + end

    def clear(self, row: int) -> None:
        """Replaces a row with a blank line, so that the rows below keep their numbers."""
        self.records[row - 1] = _line_end(self.records[row - 1])

    def remove(self, rows: Iterable[int]) -> None:
        """Removes the given rows from the file. All rows must be removed in one call, because a removal
        changes the numbers of the rows below."""
        gone = set(rows)
        self.records = [record for n, record in enumerate(self.records, 1) if n not in gone]

    def insert(self, after: int, row: Mapping[str, str]) -> None:
        """Adds a row below row ``after``, with the line end of row ``after``. If ``row`` has no value for a
        column, the cell of this column is blank."""
        written = format_csv_row((row.get(column, "") for column in self.header), self.delimiter)
        end = self.line_end
        if after:
            end = _line_end(self.records[after - 1]) or end
            self.records[after - 1] = self.records[after - 1].removesuffix(end) + end
        self.records.insert(after, written + end)

    def append(self, row: Mapping[str, str]) -> None:
        """Adds a row at the end. If ``row`` has no value for a column, the cell of this column is blank."""
        self.insert(len(self.records), row)

    def _written_cells(self, record: str) -> list[str]:
        """Returns the cells of a row in the form in which they are written, including quotation marks."""
        mark = re.escape(self.delimiter)
        return re.findall(rf'(?:\A|(?<={mark}))(?:"(?:[^"]|"")*"[^{mark}]*|[^{mark}]*)(?={mark}|\Z)', record)


def _line_end(record: str) -> str:
    """Returns the line end of a row as it is written in the file; blank if the row has none."""
    return record[len(record.rstrip("\r\n")):]


def append_rows(path: Path, columns: Collection[str], rows: Iterable[Mapping[str, str]]) -> None:
    """Adds rows at the end of a CSV file in a single write.

    If the file does not exist, it is made with the given ``columns`` as its header. If the file lacks one of
    the ``columns``, this column is added. If ``rows`` is empty, nothing is written. Raises Faults, and writes
    nothing, if the encoding of the file cannot represent a letter in the rows.
    """
    if not (rows := [*rows]):
        return
    table = CsvRows.read(path) if path.is_file() else CsvRows.from_text(",".join(columns) + "\n", path.name)
    for name in columns:
        table.add_column_to_header(name)
    for row in rows:
        table.append(row)
    try:
        content = table.content
    except UnicodeEncodeError:
        raise Faults([_not_utf8(path)]) from None
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, content)


def read_utf8_unchanged(path: Path) -> str:
    """Returns the text of a file unchanged, including byte order mark and line ends.

    Raises Faults if the file is not in UTF-8, because other encodings cannot represent rows in every
    language.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise Faults([_not_utf8(path)]) from None


def _not_utf8(path: Path) -> Fault:
    return Fault("is not in UTF-8, the only encoding that can hold text in every language", path.name,
                 fix="save it as CSV UTF-8, and run the command again")


def find_encoding_that_preserves_bytes(raw: bytes) -> str:
    """Returns an encoding in which ``raw`` can be read and written again as the same bytes. A byte order mark
    is read as a part of the text.

    >>> [find_encoding_that_preserves_bytes("é".encode(name)) for name in ("utf-16-be", "utf-8", "cp1252")]
    ['utf-16-be', 'utf-8', 'cp1252']
    """
    if b"\0" in raw:
        is_little = raw.startswith(codecs.BOM_UTF16_LE) or raw.find(b"\0") % 2 == 1
        return "utf-16-le" if is_little and not raw.startswith(codecs.BOM_UTF16_BE) else "utf-16-be"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _records(text: str, mark: str) -> Iterator[str]:
    """Yields the rows of a text as they are written; a quoted cell may extend over several lines."""
    lines = _LINE.findall(text)
    plain = (line.rstrip("\r\n") + "\n" for line in lines)
    records, at = csv.reader(plain, delimiter=mark, strict=True), 0
    for _ in records:
        yield "".join(lines[at:records.line_num])
        at = records.line_num


# ------------------------------
# XLSX files for people to fill in and print; the same content always gives the same bytes.
#
# openpyxl is imported when a workbook is written: pages import this module too, and write none.


_STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_EPOCH = b"1980-01-01T00:00:00Z"


def save_workbook_reproducibly(workbook: Workbook, path: Path) -> None:
    """Writes a workbook so that equal contents always give the same bytes.

    The library openpyxl writes the current time into the document properties and into every entry of the
    archive. This function sets all times in the workbook to 1980-01-01, the earliest date that a ZIP file can
    represent. The entries of the archive are stored uncompressed, because compressed bytes differ between
    builds of zlib.

    >>> from openpyxl import Workbook
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     for name in ("a.xlsx", "b.xlsx"):
    ...         save_workbook_reproducibly(Workbook(), Path(folder) / name)
    ...     (Path(folder) / "a.xlsx").read_bytes() == (Path(folder) / "b.xlsx").read_bytes()
    True
    """
    stamped, unstamped = BytesIO(), BytesIO()
    workbook.save(stamped)
    with zipfile.ZipFile(stamped) as source, zipfile.ZipFile(unstamped, "w") as target:
        for name in sorted(source.namelist(), key=_content_types_first):
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3  # else the operating system's own number
            target.writestr(entry, _STAMP.sub(rb"\g<1>" + _EPOCH, source.read(name))
                            if name == "docProps/core.xml" else source.read(name))
    write_atomic(path, unstamped.getvalue())


def write_cell_as_plain_text(cell: Cell, text: str) -> None:
    """Writes a text into a cell, never as a formula, even if the text begins like a formula.

    Characters that a workbook cannot contain are replaced with spaces.

    >>> from openpyxl import Workbook
    >>> cell = Workbook().active["A1"]
    >>> write_cell_as_plain_text(cell, "=1+1")
    >>> cell.value, cell.data_type
    ('=1+1', 's')
    """
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cell.value = ILLEGAL_CHARACTERS_RE.sub(" ", text)
    cell.data_type, cell.quotePrefix = "s", text.startswith(("=", "+", "-", "@"))


def style_cell(cell: Cell, *, is_heading: bool = False, is_fill_in_box: bool = False) -> None:
    """Gives a cell of a table its border and text layout. With ``is_fill_in_box``, the cell is yellow with a
    thick border, which shows that people must fill it in."""
    from openpyxl.styles import Font

    # Finding a style among those of a workbook takes most of the time of writing it: each is looked up once.
    known = _KNOWN_STYLES.setdefault(cell.parent.parent, {})
    wanted = (*(cell._style or ()), is_heading, is_fill_in_box)
    if wanted not in known:
        thin, thick, wrapped, yellow = _styles()
        cell.font, cell.border, cell.alignment = Font(bold=is_heading), thin, wrapped
        if is_fill_in_box:
            cell.fill, cell.border = yellow, thick
        known[wanted] = cell._style
    cell._style = copy(known[wanted])


_KNOWN_STYLES: WeakKeyDictionary[Workbook, dict[tuple[int, ...], Any]] = WeakKeyDictionary()
"""Caches the styles of each workbook, keyed by a cell's earlier style and the wanted changes."""


@cache
def _styles() -> tuple[Any, ...]:
    from openpyxl.styles import Alignment, Border, PatternFill, Side

    thin, thick = (Border(*[Side(style=style)] * 4) for style in ("thin", "medium"))
    return thin, thick, Alignment(wrap_text=True, vertical="top"), PatternFill("solid", start_color="FFF2CC")


def set_a4_print_layout(sheet: Worksheet, heading_row_count: int) -> None:
    """Makes a sheet print on landscape A4, with the width of the page. The first ``heading_row_count`` rows
    are repeated on every printed page and stay visible on the screen."""
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.freeze_panes, sheet.print_title_rows = f"A{heading_row_count + 1}", f"1:{heading_row_count}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToHeight = 0


def _content_types_first(name: str) -> tuple[bool, str]:
    """Returns a sort key that puts the file ``[Content_Types].xml`` before all other files of a workbook,
    because some programs recognise the kind of a workbook by its first file."""
    return name != "[Content_Types].xml", name
