"""The place of a coder's passage in the canonical text, by the copy of the text that a coder's program keeps.

The two may differ in blanks, line ends and Unicode form, in the form of quotation marks and dashes, in names
that were masked since or are masked otherwise now, in the names of speakers, and in the times of cues where
the copy is the raw transcript. In everything else they must be the same text to the letter. A copy whose
words were edited is aligned word by word (:mod:`.edited_texts`).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from glc_analysis.coding.texts import Text
from glc_analysis.intake.codings.model import UNWRITABLE, Span, simplify_signs
from glc_analysis.pseudonyms.masking import shift_span

LONGEST_NAME = 200
"""Most characters that may stand in the place of a name, of a speaker's label, or between two cues."""

Variable = tuple[int, int, str]
"""A passage of the unmasked text that may read otherwise in a copy: its first letter, the letter after its
last, and the pseudonym that the canonical text has there."""


@dataclass(frozen=True)
class CharacterMap:
    """The characters of a text without blanks, in NFC and with plain quotation marks and dashes, and where
    each begins and ends in the text."""

    text: str
    starts: list[int]
    ends: list[int]

    @classmethod
    def of(cls, text: str) -> CharacterMap:
        """
        >>> CharacterMap.of("e\\u0301 “a”")
        CharacterMap(text='é"a"', starts=[0, 3, 4, 5], ends=[2, 4, 5, 6])
        """
        if not UNWRITABLE.search(text) and unicodedata.is_normalized("NFC", text):
            starts = [n for n, character in enumerate(text) if not character.isspace()]
            return cls(simplify_signs("".join(text.split())), starts, [n + 1 for n in starts])
        letters: list[str] = []
        places: list[Span] = []
        for word in re.finditer(r"\S+", text):
            start = word.start()
            for composed, first, last in _composed(word[0]):
                if not UNWRITABLE.match(composed):
                    letters.append(composed)
                    places.append((start + first, start + last))
        starts, ends = [first for first, _ in places], [last for _, last in places]
        return cls(simplify_signs("".join(letters)), starts, ends)


@dataclass(frozen=True)
class AlignedSegment:
    """A run of characters in the copy and in the unmasked text: the same in both, or a name or label."""

    copy_start: int
    copy_end: int
    start: int
    end: int
    is_same: bool


@dataclass(frozen=True)
class Alignment:
    """A document's text, a coder's copy of it, and the segments in which the two correspond."""

    text: Text
    copy: CharacterMap
    unmasked: CharacterMap
    segments: list[AlignedSegment]

    @cached_property
    def starts(self) -> list[int]:
        return [segment.copy_start for segment in self.segments]

    def locate(self, start: int, end: int) -> tuple[int, int]:
        """A passage of the copy as one of the canonical text; (-1, -1) if it holds nothing but blanks.

        A passage that cuts a name is widened to the whole name.
        """
        first, last = (bisect_left(self.copy.starts, at) for at in (start, end))
        if first >= last:
            return -1, -1
        begin, finish = self._segment(first), self._segment(last - 1)
        letter = begin.start + (first - begin.copy_start if begin.is_same else 0)
        until = finish.start + last - finish.copy_start if finish.is_same else finish.end
        return shift_span(self.unmasked.starts[letter], self.unmasked.ends[max(until, letter + 1) - 1],
                          self.text.offsets)

    def _segment(self, letter: int) -> AlignedSegment:
        return self.segments[bisect_left(self.starts, letter + 1) - 1]


def align_copy(text: Text, copy: str) -> Alignment | None:
    """The alignment of a coder's copy; None where it differs from the text in more than names and labels.

    >>> text = Text("p1: Person 1 waits.\\n", "p1: Ana waits.\\n", ((4, 7, 4, 12),), ((0, 2),))
    >>> align_copy(text, "Client: Ana waits.").locate(8, 17), align_copy(text, "p1: Ana waited.")
    ((4, 18), None)
    """
    theirs, unmasked = CharacterMap.of(copy), _character_map(text.unmasked)
    segments, at, ours = [], 0, 0
    end_of_text = [(len(unmasked.text), len(unmasked.text), "")]
    for group, (following, *_) in pairwise([*_variables(text, unmasked), end_of_text]):
        first, last, until = group[0][0], group[-1][1], at + group[0][0] - ours
        if not theirs.text.startswith(unmasked.text[ours:first], at):
            return None
        segments.append(AlignedSegment(at, until, ours, first, is_same=True))
        masked = "".join(pseudonym or unmasked.text[start:end] for start, end, pseudonym in group)
        at = _end_of_name(theirs.text, until, unmasked.text[last:following[0]], unmasked.text[first:last],
                          masked)
        if at < 0:
            return None
        segments += _separated(theirs.text, until, at, group, unmasked)
        ours = last
    segments.append(AlignedSegment(at, len(theirs.text), ours, len(unmasked.text), is_same=True))
    is_complete = theirs.text[at:] == unmasked.text[ours:]
    return Alignment(text, theirs, unmasked, segments) if is_complete else None


def find_quotation(text: Text, quote: str) -> list[tuple[int, int]]:
    """Every place of a quotation in the canonical text, whatever its blanks and Unicode form."""
    wanted, letters = CharacterMap.of(quote).text, _character_map(text.canonical)
    places, at = [], letters.text.find(wanted) if wanted else -1
    while at >= 0:
        places.append((letters.starts[at], letters.ends[at + len(wanted) - 1]))
        at = letters.text.find(wanted, at + 1)
    return places


def _variables(text: Text, unmasked: CharacterMap) -> list[list[Variable]]:
    """The names, labels and joins of a text, in order; those with nothing between them in one group.

    Where two overlap, the first counts.
    """
    masked = {start: CharacterMap.of(text.canonical[new:new_end]).text
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
    """The segments of a group of names and labels that follow one another without a letter between them.

    From the end of the group on, each that reads in the copy as it does in one of our texts is a segment
    of its own; the others are one segment together.
    """
    segments, group = [], list(group)
    while len(group) > 1:
        first, last, pseudonym = group[-1]
        known = next((name for name in (unmasked.text[first:last], pseudonym)
                      if name and copy.endswith(name, start, end)), "")
        if not known:
            break
        segments.insert(0, AlignedSegment(end - len(known), end, first, last, is_same=False))
        end -= len(known)
        group.pop()
    return [AlignedSegment(start, end, group[0][0], group[-1][1], is_same=False), *segments]


def _end_of_name(copy: str, at: int, following: str, *known: str) -> int:
    """Where the name or label at a place of the copy ends: before the text that follows it; -1 if nowhere."""
    for name in dict.fromkeys([*(CharacterMap.of(one).text for one in known), ""]):
        until = at + len(name)
        if copy.startswith(name + following, at) and (following or until == len(copy)):
            return until
    if not following:
        return len(copy) if len(copy) - at <= LONGEST_NAME else -1
    return copy.find(following, at, at + LONGEST_NAME + len(following))


@lru_cache(maxsize=4)
def _character_map(text: str) -> CharacterMap:
    """The character map of one of our texts, which is needed again for every quotation from it.

    Only the last few are kept: codings come text by text, and the maps of all would fill the memory.
    """
    return CharacterMap.of(text)


@lru_cache(maxsize=10_000)
def _composed(word: str) -> tuple[tuple[str, int, int], ...]:
    """The characters of a word in NFC, each with the part of the word that it is composed of."""
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
