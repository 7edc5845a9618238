"""Writes the draft of crosswalk.csv as a workbook in which people decide, reads the workbook back, and
accepts the decisions.

Doubtful questions come first in the workbook, then identical questions. No question is compared between waves
until a person has confirmed it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date

import pandas as pd

from glc_analysis.addons.drafting.acceptance import add_or_reposition_option_rows
from glc_analysis.addons.drafting.crosswalk import ALL_THE_SAME, COLUMNS, GONE, OPTION_COLUMNS, SAME
from glc_analysis.addons.drafting.decision_sheets import fill_sheet
from glc_analysis.addons.drafting.drafted_waves import (
    add_draft_to_reference,
    draft_crosswalk_of_all_waves,
    group_survey_files_by_wave,
)
from glc_analysis.addons.drafting.store import read_draft
from glc_analysis.addons.waves.checks import find_comparability_decision_faults
from glc_analysis.cleaning.records import read_raw_surveys
from glc_analysis.errors import Fault, Faults, count_of, suggest_name
from glc_analysis.reference import REQUIRED_COLUMNS, Reference, read_reference
from glc_analysis.schema import list_allowed_words
from glc_analysis.spreadsheets import append_rows, save_workbook_reproducibly
from glc_analysis.study import Study
from glc_analysis.tabular import read_workbook_sheets

CROSSWALK_DRAFT = "private/draft/crosswalk.xlsx"
_OPTIONS = "options"
"""The name of the sheet of answers that translate an option into another language."""
_WIDTHS = {"why": 40, "wording_before": 50, "wording_now": 50, "options_before": 45, "options_now": 45,
           "because": 30, "columns": 40, "value": 45, "label": 45}


def check_no_unaccepted_crosswalk_draft(study: Study) -> None:
    """Raises Faults if the study has an unaccepted draft of the crosswalk, which a new draft would
    replace."""
    if (study.root / CROSSWALK_DRAFT).exists():
        raise Faults([Fault("an earlier draft waits to be accepted", file=CROSSWALK_DRAFT,
                            fix="accept it with `glc wave --accept NAME`, or remove it")])


def describe_crosswalk_draft(rows: pd.DataFrame) -> str:
    """Returns sentences that say how many questions are in doubt, unchanged and dropped, and what to do
    next."""
    is_question = ~rows["question_id"].isin(["", ALL_THE_SAME])
    n_open, n_same, n_gone = (int((is_question & (rows["change"] == change)).sum())
                              for change in ("", "none", "dropped"))
    return (f"{CROSSWALK_DRAFT}: {count_of(n_open, 'question')} in doubt, {n_same} with the same heading, "
            f"wording and options, {n_gone} without a similar column. Go through the workbook from "
            "the top, and fill in change, is_comparable and because. Then: glc wave --accept NAME")


def write_crosswalk_draft(study: Study, rows: pd.DataFrame, options: pd.DataFrame) -> None:
    """Writes the draft as a workbook."""
    from openpyxl import Workbook

    path = study.root / CROSSWALK_DRAFT
    path.parent.mkdir(parents=True, exist_ok=True)
    book = Workbook()
    book.active.title = "crosswalk"
    is_open = (rows["change"] == "") & (rows["question_id"] != "") | (rows["question_id"] == ALL_THE_SAME)
    fill_sheet(book.active, rows, widths=_WIDTHS, is_row_coloured=is_open, n_frozen_columns=4,
               allowed_words={"change": list_allowed_words("crosswalk", "change"),
                              "is_comparable": list_allowed_words("crosswalk", "is_comparable")})
    if len(options):
        fill_sheet(book.create_sheet(_OPTIONS), options, widths=_WIDTHS, is_row_coloured=options["use"] == "",
                   n_frozen_columns=2, allowed_words={"use": ("yes", "no")})
    save_workbook_reproducibly(book, path)


def redraft_crosswalk_keeping_decisions(study: Study, *, is_first_draft: bool = False) -> str:
    """Drafts the crosswalk of a study that begins with several waves, from its drafted questions and waves.
    Decisions in an earlier draft of the crosswalk are kept for rows that have not changed.

    Returns the line to print. If there are fewer than two drafted waves, returns "" and drafts nothing.
    Without ``is_first_draft``, the function also returns "" and drafts nothing if there is no earlier draft
    of the crosswalk.
    """
    if not is_first_draft and not (study.root / CROSSWALK_DRAFT).is_file():
        return ""
    draft = read_draft(study)
    waves = group_survey_files_by_wave(draft.tables["waves"]) if draft else {}
    if not draft or not waves:
        if draft and len(draft.tables["waves"]):  # a person has written that they are one
            (study.root / CROSSWALK_DRAFT).unlink(missing_ok=True)
        return ""
    reference = add_draft_to_reference(draft.tables, read_reference(study, needed=()))
    crosswalk = draft_crosswalk_of_all_waves(read_raw_surveys(study, "survey"), waves, reference)
    rows, options = crosswalk.rows, crosswalk.options
    known = {*zip(reference.crosswalk["question_id"], reference.crosswalk["wave_id"], strict=True)}
    places = zip(rows["question_id"], rows["wave_id"], strict=True)
    rows = rows[pd.Series([place not in known for place in places], rows.index, dtype=bool)]
    if not is_first_draft:
        before, options_before = read_existing_crosswalk_draft(study)
        rows = _with_decisions(rows, before, ["question_id", "wave_id", "why"],
                               ["change", "is_comparable", "because", "columns", "asked_if"])
        options = _with_decisions(options, options_before, ["option_list", "value"], ["use", "option_id"])
        rows = pd.concat([rows, before[~before["wave_id"].isin([*waves])]], ignore_index=True)
    write_crosswalk_draft(study, rows, options)
    return describe_crosswalk_draft(rows)


def _with_decisions(rows: pd.DataFrame, before: pd.DataFrame, key: list[str],
                    decided: list[str]) -> pd.DataFrame:
    """Returns the drafted rows with earlier decisions filled in: a row that an earlier draft also had gets
    the decisions in that draft."""
    old = before[before[decided[1]] != ""].drop_duplicates(key).set_index(key)[decided]
    at = pd.MultiIndex.from_frame(rows[key])
    kept = old.reindex(at).set_axis(rows.index)
    return rows.assign(**{name: kept[name].fillna(rows[name]) for name in decided})


def accept_decided_crosswalk_rows(study: Study, accepted_by: str, today: date) -> int:
    """Adds the decided rows of the draft to crosswalk.csv, with the reviewer's name and the date, and the
    options marked yes to options.csv. If a decided question has no row yet for an earlier wave, a row for the
    earlier wave is added.

    Undecided rows stay in the draft. Returns the number of decided questions. Raises Faults with all errors
    of the rows; nothing is then written.
    """
    path = study.root / CROSSWALK_DRAFT
    if not path.is_file():
        raise Faults([Fault("is not there", file=CROSSWALK_DRAFT, fix="draft it: `glc wave FILE --id WAVE`")])
    draft, options = read_existing_crosswalk_draft(study)
    draft = _decide_all_the_same(draft)
    reference = read_reference(study, needed=("questions", "options", "waves"))
    # What is gone of a question that is still a draft waits for it.
    waits = (draft["because"] == GONE) & ~draft["question_id"].isin(reference.questions["question_id"])
    decided = draft[(draft["is_comparable"] != "") & (draft["question_id"] != ALL_THE_SAME) & ~waits]
    decided = decided.assign(by=accepted_by, date=today.isoformat())
    known = {*zip(reference.crosswalk["question_id"], reference.crosswalk["wave_id"], strict=True)}
    if faults := [*_draft_faults(decided, reference, known)]:
        raise Faults(faults)
    known |= {*zip(decided["question_id"], decided["wave_id"], strict=True)}
    earlier = {(row["question_id"], wave): row | {
        "wave_id": wave, "change": "none", "because": "", "columns": "", "asked_if": ""}
        for row in decided.to_dict("records") for wave in _waves_before(reference, row["wave_id"])
        if (row["question_id"], wave) not in known}
    append_rows(study.locate_reference_file("crosswalk"), REQUIRED_COLUMNS["crosswalk"], [
        {name: row[name] for name in REQUIRED_COLUMNS["crosswalk"]}
        for row in (*earlier.values(), *decided.to_dict("records"))])
    is_used = options["use"] == "yes"
    add_or_reposition_option_rows(study, options[is_used])
    left = draft[(draft["is_comparable"] == "") | waits]
    if left["question_id"].isin(["", ALL_THE_SAME]).all() and (options["use"] != "").all():
        path.unlink()
    else:
        write_crosswalk_draft(study, left, options[~is_used])
    return len(decided)


def read_existing_crosswalk_draft(study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Reads the two sheets of the workbook, one with rows of crosswalk.csv and one with rows of options.csv,
    both indexed by the row number in the sheet. Raises Faults if a column is missing."""
    sheets = {sheet.sheet: sheet for sheet in read_workbook_sheets(study.root / CROSSWALK_DRAFT)}
    tables, faults = {}, []
    for name, wanted in (("crosswalk", COLUMNS), (_OPTIONS, OPTION_COLUMNS)):
        sheet = sheets.get(name) or next(iter(sheets.values())) if name == "crosswalk" else sheets.get(name)
        header = [cell.strip() for cell in sheet.rows[0]] if sheet else wanted
        faults += [Fault("the column is missing", file=f"{CROSSWALK_DRAFT}, sheet {name}", row="1",
                         column=column, fix="put the heading back")
                   for column in wanted if column not in header]
        frame = pd.DataFrame(sheet.rows[1:] if sheet else [], columns=header, dtype="str",
                             index=sheet.numbers[1:] if sheet else None)
        tables[name] = frame.reindex(columns=wanted).fillna("").astype("str").map(str.strip)
    if faults:
        raise Faults(faults)
    return tables["crosswalk"], tables[_OPTIONS]


def _decide_all_the_same(rows: pd.DataFrame) -> pd.DataFrame:
    """Returns the rows with the decisions of the rows ``*`` filled in. A blank decision on an identical
    question is replaced by the decision in row ``*`` of the same wave."""
    stars = rows[rows["question_id"] == ALL_THE_SAME].drop_duplicates("wave_id").set_index("wave_id")
    is_star_decided = (rows["why"] == SAME) & (rows["change"] == "none") & (rows["is_comparable"] == "")
    decision = rows["wave_id"].map(lambda wave: stars["is_comparable"].get(wave, ""))
    return rows.assign(is_comparable=rows["is_comparable"].mask(is_star_decided, decision))


def _waves_before(reference: Reference, wave: str) -> list[str]:
    listed = [*reference.waves["wave_id"]]
    return listed[:listed.index(wave)] if wave in listed else []


def _draft_faults(decided: pd.DataFrame, reference: Reference,
                  known: Collection[tuple[str, str]]) -> Iterator[Fault]:
    """Yields the faults of the decided rows. A fault is an unknown word or question, a row that crosswalk.csv
    already has, or a value that crosswalk.csv does not allow."""
    questions = {*reference.questions["question_id"]}
    taken = {*known}
    for n, row in decided.iterrows():
        for column, words in (("change", list_allowed_words("crosswalk", "change")),
                              ("question_id", questions),
                              ("is_comparable", list_allowed_words("crosswalk", "is_comparable"))):
            if row[column] not in {*words, ""} or column == "question_id" and not row[column]:
                yield Fault(f"is not known; {suggest_name(row[column], sorted(filter(None, words)))}",
                            file=CROSSWALK_DRAFT, row=str(n), column=column, value=row[column],
                            fix="use an allowed word or the id of an existing question; if the question "
                            "is only in the draft, accept it first")
        place = row["question_id"], row["wave_id"]
        if place in taken:
            yield Fault("another row has the same question and wave", file=CROSSWALK_DRAFT, row=str(n),
                        column="question_id", value=row["question_id"], fix="delete one of them")
        taken.add(place)
    tables = {"crosswalk": decided, "questions": reference.questions, "options": reference.options}
    yield from (replace(fault, file=CROSSWALK_DRAFT) for fault in find_comparability_decision_faults(tables)
                if fault.file == "crosswalk.csv")
