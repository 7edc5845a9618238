"""Ways in which a name can be written so that a plain search for its letters misses it.

A name and a text go in as words of folded letters (:func:`.masking.folded_text`); each word comes out in the
forms in which it is compared. Found are: another "and" between words, or none; words run together; a word
broken at the end of a line or cell; the surname first; letters of another script that look alike, and digits
for letters; prefixes and variant letters of Arabic and Khmer; endings of Slavic and Baltic names. Initials,
nicknames, other transcriptions and paraphrases are not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from glc_analysis.pseudonyms.masking import folded_text
from glc_analysis.templates import read_records

_MARKS = "\u0300-\u036f\u064b-\u065f\u0670\u0900-\u0dff\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff"
WORD = re.compile(rf"[^\W_](?:[^\W_]|[{_MARKS}])*")
"""A word: letters of any script with their marks, and digits."""

CONNECTORS = frozenset(("and", "y", "e", "et", "und", "en", "og", "och", "ve", "dan", "un", "ir", "и", "та",
                        "و"))
"""Words for "and", which signs such as & stand for."""

RUN_TOGETHER = 7
"""The fewest letters of words that are found when they are run together."""
BROKEN = 6
"""The fewest letters of a word that is found when it is broken in two."""

_LOOK_ALIKE = str.maketrans({row["letter"]: row["like"] for row in read_records(__file__, "look_alikes.csv")})
_DIGITS = [str.maketrans(f"0{one}345", f"o{like}eas") for one, like in (("1", "l"), ("1", "i"))]
_ARABIC = re.compile("[\u0600-\u06ff]")
_ARABIC_LETTERS = str.maketrans({**dict.fromkeys("أإآٱ", "ا"), **dict.fromkeys("ىیئ", "ي"), "ة": "ه",
                                 "ؤ": "و", "ک": "ك", "ـ": None, "ء": None})
_ARABIC_PREFIX = re.compile("(?:[وف]?(?:[بك]?ال|لل)|[وفبلك])(?=.{3})")
_KHMER = re.compile("[\u1780-\u17ff]")
_KHMER_LETTERS = str.maketrans({"ដ": "ត", "ឲ": "ឱ", "ឨ": "ឧ", **dict.fromkeys(
    "\u17b4\u17b5\u17c9\u17ca\u17cb\u17d0\u200b")})
_CYRILLIC = re.compile("[\u0400-\u052f]")
_ENDINGS = {script: [folded_text(row["ending"]) for row in read_records(__file__, "case_endings.csv")
                     if row["script"] == script] for script in ("cyrillic", "latin")}
"""The endings of cases in folded letters, the longest first."""


def words_of(folded: str) -> list[str]:
    """The words of a folded text, without those for "and".

    >>> words_of("drum & path, drum and path")
    ['drum', 'path', 'drum', 'path']
    """
    return [word for word in WORD.findall(folded) if word not in CONNECTORS]


def is_khmer(text: str) -> bool:
    """Whether any of it is in Khmer letters."""
    return bool(_KHMER.search(text))


@lru_cache(1 << 16)
def plain(word: str) -> str:
    """A word with look-alike letters and variant letters as the usual ones.

    >>> plain("rоsa"), plain("إدريس") == plain("ادريس")
    ('rosa', True)
    """
    if word.isascii():
        return word
    if _ARABIC.search(word):
        return word.translate(_ARABIC_LETTERS)
    if _KHMER.search(word):
        return word.translate(_KHMER_LETTERS)
    latin = word.translate(_LOOK_ALIKE)
    return latin if latin.isascii() else word


@lru_cache(1 << 16)
def forms(word: str) -> tuple[str, ...]:
    """The forms in which a word of a text is compared with a name, besides its :func:`stem`.

    >>> forms("r0sa"), forms("والأمل")
    (('r0sa', 'rosa'), ('والامل', 'امل'))
    """
    if word.isascii() and word.isalpha():
        return (word,)
    found = [plain(word)]
    if _ARABIC.search(word):
        found.append(_ARABIC_PREFIX.sub("", found[0], count=1))
    elif re.search(r"[^\W\d_]", word) and not word[0].isdigit() or re.search(r"[^\W\d_]{3}", word):
        found += [found[0].translate(digits) for digits in _DIGITS]
    return tuple(dict.fromkeys(found))


@lru_cache(1 << 16)
def stem(word: str) -> str:
    """A word without the ending of a Slavic or Baltic case; at least three letters stay.

    >>> stem("клавдию"), stem("kowalskiego"), stem("ana")
    ('~клавд', '~kowalsk', '~ana')
    """
    for ending in _ENDINGS["cyrillic" if _CYRILLIC.search(word) else "latin"]:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return f"~{word[:-len(ending)]}"
    return f"~{word}"


def spellings(folded: str, *, is_person: bool, is_exact: bool) -> Iterator[tuple[str, ...]]:
    """The sequences of forms by which a name is looked for.

    ``is_exact`` leaves out endings and prefixes: the name may be an ordinary word.

    >>> sorted(spellings("drum and path", is_person=False, is_exact=False))
    [('drum', 'path'), ('drumandpath',), ('drumpath',)]
    >>> sorted(spellings("ana lopez", is_person=True, is_exact=False))
    [('ana', 'lopez'), ('analopez',), ('lopez', 'ana'), ('~ana', '~lopez'), ('~lopez', '~ana')]
    """
    every, words = WORD.findall(folded), words_of(folded)
    if not words:
        return
    own = [plain(word) for word in words]
    yield tuple(own)
    if len(words) > 1:
        for joined in {"".join(map(plain, every)), "".join(own)}:
            if len(joined) >= RUN_TOGETHER:
                yield (joined,)
        if is_person:
            yield own[-1], *own[:-1]
    if is_exact:
        return
    if all(map(_ARABIC.search, words)):
        yield tuple(_ARABIC_PREFIX.sub("", word, count=1) for word in own)
    is_varied = all(_CYRILLIC.search(word) for word in words) and len(folded) > 4
    if is_varied or is_person and len(words) > 1 and all(word.isalpha() for word in words):
        stems = [stem(word) for word in words]
        yield tuple(stems)
        if is_person and len(words) > 1:
            yield stems[-1], *stems[:-1]


def breaks(words: Iterable[str]) -> dict[str, set[str]]:
    """By each beginning that a broken word can have, the words that begin so.

    >>> sorted(breaks(["xilonen"]))
    ['xi', 'xil', 'xilo', 'xilon']
    """
    found: dict[str, set[str]] = {}
    for word in words:
        for n in range(2, len(word) - 1) if len(word) >= BROKEN else ():
            found.setdefault(word[:n], set()).add(word)
    return found
