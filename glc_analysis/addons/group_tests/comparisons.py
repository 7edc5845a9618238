"""Tests differences between groups of organisations, for probability samples only. The results are effect
sizes with intervals, and p-values.

The module decides which differences are tested. In a purposive sample, no difference is tested. Groups
smaller than ``[comparison] group_minimum`` are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd

from glc_analysis.figures.estimates import (
    ATTRIBUTES,
    CleanTables,
    Question,
    add_figure_ids,
    determine_membership,
    list_questions,
)
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.steps import Step, View
from glc_analysis.study import Study

Effect = Callable[[np.ndarray], np.ndarray]
_SEED, _PERMUTATIONS, _RESAMPLES, _BATCH = 20170501, 1999, 999, 100
_METHOD = (f"permutation of organisations, {_PERMUTATIONS} draws; bootstrap of organisations, "
          f"{_RESAMPLES} resamples; Benjamini-Hochberg over the questions of an attribute")


def make_group_effect_and_p_value_figures(data: CleanTables, study: Study) -> pd.DataFrame:
    """Returns one row per question, attribute of organisations and statistic, all with the measure
    ``comparison``. Returns no rows if the sample is not a probability sample.

    The statistics are the effect size with its bootstrap interval (``cramers_v`` for choices, ``eta_squared``
    for numbers), ``p_value`` of the permutation test, and ``p_adjusted`` (Benjamini & Hochberg 1995).
    Organisations are drawn and permuted as a whole, so that several answers of one organisation stay
    together.
    """
    rows = []
    if study.sampling == "probability":
        minimum = study.settings["comparison"]["group_minimum"]
        scored = [(question, _scores(data, question)) for question in list_questions(data.questions)
                  if question.type in _EFFECTS and question.option_list != COUNTRY_LIST]
        for kind in ATTRIBUTES:
            rows += _family(data, kind, scored, minimum)
    frame = pd.DataFrame(rows, columns=["question_id", "subset_kind", "unit", "statistic", "value",
                                        "base_n", "low", "high"])
    frame = frame.assign(measure="comparison", option_id="", subset_id="", method=_METHOD,
                         n=pd.array([pd.NA] * len(frame), dtype="Int64"), share=np.nan)
    return add_figure_ids(frame)


def _family(data: CleanTables, kind: str, scored: list[tuple[Question, pd.DataFrame]],
            minimum: int) -> list[tuple]:
    """Returns the rows for all tests of one attribute, with p-values adjusted over all questions that are
    tested for this attribute."""
    from scipy.stats import false_discovery_control

    attribute, tests = _attribute(data, kind), []
    for question, scores in scored:
        name, effect = _EFFECTS[question.type]
        groups = _large(attribute.reindex(scores.index).dropna(), minimum)
        difference = measure_effect(scores.loc[groups.index].to_numpy(float),
                                    pd.factorize(groups, sort=True)[0], effect=effect)
        if difference:
            tests.append((question, name, len(groups), *difference))
    adjusted = false_discovery_control([test[4] for test in tests]) if tests else []
    rows = []
    for (question, name, size, effect, p, low, high), q in zip(tests, adjusted, strict=True):
        start = (question.question_id, kind, question.unit)
        rows += [(*start, name, effect, size, low, high),
                 (*start, "p_value", p, size, np.nan, np.nan),
                 (*start, "p_adjusted", q, size, np.nan, np.nan)]
    return rows


def measure_effect(scores: np.ndarray, groups: np.ndarray,
                   *, effect: Effect) -> tuple[float, float, float, float] | None:
    """Returns the effect size, the permutation p-value and the bootstrap interval (low, high) of a difference
    between groups; None if no score varies.

    ``scores`` has one row per organisation; the sums of the rows over each group are the argument of
    ``effect``. ``groups`` has the number of each organisation's group, counted from 0. The p-value is (hits +
    1) / (draws + 1) (Phipson & Smyth 2010); hits are the draws whose effect is at least as large as the
    observed effect.
    """
    from scipy.stats import random_table

    kinds, kind = np.unique(scores, axis=0, return_inverse=True)
    counts = np.zeros((groups.max(initial=0) + 1, len(kinds)), dtype=int)
    np.add.at(counts, (groups, kind.ravel()), 1)
    observed = float(effect(counts @ kinds))
    if np.isnan(observed):
        return None
    rng = np.random.default_rng(_SEED)
    # Organisations with the same scores are alike, so tables of groups x kinds are drawn whole.
    permuted = random_table(counts.sum(axis=1), counts.sum(axis=0))
    chance = _drawn(lambda size: permuted.rvs(size, random_state=rng), _PERMUTATIONS, kinds, effect)
    resampled = _drawn(lambda size: rng.multinomial(
        counts.sum(), counts.ravel() / counts.sum(), size).reshape(size, *counts.shape),
        _RESAMPLES, kinds, effect)
    p = ((chance >= observed - 1e-12).sum() + 1) / (_PERMUTATIONS + 1)
    low, high = np.nanpercentile(resampled, [2.5, 97.5])
    return observed, float(p), float(low), float(high)


def _drawn(draw: Callable[[int], np.ndarray], times: int, kinds: np.ndarray,
           effect: Effect) -> np.ndarray:
    """Returns the effects in ``times`` randomly drawn tables. The tables are drawn in batches that fit easily
    in memory."""
    return np.concatenate([effect(draw(min(_BATCH, times - done)) @ kinds)
                           for done in range(0, times, _BATCH)])


def cramers_v(tables: np.ndarray) -> np.ndarray:
    """Returns Cramer's V of groups x options tables (Cramer 1946); NaN for a table without variation.

    The last two dimensions of ``tables`` form one table; the dimensions before them number the tables.

    >>> float(cramers_v(np.array([[10.0, 0.0], [0.0, 10.0]])))
    1.0
    """
    rows, columns = tables.sum(axis=-1, keepdims=True), tables.sum(axis=-2, keepdims=True)
    total = rows.sum(axis=(-2, -1))
    smaller = np.minimum((rows > 0).sum(axis=(-2, -1)), (columns > 0).sum(axis=(-2, -1)))
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = rows * columns / total[..., None, None]
        chi2 = np.nansum((tables - expected) ** 2 / expected, axis=(-2, -1))
        return np.where(smaller > 1, np.sqrt(chi2 / total / (smaller - 1)), np.nan)


def eta_squared(sums_counts_and_squares: np.ndarray) -> np.ndarray:
    """Returns the share of the variance that lies between groups; NaN for a table without variation.

    Each row of a table is a group; its columns are the sum, the count and the sum of squares of the group's
    numbers.

    >>> float(eta_squared(np.array([[2.0, 2, 2], [6.0, 2, 18]])))
    1.0
    """
    sums, counts, squares = np.moveaxis(sums_counts_and_squares, -1, 0)
    several = (counts > 0).sum(axis=-1) > 1
    with np.errstate(divide="ignore", invalid="ignore"):
        common = sums.sum(axis=-1) ** 2 / counts.sum(axis=-1)
        total = squares.sum(axis=-1) - common
        between = np.nansum(sums ** 2 / counts, axis=-1) - common
        varies = several & (total > 1e-12 * squares.sum(axis=-1))
        return np.where(varies, between / total, np.nan)


def multiple_choice_v(tables: np.ndarray) -> np.ndarray:
    """Returns Cramer's V of a multiple-choice question, which is the root mean square of the V of each option
    (ticked or not).

    The square of the result is the sum of the options' Pearson statistics (Bilder & Loughin 2004), scaled to
    0 to 1. An option that does not vary is left out. Each row of a table is a group; its columns are the
    number of ticks for each option and, last, the number of organisations.

    >>> float(multiple_choice_v(np.array([[5.0, 2, 5], [0.0, 2, 5]])))
    0.7071067811865476
    """
    ticked = tables[..., :-1]
    options = np.moveaxis(np.stack([ticked, tables[..., -1:] - ticked], axis=-1), -2, 0)
    each = cramers_v(options)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sqrt(np.nansum(each ** 2, axis=0) / (~np.isnan(each)).sum(axis=0))


_EFFECTS = {"single": ("cramers_v", cramers_v), "scale": ("cramers_v", cramers_v),
           "multi": ("cramers_v", multiple_choice_v), "number": ("eta_squared", eta_squared)}


def _scores(data: CleanTables, question: Question) -> pd.DataFrame:
    """Returns one row per organisation in the base, with the numbers that are summed over each group to
    compute the effect for the question's type."""
    rows = data.responses[(data.responses["question_id"] == question.question_id)
                          & data.responses["is_in_base"]]
    owner = rows["organisation_id"].astype("str")
    if question.type == "number":
        numbers = rows["value_number"]
        return pd.DataFrame({"sum": numbers, "count": 1, "squares": numbers ** 2}
                            ).groupby(owner).sum()
    if question.type != "multi":
        return pd.crosstab(owner, rows["value"].astype("str"))
    ticks = data.selections[(data.selections["question_id"] == question.question_id)
                            & data.selections["is_in_base"] & data.selections["is_selected"]]
    chosen = pd.crosstab(ticks["organisation_id"].astype("str"), ticks["option_id"].astype("str"))
    return chosen.reindex(sorted(set(owner)), fill_value=0).assign(count=owner.value_counts())


def _attribute(data: CleanTables, kind: str) -> pd.Series:
    """Returns the group of every organisation that belongs to a group of the attribute."""
    members = determine_membership(kind, "organisation", data.organisations, data.answers)
    return pd.Series(np.array(members.names, dtype=object)[members.subsets],
                     index=data.organisations["organisation_id"].iloc[members.rows])


def _large(groups: pd.Series, minimum: int) -> pd.Series:
    """Returns the organisations whose group has at least ``minimum`` organisations, with their groups."""
    return groups[groups.map(groups.value_counts()) >= minimum].sort_index()


def _make_figures(view: View) -> dict[str, Any]:
    data = CleanTables(**{name: view[name] for name in _TABLES})
    return {"comparison_figures": make_group_effect_and_p_value_figures(data, view.study)}


_TABLES = tuple(field.name for field in fields(CleanTables))
STEPS = (Step("comparisons", (*_TABLES, "[study] sampling", "[comparison]"), ("comparison_figures",),
              _make_figures),)
