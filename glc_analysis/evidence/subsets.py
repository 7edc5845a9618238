"""Subsets: the groups of organisations or answers that figures are given for."""

from __future__ import annotations

import pandas as pd

ALL = "all"
ATTRIBUTES = {"home_country": "home_country_id", "home_region": "region_id", "type": "type",
              "resource_level": "resource_level", "network": "network_id",
              "language": "language", "is_interpreted": "is_interpreted"}
"""Attributes of organisations that make subsets, by the name ``--by`` knows."""
PLACES = {"country": "country_id", "region": "region_id", "wave": "wave"}
"""Attributes of the answers themselves: work country, its region, the file."""
KINDS = (ALL, *PLACES, *ATTRIBUTES)


def membership(kind: str, unit: str, organisations: pd.DataFrame,
               answers: pd.DataFrame) -> pd.DataFrame:
    """Which records belong to which subset of a kind.

    Columns ``key`` (answer_id, or organisation_id for organisation-unit
    questions) and ``subset_id``; one row a key and subset. An organisation that
    works in several countries belongs to each of them, once. Records without a
    value belong to no subset.
    """
    key = "organisation_id" if unit == "organisation" else "answer_id"
    if kind == ALL:
        frame = organisations if unit == "organisation" else answers
        return pd.DataFrame({"key": frame[key], "subset_id": ""})
    if kind in PLACES:
        found = answers[[key, PLACES[kind]]].set_axis(["key", "subset_id"], axis=1)
    else:
        values = organisations[["organisation_id", ATTRIBUTES[kind]]]
        if unit == "answer":
            values = answers[["answer_id", "organisation_id"]].merge(values, on="organisation_id")
        found = values[[key, ATTRIBUTES[kind]]].set_axis(["key", "subset_id"], axis=1)
    found = found.assign(subset_id=found["subset_id"].astype("str"))
    return found[found["subset_id"] != ""].drop_duplicates(ignore_index=True)
