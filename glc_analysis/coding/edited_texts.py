"""Finds the place of a coder's passage in a text whose words were edited after the coder had coded it.

The canonical text and the copy that a coder's program keeps are aligned word by word, in order. A passage
gets a place only if all its words are unchanged and in the same order in the aligned turn, and if both texts
give the turn to the same speaker. A passage is never moved to another place where the same words occur,
because the words may be there by coincidence. Names of speakers, times, spaces and punctuation do not count
as words.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

from glc_analysis.coding.texts import Text
from glc_analysis.intake.codings.model import Span, simplify_quotation_marks_and_dashes
from glc_analysis.pseudonyms.masking import Masked, shift_span_after_masking

WORDS_CHANGED = "the study's text was edited later and no longer has the words as the coder marked them"
OTHER_SPEAKER = "in the study's text, another speaker says these words"
OTHER_TURN = "the turn around these words was edited so much that the same words may be there by chance"
LEAST_IN_COMMON = 0.5
"""A copy counts as another text if less than this share of its words is common to the copy and the canonical
text. Two turns count as different turns if less than this share of their words is common to both."""
SHORT_TURN = 4
"""In a turn with fewer words than this, words that are in both texts count as unchanged only if the word
directly before or after them, in the turn beside this turn, is unchanged as well."""
_SHINGLES = (8, 4, 2, 1)
"""The lengths, in words, of the sequences by which two texts are aligned, the longest first. Only a sequence
that occurs once in each text is used."""
_TIME = r"[\[(]?\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d+)?[\])]?"
_TIMES = re.compile(rf"[ \t]*(?:{_TIME}\s*(?:-->\s*)?)+")
_LABEL = re.compile(rf"^[ \t]*(?:{_TIME}\s*(?:-->\s*{_TIME}\s*)?)*"
                    r"(?P<name>[^\W_][^:\n]{0,60}?)?(?(name)\s*:(?=\s|$)|(?<=\S))", re.MULTILINE)


class Word(NamedTuple):
    """A word of a text: the form in which it is compared (``key``), the position of its letters, and the
    position of the word including the punctuation around it."""

    key: str
    start: int
    end: int
    outer_start: int
    outer_end: int


@dataclass(frozen=True)
class Turns:
    """A text as a list of words in order, with the turn of each word and the speaker of each turn."""

    words: list[Word]
    turn_of: list[int]
    speakers: list[str]

    @classmethod
    def from_text(cls, text: str, labels: Sequence[tuple[int, int, str]]) -> Turns:
        """Returns the turns of a text. ``labels`` has the start, the end and the text of every speaker's
        name. Words before the first speaker's name belong to a speaker without a name."""
        words: list[Word] = []
        turn_of: list[int] = []
        speakers: list[str] = []
        edges = [(0, 0, ""), *labels]
        for (_, start, speaker), (end, *_) in pairwise([*edges, (len(text), len(text), "")]):
            own = list(_words(text, start, end))
            if own:
                turn_of += [len(speakers)] * len(own)
                words += own
                speakers.append(speaker)
        return cls(words, turn_of, speakers)

    @cached_property
    def sizes(self) -> Counter[int]:
        return Counter(self.turn_of)

    @cached_property
    def starts(self) -> list[int]:
        return [word.start for word in self.words]

    def find_words(self, start: int, end: int) -> range:
        """Returns the numbers of the words that the stretch from ``start`` to ``end`` overlaps."""
        first, last = bisect_left(self.starts, start), bisect_left(self.starts, end)
        return range(first - (first > 0 and self.words[first - 1].end > start), last)


class EditedText:
    """A canonical text and an edited copy of it that a coder coded, aligned word by word."""

    def __init__(self, text: Text, copy: Masked) -> None:
        self.text, self.copy = text, copy
        self.ours = _turns(text)
        self.theirs = Turns.from_text(copy.text, _labels(copy.text, self.ours))
        self.place = match_words_in_order([word.key for word in self.theirs.words],
                                          [word.key for word in self.ours.words])
        self._matched = sorted(self.place)
        self._common = Counter((self.theirs.turn_of[at], self.ours.turn_of[to])
                               for at, to in self.place.items())
        self._speaker = self._speakers()

    @property
    def share_in_common(self) -> float:
        """The number of words that the text and the copy have in common, divided by the number of words of
        the longer of the two."""
        return len(self.place) / max(len(self.ours.words), len(self.theirs.words), 1)

    def map_copy_span_or_explain_uncertainty(self, start: int, end: int) -> tuple[Span, str]:
        """Returns the passage of the canonical text that corresponds to the passage of the copy from
        ``start`` to ``end``. If the place of the passage is not certain, returns (-1, -1) and the reason.

        >>> text = Text("p1: Yes, we wait for months.\\n", "p1: Yes, we wait for months.\\n", (), ((0, 2),))
        >>> edited = EditedText(text, Masked("Ana: Yes, uh, we wait for months.", ()))
        >>> edited.map_copy_span_or_explain_uncertainty(14, 33)
        ((9, 28), '')
        """
        start, end = shift_span_after_masking(start, end, self.copy.offsets)
        marked = self.theirs.find_words(start, end)
        places = [self.place.get(at, -1) for at in marked]
        if not places or -1 in places or places[-1] - places[0] != len(places) - 1:
            return (-1, -1), WORDS_CHANGED
        for at, to in zip(marked, places, strict=True):
            if not self._is_same_speaker(at, to):
                return (-1, -1), OTHER_SPEAKER
            if not self._is_same_turn(at, to):
                return (-1, -1), OTHER_TURN
        return self._edges(start, end, marked, places), ""

    def find_surrounding_span(self, start: int, end: int) -> Span:
        """Returns the stretch of the canonical text that must contain a passage of the copy, if the canonical
        text contains the passage at all.

        The stretch reaches from the first to the last word of the passage that both texts have. If the two
        texts have no word of the passage in common, the stretch reaches from the nearest common word before
        the passage to the nearest common word after it."""
        marked = self.theirs.find_words(*shift_span_after_masking(start, end, self.copy.offsets))
        own = [self.place[at] for at in marked if at in self.place]
        if own:
            first, last = min(own), max(own)
        else:
            before, after = bisect_left(self._matched, marked.start), bisect_left(self._matched, marked.stop)
            first = self.place[self._matched[before - 1]] if before else 0
            is_last = after == len(self._matched)
            last = len(self.ours.words) - 1 if is_last else self.place[self._matched[after]]
        return self.ours.words[first].outer_start, self.ours.words[last].outer_end

    def find_turns_mostly_left_out(self) -> Iterator[Span]:
        """Yields the turns of the canonical text of whose words less than half are in the copy. The coder of
        the copy counts as not having read these turns."""
        in_common = Counter(self.ours.turn_of[to] for to in self.place.values())
        for turn, size in self.ours.sizes.items():
            if in_common[turn] < LEAST_IN_COMMON * size:
                first = bisect_left(self.ours.turn_of, turn)
                yield self.ours.words[first].start, self.ours.words[first + size - 1].end

    def find_changed_turns(self) -> Iterator[Span]:
        """Yields the turns of the canonical text whose words are not exactly the words of one turn of the
        copy."""
        for turn, size in self.ours.sizes.items():
            first = bisect_left(self.ours.turn_of, turn)
            theirs = {self.theirs.turn_of[at] for at in map(self._back.get, range(first, first + size))
                      if at is not None}
            same = sum(self._common[at, turn] for at in theirs)
            if len(theirs) != 1 or same < size or self.theirs.sizes[theirs.pop()] != size:
                yield self.ours.words[first].start, self.ours.words[first + size - 1].end

    def quote_copy_turns_at_text_span(self, start: int, end: int) -> str:
        """Returns the words of every turn of the copy that contains at least one word of the stretch from
        ``start`` to ``end`` of the canonical text."""
        turns = sorted({self.theirs.turn_of[self._back[to]] for to in self.ours.find_words(start, end)
                        if to in self._back})
        if not turns:
            return ""
        first = bisect_left(self.theirs.turn_of, turns[0])
        last = bisect_right(self.theirs.turn_of, turns[-1]) - 1
        return self.copy.text[self.theirs.words[first].outer_start:self.theirs.words[last].outer_end]

    @cached_property
    def _back(self) -> dict[int, int]:
        return {to: at for at, to in self.place.items()}

    @cached_property
    def _has_names(self) -> bool:
        return {*self.theirs.speakers} != {""}

    def _speakers(self) -> dict[str, str]:
        """Returns, for each speaker's name in the copy, the speaker in the canonical text who says most of
        the words that are common to both texts."""
        votes: dict[str, Counter[str]] = {}
        for (theirs, ours), n in self._common.items():
            votes.setdefault(self.theirs.speakers[theirs], Counter())[self.ours.speakers[ours]] += n
        return {name: most for name, counts in votes.items()
                for most, n in counts.most_common(1) if 2 * n > counts.total()}

    def _is_same_speaker(self, at: int, to: int) -> bool:
        """Whether the canonical text and the copy give a word to the same speaker. The result is also true if
        the copy has no names of speakers."""
        if not self._has_names:
            return True
        name = self.theirs.speakers[self.theirs.turn_of[at]]
        return self._speaker.get(name) == self.ours.speakers[self.ours.turn_of[to]]

    def _is_same_turn(self, at: int, to: int) -> bool:
        """Whether a word is in the same turn of both texts. Two turns count as the same if they have at least
        half of their words in common. In a turn with fewer than :data:`SHORT_TURN` words, the condition of
        :data:`SHORT_TURN` must be met as well."""
        theirs, ours = self.theirs.turn_of[at], self.ours.turn_of[to]
        size = max(self.ours.sizes[ours], self.theirs.sizes[theirs] if self._has_names else 0)
        if self._common[theirs, ours] < LEAST_IN_COMMON * size:
            return False
        if size >= SHORT_TURN or len(self.ours.sizes) == 1:
            return True
        first, last = at, at
        while first and self.theirs.turn_of[first - 1] == theirs and self.place.get(first - 1) is not None:
            first -= 1
        while last + 1 < len(self.theirs.words) and self.place.get(last + 1) is not None \
                and self.theirs.turn_of[last + 1] == theirs:
            last += 1
        before, after = self.place.get(first - 1, -2), self.place.get(last + 1, -2)
        return before == self.place[first] - 1 or after == self.place[last] + 1

    def _edges(self, start: int, end: int, marked: range, places: Sequence[int]) -> Span:
        """Returns the positions at which a coder's passage begins and ends in the canonical text. If the
        coder's passage begins or ends within a word, the returned passage begins or ends there too. The
        returned passage includes the punctuation around its words if the coder marked the punctuation."""
        first, last = self.theirs.words[marked[0]], self.theirs.words[marked[-1]]
        opening, closing = self.ours.words[places[0]], self.ours.words[places[-1]]
        begin = opening.start + max(start - first.start, 0)
        until = closing.end - max(last.end - end, 0)
        if start <= first.outer_start:
            begin = opening.outer_start
        if end >= last.outer_end:
            until = closing.outer_end
        return (begin, until) if begin < until else (opening.start, closing.end)


@lru_cache(maxsize=4)
def _turns(text: Text) -> Turns:
    """Returns the turns of a canonical text. The turns are kept in memory, because every passage of the text
    needs them again."""
    labels = [(*shift_span_after_masking(*label, text.offsets), text.unmasked[slice(*label)])
              for label in text.labels]
    return Turns.from_text(text.canonical, labels)


def find_turns_with_half_of_quote(text: Text, quote: str) -> Iterator[Span]:
    """Yields those turns of a canonical text that contain at least half of the words of a quotation."""
    wanted = Counter(word.key for word in _words(quote, 0, len(quote)))
    turns = _turns(text)
    for turn, size in turns.sizes.items():
        first = bisect_left(turns.turn_of, turn)
        own = Counter(word.key for word in turns.words[first:first + size])
        if (wanted & own).total() >= LEAST_IN_COMMON * max(wanted.total(), 1):
            yield turns.words[first].start, turns.words[first + size - 1].outer_end


def match_words_in_order(theirs: Sequence[str], ours: Sequence[str]) -> dict[int, int]:
    """Returns the words that two texts have in common in the same order, as a mapping from the position in
    the first text to the position in the second text.

    First the function matches sequences of words that occur once in each text. The function uses the largest
    set of these sequences that are in the same order in both texts. The words between the matched sequences
    are then matched in the same way, with shorter sequences.

    >>> match_words_in_order("we wait for a house".split(), "yes we wait for house".split())
    {0: 1, 1: 2, 2: 3, 4: 4}
    """
    matched: dict[int, int] = {}
    waiting = [(0, len(theirs), 0, len(ours))]
    while waiting:
        a, until_a, b, until_b = waiting.pop()
        while a < until_a and b < until_b and theirs[a] == ours[b]:
            matched[a] = b
            a, b = a + 1, b + 1
        while a < until_a and b < until_b and theirs[until_a - 1] == ours[until_b - 1]:
            until_a, until_b = until_a - 1, until_b - 1
            matched[until_a] = until_b
        anchors = _anchors(theirs[a:until_a], ours[b:until_b])
        edges = [(a, b), *((a + x, b + y) for x, y in anchors), (until_a, until_b)]
        if anchors:
            waiting += [(x, next_x, y, next_y) for (x, y), (next_x, next_y) in pairwise(edges)
                        if x < next_x and y < next_y]
    return dict(sorted(matched.items()))


def _anchors(theirs: Sequence[str], ours: Sequence[str]) -> list[tuple[int, int]]:
    """Returns pairs of positions, one in each text, at which the same sequence of words begins. Every such
    sequence occurs once in each text, and the sequences are in the same order in both texts."""
    for size in _SHINGLES if theirs and ours else ():
        places = [_once(words, size) for words in (theirs, ours)]
        pairs = sorted((at, places[1][key]) for key, at in places[0].items() if key in places[1])
        if pairs:
            return _longest_increasing(pairs)
    return []


def _once(words: Sequence[str], size: int) -> dict[tuple[str, ...], int]:
    sequences = [tuple(words[n:n + size]) for n in range(len(words) - size + 1)]
    times = Counter(sequences)
    return {sequence: n for n, sequence in enumerate(sequences) if times[sequence] == 1}


def _longest_increasing(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Returns the longest list of pairs in which the first numbers increase and the second numbers
    increase."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for n, (_, second) in enumerate(pairs):
        at = bisect_right(tails, second)
        before.append(ends[at - 1] if at else -1)
        tails[at:at + 1], ends[at:at + 1] = [second], [n]
    chosen, n = [], ends[-1]
    while n >= 0:
        chosen.append(pairs[n])
        n = before[n]
    return chosen[::-1]


def _labels(text: str, ours: Turns) -> list[tuple[int, int, str]]:
    """Returns the names of speakers, and the times, with which lines of a copy begin.

    A line may also begin with words and a colon that are not the name of a speaker. The words before a colon
    at the beginning of a line count as a name only if two or more lines begin with them, or if the words
    after the colon are the first words of a turn of the canonical text.
    """
    openings = [(one, simplify_quotation_marks_and_dashes(" ".join((one["name"] or "").split()).casefold()))
             for one in _LABEL.finditer(text)]
    times = Counter(name for _, name in openings)
    theirs = Turns.from_text(text, [])
    place = match_words_in_order([word.key for word in theirs.words], [word.key for word in ours.words])
    first = {bisect_left(ours.turn_of, turn) for turn in ours.sizes}
    labels, speaker = [], ""
    for one, name in openings:
        if name and (times[name] > 1 or place.get(bisect_left(theirs.starts, one.end())) in first):
            speaker = name
            labels.append((one.start(), one.end(), name))
        elif timed := _TIMES.match(one[0]):
            labels.append((one.start(), one.start() + timed.end(), speaker))
    return labels


def _words(text: str, start: int, end: int) -> Iterator[Word]:
    for chunk in re.finditer(r"\S+", text[start:end]):
        outer = start + chunk.start()
        inner = [n for n, letter in enumerate(chunk[0]) if unicodedata.category(letter)[0] not in "PC"]
        if inner:
            first, last = inner[0], inner[-1] + 1
            key = simplify_quotation_marks_and_dashes(unicodedata.normalize("NFC", chunk[0][first:last]))
            yield Word(key, outer + first, outer + last, outer, outer + len(chunk[0]))
