"""A frame written in any dialect reads back the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glc_analysis.intake.survey import read_survey
from tests.support.dialects import HEADER, UNICODE, answers, delimited, expected, tables, write_workbook
from tests.support.share import share

WESTERN = ["", "None", "¿Cómo?", "“año”", "niño; señal", "tab\there", 'say "sí"', "un\ndos", "€ 5"]
# Columns each tool adds, what it writes into them, and the header rows below the names.
@settings(max_examples=share(50, 12))
@given(rows=tables(st.sampled_from(WESTERN)), mark=st.sampled_from(",;\t"))
def test_windows_1252_reads_back(tmp_path_factory, rows, mark):
    path = tmp_path_factory.getbasetemp() / "western.csv"
    table = [["org", "q1", "q2", "año", "q4", "q5", "q6"], *rows]
    path.write_bytes(delimited(table, mark).encode("cp1252"))
    assert read_survey(path).frame.to_numpy().tolist() == expected(rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
@settings(max_examples=share(25, 8))
@given(rows=UNICODE, end=st.sampled_from(["\n", "\r\n"]))
def test_delimited_text_reads_back(tmp_path_factory, mark, encoding, rows, end):
    path = tmp_path_factory.getbasetemp() / "dialect.csv"
    path.write_bytes(delimited([HEADER, *rows], mark, end).encode(encoding))
    survey = read_survey(path)
    assert (survey.tool, answers(survey)) == ("plain", expected(rows))


@settings(max_examples=share(40, 10))
@given(rows=UNICODE)
def test_workbooks_read_back(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "dialect.xlsx"
    write_workbook(path, [HEADER, *rows])
    survey = read_survey(path)
    assert (survey.tool, answers(survey)) == ("plain", expected(rows))
