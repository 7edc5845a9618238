"""Lists the text blocks of the convening: joint display, evidence, votes, comments, signatures, agenda and
decisions.

A block is all content of one kind on one page, such as the comments on a principle. A block is either shown
in full or hidden in full. The core decides which blocks an audience may see
(:mod:`glc_analysis.disclosure.blocks`). This module lists the lines of each block. Each line names the
organisation whose words or acts the line reports.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import pandas as pd

from glc_analysis.addons.convening.seals import mark_ballots_of_too_few_observers
from glc_analysis.addons.convening.votes import select_latest_readable_principles
from glc_analysis.coding.codebook import find_descendants
from glc_analysis.disclosure.blocks import (
    COUNT_BLOCK,
    AddedBlocks,
    Kinds,
    Row,
    make_block_id,
    select_quotations_with_owners,
)
from glc_analysis.disclosure.quotations import find_organisation_behind_each_segment
from glc_analysis.disclosure.rules import has_capability
from glc_analysis.reference import Reference
from glc_analysis.study import WITHDRAWN
from glc_analysis.text import content_hash

JOINT_DISPLAY_BLOCK, AGENDA_BLOCK, DECISIONS_BLOCK = "joint_display", "agenda", "decisions"
"""The blocks that occur once per audience. Every other block belongs to one principle."""


def list_text_block_lines_with_owners(frames: Mapping[str, pd.DataFrame], reference: Reference,
                                      audience: str) -> Iterator[Row]:
    """Yields the lines of every block, each with the organisation whose words or acts the line reports. A
    rater without an organisation is treated as an organisation."""
    owner = _owners_of_raters(reference.raters)
    return chain(_joint_display_lines(frames, reference.quotes, audience),
                 _evidence_lines(frames, reference.quotes, reference.codebook, audience),
                 _convening_lines(frames, owner, audience),
                 ((COUNT_BLOCK, f"rater/{rater}", who) for rater, who in owner.items()))


def _joint_display_lines(frames: Mapping[str, pd.DataFrame], quotes: pd.DataFrame,
                         audience: str) -> Iterator[Row]:
    """Yields one line per quotation of the joint display."""
    passages = dict(zip(quotes["quote_id"], quotes["segment_id"], strict=True))
    cited = {passages.get(one, "") for one in frames["joint_display"]["quote_id"]} - {""}
    if not cited:
        return
    for row in select_quotations_with_owners(frames, quotes, audience).to_dict("records"):
        if row["segment_id"] in cited:
            yield JOINT_DISPLAY_BLOCK, row["quote_id"], row["owner"]


def _evidence_lines(frames: Mapping[str, pd.DataFrame], quotes: pd.DataFrame, codebook: pd.DataFrame,
                    audience: str) -> Iterator[Row]:
    """Yields two kinds of lines for each principle: one line per row of evidence that cites words, and one
    line per quotation whose code or passage is cited by the evidence on the principle."""
    segments, figures, evidence = frames["segments"], frames["figures"], frames["evidence"]
    if evidence.empty:
        return
    owner = dict(zip(segments["segment_id"],
                     find_organisation_behind_each_segment(segments, frames["documents"]), strict=True))
    cited = figures[figures["figure_id"].isin(evidence["reference"])]
    codes, below = dict(zip(cited["figure_id"], cited["code_id"], strict=True)), find_descendants(codebook)
    quoted = [(row["quote_id"], row["segment_id"], row["owner"], {*row["code_ids"].split(";")})
              for row in select_quotations_with_owners(frames, quotes, audience).to_dict("records")]
    shown = select_latest_readable_principles(frames["principles"], audience)["principle_id"]
    for row in evidence[evidence["principle_id"].isin(shown)].to_dict("records"):
        block = make_block_id("evidence", row["principle_id"])
        if row["kind"] == "segment":
            yield block, f"{row['evidence_id']}/{row['reference']}", owner.get(row["reference"], "")
        code = row["reference"] if row["kind"] == "code" else codes.get(row["reference"], "")
        own = {code, *below.get(code, [])} - {""}
        for quote, segment, who, having in quoted:
            if own & having or segment == row["reference"]:
                yield block, quote, who


def _convening_lines(frames: Mapping[str, pd.DataFrame], owner: Mapping[str, str],
                     audience: str) -> Iterator[Row]:
    """Yields the lines of all blocks except joint display and evidence, for the principles that the audience
    may read. There is a line for each ballot from which disclosed votes and the agenda are made, for each
    comment, for each signature, and for each organisation that proposed a decision, raised a matter of the
    parking lot (matters set aside for later) or requested a text.

    The votes of each round form a separate block, so that votes in a later round do not change the block of
    an earlier round.
    """
    told = "principles", "ratings", "signoffs", "decision_log", "parking_lot"
    if all(frames[name].empty for name in told):
        return
    shown = select_latest_readable_principles(frames["principles"], audience)["principle_id"]
    rated, signed = (rows[rows["principle_id"].isin(shown)]
                    for rows in (frames["ratings"], frames["signoffs"]))
    ballots = rated[["round_id", "rater_id", "principle_id", "panel"]].drop_duplicates()
    untold = mark_ballots_of_too_few_observers(ballots["panel"],
                                               ballots["round_id"] + "/" + ballots["principle_id"])
    if not has_capability(audience, "every_round"):
        untold |= ballots["panel"] == "observer"
    for row in ballots[~untold].to_dict("records"):
        for block in (make_block_id("votes", f"{row['principle_id']}/{row['round_id']}"), AGENDA_BLOCK):
            yield block, f"{row['round_id']}/{row['rater_id']}", owner.get(row["rater_id"], row["rater_id"])
    for row in rated[rated["may_be_read"] & (rated["comment"] != "")].to_dict("records"):
        line = f"{row['round_id']}/{row['rater_id']}"
        rater = row["rater_id"]
        yield make_block_id("comments", row["principle_id"]), line, owner.get(rater, rater)
    for row in signed.to_dict("records"):
        line = f"{row['version']}/{row['organisation_id']}/{row['decision']}"
        yield make_block_id("signatures", row["principle_id"]), line, row["organisation_id"]
    known = {*frames["organisations"]["organisation_id"]}
    texts = frames["principles"]
    for row in texts[texts["principle_id"].isin(shown)].to_dict("records"):
        if row["asked_by"] in known:  # who asked for a change of a text is printed with why it was changed
            yield DECISIONS_BLOCK, f"asked/{row['printed_id']}", row["asked_by"]
    logs = ("decision_log", "decision", "proposed_by"), ("parking_lot", "item", "raised_by")
    for table, text, who in logs:
        rows = frames[table]
        for said, by in zip(rows[text], rows[who], strict=True):
            if by in known:
                yield DECISIONS_BLOCK, f"{table}/{content_hash(said)}", by


def _owners_of_raters(raters: pd.DataFrame) -> dict[str, str]:
    own = raters["organisation_id"].where(raters["organisation_id"] != "", raters["rater_id"])
    return dict(zip(raters["rater_id"], own, strict=True))


def find_decision_block_to_hide(frames: Mapping[str, pd.DataFrame]) -> set[str]:
    """Returns a set with the block of decisions if the decision log, the parking lot, or the reason or
    requester of a text mentions a withdrawal; else an empty set."""
    texts = frames["principles"][["changed_because", "asked_by"]]
    is_rewritten = has_withdrawal_mark(frames["decision_log"], frames["parking_lot"], texts)
    return {DECISIONS_BLOCK} if is_rewritten else set()


def has_withdrawal_mark(*tables: pd.DataFrame) -> bool:
    """Whether a cell of the tables mentions the withdrawal of an organisation or person. While a cell
    mentions a withdrawal, the block of decisions is hidden. The block is shown again after somebody has
    rewritten the row that has this cell."""
    cells: Iterator[Any] = (cell for table in tables for column in table for cell in table[column])
    return any(isinstance(cell, str) and WITHDRAWN in cell for cell in cells)


BLOCKS = AddedBlocks(
    kinds=Kinds(words=(JOINT_DISPLAY_BLOCK, "evidence", "comments"), signed=("signatures",)),
    needs=("quotations", "segments", "documents", "organisations", "figures", "principles", "evidence",
           "joint_display", "ratings", "signoffs", "decision_log", "parking_lot", "quotes.csv",
           "codebook.csv", "raters.csv"),
    lines=list_text_block_lines_with_owners, rewritten=find_decision_block_to_hide,
    rows={"evidence": "principle_id"}, line={"evidence": ("evidence_id", "reference")})
