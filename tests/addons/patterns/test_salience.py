"""Smith's S: figures worked out by hand, repeats, ties, and a real survey."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.addons.patterns.patterns import smiths_s
from glc_analysis.errors import UsageError


def lists(**named):
    rows = [(name, item, at) for name, items in named.items() for at, item in enumerate(items or [""], 1)]
    return pd.DataFrame(rows, columns=["list_id", "item", "position"])


def by_item(frame, **given):
    return smiths_s(frame, **given).set_index("item")["smiths_s"].to_dict()


def test_five_lists_worked_out_by_hand():
    found = smiths_s(lists(a=["apple", "orange", "pear"], b=["orange", "apple", "carrot"], c=["apple"],
                           d=["orange", "pear", "carrot", "lemon"],
                           e=["lime", "orange", "lemon", "apple", "pear", "carrot"]))
    assert dict(zip(found["item"], found["n_lists"], strict=True)) == {
        "orange": 4, "apple": 4, "pear": 3, "carrot": 3, "lime": 1, "lemon": 2}
    assert dict(zip(found["item"], found["smiths_s"], strict=True)) == pytest.approx({
        "orange": (2/3 + 1 + 1 + 5/6) / 5, "apple": (1 + 2/3 + 1 + 3/6) / 5, "pear": (1/3 + 3/4 + 2/6) / 5,
        "lime": 1 / 5, "carrot": (1/3 + 2/4 + 1/6) / 5, "lemon": (1/4 + 4/6) / 5})


def test_a_repeat_counts_at_its_first_mention_in_the_lists_own_length_and_ranks():
    assert by_item(lists(a=["x", "x", "y", "x"])) == {"x": 1.0, "y": 0.5}
    assert by_item(lists(a=["x", "y", "x", "z"])) == {"x": 1.0, "y": 0.75, "z": 0.25}


def test_where_repeats_are_removed_the_ranks_below_close_up():
    assert by_item(lists(a=["x", "y", "x", "z"]), repeats="removed") == pytest.approx(
        {"x": 1.0, "y": 2 / 3, "z": 1 / 3})


@given(st.lists(st.permutations("pqrs"), min_size=1))
def test_without_repeats_both_conventions_agree(named):
    frame = lists(**{f"l{n}": items for n, items in enumerate(named)})
    pd.testing.assert_frame_equal(smiths_s(frame), smiths_s(frame, repeats="removed"))


def test_another_convention_is_refused():
    with pytest.raises(UsageError, match="repeats cannot be 'first'"):
        smiths_s(lists(a=["x"]), repeats="first")


def test_positions_with_gaps_are_ranks():
    assert by_item(lists(a=["x", "y"]).assign(position=[3, 9])) == {"x": 1.0, "y": 0.5}


def test_items_at_one_position_share_their_ranks():
    assert by_item(lists(a=["x", "y", "z"]).assign(position=[1, 1, 2])) == pytest.approx(
        {"x": 2.5 / 3, "y": 2.5 / 3, "z": 1 / 3})


def test_a_list_that_names_nothing_counts_among_the_lists():
    assert by_item(lists(a=["សេវា"], b=[])) == {"សេវា": 0.5}


def test_no_lists_give_no_items():
    assert list(smiths_s(lists()).columns) == ["item", "n_lists", "smiths_s"]


@given(st.lists(st.lists(st.sampled_from("pqrs"), min_size=1), min_size=1), st.randoms())
def test_the_order_of_rows_does_not_matter_and_no_item_exceeds_its_share_of_lists(named, random):
    frame = lists(**{f"l{n}": items for n, items in enumerate(named)})
    found = smiths_s(frame)
    pd.testing.assert_frame_equal(found, smiths_s(frame.iloc[random.sample(range(len(frame)), len(frame))]))
    assert (found["smiths_s"] <= found["n_lists"] / len(named) + 1e-12).all()


def test_codes_of_the_real_free_lists_are_as_salient_as_a_slow_reading_says(shared_data):
    both = pd.read_csv(shared_data / "two_coder_free_list" / "both.csv")
    position = both["number"].str.removeprefix("trait").astype(int)
    found = smiths_s(pd.DataFrame({"list_id": both["rid"], "item": both["coder1"].astype("str"),
                                   "position": position}), repeats="removed")
    told = {}
    for rid, _, code in sorted(zip(both["rid"], position, both["coder1"], strict=True)):
        told.setdefault(rid, {})[str(code)] = None
    for row in found.itertuples():
        ranks = [(list(codes).index(row.item) + 1, len(codes))
                 for codes in told.values() if row.item in codes]
        assert row.n_lists == len(ranks)
        assert row.smiths_s == pytest.approx(sum((size - r + 1) / size for r, size in ranks) / len(told))
    assert len(told) == 233 and found["smiths_s"].is_monotonic_decreasing
