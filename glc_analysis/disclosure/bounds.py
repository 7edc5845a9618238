"""What follows from released figures: the bounds of a hidden count, and who contributed to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.rules import KNOWN, Rules
from glc_analysis.evidence.contributors import Incidence

# ------------------------------
# The organisations behind figures, counted as the rules count: independent, consenting, known to readers.


BATCH = 500
"""Figures whose base is looked at at once, so that memory holds them easily."""


@dataclass(frozen=True)
class Crowd:
    """The records in the base of each figure, and those counted, by organisation.

    ``clusters`` are all organisations, ``refused`` by item of consent those that did not agree: each
    organisations x independent organisations.
    """

    behind: Incidence
    clusters: csr_array
    refused: Mapping[str, csr_array]

    @classmethod
    def of(cls, behind: Incidence, organisations: pd.DataFrame, consent: Consent, audience: str) -> Crowd:
        """The crowd of all figures, as an audience may know of it."""
        names = pd.Index(behind.organisations)
        clusters = clusters_of(organisations, names)
        refused = {item: clusters * ~names.isin(consent.organisations(item, audience))[:, None]
                   for item in ("survey", "interview", "call")}
        return cls(behind, clusters, refused)

    def base_of(self, places: np.ndarray) -> np.ndarray:
        """The records in the base of each of the figures at these places, by organisation."""
        return self.behind.base[places].toarray()

    def counted_of(self, places: np.ndarray) -> np.ndarray:
        """The records that each of the figures at these places counts, by organisation."""
        return self.behind.counted[places].toarray()

    def too_small(self, places: np.ndarray, rules: Rules) -> np.ndarray:
        """The rule that hides each of these figures because of who is in its base; else blank."""
        is_coded = (self.behind.facts["question_id"] == "").to_numpy()
        found = []
        for some in np.split(places, range(BATCH, len(places), BATCH)):
            base = self.behind.base[some]
            found.append(np.select([self.sizes(base) < rules.base,
                                    self.has_few_withheld(base, is_coded[some], rules)],
                                   ["base_too_small", "withheld_contributors"], ""))
        return np.concatenate(found).astype(object)

    def sizes(self, records: np.ndarray | csr_array, clusters: csr_array | None = None) -> np.ndarray:
        """How many independent organisations the records are of."""
        return ((records @ (self.clusters if clusters is None else clusters)) > 0).sum(axis=-1)

    def known(self, base: np.ndarray) -> int:
        """How many records those may know that know the answers of a few organisations."""
        return np.sort(base @ self.clusters)[-KNOWN:].sum()

    def has_few_withheld(self, base: np.ndarray | csr_array, is_coded: np.ndarray | bool,
                         rules: Rules) -> np.ndarray:
        """Whether those in a base that did not consent are so few that each could be told from the rest.

        A coded figure may rest on answers, interviews and calls: one of them is enough to hide it.
        """
        few = {item: self.sizes(base, refused) for item, refused in self.refused.items()}
        few = {item: (n > 0) & (n <= rules.withheld) for item, n in few.items()}
        return few["survey"] | is_coded & (few["interview"] | few["call"])

    def is_small(self, base: np.ndarray, counted: np.ndarray, least: int) -> np.ndarray:
        """Whether too few were counted, or too few were not."""
        return (self.sizes(counted) < least) | (self.sizes(base - counted) < least)


def clusters_of(organisations: pd.DataFrame, names: pd.Index) -> csr_array:
    """Organisations x independent organisations: those of one network are one, and those not known."""
    known = organisations.set_index("organisation_id")["network_id"].reindex(names, fill_value="//")
    numbers, independent = pd.factorize(known.where(known != "", "/" + names.to_series()))
    return csr_array((np.ones(len(names), dtype=np.int32), numbers, np.arange(len(names) + 1)),
                     shape=(len(names), len(independent)))


# ------------------------------
# What a reader can work out of a table in which some figures are bands or missing.
#
# Integer bounds that follow from the sums of a table: options that add up to the base, groups that add
# up to the whole. They are the bounds of linear programming where one set of sums ties the figures,
# and never tighter where two do; the attack in ``tests/acceptance`` asks a solver.


def squeeze(low: np.ndarray, high: np.ndarray, base: np.ndarray,
            *, is_partition: bool) -> tuple[np.ndarray, np.ndarray]:
    """The bounds of a table of options x groups that follow from its sums.

    The last column is the whole, which the others add up to. With ``is_partition`` the options of a
    column add up to its base.

    >>> low, high = squeeze(np.array([[0], [4]]), np.array([[7], [4]]), np.array([6]), is_partition=True)
    >>> low.ravel().tolist(), high.ravel().tolist()
    ([2, 4], [2, 4])
    """
    while True:
        before = low, high
        if is_partition:
            low, high = _sum(low, high, base, base, axis=0)
        if low.shape[1] > 1:
            parts = _sum(low[:, :-1], high[:, :-1], low[:, -1:], high[:, -1:], axis=1)
            low = np.hstack([parts[0], np.maximum(low[:, -1:], parts[0].sum(axis=1, keepdims=True))])
            high = np.hstack([parts[1], np.minimum(high[:, -1:], parts[1].sum(axis=1, keepdims=True))])
        if (low == before[0]).all() and (high == before[1]).all():
            return low, high


def is_open(low: np.ndarray, high: np.ndarray, base: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Whether nobody's answer follows, even to those who know so many answers of the base."""
    return (high > known) & (base - low > known)


def _sum(low: np.ndarray, high: np.ndarray, least: np.ndarray, most: np.ndarray,
         *, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of numbers whose sum along an axis lies between least and most."""
    others_low, others_high = (b.sum(axis=axis, keepdims=True) - b for b in (low, high))
    return np.maximum(low, least - others_high), np.minimum(high, most - others_low)
