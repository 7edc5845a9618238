"""Guesses the type of question in a column from its heading and answers.

Empty columns, contact data and columns that a survey tool added are left out. A few columns hold no question
but have a role: such columns say who answered, for which country, when or in which language.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import pandas as pd

from glc_analysis.addons.country_names.country_names import find_country_id
from glc_analysis.addons.drafting import words
from glc_analysis.addons.drafting.choices import (
    MANY,
    ColumnGuess,
    are_all_yes_or_no,
    guess_choice_kind_or_text,
    list_single_choice_options_by_file,
)
from glc_analysis.addons.drafting.column_pairs import WEAK
from glc_analysis.addons.drafting.form import FormColumn
from glc_analysis.addons.drafting.options import AnswerOptions, make_option_spelling_key
from glc_analysis.text import NO_DATE, fold_case_and_spacing, language_code, parse_dates_and_explain_fault

NO_QUESTION = "left out"
COLUMN_ROLES = ("organisation", "country", "started", "ended", "language")
"""The roles of columns that describe a record instead of holding a question. Each role is also the name of a
setting below [survey]."""

_LOOKED_AT = 5_000
"""The largest number of distinct answers of a column that are examined; the most frequent answers are
examined."""

_ALIKE = 0.8
"""A column counts as answered alike in two files if at least this share of its answers in one file also occur
in the other file."""
_NEARLY_ALL = 0.95
"""The share of a column's answers that must look like dates for the column to be a column of dates."""
_SIGNED, _MOSTLY, _FEW_VALUES = 0.2, 0.6, 6
"""A column holds percentages if at least the share ``_SIGNED`` of its answers have a per cent sign and at
least the share ``_MOSTLY`` are numbers. If many respondents together gave at most ``_FEW_VALUES`` different
values, these values are options."""
_ROUND, _LARGE = 100, 10_000
"""Numbers are amounts and not codes of options if the highest number is at least ``_LARGE`` and at least half
of the numbers are multiples of ``_ROUND``."""
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_PERCENT = re.compile(r"([+-]?\d+([.,]\d+)?) ?[%٪％]")
_LABELLED = re.compile(r"\d{1,2}\s*[-–(:=/.]\s*\S.*", re.DOTALL)
_DATE = re.compile(
    r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}([ T,]+\d{1,2}:\d{2}.*)?|[^\d]{0,12}\d{1,2}[ .,]+[^\d]{3,12}\d{4}.*")


def guess_column_type(column: FormColumn, known_option_keys: Collection[str] = (), *,
                      is_tool_export: bool = True) -> ColumnGuess:
    """Guesses the type of question in a column. ``known_option_keys`` are the keys of options listed
    elsewhere in the form.

    ``is_tool_export`` says that a survey tool wrote the file. A column with a name that survey tools give to
    their own columns is then not a question. In files not written by a survey tool, a column with such a name
    may be a question, so the guess is unsure.

    >>> from collections import Counter
    >>> def column(wording, **counts):
    ...     return FormColumn((wording,), 1, wording, (Counter(counts),))
    >>> guess_column_type(column("Do you agree?", Yes=9, No=4)).kind
    'single'
    >>> guess_column_type(column("Age", **{"31": 5, "4": 2})).kind
    'number'
    """
    if not column.n_filled:
        return ColumnGuess(NO_QUESTION, "nobody answered", True)
    whole = column
    if any(len(counts) > _LOOKED_AT for counts in column.counts):
        column = replace(column, counts=tuple(
            Counter(dict(counts.most_common(_LOOKED_AT))) for counts in column.counts))
    column = replace(column, counts=count_answers_by_language(column))
    answers = column.total
    tool = _tool_column(column)
    if tool and is_tool_export:
        return tool
    guess = _dates(whole) or next(filter(None, (
        decide(column, answers) for decide in (
            _contacts, _identifiers, _language, _numbers, _country, _organisation))), None)
    guess = guess or guess_choice_kind_or_text(column, answers, known_option_keys)
    if not tool or guess.kind == NO_QUESTION:
        return guess
    if guess.kind in COLUMN_ROLES:
        return replace(tool, is_sure=False)
    doubt = "survey tools add columns of this name, but no tool was recognised: it may be a question"
    return replace(guess, is_sure=False, notes=[*guess.notes, doubt])


def _tool_column(column: FormColumn) -> ColumnGuess | None:
    if words.is_concept_word("started", column.name) or words.is_concept_word("ended", column.name):
        return None
    if words.is_tool_column(column.name):
        return ColumnGuess(NO_QUESTION, "a column that the survey tool adds", True)
    if column.name.startswith("_"):
        return ColumnGuess(NO_QUESTION, "its name begins like the names of columns that tools add", False)
    return None


def _dates(column: FormColumn) -> ColumnGuess | None:
    """Returns the guess that a column holds dates; None if the answers do not look like dates.

    Dates are read as ``glc check`` reads them: the dates of a question in all files together, the times of
    answering in each file separately. If ``glc check`` would refuse the dates, a person decides; until then,
    a question is drafted as a text, and a column with the time of answering is not entered in the settings.
    If only a few answers are not dates, a person is asked about these answers.
    """
    answers, n = column.total, column.n_filled
    if sum(count for text, count in answers.items() if _DATE.fullmatch(text)) < _NEARLY_ALL * n:
        return None
    for role in ("started", "ended"):
        if words.is_concept_word(role, column.name) or words.is_concept_word(role, column.wording):
            for counts in filter(None, column.counts):
                if doubt := parse_dates_and_explain_fault(pd.Series([*counts], dtype="str"))[2]:
                    why = f"the heading is that of a time of answering, {_refused(doubt)}"
                    return ColumnGuess(role, why, False, is_refused=True)
            return ColumnGuess(role, f"{n} dates; the heading is that of a time of answering", True)
    texts = pd.Series([*answers], dtype="str")
    _, wrong, doubt = parse_dates_and_explain_fault(texts)
    n_wrong = sum(answers[text] for text in texts[wrong])
    if doubt == NO_DATE and n_wrong <= (1 - _NEARLY_ALL) * n:
        return ColumnGuess("date", f"{n - n_wrong} dates; {n_wrong} "
                           f"{'answer is not a date' if n_wrong == 1 else 'answers are not dates'}",
                           False, waits=True)
    if doubt:
        return ColumnGuess("text", f"{n} answers look like dates", False, notes=[_refused(doubt)])
    return ColumnGuess("date", f"{n} dates", True)


def _refused(said: str) -> str:
    return (f"`glc check` refuses the answers as dates: {said}; export them again with dates as YYYY-MM-DD, "
            "and draft the tables again")


def _contacts(column: FormColumn, answers: Counter[str]) -> ColumnGuess | None:
    n = answers.total()
    personal = sum(count for text, count in answers.items() if words.may_be_direct_identifier(text))
    heading = _CAMEL.sub(" ", column.wording)  # GpsLatitude, HomeAddress
    n_words = len(column.wording.split())
    is_person = words.asks_for_persons_name(heading) and n_words <= 15
    is_named = is_person or words.mentions_concept("personal", heading) and n_words <= 6
    is_held = is_named and len(answers) > 0.5 * n or is_person and not are_all_yes_or_no(answers)
    if n >= 5 and personal >= 0.5 * n or is_held:
        why = "the heading asks for contact data"
        if personal >= 0.5 * n or personal and not is_person:
            why = f"{personal} of {n} answers look like contact data"
        elif is_person:
            why = ("the heading asks for a person's name, which must not leave the team; if the "
                   "heading asks for the organisation's name, name the column in the settings")
        return ColumnGuess(NO_QUESTION, why, personal >= 0.5 * n and is_named)
    return None


def _identifiers(column: FormColumn, answers: Counter[str]) -> ColumnGuess | None:
    n = answers.total()
    if len(answers) < max(10, 0.98 * n):
        return None
    numbers = [int(text) for text in answers if re.fullmatch(r"\d{1,15}", text)]
    is_numbered = len(numbers) == n and n >= 20
    if is_numbered and all(before < after for before, after in pairwise(numbers)):
        return ColumnGuess(NO_QUESTION, "numbers that rise from record to record", True)
    if is_numbered and re.fullmatch(r"column_\d+", column.wording):
        return ColumnGuess(NO_QUESTION, "no two records have the same number, and the column has no heading",
                           True)
    is_code = sum(bool(re.fullmatch(r"(?=\S*\d)\S{6,}", text)) for text in answers) >= 0.95 * len(answers)
    if is_code:
        return ColumnGuess(NO_QUESTION, "hardly any two records have the same number or code", n >= MANY)
    return None


def _language(column: FormColumn, answers: Counter[str]) -> ColumnGuess | None:
    coded = sum(count for text, count in answers.items() if language_code(text))
    is_named = words.mentions_concept("language", column.wording) and len(column.wording.split()) <= 10
    is_named |= words.is_concept_word("language", column.name)
    if is_named and coded >= 0.95 * answers.total():
        return ColumnGuess("language", f"{len(answers)} languages",
                           words.is_concept_word("language", column.name))
    return None


@dataclass(frozen=True)
class _Numbers:
    """The numbers among the answers of a column. ``by_text`` has each number, keyed by the text that the
    respondent wrote."""

    answers: Counter[str]
    by_text: dict[str, float]

    @classmethod
    def from_answers(cls, answers: Counter[str]) -> _Numbers:
        return cls(answers, {text: float(text.replace(",", ".")) for text in answers if is_number_text(text)})

    @property
    def n_numbers(self) -> int:
        return sum(self.answers[text] for text in self.by_text)

    @property
    def n_others(self) -> int:
        return self.answers.total() - self.n_numbers

    @cached_property
    def values(self) -> list[float]:
        """Returns the different numbers, the lowest first."""
        return sorted({*self.by_text.values()})

    @property
    def is_whole(self) -> bool:
        return all(value % 1 == 0 for value in self.values)

    @property
    def is_small(self) -> bool:
        """Whether all numbers may be steps of a scale."""
        return self.is_whole and self.values[0] >= 0 and self.values[-1] <= 10

    @property
    def is_money(self) -> bool:
        """Whether the numbers look like amounts, and not like codes of options."""
        n_round = sum(self.answers[text] for text, value in self.by_text.items() if value % _ROUND == 0)
        return self.values[-1] >= _LARGE and len(self.values) > 20 and n_round >= self.n_numbers / 2

    @property
    def are_steps_with_labels(self) -> bool:
        """Whether the answers other than bare numbers show that the column is a choice. The answers show a
        choice in two cases: all of them are numbers with a label; or, beside a few numbers, there are one or
        two texts, such as "more than five", that several respondents gave."""
        labels = [text for text in self.answers if text not in self.by_text]
        return bool(labels) and (all(_LABELLED.fullmatch(text) for text in labels) or (
            len(self.by_text) <= 10 and len(labels) <= 2 and self.n_others >= 2 * len(labels)))

    @property
    def span(self) -> str:
        """Returns a phrase with the lowest and the highest number, and with how many answers are not
        numbers."""
        are = "is not a number" if self.n_others == 1 else "are not numbers"
        others = f"; {self.n_others} {'answer' if self.n_others == 1 else 'answers'} {are}"
        return f"from {self.values[0]:g} to {self.values[-1]:g}" + (others if self.n_others else "")


def _numbers(column: FormColumn, answers: Counter[str]) -> ColumnGuess | None:
    """Returns the guess that a column holds numbers, a scale of numbers, or a choice whose options have
    numbers as codes; None for other columns."""
    if percentages := _percentages(column, answers):
        return percentages
    numbers = _Numbers.from_answers(answers)
    if numbers.n_numbers < 0.85 * answers.total() or numbers.are_steps_with_labels:
        return None
    values, are_all = numbers.values, not numbers.n_others
    is_rated = words.mentions_concept("rating", column.wording)
    is_counted = words.mentions_concept("count", column.wording)
    if numbers.is_small and words.mentions_concept("select", column.wording) and not is_rated:
        why = f"whole numbers {numbers.span}; the question asks to select: is it a number, or a scale?"
        return ColumnGuess("single", why, False, options=list_single_choice_options_by_file(column, ()))
    if values in ([0, 1], [1, 2]) and are_all and not is_rated and not is_counted:
        why = f"the numbers {values[0]:g} and {values[1]:g} alone: they may be codes of two options"
        return ColumnGuess("single", why, False, options=list_single_choice_options_by_file(column, ()))
    if numbers.is_small and not is_counted and (are_all or is_rated):
        why = f"whole numbers {numbers.span}" + ("; the question asks to rate" if is_rated else "")
        return ColumnGuess("scale", why, is_rated and are_all,
                           options=_numbered_options(column, int(values[0]), int(values[-1])))
    is_range = is_counted and (len(values) > 5 or values[-1] > 10)
    is_amount = is_range or not numbers.is_whole or numbers.is_money  # else they may be codes of options
    return ColumnGuess("number", f"numbers {numbers.span}", is_amount and are_all, waits=is_amount
                       and not are_all)


def _percentages(column: FormColumn, answers: Counter[str]) -> ColumnGuess | None:
    """Returns the guess ``number`` if many of the answers have a per cent sign; otherwise None.

    The guess is sure if all answers are numbers and the heading asks how many. The result is also None if
    many respondents gave few different values, because such values are the options of a choice.
    """
    n = answers.total()
    values = {text: float((_PERCENT.fullmatch(text) or [text, text])[1].replace(",", "."))
              for text in answers if _PERCENT.fullmatch(text) or _NUMBER.fullmatch(text)}
    n_numbers = sum(answers[text] for text in values)
    signed = sum(answers[text] for text in values if _PERCENT.fullmatch(text))
    if signed < _SIGNED * n or n_numbers < _MOSTLY * n:
        return None
    distinct = sorted({*values.values()})
    is_mixed = any(0 < value < 1 and not _PERCENT.fullmatch(text) for text, value in values.items())
    if n >= MANY and len(distinct) <= _FEW_VALUES and not is_mixed:
        return None
    why = f"{n_numbers} of {n} are numbers or percentages, from {distinct[0]:g} to {distinct[-1]:g}"
    notes = []
    if is_mixed:
        notes.append("some are below 1 without a sign: 0.5 may be 0.5 % or 50 %, and `glc check` asks which")
    if n_numbers < n:
        notes.append("correct the other answers in corrections.csv, or make the question a text")
    return ColumnGuess("number", why, n_numbers == n and not notes
                       and words.mentions_concept("count", column.wording),
                       notes=notes)


def _numbered_options(column: FormColumn, first: int, last: int) -> tuple[AnswerOptions, ...]:
    """Returns the options of a scale of whole numbers, one entry per file. Every number up to ``last`` is an
    option, because the form offers every number, even a number that nobody chose. A scale that ends at 10 or
    below begins at 0 or 1."""
    first = min(first, 1) if last <= 10 else first
    return tuple(AnswerOptions(
        Counter({str(step): counts.get(str(step), 0) for step in range(first, last + 1)}),
        hidden=Counter({text: count for text, count in counts.items() if not re.fullmatch(r"\d{1,2}", text)}))
        for counts in column.counts)


def _country(column: FormColumn, answers: Counter[str]) -> ColumnGuess | None:
    n = answers.total()
    is_named = words.mentions_concept("country", column.wording)
    if not is_named and len(answers) < 3:
        return None
    likely = [text for text, _ in answers.most_common(30)]
    if not is_named and sum(bool(find_country_id(text, in_all_languages=False))
                            for text in likely) < 0.6 * len(likely):
        return None
    known = sum(count for text, count in answers.items() if find_country_id(text))
    if known >= (0.6 if is_named else 0.85) * n:
        return ColumnGuess("country", f"{known} of {n} answers are names of countries",
                           is_named and known >= 0.9 * n)
    return None


def _organisation(column: FormColumn, answers: Counter[str]) -> ColumnGuess | None:
    is_named = words.mentions_concept("organisation", column.wording) and len(column.wording.split()) <= 12
    if is_named and len(answers) > 0.6 * answers.total() and sum(map(len, answers)) / len(answers) < 80:
        return ColumnGuess("organisation", "the heading asks for the organisation, and answers differ", False)
    return None


def is_number_text(text: str) -> bool:
    """Whether an answer is a number; the decimal sign may be a point or a comma.

    >>> is_number_text("-2,5"), is_number_text("2 or 3")
    (True, False)
    """
    return bool(_NUMBER.fullmatch(text))


# ------------------------------
# Files of one language.


def count_answers_by_language(column: FormColumn) -> tuple[Counter[str], ...]:
    """Returns how often each answer was given, with the files of one language counted together.

    Two files count as files of one language under two conditions: most of their answers in the column are the
    same; and their headings are the same, or were reworded in the same language between waves.
    """
    merged: list[tuple[str, Counter[str]]] = []
    for name, counts in zip(column.names, column.counts, strict=True):
        same = next((n for n, (other, known) in enumerate(merged)
                     if (fold_case_and_spacing(name) == fold_case_and_spacing(other)
                         or column.paired_by == WEAK)
                     and _is_answered_alike(counts, known)), None)
        if same is None:
            merged.append((name, Counter(counts)))
        else:
            merged[same][1].update(counts)
    return tuple(counts for _, counts in merged)


def _is_answered_alike(counts: Counter[str], other: Counter[str]) -> bool:
    """Whether at least four of five answers to a column in one of two files also occur in the other file.
    Cells that join several answers are divided before the comparison."""
    parts = [_all_parts(counts) for counts in (counts, other)]
    shared = parts[0].keys() & parts[1].keys()
    return any(sum(of_file[key] for key in shared) >= _ALIKE * max(1, of_file.total()) for of_file in parts)


def _all_parts(answers: Counter[str]) -> Counter[str]:
    """Returns how often each text was given, keyed by the key of the text. Cells are divided at every
    separator before counting."""
    parts: Counter[str] = Counter()
    for text, count in answers.items():
        for part in re.split(r"[;|\n,]", text):
            parts[make_option_spelling_key(part)] += count
    return parts
