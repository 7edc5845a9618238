"""What pages of countries may tell of their organisations' answers, beside the figures of the study.

These organisations agreed. But who takes their answers off a figure of the study is left with one of all
the others, who did not agree or work where one did not: an answer is told only where nobody's follows
from that, not even to those who know two of the others from within.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from glc_analysis.cleaning.skip_logic import comparisons, parse
from glc_analysis.disclosure.audit import is_open, squeeze
from glc_analysis.disclosure.crowd import clusters_of
from glc_analysis.disclosure.rules import KNOWN, Rules
from glc_analysis.evidence import subsets
from glc_analysis.evidence.contributors import Contributors

Key = tuple[str, str]


def told(estimates: pd.DataFrame, behind: Contributors, organisations: pd.DataFrame, decided: pd.DataFrame,
         rules: Rules, *, countries: Mapping[str, str], coded: Collection[str],
         never: Collection[str]) -> pd.Series:
    """For every figure of these ``countries`` (id -> region) that a page might show: whether it may.

    ``decided`` has status and band of all figures; ``coded`` are the countries whose codes may be told,
    ``never`` the codes that are not. Options count: no numbers, no words, no answer that could be held
    against its organisation, none that a public record can be held against. An answer is told of all
    countries or of none, a code where all are: one is raised wherever one below it is.
    """
    facts, kind = behind.facts, estimates["subset_kind"].astype("str")
    is_coded = estimates["measure"] == "coded"
    counts = is_coded | (estimates["measure"] == "response")
    counts &= estimates["statistic"].isin(["count", "organisations"])
    counts &= ~(facts["is_place"] | facts["is_sensitive"] | is_coded & estimates["code_id"].isin(never)
                | facts["question_id"].isin([*behind.stated.get("question_id", ())]))
    where = estimates["subset_id"]
    is_here = counts & (kind == "country") & where.isin([*countries]) & (~is_coded | where.isin(coded))
    is_used = is_here | counts & ((kind == subsets.ALL) | (kind == estimates["unit"].map(dict(rules.groups))))
    rows = estimates.assign(status=decided["status"], band=decided["band"], at=range(len(estimates)))[is_used]
    clusters = clusters_of(organisations, pd.Index(behind.organisations))
    open_ = {key: _open(table, behind, clusters, rules, countries)
             for key, table in rows.groupby(["question_id", "code_id"], observed=True)}
    if not all(open_[key] for key in open_ if key[1]):
        open_ = {key: options for key, options in open_.items() if not key[1]}
    _follow_skip_logic(open_, facts)
    shown = rows[is_here[is_used]]
    return pd.Series([row.option_id in open_.get((row.question_id, row.code_id), ())
                      for row in shown.itertuples()], shown.index, dtype=bool)


def _follow_skip_logic(open_: dict[Key, set[str]], facts: pd.DataFrame) -> None:
    """Who was asked a question tells how they answered the one before it: both are told, or the first."""
    asked = facts.loc[facts["asked_if"] != "", ["question_id", "asked_if"]].drop_duplicates()
    known, before = set(facts["question_id"]), None
    while before != (before := {key for key, options in open_.items() if options}):
        for question, condition in asked.itertuples(index=False):
            if not all(set(one.values) <= open_.get((one.name, ""), set())
                       for one in comparisons(parse(condition)) if one.name in known):
                open_.pop((question, ""), None)


def _open(table: pd.DataFrame, behind: Contributors, clusters: np.ndarray, rules: Rules,
          countries: Mapping[str, str]) -> set[str]:
    """The options of a question (or the one of a code) whose answers may be told."""
    kind = table["subset_kind"].astype("str")
    whole, here = table[kind == subsets.ALL], table[kind == "country"]
    options = [*whole["option_id"]]
    if not len(options):
        return set()
    is_group = ~kind.isin([subsets.ALL, "country"])
    seen = set(table.loc[is_group & (table["status"] != "suppressed"), "subset_id"])
    columns = []
    for group in sorted(seen):
        is_near = (here["subset_id"].map(countries) == group) | (here["unit"] == "organisation")
        figures = table[is_group & (table["subset_id"] == group)]
        columns.append(_Column(figures, here[is_near], options, behind, rules))
    last = _Column(whole, here, options, behind, rules)
    columns = [*columns, *([last.rest(columns)] if columns else []), last]
    left = np.array([column.left.sum() for column in columns])
    known = np.array([np.sort(column.left @ clusters)[-KNOWN:].sum() for column in columns])
    is_partition = len(options) > 1 and all(column.adds_up() for column in columns)
    low, high = squeeze(*(np.clip(np.column_stack([getattr(column, end) - column.taken.sum(axis=1)
                                                   for column in columns]), 0, left)
                          for end in ("low", "high")), left, is_partition=is_partition)
    fine = (is_open(low, high, left, known) | (low == 0) & (high == left)).all(axis=1)
    if fine.all() or is_partition or not fine.any():
        return set(options) if fine.all() else set()
    is_hidden = all(column.hides(fine, k) for column, k in zip(columns, known, strict=True))
    return set(np.array(options)[fine]) if is_hidden else set()


class _Column:
    """One group of a question's figures, or the whole: options x organisations, and what is known of it.

    ``counted`` and ``base`` are the records behind it, ``taken`` and ``shown`` those of them that pages
    of countries tell, ``left`` the base without them; a reader knows that n lies between low and high.
    """

    def __init__(self, figures: pd.DataFrame, here: pd.DataFrame, options: list[str], behind: Contributors,
                 rules: Rules) -> None:
        by_option = [figures[figures["option_id"] == option] for option in options]
        self.counted, self.base = (np.array([part[rows["at"]].sum(axis=0) for rows in by_option])
                                   for part in (behind.counted, behind.base))
        near = [here[here["option_id"] == option]["at"] for option in options]
        self.taken, self.shown = (
            np.minimum([part[rows].sum(axis=0) for rows in near], most)
            for part, most in ((behind.counted, self.counted), (behind.base, self.base)))
        self.base, self.shown = self.base[0], self.shown[0]
        size = int(self.base.sum())
        ends = [_ends(row, size, rules) for row in pd.concat(by_option).itertuples()]
        self.low, self.high = np.array(ends).T

    @property
    def left(self) -> np.ndarray:
        return self.base - self.shown

    def rest(self, groups: list[_Column]) -> _Column:
        """What is left of the whole outside of groups that are shown: nothing is known of it."""
        rest = object.__new__(_Column)
        for name in ("counted", "base", "taken", "shown"):
            setattr(rest, name, getattr(self, name) - sum(getattr(group, name) for group in groups))
        rest.low, rest.high = np.zeros_like(self.low), np.full_like(self.high, rest.base.sum())
        return rest

    def adds_up(self) -> bool:
        """Whether the options add up to the base, of those told and of the others."""
        return all((part.sum(axis=0) == base).all() for part, base in (
            (self.counted, self.base), (self.taken, self.shown)))

    def hides(self, is_told: np.ndarray, known: float) -> bool:
        """Whether the options that are not told do not follow from those that are.

        Who ticked none of those ticked one of these; who ticked one that nobody ticks with others, none.
        """
        told, hidden = self.taken[is_told], ~is_told
        with_others = self.counted.sum(axis=0) > self.base
        is_alone = ~((self.counted > 0) & with_others).any(axis=1)[is_told]
        low, high, left = self.low[hidden], self.high[hidden], self.left.sum()
        least = (self.shown - told.max(axis=0)).clip(0).sum() - (high.sum() - high)
        most = self.shown.sum() - told[is_alone].sum()
        low, high = (low - most).clip(0), (high - least.clip(0)).clip(None, left)
        return bool((is_open(low, high, left, known) | (low == 0) & (high == left)).all())


def _ends(row, size: int, rules: Rules) -> tuple[int, int]:
    """Between what a reader knows a figure to lie."""
    if row.status == "suppressed":
        return 0, size
    return rules.band(int(row.n), size)[1:] if row.status == "banded" else (int(row.n), int(row.n))
