"""The reference tables, which people fill in: read, and checked against each other.

Goes in: the CSV files of ``reference/`` and ``private/reference/``, with the columns that
``schema/reference.csv`` lists. Comes out: one frame for each table, all columns text, a blank cell ``""``.
The private columns of a table in ``reference/`` are joined to it by its key.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache, partial

import pandas as pd

from glc_analysis import read_log
from glc_analysis.errors import Fault, Faults
from glc_analysis.schema import TableFile, reference_tables, table_files
from glc_analysis.schema.checker import cross_faults, registered_checks, table_faults, word_columns
from glc_analysis.study import Study
from glc_analysis.tabular import read_rows

COLUMNS = {name: table.required_columns for name, table in reference_tables().items()}
"""The columns that each table must have."""
OPTIONAL = {name: table.optional_columns for name, table in reference_tables().items()
            if table.optional_columns}
"""The columns that a table may leave out; they are blank then."""


@dataclass(frozen=True)
class Reference:
    """The reference tables of one study, one frame a file, all columns text. ``unsound`` are those that were
    read for a command that does not need them, although something in them is wrong; one that cannot be read
    is empty."""

    tables: dict[str, pd.DataFrame] = field(repr=False)
    unsound: frozenset[str] = frozenset()

    def __getattr__(self, name: str) -> pd.DataFrame:
        try:
            return self.__dict__["tables"][name]
        except KeyError:
            raise AttributeError(name) from None


def read_reference(study: Study, *, needed: Collection[str] | None = None,
                   beside: Collection[str] = ()) -> Reference:
    """Reads and checks every reference table of a study; one that is absent is empty.

    With ``needed`` only these tables have to be right, by themselves and between each other, so that a wrong
    row in another one does not stop a command that can do without. What they say of the tables ``beside`` has
    to be right as well, where those can be read.

    Raises Faults with everything wrong in all files at once: files that cannot
    be read, missing or unknown columns, what the schema does not allow in a
    table or between tables, and what the registered checks find. Raises one Fault alone if something lies in
    ``reference/`` that identifies people or organisations. Files that have not changed
    since the last call are not read again.
    """
    study.refuse_misplaced()
    content = hashlib.sha256()
    for file in (file for name in reference_tables() for file in table_files(name)):
        content.update(file.path.encode())
        with suppress(OSError):  # absent, or told as a fault where it is read
            content.update((study.root / file.path).read_bytes())
    read = _read_checked(study, content.hexdigest(), None if needed is None else frozenset(needed),
                         frozenset(beside))
    return Reference({name: table.copy(deep=False) for name, table in read.tables.items()}, read.unsound)


@lru_cache(maxsize=4)
def _read_checked(study: Study, content: str, needed: frozenset[str] | None,
                  beside: frozenset[str]) -> Reference:
    """The reference tables whose files have this ``content``, for as long as they have it."""
    tables: dict[str, pd.DataFrame] = {}
    faults: list[Fault] = []
    unread: set[str] = set()
    for name in reference_tables():
        try:
            tables[name] = read_table(study, name)
        except Faults as found:
            faults += found.faults
            unread.add(name)
        else:
            faults += table_faults(name, tables[name])
    unsound = frozenset()
    if needed is not None:
        unsound = frozenset(unread | {_table_of(fault) for fault in faults}) - needed
        tables |= {name: _empty(name) for name in unread - needed}
        unread |= reference_tables().keys() - needed - beside
    faults += cross_faults(tables, unread, registered_checks())
    if needed is not None:
        faults = [fault for fault in faults if _table_of(fault) in needed]
    if faults:
        raise Faults(in_their_files(study, faults))
    return Reference(tables, unsound)


def _table_of(fault: Fault) -> str:
    """The table of a fault's file, which may lie in a folder."""
    return fault.file.rpartition("/")[2].removesuffix(".csv")


@cache
def _empty(name: str) -> pd.DataFrame:
    """A table without a row."""
    return pd.DataFrame(columns=[*COLUMNS[name], *OPTIONAL.get(name, ())], dtype="str")


def read_table(study: Study, name: str) -> pd.DataFrame:
    """One reference table, its columns alone checked; rows are indexed by the number a spreadsheet shows."""
    table, (shared, *apart) = reference_tables()[name], table_files(name)
    study.reference_file(name)  # raises Faults if it lies in the wrong place
    rows = _read_file(study, shared)
    for file in apart:
        rows = _joined(rows, _read_file(study, file), table.key, file, shared)
    if not rows:
        return _empty(name).copy(deep=False)
    frame = pd.DataFrame(list(rows.values()), columns=[*table.required_columns, *table.optional_columns],
                         index=list(rows), dtype="str")
    # A spreadsheet that saves the file makes TRUE of true.
    return frame.assign(**{column: frame[column].str.lower() for column in word_columns(name)})


Rows = dict[int, dict[str, str]]


def _read_file(study: Study, file: TableFile) -> Rows:
    """The rows of one file of a table, by the number that a spreadsheet shows; none if it is not there."""
    read_log.note(study.root, file.path)
    path = study.root / file.path
    try:
        return read_rows(path, file.required, file.optional) if path.is_file() else {}
    except Faults as found:
        if file == table_files(path.stem)[0]:
            raise
        raise Faults([replace(fault, file=file.path) for fault in found.faults]) from None


def _joined(rows: Rows, private: Rows, key: tuple[str, ...], file: TableFile, shared: TableFile) -> Rows:
    """The rows of a table with the private columns of the rows with the same key.

    Raises Faults for private rows without a row in the table and for two with the same key, and where a row
    lacks private columns that must not be left out.
    """
    found: dict[tuple[str, ...], dict[str, str]] = {}
    known, faults = Counter(_key(row, key) for row in rows.values()), []
    for n, row in private.items():
        one = _key(row, key)
        fault = partial(Fault, file=file.path, row=str(n), column=", ".join(key), value=" / ".join(one))
        if one not in known:
            faults.append(fault(f"{shared.path} has no such row", fix="correct the key, or take the row out"))
        elif one in found and known[one] == 1:  # else the table itself has the fault
            faults.append(fault("appears more than once", fix="keep one of the rows"))
        found[one] = row
    if faults:
        raise Faults(faults)
    blank = dict.fromkeys((*file.required, *file.optional), "")
    return {n: blank | found.get(_key(row, key), {}) | row for n, row in rows.items()}


def _key(row: Mapping[str, str], columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(row[column] for column in columns)


def in_their_files(study: Study, faults: Iterable[Fault]) -> list[Fault]:
    """Faults of private columns with the private file and its row, instead of those of the table that they
    are joined to."""
    placed = []
    for fault in faults:
        name = fault.file.removesuffix(".csv")
        shared, *apart = table_files(name)
        for file in apart:
            if fault.column in (*file.required, *file.optional) and fault.column not in shared.required:
                key = reference_tables()[name].key
                rows = {_key(row, key): str(n) for n, row in _read_file(study, file).items()}
                at = _read_file(study, shared).get(int(fault.row or 0), {})
                row = rows.get(_key(at, key), "") if at else ""
                fault = replace(fault, file=file.path, row=row,
                                value=fault.value if row or not at else " / ".join(_key(at, key)))
        placed.append(fault)
    return placed
