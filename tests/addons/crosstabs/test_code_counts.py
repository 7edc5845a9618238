"""Codes counted group by group: what was asked and what was said in calls stay apart."""

import pandas as pd
import pytest
from click.testing import CliRunner

from glc_analysis.addons.crosstabs.code_counts import (
    count_organisations_raising_codes,
    divide_organisation_groups_by_answer,
    group_organisations_by_kind,
)
from glc_analysis.cli import cli
from glc_analysis.coding.exports import export_matrix_or_quotations
from glc_analysis.view.study_view import NotReleased, StudyView
from tests.support.built_studies import built
from tests.support.coded_studies import coded_study, spreadsheet
from tests.support.sample_views import sample_view

MENTIONS = pd.DataFrame([
    ("a", "rest", "answer", True, True), ("a", "rest", "interview", True, False),
    ("a", "rest", "call", True, False),
    ("b", "rest", "interview", True, False), ("b", "rest", "call", True, True),
    ("c", "rest", "interview", False, True), ("c", "law", "call", True, False)],
    columns=["organisation_id", "code_id", "source", "is_asked", "is_raised"])  # fmt: skip
MENTIONS = MENTIONS.assign(is_undecided=False)
ORGANISATIONS = pd.DataFrame({"organisation_id": ["a", "b", "c"], "type": ["shelter", "shelter", ""],
                              "home_country_id": ["KEN", "KEN", "PER"],
                              "home_region_id": ["africa", "africa", ""]})
ANSWERS = pd.DataFrame({"answer_id": ["r1", "r2", "r3"], "organisation_id": ["a", "a", "b"],
                        "country_id": ["KHM", "LAO", "KHM"], "region_id": ["asia"] * 3})


def counts(kind):
    groups = group_organisations_by_kind(kind, ORGANISATIONS, ANSWERS).assign(answer="")
    rows = count_organisations_raising_codes(MENTIONS, groups)
    return {(row.group, row.code_id): (row.raised, row.asked, row.raised_in_calls, row.present)
            for row in rows.itertuples()}


def test_asked_and_present_are_counted_apart_and_never_added():
    assert counts("all") == {("", "rest"): (2, 3, 1, 2), ("", "law"): (0, 0, 0, 1)}


def test_an_organisation_counts_in_every_country_it_answered_for_else_in_that_of_its_main_office():
    found = counts("country")
    assert found["KHM", "rest"] == (1, 2, 1, 2) and found["LAO", "rest"] == (1, 1, 0, 1)
    assert found["PER", "rest"] == (1, 1, 0, 0) and ("KEN", "rest") not in found


def test_undecided_stays_in_the_base_and_is_no_part_of_the_count():
    rows = MENTIONS.assign(is_undecided=(MENTIONS["organisation_id"] == "b") & ~MENTIONS["is_raised"])
    everybody = group_organisations_by_kind("all", ORGANISATIONS, ANSWERS).assign(answer="")
    found = count_organisations_raising_codes(rows, everybody)
    (row,) = found[found["code_id"] == "rest"].itertuples()
    assert (row.raised, row.undecided, row.asked, row.undecided_in_calls) == (2, 1, 3, 0)


def test_every_organisation_may_stand_alone():
    assert counts("organisation")["b", "rest"] == (0, 1, 1, 1)


def test_an_organisation_without_the_attribute_is_in_no_group():
    assert {group for group, _ in counts("type")} == {"shelter"}


def test_the_share_of_nobody_asked_is_missing():
    everybody = group_organisations_by_kind("all", ORGANISATIONS, ANSWERS).assign(answer="")
    rows = count_organisations_raising_codes(MENTIONS, everybody)
    assert rows.set_index("code_id")["share"].isna().to_dict() == {"law": True, "rest": False}


def responses(*rows):
    return pd.DataFrame(rows, columns=["answer_id", "question_id", "organisation_id", "value"]).assign(
        is_in_base=True)


_COLUMNS = ["answer_id", "question_id", "organisation_id", "option_id", "is_selected", "is_in_base"]
NO_SELECTIONS = pd.DataFrame(columns=_COLUMNS).astype({"is_selected": bool, "is_in_base": bool})


def crossed(kind, unit, given):
    question = pd.Series({"question_id": "Q1", "type": "single", "unit": unit})
    rows = divide_organisation_groups_by_answer(kind, question, ORGANISATIONS, ANSWERS, given,
                                                NO_SELECTIONS)
    return sorted(map(tuple, rows[["organisation_id", "group", "answer"]].values))


def test_an_answer_about_a_country_counts_for_that_country():
    given = responses(("r1", "Q1", "a", "yes"), ("r2", "Q1", "a", "no"))
    assert crossed("country", "answer", given) == [("a", "KHM", "yes"), ("a", "LAO", "no")]


def test_without_countries_an_organisation_belongs_to_each_option_it_chose():
    given = responses(("r1", "Q1", "a", "yes"), ("r2", "Q1", "a", "no"))
    assert crossed("all", "answer", given) == [("a", "", "no"), ("a", "", "yes")]


def test_an_answer_about_the_organisation_counts_in_all_its_countries():
    assert crossed("country", "organisation", responses(("r1", "Q1", "a", "yes"))) == [
        ("a", "KHM", "yes"), ("a", "LAO", "yes")]


def test_who_was_interviewed_and_did_not_answer_the_survey_counts_in_its_home_country(tmp_path):
    documents = [{"document_id": "lamp", "kind": "interview", "path": "raw/interviews/lamp.txt",
                  "organisation_id": "z", "date": "2016-04-01", "language": "en"}]
    speakers = [{"document_id": "*", "name_in_file": "Rosa", "speaker_id": "int", "role": "interviewer"},
                {"document_id": "*", "name_in_file": "Bo", "speaker_id": "p2", "role": "participant"}]
    known = [{"organisation_id": one, "label": one.upper(), "home_country_id": "PER"} for one in "abcz"]
    made = coded_study(tmp_path, codings={"ana": "../raw/codings/ana.csv"}, documents=documents,
                       speakers=speakers, organisations=known)
    for path in (made.raw / "interviews/blue.txt", made.raw / "calls/call.vtt"):
        path.unlink()
    spreadsheet(made, "ana", ("lamp", "A house holds people back.", "no-shelter"))
    built(made)
    rows = StudyView(made).code_counts(by="country").query("code_id == 'no-shelter' and raised > 0")
    assert rows[["group", "raised", "asked"]].values.tolist() == [["Peru", 1, 1]]
    assert "z,Z,PER,0,1" in export_matrix_or_quotations(made, "matrix").read_text(encoding="utf-8-sig")


def summary(study, *arguments, code=0):
    done = CliRunner().invoke(cli, ["--study", str(study.root), "summary", *arguments])
    assert done.exit_code == code, done.output
    return done


def test_the_command_counts_codes_by_country_and_by_an_answer(sample_study):
    by_country = summary(sample_study, "--codes", "--by", "country", "--format", "csv").stdout.splitlines()
    assert by_country[0] == (
        "group,code,level,raised,undecided,asked,share,raised_without_guide,undecided_without_guide,"
        "interviewed,raised_in_calls,undecided_in_calls,present,code_id")
    crossed = summary(sample_study, "--codes", "--with", "Q4.1", "--format", "csv").stdout.splitlines()
    assert crossed[0].startswith("answer,code,") and crossed[1].startswith("Shelter,")


@pytest.mark.parametrize(("arguments", "said"), [
    (["--codes", "--by", "contry"], "nearest: 'country'"), ([], "Name a question"),
    (["Q4.1", "--codes"], "Name a question"), (["--with", "Q4.2"], "Name a question"),
    (["--codes", "--with", "Q4.3"], "has no options to count codes by"),
    (["--codes", "--with", "Q99"], "There is no question 'Q99'")])
def test_the_command_refuses_what_it_does_not_know(sample_study, arguments, said):
    assert said in summary(sample_study, *arguments, code=2).output


@pytest.mark.parametrize("asked", [{"by": "organisation"}, {"answered": "Q4.1"}])
@pytest.mark.parametrize("audience", ["convening", "public"])
def test_only_the_team_sees_single_organisations_and_codes_by_answers(sample_study, audience, asked):
    with pytest.raises(NotReleased, match="for the team only"):
        sample_view(sample_study, audience).code_counts(**asked)


@pytest.mark.parametrize("audience", ["convening", "public"])
def test_other_audiences_get_the_released_figures_of_codes(sample_study, audience):
    printed = summary(sample_study, "--codes", "--audience", audience, "--format", "csv").stdout
    rows = sample_view(sample_study, audience).codes()
    assert [line.rpartition(",")[2] for line in printed.splitlines()[1:]] == rows["code_id"].tolist()
    refused = summary(sample_study, "--codes", "--by", "organisation", "--audience", audience, code=2)
    assert "for the team only" in refused.output
