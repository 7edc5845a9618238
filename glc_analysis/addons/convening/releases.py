"""Selects the content of a release that is about the convening: principles, votes and signatures. Also
selects the votes that the release announces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from glc_analysis.addons.convening.votes import select_latest_readable_principles
from glc_analysis.disclosure.rules import has_capability
from glc_analysis.view.visible_tables import VisibleTables


def list_released_tables(frames: Mapping[str, pd.DataFrame], audience: str) -> Iterator[pd.DataFrame]:
    """Yields the tables that an audience may read: the principles, and their evidence, judgements, votes and
    signatures. If the audience may see the joint display, also yields the joint display, the decision log and
    the parking lot."""
    principles = frames["principles"]
    shown = select_latest_readable_principles(principles, audience)["principle_id"]
    shown = principles[principles["principle_id"].isin(shown) & principles["is_current"]]
    yield shown
    for name in ("evidence", "judgements", "tallies", "signoffs"):
        yield frames[name][frames[name]["principle_id"].isin(shown["principle_id"])]
    if has_capability(audience, "joint_display"):
        yield from (frames[name] for name in ("joint_display", "decision_log", "parking_lot"))


def select_disclosed_votes_on_agreed_principles(view: VisibleTables) -> pd.DataFrame:
    """Returns the votes on agreed principles, with the numbers that a release discloses."""
    agreed = view.principle_rows.query("status == 'agreed'")["principle_id"]
    return view.tallies[view.tallies["principle_id"].isin(agreed)]
