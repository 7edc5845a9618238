"""Computes coefficients of agreement between coders, for values that an analyst enters.

``krippendorff_alpha`` takes an array of coders x units, with NaN where a unit was never assigned to the
coder. ``fleiss_kappa`` takes a table of units x categories; each cell has the number of coders that gave the
unit this category. All other coefficients take one sequence of values for each coder (``gwet_ac1(ana,
bert)``, ``gwet_ac1(*values)``). For two coders, they also take the square table of counts as the only
argument (``gwet_ac1([[8, 1], [0, 1]])``, with the first coder in the rows). A unit that a coder read and left
uncoded has a value of its own (0, or the empty set); it is never a missing value.

The value of an undefined coefficient is NaN, with a reason; no exception is raised. A coefficient that
corrects for chance needs at least two different values. The coefficients of a study's own coding are in its
table ``agreement`` (:mod:`glc_analysis.coding.agreement`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from glc_analysis.coding.coefficients import (
    NOMINAL,
    CodingCounts,
    Coefficient,
    Distance,
    Measure,
    average_value_shares_over_units,
    correct_for_chance,
    count_codings,
    make_alpha_measure,
    make_specific_measure,
)
from glc_analysis.errors import UsageError

# ------------------------------
# The coefficients.


_FLEISS = Measure(lambda counts: correct_for_chance(
    counts, (average_value_shares_over_units(counts) ** 2).sum(axis=-1)))


def krippendorff_alpha(values: np.ndarray | pd.DataFrame | Sequence, *,
                       metric: str | np.ndarray = "nominal") -> Coefficient:
    """Returns Krippendorff's alpha, 1 - D_o/D_e of the coincidence matrix (Krippendorff 2011, "Computing
    Krippendorff's alpha-reliability").

    ``values`` has a row per coder and a column per unit. ``metric`` is nominal, ordinal, interval, ratio, or
    a square matrix of distances. With a matrix, ``values`` are positions in the matrix; for sets of codes,
    use the matrix of :func:`glc_analysis.coding.coefficients.compute_masi_distance`. Units with fewer than
    two values are dropped. Raises UsageError if values do not fit the metric.

    >>> round(krippendorff_alpha([[1, 2, 3, 3], [1, 2, 3, 2], [np.nan, 2, 3, np.nan]]).value, 4)
    0.7188
    """
    codes, n_values, distance = encode_values_and_distance(values, metric)
    return make_alpha_measure(distance).compute_over_all_groups(count_codings(codes, n_values,
                                                                              distance=distance))


def percent_agreement(*coders: Sequence) -> Coefficient:
    """Returns the share of agreeing pairs of coders, averaged over units with at least two values (Gwet 2014,
    chapter 4).

    >>> round(percent_agreement([1, 1, 0], [1, 0, 0]).value, 4)
    0.6667
    """
    return NOMINAL["percent_agreement"].compute_over_all_groups(_count(coders))


def specific_agreement(*coders: Sequence, category: object = 1) -> Coefficient:
    """Returns the probability that a second coder gives a unit the ``category``, if a first coder has given
    the unit this category.

    For two coders, the specific agreement is 2a / (2a + b + c), which is called positive agreement for
    category 1 and negative agreement for category 0 (Cicchetti & Feinstein 1990, J Clin Epidemiol
    43:551-558). The categories of a table are its row numbers, from 0.

    >>> [round(specific_agreement([[80, 10], [5, 5]], category=c).value, 3) for c in (0, 1)]
    [0.914, 0.4]
    """
    codes, domain, lengths = _encode_coders(coders)
    is_it = np.append(domain == category, -1).astype(np.intp)[codes]
    return make_specific_measure(1).compute_over_all_groups(count_codings(is_it, 2, lengths=lengths))


def cohens_kappa(*coders: Sequence) -> Coefficient:
    """Returns Cohen's kappa of two coders for nominal values (Cohen 1960, Educ Psychol Meas 20:37-46).

    >>> round(cohens_kappa([[88, 14, 18], [10, 40, 10], [2, 6, 12]]).value, 4)
    0.4915
    """
    if len(coders) > 2:
        raise UsageError(f"Cohen's kappa is for two coders; {len(coders)} were given.")
    return NOMINAL["kappa"].compute_over_all_groups(_count(coders))


def fleiss_kappa(counts: np.ndarray | Sequence) -> Coefficient:
    """Returns Fleiss' kappa of a units x categories table of counts (Fleiss 1971, Psychol Bull 76:378-382).

    Each unit has the same weight, even if units differ in the number of raters (Gwet 2014, chapter 2).

    >>> round(fleiss_kappa([[3, 0], [2, 1], [0, 3]]).value, 4)
    0.55
    """
    return _FLEISS.compute_over_all_groups(convert_to_coding_counts(convert_to_counts(counts)))


def gwet_ac1(*coders: Sequence) -> Coefficient:
    """Returns Gwet's AC1 (Gwet 2008, Br J Math Stat Psychol 61:29-48). AC1 is high for any rare code.

    Chance agreement is computed from all units, including units that only one coder coded. The categories are
    the values that occur or, for a table, its row numbers.

    >>> round(gwet_ac1([[8, 1], [0, 1]]).value, 4)
    0.8658
    """
    return NOMINAL["ac1"].compute_over_all_groups(_count(coders))


def pabak(*coders: Sequence) -> Coefficient:
    """Returns the prevalence- and bias-adjusted kappa, 2 p_o - 1 (Byrt, Bishop & Carlin 1993, J Clin
    Epidemiol 46:423-429). With q categories, the formula is (q p_o - 1) / (q - 1) (Brennan & Prediger 1981).

    >>> round(pabak([[40, 9], [6, 45]]).value, 4)
    0.7
    """
    return NOMINAL["pabak"].compute_over_all_groups(_count(coders))


def _encode_coders(coders: Sequence) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Returns the coders' values as numbers, the categories, and how many units each column of numbers
    represents (None if each column is one unit)."""
    if len(coders) == 1:
        return list_coder_values_categories_and_counts(coders[0])
    return (*encode_values(coders), None)


def _count(coders: Sequence) -> CodingCounts:
    codes, domain, lengths = _encode_coders(coders)
    return count_codings(codes, len(domain), lengths=lengths)


# ------------------------------
# Encoding: coders' values as numbers from 0, -1 where missing, and the distances between values.


_METRICS = ("nominal", "ordinal", "interval", "ratio")
_NARROW = 2**12
"""The widest range of whole numbers that are encoded by counting. Numbers in a wider range are encoded by
hashing."""
_VALUES_AT_ONCE = 2**14
"""The number of values that are encoded at a time, chosen so that they fit into the cache of the
processor."""


def encode_values(coders: np.ndarray | pd.DataFrame | Sequence) -> tuple[np.ndarray, np.ndarray]:
    """Returns an array of coders x units with the rank of each value, and the values themselves in ascending
    order.

    Raises UsageError if coders differ in the number of units.

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
    """Encodes whole numbers in a narrow range, which is faster than hashing. Returns None if a value is not
    whole."""
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


def list_coder_values_categories_and_counts(
        cross_table: Sequence) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns three arrays made from a cross table of two coders. The first has the two coders' values, with
    one column for each cell of the table; the second has the categories; the third has the count in each
    cell.

    >>> list_coder_values_categories_and_counts([[8, 1], [0, 1]])
    (array([[0, 0, 1, 1],
           [0, 1, 0, 1]]), array([0, 1]), array([8., 1., 0., 1.]))
    """
    counts = convert_to_counts(cross_table)
    if counts.shape[0] != counts.shape[1]:
        raise UsageError("The cross table of two coders must be square; "
                         f"this one is {counts.shape[0]} x {counts.shape[1]}. "
                         "To fix: give the values of each coder as one argument, f(*values).")
    return np.indices(counts.shape).reshape(2, -1), np.arange(len(counts)), counts.ravel()


def convert_to_counts(table: np.ndarray | Sequence) -> np.ndarray:
    """Returns a table as an array of counts. Raises UsageError for values that are not whole numbers of at
    least 0."""
    counts = np.asarray(table, dtype=float)
    if counts.ndim != 2 or not (counts >= 0).all() or (counts % 1).any():
        raise UsageError("A table must have rows and columns, and each of its values must be a whole number "
                         "of at least 0.")
    return counts


def convert_positions_to_integers(values: np.ndarray | pd.DataFrame | Sequence,
                                  matrix_size: int) -> np.ndarray:
    """Returns values that are positions in a matrix of distances (for example the positions of sets of codes)
    as integers; a missing value becomes -1. Raises UsageError for a value that is not such a position."""
    given = _coder_array(values).astype(float)
    codes = np.where(np.isnan(given), -1, given)
    if ((codes % 1 != 0) | (codes >= matrix_size) | (given < 0)).any():
        raise UsageError(f"Values must be positions in the matrix of distances, from 0 to {matrix_size - 1}.")
    return codes.astype(np.intp)


def make_squared_distance(metric: str, domain: np.ndarray, counts: np.ndarray) -> Distance | None:
    """Returns Krippendorff's squared distances between the values in ``domain``; None for the nominal metric.

    ``counts`` says how often each value was given, which the ordinal metric needs. The ordinal distance of
    two values is the number of times that values between the two were given, plus half the number of times
    that the two values themselves were given. Raises UsageError for values that do not fit the metric.

    >>> make_squared_distance("ratio", np.array([0.0, 1.0, 3.0]), np.ones(3))(1, np.arange(3)).tolist()
    [1.0, 0.0, 0.25]
    """
    if metric not in _METRICS:
        raise UsageError(f"There is no metric {metric!r}. To fix: use one of {', '.join(_METRICS)}.")
    if metric == "nominal":
        return None
    if domain.dtype.kind not in "iuf" or not np.isfinite(domain).all():
        raise UsageError(f"The {metric} metric needs finite numbers.")
    if metric == "ratio":
        if (domain < 0).any():
            raise UsageError("The ratio metric has a true zero, so no value may be below 0.")
        return lambda a, b: np.divide(domain[a] - domain[b], domain[a] + domain[b], where=a != b,
                                      out=np.zeros(np.broadcast(a, b).shape)) ** 2
    at = domain if metric == "interval" else np.cumsum(counts) - counts / 2
    return lambda a, b: (at[a] - at[b]) ** 2


def make_matrix_distance(matrix: np.ndarray) -> Distance:
    """Returns the distances in a matrix. Raises UsageError for a matrix whose values cannot be distances."""
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
            raise UsageError("The rows of the coders differ in length. To fix: give every coder a value, or "
                             "NaN, for every unit.")
        # Through Series: numpy alone would turn NaN among texts into the word "nan".
        coders = np.array([pd.Series(row).to_numpy() for row in coders if np.ndim(row)])
    if coders.ndim != 2:
        raise UsageError("Values must have a row for each coder and a column for each unit.")
    return coders


def convert_to_coding_counts(counts: np.ndarray) -> CodingCounts:
    """Returns :class:`CodingCounts`, computed from a table of units x values; each cell of the table says how
    many coders gave the unit the value.

    The table does not say which coder gave which value, so ``marginals`` has a single row for all coders. The
    result must not be used for coefficients that distinguish coders.

    >>> one, other = convert_to_coding_counts(np.array([[2., 0.], [1., 1.], [0., 1.]])), count_codings(
    ...     np.array([[0, 1, -1], [0, 0, 1]]), 2)
    >>> all((getattr(one, name) == getattr(other, name)).all()
    ...     for name in (*CodingCounts._fields[:-1], "value_frequencies"))
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


def encode_values_and_distance(values: np.ndarray | pd.DataFrame | Sequence,
                               metric: str | np.ndarray) -> tuple[np.ndarray, int, Distance | None]:
    """Returns the values as numbers, the number of different values, and the distances between different
    values (None for the nominal metric)."""
    if not isinstance(metric, str):
        matrix = np.asarray(metric)
        return convert_positions_to_integers(values, len(matrix)), len(matrix), make_matrix_distance(matrix)
    codes, domain = encode_values(values)
    counts = count_codings(codes, len(domain)).value_frequencies[0] if metric == "ordinal" else np.empty(0)
    return codes, len(domain), make_squared_distance(metric, domain, counts)
