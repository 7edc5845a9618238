"""Codings in a table: a row a coding (long), columns Code 1 to n (wide), or a column a code (one-hot)."""

from __future__ import annotations

import re
from pathlib import Path

from glc_analysis.intake import refuse
from glc_analysis.intake.codings.raw import WHOLE, Found, Passage
from glc_analysis.intake.grid import Grid

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


def read(path: Path, grid: Grid, *, coder: str = "") -> Found:
    """The codings of a table. Without offsets start and end are -1: the quotation, or all of the document.

    A row without a code counts as read and left uncoded: its document is among the sources.
    """
    found = Found(path, "csv")
    names = [name.strip().casefold() for name in grid.names]
    roles = {NAMES[name]: n for n, name in reversed(list(enumerate(names))) if name in NAMES}
    wide = [n for n, name in enumerate(names) if _WIDE.fullmatch(name)]
    wide += [roles["code"]] if "code" in roles else []
    ticks = [] if wide else [n for n, name in enumerate(names) if name not in NAMES]
    if "source" not in roles or not wide + ticks or ("start" in roles) != ("end" in roles):
        mend = "name the columns document, code (or Code 1 to n, or a column a code), start and end, quote"
        refuse("lacks a column", path.name, mend, row="1")
    for number, row in zip(map(str, grid.numbers[1:]), grid.rows[1:], strict=True):
        cell = {role: row[n].strip() if role != "quote" else row[n] for role, n in roles.items()}
        codes = [row[n].strip() for n in wide] + [grid.names[n].strip() for n in ticks if _is_ticked(row[n])]
        for n in ticks:
            if row[n].strip().casefold() not in _TICKED | _UNTICKED:
                found.fault(f"is no tick of the code {grid.names[n]!r}", row[n], row=number)
        _enter(found, cell, [code for code in codes if code], coder, number)
    seen = [grid.names[n].strip() for n in ticks] + [one.code for one in found.passages]
    found.tree({code: (code, "", "") for code in seen})
    return found


def _is_ticked(cell: str) -> bool:
    return cell.strip().casefold() in _TICKED


def _enter(found: Found, cell: dict[str, str], codes: list[str], coder: str, row: str) -> None:
    offsets = cell.get("start", ""), cell.get("end", "")
    span = found.span(*offsets, row=row) if any(offsets) else WHOLE
    if not cell["source"]:
        found.fault("names no document", row=row)
    elif span:
        found.texts[cell["source"]] = None
        by, quote, memo = cell.get("coder") or coder, cell.get("quote", ""), cell.get("memo", "")
        found.passages += [Passage(cell["source"], *span, quote, code, by, memo) for code in codes]
