"""Who was asked: conditions are read as written, and what is absent equals nothing."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.cleaning.skip_logic import (
    Comparison,
    Junction,
    find_cycle,
    is_asked,
    iterate_comparisons,
    list_questions_named_in_condition,
    parse_condition,
)

ANSWERS = {"Q1": ["yes", "no", "", "dont_know"], "Q2": ["a;b", "b", "", "ab"],
           "country": ["USA", "KHM", "", "PER"]}


def asked(text):
    """For the four records of ANSWERS, whether they were asked."""
    return is_asked(parse_condition(text), lambda name: pd.Series(ANSWERS[name], dtype="str"), 4).tolist()


def test_nobody_is_left_out_where_nothing_is_said():
    assert parse_condition("  ") is None
    assert asked("") == [True] * 4


def test_a_comparison_is_read_with_or_without_blanks_and_quotation_marks():
    meant = Comparison("Q2.5", "==", ("yes",))
    assert [parse_condition(t) for t in ("Q2.5 == yes", "Q2.5==yes", 'Q2.5 == "yes"', " Q2.5  ==  'yes' ")] \
        == [meant] * 4


def test_option_ids_with_dots_and_dashes_are_words():
    assert parse_condition("Q3.29 in (a-little, somewhat.2)") \
        == Comparison("Q3.29", "in", ("a-little", "somewhat.2"))


def test_and_binds_before_or():
    one, two, three = (Comparison(q, "==", ("x",)) for q in "abc")
    assert parse_condition("a == x or b == x and c == x") \
        == Junction("or", (one, Junction("and", (two, three))))


def test_parentheses_come_first():
    assert asked("(Q1 == yes or Q1 == no) and country == KHM") == [False, True, False, False]
    assert asked("Q1 == yes or Q1 == no and country == KHM") == [True, True, False, False]


@pytest.mark.parametrize("text, said", [
    ("Q1", "ends before the comparison is complete"), ("Q1 ==", "ends before"),
    ("Q1 = yes", "from ' = yes' on"), ("Q1 like yes", "'like' is not a comparison"),
    ("Q1 in yes", "a '(' is missing"), ("Q1 in (a, b", "a ')' is missing"), ("(Q1 == a", "a ')' is missing"),
    ("Q1 == a Q2 == b", "from 'Q2' on"), ("Q1 == a and", "ends before"), ("Q1 in ()", "ends before"),
    ("Q1 == a or or Q2 == b", "'Q2' is not a comparison"), ("! Q1", "'! Q1'")])
def test_what_cannot_be_read_is_said_in_words(text, said):
    with pytest.raises(ValueError) as error:
        parse_condition(text)
    assert said in str(error.value)


def test_an_absent_answer_equals_nothing_and_differs_from_everything():
    assert asked("Q1 == yes") == [True, False, False, False]
    assert asked("Q1 in (yes, no)") == [True, True, False, False]
    assert asked("Q2 has b") == [True, True, False, False]
    assert asked("Q1 != yes") == [False, True, True, True]


def test_has_finds_whole_options_only():
    assert asked("Q2 has a") == [True, False, False, False]


def test_equality_with_a_multiple_choice_means_that_option_alone():
    assert asked("Q2 == b") == [False, True, False, False]


def test_the_work_country_can_be_compared():
    assert asked("country != USA") == [False, True, True, True]


def test_the_questions_and_values_of_a_condition_are_listed():
    condition = parse_condition("Q1 == yes and (Q2 has a or country in (USA, KHM))")
    assert list_questions_named_in_condition(condition) == {"Q1", "Q2", "country"}
    assert list(iterate_comparisons(condition)) == [
        Comparison("Q1", "==", ("yes",)), Comparison("Q2", "has", ("a",)),
        Comparison("country", "in", ("USA", "KHM"))]
    assert list_questions_named_in_condition(None) == set()


def test_a_circle_is_found_and_told_from_its_first_question_on():
    assert find_cycle({"x": {"a"}, "a": {"b"}, "b": {"a"}}) == ["a", "b", "a"]
    assert find_cycle({"a": {"a"}}) == ["a", "a"]


def test_two_ways_to_one_question_are_no_circle():
    assert find_cycle({"d": {"b", "c"}, "b": {"a"}, "c": {"a"}, "a": {"elsewhere"}}) == []


def test_a_long_chain_of_questions_is_no_circle():
    assert find_cycle({f"q{n}": {f"q{n + 1}"} for n in range(400)}) == []


@given(st.recursive(
    st.builds("{} {} {}".format, st.sampled_from(["Q1", "Q2", "country"]),
              st.sampled_from(["==", "!=", "has"]), st.sampled_from(["yes", "a", "USA"])),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner)))
def test_a_condition_means_what_python_means_by_it(text):
    def truth(n):
        said = {name: set(values[n].split(";")) - {""} for name, values in ANSWERS.items()}
        words = {"==": "said['{}'] == {{'{}'}}", "!=": "said['{}'] != {{'{}'}}",
                 "has": "'{1}' in said['{0}']"}
        python = text
        for name in ANSWERS:
            for operator, form in words.items():
                for value in ("yes", "a", "USA"):
                    python = python.replace(f"{name} {operator} {value}", form.format(name, value))
        return eval(python, {"said": said})  # the text is made of these few words only

    assert asked(text) == [truth(n) for n in range(4)]
