"""The words by which a form can be understood: hints in its questions, and kinds of options.

They are data: ``content/words.csv``, in several languages, without accents.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Collection
from functools import cache, lru_cache
from importlib.resources import files

from glc_analysis.text import match_key

_MARKS = re.compile(r"[^\w\s'/<>+-]+")
_PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+\.\w+"  # an e-mail address
    r"|(?<![\w-])\+\d[\d ()./-]{7,}\d(?!\w)"  # a telephone number, with its country or in groups
    r"|(?<![\w.,-])\(?\d{2,5}\)?[ /-]\d{2,}[ /-]?\d{2,}[\d /-]*(?![\w.,])"
    r"|\b\d{1,5}\s+\w+\s+(street|st|road|rd|avenue|ave|lane|drive)\b"
    r"|\b(calle|rue|avenida|avenue|rua|via)\s+\w+.*\d|\w+(strasse|straße|straat|weg)\s+\d",
    re.IGNORECASE,
)
_TITLED = re.compile(r"(mr|mrs|ms|dr|prof|sra?|mme|herr|frau|don|doña)\.?\s+[^\W\d_]", re.IGNORECASE)
_DIGIT = re.compile(r"[\d@]")
_DATE_OR_SPAN = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}.*|\d{1,7}\s*[-–—]\s*\d{1,7}|\d+")


@lru_cache(maxsize=100_000)
def plain(text: str) -> str:
    """Text without case, accents and most marks, in which words are looked for.

    >>> plain("¿En qué PAÍS vives?")
    'en que pais vives'
    """
    return " ".join(_MARKS.sub(" ", without_accents(text)).split())


def without_accents(text: str) -> str:
    """Text without case, accents and repeated blanks; all marks stay.

    >>> without_accents("¿En  qué PAÍS?") == "¿en que pais?"
    True
    """
    folded = match_key(text).replace("’", "'")
    if not folded.isascii():
        folded = unicodedata.normalize("NFKD", folded)
        folded = "".join(c for c in folded if not unicodedata.combining(c))
    return folded


def mentions(concept: str, text: str) -> bool:
    """Whether a question's text has a word of a concept, as whole words.

    >>> mentions("country", "In what country do you live?"), mentions("count", "The country")
    (True, False)
    """
    return bool(_pattern(concept).search(f" {plain(text)} "))


def is_word(concept: str, text: str) -> bool:
    """Whether an answer is a word of a concept and nothing else, such as "yes".

    >>> is_word("yes", "Sí"), is_word("yes", "Yes, often")
    (True, False)
    """
    return plain(text) in _words()[concept]


def is_tool_column(name: str) -> bool:
    """Whether a column has the name of one that survey tools add, such as "session_id" or "_uuid".

    >>> is_tool_column("session_id"), is_tool_column("visits/_index"), is_tool_column("Q1")
    (True, True, False)
    """
    last = re.sub(r".*[./]", "", name)
    return (
        is_word("tool", name) or last != name and is_word("tool", last) or bool(re.fullmatch(r"rts\d+", name))
    )


def kind_of_option(label: str) -> str:
    """What it means to choose an option, by its words: a proposal for a person to look at.

    >>> [kind_of_option(label) for label in ("Other", "Prefer not to say", "No sé qué es Shiny", "Law")]
    ['other', 'refused', 'dont_know', 'substantive']
    """
    text = plain(label)
    for kind in ("refused", "dont_know"):
        if any(
            text == word or text.startswith(f"{word} ") or f" {word}" in f" {text}" and " " in word
            for word in _words()[kind]
        ):
            return kind
    head = plain(re.sub(r"\(.*", "", label))
    return next(
        (kind for kind in ("other", "none") if text in _words()[kind] or head in _words()[kind]),
        "substantive",
    )


def looks_personal(text: str) -> bool:
    """Whether an answer looks like somebody's name, address or number.

    >>> [looks_personal(text) for text in ("ana@example.org", "+255 123 456 789", "12 High Street")]
    [True, True, True]
    >>> [looks_personal(text) for text in ("2010 - 2015", "$50,000 - $99,999", "Online course")]
    [False, False, False]
    """
    if _TITLED.match(text):
        return True
    is_found = _DIGIT.search(text) and _PERSONAL.search(text)  # all the others hold a digit or an @
    return bool(is_found) and not _DATE_OR_SPAN.fullmatch(text.strip())


def is_link(text: str) -> bool:
    """Whether an answer is an address on the web, which may lead to a person.

    >>> is_link("https://example.org/ana"), is_link("the web")
    (True, False)
    """
    return bool(re.search(r"https?://|www\.\w", text))


@cache
def _words() -> dict[str, Collection[str]]:
    return {row["concept"]: frozenset(map(plain, row["words"].split("|"))) for row in word_rows("words.csv")}


@cache
def _pattern(concept: str) -> re.Pattern[str]:
    words = sorted(_words()[concept] - {""}, key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, words)) + r")(?!\w)")


def word_rows(name: str) -> list[dict[str, str]]:
    """The rows of a table of words."""
    text = files(__package__).joinpath("content", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
