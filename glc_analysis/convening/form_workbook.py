"""A rating form as a workbook: boxes that take what they ask for, all else locked without a password."""

from __future__ import annotations

from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from glc_analysis.convening import CRITERIA
from glc_analysis.convening.form_texts import Form
from glc_analysis.intake.ratings_forms import ABSTAIN, BOXES, MARK, ROW, SCORES
from glc_analysis.workbook import save_workbook

_WIDTHS = {"statement": 60, "comment": 44, "feasibility": 16, "may_be_read": 16, "stamp": 8}
_THIN, _THICK = (Border(*[Side(style=style, color="808080")] * 4) for style in ("thin", "medium"))
_GREY = "A0A0A0"


def write_workbook(path: Path, form: Form) -> None:
    """Writes a form: heading, headings, the names by which columns are read, a row a principle.

    No name stands in it, not even an author's; the same form gives the same bytes.
    """
    book = Workbook()
    book.properties.creator = None
    sheet = book.active
    sheet.title = form.say["round"].format(form.round_id)[:31]
    rows = form.rows.assign(principle=form.rows["printed_id"], stamp=form.stamps)
    for n, line in enumerate(([f"{form.heading}\n{form.say['how']}"], _headings(form), ROW,
                              *rows.reindex(columns=list(ROW), fill_value="").itertuples(index=False)), 1):
        for m, text in enumerate(line, 1):
            cell = sheet.cell(n, m, text or None)
            cell.data_type = "s" if text else "n"  # text as text: a formula in it is not run
            is_stamp = ROW[m - 1] == "stamp"
            cell.alignment = Alignment(wrap_text=not is_stamp, shrink_to_fit=is_stamp, vertical="top",
                                       readingOrder=2 if form.direction == "rtl" else 1)
            cell.font, cell.border = Font(bold=n == 2), _THIN
            if n == 3 or n > 3 and is_stamp:
                cell.font = Font(size=6, color=_GREY)
            elif n > 3 and ROW[m - 1] in BOXES:
                cell.fill, cell.border = PatternFill("solid", start_color="F2F2F2"), _THICK
                cell.protection = Protection(locked=False)
    _lay_out(sheet, form)
    _validate(sheet, form)
    save_workbook(book, path)


def _headings(form: Form) -> list[str]:
    say = form.say
    ends = {one: f"\n1 = {say[f'{one}_low']}\n9 = {say[f'{one}_high']}" for one in CRITERIA}
    return [say[name] + (ends | {ABSTAIN: f"\n{MARK}"}).get(name, "") for name in ROW]


def _lay_out(sheet: Worksheet, form: Form) -> None:
    for m, name in enumerate(ROW, 1):
        sheet.column_dimensions[sheet.cell(2, m).column_letter].width = _WIDTHS.get(name, 14)
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(ROW) - 1)
    sheet.row_dimensions[1].height, sheet.row_dimensions[3].height = 100, 9
    sheet.freeze_panes, sheet.print_title_rows = "A4", "1:3"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.page_setup.fitToHeight = True, 0
    sheet.sheet_view.rightToLeft = form.direction == "rtl"
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False  # these stay allowed


def _validate(sheet: Worksheet, form: Form) -> None:
    """What each box takes; a comment is free."""
    say, last = form.say, len(form.rows) + 3
    words = [say[one] if say[one] == one else f"{one} / {say[one]}" for one in ("yes", "no")]
    kinds = {one: ({"type": "whole", "operator": "between", "formula1": SCORES[0], "formula2": SCORES[-1]},
                   say["number_wanted"]) for one in CRITERIA}
    kinds[ABSTAIN] = {"type": "list", "formula1": f'"{MARK}"'}, say["mark_wanted"]
    kinds["may_be_read"] = {"type": "list", "formula1": f'"{",".join(words)}"'}, say["word_wanted"]
    for name, (kind, wanted) in kinds.items():
        rule = DataValidation(**kind, allow_blank=True, error=wanted, prompt=wanted, showErrorMessage=True,
                              showInputMessage=True)
        at = sheet.cell(2, ROW.index(name) + 1).column_letter
        rule.add(f"{at}4:{at}{last}")
        sheet.add_data_validation(rule)
