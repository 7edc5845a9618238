"""The one description of a rating form: every form asks all of it, and what an answer means is said once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from glc_analysis.addons.convening.double_entry import PaperForm
from glc_analysis.addons.convening.rating_forms import read_form_phrases
from glc_analysis.addons.convening.ratings import (
    ABSTAIN,
    ABSTENTION_MARK,
    BY_NAME,
    CRITERIA,
    QUESTIONS,
    SCORED,
    SCORES,
    FormStamp,
    add_rater_to_form_stamp,
    format_form_stamp,
)
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from tests.addons.convening.support.form_study import LANGUAGES, FormStudy

say = read_form_phrases("en")
PRINCIPLES = ("P01", "P02", "P03")
words = st.text(alphabet="abP.1-_é", min_size=1, max_size=6)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    study = FormStudy(tmp_path_factory.mktemp("forms"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("glc_analysis.addons.convening.form_files.read_organisation_names_and_languages",
                      lambda study: ({}, LANGUAGES))
        study.issue()
    return study


def test_a_principle_is_scored_by_every_criterion_and_nothing_else():
    assert tuple(question.name for question in SCORED) == CRITERIA
    assert {question.choices for question in SCORED} == {SCORES}


def test_the_page_asks_every_question_at_every_principle(study):
    page = study.form("r12.html").read_text(encoding="utf-8")
    for question in QUESTIONS:
        assert page.count(say[question.name]) >= len(PRINCIPLES), question.name
    assert [page.count(f'<span class="box">{score}</span>') for score in SCORES] == [
        len(PRINCIPLES) * len(SCORED)] * len(SCORES)


def test_the_workbook_has_a_box_for_every_question_that_takes_its_answers(study):
    sheet = load_workbook(study.form("r12.xlsx")).active
    names = [cell.value for cell in sheet[3]]
    assert [name for name in names if name in BY_NAME] == [question.name for question in QUESTIONS]
    rules = {names[ord(str(rule.sqref)[0]) - 65]: rule for rule in sheet.data_validations.dataValidation}
    for question in QUESTIONS:
        offered = rules[question.name].formula1.strip('"').split(",") if question.name in rules else [""]
        assert [question.parse_answer(text) for text in offered] == (
            [SCORES[0]] if question.kind == "score" else [*question.choices] or [""]), question.name


def test_the_xlsform_has_every_question_at_every_principle(study):
    book = load_workbook(study.form("round.xlsform.xlsx"))
    rows = list(book["survey"].iter_rows(values_only=True))
    named = [row[rows[0].index("name")] for row in rows[1:]]
    expected = {f"{question.name}_{principle}" for question in QUESTIONS for principle in PRINCIPLES}
    assert expected <= {*named} and len(named) == len({*filter(None, named)}) + named.count(None)
    offered = {row[1] for row in book["choices"].iter_rows(min_row=2, values_only=True)}
    assert {choice for question in QUESTIONS if question.kind in ("mark", "choice")
            for choice in question.choices} <= offered


def test_the_message_asks_what_needs_no_other_answer_first(study):
    text = study.form("r12.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if ": __" in line]
    assert len(lines) == len(PRINCIPLES)
    for line in lines:
        assert [say[question.name] in line for question in QUESTIONS] == [
            not question.only_with for question in QUESTIONS]


def test_the_desk_asks_every_question_and_an_abstention_in_the_place_of_a_score(study):
    form = PaperForm.from_reference(read_reference(Study(study.root)), "1")
    row, comment, may_be_read = (f"P01.{name}" for name in ("marks", "comment", "may_be_read"))
    asked = [*form.list_fields_in_typing_order({row: "7 8 +", comment: "At night."})]
    assert [name for name in asked if name.startswith("P01.")] == [row, comment, may_be_read]
    assert form.format_prompt(row).split()[-len(SCORED):] == [question.name for question in SCORED]
    assert "P02.may_be_read" not in asked
    assert form.parse_line(row, ABSTENTION_MARK) == (ABSTAIN, "")
    assert form.parse_line(row, "٧" * len(SCORED)) == (" ".join("7" * len(SCORED)), "")
    for line in ("10", "0" * len(SCORED), "7" * (len(SCORED) + 1)):
        value, message = form.parse_line(row, line)
        assert value == "" and message.startswith(f"{line!r} is not understood: type one key for ")


@given(round_id=words, rater=words, principle=words, version=st.integers(1, 99),
       text=st.from_regex(r"[0-9a-f]{12}", fullmatch=True, alphabet="0123456789abcdef"))
def test_a_stamp_reads_back_with_and_without_its_rater(round_id, rater, principle, version, text):
    parts = FormStamp(round_id, rater, principle, str(version), text)
    assert FormStamp.from_text(format_form_stamp(round_id, rater, f"{principle}.{version}", text)) == parts
    shared = format_form_stamp(round_id, "", f"{principle}.{version}", text)
    assert FormStamp.from_text(add_rater_to_form_stamp(shared, f" {rater} ")) == parts


@given(text=st.text(max_size=4), question=st.sampled_from([one for one in QUESTIONS if one.choices]))
def test_an_answer_is_one_of_the_choices_or_none(text, question):
    answer = question.parse_answer(text)
    assert answer in (*question.choices, "", None)
    assert answer is None or question.parse_answer(answer) == answer


@pytest.mark.parametrize("question", [one for one in QUESTIONS if one.choices], ids=lambda one: one.name)
def test_every_choice_is_read_as_itself_whatever_its_case(question):
    assert [question.parse_answer(choice.upper()) for choice in question.choices] == [*question.choices]
