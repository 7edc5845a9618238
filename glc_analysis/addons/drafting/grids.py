"""Finds grids, which are several questions that offer the same list of options, and guesses the type of their
questions."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from glc_analysis.addons.drafting import words
from glc_analysis.addons.drafting.choices import (
    ColumnGuess,
    are_all_yes_or_no,
    list_single_choice_options_by_file,
)
from glc_analysis.addons.drafting.column_types import count_answers_by_language, is_number_text
from glc_analysis.addons.drafting.form import FormColumn
from glc_analysis.addons.drafting.options import make_option_spelling_key
from glc_analysis.addons.drafting.words import count_labels_with_degree_words, find_steps_on_known_scale
from glc_analysis.text import fold_case_and_spacing

_ALIKE = 0.8
"""A question fits the other questions of a grid if at least this share of its answers are options of the
other questions, or if it lists at least this share of their options."""
_FEWEST_QUESTIONS, _MOST_STEPS = 3, 7
"""``_FEWEST_QUESTIONS`` is the smallest number of questions with the same list that make a grid; two
questions are enough if the survey tool marks the items of a grid. A list that is not a known scale is taken
for a scale if words of degree or a heading show this; ``_MOST_STEPS`` is the largest number of options that
such a list may have."""
_ITEM = re.compile(r"\s*(\[[^\]]*\]\s*|\s[-–:>|]\s[^-–:>|]*)$", re.DOTALL)
_ITEM_CODE = re.compile(r"([A-Za-z]\w*)\[[^\]]+\]")
_ITEM_NUMBER = re.compile(r"[_.\[(]?[a-zA-Z]{0,3}\d+[\])]?$")


def guess_grid_types(columns: Collection[FormColumn], guesses: dict[int, ColumnGuess],
                     wordings: Mapping[str, str]) -> dict[int, ColumnGuess]:
    """Returns new guesses for the questions that belong to a grid, keyed by the place of the column. The type
    of each question is inferred from all questions of its grid. ``wordings`` has the text of each answer that
    is a code.

    The questions of a grid share their options. A question shares the options of the other questions if at
    least four of five answers to the question are such options, or if the question lists nearly all such
    options. If the survey tool marks the items of a grid, one shared option is enough. The questions of a
    grid also share one of three features:

    - the code before the item in their names (``Q2`` of ``Q2[SQ001]``);
    - their heading without the item;
    - their name without the number at its end.

    The questions of a grid are scales if one of them is a scale, or if all their options together are a known
    scale. A grid of at least three questions with three to seven options consists of scales, too, if half of
    the options contain a word of degree or if a heading asks how much.
    """
    guessed: dict[int, ColumnGuess] = {}
    for grid in _grids(columns, guesses):
        of_grid = [guesses[column.place] for column in grid]
        labels = {label for guess in of_grid for label in _grid_labels(guess)}
        listed = {key for guess in of_grid for key in _listed_keys(guess)}
        is_numbers = all(is_number_text(label) for label in labels)
        is_scale = _is_of_scales(grid, of_grid, labels, wordings)
        for column, guess in zip(grid, of_grid, strict=True):
            merged = replace(column, counts=count_answers_by_language(column))
            options = guess.options if is_numbers else list_single_choice_options_by_file(merged, listed)
            guess = replace(guess, options=options, grid=grid[0].place)
            if is_scale and guess.kind != "scale" or guess.kind == "text":
                why = f"{guess.why}; one of {len(grid)} questions that offer the same few options"
                guess = replace(guess, kind="scale" if is_scale else "single", why=why, is_sure=False)
            guessed[column.place] = guess
    return guessed


def _is_of_scales(grid: Collection[FormColumn], guesses: Collection[ColumnGuess], labels: Collection[str],
                  wordings: Mapping[str, str]) -> bool:
    """Whether the questions of a grid are scales. The questions are scales if one of them is taken for a
    scale, or if their options are the steps of a known scale. The questions of a grid with few options are
    also scales if words of degree or a heading show that the options are steps."""
    if any(guess.kind == "scale" for guess in guesses) or _are_steps(guesses, wordings):
        return True
    steps = sorted(make_option_spelling_key(label) for label in labels if not is_number_text(label))
    if len(grid) < _FEWEST_QUESTIONS or not 2 < len(steps) <= _MOST_STEPS:
        return False
    return count_labels_with_degree_words(steps) >= max(2, len(steps) / 2) or any(
        words.mentions_concept("rating", column.wording) for column in grid)


def _grids(columns: Collection[FormColumn], guesses: dict[int, ColumnGuess]) -> Iterator[list[FormColumn]]:
    """Yields the columns of each grid, in the order of the form."""
    stems: dict[tuple[str, bool], list[FormColumn]] = {}
    for column in columns:
        guess = guesses.get(column.place)
        if guess and guess.kind in ("single", "scale", "text") and column.n_filled:
            stems.setdefault(_grid_stem(column), []).append(column)
    for (_, is_marked), members in stems.items():
        fewest = 2 if is_marked else _FEWEST_QUESTIONS
        members = [column for column in members if not are_all_yes_or_no(_grid_labels(guesses[column.place]))]
        while len(members) >= fewest:
            first = max(members, key=lambda column: len(_grid_labels(guesses[column.place])))
            grid = _alike(first, members, guesses, is_marked=is_marked)
            fitting = [column for column in grid
                       if is_marked and guesses[column.place].kind != "text"
                       or _fits(column, guesses, [other for other in grid if other is not column])]
            if len(fitting) >= fewest:
                yield sorted(fitting, key=lambda column: column.place)
            members = [column for column in members if column not in (first, *grid)]


def _alike(first: FormColumn, members: Collection[FormColumn], guesses: dict[int, ColumnGuess], *,
           is_marked: bool) -> list[FormColumn]:
    """Returns those ``members`` that offer the same options as the column ``first``, or as a column already
    added to the grid."""
    grid: list[FormColumn] = []
    keys = _shared_keys(guesses[first.place], is_marked=is_marked)
    while more := [column for column in members if column not in grid
                   and _is_of_grid(column, guesses[column.place], keys, is_marked=is_marked)]:
        grid += more
        keys = keys.union(*(_shared_keys(guesses[column.place], is_marked=is_marked) for column in more))
    return grid


def _grid_stem(column: FormColumn) -> tuple[str, bool]:
    """Returns the part that the questions of a grid share in their names or headings, and whether the survey
    tool marks the differing part as an item.

    >>> _grid_stem(FormColumn(("Q2[SQ001]",), 1, "[I like it]", ()))
    ('Q2', True)
    """
    if match := _ITEM_CODE.match(column.name):
        return match[1], True
    heading = _ITEM.sub("", column.wording) if _ITEM.search(column.wording) else ""
    is_marked = bool(heading) and column.wording.rstrip().endswith("]")
    return heading or _ITEM_NUMBER.sub("", column.name), is_marked


def _grid_labels(guess: ColumnGuess) -> list[str]:
    """Returns the labels of those options of a question that somebody chose, without "don't know" and similar
    options."""
    return [label for options in guess.options for label, count in options.counts.items()
            if count and words.guess_option_kind(label) == "substantive"]


def _listed_keys(guess: ColumnGuess) -> set[str]:
    """Returns the keys of all those listed options of a question that somebody chose."""
    return {make_option_spelling_key(label) for options in guess.options for label,
            n in options.counts.items() if n}


def _shared_keys(guess: ColumnGuess, *, is_marked: bool) -> set[str]:
    """Returns the keys of the options by which a question is assigned to a grid. Numbers are left out, except
    if the survey tool marks the question as part of a grid."""
    return {make_option_spelling_key(label) for label in _grid_labels(guess) if is_marked
            or not is_number_text(label)}


def _is_of_grid(column: FormColumn, guess: ColumnGuess, keys: set[str], *, is_marked: bool) -> bool:
    """Whether a question belongs to a grid with the options ``keys``. If the survey tool marks the question
    as part of the grid, one answer that is an option of the grid is enough; otherwise at least four of five
    answers must be options of the grid."""
    if is_marked:
        return not keys.isdisjoint(map(make_option_spelling_key, column.total))
    return len(keys & _shared_keys(guess, is_marked=False)) > 1 and _is_answered_by(column, keys)


def _fits(column: FormColumn, guesses: dict[int, ColumnGuess], others: Collection[FormColumn]) -> bool:
    """Whether a question fits ``others``. The question fits if at least four of five of its answers are
    options of the other questions, or if it lists nearly all options of the other questions."""
    theirs = set().union(*(_listed_keys(guesses[other.place]) for other in others))
    return _is_answered_by(column, theirs) or len(
        theirs & _listed_keys(guesses[column.place])) >= _ALIKE * len(theirs)


def _is_answered_by(column: FormColumn, keys: set[str]) -> bool:
    """Whether at least four of five answers in a column are options whose keys are in ``keys``."""
    known = sum(count for text, count in column.total.items() if make_option_spelling_key(text) in keys)
    return known >= _ALIKE * column.n_filled


def _are_steps(grid: Collection[ColumnGuess], wordings: Mapping[str, str]) -> bool:
    """Whether all options of a grid are the steps of a known scale in at least one of the files."""
    by_file: dict[int, dict[str, str]] = {}
    for guess in grid:
        for n, options in enumerate(guess.options):
            labels = (wordings.get(fold_case_and_spacing(label), label) for label in options.counts)
            by_file.setdefault(n, {}).update({make_option_spelling_key(label): label for label in labels})
    return any(find_steps_on_known_scale([*labels.values()]) is not None
               for labels in by_file.values() if len(labels) > 1)
