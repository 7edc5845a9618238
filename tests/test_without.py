"""Studies without what others have: no survey, no country, no organisation; and blanks that mean unknown."""

import re
from types import SimpleNamespace

import pandas as pd
import pytest

from glc_analysis import open_study, tables
from glc_analysis.build import build, check_study
from glc_analysis.coding.coders import read_coded_columns
from glc_analysis.disclosure.bounds import make_independent_organisation_matrix
from glc_analysis.errors import Faults, GLCError
from glc_analysis.figures.estimates import determine_membership
from glc_analysis.manifest import read_built_slice_digests_and_lists
from glc_analysis.pages.country import render_respondents_of_country
from glc_analysis.pages.findings import render_page_claims, render_respondent_and_country_count
from glc_analysis.pages.survey import (
    count_notable_records,
    render_country_list,
    render_missing_answers,
    render_study_numbers,
)
from glc_analysis.run.plan import plan_pages
from glc_analysis.study import Study
from glc_analysis.view.study_view import StudyView
from glc_analysis.view.visible_tables import VisibleTables
from tests.support.coded_studies import coded_study
from tests.support.study_writer import choices, cleaned, places, question, reference, write_study

REGISTER = [{"organisation_id": "a", "label": "Amber", "home_country_id": "KHM"},
            {"organisation_id": "b", "label": "Beacon", "home_country_id": "LAO"}]


@pytest.fixture(scope="module")
def talks(tmp_path_factory):
    """A built study of two interviews and a call, without a survey."""
    study = coded_study(tmp_path_factory.mktemp("talks"), organisations=REGISTER,
                        countries=places("KHM asia", "LAO asia"))
    (study.raw / "survey/survey.csv").unlink()
    build(study)
    return study


def test_organisations_of_a_study_without_a_survey_are_those_that_spoke(talks):
    own = tables.read_table("organisations", study=talks)
    columns = ["organisation_id", "label", "home_country_id", "home_region_id", "answered_on"]
    assert own[columns].values.tolist() == [
        ["a", "Amber", "KHM", "asia", "2016-03-01"], ["b", "Beacon", "LAO", "asia", "2016-04-01"]]
    assert tables.read_table("answers", study=talks).empty and tables.read_table("responses",
                                                                                 study=talks).empty


def test_without_a_survey_an_organisation_works_where_its_main_office_is(talks):
    documents = tables.read_table("documents", study=talks)
    assert dict(zip(documents["document_id"], documents["country_id"], strict=True)) == {
        "blue": "KHM", "lamp": "LAO", "call": ""}
    assert [one["id"] for one in read_built_slice_digests_and_lists(talks)["countries"]] == ["KHM", "LAO"]
    assert set(tables.read_table("segments", study=talks, country="LAO")["document_id"]) == {"lamp", "call"}


def test_a_study_without_a_survey_has_no_page_of_questions(talks):
    slugs = [page.slug for page in plan_pages(talks)]
    assert "survey" not in slugs and {"index", "data_quality", "country-khm"} <= {*slugs}


def test_pages_of_a_study_without_a_survey_speak_of_no_answers(talks):
    view = open_study(str(talks.root)).view("team")
    assert "2 organisations took part, from 2 countries." in render_respondent_and_country_count(view).data
    numbers = render_study_numbers(view).data
    assert "2 interviews, 1 call" in numbers and "record" not in numbers
    assert render_missing_answers(view).data == "" and "Records" not in render_country_list(view).data
    assert view.questions.empty


def test_a_study_of_calls_alone_is_checked(tmp_path):
    study = coded_study(tmp_path, documents=[{"document_id": "call", "kind": "call", "date": "2016-09-01",
                                              "path": "raw/calls/call.vtt"}])
    for name in ("survey/survey.csv", "interviews/blue.txt", "interviews/lamp.txt"):
        (study.raw / name).unlink()
    assert check_study(study)["organisations"] == 2


def test_a_study_of_nothing_is_refused(talks, tmp_path):
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference/study.toml").write_text("[study]\nid = 'x'\n")
    with pytest.raises(GLCError, match="No survey file has arrived"):
        check_study(Study(tmp_path))


def test_a_table_of_coded_answers_is_a_study_of_its_own():
    rows = [{"said": "We wait", "code": "Delay; Fear"}, {"said": "No house", "code": ""},
            {"said": "Court", "code": "Delay"}]
    known = reference(questions=[question("Q1", "text", columns="said")])
    made = cleaned(rows, known, organisation="", country="")
    found = read_coded_columns(made.records, known, {"Q1": "code"})
    assert found.rows.values.tolist() == [["survey.r2.q1", "Delay"], ["survey.r2.q1", "Fear"],
                                          ["survey.r4.q1", "Delay"]]
    assert found.code_question == {"Delay": "Q1", "Fear": "Q1"}


def test_coders_tables_without_any_text_say_what_is_missing(tmp_path):
    study = coded_study(tmp_path, documents=[], codings={"ana": "../raw/codings/ana.csv"})
    for name in ("survey/survey.csv", "interviews/blue.txt", "interviews/lamp.txt", "calls/call.vtt"):
        (study.raw / name).unlink()
    (study.raw / "codings/ana.csv").write_text("document,quotation,code\nblue,A safe place,Care\n")
    with pytest.raises(GLCError, match="without the coded texts"):
        check_study(study)


@pytest.mark.parametrize("with_codings", [False, True])
def test_interviews_beside_an_open_question_that_nobody_answered_are_checked(tmp_path, with_codings):
    study = coded_study(tmp_path, codings={"ana": "../raw/codings/ana.csv"} if with_codings else None)
    (study.raw / "survey/survey.csv").write_text("org,country,Q1,Q2\na,KHM,,\nb,LAO,,\n")
    (study.raw / "codings/ana.csv").write_text(
        "document,quotation,code\nblue,A safe place for tonight.,Safe place\n")
    assert check_study(study)["codings"] == 2 * with_codings


# ------------------------------
# Unknown organisations and countries.

KNOWN = reference(questions=[question("Q1", "single", "law", unit="organisation")],
                  options=choices("law", "yes", "no"), countries=places("KHM asia"))
ROWS = [{"org": "a", "country": "KHM", "Q1": "yes"}, {"org": "", "country": "KHM", "Q1": "yes"},
        {"org": "", "country": "", "Q1": "no"}]


def test_each_record_of_an_unknown_organisation_counts_once():
    made = cleaned(ROWS, KNOWN, unknown=["organisation", "country"])
    assert made.organisations["organisation_id"].tolist() == ["a", "unknown.survey.r3", "unknown.survey.r4"]
    assert made.organisations["label"].tolist()[1] == "Unknown organisation (survey, row 3)"
    assert made.responses["is_in_base"].sum() == 3


@pytest.mark.parametrize("unknown, independent", [("one", 2), ("each", 3)])
def test_unknown_organisations_are_one_contributor_until_the_study_says_otherwise(unknown, independent):
    made = cleaned(ROWS, KNOWN, unknown=["organisation", "country"], unknown_organisations=unknown)
    names = pd.Index(made.organisations["organisation_id"].astype("str"))
    assert make_independent_organisation_matrix(made.organisations, names).shape[1] == independent


def test_without_a_column_every_organisation_is_unknown():
    made = cleaned([{"Q1": "yes"}, {"Q1": "no"}], KNOWN, organisation="", country="")
    assert made.organisations["network_id"].tolist() == ["unknown", "unknown"]
    assert made.answers["country_id"].astype("str").tolist() == ["", ""]


def test_loops_of_one_record_are_of_one_unknown_organisation():
    made = cleaned([{"1_country": "KHM", "2_country": "LAO", "Q1": "yes"}], reference(
        questions=KNOWN.questions.to_dict("records"), options=choices("law", "yes", "no"),
        countries=places("KHM", "LAO")), organisation="", country="{loop}_country")
    assert len(made.answers) == 2 and len(made.organisations) == 1


@pytest.mark.parametrize("kind", ["country", "region"])
def test_an_unknown_country_is_a_row_of_its_own(kind):
    made = cleaned(ROWS, KNOWN, unknown=["organisation", "country"])
    found = determine_membership(kind, "answer", made.organisations, made.answers)
    assert "unknown" in found.names and len(found.rows) == 3


def test_blanks_that_nobody_declared_unknown_are_one_message_with_the_setting():
    with pytest.raises(Faults) as found:
        cleaned([{**ROWS[0], "country": ""}] * 3, KNOWN)
    assert str(found.value) == (
        "survey.csv, rows 2, 3, 4, column country: the record names no country. To fix: if "
        'the country is unknown, write unknown = ["country"] under [survey] in study.toml; else correct or '
        "drop the record in corrections.csv.")


# ------------------------------
# A survey of single replies: nobody says which organisation answered.

@pytest.fixture(scope="module")
def replies(tmp_path_factory):
    """A built study whose survey names no organisation."""
    study = write_study(
        tmp_path_factory.mktemp("replies"), [{"country": "KHM", "Q1": "yes"}, {"country": "LAO", "Q1": "no"}],
        settings={"survey": {"organisation": ""}}, questions=[question("Q1", "single", "law")],
        options=choices("law", "yes", "no"), countries=places("KHM asia", "LAO asia"))
    build(study)
    return study


@pytest.fixture(scope="module")
def nowhere(tmp_path_factory):
    """A built study whose survey names organisations, one of them twice, and no country."""
    study = write_study(
        tmp_path_factory.mktemp("nowhere"), [{"org": one, "Q1": "yes"} for one in [*"abcdefghij", "a"]],
        settings={"survey": {"country": ""}}, questions=[question("Q1", "single", "law", wording="Law?")],
        options=choices("law", "yes", "no"))
    build(study)
    return study


def test_pages_of_a_survey_without_countries_do_not_speak_of_any(nowhere):
    view = open_study(str(nowhere.root)).view("team")
    said = [render_study_numbers(view).data, render_respondent_and_country_count(view).data,
            render_page_claims(view).data, *view.questions["asked_of"],
            *count_notable_records(view)["records where"], *view.read("steps")["why"]]
    assert [one for one in said if re.search("countr|region", one)] == []
    assert "There are 11 records: an organisation may have answered more than once." in said[0]
    assert "10 organisations answered, in 11 records." in said[1]
    assert [*view.questions["asked_of"]] == [
        "Each record counts, even if an organisation has several records."]


def test_pages_of_single_replies_do_not_speak_of_several_answers_of_one_organisation(replies):
    view = open_study(str(replies.root)).view("team")
    assert "several countries" not in render_study_numbers(view).data
    assert [one for one in view.questions["asked_of"] if "each country" in one] == []
    assert "unknown_organisation" not in set(view.select_quality_figures("survey")["option_id"])


def test_a_country_page_does_not_list_organisations_that_the_survey_does_not_name(replies):
    said = render_respondents_of_country(StudyView(replies, country="KHM")).data
    assert said == "<p>1 of the 2 organisations in this study answered for this country.</p>"


def test_a_study_without_coding_and_principles_has_no_pages_of_them(replies):
    slugs = {page.slug for page in plan_pages(replies)}
    assert "survey" in slugs and slugs & {"agreement", "codes_by_country", "convening", "principles"} == set()


def test_a_repeated_group_of_countries_is_no_single_reply():
    """A reply may be about several countries, also where nobody says which organisation it is of."""
    study = SimpleNamespace(settings={"survey": {"organisation": ""}})
    view = VisibleTables(study, "team")
    view.__dict__["sizes"] = {"organisations": 1, "records": 2}
    assert not view.is_one_answer_each
    view.__dict__["sizes"] = {"organisations": 2, "records": 2}
    assert view.is_one_answer_each
