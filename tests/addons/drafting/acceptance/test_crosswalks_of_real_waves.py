"""The crosswalks of two real surveys: few decisions are left, and no two different questions are paired as
the same."""

import csv
import shutil

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from glc_analysis.addons.drafting.crosswalk import ALL_THE_SAME, SAME, draft_crosswalk
from glc_analysis.addons.drafting.crosswalk_workbook import CROSSWALK_DRAFT
from glc_analysis.addons.drafting.draft import draft_survey_tables
from glc_analysis.cleaning.columns import NOT_IN, split_alternatives
from glc_analysis.cli import cli
from glc_analysis.intake.survey import read_surveys_in_file
from glc_analysis.reference import read_reference, read_reference_table
from glc_analysis.schema import read_default_settings
from glc_analysis.study import REPOSITORY, Study
from tests.support.study_writer import write_csv

pytestmark = pytest.mark.acceptance
LANGUAGES = ("en", "es")
MOST_DECISIONS = 30


def glc(root, *arguments):
    return CliRunner().invoke(cli, ["--study", str(root), *map(str, arguments)])


@pytest.fixture(scope="module")
def r_survey(shared_data, tmp_path_factory):
    """The study of the first wave, its questions accepted, with the crosswalk of the second one drafted."""
    root, folder = tmp_path_factory.mktemp("r") / "study", shared_data / "r_community_survey"
    first, second = ([folder / f"{year}_{language}.tsv" for language in LANGUAGES] for year in (2018, 2019))
    CliRunner().invoke(cli, ["init", str(root), "--from", *map(str, first)])
    path = root / "private/draft/questions.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file)]
    write_csv(path, [row | {"use": row["use"] or "yes"} for row in rows])
    glc(root, "check", "--accept-draft", "Ana")
    done = glc(root, "wave", *second, "--id", "w2019")
    assert done.exit_code == 0, done.output
    for path in second:
        shutil.copyfile(path, root / "raw/survey" / path.name)
    return Study(root)


@pytest.fixture(scope="module")
def draft(r_survey):
    header, *rows = load_workbook(r_survey.root / CROSSWALK_DRAFT).active.values
    return [{name: cell or "" for name, cell in zip(header, row, strict=True)} for row in rows]


def drafted_rows(study, table):
    with (study.root / f"private/draft/{table}.csv").open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


def test_at_most_thirty_decisions_are_left_of_questions_options_and_conditions(r_survey, draft):
    doubts = [row for row in draft if row["question_id"] and not row["is_comparable"] and row["why"] != SAME]
    header, *options = load_workbook(r_survey.root / CROSSWALK_DRAFT)["options"].values
    unsure = [row for row in options if not row[header.index("use")]]
    questions = [row for row in drafted_rows(r_survey, "questions") if not row["use"]]
    conditions = [row for row in drafted_rows(r_survey, "asked_if") if "w2019" in row["question_id"]]
    n_sensitivity = 1  # the row for all questions that are left blank
    assert len(options) >= 5 and len(doubts) <= 13  # of these one row decides for all that are the same
    assert sum(map(len, (doubts, unsure, questions, conditions))) + n_sensitivity <= MOST_DECISIONS


def test_what_only_2019_asks_is_drafted_and_what_may_be_reworded_is_left_out(r_survey):
    new = {row["wording"]: row["use"] for row in drafted_rows(r_survey, "questions")
           if "not in 2018_en.tsv | not in 2018_es.tsv" in row["columns"]}
    assert sum(use != "no" for use in new.values()) == 18
    assert next(new[wording] for wording in new if wording.startswith("How often do you use R today")) == "no"


def test_only_questions_of_the_same_english_heading_are_drafted_as_unchanged(r_survey, draft):
    english = {path.name: read_surveys_in_file(path, r_survey.settings["survey"])[0].frame.columns
               for path in r_survey.list_raw_files("survey") if path.stem.endswith("_en")}
    unchanged = [row for row in draft if row["change"] == "none" and row["question_id"] != ALL_THE_SAME]
    assert len(unchanged) >= 12
    for row in unchanged:
        assert all(row["wording_before"] in names for names in english.values()), row["wording_before"]


def test_what_was_most_difficult_is_not_paired_with_the_biggest_obstacle(draft):
    row = next(row for row in draft if "most difficult" in row["wording_before"])
    assert (row["change"], row["is_comparable"], row["columns"]) == ("dropped", "no", "")
    assert any("biggest obstacle you had to overcome" in row["wording_now"] and not row["question_id"]
               for row in draft)


def test_a_column_whose_heading_changed_in_one_language_is_proposed_with_that_of_the_other(draft):
    row = next(row for row in draft if row["wording_before"].startswith("Did you use the tidyverse"))
    english, spanish = row["columns"].split(" | ")
    assert english.startswith("Did you use tidyverse packages") and "tidyverse" in spanish
    assert not row["change"]


def test_the_files_of_both_waves_are_listed(r_survey):
    assert read_reference_table(r_survey, "wave_files").groupby("wave_id")["file"].agg(list).to_dict() == {
        "first": ["2018_en.tsv", "2018_es.tsv"], "w2019": ["2019_en.tsv", "2019_es.tsv"]}


def test_no_question_that_a_person_called_reworded_is_drafted_as_unchanged(shared_data, tmp_path):
    shutil.copytree(REPOSITORY / "tests/studies/rse_waves", tmp_path, dirs_exist_ok=True)
    study = Study(tmp_path)
    reference, settings = read_reference(study, needed=("questions", "options")), study.settings["survey"]
    before, after = ([survey for name in names for survey in read_surveys_in_file(
        shared_data / f"rse_waves/{name}.csv", settings)]
        for names in (("2017_de", "2017_uk", "2017_us"), ("2018_all",)))
    draft = draft_crosswalk(before, after, reference, "w2018").rows
    refused = reference.crosswalk.query("is_comparable != 'yes'")["question_id"]
    drafted = draft.set_index("question_id")["change"]
    assert {drafted[name] for name in refused} == {""}
    assert drafted["open01can"] == "dropped" and drafted["soft2can"] == "none"


def test_init_of_both_waves_pairs_no_two_headings_as_sure(shared_data):
    surveys = [read_surveys_in_file(shared_data / f"r_community_survey/{year}_{language}.tsv",
                                    read_default_settings()[0]["survey"])[0]
               for year in (2018, 2019) for language in LANGUAGES]
    questions = draft_survey_tables(surveys).tables["questions"]
    sure = questions.loc[questions["how_sure"] == "sure", "columns"]
    assert len(questions) > 50 and not [entry for entry in sure if len(
        [name for name in split_alternatives(entry) if not name.startswith(NOT_IN)]) > 1]


def test_init_of_the_folder_of_both_waves_drafts_nothing_as_unchanged_whose_heading_is_another(
        shared_data, tmp_path):
    done = CliRunner().invoke(cli, ["init", str(tmp_path / "study"), "--from",
                                    str(shared_data / "r_community_survey")])
    assert "18 with the same heading, wording and options" in done.output
    study = Study(tmp_path / "study")
    headings = {year: {name for path in study.list_raw_files("survey") if path.name.startswith(year)
                       for survey in read_surveys_in_file(path, study.settings["survey"])
                       for name in (*survey.frame.columns, *survey.wording.values())}
                for year in ("2018", "2019")}
    header, *rows = load_workbook(study.root / CROSSWALK_DRAFT).active.values
    for row in (dict(zip(header, row, strict=True)) for row in rows):
        if row["change"] == "none" and row["question_id"] != ALL_THE_SAME:
            now = row["wording_now"].split(" | ")
            assert {*now} <= headings["2018"] and {*now} <= headings["2019"], row["wording_now"]
    assert {row[header.index("is_comparable")] for row in rows} == {None, "no"}
