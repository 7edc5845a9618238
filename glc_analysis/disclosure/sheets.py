"""What an organisation fills in and sends back: sheets in its language with boxes, and their way home.

The fixed texts are ``content/phrases.csv``, a column a language; another language is another column.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from html import escape
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from glc_analysis.cleaning.values import dates, folded
from glc_analysis.disclosure.consent import is_day
from glc_analysis.errors import Fault, Faults, nearest
from glc_analysis.intake.grid import Grid
from glc_analysis.intake.workbook import read_sheets
from glc_analysis.workbook import save_workbook

PHRASES = Path(__file__).parent / "content" / "phrases.csv"
KINDS = ("answer", "passage", "quotation", "citation", "consent")
DECISIONS = ("approve", "change", "remove", "talk")
BOXES = ("decision", "changed", "name", "date")
RIGHT_TO_LEFT = ("ar", "dv", "fa", "he", "ps", "ur", "yi")
_WIDTHS = {"words": 60, "principle": 50, "understood": 40, "question": 40, "codes": 30, "changed": 44,
           "readers": 22}
_THIN, _THICK = (Border(*[Side(style=style)] * 4) for style in ("thin", "medium"))
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_STYLE = ("@page{size:A4 landscape;margin:12mm} body{font-family:sans-serif} table{border-collapse:collapse;"
          "width:100%;font-size:85%} th,td{border:1px solid;padding:3pt;text-align:start;vertical-align:top;"
          "white-space:pre-wrap} p,th,td{unicode-bidi:plaintext} tr{break-inside:avoid} "
          "td.box{border-width:2px;min-width:25mm}")


@dataclass(frozen=True)
class Sheet:
    """Rows of one kind for one organisation; the first column, named for the kind, has their ids."""

    organisation: str
    language: str
    rows: pd.DataFrame
    note: str = ""

    @property
    def heading(self) -> str:
        return phrases(self.language)[f"{self.rows.columns[0]}s"]

    @property
    def how(self) -> str:
        return f"{phrases(self.language)['how']} {self.note}".strip()

    @property
    def direction(self) -> str:
        return "rtl" if self.language in RIGHT_TO_LEFT else "ltr"


@cache
def _languages(path: Path = PHRASES) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {language: {row["key"]: row[language] or row["en"] for row in rows}
            for language in rows[0] if language != "key"}


def phrases(language: str, path: Path = PHRASES) -> dict[str, str]:
    """The fixed texts of a file by key, in a language or, where nobody has translated them, in English.

    >>> phrases("es")["remove"], phrases("km")["remove"]
    ('quitar', 'remove')
    """
    return _languages(path).get(language, _languages(path)["en"])


def write_sheets(path: Path, sheets: Iterable[tuple[str, Sheet]]) -> None:
    """Writes a workbook of sheets with what their tabs say; the same content gives the same bytes."""
    book = Workbook()
    book.remove(book.active)
    for tab, one in sheets:
        name = re.sub(r"[][:*?/\\']", " ", tab)[:28]
        taken = [title.casefold() for title in book.sheetnames]
        title = next(t for t in (name, *(f"{name} {n}" for n in range(2, 99))) if t.casefold() not in taken)
        _fill(book.create_sheet(title), one)
    save_workbook(book, path)


def _fill(sheet: Worksheet, one: Sheet) -> None:
    say, names = phrases(one.language), [*one.rows.columns, *BOXES]
    lines = [[f"{one.organisation}: {one.heading}\n{one.how}"], [say[name] for name in names],
             *one.rows.reindex(columns=names, fill_value="").itertuples(index=False)]
    for n, line in enumerate(lines, 1):
        for m, text in enumerate(line, 1):
            cell = sheet.cell(n, m)
            cell.value = ILLEGAL_CHARACTERS_RE.sub(" ", text)
            # Text as text: a formula in somebody's words is not run.
            cell.data_type, cell.quotePrefix = "s", text.startswith(("=", "+", "-", "@"))
            cell.font, cell.border, cell.alignment = Font(bold=n == 2), _THIN, _WRAPPED
            if n > 2 and names[m - 1] in BOXES:
                cell.fill, cell.border = PatternFill("solid", start_color="FFF2CC"), _THICK
    for m, name in enumerate(names, 1):
        sheet.column_dimensions[sheet.cell(2, m).column_letter].width = _WIDTHS.get(name, 18)
    offered = DataValidation("list", formula1=f'"{",".join(say[one] for one in DECISIONS)}"')
    at, offered.showErrorMessage = sheet.cell(2, names.index("decision") + 1).column_letter, False
    offered.add(f"{at}3:{at}{len(lines)}")
    sheet.add_data_validation(offered)
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(names))
    sheet.row_dimensions[1].height, sheet.freeze_panes, sheet.print_title_rows = 48, "A3", "1:2"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.page_setup.fitToHeight = True, 0
    sheet.sheet_view.rightToLeft = one.direction == "rtl"


def page(sheets: list[Sheet]) -> str:
    """The same sheets as one page of HTML to print and fill in by hand."""
    first, title = sheets[0], escape(sheets[0].organisation)
    body = "".join(f"<h2>{escape(one.heading)}</h2><p>{escape(one.how)}</p>{_table(one)}" for one in sheets)
    return (f'<!DOCTYPE html>\n<html lang="{escape(first.language)}" dir="{first.direction}"><head>'
            f'<meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style></head>'
            f"<body><h1>{title}</h1>{body}</body></html>\n")


def _table(one: Sheet) -> str:
    say = phrases(one.language)
    choice = "".join(f'<td class="box">{escape(text)}</td>' for text in (
        "\n".join(f"☐ {say[decision]}" for decision in DECISIONS), *[""] * (len(BOXES) - 1)))
    head = "".join(f'<th scope="col">{escape(say[name])}</th>' for name in (*one.rows.columns, *BOXES))
    rows = "".join("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + f"{choice}</tr>\n"
                   for row in one.rows.itertuples(index=False))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def read_filled(path: Path) -> pd.DataFrame:
    """One row a decision in a returned workbook: file, row, kind, id, words, decision, changed, name, date.

    Decisions come as :data:`DECISIONS` whatever the language, days as YYYY-MM-DD; a blank decision is
    none. Raises Faults with everything wrong in the workbook.
    """
    heads, decisions = ({folded(said[key]): key for said in _languages().values() for key in keys}
                        for keys in ((*KINDS, "words", "understood", *BOXES), DECISIONS))
    parts: list[pd.DataFrame] = []
    faults: list[Fault] = []
    for sheet in read_sheets(path):
        table = [[heads.get(folded(cell), "") for cell in row] for row in sheet.rows]
        at = next((n for n, row in enumerate(table) if {*row} & {"decision", *KINDS}), -1)
        lost = [name for name in BOXES if table[at].count(name) != 1 or not {*table[at]} & {*KINDS}]
        if at < 0:
            continue  # somebody's own notes
        faults += [Fault("a column that we wrote is not there once", sheet.place, str(sheet.numbers[at]),
                         name, "", "put back the headings") for name in lost]
        parts += [] if lost else [_signed(sheet, table[at], at + 1)]
    if not parts and not faults:
        faults = [Fault("has no sheet that we wrote", path.name, mend="send back the file that you got")]
    if faults:
        raise Faults(faults)
    rows = pd.concat(parts).reindex(columns=["file", "row", "kind", "id", "words", *BOXES]).fillna("")
    rows = rows[(rows["decision"] != "") | (rows["changed"] != "")].reset_index(drop=True)
    rows["decision"] = rows["decision"].map(lambda said: decisions.get(folded(said.strip(".!☐☑☒ ")), said))
    if faults := list(_faults(rows)):
        raise Faults(faults)
    return rows


def _signed(sheet: Grid, names: list[str], at: int) -> pd.DataFrame:
    """The rows of a sheet; name and date hold for those below until others are written."""
    kind = next(name for name in names if name in KINDS)
    rows = pd.DataFrame(sheet.rows[at:], columns=names, dtype="str").drop(columns="", errors="ignore")
    rows = rows.rename(columns={kind: "id", "understood": "words"}).apply(lambda column: column.str.strip())
    above = rows[["name", "date"]].replace("", None).ffill().fillna("")
    return rows.assign(name=above["name"], date=dates(above["date"])[0], kind=kind, file=sheet.place,
                       row=list(map(str, sheet.numbers[at:])))


def _faults(rows: pd.DataFrame) -> Iterator[Fault]:
    twice = rows.duplicated(["kind", "id"], keep=False)
    for row, is_twice in zip(rows.itertuples(), twice, strict=True):
        fault = partial(Fault, file=row.file, row=row.row)
        if not row.id or is_twice:
            yield fault("has no number, or one that stands twice", column=row.kind, value=row.id,
                        mend="put back the number that we wrote")
        if row.decision not in DECISIONS:
            yield fault(f"is no decision; {nearest(row.decision, DECISIONS)}", column="decision",
                        value=row.decision, mend="write one of the four words of the first line")
        elif (row.decision == "change") != (row.changed != ""):
            yield fault("change and changed words belong together", column="changed", value=row.changed,
                        mend="write both, or another decision and no words")
        if row.decision != "talk" and not (row.name and is_day(row.date)):
            yield fault("does not say who decided, and on which day", column="name, date",
                        value=f"{row.name} {row.date}".strip(), mend="write a name, and a day as YYYY-MM-DD")
