"""Exports of SurveyMonkey, Microsoft and Google Forms, EUSurvey and EFS."""

import pytest

from glc_analysis.intake.survey import load_survey_readers, read_survey
from glc_analysis.study import DEFAULTS, SETTING_WORDS

MONKEY = """RespondentID,CollectorID,Do you help?,Which help?,,,Anything else?
,,Response,Food,Shelter,Other (please specify),Open-Ended Response
114,9,Yes,Food,,Soap,Thanks
115,9,No,,Shelter,,
"""
EU = """Alias,help,,
Export Date,2024-10-17T01:10:49,,

Do you help? (P3),Which help? (P4),Why? (note) (Q1_a)
Yes(ID10),Food(P4_1); Shelter (night)(P4_2),because (of 2)
"""
EFS = """;Do you help?;Which help?;Which help?;
number;Help;Food;Shelter;disposition code
lfdn;v_1;v_2;v_3;dispcode
28;Yes;quoted;not quoted;Completed (31)
"""
MS = """ID,Start time,Completion time,Email,Name,Do you help?
1,2024-05-01 10:00:00,2024-05-01 10:05:00,anonymous,,Food;Shelter;
"""


def read(tmp_path, content, **settings):
    path = tmp_path / "export.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_survey(path, {**DEFAULTS["survey"], **settings})


def test_surveymonkey_has_a_second_header_row_and_no_respondent_in_it(tmp_path):
    survey = read(tmp_path, MONKEY)
    assert survey.tool == "surveymonkey" and survey.rows == [3, 4]
    assert [*survey.frame.columns] == [
        "RespondentID", "CollectorID", "Do you help?", "Which help? [Food]", "Which help? [Shelter]",
        "Which help? [Other (please specify)]", "Anything else?"]
    assert survey.frame["Which help? [Other (please specify)]"].tolist() == ["Soap", ""]


def test_surveymonkey_without_its_numbers_is_known_by_its_second_row(tmp_path):
    rows = [line.split(",", 2)[2] for line in MONKEY.splitlines()]
    assert read(tmp_path, "\n".join([*rows, ""])).tool == "surveymonkey"


def test_a_first_answer_that_says_response_makes_no_surveymonkey(tmp_path):
    assert read(tmp_path, "org,Q1\na,Response\nb,None\n").tool == "plain"


def test_eusurvey_names_its_questions_by_code_and_its_answers_by_text(tmp_path):
    survey = read(tmp_path, EU)
    assert survey.tool == "eusurvey" and survey.rows == [5]
    assert survey.wording == {"P3": "Do you help?", "P4": "Which help?", "Q1_a": "Why? (note)"}
    assert survey.frame.iloc[0].tolist() == ["Yes", "Food; Shelter (night)", "because (of 2)"]


@pytest.mark.parametrize("above", [0, 1, 2])
def test_efs_names_stand_below_questions_and_options(tmp_path, above):
    survey = read(tmp_path, "\n".join([*EFS.splitlines()[2 - above:], ""]))
    assert survey.tool == "efs" and survey.rows == [2 + above]
    assert [*survey.frame.columns] == ["lfdn", "v_1", "v_2", "v_3", "dispcode"]
    assert survey.wording["v_2"] == ["", "Food", "Which help? [Food]"][above]


def test_microsoft_forms_are_known_by_the_columns_for_the_time(tmp_path):
    assert read(tmp_path, MS).tool == "microsoft_forms"
    german = MS.replace("Start time", "Startzeit").replace("Completion time", "Fertigstellungszeit")
    assert read(tmp_path, german).tool == "microsoft_forms"


@pytest.mark.parametrize("first", ["Timestamp", "Marca temporal", "Horodateur"])
def test_google_forms_are_known_by_the_first_column(tmp_path, first):
    assert read(tmp_path, f"{first},Q1\n12/13/2019 9:50:30,yes\n").tool == "google_forms"


def test_the_setting_decides(tmp_path):
    assert read(tmp_path, MONKEY, tool="plain").rows == [2, 3, 4]


def test_every_tool_can_be_named():
    assert {*load_survey_readers()} == {*SETTING_WORDS["survey", "tool"]} - {""}


@pytest.mark.parametrize("name, tool, shape", [
    ("survey_tools/surveymonkey_starwars.csv", "surveymonkey", (1186, 38)),
    ("survey_tools/eusurvey_everse.xls", "eusurvey", (28, 228)),
    ("survey_tools/kobo_repeat_export.xlsx", "kobo", (12, 35)),
    ("survey_tools/limesurvey_rse_nl.csv", "limesurvey", (77, 131)),
    ("r_community_survey/2018_es.tsv", "google_forms", (295, 44)),
    ("napire2018/responses_efs_2018-02-05.csv", "efs", (1051, 220)),
    ("napire2018/responses_efs_2017-10-30_codes.xlsx", "efs", (332, 220))])
def test_real_exports_are_recognised(shared_data, name, tool, shape):
    chain = ["mac_roman", "cp1252", "utf-8"] if name.endswith("02-05.csv") else []
    survey = read_survey(shared_data / name, {**DEFAULTS["survey"], "encoding": chain})
    assert (survey.tool, survey.frame.shape) == (tool, shape)
