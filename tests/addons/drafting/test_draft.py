"""The drafted tables: what is in them, what never is, and what comes first."""

import random

import pytest

from glc_analysis.addons.drafting.draft import draft_survey_tables
from glc_analysis.schema import list_allowed_words
from tests.addons.drafting.support.exports import export

ENGLISH = {
    "Which help?": ["Legal help, Shelter"] * 9 + ["Shelter, Medicine"] * 8 + ["Legal help"] * 30,
    "Do you ask later?": ["Yes"] * 30 + ["No"] * 17,
    "Country": ["Kenya"] * 40 + ["Kosovo"] * 6 + ["Xyz"],
}
SPANISH = {
    "¿Qué ayuda?": ["Ayuda legal, Refugio"] * 9 + ["Refugio, Medicina"] * 8 + ["Ayuda legal"] * 30,
    "¿Pregunta después?": ["Sí"] * 30 + ["No"] * 17,
    "País": ["Perú"] * 47,
}


@pytest.fixture(scope="module")
def draft():
    return draft_survey_tables([export(ENGLISH, "en.csv"), export(SPANISH, "es.csv")]).tables


def test_questions_of_two_languages_are_one_row(draft):
    entries = dict(zip(draft["questions"]["question_id"], draft["questions"]["columns"], strict=True))
    assert entries["Q2"] == "Do you ask later? | ¿Pregunta después?"


def test_what_only_people_decide_is_left_to_them(draft):
    questions = draft["questions"]
    assert {*draft["sensitivity"]["is_sensitive"]} == {""}
    assert {*questions["asked_if"]} == {""}
    assert not {"study.sampling", "study.frame_size"} & {*draft["settings"]["setting"]}


def test_options_of_two_languages_have_one_id(draft):
    options = draft["options"].set_index("value")["option_id"]
    assert options["Sí"] == options["Yes"] == "yes"
    assert options["Medicina"] == options["Medicine"]


def test_a_contested_country_has_no_code_and_comes_first(draft):
    first = draft["countries"].iloc[0]
    assert (first["raw_name"], first["country_id"], first["how_sure"]) == ("Kosovo", "", "unsure")


def test_an_unknown_country_that_fewer_than_five_named_is_not_listed(draft):
    assert "Xyz" not in {*draft["countries"]["raw_name"]}


def test_a_theme_that_only_names_of_columns_show_has_no_name_of_its_own():
    cells = ["Shelter"] * 30 + ["Legal help"] * 17
    names = ("Q1.1", "Q1.2", "Q2.1", "Q2.2")
    codebook = draft_survey_tables([export(dict.fromkeys(names, cells))]).tables["codebook"]
    assert codebook.loc[codebook["level"] == "theme", "name"].tolist() == [
        "Section Q1 of the form", "Section Q2 of the form"]


def test_rows_that_are_unsure_come_first(draft):
    for table in draft.values():
        sure = (table["how_sure"] == "sure").tolist()
        assert sure == sorted(sure)


def test_every_row_says_why(draft):
    for table in draft.values():
        assert (table["why"] != "").all()


def test_kinds_are_those_of_the_schema(draft):
    assert {*draft["options"]["kind"]} <= {*list_allowed_words("options", "kind")}


def test_a_count_below_five_is_never_shown(draft):
    shown = [*draft["options"]["n"], *draft["countries"]["n"]]
    assert not {"1", "2", "3", "4"} & {*shown}


def test_columns_of_ticks_are_one_question():
    columns = {"Q2_1": ["1", "0"] * 20, "Q2_2": ["0", "1"] * 20, "Q2_3": ["0", "0"] * 20}
    wording = {"Q2_1": "Which? - Law", "Q2_2": "Which? - Health", "Q2_3": "Which? - Other"}
    tables = draft_survey_tables([export(columns, wording=wording)]).tables
    assert tables["questions"][["question_id", "columns", "type"]].to_numpy().tolist() == [
        ["Q2", "Q2_*", "multi"]
    ]
    assert tables["options"]["value"].tolist() == ["1", "2", "3"]


def test_a_question_that_one_file_lacks_waits_with_the_name_of_the_file():
    short = {key: cells for key, cells in ENGLISH.items() if key != "Do you ask later?"}
    questions = draft_survey_tables([export(ENGLISH, "a.csv"), export(short, "b.csv")]).tables["questions"]
    row = questions.set_index("question_id").loc["Q2"]
    assert row["use"] == ""
    assert "b.csv has no such column" in row["why"]
    assert row["columns"] == "Do you ask later? | not in b.csv"


def test_blanks_propose_who_was_asked_and_decide_nothing():
    columns = {"Has it?": ["Yes"] * 30 + ["No"] * 30, "Which one?": ["Red"] * 15 + ["Blue"] * 15 + [""] * 30}
    tables = draft_survey_tables([export(columns)]).tables
    [row] = tables["asked_if"].to_dict("records")
    assert (row["use"], row["question_id"], row["asked_if"]) == ("", "Q2", "Q1 == yes")
    assert {*tables["questions"]["asked_if"]} == {""}


def test_the_same_files_give_the_same_draft():
    one, two = (draft_survey_tables([export(ENGLISH, "en.csv"), export(SPANISH, "es.csv")]).tables
                for _ in range(2))
    assert all(one[name].equals(two[name]) for name in one)


def test_questions_whose_columns_share_a_letter_have_lists_of_their_own():
    columns = {f"v_{n}": ["1", "0"] * 20 for n in (6, 7, 8, 12, 13)}
    wording = {
        f"v_{n}": f"{'Which help?' if n < 10 else 'Which form?'} [Option {n}]" for n in (6, 7, 8, 12, 13)
    }
    tables = draft_survey_tables([export(columns, wording=wording)]).tables
    assert tables["questions"][["question_id", "columns", "option_list"]].to_numpy().tolist() == [
        ["v_6", "v_*", "v_6"],
        ["v_12", "v_*", "v_12"],
    ]
    assert tables["options"].groupby("option_list")["value"].apply(list).to_dict() == {
        "v_6": ["6", "7", "8"],
        "v_12": ["12", "13"],
    }


def test_negative_numbers_among_texts_mean_an_empty_cell():
    columns = {f"Q{n}": [*(f"text {i} of {n}" for i in range(15)), *["-77"] * 25] for n in range(1, 4)}
    columns |= {f"R{n}": ["1", "2"] * 20 for n in range(30)}
    tables = draft_survey_tables([export(columns)]).tables
    assert tables["settings"].set_index("setting").loc["survey.blank", "value"] == "-77"
    assert {*tables["questions"].set_index("question_id").loc[["Q1", "Q2", "Q3"], "type"]} == {"text"}


def test_only_questions_with_the_same_options_share_a_list():
    columns = {
        "Use of A?": ["More"] * 30 + ["Less"] * 20 + ["Same"] * 10,
        "Use of B?": ["More"] * 40 + ["Less"] * 20,
        "Use of C?": ["More"] * 30 + ["Less"] * 20 + ["I do not use C"] * 10,
    }
    lists = draft_survey_tables([export(columns)]).tables["questions"].set_index("wording")["option_list"]
    assert lists["Use of A?"] == lists["Use of B?"] != lists["Use of C?"]


def test_a_grid_of_the_same_options_waits_for_a_person():
    columns = {f"The matter {n}?": ["Blue"] * 20 + ["Green"] * 20 + ["Red"] * 20 for n in range(3)}
    questions = draft_survey_tables([export(columns)]).tables["questions"]
    assert questions["use"].tolist() == ["", "as Q1", "as Q1"]
    assert questions["why"].str.contains("perhaps a scale").all()


HELP = ["Legal aid", "Shelter, food and clothes", "Shelter, food and clothes, Legal aid", "Training"]


def form_of(n, **columns):
    """An export of ``n`` records with a question of several options, one of which holds the separator."""
    filled = {"Which help? Select all that apply": HELP, "How often?": ["Never", "Often", "Always"],
              "When?": [f"2020-03-{day:02}" for day in range(1, 28)]} | columns
    return {name: [values[at % len(values)] for at in range(n)] for name, values in filled.items() if values}


def drafted(*forms):
    tables = draft_survey_tables([export(form, f"{place}.csv") for place, form in enumerate(forms)]).tables
    return tables["questions"].set_index("wording"), tables


def test_an_option_that_holds_the_separator_is_one_option():
    rows, tables = drafted(form_of(60))
    assert rows.loc["Which help? Select all that apply", "type"] == "multi"
    assert {*tables["options"]["value"]} >= {"Legal aid", "Shelter, food and clothes", "Training"}
    assert "food and clothes" not in {*tables["options"]["value"]}


def test_cells_with_two_separators_have_the_same_options():
    mixed = [*HELP, "Training; Legal aid", "Training, Legal aid"]
    rows, tables = drafted(form_of(60, **{"Which help? Select all that apply": mixed}))
    assert "other cells hold several" in rows.loc["Which help? Select all that apply", "why"]
    assert not any(";" in value for value in tables["options"]["value"])


@pytest.mark.parametrize("later", [{"How often?": []},
                                   {"How often?": [], "How frequently?": ["Never", "Often"]}])
def test_a_question_that_a_later_export_lacks_or_renames_waits_for_a_person(later):
    rows, _ = drafted(form_of(60), form_of(60, **later))
    assert rows.loc["How often?", "how_sure"] == "unsure"
    assert "1.csv has no such column" in rows.loc["How often?", "why"]


def test_dates_of_two_orders_wait_for_a_person():
    two = ["31/01/2020", "01/31/2020", "30/03/2020", "03/30/2020"]
    rows, _ = drafted(form_of(60, **{"When?": two}))
    assert rows.loc["When?", ["type", "how_sure"]].tolist() == ["text", "unsure"]
    assert "two ways of writing dates" in rows.loc["When?", "why"]


def test_five_records_and_three_hundred_columns_are_drafted():
    few, _ = drafted(form_of(5))
    assert {*few["how_sure"]} == {"unsure"} | {*few.loc[few["type"] == "date", "how_sure"]}
    wide, _ = drafted(form_of(60, **{f"Question {n}?": ["a", "b", "c"] for n in range(300)}))
    assert len(wide) == 303


def options_of(*answers, wording="Which language do you use most?"):
    """The drafted options of one question, by their values."""
    tables = draft_survey_tables([export({wording: [*answers]})]).tables
    return tables["options"].set_index("value")


def test_options_that_differ_in_signs_alone_are_options_of_their_own():
    languages = options_of(*["C"] * 20, *["C++"] * 15, *["C#"] * 10)
    assert languages["option_id"].to_dict() == {"C": "c", "C++": "c_plus_plus", "C#": "c_sharp"}
    zones = options_of(*["UTC-3"] * 20, *["UTC+3"] * 15, *["UTC"] * 10, wording="Which time zone?")
    assert {*zones["option_id"]} == {"utc_minus_3", "utc_plus_3", "utc"}


def test_spellings_that_differ_in_accents_are_sure_and_those_that_differ_in_marks_are_not():
    rows = options_of(*["Café"] * 20, *["Tea"] * 20, *["cafe"] * 5, *["Café."] * 3)
    assert {*rows.loc[["Café", "cafe", "Café."], "option_id"]} == {"cafe"}
    assert rows["how_sure"].to_dict() == {"Café": "sure", "Tea": "sure", "cafe": "sure", "Café.": "unsure"}


def in_order(rows):
    return [*rows.sort_values("position", key=lambda places: places.astype(int)).index]


def test_numbers_are_in_order_in_a_list_that_several_questions_share():
    columns = {f"How would you rate it? [{k}]": ["5", "3", "4", "1", "2"] * 9 + [last] * 6
               for k, last in enumerate(("5", "5", "0"))}
    options = draft_survey_tables([export(columns)]).tables["options"].set_index("value")
    for _, rows in options.groupby("option_list"):
        assert in_order(rows) == sorted(rows.index)


def test_the_position_of_a_step_that_is_a_number_is_the_number():
    answers = ["0"] * 6 + ["3", "4", "5"] * 15
    options = draft_survey_tables([export({"How would you rate it from 0 to 5?": answers})]).tables["options"]
    assert options["value"].tolist() == options["position"].tolist() == ["0", "1", "2", "3", "4", "5"]


def test_the_order_of_a_scale_that_is_not_wholly_known_is_unsure_and_comes_first():
    tables = draft_survey_tables([export({"How do you rate it?": ["Bad", "Good", "Excellent", "Spiffy"] * 12,
                                          "Do you agree?": ["Yes", "No"] * 24})]).tables
    assert tables["options"]["how_sure"].tolist() == ["unsure"] * 4 + ["sure"] * 2
    assert "correct the positions" in tables["options"]["why"].iloc[0]
    assert in_order(tables["options"].set_index("value").iloc[:4])[:3] == ["Bad", "Good", "Excellent"]


def test_a_question_with_the_name_of_a_tool_s_column_waits_where_no_tool_is_recognised():
    sessions = ["Git for beginners", "Teaching online", "How to run a meeting"]
    [row] = draft_survey_tables([export({"session": sessions * 15})]).tables["questions"].to_dict("records")
    assert (row["use"], row["how_sure"], row["type"]) == ("", "unsure", "single")
    assert "no tool was recognised" in row["why"]


def test_two_waves_of_one_form_are_drafted_as_one_file_of_both():
    draw = random.Random(7)
    degrees = ["Not important", "Slightly important", "Very important", "Critical"]
    helps = ["Law", "Shelter", "Food", "Advice", "Papers"]
    columns = {
        "Tool": draw.choices(["Mail", "Phone", "Post", "Fax"], [8, 4, 2, 1], k=60),
        "Which help? (all that apply)": [", ".join(draw.sample(helps, n)) for n in (1, 2, 3) * 20],
        **{f"How important? [{k}]": draw.choices(degrees, [k, 5, 5, 1], k=60) for k in range(1, 5)},
    }
    whole = draft_survey_tables([export(columns)]).tables
    waves = [export({name: cells[at] for name, cells in columns.items()}, name=name)
             for name, at in (("one.csv", slice(34)), ("two.csv", slice(34, None)))]
    drafted = draft_survey_tables(waves).tables
    for table in ("options", "questions"):
        assert drafted[table].to_dict("records") == whole[table].to_dict("records")


def test_a_question_with_answers_taken_for_texts_after_other_waits_for_a_person():
    roles = ["Developer"] * 30 + ["Researcher"] * 20 + ["Other"] * 6 + ["System administrator"] * 4 + [
        "Manager", "Director", "Clerk"]
    tables = draft_survey_tables([export({"What do you do?": roles})]).tables
    [row] = tables["questions"].to_dict("records")
    assert (row["use"], row["how_sure"]) == ("", "unsure")
    assert "7 answers (4 different) are counted and not listed" in row["why"]
    assert 'taken for texts after "Other"' in row["why"]


def test_an_option_other_is_drafted_unsure_where_many_answers_are_each_in_words_of_their_own():
    places = ["IT services"] * 14 + ["A department"] * 5 + ["The library"] * 4 + ["A laboratory"] * 4
    places += [f"Between the offices {letter} and us" for letter in "abcdefghi"]
    options = draft_survey_tables([export({"Where are you based?": places})]).tables["options"]
    [other] = options[options["kind"] == "other"].to_dict("records")
    assert (other["value"], other["how_sure"]) == ("Other", "unsure")
    assert "17 answers (11 different) are counted and not listed" in other["why"]


def test_numbers_are_not_said_to_be_texts_after_other():
    versions = ["develop"] * 30 + ["stable"] * 20 + ["nightly"] * 8 + ["0.13"] * 2 + ["0.9", "own", "old"]
    [row] = draft_survey_tables([export({"Which version?": versions})]).tables["questions"].to_dict("records")
    assert 'those with letters are taken for texts after "Other", the 3 without letters need' in row["why"]


def test_answers_that_hardly_anybody_gave_before_suggest_no_skip_logic():
    filled = ["more", "more", "more", ""] * 150
    columns = {
        "Sector?": ["Law"] * 300 + ["Health"] * 300 + [f"Sector {n}" for n in range(8)],
        "What else?": [f"{text} {n}".strip() if text else "" for n, text in enumerate(filled)]
        + ["yet more", ""] * 4,
    }
    assert draft_survey_tables([export(columns)]).tables["asked_if"].empty


def test_scales_of_which_some_steps_are_not_listed_share_no_list_by_their_numbers_alone():
    steps = [str(n) for n in range(2, 8) for _ in range(8)]
    columns = {"How often?": [*steps, *["10 (All my time)"] * 8],
               "How satisfied?": [*steps, *["10 - Completely satisfied"] * 4, *["9"] * 4]}
    tables = draft_survey_tables([export(columns)]).tables
    assert tables["questions"]["option_list"].nunique() == 2
    options = tables["options"].set_index("label")
    assert options.loc["10 (All my time)", "position"] == "10"


def blank_words(columns):
    """The words that a draft takes for an empty cell."""
    settings = draft_survey_tables([export(columns)]).tables["settings"].set_index("setting")["value"]
    return settings.get("survey.blank", "")


OPEN_ANSWERS = {f"Q{n}": ["N/A"] * 10 + [f"Answer number {k} to question {n}" for k in range(30)]
                for n in range(3)}


def test_a_word_that_coders_coded_is_an_answer_and_no_empty_cell():
    codes = {f"coder{n}": ["no_answer"] * 10 + ["trust", "money", "law"] * 10 for n in (1, 2)}
    assert blank_words(OPEN_ANSWERS | codes) == ""


def test_a_word_with_codes_in_columns_named_after_its_question_is_an_answer():
    ticks = {"Q1_none": ["1"] * 10 + [""] * 30, "Q1_trust": [""] * 10 + ["1", ""] * 15}
    assert blank_words(OPEN_ANSWERS | ticks) == ""


def test_a_word_that_coders_left_without_a_code_is_an_empty_cell():
    codes = {f"coder{n}": [""] * 10 + ["trust", "money", "law"] * 10 for n in (1, 2)}
    assert blank_words(OPEN_ANSWERS | codes) == "N/A"


def test_a_code_that_is_not_about_the_answer_makes_no_word_one():
    assert blank_words(OPEN_ANSWERS | {"Postal code": [f"{n}000" for n in range(40)],
                                       "Country code": ["KE"] * 40}) == "N/A"
