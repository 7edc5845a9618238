"""What a reader can work out about a hidden count, and how many independent organisations are in it.

:class:`ContributorCounts` takes the organisations of each figure and counts them as the rules do: a network
counts once, and those that did not consent are counted separately. :func:`tighten_bounds` takes a table in
which some figures are bands or missing and gives the least and the most that each can be, given that options
and groups add up. :func:`is_protected` says whether that leaves every organisation's answer open.
"""

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
# The organisations of each figure: how many are independent, and how many did not consent.


BATCH = 500
"""Figures examined at a time, so that their rows fit in memory."""


@dataclass(frozen=True)
class ContributorCounts:
    """How many independent organisations are in the base of a figure, and how many of them are counted.

    ``incidence`` has the records of every figure by organisation. ``clusters`` assigns every organisation to
    its network, or to itself where it has none; ``refused`` does so, by item of consent, for those that did
    not agree. Both are organisations x independent organisations.
    """

    incidence: Incidence
    clusters: csr_array
    refused: Mapping[str, csr_array]

    @classmethod
    def of(cls, incidence: Incidence, organisations: pd.DataFrame, consent: Consent,
           audience: str) -> ContributorCounts:
        """The counts for all figures, with the consent that was given for this audience."""
        names = pd.Index(incidence.organisations)
        clusters = network_membership(organisations, names)
        refused = {item: clusters * ~names.isin(consent.organisations(item, audience))[:, None]
                   for item in ("survey", "interview", "call")}
        return cls(incidence, clusters, refused)

    def base_of(self, places: np.ndarray) -> np.ndarray:
        """The records in the base of the figures at these places: figures x organisations."""
        return self.incidence.base[places].toarray()

    def counted_of(self, places: np.ndarray) -> np.ndarray:
        """The records that the figures at these places count: figures x organisations."""
        return self.incidence.counted[places].toarray()

    def rule_for_base(self, places: np.ndarray, rules: Rules) -> np.ndarray:
        """By figure the rule that hides it because of the organisations in its base; blank if none does."""
        is_coded = (self.incidence.facts["question_id"] == "").to_numpy()
        found = []
        for some in np.split(places, range(BATCH, len(places), BATCH)):
            base = self.incidence.base[some]
            found.append(np.select([self.n_independent(base) < rules.base,
                                    self.has_few_withheld(base, is_coded[some], rules)],
                                   ["base_too_small", "withheld_contributors"], ""))
        return np.concatenate(found).astype(object)

    def n_independent(self, records: np.ndarray | csr_array, clusters: csr_array | None = None) -> np.ndarray:
        """How many independent organisations these records come from."""
        return ((records @ (self.clusters if clusters is None else clusters)) > 0).sum(axis=-1)

    def known_records(self, base: np.ndarray, organisations: int = KNOWN) -> int:
        """The most records of the base that so many independent organisations have, by default those that a
        reader may know."""
        return int(np.sort(base @ self.clusters)[-organisations:].sum())

    def has_few_withheld(self, base: np.ndarray | csr_array, is_coded: np.ndarray | bool,
                         rules: Rules) -> np.ndarray:
        """Whether so few in a base did not consent that their answers could be separated from the others'.

        A coded figure rests on answers and interviews, or on calls; too few who refused any of them hide it.
        """
        few = {item: self.n_independent(base, refused) for item, refused in self.refused.items()}
        few = {item: (n > 0) & (n <= rules.withheld) for item, n in few.items()}
        return few["survey"] | is_coded & (few["interview"] | few["call"])

    def is_small(self, base: np.ndarray, counted: np.ndarray, least: int) -> np.ndarray:
        """Whether too few organisations are counted, or too few of the base are not."""
        return (self.n_independent(counted) < least) | (self.n_independent(base - counted) < least)


def network_membership(organisations: pd.DataFrame, names: pd.Index) -> csr_array:
    """Organisations x independent organisations.

    Organisations of one network are one, and so are all that organisations.csv does not list.
    """
    known = organisations.set_index("organisation_id")["network_id"].reindex(names, fill_value="//")
    numbers, independent = pd.factorize(known.where(known != "", "/" + names.to_series()))
    return csr_array((np.ones(len(names), dtype=np.int32), numbers, np.arange(len(names) + 1)),
                     shape=(len(names), len(independent)))


# ------------------------------
# What a reader can work out from a table in which some figures are ranges or missing.
#
# Options may add up to the base of the question, and groups to the whole study. The bounds of
# tighten_bounds are those of integer programming where one set of sums applies. Where both apply they may be
# wider, never tighter, and bounds_by_solver gives the exact ones.


VALUES = 3
"""A hidden count has at least so many possible values, even for a reader and an ally together."""


def tighten_bounds(low: np.ndarray, high: np.ndarray, base: np.ndarray,
                   *, is_partition: bool) -> tuple[np.ndarray, np.ndarray]:
    """The least and the most that each count of a table of options x groups can be, given its sums.

    The last column is the whole, to which the other columns add up. With ``is_partition`` the options of each
    column add up to its base.

    >>> low, high = np.array([[0], [4]]), np.array([[7], [4]])
    >>> low, high = tighten_bounds(low, high, np.array([6]), is_partition=True)
    >>> low.ravel().tolist(), high.ravel().tolist()
    ([2, 4], [2, 4])
    """
    while True:
        before = low, high
        if is_partition:
            low, high = _bounds_from_sum(low, high, base, base, axis=0)
        if low.shape[1] > 1:
            parts = _bounds_from_sum(low[:, :-1], high[:, :-1], low[:, -1:], high[:, -1:], axis=1)
            low = np.hstack([parts[0], np.maximum(low[:, -1:], parts[0].sum(axis=1, keepdims=True))])
            high = np.hstack([parts[1], np.minimum(high[:, -1:], parts[1].sum(axis=1, keepdims=True))])
        if (low == before[0]).all() and (high == before[1]).all():
            return low, high


def bounds_by_solver(low: np.ndarray, high: np.ndarray, base: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The exact bounds of a table in which options add up to the base and groups to the whole.

    >>> low, high = np.zeros((2, 3), dtype=int), np.array([[4, 4, 5], [9, 9, 15]])
    >>> low[:, 2] = 5, 15
    >>> [side.tolist() for side in bounds_by_solver(low, high, np.array([10, 10, 20]))]
    [[[1, 1, 5], [6, 6, 15]], [[4, 4, 5], [9, 9, 15]]]
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    options, groups = low.shape
    at = np.arange(low.size).reshape(low.shape)
    sums = np.zeros((groups + options, low.size))
    for c in range(groups):
        sums[c, at[:, c]] = 1
    for k in range(options):
        sums[groups + k, at[k]] = [*[1] * (groups - 1), -1]
    totals = np.append(base, np.zeros(options))
    found = low.copy(), high.copy()
    for place in zip(*np.nonzero(low < high), strict=True):
        for side, sign, unproved in zip(found, (1, -1), (high, low), strict=True):
            aim = np.zeros(low.size)
            aim[at[place]] = sign
            done = milp(aim, constraints=LinearConstraint(sums, totals, totals),
                        integrality=np.ones(low.size), bounds=Bounds(low.ravel(), high.ravel()))
            # What the solver does not prove to be open counts as known.
            side[place] = unproved[place] if done.x is None else round(done.x[at[place]])
    return found


def is_open(low: np.ndarray, high: np.ndarray, base: np.ndarray) -> np.ndarray:
    """Whether a count keeps enough possible values for a reader and an ally who know their own answers.

    Both may be counted, or both not be counted; or they may be counted elsewhere in the same sum, which
    takes as many values more. That others than these two are in the sum is for the caller to see to.

    >>> is_open(np.array([0, 1, 0]), np.array([4, 4, 3]), np.array([30])).tolist()
    [True, False, False]
    """
    return ((high - low >= VALUES - 1 + KNOWN) & (high - np.maximum(low, KNOWN) >= VALUES - 1)
            & (np.minimum(high, base - KNOWN) - low >= VALUES - 1))


def is_protected(low: np.ndarray, high: np.ndarray, base: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Whether nobody's answer follows, even for a reader who knows ``known`` records of the base.

    That reader's records may all be counted, or all not be counted: more than those must remain possible.
    """
    return (high > known) & (base - low > known)


def _bounds_from_sum(low: np.ndarray, high: np.ndarray, least: np.ndarray, most: np.ndarray,
                     *, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """The bounds of numbers whose sum along an axis lies between least and most."""
    others_low, others_high = (b.sum(axis=axis, keepdims=True) - b for b in (low, high))
    return np.maximum(low, least - others_high), np.minimum(high, most - others_low)
