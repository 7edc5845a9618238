"""Where a coder's stretch stands in the canonical text.

A coder's tool keeps its own copy of a text: other blanks and line ends, another Unicode form, names
that were masked only later, pseudonyms given otherwise since; or the raw transcript, with its own
names of speakers and the times of its cues. Apart from that it must be the same text to the letter:
one that was edited cannot be aligned, and nothing is guessed.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from glc_analysis.coding.texts import Text
from glc_analysis.intake.codings.model import UNWRITABLE, Span
from glc_analysis.pseudonyms.masking import carry

LONGEST_NAME = 200
"""Characters that may stand in the place of a name, of a speaker's label, or between two cues."""

Loose = tuple[int, int, str]
"""A stretch that may read otherwise: first letter, letter after the last, how it reads in our text."""


@dataclass(frozen=True)
class Letters:
    """A text without blanks, in NFC, and the place of each of its characters in the text."""

    text: str
    at: list[int]
    ends: list[int]

    @classmethod
    def of(cls, text: str) -> Letters:
        """
        >>> Letters.of("e\\u0301 a")
        Letters(text='éa', at=[0, 3], ends=[2, 4])
        """
        if not UNWRITABLE.search(text) and unicodedata.is_normalized("NFC", text):
            at = [n for n, character in enumerate(text) if not character.isspace()]
            return cls("".join(text.split()), at, [n + 1 for n in at])
        letters: list[str] = []
        places: list[Span] = []
        for word in re.finditer(r"\S+", text):
            start = word.start()
            for composed, first, last in _composed(word[0]):
                if not UNWRITABLE.match(composed):
                    letters.append(composed)
                    places.append((start + first, start + last))
        return cls("".join(letters), [first for first, _ in places], [last for _, last in places])


@dataclass(frozen=True)
class Piece:
    """A run of characters that both texts have, or a place where a name or a label stands."""

    theirs: int
    theirs_end: int
    ours: int
    ours_end: int
    is_same: bool


@dataclass(frozen=True)
class Alignment:
    """The canonical text beside a coder's copy of it."""

    text: Text
    theirs: Letters
    said: Letters
    pieces: list[Piece]

    @cached_property
    def starts(self) -> list[int]:
        return [piece.theirs for piece in self.pieces]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """A stretch of the coder's text as one of the canonical text; (-1, -1) if it is blank.

        A stretch that cuts a name widens to the whole of it.
        """
        first, last = (bisect_left(self.theirs.at, at) for at in (start, end))
        if first >= last:
            return -1, -1
        begin, finish = self._piece(first), self._piece(last - 1)
        ours = begin.ours + (first - begin.theirs if begin.is_same else 0)
        until = finish.ours + last - finish.theirs if finish.is_same else finish.ours_end
        return carry(self.said.at[ours], self.said.ends[max(until, ours + 1) - 1], self.text.offsets)

    def _piece(self, at: int) -> Piece:
        return self.pieces[bisect_left(self.starts, at + 1) - 1]


def align(text: Text, theirs: str) -> Alignment | None:
    """A coder's copy beside the canonical text; None where they differ in more than names and labels.

    >>> text = Text("p1: Person 1 waits.\\n", "p1: Ana waits.\\n", ((4, 7, 4, 12),), ((0, 2),))
    >>> align(text, "Client: Ana waits.").place(8, 17), align(text, "p1: Ana waited.")
    ((4, 18), None)
    """
    letters, said = Letters.of(theirs), _letters(text.said)
    pieces, at, ours = [], 0, 0
    for group, (following, *_) in pairwise([*_loose(text, said), [(len(said.text),) * 2 + ("",)]]):
        first, last, until = group[0][0], group[-1][1], at + group[0][0] - ours
        if not letters.text.startswith(said.text[ours:first], at):
            return None
        pieces.append(Piece(at, until, ours, first, is_same=True))
        now = "".join(one[2] or said.text[one[0]:one[1]] for one in group)
        at = _after(letters.text, until, said.text[last:following[0]], said.text[first:last], now)
        if at < 0:
            return None
        pieces += _apart(letters.text, until, at, group, said)
        ours = last
    pieces.append(Piece(at, len(letters.text), ours, len(said.text), is_same=True))
    is_whole = letters.text[at:] == said.text[ours:]
    return Alignment(text, letters, said, pieces) if is_whole else None


def find(text: Text, quote: str) -> list[tuple[int, int]]:
    """Where a quotation stands in the canonical text, whatever its blanks and Unicode form."""
    wanted, letters = Letters.of(quote).text, _letters(text.canonical)
    places, at = [], letters.text.find(wanted) if wanted else -1
    while at >= 0:
        places.append((letters.at[at], letters.ends[at + len(wanted) - 1]))
        at = letters.text.find(wanted, at + 1)
    return places


def _loose(text: Text, said: Letters) -> list[list[Loose]]:
    """The stretches of what was said that may read otherwise in an older copy, in order; those with
    nothing between them together. Of those that overlap the first counts."""
    masked = {start: Letters.of(text.canonical[new:new_end]).text for start, _, new, new_end in text.offsets}
    stretches = {*text.labels, *((start, end) for start, end, *_ in text.offsets),
                 *((seam, seam) for seam in text.seams)}
    groups: list[list[Loose]] = []
    for start, end in sorted(stretches):
        first, last = (bisect_left(said.at, edge) for edge in (start, end))
        before = groups[-1][-1][1] if groups else -1
        if first > before:
            groups.append([(first, last, masked.get(start, ""))])
        elif last > before:
            groups[-1].append((before, last, masked.get(start, "")))
    return groups


def _apart(theirs: str, start: int, end: int, group: list[Loose], said: Letters) -> list[Piece]:
    """The pieces of a group: its later stretches by themselves as far as they read as we know them."""
    pieces, group = [], list(group)
    while len(group) > 1:
        first, last, now = group[-1]
        known = next((one for one in (said.text[first:last], now) if one and theirs.endswith(
            one, start, end)), "")
        if not known:
            break
        pieces.insert(0, Piece(end - len(known), end, first, last, is_same=False))
        end -= len(known)
        group.pop()
    return [Piece(start, end, group[0][0], group[-1][1], is_same=False), *pieces]


def _after(theirs: str, at: int, following: str, *known: str) -> int:
    """Where the name or label at a place of the coder's text ends: before what follows it; -1 if nowhere."""
    for name in dict.fromkeys([*(Letters.of(one).text for one in known), ""]):
        until = at + len(name)
        if theirs.startswith(name + following, at) and (following or until == len(theirs)):
            return until
    if not following:
        return len(theirs) if len(theirs) - at <= LONGEST_NAME else -1
    return theirs.find(following, at, at + LONGEST_NAME + len(following))


@lru_cache(maxsize=4)
def _letters(text: str) -> Letters:
    """The letters of one of our texts, which are needed again for every quotation of it.

    Only the last few are kept: codings come text by text, and the letters of all would fill the memory.
    """
    return Letters.of(text)


@lru_cache(maxsize=10_000)
def _composed(word: str) -> tuple[tuple[str, int, int], ...]:
    """The characters of a word in NFC, each with the stretch of the word it is made of."""
    if unicodedata.is_normalized("NFC", word):
        return tuple((letter, n, n + 1) for n, letter in enumerate(word))
    found = []
    whole, start = unicodedata.normalize("NFC", word), 0
    for n, letter in enumerate(whole):
        end = start + 1
        while end < len(word) and unicodedata.normalize("NFC", word[:end]) != whole[:n + 1]:
            end += 1
        found.append((letter, start, end))
        start = min(end, len(word) - 1)
    return tuple(found)
