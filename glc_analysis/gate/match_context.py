"""Decides whether words that are written like a term count in their context.

Names are often ordinary words too, and words for a country often belong to something else, such as the title
of a journal or a place in another country. Therefore, a term counts only where the text has the capitals and
the neighbouring words that the term needs. :mod:`.name_parts` decides this for parts of names.
"""

from __future__ import annotations

import re

from glc_analysis.gate import name_variants, transcriptions
from glc_analysis.gate.name_parts import CITED_AUTHOR, LONGER_NAME, follows_first_name, is_ordinary
from glc_analysis.gate.name_variants import (
    list_unmistakable_first_names,
    list_words_also_used_as_names,
    list_words_confirming_next_country_name,
    list_words_confirming_preceding_country_name,
    ordinary_words,
)
from glc_analysis.gate.search_terms import IN_OTHER_SCRIPT, PART, PERSON, RULES_OF_COUNTRY_NAMES, Term
from glc_analysis.pseudonyms.masking import fold_text

_AROUND = 80
"""The number of characters before and after the code of a currency in which the gate looks for a word about
what somebody earns or pays, such as "rent"."""
_TITLED = re.compile(r"""(?x) (?:\ (?:and|of|[A-Z]\w+)){0,3}\ (?:Journal|Quarterly|Review)\b
    | :\ (?:[A-Z]\w+\ ){0,3}(?:Books|Elsevier|Palgrave|Polity|Press|Routledge|Sage|SAGE|Springer|Wiley)\b
    | \ (?:I{2,3}|IV)\b | \ (?:Accords?|Agreement|Charter|Convention|Declaration|Principles|Process|Protocol
    |Regulation|Statute|Treaty)\b""")
"""The pattern of words that follow the name of a city or people and make it the beginning of the name of a
journal, publisher or treaty."""
_BEFORE_LONGER = re.compile(r"\b(?:Fort|Lago|Lake|Las|Los|Puerto|Río|San|Santa|São) $")
"""The pattern of words that make a city's name a part of another place's name, such as Los Lagos."""
_INITIALS_OF_AUTHOR = re.compile(r", (?:[A-Z]\.[ -]?){1,3}(?=[,&(]|and\b)")
_ELSEWHERE = re.compile(r"""(?x) (?P<where>,\ (?:on|in|en|the|la|el|capital)\b[^,.;:!?()]{0,50})?
    (?:,\ (?P<region>[^\W\d_][^,.;:()]{2,30})(?=,\ [A-Z]|\ \())?
    (?:\ \((?P<in>[^()]+)\) | ,\ (?P<of>[^\W\d_]+(?:\ [A-Z]\w+)?)(?=[,.;)]|$))""")
"""The pattern of a text that follows a place's name and says in which country the place is."""
_IS_COUNTED = re.compile(r"(?<!\w)[Aa]n? $")
_IS_NOUN = re.compile(r"\s(?:at|degree|diploma|from|in|is|level|or|was)\b|[.,;)]")
"""Two patterns which together show that the letters of a country's code mean a thing and not the country, as
in "an HND in care". ``_IS_COUNTED`` is for the text before the code, and ``_IS_NOUN`` for the text after the
code."""
_IS_RISE = re.compile(r"\d|\s?%|\s(?:per\s?cent|points?|por ciento|pour cent)")
_SUM = re.compile(r"""(?xi) (?:\d | (?<!\w)(?:hundred|thousand|million|few|many|cien|\w*cientos|mil|millones
    |cents?|mille|millions?))s?\ (?:of\ |de\ |d['’])? $""")
"""The pattern of a text that precedes the name of a currency and shows that a sum of money is stated."""
_IS_PAID = re.compile(r"""(?xi) \b(?:earn|salar|rent(?:s|al|ed)?\b|wage|cost|pa(?:y|id)|budget
    |fees?\b|loan|debt|owe|stipend|allowance|expens|charg|gana|sueld|alquil|renta\b|salaire|loyer|co[uû]t|gagne|pag[aoóu]|cuest)""")
"""The pattern of words which say that a sum of money is about what a person or an organisation earns or pays.
Without such a word nearby, the code of a currency may belong to a threshold or an amount in a report."""
_AFTER_SIGN, _BEFORE_SIGN = re.compile(r"[\s\u00a0]?\d"), re.compile(r"\d[\s\u00a0]?$")
_LONGEST_PARTICLE, _FEWEST_SMALL = 3, 3
"""``_LONGEST_PARTICLE`` is the largest number of letters in a word such as "de", which is written with a
small letter inside a name. ``_FEWEST_SMALL`` is the smallest number of words in a name that is found although
all its letters are small."""
_IN_USER_NAME = re.compile(r"[^\W_]+(?:[._][^\W_]+)+")
"""The pattern of words in small letters that are joined as in user names, handles and paths."""
_ADDRESS = re.compile(r"""(?xi) (?:https?://|www\.|@).*
    | .*[\w-]\.(?:com|org|net|ngo|ong|info|edu|gov|int|example|invalid|test)\b.*""")


def has_required_case_and_context(term: Term, text: str, start: int, end: int, *, is_file_name: bool) -> bool:
    """Whether the words of a term, at a position of a text, have the capitals and the neighbouring words that
    the term needs.

    >>> jordan = Term("Jordan", "folded", "", False, "place", "jordan", "jordan")
    >>> label = Term("Second Key", "folded", "", False, "label", "second key", "second")
    >>> [has_required_case_and_context(jordan, text, text.index("J"), text.index("n") + 1, is_file_name=False)
    ...  for text in ("Jordan said", "to Jordan", "(Jordan)", "Jordan's police")]
    [False, True, True, True]
    >>> [has_required_case_and_context(label, text, 4, 14, is_file_name=False)
    ...  for text in ("The second key", "the second-key")]
    [False, True]
    """
    words = text[start:end]
    if term.rule.startswith((name_variants.ADJECTIVE, name_variants.CITY)) and (
            LONGER_NAME.match(text, end) or _TITLED.match(text, end)):
        return False
    if term.rule.startswith(name_variants.CODE) and (
            words.lower() in name_variants.FILE_ENDINGS and not words.isupper()
            or name_variants.is_country_code_used_otherwise(words, text[max(0, start - 60):end + 60])
            or _IS_COUNTED.search(text[max(0, start - 4):start]) and _IS_NOUN.match(text, end)
            or words.isalpha() and (_is_defined(words, text[end:end + 60])
                                 or _is_short_for(words, text[max(0, start - 60):start]))
            or words[0] == "+" and (_IS_RISE.match(text, end) or ordinary_words("telephone").isdisjoint(
                name_variants.WORD.findall(fold_text(text))))):
        return False
    if term.rule.startswith(name_variants.CITY) and (_BEFORE_LONGER.search(text[max(0, start - 8):start])
                                                     or follows_first_name(text[max(0, start - 40):start])):
        return False
    of_city = term.rule[-3:] if term.rule.startswith(name_variants.CITY) else ""
    if term.rule.startswith((*RULES_OF_COUNTRY_NAMES, name_variants.REGION)) and (
            _is_elsewhere(words, text[end:end + 80], of_city) or _INITIALS_OF_AUTHOR.match(text, end)):
        return False
    if term.case == "sum" and term.text.isupper() and not (
            words.isupper() and _IS_PAID.search(text[max(0, start - _AROUND):end + _AROUND])):
        return False
    if term.case == "any" or is_file_name:
        return True
    if term.case in ("heard", IN_OTHER_SCRIPT):
        before = text[max(0, start - 40):start]
        is_other = term.rule == PART and (CITED_AUTHOR.match(text, end)
                                          or _is_behind_other_given_name(term, before))
        written = name_variants.WORD.findall(words)
        is_small = _IN_USER_NAME.fullmatch(words) or term.rule == PERSON and words.islower() and (
            len(transcriptions.split_name_without_particles(words)) >= _FEWEST_SMALL)
        return not is_other and not is_ordinary(words, "") and (
            bool(is_small) and transcriptions.is_alike(term.text, words)
            or all(len(word) <= _LONGEST_PARTICLE for word in written if word[0].islower())
            or term.rule.endswith("organisation") and written[0][0].isupper() and not term.text.islower()
            and has_capitals_of_name(words, term.text))
    if term.case == "misspelt country":
        others = list_unmistakable_first_names(), list_words_also_used_as_names()
        return words.istitle() and not any(fold_text(words) in each for each in others)
    if term.case == "label" and term.text.isupper() and " " not in term.text:
        return words.isupper() or is_in_address(text, start, end)
    if term.case in ("label", "inflected"):
        is_sure = term.case == "label" and (" " not in words or text == text.lower())
        is_other = term.case == "inflected" and " " not in words and is_ordinary(words, "")
        return is_sure or not is_other and any(
            has_capitals_of_name(one, term.text.title() if term.text.islower() else term.text)
            for one in (words, words[::-1]))  # it may be written backwards
    if term.case == "sum" and not term.text.islower():
        return bool(_AFTER_SIGN.match(text, end) or _BEFORE_SIGN.search(text[max(0, start - 3):start]))
    if term.case == "sum":
        return words.islower() and bool(_SUM.search(text[max(0, start - 40):start]))
    if text[start] != text[start].upper() or (
            term.rule.startswith(name_variants.CITY) and not has_capitals_of_name(words, term.text)):
        return False
    if term.case == "capital":
        return True
    before = re.search(r"(\w+)\W*$", text[max(0, start - 24):start])
    after = re.match(r"(?:['’]s?)?\s(\w+)", text[end:end + 24])
    if term.case == "language":
        return bool(after) and fold_text(after[1]) in list_words_confirming_preceding_country_name()
    is_place = (bool(before) and fold_text(before[1]) in list_words_confirming_next_country_name()
                or bool(after) and fold_text(after[1]) in list_words_confirming_preceding_country_name()
                or text[start - 1:start] in ("(", "[") and text[end:end + 1] in (")", "]"))
    return is_place or term.case == "given" and not re.match(r"\s[^\W\d_a-z]", text[end:end + 2])


def _is_behind_other_given_name(term: Term, before: str) -> bool:
    """Whether the text before a surname ends with a given name that does not sound like a word of the
    term."""
    found = re.search(r"([^\W\d_]{3,}) $", before)
    return bool(found) and follows_first_name(before) and not any(
        transcriptions.list_consonant_readings(word) & transcriptions.list_consonant_readings(
            fold_text(found[1])) for word in transcriptions.split_name_without_particles(term.text))


def _is_defined(letters: str, behind: str) -> bool:
    """Whether the text after an abbreviation explains another meaning of the abbreviation.

    >>> [_is_defined("NPL", behind) for behind in (
    ...     " ratio (non-performing loans)", " stands for non-performing loans", " (4 of 7)", " (Nepal)")]
    [True, True, False, False]
    """
    found = re.match(r"[^()]{0,20}\(([^()]+)\)|(?: here)? (?:means|stands for) ([^,.;:()]+)", behind)
    words = re.split(r"[\s-]+", found[1] or found[2]) if found else []
    meaning = [word for word in words if word not in name_variants.CONNECTORS]
    return ("".join(word[:1] for word in meaning).casefold() == letters.casefold()
            or len(words) == 1 and words[0].islower() and bool(re.match(".*".join(letters), words[0], re.I)))


def _is_elsewhere(place: str, behind: str, country_id: str) -> bool:
    """Whether the text after the name of a place says that the place is in another country.

    The text names a country or a region after the place. The place is in another country in one of these
    cases: the country is in brackets; words such as "in" or "capital" are between the place and the country;
    a region of the country is between them; the country has a city with the name of the place; or the text
    after a city names only a region of the USA or Canada. If the audience may not know this country either,
    the country's name is a term of its own.

    >>> [_is_elsewhere("Tripoli", behind, "LBN") for behind in (
    ...     " (Colombia)", ", capital of the Quindío (Colombia)", ", in Baja California Sur, México",
    ...     ", Peru (Chile)", ", Pampanga, Philippines", ", Accra, Philippines", ", Peru.", ", Libya.",
    ...     ", Missouri,")]
    [True, True, True, False, True, False, False, True, True]
    """
    addition = _ELSEWHERE.match(behind)
    if addition is None:
        return False
    country = addition["in"] or addition["of"]
    if country_id and country and not addition["where"] and name_variants.is_us_or_canadian_region_outside(
            country, country_id):
        return True
    return country in name_variants.list_unmistakable_country_names() and (
        bool(addition["where"]) or bool(addition["in"]) and addition["region"] is None
        or addition["region"] is not None and name_variants.is_region_of(addition["region"], country)
        or addition["region"] is None and name_variants.is_city_of(place, country))


def _is_short_for(letters: str, before: str) -> bool:
    """Whether letters in brackets are the abbreviation of the words before the brackets.

    >>> [_is_short_for("KHM", before) for before in (
    ...     "the Kunsthistorisches Museum (", "for her meals (", "a kind home manager (", "Phnom Penh (")]
    [True, False, True, False]
    """
    found = re.search(r"(\w+(?: \w+){1,4}) \($", before)
    words = found[1].split() if found else []
    if "".join(word[0] for word in words[-len(letters):]).upper() == letters:
        return True
    return any(len(words) - n > 1 and re.match(".*".join(letters), "".join(words[n:]), re.I)
               and words[n][0] == letters[0] and words[-1][0] == letters[-1] for n in range(len(words)))


def is_in_address(text: str, start: int, end: int) -> bool:
    """Whether a position is within an internet address, which is written without capitals."""
    word = re.split(r"\s", text[:start])[-1] + text[start:end] + re.split(r"\s", text[end:])[0]
    return bool(_ADDRESS.fullmatch(word.strip("(<[")))


def has_capitals_of_name(text: str, name: str) -> bool:
    """Whether ``text`` has no more words with a small first letter than ``name`` has. If ``name`` is all in
    capitals, ``text`` must be all in capitals too. The function is needed for names that are ordinary words
    when they are written in small letters.

    >>> [has_capitals_of_name(text, "Hope House") for text in ("HOPE HOUSE", "Hope-House", "hope house")]
    [True, True, False]
    >>> [has_capitals_of_name(text, "CURB") for text in ("CURB", "Curb")]
    [True, False]
    """
    def is_capital(word: str) -> bool:
        return word[0] == word[0].upper()

    if name.isupper():
        return text.isupper()
    own, words = (name_variants.WORD.findall(one) for one in (name, text))
    small = sum(not is_capital(word) for word in words if word not in name_variants.CONNECTORS)
    return small <= sum(not is_capital(word) for word in own if word not in name_variants.CONNECTORS)
