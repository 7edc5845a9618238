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
    options in order, zero rows too; an option whose choice keeps a record out of
    the base (a refusal, a don't know that counts as missing) has no figure here
    but one of measure ``quality``. Numbers give mean, median and standard
    deviation (n - 1); texts and dates how many of those asked answered. Figures
    are in the unit of the question: organisations, or answers (an organisation
    answering for a country).
    """
    members = {(kind, unit): subsets.membership(kind, unit, data.organisations, data.answers)
               for kind in subsets.KINDS for unit in ("organisation", "answer")}
    responses = dict(iter(data.responses.groupby("question_id", observed=True)))
    selections = dict(iter(data.selections.groupby("question_id", observed=True)))
    lists = dict(iter(data.options.sort_values("position").groupby("option_list")))
    parts = []
    for question in data.questions.itertuples():
        rows = responses.get(question.question_id, data.responses.iloc[:0])
        given = _given(question, rows, selections.get(question.question_id),
                       _counted(question, lists), data)
        # Countries as answers are counted over the whole study only: by subset they are all zeros.
        for kind in subsets.KINDS if question.option_list != COUNTRY_LIST else [subsets.ALL]:
            part = _figures(question, given, members[kind, question.unit])
            parts.append(part.assign(question_id=question.question_id, subset_kind=kind,
                                     unit=question.unit, measure="response"))
    frame = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return _with_intervals(identified(frame), study)


def _counted(question, lists: dict[str, pd.DataFrame]) -> list[str]:
    """The options of a question that can be in its base, in order."""
    if question.option_list not in lists:
        return []
    listed = lists[question.option_list]
    outside = ["refused", *(["dont_know"] if question.dont_know == "missing" else [])]
    return list(listed.loc[~listed["kind"].isin(outside), "option_id"])


def identified(frame: pd.DataFrame) -> pd.DataFrame:
    """Adds ``estimate_id``: question / option or statistic / subset."""
    what = frame["option_id"].where(frame["option_id"] != "", frame["statistic"])
    subset = frame["subset_kind"].where(frame["subset_kind"] == subsets.ALL,
                                        frame["subset_kind"] + "=" + frame["subset_id"])
    return frame.assign(estimate_id=frame["question_id"] + "/" + what + "/" + subset)


@dataclass(frozen=True)
class _Given:
    """The answers to one question, one entry a row of organisations or answers, by its unit."""

    options: list[str]
    is_asked: np.ndarray
    is_in_base: np.ndarray
    numbers: np.ndarray
    ticks: np.ndarray


def _given(question, rows: pd.DataFrame, ticks: pd.DataFrame | None, options: list[str],
           data: Processed) -> _Given:
    """Spreads the responses (and selections) of one question over the rows of its unit."""
    table, key = (data.organisations, "organisation_id") if question.unit == "organisation" \
        else (data.answers, "answer_id")
    at, size = _positions(rows[key], table[key]), len(table)
    asked, base = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    numbers, ticked = np.full(size, np.nan), np.zeros((size, len(options)), dtype=bool)
    asked[at], base[at] = rows["missing"].to_numpy() != "not_asked", rows["is_in_base"]
    numbers[at] = rows["value_number"]
    if question.type in BY_OPTION:
        chosen = rows.assign(option_id=rows["value"]) if ticks is None else \
            ticks[ticks["is_selected"]]
        chosen = chosen[chosen["is_in_base"]]
        place = pd.Index(options).get_indexer(chosen["option_id"].astype("str"))
        ticked[_positions(chosen[key], table[key])[place >= 0], place[place >= 0]] = True
    return _Given(options, asked, base, numbers, ticked)


def _positions(ids: pd.Series, index: pd.Series) -> np.ndarray:
    """Where ids stand in an index; categories are looked up once each."""
    index = pd.Index(index.astype("str"))
    if isinstance(ids.dtype, pd.CategoricalDtype):
        return index.get_indexer(ids.cat.categories)[ids.cat.codes]
    return index.get_indexer(ids)


def _figures(question, given: _Given, members: subsets.Membership) -> pd.DataFrame:
    """The figures of one question for all subsets of one kind."""
    base = members.totals(given.is_in_base).astype(int)
    if question.type == "number":
        return _number_figures(given, members, base)
    if question.type in BY_OPTION:
        options, statistic = given.options, "count"
        n = np.array([members.totals(given.ticks[:, j]) for j in range(len(options))]).T
    else:
        options, statistic = [""], "answered"
        n, base = base[:, None], members.totals(given.is_asked).astype(int)
    frame = pd.DataFrame({
        "option_id": np.tile(np.array(options, dtype=str), len(base)), "statistic": statistic,
        "subset_id": np.repeat(members.names, len(options)), "n": n.ravel().astype(int),
        "base_n": np.repeat(base, len(options))})
    value = frame["n"].astype(float)
    return frame.assign(value=value, share=value / frame["base_n"].where(frame["base_n"] > 0))


def _number_figures(given: _Given, members: subsets.Membership, base: np.ndarray) -> pd.DataFrame:
    kept = given.is_in_base[members.rows]
    by = pd.Series(given.numbers[members.rows][kept]).groupby(members.subsets[kept])
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
