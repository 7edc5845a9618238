"""Checks the decisions on which questions may be compared between waves."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd

from glc_analysis.errors import Fault
from glc_analysis.schema import Check, Tables

COMPARABLE = ("yes", "collapsed")
"""The values with which a person allows a question to be compared between waves."""
_CHANGES_OF_OPTIONS = ("options", "split", "merged")
_NEVER_COMPARED = ("unit", "new", "dropped")
"""The changes after which a question cannot be compared."""


def crosswalk_faults(tables: Tables) -> Iterator[Fault]:
    """Yields the faults of crosswalk.csv: comparisons that nobody decided, or that the change does not
    allow."""
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
                        fix="write collapsed, and the common options as common_id in options.csv; or no")
        elif decided in COMPARABLE and not change:
            yield fault("is compared, and nobody wrote what changed", column="change", value="",
                        fix="write none, wording or what else changed")
        elif decided == "collapsed" and not common.get(lists.get(row["question_id"], "")):
            yield fault("options of the question have no common_id", column="is_comparable", value=decided,
                        fix=f"fill in common_id for every option of list {lists.get(row['question_id'], '')} "
                            "in options.csv")
        for column in ("by", "date"):
            if decided and not row[column]:
                yield fault("a decision lacks who decided and when", column=column, value="",
                            fix="write your name and the day")
        if decided and change not in ("", "none") and not row["because"]:
            yield fault("a decision about a changed question lacks its reason", column="because", value="",
                        fix="write the reason")
    yield from _common_option_faults(options)


def _common_option_faults(options: pd.DataFrame) -> Iterator[Fault]:
    """Yields faults for options that are collapsed with options of another kind, or into several options."""
    used = options[options["common_id"] != ""]
    for (keys, column, message) in (
            (["option_list", "option_id"], "common_id", "the same option has {} in another row"),
            (["option_list", "common_id"], "kind", "another option of the same common_id has the kind {}")):
        first = used.groupby(keys, sort=False)[column].transform("first")
        for n, expected, value in zip(used.index, first, used[column], strict=True):
            if value != expected:
                yield Fault(message.format(repr(expected)), file="options.csv", row=str(n), column=column,
                            value=value, fix="make the rows agree, or leave these options apart")


CHECKS = (Check(("crosswalk", "questions", "options"), crosswalk_faults),)
