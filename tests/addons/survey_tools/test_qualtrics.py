"""Qualtrics: how many header rows there are, and what they say."""

import pytest

from glc_analysis.errors import Faults
from glc_analysis.intake.survey import read_survey

NAMES = "StartDate,EndDate,Finished,ResponseId,Q1,Q2_1"
TEXTS = 'Start Date,End Date,Finished,Response ID,"Do you, in 2016, identify?",Services? - Shelter'
IDS = ",".join(
    f'"{{""ImportId"":""{name}""}}"' for name in ["startDate", "endDate", "f", "_r", "QID1", "QID2"]
)
ANSWERS = ["2017-07-18 08:28:09,2017-07-18 08:28:48,True,R_2YPOQ602ER1jkf1,Yes,1",
           "18.07.2017 09:00,18.07.2017 09:10,False,R_3YPOQ602ER1jkf1,,"]  # fmt: skip


def read(tmp_path, *rows):
    path = tmp_path / "answers.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return read_survey(path)


@pytest.mark.parametrize(
    ("headers", "wording"),
    [
        ([NAMES], ""),
        ([NAMES, TEXTS], "Do you, in 2016, identify?"),
        ([NAMES, IDS], ""),
        ([NAMES, TEXTS, IDS], "Do you, in 2016, identify?"),
    ],
)
def test_one_two_and_three_header_rows_give_the_same_answers(tmp_path, headers, wording):
    survey = read(tmp_path, *headers, *ANSWERS)
    assert survey.tool == "qualtrics"
    assert survey.frame["Q1"].tolist() == ["Yes", ""]
    assert survey.rows == [len(headers) + 1, len(headers) + 2]
    assert survey.wording["Q1"] == wording


def test_a_translated_second_header_row_is_no_answer(tmp_path):
    german = "Anfangsdatum,Enddatum,Beendet,Antwort-ID,Frage 1?,Frage 2?"
    assert read(tmp_path, NAMES, german, *ANSWERS).rows == [3, 4]


def test_a_first_answer_without_dates_is_no_header(tmp_path):
    assert read(tmp_path, NAMES, ",,True,,Yes,1").frame["Q1"].tolist() == ["Yes"]


def test_a_second_header_row_shows_by_the_names_it_repeats(tmp_path):
    survey = read(tmp_path, "IPAddress,Finished,UserLanguage,Q1",
                  "IP Address,Finished,User Language,Which?", "10.0.0.1,TRUE,EN,a")  # fmt: skip
    assert survey.rows == [3]


def test_line_breaks_stay_in_the_question_text(tmp_path):
    texts = TEXTS.replace("Do you, in 2016, identify?", "Do you\nidentify?")
    assert read(tmp_path, NAMES, texts, IDS, *ANSWERS).wording["Q1"] == "Do you\nidentify?"


def test_a_current_real_export_has_three_header_rows(shared_data):
    survey = read_survey(shared_data / "qualtrics_samples" / "sample.csv")
    assert (survey.tool, survey.frame.shape, survey.rows) == ("qualtrics", (1, 20), [4])
    assert survey.frame.loc[0, "Q1"] == "2"
    assert survey.wording["Q1"] == "This is a multiple choice question."
    assert survey.wording["RecipientLastName"] == "Nachname des Empfängers"


def test_a_legacy_real_export_has_two_header_rows_and_a_nameless_last_column(shared_data):
    survey = read_survey(shared_data / "qualtrics_samples" / "sample_legacy.csv")
    assert (survey.tool, survey.frame.shape, survey.rows) == ("qualtrics", (1, 15), [3])
    assert survey.wording["V1"] == "ResponseID"
    assert survey.frame.loc[0, "LocationAccuracy"] == "-1"


def test_header_rows_alone_are_a_fault(tmp_path):
    path = tmp_path / "two.csv"
    path.write_text("StartDate,EndDate,ResponseId\nStart Date,End Date,Response ID\n", encoding="utf-8")
    with pytest.raises(Faults, match="has a header and no answers"):
        read_survey(path)
