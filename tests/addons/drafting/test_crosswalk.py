"""The crosswalk of a new wave is drafted, never guessed: only what is the same is drafted as unchanged."""

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from glc_analysis.addons.drafting.crosswalk import CROSSWALK_DRAFT, draft_crosswalk
from glc_analysis.cli import cli
from glc_analysis.reference import read_table
from tests.support.study_writer import choices, question, reference, survey, write_csv, write_study

QUESTIONS = [question("Q1", "single", "law", wording="Is there a law?"),
             question("Q2", "single", "law", wording="Are you paid?"),
             question("Q3", "multi", "services", wording="What do you offer?"),
             question("Q4", "text", wording="Why?")]
OPTIONS = [*choices("law", "yes", "no"), *choices("services", "legal", "food")]


BEFORE = [{"Q1": "yes", "Q2": "no", "Q3": "legal", "Q4": "Words"}] * 9


def drafted(*files, before=(BEFORE,), questions=QUESTIONS):
    """The draft for the files of a new wave, named 2.csv, 3.csv ..., by question."""
    surveys = [survey(rows, name=f"{n}.csv") for n, rows in enumerate((*before, *files), 2 - len(before))]
    return draft_crosswalk(surveys[:len(before)], surveys[len(before):],
                           reference(questions=questions, options=OPTIONS), "w2").set_index("question_id")


def test_the_same_heading_and_options_are_drafted_as_unchanged_and_not_as_compared():
    draft = drafted([{"Q1": "yes", "Q2": "no", "Q3": "legal, food", "Q4": "Words"}])
    assert {*draft["change"]} == {"none"} and {*draft["is_comparable"]} == {""}
    assert {*draft["why"]} == {"the same"}


def test_a_new_option_is_undecided_and_named_where_several_gave_it():
    draft = drafted([{"Q1": "maybe", "Q2": "my own words", "Q3": "legal, court", "Q4": ""}] * 5
                    + [{"Q1": "yes", "Q2": "other words", "Q3": "", "Q4": ""}])
    assert draft.loc["Q1", ["change", "options_before", "options_now"]].tolist() == [
        "", "Yes\nNo", "Yes\nNo\nmaybe"]
    assert draft.loc["Q2", "options_now"].endswith("others, which fewer than five gave each")
    assert "other words" not in draft.loc["Q2", "options_now"]
    assert draft.loc["Q3", "options_now"].endswith("court")


def test_own_words_as_there_were_before_are_no_new_option():
    before = [*BEFORE, *({"Q1": f"my words {n}"} for n in range(3))]
    draft = drafted([{"Q1": "yes"}, {"Q1": "other words"}], before=(before,))
    assert draft.loc["Q1", "change"] == "none" and "other words" not in draft.to_csv()


def test_what_is_in_doubt_comes_first():
    draft = drafted([{"Q1": "yes", "Q2": "no", "Q3": "court", "Q4": "Words"}] * 5)
    assert [*draft.index] == ["Q3", "Q1", "Q2"]  # Q4 has no options: it needs no row


def test_another_heading_is_proposed_and_waits_for_a_person():
    asked = [question("Q1", "single", "law", wording="Is there a law?", columns="Is there a law here?")]
    draft = drafted([{"Is there a law there?": "yes"}] * 9, before=([{"Is there a law here?": "yes"}] * 9,),
                    questions=asked)
    row = draft.loc["Q1"]
    assert (row["change"], row["columns"]) == ("", "Is there a law there?")
    assert row["why"].startswith("2.csv has another heading: is it the same question?")


def test_a_question_that_is_gone_and_a_column_that_is_new_say_so():
    draft = drafted([{"Q1": "yes", "Q2": "no", "Q4": "Words", "Since when?": "2001-02-03"}])
    assert draft.loc["Q3", ["change", "is_comparable", "columns"]].tolist() == ["dropped", "no", ""]
    assert draft.loc["", "wording_now"] == "Since when?"


def test_the_heading_of_another_language_of_an_earlier_wave_is_the_same_wording():
    asked = [question("Q1", "single", "law", wording="A law?", columns="A law? | ¿Una ley?")]
    files = [{"A law?": "yes"}] * 9, [{"¿Una ley?": "yes"}] * 9
    assert drafted(*files, before=files, questions=asked).loc["Q1", "why"] == "the same"


def test_no_count_is_in_the_draft():
    draft = drafted([{"Q1": "yes", "Q2": "no", "Q3": "food", "Q4": ""}] * 37)
    assert "37" not in draft.to_csv()


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
    assert read_table(study, "waves")["wave_id"].tolist() == ["first", "w2"]
    assert read_table(study, "wave_files")[["file", "wave_id"]].values.tolist() == [
        ["survey.csv", "first"], ["w2.csv", "w2"]]


def test_what_a_person_decided_is_added_for_both_waves_with_name_and_day_and_the_rest_waits(study):
    decide(study, "Q1", is_comparable="yes")
    assert wave(study, "--accept", "Ana") == "1 decision added to crosswalk.csv.\n"
    rows = read_table(study, "crosswalk")
    assert rows[["question_id", "wave_id", "is_comparable", "by"]].values.tolist() == [
        ["Q1", "first", "yes", "Ana"], ["Q1", "w2", "yes", "Ana"]]
    left = [row[0] for row in load_workbook(study.root / CROSSWALK_DRAFT).active.values][1:]
    assert rows["date"].ne("").all() and "Q1" not in left and {"Q2", "Q3"} <= {*left}


@pytest.mark.parametrize(("cells", "message"), [
    ({"is_comparable": "maybe"}, "is not known; nearest"),
    ({"is_comparable": "yes", "change": "worded"}, "is not known; nearest: 'wording'"),
    ({"is_comparable": "yes", "change": "wording"}, "a decision about a changed question lacks its reason"),
    ({"is_comparable": "yes", "change": "options", "because": "read"}, "the options changed")])
def test_a_wrong_decision_is_a_fault_of_the_workbook_and_nothing_is_written(study, cells, message):
    decide(study, "Q2", **cells)
    done = wave(study, "--accept", "Ana", code=1)
    assert message in done and CROSSWALK_DRAFT in done
    assert read_table(study, "crosswalk").empty


def test_a_draft_that_waits_is_not_replaced(study):
    done = wave(study, str(study.root.parent / "w2.csv"), "--id", "w2", code=1)
    assert "a draft waits to be accepted" in done
