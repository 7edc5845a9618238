"""Table ``estimates``: every figure that is shown anywhere, with its base and a stable id."""

from __future__ import annotations

import numpy as np
import pandas as pd

from glc_analysis.evidence import intervals, subsets
from glc_analysis.evidence.given import BY_OPTION, Given, Processed, given
from glc_analysis.reference import COUNTRY_LIST
from glc_analysis.study import Study

NUMBER_STATISTICS = ("mean", "median", "standard_deviation")


def survey_estimates(data: Processed, study: Study) -> pd.DataFrame:
    """One row a figure: question x option (or statistic) x subset.

    Options are counted over the records in the base of their question, all
    options in order, zero rows too; an option whose choice keeps a record out of
    the base (a refusal, a don't know that counts as missing) has no figure here
    but one of measure ``quality``. Numbers give mean, median and standard
    deviation (n - 1); texts and dates how many of those asked answered. Figures
    are in the unit of the question: organisations, or answers (an organisation
    answering for a country).
    """
    members = {(kind, unit): subsets.membership(kind, unit, data.organisations, data.answers)
               for kind in subsets.KINDS for unit in ("organisation", "answer")}
    parts = []
    for question, answers in given(data):
        # Countries as answers are counted over the whole study only: by subset they are all zeros.
        for kind in subsets.KINDS if question.option_list != COUNTRY_LIST else [subsets.ALL]:
            part = _figures(question, answers, members[kind, question.unit])
            parts.append(part.assign(question_id=question.question_id, subset_kind=kind,
                                     unit=question.unit, measure="response"))
    frame = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return _with_intervals(identified(frame), study)


def identified(frame: pd.DataFrame) -> pd.DataFrame:
    """Adds ``estimate_id``: question / option or statistic / subset."""
    what = frame["option_id"].where(frame["option_id"] != "", frame["statistic"])
    subset = frame["subset_kind"].where(frame["subset_kind"] == subsets.ALL,
                                        frame["subset_kind"] + "=" + frame["subset_id"])
    return frame.assign(estimate_id=frame["question_id"] + "/" + what + "/" + subset)


def _figures(question, answers: Given, members: subsets.Membership) -> pd.DataFrame:
    """The figures of one question for all subsets of one kind."""
    base = members.totals(answers.is_in_base).astype(int)
    if question.type == "number":
        return _number_figures(answers, members, base)
    if question.type in BY_OPTION:
        options, statistic = answers.options, "count"
        n = np.array([members.totals(answers.ticks[:, j]) for j in range(len(options))]).T
    else:
        options, statistic = [""], "answered"
        n, base = base[:, None], members.totals(answers.is_asked).astype(int)
    frame = pd.DataFrame({
        "option_id": np.tile(np.array(options, dtype=str), len(base)), "statistic": statistic,
        "subset_id": np.repeat(members.names, len(options)), "n": n.ravel().astype(int),
        "base_n": np.repeat(base, len(options))})
    value = frame["n"].astype(float)
    return frame.assign(value=value, share=value / frame["base_n"].where(frame["base_n"] > 0))


def _number_figures(answers: Given, members: subsets.Membership, base: np.ndarray) -> pd.DataFrame:
    kept = answers.is_in_base[members.rows]
    by = pd.Series(answers.numbers[members.rows][kept]).groupby(members.subsets[kept])
    values = pd.DataFrame({"mean": by.mean(), "median": by.median(),
                           "standard_deviation": by.std(ddof=1)}).reindex(range(len(base)))
    count = len(NUMBER_STATISTICS)
    return pd.DataFrame({
        "subset_id": np.repeat(members.names, count), "option_id": "",
        "statistic": np.tile(NUMBER_STATISTICS, len(base)), "base_n": np.repeat(base, count),
        "value": values[list(NUMBER_STATISTICS)].to_numpy().ravel(),
        "n": pd.array([pd.NA] * len(base) * count, dtype="Int64"), "share": np.nan})


def _with_intervals(frame: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Intervals for counts, where the sampling gives them; the frame counts organisations."""
    method = intervals.method_of(study)
    frame = frame.assign(low=np.nan, high=np.nan, method="")
    if method == "none":
        return frame
    counted = (frame["statistic"] == "count") & (frame["base_n"] > 0)
    for unit, frame_size in (("organisation", study.frame_size), ("answer", 0)):
        due = counted & (frame["unit"] == unit)
        whole = due & (frame["subset_kind"] == subsets.ALL)
        for some, size in ((due & ~whole, 0), (whole, frame_size)):
            low, high = intervals.share_interval(frame.loc[some, "n"], frame.loc[some, "base_n"],
                                                 method=method, frame_size=size)
            frame.loc[some, "low"], frame.loc[some, "high"] = low, high
            frame.loc[some, "method"] = np.where(
                np.isnan(low), "", method + (f", frame of {size}" if size else ""))
    return frame
