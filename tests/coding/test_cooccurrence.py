"""Codes that meet in a unit are counted as a slow reading of the definition counts them."""

import itertools

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.coding.cooccurrence import count_cooccurrence

COLUMNS = ["code_id", "other_id", "n", "n_either", "n_code", "n_other"]
codes, units = st.sampled_from(["a", "é", "ខ", "😀", ""]), st.sampled_from(["t1", "t2", "t3", ""])
marks = st.lists(st.tuples(units, codes))


def frame(rows, unit="unit_id"):
    return pd.DataFrame(rows, columns=[unit, "code_id"], dtype="str")


def slowly(rows):
    units = {}
    for unit, code in rows:
        if unit and code:
            units.setdefault(code, set()).add(unit)
    pairs = itertools.combinations(sorted(units), 2)
    return [[a, b, len(units[a] & units[b]), len(units[a] | units[b]), len(units[a]), len(units[b])]
            for a, b in pairs if units[a] & units[b]]


@given(marks)
def test_pairs_are_counted_as_the_definition_says(rows):
    found = count_cooccurrence(frame(rows))
    assert list(found.columns) == COLUMNS
    assert found.to_numpy().tolist() == slowly(rows)


@given(marks, st.randoms())
def test_the_order_of_codings_does_not_matter(rows, random):
    shuffled = random.sample(rows, len(rows))
    pd.testing.assert_frame_equal(count_cooccurrence(frame(rows)), count_cooccurrence(frame(shuffled)))


def test_the_unit_is_the_column_named():
    found = count_cooccurrence(frame([("i1", "b"), ("i1", "a")], unit="document_id"), "document_id")
    assert found.to_numpy().tolist() == [["a", "b", 1, 1, 1, 1]]
