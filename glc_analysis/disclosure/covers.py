"""Which counts of a question are hidden together, so that none follows from the others, even by the rules.

Options add up to their base, and groups to the whole. A small count that is hidden alone is what is left of
the others, so further counts are hidden with it: its covers. Which counts these are is fixed beforehand: the
options in an order taken from the questionnaire, the groups in the order of their size. The choice never
depends on the numbers it covers, and a cover may be small itself or not. So a reader who knows every rule
learns from the choice no more than the ranges say, which is more than two values for every count that is
hidden. The tests of this module count all answers that would print the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from glc_analysis.disclosure.bounds import (
    VALUES,
    ContributorCounts,
    bounds_by_solver,
    is_open,
    tighten_bounds,
)


@dataclass(frozen=True)
class Ranges:
    """What readers see of some counts: ``is_hidden`` where not the number, and between which it lies."""

    is_hidden: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Counted:
    """The counts of a question's options in one group: the records in the base and those counted.

    ``base`` is by organisation, ``counted`` options x organisations. A count is small where fewer than
    ``least`` independent organisations gave the answer (``is_low``), or did not (``is_high``).
    """

    base: np.ndarray
    counted: np.ndarray
    counts: ContributorCounts
    least: int

    @property
    def size(self) -> int:
        return int(self.base.sum())

    @property
    def n(self) -> np.ndarray:
        return self.counted.sum(axis=1)

    @property
    def is_low(self) -> np.ndarray:
        return self.counts.n_independent(self.counted) < self.least

    @property
    def is_high(self) -> np.ndarray:
        return self.counts.n_independent(self.base - self.counted) < self.least

    @property
    def is_small(self) -> np.ndarray:
        return self.is_low | self.is_high

    @property
    def known_ticks(self) -> int:
        """How many answers beyond one in each record a reader and an ally may have given: all the others."""
        return (len(self.counted) - 1) * self.counts.known_records(self.base)

    def n_together(self, options: np.ndarray) -> int:
        """How many independent organisations gave one of these answers."""
        return int(self.counts.n_independent(self.counted[options].sum(axis=0)))

    def told(self) -> tuple[np.ndarray, np.ndarray]:
        """The least and the most that small counts can be: too few gave the answer, or all but too few.

        Where the base is so small that every count would be small, nothing is told.
        """
        few = self.counts.known_records(self.base, self.least - 1)
        is_tiny = self.counts.n_independent(self.base) < 2 * self.least
        low = np.where(self.is_high & ~is_tiny, self.size - few, 0)
        return low, np.where(self.is_low & ~is_tiny, min(few, self.size), self.size)


def option_ranges(whole: Counted, order: np.ndarray, *, excludes: bool, covers_all: bool) -> Ranges:
    """What readers see of the counts of one question for the whole study.

    ``order`` are the places of the options in the order in which they cover others. ``excludes`` says that
    everybody in the base gave exactly one of the answers, ``covers_all`` that everybody gave at least one.
    """
    n, hidden, (low, high) = whole.n, whole.is_small, whole.told()
    if not hidden.any():
        return Ranges(hidden, n, n)
    if excludes and not whole.is_high.any():
        hidden = with_covers(hidden, order, lambda hidden: whole.n_together(hidden) >= whole.least)
        covers = leading(hidden, order)
        total, told = n[hidden].sum(), hidden & ~covers
        least = total - high[told].sum() if covers.sum() == 1 else 0
        low, high = np.where(covers, max(least, 0), low), np.minimum(np.where(covers, total, high), total)
    elif excludes:
        hidden = np.ones(len(n), dtype=bool)
    found = Ranges(hidden, np.where(hidden, low, n), np.where(hidden, high, n))
    if covers_all and not _leaves_open(found, whole.size, whole.known_ticks):
        # Whoever gave none of the answers that are shown gave a hidden one.
        return Ranges(np.ones_like(hidden), np.zeros_like(n), np.full_like(n, whole.size))
    return found


def with_covers(is_small: np.ndarray, order: np.ndarray,
                is_enough: Callable[[np.ndarray], bool]) -> np.ndarray:
    """The counts to hide: the small ones, and as many covers in their order as are enough, but at least one.

    >>> is_small = np.array([False, True, False])
    >>> with_covers(is_small, np.array([2, 0, 1]), lambda hidden: True)
    array([False,  True,  True])
    """
    hidden = is_small.copy()
    for one in order:
        hidden[one] = True
        if hidden.sum() > 1 and is_enough(hidden):
            break
    return hidden


def leading(hidden: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Those at the beginning of the order of covers that are hidden: whether they are small cannot be seen.

    >>> leading(np.array([False, True, True]), np.array([2, 0, 1]))
    array([False, False,  True])
    """
    covers = np.zeros_like(hidden)
    covers[order[:np.argmin([*hidden[order], False])]] = True
    return covers


def group_ranges(whole: Counted, seen: Ranges, groups: list[Counted], order: np.ndarray,
                 columns: np.ndarray, *, excludes: bool, covers_all: bool) -> Ranges:
    """What readers see of the counts of a question by group: options x groups.

    ``seen`` is what they see of the whole, of which ``groups`` are all parts, also the one that is not shown;
    ``columns`` are the places of the groups in the order in which they cover others.
    """
    cells = _Cells(whole, seen, groups)
    if excludes:
        found = _table_ranges(cells, order, columns)
    else:
        found = [_row_ranges(cells, k, columns) for k in range(len(whole.counted))]
        found = Ranges(*(np.array([getattr(row, name) for row in found])
                         for name in ("is_hidden", "low", "high")))
    if covers_all and not _leaves_open(found, cells.size, np.array([one.known_ticks for one in groups])):
        return cells.all_hidden()
    return found


class _Cells:
    """A table of counts, options x groups, and what is told of those that are small."""

    def __init__(self, whole: Counted, seen: Ranges, groups: list[Counted]) -> None:
        self.seen, self.groups, self.counts, self.least = seen, groups, whole.counts, whole.least
        self.n = np.column_stack([one.n for one in groups])
        self.is_small = np.column_stack([one.is_small for one in groups])
        self.low, self.high = (np.column_stack(side) for side in zip(
            *(one.told() for one in groups), strict=True))
        self.size, self.whole_size = np.array([one.size for one in groups]), whole.size

    def all_hidden(self) -> Ranges:
        high = np.broadcast_to(self.size, self.n.shape).copy()
        return Ranges(np.ones_like(self.is_small), np.zeros_like(self.n), high)

    def bounds(self, hidden: np.ndarray, told: np.ndarray, rows: slice, *,
               excludes: bool) -> tuple[np.ndarray, np.ndarray]:
        """The least and the most that each count of some rows can be, and in the last column their whole."""
        low, high = (
            np.column_stack([np.where(hidden, np.where(told, side[rows], free), self.n[rows]), whole[rows]])
            for side, free, whole in ((self.low, 0, self.seen.low), (self.high, self.size, self.seen.high)))
        return tighten_bounds(low, high, np.append(self.size, self.whole_size), is_partition=excludes)

    def are_open(self, ends: tuple[np.ndarray, np.ndarray], hidden: np.ndarray) -> bool:
        """Whether every hidden count keeps enough possible values."""
        low, high = (end[:, :-1] for end in ends)
        return bool((is_open(low, high, self.size) | ~hidden).all())

    def row_is_enough(self, k: int, hidden: np.ndarray) -> bool:
        """Whether enough organisations gave an answer in the hidden groups together, and enough did not."""
        own = [one for one, is_own in zip(self.groups, hidden, strict=True) if is_own]
        base, counted = sum(one.base for one in own), sum(one.counted[k] for one in own)
        return hidden.all() or not self.counts.is_small(base, counted, self.least)


def _row_ranges(cells: _Cells, k: int, columns: np.ndarray) -> Ranges:
    """The counts of one option, which add up to the whole but not to the base of their group."""
    row, small, own = slice(k, k + 1), cells.is_small[k], cells.n[k]
    everything = np.ones_like(small)
    if cells.seen.is_hidden[k]:
        # A small count is small in every group; a cover may be anything.
        return Ranges(everything, *((cells.low[k], cells.high[k]) if small.all() else (0 * own, cells.size)))
    if not small.any():
        return Ranges(small, own, own)

    def ends(hidden: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        told = hidden & ~leading(hidden, columns)
        return cells.bounds(hidden[None], told[None], row, excludes=False)

    hidden = with_covers(small, columns, lambda hidden: cells.row_is_enough(k, hidden) and cells.are_open(
        ends(hidden), hidden[None]))
    if not cells.are_open(ends(hidden), hidden[None]):
        return Ranges(everything, 0 * own, cells.size)
    low, high = (side[0, :-1] for side in ends(hidden))
    return Ranges(hidden, low, high)


def _table_ranges(cells: _Cells, order: np.ndarray, columns: np.ndarray) -> Ranges:
    """The counts of options that exclude each other: they add up to the whole and to the base of their group.

    A small count is covered in its row and in its column. Where that does not leave all hidden counts open,
    nothing is shown by group.
    """
    rows = np.flatnonzero(~cells.seen.is_hidden)
    hidden = cells.is_small | cells.seen.is_hidden[:, None]
    if not hidden.any():
        return Ranges(hidden, cells.n, cells.n)
    before = np.zeros_like(hidden)
    while (hidden != before).any():
        before = hidden.copy()
        for c in np.flatnonzero(hidden.any(axis=0)):
            group = cells.groups[c]
            hidden[:, c] = with_covers(hidden[:, c], order, lambda some, group=group: bool(
                group.n_together(some) >= group.least))
        for k in rows[hidden[rows].any(axis=1)]:
            hidden[k] = with_covers(hidden[k], columns, lambda some, k=k: cells.row_is_enough(k, some))
    covers = np.array([leading(row, columns) for row in hidden]) | np.column_stack(
        [leading(column, order) for column in hidden.T])
    ends = cells.bounds(hidden, cells.is_small & ~covers, slice(None), excludes=True)
    if cells.are_open(ends, hidden):
        ends = bounds_by_solver(*ends, np.append(cells.size, cells.whole_size))
    if not cells.are_open(ends, hidden):
        return cells.all_hidden()
    return Ranges(hidden, *(end[:, :-1] for end in ends))


def _leaves_open(found: Ranges, size: np.ndarray | int, known: np.ndarray | int) -> bool:
    """Whether hidden counts keep enough possible values where everybody gave at least one of the answers.

    A reader and an ally may have given ``known`` answers beyond one in each record: so many fewer are those
    of the others.
    """
    others = found.high.sum(axis=0) - found.high
    least = np.maximum(found.low, size + known - others)
    return bool(((found.high - least >= VALUES - 1) | ~found.is_hidden).all())
