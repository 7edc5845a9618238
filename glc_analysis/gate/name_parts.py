"""Finds somebody by a part of the name: the surname or the given name alone, initials, an abbreviation.

A part alone is weaker evidence than a whole name, so the neighbouring text decides: a title or an initial
beside it, capitals within a sentence, a possessive. A part that is also an ordinary word (Fields, Grace,
Rose) counts only beside a title or the right initial, and so does any word that the same text also has in
small letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from glc_analysis.gate.name_variants import WORD, ordinary_words, split_words
from glc_analysis.gate.transcriptions import PARTICLES
from glc_analysis.pseudonyms.masking import fold_text

PartKind = Literal["surname", "given name", "initials", "abbreviation", "core"]


class NamePart(NamedTuple):
    """A part of a name: its kind, and its words in folded letters."""

    kind: PartKind
    words: tuple[str, ...]


_SHORTEST = 4
"""The smallest number of letters in a part that is searched for, because shorter words too often mean
something else."""
_DIMINUTIVES = ("ita", "ito", "cita", "cito", "inha", "inho")
_ARABIC_SURNAME = re.compile("ال[\u0620-\u064a]{3,}ي")
"""The pattern of Arabic surnames made from a place or a family, the only Arabic surnames that are seldom
ordinary words."""
_CASED = re.compile("[a-z\u0370-\u052f]")


def parts_of_person(name: str) -> Iterator[NamePart]:
    """Yields the parts by which a person with this name may be called.

    >>> parts = [(kind, *words) for kind, words in parts_of_person("Ana María Quispe Rojas")]
    >>> parts[:4], parts[-1]
    ([('surname', 'quispe'), ('surname', 'rojas'), ('given name', 'ana'), ('given name', 'anita')], \
('initials', 'a', 'm', 'q', 'r'))
    >>> [*parts_of_person("Rosaura")], [*parts_of_person("Speaker 2")]
    ([], [])
    """
    words = [word for word in WORD.findall(fold_text(re.sub(r"\(.*?\)", "", name))) if word not in PARTICLES]
    if len(words) < 2 or re.search(r"\d", name):
        return
    surnames = [word for word in words[-2 if len(words) > 2 else -1:] if word == words[-1]
                or word not in ordinary_words("middle")]
    yield from (NamePart("surname", (word,)) for word in surnames if len(word) >= _SHORTEST)
    if len(words[0]) >= _SHORTEST - 1:
        yield NamePart("given name", (words[0],))
        if words[0].isascii():
            root = words[0].rstrip("aeiou")
            yield from (NamePart("given name", (root + end,)) for end in _DIMINUTIVES)
    if _CASED.match(words[0]):
        yield NamePart("initials", tuple(word[0] for word in words))


def parts_of_organisation(label: str) -> Iterator[NamePart]:
    """Yields the abbreviation of a name of three or more words, with its capitals (such as HoH), and the core
    of the name, without words for a kind of organisation.

    >>> [*parts_of_organisation("Harbour of Hands")], [*parts_of_organisation("Second Key Trust")][1:]
    ([NamePart(kind='abbreviation', words=('hoh',))], [NamePart(kind='core', words=('second', 'key'))])
    """
    letters = "".join(word[0] for word in re.findall(r"[^\W\d_]+", fold_text(re.sub(r"\(.*?\)", "", label))))
    if len(letters) >= 3 and letters.isascii() and letters not in ordinary_words("abbreviation"):
        yield NamePart("abbreviation", (letters,))
    words = split_words(fold_text(re.sub(r"\(.*?\)", "", label)))
    core = [word for word in words if word not in ordinary_words("form")]
    while core and core[0] in PARTICLES:
        del core[0]
    if len(core) < len(words) and len({*core} - PARTICLES) > 1:
        yield NamePart("core", tuple(core))


# ------------------------------
# Whether a place of a text holds a part of a name, by its capitals and neighbours.


_SENTENCE_BEGINS = re.compile(r"(?:^|[.!?:;…。៖។|•\n\"“”«»(]|\s[–—-])\s*$")
_CITED = re.compile(r"""(?x)
    (?:,?\ (?:[A-Z]\.?\ ?){1,3})? (?:,|\ et\ al\.?|\ (?:&|and|y|et|und|e)\ \w+)* \ \(?(?:19|20)\d\d
    | ,?\ (?:[A-Z]\.?[ ]?){1,3} (?:,\ |&\ |and\ ) [A-Z]\w+ | \ et\ al""")
"""The pattern of text that follows the name of a cited author."""
_INITIAL_BEFORE = re.compile(r"(?<!\w)([^\W\d_])\.\s?(?:[^\W\d_]\.\s?){0,2}$")
_INITIAL_BEHIND = re.compile(r",?\s([^\W\d_])\.?(?=$|\W)(?!['’])")
_POSSESSIVE = re.compile(r"['’]s?\b")


def is_part(kind: str, name: str, text: str, start: int, end: int, *, everywhere: str,
            is_file_name: bool = False) -> bool:
    """Whether the word at a position of ``text`` stands for the person or organisation called ``name``;
    ``everywhere`` is the whole text of the file.

    >>> def told(text, kind="surname", word="Fuentes", name="Ana Fuentes"):
    ...     start = text.index(word)
    ...     return is_part(kind, name, text, start, start + len(word), everywhere=text)
    >>> [told(text) for text in ("As Fuentes said,", "A. Fuentes said,", "Sra. Fuentes", "A. Fuentes (2006)")]
    [False, True, True, False]
    >>> told("As Quispe said,", word="Quispe", name="Ana Quispe")
    True
    >>> [told(text, "given name", "Grace", "Grace Fuentes") for text in ("Sister Grace came", "to Grace")]
    [True, False]
    """
    word, before, behind = text[start:end], text[max(0, start - 40):start], text[end:end + 40]
    if kind == "core":
        return all(each[0].isupper() for each in WORD.findall(word) if fold_text(each) not in PARTICLES)
    if re.search(r"[\s_‐‑–-]", word):
        return False  # a broken word is more often two
    if kind == "abbreviation":
        return word.isupper() or word == "".join(each[0] for each in re.findall(r"[^\W\d_]+", name))
    if is_file_name:
        return kind == "surname" and not is_ordinary(word, "")
    if not _CASED.match(fold_text(word)):
        return _follows_title(before) or kind == "surname" and _is_arabic_surname(word)
    if kind == "surname" and re.match("_", behind) or before.endswith("_"):
        return not is_ordinary(word, "")  # an identifier has no capitals
    if not word[0].isupper() or word.isupper() and kind == "given name" or _CITED.match(behind):
        return False
    if _follows_title(before):
        return True
    if kind == "surname":
        initial = fold_text(name.strip())[0]
        beside = [found[1] for found in (_INITIAL_BEFORE.search(before), _INITIAL_BEHIND.match(behind))
                  if found]
        if any(fold_text(letter) == initial and letter.isupper() for letter in beside):
            return True
    if is_ordinary(word, everywhere):
        return False
    if kind == "surname":
        return True
    begins = bool(_SENTENCE_BEGINS.search(before))
    if _POSSESSIVE.match(behind):
        return True
    previous = re.search(r"([\w'’]+)[,]?\s$", before)
    return (not begins and bool(previous) and previous[1].islower()
            and not re.match(r"[\s-][^\W\d_a-zà-ÿа-я]", behind))


def is_ordinary(word: str, everywhere: str) -> bool:
    """Whether a word is in the list of ordinary words, is the plural of a word in that list, or occurs in
    small letters elsewhere in the text."""
    folded = fold_text(word)
    forms = {folded, folded.removesuffix("s"), folded.removesuffix("es")}
    if any(not forms.isdisjoint(ordinary_words(kind)) for kind in ("name", "place", "never", "capital")):
        return True
    small = re.compile(rf"(?<![\w@#./_-]){re.escape(word.lower())}(?![\w@/_-]|\.\w)")
    return bool(small.search(everywhere))


def _follows_title(before: str) -> bool:
    found = re.search(r"([^\s\d.,;:!?()]+)\.?\s$", before)
    return bool(found) and fold_text(found[1]) in ordinary_words("title")


def _is_arabic_surname(word: str) -> bool:
    surname = re.search(_ARABIC_SURNAME, word)
    return bool(surname) and fold_text(surname[0]) not in ordinary_words("name")


_DOTTED = re.compile(r"\.[ -]?[^\W\d_]\.")
_INITIALS = re.compile(r"(?<![\w.])((?:[^\W\d_]\.[ -]?){1,3}[^\W\d_]\.)(?![\w.])(?!\s?[^\W\d_a-zà-ÿа-яё])")
_AUTHOR = re.compile(r"[^\W\d_a-zà-ÿа-яё](?:\w+,|\w{3,})\s$")
"""The pattern of a surname that stands before initials, as in citations."""


def find_initials(text: str) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """Yields each group of two to four initials with full stops and no surname beside them: letters, start
    and end.

    >>> text = "As M.Q. said (Bernstein, S. J., 2001; M. D. Aguilar), U.S. law differs."
    >>> [letters for letters, _, _ in find_initials(text)]
    [('m', 'q')]
    """
    for dotted in _DOTTED.finditer(text):
        found = _INITIALS.match(text, dotted.start() - 1)
        if found is None or found[1] != found[1].upper() or _AUTHOR.search(text[:found.start()][-24:]):
            continue
        letters = tuple(map(fold_text, re.findall(r"[^\W\d_]", found[1])))
        if "".join(letters) not in ordinary_words("dotted"):
            yield letters, *found.span(1)
