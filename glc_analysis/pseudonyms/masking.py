"""Masks the texts that people code (replaces names with pseudonyms), and keeps the key of pseudonyms.

Each masked text comes with a list of its replacements, which is used to convert positions in the original
text to positions in the masked text. The key is a file in the folder ``private/`` that says which name has
which pseudonym. The key must be written before a text is handed out, so that no pseudonym is ever used for
two names.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from os.path import commonprefix
from pathlib import Path

import numpy as np
import pandas as pd

from glc_analysis.errors import Fault, Faults
from glc_analysis.text import normalise_space
from glc_analysis.writing import write_atomic

# ------------------------------
# Masking texts.
#
# `make_canonical_text` makes one text of the turns of an interview, a `Masker` puts pseudonyms into it and
# keeps a map of what it replaced, and `shift_span_after_masking` moves a place in the canonical text to the
# masked one.
#
# How a row of names.csv matches: ``exact`` letter by letter; ``folded`` regardless of case,
# diacritics and the kind of apostrophe or hyphen; ``whole-word`` like exact and, in scripts written
# without blanks, only between blanks or punctuation marks. A row never matches within another word,
# that is next to letters, combining marks or digits. In Khmer, Lao, Thai, Burmese, Tibetan,
# Chinese, Japanese and Korean no rule can tell where a word ends: there a name matches between any
# two complete letters, because masking too much does less harm than masking too little. A form with
# a prefix or an ending (Arabic, Russian, Latvian) needs a row of its own with the same pseudonym.


Offsets = tuple[tuple[int, int, int, int], ...]
"""The replacements of names in a text, in the order of the text. Each replacement has four positions in code
points: start and end in the original text, then start and end in the masked text."""

NameMatch = tuple[int, int, int]
"""The start and end of a name in a text, and the position of the name's row in names.csv."""

ComparableText = tuple[str, list[int]]
"""A text in the form in which names are compared. Each character of this form comes with the character's
position in the original text."""

_UNSPACED = re.compile("[\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff"
                       "\ua9e0-\ua9ff\uaa60-\uaa7f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]")
_JOINERS = set("\u00ad\u200d\u2060")
_LEADING = _JOINERS | set("เแโใไເແໂໃໄ\u17d2\u1039")  # belong to the letter that follows
_TRAILING = _JOINERS | set("ะาำๅະາຳຽ")  # vowels that are letters to Unicode
_PLAIN = str.maketrans({**dict.fromkeys("‘’ʼʻ`´", "'"), **dict.fromkeys("‐‑–—−", "-"),
                        "ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe",
                        "ɓ": "b", "ɗ": "d", "ƙ": "k", "ƴ": "y", "ɛ": "e", "ɔ": "o", "ŋ": "n"})

_BRANCHES = 24
"""The search pattern contains the beginning of each name, up to this number of letters. The letters after the
beginning are compared once the pattern has matched."""


@dataclass(frozen=True)
class Masked:
    """A masked text, with the positions of the replacements in it."""

    text: str
    offsets: Offsets


def make_canonical_text(turns: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """Returns the whole text of an interview or call, and the segments of the text, with one row per turn.

    In the returned text, each turn has the form ``Speaker: words``, and there is a blank line between turns.
    The columns ``start`` and ``end`` of a segment are the positions of the turn's words in the text, without
    the speaker. Positions are counted in code points; ``end`` is the position after the last word. The other
    columns of ``turns`` are kept in the segments. The caller masks the returned text, and then converts the
    positions of the segments (:func:`shift_span_after_masking`).

    >>> turns = pd.DataFrame({"speaker": ["Ana", "Bo"], "text": ["Yes.", "No."]})
    >>> text, segments = make_canonical_text(turns)
    >>> text, segments[["start", "end"]].values.tolist()
    ('Ana: Yes.\\n\\nBo: No.\\n', [[5, 9], [15, 18]])
    """
    turns = turns.assign(speaker=turns["speaker"].map(normalise_space),
                         text=turns["text"].map(normalise_space))
    blocks, starts, at = [], [], 0
    for speaker, words in zip(turns["speaker"], turns["text"], strict=True):
        blocks.append(f"{speaker}: {words}")
        starts.append(at + len(speaker) + 2)
        at += len(blocks[-1]) + 2
    ends = [start + len(words) for start, words in zip(starts, turns["text"], strict=True)]
    return "\n\n".join(blocks) + "\n", turns.assign(start=starts, end=ends)


class Masker:
    """Replaces the names in names.csv with pseudonyms. One object is used for all texts of a study.

    All names are searched for together, so that searching for a thousand names takes no longer than for ten.
    If names overlap in a text, the whole passage that they cover is replaced with the pseudonym of the
    longest of these names. If names.csv and the key have different pseudonyms for a name, the pseudonym in
    names.csv is used. Names that the public may read (`allowed_for`) are not replaced. Raises `Faults` for
    names that have no pseudonym.

    >>> names = pd.DataFrame([["Ana López", "person", "", "folded", ""]],
    ...                      columns=["name", "kind", "pseudonym", "match", "allowed_for"])
    >>> masker = Masker(names, {"Ana López": "Person 1"})
    >>> [masker.mask(text).text for text in ("ANA LOPEZ met Ana Lópezová.", "Nobody came.")]
    ['Person 1 met Ana Lópezová.', 'Nobody came.']
    """

    def __init__(self, names: pd.DataFrame, key: Mapping[str, str]) -> None:
        rows = zip(*(names[column] for column in ("name", "match", "pseudonym", "allowed_for")), strict=True)
        hidden = [(name, how, pseudonym or key.get(normalise_space(name), ""))
                  for name, how, pseudonym, allowed_for in rows if not re.search(r"\bpublic\b", allowed_for)]
        if unnamed := [name for name, _, pseudonym in hidden if not pseudonym]:
            raise Faults([Fault("the name has no pseudonym", file="names.csv", column="name", value=name,
                                fix="write a pseudonym in names.csv, or run `glc build`, which makes one")
                          for name in unnamed])
        self.names, self._how, self._pseudonyms = ([row[n] for row in hidden] for n in range(3))
        self._rows: dict[bool, dict[str, list[int]]] = {}
        for row, (name, how) in enumerate(zip(self.names, self._how, strict=True)):
            if wanted := _comparable(normalise_space(name), folds=how == "folded"):
                self._rows.setdefault(how == "folded", {}).setdefault(wanted, []).append(row)
        self._finders = {folds: _Finder(words) for folds, words in self._rows.items()}

    def mask(self, text: str) -> Masked:
        """Returns the text with pseudonyms in place of names, and the positions of the replacements."""
        pieces, offsets, at, shift = [], [], 0, 0
        for start, end, row in _merge_overlaps(self._matches(text)):
            pseudonym = self._pseudonyms[row]
            pieces += [text[at:start], pseudonym]
            offsets.append((start, end, start + shift, start + shift + len(pseudonym)))
            at, shift = end, shift + len(pseudonym) - (end - start)
        return Masked("".join(pieces) + text[at:], tuple(offsets))

    def find_names(self, text: str) -> set[str]:
        """Returns the names in a text that masking replaces. A name that occurs only inside longer names is
        not returned.

        >>> names = pd.DataFrame({"name": ["Ana", "Ana López"], "pseudonym": "P", "match": "exact",
        ...                       "allowed_for": ""})
        >>> Masker(names, {}).find_names("Ana López came.")
        {'Ana López'}
        """
        return {self.names[row] for _, _, row in _merge_overlaps(self._matches(text))}

    def count_occurrences_by_name(self, texts: Iterable[str]) -> dict[str, int]:
        """Returns how often each name occurs in all ``texts`` together. Occurrences of a name inside longer
        names are counted as well.

        >>> names = pd.DataFrame({"name": ["Ana", "Ana López", "Bo"], "pseudonym": "P", "match": "exact",
        ...                       "allowed_for": ""})
        >>> Masker(names, {}).count_occurrences_by_name(["Ana López came.", "Ana left."])
        {'Ana': 2, 'Ana López': 1, 'Bo': 0}
        """
        counts = [0] * len(self.names)
        for text in texts:
            by_row: dict[int, list[NameMatch]] = {}
            for match in self._matches(text):
                by_row.setdefault(match[2], []).append(match)
            for row, matches in by_row.items():
                counts[row] += len(_merge_overlaps(matches))
        return dict(zip(self.names, counts, strict=True))

    def _matches(self, text: str) -> list[NameMatch]:
        """Returns all occurrences of names in a text that are not part of another word, sorted by position
        and then by row in names.csv."""
        matches: list[NameMatch] = []
        for folds, finder in self._finders.items():
            read, rows = _comparable(text, folds=folds), self._rows[folds]
            at: list[int] = []
            for n, wanted in finder.find_occurrences(read):
                at = at or make_comparable_with_positions(text, folds=folds)[1]
                for row in rows[wanted]:
                    if place := _whole_word(text, at, n, len(wanted), self._how[row]):
                        matches.append((*place, row))
        return sorted(matches, key=lambda match: (match[0], match[2]))


def shift_span_after_masking(start: int, end: int, offsets: Offsets) -> tuple[int, int]:
    """Returns the start and end that a passage has after masking. If the passage begins or ends within a
    name, the passage is extended to the whole pseudonym.

    >>> shift_span_after_masking(4, 11, ((0, 9, 0, 8),))
    (0, 10)
    """
    return _shift(start, offsets, is_end=False), _shift(end, offsets, is_end=True)


def _shift(at: int, offsets: Offsets, *, is_end: bool) -> int:
    last = bisect_left(offsets, (at,)) - 1  # the last name that begins before this place
    if last < 0:
        return at
    _, end, new_start, new_end = offsets[last]
    if at < end:
        return new_end if is_end else new_start
    return at + new_end - end


def _merge_overlaps(matches: Iterable[NameMatch]) -> list[NameMatch]:
    """Returns the matches, which must be sorted, with overlapping matches merged into one match. A merged
    match has the row of the longest name among the merged matches."""
    groups: list[list[NameMatch]] = []
    until = 0
    for match in matches:
        if not groups or match[0] >= until:
            groups.append([])
        groups[-1].append(match)
        until = max(until, match[1])
    return [(group[0][0], max(end for _, end, _ in group),
             max(group, key=lambda match: match[1] - match[0])[2]) for group in groups]


def find_name(name: str, match_rule: str, text: str,
              comparable_text: ComparableText) -> Iterator[tuple[int, int]]:
    """Yields the start and end of each occurrence of a name in a text, except where the name is part of
    another word. ``match_rule`` is the entry in column ``match`` of names.csv, and ``comparable_text`` is the
    text in the form in which names are compared."""
    read, at = comparable_text
    wanted = _comparable(normalise_space(name), folds=match_rule == "folded")
    n = read.find(wanted) if wanted else -1
    while n >= 0:
        if place := _whole_word(text, at, n, len(wanted), match_rule):
            yield place
        n = read.find(wanted, n + 1)


def _whole_word(text: str, at: list[int], n: int, length: int, how: str) -> tuple[int, int] | None:
    """Returns the start and end in ``text`` of a name that was found in the comparable form of the text; None
    if the name is part of another word.

    In the comparable form, the name begins at letter ``n`` and has ``length`` letters. ``at`` has the
    position in ``text`` of each letter of the comparable form. ``how`` is the entry in column ``match`` of
    names.csv.
    """
    after = n + length
    start, end = at[n], at[after - 1] + 1
    # One character may be compared as several (ß, a Korean syllable): a match never ends within them.
    if not ((n == 0 or at[n - 1] < start) and (after == len(at) or at[after] >= end)):
        return None
    while how == "folded" and end < len(text) and _is_diacritic(text[end]):
        end += 1
    is_strict = how == "whole-word"
    is_inside = any(_is_inside(text, place, is_strict=is_strict) for place in (start, end))
    return None if is_inside else (start, end)


class _Finder:
    """Finds many words in a text at once, including words that are part of other words.

    One regular expression contains the first :data:`_BRANCHES` letters of all words. With more letters, the
    expression could be nested too deeply for ``re``. The letters of a word after these first letters are
    compared once the expression has matched.
    """

    def __init__(self, words: Iterable[str]) -> None:
        by_beginning: dict[str, list[str]] = {}
        for word in words:
            by_beginning.setdefault(word[:_BRANCHES], []).append(word)
        self._pattern = re.compile(_branching(sorted(by_beginning)))
        # The pattern finds the longest beginning at a place; the shorter ones are part of it.
        self._words = {longest: [word for n in range(1, len(longest) + 1)
                                 for word in by_beginning.get(longest[:n], ())] for longest in by_beginning}

    def find_occurrences(self, text: str) -> Iterator[tuple[int, str]]:
        """Yields each occurrence of a word in the text, as a pair of position and word, in the order of the
        positions."""
        match = self._pattern.search(text)
        while match:
            at = match.start()
            for word in self._words[match[0]]:
                if text.startswith(word, at):
                    yield at, word
            match = self._pattern.search(text, at + 1)


def _branching(words: list[str]) -> str:
    """Returns a regular expression that finds, at each position, the longest of ``words`` that begins there.
    The words must be sorted, and no word may occur twice.

    >>> _branching(["ana", "ana lópez", "anna", "bo"])
    '(?:an(?:a(?:\\\\ lópez)?|na)|bo)'
    """
    branches = []
    for _, group in groupby(filter(None, words), key=lambda word: word[0]):
        alike = list(group)
        stem = commonprefix([alike[0], alike[-1]])
        branches.append(re.escape(stem) + _branching([word[len(stem):] for word in alike]))
    if not branches:
        return ""
    return f"(?:{'|'.join(branches)})" + ("?" if words[0] == "" else "")


def make_comparable_with_positions(text: str, *, folds: bool) -> ComparableText:
    """Returns a text in the form in which names are compared. Each character of this form comes with the
    character's position in the original text.

    >>> make_comparable_with_positions("Ana  ß", folds=True)
    ('ana ss', [0, 1, 2, 3, 5, 5])
    """
    readings = _CHARACTERS[folds]
    read = re.sub("  +", " ", text.translate(readings))
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    at = np.flatnonzero(readings.widths[codes])
    is_blank = readings.are_blank[codes[at]]
    is_repeated = np.zeros(len(at), dtype=bool)
    is_repeated[1:] = is_blank[1:] & is_blank[:-1]
    at = at[~is_repeated]
    return read, np.repeat(at, readings.widths[codes[at]]).tolist()


@lru_cache(1 << 15)
def fold_text(text: str) -> str:
    """Returns the text that :func:`make_comparable_with_positions` returns with ``folds=True``, without the
    positions. Without positions, the function is much faster than :func:`make_comparable_with_positions`.

    >>> fold_text("Ana  LÓPEZ") == make_comparable_with_positions("Ana  LÓPEZ", folds=True)[0] == "ana lopez"
    True
    """
    return _comparable(text, folds=True)


def _comparable(text: str, *, folds: bool) -> str:
    """Returns the text that :func:`make_comparable_with_positions` returns, without the positions."""
    if text.isascii():
        plain = _BLANKS.sub(" ", text)
        return plain.casefold().replace("`", "'") if folds else plain
    return re.sub("  +", " ", text.translate(_CHARACTERS[folds]))


_BLANKS = re.compile(r"\s+")


@cache
def _comparable_character(character: str, *, folds: bool) -> str:
    """Returns a character in the form in which names are compared. White space becomes a space, and an
    invisible character becomes an empty text. With ``folds``, case and accents are removed from the
    character."""
    if character.isspace():
        return " "
    if unicodedata.category(character) == "Cf":
        return ""
    if not folds:
        return character
    parts = unicodedata.normalize("NFD", character.casefold())
    return "".join(part for part in parts if not _is_diacritic(part)).translate(_PLAIN)


class _CharacterTable(dict[int, str]):
    """A table for ``str.translate`` that converts each character to the form in which names are compared. The
    entry of a character is computed when the character first occurs.

    ``widths`` has, for each character, the length of its form, because one character may become several
    letters or none. ``are_blank`` says for each character whether its form is a space. ``widths`` and
    ``are_blank`` are filled in only for characters that have occurred.
    """

    def __init__(self, *, folds: bool) -> None:
        self.folds = folds
        self.widths = np.zeros(sys.maxunicode + 1, dtype=np.uint8)
        self.are_blank = np.zeros(sys.maxunicode + 1, dtype=bool)

    def __missing__(self, code: int) -> str:
        read = self[code] = _comparable_character(chr(code), folds=self.folds)
        self.widths[code], self.are_blank[code] = len(read), read == " "
        return read


_CHARACTERS = {folds: _CharacterTable(folds=folds) for folds in (False, True)}


def _is_diacritic(character: str) -> bool:
    """Whether a character is an accent or vowel point that comparisons ignore. Vowel signs and tone marks of
    South and South-East Asian scripts do not count as diacritics, because comparisons do not ignore them."""
    combining = unicodedata.combining(character)
    return combining >= 200 or 10 <= combining <= 36 or combining == 1


def _is_inside(text: str, place: int, *, is_strict: bool) -> bool:
    """Whether a position in a text is within a word. In scripts without spaces between words, this cannot be
    decided. Between two complete letters of such a script, the result is false; with ``is_strict``, it is
    true."""
    before, after = text[place - 1:place], text[place:place + 1]
    if not (before and after and _is_word_character(before) and _is_word_character(after)):
        return False
    is_one_letter = (unicodedata.category(after)[0] == "M" or after in _TRAILING or before in _LEADING)
    return is_one_letter or is_strict or not (_UNSPACED.match(before) or _UNSPACED.match(after))


@cache
def _is_word_character(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LM" or category == "Nd" or character in _JOINERS


# ------------------------------
# The key: which name has which pseudonym. Only its owner can read the file.
#
# The key is completed and written before a text is issued, so that no pseudonym is used for two names.


def complete_pseudonym_key(names: pd.DataFrame, key: Mapping[str, str]) -> dict[str, str]:
    """Returns the key, completed with a pseudonym for every name that has none. A new pseudonym consists of
    the kind of the name and a number; numbers are given in the order of names.csv.

    Entries of the key are kept even if names.csv no longer has the name. The numbers of new pseudonyms
    continue after the highest number in use.

    >>> names = pd.DataFrame({"name": ["Ana", "HAART", "Bo"], "pseudonym": "",
    ...                       "kind": ["person", "organisation", "person"]})
    >>> complete_pseudonym_key(names, {"Bo": "Person 1"})
    {'Bo': 'Person 1', 'Ana': 'Person 2', 'HAART': 'Organisation 1'}
    """
    complete = dict(key)
    highest: dict[str, int] = {}  # the highest number of each kind
    for one in (*complete.values(), *names["pseudonym"]):
        if numbered := re.fullmatch(r"(.+) (\d+)", one):
            highest[numbered[1]] = max(int(numbered[2]), highest.get(numbered[1], 0))
    for name, kind in names.loc[names["pseudonym"] == "", ["name", "kind"]].itertuples(index=False):
        if normalise_space(name) not in complete:
            label = kind.capitalize()
            highest[label] = highest.get(label, 0) + 1
            complete[normalise_space(name)] = f"{label} {highest[label]}"
    return complete


def count_name_occurrences(names: pd.DataFrame, key: Mapping[str, str],
                           unmasked_texts: Collection[str]) -> pd.DataFrame:
    """Returns one row per name in names.csv, with the name's pseudonym and the number of times that the name
    occurs in the unmasked texts."""
    times = Masker(names, key).count_occurrences_by_name(unmasked_texts)
    return names[["name", "kind", "match", "allowed_for"]].assign(
        pseudonym=[pseudonym or key[name]
                   for name, pseudonym in zip(names["name"], names["pseudonym"], strict=True)],
        times=[times.get(name, 0) for name in names["name"]])


def read_pseudonym_key(path: Path) -> dict[str, str]:
    """Returns the key, which maps each name to its pseudonym. The returned key is empty if its file does not
    exist yet. Raises Faults if the file of the key is damaged."""
    try:
        key = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Faults([_damaged_key(path)]) from error
    if not isinstance(key, dict) or not all(isinstance(p, str) and p for p in key.values()):
        raise Faults([_damaged_key(path)])
    return key


def write_pseudonym_key(path: Path, key: Mapping[str, str]) -> None:
    """Writes the key into a file that only its owner can read. Call this function before a text is issued."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, json.dumps(key, ensure_ascii=False, indent=1) + "\n")


def _damaged_key(path: Path) -> Fault:
    return Fault("this is not a key of pseudonyms, or the file is damaged", file=path.name,
                 fix="restore it from a backup, because without it the pseudonyms of earlier texts are lost")
