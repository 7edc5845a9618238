"""Drafts of several files: one form in two languages, and two waves whose questions changed."""

from glc_analysis.drafting.draft import make_draft
from tests.drafting.exports import export

STEPS = ["1", "2", "3", "4", "5"] * 9


def drafted(*files, wordings=({}, {})):
    """The drafted tables of files named 0.csv, 1.csv ..., each a list of cells by heading."""
    return make_draft([export(columns, f"{n}.csv", wordings[n]) for n, columns in enumerate(files)]).tables


# ------------------------------
# Columns that are paired.


def test_columns_of_another_heading_wait_for_a_person_although_they_stand_at_the_same_place():
    english = {"How hard was it?": STEPS, "Did you learn it?": ["Yes", "No", "No"] * 15}
    spanish = {"¿Cuán difícil será?": STEPS, "¿Aprendió?": ["Sí", "No", "No"] * 15}
    for row in drafted(english, spanish)["questions"].to_dict("records"):
        assert (row["use"], row["how_sure"]) == ("", "unsure")
        assert row["why"].startswith("1.csv has another heading, '¿")
        assert "is it the same question?" in row["why"]


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
    tables = make_draft([replace(file, repeated=("Why?",)) for file in files]).tables
    assert {*tables["questions"]["use"]} == {""}
    assert tables["questions"]["why"].str.contains("stands over several columns").all()
