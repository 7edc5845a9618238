"""What kind of question a column holds."""

from collections import Counter

import pytest

from glc_analysis.addons.drafting.column_types import guess_column_type
from glc_analysis.addons.drafting.draft import draft_survey_tables
from glc_analysis.addons.drafting.form import FormColumn
from tests.addons.drafting.support.exports import export


def guess(wording, answers, **how):
    return guess_column_type(FormColumn((wording,), 1, wording, (Counter(answers),)), **how)


@pytest.mark.parametrize(
    ("wording", "answers", "kind"),
    [
        ("Do you agree?", {"Yes": 40, "No": 9}, "single"),
        ("How old are you?", {"31": 20, "42": 15, "7": 30}, "number"),
        ("Rate it on a scale of 1 to 5", {"1": 5, "3": 30, "5": 20}, "scale"),
        ("How often?", {"Never": 20, "Rarely": 15, "Often": 30}, "scale"),
        ("When was it?", {"2017-05-02": 5, "2017-06-03": 9}, "date"),
        ("Timestamp", {"2017-05-02 10:00:00": 1, "2017-06-03 11:00:00": 1}, "started"),
        ("Please select the language", {"English": 30, "Spanish": 20}, "language"),
        ("In what country do you work?", {"Kenya": 9, "Perú": 4, "Camboya": 2}, "country"),
        ("Untouched", {}, "left out"),
        ("LocationLatitude", {"47.1151": 1}, "left out"),
        ("GpsLongitude", {"7.2316": 1, "8.1": 1}, "left out"),
        ("Duration (in seconds)", {"38": 1, "912": 1}, "left out"),
        ("E-mail", {"a@example.org": 1, "b@example.org": 1}, "left out"),
        ("What works?", {f"The worker number {n} stayed the same": 1 for n in range(60)}, "text"),
    ],
)
def test_the_kind_of_a_column_is_seen_from_its_heading_and_answers(wording, answers, kind):
    assert guess(wording, answers).kind == kind


def test_a_scale_in_words_waits_for_a_person():
    assert not guess("How often?", {"Never": 200, "Rarely": 150, "Often": 300}).is_sure


def test_several_options_in_a_cell_are_found_although_one_holds_the_separator():
    found = guess(
        "Where do you look?",
        {
            "Books": 9,
            "Books, Sites such as A, B, or C": 8,
            "Sites such as A, B, or C": 11,
            "Books, Web (e.g., x, y)": 7,
            "Web (e.g., x, y)": 12,
            "Web (e.g., x, y), Sites such as A, B, or C": 5,
        },
    )
    assert (found.kind, found.separator) == ("multi", ", ")
    assert {*found.options[0].counts} == {"Books", "Sites such as A, B, or C", "Web (e.g., x, y)"}


def test_commas_within_the_options_of_a_single_choice_divide_nothing():
    found = guess("How often?", {"Never, I do not use it": 40, "Rarely, when I must": 30, "Daily": 20})
    assert found.kind in ("single", "scale")
    assert len(found.options[0].counts) == 3


def test_texts_with_commas_are_no_choice():
    answers = {f"word{n}, and word{n + 1}, or word{n + 2}": 1 for n in range(0, 300, 3)}
    assert guess("What else?", answers).kind == "text"


def test_what_fewer_than_five_gave_is_counted_and_not_listed():
    options = guess("Which?", {"Law": 50, "Health": 30, "My own answer": 4}).options[0]
    assert {*options.counts} == {"Law", "Health"}
    assert options.hidden.total() == 4


def test_an_address_is_not_listed_however_often_it_was_given():
    options = guess("Which?", {"Law": 50, "Health": 30, "12 High Street": 9}).options[0]
    assert {*options.counts} == {"Law", "Health"}


def test_a_few_words_among_numbers_leave_the_number_unsure():
    found = guess(
        "What year were you born?", {**{str(year): 9 for year in range(1950, 1980)}, "a while ago": 2}
    )
    assert (found.kind, found.is_sure) == ("number", False)


def test_cells_that_join_options_by_two_marks_are_read_with_both():
    found = guess(
        "Which? (check all that apply)", {"Law, Health": 20, "Law; Health": 15, "Law": 30, "Health": 10}
    )
    assert dict(found.options[0].counts) == {"Law": 65, "Health": 45}
    assert any("semicolon" in note for note in found.notes)


def test_cells_of_which_half_have_another_mark_are_a_choice_of_several_and_unsure():
    sets = ["Law", "Law, Health", "Health, Food", "Law, Food, Shelter", "Shelter, Health"] * 5
    cells = [*sets, *(cell.replace(", ", ";") for cell in sets)]
    found = guess("Which help do you offer?", Counter(cells))
    assert (found.kind, found.is_sure) == ("multi", False)
    assert {*found.options[0].counts} == {"Law", "Health", "Food", "Shelter"}
    assert found.notes == ["other cells hold several options with a comma between them"]


def test_dates_of_two_orders_are_unsure_and_say_so():
    found = guess("When did you open?", {"31/12/2016": 4, "2017-05-06": 3})
    assert (found.kind, found.is_sure) == ("text", False)
    assert "two ways" in found.notes[0]


def test_amounts_with_commas_are_no_lists():
    assert (
        guess("Income", {"$50,000 - $99,999": 30, "$25,000 - $49,999": 30, "$0 - $24,999": 30}).kind
        == "single"
    )


def test_many_different_answers_take_no_longer_than_some():
    answers = {f"text {n}, and more; of it": 1 for n in range(100_000)}
    assert guess("Anything else?", answers).kind == "text"


def test_answers_to_a_question_for_a_place_are_counted_and_not_listed():
    (options,) = guess("Which town are you in?", {"Springfield": 60, "Shelbyville": 40}).options
    assert (dict(options.counts), options.hidden.total()) == ({}, 100)


GRID = ["How do these apply? [Funding]", "How do these apply? [Staff]", "How do these apply? [Rooms]"]


def grid_kinds(*answers):
    """The drafted types of three questions of a grid, from how often each option was chosen."""
    columns = {heading: [label for label, n in own.items() for _ in range(n)]
               for heading, own in zip(GRID, answers, strict=True)}
    longest = max(map(len, columns.values()))
    filled = {name: own + [""] * (longest - len(own)) for name, own in columns.items()}
    questions = draft_survey_tables([export(filled, "grid.csv")]).tables["questions"]
    return {row.columns: (row.type, row.how_sure) for row in questions.itertuples()}


def test_a_grid_is_of_scales_where_one_of_its_lists_is_known_as_a_scale():
    kinds = grid_kinds(
        {"Rather": 20, "Fully": 20, "Hardly": 20},
        {"Rather": 30, "Fully": 20, "Hardly": 9, "Sideways": 9},
        {"Rather": 30, "Fully": 10, "Hardly": 20, "Sideways": 9},
    )
    assert {*kinds.values()} == {("scale", "unsure")}


def test_a_grid_of_options_without_degrees_is_no_scale_unless_its_heading_asks_how_much():
    kinds = grid_kinds(*[{"Police": 20, "Courts": 20, "Shelters": 20}] * 3)
    assert {kind for kind, _ in kinds.values()} == {"single"}


def test_a_choice_whose_heading_asks_to_rate_says_that_it_may_be_a_scale_also_in_a_small_survey():
    found = guess("Please rate the demand", {"Met by us": 4, "Above what we can": 17, "Far above it": 14})
    assert (found.kind, found.is_sure) == ("single", False)
    assert "the heading asks how much: is it a scale?" in found.notes


def test_numbers_that_a_question_asks_to_select_are_options_and_unsure():
    found = guess("Please select the number of centres", {"1": 30, "2": 20, "3": 9})
    assert (found.kind, found.is_sure) == ("single", False)


def test_two_codes_alone_are_two_options_and_unsure():
    found = guess("Shelter", {"0": 30, "1": 20})
    assert (found.kind, found.is_sure) == ("single", False)


def test_one_cell_of_several_options_that_others_gave_alone_is_enough_in_a_small_survey():
    found = guess("Which guidelines?", {"General": 9, "Local": 3, "National": 3, "National; Local": 1})
    assert (found.kind, found.separator, found.is_sure) == ("multi", "; ", False)


PERSONS = {f"{first} {last}": 1 for first in ("Ana", "Ben", "Chan") for last in ("Lopez", "Sok", "Roe")}


@pytest.mark.parametrize("heading", ["Name", "Full name", "Your name", "1. Name (optional)", "Nombre",
                                     "Nom :", "What is your name (or not)?",
                                     "Your name and organisation"])
def test_a_column_of_persons_names_is_left_out_with_the_reason(heading):
    found = guess(heading, PERSONS)
    assert (found.kind, "person's name" in found.why) == ("left out", True)


def test_names_of_persons_who_answered_several_times_are_left_out_too():
    assert guess("Name", dict.fromkeys(PERSONS, 6)).kind == "left out"
    assert guess("May we publish your name?", {"Yes": 30, "No": 9}).kind == "single"


@pytest.mark.parametrize("heading", ["What is the name of your group?", "Full name of your organisation",
                                     "Nom de l'association"])
def test_the_name_of_a_group_is_proposed_as_the_organisation_and_unsure(heading):
    found = guess(heading, {f"Group {name}": 1 for name in PERSONS})
    assert (found.kind, found.is_sure) == ("organisation", False)


def test_short_texts_that_nearly_all_differ_are_unsure_since_they_may_be_names():
    found = guess("Jméno", PERSONS)
    assert (found.kind, found.is_sure) == ("text", False)
    assert "may be names" in found.notes[0]


def test_short_sentences_that_all_differ_are_no_names():
    found = guess("What works?", [f"{name} helps." for name in PERSONS])
    assert (found.kind, [*found.notes]) == ("text", [])


def test_numbers_and_percentages_are_a_number_and_unsure_where_other_texts_are_among_them():
    answers = {"100%": 12, "100": 5, "20 %": 4, "75%": 3, "80%": 2, "0": 5, "50/50": 2, "nearly all": 2}
    found = guess("Roughly what percentage of your roles are permanent?", answers)
    assert (found.kind, found.is_sure) == ("number", False)
    assert "31 of 35 are numbers or percentages" in found.why


def test_a_cell_that_joins_options_of_the_column_makes_it_a_choice_of_several_and_unsure():
    answers = {"Employed": 90, "Self-employed": 30, "Employed, Self-employed": 2}
    found = guess("How are you employed?", answers)
    assert (found.kind, found.is_sure, found.separator) == ("multi", False, ", ")
    assert dict(found.options[0].counts) == {"Employed": 92, "Self-employed": 32}
    others = {"Employed": 90, "Self-employed": 30, "Employed, Self-employed": 1, "Retired": 1, "At home": 1}
    assert guess("How are you employed?", others).kind == "single"


def test_fractions_beside_percentages_are_unsure_also_where_few_values_are_given():
    found = guess("Share of women?", {"50%": 20, "0.5": 10, "25%": 20, "75 %": 9})
    assert (found.kind, found.is_sure) == ("number", False)
    assert "0.5 may be 0.5 % or 50 %" in found.notes[0]


def test_large_round_numbers_are_amounts_and_others_without_words_may_be_codes():
    assert guess("home_value", {str(n * 25_000): 2 for n in range(30)}).is_sure
    assert not guess("plz", {str(n): 2 for n in range(10_115, 10_145)}).is_sure


def test_a_choice_of_a_few_percentages_stays_a_choice():
    assert guess("How much of it?", {"0%": 20, "25%": 20, "50%": 30, "75%": 9}).kind != "number"


REFUSED = {f"{month:02}/{day:02}/2026": 1 for month in range(1, 13) for day in range(1, 13)}


@pytest.mark.parametrize("answers", [
    REFUSED, {f"{n} Jan 2026": 40 for n in range(1, 29)},
    {**{f"{n}/01/2026": 5 for n in range(13, 30)}, **{f"01/{n}/2026": 5 for n in range(13, 30)}}])
def test_dates_that_check_refuses_are_drafted_as_texts_and_wait(answers):
    found = guess("When did you arrive?", answers)
    assert (found.kind, found.is_sure) == ("text", False)
    assert "`glc check` refuses the answers as dates" in found.notes[0]


def test_all_dates_of_a_large_export_are_looked_at():
    days = {f"{1900 + n // 336}-{n // 28 % 12 + 1:02}-{n % 28 + 1:02}": 2 for n in range(6_000)}
    assert guess("When did you arrive?", days).is_sure
    assert not guess("When did you arrive?", days | {"2026-02-30": 1}).is_sure


def test_a_time_of_answering_that_check_refuses_is_no_setting():
    columns = {"Start time": [*REFUSED], "Who helps?": ["Lawyers", "Friends", "Nobody"] * 48}
    tables = draft_survey_tables([export(columns)]).tables
    row = tables["settings"].set_index("setting").loc["survey.started"]
    assert (row["value"], row["how_sure"]) == ("", "unsure")
    assert "day and month cannot be told apart" in row["why"]


NOT_APPLICABLE = ("n/a", "N/A", "NA", "na", "N.A.")


@pytest.mark.parametrize("word", NOT_APPLICABLE)
def test_an_option_that_may_mean_an_empty_cell_is_never_sure(word):
    answers = ["Lawyers"] * 20 + ["Friends"] * 20 + [word] * 8
    tables = draft_survey_tables([export({"Who helps?": answers,
                                          "Why?": ["Law", "Food", "Care"] * 16})]).tables
    assert tables["options"].set_index("value")["how_sure"].to_dict()[word] == "unsure"
    row = tables["questions"].set_index("wording").loc["Who helps?"]
    assert (row["use"], row["how_sure"]) == ("", "unsure")
    assert f"8 answers are {word!r}: are they answers, or empty cells?" in row["why"]


def test_texts_of_which_some_may_mean_an_empty_cell_are_unsure():
    texts = [f"We waited {n} days before anybody wrote to us at all." for n in range(40)]
    assert draft_survey_tables([export({"Why?": texts})]).tables["questions"]["how_sure"].tolist() == ["sure"]
    [row] = draft_survey_tables([export({"Why?": texts
                                         + ["N/A"] * 5})]).tables["questions"].to_dict("records")
    assert (row["use"], row["how_sure"]) == ("", "unsure")


def blank_and_values(*files):
    tables = draft_survey_tables([export(columns, f"{n}.csv") for n, columns in enumerate(files)]).tables
    settings = tables["settings"].set_index("setting")
    row = settings.loc["survey.blank"] if "survey.blank" in settings.index else {"value": "", "why": ""}
    return row["value"], row["why"], {*tables["options"]["value"]}


def test_a_word_for_an_empty_cell_is_judged_in_each_file():
    filled = {f"Question {n}?": ["Law", "Food", "Care"] * 15 for n in range(12)}
    blank = {name: ["Law", "Food", "NA"] * 15 for name in list(filled)[:3]}
    assert blank_and_values(blank, filled)[0] == "NA"
    value, why, values = blank_and_values(blank, filled | {"Question 9?": ["Law", "Food", "NA"] * 15})
    assert (value, "NA" in values) == ("NA", True)
    assert "it may be an answer in 'Question 9?' of 1.csv" in why


def test_a_word_beside_empty_cells_of_a_column_may_be_an_answer_there():
    blank = {f"Question {n}?": ["Law", "Food", "n/a"] * 15 for n in range(4)}
    value, why, values = blank_and_values(blank | {"Question 9?": ["Law", "", "n/a"] * 15})
    assert (value, "n/a" in values) == ("n/a", True)
    assert "it may be an answer in 'Question 9?' of 0.csv" in why
