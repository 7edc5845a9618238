"""A frame as each tool writes it, in any dialect, reads back the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glc_analysis.intake.survey import read_survey
from tests.support.dialects import HEADER, UNICODE, answers, delimited, expected, write_workbook
from tests.support.share import share

TOOLS = {
    "plain": ([], []),
    "kobo": ([("_uuid", "u"), ("_submission_time", "2024-05-01T10:00:00")], []),
    "limesurvey": ([("id", "1"), ("submitdate", "2024-05-01 10:00:00"), ("lastpage", "3")], []),
    "qualtrics": ([("StartDate", "2024-05-01 10:00"), ("EndDate", "2024-05-01 10:30"),
                   ("ResponseId", "R_2YPOQ602ER1jkf1")], ["texts", "ids"]),
}  # fmt: skip


def dressed(rows, tool, headers):
    added, kinds = TOOLS[tool]
    header = [name for name, _ in added] + HEADER
    below = {"texts": [f"Text of {name}?".replace("0", "") for name in header],
             "ids": ['{"ImportId":"QID1"}' for _ in header]}  # fmt: skip
    return [
        header,
        *(below[kind] for kind in kinds[:headers]),
        *([v for _, v in added] + row for row in rows),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
@settings(max_examples=share(25, 8))
@given(
    rows=UNICODE,
    tool=st.sampled_from(sorted(TOOLS)),
    headers=st.integers(0, 2),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_delimited_text_reads_back(tmp_path_factory, mark, encoding, rows, tool, headers, end):
    path = tmp_path_factory.getbasetemp() / "dialect.csv"
    path.write_bytes(delimited(dressed(rows, tool, headers), mark, end).encode(encoding))
    survey = read_survey(path)
    assert survey.tool == tool
    assert answers(survey) == expected(rows)


@settings(max_examples=share(40, 10))
@given(rows=UNICODE, tool=st.sampled_from(sorted(TOOLS)), headers=st.integers(0, 2))
def test_workbooks_read_back(tmp_path_factory, rows, tool, headers):
    path = tmp_path_factory.getbasetemp() / "dialect.xlsx"
    write_workbook(path, dressed(rows, tool, headers))
    survey = read_survey(path)
    assert survey.tool == tool
    assert answers(survey) == expected(rows)


@settings(max_examples=share(40, 10))
@given(rows=UNICODE)
def test_spss_files_read_back_but_for_blanks_at_the_end(tmp_path_factory, rows):
    pyreadstat = pytest.importorskip("pyreadstat")
    import pandas as pd

    path = tmp_path_factory.getbasetemp() / "dialect.sav"
    names = [f"v{n}" for n in range(len(HEADER))]
    pyreadstat.write_sav(pd.DataFrame(rows, columns=names), path)
    read = read_survey(path).frame.to_numpy().tolist()
    assert read == [[cell.rstrip(" ") for cell in row] for row in expected(rows)]
