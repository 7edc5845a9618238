"""Which records there are: who answered, for which country, when, in which order."""

import csv

import pytest

from glc_analysis.cleaning.records import report_several_records_per_country
from glc_analysis.errors import Faults
from glc_analysis.text import make_id_from_text
from tests.support.study_writer import SETTINGS, choices, cleaned, places, question, reference, survey

QUESTIONS = [question("Q1", "text")]
KNOWN = reference(questions=QUESTIONS, countries=places("KHM asia", "LAO asia", "PER america"))


def answers(rows, known=KNOWN, **settings):
    return cleaned(rows, known, **settings).answers


def faults(rows, known=KNOWN, **settings):
    with pytest.raises(Faults) as raised:
        cleaned(rows, known, **settings)
    return [str(fault) for fault in raised.value.faults]


def record(org="a", country="KHM", **other):
    return {"org": org, "country": country, "Q1": "text", **other}


def test_a_record_is_named_by_file_row_and_loop():
    files = [survey([record(), record("b")], name="GLC 2016 (Kobo).xlsx", loops=[0, 2])]
    assert answers(files)["answer_id"].tolist() == ["glc_2016_kobo.r2", "glc_2016_kobo.r3.l2"]


def test_an_empty_row_is_left_out_and_counted():
    tables = cleaned([record(), {"org": ""}, record("b")], KNOWN)
    assert tables.answers["answer_id"].tolist() == ["survey.r2", "survey.r4"]
    step = tables.steps[tables.steps["step"] == "file read"].iloc[0]
    assert (step["rows_in"], step["rows_out"]) == (3, 2)


def test_a_second_answer_for_a_country_is_marked_and_kept():
    rows = [record(when="2016-05-02"), record(when="2016-05-01"), record(country="LAO"),
            record("b")]
    found = answers(rows, started="when").set_index("answer_id")["is_duplicate"]
    assert found.to_dict() == {"survey.r2": True, "survey.r3": False, "survey.r4": False,
                               "survey.r5": False}


def test_two_records_of_one_name_are_named_with_the_row_that_tells_them_apart():
    known = reference(questions=[question("Q1", "text"), question("Q2", "text")],
                      countries=places("KHM asia", "LAO asia"))
    rows = [record("Anti, Inc", Q2="x"), record("b"), record("Anti, Inc", Q1="other", Q2="x"),
            record("b", country="LAO")]
    found = cleaned(rows, known).records
    lines = report_several_records_per_country(found, known, {**SETTINGS, "country": "country"})
    assert lines[0].startswith("survey.csv, rows 2, 4: 2 records are of one organisation, 'Anti, Inc'; "
                               "their answers differ in 1 of 2 questions that several of them answer.")
    later = found.answers["answer_id"].iloc[found.answers["is_duplicate"].to_numpy().argmax()]
    assert lines[1] == (f'survey,{later},org,"Anti, Inc","Anti, Inc (2)",another organisation of the same '
                        'name,,')


def test_a_correction_that_leaves_the_name_as_it_is_says_that_several_records_are_of_one_organisation():
    rows = [record("Anti, Inc"), record("b"), record("Anti, Inc", Q1="other")]
    found = cleaned(rows, KNOWN).records
    settings = {**SETTINGS, "country": "country"}
    row = next(csv.reader([report_several_records_per_country(found, KNOWN, settings)[1]]))
    same = dict(zip(("table", "key", "column", "from", "to"), [*row[:4], row[3]], strict=True))
    known = reference(questions=QUESTIONS, countries=places("KHM asia", "LAO asia", "PER america"),
                      corrections=[same | {"reason": "It answered twice."}])
    tables = cleaned(rows, known)
    assert report_several_records_per_country(tables.records, known, settings) == []
    assert tables.steps["step"].tolist().count("cell confirmed") == 1


def test_a_study_without_countries_says_that_each_of_several_records_counts_where_the_unit_is_answer():
    rows = [{"org": "a", "Q1": "x"}, {"org": "a", "Q1": "y"}]
    said = "in 1 of 1 questions, because the unit of these questions is `answer`."
    for unit, is_said in (("answer", True), ("organisation", False)):
        known = reference(questions=[question("Q1", "text", unit=unit)])
        found = cleaned(rows, known, country="").records
        (line, *_) = report_several_records_per_country(found, known, {**SETTINGS, "country": ""})
        assert (said in line) is is_said


def test_which_record_comes_first_does_not_depend_on_the_order_of_rows():
    rows = [record(Q1=text) for text in ("one", "two", "three")]
    firsts = set()
    for turned in (rows, rows[::-1], rows[1:] + rows[:1]):
        tables = cleaned(turned, KNOWN)
        firsts |= set(tables.responses["value"][~tables.answers["is_duplicate"]])
    assert len(firsts) == 1


def test_loops_come_in_their_order():
    rows = [record(country="LAO", nr="2"), record(country="KHM", nr="1")]
    found = cleaned(rows, KNOWN, loop="nr").records.answers
    assert found["country_id"].tolist() == ["KHM", "LAO"]


def test_files_append_and_a_record_names_its_file():
    found = answers([survey([record()], name="kobo.csv"), survey([record("b")], name="paper.csv")])
    assert found[["file", "organisation_id"]].values.tolist() == [["kobo.csv", "a"], ["paper.csv", "b"]]


def test_files_may_name_their_columns_in_their_own_ways():
    files = [survey([record()]),
             survey([{"ngo": "b", "pais": "PER", "Q1": ""}], name="kobo.csv")]
    found = answers(files, organisation="org | ngo", country="country | pais")
    assert sorted(found["organisation_id"]) == ["a", "b"]


def test_the_region_comes_from_the_work_country():
    assert answers([record(), record(country="PER")])["region_id"].tolist() == ["asia", "america"]


def test_an_organisation_has_one_home_region_and_every_region_it_works_in():
    rows = [record(country=country, home="PER") for country in ("KHM", "PER")]
    tables = cleaned(rows, KNOWN, home_country="home")
    assert tables.organisations[["organisation_id", "home_region_id"]].values.tolist() == [["a", "america"]]
    works_in = tables.answers.groupby("region_id")["organisation_id"].agg(list)
    assert works_in.to_dict() == {"america": ["a"], "asia": ["a"]}


def test_a_country_without_a_region_is_no_fault():
    known = reference(questions=QUESTIONS, countries=places("TWN"))
    assert answers([record(country="TWN")], known)["region_id"].tolist() == [""]


def test_minutes_run_from_start_to_end_across_time_zones():
    rows = [record(s="2016-05-01T10:00:00+07:00", e="2016-05-01T04:30:00Z"), record("b", s="", e="")]
    found = answers(rows, started="s", ended="e")["minutes"]
    assert found[0] == 90 and found.isna()[1]


def test_a_study_without_a_country_column_has_answers_without_a_country():
    rows = [{"org": "a", "Q1": "x"}, {"org": "b", "Q1": "y"}]
    found = answers(rows, country="")
    assert found[["country_id", "region_id"]].values.tolist() == [["", ""]] * 2
    assert found["is_duplicate"].tolist() == [False, False]


def test_a_record_must_name_its_organisation_and_its_country():
    assert [f.split(": ")[1].split(".")[0] for f in faults([record(""), record(country="")])] \
        == ["the record names no organisation", "the record names no country"]


def test_a_blank_token_names_nobody():
    assert "names no organisation" in faults([record("NA")], blank=["NA"])[0]


def test_an_unknown_country_is_a_fault():
    assert "is not a known country name; nearest: 'Cambodia'" in faults([record(country="Kambodia")])[0]


def test_two_ways_of_writing_dates_are_a_fault_with_row_and_column():
    rows = [record(when="31/12/2016"), record("b", when="30/12/2016"), record(when="2016-05-01")]
    said, = faults(rows, started="when")
    assert said.startswith("survey.csv, row 4, column when, value '2016-05-01': the column mixes")


def test_everything_wrong_in_all_files_is_told_at_once():
    files = [survey([record("", when="soon")]), survey([record(country="Kambodia", when="")],
                                                       name="two.csv")]
    assert len(faults(files, started="when")) == 3


REGISTER = [{"organisation_id": "chab", "label": "Chab House"}, {"organisation_id": "mov",
             "label": "El Pozo"}, {"organisation_id": "one", "label": "Twin"},
            {"organisation_id": "two", "label": "Twin"}]
REGISTERED = reference(questions=QUESTIONS, countries=places("KHM"), organisations=REGISTER)


def test_an_organisation_is_known_by_its_id_or_label_in_the_register():
    rows = [record("CHAB"), record(" chab  house "), record("El Pozo")]
    assert answers(rows, REGISTERED)["organisation_id"].tolist() == ["chab", "chab", "mov"]


def test_an_organisation_that_the_register_lacks_is_a_fault():
    assert "organisations.csv does not list this organisation" in faults([record("Chap")], REGISTERED)[0]


def test_a_label_that_two_organisations_share_names_neither():
    assert "value 'Twin'" in faults([record("Twin")], REGISTERED)[0]
    assert answers([record("one")], REGISTERED)["organisation_id"].tolist() == ["one"]


def test_without_a_register_the_organisations_own_text_makes_its_id():
    tables = cleaned([record("Casa  Abierta", when="2016-05-02"),
                      record("CASA Abierta", when="2016-05-01")], KNOWN, started="when")
    assert tables.organisations[["organisation_id", "label"]].values.tolist() \
        == [["casa_abierta", "CASA Abierta"]]


def test_two_organisations_never_get_the_same_id():
    said, = faults([record("កា"), record("កិ"), record("b")])
    assert "would get the same id as" in said
    assert len(faults([record("Casa A+B"), record("Casa A B"), record("Casa A/B")])) == 2


@pytest.mark.parametrize("text, id_", [("Perú Móvil", "peru_movil"), ("a.b-c_d", "a.b-c_d"),
                                       ("  ", "_"), ("Straße", "strasse"), ("№ 7", "no_7")])
def test_an_id_is_made_of_plain_letters(text, id_):
    assert make_id_from_text(text) == id_


def test_the_interpreter_and_the_language_are_noted():
    rows = [record(lang="Spanish", int="Yes"), record("b", lang="km", int="no"), record("c")]
    found = answers(rows, language="lang", interpreted="int")
    assert found["language"].tolist() == ["es", "km", ""]
    assert found["is_interpreted"].tolist() == [True, False, False]


def test_a_study_of_which_every_record_is_dropped_has_empty_tables():
    known = reference(questions=[*QUESTIONS, question("Q2", "multi", "list", columns="Q2"),
                                 question("Q3", "number"), question("Q4", "date"),
                                 question("Q5", "single", "list", unit="organisation",
                                          asked_if="Q2 has a")],
                      options=choices("list", "a", "b"),
                      corrections=[{"table": "survey", "key": "survey.r2", "column": "*",
                                    "to": "drop"}])
    tables = cleaned([{"org": "test", "Q1": "x", "Q2": "", "Q3": "", "Q4": "", "Q5": ""}], known,
                     country="")
    assert tables.answers.empty and tables.responses.empty and tables.organisations.empty
