"""Releases to the convening and the public: what was shown, what may be shown next, and where both are kept.

Two releases can be subtracted from each other. :func:`next_release` takes the figures of today and all
earlier releases, and decides question by question whether the new figures may be published or the old ones
stay. Texts are compared block by block (:mod:`.blocks`). The store in ``private/releases/<audience>`` keeps
for each release its figures, its blocks, the organisations behind both, and the votes that it announced:
without it nothing prevents a new release from being subtracted from those already printed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals
from scipy.sparse import csr_array

from glc_analysis import tables
from glc_analysis.addons.convening.votes import visible_principles, without_roles_blank
from glc_analysis.cleaning.skip_logic import comparisons, parse
from glc_analysis.disclosure.blocks import LINES, PublishedBlocks, hidden_blocks, lines_of
from glc_analysis.disclosure.bounds import is_protected, network_membership, tighten_bounds
from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.countries import countries_shown
from glc_analysis.disclosure.quotations import READERS
from glc_analysis.disclosure.rules import KNOWN, Rules, may
from glc_analysis.disclosure.suppression import COLUMNS, NO_BASE, SHOWN, SUPPRESSED
from glc_analysis.errors import Fault, Faults
from glc_analysis.figures.contributors import Incidence, find_contributors
from glc_analysis.figures.discordance import MEASURE as DISCORDANCE
from glc_analysis.figures.estimates import ALL, is_whole
from glc_analysis.manifest import (
    CONTENT,
    ISSUE,
    missing_release,
    publish_next,
    read_slices,
    release_folders,
    release_info,
)
from glc_analysis.reference import read_reference
from glc_analysis.schema import is_day
from glc_analysis.study import Study
from glc_analysis.view.visible_tables import VisibleTables

# ------------------------------
# Which figures may be published next.
#
# A question is published again only as a whole, and only where its difference from every earlier release
# would pass as a figure that discloses nobody's answer. An organisation that withdrew is in no stored
# release; the size of a base, which is stored too, still shows how many records it had.


NEVER_PUBLISHED = ("team_only", "identifier", "cross_tabulation", "related", "numbers")
"""Rules that keep a figure from ever being published, whichever organisations contributed to it."""
COUNTRY = "country"
"""A kind of group, and the rule that hides what could name one."""

PACKING = 2 ** 32
"""More than the records of any organisation, so that base and counted records fit in one number."""


@dataclass(frozen=True)
class PublishedRelease:
    """The figures of one release, and the organisations that contributed to each of them.

    ``figures`` has, by estimate_id, the columns of a decision and ``key`` (the question or code), ``part``
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
        The rows of ``decisions``, ``estimates`` and ``incidence`` are the same figures in the same order.
        """
        kind, measure = estimates["subset_kind"].astype("str"), estimates["measure"].astype("str")
        is_seen, is_country = decisions["status"] != SUPPRESSED, kind == COUNTRY
        is_page = is_country & (not regions)
        is_unknown = is_country & ~(is_seen if regions else decisions["rule"] != COUNTRY)
        is_own = ~decisions["rule"].isin(NEVER_PUBLISHED) & ~is_unknown
        at = np.flatnonzero(is_own)
        question = incidence.facts["question_id"]
        asked = question.where(question != "", estimates["question_id"])
        key = asked.astype("str") + "/" + estimates["code_id"].astype("str")
        record = estimates["option_id"].where(measure == DISCORDANCE, "").astype("str")  # each has its base
        subset = (kind + "=" + estimates["subset_id"].astype("str")).where(kind != ALL, "")
        option = key + "/" + measure + "/" + estimates["option_id"].astype("str") + "/"
        parent = "region=" + estimates["subset_id"].astype("object").map(lambda one: regions.get(one, ""))
        is_above = (is_own & is_seen).to_numpy()
        ids = pd.Series(estimates["estimate_id"].astype("str").to_numpy(), option + subset)[is_above]
        ids = ids[~ids.index.duplicated()]
        within = (option + parent.where(is_country, "")).map(ids).fillna(option.map(ids))
        is_group = ~is_whole(estimates) & ~is_page & is_seen & (measure != "quality")
        part = key + "/" + measure + "/" + record + "/" + subset
        is_counted = is_own & (measure != "quality") & ~is_page & estimates["n"].notna()
        low, high, adds_up = _bounds_by_part(decisions, estimates, part[is_counted])
        figures = decisions.iloc[at].assign(
            key=key, part=part, is_page=is_page, within=within.where(is_group, "").fillna("").astype("str"),
            day=day, size=0, low=low[at], high=high[at], adds_up=adds_up[at])
        is_compared = ~is_page.to_numpy()[at]
        compared = at[is_compared]
        figures.loc[is_compared, "size"] = np.asarray(incidence.base[compared].sum(axis=1)).ravel()
        contributions = contributions_of(incidence, compared, figures.loc[is_compared, "estimate_id"])
        return cls(figures.set_index("estimate_id"), contributions)

    def only(self, is_kept: pd.Series) -> PublishedRelease:
        """The release with the figures that are kept, and no others."""
        ids = self.figures.index[is_kept]
        is_theirs = self.contributions["estimate_id"].isin(ids)
        return PublishedRelease(self.figures.loc[ids], self.contributions[is_theirs])


def contributions_of(incidence: Incidence, at: np.ndarray, ids: pd.Series) -> pd.DataFrame:
    """One row a figure (at these places, with these ids) and organisation: base and counted records."""
    both = (incidence.base[at] + incidence.counted[at].astype(np.int64) * PACKING).tocoo()
    counted, base = (records.astype(np.int32) for records in np.divmod(both.data, PACKING))
    return pd.DataFrame({"estimate_id": pd.Categorical.from_codes(both.row, ids),
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
    n, is_hidden = estimates["n"].astype(float), decisions["status"] != SHOWN
    low = decisions["shown_low"].astype(float).fillna(0)
    high = decisions["shown_high"].astype(float).fillna(estimates["base_n"].astype(float))
    return low.where(is_hidden, n).to_numpy(), high.where(is_hidden, n).to_numpy()


def next_release(fresh: PublishedRelease, asked: pd.DataFrame, before: Sequence[PublishedRelease],
                 organisations: pd.DataFrame, least: int) -> PublishedRelease:
    """The release to publish: the last one, with new figures where enough organisations changed.

    ``fresh`` has the figures of today, ``before`` all earlier releases, oldest first; ``asked`` has
    question_id, asked_if. A question (or code) gets new figures where, since each release that published it,
    at least ``least`` independent organisations joined, left or changed their answers, and where the
    differences disclose none of their answers, even to a reader who knows two of them and all that withdrew.
    A question that was never published is published, unless its base would disclose changes in a question
    that stays. The pages of countries follow today's answers, but a question that stays gets no further ones:
    they could be subtracted from its old figures.
    """
    if not before:
        return fresh
    names = pd.Index(sorted({name for one in (fresh, *before)
                             for name in one.contributions["organisation_id"].unique()}))
    clusters, kept, frozen = network_membership(organisations, names), set(), set()
    for one in before:
        parts = pd.concat([figures.loc[~figures["is_page"], "part"]
                           for figures in (fresh.figures, one.figures)])
        both = {*fresh.figures["part"]} & {*one.figures["part"]}
        parts = parts[~parts.index.duplicated() & parts.isin(both)]
        within = pd.concat([side.figures.get("within", pd.Series(dtype="str")) for side in (fresh, one)])
        within = within[~within.index.duplicated()].reindex(parts.index, fill_value="")
        (today, now), (earlier, then) = (_with_rests(*_align(side, parts, names), within)
                                         for side in (fresh, one))
        places = today.groupby("key").indices
        for key in one.figures.loc[~one.figures["rule"].isin(NO_BASE), "key"].unique():
            rows = places.get(key, np.array([], dtype=int))
            is_same, is_enough = _compare(today.iloc[rows], earlier.iloc[rows], now[:, rows], then[:, rows],
                                           clusters, least)
            if not is_enough:
                kept.add(key)
                frozen |= {key} if one is not before[-1] or not is_same else set()
    conditions = asked.loc[asked["asked_if"] != "", ["question_id", "asked_if"]].drop_duplicates()
    while more := set(_dependent_questions(conditions, frozen)) - frozen:
        frozen |= more
    kept |= frozen
    last = before[-1].figures
    old = before[-1].only(~last["key"].isin(set(fresh.figures["key"]) - kept) & ~last["is_page"])
    seen = last.index[last["status"] != SUPPRESSED]
    is_told = fresh.figures["is_page"] & fresh.figures.index.isin(seen)
    return _combine(old, fresh.only(~fresh.figures["key"].isin(kept) | is_told))


def _combine(*parts: PublishedRelease) -> PublishedRelease:
    """Several releases, with figures of their own, as one."""
    ids = {c: union_categoricals([part.contributions[c].astype("category") for part in parts])
           for c in ("estimate_id", "organisation_id")}
    numbers = pd.concat([part.contributions[["base", "counted"]] for part in parts], ignore_index=True)
    return PublishedRelease(pd.concat([part.figures for part in parts]), pd.DataFrame({**ids, **numbers}))


def apply_release(decisions: pd.DataFrame, fresh: PublishedRelease, issued: PublishedRelease) -> pd.DataFrame:
    """The decisions with the numbers of the release.

    A figure that its question did not have when it was published is hidden (rule ``frozen``).
    """
    ids = decisions["estimate_id"]
    is_old = ids.isin(fresh.figures.index) & ids.isin(issued.figures.index)
    is_new = ids.isin(fresh.figures.index) & ~is_old & (decisions["status"] != SUPPRESSED)
    hidden = decisions.loc[is_new, ["estimate_id"]].assign(status=SUPPRESSED, rule="frozen", band="")
    old = issued.figures.loc[ids[is_old]].reset_index().reindex(columns=COLUMNS)
    whole = pd.concat([decisions[~is_old & ~is_new], old, hidden]).set_index("estimate_id")
    return whole.loc[ids].reset_index()[COLUMNS].astype(decisions.dtypes)


def _dependent_questions(conditions: pd.DataFrame, frozen: set[str]) -> Iterator[str]:
    """The questions that were asked depending on the answer to a frozen one: their base would show it."""
    for question, condition in conditions.itertuples(index=False):
        if any(f"{one.name}/" in frozen for one in comparisons(parse(condition))):
            yield f"{question}/"


def _compare(fresh: pd.DataFrame, issued: pd.DataFrame, now: np.ndarray, then: np.ndarray,
             clusters: csr_array, least: int) -> tuple[bool, bool]:
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
        known = np.sort((came + went) @ clusters[has_changed])[:, -KNOWN:].sum(axis=1) + withdrawn[at]
        came, went = came.sum(axis=1), went.sum(axis=1) + withdrawn[at]
        # An organisation that left and had not said so counts like one that joined and says so.
        ends = low[at], high[at]
        if adds_up[at].all():
            ends = [side.ravel() for side in tighten_bounds(
                *(end[:, None] for end in ends), (came - went)[:1], is_partition=True)]
        if not (is_protected(ends[0] + went, ends[1] + went, came + went, known) | np.isnan(ends[0])).all():
            return False, False
    return is_same, not is_same


def _with_rests(figures: pd.DataFrame, wide: np.ndarray,
                within: pd.Series) -> tuple[pd.DataFrame, np.ndarray]:
    """The figures of :func:`_align` and, of each whole that is shown by group, what is outside the groups.

    ``within`` has the figure of which each one is a group."""
    within = figures.index.get_indexer(within)
    wholes = np.unique(within[within >= 0])
    if not len(wholes):
        return figures, wide
    is_part = (wholes[:, None] == within).astype(float)
    rests = figures.iloc[wholes].assign(adds_up=False).rename("rest of {}".format)
    rests["part"] = "rest of " + rests["part"]
    parts = figures[["size", "low", "high"]].astype(float).fillna(0).to_numpy()
    for name, other in (("size", 0), ("low", 2), ("high", 1)):
        rests[name] = rests[name].astype(float) - is_part @ parts[:, other]
    outside = wide[:, wholes] - np.einsum("wf,sfo->swo", is_part, wide)
    return pd.concat([figures, rests]), np.concatenate([wide, outside], axis=1)


def _independent(clusters: csr_array, are_meant: np.ndarray) -> int:
    """How many independent organisations are among those that are meant."""
    return int((clusters[are_meant].sum(axis=0) > 0).sum())


def _align(issued: PublishedRelease, parts: pd.Series, names: pd.Index) -> tuple[pd.DataFrame, np.ndarray]:
    """The figures with the ids of ``parts``, and their base and counted records: figures x organisations.

    An option that the release did not have is treated as a hidden one; its base is that of the other options.
    """
    ids, own = parts.index, issued.figures.reset_index().groupby("part")["estimate_id"].first()
    rows = issued.contributions[issued.contributions["estimate_id"].isin(ids)]
    wide = np.zeros((2, len(ids), len(names)))
    at = ids.get_indexer(rows["estimate_id"]), names.get_indexer(rows["organisation_id"])
    wide[:, *at] = rows[["base", "counted"]].to_numpy(float).T
    is_there = ids.isin(issued.figures.index)
    like = pd.Index(np.where(is_there, ids, parts.map(own)))
    wide[0] = wide[0, ids.get_indexer(like)]
    figures = issued.figures.loc[like].set_axis(ids).assign(is_there=is_there)
    figures["low"] = figures["low"].where(is_there, figures["low"] * 0)
    figures["high"] = figures["high"].where(is_there, figures["size"] + figures["high"] * 0)
    return figures, wide


# ------------------------------
# The store of releases, in private/releases: readable by its owner only, never by a notebook.
#
# Where the last release is missing, nothing is built until somebody has decided what to do.


PARTS = {"figures": "figures.parquet", "contributions": "behind.parquet"}
"""The tables of a release's figures, and the file of each."""
BLOCKS = {"sizes": "blocks.parquet", "lines": "lines.parquet"}
"""The tables of its blocks of text."""
ANNOUNCED = "votes.parquet"
"""The votes on agreed principles as this release told them."""
PRINTED = ("number", "day", "issued")
"""What the pages say about a release."""


def check_releases(study: Study) -> None:
    """Raises Faults where the last release to an audience is missing from the store, or where an earlier
    version kept releases that cannot be compared with new ones."""
    store = study.private / "releases"
    if old := sorted({*store.glob("[0-9]*"), *store.glob("next")}):
        raise Faults([Fault("was kept by an earlier version: new figures cannot be compared with it, and "
                            "could be subtracted from it", file=study.relative(one),
                            fix="tell readers that the public figures start again, then remove it")
                      for one in old])
    if name := missing_release(study.processed, study.private):
        audience, _, number = name.partition("/")
        raise Faults([Fault(f"release {int(number)} is missing from private/releases/{audience}: new figures "
                            "could be subtracted from those already published", file="private/releases",
                            fix="restore the folder from a backup. If it is lost for good, tell readers "
                            f"that the figures start again, and delete processed/ and reports/{audience}/")])


def prepare_release(study: Study, decisions: pd.DataFrame, frames: Mapping[str, pd.DataFrame],
                    incidence: Incidence, audience: str) -> tuple[pd.DataFrame, PublishedRelease]:
    """The decisions to publish and their release; ``decisions`` are those for today's figures."""
    answers = frames["answers"].astype({"country_id": "str", "region_id": "str"})
    regions = dict(zip(answers["country_id"], answers["region_id"], strict=True))
    settings, fresh = study.settings["disclosure"], PublishedRelease.of(
        decisions, frames["estimates"], incidence, Rules.of(study.settings["disclosure"], audience),
        _data_day(study, frames, audience), {} if may(audience, "country_pages") else regions)
    before = [PublishedRelease(*(pd.read_parquet(one / file) for file in PARTS.values()))
              for one in release_folders(study.private, audience)]
    issued = next_release(fresh, incidence.facts, before, frames["organisations"],
                          settings["reissue_change"] + KNOWN)
    return apply_release(decisions, fresh, issued), issued


def prepare_blocks(study: Study, lines: pd.DataFrame, organisations: pd.DataFrame, audience: str, *,
                   are_named: bool) -> set[str]:
    """The blocks to hide from an audience; ``lines`` are those of today (:func:`.blocks.lines_of`), and
    ``are_named`` says whether words carry names."""
    before = [PublishedBlocks(*(pd.read_parquet(one / file) for file in BLOCKS.values()))
              for one in release_folders(study.private, audience)]
    return hidden_blocks(lines, before, organisations,
                         study.settings["disclosure"]["reissue_change"] + KNOWN, are_named=are_named)


def announced_votes(study: Study, audience: str, earlier: Collection[str]) -> pd.DataFrame:
    """The votes on agreed principles as the last of the ``earlier`` releases told them (names such as
    ``public/001``); without rows before the first."""
    found = [one / ANNOUNCED for one in release_folders(study.private, audience)
             if f"{audience}/{one.name}" in earlier and (one / ANNOUNCED).is_file()]
    told = tables.shape("announced_votes", pd.read_parquet(found[-1]) if found else pd.DataFrame())
    return without_roles_blank(told)


def next_is_stored(study: Study, audience: str, inputs: str) -> bool:
    """Whether the store already holds the next release that a build from these inputs prepared."""
    new = study.private / "releases" / audience / "next"
    with suppress(OSError, ValueError):
        return release_info(new)["inputs"] == inputs and all(
            (new / file).is_file() for file in (*PARTS.values(), *BLOCKS.values()))
    return False


def store_release(study: Study, audience: str,
                  issued: Callable[[], tuple[PublishedRelease, PublishedBlocks]] | None,
                  frames: Mapping[str, pd.DataFrame], shown: Collection[str], inputs: str,
                  after: Collection[str]) -> dict[str, Any]:
    """Stores the next release to an audience, unless it says the same as the last one. Returns what the pages
    say about it.

    ``issued`` makes the release; None keeps the one that is already stored as the next. ``after`` names the
    releases that ``inputs`` rest on. A release is new where anything that the audience reads is different
    (:func:`_content`).
    """
    kept, new = release_folders(study.private, audience), study.private / "releases" / audience / "next"
    seen = frames[f"release_{audience}"].query("status != @SUPPRESSED").drop(columns="rule")
    content = [seen, *_content(frames, audience), pd.Series(sorted(shown), dtype="str")]
    digest = hashlib.sha256("".join(part.to_csv(index=False) for part in content).encode()).hexdigest()
    if kept and (kept[-1] / CONTENT).is_file() and (kept[-1] / CONTENT).read_text() == digest:
        shutil.rmtree(new, ignore_errors=True)
        said = release_info(kept[-1])
        return {name: said[name] for name in PRINTED}
    fresh = issued() if issued else None
    figures = fresh[0].figures if fresh else pd.read_parquet(new / PARTS["figures"])
    days = figures.loc[seen["estimate_id"], "day"]
    said = {"number": len(kept) + 1, "day": _data_day(study, frames, audience), "inputs": inputs,
            "after": [*after], "issued": days.value_counts().sort_index().to_dict()}
    if fresh:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        for whole, files in zip(fresh, (PARTS, BLOCKS), strict=True):
            for part, file in files.items():
                _write(getattr(whole, part), new / file)
    (new / ISSUE).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    (new / CONTENT).write_text(digest, encoding="utf-8")
    return {name: said[name] for name in PRINTED}


def forget_contents(study: Study) -> None:
    """Deletes the digests of what was published before a withdrawal: they could be compared with guesses at
    what was withdrawn. That of the last release stays where today's tables say the same."""
    for audience in READERS:
        kept = release_folders(study.private, audience)
        is_same = not (study.private / "releases" / audience / "next").is_dir()
        for release in kept[:-1] if is_same else kept:
            (release / CONTENT).unlink(missing_ok=True)


def publish(study: Study, audience: str) -> None:
    """Puts on record what an audience is about to see: the next release gets its number, and the votes on
    agreed principles count as announced. Raises OSError if there is no next release."""
    number = read_slices(study)["release"][audience]["number"]
    new = study.private / "releases" / audience / "next"
    if new.is_dir() and not (new.with_name(f"{number:03}")).exists():
        view = VisibleTables(study, audience)
        agreed = view.principle_rows.query("status == 'agreed'")["principle_id"]
        told = view.tallies[view.tallies["principle_id"].isin(agreed)]
        tables.shape("announced_votes", told.assign(audience=audience)).to_parquet(new / ANNOUNCED)
    publish_next(study.private, audience, number)


def _write(part: pd.DataFrame, path: Path) -> None:
    """Writes a table of a release; its ids as categories, without organisations that are in no row."""
    coded = {c: part[c].astype("category").cat.remove_unused_categories()
             for c in ("estimate_id", "organisation_id") if c in part}
    part.assign(**coded).to_parquet(path, compression="zstd")


def _content(frames: Mapping[str, pd.DataFrame], audience: str) -> Iterator[pd.DataFrame]:
    """What an audience reads in addition to figures: quotations, questions and codes, the principles that it
    may read with their evidence, judgements, votes and signatures, and which blocks are hidden."""
    yield from (frames[name][frames[name]["audience"] == audience] for name in ("quotations", "blocks"))
    yield from (frames[name] for name in ("questions", "options", "codebook"))
    principles = frames["principles"]
    shown = visible_principles(principles, audience)["principle_id"]
    shown = principles[principles["principle_id"].isin(shown) & principles["is_current"]]
    yield shown
    for name in ("evidence", "judgements", "tallies", "signoffs"):
        yield frames[name][frames[name]["principle_id"].isin(shown["principle_id"])]
    if may(audience, "joint_display"):
        yield from (frames[name] for name in ("joint_display", "decision_log", "parking_lot"))


def last_answered(organisations: pd.DataFrame, documents: pd.DataFrame) -> str:
    """The last day on which an organisation answered, in the survey, an interview or a call; blank if no day
    is recorded.

    >>> days = pd.DataFrame({"last_answered_on": ["2016-03-04", ""]})
    >>> last_answered(days, pd.DataFrame({"date": ["2016-09-21"]}))
    '2016-09-21'
    """
    return max(filter(is_day, [*organisations["last_answered_on"], *documents["date"]]), default="")


def _data_day(study: Study, frames: Mapping[str, pd.DataFrame], audience: str) -> str:
    """The day of the data: of the last answer, or of an earlier release where that is later."""
    days = [last_answered(frames["organisations"], frames["documents"]),
            *(release_info(one)["day"] for one in release_folders(study.private, audience))]
    return max(filter(is_day, days), default="")


def remove_from_releases(study: Study, ids: Collection[str]) -> pd.DataFrame:
    """Removes organisations, people and what was theirs from every stored release, by their ids, except
    for what the built study still holds of them.

    Figures that were published stay as they are; a block of text that had a line of theirs is hidden. Returns
    one row a release that they were in: kind, where, what.
    """
    rows, kept = [], [one for audience in READERS for one in release_folders(study.private, audience)]
    if kept:
        frames = {name: tables.read(name, study=study) for name in tables.TABLES}
        estimates = frames["estimates"]["estimate_id"]
        lines = {audience: _lines_today(study, frames, audience) for audience in READERS}
        incidence = find_contributors(frames)
    for release in kept:
        path, figures = release / PARTS["contributions"], pd.read_parquet(release / PARTS["figures"])
        contributions = pd.read_parquet(path)
        at = np.flatnonzero(estimates.isin(contributions["estimate_id"].cat.categories))
        still = contributions_of(incidence, at, estimates.iloc[at])
        is_still = pd.MultiIndex.from_frame(contributions).isin(pd.MultiIndex.from_frame(still))
        is_gone = contributions["organisation_id"].isin([*ids]) & ~is_still
        if is_gone.any():
            _write(contributions[~is_gone], path)
        blocks = _remove_lines(release / BLOCKS["lines"], ids, lines[release.parent.name])
        if is_gone.any() or blocks:
            n = (figures.loc[contributions.loc[is_gone, "estimate_id"], "status"] != SUPPRESSED).sum()
            rows.append(("release", study.relative(release), f"until enough organisations have changed, {n} "
                         f"published figures stay as they are; hidden blocks of text: {len(blocks)}"))
    return pd.DataFrame(rows, columns=["kind", "where", "what"], dtype="str")


def _lines_today(study: Study, frames: Mapping[str, pd.DataFrame], audience: str) -> pd.DataFrame:
    reference, own, settings = read_reference(study), frames["organisations"], study.settings["disclosure"]
    known = countries_shown(frames["answers"], own, Consent.of(reference.consent), settings)
    return lines_of(frames, reference.quotes, reference.codebook, reference.raters,
                    known["shown"][audience], known["shown_home"][audience], audience=audience)


def _remove_lines(path: Path, ids: Collection[str], today: pd.DataFrame) -> set[str]:
    """Removes the lines of these ids that are not among those of today from the blocks of a release; returns
    the blocks that had some."""
    lines, gone = pd.read_parquet(path).astype("str"), {*ids}
    is_theirs = pd.Series([not gone.isdisjoint([row.organisation_id, *row.line.split("/")])
                           for row in lines.itertuples()], index=lines.index, dtype=bool)
    is_gone = is_theirs & ~pd.MultiIndex.from_frame(lines).isin(pd.MultiIndex.from_frame(today[LINES]))
    if is_gone.any():
        _write(lines[~is_gone].reset_index(drop=True), path)
    return {*lines.loc[is_gone, "block_id"]}
