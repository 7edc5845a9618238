"""Guesses whether the cells of a column hold one option each, several options each, or texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations

from glc_analysis.addons.drafting import words
from glc_analysis.addons.drafting.form import FormColumn
from glc_analysis.addons.drafting.options import (
    FEWEST,
    SEPARATORS,
    AnswerOptions,
    count_options_in_joined_cells,
    infer_option_order,
    list_answer_options,
    make_option_spelling_key,
)
from glc_analysis.addons.drafting.words import find_steps_on_known_scale, map_labels_to_known_scale_steps

MANY = 40
"""In a column with at least this many answers, a text is taken for an option only if at least five
respondents wrote it; in a column with fewer answers, two respondents are enough."""

_MIXED, _FEW_CELLS = 0.05, 0.02
"""Two shares of a column's cells. The cells are taken to come from two files that were put together if at
least the share ``_MIXED`` of the cells have only one separator, and at least the same share have only another
separator. If the heading does not say that several options may be chosen, a column is a choice of several
options only if at least the share ``_FEW_CELLS`` of the cells hold several options."""
_DIFFERENT, _SHORT = 0.9, 30
"""A column may hold names under two conditions: at least the share ``_DIFFERENT`` of its texts are different
from each other, and the texts have at most ``_SHORT`` letters on average."""
_SENTENCE_ENDS = (".", "!", "?", "。", "។", "؟", "।")
"""The signs that often end a sentence and hardly ever a name."""


@dataclass
class ColumnGuess:
    """The guessed kind of a column (a type of questions.csv, a role, or left out), the reason for the guess,
    and whether the guess is sure.

    - ``options``: the options of a choice, one entry per file.
    - ``separator``: the separator between several options in a cell.
    - ``waits``: whether unreadable answers are the only reason why the guess is unsure; a person is asked
      about unreadable answers once the question is accepted.
    - ``is_refused``: whether ``glc check`` would refuse the column in the role that its heading suggests.
    - ``grid``: the place in the form of the first question of the column's grid (questions with the same
      options); 0 if the column is in no grid.
    """

    kind: str
    why: str
    is_sure: bool
    separator: str = ""
    options: tuple[AnswerOptions, ...] = ()
    notes: list[str] = field(default_factory=list)
    waits: bool = False
    is_refused: bool = False
    grid: int = 0


@dataclass(frozen=True)
class _Spread:
    """The distribution of a column's answers:

    - ``n``: the number of answers;
    - ``n_different``: the number of different answers, where all spellings of an option count as one answer;
    - ``n_variants``: the number of answers that are unusual spellings of an option;
    - ``covered``: the share of answers that several respondents gave;
    - ``length``: the average number of letters.
    """

    n: int
    n_different: int
    n_variants: int
    covered: float
    length: float

    @classmethod
    def from_answers(cls, answers: Counter[str], known: Collection[str], few: int) -> _Spread:
        """Returns the distribution of answers. ``covered`` counts an answer if at least ``few`` respondents
        gave it or if its key is in ``known``."""
        n, spelled, usual = answers.total(), Counter[str](), Counter[str]()
        for text, count in answers.items():
            key = make_option_spelling_key(text)
            spelled[key] += count
            usual[key] = max(usual[key], count)
        given = sum(count for key, count in spelled.items() if count >= few or key in known)
        letters = sum(len(text) * count for text, count in answers.items())
        return cls(n, len(spelled), n - usual.total(), given / n, letters / n)

    @property
    def is_list(self) -> bool:
        """Whether answers repeat often enough to be options of a list."""
        return (self.covered >= 0.7 and self.n_different <= max(12, 0.4 * self.n)
                or self.covered >= 0.95 and self.n_different <= 60)

    @property
    def why(self) -> str:
        return f"{round(100 * self.covered)} % of {self.n} answers are answers that several people gave"


def guess_choice_kind_or_text(column: FormColumn, answers: Counter[str],
                              known_option_keys: Collection[str]) -> ColumnGuess:
    """Guesses whether the answers of a column are a choice of one option, a choice of several options, or
    texts. ``known_option_keys`` are the keys of options listed elsewhere in the form."""
    few = FEWEST if answers.total() >= MANY else 2
    is_several = words.mentions_concept("several", column.wording)
    if joined := _joined(column, answers, known_option_keys, few, is_several):
        return joined
    spread = _Spread.from_answers(answers, known_option_keys, few)
    if spread.is_list:
        return _listed(column, answers, known_option_keys, spread, is_several)
    return _text(answers, spread, is_several)


def _listed(column: FormColumn, answers: Counter[str], known: Collection[str], spread: _Spread,
            is_several: bool) -> ColumnGuess:
    """Returns a guess for a column whose answers repeat: a scale, several options in a cell, or one option of
    a list. The notes of the guess are the reasons to doubt it."""
    asks_personal = words.asks_for_persons_name(column.wording) or any(
        words.mentions_concept(concept, column.wording) for concept in ("personal", "place"))
    options = list_single_choice_options_by_file(column, known)
    if asks_personal and len(column.wording.split()) <= 8 and not are_all_yes_or_no([*answers]):
        options = tuple(AnswerOptions(hidden=Counter(counts)) for counts in column.counts)
    labels = [label for of_file in options for label in of_file.counts]
    notes = [f"{spread.n_variants} answers differ from an option only in their spelling"
             ] if spread.n_variants else []
    if asks_personal:
        notes.append("the heading may ask for a name or a place")
    if next((find_steps_on_known_scale([*of_file.counts]) for of_file in options if len(of_file.counts) > 1),
            None):
        return ColumnGuess("scale", spread.why, False, options=options,
                           notes=["its options are steps: is it a scale?", *notes])
    if several := _few_joined(column, labels, options, known):
        return several
    marks = map_labels_to_known_scale_steps(labels)
    if len({*marks.values()}) > 2 and len(labels) - len(marks) <= len(column.counts):
        return ColumnGuess("scale", spread.why, False, options=options,
                           notes=["all but one of its options are steps: is it a scale?", *notes])
    is_typed = spread.n_variants >= max(3, 0.03 * spread.n)
    is_enough = spread.n >= (MANY / 2 if are_all_yes_or_no(labels) else MANY)
    is_clear = spread.covered >= 0.85 and is_enough and not is_typed and not asks_personal
    doubts = [*_list_doubts(column, options, labels, len(marks), is_clear, is_several)]
    return ColumnGuess("single", spread.why, is_clear and not doubts, options=options,
                       notes=[*notes, *doubts])


def _list_doubts(column: FormColumn, options: Collection[AnswerOptions], labels: Collection[str],
                 n_marked: int,
                 is_clear: bool, is_several: bool) -> Iterator[str]:
    """Yields the reasons to doubt that a column is a choice of one option. A heading that asks how much, or
    that allows several options, is always a reason. The options, or a missing heading, are a reason only if
    the answers by themselves clearly show a choice (``is_clear``)."""
    is_plain, is_doubted = are_all_yes_or_no(labels), False
    if is_clear and n_marked >= max(2, 0.5 * len(labels)) and not is_plain:
        yield "some options are steps: is it a scale?"
        is_doubted = True
    elif words.mentions_concept("rating", column.wording) and not is_plain:
        yield "the heading asks how much: is it a scale?"
        is_doubted = True
    if is_clear and not is_doubted:
        has_other_half = is_plain and any(of_file.hidden for of_file in options)
        if len(labels) < 2 and not has_other_half:
            yield "only one answer was given often enough to be listed"
        elif len(labels) > 2 and " " not in column.wording.strip():
            yield "the export does not say what was asked: is it a scale?"
    if is_several:
        yield "the heading allows several options, and no cell has several"


def _text(answers: Counter[str], spread: _Spread, is_several: bool) -> ColumnGuess:
    """Returns the guess that a column holds texts. The guess is unsure if answers repeat or may be names, if
    there are fewer than ten answers, or if the heading allows several options."""
    sentences = sum(count for text, count in answers.items() if text.strip().endswith(_SENTENCE_ENDS))
    are_names = (spread.n_different >= _DIFFERENT * spread.n and spread.length <= _SHORT
                 and sentences < spread.n / 3)
    is_sure = (spread.covered < 0.3 or spread.length > 60) and not are_names
    notes = ["nearly every answer is another short text: they may be names of persons or organisations"]
    return ColumnGuess("text", f"{spread.why}; {round(spread.length)} letters on average",
                       is_sure and spread.n >= 10 and not is_several, notes=notes if are_names else [])


def are_all_yes_or_no(labels: Collection[str]) -> bool:
    """Whether all answers are yes or no; answers such as "don't know" are ignored."""
    answers = [label for label in labels if words.guess_option_kind(label) == "substantive"]
    return bool(answers) and all(
        words.is_concept_word("yes", label) or words.is_concept_word("no", label) for label in answers)


def list_single_choice_options_by_file(column: FormColumn,
                                       known_option_keys: Collection[str]) -> tuple[AnswerOptions, ...]:
    """Returns the options of a column with one option per cell, one entry per file."""
    return tuple(list_answer_options(counts, known_option_keys) for counts in column.counts)


# ------------------------------
# Several options in a cell.


@dataclass(frozen=True)
class _Division:
    """The result of dividing the cells of a column at a separator:

    - ``several``: the share of cells that hold several frequent options;
    - ``covered``: of all options in the cells, the share that are frequent options;
    - ``is_weak``: whether only few cells show that a label contains the separator;
    - ``others``: the separators that some cells have instead of the main separator.
    """

    separator: str
    several: float
    covered: float
    is_weak: bool
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Divider:
    """Divides the answers of a column into options.

    A text is an option if at least ``few`` respondents gave it or if its key is in ``known``. Less evidence
    of several options per cell is needed if the heading allows several options (``is_several``).
    """

    answers: Counter[str]
    known: Collection[str]
    few: int
    is_several: bool

    def find_best_division(self) -> _Division | None:
        """Returns the division by the separator that divides most cells; None if no separator divides enough
        cells."""
        best: _Division | None = None
        dividing = []
        for separator in SEPARATORS:
            is_same_mark = best is not None and separator == best.separator.strip()  # without its blank
            if is_same_mark or not self._is_held(separator):
                continue
            division = self._divide(separator)
            if division.covered < self._enough:
                continue
            if division.several >= (0.005 if self.is_several else _FEW_CELLS) and (
                    best is None or division.several > best.several):
                best = division
            if division.several >= _FEW_CELLS:
                dividing.append(separator)
        if best is not None:
            mark = best.separator.strip()
            if others := tuple(other for other in dividing if other.strip() != mark):
                best = self._divide(best.separator, others)
        for separator, other in _two_marks(self.answers):
            division = self._divide(separator, (other,))
            several = best.several if best is not None else 0
            if division.covered >= self._enough and division.several > several + _MIXED:
                best = division
        return best

    @property
    def _enough(self) -> float:
        return 0.4 if self.is_several else 0.7

    def _is_held(self, separator: str) -> bool:
        """Whether enough cells contain a separator for the separator to be considered."""
        held = sum(count for text, count in self.answers.items() if separator in text)
        return held >= (1 if self.is_several or self.answers.total() < MANY else 2)

    def _divide(self, separator: str, others: tuple[str, ...] = ()) -> _Division:
        answers = _with_one_mark(self.answers, separator, others) if others else self.answers
        parts, cells, is_weak = count_options_in_joined_cells(answers, separator)
        frequent = {part for part, count in parts.items()
                    if count >= self.few or self.known and make_option_spelling_key(part) in self.known}
        several = sum(count for of_cell, count in cells
                      if len({*of_cell}) > 1 and frequent.issuperset(of_cell))
        covered = sum(parts[part] for part in frequent) / max(1, sum(parts.values()))
        return _Division(separator, several / answers.total(), covered, is_weak, others)


def _two_marks(answers: Counter[str]) -> Iterator[tuple[str, str]]:
    """Yields each pair of separators of which many cells contain only the first, and many other cells only
    the second. Such a pair is a sign that two files were put together."""
    n = answers.total()
    for first, second in permutations((";", "|", ","), 2):
        alone = [sum(count for text, count in answers.items() if mark in text and other not in text)
                 for mark, other in ((first, second), (second, first))]
        if min(alone) >= max(FEWEST, _MIXED * n):
            yield first, second


def _joined(column: FormColumn, answers: Counter[str], known: Collection[str], few: int,
            is_several: bool) -> ColumnGuess | None:
    """Returns the guess that each cell holds several options; None if no separator divides enough cells. Some
    cells must hold two or more texts that are also frequent as whole cells."""
    division = _Divider(answers, known, few, is_several).find_best_division()
    if division is None:
        return None
    n, separator = answers.total(), division.separator
    notes = []
    if division.is_weak:
        notes.append("labels that contain the separator were put together; only few cells show that this is "
                     "right")
    if division.others:
        notes.append(f"other cells hold several options with a {SEPARATORS[division.others[0]]} between them")
        column = replace(column, counts=tuple(
            _with_one_mark(counts, separator, division.others) for counts in column.counts))
    whole = sum(count for text, count in answers.items() if count >= few) / n
    is_rare = division.several < 0.1
    is_mostly_single = not is_several and whole > 0.9 and is_rare
    is_sure = n >= 20 and (is_several or not is_rare and division.covered >= 0.85) and not (
        division.others or is_mostly_single)
    why = (f"{round(100 * division.several)} % of {n} cells hold several frequent options, with a "
           f"{SEPARATORS[separator]} between them" + ("; the question allows several" if is_several else ""))
    return ColumnGuess("multi", why, is_sure, separator,
                       _several(column, separator, known, is_weak=division.is_weak), notes)


def _several(column: FormColumn, separator: str, known: Collection[str], *,
             is_weak: bool = False) -> tuple[AnswerOptions, ...]:
    """Returns the options of a column whose cells hold several options, one entry per file."""
    options = []
    for counts in column.counts:
        parts, cells, _ = count_options_in_joined_cells(counts, separator)
        of_file = list_answer_options(parts, known)
        of_file.order = infer_option_order(_by_label(cells, of_file), of_file.counts)
        of_file.is_merged_by_few = is_weak
        options.append(of_file)
    return tuple(options)


def _few_joined(column: FormColumn, labels: Collection[str], options: Collection[AnswerOptions],
                known: Collection[str]) -> ColumnGuess | None:
    """Returns the guess that each cell may hold several options, for a column in which only few cells hold
    several options. At least half of the cells that are not a single option must join options of the
    column."""
    keys = {make_option_spelling_key(label) for label in labels}
    rare = sum((of_file.hidden for of_file in options), Counter())
    for separator, between in SEPARATORS.items():
        joined = {text: n for text, n in rare.items()
                  if len(parts := text.split(separator)) > 1
                  and keys.issuperset(map(make_option_spelling_key, parts))}
        if (n := sum(joined.values())) and n >= rare.total() / 2:
            cells = "cell joins" if n == 1 else "cells join"
            return ColumnGuess("multi", f"{n} {cells} options of the column, with a {between} between", False,
                               separator, _several(column, separator, known), ["may several be chosen?"])
    return None


def _with_one_mark(counts: Counter[str], separator: str, others: Sequence[str]) -> Counter[str]:
    """Returns the cells after replacing the separators ``others`` by ``separator``. A cell that already
    contains ``separator`` is not changed."""
    divided: Counter[str] = Counter()
    for text, count in counts.items():
        if separator not in text:
            for mark in others:
                text = text.replace(mark, separator)
        divided[text] += count
    return divided


def _by_label(cells: list[tuple[list[str], int]], options: AnswerOptions) -> list[tuple[list[str], int]]:
    labels = {make_option_spelling_key(label): label for label in options.counts}
    return [([labels.get(make_option_spelling_key(part), part) for part in parts], count) for parts,
            count in cells]
