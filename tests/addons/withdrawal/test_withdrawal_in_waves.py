"""Who leaves a study of several waves leaves all of them, and takes nothing of another organisation along."""

import pytest

from glc_analysis.addons.withdrawal.contribution import collect_contribution
from glc_analysis.reference import read_reference
from tests.support.built_studies import built
from tests.support.study_writer import places, write_csv
from tests.support.wave_study import FIRST, QUESTIONS, SECOND, write_wave_study


def contribution(study, organisation):
    built(study)
    return collect_contribution(study, read_reference(study), {}, organisation)


def rows_of(study, organisation):
    """The rows of each raw file that go with an organisation."""
    return {path.rpartition("/")[2]: rows for path, rows in contribution(study, organisation).rows.items()}


@pytest.mark.parametrize(("organisation", "rows"), [
    ("a", {"2016.csv": {2}, "2018_en.csv": {2}}), ("left", {"2016.csv": {5}}), ("new", {"2018_es.csv": {2}})])
def test_the_records_of_every_wave_go(organisation, rows, tmp_path):
    assert rows_of(write_wave_study(tmp_path), organisation) == rows


def test_a_record_of_an_earlier_wave_goes_with_whom_a_correction_says_it_is_of(tmp_path):
    register = [{"organisation_id": name, "label": name} for name in ("b", "c", "left", "mill", "new")]
    fixes = [{"table": "survey", "key": key, "column": "org", "from": "a", "to": "mill", "reason": "its name"}
             for key in ("2016.r2", "2018_en.r2")]
    study = write_wave_study(tmp_path, organisations=register, corrections=fixes)
    assert rows_of(study, "mill") == {"2016.csv": {2}, "2018_en.csv": {2}}
    assert rows_of(study, "b") == {"2016.csv": {3}, "2018_en.csv": {3}}


def test_a_country_that_others_named_in_an_earlier_wave_stays(tmp_path):
    study = write_wave_study(tmp_path, countries=places("KHM asia", "THA asia"),
                             settings={"survey": {"organisation": "org", "country": "where"}})
    folder = study.root / "raw/survey"
    for name, rows, country in (("2016.csv", FIRST, "KHM"), ("2018_es.csv", SECOND[2:], "KHM"),
                                ("2018_en.csv", SECOND[:2], "THA")):
        write_csv(folder / name, [row | {"where": country} for row in rows])
    assert contribution(study, "new").countries == set()


def test_an_answer_of_an_earlier_wave_that_is_cited_goes(tmp_path):
    words = {"type": "text", "option_list": ""}
    study = write_wave_study(tmp_path, questions=[
        row | words if row["question_id"] == "Q6" else row for row in QUESTIONS])
    assert {"2016.r2.q6.1", "2016.r2"} <= contribution(study, "a").ids


def test_the_records_under_a_former_name_go_with_the_organisation(tmp_path):
    study = write_wave_study(tmp_path, organisation_changes=[
        {"organisation_id": "new", "change": "renamed", "other": "Left", "reason": "its letter", "by": "Ana",
         "date": "2018-06-01"}])
    assert rows_of(study, "new") == {"2016.csv": {5}, "2018_es.csv": {2}}
