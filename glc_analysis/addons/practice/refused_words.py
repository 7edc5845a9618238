"""Finds words that an account of a trial may not contain: counts of fewer than five clients, percentages,
details of a case.

A count of fewer than five is refused because, for example, three women in one shelter could be recognised
from the count. ``content/refused.csv`` has the words in each language of the sheets, by kind. The kinds are
small numbers (``few``), counted people (``people``), words that mean both a small number and people
(``alone``), units that may be counted, such as days, steps and workers (``time``), and ages (``age``). In
texts in other languages, the program searches for digits only, so people must read these texts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from glc_analysis.templates import read_packaged_csv

_DAY = re.compile(r"\b\d{4}-\d\d?-\d\d?\b|\b\d\d?[./]\d\d?[./]\d{2,4}\b")
_NUMBER = re.compile(r"(?<![\d.,:/-])[0-4](?![.,:/-]?\d)[\s-]*(?P<behind>\w*)")
_PERCENTAGE = re.compile(r"\d[\d.,]*\s*[%٪]")
_COUNT_FIX = "write \"fewer than five\", or say what was done and not for how many people"


class RefusedWords(NamedTuple):
    """Words that an account of a trial may not contain, with the reason and the fix."""

    words: str
    reason: str
    fix: str


def find_refused_case_details_and_figures(text: str) -> Iterator[RefusedWords]:
    """Yields the refused words in a text, each with the reason and the fix.

    >>> text = "Asked 2 women, aged 17, within 2 days."
    >>> [words for words, _, _ in find_refused_case_details_and_figures(text)]
    ['aged 17', '2 women']
    >>> text = "Dos mujeres se quedaron; el 40 % volvió."
    >>> [words for words, _, _ in find_refused_case_details_and_figures(text)]
    ['40 %', 'Dos mujeres']
    >>> [*find_refused_case_details_and_figures("Within 3 days, for more than 12 people.")]
    []
    """
    text = "".join(str(unicodedata.digit(sign)) if sign.isdigit() else sign for sign in text)
    for pattern in (_DAY, _pattern("age")):
        for found in pattern.finditer(text):
            yield RefusedWords(found[0], "is a detail of a case", "leave it out, because somebody could be "
                                                                  "recognised by it")
    for found in _PERCENTAGE.finditer(text):
        yield RefusedWords(found[0], "is a percentage", "say it in words, because a number does not show "
                                                        "how well a principle is kept")
    in_words = (words for kinds in (("few", "people"), ("alone",))
                for words in _pattern(*kinds).finditer(text))
    for found in (*_counted(text), *in_words):
        yield RefusedWords(found[0], "may count fewer than five clients", _COUNT_FIX)


def _counted(text: str) -> Iterator[re.Match[str]]:
    """Yields the numbers below five with the word that follows, except numbers that count time, steps or
    workers."""
    for number in _NUMBER.finditer(text):
        if not _pattern("time").match(number["behind"]):
            yield number


@cache
def _pattern(*kinds: str) -> re.Pattern[str]:
    """Returns a pattern that matches a sequence of words of the given kinds, in any of the languages, with at
    most one other word between them. Khmer words need no blanks between them, because Khmer is written
    without blanks between words."""
    rows = {row["kind"]: row for row in read_packaged_csv(__file__, "refused.csv")}
    patterns = []
    for language in [name for name in rows["few"] if name != "kind"]:
        words = [rows[kind][language] for kind in kinds]
        if not all(words):
            continue
        groups, is_spaced = [f"(?:{word})" for word in words], language != "km"
        between = r"\s+(?:\w+\s+)?" if is_spaced else r"\s*"
        edge = r"\b" if is_spaced else ""
        patterns.append(edge + between.join(groups) + edge)
    return re.compile("|".join(patterns), re.IGNORECASE)
