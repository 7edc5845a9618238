"""Makes tables of any text, as spreadsheet programs write them."""

import csv
import io
import unicodedata

import openpyxl
from hypothesis import strategies as st

from glc_analysis.study import DEFAULTS

NAMES = ["Q1", "Q2[SQ001]", "group/services", "ក", "Вопрос 3", "a,b;c"]


SAID = ["", "None", "NA", "007", "1,5", "¿Cómo?", "ខ្មែរ", "اختبار", "Приют", "🏠", 'say "no"', "a;b\tc,d",
        "one\ntwo", " kept ", "'", "=1+1", "cafe\u0301"]  # fmt: skip


ANY_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Co"]), max_size=12)


def tables(cells):
    """Draws up to eight records of an id and six answers. The id is never blank."""
    row = st.lists(cells, min_size=len(NAMES), max_size=len(NAMES))
    return st.lists(row, min_size=1, max_size=8).map(
        lambda rows: [[f"org {n}", *row] for n, row in enumerate(rows, 1)]
    )


UNICODE = tables(st.one_of(st.sampled_from(SAID), ANY_TEXT))


HEADER = ["org", *NAMES]


def expected(rows):
    """Returns the rows as they are expected after reading: without byte-order marks, which no person types,
    and in Unicode normal form."""
    return [[unicodedata.normalize("NFC", cell.replace("\ufeff", "")) for cell in row] for row in rows]


def answers(survey):
    return survey.frame[[unicodedata.normalize("NFC", name) for name in HEADER]].to_numpy().tolist()


def delimited(rows, mark, end="\n"):
    text = io.StringIO()
    csv.writer(text, delimiter=mark, lineterminator=end).writerows(rows)
    return text.getvalue()


def write_workbook(path, rows):
    """Writes a workbook in which all cells are text."""
    book = openpyxl.Workbook()
    for n, row in enumerate(rows, 1):
        for m, text in enumerate(row, 1):
            cell = book.active.cell(n, m, text or None)
            cell.data_type = "s" if text else "n"  # text that begins with "=" is not a formula here
    book.save(path)


def sheets_of(path, hidden=(), **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    book.save(path)
    return path


def survey_settings(**named):
    """Returns the settings below [survey], with some of them replaced."""
    return {**DEFAULTS["survey"], **named}
