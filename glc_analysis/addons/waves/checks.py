"""Checks the decisions in crosswalk.csv on which questions may be compared between waves."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd

from glc_analysis.errors import Fault
from glc_analysis.schema import Check, Tables

COMPARABLE = ("yes", "collapsed")
"""The values of column ``is_comparable`` by which a person allows a question to be compared between waves."""
_CHANGES_OF_OPTIONS = ("options", "split", "merged")
_NEVER_COMPARED = ("unit", "new", "dropped")
"""The changes of a question that prevent its comparison between waves."""


def find_comparability_decision_faults(tables: Tables) -> Iterator[Fault]:
    """Yields a fault for each decision in crosswalk.csv that allows a comparison although the change of the
    question rules the comparison out. Also yields a fault for each decision that lacks the kind of change,
    the name, the day, the reason or the common options that it needs, and the faults of column ``common_id``
    in options.csv."""
    rows, options = tables["crosswalk"], tables["options"]
    lists = dict(zip(tables["questions"]["question_id"], tables["questions"]["option_list"], strict=True))
    common = options.groupby("option_list")["common_id"].agg(lambda ids: (ids != "").all()).to_dict()
    for n, row in rows.iterrows():
        fault = partial(Fault, file="crosswalk.csv", row=str(n))
        decided, change = row["is_comparable"], row["change"]
        if decided in COMPARABLE and change in _NEVER_COMPARED:
            yield fault(f"a question with the change {change} cannot be compared", column="is_comparable",
                        value=decided, fix="write no, or correct the change")
        elif decided == "yes" and change in _CHANGES_OF_OPTIONS:
            yield fault("the options changed", column="is_comparable", value=decided,
                        fix="write collapsed, and fill in common_id in options.csv; or write no")
        elif decided in COMPARABLE and not change:
            yield fault("is blank, but the question is to be compared", column="change", value="",
                        fix="write none, wording or another kind of change")
        elif decided == "collapsed" and not common.get(lists.get(row["question_id"], "")):
            yield fault("options of the question have no common_id", column="is_comparable", value=decided,
                        fix=f"fill in common_id for every option of list {lists.get(row['question_id'], '')} "
                            "in options.csv")
        for column in ("by", "date"):
            if decided and not row[column]:
                yield fault("is blank, but a decision needs a name and a date", column=column, value="",
                            fix="write your name and the day")
        if decided and change not in ("", "none") and not row["because"]:
            yield fault("is blank, but a decision about a changed question needs a reason", column="because",
                        value="", fix="write the reason")
    yield from _common_option_faults(options)


def _common_option_faults(options: pd.DataFrame) -> Iterator[Fault]:
    """Yields a fault for an option that is collapsed into several common options, and for a common option
    that joins options of different kinds."""
    used = options[options["common_id"] != ""]
    for (keys, column, message) in (
            (["option_list", "option_id"], "common_id", "the same option has {} in another row"),
            (["option_list", "common_id"], "kind", "another option of the same common_id has the kind {}")):
        first = used.groupby(keys, sort=False)[column].transform("first")
        for n, expected, value in zip(used.index, first, used[column], strict=True):
            if value != expected:
                yield Fault(message.format(repr(expected)), file="options.csv", row=str(n), column=column,
                            value=value, fix="give the rows the same value, or another common_id")


CHECKS = (Check(("crosswalk", "questions", "options"), find_comparability_decision_faults),)
