"""Which answers a country page may show in addition to the figures of the study.

The organisations on the page agreed. But a reader who subtracts their answers from a study-wide figure is
left with a figure of all the others, who did not agree. An answer is shown only where that figure discloses
nobody's answer, even to a reader who knows two of the others from the inside.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from glc_analysis.cleaning.skip_logic import comparisons, parse
from glc_analysis.disclosure.bounds import is_protected, network_membership, tighten_bounds
from glc_analysis.disclosure.rules import KNOWN, Rules
from glc_analysis.evidence.contributors import Incidence
from glc_analysis.evidence.estimates import ALL

Key = tuple[str, str]
SMALL = ("count_too_small", "unanimous")
"""Rules that say of a count how few organisations are behind it, or behind what is left of its base."""


def releasable_country_answers(estimates: pd.DataFrame, incidence: Incidence, organisations: pd.DataFrame,
                               decided: pd.DataFrame, rules: Rules, *, countries: Mapping[str, str],
                               coded: Collection[str], never: Collection[str]) -> pd.Series:
    """For every figure that a page of these ``countries`` (id -> region) might show: whether it may.

    ``decided`` has the status and the rule of all figures, and between which numbers (``low``, ``high``) a
    reader knows them; ``coded`` are the countries whose codes may be shown,
    ``never`` the codes that never are. Only counts of options and codes are considered: no numbers, no words,
    no sensitive answer, and none that can be compared with a public record. An answer is shown for all
    countries or for none. Codes are shown only if all of them may be: a code is raised wherever one below it
    is.
    """
    facts, kind = incidence.facts, estimates["subset_kind"].astype("str")
    is_coded = estimates["measure"] == "coded"
    counts = is_coded | (estimates["measure"] == "response")
    counts &= estimates["statistic"].isin(["count", "organisations"])
    counts &= ~(facts["is_place"] | facts["is_sensitive"] | is_coded & estimates["code_id"].isin(never)
                | facts["question_id"].isin([*incidence.stated.get("question_id", ())]))
    where = estimates["subset_id"]
    is_here = counts & (kind == "country") & where.isin([*countries]) & (~is_coded | where.isin(coded))
    is_used = is_here | counts & ((kind == ALL) | (kind == estimates["unit"].map(dict(rules.groups))))
    columns = ["question_id", "code_id", "option_id", "subset_kind", "subset_id", "unit", "n"]
    rows = estimates.loc[is_used, columns].astype(dict.fromkeys(columns[:-1], object)).assign(
        status=decided["status"].astype(object), rule=decided["rule"].astype(object),
        least=decided["low"], most=decided["high"],
        at=np.flatnonzero(is_used))
    networks = network_membership(organisations, pd.Index(incidence.organisations))
    open_ = {key: _releasable_options(table, incidence, networks, countries, rules.count)
             for key, table in rows.groupby(["question_id", "code_id"])}
    if not all(open_[key] for key in open_ if key[1]):
        open_ = {key: options for key, options in open_.items() if not key[1]}
    _follow_skip_logic(open_, facts)
    shown = rows[is_here[is_used]]
    return pd.Series([option in open_.get((question, code), ()) for question, code, option in zip(
        shown["question_id"], shown["code_id"], shown["option_id"], strict=True)], shown.index, dtype=bool)


def _follow_skip_logic(open_: dict[Key, set[str]], facts: pd.DataFrame) -> None:
    """Removes questions whose base would disclose an answer that is not releasable.

    Who was asked a question shows how they answered the question before it.
    """
    asked = facts.loc[facts["asked_if"] != "", ["question_id", "asked_if"]].drop_duplicates()
    known, before = set(facts["question_id"]), None
    while before != (before := {key for key, options in open_.items() if options}):
        for question, condition in asked.itertuples(index=False):
            if not all(set(one.values) <= open_.get((one.name, ""), set())
                       for one in comparisons(parse(condition)) if one.name in known):
                open_.pop((question, ""), None)


def _releasable_options(table: pd.DataFrame, incidence: Incidence, networks: csr_array,
                        countries: Mapping[str, str], least: int) -> set[str]:
    """The options of a question (or the single one of a code) that may be shown by country. A small count of
    the whole says that fewer than ``least`` independent organisations gave the answer, or did not."""
    kind, where, unit = (table[c].to_numpy() for c in ("subset_kind", "subset_id", "unit"))
    is_whole, is_here = kind == ALL, kind == "country"
    options = [*table["option_id"].to_numpy()[is_whole]]
    if not options:
        return set()
    is_group = ~is_whole & ~is_here
    on_all_country_pages = is_here & (unit == "organisation")  # it counts in every group in which it works
    group_of = np.array([countries.get(place) if here else None
                         for place, here in zip(where, is_here, strict=True)], dtype=object)
    figures = _Figures(table, options, incidence)
    columns = []
    for group in sorted({*where[is_group & (table["status"].to_numpy() != "suppressed")]}):
        on_country_pages = is_here & (group_of == group) | on_all_country_pages
        columns.append(_Column.of(figures, is_group & (where == group), on_country_pages))
    last = _Column.of(figures, is_whole, is_here)
    columns = [*columns, *([last.rest(columns)] if columns else []), last]
    left = np.array([column.remaining.sum() for column in columns])
    known = np.array([np.sort(column.remaining @ networks)[-KNOWN:].sum() for column in columns])
    is_partition = len(options) > 1 and all(column.adds_up() for column in columns)
    low, high = (np.column_stack([getattr(column, end) - column.page_counted.sum(axis=1)
                                  for column in columns]) for end in ("low", "high"))
    low, high = tighten_bounds(np.clip(low, 0, left), np.clip(high, 0, left), left, is_partition=is_partition)
    fine = (is_protected(low, high, left, known) | (low == 0) & (high == left)).all(axis=1)
    # Of these so few, country pages may show so many that for a reader and an ally one more is left.
    is_small = table["rule"].isin(SMALL).to_numpy()[is_whole][:, None]
    is_low = (last.high < last.base.sum())[:, None]
    on_pages = is_small * np.where(is_low, last.page_counted, last.page_base - last.page_counted)
    if is_partition:  # that others cover the small ones says that these together are so few
        on_pages = np.broadcast_to(on_pages.sum(axis=0), on_pages.shape)
    fine &= (((on_pages @ networks) > 0).sum(axis=1) < least - 1 - KNOWN) | (left[-1] == 0)
    if fine.all() or is_partition or not fine.any():
        return set(options) if fine.all() else set()
    is_hidden = all(column.hides(fine, k) for column, k in zip(columns, known, strict=True))
    return set(np.array(options)[fine]) if is_hidden else set()


class _Figures:
    """The figures of one question or code: the option, the numbers and the records of each."""

    def __init__(self, table: pd.DataFrame, options: list[str], incidence: Incidence) -> None:
        self.option = pd.Index(options).get_indexer(table["option_id"])
        self.least, self.most = (table[side].to_numpy(int) for side in ("least", "most"))
        at = table["at"].to_numpy()
        self.counted, self.base = incidence.counted[at], incidence.base[at]
        self.size = len(options)

    def of_options(self, records: csr_array, is_meant: np.ndarray) -> np.ndarray:
        """The records of the selected figures, added up by option: options x organisations."""
        at = np.flatnonzero(is_meant & (self.option >= 0))
        by_option = csr_array((np.ones(len(at), dtype=np.int64), (self.option[at], at)),
                              shape=(self.size, records.shape[0]))
        return (by_option @ records).toarray()


@dataclass(frozen=True)
class _Column:
    """The figures of a question for one group or the whole: options x organisations.

    ``counted`` and ``base`` are the records in them; ``page_counted`` and ``page_base`` those among them that
    country pages show, ``remaining`` the base without these. A reader knows that n lies between low and high.
    """

    counted: np.ndarray
    base: np.ndarray
    page_counted: np.ndarray
    page_base: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, figures: _Figures, is_own: np.ndarray, on_country_pages: np.ndarray) -> _Column:
        """The column of the figures ``is_own``; ``on_country_pages`` are those that country pages show."""
        counted, base = (figures.of_options(one, is_own) for one in (figures.counted, figures.base))
        page_counted = np.minimum(figures.of_options(figures.counted, on_country_pages), counted)
        page_base = np.minimum(figures.of_options(figures.base, on_country_pages), base)
        at = np.flatnonzero(is_own & (figures.option >= 0))
        at = at[np.argsort(figures.option[at], kind="stable")]
        return cls(counted, base[0], page_counted, page_base[0], figures.least[at], figures.most[at])

    @property
    def remaining(self) -> np.ndarray:
        return self.base - self.page_base

    def rest(self, groups: list[_Column]) -> _Column:
        """The part of the whole outside the groups that are shown: a reader knows nothing about it."""
        counted, base, page_counted, page_base = (
            getattr(self, name) - sum(getattr(group, name) for group in groups)
            for name in ("counted", "base", "page_counted", "page_base"))
        return _Column(counted, base, page_counted, page_base, np.zeros_like(self.low),
                       np.full_like(self.high, base.sum()))

    def adds_up(self) -> bool:
        """Whether the options add up to the base, both on country pages and in total."""
        return all((part.sum(axis=0) == base).all() for part, base in (
            (self.counted, self.base), (self.page_counted, self.page_base)))

    def hides(self, is_released: np.ndarray, known: float) -> bool:
        """Whether the hidden options cannot be worked out from those that country pages show.

        An organisation that ticked none of the shown options ticked a hidden one; one that ticked an option
        which nobody ticks together with others ticked no hidden one.
        """
        released, hidden = self.page_counted[is_released], ~is_released
        with_others = self.counted.sum(axis=0) > self.base
        is_alone = ~((self.counted > 0) & with_others).any(axis=1)[is_released]
        low, high, left = self.low[hidden], self.high[hidden], self.remaining.sum()
        least = (self.page_base - released.max(axis=0)).clip(0).sum() - (high.sum() - high)
        most = self.page_base.sum() - released[is_alone].sum()
        low, high = (low - most).clip(0), (high - least.clip(0)).clip(None, left)
        return bool((is_protected(low, high, left, known) | (low == 0) & (high == left)).all())
