"""Recognises words in the headings and answers of a form: hints in questions, kinds of options, steps of
scales.

The words are listed without accents, in several languages, in ``content/words.csv``. A group of words with
the same meaning, such as "yes" or "organisation", is called a concept.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import isnan
from pathlib import Path

from glc_analysis.text import fold_case_and_spacing

# ------------------------------
# Hints and kinds of options.


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
def strip_case_accents_and_punctuation(text: str) -> str:
    """Returns a text without case, accents and most punctuation, which is the form in which words are
    searched.

    >>> strip_case_accents_and_punctuation("¿En qué PAÍS vives?")
    'en que pais vives'
    """
    return " ".join(_MARKS.sub(" ", strip_case_accents_and_extra_blanks(text)).split())


def strip_case_accents_and_extra_blanks(text: str) -> str:
    """Returns a text without case, accents and repeated blanks. Punctuation stays.

    >>> strip_case_accents_and_extra_blanks("¿En  qué PAÍS?") == "¿en que pais?"
    True
    """
    folded = fold_case_and_spacing(text).replace("’", "'")
    if not folded.isascii():
        folded = unicodedata.normalize("NFKD", folded)
        folded = "".join(c for c in folded if not unicodedata.combining(c))
    return folded


def mentions_concept(concept: str, text: str) -> bool:
    """Whether a question's text contains a word, or an expression of several words, of a concept. A match
    within a longer word does not count.

    >>> mentions_concept("country", "In what country do you live?"), mentions_concept("count", "The country")
    (True, False)
    """
    return bool(find_first_word_of_concept(concept, text))


def find_first_word_of_concept(concept: str, text: str) -> str:
    """Returns the first word of a concept that a text contains, without case and accents; "" if there is
    none.

    >>> [find_first_word_of_concept("harmful", text) for text in ("Do you call the Police?", "A polite call")]
    ['police', '']
    """
    match = _pattern(concept).search(f" {strip_case_accents_and_punctuation(text)} ")
    return match[0] if match else ""


def is_concept_word(concept: str, text: str) -> bool:
    """Whether an answer is a word of a concept, such as "yes", and nothing else.

    >>> is_concept_word("yes", "Sí"), is_concept_word("yes", "Yes, often")
    (True, False)
    """
    return strip_case_accents_and_punctuation(text) in _words()[concept]


def is_tool_column(name: str) -> bool:
    """Whether a column has a name that survey tools give to their own columns, such as "session_id" or
    "_uuid". The names of columns that KoboToolbox repeats in the sheet of a repeat group also count as such
    names.

    >>> is_tool_column("session_id"), is_tool_column("visits/_index"), is_tool_column("Q1")
    (True, True, False)
    >>> is_tool_column("_submission__tags")
    True
    """
    if name.startswith("_submission__"):
        return True
    last = re.sub(r".*[./]", "", name)
    return is_concept_word("tool", name) or last != name and is_concept_word("tool", last) or bool(
        re.fullmatch(r"rts\d+", name))


def guess_option_kind(label: str) -> str:
    """Returns the proposed kind of an option, judged by its wording. A person reviews the proposal.

    >>> [guess_option_kind(label) for label in ("Other", "Prefer not to say", "No sé qué es Shiny", "Law")]
    ['other', 'refused', 'dont_know', 'substantive']
    """
    text = strip_case_accents_and_punctuation(label)
    for kind in ("refused", "dont_know"):
        if any(text == word or text.startswith(f"{word} ") or f" {word}" in f" {text}" and " " in word
               for word in _words()[kind]):
            return kind
    head = strip_case_accents_and_punctuation(re.sub(r"\(.*", "", label))
    return next((kind for kind in ("other", "none") if text in _words()[kind] or head in _words()[kind]),
                "substantive")


def may_be_direct_identifier(answer: str) -> bool:
    """Whether an answer looks like a person's name, address or number.

    >>> [may_be_direct_identifier(t) for t in ("ana@example.org", "+255 123 456 789", "12 High Street")]
    [True, True, True]
    >>> [may_be_direct_identifier(t) for t in ("2010 - 2015", "$50,000 - $99,999", "Online course")]
    [False, False, False]
    """
    if _TITLED.match(answer):
        return True
    is_found = _DIGIT.search(answer) and _PERSONAL.search(answer)  # all the others hold a digit or an @
    return bool(is_found) and not _DATE_OR_SPAN.fullmatch(answer.strip())


def asks_for_persons_name(heading: str) -> bool:
    """Whether a heading asks for the name of a person. A heading that asks only for the name of an
    organisation does not.

    >>> [asks_for_persons_name(t) for t in ("Name", "2. Name (optional)", "Your name and organisation")]
    [True, True, True]
    >>> [asks_for_persons_name(t) for t in ("Full name of your organisation", "Name of your group", "Why?")]
    [False, False, False]
    """
    bare = re.sub(r"^\W*[a-z]?\d+\W+|[(\[].*?[)\]]", " ", fold_case_and_spacing(heading))
    return is_concept_word("name", bare) or mentions_concept("person",
                                                             _pattern("organisation").sub(" ",
                                                                                          strip_case_accents_and_punctuation(heading)))


def has_link(text: str) -> bool:
    """Whether an answer is a web address, which may lead to a person.

    >>> has_link("https://example.org/ana"), has_link("the web")
    (True, False)
    """
    return bool(re.search(r"https?://|www\.\w", text))


@cache
def _words() -> dict[str, frozenset[str]]:
    return {row["concept"]: frozenset(map(strip_case_accents_and_punctuation, row["words"].split("|")))
            for row in read_word_table("words.csv")}


@cache
def _pattern(concept: str) -> re.Pattern[str]:
    words = sorted(_words()[concept] - {""}, key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, words)) + r")(?!\w)")


def read_word_table(table: str) -> list[dict[str, str]]:
    """Reads the rows of a table of words."""
    path = Path(__file__).with_name("content") / table
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


# ------------------------------
# Which lists of options are the steps of a scale, and which step each option is.
#
# Four kinds of lists have steps: numbers, with or without a label; words of one family whose
# order is known ("never" to "always"); how often in a time ("twice a week"); and one word, or two opposite
# ones, in several degrees ("applies", "rather applies", "does not apply at all"). The words are data:
# ``content/scale_words.csv`` and ``content/degree_words.csv``, in several languages. Which end is high
# nobody says here: a person decides that.


_MOST_STEPS = 11
"""The largest number of steps of a scale whose labels are degrees of one word."""

_NUMBERED = re.compile(r"(\d{1,2})(\s*\+|\s*/\s*\d{1,3}|\s*[-–(:=.]\s*[^\d\s].*|\s*\(.*)?", re.DOTALL)
_NUMBERED_AFTER = re.compile(r"[^\d\s].*?\s*(?:\((\d{1,2})\)|[-–:=]\s*(\d{1,2}))", re.DOTALL)
_LONE_NUMBER = re.compile(r"-?\d{1,3}")
_ALL = 3.0
"""The strength of "completely". "Not at all" has the same strength, but counts as negated."""
_STEM = 4
"""The number of first letters that two forms of a word must share ("applies", "apply")."""


def find_steps_on_known_scale(labels: Sequence[str]) -> list[float] | None:
    """Returns the step of each option on a scale; None if the options are not a known scale.

    The step is nan for three kinds of options:

    - an option such as "don't know";
    - a number among words, which stands for a missing answer;
    - an option that is not a degree of a word, if other options are degrees of that word.

    >>> find_steps_on_known_scale(["Often", "Never", "Sometimes"])
    [5.0, 0.0, 4.0]
    >>> find_steps_on_known_scale(["2/10", "10/10"]), find_steps_on_known_scale(["1 (None at all)", "2", "5"])
    ([2.0, 10.0], [1.0, 2.0, 5.0])
    >>> find_steps_on_known_scale(["Trifft gar nicht zu", "Trifft zu", "Trifft eher zu", "0"])
    [-3.0, 1.0, 0.6, nan]
    >>> find_steps_on_known_scale(["Once a week", "Several times a year", "Every day"])
    [4.0, 1.5, 5.0]
    >>> find_steps_on_known_scale(["Married", "Widowed", "Never married"]) is None
    True
    """
    places = [n for n, label in enumerate(labels) if guess_option_kind(label) == "substantive"
              or guess_option_kind(label) == "none" and len(labels) > 2]
    if sum(not label[:1].isdigit() for label in labels) > 2:
        places = [n for n in places if not _LONE_NUMBER.fullmatch(labels[n].strip())]
    texts = [labels[n] for n in places]
    for steps, fewest in ((_numbered(texts), 2), *((_worded(texts, family), 3) for family in _families()),
                          (_times(texts), 3), (_degrees(texts), 3)):
        known = [step for step in steps if step is not None]
        n_different = len({*known})
        if len(known) == len(texts) and n_different >= max(fewest, len(known) - (len(known) > 3)):
            step_at = dict(zip(places, known, strict=True))
            return [float(step_at.get(n, float("nan"))) for n in range(len(labels))]
    return None


def sort_options_by_known_steps(labels: Sequence[str]) -> tuple[list[str], bool]:
    """Returns the options of a scale sorted from one end to the other, with options without a step last. Also
    returns whether the whole order is known. The order is known if each option that is an answer has a step
    of its own.

    >>> sort_options_by_known_steps(["Good", "Excellent", "OK", "Don't know"])
    (['OK', 'Good', 'Excellent', "Don't know"], True)
    >>> sort_options_by_known_steps(["Now and then", "Never", "Often", "Always"])
    (['Never', 'Often', 'Always', 'Now and then'], False)
    """
    steps = find_steps_on_known_scale(labels)
    if steps is None:
        marks = map_labels_to_known_scale_steps(labels)
        steps = [marks[label][1] if label in marks else float("nan") for label in labels]
    answers = [step for label, step in zip(labels, steps, strict=True)
               if guess_option_kind(label) == "substantive"]
    places = {label: (isnan(step), step if step == step else 0)
              for label, step in zip(labels, steps, strict=True)}
    ordered = sorted(labels, key=lambda label: places[label])
    return ordered, not any(map(isnan, answers)) and len({*answers}) == len(answers)


def map_labels_to_known_scale_steps(labels: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Returns, for each label that begins with a known word of a scale in any language, the family of scales
    and the step on the scale.

    >>> map_labels_to_known_scale_steps(["Meses", "Años", "Han"])
    {'Meses': ('duration', 4), 'Años': ('duration', 5)}
    """
    best: dict[str, tuple[str, int]] = {}
    for family in _families():
        marked = {label: (family, step) for label, step in zip(labels, _worded(labels, family), strict=True)
                  if step is not None}
        if len(marked) > max(1, len(best)):
            best = marked
    return best


def count_labels_with_degree_words(labels: Sequence[str]) -> int:
    """Counts the labels that contain a word of degree or a "not".

    >>> count_labels_with_degree_words(["Rather useful", "Not useful", "A novel"])
    2
    """
    return sum(degree.is_marked for label in labels if (degree := _degree(label)))


# ------------------------------
# Numbers, families of words, and times.


def _numbered(labels: Sequence[str]) -> list[int | None]:
    """Returns the step of each label that consists of a number, alone or with a text after or before it; the
    number is the step. Returns None for other labels."""
    matches = (_NUMBERED.fullmatch(label.strip()) or _NUMBERED_AFTER.fullmatch(label.strip())
               for label in labels)
    return [int(next(filter(None, match.groups()))) if match else None for match in matches]


def _worded(labels: Sequence[str], family: str) -> list[int | None]:
    return [_worded_step(strip_case_accents_and_punctuation(label), family) for label in labels]


def _worded_step(text: str, family: str) -> int | None:
    """Returns the step of a word of a family of scales. The text must begin with the word; for some families,
    the text may also contain the word elsewhere. If the text has several such words, the longest word at its
    beginning is used or, if no word is at its beginning, the longest word. Returns None if there is no such
    word."""
    is_anywhere = family in ("change", "frequency", "expertise")
    ranked = [(text.startswith(word), len(word), rank) for rank, word in _families()[family]
              if text == word or text.startswith(f"{word} ") or is_anywhere and f" {word} " in f" {text} "]
    return max(ranked)[2] if ranked else None


def _times(labels: Sequence[str]) -> list[float | None]:
    """Returns the step of each label that says how often, such as "less than once a month"; None for other
    labels. The steps order the labels by their span of time (day, week, month). Among labels with the same
    span, "less than once a month" comes before "once a month", and "more than once a month" comes after
    it."""
    return [_time(strip_case_accents_and_punctuation(label)) for label in labels]


def _time(text: str) -> float | None:
    if any(is_concept_word(concept, text) for concept in ("no", "none")):
        return 0
    padded = f" {text} "
    spans = [(padded.index(f" {word} "), step) for step, words in _degree_words("time").items()
             for word in words if f" {word} " in padded]
    if not spans:
        step = _worded_step(text, "frequency")
        return float(step > 0) / 2 if step in (0, 1, 2) else None
    span = min(spans)[1]
    for step, words in _degree_words("times").items():
        if any(padded.startswith(f" {word} ") for word in words):
            return span + step
    return span


# ------------------------------
# One word, or two opposite ones, in several degrees.


@dataclass(frozen=True)
class _Degree:
    """A label understood as a degree of a word, such as "rather useful".

    The fields hold the word, the degree of the word, and whether the label contains a word of degree or a
    "not". ``is_weakened`` says whether the "not" stands before the degree, as in "not very useful".
    """

    word: str
    strength: float
    is_negated: bool
    is_weakened: bool
    is_marked: bool

    @property
    def step(self) -> float:
        """Returns the step of the label on a scale from "not at all" to "completely"."""
        if not self.is_negated:
            return self.strength
        return -0.3 if self.is_weakened else -self.strength


def _degrees(labels: Sequence[str]) -> list[float | None]:
    """Returns the step of each label, if the labels are several degrees of one word or of two opposite words.
    Among four or more labels, one label may be a middle of the scale that does not contain the word.

    Each of two opposite words must occur in at least two degrees: "agile", "rather agile", "plan-driven",
    "rather plan-driven". The choice of the word for the low end is arbitrary, except if one of the words is a
    word such as "bad".
    """
    none: list[float | None] = [None] * len(labels)
    if not 3 <= len(labels) <= _MOST_STEPS:
        return none
    degrees = [_degree(label) for label in labels]
    words = [degree.word if degree else "" for degree in degrees]
    positives = [_positive(word, words) for word in words]  # "unlikely" where "likely" stands, too
    stems = [(positive or word)[:_STEM] for word, positive in zip(words, positives, strict=True)]
    repeated = {stem for stem in stems if stem and stems.count(stem) > 1}
    # What says two things, or another word: the middle.
    of_middle = [degree is None or bool(stem) and stem not in repeated
                 for degree, stem in zip(degrees, stems, strict=True)]
    marked = sum(degree.is_marked for degree, is_middle in zip(degrees, of_middle, strict=True)
                 if degree and not is_middle)
    is_one_word = bool(repeated) or marked == len(labels)  # or none at all: "slightly", "very"
    if sum(of_middle) > (len(labels) > 3) or len(repeated) > 2 or marked < 2 or not is_one_word:
        return none
    low = _low_stem(repeated)
    steps: list[float | None] = []
    for degree, is_middle, positive, stem in zip(degrees, of_middle, positives, stems, strict=True):
        if degree is None or is_middle:
            steps.append(0.0 if degree is None or len(repeated) > 1 else float("nan"))
        else:
            is_turned = bool(positive) != (bool(low) and stem == low)
            steps.append(-degree.step if is_turned else degree.step)
    return steps if _are_told_apart(steps, stems, repeated) else none


def _are_told_apart(steps: Sequence[float | None], stems: Sequence[str], repeated: set[str]) -> bool:
    """Whether no two labels have the same step, and each word of ``repeated`` (the words that several labels
    share) occurs in at least two degrees."""
    per_word = ({step for step, of_label in zip(steps, stems, strict=True) if of_label == stem}
                for stem in repeated)
    return len({*steps}) == len(steps) and all(len(of_word) > 1 for of_word in per_word)


@cache
def _degree(label: str) -> _Degree | None:
    """Parses a label as a degree of a word, such as "rather useful". Returns None if the label names two
    words, such as "neither good nor bad"."""
    before_brackets = strip_case_accents_and_punctuation(re.sub(r"[(（].*", "", label))
    text = f" {before_brackets or strip_case_accents_and_punctuation(label)} "
    if text.startswith(tuple(f" {word} " for word in _degree_words("middle")[0.0])):
        return None
    text = text.replace("n't ", " not ")
    marks: dict[str, float] = {}
    for strength, words in _degree_words("degree").items():
        marks |= dict.fromkeys(words, strength)
    marks |= dict.fromkeys(not_at_all := _degree_words("not at all")[_ALL], _ALL)
    mark = max((word for word in marks if f" {word} " in text), key=len, default="")
    if mark:
        text = text.replace(f" {mark} ", " _ ", 1)
    strength, negations = marks.get(mark, 1.0), _degree_words("not")[0.0]
    tokens = text.split()
    nots = [n for n, token in enumerate(tokens) if token in negations]
    others = (token for token in tokens if token not in ("_", *negations, *_degree_words("filler")[0.0]))
    is_weakened = any(tokens[n + 1:n + 2] == ["_"] for n in nots) and strength < _ALL
    return _Degree(next(others, ""), strength, bool(nots) or mark in not_at_all, is_weakened,
                   bool(mark or nots))


def _positive(word: str, words: Sequence[str]) -> str:
    """Returns a word without its beginning if two conditions hold: the beginning means "not", as in
    "unlikely", and one of ``words`` starts with the same letters as the shortened word. Returns ""
    otherwise."""
    for beginning in _degree_words("beginning")[0.0]:
        rest = word.removeprefix(beginning)
        if rest != word and len(rest) >= _STEM and any(other[:_STEM] == rest[:_STEM] for other in words):
            return rest
    return ""


def _low_stem(stems: set[str]) -> str:
    """Returns the word, of two opposite words, that is the low end of the scale."""
    if len(stems) < 2:
        return ""
    low = {word[:_STEM] for word in _degree_words("low")[0.0]}
    return min(stems & low or stems)


# ------------------------------
# The words.


@cache
def _families() -> dict[str, list[tuple[int, str]]]:
    families: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for row in read_word_table("scale_words.csv"):
        families[row["family"]] += [(int(row["rank"]), strip_case_accents_and_punctuation(word))
                                    for word in row["words"].split("|")]
    return dict(families)


@cache
def _degree_words(concept: str) -> dict[float, tuple[str, ...]]:
    """Returns the words of a concept in ``content/degree_words.csv``, keyed by the strength of the words."""
    return {float(row["strength"]): tuple(map(strip_case_accents_and_punctuation, row["words"].split("|")))
            for row in read_word_table("degree_words.csv") if row["concept"] == concept}
