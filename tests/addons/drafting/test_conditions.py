"""Who was asked a question, where blank cells show it: a row that a person accepts."""

import pytest

from glc_analysis.addons.drafting.draft import draft_survey_tables
from tests.addons.drafting.support.drafted_study import glc, rewrite, rows
from tests.addons.drafting.support.exports import csv_file, export

SKIPPED = {
    "Has it?": ["Yes"] * 20 + ["Partly"] * 10 + ["No"] * 30,
    "Which one?": ["Red"] * 15 + ["Blue"] * 15 + [""] * 30,
    "How big is it?": ["Large"] * 10 + ["Small"] * 20 + [""] * 30,
    "Why not?": [""] * 30 + ["No money"] * 15 + ["No time"] * 15,
}


def conditions(columns):
    return draft_survey_tables([export(columns)]).tables["asked_if"].set_index("asked_if")


def test_the_questions_with_one_condition_are_one_row_that_waits():
    table = conditions(SKIPPED)
    assert table["question_id"].to_dict() == {"Q1 in (yes, partly)": "Q2 | Q3", "Q1 == no": "Q4"}
    assert {*table["use"]} == {""}
    assert table["why"].iloc[0] == "60 of 60 answers are from those whose Q1 is 'Yes' or 'Partly'"


def test_a_question_with_a_column_an_option_has_a_condition_as_well():
    ticks = {f"Q2_{n}": ["1", ""] * 15 + [""] * 30 for n in (1, 2, 3)}
    ticks["Q2_3"] = ["", "1"] * 15 + [""] * 30
    assert conditions({"Has it?": ["Yes"] * 30 + ["No"] * 30, **ticks})["question_id"].tolist() == ["Q2"]


def test_a_word_for_an_empty_cell_is_no_answer():
    columns = {"Has it?": ["Yes"] * 30 + ["No"] * 30}
    columns |= {f"Detail {n}": ["Red", "Blue"] * 15 + ["N/A"] * 30 for n in range(3)}
    assert conditions(columns)["question_id"].tolist() == ["Q2 | Q3 | Q4"]


def test_a_question_that_was_answered_in_some_countries_alone_depends_on_the_country():
    columns = {"In which country do you work?": ["Kenya"] * 20 + ["Perú"] * 20 + ["Chile"] * 20,
               "Which province?": [""] * 20 + ["North", "South"] * 20}
    assert conditions(columns)["question_id"].to_dict() == {"country in (CHL, PER)": "Q2"}


@pytest.fixture
def study(tmp_path):
    organisations = {"organisation": [f"Org {n}" for n in range(60)], "country": ["Kenya"] * 60}
    done = glc("init", tmp_path / "study", "--from", csv_file(tmp_path, organisations | SKIPPED))
    assert "2 conditions wait" in done.output, done.output
    rewrite(tmp_path / "study/private/draft/questions.csv",
            lambda row: row.update(use="yes" if row["type"] else row["use"]))
    return tmp_path / "study"


def asked_if(study):
    return {row["wording"]: row["asked_if"] for row in rows(study / "reference/questions.csv")}


def test_nobody_s_condition_counts_before_a_person_has_accepted_it(study):
    assert glc("--study", study, "check", "--accept-draft", "Ana").exit_code == 0
    assert {*asked_if(study).values()} == {""}


@pytest.mark.parametrize("is_later", [False, True])
def test_a_condition_that_says_yes_is_accepted_with_its_questions_or_after_them(study, is_later):
    if is_later:
        assert glc("--study", study, "check", "--accept-draft", "Ana").exit_code == 0
    rewrite(study / "private/draft/asked_if.csv", lambda row: row.update(use="yes"))
    done = glc("--study", study, "check", "--accept-draft", "Ben")
    assert done.exit_code == 0, done.output
    assert asked_if(study) == {"Has it?": "", "Which one?": "Q3 in (yes, partly)",
                               "How big is it?": "Q3 in (yes, partly)", "Why not?": "Q3 == no"}


def test_what_a_person_wrote_about_who_was_asked_is_kept(study):
    glc("--study", study, "check", "--accept-draft", "Ana")
    rewrite(study / "reference/questions.csv",
            lambda row: row.update(asked_if="Q3 == yes" if row["wording"] == "Which one?" else ""))
    rewrite(study / "private/draft/asked_if.csv", lambda row: row.update(use="yes"))
    done = glc("--study", study, "check", "--accept-draft", "Ben")
    assert asked_if(study)["Which one?"] == "Q3 == yes"
    assert "Q4 has an asked_if in questions.csv already" in done.output


def test_a_condition_waits_for_the_question_that_it_names(study):
    rewrite(study / "private/draft/questions.csv",
            lambda row: row.update(use="" if row["wording"] == "Has it?" else row["use"]))
    rewrite(study / "private/draft/asked_if.csv", lambda row: row.update(use="yes"))
    done = glc("--study", study, "check", "--accept-draft", "Ana")
    assert done.exit_code == 0, done.output
    assert {*asked_if(study).values()} == {""}
    assert "is written once Q3 is accepted" in done.output


def test_conditions_that_wait_are_named_also_where_every_question_is_accepted(study):
    glc("--study", study, "check", "--accept-draft", "Ana")
    assert "2 conditions wait in private/draft/asked_if.csv" in glc("--study", study, "check").output


def test_faults_of_conditions_are_named_with_their_place(study):
    rewrite(study / "private/draft/asked_if.csv",
            lambda row: row.update(use="yes", question_id="Q99", asked_if="Q3 is yes"))
    done = glc("--study", study, "check", "--accept-draft", "Ana")
    assert done.exit_code == 1
    assert done.output.count("private/draft/asked_if.csv, rows 2, 3") == 2
    assert "'is' is not a comparison" in done.output and "not a question of the draft" in done.output
