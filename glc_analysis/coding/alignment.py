"""Finds the place of a coder's passage in the canonical text (the masked text that coders get), using the
copy of the text that the coder's program keeps.

The canonical text and the copy may differ in these respects:

- in spaces, line ends, Unicode form, and the form of quotation marks and dashes;
- in names that were masked after the coder got the copy, or that now have other pseudonyms;
- in the names of speakers before turns;
- in the times of subtitle cues, if the copy is the raw transcript.

All other characters of the copy must be the same as in the canonical text. A copy in which words were edited
is aligned word by word (:mod:`.edited_texts`).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from glc_analysis.coding.texts import Text
from glc_analysis.intake.codings.model import UNWRITABLE, Span, simplify_quotation_marks_and_dashes
from glc_analysis.pseudonyms.masking import shift_span_after_masking

LONGEST_NAME = 200
"""The largest number of characters that a copy may have in place of a name or a speaker's label, or between
two cues."""

Variable = tuple[int, int, str]
"""A stretch of the unmasked text that may be different in a copy, such as a name. The tuple has the position
of the stretch's first letter, the position after its last letter, and the pseudonym that replaces the stretch
in the canonical text."""


@dataclass(frozen=True)
class CharacterMap:
    """The characters of a text without spaces, in NFC and with plain quotation marks and dashes, each with
    the positions in the text at which it begins and ends."""

    text: str
    starts: list[int]
    ends: list[int]

    @classmethod
    def from_text(cls, text: str) -> CharacterMap:
        """Returns the character map of ``text``.

        >>> CharacterMap.from_text("e\\u0301 “a”")
        CharacterMap(text='é"a"', starts=[0, 3, 4, 5], ends=[2, 4, 5, 6])
        """
        if not UNWRITABLE.search(text) and unicodedata.is_normalized("NFC", text):
            starts = [n for n, character in enumerate(text) if not character.isspace()]
            return cls(simplify_quotation_marks_and_dashes("".join(text.split())), starts,
                       [n + 1 for n in starts])
        letters: list[str] = []
        places: list[Span] = []
        for word in re.finditer(r"\S+", text):
            start = word.start()
            for composed, first, last in _composed(word[0]):
                if not UNWRITABLE.match(composed):
                    letters.append(composed)
                    places.append((start + first, start + last))
        starts, ends = [first for first, _ in places], [last for _, last in places]
        return cls(simplify_quotation_marks_and_dashes("".join(letters)), starts, ends)


@dataclass(frozen=True)
class AlignedSegment:
    """The position at which a passage of the copy begins, and the corresponding passage of the unmasked text.
    ``is_same`` is true if the two passages have the same characters, and false if the two passages are a name
    or a speaker's label."""

    copy_start: int
    start: int
    end: int
    is_same: bool


@dataclass(frozen=True)
class Alignment:
    """A document's text, a coder's copy of this text, and a list that pairs each passage of the copy with the
    corresponding passage of the text."""

    text: Text
    copy: CharacterMap
    unmasked: CharacterMap
    segments: list[AlignedSegment]

    @cached_property
    def starts(self) -> list[int]:
        return [segment.copy_start for segment in self.segments]

    def map_copy_span(self, start: int, end: int) -> tuple[int, int]:
        """Returns the passage of the canonical text that corresponds to a passage of the copy. The result is
        (-1, -1) if the passage of the copy has only spaces. A passage that begins or ends within a name is
        widened to the whole name.
        """
        first, last = (bisect_left(self.copy.starts, at) for at in (start, end))
        if first >= last:
            return -1, -1
        begin, finish = self._segment(first), self._segment(last - 1)
        letter = begin.start + (first - begin.copy_start if begin.is_same else 0)
        until = finish.start + last - finish.copy_start if finish.is_same else finish.end
        return shift_span_after_masking(self.unmasked.starts[letter],
                                        self.unmasked.ends[max(until, letter + 1) - 1], self.text.offsets)

    def _segment(self, letter: int) -> AlignedSegment:
        return self.segments[bisect_left(self.starts, letter + 1) - 1]


def align_copy(text: Text, copy: str) -> Alignment | None:
    """Returns the alignment of a coder's copy with the text, or None if the copy differs from the text in
    more than names and labels.

    >>> text = Text("p1: Person 1 waits.\\n", "p1: Ana waits.\\n", ((4, 7, 4, 12),), ((0, 2),))
    >>> align_copy(text, "Client: Ana waits.").map_copy_span(8, 17), align_copy(text, "p1: Ana waited.")
    ((4, 18), None)
    """
    theirs, unmasked = CharacterMap.from_text(copy), _character_map(text.unmasked)
    segments, at, ours = [], 0, 0
    end_of_text = [(len(unmasked.text), len(unmasked.text), "")]
    for group, (following, *_) in pairwise([*_variables(text, unmasked), end_of_text]):
        first, last, until = group[0][0], group[-1][1], at + group[0][0] - ours
        if not theirs.text.startswith(unmasked.text[ours:first], at):
            return None
        segments.append(AlignedSegment(at, ours, first, is_same=True))
        masked = "".join(pseudonym or unmasked.text[start:end] for start, end, pseudonym in group)
        at = _end_of_name(theirs.text, until, unmasked.text[last:following[0]], unmasked.text[first:last],
                          masked)
        if at < 0:
            return None
        segments += _separated(theirs.text, until, at, group, unmasked)
        ours = last
    segments.append(AlignedSegment(at, ours, len(unmasked.text), is_same=True))
    is_complete = theirs.text[at:] == unmasked.text[ours:]
    return Alignment(text, theirs, unmasked, segments) if is_complete else None


def find_quotation(text: Text, quote: str) -> list[tuple[int, int]]:
    """Returns every place at which a quotation occurs in the canonical text, regardless of spaces and Unicode
    form."""
    wanted, letters = CharacterMap.from_text(quote).text, _character_map(text.canonical)
    places, at = [], letters.text.find(wanted) if wanted else -1
    while at >= 0:
        places.append((letters.starts[at], letters.ends[at + len(wanted) - 1]))
        at = letters.text.find(wanted, at + 1)
    return places


def _variables(text: Text, unmasked: CharacterMap) -> list[list[Variable]]:
    """Returns the names, speakers' labels and joins (places where two lines were joined) of a text, in order
    and in groups. Names, labels and joins with no letter between them are in the same group.

    If two names or labels overlap, the first of the two keeps the characters that they share.
    """
    masked = {start: CharacterMap.from_text(text.canonical[new:new_end]).text
              for start, _, new, new_end in text.offsets}
    passages = {*text.labels, *((start, end) for start, end, *_ in text.offsets),
                *((join, join) for join in text.joins)}
    groups: list[list[Variable]] = []
    for start, end in sorted(passages):
        first, last = (bisect_left(unmasked.starts, edge) for edge in (start, end))
        before = groups[-1][-1][1] if groups else -1
        if first > before:
            groups.append([(first, last, masked.get(start, ""))])
        elif last > before:
            groups[-1].append((before, last, masked.get(start, "")))
    return groups


def _separated(copy: str, start: int, end: int, group: list[Variable],
               unmasked: CharacterMap) -> list[AlignedSegment]:
    """Divides a group of names and labels that follow each other with no letter between them, and returns the
    parts.

    The function goes through the group from its end. A name or label becomes a part of its own if it is the
    same in the copy as in the masked or the unmasked text. At the first name or label that is different in
    the copy, the function stops. This name or label and all names and labels before it become one part.
    """
    segments, group = [], list(group)
    while len(group) > 1:
        first, last, pseudonym = group[-1]
        known = next((name for name in (unmasked.text[first:last], pseudonym)
                      if name and copy.endswith(name, start, end)), "")
        if not known:
            break
        segments.insert(0, AlignedSegment(end - len(known), first, last, is_same=False))
        end -= len(known)
        group.pop()
    return [AlignedSegment(start, group[0][0], group[-1][1], is_same=False), *segments]


def _end_of_name(copy: str, at: int, following: str, *known: str) -> int:
    """Returns the position in the copy at which a name or label ends, if it begins at ``at``. ``known`` are
    the texts that the name or label probably has. ``following`` is the text that must come after the name or
    label; the function returns -1 if this text is not there."""
    for name in dict.fromkeys([*(CharacterMap.from_text(one).text for one in known), ""]):
        until = at + len(name)
        if copy.startswith(name + following, at) and (following or until == len(copy)):
            return until
    if not following:
        return len(copy) if len(copy) - at <= LONGEST_NAME else -1
    return copy.find(following, at, at + LONGEST_NAME + len(following))


@lru_cache(maxsize=4)
def _character_map(text: str) -> CharacterMap:
    """Returns the character map of a canonical or unmasked text, which is needed for every quotation from it.

    Only the last few character maps are kept in memory, because codings are placed text by text and the maps
    of all texts would need too much memory.
    """
    return CharacterMap.from_text(text)


@lru_cache(maxsize=10_000)
def _composed(word: str) -> tuple[tuple[str, int, int], ...]:
    """Returns the characters of a word in NFC, each with the start and the end of the characters in ``word``
    from which it is composed."""
    if unicodedata.is_normalized("NFC", word):
        return tuple((letter, n, n + 1) for n, letter in enumerate(word))
    characters = []
    composed, start = unicodedata.normalize("NFC", word), 0
    for n, letter in enumerate(composed):
        end = start + 1
        while end < len(word) and unicodedata.normalize("NFC", word[:end]) != composed[:n + 1]:
            end += 1
        characters.append((letter, start, end))
        start = min(end, len(word) - 1)
    return tuple(characters)
