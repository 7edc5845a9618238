"""Names give way to pseudonyms before anybody codes, and codings outlast later masking.

`canonical_text` makes a document of turns, `mask` puts pseudonyms into it and keeps a map of what moved.
The key (which name got which pseudonym) lies in ``private/`` and is written before a text is issued: a
pseudonym must never be given twice.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from os.path import commonprefix
from pathlib import Path

import numpy as np
import pandas as pd

from glc_analysis.errors import Fault, Faults
from glc_analysis.files import write_atomic
from glc_analysis.text import normalise_space

# ------------------------------
# Names give way to pseudonyms before anybody codes, and codings outlast later masking.
#
# `canonical_text` makes a document of turns, a `Masker` puts pseudonyms into it and keeps a map of
# what moved. A new version is masked from the same canonical text; `shift_span` moves a coding of
# the older version there, through the map backwards (`inverted`) and the new one forwards.
#
# How a row of names.csv matches: ``exact`` letter for letter; ``folded`` whatever the case, the
# diacritics, the kind of apostrophe or hyphen; ``whole-word`` as exact and, in scripts written
# without blanks, only where set off by a blank or a mark. No row matches inside another word:
# letters, combining marks and digits at either side forbid it. In Khmer, Lao, Thai, Burmese,
# Tibetan, Chinese, Japanese and Korean (whose particles cling) no rule can tell where a word
# ends: there a name matches anywhere between whole letters with their signs, since masking too
# much does less harm than too little. A form with a prefix or an ending (Arabic, Russian,
# Latvian) needs its own row with the same pseudonym.


Offsets = tuple[tuple[int, int, int, int], ...]
"""What was replaced, in order: start and end before, start and end after (code points)."""

Found = tuple[int, int, int]
"""Start and end of a name, and its row."""

Reading = tuple[str, list[int]]

_UNSPACED = re.compile("[\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff"
                       "\ua9e0-\ua9ff\uaa60-\uaa7f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]")
_JOINERS = set("\u00ad\u200d\u2060")
_LEADING = _JOINERS | set("เแโใไເແໂໃໄ\u17d2\u1039")  # belong to the letter that follows
_TRAILING = _JOINERS | set("ะาำๅະາຳຽ")  # vowels that are letters to Unicode
_PLAIN = str.maketrans({**dict.fromkeys("‘’ʼʻ`´", "'"), **dict.fromkeys("‐‑–—−", "-"),
                        "ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})

_BRANCHES = 24
"""So many letters of a name are looked for letter by letter, the others at once."""


@dataclass(frozen=True)
class Masked:
    """A text with pseudonyms, and what was replaced."""

    text: str
    offsets: Offsets


def canonical_text(turns: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """The one text of an interview or call, and its segments: one row a turn.

    A turn is ``Speaker: words``; a blank line stands between turns. ``start`` and ``end``
    (code points, half-open) cover a turn's words without the speaker; the columns of the
    turns stay. Mask the text, then shift the segments.

    >>> text, segments = canonical_text(pd.DataFrame({"speaker": ["Ana", "Bo"], "text": ["Yes.", "No."]}))
    >>> text, segments[["start", "end"]].values.tolist()
    ('Ana: Yes.\\n\\nBo: No.\\n', [[5, 9], [15, 18]])
    """
    said = turns.assign(speaker=turns["speaker"].map(normalise_space),
                        text=turns["text"].map(normalise_space))
    blocks, starts, at = [], [], 0
    for speaker, words in zip(said["speaker"], said["text"], strict=True):
        blocks.append(f"{speaker}: {words}")
        starts.append(at + len(speaker) + 2)
        at += len(blocks[-1]) + 2
    ends = [start + len(words) for start, words in zip(starts, said["text"], strict=True)]
    return "\n\n".join(blocks) + "\n", said.assign(start=starts, end=ends)


class Masker:
    """Puts pseudonyms for the names of names.csv into texts: made once, asked for every text.

    All names are looked for together, so that a text takes as long for a thousand names as for ten. Of
    names that overlap the longest gives its pseudonym to all they cover. A row's own pseudonym goes before
    the key's. A name that the public may read (`allowed_for`) stays. Raises `Faults` with the names that
    have no pseudonym.

    >>> names = pd.DataFrame([["Ana López", "person", "", "folded", ""]],
    ...                      columns=["name", "kind", "pseudonym", "match", "allowed_for"])
    >>> masker = Masker(names, {"Ana López": "Person 1"})
    >>> [masker.mask(text).text for text in ("ANA LOPEZ met Ana Lópezová.", "Nobody came.")]
    ['Person 1 met Ana Lópezová.', 'Nobody came.']
    """

    def __init__(self, names: pd.DataFrame, key: Mapping[str, str]) -> None:
        hidden = names[~names["allowed_for"].str.contains(r"\bpublic\b")]
        own = hidden["pseudonym"].where(hidden["pseudonym"] != "",
                                        hidden["name"].map(normalise_space).map(key))
        if unnamed := list(hidden.loc[own.isna(), "name"]):
            raise Faults([Fault("has no pseudonym", file="names.csv", column="name", value=name,
                                fix="complete the key first, or write one") for name in unnamed])
        self.names, self._pseudonyms, self._how = list(hidden["name"]), list(own), list(hidden["match"])
        self._rows: dict[bool, dict[str, list[int]]] = {}
        for row, (name, how) in enumerate(zip(self.names, self._how, strict=True)):
            if wanted := _read(normalise_space(name), folds=how == "folded"):
                self._rows.setdefault(how == "folded", {}).setdefault(wanted, []).append(row)
        self._finders = {folds: _Finder(words) for folds, words in self._rows.items()}

    def mask(self, text: str) -> Masked:
        """The text with pseudonyms, and what was replaced."""
        pieces, offsets, at, shift = [], [], 0, 0
        for start, end, row in _apart(self._places(text)):
            pseudonym = self._pseudonyms[row]
            pieces += [text[at:start], pseudonym]
            offsets.append((start, end, start + shift, start + shift + len(pseudonym)))
            at, shift = end, shift + len(pseudonym) - (end - start)
        return Masked("".join(pieces) + text[at:], tuple(offsets))

    def standing(self, text: str) -> set[str]:
        """The names whose pseudonyms the text gets; not those that lie within longer ones.

        >>> names = pd.DataFrame({"name": ["Ana", "Ana López"], "pseudonym": "P", "match": "exact",
        ...                       "allowed_for": ""})
        >>> Masker(names, {}).standing("Ana López came.")
        {'Ana López'}
        """
        return {self.names[row] for _, _, row in _apart(self._places(text))}

    def times(self, texts: Iterable[str]) -> dict[str, int]:
        """How often each name stands in all the texts, those that lie within longer ones as well.

        >>> names = pd.DataFrame({"name": ["Ana", "Ana López", "Bo"], "pseudonym": "P", "match": "exact",
        ...                       "allowed_for": ""})
        >>> Masker(names, {}).times(["Ana López came.", "Ana left."])
        {'Ana': 2, 'Ana López': 1, 'Bo': 0}
        """
        counts = [0] * len(self.names)
        for text in texts:
            places_of: dict[int, list[Found]] = {}
            for found in self._places(text):
                places_of.setdefault(found[2], []).append(found)
            for row, found_places in places_of.items():
                counts[row] += len(_apart(found_places))
        return dict(zip(self.names, counts, strict=True))

    def _places(self, text: str) -> list[Found]:
        """Where each name stands in a text, whole and not inside another word, and its row: in the order of
        the places, at one place in the order of the rows."""
        found = []
        for folds, finder in self._finders.items():
            read, rows = _read(text, folds=folds), self._rows[folds]
            at: list[int] = []
            for n, wanted in finder.occurrences(read):
                at = at or letters(text, folds=folds)[1]
                for row in rows[wanted]:
                    if place := _whole(text, at, n, len(wanted), self._how[row]):
                        found.append((*place, row))
        return sorted(found, key=lambda one: (one[0], one[2]))


def mask(text: str, names: pd.DataFrame, key: Mapping[str, str]) -> Masked:
    """Put pseudonyms into one text; for many texts make a :class:`Masker`.

    >>> names = pd.DataFrame([["Ana López", "person", "", "folded", ""]],
    ...                      columns=["name", "kind", "pseudonym", "match", "allowed_for"])
    >>> mask("ANA LOPEZ met Ana Lópezová.", names, {"Ana López": "Person 1"})
    Masked(text='Person 1 met Ana Lópezová.', offsets=((0, 9, 0, 8),))
    """
    return Masker(names, key).mask(text)


def shift_span(start: int, end: int, offsets: Offsets) -> tuple[int, int]:
    """Where a passage stands after masking; one that cuts a name widens to the pseudonym.

    >>> shift_span(4, 11, ((0, 9, 0, 8),))
    (0, 10)
    """
    return _moved(start, offsets, is_end=False), _moved(end, offsets, is_end=True)


def inverted(offsets: Offsets) -> Offsets:
    """The map back from a masked text to the one it was made of.

    >>> inverted(((0, 9, 0, 8),))
    ((0, 8, 0, 9),)
    """
    return tuple((new_start, new_end, start, end) for start, end, new_start, new_end in offsets)


def _moved(at: int, offsets: Offsets, *, is_end: bool) -> int:
    last = bisect_left(offsets, (at,)) - 1  # the last name that begins before this place
    if last < 0:
        return at
    _, end, new_start, new_end = offsets[last]
    if at < end:
        return new_end if is_end else new_start
    return at + new_end - end


def _apart(found: Iterable[Found]) -> list[Found]:
    """The stretches, which come in order; those that overlap are one, under the row of the longest."""
    groups: list[list[Found]] = []
    until = 0
    for one in found:
        if not groups or one[0] >= until:
            groups.append([])
        groups[-1].append(one)
        until = max(until, one[1])
    return [(group[0][0], max(end for _, end, _ in group),
             max(group, key=lambda one: one[1] - one[0])[2]) for group in groups]


def places(name: str, how: str, text: str, reading: Reading) -> Iterator[tuple[int, int]]:
    """Where a name stands in a text, whole and not inside another word."""
    read, at = reading
    wanted = _read(normalise_space(name), folds=how == "folded")
    n = read.find(wanted) if wanted else -1
    while n >= 0:
        if place := _whole(text, at, n, len(wanted), how):
            yield place
        n = read.find(wanted, n + 1)


def _whole(text: str, at: list[int], n: int, length: int, how: str) -> tuple[int, int] | None:
    """The place in a text of so many letters from the n-th on, where they are whole and not inside another
    word; ``at`` has the place of each letter, ``how`` says how the name matches."""
    after = n + length
    start, end = at[n], at[after - 1] + 1
    # One character may be read as several, as ß is or a Korean syllable: not half of it.
    if not ((n == 0 or at[n - 1] < start) and (after == len(at) or at[after] >= end)):
        return None
    while how == "folded" and end < len(text) and _is_diacritic(text[end]):
        end += 1
    is_strict = how == "whole-word"
    is_inside = any(_is_inside(text, place, is_strict=is_strict) for place in (start, end))
    return None if is_inside else (start, end)


class _Finder:
    """Finds many words in a text at once, wherever they begin, those within each other as well.

    The words are looked for as one regular expression that branches letter by letter, up to the first
    :data:`_BRANCHES` letters of each (deeper it could nest too far for ``re``); the rest is compared.
    """

    def __init__(self, words: Iterable[str]) -> None:
        by_beginning: dict[str, list[str]] = {}
        for word in words:
            by_beginning.setdefault(word[:_BRANCHES], []).append(word)
        self._pattern = re.compile(_branching(sorted(by_beginning)))
        # The pattern finds the longest beginning at a place; shorter ones that are there begin that one.
        self._words = {longest: [word for n in range(1, len(longest) + 1)
                                 for word in by_beginning.get(longest[:n], ())] for longest in by_beginning}

    def occurrences(self, text: str) -> Iterator[tuple[int, str]]:
        """Every place of every word, in the order of the places."""
        found = self._pattern.search(text)
        while found:
            at = found.start()
            for word in self._words[found[0]]:
                if text.startswith(word, at):
                    yield at, word
            found = self._pattern.search(text, at + 1)


def _branching(words: list[str]) -> str:
    """A regular expression of sorted, different words that finds the longest that begins at a place.

    >>> _branching(["ana", "ana lópez", "anna", "bo"])
    '(?:an(?:a(?:\\\\ lópez)?|na)|bo)'
    """
    branches = []
    for _, group in groupby(filter(None, words), key=lambda word: word[0]):
        own = list(group)
        stem = commonprefix([own[0], own[-1]])
        branches.append(re.escape(stem) + _branching([word[len(stem):] for word in own]))
    if not branches:
        return ""
    return f"(?:{'|'.join(branches)})" + ("?" if words[0] == "" else "")


def letters(text: str, *, folds: bool) -> Reading:
    """A text as names are compared, and the place of each of its characters in the text.

    >>> letters("Ana  ß", folds=True)
    ('ana ss', [0, 1, 2, 3, 5, 5])
    """
    readings = _READINGS[folds]
    read = re.sub("  +", " ", text.translate(readings))
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    at = np.flatnonzero(readings.widths[codes])
    is_blank = readings.are_blank[codes[at]]
    is_repeated = np.zeros(len(at), dtype=bool)
    is_repeated[1:] = is_blank[1:] & is_blank[:-1]
    at = at[~is_repeated]
    return read, np.repeat(at, readings.widths[codes[at]]).tolist()


def folded_letters(text: str) -> str:
    """The letters of :func:`letters` alone, folded: much faster.

    >>> folded_letters("Ana  LÓPEZ") == letters("Ana  LÓPEZ", folds=True)[0] == "ana lopez"
    True
    """
    return _read(text, folds=True)


def _read(text: str, *, folds: bool) -> str:
    """The letters of :func:`letters` alone."""
    if text.isascii():
        plain = re.sub(r"\s+", " ", text)
        return plain.casefold().replace("`", "'") if folds else plain
    return re.sub("  +", " ", text.translate(_READINGS[folds]))


@cache
def _read_one(character: str, *, folds: bool) -> str:
    """A blank for any blank, nothing for what is invisible, else the character, folded or not."""
    if character.isspace():
        return " "
    if unicodedata.category(character) == "Cf":
        return ""
    if not folds:
        return character
    parts = unicodedata.normalize("NFD", character.casefold())
    return "".join(part for part in parts if not _is_diacritic(part)).translate(_PLAIN)


class _Readings(dict[int, str]):
    """How each character is read, as ``str.translate`` asks: worked out when it is first met.

    ``widths`` (how many letters each is read as) and ``are_blank`` hold for the characters met so far.
    """

    def __init__(self, *, folds: bool) -> None:
        self.folds = folds
        self.widths = np.zeros(sys.maxunicode + 1, dtype=np.uint8)
        self.are_blank = np.zeros(sys.maxunicode + 1, dtype=bool)

    def __missing__(self, code: int) -> str:
        read = self[code] = _read_one(chr(code), folds=self.folds)
        self.widths[code], self.are_blank[code] = len(read), read == " "
        return read


_READINGS = {folds: _Readings(folds=folds) for folds in (False, True)}


def _is_diacritic(character: str) -> bool:
    """Accents and vowel points; not the vowel signs and tones of Indian and South-East Asian scripts."""
    combining = unicodedata.combining(character)
    return combining >= 200 or 10 <= combining <= 36 or combining == 1


def _is_inside(text: str, place: int, *, is_strict: bool) -> bool:
    """Whether a place in a text is inside a word, as far as the script tells."""
    before, after = text[place - 1:place], text[place:place + 1]
    if not (before and after and _is_of_word(before) and _is_of_word(after)):
        return False
    is_one_letter = (unicodedata.category(after)[0] == "M" or after in _TRAILING or before in _LEADING)
    return is_one_letter or is_strict or not (_UNSPACED.match(before) or _UNSPACED.match(after))


@cache
def _is_of_word(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LM" or category == "Nd" or character in _JOINERS


# ------------------------------
# The key: which name got which pseudonym. It lies in ``private/`` and is its owner's alone.
#
# Complete it, write it, and only then issue a text: a pseudonym must never be given anew.


def complete_key(names: pd.DataFrame, key: Mapping[str, str]) -> dict[str, str]:
    """The key with a pseudonym for every name without one: a number by kind, in order of names.csv.

    What stands in the key stays, names long gone too: numbers go on from the highest given.

    >>> names = pd.DataFrame({"name": ["Ana", "HAART", "Bo"], "pseudonym": "",
    ...                       "kind": ["person", "organisation", "person"]})
    >>> complete_key(names, {"Bo": "Person 1"})
    {'Bo': 'Person 1', 'Ana': 'Person 2', 'HAART': 'Organisation 1'}
    """
    whole = dict(key)
    highest: dict[str, int] = {}  # the highest number that any name of a kind was given
    for one in (*whole.values(), *names["pseudonym"]):
        if numbered := re.fullmatch(r"(.+) (\d+)", one):
            highest[numbered[1]] = max(int(numbered[2]), highest.get(numbered[1], 0))
    for name, kind in names.loc[names["pseudonym"] == "", ["name", "kind"]].itertuples(index=False):
        if normalise_space(name) not in whole:
            label = kind.capitalize()
            highest[label] = highest.get(label, 0) + 1
            whole[normalise_space(name)] = f"{label} {highest[label]}"
    return whole


def read_key(path: Path) -> dict[str, str]:
    """The key file: name to pseudonym. Empty where there is none yet; Faults where it is damaged."""
    try:
        key = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Faults([_damaged(path)]) from error
    if not isinstance(key, dict) or not all(isinstance(p, str) and p for p in key.values()):
        raise Faults([_damaged(path)])
    return key


def write_key(path: Path, key: Mapping[str, str]) -> None:
    """Write the key, whole or not at all, for its owner's eyes only. Write it before any text."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomic(path, json.dumps(key, ensure_ascii=False, indent=1) + "\n", mode=0o600)


def _damaged(path: Path) -> Fault:
    return Fault("is no key of pseudonyms, or cannot be read", file=path.name, fix="put back a copy of it: "
                 "without it, pseudonyms of earlier texts cannot be given again")
