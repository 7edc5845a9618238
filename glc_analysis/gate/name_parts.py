"""Finds people, organisations and places by a part of their name: the surname or the given name alone,
initials, or an abbreviation.

A part of a name is weaker evidence than the whole name. Whether a part of a name counts depends on the
neighbouring text: a title or an initial beside it, capitals within a sentence, or a possessive. A part that
is also an ordinary word (Fields, Grace, Rose) counts only beside a title or the right initial. A part that
the text also has in small letters counts only beside a title or the right initial, too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import dropwhile, takewhile
from os.path import commonprefix
from typing import Literal, NamedTuple

from anyascii import anyascii

from glc_analysis.gate.name_variants import (
    CONNECTORS,
    WORD,
    is_unspaced,
    list_unmistakable_first_names,
    list_words_also_used_as_names,
    ordinary_words,
)
from glc_analysis.gate.transcriptions import PARTICLES
from glc_analysis.pseudonyms.masking import fold_text

PartKind = Literal["surname", "misspelt", "given name", "short form", "initials", "abbreviation", "core"]


class NamePart(NamedTuple):
    """A part of a name: the kind of the part, and its words in small letters without accents."""

    kind: PartKind
    words: tuple[str, ...]


_SHORTEST = 4
"""The smallest number of letters in a part of a name that is searched for, because shorter words too often
mean something else."""
_SHORTEST_WORD = 6
"""The smallest number of letters in a single word that counts as a part of a name, if the name is of an
organisation, of a place, or of a person in a script without capitals."""
_SHORTEST_PLACE_MISSPELT = 8
"""The smallest number of letters in a place's name that is also searched for with one wrong letter."""
_DIMINUTIVES = ("ita", "ito", "cita", "cito", "inha", "inho")
_ARABIC_SURNAME = re.compile("(?:ال|لل)[\u0620-\u064a]{3,}ي")
"""The pattern of Arabic surnames that are made from the name of a place or a family. Only such surnames count
without a title beside them, because other Arabic surnames are often ordinary words."""
_FAMILY_NAME_FIRST = re.compile("^([\uac00-\ud7af])([\uac00-\ud7af]{2})$")
"""The pattern of a Korean name without a blank."""
_CHINESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]{2}")
_ARABIC = re.compile("[\u0600-\u06ff]")
_CASED = re.compile("[a-z\u0370-\u052f]")
_SAINTS = ("san", "santa", "santo", "sao", "saint", "st")


def list_parts_of_person_name(name: str) -> Iterator[NamePart]:
    """Yields the parts of the name by which a person may be called.

    >>> parts = [(kind, *words) for kind, words in list_parts_of_person_name("Ana María Quispe Rojas")]
    >>> parts[:4], parts[-1]
    ([('surname', 'quispe'), ('surname', 'rojas'), ('given name', 'ana'), ('given name', 'anita')], \
('initials', 'a', 'm', 'q', 'r'))
    >>> [*list_parts_of_person_name("Rosaura")], [*list_parts_of_person_name("Speaker 2")]
    ([], [])
    >>> [part.words for part in list_parts_of_person_name("Yadira Ruiz") if part.kind == "short form"]
    [('yadi',), ('yadir',)]
    """
    name = _FAMILY_NAME_FIRST.sub(r"\1 \2", name)
    words = [word for word in WORD.findall(fold_text(re.sub(r"\(.*?\)", "", name))) if word not in PARTICLES]
    if len(words) < 2 or re.search(r"\d", name):
        return
    surnames = [word for word in words[-2 if len(words) > 2 else -1:] if word == words[-1]
                or word not in ordinary_words("middle")]
    yield from (NamePart("surname", (word,)) for word in surnames
                if len(word) >= _SHORTEST or _CHINESE.match(word))
    if len(words[0]) >= _SHORTEST - 1 or _CHINESE.match(words[0]):
        yield NamePart("given name", (words[0],))
        if words[0].isascii():
            root = words[0].rstrip("aeiou")
            yield from (NamePart("given name", (root + end,)) for end in _DIMINUTIVES if len(root) > 1)
            yield from (NamePart("short form", (words[0][:n],)) for n in range(_SHORTEST, len(words[0])))
    if _CASED.match(words[0]):
        yield NamePart("initials", tuple(word[0] for word in words))


def list_abbreviations_and_core_names(label: str) -> Iterator[NamePart]:
    """Yields the abbreviations of an organisation's name of three or more words, such as HHT and HoHT for
    Harbour of Hands Trust. The function also yields the core of the name, which lacks words for a legal form
    and words for a kind of house.

    >>> [*list_abbreviations_and_core_names("Harbour of Hands Trust")][:2]
    [NamePart(kind='abbreviation', words=('hht',)), NamePart(kind='abbreviation', words=('hoht',))]
    >>> parts = list_abbreviations_and_core_names("Second Key Refuge Trust")
    >>> [words for kind, words in parts if kind == "core"]
    [('second', 'key', 'refuge'), ('secondkeyrefuge',), ('second', 'key'), ('secondkey',)]
    """
    folded = fold_text(re.sub(r"\(.*?\)", "", label)).replace("&", "and")
    folded = re.sub(r"\b([^\W\d_])\.(?=[^\W\d_]\b)", r"\1", folded)  # e.V.
    folded = re.sub(r"\b((?:wo)?men|children)['’]s\b", r"\1", folded)
    every = re.findall(r"[^\W\d_]+", folded)
    for words in sorted({tuple(every), tuple(word for word in every if word not in PARTICLES)}):
        letters = "".join(word[0] for word in words)
        if len(letters) >= 3 and _CASED.match(letters) and letters not in ordinary_words("abbreviation"):
            yield NamePart("abbreviation", (letters,))
    core = _without(words := WORD.findall(folded), "form")
    if (with_article := [word for word in words if word not in ordinary_words("form")])[:1] != [*core[:1]]:
        yield NamePart("core", ("".join(with_article),))
    for_whom = _without(core, "house", "group")
    called = _without([*takewhile(lambda word: not _PURPOSE.fullmatch(word), words)], "form")
    for shorter in dict.fromkeys((core, _without(core, "house"), _without(core, "house", "direction"),
                                  *[each for each in (for_whom, called) if len(each) > 1])):
        if len(shorter) < len(words):
            yield from _core(shorter)


_PURPOSE = re.compile(
    "(?:against|contra|contre|dla|for|fur|icin|para|pentru|pour|voor|для|за|против|لل?\\w{4,})")
"""The pattern of the word after which a name of an organisation says what the organisation works for."""


def strip_form_from_unspaced_word(word: str) -> str:
    """Returns the core of a word in a script without blanks: the word minus a legal form, a kind of house or
    a kind of place with which it begins or ends. The result is blank for other words.

    >>> strip_form_from_unspaced_word("ສະມາຄົມແສງຕາເວັນ"), strip_form_from_unspaced_word("association")
    ('ແສງຕາເວັນ', '')
    """
    forms = ordinary_words("form") | ordinary_words("house") | ordinary_words("place form")
    lengths = range(len(word) - _SHORTEST_WORD, 1, -1) if is_unspaced(word) else ()
    return next((rest for n in lengths for form, rest in ((word[:n], word[n:]), (word[-n:], word[:-n]))
                 if form in forms), "")


def list_place_names_without_kind_word(name: str) -> Iterator[NamePart]:
    """Yields the name of a place or project without its first word, if the first word names a kind (such as
    Barrio) and at least two words are left.

    >>> [words for _, words in list_place_names_without_kind_word("Barrio Lomas del Tucán")]
    [('lomas', 'del', 'tucan'), ('lomas', 'tucan'), ('lomasdeltucan',), ('lomastucan',)]
    >>> [*list_place_names_without_kind_word("Proyecto Norte")]
    []
    """
    kind, *rest = WORD.findall(fold_text(name)) or [""]
    words = tuple(dropwhile(PARTICLES.__contains__, rest))
    if len(words) > 1 and any(kind in ordinary_words(each) for each in ("form", "place form", "house")) and (
            words[0] not in _SAINTS):
        yield from _core(words)


def list_core_names_of_place(name: str) -> Iterator[NamePart]:
    """Yields the core of a place's name, without words for a kind of place and without the name of a saint.

    >>> [words for _, words in list_core_names_of_place("San Isidro de Chumpipata")]
    [('chumpipata',)]
    >>> [*list_core_names_of_place("Three Wells")]
    []
    """
    folded = fold_text(name)
    without_saint = re.sub(rf"^(?:{'|'.join(_SAINTS)})\W+\w+", "", folded)
    core = _without(WORD.findall(without_saint), "place form", "house")
    if len(core) < len(WORD.findall(folded)):
        yield from _core(core)
    elif len(core) == 1 and len(name) >= _SHORTEST_PLACE_MISSPELT:
        yield NamePart("misspelt", core)


def _core(words: tuple[str, ...]) -> Iterator[NamePart]:
    """Yields the words of a core, and these words joined to one word. Nothing is yielded if the core has only
    one short or ordinary word."""
    meaning = tuple(word for word in words if word not in PARTICLES | CONNECTORS)
    if len(meaning) > 1:
        with_particles = tuple(word for word in words if word not in CONNECTORS)
        yield from (NamePart("core", each) for each in dict.fromkeys((with_particles, meaning)))
    is_long = meaning and not _ARABIC.match(meaning[0]) and (
        _is_long_word(meaning[0]) or _CHINESE.match(meaning[0]) and len(meaning[0]) >= _SHORTEST)
    if len(meaning) > 1 or is_long:
        yield from (NamePart("core", (joined,))
                    for joined in dict.fromkeys(("".join(words), "".join(meaning))))


def _without(words: Collection[str], *kinds: str) -> tuple[str, ...]:
    """Returns the words that are not ordinary words of the given ``kinds``, without leading particles."""
    left = [word for word in words if not any(
        form in ordinary_words(kind) for kind in kinds for form in (word, re.sub("ng$", "n", word)))]
    return tuple(dropwhile(PARTICLES.__contains__, left))


def _is_long_word(word: str) -> bool:
    return len(word) >= _SHORTEST_WORD and not is_ordinary(word, "")


# ------------------------------
# Whether a place of a text holds a part of a name, by its capitals and neighbours.


_SENTENCE_BEGINS = re.compile(r"(?:^|[.!?:;…。៖។|•\n\"“”«»(]|\s[–—-])\s*$")
CITED_AUTHOR = re.compile(r"""(?x)
    (?:,?\ (?:[A-Z]\.?\ ?){1,3})? (?:,|\ et\ al\.?|\ (?:&|and|y|et|und|e)\ \w+)* \ \(?(?:19|20)\d\d
    | ,?\ (?:[A-Z]\.?[ ]?){1,3} (?:,\ (?:&\ |and\ )?|&\ |and\ ) [A-Z]\w+ | \ et\ al""")
"""The pattern of the text that follows the name of a cited author."""
_SAID_IN_PERSON = re.compile(r"""(?xi) .{0,24} \b (?:pers(?:onal|\.|önliche)\ (?:comm|conv|inter|mitt)
    |comunicaci[oó]n\ pers|comunicação\ pess|communication\ pers|entretien|entrevista|interview\b)""")
"""The pattern of the text after the name of a person who is cited for a conversation, such as "personal
communication" or "interview"."""
_INITIAL_BEFORE = re.compile(
    r"(?<!\w)([^\W\d_])(?:\.\s?(?:[^\W\d_]\.\s?){0,2}|(?<=[B-DF-HJ-NP-TV-Z])\s)$")
_INITIAL_OF_SURNAME = re.compile(r"\s([^\W\d_])(?:[./]|(?=[-,;:)]|$))")
_INITIAL_BEHIND = re.compile(r",?\s([^\W\d_])\.?(?=$|\W)(?!['’])")
_IS_A = re.compile(r"\s(?:is|was|es|era|est|é)\s(?:an?|the|une?|una|uma?|la|el)\s(\w+)(?:\s(\w+))?")
_SAINT = re.compile(r"(?i)\b(?:saint|sainte|san|sankt|santa|santo|são|st)\.?\s$")
_QUOTES = tuple("«»„“”'\"")
_OPENS = re.compile(r"(?:^|[.!?:;…|•\n])\W*$")
"""The pattern of the text before a word that has a capital only because it opens a sentence."""
LONGER_NAME = re.compile(r" d(?:e|el|a|o|os|as)(?: l[ao]s?)? [A-ZÀ-Þ]")
"""A pattern for the text after a surname or a place name. If the text matches, the surname or place name is
only the beginning of a longer place name, as in Talavera de la Reina."""
_WORD_BEFORE = re.compile(r"([^\W\d_]{3,}) $")
_GREETS = re.compile(r"\s?!|\s(?:à|al|aux?|chez|dans|to)\b")
"""A pattern for the text after a word such as "Bienvenu". If the text matches, the word is a greeting and not
a name."""
_POSSESSIVE = re.compile(r"['’]s?\b")


def is_name_part_used_as_name(kind: str, name: str, text: str, start: int, end: int, *, whole_text: str,
                              is_file_name: bool = False) -> bool:
    """Whether the word at a position of ``text`` stands for the person or organisation called ``name``;
    ``whole_text`` is the whole text of the file.

    >>> def told(text, kind="surname", word="Fuentes", name="Ana Fuentes"):
    ...     start = text.index(word)
    ...     return is_name_part_used_as_name(kind, name, text, start, start + len(word), whole_text=text)
    >>> [told(text) for text in ("As Fuentes said,", "A. Fuentes said,", "Sra. Fuentes", "A. Fuentes (2006)")]
    [False, True, True, False]
    >>> told("As Quispe said,", word="Quispe", name="Ana Quispe")
    True
    >>> [told(text, "given name", "Grace", "Grace Fuentes") for text in ("Sister Grace came", "to Grace")]
    [True, False]
    """
    word, before, behind = text[start:end], text[max(0, start - 40):start], text[end:end + 40]
    if kind == "core":
        if before.endswith("#"):
            return True
        words = [each for each in WORD.findall(word) if fold_text(each) not in PARTICLES]
        if is_file_name or not _CASED.match(fold_text(word)) or behind[:1] == "_" or before.endswith("_"):
            return True
        small = [each[0].islower() for each in words]
        own = [each[0].islower() for each in WORD.findall(name) if fold_text(each) not in PARTICLES]
        return not small[0] and sum(small) <= sum(own) and (
            len(words) > 1 or not is_ordinary(word, whole_text)
            and bool(_POSSESSIVE.match(behind) or not _OPENS.search(before)
                     or before[-1:] in _QUOTES and behind[:1] in _QUOTES))
    if re.search(r"[\s_‐‑–-]", word) and not re.search("[-\u00ad] ", word):
        return False  # a broken word is more often two, but for one at the end of a line
    if kind == "abbreviation":
        return word.isupper() or word == "".join(each[0] for each in re.findall(r"[^\W\d_]+", name))
    if is_file_name or re.match("_", behind) or before.endswith("_"):  # an identifier has no capitals
        return (kind == "surname" or len(word) > _SHORTEST) and not is_ordinary(word, "")
    if not _CASED.match(fold_text(word)):
        return (follows_title(before) or kind != "short form" and _is_long_without_capitals(word, name)
                or kind == "given name" and _speaks(before, behind))
    if kind == "given name" and fold_text(word) in ordinary_words("greeting") and (
            _OPENS.search(before) and _GREETS.match(behind)):
        return False
    if kind == "short form":
        return word[0].isupper() and follows_title(before) and not _precedes_name_of_another(behind, name)
    if not word[0].isupper() or CITED_AUTHOR.match(behind) and not _SAID_IN_PERSON.match(behind) or (
            kind == "given name" and word.isupper() and len(word) < _SHORTEST_WORD and behind[:1] != ":"):
        return False
    if follows_title(before) and not (
            kind == "given name" and _precedes_name_of_another(behind, name)):
        return True
    initials = [anyascii(each)[:1].lower() for each in WORD.findall(fold_text(name))]
    beside = ((_INITIAL_OF_SURNAME.match(behind),) if kind == "given name"
              else (_INITIAL_BEFORE.search(before), _INITIAL_BEHIND.match(behind)))
    if any(letter and letter[1].isupper() and anyascii(letter[1]).lower() in (
            initials[1:] if kind == "given name" else initials[:1]) for letter in beside):
        return True
    if kind == "given name" and _speaks(before, behind):
        return True
    own = _WORD_BEFORE.search(before)
    if kind == "surname" and own and own[1][0].isupper() and any(
            len(commonprefix((fold_text(own[1]), each))) >= _SHORTEST
            for each in WORD.findall(fold_text(name))):
        return True
    if is_ordinary(word, whole_text) or LONGER_NAME.match(behind) or _opens_sentence(word, before, behind):
        return False
    if kind == "surname" and (_NAMESAKE.match(behind) or _is_other_author(behind, name)
                              or _is_a_thing(behind) and _SENTENCE_BEGINS.search(before)):
        return False
    if kind == "surname" and fold_text(word) not in ordinary_words("given word"):
        return not _is_of_another(before, behind, name)
    if kind == "misspelt" and own and _is_like_own(own[1], name):
        return True
    if kind == "given name" and _SAINT.search(before):
        return False
    if kind == "given name" and _POSSESSIVE.match(behind):
        return True
    return _stands_alone(before, behind, is_sure=kind == "given name" and len(word) >= _SHORTEST
                         and fold_text(word) not in ordinary_words("middle") | ordinary_words("given word"))


def _opens_sentence(word: str, before: str, behind: str) -> bool:
    """Whether a word opens a sentence and may be an ordinary word of the sentence's language. The capital of
    such a word does not show that the word is a name. The result is false if one of the next words is a
    function word of ``content/ordinary_words.csv``, because the sentence is then in a language in which the
    word is no ordinary word.

    >>> [_opens_sentence("Yıldırım", "", behind) for behind in (" düşmesi sonucu", " left for the city", "")]
    [True, False, False]
    """
    if fold_text(word) not in list_words_also_used_as_names() or not _OPENS.search(before):
        return False
    others = WORD.findall(fold_text(behind))
    return len(others) > 1 and behind[:1] in " ," and ordinary_words("function word").isdisjoint(others)


_NAMESAKE = re.compile(r"""(?xi) \ (?:alphabet|calendar|civili[sz]ation|communit(?:y|ies)|culture|dialect
    |dictionary|dynasty|empire|grammar|language|peoples?|script|speakers|tribes?|villages
    |abbey|airport|avenue|awards?|bay|beach|bridge|castle|cathedral|college|county|cup|falls|forest|hills?
    |islands?|lake|mountains?|museum|park|prison|prize|river|road|square|stadium|street|university|valley)\b""")
"""The pattern of the words which show that the surname before them is used as the name of a people, of a
language or of a place."""


def _stands_alone(before: str, behind: str, *, is_sure: bool) -> bool:
    """Whether a word with a capital is within a sentence and has no other capitalised word beside it. With
    ``is_sure``, the word is certainly a name. Such a word may also open the sentence, or follow the first
    word of the sentence or a word with a comma.

    >>> [_stands_alone(before, behind, is_sure=True) for before, behind in (
    ...     ("As ", " said"), ("Clara ", " said"), ("However, ", " left"), ("", " is a town"))]
    [True, False, True, False]
    """
    if _is_before_name(behind) or _is_a_thing(behind):
        return False
    if _SENTENCE_BEGINS.search(before):
        return is_sure
    previous = re.search(r"([\w'’]+)(,?)\s$", before)
    return bool(previous) and (previous[1].islower() or is_sure and (
        fold_text(previous[1]) in ordinary_words("opening")
        or bool(previous[2]) and bool(re.match(r"\s[^\W\d_A-ZÀ-ÞА-Я]{3}", behind))))


def _is_a_thing(behind: str) -> bool:
    """Whether the text after a word says that the word is the name of a thing or a place.

    >>> [_is_a_thing(behind) for behind in (" es un municipio de Ávila", " is a nurse")]
    [True, False]
    """
    kind = _IS_A.match(behind)
    return bool(kind) and not ordinary_words("thing").isdisjoint(kind.groups(""))


def _is_of_another(before: str, behind: str, name: str) -> bool:
    """Whether the words beside a surname show that it is the surname of another person. The surname belongs
    to another person if a common given name is among the capitalised words before it. The surname also
    belongs to another person if two conditions are met: a capitalised word that may be a name, and is not
    part of ``name``, follows the surname; and the surname opens a sentence, or has a capitalised word that
    may be a name before it. The result is false if one of the capitalised words before the surname is like a
    word of ``name``.

    >>> [_is_of_another(before, behind, "Joaquim Brandão Seixas") for before, behind in (
    ...     ("Raul ", ""), ("As Joaquim ", ""), ("the judge Oruvela ", ""), ("Yesterday ", ""),
    ...     ("Manuela ", " Leite"), ("", " Dunaway"))]
    [True, False, False, False, True, True]
    """
    before = re.sub(r"(?<!\w)\w['’]$", "", before)  # of N'Guessan or D'Souza
    if _SENTENCE_BEGINS.search(before):
        return _precedes_name_of_another(behind, name)
    found = re.search(r"(?<![\w'’.-])((?:[^\W\d_]{2,}(?:-[^\W\d_]{2,})? ){1,3})$", before)
    words = found[1].split() if found else []
    names = [*takewhile(lambda word: word[0].isupper(), reversed(words))]
    if not names or any(_is_like_own(word, name) for word in names):
        return False
    return any(fold_text(word) in list_unmistakable_first_names() for word in names) or (
        _may_be_name(names[0]) and _precedes_name_of_another(behind, name))


def _precedes_name_of_another(behind: str, name: str) -> bool:
    """Whether the next word has a capital and may be a name, but is not part of ``name``.

    >>> [_precedes_name_of_another(behind, "Aïssatou Faye") for behind in (" Dunaway", " Street", " Aissata")]
    [True, False, False]
    """
    found = re.match(r" ([^\W\d_]{3,})(?!['’])", behind)
    return bool(found) and _may_be_name(found[1]) and not _is_like_own(found[1], name)


def _is_other_author(behind: str, name: str) -> bool:
    """Whether a surname is followed by a year and by a given name that does not belong to ``name``, as in
    citations.

    >>> [_is_other_author(behind, "May Holloway") for behind in (", John (2002)", ", May (2002)", ", John")]
    [True, False, False]
    """
    found = re.match(r", ([^\W\d_]{3,})(?: [A-Z]\.?)? \(?(?:19|20)\d\d\b", behind)
    return bool(found) and not _is_like_own(found[1], name)


def follows_first_name(before: str) -> bool:
    """Whether the word directly before a position is a common given name.

    >>> follows_first_name("the novel by Cristina "), follows_first_name("from ")
    (True, False)
    """
    found = re.search(r"(?<![\w'’.-])([^\W\d_]{3,}) $", before)
    return bool(found) and found[1][0].isupper() and fold_text(found[1]) in list_unmistakable_first_names()


def _may_be_name(word: str) -> bool:
    others = ("title", "opening", "role", "speech", "given word")
    return (word[0].isupper() and not word.isupper() and not is_ordinary(word, "")
            and not any(fold_text(word) in ordinary_words(kind) for kind in others))


def _is_like_own(word: str, name: str) -> bool:
    """Whether a word begins like one of the words of a name, or is the end of one of them. The word may then
    be a short form (Vic for Marivic) or another spelling of this part of the name."""
    folded = fold_text(word)
    return any(own[:_LIKE] == folded[:_LIKE] or len(folded) >= _LIKE and own.endswith(folded)
               for own in WORD.findall(fold_text(name)))


_LIKE = 3


def _speaks(before: str, behind: str) -> bool:
    """Whether the words beside a name show that somebody of this name speaks. A verb of speech directly
    before or after the name shows this, and so does a title such as Hanım directly after the name. In all
    these cases, there must be no other name on the other side of the name."""
    verbs, before = ordinary_words("speech"), _TO_US.sub("", before)
    after, previous = re.match(rf"\s({WORD.pattern})(?:\s(\w+))?", behind), re.search(r"(\w+):?\s$", before)
    return bool(after and (fold_text(after[1]) in verbs | ordinary_words("title behind")
                           or fold_text(f"{after[1]} {after[2]}") in ordinary_words("deed"))
                and not (previous and previous[1][0].isupper())
                or previous and fold_text(previous[1]) in verbs and not _is_before_name(behind))


_TO_US = re.compile(r"(?<=\s)(?:لنا|لي|لهم|لها|له|إلينا)\s$")
"""The pattern of Arabic words such as "to us", which may be between a verb of speech and the name of the
speaker."""


def _is_before_name(behind: str) -> bool:
    return behind[:1] in (" ", "-") and behind[1:2].isupper()


def is_ordinary(word: str, whole_text: str) -> bool:
    """Whether a word is in the list of ordinary words, is the plural of a word in that list, or occurs in
    small letters elsewhere in the text."""
    folded = fold_text(word)
    forms = {folded, folded.removesuffix("s"), folded.removesuffix("es")}
    if any(not forms.isdisjoint(ordinary_words(kind)) for kind in ("name", "place", "never", "capital")):
        return True
    small = word.lower()
    return small in whole_text and bool(re.search(
        rf"(?<![\w@#./_-]){re.escape(small)}(?![\w@/_-]|\.\w)", whole_text))


def follows_title(before: str) -> bool:
    """Whether the word directly before a position is a title."""
    found = re.search(r"([^\s\d.,;:!?()«»„“”\"]+)\.?\s$", before)
    return bool(found) and fold_text(found[1]) in ordinary_words("title")


def _is_long_without_capitals(word: str, name: str) -> bool:
    """Whether a surname or given name in a script without capitals counts even without a title beside it. A
    word in Arabic script must have the form :data:`_ARABIC_SURNAME`. A word in any other script must be long
    enough, and Korean words never count. In all scripts, ordinary words do not count."""
    if not _ARABIC.match(word):
        folded = fold_text(word)
        own = next((part for part in WORD.findall(fold_text(name)) if part[:-1] in folded), folded)
        return (len(own) >= (_SHORTEST if _ETHIOPIC.match(own) else _SHORTEST_WORD) and not _KOREAN.match(own)
                and ordinary_words("given word").isdisjoint((own, folded)))
    surname = re.search(_ARABIC_SURNAME, word)
    return bool(surname) and re.sub("^لل", "ال", fold_text(surname[0])) not in ordinary_words("name")


_ETHIOPIC, _KOREAN = re.compile("[\u1200-\u137f]"), re.compile("[\u1100-\u11ff\uac00-\ud7af]")
_DOTTED = re.compile(r"\.[ -]?[^\W\d_]\.")
_INITIALS = re.compile(r"(?<![\w.])((?:[^\W\d_]\.[ -]?){1,3}[^\W\d_]\.)(?![\w.])(?!\s?[^\W\d_a-zà-ÿа-яё])")
_AUTHOR = re.compile(r"[^\W\d_a-zà-ÿа-яё](?:\w+,|\w{3,})\s$")
"""The pattern of a surname that stands before initials, as in citations."""


def find_initials_without_surname(text: str) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """Yields each group of two to four initials with full stops that has no surname beside it, as its
    letters, start and end.

    >>> text = "As M.Q. said (Bernstein, S. J., 2001; M. D. Aguilar), U.S. law differs."
    >>> [letters for letters, _, _ in find_initials_without_surname(text)]
    [('m', 'q')]
    """
    for dotted in _DOTTED.finditer(text):
        found = _INITIALS.match(text, dotted.start() - 1)
        if found is None or found[1] != found[1].upper() or _AUTHOR.search(text[:found.start()][-24:]):
            continue
        letters = tuple(map(fold_text, re.findall(r"[^\W\d_]", found[1])))
        if "".join(letters) not in ordinary_words("dotted"):
            yield letters, *found.span(1)
