"""New codes by interview: in order, over random orders, and the rule of Guest, Namey & Chen."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.addons.patterns.patterns import (
    compute_permutation_band,
    compute_saturation_curve,
    count_interviews_to_threshold,
)
from glc_analysis.errors import UsageError

FOUND = {"i1": {"late", "ayuda"}, "i2": set(), "i3": {"late", "ប្រាក់"}, "call": {"far"}}
few = st.dictionaries(st.sampled_from(["a", "b", "c", "d", "e"]), st.frozensets(st.sampled_from("pqrst")),
                      min_size=1)


def test_each_interview_counts_the_codes_none_before_it_had():
    found = compute_saturation_curve(FOUND, ["i3", "i2", "i1"])
    assert found.to_numpy().tolist() == [[1, "i3", 2, 2], [2, "i2", 0, 2], [3, "i1", 1, 3]]


def test_a_frame_says_the_same_as_a_mapping():
    rows = [(document, code) for document, codes in FOUND.items() for code in codes or {""}]
    frame = pd.DataFrame(rows, columns=["document_id", "code_id"])
    pd.testing.assert_frame_equal(compute_saturation_curve(frame, ["i1", "i2", "i3"]),
                                  compute_saturation_curve(FOUND, ["i1", "i2", "i3"]))
    pd.testing.assert_frame_equal(compute_permutation_band(frame), compute_permutation_band(FOUND))


def test_an_interview_named_twice_is_refused():
    with pytest.raises(UsageError, match="twice"):
        compute_saturation_curve(FOUND, ["i1", "i1"])


def test_no_interviews_give_no_rows():
    assert len(compute_saturation_curve({}, [])) == len(compute_permutation_band({})) == 0


@given(few)
def test_the_mean_is_that_of_all_orders(found):
    sums = [compute_saturation_curve(found, order)["n_found"] for order in itertools.permutations(found)]
    assert compute_permutation_band(found, draws=1)["mean"].tolist() == pytest.approx(np.mean(sums, axis=0))


@given(few, st.randoms())
def test_neither_the_order_of_interviews_nor_a_second_run_changes_anything(found, random):
    shuffled = dict(random.sample(list(found.items()), len(found)))
    one, other = (compute_permutation_band(codes, draws=50) for codes in (found, shuffled))
    pd.testing.assert_frame_equal(one, other)


def test_percentiles_are_those_of_the_orders():
    found = compute_permutation_band({"a": {"p", "q", "r"}, **{n: {"p"} for n in "bcdefghi"}}, draws=4000)
    assert found[["low", "high"]].to_numpy().tolist() == [[1, 3]] * 8 + [[3, 3]]
    assert compute_permutation_band({"a": {"p"}, "b": {"q"}})["low"].tolist() == [1, 2]


# The paper's example: 37 codes in the base of four; 7, 4 and 1 new ones in the runs of two that follow.

EXAMPLE = [20, 9, 5, 3, 4, 3, 1, 0, 2, 2]


def test_the_example_of_guest_namey_and_chen_is_met_after_6_interviews():
    assert count_interviews_to_threshold(EXAMPLE) == 6


@pytest.mark.parametrize(("new", "options", "met"), [
    (EXAMPLE, {"threshold": .11}, 5), (EXAMPLE, {"threshold": .2}, 4), (EXAMPLE, {"threshold": 0}, 0),
    (EXAMPLE, {"run_length": 3}, 0), (EXAMPLE, {"run_length": 1}, 6), (EXAMPLE[:7], {}, 0),
    ([5, 5, 5, 5, 1, 0], {}, 4), ([5, 5, 5, 4, 1, 0], {}, 0), ([1, 0], {"base_size": 1, "run_length": 1}, 1),
    ([0, 0, 0, 0, 0, 0], {}, 0), ([], {}, 0)])
def test_the_first_run_at_or_below_the_threshold_of_a_fixed_base_counts(new, options, met):
    assert count_interviews_to_threshold(new, **options) == met
    series = pd.Series(new, index=range(3, 3 + len(new)), dtype=int)
    assert count_interviews_to_threshold(series, **options) == met


@pytest.mark.parametrize("options", [{"base_size": 0}, {"run_length": 0}])
def test_a_base_or_a_run_of_no_interview_is_refused(options):
    with pytest.raises(UsageError):
        count_interviews_to_threshold(EXAMPLE, **options)


def test_hand_codes_of_the_real_survey_meet_the_rule_early_while_new_ones_still_come(shared_data):
    survey = pd.read_csv(shared_data / "ngo_survey" / "responses.csv", dtype="str", keep_default_na=False)
    columns = [column for column in survey if column.startswith("Q3.24_")]
    read = survey[(survey[columns] != "NA").any(axis=1)]
    read = read.assign(at=pd.to_datetime(read["start.time"])).sort_values("at", kind="stable")
    found = {row: {c for c in columns if cells[c] not in ("", "0", "NA")} for row, cells in read.iterrows()}
    new = compute_saturation_curve({str(row): codes for row, codes in found.items()},
                                   [str(row) for row in read.index])
    met = count_interviews_to_threshold(new["n_new"])
    assert (len(read), met) == (177, 5)
    assert new.loc[new["place"] <= met + 2, "n_new"].sum() == 6
    assert new["n_found"].iloc[-1] == len(set().union(*found.values())) == 14
