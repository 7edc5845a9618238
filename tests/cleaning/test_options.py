"""The cells of closed questions become options, or are named as none."""

import pandas as pd
import pytest

from glc_analysis.cleaning.responses import OptionList
from tests.support.study_writer import choices


def listed(*options):
    return OptionList.from_rows(pd.DataFrame(choices("list", *options)))


SERVICES = listed(("food", "1", "Food"), ("shelter", "2", "Shelter, safe house"),
                  ("safe", "3", "Safe house"), ("legal", "4", "Legal aid"), "none")


def single(options, *cells):
    ids, wrong = options.read_single_choices(pd.Series(cells, dtype="str"))
    return ids.tolist(), wrong.tolist()


def joined(cell, options=SERVICES):
    """The options a joined cell names, or None where it cannot be read."""
    ticks, unknown = options.read_joined_choices(pd.Series([cell], dtype="str"))
    return None if unknown else [o for o, tick in zip(options.ids, ticks[0], strict=True) if tick]


def ticked(options, option, *cells):
    found, wrong = options.read_ticks(pd.Series(cells, dtype="str"), option)
    return ["wrong" if bad else bool(tick) for tick, bad in zip(found, wrong, strict=True)]


def test_a_choice_is_known_by_value_or_label_without_case_or_blanks():
    assert single(SERVICES, "1", " legal\u00a0AID ", "Shelter, safe house", "") \
        == (["food", "legal", "shelter", ""], [False] * 4)


def test_what_is_no_option_is_marked_and_a_blank_is_not():
    assert single(SERVICES, "Transport", " ", "5") == ([""] * 3, [True, False, True])


def test_the_answer_none_is_an_answer():
    assert single(SERVICES, "None", "none") == (["none"] * 2, [False] * 2)


def test_one_option_may_be_written_in_several_ways():
    rows = choices("law", ("yes", "Yes", "Yes")) + choices("law", ("yes", "Sí", "Yes"))
    options = OptionList.from_rows(pd.DataFrame(rows))
    assert options.ids == ["yes"]
    assert single(options, "sí", "YES")[0] == ["yes", "yes"]


def test_a_value_counts_before_another_options_label():
    turned = listed(("low", "1", "5"), ("high", "5", "1"))
    assert single(turned, "1", "5")[0] == ["low", "high"]


def test_a_blank_spelling_stands_for_nothing():
    assert single(listed(("yes", "1", "Yes"), ("gap", "", "")), "", " ") == ([""] * 2, [False] * 2)


def test_options_come_by_position_and_not_by_row():
    rows = choices("size", "small", "large")
    assert OptionList.from_rows(pd.DataFrame(rows[::-1])).ids == ["small", "large"]


@pytest.mark.parametrize("cell", ["Food,Legal aid", "1,4", "food; legal aid", "Legal aid | Food",
                                  "1 4", "Food\nLegal aid", "Food, Legal aid, ", "1,Legal aid"])
def test_joined_options_are_read_by_any_separator(cell):
    assert joined(cell) == ["food", "legal"]


def test_an_options_own_comma_does_not_part_it():
    assert joined("Food,Shelter, safe house") == ["food", "shelter"]
    assert joined("Safe house,Shelter, safe house,Legal aid") == ["shelter", "safe", "legal"]


def test_the_longest_reading_counts_where_several_fit():
    care = listed("health", "care", ("both", "health care", "Health care"))
    assert joined("health care", care) == ["both"]
    assert joined("care health", care) == ["health", "care"]


def test_a_shorter_reading_is_tried_where_the_longest_leads_nowhere():
    tricky = listed("a", ("ab", "a, b", "A, b"), "b c")
    assert joined("a, b c", tricky) == ["a", "b c"]


def test_blank_joined_names_of_kobo_are_read():
    assert joined("legal_aid food_parcels", listed("food_parcels", "legal_aid")) \
        == ["food_parcels", "legal_aid"]


def test_a_blank_joined_cell_has_no_option_and_no_fault():
    assert joined("") == joined(" , ") == []


@pytest.mark.parametrize("cell", ["Food,Transport", "Foodlegal aid", "Food and Legal aid"])
def test_a_cell_with_anything_else_in_it_is_a_misfit(cell):
    assert joined(cell) is None


def test_a_long_cell_that_fits_nowhere_is_refused_at_once():
    tricky = listed("a", ("aa", "a a", "A a"), ("aaa", "a a a", "A a a"))
    assert joined("a " * 60 + "z", tricky) is None


def test_a_tick_is_one_true_yes_x_or_the_option_itself():
    assert ticked(SERVICES, "legal", "1", "1.0", "TRUE", "yes", "x", "4", "Legal aid", "Y") \
        == [True] * 8


def test_nought_false_no_and_blank_are_no_tick():
    assert ticked(SERVICES, "legal", "0", "0.0", "False", "no", "n", "") == [False] * 6


def test_another_options_name_in_a_column_is_a_misfit():
    assert ticked(SERVICES, "legal", "Food", "2", "maybe") == ["wrong"] * 3


def test_an_option_that_is_written_nought_is_not_ticked_by_a_nought():
    assert ticked(listed(("never", "0", "Never")), "never", "0", "1", "Never") \
        == [False, True, True]
