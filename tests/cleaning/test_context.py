"""What outside sources say of the countries."""

import pytest

from glc_analysis.cleaning.dimension_tables import clean_country_indicators
from glc_analysis.cleaning.records import CleaningLog
from glc_analysis.errors import Faults
from tests.support.study_writer import places, reference, survey

KNOWN = reference(countries=places("KHM asia", "PER america"))
SETTINGS = {"country": "iso", "year": "year", "indicators": ["tier", "income"], "blank": ["NA"]}
ROWS = [{"iso": "KHM", "year": "2014", "tier": "2", "income": "low"},
        {"iso": "KHM", "year": "2015", "tier": "2WL", "income": "low"},
        {"iso": "PER", "year": "2014", "tier": "NA", "income": "middle"}]


def facts(*files, steps=None, **settings):
    found = clean_country_indicators([survey(rows, name=f"{n}.csv") for n, rows in enumerate(files)], KNOWN,
                  {**SETTINGS, **settings}, steps or CleaningLog())
    return found[["country_id", "indicator", "year", "value"]].values.tolist()


def faults(*files, **settings):
    with pytest.raises(Faults) as raised:
        facts(*files, **settings)
    return [str(fault) for fault in raised.value.faults]


def test_every_fact_is_a_row_and_blank_ones_are_none():
    assert [f for f in facts(ROWS) if f[1] == "tier"] \
        == [["KHM", "tier", "2014", "2"], ["KHM", "tier", "2015", "2WL"]]


def test_what_never_changes_has_no_year():
    assert [f for f in facts(ROWS) if f[1] == "income"] \
        == [["KHM", "income", "", "low"], ["PER", "income", "", "middle"]]


def test_what_is_known_of_one_year_only_keeps_it():
    assert facts(ROWS[:1], indicators=["tier"]) == [["KHM", "tier", "2014", "2"]]


def test_a_source_without_years_needs_none():
    assert facts([{"iso": "KHM", "income": "low"}], year="", indicators=["income"]) \
        == [["KHM", "income", "", "low"]]


def test_countries_that_the_study_does_not_know_are_counted_and_left_out():
    steps = CleaningLog()
    assert facts([*ROWS, {"iso": "Atlantis", "tier": "1"}], indicators=["tier"], steps=steps)
    assert steps.to_frame()[["rows_in", "rows_out"]].values.tolist() == [[4, 3]]


def test_several_sources_append():
    found = facts(ROWS[:1], ROWS[1:2], indicators=["tier"])
    assert [year for *_, year, _ in found] == ["2014", "2015"]


def test_two_values_for_one_country_and_year_are_a_fault():
    said, = faults(ROWS, [{"iso": "KHM", "year": "2014", "tier": "3"}], indicators=["tier"])
    assert "1.csv" in said and "KHM" in said and "2014" in said


def test_a_column_that_is_not_there_is_a_fault():
    assert "nearest: 'iso'" in faults(ROWS, country="iso3")[0]


def test_a_source_of_which_nothing_is_taken_is_a_fault():
    assert "[context] indicators" in faults(ROWS, indicators=[])[0]


def test_no_source_gives_an_empty_table():
    assert facts() == []
