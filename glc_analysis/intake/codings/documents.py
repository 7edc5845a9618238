"""Reads codings from a table or a Word file.

A table has one row a coding (long), columns Code 1 to n (wide), or one column a code (one-hot). In Word a
comment is a coding: its author is the coder, its text the codes, its range the passage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from xml.etree.ElementTree import Element

from glc_analysis.errors import refuse
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
_WIDE = re.compile(r"(code|tag)[ _.-]?\d+")
_TICKED, _UNTICKED = {"1", "true", "yes", "x"}, {"", "0", "false", "no", "na"}


def read_coded_table(path: Path, grid: Grid, *, coder: str = "") -> ParsedCodings:
    """The codings of a table. Without offsets start and end are -1: the quotation, or all of the document.

    A row without a code counts as read and left uncoded: its document is among the sources.
    """
    found = ParsedCodings(path, "csv")
    names = [name.strip().casefold() for name in grid.names]
    roles = {NAMES[name]: n for n, name in reversed(list(enumerate(names))) if name in NAMES}
    wide = [n for n, name in enumerate(names) if _WIDE.fullmatch(name)]
    wide += [roles["code"]] if "code" in roles else []
    ticks = [] if wide else [n for n, name in enumerate(names) if name not in NAMES]
    if "source" not in roles or not wide + ticks or ("start" in roles) != ("end" in roles):
        fix = ("name the columns document, code (or Code 1 to n, or a column a code), start and end, quote, "
               "as docs/coders.md shows, or export the table again with the missing ones")
        refuse(f"a column is missing ({missing_columns(grid.names)})", path.name, fix, row="1")
    for number, row in zip(map(str, grid.numbers[1:]), grid.rows[1:], strict=True):
        cell = {role: row[n].strip() if role != "quote" else row[n] for role, n in roles.items()}
        codes = [row[n].strip() for n in wide] + [grid.names[n].strip() for n in ticks if _is_ticked(row[n])]
        for n in ticks:
            if row[n].strip().casefold() not in _TICKED | _UNTICKED:
                found.fault(f"this is not a tick of the code {grid.names[n]!r}", row[n], row=number)
        _add_row(found, cell, [code for code in codes if code], coder, number)
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
