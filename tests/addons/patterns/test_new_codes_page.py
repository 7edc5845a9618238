"""The page of new codes, and its figures of the sample."""

import tomllib
from types import SimpleNamespace

import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.addons.patterns.pages import describe_interview_order, describe_saturation
from scripts.sample_study.content import FOLDER
from tests.pages.notebook_cells import run_cells
from tests.support.built_studies import built_for_team
from tests.support.coded_studies import ANA, BEN, BOTH, coded_study, spreadsheet

TRUTH = tomllib.loads((FOLDER / "truth.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def read(sample_study):
    return lambda name: tables.read_table(name, study=sample_study)


@pytest.fixture(scope="module")
def new_codes(tmp_path_factory):
    made = coded_study(tmp_path_factory.mktemp("coded"), codings=BOTH)
    for coder, rows in (("ana", ANA), ("ben", BEN)):
        spreadsheet(made, coder, *rows)
    return run_cells("04_new_codes", built_for_team(made))


@pytest.mark.parametrize(("new", "said"), [
    ([5, 1, 0], "needs 6 interviews; 3 are coded."), ([5] * 8, "not met in 8 interviews."),
    ([20, 9, 5, 3, 0, 0], "met after 4 interviews, by interviews 5 and 6."),
    ([20, 9, 5, 3, 0, 0, 2], "by interviews 5 and 6. New codes in later ones: 2.")])
def test_the_rule_on_new_codes_is_told_in_words(new, said):
    assert describe_saturation(new).endswith(said)


@pytest.mark.parametrize(("dates", "said"), [
    (["2016-03-01", "2016-04-01"], "in order of date"),
    (["2016-03-01", "2016-03-01"], "in the order of their names, since no dates tell them apart"),
    (["", ""], "in the order of their names, since no dates tell them apart"),
    (["2016-03-01", "2016-03-01", "2016-04-01"],
     "in order of date, those of one day in the order of their names"),
    (["", "2016-03-01"], "in order of date, those whose date is not known first")])
def test_the_order_of_interviews_is_that_of_their_dates_only_where_these_tell_them_apart(dates, said):
    names = [f"i{n}" for n in range(len(dates))]
    frames = {"documents": pd.DataFrame({"document_id": names, "kind": "interview", "translation_of": "",
                                         "date": dates}),
              "codings": pd.DataFrame({"document_id": names})}
    assert describe_interview_order(SimpleNamespace(read=frames.__getitem__)) == said


def test_new_codes_are_counted_interview_by_interview(sample_study):
    rows = run_cells("04_new_codes", sample_study)["new_codes"]
    assert (rows["new"].cumsum() == rows["found"]).all() and (rows["low"] <= rows["high"]).all()


def test_a_code_of_a_single_organisation_is_named_with_it(new_codes):
    assert new_codes["once"].loc["Delay"].tolist() == ["a", "Practice > Law > Delay"]


def test_pairs_of_codes_are_those_of_the_estimates(sample_study):
    figures = tables.read_table("figures", study=sample_study).query("measure == 'cooccurrence'")
    most = figures[figures["statistic"] == "turns"].nlargest(1, "n").iloc[0]
    rows = run_cells("04_new_codes", sample_study)["pairs"]
    assert rows["n"].iloc[0] == most["n"] and rows["base_n"].iloc[0] == most["base_n"]


def test_each_interview_adds_its_new_codes(read):
    rows = read("figures").query("measure == 'novelty' and statistic == 'new_codes'")
    assert rows.sort_values("option_id")["n"].tolist() == TRUTH["codes"]["new_by_interview"]


@pytest.mark.parametrize("pair", TRUTH["together"])
def test_codes_meet_in_as_many_turns_as_they_do(read, pair):
    figure = read("figures").set_index("figure_id").loc[f"cooccurrence/{pair}/turns/all"]
    assert [figure["n"], figure["base_n"]] == TRUTH["together"][pair]


def test_a_study_in_which_nothing_is_coded_has_the_page_too(tmp_path):
    assert run_cells("04_new_codes", built_for_team(coded_study(tmp_path)))["audience"] == "team"
