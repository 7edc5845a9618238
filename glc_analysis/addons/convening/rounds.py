"""Opens a rating round with the exact texts that it asks about.

An open round asks about the texts that rounds.csv records for the round. :func:`plan_round_and_texts` returns
the rows of rounds.csv including the new round, and the texts to print on its forms.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date

import pandas as pd

from glc_analysis.addons.convening.principles import add_printed_ids_and_mark_current
from glc_analysis.errors import Fault, Faults, GLCError, UsageError, suggest_name
from glc_analysis.reference import Reference
from glc_analysis.study import WITHDRAWN, Study
from glc_analysis.writing import write_atomic

_KEY = ["principle_id", "version"]


def plan_round_and_texts(reference: Reference, round_id: str, *, today: date,
                         without: Collection[str] = ()) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Returns the rows of rounds.csv including the rows of the round ``round_id``, and the texts that the
    round asks about. Nothing is written.

    A new round, opened today, asks about every current text that is a candidate (neither agreed nor set aside
    nor replaced). The principles ``without``, which somebody decided to leave out, are not asked about. A row
    of the round without ``text_version`` gets the ``text_version`` of the current text. The texts are rows of
    principles.csv in the source language, with ``printed_id`` and ``text_version``, in the order of the
    round.

    Raises Faults if the round is closed, if the round has no principle to ask about, or if a text changed
    after the round had issued the text. Raises UsageError if ``round_id`` cannot be the name of a round, if a
    principle to leave out is not a candidate, or if ``without`` names a principle although the round exists
    already.
    """
    if not re.fullmatch(r"\w[\w.-]*", round_id):
        raise UsageError(f"{round_id!r} cannot be the name of a round. To fix: use letters, digits, dot, "
                         "dash and underscore.")
    texts = add_printed_ids_and_mark_current(reference.principles)
    texts = texts[texts["translation_of"] == ""]
    rounds = reference.rounds
    is_new = round_id not in set(rounds["round_id"])
    if without and not is_new:
        raise UsageError(f"Round {round_id} exists already. To fix: use --without only with a new round.")
    if is_new:
        new = _candidates(texts, without).assign(round_id=round_id, opened_on=today.isoformat(), closed_on="",
                                                 is_sealed="")
        new.index += max(rounds.index, default=1) + 1
        rounds = pd.concat([rounds, new[rounds.columns]])
    round_rows = rounds[rounds["round_id"] == round_id]
    issued = round_rows.reset_index(names="at").merge(texts.reset_index(names="row"), "left", _KEY,
                                              suffixes=("_issued", ""))
    if faults := list(_faults(issued, round_id)):
        raise Faults(faults)
    is_unstamped = (rounds["round_id"] == round_id) & (rounds["text_version"] == "")
    stamps = pd.Series(issued["text_version"].to_list(), index=round_rows.index, dtype="str")
    rounds = rounds.assign(text_version=rounds["text_version"].mask(is_unstamped, stamps))
    return rounds, issued[texts.columns]


class RoundClosed(GLCError):
    """The error raised if a round is closed and takes no more votes."""


def select_rows_refusing_closed_round(rounds: pd.DataFrame, round_id: str) -> pd.DataFrame:
    """Returns the rows of rounds.csv of an open round. Raises UsageError for an unknown round, and
    RoundClosed for a closed round."""
    round_rows = rounds[rounds["round_id"] == round_id]
    if round_rows.empty:
        raise UsageError(f"There is no round {round_id!r}; {suggest_name(round_id, rounds['round_id'])}. "
                         f"To fix: open it with `glc forms --round {round_id}`.")
    if (round_rows["closed_on"] != "").any():
        closed_on = round_rows["closed_on"].max()
        raise RoundClosed(f"Round {round_id} was closed on {closed_on}: no more votes can be given. To fix: "
                          f"if a form must still count, reopen the round with `glc reopen {round_id} "
                          "--because WHY`; else open another round with `glc forms`.")
    return round_rows


def _candidates(texts: pd.DataFrame, without: Collection[str]) -> pd.DataFrame:
    """Returns the current candidates except the principles in ``without``, in the order of principles.csv."""
    order = {name: n for n, name in enumerate(dict.fromkeys(texts["principle_id"]))}
    rows = texts[texts["is_current"] & (texts["status"] == "candidate")]
    for name in without:
        if name not in set(rows["principle_id"]):
            raise UsageError(f"No candidate is called {name!r}; {suggest_name(name, rows['principle_id'])}.")
    rows = rows[~rows["principle_id"].isin(without)]
    if rows.empty:
        raise Faults([Fault("has no current candidate to ask about", "principles.csv", column="status",
                            fix="write candidate for the principles that the round must ask about, or leave "
                            "out fewer principles")])
    return rows.sort_values("principle_id", key=lambda ids: ids.map(order), ignore_index=True)


def _faults(found: pd.DataFrame, round_id: str) -> Iterator[Fault]:
    if len(days := found.loc[found["closed_on"] != "", "closed_on"]):
        yield Fault(f"is the day on which round {round_id} was closed", "rounds.csv", column="closed_on",
                    value=days.iloc[0], fix="give the next round another name")
    for row in found.to_dict("records"):
        principle, statement, issued = row["principle_id"], row["statement"], row["text_version_issued"]
        if pd.isna(statement):
            yield Fault("principles.csv has no such version", "rounds.csv", str(row["at"]), "version",
                        f"{principle}.{row['version']}", "remove the row, or put the version back into "
                        "principles.csv")
        elif issued not in ("", row["text_version"]) and WITHDRAWN not in statement:
            yield Fault(f"is no longer the text that round {round_id} issued", "principles.csv",
                        str(int(row["row"])), "statement", row["printed_id"], "restore the issued words; "
                        f"if you want other words, then run `glc amend {principle}`")


def write_rounds(study: Study, rounds: pd.DataFrame) -> None:
    """Replaces rounds.csv as a whole. Column ``is_sealed`` is added when the first round is sealed."""
    if (rounds["is_sealed"] == "").all():
        rounds = rounds.drop(columns="is_sealed")
    write_atomic(study.locate_reference_file("rounds"), rounds.to_csv(index=False, lineterminator="\n"))
