"""Where answers stand in files of different tools and waves."""

import pandas as pd
import pytest

from glc_analysis.cleaning.columns import locate_question_columns, split_alternatives, unroll_loops
from glc_analysis.cleaning.responses import OptionList
from tests.support.study_writer import choices, cleaned, places, question, reference, survey

VALUES = OptionList.from_rows(pd.DataFrame(
    choices("list", ("food", "1", "Food"), ("legal", "2", "Legal aid"))
    + choices("list", ("food", "food", "Food"), ("legal", "legal", "Legal aid")))).values


def found(columns, *header, values=None, repeated=()):
    at, faults = locate_question_columns(columns, survey([dict.fromkeys(header, "x")], repeated=repeated),
                                         values)
    return at, [fault.message for fault in faults]


def test_alternatives_are_parted_by_a_bar_between_blanks():
    assert split_alternatives("Q5_* |  services/*") == ["Q5_*", "services/*"]
    assert split_alternatives("a|b") == ["a|b"]
    assert split_alternatives("") == []


def test_the_alternative_that_is_there_is_taken():
    assert found("Q1 | q_one", "org", "q_one") == ({"": "q_one"}, [])


def test_a_star_stands_for_the_value_of_every_option():
    assert found("Q5_* | s/*", "Q5_1", "Q5_2", values=VALUES) \
        == ({"food": "Q5_1", "legal": "Q5_2"}, [])
    assert found("Q5_* | s/*", "s/food", "s/legal", values=VALUES) \
        == ({"food": "s/food", "legal": "s/legal"}, [])


def test_a_star_needs_a_column_for_every_option():
    at, (said,) = found("Q5_*", "Q5_1", "Q5_9", values=VALUES)
    assert at == {} and said.startswith("the file has no column Q5_2; nearest: ")


def test_two_columns_for_one_option_are_one_too_many():
    said, = found("Q5_*", "Q5_1", "Q5_food", "Q5_2", values=VALUES)[1]
    assert said == "columns Q5_1 and Q5_food both belong to option food"


def test_two_alternatives_in_one_file_are_a_fault():
    assert found("Q1 | q_one", "Q1", "q_one")[1] == ["the file has both Q1 and q_one"]


def test_a_missing_column_is_named_with_the_nearest():
    assert found("Q1.4", "Q1.40", "org")[1] \
        == ["the file has no column Q1.4; nearest: 'Q1.40'"]


def test_of_several_alternatives_the_one_that_lacks_least_is_named():
    said, = found("a/* | Q5_*", "Q5_1", values=VALUES)[1]
    assert said.startswith("the file has no column Q5_2")


def test_a_mapped_column_that_stands_twice_is_a_fault():
    assert found("Q1", "Q1", "org", repeated=["Q1"])[1] == ["two columns of the file have this name"]
    assert found("Q1", "Q1", "org", repeated=["org"])[1] == []


def test_a_column_of_a_name_that_stands_twice_is_named_by_its_place():
    header = ("Q1", "Q1 [2]", "Q1 [5]")
    assert found("Q1 [5]", *header, repeated=["Q1"]) == ({"": "Q1 [5]"}, [])
    _, (fault,) = locate_question_columns("Q1", survey([dict.fromkeys(header, "x")], repeated=["Q1"]))
    assert "Q1 [2] or Q1 [5]" in fault.fix


WIDE = [{"org": "a", "1_Q3": "yes", "2_Q3": "no", "1_place": "KHM", "2_place": "LAO"},
        {"org": "b", "1_Q3": "no", "1_place": "PER"},
        {"org": "c", "2_Q3": "yes", "2_place": "USA"},
        {"org": "d"}]


def rolled(rows, *patterns, blank=()):
    long = unroll_loops(survey(rows), list(patterns), frozenset(blank))
    return long.frame, list(zip(long.rows, long.loops, strict=True))


def test_loops_side_by_side_become_a_record_each():
    frame, at = rolled(WIDE, "{loop}_Q3", "{loop}_place", "org")
    assert frame.columns.tolist() == ["org", "{loop}_Q3", "{loop}_place"]
    assert frame.values.tolist() == [["a", "yes", "KHM"], ["a", "no", "LAO"], ["b", "no", "PER"],
                                     ["c", "yes", "USA"], ["d", "", ""]]
    assert at == [(2, 1), (2, 2), (3, 1), (4, 2), (5, 1)]


def test_a_loop_of_blank_tokens_alone_is_no_record():
    rows = [{**WIDE[0], "2_Q3": "NA", "2_place": " "}]
    assert rolled(rows, "{loop}_Q3", "{loop}_place", blank=["NA"])[1] == [(2, 1)]


def test_loops_come_in_the_order_of_their_numbers():
    rows = [{f"Q{n}_x": str(n) for n in (10, 9, 1)}]
    frame, at = rolled(rows, "Q{loop}_x")
    assert frame["Q{loop}_x"].tolist() == ["1", "9", "10"]
    assert [loop for _, loop in at] == [1, 9, 10]


def test_columns_that_belong_to_one_loop_only_are_blank_in_the_others():
    frame, _ = rolled([{"1_a": "x", "1_b": "y", "2_a": "z"}], "{loop}_a", "{loop}_b")
    assert frame.values.tolist() == [["x", "y"], ["z", ""]]


def test_a_star_within_a_loop_keeps_its_options_apart():
    frame, _ = rolled([{"1_Q5_1": "1", "1_Q5_2": "", "2_Q5_1": "", "2_Q5_2": "1"}], "{loop}_Q5_*")
    assert frame.to_dict("list") == {"{loop}_Q5_1": ["1", ""], "{loop}_Q5_2": ["", "1"]}


def test_a_file_without_loops_is_left_as_it_is():
    one = survey(WIDE)
    assert unroll_loops(one, ["Q3", "{loop}_Q9"], frozenset()) is one


def test_wide_loops_and_long_ones_give_the_same_answers():
    known = reference(questions=[question("Q3", "single", "law", columns="{loop}_Q3 | Q3")],
                      options=choices("law", "yes", "no"), countries=places("KHM", "LAO", "PER"))
    wide = cleaned(WIDE[:2], known, country="{loop}_place")
    long = cleaned([{"org": "a", "place": "KHM", "Q3": "yes"},
                    {"org": "a", "place": "LAO", "Q3": "no"},
                    {"org": "b", "place": "PER", "Q3": "no"}], known, country="place")
    shown = ["organisation_id", "country_id", "value", "is_in_base"]
    assert wide.responses[shown].astype(str).values.tolist() \
        == long.responses[shown].astype(str).values.tolist()
    assert wide.answers["answer_id"].tolist() == ["survey.r2.l1", "survey.r2.l2", "survey.r3.l1"]


@pytest.mark.parametrize("text", ["A+B", "a.b", "(a)"])
def test_names_with_signs_are_taken_as_they_stand(text):
    assert rolled([{f"1_{text}": "x"}], "{loop}_" + text)[0].columns.tolist() == ["{loop}_" + text]


def test_a_question_that_a_file_does_not_have_has_no_column_there():
    assert found("Q1 | not in survey.csv", "org") == ({"": ""}, [])
    _, (said,) = found("Q1", "org")
    assert said.startswith("the file has no column Q1")


def test_a_question_that_is_in_a_file_all_the_same_is_a_fault():
    _, (said,) = found("Q1 | not in survey.csv", "Q1")
    assert "although" in said
