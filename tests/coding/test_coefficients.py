"""Coefficients of encoded values give published values; distances between sets of codes."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.coding.coefficients import (
    NO_PAIRS,
    NO_VARIATION,
    NOMINAL,
    NOT_USED,
    compute_masi_distance,
    count_codings,
    make_specific_measure,
)
from tests.support.published_codings import FOUR_OBSERVERS

COHEN_1960 = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
PARADOX = [[118, 5], [2, 0]]
SKEWED = [[80, 10], [5, 5]]  # Feinstein & Cicchetti 1990


def counted(table):
    """The counts of two coders' values, from their square table."""
    table = np.array(table)
    return count_codings(np.repeat(np.indices(table.shape).reshape(2, -1), table.ravel(), axis=1), len(table))


def test_the_figures_of_krippendorffs_four_observers():
    # alpha: Krippendorff 2011; the others: irrCAC of Gwet, raw data of four raters.
    counts = count_codings(np.where(np.isnan(FOUR_OBSERVERS), 0, FOUR_OBSERVERS).astype(int) - 1, 5)
    found = [NOMINAL[name].compute_over_all_groups(counts)
             for name in ("alpha", "ac1", "pabak", "percent_agreement")]
    assert [one.value for one in found] == pytest.approx([.743421, .77544, .77273, .81818], abs=5e-6)
    assert {one[1:4] for one in found} == {(12, 11, "")}


@pytest.mark.parametrize(("table", "kappa", "ac1"), [(COHEN_1960, .4915, None), (PARADOX, -.0234, .9408)])
def test_kappa_and_ac1_of_published_tables(table, kappa, ac1):
    assert NOMINAL["kappa"].compute_over_all_groups(counted(table)).value == pytest.approx(kappa, abs=5e-5)
    assert ac1 is None or NOMINAL["ac1"].compute_over_all_groups(counted(table)).value == pytest.approx(
        ac1, abs=5e-5)


def test_specific_agreement_of_a_rare_value_is_low():
    found = [make_specific_measure(value).compute_over_all_groups(counted(SKEWED)).value for value in (0, 1)]
    assert found == pytest.approx([.914, .4], abs=5e-4)


@pytest.mark.parametrize(("codes", "reason"), [
    ([[0, -1], [-1, 1]], NO_PAIRS), ([[1, 1, 0], [1, 1, -1]], NO_VARIATION)])
def test_a_coefficient_without_pairs_or_variation_is_undefined_and_never_1(codes, reason):
    for name in ("alpha", "kappa", "ac1", "pabak"):
        found = NOMINAL[name].compute_over_all_groups(count_codings(np.array(codes), 2))
        assert math.isnan(found.value) and found.reason == reason


def test_a_value_nobody_gave_has_no_specific_agreement():
    counts = count_codings(np.zeros((2, 2), dtype=int), 2)
    assert make_specific_measure(1).compute_over_all_groups(counts)[1:4] == (2, 2, NOT_USED)


def test_masi_weighs_exactly_1_two_thirds_one_third_and_0():
    sets = [{"a", "b"}, {"b", "a"}, {"a"}, {"b", "c"}, {"d"}, set(), set()]
    assert compute_masi_distance(sets)[0] == pytest.approx(
        [0, 0, 1 - 1 / 2 * 2 / 3, 1 - 1 / 3 * 1 / 3, 1, 1, 1], abs=1e-15)
    assert compute_masi_distance(sets)[5].tolist() == [1, 1, 1, 1, 1, 0, 0]


@given(st.lists(st.frozensets(st.sampled_from("abcd")), max_size=8))
def test_distances_between_sets_are_symmetric_and_0_between_equal_sets_alone(sets):
    masi = compute_masi_distance(sets)
    assert (masi == masi.T).all() and (masi <= 1).all()
    assert all((masi[a, b] == 0) == (sets[a] == sets[b])
               for a, b in itertools.product(range(len(sets)), repeat=2))
