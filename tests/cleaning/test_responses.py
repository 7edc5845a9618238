"""Answers: their unit, their base, and why there is none where there is none."""

import pytest

from glc_analysis.cleaning import records
from glc_analysis.cleaning.records import CleaningLog
from glc_analysis.cleaning.responses import clean_responses_and_selections
from glc_analysis.errors import Faults
from tests.support.study_writer import SETTINGS, choices, cleaned, places, question, reference, survey

OPTIONS = [*choices("law", "yes", "no", "dont_know", "refused"),
           *choices("services", ("food", "1", "Food"), ("legal", "2", "Legal aid"),
                    ("none", "3", "None"))]


def responses(rows, *questions, redacted=(), options=OPTIONS, **settings):
    known = reference(questions=questions, options=options,
                      countries=places("KHM asia", "LAO asia", "USA america"))
    settings = {"country": "country" if "country" in rows[0] else "", **settings}
    return cleaned(rows, known, redacted=redacted, **settings)


def shown(rows, *questions, columns=("value", "missing", "is_in_base"), **settings):
    frame = responses(rows, *questions, **settings).responses
    last = frame[frame["question_id"] == questions[-1]["question_id"]]
    return [tuple(row) for row in last[list(columns)].itertuples(index=False)]


def faults(*arguments, **settings):
    with pytest.raises(Faults) as raised:
        responses(*arguments, **settings)
    return [str(fault) for fault in raised.value.faults]


def test_every_kind_of_blank_stays_apart():
    rows = [{"org": o, "Q1": a} for o, a in zip(
        "abcdef", ["yes", "", "NA", "dont_know", "Refused", "REDACTED"], strict=True)]
    found = shown(rows, question("Q1", "single", "law", dont_know="missing"), blank=["NA"],
                  redacted=["REDACTED"])
    assert [missing for _, missing, _ in found] \
        == ["", "unanswered", "unanswered", "dont_know", "refused", "redacted"]
    assert [in_base for *_, in_base in found] == [True] + [False] * 5


def test_dont_know_counts_in_the_base_unless_questions_csv_says_missing():
    row = [{"org": "a", "Q1": "Dont know"}]
    assert shown(row, question("Q1", "single", "law")) == [("dont_know", "", True)]
    assert shown(row, question("Q1", "single", "law", dont_know="missing")) \
        == [("dont_know", "dont_know", False)]


def test_rows_of_some_questions_are_those_of_the_whole_table_and_all_answers_are_checked():
    rows = [{"org": "a", "Q1": "yes", "Q2": "late", "Q3": "1"}, {"org": "b", "Q1": "no", "Q2": "", "Q3": "2"}]
    asked = [question("Q1", "single", "law"), question("Q2", "text", asked_if="Q1 == yes"),
             question("Q3", "number")]
    known, whole = reference(questions=asked, options=OPTIONS), responses(rows, *asked)
    some, _ = clean_responses_and_selections(whole.records, known, [], CleaningLog(), only={"Q2"})
    expected, looked_at = whole.responses[whole.responses["question_id"] == "Q2"], ["answer_id", "missing"]
    assert sorted(some[looked_at].values.tolist()) == expected[looked_at].values.tolist()
    wrong = records.assemble_records_of_all_waves([survey([rows[0] | {"Q3": "many"}])], known, SETTINGS,
                                                  CleaningLog())
    with pytest.raises(Faults, match="is not a number"):
        clean_responses_and_selections(wrong, known, [], CleaningLog(), only={"Q2"})


def test_not_asked_differs_from_unanswered():
    rows = [{"org": "a", "Q1": "yes"}, {"org": "b", "Q1": "no"}, {"org": "c"}]
    asked = question("Q2", "text", asked_if="Q1 == yes")
    assert [missing for _, missing, _ in shown([r | {"Q2": ""} for r in rows],
                                               question("Q1", "single", "law"), asked)] \
        == ["unanswered", "not_asked", "not_asked"]


def test_an_answer_that_was_not_asked_is_kept_and_counted():
    rows = [{"org": "a", "Q1": "no", "Q2": "still"}]
    tables = responses(rows, question("Q1", "single", "law"),
                       question("Q2", "text", asked_if="Q1 == yes"))
    assert tables.responses["is_in_base"].tolist() == [True, True]
    assert tables.steps.set_index("step").loc["answered though not asked", "cells"] == 1


def test_skip_logic_may_look_at_later_rows_of_questions_csv_and_at_the_country():
    rows = [{"org": "a", "country": "USA", "Q1": "", "Q2": ""},
            {"org": "b", "country": "KHM", "Q1": "", "Q2": "1"}]
    assert [missing for _, missing, _ in shown(
        rows, question("Q2", "multi", "services", columns="Q2"),
        question("Q1", "text", asked_if="country != USA and Q2 has food"))] \
        == ["not_asked", "unanswered"]


def starred(*rows, **other):
    """The base and the ticks of a question with one column an option."""
    tables = responses([{"org": str(n), "Q1_1": "", "Q1_2": "", "Q1_3": "", **row}
                        for n, row in enumerate(rows)],
                       question("Q1", "multi", "services", columns="Q1_*", **other))
    ticks = tables.selections.pivot(index="answer_id", columns="option_id", values="is_selected")
    return tables.responses["is_in_base"].tolist(), ticks[["food", "legal", "none"]].values.tolist()


def test_with_columns_of_one_or_blank_the_base_is_the_records_with_a_tick():
    base, ticks = starred({"Q1_1": "1"}, {}, {"Q1_1": "1", "Q1_2": "1"})
    assert base == [True, False, True]
    assert ticks == [[True, False, False], [False] * 3, [True, True, False]]


def test_with_explicit_noughts_the_base_is_every_filled_record():
    base, ticks = starred({"Q1_1": "1", "Q1_2": "0", "Q1_3": "0"},
                          {"Q1_1": "0", "Q1_2": "0", "Q1_3": "0"}, {})
    assert base == [True, True, False]
    assert ticks[1] == [False] * 3


def test_none_is_an_answer_of_a_multiple_choice():
    assert starred({"Q1_3": "1"}) == ([True], [[False, False, True]])


def test_a_joined_cell_and_a_column_an_option_give_the_same_answers():
    multi = question("Q1", "multi", "services", columns="Q1_* | Q1")
    wide = responses([{"org": "a", "Q1_1": "1", "Q1_2": "1", "Q1_3": ""},
                      {"org": "b", "Q1_1": "", "Q1_2": "", "Q1_3": ""}], multi)
    joined = responses([{"org": "a", "Q1": "Food,Legal aid"}, {"org": "b", "Q1": ""}], multi)
    assert wide.selections.astype(str).equals(joined.selections.astype(str))
    assert wide.responses.astype(str).equals(joined.responses.astype(str))
    assert wide.responses["value"].tolist() == ["food;legal", ""]


def test_files_of_different_tools_may_hold_a_multiple_choice_differently():
    files = [survey([{"org": "a", "Q1_1": "1", "Q1_2": "", "Q1_3": ""}]),
             survey([{"org": "b", "Q1": "2 1"}], name="kobo.csv")]
    known = reference(questions=[question("Q1", "multi", "services", columns="Q1_* | Q1")],
                      options=OPTIONS)
    found = cleaned(files, known, country="").responses.set_index("organisation_id")["value"]
    assert found.to_dict() == {"a": "food", "b": "food;legal"}


def test_a_withheld_tick_makes_the_record_redacted_only_where_nothing_else_stands():
    rows = [{"org": "a", "Q1_1": "REDACTED", "Q1_2": "", "Q1_3": ""},
            {"org": "b", "Q1_1": "REDACTED", "Q1_2": "1", "Q1_3": ""}]
    assert shown(rows, question("Q1", "multi", "services", columns="Q1_*"),
                 redacted=["REDACTED"]) \
        == [("", "redacted", False), ("legal", "", True)]


def test_a_withheld_text_was_given_and_counts():
    assert shown([{"org": "a", "Q1": "REDACTED"}], question("Q1", "text"), redacted=["REDACTED"]) \
        == [("", "redacted", True)]


def test_a_scale_keeps_the_place_of_its_option():
    assert shown([{"org": "a", "Q1": "No"}], question("Q1", "scale", "law"),
                 columns=("value", "value_number")) == [("no", 2)]


def test_a_fraction_without_a_sign_beside_percentages_is_one_fault_that_a_person_decides():
    rows = [{"org": org, "n": text} for org, text in zip("abcdef", ["50%", "0.5", "0.25", "0", "30", "1"],
                                                         strict=True)]
    said = faults(rows, question("n", "number"))
    assert {fault.split(":", 1)[1] for fault in said} == {
        " the percent sign is missing in 0.25, 0.5, but other answers (1) have it; 0.5 may mean 0.5 % or "
        "50 %. To fix: write the percentage with its sign: correct the record in corrections.csv."}
    assert len(said) == 2
    rows[1]["n"], rows[2]["n"] = "0.5%", "25%"
    found = responses(rows, question("n", "number")).responses["value_number"]
    assert sorted(found) == [0, 0.5, 1, 25, 30, 50]


def test_numbers_dates_and_countries_are_read_by_their_kind():
    row = {"org": "a", "n": " 12.0", "d": "31.12.2016", "c": "Lao"}
    tables = responses([row], question("n", "number"), question("d", "date"),
                       options=[*OPTIONS])
    assert tables.responses[["question_id", "value"]].values.tolist() \
        == [["d", "2016-12-31"], ["n", "12.0"]]
    assert tables.responses["value_number"].tolist()[1] == 12
    assert shown([{"org": "a", "c": "lao"}], question("c", "single", "countries")) \
        == [("LAO", "", True)]


def test_what_fits_no_question_is_told_with_file_row_column_and_value():
    rows = [{"org": "a", "Q1": "maybe", "Q2": "many", "Q3": "Transport", "c": "Kambodia"}]
    said = faults(rows, question("Q1", "single", "law"), question("Q2", "number"),
                  question("Q3", "multi", "services"), question("c", "single", "countries"))
    assert [s.split(": ")[0] for s in said] == [
        "survey.csv, row 2, column Q1, value 'maybe'", "survey.csv, row 2, column Q2, value 'many'",
        "survey.csv, row 2, column Q3, value 'Transport'",
        "survey.csv, row 2, column c, value 'Kambodia'"]


def test_a_mapped_column_that_is_missing_is_told_once_a_question():
    assert len(faults([{"org": "a"}] * 3, question("Q1", "text"), question("Q2_9", "number"))) == 2


OWN = question("Q1", "single", "law", unit="organisation")


def test_a_question_about_the_organisation_stands_once_an_organisation_without_a_country():
    rows = [{"org": "a", "country": "KHM", "Q1": "yes"}, {"org": "a", "country": "LAO", "Q1": "yes"},
            {"org": "b", "country": "KHM", "Q1": "no"}]
    assert shown(rows, OWN, columns=("organisation_id", "country_id", "value", "unit")) \
        == [("a", "", "yes", "organisation"), ("b", "", "no", "organisation")]


def test_the_first_record_that_answers_speaks_for_the_organisation():
    rows = [{"org": "a", "nr": "1", "Q1": ""}, {"org": "a", "nr": "2", "Q1": "no"},
            {"org": "a", "nr": "3", "Q1": "yes"}]
    tables = responses(rows, OWN, loop="nr")
    assert tables.responses[["answer_id", "value"]].values.tolist() == [["survey.r3", "no"]]
    assert tables.steps.set_index("step").loc["organisations' own answers", "cells"] == 1


def test_an_organisation_that_answers_nowhere_is_unanswered_once():
    rows = [{"org": "a", "nr": "1", "Q1": ""}, {"org": "a", "nr": "2", "Q1": ""}]
    assert shown(rows, OWN, loop="nr") == [("", "unanswered", False)]


def test_an_organisation_was_asked_what_any_of_its_records_was_asked():
    rows = [{"org": "a", "country": "USA", "nr": "1", "Q2": ""},
            {"org": "a", "country": "KHM", "nr": "2", "Q2": ""}]
    assert shown(rows, question("Q2", "text", unit="organisation", asked_if="country != USA"),
                 loop="nr") == [("", "unanswered", False)]


def test_an_organisations_own_answer_decides_for_all_its_records():
    rows = [{"org": "a", "nr": "1", "Q1": "yes", "Q2": ""}, {"org": "a", "nr": "2", "Q1": "", "Q2": ""},
            {"org": "b", "nr": "1", "Q1": "no", "Q2": ""}]
    assert [missing for _, missing, _ in shown(
        rows, OWN, question("Q2", "text", asked_if="Q1 == yes"), loop="nr")] \
        == ["unanswered", "unanswered", "not_asked"]


def test_answers_come_in_their_option_order_whatever_the_order_of_ticks():
    assert shown([{"org": "a", "Q1": "None, Food"}], question("Q1", "multi", "services"))[0][0] \
        == "food;none"


def test_a_question_that_nobody_answered_has_a_row_a_record():
    assert shown([{"org": "a", "Q1": ""}, {"org": "b", "Q1": ""}], question("Q1", "number")) \
        == [("", "unanswered", False)] * 2
