"""An XLSForm drafts the reference tables."""

import pytest
from click.testing import CliRunner

from glc_analysis.addons.drafting.xlsform import draft_tables_from_xlsform
from glc_analysis.cli import cli
from glc_analysis.errors import Faults
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from tests.addons.drafting.support.xlsform import HEADER, form


def question(draft, question_id):
    return draft.questions.set_index("question_id").loc[question_id]


def test_the_form_of_these_tests_is_a_valid_xlsform(tmp_path):
    convert = pytest.importorskip("pyxform.xls2xform").convert
    assert "<h:html" in convert(str(form(tmp_path)), validate=False).xform


def test_each_answerable_row_becomes_a_question(tmp_path):
    draft = draft_tables_from_xlsform(form(tmp_path))
    assert dict(zip(draft.questions["question_id"], draft.questions["type"], strict=True)) == {
        "identifies": "single", "services": "multi", "beds": "number", "visited": "date", "success": "text",
    }  # fmt: skip
    assert set(draft.questions["unit"]) == {""}
    assert question(draft, "beds")["wording"] == "How many beds?"
    assert set(draft.questions["is_sensitive"]) == {"undecided"}
    assert not draft.questions.isna().any(axis=None)


def test_columns_stand_with_and_without_their_groups(tmp_path):
    draft = draft_tables_from_xlsform(form(tmp_path))
    assert question(draft, "identifies")["columns"] == (
        "identifies | intake/identifies | intake.identifies | intake-identifies")
    assert question(draft, "services")["columns"] == (
        "services/* | services.* | intake/services/* | intake.services.* | intake-services/*")
    assert question(draft, "visited")["columns"] == (
        "visited | visits/visited | visits.visited | visits-visited")
    assert question(draft, "success")["columns"] == "success"


def test_simple_conditions_become_asked_if(tmp_path):
    draft = draft_tables_from_xlsform(form(tmp_path))
    assert question(draft, "services")["asked_if"] == "identifies == yes"
    assert question(draft, "beds")["asked_if"] == "services has shelter and identifies != no"


def test_other_conditions_are_left_blank_and_noted(tmp_path):
    draft = draft_tables_from_xlsform(form(tmp_path))
    assert question(draft, "success")["asked_if"] == ""
    assert question(draft, "visited")["asked_if"] == ""
    assert len(draft.notes) == 2
    assert all("asked_if" in note and "relevant" in note for note in draft.notes)
    assert "${beds} > 3" in draft.notes[0]


def test_a_group_s_condition_holds_for_its_questions(tmp_path):
    survey = [
        HEADER,
        ["select_one yn", "a", "A?", ""],
        ["begin_group", "g", "G", "", "${a} = 'yes' or ${a} = 'no'"],
        ["select_one yn", "b", "B?", "", "${a} = 'yes'"],
        ["end_group"],
    ]
    draft = draft_tables_from_xlsform(form(tmp_path, survey))
    assert question(draft, "b")["asked_if"] == "(a == yes or a == no) and (a == yes)"


def test_options_are_drafted_with_position_and_a_proposed_kind(tmp_path):
    options = draft_tables_from_xlsform(form(tmp_path)).options
    services = options[options["option_list"] == "services"]
    assert services["option_id"].tolist() == ["shelter", "legal", "none"]
    assert services["label"].tolist() == ["Shelter", "Legal aid", "None of these"]
    assert services["position"].tolist() == ["1", "2", "3"]
    assert services["kind"].tolist() == ["substantive", "substantive", "none"]


def test_or_other_adds_the_option_and_the_text_beside_it(tmp_path):
    draft = draft_tables_from_xlsform(form(tmp_path,
                                           [HEADER[:3], ["select_multiple services or_other", "s",
                                                         "Which?"]]))
    assert draft.options["option_id"].tolist()[-1] == "other"
    assert question(draft, "s_other")["asked_if"] == "s has other"


def test_a_name_used_in_two_groups_is_told_apart_by_them(tmp_path):
    survey = [HEADER]
    for group in ("home", "work"):
        survey += [["begin group", group, group], ["text", "country", "Country?"], ["end group"]]
    draft = draft_tables_from_xlsform(form(tmp_path, survey))
    assert draft.questions["question_id"].tolist() == ["home.country", "work.country"]
    assert draft.questions["columns"].tolist() == [
        "home/country | home.country | home-country", "work/country | work.country | work-country"]


def test_unknown_lists_are_all_named(tmp_path):
    survey = [HEADER, ["select_one service", "a", "A?"], ["select_multiple nothing", "b", "B?"]]
    with pytest.raises(Faults) as caught:
        draft_tables_from_xlsform(form(tmp_path, survey))
    assert [fault.row for fault in caught.value.faults] == ["2", "3"]
    assert "'services'" in caught.value.faults[0].fix


def test_a_workbook_that_is_no_form_is_a_fault(tmp_path):
    with pytest.raises(Faults, match="column type"):
        draft_tables_from_xlsform(form(tmp_path, [["org", "answer"], ["a", "b"]]))


@pytest.mark.parametrize(("country", "unit"), [("", "organisation"), ("country", "answer")])
def test_the_unit_of_a_question_of_the_form_follows_from_the_settings(tmp_path, country, unit):
    words = ["init", f"{tmp_path}/study", "--form", f"{form(tmp_path)}"]
    assert CliRunner().invoke(cli, words).exit_code == 0
    settings = tmp_path / "study/reference/study.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('country = "country" ', f'country = "{country}" ', 1), encoding="utf-8")
    assert set(read_reference(Study(tmp_path / "study")).questions["unit"]) == {unit}
