"""The store of public releases: what each build would issue, what was issued, and who stood behind it.

It is its owner's alone, and no notebook reads it. Where it is lost nothing keeps the next figures from
being subtracted from those that were printed: then nothing is built until somebody has decided.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from glc_analysis import manifest, tables
from glc_analysis.disclosure.consent import is_day
from glc_analysis.disclosure.numbering import ISSUE, about, folders, lost
from glc_analysis.disclosure.reissue import Issued, as_issued, reissue, who
from glc_analysis.disclosure.release import SUPPRESSED
from glc_analysis.disclosure.rules import KNOWN, Rules
from glc_analysis.errors import Fault, Faults
from glc_analysis.evidence.contributors import Contributors, contributors
from glc_analysis.study import Study

PARTS = ("figures", "behind")
AUDIENCE = "public"
SAID = ("number", "day", "issued")
"""What pages print of a release."""


def issue(study: Study, decisions: pd.DataFrame, frames: Mapping[str, pd.DataFrame],
          behind: Contributors) -> tuple[pd.DataFrame, Issued]:
    """The decisions to publish, where ``decisions`` would be due today; and what is then issued.

    Raises Faults where the last release is not in the store.
    """
    if number := lost(study.processed, study.private):
        raise Faults([Fault(f"release {number} is no more in private/releases: what comes next could be "
                            "subtracted from what was printed", file="private/releases",
                            mend="put the folder back from a backup. If it is lost for good, say to readers "
                            "that figures begin anew, and delete processed/ and reports/public/")])
    settings, fresh = study.settings["disclosure"], Issued.of(
        decisions, frames["estimates"], behind, Rules.of(study.settings["disclosure"], AUDIENCE),
        _day(study, frames))
    before = [Issued(*(pd.read_parquet(one / f"{part}.parquet") for part in PARTS))
              for one in folders(study.private)]
    issued = reissue(fresh, behind.facts, before, frames["organisations"], settings["reissue_change"] + KNOWN)
    return as_issued(decisions, fresh, issued), issued


def keep(study: Study, issued: Issued, frames: Mapping[str, pd.DataFrame], shown: Collection[str],
         inputs: str) -> dict[str, Any]:
    """Writes what the next release would be; nothing where it is the last. Returns what pages print of it.

    A release is another where what the public reads is (:func:`_content`).
    """
    kept, new = folders(study.private), study.private / "releases" / "next"
    seen = frames["release_public"].query("status != @SUPPRESSED").drop(columns="rule")
    content = [seen, *_content(frames), pd.Series(sorted(shown), dtype="str")]
    digest = hashlib.sha256("".join(part.to_csv(index=False) for part in content).encode()).hexdigest()
    shutil.rmtree(new, ignore_errors=True)
    if kept and (said := about(kept[-1]))["content"] == digest:
        return {name: said[name] for name in SAID}
    days = issued.figures.loc[seen["estimate_id"], "day"]
    said = {"number": len(kept) + 1, "day": _day(study, frames), "content": digest, "inputs": inputs,
            "issued": days.value_counts().sort_index().to_dict()}
    for folder in (study.private, new.parent, new):
        folder.mkdir(mode=0o700, exist_ok=True)
    for part in PARTS:
        _write(getattr(issued, part), new / f"{part}.parquet")
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
    days = [manifest.last_received(study),
            *frames["organisations"]["answered_on"], *(about(one)["day"] for one in folders(study.private))]
    return max(filter(is_day, days), default="")


def forget(study: Study, organisation_id: str) -> pd.DataFrame:
    """Takes an organisation out of every kept release, but for what the built study still holds of it.

    What was printed stays as it was. One row a release that it stood in: kind, where, what.
    """
    rows, kept = [], folders(study.private)
    if kept:
        frames = {name: tables.read(name, study=study) for name in tables.TABLES}
        ids = frames["estimates"]["estimate_id"]
    for release in kept:
        path, figures = release / "behind.parquet", pd.read_parquet(release / "figures.parquet")
        behind = pd.read_parquet(path)
        at = np.flatnonzero(ids.isin(figures.index))
        still = who(contributors(frames), at, ids.iloc[at])
        is_gone = (behind["organisation_id"] == organisation_id) & ~pd.MultiIndex.from_frame(behind).isin(
            pd.MultiIndex.from_frame(still))
        if is_gone.any():
            _write(behind[~is_gone], path)
            n = (figures.loc[behind.loc[is_gone, "estimate_id"], "status"] != SUPPRESSED).sum()
            rows.append(("release", study.relative(release), f"{n} printed figures that it stood behind stay "
                         "as they are until enough organisations changed"))
    return pd.DataFrame(rows, columns=["kind", "where", "what"], dtype="str")
