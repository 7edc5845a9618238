"""Translations of open answers: whose they are, what stands under an answer, and what is refused."""

import pytest

from glc_analysis import tables
from glc_analysis.build import build
from glc_analysis.errors import Faults
from glc_analysis.pages.country import render_country_open_answers
from glc_analysis.pages.questions import list_open_answers_for_team
from glc_analysis.view.study_view import NotReleased, StudyView
from tests.support.built_studies import built, built_for_team
from tests.support.coded_studies import coded_study

TRANSLATION = {"answer_id": "survey.r4", "question_id": "Q1", "language": "en",
               "text": "The court, says Zephyrine.", "status": "machine", "by": "DeepL"}


def study_with(root, **changed):
    return coded_study(root, answer_translations=[TRANSLATION | changed], names=[
        {"name": "Zephyrine", "kind": "person", "pseudonym": "Somebody", "match": "folded"}])


def test_a_translation_belongs_to_the_organisation_and_country_of_its_answer_and_is_masked(tmp_path):
    study = built_for_team(study_with(tmp_path))
    rows = tables.read_table("answer_translations", study=study)
    assert rows.iloc[0].to_dict() == {
        "segment_id": "survey.r4.q1.1", "language": "en", "organisation_id": "c", "country_id": "UGA",
        "question_id": "Q1", "text": "The court, says Somebody.", "status": "machine"}
    assert len(tables.read_table("answer_translations", study=study, country="LAO")) == 0


def test_a_translation_stands_under_its_answer_with_how_it_was_made(tmp_path):
    view = StudyView(built_for_team(study_with(tmp_path)))
    row = list_open_answers_for_team(view, "Q1").set_index("by").loc["c"]
    assert row[["text", "translation", "translation_status"]].tolist() == [
        "The court.", "The court, says Somebody.", "machine"]
    shown = render_country_open_answers(StudyView(view.study, country="UGA")).data
    assert "Machine translation, not checked" in shown and "says Somebody" in shown


def test_other_readers_get_no_translation_of_an_answer(tmp_path):
    study = built(study_with(tmp_path))
    for audience in ("convening", "public"):
        assert render_country_open_answers(StudyView(study, audience, country="UGA")).data == ""
        with pytest.raises(NotReleased):
            list_open_answers_for_team(StudyView(study, audience), "Q1")


@pytest.mark.parametrize(("changed", "said"), [
    ({"answer_id": "survey.r44"}, "nearest: 'survey.r4'"),
    ({"question_id": "Q2"}, "this record answers Q1"),
    ({"text": " "}, "column text"), ({"status": "good"}, "column status")])
def test_a_translation_of_no_open_answer_is_a_fault(tmp_path, changed, said):
    with pytest.raises(Faults, match=said):
        build(study_with(tmp_path, **changed))
