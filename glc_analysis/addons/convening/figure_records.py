"""Finds three things: the records that a figure counts, the organisations or answers in the figure's subset,
and the votes on a principle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from glc_analysis.addons.convening.consensus import describe_proxies_and_interests
from glc_analysis.figures.discordance import DISCORDANCE
from glc_analysis.figures.estimates import KINDS, determine_membership
from glc_analysis.figures.groupings import MERGED

Read = Callable[[str], pd.DataFrame]


def find_answers_in_figure_base(read_table: Read, figure: Any, question: Any) -> pd.DataFrame:
    """Returns the answers in the base of a question's figure, with the columns answer_id, organisation_id and
    is_counted (whether the figure counts the answer).

    ``read_table`` returns a processed table by name, ``figure`` is a row of table ``figures``, and
    ``question`` a row of table ``questions``.
    """
    unit, about = question.unit, "question_id == @question.question_id"
    if figure.measure == DISCORDANCE:
        rows = read_table("stated").query(f"{about} and recorded != ''")
        rows = rows[rows["indicator"] == figure.option_id]
        return rows.assign(is_counted=rows["is_discordant"])
    rows = read_table("responses").query(about)
    rows = rows[rows["is_in_base"] | (figure.statistic == "answered") & (rows["missing"] != "not_asked")]
    counted = rows["is_in_base"]
    if question.type == "multi":
        ticked = read_table("selections").query(f"{about} and is_selected")
        ticked = ticked[ticked["option_id"] == figure.option_id]
        counted = rows["answer_id"].isin(ticked["answer_id"])
    elif figure.option_id:
        counted = rows["value"] == figure.option_id
    return rows.assign(is_counted=counted)[rows[f"{unit}_id"].isin(find_members_of_figure_subset(read_table,
                                                                                                 figure,
                                                                                                 unit))]


def find_members_of_figure_subset(read_table: Read, figure: Any, member_kind: str) -> set[str]:
    """Returns the ids of the organisations or answers (``member_kind``) in the figure's subset."""
    ids = read_table(f"{member_kind}s")[f"{member_kind}_id"]
    if figure.subset_kind not in KINDS[1:]:  # a source or document is a property of passages
        return {*ids}
    found = determine_membership(figure.subset_kind, member_kind, read_table("organisations"),
                                 read_table("answers"),
                                 [figure.subset_id] if MERGED in figure.subset_id else ())
    return {*ids.iloc[found.rows[found.subsets == found.names.index(figure.subset_id)]]}


def group_panel_votes_by_principle(read_table: Read) -> dict[str, list[tuple[str, pd.DataFrame]]]:
    """Returns, keyed by principle, one pair per closed round and panel. The pair holds the counts of votes in
    words, and the ratings that are not excluded."""
    counts_by_panel: dict[tuple[str, ...], list[str]] = {}
    for row in read_table("tallies").sort_values("criterion", ascending=False,
                                                 kind="stable").to_dict("records"):
        at = row["principle_id"], row["round_id"], row["version"], row["panel"]
        counts_by_panel.setdefault(at, []).append("; ".join(filter(None, [
            f"{row['criterion']} {row['votes_high']} of {row['n']} high",
            describe_proxies_and_interests(row)])))
    ratings = read_table("ratings")
    ratings = ratings[ratings["excluded"] == ""]
    cast = dict(list(ratings.groupby(["principle_id", "round_id", "panel"])))
    lines: dict[str, list[tuple[str, pd.DataFrame]]] = {}
    for (principle, round_id, version, panel), counts in sorted(counts_by_panel.items()):
        text = f"round {round_id} on {principle}.{version}, {panel.replace('_', ' ')}: {', '.join(counts)}"
        lines.setdefault(principle, []).append((text, cast.get((principle, round_id, panel), ratings[:0])))
    return lines
