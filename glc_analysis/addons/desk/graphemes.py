"""The borders between characters as people see them, so that no selection cuts one in two.

Finds the places between two user-perceived characters of a text. They are those of Unicode Standard Annex
29 (extended grapheme clusters) as the package ``regex`` finds them: combining marks and vowel signs,
conjuncts of Khmer and Indic scripts, emoji with skin tones and joiners, flags, Hangul syllables.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import regex

_CHARACTER = regex.compile(r"\X")


def grapheme_borders(text: str) -> list[int]:
    """The borders of a text in order, its beginning and its end among them, in code points.

    >>> grapheme_borders("e\\u0301a"), grapheme_borders("👩🏽‍🌾!"), grapheme_borders("ខ្មែរ")
    ([0, 2, 3], [0, 4, 5], [0, 4, 5])
    """
    return [0, *(found.end() for found in _CHARACTER.finditer(text))]


def widen_to_graphemes(text: str, start: int, end: int) -> tuple[int, int]:
    """Widens a span so that it cuts no character.

    >>> widen_to_graphemes("de\\u0301ja", 2, 3)
    (1, 3)
    """
    borders = grapheme_borders(text)
    return borders[bisect_right(borders, start) - 1], borders[bisect_left(borders, end)]
