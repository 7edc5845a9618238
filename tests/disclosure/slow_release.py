"""Who may see what, as it was first written: one figure, one option, one group after another, in pandas.

The definition that the package's faster one is held against in ``test_release.py``.
"""

from itertools import product

import numpy as np
import pandas as pd

from glc_analysis.cleaning.skip_logic import comparisons, parse
from glc_analysis.disclosure.bounds import ContributorCounts, is_protected, network_membership, tighten_bounds
from glc_analysis.disclosure.country_answers import _follow_skip_logic
from glc_analysis.disclosure.rules import KNOWN, Rules, rule_by_kind
from glc_analysis.disclosure.suppression import (
    BANDED,
    NO_BASE,
    SHOWN,
    SUPPRESSED,
)
from glc_analysis.evidence.estimates import ALL
from glc_analysis.evidence.quality import MEASURE as DISCORDANCE


def slow_decide(estimates, behind, organisations, consent, settings, *, audience, never=(), countries=None,
                coded=()):
    """Status, rule and band of every figure."""
    rules = Rules.of(settings, audience)
    done = _Decisions(estimates, audience, rule_by_kind(estimates, behind.facts, rules, never))
    counts = SlowContributorCounts.of_kept(behind, organisations, consent, audience, done.visible())
    is_group = estimates["subset_kind"] != ALL
    small = counts.rule_for_base(rules)
    done.hide(small.index[small != ""], small[small != ""])
    for _, figures in _tables(estimates, done.visible() & ~is_group):
        _whole(figures, bool(behind.facts["is_place"][figures.index[0]]), counts, rules, done)
    _skip_logic(behind.facts, done)
    wholes = dict(iter(_tables(estimates, ~is_group)))
    for kind in sorted(set(estimates.loc[done.visible() & is_group, "subset_kind"])):
        for key, figures in _tables(estimates, done.visible() & (estimates["subset_kind"] == kind)):
            _groups(wholes[key], figures, counts, rules, done)
    if countries:
        decided = pd.DataFrame({"status": done.status, "band": done.band})
        done.tell(slow_told(estimates, behind, organisations, decided, rules, countries=countries,
                            coded=coded, never=never))
    return pd.DataFrame({"status": done.status, "rule": done.rule, "band": done.band})


class SlowContributorCounts(ContributorCounts):
    """The records behind figures, found by the labels of their rows."""

    @classmethod
    def of_kept(cls, behind, organisations, consent, audience, kept):
        counts = cls.of(behind, organisations, consent, audience)
        counts.__dict__["labels"] = kept.index
        counts.__dict__["kept"] = np.flatnonzero(kept)
        return counts

    def base_of(self, rows):
        return self.incidence.base[self.labels.get_indexer(rows)].toarray()

    def counted_of(self, rows):
        return self.incidence.counted[self.labels.get_indexer(rows)].toarray()

    def rule_for_base(self, rules):
        is_coded = (self.incidence.facts["question_id"] == "").to_numpy()
        found = []
        for place in self.kept:
            base = self.incidence.base[np.array([place])]
            few = self.has_few_withheld(base, is_coded[[place]], rules)[0]
            found.append("base_too_small" if self.n_independent(base)[0] < rules.base else
                         "withheld_contributors" if few else "")
        return pd.Series(found, self.labels[self.kept], dtype="str")


class _Decisions:
    """The decisions so far; the first rule that hides a figure stays."""

    def __init__(self, estimates, audience, rule):
        self.estimates, self.audience, self.rule = estimates, audience, rule
        self.status = pd.Series(np.where(rule == "", SHOWN, SUPPRESSED), index=estimates.index)
        self.band = pd.Series("", index=estimates.index)

    def visible(self):
        return self.status != SUPPRESSED

    def exact(self, rows):
        return bool((self.status[rows] == SHOWN).all())

    def between(self, row, rules):
        """What a reader knows of a count that is seen: itself, or the edges of its band."""
        n, base = (int(self.estimates.at[row, column]) for column in ("n", "base_n"))
        return (n, n) if self.status[row] == SHOWN else rules.band(n, base)[1:]

    def hide(self, rows, rule):
        rule = pd.Series(rule, index=rows)
        self.rule[rows] = self.rule[rows].where(self.rule[rows] != "", rule)
        self.status[rows], self.band[rows] = SUPPRESSED, ""

    def tell(self, is_told):
        """Shows figures of countries whose organisations agreed, where nobody else's answer follows."""
        self.status[is_told.index] = np.where(is_told, SHOWN, SUPPRESSED)
        self.rule[is_told.index] = np.where(is_told, "", "difference")

    def put_in_bands(self, rows, bands, rule):
        self.status[rows], self.band[rows], self.rule[rows] = BANDED, bands, rule


def _tables(estimates, rows):
    """The counts of one question, or of one code, that stand together."""
    is_counted = estimates["measure"].isin(["response", "coded", DISCORDANCE]) & estimates["n"].notna()
    kept = estimates[rows & is_counted]
    return kept.groupby(["question_id", "code_id"], observed=True, sort=True)


def _adds_up(figures):
    """Whether the options of a question add up to its base, as a reader who knows the question knows."""
    return len(figures) > 1 and figures["n"].sum() == figures["base_n"].iloc[0]


def _why(n, base, is_small):
    why = pd.Series(np.where(is_small, "count_too_small", "partition"), index=n.index)
    return why.mask((n == 0) | (n == base), "unanimous")


def _whole(figures, is_place, counts, rules, done):
    """The study-wide figures of one question or code: exact, in bands, or not at all.

    Where options add up to the base, the smallest others are hidden as well until nothing follows.
    """
    rows, n = figures.index, figures["n"].to_numpy(int)
    base, counted = counts.base_of(rows[:1])[0], counts.counted_of(rows)
    is_small = counts.is_small(base, counted, rules.base if is_place else rules.count)
    why = _why(figures["n"], figures["base_n"], is_small)
    why = why.where(why == "partition", "country") if is_place else why
    order = np.lexsort((figures["option_id"], n, ~is_small))
    for part in [order] if _adds_up(figures) else order[:, None]:
        for status, k in product([SUPPRESSED] if is_place else [BANDED, SUPPRESSED], range(len(part) + 1)):
            hidden = part[:k]
            too_few = is_place and 0 < counts.n_independent(counted[hidden].sum(axis=0)) < rules.base
            if k >= is_small[part].sum() and not too_few and _is_covered(
                    n[part], np.arange(len(part)) < k, status, base, counts, rules):
                break
        if status == BANDED:
            done.put_in_bands(rows[hidden], [rules.band(int(one), int(base.sum()))[0] for one in n[hidden]],
                              why.iloc[hidden])
        else:
            done.hide(rows[hidden], why.iloc[hidden])


def _is_covered(n, hidden, way, base, counts,
                rules):
    """Whether nobody's answer follows where some of a question's figures are bands, or missing."""
    size, known = int(base.sum()), counts.known_records(base)
    bands = [rules.band(int(one), size) if way == BANDED else ("", 0, size) for one in n]
    low, high = (np.where(hidden, [band[i] for band in bands], n)[:, None] for i in (1, 2))
    low, high = tighten_bounds(low, high, np.array([size]), is_partition=len(n) > 1)
    return bool((is_protected(low, high, size, known).ravel() | ~hidden).all())


def _skip_logic(facts, done):
    """Who was asked a question tells how a question before it was answered: that must be shown exactly."""
    asked = facts.loc[facts["asked_if"] != "", ["question_id", "asked_if"]].drop_duplicates()
    is_group = done.estimates["subset_kind"] != ALL
    wholes = dict(iter(done.estimates[~is_group & (done.estimates["measure"] == "response")].groupby(
        "question_id", observed=True)))
    done.hide(facts.index[is_group & (facts["asked_if"] != "") & done.visible()], "skip_logic")
    is_new = True
    while is_new:
        is_new = False
        for question, condition in asked.itertuples(index=False):
            rows = facts.index[(facts["question_id"] == question) & done.visible()]
            if len(rows) and not all(done.exact(_named(wholes[one.name], facts, one.values))
                                     for one in comparisons(parse(condition)) if one.name in wholes):
                done.hide(rows, "skip_logic")
                is_new = True


def _named(figures, facts, values):
    """The figures of a question that a condition tells about: of options that add up to the base, all."""
    adds_up = _adds_up(figures) and not facts.loc[figures.index[0], "is_place"]
    return figures.index[figures["option_id"].isin(values) | adds_up]


def _groups(whole, figures, counts, rules, done):
    """The figures of one question or code by the groups of one kind: exact, in bands, or not at all.

    Groups that are not shown count as one, the rest, which follows from the others and must bear it.
    """
    if done.rule[whole.index[0]] in NO_BASE:
        return done.hide(figures.index, done.rule[whole.index[0]])
    by_group = {name: rows.index for name, rows in figures.groupby("subset_id", observed=True)}
    first = pd.Index([whole.index[0], *(rows[0] for rows in by_group.values())])
    everyone, *bases = counts.base_of(first)
    groups = dict(zip(by_group, bases, strict=True))
    names = _large(groups, everyone, bool((whole["code_id"] != "").any()), counts, rules)
    done.hide(figures.index[~figures["subset_id"].isin(names)], "complement_too_small")
    base, counted = [groups[name] for name in names], [counts.counted_of(by_group[name]) for name in names]
    if (rest := everyone - sum(base)).any():
        base, counted = [*base, rest], [*counted, counts.counted_of(whole.index) - sum(counted)]
    base.append(everyone)
    parts = [slice(None)] if _adds_up(whole) else [slice(k, k + 1) for k in range(len(whole))]
    for part in parts if names else []:
        _cells(whole[part], [by_group[name][part] for name in names], base,
               [one[part] for one in counted], counts, rules, done)


def _large(groups, everyone, is_coded, counts,
           rules):
    """The groups that may be shown: enough stand outside of each, and of all of them together."""
    def leaves_enough(names):
        rest = everyone - sum(groups[name] for name in names)
        return not rest.any() or bool(counts.n_independent(rest) >= rules.base
                                      and not counts.has_few_withheld(rest, is_coded, rules))

    names = sorted(groups, key=lambda name: (-counts.n_independent(groups[name]), name))
    names = [name for name in names if leaves_enough([name])]
    while names and not leaves_enough(names):
        names.pop()
    return names


def _cells(whole, rows, bases, counted,
           counts, rules, done):
    """Options that stand together, by group: all exact where all can be, else bands if nothing follows."""
    is_small = np.column_stack([counts.is_small(base, one, rules.count)
                                for base, one in zip(bases[:-1], counted, strict=True)])
    if not is_small.any() and done.exact(whole.index):
        return
    n = np.column_stack([*(one.sum(axis=1) for one in counted), whole["n"]]).astype(int)
    size, known = (np.array([of(base) for base in bases]) for of in (np.sum, counts.known_records))
    bands = [[rules.band(one, int(of)) for one, of in zip(line, size, strict=True)] for line in n]
    low, high = (np.array([[band[i] for band in line] for line in bands]) for i in (1, 2))
    low[:, len(rows):], high[:, len(rows):] = 0, size[len(rows):]  # the rest, and the whole unless it is seen
    status = done.status[whole.index].to_numpy()
    for k in np.flatnonzero(status != SUPPRESSED):
        low[k, -1], high[k, -1] = bands[k][-1][1:] if status[k] == BANDED else (n[k, -1], n[k, -1])
    is_safe = is_protected(*tighten_bounds(low, high, size, is_partition=len(whole) > 1), size, known)
    is_safe[:, -1] |= status == SHOWN
    for k, row in enumerate(rows):
        why = _why(pd.Series(n[:, k], row), pd.Series(size[k], row), is_small[:, k])
        if is_safe.all():
            done.put_in_bands(row, [line[k][0] for line in bands], why)
        else:
            done.hide(row, why)


def slow_told(estimates, behind, organisations, decided,
         rules, *, countries, coded,
         never):
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
    rows = estimates.assign(status=decided["status"], band=decided["band"], at=range(len(estimates)))[is_used]
    clusters = network_membership(organisations, pd.Index(behind.organisations))
    open_ = {key: slow_open(table, behind, clusters, rules, countries)
             for key, table in rows.groupby(["question_id", "code_id"], observed=True)}
    if not all(open_[key] for key in open_ if key[1]):
        open_ = {key: options for key, options in open_.items() if not key[1]}
    _follow_skip_logic(open_, facts)
    shown = rows[is_here[is_used]]
    return pd.Series([row.option_id in open_.get((row.question_id, row.code_id), ())
                      for row in shown.itertuples()], shown.index, dtype=bool)


def slow_open(table, behind, clusters, rules,
          countries):
    """The options of a question (or the one of a code) whose answers may be told."""
    kind = table["subset_kind"].astype("str")
    whole, here = table[kind == ALL], table[kind == "country"]
    options = [*whole["option_id"]]
    if not len(options):
        return set()
    is_group = ~kind.isin([ALL, "country"])
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
    low, high = tighten_bounds(*(np.clip(np.column_stack([getattr(column, end) - column.taken.sum(axis=1)
                                                   for column in columns]), 0, left)
                          for end in ("low", "high")), left, is_partition=is_partition)
    fine = (is_protected(low, high, left, known) | (low == 0) & (high == left)).all(axis=1)
    if fine.all() or is_partition or not fine.any():
        return set(options) if fine.all() else set()
    is_hidden = all(column.hides(fine, k) for column, k in zip(columns, known, strict=True))
    return set(np.array(options)[fine]) if is_hidden else set()


class _Column:
    """One group of a question's figures, or the whole: options x organisations, and what is known of it.

    ``counted`` and ``base`` are the records behind it, ``taken`` and ``shown`` those of them that pages
    of countries tell, ``left`` the base without them; a reader knows that n lies between low and high.
    """

    def __init__(self, figures, here, options, behind,
                 rules):
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
    def left(self):
        return self.base - self.shown

    def rest(self, groups):
        """What is left of the whole outside of groups that are shown: nothing is known of it."""
        rest = object.__new__(_Column)
        for name in ("counted", "base", "taken", "shown"):
            setattr(rest, name, getattr(self, name) - sum(getattr(group, name) for group in groups))
        rest.low, rest.high = np.zeros_like(self.low), np.full_like(self.high, rest.base.sum())
        return rest

    def adds_up(self):
        """Whether the options add up to the base, of those told and of the others."""
        return all((part.sum(axis=0) == base).all() for part, base in (
            (self.counted, self.base), (self.taken, self.shown)))

    def hides(self, is_told, known):
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
        return bool((is_protected(low, high, left, known) | (low == 0) & (high == left)).all())


def _ends(row, size, rules):
    """Between what a reader knows a figure to lie."""
    if row.status == "suppressed":
        return 0, size
    return rules.band(int(row.n), size)[1:] if row.status == "banded" else (int(row.n), int(row.n))
