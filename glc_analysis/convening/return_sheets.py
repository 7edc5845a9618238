"""Sheets that an organisation fills in and sends back, in its language, with a letter before them.

In: rows of one kind for one organisation. Out: a workbook, and the same as a page; later, the decisions in a
workbook that came back. The fixed texts are in ``content/phrases.csv``, a column a language, whose row
``native_reader`` says whether a native speaker has checked them; to add a language, add a column.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from glc_analysis.errors import Fault, Faults, nearest
from glc_analysis.schema.checker import is_day
from glc_analysis.tabular import Grid, read_sheets
from glc_analysis.templates import languages, phrases, read_text, template
from glc_analysis.text import isolated, language_direction, language_name, match_key, parse_dates
from glc_analysis.workbook import print_on_a4, save_workbook, style_cell, write_text

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

KINDS = ("answer", "passage", "quotation", "citation", "consent")
DECISIONS = ("approve", "change", "remove", "talk")
BOXES = ("decision", "changed", "name", "date")
LINE = "_" * 30
_WIDTHS = {"words": 60, "principle": 50, "understood": 40, "question": 40, "codes": 30, "changed": 44,
           "readers": 22}


@dataclass(frozen=True)
class Sheet:
    """Rows of one kind for one organisation. The first column has the ids and is named after the kind."""

    organisation: str
    language: str
    rows: pd.DataFrame
    note: str = ""

    @property
    def heading(self) -> str:
        return sheet_phrases(self.language)[f"{self.rows.columns[0]}s"]

    @property
    def how(self) -> str:
        return f"{sheet_phrases(self.language)['how']} {self.note}".strip()

    @property
    def direction(self) -> str:
        return language_direction(self.language)


PHRASES = __file__, "phrases.csv"


def sheet_phrases(language: str) -> dict[str, str]:
    """The fixed texts of the sheets by key, in a language or, where it has no column, in English.

    >>> sheet_phrases("es")["remove"], sheet_phrases("uk")["remove"]
    ('quitar', 'remove')
    """
    return phrases(language, *PHRASES)


def coverage(written: Iterable[str], what: str, module: str, name: str) -> list[str]:
    """How many papers were written in which language, blank for English; in which of them nobody has
    translated or checked ``what``, the texts of a table.

    >>> coverage(["es", "uk", "es", ""], "the letter and headings", *PHRASES)
    ... # doctest: +NORMALIZE_WHITESPACE
    ['In Spanish 2, in English 1.',
     'Not translated into Ukrainian (1): the letter and headings are in English, and say so.',
     'No native reader has checked the letter and headings in Spanish.']
    """
    known, counts = languages(module, name), Counter(one or "en" for one in written).most_common()
    there = [(one, n) for one, n in counts if one in known]
    said = ", ".join(f"in {language_name(one)} {n}" for one, n in there)
    lines = [f"I{said[1:]}."] if said else []
    missing = ", ".join(f"{language_name(one)} ({n})" for one, n in counts if one not in known)
    if missing:
        lines.append(f"Not translated into {missing}: {what} are in English, and say so.")
    unchecked = [language_name(one) for one, _ in there if known[one]["native_reader"] != "yes"]
    if unchecked:
        lines.append(f"No native reader has checked {what} in {', '.join(unchecked)}.")
    return lines


@dataclass(frozen=True)
class Letter:
    """What stands before the sheets of an organisation: what they are, by when an answer is wanted, and whose
    ``contact`` gets it; what is blank is a line to be filled in by hand."""

    organisation: str
    language: str
    by: str = ""
    contact: str = ""

    @property
    def lines(self) -> list[str]:
        """The letter, a paragraph each; where nobody has translated it, this comes first."""
        say, name = sheet_phrases(self.language), language_name(self.language)
        note = [] if self.language in languages(*PHRASES) else [f"[Not translated into {name} yet.]"]
        return [*note, *say["letter"].split("\n"), f"{say['by_when']}: {isolated(self.by or LINE)}",
                f"{say['to_whom']}: {isolated(self.contact or LINE)}"]


def write_sheets(path: Path, sheets: Iterable[tuple[str, Sheet]], letter: Letter | None = None) -> None:
    """Writes a workbook of sheets, each with the name of its tab, after a ``letter``; the same content gives
    the same bytes."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    if letter:
        _write_letter(book.create_sheet(sheet_phrases(letter.language)["letter_title"][:28]), letter)
    for tab, one in sheets:
        name = re.sub(r"[][:*?/\\']", " ", tab)[:28]
        taken = [title.casefold() for title in book.sheetnames]
        title = next(t for t in (name, *(f"{name} {n}" for n in range(2, 99))) if t.casefold() not in taken)
        _fill(book.create_sheet(title), one)
    save_workbook(book, path)


def _write_letter(sheet: Worksheet, letter: Letter) -> None:
    from openpyxl.styles import Alignment, Font

    is_rtl = language_direction(letter.language) == "rtl"
    for n, line in enumerate([letter.organisation, *letter.lines], 1):
        cell = sheet.cell(n, 1)
        write_text(cell, line)
        cell.font = Font(bold=n == 1, size=12)
        cell.alignment = Alignment(wrap_text=True, vertical="top", readingOrder=2 if is_rtl else 1)
    sheet.column_dimensions["A"].width = 90
    sheet.sheet_view.rightToLeft = is_rtl


def _fill(sheet: Worksheet, one: Sheet) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    say, names = sheet_phrases(one.language), [*one.rows.columns, *BOXES]
    lines = [[f"{one.organisation}: {one.heading}\n{one.how}"], [say[name] for name in names],
             *one.rows.reindex(columns=names, fill_value="").itertuples(index=False)]
    for n, line in enumerate(lines, 1):
        for m, text in enumerate(line, 1):
            cell = sheet.cell(n, m)
            write_text(cell, text)
            style_cell(cell, is_heading=n == 2, is_box=n > 2 and names[m - 1] in BOXES)
    for m, name in enumerate(names, 1):
        sheet.column_dimensions[sheet.cell(2, m).column_letter].width = _WIDTHS.get(name, 18)
    offered = DataValidation("list", formula1=f'"{",".join(say[one] for one in DECISIONS)}"')
    at, offered.showErrorMessage = sheet.cell(2, names.index("decision") + 1).column_letter, False
    offered.add(f"{at}3:{at}{len(lines)}")
    sheet.add_data_validation(offered)
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(names))
    sheet.row_dimensions[1].height = 48
    print_on_a4(sheet, headings=2)
    sheet.sheet_view.rightToLeft = one.direction == "rtl"


def page(sheets: list[Sheet], letter: Letter) -> str:
    """The letter and the same sheets as one page: to read on a telephone, or to print on a few sheets of
    paper and fill in by hand."""
    first = sheets[0]
    return template(__file__, "return_page.html").render(
        letter=letter, say=sheet_phrases(first.language), decisions=DECISIONS, language=first.language,
        direction=first.direction, style=read_text(__file__, "return_page.css").strip(),
        sheets=[(sheet, [_entries(row) for row in sheet.rows.to_dict("records")]) for sheet in sheets])


def _entries(row: dict[str, str]) -> list[tuple[str, str]]:
    """The cells of a row that are not blank, with the names of their columns; the first is the id."""
    return [(name, text) for name, text in row.items() if text]


def read_filled(path: Path) -> pd.DataFrame:
    """One row a decision in a returned workbook: file, row, kind, id, words, decision, changed, name, date.

    Decisions come as :data:`DECISIONS` whatever the language, days as YYYY-MM-DD; a blank decision is
    none. Raises Faults with everything wrong in the workbook.
    """
    heads, decisions = ({match_key(said[key]): key for said in languages(*PHRASES).values() for key in keys}
                        for keys in ((*KINDS, "words", "understood", *BOXES), DECISIONS))
    parts: list[pd.DataFrame] = []
    faults: list[Fault] = []
    for sheet in read_sheets(path):
        table = [[heads.get(match_key(cell), "") for cell in row] for row in sheet.rows]
        at = next((n for n, row in enumerate(table) if {*row} & {"decision", *KINDS}), -1)
        lost = [name for name in BOXES if table[at].count(name) != 1 or not {*table[at]} & {*KINDS}]
        if at < 0:
            continue  # a sheet with somebody's own notes
        faults += [Fault("a column of our sheet is missing, or is there twice", sheet.place,
                         str(sheet.numbers[at]), name, "", "restore the headings") for name in lost]
        parts += [] if lost else [_with_signatures(sheet, table[at], at + 1)]
    if not parts and not faults:
        faults = [Fault("has none of our sheets", path.name, fix="send back the file that you got")]
    if faults:
        raise Faults(faults)
    rows = pd.concat(parts).reindex(columns=["file", "row", "kind", "id", "words", *BOXES]).fillna("")
    rows = rows[(rows["decision"] != "") | (rows["changed"] != "")].reset_index(drop=True)
    rows["decision"] = rows["decision"].map(lambda said: decisions.get(match_key(said.strip(".!☐☑☒ ")), said))
    if faults := list(_faults(rows)):
        raise Faults(faults)
    return rows


def _with_signatures(sheet: Grid, names: list[str], at: int) -> pd.DataFrame:
    """The rows of a sheet; a name and date apply to the rows below until others are given."""
    kind = next(name for name in names if name in KINDS)
    rows = pd.DataFrame(sheet.rows[at:], columns=names, dtype="str").drop(columns="", errors="ignore")
    rows = rows.rename(columns={kind: "id", "understood": "words"}).apply(lambda column: column.str.strip())
    above = rows[["name", "date"]].replace("", None).ffill().fillna("")
    return rows.assign(name=above["name"], date=parse_dates(above["date"])[0], kind=kind, file=sheet.place,
                       row=list(map(str, sheet.numbers[at:])))


def _faults(rows: pd.DataFrame) -> Iterator[Fault]:
    twice = rows.duplicated(["kind", "id"], keep=False)
    for row, is_twice in zip(rows.itertuples(), twice, strict=True):
        fault = partial(Fault, file=row.file, row=row.row)
        if not row.id or is_twice:
            yield fault("has no number, or the number of another row", column=row.kind, value=row.id,
                        fix="put back the number that we wrote")
        if row.decision not in DECISIONS:
            yield fault(f"is not a decision; {nearest(row.decision, DECISIONS)}", column="decision",
                        value=row.decision, fix="write one of the four words of the first line")
        elif (row.decision == "change") != (row.changed != ""):
            yield fault("change and changed words belong together", column="changed", value=row.changed,
                        fix="write both, or another decision and no words")
        if row.decision != "talk" and not (row.name and is_day(row.date)):
            yield fault("does not say who decided, and on which day", column="name, date",
                        value=f"{row.name} {row.date}".strip(), fix="write a name, and a day as YYYY-MM-DD")
