"""The printed form of one question's figures, as ``glc summary`` and the notebooks show it."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from glc_analysis.errors import UsageError, nearest
from glc_analysis.evidence import subsets
from glc_analysis.evidence.estimates import NUMBER_STATISTICS

COUNTED = ["question", "option", "n", "base_n", "share", "low", "high"]
MEASURED = ["question", "statistic", "value", "base_n"]


def subset_kind(column: str) -> str:
    """The kind of subset that ``--by`` names: an attribute, with or without ``_id``.

    >>> subset_kind("home_country_id")
    'home_country'
    """
    if not column:
        return subsets.ALL
    for name in (column, column.removesuffix("_id")):
        if name in subsets.KINDS and name != subsets.ALL:
            return name
    raise UsageError(f"There is no attribute {column!r} to group by; "
                     f"{nearest(column, subsets.KINDS[1:])}.")


def summary(released: pd.DataFrame, questions: pd.DataFrame, options: pd.DataFrame,
            countries: pd.DataFrame, question_id: str, *, by: str = "") -> pd.DataFrame:
    """One row an option in order (or a statistic), with a leading ``group`` where ``by`` is given.

    Columns are :data:`COUNTED`, for numbers :data:`MEASURED`; shares 0 to 1. For audiences that see
    some figures as bands a last column ``band`` has the words, and the numbers are missing.
    Raises UsageError for an unknown question or attribute, with the nearest names.
    """
    own = questions[questions["question_id"] == question_id]
    if own.empty:
        raise no_such_question(question_id, questions["question_id"])
    return summaries(released, own, options, countries, by=by)[question_id]


def no_such_question(question_id: str, known: Iterable[str]) -> UsageError:
    """What is said of an unknown question."""
    return UsageError(f"There is no question {question_id!r}; {nearest(question_id, known)}.")


def summaries(released: pd.DataFrame, questions: pd.DataFrame, options: pd.DataFrame,
              countries: pd.DataFrame, *, by: str = "") -> dict[str, pd.DataFrame]:
    """The :func:`summary` of every question by its id."""
    kind = subset_kind(by)
    rows = released[(released["measure"] == "response") & (released["subset_kind"] == kind)]
    rows = rows[rows["question_id"].isin(questions["question_id"])]
    lists = dict(zip(questions["question_id"], questions["option_list"], strict=True))
    listed = dict(zip(zip(options["option_list"], options["option_id"], strict=True),
                      zip(options["position"], options["label"], strict=True), strict=True))
    ordered = {name: place for place, name in enumerate(NUMBER_STATISTICS)}
    found = [(ordered[statistic], "") if statistic in ordered else (0, "answered") if not option
             else listed.get((lists[question], option), (pd.NA, pd.NA)) for question, option, statistic
             in zip(rows["question_id"], rows["option_id"], rows["statistic"], strict=True)]
    order, option = ([one[n] for one in found] for n in (0, 1))
    group = rows["subset_id"]
    if kind in ("country", "home_country"):
        group = group.map(dict(zip(countries["country_id"], countries["label"], strict=True))).fillna(group)
    rows = rows.assign(question=rows["question_id"], group=group, order=pd.array(order, dtype="Int64"),
                       option=pd.array(option, dtype="str"),
                       statistic=rows["statistic"].str.replace("_", " "))
    rows = rows.sort_values(["group", "order"], kind="stable")
    leading, banded = ["group"] if by else [], ["band"] if "band" in rows else []
    shown = {"number": rows[[*leading, *MEASURED, *banded]], "": rows[[*leading, *COUNTED, *banded]]}
    own = rows.groupby("question_id").indices
    return {one: shown["number" if kind == "number" else ""].iloc[own.get(one, [])].reset_index(drop=True)
            for one, kind in zip(questions["question_id"], questions["type"], strict=True)}
