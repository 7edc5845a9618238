"""Who left is often known; which words were theirs is not: the words of a cell are hidden together."""

from itertools import combinations

import pandas as pd
import pytest

from glc_analysis.disclosure.cells import (
    LEAST_MEMBERS,
    assign_cells_to_new_organisations,
    find_lines_hidden_by_cell_rules,
    hide_cells_containing_organisations,
    make_empty_organisation_cells,
    remove_members_and_hide_small_cells,
)

NOBODY = pd.DataFrame({"organisation_id": [], "network_id": []}, dtype="str")


def words(*sizes, start=0):
    """Lines of organisations o0, o1, ... with so many lines each."""
    return pd.DataFrame([("quotations", f"o{start + k}-{n}", f"o{start + k}") for k, size in enumerate(sizes)
                         for n in range(size)], columns=["block_id", "line", "organisation_id"],
                        dtype="str").assign(audience="public")


def hidden(lines, cells, organisations=NOBODY):
    return {*find_lines_hidden_by_cell_rules(lines, organisations, cells)["line"]}


def test_cells_have_five_and_nobody_has_more_than_a_third_of_the_lines():
    lines = words(8, 6, 5, 5, 5, 4, 3, 3, 3, 3, 3, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1)
    cells = assign_cells_to_new_organisations(lines, NOBODY, make_empty_organisation_cells())
    sizes = lines.groupby("organisation_id").size()
    for _, rows in cells.groupby("cell"):
        own = sizes[rows["organisation_id"]]
        assert len(own) >= LEAST_MEMBERS and own.max() * 3 <= own.sum()
    assert cells["cell"].nunique() == 4 and hidden(lines, cells) == set()


def test_members_of_a_network_have_one_cell_and_count_once():
    lines = words(*[1] * 12)
    network = pd.DataFrame({"organisation_id": [f"o{k}" for k in range(4)], "network_id": "net"})
    cells = assign_cells_to_new_organisations(lines, network,
                                              make_empty_organisation_cells()).set_index("organisation_id")["cell"]
    assert cells[[f"o{k}" for k in range(4)]].nunique() == 1
    for _, rows in cells.groupby(cells):
        assert len({"net" if int(one[1:]) < 4 else one for one in rows.index}) >= LEAST_MEMBERS


def test_the_same_lines_whatever_they_say_give_the_same_cells():
    lines = words(*[2] * 11)
    other = lines.assign(line=[f"another text {k}" for k in range(len(lines))])
    cells, again = (assign_cells_to_new_organisations(rows, NOBODY, make_empty_organisation_cells())
                    for rows in (lines, other))
    assert cells.equals(again)


def test_a_departure_hides_its_cell_for_good_and_a_second_one_in_it_nothing_more():
    lines = words(*[1] * 15)
    cells = assign_cells_to_new_organisations(lines, NOBODY, make_empty_organisation_cells())
    mates = {*cells.loc[cells["cell"] == cells["cell"].iloc[0], "organisation_id"]}
    first, second = sorted(mates)[:2]
    after = remove_members_and_hide_small_cells(hide_cells_containing_organisations(cells, [first]), [first],
                                                NOBODY)
    gone = hidden(lines[lines["organisation_id"] != first], after)
    assert gone == {f"{one}-0" for one in mates - {first}}
    again = remove_members_and_hide_small_cells(hide_cells_containing_organisations(after, [second]),
                                                [second], NOBODY)
    assert hidden(lines[~lines["organisation_id"].isin([first, second])], again) == gone - {f"{second}-0"}


def test_newcomers_wait_until_they_are_five():
    lines = words(*[1] * 10)
    cells = assign_cells_to_new_organisations(lines, NOBODY, make_empty_organisation_cells())
    four = pd.concat([lines, words(*[1] * 4, start=10)])
    gone = hidden(four, assign_cells_to_new_organisations(four, NOBODY, cells))
    assert gone == {f"o{k}-0" for k in range(10, 14)}
    five = pd.concat([lines, words(*[1] * 5, start=10)])
    assert hidden(five, assign_cells_to_new_organisations(five, NOBODY, cells)) == set()


def test_fewer_than_five_are_one_cell_and_all_go():
    lines = words(3, 1, 1)
    cells = assign_cells_to_new_organisations(lines, NOBODY, make_empty_organisation_cells())
    assert hidden(lines, cells) == set() and cells["cell"].nunique() == 1
    after = hide_cells_containing_organisations(cells, ["o2"])
    assert hidden(lines, after) == {*lines["line"]}


def test_of_one_that_has_more_than_a_third_the_last_lines_wait():
    lines = words(9, 1, 1, 1, 1, 1)
    cells = assign_cells_to_new_organisations(lines, NOBODY, make_empty_organisation_cells())
    assert hidden(lines, cells) == {f"o0-{n}" for n in range(2, 9)}


@pytest.mark.parametrize("sizes", [[1] * 5, [4, 3, 2, 2, 2, 1], [3] * 15, [8, 6, 5, 5, 5, 4, 3, 3, 1, 1, 1]])
def test_two_readers_who_know_the_cells_and_who_left_find_three_owners_of_each_missing_line(sizes):
    """One, two and three leave; of the members of a hidden cell the two know their own lines. Members of a
    cell with as many lines are alike, so three of them stand for all."""
    lines = words(*sizes)
    cells = assign_cells_to_new_organisations(lines, NOBODY, make_empty_organisation_cells())
    shown = lines[~lines["line"].isin(hidden(lines, cells))]
    cell_of = dict(zip(cells["organisation_id"], cells["cell"], strict=True))
    alike = cells.assign(n=cells["organisation_id"].map(lines.groupby("organisation_id").size()))
    may_leave = sorted(alike.groupby(["cell", "n"])["organisation_id"].head(3))
    cells_after = {(): cells}
    for n in (1, 2, 3):
        for leavers in combinations(may_leave, n):
            *_, leaver = leavers
            before = hide_cells_containing_organisations(cells_after[leavers[:-1]], [leaver])
            after = remove_members_and_hide_small_cells(before, [leaver], NOBODY)
            cells_after[leavers] = after
            kept = shown[~shown["organisation_id"].isin(leavers)]
            missing = {*shown["line"]} - ({*kept["line"]} - hidden(kept, after))
            for line in missing:
                own_cell = cell_of[line.rpartition("-")[0]]
                assert [*cell_of.values()].count(own_cell) - 2 >= 3
