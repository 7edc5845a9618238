"""Reads tables of coded passages in the layouts of MAXQDA, ATLAS.ti, Dedoose and NVivo, with the code tree if
the program writes paths of codes.

``content/layouts.csv`` lists the columns of each layout. A passage is found by its words. The positions in
these tables are not used, because they have different meanings: MAXQDA gives paragraphs, ATLAS.ti gives
paragraphs or pages, and Dedoose gives positions in its own version of the text.

ATLAS.ti writes several codes into a cell, each on a separate line. If no cell of a table has several lines,
semicolons separate the codes. Dedoose has a column per code; MAXQDA and NVivo have a row per code. Two
columns with the same role (such as document, words or code) are a fault, because it is unclear which of the
two columns counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from glc_analysis.addons.coding_programs.notes import add_wordless_codings_note
from glc_analysis.errors import refuse
from glc_analysis.intake.codings.coded_tables import note_unread_sheets, read_ticked_codes
from glc_analysis.intake.codings.model import WHOLE_TEXT, CoderFile, ParsedCodings, Passage
from glc_analysis.tabular import Grid
from glc_analysis.templates import read_packaged_csv
from glc_analysis.text import fold_case_and_spacing

_APPLIED = re.compile(r"(?i)code:\s*(.+?)\s+applied")
_PATH_SIGNS = {"MAXQDA coded segments": r"\s+>\s+|\\", "Dedoose excerpts": r"\\",
               "NVivo coding references": r"\\"}
"""The pattern of the sign with which each program joins the names in a path of codes. ATLAS.ti has no entry,
because it writes only the name of the code."""


@dataclass(frozen=True)
class Layout:
    """The layout of a program's table, which consists of the possible column names for each role, and of the
    roles that must have a column."""

    program: str
    columns: dict[str, tuple[str, ...]]
    needed: tuple[str, ...]

    def find_columns_by_role(self, column_names: Sequence[str]) -> dict[str, list[int]]:
        """Returns the positions of the columns of each role. Columns are recognised by their names,
        regardless of case."""
        folded = [fold_case_and_spacing(name) for name in column_names]
        places = {role: [n for n, name in enumerate(folded) if name in {*map(fold_case_and_spacing, known)}]
                  for role, known in self.columns.items()}
        if "applied" in places:
            places["applied"] = [n for n, name in enumerate(column_names) if _APPLIED.fullmatch(name.strip())]
        return places

    def find_first_column_by_role(self, column_names: Sequence[str]) -> dict[str, int]:
        """Returns the position of the first column of each role."""
        return {role: places[0] for role, places in self.find_columns_by_role(column_names).items() if places}

    def list_columns_with_repeated_role(self, column_names: Sequence[str]) -> list[str]:
        """Returns the names of columns with the same role as an earlier column. Columns of codes are returned
        only if they stand for the same code as an earlier column."""
        places = self.find_columns_by_role(column_names)
        by_code: dict[str, list[int]] = {}
        for n in places.pop("applied", []):
            by_code.setdefault(fold_case_and_spacing(column_names[n]), []).append(n)
        return [column_names[n] for alike in [*places.values(), *by_code.values()] for n in alike[1:]]

    def list_missing_columns(self, column_names: Sequence[str]) -> list[str]:
        """Returns the columns that the layout needs but the table lacks; each missing column is given by the
        first of its possible names."""
        there = self.find_first_column_by_role(column_names)
        return [self.columns[role][0] for role in self.needed if role not in there]


@cache
def read_program_table_layouts() -> tuple[Layout, ...]:
    """Returns the layouts of all programs, in the order in which they are tried."""
    rows: dict[str, list[dict[str, str]]] = {}
    for row in read_packaged_csv(__file__, "layouts.csv"):
        rows.setdefault(row["layout"], []).append(row)
    return tuple(Layout(program, {row["role"]: tuple(row["names"].split(" | ")) for row in of_program},
                        tuple(row["role"] for row in of_program if row["is_needed"]))
                 for program, of_program in rows.items())


def classify_program_table_columns(column_names: Sequence[str]) -> list[str]:
    """Returns, for each column of a program's table, a word for what the column contains; blank for a column
    that is not read. Returns an empty list for a table in no known layout.

    >>> classify_program_table_columns(["Media Title", "Excerpt Copy", "Code: Rest Applied"])
    ['source', 'quote', 'applied']
    """
    if not (layout := _fitting_layout(column_names)):
        return []
    by_place = {n: role for role, n in layout.find_first_column_by_role(column_names).items()}
    return [by_place.get(n, "") for n in range(len(column_names))]


def find_program_table_layout(grids: Sequence[Grid]) -> Layout | None:
    """Returns the layout of a program that fits a table. Returns None if no layout fits, for example because
    people made the table themselves.

    Raises `Faults` for a workbook of ATLAS.ti with one sheet per code, because such a workbook does not name
    the documents.
    """
    names = grids[0].names
    folded = {name.strip().casefold() for name in names}
    if folded == {"id", "quotation content"}:
        refuse("this workbook of ATLAS.ti has one sheet per code and does not name the documents",
               grids[0].place, "export the quotations again from the Quotation Manager, as one table with "
               "the columns Document, Quotation Content and Codes", row="1")
    return _fitting_layout(names)


def _fitting_layout(names: Sequence[str]) -> Layout | None:
    return next((layout for layout in read_program_table_layouts()
                 if not layout.list_missing_columns(names)), None)


def describe_missing_columns_by_program(column_names: Sequence[str]) -> str:
    """Returns a message that lists, for each layout, the columns that a table lacks.

    >>> describe_missing_columns_by_program(["Document name", "Code"]).split("; ")[0]
    'for MAXQDA coded segments: Segment'
    """
    return "; ".join(f"for {layout.program}: {', '.join(layout.list_missing_columns(column_names))}"
                     for layout in read_program_table_layouts())


def read_program_table(file: CoderFile, *, coder: str = "") -> ParsedCodings | None:
    """Returns the codings of a table in the layout of a program; None for any other file.

    A row without a code means that the passage was read and left uncoded. A row without words (about a
    picture, a sound or a film) is left out and counted in a note.
    """
    if not file.sheets or not (layout := find_program_table_layout(file.sheets)):
        return None
    grid, *others = file.sheets
    parsed, at = ParsedCodings(file.path, "csv"), layout.find_first_column_by_role(grid.names)
    applied = {n: match[1] for n, name in enumerate(grid.names)
               if "applied" in at and (match := _APPLIED.fullmatch(name.strip()))}
    for name in layout.list_columns_with_repeated_role(grid.names):
        parsed.add_fault("another column of the table has the same meaning", name, row="1")
    lined = "codes" in at and any("\n" in row[at["codes"]].strip() for row in grid.rows[1:])
    wordless, paths = 0, {}
    for number, row in zip(map(str, grid.numbers[1:]), grid.rows[1:], strict=True):
        cell = {role: row[n] for role, n in at.items()}
        source, quote = cell["source"].strip(), cell["quote"]
        if not source:
            parsed.add_fault("the row names no document", row=number)
            continue
        parsed.texts[source] = None
        names = read_ticked_codes(parsed, row, applied, number)
        names += [cell["code"]] if "code" in cell else cell.get("codes", "").split("\n" if lined else ";")
        codes = [code for name in names if (code := _code(name, layout))]
        wordless += bool(codes) and not quote.strip()
        by, memo = cell.get("coder", "").strip() or coder, cell.get("memo", "").strip()
        for code in codes if quote.strip() else ():
            paths |= dict.fromkeys(_with_parents(code))
            parsed.passages.append(Passage(source, *WHOLE_TEXT, quote, " > ".join(code), by, memo))
    parsed.blank = {*parsed.texts} - {coded.source for coded in parsed.passages}
    paths |= dict.fromkeys(path for name in applied.values() for path in _with_parents(_code(name, layout)))
    parsed.codes += [(" > ".join(code), " > ".join(code[:-1]), "") for code in paths]
    parsed.notes.append(f"Read as {layout.program}: passages are found by their words, not by "
                        "their positions.")
    add_wordless_codings_note(parsed, wordless)
    note_unread_sheets(parsed, others)
    return parsed


def _code(name: str, layout: Layout) -> tuple[str, ...]:
    """Returns the path of a code: the names from the top of the code tree down to the code."""
    sign = _PATH_SIGNS.get(layout.program)
    parts = re.split(sign, name.strip()) if sign else [name]
    return tuple(part.strip() for part in parts if part.strip())


def _with_parents(code: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return (code[:n] for n in range(1, len(code) + 1))
