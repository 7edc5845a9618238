"""Reads CSV files, workbooks and ZIP packages as grids of text.

The cells of a :class:`Grid` have the texts of the file, in NFC and with LF line ends. A file with a character
that cannot be decoded is refused, because a damaged answer is worse than an export that has to be repeated.
The encoding of a text file is determined in this order:

1. A file that begins with the byte order mark of UTF-16, or that contains bytes of the value zero, is read as
   UTF-16.
2. Any other file is read as UTF-8.
3. If reading as UTF-8 fails, the file is read as Windows-1252, provided that the result looks like a western
   language.
4. If none of these encodings fits, the file is refused.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import os
import re
import unicodedata
import warnings
import zipfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from encodings.aliases import aliases
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glc_analysis.errors import Fault, Faults, GLCError, refuse, suggest_name
from glc_analysis.schema import map_old_names_to_new, replace_old_names

if TYPE_CHECKING:
    from openpyxl.cell.read_only import EmptyCell, ReadOnlyCell


# ------------------------------
# Delimited text files: their encoding and delimiter are detected.


_MOST_BYTES = 200_000_000
"""The largest number of bytes that a file or an unpacked workbook may have; this is enough for about 30,000
records of 1,000 columns."""
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
"""The first bytes of files that were written by older office programs, such as XLS workbooks."""
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# Never typed by a person. Vertical tab and form feed are: word processors paste them.
_CONTROLS = [chr(n) for n in (*range(9), *range(14, 32))]
_EXPORT = "export it again as CSV in UTF-8, or give the file its right extension"
_OR_NAMED = ("; or, for a survey export, name its encoding, such as cp1251, with [survey] encoding in "
             "study.toml or --encoding of `glc init`")
_NAME_IT = "correct the setting encoding under [survey] in study.toml, or the option --encoding of `glc init`"
_QUOTE = 'put cells that hold a delimiter, a quotation mark or a line break in "quotation marks"'


def read_bytes(path: Path, *, limit: int = _MOST_BYTES) -> bytes:
    """Returns the content of a file. Raises Faults if the file is missing, unreadable or empty. The function
    also raises Faults, without reading the file, if the file has more than `limit` bytes."""
    try:
        refuse_large_file(path, limit=limit)
        raw = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        refuse(f"cannot be read: {reason}", path.name, "check the path and its permissions")
    if not raw.strip():
        refuse("is empty", path.name, "export it again, or remove it")
    return raw


def refuse_large_file(path: Path, *, limit: int = _MOST_BYTES) -> None:
    """Raises Faults if a file has more than `limit` bytes, because reading it might use up all memory."""
    size = path.stat().st_size
    if size > limit:
        refuse(f"holds {size:,} bytes; the limit is {limit:,}", path.name,
               "check that it is the right file, or divide it into several")


def normalise_line_ends(text: str) -> str:
    """Returns a text with LF line ends, whatever line ends it has.

    >>> normalise_line_ends("a\\r\\nb\\rc")
    'a\\nb\\nc'
    """
    return text.replace("\r\n", "\n").replace("\r", "\n")


def decode_text_detecting_encoding(raw: bytes, file: str) -> str:
    """Returns the text of a file with LF line ends; `file` is the name of the file in messages.

    >>> decode_text_detecting_encoding("Sí;ខ្មែរ\\r\\n".encode("utf-16"), "a.csv")
    'Sí;ខ្មែរ\\n'
    >>> decode_text_detecting_encoding("Español, “cómo”".encode("cp1252"), "a.csv")
    'Español, “cómo”'
    """
    marked = next((name for mark, name in _MARKS.items() if raw.startswith(mark)), "")
    encoding = marked or _unmarked_utf16(raw)
    try:
        text = raw.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        text = _windows_text(raw, file, error.start, marked=bool(encoding))
    if _has_controls(text):
        refuse("is not a text file: it contains control characters", file, _EXPORT)
    return normalise_line_ends(text.removeprefix("\ufeff"))


def decode_or_repair_text(raw: bytes, encoding_or_repair_steps: Sequence[str], file: str) -> str:
    """Returns the text of a file whose encoding a setting names; `file` is the name of the file in messages.

    ``encoding_or_repair_steps`` has one name or three names of encodings. A single name is the encoding of
    the file. Three names repair a text that another program once decoded wrongly. The file is decoded with
    the first encoding; then each run of letters outside ASCII is encoded with the second encoding, and
    decoded with the third encoding. A run of letters that cannot be repaired, because a letter was lost from
    it, is not changed.

    >>> damaged = "Más años".encode().decode("cp1252").encode("mac_roman", "replace")
    >>> decode_or_repair_text(damaged, ["mac_roman", "cp1252", "utf-8"], "a.csv")
    'Más años'
    """
    first, *others = encoding_or_repair_steps
    for name in encoding_or_repair_steps:
        try:
            codecs.lookup(name)
        except LookupError:
            known = {*aliases, *aliases.values()}
            refuse(f"no encoding is named {name!r}; {suggest_name(name, known)}", file, _NAME_IT)
    try:
        text = raw.decode(first)
    except UnicodeDecodeError:
        refuse(f"is not {first} text", file, _NAME_IT)
    if others:
        text = re.sub(r"[^\x00-\x7f]+", lambda run: _recoded(run[0], *others), text)
    return normalise_line_ends(text.removeprefix("\ufeff"))


def _recoded(run: str, written: str, read: str) -> str:
    try:
        return run.encode(written).decode(read)
    except UnicodeError:
        return run


def read_delimited_file(path: Path, *, limit: int = _MOST_BYTES,
                        encoding_or_repair_steps: Sequence[str] = ()) -> Grid:
    """Returns the cells of a file that is delimited by commas, semicolons or tabs, all as text.

    A row that is shorter than the header gets blank cells, because spreadsheet programs omit blank cells at
    the end of a row. Raises Faults with all rows that are longer than the header, are broken in two or use
    another delimiter. The function also raises Faults if the file has more than `limit` bytes.
    ``encoding_or_repair_steps`` has the form that :func:`decode_or_repair_text` describes; if it is empty,
    the encoding is detected.
    """
    raw = read_bytes(path, limit=limit)
    text = decode_or_repair_text(raw, encoding_or_repair_steps, path.name) if encoding_or_repair_steps \
        else decode_text_detecting_encoding(raw, path.name)
    del raw  # a large file is not held beside its text, nor its text beside its cells
    records, mark, ends_whole = parse_delimited(text, path.name), detect_delimiter(text), text.endswith("\n")
    del text
    table = number_and_pad_rows(path.name, "", records)
    if not table.rows:
        refuse("holds only blank cells", path.name, "export it again, or remove it")
    filled = [records[n - 1] for n in table.numbers]
    _refuse_mixed(table, filled, mark)
    _refuse_ragged(table, filled, ends_whole=ends_whole)
    return table


def parse_delimited(text: str, file: str) -> list[list[str]]:
    """Returns the records of a delimited text, with unchanged cells; `file` is the name of the file in
    messages.

    Programs that put tabs between cells often write cells without quoting them, so that a quotation mark is
    part of an answer. A text with tabs and quotation marks is therefore read without quoting if two
    conditions hold:

    - Reading the text with quoting fails: the text cannot be parsed, rows differ in width, or a cell contains
      a tab.
    - If the text is read without quoting, every line has as many cells as the header.

    >>> parse_delimited('id\\tnote\\n1\\t"Data" engineer\\n', "answers.tsv")
    [['id', 'note'], ['1', '"Data" engineer']]
    """
    mark = detect_delimiter(text)
    unquoted = _unquoted(text) if mark == "\t" and '"' in text else []
    records: list[list[str]] = []
    known: dict[str, str] = {}
    reader = csv.reader(_lines(text), delimiter=mark, strict=True)
    cells = 0
    try:
        for record in reader:
            records.append(_shared(record, known))
            cells += len(record) or 1
            if cells > _MOST_CELLS:  # as soon as it is known: more would fill the memory
                refuse(f"spans more than {_MOST_CELLS:,} cells", file, _FAR_AWAY, row=str(len(records)))
    except csv.Error as error:
        if unquoted:
            return unquoted
        refuse(f"cannot be parsed: {error}", file, _QUOTE, row=str(len(records) + 1))
    is_table = all(len(record) == len(records[0]) for record in records if record)
    has_tabs = any("\t" in cell for record in records for cell in record) if unquoted else False
    return unquoted if unquoted and (has_tabs or not is_table) else records


def _shared(record: list[str], known: dict[str, str]) -> list[str]:
    """Returns a record in which each cell is the string object in ``known`` that equals it, so that a text
    that occurs in a million cells is in memory only once. New texts are added to ``known`` only up to a
    limit, because open answers seldom occur twice."""
    return [*map(known.setdefault if len(known) < _MOST_SHARED_TEXTS else known.get, record, record)]


def _lines(text: str) -> Iterator[str]:
    """Yields the lines of a text, with their line ends, one at a time, so that a large text is not in memory
    twice."""
    start = 0
    while end := text.find("\n", start) + 1:
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]


def _unquoted(text: str) -> list[list[str]]:
    """Returns the records of a tab-delimited text, which is read without quoting. The list is empty if the
    lines differ in width or if there are too many cells."""
    lines = text.removesuffix("\n").split("\n")
    width = lines[0].count("\t")
    if len(lines) * (width + 1) > _MOST_CELLS or any(line.count("\t") != width for line in lines if line):
        return []
    return [line.split("\t") if line else [] for line in lines]


def format_csv_row(cells: Iterable[str], delimiter: str = ",") -> str:
    """Returns cells as one row of a CSV file, with quotation marks where they are needed, and without a line
    end.

    >>> format_csv_row(["Ana", "a, b"])
    'Ana,"a, b"'
    """
    row = io.StringIO(newline="")
    # With this line end a line break in a cell is quoted by every version of Python.
    csv.writer(row, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    return row.getvalue().removesuffix("\r\n")


def detect_delimiter(text: str) -> str:
    """Returns the delimiter (comma, semicolon or tab) that divides the largest share of the first rows into
    as many cells as the header.

    >>> detect_delimiter("Food, shelter, other;Note\\n1;none\\n")
    ';'
    """
    return max(",;\t", key=lambda mark: _fit(text[:1_000_000], mark))


def _fit(head: str, mark: str) -> tuple[float, int]:
    widths = []
    try:
        reader = csv.reader(io.StringIO(head), delimiter=mark, strict=True)
        widths.extend(len(record) for record in islice(reader, 50) if record)
    except csv.Error:
        widths.append(0)
    if not widths or widths[0] < 2:
        return 0.0, 0
    return widths.count(widths[0]) / len(widths), widths[0]


_MARK_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs"}


def _refuse_mixed(table: Grid, records: list[list[str]], mark: str) -> None:
    """Raises Faults for rows that use another delimiter than the header, for example because two exports were
    joined. A row uses another delimiter if its first cell contains this delimiter, and if this delimiter
    divides the row into as many cells as the header has."""
    width = len(records[0])
    faults = []
    for n, row in zip(table.numbers, records, strict=True):
        if len(row) >= width or not row:
            continue
        for other in _MARK_NAMES:
            if other != mark and other in row[0] and mark.join(row).count(other) == width - 1:
                faults.append(Fault(
                    f"has cells divided by {_MARK_NAMES[other]}, but the header uses {_MARK_NAMES[mark]}",
                    table.place, str(n), fix="export the answers again in one file, or keep these rows in a "
                    "file of their own"))
    if faults:
        raise Faults(faults)


def _refuse_ragged(table: Grid, records: list[list[str]], *, ends_whole: bool) -> None:
    width = len(records[0])
    faults = []
    for n, row, after in zip(table.numbers, records, [*records[1:], []], strict=True):
        if any(map(str.strip, row[width:])):
            said = f"has {len(row)} cells where the header has {width}"
        elif len(row) < width and len(row) + len(after) == width + 1:
            # Trailing blanks left out would hardly add up to one row: a line break did this.
            said = f"has {len(row)} of {width} cells, and the next row has the other cells"
        elif len(row) < width and not after and not ends_whole:
            said = f"ends after {len(row)} of {width} cells, at the end of the file"
        else:
            continue
        faults.append(Fault(said, file=table.place, row=str(n), fix=_QUOTE + ", or export the file again"))
    if faults:
        raise Faults(faults)


def _unmarked_utf16(raw: bytes) -> str:
    """Returns the byte order of UTF-16 text without a byte order mark, as the name of an encoding; blank if
    the bytes are not such text. The byte order is right if the text then has line ends and no control
    characters."""
    if b"\0" not in raw:
        return ""
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\n" in text and not _has_controls(text):
            return encoding
    return ""


def _windows_text(raw: bytes, file: str, start: int, *, marked: bool) -> str:
    lenient = raw.decode("utf-8", "replace")
    damaged = lenient.count("\ufffd")
    if marked or len(re.findall(r"[^\x00-\x7f]", lenient)) > 2 * damaged:
        row = str(raw.count(b"\n", 0, start) + 1)
        refuse("is damaged: a character cannot be decoded", file, _EXPORT + _OR_NAMED, row=row)
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError:
        text = "\0"
    # Western languages seldom have three such characters in a row; Cyrillic or Japanese
    # read with the wrong table is made of nothing else. A line of dashes counts as one.
    runs = [len(set(run)) for run in re.findall(r"[^\x00-\x7f]+", text)]
    foreign = sum(n for n in runs if n > 2)
    if _has_controls(text) or foreign > sum(runs) - foreign:
        refuse("is neither UTF-8, UTF-16 nor Windows-1252 text", file, _EXPORT + _OR_NAMED)
    return text


def _has_controls(text: str) -> bool:
    return any(control in text for control in _CONTROLS)


# ------------------------------
# ZIP files, such as office documents and coding projects.


def list_zip_members_checking_sizes(package: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Returns an entry for each file in a ZIP file; folders are left out.

    Raises BadZipFile if a file inside claims to have more packed bytes than the whole ZIP file, because a
    reader would reserve memory for so many bytes. The function also raises BadZipFile for a file that is
    packed with LZMA, which none of the supported programs uses.
    """
    length = package.fp.seek(0, os.SEEK_END) if package.fp else 0
    listed = [member for member in package.infolist() if not member.is_dir()]
    if any(member.compress_size > length or member.compress_type == zipfile.ZIP_LZMA for member in listed):
        raise zipfile.BadZipFile(
            "a file in the package claims to be longer than the package, or is packed with LZMA")
    return listed


# ------------------------------
# A grid: the cells of a delimited file or of a sheet of a workbook.


_MOST_CELLS = 32_000_000
"""The largest number of cells that a sheet may have, for example 32,000 records of 1,000 columns or 200,000
records of 160 columns. The command `glc check` needs less than 2 GiB of memory for a sheet with this number
of cells. One stray cell far away from the table can make a sheet much larger than its table."""
_MOST_SHARED_TEXTS = 100_000
"""Cells of a file that have the same text share one string in memory, for at most this number of different
texts."""
_FAR_AWAY = "delete the cells far away from the table"


@dataclass(frozen=True)
class Grid:
    """The rows of a sheet without blank rows: the header is the first row, and all rows have the same width.

    `numbers` has, for each row, the row number that a spreadsheet program shows; blank rows count for this
    number. Text in the cells is in NFC with LF line ends.
    """

    place: str  # how a fault names the sheet: "visits.csv", "visits.xlsx, sheet Kinds"
    sheet: str  # "" for a delimited file
    rows: list[list[str]]
    numbers: list[int]
    is_hidden: bool = field(default=False, repr=False)  # a sheet that the program does not show

    @property
    def names(self) -> list[str]:
        """The cells of the header, which are the names of the columns."""
        return self.rows[0]


def number_and_pad_rows(file: str, sheet: str, rows: Iterable[Sequence[str]]) -> Grid:
    """Returns a grid of the given rows: numbers the rows, leaves out blank rows, and pads all other rows to
    the width of the widest row. Raises Faults if the grid would have too many cells.

    >>> number_and_pad_rows("a.csv", "", [["id", "note"], ["", ""], ["7"]])
    Grid(place='a.csv', sheet='', rows=[['id', 'note'], ['7', '']], numbers=[1, 3])
    """
    kept = [(n, row) for n, row in enumerate(rows, 1) if any(map(str.strip, row))]
    width = max((len(row) for _, row in kept), default=0)
    place = f"{file}, sheet {sheet}" if sheet else file
    if width * len(kept) > _MOST_CELLS:
        said = f"spans {len(kept):,} rows and {width:,} columns; the limit is {_MOST_CELLS:,} cells"
        refuse(said, place, _FAR_AWAY)
    return Grid(
        place=place,
        sheet=sheet,
        rows=[_padded(_composed(row), width) for _, row in kept],
        numbers=[n for n, _ in kept],
    )


def normalise_unicode_and_line_ends(text: str) -> str:
    """Returns a text in NFC, with LF line ends and without byte order marks, which occur inside a file that
    was joined from several files. Nothing else in the text is changed.

    >>> normalise_unicode_and_line_ends("e\\u0301te\\u0301\\r\\n")
    'été\\n'
    """
    return unicodedata.normalize("NFC", normalise_line_ends(text.replace("\ufeff", "")))


def _padded(row: list[str], width: int) -> list[str]:
    """Returns a row padded with blank cells to the given width. A row that already has the width is not
    copied, because a large file has a million rows."""
    return row if len(row) == width else row + [""] * (width - len(row))


def _composed(row: Sequence[str]) -> list[str]:
    # Cell by cell, never the file at once: NFC turns the Greek question mark into a semicolon.
    joined = "\n".join(row)
    if "\r" not in joined and "\ufeff" not in joined and unicodedata.is_normalized("NFC", joined):
        return row if isinstance(row, list) else list(row)
    return [normalise_unicode_and_line_ends(cell) for cell in row]


# ------------------------------
# Excel workbooks.


_MACRO = re.compile(r"vbaProject|/(macrosheets|activeX|dialogsheets)/", re.IGNORECASE)
_MOST_ROWS = 2**20
"""The largest number of rows that a sheet of Excel can have."""


def read_workbook_sheets(path: Path, *, refuse_formulas: bool = False) -> list[Grid]:
    """Returns the sheets of a workbook in order, without blank sheets. The workbook may be an XLSX file, or
    an XLS file of an older program; its content shows which of the two it is.

    Values are read as text: whole numbers without ".0", numbers shown in per cent with the percent sign
    (75%), dates and times as ISO 8601, booleans as TRUE and FALSE, and formulas as their stored results.

    Raises Faults for a formula without a stored result. With ``refuse_formulas``, the function raises Faults
    for every formula and every macro.
    """
    raw = read_bytes(path)
    try:
        if raw.startswith(OLD_WORKBOOK) and not refuse_formulas:
            return _filled(_old_sheets(raw, path.name), path.name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what openpyxl would lose, were it to write
            _refuse_large_package(raw, path.name)
            sheets, suspects = _texts(raw, path.name)
            if refuse_formulas:
                faults = [*_macros(raw, path.name), *_formulas(raw, path.name)]
            else:
                faults = _uncalculated(raw, path.name, suspects) if suspects else []
    except GLCError:
        raise
    except Exception as error:  # whatever zip, XML and openpyxl's own parsers raise
        fix = "save it as .xlsx without a password, or as CSV in UTF-8"
        raise Faults([Fault("cannot be read as a workbook", file=path.name, fix=fix)]) from error
    if faults:
        raise Faults(faults)
    return _filled(sheets, path.name)


def _filled(sheets: list[Grid], file: str) -> list[Grid]:
    if not sheets:
        refuse("holds only blank cells", file, "export it again, or remove it")
    return sheets


def _old_sheets(raw: bytes, file: str) -> list[Grid]:
    """Returns the sheets of an XLS file, without blank sheets; formulas are read as their stored results."""
    import xlrd

    with open(os.devnull, "w", encoding="utf-8") as silence:
        book = xlrd.open_workbook(file_contents=raw, logfile=silence, formatting_info=True)
    sheets = [replace(number_and_pad_rows(file, sheet.name, [[_old_text(cell, book) for cell in row]
                                                             for row in sheet.get_rows()]),
                      is_hidden=sheet.visibility != 0) for sheet in book.sheets()]
    return [sheet for sheet in sheets if sheet.rows]


def _old_text(cell: Any, book: Any) -> str:
    """Returns a cell of an XLS file in the same form as :func:`_text` returns a cell of an XLSX file."""
    import xlrd

    match cell.ctype:
        case xlrd.XL_CELL_DATE:
            moment = xlrd.xldate.xldate_as_datetime(cell.value, book.datemode)
            return moment.date().isoformat() if moment.time() == dt.time() else moment.isoformat()
        case xlrd.XL_CELL_BOOLEAN:
            return str(bool(cell.value)).upper()
        case xlrd.XL_CELL_ERROR:
            return xlrd.error_text_from_code.get(cell.value, "#N/A")
        case xlrd.XL_CELL_NUMBER if _is_per_cent(
                book.format_map[book.xf_list[cell.xf_index].format_key].format_str):
            return _per_cent(cell.value)
        case xlrd.XL_CELL_NUMBER if cell.value.is_integer():
            return str(int(cell.value))
        case _:
            return str(cell.value)


def _refuse_large_package(raw: bytes, file: str) -> None:
    with zipfile.ZipFile(BytesIO(raw)) as package:
        size = sum(part.file_size for part in list_zip_members_checking_sizes(package))
    if size > _MOST_BYTES:
        fix = "save it without pictures, or as CSV"
        refuse(f"unpacks to {size:,} bytes; the limit is {_MOST_BYTES:,}", file, fix)


def _texts(raw: bytes, file: str) -> tuple[list[Grid], set[tuple[str, str]]]:
    """Returns the sheets of an XLSX file, without blank sheets, and the places (sheet, cell) of cells that
    are stored without a value. Cells that are stored without a value may be formulas."""
    from openpyxl.cell.read_only import ReadOnlyCell

    sheets, suspects = [], set()
    for title, is_hidden, rows in _sheets(raw, data_only=True):
        texts, cells = [], 0
        for n, row in enumerate(rows):
            cells += len(row)
            if n >= _MOST_ROWS or cells > _MOST_CELLS:
                refuse(f"spans more than {_MOST_ROWS:,} rows or {_MOST_CELLS:,} cells",
                       f"{file}, sheet {title}", _FAR_AWAY)
            texts.append([_text(cell) for cell in row])
            # A formula whose stored result is the empty text is of type "str" and no suspect; a cell that is
            # not stored has no place.
            suspects.update((title, cell.coordinate) for cell in row if isinstance(cell, ReadOnlyCell)
                            and cell.value is None and cell.data_type == "n")
        sheets.append(replace(number_and_pad_rows(file, title, texts), is_hidden=is_hidden))
    return [sheet for sheet in sheets if sheet.rows], suspects


def _uncalculated(raw: bytes, file: str, suspects: set[tuple[str, str]]) -> list[Fault]:
    said = "is a formula without a stored result"
    fix = "open the workbook in a spreadsheet program, which calculates the formula, and save the workbook"
    return [replace(fault, message=said, fix=fix) for fault in _formulas(raw, file)
            if (fault.file.removeprefix(f"{file}, sheet "), fault.column + fault.row) in suspects]


def _formulas(raw: bytes, file: str) -> Iterator[Fault]:
    from openpyxl.cell.read_only import ReadOnlyCell

    for title, _, rows in _sheets(raw, data_only=False):
        for cell in (cell for row in rows for cell in row
                     if isinstance(cell, ReadOnlyCell) and cell.data_type == "f"):
            yield Fault("is a formula", f"{file}, sheet {title}", str(cell.row), cell.column_letter,
                        str(cell.value), "write its result instead")


def _macros(raw: bytes, file: str) -> list[Fault]:
    with zipfile.ZipFile(BytesIO(raw)) as package:
        parts = [part for part in package.namelist() if _MACRO.search(part)]
    fix = "save it as .xlsx without macros, or copy the cells into the form that was sent"
    return [Fault("holds macros", file=file, value=part, fix=fix) for part in parts]


def _sheets(raw: bytes, *,
            data_only: bool) -> Iterator[tuple[str, bool, Iterator[tuple[ReadOnlyCell | EmptyCell, ...]]]]:
    from openpyxl import load_workbook

    book = load_workbook(BytesIO(raw), read_only=True, data_only=data_only)
    for sheet in book.worksheets:
        sheet.reset_dimensions()  # some tools write wrong ones, and cells would be lost
        yield sheet.title, sheet.sheet_state != "visible", sheet.iter_rows()


def _text(cell: ReadOnlyCell | EmptyCell) -> str:
    number_format = cell.number_format or ""
    match cell.value:
        case None:
            return ""
        case str(text):
            return text.replace("_x000D_", "\r")  # how workbooks spell a carriage return
        case bool(truth):
            return str(truth).upper()
        case int(number) | float(number) if _is_per_cent(number_format):
            return _per_cent(number)
        case float(number) if number.is_integer():
            return str(int(number))
        case dt.datetime() as moment if moment.time() == dt.time() and "h" not in number_format.lower():
            return moment.date().isoformat()
        case dt.date() | dt.time() as moment:
            return moment.isoformat()
        case other:
            return str(other)


def _is_per_cent(number_format: str) -> bool:
    """Whether a number format displays a hundred times the value, with a percent sign.

    >>> [_is_per_cent(code) for code in ("0.0%", "General", '0" % of staff"', "0\\\\%")]
    [True, False, False, False]
    """
    return "%" in re.sub(r'"[^"]*"|\\.', "", number_format)


def _per_cent(number: float) -> str:
    """Returns a value as text in per cent, such as 75% for 0.75. If a person has written 75%, the workbook
    stores 0.75.

    >>> _per_cent(0.75), _per_cent(0.07), _per_cent(1), _per_cent(0.1234)
    ('75%', '7%', '100%', '12.34%')
    """
    return f"{100 * number:.10g}%"


# ------------------------------
# Reference tables.


def make_csv_read_log_entry(path: str, columns: Collection[str], id_in_rows: str) -> str:
    """Returns the name under which a part of a CSV file is recorded as an input of a page. The part of the
    file is either some ``columns``, or the rows that name the id ``id_in_rows``.

    >>> make_csv_read_log_entry("reference/codebook.csv", ["code_id", "name"], "")
    'reference/codebook.csv columns=code_id,name'
    >>> make_csv_read_log_entry("reference/codebook.csv", [], "stigma")
    'reference/codebook.csv naming=stigma'
    """
    return f"{path} " + (f"columns={','.join(columns)}" if columns else f"naming={id_in_rows}")


def read_csv_records_or_nothing(path: Path) -> list[list[str]]:
    """Returns the cells of a CSV file, with the header as the first row. The list is empty if the file is
    missing or cannot be read."""
    try:
        return parse_delimited(decode_text_detecting_encoding(path.read_bytes(), path.name), path.name)
    except (FileNotFoundError, Faults, ValueError):
        return []


def select_csv_part_by_log_entry(records: list[list[str]], entry_after_path: str) -> list[list[str]]:
    """Returns the cells of a part of a CSV file, whose cells are ``records``. ``entry_after_path`` is the
    text that :func:`make_csv_read_log_entry` adds after the path.

    >>> select_csv_part_by_log_entry([["code_id", "name"], ["shelter", "Shelter"]], "columns=name")
    [['name'], ['Shelter']]
    """
    kind, _, value = entry_after_path.partition("=")
    if not records:
        return []
    header, *rows = records
    if kind == "naming":
        return [header, *(row for row in rows if any(value in cell.split() for cell in row))]
    places = [n for n, column in enumerate(header) if column.strip() in value.split(",")]
    return [[row[n] if n < len(row) else "" for n in places] for row in (header, *rows)]


def read_reference_rows(path: Path, columns: Sequence[str],
                        optional: Sequence[str] = ()) -> dict[int, dict[str, str]]:
    """Returns the rows of a reference table, keyed by the row number that a spreadsheet shows. Each row has
    the cells of ``columns`` and of the ``optional`` columns, keyed by column. Old names of columns, and old
    words in cells, are replaced with the new names and words.

    The file may be delimited by commas, semicolons or tabs, and may be in UTF-8 or in an encoding that Excel
    writes. Text is returned in NFC and without spaces around it. Cells at the end of a row, and optional
    columns, may be missing and are returned as blank. Raises Faults with all faults in the header and in the
    widths of rows.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "names.csv")
    ...     _ = path.write_text("name;note\\n\\nAna;\\n", encoding="utf-8")
    ...     read_reference_rows(path, ["name", "note"])
    {3: {'name': 'Ana', 'note': ''}}
    """
    refuse_large_file(path)
    records = parse_delimited(decode_text_detecting_encoding(path.read_bytes(), path.name), path.name)
    header, *rows = [[normalise_unicode_and_line_ends(cell).strip() for cell in record]
                     for record in records] or [[]]
    header = replace_old_names(header, "column", path.stem)
    columns = [*columns, *(column for column in optional if column in header)]
    faults = [*_header_faults(path.name, header, columns), *_row_faults(path.name, header, rows)]
    if faults:
        raise Faults(faults)
    place = {column: header.index(column) for column in columns}
    blank = dict.fromkeys(optional, "")
    table = {n: blank | {column: row[at] if at < len(row) else "" for column, at in place.items()}
             for n, row in enumerate(rows, 2) if any(row)}
    for column in columns:
        if words := map_old_names_to_new("word", f"{path.stem}.{column}"):
            for row in table.values():
                row[column] = words.get(row[column].lower(), row[column])
    return table


def _header_faults(file: str, header: list[str], columns: Sequence[str]) -> Iterator[Fault]:
    times = Counter(filter(None, header))
    if not times:
        yield Fault("has no header", file=file, row="1", fix=f"write {','.join(columns)} in row 1")
        return
    for column in columns:
        if column not in times:
            yield Fault("this column is missing", file=file, row="1", column=column,
                        fix="add it to the header")
    for column, count in times.items():
        if column not in columns:
            yield Fault("there is no such column in this table", file=file, row="1", column=column,
                        fix=f"use only {', '.join(columns)}")
        elif count > 1:
            yield Fault("this column appears twice", file=file, row="1", column=column,
                        fix="keep one of the columns")


def _row_faults(file: str, header: list[str], rows: list[list[str]]) -> Iterator[Fault]:
    """Yields a fault for each row with cells that belong to no column. The most frequent cause is a comma
    that divided one cell into two."""
    for n, row in enumerate(rows, 2):
        stray = [cell for name, cell in zip(header, row, strict=False) if cell and not name]
        if len(row) > len(header) and any(row):
            yield Fault(f"has {len(row)} cells where the header has {len(header)}", file=file,
                        row=str(n), fix='put cells that hold a comma in "quotation marks"')
        elif stray:
            yield Fault("is in a column without a heading", file=file, row=str(n), value=stray[0],
                        fix="delete the cell, or give its column a heading")
