"""Intervals agree with printed reference values, and are given only where they are due."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.figures.intervals import compute_share_interval, read_interval_method_or_sampling_default

METHODS = ("wilson", "clopper-pearson", "jeffreys")


def interval(n, base, **options):
    low, high = compute_share_interval(pd.Series([n]), pd.Series([base]), **options)
    return low[0], high[0]


@pytest.mark.parametrize("method, low, high", [("wilson", .4232, .7541),
                                               ("clopper-pearson", .4060, .7734),
                                               ("jeffreys", .4222, .7595)])
def test_18_of_30_has_its_reference_intervals(method, low, high):
    assert interval(18, 30, method=method) == (pytest.approx(low, abs=5e-5),
                                               pytest.approx(high, abs=5e-5))


def test_0_of_10_runs_from_nought_to_2775():
    low, high = interval(0, 10)
    assert low == 0 and high == pytest.approx(.2775, abs=5e-5)


@pytest.mark.parametrize("method", METHODS)
def test_no_base_has_no_interval(method):
    assert np.isnan(interval(0, 0, method=method)).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_frame_that_answered_completely_has_no_interval(method):
    assert np.isnan(interval(18, 30, method=method, frame_size=30)).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_very_large_frame_changes_almost_nothing(method):
    assert interval(18, 30, method=method, frame_size=10**7) \
        == pytest.approx(interval(18, 30, method=method), abs=1e-5)


def test_half_a_frame_gives_the_interval_of_about_twice_as_many():
    # n(N - 1)/(N - n) = 30 * 59 / 30 = 59 of 60 organisations, 18/30 of them
    assert interval(18, 30, frame_size=60) == pytest.approx(interval(35.4, 59))


@given(st.integers(1, 200).flatmap(lambda base: st.tuples(st.integers(0, base), st.just(base))),
       st.sampled_from(METHODS), st.integers(2, 1000))
def test_an_interval_holds_its_share_and_a_frame_makes_it_no_wider(counts, method, beyond):
    n, base = counts
    low, high = interval(n, base, method=method)
    assert 0 <= low <= high <= 1
    if 0 < n < base or method != "jeffreys":
        assert low - 1e-12 <= n / base <= high + 1e-12
    narrow_low, narrow_high = interval(n, base, method=method, frame_size=base + beyond)
    assert narrow_high - narrow_low <= high - low + 1e-12


@pytest.mark.parametrize("sampling, chosen, method", [
    ("purposive", "", "none"), ("census", "", "wilson"), ("probability", "", "wilson"),
    ("purposive", "jeffreys", "jeffreys"), ("census", "none", "none"),
    ("probability", "clopper-pearson", "clopper-pearson")])
def test_a_purposive_sample_gets_an_interval_only_by_hand(sampling, chosen, method):
    study = SimpleNamespace(sampling=sampling, settings={"study": {"interval": chosen}})
    assert read_interval_method_or_sampling_default(study) == method
