"""Computes what a reader can work out about hidden counts, and decides which counts to hide so that no hidden
count can be worked out.

:class:`ContributorCounts` counts the organisations that contributed to each figure in the way in which the
rules of disclosure count them. An *independent organisation* is either a whole network, or an organisation
that belongs to no network. The organisations that did not consent are also counted on their own.
:func:`tighten_bounds` takes a table in which some counts are ranges or missing. The function returns the
smallest and the largest possible value of each count, given the sums over options and over groups. The rules
assume that a reader knows the answers of two independent organisations: the reader's own organisation, and an
*ally*, which shares its answers with the reader. :func:`is_protected` says whether the bounds of a count
protect every organisation's answer from this reader.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy

from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.rules import COALITION, Rules
from glc_analysis.figures.contributors import Incidence

if TYPE_CHECKING:
    from scipy.sparse import csc_array, csr_array

# ------------------------------
# The organisations of each figure: how many are independent, and how many did not consent.


_BATCH = 500
"""The number of figures that are examined at a time, so that the rows of all examined figures fit in
memory."""


@dataclass(frozen=True)
class ContributorCounts:
    """Counts how many independent organisations are in the base of each figure, and how many of these the
    figure counts.

    - ``incidence``: the number of records that each organisation has in every figure.
    - ``members``: a matrix of independent organisations x organisations, with 1 if the organisation belongs
      to the independent organisation. An organisation without a network is the only member of its own
      independent organisation.
    - ``refused``: for each item of consent, the matrix ``members`` with only those organisations that did not
      agree to the item.
    - ``groups``: the number of each figure's group; figures of the same group have the same number.
    """

    incidence: Incidence
    members: csc_array
    refused: Mapping[str, csc_array]
    groups: np.ndarray = field(default_factory=lambda: np.array([], dtype=int))
    _rooms: dict[int, np.ndarray] = field(default_factory=dict)

    @classmethod
    def from_incidence(cls, incidence: Incidence, organisations: pd.DataFrame, consent: Consent,
                       audience: str, groups: np.ndarray) -> ContributorCounts:
        """Returns the counts of contributors to all figures, with the consents that were given for
        ``audience``."""
        names = pd.Index(incidence.organisations)
        membership = make_independent_organisation_matrix(organisations, names)
        refused = {item: membership * ~names.isin([*consent.find_organisations(item, audience)])[:, None]
                   for item in ("survey", "interview", "call")}
        return cls(incidence, membership.T, {item: of.tocsr().T for item, of in refused.items()}, groups)

    def select_base(self, positions: np.ndarray) -> np.ndarray:
        """Returns the number of records that each organisation has in the base of each figure at
        ``positions``, as a matrix of figures x organisations."""
        return self.incidence.base[positions].toarray()

    def select_counted(self, positions: np.ndarray) -> np.ndarray:
        """Returns the number of each organisation's records that each figure at ``positions`` counts, as a
        matrix of figures x organisations."""
        return self.incidence.counted[positions].toarray()

    def count_most_possible_records(self, position: int) -> np.ndarray:
        """Returns the *room* of a figure: for each organisation, the largest number of records that the
        organisation has in any base of the figure's group.

        A reader may know which organisations could be in the base of a figure. The reader does not know which
        organisations answered the question, nor which organisations were asked the question because of an
        earlier answer.
        """
        group, base = int(self.groups[position]), self.incidence.base
        if group not in self._rooms:
            at = np.flatnonzero(self.groups == group)
            at = at[np.unique([base.part[at], base.at[at]], axis=1, return_index=True)[1]]  # each base once
            self._rooms[group] = np.max([base[some].max(axis=0).toarray().ravel() for some in np.split(
                at, range(_BATCH, len(at), _BATCH))], axis=0)
        return self._rooms[group]

    def find_base_suppression_rules(self, positions: np.ndarray, rules: Rules,
                                    was_withheld: np.ndarray) -> np.ndarray:
        """Returns, for each figure, the rule that hides the figure because of the organisations in its base;
        blank if no rule hides it. A figure that was withheld in an earlier release (``was_withheld``) stays
        hidden as long as any organisation in its base refuses consent."""
        is_coded = (self.incidence.facts["question_id"] == "").to_numpy()
        rules_by_batch = []
        for some in np.split(positions, range(_BATCH, len(positions), _BATCH)):
            base = self.incidence.base[some]
            allies = [self.count_allies_in_network(self.count_most_possible_records(place)) for place in some]
            rules_by_batch.append(np.select(
                [self.count_protected(base, allies) < rules.base,
                 self.may_expose_few_refusers(base, is_coded[some], rules, was_withheld[some])],
                ["base_too_small", "withheld_contributors"], ""))
        return np.concatenate(rules_by_batch).astype(object)

    def count_independent(self, records: np.ndarray | csr_array,
                          members: csc_array | None = None) -> np.ndarray:
        """Returns the number of independent organisations from which the ``records`` come."""
        return (((self.members if members is None else members) @ records.T) > 0).sum(axis=0)

    def count_allies_in_network(self, most_possible_records: np.ndarray) -> int:
        """Returns how many allies an organisation may have in its own network. An ally is an organisation
        that shares its answers with another organisation. The number is at most :data:`.COALITION`, because a
        reader and an ally may belong to the same network. ``most_possible_records`` is the room of a figure,
        as :meth:`count_most_possible_records` returns it."""
        return max(min(int((self.members @ (most_possible_records > 0)).max(initial=0)) - 1, COALITION), 0)

    def count_protected(self, records: np.ndarray | csr_array, allies: int | list[int]) -> np.ndarray:
        """Returns how many organisations protect each other's answers in these records.

        The number of organisations that protect each other is the smaller of two numbers: the number of
        independent organisations, and the number of all organisations less the ``allies`` that one
        organisation may have. If only independent organisations were counted, a member of a network could
        conclude from an exact count that no other member of the network is counted.
        """
        return np.minimum(self.count_independent(records), (records > 0).sum(axis=-1) - np.asarray(allies))

    def count_records_known_to_coalition(self, base: np.ndarray) -> int:
        """Returns the largest number of records in the base whose answers a reader may know."""
        return int(np.sort(self.members @ base)[-COALITION:].sum())

    def may_expose_few_refusers(self, base: np.ndarray | csr_array, is_coded: np.ndarray | bool, rules: Rules,
                                was_withheld: np.ndarray | bool = False) -> np.ndarray:
        """Whether so few organisations in a base refused consent that a reader could isolate the answers of
        these organisations.

        A coded figure is based on answers and interviews, or on calls. A coded figure is hidden if, for any
        one of its sources, too few organisations refused consent. If a figure was withheld in an earlier
        release (``was_withheld``), any number of refusals above zero counts as too few.
        """
        refusals = {item: self.count_independent(base, refused) for item, refused in self.refused.items()}
        few = {item: (n > 0) & ((n <= rules.withheld) | was_withheld) for item, n in refusals.items()}
        return few["survey"] | is_coded & (few["interview"] | few["call"])


def make_independent_organisation_matrix(organisations: pd.DataFrame,
                                         organisation_ids: pd.Index) -> scipy.sparse.csr_array:
    """Returns a matrix of organisations x independent organisations, with 1 if the organisation belongs to
    the independent organisation.

    All organisations of a network together are one independent organisation. All organisations that
    organisations.csv lacks also count as one independent organisation together.
    """
    known = organisations.set_index("organisation_id")["network_id"].reindex(
        organisation_ids, fill_value="//")
    numbers, independent = pd.factorize(known.where(known != "", "/" + organisation_ids.to_series()))
    n = len(organisation_ids)
    return scipy.sparse.csr_array((np.ones(n, dtype=np.int32), numbers, np.arange(n + 1)),
                                  shape=(n, len(independent)))


# ------------------------------
# What a reader can work out from a table in which some figures are ranges or missing.
#
# Options may add up to the base of the question, and groups to the whole study. The bounds of
# tighten_bounds are those of integer programming where one set of sums applies. Where both apply they may be
# wider, never tighter, and bounds_by_solver gives the exact ones.


LEAST_VALUES = 3
"""The smallest number of values that must remain possible for a hidden count, even for a reader who knows the
answers of an ally."""


def tighten_bounds(low: np.ndarray, high: np.ndarray, base: np.ndarray,
                   *, is_partition: bool) -> tuple[np.ndarray, np.ndarray]:
    """Returns the smallest and the largest possible value of each count in a table of options x groups, given
    the sums that the counts must have.

    The last column of the table is the whole study, which is the sum of the other columns. With
    ``is_partition``, the counts of the options in each column add up to the base of the column.

    >>> low, high = np.array([[0], [4]]), np.array([[7], [4]])
    >>> low, high = tighten_bounds(low, high, np.array([6]), is_partition=True)
    >>> low.ravel().tolist(), high.ravel().tolist()
    ([2, 4], [2, 4])
    """
    while True:
        before = low, high
        if is_partition:
            low, high = _bounds_from_sum(low, high, base, base, axis=0)
        if low.shape[1] > 1:
            parts = _bounds_from_sum(low[:, :-1], high[:, :-1], low[:, -1:], high[:, -1:], axis=1)
            low = np.hstack([parts[0], np.maximum(low[:, -1:], parts[0].sum(axis=1, keepdims=True))])
            high = np.hstack([parts[1], np.minimum(high[:, -1:], parts[1].sum(axis=1, keepdims=True))])
        if (low == before[0]).all() and (high == before[1]).all():
            return low, high


def compute_bounds_by_solver(low: np.ndarray, high: np.ndarray,
                             base: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the exact bounds of the counts in a table in which options add up to the base, and groups add
    up to the whole study.

    >>> low, high = np.zeros((2, 3), dtype=int), np.array([[4, 4, 5], [9, 9, 15]])
    >>> low[:, 2] = 5, 15
    >>> [side.tolist() for side in compute_bounds_by_solver(low, high, np.array([10, 10, 20]))]
    [[[1, 1, 5], [6, 6, 15]], [[4, 4, 5], [9, 9, 15]]]
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    options, groups = low.shape
    at = np.arange(low.size).reshape(low.shape)
    sums = np.zeros((groups + options, low.size))
    for c in range(groups):
        sums[c, at[:, c]] = 1
    for k in range(options):
        sums[groups + k, at[k]] = [*[1] * (groups - 1), -1]
    totals = np.append(base, np.zeros(options))
    bounds = low.copy(), high.copy()
    least, most = high.copy(), low.copy()  # what is proved to be possible, by any solution
    for place in zip(*np.nonzero(low < high), strict=True):
        for side, proved, free, sign in ((bounds[0], least, low, 1), (bounds[1], most, high, -1)):
            if proved[place] == free[place]:
                continue
            aim = np.zeros(low.size)
            aim[at[place]] = sign
            done = milp(aim, constraints=LinearConstraint(sums, totals, totals),
                        integrality=np.ones(low.size), bounds=Bounds(low.ravel(), high.ravel()))
            if done.x is None:  # what the solver does not prove to be open counts as known
                side[place] = proved[place]
                continue
            solution = np.rint(done.x).astype(low.dtype).reshape(low.shape)
            side[place] = solution[place]
            least, most = np.minimum(least, solution), np.maximum(most, solution)
    return bounds


def has_enough_possible_values(low: np.ndarray, high: np.ndarray, base: np.ndarray) -> np.ndarray:
    """Whether enough values of a count remain possible for a reader and an ally who know their own answers.

    The reader and the ally may be included in the count, in none of the counts, or in another count of the
    same sum. If the reader and the ally are included in another count, they can subtract their own records
    from that count, so the range must be wider by :data:`.COALITION`. The caller must make sure that the sum
    includes organisations other than the reader's and the ally.

    >>> has_enough_possible_values(np.array([0, 1, 0]), np.array([4, 4, 3]), np.array([30])).tolist()
    [True, False, False]
    """
    spread = LEAST_VALUES - 1
    return ((high - low >= spread + COALITION) & (high - np.maximum(low, COALITION) >= spread)
            & (np.minimum(high, base - COALITION) - low >= spread))


def is_protected(low: np.ndarray, high: np.ndarray, base: np.ndarray,
                 n_known_records: np.ndarray) -> np.ndarray:
    """Whether no organisation's answer can be inferred from the bounds of a count, even by a reader who knows
    ``n_known_records`` records of the base.

    The count may include all records that the reader knows, or none of them. A hidden count is protected if
    it is possible that more than ``n_known_records`` records are counted, and also possible that more than
    ``n_known_records`` records are not counted.
    """
    return (high > n_known_records) & (base - low > n_known_records)


def _bounds_from_sum(low: np.ndarray, high: np.ndarray, least: np.ndarray, most: np.ndarray,
                     *, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the tightest bounds of numbers whose sum along an axis lies between ``least`` and ``most``."""
    others_low, others_high = (b.sum(axis=axis, keepdims=True) - b for b in (low, high))
    return np.maximum(low, least - others_high), np.minimum(high, most - others_low)


# ------------------------------
# Which counts of a question are hidden together, so that none follows from the others, even by the rules.
#
# Options add up to their base, and groups to the whole. A small count that is hidden alone is what is left
# of the others, so further counts are hidden with it (secondary suppression). Which counts these are is
# fixed beforehand: the options in an order taken from the questionnaire, the groups in the order of their
# size. The choice never depends on the counts that it protects, and a count hidden in this way may be small
# itself or not. So a reader who knows every rule learns from the choice no more than the ranges say, which
# is more than two values for every count that is hidden. The tests of this module count all answers that
# would print the same.


@dataclass(frozen=True)
class Ranges:
    """What readers know of some counts: whether each count is hidden, and its lower and upper bound."""

    is_hidden: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Counted:
    """Holds the counts of a question's options in one group: the records in the base, and the records that
    each option counts.

    - ``base``: the number of each organisation's records in the base.
    - ``counted``: the number of records that are counted, as a matrix of options x organisations.
    - ``room``: for each organisation, the largest number of its records that may be in the base
      (:meth:`ContributorCounts.count_most_possible_records`).
    - ``least``: a count is small if fewer than this number of organisations gave the answer (``is_low``) or
      did not give the answer (``is_high``). Organisations are counted by
      :meth:`ContributorCounts.count_protected`.
    """

    base: np.ndarray
    counted: np.ndarray
    room: np.ndarray
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
        return self._n_protected(self.counted) < self.least

    @property
    def is_high(self) -> np.ndarray:
        return self._n_protected(self.base - self.counted) < self.least

    @property
    def is_small(self) -> np.ndarray:
        return self.is_low | self.is_high

    @property
    def known_extra_answers(self) -> int:
        """The largest number of further answers, in addition to one answer per record, that a reader and an
        ally may have given together. The reader and the ally may have ticked all options in each of their
        records."""
        return (len(self.counted) - 1) * self.counts.count_records_known_to_coalition(self.base)

    @cached_property
    def _allies(self) -> int:
        return self.counts.count_allies_in_network(self.room)

    def _n_protected(self, records: np.ndarray) -> np.ndarray:
        return self.counts.count_protected(records, self._allies)

    def count_protected_in_any(self, options: np.ndarray) -> int:
        """Returns how many organisations that protect each other's answers
        (:meth:`ContributorCounts.count_protected`) gave at least one of the answers in ``options``."""
        return int(self._n_protected(self.counted[options].sum(axis=0)))

    @cached_property
    def most_records_of_few(self) -> int:
        """The largest number of records that fewer than ``least`` organisations may have together.
        Organisations are counted by :meth:`ContributorCounts.count_protected`."""
        independent, each = np.sort(self.counts.members @ self.room)[::-1], np.sort(self.room)[::-1]
        return int(max(independent[:self.least - 1].sum(), each[:self.least - 1 + self._allies].sum()))

    def bound_small_counts(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns the smallest and the largest possible value of the small counts.

        A count is small if too few organisations gave the answer, or if too few organisations did not give
        the answer. If the base is so small that a count may be small for both reasons, a small count can be
        any number from 0 to the base.
        """
        few = self.most_records_of_few
        is_disclosed = not (self._n_protected(self.base) < 2 * self.least or self.size <= 2 * few)
        low = np.where(self.is_high & is_disclosed, self.size - few, 0)
        return low, np.where(self.is_low & is_disclosed, min(few, self.size), self.size)


def suppress_small_option_counts(whole: Counted, order: np.ndarray, *, is_exclusive: bool,
                                 is_exhaustive: bool) -> Ranges:
    """Returns what readers can see of the counts of one question for the whole study.

    ``order`` has the positions of the options in the order in which secondary suppression hides them.
    ``is_exclusive`` is true if every record in the base has exactly one of the answers; ``is_exhaustive`` is
    true if every record has at least one.
    """
    n, hidden, (low, high) = whole.n, whole.is_small, whole.bound_small_counts()
    if not hidden.any():
        return Ranges(hidden, n, n)
    if is_exclusive and not whole.is_high.any():
        hidden = add_secondary_suppression(
            hidden, order, lambda hidden: whole.count_protected_in_any(hidden) >= whole.least)
        secondary = find_possibly_secondary(hidden, order)
        total, is_known_small = n[hidden].sum(), hidden & ~secondary
        least = total - high[is_known_small].sum() if secondary.sum() == 1 else 0
        low, high = np.where(secondary, max(least, 0), low), np.minimum(
            np.where(secondary, total, high), total)
    elif is_exclusive:
        hidden = np.ones(len(n), dtype=bool)
    ranges = Ranges(hidden, np.where(hidden, low, n), np.where(hidden, high, n))
    if is_exhaustive and not _leaves_open(ranges, whole.size, whole.known_extra_answers):
        # An organisation that gave none of the answers that are shown must have given a hidden answer.
        return Ranges(np.ones_like(hidden), np.zeros_like(n), np.full_like(n, whole.size))
    return ranges


def add_secondary_suppression(is_small: np.ndarray, order: np.ndarray,
                              is_enough: Callable[[np.ndarray], bool]) -> np.ndarray:
    """Returns which counts to hide. The hidden counts are the small counts and, in the given ``order``,
    further counts until at least two counts are hidden and ``is_enough`` accepts the hidden counts.

    >>> is_small = np.array([False, True, False])
    >>> add_secondary_suppression(is_small, np.array([2, 0, 1]), lambda hidden: True)
    array([False,  True,  True])
    """
    hidden = is_small.copy()
    for place in order:
        hidden[place] = True
        if hidden.sum() > 1 and is_enough(hidden):
            break
    return hidden


def find_possibly_secondary(hidden: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Returns which hidden counts may be hidden only because they protect other counts. The result has all
    hidden counts that come before the first shown count in the order of secondary suppression. A reader
    cannot tell whether the returned counts are small.

    >>> find_possibly_secondary(np.array([False, True, True]), np.array([2, 0, 1]))
    array([False, False,  True])
    """
    secondary = np.zeros_like(hidden)
    secondary[order[:np.argmin([*hidden[order], False])]] = True
    return secondary


def suppress_small_group_counts(whole: Counted, seen: Ranges, groups: list[Counted], option_order: np.ndarray,
                                group_order: np.ndarray, *,
                                is_exclusive: bool, is_exhaustive: bool) -> Ranges:
    """Returns what readers can see of the counts of a question by group, as a table of options x groups.

    ``seen`` has what readers can see of the question's counts for the whole study. ``groups`` has the counts
    of all groups that make up the whole study, including one group of all respondents outside the shown
    groups. ``group_order`` has the positions of the groups in the order in which secondary suppression hides
    them.
    """
    cells = _Cells(whole, seen, groups)
    if is_exclusive:
        ranges = _table_ranges(cells, option_order, group_order)
    else:
        rows = [_row_ranges(cells, k, group_order) for k in range(len(whole.counted))]
        ranges = Ranges(*(np.array([getattr(row, name) for row in rows])
                          for name in ("is_hidden", "low", "high")))
    known = np.array([group.known_extra_answers for group in groups])
    is_open = not is_exhaustive or _leaves_open(ranges, cells.size, known)
    return ranges if is_open else cells.make_hidden_ranges()


class _Cells:
    """A table of counts, options x groups, with the bounds that apply to the small counts."""

    def __init__(self, whole: Counted, seen: Ranges, groups: list[Counted]) -> None:
        self.seen, self.groups, self.counts, self.least = seen, groups, whole.counts, whole.least
        self.n = np.column_stack([one.n for one in groups])
        self.is_small = np.column_stack([one.is_small for one in groups])
        self.low, self.high = (np.column_stack(side) for side in zip(
            *(one.bound_small_counts() for one in groups), strict=True))
        self.size, self.whole_size = np.array([one.size for one in groups]), whole.size

    def make_hidden_ranges(self) -> Ranges:
        high = np.broadcast_to(self.size, self.n.shape).copy()
        return Ranges(np.ones_like(self.is_small), np.zeros_like(self.n), high)

    def compute_bounds(self, hidden: np.ndarray, known_small: np.ndarray, rows: slice, *,
                       is_exclusive: bool) -> tuple[np.ndarray, np.ndarray]:
        """Returns the smallest and the largest possible value of each count of the options in ``rows``. The
        last column of the result has the bounds of the counts for the whole study."""
        low, high = (
            np.column_stack([np.where(hidden, np.where(known_small, side[rows], free), self.n[rows]),
                             whole[rows]])
            for side, free, whole in ((self.low, 0, self.seen.low), (self.high, self.size, self.seen.high)))
        return tighten_bounds(low, high, np.append(self.size, self.whole_size), is_partition=is_exclusive)

    def are_wide_enough(self, bounds: tuple[np.ndarray, np.ndarray], hidden: np.ndarray) -> bool:
        """Whether enough values of every hidden count remain possible."""
        low, high = (end[:, :-1] for end in bounds)
        return bool((has_enough_possible_values(low, high, self.size) | ~hidden).all())

    def is_row_protected(self, k: int, hidden: np.ndarray) -> bool:
        """Whether, in all hidden groups together, enough organisations gave answer k and enough organisations
        did not give it. Always true if all groups are hidden."""
        groups = [group for group, is_hidden in zip(self.groups, hidden, strict=True) if is_hidden]
        combined = Counted(*(np.sum(parts, axis=0) for parts in zip(
            *((group.base, group.counted[k:k + 1], group.room) for group in groups), strict=True)),
            self.counts, self.least)
        return bool(hidden.all() or not combined.is_small.any())


def _row_ranges(cells: _Cells, k: int, columns: np.ndarray) -> Ranges:
    """Returns what readers can see of the counts of option k by group. The counts of option k add up to its
    count for the whole study; the options of a group do not add up to the group's base."""
    row, small, n = slice(k, k + 1), cells.is_small[k], cells.n[k]
    everything = np.ones_like(small)
    if cells.seen.is_hidden[k]:
        # A count that is small for the whole study is small in every group. A count that is hidden to protect
        # another count may have any value.
        return Ranges(everything, *((cells.low[k], cells.high[k]) if small.all() else (0 * n, cells.size)))
    if not small.any():
        return Ranges(small, n, n)

    def ends(hidden: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        known_small = hidden & ~find_possibly_secondary(hidden, columns)
        return cells.compute_bounds(hidden[None], known_small[None], row, is_exclusive=False)

    hidden = add_secondary_suppression(small, columns, lambda hidden: (
        cells.is_row_protected(k, hidden) and cells.are_wide_enough(ends(hidden), hidden[None])))
    if not cells.are_wide_enough(ends(hidden), hidden[None]):
        return Ranges(everything, 0 * n, cells.size)
    low, high = (side[0, :-1] for side in ends(hidden))
    return Ranges(hidden, low, high)


def _table_ranges(cells: _Cells, order: np.ndarray, columns: np.ndarray) -> Ranges:
    """Returns what readers can see of the counts by group, for options that exclude each other.

    The counts of an option add up to its count for the whole study, and the counts of a group add up to the
    base of the group. A small count is hidden together with a second count in its row and a second count in
    its column. If a hidden count can still be worked out, no count is shown by group.
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
            hidden[:, c] = add_secondary_suppression(hidden[:, c], order, lambda some, group=group: bool(
                group.count_protected_in_any(some) >= group.least))
        for k in rows[hidden[rows].any(axis=1)]:
            hidden[k] = add_secondary_suppression(
                hidden[k], columns, lambda some, k=k: cells.is_row_protected(k, some))
    secondary = np.array([find_possibly_secondary(row, columns) for row in hidden]) | np.column_stack(
        [find_possibly_secondary(column, order) for column in hidden.T])
    ends = cells.compute_bounds(hidden, cells.is_small & ~secondary, slice(None), is_exclusive=True)
    if cells.are_wide_enough(ends, hidden):
        ends = compute_bounds_by_solver(*ends, np.append(cells.size, cells.whole_size))
    if not cells.are_wide_enough(ends, hidden):
        return cells.make_hidden_ranges()
    return Ranges(hidden, *(end[:, :-1] for end in ends))


def _leaves_open(ranges: Ranges, size: np.ndarray | int, known: np.ndarray | int) -> bool:
    """Whether enough values of hidden counts remain possible if every record has at least one of the answers.

    A reader and an ally may together have given ``known`` answers in addition to one per record. The hidden
    counts must remain protected if all ``known`` answers are subtracted.
    """
    others = ranges.high.sum(axis=0) - ranges.high
    least = np.maximum(ranges.low, size + known - others)
    return bool(((ranges.high - least >= LEAST_VALUES - 1) | ~ranges.is_hidden).all())


# ------------------------------
# Codes in their tree: a code is raised by whoever raised a code below it, and this must reveal no count.
#
# Everybody knows the codebook. The count of a family lies between the largest and the sum of the counts of
# its codes: if eight raised it and its two codes were raised by four at most, each was raised by exactly
# four. None of its codes is shown then: which of them are small would tell almost as much. The family is
# shown where so many raised it that its codes stay open even if it is known that some follow; else it is
# hidden as well.


def select_codes_to_hide(codes: np.ndarray, parents: np.ndarray, n: np.ndarray, low: np.ndarray,
                         high: np.ndarray, base: np.ndarray, is_visible: np.ndarray,
                         least: int) -> np.ndarray:
    """Returns which codes to hide, so that no hidden count can be worked out from the counts of the codes
    above and below it.

    Each array has one entry per code:

    - ``codes`` and ``parents``: the id of the code, and the id of the code above it.
    - ``n`` and ``base``: the count of the code, and the base of this count.
    - ``low`` and ``high``: the lower and the upper bound that a reader knows for the count.
    - ``is_visible``: whether the count, or a range of the count, is shown.

    A code that has codes below it stays shown if at least twice ``least`` organisations raised it; the codes
    below it are then hidden.

    >>> select_codes_to_hide(np.array(["shelter", "own", "partner"]), np.array(["", "shelter", "shelter"]),
    ...                  np.array([8, 4, 4]), np.array([8, 0, 0]), np.array([8, 4, 4]), np.full(3, 30),
    ...                  np.full(3, True), 5).tolist()
    [True, True, True]
    """
    at = {code: k for k, code in enumerate(codes)}
    above = np.array([at.get(parent, -1) for parent in parents])
    below = {k: np.flatnonzero(above == k) for k in {*above.tolist()} - {-1}}
    low, high, is_visible = low.copy(), high.copy(), is_visible.copy()
    hidden = np.zeros(len(codes), dtype=bool)
    is_large = (low == high) & (n >= 2 * least)
    while True:
        lowest, most = _tree_bounds(low, high, n, below)
        is_narrowed = ((lowest > low) | (most < high)) & ~has_enough_possible_values(lowest, most, base)
        is_narrowed |= most - _least_beside_others(lowest, most, n, below) < LEAST_VALUES - 1
        is_narrowed &= low < high
        chosen = next((some for k in np.flatnonzero(is_narrowed)
                       if len(some := _revealing(k, above, below, is_visible & ~hidden, is_large))), None)
        if chosen is None:
            return hidden
        hidden[chosen] = True
        low[chosen], high[chosen] = 0, base[chosen]


def _tree_bounds(low: np.ndarray, high: np.ndarray, n: np.ndarray,
                 below: dict[int, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Returns the smallest and the largest possible value of each code's count, given the counts of the codes
    above and below it."""
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


def _least_beside_others(low: np.ndarray, high: np.ndarray, n: np.ndarray,
                         below: dict[int, np.ndarray]) -> np.ndarray:
    """Returns the smallest possible value of each count for a reader and an ally who both raised every code
    below the same code. The counts of the other codes include the records of this reader and this ally, so
    fewer records of other organisations are left to explain the count of the code above."""
    low = low.copy()
    for k, children in below.items():
        if n[k] <= n[children].sum():
            others = high[children].sum() - high[children]
            low[children] = np.maximum(low[children], low[k] + COALITION * (len(children) - 1) - others)
    return low


def _revealing(k: int, above: np.ndarray, below: dict[int, np.ndarray], is_visible: np.ndarray,
               is_large: np.ndarray) -> np.ndarray:
    """Returns the codes that must be hidden because the count of code k could be worked out.

    The variable ``top`` is the highest shown code above k, or k itself. All shown codes below ``top`` are
    hidden. The code ``top`` is hidden as well, except if its count is large and codes below it are shown. The
    codes between ``top`` and k are also hidden, because the choice of the hidden codes would otherwise tell a
    reader that a count is not small.
    """
    top = step = k
    while (step := above[step]) >= 0:
        top = step if is_visible[step] else top
    family = [top]
    for code in family:  # it grows while it is read
        family += [*below.get(code, [])]
    lower = np.array(family[1:], dtype=int)
    if is_large[top] and is_visible[lower].any():
        return lower[is_visible[lower]]
    every = np.array(family, dtype=int)
    return every[is_visible[every]]
