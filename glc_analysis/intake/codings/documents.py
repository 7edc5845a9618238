"""Reads codings from a table or a Word file.

A table has one row a coding (long), columns Code 1 to n (wide), or one column a code (one-hot). In Word a
comment is a coding: its author is the coder, its text the codes, its range the passage.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from xml.etree.ElementTree import Element

from glc_analysis.errors import Fault, refuse
from glc_analysis.intake.codings.layouts import layouts, missing_columns
from glc_analysis.intake.codings.model import (
    WHOLE_TEXT,
    ParsedCodings,
    Passage,
    Text,
    local_name,
    read_root,
    unpack,
    xml_elements,
)
from glc_analysis.tabular import Grid

# ------------------------------
# Tables.


NAMES = {  # what tools and people call a column
    "document": "source", "document name": "source", "document_id": "source", "source": "source",
    "file": "source", "filename": "source",
    "start": "start", "start_offset": "start", "start position": "start", "pos0": "start",
    "end": "end", "end_offset": "end", "end position": "end", "pos1": "end",
    "quote": "quote", "quotation": "quote", "quotation content": "quote", "segment": "quote",
    "passage": "quote", "text": "quote", "content": "quote", "seltext": "quote",
    "code": "code", "codes": "code", "code name": "code", "code_id": "code", "tag": "code",
    "coder": "coder", "coder_id": "coder", "owner": "coder", "author": "coder", "user": "coder",
    "memo": "memo", "comment": "memo", "note": "memo",
    "": "", "id": "", "row": "", "date": "",
}  # fmt: skip
_BETWEEN_CODES = re.compile(r"\s*[;\n]\s*")
NO_SEPARATOR = "none"
"""The setting `code_separator` for tables in which every cell is one code, whatever signs are in it."""
_WIDE = re.compile(r"(code|tag)[ _.-]?\d+")
_TICKED, _UNTICKED = {"1", "true", "yes", "x"}, {"", "0", "false", "no", "na"}


def read_coded_table(path: Path, grid: Grid, *, coder: str = "", separator: str = "") -> ParsedCodings:
    """The codings of a table. Without offsets start and end are -1: the quotation, or all of the document.

    A row without a code says that its document was read, or was never assigned: documents that have no other
    rows are in `blank`. Several codes in a cell are told apart by `separator`; without one, a column `codes`
    has them with ; or line breaks between them, and a column `code` has one. Raises Faults for a cell of
    which this is doubtful, and for two columns that name the same thing and differ.
    """
    found = ParsedCodings(path, "csv")
    names = [name.strip().casefold() for name in grid.names]
    columns = {role: [n for n, name in enumerate(names) if NAMES.get(name) == role]
               for role in dict.fromkeys(NAMES.values())}
    wide = [n for n, name in enumerate(names) if _WIDE.fullmatch(name)] + columns["code"]
    ticks = [] if wide else [n for n, name in enumerate(names) if name not in NAMES]
    if not columns["source"] or not wide + ticks or bool(columns["start"]) != bool(columns["end"]):
        fix = ("name the columns document, code (or Code 1 to n, or a column a code), start and end, quote, "
               "as docs/coders.md shows, or export the table again with the missing ones")
        refuse(f"a column is missing ({missing_columns(grid.names)})", path.name, fix, row="1")
    _check_columns(path, grid, columns["code"], ticks)
    coded: set[str] = set()
    for number, row in zip(map(str, grid.numbers[1:]), grid.rows[1:], strict=True):
        cell = {role: _one_cell(found, [row[n] for n in places], role, number)
                for role, places in columns.items() if places and role not in ("", "code")}
        codes = [code for n in wide for code in _codes_in(found, row[n], names[n], separator, number)]
        codes += [grid.names[n].strip() for n in ticks if _is_ticked(row[n])]
        for n in ticks:
            if row[n].strip().casefold() not in _TICKED | _UNTICKED:
                found.fault(f"this is not a tick of the code {grid.names[n]!r}", row[n], row=number)
        _add_row(found, cell, codes, coder, number)
        coded |= {cell["source"]} if any(row[n].strip() for n in wide + ticks) else set()
    found.blank = {*found.texts} - coded
    seen = [grid.names[n].strip() for n in ticks] + [one.code for one in found.passages]
    found.codes += code_paths(seen)
    return found


def code_paths(codes: Iterable[str]) -> list[tuple[str, str, str]]:
    """Codes that may be written as paths, each with its parent, and the parents too.

    >>> code_paths(["Care > Rest", "Law"])
    [('Care', '', ''), ('Care > Rest', 'Care', ''), ('Law', '', '')]
    """
    found: dict[str, str] = {}
    for code in codes:
        above = ""
        for n in range(1, code.count(" > ") + 1):
            path = " > ".join(code.split(" > ")[:n])
            found.setdefault(path, above)
            above = path
        found.setdefault(code, above)
    return [(code, parent, "") for code, parent in found.items()]


def _check_columns(path: Path, grid: Grid, codes: list[int], ticks: list[int]) -> None:
    """Raises Faults for columns of codes of which it is doubtful whether they say the same."""
    names = [grid.names[n].strip() for n in codes]
    if len({name.casefold() for name in names}) > 1:
        refuse(f"several columns name codes: {', '.join(names)}", path.name,
               "keep one of them, or call them Code 1, Code 2 ... if each has codes of its own", row="1")
    times = Counter(grid.names[n].strip().casefold() for n in ticks)
    twice = [grid.names[n].strip() for n in ticks if times[grid.names[n].strip().casefold()] > 1]
    if twice:
        refuse(f"several columns are named {twice[0]!r}", path.name, "give each code one column", row="1")


def _one_cell(found: ParsedCodings, cells: list[str], role: str, row: str) -> str:
    """The cell of a role; where several columns have it and differ, that is a fault."""
    given = [cell if role == "quote" else cell.strip() for cell in cells]
    different = [*dict.fromkeys(cell for cell in given if cell.strip())]
    if role == "memo":
        return "\n".join(different)
    if len(different) > 1:
        what = {"source": "the document", "quote": "the words", "coder": "the coder"}.get(role, f"the {role}")
        found.fault(f"two columns name {what} and differ", " / ".join(different), row=row)
    return (different or given)[0]


def _codes_in(found: ParsedCodings, cell: str, column: str, separator: str, row: str) -> list[str]:
    """The codes of a cell. It is a fault if it is doubtful whether they are one or several."""
    text, is_plural = cell.strip(), column == "codes"
    if separator == NO_SEPARATOR:
        return [text] if text else []
    parts = text.split(separator) if separator else _BETWEEN_CODES.split(text) if is_plural else [text]
    doubtful = "" if separator or is_plural and len(parts) > 1 else ",|" if is_plural else ";\n|"
    if any(sign in text for sign in doubtful):
        found.faults.append(Fault(
            "this may be one code or several", file=found.path.name, row=row, column=column, value=text[:80],
            fix='say how codes are separated in study.toml, such as [coding] code_separator = ";", or '
                f'"{NO_SEPARATOR}" if each cell is one code; or write them in columns Code 1, Code 2 ...'))
    return [code.strip() for code in parts if code.strip()]


def column_roles(names: list[str]) -> list[str]:
    """What each column of a coded table holds, in the layout of a program or in our own: source, quote,
    start, end, code, coder, memo; blank for any other.

    >>> column_roles(["Media Title", "Excerpt Copy", "Code: Rest Applied"]), column_roles(["File", "Tag"])
    (['source', 'quote', 'applied'], ['source', 'code'])
    """
    if layout := next((one for one in layouts() if not one.missing(names)), None):
        by_place = {n: role for role, n in layout.places(names).items()}
        return [by_place.get(n, "") for n in range(len(names))]
    return [NAMES.get(name.strip().casefold(), "") for name in names]


def _is_ticked(cell: str) -> bool:
    return cell.strip().casefold() in _TICKED


def _add_row(found: ParsedCodings, cell: dict[str, str], codes: list[str], coder: str, row: str) -> None:
    offsets = cell.get("start", ""), cell.get("end", "")
    span = found.span(*offsets, row=row) if any(offsets) else WHOLE_TEXT
    if not cell["source"]:
        found.fault("the row names no document", row=row)
    elif span:
        found.texts[cell["source"]] = None
        by, quote, memo = cell.get("coder") or coder, cell.get("quote", ""), cell.get("memo", "")
        found.passages += [Passage(cell["source"], *span, quote, code, by, memo) for code in codes]


# ------------------------------
# Comments in Word.


_BETWEEN = re.compile(r"[;\n]+")  # codes in one comment; a comma may belong to a code's name
_HIDDEN = {"del", "moveFrom", "Fallback", "pPr"}  # deleted, moved away, there twice, or no text
_SIGNS = {"p": "\n", "tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_ODD = str.maketrans("\r\ufeff", "  ")  # would count as a line end and as a byte order mark


def read_word_comments(path: Path, *, coder: str = "") -> ParsedCodings:
    """The text of a document as Word shows it, a line a paragraph, and its comments as codings."""
    parts = {name.lower(): part for name, part in unpack(path, r"^word/(document|comments)\.xml$").items()}
    found = ParsedCodings(path, "word")
    text, starts, ends = _body(parts["word/document.xml"], path.name)
    found.source(path.name, Text(text, ("code points",)))
    for comment in read_root(parts["word/comments.xml"], path.name) if "word/comments.xml" in parts else ():
        key, said = _attribute(comment, "id"), _comment_text(comment)
        codes = [code.strip() for code in _BETWEEN.split(said) if code.strip()]
        if key not in starts or key not in ends or not codes:
            found.fault("the comment marks no passage or names no code", said or key)
            continue
        by = _attribute(comment, "author") or coder
        found.passages += [Passage(path.name, starts[key], ends[key], "", code, by) for code in codes]
    found.tree({one.code: (one.code, "", "") for one in found.passages})
    return found


def word_lines(path: Path) -> list[str]:
    """The lines of a Word document, one a paragraph."""
    parts = {name.lower(): part for name, part in unpack(path, r"^word/document\.xml$").items()}
    return _body(parts["word/document.xml"], path.name)[0].split("\n")


def _body(content: bytes, file: str) -> tuple[str, dict[str, int], dict[str, int]]:
    """The text, and where the range of each comment starts and ends in it."""
    parts: list[str] = []
    starts: dict[str, int] = {}
    ends: dict[str, int] = {}
    length = hidden = 0
    for event, element in xml_elements(content, file):
        name = local_name(element)
        if name in _HIDDEN:
            hidden += 1 if event == "start" else -1
        elif event == "start" and name in {"commentRangeStart", "commentRangeEnd"}:
            (starts if name == "commentRangeStart" else ends)[_attribute(element, "id")] = length
        elif event == "end" and not hidden:
            words = (element.text or "").translate(_ODD) if name == "t" else _SIGNS.get(name, "")
            parts.append(words)
            length += len(words)
    return "".join(parts), starts, ends


def _comment_text(comment: Element) -> str:
    paragraphs = (one for one in comment.iter() if local_name(one) == "p")
    return "\n".join("".join(t.text or "" for t in p.iter() if local_name(t) == "t") for p in paragraphs)


def _attribute(element: Element, name: str) -> str:
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), "")
