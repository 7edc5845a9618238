"""Comparisons of groups, for probability samples only.

Nothing is inferred from a purposive sample, and groups smaller than
``[comparison] group_minimum`` are not compared: their counts stand side by side.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from glc_analysis.evidence import subsets
from glc_analysis.evidence.estimates import Processed, identified
from glc_analysis.study import Study

SEED, PERMUTATIONS, RESAMPLES = 20170501, 1999, 999
METHOD = (f"permutation of organisations, {PERMUTATIONS} draws; bootstrap of organisations, "
          f"{RESAMPLES} resamples; Benjamini-Hochberg over the questions of an attribute")


def comparison_estimates(data: Processed, study: Study) -> pd.DataFrame:
    """One row a test statistic: question x attribute of organisations, measure ``comparison``.

    ``cramers_v`` (choices) or ``eta_squared`` (numbers) with its bootstrap interval,
    ``p_value`` of the permutation test and ``p_adjusted`` (Benjamini & Hochberg
    1995). Organisations are drawn and permuted whole, so that several answers
    of one organisation stay together. No rows unless the sample is a
    probability sample.
    """
    rows = []
    if study.sampling == "probability":
        minimum = study.settings["comparison"]["group_minimum"]
        for kind in subsets.ATTRIBUTES:
            rows += _family(data, kind, minimum)
    frame = pd.DataFrame(rows, columns=["question_id", "subset_kind", "unit", "statistic", "value",
                                        "base_n", "low", "high"])
    frame = frame.assign(measure="comparison", option_id="", subset_id="", method=METHOD,
                         n=pd.array([pd.NA] * len(frame), dtype="Int64"), share=np.nan)
    return identified(frame)


def _family(data: Processed, kind: str, minimum: int) -> list[tuple]:
    """All tests of one attribute, with p-values adjusted over its questions."""
    from scipy.stats import false_discovery_control

    tests = []
    for question in data.questions.itertuples():
        effect = EFFECTS.get(question.type)
        scores = _scores(data, question) if effect else pd.DataFrame()
        groups = _groups(data, kind, scores.index, minimum)
        if groups.nunique() > 1 and scores.shape[1] > 1:
            found = compare(scores.loc[groups.index].to_numpy(float),
                            pd.factorize(groups, sort=True)[0], effect=effect)
            tests.append((question, effect.__name__, len(groups), *found))
    adjusted = false_discovery_control([test[4] for test in tests]) if tests else []
    rows = []
    for (question, name, size, effect, p, low, high), q in zip(tests, adjusted, strict=True):
        start = (question.question_id, kind, question.unit)
        rows += [(*start, name, effect, size, low, high),
                 (*start, "p_value", p, size, np.nan, np.nan),
                 (*start, "p_adjusted", q, size, np.nan, np.nan)]
    return rows


def compare(scores: np.ndarray, groups: np.ndarray,
            *, effect) -> tuple[float, float, float, float]:
    """Effect size, permutation p-value and bootstrap interval of a difference between groups.

    ``scores`` has one row an organisation and adds up over a group to what
    ``effect`` takes; ``groups`` are integers from 0. The p-value is
    (hits + 1) / (draws + 1) (Phipson & Smyth 2010).
    """
    rng = np.random.default_rng(SEED)
    member = np.eye(groups.max() + 1)[groups]
    observed = effect(member.T @ scores)
    hits = sum(effect(member[rng.permutation(len(groups))].T @ scores) >= observed - 1e-12
               for _ in range(PERMUTATIONS))
    draws = [rng.integers(0, len(groups), len(groups)) for _ in range(RESAMPLES)]
    spread = [effect(member[d].T @ scores[d]) for d in draws]
    low, high = np.nanpercentile(spread, [2.5, 97.5])
    return observed, (hits + 1) / (PERMUTATIONS + 1), float(low), float(high)


def cramers_v(table: np.ndarray) -> float:
    """Cramer's V of a groups x options table (Cramer 1946); NaN where nothing varies.

    >>> cramers_v(np.array([[10.0, 0.0], [0.0, 10.0]]))
    1.0
    """
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(table.shape) < 2:
        return np.nan
    total = table.sum()
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    chi2 = ((table - expected) ** 2 / expected).sum()
    return float(np.sqrt(chi2 / total / (min(table.shape) - 1)))


def eta_squared(table: np.ndarray) -> float:
    """Share of the variance that lies between groups; NaN where nothing varies.

    The columns of ``table`` are each group's sum, count and sum of squares.

    >>> eta_squared(np.array([[2.0, 2, 2], [6.0, 2, 18]]))
    1.0
    """
    sums, counts, squares = table[table[:, 1] > 0].T
    mean = sums.sum() / counts.sum()
    total = squares.sum() - counts.sum() * mean**2
    return float((counts * (sums / counts - mean) ** 2).sum() / total) if total > 0 else np.nan


EFFECTS = {"single": cramers_v, "scale": cramers_v, "multi": cramers_v, "number": eta_squared}


def _scores(data: Processed, question) -> pd.DataFrame:
    """One row an organisation in the base: its count of each option, or sum, count, squares."""
    rows = data.responses[(data.responses["question_id"] == question.question_id)
                          & data.responses["is_in_base"]]
    if question.type == "number":
        values = rows.assign(squares=rows["value_number"] ** 2)
        return values.groupby(values["organisation_id"].astype("str")).agg(
            sum=("value_number", "sum"), count=("value_number", "size"), squares=("squares", "sum"))
    if question.type == "multi":
        rows = data.selections[(data.selections["question_id"] == question.question_id)
                               & data.selections["is_in_base"] & data.selections["is_selected"]]
    chosen = rows["option_id" if question.type == "multi" else "value"]
    return pd.crosstab(rows["organisation_id"].astype("str"), chosen.astype("str"))


def _groups(data: Processed, kind: str, owners: pd.Index, minimum: int) -> pd.Series:
    """The group of every organisation that is in a group large enough to compare."""
    members = subsets.membership(kind, "organisation", data.organisations, data.answers)
    names = np.array(members.names, dtype=object)[members.subsets]
    group = pd.Series(names, index=data.organisations["organisation_id"].iloc[members.rows])
    group = group.reindex(owners).dropna()
    sizes = group.value_counts()
    return group[group.isin(sizes[sizes >= minimum].index)].sort_index()
