"""Names of texts and turns on pages, instead of ids."""

import pandas as pd

from glc_analysis.pages.text_names import name_texts, name_turn


def documents(*rows):
    columns = ["document_id", "kind", "organisation_id", "question_id", "date", "translation_of"]
    return pd.DataFrame([(*row, *[""] * (len(columns) - len(row))) for row in rows], columns=columns)


LABELS = {"door": "Blue Door", "mesa": "Mesa Larga", "khm": "ផ្កាឈូក"}


def test_a_text_is_named_by_who_spoke_and_an_answer_by_its_question():
    assert name_texts(documents(("i1", "interview", "door"), ("c", "call", "", "", "2016-09-07"),
                                ("a", "answer", "khm", "Q5.6")), LABELS) == {
        "i1": "Interview with Blue Door", "c": "Call on 7 September 2016", "a": "Answer of ផ្កាឈូក to Q5.6"}


def test_two_interviews_of_one_organisation_are_told_apart_by_their_day():
    assert name_texts(documents(("i1", "interview", "door", "", "2016-06-14"),
                                ("i2", "interview", "door", "", "2016-06-20")), LABELS) == {
        "i1": "Interview with Blue Door on 14 June 2016", "i2": "Interview with Blue Door on 20 June 2016"}


def test_texts_of_one_day_or_of_none_are_numbered_so_that_no_two_have_one_name():
    names = name_texts(documents(*((f"c{n}", "call", "", "", "2016-09-07") for n in range(2)),
                                 *((f"i{n}", "interview", "mesa") for n in range(2)),
                                 *((f"a{n}", "answer", "", "Q1") for n in range(2))), LABELS)
    assert len({*names.values()}) == 6
    assert names["c1"] == "Call on 7 September 2016, number 2"
    assert names["i0"] == "Interview with Mesa Larga, number 1"


def test_a_translation_is_said_to_be_one():
    rows = documents(("i1", "interview", "mesa"), ("i1-en", "interview", "mesa", "", "", "i1"))
    assert name_texts(rows, LABELS) == {"i1": "Interview with Mesa Larga",
                                        "i1-en": "Interview with Mesa Larga, translated"}


def test_a_turn_is_named_by_its_number_and_an_answer_by_its_question_alone():
    names = {"i.1": "Interview with Blue Door", "f.r3.q5": "Answer of Blue Door to Q5"}
    assert name_turn(names, "i.1.12") == "Interview with Blue Door, turn 12"
    assert name_turn(names, "f.r3.q5.1") == "Answer of Blue Door to Q5"


def test_without_texts_there_are_no_names():
    assert name_texts(documents(), LABELS) == {}
