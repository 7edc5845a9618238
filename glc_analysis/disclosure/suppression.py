"""What each audience may see of the figures: every table and plot asks here first.

`decide` goes once over all figures together, since one table cannot know what the others tell. `release`
looks its decisions up. Country pages and public records are part of what a reader knows, and are decided
with them.
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
from glc_analysis.disclosure.bounds import Crowd, clusters_of, is_open, squeeze
from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.rules import KNOWN, Rules, by_kind
from glc_analysis.errors import UsageError, nearest
from glc_analysis.evidence.contributors import Incidence
from glc_analysis.evidence.estimates import ALL
from glc_analysis.evidence.quality import MEASURE as DISCORDANCE
from glc_analysis.schema import AUDIENCES

if TYPE_CHECKING:
    from scipy.optimize import LinearConstraint


# ------------------------------
# What a reader works out who looks a public record up: who contradicts it must not follow.
#
# Countries and the record are known, and how many state each value is a released figure. How many contradict
# the record is one more sum over the same unknowns, answers by country's group, recorded and stated value.


Range = tuple[int, int]
PLACES = {"country": "country_id", "region": "region_id"}


def is_covered(stated: pd.DataFrame, counts: Mapping[tuple[str, str, str], Range], discordant: Range) -> bool:
    """Whether it stays open of each value whether any, or all, of those the reader does not know stated it.

    ``stated`` are the rows of table ``stated`` about one record, with the number of the independent
    organisation in ``cluster``; ``counts`` has by option, kind of place and place between what the released
    counts of the question lie, ``discordant`` the same of those who contradict the record. A country that
    has counts of its own told its answers by consent.

    >>> rows = pd.DataFrame({"country_id": "", "region_id": "", "recorded": ["a"] * 20 + ["b"] * 20,
    ...                      "stated": ["a"] * 12 + ["b"] * 16 + ["a"] * 12, "cluster": range(40)})
    >>> is_covered(rows, {}, (20, 20))
    True
    >>> is_covered(rows, {("a", "all", ""): (24, 24), ("b", "all", ""): (16, 16)}, (20, 20))
    True
    >>> is_covered(rows.assign(stated=["a"] * 20 + ["b"] * 20), {}, (0, 9))
    True
    >>> is_covered(rows, {}, (0, 1))
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
    return all(_is_open(at[k, j], part, tied) for k, ((group, _), part) in enumerate(cells)
               if not group.startswith("told ") for j in range(len(options)))


def _record_groups(stated: pd.DataFrame, counts: Mapping[tuple[str, str, str], Range]) -> pd.Series:
    """Countries that are told for themselves, and regions where counts tell regions apart."""
    told, by_region = ({place for _, kind, place in counts if kind == one} for one in PLACES)
    group = stated["region_id"].where(stated["region_id"].isin(by_region), "")
    return group.mask(stated["country_id"].isin(told), "told " + stated["country_id"])


def _is_open(number: int, rows: pd.DataFrame, tied: LinearConstraint) -> bool:
    """Whether one unknown may still be nobody and everybody, but for those whose answers a reader knows."""
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
# What pages of countries may tell of their organisations' answers, beside the figures of the study.
#
# These organisations agreed. But who takes their answers off a figure of the study is left with one of all
# the others, who did not agree or work where one did not: an answer is told only where nobody's follows
# from that, not even to those who know two of the others from within.


Key = tuple[str, str]


def releasable_country_answers(estimates: pd.DataFrame, behind: Incidence, organisations: pd.DataFrame,
                               decided: pd.DataFrame, rules: Rules, *, countries: Mapping[str, str],
                               coded: Collection[str], never: Collection[str]) -> pd.Series:
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
    is_used = is_here | counts & ((kind == ALL) | (kind == estimates["unit"].map(dict(rules.groups))))
    columns = ["question_id", "code_id", "option_id", "subset_kind", "subset_id", "unit", "n"]
    rows = estimates.loc[is_used, columns].astype(dict.fromkeys(columns[:-1], object)).assign(
        status=decided["status"].astype(object), at=np.flatnonzero(is_used))
    clusters = clusters_of(organisations, pd.Index(behind.organisations))
    open_ = {key: _open(table, behind, clusters, rules, countries)
             for key, table in rows.groupby(["question_id", "code_id"])}
    if not all(open_[key] for key in open_ if key[1]):
        open_ = {key: options for key, options in open_.items() if not key[1]}
    _follow_skip_logic(open_, facts)
    shown = rows[is_here[is_used]]
    return pd.Series([option in open_.get((question, code), ()) for question, code, option in zip(
        shown["question_id"], shown["code_id"], shown["option_id"], strict=True)], shown.index, dtype=bool)


def _follow_skip_logic(open_: dict[Key, set[str]], facts: pd.DataFrame) -> None:
    """Who was asked a question tells how they answered the one before it: both are told, or the first."""
    asked = facts.loc[facts["asked_if"] != "", ["question_id", "asked_if"]].drop_duplicates()
    known, before = set(facts["question_id"]), None
    while before != (before := {key for key, options in open_.items() if options}):
        for question, condition in asked.itertuples(index=False):
            if not all(set(one.values) <= open_.get((one.name, ""), set())
                       for one in comparisons(parse(condition)) if one.name in known):
                open_.pop((question, ""), None)


def _open(table: pd.DataFrame, behind: Incidence, clusters: csr_array, rules: Rules,
          countries: Mapping[str, str]) -> set[str]:
    """The options of a question (or the one of a code) whose answers may be told."""
    kind, where, unit = (table[c].to_numpy() for c in ("subset_kind", "subset_id", "unit"))
    is_whole, is_here = kind == ALL, kind == "country"
    options = [*table["option_id"].to_numpy()[is_whole]]
    if not options:
        return set()
    is_group = ~is_whole & ~is_here
    is_near_all = is_here & (unit == "organisation")  # it counts in every group that it works in
    group_of = np.array([countries.get(place) if here else None
                         for place, here in zip(where, is_here, strict=True)], dtype=object)
    figures = _Figures(table, options, behind)
    columns = []
    for group in sorted({*where[is_group & (table["status"].to_numpy() != "suppressed")]}):
        is_near = is_here & (group_of == group) | is_near_all
        columns.append(_Column.of(figures, is_group & (where == group), is_near, rules))
    last = _Column.of(figures, is_whole, is_here, rules)
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


class _Figures:
    """The figures of a question (or of a code): the option, the numbers and the records of each."""

    def __init__(self, table: pd.DataFrame, options: list[str], behind: Incidence) -> None:
        self.option = pd.Index(options).get_indexer(table["option_id"])
        self.n, self.status = table["n"].to_numpy(object), table["status"].to_numpy()
        self.counted, self.base = (part[table["at"].to_numpy()] for part in (behind.counted, behind.base))
        self.size = len(options)

    def of_options(self, records: csr_array, is_meant: np.ndarray) -> np.ndarray:
        """The records of the figures that are meant, added up by option: options x organisations."""
        at = np.flatnonzero(is_meant & (self.option >= 0))
        by_option = csr_array((np.ones(len(at), dtype=np.int64), (self.option[at], at)),
                              shape=(self.size, records.shape[0]))
        return (by_option @ records).toarray()


@dataclass(frozen=True)
class _Column:
    """One group of a question's figures, or the whole: options x organisations, and what is known of it.

    ``counted`` and ``base`` are the records behind it, ``taken`` and ``shown`` those of them that pages
    of countries tell, ``left`` the base without them; a reader knows that n lies between low and high.
    """

    counted: np.ndarray
    base: np.ndarray
    taken: np.ndarray
    shown: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, figures: _Figures, is_own: np.ndarray, is_near: np.ndarray, rules: Rules) -> _Column:
        """The column of the figures ``is_own``; those ``is_near`` are what pages of countries tell of it."""
        counted, base = (figures.of_options(one, is_own) for one in (figures.counted, figures.base))
        taken = np.minimum(figures.of_options(figures.counted, is_near), counted)
        shown = np.minimum(figures.of_options(figures.base, is_near), base)
        size, at = int(base[0].sum()), np.flatnonzero(is_own & (figures.option >= 0))
        at = at[np.argsort(figures.option[at], kind="stable")]
        low, high = np.array([_ends(figures.status[k], figures.n[k], size, rules) for k in at]).T
        return cls(counted, base[0], taken, shown[0], low, high)

    @property
    def left(self) -> np.ndarray:
        return self.base - self.shown

    def rest(self, groups: list[_Column]) -> _Column:
        """What is left of the whole outside of groups that are shown: nothing is known of it."""
        counted, base, taken, shown = (
            getattr(self, name) - sum(getattr(group, name) for group in groups)
            for name in ("counted", "base", "taken", "shown"))
        return _Column(counted, base, taken, shown, np.zeros_like(self.low),
                       np.full_like(self.high, base.sum()))

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


def _ends(status: str, n: int, size: int, rules: Rules) -> tuple[int, int]:
    """Between what a reader knows a figure to lie."""
    if status == "suppressed":
        return 0, size
    return rules.band(int(n), size)[1:] if status == "banded" else (int(n), int(n))


# ------------------------------
# What each audience may see of the figures: every table and plot asks here first.
#
# `decide` goes once over all figures together, since one table cannot know what the others tell.
# `release` looks its decisions up. The rules and their names are in :mod:`glc_analysis.disclosure.rules`.


NO_BASE = ("base_too_small", "withheld_contributors", "skip_logic")
SHOWN, BANDED, SUPPRESSED = "shown", "banded", "suppressed"
COLUMNS = ["estimate_id", "status", "rule", "shown_n", "shown_base_n", "shown_value", "band"]


def release(estimates: pd.DataFrame, *, audience: str, decisions: pd.DataFrame | None = None) -> pd.DataFrame:
    """The figures of ``estimates`` that an audience may see, with the numbers it may see.

    For ``team`` every figure. For others as ``decisions`` (of :func:`decide`) say: a figure that is
    suppressed or not decided is left out; one in a band has no number but its base, and the band's
    words in column ``band``, which is blank elsewhere. Raises UsageError for an unknown audience and
    where nothing is decided.
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


def decide(estimates: pd.DataFrame, behind: Incidence, organisations: pd.DataFrame, consent: Consent,
           settings: Mapping[str, Any], *, audience: str, never: Collection[str] = (),
           countries: Mapping[str, str] | None = None, coded: Collection[str] = ()) -> pd.DataFrame:
    """What an audience may see of every figure: one row a figure, columns :data:`COLUMNS`.

    ``never`` are the codes that do not leave the team; ``countries`` (id -> region) those of which the
    convening has a page, ``coded`` those of them whose organisations' codes it may read. A figure is
    shown, shown as a band, or suppressed, with the first rule that asks for it.
    """
    figures, facts = estimates.reset_index(drop=True), behind.facts.reset_index(drop=True)
    if audience == "team":
        done = _Decided(figures, audience, np.full(len(figures), "", dtype=object))
        return _table(figures, done).set_axis(estimates.index)
    rules = Rules.of(settings, audience)
    done = _Decided(figures, audience, by_kind(figures, facts, rules, never).to_numpy(object))
    crowd = Crowd.of(behind, organisations, consent, audience)
    is_group = (figures["subset_kind"] != ALL).to_numpy()
    is_place = facts["is_place"].to_numpy(bool)
    seen = np.flatnonzero(done.visible())
    small = crowd.too_small(seen, rules)
    done.hide(seen[small != ""], small[small != ""])
    for at in done.tables(done.visible() & ~is_group).values():
        _whole(at, bool(is_place[at[0]]), crowd, rules, done)
    _skip_logic(facts, is_group, done)
    wholes = done.tables(~is_group)
    kinds = figures["subset_kind"].to_numpy(object)
    for kind in sorted({*kinds[done.visible() & is_group]}):
        for key, at in done.tables(done.visible() & (kinds == kind)).items():
            _groups(wholes[key], at, crowd, rules, done)
    if countries:
        decided = pd.DataFrame({"status": done.status, "band": done.band}, index=estimates.index, dtype="str")
        is_told = releasable_country_answers(estimates, behind, organisations, decided, rules,
                                             countries=countries, coded=coded, never=never)
        done.tell(estimates.index.get_indexer(is_told.index), is_told.to_numpy())
    _records(behind, facts["question_id"], crowd, rules, done)
    return _table(figures, done).set_axis(estimates.index)


def _table(figures: pd.DataFrame, done: _Decided) -> pd.DataFrame:
    """The decisions as a table, with the numbers that may be seen."""
    is_shown, is_seen = done.status == SHOWN, done.visible()
    value = figures["value"]
    if done.audience != "team":
        is_median = figures["statistic"] == "median"
        value = value.mask(is_median, value[is_median].map(two_digits))
    status, rule, band = (pd.Series(part, dtype="str") for part in (done.status, done.rule, done.band))
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


class _Decided:
    """The decisions so far, by the place of each figure; the first rule that hides a figure stays."""

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

    def tables(self, are_meant: np.ndarray) -> dict[int, np.ndarray]:
        """The places of the counts that are meant, those of one question, or of one code, together."""
        at = np.flatnonzero(are_meant & (self.key >= 0))
        at = at[np.argsort(self.key[at], kind="stable")]
        if not len(at):
            return {}
        keys, starts = np.unique(self.key[at], return_index=True)
        return dict(zip(keys.tolist(), np.split(at, starts[1:]), strict=True))

    def visible(self) -> np.ndarray:
        return self.status != SUPPRESSED

    def exact(self, at: np.ndarray) -> bool:
        return bool((self.status[at] == SHOWN).all())

    def between(self, at: int, rules: Rules) -> tuple[int, int]:
        """What a reader knows of a count that is seen: itself, or the edges of its band."""
        n, base = int(self.n[at]), int(self.base_n[at])
        return (n, n) if self.status[at] == SHOWN else rules.band(n, base)[1:]

    def hide(self, at: np.ndarray, rule: str | np.ndarray) -> None:
        self.rule[at] = np.where(self.rule[at] != "", self.rule[at], rule)
        self.status[at], self.band[at] = SUPPRESSED, ""

    def tell(self, at: np.ndarray, is_told: np.ndarray) -> None:
        """Shows figures of countries whose organisations agreed, where nobody else's answer follows."""
        self.status[at] = np.where(is_told, SHOWN, SUPPRESSED)
        self.rule[at] = np.where(is_told, "", "difference")

    def put_in_bands(self, at: np.ndarray, bands: list[str], rule: np.ndarray) -> None:
        self.status[at], self.band[at], self.rule[at] = BANDED, bands, rule


def _adds_up(numbers: np.ndarray) -> bool:
    """Whether the options of a question add up to its base, as a reader who knows the question knows:
    of the counts (first row) and bases (second) of its figures."""
    n, base = numbers
    return len(n) > 1 and np.nansum(n) == base[0]


def _why(n: np.ndarray, base: np.ndarray | int, is_small: np.ndarray) -> np.ndarray:
    return np.where((n == 0) | (n == base), "unanimous",
                    np.where(is_small, "count_too_small", "partition")).astype(object)


def _whole(at: np.ndarray, is_place: bool, crowd: Crowd, rules: Rules, done: _Decided) -> None:
    """The study-wide figures of one question or code: exact, in bands, or not at all.

    Where options add up to the base, the smallest others are hidden as well until nothing follows.
    """
    n, (base,), counted = done.n[at].astype(int), crowd.base_of(at[:1]), crowd.counted_of(at)
    is_small = crowd.is_small(base, counted, rules.base if is_place else rules.count)
    if not is_small.any():
        return
    why = _why(n, done.base_n[at], is_small)
    why = np.where(why == "partition", why, "country") if is_place else why
    order = np.lexsort((done.option[at], n, ~is_small))
    size = int(base.sum())
    for part in [order] if _adds_up(done.numbers[:, at]) else order[:, None]:
        least = int(is_small[part].sum())
        if not least:
            continue  # nothing is hidden
        for status, k in product([SUPPRESSED] if is_place else [BANDED, SUPPRESSED],
                                 range(least, len(part) + 1)):
            hidden = part[:k]
            too_few = is_place and 0 < crowd.sizes(counted[hidden].sum(axis=0)) < rules.base
            if not too_few and _is_covered(n[part], np.arange(len(part)) < k, status, base, crowd, rules):
                break
        if status == BANDED:
            done.put_in_bands(at[hidden], [rules.band(int(one), size)[0] for one in n[hidden]], why[hidden])
        else:
            done.hide(at[hidden], why[hidden])


def _is_covered(n: np.ndarray, hidden: np.ndarray, way: str, base: np.ndarray, crowd: Crowd,
                rules: Rules) -> bool:
    """Whether nobody's answer follows where some of a question's figures are bands, or missing."""
    size, known = int(base.sum()), crowd.known(base)
    bands = [rules.band(int(one), size) if way == BANDED else ("", 0, size) for one in n]
    low, high = (np.where(hidden, [band[i] for band in bands], n)[:, None] for i in (1, 2))
    low, high = squeeze(low, high, np.array([size]), is_partition=len(n) > 1)
    return bool((is_open(low, high, size, known).ravel() | ~hidden).all())


def _skip_logic(facts: pd.DataFrame, is_group: np.ndarray, done: _Decided) -> None:
    """Who was asked a question tells how a question before it was answered: that must be shown exactly."""
    is_conditional = (facts["asked_if"] != "").to_numpy()
    done.hide(np.flatnonzero(is_group & is_conditional & done.visible()), "skip_logic")
    asked = facts.loc[is_conditional, ["question_id", "asked_if"]].drop_duplicates()
    conditions = [(question, [*comparisons(parse(condition))])
                  for question, condition in asked.itertuples(index=False)]
    is_response = (done.figures["measure"] == "response").to_numpy()
    whole_at = np.flatnonzero(~is_group & is_response)
    by_question = done.figures["question_id"].iloc[whole_at].groupby(
        done.figures["question_id"].iloc[whole_at], observed=True).indices
    wholes = {question: whole_at[places] for question, places in by_question.items()}
    about = facts.groupby("question_id", observed=True).indices
    is_new = True
    while is_new:
        is_new = False
        for question, before in conditions:
            at = about[question]
            at = at[done.status[at] != SUPPRESSED]
            if len(at) and not all(done.exact(_named(wholes[one.name], facts, one.values, done))
                                   for one in before if one.name in wholes):
                done.hide(at, "skip_logic")
                is_new = True


def _records(behind: Incidence, asked: pd.Series, crowd: Crowd, rules: Rules, done: _Decided) -> None:
    """How many contradict a public record: shown where nobody's answer follows from it and that record."""
    figures = done.figures
    is_record = figures["measure"] == DISCORDANCE
    is_place = figures["subset_kind"].isin([ALL, *PLACES])
    cluster = dict(zip(behind.organisations, crowd.clusters.indices, strict=True))
    for k in np.flatnonzero(is_record & done.visible()):
        rows = behind.stated[(behind.stated["question_id"] == asked[k])
                             & (behind.stated["indicator"] == figures.at[k, "option_id"])]
        rows = rows.assign(cluster=rows["organisation_id"].astype("str").map(cluster))
        given = figures[(asked == asked[k]) & ~is_record & is_place & done.visible()]
        counts = {(one.option_id, one.subset_kind, one.subset_id): done.between(one.Index, rules)
                  for one in given.itertuples()}
        if not is_covered(rows, counts, done.between(k, rules)):
            done.hide(np.array([k]), "record")


def _named(at: np.ndarray, facts: pd.DataFrame, values: Collection[str], done: _Decided) -> np.ndarray:
    """The figures of a question that a condition tells about: of options that add up to the base, all."""
    if _adds_up(done.numbers[:, at]) and not facts["is_place"].iloc[at[0]]:
        return at
    return at[pd.Series(done.option[at]).isin(values).to_numpy()]


def _groups(whole: np.ndarray, at: np.ndarray, crowd: Crowd, rules: Rules, done: _Decided) -> None:
    """The figures of one question or code by the groups of one kind: exact, in bands, or not at all.

    Groups that are not shown count as one, the rest, which follows from the others and must bear it.
    """
    if done.rule[whole[0]] in NO_BASE:
        return done.hide(at, done.rule[whole[0]])
    subset = done.subset[at]
    by_group = {name: at[subset == name] for name in sorted({*subset})}
    everyone, *bases = crowd.base_of(np.array([whole[0], *(own[0] for own in by_group.values())]))
    groups = dict(zip(by_group, bases, strict=True))
    is_coded = bool(done.figures["code_id"].iat[whole[0]])
    names = _large(groups, everyone, is_coded, crowd, rules)
    done.hide(at[~np.isin(subset, names)] if names else at, "complement_too_small")
    if not names:
        return None
    own = np.concatenate([by_group[name] for name in names])
    base = [groups[name] for name in names]
    counted = np.split(crowd.counted_of(own), np.cumsum([len(by_group[name]) for name in names])[:-1])
    if (rest := everyone - sum(base)).any():
        base, counted = [*base, rest], [*counted, crowd.counted_of(whole) - sum(counted)]
    base.append(everyone)
    known = np.array([crowd.known(one) for one in base])
    each = [slice(k, k + 1) for k in range(len(whole))]
    for part in [slice(None)] if _adds_up(done.numbers[:, whole]) else each:
        _cells(whole[part], [by_group[name][part] for name in names], base, known,
               [one[part] for one in counted], crowd, rules, done)
    return None


def _large(groups: dict[str, np.ndarray], everyone: np.ndarray, is_coded: bool, crowd: Crowd,
           rules: Rules) -> list[str]:
    """The groups that may be shown: enough stand outside of each, and of all of them together."""
    def leaves_enough(rests: np.ndarray) -> np.ndarray:
        return ~rests.any(axis=-1) | (crowd.sizes(rests) >= rules.base) & ~crowd.has_few_withheld(
            rests, is_coded, rules)

    bases = np.array([*groups.values()])
    sizes = dict(zip(groups, crowd.sizes(bases).tolist(), strict=True))
    enough = dict(zip(groups, leaves_enough(everyone - bases).tolist(), strict=True))
    names = [name for name in sorted(groups, key=lambda name: (-sizes[name], name)) if enough[name]]
    while names and not leaves_enough(everyone - sum(groups[name] for name in names)):
        names.pop()
    return names


def _cells(whole: np.ndarray, rows: list[np.ndarray], bases: list[np.ndarray], known: np.ndarray,
           counted: list[np.ndarray], crowd: Crowd, rules: Rules, done: _Decided) -> None:
    """Options that stand together, by group: all exact where all can be, else bands if nothing follows.

    ``known`` are the records of each base that those may know that know the answers of a few.
    """
    is_small = np.column_stack([crowd.is_small(base, one, rules.count)
                                for base, one in zip(bases[:-1], counted, strict=True)])
    if not is_small.any() and done.exact(whole):
        return
    n = np.column_stack([*(one.sum(axis=1) for one in counted), done.n[whole]]).astype(int)
    size = np.array([base.sum() for base in bases])
    bands = [[rules.band(one, of) for one, of in zip(line, size.tolist(), strict=True)]
             for line in n.tolist()]
    low, high = (np.array([[band[i] for band in line] for line in bands]) for i in (1, 2))
    low[:, len(rows):], high[:, len(rows):] = 0, size[len(rows):]  # the rest, and the whole unless it is seen
    status = done.status[whole]
    for k in np.flatnonzero(status != SUPPRESSED):
        low[k, -1], high[k, -1] = bands[k][-1][1:] if status[k] == BANDED else (n[k, -1], n[k, -1])
    is_safe = is_open(*squeeze(low, high, size, is_partition=len(whole) > 1), size, known)
    is_safe[:, -1] |= status == SHOWN
    for k, row in enumerate(rows):
        why = _why(n[:, k], size[k], is_small[:, k])
        if is_safe.all():
            done.put_in_bands(row, [line[k][0] for line in bands], why)
        else:
            done.hide(row, why)
