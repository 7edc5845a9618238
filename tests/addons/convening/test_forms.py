"""The forms of a round: exact texts, a code and no name, each in its rater's language."""

import stat

import pandas as pd
import pytest
from openpyxl import load_workbook

from glc_analysis.addons.convening.amendments import propose_principle
from glc_analysis.addons.convening.rating_forms import read_form_phrases
from glc_analysis.addons.convening.ratings import FORM_BOXES, WORKBOOK_COLUMNS, read_ratings_file
from glc_analysis.errors import Faults, UsageError
from glc_analysis.study import Study
from glc_analysis.text import content_hash
from tests.addons.convening.support.form_study import LANGUAGES, FormStudy, fill
from tests.support.study_on_disk import whole_table

TEXTS = ("Offer rest before you ask.", "Pay people fairly.",
         '=1+1 is no sum: <b>plan</b> "together", in peace.')
OPENED = [["1", "2017-05-08", "", name, version, content_hash(text)]
          for name, version, text in zip(("P01", "P02", "P03"), "121", TEXTS, strict=True)]


def read_as_raters_do(patched):
    patched.setattr("glc_analysis.addons.convening.form_files.read_organisation_names_and_languages",
                    lambda study: ({}, LANGUAGES))


@pytest.fixture
def study(tmp_path, monkeypatch):
    read_as_raters_do(monkeypatch)
    return FormStudy(tmp_path)


def rounds(study):
    """The rows of rounds.csv."""
    path = study.root / "reference/rounds.csv"
    return pd.read_csv(path, dtype="str", keep_default_na=False).to_numpy().tolist()


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A study whose first round is open; ``issued`` is what the command says of its forms."""
    study = FormStudy(tmp_path_factory.mktemp("opened") / "study")
    with pytest.MonkeyPatch.context() as patched:
        read_as_raters_do(patched)
        study.issued = study.issue()
    return study


@pytest.fixture
def open_study(opened, tmp_path, monkeypatch):
    """A copy of it."""
    read_as_raters_do(monkeypatch)
    return opened.copied(tmp_path / "study")


def test_a_new_round_asks_about_the_text_of_every_current_candidate(opened):
    assert opened.issued.is_new and rounds(opened) == OPENED
    assert opened.issued.asked["printed_id"].tolist() == ["P01.1", "P02.2", "P03.1"]


def test_forms_of_an_open_round_are_the_same_bytes_whenever_they_are_written(open_study):
    before = open_study.files()
    assert not open_study.issue().is_new
    assert open_study.files() == before


def test_a_round_keeps_its_versions_and_the_next_one_has_the_current(open_study):
    study = open_study
    study.spoil_table("principles", ("Fair pay,community,care,,candidate",
                                             "Fair pay,community,care,,superseded"))
    study.spoil_table("principles", (
        "P04,1", "P02,3,Pay people every week.,Fair pay,community,care,,candidate,weekly,beacon,en,\nP04,1"))
    assert study.issue().asked["printed_id"].tolist() == ["P01.1", "P02.2", "P03.1"]
    assert study.issue("2").asked["printed_id"].tolist() == ["P01.1", "P02.3", "P03.1"]
    assert rounds(study)[:3] == OPENED and len(rounds(study)) == 6


def test_only_those_principles_are_asked_that_somebody_put_into_the_round(study):
    header = "round_id,opened_on,closed_on,principle_id,version\n"
    study.write("reference/rounds.csv", f"{header}1,2017-05-01,,P03,1\n")
    assert study.issue().asked["printed_id"].tolist() == ["P03.1"]
    assert rounds(study) == [["1", "2017-05-01", "", *OPENED[2][3:]]]


@pytest.mark.parametrize(("file", "old", "new", "said"), [
    ("principles", "Pay people fairly.", "Pay people well.", "`glc amend P02`"),
    ("rounds", "1,2017-05-08,,", "1,2017-05-08,2017-05-09,", "round 1 was closed"),
    ("rounds", "P02,2", "P02,7", "principles.csv has no such version"),
    ("raters", ",true", ",false", "names nobody who may rate"),
])
def test_what_a_round_cannot_stand_is_refused_and_nothing_is_written(open_study, file, old, new, said):
    study = open_study
    study.spoil_table(file, (old, new))
    before = study.files()
    with pytest.raises(Faults, match=said):
        study.issue()
    assert study.files() == before


def test_a_round_without_candidates_and_one_without_a_name_are_refused(study):
    with pytest.raises(UsageError, match="cannot be the name of a round"):
        study.issue("../2")
    study.spoil_table("principles", ("candidate", "agreed"))
    with pytest.raises(Faults, match="no current candidate"):
        study.issue()
    assert not (study.root / "reports").exists()


def test_a_form_is_in_the_language_of_the_rater_and_marks_texts_that_are_not(opened, tmp_path):
    assert opened.issued.raters.to_numpy().tolist() == [
        ["r12", "en", ""], ["r29", "ar", ""], ["r33", "en", ""],
        ["r50", "km", "still in en: P02.2"]]
    for path in (opened.form("r50.html"), opened.form("r50.txt")):
        text = path.read_text(encoding="utf-8")
        assert text.count("[ភាសាអង់គ្លេស]") == 1 and "Pay people fairly. [ភាសាអង់គ្លេស]" in text
    boxes = {n: {"importance": 8, "feasibility": 3} for n in range(3)}
    filled = fill(opened.form("r50.xlsx"), tmp_path / "filled.xlsx", boxes)
    marked = [cell.value for cell in load_workbook(filled).active["A"][3:]]
    assert marked == ["P01.1", "P02.2 [ភាសាអង់គ្លេស]", "P03.1"]
    assert len(read_ratings_file(filled)) == 6
    assert opened.issued.unchecked == ("ar", "km")


def test_a_rater_without_an_organisation_has_a_form_in_the_language_of_raters_csv(study):
    study.spoil_table("raters", ("may_rate\n", "may_rate,language\n"), ("true\n", "true,\n"),
                      ("false\n", "false,\n"), ("survivor_adviser,true,", "survivor_adviser,true,km"),
                      ("r29,beacon,provider,true,", "r29,beacon,provider,true,en"))
    assert study.issue().raters.to_numpy().tolist() == [
        ["r12", "en", ""], ["r29", "en", ""], ["r33", "km", "still in en: P02.2"],
        ["r50", "km", "still in en: P02.2"]]
    assert '<html lang="km"' in study.form("r33.html").read_text(encoding="utf-8")


def test_a_language_of_a_rater_that_is_none_is_a_fault_in_its_row(study):
    study.spoil_table("raters", ("may_rate\n", "may_rate,language\n"), ("true\n", "true,klingon\n"),
                      ("false\n", "false,\n"))
    with pytest.raises(Faults, match="raters.csv, rows 2, 3, 4, 5, column language, value 'klingon'"):
        study.issue()


def test_a_text_from_the_floor_in_another_language_is_noted_with_its_own(study):
    propose_principle(Study(study.root), "Diga cuánto dura el dinero.", language="es", asked_by="the room",
                      because="asked")
    notes = dict(study.issue().raters[["rater_id", "note"]].to_numpy().tolist())
    assert (notes["r12"], notes["r50"]) == ("still in es: P05.1", "still in en: P02.2; still in es: P05.1")


def test_a_form_without_any_translated_text_has_the_words_of_the_ballot_in_the_raters_language(study):
    lines = whole_table(study.root, "principles").splitlines(keepends=True)
    study.write_table("principles", "".join(line for line in lines if ",ar," not in line))
    assert study.issue().raters.to_numpy().tolist()[1] == ["r29", "ar", "still in en: P01.1, P02.2, P03.1"]
    page = study.form("r29.html").read_text(encoding="utf-8")
    assert '<html lang="ar" dir="rtl">' in page and "ضروري جداً" in page and "essential" not in page
    assert page.count("[الإنجليزية]") == 3


def test_forms_are_their_owners_alone_and_name_nobody(opened):
    folder = opened.issued.folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700 == stat.S_IMODE(folder.parents[1].stat().st_mode)
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [f"r{n}.{kind}" for n in (12, 29, 33, 50) for kind in ("xlsx", "html", "txt")]
        + ["pictures.html", "round.xlsform.xlsx"])
    for path in folder.iterdir():
        assert not [name for name in (b"harbour", b"beacon", b"compass") if name in path.read_bytes().lower()]
    assert b"creator" not in opened.form("r12.xlsx").read_bytes()


def test_only_the_boxes_of_the_workbook_are_open_and_they_take_what_they_ask_for(opened):
    sheet = load_workbook(opened.form("r29.xlsx")).active
    assert sheet.sheet_view.rightToLeft and sheet.protection.sheet and not sheet.protection.password
    is_open = {cell.coordinate for row in sheet.iter_rows() for cell in row if not cell.protection.locked}
    letters = [chr(65 + WORKBOOK_COLUMNS.index(box)) for box in FORM_BOXES]
    assert is_open == {f"{letter}{n}" for letter in letters for n in (4, 5, 6)}
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert {str(rule.sqref): (rule.type, rule.formula1, rule.formula2)
            for rule in sheet.data_validations.dataValidation} == {
        "C4:C6": ("whole", "1", "9"), "D4:D6": ("whole", "1", "9"), "E4:E6": ("list", '"x"', None),
        "G4:G6": ("list", '"yes / نعم,no / لا"', None)}
    assert [cell.value for cell in sheet["H"][3:]] == [
        f"1 r29 {name} {content_hash(text)}" for name, text in (
            ("P01.1", "قدموا الراحة قبل السؤال."), ("P02.2", "ادفعوا أجرا عادلا."), ("P03.1", "خططوا معا."))]


def test_a_workbook_that_was_filled_in_where_it_lay_is_not_written_over(open_study):
    study = open_study
    path = fill(study.form("r12.xlsx"), study.form("r12.xlsx"), {0: {"comment": "At night."}})
    before = path.read_bytes()
    with pytest.raises(Faults, match="1/r12.xlsx: holds answers"):
        study.issue()
    assert path.read_bytes() == before


def test_the_page_to_print_has_nine_boxes_a_line_and_the_code_on_every_page(opened):
    page = opened.form("r12.html").read_text(encoding="utf-8")
    head, body = page.split("<tbody>")
    assert "<thead><tr><th scope=\"col\">Round 1 · Code r12</th></tr></thead>" in head
    assert body.count('<span class="box">') == 3 * 2 * 9
    assert "=1+1 is no sum: &lt;b&gt;plan&lt;/b&gt; &#34;together&#34;, in peace." in body
    assert f"P02.2 en {content_hash('Pay people fairly.')}" in body
    assert '<html lang="ar" dir="rtl">' in opened.form("r29.html").read_text(encoding="utf-8")


def test_the_text_to_send_asks_for_every_score_and_fits_a_page(opened):
    lines = opened.form("r12.txt").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "Round 1 · Code r12 · en"
    assert [line.split(" 1-9")[0] for line in lines if "1-9: __" in line] == [
        "P01 Importance", "P02 Importance", "P03 Importance"]


def test_the_pictures_are_no_numbers_and_say_where_their_votes_go(opened):
    page = opened.form("pictures.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 3 * 3 * 3 and '<span class="box' not in page
    assert all(read_form_phrases(language)["pictures_back"] in page for language in ("en", "ar"))


def test_every_language_has_every_fixed_text():
    for language in ("es", "ar", "km", "fr"):
        same = [key for key, text in read_form_phrases(language).items()
                if text == read_form_phrases("en")[key]]
        assert {*same} <= {"no", "code", "comment", "importance", "feasibility_low", "picture_high",
                           "principle"}, language
        assert read_form_phrases(language)["native_reader"] == "no"


@pytest.mark.acceptance
def test_the_command_opens_a_round_and_says_so(tmp_path):
    study = FormStudy(tmp_path)
    done = study.glc("forms", "--round", "1")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[0] == "rater_id,language,note" and "r12,en," in done.stdout
    assert "Round 1 is opened, and asks about P01.1, P02.2, P03.1." in done.stderr
    assert "Round 1 is open, and asks" in study.glc("forms", "--round", "1").stderr
    study.spoil("reference/rounds.csv", ("1,2017-05-08,,".replace("2017-05-08", rounds(study)[0][1]),
                                         f"1,{rounds(study)[0][1]},{rounds(study)[0][1]},"))
    refused = study.glc("forms", "--round", "1")
    assert refused.exit_code == 1 and "round 1 was closed" in refused.output


@pytest.mark.parametrize("language", ["en", "es", "ar", "km", "fr"])
def test_raters_are_told_before_they_vote_what_is_shown_and_that_a_missing_page_tells(language):
    said = read_form_phrases(language)["privacy"]
    assert said and (said != read_form_phrases("en")["privacy"] or language == "en")


def test_every_form_says_that_a_missing_page_lets_neighbours_guess(opened):
    folder = opened.issued.folder
    said = "a missing page shows who did not vote"
    assert all(said in (folder / f"r33.{ending}").read_text() for ending in ("html", "txt"))
    assert said in load_workbook(folder / "r33.xlsx").active.cell(1, 1).value
    survey = load_workbook(folder / "round.xlsform.xlsx")["survey"]
    assert any(said in str(cell.value) for row in survey.iter_rows() for cell in row)
