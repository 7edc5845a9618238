"""Coders' values as numbers from 0, -1 where missing, and how far values are apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from glc_analysis.errors import UsageError

Distance = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Distance between values, given by their numbers; broadcasts."""
METRICS = ("nominal", "ordinal", "interval", "ratio")
_NARROW, _BLOCK = 2**12, 2**14


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
    parts = values.size // _BLOCK + 1  # each stays in the processor's cache
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
                         "Mend: give the coders' values one by one, f(*values).")
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
