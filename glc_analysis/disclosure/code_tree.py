"""Codes in their tree: a code is raised by whoever raised a code below it, and this must reveal no count.

Everybody knows the codebook. The count of a family lies between the largest and the sum of the counts of its
codes: if eight raised it and its two codes were raised by four at most, each was raised by exactly four. Such
a family is not shown, and none of its codes: which of them are small would tell almost as much.
"""

from __future__ import annotations

import numpy as np

from glc_analysis.disclosure.bounds import is_open


def narrowed_parents(codes: np.ndarray, parents: np.ndarray, n: np.ndarray, low: np.ndarray, high: np.ndarray,
                     base: np.ndarray, is_visible: np.ndarray) -> np.ndarray:
    """Which codes to hide so that no hidden count follows from the counts above and below it.

    One entry a code: its id, that of the code above it, its count ``n``, between which numbers a reader knows
    it to be, its base, and whether anything of it is shown.

    >>> narrowed_parents(np.array(["shelter", "own", "partner"]), np.array(["", "shelter", "shelter"]),
    ...                  np.array([8, 4, 4]), np.array([8, 0, 0]), np.array([8, 4, 4]), np.full(3, 30),
    ...                  np.full(3, True)).tolist()
    [True, True, True]
    """
    at = {code: k for k, code in enumerate(codes)}
    above = np.array([at.get(parent, -1) for parent in parents])
    below = {k: np.flatnonzero(above == k) for k in {*above.tolist()} - {-1}}
    low, high, is_visible = low.copy(), high.copy(), is_visible.copy()
    hidden = np.zeros(len(codes), dtype=bool)
    while True:
        least, most = _tree_bounds(low, high, n, below)
        is_narrowed = ((least > low) | (most < high)) & ~is_open(least, most, base) & (low < high)
        chosen = next((some for k in np.flatnonzero(is_narrowed)
                       if len(some := _revealing(k, above, below, is_visible & ~hidden))), None)
        if chosen is None:
            return hidden
        hidden[chosen] = True
        low[chosen], high[chosen] = 0, base[chosen]


def _tree_bounds(low: np.ndarray, high: np.ndarray, n: np.ndarray,
                 below: dict[int, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The least and the most that each count can be, given those above and below it."""
    low, high = low.copy(), high.copy()
    while True:
        before = low.copy(), high.copy()
        for k, children in below.items():
            low[k] = max(low[k], low[children].max())
            high[children] = np.minimum(high[children], high[k])
            if n[k] <= n[children].sum():  # else the code was also given to words by itself
                high[k] = min(high[k], high[children].sum())
                others = high[children].sum() - high[children]
                low[children] = np.maximum(low[children], low[k] - others)
        if (low == before[0]).all() and (high == before[1]).all():
            return low, high


def _revealing(k: int, above: np.ndarray, below: dict[int, np.ndarray], is_visible: np.ndarray) -> np.ndarray:
    """The codes to hide because the count of code k follows: the nearest one above that is shown with all
    codes below it, else the code itself with those below it."""
    one = above[k]
    while one >= 0 and not is_visible[one]:
        one = above[one]
    family = np.array([one, *below[one]] if one >= 0 else [k, *below.get(k, [])], dtype=int)
    return family[is_visible[family]]
