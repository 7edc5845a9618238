"""Every manual fix is a reviewed record, and one that matches nothing is a fault."""

import pandas as pd
import pytest

from glc_analysis.cleaning.records import (
    CleaningLog,
    apply_corrections,
    find_unmatched_corrections,
)
from glc_analysis.errors import Faults
from tests.support.study_writer import cleaned, question, reference

FRAME = pd.DataFrame({"Q1": ["12", " about 40 "], "Q2": ["yes", ""]}, index=["s.r2", "s.r3"],
                     dtype="str")


def fixes(*rows):
    columns = ["table", "key", "column", "from", "to", "reason", "by", "date"]
    return pd.DataFrame([["survey", *row, "why", "AB", "2016-10-01"] for row in rows],
                        columns=columns, dtype="str").rename(lambda n: n + 2)


def corrected(*rows):
    steps = CleaningLog()
    frame, faults = apply_corrections(FRAME, fixes(*rows), steps)
    return frame, [str(fault) for fault in faults], steps.to_frame()


def test_a_cell_is_corrected_where_it_holds_what_the_correction_says():
    frame, faults, steps = corrected(["s.r3", "Q1", "about 40", "40"])
    assert frame["Q1"].tolist() == ["12", "40"] and not faults
    assert steps[["step", "cells", "why"]].values.tolist() == [["cell corrected", 1, "why"]]


def test_the_frame_that_came_in_is_left_alone():
    corrected(["s.r3", "Q1", "about 40", "40"], ["s.r2", "*", "", "drop"])
    assert FRAME["Q1"].tolist() == ["12", " about 40 "]


def test_a_blank_cell_can_be_filled_and_a_filled_one_emptied():
    frame, faults, _ = corrected(["s.r3", "Q2", "", "no"], ["s.r2", "Q2", "yes", ""])
    assert frame["Q2"].tolist() == ["", "no"] and not faults


def test_a_correction_that_finds_something_else_is_a_fault_and_changes_nothing():
    frame, (said,), steps = corrected(["s.r2", "Q1", "13", "14"])
    assert said.startswith("corrections.csv, row 2, column Q1, value '13': does not match the file: "
                           "record s.r2 has '12' in this column")
    assert frame.equals(FRAME) and steps.empty


def test_a_column_that_is_not_there_is_a_fault_with_the_nearest():
    _, (said,), _ = corrected(["s.r2", "Q11", "", "14"])
    assert "has no such column; nearest: 'Q1'" in said


def test_a_record_is_dropped_with_its_reason():
    frame, faults, steps = corrected(["s.r2", "*", "", "drop"])
    assert frame.index.tolist() == ["s.r3"] and not faults
    assert steps[["step", "rows_in", "rows_out"]].values.tolist() == [["record dropped", 1, 0]]


def test_a_record_that_is_in_no_file_is_a_fault_with_the_nearest():
    rows = fixes(["s.r4", "Q1", "1", "2"], ["s.r2", "Q1", "12", "2"])
    fault, = find_unmatched_corrections(rows, {"s.r2", "s.r3"})
    assert fault.row == "2" and "no survey file has the record 's.r4'; nearest: 's.r" in fault.message


def test_a_correction_of_an_empty_row_matches_nothing():
    known = reference(questions=[question("Q1", "number")],
                      corrections=fixes(["survey.r3", "*", "", "drop"],
                                        ["survey.r3", "Q1", "", "5"]).to_dict("records"))
    with pytest.raises(Faults) as raised:
        cleaned([{"org": "a", "Q1": "1"}, {"org": ""}], known, country="")
    assert [fault.row for fault in raised.value.faults] == ["2", "3"]


def test_all_that_is_wrong_in_all_corrections_is_told_at_once():
    known = reference(questions=[question("Q1", "number")], corrections=fixes(
        ["survey.r2", "Q1", "9", "5"], ["survey.r9", "Q1", "9", "5"],
        ["survey.r2", "Q8", "9", "5"]).to_dict("records"))
    with pytest.raises(Faults) as raised:
        cleaned([{"org": "a", "Q1": "1"}], known, country="")
    assert sorted(fault.row for fault in raised.value.faults) == ["2", "3", "4"]


def test_what_was_corrected_is_what_counts():
    known = reference(questions=[question("Q1", "number")], corrections=fixes(
        ["survey.r2", "Q1", "lots", "40"], ["survey.r3", "*", "", "drop"]).to_dict("records"))
    tables = cleaned([{"org": "a", "Q1": "lots"}, {"org": "test"}], known, country="")
    assert tables.responses["value_number"].tolist() == [40]
    assert tables.organisations["organisation_id"].tolist() == ["a"]
