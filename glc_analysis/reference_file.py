"""A reference table as a file: CSV as people write it and spreadsheets save it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from glc_analysis.errors import Fault, Faults
from glc_analysis.intake.grid import clean
from glc_analysis.intake.text import decode, parse

KEYS: dict[str, tuple[str, ...]] = {
    "manifest": ("path",),
    "questions": ("question_id",),
    "options": ("option_list", "option_id", "value"),
    "countries": ("raw_name",),
    "organisations": ("organisation_id",),
    "consent": ("organisation_id", "speaker_id", "item", "audience"),
    "codebook": ("code_id",),
    "corrections": ("table", "key", "column", "from"),
    "documents": ("document_id",),
    "speakers": ("document_id", "name_in_file"),
    "attendance": ("document_id", "organisation_id"),
    "assignments": ("document_id", "coder_id"),
    "names": ("name",),
    "quotes": ("quote_id",),
    "principles": ("principle_id", "version", "language"),
    "evidence": ("principle_id", "evidence_id"),
    "judgements": ("principle_id", "component", "by"),
    "joint_display": ("topic_id",),
    "rounds": ("round_id", "principle_id"),
    "raters": ("rater_id",),
    "signoffs": ("principle_id", "version", "organisation_id"),
    "decision_log": ("date", "principle_id", "decision"),
    "parking_lot": ("item",),
}
"""The columns that tell the rows of each table apart."""


def read_rows(path: Path, columns: Sequence[str],
              optional: Sequence[str] = ()) -> dict[int, dict[str, str]]:
    """The rows of a CSV file with these columns, by the row number a spreadsheet shows.

    Comma, semicolon or tab; UTF-8, or what Excel makes of it. Text comes in NFC
    without blanks around it; rows may leave out cells at their end, and the file
    its ``optional`` columns, which are then blank. Raises Faults
    with everything that is wrong in the header and in the width of rows.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "names.csv")
    ...     _ = path.write_text("name;note\\n\\nAna;\\n", encoding="utf-8")
    ...     read_rows(path, ["name", "note"])
    {3: {'name': 'Ana', 'note': ''}}
    """
    records = parse(decode(path.read_bytes(), path.name), path.name)
    header, *rows = [[clean(cell).strip() for cell in record] for record in records] or [[]]
    columns = [*columns, *(column for column in optional if column in header)]
    faults = [*_header_faults(path.name, header, columns), *_row_faults(path.name, header, rows)]
    if faults:
        raise Faults(faults)
    place = {column: header.index(column) for column in columns}
    blank = dict.fromkeys(optional, "")
    return {n: blank | {column: row[at] if at < len(row) else "" for column, at in place.items()}
            for n, row in enumerate(rows, 2) if any(row)}


def _header_faults(file: str, header: list[str], columns: Sequence[str]) -> Iterator[Fault]:
    times = Counter(filter(None, header))
    if not times:
        yield Fault("has no header", file=file, row="1", mend=f"write {','.join(columns)} in it")
        return
    for column in columns:
        if column not in times:
            yield Fault("this column is missing", file=file, row="1", column=column,
                        mend="add it to the header")
    for column, count in times.items():
        if column not in columns:
            yield Fault("there is no such column in this table", file=file, row="1", column=column,
                        mend=f"use only {', '.join(columns)}")
        elif count > 1:
            yield Fault("this column stands twice", file=file, row="1", column=column,
                        mend="keep one of them")


def _row_faults(file: str, header: list[str], rows: list[list[str]]) -> Iterator[Fault]:
    """Cells that belong to no column: most often a comma cut one cell in two."""
    for n, row in enumerate(rows, 2):
        stray = [cell for name, cell in zip(header, row, strict=False) if cell and not name]
        if len(row) > len(header) and any(row):
            yield Fault(f"has {len(row)} cells where the header has {len(header)}", file=file,
                        row=str(n), mend='put cells that hold a comma in "quotation marks"')
        elif stray:
            yield Fault("stands under no heading", file=file, row=str(n), value=stray[0],
                        mend="delete it, or give it a heading")
