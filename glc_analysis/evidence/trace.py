"""From a principle back to the raw file: principle, evidence, code or question, passage or rows, file.

What each audience may see of it stands in :mod:`glc_analysis.evidence.trail`.
"""

from __future__ import annotations

import pandas as pd

from glc_analysis.errors import UsageError, nearest
from glc_analysis.evidence.trail import Node, Trail
from glc_analysis.study import Study


def trace(study: Study, principle_id: str, *, audience: str = "team") -> list[Node]:
    """The tree of one principle as lines in order; ``P03`` is its latest version, ``P03.1`` its first.

    Raises UsageError for a principle that is not there, GLCError where nothing is built.
    """
    trail = Trail(study, audience)
    rows = trail.read("principles").query("translation_of == ''")
    is_latest = (rows["principle_id"] == principle_id) & rows["is_current"]
    is_own = (rows["printed_id"] == principle_id) | is_latest
    if not is_own.any():
        known = {*rows["principle_id"], *rows["printed_id"]}
        raise UsageError(f"There is no principle {principle_id!r}; {nearest(principle_id, known)}.")
    row = rows[is_own].iloc[0]
    said = f"{row['printed_id']} ({row['status'].replace('_', ' ')}): {row['statement']}"
    evidence = trail.read("evidence").query("principle_id == @row.principle_id")
    return [trail.node(0, "principle", row["printed_id"], said, trail.places.principle(row["principle_id"])),
            *(node for one in evidence.itertuples() for node in trail.evidence(one)),
            *trail.votes(row["principle_id"])]


def resting_on(study: Study, source: str) -> pd.DataFrame:
    """All that rests on an estimate, code, segment, document, question, answer, raw file, organisation,
    quotation or rater: principle, evidence_id (blank for votes), reference, stance, through (the first line
    of the trace that is about it). For the team alone."""
    trail, found = Trail(study), []
    for row in trail.read("evidence").itertuples():
        found.append((row.principle_id, row.evidence_id, row.reference, row.stance, trail.evidence(row)))
    for principle in sorted({*trail.read("tallies")["principle_id"]}):
        found.append((principle, "", "votes", "", trail.votes(principle)))
    found = [(*who, next((node.text for node in nodes if source in {node.id, *node.about}), None))
             for *who, nodes in found]
    found = [row for row in found if row[-1]]
    columns = ["principle", "evidence_id", "reference", "stance", "through"]
    return pd.DataFrame(found, columns=columns, dtype="str")
