"""Drafts crosswalk.csv for a new wave: each question beside what the new files ask, wordings and options.

Only the same heading with the same wording and no new option is drafted as unchanged. Nothing is compared
before a person has written so, and no count is shown: a decision must not depend on the answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from glc_analysis.cleaning import columns
from glc_analysis.cleaning.responses import OptionList
from glc_analysis.errors import Fault, Faults, nearest
from glc_analysis.intake.survey import RawSurvey
from glc_analysis.reference import REQUIRED_COLUMNS, Reference, read_table
from glc_analysis.schema import CHOICE_TYPES, COUNTRY_LIST
from glc_analysis.spreadsheets import append_rows
from glc_analysis.study import Study
from glc_analysis.tabular import read_rows
from glc_analysis.text import match_key, normalise_space

CROSSWALK_DRAFT = "private/draft/crosswalk.csv"
_SIDE_BY_SIDE = ["wording_before", "wording_now", "options_before", "new_answers"]
COLUMNS = [*REQUIRED_COLUMNS["crosswalk"], *_SIDE_BY_SIDE]
_OFTEN = 5
"""An answer that is no option is listed from so many records on: fewer may be somebody's own words."""
_FEWER = "others, which fewer than five gave each"
_NOT_FOUND = "no such heading; {}"


def draft_crosswalk(surveys: Sequence[RawSurvey], reference: Reference, wave: str) -> pd.DataFrame:
    """One row per question of questions.csv, in its order: the columns of crosswalk.csv, decisions blank, and
    both wordings, the known options and the new answers. ``change`` is none where nothing differs."""
    rows = [_row(question, surveys, reference, wave) for _, question in reference.questions.iterrows()]
    return pd.DataFrame(rows, columns=COLUMNS, dtype="object").fillna("")


def _row(question: pd.Series, surveys: Sequence[RawSurvey], reference: Reference,
         wave: str) -> dict[str, str]:
    listed = reference.options[reference.options["option_list"] == question["option_list"]]
    texts, answers, is_found = [], [], True
    for survey in surveys:
        at, faults = columns.locate_columns(question["columns"], survey,
                                            listed if question["type"] == "multi" else None)
        if faults or not any(at.values()):
            first = columns.split_alternatives(question["columns"])[0]
            texts.append(_NOT_FOUND.format(nearest(first, survey.frame.columns)))
            is_found = False
            continue
        texts += [survey.wording.get(name, "") for name in [*at.values()][:1]]
        if set(at) == {""} and question["type"] in CHOICE_TYPES and question["option_list"] != COUNTRY_LIST:
            answers += _new_answers(survey.frame[at[""]], OptionList.of(listed), question["type"])
    wordings = [*dict.fromkeys(filter(None, map(normalise_space, texts)))]
    is_same = is_found and not answers and all(
        match_key(text) == match_key(question["wording"]) for text in wordings)
    return {"question_id": question["question_id"], "wave_id": wave, "change": "none" if is_same else "",
            "wording_before": question["wording"], "wording_now": " | ".join(wordings),
            "options_before": " | ".join(listed["label"].drop_duplicates()),
            "new_answers": " | ".join(dict.fromkeys(answers))}


def _new_answers(cells: pd.Series, options: OptionList, kind: str) -> list[str]:
    """The answers that are no option, by alphabet; those that few gave are not named."""
    if kind == "multi":
        _, unknown = options.read_joined(cells)
        parts = cells.map(unknown).dropna().explode()
    else:
        _, is_unknown = options.read_single(cells)
        parts = cells[is_unknown].map(normalise_space)
    n = parts[parts != ""].value_counts()
    return [*sorted(n.index[n >= _OFTEN])] + [_FEWER] * bool((n < _OFTEN).any())


def write_crosswalk_draft(study: Study, draft: pd.DataFrame) -> Path:
    """Writes the draft, which may not take the place of one that waits."""
    path = study.root / CROSSWALK_DRAFT
    if path.exists():
        raise Faults([Fault("a draft waits to be accepted", file=CROSSWALK_DRAFT,
                            fix="accept it with `glc wave --accept NAME`, or remove it")])
    path.parent.mkdir(parents=True, exist_ok=True)
    draft.to_csv(path, index=False, lineterminator="\n")
    return path


def accept_crosswalk(study: Study, by: str, today: date) -> int:
    """Adds the decided rows of the draft to crosswalk.csv, signed and dated, and keeps the others in the
    draft; returns how many. Raises Faults for rows that crosswalk.csv has."""
    path = study.root / CROSSWALK_DRAFT
    if not path.is_file():
        raise Faults([Fault("is not there", file=CROSSWALK_DRAFT, fix="draft it: `glc wave FILE --id WAVE`")])
    rows = read_rows(path, COLUMNS, ())
    known = read_table(study, "crosswalk")
    faults = list(_repeated(rows, {*zip(known["question_id"], known["wave_id"], strict=True)}))
    if faults:
        raise Faults(faults)
    decided = [row for row in rows.values() if row["is_comparable"]]
    append_rows(study.reference_file("crosswalk"), REQUIRED_COLUMNS["crosswalk"], [
        {name: row[name] for name in REQUIRED_COLUMNS["crosswalk"]}
        | {"by": by, "date": today.isoformat()} for row in decided])
    left = [row for row in rows.values() if not row["is_comparable"]]
    pd.DataFrame(left, columns=COLUMNS).to_csv(path, index=False, lineterminator="\n")
    if not left:
        path.unlink()
    return len(decided)


def _repeated(rows: dict[int, dict[str, str]], known: set[tuple[str, str]]) -> Iterator[Fault]:
    for n, row in rows.items():
        if row["is_comparable"] and (row["question_id"], row["wave_id"]) in known:
            yield Fault("crosswalk.csv has a row for this question and wave", file=CROSSWALK_DRAFT,
                        row=str(n), column="question_id", value=row["question_id"], fix="delete one of them")
