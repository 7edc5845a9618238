"""What coefficients of agreement are made from: sums over the units that coders coded.

A coder who read a unit gave it a value; a unit never assigned to a coder has
none, written -1. All that follows are sums over units, so tallies of documents
add up to the study's, and documents can be drawn anew without counting again.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import NamedTuple

import numpy as np

from glc_analysis.coding.values import Distance


class Tally(NamedTuple):
    """Sums over the units of each group; the first axis of every array is the group.

    A unit is pairable where two coders or more gave it a value.
    """

    units: np.ndarray
    """how many units have a value"""
    pairable: np.ndarray
    """how many units are pairable"""
    split: np.ndarray
    """sum over pairable units of the share of pairs of coders that differ"""
    disagreement: np.ndarray
    """sum of the coincidence matrix times distance; each value of a pairable unit weighs 1"""
    alike: np.ndarray
    """diagonal of the coincidence matrix, by value"""
    shares: np.ndarray
    """sum over units of the share of coders that gave the value, by value"""
    marginals: np.ndarray
    """how often the value was given in pairable units, by coder and value"""

    @property
    def values(self) -> np.ndarray:
        """How often each value was given in pairable units: margins of the coincidence matrix."""
        return self.marginals.sum(axis=-2)

    def summed(self, weights: np.ndarray) -> Tally:
        """Groups added up, each as often as ``weights`` says: one new group a row of it."""
        return Tally(*(np.tensordot(weights, field, 1) for field in self))


def tally(codes: np.ndarray, n_values: int, *, groups: np.ndarray | None = None, n_groups: int = 1,
          lengths: np.ndarray | None = None, distance: Distance | None = None) -> Tally:
    """Counts coders x units of numbered values, group by group.

    ``lengths`` says how many units a column stands for (1 each), ``distance``
    how far two values are apart (1 where they differ).

    >>> counted = tally(np.array([[0, 1, 1, -1], [0, 1, 0, 1]]), 2)
    >>> counted.units, counted.pairable, counted.disagreement, counted.values
    (array([4.]), array([3.]), array([2.]), array([[3., 3.]]))
    """
    groups = np.zeros(codes.shape[1], dtype=np.intp) if groups is None else groups
    codes, groups, lengths = _distinct(codes, n_values, groups, n_groups, lengths)
    coders = (codes >= 0).sum(axis=0)
    some, pairable = coders > 0, coders > 1
    shares, marginals = np.zeros((n_groups, n_values)), np.zeros((n_groups, len(codes), n_values))
    for coder, own in enumerate(codes):
        at = np.flatnonzero(own >= 0)
        cells = groups[at] * n_values + own[at]
        shares += _sums(cells, lengths[at] / coders[at], n_groups, n_values)
        marginals[:, coder] = _sums(cells, lengths[at] * pairable[at], n_groups, n_values)
    return Tally(_sums(groups[some], lengths[some], n_groups),
                 _sums(groups[pairable], lengths[pairable], n_groups),
                 *_pairs(codes, coders, groups, lengths, (n_groups, n_values), distance),
                 shares, marginals)


def _pairs(codes: np.ndarray, coders: np.ndarray, groups: np.ndarray, lengths: np.ndarray,
           shape: tuple[int, int], distance: Distance | None) -> tuple[np.ndarray, ...]:
    """The sums over pairs of coders: split, disagreement, alike."""
    split, disagreement, alike = np.zeros(shape[0]), np.zeros(shape[0]), np.zeros(shape)
    for one, other in combinations(codes, 2):
        both = np.flatnonzero((one >= 0) & (other >= 0))
        first, second, group = one[both], other[both], groups[both]
        weight = 2 * lengths[both] / (coders[both] - 1)  # a pair counts in both directions
        apart = first != second
        far = distance(first, second) if distance else apart
        split += _sums(group, weight * apart / coders[both], shape[0])
        disagreement += _sums(group, weight * far, shape[0])
        alike += _sums(group * shape[1] + first, weight * ~apart, *shape)
    return split, disagreement, alike


def _sums(cells: np.ndarray, amounts: np.ndarray, *shape: int) -> np.ndarray:
    return np.bincount(cells, amounts, math.prod(shape)).reshape(shape)


def _distinct(codes: np.ndarray, n_values: int, groups: np.ndarray, n_groups: int,
              lengths: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns of one group that are coded alike as one column, where there can be but few."""
    shape = (n_groups, *[n_values + 1] * len(codes))
    if math.prod(shape) >= codes.shape[1]:
        return codes, groups, np.ones(codes.shape[1]) if lengths is None else lengths
    key = groups.copy()
    for own in codes:
        key *= n_values + 1
        key += own
        key += 1
    total = np.bincount(key, lengths)
    found = np.flatnonzero(total)
    group, *own = np.unravel_index(found, shape)
    return np.array(own) - 1, group, total[found]
