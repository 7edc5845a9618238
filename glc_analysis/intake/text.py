"""Text files as survey tools write them: found encoding, found delimiter, one grid.

Decoding is strict. UTF-16 shows by its mark or its zero bytes; all else is UTF-8, or
Windows-1252 where it cannot be UTF-8 and reads as a western language. Anything more
doubtful is refused: an answer that looks wrong is worse than one that is asked for again.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
from itertools import islice
from pathlib import Path

from glc_analysis.errors import Fault, Faults
from glc_analysis.intake import refuse
from glc_analysis.intake.grid import Grid, grid

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# Never typed by a person. Vertical tab and form feed are: word processors paste them.
_CONTROLS = [chr(n) for n in (*range(9), *range(14, 32))]
_EXPORT = "export it again as CSV in UTF-8, or give the file the ending of what it is"
_QUOTE = 'put cells that hold a delimiter, a quotation mark or a line break in "quotation marks"'


def read_bytes(path: Path, *, limit: float = math.inf) -> bytes:
    """The content of a file; a missing, unreadable or empty one is a fault, one over `limit` bytes too."""
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= limit else b""
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        refuse(f"cannot be read: {reason}", path.name, "check the path and its permissions")
    if size > limit:
        refuse(f"holds {size:,} bytes; the limit is {limit:,}", path.name, "check that it is the right file")
    if not raw.strip():
        refuse("is empty", path.name, "export it again, or take it away")
    return raw


def decode(raw: bytes, file: str) -> str:
    """Text of a file, line ends LF; `file` is its name in faults.

    >>> decode("Sí;ខ្មែរ\\r\\n".encode("utf-16"), "a.csv")
    'Sí;ខ្មែរ\\n'
    >>> decode("Español, “cómo”".encode("cp1252"), "a.csv")
    'Español, “cómo”'
    """
    marked = next((name for mark, name in _MARKS.items() if raw.startswith(mark)), "")
    encoding = marked or _unmarked_utf16(raw)
    try:
        text = raw.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        text = _windows_text(raw, file, error.start, marked=bool(encoding))
    if _has_controls(text):
        refuse("is no text: it holds control characters", file, _EXPORT)
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def read_table(path: Path, *, limit: float = math.inf) -> Grid:
    """The cells of a comma, semicolon or tab delimited file, all as text.

    Rows shorter than the header are filled up, since spreadsheets leave trailing blanks
    out; a row longer than it, or broken in two, is a fault. All such faults come at once. A file
    over `limit` bytes is not read.
    """
    text = decode(read_bytes(path, limit=limit), path.name)
    records = parse(text, path.name)
    table = grid(path.name, "", records)
    if not table.rows:
        refuse("holds only blank cells", path.name, "export it again, or take it away")
    _refuse_ragged(table, [records[n - 1] for n in table.numbers], ends_whole=text.endswith("\n"))
    return table


def parse(text: str, file: str) -> list[list[str]]:
    """The records of a delimited text as they stand; `file` is its name in faults."""
    records: list[list[str]] = []
    reader = csv.reader(io.StringIO(text), delimiter=delimiter(text), strict=True)
    try:
        records.extend(reader)
    except csv.Error as error:
        refuse(f"cannot be parsed: {error}", file, _QUOTE, row=str(len(records) + 1))
    return records


def delimiter(text: str) -> str:
    """The delimiter under which the first rows are most nearly as wide as the header.

    >>> delimiter("Food, shelter, other;Note\\n1;none\\n")
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


def _refuse_ragged(table: Grid, records: list[list[str]], *, ends_whole: bool) -> None:
    width = len(records[0])
    faults = []
    for n, row, after in zip(table.numbers, records, [*records[1:], []], strict=True):
        if any(map(str.strip, row[width:])):
            said = f"has {len(row)} cells where the header has {width}"
        elif len(row) < width and len(row) + len(after) == width + 1:
            # Trailing blanks left out would hardly add up to one row: a line break did this.
            said = f"has {len(row)} of {width} cells, and the next row the rest of them"
        elif len(row) < width and not after and not ends_whole:
            said = f"ends after {len(row)} of {width} cells, and the file with it"
        else:
            continue
        faults.append(Fault(said, file=table.place, row=str(n), mend=_QUOTE + ", or export it again"))
    if faults:
        raise Faults(faults)


def _unmarked_utf16(raw: bytes) -> str:
    """UTF-16 without its mark: read with the right byte order it has line ends."""
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
        refuse("is damaged: a character cannot be decoded", file, _EXPORT, row=row)
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError:
        text = "\0"
    # Western languages seldom have three such characters in a row; Cyrillic or Japanese
    # read with the wrong table is made of nothing else. A line of dashes counts as one.
    runs = [len(set(run)) for run in re.findall(r"[^\x00-\x7f]+", text)]
    foreign = sum(n for n in runs if n > 2)
    if _has_controls(text) or foreign > sum(runs) - foreign:
        refuse("is neither UTF-8, UTF-16 nor Windows-1252 text", file, _EXPORT)
    return text


def _has_controls(text: str) -> bool:
    return any(control in text for control in _CONTROLS)
