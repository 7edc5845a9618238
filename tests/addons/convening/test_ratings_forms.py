"""Forms that come back: read whole, or refused with every place where something is wrong."""

import csv
import re
import zipfile
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from glc_analysis.addons.convening.ratings import (
    VOTE_COLUMNS,
    is_any_workbook_box_filled,
    read_filled_form,
    read_ratings_file,
    unanswered_principle_faults,
)
from glc_analysis.errors import Faults
from glc_analysis.text import content_hash
from tests.addons.convening.support.form_study import LANGUAGES, FormStudy, fill
from tests.support.share import share

WHOLE = {0: {"importance": 8, "feasibility": "٣"}, 1: {"abstain": "x"},
         2: {"importance": "９", "feasibility": 1.0, "comment": " Nur nachts,\n„leise“ 🌙 ",
             "may_be_read": "no"}}


@pytest.fixture(scope="module")
def issued(tmp_path_factory):
    """The forms of an open round."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("glc_analysis.addons.convening.form_files.read_organisation_names_and_languages",
                      lambda study: ({}, LANGUAGES))
        return FormStudy(tmp_path_factory.mktemp("issued")).issue().folder


@pytest.fixture
def filled(issued, tmp_path):
    """A form with some boxes changed against a whole one."""
    def one(changes=None, rater="r12"):
        rows = {n: WHOLE[n] | (changes or {}).get(n, {}) for n in WHOLE}
        return fill(issued / f"{rater}.xlsx", tmp_path / f"{rater}.xlsx", rows)

    return one


def refused(path):
    """What is wrong with a file."""
    with pytest.raises(Faults) as found:
        read_filled_form(path)
    return [str(fault) for fault in found.value.faults]


def test_a_whole_form_becomes_two_votes_a_principle(filled):
    votes = read_filled_form(filled())
    assert tuple(votes.columns) == VOTE_COLUMNS
    first, pay, plan = map(content_hash, ("Offer rest before you ask.", "Pay people fairly.",
                                          '=1+1 is no sum: <b>plan</b> "together", in peace.'))
    comment = "Nur nachts,\n„leise“ 🌙", "no"
    assert [row[1:] for row in votes.itertuples(index=False, name=None)] == [
        ("4", "1", "r12", "P01", "1", first, "importance", "8", "false", "", ""),
        ("4", "1", "r12", "P01", "1", first, "feasibility", "3", "false", "", ""),
        ("5", "1", "r12", "P02", "2", pay, "importance", "abstain", "true", "", ""),
        ("5", "1", "r12", "P02", "2", pay, "feasibility", "abstain", "true", "", ""),
        ("6", "1", "r12", "P03", "1", plan, "importance", "9", "false", *comment),
        ("6", "1", "r12", "P03", "1", plan, "feasibility", "1", "false", "", "")]
    assert set(votes["file"]) == {"r12.xlsx"}


def test_a_form_in_another_language_has_the_version_of_its_own_words(filled):
    votes = read_ratings_file(filled({2: {"may_be_read": "yes / نعم"}}, rater="r29"))
    assert votes["text_version"].tolist()[::2] == [*map(content_hash, (
        "قدموا الراحة قبل السؤال.", "ادفعوا أجرا عادلا.", "خططوا معا."))]
    assert votes.loc[4, "may_be_read"] == "yes"
    assert votes.loc[2, ["score", "is_abstained"]].tolist() == ["", "true"]


@pytest.mark.parametrize(("box", "value", "said"), [
    ("importance", 0, "row 4, column importance, value '0': is not a whole number from 1 to 9"),
    ("importance", 10, "row 4, column importance, value '10': is not a whole number from 1 to 9"),
    ("importance", "7-8", "row 4, column importance, value '7-8': is not a whole number from 1 to 9"),
    ("feasibility", 7.5, "row 4, column feasibility, value '7.5': is not a whole number from 1 to 9"),
    ("feasibility", "٠", "row 4, column feasibility, value '٠': is not a whole number from 1 to 9"),
    ("abstain", "x", "row 4, column importance, value '8': has both a score and an abstention"),
    ("abstain", "no", "row 4, column abstain, value 'no': this is not an x"),
    ("may_be_read", "perhaps", "row 4, column may_be_read, value 'perhaps': this is neither yes nor no"),
    ("statement", "Offer rest.", "row 4, column statement, value 'Offer rest.': these are not the words"),
    ("stamp", "1 r12", "row 4, column stamp, value '1 r12': this is not the stamp of a form"),
    ("importance", "=4+4", "row 4, column C, value '=4+4': is a formula"),
])
def test_what_a_box_cannot_hold_is_named_with_its_place(filled, box, value, said):
    faults = refused(filled({0: {box: value}}))
    assert said in faults[0] and faults[0].startswith("r12.xlsx, sheet Round 1, ") and "To fix: " in faults[0]


def test_all_faults_of_a_form_come_at_once(filled):
    faults = refused(filled({0: {"importance": 0}, 1: {"abstain": None}, 2: {"may_be_read": "?"}}))
    assert [re.search(r"row (\d), column ([a-z_, ]+?)(?:, value|:)", fault).groups() for fault in faults] == [
        ("4", "importance"), ("6", "may_be_read"), ("5", "importance, feasibility")]
    assert "P02 is blank" in faults[2] and "`glc enter --round 1`, code r12" in faults[2]


def test_a_blank_box_is_no_answer_and_no_guess(filled):
    votes = read_ratings_file(filled({0: {"feasibility": None}}))
    assert votes["score"].tolist()[:2] == ["8", "unanswered"] and votes.loc[1, "is_abstained"] == "false"


@pytest.mark.parametrize("how", ["cleared", "deleted"])
@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_row_that_is_gone_is_one_of_the_round_without_an_answer(filled, how, n):
    path = filled()
    book = load_workbook(path)
    if how == "deleted":
        book.active.delete_rows(n + 4)
    else:
        for cell in book.active[n + 4]:
            cell.value = None
    book.save(path)
    asked = {"1": ["P01", "P02", "P03"]}
    gone = read_ratings_file(path, expected_principles_by_round=asked).query("score == 'unanswered'")
    assert {*zip(gone["principle_id"], gone["row"], gone["text_version"], strict=True)} == {
        (f"P0{n + 1}", str(n + 4), "")}
    assert gone["criterion"].tolist() == ["importance", "feasibility"]
    [fault] = unanswered_principle_faults(gone)
    assert str(fault).startswith(f"r12.xlsx, row {n + 4}: the row of P0{n + 1} is missing. To fix: ask r12")


@pytest.mark.parametrize("ending", ["ods", "xls", "ODS", "numbers"])
def test_a_form_that_was_saved_in_another_program_says_how_to_save_it(tmp_path, ending):
    path = tmp_path / f"r12.{ending}"
    path.write_bytes(b"PK\x03\x04 or anything")
    with pytest.raises(Faults, match=r"spreadsheet|old Excel") as found:
        read_ratings_file(path)
    assert "Save As with the type Excel workbook (.xlsx)" in str(found.value)


def test_a_principle_twice_is_refused_as_is_a_row_of_another_rater_or_round(filled, issued):
    stamps = [load_workbook(issued / f"{rater}.xlsx").active["H4"].value for rater in ("r12", "r33")]
    statement = load_workbook(issued / "r12.xlsx").active["B4"].value
    [twice] = refused(filled({1: {"stamp": stamps[0], "statement": statement}}))
    assert "row 5" in twice and "r12 has rated P01 in row 4 as well" in twice
    for strange in (stamps[1], f"2 {stamps[0].partition(' ')[2]}"):
        [fault] = refused(filled({1: {"stamp": strange, "statement": statement}}))
        assert "row 5" in fault and "belongs to another rater or round" in fault


def test_macros_are_refused_whatever_the_ending(filled):
    path = filled()
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("xl/vbaProject.bin", b"macro")
    assert "holds macros" in refused(path)[0]
    assert "the file may hold macros" in refused(path.rename(path.with_suffix(".xlsm")))[0]


def test_headings_that_are_gone_and_files_of_others_are_refused(filled, tmp_path):
    book = load_workbook(filled())
    book.active["D3"].value = "Feasibility"
    book.save(tmp_path / "renamed.xlsx")
    assert "column feasibility: the column is missing or not unique" in refused(tmp_path / "renamed.xlsx")[0]
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    assert "other.csv: the file holds no ratings" in refused(tmp_path / "other.csv")[0]


def test_a_form_is_filled_as_soon_as_anything_stands_in_a_box(issued, filled):
    assert not is_any_workbook_box_filled(issued / "r12.xlsx")
    assert is_any_workbook_box_filled(filled())


# --- KoboToolbox and ODK


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder for exports."""
    return tmp_path_factory.mktemp("exports")


@pytest.fixture(scope="module")
def names(issued):
    """The questions of the XLSForm by path, as pyxform understands it."""
    xls2xform = pytest.importorskip("pyxform.xls2xform")
    done = xls2xform.convert(str(issued / "round.xlsform.xlsx"), validate=False)
    assert not done.warnings
    return done.xform, re.findall(r'<bind nodeset="/data/([^"]*)"', done.xform)


def export(path, names, *submissions, separator="/", delimiter=";"):
    """An export with XML values and headers: answers by question; what is calculated is calculated."""
    xform, paths = names
    text = StringIO()
    out = csv.writer(text, delimiter=delimiter)
    header = [one for one in paths if not one.startswith("meta")]
    out.writerow([*(one.replace("/", separator) for one in header), "_id", "_uuid", "_submission_time"])
    for n, answers in enumerate(submissions):
        row = []
        for one in header:
            name = one.split("/")[-1]
            told = re.search(rf'nodeset="/data/{one}"[^>]*calculate="([^"]*)"', xform)
            stamps = dict(re.findall(r"read_in  = '(\w+)', '([^']*)'", told[1])) if told else {}
            row.append(stamps[answers["read_in"]] if told else answers.get(name, ""))
        out.writerow([*row, n, f"uuid{n}", "2017-05-08T10:00:00"])
    path.write_text(text.getvalue(), encoding="utf-8-sig")
    return path


SUBMITTED = {"rater_id": "r29", "read_in": "ar", "importance_P01": "7", "feasibility_P01": "2",
             "comment_P01": "نعم", "may_be_read_P01": "yes", "abstain_P02": "x", "importance_P03": "1",
             "feasibility_P03": "9"}


@pytest.mark.parametrize(("separator", "delimiter"), [("/", ";"), ("-", ","), (":", "\t")])
def test_an_export_of_the_xlsform_comes_back_whole(names, tmp_path, separator, delimiter):
    english = SUBMITTED | {"rater_id": "r12", "read_in": "en"}
    path = export(tmp_path / "kobo.csv", names, SUBMITTED, english, separator=separator, delimiter=delimiter)
    votes = read_filled_form(path)
    assert votes["rater_id"].tolist() == ["r29"] * 6 + ["r12"] * 6
    assert votes["score"].tolist() == ["7", "2", "abstain", "abstain", "1", "9"] * 2
    assert votes.loc[0, ["row", "round_id", "principle_id", "comment", "may_be_read"]].tolist() == [
        "2", "1", "P01", "نعم", "yes"]
    assert votes["text_version"].tolist()[::6] == [*map(content_hash, (
        "قدموا الراحة قبل السؤال.", "Offer rest before you ask."))]


def test_a_rater_who_submitted_twice_and_other_scores_are_refused(names, tmp_path):
    path = export(tmp_path / "kobo.csv", names, SUBMITTED, SUBMITTED | {"feasibility_P03": "12"})
    faults = refused(path)
    assert len(faults) == 2
    assert "row 3, column p_P03/feasibility_P03, value '12': is not a whole number" in faults[0]
    assert "row 3, column p_P01/stamp_P01" in faults[1] and "r29 has rated P01 in row 2 as well" in faults[1]


def test_an_export_without_all_its_questions_is_refused(names, tmp_path):
    fewer = names[0], [one for one in names[1] if one != "rater_id"]
    path = export(tmp_path / "kobo.csv", fewer, SUBMITTED)
    assert "column rater_id: this column is missing" in refused(path)[0]


def test_the_xlsform_takes_the_codes_of_the_round_and_whole_numbers_alone(names):
    xform = names[0]
    assert "regex(., '^(r12|r29|r33|r50)$')" in xform
    bind = re.search(r'<bind nodeset="/data/p_P02/importance_P02"[^>]*', xform)[0]
    assert 'type="int" required="true()" constraint=". &gt;= 1 and . &lt;= 9"' in bind
    assert re.findall(r'<translation lang="([^"]*)"', xform) == [
        "English (en)", "Arabic (ar)", "Khmer (km)"]
    assert "P03.1 =1+1 is no sum: &lt;b&gt;plan&lt;/b&gt;" in xform


@settings(max_examples=share(40, 10))
@given(st.text(st.characters(codec="utf-8", categories=["N", "P", "Z", "S"]), max_size=3))
def test_a_score_is_one_of_nine_or_a_fault(names, folder, text):
    path = export(folder / "kobo.csv", names, SUBMITTED | {"importance_P01": text})
    try:
        assert read_filled_form(path).loc[0, "score"] in ([*"123456789"] if text.strip() else ["unanswered"])
    except Faults as found:
        assert "importance_P01" in str(found)
