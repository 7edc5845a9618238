"""The place of a coder's passage in the canonical text, also where the text was edited or changed since.

In goes the canonical text of a document and the copy of it that a coder's program keeps. Out comes, for a
passage of the copy, the same passage of the canonical text.

The two may differ in blanks, line ends and Unicode form, in the form of quotation marks and dashes, in names
that were masked since or are masked otherwise now, in the names of speakers, and in the times of cues where
the copy is the raw transcript. In everything else they must be the same text to the letter. A copy whose
words were edited is aligned word by word (:class:`EditedText`).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

from glc_analysis.coding.texts import Text
from glc_analysis.intake.codings.model import UNWRITABLE, Span, plain_signs
from glc_analysis.pseudonyms.masking import Masked, shift_span

# ------------------------------
# A copy that differs in blanks, signs and names.


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
            return cls(plain_signs("".join(text.split())), starts, [n + 1 for n in starts])
        letters: list[str] = []
        places: list[Span] = []
        for word in re.finditer(r"\S+", text):
            start = word.start()
            for composed, first, last in _composed(word[0]):
                if not UNWRITABLE.match(composed):
                    letters.append(composed)
                    places.append((start + first, start + last))
        starts, ends = [first for first, _ in places], [last for _, last in places]
        return cls(plain_signs("".join(letters)), starts, ends)


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


def align(text: Text, copy: str) -> Alignment | None:
    """The alignment of a coder's copy; None where it differs from the text in more than names and labels.

    >>> text = Text("p1: Person 1 waits.\\n", "p1: Ana waits.\\n", ((4, 7, 4, 12),), ((0, 2),))
    >>> align(text, "Client: Ana waits.").locate(8, 17), align(text, "p1: Ana waited.")
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


def find(text: Text, quote: str) -> list[tuple[int, int]]:
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
    found = []
    composed, start = unicodedata.normalize("NFC", word), 0
    for n, letter in enumerate(composed):
        end = start + 1
        while end < len(word) and unicodedata.normalize("NFC", word[:end]) != composed[:n + 1]:
            end += 1
        found.append((letter, start, end))
        start = min(end, len(word) - 1)
    return tuple(found)


# ------------------------------
# The place of a coder's passage in a text that was edited since it was coded.
#
# In goes the canonical text of a document, and the copy of it that a coder's program keeps, whose words are
# not quite the same. Out comes, for a passage of the copy, the same words of our text, or the reason why
# they have no certain place.
#
# The module decides which passages may be moved. The two texts are aligned word by word, in order. A
# passage has its place only if all its words stand unchanged, one after the other, in the aligned turn, and
# the turn is the same speaker's in both texts. Words that are merely found somewhere else may be a
# coincidence: they are not moved there. Names of speakers, times, blanks and punctuation do not count as
# words.


CHANGED = "the words are no longer in our text as the coder marked them: the text was edited since"
OTHER_SPEAKER = "in our text another speaker says these words"
OTHER_TURN = "the turn around these words was edited so much that they may be other words"

LEAST_IN_COMMON = 0.5
"""A copy that has a smaller share of its words in common with our text is another text; so is a turn."""
SHORT_TURN = 4
"""The words of a shorter turn count as its own only if a word beside the turn is the same as well."""
_SHINGLES = (8, 4, 2, 1)
"""Sequences of so many words that occur once in both texts are where an alignment begins."""

_TIME = r"[\[(]?\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d+)?[\])]?"
_TIMES = re.compile(rf"[ \t]*(?:{_TIME}\s*(?:-->\s*)?)+")
_LABEL = re.compile(rf"^[ \t]*(?:{_TIME}\s*(?:-->\s*{_TIME}\s*)?)*"
                    r"(?P<name>[^\W_][^:\n]{0,60}?)?(?(name)\s*:(?=\s|$)|(?<=\S))", re.MULTILINE)


class Word(NamedTuple):
    """A word of a text: how it is compared, its letters, and with the punctuation around it."""

    key: str
    start: int
    end: int
    outer_start: int
    outer_end: int


@dataclass(frozen=True)
class Turns:
    """A text as the words of its turns: the words in order, the turn of each, and who speaks each turn."""

    words: list[Word]
    turn_of: list[int]
    speakers: list[str]

    @classmethod
    def of(cls, text: str, labels: Sequence[tuple[int, int, str]]) -> Turns:
        """``labels`` are the start and end of every speaker's name, and the name; what is before the first
        one has a speaker without a name."""
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

    def between(self, start: int, end: int) -> range:
        """The numbers of the words that a stretch touches."""
        first, last = bisect_left(self.starts, start), bisect_left(self.starts, end)
        return range(first - (first > 0 and self.words[first - 1].end > start), last)


class EditedText:
    """A canonical text and a coder's copy of it that was edited, aligned word by word."""

    def __init__(self, text: Text, copy: Masked) -> None:
        self.text, self.copy = text, copy
        self.ours = _turns(text)
        self.theirs = Turns.of(copy.text, _labels(copy.text, self.ours))
        self.place = match_words([word.key for word in self.theirs.words],
                                 [word.key for word in self.ours.words])
        self._matched = sorted(self.place)
        self._common = Counter((self.theirs.turn_of[at], self.ours.turn_of[to])
                               for at, to in self.place.items())
        self._speaker = self._speakers()

    @property
    def share_in_common(self) -> float:
        """The share of the words of the longer text that both have."""
        return len(self.place) / max(len(self.ours.words), len(self.theirs.words), 1)

    def locate(self, start: int, end: int) -> tuple[Span, str]:
        """A passage of the copy, in its own positions, as one of the canonical text; or (-1, -1) and the
        reason why it has no certain place.

        >>> text = Text("p1: Yes, we wait for months.\\n", "p1: Yes, we wait for months.\\n", (), ((0, 2),))
        >>> EditedText(text, Masked("Ana: Yes, uh, we wait for months.", ())).locate(14, 33)
        ((9, 28), '')
        """
        start, end = shift_span(start, end, self.copy.offsets)
        marked = self.theirs.between(start, end)
        places = [self.place.get(at, -1) for at in marked]
        if not places or -1 in places or places[-1] - places[0] != len(places) - 1:
            return (-1, -1), CHANGED
        for at, to in zip(marked, places, strict=True):
            if not self._is_same_speaker(at, to):
                return (-1, -1), OTHER_SPEAKER
            if not self._is_same_turn(at, to):
                return (-1, -1), OTHER_TURN
        return self._edges(start, end, marked, places), ""

    def near(self, start: int, end: int) -> Span:
        """The stretch of the canonical text in which a passage of the copy must be, if it is there: its own
        words, as far as both texts have them, or else all between the nearest words that both have."""
        marked = self.theirs.between(*shift_span(start, end, self.copy.offsets))
        own = [self.place[at] for at in marked if at in self.place]
        if own:
            first, last = min(own), max(own)
        else:
            before, after = bisect_left(self._matched, marked.start), bisect_left(self._matched, marked.stop)
            first = self.place[self._matched[before - 1]] if before else 0
            is_last = after == len(self._matched)
            last = len(self.ours.words) - 1 if is_last else self.place[self._matched[after]]
        return self.ours.words[first].outer_start, self.ours.words[last].outer_end

    def unread(self) -> Iterator[Span]:
        """The turns of the canonical text of which the copy has less than half of the words: whoever coded
        the copy did not read them."""
        in_common = Counter(self.ours.turn_of[to] for to in self.place.values())
        for turn, size in self.ours.sizes.items():
            if in_common[turn] < LEAST_IN_COMMON * size:
                first = bisect_left(self.ours.turn_of, turn)
                yield self.ours.words[first].start, self.ours.words[first + size - 1].end

    def changed_turns(self) -> Iterator[Span]:
        """The turns of the canonical text whose words are not those of one turn of the copy, to the last."""
        for turn, size in self.ours.sizes.items():
            first = bisect_left(self.ours.turn_of, turn)
            theirs = {self.theirs.turn_of[at] for at in map(self._back.get, range(first, first + size))
                      if at is not None}
            same = sum(self._common[at, turn] for at in theirs)
            if len(theirs) != 1 or same < size or self.theirs.sizes[theirs.pop()] != size:
                yield self.ours.words[first].start, self.ours.words[first + size - 1].end

    def words_before(self, start: int, end: int) -> str:
        """The turns of the copy that have words of a stretch of the canonical text, in the copy's words."""
        turns = sorted({self.theirs.turn_of[self._back[to]] for to in self.ours.between(start, end)
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
        """Our speaker for each name of the copy: who says most of the words that both texts have."""
        votes: dict[str, Counter[str]] = {}
        for (theirs, ours), n in self._common.items():
            votes.setdefault(self.theirs.speakers[theirs], Counter())[self.ours.speakers[ours]] += n
        return {name: most for name, counts in votes.items()
                for most, n in counts.most_common(1) if 2 * n > counts.total()}

    def _is_same_speaker(self, at: int, to: int) -> bool:
        """Whether both texts give a word to the same speaker; a copy without names does not contradict."""
        if not self._has_names:
            return True
        name = self.theirs.speakers[self.theirs.turn_of[at]]
        return self._speaker.get(name) == self.ours.speakers[self.ours.turn_of[to]]

    def _is_same_turn(self, at: int, to: int) -> bool:
        """Whether a word is in turns that have at least half of their words in common."""
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
        """Where the passage begins and ends in our text: within a word as in the copy, and with the
        punctuation around it if the coder marked that."""
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
    """The turns of one of our texts, which are needed again for every passage."""
    labels = [(*shift_span(*label, text.offsets), text.unmasked[slice(*label)]) for label in text.labels]
    return Turns.of(text.canonical, labels)


def similar_turns(text: Text, quote: str) -> Iterator[Span]:
    """The turns of a canonical text that have at least half of the words of a quotation."""
    wanted = Counter(word.key for word in _words(quote, 0, len(quote)))
    turns = _turns(text)
    for turn, size in turns.sizes.items():
        first = bisect_left(turns.turn_of, turn)
        own = Counter(word.key for word in turns.words[first:first + size])
        if (wanted & own).total() >= LEAST_IN_COMMON * max(wanted.total(), 1):
            yield turns.words[first].start, turns.words[first + size - 1].outer_end


def match_words(theirs: Sequence[str], ours: Sequence[str]) -> dict[int, int]:
    """The words that two texts have in common, in the same order: number in the first -> in the second.

    Sequences of words that occur once in both texts are matched first, the longest set of them that stands
    in the same order; then what is between them in the same way, with shorter sequences.

    >>> match_words("we wait for a house".split(), "yes we wait for house".split())
    {0: 1, 1: 2, 2: 3, 4: 4}
    """
    found: dict[int, int] = {}
    waiting = [(0, len(theirs), 0, len(ours))]
    while waiting:
        a, until_a, b, until_b = waiting.pop()
        while a < until_a and b < until_b and theirs[a] == ours[b]:
            found[a] = b
            a, b = a + 1, b + 1
        while a < until_a and b < until_b and theirs[until_a - 1] == ours[until_b - 1]:
            until_a, until_b = until_a - 1, until_b - 1
            found[until_a] = until_b
        anchors = _anchors(theirs[a:until_a], ours[b:until_b])
        edges = [(a, b), *((a + x, b + y) for x, y in anchors), (until_a, until_b)]
        if anchors:
            waiting += [(x, next_x, y, next_y) for (x, y), (next_x, next_y) in pairwise(edges)
                        if x < next_x and y < next_y]
    return dict(sorted(found.items()))


def _anchors(theirs: Sequence[str], ours: Sequence[str]) -> list[tuple[int, int]]:
    """Where sequences of words begin that occur once in both, and are in the same order in both."""
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
    """The longest list of pairs in which both numbers grow."""
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
    """Names of speakers, and times, at the beginnings of lines of a copy.

    Lines also begin with words and a colon that are no name. So a name opens two lines or more, or the words
    after it are the first of a turn of ours.
    """
    found = [(one, plain_signs(" ".join((one["name"] or "").split()).casefold()))
             for one in _LABEL.finditer(text)]
    times = Counter(name for _, name in found)
    theirs = Turns.of(text, [])
    place = match_words([word.key for word in theirs.words], [word.key for word in ours.words])
    first = {bisect_left(ours.turn_of, turn) for turn in ours.sizes}
    labels, speaker = [], ""
    for one, name in found:
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
            key = plain_signs(unicodedata.normalize("NFC", chunk[0][first:last]))
            yield Word(key, outer + first, outer + last, outer, outer + len(chunk[0]))


# ------------------------------
# A text that changed after somebody began to code it at the desk: what of their work has its place in it.
#
# In go the canonical text of today, and the text as its coder knows it. Out come the place of each passage
# in the text of today, the stretch in which a passage without a place must be, and the turns whose words
# changed.
#
# The module decides nothing new: the places are those that the build gives to a coder's copy
# (:func:`align`, and where words were edited :class:`EditedText`). A passage that they cannot place exactly
# has none here.


NOWHERE = (-1, -1)


class ChangedText:
    """A text of today beside ``copy``, the same text as a coder knows it. ``mask`` puts today's pseudonyms
    into the copy.

    >>> text = Text("p1: We wait for months.\\n", "p1: We wait for months.\\n", (), ((0, 2),))
    >>> changed = ChangedText(text, "p1: We wait for weeks.\\n", lambda copy: Masked(copy, ()))
    >>> changed.is_edited, changed.locate(4, 11), changed.locate(12, 21)
    (True, (4, 11), (-1, -1))
    """

    def __init__(self, text: Text, copy: str, mask: Callable[[str], Masked]) -> None:
        self.text = text
        self._alignment = align(text, copy)
        self._edited = None if self._alignment else EditedText(text, mask(copy))

    @property
    def is_edited(self) -> bool:
        """Whether words changed, and not names, blanks and signs alone."""
        return self._edited is not None

    @property
    def is_another(self) -> bool:
        """Whether so many words changed that it is another text."""
        return self._edited is not None and self._edited.share_in_common < LEAST_IN_COMMON

    def locate(self, start: int, end: int) -> Span:
        """The place of a passage of the copy in the text of today; (-1, -1) where it has no certain one."""
        if self._alignment:
            return self._alignment.locate(start, end)
        if self.is_another:
            return NOWHERE
        return self._edited.locate(start, end)[0]

    def near(self, start: int, end: int) -> Span:
        """The stretch of the text of today in which a passage of the copy must be, if it is there."""
        length = len(self.text.canonical)
        if self._alignment:
            found = self._alignment.locate(start, end)
            return found if found != NOWHERE else (0, length)
        if self.is_another or not self._edited.ours.words:
            return 0, length
        return self._edited.near(start, end)

    def changed_turns(self) -> Iterator[Span]:
        """The turns of the text of today that have other words than those of the copy."""
        return self._edited.changed_turns() if self._edited else iter(())

    def words_before(self, start: int, end: int) -> str:
        """The words of the copy that stand in the turns to which a stretch of the text of today corresponds;
        blank where the copy has none."""
        return self._edited.words_before(start, end) if self._edited else ""
