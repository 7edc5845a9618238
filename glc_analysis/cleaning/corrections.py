"""Corrections by record: every manual fix is a reviewed row with a reason.

A correction names the record (``answer_id``), the raw column, what stands there
and what should. One that matches nothing is a fault, so that a fix never
outlives the mistake it mends. Column ``*`` with ``to`` = ``drop`` drops the record.
"""

from __future__ import annotations

import pandas as pd

from glc_analysis.cleaning.steps import Steps
from glc_analysis.cleaning.values import tidy
from glc_analysis.errors import Fault, nearest

EVERY_COLUMN = "*"
DROP = "drop"


def apply(frame: pd.DataFrame, corrections: pd.DataFrame, steps: Steps) -> tuple[pd.DataFrame,
                                                                                 list[Fault]]:
    """Applies the corrections that belong to the records of one raw file.

    ``frame`` has one row a record, indexed by answer_id, all columns text;
    ``corrections`` are the rows of corrections.csv whose key is in the index.
    Returns the corrected frame and the corrections that do not fit.
    """
    frame, faults, dropped = frame.copy(), [], []
    for n, fix in corrections.iterrows():
        place = {"file": "corrections.csv", "row": str(n), "column": fix["column"]}
        if fix["column"] == EVERY_COLUMN and fix["to"] == DROP:
            dropped.append(fix["key"])
            steps.add("record dropped", rows_in=1, rows_out=0, why=fix["reason"])
        elif fix["column"] == EVERY_COLUMN:
            faults.append(Fault("a whole record can only be dropped", value=fix["to"],
                                mend="write drop in `to`, or name one column", **place))
        elif fix["column"] not in frame.columns:
            faults.append(Fault(f"the survey file has no such column; "
                                f"{nearest(fix['column'], frame.columns)}", value=fix["column"],
                                mend="name a column as the file's header has it", **place))
        elif tidy(frame.at[fix["key"], fix["column"]]) != tidy(fix["from"]):
            found = frame.at[fix["key"], fix["column"]]
            faults.append(Fault(f"matches nothing: record {fix['key']} has {found!r} there",
                                value=fix["from"], mend="write in `from` what the file holds, or "
                                "delete the correction", **place))
        else:
            frame.at[fix["key"], fix["column"]] = fix["to"]
            steps.add("cell corrected", cells=1, why=fix["reason"])
    return frame.drop(index=dropped), faults


def unmatched(corrections: pd.DataFrame, records: set[str]) -> list[Fault]:
    """A fault for every correction whose record is in no survey file."""
    return [Fault(f"matches nothing: there is no record {row['key']!r}; "
                  f"{nearest(row['key'], records)}", file="corrections.csv", row=str(n),
                  column="key", value=row["key"], mend="name an answer_id, or delete the row")
            for n, row in corrections.iterrows() if row["key"] not in records]
