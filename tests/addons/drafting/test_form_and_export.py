"""An export and its XLSForm, or a table of wordings, are one draft."""

import pandas as pd
import pytest
from openpyxl import Workbook

from tests.addons.drafting.support.drafted_study import glc, rewrite, rows
from tests.addons.drafting.support.exports import csv_file
from tests.addons.drafting.support.xlsform import form

CHOICES = [
    ["list_name", "name", "label::English (en)", "label::Español (es)"],
    ["yn", "yes", "Yes", "Sí"],
    ["yn", "no", "No", "No"],
    ["help", "shelter", "Shelter", "Refugio"],
    ["help", "legal", "Legal aid", "Ayuda legal"],
    ["help", "no_answer", "Prefer not to answer", "Prefiero no contestar"],
    ["often", "w", "Every day", "Cada día"],
    ["often", "m", "Once a month", "Una vez al mes"],
    ["often", "n", "Never", "Nunca"],
]
SURVEY = [
    ["type", "name", "label::English (en)", "label::Español (es)", "relevant"],
    ["begin group", "work", "Work", "Trabajo"],
    ["select_one yn", "asks", "Do you ask later?", "¿Pregunta después?"],
    ["select_multiple help", "help", "Which help?", "¿Qué ayuda?", "${asks} = 'yes'"],
    ["integer", "beds", "How many beds?", "¿Cuántas camas?"],
    ["select_one often", "often", "How often do you meet?", "¿Cada cuánto se reúnen?"],
    ["end group"],
    ["text", "works", "What works?", "¿Qué funciona?"],
    ["date", "visited", "When was the visit?", "¿Cuándo fue la visita?"],
]
ANSWERS = {
    "start": [f"2026-03-{n:02}T08:00:00" for n in range(1, 13)],
    "organisation": [f"Org {n}" for n in range(12)],
    "country": ["Kenya"] * 12,
    "work.asks": ["yes"] * 9 + ["no"] * 3,
    "work.help": ["shelter legal"] * 9 + [""] * 3,
    "work.help.shelter": ["1"] * 9 + [""] * 3,
    "work.help.legal": ["1"] * 9 + [""] * 3,
    "work.help.no_answer": ["0"] * 9 + [""] * 3,
    "work.beds": [str(n) for n in range(3, 15)],
    "work.often": ["w", "m", "n"] * 4,
    "works": [f"The worker number {n} who stayed" for n in range(12)],
    "_id": [str(n) for n in range(100, 112)],
    "_uuid": [f"u{n}" for n in range(12)],
    "_submission__id": [str(n) for n in range(100, 112)],
    "_submission__notes": [""] * 12,
    "_submission__tags": ["x"] + [""] * 11,
}


def draft(tmp_path, answers=ANSWERS, with_form=None):
    """The drafted questions by their wording, the options, and what ``glc init`` says."""
    with_form = with_form or form(tmp_path, SURVEY, CHOICES)
    done = glc("init", tmp_path / "study", "--from", csv_file(tmp_path, answers), "--form", with_form)
    assert done.exit_code == 0, done.output
    folder = tmp_path / "study/private/draft"
    return ({row["wording"]: row for row in rows(folder / "questions.csv")}, rows(folder / "options.csv"),
            done.output)


def test_a_form_and_an_export_are_one_draft_with_the_words_of_the_form(tmp_path):
    questions, _, _ = draft(tmp_path)
    assert rows(tmp_path / "study/reference/questions.csv") == []
    kept = {wording: (row["question_id"], row["columns"], row["type"], row["use"])
            for wording, row in questions.items() if row["use"] != "no"}
    assert kept == {
        "Do you ask later?": ("asks", "work.asks", "single", "yes"),
        "Which help?": ("help", "work.help.*", "multi", "yes"),
        "How many beds?": ("beds", "work.beds", "number", "yes"),
        "How often do you meet?": ("often", "work.often", "scale", ""),
        "What works?": ("works", "works", "text", "yes"),
    }
    assert questions["Which help?"]["asked_if"] == "asks == yes"


def test_options_have_the_words_the_order_and_the_kinds_of_the_form(tmp_path):
    _, options, _ = draft(tmp_path)
    shown = [(row["value"], row["label"], row["position"], row["kind"])
             for row in options if row["option_list"] == "help"]
    assert shown == [("shelter", "Shelter", "1", "substantive"), ("legal", "Legal aid", "2", "substantive"),
                     ("no_answer", "Prefer not to answer", "3", "refused")]


def test_a_draft_of_form_and_export_is_accepted_without_a_fault(tmp_path):
    draft(tmp_path)
    rewrite(tmp_path / "study/private/draft/questions.csv",
            lambda row: row.update(use="yes" if row["type"] else row["use"]))
    done = glc("--study", tmp_path / "study", "check", "--accept-draft", "Ana")
    assert done.exit_code == 0, done.output


def test_answers_may_be_the_labels_of_any_language_and_headings_the_questions(tmp_path):
    labels = {"¿Pregunta después?": ["Sí"] * 9 + ["No"] * 3, "How many beds?": ANSWERS["work.beds"],
              "Which help?/Shelter": ["1", "0"] * 6, "Which help?/Legal aid": ["1"] * 12}
    questions, options, _ = draft(tmp_path, {"country": ["Kenya"] * 12} | labels)
    assert (questions["Do you ask later?"]["question_id"], questions["Do you ask later?"]["use"]) == (
        "asks", "yes")
    assert questions["Which help?"]["columns"] == "Which help?/*"
    values = {(row["option_list"], row["option_id"]): row["value"] for row in options}
    assert values["yn", "yes"] == "Sí"
    assert values["help", "shelter"] == "Shelter"


def test_answers_that_the_form_lacks_are_counted_and_make_the_question_unsure(tmp_path):
    answers = ANSWERS | {"work.asks": ["yes"] * 6 + ["no"] * 3 + ["perhaps"] * 3}
    questions, options, _ = draft(tmp_path, answers)
    assert questions["Do you ask later?"]["how_sure"] == "unsure"
    assert "3 answers are not options of the form" in questions["Do you ask later?"]["why"]
    assert "perhaps" not in {row["value"] for row in options}


def test_columns_of_two_exports_that_the_form_names_are_no_doubt_and_others_are(tmp_path):
    first = {name: ANSWERS[name] for name in ("work.asks", "work.beds", "works")}
    later = dict(zip(("asks", "beds", "what_works"), first.values(), strict=True))
    done = glc("init", tmp_path / "study", "--from", csv_file(tmp_path, first, "a.csv"),
               csv_file(tmp_path, later, "b.csv"), "--form", form(tmp_path, SURVEY, CHOICES))
    assert done.exit_code == 0, done.output
    questions = {row["question_id"]: row for row in rows(tmp_path / "study/private/draft/questions.csv")}
    assert questions["asks"]["columns"] == "work.asks | asks"
    assert (questions["asks"]["use"], questions["beds"]["use"]) == ("yes", "yes")
    assert questions["works"]["columns"] == "works | what_works"
    assert questions["works"]["use"] == ""
    assert "b.csv has another heading, 'what_works': is it the same question?" in questions["works"]["why"]


def test_words_that_may_be_empty_cells_leave_a_text_of_the_form_undecided(tmp_path):
    questions, _, _ = draft(tmp_path, ANSWERS | {"works": [*ANSWERS["works"][:7], *["n/a"] * 5]})
    assert questions["What works?"]["use"] == ""
    assert "5 answers are 'n/a': are they answers, or empty cells?" in questions["What works?"]["why"]


def test_questions_of_the_form_that_no_export_has_are_named(tmp_path):
    _, _, said = draft(tmp_path)
    assert "visited: is in the form and in no export" in said


def test_a_condition_on_what_is_no_question_of_the_draft_is_left_out_and_said(tmp_path):
    answers = {name: cells for name, cells in ANSWERS.items() if name != "work.asks"}
    questions, _, _ = draft(tmp_path, answers)
    assert (questions["Which help?"]["asked_if"], questions["Which help?"]["use"]) == ("", "")
    assert "asks, which is not a question of the draft" in questions["Which help?"]["why"]


def test_copies_of_columns_that_the_tool_adds_to_a_repeat_group_are_no_question(tmp_path):
    questions, _, _ = draft(tmp_path)
    assert not [row for row in questions.values() if "_submission" in row["columns"] and row["use"] != "no"]


def test_codes_of_countries_are_those_of_which_the_form_says_the_name(tmp_path):
    survey = [*SURVEY, ["select_one lands", "country", "In which country?", "¿En qué país?"]]
    choices = [*CHOICES, ["lands", "COL", "Colombia", "Colombia"], ["lands", "1", "Perú", "Perú"]]
    draft(tmp_path, ANSWERS | {"country": ["COL", "1"] * 6}, form(tmp_path, survey, choices))
    countries = {row["raw_name"]: row["country_id"]
                 for row in rows(tmp_path / "study/private/draft/countries.csv")}
    assert countries == {"COL": "COL", "1": "PER"}


# ------------------------------
# A table of two columns.

CODED = {"organisation": [f"Org {n}" for n in range(40)], "country": ["Kenya"] * 40,
         "g[a]": ["A1"] * 20 + ["A2"] * 20, "g[b]": ["A3", "A2"] * 20, "Q9": ["A1", "A9"] * 20}
WORDINGS = [("code", "text"), ("g[a]", "I trust the police"), ("g[b]", "I trust the court"),
            ("A1", "Agree"), ("A2", "Strongly disagree"), ("A3", "Neither agree nor disagree"),
            ("Q7", "A question of another form")]


def table(tmp_path, pairs=WORDINGS, name="words.csv"):
    pd.DataFrame(pairs).to_csv(tmp_path / name, index=False, header=False)
    return tmp_path / name


def test_wordings_and_labels_come_from_a_table_of_two_columns(tmp_path):
    questions, options, said = draft(tmp_path, CODED, table(tmp_path))
    assert {row["type"] for row in questions.values() if row["columns"].startswith("g[")} == {"scale"}
    assert {"I trust the police", "I trust the court"} <= questions.keys()
    grid = sorted((row for row in options if row["option_list"] == "g_a"), key=lambda row: row["position"])
    assert [(row["value"], row["label"]) for row in grid] == [
        ("A2", "Strongly disagree"), ("A3", "Neither agree nor disagree"), ("A1", "Agree")]
    assert "1 of 7 wordings match no heading and no answer: 'A question of another form'" in said


def test_translations_of_headings_and_answers_pair_the_files_of_two_languages(tmp_path):
    english = {"Do you ask?": ["Yes", "No"] * 20, "Do you call?": ["Yes", "No", "No", "No"] * 10}
    spanish = {"¿Llama?": ["Sí", "No", "No", "No"] * 10, "¿Pregunta?": ["Sí", "No"] * 20}
    pairs = [("¿Llama?", "Do you call?"), ("¿Pregunta?", "Do you ask?"), ("Sí", "Yes")]
    done = glc("init", tmp_path / "study", "--from", csv_file(tmp_path, english, "en.csv"),
               csv_file(tmp_path, spanish, "es.csv"), "--form", table(tmp_path, pairs))
    assert done.exit_code == 0, done.output
    questions = {row["wording"]: row for row in rows(tmp_path / "study/private/draft/questions.csv")}
    assert questions["Do you ask?"]["columns"] == "Do you ask? | ¿Pregunta?"
    assert questions["Do you call?"]["columns"] == "Do you call? | ¿Llama?"
    assert {row["use"] for row in questions.values()} == {"yes"}
    options = rows(tmp_path / "study/private/draft/options.csv")
    assert {row["option_id"] for row in options if row["value"] in ("Yes", "Sí")} == {"yes"}


@pytest.mark.parametrize(("pairs", "said"), [
    ([("A1", "Agree"), ("a1", "Disagree")], "another row has 'Agree' for this text"),
    ([("A1", "Agree", "more")], "3 columns"),
])
def test_faults_of_a_table_of_wordings_are_named_with_their_row(tmp_path, pairs, said):
    done = glc("init", tmp_path / "study", "--from", csv_file(tmp_path, CODED),
               "--form", table(tmp_path, pairs))
    assert done.exit_code == 1
    assert "words.csv" in done.output and said in done.output
    assert not (tmp_path / "study").exists()


def test_a_table_of_wordings_without_an_export_is_refused(tmp_path):
    done = glc("init", tmp_path / "study", "--form", table(tmp_path))
    assert done.exit_code != 0
    assert "--from" in done.output


def test_a_workbook_of_two_columns_is_read_as_well(tmp_path):
    book = Workbook()
    for pair in WORDINGS:
        book.active.append(pair)
    book.save(tmp_path / "words.xlsx")
    questions, _, _ = draft(tmp_path, CODED, tmp_path / "words.xlsx")
    assert "I trust the court" in questions
