"""The workbook in which people settle where coders differ, on screen or on paper, and its way back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.worksheet import Worksheet

from glc_analysis.coding.codebook import current, resolve
from glc_analysis.coding.reconcile import CONSENSUS
from glc_analysis.errors import Fault, Faults, nearest
from glc_analysis.intake.workbook import read_sheets
from glc_analysis.workbook import save_workbook

SHEET, NONE, REASON = "Disagreements", "none", "reason"
_HOW = ("In the box consensus write the codes you agree on, by name or code_id, with ; between them, "
        "or none where no code belongs. What stays blank is not decided. Under reason say why.")
_TURN, _FILLED = ["segment_id", "document_id", "text"], ["segment_id", CONSENSUS, REASON]
_WIDTHS = {"segment_id": 13, "document_id": 12, "text": 52, CONSENSUS: 26, "path": 34, "definition": 60}
_THIN, _THICK = (Border(*[Side(style=style)] * 4) for style in ("thin", "medium"))
_WRAPPED = Alignment(wrap_text=True, vertical="top")


def write_decisions(path: Path, disagreements: pd.DataFrame, segments: pd.DataFrame,
                    codebook: pd.DataFrame, *, reasons: Mapping[str, str] | None = None) -> None:
    """Writes the workbook: a row a segment of `disagreements`, in the order of the texts.

    A coder's cell holds codes by name, ``none`` where the coder read the segment and gave it no
    code, nothing where the coder did not read it. Decisions (coder ``consensus``) come filled in,
    with the `reasons` given for them by segment_id. The same content gives the same bytes.
    """
    shown = _shown(codebook) | {"": NONE}
    cells = disagreements["codes"].map(lambda codes: "; ".join(shown.get(c, c) for c in codes.split(";")))
    who = disagreements["coder_id"].map(lambda coder: coder if coder == CONSENSUS else f"coder: {coder}")
    wide = disagreements.assign(codes=cells, who=who).pivot(index="segment_id", columns="who", values="codes")
    names = [*_TURN, *wide.columns.drop(CONSENSUS, errors="ignore"), CONSENSUS, REASON]
    rows = wide.join(segments.set_index("segment_id")[["document_id", "text", "start"]]).reset_index()
    rows = rows.assign(reason=rows["segment_id"].map(reasons or {})).sort_values(["document_id", "start"])
    book = Workbook()
    _fill(book.active, SHEET, rows.reindex(columns=names).astype("str").fillna(""))
    head, *boxes = [*book.active.columns][-2]
    head.comment = Comment(_HOW, "glc agreement", height=140, width=360)
    for box in boxes:
        box.fill, box.border = PatternFill("solid", start_color="FFF2CC"), _THICK
    listed = codebook.assign(code=codebook["code_id"].map(shown)).sort_values("order")
    _fill(book.create_sheet(), "Codes", listed[["code", "path", "definition", "code_id"]])
    save_workbook(book, path)


def _shown(codebook: pd.DataFrame) -> dict[str, str]:  # by name, where that leads back to the code
    known = resolve(list(codebook["name"]), codebook)
    return {code: name if known[name] == code and _parts(name) == [name] != [NONE] else code
            for code, name in zip(codebook["code_id"], codebook["name"], strict=True)}


def _fill(sheet: Worksheet, title: str, rows: pd.DataFrame) -> None:
    for m, (name, column) in enumerate(rows.items(), 1):
        for n, text in enumerate([name, *column], 1):
            _write(sheet.cell(n, m), text, is_bold=n == 1)
        sheet.column_dimensions[sheet.cell(1, m).column_letter].width = _WIDTHS.get(name, 20)
    sheet.title, sheet.freeze_panes, sheet.print_title_rows = title, "A2", "1:1"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.page_setup.fitToHeight = True, 0
    sheet.oddHeader.left.size, sheet.page_margins.left, sheet.page_margins.right = 8, 0.4, 0.4
    sheet.oddHeader.left.text, sheet.oddFooter.right.text = _HOW if title == SHEET else title, "&P / &N"


def _write(cell: Cell, text: str, *, is_bold: bool) -> None:
    """Text as text, whatever it begins with: a formula in somebody's words is not run."""
    cell.value = ILLEGAL_CHARACTERS_RE.sub(" ", text)  # its first 32,767 characters
    cell.data_type, cell.quotePrefix = "s", text.startswith(("=", "+", "-", "@"))
    cell.font, cell.border, cell.alignment = Font(bold=is_bold), _THIN, _WRAPPED


def read_decisions(path: Path, codebook: pd.DataFrame) -> pd.DataFrame:
    """The decisions of a filled workbook: segment_id, codes (joined by ``;``, "" for none), reason.

    Rows whose ``consensus`` is blank are not decided and left out; codes are those of today. Raises
    `Faults` with everything wrong; whether a segment exists is the caller's to check.
    """
    sheet = max(read_sheets(path), key=lambda one: one.sheet == SHEET)  # else the first
    rows = pd.DataFrame(sheet.rows[1:], sheet.numbers[1:], [name.strip().casefold() for name in sheet.names])
    if lost := [name for name in _FILLED if list(rows.columns).count(name) != 1]:
        raise Faults(Fault("must be there once", sheet.place, "1", name, "", "put it back") for name in lost)
    rows = rows[_FILLED].apply(lambda column: column.str.strip())
    rows["named"] = rows[CONSENSUS].map(_parts)
    meant = resolve(sorted({name for names in rows["named"] for name in names}), codebook)
    known = {name: current(code, codebook) for name, code in meant.items()} | {NONE: ""}
    if faults := list(_faults(rows, known, codebook["name"], sheet.place)):
        raise Faults(faults)
    rows["codes"] = [";".join(sorted({known[name] for name in names})) for names in rows["named"]]
    return rows.loc[rows["named"].map(bool), ["segment_id", "codes", REASON]].reset_index(drop=True)


def _parts(cell: str) -> list[str]:
    """What a cell names. People also write one below the other, and None with a capital."""
    return [NONE if part.casefold() == NONE else part for part in re.split(r"\s*[;\n]\s*", cell) if part]


def _faults(rows: pd.DataFrame, known: Mapping[str, str], near: pd.Series, file: str) -> Iterator[Fault]:
    twice = {*rows.loc[rows["segment_id"].duplicated(), "segment_id"]} - {""}
    for row, segment, names in zip(map(str, rows.index), rows["segment_id"], rows["named"], strict=True):
        fault = partial(Fault, file=file, row=row)
        if names and not segment:
            yield fault("is blank where a decision stands", column="segment_id", mend="put it back")
        if segment in twice:
            yield fault("stands in several rows", column="segment_id", value=segment, mend="keep one of them")
        if NONE in names and {*names} != {NONE}:
            yield fault("says none beside a code", column=CONSENSUS, value="; ".join(names), mend="keep one")
        for name in (name for name in names if name != NONE and not known[name]):
            yield fault(f"is no code of codebook.csv; {nearest(name, near)}", column=CONSENSUS,
                        value=name, mend="write its name or code_id as the sheet Codes has it")
