"""Releases to the convening and the public: which figures may be shown next, after those that were shown.

Two releases can be subtracted from each other. :func:`next_release` takes the figures of today and all
earlier releases, and decides question by question whether the new figures may be published or the old ones
stay. Texts are compared block by block (:mod:`.blocks`). Earlier releases are kept by
:mod:`glc_analysis.release_store`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
import scipy
from pandas.api.types import union_categoricals

from glc_analysis.cleaning.skip_logic import comparisons, parse_condition
from glc_analysis.disclosure.bounds import is_protected, network_membership, tighten_bounds
from glc_analysis.disclosure.rules import COALITION, Rules
from glc_analysis.disclosure.suppression import DECISION_COLUMNS, EXACT, HIDDEN_BASE_RULES, SUPPRESSED
from glc_analysis.figures.contributors import Incidence
from glc_analysis.figures.discordance import DISCORDANCE
from glc_analysis.figures.estimates import ALL, is_whole_study
from glc_analysis.schema import is_iso_date

# ------------------------------
# Which figures may be published next.
#
# A question is published again only as a whole, and only where its difference from every earlier release
# would pass as a figure that discloses nobody's answer. An organisation that withdrew is in no stored
# release; the size of a base, which is stored too, still shows how many records it had.


_NEVER_PUBLISHED = ("team_only", "identifier", "cross_tabulation", "related", "numbers")
"""Rules that keep a figure from ever being published, whichever organisations contributed to it."""
_COUNTRY = "country"
"""A kind of group, and the rule that hides what could name one."""

_PACKING = 2 ** 32
"""More than the records of any organisation, so that base and counted records fit in one number."""


@dataclass(frozen=True)
class PublishedRelease:
    """The figures of one release, and the organisations that contributed to each of them.

    ``figures`` has, by figure_id, the columns of a decision and ``key`` (the question or code), ``part``
    (the figures on the same base), ``within`` (the figure of the whole of which this one is a group, or
    blank), ``is_page`` (whether it is of a country's page), ``day`` (of the data), ``size`` (records in the
    base), ``low`` and ``high`` (the bounds of the count that a reader can work out) and ``adds_up`` (whether
    the options add up to the base). ``contributions`` has one row a figure and organisation: its records in
    the base, and those counted. Figures of a country's page have neither bounds nor contributions: the
    organisations there agreed that it shows their answers.
    """

    figures: pd.DataFrame
    contributions: pd.DataFrame

    @classmethod
    def of(cls, decisions: pd.DataFrame, estimates: pd.DataFrame, incidence: Incidence, rules: Rules,
           day: str, regions: Mapping[str, str] = MappingProxyType({})) -> PublishedRelease:
        """The release of today's figures, by the decisions of :func:`.suppression.decide`.

        ``regions`` are those of the countries whose figures may be among them; without them figures by
        country are those of country pages.
        The rows of ``decisions``, ``figures`` and ``incidence`` are the same figures in the same order.
        """
        kind, measure = estimates["subset_kind"].astype("str"), estimates["measure"].astype("str")
        is_seen, is_country = decisions["status"] != SUPPRESSED, kind == _COUNTRY
        is_page = is_country & (not regions)
        is_unknown = is_country & ~(is_seen if regions else decisions["rule"] != _COUNTRY)
        is_own = ~decisions["rule"].isin(_NEVER_PUBLISHED) & ~is_unknown
        at = np.flatnonzero(is_own)
        question = incidence.facts["question_id"]
        asked = question.where(question != "", estimates["question_id"])
        key = asked.astype("str") + "/" + estimates["code_id"].astype("str")
        record = estimates["option_id"].where(measure == DISCORDANCE, "").astype("str")  # each has its base
        subset = (kind + "=" + estimates["subset_id"].astype("str")).where(kind != ALL, "")
        option = key + "/" + measure + "/" + estimates["option_id"].astype("str") + "/"
        parent = "region=" + estimates["subset_id"].astype("object").map(lambda one: regions.get(one, ""))
        is_above = (is_own & is_seen).to_numpy()
        ids = pd.Series(estimates["figure_id"].astype("str").to_numpy(), option + subset)[is_above]
        ids = ids[~ids.index.duplicated()]
        within = (option + parent.where(is_country, "")).map(ids).fillna(option.map(ids))
        is_group = ~is_whole_study(estimates) & ~is_page & is_seen & (measure != "quality")
        part = key + "/" + measure + "/" + record + "/" + subset
        is_counted = is_own & (measure != "quality") & ~is_page & estimates["n"].notna()
        low, high, adds_up = _bounds_by_part(decisions, estimates, part[is_counted])
        figures = decisions.iloc[at].assign(
            key=key, part=part, is_page=is_page, within=within.where(is_group, "").fillna("").astype("str"),
            day=day, size=0, low=low[at], high=high[at], adds_up=adds_up[at])
        is_compared = ~is_page.to_numpy()[at]
        compared = at[is_compared]
        figures.loc[is_compared, "size"] = np.asarray(incidence.base[compared].sum(axis=1)).ravel()
        contributions = contributions_of(incidence, compared, figures.loc[is_compared, "figure_id"])
        return cls(figures.set_index("figure_id"), contributions)

    def only(self, is_kept: pd.Series) -> PublishedRelease:
        """The release with the figures that are kept, and no others."""
        ids = self.figures.index[is_kept]
        is_theirs = self.contributions["figure_id"].isin(ids)
        return PublishedRelease(self.figures.loc[ids], self.contributions[is_theirs])


def contributions_of(incidence: Incidence, at: np.ndarray, ids: pd.Series) -> pd.DataFrame:
    """One row a figure (at these places, with these ids) and organisation: base and counted records."""
    both = (incidence.base[at] + incidence.counted[at].astype(np.int64) * _PACKING).tocoo()
    counted, base = (records.astype(np.int32) for records in np.divmod(both.data, _PACKING))
    return pd.DataFrame({"figure_id": pd.Categorical.from_codes(both.row, ids),
                         "organisation_id": pd.Categorical.from_codes(both.col, incidence.organisations),
                         "base": base, "counted": counted})


def _bounds_by_part(decisions: pd.DataFrame, estimates: pd.DataFrame,
                    parts: pd.Series) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For every figure the bounds of its count that a reader can work out, by what is shown of it and of the
    others of its part, and whether these add up to their base. ``parts`` has the part of each count; figures
    without one have no bounds."""
    low, high = np.full(len(estimates), np.nan), np.full(len(estimates), np.nan)
    adds_up = np.zeros(len(estimates), dtype=bool)
    least, most = _known_ranges(decisions, estimates)
    n, base = estimates["n"].to_numpy(float), estimates["base_n"].to_numpy(float)
    places = estimates.index.get_indexer(parts.index)
    for group in parts.groupby(parts.to_numpy()).indices.values():
        own = places[group]
        is_partition = len(own) > 1 and n[own].sum() == base[own[0]]
        ends = tighten_bounds(*(side[own].astype(int)[:, None] for side in (least, most)),
                              base[own[:1]].astype(int), is_partition=is_partition)
        (low[own], high[own]), adds_up[own] = (end.ravel() for end in ends), is_partition
    return low, high, adds_up


def _known_ranges(decisions: pd.DataFrame, estimates: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The least and the most that each count can be for a reader, by what is shown of it."""
    n, is_hidden = estimates["n"].astype(float), decisions["status"] != EXACT
    low = decisions["shown_low"].astype(float).fillna(0)
    high = decisions["shown_high"].astype(float).fillna(estimates["base_n"].astype(float))
    return low.where(is_hidden, n).to_numpy(), high.where(is_hidden, n).to_numpy()


def next_release(fresh: PublishedRelease, asked: pd.DataFrame, before: Sequence[PublishedRelease],
                 organisations: pd.DataFrame, least: int,
                 beside: Sequence[PublishedRelease] = ()) -> PublishedRelease:
    """The release to publish: the last one, with new figures where enough organisations changed.

    ``fresh`` has the figures of today, ``before`` all earlier releases, oldest first, ``beside`` those to the
    other audience, which the same people may read; ``asked`` has question_id, asked_if. A question (or code)
    gets new figures where, since each release that published it, at least ``least`` independent organisations
    joined, left or changed their answers, and where the differences disclose none of their answers, even to a
    reader who knows two of them and all that withdrew. A question whose new figures would differ from those
    of the other audience by fewer, or in a way that discloses an answer, stays as well. A question that was
    never published is published, unless its base would disclose changes in a question that stays. The pages
    of countries follow today's answers, but a question that stays gets no further ones: they could be
    subtracted from its old figures.
    """
    if not before and not beside:
        return fresh
    names = pd.Index(sorted({name for release in (fresh, *before, *beside)
                             for name in release.contributions["organisation_id"].unique()}))
    clusters, kept, frozen = network_membership(organisations, names), set(), set()
    for release in (*before, *beside):
        parts = pd.concat([figures.loc[~figures["is_page"], "part"]
                           for figures in (fresh.figures, release.figures)])
        both = {*fresh.figures["part"]} & {*release.figures["part"]}
        parts = parts[~parts.index.duplicated() & parts.isin(both)]
        within = pd.concat([side.figures.get("within", pd.Series(dtype="str"))
                            for side in (fresh, release)])
        within = within[~within.index.duplicated()].reindex(parts.index, fill_value="")
        (today, now), (earlier, then) = (_with_complements(*_align(side, parts, names), within)
                                         for side in (fresh, release))
        places = today.groupby("key").indices
        for key in release.figures.loc[~release.figures["rule"].isin(HIDDEN_BASE_RULES), "key"].unique():
            rows = places.get(key, np.array([], dtype=int))
            is_same, is_enough = _compare(today.iloc[rows], earlier.iloc[rows], now[:, rows], then[:, rows],
                                          clusters, least)
            is_own = any(release is earlier_one for earlier_one in before)
            if is_enough or not is_own and (is_same or not len(rows)):
                continue
            kept.add(key)
            frozen |= {key} if not is_own or release is not before[-1] or not is_same else set()
    conditions = asked.loc[asked["asked_if"] != "", ["question_id", "asked_if"]].drop_duplicates()
    while more := set(_dependent_questions(conditions, frozen)) - frozen:
        frozen |= more
    kept |= frozen
    if not before:
        return fresh.only(~fresh.figures["key"].isin(kept) | fresh.figures["is_page"])
    last = before[-1].figures
    old = before[-1].only(~last["key"].isin(set(fresh.figures["key"]) - kept) & ~last["is_page"])
    seen = last.index[last["status"] != SUPPRESSED]
    is_told = fresh.figures["is_page"] & fresh.figures.index.isin(seen)
    return _combine(old, fresh.only(~fresh.figures["key"].isin(kept) | is_told))


def _combine(*parts: PublishedRelease) -> PublishedRelease:
    """Several releases, with figures of their own, as one."""
    ids = {c: union_categoricals([part.contributions[c].astype("category") for part in parts])
           for c in ("figure_id", "organisation_id")}
    numbers = pd.concat([part.contributions[["base", "counted"]] for part in parts], ignore_index=True)
    return PublishedRelease(pd.concat([part.figures for part in parts]), pd.DataFrame({**ids, **numbers}))


def apply_release(decisions: pd.DataFrame, fresh: PublishedRelease, issued: PublishedRelease) -> pd.DataFrame:
    """The decisions with the numbers of the release.

    A figure that its question did not have when it was published is hidden (rule ``frozen``).
    """
    ids = decisions["figure_id"]
    is_old = ids.isin(fresh.figures.index) & ids.isin(issued.figures.index)
    is_new = ids.isin(fresh.figures.index) & ~is_old & (decisions["status"] != SUPPRESSED)
    hidden = decisions.loc[is_new, ["figure_id"]].assign(
        status=SUPPRESSED, rule="frozen", band="", protects="")
    old = issued.figures.loc[ids[is_old]].reset_index().reindex(columns=DECISION_COLUMNS)
    old["protects"] = old["protects"].fillna("")  # earlier versions did not say it
    whole = pd.concat([decisions[~is_old & ~is_new], old, hidden]).set_index("figure_id")
    return whole.loc[ids].reset_index()[DECISION_COLUMNS].astype(decisions.dtypes)


def _dependent_questions(conditions: pd.DataFrame, frozen: set[str]) -> Iterator[str]:
    """The questions that were asked depending on the answer to a frozen one: their base would show it."""
    for question, condition in conditions.itertuples(index=False):
        if any(f"{one.name}/" in frozen for one in comparisons(parse_condition(condition))):
            yield f"{question}/"


def _compare(fresh: pd.DataFrame, issued: pd.DataFrame, now: np.ndarray, then: np.ndarray,
             clusters: scipy.sparse.csr_array, least: int) -> tuple[bool, bool]:
    """For the figures of a question: whether nobody changed; whether enough did, with no answer disclosed.

    In every group in which anybody changed, and in what is left outside the groups, enough must have."""
    both = (fresh["is_there"] & issued["is_there"]).to_numpy(bool)
    if not both.any():
        return False, False
    withdrawn = issued["size"].to_numpy(float) - then[0].sum(axis=1)
    low, high = (side.to_numpy(float, copy=True) for side in (fresh["low"] - issued["high"],
                                                              fresh["high"] - issued["low"]))
    adds_up = (fresh["adds_up"] & issued["adds_up"]).to_numpy(bool)
    is_same = True
    for at in fresh.groupby("part").indices.values():
        has_changed = (now != then)[:, at][:, both[at]].any(axis=(0, 1))
        if not has_changed.any() and not withdrawn[at].any():
            continue
        is_same = False
        if _independent(clusters, has_changed) < least:
            return False, False
        came, went = (part[0][np.ix_(at, has_changed)] for part in (now, then))
        known = np.sort((came + went) @ clusters[has_changed])[:, -COALITION:].sum(axis=1) + withdrawn[at]
        came, went = came.sum(axis=1), went.sum(axis=1) + withdrawn[at]
        # An organisation that left and had not said so counts like one that joined and says so.
        ends = low[at], high[at]
        if adds_up[at].all():
            ends = [side.ravel() for side in tighten_bounds(
                *(end[:, None] for end in ends), (came - went)[:1], is_partition=True)]
        if not (is_protected(ends[0] + went, ends[1] + went, came + went, known) | np.isnan(ends[0])).all():
            return False, False
    return is_same, not is_same


def _with_complements(figures: pd.DataFrame, wide: np.ndarray,
                within: pd.Series) -> tuple[pd.DataFrame, np.ndarray]:
    """The figures of :func:`_align` and, of each whole that is shown by group, what is outside the groups.

    ``within`` has the figure of which each one is a group."""
    places = figures.index.get_indexer(within)
    wholes = np.unique(places[places >= 0])
    if not len(wholes):
        return figures, wide
    is_part = (wholes[:, None] == places).astype(float)
    complements = figures.iloc[wholes].assign(adds_up=False).rename("complement of {}".format)
    complements["part"] = "complement of " + complements["part"]
    parts = figures[["size", "low", "high"]].astype(float).fillna(0).to_numpy()
    for name, other in (("size", 0), ("low", 2), ("high", 1)):
        complements[name] = complements[name].astype(float) - is_part @ parts[:, other]
    outside = wide[:, wholes] - np.einsum("wf,sfo->swo", is_part, wide)
    return pd.concat([figures, complements]), np.concatenate([wide, outside], axis=1)


def _independent(clusters: scipy.sparse.csr_array, are_meant: np.ndarray) -> int:
    """How many independent organisations are among those that are meant."""
    return int((clusters[are_meant].sum(axis=0) > 0).sum())


def _align(issued: PublishedRelease, parts: pd.Series, names: pd.Index) -> tuple[pd.DataFrame, np.ndarray]:
    """The figures with the ids of ``parts``, and their base and counted records: figures x organisations.

    An option that the release did not have is treated as a hidden one; its base is that of the other options.
    """
    ids = parts.index
    by_part = dict(zip(issued.figures["part"][::-1], issued.figures.index[::-1], strict=True))  # the first
    rows = issued.contributions[issued.contributions["figure_id"].isin(ids)]
    wide = np.zeros((2, len(ids), len(names)))
    at = ids.get_indexer(rows["figure_id"]), names.get_indexer(rows["organisation_id"])
    wide[:, *at] = rows[["base", "counted"]].to_numpy(float).T
    is_there = ids.isin(issued.figures.index)
    like = pd.Index(np.where(is_there, ids, parts.map(by_part)))
    wide[0] = wide[0, ids.get_indexer(like)]
    figures = issued.figures.loc[like].set_axis(ids).assign(is_there=is_there)
    figures["low"] = figures["low"].where(is_there, figures["low"] * 0)
    figures["high"] = figures["high"].where(is_there, figures["size"] + figures["high"] * 0)
    return figures, wide


def released_content(frames: Mapping[str, pd.DataFrame], audience: str) -> Iterator[pd.DataFrame]:
    """What an audience reads of the core's tables in addition to figures: quotations, questions and codes,
    and which blocks are hidden."""
    yield from (frames[name][frames[name]["audience"] == audience] for name in ("quotations", "blocks"))
    yield from (frames[name] for name in ("questions", "options", "codebook"))


def last_answered(organisations: pd.DataFrame, documents: pd.DataFrame) -> str:
    """The last day on which an organisation answered, in the survey, an interview or a call; blank if no day
    is recorded.

    >>> days = pd.DataFrame({"last_answered_on": ["2016-03-04", ""]})
    >>> last_answered(days, pd.DataFrame({"date": ["2016-09-21"]}))
    '2016-09-21'
    """
    return max(filter(is_iso_date, [*organisations["last_answered_on"], *documents["date"]]), default="")
