"""Moves what identifies people or organisations, or holds words not cleared, out of ``reference/``.

Goes in: a study. Comes out: the same study with the files and columns that the schema calls private in
``private/reference/``. A file is written whole in its new place before it is removed from the old one, so
that the next move finishes one that was interrupted. Two versions of a table are never joined or chosen
between.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from glc_analysis.csv_rows import CsvRows
from glc_analysis.errors import Fault, Faults
from glc_analysis.files import write_atomic
from glc_analysis.schema import reference_tables, table_files
from glc_analysis.study import Study
from glc_analysis.tabular import read_table


def move_private(study: Study) -> list[str]:
    """Moves what is misplaced (:meth:`Study.misplaced`); returns a line for each file or column.

    Raises Faults, and moves nothing, where both places hold the table with different contents or a file
    cannot be read. Of a table with a header alone nothing would be lost: it gives way.
    """
    moves, faults = [], []
    for path, columns in study.misplaced().items():
        divide = _columns_apart if columns else _file_apart
        try:
            moves.append((path, columns, divide(study, path)))
        except Faults as found:
            faults += found.faults
    if faults:
        raise Faults(faults)
    for path, columns, files in moves:
        for target, content in files.items():
            if not target.is_file() or target.read_bytes() != content:
                target.parent.mkdir(parents=True, exist_ok=True)
                write_atomic(target, content)
        if not columns:
            path.unlink()
    return [f"{study.relative(path)}{': ' * bool(columns)}{', '.join(columns)}: moved to "
            f"{study.relative(next(iter(files)))}" for path, columns, files in moves]


def _file_apart(study: Study, path: Path) -> dict[Path, bytes]:
    """The new place of a file and its bytes there. Raises Faults if another file is there."""
    target = study.private_reference / path.relative_to(study.reference)
    content = path.read_bytes()
    if target.is_file() and target.read_bytes() != content:
        if not _rows(path):
            content = target.read_bytes()
        elif _rows(target):
            raise Faults([_differ(study, path, target)])
    return {target: content}


def _columns_apart(study: Study, path: Path) -> dict[Path, bytes]:
    """The private file of a table and what is left in ``reference/``, with the bytes of both.

    Rows without anything private get no row in the private file. Raises Faults if a cell differs from the one
    that is there.
    """
    shared, apart = table_files(path.stem)
    target, key = study.root / apart.path, reference_tables()[path.stem].key
    as_written, listed, held = CsvRows.read(path), _rows(path), _rows(target)
    for file, columns in ((path, as_written.header), (target, [*held[0]] if held else key)):
        if lacking := [column for column in key if column not in columns]:
            raise Faults([Fault("this column is missing", file=study.relative(file), row="1",
                                column=", ".join(lacking), fix="add it: rows are known by it")])
    private = [column for column in (*apart.required, *apart.optional)
               if column in as_written.header and column not in key]
    rows = {tuple(row[column] for column in key): row for row in held}
    before = dict(rows)
    for row in listed:
        cells = {column: row[column] for column in (*key, *private)}
        one = tuple(row[column] for column in key)
        if any(rows.get(one, {}).get(column, cells[column]) != cells[column] for column in private):
            raise Faults([_differ(study, path, target)])
        if any(cells[column] for column in private):
            rows[one] = rows.get(one, {}) | cells
    known = {*apart.required, *(column for row in rows.values() for column in row)}
    columns = [column for column in (*apart.required, *apart.optional) if column in known]
    left = [column for column in as_written.header if column not in private]
    return {target: target.read_bytes() if rows == before and target.is_file()
            else _csv(rows.values(), columns, as_written), path: _csv(listed, left, as_written)}


def _differ(study: Study, path: Path, target: Path) -> Fault:
    return Fault(f"differs from {study.relative(target)}, so that nothing was moved",
                 file=study.relative(path),
                 fix="put all rows into one of the two files, empty the other, and move again")


def _rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table; of any other file its text as one row; none if it is not there."""
    if not path.is_file():
        return []
    if path.suffix.casefold() != ".csv":
        return [{"": path.read_bytes().hex()}]
    table = read_table(path)
    names = [name.strip() for name in table.names]
    return [dict(zip(names, row, strict=True)) for row in table.rows[1:]]


def _csv(rows: Iterable[Mapping[str, str]], columns: list[str], like: CsvRows) -> bytes:
    """These columns of rows, with the delimiter, line ends and byte order mark of another file."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore", delimiter=like.delimiter,
                            lineterminator=like.line_end)
    writer.writeheader()
    writer.writerows(rows)
    return (like.byte_order_mark + text.getvalue()).encode()
