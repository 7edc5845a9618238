"""Makes the search for the terms that the readers of files may not see: the names in ``names.csv``, and the
identifiers of a study that its caller gives.

A term is a text with the rule that it breaks. For every term, :class:`Search` lists what is searched for: the
letters of the term, its spellings (:mod:`.name_variants`), its parts (:mod:`.name_parts`), and its other
transcriptions (:mod:`.transcriptions`). The module reads no files; :mod:`.leak_scan` searches them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

import pandas as pd
from anyascii import anyascii

from glc_analysis.gate import name_variants, transcriptions
from glc_analysis.gate.name_parts import (
    list_abbreviations_and_core_names,
    list_core_names_of_place,
    list_parts_of_person_name,
    list_place_names_without_kind_word,
    strip_form_from_unspaced_word,
)
from glc_analysis.gate.name_variants import (
    determine_required_case_and_context,
    list_names_of_famous_people,
    ordinary_words,
)
from glc_analysis.pseudonyms.masking import fold_text
from glc_analysis.text import fold_case_and_spacing, normalise_space

ALLOWED = "allowed"
"""The value that replaces the rule of a text that is not a leak. A term inside a text that is not a leak is
not a leak either."""
OWN_NAME = "own name"
"""The value that replaces the rule of an organisation's name on the organisation's own page, where this name
is not searched for."""
_VARIED = ("name", "organisation", "speaker", "country", "people", "city")
"""The rules whose texts are also searched for in other spellings. The texts of all other rules, such as ids
and checksums, are searched for only in their own spelling."""
RULES_OF_COUNTRY_NAMES = ("country", "people", "city")
"""The beginnings of the rules about the names of countries, of their people and of their cities."""
_SIGNS_OF_ENDINGS = (name_variants.WITH_ENDING, name_variants.WITH_CASE)
PERSON = "name: person"
"""The rule that is broken by the whole name of a person in names.csv."""
PART = "part of a name"
"""The rule that is broken by a surname, a given name or initials without the rest of the name."""
IN_OTHER_SCRIPT = "heard in another script"
"""The value of ``Term.case`` for two words of a longer name. The two words count as a leak only if the text
writes them in another script than the name."""
_SHORTEST_MISSPELT = 7
"""The smallest number of letters in a surname that is also searched for with one wrong letter."""
_SHORTEST_COUNTRY_MISSPELT = 8
"""The smallest number of letters in a country's name that is also searched for with one wrong letter."""
_SHORTEST_INFLECTED = 8
"""The smallest number of letters in a name of one word that is also searched for with any ending."""
_SHORTEST_BACKWARDS = 6
"""The smallest number of letters in a surname that is also searched for written backwards."""
_SHORTEST_RUN_TOGETHER = 9
"""The smallest number of letters in a name in Latin letters that is also found when another script writes all
words of the name as a single word."""
_LONGEST_ABBREVIATION = 6
"""The largest number of letters in an abbreviation that is also searched for with a full stop after each
letter."""
_FEWEST_SOUNDS_OF_A_WORD = 4
_WORDS_OF_A_PHRASE = 2
"""A label of at most this number of words counts as a leak only if it is written with its capitals, because
so few words can follow one another by chance."""


class Term(NamedTuple):
    """A text to search for. ``how`` says how the text matches; ``rule`` is the rule that it breaks;
    ``folded`` has its folded letters; ``word`` is its longest word. ``case`` says how the text must be
    written to count as a leak. The value of ``case`` is ``any``, ``label``, ``heard`` (another
    transcription), a value of :func:`.determine_required_case_and_context`, or the kind of a part of a name,
    such as ``surname``."""

    text: str
    how: str
    rule: str
    is_allowed: bool
    case: str
    folded: str
    word: str


class Spelling(NamedTuple):
    """A sequence of word forms (:mod:`.name_variants`) for which a text is searched to find a term.
    ``is_own`` marks the unchanged form of a term that has only one word. The search for the letters of the
    term already finds the unchanged word, so a spelling with ``is_own`` finds only other words that have the
    same form."""

    forms: tuple[str, ...]
    term: Term
    is_own: bool


class Search:
    """The terms to search for, indexed by their words and spellings, so that a file is searched for all terms
    at once."""

    def __init__(self, terms: Iterable[Term], *, only_persons: bool = False) -> None:
        self.only_persons = only_persons
        self.by_word: dict[str, list[Term]] = {}
        self.without_word: dict[str, list[tuple[frozenset[str], Term]]] = {}
        self.by_form: dict[str, list[Spelling]] = {}
        self.initials: dict[tuple[str, ...], Term] = {}
        self.heard: list[tuple[tuple[str, ...], Term]] = []
        self._misspelt: dict[tuple[str, int], list[str]] = {}
        self._forms: dict[str, tuple[str, ...]] = {}
        self._compounds: dict[str, bool] = {}
        whole: set[str] = set()
        beside: set[str] = set()
        terms = [*terms]
        labels = frozenset(term.folded for term in terms if term.rule.endswith(("organisation", OWN_NAME)))
        terms = [term for term in terms if term.rule != OWN_NAME]
        if only_persons:
            terms = [term for term in terms if term.rule == PERSON or term.is_allowed]
        parts = [each for term in terms for each in _parts(term, labels) if not only_persons]
        for form, part in parts:
            if part.case == "initials":
                self.initials.setdefault(form, part)
            else:
                self.by_form.setdefault(max(form, key=len), []).append(Spelling(form, part, is_own=False))
                whole.update(form if part.case in ("core", "surname") and len(form) == 1
                             and len(form[0]) >= _SHORTEST_MISSPELT else ())
                if part.case == "core" and form[0][0].isalpha() and (
                        len(form) > 1 or len(form[0]) >= _SHORTEST_MISSPELT):
                    self.heard.append((form, part._replace(case="heard")))
        for term in terms:
            if _is_varied(term) and not term.rule.startswith(RULES_OF_COUNTRY_NAMES):
                self.heard += _transcribed(term, with_parts=not only_persons)
            if term.word:
                self.by_word.setdefault(term.word, []).append(term)
            else:
                own = frozenset(term.folded) - {" "}
                self.without_word.setdefault(max(own), []).append((own, term))
            for spelling in _spellings(term):
                self.by_form.setdefault(max(spelling.forms, key=len), []).append(spelling)
                whole.update(spelling.forms)
                beside.update(spelling.forms if len(spelling.forms) > 1 else ())
        run_on = [*((letters, part) for form, part in parts
                    if part.case in ("surname", "given name", "core") and len(form) == 1
                    for letters in name_variants.list_unspaced_forms_with_titles(
                        form[0], is_person=part.rule == PART)),
                  *((term.folded, term) for term in terms
                    if _is_varied(term) and name_variants.has_khmer_letters(term.folded))]
        self.run_on = {name_variants.replace_look_alikes(letters).replace(" ", ""): term
                       for letters, term in run_on}
        self.chinese = {anyascii(term.text): term for term in terms
                        if _is_varied(term) and transcriptions.in_pinyin(term.text)}
        self.breaks = name_variants.map_beginnings_to_broken_words(
            (form for form in whole if form[0] not in ("~", name_variants.MISSPELT, *_SIGNS_OF_ENDINGS)),
            beside)
        every = {form for forms in self.by_form.values() for spelling in forms for form in spelling.forms}
        for form in every:
            if form[0] == name_variants.MISSPELT:
                self._misspelt.setdefault((form[1], len(form) - 1), []).append(form)
        self.stem_starts = {form[1:4].replace("c", "k") for form in every | whole
                            if form[0] == "~"}
        self.with_ending = {form for form in every if form[0] in _SIGNS_OF_ENDINGS}
        self.by_sound: dict[str, set[tuple[int, int]]] = {}
        for n, (words, term) in enumerate(self.heard):
            for k, word in enumerate(words if term.case != IN_OTHER_SCRIPT else ()):
                for sounds in transcriptions.list_consonant_readings(word):
                    self.by_sound.setdefault(sounds, set()).add((n, k))
        self._sounding: dict[str, frozenset[tuple[int, int]]] = {}
        self.whole_names: dict[str, list[tuple[tuple[str, str], str, Term]]] = {}
        self._sounding_as_whole: dict[tuple[str, ...], tuple[Term, ...]] = {}
        unspaced = [((term.folded,), term._replace(case="heard")) for term in terms if term.rule == PERSON
                    and _is_varied(term) and name_variants.is_unspaced(term.folded)]
        for words, term in dict.fromkeys([*self.heard, *unspaced]):
            if len(words) > 1 or name_variants.is_unspaced(words[0]):
                for order in transcriptions.list_word_orders(words, is_person=term.rule == PERSON):
                    name = transcriptions.join_sounds_and_letters(order)
                    for sounds in transcriptions.list_sounds_also_with_one_omitted(name[0]):
                        self.whole_names.setdefault(sounds, []).append(
                            (name, transcriptions.script_of(order[0]), term))
        self.codes = [(re.compile(rf"{form}(?![^\W_])"), number, term)
                      for term in terms if term.rule.startswith("name: ") and not term.is_allowed
                      for form, number in [_code_with_other_signs(term.folded)] if form]

    def list_searched_forms(self, word: str) -> tuple[str, ...]:
        """Returns those forms of a word that occur in a spelling of any term."""
        if word not in self._forms:
            most = 1 + (len(word) >= name_variants.LONG_WORD)
            misspelt = (name for more in range(-most, most + 1)
                        for name in self._misspelt.get((word[0], len(word) + more), ())
                        if name_variants.differ_by_one_letter(word, name[1:]))
            stems = [name_variants.strip_case_ending(word)] if (
                word[:3].replace("c", "k") in self.stem_starts or name_variants.is_cyrillic(word)) else []
            inflected = self.with_ending & name_variants.list_marked_forms_without_ending(word)
            self._forms[word] = (*name_variants.list_forms_for_name_matching(word), *misspelt, *stems,
                                 *inflected)
        return self._forms[word]

    def may_be_name(self, compound: str) -> bool:
        """Whether a folded word with signs inside may be a word of a term, either in one of the term's
        spellings or in a transcription from another script."""
        if compound not in self._compounds:
            word = re.sub(r"\W", "", compound)
            self._compounds[compound] = (
                any(form in self.by_form for form in self.list_searched_forms(word))
                or len(word) > _LONGEST_ABBREVIATION
                and any(not self.heard[n][0][k].isascii() for n, k in self.sounding_like(word)))
        return self._compounds[compound]

    def sounding_like(self, word: str) -> frozenset[tuple[int, int]]:
        """Returns the words of searched names of which ``word`` (in folded letters) may be another
        transcription. Each returned word is a pair of numbers: the position of its name in ``heard`` (the
        list of names that are compared with other transcriptions), and the position of the word in this
        name."""
        if word not in self._sounding:
            could = {place for sounds in transcriptions.list_consonant_readings(word, may_have_ending=True)
                     for place in self.by_sound.get(sounds, ())}
            self._sounding[word] = frozenset(
                (n, k) for n, k in could if transcriptions.may_be_spelling_of_word(self.heard[n][0], k, word))
        return self._sounding[word]

    def list_names_sounding_as_whole(self, words: tuple[str, ...]) -> tuple[Term, ...]:
        """Returns the names of which ``words`` may be another transcription. The words follow one another in
        a text, are in folded letters, and are joined to one word for the comparison."""
        if words not in self._sounding_as_whole:
            written = transcriptions.join_sounds_and_letters(words)
            script = transcriptions.script_of(words[0])
            has_capitals = transcriptions.is_in_script_with_capitals(words[0])
            could = dict.fromkeys(
                each for sounds in transcriptions.list_sounds_also_with_one_omitted(written[0])
                for each in self.whole_names.get(sounds, ()))
            self._sounding_as_whole[words] = tuple(dict.fromkeys(
                term for name, own_script, term in could
                if (own_script != script or has_capitals and term.case != IN_OTHER_SCRIPT)
                and (len(words) > 1 or len(written[0]) > _FEWEST_SOUNDS_OF_A_WORD)
                and transcriptions.is_heard_as_whole(name, written, is_same_script=own_script == script)))
        return self._sounding_as_whole[words]


def _transcribed(term: Term, *, with_parts: bool) -> Iterator[tuple[tuple[str, ...], Term]]:
    """Yields the sequences of words of a name that are compared with other transcriptions, each with its
    term. One sequence has all words of the name; in others, some or all of these words are joined to one
    word. For a person, ``with_parts`` adds the surname alone, the given name alone, and, if the name has more
    than two words, the given name with one other word. For an organisation or place, each word with a joined
    word for its kind, such as "association", is also yielded alone and without the word for the kind
    (:func:`.strip_form_from_unspaced_word`)."""
    heard = term._replace(case="heard")
    for name in name_variants.without_special_letters(term.text):
        words = transcriptions.split_name_without_particles(name)
        is_person = term.rule == PERSON and term.how == "folded"
        if len(words) > 1 or words and not is_person and len(words[0]) >= _SHORTEST_MISSPELT:
            yield words, heard
            yield from ((joined, heard) for joined in _with_abd_joined(words))
        if len(words) > 1 and len("".join(words)) >= _SHORTEST_RUN_TOGETHER and words[0].isascii():
            yield ("".join(words),), heard  # scripts without blanks write it as one word
        yield from (((core,), heard) for word in words
                    if not is_person and (core := strip_form_from_unspaced_word(word)))
        if is_person and with_parts and len(words) > 1 and not transcriptions.has_chinese(name):
            yield words[-1:], heard._replace(rule=PART)
            yield words[:1], heard._replace(rule=PART, case="given name")
            yield from (((words[0], other), heard._replace(case=IN_OTHER_SCRIPT))
                        for other in words[1:] if len(words) > 2)


def _with_abd_joined(words: tuple[str, ...]) -> set[tuple[str, ...]]:
    """Returns the words of a name in which the Arabic word for "servant" is joined to the next word, as many
    people write it (Abdelrahim, عبدالرحيم). The joined words are returned with the article as it is written,
    and with the article as it sounds (Abderrahim). The result is empty for names without the word for
    "servant"."""
    if not {*words[:-1]} & {"عبد", "abd", "abdel", "abdul"}:
        return set()
    joined = re.sub(r"\b(عبد|abd|abdel|abdul) (?=\S)", r"\1", " ".join(words))
    return {tuple(joined.split()), tuple(re.sub("عبدال(?=[تثدذرزسشصضطظن])", "عبد", joined).split())}


def _is_varied(term: Term) -> bool:
    return not (term.how == "whole-word" or term.is_allowed or not term.rule.startswith(_VARIED)
                or re.search(r"\d", term.folded))


@lru_cache(1 << 14)
def _parts(term: Term, labels: frozenset[str]) -> tuple[tuple[tuple[str, ...], Term], ...]:
    """Returns the parts of a name, such as the surname, in their word forms, each with its term. No parts are
    returned for a speaker's name that is one of the ``labels`` of organisations."""
    if not _is_varied(term):
        return ()
    is_speaker = term.rule.startswith("speaker")
    if term.rule.endswith("organisation"):
        parts = [*list_abbreviations_and_core_names(term.text)]
    elif term.rule == "name: place":
        parts = [*list_core_names_of_place(term.text), *list_place_names_without_kind_word(term.text)]
    elif term.rule == "name: other":
        parts = [*list_place_names_without_kind_word(term.text)]
    elif term.rule == PERSON or is_speaker and re.sub(r"\s*\(.*", "", term.folded) not in labels:
        parts = [*dict.fromkeys(part for name in name_variants.without_special_letters(term.text)
                                for part in list_parts_of_person_name(name))]
    else:
        parts = []
    found: list[tuple[tuple[str, ...], Term]] = []
    for kind, words in parts:
        is_person = kind not in ("abbreviation", "core") and not term.rule.endswith(("place", "other"))
        part = term._replace(rule=PART if is_person else term.rule, case=kind)
        usual = words if kind == "initials" else tuple(map(name_variants.replace_look_alikes, words))
        found += [(form, part) for form in dict.fromkeys((words, usual)) if kind != "misspelt"]
        if kind in ("surname", "misspelt") and len(words[0]) >= _SHORTEST_MISSPELT and words[0].isalpha():
            found.append(((name_variants.MISSPELT + words[0],), part._replace(case="misspelt")))
        if kind == "surname" and len(words[0]) >= _SHORTEST_BACKWARDS:
            found.append(((words[0][::-1],), part._replace(case="any")))
        is_long = kind in ("surname", "core") or kind == "given name" and words[0] not in ordinary_words(
            "given word")
        if is_long and (forms := name_variants.mark_words_for_any_ending(words)):
            found.append((forms, part))
        if kind == "core" and len(words) > 1 and all(map(transcriptions.is_in_script_with_capitals, words)):
            found.append((tuple(map(name_variants.strip_case_ending, words)), part))
        if kind in ("surname", "given name") or kind == "core" and len(words) == 1:
            found += [((form,), part) for form in name_variants.list_inflections_of_lone_name(words[0])]
    return tuple(found)


@lru_cache(1 << 14)
def _spellings(term: Term) -> tuple[Spelling, ...]:
    """Returns the spellings in which a term is searched for. The result is empty for texts that are searched
    for only unchanged, such as ids with digits."""
    if not _is_varied(term):
        return ()
    is_person = term.rule == PERSON or term.rule.startswith("speaker")
    is_of_country = term.rule.startswith(RULES_OF_COUNTRY_NAMES)
    names = name_variants.without_special_letters(term.folded if is_of_country else term.text)
    found = [Spelling(forms, term, forms == (term.folded,)) for name in names
             for forms in name_variants.spellings(fold_text(name), is_person=is_person,
                                                  is_exact=term.how == "exact")]
    if is_person and term.how == "folded":
        found += [Spelling(words, term._replace(case="label"), is_own=False)
                  for words in transcriptions.in_pinyin(term.text)]
    words = tuple(name_variants.split_words_without_conjunctions(term.folded))
    if term.rule.startswith(f"{name_variants.NAME}:") and term.folded.isascii():
        found += [Spelling(forms, term._replace(case="misspelt country"), is_own=False)
                  for forms in name_variants.list_misspelt_forms(words, _SHORTEST_COUNTRY_MISSPELT)]
    if term.rule.startswith(name_variants.CITY) and name_variants.may_city_name_be_inflected(
            words, term.rule[-3:]):
        found.append(Spelling(tuple(map(name_variants.strip_case_ending, words)), term, is_own=False))
    is_inflected = not transcriptions.is_in_script_with_capitals(term.folded) if is_of_country else (
        len(words) > 1 or len(term.folded) >= _SHORTEST_INFLECTED)
    if term.how == "folded" and is_inflected and (forms := name_variants.mark_words_for_any_ending(words)):
        found.append(Spelling(forms, term._replace(case="inflected"), is_own=False))
    if term.text.isupper() and term.folded.isalpha() and len(term.folded) <= _LONGEST_ABBREVIATION:
        found.append(Spelling(tuple(term.folded), term, is_own=False))  # with a full stop after each letter
    return tuple(found)


def make_search(names: pd.DataFrame, audience: str, identifier_rules: Mapping[str, str], *,
                only_persons: bool = False) -> Search:
    """Returns the search for the rows of names.csv and for the texts of ``identifier_rules``, each with its
    rule. If the function is called again with the same terms, it returns the same search."""
    rows = names[["name", "match", "kind", "allowed_for"]].itertuples(index=False, name=None)
    return _search(tuple(rows), audience, tuple(identifier_rules.items()), only_persons)


@lru_cache(8)
def _search(rows: tuple[tuple[str, ...], ...], audience: str, known: tuple[tuple[str, str], ...],
            only_persons: bool) -> Search:
    return Search(_terms(rows, audience, _add_harmless_terms(rows, known).items()), only_persons=only_persons)


def _add_harmless_terms(rows: tuple[tuple[str, ...], ...],
                        known: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Returns ``known`` with two kinds of text added, both with the rule :data:`ALLOWED`: the names of public
    figures, and phrases in which the name of a registered place or organisation has another meaning. An
    allowed text is left out if it contains all words of a registered name of several words, because the text
    would hide this name."""
    names, every = [name for name, *_ in rows], name_variants.map_harmless_phrases_to_words()
    listed = {fold_case_and_spacing(text) for text in (*names, *dict(known))}
    places = {fold_text(name) for name, _, kind, _ in rows if kind != "person"}
    phrases = [phrase for phrase in every if not places.isdisjoint(phrase.split())]
    terms = {name: ALLOWED for name in (*list_names_of_famous_people(), *phrases)
             if fold_case_and_spacing(name) not in listed} | dict(known)
    could = frozenset().union(*every.values())
    several = [words for name in names if len(words := {*name.casefold().split()}) > 1 and words <= could]
    return {text: rule for text, rule in terms.items()
            if rule != ALLOWED or not any(words <= every.get(text, frozenset()) for words in several)}


def _terms(rows: Iterable[tuple[str, ...]], audience: str,
           known: Iterable[tuple[str, str]]) -> Iterator[Term]:
    named = [(name, match, f"name: {kind}", audience in re.split(r"[\s,]+", allowed),
              _case_of(name, kind) if match == "folded" else "any") for name, match, kind, allowed in rows]
    exact = {fold_text(name) for name, match, *_ in rows if match == "exact"}
    others = [(text, "folded", rule, rule == ALLOWED,
               "label" if rule == "organisation" and fold_text(text) in exact else _case_of(text, rule))
              for text, rule in known]
    for text, how, *rest in [*named, *others]:
        if (term := _term(text, how, *rest)) is not None:
            yield term


def _code_with_other_signs(folded: str) -> tuple[str, str]:
    """Returns a pattern that finds a name which is a code, such as the code of a case or room, and the
    longest number in the code. The pattern is for folded letters. It finds the code with any signs between
    its parts, or with no signs. The pattern and the number are blank for a name that is not a code.

    >>> form, number = _code_with_other_signs("lkv-2019/b")
    >>> number, [bool(re.fullmatch(form, text)) for text in ("lkv2019b", "lkv 2019-b", "lkv-2019/bc")]
    ('2019', [True, True, False])
    >>> _code_with_other_signs("speaker 2")
    ('', '')
    """
    parts = re.findall(r"[^\W\d_]+|\d+", folded)
    numbers = [part for part in parts if part.isdigit()]
    is_short = len(numbers) == len(parts) and (
        len(numbers) == 1 or len("".join(numbers)) < _FEWEST_DIGITS_OF_NUMBER)
    if not numbers or is_short or len(max(numbers, key=len)) < _FEWEST_DIGITS_OF_CODE:
        return "", ""
    forms = [[*dict.fromkeys((part, name_variants.replace_look_alikes(part)))] for part in parts]
    patterns = ("|".join(map(re.escape, own)) for own in forms)
    apart = (f"(?:{pattern})" if "|" in pattern else pattern for pattern in patterns)
    return r"[\W_]{0,3}".join(apart), max(numbers, key=len)


_FEWEST_DIGITS_OF_CODE, _FEWEST_DIGITS_OF_NUMBER = 3, 9
"""``_FEWEST_DIGITS_OF_CODE`` is the smallest number of digits that the longest number in a code must have.
``_FEWEST_DIGITS_OF_NUMBER`` is for codes without letters: the smallest number of digits that all numbers of
such a code together must have."""


@lru_cache(1 << 14)
def _term(text: str, how: str, rule: str, is_allowed: bool, case: str) -> Term | None:
    if not (folded := fold_text(normalise_space(text)).strip()):
        return None
    words = re.findall("[a-z0-9]+", folded)
    return Term(normalise_space(text), how, rule, is_allowed, case, folded, max(words, key=len, default=""))


def _case_of(text: str, rule: str) -> str:
    if rule.startswith(name_variants.RULES_OF_COUNTRIES) and ": " in rule:
        return determine_required_case_and_context(text, rule)
    words = name_variants.WORD.findall(text)
    is_label = rule == "organisation" and (
        len(words) == _WORDS_OF_A_PHRASE or words == [text] and text.isupper())
    return "label" if is_label else "any"
