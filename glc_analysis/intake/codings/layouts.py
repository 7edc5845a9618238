"""Reads tables of coded passages in the layouts of MAXQDA, ATLAS.ti, Dedoose and NVivo.

Goes in: a sheet of a table. Comes out: its codings, with the tree of codes where the program writes paths.
The columns of each layout stand in ``content/layouts.csv``. Places are not taken from these tables: MAXQDA
gives paragraphs, ATLAS.ti paragraphs or pages, Dedoose positions in a text of its own. A passage is found
by its words.

The module decides how a cell is split: ATLAS.ti writes several codes into one, on lines of their own, or, in
a table where no cell has lines, with semicolons between them; Dedoose has a column a code; MAXQDA and NVivo
have a row a code. Two columns of one role are a fault: nobody knows which of them counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from glc_analysis.errors import refuse
from glc_analysis.intake.codings.model import WHOLE_TEXT, ParsedCodings, Passage
from glc_analysis.tabular import Grid
from glc_analysis.templates import read_records

_APPLIED = re.compile(r"(?i)code:\s*(.+?)\s+applied")
_TICKED, _UNTICKED = {"true", "1", "yes", "x"}, {"", "false", "0", "no"}
_PATH_SIGNS = {"MAXQDA coded segments": r"\s+>\s+|\\", "Dedoose excerpts": r"\\",
               "NVivo coding references": r"\\"}
"""How a program joins the names of a path of codes; ATLAS.ti writes names alone."""


@dataclass(frozen=True)
class Layout:
    """The table of a program: the names of the columns of each role, and the roles that it needs."""

    program: str
    columns: dict[str, tuple[str, ...]]
    needed: tuple[str, ...]

    def places(self, names: Sequence[str]) -> dict[str, int]:
        """Where the column of each role is, by its name in any case."""
        folded = [" ".join(name.split()).casefold() for name in names]
        found = {}
        for role, known in self.columns.items():
            at = [n for n, name in enumerate(folded) if name in {one.casefold() for one in known}]
            if role == "applied":
                at = [n for n, name in enumerate(names) if _APPLIED.fullmatch(name.strip())]
            if at:
                found[role] = at[0]
        return found

    def twice(self, names: Sequence[str]) -> list[str]:
        """The names of columns that stand in the table for a role that another column has already."""
        folded = [" ".join(name.split()).casefold() for name in names]
        of_role = [[n for n, name in enumerate(folded) if name in {one.casefold() for one in known}]
                   for known in self.columns.values()]
        of_codes = [[n for n, name in enumerate(folded) if name == one] for one in dict.fromkeys(folded)
                    if _APPLIED.fullmatch(one)]
        return [names[n] for found in of_role + of_codes for n in found[1:]]

    def missing(self, names: Sequence[str]) -> list[str]:
        """The columns that the layout needs and the table lacks, by their first names."""
        there = self.places(names)
        return [self.columns[role][0] for role in self.needed if role not in there]


@cache
def layouts() -> tuple[Layout, ...]:
    """The layouts of all programs, in the order in which they are tried."""
    found: dict[str, Layout] = {}
    for row in read_records(__file__, "layouts.csv"):
        known = found.get(row["layout"]) or Layout(row["layout"], {}, ())
        names = tuple(row["names"].split(" | "))
        found[row["layout"]] = Layout(known.program, known.columns | {row["role"]: names},
                                      known.needed + ((row["role"],) if row["is_needed"] else ()))
    return tuple(found.values())


def layout_of(grids: Sequence[Grid]) -> Layout | None:
    """The layout of a program that fits a table; None where none does, as for a table of one's own.

    Raises `Faults` for the workbook of ATLAS.ti with one sheet a code: it does not name the documents.
    """
    names = grids[0].names
    folded = {name.strip().casefold() for name in names}
    if folded == {"id", "quotation content"}:
        refuse("this workbook of ATLAS.ti has one sheet a code and does not name the documents",
               grids[0].place, "export the quotations again from the Quotation Manager, as one table with "
               "the columns Document, Quotation Content and Codes", row="1")
    return next((one for one in layouts() if not one.missing(names)), None)


def missing_columns(names: Sequence[str]) -> str:
    """What each layout lacks in a table, in words.

    >>> missing_columns(["Document name", "Code"]).split("; ")[0]
    'for MAXQDA coded segments: Segment'
    """
    return "; ".join(f"for {one.program}: {', '.join(one.missing(names))}" for one in layouts())


def read_program_table(path: Path, grid: Grid, layout: Layout, *, coder: str = "") -> ParsedCodings:
    """The codings of a table in the layout of a program. A row without a code was read and left uncoded.

    A row without words (of a picture, a sound, a film) is left out and counted in a note.
    """
    found, at = ParsedCodings(path, "csv"), layout.places(grid.names)
    applied = {n: match[1] for n, name in enumerate(grid.names)
               if "applied" in at and (match := _APPLIED.fullmatch(name.strip()))}
    for name in layout.twice(grid.names):
        found.fault("another column of the table has the same meaning", name, row="1")
    lined = "codes" in at and any("\n" in row[at["codes"]].strip() for row in grid.rows[1:])
    wordless, paths = 0, {}
    for number, row in zip(map(str, grid.numbers[1:]), grid.rows[1:], strict=True):
        cell = {role: row[n] for role, n in at.items()}
        source, quote = cell["source"].strip(), cell["quote"]
        if not source:
            found.fault("the row names no document", row=number)
            continue
        found.texts[source] = None
        for n, name in applied.items():
            if row[n].strip().casefold() not in _TICKED | _UNTICKED:
                found.fault(f"this is not a tick of the code {name!r}", row[n], row=number)
        names = [name for n, name in applied.items() if row[n].strip().casefold() in _TICKED]
        names += [cell["code"]] if "code" in cell else cell.get("codes", "").split("\n" if lined else ";")
        codes = [code for name in names if (code := _code(name, layout))]
        wordless += bool(codes) and not quote.strip()
        by, memo = cell.get("coder", "").strip() or coder, cell.get("memo", "").strip()
        for code in codes if quote.strip() else ():
            paths |= dict.fromkeys(_with_parents(code))
            found.passages.append(Passage(source, *WHOLE_TEXT, quote, " > ".join(code), by, memo))
    found.blank = {*found.texts} - {one.source for one in found.passages}
    paths |= dict.fromkeys(path for name in applied.values() for path in _with_parents(_code(name, layout)))
    found.codes += [(" > ".join(code), " > ".join(code[:-1]), "") for code in paths]
    found.notes.append(f"Read as {layout.program}: passages are found by their words, not by their places.")
    if wordless:
        found.notes.append("Codings of passages without words, such as of pictures and sound, that were "
                           f"left out: {wordless}.")
    return found


def _code(name: str, layout: Layout) -> tuple[str, ...]:
    """The names from the top of the tree down to a code."""
    sign = _PATH_SIGNS.get(layout.program)
    parts = re.split(sign, name.strip()) if sign else [name]
    return tuple(part.strip() for part in parts if part.strip())


def _with_parents(code: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return (code[:n] for n in range(1, len(code) + 1))
