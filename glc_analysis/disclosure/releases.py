"""Public releases: what was published, what may be published next, and where both are kept.

Two releases can be subtracted from each other. :func:`next_release` takes the figures of today and all
earlier releases, and decides question by question whether the new figures may be published or the old ones
stay. The store in ``private/releases`` keeps for each release its figures and the organisations that
contributed to each of them: without it nothing prevents new figures from being subtracted from those already
printed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals
from scipy.sparse import csr_array

from glc_analysis import tables
from glc_analysis.cleaning.skip_logic import comparisons, parse
from glc_analysis.disclosure.bounds import is_protected, network_membership, tighten_bounds
from glc_analysis.disclosure.rules import KNOWN, Rules
from glc_analysis.disclosure.suppression import BANDED, COLUMNS, NO_BASE, SHOWN, SUPPRESSED
from glc_analysis.errors import Fault, Faults
from glc_analysis.evidence.contributors import Incidence, find_contributors
from glc_analysis.evidence.estimates import ALL
from glc_analysis.evidence.quality import MEASURE as DISCORDANCE
from glc_analysis.manifest import ISSUE, missing_release, release_folders, release_info
from glc_analysis.schema.checker import is_day
from glc_analysis.study import Study

# ------------------------------
# Which figures may be published next.
#
# A question is published again only as a whole, and only where its difference from every earlier release
# would pass as a figure that discloses nobody's answer. An organisation that withdrew is in no stored
# release; the size of a base, which is stored too, still shows how many records it had.


NEVER_PUBLISHED = ("team_only", "identifier", "cross_tabulation", "related", "numbers")
"""Rules that keep a figure from ever being published, whichever organisations contributed to it."""

PACKING = 2 ** 32
"""More than the records of any organisation, so that base and counted records fit in one number."""


@dataclass(frozen=True)
class PublishedRelease:
    """The study-wide figures of one release, and the organisations that contributed to each of them.

    ``figures`` has, by estimate_id, the columns of a decision and ``key`` (the question or code), ``part``
    (the figures on the same base), ``day`` (of the data), ``size`` (records in the base), ``low`` and
    ``high`` (the bounds of the count that a reader can work out) and ``adds_up`` (whether the options add up
    to the base). ``contributions`` has one row a figure and organisation: its records in the base, and those
    counted.
    """

    figures: pd.DataFrame
    contributions: pd.DataFrame

    @classmethod
    def of(cls, decisions: pd.DataFrame, estimates: pd.DataFrame, incidence: Incidence, rules: Rules,
           day: str) -> PublishedRelease:
        """The release of today's figures, by the decisions of :func:`.suppression.decide`.

        The rows of ``decisions``, ``estimates`` and ``incidence`` are the same figures in the same order.
        """
        is_own = (estimates["subset_kind"] == ALL) & ~decisions["rule"].isin(NEVER_PUBLISHED)
        at = np.flatnonzero(is_own)
        question = incidence.facts["question_id"]
        asked = question.where(question != "", estimates["question_id"])
        key, measure = asked.astype("str") + "/" + estimates["code_id"].astype("str"), estimates["measure"]
        record = estimates["option_id"].where(measure == DISCORDANCE, "").astype("str")  # each has its base
        figures = decisions.iloc[at].assign(
            key=key, part=key + "/" + measure.astype("str") + "/" + record, day=day,
            size=np.asarray(incidence.base[at].sum(axis=1)).ravel(), low=np.nan, high=np.nan, adds_up=False)
        is_counted = is_own & (measure != "quality") & estimates["n"].notna()
        for _, rows in estimates[is_counted].groupby(figures["part"], observed=True):
            known = [_bounds(*one, rules) for one in zip(
                decisions["status"][rows.index], rows["n"], rows["base_n"], strict=True)]
            base = rows["base_n"].to_numpy(int)[:1]
            is_partition = len(rows) > 1 and rows["n"].sum() == base[0]
            low, high = tighten_bounds(*np.array(known, dtype=int).T[..., None], base,
                                       is_partition=is_partition)
            figures.loc[rows.index, ["low", "high"]] = np.hstack([low, high])
            figures.loc[rows.index, "adds_up"] = is_partition
        contributions = contributions_of(incidence, at, figures["estimate_id"])
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


def _bounds(status: str, n: int, base: int, rules: Rules) -> tuple[int, int]:
    """The least and the most that a count can be for a reader, by what is shown of it."""
    return (n, n) if status == SHOWN else rules.band(n, base)[1:] if status == BANDED else (0, base)


def next_release(fresh: PublishedRelease, asked: pd.DataFrame, before: Sequence[PublishedRelease],
                 organisations: pd.DataFrame, least: int) -> PublishedRelease:
    """The release to publish: the last one, with new figures where enough organisations changed.

    ``fresh`` has the figures of today, ``before`` all earlier releases, oldest first; ``asked`` has
    question_id, asked_if. A question (or code) gets new figures where, since each release that published it,
    at least ``least`` independent organisations joined, left or changed their answers, and where the
    differences disclose none of their answers, even to a reader who knows two of them and all that withdrew.
    A question that was never published is published, unless its base would disclose changes in a question
    that stays.
    """
    if not before:
        return fresh
    names = pd.Index(sorted({name for one in (fresh, *before)
                             for name in one.contributions["organisation_id"].unique()}))
    clusters, kept, frozen = network_membership(organisations, names), set(), set()
    for one in before:
        parts = pd.concat([fresh.figures["part"], one.figures["part"]])
        both = {*fresh.figures["part"]} & {*one.figures["part"]}
        parts = parts[~parts.index.duplicated() & parts.isin(both)]
        (today, now), (earlier, then) = _align(fresh, parts, names), _align(one, parts, names)
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
    old = before[-1].only(~before[-1].figures["key"].isin(set(fresh.figures["key"]) - kept))
    return _combine(old, fresh.only(~fresh.figures["key"].isin(kept)))


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
    old = issued.figures.loc[ids[is_old]].reset_index()
    whole = pd.concat([decisions[~is_old & ~is_new], old, hidden]).set_index("estimate_id")
    return whole.loc[ids].reset_index()[COLUMNS].astype(decisions.dtypes)


def _dependent_questions(conditions: pd.DataFrame, frozen: set[str]) -> Iterator[str]:
    """The questions that were asked depending on the answer to a frozen one: their base would show it."""
    for question, condition in conditions.itertuples(index=False):
        if any(f"{one.name}/" in frozen for one in comparisons(parse(condition))):
            yield f"{question}/"


def _compare(fresh: pd.DataFrame, issued: pd.DataFrame, now: np.ndarray, then: np.ndarray,
              clusters: csr_array, least: int) -> tuple[bool, bool]:
    """For the figures of a question: whether nobody changed; whether enough did, with no answer disclosed."""
    both = (fresh["is_there"] & issued["is_there"]).to_numpy(bool)
    if not both.any():
        return False, False
    withdrawn = issued["size"].to_numpy(float) - then[0].sum(axis=1)
    has_changed = (now != then)[:, both].any(axis=(0, 1))
    if (clusters[has_changed].sum(axis=0) > 0).sum() < least:
        return not has_changed.any() and not withdrawn.any(), False
    came, went = (part[0][:, has_changed] for part in (now, then))
    known = np.sort((came + went) @ clusters[has_changed])[:, -KNOWN:].sum(axis=1) + withdrawn
    came, went = came.sum(axis=1), went.sum(axis=1) + withdrawn
    # An organisation that left and had not said so counts like one that joined and says so.
    low, high = (side.to_numpy(float, copy=True) for side in (fresh["low"] - issued["high"],
                                                              fresh["high"] - issued["low"]))
    adds_up = (fresh["adds_up"] & issued["adds_up"]).to_numpy(bool)
    for at in fresh.groupby("part").indices.values():
        if adds_up[at].all():
            low[at], high[at] = (side.ravel() for side in tighten_bounds(
                low[at, None], high[at, None], (came - went)[at][:1], is_partition=True))
    return False, bool((is_protected(low + went, high + went, came + went, known) | np.isnan(low)).all())


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
# The store of public releases, in private/releases: readable by its owner only, never by a notebook.
#
# Where the last release is missing, nothing is built until somebody has decided what to do.


PARTS = {"figures": "figures.parquet", "contributions": "behind.parquet"}
"""The tables of a release, and the file of each."""
AUDIENCE = "public"
PRINTED = ("number", "day", "issued")
"""What the pages say about a release."""


def prepare_release(study: Study, decisions: pd.DataFrame, frames: Mapping[str, pd.DataFrame],
                    incidence: Incidence) -> tuple[pd.DataFrame, PublishedRelease]:
    """The decisions to publish and the release they belong to; ``decisions`` are those for today's figures.

    Raises Faults where the last release is missing from the store.
    """
    if number := missing_release(study.processed, study.private):
        raise Faults([Fault(f"release {number} is missing from private/releases: new figures could be "
                            "subtracted from those already published", file="private/releases",
                            fix="restore the folder from a backup. If it is lost for good, tell readers "
                            "that the figures start again, and delete processed/ and reports/public/")])
    settings, fresh = study.settings["disclosure"], PublishedRelease.of(
        decisions, frames["estimates"], incidence, Rules.of(study.settings["disclosure"], AUDIENCE),
        _data_day(study, frames))
    before = [PublishedRelease(*(pd.read_parquet(one / file) for file in PARTS.values()))
              for one in release_folders(study.private)]
    issued = next_release(fresh, incidence.facts, before, frames["organisations"],
                          settings["reissue_change"] + KNOWN)
    return apply_release(decisions, fresh, issued), issued


def next_is_stored(study: Study, inputs: str) -> bool:
    """Whether the store already holds the next release that a build from these inputs prepared."""
    new = study.private / "releases" / "next"
    with suppress(OSError, ValueError):
        return release_info(new)["inputs"] == inputs and all(
            (new / file).is_file() for file in PARTS.values())
    return False


def store_release(study: Study, issued: Callable[[], PublishedRelease] | None,
                  frames: Mapping[str, pd.DataFrame],
         shown: Collection[str], inputs: str) -> dict[str, Any]:
    """Stores the next release, unless it says the same as the last one. Returns what the pages say about it.

    ``issued`` makes the release; None keeps the one that is already stored as the next. A release is new
    where anything that the public reads is different (:func:`_public_content`).
    """
    kept, new = release_folders(study.private), study.private / "releases" / "next"
    seen = frames["release_public"].query("status != @SUPPRESSED").drop(columns="rule")
    content = [seen, *_public_content(frames), pd.Series(sorted(shown), dtype="str")]
    digest = hashlib.sha256("".join(part.to_csv(index=False) for part in content).encode()).hexdigest()
    if kept and (said := release_info(kept[-1]))["content"] == digest:
        shutil.rmtree(new, ignore_errors=True)
        return {name: said[name] for name in PRINTED}
    fresh = issued() if issued else None
    figures = fresh.figures if fresh else pd.read_parquet(new / PARTS["figures"])
    days = figures.loc[seen["estimate_id"], "day"]
    said = {"number": len(kept) + 1, "day": _data_day(study, frames), "content": digest, "inputs": inputs,
            "issued": days.value_counts().sort_index().to_dict()}
    if fresh:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        for part, file in PARTS.items():
            _write(getattr(fresh, part), new / file)
    (new / ISSUE).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    return {name: said[name] for name in PRINTED}


def _write(part: pd.DataFrame, path: Path) -> None:
    """Writes a table of a release; its ids as categories, without organisations that are in no row."""
    coded = {c: part[c].astype("category").cat.remove_unused_categories()
             for c in ("estimate_id", "organisation_id") if c in part}
    part.assign(**coded).to_parquet(path, compression="zstd")


def _public_content(frames: Mapping[str, pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """What the public reads in addition to figures: quotations, questions and codes, and of agreed principles
    their texts, evidence, judgements, votes and signatures."""
    yield frames["quotations"].query("audience == @AUDIENCE")
    yield from (frames[name] for name in ("questions", "options", "codebook"))
    agreed = frames["principles"].query("status == 'agreed' and is_current")
    yield agreed
    for name in ("evidence", "judgements", "tallies", "signoffs"):
        yield frames[name][frames[name]["principle_id"].isin(agreed["principle_id"])]


def last_answered(organisations: pd.DataFrame, documents: pd.DataFrame) -> str:
    """The last day on which an organisation answered, in the survey, an interview or a call; blank if no day
    is recorded.

    >>> days = pd.DataFrame({"answered_on": ["2016-03-04", ""]})
    >>> last_answered(days, pd.DataFrame({"date": ["2016-09-21"]}))
    '2016-09-21'
    """
    return max(filter(is_day, [*organisations["answered_on"], *documents["date"]]), default="")


def _data_day(study: Study, frames: Mapping[str, pd.DataFrame]) -> str:
    """The day of the data: of the last answer, or of an earlier release where that is later."""
    days = [last_answered(frames["organisations"], frames["documents"]),
            *(release_info(one)["day"] for one in release_folders(study.private))]
    return max(filter(is_day, days), default="")


def remove_from_releases(study: Study, organisation_id: str) -> pd.DataFrame:
    """Removes an organisation from every stored release, except for what the built study still holds of it.

    What was published stays as it is. Returns one row a release that it was in: kind, where, what.
    """
    rows, kept = [], release_folders(study.private)
    if kept:
        frames = {name: tables.read(name, study=study) for name in tables.TABLES}
        ids = frames["estimates"]["estimate_id"]
    for release in kept:
        path, figures = release / PARTS["contributions"], pd.read_parquet(release / PARTS["figures"])
        contributions = pd.read_parquet(path)
        at = np.flatnonzero(ids.isin(figures.index))
        still = contributions_of(find_contributors(frames), at, ids.iloc[at])
        is_still = pd.MultiIndex.from_frame(contributions).isin(pd.MultiIndex.from_frame(still))
        is_gone = (contributions["organisation_id"] == organisation_id) & ~is_still
        if is_gone.any():
            _write(contributions[~is_gone], path)
            n = (figures.loc[contributions.loc[is_gone, "estimate_id"], "status"] != SUPPRESSED).sum()
            rows.append(("release", study.relative(release), f"{n} published figures that it contributed "
                         "to stay as they are until enough organisations have changed"))
    return pd.DataFrame(rows, columns=["kind", "where", "what"], dtype="str")
