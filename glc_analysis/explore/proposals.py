"""One more row of a reference table: shown as a change first, written only when it is sound.

Everything that stands in the file stays as it stands, its delimiter and line ends included.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from glc_analysis import tables
from glc_analysis.build import survey_records
from glc_analysis.disclosure.quotes import quotes_faults
from glc_analysis.errors import Fault, Faults, UsageError, nearest
from glc_analysis.intake.text import delimiter
from glc_analysis.reference import COLUMNS, OPTIONAL, read_reference
from glc_analysis.study import Study
from glc_analysis.whole import write_whole


@dataclass(frozen=True)
class Proposal:
    """A reference table as it stands (``old``; None: there is no file) and as it would stand."""

    path: Path
    old: str | None
    new: str

    @property
    def diff(self) -> str:
        """What would change, line by line."""
        lines = difflib.unified_diff((self.old or "").splitlines(), self.new.splitlines(), self.path.name,
                                     f"{self.path.name}, changed", lineterm="", n=1)
        return "\n".join(lines)

    def write(self) -> Path:
        """Writes the table. Raises Faults where somebody has changed it since."""
        if _text(self.path) != self.old:
            raise Faults([Fault("was changed while you looked at it; nothing is written", self.path.name,
                                mend="look at the change again")])
        write_whole(self.path, self.new)
        return self.path


def propose(study: Study, name: str, row: Mapping[str, str]) -> Proposal:
    """One more row of a reference table; columns that ``row`` leaves out are blank.

    Raises UsageError for a table or column that is not there, Faults where the table would not be sound
    with the row: a key twice, a reference that points nowhere, words that are not in the passage.
    """
    if name not in COLUMNS:
        raise UsageError(f"There is no reference table {name!r}; {nearest(name, COLUMNS)}.")
    columns = (*COLUMNS[name], *OPTIONAL.get(name, ()))
    for column in row:
        if column not in columns:
            raise UsageError(f"{name}.csv has no column {column!r}; {nearest(column, columns)}.")
    path = study.reference / f"{name}.csv"
    old = _text(path)
    proposal = Proposal(path, old, _with_row(old or ",".join(COLUMNS[name]) + "\n", row))
    _refuse_unsound(study, name, proposal)
    return proposal


def _text(path: Path) -> str | None:
    """The text of a file with its line ends as they stand."""
    if not path.is_file():
        return None
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise Faults([Fault("is not in UTF-8, which holds the words of every language", path.name,
                            mend="save it as CSV UTF-8, and repeat")]) from None


def _with_row(text: str, row: Mapping[str, str]) -> str:
    r"""The text of a table with one more row at its end.

    >>> _with_row("name;note\r\nAna;\r\n", {"note": "a; b"})
    'name;note\r\nAna;\r\n;"a; b"\r\n'
    """
    body, end = text.removeprefix("\ufeff"), (re.search(r"\r?\n|\r|\Z", text)[0] or "\n")
    mark, line = delimiter(body), io.StringIO(newline="")
    header = [cell.strip() for cell in next(csv.reader(io.StringIO(body), delimiter=mark))]
    csv.writer(line, delimiter=mark, lineterminator=end).writerow(row.get(column, "") for column in header)
    return text + ("" if text.endswith(("\n", "\r")) else end) + line.getvalue()


def _refuse_unsound(study: Study, name: str, proposal: Proposal) -> None:
    """Reads all reference tables with the changed one among them."""
    with TemporaryDirectory() as folder:
        changed = Study(Path(folder))
        shutil.copytree(study.reference, changed.reference)
        write_whole(changed.reference / proposal.path.name, proposal.new)
        reference, faults = read_reference(changed), []
        if name == "quotes":
            faults = [*quotes_faults(reference.quotes.tail(1), tables.read("segments", study=study))]
        elif name == "corrections":
            faults = [fault for fault in survey_records(study, reference).faults
                      if fault.file == proposal.path.name]
        if faults:
            raise Faults(faults)
