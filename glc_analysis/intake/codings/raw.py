"""What every reader of codings returns, and what it collects on the way there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from glc_analysis.errors import Fault
from glc_analysis.intake.codings.offsets import Span, Text


@dataclass(frozen=True)
class RawCodings:
    """One coder's file, or several coders' one project: what was coded where, and how surely.

    A source whose stored quotations are not all found in their places is quarantined: its
    codings stand in `quarantined`, each beside the words in that place, and not in `codings`.
    """

    path: Path
    tool: str  # refi-qda, qualcoder, taguette, csv or word
    sources: pd.DataFrame  # a text: source, text ("" where the file brings none), checked, matched
    codings: pd.DataFrame  # a stretch: source, start, end, quote, code, coder, memo, match
    codes: pd.DataFrame  # a code: code, parent, definition, position
    memos: pd.DataFrame  # a memo: author, attached_to, attached_kind, text, date
    quarantined: pd.DataFrame  # as codings, and found: the words in that place
    checked: int  # quotations compared with the text
    matched: int  # of these the same, but for blanks and Unicode form
    notes: tuple[str, ...]  # what a person should know: merged, missing, left out
    is_mixed: bool  # several coders' work that cannot be told apart: no agreement from it


class Passage(NamedTuple):
    """A stretch as a tool gives it, in the tool's own offsets; without a code it carries a memo."""

    source: str
    start: int
    end: int
    quote: str
    code: str
    coder: str
    memo: str = ""
    date: str = ""


WHOLE = (-1, -1)  # the span of all of a document, or of an unknown place in it
DEEPEST = 50  # levels of a tree of codes: a deeper one is a loop or a trap


@dataclass
class Found:
    """What a reader has found so far in a file, its faults included."""

    path: Path
    tool: str
    texts: dict[str, Text | None] = field(default_factory=dict)  # source -> its text, if it is there
    passages: list[Passage] = field(default_factory=list)
    codes: list[tuple[str, str, str]] = field(default_factory=list)  # code, parent, definition
    memos: list[tuple[str, str, str, str, str]] = field(default_factory=list)  # as RawCodings.memos
    notes: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    is_mixed: bool = False
    may_rename: bool = False  # the tool lets people give a quotation a name instead of its words

    def fault(self, message: str, value: str = "", *, row: str = "") -> None:
        """Note a fault; all of them are raised together at the end."""
        mend = "mend it in its tool and export it again"
        self.faults.append(Fault(message, file=self.path.name, row=row, value=value[:80], mend=mend))

    def source(self, name: str, text: Text | None) -> str:
        """Enter a text and return the name it goes by: a second one of that name gets a number."""
        unique = numbered(name, self.texts)
        if unique != name:
            self.notes.append(f"Two texts are named {name!r}: the later one is read as {unique!r}.")
        self.texts[unique] = text
        return unique

    def span(self, start: str, end: str, *, row: str = "") -> Span | None:
        """Two offsets; None and a fault where they are no whole numbers from 0, or reversed."""
        if all(at.strip().isdecimal() and len(at) < 16 for at in (start, end)) and int(start) <= int(end):
            return int(start), int(end)
        self.fault("is no start and end of a stretch", f"{start} to {end}", row=row)
        return None

    def tree(self, nodes: dict[str, tuple[str, str, str]]) -> dict[str, str]:
        """Enter a tree of codes, key -> (name, key of its parent, definition); return key -> code.

        A name that stands in several places of the tree becomes its whole path.
        """
        times = Counter(name for name, _, _ in nodes.values())
        known = {}
        for key, (name, _, _) in nodes.items():
            path = _path(key, nodes)
            if path is None or not name.strip():
                self.fault("is a code without a name, below one that is not there, below itself, or too deep",
                           name or key)
            known[key] = " > ".join(path or [name]) if times[name] > 1 else name
        codes = {known[key]: (known[key], known.get(parent, ""), definition)
                 for key, (_, parent, definition) in reversed(nodes.items())}
        self.codes += reversed(codes.values())
        if twice := len(nodes) - len(codes):
            self.notes.append(f"Codes merged because they share name and place with another: {twice}.")
        return known


def _path(key: str, nodes: dict[str, tuple[str, str, str]]) -> list[str] | None:
    names: list[str] = []
    while key in nodes and len(names) < DEEPEST:
        name, key, _ = nodes[key]
        names.insert(0, name)
    return None if key else names


def numbered(name: str, taken: Collection[str]) -> str:
    """The name, with a number behind it where it is taken.

    >>> numbered("Interview", ["Interview", "Interview (2)"])
    'Interview (3)'
    """
    tries = chain([name], (f"{name} ({n})" for n in count(2)))
    return next(one for one in tries if one not in taken)
