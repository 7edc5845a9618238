"""Coefficients of agreement between coders, and their bootstrap intervals.

The values that coders gave to units are an array of coders x units. The work has three steps: values are
encoded as numbers, the numbers are counted, and formulas turn the counts into coefficients. All counts are
sums over units, so those of the documents add up to those of the study, and a bootstrap can draw documents
without counting again.

The module decides what a missing value is: a unit that was never assigned to a coder has no value, written
-1, while a unit that was read and left uncoded has one. It also decides that a coefficient without
variation is undefined, and never 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from glc_analysis.errors import UsageError, nearest

# ------------------------------
# Encoding: coders' values as numbers from 0, -1 where missing, and the distances between values.


Distance = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Distance between values, which are given by their numbers; it broadcasts."""
METRICS = ("nominal", "ordinal", "interval", "ratio")
_NARROW = 2**12
"""Whole numbers that span less than this are encoded by counting, wider ones by hashing."""
_VALUES_AT_ONCE = 2**14
"""Number of values that are encoded at a time, so that they stay in the cache of the processor."""


def encode_values(coders: np.ndarray | pd.DataFrame | Sequence) -> tuple[np.ndarray, np.ndarray]:
    """Coders x units as numbers in ascending order of the values, and the values themselves.

    Raises UsageError where coders differ in the number of units.

    >>> encode_values([[5, 2, np.nan], [2, 9, 9]])
    (array([[ 1,  0, -1],
           [ 0,  2,  2]]), array([2., 5., 9.]))
    """
    values = _coder_array(coders)
    if values.dtype.kind in "iuf" and values.size:
        least, most = (float(end.reduce(values, axis=None)) for end in (np.fmin, np.fmax))
        if most - least < _NARROW and least % 1 == 0:
            found = _encode_narrow(values, least, int(most - least) + 1)
            if found:
                return found
    codes, domain = pd.factorize(values.ravel(), sort=True)
    return codes.reshape(values.shape), np.asarray(domain)


def _encode_narrow(values: np.ndarray, least: float, width: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Encodes whole numbers in a narrow range, faster than by hashing; None if a value is not whole."""
    codes, seen = np.empty(values.shape, dtype=np.int16), np.zeros(width, dtype=bool)
    parts = values.size // _VALUES_AT_ONCE + 1
    for some_codes, some_values in zip(np.array_split(codes.ravel(), parts),
                                       np.array_split(values.ravel(), parts), strict=True):
        shifted = np.fmax(some_values - least, -1)  # NaN becomes -1
        some_codes[:] = shifted
        if (some_codes != shifted).any():
            return None
        if not seen.all():
            seen |= np.bincount(some_codes + 1, minlength=width + 1)[1:] > 0
    if not seen.all():
        codes = np.append(np.cumsum(seen) - 1, -1)[codes]
    return codes, np.flatnonzero(seen) + least


def cross_table(table: Sequence) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A cross table of two coders: one column of numbers a cell, the categories, and the cells' counts.

    >>> cross_table([[8, 1], [0, 1]])
    (array([[0, 0, 1, 1],
           [0, 1, 0, 1]]), array([0, 1]), array([8., 1., 0., 1.]))
    """
    counts = as_counts(table)
    if counts.shape[0] != counts.shape[1]:
        raise UsageError("The cross table of two coders must be square; "
                         f"this one is {counts.shape[0]} x {counts.shape[1]}. "
                         "To fix: give the coders' values one by one, f(*values).")
    return np.indices(counts.shape).reshape(2, -1), np.arange(len(counts)), counts.ravel()


def as_counts(table: np.ndarray | Sequence) -> np.ndarray:
    """A table as an array of counts. Raises UsageError for anything but whole numbers from 0."""
    counts = np.asarray(table, dtype=float)
    if counts.ndim != 2 or not (counts >= 0).all() or (counts % 1).any():
        raise UsageError("A table must have rows and columns of whole numbers from 0.")
    return counts


def encode_positions(values: np.ndarray | pd.DataFrame | Sequence, count: int) -> np.ndarray:
    """Values that are already positions, such as those of sets in a matrix of distances."""
    given = _coder_array(values).astype(float)
    codes = np.where(np.isnan(given), -1, given)
    if ((codes % 1 != 0) | (codes >= count) | (given < 0)).any():
        raise UsageError(f"Values must be positions in the matrix of distances, from 0 to {count - 1}.")
    return codes.astype(np.intp)


def distance_of(metric: str, domain: np.ndarray, counts: np.ndarray) -> Distance | None:
    """Krippendorff's squared distances between the values of a domain; None means nominal.

    ``counts`` is how often each value was given. Ordinal distance is computed from them: it counts the
    values between two, and half of each. Raises UsageError for values that do not fit the metric.

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
            raise UsageError("The ratio metric has a true zero: no value may be below it.")
        return lambda a, b: np.divide(domain[a] - domain[b], domain[a] + domain[b], where=a != b,
                                      out=np.zeros(np.broadcast(a, b).shape)) ** 2
    at = domain if metric == "interval" else np.cumsum(counts) - counts / 2
    return lambda a, b: (at[a] - at[b]) ** 2


def matrix_distance(matrix: np.ndarray) -> Distance:
    """The distances in a matrix. Raises UsageError for a matrix that is not one of distances."""
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not (matrix >= 0).all() \
            or matrix.diagonal().any() or not np.array_equal(matrix, matrix.T):
        raise UsageError("A matrix of distances must be square and symmetric, with 0 on its diagonal and "
                         "no negative values.")
    return lambda a, b: matrix[a, b]


def _coder_array(coders: np.ndarray | pd.DataFrame | Sequence) -> np.ndarray:
    if isinstance(coders, pd.DataFrame):
        coders = coders.to_numpy()
    if not isinstance(coders, np.ndarray):
        if len({np.shape(row) for row in coders}) > 1:
            raise UsageError("The rows of the coders differ in length. Give every coder a value, or NaN, "
                             "for every unit.")
        # Through Series: numpy alone would turn NaN among texts into the word "nan".
        coders = np.array([pd.Series(row).to_numpy() for row in coders if np.ndim(row)])
    if coders.ndim != 2:
        raise UsageError("Values must have a row for each coder and a column for each unit.")
    return coders


# ------------------------------
# Counting: the sums over units that coefficients of agreement are computed from.


class CodingCounts(NamedTuple):
    """Sums over the units of each group; the first axis of every array is the group.

    A unit is pairable if two or more coders gave it a value.
    """

    units: np.ndarray
    """how many units have a value"""
    pairable: np.ndarray
    """how many units are pairable"""
    differing: np.ndarray
    """sum over pairable units of the share of pairs of coders that differ"""
    disagreement: np.ndarray
    """sum of the coincidence matrix times distance; each value of a pairable unit weighs 1"""
    same: np.ndarray
    """diagonal of the coincidence matrix, by value"""
    shares: np.ndarray
    """sum over units of the share of coders that gave the value, by value"""
    marginals: np.ndarray
    """how often the value was given in pairable units, by coder and value"""

    @property
    def values(self) -> np.ndarray:
        """How often each value was given in pairable units: the margins of the coincidence matrix."""
        return self.marginals.sum(axis=-2)

    def weighted_sum(self, weights: np.ndarray) -> CodingCounts:
        """Weighted sums of the groups: one new group for each row of ``weights``."""
        return CodingCounts(*(np.tensordot(weights, field, 1) for field in self))


def count_codings(codes: np.ndarray, n_values: int, *, groups: np.ndarray | None = None, n_groups: int = 1,
                  lengths: np.ndarray | None = None, distance: Distance | None = None) -> CodingCounts:
    """Counts an array of coders x units of encoded values, group by group.

    ``lengths`` is how many units a column represents (1 by default), ``distance`` is the distance between
    two values (by default 1 where they differ).

    >>> counts = count_codings(np.array([[0, 1, 1, -1], [0, 1, 0, 1]]), 2)
    >>> counts.units, counts.pairable, counts.disagreement, counts.values
    (array([4.]), array([3.]), array([2.]), array([[3., 3.]]))
    """
    groups = np.zeros(codes.shape[1], dtype=np.intp) if groups is None else groups
    codes, groups, lengths = _merged_columns(codes, n_values, groups, n_groups, lengths)
    coders = (codes >= 0).sum(axis=0)
    some, pairable = coders > 0, coders > 1
    shares, marginals = np.zeros((n_groups, n_values)), np.zeros((n_groups, len(codes), n_values))
    for coder, own in enumerate(codes):
        at = np.flatnonzero(own >= 0)
        cells = groups[at] * n_values + own[at]
        shares += _sums(cells, lengths[at] / coders[at], n_groups, n_values)
        marginals[:, coder] = _sums(cells, lengths[at] * pairable[at], n_groups, n_values)
    return CodingCounts(_sums(groups[some], lengths[some], n_groups),
                 _sums(groups[pairable], lengths[pairable], n_groups),
                 *_pairs(codes, coders, groups, lengths, (n_groups, n_values), distance),
                 shares, marginals)


def count_table(counts: np.ndarray) -> CodingCounts:
    """Computes :class:`CodingCounts` from a table of units x values with the number of coders who gave each
    value.

    The coders are not known, so ``marginals`` has one row for all: use no coefficient of particular coders.

    >>> one, other = count_table(np.array([[2., 0.], [1., 1.], [0., 1.]])), count_codings(
    ...     np.array([[0, 1, -1], [0, 0, 1]]), 2)
    >>> all((getattr(one, name) == getattr(other, name)).all()
    ...     for name in (*CodingCounts._fields[:-1], "values"))
    True
    """
    counts = counts[counts.sum(axis=1) > 0]
    coders = counts.sum(axis=1)
    paired, n = counts[coders > 1], coders[coders > 1]
    same = paired * (paired - 1) / (n - 1)[:, None]  # pairs in both directions, as in _pairs
    differing = n - same.sum(axis=1)
    shares = (counts / coders[:, None]).sum(axis=0)
    return CodingCounts(np.array([float(len(counts))]), np.array([float(len(paired))]),
                 np.array([(differing / n).sum()]), np.array([differing.sum()]), same.sum(axis=0)[None],
                 shares[None], paired.sum(axis=0)[None, None])


def encode(values: np.ndarray | pd.DataFrame | Sequence,
           metric: str | np.ndarray) -> tuple[np.ndarray, int, Distance | None]:
    """The values as numbers, how many values there are, and their distance."""
    if not isinstance(metric, str):
        matrix = np.asarray(metric)
        return encode_positions(values, len(matrix)), len(matrix), matrix_distance(matrix)
    codes, domain = encode_values(values)
    counts = count_codings(codes, len(domain)).values[0] if metric == "ordinal" else np.empty(0)
    return codes, len(domain), distance_of(metric, domain, counts)


def _pairs(codes: np.ndarray, coders: np.ndarray, groups: np.ndarray, lengths: np.ndarray,
           shape: tuple[int, int], distance: Distance | None) -> tuple[np.ndarray, ...]:
    """The sums over pairs of coders: differing, disagreement, same."""
    differing, disagreement, same = np.zeros(shape[0]), np.zeros(shape[0]), np.zeros(shape)
    for one, other in combinations(codes, 2):
        both = np.flatnonzero((one >= 0) & (other >= 0))
        first, second, group = one[both], other[both], groups[both]
        weight = 2 * lengths[both] / (coders[both] - 1)  # a pair counts in both directions
        differs = first != second
        far = distance(first, second) if distance else differs
        differing += _sums(group, weight * differs / coders[both], shape[0])
        disagreement += _sums(group, weight * far, shape[0])
        same += _sums(group * shape[1] + first, weight * ~differs, *shape)
    return differing, disagreement, same


def _sums(cells: np.ndarray, amounts: np.ndarray, *shape: int) -> np.ndarray:
    return np.bincount(cells, amounts, math.prod(shape)).reshape(shape)


def _merged_columns(codes: np.ndarray, n_values: int, groups: np.ndarray, n_groups: int,
                    lengths: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Equal columns of one group merged into one, where the number of possible columns is small."""
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
# Distances between sets of codes, for units that may have several codes.


_SETS_AT_ONCE = 2**20
"""Number of distances between sets that are computed at a time."""


def membership_matrix(sets: Sequence[Collection[str]]) -> tuple[np.ndarray, list[str]]:
    """A boolean matrix of sets x codes, and the codes in order.

    >>> membership_matrix([{"b"}, set(), {"a", "b"}])
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
    """1 - J between any two of the sets, ``J = |A & B| / |A | B|`` (Jaccard 1901).

    Two empty sets agree.

    >>> jaccard_distance([{"a"}, {"a", "b"}, set()]).tolist()
    [[0.0, 0.5, 1.0], [0.5, 0.0, 1.0], [1.0, 1.0, 0.0]]
    """
    return _distances(sets, lambda shared, own, others: 1)


def masi_distance(sets: Sequence[Collection[str]]) -> np.ndarray:
    """1 - J * M between any two of the sets (Passonneau 2006, "Measuring agreement on set-valued
    items (MASI) for semantic and pragmatic annotation", LREC).

    J is Jaccard's coefficient; M is exactly 1 for equal sets, 2/3 where one
    contains the other, 1/3 where they overlap, 0 where they share nothing. Two
    empty sets agree. Give each distinct set once: the matrix grows with the square of their number.

    >>> masi_distance([{"a", "b"}, {"a"}, {"b", "c"}, set()])[0].round(4).tolist()
    [0.0, 0.6667, 0.8889, 1.0]
    """
    return _distances(sets, _monotonicity)


def _monotonicity(shared: np.ndarray, own: np.ndarray, others: np.ndarray) -> np.ndarray:
    return np.select([(shared == own) & (shared == others), (shared == own) | (shared == others),
                      shared > 0], [1, 2 / 3, 1 / 3], 0)


def _distances(sets: Sequence[Collection[str]], weight: Callable) -> np.ndarray:
    """1 - J * weight, computed for a block of rows at a time to save memory."""
    has = membership_matrix(sets)[0].astype(float)
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
# Formulas: coefficients of agreement as functions of the counts, for all groups at once.


NO_PAIRS = "no unit was coded by two coders"
NO_VARIATION = "no variation: all values are the same"
NOT_USED = "no coder gave this value"
_DISTANCES_HELD = 2**22
"""Number of distances between values that are in memory at a time."""


class Coefficient(NamedTuple):
    """A coefficient, the number of units, and the reason where it or its interval is NaN.

    ``n_units`` were coded by any coder, ``n_pairable`` of them by two or more. ``low`` and ``high`` are the
    95 % interval, if one was computed.
    """

    value: float
    n_units: int
    n_pairable: int
    reason: str = ""
    low: float = np.nan
    high: float = np.nan


_ZERO = 1e-12
"""What is closer to zero than this is zero: 2.2e-16 is the rounding of the arithmetic."""


class Measure(NamedTuple):
    """The formula of a coefficient, and the reason why it may be NaN although there are pairs."""

    statistic: Callable[[CodingCounts], np.ndarray]
    undefined: str = NO_VARIATION

    def values(self, counts: CodingCounts) -> np.ndarray:
        """The coefficient of every group; NaN where it is not defined."""
        with np.errstate(divide="ignore", invalid="ignore"):
            values = self.statistic(counts)
        return np.where(np.abs(values) < _ZERO, 0.0, values)

    def of(self, counts: CodingCounts) -> tuple[np.ndarray, np.ndarray]:
        """The coefficient of every group, and a reason wherever it is NaN."""
        values = self.values(counts)
        return values, np.select([~np.isnan(values), counts.pairable == 0], ["", NO_PAIRS],
                                 self.undefined)

    def pooled(self, counts: CodingCounts) -> Coefficient:
        """The coefficient of all groups together."""
        n_groups = len(counts.units)
        total = counts if n_groups == 1 else counts.weighted_sum(np.ones((1, n_groups)))
        (value,), (reason,) = self.of(total)
        return Coefficient(float(value), int(total.units[0]), int(total.pairable[0]), str(reason))


def alpha_measure(distance: Distance | None = None) -> Measure:
    """Krippendorff's alpha of counts that were made with the distance; None means nominal."""
    return Measure(partial(_alpha, distance=distance))


def specific_measure(value: int) -> Measure:
    """Specific agreement on a value: where one coder gave it, the share of the others who did too."""
    return Measure(lambda counts: counts.same[:, value] / counts.values[:, value], NOT_USED)


def _alpha(counts: CodingCounts, distance: Distance | None) -> np.ndarray:
    n = counts.values.sum(axis=-1)
    return 1 - (n - 1) * counts.disagreement / _expected(counts.values, distance)


def _expected(values: np.ndarray, distance: Distance | None) -> np.ndarray:
    """Sum over all pairs of values of n_c * n_k * distance."""
    if distance is None:
        return values.sum(axis=-1) ** 2 - (values**2).sum(axis=-1)
    every, total = np.arange(values.shape[-1]), np.zeros(len(values))
    for some in np.array_split(every, len(every) ** 2 // _DISTANCES_HELD + 1):
        total += (values[:, some] * (values @ distance(every[:, None], some))).sum(axis=-1)
    return total


def _kappa(counts: CodingCounts) -> np.ndarray:
    shares = counts.marginals / counts.pairable[:, None, None]
    return _corrected(counts, shares.prod(axis=1).sum(axis=-1))


def _fleiss(counts: CodingCounts) -> np.ndarray:
    return _corrected(counts, (_mean_shares(counts) ** 2).sum(axis=-1))


def _ac1(counts: CodingCounts) -> np.ndarray:
    shares = _mean_shares(counts)
    return _corrected(counts, (shares * (1 - shares)).sum(axis=-1) / (shares.shape[-1] - 1))


def _pabak(counts: CodingCounts) -> np.ndarray:
    return _corrected(counts, np.divide(1, counts.shares.shape[-1]))


def _mean_shares(counts: CodingCounts) -> np.ndarray:
    """The share of coders that gave a value, averaged over units, by value."""
    return counts.shares / counts.units[:, None]


def _percent(counts: CodingCounts) -> np.ndarray:
    return 1 - counts.differing / counts.pairable


def _corrected(counts: CodingCounts, expected: np.ndarray) -> np.ndarray:
    """(p_o - p_e) / (1 - p_e), NaN without variation even where the formula would give 1."""
    varies = np.count_nonzero(counts.values, axis=-1) > 1
    return np.where(varies, 1 - counts.differing / counts.pairable / (1 - expected), np.nan)


FLEISS = Measure(_fleiss)
"""Fleiss' kappa; like AC1 and PABAK, it does not depend on which coder gave a value."""

NOMINAL = {"percent_agreement": Measure(_percent), "alpha": alpha_measure(), "kappa": Measure(_kappa),
           "ac1": Measure(_ac1), "pabak": Measure(_pabak)}
"""By their names in the table ``agreement``."""


# ------------------------------
# Intervals of coefficients: a bootstrap of documents.
#
# Coefficients with 95 % intervals from counts of codings by document, or from the values that coders gave to
# units and the document of each unit: documents are drawn again and again.
#
# The module decides what is drawn: whole documents, since turns of one interview are not independent. There
# is not an interval below ten documents, or where too many of the draws leave the coefficient undefined.


MIN_DOCUMENTS = 10
MAX_UNDEFINED = 0.05
"""There is no interval from fewer documents, or where a larger share of the draws is undefined."""
_BLOCK = 2**22
_FINEST = 2**10
"""Amounts that are multiples of 1 / 1,024 are summed exactly."""


def document_bootstrap(values: np.ndarray | pd.DataFrame | Sequence, documents: Sequence,
                       measure: str = "alpha", *, metric: str | np.ndarray = "nominal",
                       draws: int = 1000, seed: int = 1) -> Coefficient:
    """A coefficient with its 95 % percentile interval over documents (Efron & Tibshirani 1993,
    chapter 13), the same for the same seed.

    ``values`` and ``metric`` are those of ``krippendorff_alpha``, ``documents``
    names the document of each unit, ``measure`` is percent_agreement, alpha,
    kappa, ac1 or pabak. As many documents are drawn, with replacement, as have a
    pairable unit; the interval is NaN below 10 of them. Raises UsageError for an
    unknown measure, a unit without a document, and ordinal distance, which
    changes with every draw.

    >>> ana, bert = [1, 0, 0, 1] * 15, [1, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0, 0] * 5
    >>> found = document_bootstrap([ana, bert], [unit // 4 for unit in range(60)])
    >>> [round(x, 2) for x in (found.value, found.low, found.high)]
    [0.5, 0.3, 0.7]
    """
    if measure not in NOMINAL:
        raise UsageError(f"There is no measure {measure!r}; {nearest(measure, NOMINAL)}.")
    if isinstance(metric, str) and metric == "ordinal":
        raise UsageError("There is no bootstrap of ordinal distance: the distance changes with every draw.")
    codes, n_values, distance = encode(values, metric)
    if measure == "kappa" and len(codes) != 2:
        raise UsageError(f"Cohen's kappa is for two coders; {len(codes)} were given.")
    groups, names = pd.factorize(np.asarray(documents), sort=True)
    if len(groups) != codes.shape[1] or (groups < 0).any():
        raise UsageError("Give the document of every unit: one name for each column of values.")
    by_document = count_codings(codes, n_values, groups=groups, n_groups=len(names), distance=distance)
    chosen = alpha_measure(distance) if measure == "alpha" else NOMINAL[measure]
    return bootstrap_coefficients(by_document, {measure: chosen}, draws=draws, seed=seed)[measure]


def bootstrap_coefficients(by_document: CodingCounts, measures: Mapping[str, Measure], *, draws: int,
                           seed: int) -> dict[str, Coefficient]:
    """Coefficients over all documents of some counts, with intervals from the same draws."""
    return bootstrap_together([by_document], measures, draws=draws, seed=seed)[0]


def bootstrap_together(all_counts: Sequence[CodingCounts], measures: Mapping[str, Measure], *, draws: int,
                       seed: int) -> list[dict[str, Coefficient]]:
    """The coefficients of each of several counts over all documents, with intervals from the same draws.

    The counts must be of the same units of the same documents, such as those of the codes of one codebook:
    they have equal shapes, and the same units are pairable.

    >>> from glc_analysis.coding.coefficients import NOMINAL
    >>> codings = [[0, 1, 1], [0, 1, 0]], [[1, 0, 1], [1, 0, 1]]
    >>> counts = [count_codings(np.array(codes), 2) for codes in codings]
    >>> found = bootstrap_together(counts, {"alpha": NOMINAL["alpha"]}, draws=10, seed=1)
    >>> [round(coefficients["alpha"].value, 4) for coefficients in found]
    [0.4444, 1.0]
    """
    coefficients_by_count: list[dict[str, Coefficient]] = []
    if not all_counts:
        return coefficients_by_count
    n_documents = int(np.count_nonzero(all_counts[0].pairable))
    cells = sum(math.prod(field.shape[1:]) for field in all_counts[0])
    together = max(1, _BLOCK // max(1, draws * cells))
    for start in range(0, len(all_counts), together):
        some = all_counts[start:start + together]
        points = _point_values(some, measures)
        drawn = _resampled(some, measures, draws, seed) if n_documents >= MIN_DOCUMENTS and draws else {}
        intervals = {name: _intervals(values) for name, values in drawn.items()}
        for n in range(len(some)):
            coefficients = {}
            for name in measures:
                point = points[name][n]
                low, high, no_interval = intervals[name][n] if drawn else _too_few(n_documents)
                coefficients[name] = point._replace(low=low, high=high, reason=point.reason or no_interval)
            coefficients_by_count.append(coefficients)
    return coefficients_by_count


def _point_values(all_counts: Sequence[CodingCounts],
                  measures: Mapping[str, Measure]) -> dict[str, list[Coefficient]]:
    """Every measure over all documents, for each of the counts: what ``Measure.pooled`` gives for one."""
    total = _weighted_sums(all_counts, np.ones((1, len(all_counts[0].units))))
    sizes = total.units.astype(int).tolist(), total.pairable.astype(int).tolist()
    return {name: [Coefficient(float(value), n_units, n_pairable, str(reason))
                   for value, reason, n_units, n_pairable in zip(*measure.of(total), *sizes, strict=True)]
            for name, measure in measures.items()}


def _resampled(all_counts: Sequence[CodingCounts], measures: Mapping[str, Measure], draws: int,
               seed: int) -> dict[str, np.ndarray]:
    """Every measure of the resampled documents: a row for each of the counts, a column for each draw."""
    parts: dict[str, list[np.ndarray]] = {name: [] for name in measures}
    for weights in _weights(all_counts[0], draws, seed):
        counts = _weighted_sums(all_counts, weights)
        for name, measure in measures.items():
            parts[name].append(measure.values(counts).reshape(len(all_counts), len(weights)))
    return {name: np.concatenate(values, axis=1) for name, values in parts.items()}


def _weights(by_document: CodingCounts, draws: int, seed: int) -> Iterator[np.ndarray]:
    """How often each document is drawn: a row for each draw, several draws at a time.

    A document without pairs is not drawn but always included: it only adds to the chance agreement of AC1.
    """
    generator = np.random.default_rng(seed)
    paired = np.flatnonzero(by_document.pairable)
    width = sum(field[0].size for field in by_document) + len(by_document.units)
    step = max(1, _BLOCK // width)
    for start in range(0, draws, step):
        weights = np.ones((min(step, draws - start), len(by_document.units)))
        weights[:, paired] = generator.multinomial(
            len(paired), np.full(len(paired), 1 / len(paired)), len(weights))
        yield weights


def _weighted_sums(all_counts: Sequence[CodingCounts], weights: np.ndarray) -> CodingCounts:
    """:meth:`CodingCounts.weighted_sum` of each of the counts: all draws of the first, then of the second.

    One product for all counts is many times faster than one for each, but it may add up in another order.
    So it is used only for fields whose sums are exact in any order, which nearly all are where no unit has
    more than two coders. The results are the same to the last bit.
    """
    if len(all_counts) == 1:
        return all_counts[0].weighted_sum(weights)
    fields = []
    for parts in zip(*all_counts, strict=True):
        if all(_is_exact(part) for part in parts):
            total = np.moveaxis(np.tensordot(weights, np.stack(parts, axis=1), 1), 1, 0)
        else:
            total = np.stack([np.tensordot(weights, part, 1) for part in parts])
        fields.append(total.reshape(-1, *total.shape[2:]))
    return CodingCounts(*fields)


def _is_exact(field: np.ndarray) -> bool:
    """Whether weighted sums of the documents are exact in any order.

    They are exact if all amounts are multiples of the same small power of two, and a float can hold the
    largest possible sum: then no partial sum is rounded. As many documents are drawn as there are.

    >>> _is_exact(np.array([3.0, 0.5, 7.25])), _is_exact(np.array([1 / 3])), _is_exact(np.array([2.0**50]))
    (True, False, False)
    """
    fine = field * _FINEST
    return bool((fine == np.floor(fine)).all() and np.abs(fine).max(initial=0) * len(field) < 2**53)


def _intervals(drawn: np.ndarray) -> list[tuple[float, float, str]]:
    """The interval of each row of draws, or why there is none."""
    undefined = np.isnan(drawn)
    intervals = [(np.nan, np.nan, "no interval: undefined in too many bootstrap samples")] * len(drawn)
    complete = np.flatnonzero(~undefined.any(axis=1))
    if len(complete):
        ends = np.percentile(drawn[complete], [2.5, 97.5], axis=1)
        for n, low, high in zip(complete, *ends, strict=True):
            intervals[n] = float(low), float(high), ""
    for n in np.flatnonzero(undefined.any(axis=1) & (undefined.mean(axis=1) <= MAX_UNDEFINED)):
        low, high = np.nanpercentile(drawn[n], [2.5, 97.5])
        intervals[n] = float(low), float(high), ""
    return intervals


def _too_few(n_documents: int) -> tuple[float, float, str]:
    return np.nan, np.nan, (f"no interval: {n_documents} documents have pairs of coders, "
                            f"{MIN_DOCUMENTS} are needed")
