"""Covers: a reader who knows every rule and counts all answers that would print the same learns no count.

Nothing here is derived from the rules: all possible answers of a small study go through the module, and those
that print the same are what a reader cannot tell apart.
"""

from collections import defaultdict
from functools import cache
from itertools import combinations_with_replacement, product

import numpy as np
import pytest
from scipy.sparse import csr_array

from glc_analysis.disclosure import bounds
from glc_analysis.disclosure.bounds import (
    ContributorCounts,
    Counted,
    Ranges,
    select_codes_to_hide,
    suppress_small_group_counts,
    suppress_small_option_counts,
)

LEAST = 5


def single(numbers):
    """The counts of a question with one answer each, by how many organisations gave each answer."""
    size = sum(numbers)
    given = np.repeat(np.arange(len(numbers)), numbers)
    return counted(given == np.arange(len(numbers))[:, None], size)


def counted(ticks, size):
    counts = ContributorCounts(None, csr_array(np.eye(size, dtype=int)), {})
    base = np.ones(size, dtype=int)
    return Counted(base, np.asarray(ticks, dtype=int), base, counts, LEAST)


def splits(size, parts):
    """All ways in which a number is the sum of so many."""
    if parts == 1:
        yield (size,)
        return
    for first in range(size + 1):
        for rest in splits(size - first, parts - 1):
            yield (first, *rest)


def printed(found):
    """What readers see: numbers, and between which the others lie."""
    return tuple(found.is_hidden.ravel()), tuple(found.low.ravel()), tuple(found.high.ravel())


def told(alike, size, hidden):
    """Which hidden counts a reader and an ally learn who cannot tell these answers apart.

    ``size`` has the base of each count; the two know what they answered themselves, in one group or in two.
    """
    found = []
    rows = np.array(sorted(alike))
    for known in (0, 1, 2):
        for places in combinations_with_replacement(range(rows.shape[1]), known):
            own = np.bincount(places, minlength=rows.shape[1])
            left = rows[(rows >= own).all(axis=1)]
            for k in np.flatnonzero(hidden) if len(left) else ():
                others, rest = {*(left[:, k] - own[k])}, size[k] - known
                if len(others) < 3 or max(others) == 0 or min(others) == rest:
                    found.append((k, places, sorted(others)))
    return found


def exposed(answers, see, size):
    """All that is learned about any of the answers; ``see`` is what readers see of one."""
    alike = defaultdict(set)
    for one in answers:
        alike[printed(see(one))].add(tuple(np.ravel(one)))
    return [(seen, one) for seen, group in alike.items() for one in told(group, size, seen[0])]


def of_options(numbers):
    order = np.arange(len(numbers))
    return suppress_small_option_counts(single(numbers), order, is_exclusive=True, is_exhaustive=False)


@pytest.mark.acceptance
@pytest.mark.parametrize(("options", "size"), [
    (2, 10), (2, 13), (3, 10), (3, 12), (3, 21), (4, 12), (4, 15), (5, 13)])
def test_what_is_printed_of_a_question_leaves_every_hidden_count_open(options, size):
    assert exposed(splits(size, options), of_options, [size] * options) == []


@pytest.mark.parametrize(("options", "size"), [(3, 12), (4, 15)])
def test_without_covers_a_small_count_follows(options, size, monkeypatch):
    monkeypatch.setattr(bounds, "add_secondary_suppression", lambda is_small, order, is_enough: is_small)
    assert exposed(splits(size, options), of_options, [size] * options)


@pytest.mark.parametrize(("options", "size"), [(3, 21), (4, 15)])
def test_covers_chosen_for_being_small_tell_by_how_they_were_chosen(options, size, monkeypatch):
    """The smallest other counts, until no answer follows: as a reader who knows the rule reads it."""
    def smallest(is_small, order, is_enough):
        numbers = found["numbers"]
        for k in range(int(is_small.sum()), len(numbers) + 1):
            hidden = np.isin(np.arange(len(numbers)), np.lexsort((order, numbers))[:k])
            if hidden.sum() > 1 and is_enough(hidden):
                return hidden
        return np.ones_like(is_small)

    found = {}

    def see(numbers):
        found["numbers"] = numbers
        return of_options(numbers)

    monkeypatch.setattr(bounds, "add_secondary_suppression", smallest)
    assert exposed(splits(size, options), see, [size] * options)


def by_group(numbers, sizes):
    """The whole and the groups of a question, by how many of each group gave each answer."""
    numbers = np.asarray(numbers)
    owner = np.repeat(np.arange(len(sizes)), sizes)
    place = np.concatenate([np.arange(size) for size in sizes])
    ends = numbers.cumsum(axis=0)
    starts = ends - numbers if len(numbers) > 1 else 0 * numbers
    ticks = np.array([(place >= starts[k, owner]) & (place < ends[k, owner]) for k in range(len(numbers))])
    whole = counted(ticks, sum(sizes))
    bases = [np.array(owner == g, dtype=int) for g in range(len(sizes))]
    return whole, [Counted(base, ticks * base, base, whole.counts, LEAST) for base in bases]


def of_groups(sizes, *, is_exclusive):
    """What readers see of a question and of its groups, the last of which is not shown."""
    def see(numbers):
        whole, groups = by_group(np.reshape(numbers, (-1, len(sizes))), sizes)
        order = np.arange(len(whole.n))
        seen = suppress_small_option_counts(whole, order, is_exclusive=is_exclusive, is_exhaustive=False)
        found = suppress_small_group_counts(whole, seen, groups, order, np.arange(len(sizes))[::-1],
                                            is_exclusive=is_exclusive, is_exhaustive=False)
        return Ranges(*(np.column_stack([getattr(seen, name), getattr(found, name)])
                        for name in ("is_hidden", "low", "high")))
    return see


def exposed_by_group(answers, sizes, *, is_exclusive):
    see, groups = of_groups(sizes, is_exclusive=is_exclusive), len(sizes)
    alike = defaultdict(set)
    for one in answers:
        alike[printed(see(one))].add(tuple(np.ravel(one)))
    found = []
    for seen, group in alike.items():
        hidden = np.reshape(seen[0], (-1, groups + 1))
        rows = np.reshape(sorted(group), (len(group), -1, groups))
        if not is_exclusive:  # those who did not say so answered as well
            hidden, rows = np.vstack([hidden, hidden]), np.concatenate([rows, np.array(sizes) - rows], axis=1)
        found += [(seen, one) for one in told_by_group(rows, sizes, hidden)]
    return found


def told_by_group(rows, sizes, hidden):
    """As :func:`told`, for options x groups: of hidden counts in a group and of the whole."""
    found = []
    bases = [sum(sizes), *sizes]
    for known in (0, 1, 2):
        for places in combinations_with_replacement(range(rows[0].size), known):
            own = np.bincount(places, minlength=rows[0].size).reshape(rows[0].shape)
            left = rows[(rows >= own).all(axis=(1, 2))] - own
            own_base = own.sum(axis=0)
            for k, g in zip(*np.nonzero(hidden), strict=True) if len(left) else ():
                others = {*(left[:, k].sum(axis=1) if g == 0 else left[:, k, g - 1])}
                rest = bases[g] - (own_base.sum() if g == 0 else own_base[g - 1])
                if len(others) < 3 or max(others) == 0 or min(others) == rest:
                    found.append(((k, g), places, sorted(others)))
    return found


@pytest.mark.acceptance
@pytest.mark.parametrize("sizes", [(10, 10), (10, 13), (10, 11, 12)])
def test_what_is_printed_of_an_option_by_group_leaves_every_hidden_count_open(sizes):
    assert exposed_by_group(product(*(range(size + 1) for size in sizes)), sizes, is_exclusive=False) == []


@pytest.mark.acceptance
@pytest.mark.parametrize(("sizes", "options"), [
    ((10, 10), 2), ((10, 12), 2), ((10, 10, 11), 2),
    ((10, 10), 3)])
def test_answers_that_exclude_each_other_are_left_open_by_group(sizes, options, monkeypatch):
    """Also without the solver, which hides more and is slow for so many."""
    monkeypatch.setattr(bounds, "compute_bounds_by_solver", lambda low, high, base: (low, high))
    answers = (np.array(one).T for one in product(*(list(splits(size, options)) for size in sizes)))
    assert exposed_by_group(answers, sizes, is_exclusive=True) == []


# Several answers each, at least one: whoever gave none of those that are shown gave a hidden one.


def of_several(numbers, size):
    """What readers see of a question where everybody gave at least one answer, maybe several."""
    starts = np.cumsum(numbers) - numbers
    ticks = np.array([np.isin(np.arange(size), np.arange(start, start + n) % size)
                      for start, n in zip(starts, numbers, strict=True)])
    return suppress_small_option_counts(counted(ticks, size), np.arange(len(numbers)), is_exclusive=False,
                                        is_exhaustive=True)


def exposed_by_several(size, options):
    """All that is learned about any of the answers by readers who know up to two contributors' answers."""
    alike = defaultdict(list)
    for one in product(range(size + 1), repeat=options):
        if sum(one) >= size:
            alike[printed(of_several(np.array(one), size))].append(one)
    answers = [np.array(one) for one in product((0, 1), repeat=options) if any(one)]
    found = []
    for seen, group in alike.items():
        rows = np.array(group)
        for known in (0, 1, 2):
            for own in combinations_with_replacement(answers, known):
                left, rest = rows - sum(own), size - known
                left = left[(left >= 0).all(axis=1) & (left <= rest).all(axis=1) & (left.sum(axis=1) >= rest)]
                for k in np.flatnonzero(seen[0]) if len(left) else ():
                    others = {*left[:, k]}
                    if len(others) < 3 or max(others) == 0 or min(others) == rest:
                        found.append((seen, k, own, sorted(others)))
    return found


@pytest.mark.acceptance
@pytest.mark.parametrize(("options", "size"), [(2, 10), (2, 13), (3, 11), (3, 12), (3, 13)])
def test_what_is_printed_where_everybody_gave_an_answer_leaves_every_hidden_count_open(options, size):
    assert exposed_by_several(size, options) == []


def test_answers_of_a_reader_and_an_ally_would_tell_if_they_were_not_thought_of(monkeypatch):
    monkeypatch.setattr(Counted, "known_extra_answers", 0)
    assert any(exposed_by_several(size, 3) for size in (11, 12, 13))


# Codes: whoever raised one raised the family above it.


TWO, THREE, CHAIN, TWO_LEVELS, THREE_LEVELS = (
    (-1, 0, 0), (-1, 0, 0, 0), (-1, 0, 0, 1), (-1, 0, 0, 1, 1), (-1, 0, 1, 2, 2))
"""Trees of codes: the place of the code above each."""


def of_codes(numbers, size=12, tree=TWO):
    """What readers see of the codes of a tree."""
    n = np.array(numbers)
    seen = [_one_code(one, size) for one in numbers]
    hidden, low, high = (np.array([getattr(one, name)[0] for one in seen])
                         for name in ("is_hidden", "low", "high"))
    codes, base = np.array([*"abcdefg"][:len(n)]), np.full(len(n), size)
    parents = np.array(["" if one < 0 else codes[one] for one in tree])
    also = select_codes_to_hide(codes, parents, n, low, high, base, np.full(len(n), True), LEAST)
    return Ranges(hidden | also, np.where(also, 0, low), np.where(also, size, high))


@cache
def _one_code(n, size):
    return suppress_small_option_counts(counted([np.arange(size) < n], size), np.array([0]),
                                        is_exclusive=False, is_exhaustive=False)


def fit_the_tree(rows, tree):
    """Which rows of counts are possible: a code was raised by whoever raised one below it, by nobody else."""
    fits = np.ones(len(rows), dtype=bool)
    for k in {*tree} - {-1}:
        below = rows[:, np.equal(tree, k)]
        fits &= (below.max(axis=1) <= rows[:, k]) & (rows[:, k] <= below.sum(axis=1))
    return fits


def exposed_by_codes(size=12, tree=TWO):
    """All that is learned about who raised what, with the tree in mind and two who know what they raised."""
    every, raised = (np.array([*product(range(most + 1), repeat=len(tree))]) for most in (size, 1))
    alike, found = defaultdict(list), []
    for one in every[fit_the_tree(every, tree)].tolist():
        alike[printed(of_codes(one, size, tree))].append(one)
    for seen, group in alike.items():
        for known in (0, 1, 2):
            for own in combinations_with_replacement(raised[fit_the_tree(raised, tree)], known):
                left = np.array(group) - np.sum(own, axis=0)
                left = left[(left.min(axis=1) >= 0) & (left[:, 0] <= size - known) & fit_the_tree(left, tree)]
                for k in np.flatnonzero(seen[0]) if len(left) else ():
                    others = {*left[:, k].tolist()}
                    if len(others) < 3 or max(others) == 0 or min(others) == size - known:
                        found.append((seen, own, k, sorted(others)))
    return found


def test_two_codes_and_their_family_leave_every_hidden_count_open():
    assert exposed_by_codes() == []


@pytest.mark.acceptance
@pytest.mark.parametrize(("size", "tree"), [
    (16, TWO), (20, TWO), (12, THREE), (16, CHAIN), (10, TWO_LEVELS), (11, THREE_LEVELS)])
def test_trees_of_codes_leave_every_hidden_count_open(size, tree):
    assert exposed_by_codes(size, tree) == []


def test_a_large_family_is_shown_without_its_codes_and_a_small_one_hidden_with_them():
    assert of_codes((12, 9, 4), 30).is_hidden.tolist() == [False, True, True]
    assert of_codes((8, 4, 4), 30).is_hidden.tolist() == [True, True, True]
    assert of_codes((12, 12, 4), 30).is_hidden.tolist() == [False, False, True]  # from 0 to 4 anyway


def test_without_the_tree_eight_who_raised_a_family_reveal_both_codes(monkeypatch):
    monkeypatch.setattr(f"{__name__}.select_codes_to_hide", lambda codes, *given: np.zeros(len(codes), bool))
    assert exposed_by_codes()


def test_two_who_raised_all_codes_of_a_family_would_tell_them_apart(monkeypatch):
    """Eight raised the family; each of its three codes was raised by four at most, the two among them."""
    assert of_codes((8, 4, 4, 4), 30, THREE).is_hidden.all()
    monkeypatch.setattr(bounds, "_least_beside_others", lambda low, *given: low)
    assert of_codes((8, 4, 4, 4), 30, THREE).is_hidden.tolist() == [False, True, True, True]


def test_a_code_hidden_between_a_family_that_is_shown_and_small_ones_would_be_known():
    """Five raised the family, and five one of its codes, whose two codes were raised by four at most."""
    assert of_codes((5, 5, 4, 4, 4), 30, TWO_LEVELS).is_hidden.all()
    assert of_codes((12, 8, 9, 4, 4), 30, TWO_LEVELS).is_hidden.tolist() == [False, *[True] * 4]


def test_a_small_family_without_its_codes_tells_them(monkeypatch):
    monkeypatch.setattr(f"{__name__}.select_codes_to_hide",
                        lambda *given: bounds.select_codes_to_hide(*given[:-1], 0))
    assert exposed_by_codes()
