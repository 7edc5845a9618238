"""An organisation that has records in two files for one country: no figure counts both, a person decides."""

import csv

import pytest

from glc_analysis.errors import Faults
from tests.support.study_writer import cleaned, places, question, reference, survey

KNOWN = {"questions": [question("Q1", "text"), question("Q2", "text", columns="Q2 | not in w2018.csv")],
         "countries": places("KHM asia", "LAO asia")}


def record(org="a", country="KHM", **other):
    return {"org": org, "country": country, "Q1": "text", "Q2": "", **other}


def waves(*later, **tables):
    """Two files, of which the first has a record of the organisation a for KHM."""
    files = [survey([record(Q1="before")], name="w2016.csv"),
             survey([{name: row[name] for name in ("org", "country", "Q1")} for row in later],
                    name="w2018.csv")]
    return cleaned(files, reference(**KNOWN | tables), country="country")


def faults(*later, **tables):
    with pytest.raises(Faults) as found:
        waves(*later, **tables)
    return found.value.faults


def test_an_organisation_with_records_in_two_files_for_one_country_is_a_fault():
    first, second = map(str, faults(record()))
    assert first.startswith("w2016.csv, w2018.csv: 1 organisation has records in both files for the same "
                            "country. To fix: if the files are waves of a survey, list the waves in")
    assert second.startswith("value 'a': the organisation has records in w2016.csv (row 2), w2018.csv (row ")


@pytest.mark.parametrize(("place", "left"), [(1, "text"), (3, "before")])
def test_a_row_that_is_printed_decides_which_record_counts(place, left):
    cells = next(csv.reader([str(faults(record())[1]).split("`")[place]]))
    row = dict(zip(("table", "key", "column", "from", "to", "reason", "by", "date"), cells, strict=True))
    assert waves(record(), corrections=[row]).responses["value"].tolist()[:1] == [left]


def test_a_row_that_confirms_the_name_does_not_say_which_record_counts():
    same = {"table": "survey", "key": "w2018.r2", "column": "org", "from": "a", "to": "a", "reason": "looked"}
    assert len(faults(record(), corrections=[same])) == 2


def test_another_organisation_of_the_same_name_is_none():
    other = {"table": "survey", "key": "w2018.r2", "column": "org", "from": "a", "to": "a (2)",
             "reason": "another organisation of the same name"}
    assert len(waves(record(), corrections=[other]).organisations) == 2


def test_another_country_or_another_organisation_is_no_fault():
    assert len(waves(record(country="LAO"), record("b")).answers) == 3


def test_a_study_without_countries_has_one_record_of_an_organisation():
    files = [survey([{"org": "a", "Q1": text}], name=name) for name, text in (
        ("kobo.csv", "x"), ("qualtrics.csv", "y"))]
    with pytest.raises(Faults, match="1 organisation has records in both files. To fix"):
        cleaned(files, reference(questions=[question("Q1", "text")]), country="")


def test_two_parts_of_a_survey_that_share_no_question_are_no_fault():
    files = [survey([{"org": "a", "Q1": "x"}], name="one.csv"),
             survey([{"org": "a", "Q2": "y"}], name="two.csv")]
    known = reference(questions=[question("Q1", "text", columns="Q1 | not in two.csv"),
                                 question("Q2", "text", columns="Q2 | not in one.csv")])
    assert len(cleaned(files, known, country="").answers) == 2


def test_records_that_are_the_same_in_both_files_are_not_named_a_second_time():
    rows = [record(f"o{n}", when=f"2026-03-0{n} 10:15") for n in range(1, 7)]
    files = [survey(rows, name="march.csv"), survey(rows, name="april.csv")]
    with pytest.raises(Faults) as found:
        cleaned(files, reference(questions=[question("Q1", "text")], countries=KNOWN["countries"]),
                country="country")
    assert len(found.value.faults) == 1


def test_nobody_is_known_to_have_answered_in_two_files_where_records_name_no_organisation():
    files = [survey([{"Q1": "x"}], name=name) for name in ("one.csv", "two.csv")]
    found = cleaned(files, reference(questions=[question("Q1", "text")]), organisation="", country="")
    assert len(found.answers) == 2
