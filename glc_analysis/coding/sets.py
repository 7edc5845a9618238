"""How far two sets of codes are apart, for units that may carry several codes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np

_BLOCK = 2**20
"""So many distances are worked out at a time."""


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
    sizes, step = has.sum(axis=1), max(1, _BLOCK // max(1, len(sets)))
    distances = np.empty((len(sets), len(sets)))
    for start in range(0, len(sets), step):
        rows = slice(start, start + step)
        shared, own = has[rows] @ has.T, sizes[rows, None]
        union = own + sizes - shared
        jaccard = np.divide(shared, union, out=np.ones_like(shared), where=union > 0)
        distances[rows] = 1 - jaccard * weight(shared, own, sizes)
    return distances
