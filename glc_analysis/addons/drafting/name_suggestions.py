"""Suggests rows for names.csv: names, addresses and numbers that occur in the texts and are not in names.csv
yet. People decide which suggestions to use.

The search finds speakers' names, capitalised words, e-mail addresses, links, complete dates (a date of birth
looks like any other date), postal addresses and phone numbers. With the optional dependency ``privacy`` it
also finds account and card numbers. The search does not find names in scripts without capitals (Khmer,
Arabic), names in small letters, and people who are described without a name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import dropwhile

import pandas as pd

from glc_analysis.pseudonyms.contacts import COMPLETE_DATE, CONTACT_FORMS
from glc_analysis.pseudonyms.masking import complete_pseudonym_key, read_pseudonym_key
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from glc_analysis.tables import read_table
from glc_analysis.text import normalise_space

SUGGESTED_KINDS = ("speaker", "e-mail", "link", "date of birth", "address", "phone", "name")

_OTHER_FORMS = {kind: re.compile(rf"(?x){form}") for kind, form in {
    "speaker": r"(?:\A|(?<=\n\n)) (?:[^\s:]{1,40}[ ]){0,4} [^\s:]{1,40} (?=:[ ])",
    "date of birth": COMPLETE_DATE,
    "address": r"""\b\d{1,5}[A-Za-z]?,?[ ] (?:[\w.'’-]{1,30}[ ]){1,3}
            (?:Street|St|Avenue|Ave|Road|Rd|Lane|Drive|Boulevard|Square)\b
        | \b\d{1,5},?[ ] (?:rue|boulevard|avenue) (?:[ ][\w'’-]{1,30}){1,4}
        | \b[\w'’-]{1,30} (?:straße|strasse|straat|gatan|gade)[ ] \d{1,4}\b
        | (?<!\w) (?i:calle|avenida|av\.|carrera|jirón|rua|via|jalan|jl\.|улица|ул\.|p\.?[ ]?o\.?[ ]box
            |apartado) [ ][^\n,;:]{0,40}?,?[ ]? (?:n[.º°o]{0,2}[ ]?|\#[ ]?)? \d{1,5}\b""",
}.items()}
_FORMS = {kind: (CONTACT_FORMS | _OTHER_FORMS)[kind] for kind in SUGGESTED_KINDS if kind != "name"}
_WORD = re.compile(r"[^\W\d_](?:[\w'’\u0300-\u036f-]*[\w\u0300-\u036f])?")
_I = re.compile(r"I(?:['’]\w+)?")
_TITLE = re.compile(r"(?:Dr|Dra|Mr|Mrs|Ms|Prof|Rev|Sr|Sra|Srta|St|[^\W\d_])")
_PARTICLE = re.compile("al|bin|d[aeiou]s?|del|de[nr]|el|ibn|l[aeo]s?|of|v[ao]n")
_NEW_SENTENCE = re.compile(r"[.?!…:\n\0]")

Word = re.Match[str]


def suggest_unlisted_names_and_account_numbers(study: Study,
                                               masked_interviews_and_calls: Iterable[str]) -> pd.DataFrame:
    """Returns suggestions for names.csv from the masked texts: interviews and calls
    (``masked_interviews_and_calls``), and open answers.

    The result has the rows of :func:`suggest_names_in_texts` and :func:`suggest_account_and_card_numbers`,
    without names that are part of a pseudonym.
    """
    segments = read_table("segments", study=study)
    answers = segments.loc[segments["speaker_id"] == "", "text"]
    reference = read_reference(study)
    pseudonyms = {*complete_pseudonym_key(reference.names, read_pseudonym_key(study.key_file)).values(),
                  *reference.names["pseudonym"], *reference.speakers["speaker_id"]}
    texts = [*masked_interviews_and_calls, *answers]
    suggested = pd.concat([part for part in (suggest_names_in_texts(texts),
                                             suggest_account_and_card_numbers(texts)) if len(part)]
                          or [suggest_names_in_texts([])], ignore_index=True).drop_duplicates("name")
    return suggested[[not any(name in pseudonym for pseudonym in pseudonyms) for name in suggested["name"]]]


def suggest_names_in_texts(texts: Iterable[str]) -> pd.DataFrame:
    """Returns suggestions for names.csv: one row per name and kind, sorted by kind and frequency.

    The columns are:

    - name;
    - kind: one of `SUGGESTED_KINDS`;
    - count: how often the name occurs in all texts together;
    - context: some words around its first occurrence.

    Consecutive capitalised words count as one name. If the words begin a sentence, all of them count only if
    the same words also occur within a sentence; otherwise the first word is left out.

    >>> text = "Yesterday Ana López called 555 010 9988. She spoke of Ana López."
    >>> suggested = suggest_names_in_texts([text])
    >>> suggested[["name", "kind", "count"]].values.tolist()
    [['555 010 9988', 'phone', 1], ['Ana López', 'name', 2]]
    """
    suggestions: list[tuple[str, str, str]] = []
    openings: list[tuple[str, list[Word]]] = []
    for text in texts:
        formed, rest = _find_forms(text)
        suggestions += [_suggestion(text, kind, *span) for kind, span in formed]
        for words, opens in _capitalised(rest):
            if opens:
                openings.append((text, words))
            else:
                suggestions.append(_suggestion(text, "name", words[0].start(), words[-1].end()))
    suggestions += _sentence_openings(openings, {name for kind, name, _ in suggestions if kind == "name"})
    counts = Counter((kind, name) for kind, name, _ in suggestions)
    context = {(kind, name): words for kind, name, words in reversed(suggestions)}
    rows = [(name, kind, n, context[kind, name]) for (kind, name), n in counts.items()]
    rows.sort(key=lambda row: (SUGGESTED_KINDS.index(row[1]), -row[2], row[0]))
    frame = pd.DataFrame(rows, columns=["name", "kind", "count", "context"])
    return frame.astype({"name": "str", "kind": "str", "count": int, "context": "str"})


def _find_forms(text: str) -> tuple[list[tuple[str, tuple[int, int]]], str]:
    """Finds the passages that are recognised by their form, such as e-mail addresses. Returns the passages,
    each with its kind and position, and a copy of the text in which a null character stands in place of each
    character of the passages."""
    formed, left = [], text
    for kind, form in _FORMS.items():
        if kind == "speaker" and not text.endswith("\n"):
            continue  # only in a canonical text, which ends in a line break, do turns begin with a name
        for match in form.finditer(left):
            formed.append((kind, match.span()))
        left = form.sub(lambda match: "\0" * len(match[0]), left)
    return formed, left


def _capitalised(text: str) -> Iterator[tuple[list[Word], bool]]:
    """Yields runs of capitalised words (``Casa de la Mujer``), each with whether the run begins a
    sentence."""
    run: list[Word] = []
    between: list[Word] = []
    opens, last = False, None
    for word in _WORD.finditer(text):
        gap = text[last.end() if last else 0:word.start()]
        is_short = last is not None and gap == ". " and bool(_TITLE.fullmatch(last[0]))
        is_capital = word[0][0].isupper() and not _I.fullmatch(word[0])
        goes_on = run and (gap == " " or is_short)
        if goes_on and is_capital:
            run += [*between, word]
            between = []
        elif goes_on and _PARTICLE.fullmatch(word[0]):
            between.append(word)
        else:
            if run:
                yield run, opens
            run, between = [word] if is_capital else [], []
            opens = last is None or bool(_NEW_SENTENCE.search(gap)) and not is_short
        last = word
    if run:
        yield run, opens


def _sentence_openings(openings: Sequence[tuple[str, list[Word]]],
                       known: Set[str]) -> Iterator[tuple[str, str, str]]:
    """Yields the names at the beginnings of sentences. If the run of capitalised words also occurs within a
    sentence, the name is the whole run; if not, the name is the run without its first word."""
    rests = [list(dropwhile(lambda word: word[0].islower(), words[1:])) for _, words in openings]
    known = known | {_text_of(text, rest) for (text, _), rest in zip(openings, rests, strict=True) if rest}
    for (text, words), rest in zip(openings, rests, strict=True):
        if shown := words if _text_of(text, words) in known else rest:
            yield _suggestion(text, "name", shown[0].start(), shown[-1].end())


def _text_of(text: str, words: Sequence[Word]) -> str:
    return text[words[0].start():words[-1].end()]


def _suggestion(text: str, kind: str, start: int, end: int) -> tuple[str, str, str]:
    before, after = text[max(0, start - 80):start].split()[-4:], text[end:end + 80].split()[:4]
    return kind, normalise_space(text[start:end]), " ".join([*before, *text[start:end].split(), *after])


# ------------------------------
# Account, card and national numbers, found by Presidio where the extra ``privacy`` is installed.
#
# Only its patterns are used, which need no language model. Those for e-mail addresses and links are left
# out: they would ask the network for a list of domains, and the search above finds both.


_NEEDS_NETWORK = ("EMAIL_ADDRESS", "URL")


def suggest_account_and_card_numbers(texts: Iterable[str]) -> pd.DataFrame:
    """Returns suggestions for account and card numbers: one row per number, with the columns of
    :func:`suggest_names_in_texts`. Returns no rows if Presidio is not installed."""
    counts: Counter[tuple[str, str]] = Counter()
    recognisers = _recognisers()
    for text in texts:
        for recogniser in recognisers:
            for result in recogniser.analyze(text, recogniser.supported_entities, None):
                counts[text[result.start:result.end], result.entity_type.lower().replace("_", " ")] += 1
    rows = [(name, kind, count, "") for (name, kind), count in sorted(counts.items())]
    return pd.DataFrame(rows, columns=["name", "kind", "count", "context"])


def _recognisers() -> list:
    try:
        from presidio_analyzer import PatternRecognizer, RecognizerRegistry
    except ImportError:
        return []
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers()
    return [recogniser for recogniser in registry.recognizers if isinstance(recogniser, PatternRecognizer)
            and not {*recogniser.supported_entities} & {*_NEEDS_NETWORK}]
