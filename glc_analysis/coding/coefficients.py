"""Computes coefficients of agreement between coders, and their bootstrap intervals.

The values that coders gave to units are stored in an array of coders x units, encoded as numbers from 0.
First the values are counted, and then formulas compute the coefficients from the counts. Each count is a sum
over units. So the counts of all documents add up to the counts of the study, and the bootstrap can draw
documents without counting their units again.

The module also decides which values count as missing. A unit that was never assigned to a coder has no value
from this coder; the array then has -1. A unit that a coder read and left uncoded has a value from this coder,
namely the value for no code. If all values are the same, the coefficient is undefined rather than 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations
from typing import NamedTuple

import numpy as np

# ------------------------------
# Counting: the sums over units that coefficients of agreement are computed from.


Distance = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""A function that returns the distances between pairs of values. Its two arguments are arrays with the
numbers of the values, and these arrays are broadcast."""


class CodingCounts(NamedTuple):
    """Holds sums over the units of each group of units; the first axis of every array is the group.

    A unit is called pairable if two or more coders gave it a value.
    """

    units: np.ndarray
    """how many units have at least one value"""
    pairable: np.ndarray
    """how many units are pairable"""
    differing: np.ndarray
    """sum, over pairable units, of the share of pairs of coders that gave different values"""
    disagreement: np.ndarray
    """sum of the coincidence matrix times the distance; each value of a pairable unit has weight 1"""
    same: np.ndarray
    """the diagonal of the coincidence matrix, with one entry per value"""
    shares: np.ndarray
    """sum over units, for each value, of the share of coders who gave the value"""
    marginals: np.ndarray
    """how often each coder gave each value in pairable units"""

    @property
    def value_frequencies(self) -> np.ndarray:
        """Returns how often each value was given in pairable units: the margins of the coincidence matrix."""
        return self.marginals.sum(axis=-2)

    def sum_groups(self, weights: np.ndarray) -> CodingCounts:
        """Returns weighted sums of the groups; each row of ``weights`` gives one new group."""
        return CodingCounts(*(np.tensordot(weights, field, 1) for field in self))


def count_codings(encoded_values: np.ndarray, n_values: int, *, groups: np.ndarray | None = None,
                  n_groups: int = 1, lengths: np.ndarray | None = None,
                  distance: Distance | None = None) -> CodingCounts:
    """Counts the encoded values in each group of units. ``encoded_values`` is an array with one row per coder
    and one column per unit.

    ``lengths`` is the number of units that each column represents; the default is 1. ``distance`` returns the
    distance between two values; by default the distance is 1 if the values differ and 0 if the values are
    equal.

    >>> counts = count_codings(np.array([[0, 1, 1, -1], [0, 1, 0, 1]]), 2)
    >>> counts.units, counts.pairable, counts.disagreement, counts.value_frequencies
    (array([4.]), array([3.]), array([2.]), array([[3., 3.]]))
    """
    groups = np.zeros(encoded_values.shape[1], dtype=np.intp) if groups is None else groups
    encoded_values, groups, lengths = _merged_columns(encoded_values, n_values, groups, n_groups, lengths)
    coders = (encoded_values >= 0).sum(axis=0)
    some, pairable = coders > 0, coders > 1
    shares, marginals = np.zeros((n_groups, n_values)), np.zeros((n_groups, len(encoded_values), n_values))
    for coder, own in enumerate(encoded_values):
        at = np.flatnonzero(own >= 0)
        cells = groups[at] * n_values + own[at]
        shares += _sums(cells, lengths[at] / coders[at], n_groups, n_values)
        marginals[:, coder] = _sums(cells, lengths[at] * pairable[at], n_groups, n_values)
    return CodingCounts(_sums(groups[some], lengths[some], n_groups),
                        _sums(groups[pairable], lengths[pairable], n_groups),
                        *_pairs(encoded_values, coders, groups, lengths, (n_groups, n_values), distance),
                        shares, marginals)


def _pairs(codes: np.ndarray, coders: np.ndarray, groups: np.ndarray, lengths: np.ndarray,
           shape: tuple[int, int], distance: Distance | None) -> tuple[np.ndarray, ...]:
    """Returns those fields of :class:`CodingCounts` that are sums over pairs of coders: differing,
    disagreement and same."""
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
    """Merges the equal columns of each group into one column, if the number of possible columns is smaller
    than the number of units."""
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
"""The number of distances between sets that are computed at a time."""


def make_membership_matrix(sets: Sequence[Collection[str]]) -> tuple[np.ndarray, list[str]]:
    """Returns a boolean matrix of sets x codes, and the codes in order.

    >>> make_membership_matrix([{"b"}, set(), {"a", "b"}])
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


def compute_masi_distance(sets: Sequence[Collection[str]]) -> np.ndarray:
    """Returns the MASI distance 1 - J * M between every two of the sets (Passonneau 2006, "Measuring
    agreement on set-valued items (MASI) for semantic and pragmatic annotation", LREC).

    J is Jaccard's coefficient. M is 1 for equal sets, 2/3 if one set contains the other, 1/3 if the sets only
    overlap, and 0 if they have no element in common. The distance between two empty sets is 0. Pass each
    distinct set only once, because the size of the matrix is the square of the number of sets.

    >>> compute_masi_distance([{"a", "b"}, {"a"}, {"b", "c"}, set()])[0].round(4).tolist()
    [0.0, 0.6667, 0.8889, 1.0]
    """
    has = make_membership_matrix(sets)[0].astype(float)
    sizes, step = has.sum(axis=1), max(1, _SETS_AT_ONCE // max(1, len(sets)))
    distances = np.empty((len(sets), len(sets)))
    for start in range(0, len(sets), step):
        rows = slice(start, start + step)
        shared, own = has[rows] @ has.T, sizes[rows, None]  # a block at a time, to save memory
        union = own + sizes - shared
        jaccard = np.divide(shared, union, out=np.ones_like(shared), where=union > 0)
        monotonicity = np.select([(shared == own) & (shared == sizes), (shared == own) | (shared == sizes),
                                  shared > 0], [1, 2 / 3, 1 / 3], 0)
        distances[rows] = 1 - jaccard * monotonicity
    return distances


# ------------------------------
# Formulas: coefficients of agreement as functions of the counts, for all groups at once.


NO_PAIRS = "no unit was coded by two coders"
NO_VARIATION = "no variation: all values are the same"
NOT_USED = "no coder gave this value"
_DISTANCES_HELD = 2**22
"""The number of distances between values that are kept in memory at a time."""


class Coefficient(NamedTuple):
    """A coefficient of agreement, with its interval and the numbers of units that it is computed from.

    ``n_units`` is the number of units that at least one coder coded, ``n_pairable`` the number that two or
    more coders coded. ``low`` and ``high`` are the ends of the 95 % interval, if an interval was computed.
    ``reason`` says why the coefficient is NaN or why its interval is NaN.
    """

    value: float
    n_units: int
    n_pairable: int
    reason: str = ""
    low: float = np.nan
    high: float = np.nan


_ZERO = 1e-12
"""A coefficient that is closer to zero than this number counts as zero, because floating-point arithmetic has
rounding errors of up to 2.2e-16."""


class Measure(NamedTuple):
    """The formula of a coefficient, and the reason to report if the coefficient is NaN although there are
    pairs of coders."""

    statistic: Callable[[CodingCounts], np.ndarray]
    undefined: str = NO_VARIATION

    def compute_by_group(self, counts: CodingCounts) -> np.ndarray:
        """Returns the coefficient of every group of units; NaN if the coefficient is not defined for the
        group."""
        with np.errstate(divide="ignore", invalid="ignore"):
            values = self.statistic(counts)
        return np.where(np.abs(values) < _ZERO, 0.0, values)

    def compute_by_group_with_reasons(self, counts: CodingCounts) -> tuple[np.ndarray, np.ndarray]:
        """Returns the coefficient of every group of units, and a reason for every coefficient that is NaN."""
        values = self.compute_by_group(counts)
        return values, np.select([~np.isnan(values), counts.pairable == 0], ["", NO_PAIRS],
                                 self.undefined)

    def compute_over_all_groups(self, counts: CodingCounts) -> Coefficient:
        """Returns one coefficient for all groups of units together."""
        n_groups = len(counts.units)
        total = counts if n_groups == 1 else counts.sum_groups(np.ones((1, n_groups)))
        (value,), (reason,) = self.compute_by_group_with_reasons(total)
        return Coefficient(float(value), int(total.units[0]), int(total.pairable[0]), str(reason))


def make_alpha_measure(distance: Distance | None = None) -> Measure:
    """Returns the measure that computes Krippendorff's alpha from counts; the counts must have been made with
    the same ``distance``. If ``distance`` is None, the measure is alpha for nominal values."""
    return Measure(partial(_alpha, distance=distance))


def make_specific_measure(value: int) -> Measure:
    """Returns the measure of specific agreement on a value. If a coder gave a unit the value, specific
    agreement is the share of the unit's other coders who also gave the value."""
    return Measure(lambda counts: counts.same[:, value] / counts.value_frequencies[:, value], NOT_USED)


def _alpha(counts: CodingCounts, distance: Distance | None) -> np.ndarray:
    n = counts.value_frequencies.sum(axis=-1)
    return 1 - (n - 1) * counts.disagreement / _expected(counts.value_frequencies, distance)


def _expected(values: np.ndarray, distance: Distance | None) -> np.ndarray:
    """Returns the sum of n_c * n_k * distance(c, k) over all pairs of values c and k; n_c is how often coders
    gave the value c."""
    if distance is None:
        return values.sum(axis=-1) ** 2 - (values**2).sum(axis=-1)
    every, total = np.arange(values.shape[-1]), np.zeros(len(values))
    for some in np.array_split(every, len(every) ** 2 // _DISTANCES_HELD + 1):
        total += (values[:, some] * (values @ distance(every[:, None], some))).sum(axis=-1)
    return total


def _kappa(counts: CodingCounts) -> np.ndarray:
    shares = counts.marginals / counts.pairable[:, None, None]
    return correct_for_chance(counts, shares.prod(axis=1).sum(axis=-1))


def _ac1(counts: CodingCounts) -> np.ndarray:
    shares = average_value_shares_over_units(counts)
    return correct_for_chance(counts, (shares * (1 - shares)).sum(axis=-1) / (shares.shape[-1] - 1))


def _pabak(counts: CodingCounts) -> np.ndarray:
    return correct_for_chance(counts, np.divide(1, counts.shares.shape[-1]))


def average_value_shares_over_units(counts: CodingCounts) -> np.ndarray:
    """Returns, for each value, the share of a unit's coders who gave the value, averaged over all units."""
    return counts.shares / counts.units[:, None]


def _percent(counts: CodingCounts) -> np.ndarray:
    return 1 - counts.differing / counts.pairable


def correct_for_chance(counts: CodingCounts, expected: np.ndarray) -> np.ndarray:
    """Returns (p_o - p_e) / (1 - p_e), where p_o is the observed and p_e the ``expected`` agreement. If all
    values are the same, the result is NaN, even if the formula would give 1."""
    varies = np.count_nonzero(counts.value_frequencies, axis=-1) > 1
    return np.where(varies, 1 - counts.differing / counts.pairable / (1 - expected), np.nan)


NOMINAL = {"percent_agreement": Measure(_percent), "alpha": make_alpha_measure(), "kappa": Measure(_kappa),
           "ac1": Measure(_ac1), "pabak": Measure(_pabak)}
"""The measures of single codes, keyed by their names in the table ``agreement``."""


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
"""No interval is returned if there are fewer documents than ``MIN_DOCUMENTS``, or if the coefficient is
undefined in a larger share of the draws than ``MAX_UNDEFINED``."""
_BLOCK = 2**22
_FINEST = 2**10
"""The number by which amounts are multiplied to find out whether they are multiples of 1 / 1,024. Sums of
such multiples have no rounding error."""


def bootstrap_documents_together(all_counts: Sequence[CodingCounts], measures: Mapping[str, Measure], *,
                                 draws: int,
                                 seed: int) -> list[dict[str, Coefficient]]:
    """Returns the coefficients over all documents, with one dictionary for each element of ``all_counts``.
    The intervals of all coefficients come from the same draws of documents.

    All elements of ``all_counts`` must count the same units of the same documents; there may be one element
    for each code of a codebook. All elements must have equal shapes, and the same units must be pairable in
    each element.

    >>> from glc_analysis.coding.coefficients import NOMINAL
    >>> codings = [[0, 1, 1], [0, 1, 0]], [[1, 0, 1], [1, 0, 1]]
    >>> counts = [count_codings(np.array(codes), 2) for codes in codings]
    >>> found = bootstrap_documents_together(counts, {"alpha": NOMINAL["alpha"]}, draws=10, seed=1)
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
    """Returns each measure, computed over all documents, with one coefficient for each element of
    ``all_counts``. The returned coefficients are equal to those of ``Measure.compute_over_all_groups`` for
    each element."""
    total = _weighted_sums(all_counts, np.ones((1, len(all_counts[0].units))))
    sizes = total.units.astype(int).tolist(), total.pairable.astype(int).tolist()
    return {name: [Coefficient(float(value), n_units, n_pairable, str(reason))
                   for value, reason, n_units, n_pairable in zip(
                       *measure.compute_by_group_with_reasons(total), *sizes, strict=True)]
            for name, measure in measures.items()}


def _resampled(all_counts: Sequence[CodingCounts], measures: Mapping[str, Measure], draws: int,
               seed: int) -> dict[str, np.ndarray]:
    """Returns each measure of the resampled documents, with a row for each element of ``all_counts`` and a
    column for each draw."""
    parts: dict[str, list[np.ndarray]] = {name: [] for name in measures}
    for weights in _weights(all_counts[0], draws, seed):
        counts = _weighted_sums(all_counts, weights)
        for name, measure in measures.items():
            parts[name].append(measure.compute_by_group(counts).reshape(len(all_counts), len(weights)))
    return {name: np.concatenate(values, axis=1) for name, values in parts.items()}


def _weights(by_document: CodingCounts, draws: int, seed: int) -> Iterator[np.ndarray]:
    """Yields how often each document is drawn, with one row per draw; every yielded array is for several
    draws.

    A document without pairs of coders is not drawn but included once in every draw, because such a document
    affects only the chance agreement of AC1.
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
    """Returns :meth:`CodingCounts.sum_groups` of each element of ``all_counts``: all draws of the first
    element, then all draws of the second, and so on.

    One matrix product for all elements is many times faster than one product for each element, but the
    numbers may then be added in another order. One matrix product for all elements is used only for fields
    whose sums are exact in any order. The results are therefore the same to the last bit as with one product
    for each element. If no unit has more than two coders, the sums of nearly all fields are exact.
    """
    if len(all_counts) == 1:
        return all_counts[0].sum_groups(weights)
    fields = []
    for parts in zip(*all_counts, strict=True):
        if all(_is_exact(part) for part in parts):
            total = np.moveaxis(np.tensordot(weights, np.stack(parts, axis=1), 1), 1, 0)
        else:
            total = np.stack([np.tensordot(weights, part, 1) for part in parts])
        fields.append(total.reshape(-1, *total.shape[2:]))
    return CodingCounts(*fields)


def _is_exact(field: np.ndarray) -> bool:
    """Whether weighted sums of a field over the documents are exact in any order of adding.

    The sums are exact if all amounts are multiples of the same small power of two and a float can represent
    the largest possible sum, because no partial sum is then rounded. In each bootstrap draw, the weights (how
    often each document was drawn) add up to the number of documents, so the largest possible sum is this
    number times the largest amount.

    >>> _is_exact(np.array([3.0, 0.5, 7.25])), _is_exact(np.array([1 / 3])), _is_exact(np.array([2.0**50]))
    (True, False, False)
    """
    fine = field * _FINEST
    return bool((fine == np.floor(fine)).all() and np.abs(fine).max(initial=0) * len(field) < 2**53)


def _intervals(drawn: np.ndarray) -> list[tuple[float, float, str]]:
    """Returns the interval of the coefficients in each row of draws, or the reason why there is no
    interval."""
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
