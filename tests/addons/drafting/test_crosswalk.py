"""The crosswalk of a new wave is drafted, never guessed: only what is the same is drafted as unchanged."""

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from glc_analysis.addons.drafting.crosswalk_workbook import CROSSWALK_DRAFT
from glc_analysis.addons.drafting.drafted_waves import draft_new_wave
from glc_analysis.cli import cli
from glc_analysis.reference import read_reference_table
from tests.support.study_writer import choices, question, reference, survey, write_csv, write_study

QUESTIONS = [question("Q1", "single", "law", wording="Is there a law?"),
             question("Q2", "single", "law", wording="Are you paid?"),
             question("Q3", "multi", "services", wording="What do you offer?"),
             question("Q4", "text", wording="Why?")]
OPTIONS = [*choices("law", "yes", "no"), *choices("services", "legal", "food")]


BEFORE = [{"Q1": "yes", "Q2": "no", "Q3": "legal", "Q4": "Words"}] * 9


def draft(*files, before=(BEFORE,), questions=QUESTIONS, **options):
    """The drafts of crosswalk and new questions for the files of a new wave, named 2.csv, 3.csv ..."""
    surveys = [survey(rows, name=f"{n}.csv") for n, rows in enumerate((*before, *files), 2 - len(before))]
    return draft_new_wave(surveys[:len(before)], surveys[len(before):],
                          reference(questions=questions, options=OPTIONS), "w2", **options)


def drafted(*files, **options):
    """The rows of the draft of the crosswalk by question."""
    return draft(*files, **options)[0].rows.set_index("question_id")


def test_the_same_heading_and_options_are_drafted_as_unchanged_and_not_as_compared():
    rows = drafted([{"Q1": "yes", "Q2": "no", "Q3": "legal, food", "Q4": "Words"}])
    assert {*rows["change"]} == {"none"} and {*rows["is_comparable"]} == {""}
    assert {*rows.drop("*")["why"]} == {"the same"}


def test_a_new_option_is_undecided_and_named_where_several_gave_it():
    rows = drafted([{"Q1": "maybe", "Q2": "my own words", "Q3": "legal, court", "Q4": ""}] * 5
                    + [{"Q1": "yes", "Q2": "other words", "Q3": "", "Q4": ""}])
    assert rows.loc["Q1", ["change", "options_before", "options_now"]].tolist() == [
        "", "Yes\nNo", "Yes\nNo\nmaybe"]
    assert rows.loc["Q2", "options_now"].endswith("others, which fewer than five gave each")
    assert "other words" not in rows.loc["Q2", "options_now"]
    assert rows.loc["Q3", "options_now"].endswith("court")


def test_own_words_as_there_were_before_are_no_new_option():
    before = [*BEFORE, *({"Q1": f"my words {n}"} for n in range(3))]
    rows = drafted([{"Q1": "yes"}, {"Q1": "other words"}], before=(before,))
    assert rows.loc["Q1", "change"] == "none" and "other words" not in rows.to_csv()


def test_what_is_in_doubt_comes_first():
    rows = drafted([{"Q1": "yes", "Q2": "no", "Q3": "court", "Q4": "Words"}] * 5)
    assert [*rows.index] == ["Q3", "*", "Q1", "Q2"]  # Q4 has no options: it needs no row


def test_another_heading_is_proposed_and_waits_for_a_person():
    asked = [question("Q1", "single", "law", wording="Is there a law?", columns="Is there a law here?")]
    rows = drafted([{"Is there a law there?": "yes"}] * 9, before=([{"Is there a law here?": "yes"}] * 9,),
                    questions=asked)
    row = rows.loc["Q1"]
    assert (row["change"], row["columns"]) == ("", "Is there a law there?")
    assert row["why"].startswith("2.csv has another heading: is it the same question?")


def test_a_question_that_is_gone_and_a_column_that_is_new_say_so():
    rows = drafted([{"Q1": "yes", "Q2": "no", "Q4": "Words", "Since when?": "Long ago"}])
    assert rows.loc["Q3", ["change", "is_comparable", "columns"]].tolist() == ["dropped", "no", ""]
    assert rows.loc["", ["why", "wording_now"]].tolist() == [
        "asked for the first time: drafted as Q4_2", "Since when?"]


def test_the_heading_of_another_language_of_an_earlier_wave_is_the_same_wording():
    asked = [question("Q1", "single", "law", wording="A law?", columns="A law? | ¿Una ley?")]
    files = [{"A law?": "yes"}] * 9, [{"¿Una ley?": "yes"}] * 9
    assert drafted(*files, before=files, questions=asked).loc["Q1", "why"] == "the same"


def test_an_option_that_nobody_chose_any_more_is_a_doubt():
    rows = drafted([{"Q1": "no"}] * 20, before=([{"Q1": "yes"}, {"Q1": "no"}] * 9,))
    assert rows.loc["Q1", ["change", "why"]].tolist() == ["", "nobody chose 'Yes' now"]


def test_another_heading_that_reads_the_same_in_a_table_of_wordings_is_the_same_question():
    files = {"before": ([{"A law?": "yes"}] * 9,), "questions": [
        question("Q1", "single", "law", wording="A law?", columns="A law?")]}
    wordings = {"¿hay ley?": "A law?", "sí": "Yes"}
    crosswalk, _ = draft([{"¿Hay ley?": "Sí"}] * 3, wordings=wordings, **files)
    row = crosswalk.rows.set_index("question_id").loc["Q1"]
    assert row[["why", "columns", "wording_now", "options_now"]].tolist() == [
        "the same", "¿Hay ley?", "A law?", "Yes\nNo"]
    assert crosswalk.options[["use", "option_id", "value"]].values.tolist() == [["yes", "yes", "Sí"]]


def test_an_answer_of_the_second_language_is_taken_for_the_option_that_the_first_one_has():
    english, spanish = [{"Q1": "yes"}, {"Q1": "no"}] * 9, [{"Q1": "sí"}, {"Q1": "no"}] * 9
    crosswalk, _ = draft(english, spanish, before=(english,))
    assert crosswalk.rows.set_index("question_id").loc["Q1", "why"] == "the same"
    assert crosswalk.options[["use", "option_id", "value"]].values.tolist() == [["yes", "yes", "sí"]]


def test_what_only_the_new_files_ask_is_drafted_as_a_question_that_the_earlier_files_lack():
    answers = [{"Q1": "yes", "Who helps?": "Lawyers"}, {"Q1": "no", "Who helps?": "Friends"}] * 20
    _, new = draft(answers, taken_ids=["Q2"])
    row, = new.tables["questions"].to_dict("records")
    assert (row["question_id"], row["use"], row["columns"]) == ("Q2_w2", "yes", "Who helps? | not in 1.csv")
    assert {*new.tables["options"]["option_list"]} == {"Q2_w2"} and {*new.tables["options"]["label"]} == {
        "Lawyers", "Friends"}


def test_a_new_question_with_the_options_of_one_that_is_there_shares_its_list():
    steps = ["yes", "no"] * 9
    _, new = draft([{"Q1": text, "Was there a law?": text} for text in steps])
    assert new.tables["questions"]["option_list"].tolist() == ["law"] and new.tables["options"].empty


def test_a_question_that_may_be_another_wording_is_left_out_of_the_new_ones_until_a_person_says_otherwise():
    asked = [question("Q1", "single", "law", wording="Is there a law?", columns="Is there a law here?")]
    _, new = draft([{"Is there a law there?": "yes"}] * 9, before=([{"Is there a law here?": "yes"}] * 9,),
                   questions=asked)
    row, = new.tables["questions"].to_dict("records")
    assert row["use"] == "no" and row["why"].startswith("perhaps another wording of Q1")


def test_no_count_is_in_the_draft():
    rows = drafted([{"Q1": "yes", "Q2": "no", "Q3": "food", "Q4": ""}] * 37)
    assert "37" not in rows.to_csv()


@pytest.fixture
def study(tmp_path):
    made = write_study(tmp_path / "study", [{"org": "a", "Q1": "yes", "Q2": "no", "Q3": "food", "Q4": ""}],
                       questions=QUESTIONS, options=OPTIONS)
    write_csv(tmp_path / "w2.csv", [{"org": "a", "Q1": "no", "Q2": "no", "Q3": "food", "Q4": ""}])
    assert "Copy into raw/survey: w2.csv" in wave(made, str(tmp_path / "w2.csv"), "--id", "w2")
    return made


def wave(study, *arguments, code=0):
    done = CliRunner().invoke(cli, ["--study", str(study.root), "wave", *arguments])
    assert done.exit_code == code, done.output
    return done.output


def decide(study, question_id, **cells):
    path = study.root / CROSSWALK_DRAFT
    book = load_workbook(path)
    header = [cell.value for cell in book.active[1]]
    row = next(row for row in book.active.iter_rows(min_row=2) if row[0].value == question_id)
    for name, text in cells.items():
        row[header.index(name)].value = text
    book.save(path)


def test_the_wave_and_the_wave_of_each_file_are_written(study):
    assert read_reference_table(study, "waves")["wave_id"].tolist() == ["first", "w2"]
    assert read_reference_table(study, "wave_files")[["file", "wave_id"]].values.tolist() == [
        ["survey.csv", "first"], ["w2.csv", "w2"]]


def test_what_a_person_decided_is_added_for_both_waves_with_name_and_day_and_the_rest_waits(study):
    decide(study, "Q1", is_comparable="yes")
    assert wave(study, "--accept", "Ana") == "1 decision added to crosswalk.csv.\n"
    rows = read_reference_table(study, "crosswalk")
    assert rows[["question_id", "wave_id", "is_comparable", "by"]].values.tolist() == [
        ["Q1", "first", "yes", "Ana"], ["Q1", "w2", "yes", "Ana"]]
    left = [row[0] for row in load_workbook(study.root / CROSSWALK_DRAFT).active.values][1:]
    assert rows["date"].ne("").all() and "Q1" not in left and {"Q2", "Q3"} <= {*left}


def test_a_row_for_all_that_are_the_same_decides_for_those_that_are_left_blank(study):
    decide(study, "*", is_comparable="yes")
    decide(study, "Q1", is_comparable="no", because="read")
    assert wave(study, "--accept", "Ana") == "3 decisions added to crosswalk.csv.\n"
    rows = read_reference_table(study, "crosswalk").query("wave_id == 'w2'")
    rows = rows.set_index("question_id")["is_comparable"]
    assert rows.to_dict() == {"Q1": "no", "Q2": "yes", "Q3": "yes"}
    assert not (study.root / CROSSWALK_DRAFT).exists()


@pytest.mark.parametrize(("cells", "message"), [
    ({"is_comparable": "maybe"}, "is not known; nearest"),
    ({"is_comparable": "yes", "change": "worded"}, "is not known; nearest: 'wording'"),
    ({"is_comparable": "yes", "change": "wording"}, "a decision about a changed question needs a reason"),
    ({"is_comparable": "yes", "change": "options", "because": "read"}, "the options changed")])
def test_a_wrong_decision_is_a_fault_of_the_workbook_and_nothing_is_written(study, cells, message):
    decide(study, "Q2", **cells)
    done = wave(study, "--accept", "Ana", code=1)
    assert message in done and CROSSWALK_DRAFT in done
    assert read_reference_table(study, "crosswalk").empty


def test_a_draft_that_waits_is_not_replaced(study):
    done = wave(study, str(study.root.parent / "w2.csv"), "--id", "w2", code=1)
    assert "an earlier draft waits to be accepted" in done
