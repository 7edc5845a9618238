"""Finds conditions for questions in the pattern of blank cells: a question may have been asked only of
respondents who gave certain earlier answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from glc_analysis.addons.drafting.draft_columns import USE
from glc_analysis.addons.drafting.form import SurveyForm, select_columns_named_by_entry
from glc_analysis.addons.drafting.options import FEWEST, UNSURE
from glc_analysis.intake.survey import RawSurvey
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.text import fold_case_and_spacing

_RARELY = 0.1
"""A condition is suggested only if respondents who did not give the earlier answers hardly ever answered the
question. Two shares are compared: how many of the respondents without the earlier answers answered the
question, and how many of the respondents with the earlier answers did. The first share divided by the second
share must be at most this number."""
_COMPARED_RECORDS = 5_000
"""The largest number of records whose blank cells are compared."""
_MOST_ANSWERS = 40
"""A question with more different answers than this cannot be the earlier question of a condition."""


def draft_condition_rows(questions: pd.DataFrame, option_ids: Mapping[str, Mapping[str, str]],
                         country_column: str,
                         surveys: Sequence[RawSurvey], form: SurveyForm) -> list[dict[str, str]]:
    """Returns a row for each condition that blank cells suggest, with the questions that were answered only
    under this condition. A person decides whether the form had the condition.

    - ``option_ids``: the ids of answers, keyed by option list and by the answer's key.
    - ``country_column``: the name of the column with the country. Under this name, ``option_ids`` has the ids
      of the countries.
    """
    frames = [survey.frame.head(_COMPARED_RECORDS // len(surveys)) for survey in surveys]
    conditions: dict[tuple[str, tuple[str, ...]], list[_Condition]] = {}
    earlier: list[_Choice] = []
    listed = dict(zip(questions["question_id"], questions["option_list"],
                      strict=True)) | {"country": country_column}
    if country_column:
        cells = [_cells(frame, country_column, form) for frame in frames]
        earlier.append(_Choice.from_cells("country", cells))
    for _, question in questions[questions[USE] != "no"].iterrows():
        cells = [_cells(frame, question["columns"], form) for frame in frames]
        is_filled = np.concatenate([(of_file != "").any(axis=1) for of_file in cells])
        if not question["asked_if"] and (only := _only_after(question["question_id"], is_filled, earlier)):
            conditions.setdefault((only.decider, only.answers), []).append(only)
        if question["type"] in ("single", "scale") and question["option_list"] != COUNTRY_LIST:
            choice = _Choice.from_cells(question["question_id"], cells)
            if len(choice.values) <= _MOST_ANSWERS:
                earlier.append(choice)
    rows = []
    for (decider, answers), asked in conditions.items():
        ids = option_ids.get(listed[decider], {})
        chosen = [*dict.fromkeys(filter(None, (ids.get(fold_case_and_spacing(text), "")
                                               for text in answers)))]
        if chosen:
            named = " or ".join(map(repr, answers[:3])) + (" ..." if len(answers) > 3 else "")
            n_inside, n = sum(only.n_inside for only in asked), sum(only.n for only in asked)
            condition = f"== {chosen[0]}" if len(chosen) == 1 else f"in ({', '.join(chosen)})"
            rows.append({
                "how_sure": UNSURE,
                "why": f"{n_inside} of {n} answers are from those whose {decider} is {named}",
                "question_id": " | ".join(only.question_id for only in asked),
                "asked_if": f"{decider} {condition}"})
    return rows


class _Choice(NamedTuple):
    """The answers to an earlier question: the code of each record's answer, and the answers that the codes
    stand for."""

    question_id: str
    codes: np.ndarray
    values: list[str]

    @classmethod
    def from_cells(cls, question_id: str, cells: Sequence[np.ndarray]) -> _Choice:
        values, codes = np.unique(np.concatenate(cells)[:, 0], return_inverse=True)
        return cls(question_id, codes, [*map(str, values)])


class _Condition(NamedTuple):
    """A question that was answered only after certain answers to an earlier question:

    - ``question_id``: the later question;
    - ``decider``: the earlier question;
    - ``answers``: the answers to the earlier question after which the later question was answered;
    - ``n_inside``: how many records with one of these answers answered the later question;
    - ``n``: how many records answered the later question at all.
    """

    question_id: str
    decider: str
    answers: tuple[str, ...]
    n_inside: int
    n: int


def _cells(frame: pd.DataFrame, columns: str, form: SurveyForm) -> np.ndarray:
    """Returns the cells of a question's columns in a file, with "" for empty cells; one column of "" if the
    file lacks the question."""
    names = select_columns_named_by_entry(columns, frame.columns)
    if not names:
        return np.full((len(frame), 1), "", dtype=object)
    cells = frame[names].apply(lambda column: column.str.strip())
    return cells.mask(cells.isin([word for word, _ in form.blank]), "").to_numpy(dtype=object)


def _only_after(question_id: str, is_filled: np.ndarray, earlier: Sequence[_Choice]) -> _Condition | None:
    """Returns the condition that best explains the blank cells of a question. The condition consists of an
    earlier question and some answers to this earlier question; respondents who gave none of these answers
    hardly ever answered the later question. Returns None if no earlier question explains the blank cells."""
    if is_filled.sum() < FEWEST or is_filled.mean() >= 0.9:
        return None
    best, clearest = None, 0.0
    for decider, codes, values in earlier:
        times = np.bincount(codes, minlength=len(values))
        rates = np.bincount(codes, weights=is_filled, minlength=len(values)) / np.maximum(times, 1)
        asked = [n for n, rate in enumerate(rates) if rate >= 0.6 and values[n] and times[n] >= FEWEST]
        others = [n for n in range(len(values)) if n not in asked and values[n]]
        n_asked, n_others = sum(times[n] for n in asked), sum(times[n] for n in others)
        if not asked or n_others < FEWEST:
            continue
        inside, outside = (sum(rates[n] * times[n] for n in group) for group in (asked, others))
        clearness = inside / n_asked - outside / n_others
        is_rare = outside * n_asked <= _RARELY * inside * n_others
        if is_rare and outside <= 0.02 * is_filled.sum() and clearness > clearest + 0.01:
            often_first = sorted(asked, key=lambda n: (-times[n], n))
            answers = tuple(values[n] for n in often_first)
            best = _Condition(question_id, decider, answers, round(inside), int(is_filled.sum()))
            clearest = clearness
    return best
