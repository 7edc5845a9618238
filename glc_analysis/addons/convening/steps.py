"""Defines the build steps of the convening (functions that make processed tables). Also makes the convening's
entries in slices.json, the file that records what each audience may read.

The steps read the reference tables, the ballots, and the tables that evidence cites.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from glc_analysis.addons.convening.blocks import AGENDA_BLOCK
from glc_analysis.addons.convening.checks import missing_cited_figure_and_passage_faults
from glc_analysis.addons.convening.principles import PRINCIPLE_TABLES, make_principle_and_evidence_tables
from glc_analysis.addons.convening.seals import list_rounds_with_erased_ballots
from glc_analysis.addons.convening.tallies import make_ratings_and_tallies
from glc_analysis.addons.convening.votes import (
    list_readable_principle_ids_by_audience,
    select_latest_readable_principles,
)
from glc_analysis.cleaning.waves import make_wave_arguments_for_consent
from glc_analysis.disclosure.blocks import make_block_ids
from glc_analysis.errors import Faults
from glc_analysis.reference import attribute_faults_to_private_files
from glc_analysis.steps import Step, View


def _evidence(view: View) -> dict[str, Any]:
    """Raises Faults for rows of evidence.csv that cite a figure or passage that does not exist. This step
    makes no table."""
    reference = view.reference
    waves = make_wave_arguments_for_consent(reference.waves, view.study.settings["study"]["wave"])
    if faults := [*missing_cited_figure_and_passage_faults(reference.evidence, reference.joint_display,
                                                           view["figures"],
                                                           view["segments"], **waves)]:
        raise Faults(attribute_faults_to_private_files(view.study, faults))
    return {}


def _principles(view: View) -> dict[str, Any]:
    """Returns the tables of the principles, and the tables of the evidence, judgements, decisions and
    signatures recorded about the principles."""
    return dict(make_principle_and_evidence_tables(view.reference))


def _ratings(view: View) -> dict[str, Any]:
    """Returns the tables with the votes of closed rounds."""
    return dict(make_ratings_and_tallies(view.study, view.reference, view.log))


def _announced(view: View) -> dict[str, Any]:
    """Returns the blocks (contents of one kind on one page) that show votes or comments of rounds from which
    a ballot was erased after the results were announced. If there are such rounds, the block with the agenda
    is also returned."""
    voted = view["ratings"][view["ratings"]["round_id"].isin(list_rounds_with_erased_ballots(view.study))]
    return {"announced_blocks": sorted({
        *make_block_ids("votes", voted["principle_id"] + "/" + voted["round_id"]),
        *make_block_ids("comments", voted["principle_id"]), *([AGENDA_BLOCK] if len(voted) else [])})}


STEPS = (
    Step("evidence", ("figures", "segments", "evidence.csv", "joint_display.csv", "waves.csv",
                      "[study] wave"), (), _evidence, "evidence", ("evidence.csv", "joint_display.csv")),
    Step("principles", (*(f"{name}.csv" for name in PRINCIPLE_TABLES), "translations.csv"), PRINCIPLE_TABLES,
         _principles),
    Step("ratings", ("raw/ratings", "rounds.csv", "principles.csv", "raters.csv", "comments.csv",
                     "stopped.csv", "proxies.csv", "interests.csv", "[consensus]", "private/rounds"),
         ("ratings", "tallies"), _ratings, "ballots", ("raw/ratings",)),
    Step("announced votes", ("ratings", "private/rounds"), ("announced_blocks",), _announced),
)


def list_principle_pages_and_readers(read_table: Callable[[str], pd.DataFrame]) -> dict[str, Any]:
    """Returns the principles that have a page, keyed by id, and the ids of the principles that each audience
    may read."""
    rows = select_latest_readable_principles(read_table("principles"), "team").sort_values("principle_id")
    return {"principles": [{"id": row["principle_id"], "label": row["short_name"] or row["printed_id"]}
                           for row in rows.to_dict("records")],
            "shown_principles": list_readable_principle_ids_by_audience(read_table("principles"))}
