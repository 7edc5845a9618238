"""Public figures stay as they were issued until enough organisations changed to hide each of them.

Two releases can be subtracted. So what was issued is kept beside the contributors of that day, and a
question is issued anew only as a whole. What the store must hold: the decisions as issued and the
:class:`~glc_analysis.evidence.contributors.Contributors` of their rows, in ``private/``. An organisation
that withdrew is taken out of the kept contributors; that it is missing from the base is seen by the sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from glc_analysis.disclosure.crowd import clusters_of
from glc_analysis.disclosure.rules import KNOWN
from glc_analysis.evidence.contributors import Contributors


def reissue(fresh: pd.DataFrame, estimates: pd.DataFrame, now: Contributors, issued: pd.DataFrame,
            before: Contributors, organisations: pd.DataFrame, settings: Mapping[str, Any]) -> pd.DataFrame:
    """The decisions to publish: those issued, but for questions that enough organisations changed.

    ``fresh`` are decisions on ``estimates``, ``now`` their contributors, ``issued`` and ``before`` those
    of the last release, rows alike. A question (or code) is issued anew where as many independent
    organisations as ``reissue_change``, and the two a reader may know, came, went or changed, and no
    exact figure had all of them on one side. Questions that were never issued are issued.
    """
    key = (estimates["question_id"].astype("str") + "/" + estimates["code_id"].astype("str")).to_numpy()
    both = issued["estimate_id"].reset_index(drop=True)
    old = pd.Index(both).get_indexer(fresh["estimate_id"])
    names = pd.Index(sorted({*now.organisations, *before.organisations}))
    clusters = clusters_of(organisations, names)
    result = fresh.set_index("estimate_id")
    for one in np.unique(key[old >= 0]):
        rows = np.flatnonzero((key == one) & (old >= 0))
        if not _has_changed(fresh.iloc[rows], now, rows, issued.iloc[old[rows]], before, old[rows], names,
                            clusters, settings["reissue_change"] + KNOWN):
            kept = issued.iloc[old[rows]].set_index("estimate_id")
            result = result.drop(fresh["estimate_id"].iloc[np.flatnonzero(key == one)])
            result = pd.concat([result, kept])
    return result.reset_index().sort_values("estimate_id", ignore_index=True)[list(fresh.columns)]


def _has_changed(fresh: pd.DataFrame, now: Contributors, rows: np.ndarray, issued: pd.DataFrame,
                 before: Contributors, old: np.ndarray, names: pd.Index, clusters: np.ndarray,
                 least: int) -> bool:
    """Whether enough organisations changed in a question, and none of its exact figures tells how."""
    base, counted = _placed(now, rows, names)
    base_then, counted_then = _placed(before, old, names)
    has_changed = ((base != base_then) | (counted != counted_then)).any(axis=0)
    withdrawn = issued["shown_base_n"].fillna(0).to_numpy(float) - base_then.sum(axis=1)
    if (clusters[has_changed].sum(axis=0) > 0).sum() + max(withdrawn.max(), 0) < least:
        return False
    said = issued["shown_n"].to_numpy(float, na_value=np.nan) - counted_then.sum(axis=1)  # by those withdrawn
    side = ((counted > 0) | (counted_then > 0))[:, has_changed]
    is_sided = side.all(axis=1) & (said == withdrawn) | ~side.any(axis=1) & (said == 0)
    is_exact = (fresh["status"] == "shown").to_numpy() & (issued["status"] == "shown").to_numpy()
    return not (is_exact & is_sided).any()


def _placed(behind: Contributors, rows: np.ndarray, names: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """Base and counted of some rows, with a column for each of the names."""
    made = []
    for part in (behind.base, behind.counted):
        wide = np.zeros((len(rows), len(names)))
        wide[:, names.get_indexer(behind.organisations)] = part[rows].toarray()
        made.append(wide)
    return made[0], made[1]
