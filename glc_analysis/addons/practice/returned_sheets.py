"""Enters the returned sheets in ``raw/trials/`` as rows of trials.csv, commitments.csv and reviews.csv.

The names in the first column of a workbook say which question each row answers. The content of sheets is
checked together with the tables. Every fault names the file and the column, and no row is written while there
is a fault. If a sheet reports possible harm, a review is opened in the same step. A sheet that was entered
before changes no row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from glc_analysis.addons.practice.checks import (
    CHECKS,
    HARM,
    UNMEASURED_BECAUSE,
    compute_last_day_for_harm_review,
)
from glc_analysis.addons.practice.sheets import CHOICES, COMMITMENT, FIRST_ANSWER, STAMP, TRIAL_QUESTIONS
from glc_analysis.errors import Fault, Faults
from glc_analysis.reference import read_reference
from glc_analysis.schema import (
    find_reference_table_faults,
    is_iso_date,
    list_table_files,
    load_reference_table_schemas,
)
from glc_analysis.spreadsheets import CsvRows, append_rows
from glc_analysis.study import Study
from glc_analysis.tabular import Grid, read_workbook_sheets
from glc_analysis.templates import read_csv_texts_by_language
from glc_analysis.text import fold_case_and_spacing
from glc_analysis.writing import write_atomic

Cells = dict[str, str]


@dataclass
class EnteredSheets:
    """The content of returned sheets.

    - ``rows``: the new rows, keyed by table, each with its place in a returned file.
    - ``completed``: the completed rows of trials.csv, keyed by row number, each with its place in a returned
      file.
    - ``harmful``: the day by which the review is due, keyed by the printed id of each text that is now under
      review because of possible harm.
    """

    rows: dict[str, list[tuple[str, Cells]]] = field(default_factory=lambda: {
        "reviews": [], "commitments": [], "trials": []})
    completed: dict[int, tuple[str, Cells]] = field(default_factory=dict)
    harmful: dict[str, str] = field(default_factory=dict)

    @property
    def n_trials(self) -> int:
        """Returns the number of new or completed trials."""
        return len(self.rows["trials"]) + len(self.completed)


def enter_returned_practice_sheets(study: Study) -> EnteredSheets:
    """Reads all sheets in ``raw/trials``, and writes their new content into the tables. Raises Faults with
    all errors of the sheets; nothing is then written."""
    reference, entered, faults = read_reference(study), EnteredSheets(), []
    for path in study.list_raw_files("trials"):
        try:
            answers = [*_answers(path)]
        except Faults as found:
            faults += found.faults
            continue
        for place, stamp, cells in answers:
            faults += _take(entered, reference.tables, place, stamp, cells)
    if not faults:
        _open_reviews(entered, reference.tables["reviews"])
        faults = [*_faults(entered, dict(reference.tables))]
    if faults:
        raise Faults(faults)
    _write(study, entered)
    return entered


# ------------------------------
# Reading a workbook.


def _answers(path: Path) -> Iterator[tuple[str, list[str], Cells]]:
    """Yields three values for each column of answers in a workbook: the place of the column, the words of its
    stamp (organisation, and for a trial the text and the cycle), and the answers keyed by question."""
    if path.suffix.lower() != ".xlsx":
        raise Faults([Fault("is not a workbook of `glc trials --sheets`", file=path.name,
                            fix="type what is on the paper into the organisation's workbook, and put the "
                            "workbook into raw/trials")])
    grid = next((grid for grid in read_workbook_sheets(path, refuse_formulas=True) if _is_sheet(grid)), None)
    if grid is None:
        raise Faults([Fault("has no row `stamp` in its first column", file=path.name,
                            fix="fill in the workbook of `glc trials --sheets` as it was sent")])
    named = {row[0].strip(): row for row in grid.rows if row[0].strip()}
    if lost := [name for name in (*TRIAL_QUESTIONS, *COMMITMENT) if name not in named]:
        raise Faults([Fault("the row is missing", grid.place, column="A", value=name,
                            fix="put back the small grey names in the first column") for name in lost])
    for m, stamp in enumerate(named["stamp"][FIRST_ANSWER - 1:], FIRST_ANSWER - 1):
        if stamp.split()[:1] == [STAMP]:
            cells = {name: _word(name, named[name][m].strip()) for name in (*TRIAL_QUESTIONS, *COMMITMENT)}
            yield f"{path.name}, column {'ABCDEFGH'[m]}", stamp.split()[1:], cells


def _is_sheet(grid: Grid) -> bool:
    return any(row[0].strip() == "stamp" for row in grid.rows)


def _word(question: str, answer: str) -> str:
    """Returns the word that trials.csv has for an answer that was chosen from a list in any language. Other
    answers are returned unchanged."""
    if question not in CHOICES or not answer:
        return answer
    meant = {fold_case_and_spacing(said[word]): word
             for said in read_csv_texts_by_language(__file__, "sheet.csv").values()
             for word in CHOICES[question]}
    meant |= {fold_case_and_spacing(word.replace("_", " ")): word for word in CHOICES[question]}
    first = answer.partition(" / ")[0].replace("_", " ")
    return meant.get(fold_case_and_spacing(first), answer)


# ------------------------------
# What is new in it.


def _take(entered: EnteredSheets, tables: Mapping[str, pd.DataFrame], place: str, stamp: list[str],
          cells: Cells) -> Iterator[Fault]:
    """Adds the answers in one column of a workbook to ``entered``; yields faults."""
    organisation, *text = stamp or [""]
    trial = _trial(organisation, text, cells) if len(text) == 2 else {}
    if trial and any(value for name, value in trial.items() if name not in _TRIAL_KEY):
        yield from _take_trial(entered, tables["trials"], place, trial)
    if commitment := _commitment(organisation, cells, tables["principles"]):
        rows = [*tables["commitments"].to_dict("records"), *(row for _, row in entered.rows["commitments"])]
        if not any(all(row[name] == commitment[name] for name in _TEXT_KEY) for row in rows):
            entered.rows["commitments"].append((place, commitment))


_TEXT_KEY = ("organisation_id", "principle_id", "version")
_TRIAL_KEY = (*_TEXT_KEY, "cycle")


def _trial(organisation: str, text: list[str], cells: Cells) -> Cells:
    """Returns a row of trials.csv with the answers about one trial. ``text`` has the printed id of the tried
    text and the cycle."""
    principle, _, version = text[0].rpartition(".")
    row = {name: cells[name] for name in load_reference_table_schemas()["trials"].columns if name in cells}
    for name in ("before", "after"):
        if not row[name] and cells[f"{name}_unmeasured"]:
            row[name] = UNMEASURED_BECAUSE + cells[f"{name}_unmeasured"]
    row["shown_for"] = row["shown_for"].replace("nobody", "")
    return {"organisation_id": organisation, "principle_id": principle, "version": version,
            "cycle": text[1]} | row


def _commitment(organisation: str, cells: Cells, principles: pd.DataFrame) -> Cells:
    """Returns a row of commitments.csv about the latest version of a principle; empty if the sheet states no
    further commitment."""
    named = cells["new_principle"].upper().partition(".")[0]
    if not any(cells[name] for name in COMMITMENT):
        return {}
    own = principles[(principles["principle_id"].str.upper() == named) & (principles["translation_of"] == "")]
    version = str(own["version"].astype(int).max()) if len(own) else ""
    return {"organisation_id": organisation,
            "principle_id": own["principle_id"].iloc[0] if len(own) else named, "version": version,
            "intent": cells["new_intent"], "because": cells["new_because"],
            "review_on": cells["new_review_on"]}


def _take_trial(entered: EnteredSheets, trials: pd.DataFrame, place: str, row: Cells) -> Iterator[Fault]:
    """Adds a trial to ``entered``, or completes the row of a trial that is under way. A trial that was
    entered before with the same answers is ignored."""
    same = trials[(trials[[*_TRIAL_KEY]] == [row[name] for name in _TRIAL_KEY]).all(axis=1)]
    if same.empty:
        before = [other for _, other in entered.rows["trials"]
                  if all(other[name] == row[name] for name in _TRIAL_KEY)]
        if before and before[0] != row:
            yield Fault("another sheet has different answers about the same cycle", file=place,
                        fix="keep only one of the two sheets in raw/trials")
        if not before:
            entered.rows["trials"].append((place, row))
        return
    known, number = same.iloc[0].to_dict(), int(same.index[0])
    filled = {name: value for name, value in row.items() if value}
    if all(known[name] == value for name, value in filled.items()):
        return
    if known["decision"]:
        yield Fault("this cycle was entered before, with other answers", file=place, column="stamp",
                    value=" ".join(row[name] for name in _TRIAL_KEY),
                    fix="correct its row in trials.csv, or remove the sheet from raw/trials")
    elif row["predicted"] != known["predicted"]:
        yield Fault("differs from the prediction that was entered before the trial began", file=place,
                    column="predicted", value=row["predicted"], fix=f"write again: {known['predicted']}")
    else:
        entered.completed[number] = place, known | filled


def _open_reviews(entered: EnteredSheets, reviews: pd.DataFrame) -> None:
    """Adds a review for every trial in which somebody may have been harmed, unless a review that is due in
    time already exists."""
    for place, row in (*entered.rows["trials"], *entered.completed.values()):
        if row["harm"] not in HARM or not row["reported_on"]:
            continue
        try:
            due = compute_last_day_for_harm_review(row["reported_on"])
        except ValueError:  # which is told as a fault
            continue
        key = {"principle_id": row["principle_id"], "version": row["version"], "trigger": "harm"}
        known = reviews[(reviews[[*key]] == [*key.values()]).all(axis=1)]["due_on"]
        opened = [other["due_on"] for _, other in entered.rows["reviews"] if other.items() >= key.items()]
        if not any(row["reported_on"] <= day <= due for day in (*known, *opened)):
            entered.rows["reviews"].append((place, key | {"due_on": due}))
            entered.harmful[f"{row['principle_id']}.{row['version']}"] = due


# ------------------------------
# Checking and writing.


def _faults(entered: EnteredSheets, tables: dict[str, pd.DataFrame]) -> Iterator[Fault]:
    """Yields the faults of the new rows, each with its place in the returned file. The new rows are checked
    as part of their tables."""
    places: dict[tuple[str, str], str] = {}
    for name, rows in entered.rows.items():
        frame, columns = tables[name], [*load_reference_table_schemas()[name].columns]
        numbers = [*range(NEW_ROW, NEW_ROW + len(rows))]
        added = pd.DataFrame([row for _, row in rows], columns=columns, index=numbers, dtype="str").fillna("")
        tables[name] = pd.concat([frame, added]).astype("str") if len(added) else frame
        places |= {(f"{name}.csv", str(n)): place for n, (place, _) in zip(numbers, rows, strict=True)}
    completed = tables["trials"].copy()
    for number, (place, row) in entered.completed.items():
        completed.loc[number] = pd.Series(row).reindex(completed.columns)
        places["trials.csv", str(number)] = place
    tables["trials"] = completed
    found = [fault for name in entered.rows for fault in find_reference_table_faults(name, tables[name])]
    found += [fault for check in CHECKS for fault in check.faults(tables)]
    days = [Fault("is not a day", f"{name}.csv", str(n), column, value, "write it as YYYY-MM-DD")
            for name in entered.rows for column, about in load_reference_table_schemas()[name].columns.items()
            if about.kind == "day"
            for n, value in tables[name][column].items() if value and not is_iso_date(value)]
    for fault in (*days, *found):
        if place := places.get((fault.file, fault.row), ""):
            yield replace(fault, file=place, row="")


NEW_ROW = 1_000_000
"""The row number that the first new row of a table has while the table is checked."""


def _write(study: Study, entered: EnteredSheets) -> None:
    """Writes the new rows and the completed rows. Reviews are written first, so that reported harm always has
    a review, even after a power failure."""
    for name, rows in entered.rows.items():
        (file, *_) = list_table_files(name)
        append_rows(study.locate_reference_file(name), (*file.required, *file.optional),
                    [row for _, row in rows])
    if entered.completed:
        path = study.locate_reference_file("trials")
        table = CsvRows.read(path)
        for number, (_, row) in entered.completed.items():
            for column in table.header:
                table.set_cell(number, column, row[column])
        write_atomic(path, table.content)
