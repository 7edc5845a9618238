"""What may be no answer is asked about: nothing of it is counted unsaid, and a decision ends the question."""

from pathlib import Path

import pytest

from glc_analysis.errors import Faults
from glc_analysis.intake.survey import RawSurvey, make_text_frame
from tests.support.study_writer import cleaned, question, reference, survey

KHM = [{"raw_name": "KHM", "country_id": "KHM"}]
ANSWERS = [{"org": f"o{n}", "country": "KHM", "Q1": str(n)} for n in range(6)]


def known(*corrections, questions=(("Q1", "number"),), **rows):
    fixes = [{"table": "survey", "key": key, "column": column, "from": before, "to": after, "reason": "why"}
             for key, column, before, after in corrections]
    asked_of_all = [question(*row) for row in questions]
    return reference(questions=asked_of_all, countries=KHM, corrections=fixes, **rows)


def asked(rows, *corrections, questions=(("Q1", "number"),), options=(), **settings):
    """The faults of a small survey, as they are printed."""
    try:
        cleaned(rows, known(*corrections, questions=questions, options=[*options]), **settings)
    except Faults as found:
        return found.lines
    return []


# Records


@pytest.mark.parametrize("label", ["Total", "TOTAL:", "Grand total", "Average", "Mittelwert", "Promedio",
                                   "N = 6", "Total Kenya"])
def test_a_row_of_totals_is_asked_about(label):
    rows = [*ANSWERS, {"org": label, "Q1": "15"}]
    (line, *_) = [line for line in asked(rows) if "totals" in line]
    place = f"survey.csv, row 8, column *, value '{label}'"
    assert line.startswith(f"{place}: the record seems to be a row of totals. ")
    assert "add to corrections.csv: survey,survey.r8,*,,drop,a row of totals,," in line


def test_a_row_of_totals_that_was_dropped_is_not_asked_about_nor_counted():
    rows = [*ANSWERS, {"org": "Total", "Q1": "15"}]
    made = cleaned(rows, known(("survey.r8", "*", "", "drop")))
    assert len(made.answers) == 6


def test_an_organisation_that_is_called_like_a_total_is_kept_once_somebody_said_so():
    rows = [*ANSWERS, {"org": "Median", "country": "KHM", "Q1": "15"}]
    assert asked(rows) and not asked(rows, ("survey.r8", "*", "", "keep"))


def test_an_answer_with_the_word_for_an_average_is_no_row_of_totals():
    rows = [{"Q2": "Average", "org": f"o{n}", "country": "KHM", "Q1": "1"} for n in range(3)]
    assert not asked(rows)


@pytest.mark.parametrize("name", ["test", "Test 2", "TEST ORG", "asdf", "prueba 1", "тест"])
def test_a_test_of_the_form_is_asked_about(name):
    rows = [*ANSWERS, {"org": name, "country": "KHM", "Q1": "1"}]
    assert f"row 8, column *, value '{name}': the record seems to be a test of the form" in asked(rows)[0]
    assert not asked(rows, ("survey.r8", "*", "", "keep"))


def test_a_test_is_known_by_the_words_of_an_open_answer_too_but_not_by_an_option():
    words = [{**row, "Q2": f"own words {n}"} for n, row in enumerate(ANSWERS)]
    assert "a test of the form" in asked([*words, {**ANSWERS[0], "org": "z", "Q2": "test"}])[0]
    options = [{**row, "Q2": "test" if n % 2 else "court"} for n, row in enumerate(ANSWERS)]
    assert not asked(options)


def test_a_status_that_says_no_is_asked_about_until_it_is_decided_which_count():
    rows = [{**row, "Status": "Survey Preview" if n == 2 else "IP Address"} for n, row in enumerate(ANSWERS)]
    (line,) = asked(rows)
    assert line.startswith("survey.csv, row 4, column Status: 1 of 6 records say 'Survey Preview' here, "
                           "and nobody has decided whether to count them.")
    assert 'counted = {"Status" = "IP Address"}' in line and '"IP Address | Survey Preview"' in line
    assert not asked(rows, counted={"Status": "IP Address"})
    assert not asked(rows, counted={"Status": "IP Address | Survey Preview"})
    assert not asked(rows, ("survey.r4", "*", "", "drop"))


@pytest.mark.parametrize(("column", "good", "bad"), [
    ("Finished", "True", "False"), ("DistributionChannel", "anonymous", "preview"),
    ("dispcode", "Completed (31)", "Suspended (22)"), ("Response Status", "Complete", "Partial"),
    ("_validation_status", "validation_status_approved", "validation_status_not_approved")])
def test_the_status_of_every_tool_is_looked_at(column, good, bad):
    rows = [{**row, column: bad if n == 2 else good} for n, row in enumerate(ANSWERS)]
    assert f"say '{bad}' here" in asked(rows)[0]


def test_the_numbers_for_previews_of_qualtrics_are_known():
    frame = make_text_frame({"org": ["a", "b"], "country": ["KHM", "KHM"], "Q1": ["1", "2"],
                             "Status": ["0", "1"]})
    file = RawSurvey(Path("a.csv"), "qualtrics", frame, [2, 3], [0, 0], {}, ())
    assert "column Status: 1 of 2 records say '1' here" in asked([file])[0]


def test_records_that_were_never_sent_are_asked_about():
    rows = [{**row, "submitdate": "" if n == 2 else "2020-01-01"} for n, row in enumerate(ANSWERS)]
    assert 'counted = {"submitdate" = "*"}' in asked(rows)[0]
    assert len(cleaned(rows, known(), counted={"submitdate": "*"}).answers) == 5
    assert len(cleaned(rows, known(), counted={"submitdate": "* | (blank)"}).answers) == 6


def test_a_status_that_answers_a_question_is_not_a_status_of_the_record():
    rows = [{**row, "Status": "partial"} for row in ANSWERS]
    assert not asked(rows, questions=[("Q1", "number"), ("Status", "text")])


def test_a_file_without_the_column_of_the_status_is_named_by_the_decision():
    files = [survey([{**row, "Status": "done"} for row in ANSWERS], name="a.csv"),
             survey([{**row, "org": f"{row['org']}b"} for row in ANSWERS[:2]], name="b.csv")]
    assert "add ` | not in b.csv` to the texts of the column" in asked(files, counted={"Status": "done"})[0]
    assert len(cleaned(files, known(), counted={"Status": "done | not in b.csv"}).answers) == 8


def test_an_id_of_a_respondent_that_stands_twice_is_asked_about():
    rows = [{**row, "ResponseId": f"R_{max(n, 1)}"} for n, row in enumerate(ANSWERS)]
    (line,) = asked(rows)
    assert line.startswith("survey.csv, row 3, column *, value 'R_1': the record seems to be a second answer "
                           "of the respondent of row 2 (column ResponseId)")
    assert not asked(rows, ("survey.r3", "*", "", "keep"))


def test_an_id_that_most_records_share_is_no_id_of_respondents():
    assert not asked([{**row, "id": "7"} for row in ANSWERS])


def test_a_whole_record_can_only_be_dropped_or_kept():
    assert "a correction with * in `column` can only drop or keep the whole record" in asked(
        ANSWERS, ("survey.r2", "*", "", "keeps"))[0]


# Texts


STAFF = [{"option_list": "staff", "option_id": one, "value": value, "label": label, "position": str(n),
          "kind": "substantive"} for n, (one, value, label) in enumerate(
              [("few", "1-2", "1-2"), ("some", "3-4", "3-4"), ("many", "5-10", "5-10")], 1)]


@pytest.mark.parametrize("text", ["4-Mar", "03. Apr", "2026-03-04"])
def test_a_date_that_a_spreadsheet_program_made_of_a_range_is_asked_about(text):
    rows = [*({**row, "Q1": "1-2"} for row in ANSWERS), {"org": "x", "country": "KHM", "Q1": text}]
    about = {"questions": [("Q1", "single", "staff")]}
    (line,) = asked(rows, options=STAFF, **about)
    assert f"value '{text}': may be a date that a spreadsheet program made from '3-4'" in line
    assert not asked(rows, options=[*STAFF, {**STAFF[1], "value": text}], **about)


def test_a_number_with_a_mark_that_may_divide_thousands_is_asked_about():
    rows = [{**row, "Q1": text} for row, text in zip(ANSWERS, ["1.234", "40", "12.500"], strict=False)]
    assert [line.partition(". To fix")[0] for line in asked(rows)] == [
        "survey.csv, row 2, column Q1, value '1.234': may be 1.234 or 1234, because "
        "the mark may be a thousands separator",
        "survey.csv, row 4, column Q1, value '12.500': may be 12.5 or 12500, because "
        "the mark may be a thousands separator"]
    assert not asked(rows, ("survey.r2", "Q1", "1.234", "1234"), ("survey.r4", "Q1", "12.500", "12.500"))


def test_a_number_beside_others_with_decimals_is_not_doubted():
    assert not asked([{**row, "Q1": text} for row, text in zip(ANSWERS, ["1.234", "2.5"], strict=False)])


def test_with_decimal_commas_an_english_thousand_is_asked_about():
    rows = [{**row, "Q1": "1,234"} for row in ANSWERS[:1]]
    assert "may be 1.234 or 1234" in asked(rows, decimal_commas=True)[0]


# What an SPSS file calls missing


def spss(**missing):
    frame = make_text_frame({"org": ["a", "b"], "country": ["KHM", "KHM"], "Q1": ["Yes", "No answer"],
                             "Q2": ["5", "99 (user-missing)"]})
    told = {name: frozenset(texts) for name, texts in missing.items()}
    return [RawSurvey(Path("survey.sav"), "spss", frame, [1, 2], [0, 0], {}, (), missing=told)]


def test_a_user_missing_value_that_would_count_as_an_answer_is_asked_about():
    options = [{"option_list": "law", "option_id": one, "value": value, "label": value, "position": str(n),
                "kind": "substantive"} for n, (one, value) in enumerate(
                    [("yes", "Yes"), ("no_answer", "No answer")], 1)]
    about = {"questions": [("Q1", "single", "law"), ("Q2", "number")]}
    files = spss(Q1=["No answer"], Q2=["99 (user-missing)"])
    lines = asked(files, options=options, **about)
    assert [line.partition(": ")[0] for line in lines] == [
        "survey.sav, column Q1, value 'No answer'", "survey.sav, column Q2, value '99 (user-missing)'"]
    decided = [options[0], {**options[1], "kind": "refused"}]
    assert not asked(files, options=decided, blank=["99 (user-missing)"], **about)
    assert not asked(files, options=options, blank=["99 (user-missing)", "No answer"], **about)
