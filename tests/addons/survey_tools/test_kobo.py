"""KoboToolbox and ODK: select_multiple in both forms, repeat groups, wording."""

import openpyxl
import pytest

from glc_analysis.errors import Faults
from glc_analysis.intake.survey import read_survey
from tests.support.dialects import sheets_of, survey_settings

MAIN = [
    ["start", "about/org", "services", "services/shelter", "services/legal", "services_other",
     "_id", "_uuid", "_submission_time", "_index"],
    ["2024-05-01T10:00:00", "A", "shelter legal", 1, 1, None, 501, "u1", "2024-05-01T10:30:00", 1],
    ["2024-05-01T11:00:00", "B", "legal", 0, 1, "transport", 502, "u2", "2024-05-01T11:30:00", 2],
    ["2024-05-01T12:00:00", "C", None, None, None, None, 503, "u3", "2024-05-01T12:30:00", 3],
]  # fmt: skip
LINKS = ["_index", "_parent_table_name", "_parent_index", "_submission__id"]
VISITS = [
    ["visits/country", *LINKS],
    ["KHM", 1, "Main", 1, 501],
    ["PER", 2, "Main", 1, 501],
    ["KEN", 3, "Main", 3, 503],
]


def read(tmp_path, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(tmp_path / "kobo.xlsx")
    return read_survey(tmp_path / "kobo.xlsx")


def faults(tmp_path, **sheets):
    with pytest.raises(Faults) as caught:
        read(tmp_path, **sheets)
    return caught.value.faults


def test_a_select_multiple_keeps_both_its_forms(tmp_path):
    survey = read(tmp_path, Main=MAIN)
    assert survey.tool == "kobo"
    assert survey.frame["services"].tolist() == ["shelter legal", "legal", ""]
    assert survey.frame["services/shelter"].tolist() == ["1", "0", ""]
    assert survey.frame["services_other"].tolist() == ["", "transport", ""]
    assert survey.frame["about/org"].tolist() == ["A", "B", "C"]


def test_each_child_of_a_repeat_group_becomes_a_row_with_its_parent_s_cells(tmp_path):
    survey = read(tmp_path, Main=MAIN, visits=VISITS)
    assert survey.frame["about/org"].tolist() == ["A", "A", "B", "C"]
    assert survey.frame["visits/country"].tolist() == ["KHM", "PER", "", "KEN"]
    assert survey.rows == [2, 2, 3, 4]
    assert survey.loops == [1, 2, 0, 1]
    assert survey.repeated == ()


def test_children_find_their_parent_in_whatever_order_they_stand(tmp_path):
    survey = read(tmp_path, Main=MAIN, visits=[VISITS[0], *reversed(VISITS[1:])])
    assert survey.frame["visits/country"].tolist() == ["PER", "KHM", "", "KEN"]


def test_an_empty_repeat_group_still_gives_its_columns(tmp_path):
    survey = read(tmp_path, Main=MAIN, staff=[["staff/role", *LINKS]], visits=VISITS)
    assert survey.frame["staff/role"].tolist() == [""] * 4
    assert survey.frame["visits/country"].tolist() == ["KHM", "PER", "", "KEN"]


def test_two_repeat_groups_with_answers_are_a_fault(tmp_path):
    (fault,) = faults(tmp_path, Main=MAIN, visits=VISITS, staff=[["role", *LINKS], ["x", 1, "Main", 1, 501]])
    assert "visits, staff" in fault.message


def test_children_without_a_parent_are_all_named(tmp_path):
    lost = [VISITS[0], ["KHM", 1, "Main", 8, 501], VISITS[2], ["KEN", 3, "Main", 9, 503]]
    found = faults(tmp_path, Main=MAIN, visits=lost)
    assert [(f.file, f.row, f.value) for f in found] == [
        ("kobo.xlsx, sheet visits", "2", "8"),
        ("kobo.xlsx, sheet visits", "4", "9"),
    ]


def test_two_parents_of_one_number_are_a_fault(tmp_path):
    twice = [*MAIN, [*MAIN[1][:-1], 1]]
    assert [fault.row for fault in faults(tmp_path, Main=twice, visits=VISITS)] == ["2", "5"]


def test_a_repeat_group_without_its_parents_column_is_a_fault(tmp_path):
    (fault,) = faults(tmp_path, Main=[row[:-1] for row in MAIN], visits=VISITS)
    assert fault.column == "_index"


def test_a_question_of_the_same_name_in_both_sheets_is_reported(tmp_path):
    visits = [["about/org", *LINKS], ["Z", 1, "Main", 1, 501]]
    survey = read(tmp_path, Main=MAIN, visits=visits)
    assert survey.repeated == ("about/org",)
    assert survey.frame["about/org"].tolist() == ["A", "B", "C"]


def test_headings_that_are_question_texts_are_the_wording(tmp_path):
    survey = read(tmp_path, Main=[["Which services?", *MAIN[0][6:]], ["Shelter", *MAIN[1][6:]]])
    assert survey.wording["Which services?"] == "Which services?"
    assert survey.wording["_uuid"] == ""


def test_a_kobo_csv_is_recognised(tmp_path):
    path = tmp_path / "kobo.csv"
    path.write_text(
        '"about/org";"services";"_uuid";"_index"\n"A";"shelter legal";"u1";"1"\n', encoding="utf-8"
    )
    survey = read_survey(path)
    assert (survey.tool, survey.frame.loc[0, "services"]) == ("kobo", "shelter legal")


def test_a_repeat_group_alone_as_csv_is_a_fault(tmp_path):
    path = tmp_path / "survey-visits.csv"
    path.write_text("country,PARENT_KEY,KEY\nKHM,uuid:1,uuid:1/visits[1]\n", encoding="utf-8")
    with pytest.raises(Faults, match="XLSX"):
        read_survey(path)


def test_a_sheet_beside_a_form_and_its_repeat_groups_is_asked_about(tmp_path):
    form = [["org", "_id", "_uuid", "_index"], ["a", 1, "x", 1]]
    group = [["visit", "_parent_index"], ["here", 1]]
    path = sheets_of(tmp_path / "kobo.xlsx", notes=[["by hand"]], form=form, group=group)
    with pytest.raises(Faults, match="'notes' .1 row., 'form' .2 rows. and 'group'"):
        read_survey(path, survey_settings())
    survey = read_survey(path, survey_settings(sheets={"kobo.xlsx": "form | group"}))
    assert survey.frame["visit"].tolist() == ["here"]
