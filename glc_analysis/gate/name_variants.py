"""Lists the spellings under which the gate searches for names of people and organisations, and for words that
reveal a country.

The functions take the words of names and texts in folded letters
(:func:`.masking.strip_case_accents_and_punctuation`), and return the forms in which each word is compared.
The forms cover names with another word for "and", or without "and"; with their words run together; with a
word broken at the end of a line or cell; with the surname first; with letters of another script that look
alike, or with digits in place of letters; with the prefixes and variant letters of Arabic and Khmer; and with
the case endings of Slavic and Baltic languages. The forms do not cover initials that are separate words,
nicknames, paraphrases and other transcriptions.
"""

from __future__ import annotations

import re
from codecs import encode
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from os.path import commonprefix

import pycountry
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.languages import get_official_languages
from babel.numbers import get_currency_name

from glc_analysis import tables
from glc_analysis.addon import load_declared_objects
from glc_analysis.cleaning.countries import CODES_THAT_ARE_WORDS
from glc_analysis.cleaning.waves import make_wave_arguments_for_consent
from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.countries import find_visible_home_countries, find_visible_work_countries
from glc_analysis.pseudonyms.masking import fold_text
from glc_analysis.reference import Reference
from glc_analysis.study import Study
from glc_analysis.templates import read_packaged_csv, read_packaged_text
from glc_analysis.text import fold_case_and_spacing, language_name

# ------------------------------
# Spellings of names.


_MARKS = "\u0300-\u036f\u064b-\u065f\u0670\u07a6-\u07b0\u0900-\u0dff\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff"
WORD = re.compile(rf"[^\W_](?:[^\W_]|[{_MARKS}])*")
"""The pattern of a word: letters of any script with their marks, and digits."""

CONNECTORS = frozenset(("and", "y", "e", "et", "und", "en", "og", "och", "ve", "dan", "un", "ir", "и", "та",
                        "و"))
"""The words for "and" in several languages."""

_SAINTS = {"saint": "st", "sainte": "ste", "santa": "sta", "santo": "sto", "sankt": "st"}
_RUN_TOGETHER = 7
"""A name is also searched for with its words run together, and with its words written backwards, if the name
has at least this many letters."""
_BROKEN, _BROKEN_BESIDE = 6, 4
"""A word is also searched for in two parts (broken at the end of a line) if the word has at least this many
letters. The first number applies if the word is alone, the second if another word of the name is beside
it."""

_LOOK_ALIKE = str.maketrans({row["letter"]: row["like"]
                             for row in read_packaged_csv(__file__, "look_alikes.csv")})
_DIGITS = [str.maketrans(f"0{one}345", f"o{like}eas") for one, like in (("1", "l"), ("1", "i"))]
_ARABIC = re.compile("[\u0600-\u06ff]")
_ARABIC_LETTERS = str.maketrans({**dict.fromkeys("أإآٱ", "ا"), **dict.fromkeys("ىیئ", "ي"), "ة": "ه",
                                 "ؤ": "و", "ک": "ك", "ـ": None, "ء": None})
_ARABIC_PREFIXES = [re.compile(f"(?:{prefix})(?=.{{3}})") for prefix in ("[وف]", "[بلك]", "ال|لل")]
"""The Arabic prefixes in the order in which they occur in a word: first "and" or "then", next "with", "for"
or "as", and last the article."""
_OTHER_PREFIX = re.compile("(?:[በለከየንብዝክ]|ስለ|እስከ|ወደ|ካብ|ኣብ)(?=[\u1200-\u137f]{3})"
                           "|[בלמהושכ](?=[\u05d0-\u05ea]{3})")
"""The pattern of a preposition or article that Amharic and Hebrew write as one word with its noun."""
_ETHIOPIC_LETTERS = {first + n: usual + n for first, usual in (
    (0x1210, 0x1200), (0x1280, 0x1200), (0x1220, 0x1230), (0x12d0, 0x12a0), (0x1340, 0x1338))
    for n in range(7)}
_KHMER = re.compile("[\u1780-\u17ff]")
_KHMER_LETTERS = str.maketrans({"ដ": "ត", "ឲ": "ឱ", "ឨ": "ឧ", **dict.fromkeys(
    "\u17b4\u17b5\u17c9\u17ca\u17cb\u17d0\u200b")})
_CYRILLIC = re.compile("[\u0400-\u052f]")
_SLAVIC_LETTERS = str.maketrans({**dict.fromkeys("іїы", "и"), **dict.fromkeys("єэё", "е"), "ґ": "г",
                                 **dict.fromkeys("ьъ")})
"""The letters of Ukrainian and Russian that replace each other when a name passes from one language to the
other."""
_FLEETING_VOWEL = re.compile("(?<=[\u0400-\u052f]{3})[оеєіё](?=[кцрлн]$)")
_ENDINGS = {script: [fold_text(row["ending"]) for row in read_packaged_csv(__file__, "case_endings.csv")
                     if row["script"] == script] for script in ("cyrillic", "latin")}
"""The case endings of each script, in folded letters, the longest ending first."""


def split_words_without_conjunctions(folded: str) -> list[str]:
    """Returns the words of a folded text; words for "and" are left out.

    >>> split_words_without_conjunctions("drum & path, drum and path")
    ['drum', 'path', 'drum', 'path']
    """
    return [word for word in WORD.findall(folded) if word not in CONNECTORS]


def has_khmer_letters(text: str) -> bool:
    """Whether a text contains Khmer letters."""
    return bool(_KHMER.search(text))


def is_unspaced(text: str) -> bool:
    """Whether a text contains letters of a script without blanks between words."""
    return bool(_UNSPACED.search(text))


_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u30ff\u4e00-\u9fff]")
_CHINESE_OR_KOREAN = re.compile("[\u1100-\u11ff\u3040-\u30ff\u4e00-\u9fff]{2,}")
_FEWEST_LETTERS_RUN_ON = 6


def list_unspaced_forms_with_titles(part: str, *, is_person: bool) -> Iterator[str]:
    """Yields the forms in which scripts without blanks write a part of a name next to other words.

    For a person, each form is the part with a title of its script before or behind it. A long part in Thai,
    Lao or Burmese is also yielded alone. For an organisation, the part is the core of the name. It is yielded
    alone if it is in Chinese, Japanese or Korean; for an organisation's name in another script, nothing is
    yielded.

    >>> "คุณณัฐกฤตา" in list_unspaced_forms_with_titles("ณัฐกฤตา", is_person=True)
    True
    >>> "鷲見さん" in list_unspaced_forms_with_titles("鷲見", is_person=True)
    True
    >>> [*list_unspaced_forms_with_titles("灯台のまど", is_person=False)]
    ['灯台のまど']
    """
    if not is_person:
        yield from [part] * bool(_CHINESE_OR_KOREAN.fullmatch(part))
    elif _CHINESE_OR_KOREAN.fullmatch(part):
        yield from (part + title for title in _ordinary()["title behind"] if _UNSPACED.match(title))
    elif _UNSPACED.match(part):
        script = ord(part[0]) >> 7
        yield from (title + part for title in _ordinary()["title"] if ord(title[0]) >> 7 == script)
        is_long = len(part) >= _FEWEST_LETTERS_RUN_ON and part not in _ordinary()["given word"]
        yield from [part] * (is_long and not _KHMER.match(part))


def is_cyrillic(word: str) -> bool:
    """Whether a word contains Cyrillic letters."""
    return bool(_CYRILLIC.search(word))


@lru_cache(1 << 16)
def replace_look_alikes(word: str) -> str:
    """Returns a word in which look-alike letters and variant letters are replaced with the usual letters.

    >>> replace_look_alikes("rоsa"), replace_look_alikes("إدريس") == replace_look_alikes("ادريس")
    ('rosa', True)
    """
    if word.isascii():
        return word
    if _ARABIC.search(word):
        return word.translate(_ARABIC_LETTERS)
    if _KHMER.search(word):
        return word.translate(_KHMER_LETTERS)
    latin = word.translate(_LOOK_ALIKE)
    return latin if latin.isascii() else word.translate(_ETHIOPIC_LETTERS)


@lru_cache(1 << 16)
def list_forms_for_name_matching(word: str) -> tuple[str, ...]:
    """Returns the forms in which a word of a text is compared with a name, in addition to the form that
    :func:`strip_case_ending` returns.

    >>> list_forms_for_name_matching("r0sa"), list_forms_for_name_matching("وبالأمل")
    (('r0sa', 'rosa'), ('وبالامل', 'بالامل', 'الامل', 'امل'))
    """
    if word.isascii() and word.isalpha():
        return (word,)
    found = [replace_look_alikes(word)]
    if _ARABIC.search(word):
        for prefix in _ARABIC_PREFIXES:
            found += [form[start.end():] for form in found if (start := prefix.match(form))]
    elif start := _OTHER_PREFIX.match(word):
        found.append(word[start.end():])
    elif re.search(r"[^\W\d_]", word) and not word[0].isdigit() or re.search(r"[^\W\d_]{3}", word):
        found += [found[0].translate(digits) for digits in _DIGITS]
    return tuple(dict.fromkeys(found))


@lru_cache(1 << 16)
def strip_case_ending(word: str) -> str:
    """Returns a word without the ending of a Slavic or Baltic case, and without a vowel that only some cases
    have. At least three letters of the word are kept.

    >>> strip_case_ending("клавдию"), strip_case_ending("kowalskiego"), strip_case_ending("ana")
    ('~клавд', '~kowalsk', '~ana')
    >>> strip_case_ending("світанок") == strip_case_ending("світанку")
    True
    """
    for ending in _ENDINGS["cyrillic" if _CYRILLIC.search(word) else "latin"]:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[:-len(ending)]
            break
    word = re.sub("[cц]$", lambda found: "k" if found[0] == "c" else "к", word)  # Luka, u Luci
    word = re.sub("(?<=[a-z]{3})i?ek$", "k", word)  # Wrzosek, z Wrzoskiem
    if word.isascii():
        return f"~{word}"
    return f"~{_FLEETING_VOWEL.sub('', word).translate(_SLAVIC_LETTERS)}"


def spellings(folded: str, *, is_person: bool, is_exact: bool) -> Iterator[tuple[str, ...]]:
    """Yields the sequences of word forms for which a text is searched to find a name.

    With ``is_exact``, three kinds of forms are not yielded, because the name may be an ordinary word: forms
    without endings, forms without prefixes, and forms that are backwards or encoded (ROT13).

    >>> sorted(spellings("drum and path", is_person=False, is_exact=False))
    [('drum', 'path'), ('drumandpath',), ('drumpath',), ('htap', 'dna', 'murd'), ('htap', 'murd'), \
('murd', 'htap'), ('qehz', 'cngu')]
    >>> sorted(spellings("ana lopez", is_person=True, is_exact=False))
    [('ana', 'lopez'), ('ana', 'zepol'), ('analopez',), ('lopez', 'ana'), ('lopezana',), \
('nan', 'ybcrm'), ('zepol', 'ana'), ('~ana', '~lopez'), ('~lopez', '~ana')]
    """
    every, words = WORD.findall(folded), split_words_without_conjunctions(folded)
    if not words:
        return
    own = [replace_look_alikes(word) for word in words]
    yield tuple(own)
    yield from [tuple(_SAINTS.get(word, word) for word in own)] if not _SAINTS.keys().isdisjoint(own) else []
    if len(words) > 1:
        with_and = WORD.findall(folded.replace("&", "and"))
        for joined in {"".join(map(replace_look_alikes, words)) for words in (every, words, with_and)}:
            if len(joined) >= _RUN_TOGETHER:
                yield (joined,)
        if is_person:
            yield own[-1], *own[:-1]
        if is_person and not is_exact and not re.search("[(']", folded):
            yield from ((joined,) for joined in _joined_parts(own) if joined != "".join(own))
            yield from ((own[0], surname) for surname in own[-2:] if is_long_pair(own, surname))
            yield from [(own[0], "".join(own[1:]))] * (len(own) > 2)
            yield from list_misspelt_forms(own)
    if is_exact:
        return
    if sum(map(len, own)) >= _RUN_TOGETHER:
        backwards = [word[::-1] for word in own]
        all_backwards = [replace_look_alikes(word)[::-1] for word in every[::-1]]
        yield from dict.fromkeys([(*backwards,), (*reversed(backwards),), (*all_backwards,)])
        if folded.isascii():
            yield tuple(encode(word, "rot13") for word in own)
    if all(map(_ARABIC.search, words)):
        bare = [re.sub("^ال(?=.{3})", "", word) for word in own]
        yield tuple(bare)
        if is_person and len(words) > 2:
            yield bare[0], bare[-1]
            yield own[0], own[-1]
            yield tuple(re.sub(r"\bعبد (?=\S)", "عبد", " ".join(own)).split())
    is_varied = all(_CYRILLIC.search(word) for word in words) and len(folded) > 4
    if is_varied or is_person and len(words) > 1 and all(word.isalpha() for word in words):
        stems = [strip_case_ending(word) for word in words]
        yield tuple(stems)
        if is_person and len(words) > 1:
            yield stems[-1], *stems[:-1]


def _joined_parts(words: list[str]) -> Iterator[str]:
    """Yields parts of a name run together as one word. One part is the two surnames (the last two words). The
    other parts are one surname or both, joined to the given name, to its first letter, or to the first
    letters of all given names.

    >>> [*_joined_parts(["ana", "lopez", "quiroga"])][:4]
    ['lopezquiroga', 'analopez', 'lopezana', 'anaquiroga']
    """
    surnames = words[1:][-2:]
    if len(words) > 2 and min(map(len, surnames)) >= _BROKEN_BESIDE:
        yield "".join(surnames)
    for surname in dict.fromkeys([*surnames, "".join(surnames)]):
        yield from (joined for joined in (words[0] + surname, surname + words[0])
                    if len(joined) >= _RUN_TOGETHER)
        if len(surname) >= _RUN_TOGETHER - 1 and not is_cyrillic(surname):  # there, a letter may be an ending
            initials = "".join(word[0] for word in words[:-len(surnames)])
            yield from dict.fromkeys((words[0][0] + surname, surname + words[0][0], initials + surname))


def without_special_letters(name: str) -> tuple[str, ...]:
    """Returns a name, followed by other ways to write the name: without apostrophes inside words; with two
    plain letters in place of each special letter (Joerg for Jörg); and with the English letters for the sound
    of each special letter (Shahin for Şahin).

    >>> without_special_letters("Maire O'Brien"), without_special_letters("Ana")
    (("Maire O'Brien", 'Maire OBrien'), ('Ana',))
    >>> without_special_letters("Jörg Şahin")
    ('Jörg Şahin', 'Joerg Şahin', 'Jörg Shahin', 'Joerg Shahin')
    """
    found = [name, re.sub(r"(?<=\w)['’‘ʼʻ`´](?=\w)|[ʼʻ]", "", name)]
    for letters in (_UMLAUTS, _AS_IN_ENGLISH):
        found += [each.translate(letters) for each in found]
    return tuple(dict.fromkeys(found))


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "Ä": "Ae", "Ö": "Oe",
                          "Ü": "Ue", "Å": "Aa", "Ø": "Oe", "đ": "dj", "Đ": "Dj"})
_AS_IN_ENGLISH = str.maketrans({
    letter: sounds for small, sound in {
        "ş": "sh", "š": "sh", "ș": "sh", "ś": "sh", "ç": "ch", "č": "ch", "ć": "ch", "ž": "zh", "ź": "zh",
        "ț": "ts", "ţ": "ts", "ə": "a"}.items()
    for letter, sounds in ((small, sound), (small.upper(), sound.title()))})


def is_long_pair(words: list[str], surname: str) -> bool:
    """Whether a person's given name and ``surname``, one of several surnames, have so many letters that the
    two names identify the person without the other surnames."""
    letters = len(words[0]), len(surname)
    return (len(words) > 2 and min(letters) >= _BROKEN_BESIDE and sum(letters) >= _FEWEST_LETTERS_OF_PAIR
            and surname not in list_unmistakable_first_names())


_FEWEST_LETTERS_OF_PAIR, _SHORTEST_MISSPELT = 11, 5
"""The first number is the smallest number of letters with which a given name and one surname together
identify a person (:func:`is_long_pair`). The second is the smallest number of letters of a word that is also
searched for with one wrong letter."""


def list_misspelt_forms(words: Sequence[str], fewest_letters: int = 11) -> Iterator[tuple[str, ...]]:
    """Yields the forms that match a name even if each of its long words has a wrong letter. Nothing is
    yielded if the name has fewer than ``fewest_letters`` letters.

    >>> [*list_misspelt_forms(["sierra", "leone"])], [*list_misspelt_forms(["ana", "rios"])]
    ([('≈sierra', '≈leone')], [])
    """
    if sum(map(len, words)) >= fewest_letters and all(word.isalpha() for word in words):
        yield tuple(MISSPELT + word if len(word) >= _SHORTEST_MISSPELT else word for word in words)


def differ_by_one_letter(word: str, other: str) -> bool:
    """Whether two words differ by one letter that is wrong, missing or too many, or by two exchanged letters.
    Long words may also differ by two letters side by side. The first letter must be the same.

    >>> [differ_by_one_letter("quispe", word) for word in ("quisbe", "quipse", "quispes", "luispe")]
    [True, True, True, False]
    """
    same = len(commonprefix((word, other)))
    word, other = word[same:], other[same:]
    behind = len(commonprefix((word[::-1], other[::-1])))
    word, other = word[:len(word) - behind], other[:len(other) - behind]
    most = 1 + (same + behind >= _LONG_SAME)
    return same > 0 and (len(word) <= most >= len(other) or len(word) == 2 and word == other[::-1])


_LONG_SAME = 11
"""Two words may differ by two letters if at least this many of their letters are equal."""
MISSPELT = "≈"
"""The sign that is written before a form which stands for the misspellings of a word."""


def list_inflections_of_lone_name(word: str) -> set[str]:
    """Returns the further forms in which a word of a name is searched for where a text has this word alone,
    without the other words of the name. The forms are the word with the ending s, the stem that stands for
    all Slavic or Baltic case endings, and the word without the Arabic article. The stem is returned if the
    word is Cyrillic, if the stem is the whole word, or if the stem is long.

    >>> sorted(list_inflections_of_lone_name("hedlund")), sorted(list_inflections_of_lone_name("garcia"))
    (['hedlunds', '~hedlund'], ['garcias'])
    """
    found = {re.sub("^ال(?=.{3})", "", replace_look_alikes(word))}
    if word.isascii():
        found.add(f"{word}s")
    stem = strip_case_ending(word)
    if _CYRILLIC.search(word) or stem[1:] == word or len(stem) > _LONG_STEM:
        found.add(stem)
    return found - {word}


_LONG_STEM = 6
WITH_ENDING, WITH_CASE = ">", "+"
"""The signs that are written before a form which stands for a word with any ending, and before a form which
stands for a word with one of the ``added`` endings of ``content/case_endings.csv``."""
_ADDED = frozenset(fold_text(row["ending"]) for row in read_packaged_csv(__file__, "case_endings.csv")
                   if row["script"] == "added")
_LONGEST_ADDED = max(map(len, _ADDED))
_VIRAMA = "\u09cd\u094d\u0acd\u0bcd\u0c4d\u0ccd\u0d4d\u0dca"
"""The signs with which Indian scripts mark a consonant without a vowel. The sign at the end of a word is not
written when an ending follows."""
_FINAL_VOWEL = re.compile("(?<=.{4})[aeiouyаеєиіоуыяюїαειουηωაეიოუ]$|(?<=.{6})(?:in|ur|as|is|us|os)$"
                          "|(?<=..)(?:ம்|ം)$")
_LONGEST_ENDING, LONG_WORD = 3, 12
"""The largest number of letters in an ending, and the smallest number of letters in a long word. The ending
of a long word may have one letter more."""
_SHORTEST_WITH_ENDING, _SHORTEST_ALONE_WITH_ENDING = 9, 7
"""The smallest number of letters in a name that is also searched for with any ending: the first number is for
names of several words, the second for names of one word."""


def mark_words_for_any_ending(words: tuple[str, ...]) -> tuple[str, ...]:
    """Returns, for the words of a name, the forms that match the words with any ending. Such forms are needed
    because some languages add endings for cases or articles to names (Lleshanakut, Yıldızın). The ending may
    replace a final vowel. If the words are short, only the ``added`` endings of ``content/case_endings.csv``
    are allowed. The result is empty for very short names, and for names in scripts that add no endings.

    >>> mark_words_for_any_ending(("besnik", "hoxha")), mark_words_for_any_ending(("hoxha",))
    (('>besnik', '>hoxh'), ('+hoxha',))
    """
    if any(word.isdigit() or _WITHOUT_ENDINGS.search(word) for word in words):
        return ()
    letters = sum(map(len, words))
    if letters >= (_SHORTEST_ALONE_WITH_ENDING if len(words) == 1 else _SHORTEST_WITH_ENDING):
        return tuple(WITH_ENDING + _FINAL_VOWEL.sub("", word) for word in words)
    fewest = _SHORTEST + bool(re.match("[a-z\u0370-\u052f]", words[0]))
    return tuple(WITH_CASE + word.rstrip(_VIRAMA) for word in words) if letters >= fewest else ()


_WITHOUT_ENDINGS = re.compile(
    "[\u0600-\u06ff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u4e00-\u9fff]")
"""The pattern of letters that belong to scripts which add no endings to names, or which put no blanks between
words."""


def list_marked_forms_without_ending(word: str) -> set[str]:
    """Returns forms for a word of a text, which may be a name with an ending. The forms are those that
    :func:`mark_words_for_any_ending` returns for every name of one word that can become this word with an
    ending.

    >>> sorted(list_marked_forms_without_ending("hoxhanin"))[:2]
    ['+hoxha', '+hoxhan']
    >>> sorted(form for form in list_marked_forms_without_ending("hoxhanin") if form[0] == ">")
    ['>hoxh', '>hoxha', '>hoxhan', '>hoxhani', '>hoxhanin']
    """
    added = remove_added_endings(word)
    longest = _LONGEST_ENDING + (len(word) >= LONG_WORD)
    beginnings = [word[:len(word) - n] for n in range(longest + 1) if len(word) > n]
    return {*(WITH_CASE + each.rstrip(_VIRAMA) for each in added),
            *(WITH_ENDING + form for form in (*beginnings, *added)),
            *(WITH_ENDING + _FINAL_VOWEL.sub("", form) for form in added[1:])}


def remove_added_endings(word: str) -> list[str]:
    """Returns a word, followed by the stems that remain when one or two of the ``added`` endings of
    ``content/case_endings.csv`` are removed from the word.

    >>> remove_added_endings("घिसिङसँगको"), remove_added_endings("ana")
    (['घिसिङसँगको', 'घिसिङसँग', 'घिसिङ'], ['ana'])
    """
    found = [word]
    for _ in range(_MOST_ENDINGS):
        found += [each[:-n] for each in found for n in range(1, _LONGEST_ADDED + 1)
                  if each[-n:] in _ADDED and len(each) - n >= _SHORTEST_STEM - (each[0] > "\u0900")]
    return [*dict.fromkeys(found)]


_MOST_ENDINGS, _SHORTEST_STEM = 2, 3


def map_beginnings_to_broken_words(words: Iterable[str],
                                   words_of_multiword_names: Collection[str]) -> dict[str, set[str]]:
    """Returns, for each possible first part of a broken word, the words that begin with this part. Words of
    fewer than six letters are left out, because their two parts would be found by chance. Words in
    ``words_of_multiword_names`` need only four letters, because another word of the name must be beside them.

    >>> sorted(map_beginnings_to_broken_words(["xilonen", "luna", "rosa"], {"rosa"}))
    ['ro', 'xi', 'xil', 'xilo', 'xilon']
    """
    found: dict[str, set[str]] = {}
    for word in words:
        least = _BROKEN_BESIDE if word in words_of_multiword_names else _BROKEN
        for n in range(2, len(word) - 1) if len(word) >= least else ():
            found.setdefault(word[:n], set()).add(word)
    return found


# ------------------------------
# Words that tell of a country: its names, its people and its main cities, in the languages of a study.
#
# The gate looks for them where an audience may not know the country. Names in each language and cities come
# from the Common Locale Data Repository (babel) and ISO 3166 (pycountry), adjectives in English, Spanish
# and French, further names and cities from ``content/country_words.csv``. Some words are ordinary ones, or
# people's names, as well (``content/ordinary_words.csv``): those of kind ``never`` are not looked for;
# ``capital`` counts only with a capital letter; ``place``, people's names too, only with one and after a word
# such as "in" (kind ``before``), in brackets, or before a word of a ``state`` (Jordan's police); ``given``
# (Israel) also elsewhere, but not before a surname; a ``phrase`` is never about the country, and a
# ``public figure`` never a participant. Adjectives that are also languages of several countries (Spanish,
# Russian) are left out.


NAME, ADJECTIVE, CITY, CODE = "country", "people of a country", "city of a country", "code of a country"
REGION, CURRENCY = "region of a country", "currency of a country"
SPOKEN_LANGUAGE = "language of a country"
FORM = "country in another language"
RULES_OF_COUNTRIES = (NAME, ADJECTIVE, CITY, CODE, REGION, CURRENCY, SPOKEN_LANGUAGE, FORM)
"""The kinds of words that reveal a country, as messages of the gate name them."""

_INFLECTED = ("bs", "cs", "hr", "lt", "lv", "pl", "sk", "sl", "sr_Latn")
"""The languages in Latin letters in which names of countries are inflected. Names in languages with Cyrillic
letters are always found by their stems."""

_ADJECTIVE_LANGUAGES = ("en", "es", "fr")
"""The languages in which the adjectives of countries are searched for. A language is used only if the study
has texts in this language. The adjectives of ``content/country_adjectives.csv`` are always searched for."""

_LANGUAGES_OF_OTHER_SCRIPTS = (
    "am", "ar", "bg", "bn", "el", "fa", "gu", "he", "hi", "hy", "ja", "ka", "kk", "km", "kn", "ko", "ky",
    "lo", "mk", "ml", "mn", "mr", "my", "ne", "or", "pa", "ps", "ru", "si", "sr", "ta", "te", "tg", "th",
    "ti", "uk", "ur", "zh", "zh_Hant")
"""The languages in scripts other than Latin whose names for countries are always searched for. The names
cannot be mistaken for words of a language in Latin letters."""

_OTHER_LANGUAGES = ("de", "es", "fr", "id", "it", "nl", "pl", "pt", "sv", "sw", "tr", "vi")
"""Further languages whose names for countries are always searched for. Most of these names are found only
where they are written with a capital letter."""

_SHORTEST = 4
"""The smallest number of letters in a word that is searched for in capital and small letters; shorter words,
such as UK and DRC, are searched for only in capitals."""
_BEFORE_SHORT_NAMES = (("[\u0e01-\u0e4f]", "ประเทศ", "ชาว", "คน", "ฝั่ง"),
                       ("[\u0e81-\u0ecf]", "ປະເທດ", "ຊາວ", "ຄົນ"))
"""The Thai and Lao words for "country", "people" and "side". A short name of a country is searched for
together with one of these words before it."""
_SIGNS_FOR_SYLLABLES = re.compile("[\u4e00-\u9fff]{2,}|[\u30a0-\u30ff]{3,}|[\uac00-\ud7af]{2,}")
"""The pattern of words in Chinese, Japanese and Korean signs. Such words are searched for even if they have
fewer than four signs, because a sign says more than a letter does."""


def hidden_countries(study: Study, reference: Reference, audience: str) -> set[str]:
    """Returns the countries of a built study that must stay hidden from an audience, both as a country of
    work and as the country of a main office.

    In some of these countries, organisations have only their main office, and no answer is about the country.
    Such a country is left out if a question or an option of the questionnaire names it, because everybody who
    was asked has read the name of the country there.
    """
    if not _is_built(study):
        return set()
    answers, own = (tables.read_table(name, study=study) for name in ("answers", "organisations"))
    worked = tables.read_distinct_rows_across_waves("answers", study=study)["country_id"]
    consent = Consent.from_table(reference.consent, **make_wave_arguments_for_consent(
        reference.waves, study.settings["study"]["wave"]))
    settings = study.settings["disclosure"]
    known = find_visible_work_countries(answers, own, consent, settings, audience=audience)
    known |= find_visible_home_countries(own, consent, settings, audience=audience)
    work, home = {*worked}, {*own["home_country_id"].astype("str")}
    hidden = (work | home) - known - {""}
    asked = fold_case_and_spacing("\n".join([*reference.questions["wording"], *reference.options["label"]]))
    return {one for one in hidden if one in work or not any(
        fold_case_and_spacing(name) in asked for name in list_official_and_common_country_names(one, ["en"]))}


def own_countries(study: Study, organisation_id: str) -> set[str]:
    """Returns an organisation's countries of work and the country of its main office, which the
    organisation's own pages may name."""
    if not _is_built(study):
        return set()
    answers, own = tables.read_distinct_rows_across_waves("answers",
                                                          study=study), tables.read_table("organisations",
                                                                                                     study=study)
    return {*answers.loc[answers["organisation_id"] == organisation_id, "country_id"],
            *own.loc[own["organisation_id"] == organisation_id, "home_country_id"].astype("str")}


def _is_built(study: Study) -> bool:
    return all((study.processed / f"{name}.parquet").is_file() for name in ("answers", "organisations"))


def study_languages(study: Study, reference: Reference) -> list[str]:
    """Returns the languages that occur in a study, English first: the languages of documents, of answers and
    of add-ons' pages."""
    found = {*reference.documents["language"], *_printed_languages(reference)}
    if _is_built(study):
        found |= {*tables.read_distinct_rows_across_waves("answers", study=study)["language"]}
    return ["en", *sorted(found - {"", "en"})]


def _printed_languages(reference: Reference) -> set[str]:
    """Returns the languages in which add-ons' pages print texts."""
    places = (place for own in load_declared_objects("terms") for place in own.languages)
    return {one for table, column in places for one in getattr(reference, table)[column] if one}


def list_words_revealing_hidden_countries(study: Study, reference: Reference,
                                          audience: str) -> dict[str, str]:
    """Returns the words that must not be in the files of an audience, because they reveal a country. Each
    word has its rule, which consists of the kind of word and the id of the country, such as ``city of a
    country: KHM``. The name of a language in which pages print texts (such as Khmer) is left out, because
    forms and pages print this name beside words in the language."""
    hidden = hidden_countries(study, reference, audience)
    languages = study_languages(study, reference) if hidden else []
    written = reference.countries.groupby("country_id")["raw_name"].agg(list).to_dict()
    translated = {fold_case_and_spacing(language_name(one)) for one in _printed_languages(reference)}
    told = [(word, kind, one) for one in sorted(hidden)
            for kind, word in list_words_revealing_country(one, languages, written.get(one, ()))
            if fold_case_and_spacing(word) not in translated]
    found: dict[str, str] = {}
    for word, kind, one in sorted(told, key=lambda row: row[1] == REGION):  # a city needs less beside it
        found.setdefault(word, f"{kind}: {one}")
    return found


def list_words_revealing_country(country_id: str, languages: Collection[str],
                         names_in_raw_files: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
    """Yields the words that reveal one country, each with its kind. ``names_in_raw_files`` has the names that
    raw files use for the country.

    >>> cities = {word for kind, word in list_words_revealing_country("KHM", ["en", "es"]) if kind == CITY}
    >>> cities >= {"Phnom Penh", "Battambang"}
    True
    >>> people = {word for kind, word in list_words_revealing_country("PER", ["es"]) if kind == ADJECTIVE}
    >>> people >= {"peruana", "peruanos", "peruanische", "peruviani"}
    True
    >>> forms = {word for kind, word in list_words_revealing_country("KEN", ["en"]) if kind == FORM}
    >>> forms >= {"kenii", "kenijas"}
    True
    """
    if not country_id.isupper():  # such as `global`, which is not a country
        return
    never = _ordinary()["never"]
    named = [*list_official_and_common_country_names(country_id, {*languages, *_LANGUAGES_OF_OTHER_SCRIPTS}),
             *names_in_raw_files]
    named += [word + name for name in named if len(name) < _SHORTEST
              for script, *words in _BEFORE_SHORT_NAMES if re.match(script, name) for word in words]
    cities = [*_cities(country_id, languages)]
    regions = [region for region in _regions(country_id) if region not in cities]
    yielded: set[str] = set()
    for kind, words in ((NAME, named), (ADJECTIVE, [*_adjectives(country_id, languages)]),
                        (ADJECTIVE, [*_derived_adjectives(country_id, languages)]),
                        (CITY, cities), (REGION, regions), (CURRENCY, _currencies(country_id, languages)),
                        (SPOKEN_LANGUAGE, _own_languages(country_id)),
                        (FORM, _in_other_cases(country_id)),
                        (FORM, [name for name in list_official_and_common_country_names(
                            country_id, _OTHER_LANGUAGES) if name not in named])):
        yield from ((kind, word) for word in words
                    if fold_text(fold_case_and_spacing(word)) not in never
                    and (len(word) >= _SHORTEST or word.isupper() or kind == CURRENCY
                         or _SIGNS_FOR_SYLLABLES.fullmatch(word)) and fold_text(word) not in yielded)
        yielded.update(map(fold_text, words))
    if country_id not in CODES_THAT_ARE_WORDS:
        yield CODE, country_id
    if country := pycountry.countries.get(alpha_3=country_id):
        code = country.alpha_2
        yield from ((CODE, f"{kind}.{code.lower()}") for kind in ("gov", "gob", "gouv", "gub", "edu", "mil"))
        yield from ((CODE, f"{language.split('_')[0]}_{code}")
                    for language in get_global("territory_languages").get(code, ()))
    if country_id in _dialling_codes():
        yield CODE, f"+{_dialling_codes()[country_id]}"
    yield CODE, f"country-{country_id.lower()}"
    if found := pycountry.countries.get(alpha_3=country_id):
        yield CODE, found.flag


def _in_other_cases(country_id: str) -> list[str]:
    """Returns the name of a country with each case ending, in folded letters. Names whose stem is too short
    to reveal the country are left out, so the result may be empty."""
    if not (country := pycountry.countries.get(alpha_3=country_id)):
        return []
    names = [named.get(country.alpha_2, "") for named in map(_territories, _INFLECTED)]
    stems = {strip_case_ending(fold_text(name))[1:] for name in names if name.isalpha()} - {""}
    return [one + ending for one in sorted(stems) if len(one) >= _SHORTEST for ending in _ENDINGS["latin"]]


def list_official_and_common_country_names(country_id: str, languages: Collection[str]) -> list[str]:
    """Returns the names of a country: the official name, the common name, the names in the given
    ``languages``, and further names from the package's own list."""
    found = pycountry.countries.get(alpha_3=country_id)
    kinds = ("name", "common_name", "official_name")
    names = [getattr(found, kind) for kind in kinds if hasattr(found, kind)]
    code = "XK" if country_id in ("KOS", "XKX") else found.alpha_2 if found else ""
    names += [named[code] for named in map(_territories, languages) if code in named]
    names += [re.split(r",|\s?[(（]", name)[0] for name in names]  # Bolivia, Plurinational State of
    return [*dict.fromkeys([*names, *_listed(country_id, "names")])]


def list_phrases_resembling_hidden_countries(hidden: Collection[str],
                                             languages: Collection[str]) -> list[str]:
    """Returns the names of other countries (such as Papua New Guinea) and the phrases (such as Guinea pig)
    that contain a word of a hidden country's name but are not about the hidden country."""
    every = {*languages, *_LANGUAGES_OF_OTHER_SCRIPTS}
    words = {word for one in hidden for name in list_official_and_common_country_names(one, every)
             for word in fold_case_and_spacing(name).split()}
    others = [name for one in pycountry.countries if one.alpha_3 not in hidden
              for name in list_official_and_common_country_names(one.alpha_3, every)]
    telling = {word for one in hidden for _, text in list_words_revealing_country(one, languages)
               for word in fold_text(fold_case_and_spacing(text)).split()}
    signs = {word for word in words if _SIGNS_FOR_SYLLABLES.fullmatch(word)}
    phrases = [phrase for phrase in map_harmless_phrases_to_words()
               if not telling.isdisjoint(fold_text(phrase).replace(",", "").replace("-", " ").split())
               or any(word in phrase for word in signs)]
    return [*phrases, *(name for name in others if any(word in name for word in signs)
                        or len(name.split()) > 1
                        and not words.isdisjoint(fold_case_and_spacing(name).split()))]


def determine_required_case_and_context(word: str, rule: str) -> str:
    """Returns how a word must be written to count as a leak.

    - ``any``: in any way.
    - ``capital``: with a capital letter.
    - ``sum``: in a sum of money.
    - ``place``: with a capital letter, where the words around it show that a country is meant.
    - ``given``, for words that are also given names: either as for ``place``, or with a capital letter where
      no surname follows.
    - ``language``, for words that also name a language: with a capital letter and before a word such as
      "police".

    >>> names = ("Cambodia", "Peru", "Jordan", "UK", "Israel")
    >>> [determine_required_case_and_context(word, NAME) for word in names]
    ['any', 'capital', 'place', 'capital', 'given']
    """
    if rule.startswith((REGION, CURRENCY, SPOKEN_LANGUAGE)):
        return "sum" if rule.startswith(CURRENCY) else "place"
    ordinary, key = _ordinary(), fold_text(fold_case_and_spacing(word))
    for kind in ("place", "given", "language"):
        if key in ordinary[kind]:
            return kind
    is_capital = (key in ordinary["capital"] or rule.startswith((CITY, FORM)) or len(word) < _SHORTEST
                  or word.isupper())
    return "capital" if is_capital else "any"


def list_words_confirming_next_country_name() -> frozenset[str]:
    """Returns words such as "in" and "from"; after one of these words, a name of kind ``place`` means a
    country."""
    return _ordinary()["before"]


def list_words_confirming_preceding_country_name() -> frozenset[str]:
    """Returns words such as "police"; before one of these words, a name of kind ``place`` means a country."""
    return _ordinary()["state"]


@cache
def list_names_of_famous_people() -> list[str]:
    """Returns the names of public figures who may share a given name with a participant."""
    rows = read_packaged_csv(__file__, "ordinary_words.csv")
    return [row["text"] for row in rows if row["kind"] == "public figure"]


def _adjectives(country_id: str, languages: Collection[str]) -> Iterator[str]:
    for language in _ADJECTIVE_LANGUAGES:
        if language in languages:
            for word in _listed(country_id, language):
                yield from _forms(word, language)
    for row in read_packaged_csv(__file__, "country_adjectives.csv"):
        for language in ("de", "it", "pt") if row["country_id"] == country_id else ():
            for word in filter(None, row[language].split("; ")):
                yield from _forms(word, language)


def _derived_adjectives(country_id: str, languages: Collection[str]) -> Iterator[str]:
    """Yields the adjectives, and the words for people, that a rule derives from the names of a country in
    Arabic and in languages with Cyrillic letters. Arabic words are yielded only if Arabic is among the
    ``languages``.

    >>> [*_derived_adjectives("MAR", ["ar"])][:2], "український" in _derived_adjectives("UKR", ["uk"])
    (['مغربي', 'مغربية'], True)
    """
    found = pycountry.countries.get(alpha_3=country_id)
    if found is None:
        return
    for name in list_official_and_common_country_names(country_id, ["ar"]) if "ar" in languages else ():
        if re.fullmatch("[ؠ-ي]{4,}", name):
            root = re.sub("(?:يا|ا|ة|ي)$", "", re.sub("^ال(?=.{3})", "", name))
            yield from (root + end for end in ("ي", "ية", "يون", "يين", "يات"))
    for name in list_official_and_common_country_names(country_id, ("bg", "ky", "mk", "ru", "sr", "uk")):
        name = re.sub(r"^(?:северн|північн|южн|південн)\w+ ", "", name.lower())
        if re.fullmatch("[Ѐ-ԯ]{4,}", name):
            roots = [re.sub(end, "", name) for end in ("[аеийоуыьюяії]$", "[аеийоуыьюяії]{1,2}$", "стан$")]
            yield from dict.fromkeys(
                base + between + end for base in roots for between in ("", "й", "н", "ан", "ій", "ий")
                for end in ("ський", "ець", "ский", "ец", "ски"))
            yield from dict.fromkeys(base + end for base in roots for end in ("ка", "йка", "анка"))


def _own_languages(country_id: str) -> list[str]:
    """Returns the English names of the languages that are used in this country alone, and that many people of
    the country speak.

    >>> _own_languages("SLE"), _own_languages("PAK")
    (['Krio', 'Mende', 'Timne'], ['Sindhi', 'Western Panjabi'])
    """
    country = pycountry.countries.get(alpha_3=country_id)
    names = {Locale("en").languages.get(language, "") for language, users in _users_of_languages().items()
             if country and [*users] == [country.alpha_2] and max(users.values()) >= _FEWEST_SPEAKERS}
    return sorted(name for name in names if len(name) >= _SHORTEST
                  and fold_text(name) not in list_words_also_used_as_names())


@cache
def _users_of_languages() -> dict[str, dict[str, float]]:
    """Returns, for each language, the territories in which the language is official or in use, and for each
    territory the percentage of its people who speak the language."""
    found: dict[str, dict[str, float]] = {}
    for territory, languages in get_global("territory_languages").items():
        for language, use in languages.items():
            if use["population_percent"] >= 1 or use["official_status"] in ("official", "de_facto_official"):
                found.setdefault(language.split("_")[0], {})[territory] = use["population_percent"]
    return found


_FEWEST_SPEAKERS = 5
"""A language reveals a country only if at least this percentage of the country's people speak it."""


@cache
def _countries_by_region() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for region in pycountry.subdivisions:
        found.setdefault(region.name, set()).add(region.country_code)
    return found


@cache
def _every_country() -> frozenset[str]:
    return frozenset(name for country in pycountry.countries
                     for name in list_official_and_common_country_names(country.alpha_3, ["en"]))


@cache
def list_unmistakable_country_names() -> frozenset[str]:
    """Returns the names of all countries in English, Spanish, French and Portuguese, except names that are
    also ordinary words or given names."""
    names = (name for country in pycountry.countries
             for name in list_official_and_common_country_names(country.alpha_3, ["en", "es", "fr", "pt"]))
    return frozenset(name for name in names
                     if determine_required_case_and_context(name, NAME) not in ("place", "given"))


def is_region_of(region: str, country_name: str) -> bool:
    """Whether a province or district (ISO 3166-2) belongs to the country that has the name ``country_name``.

    >>> is_region_of("Pampanga", "Philippines"), is_region_of("Pampanga", "Peru")
    (True, False)
    """
    return any(country_name in list_official_and_common_country_names(found.alpha_3, ["en", "es", "fr", "pt"])
               for code in _countries_by_region().get(region, ())
               if (found := pycountry.countries.get(alpha_2=code)))


def is_us_or_canadian_region_outside(region: str, country_id: str) -> bool:
    """Whether a name is a state of the USA or a province of Canada. The result is false if the name is also a
    region of the country ``country_id``, a country, or a given name. It is also false for New York, Virginia
    and Washington, which mostly mean something else than a state.

    >>> [is_us_or_canadian_region_outside(region, "SEN") for region in ("Missouri", "San José", "New York")]
    [True, False, False]
    """
    own, others = pycountry.countries.get(alpha_3=country_id), _countries_by_region().get(region, set())
    return (not others.isdisjoint(("CA", "US")) and (not own or own.alpha_2 not in others)
            and region not in _every_country() | {"New York", "Virginia", "Washington"}
            and fold_text(region) not in list_unmistakable_first_names())


def is_city_of(city: str, country_name: str) -> bool:
    """Whether ``city`` is one of the main cities of the country that has the name ``country_name``.

    >>> is_city_of("Tripoli", "Libya"), is_city_of("Beirut", "Libya")
    (True, False)
    """
    languages = ["en", "es", "fr", "pt"]
    return any(city in _listed(found.alpha_3, "cities") for found in pycountry.countries
               if country_name in list_official_and_common_country_names(found.alpha_3, languages))


def may_city_name_be_inflected(words: tuple[str, ...], country_id: str) -> bool:
    """Whether a city's name has at least five letters, all of them Latin, and the city is in a country whose
    language adds case endings to names, as in "u Beogradu".

    >>> may_city_name_be_inflected(("novi", "sad"), "SRB"), may_city_name_be_inflected(("lima",), "PER")
    (True, False)
    """
    found = pycountry.countries.get(alpha_3=country_id)
    languages = get_official_languages(found.alpha_2) if found else ()
    return (sum(map(len, words)) >= _FEWEST_OF_REGION and all(word.isascii() for word in words)
            and not {*languages}.isdisjoint({"sr", *_INFLECTED}))


_FEWEST_OF_REGION = 5


@cache
def _regions(country_id: str) -> tuple[str, ...]:
    """Returns the provinces and districts of a country (ISO 3166-2). A province or district is left out if
    its name is short, contains an ordinary word, or is also the name of a country (such as Taiwan) or of a
    province or district of another country."""
    found = pycountry.countries.get(alpha_3=country_id)
    rows = pycountry.subdivisions.get(country_code=found.alpha_2) or [] if found else []
    names = {re.sub(r"\s*[(\[].*| Sheng$| Zizhiqu$| Shi$| oblast$", "", row.name).rstrip("*") for row in rows
             if len(_countries_by_region()[row.name]) == 1}
    ordinary = frozenset().union(*(_ordinary()[kind] for kind in ("name", "place", "never", "region")))
    return tuple(sorted(name for name in names - _every_country() if len(name) >= _FEWEST_OF_REGION
                        and ordinary.isdisjoint(map(fold_text, WORD.findall(name)))))


def _forms(word: str, language: str) -> list[str]:
    """Returns the forms that an adjective has for gender and number.

    >>> _forms("camboyano", "es"), _forms("danés", "es"), _forms("cambodian", "en")
    (['camboyano', 'camboyana', 'camboyanos', 'camboyanas'], ['danés', 'danesa', 'daneses', 'danesas'], \
['cambodian', 'cambodians'])
    """
    if language == "es" and word.endswith("o"):
        return [word[:-1] + end for end in ("o", "a", "os", "as")]
    if language == "es" and word.endswith("és"):
        return [word, *(word[:-2] + end for end in ("esa", "eses", "esas"))]
    if language == "es":
        return [word, word + ("s" if word[-1] in "aeé" else "es")]
    if language == "de":
        return [word, *(word + end for end in ("e", "em", "en", "er", "es"))]
    if language == "it":
        return [word, *(word[:-1] + end for end in ("aei" if word.endswith("o") else "i"))]
    if language == "pt":
        return [word, word + "s"] if word[-1] in "aeiou" and not word.endswith("o") else [
            word, *((word[:-1] if word.endswith("o") else word.replace("ês", "es")) + end
                    for end in ("a", "os" if word.endswith("o") else "es", "as"))]
    if language == "fr":
        return [word, word + "s", word + ("ne" if word.endswith("en") else "e"),
                word + ("nes" if word.endswith("en") else "es")]
    return [word] if word.endswith(("se", "sh", "ss")) else [word, word + "s"]


def _cities(country_id: str, languages: Collection[str]) -> Iterator[str]:
    """Yields the cities of a country: the cities in the packaged list, and the cities after which time zones
    are named. The names of the cities of time zones are also yielded in ``languages``, and in the languages
    whose names are always searched for."""
    yield from _listed(country_id, "cities")
    found = pycountry.countries.get(alpha_3=country_id)
    for zone in _zones().get(found.alpha_2, ()) if found else ():
        yield zone.partition("/")[2].replace("_", " ")
        for locale in _locales({*languages, *_LANGUAGES_OF_OTHER_SCRIPTS, *_OTHER_LANGUAGES, *_INFLECTED}
                               - {"fa", "ps", "ur"}):
            if city := locale.time_zones.get(zone, {}).get("city"):
                yield city


def _currencies(country_id: str, languages: Collection[str]) -> list[str]:
    """Returns the words for the currency of a country. These are the code of the currency, the words that
    ``content/currencies.csv`` lists for the country, and the currency's word in the singular and the plural.
    This word is returned in those of the languages English, Spanish and French that are among the
    ``languages``. The code and the word are left out if people pay with the currency in another country too.
    The word is also left out if another currency has the same word.

    >>> _currencies("NIC", ["en", "es"]), _currencies("KEN", ["en"]), "денари" in _currencies("MKD", [])
    (['NIO', 'córdoba', 'córdobas'], ['KES'], True)
    """
    found = pycountry.countries.get(alpha_3=country_id)
    codes = _tenders(found.alpha_2) if found else ()
    return sorted({word for code in codes for language in _CURRENCY_WORD if language in languages
                   for word in _currency_words(language).get(code, ())}
                  | {*codes, *_local_currencies().get(country_id, ())})


_CURRENCY_WORD = {"en": -1, "es": 0, "fr": 0}
"""The position of the word for the currency in the name of a currency: last in English (Cambodian riel),
first in Spanish and French (riel camboyano)."""


@cache
def _local_currencies() -> dict[str, list[str]]:
    rows = read_packaged_csv(__file__, "currencies.csv")
    return {row["country_id"]: row["words"].split(";") for row in rows}


def _tenders(territory: str) -> list[str]:
    """Returns the currencies with which people pay today in the territory and in no other territory."""
    return [code for code, users in _users_of_currencies().items() if users == [territory]]


@cache
def _users_of_currencies() -> dict[str, list[str]]:
    """Returns, for each currency, the territories in which people pay with it today."""
    found: dict[str, list[str]] = {}
    for territory, currencies in get_global("territory_currencies").items():
        for code, _, until, is_tender in currencies:
            if is_tender and until is None:
                found.setdefault(code, []).append(territory)
    return found


@cache
def _currency_words(language: str) -> dict[str, tuple[str, ...]]:
    """Returns, for each currency, its word in the singular and the plural. A word that several currencies
    have is left out."""
    shared: Counter[str] = Counter()
    found: dict[str, tuple[str, ...]] = {}
    for code in sorted(_users_of_currencies()):
        words = [get_currency_name(code, count, language).split()[_CURRENCY_WORD[language]]
                 for count in (1, 2)]
        found[code] = tuple(dict.fromkeys(words))
        shared.update(set(map(fold_text, words)))
    return {code: tuple(word for word in words if shared[fold_text(word)] == 1)
            for code, words in found.items()}


@cache
def _dialling_codes() -> dict[str, str]:
    """Returns the dialling code of each country that shares its code with no other country."""
    return {row["country_id"]: row["code"] for row in read_packaged_csv(__file__, "dialling_codes.csv")}


@cache
def _zones() -> dict[str, list[str]]:
    """Returns, for each territory, those of its time zones that are named after a city."""
    found: dict[str, list[str]] = {}
    for zone, territory in get_global("zone_territories").items():
        if zone.count("/") == 1:
            found.setdefault(territory, []).append(zone)
    return found


def _locales(languages: Iterable[str]) -> Iterator[Locale]:
    for language in languages:
        if (locale := _locale(language)) is not None:
            yield locale


@cache
def _locale(language: str) -> Locale | None:
    try:
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return None


@cache
def _territories(language: str) -> dict[str, str]:
    """Returns the names of countries in a language, keyed by their codes of two letters; empty if Babel does
    not know the language."""
    locale = _locale(language)
    return dict(locale.territories) if locale else {}


@cache
def _records() -> dict[str, dict[str, str]]:
    return {row["country_id"]: row for row in read_packaged_csv(__file__, "country_words.csv")}


def _listed(country_id: str, column: str) -> list[str]:
    if not (row := _records().get(country_id)):
        return []
    return [word.strip() for word in row[column].split(";") if word.strip()]


def ordinary_words(word_kind: str) -> frozenset[str]:
    """Returns those words in ``content/ordinary_words.csv`` whose kind is ``word_kind``, in folded letters.

    >>> "mrs" in ordinary_words("title"), "grace" in ordinary_words("name")
    (True, True)
    """
    return _ordinary()[word_kind]


@cache
def list_unmistakable_first_names() -> frozenset[str]:
    """Returns common given names of many countries in folded letters; given names that are also ordinary
    words are left out."""
    return frozenset(read_packaged_text(__file__, "first_names.txt").split())


FILE_ENDINGS = ("png",)
"""The codes of countries that are also the endings of file names. Such a code counts only in capital
letters."""


def is_country_code_used_otherwise(alpha_3_code: str, around: str) -> bool:
    """Whether the words around a three-letter code say that it means something else than a country.

    >>> [is_country_code_used_otherwise("MMR", text) for text in ("the MMR vaccination", "MMR: 4 interviews")]
    [True, False]
    """
    cues = _meanings_of_codes().get(alpha_3_code.upper(), ())
    return any(word.startswith(cues) for word in WORD.findall(fold_text(around))) if cues else False


@cache
def _meanings_of_codes() -> dict[str, tuple[str, ...]]:
    """Returns, for each three-letter code that has another meaning, the beginnings of words that show this
    meaning when they are near the code."""
    return {row["country_id"]: tuple(map(fold_text, row["words"].split(";")))
            for row in read_packaged_csv(__file__, "code_meanings.csv")}


@cache
def map_harmless_phrases_to_words() -> dict[str, frozenset[str]]:
    """Returns phrases that contain the name, the people or a city of a country but are not about the
    country, each with its words in small letters."""
    return {phrase: frozenset(phrase.casefold().replace(",", "").split())
            for phrase in read_packaged_text(__file__, "harmless_phrases.txt").splitlines()}


@cache
def list_words_also_used_as_names() -> frozenset[str]:
    """Returns nouns and adjectives of many languages that are also surnames or given names, in folded
    letters."""
    return frozenset(read_packaged_text(__file__, "opening_words.txt").split())


@cache
def _ordinary() -> dict[str, frozenset[str]]:
    words: dict[str, set[str]] = {}
    for row in read_packaged_csv(__file__, "ordinary_words.csv"):
        words.setdefault(row["kind"], set()).add(fold_text(fold_case_and_spacing(row["text"])))
    return {kind: frozenset(each) for kind, each in words.items()}
