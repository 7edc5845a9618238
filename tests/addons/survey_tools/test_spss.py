"""SPSS files: labels for values, wording for variables, nothing lost."""

import datetime as dt
import sys

import pandas as pd
import pytest

from glc_analysis.errors import GLCError
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
