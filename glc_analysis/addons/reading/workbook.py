"""Writes the matrix as a workbook in which a person fills in the cells of one theme or one case. Also reads
the filled-in workbook.

Grey columns identify each cell, its passages, and the summary that the cell had when the workbook was
written. A returned workbook is checked as a whole: every fault names its row, and nothing is written if there
is any fault. A summary that somebody else has changed meanwhile is never overwritten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, Protection

from glc_analysis.addons.reading.matrix import NOT_ASKED, NOTHING, STALE
from glc_analysis.errors import Fault, Faults, GLCError
from glc_analysis.reference import read_reference
from glc_analysis.schema import list_table_files, load_reference_table_schemas
from glc_analysis.spreadsheets import (
    CsvRows,
    append_rows,
    save_workbook_reproducibly,
    set_a4_print_layout,
    style_cell,
    write_cell_as_plain_text,
)
from glc_analysis.study import Study
from glc_analysis.tabular import Grid, read_workbook_sheets
from glc_analysis.text import content_hash, normalise_space
from glc_analysis.view.study_view import StudyView
from glc_analysis.writing import write_atomic

_KEYS = ("attribute", "case_id", "code_id", "passages_version", "segment_ids", "was")
"""The grey columns. They have the key of a summary, the passages of its cell, and (``was``) the digest of the
summary that was in the yellow box when the workbook was written."""
_KEY = _KEYS[:3]
_SUMMARY, _HOLDS = "Summary", "Still holds"
_SHOWN = ("Case", "Theme or code", "What the cell is", "Passages", _SUMMARY, _HOLDS)
_WIDTHS = (2, 2, 2, 2, 2, 2, 22, 24, 14, 70, 60, 8)
_WRITTEN_BY = "written by"
_HOW = ("Write into the yellow boxes what each case said, in your words: no names, and nothing by which a "
        "person could be recognised. Leave a box blank where there is nothing to say. Put your name into the "
        "box below. If a summary is stale, write a new one; if it is still right, write yes under Still "
        "holds. `glc matrix --enter` reads the file back; leave the grey columns as they are.")
_MOST_LETTERS = 30_000
"""The largest number of characters of passages that are written into a cell. A cell of a workbook holds at
most 32,767 characters."""
Cells = dict[str, str]


def write_matrix_workbook(view: StudyView, path: Path, *, theme: str = "", by: str = "organisation",
                          case: str = "") -> int:
    """Writes a workbook with the cells of a theme or of one case. Returns the number of cells.

    The cell of a theme is written if the case was asked about the theme or raised it. The cell of a code is
    written if it has passages or a summary, or if the coders have not decided whether the case raised the
    code. Raises UsageError and NotReleased as ``view.matrix`` does.
    """
    cells = view.matrix(theme=theme, by=by, case=case)
    cells = cells[~cells["state"].isin([NOT_ASKED, NOTHING])
                  | cells["code_id"].isin([*view.themes]) & (cells["state"] == NOTHING)]
    book = Workbook()
    book.properties.creator = None
    sheet = book.active
    sheet.title = "summaries"
    write_cell_as_plain_text(sheet.cell(1, len(_KEYS) + 1), _HOW)
    sheet.merge_cells(start_row=1, end_row=1, start_column=len(_KEYS) + 1, end_column=len(_WIDTHS))
    sheet.row_dimensions[1].height = 48
    sheet.cell(1, len(_KEYS) + 1).alignment = Alignment(wrap_text=True, vertical="top")
    write_cell_as_plain_text(sheet.cell(2, 1), _WRITTEN_BY)
    write_cell_as_plain_text(sheet.cell(2, len(_KEYS) + 1), "Written by")
    style_cell(sheet.cell(2, len(_KEYS) + 2), is_fill_in_box=True)
    rows = [(*_KEYS, *_SHOWN), *_rows(view, cells, by)]
    for n, row in enumerate(rows, 3):
        for m, text in enumerate(row, 1):
            cell = sheet.cell(n, m)
            if text:
                write_cell_as_plain_text(cell, text)
            is_box = n > 3 and (m == len(row) - 1 or m == len(row) and row[-4] == STALE)
            style_cell(cell, is_heading=n == 3, is_fill_in_box=is_box)
            cell.protection = Protection(locked=not is_box)
            if m <= len(_KEYS):
                cell.font, cell.alignment = Font(size=6, color="A0A0A0"), Alignment(wrap_text=False)
    sheet.cell(2, 1).font = Font(size=6, color="A0A0A0")
    sheet.cell(2, len(_KEYS) + 2).protection = Protection(locked=False)
    for letter, width in zip("ABCDEFGHIJKL", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    set_a4_print_layout(sheet, heading_row_count=3)
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False
    save_workbook_reproducibly(book, path)
    return len(cells)


def _rows(view: StudyView, cells: pd.DataFrame, by: str) -> Iterator[tuple[str, ...]]:
    kind = by.removesuffix("_id")
    coded = view.select_cell_passages(kind, cells["code_id"].unique())
    behind = dict([*coded.groupby(["case_id", "code_id"])])
    for row in cells.to_dict("records"):
        passages = behind.get((row["case_id"], row["code_id"]))
        yield (kind, row["case_id"], row["code_id"], row["passages_version"], row["segment_ids"],
               content_hash(row["summary"].strip()), row["case"], row["code"], row["state"],
               "" if passages is None else _passage_texts(passages), row["summary"], "")


def _passage_texts(passages: pd.DataFrame) -> str:
    """Returns passages as lines of text; passages that do not fit into a cell are left out."""
    texts, room = [], _MOST_LETTERS
    for quote, translation, by in zip(passages["quote"], passages["translation"], passages["organisation"],
                                      strict=True):
        text = f"{quote} [{translation}]" if translation else quote
        text = f"“{text}” ({by})"
        if (room := room - len(text) - 2) < 0:
            return "\n\n".join([*texts, f"({len(texts)} of {len(passages)} passages are here; the page of "
                                "the theme or code has more.)"])
        texts.append(text)
    return "\n\n".join(texts)


# ------------------------------
# Reading it back.


@dataclass(frozen=True)
class EnteredSummaries:
    """The summaries read from a workbook: the new summaries, and the changed summaries, keyed by their row in
    summaries.csv."""

    new: list[Cells]
    changed: dict[int, Cells]


def enter_matrix_workbook(study: Study, path: Path, *, today: date) -> EnteredSummaries:
    """Reads a filled-in workbook, and writes new and changed summaries into summaries.csv. Raises Faults with
    all errors in the workbook; nothing is then written."""
    entered = compare_matrix_workbook_with_summaries(study, path)
    for cells in (*entered.new, *entered.changed.values()):
        cells["date"] = today.isoformat()
    _write(study, entered)
    return entered


def compare_matrix_workbook_with_summaries(study: Study, path: Path) -> EnteredSummaries:
    """Compares a returned workbook with summaries.csv. Returns the new and changed summaries; raises Faults
    with all errors in the workbook."""
    reference = read_reference(study)
    grid = next((grid for grid in read_workbook_sheets(path, refuse_formulas=True)
                 if _header(grid) >= 0), None)
    if grid is None:
        raise Faults([Fault("is not a workbook of `glc matrix`: it has no row in which each of the "
                            f"grey names {', '.join(_KEYS)} occurs once", file=path.name,
                            fix="fill in the workbook as it was written, and put back the grey columns")])
    rows = [*_filled(grid)]
    entered, faults = _compared(rows, reference.tables["summaries"], grid.place)
    author = _author(grid)
    if (entered.new or entered.changed) and not author:
        faults.append(Fault("does not say who wrote the summaries", grid.place, column="Written by",
                            fix="write your name into the yellow box at the top"))
    faults += _unknown(rows, reference.tables, grid.place)
    if faults:
        raise Faults(faults)
    for cells in (*entered.new, *entered.changed.values()):
        cells["by"] = author
    return entered


def has_workbook_unread_summaries(study: Study, path: Path) -> bool:
    """Whether a workbook has summaries that are not in summaries.csv. True also if the workbook cannot be
    read."""
    try:
        entered = compare_matrix_workbook_with_summaries(study, path)
    except GLCError:
        return True
    return bool(entered.new or entered.changed)


def _header(grid: Grid) -> int:
    """Returns the index of the row with the names of the columns; -1 if there is no such row."""
    return next((n for n, row in enumerate(grid.rows)
                 if all([*map(str.strip, row)].count(name) == 1 for name in (*_KEYS, _SUMMARY))), -1)


def _author(grid: Grid) -> str:
    row = next((row for row in grid.rows if row[0].strip() == _WRITTEN_BY), [])
    return next((normalise_space(cell) for cell in row[len(_KEYS) + 1:] if cell.strip()), "")


def _filled(grid: Grid) -> Iterator[tuple[int, Cells]]:
    """Yields one row for each cell of the matrix in the workbook, with its row number. The value ``text`` is
    the summary in the yellow box of this row."""
    at = _header(grid)
    names = [*map(str.strip, grid.rows[at])]
    for n, row in zip(grid.numbers[at + 1:], grid.rows[at + 1:], strict=True):
        cells = dict(zip(names, row, strict=True))
        yield n, {name: cells[name].strip() for name in _KEYS} | {
            "text": cells[_SUMMARY].strip(), "holds": cells.get(_HOLDS, "").strip()}


def _compared(rows: list[tuple[int, Cells]], summaries: pd.DataFrame,
              place: str) -> tuple[EnteredSummaries, list[Fault]]:
    """Returns the new and changed summaries in the rows of a workbook, compared with the existing summaries,
    and the faults."""
    known = {tuple(row[name] for name in _KEY): (int(n), row)
             for n, row in summaries.to_dict("index").items()}
    new, changed, faults, seen = [], {}, [], set()
    for n, row in rows:
        fault, key = partial(Fault, file=place, row=str(n)), tuple(row[name] for name in _KEY)
        if not all(key):
            faults.append(fault("does not say which cell of the matrix it is", column="A to C",
                                fix="copy the grey names from a newly written workbook"))
            continue
        if key in seen:
            faults.append(fault("occurs twice", column="A to C", value=" ".join(key),
                                fix="keep one of the rows"))
        seen.add(key)
        number, before = known.get(key, (0, {}))
        text = before.get("text", "").strip()
        is_untouched = content_hash(row["text"]) == row["was"] or row["text"] == text
        holds = bool(row["holds"]) and before.get("passages_version") != row["passages_version"]
        if is_untouched and not holds:
            continue
        if row["text"] != text and content_hash(text) != row["was"]:
            faults.append(fault(f"the summary was changed meanwhile by {before.get('by') or 'somebody'}",
                                column=_SUMMARY, value=" ".join(key),
                                fix=f"combine the two summaries; summaries.csv now has: {text}"))
        elif not row["text"]:
            faults.append(fault("is blank, but the cell had a summary", column=_SUMMARY, value=" ".join(key),
                                fix=f"put the summary back ({text}), or delete its row in summaries.csv"))
        else:
            cells = {name: row[name] for name in (*_KEY, "text", "passages_version", "segment_ids")}
            if number:
                changed[number] = cells
            else:
                new.append(cells)
    return EnteredSummaries(new, changed), faults


def _unknown(rows: list[tuple[int, Cells]], tables: Mapping[str, pd.DataFrame],
             place: str) -> Iterator[Fault]:
    """Yields a fault for each attribute, code or organisation that the study does not have."""
    words = load_reference_table_schemas()["summaries"].columns["attribute"].allowed
    known = {"attribute": {*words}, "code_id": {*tables["codebook"]["code_id"]}}
    for n, row in rows:
        wrong = [name for name, ids in known.items() if row[name] and row[name] not in ids]
        if row["attribute"] == "organisation" and row["case_id"] not in {
                *tables["organisations"]["organisation_id"]}:
            wrong.append("case_id")
        for name in wrong:
            yield Fault("is not in the tables of this study", place, str(n), name, row[name],
                        "copy the cell from a newly written workbook")


def _write(study: Study, entered: EnteredSummaries) -> None:
    """Writes the summaries into summaries.csv: first the changed summaries, then the new summaries. If a
    power failure interrupts the writing, entering the same workbook again completes the writing."""
    path, (file, *_) = study.locate_reference_file("summaries"), list_table_files("summaries")
    if entered.changed:
        table = CsvRows.read(path)
        for number, cells in entered.changed.items():
            for column, value in cells.items():
                table.set_cell(number, column, value)
        write_atomic(path, table.content)
    append_rows(path, file.required, entered.new)
