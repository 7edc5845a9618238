"""Which questions are sensitive: proposed with a reason, decided by a person in one table."""

import csv

import pandas as pd
import pytest
from click.testing import CliRunner

from glc_analysis.addons.drafting.sensitivity import propose_sensitivity_row_per_question
from glc_analysis.cleaning.dimension_tables import make_question_table
from glc_analysis.cli import cli
from glc_analysis.pages.findings import render_page_claims
from glc_analysis.study import Study
from glc_analysis.view.study_view import StudyView
from tests.addons.drafting.support.exports import csv_file
from tests.support.study_writer import question, reference

ANSWERS = {
    "Do you call the police?": ["Yes", "No", "Yes"] * 20,
    "Do you keep a garden?": ["Yes", "No", "Yes"] * 20,
    "Why?": [f"We found in month {n} that nobody else had any time for it." for n in range(60)],
}


def glc(*words):
    done = CliRunner().invoke(cli, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.output


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def study(tmp_path):
    glc("init", tmp_path / "study", "--from", csv_file(tmp_path, ANSWERS))
    return tmp_path / "study"


def decide(study, **decisions):
    """Writes what a person decides of questions, by their ids; ``rest`` is the row of all others."""
    path = study / "private/draft/sensitivity.csv"
    decisions["*"] = decisions.get("rest", "")
    found = [row | {"is_sensitive": decisions.get(row["question_id"], "")} for row in rows(path)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*found[0]])
        writer.writeheader()
        writer.writerows(found)


def accepted(study):
    return {row["question_id"]: row["is_sensitive"] for row in rows(study / "reference/questions.csv")}


# ------------------------------
# Proposals.


def proposal(wording, *labels, kind="single"):
    questions = pd.DataFrame([{"question_id": "Q1", "type": kind, "wording": wording, "option_list": "Q1",
                               "place": "1"}])
    options = pd.DataFrame({"option_list": "Q1", "label": [*labels], "value": [*labels]})
    return propose_sensitivity_row_per_question(questions, options)[-1]


@pytest.mark.parametrize(("wording", "labels", "proposed", "why"), [
    ("Do you call the police?", ["Yes", "No"], "true", "'police'"),
    ("¿Teme amenazas?", ["Sí", "No"], "true", "'amenazas'"),
    ("Who pays you?", ["A foreign donor", "Members"], "true", "'donor'"),
    ("What gender do you identify with?", ["Female", "Male"], "true", "the person who answers"),
    ("Q5", ["Yes", "No"], "true", "the export does not say what was asked"),
    ("អ្នកជួយអ្នកណា?", ["ក", "ខ"], "true", "script"),
    ("Do you keep a garden?", ["Yes", "No"], "false", "no known word")])
def test_a_proposal_has_its_reason(wording, labels, proposed, why):
    row = proposal(wording, *labels)
    assert (row["proposal"], row["is_sensitive"]) == (proposed, "")
    assert why in row["why"]


def test_words_of_ones_own_are_proposed_as_sensitive():
    assert proposal("Why do you keep a garden?", kind="text")["proposal"] == "true"


# ------------------------------
# Decisions.


def test_all_questions_are_listed_once_and_none_is_decided(study):
    listed = rows(study / "private/draft/sensitivity.csv")
    assert [row["question_id"] for row in listed] == ["*", "Q1", "Q2", "Q3"]
    assert {row["is_sensitive"] for row in listed} == {""}
    assert "is_sensitive" not in rows(study / "private/draft/questions.csv")[0]


def test_what_nobody_has_decided_counts_as_sensitive(study):
    said = glc("--study", study, "check", "--accept-draft", "Ana")
    assert accepted(study) == {"Q1": "undecided", "Q2": "undecided", "Q3": "undecided"}
    assert "3 questions count as sensitive until somebody decides" in said
    assert "3 questions count as sensitive until somebody decides" in glc("--study", study, "check")


def test_a_row_decides_for_all_others(study):
    decide(study, Q1="false", rest="as proposed")
    glc("--study", study, "check", "--accept-draft", "Ana")
    assert accepted(study) == {"Q1": "false", "Q2": "false", "Q3": "true"}


def test_what_is_decided_later_is_added_and_recorded_and_no_row_of_a_person_changes(study):
    glc("--study", study, "check", "--accept-draft", "Ana")
    path = study / "reference/questions.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("undecided", "true", 1), encoding="utf-8")
    decide(study, rest="false")
    glc("--study", study, "check", "--accept-draft", "Ben")
    assert accepted(study) == {"Q1": "true", "Q2": "false", "Q3": "false"}
    record = rows(study / "private/draft/sensitivity_decided.csv")
    assert [(row["question_id"], row["is_sensitive"], row["by"]) for row in record] == [
        ("Q2", "false", "Ben"), ("Q3", "false", "Ben")]


def test_another_word_is_a_fault_of_the_draft(study):
    decide(study, Q2="perhaps")
    done = CliRunner().invoke(cli, ["--study", str(study), "check"])
    assert done.exit_code == 1
    assert "value 'perhaps': is none of true, false, as proposed" in done.output


# ------------------------------
# Pages.


def test_pages_say_that_sensitivity_is_not_decided_and_state_findings_once_it_is(study):
    glc("--study", study, "check", "--accept-draft", "Ana", "--accept")
    glc("--study", study, "build")
    said = render_page_claims(StudyView(Study(study))).data
    assert "for 2 of 2 questions no finding is stated" in said and "garden" not in said
    decide(study, rest="as proposed")
    glc("--study", study, "check", "--accept-draft", "Ana")
    glc("--study", study, "build")
    said = render_page_claims(StudyView(Study(study))).data
    assert "garden" in said and "no finding is stated" not in said


def test_an_undecided_question_is_sensitive_in_the_processed_table():
    known = reference(questions=[question("Q2", is_sensitive="undecided"), question("Q10")])
    assert make_question_table(known)["is_sensitive"].tolist() == [True, False]
