"""Several options in a cell, texts that are not options, and texts after "Other"."""

import pytest

from glc_analysis.cleaning.dimension_tables import propose_options_from_other_texts
from glc_analysis.cleaning.responses import AFTER_OTHER
from glc_analysis.errors import Faults
from tests.support.study_writer import choices, cleaned, question, reference, survey

TOOLS = choices("tools", "mail", ("courses", "Online course (e.g., Coursera, edX)",
                                  "Online course (e.g., Coursera, edX)"), "phone")
OTHER = [*TOOLS, {"option_list": "tools", "option_id": "other", "value": "Other", "label": "Other",
                  "position": "4", "kind": "other"}]


def answered(*cells, options=TOOLS, kind="multi", columns="Q1"):
    rows = [{"org": f"o{n}", "country": "KHM", "Q1": cell} for n, cell in enumerate(cells)]
    known = reference(questions=[question("Q1", kind, "tools", columns=columns)], options=options)
    return cleaned(rows, known)


def faults(*cells, **changed):
    with pytest.raises(Faults) as found:
        answered(*cells, **changed)
    return found.value.faults


def test_the_unknown_part_is_named_with_its_count_and_the_row_to_paste():
    found = faults("Mail", *["Mail, Machine learning, Phone"] * 3,
                   "Phone, Online course (e.g., Coursera, edX)")
    assert [(fault.value, fault.row, fault.n) for fault in found] == [("Machine learning", "3, 4, 5", 3)]
    assert "3 records" in found[0].message
    assert "tools,machine_learning,Machine learning,Machine learning,4,substantive" in found[0].fix


def test_unknown_parts_come_the_most_frequent_first():
    found = faults("Mail, Fax", "Mail, Letter", "Letter, Phone", "Mail", "Mail", "Mail", "Mail")
    assert [fault.value for fault in found] == ["Letter", "Fax"]


def test_texts_that_are_people_s_own_words_are_one_message_with_the_row_that_takes_all():
    own = [f"We only ever heard of it at the {place}" for place in ("market", "school", "bus stop")]
    found = faults(*["Mail"] * 9, *["Fax"] * 3, *own, kind="single")
    assert [fault.n for fault in found] == [3, 3]
    assert found[0].value == "Fax" and "tools,fax,Fax,Fax,4,substantive" in found[0].fix
    assert "3 different texts of one or two records each" in found[1].message
    assert ("add to options.csv: tools,other,Other,Other,5,other, an option that is used for all of them"
            in found[1].fix)


def test_the_row_for_a_step_of_a_scale_leaves_its_position_to_a_person():
    [fault] = scales(["Low", "Middle", "High"], options=("Low", "High"))
    assert "which is blank here: steps,middle,Middle,Middle,,substantive" in fault.fix


def test_commas_in_brackets_separate_nothing():
    assert faults("Mail, Radio (FM, AM), Phone", "Mail, Phone")[0].value == "Radio (FM, AM)"


def test_commas_separate_nothing_where_options_are_joined_by_semicolons():
    assert faults("Mail; Word of mouth, mostly; Phone", "Mail; Phone")[0].value == "Word of mouth, mostly"


def test_an_option_that_is_part_of_a_longer_word_is_not_read():
    assert faults("Mail, Phonebook", "Mail, Phone")[0].value == "Phonebook"


def test_a_wrong_list_is_one_message():
    found = faults(*(f"Thing {n}" for n in range(40)), "Mail")
    assert len(found) == 1 and "40 of 41 answers to Q1 are not options of tools" in found[0].message
    assert "questions.csv, row 2" in found[0].fix


@pytest.mark.parametrize("kind", ["multi", "single"])
def test_a_text_after_other_is_kept_as_its_text(kind):
    made = answered("Mail", "A boat", options=OTHER, kind=kind)
    assert made.responses["value"].tolist() == ["mail", "other"]
    assert made.responses["other_text"].tolist() == ["", "A boat"]


def test_a_text_beside_options_is_kept_too():
    made = answered("Mail, by boat, Phone", "Mail, Phone", options=OTHER)
    assert made.responses["value"].tolist() == ["mail;phone;other", "mail;phone"]
    assert made.responses["other_text"].tolist() == ["by boat", ""]


def test_the_column_of_the_option_other_holds_its_text():
    rows = [{"org": "a", "country": "KHM", "Q1_mail": "1", "Q1_phone": "", "Q1_Other": "Pigeons"}]
    options = [one for one in OTHER if one["option_id"] != "courses"]
    known = reference(questions=[question("Q1", "multi", "tools", columns="Q1_*")], options=options)
    made = cleaned([survey(rows)], known)
    assert made.responses[["value", "other_text"]].values.tolist() == [["mail;other", "Pigeons"]]


def test_how_many_answers_count_as_other_is_said_of_each_question():
    made = answered("Mail", "A boat", "a boat", "A kite", options=OTHER)
    [said] = made.steps.loc[made.steps["step"] == AFTER_OTHER, "why"]
    assert said == ("Q1: 3 answers (2 different) read as texts after 'Other'; no text is in five or more "
                    "records")


def test_texts_after_other_are_listed_with_the_row_that_makes_an_option_of_each():
    made = answered("Mail", "Mail, A boat, A kite", "a boat, Phone", options=OTHER)
    known = reference(questions=[question("Q1", "multi", "tools")], options=OTHER)
    listed = propose_options_from_other_texts(made.responses, known.questions.iloc[0], known.options)
    assert listed.values.tolist() == [["A boat", 2, "tools,a_boat,A boat,A boat,5,substantive"],
                                      ["A kite", 1, "tools,a_kite,A kite,A kite,6,substantive"]]


def test_a_number_is_never_a_text_after_other():
    assert faults("Mail", "7", options=OTHER)[0].value == "7"


def test_a_list_of_which_no_answer_is_an_option_is_wrong_even_with_other():
    assert len(faults(*(f"Thing {n}" for n in range(9)), options=OTHER)) == 1


def test_texts_after_other_that_many_wrote_are_named_in_the_log():
    made = answered("Mail", *["By boat"] * 5, "alone", options=OTHER)
    why = made.steps.set_index("step").loc["texts after other", "why"]
    assert "'By boat' (5)" in why and "alone" not in why


def scales(*answers, options=("1", "2", "4")):
    """The faults of a grid of questions with one list."""
    names = [f"Q{k}" for k in range(1, len(answers) + 1)]
    rows = [{"org": f"o{n}", "country": "KHM", **dict(zip(names, cells, strict=True))}
            for n, cells in enumerate(zip(*answers, strict=True))]
    known = reference(questions=[question(name, "scale", "steps") for name in names],
                      options=choices("steps", *((f"s{label}", label, label) for label in options)))
    with pytest.raises(Faults) as found:
        cleaned(rows, known)
    return found.value.faults


def test_a_text_that_several_questions_of_a_list_lack_has_one_row_to_paste():
    found = scales(["1", "1", "3", "2"], ["3", "3", "1", "2"], ["2", "3", "2", "2"])
    assert [(fault.value, fault.column, fault.n) for fault in found] == [("3", "Q2", 4)]
    assert "4 records, also in column Q1 of survey.csv, column Q3 of survey.csv" in found[0].message


def test_a_number_has_the_position_of_its_size_and_those_behind_it_move():
    [fault] = scales(["1", "3", "2"])
    assert "add to options.csv: steps,3,3,3,3,substantive (" in fault.fix
    assert "'4' has position 4" in fault.fix


def test_a_list_from_high_to_low_stays_so():
    [fault] = scales(["4", "3", "2"], options=("4", "2", "1"))
    assert "steps,3,3,3,2,substantive" in fault.fix and "'2' has position 3, '1' has position 4" in fault.fix


def test_ids_of_rows_to_paste_are_free_and_differ_from_each_other():
    found = faults("Mail", "Mail", "Mail", "Mail", "C++", "C", "Phone.")
    rows = [fault.fix.partition("options.csv: ")[2].split(",") for fault in found]
    assert sorted(row[1] for row in rows) == ["c", "c_plus_plus", "phone_2"]
    assert sorted(row[4] for row in rows) == ["4", "5", "6"]


def test_the_unknown_part_is_named_in_cells_with_either_mark_where_both_separate():
    found = faults("Mail; Phone", "Mail; Phone", "Mail, Phone", "Phone, Fax, Mail", "Phone; Fax, or so; Mail")
    assert sorted(fault.value for fault in found) == ["Fax", "Fax, or so"]
