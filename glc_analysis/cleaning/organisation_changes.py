"""Reads the changes of organisations over time from organisation_changes.csv, which has one row for each new
name, merger or split. The organisation_id of an organisation never changes.

Records under a former name belong to the organisation under its present name. If an organisation merged or
split, its answers before the change are not compared with its answers after the change, because the answers
come from different organisations.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial

import pandas as pd

from glc_analysis.errors import Fault, suggest_name
from glc_analysis.schema import Tables
from glc_analysis.study import WITHDRAWN
from glc_analysis.text import fold_case_and_spacing

RENAMED = "renamed"


def map_former_names_to_ids(changes: pd.DataFrame) -> dict[str, str]:
    """Returns the organisation_id to which each former name belongs, keyed by the former name. The former
    names are in the form in which names are compared (:func:`~glc_analysis.text.fold_case_and_spacing`).

    >>> map_former_names_to_ids(pd.DataFrame({"organisation_id": ["a", "b"], "change": ["renamed", "merged"],
    ...                            "other": ["Old Mill", "c"]}))
    {'old mill': 'a'}
    """
    rows = changes[changes["change"] == RENAMED]
    return dict(zip(rows["other"].map(fold_case_and_spacing), rows["organisation_id"], strict=True))


def list_former_names(changes: pd.DataFrame, organisations: Collection[str]) -> list[str]:
    """Returns the former names of ``organisations``, as organisation_changes.csv writes them."""
    rows = changes[(changes["change"] == RENAMED) & changes["organisation_id"].isin([*organisations])]
    return [*rows["other"]]


def find_merger_split_and_former_name_faults(tables: Tables) -> Iterator[Fault]:
    """Yields a fault for each wrong row of organisation_changes.csv. A row is wrong if it records one of the
    following:

    - a merger or split of an organisation with itself;
    - a merger or split with an organisation that organisations.csv does not list. The mark of a withdrawal is
      accepted in its place, and if organisations.csv has no rows, every organisation_id is accepted;
    - a former name that is also a name of another organisation, or that is a former name of two
      organisations.
    """
    changes, register = tables["organisation_changes"], tables["organisations"]
    ids = {*register["organisation_id"]}
    owner = dict(zip(register["label"].map(fold_case_and_spacing), register["organisation_id"], strict=True))
    owner |= {fold_case_and_spacing(name): name for name in ids}
    for n, row in changes.iterrows():
        fault = partial(Fault, file="organisation_changes.csv", row=str(n), column="other",
                        value=row["other"])
        if row["change"] == RENAMED:
            key = fold_case_and_spacing(row["other"])
            if owner.setdefault(key, row["organisation_id"]) != row["organisation_id"]:
                yield fault(f"is a name of {owner[key]}", fix="write the name that the organisation had, "
                            "or record a merger in column change")
        elif row["other"] == row["organisation_id"]:
            yield fault("is the organisation of the row itself",
                        fix="name the other organisation of the change")
        elif ids and row["other"] not in {*ids, WITHDRAWN}:
            yield fault(f"organisations.csv has no such organisation; {suggest_name(row['other'], ids)}",
                        fix="name another organisation, or add this one to organisations.csv")
