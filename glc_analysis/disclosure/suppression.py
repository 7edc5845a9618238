"""Which figures each audience may see: exactly, as a band in words, or not at all.

:func:`decide` takes all figures of a study and the organisations that contributed to them, and gives for
every figure a status and the rule that asked for it. It decides all of them together, because what is safe in
one table depends on the others. Country pages and public records are part of what a reader knows, so they are
decided at the same time. :func:`release` looks the decisions up; every table and plot takes its figures from
it. The rules and their names are in :mod:`glc_analysis.disclosure.rules`; ``MODEL.md`` in this folder says
whom they protect, and against what.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import product
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from glc_analysis.cleaning.skip_logic import comparisons, parse
from glc_analysis.disclosure.bounds import ContributorCounts, is_protected, tighten_bounds
from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.countries import is_hidden_option
from glc_analysis.disclosure.country_answers import releasable_country_answers
from glc_analysis.disclosure.public_records import PLACES, contradiction_is_protected
from glc_analysis.disclosure.rules import Rules, rule_by_kind
from glc_analysis.errors import UsageError, nearest
from glc_analysis.evidence.contributors import Incidence
from glc_analysis.evidence.estimates import ALL
from glc_analysis.evidence.quality import MEASURE as DISCORDANCE
from glc_analysis.schema import AUDIENCES

NO_BASE = ("base_too_small", "withheld_contributors", "skip_logic")
SHOWN, BANDED, SUPPRESSED = "shown", "banded", "suppressed"
COLUMNS = ["estimate_id", "status", "rule", "shown_n", "shown_base_n", "shown_value", "band"]


def release(estimates: pd.DataFrame, *, audience: str, decisions: pd.DataFrame | None = None) -> pd.DataFrame:
    """The figures of ``estimates`` that an audience may see, with the numbers it may see.

    The team sees every figure. For other audiences ``decisions`` (of :func:`decide`) apply: a figure that is
    suppressed, or not decided, is left out; a banded one has its base but no other number, and the words of
    the band in column ``band``, which is blank elsewhere. Raises UsageError for an unknown audience, and
    where there are no decisions.
    """
    if audience not in AUDIENCES:
        raise UsageError(f"There is no audience {audience!r}; {nearest(audience, AUDIENCES)}.")
    if audience == "team":
        return estimates.copy()
    if decisions is None:
        raise UsageError(f"No figure is released to {audience!r}: what it may see is not decided. "
                         "To fix: run `glc build`, or use the audience 'team'.")
    seen = estimates.merge(decisions[decisions["status"] != SUPPRESSED], on="estimate_id")
    is_same = seen["n"].eq(seen["shown_n"]).eq(True) & seen["base_n"].eq(seen["shown_base_n"]).eq(True)
    n, base = seen["shown_n"].astype("Int64"), seen["shown_base_n"].astype("Int64")
    numbers = n.astype("Float64") / base.astype("Float64").where(base > 0)
    seen = seen.assign(n=n, base_n=base, value=seen["shown_value"], share=numbers.astype(float),
                       low=seen["low"].where(is_same), high=seen["high"].where(is_same))
    return seen[[*estimates.columns, "band"]]


def decide(estimates: pd.DataFrame, incidence: Incidence, organisations: pd.DataFrame, consent: Consent,
           settings: Mapping[str, Any], *, audience: str, never: Collection[str] = (),
           countries: Mapping[str, str] | None = None, coded: Collection[str] = (),
           printable: Mapping[str, Collection[str]] = MappingProxyType({})) -> pd.DataFrame:
    """What an audience may see of every figure: one row a figure, columns :data:`COLUMNS`.

    ``never`` are the codes that do not leave the team; ``countries`` (id -> region) those of which the
    convening has a page, ``coded`` those of them whose organisations' codes it may read; ``printable`` are,
    by question whose options are countries, those that may be printed (:mod:`.countries`). A figure is shown,
    shown as a band, or suppressed, with the first rule that asks for it.
    """
    figures, facts = estimates.reset_index(drop=True), incidence.facts.reset_index(drop=True)
    if audience == "team":
        decisions = _Decisions(figures, audience, np.full(len(figures), "", dtype=object))
        return _table(figures, decisions).set_axis(estimates.index)
    rules = Rules.of(settings, audience)
    decisions = _Decisions(figures, audience, rule_by_kind(figures, facts, rules, never).to_numpy(object))
    counts = ContributorCounts.of(incidence, organisations, consent, audience)
    is_group = (figures["subset_kind"] != ALL).to_numpy()
    is_place = facts["is_place"].to_numpy(bool)
    is_secret = is_hidden_option(figures, facts["question_id"], printable)
    seen = np.flatnonzero(decisions.visible())
    small = counts.rule_for_base(seen, rules)
    decisions.hide(seen[small != ""], small[small != ""])
    for at in decisions.by_question(decisions.visible() & ~is_group).values():
        _decide_whole(at, bool(is_place[at[0]]), is_secret[at], counts, rules, decisions)
    _hide_by_skip_logic(facts, is_group, decisions)
    wholes = decisions.by_question(~is_group)
    kinds = figures["subset_kind"].to_numpy(object)
    for kind in sorted({*kinds[decisions.visible() & is_group]}):
        for key, at in decisions.by_question(decisions.visible() & (kinds == kind)).items():
            _decide_groups(wholes[key], at, counts, rules, decisions)
    if countries:
        decided = pd.DataFrame({"status": decisions.status, "band": decisions.band},
                               index=estimates.index, dtype="str")
        is_told = releasable_country_answers(estimates, incidence, organisations, decided, rules,
                                             countries=countries, coded=coded, never=never)
        decisions.release_countries(estimates.index.get_indexer(is_told.index), is_told.to_numpy())
    _decide_public_records(incidence, facts["question_id"], counts, rules, decisions)
    return _table(figures, decisions).set_axis(estimates.index)


def hide_countries(decisions: pd.DataFrame, is_hidden: np.ndarray) -> pd.DataFrame:
    """The decisions without the counts of countries that may not be named, whatever was published before.

    >>> shown = pd.DataFrame([["Q1/KHM", "shown", "", 12, 30, 12.0, ""]], columns=COLUMNS)
    >>> hide_countries(shown, np.array([True]))[["status", "rule"]].values.tolist()
    [['suppressed', 'country']]
    """
    is_hidden = is_hidden & (decisions["status"] != SUPPRESSED).to_numpy()
    numbers = {column: decisions[column].mask(is_hidden) for column in (
        "shown_n", "shown_base_n", "shown_value")}
    return decisions.assign(**numbers, status=decisions["status"].mask(is_hidden, SUPPRESSED),
                            rule=decisions["rule"].mask(is_hidden, "country"),
                            band=decisions["band"].mask(is_hidden, ""))


def _table(figures: pd.DataFrame, decisions: _Decisions) -> pd.DataFrame:
    """The decisions as a table, with the numbers that the audience may see."""
    is_shown, is_seen = decisions.status == SHOWN, decisions.visible()
    value = figures["value"]
    if decisions.audience != "team":
        is_median = figures["statistic"] == "median"
        value = value.mask(is_median, value[is_median].map(two_digits))
    status, rule, band = (pd.Series(part, dtype="str")
                          for part in (decisions.status, decisions.rule, decisions.band))
    return pd.DataFrame({
        "estimate_id": figures["estimate_id"], "status": status, "rule": rule,
        "shown_n": figures["n"].where(is_shown), "shown_base_n": figures["base_n"].where(is_seen),
        "shown_value": value.where(is_shown), "band": band})[COLUMNS]


def two_digits(value: float) -> float:
    """A number rounded to two significant digits.

    >>> two_digits(1234.5), two_digits(0.0678), two_digits(12)
    (1200.0, 0.068, 12.0)
    """
    return float(f"{value:.1e}")


class _Decisions:
    """The decisions so far, by the place of each figure. The first rule that hides a figure is kept."""

    def __init__(self, figures: pd.DataFrame, audience: str, rule: np.ndarray) -> None:
        self.figures, self.audience, self.rule = figures, audience, rule
        self.status = np.where(rule == "", SHOWN, SUPPRESSED).astype(object)
        self.band = np.full(len(figures), "", dtype=object)
        self.numbers = np.array([figures[c].to_numpy(float, na_value=np.nan) for c in ("n", "base_n")])
        self.n, self.base_n = self.numbers
        self.option, self.subset = (figures[c].to_numpy(object) for c in ("option_id", "subset_id"))
        is_counted = figures["measure"].isin(["response", "coded", DISCORDANCE]) & figures["n"].notna()
        keys = figures.groupby(["question_id", "code_id"], observed=True).ngroup()
        self.key = keys.where(is_counted, -1).to_numpy()

    def by_question(self, are_meant: np.ndarray) -> dict[int, np.ndarray]:
        """The places of the selected counts, grouped by question or code."""
        at = np.flatnonzero(are_meant & (self.key >= 0))
        at = at[np.argsort(self.key[at], kind="stable")]
        if not len(at):
            return {}
        keys, starts = np.unique(self.key[at], return_index=True)
        return dict(zip(keys.tolist(), np.split(at, starts[1:]), strict=True))

    def visible(self) -> np.ndarray:
        return self.status != SUPPRESSED

    def all_exact(self, at: np.ndarray) -> bool:
        return bool((self.status[at] == SHOWN).all())

    def known_range(self, at: int, rules: Rules) -> tuple[int, int]:
        """What a reader knows of a visible count: the number itself, or the edges of its band."""
        return rules.known_range(self.status[at], self.n[at], self.base_n[at])

    def hide(self, at: np.ndarray, rule: str | np.ndarray) -> None:
        self.rule[at] = np.where(self.rule[at] != "", self.rule[at], rule)
        self.status[at], self.band[at] = SUPPRESSED, ""

    def release_countries(self, at: np.ndarray, is_told: np.ndarray) -> None:
        """Shows the figures that country pages may show, and hides their others (rule ``difference``)."""
        self.status[at] = np.where(is_told, SHOWN, SUPPRESSED)
        self.rule[at] = np.where(is_told, "", "difference")

    def put_in_bands(self, at: np.ndarray, bands: list[str], rule: np.ndarray) -> None:
        self.status[at], self.band[at], self.rule[at] = BANDED, bands, rule


def _adds_up(numbers: np.ndarray) -> bool:
    """Whether the options of a question add up to its base, which a reader who knows the question knows.

    ``numbers`` has the counts of its figures in the first row and their bases in the second.
    """
    n, base = numbers
    return len(n) > 1 and np.nansum(n) == base[0]


def _reasons(n: np.ndarray, base: np.ndarray | int, is_small: np.ndarray) -> np.ndarray:
    return np.where((n == 0) | (n == base), "unanimous",
                    np.where(is_small, "count_too_small", "partition")).astype(object)


def _decide_whole(at: np.ndarray, is_place: bool, is_secret: np.ndarray, counts: ContributorCounts,
                  rules: Rules, decisions: _Decisions) -> None:
    """Decides the study-wide figures of one question or code: exact, in bands, or hidden.

    ``is_secret`` marks the countries that may not be named.
    Where the options add up to the base, the smallest other options are hidden too, until no answer follows.
    """
    n, (base,), counted = decisions.n[at].astype(int), counts.base_of(at[:1]), counts.counted_of(at)
    is_small = counts.is_small(base, counted, rules.base if is_place else rules.count) | is_secret
    if not is_small.any():
        return
    why = _reasons(n, decisions.base_n[at], is_small)
    why = np.where(why == "partition", why, "country") if is_place else why
    order = np.lexsort((decisions.option[at], n, ~is_small))
    size = int(base.sum())
    for part in [order] if _adds_up(decisions.numbers[:, at]) else order[:, None]:
        least = int(is_small[part].sum())
        if not least:
            continue  # nothing is hidden
        for status, k in product([SUPPRESSED] if is_place else [BANDED, SUPPRESSED],
                                 range(least, len(part) + 1)):
            hidden = part[:k]
            too_few = is_place and 0 < counts.n_independent(counted[hidden].sum(axis=0)) < rules.base
            if not too_few and _answers_are_protected(n[part], np.arange(len(part)) < k, status, base, counts,
                                                      rules):
                break
        if status == BANDED:
            bands = [rules.band(int(one), size)[0] for one in n[hidden]]
            decisions.put_in_bands(at[hidden], bands, why[hidden])
        else:
            decisions.hide(at[hidden], why[hidden])


def _answers_are_protected(n: np.ndarray, hidden: np.ndarray, way: str, base: np.ndarray,
                           counts: ContributorCounts, rules: Rules) -> bool:
    """Whether nobody's answer follows where some figures of a question are bands, or missing."""
    size, known = int(base.sum()), counts.known_records(base)
    bands = [rules.band(int(one), size) if way == BANDED else ("", 0, size) for one in n]
    low, high = (np.where(hidden, [band[i] for band in bands], n)[:, None] for i in (1, 2))
    low, high = tighten_bounds(low, high, np.array([size]), is_partition=len(n) > 1)
    return bool((is_protected(low, high, size, known).ravel() | ~hidden).all())


def _hide_by_skip_logic(facts: pd.DataFrame, is_group: np.ndarray, decisions: _Decisions) -> None:
    """Hides questions whose base would disclose an earlier answer that is not shown exactly.

    How many were asked a question shows how many gave the answer on which it depends.
    """
    is_conditional = (facts["asked_if"] != "").to_numpy()
    decisions.hide(np.flatnonzero(is_group & is_conditional & decisions.visible()), "skip_logic")
    asked = facts.loc[is_conditional, ["question_id", "asked_if"]].drop_duplicates()
    conditions = [(question, [*comparisons(parse(condition))])
                  for question, condition in asked.itertuples(index=False)]
    is_response = (decisions.figures["measure"] == "response").to_numpy()
    whole_at = np.flatnonzero(~is_group & is_response)
    by_question = decisions.figures["question_id"].iloc[whole_at].groupby(
        decisions.figures["question_id"].iloc[whole_at], observed=True).indices
    wholes = {question: whole_at[places] for question, places in by_question.items()}
    about = facts.groupby("question_id", observed=True).indices
    is_new = True
    while is_new:
        is_new = False
        for question, before in conditions:
            at = about[question]
            at = at[decisions.status[at] != SUPPRESSED]
            if len(at) and not all(
                    decisions.all_exact(_figures_of_condition(wholes[one.name], facts, one.values, decisions))
                    for one in before if one.name in wholes):
                decisions.hide(at, "skip_logic")
                is_new = True


def _decide_public_records(incidence: Incidence, asked: pd.Series, counts: ContributorCounts, rules: Rules,
                           decisions: _Decisions) -> None:
    """Hides how many contradict a public record where an answer would follow from it and that record."""
    figures = decisions.figures
    is_record = figures["measure"] == DISCORDANCE
    is_place = figures["subset_kind"].isin([ALL, *PLACES])
    cluster = dict(zip(incidence.organisations, counts.clusters.indices, strict=True))
    for k in np.flatnonzero(is_record & decisions.visible()):
        rows = incidence.stated[(incidence.stated["question_id"] == asked[k])
                             & (incidence.stated["indicator"] == figures.at[k, "option_id"])]
        rows = rows.assign(cluster=rows["organisation_id"].astype("str").map(cluster))
        given = figures[(asked == asked[k]) & ~is_record & is_place & decisions.visible()]
        ranges = {(one.option_id, one.subset_kind, one.subset_id): decisions.known_range(one.Index, rules)
                  for one in given.itertuples()}
        if not contradiction_is_protected(rows, ranges, decisions.known_range(k, rules)):
            decisions.hide(np.array([k]), "record")


def _figures_of_condition(at: np.ndarray, facts: pd.DataFrame, values: Collection[str],
                          decisions: _Decisions) -> np.ndarray:
    """The figures of a question that a condition discloses: all of them where its options add up."""
    if _adds_up(decisions.numbers[:, at]) and not facts["is_place"].iloc[at[0]]:
        return at
    return at[pd.Series(decisions.option[at]).isin(values).to_numpy()]


def _decide_groups(whole: np.ndarray, at: np.ndarray, counts: ContributorCounts, rules: Rules,
                   decisions: _Decisions) -> None:
    """Decides the figures of one question or code by the groups of one kind: exact, in bands, or hidden.

    The groups that are not shown are treated as one group, the rest: a reader can work out its figures from
    the others, so they must be safe too.
    """
    if decisions.rule[whole[0]] in NO_BASE:
        return decisions.hide(at, decisions.rule[whole[0]])
    subset = decisions.subset[at]
    by_group = {name: at[subset == name] for name in sorted({*subset})}
    everyone, *bases = counts.base_of(np.array([whole[0], *(own[0] for own in by_group.values())]))
    groups = dict(zip(by_group, bases, strict=True))
    is_coded = bool(decisions.figures["code_id"].iat[whole[0]])
    names = _groups_to_show(groups, everyone, is_coded, counts, rules)
    decisions.hide(at[~np.isin(subset, names)] if names else at, "complement_too_small")
    if not names:
        return None
    own = np.concatenate([by_group[name] for name in names])
    base = [groups[name] for name in names]
    counted = np.split(counts.counted_of(own), np.cumsum([len(by_group[name]) for name in names])[:-1])
    if (rest := everyone - sum(base)).any():
        base, counted = [*base, rest], [*counted, counts.counted_of(whole) - sum(counted)]
    base.append(everyone)
    known = np.array([counts.known_records(one) for one in base])
    each = [slice(k, k + 1) for k in range(len(whole))]
    for part in [slice(None)] if _adds_up(decisions.numbers[:, whole]) else each:
        _decide_cells(whole[part], [by_group[name][part] for name in names], base, known,
               [one[part] for one in counted], counts, rules, decisions)
    return None


def _groups_to_show(groups: dict[str, np.ndarray], everyone: np.ndarray, is_coded: bool,
                    counts: ContributorCounts, rules: Rules) -> list[str]:
    """The groups that may be shown: enough organisations are outside each, and outside all of them."""
    def leaves_enough(rests: np.ndarray) -> np.ndarray:
        return ~rests.any(axis=-1) | (counts.n_independent(rests) >= rules.base) & ~counts.has_few_withheld(
            rests, is_coded, rules)

    bases = np.array([*groups.values()])
    sizes = dict(zip(groups, counts.n_independent(bases).tolist(), strict=True))
    enough = dict(zip(groups, leaves_enough(everyone - bases).tolist(), strict=True))
    names = [name for name in sorted(groups, key=lambda name: (-sizes[name], name)) if enough[name]]
    while names and not leaves_enough(everyone - sum(groups[name] for name in names)):
        names.pop()
    return names


def _decide_cells(whole: np.ndarray, rows: list[np.ndarray], bases: list[np.ndarray], known: np.ndarray,
           counted: list[np.ndarray], counts: ContributorCounts, rules: Rules, decisions: _Decisions) -> None:
    """Decides options that add up, or a single option, by group: all exact where all may be; else all in
    bands where no answer follows; else hidden.

    ``known`` are the records of each base that a reader may know.
    """
    is_small = np.column_stack([counts.is_small(base, one, rules.count)
                                for base, one in zip(bases[:-1], counted, strict=True)])
    if not is_small.any() and decisions.all_exact(whole):
        return
    n = np.column_stack([*(one.sum(axis=1) for one in counted), decisions.n[whole]]).astype(int)
    size = np.array([base.sum() for base in bases])
    bands = [[rules.band(one, of) for one, of in zip(line, size.tolist(), strict=True)]
             for line in n.tolist()]
    low, high = (np.array([[band[i] for band in line] for line in bands]) for i in (1, 2))
    # Nothing is known of the rest, and of the whole only what is visible.
    low[:, len(rows):], high[:, len(rows):] = 0, size[len(rows):]
    status = decisions.status[whole]
    for k in np.flatnonzero(status != SUPPRESSED):
        low[k, -1], high[k, -1] = bands[k][-1][1:] if status[k] == BANDED else (n[k, -1], n[k, -1])
    is_safe = is_protected(*tighten_bounds(low, high, size, is_partition=len(whole) > 1), size, known)
    is_safe[:, -1] |= status == SHOWN
    for k, row in enumerate(rows):
        why = _reasons(n[:, k], size[k], is_small[:, k])
        if is_safe.all():
            decisions.put_in_bands(row, [line[k][0] for line in bands], why)
        else:
            decisions.hide(row, why)
