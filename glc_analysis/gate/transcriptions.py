"""Compares names in different transcriptions, such as Oksana Tkachuk and Оксана Ткачук, by the sounds of
their consonants.

Vowels are ignored in the comparison, because most transcriptions differ in their vowels. Letters that
languages use for the same sound belong to one class. If a word has a letter that stands for several sounds,
the word has several readings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from functools import lru_cache

from anyascii import anyascii

from glc_analysis.gate.name_variants import WORD, remove_added_endings, strip_case_ending
from glc_analysis.pseudonyms.masking import fold_text
from glc_analysis.templates import read_packaged_csv

_WITH_VOWELS = re.compile("[\u0370-\u03ff\u0530-\u058f\u0900-\u0eff\u10a0-\u10ff\u1200-\u137fێۆەڕڵ]")
"""The pattern of letters of scripts that write their vowels, and that have no capitals or seldom use
capitals: Greek, Armenian, the scripts of India, Thai, Lao, Georgian, Ethiopic and Kurdish in Arabic
letters."""
_LATIN = {row["letter"]: row["sounds"] for row in read_packaged_csv(__file__, "transcription.csv")}
PARTICLES = frozenset((
    "a", "al", "and", "bin", "bint", "d", "da", "de", "del", "den", "der", "des", "di", "do", "dos", "du",
    "e", "el", "ibn", "l", "la", "las", "le", "les", "los", "ni", "of", "the", "van", "von", "wa", "y",
    "аль", "бин", "ибн", "ель", "эль"))
"""The words inside names that do not count as a part of the name, such as "bin" and "de"."""
INNER_PARTICLES = frozenset(("ben", "bou", "ould", "بن", "ابن", "بنت", "ولد", "فون"))
"""Words that do not count as a part of a name if they are between other words of the name. At the beginning
of a name, they count."""
LEFT_OUT = PARTICLES | INNER_PARTICLES
_SOUNDS = (
    (r"tsch|shch|sch|tch|dzh|zh|ch|sh|cz|sz|dj|ts|tz", ("C",)), (r"rz", ("C", "RS")), (r"kh|gh", ("K",)),
    (r"ş", ("C", "S")), (r"th|dh", ("T", "S", "TK")), (r"ph", ("F", "P")), (r"bh", ("P", "F")),
    (r"ill(?=[aeiou])", ("L", "C", "")),
    (r"^x", ("KS", "K", "C", "S", "")), (r"x", ("KS", "K", "C", "S")),
    (r"g(?=[ei])", ("K", "C")), (r"^c(?=[eiy])", ("S", "C", "")), (r"c(?=[eiy])", ("S", "C")),
    (r"^c", ("K", "")), (r"c", ("K", "C")),
    (r"qu?|k|g", ("K",)), (r"h", ("", "K")), (r"j", ("C", "K", "")), (r"(?<!^)y(?=[aeiou])", ("", "C")),
    (r"w", ("", "F")), (r"v|f", ("F",)), (r"b|p", ("P",)), (r"d|t", ("T",)), (r"s|z", ("S",)),
    (r"ng", ("NK", "N")), (r"l", ("L",)), (r"r", ("R",)), (r"m", ("M",)), (r"n", ("N",)))
_SOUND = re.compile("|".join(f"({form})" for form, _ in _SOUNDS))
_MOST_READINGS = 24
_FEWEST_SOUNDS, _FEWEST_IN_SAME_SCRIPT, _FEWEST_WITHOUT_CAPITALS = 4, 5, 7
"""The smallest number of sounds that a whole name must have to be compared with words in another script, in
the same script, and in a script without capitals."""
_ALIKE, _ALMOST_THE_SAME = 0.65, 0.85
"""``_ALIKE`` is the smallest similarity that the letters of a name and of its other spelling must have. If
their similarity is at least ``_ALMOST_THE_SAME``, the name may have one sound fewer than the smallest number
of sounds that is otherwise needed."""


def split_name_without_particles(name: str) -> tuple[str, ...]:
    """Returns the folded words of a name; particles and articles are left out.

    >>> split_name_without_particles("Khadija al-Mansouri"), split_name_without_particles("خديجة المنصوري")
    (('khadija', 'mansouri'), ('خديجة', 'المنصوري'))
    """
    words = [word for word in WORD.findall(fold_text(name)) if word not in PARTICLES]
    return tuple(word for n, word in enumerate(words)
                 if word not in INNER_PARTICLES or n in (0, len(words) - 1))


@lru_cache(1 << 16)
def list_consonant_readings(word: str, *, may_have_ending: bool = False) -> frozenset[str]:
    """Returns the readings of a folded word, each as a sequence of consonant sounds. With
    ``may_have_ending``, a word in another script than Latin is also read without its endings.

    >>> bool(list_consonant_readings("khadija") & list_consonant_readings("jadiya"))
    True
    >>> list_consonant_readings("ткачук") == list_consonant_readings("tkatchouk")
    True
    """
    forms = {word, strip_case_ending(word)[1:]} if len(word) > _LONGEST_UNINFLECTED else {word}
    forms |= {_ARTICLE.sub("", word), re.sub("ة$", "ت", word)} | (
        {*remove_added_endings(word)} if may_have_ending and not word.isascii() else set())
    return frozenset(reading for form in forms for reading in _readings(_in_latin(form, between="·")))


def in_pinyin(name: str) -> list[tuple[str, ...]]:
    """Returns the two ways in which a name in Chinese characters is written in Latin letters: surname first,
    and given name first. Each way is a pair of the syllables of the surname and the syllables of the given
    name. The result is empty for a name that is not in Chinese characters.

    >>> in_pinyin("李思颖"), in_pinyin("Li")
    ([('li', 'siying'), ('siying', 'li')], [])
    """
    if not _CHINESE.fullmatch(name):
        return []
    said = [anyascii(sign).lower() for sign in name]
    surname = 2 if len(said) > _LONGEST_WITH_SHORT_SURNAME else 1
    parts = "".join(said[:surname]), "".join(said[surname:])
    return [parts, parts[::-1]]


def has_chinese(text: str) -> bool:
    """Whether a text contains Chinese characters."""
    return bool(re.search("[\u4e00-\u9fff]", text))


_CHINESE = re.compile("[\u4e00-\u9fff]{2,4}")
_LONGEST_WITH_SHORT_SURNAME = 3
_LONGEST_UNINFLECTED = 3
_ARTICLE = re.compile(r"^[ae](?:l|([dnrstz])(?=\1))(?=[a-z]{4})")
"""The pattern of an Arabic article that is written as one word with its noun, as in Alzahrani and Essabah."""


def _in_latin(word: str, between: str = "") -> str:
    """Returns a word in Latin letters. ``between`` is a text that separates the letters of scripts with few
    vowels, so that no two letters are read as one sound."""
    if word.isascii():
        return word
    word = re.sub("^[وفبلك]?ال(?=.{3})", "", word).replace("تش", "چ")
    parted = "" if is_in_script_with_capitals(word) else between
    return parted.join(_LATIN.get(letter) or anyascii(letter).lower() for letter in word)


_TWICE = re.compile(r"(.)\1+")


def _readings(word: str) -> set[str]:
    """Returns the rows of sounds that a word in Latin letters may stand for. The same sound twice in a row
    counts once."""
    parts = [_SOUNDS[found.lastindex - 1][1] for found in _SOUND.finditer(word) if found.lastindex]
    heard = [""]
    for choices in parts:
        heard = [row + sounds.removeprefix(row[-1:]) for row in heard for sounds in choices][:_MOST_READINGS]
    return set(heard) - {""}


def is_in_script_with_capitals(word: str) -> bool:
    """Whether the first letter of a folded word belongs to the Latin, Greek or Cyrillic script."""
    return bool(re.match("[a-z\u0370-\u052f]", word))


@lru_cache(1 << 16)
def reduce_to_sounds_and_letters(word: str) -> tuple[str, str]:
    """Returns two forms of a folded word: its consonants, each replaced by one of eight coarse sounds; and
    its letters in Latin script, with one spelling for each vowel that transcriptions write in several ways.

    >>> reduce_to_sounds_and_letters("sreypov"), reduce_to_sounds_and_letters("ស្រីពៅ")
    (('SRPP', 'sreipou'), ('SRP', 'sreipau'))
    """
    latin = _in_latin(word)
    if not is_in_script_with_capitals(word):
        latin = re.sub("[vw]$", "u", latin)
    sounds = "".join(_COARSE[found.lastindex - 1][0] for found in _COARSE_SOUND.finditer(latin)
                     if found.lastindex)
    for form, letters in _VOWELS:
        latin = form.sub(letters, latin)
    return sounds, latin


_COARSE = (("S", r"tsch|shch|sch|tch|dzh|dz|zh|ch|sh|cz|sz|dj|ts|tz|ks|[jszx]|c(?=[eiy])|ç|ş"),
           ("N", r"n[gyh]?(?![aeiou])|n"), ("K", r"kh|gh|ck|qu|[kgqc]"), ("T", r"th|dh|[td]"),
           ("P", r"ph|bh|[pbfv]"), ("L", "l"), ("R", "r"), ("M", "m"))
_COARSE_SOUND = re.compile("|".join(f"({form})" for _, form in _COARSE))
_VOWELS = [(re.compile(form), letters) for form, letters in (
    ("[h'`]", ""), ("ng(?![aeiou])", "n"), ("ou|oo|[vw]$", "u"), ("y|ee", "i"), ("w", "v"),
    (r"(.)\1", r"\1"))]


def list_sounds_also_with_one_omitted(sounds: str) -> Iterator[str]:
    """Yields a row of sounds. If the row is long, the function also yields every row that results when one
    sound is left out. If two long rows differ by one sound, the rows yielded for the first and the rows
    yielded for the second have at least one row in common.

    >>> [*list_sounds_also_with_one_omitted("SPN")]
    ['SPN']
    >>> {*list_sounds_also_with_one_omitted("SPNKRT")} & {*list_sounds_also_with_one_omitted("SPNKR")}
    {'SPNKR'}
    """
    yield sounds
    yield from (sounds[:n] + sounds[n + 1:] for n in range(len(sounds) if len(sounds) >= _LONG else 0))


def join_sounds_and_letters(words: Iterable[str]) -> tuple[str, str]:
    """Returns the coarse sounds and the letters of several folded words together; the same sound twice in a
    row counts once."""
    sounds, letters = zip(*map(reduce_to_sounds_and_letters, words), strict=True)
    return _TWICE.sub(r"\1", "".join(sounds)), "".join(letters)


def is_heard_as_whole(name: tuple[str, str], written: tuple[str, str], *, is_same_script: bool) -> bool:
    """Whether words are a transcription of a name, even if the blanks between the words are in other places.
    ``name`` has the coarse sounds and the letters of the name; ``written`` has those of the words. The fewer
    sounds the name and the words have, the more alike their letters must be.

    >>> name = join_sounds_and_letters(["ខែវ", "ស្រីពៅ"])
    >>> [is_heard_as_whole(name, join_sounds_and_letters(words.split()), is_same_script=False)
    ...  for words in ("keo srey pov", "kai sarap", "kossar pa")]
    [True, False, False]
    """
    n, is_equal = min(len(name[0]), len(written[0])), name[0] == written[0]
    if is_same_script and abs(len(name[1]) - len(written[1])) > 1:
        return False  # a short given name may be missing: "Second Key" is not Jo Secondkey
    if is_same_script:
        least = 0.8 if is_equal and n > _LONG else _ALMOST_THE_SAME
    elif is_equal:
        least = 0.6 if n > _FEWEST_SOUNDS else 0.65 if n == _FEWEST_SOUNDS else 0.8
    else:
        least = 0.72 if n > _LONG + 2 else 0.75
    return (n >= (_FEWEST_HEARD if is_equal else _LONG + is_same_script)
            and _likeness(name[1], written[1]) >= least)


_FEWEST_HEARD, _LONG = 3, 5
"""The smallest number of coarse sounds in a name that is searched for as a whole, and the smallest number of
coarse sounds in a name in which one sound may differ."""
_FAMILY_NAME = re.compile("^([\u1100-\u115f][\u1160-\u11a7][\u11a8-\u11ff]?)([\u1100-\u11ff]{4,6})$")
"""The pattern of a Korean name without a blank, in folded letters."""


def list_word_orders(words: tuple[str, ...], *, is_person: bool) -> set[tuple[str, ...]]:
    """Returns the orders in which the words of a folded name may be written. The words of a person's name may
    also be written with the first word last, or with the last word first.

    >>> sorted(list_word_orders(("थापा", "मगर"), is_person=True))
    [('थापा', 'मगर'), ('मगर', 'थापा')]
    """
    if len(words) == 1 and (korean := _FAMILY_NAME.match(words[0])):
        words = korean.groups()
    return {words, (*words[1:], *words[:1]), (*words[-1:], *words[:-1])} if is_person else {words}


def script_of(word: str) -> str:
    """Returns the script to which the first letter of a word belongs, found by its Unicode range."""
    return "latin" if fold_text(word)[:1].isascii() else str(ord(word[0]) >> 7)


@lru_cache(1 << 16)
def is_other_spelling_of_name(name_words: tuple[str, ...], text_words: tuple[str, ...]) -> bool:
    """Whether words of a text are the words of a name, in the same order, in another transcription or
    spelling.

    >>> name = split_name_without_particles("Оксана Ткачук")
    >>> texts = [split_name_without_particles(text) for text in ("Oksana Tkachuk", "Oskar Tkachev")]
    >>> [is_other_spelling_of_name(name, words) for words in texts]
    [True, False]
    """
    same = script_of(name_words[0]) == script_of(text_words[0])
    if same and not is_in_script_with_capitals(name_words[0]):
        return False
    is_one = len(name_words) == 1
    likeness = 0.0 if same or not is_one else _likeness(_in_latin(name_words[0]), _in_latin(text_words[0]))
    if is_one and likeness < _ALIKE:
        return False
    common = [list_consonant_readings(word) & list_consonant_readings(other, may_have_ending=True)
              for word, other in zip(name_words, text_words, strict=True)]
    if not all(common):
        return False
    heard = sum(len(max(readings, key=len)) for readings in common) + (likeness >= _ALMOST_THE_SAME)
    if heard < (_FEWEST_IN_SAME_SCRIPT if same
                else _FEWEST_SOUNDS if is_in_script_with_capitals(text_words[0])
                else _FEWEST_IN_SAME_SCRIPT if _WITH_VOWELS.search("".join(text_words))
                else _FEWEST_WITHOUT_CAPITALS):
        return False
    return not same or name_words != text_words and all(
        _likeness(_without_ending(word), _without_ending(other)) >= _ALIKE
        for word, other in zip(name_words, text_words, strict=True))


def may_be_spelling_of_word(name_words: tuple[str, ...], position: int, word: str) -> bool:
    """Whether a word of a text may be another spelling of the word at ``position`` in a name. The caller has
    already found that the two words sound alike. If they are in the same script, their letters must be alike
    too.

    >>> name = split_name_without_particles("Oksana Tkachuk")
    >>> [may_be_spelling_of_word(name, 1, word) for word in ("tkatchouk", "utokocha", "ткачук")]
    [True, False, True]
    """
    if len(name_words) == 1:
        return is_other_spelling_of_name(name_words, (word,))
    return script_of(name_words[0]) != script_of(word) or is_in_script_with_capitals(name_words[0]) and (
        _likeness(_without_ending(name_words[position]), _without_ending(word)) >= _ALIKE)


def is_alike(name: str, written: str) -> bool:
    """Whether the letters of a name and of other words are similar once the name and the words are converted
    to Latin letters.

    >>> is_alike("Снежана Трпкоска", "snezana.trpkoska"), is_alike("Снежана Трпкоска", "sun.zone_turbo.pack")
    (True, False)
    """
    return _likeness(*(re.sub(r"\W|_", "", _in_latin(fold_text(each))) for each in (name, written))) >= _ALIKE


def _likeness(word: str, other: str) -> float:
    return SequenceMatcher(None, word, other).ratio()


def _without_ending(word: str) -> str:
    return word if word.isascii() else strip_case_ending(word)[1:]
