"""Writes the sheets of practice (``glc trials --sheets``): a page to print and a workbook for each
organisation.

A sheet begins with the contact to call if somebody may be in danger. The sheet then asks
:data:`TRIAL_QUESTIONS` about each principle that the organisation is trying, and shows the organisation's
commitment, expectation and last lessons. At the end, the sheet asks about further commitments. A sheet is in
the organisation's language if ``content/sheet.csv`` has a translation, and otherwise in English. The row
``native_reader`` of this file says whether a native speaker has checked the translation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from glc_analysis.addons.convening.principles import add_printed_ids_and_mark_current, format_printed_id
from glc_analysis.addons.convening.rating_forms import find_round_texts_preferring_language
from glc_analysis.addons.member_checking.returns import read_organisation_names_and_languages
from glc_analysis.addons.practice.checks import AT_A_TIME, CONSENT_ITEM, select_active_commitments
from glc_analysis.disclosure.consent import Consent
from glc_analysis.errors import GLCError, UsageError, suggest_name
from glc_analysis.reference import Reference, read_reference
from glc_analysis.schema import list_allowed_words
from glc_analysis.spreadsheets import (
    save_workbook_reproducibly,
    set_a4_print_layout,
    style_cell,
    write_cell_as_plain_text,
)
from glc_analysis.study import Study
from glc_analysis.templates import (
    load_template,
    read_csv_texts_by_language,
    read_fixed_texts,
    read_packaged_text,
)
from glc_analysis.text import language_direction

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

TRIAL_QUESTIONS = (
    "predicted", "started_on", "ended_on", "done", "scale", "before", "before_unmeasured", "after",
    "after_unmeasured", "observed", "changed", "kept_and_known", "harm", "reported_to", "reported_on",
    "decision", "learnt", "shown_for")
"""The questions about each trial, in the order of the sheet. Most questions are columns of trials.csv; two
further questions ask why ``before`` or ``after`` was not measured."""
_IN_WORDS = ("predicted", "done", "before", "after", "changed", "kept_and_known", "learnt")
"""The questions that are answered in sentences."""
COMMITMENT = ("new_principle", "new_intent", "new_because", "new_review_on")
"""The questions about a further commitment to a principle."""
CHOICES = {**{name: [word for word in list_allowed_words("trials", name) if word]
              for name in ("scale", "observed", "harm", "decision")},
           "shown_for": ["nobody", "convening", "public", "convening;public"],
           "new_intent": [*list_allowed_words("commitments", "intent")]}
"""The possible answers, keyed by question. All other questions have free-text answers."""
STAMP = "trial"
FIRST_ANSWER = 3
"""The first answer column of a workbook; column 1 names the questions."""


def read_practice_sheet_phrases(language: str) -> dict[str, str]:
    """Returns the fixed texts of a sheet in a language or, if there is no translation, in English.

    >>> [read_practice_sheet_phrases(language)["cycle"].format(2) for language in ("fr", "am")]
    ['Cycle 2', 'Cycle 2']
    """
    return read_fixed_texts(language, __file__, "sheet.csv")


def read_practice_consent_item_phrase(language: str) -> dict[str, str]:
    """Returns the name of this add-on's item of consent in a language, under the key ``item_practice``. The
    name is printed on returns (the sheets for member checking)."""
    say = read_practice_sheet_phrases(language)
    return {"item_practice": say["item_practice"]}


@dataclass(frozen=True)
class TriedPrinciple:
    """A principle that an organisation tries, in the form in which the organisation's sheet shows it.

    - ``statement``: the text in the organisation's language.
    - ``because``: the organisation's reason to try the principle.
    - ``learnt``: the last lessons that the organisation stated.
    - ``cycle``: the cycle (number of the trial) that the sheet asks about.
    - ``predicted``: the organisation's expectation for the cycle, if it was stated before.
    """

    printed_id: str
    statement: str
    language: str
    because: str
    learnt: str
    cycle: int
    predicted: str
    started_on: str


@dataclass(frozen=True)
class PracticeSheet:
    """The sheet of practice of one organisation."""

    organisation_id: str
    name: str
    language: str
    safeguarding: str
    tried: tuple[TriedPrinciple, ...]
    trials: pd.DataFrame
    number: int

    @property
    def file_name(self) -> str:
        """Returns the name of the sheet's files. Returned sheets are raw files, which never change, so the
        next sheet of the organisation gets the next number."""
        return f"{self.organisation_id}-{self.number}"

    @cached_property
    def fixed_texts(self) -> dict[str, str]:
        """Returns the fixed texts of the sheet, keyed by name."""
        return read_practice_sheet_phrases(self.language)

    @property
    def is_draft(self) -> bool:
        """Whether no native speaker has checked the fixed texts."""
        return self.fixed_texts["native_reader"] != "yes"

    @property
    def direction(self) -> str:
        """Returns the writing direction of the sheet's page."""
        return language_direction(self.language)

    @property
    def stamps(self) -> list[str]:
        """Returns the stamps that identify the columns of a returned workbook. A stamp names the organisation
        and, for a trial, its text and cycle."""
        tried = [f"{STAMP} {self.organisation_id} {one.printed_id} {one.cycle}" for one in self.tried]
        return tried + [f"{STAMP} {self.organisation_id}"] * (AT_A_TIME - len(tried))

    def format_question_with_possible_answers(self, question: str) -> str:
        """Returns the wording of a question with its possible answers."""
        say = self.fixed_texts
        offered = ", ".join(say[word] for word in CHOICES.get(question, ()))
        return f"{say[question]} {say['one_of']} {offered}" if offered else say[question]

    def list_offered_answers(self, question: str) -> list[str]:
        """Returns the answers that a workbook offers for a question, each as the word that the program reads
        and the meaning of the word."""
        return [word if self.fixed_texts[word] == word else f"{word} / {self.fixed_texts[word]}"
                for word in CHOICES.get(question, ())]


def make_practice_sheets_of_consenting_organisations(
        study: Study, organisations: Collection[str] = ()) -> tuple[list[PracticeSheet], list[str]]:
    """Returns the sheets of the participants that consented to item ``practice``, and the list of
    participants that did not consent. If ``organisations`` are given, only these participants are considered.
    Raises UsageError for an unknown organisation, GLCError if the study names no safeguarding contact, and
    Faults if a reference table is wrong."""
    contact = study.settings["practice"]["safeguarding"].strip()
    if not contact:
        raise GLCError("Every sheet begins with the contact to call if somebody may be in danger, but this "
                       "study names none. To fix: in the section [practice] of study.toml, set "
                       "`safeguarding` to the contact's name and telephone number.")
    reference, (labels, answered_in) = read_reference(study), read_organisation_names_and_languages(study)
    raters, consent = reference.raters, Consent.from_table(reference.consent)
    taking_part = {*raters.loc[raters["may_rate"] == "true", "organisation_id"],
                   *reference.commitments["organisation_id"]} - {""}
    for one in organisations:
        if one not in taking_part:
            raise UsageError(f"No organisation {one!r} takes part; {suggest_name(one, taking_part)}.")
    wanted = sorted({*organisations} or taking_part)
    asked = [one for one in wanted if consent.is_given(one, CONSENT_ITEM, "team")]
    sheets = [_sheet(reference, one, labels.get(one, one), answered_in.get(one, ""), contact)
              for one in asked]
    return sheets, [one for one in wanted if one not in asked]


def _sheet(reference: Reference, organisation: str, name: str, language: str, contact: str) -> PracticeSheet:
    rows, trials, commitments = (frame[frame["organisation_id"] == organisation] for frame in (
        select_active_commitments(reference.tables), reference.trials, reference.commitments))
    number = 1 + len(commitments) + len(trials) + int((trials["decision"] != "").sum())
    known = read_csv_texts_by_language(__file__, "sheet.csv")
    tried = [_tried(reference, row, trials, language) for row in rows.head(AT_A_TIME).to_dict("records")]
    return PracticeSheet(organisation, name, language if language in known else "en", contact, tuple(tried),
                         trials,
                         number)


def _tried(reference: Reference, row: Mapping[str, str], trials: pd.DataFrame,
           language: str) -> TriedPrinciple:
    texts = add_printed_ids_and_mark_current(reference.principles)
    name = format_printed_id(row["principle_id"], row["version"])
    source = texts[(texts["printed_id"] == name) & (texts["translation_of"] == "")]
    text = find_round_texts_preferring_language(reference, source, language).iloc[0]
    cycles = trials[(trials["principle_id"] == row["principle_id"]) & (trials["version"] == row["version"])]
    cycles = cycles.assign(cycle=cycles["cycle"].astype(int)).sort_values("cycle")
    ended, open_ = cycles[cycles["decision"] != ""], cycles[cycles["decision"] == ""]
    next_cycle = cycles["cycle"].max() + 1 if len(cycles) else 1
    cycle, predicted, started_on = (open_.iloc[-1][["cycle", "predicted", "started_on"]] if len(open_)
                                    else (next_cycle, "", ""))
    return TriedPrinciple(name, text["statement"], text["language"], row["because"],
                          ended["learnt"].iloc[-1] if len(ended) else "", int(cycle), predicted, started_on)


def write_practice_sheets_of_consenting_organisations(
        study: Study, organisations: Collection[str] = ()) -> tuple[list[Path], list[str]]:
    """Writes the sheets into ``reports/team/trials/``, each as .html and .xlsx, in place of earlier sheets.
    Returns the paths of the files, and the participants that did not consent. Raises the same errors as
    :func:`make_practice_sheets_of_consenting_organisations`."""
    sheets, others = make_practice_sheets_of_consenting_organisations(study, organisations)
    folder = study.reports / "team" / "trials"
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for sheet in sheets:
        for earlier in folder.glob("*"):
            if earlier.stem.rpartition("-")[0] == sheet.organisation_id:
                earlier.unlink()
        paths += [folder / f"{sheet.file_name}.{suffix}" for suffix in ("html", "xlsx")]
        paths[-2].write_text(render_sheet_page(sheet), encoding="utf-8", newline="\n")
        write_sheet_workbook(paths[-1], sheet)
    return paths, others


def render_sheet_page(sheet: PracticeSheet) -> str:
    """Renders a sheet as a page to print, with a list of the organisation's own trials at the end."""
    return load_template(__file__, "sheet.html").render(
        sheet=sheet, say=sheet.fixed_texts, questions=TRIAL_QUESTIONS, in_words=_IN_WORDS,
        commitment=COMMITMENT,
        style=read_packaged_text(__file__, "sheet.css").strip(), places=range(AT_A_TIME),
        trials=[row | {"printed_id": format_printed_id(row["principle_id"], row["version"])}
                for row in sheet.trials.to_dict("records") if row["decision"]])


def write_sheet_workbook(path: Path, sheet: PracticeSheet) -> None:
    """Writes a sheet as a workbook with the questions in rows and a column for each principle. Only the
    answer cells are unlocked (without a password). Workbooks of the same sheet are the same byte for byte."""
    from openpyxl import Workbook  # pages import this module too, and write no workbook
    from openpyxl.styles import Alignment, Font, Protection

    book = Workbook()
    book.properties.creator = None
    grid = book.active
    grid.title, grid.sheet_view.rightToLeft = "trials", sheet.direction == "rtl"
    n = 0
    for n, (key, label, cells, are_boxes) in enumerate(_rows(sheet), 1):
        for m, text in enumerate((key, label, *cells), 1):
            cell = grid.cell(n, m)
            is_box = m >= FIRST_ANSWER and are_boxes[m - FIRST_ANSWER]
            if text:
                write_cell_as_plain_text(cell, text)
            style_cell(cell, is_fill_in_box=is_box, is_heading=n <= 2)
            cell.alignment = Alignment(wrap_text=m > 1, vertical="top",
                                       readingOrder=2 if sheet.direction == "rtl" else 1)
            cell.protection = Protection(locked=not is_box)
            if m == 1:
                cell.font = Font(size=6, color="A0A0A0")
        _offer(grid, n, key, sheet)
    grid.merge_cells(start_row=1, end_row=1, start_column=2, end_column=1 + FIRST_ANSWER)
    grid.row_dimensions[1].height = 90
    for letter, width in zip("ABCD", (5, 44, 52, 52), strict=True):
        grid.column_dimensions[letter].width = width
    set_a4_print_layout(grid, heading_row_count=1)
    grid.protection.sheet = True
    grid.protection.formatColumns = grid.protection.formatRows = False
    save_workbook_reproducibly(book, path)


def _rows(sheet: PracticeSheet) -> Iterator[tuple[str, str, list[str], list[bool]]]:
    """Yields the rows of a workbook. A row has the name of the question, the wording of the question, the
    cells, and for each cell whether an answer may be written in the cell."""
    say, none = sheet.fixed_texts, [False] * AT_A_TIME
    heading = [f"{say['danger']} {sheet.safeguarding}", f"{say['title']} · {sheet.name}", say["how"],
               say["draft"] if sheet.is_draft else ""]

    def shown(*texts: str) -> list[str]:
        return [*texts, *[""] * (AT_A_TIME - len(texts))]

    yield "", "\n".join(filter(None, heading)), shown(), none
    yield "stamp", say["principle"], sheet.stamps, none
    yield "", "", shown(*(f"{one.printed_id} {one.statement} · {say['cycle'].format(one.cycle)}"
                          for one in sheet.tried)), none
    yield "", say["committed"], shown(*(one.because for one in sheet.tried)), none
    yield "", say["last_time"], shown(*(one.learnt for one in sheet.tried)), none
    tries = [n < len(sheet.tried) for n in range(AT_A_TIME)]
    for question in TRIAL_QUESTIONS:
        filled = [getattr(one, question, "") if question in ("predicted", "started_on") else ""
                  for one in sheet.tried]
        # What was expected before the trial began stays as it was written.
        yield question, sheet.format_question_with_possible_answers(question), shown(*filled), [
            is_tried and not (question == "predicted" and filled[n]) for n, is_tried in enumerate(tries)]
    yield "", say["new"], shown(), none
    for question in COMMITMENT:
        yield question, sheet.format_question_with_possible_answers(question), shown(), [True] * AT_A_TIME


def _offer(grid: Worksheet, n: int, question: str, sheet: PracticeSheet) -> None:
    """Adds the list of possible answers to a row of cells."""
    from openpyxl.worksheet.datavalidation import DataValidation

    if offered := sheet.list_offered_answers(question):
        rule = DataValidation(type="list", formula1=f'"{",".join(offered)}"', allow_blank=True)
        rule.add(f"C{n}:D{n}")
        grid.add_data_validation(rule)
