"""SPSS files: labels for values, wording for variables, nothing lost."""

import datetime as dt
import sys

import pandas as pd
import pytest

from glc_analysis.errors import Faults, GLCError
from glc_analysis.intake.survey import read_survey

pyreadstat = pytest.importorskip("pyreadstat")


def read(tmp_path, frame, **options):
    path = tmp_path / "survey.sav"
    pyreadstat.write_sav(pd.DataFrame(frame), path, **options)
    return read_survey(path)


def test_labelled_values_become_their_label_missing_ones_included(tmp_path):
    survey = read(
        tmp_path,
        {"Q1": [1.0, 2.0, -99.0, None, 3.0], "n": [1.0] * 5},
        variable_value_labels={"Q1": {1: "Sí", 2: "No", -99: "Refused"}},
        missing_ranges={"Q1": [-99]},
        column_labels={"Q1": "Do you identify victims?"},
    )
    assert survey.tool == "spss"
    assert survey.frame["Q1"].tolist() == ["Sí", "No", "Refused", "", "3"]
    assert survey.wording == {"Q1": "Do you identify victims?", "n": ""}
    assert survey.rows == [1, 2, 3, 4, 5]


def test_a_case_without_any_value_is_no_record_and_others_keep_their_numbers(tmp_path):
    survey = read(tmp_path, {"Q1": ["", "b", "c"], "n": [None, None, 2.0]})
    assert survey.rows == [2, 3] and survey.loops == [0, 0]
    assert survey.frame.to_dict("list") == {"Q1": ["b", "c"], "n": ["", "2"]}


def test_numbers_and_dates_become_plain_text(tmp_path):
    survey = read(
        tmp_path,
        {
            "n": [12.0, 2.5],
            "on": [dt.date(2017, 5, 2), None],
            "at": [dt.datetime(2017, 5, 2, 9, 30), None],
            "said": ["ខ្មែរ\nyes", ""],
        },
    )
    assert survey.frame.to_dict("list") == {
        "n": ["12", "2.5"],
        "on": ["2017-05-02", ""],
        "at": ["2017-05-02T09:30:00", ""],
        "said": ["ខ្មែរ\nyes", ""],
    }
    assert set(survey.wording.values()) == {""}


def test_labels_of_text_values_are_used_too(tmp_path):
    survey = read(tmp_path, {"Q1": ["m", "f"]}, variable_value_labels={"Q1": {"m": "Men"}})
    assert survey.frame["Q1"].tolist() == ["Men", "f"]


def test_without_the_extra_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyreadstat", None)
    with pytest.raises(GLCError, match=r"pip install 'glc_analysis\[spss\]'"):
        read_survey(tmp_path / "survey.sav")


def test_an_spss_file_says_which_values_are_missing(tmp_path):
    pyreadstat.write_sav(pd.DataFrame({"age": [30.0, 99.0, 98.0], "n": [99.0, 1.0, 2.0]}), tmp_path / "s.sav",
                         missing_ranges={"age": [{"lo": 98, "hi": 99}]},
                         variable_value_labels={"age": {98: "Refused"}})
    read = read_survey(tmp_path / "s.sav")
    assert read.frame["age"].tolist() == ["30", "99 (user-missing)", "Refused"]
    assert read.frame["n"].tolist() == ["99", "1", "2"]
    assert read.missing == {"age": frozenset({"99 (user-missing)", "Refused"})}


def test_a_file_that_is_none_is_refused(tmp_path):
    (tmp_path / "answers.sav").write_bytes(b"org,country\n")
    with pytest.raises(Faults, match=r"answers\.sav: the SPSS file cannot be read"):
        read_survey(tmp_path / "answers.sav")
