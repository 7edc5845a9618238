"""The crosswalk of a new wave is drafted, never guessed: only what is the same is drafted as unchanged."""

import pytest
from click.testing import CliRunner

from glc_analysis.addons.drafting.crosswalk import CROSSWALK_DRAFT, draft_crosswalk
from glc_analysis.cli import cli
from glc_analysis.reference import read_table
from tests.support.study_writer import choices, question, reference, survey, write_csv, write_study

QUESTIONS = [question("Q1", "single", "law", wording="Is there a law?"),
             question("Q2", "single", "law", wording="Are you paid?"),
             question("Q3", "multi", "services", wording="What do you offer?"),
             question("Q4", "text", wording="Why?")]
OPTIONS = [*choices("law", "yes", "no"), *choices("services", "legal", "food")]


def drafted(rows):
    known = reference(questions=QUESTIONS, options=OPTIONS)
    return draft_crosswalk([survey(rows, name="w2.csv")], known, "w2").set_index("question_id")


def test_the_same_heading_and_options_are_drafted_as_unchanged_and_not_as_compared():
    draft = drafted([{"Q1": "yes", "Q2": "no", "Q3": "legal, food", "Q4": "Words"}])
    assert {*draft["change"]} == {"none"} and {*draft["is_comparable"]} == {""}


def test_a_new_option_is_undecided_and_named_where_several_gave_it():
    draft = drafted([{"Q1": "maybe", "Q2": "my own words", "Q3": "legal, court", "Q4": ""}] * 5
                    + [{"Q1": "yes", "Q2": "other words", "Q3": "", "Q4": ""}])
    assert draft.loc["Q1", ["change", "new_answers"]].tolist() == ["", "maybe"]
    assert draft.loc["Q2", "new_answers"].endswith("others, which fewer than five gave each")
    assert "other words" not in draft.loc["Q2", "new_answers"] and draft.loc["Q3", "new_answers"] == "court"


def test_a_heading_that_is_not_there_is_undecided_with_what_is_near():
    draft = drafted([{"Q1": "yes", "Q2b": "no", "Q3": "food", "Q4": ""}])
    assert draft.loc["Q2", "change"] == "" and "Q2b" in draft.loc["Q2", "wording_now"]


def test_no_count_is_in_the_draft():
    draft = drafted([{"Q1": "yes", "Q2": "no", "Q3": "food", "Q4": ""}] * 37)
    assert "37" not in draft.to_csv()


@pytest.fixture
def study(tmp_path):
    made = write_study(tmp_path / "study", [{"org": "a", "Q1": "yes", "Q2": "no", "Q3": "food", "Q4": ""}],
                       questions=QUESTIONS, options=OPTIONS,
                       waves=[{"wave_id": "w1", "label": "1"}, {"wave_id": "w2", "label": "2"}])
    write_csv(tmp_path / "w2.csv", [{"org": "a", "Q1": "no", "Q2": "no", "Q3": "food", "Q4": ""}])
    return made


def wave(study, *arguments):
    done = CliRunner().invoke(cli, ["--study", str(study.root), "wave", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_what_a_person_decided_is_added_with_name_and_day_and_the_rest_waits(study):
    wave(study, str(study.root.parent / "w2.csv"), "--id", "w2")
    path = study.root / CROSSWALK_DRAFT
    path.write_text(path.read_text().replace("Q1,w2,,none,,", "Q1,w2,,none,yes,"))
    wave(study, "--accept", "Ana")
    rows = read_table(study, "crosswalk")
    assert rows[["question_id", "is_comparable", "by"]].values.tolist() == [["Q1", "yes", "Ana"]]
    assert rows["date"].ne("").all() and "Q2,w2" in path.read_text() and "Q1,w2" not in path.read_text()
