"""Writes the sheets that an organisation fills in, in its language, and reads the returned sheets.

The fixed texts are in ``content/phrases.csv``, in a column per language. Row ``native_reader`` of this file
says for each language whether a native speaker has checked the texts. A language is added by adding a column.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from glc_analysis.errors import Fault, Faults, suggest_name
from glc_analysis.schema import is_iso_date
from glc_analysis.spreadsheets import (
    save_workbook_reproducibly,
    set_a4_print_layout,
    style_cell,
    write_cell_as_plain_text,
)
from glc_analysis.tabular import Grid, read_workbook_sheets
from glc_analysis.templates import (
    load_template,
    read_csv_texts_by_language,
    read_fixed_texts,
    read_packaged_text,
)
from glc_analysis.text import (
    fold_case_and_spacing,
    language_direction,
    language_name,
    parse_dates_and_explain_fault,
    wrap_in_direction_isolates,
)

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

SHEET_KINDS = ("answer", "passage", "quotation", "citation", "consent")
SHEET_DECISIONS = ("approve", "change", "remove", "talk")
_BOXES = ("decision", "changed", "name", "date")
_BLANK_LINE = "_" * 30
_WIDTHS = {"words": 60, "principle": 50, "understood": 40, "question": 40, "codes": 30, "changed": 44,
           "readers": 22}


@dataclass(frozen=True)
class AnswerSheet:
    """One sheet of a return, with rows of one kind (such as quotations) for one organisation. The first
    column holds the ids of the rows and is named after the kind."""

    organisation: str
    language: str
    rows: pd.DataFrame
    note: str = ""

    @property
    def heading(self) -> str:
        return read_answer_sheet_phrases(self.language)[f"{self.rows.columns[0]}s"]

    @property
    def instructions(self) -> str:
        return f"{read_answer_sheet_phrases(self.language)['how']} {self.note}".strip()

    @property
    def direction(self) -> str:
        return language_direction(self.language)


SHEET_PHRASES = __file__, "phrases.csv"


class SheetDecision(NamedTuple):
    """The decision of an organisation on one row of its sheets.

    ``decision`` is one of :data:`SHEET_DECISIONS`, whatever the language of the sheet; ``date`` is a day as
    YYYY-MM-DD; ``file`` and ``row`` are the place of the decision.
    """

    file: str
    row: str
    kind: str
    id: str
    words: str
    decision: str
    changed: str
    name: str
    date: str

    @classmethod
    def from_rows(cls, returned: pd.DataFrame) -> list[SheetDecision]:
        """Returns the decisions in a frame from :func:`read_decisions_from_organisation_return`."""
        return [cls(*row) for row in returned[[*cls._fields]].itertuples(index=False, name=None)]


def read_answer_sheet_phrases(language: str) -> dict[str, str]:
    """Returns the fixed texts of the sheets in a language, keyed by name. The texts are in English if there
    is no translation.

    >>> read_answer_sheet_phrases("es")["remove"], read_answer_sheet_phrases("uk")["remove"]
    ('quitar', 'remove')
    """
    return read_fixed_texts(language, *SHEET_PHRASES)


def list_language_and_translation_notes(paper_languages: Iterable[str], name_of_texts: str,
                                        phrases_module: str, phrases_table: str) -> list[str]:
    """Returns notes for the team about written papers. The notes say how many papers are in each language,
    into which languages the texts are not translated, and in which languages no native reader has checked the
    texts. A blank in ``paper_languages`` means English. ``name_of_texts`` is what the notes call the texts.

    >>> list_language_and_translation_notes(["es", "uk", "es", ""], "the letter and headings", *SHEET_PHRASES)
    ... # doctest: +NORMALIZE_WHITESPACE
    ['In Spanish 2, in English 1.',
     'Not translated into Ukrainian (1): the letter and headings are in English, and say so.',
     'No native reader has checked the letter and headings in Spanish.']
    """
    known = read_csv_texts_by_language(phrases_module, phrases_table)
    counts = Counter(language or "en" for language in paper_languages).most_common()
    translated = {language: n for language, n in counts if language in known}
    lines = []
    if translated:
        numbers = ", ".join(f"in {language_name(language)} {n}" for language, n in translated.items())
        lines.append(f"I{numbers[1:]}.")
    missing = ", ".join(f"{language_name(language)} ({n})" for language, n in counts if language not in known)
    if missing:
        lines.append(f"Not translated into {missing}: {name_of_texts} are in English, and say so.")
    unchecked = [language_name(language) for language in translated
                 if known[language]["native_reader"] != "yes"]
    if unchecked:
        lines.append(f"No native reader has checked {name_of_texts} in {', '.join(unchecked)}.")
    return lines


@dataclass(frozen=True)
class SheetLetter:
    """The letter before the sheets of an organisation.

    The letter explains the sheets. It names the last day for an answer (``by``) and the person who receives
    the answer (``contact``). If ``by`` or ``contact`` is blank, the letter has an empty line for it.
    """

    organisation: str
    language: str
    by: str = ""
    contact: str = ""

    @property
    def lines(self) -> list[str]:
        """Returns the paragraphs of the letter. If the letter is not translated, the first paragraph is a
        note that says so."""
        say, name = read_answer_sheet_phrases(self.language), language_name(self.language)
        is_translated = self.language in read_csv_texts_by_language(*SHEET_PHRASES)
        note = [] if is_translated else [f"[Not translated into {name} yet.]"]
        return [*note, *say["letter"].split("\n"),
                f"{say['by_when']}: {wrap_in_direction_isolates(self.by or _BLANK_LINE)}",
                f"{say['to_whom']}: {wrap_in_direction_isolates(self.contact or _BLANK_LINE)}"]


def write_sheets_workbook(path: Path, sheets: Iterable[tuple[str, AnswerSheet]],
                          letter: SheetLetter | None = None) -> None:
    """Writes a workbook that begins with the ``letter``, if there is one. The ``sheets`` follow; each is a
    pair of the name of its tab and the sheet. The same content always gives a file with the same bytes."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    if letter:
        title = read_answer_sheet_phrases(letter.language)["letter_title"]
        _write_letter(book.create_sheet(title[:28]), letter)
    for tab, content in sheets:
        name = re.sub(r"[][:*?/\\']", " ", tab)[:28]
        taken = [title.casefold() for title in book.sheetnames]
        title = next(t for t in (name, *(f"{name} {n}" for n in range(2, 99))) if t.casefold() not in taken)
        _fill(book.create_sheet(title), content)
    save_workbook_reproducibly(book, path)


def _write_letter(sheet: Worksheet, letter: SheetLetter) -> None:
    from openpyxl.styles import Alignment, Font

    is_rtl = language_direction(letter.language) == "rtl"
    for n, line in enumerate([letter.organisation, *letter.lines], 1):
        cell = sheet.cell(n, 1)
        write_cell_as_plain_text(cell, line)
        cell.font = Font(bold=n == 1, size=12)
        cell.alignment = Alignment(wrap_text=True, vertical="top", readingOrder=2 if is_rtl else 1)
    sheet.column_dimensions["A"].width = 90
    sheet.sheet_view.rightToLeft = is_rtl


def _fill(sheet: Worksheet, content: AnswerSheet) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    say, names = read_answer_sheet_phrases(content.language), [*content.rows.columns, *_BOXES]
    lines = [[f"{content.organisation}: {content.heading}\n{content.instructions}"],
             [say[name] for name in names],
             *content.rows.reindex(columns=names, fill_value="").itertuples(index=False)]
    for n, line in enumerate(lines, 1):
        for m, text in enumerate(line, 1):
            cell = sheet.cell(n, m)
            write_cell_as_plain_text(cell, text)
            style_cell(cell, is_heading=n == 2, is_fill_in_box=n > 2 and names[m - 1] in _BOXES)
    for m, name in enumerate(names, 1):
        sheet.column_dimensions[sheet.cell(2, m).column_letter].width = _WIDTHS.get(name, 18)
    offered = DataValidation("list", formula1=f'"{",".join(say[decision] for decision in SHEET_DECISIONS)}"')
    offered.showErrorMessage = False
    column = sheet.cell(2, names.index("decision") + 1).column_letter
    offered.add(f"{column}3:{column}{len(lines)}")
    sheet.add_data_validation(offered)
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(names))
    sheet.row_dimensions[1].height = 48
    set_a4_print_layout(sheet, heading_row_count=2)
    sheet.sheet_view.rightToLeft = content.direction == "rtl"


def render_organisation_return_page(sheets: list[AnswerSheet], letter: SheetLetter) -> str:
    """Returns the letter and the sheets as one page of HTML, to be read on a telephone or printed and filled
    in by hand."""
    first = sheets[0]
    return load_template(__file__, "return_page.html").render(
        letter=letter, say=read_answer_sheet_phrases(first.language), decisions=SHEET_DECISIONS,
        language=first.language,
        direction=first.direction, style=read_packaged_text(__file__, "return_page.css").strip(),
        # Of each row the cells that are not blank, with the names of their columns; the first is the id.
        sheets=[(sheet, [[(name, text) for name, text in row.items() if text]
                         for row in sheet.rows.to_dict("records")]) for sheet in sheets])


def read_decisions_from_organisation_return(path: Path) -> pd.DataFrame:
    """Reads a returned workbook. Returns one row per decision, with the columns of :class:`SheetDecision`;
    rows without a decision are left out. Raises Faults with all errors in the workbook."""
    headings = _keys_by_phrase((*SHEET_KINDS, "words", "understood", *_BOXES))
    decisions = _keys_by_phrase(SHEET_DECISIONS)
    parts: list[pd.DataFrame] = []
    faults: list[Fault] = []
    for sheet in read_workbook_sheets(path):
        table = [[headings.get(fold_case_and_spacing(cell), "") for cell in row] for row in sheet.rows]
        at = next((n for n, row in enumerate(table) if {*row} & {"decision", *SHEET_KINDS}), -1)
        if at < 0:
            continue  # a sheet with somebody's own notes
        lost = [name for name in _BOXES if table[at].count(name) != 1 or not {*table[at]} & {*SHEET_KINDS}]
        faults += [Fault("a column of the sheet is missing, or occurs twice", sheet.place,
                         str(sheet.numbers[at]), name, "", "restore the headings") for name in lost]
        parts += [] if lost else [_with_signatures(sheet, table[at], at + 1)]
    if not parts and not faults:
        faults = [Fault("has none of the sheets of a "
                        "return", path.name, fix="ask the organisation to send back the file that it got")]
    if faults:
        raise Faults(faults)
    rows = pd.concat(parts).reindex(columns=[*SheetDecision._fields]).fillna("")
    rows = rows[(rows["decision"] != "") | (rows["changed"] != "")].reset_index(drop=True)
    rows["decision"] = [decisions.get(fold_case_and_spacing(text.strip(".!☐☑☒ ")), text)
                        for text in rows["decision"]]
    if faults := list(_faults(rows)):
        raise Faults(faults)
    return rows


def _keys_by_phrase(keys: Collection[str]) -> dict[str, str]:
    """Returns the keys of fixed texts, keyed by the wording of the text in any language."""
    return {fold_case_and_spacing(texts[key]): key
            for texts in read_csv_texts_by_language(*SHEET_PHRASES).values() for key in keys}


def _with_signatures(sheet: Grid, names: list[str], at: int) -> pd.DataFrame:
    """Returns the rows of a sheet with names and dates filled in, because a name or date also applies to the
    rows below it, down to the next name or date."""
    kind = next(name for name in names if name in SHEET_KINDS)
    rows = pd.DataFrame(sheet.rows[at:], columns=names, dtype="str").drop(columns="", errors="ignore")
    rows = rows.rename(columns={kind: "id", "understood": "words"}).apply(lambda column: column.str.strip())
    above = rows[["name", "date"]].replace("", None).ffill().fillna("")
    return rows.assign(name=above["name"], date=parse_dates_and_explain_fault(above["date"])[0], kind=kind,
                       file=sheet.place, row=list(map(str, sheet.numbers[at:])))


def _faults(rows: pd.DataFrame) -> Iterator[Fault]:
    twice = rows.duplicated(["kind", "id"], keep=False)
    for row, is_twice in zip(SheetDecision.from_rows(rows), twice, strict=True):
        fault = partial(Fault, file=row.file, row=row.row)
        if not row.id or is_twice:
            yield fault("has no number, or the number of another row", column=row.kind, value=row.id,
                        fix="put back the number that was on the sheet")
        if row.decision not in SHEET_DECISIONS:
            yield fault(f"is not a decision; {suggest_name(row.decision, SHEET_DECISIONS)}",
                        column="decision",
                        value=row.decision, fix="write one of the four words that the first line of the "
                        "sheet names")
        elif (row.decision == "change") != (row.changed != ""):
            yield fault("the changed words do not fit the decision", column="changed",
                        value=row.changed, fix="if the decision is change, write the changed words; if "
                        "not, write no words")
        if row.decision != "talk" and not (row.name and is_iso_date(row.date)):
            yield fault("does not say who decided, and on which day", column="name, date",
                        value=f"{row.name} {row.date}".strip(), fix="write a name, and a day as YYYY-MM-DD")
