"""Counts raters, survivor advisers and packets for the page on safety."""

from __future__ import annotations

from glc_analysis.addons.convening.erasers import list_all_recorded_packets
from glc_analysis.reference import Reference
from glc_analysis.study import Study


def count_raters_and_packets(study: Study, reference: Reference) -> dict[str, int]:
    """Returns the number of raters, survivor advisers and packets, keyed by the noun in the singular."""
    raters = reference.raters
    return {"rater": raters["rater_id"].nunique(),
            "survivor adviser": int((raters["role"] == "survivor_adviser").sum()),
            "packet": len(list_all_recorded_packets(study))}
