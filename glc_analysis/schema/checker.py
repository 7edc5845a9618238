"""The checks that the schema declares for the columns of reference tables.

Goes in: reference tables as read. Comes out: one Fault for each wrong cell. Within one table it checks blank
cells, duplicate keys, allowed words and the form of ids; between tables it checks dates, numbers, languages,
and references to other tables. Rules about several columns, such as skip logic or the versions of a
principle, belong to the package that knows the subject: it lists them as :class:`Check`, and
``glc_analysis.checks`` collects them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from glc_analysis.errors import Fault, nearest
from glc_analysis.schema import ReferenceColumn, Target, reference_tables

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]

FORMS = {
    "day": ("is not a date", "write it as YYYY-MM-DD"),
    "language": ("is not a known language", "write its two-letter code of ISO 639-1"),
    "whole number": ("is not a whole number", "write a whole number"),
    "number from 1": ("is not a whole number from 1 up", "write a whole number from 1 up"),
}
"""By kind of column: the message for a cell of another form, and its fix."""


@dataclass(frozen=True)
class Check:
    """A check between reference tables: the tables that it needs, and a function of all tables that yields
    the faults. ``columns`` (``table.column``) are the columns whose schema it checks."""

    tables: tuple[str, ...]
    faults: Callable[[Tables], Iterator[Fault]]
    columns: tuple[str, ...] = ()


_SOURCES: list[Callable[[], Sequence[Check]]] = []


def register_checks(source: Callable[[], Sequence[Check]]) -> None:
    """Registers a function that returns checks; :func:`registered_checks` calls it when tables are read.

    This module is in a lower layer than the packages with their own checks, and cannot import them.
    """
    _SOURCES.append(source)


def registered_checks() -> list[Check]:
    """The checks of all packages, in the order in which their faults are reported."""
    return [check for source in _SOURCES for check in source()]


def table_faults(name: str, frame: pd.DataFrame) -> Iterator[Fault]:
    """The faults within one table: blank cells, duplicate keys, words and ids.

    The frame's index is the row number in the file.
    """
    if frame.empty:
        return
    file, table = f"{name}.csv", reference_tables()[name]
    key = list(table.key)
    for column, about in table.columns.items():
        for n in frame.index[frame[column] == ""] if about.is_required else ():
            yield Fault("is blank", file=file, row=str(n), column=column,
                        fix="fill it in: every row needs a value")
    for n, row in frame.loc[frame.duplicated(key) & (frame[key[0]] != ""), key].iterrows():
        yield Fault(f"appears more than once in {file}", file=file, row=str(n), column=", ".join(key),
                    value=" / ".join(filter(None, row)), fix="keep one of the rows")
    for column in word_columns(name):
        allowed = table.columns[column].allowed
        for n, value in frame[column].items():
            if value not in allowed:
                yield Fault("is not allowed here", file=file, row=str(n), column=column, value=value,
                            fix=f"use one of {', '.join(filter(None, allowed))}")
    for column, about in table.columns.items():
        for n, value in frame[column].items() if about.kind == "id" else ():
            if re.search(r"[^\w.-]", value):
                yield Fault("contains characters other than letters, digits, dots, dashes and underscores",
                            file=file, row=str(n), column=column, value=value, fix="rename it in every table")


def word_columns(name: str) -> list[str]:
    """The columns of a table in which only certain words are allowed, and that are checked here."""
    columns = reference_tables()[name].columns
    return [column for column, about in columns.items()
            if about.kind in ("word", "true/false") and not about.checked_by]


def cross_faults(tables: Tables, unread: set[str], checks: Sequence[Check]) -> list[Fault]:
    """The faults between tables, without the tables that could not be read.

    A column that the schema describes is checked where a check names it, else after all checks.
    """
    placed = {column for check in checks for column in check.columns}
    rest = [schema_check(column) for column in _declared_columns() if column not in placed]
    return [fault for check in (*checks, *rest) if not unread & set(check.tables)
            for fault in check.faults(tables)]


def schema_check(*columns: str) -> Check:
    """The check of these columns (``table.column``) against the schema, one after the other.

    >>> schema_check("joint_display.quote_id").tables
    ('joint_display', 'quotes')
    """
    needed = []
    for column in columns:
        target = _about(column).refers_to
        needed += [column.partition(".")[0]] + ([target.table] if target else [])

    def faults(tables: Tables) -> Iterator[Fault]:
        for column in columns:
            yield from _column_faults(column, tables)

    return Check(tuple(dict.fromkeys(needed)), faults, columns)


def in_row_order(*checks: Check) -> Check:
    """Several checks of one table as one, whose faults are sorted by row."""
    def faults(tables: Tables) -> Iterator[Fault]:
        found = [fault for check in checks for fault in check.faults(tables)]
        yield from sorted(found, key=lambda fault: int(fault.row))

    return Check(tuple(dict.fromkeys(table for check in checks for table in check.tables)), faults,
                 tuple(column for check in checks for column in check.columns))


def unknown_names(file: str, column: str, cells: pd.Series, known: set[str], message: str,
                  fix: str = "use a name that is there, or add it") -> Iterator[Fault]:
    """A fault for every filled cell with an unknown name; the index is the row in the file."""
    for n, value in cells.items():
        if value and value not in known:
            yield Fault(f"{message}; {nearest(value, known)}", file=f"{file}.csv", row=str(n), column=column,
                        value=value, fix=fix)


def is_day(text: str) -> bool:
    """Whether a text is a date in ISO 8601, such as 2016-02-29.

    >>> is_day("2016-02-29"), is_day("2015-02-29"), is_day("20160229"), is_day("")
    (True, False, False, False)
    """
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _about(column: str) -> ReferenceColumn:
    table, _, name = column.partition(".")
    return reference_tables()[table].columns[name]


def _declared_columns() -> Iterator[str]:
    """The columns that need a check beyond blanks, keys, words and ids."""
    for name, table in reference_tables().items():
        for column, about in table.columns.items():
            is_formed = about.kind in FORMS or about.kind == "words"
            if not about.checked_by and (is_formed or about.is_unique or about.refers_to):
                yield f"{name}.{column}"


def _column_faults(column: str, tables: Tables) -> Iterator[Fault]:
    about = _about(column)
    name, _, column = column.partition(".")
    if tables[name].empty:
        return
    cells, said = tables[name][column], (about.message, about.fix)
    if about.kind in FORMS:
        yield from _misformed(name, cells, about.kind, said)
    elif about.kind == "words":
        yield from _disallowed(name, cells, about.allowed, said)
    if about.is_unique:
        for n, value in cells[cells.duplicated() & (cells != "")].items():
            yield Fault(about.message or "appears in another row", file=f"{name}.csv", row=str(n),
                        column=column, value=value, fix=about.fix or "keep one of the rows")
    if about.refers_to:
        yield from _misreferred(name, column, about, tables)


def _misformed(name: str, cells: pd.Series, kind: str, said: tuple[str, str]) -> Iterator[Fault]:
    """Cells that do not have the form of their kind."""
    usual = FORMS[kind]
    for n, value in cells.items():
        if not _fits(kind, value):
            yield Fault(said[0] or usual[0], file=f"{name}.csv", row=str(n), column=str(cells.name),
                        value=value, fix=said[1] or usual[1])


def _fits(kind: str, value: str) -> bool:
    if kind == "whole number":
        return value.isdecimal()
    if not value:
        return True
    if kind == "day":
        return is_day(value)
    if kind == "language":
        from glc_analysis.text import language_code

        return bool(language_code(value))
    return bool(re.fullmatch(r"[1-9]\d{0,3}", value, flags=re.ASCII))


def _disallowed(name: str, cells: pd.Series, allowed: tuple[str, ...],
                said: tuple[str, str]) -> Iterator[Fault]:
    """Words that are not allowed, in cells of several words."""
    for n, cell in cells.items():
        for word in cell.replace(",", " ").split():
            if word not in allowed:
                yield Fault(said[0] or "is not allowed here", file=f"{name}.csv", row=str(n),
                            column=str(cells.name), value=word,
                            fix=said[1] or f"use {', '.join(allowed)} or leave it blank")


def _misreferred(name: str, column: str, about: ReferenceColumn, tables: Tables) -> Iterator[Fault]:
    """Cells with a name that is missing in the table they refer to."""
    target, frame = about.refers_to, tables[name]
    held = tables[target.table]
    if target.if_any and held.empty:
        return
    cells = frame[column]
    if target.when[0]:
        cells = cells[frame[target.when[0]] == target.when[1]]
    if about.kind == "list by ;":
        cells = cells.str.split(";").explode().str.strip()
    elif about.kind == "list by blanks":
        cells = cells.str.split().explode().fillna("")
    message = f"{target.table}.csv has no such {about.noun}"
    yield from unknown_names(name, column, cells, _known(target, held), message,
                             *([about.fix] if about.fix else []))


def _known(target: Target, held: pd.DataFrame) -> set[str]:
    if target.where[0]:
        held = held[held[target.where[0]] == target.where[1]]
    return {*held[target.column], *target.others}
