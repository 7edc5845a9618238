"""The printed form of one question's figures, as ``glc summary`` and the notebooks show it."""

from __future__ import annotations

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
    known = questions.set_index("question_id")
    if question_id not in known.index:
        raise UsageError(f"There is no question {question_id!r}; "
                         f"{nearest(question_id, known.index)}.")
    kind, question = subset_kind(by), known.loc[question_id]
    rows = released[(released["measure"] == "response") & (released["question_id"] == question_id)
                    & (released["subset_kind"] == kind)].assign(question=question_id)
    listed = options[options["option_list"] == question["option_list"]]
    if question["type"] == "number":
        order, columns = rows["statistic"].map(NUMBER_STATISTICS.index), MEASURED
        rows = rows.assign(statistic=rows["statistic"].str.replace("_", " "))
    else:
        order, columns = rows["option_id"].map(
            {"": 0, **dict(zip(listed["option_id"], listed["position"], strict=True))}), COUNTED
        rows = rows.assign(option=rows["option_id"].map(
            {"": "answered", **dict(zip(listed["option_id"], listed["label"], strict=True))}))
    places = dict(zip(countries["country_id"], countries["label"], strict=True))
    group = rows["subset_id"].map(places).fillna(rows["subset_id"]) \
        if kind in ("country", "home_country") else rows["subset_id"]
    rows = rows.assign(group=group, order=order).sort_values(["group", "order"], kind="stable")
    banded = ["band"] if "band" in rows else []
    return rows[(["group"] if by else []) + columns + banded].reset_index(drop=True)
