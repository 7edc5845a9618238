"""What a reader can work out of a table in which some figures are bands or missing.

Integer bounds that follow from the sums of a table: options that add up to the base, groups that add
up to the whole. They are the bounds of linear programming where one set of sums ties the figures,
and never tighter where two do; the attack in ``tests/acceptance`` asks a solver.
"""

from __future__ import annotations

import numpy as np


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
