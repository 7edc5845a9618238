"""A grid, several questions under one heading with the same options, is decided once."""

import random
from pathlib import Path

from glc_analysis.addons.drafting.draft import draft_survey_tables
from glc_analysis.intake.survey import read_survey
from tests.addons.drafting.support.exports import export

AGREEMENT = ["Strongly disagree", "Disagree", "Neither agree or disagree", "Agree", "Strongly Agree"]
ITEMS = ["affRec", "affSat", "percEmp", "prog"]


def battery(n=30, items=20, steps=AGREEMENT, seed=3):
    """A battery of LimeSurvey: in each item all people choose two or three of the steps."""
    draw = random.Random(seed)
    return {f"likert4[{ITEMS[item % 4]}{item}]": draw.choices(draw.sample(steps, 2 + item % 2), k=n)
            for item in range(items)}


def wordings(columns):
    return {name: f"[I say number {n}]" for n, name in enumerate(columns)}


def drafted(columns, wording=None):
    tables = draft_survey_tables([export(columns, wording=wording or wordings(columns))]).tables
    return tables["questions"], tables["options"]


def test_the_items_of_a_battery_are_scales_with_one_list_also_where_each_has_few_steps():
    questions, _ = drafted(battery())
    assert {*questions["type"]} == {"scale"}
    assert questions["option_list"].nunique() == 1


def test_a_battery_of_twenty_items_is_one_decision():
    questions, _ = drafted(battery())
    assert (questions["use"] == "").sum() == 1
    assert questions["use"].str.startswith("as ").sum() == 19


def test_the_options_of_a_battery_stand_in_their_order():
    _, options = drafted(battery())
    assert options.sort_values("position")["label"].tolist() == AGREEMENT


def test_a_grid_of_numbers_whose_ends_have_words_has_one_list():
    steps = ["1 (None at all)", *map(str, range(2, 10)), "10 (All my time)"]
    rare = {f"likert0[time{n}can]": own for n, own in enumerate([
        steps * 8, steps[:5] * 16, [*["1 (None at all)"] * 46, *["2"] * 26, "3", "4", "5", "9", *steps[:4]]])}
    longest = max(map(len, rare.values()))
    columns = {name: own + [""] * (longest - len(own)) for name, own in rare.items()}
    questions, options = drafted(columns)
    assert questions["option_list"].nunique() == 1
    assert options["label"].tolist() == steps
    assert (questions["use"] == "").sum() == 1


def test_items_with_options_of_their_own_have_lists_of_their_own():
    columns = {"g[a1]": ["Red", "Blue", "Green"] * 20, "g[b2]": ["Law", "Health", "Food"] * 20}
    questions, _ = drafted(columns)
    assert questions["option_list"].nunique() == 2


def test_a_grid_that_one_wave_lacks_is_one_decision():
    earlier, other = battery(60, 4), {"Do you agree?": ["Yes", "No"] * 30}
    files = [export(earlier | other, "2017.csv", wordings(earlier)), export(other, "2018.csv")]
    questions = draft_survey_tables(files).tables["questions"]
    grid = questions[questions["columns"].str.startswith("likert4")]
    assert sorted(grid["use"]) == ["", *["as likert4_affRec0"] * 3]


def test_codes_of_options_stand_in_the_order_of_their_numbers():
    codes = ["A2"] * 30 + ["A10"] * 20 + ["A1"] * 10
    _, options = drafted({"Q1": codes}, {"Q1": "Which of these?"})
    assert options.sort_values("position")["value"].tolist() == ["A1", "A2", "A10"]


def test_two_steps_that_alone_are_listed_stand_in_order():
    _, options = drafted({"Q1": ["Agree"] * 40 + ["Strongly disagree"] * 20}, {"Q1": "What do you say?"})
    assert options.sort_values("position")["value"].tolist() == ["Strongly disagree", "Agree"]


def test_a_mark_of_byte_order_within_a_file_is_no_part_of_an_answer(tmp_path):
    path = Path(tmp_path, "answers.csv")
    path.write_text("Q1,Q2\n\ufeff1 (None at all),a\n2,b\n", encoding="utf-8")
    assert read_survey(path).frame["Q1"].tolist() == ["1 (None at all)", "2"]
