"""Reads which tables are closed from ``closed.csv``. To close a table means that two named persons withhold
all figures of a question, or of a code, from an audience. A closed table stays closed; nobody may open it
again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial

import numpy as np
import pandas as pd

from glc_analysis.errors import Fault
from glc_analysis.schema import Tables
from glc_analysis.text import fold_case_and_spacing


def list_closed_questions_and_codes(rows: pd.DataFrame, audience: str) -> frozenset[str]:
    """Returns the questions and codes that the ``rows`` of closed.csv withhold from an audience.

    >>> rows = pd.DataFrame([["Q1", "", "public"], ["", "rest", "convening"]],
    ...                     columns=["question_id", "code_id", "audience"])
    >>> list_closed_questions_and_codes(rows, "public")
    frozenset({'Q1'})
    """
    own = rows[rows["audience"] == audience]
    return frozenset(own["question_id"].where(own["question_id"] != "", own["code_id"])) - {""}


def is_closed_to_audience(figures: pd.DataFrame, questions: pd.Series, closed: Collection[str]) -> np.ndarray:
    """Whether each figure is about a question or a code that people have closed in closed.csv. ``questions``
    has the question of each figure; it is blank for figures of codes."""
    return (questions.isin(closed) | figures["code_id"].isin(closed)).to_numpy(bool)


def find_faults_in_closed_csv(tables: Tables) -> Iterator[Fault]:
    """Yields the faults of closed.csv. Each row must name two persons, and either a question or a code."""
    for n, row in tables["closed"].iterrows():
        fault = partial(Fault, file="closed.csv", row=str(n))
        if bool(row["question_id"]) == bool(row["code_id"]):
            yield fault("a row must close either a question or a code", column="question_id, code_id",
                        value=" / ".join(filter(None, (row["question_id"], row["code_id"]))),
                        fix="fill in either question_id or code_id, and leave the other blank")
        if fold_case_and_spacing(row["by"]) == fold_case_and_spacing(row["confirmed_by"]):
            yield fault("two different persons must close a table", column="confirmed_by",
                        value=row["confirmed_by"],
                        fix="name the second person who agreed")
