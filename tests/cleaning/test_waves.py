"""Waves: two files may be one wave; the study's figures are of one wave, and every wave keeps its answers."""

import pytest

from glc_analysis import tables
from glc_analysis.errors import Faults
from glc_analysis.reference import read_reference
from tests.support.built_studies import built_for_team
from tests.support.study_writer import write_reference
from tests.support.wave_study import CROSSWALK, FILES, OPTIONS, QUESTIONS, WAVES, decided, write_wave_study


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    made = write_wave_study(tmp_path_factory.mktemp("waves"))
    built_for_team(made)
    return made


def rows(study, table, **wanted):
    frame = tables.read_table(table, study=study).astype("str")
    for column, value in wanted.items():
        frame = frame[frame[column] == value]
    return frame


def test_the_tables_of_the_study_are_of_its_last_wave_in_all_its_languages(study):
    assert {*rows(study, "organisations")["organisation_id"]} == {"a", "b", "new"}
    assert {*rows(study, "answers")["file"]} == {"2018_en.csv", "2018_es.csv"}


def test_every_wave_keeps_what_an_organisation_answered_in_it(study):
    given = rows(study, "wave_responses", organisation_id="a", question_id="Q1")
    assert dict(zip(given["wave_id"], given["value"], strict=True)) == {"w2016": "yes", "w2018": "no"}


def test_a_question_that_was_not_asked_in_a_wave_has_no_row_in_it(study):
    assert "Q6" not in {*rows(study, "questions")["question_id"]}
    assert {*rows(study, "wave_responses", question_id="Q6")["wave_id"]} == {"w2016"}
    assert {*rows(study, "wave_responses", question_id="Q5")["wave_id"]} == {"w2018"}
    assert not {"Q6"} & {*rows(study, "figures")["question_id"]}


def test_who_was_asked_is_decided_for_each_wave(study):
    missing = rows(study, "wave_responses", question_id="Q3")
    in_wave = missing.groupby("wave_id")["missing"].agg(sorted).to_dict()
    assert in_wave == {"w2016": ["", "", "not_asked", "not_asked"], "w2018": ["", "", ""]}


def test_the_wave_of_the_figures_is_the_one_that_study_toml_names(tmp_path):
    study = write_wave_study(tmp_path, settings={"study": {"id": "s", "title": "s", "wave": "w2016"}})
    built_for_team(study)
    assert {*rows(study, "organisations")["organisation_id"]} == {"a", "b", "c", "left"}


def test_a_study_with_one_wave_has_no_row_in_the_tables_of_waves(sample_study):
    assert all(tables.read_table(name, study=sample_study).empty
               for name in ("wave_organisations", "wave_answers", "wave_responses"))


FAULTY = {
    "a file without a wave": ({"wave_files": FILES[:2]},
                              r"2018_es\.csv: wave_files\.csv does not name the wave of this file"),
    "a file that is not there": ({"wave_files": [*FILES, {"file": "2018_fr.csv", "wave_id": "w2018"}]},
                                 r"wave_files\.csv, row 5.*2018_fr\.csv.*no survey file has this name"),
    "two records in one wave": ({"wave_files": [FILES[0], *({**file, "wave_id": "w2016"}
                                                            for file in FILES[1:])]},
                                "2 organisations have records in both files.*list the waves in waves.csv")}


@pytest.mark.parametrize("fault", FAULTY)
def test_what_is_wrong_with_the_files_of_waves_is_named(fault, tmp_path):
    changed, message = FAULTY[fault]
    with pytest.raises(Faults, match=message):
        built_for_team(write_wave_study(tmp_path, **changed))


def test_a_wave_of_study_toml_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Faults, match="waves.csv has no such wave"):
        built_for_team(write_wave_study(
            tmp_path, settings={"study": {"id": "s", "title": "s", "wave": "w2020"}}))


def test_what_is_wrong_in_the_answers_of_an_earlier_wave_is_a_fault(tmp_path):
    study = write_wave_study(tmp_path)
    write_reference(study.root, "options", [row for row in OPTIONS if row["option_id"] != "legal"])
    with pytest.raises(Faults, match=r"2016\.csv.*is not an option of services"):
        built_for_team(study)


def test_a_correction_is_of_one_wave(tmp_path):
    fix = {"table": "survey", "key": "2016.r2", "column": "Q1", "from": "yes", "to": "no", "reason": "typo"}
    study = write_wave_study(tmp_path, corrections=[fix])
    built_for_team(study)
    given = rows(study, "wave_responses", organisation_id="a", question_id="Q1")
    assert [*given["value"]] == ["no", "no"]
    assert [*rows(study, "wave_responses", organisation_id="b", question_id="Q1")["value"]] == ["yes", "yes"]


def test_a_heading_that_means_another_question_in_the_next_wave(tmp_path):
    crosswalk = [*CROSSWALK, *decided("Q6", "new", "no")]
    study = write_wave_study(tmp_path, crosswalk=[
        *(row for row in crosswalk if (row["question_id"], row["wave_id"]) != ("Q6", "w2016")),
        {"question_id": "Q5", "wave_id": "w2016", "columns": "Q6"}],
        questions=[row | ({"columns": "Q5"} if row["question_id"] == "Q6" else {}) for row in QUESTIONS])
    built_for_team(study)
    assert {*rows(study, "wave_responses", question_id="Q6")["wave_id"]} == {"w2018"}
    assert {*rows(study, "wave_responses", question_id="Q5")["wave_id"]} == {"w2016", "w2018"}


def test_waves_out_of_order_are_a_fault(tmp_path):
    study = write_wave_study(tmp_path, waves=WAVES[::-1])
    with pytest.raises(Faults, match=r"waves\.csv, row 3.*was opened before the wave above it"):
        read_reference(study)
