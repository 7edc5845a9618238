"""The reference tables, which people fill in: read, and checked against each other.

Goes in: the CSV files of ``reference/``, with the columns that ``schema/reference.csv`` lists. Comes out: one
frame for each, all columns text, a blank cell ``""``.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache

import pandas as pd

from glc_analysis import read_log
from glc_analysis.errors import Fault, Faults
from glc_analysis.schema import reference_path, reference_tables
from glc_analysis.schema.checker import cross_faults, registered_checks, table_faults, word_columns
from glc_analysis.study import Study
from glc_analysis.tabular import read_rows

COLUMNS = {name: table.required_columns for name, table in reference_tables().items()}
"""The columns that the file of each table must have."""
OPTIONAL = {name: table.optional_columns for name, table in reference_tables().items()
            if table.optional_columns}
"""The columns that a file may leave out; they are blank then."""


@dataclass(frozen=True)
class Reference:
    """The reference tables of one study, one frame a file, all columns text."""

    tables: dict[str, pd.DataFrame] = field(repr=False)

    def __getattr__(self, name: str) -> pd.DataFrame:
        try:
            return self.__dict__["tables"][name]
        except KeyError:
            raise AttributeError(name) from None


def read_reference(study: Study) -> Reference:
    """Reads and checks every reference table of a study; one that is absent is empty.

    Raises Faults with everything wrong in all files at once: files that cannot
    be read, missing or unknown columns, what the schema does not allow in a
    table or between tables, and what the registered checks find. Files that have not changed
    since the last call are not read again.
    """
    content = hashlib.sha256()
    for name in reference_tables():
        content.update(name.encode())
        with suppress(OSError):  # absent, or told as a fault where it is read
            content.update(study.reference_file(name).read_bytes())
    read = _read_checked(study, content.hexdigest())
    return Reference({name: table.copy(deep=False) for name, table in read.tables.items()})


@lru_cache(maxsize=1)
def _read_checked(study: Study, content: str) -> Reference:
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
    faults += cross_faults(tables, unread, registered_checks())
    if faults:
        raise Faults(faults)
    return Reference(tables)


def read_table(study: Study, name: str) -> pd.DataFrame:
    """One reference table, its columns alone checked; rows are indexed by the number a spreadsheet shows."""
    path, table = study.reference_file(name), reference_tables()[name]
    read_log.note(study.root, reference_path(name))
    required, optional = table.required_columns, table.optional_columns
    rows = read_rows(path, required, optional) if path.is_file() else {}
    frame = pd.DataFrame(list(rows.values()), columns=[*required, *optional], index=list(rows), dtype="str")
    # A spreadsheet that saves the file makes TRUE of true.
    return frame.assign(**{column: frame[column].str.lower() for column in word_columns(name)})
