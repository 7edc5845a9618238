"""Computes figures about the data themselves: missing answers, languages, duplicates and straight-lining."""

from __future__ import annotations

import numpy as np
import pandas as pd

from glc_analysis.figures.estimates import CleanTables, add_figure_ids
from glc_analysis.schema import UNKNOWN

_SHORTEST, _LONGEST = 5, 24 * 60
"""Two limits for the duration of a record, in minutes. Records that took less time than ``_SHORTEST`` or more
time than ``_LONGEST`` are counted as unusual, so that the team can look at them."""
_STRAIGHT = 4
"""The smallest number of scale questions that a record must have answered to count as straight-lined."""


def compute_quality_estimates(data: CleanTables, documents: pd.DataFrame) -> pd.DataFrame:
    """Returns one row per figure about the data; all rows have the measure ``quality`` and the subset
    ``all``.

    For each question, the figures count the missing answers, separately for each reason. For the whole
    survey, the figures count languages and scripts of open answers, unusual durations, duplicates, and
    records that chose the same place on the scale in every scale question ("straight-lined").
    """
    rows = [*_missing(data), *_records(data), *_texts(documents)]
    frame = pd.DataFrame(rows, columns=["question_id", "option_id", "statistic", "unit", "n",
                                        "base_n"])
    frame["value"] = frame["n"].astype(float)
    base = frame["base_n"].astype(float)
    frame["share"] = np.where(base > 0, frame["value"] / base.where(base > 0), np.nan)
    frame = add_figure_ids(frame.assign(subset_kind="all", subset_id="", measure="quality", method=""))
    return frame.assign(figure_id="quality/" + frame["figure_id"], low=np.nan, high=np.nan)


def find_straight_lined(responses: pd.DataFrame, scales: list[str]) -> set[str]:
    """Returns the answer_ids of records that answered four or more scale questions and chose the same place
    on the scale in all of these questions."""
    given = responses[responses["question_id"].isin(scales) & responses["is_in_base"]]
    by = given.groupby(given["answer_id"].astype("str"))["value_number"]
    return set(by.nunique()[(by.nunique() == 1) & (by.size() >= _STRAIGHT)].index)


def _missing(data: CleanTables) -> list[tuple]:
    counts = data.responses.groupby(["question_id", "missing"], observed=True, as_index=False).agg(
        n=("answer_id", "size"))
    totals = data.responses.groupby("question_id", observed=True).size().to_dict()
    units = dict(zip(data.questions["question_id"], data.questions["unit"], strict=True))
    return [(question, kind or "answered", "count", units[question], n, totals[question])
            for question, kind, n in zip(counts["question_id"], counts["missing"], counts["n"], strict=True)]


def _records(data: CleanTables) -> list[tuple]:
    answers, size = data.answers, len(data.answers)
    minutes = answers["minutes"]
    scales = list(data.questions.loc[data.questions["type"] == "scale", "question_id"])
    own = data.organisations["home_country_id"]
    elsewhere = answers["organisation_id"].map(
        dict(zip(data.organisations["organisation_id"], own, strict=True)))
    counted = {
        "duplicate": int(answers["is_duplicate"].sum()),
        "straight_lined": len(find_straight_lined(data.responses, scales)),
        "no_region": int((answers["region_id"] == "").sum()),
        "interpreted": int(answers["is_interpreted"].sum()),
        "works_abroad": int(((elsewhere != answers["country_id"]) & (elsewhere != "")
                             & (answers["country_id"] != UNKNOWN)).sum())}
    unknown = {"unknown_country": int((answers["country_id"] == UNKNOWN).sum()),
               "unknown_organisation": int(answers["organisation_id"].astype("str").str.startswith(
                   f"{UNKNOWN}.").sum())}
    if size and (answers["country_id"] == "").all():  # the survey names no country
        del counted["no_region"], counted["works_abroad"]
    # If the country or the organisation is unknown for all records, the survey does not ask for it.
    counted |= {name: n for name, n in unknown.items() if 0 < n < size}
    rows = [("survey", name, "count", "answer", n, size) for name, n in counted.items()]
    if timed := int(minutes.notna().sum()):
        rows += [("survey", "shorter", "count", "answer", int((minutes < _SHORTEST).sum()), timed),
                 ("survey", "longer", "count", "answer", int((minutes > _LONGEST).sum()), timed)]
    return [*rows, ("survey", "organisations", "count", "organisation", len(data.organisations),
                    len(data.organisations)), ("survey", "records", "count", "answer", size, size)]


def _texts(documents: pd.DataFrame) -> list[tuple]:
    rows = []
    for column in ("language", "script"):
        counts = documents[column].astype("str").value_counts()
        rows += [(column, value or "unknown", "count", "answer", int(n), len(documents))
                 for value, n in sorted(counts.items())]
    return rows
