"""Coders' sheets as coders keep them: by respondent and question, tables in Word, under other names."""

import pandas as pd
import pytest
from openpyxl import Workbook

from glc_analysis.coding.coders import find_conversation_with_all_quotes, map_names_to_documents
from glc_analysis.coding.texts import Text
from glc_analysis.errors import Faults
from glc_analysis.intake.codings import read_codings
from glc_analysis.tables import read_table
from tests.support.built_studies import built_for_team
from tests.support.coded_studies import BOTH, coded_study


def sheet(tmp_path, text):
    path = tmp_path / "ana.csv"
    path.write_text(text, encoding="utf-8")
    return read_codings(path, coder="ana")


@pytest.mark.parametrize("heads", ["respondent,question,code", "ResponseId,Question ID,Code",
                                   "Participant,Q,codes", "Encuestada,Pregunta,Códigos",
                                   "អ្នកឆ្លើយ,សំណួរ,កូដ"])
def test_a_row_may_name_the_respondent_and_the_question_instead_of_a_document(tmp_path, heads):
    raw = sheet(tmp_path, f"{heads}\nR_1a,Q3.5,delay\nR_1a,Q4.6,\nR_2b,Q3.5,fear\n")
    assert [*zip(raw.codings["source"], raw.codings["code"], strict=True)] == [
        ("R_1a.Q3.5", "delay"), ("R_2b.Q3.5", "fear")]
    assert {*raw.sources["source"]} == {"R_1a.Q3.5", "R_1a.Q4.6", "R_2b.Q3.5"}


def test_the_words_of_the_answer_may_stand_beside_it_in_a_column_of_their_own(tmp_path):
    raw = sheet(tmp_path, "respondent,question,answer,code\nR_1a,Q3.5,We wait.,delay\n")
    assert raw.codings["quote"].tolist() == ["We wait."]


TWO = {"q1": "Q1", "¿qué hace falta?": "Q1", "q2": "Q2", "តើត្រូវការអ្វី?": "Q2"}
ONE = {"q1": "Q1", "why?": "Q1"}


def wide(tmp_path, text, questions):
    path = tmp_path / "ana.csv"
    path.write_text(text, encoding="utf-8")
    raw = read_codings(path, coder="ana", questions=questions)
    return raw, sorted(zip(raw.codings["source"], raw.codings["code"], strict=True))


@pytest.mark.parametrize("heads", ["respondent,Q1,Q2", "Encuestado,¿Qué hace falta?,តើត្រូវការអ្វី?",
                                   "អ្នកឆ្លើយ,q1,តើត្រូវការអ្វី?"])
def test_a_row_per_respondent_may_have_a_column_per_question_with_its_codes(tmp_path, heads):
    raw, coded = wide(tmp_path, f"{heads}\nR_1,delay; fear,\nR_2,,ការរង់ចាំ\n", TWO)
    assert coded == [("R_1.Q1", "delay"), ("R_1.Q1", "fear"), ("R_2.Q2", "ការរង់ចាំ")]
    assert raw.blank == {"R_1.Q2", "R_2.Q1"}


@pytest.mark.parametrize(("yes", "no"), [("1", "0"), ("x", ""), ("3", "0")])
def test_a_row_per_respondent_may_have_a_column_per_code_where_one_open_question_was_asked(tmp_path, yes, no):
    raw, coded = wide(tmp_path, f"participante,espera,ភ័យ\nR_1,{yes},{no}\nR_2,{no},{yes}\n", ONE)
    assert coded == [("R_1.Q1", "espera"), ("R_2.Q1", "ភ័យ")]
    assert [note for note in raw.notes if "above 1" in note] == [
        "A number above 1 in a column of a code is read as a tick. Columns with such numbers: "
        "espera, ភ័យ."][:yes == "3"]


def test_a_column_of_codes_per_respondent_needs_no_question_where_one_was_asked(tmp_path):
    assert wide(tmp_path, "respondent,códigos\nR_1,espera; miedo\n", ONE)[1] == [
        ("R_1.Q1", "espera"), ("R_1.Q1", "miedo")]


def test_a_question_may_be_named_by_its_wording_in_a_column_of_questions(tmp_path):
    assert wide(tmp_path, "encuestado,pregunta,código\nR_1,¿Qué hace falta?,espera\n", TWO)[1] == [
        ("R_1.Q1", "espera")]


@pytest.mark.parametrize("heads", ["respondent,delay,fear", "respondent,codes,", "encuestado,espera,ភ័យ"])
def test_of_which_of_several_questions_a_code_is_is_not_guessed(tmp_path, heads):
    with pytest.raises(Faults) as told:
        wide(tmp_path, f"{heads}\nR_1,1,\nR_2,,1\n", TWO)
    fault, = told.value.faults
    assert "does not name the question that was coded (Q1, Q2)" in fault.message
    assert "add a column `question`" in fault.fix and "one column per question" in fault.fix


def test_a_column_that_is_no_question_beside_columns_of_questions_is_named(tmp_path):
    with pytest.raises(Faults) as told:
        wide(tmp_path, "respondent,Q1,Q3,país\nR_1,delay,fear,Perú\n", TWO)
    fault, = told.value.faults
    assert "not open questions of the study: Q3, país" in fault.message


def workbook(path, **sheets):
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_a_workbook_may_have_a_sheet_per_question_and_says_which_sheets_are_not_read(tmp_path):
    heads = ["អ្នកឆ្លើយ", "espera", "ភ័យ"]
    path = workbook(tmp_path / "ana.xlsx", Q1=[heads, ["R_1", 1, 0]],
                    Q2=[heads, ["R_1", 0, 2], ["R_2", 1, ""]], Notas=[["what I thought"], ["Much."]])
    raw = read_codings(path, coder="ana", questions=TWO)
    assert sorted(zip(raw.codings["source"], raw.codings["code"], strict=True)) == [
        ("R_1.Q1", "espera"), ("R_1.Q2", "ភ័យ"), ("R_2.Q2", "espera")]
    assert [note for note in raw.notes if "not read" in note] == [
        "Sheets that are not read: 'Notas'. To fix: save each of them that has codings as a separate file."]


@pytest.mark.parametrize(("yes", "no"), [("1", "0"), ("x", "")])
def test_ticks_in_columns_of_questions_are_no_codes(tmp_path, yes, no):
    with pytest.raises(Faults) as told:
        wide(tmp_path, f"encuestado,q1,q2\nR_1,{yes},{no}\nR_2,{no},{yes}\n", TWO)
    fault, = told.value.faults
    assert "ticks instead of codes" in fault.message and "write the codes" in fault.fix


def test_a_row_per_respondent_counts_in_the_study_and_blanks_of_the_unanswered_are_no_fault(tmp_path):
    study = coded_study(tmp_path, codings={"ana": BOTH["ana"]}, settings={
        "coding": {"blank_rows": "uncoded"}})
    (study.raw / "codings/ana.csv").write_text(
        "organización,What comes first for a person?,Q2\na,Safe place,\nb,,\nc,Delay,\n", encoding="utf-8")
    codings = read_table("codings", study=built_for_team(study)).query("coder_id == 'ana'")
    assert codings[["organisation_id", "code_id"]].values.tolist() == [["a", "shelter"], ["c", "delay"]]


def test_a_row_with_one_of_both_names_no_answer(tmp_path):
    with pytest.raises(Faults, match="names no document"):
        sheet(tmp_path, "respondent,question,code\nR_1a,,delay\n")


def test_a_code_that_is_called_question_stays_a_code_where_documents_are_named(tmp_path):
    raw = sheet(tmp_path, "document,question,answer\ncall-1,x,x\n")
    assert sorted(raw.codings["code"]) == ["answer", "question"]


def test_an_answer_is_known_by_its_respondent_or_organisation_where_these_are_of_one_answer_alone():
    documents = pd.DataFrame(
        [("s1.r2.q1", "answer", "lamp", "Q1"), ("s2.r2.q1", "answer", "door", "Q1"),
         ("s2.R_9.q1", "answer", "door", "Q1"), ("s1.r3.q1", "answer", "tree", "Q1"),
         ("blue", "interview", "lamp", "")],
        columns=["document_id", "kind", "organisation_id", "question_id"])
    names = map_names_to_documents(documents, {})
    assert names["r_9.q1"] == "s2.R_9.q1" and names["r3.q1"] == names["tree.q1"] == "s1.r3.q1"
    assert names["lamp.q1"] == "s1.r2.q1"
    assert "r2.q1" not in names and "door.q1" not in names  # of two files; of two respondents
    assert names["blue"] == "blue"


def test_a_text_of_another_name_is_known_by_its_quotations_where_they_are_all_of_one_text():
    texts = {name: Text(words, words) for name, words in {
        "blue": "p1: A safe place. We wait.", "call": "p1: We wait. So do we.",
        "lamp": "p2: No house."}.items()}

    def known(*quotes):
        return find_conversation_with_all_quotes(quotes, texts, texts.__getitem__, lambda text: text)

    assert known("A safe place.", "We wait.") == "blue"
    assert known("We wait.") == ""  # of two texts
    assert known("No house.") == ""  # one short quotation proves nothing
    assert known("No house.", "Another thing") == known() == ""


def test_a_renamed_text_of_a_coders_table_is_read_and_the_log_says_so(tmp_path):
    rows = ("document,quote,code\nMy notes 7,A safe place for tonight.,Safe place\n"
            "My notes 7,We wait for months.,Delay\n")
    study = coded_study(tmp_path, codings=BOTH)
    for coder in ("ana", "ben"):
        (study.raw / f"codings/{coder}.csv").write_text(rows, encoding="utf-8")
    codings = read_table("codings", study=built_for_team(study))
    assert {*codings["document_id"]} == {"blue"}
    assert codings.query("coder_id == 'ana'")["quote"].tolist() == [
        "A safe place for tonight.", "We wait for months."]
