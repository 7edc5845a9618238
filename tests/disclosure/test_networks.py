"""Members of a network are protected from each other: nobody learns what another member answered.

As in test_covers, nothing is derived from the rules. All answers of a small study with networks go
through the module; those that print the same are what a reader cannot tell apart who knows every rule, who is
in which network, and what two organisations or all members of two networks answered.
"""

from collections import defaultdict
from itertools import chain, combinations_with_replacement, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from glc_analysis.disclosure.bounds import ContributorCounts, Counted, suppress_small_option_counts

LEAST = 5


def study(networks, others):
    """The counts of organisations, and the kind of each: of which network it is, or of none."""
    kinds = [k for k, size in enumerate(networks) for _ in range(size)] + [len(networks)] * others
    columns = [k if k < len(networks) else len(networks) + n for n, k in enumerate(kinds)]
    columns = np.unique(columns, return_inverse=True)[1]
    clusters = csr_array((np.ones(len(kinds), dtype=int), (np.arange(len(kinds)), columns)))
    return ContributorCounts(None, clusters.T, {}), np.array(kinds)


def answers(sizes, options):
    """How many of each kind gave each answer: kinds x options. Organisations of a kind are alike."""
    return product(*(ways(size, options) for size in sizes))


def ways(size, options):
    """All ways in which so many organisations can give these answers."""
    return [one for one in product(range(size + 1), repeat=options) if sum(one) == size]


def printed(counts, kinds, said, *, is_exclusive):
    """What readers see of one question, of which every organisation gave one answer."""
    own = np.concatenate([np.repeat(np.arange(len(one)), one) for one in said])
    ticks = (own == np.arange(len(said[0]))[:, None]).astype(int)
    if not is_exclusive:  # one option that may be ticked or not
        ticks = ticks[:1]
    base = np.ones(len(kinds), dtype=int)
    whole = Counted(base, ticks, base, counts, LEAST)
    seen = suppress_small_option_counts(whole, np.arange(len(ticks)), is_exclusive=is_exclusive,
                                        is_exhaustive=False)
    return tuple(seen.is_hidden), tuple(seen.low), tuple(seen.high)


def learned(networks, others, options, *, is_exclusive):
    """All that two readers learn of another organisation: that it gave an answer for certain, or did not.

    They know what they answered themselves or, of networks that talk, what all their members did.
    """
    counts, kinds = study(networks, others)
    sizes = np.bincount(kinds)
    alike = defaultdict(list)
    for one in answers(sizes, options):
        alike[printed(counts, kinds, one, is_exclusive=is_exclusive)].append(one)
    found = []
    alone = [(k, one) for k in range(len(sizes)) for one in np.eye(options, dtype=int)]
    together = [(k, np.array(one)) for k, size in enumerate(networks) for one in ways(size, options)]
    outside = [reader for reader in alone if reader[0] == len(networks)]
    for seen, group in alike.items():
        group = np.array(group)
        for known in (0, 1, 2):
            pairs = (combinations_with_replacement(readers, known) for readers in (alone, together + outside))
            for pair in chain.from_iterable(pairs):
                own = np.zeros(group.shape[1:], dtype=int)
                for k, answers_known in pair:
                    own[k] += answers_known
                left = group[(group >= own).all(axis=(1, 2))] - own
                rest = sizes - own.sum(axis=1)
                for k, option in product(range(len(sizes)), range(options)) if len(left) else ():
                    said = left[:, k, option]
                    if rest[k] and (said.max() == 0 or said.min() == rest[k]):
                        found.append((seen, pair, k, option))
    return found


@pytest.mark.parametrize(("networks", "others"), [((), 14), ((2,), 12), ((3,), 11), ((2, 2), 10), ((4,), 12)])
def test_no_answer_of_a_member_follows_from_an_option(networks, others):
    assert learned(networks, others, 2, is_exclusive=False) == []


@pytest.mark.parametrize(("networks", "others"), [((2,), 12), ((3,), 13)])
def test_no_answer_of_a_member_follows_from_answers_that_exclude_each_other(networks, others):
    assert learned(networks, others, 2, is_exclusive=True) == []


def test_who_was_asked_because_of_an_earlier_answer_does_not_show_in_a_range():
    """Were the range of those who are in the base, "at most 7" would say that four of a network are."""
    counts, kinds = study((4,), 20)
    everyone, n = np.ones(len(kinds), dtype=int), 4
    seen = []
    for first in (0, 4):  # with the network, and without it
        base = (np.arange(len(kinds)) >= first) & (np.arange(len(kinds)) < first + 18)
        ticks = base & (np.cumsum(base) > 18 - n)
        found = suppress_small_option_counts(Counted(base.astype(int), ticks[None].astype(int), everyone,
                                                     counts, LEAST),
                                             np.arange(1), is_exclusive=False, is_exhaustive=False)
        seen.append((found.low.tolist(), found.high.tolist()))
    assert seen == [([0], [7]), ([0], [7])]


@given(st.lists(st.integers(2, 4), max_size=3), st.integers(8, 16), st.data())
def test_a_count_lies_in_the_range_that_is_told_of_it(networks, others, data):
    counts, kinds = study(networks, others)
    room = np.array(data.draw(st.lists(st.integers(1, 3), min_size=len(kinds), max_size=len(kinds))))
    base = np.array([data.draw(st.integers(0, most)) for most in room])
    ticks = np.array([data.draw(st.integers(0, most)) for most in base])
    seen = suppress_small_option_counts(Counted(base, ticks[None], room, counts, LEAST), np.arange(1),
                                        is_exclusive=False, is_exhaustive=False)
    assert seen.low[0] <= ticks.sum() <= seen.high[0]


def test_a_range_goes_as_far_as_one_more_organisation_with_all_its_records():
    """Five organisations are too few where two of a network are in the group."""
    counts, kinds = study((2,), 20)
    room = np.where(kinds == 0, 1, 3)
    ticks = room * (np.arange(len(kinds)) >= len(kinds) - 5)
    seen = suppress_small_option_counts(Counted(room, ticks[None], room, counts, LEAST), np.arange(1),
                                        is_exclusive=False, is_exhaustive=False)
    assert (seen.is_hidden[0], seen.low[0], seen.high[0]) == (True, 0, 15)


@pytest.mark.acceptance
@pytest.mark.parametrize(("networks", "others", "options"), [
    ((3, 2), 11, 2), ((3, 3), 12, 2), ((5,), 12, 2), ((5, 2), 15, 2), ((2, 2, 2), 11, 2), ((2,), 13, 3),
    ((3,), 12, 3), ((2, 2), 11, 3)])
def test_no_answer_of_a_member_follows_from_several_answers(networks, others, options):
    assert learned(networks, others, options, is_exclusive=True) == []
