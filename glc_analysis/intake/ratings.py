"""Filled ballots of any kind as one table: a row a vote, as it was given.

The file that everything comes down to is long: a CSV or XLSX with the columns of :data:`HEADER`, one row
a rater, principle and criterion; many raters may share one. Forms and exports of form tools have readers
of their own, in :mod:`glc_analysis.intake.ratings_forms`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from glc_analysis.cleaning.values import folded, tidy
from glc_analysis.convening import CRITERIA
from glc_analysis.errors import Fault, Faults
from glc_analysis.intake.grid import Grid
from glc_analysis.intake.ratings_forms import ABSTAIN, COLUMNS, SCORES, read_form
from glc_analysis.intake.text import read_table
from glc_analysis.intake.workbook import read_sheets

HEADER = (*COLUMNS[2:9], *COLUMNS[10:])
"""The columns of a long file: those of a vote, but for its place; an abstention stands as score."""


def read_ratings(path: Path) -> pd.DataFrame:
    """The votes of one file, a row each in its order: :data:`COLUMNS`, all text as it stands.

    ``score`` is 1 to 9, or blank where the rater abstained (``is_abstained`` is true) or left the
    question blank, which is no vote and is not guessed at. Raises Faults with everything that is wrong
    in the file: columns, blank ids, other scores, unknown criteria, a principle rated twice.
    """
    kind, sheets = path.suffix.lower(), []
    if kind != ".xlsm":
        sheets = read_sheets(path, values_only=True) if kind == ".xlsx" else [read_table(path)]
    long = next((sheet for sheet in sheets if {"criterion", "score"} <= set(map(tidy, sheet.names))), None)
    rows = _long(path.name, long) if long else read_form(path, sheets)
    is_abstained = (rows["score"] == ABSTAIN) | (rows["is_abstained"] == "true")
    rows = rows.assign(is_abstained=is_abstained.map({True: "true", False: "false"}),
                       score=rows["score"].mask(is_abstained, ""))[list(COLUMNS)]
    faults = list(_faults(rows)) if len(rows) else [
        Fault("holds no vote", file=path.name, mend="take it out of raw/ratings, or fill it in")]
    if faults:
        raise Faults(faults)
    return rows.reset_index(drop=True)


def _long(file: str, sheet: Grid) -> pd.DataFrame:
    """The rows of a table in :data:`HEADER`; ids and words tidy, comments as they stand."""
    names = [tidy(name) for name in sheet.names]
    faults = [Fault("this column is missing", file=sheet.place, row="1", column=name,
                    mend=f"the header is {','.join(HEADER)}") for name in HEADER if name not in names]
    faults += [Fault("there is no such column in a file of ratings, or it stands twice", file=sheet.place,
                     row="1", column=name, mend=f"use only {', '.join(HEADER)}")
               for n, name in enumerate(names) if name and (name not in HEADER or name in names[:n])]
    if faults:
        raise Faults(faults)
    cells = [{name: row[names.index(name)].strip() for name in HEADER} for row in sheet.rows[1:]]
    rows = pd.DataFrame(cells, columns=list(HEADER), dtype="str")
    words = ["criterion", "score", "may_be_read"]  # which a spreadsheet may have put in capitals
    rows[words] = rows[words].map(folded)
    return rows.assign(file=file, row=[*map(str, sheet.numbers[1:])], is_abstained="")


def _faults(rows: pd.DataFrame) -> Iterator[Fault]:
    """What is wrong in the votes of one file, whoever they are of."""
    words = {"criterion": CRITERIA, "may_be_read": ("yes", "no", "")}
    for row in rows.to_dict("records"):
        place = {"file": row["file"], "row": row["row"]}
        for column in HEADER[:5]:
            if not row[column]:
                yield Fault("is blank", **place, column=column, mend="write what the form says")
        for column, known in words.items():
            if row[column] not in known:
                yield Fault("is not known here", **place, column=column, value=row[column],
                            mend=f"use {' or '.join(filter(None, known))}")
        if row["score"] not in (*SCORES, ""):
            yield Fault("is no vote", **place, column="score", value=row["score"], mend="write a whole "
                        f"number from 1 to 9, or {ABSTAIN}; leave it blank where the rater did; ask, do not "
                        "guess")
    key = ["round_id", "rater_id", "principle_id", "criterion"]
    for row in rows[rows.duplicated(key)].to_dict("records"):
        yield Fault(f"{row['rater_id']} rates {row['principle_id']} twice", file=row["file"], row=row["row"],
                    column="criterion", value=row["criterion"], mend="keep what the rater meant; ask")
