"""A draft on disk: read back, corrected by a person, accepted question by question."""

import os
import shutil
from types import SimpleNamespace

import pytest
from openpyxl import load_workbook

from glc_analysis.addons.drafting.open_rows import OPEN_COLUMNS, read_open_rows, write_open_rows
from glc_analysis.study import Study
from tests.addons.drafting.support.drafted_study import glc, rewrite, rows
from tests.addons.drafting.support.exports import csv_file

ANSWERS = {
    "organisation": [f"Org {n}" for n in range(60)],
    "country": ["Kenya"] * 30 + ["Peru"] * 30,
    "Do you ask later?": ["Yes"] * 40 + ["No"] * 20,
    "How often?": ["Never"] * 20 + ["Often"] * 20 + ["Always"] * 20,
}


@pytest.fixture(scope="module")
def drafted(tmp_path_factory):
    """An export, and beside it the study that was begun with it."""
    folder = tmp_path_factory.mktemp("drafted")
    done = glc("init", folder / "study", "--from", csv_file(folder, ANSWERS))
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def study(drafted, tmp_path):
    shutil.copytree(drafted, tmp_path, dirs_exist_ok=True)
    return tmp_path / "study"


def test_nothing_counts_before_somebody_has_looked(study):
    assert glc("--study", study, "check").exit_code == 0
    assert rows(study / "reference/questions.csv") == []


def test_the_export_lies_unchanged_in_raw(study, tmp_path):
    assert (study / "raw/survey/answers.csv").read_bytes() == (tmp_path / "answers.csv").read_bytes()


def test_what_is_ready_is_accepted_with_the_name_of_who_looked(study):
    done = glc("--study", study, "check", "--accept-draft", "Ana")
    assert done.exit_code == 0, done.output
    assert [row["wording"] for row in rows(study / "reference/questions.csv")] == ["Do you ask later?"]
    assert {row["by"] for row in rows(study / "private/draft/accepted.csv")} == {"Ana"}
    assert 'country = "country"' in (study / "reference/study.toml").read_text(encoding="utf-8")


def test_the_rest_is_accepted_later(study):
    glc("--study", study, "check", "--accept-draft", "Ana")
    rewrite(
        study / "private/draft/questions.csv",
        lambda row: row.update(use="yes" if row["type"] == "scale" else row["use"]),
    )
    done = glc("--study", study, "check", "--accept-draft", "Ben")
    assert done.exit_code == 0, done.output
    assert len(rows(study / "reference/questions.csv")) == 2
    assert [row["by"] for row in rows(study / "private/draft/accepted.csv")] == ["Ana", "Ben"]


FORM = {
    "How often?": ["Never", "Often", "Always"] * 20,
    "Do you ask later?": ["Yes", "No"] * 30,
    "Which help? (all that apply)": ["Law", "Law, Food", "Food, Shelter", "Shelter"] * 15,
    "How often do you call?": ["Never", "Often", "Always"] * 20,
}


def test_accepted_questions_are_in_the_order_of_the_form_whenever_they_were_accepted(tmp_path):
    glc("init", tmp_path / "study", "--from", csv_file(tmp_path, FORM))
    drafted = [row["wording"] for row in rows(tmp_path / "study/private/draft/questions.csv")]
    assert drafted != [*FORM]  # there the unsure ones come first
    for kinds in (("single",), ("scale", "multi")):
        rewrite(tmp_path / "study/private/draft/questions.csv",
                lambda row, kinds=kinds: row.update(use="yes" if row["type"] in kinds else ""))
        assert glc("--study", tmp_path / "study", "check", "--accept-draft", "Ana").exit_code == 0
    assert [row["wording"] for row in rows(tmp_path / "study/reference/questions.csv")] == [*FORM]
    options = rows(tmp_path / "study/reference/options.csv")
    assert [row["value"] for row in options if row["option_list"] == "Q1"] == ["Never", "Often", "Always"]


def test_a_table_that_a_person_has_touched_is_only_added_to(study):
    path = study / "reference/options.csv"
    own = "Q3,mine,Yes,My own yes,1,substantive\n"
    path.write_text(path.read_text(encoding="utf-8") + own, encoding="utf-8")
    done = glc("--study", study, "check", "--accept-draft", "Ana")
    assert own in path.read_text(encoding="utf-8")
    assert [row["option_id"] for row in rows(path) if row["option_list"] == "Q3"] == ["mine"]
    assert "kept as they are" in done.output


def test_faults_of_a_draft_come_at_once_with_their_place(study):
    rewrite(
        study / "private/draft/questions.csv",
        lambda row: row.update(type="choice", use="yes") if row["use"] != "no" else None,
    )
    done = glc("--study", study, "check", "--accept-draft", "Ana")
    assert done.exit_code == 1
    assert done.output.count("is not a type of question") >= 1
    assert "private/draft/questions.csv" in done.output
    assert rows(study / "reference/questions.csv") == []


def test_a_workbook_is_read_back_as_a_person_corrected_it(tmp_path):
    glc("init", tmp_path / "study", "--from", csv_file(tmp_path, ANSWERS), "--workbook")
    path = tmp_path / "study/private/draft/draft.xlsx"
    book = load_workbook(path)
    sheet = book["questions"]
    names = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        if row[names.index("type")].value == "scale":
            row[names.index("use")].value = "yes"
            row[names.index("wording")].value = "How often do you ask?"
    book.save(path)
    done = glc("--study", tmp_path / "study", "check", "--accept-draft", "Ana")
    assert done.exit_code == 0, done.output
    assert {row["wording"] for row in rows(tmp_path / "study/reference/questions.csv")} == {
        "Do you ask later?",
        "How often do you ask?",
    }


def test_a_folder_that_holds_a_study_is_refused(study, tmp_path):
    done = glc("init", study, "--from", tmp_path / "answers.csv")
    assert done.exit_code == 2
    assert "already contains a study" in done.output


def test_exports_that_are_each_named_after_from_are_all_in_the_draft(tmp_path):
    first, second = csv_file(tmp_path, ANSWERS, "first.csv"), csv_file(tmp_path, {
        **ANSWERS, "organisation": [f"Other {n}" for n in range(60)]}, "second.csv")
    done = glc("init", tmp_path / "study", "--from", first, "--from", second)
    assert done.exit_code == 0, done.output
    assert {path.name for path in (tmp_path / "study/raw/survey").iterdir()} == {"first.csv", "second.csv"}
    assert {row["n"] for row in rows(tmp_path / "study/private/draft/questions.csv")} == {"120"}


def test_records_that_may_be_no_answers_are_named_at_the_start_and_decided_beside_the_draft(tmp_path):
    form = {name: [*cells, cells[0]] for name, cells in ANSWERS.items()}
    form["organisation"][-1] = "Test org"
    begun = glc("init", tmp_path / "study", "--from", csv_file(tmp_path, form))
    assert "value 'Test org': the record seems to be a test of the form" in begun.output
    said = glc("--study", tmp_path / "study", "check", "--accept-draft", "Ana").output
    assert "more_corrections.csv, column *: 1 record is perhaps no answer" in said
    rewrite(tmp_path / "study/private/draft/more_corrections.csv", lambda row: row.update(to="drop"))
    done = glc("--study", tmp_path / "study", "check", "--accept-draft", "Ana")
    assert done.exit_code == 0 and "60 records" in done.output


def test_an_encoding_that_is_named_is_used_for_the_draft_and_kept_for_the_study(tmp_path):
    path = tmp_path / "answers.csv"
    path.write_bytes("Організація,Країна\nА,Україна\nБ,Україна\n".encode("cp1251"))
    assert "--encoding of `glc init`" in glc("init", tmp_path / "study", "--from", path).output
    wrong = glc("init", tmp_path / "study", "--encoding", "cp12511", "--from", path)
    assert wrong.exit_code == 1 and "no encoding is named 'cp12511'; nearest: 'cp1251'" in wrong.output
    assert glc("init", tmp_path / "study", "--encoding", "cp1251", "--from", path).exit_code == 0
    assert "Країна" in {row["wording"] for row in rows(tmp_path / "study/private/draft/questions.csv")}
    assert 'encoding = ["cp1251"]' in (tmp_path / "study/reference/study.toml").read_text(encoding="utf-8")


def test_an_export_that_cannot_be_read_leaves_no_folder(tmp_path):
    broken = tmp_path / "broken.csv"
    broken.write_bytes(b"id,Q1\n1,a,b\n")
    assert glc("init", tmp_path / "study", "--from", broken).exit_code == 1
    assert not (tmp_path / "study").exists()


def test_the_workbook_has_the_same_bytes_each_time(tmp_path):
    for name in ("one", "two"):
        glc("init", tmp_path / name, "--from", csv_file(tmp_path, ANSWERS), "--workbook")
    assert (tmp_path / "one/private/draft/draft.xlsx").read_bytes() == (
        tmp_path / "two/private/draft/draft.xlsx"
    ).read_bytes()


def test_a_translation_needs_the_id_of_its_option_alone(tmp_path):
    english = {"Timestamp": ["2026-03-02"] * 60, "Which animal?": ["Bird"] * 30 + ["Dog"] * 30}
    spanish = {"Timestamp": ["2026-03-02"] * 60, "¿Qué animal?": ["Pájaro"] * 30 + ["Perro"] * 30}
    files = csv_file(tmp_path, english, "en.csv"), csv_file(tmp_path, spanish, "es.csv")
    glc("init", tmp_path / "study", "--from", *files)
    draft = tmp_path / "study/private/draft"
    pairs = {"Pájaro": "bird", "Perro": "dog"}
    rewrite(
        draft / "options.csv",
        lambda row: row.update(option_id=pairs.get(row["value"], row["option_id"])),
    )
    rewrite(draft / "questions.csv", lambda row: row.update(use=row["use"] or "yes"))
    glc("--study", tmp_path / "study", "check", "--accept-draft", "Ana")
    options = rows(tmp_path / "study/reference/options.csv")
    assert {(row["value"], row["option_id"], row["label"]) for row in options} == {
        ("Bird", "bird", "Bird"),
        ("Pájaro", "bird", "Bird"),
        ("Dog", "dog", "Dog"),
        ("Perro", "dog", "Dog"),
    }
    assert len({(row["option_id"], row["position"]) for row in options}) == 2


def test_who_was_not_asked_in_one_file_is_not_in_the_base(tmp_path):
    first = {**ANSWERS, "Do you train?": ["Yes"] * 30 + ["No"] * 30}
    second = {**ANSWERS, "organisation": [f"Organisation {n}" for n in range(60)]}
    files = csv_file(tmp_path, first, "first.csv"), csv_file(tmp_path, second, "second.csv")
    glc("init", tmp_path / "study", "--from", *files)
    rewrite(tmp_path / "study/private/draft/questions.csv", lambda row: row.update(use="yes"))
    done = glc("--study", tmp_path / "study", "check", "--accept-draft", "Ana")
    assert done.exit_code == 0, done.output
    question = next(
        row for row in rows(tmp_path / "study/reference/questions.csv") if row["wording"] == "Do you train?"
    )
    done = glc("--study", tmp_path / "study", "summary", question["question_id"], "--format", "csv")
    assert [line.split(",")[1:4] for line in done.stdout.splitlines()[1:]] == [
        ["Yes", "30", "60"],
        ["No", "30", "60"],
    ]


def test_which_record_of_an_organisation_in_two_files_counts_is_decided_in_a_file(tmp_path):
    names = ["Org 7", *(f"Organisation {n}" for n in range(1, 60))]
    files = csv_file(tmp_path, ANSWERS, "kobo.csv"), csv_file(
        tmp_path, {**ANSWERS, "organisation": names, "How often?": ["Always"] * 60}, "qualtrics.csv")
    study = tmp_path / "study"
    glc("init", study, "--from", *files)
    rewrite(study / "private/draft/questions.csv", lambda row: row.update(use="yes"))
    done = glc("--study", study, "check", "--accept-draft", "Ana")
    assert "more_corrections.csv: 2 records are of organisations with records in several files" in done.output
    rewrite(study / "private/draft/more_corrections.csv",
            lambda row: row.update(to="drop" if row["key"] == "kobo.r9" else ""))
    done = glc("--study", study, "check", "--accept-draft", "Ana")
    assert done.exit_code == 0 and "119 records" in done.output


def test_two_options_with_one_position_are_a_fault_of_the_draft(study):
    rewrite(study / "private/draft/options.csv", lambda row: row.update(position="1"))
    done = glc("--study", study, "check")
    assert done.exit_code == 1 and "value '1': is the position of yes as well" in done.output


def test_a_decision_is_read_whatever_its_case(study):
    rewrite(study / "private/draft/questions.csv",
            lambda row: row.update(use=row["use"].upper()))
    rewrite(study / "private/draft/sensitivity.csv", lambda row: row.update(is_sensitive="FALSE"))
    assert glc("--study", study, "check", "--accept-draft", "Ana").exit_code == 0
    assert [row["is_sensitive"] for row in rows(study / "reference/questions.csv")] == ["false"]


def test_what_would_be_wrong_after_accepting_is_a_fault_of_the_draft(study):
    rewrite(study / "private/draft/countries.csv",
            lambda row: row.update(country_id="KE" if row["country_id"] == "KEN" else row["country_id"]))
    done = glc("--study", study, "check")
    assert done.exit_code == 1 and "value 'KE': is KEN in ISO 3166" in done.output


def test_a_heading_that_no_file_has_is_a_fault_of_the_draft(study):
    rewrite(study / "private/draft/settings.csv",
            lambda row: row.update(value="contry" if row["value"] == "country" else row["value"]))
    done = glc("--study", study, "check")
    assert done.exit_code == 1
    assert "value 'contry': no file has such a column; nearest: 'country'" in done.output


def test_whether_each_record_is_of_another_organisation_is_drafted_undecided(tmp_path):
    glc("init", tmp_path / "study", "--from", csv_file(tmp_path, FORM))
    path = tmp_path / "study/private/draft/settings.csv"
    drafted = {row["setting"]: row for row in rows(path)}["survey.unknown_organisations"]
    assert (drafted["value"], drafted["how_sure"]) == ("", "unsure")
    settings = tmp_path / "study/reference/study.toml"
    for value in ("", "each"):
        glc("--study", tmp_path / "study", "check", "--accept-draft", "Ana")
        assert ('unknown_organisations = "one"' in settings.read_text(encoding="utf-8")) == (value == "")
        rewrite(path, lambda row: row.update(
            value="each" if row["setting"] == "survey.unknown_organisations" else row["value"]))
    glc("--study", tmp_path / "study", "check", "--accept-draft", "Ana")
    assert 'unknown_organisations = "each"' in settings.read_text(encoding="utf-8")


def test_a_survey_of_persons_says_why_the_public_sees_no_figure(tmp_path):
    glc("init", tmp_path / "study", "--from", csv_file(tmp_path, FORM))
    glc("--study", tmp_path / "study", "check", "--accept-draft", "Ana")
    done = glc("--study", tmp_path / "study", "summary", "Q2", "--audience", "public")
    assert 'write unknown_organisations = "each" under [survey] in study.toml' in done.output
    assert "unknown_organisations" not in glc("--study", tmp_path / "study", "summary", "Q2").output


@pytest.mark.parametrize(("roles", "unit"), [
    ({"survey.organisation": "group"}, "organisation"), ({}, "answer"),
    ({"survey.organisation": "group", "survey.country": "place"}, "answer")])
def test_the_unit_follows_the_settings_unless_a_person_wrote_it(tmp_path, roles, unit):
    frame = {"group": [f"g{n} at a place" for n in range(60)], "place": ["Kenya", "Peru"] * 30,
             "Do you ask later?": ["Yes", "No"] * 30, "Do you ask first?": ["Yes", "No", "No"] * 20}
    assert glc("init", tmp_path / "study", "--from", csv_file(tmp_path, frame)).exit_code == 0
    draft = tmp_path / "study/private/draft"
    rewrite(draft / "settings.csv", lambda row: row.update(
        value=roles.get(row["setting"], "" if row["setting"] in ("survey.organisation", "survey.country")
                        else row["value"])))
    rewrite(draft / "questions.csv", lambda row: row.update(
        unit="answer" if "first" in row["wording"] else row["unit"]))
    done = glc("--study", tmp_path / "study", "check", "--accept-draft", "Ana")
    units = {row["wording"]: row["unit"] for row in rows(tmp_path / "study/reference/questions.csv")}
    assert (units["Do you ask later?"], units["Do you ask first?"]) == (unit, "answer")
    assert ("once for each organisation" in done.output) == (unit == "organisation")


RARE = {
    "organisation": [f"Org {n}" for n in range(60)],
    "country": ["Kenya"] * 60,
    "Do you ask later?": ["Yes"] * 58 + ["No"] * 2,
    "What is your highest degree?": ["Bachelor"] * 40 + ["Master"] * 17 + ["Doctorate"] * 2 + ["Bachelors"],
    "How many people work there?": [str(n) for n in range(10, 69)] + ["lots"],
    "Your name": [f"Ana López {'abcdefghijklmnopqrstuvwxyz'[n % 26]}{n // 26 * 'x'}" for n in range(60)],
}


@pytest.fixture(scope="module", params=[False, True], ids=["tables", "workbook"])
def made_rare(tmp_path_factory, request):
    """A study with options that fewer than five chose; a person wants all questions of its draft, which were
    accepted once."""
    folder = tmp_path_factory.mktemp("rare")
    root = folder / "study"
    begun = glc("init", root, "--from", csv_file(folder, RARE), *(["--workbook"] * request.param))
    assert begun.exit_code == 0, begun.output
    if request.param:
        book = load_workbook(root / "private/draft/draft.xlsx")
        for row in book["questions"].iter_rows(min_row=2, max_col=1):
            row[0].value = row[0].value or "yes"
        book.save(root / "private/draft/draft.xlsx")
    else:
        rewrite(root / "private/draft/questions.csv", lambda row: row.update(use=row["use"] or "yes"))
    return root, begun.output, glc("--study", root, "check", "--accept-draft", "Ana")


@pytest.fixture
def rare(made_rare, tmp_path):
    """A copy of that study, with what was said when its draft was made and when it was accepted."""
    made, begun, accepted = made_rare
    root = shutil.copytree(made, tmp_path / "study")
    return SimpleNamespace(root=root, study=Study(root), said=begun, accepted=accepted)


def decide(study, table, **decisions):
    """Writes into the first column of a table of what is still open, by a text of its rows."""
    tables = read_open_rows(study)
    first = OPEN_COLUMNS[table][0]
    key = {"options": "value", "corrections": "from", "names": "name"}[table]
    for text, decision in decisions.items():
        tables[table].loc[tables[table][key] == text, first] = decision
    write_open_rows(study, tables)


def test_options_that_fewer_than_five_chose_are_asked_for_in_one_file_once_accepted(rare):
    assert rare.accepted.exit_code == 1
    said = rare.accepted.output
    assert "no list of options has, mostly because fewer than five people chose the option" in said
    assert len(said.split("Error:")[1].split()) < 120
    found = read_open_rows(rare.study)["options"].set_index("value")["use"]
    assert found["No"] == "yes" and {found["Doctorate"], found["Bachelors"]} == {""}


def test_what_a_person_decides_of_the_rest_is_accepted_by_the_same_command(rare):
    decide(rare.study, "options", Doctorate="yes", Bachelors="yes")
    tables = read_open_rows(rare.study)
    spelled = tables["options"]["value"] == "Bachelors"
    tables["options"].loc[spelled, "option_id"] = "bachelor"
    write_open_rows(rare.study, tables)
    decide(rare.study, "corrections", lots="70")
    done = glc("--study", rare.root, "check", "--accept-draft", "Ana")
    assert done.exit_code == 0, done.output
    options = {row["value"]: row for row in rows(rare.root / "reference/options.csv")}
    assert options["Bachelors"]["label"] == "Bachelor" and options["Doctorate"]["position"] == "3"
    assert options["No"]["option_id"] == "no"
    fixed = rows(rare.root / "private/reference/corrections.csv")
    assert [(row["from"], row["to"], row["by"]) for row in fixed] == [("lots", "70", "Ana")]
    assert read_open_rows(rare.study)["options"].empty and read_open_rows(rare.study)["corrections"].empty


def test_what_a_person_wrote_without_deciding_is_kept(rare):
    tables = read_open_rows(rare.study)
    tables["options"].loc[tables["options"]["value"] == "Doctorate", "label"] = "PhD"
    write_open_rows(rare.study, tables)
    glc("--study", rare.root, "check", "--accept-draft", "Ana")
    assert read_open_rows(rare.study)["options"].set_index("value").loc["Doctorate", "label"] == "PhD"


def test_names_of_a_column_that_is_left_out_are_proposed_and_masked_once_a_person_says_yes(rare):
    assert "60 names of persons stand in a column that is left out" in rare.said
    assert "Ana López" not in rare.said
    assert rows(rare.root / "private/reference/names.csv") == []
    decide(rare.study, "names", **{"Ana López a": "yes"})
    glc("--study", rare.root, "check", "--accept-draft", "Ana")
    found = rows(rare.root / "private/reference/names.csv")
    assert [(row["name"], row["kind"]) for row in found] == [("Ana López a", "person")]
    assert len(read_open_rows(rare.study)["names"]) == 59


def test_questions_with_the_same_list_follow_the_first_of_them(tmp_path):
    often = ["Never"] * 20 + ["Often"] * 20 + ["Always"] * 20
    done = glc("init", tmp_path / "study", "--from", csv_file(tmp_path, ANSWERS | {"And now?": often}))
    assert "into the 1 blank cells of the column use" in done.output
    path = tmp_path / "study/private/draft/questions.csv"
    rewrite(path, lambda row: row.update(use="yes") if row["wording"] == "How often?" else None)
    glc("--study", tmp_path / "study", "check", "--accept-draft", "Ana")
    accepted = {row["wording"] for row in rows(tmp_path / "study/reference/questions.csv")}
    assert accepted == {"Do you ask later?", "How often?", "And now?"}


def test_names_of_no_country_are_asked_for_and_get_the_label_and_region_of_their_code(tmp_path):
    countries = ["Kenya"] * 40 + ["Peru"] * 17 + ["Keny", "Europe", "Europe"]
    done = glc("init", tmp_path / "study", "--from", csv_file(tmp_path, ANSWERS | {"country": countries}))
    study = Study(tmp_path / "study")
    done = glc("--study", study.root, "check", "--accept-draft", "Ana")
    assert "2 names of countries are not known" in done.output
    tables = read_open_rows(study)
    codes = {"Keny": "KEN", "Europe": "unknown"}
    write_open_rows(study, {"countries": tables["countries"].assign(
        country_id=tables["countries"]["raw_name"].map(codes))})
    done = glc("--study", study.root, "check", "--accept-draft", "Ana")
    assert done.exit_code == 0, done.output
    found = {row["raw_name"]: row for row in rows(study.root / "private/reference/countries.csv")}
    assert (found["Keny"]["label"], found["Keny"]["region_id"]) == ("Kenya", "africa")
    assert found["Europe"]["region_id"] == "unknown"


def test_the_name_of_a_country_in_another_language_has_its_code_when_it_is_asked_about(tmp_path):
    glc("init", tmp_path / "study", "--from", csv_file(tmp_path, ANSWERS | {"country": ["Kenya"] * 60}))
    study = Study(tmp_path / "study")
    glc("--study", study.root, "check", "--accept-draft", "Ana")
    path, = study.list_raw_files("survey")
    path.write_text(path.read_text(encoding="utf-8").replace("Kenya", "Perú", 1), encoding="utf-8")
    done = glc("--study", study.root, "check", "--accept-draft", "Ana")
    assert "1 name of a country is not known; 1 of them" in done.output
    assert read_open_rows(study)["countries"][["raw_name", "country_id"]].values.tolist() == [["Perú", "PER"]]


def test_a_question_that_follows_one_that_is_not_there_is_a_fault(study):
    path = study / "private/draft/questions.csv"
    rewrite(path, lambda row: row.update(use="as Q99") if row["wording"] == "How often?" else None)
    done = glc("--study", study, "check")
    assert done.exit_code == 1 and "value 'as q99': is neither yes nor no" in done.output


def test_what_a_person_decided_is_kept_where_what_is_left_cannot_be_written(rare, monkeypatch):
    before = read_open_rows(rare.study)["options"].assign(use="yes")
    write_open_rows(rare.study, {"options": before})

    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_open_rows(rare.study, {"options": before.head(1)})
    assert read_open_rows(rare.study)["options"].equals(before)
