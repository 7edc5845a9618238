"""Plain tables, and what holds for the header of any file."""

import openpyxl

from glc_analysis.intake.survey import read_survey


def read(tmp_path, content):
    path = tmp_path / "answers.csv"
    path.write_text(content, encoding="utf-8")
    return read_survey(path)


def test_every_cell_stays_the_text_it_was(tmp_path):
    survey = read(tmp_path, "org,Q1\n007,None\n1.50,NA\n1e5,\n")
    assert survey.tool == "plain"
    assert survey.frame["org"].tolist() == ["007", "1.50", "1e5"]
    assert survey.frame["Q1"].tolist() == ["None", "NA", ""]
    assert set(survey.frame.dtypes.astype(str)) == {"str"}


def test_a_nameless_column_is_dropped_where_it_is_blank_and_numbered_where_it_is_not(tmp_path):
    survey = read(tmp_path, "org,,Q1,,\n1,x,a,,\n2,,b,,\n")
    assert survey.frame.columns.tolist() == ["org", "column_2", "Q1"]
    assert survey.frame["column_2"].tolist() == ["x", ""]


def test_columns_of_one_name_are_told_apart_by_their_place(tmp_path):
    survey = read(tmp_path, "org,Q1,Q1\n1,first,second\n")
    assert survey.repeated == ("Q1",)
    assert survey.frame.loc[0, ["Q1", "Q1 [2]", "Q1 [3]"]].tolist() == ["first", "first", "second"]
    assert survey.wording["Q1 [3]"] == "Q1"


def test_a_second_header_row_is_not_guessed_at(tmp_path):
    assert read(tmp_path, "org,Q1\nOrganisation,Which?\n1,a\n").rows == [2, 3]


def test_a_workbook_gives_its_first_sheet_that_holds_anything(tmp_path):
    book = openpyxl.Workbook()
    answers = book.create_sheet("Answers")
    for row in (["org", "Q1"], [7, "a"], [8, 2.5]):
        answers.append(row)
    book.save(tmp_path / "answers.xlsx")
    survey = read_survey(tmp_path / "answers.xlsx")
    assert survey.frame.to_dict("list") == {"org": ["7", "8"], "Q1": ["a", "2.5"]}
    assert survey.rows == [2, 3]


def test_the_real_survey_of_ngos_is_read_whole(shared_data):
    survey = read_survey(shared_data / "ngo_survey" / "responses.csv")
    assert (survey.tool, survey.frame.shape, survey.repeated) == ("plain", (561, 152), ())
    assert not survey.frame.isna().any(axis=None)
    assert (survey.frame["Q3.3"] == "None").sum() == 4


def test_blanks_around_a_heading_are_no_part_of_its_name(tmp_path):
    path = tmp_path / "answers.csv"
    path.write_text("Which? ,Why?\nLaw,So\n", encoding="utf-8")
    assert list(read_survey(path).frame.columns) == ["Which?", "Why?"]
