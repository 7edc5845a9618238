"""A frame written in any dialect reads back the same."""

import csv
import io
import unicodedata

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glc_analysis.intake.survey import read_survey
from tests.support.share import share

NAMES = ["Q1", "Q2[SQ001]", "group/services", "ក", "Вопрос 3", "a,b;c"]
SAID = ["", "None", "NA", "007", "1,5", "¿Cómo?", "ខ្មែរ", "اختبار", "Приют", "🏠", 'say "no"', "a;b\tc,d",
        "one\ntwo", " kept ", "'", "=1+1", "cafe\u0301"]  # fmt: skip
WESTERN = ["", "None", "¿Cómo?", "“año”", "niño; señal", "tab\there", 'say "sí"', "un\ndos", "€ 5"]
ANY_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Co"]), max_size=12)


def tables(cells):
    """Up to eight records of an id and six answers, the id never blank."""
    row = st.lists(cells, min_size=len(NAMES), max_size=len(NAMES))
    return st.lists(row, min_size=1, max_size=8).map(
        lambda rows: [[f"org {n}", *row] for n, row in enumerate(rows, 1)]
    )


UNICODE = tables(st.one_of(st.sampled_from(SAID), ANY_TEXT))
HEADER = ["org", *NAMES]
# Columns each tool adds, what it writes into them, and the header rows below the names.
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


def expected(rows):
    """Without byte-order marks, which no person types, and in normal form."""
    return [[unicodedata.normalize("NFC", cell.replace("\ufeff", "")) for cell in row] for row in rows]


def answers(survey):
    return survey.frame[[unicodedata.normalize("NFC", name) for name in HEADER]].to_numpy().tolist()


def delimited(rows, mark, end="\n"):
    text = io.StringIO()
    csv.writer(text, delimiter=mark, lineterminator=end).writerows(rows)
    return text.getvalue()


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


@settings(max_examples=share(50, 12))
@given(rows=tables(st.sampled_from(WESTERN)), mark=st.sampled_from(",;\t"))
def test_windows_1252_reads_back(tmp_path_factory, rows, mark):
    path = tmp_path_factory.getbasetemp() / "western.csv"
    table = [["org", "q1", "q2", "año", "q4", "q5", "q6"], *rows]
    path.write_bytes(delimited(table, mark).encode("cp1252"))
    assert read_survey(path).frame.to_numpy().tolist() == expected(rows)


@settings(max_examples=share(40, 10))
@given(rows=UNICODE, tool=st.sampled_from(sorted(TOOLS)), headers=st.integers(0, 2))
def test_workbooks_read_back(tmp_path_factory, rows, tool, headers):
    book = openpyxl.Workbook()
    for n, row in enumerate(dressed(rows, tool, headers), 1):
        for m, text in enumerate(row, 1):
            cell = book.active.cell(n, m, text or None)
            cell.data_type = "s" if text else "n"  # text that begins with "=" is not a formula here
    path = tmp_path_factory.getbasetemp() / "dialect.xlsx"
    book.save(path)
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
