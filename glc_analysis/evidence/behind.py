"""The records behind a figure: whose answers were counted, who is in its subset, which votes were cast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from glc_analysis.evidence import subsets
from glc_analysis.evidence.discordance import MEASURE as DISCORDANCE

Read = Callable[[str], pd.DataFrame]


def records(read: Read, figure: Any, question: Any) -> pd.DataFrame:
    """The answers behind a figure of a question: answer_id, organisation_id, is_counted.

    ``read`` gives a processed table by name, ``figure`` is a row of estimates, ``question`` of questions.
    """
    unit, about = question.unit, "question_id == @question.question_id"
    if figure.measure == DISCORDANCE:
        rows = read("stated").query(f"{about} and recorded != ''")
        rows = rows[rows["indicator"] == figure.option_id]
        return rows.assign(is_counted=rows["is_discordant"])
    rows = read("responses").query(about)
    rows = rows[rows["is_in_base"] | (figure.statistic == "answered") & (rows["missing"] != "not_asked")]
    counted = rows["is_in_base"]
    if question.type == "multi":
        ticked = read("selections").query(f"{about} and is_selected")
        ticked = ticked[ticked["option_id"] == figure.option_id]
        counted = rows["answer_id"].isin(ticked["answer_id"])
    elif figure.option_id:
        counted = rows["value"] == figure.option_id
    return rows.assign(is_counted=counted)[rows[f"{unit}_id"].isin(members(read, figure, unit))]


def members(read: Read, figure: Any, unit: str) -> set[str]:
    """The organisations or answers of the figure's subset."""
    ids = read(f"{unit}s")[f"{unit}_id"]
    if figure.subset_kind not in subsets.KINDS[1:]:  # a source or document is told by its passages
        return {*ids}
    found = subsets.membership(figure.subset_kind, unit, read("organisations"), read("answers"))
    return {*ids.iloc[found.rows[found.subsets == found.names.index(figure.subset_id)]]}


def voted(read: Read) -> dict[str, list[tuple[str, pd.DataFrame]]]:
    """By principle each closed round and panel in words, with its ratings that count."""
    said: dict[tuple[str, ...], list[str]] = {}
    for row in read("tallies").sort_values("criterion", ascending=False, kind="stable").itertuples():
        said.setdefault((row.principle_id, row.round_id, row.version, row.panel), []).append(
            f"{row.criterion} {row.votes_high} of {row.n} high")
    ratings = read("ratings")
    ratings = ratings[ratings["held_out"] == ""]
    cast = dict(list(ratings.groupby(["principle_id", "round_id", "panel"])))
    found: dict[str, list[tuple[str, pd.DataFrame]]] = {}
    for (principle, round_id, version, panel), counts in sorted(said.items()):
        text = f"round {round_id} on {principle}.{version}, {panel.replace('_', ' ')}: {', '.join(counts)}"
        found.setdefault(principle, []).append((text, cast.get((principle, round_id, panel), ratings[:0])))
    return found
