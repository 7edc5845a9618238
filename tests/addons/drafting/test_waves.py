"""Drafts of several files: one form in two languages, and two waves whose questions changed."""

from glc_analysis.addons.drafting.draft import draft_survey_tables
from glc_analysis.addons.drafting.store import read_draft
from glc_analysis.study import Study
from tests.addons.drafting.support.drafted_study import glc, rewrite
from tests.addons.drafting.support.exports import csv_file, export

STEPS = ["1", "2", "3", "4", "5"] * 9


def drafted(*files, wordings=({}, {})):
    """The drafted tables of files named 0.csv, 1.csv ..., each a list of cells by heading."""
    return draft_survey_tables([export(columns, f"{n}.csv", wordings[n]) for n,
                                columns in enumerate(files)]).tables


# ------------------------------
# Columns that are paired.


def test_columns_of_another_heading_wait_for_a_person_although_they_stand_at_the_same_place():
    english = {"Do you use it?": ["No", "No", "Yes"] * 15, "Did you learn it?": ["Yes", "No", "No"] * 15}
    spanish = {"¿Lo usa?": ["No", "No", "Sí"] * 15, "¿Aprendió?": ["Sí", "No", "No"] * 15}
    rows = drafted(english, spanish)["questions"]
    assert rows["use"].tolist() == ["", "as Q1"] and {*rows["how_sure"]} == {"unsure"}
    assert rows["why"].str.contains("1.csv has another heading, '¿").all()
    assert rows["why"].str.contains("is it the same question?", regex=False).all()


def test_a_question_with_a_doubt_of_its_own_is_decided_alone_where_the_languages_pair_in_order():
    english = {"How hard was it?": STEPS, "Did you learn it?": ["Yes", "No", "n/a"] * 15}
    spanish = {"¿Cuán difícil será?": STEPS, "¿Aprendió?": ["Sí", "No", "n/a"] * 15}
    assert drafted(english, spanish)["questions"]["use"].tolist() == ["", ""]


def test_columns_of_the_same_heading_are_not_in_doubt():
    columns = {"Did you learn it?": ["Yes", "No", "No"] * 15, "Do you use it?": ["Yes", "Yes", "No"] * 15}
    assert {*drafted(columns, columns)["questions"]["use"]} == {"yes"}


def test_columns_of_ticks_of_another_heading_wait_for_a_person():
    english = {f"Which help? [{label}]": ["1", "0", "0"] * 15 for label in ("Law", "Food", "Care")}
    spanish = {f"¿Qué ayuda? [{label}]": ["0", "1", "0"] * 15 for label in ("Leyes", "Comida", "Salud")}
    [row] = drafted(english, spanish)["questions"].to_dict("records")
    assert (row["type"], row["use"], row["how_sure"]) == ("multi", "", "unsure")
    assert "is it the same question?" in row["why"]


def test_a_setting_of_columns_with_another_heading_is_unsure():
    cells = [f"2026-03-{day:02}" for day in range(1, 31)]
    english = {"Start time": cells, "Why?": [f"Reason number {n}, said at some length." for n in range(30)]}
    spanish = {"Hora de inicio": cells, "¿Por qué?": english["Why?"]}
    settings = drafted(english, spanish)["settings"].set_index("setting")
    assert settings.loc["survey.started", ["value", "how_sure"]].tolist() == [
        "Start time | Hora de inicio", "unsure"]
    assert "1.csv has another heading" in settings.loc["survey.started", "why"]


def test_a_code_that_stands_for_another_question_in_a_later_wave_waits_for_a_person():
    cells = {"Q5": ["Yes", "No", "No"] * 15}
    wordings = {"Q5": "Do you have a lawyer?"}, {"Q5": "Would you recommend a lawyer?"}
    [row] = drafted(cells, cells, wordings=wordings)["questions"].to_dict("records")
    assert (row["use"], row["how_sure"]) == ("", "unsure")
    assert "1.csv has another wording, 'Would you recommend a lawyer?'" in row["why"]


def test_a_heading_that_stands_over_several_columns_tells_no_pair():
    from dataclasses import replace

    columns = {"Why? [1]": ["Law", "Food", "Food"] * 15, "Why? [2]": ["Food", "Law", "Care"] * 15}
    files = [export({"Why?": columns["Why? [1]"], **columns}, name) for name in ("a.csv", "b.csv")]
    tables = draft_survey_tables([replace(file, repeated=("Why?",)) for file in files]).tables
    assert {*tables["questions"]["use"]} == {""}
    assert tables["questions"]["why"].str.contains("several columns of a file have this heading").all()


# ------------------------------
# Settings, where a file lacks their column.


LAW = {"Who helps?": ["Lawyers", "Friends", "Nobody"] * 15}


def test_the_language_is_a_setting_only_where_every_file_has_it():
    tables = drafted(LAW | {"Language": ["English", "Spanish", "Spanish"] * 15}, LAW)
    assert "survey.language" not in {*tables["settings"]["setting"]}
    row = tables["questions"].set_index("wording").loc["Language"]
    assert (row["use"], row["how_sure"]) == ("no", "unsure")
    assert "1.csv has no such column" in row["why"]


def test_a_setting_names_the_files_that_lack_its_column():
    tables = drafted(LAW | {"Country": ["Kenya", "Peru", "Peru"] * 15}, LAW)
    settings = tables["settings"].set_index("setting")
    assert settings.loc["survey.country", "value"] == "Country | not in 1.csv"
    assert settings.loc["survey.country", "how_sure"] == "unsure"


# ------------------------------
# Options that changed between waves.


def test_a_scale_whose_steps_changed_waits_for_a_person():
    heading = "How would you rate it?"
    tables = drafted({heading: STEPS}, {heading: [str(n) for n in range(1, 11)] * 6})
    [row] = tables["questions"].to_dict("records")
    assert (row["type"], row["use"], row["how_sure"]) == ("scale", "", "unsure")
    assert "options changed: nobody chose '6', '7', '8', '9', '10' in 0.csv" in row["why"]
    assert {*tables["options"]["how_sure"]} == {"unsure"}


def test_a_choice_that_lost_an_option_waits_and_names_it():
    tables = drafted(LAW, {"Who helps?": ["Lawyers", "Friends", "Friends"] * 15})
    [row] = tables["questions"].to_dict("records")
    assert (row["use"], row["how_sure"]) == ("", "unsure")
    options = tables["options"].set_index("value")["how_sure"]
    assert options.to_dict() == {"Friends": "sure", "Lawyers": "sure", "Nobody": "unsure"}


def test_an_option_that_few_would_have_chosen_in_a_small_file_has_not_changed():
    tables = drafted(LAW, {"Who helps?": ["Lawyers", "Friends"] * 5})
    assert tables["questions"]["use"].tolist() == ["yes"]


def test_an_option_of_several_in_a_cell_that_came_later_waits():
    first = {"Which help? (all that apply)": ["Law, Food", "Food, Care", "Law"] * 15}
    later = {"Which help? (all that apply)": ["Law, Food", "Papers, Care", "Law, Papers"] * 15}
    [row] = drafted(first, later)["questions"].to_dict("records")
    assert (row["type"], row["use"]) == ("multi", "")
    assert "nobody chose 'Papers' in 0.csv" in row["why"]


def test_options_in_another_language_have_not_changed():
    tables = drafted(LAW, {"¿Quién ayuda?": ["Abogados", "Amigos", "Nadie"] * 15})
    assert not tables["questions"]["why"].str.contains("options changed").any()


def test_questions_that_are_decided_together_because_languages_pair_keep_their_types(tmp_path):
    english = {"Do you use it?": ["No", "No", "Yes"] * 15, "How many staff?": [f"{n}" for n in range(40, 85)]}
    spanish = {"¿Lo usa?": ["No", "No", "Sí"] * 15, "¿Cuántas personas?": english["How many staff?"]}
    files = (english, "en.csv"), (spanish, "es.csv")
    glc("init", tmp_path / "study", "--from", *(csv_file(tmp_path, *file) for file in files))
    rewrite(tmp_path / "study/private/draft/questions.csv",
            lambda row: row.update(use="yes") if not row["use"] else None)
    questions = read_draft(Study(tmp_path / "study")).chosen
    assert questions.set_index("wording")["type"].to_dict() == {
        "Do you use it?": "single", "How many staff?": "number"}


def test_texts_after_other_are_no_decision_of_their_own_where_the_languages_pair_in_order():
    steps, texts = ["No", "No", "Yes"] * 17, [f"My own words, said {'so ' * n}" for n in range(6)]
    english = {"Do you use it?": steps, "Who helps?": [*["Friends", "Law", "Other"] * 15, *texts]}
    spanish = {"¿Lo usa?": steps, "¿Quién ayuda?": [*["Amigos", "Ley", "Otro"] * 15, *texts]}
    questions = drafted(english, spanish)["questions"].set_index("wording")
    assert questions["use"].to_dict() == {"Do you use it?": "", "Who helps?": "as Q1"}
    assert 'taken for texts after "Other"' in questions.loc["Who helps?", "why"]
