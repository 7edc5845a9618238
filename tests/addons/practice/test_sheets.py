"""Sheets go out prefilled and come back: what is read, what is refused, and what harm does at once."""

import re

import pytest
from openpyxl import load_workbook

from glc_analysis.addons.practice import returned_sheets, sheets
from glc_analysis.addons.practice.sheets import COMMITMENT, TRIAL_QUESTIONS, read_practice_sheet_phrases
from glc_analysis.errors import Faults, GLCError
from glc_analysis.reference import read_reference_table
from glc_analysis.templates import read_csv_texts_by_language
from tests.addons.practice.support.practice_rows import TRIAL, consents, will_try
from tests.support.study_writer import write_study

ANSWERS = {"predicted": "More people come back.", "done": "Tea first.", "started_on": "2018-01-08",
           "ended_on": "2018-02-20", "scale": "one worker", "before": "Many did not come back.",
           "after": "Most came back.", "observed": "better / mejor", "changed": "The form comes later.",
           "kept_and_known": "We ask at each meeting.", "harm": "no", "decision": "adoptar",
           "learnt": "Waiting is work.", "shown_for": "convening"}
PRINCIPLES = [{"principle_id": f"P0{n}", "version": "1", "statement": f"Text {n}.", "language": "en",
               "status": "agreed"} for n in (1, 2, 3)]


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "read_organisation_names_and_languages",
                        lambda study: ({"quay": "Quay House"}, {"quay": "es"}))
    evidence = [{"principle_id": f"P0{n}", "evidence_id": "e1", "kind": "literature", "reference": "A book",
                 "stance": "supports", "claim": "literature"} for n in (1, 2, 3)]
    return write_study(
        tmp_path, [{"org": "quay"}], settings={"practice": {"safeguarding": "Lina, day and night"}},
        principles=PRINCIPLES, evidence=evidence, consent=consents("quay"),
        organisations=[{"organisation_id": "quay", "label": "Quay House", "type": "shelter"}],
        commitments=[will_try("quay", "P01")], trials=[{}], reviews=[{}])


def written(study):
    paths, _ = sheets.write_practice_sheets_of_consenting_organisations(study)
    return paths


def send_back(study, answers, *, column=3, name="quay.xlsx"):
    """Fills in the organisation's workbook and puts it into raw/trials."""
    book = load_workbook(written(study)[1])
    grid = book.active
    for row in grid.iter_rows(max_col=1):
        if row[0].value in answers:
            grid.cell(row[0].row, column).value = answers[row[0].value]
    (study.raw / "trials").mkdir(exist_ok=True)
    book.save(study.raw / "trials" / name)
    return returned_sheets.enter_returned_practice_sheets(study)


def test_a_sheet_says_first_whom_to_call(study):
    page = re.sub(r"<style>.*?</style>|<[^>]+>", " ", written(study)[0].read_text(encoding="utf-8"),
                  flags=re.DOTALL)
    assert page.split("En la práctica", 2)[1].count("Lina, day and night") == 1  # behind the page's title
    first = load_workbook(written(study)[1]).active["B1"].value
    assert first.startswith("Si alguien está en peligro") and "Lina, day and night" in first.split("\n")[0]


def test_who_tries_nothing_is_asked_on_paper_only_what_it_means_to_do(study):
    tries = written(study)[0].read_text(encoding="utf-8")
    study.locate_reference_file("commitments").write_text(
        "organisation_id,principle_id,version,intent,because,review_on\n"
                                                          "quay,P01,1,already,We do.,\n", encoding="utf-8")
    tries_nothing = written(type(study)(study.root))[0].read_text(encoding="utf-8")
    say = read_practice_sheet_phrases("es")
    assert say["predicted"] in tries and say["predicted"] not in tries_nothing
    assert say["new_because"] in tries_nothing


def test_the_sheet_after_an_answer_has_another_name_since_what_came_back_never_changes(study):
    first, workbook = written(study)
    send_back(study, {"predicted": "More people come back.", "started_on": "2018-01-08"}, name=workbook.name)
    paths = written(type(study)(study.root))
    assert [path.name for path in (first, *paths)] == ["quay-2.html", "quay-3.html", "quay-3.xlsx"]
    assert sorted((study.reports / "team/trials").iterdir()) == sorted(paths)  # the earlier one is gone


def test_without_a_safeguarding_contact_no_sheet_is_written(study):
    path = study.settings_file
    path.write_text(path.read_text(encoding="utf-8").replace("Lina, day and night", ""), encoding="utf-8")
    with pytest.raises(GLCError, match="safeguarding"):
        sheets.write_practice_sheets_of_consenting_organisations(type(study)(study.root))


def test_a_sheet_is_in_the_organisations_language_and_says_that_this_is_a_draft(study):
    page = written(study)[0].read_text(encoding="utf-8")
    assert 'lang="es"' in page and "Esta traducción es un borrador" in page and "Text 1." in page


def test_every_fixed_text_is_there_in_each_language():
    texts = read_csv_texts_by_language(sheets.__file__, "sheet.csv")
    assert [*texts] == ["en", "es", "ar", "km", "fr"]
    assert not [(language, key) for language, said in texts.items() for key, text in said.items()
                if "[English]" in text]
    assert {*TRIAL_QUESTIONS, *COMMITMENT} <= {*read_practice_sheet_phrases("en")}


def test_the_same_sheet_gives_the_same_bytes(study):
    first = [path.read_bytes() for path in written(study)]
    assert first == [path.read_bytes() for path in written(study)]


def test_what_comes_back_is_a_row_and_a_second_entry_changes_nothing(study):
    send_back(study, ANSWERS)
    row = read_reference_table(study, "trials").iloc[0].to_dict()
    assert {name: row[name] for name in ("organisation_id", "principle_id", "version", "cycle", "observed",
                                         "harm", "decision", "scale", "shown_for")} == {
        "organisation_id": "quay", "principle_id": "P01", "version": "1", "cycle": "1", "observed": "better",
        "harm": "none", "decision": "adopt", "scale": "one_worker", "shown_for": "convening"}
    before = study.locate_reference_file("trials").read_bytes()
    assert returned_sheets.enter_returned_practice_sheets(study).n_trials == 0
    assert study.locate_reference_file("trials").read_bytes() == before


def test_what_was_expected_stays_and_the_rest_completes_it(study):
    send_back(study, {"predicted": "More people come back.", "started_on": "2018-01-08"})
    assert "More people come back." in written(study)[0].read_text(encoding="utf-8")
    (study.raw / "trials" / "quay.xlsx").unlink()
    done = send_back(study, ANSWERS, name="quay-2.xlsx")
    rows = read_reference_table(study, "trials")
    assert (len(rows), done.n_trials, rows.iloc[0]["decision"]) == (1, 1, "adopt")
    (study.raw / "trials" / "quay-2.xlsx").unlink()
    with pytest.raises(Faults, match="entered before"):
        book = load_workbook(written(study)[1])
        book.active["C2"] = "trial quay P01.1 1"
        book.active["C6"] = "Something else."
        book.save(study.raw / "trials" / "quay-3.xlsx")
        returned_sheets.enter_returned_practice_sheets(study)


def test_faults_are_named_by_file_and_column_and_nothing_is_written(study):
    before = study.locate_reference_file("trials").read_bytes()
    with pytest.raises(Faults) as raised:
        send_back(study, ANSWERS | {"predicted": "", "learnt": "We asked 3 women.", "ended_on": "soon"})
    said = str(raised.value)
    assert "quay.xlsx, column C" in said
    assert "prediction" in said and "3 women" in said and "soon" in said
    assert study.locate_reference_file("trials").read_bytes() == before


def test_harm_opens_a_review_in_the_same_writing(study):
    done = send_back(study, ANSWERS | {"harm": "sí", "reported_to": "the safeguarding lead",
                                       "reported_on": "2018-02-20"})
    assert done.harmful == {"P01.1": "2018-02-27"}
    row = read_reference_table(study, "reviews").iloc[0]
    assert (row["principle_id"], row["version"], row["due_on"], row["trigger"], row["decision"]) == (
        "P01", "1", "2018-02-27", "harm", "")


def test_a_further_commitment_comes_back_and_a_third_is_refused(study):
    send_back(study, {"new_principle": "p02", "new_intent": "probaremos", "new_because": "It fits.",
                      "new_review_on": "2018-06-01"}, column=4)
    assert read_reference_table(study, "commitments")["principle_id"].tolist() == ["P01", "P02"]
    with pytest.raises(Faults, match="more than 2 principles"):
        send_back(study, {"new_principle": "P03", "new_intent": "will try", "new_because": "It fits."},
                  name="quay-2.xlsx")


def test_a_trial_that_has_ended_is_what_the_next_sheet_begins_with(study):
    send_back(study, ANSWERS | {"decision": "go_on"})
    page = written(study)[0].read_text(encoding="utf-8")
    assert "trial quay P01.1 2" in page and page.count("Waiting is work.") == 2
    assert TRIAL["learnt"] == "Waiting is work."


def test_paper_and_strange_files_are_refused_with_what_to_do(study):
    (study.raw / "trials").mkdir(exist_ok=True)
    (study.raw / "trials" / "scan.pdf").write_bytes(b"%PDF")
    with pytest.raises(Faults, match="type what is on the paper"):
        returned_sheets.enter_returned_practice_sheets(study)
