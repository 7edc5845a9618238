"""Which figures each audience may see: exactly, as a band in words, or not at all.

:func:`decide` takes all figures of a study and the organisations that contributed to them, and gives for
every figure a status and the rule that asked for it. It decides all of them together, because what is safe in
one table depends on the others. Country pages and public records are part of what a reader knows, so they are
decided at the same time. :func:`release` looks the decisions up; every table and plot takes its figures from
it. ``MODEL.md`` in this folder says whom the rules protect, and against what.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from glc_analysis.cleaning.skip_logic import comparisons, parse
from glc_analysis.disclosure.bounds import ContributorCounts, is_protected, network_membership, tighten_bounds
from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.rules import KNOWN, Rules, rule_by_kind
from glc_analysis.errors import UsageError, nearest
from glc_analysis.evidence.contributors import Incidence
from glc_analysis.evidence.estimates import ALL
from glc_analysis.evidence.quality import MEASURE as DISCORDANCE
from glc_analysis.schema import AUDIENCES

if TYPE_CHECKING:
    from scipy.optimize import LinearConstraint


# ------------------------------
# Public records: a reader who looks one up must not learn who contradicts it.
#
# The countries and the record are known, and how many state each value is a released figure. How many
# contradict the record is one more sum over the same unknowns: answers by country group, recorded value and
# stated value.


Range = tuple[int, int]
PLACES = {"country": "country_id", "region": "region_id"}


def contradiction_is_protected(stated: pd.DataFrame, counts: Mapping[tuple[str, str, str], Range],
                               discordant: Range) -> bool:
    """Whether the number that contradicts a public record discloses nobody's answer.

    It does not where for each value it remains possible that none, and that all, of the organisations that
    the reader does not know stated it. ``stated`` are the rows of table ``stated`` about one record, with the
    number of the independent organisation in ``cluster``. ``counts`` has, by option, kind of place and place,
    the range of each released count of the question; ``discordant`` is the range of the number that
    contradicts the record. A country with counts of its own shows its answers by consent, and is not
    protected here.

    >>> rows = pd.DataFrame({"country_id": "", "region_id": "", "recorded": ["a"] * 20 + ["b"] * 20,
    ...                      "stated": ["a"] * 12 + ["b"] * 16 + ["a"] * 12, "cluster": range(40)})
    >>> contradiction_is_protected(rows, {}, (20, 20))
    True
    >>> contradiction_is_protected(rows, {("a", "all", ""): (24, 24), ("b", "all", ""): (16, 16)}, (20, 20))
    True
    >>> contradiction_is_protected(rows.assign(stated=["a"] * 20 + ["b"] * 20), {}, (0, 9))
    True
    >>> contradiction_is_protected(rows, {}, (0, 1))
    False
    """
    from scipy.optimize import LinearConstraint

    options = sorted({*stated["stated"], *stated["recorded"]} - {""})
    cells = list(stated.assign(group=_record_groups(stated, counts)).groupby(["group", "recorded"]))
    at = np.arange(len(cells) * len(options)).reshape(len(cells), len(options))
    sums = [(at[k], len(part), len(part)) for k, (_, part) in enumerate(cells)]
    for (option, kind, place), between in counts.items():
        own = [k for k, (_, part) in enumerate(cells) if kind == "all" or (part[PLACES[kind]] == place).all()]
        sums += [(at[own, options.index(option)], *between)] if option in options else []
    sums.append((np.concatenate([at[k][[option != recorded for option in options]]
                                 for k, ((_, recorded), _) in enumerate(cells) if recorded]), *discordant))
    matrix = np.zeros((len(sums), at.size))
    for line, (numbers, _, _) in enumerate(sums):
        matrix[line, numbers] = 1
    tied = LinearConstraint(matrix, [low for _, low, _ in sums], [high for _, _, high in sums])
    return all(_value_is_protected(at[k, j], part, tied) for k, ((group, _), part) in enumerate(cells)
               if not group.startswith("told ") for j in range(len(options)))


def _record_groups(stated: pd.DataFrame, counts: Mapping[tuple[str, str, str], Range]) -> pd.Series:
    """Each row's group: its country or region where counts are released for it, else none."""
    told, by_region = ({place for _, kind, place in counts if kind == one} for one in PLACES)
    group = stated["region_id"].where(stated["region_id"].isin(by_region), "")
    return group.mask(stated["country_id"].isin(told), "told " + stated["country_id"])


def _value_is_protected(number: int, rows: pd.DataFrame, tied: LinearConstraint) -> bool:
    """Whether one unknown can still be none and all of the organisations that a reader does not know."""
    from scipy.optimize import milp

    known = min(rows["cluster"].value_counts().head(KNOWN).sum(), len(rows) - 1)
    for sign, reach in ((-1, known + 1), (1, len(rows) - known - 1)):
        aim = np.zeros(tied.A.shape[1])
        aim[number] = sign
        found = milp(aim, constraints=tied, integrality=np.ones(len(aim)))
        if found.x is None or sign * round(found.x[number]) > sign * reach:
            return False
    return True


# ------------------------------
# Which answers a country page may show in addition to the figures of the study.
#
# The organisations on the page agreed. But a reader who subtracts their answers from a study-wide figure is
# left with a figure of all the others, who did not agree. An answer is shown only where that figure discloses
# nobody's answer, even to a reader who knows two of the others from the inside.


Key = tuple[str, str]


def releasable_country_answers(estimates: pd.DataFrame, incidence: Incidence, organisations: pd.DataFrame,
                               decided: pd.DataFrame, rules: Rules, *, countries: Mapping[str, str],
                               coded: Collection[str], never: Collection[str]) -> pd.Series:
    """For every figure that a page of these ``countries`` (id -> region) might show: whether it may.

    ``decided`` has the status and band of all figures; ``coded`` are the countries whose codes may be shown,
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
        status=decided["status"].astype(object), at=np.flatnonzero(is_used))
    networks = network_membership(organisations, pd.Index(incidence.organisations))
    open_ = {key: _releasable_options(table, incidence, networks, rules, countries)
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


def _releasable_options(table: pd.DataFrame, incidence: Incidence, networks: csr_array, rules: Rules,
          countries: Mapping[str, str]) -> set[str]:
    """The options of a question (or the single one of a code) that may be shown by country."""
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
        columns.append(_Column.of(figures, is_group & (where == group), on_country_pages, rules))
    last = _Column.of(figures, is_whole, is_here, rules)
    columns = [*columns, *([last.rest(columns)] if columns else []), last]
    left = np.array([column.remaining.sum() for column in columns])
    known = np.array([np.sort(column.remaining @ networks)[-KNOWN:].sum() for column in columns])
    is_partition = len(options) > 1 and all(column.adds_up() for column in columns)
    low, high = (np.column_stack([getattr(column, end) - column.page_counted.sum(axis=1)
                                  for column in columns]) for end in ("low", "high"))
    low, high = tighten_bounds(np.clip(low, 0, left), np.clip(high, 0, left), left, is_partition=is_partition)
    fine = (is_protected(low, high, left, known) | (low == 0) & (high == left)).all(axis=1)
    if fine.all() or is_partition or not fine.any():
        return set(options) if fine.all() else set()
    is_hidden = all(column.hides(fine, k) for column, k in zip(columns, known, strict=True))
    return set(np.array(options)[fine]) if is_hidden else set()


class _Figures:
    """The figures of one question or code: the option, the numbers and the records of each."""

    def __init__(self, table: pd.DataFrame, options: list[str], incidence: Incidence) -> None:
        self.option = pd.Index(options).get_indexer(table["option_id"])
        self.n, self.status = table["n"].to_numpy(object), table["status"].to_numpy()
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
    def of(cls, figures: _Figures, is_own: np.ndarray, on_country_pages: np.ndarray, rules: Rules) -> _Column:
        """The column of the figures ``is_own``; ``on_country_pages`` are those that country pages show."""
        counted, base = (figures.of_options(one, is_own) for one in (figures.counted, figures.base))
        page_counted = np.minimum(figures.of_options(figures.counted, on_country_pages), counted)
        page_base = np.minimum(figures.of_options(figures.base, on_country_pages), base)
        size, at = int(base[0].sum()), np.flatnonzero(is_own & (figures.option >= 0))
        at = at[np.argsort(figures.option[at], kind="stable")]
        low, high = np.array([_known_range(figures.status[k], figures.n[k], size, rules) for k in at]).T
        return cls(counted, base[0], page_counted, page_base[0], low, high)

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


def _known_range(status: str, n: int, size: int, rules: Rules) -> tuple[int, int]:
    """The least and the most that a figure can be for a reader."""
    if status == "suppressed":
        return 0, size
    return rules.band(int(n), size)[1:] if status == "banded" else (int(n), int(n))


# ------------------------------
# The decision for every figure. The rules and their names are in :mod:`glc_analysis.disclosure.rules`.


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
           countries: Mapping[str, str] | None = None, coded: Collection[str] = ()) -> pd.DataFrame:
    """What an audience may see of every figure: one row a figure, columns :data:`COLUMNS`.

    ``never`` are the codes that do not leave the team; ``countries`` (id -> region) those of which the
    convening has a page, ``coded`` those of them whose organisations' codes it may read. A figure is
    shown, shown as a band, or suppressed, with the first rule that asks for it.
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
    seen = np.flatnonzero(decisions.visible())
    small = counts.rule_for_base(seen, rules)
    decisions.hide(seen[small != ""], small[small != ""])
    for at in decisions.by_question(decisions.visible() & ~is_group).values():
        _decide_whole(at, bool(is_place[at[0]]), counts, rules, decisions)
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
        n, base = int(self.n[at]), int(self.base_n[at])
        return (n, n) if self.status[at] == SHOWN else rules.band(n, base)[1:]

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


def _decide_whole(at: np.ndarray, is_place: bool, counts: ContributorCounts, rules: Rules,
                  decisions: _Decisions) -> None:
    """Decides the study-wide figures of one question or code: exact, in bands, or hidden.

    Where the options add up to the base, the smallest other options are hidden too, until no answer follows.
    """
    n, (base,), counted = decisions.n[at].astype(int), counts.base_of(at[:1]), counts.counted_of(at)
    is_small = counts.is_small(base, counted, rules.base if is_place else rules.count)
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
