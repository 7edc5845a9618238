"""The borders between characters as people see them, so that no selection cuts one in two.

Goes in: a text. Comes out: the places between two user-perceived characters. The rules are the part of
Unicode Standard Annex 29 that transcripts need: combining marks and vowel signs, emoji with skin tones and
joiners, flags, variation selectors, Hangul syllables; and one step beyond it, conjuncts of Khmer, Myanmar and
Indic scripts, since a subscript consonant without its base is no character to a reader.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_JOINER, _NON_JOINER = "\u200d", "\u200c"
_LINKERS = frozenset("\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d\u1039\u17d2")
"""Signs after which the next consonant is written below or joined: viramas, Myanmar's stacker, Khmer's
coeng."""
_PREFIXES = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2")
_SPACING_LETTERS = frozenset("\u0e33\u0eb3\uff9e\uff9f")


def grapheme_borders(text: str) -> list[int]:
    """The borders of a text in order, its beginning and its end among them, in code points.

    >>> grapheme_borders("e\\u0301a"), grapheme_borders("👩🏽‍🌾!"), grapheme_borders("ខ្មែរ")
    ([0, 2, 3], [0, 4, 5], [0, 4, 5])
    """
    return [at for at in range(len(text) + 1) if is_border(text, at)]


def snap(text: str, start: int, end: int) -> tuple[int, int]:
    """A stretch made wider, so that it cuts no character.

    >>> snap("de\\u0301ja", 2, 3)
    (1, 3)
    """
    while not is_border(text, start):
        start -= 1
    while not is_border(text, end):
        end += 1
    return start, end


def is_border(text: str, at: int) -> bool:
    """Whether a place in a text is between two characters, or at its beginning or end."""
    if at <= 0 or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if before in "\r\n" or after in "\r\n":
        return not (before == "\r" and after == "\n")
    if _kind(before) == "control" or _kind(after) == "control":
        return True
    if _is_extension(after) or before in _PREFIXES:
        return False
    if _kind(after) == "flag" and _kind(before) == "flag":
        first = at - 1
        while first and _kind(text[first - 1]) == "flag":
            first -= 1
        return (at - first) % 2 == 0
    if before == _JOINER and unicodedata.category(after) in ("So", "Sm"):
        return False
    if unicodedata.category(after) == "Lo" and _is_linked(text, at):
        return False
    return not _is_syllable(before, after)


@lru_cache(maxsize=4096)
def _is_extension(character: str) -> bool:
    """Whether a character belongs to the one before it."""
    code = ord(character)
    return (character in (_JOINER, _NON_JOINER) or character in _SPACING_LETTERS
            or unicodedata.category(character) in ("Mn", "Me", "Mc")
            or 0x1F3FB <= code <= 0x1F3FF or 0xE0020 <= code <= 0xE007F)


@lru_cache(maxsize=4096)
def _kind(character: str) -> str:
    code, category = ord(character), unicodedata.category(character)
    if 0x1F1E6 <= code <= 0x1F1FF:
        return "flag"
    is_control = category in ("Cc", "Zl", "Zp") or category == "Cf" and not (
        character in (_JOINER, _NON_JOINER) or character in _PREFIXES or 0xE0020 <= code <= 0xE007F)
    return "control" if is_control else ""


def _is_linked(text: str, at: int) -> bool:
    """Whether a linker stands before a letter, with other marks between them or none."""
    n = at - 1
    while n >= 0 and _is_extension(text[n]):
        if text[n] in _LINKERS:
            return True
        n -= 1
    return False


def _is_syllable(before: str, after: str) -> bool:
    """Whether two parts of a Hangul syllable meet."""
    a, b = ord(before), ord(after)
    is_whole, has_no_end = 0xAC00 <= a <= 0xD7A3, 0xAC00 <= a <= 0xD7A3 and (a - 0xAC00) % 28 == 0
    is_lead = 0x1100 <= a <= 0x115F or 0xA960 <= a <= 0xA97C
    is_vowel = 0x1160 <= a <= 0x11A7 or 0xD7B0 <= a <= 0xD7C6
    is_end = 0x11A8 <= a <= 0x11FF or 0xD7CB <= a <= 0xD7FB
    vowel_next = 0x1160 <= b <= 0x11A7 or 0xD7B0 <= b <= 0xD7C6
    end_next = 0x11A8 <= b <= 0x11FF or 0xD7CB <= b <= 0xD7FB
    if is_lead:
        return 0x1100 <= b <= 0x115F or 0xA960 <= b <= 0xA97C or vowel_next or 0xAC00 <= b <= 0xD7A3
    if is_vowel or has_no_end:
        return vowel_next or end_next
    return (is_whole or is_end) and end_next
