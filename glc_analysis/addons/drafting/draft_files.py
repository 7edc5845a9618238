"""Defines where the draft of a study is stored, and writes its tables as CSV or as sheets of a workbook."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

import pandas as pd

from glc_analysis.addons.drafting.decision_sheets import fill_sheet
from glc_analysis.addons.drafting.draft_columns import ABOUT, USE
from glc_analysis.addons.drafting.options import UNSURE
from glc_analysis.addons.drafting.sensitivity import SENSITIVITY_DECISIONS
from glc_analysis.schema import list_allowed_words, list_table_files
from glc_analysis.study import Study
from glc_analysis.tabular import Grid, read_delimited_file

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

DRAFT_FOLDER = "private/draft"
DRAFT_WORKBOOK = "draft.xlsx"
ACCEPTED_FILE = "accepted.csv"
"""The file that records which question was accepted, by whom and when."""
SENSITIVITY_FILE = "sensitivity_decided.csv"
"""The file that records each decision on whether a question is sensitive, with the person who decided and the
date."""


def fill_draft_sheet(sheet: Worksheet, table: pd.DataFrame) -> None:
    """Fills a sheet with a drafted table. Unsure rows are yellow. In a column that allows only certain words,
    people can choose a word from a list."""
    widths = {"why": 60, "wording": 60, "columns": 40, "value": 45, "label": 40, "asked_if": 40,
              "raw_name": 30, "setting": 20, USE: 8, "how_sure": 10}
    fill_sheet(sheet, table, widths=widths,
               is_row_coloured=table.get("how_sure", pd.Series(dtype="str")) == UNSURE,
               n_frozen_columns=len(ABOUT) + (USE in table.columns),
               allowed_words={USE: ("yes", "no"), "type": list_allowed_words("questions", "type"),
                              "is_sensitive": SENSITIVITY_DECISIONS})


def format_csv_rows(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Returns rows as CSV text; an empty ``header`` is left out."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    if names := list(header):
        writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()


def read_column_values(study: Study, table: str, column: str) -> set[str]:
    """Returns the values in a column of a reference table; empty if the table or column does not exist."""
    path = study.root / list_table_files(table)[0].path
    if not path.is_file():
        return set()
    grid = read_delimited_file(path)
    names = [name.strip() for name in grid.names]
    return {row[names.index(column)].strip() for row in grid.rows[1:]} if column in names else set()


def read_text_columns(sheet: Grid | None, columns: Iterable[str], *,
                      in_lower_case: Collection[str]) -> pd.DataFrame:
    """Returns ``columns`` of a sheet as text without surrounding blanks, indexed by the row numbers of the
    sheet. The columns ``in_lower_case`` are put in lower case. A column that the sheet lacks is blank. If
    ``sheet`` is None, the result has no rows."""
    names, rows = ([name.strip() for name in sheet.names], sheet.rows[1:]) if sheet else ([], [])
    cells = {}
    for column in columns:
        held = [row[names.index(column)].strip() for row in rows] if column in names else [""] * len(rows)
        cells[column] = [cell.lower() for cell in held] if column in in_lower_case else held
    return pd.DataFrame(cells, index=sheet.numbers[1:] if sheet else None, dtype="str")
