"""Public releases: what was published, what may be published next, and how both are stored."""

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

from glc_analysis import manifest, tables
from glc_analysis.cleaning.skip_logic import comparisons, parse
from glc_analysis.disclosure.bounds import clusters_of, is_open, squeeze
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
# Public figures stay as they were issued until enough organisations changed to hide each of them.
#
# Two releases can be subtracted. So what was issued is kept beside who stood behind it on that day
# (:mod:`glc_analysis.disclosure.releases`), and a question is issued anew only as a whole, and only where
# its difference from every earlier release would itself be a figure that tells nobody's answer. An
# organisation that withdrew is in no kept release; that it is missing from the base is seen by the sum.


UNTOLD = ("team_only", "identifier", "cross_tabulation", "related", "numbers")
"""Rules by which a figure is never issued, whoever stands behind it."""

MANY = 2 ** 32
"""More records than an organisation has: two numbers of them are kept in one."""


@dataclass(frozen=True)
class Issued:
    """Study-wide figures as they were issued, and who stood behind each of them then.

    ``figures`` has by estimate_id the columns of a decision and ``key`` (the question or code), ``part``
    (those on one base), ``day`` (of its data), ``size`` (records in its base), ``low`` and ``high`` (what
    follows of its count) and ``adds_up`` (the options do). ``behind`` has a row a figure
    and organisation: base and counted records.
    """

    figures: pd.DataFrame
    behind: pd.DataFrame

    @classmethod
    def of(cls, decisions: pd.DataFrame, estimates: pd.DataFrame, behind: Incidence, rules: Rules,
           day: str) -> Issued:
        """What :func:`.suppression.decide` would issue; rows are alike in all three."""
        is_own = (estimates["subset_kind"] == ALL) & ~decisions["rule"].isin(UNTOLD)
        at = np.flatnonzero(is_own)
        asked = behind.facts["question_id"].where(behind.facts["question_id"] != "", estimates["question_id"])
        key, measure = asked.astype("str") + "/" + estimates["code_id"].astype("str"), estimates["measure"]
        record = estimates["option_id"].where(measure == DISCORDANCE, "").astype("str")  # each has its base
        figures = decisions.iloc[at].assign(
            key=key, part=key + "/" + measure.astype("str") + "/" + record, day=day,
            size=np.asarray(behind.base[at].sum(axis=1)).ravel(), low=np.nan, high=np.nan, adds_up=False)
        is_counted = is_own & (measure != "quality") & estimates["n"].notna()
        for _, rows in estimates[is_counted].groupby(figures["part"], observed=True):
            told = [_bounds(*one, rules) for one in zip(
                decisions["status"][rows.index], rows["n"], rows["base_n"], strict=True)]
            base = rows["base_n"].to_numpy(int)[:1]
            is_partition = len(rows) > 1 and rows["n"].sum() == base[0]
            low, high = squeeze(*np.array(told, dtype=int).T[..., None], base, is_partition=is_partition)
            figures.loc[rows.index, ["low", "high"]] = np.hstack([low, high])
            figures.loc[rows.index, "adds_up"] = is_partition
        return cls(figures.set_index("estimate_id"), who(behind, at, figures["estimate_id"]))

    def only(self, is_kept: pd.Series) -> Issued:
        """The figures that are kept."""
        ids = self.figures.index[is_kept]
        return Issued(self.figures.loc[ids], self.behind[self.behind["estimate_id"].isin(ids)])


def who(behind: Incidence, at: np.ndarray, ids: pd.Series) -> pd.DataFrame:
    """One row a figure (at these places, of these ids) and organisation: base and counted records."""
    both = (behind.base[at] + behind.counted[at].astype(np.int64) * MANY).tocoo()
    counted, base = (records.astype(np.int32) for records in np.divmod(both.data, MANY))
    return pd.DataFrame({"estimate_id": pd.Categorical.from_codes(both.row, ids),
                         "organisation_id": pd.Categorical.from_codes(both.col, behind.organisations),
                         "base": base, "counted": counted})


def _bounds(status: str, n: int, base: int, rules: Rules) -> tuple[int, int]:
    """The least and the most that a count may be, to those who read what is said of it."""
    return (n, n) if status == SHOWN else rules.band(n, base)[1:] if status == BANDED else (0, base)


def reissue(fresh: Issued, asked: pd.DataFrame, before: Sequence[Issued], organisations: pd.DataFrame,
            least: int) -> Issued:
    """What to issue: as in the last release, but for questions that enough organisations changed.

    ``before`` are all releases, oldest first; ``asked`` has question_id and asked_if. A question (or
    code) is issued anew where at least so many independent organisations came, went or changed since
    each release that told of it, and its differences leave each of their answers open to somebody who
    knows two of them, and those of all that withdrew. What was never issued is issued; but no question
    whose base would tell of one that stays.
    """
    if not before:
        return fresh
    names = pd.Index(sorted({name for one in (fresh, *before)
                             for name in one.behind["organisation_id"].unique()}))
    clusters, kept, frozen = clusters_of(organisations, names), set(), set()
    for one in before:
        parts = pd.concat([fresh.figures["part"], one.figures["part"]])
        both = {*fresh.figures["part"]} & {*one.figures["part"]}
        parts = parts[~parts.index.duplicated() & parts.isin(both)]
        (today, now), (earlier, then) = _aligned(fresh, parts, names), _aligned(one, parts, names)
        places = today.groupby("key").indices
        for key in one.figures.loc[~one.figures["rule"].isin(NO_BASE), "key"].unique():
            rows = places.get(key, np.array([], dtype=int))
            is_same, is_enough = _compared(today.iloc[rows], earlier.iloc[rows], now[:, rows], then[:, rows],
                                           clusters, least)
            if not is_enough:
                kept.add(key)
                frozen |= {key} if one is not before[-1] or not is_same else set()
    conditions = asked.loc[asked["asked_if"] != "", ["question_id", "asked_if"]].drop_duplicates()
    while more := set(_told_by(conditions, frozen)) - frozen:
        frozen |= more
    kept |= frozen
    old = before[-1].only(~before[-1].figures["key"].isin(set(fresh.figures["key"]) - kept))
    return _joined(old, fresh.only(~fresh.figures["key"].isin(kept)))


def _joined(*parts: Issued) -> Issued:
    """The figures of several releases as of one."""
    ids = {c: union_categoricals([part.behind[c].astype("category") for part in parts])
           for c in ("estimate_id", "organisation_id")}
    numbers = pd.concat([part.behind[["base", "counted"]] for part in parts], ignore_index=True)
    return Issued(pd.concat([part.figures for part in parts]), pd.DataFrame({**ids, **numbers}))


def as_issued(decisions: pd.DataFrame, fresh: Issued, issued: Issued) -> pd.DataFrame:
    """The decisions with the numbers that are issued; what a question lacked when it was issued is hidden."""
    ids = decisions["estimate_id"]
    is_old = ids.isin(fresh.figures.index) & ids.isin(issued.figures.index)
    is_new = ids.isin(fresh.figures.index) & ~is_old & (decisions["status"] != SUPPRESSED)
    hidden = decisions.loc[is_new, ["estimate_id"]].assign(status=SUPPRESSED, rule="frozen", band="")
    old = issued.figures.loc[ids[is_old]].reset_index()
    whole = pd.concat([decisions[~is_old & ~is_new], old, hidden]).set_index("estimate_id")
    return whole.loc[ids].reset_index()[COLUMNS].astype(decisions.dtypes)


def _told_by(conditions: pd.DataFrame, frozen: set[str]) -> Iterator[str]:
    """The questions whose base would tell of one that is frozen."""
    for question, condition in conditions.itertuples(index=False):
        if any(f"{one.name}/" in frozen for one in comparisons(parse(condition))):
            yield f"{question}/"


def _compared(fresh: pd.DataFrame, issued: pd.DataFrame, now: np.ndarray, then: np.ndarray,
              clusters: csr_array, least: int) -> tuple[bool, bool]:
    """Whether nobody changed in figures that stand together; whether enough did, and none can be told."""
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
    # Those who left and had not said so count like those who came and say so: then all count one way.
    low, high = (side.to_numpy(float, copy=True) for side in (fresh["low"] - issued["high"],
                                                              fresh["high"] - issued["low"]))
    adds_up = (fresh["adds_up"] & issued["adds_up"]).to_numpy(bool)
    for at in fresh.groupby("part").indices.values():
        if adds_up[at].all():
            low[at], high[at] = (side.ravel() for side in squeeze(
                low[at, None], high[at, None], (came - went)[at][:1], is_partition=True))
    return False, bool((is_open(low + went, high + went, came + went, known) | np.isnan(low)).all())


def _aligned(issued: Issued, parts: pd.Series, names: pd.Index) -> tuple[pd.DataFrame, np.ndarray]:
    """Figures, and base and counted of figures x organisations, for ids with the part they belong to.

    Of an option that was not there readers know as little as of a hidden one; its base is that of the others.
    """
    ids, own = parts.index, issued.figures.reset_index().groupby("part")["estimate_id"].first()
    rows, wide = issued.behind[issued.behind["estimate_id"].isin(ids)], np.zeros((2, len(ids), len(names)))
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
# The store of public releases: what each build would issue, what was issued, and who stood behind it.
#
# It is its owner's alone, and no notebook reads it. Where it is lost nothing keeps the next figures from
# being subtracted from those that were printed: then nothing is built until somebody has decided.


PARTS = ("figures", "behind")
AUDIENCE = "public"
SAID = ("number", "day", "issued")
"""What pages print of a release."""


def issue(study: Study, decisions: pd.DataFrame, frames: Mapping[str, pd.DataFrame],
          behind: Incidence) -> tuple[pd.DataFrame, Issued]:
    """The decisions to publish, where ``decisions`` would be due today; and what is then issued.

    Raises Faults where the last release is not in the store.
    """
    if number := missing_release(study.processed, study.private):
        raise Faults([Fault(f"release {number} is no more in private/releases: what comes next could be "
                            "subtracted from what was printed", file="private/releases",
                            fix="put the folder back from a backup. If it is lost for good, say to readers "
                            "that figures begin anew, and delete processed/ and reports/public/")])
    settings, fresh = study.settings["disclosure"], Issued.of(
        decisions, frames["estimates"], behind, Rules.of(study.settings["disclosure"], AUDIENCE),
        _day(study, frames))
    before = [Issued(*(pd.read_parquet(one / f"{part}.parquet") for part in PARTS))
              for one in release_folders(study.private)]
    issued = reissue(fresh, behind.facts, before, frames["organisations"], settings["reissue_change"] + KNOWN)
    return as_issued(decisions, fresh, issued), issued


def is_next_of(study: Study, inputs: str) -> bool:
    """Whether the store holds what would be issued next, as the build from these inputs left it."""
    new = study.private / "releases" / "next"
    with suppress(OSError, ValueError):
        return release_info(new)["inputs"] == inputs and all(
            (new / f"{part}.parquet").is_file() for part in PARTS)
    return False


def keep(study: Study, issued: Callable[[], Issued] | None, frames: Mapping[str, pd.DataFrame],
         shown: Collection[str], inputs: str) -> dict[str, Any]:
    """Writes what the next release would be; nothing where it is the last. Returns what pages print of it.

    ``issued`` gives its figures and who stood behind them; None: they stay as the store holds them as next.
    A release is another where what the public reads is (:func:`_content`).
    """
    kept, new = release_folders(study.private), study.private / "releases" / "next"
    seen = frames["release_public"].query("status != @SUPPRESSED").drop(columns="rule")
    content = [seen, *_content(frames), pd.Series(sorted(shown), dtype="str")]
    digest = hashlib.sha256("".join(part.to_csv(index=False) for part in content).encode()).hexdigest()
    if kept and (said := release_info(kept[-1]))["content"] == digest:
        shutil.rmtree(new, ignore_errors=True)
        return {name: said[name] for name in SAID}
    fresh = issued() if issued else None
    figures = fresh.figures if fresh else pd.read_parquet(new / "figures.parquet")
    days = figures.loc[seen["estimate_id"], "day"]
    said = {"number": len(kept) + 1, "day": _day(study, frames), "content": digest, "inputs": inputs,
            "issued": days.value_counts().sort_index().to_dict()}
    if fresh:
        shutil.rmtree(new, ignore_errors=True)
        for folder in (study.private, new.parent, new):
            folder.mkdir(mode=0o700, exist_ok=True)
        for part in PARTS:
            _write(getattr(fresh, part), new / f"{part}.parquet")
    (new / ISSUE).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    for path in new.iterdir():
        path.chmod(0o600)
    return {name: said[name] for name in SAID}


def _write(part: pd.DataFrame, path: Path) -> None:
    """Writes a part of a release; ids as categories, and none of an organisation that is in no row."""
    coded = {c: part[c].astype("category").cat.remove_unused_categories()
             for c in ("estimate_id", "organisation_id") if c in part}
    part.assign(**coded).to_parquet(path, compression="zstd")


def _content(frames: Mapping[str, pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """What the public reads beside figures: quotations, questions, codes, and of the principles that are
    agreed their texts, evidence, judgements, votes and signatures."""
    yield frames["quotations"].query("audience == @AUDIENCE")
    yield from (frames[name] for name in ("questions", "options", "codebook"))
    agreed = frames["principles"].query("status == 'agreed' and is_current")
    yield agreed
    for name in ("evidence", "judgements", "tallies", "signoffs"):
        yield frames[name][frames[name]["principle_id"].isin(agreed["principle_id"])]


def _day(study: Study, frames: Mapping[str, pd.DataFrame]) -> str:
    """The day of the data: the last on which a file was received or somebody answered."""
    days = [manifest.last_received(study), *frames["organisations"]["answered_on"],
            *(release_info(one)["day"] for one in release_folders(study.private))]
    return max(filter(is_day, days), default="")


def forget(study: Study, organisation_id: str) -> pd.DataFrame:
    """Takes an organisation out of every kept release, but for what the built study still holds of it.

    What was printed stays as it was. One row a release that it stood in: kind, where, what.
    """
    rows, kept = [], release_folders(study.private)
    if kept:
        frames = {name: tables.read(name, study=study) for name in tables.TABLES}
        ids = frames["estimates"]["estimate_id"]
    for release in kept:
        path, figures = release / "behind.parquet", pd.read_parquet(release / "figures.parquet")
        behind = pd.read_parquet(path)
        at = np.flatnonzero(ids.isin(figures.index))
        still = who(find_contributors(frames), at, ids.iloc[at])
        is_gone = (behind["organisation_id"] == organisation_id) & ~pd.MultiIndex.from_frame(behind).isin(
            pd.MultiIndex.from_frame(still))
        if is_gone.any():
            _write(behind[~is_gone], path)
            n = (figures.loc[behind.loc[is_gone, "estimate_id"], "status"] != SUPPRESSED).sum()
            rows.append(("release", study.relative(release), f"{n} printed figures that it stood behind stay "
                         "as they are until enough organisations changed"))
    return pd.DataFrame(rows, columns=["kind", "where", "what"], dtype="str")
