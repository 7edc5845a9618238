"""The tables that describe the others, and the organisations."""

from glc_analysis.cleaning.dimension_tables import (
    make_codebook_of_codes_in_use,
    make_country_table,
    make_option_table,
    make_question_table,
)
from tests.support.study_writer import choices, cleaned, places, question, reference, themes

COUNTRIES = [{**row, "label": label} for row, label in zip(
    places("KHM asia", "PER america", "global"), ["Cambodia", "Peru", "Everywhere"], strict=True)]


def tables(rows, *, questions=(), organisations=(), **settings):
    known = reference(questions=questions or [question("org", "text")], countries=COUNTRIES,
                      organisations=organisations, options=choices("law", "yes", "no"))
    return cleaned(rows, known, **settings)


def test_questions_come_in_the_order_of_questions_csv_with_true_and_false():
    known = reference(questions=[question("Q2", is_sensitive="true"), question("Q10")])
    found = make_question_table(known)
    assert found[["question_id", "order"]].values.tolist() == [["Q2", 1], ["Q10", 2]]
    assert found["is_sensitive"].tolist() == [True, False]


def test_an_option_stands_once_however_many_values_it_has():
    rows = choices("law", ("yes", "Yes", "Yes"), ("no", "No", "No")) \
        + choices("law", ("yes", "Sí", "Yes"))
    found = make_option_table(reference(options=rows), nations([{"org": "a", "country": "KHM"}]))
    assert found[["option_list", "option_id"]].values.tolist() \
        == [["law", "yes"], ["law", "no"], ["countries", "KHM"]]


def test_a_country_counts_its_organisations_and_answers():
    rows = [{"org": "a", "country": "KHM"}, {"org": "a", "country": "KHM"},
            {"org": "b", "country": "global"}]
    found = nations(rows)
    assert found[["label", "organisations_n", "answers_n"]].values.tolist() \
        == [["Cambodia", 1, 2], ["Everywhere", 1, 1]]
    assert found["region_id"].tolist() == ["asia", ""]


def nations(rows, **other):
    found = tables(rows, **other)
    known = reference(questions=other.get("questions", []), countries=COUNTRIES)
    return make_country_table(found.records.answers, found.organisations, found.responses, known)


def test_a_home_country_or_an_answer_is_a_country_where_nobody_works():
    rows = [{"org": "a", "country": "KHM", "home": "PER", "Q3": "Thailand"}]
    found = nations(rows, home_country="home", questions=[question("Q3", "single", "countries")])
    assert found.set_index("label")["answers_n"].to_dict() \
        == {"Cambodia": 1, "Peru": 0, "Thailand": 0}


def test_the_reserved_list_holds_every_country_that_is_an_answer():
    rows = [{"org": "a", "country": "KHM", "Q3": "Thailand"}]
    found = tables(rows, questions=[question("Q3", "single", "countries")])
    listed = found.options[found.options["option_list"] == "countries"]
    assert listed.sort_values("position")["label"].tolist() == ["Cambodia", "Thailand"]


def test_a_study_without_countries_has_no_country():
    assert nations([{"org": "a", "Q1": "x"}], country="").empty


def test_a_code_is_found_below_the_names_above_it():
    found = make_codebook_of_codes_in_use(reference(codebook=[*themes("safety"), {
        "code_id": "locks", "parent_id": "safety", "level": "code", "name": "Locks"}, {
        "code_id": "bars", "parent_id": "safety", "level": "code", "name": "Bars",
        "merged_into": "locks"}]).codebook)
    assert found["path"].tolist() == ["Practice", "Practice > safety", "Practice > safety > Locks"]
    assert found["order"].tolist() == [1, 2, 3]


def test_an_organisation_is_what_the_register_and_its_first_record_say():
    rows = [{"org": "chab", "country": "PER", "s": "2016-05-03", "l": "es"},
            {"org": "chab", "country": "KHM", "s": "2016-05-01", "l": "km"}]
    found = tables(rows, started="s", language="l", organisations=[{
        "organisation_id": "chab", "label": "Chab House", "type": "shelter",
        "network_id": "net", "home_country_id": "KHM", "resource_level": "low"},
        {"organisation_id": "silent", "label": "Silent"}]).organisations
    assert found.to_dict("records") == [{
        "organisation_id": "chab", "label": "Chab House", "type": "shelter", "network_id": "net",
        "home_country_id": "KHM", "home_region_id": "asia", "resource_level": "low",
        "answered_on": "2016-05-01", "last_answered_on": "2016-05-03", "language": "km",
        "is_interpreted": False}]


def test_the_survey_tells_the_home_where_the_register_does_not():
    rows = [{"org": o, "country": "KHM", "home": "PER"} for o in "ab"]
    found = tables(rows, home_country="home", organisations=[
        {"organisation_id": "a", "home_country_id": "KHM"}, {"organisation_id": "b"}]).organisations
    assert found[["home_country_id", "home_region_id"]].values.tolist() \
        == [["KHM", "asia"], ["PER", "america"]]


def test_a_label_is_the_organisations_own_text_where_the_register_has_none():
    rows = [{"org": "A", "country": "KHM"}]
    assert tables(rows, organisations=[{"organisation_id": "a"}]).organisations["label"].tolist() \
        == ["A"]
