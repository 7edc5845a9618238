"""Decides which figures the next release to the convening or the public may show, given the earlier releases.

Readers can subtract the figures of one release from those of another. :func:`decide_next_release` compares
today's figures with all earlier releases, and decides for each question whether its new figures are published
or its old figures remain. Texts of two releases are compared block by block (:mod:`.blocks`). Earlier
releases are stored by :mod:`glc_analysis.release_store`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
import scipy
from pandas.api.types import union_categoricals

from glc_analysis.cleaning.skip_logic import iterate_comparisons, parse_condition
from glc_analysis.disclosure.bounds import is_protected, make_independent_organisation_matrix, tighten_bounds
from glc_analysis.disclosure.rules import COALITION
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
"""If one of these rules hides a figure, the figure can never be published, whichever organisations
contributed to it."""
_COUNTRY = "country"
"""The word for countries in the column with the kind of group; also the name of the rule that hides figures
which could name a country."""

_PACKING = 2 ** 32
"""A number larger than the number of records of any organisation, so that the numbers of records in the base
and of counted records can be stored in one number."""


@dataclass(frozen=True)
class PublishedRelease:
    """The figures of one release, and the organisations that contributed to each figure.

    ``figures`` has one row per figure, indexed by figure_id, with the columns of a decision (status, rule and
    numbers that may be shown) and these columns:

    - ``key``: the question or code of the figure;
    - ``part``: a text that is the same for all figures with the same base;
    - ``within``: for a figure of a group, the figure_id of the larger figure of which it is a part; blank for
      other figures;
    - ``is_page``: whether the figure belongs to a country page;
    - ``day``: the date of the data in the figure;
    - ``size``: the number of records in the base of the figure;
    - ``low``, ``high``: the bounds that a reader can work out for the count;
    - ``adds_up``: whether the counts of the options add up to the base.

    ``contributions`` has one row per figure and organisation, with the number of the organisation's records
    in the base, and the number of these records that the figure counts. Figures of a country page have
    neither bounds nor contributions, because the country's organisations agreed that the page shows their
    answers.
    """

    figures: pd.DataFrame
    contributions: pd.DataFrame

    @classmethod
    def from_decisions(cls, decisions: pd.DataFrame, estimates: pd.DataFrame, incidence: Incidence, day: str,
                       regions: Mapping[str, str] = MappingProxyType({})) -> PublishedRelease:
        """Returns the release of today's figures, given the decisions that :func:`.suppression.decide`
        returns.

        ``regions`` maps each country whose figures may be in the release to its region. If ``regions`` is
        empty, figures by country count as figures of country pages. The rows of ``decisions``, ``estimates``
        and ``incidence`` must be about the same figures, in the same order.
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
        contributions = count_base_and_counted_by_contributor(incidence, compared,
                                                              figures.loc[is_compared, "figure_id"])
        return cls(figures.set_index("figure_id"), contributions)

    def select_figures(self, is_kept: pd.Series) -> PublishedRelease:
        """Returns the release with only those figures for which ``is_kept`` is true."""
        ids = self.figures.index[is_kept]
        is_theirs = self.contributions["figure_id"].isin(ids)
        return PublishedRelease(self.figures.loc[ids], self.contributions[is_theirs])


def count_base_and_counted_by_contributor(incidence: Incidence, positions: np.ndarray,
                                          ids: pd.Series) -> pd.DataFrame:
    """Returns one row per figure and organisation, with the number of the organisation's records in the base,
    and the number of these records that the figure counts. ``positions`` has the positions of the figures,
    and ``ids`` has their figure_ids."""
    both = (incidence.base[positions] + incidence.counted[positions].astype(np.int64) * _PACKING).tocoo()
    counted, base = (records.astype(np.int32) for records in np.divmod(both.data, _PACKING))
    return pd.DataFrame({"figure_id": pd.Categorical.from_codes(both.row, ids),
                         "organisation_id": pd.Categorical.from_codes(both.col, incidence.organisations),
                         "base": base, "counted": counted})


def _bounds_by_part(decisions: pd.DataFrame, estimates: pd.DataFrame,
                    parts: pd.Series) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns, for every figure, the bounds that a reader can work out for its count. The function also
    returns whether the counts of the figure's part (all figures with the same base) add up to the base.

    A reader works out the bounds from what is shown of the figure and of the other figures with the same
    base. ``parts`` has the part of each count; a figure that is not in ``parts`` gets no bounds.
    """
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
    """Returns the smallest and the largest possible value of each count, given only what readers see of this
    count."""
    n, is_hidden = estimates["n"].astype(float), decisions["status"] != EXACT
    low = decisions["shown_low"].astype(float).fillna(0)
    high = decisions["shown_high"].astype(float).fillna(estimates["base_n"].astype(float))
    return low.where(is_hidden, n).to_numpy(), high.where(is_hidden, n).to_numpy()


def decide_next_release(fresh: PublishedRelease, question_conditions: pd.DataFrame,
                        before: Sequence[PublishedRelease],
                        organisations: pd.DataFrame, least: int,
                        other_audience_releases: Sequence[PublishedRelease] = ()) -> PublishedRelease:
    """Returns the release to publish. It has the figures of the last release, and today's figures for each
    question for which enough organisations joined, left or changed their answers.

    - ``fresh`` has today's figures, and ``before`` has all earlier releases, oldest first.
    - ``other_audience_releases``: the releases to the other audience, because the same people may
      read the releases to both audiences.
    - ``question_conditions``: a frame with the columns question_id and asked_if (the condition on which the
      question is asked).

    The new figures of a question (or code) are compared with each earlier release that published the
    question. The question gets new figures if these two conditions hold in each comparison:

    - At least ``least`` independent organisations joined, left or changed their answers.
    - The differences disclose no answer of these organisations, even to a reader who knows two of the
      organisations and all organisations that withdrew.

    If one of the conditions does not hold, the question keeps its old figures. If the new figures differ from
    a release to the other audience, the two conditions must also hold in the comparison with that release. A
    question that was never published is now published, except if its base would disclose changes in a
    question that keeps its old figures. Country pages show today's answers rather than the answers of the
    last release. Country pages show no new figures of a question that keeps its old figures, because readers
    could subtract the new figures from the old ones.
    """
    if not before and not other_audience_releases:
        return fresh
    names = pd.Index(sorted({name for release in (fresh, *before, *other_audience_releases)
                             for name in release.contributions["organisation_id"].unique()}))
    clusters, kept, frozen = make_independent_organisation_matrix(organisations, names), set(), set()
    for release in (*before, *other_audience_releases):
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
    conditions = question_conditions.loc[question_conditions["asked_if"] != "",
                                         ["question_id", "asked_if"]].drop_duplicates()
    while more := set(_dependent_questions(conditions, frozen)) - frozen:
        frozen |= more
    kept |= frozen
    if not before:
        return fresh.select_figures(~fresh.figures["key"].isin(kept) | fresh.figures["is_page"])
    last = before[-1].figures
    old = before[-1].select_figures(~last["key"].isin(set(fresh.figures["key"]) - kept) & ~last["is_page"])
    seen = last.index[last["status"] != SUPPRESSED]
    is_told = fresh.figures["is_page"] & fresh.figures.index.isin(seen)
    return _combine(old, fresh.select_figures(~fresh.figures["key"].isin(kept) | is_told))


def _combine(*parts: PublishedRelease) -> PublishedRelease:
    """Returns several releases joined into one; no figure may be in more than one of them."""
    ids = {c: union_categoricals([part.contributions[c].astype("category") for part in parts])
           for c in ("figure_id", "organisation_id")}
    numbers = pd.concat([part.contributions[["base", "counted"]] for part in parts], ignore_index=True)
    return PublishedRelease(pd.concat([part.figures for part in parts]), pd.DataFrame({**ids, **numbers}))


def take_numbers_from_next_release(decisions: pd.DataFrame, fresh: PublishedRelease,
                                   next_release: PublishedRelease) -> pd.DataFrame:
    """Returns the decisions with the numbers of the release that is published (``next_release``).

    A figure is hidden (rule ``frozen``) if its question keeps its old figures and the old figures do not
    include this figure.
    """
    ids = decisions["figure_id"]
    is_old = ids.isin(fresh.figures.index) & ids.isin(next_release.figures.index)
    is_new = ids.isin(fresh.figures.index) & ~is_old & (decisions["status"] != SUPPRESSED)
    hidden = decisions.loc[is_new, ["figure_id"]].assign(
        status=SUPPRESSED, rule="frozen", band="", protects="")
    old = next_release.figures.loc[ids[is_old]].reset_index().reindex(columns=DECISION_COLUMNS)
    old["protects"] = old["protects"].fillna("")  # releases of earlier versions do not have this column
    whole = pd.concat([decisions[~is_old & ~is_new], old, hidden]).set_index("figure_id")
    return whole.loc[ids].reset_index()[DECISION_COLUMNS].astype(decisions.dtypes)


def _dependent_questions(conditions: pd.DataFrame, frozen: set[str]) -> Iterator[str]:
    """Yields the questions that were asked only after certain answers to a frozen question, which is a
    question that keeps its old figures. The base of a dependent question would show how many organisations
    gave the answers on which the question depends."""
    for question, condition in conditions.itertuples(index=False):
        if any(f"{one.name}/" in frozen for one in iterate_comparisons(parse_condition(condition))):
            yield f"{question}/"


def _compare(fresh: pd.DataFrame, issued: pd.DataFrame, now: np.ndarray, then: np.ndarray,
             clusters: scipy.sparse.csr_array, least: int) -> tuple[bool, bool]:
    """Compares today's figures of one question with the figures of an earlier release.

    Returns two booleans: whether no figure changed, and whether the change may be published. A change means
    that an organisation joined, left or changed its answer. The change may be published if enough
    organisations changed in every group in which at least one organisation changed, and if no answer of these
    organisations is disclosed. The complement, which consists of the organisations outside all shown groups,
    counts as a group as well."""
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
        # In the differences, an organisation that left and had not given an answer counts like one that
        # joined and gives this answer.
        ends = low[at], high[at]
        if adds_up[at].all():
            ends = [side.ravel() for side in tighten_bounds(
                *(end[:, None] for end in ends), (came - went)[:1], is_partition=True)]
        if not (is_protected(ends[0] + went, ends[1] + went, came + went, known) | np.isnan(ends[0])).all():
            return False, False
    return is_same, not is_same


def _with_complements(figures: pd.DataFrame, wide: np.ndarray,
                within: pd.Series) -> tuple[pd.DataFrame, np.ndarray]:
    """Returns the figures of :func:`_align` and, for each figure that is shown by group, an additional
    figure: its complement.

    The complement of a figure is the part of the figure that is outside the groups by which the figure is
    shown. ``within`` has, for each figure of a group, the larger figure of which this figure is a part."""
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
    """Returns the number of independent organisations among the organisations that ``are_meant`` marks."""
    return int((clusters[are_meant].sum(axis=0) > 0).sum())


def _align(issued: PublishedRelease, parts: pd.Series, names: pd.Index) -> tuple[pd.DataFrame, np.ndarray]:
    """Returns the figures of ``issued`` whose ids are in the index of ``parts``. Also returns two matrices of
    figures x organisations: the numbers of records in the base, and the numbers of counted records.

    An option that the earlier release did not have is treated as a hidden option with the base of the other
    options.
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


def select_released_tables_besides_figures(frames: Mapping[str, pd.DataFrame],
                                           audience: str) -> Iterator[pd.DataFrame]:
    """Yields the core's tables that an audience reads in addition to figures: the quotations for the
    audience, the table of blocks hidden from the audience, the questions, the options of questions and the
    codes."""
    yield from (frames[name][frames[name]["audience"] == audience] for name in ("quotations", "blocks"))
    yield from (frames[name] for name in ("questions", "options", "codebook"))


def find_last_day_answered(organisations: pd.DataFrame, documents: pd.DataFrame) -> str:
    """Returns the last day on which any organisation answered in the survey, in an interview or in a call;
    blank if no day is recorded.

    >>> days = pd.DataFrame({"last_answered_on": ["2016-03-04", ""]})
    >>> find_last_day_answered(days, pd.DataFrame({"date": ["2016-09-21"]}))
    '2016-09-21'
    """
    return max(filter(is_iso_date, [*organisations["last_answered_on"], *documents["date"]]), default="")
