"""What the desk keeps of every line it was given: a journal that a power cut cannot tear.

One line of JSON a keyed field, on disk before the next is asked. The file lies in ``private/desk/``
and is its owner's alone: it holds the votes of an open ballot.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glc_analysis.errors import Fault, Faults, GLCError

FIRST, SECOND, SETTLED = KEYINGS = ("first keying", "second keying", "settling")


@dataclass
class Keying:
    """One pass over a form: who keyed, and the values by field, in the order in which they came."""

    by: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)


@dataclass
class Journal:
    """The forms of a round that were begun and are not received yet, by rater: each its three passes.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "1.jsonl")
    ...     Journal.read(path).key("R07", FIRST, "AB", "P01.importance", "8")
    ...     _ = path.write_bytes(path.read_bytes() + b'{"form": "R07", "ke')
    ...     Journal.read(path, print).forms["R07"][FIRST].values
    The last line of 1.jsonl is torn (the power was cut?): it is dropped, and asked again.
    {'P01.importance': '8'}
    """

    path: Path
    forms: dict[str, dict[str, Keying]] = field(default_factory=dict)
    last: str = ""

    @classmethod
    def read(cls, path: Path, say: Callable[[str], None] | None = None) -> Journal:
        """The journal as it stands, but for a torn last line, which is cut off the file where it can be
        said. Raises Faults where another line cannot be read."""
        journal, content = cls(path), path.read_bytes() if path.is_file() else b""
        *lines, torn = content.split(b"\n")
        for n, line in enumerate(lines, 1):
            try:
                journal._take(json.loads(line))
            except (ValueError, KeyError, TypeError):
                raise Faults([Fault("cannot be read", file=path.name, row=str(n), mend="take the line out; "
                                    "what it held is asked again")]) from None
        if torn and say:
            os.truncate(path, len(content) - len(torn))
            say(f"The last line of {path.name} is torn (the power was cut?): it is dropped, and asked again.")
        return journal

    def passes(self, form: str) -> dict[str, Keying]:
        """The three passes over a form, empty where they are not begun."""
        return self.forms.get(form) or {name: Keying() for name in KEYINGS}

    def key(self, form: str, keying: str, by: str, field: str, value: str | None) -> None:
        """Keeps a value, or that it was taken back (None)."""
        self._write({"form": form, "keying": keying, "by": by, "field": field, "value": value})

    def end(self, form: str, why: str) -> None:
        """Keeps that a form is done with: received, or its keyings taken back."""
        self._write({"form": form, "end": why})

    def _write(self, line: dict[str, Any]) -> None:
        is_new = not self.path.exists()
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with open(handle, "ab") as file:
                file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
                file.flush()
                os.fsync(handle)
        except OSError as error:
            raise GLCError(f"{self.path.name} cannot be written ({error.strerror}). Mend: make room, or mend "
                           "the disk, and start the desk again; all but the last line is kept.") from error
        if is_new:
            sync_folder(self.path.parent)
        self._take(line)

    def _take(self, line: dict[str, Any]) -> None:
        self.last = line["form"]
        if "end" in line:
            self.forms.pop(self.last, None)
            return
        keying = self.forms.setdefault(self.last, self.passes(self.last))[line["keying"]]
        keying.by.add(line["by"])
        keying.values.pop(line["field"], None)
        if line["value"] is not None:
            keying.values[line["field"]] = line["value"]


def sync_folder(folder: Path) -> None:
    """Makes a new name in a folder outlast a power cut, where the system lets one open a folder."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
