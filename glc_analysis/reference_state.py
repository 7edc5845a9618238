"""What the reference tables said at the last build, so that `glc status` can tell what people changed.

Cells are kept as short hashes alone; of names.csv the names are as well. Only the standard library is
needed.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from glc_analysis.reference_file import KEYS

State = dict[str, dict[str, dict[str, str]]]
"""By file, row (its key) and column: a hash of the cell."""
SECRET = "names"
WORDS = {"codebook": "code", "options": "option", "questions": "question", "organisations": "organisation",
         "principles": "principle", "documents": "document", "countries": "country name"}
RENAMED = ("name", "label")


def state(folder: Path) -> State:
    """The state of all reference tables that can be read; the others are left out."""
    found = {}
    for name, key in KEYS.items():
        path = folder / f"{name}.csv"
        if path.is_file():
            text = path.read_bytes().decode("utf-8-sig", errors="replace")
            rows = csv.DictReader(io.StringIO(text, newline=""))
            found[path.name] = {_key(name, row, key): {column: _hash(cell) for column, cell in row.items()
                                                       if column and isinstance(cell, str)} for row in rows}
    return found


def differences(was: State, now: State) -> Iterator[str]:
    """One line a row that is new, gone or changed, file by file.

    >>> was = {"codebook.csv": {"shelter": {"code_id": "a", "name": "b"}, "old": {}}}
    >>> now = {"codebook.csv": {"shelter": {"code_id": "a", "name": "c"}, "new": {}}}
    >>> list(differences(was, now))
    ['codebook.csv: code `shelter` renamed', 'codebook.csv: code `old` gone', 'codebook.csv: code `new` new']
    """
    for file in sorted({*was, *now}):
        old, new = was.get(file, {}), now.get(file, {})
        for row in [*old, *(row for row in new if row not in old)]:
            if said := _said(old.get(row), new.get(row)):
                yield f"{file}: {WORDS.get(file.removesuffix('.csv'), 'row')} `{row}` {said}"


def _said(old: Mapping[str, str] | None, new: Mapping[str, str] | None) -> str:
    if old is None or new is None:
        return "new" if old is None else "gone"
    changed = sorted(column for column in {*old, *new} if old.get(column) != new.get(column))
    if changed and set(changed) <= set(RENAMED):
        return "renamed"
    return f"changed ({', '.join(changed)})" if changed else ""


def _key(name: str, row: Mapping[str, str | None], columns: tuple[str, ...]) -> str:
    values = [row.get(column) or "" for column in columns]
    return _hash("/".join(values)) if name == SECRET else " ".join(filter(None, values))


def _hash(text: str) -> str:
    return hashlib.sha256(text.strip().encode()).hexdigest()[:8]
