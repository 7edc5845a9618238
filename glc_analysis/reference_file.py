"""A reference table as a file: CSV as people write it and spreadsheets save it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from glc_analysis.errors import Fault, Faults
from glc_analysis.intake.text import read_table

Rows = dict[int, dict[str, str]]


def read_rows(path: Path, columns: Sequence[str]) -> Rows:
    """The rows of a CSV file with these columns, by the row number a spreadsheet shows.

    Comma, semicolon or tab; UTF-8, or what Excel makes of it. Text comes in NFC,
    without blanks around it. Raises Faults with everything that keeps the file from
    being read: columns missing, unknown or twice, cells under no heading.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "names.csv")
    ...     _ = path.write_text("name;note\\n\\nAna;\\n", encoding="utf-8")
    ...     read_rows(path, ["name", "note"])
    {3: {'name': 'Ana', 'note': ''}}
    """
    table = read_table(path)
    names = [name.strip() for name in table.names]
    times, known = Counter(filter(None, names)), ", ".join(columns)
    faults = [Fault("this column is missing", file=path.name, column=c, mend="add it to the header")
              for c in columns if c not in times]
    faults += [Fault("there is no such column in this table", file=path.name, column=c,
                     mend=f"use only {known}") for c in times if c not in columns]
    faults += [Fault("this column stands twice", file=path.name, column=c, mend="keep one of them")
               for c, count in times.items() if count > 1]
    rows = {}
    for number, cells in zip(table.numbers[1:], table.rows[1:], strict=True):
        faults += [Fault("stands under no heading", file=path.name, row=str(number), value=cell,
                         mend="delete it, or put a cell that holds a comma in \"quotation marks\"")
                   for name, cell in zip(names, cells, strict=True) if cell.strip() and not name]
        rows[number] = {n: c.strip() for n, c in zip(names, cells, strict=True) if n}
    if faults:
        raise Faults(faults)
    return {number: {c: row[c] for c in columns} for number, row in rows.items()}
