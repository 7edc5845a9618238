"""Interviews without guide questions, where nobody was asked about a code, and texts without a date."""

import pytest

from glc_analysis import tables
from glc_analysis.addons.convening.joint_display import read_question_and_code_names
from glc_analysis.coding.exports import export_matrix_or_quotations
from glc_analysis.pages.coding import render_contrary_cases, render_passages, render_theme_code_counts
from glc_analysis.pages.country import render_country_codes
from glc_analysis.view.study_view import StudyView
from tests.support.built_studies import built_for_team
from tests.support.coded_studies import BLUE, coded_study, spreadsheet

OPEN = BLUE.replace("Q1. What comes first?", "Tell me about your work.").replace("Q2. And", "And")
LAMP = "Rosa: Tell me about your work.\nBo: No house. A house holds people back.\n"
DOCUMENTS = [
    {"document_id": "blue", "kind": "interview", "path": "raw/interviews/blue.txt", "organisation_id": "a",
     "date": "", "language": "en"},
    {"document_id": "lamp", "kind": "interview", "path": "raw/interviews/lamp.txt", "organisation_id": "b",
     "date": "2016-04-01", "language": "en"}]


@pytest.fixture
def study(tmp_path):
    """Two interviews without a guide and no call; one interview has no date."""
    made = coded_study(tmp_path, codings={"ana": "../raw/codings/ana.csv"}, documents=DOCUMENTS)
    (made.raw / "calls/call.vtt").unlink()
    for name, text in (("blue", OPEN), ("lamp", LAMP)):
        (made.raw / f"interviews/{name}.txt").write_text(text, encoding="utf-8")
    spreadsheet(made, "ana", ("blue", "We wait for months.", "Delay"),
                ("lamp", "A house holds people back.", "no-shelter"))
    return built_for_team(made)


def test_the_base_is_of_those_interviewed_and_nobody_was_asked(study):
    row = StudyView(study).codes().set_index("code_id").loc["delay"]
    assert row[["raised", "asked", "raised_without_guide", "interviewed"]].tolist() == [0, 0, 1, 2]
    figures = {one.figure_id: one for one in StudyView(study).select_measure_figures("coded").itertuples()}
    figure = figures["delay/organisations/source=interview_without_guide"]
    assert read_question_and_code_names(study).write_sentence(figure) == (
        "1 of the 2 organisations that were interviewed, without a guide, raised “Delay”.")
    assert not [one for one in figures if one.startswith("delay/organisations/all")]


def test_who_was_interviewed_without_a_guide_and_did_not_raise_a_code_is_no_case_against_it(study):
    law = StudyView(study, theme="law")
    assert ("1 of 2" in render_theme_code_counts(law).data
            and "of those interviewed" in render_theme_code_counts(law).data)
    assert "did not raise it" not in render_contrary_cases(law).data
    matrix = export_matrix_or_quotations(study, "matrix").read_text(encoding="utf-8-sig")
    assert matrix.splitlines()[2] == "b,b,LAO,,1,"
    assert "not raised here" not in render_country_codes(StudyView(study, country="LAO")).data


def test_interviews_with_and_without_a_guide_are_counted_apart(study):
    (study.raw / "interviews/blue.txt").write_text(BLUE, encoding="utf-8")
    built_for_team(study)
    rows = StudyView(study).code_counts(by="organisation").set_index(["group", "code_id"])
    counted = rows[["raised", "asked", "raised_without_guide", "interviewed"]]
    assert counted.loc[("a", "delay")].tolist() == [1, 1, 0, 0]
    assert counted.loc[("b", "delay")].tolist() == [0, 0, 0, 1]
    assert StudyView(study).codes().set_index("code_id").loc["delay", "asked"] == 1


def test_a_text_whose_date_nobody_knows_is_accepted_and_says_so(study):
    assert tables.read_table("documents", study=study).set_index("document_id").loc["blue", "date"] == ""
    assert "date not known" in render_passages(StudyView(study, theme="law")).data
    assert "date not known" not in render_passages(StudyView(study, theme="care")).data
