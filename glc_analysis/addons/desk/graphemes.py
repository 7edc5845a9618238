"""Finds the borders between the characters that people see in a text, so that no selection cuts a character
in two.

The borders follow Unicode Standard Annex 29 (extended grapheme clusters), which the package ``regex``
implements. A character may consist of several code points. Examples are letters with combining marks or vowel
signs, conjuncts of Khmer and Indic scripts, emoji with skin tones or joiners, flags, and Hangul syllables.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import regex

_CHARACTER = regex.compile(r"\X")


def find_grapheme_borders(text: str) -> list[int]:
    """Returns the borders between the characters of a text in order, as positions (code points). The
    beginning and the end of the text are included.

    >>> find_grapheme_borders("e\\u0301a"), find_grapheme_borders("👩🏽‍🌾!"), find_grapheme_borders("ខ្មែរ")
    ([0, 2, 3], [0, 4, 5], [0, 4, 5])
    """
    return [0, *(found.end() for found in _CHARACTER.finditer(text))]


def widen_to_graphemes(text: str, start: int, end: int) -> tuple[int, int]:
    """Returns the span from ``start`` to ``end``, widened so that it cuts no character in two.

    >>> widen_to_graphemes("de\\u0301ja", 2, 3)
    (1, 3)
    """
    borders = find_grapheme_borders(text)
    return borders[bisect_right(borders, start) - 1], borders[bisect_left(borders, end)]
