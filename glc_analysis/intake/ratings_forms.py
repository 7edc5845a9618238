"""Rating forms that come back: our own workbook, filled in, and KoboToolbox or ODK exports of our XLSForm.

Every principle on a form carries a stamp: round, rater, printed id and text_version, such as
``1 r07 P07.2 9745af7abe75`` (in an export the rater stands apart). Nothing is guessed: whatever is not as
it should be is a fault, and then nothing of the file is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from glc_analysis.cleaning.values import folded, text_version, tidy
from glc_analysis.convening import CRITERIA
from glc_analysis.errors import Fault, Faults
from glc_analysis.intake import refuse
from glc_analysis.intake.grid import Grid
from glc_analysis.intake.text import read_table
from glc_analysis.intake.workbook import read_sheets

COLUMNS = ("file", "row", "round_id", "rater_id", "principle_id", "version", "text_version", "criterion",
           "score", "is_abstained", "comment", "may_be_read")
ABSTAIN = "abstain"
SCORES = tuple("123456789")
BOXES = (*CRITERIA, ABSTAIN, "comment", "may_be_read")
"""What a rater fills in at each principle."""
ROW = ("principle", "statement", *BOXES, "stamp")
"""The columns of our workbook, by the names that stand in its third row."""
MARK = "x"
_MARKS = (MARK, "х", "×", "✓", "✔", "☒", "☑")  # the second is Cyrillic
_BOX = re.compile(rf"(?:.*[/:-])?({'|'.join((*BOXES, 'stamp'))})_(.+)")  # after the names of groups
_RATER = re.compile(r"(?:.*[/:-])?rater_id")


@dataclass(frozen=True)
class _Answer:
    """What stands at one principle, and where."""

    file: str
    row: str
    stamp: str
    boxes: dict[str, str]
    columns: dict[str, str]  # how the file names the boxes
    statement: str = ""

    @cached_property
    def parts(self) -> tuple[str, str, str, str, str]:
        """Round, rater, principle, version, text_version; blank where the stamp is none of ours."""
        found = re.fullmatch(r"(\S+) (\S+) (\S+)\.(\d+) ([0-9a-f]{12})", self.stamp)
        return found.groups() if found else ("",) * 5

    def fault(self, message: str, box: str, value: str, mend: str) -> Fault:
        return Fault(message, self.file, self.row, self.columns.get(box, box), value, mend)


def read_form(path: Path, sheets: list[Grid] | None = None) -> pd.DataFrame:
    """The votes on a filled form, two rows a principle: the columns of :mod:`glc_analysis.intake.ratings`.

    ``score`` is 1 to 9 or ``abstain``; a comment stands with the first criterion; digits of any script
    count as digits. ``sheets`` are those of the file where it is read already. Raises Faults with all that
    is wrong: no form of ours, formulas and macros, boxes blank or out of range, a principle or rater twice,
    words that are not those of the stamp.
    """
    if path.suffix.lower() == ".xlsm":
        refuse("may hold macros", path.name, "save it as .xlsx, or copy the answers into the form as sent")
    is_book = path.suffix.lower() == ".xlsx"
    answers: list[_Answer] = []
    faults: list[Fault] = []
    for sheet in sheets or (read_sheets(path, values_only=True) if is_book else [read_table(path)]):
        try:
            answers += _on_sheet(sheet) or _in_export(sheet)
        except Faults as found:
            faults += found.faults
    if not answers and not faults:
        refuse("holds no ratings", path.name, "give the form as it came back; from KoboToolbox or ODK, an "
               "export with XML values and headers")
    faults += [fault for answer in answers for fault in _faults(answer)]
    faults += [*_mixed(answers), *_twice(answers)]
    if faults:
        raise Faults(faults)
    return pd.DataFrame([row for answer in answers for row in _votes(path.name, answer)],
                        columns=list(COLUMNS), dtype="str")


def is_filled(path: Path) -> bool:
    """Whether anything stands in a box of a workbook of ours."""
    return any(text for sheet in read_sheets(path) for answer in _on_sheet(sheet)
               for text in answer.boxes.values())


def _on_sheet(sheet: Grid) -> list[_Answer]:
    """The rows of a sheet of ours, below the one that names its columns; none of any other sheet."""
    at = next((n for n, row in enumerate(sheet.rows) if len({*ROW} & {*row}) > 4), -1)
    if at < 0:
        return []
    names, answers = sheet.rows[at], []
    if lost := [name for name in ROW if names.count(name) != 1]:
        raise Faults([Fault("this column is not there once", sheet.place, str(sheet.numbers[at]), name,
                            mend="put back the small grey names below the headings") for name in lost])
    for number, row in zip(sheet.numbers[at + 1:], sheet.rows[at + 1:], strict=True):
        cells = {name: row[names.index(name)].strip() for name in ROW}
        if any(cells.values()):
            boxes = {box: cells[box] for box in BOXES}
            answers.append(_Answer(sheet.place, str(number), cells["stamp"], boxes, {}, cells["statement"]))
    return answers


def _in_export(sheet: Grid) -> list[_Answer]:
    """The principles of every submission to our XLSForm; none of any other table."""
    places: dict[tuple[str, str], int] = {}
    for n, name in enumerate(sheet.names):
        if found := _BOX.fullmatch(name.strip()):
            places.setdefault((found[1], found[2]), n)
    asked = [one for box, one in places if box == "stamp"]
    rater = next((n for n, name in enumerate(sheet.names) if _RATER.fullmatch(name.strip())), -1)
    wanted = ["rater_id"] * (rater < 0) + [f"{box}_{one}" for one in asked for box in BOXES
                                           if (box, one) not in places]
    if asked and wanted:
        raise Faults([Fault("this column is missing", sheet.place, str(sheet.numbers[0]), name,
                            mend="export all questions, with XML values and headers") for name in wanted])
    return [_Answer(sheet.place, str(number), _whole(row[places["stamp", one]], row[rater]),
                    {box: row[places[box, one]].strip() for box in BOXES},
                    {box: sheet.names[places[box, one]] for box in (*BOXES, "stamp")})
            for number, row in zip(sheet.numbers[1:], sheet.rows[1:], strict=True) for one in asked]


def _whole(stamp: str, rater: str) -> str:
    """The stamp of an export with the rater's code in it.

    >>> _whole("1 P07.2 9745af7abe75", "r07")
    '1 r07 P07.2 9745af7abe75'
    """
    return " ".join([*stamp.split()[:1], rater.strip(), *stamp.split()[1:]])


def _faults(answer: _Answer) -> Iterator[Fault]:
    """What is wrong at one principle."""
    boxes, said = answer.boxes, answer.parts
    if not said[0]:
        yield answer.fault("is not the stamp of a form of ours", "stamp", answer.stamp, "put back the round, "
                           "code, principle and version that the form had, or give the form as it came back")
    elif answer.statement and text_version(answer.statement) != said[4]:
        yield answer.fault("is not the text that was given out", "statement", answer.statement,
                           f"put back its words; other words are another version (`glc amend {said[2]}`)")
    has_abstained = boxes[ABSTAIN].casefold() in _MARKS
    if boxes[ABSTAIN] and not has_abstained:
        yield answer.fault("is no x", ABSTAIN, boxes[ABSTAIN], "write x to abstain, or leave it blank; ask")
    for criterion in CRITERIA:
        score = boxes[criterion]
        if has_abstained and score:
            yield answer.fault("stands beside an abstention", criterion, score, "keep one of them; ask")
        elif not (score or boxes[ABSTAIN]):
            yield answer.fault("is blank", criterion, "", "ask: a number, or an x to abstain; where it is "
                               "to stay blank, key the form with `glc enter`")
        elif score and _number(score) not in SCORES:
            yield answer.fault("is no whole number from 1 to 9", criterion, score, "ask the rater")
    if _word(boxes["may_be_read"]) not in ("yes", "no", ""):
        yield answer.fault("is neither yes nor no", "may_be_read", boxes["may_be_read"],
                           "take a word of the list")


def _mixed(answers: Iterable[_Answer]) -> Iterator[Fault]:
    """Rows of a sheet of ours that are of another rater or round than the first."""
    first: dict[str, tuple[str, ...]] = {}
    for one in answers:
        is_ours = bool(one.parts[0]) and not one.columns
        if is_ours and one.parts[:2] != first.setdefault(one.file, one.parts[:2]):
            yield one.fault("is of another rater or round than the rows above", "stamp", one.stamp,
                            "give each form as it came back, in a file of its own")


def _twice(answers: Iterable[_Answer]) -> Iterator[Fault]:
    """Rows that rate what an earlier row of the same rater and round rates: one fault a row."""
    first: dict[tuple[str, ...], _Answer] = {}
    said: set[tuple[str, str]] = set()
    for one in answers:
        before = first.setdefault(one.parts[:3], one)
        if one.parts[0] and before is not one and (one.file, one.row) not in said:
            said.add((one.file, one.row))
            yield one.fault(f"{one.parts[1]} has rated {one.parts[2]} in row {before.row} as well", "stamp",
                            one.stamp, "ask which counts; of an export, delete the other submission")


def _votes(file: str, answer: _Answer) -> Iterator[tuple[str, ...]]:
    has_abstained = bool(answer.boxes[ABSTAIN])
    comment = answer.boxes["comment"], _word(answer.boxes["may_be_read"]) if answer.boxes["comment"] else ""
    for criterion in CRITERIA:
        score = ABSTAIN if has_abstained else _number(answer.boxes[criterion])
        yield (file, answer.row, *answer.parts, criterion, score, str(has_abstained).lower(), *(
            comment if criterion == CRITERIA[0] else ("", "")))


def _number(text: str) -> str:
    """A digit of any script as one of 0 to 9; any other text as it is.

    >>> [_number(text) for text in ("7", "٧", "៧", "７", "7-8", "07", "²")]
    ['7', '7', '7', '7', '7-8', '07', '²']
    """
    text = tidy(text)
    return str(int(text)) if text.isdecimal() and len(text) == 1 else text


def _word(text: str) -> str:
    """Lists offer ``yes / sí``: the first word is the one that is read."""
    return folded(text).split(" / ")[0]
