"""Table ``estimates``: every figure that is shown anywhere, with its base and a stable id."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from glc_analysis.evidence import intervals, subsets
from glc_analysis.reference import COUNTRY_LIST
from glc_analysis.study import Study

NUMBER_STATISTICS = ("mean", "median", "standard_deviation")
BY_OPTION = ("single", "scale", "multi")


@dataclass(frozen=True)
class Processed:
    """The cleaned tables that figures are made from."""

    questions: pd.DataFrame
    options: pd.DataFrame
    organisations: pd.DataFrame
    answers: pd.DataFrame
    responses: pd.DataFrame
    selections: pd.DataFrame


def survey_estimates(data: Processed, study: Study) -> pd.DataFrame:
    """One row a figure: question x option (or statistic) x subset.

    Options are counted over the records in the base of their question, all
    options in order, zero rows too. Numbers give mean, median and standard
    deviation (n - 1); texts and dates how many of those asked answered. Figures
    are in the unit of the question: organisations, or answers (an organisation
    answering for a country).
    """
    members = {(kind, unit): subsets.membership(kind, unit, data.organisations, data.answers)
               for kind in subsets.KINDS for unit in ("organisation", "answer")}
    responses = dict(iter(data.responses.groupby("question_id", observed=True)))
    selections = dict(iter(data.selections.groupby("question_id", observed=True)))
    parts = []
    for question in data.questions.itertuples():
        rows = responses.get(question.question_id, data.responses.iloc[:0])
        listed = data.options[data.options["option_list"] == question.option_list]
        options = list(listed.sort_values("position")["option_id"])
        # Countries as answers are counted over the whole study only: by subset they are all zeros.
        for kind in subsets.KINDS if question.option_list != COUNTRY_LIST else [subsets.ALL]:
            part = _figures(question, rows, selections.get(question.question_id), options,
                            members[kind, question.unit])
            parts.append(part.assign(question_id=question.question_id, subset_kind=kind,
                                     unit=question.unit, measure="response"))
    frame = pd.concat([part for part in parts if len(part)], ignore_index=True)
    return _with_intervals(identified(frame), study)


def identified(frame: pd.DataFrame) -> pd.DataFrame:
    """Adds ``estimate_id``: question / option or statistic / subset."""
    what = frame["option_id"].where(frame["option_id"] != "", frame["statistic"])
    subset = frame["subset_kind"].where(frame["subset_kind"] == subsets.ALL,
                                        frame["subset_kind"] + "=" + frame["subset_id"])
    return frame.assign(estimate_id=frame["question_id"] + "/" + what + "/" + subset)


def _figures(question, rows: pd.DataFrame, ticks: pd.DataFrame | None, options: list[str],
             members: pd.DataFrame) -> pd.DataFrame:
    """The figures of one question for all subsets of one kind."""
    key = "organisation_id" if question.unit == "organisation" else "answer_id"
    groups = pd.Index(sorted(members["subset_id"].unique()))
    if question.type in BY_OPTION:
        counts, base = _counts(rows, ticks, key, options, members, groups)
        frame = pd.DataFrame({
            "option_id": np.tile(options, len(groups)), "subset_id": np.repeat(groups, len(options)),
            "statistic": "count", "n": counts.ravel(), "base_n": np.repeat(base, len(options))})
        frame["value"] = frame["n"].astype(float)
        return frame.assign(share=_share(frame))
    joined = members.merge(rows.assign(key=rows[key].astype("str")), on="key")
    if question.type == "number":
        return _number_figures(joined[joined["is_in_base"]], groups)
    asked = joined[joined["missing"].astype("str") != "not_asked"]
    frame = pd.DataFrame({"subset_id": groups, "option_id": "", "statistic": "answered",
                          "n": _size(asked[asked["is_in_base"]], groups),
                          "base_n": _size(asked, groups)})
    frame["value"] = frame["n"].astype(float)
    return frame.assign(share=_share(frame))


def _counts(rows: pd.DataFrame, ticks: pd.DataFrame | None, key: str, options: list[str],
            members: pd.DataFrame, groups: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """Counts (subsets x options) and bases (subsets), over records in the base."""
    valid = rows[rows["is_in_base"]]
    joined = members.merge(pd.DataFrame({"key": valid[key].astype("str"),
                                         "value": valid["value"].astype("str")}), on="key")
    base = _size(joined, groups)
    if ticks is not None:
        chosen = ticks[ticks["is_in_base"] & ticks["is_selected"]]
        joined = members.merge(pd.DataFrame({"key": chosen[key].astype("str"),
                                             "value": chosen["option_id"].astype("str")}), on="key")
    at = pd.Index(options).get_indexer(joined["value"])
    place = groups.get_indexer(joined["subset_id"]) * len(options) + at
    counts = np.bincount(place[at >= 0], minlength=len(groups) * len(options))
    return counts.reshape(len(groups), len(options)), base


def _number_figures(valid: pd.DataFrame, groups: pd.Index) -> pd.DataFrame:
    by = valid.groupby("subset_id", observed=True)["value_number"]
    values = pd.DataFrame({"mean": by.mean(), "median": by.median(),
                           "standard_deviation": by.std(ddof=1)}).reindex(groups)
    return pd.DataFrame({
        "subset_id": np.repeat(groups, len(NUMBER_STATISTICS)), "option_id": "",
        "statistic": np.tile(NUMBER_STATISTICS, len(groups)),
        "value": values[list(NUMBER_STATISTICS)].to_numpy().ravel(),
        "n": pd.array([pd.NA] * len(groups) * len(NUMBER_STATISTICS), dtype="Int64"),
        "base_n": np.repeat(_size(valid, groups), len(NUMBER_STATISTICS)), "share": np.nan})


def _size(frame: pd.DataFrame, groups: pd.Index) -> np.ndarray:
    return frame["subset_id"].value_counts().reindex(groups, fill_value=0).to_numpy()


def _share(frame: pd.DataFrame) -> np.ndarray:
    base = frame["base_n"].to_numpy(dtype=float)
    return np.divide(frame["n"].to_numpy(dtype=float), base, out=np.full(len(base), np.nan),
                     where=base > 0)


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
            frame.loc[some, "method"] = method + (f", frame of {size}" if size else "")
    return frame
