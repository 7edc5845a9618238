"""Reads ballots from all kinds of files into one table, which has one row per vote and keeps each vote
unchanged.

The module reads long CSV or XLSX files (one row per rater, principle and criterion), filled-in workbooks of
this package, and KoboToolbox or ODK exports of the XLSForm of this package. Every principle on a form has a
stamp (round, rater, printed id, text version). From the stamp, the program knows exactly which words were
rated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

import pandas as pd

from glc_analysis.errors import Fault, Faults, refuse
from glc_analysis.tables import group_rows
from glc_analysis.tabular import Grid, read_delimited_file, read_workbook_sheets
from glc_analysis.text import content_hash, fold_case_and_spacing, normalise_space

# ------------------------------
# What a rating form asks at every principle, and what an answer means: the one description of it.
#
# Pages to print, messages, workbooks, forms for KoboToolbox and ODK, packets and the entry desk all ask
# :data:`QUESTIONS`, and forms that come back are read by the same list. A rater scores the principle by
# each criterion, or says that it is not about their context; a comment is free, and whether it may be read
# aloud is asked of those who wrote one.


CRITERIA = ("importance", "feasibility")
"""The criteria by which a principle is rated."""
SCORES = tuple("123456789")
"""The scores of the rating scale. Answers on other scales, such as pictures, are never converted to these
scores."""
ABSTAIN = "abstain"
ABSTENTION_MARK = "x"
_MARKS = (ABSTENTION_MARK, "х", "×", "✓", "✔", "☒", "☑")  # the second is Cyrillic


class RatingQuestion(NamedTuple):
    """One question to a rater about a principle.

    ``name`` is the name of the question's column, and the key of the question's label in ``forms.csv``.
    ``choices`` are the possible answers; empty if any words are allowed. If ``only_with`` names another
    question, this question is asked only if that other question was answered.
    """

    name: str
    kind: Literal["score", "mark", "words", "choice"]
    choices: tuple[str, ...] = ()
    only_with: str = ""

    def parse_answer(self, text: str) -> str | None:
        """Returns a written answer in the form in which it is stored: blank if nothing was written, None if
        the answer is invalid.

        A score may be written with the digits of any script. Of a bilingual choice such as ``yes / sí``, only
        the first word is stored.

        >>> score, *_, may_be_read = QUESTIONS
        >>> [score.parse_answer(text) for text in ("7", "٧", "៧", "７", "", "7-8", "07", "²", "0")]
        ['7', '7', '7', '7', '', None, None, None, None]
        >>> may_be_read.parse_answer("No / non"), may_be_read.parse_answer("perhaps")
        ('no', None)
        """
        if self.kind == "words":
            return text
        if self.kind == "score":
            answer = normalise_space(text)
            if answer.isdecimal() and len(answer) == 1:
                answer = str(int(answer))
        elif self.kind == "mark":
            answer = ABSTENTION_MARK if text.casefold() in _MARKS else text
        else:
            answer = fold_case_and_spacing(text).split(" / ")[0]
        return answer if answer in (*self.choices, "") else None


QUESTIONS = (
    *(RatingQuestion(criterion, "score", SCORES) for criterion in CRITERIA),
    RatingQuestion(ABSTAIN, "mark", (ABSTENTION_MARK,)),
    RatingQuestion("comment", "words"),
    RatingQuestion("may_be_read", "choice", ("yes", "no"), only_with="comment"),
)
BY_NAME = {question.name: question for question in QUESTIONS}
SCORED = tuple(question for question in QUESTIONS if question.kind == "score")
FORM_BOXES = tuple(BY_NAME)
"""The boxes that a rater fills in for each principle."""
WORKBOOK_COLUMNS = ("principle", "statement", *FORM_BOXES, "stamp")
"""The names of the workbook's columns; the names are in row :data:`NAMES_AT` of the workbook."""
NAMES_AT = 3


class FormStamp(NamedTuple):
    """The stamp that identifies a row of a returned form: the rater, and exactly which words were rated."""

    round_id: str = ""
    rater_id: str = ""
    principle_id: str = ""
    version: str = ""
    text_version: str = ""

    @classmethod
    def from_text(cls, text: str) -> FormStamp:
        """Parses the stamp of a row of a form; all fields of the result are blank if the text is not a stamp.

        >>> FormStamp.from_text(format_form_stamp("1", "r07", "P07.2", "9745af7abe75"))[2:]
        ('P07', '2', '9745af7abe75')
        >>> FormStamp.from_text("1 r07 P07").round_id
        ''
        """
        found = re.fullmatch(r"(\S+) (\S+) (\S+)\.(\d+) ([0-9a-f]{12})", text)
        return cls(*found.groups()) if found else cls()


def format_form_stamp(round_id: str, rater_id: str, printed_id: str, text_version: str) -> str:
    """Returns the stamp of a row of a form. The stamp has no rater on a form that is meant for all raters.

    >>> format_form_stamp("1", "", "P07.2", "9745af7abe75")
    '1 P07.2 9745af7abe75'
    """
    return " ".join(filter(None, (round_id, rater_id, printed_id, text_version)))


def add_rater_to_form_stamp(stamp: str, rater_id: str) -> str:
    """Returns a stamp for one rater, made from the stamp of a form that is meant for all raters.

    >>> add_rater_to_form_stamp("1 P07.2 9745af7abe75", "r07")
    '1 r07 P07.2 9745af7abe75'
    """
    return " ".join([*stamp.split()[:1], rater_id.strip(), *stamp.split()[1:]])


# ------------------------------
# Rating forms that come back: our own workbook, filled in, and KoboToolbox or ODK exports of our XLSForm.
#
# Every principle on a form carries a stamp: round, rater, printed id and text_version, such as
# ``1 r07 P07.2 9745af7abe75`` (in an export the rater stands apart). Nothing is guessed: whatever is not as
# it should be is a fault, and then nothing of the file is read.


VOTE_COLUMNS = ("file", "row", "round_id", "rater_id", "principle_id", "version", "text_version", "criterion",
           "score", "is_abstained", "comment", "may_be_read")
UNANSWERED = "unanswered"
"""The score of a question that is blank on a form, until somebody has asked the rater."""
OTHER_PROGRAMS = {".ods": "a LibreOffice spreadsheet", ".fods": "a LibreOffice spreadsheet",
                  ".xls": "a workbook of an old Excel", ".numbers": "a Numbers spreadsheet"}
"""The file types in which a form may have been saved by accident: the description of each type, keyed by
suffix."""
_BOX = re.compile(rf"(?:.*[/:-])?({'|'.join((*FORM_BOXES, 'stamp'))})_(.+)")  # after the names of groups
_RATER = re.compile(r"(?:.*[/:-])?rater_id")


@dataclass(frozen=True)
class _Answer:
    """The answers to one principle on a form, keyed by box, and the place of the answers in the file."""

    file: str
    row: str
    stamp: str
    boxes: dict[str, str]
    columns: dict[str, str]  # how the file names the boxes
    statement: str = ""

    @cached_property
    def stamp_fields(self) -> FormStamp:
        """Returns the fields of the stamp; all fields are blank if the text is not a stamp."""
        return FormStamp.from_text(self.stamp)

    def parse_box(self, box: str) -> str | None:
        """Returns the answer in a box; None if its content is not a valid answer."""
        return BY_NAME[box].parse_answer(self.boxes[box])

    @property
    def has_abstained(self) -> bool:
        """Whether the rater marked the principle as outside their context."""
        return self.parse_box(ABSTAIN) == ABSTENTION_MARK

    def make_fault(self, message: str, box: str, value: str, fix: str) -> Fault:
        return Fault(message, self.file, self.row, self.columns.get(box, box), value, fix)


def read_filled_form(path: Path, sheets: list[Grid] | None = None, *,
                     expected_principles_by_round: Mapping[str, Sequence[str]] | None = None) -> pd.DataFrame:
    """Returns the votes on a filled form, two rows per principle, with the columns :data:`VOTE_COLUMNS`.

    ``score`` is 1 to 9, ``abstain`` or :data:`UNANSWERED`. A question is unanswered if its box and the box
    for abstentions are blank. All questions about a principle are unanswered if the principle is in
    ``expected_principles_by_round`` (the principles of each round) but has no row on the form. Somebody then
    has to ask the rater. The comment on a principle is stored in the row of the first criterion. Digits of
    any script are accepted. ``sheets`` are the sheets of the file, if they have already been read.

    Raises Faults with all errors of the file. These are errors: a file that is not a form of this package; a
    formula or macro; an invalid answer; a principle that the same rater rates twice; a sheet with rows of
    several raters or rounds; and words that differ from the words that the stamp identifies.
    """
    if path.suffix.lower() == ".xlsm":
        fix = "save it as .xlsx, or copy the answers into the form that was sent out"
        refuse("the file may hold macros", path.name, fix)
    is_book = path.suffix.lower() == ".xlsx"
    answers: list[_Answer] = []
    faults: list[Fault] = []
    for sheet in sheets or (read_workbook_sheets(path, refuse_formulas=True) if is_book
                            else [read_delimited_file(path)]):
        try:
            answers += _on_sheet(sheet) or _in_export(sheet)
        except Faults as found:
            faults += found.faults
    if not answers and not faults:
        refuse("the file holds no ratings", path.name, "put into raw/ratings the form exactly as the rater "
               "returned it, or an export from KoboToolbox or ODK with XML values and headers")
    faults += [fault for answer in answers for fault in _answer_faults(answer)]
    faults += [*_mixed_faults(answers), *_repeated_faults(answers)]
    votes = [row for answer in answers for row in _votes(path.name, answer)]
    rows = pd.DataFrame(
        [*votes, *_rows_that_are_gone(path.name, answers, expected_principles_by_round or {})],
                        columns=list(VOTE_COLUMNS), dtype="str")
    if faults:
        raise Faults([*faults, *unanswered_principle_faults(rows[rows["score"] == UNANSWERED])])
    return rows


def is_any_workbook_box_filled(path: Path) -> bool:
    """Whether any box of a rating workbook is filled in."""
    return any(text for sheet in read_workbook_sheets(path) for answer in _on_sheet(sheet)
               for text in answer.boxes.values())


def _on_sheet(sheet: Grid) -> list[_Answer]:
    """Returns the answers in the rows below the column names of a sheet of this package; empty for other
    sheets."""
    at = next((n for n, row in enumerate(sheet.rows) if len({*WORKBOOK_COLUMNS} & {*row}) > 4), -1)
    if at < 0:
        return []
    names, answers = sheet.rows[at], []
    if lost := [name for name in WORKBOOK_COLUMNS if names.count(name) != 1]:
        raise Faults([Fault("the column is missing or not unique", sheet.place, str(sheet.numbers[at]), name,
                            fix="put back the small grey names below the headings") for name in lost])
    for number, row in zip(sheet.numbers[at + 1:], sheet.rows[at + 1:], strict=True):
        cells = {name: row[names.index(name)].strip() for name in WORKBOOK_COLUMNS}
        if any(cells.values()):
            boxes = {box: cells[box] for box in FORM_BOXES}
            answers.append(_Answer(sheet.place, str(number), cells["stamp"], boxes, {}, cells["statement"]))
    return answers


def _in_export(sheet: Grid) -> list[_Answer]:
    """Returns the answers in every submission to the XLSForm of this package; empty for other tables."""
    places: dict[tuple[str, str], int] = {}
    for n, name in enumerate(sheet.names):
        if found := _BOX.fullmatch(name.strip()):
            places.setdefault((found[1], found[2]), n)
    asked = [one for box, one in places if box == "stamp"]
    rater = next((n for n, name in enumerate(sheet.names) if _RATER.fullmatch(name.strip())), -1)
    wanted = ["rater_id"] * (rater < 0) + [f"{box}_{one}" for one in asked for box in FORM_BOXES
                                           if (box, one) not in places]
    if asked and wanted:
        raise Faults([Fault("this column is missing", sheet.place, str(sheet.numbers[0]), name,
                            fix="export all questions, with XML values and headers") for name in wanted])
    return [_Answer(sheet.place, str(number), add_rater_to_form_stamp(row[places["stamp", one]], row[rater]),
                    {box: row[places[box, one]].strip() for box in FORM_BOXES},
                    {box: sheet.names[places[box, one]] for box in (*FORM_BOXES, "stamp")})
            for number, row in zip(sheet.numbers[1:], sheet.rows[1:], strict=True) for one in asked]


def _answer_faults(answer: _Answer) -> Iterator[Fault]:
    """Yields faults in the answers on one principle."""
    boxes, stamp = answer.boxes, answer.stamp_fields
    if not stamp.round_id:
        yield answer.make_fault("this is not the stamp of a form", "stamp", answer.stamp,
                                "restore the round, code, principle and version that the form had, or use "
                                "the form as it came back")
    elif answer.statement and content_hash(answer.statement) != stamp.text_version:
        yield answer.make_fault("these are not the words that were rated", "statement", answer.statement,
                                "restore the words that were rated; if you want other words for the next "
                                f"round, run `glc amend {stamp.principle_id}`")
    if answer.parse_box(ABSTAIN) is None:
        yield answer.make_fault("this is not an x", ABSTAIN, boxes[ABSTAIN], "ask the rater; write x for an "
                                "abstention, or leave the box blank")
    for question in SCORED:
        score = boxes[question.name]
        if answer.has_abstained and score:
            yield answer.make_fault("has both a score and an abstention", question.name, score,
                                    "ask the rater, and keep only the one that the rater meant")
        elif score and question.parse_answer(score) is None:
            yield answer.make_fault("is not a whole number from 1 to 9", question.name, score,
                                    "ask the rater, and write the score")
    if answer.parse_box("may_be_read") is None:
        yield answer.make_fault("this is neither yes nor no", "may_be_read", boxes["may_be_read"],
                                "write yes or no: the list in the cell offers both")


def _mixed_faults(answers: Iterable[_Answer]) -> Iterator[Fault]:
    """Yields faults for rows whose rater or round differs from the rater or round in the first row of the
    sheet."""
    first: dict[str, tuple[str, ...]] = {}
    for one in answers:
        is_ours = bool(one.stamp_fields[0]) and not one.columns
        if is_ours and one.stamp_fields[:2] != first.setdefault(one.file, one.stamp_fields[:2]):
            yield one.make_fault("the row belongs to another rater or round than the rows above", "stamp",
                                 one.stamp,
                                 "put each form, as it came back, into a file of its own")


def _repeated_faults(answers: Iterable[_Answer]) -> Iterator[Fault]:
    """Yields one fault for each row about a principle that the same rater has rated in an earlier row for the
    same round."""
    first: dict[tuple[str, ...], _Answer] = {}
    said: set[tuple[str, str]] = set()
    for one in answers:
        before = first.setdefault(one.stamp_fields[:3], one)
        if one.stamp_fields[0] and before is not one and (one.file, one.row) not in said:
            said.add((one.file, one.row))
            stamp = one.stamp_fields
            message = f"{stamp.rater_id} has rated {stamp.principle_id} in row {before.row} as well"
            yield one.make_fault(message, "stamp", one.stamp,
                                 "ask the rater which row counts, and delete the other row or submission")


def _votes(file: str, answer: _Answer) -> Iterator[tuple[str | None, ...]]:
    comment = answer.boxes["comment"]
    said = comment, answer.parse_box("may_be_read") if comment else ""
    for question in SCORED:
        is_open = not (answer.boxes[question.name] or answer.boxes[ABSTAIN])
        score = (UNANSWERED if is_open else ABSTAIN if answer.has_abstained else
                 answer.parse_box(question.name))
        yield (file, answer.row, *answer.stamp_fields, question.name, score,
               str(answer.has_abstained).lower(), *(said if question == SCORED[0] else ("", "")))


def _rows_that_are_gone(file: str, answers: Sequence[_Answer],
                        asked: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Yields unanswered votes for principles of the round that have no row on a form. The place of such a
    vote is after the row of the preceding principle."""
    forms: dict[tuple[str, ...], dict[str, _Answer]] = {}
    for one in answers:
        forms.setdefault(one.stamp_fields[:2], {})[one.stamp_fields.principle_id] = one
    for (round_id, rater), by_principle in forms.items():
        first = next(iter(by_principle.values()))
        is_export = bool(first.columns)  # which has one row for a whole form
        row = int(first.row) if is_export else min(int(first.row) - 1, NAMES_AT)
        for principle in asked.get(round_id, ()):
            row = int(by_principle[principle].row) if principle in by_principle else row + (not is_export)
            for question in () if principle in by_principle else SCORED:
                yield (file, str(row), round_id, rater, principle, "", "", question.name, UNANSWERED, "false",
                       "", "")


def unanswered_principle_faults(form_votes: pd.DataFrame) -> Iterator[Fault]:
    """Yields a fault for each unanswered principle of a form. A principle is unanswered if its boxes are
    blank or its row is missing."""
    for (file, row, round_id, rater, principle), own in group_rows(
            form_votes, "file", "row", "round_id", "rater_id", "principle_id", sort=False):
        is_gone = (own["text_version"] == "").all()
        yield Fault(f"the row of {principle} is missing" if is_gone else f"{principle} is blank", file, row,
                    "" if is_gone else ", ".join(own["criterion"]), fix=f"ask {rater} for a number, or an x "
                    "to abstain. Write the answer into the file, or key only this principle with `glc enter "
                    f"--round {round_id}`, code {rater}")


# ------------------------------
# Filled ballots of any kind as one table: a row per vote, as it was given.
#
# The file that everything comes down to is long: a CSV or XLSX with the columns of :data:`HEADER`, one row
# a rater, principle and criterion; many raters may share one. Forms and exports of form tools have readers
# of their own, in :mod:`.ratings`.


HEADER = (*VOTE_COLUMNS[2:9], *VOTE_COLUMNS[10:])
"""The columns of a long file (one row per vote): all of :data:`VOTE_COLUMNS` except ``file``, ``row`` and
``is_abstained``. An abstention is the word ``abstain`` in column ``score``."""


def read_ratings_file(path: Path, *,
                      expected_principles_by_round: Mapping[str,
                                                            Sequence[str]] | None = None) -> pd.DataFrame:
    """Returns the votes of one file, one row per vote in file order, with :data:`VOTE_COLUMNS` as text.

    ``score`` is 1 to 9. ``score`` is blank if the rater abstained (``is_abstained`` is true) or left the
    question blank; a blank question is not a vote. On a form, the score of a blank question is
    :data:`UNANSWERED` until somebody has confirmed that the question stays blank.
    ``expected_principles_by_round`` are the principles of each round.

    Raises Faults with all errors in the file: wrong columns, blank ids, invalid scores, unknown criteria, a
    principle rated twice.
    """
    kind, sheets = path.suffix.lower(), []
    if kind in OTHER_PROGRAMS:
        refuse(f"is {OTHER_PROGRAMS[kind]}, which cannot be read", path.name, "open it in LibreOffice or "
               "Excel, choose Save As with the type Excel workbook (.xlsx), put that file into raw/ratings, "
               "and remove this one")
    if kind != ".xlsm":
        sheets = (read_workbook_sheets(path, refuse_formulas=True) if kind == ".xlsx"
                  else [read_delimited_file(path)])
    long = next((sheet for sheet in sheets
                 if {"criterion", "score"} <= set(map(normalise_space, sheet.names))), None)
    rows = _long_rows(path.name, long) if long else read_filled_form(path, sheets,
                                                                     expected_principles_by_round=expected_principles_by_round)
    is_abstained = (rows["score"] == ABSTAIN) | (rows["is_abstained"] == "true")
    rows = rows.assign(is_abstained=is_abstained.map({True: "true", False: "false"}),
                       score=rows["score"].mask(is_abstained, ""))[list(VOTE_COLUMNS)]
    given = rows if long else rows[rows["score"] != UNANSWERED]
    faults = list(_rating_faults(given)) if len(rows) else [
        Fault("the file holds no vote", file=path.name,
              fix="fill in the form, or remove the file from raw/ratings")]
    if faults:
        raise Faults(faults)
    return rows.reset_index(drop=True)


def _long_rows(file: str, sheet: Grid) -> pd.DataFrame:
    """Returns the rows of a long file (:data:`HEADER`). Surplus blanks are removed from ids and words;
    comments are unchanged."""
    names = [normalise_space(name) for name in sheet.names]
    faults = [Fault("this column is missing", file=sheet.place, row="1", column=name,
                    fix=f"write the header {','.join(HEADER)}") for name in HEADER if name not in names]
    faults += [Fault("a file of ratings has no such column, or the column occurs twice", file=sheet.place,
                     row="1", column=name, fix=f"use only {', '.join(HEADER)}")
               for n, name in enumerate(names) if name and (name not in HEADER or name in names[:n])]
    if faults:
        raise Faults(faults)
    cells = [{name: row[names.index(name)].strip() for name in HEADER} for row in sheet.rows[1:]]
    rows = pd.DataFrame(cells, columns=list(HEADER), dtype="str")
    words = ["criterion", "score", "may_be_read"]  # which a spreadsheet may have put in capitals
    rows[words] = rows[words].map(fold_case_and_spacing)
    return rows.assign(file=file, row=[*map(str, sheet.numbers[1:])], is_abstained="")


def _rating_faults(rows: pd.DataFrame) -> Iterator[Fault]:
    """Yields the faults in the votes of one file, for all raters."""
    words = {"criterion": CRITERIA, "may_be_read": (*BY_NAME["may_be_read"].choices, "")}
    for row in rows.to_dict("records"):
        place = {"file": row["file"], "row": row["row"]}
        for column in HEADER[:5]:
            if not row[column]:
                yield Fault("is blank", **place, column=column, fix="write what the form has")
        for column, known in words.items():
            if row[column] not in known:
                yield Fault("this word is not known", **place, column=column, value=row[column],
                            fix=f"use {' or '.join(filter(None, known))}")
        if row["score"] not in (*SCORES, ""):
            yield Fault("this is not a vote", **place, column="score", value=row["score"],
                        fix="write a whole "
                        f"number from 1 to 9, or {ABSTAIN}; leave the cell blank if the rater gave no "
                        "score. If in doubt, ask the rater")
    key = ["round_id", "rater_id", "principle_id", "criterion"]
    for row in rows[rows.duplicated(key)].to_dict("records"):
        yield Fault(f"{row['rater_id']} rates {row['principle_id']} twice", file=row["file"], row=row["row"],
                    column="criterion", value=row["criterion"], fix="ask the rater which vote counts, and "
                    "keep only that vote")
