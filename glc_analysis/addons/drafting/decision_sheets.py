"""Writes the sheets of a workbook in which people decide on the rows of a draft."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from glc_analysis.spreadsheets import style_cell, write_cell_as_plain_text

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet


def fill_sheet(sheet: Worksheet, table: pd.DataFrame, *, widths: Mapping[str, int],
               is_row_coloured: Iterable[bool], n_frozen_columns: int,
               allowed_words: Mapping[str, Sequence[str]]) -> None:
    """Writes a table into a sheet, with a heading row in which people can filter.

    - ``widths``: the width of each column, keyed by column name.
    - ``is_row_coloured``: for each row, whether its first ``n_frozen_columns`` columns are coloured.
    - ``n_frozen_columns``: the number of columns that stay visible while scrolling.
    - ``allowed_words``: for each column with a fixed set of words, the words that people can choose.
    """
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    for n, column in enumerate(table.columns, 1):
        write_cell_as_plain_text(sheet.cell(1, n), column)
        style_cell(sheet.cell(1, n), is_heading=True)
        letter = get_column_letter(n)
        sheet.column_dimensions[letter].width = widths.get(column, 16)
        if column in allowed_words and len(table):
            offered = DataValidation(type="list", formula1=f'"{",".join(allowed_words[column])}"',
                                     allow_blank=True)
            offered.add(f"{letter}2:{letter}{len(table) + 1}")
            sheet.add_data_validation(offered)
    for n, text_row in enumerate(table.itertuples(index=False, name=None), 2):
        for m, text in enumerate(text_row, 1):
            write_cell_as_plain_text(sheet.cell(n, m), text)
    for n, is_marked in enumerate(is_row_coloured, 2):
        for m in range(1, n_frozen_columns + 1) if is_marked else ():
            style_cell(sheet.cell(n, m), is_fill_in_box=True)
    sheet.freeze_panes = f"{get_column_letter(n_frozen_columns + 1)}2"
    sheet.auto_filter.ref = sheet.dimensions
