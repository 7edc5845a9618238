"""Coefficients of agreement: values as numbers, counts over units, and the formulas.

Everything is a sum over units, so that counts of documents add up to those of the study, and documents can
be drawn anew without counting again. A unit that was never assigned to a coder has no value there, written
-1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from functools import partial
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from glc_analysis.errors import UsageError

# ------------------------------
# Coders' values as numbers from 0, -1 where missing, and how far values are apart.


Distance = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Distance between values, given by their numbers; broadcasts."""
METRICS = ("nominal", "ordinal", "interval", "ratio")
_NARROW = 2**12
"""Whole numbers that span less than this are numbered by counting, wider ones by hashing."""
_VALUES_AT_ONCE = 2**14
"""So many values are numbered at a time: they stay in the cache of the processor."""


def numbered(coders: np.ndarray | pd.DataFrame | Sequence) -> tuple[np.ndarray, np.ndarray]:
    """Coders x units as numbers in ascending order of the values, and the values themselves.

    Raises UsageError where coders differ in the number of units.

    >>> numbered([[5, 2, np.nan], [2, 9, 9]])
    (array([[ 1,  0, -1],
           [ 0,  2,  2]]), array([2., 5., 9.]))
    """
    values = _array(coders)
    if values.dtype.kind in "iuf" and values.size:
        least, most = (float(end.reduce(values, axis=None)) for end in (np.fmin, np.fmax))
        if most - least < _NARROW and least % 1 == 0:
            found = _counted_off(values, least, int(most - least) + 1)
            if found:
                return found
    codes, domain = pd.factorize(values.ravel(), sort=True)
    return codes.reshape(values.shape), domain


def _counted_off(values: np.ndarray, least: float, width: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Whole numbers in a narrow range, several times faster than by hashing; None where some are not."""
    codes, seen = np.empty(values.shape, dtype=np.int16), np.zeros(width, dtype=bool)
    parts = values.size // _VALUES_AT_ONCE + 1
    for own, given in zip(np.array_split(codes.ravel(), parts),
                          np.array_split(values.ravel(), parts), strict=True):
        shifted = np.fmax(given - least, -1)  # NaN becomes -1
        own[:] = shifted
        if (own != shifted).any():
            return None
        if not seen.all():
            seen |= np.bincount(own + 1, minlength=width + 1)[1:] > 0
    if not seen.all():
        codes = np.append(np.cumsum(seen) - 1, -1)[codes]
    return codes, np.flatnonzero(seen) + least


def cross_table(table: Sequence) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two coders' table as one column of numbers a cell, the categories, and the cells' counts.

    >>> cross_table([[8, 1], [0, 1]])
    (array([[0, 0, 1, 1],
           [0, 1, 0, 1]]), array([0, 1]), array([8., 1., 0., 1.]))
    """
    counts = as_counts(table)
    if counts.shape[0] != counts.shape[1]:
        raise UsageError(f"A table of two coders is square, not {counts.shape[0]} x {counts.shape[1]}. "
                         "To fix: give the coders' values one by one, f(*values).")
    return np.indices(counts.shape).reshape(2, -1), np.arange(len(counts)), counts.ravel()


def as_counts(table: Sequence) -> np.ndarray:
    """A table of counts. Raises UsageError where it is none."""
    counts = np.asarray(table, dtype=float)
    if counts.ndim != 2 or not (counts >= 0).all() or (counts % 1).any():
        raise UsageError("A table holds whole counts from 0, in rows and columns.")
    return counts


def positions(values: np.ndarray | pd.DataFrame | Sequence, count: int) -> np.ndarray:
    """Values that are positions already, such as those of sets in a matrix of distances."""
    given = _array(values).astype(float)
    codes = np.where(np.isnan(given), -1, given)
    if ((codes % 1 != 0) | (codes >= count) | (given < 0)).any():
        raise UsageError(f"Values are positions in the matrix of distances, 0 to {count - 1}.")
    return codes.astype(np.intp)


def distance_of(metric: str, domain: np.ndarray, counts: np.ndarray) -> Distance | None:
    """Krippendorff's squared distances between the values of a domain; None stands for nominal.

    ``counts`` says how often each was given, which is what ordinal distance rests on:
    the values between two, and half of each. Raises UsageError for values without them.

    >>> distance_of("ratio", np.array([0.0, 1.0, 3.0]), np.ones(3))(1, np.arange(3)).tolist()
    [1.0, 0.0, 0.25]
    """
    if metric not in METRICS:
        raise UsageError(f"There is no metric {metric!r}; known: {', '.join(METRICS)}.")
    if metric == "nominal":
        return None
    if domain.dtype.kind not in "iuf" or not np.isfinite(domain).all():
        raise UsageError(f"The {metric} metric needs finite numbers.")
    if metric == "ratio":
        if (domain < 0).any():
            raise UsageError("The ratio metric has a true zero: no value lies below it.")
        return lambda a, b: np.divide(domain[a] - domain[b], domain[a] + domain[b], where=a != b,
                                      out=np.zeros(np.broadcast(a, b).shape)) ** 2
    at = domain if metric == "interval" else np.cumsum(counts) - counts / 2
    return lambda a, b: (at[a] - at[b]) ** 2


def matrix_distance(matrix: np.ndarray) -> Distance:
    """Distances that stand in a matrix. Raises UsageError where they are none."""
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not (matrix >= 0).all() \
            or matrix.diagonal().any() or not np.array_equal(matrix, matrix.T):
        raise UsageError("A matrix of distances is square, symmetric, from 0 up, and 0 in its diagonal.")
    return lambda a, b: matrix[a, b]


def _array(coders: np.ndarray | pd.DataFrame | Sequence) -> np.ndarray:
    if isinstance(coders, pd.DataFrame):
        coders = coders.to_numpy()
    if not isinstance(coders, np.ndarray):
        if len({np.shape(row) for row in coders}) > 1:
            raise UsageError("Every coder has a value, or NaN, for every unit: the lengths differ.")
        # By way of Series: numpy alone would make NaN beside text the word "nan".
        coders = np.array([pd.Series(row).to_numpy() for row in coders if np.ndim(row)])
    if coders.ndim != 2:
        raise UsageError("Values are coders x units, a row a coder.")
    return coders


# ------------------------------
# What coefficients of agreement are made from: sums over the units that coders coded.
#
# A coder who read a unit gave it a value; a unit never assigned to a coder has
# none, written -1. All that follows are sums over units, so tallies of documents
# add up to the study's, and documents can be drawn anew without counting again.


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


def tally_table(counts: np.ndarray) -> Tally:
    """The same sums of a table of units x values: how many coders gave the value, whoever they were.

    All of ``marginals`` is then one coder's, so it serves no coefficient of particular coders.

    >>> one, other = tally_table(np.array([[2., 0.], [1., 1.], [0., 1.]])), tally(
    ...     np.array([[0, 1, -1], [0, 0, 1]]), 2)
    >>> all((getattr(one, name) == getattr(other, name)).all()
    ...     for name in (*Tally._fields[:-1], "values"))
    True
    """
    counts = counts[counts.sum(axis=1) > 0]
    coders = counts.sum(axis=1)
    paired, n = counts[coders > 1], coders[coders > 1]
    alike = paired * (paired - 1) / (n - 1)[:, None]  # pairs in both directions, as in _pairs
    apart = n - alike.sum(axis=1)
    shares = (counts / coders[:, None]).sum(axis=0)
    return Tally(np.array([float(len(counts))]), np.array([float(len(paired))]),
                 np.array([(apart / n).sum()]), np.array([apart.sum()]), alike.sum(axis=0)[None],
                 shares[None], paired.sum(axis=0)[None, None])


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


# ------------------------------
# How far two sets of codes are apart, for units that may carry several codes.


_SETS_AT_ONCE = 2**20
"""So many distances between sets are worked out at a time."""


def membership(sets: Sequence[Collection[str]]) -> tuple[np.ndarray, list[str]]:
    """A boolean matrix of sets x codes, and the codes in order.

    >>> membership([{"b"}, set(), {"a", "b"}])
    (array([[False,  True],
           [False, False],
           [ True,  True]]), ['a', 'b'])
    """
    codes = sorted({code for codes in sets for code in codes})
    place = {code: at for at, code in enumerate(codes)}
    has = np.zeros((len(sets), len(codes)), dtype=bool)
    for row, members in enumerate(sets):
        has[row, [place[code] for code in members]] = True
    return has, codes


def jaccard_distance(sets: Sequence[Collection[str]]) -> np.ndarray:
    """1 - J between any two of the sets, J = |A & B| / |A | B| (Jaccard 1901).

    Two empty sets agree.

    >>> jaccard_distance([{"a"}, {"a", "b"}, set()]).tolist()
    [[0.0, 0.5, 1.0], [0.5, 0.0, 1.0], [1.0, 1.0, 0.0]]
    """
    return _distances(sets, lambda shared, own, others: 1)


def masi_distance(sets: Sequence[Collection[str]]) -> np.ndarray:
    """1 - J * M between any two of the sets (Passonneau 2006, "Measuring agreement on set-valued
    items (MASI) for semantic and pragmatic annotation", LREC).

    J is Jaccard's coefficient; M is exactly 1 for equal sets, 2/3 where one
    holds the other, 1/3 where they overlap, 0 where they share nothing. Two
    empty sets agree. Give each distinct set once: the matrix grows as its square.

    >>> masi_distance([{"a", "b"}, {"a"}, {"b", "c"}, set()])[0].round(4).tolist()
    [0.0, 0.6667, 0.8889, 1.0]
    """
    return _distances(sets, _monotone)


def _monotone(shared: np.ndarray, own: np.ndarray, others: np.ndarray) -> np.ndarray:
    return np.select([(shared == own) & (shared == others), (shared == own) | (shared == others),
                      shared > 0], [1, 2 / 3, 1 / 3], 0)


def _distances(sets: Sequence[Collection[str]], weight: Callable) -> np.ndarray:
    """1 - J * weight, a block of rows at a time: only the result is as large as the square."""
    has = membership(sets)[0].astype(float)
    sizes, step = has.sum(axis=1), max(1, _SETS_AT_ONCE // max(1, len(sets)))
    distances = np.empty((len(sets), len(sets)))
    for start in range(0, len(sets), step):
        rows = slice(start, start + step)
        shared, own = has[rows] @ has.T, sizes[rows, None]
        union = own + sizes - shared
        jaccard = np.divide(shared, union, out=np.ones_like(shared), where=union > 0)
        distances[rows] = 1 - jaccard * weight(shared, own, sizes)
    return distances


# ------------------------------
# Coefficients of agreement as functions of a tally, every group of it at once.


NO_PAIRS = "no unit was coded by two coders"
NO_VARIATION = "no variation: all values are the same"
NOT_USED = "no coder gave this value"
_DISTANCES_HELD = 2**22
"""So many distances between values are held at a time."""


class Coefficient(NamedTuple):
    """A coefficient, what it rests on, and why it or its interval is NaN.

    ``n_units`` were coded by somebody, ``n_pairable`` of them by two or more;
    ``low`` and ``high`` are the 95 % interval where one was asked for.
    """

    value: float
    n_units: int
    n_pairable: int
    reason: str = ""
    low: float = np.nan
    high: float = np.nan


class Measure(NamedTuple):
    """What to compute, and why it may be NaN although there are pairs."""

    statistic: Callable[[Tally], np.ndarray]
    undefined: str = NO_VARIATION

    def of(self, counted: Tally) -> tuple[np.ndarray, np.ndarray]:
        """The coefficient of every group, and a reason wherever it is NaN."""
        with np.errstate(divide="ignore", invalid="ignore"):
            values = self.statistic(counted)
        return values, np.select([~np.isnan(values), counted.pairable == 0], ["", NO_PAIRS],
                                 self.undefined)

    def pooled(self, counted: Tally) -> Coefficient:
        """The coefficient of all groups together."""
        n_groups = len(counted.units)
        total = counted if n_groups == 1 else counted.summed(np.ones((1, n_groups)))
        (value,), (reason,) = self.of(total)
        return Coefficient(float(value), int(total.units[0]), int(total.pairable[0]), str(reason))


def alpha(distance: Distance | None = None) -> Measure:
    """Krippendorff's alpha of tallies made with the distance; None stands for nominal."""
    return Measure(partial(_alpha, distance=distance))


def specific(value: int) -> Measure:
    """Specific agreement on a value: how many of the others gave it where one coder did."""
    return Measure(lambda counted: counted.alike[:, value] / counted.values[:, value], NOT_USED)


def _alpha(counted: Tally, distance: Distance | None) -> np.ndarray:
    n = counted.values.sum(axis=-1)
    return 1 - (n - 1) * counted.disagreement / _expected(counted.values, distance)


def _expected(values: np.ndarray, distance: Distance | None) -> np.ndarray:
    """Sum over all pairs of values of n_c * n_k * distance."""
    if distance is None:
        return values.sum(axis=-1) ** 2 - (values**2).sum(axis=-1)
    every, total = np.arange(values.shape[-1]), np.zeros(len(values))
    for some in np.array_split(every, len(every) ** 2 // _DISTANCES_HELD + 1):
        total += (values[:, some] * (values @ distance(every[:, None], some))).sum(axis=-1)
    return total


def _kappa(counted: Tally) -> np.ndarray:
    shares = counted.marginals / counted.pairable[:, None, None]
    return _corrected(counted, shares.prod(axis=1).sum(axis=-1))


def _fleiss(counted: Tally) -> np.ndarray:
    return _corrected(counted, (_mean_shares(counted) ** 2).sum(axis=-1))


def _ac1(counted: Tally) -> np.ndarray:
    shares = _mean_shares(counted)
    return _corrected(counted, (shares * (1 - shares)).sum(axis=-1) / (shares.shape[-1] - 1))


def _pabak(counted: Tally) -> np.ndarray:
    return _corrected(counted, np.divide(1, counted.shares.shape[-1]))


def _mean_shares(counted: Tally) -> np.ndarray:
    """The share of coders that gave a value, averaged over units, by value."""
    return counted.shares / counted.units[:, None]


def _percent(counted: Tally) -> np.ndarray:
    return 1 - counted.split / counted.pairable


def _corrected(counted: Tally, expected: np.ndarray) -> np.ndarray:
    """(p_o - p_e) / (1 - p_e), NaN without variation even where the formula would give 1."""
    varies = np.count_nonzero(counted.values, axis=-1) > 1
    return np.where(varies, 1 - counted.split / counted.pairable / (1 - expected), np.nan)


FLEISS = Measure(_fleiss)
"""Fleiss' kappa; like AC1 and PABAK it does not ask who of the coders gave a value."""

NOMINAL = {"percent_agreement": Measure(_percent), "alpha": alpha(), "kappa": Measure(_kappa),
           "ac1": Measure(_ac1), "pabak": Measure(_pabak)}
"""By their names in the table ``agreement``."""
