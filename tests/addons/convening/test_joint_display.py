"""Survey beside what was said, proposals for it, and what organisations state against a record."""

import csv
import io

import pytest
from click.testing import CliRunner

from glc_analysis import tables
from glc_analysis.addons.convening.joint_display import (
    make_joint_display_table,
    suggest_joint_display_rows,
    tabulate_answers_contradicting_country_facts,
)
from glc_analysis.addons.convening.matches import PAIRS_PER_THEME
from glc_analysis.cli import cli
from glc_analysis.errors import Faults
from glc_analysis.reference import REQUIRED_COLUMNS, read_reference
from glc_analysis.view.study_view import StudyView
from tests.support import built_studies
from tests.support.sample_views import sample_view
from tests.support.study_writer import choices, places, question, write_study

TIERS = [*choices("tiers", ("one", "Tier 1", "Tier 1"), ("two", "Tier 2", "Tier 2"),
                  ("dont_know", "Don't know", "Don't know")),
         *choices("tier", ("one", "1", "One"), ("two", "2", "Two"))]
RECORD = [{"iso": "KHM", "year": "2016", "tier": "2"}, {"iso": "KHM", "year": "2017", "tier": "1"},
          {"iso": "LAO", "year": "2016", "tier": "1"}, {"iso": "PER", "year": "2016", "tier": "NA"}]
SETTINGS = {"survey": {"country": "country", "started": "start"},
            "context": {"country": "iso", "year": "year", "indicators": ["tier"], "blank": ["NA"],
                        "stated": {"tier": "Q1"}}}


def answer(org, country, stated, year="2016"):
    return {"org": org, "country": country, "start": f"{year}-05-01", "Q1": stated}


def built(root, *rows, record=RECORD, options=TIERS, build=built_studies.built_for_team, **settings):
    study = write_study(root, rows, context=record, options=options, countries=places("KHM", "LAO", "PER"),
                        questions=[question("Q1", "single", "tiers")],
                        settings=SETTINGS | {"context": SETTINGS["context"] | settings})
    return build(study)


def test_stated_and_recorded_are_compared_in_the_year_of_the_answer(tmp_path):
    study = built(tmp_path, answer("a", "KHM", "Tier 1"), answer("b", "KHM", "Tier 1", "2017"),
                  answer("c", "LAO", "Tier 2"), answer("d", "LAO", "Don't know"),
                  answer("e", "PER", "Tier 1"), answer("f", "LAO", ""))
    rows = tables.read_table("stated", study=study)
    assert dict(zip(rows["organisation_id"], zip(rows["recorded"], rows["is_discordant"], strict=True),
                    strict=True)) == {"a": ("two", True), "b": ("one", False), "c": ("one", True),
                                      "e": ("", False)}
    figure = tables.read_table("figures", study=study).set_index("figure_id").loc["discordance/Q1/tier/all"]
    assert (figure["n"], figure["base_n"]) == (2, 3)


def test_the_team_sees_who_and_others_only_how_many(tmp_path):
    study = built(tmp_path, *(answer(f"o{n}", "KHM", "Tier 1" if n < 5 else "Tier 2") for n in range(12)),
                  build=built_studies.built)
    rows = tabulate_answers_contradicting_country_facts(StudyView(study))
    assert rows["organisation"].tolist() == [f"o{n}" for n in range(5)]
    assert {*rows["stated"]} == {"Tier 1"} and {*rows["recorded"]} == {"Tier 2"}
    for audience in ("convening", "public"):
        seen = tabulate_answers_contradicting_country_facts(StudyView(study, audience))
        assert seen.to_numpy().tolist() == [["tier", "5 of 12 answers state another tier than the record"]]


def test_a_count_that_could_tell_who_is_not_shown(tmp_path):
    study = built(tmp_path, *(answer(f"o{n}", "KHM", "Tier 2" if n else "Tier 1") for n in range(12)),
                  build=built_studies.built)
    assert len(tabulate_answers_contradicting_country_facts(StudyView(study))) == 1
    public = tabulate_answers_contradicting_country_facts(StudyView(study, "public"))
    assert not public["result"].str.contains("1 of 12").any()


@pytest.mark.parametrize(("change", "said"), [
    ({"stated": {"tier": "Q9"}}, "Q9"), ({"stated": {"income": "Q1"}}, "income"),
    ({"options": TIERS[:3]}, "none of the values of the record is an option")])
def test_a_comparison_that_does_not_fit_is_a_fault(tmp_path, change, said):
    with pytest.raises(Faults, match=said):
        built(tmp_path, answer("a", "KHM", "Tier 1"), **change)


def test_proposals_carry_both_counts_as_the_estimates_have_them(sample_study):
    rows = suggest_joint_display_rows(sample_study)
    figures = tables.read_table("figures", study=sample_study).set_index("figure_id")
    assert len(rows) >= 8
    for row in rows.itertuples():
        survey, said = figures.loc[row.figure_id], figures.loc[f"{row.code_id}/organisations/all"]
        assert f"{int(survey['n'])} of {int(survey['base_n'])}" in row.survey_result
        assert f"{int(said['n'])} of {int(said['base_n'])}" in row.coded_finding


def test_proposals_are_new_of_one_theme_and_leave_the_judgement_to_people(sample_study):
    rows, known = suggest_joint_display_rows(sample_study), read_reference(sample_study).joint_display
    assert not any({*rows[column]} & {*known[column]} for column in ("figure_id", "code_id"))
    assert rows["code_id"].is_unique and rows["figure_id"].is_unique
    assert rows["theme_id"].value_counts().max() <= PAIRS_PER_THEME
    questions = tables.read_table("questions", study=sample_study).set_index("question_id")["theme_id"]
    assert (rows["figure_id"].str.split("/").str[0].map(questions) == rows["theme_id"]).all()
    assert (rows[["fit", "inference", "by"]] == "").all(axis=None)


def glc(study, *arguments, code=0):
    done = CliRunner().invoke(cli, ["--study", str(study.root), "joint-display", *arguments])
    assert done.exit_code == code, done.output
    return [*csv.DictReader(io.StringIO(done.stdout))]


def test_the_command_proposes_rows_that_fit_into_the_file(sample_study):
    rows = glc(sample_study, "--suggest")
    assert [*rows[0]] == [*REQUIRED_COLUMNS["joint_display"], "survey_result", "coded_finding"]
    assert len(rows) == len(suggest_joint_display_rows(sample_study))


def test_the_command_shows_each_audience_what_it_may_see(sample_study):
    team, public = (glc(sample_study, "--audience", audience) for audience in ("team", "public"))
    assert {row["topic"] for row in public} <= {row["topic"] for row in team}
    own = next(row for row in team if row["topic"] == "safe-place")
    assert own["survey_result"].startswith("A safe place to sleep: 27 of 32 (84 %) answers")
    assert own["coded_finding"] == "A safe place first: raised by 4 of 27 organisations asked"
    assert next(row for row in public if row["topic"] == "safe-place")["survey_result"].startswith(
        "A safe place to sleep: at least 23 of 32 answers")


@pytest.mark.parametrize("audience", ["convening", "public"])
def test_a_topic_of_which_an_audience_may_not_see_a_figure_is_left_out(sample_study, audience):
    # Of forced-labour the survey's count is hidden, and the inference says "nearly everywhere"; of
    # organ-removal the count is "few", and the fit says that it is none; the codes of police and counts
    # wait for a decision; of unsaid and interpreters the ranges in calls say nothing.
    shown, team = (make_joint_display_table(sample_view(sample_study, one)) for one in (audience, "team"))
    assert {*team["topic"]} - {*shown["topic"]} == {
        "organ-removal", "forced-labour", "police", "counts", "unsaid", "interpreters"}


@pytest.mark.parametrize("arguments", [("--suggest", "--stated"), ("--suggest", "--audience", "public")])
def test_proposals_are_the_teams_and_come_by_themselves(sample_study, arguments):
    glc(sample_study, *arguments, code=2)
