"""The principles: their statements in versions and languages, and plain facts about their evidence.

In: reference tables. Out: the processed tables :data:`TABLES`, and sentences such as "no evidence against it
is recorded". Counts for the judgements are in :mod:`glc_analysis.convening.concerns`.
"""

from __future__ import annotations

import pandas as pd

from glc_analysis.reference import Reference
from glc_analysis.text import content_hash

TABLES = ("principles", "evidence", "judgements", "joint_display", "signoffs", "panel_positions",
          "decision_log", "parking_lot", "errata")

NOT_CHALLENGED = "Not challenged: no evidence against it is recorded."
ONLY_OBJECTED = "No evidence against it is recorded, but an objection is recorded below."
NOT_MEASURED = "Rests on providers' reported experience; effectiveness not measured."
UNSUPPORTED = "No evidence for it is recorded."
MEASURED = ("outcome_measured", "literature")
"""Kinds of claims that are more than practice and reports of providers."""


def printed_id(principle_id: str, version: str) -> str:
    """A version of a principle as it is printed and cited.

    >>> printed_id("P07", "2")
    'P07.2'
    """
    return f"{principle_id}.{version}"


def principle_tables(reference: Reference) -> dict[str, pd.DataFrame]:
    """The processed tables :data:`TABLES` before their types are set: with derived columns."""
    frames = {name: getattr(reference, name).copy() for name in TABLES}
    for name in ("joint_display", "decision_log", "parking_lot"):
        frames[name]["order"] = range(1, len(frames[name]) + 1)
    frames["signoffs"]["is_named"] = frames["signoffs"]["is_named"] == "true"
    return frames | {"principles": versions(frames["principles"])}


def versions(principles: pd.DataFrame) -> pd.DataFrame:
    """Rows of principles.csv with ``printed_id``, ``text_version``, and ``is_current``: whether it is the
    latest version of its principle, or a translation of that."""
    ids = [*map(printed_id, principles["principle_id"], principles["version"])]
    numbers = principles["version"].astype(int)
    sources = principles["translation_of"] == ""
    latest = numbers.where(sources).groupby(principles["principle_id"]).transform("max")
    rows = principles.assign(printed_id=ids, text_version=principles["statement"].map(content_hash))
    current = set(rows.loc[sources & (numbers == latest), "printed_id"])
    return rows.assign(is_current=rows["translation_of"].where(~sources, rows["printed_id"]).isin(current))


def facts(evidence: pd.DataFrame) -> list[str]:
    """Facts about the evidence of one principle, in sentences, from its rows of table ``evidence``.

    Evidence against is what contradicts; a principle rests on what supports it.

    >>> facts(pd.DataFrame({"stance": ["contradicts", "supports"], "claim": ["literature", "practised"]}))
    ["Rests on providers' reported experience; effectiveness not measured."]
    """
    stances, claims = evidence["stance"], evidence.loc[evidence["stance"] == "supports", "claim"]
    said = [] if (stances == "contradicts").any() else [NOT_CHALLENGED]
    if claims.empty:
        return [*said, UNSUPPORTED]
    return said if claims.isin(MEASURED).any() else [*said, NOT_MEASURED]
