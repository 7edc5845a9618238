"""What a setting of [survey] decides instead of a correction of every record."""

import pytest

from glc_analysis.errors import Fault, Faults
from tests.support.study_on_disk import FILES, SmallStudy
from tests.support.study_writer import cleaned, question, reference

ROWS = [{"org": "a", "country": "KHM", "status": "Completed (31)", "Q1": "2,5"},
        {"org": "b", "country": "KHM", "status": "Suspended (22)", "Q1": "3"},
        {"org": "c", "country": "KHM", "status": "Completed after break (32)", "Q1": "-77"}]
KNOWN = reference(questions=[question("Q1", "number")], countries=[{"raw_name": "KHM", "country_id": "KHM"}])


def test_only_the_records_that_count_are_read():
    made = cleaned(ROWS, KNOWN, counted={"status": "Completed (31) | Completed after break (32)"},
                   decimal_commas=True, blank=["-77"])
    assert made.organisations["organisation_id"].tolist() == ["a", "c"]
    assert made.responses["value_number"].fillna(-1).tolist() == [2.5, -1]
    assert made.steps.set_index("step").loc["records that count", ["rows_in", "rows_out"]].tolist() == [3, 2]


def test_a_column_of_the_status_that_is_not_there_is_a_fault():
    with pytest.raises(Faults, match="the file has no column state; nearest: 'status'"):
        cleaned(ROWS, KNOWN, counted={"state": "x"}, decimal_commas=True, blank=["-77"])


def test_with_decimal_commas_a_point_is_no_number():
    with pytest.raises(Faults, match="value '2.5': is not a number"):
        cleaned([{**ROWS[0], "Q1": "2.5"}], KNOWN, decimal_commas=True)


def test_a_missing_column_comes_before_wrong_values():
    known = reference(questions=[question("Q1", "number"), question("Q2", "text")],
                      countries=KNOWN.countries.to_dict("records"))
    with pytest.raises(Faults) as found:
        cleaned([{**ROWS[0], "Q1": "lots"}], known)
    assert [fault.is_structure for fault in found.value.faults] == [True, False]


def test_many_faults_are_in_a_file_of_the_private_folder(tmp_path):
    small = SmallStudy(tmp_path)
    rows = "".join(f"compass{n},Kenya,2016-01-02,Yes,1,0,Never,1,x,2014-01-01\n" for n in range(99))
    extra = "".join(f"beacon,Land {n},2016-01-02,Yes,1,0,Never,1,x,2014-01-01\n" for n in range(99))
    header = FILES["raw/survey/answers.csv"].splitlines()[0]
    small.write("raw/survey/answers.csv", f"{header}\n{rows}{extra}")
    assert "lines is in private/faults.txt." in small.glc("check").stderr
    assert len((tmp_path / "private/faults.txt").read_text().splitlines()) > 100


def test_of_many_faults_the_first_hundred_lines_are_printed():
    found = Faults([Fault(f"is wrong in way {n}") for n in range(130)])
    assert str(found).count("\n") == 100 and str(found).endswith("And 30 more lines.")
    assert len(found.lines) == 130
