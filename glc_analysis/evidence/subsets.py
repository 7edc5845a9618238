"""Subsets: the groups of organisations or answers that figures are given for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

ALL = "all"
ATTRIBUTES = {"home_country": "home_country_id", "home_region": "region_id", "type": "type",
              "resource_level": "resource_level", "network": "network_id",
              "language": "language", "is_interpreted": "is_interpreted"}
"""Attributes of organisations that make subsets, by the name ``--by`` knows."""
PLACES = {"country": "country_id", "region": "region_id", "wave": "wave"}
"""Attributes of the answers themselves: work country, its region, the file."""
KINDS = (ALL, *PLACES, *ATTRIBUTES)


@dataclass(frozen=True)
class Membership:
    """Which rows of a table belong to which subset: pairs of row position and subset number."""

    rows: np.ndarray
    subsets: np.ndarray
    names: list[str]

    def totals(self, amounts: np.ndarray) -> np.ndarray:
        """The sum of an amount over each subset's rows; ``amounts`` has one entry a row."""
        return np.bincount(self.subsets, weights=amounts[self.rows], minlength=len(self.names))


def membership(kind: str, unit: str, organisations: pd.DataFrame,
               answers: pd.DataFrame) -> Membership:
    """The subsets of one kind over the rows of ``organisations`` or ``answers``, by unit.

    An organisation that works in several countries belongs to each of them,
    once. Rows without a value belong to no subset.
    """
    table = organisations if unit == "organisation" else answers
    owner = pd.Index(organisations["organisation_id"]).get_indexer(answers["organisation_id"])
    if kind == ALL:
        pairs = pd.DataFrame({"row": range(len(table)), "value": ""})
    elif kind in PLACES:
        at = owner if unit == "organisation" else np.arange(len(answers))
        pairs = pd.DataFrame({"row": at, "value": answers[PLACES[kind]].astype("str")})
    else:
        values = organisations[ATTRIBUTES[kind]].astype("str")
        pairs = pd.DataFrame({"row": range(len(table)), "value": values if unit == "organisation"
                              else values.iloc[owner].to_numpy()})
    if kind != ALL:
        pairs = pairs[pairs["value"] != ""].drop_duplicates()
    numbers, names = pd.factorize(pairs["value"], sort=True)
    return Membership(pairs["row"].to_numpy(), numbers, list(names))
