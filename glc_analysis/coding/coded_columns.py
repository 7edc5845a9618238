"""Codes that stand in the survey file itself: open answers coded by hand, a column a code."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass

import pandas as pd

from glc_analysis.cleaning.columns import alternatives
from glc_analysis.cleaning.records import Records
from glc_analysis.errors import Fault, Faults, nearest
from glc_analysis.intake.survey import RawSurvey
from glc_analysis.reference import Reference

CODER = "survey"
"""Whose codings these are."""
_UNTICKED = {"", "0", "no", "false", "na"}


@dataclass(frozen=True)
class CodedColumns:
    """``rows``: one a code of an open answer, document_id and code; code is blank where a coder read
    the answer and gave it none. ``tied``: the question of every code, whether it was given or not."""

    rows: pd.DataFrame
    tied: dict[str, str]


def read_coded(records: Records, reference: Reference, coded: dict[str, str]) -> CodedColumns:
    """The codes of open answers that stand in the survey's files.

    ``coded`` is ``[survey] coded`` of study.toml, question_id -> columns, where ``*`` stands for
    the code's name and ``#`` for a number; a column whose whole name is a code_id is that code.
    The question's own column is none of them. An answer was read where any of the columns holds
    anything, even where the file withholds or lacks its words. Raises Faults for a question that is
    no text question, and for columns that no file has.

    A tick is any text but 0, no, false and the survey's blanks: some files write the number of the
    column.
    """
    texts = reference.questions[reference.questions["type"] == "text"].set_index("question_id")["columns"]
    faults = [Fault(f"is no open question; {nearest(question, texts.index)}", file="study.toml",
                    column="[survey] coded", value=question, mend="name a question of type text")
              for question in coded if question not in texts.index]
    parts, tied = [], {}
    for question, pattern in coded.items() if not faults else ():
        found = [_columns(survey, pattern, texts[question], set(reference.codebook["code_id"]))
                 for survey in records.surveys]
        codes = sorted({code for one in found for code in one})
        if not codes:
            faults.append(Fault("no file of the survey has such columns", file="study.toml", value=pattern,
                                column="[survey] coded", mend="* stands for the code, # for a number"))
            continue
        tied |= dict.fromkeys(codes, question)
        cells = pd.DataFrame({code: records.cells([one.get(code, "") for one in found]) for code in codes})
        parts.append(_rows(cells, records.answers["answer_id"].astype("str") + "." + question.lower()))
    if faults:
        raise Faults(faults)
    return CodedColumns(pd.concat([pd.DataFrame(columns=["document_id", "code"], dtype="str"), *parts],
                                  ignore_index=True), tied)


def _columns(survey: RawSurvey, pattern: str, own: str, codes: Set[str]) -> dict[str, str]:
    """The code of every column of a file that a pattern names: code -> column."""
    found = {}
    for name in alternatives(pattern):
        shape = re.compile(re.escape(name).replace(r"\*", "(.+)", 1).replace(r"\#", r"\d+"))
        for column in survey.frame.columns:
            match = shape.fullmatch(column)
            if match and column not in alternatives(own):
                found[column if column in codes else match[1]] = column
    return found


def _rows(cells: pd.DataFrame, documents: pd.Series) -> pd.DataFrame:
    is_ticked = ~cells.apply(lambda column: column.str.strip().str.casefold()).isin(_UNTICKED)
    ticked = is_ticked.stack()
    given = ticked[ticked].index
    without = cells.index[(cells != "").any(axis=1) & ~is_ticked.any(axis=1)]
    return pd.DataFrame({"document_id": [*documents.loc[given.get_level_values(0)], *documents.loc[without]],
                         "code": [*given.get_level_values(1), *[""] * len(without)]}, dtype="str")
