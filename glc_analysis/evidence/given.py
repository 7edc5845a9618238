"""The answers to one question after another, spread over the records that they are of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

BY_OPTION = ("single", "scale", "multi")
UNITS = {"organisation": "organisation_id", "answer": "answer_id"}


@dataclass(frozen=True)
class Processed:
    """The cleaned tables that figures are made from."""

    questions: pd.DataFrame
    options: pd.DataFrame
    organisations: pd.DataFrame
    answers: pd.DataFrame
    responses: pd.DataFrame
    selections: pd.DataFrame


@dataclass(frozen=True)
class Given:
    """The answers to one question, one entry a row of organisations or answers, by its unit.

    ``options`` are those that can be in its base, in order, ``ticks`` records x options.
    """

    options: list[str]
    is_asked: np.ndarray
    is_in_base: np.ndarray
    numbers: np.ndarray
    ticks: np.ndarray


def given(data: Processed) -> Iterator[tuple[Any, Given]]:
    """Every question (a row of ``questions``), in order, with the answers to it."""
    lists = dict(iter(data.options.sort_values("position").groupby("option_list")))
    places = {unit: pd.Index(getattr(data, f"{unit}s")[key].astype("str")) for unit, key in UNITS.items()}
    responses, selections = (_by_question(table) for table in (data.responses, data.selections))
    for question in data.questions.itertuples():
        rows, key = responses(question.question_id), UNITS[question.unit]
        chosen = selections(question.question_id).query("is_selected") if question.type == "multi" \
            else rows.assign(option_id=rows["value"])
        yield question, _spread(rows, chosen[chosen["is_in_base"]], _counted(question, lists), key,
                                places[question.unit])


def _by_question(table: pd.DataFrame) -> Callable[[str], pd.DataFrame]:
    """The rows about a question, cut out when they are asked for."""
    found = table.groupby("question_id", observed=True).indices
    return lambda question_id: table.iloc[found.get(question_id, [])]


def _counted(question: Any, lists: dict[str, pd.DataFrame]) -> list[str]:
    """The options of a question that can be in its base, in order."""
    if question.type not in BY_OPTION or question.option_list not in lists:
        return []
    listed = lists[question.option_list]
    outside = ["refused", *(["dont_know"] if question.dont_know == "missing" else [])]
    return list(listed.loc[~listed["kind"].isin(outside), "option_id"])


def _spread(rows: pd.DataFrame, chosen: pd.DataFrame, options: list[str], key: str,
            places: pd.Index) -> Given:
    """The responses to one question, and the options ``chosen``, over all the records of its unit."""
    at, size = _positions(rows[key], places), len(places)
    asked, base = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    numbers, ticked = np.full(size, np.nan), np.zeros((size, len(options)), dtype=bool)
    asked[at], base[at] = rows["missing"].to_numpy() != "not_asked", rows["is_in_base"]
    numbers[at] = rows["value_number"]
    option = _positions(chosen["option_id"], pd.Index(options, dtype="str"))
    ticked[_positions(chosen[key], places)[option >= 0], option[option >= 0]] = True
    return Given(options, asked, base, numbers, ticked)


def _positions(ids: pd.Series, index: pd.Index) -> np.ndarray:
    """Where ids stand in an index; categories are looked up once each."""
    if isinstance(ids.dtype, pd.CategoricalDtype):
        return index.get_indexer(ids.cat.categories)[ids.cat.codes]
    return index.get_indexer(ids)
