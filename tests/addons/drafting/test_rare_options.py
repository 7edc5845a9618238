"""Options that fewer than five chose are listed for a decision once a question is accepted."""

import csv

import pytest
from click.testing import CliRunner

from glc_analysis.cli import cli
from tests.addons.drafting.support.exports import csv_file

COLUMN_ROLES = ["Lawyer"] * 30 + ["Social worker"] * 20 + ["Other"] * 6 + ["Nurse"] * 3 + [
    "Night guard", "A cook", "The one who drives"]


def glc(*words):
    return CliRunner().invoke(cli, [str(word) for word in words])


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def decide(path, **decisions):
    """Writes into `use` what a person decides of rows, by their values; "" of all others as they are."""
    rewrite(path, lambda row: {"use": decisions.get(row.get("value") or row["question_id"], row["use"])})


def rewrite(path, change):
    found = [row | change(row) for row in rows(path)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*found[0]])
        writer.writeheader()
        writer.writerows(found)


def accept(study):
    return glc("--study", study, "check", "--accept-draft", "Ana")


# ------------------------------
# Beside an option "Other".


@pytest.fixture
def roles(tmp_path):
    glc("init", tmp_path / "study", "--from", csv_file(tmp_path, {"What is your work?": COLUMN_ROLES}))
    decide(tmp_path / "study/private/draft/questions.csv", Q1="yes")
    return tmp_path / "study"


def test_what_was_written_after_other_is_listed_and_waits(roles):
    done = accept(roles)
    assert done.exit_code == 0, done.output
    listed = rows(roles / "private/draft/more_options.csv")
    assert [(row["value"], row["records"], row["use"]) for row in listed] == [
        ("Nurse", "3", ""), ("A cook", "1", ""), ("Night guard", "1", ""), ("The one who drives", "1", "")]
    assert "4 texts after an option such as Other" in done.output


def test_a_text_that_is_called_an_option_becomes_one_and_no_other_is_asked_again(roles):
    accept(roles)
    decide(roles / "private/draft/more_options.csv", Nurse="yes", **{"A cook": "no"})
    done = accept(roles)
    assert done.exit_code == 0, done.output
    assert "Nurse" in {row["value"] for row in rows(roles / "reference/options.csv")}
    listed = {row["value"]: row["use"] for row in rows(roles / "private/draft/more_options.csv")}
    assert listed == {"A cook": "no", "Night guard": "", "The one who drives": ""}
    assert "2 texts after an option such as Other" in done.output


# ------------------------------
# Questions of which no option can be listed.


@pytest.fixture
def colours(tmp_path):
    cells = [f"{colour} {n}" for n in range(8) for colour in ("Red", "Blue", "Green")]
    columns = {"Which one is it?": cells, "Do you ask?": ["Yes", "No"] * 12}
    glc("init", tmp_path / "study", "--from", csv_file(tmp_path, columns))
    choice = {"use": "yes", "type": "single", "option_list": "Q1"}
    rewrite(tmp_path / "study/private/draft/questions.csv",
            lambda row: choice if row["question_id"] == "Q1" else {})
    return tmp_path / "study"


def test_a_question_without_options_gets_a_file_to_fill(colours):
    done = accept(colours)
    assert "there is no such list" not in done.output
    assert "Q1 waits for options: write yes" in done.output
    listed = rows(colours / "private/draft/more_options.csv")
    assert {row["value"] for row in listed} >= {"Red 0", "Blue 7"}
    assert {row["option_list"] for row in listed} == {"Q1"}


def test_it_is_accepted_with_the_options_that_were_filled_in(colours):
    accept(colours)
    path = colours / "private/draft/more_options.csv"
    decide(path, **{row["value"]: "yes" for row in rows(path)})
    done = accept(colours)
    assert done.exit_code == 0, done.output
    assert "Q1" in {row["question_id"] for row in rows(colours / "reference/questions.csv")}
    assert len(rows(colours / "reference/options.csv")) >= 24


def test_a_list_that_is_named_by_mistake_is_a_fault(colours):
    rewrite(colours / "private/draft/questions.csv",
            lambda row: {"option_list": "Q9"} if row["question_id"] == "Q1" else {})
    assert "there is no such list" in glc("--study", colours, "check").output
