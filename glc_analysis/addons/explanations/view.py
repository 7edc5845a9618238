"""What each audience may see of explanations.

The team sees all. Others read an explanation that the team wrote for them, where cleared quotations of
three independent organisations speak for it; its other passages as far as they are cleared too. They see
neither who wrote it nor any number.

Three passages for an explanation have three authors, and readers know it. A passage speaks for one
explanation alone (:mod:`.checks`), so that several of them do not show which passages have one author.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from glc_analysis.addons.convening.votes import drop_hidden_principles
from glc_analysis.addons.explanations.checks import PASSAGE_COLUMNS, split_segment_ids
from glc_analysis.disclosure.blocks import (
    QUOTATION_BLOCKS,
    AddedBlocks,
    Kinds,
    Row,
    block_id,
    block_ids,
    line_ids,
    own_quotations,
)
from glc_analysis.disclosure.quotations import segment_owners
from glc_analysis.disclosure.rules import has_capability
from glc_analysis.reference import read_reference_table
from glc_analysis.view.visible_tables import VisibleTables

BLOCK = "explanations"
"""The block of each principle with its explanations; a departure hides lines of it, with those of others
(:mod:`glc_analysis.disclosure.cells`)."""
LEAST_INDEPENDENT = 3
"""From so many independent organisations are the cleared quotations for an explanation that others read."""


def select_visible_explanations(explanations: pd.DataFrame, quotations: pd.DataFrame,
                                networks: Mapping[str, str],
                                audience: str) -> pd.DataFrame:
    """The rows of table ``explanations`` that an audience other than the team may read, without who wrote
    them; each list of segments has those with a quotation that it may read.

    ``quotations`` are its own, with segment_id and owner; ``networks`` gives the network of organisations.

    >>> rows = pd.DataFrame({"shown_for": ["public"], "passages_for": ["s1;s2;s3"], "passages_against": "",
    ...                      "passages_limits": "s4", "rival_passages": "", "by": "ines"})
    >>> quotations = pd.DataFrame({"segment_id": ["s1", "s2", "s3"], "owner": ["a", "b", "c"]})
    >>> seen = select_visible_explanations(rows, quotations, {}, "public")
    >>> seen[["passages_for", "passages_limits", "by"]].values.tolist()
    [['s1;s2;s3', '', '']]
    >>> len(select_visible_explanations(rows, quotations, {"a": "net", "b": "net"}, "public"))
    0
    """
    owned = quotations[quotations["owner"] != ""]
    owner = dict(zip(owned["segment_id"], owned["owner"], strict=True))
    is_shown = explanations["shown_for"].str.split(";").map(lambda words: audience in words).astype(bool)
    seen = explanations[is_shown]
    seen = seen.assign(by="", date="", shown_for=audience, **{column: [
        ";".join(one for one in split_segment_ids(cell) if one in owner) for cell in seen[column]]
        for column in PASSAGE_COLUMNS})
    behind = [{networks.get(owner[one]) or owner[one] for one in split_segment_ids(cell)}
              for cell in seen["passages_for"]]
    return seen[pd.Series([len(those) >= LEAST_INDEPENDENT for those in behind], seen.index, dtype=bool)]


class ExplanationsView(VisibleTables):
    """What a view shows of explanations; the view itself is the instance."""

    @property
    def explanations(self) -> pd.DataFrame:
        """The explanations that the audience may read, one row each, on a principle's page those of it:
        principle_id, number, circumstances, resource, response, outcome, rival, by, date, shown_for; and the
        segments of the passages for it, against it, with limits to it and for the rival, joined by ;.

        >>> view.explanations["principle_id"].tolist()
        ['P01', 'P03']
        """
        rows = self.read("explanations")
        if self.principle:
            rows = rows[rows["principle_id"] == self.principle]
        if self.may("passages"):
            return rows.reset_index(drop=True)
        rows = rows[rows["principle_id"].isin(self.principle_names)]
        return select_visible_explanations(rows, self.explaining_quotations,
                                           _networks(self.read("organisations")),
                                           self.audience).reset_index(drop=True)

    @property
    def explaining_quotations(self) -> pd.DataFrame:
        """The quotations of an audience other than the team, with the segment and owner of each."""
        return _own_quotations(self, self.audience)

    def explanations_read(self, audience: str) -> set[tuple[str, str]]:
        """The explanations, by principle and number, that another audience reads as long as the tables stay
        as they are; for the team."""
        blocks = self.read("blocks")
        hidden = {*blocks.loc[(blocks["audience"] == audience) & ~blocks["is_shown"], "block_id"]}
        quotations = _own_quotations(self, audience)
        quotations = quotations[~line_ids(QUOTATION_BLOCKS, quotations["quote_id"]).isin(hidden)]
        shown = drop_hidden_principles(self.read("principles"), audience)["principle_id"]
        rows = self.read("explanations")
        rows = select_visible_explanations(rows[rows["principle_id"].isin(shown)], quotations,
                                           _networks(self.read("organisations")), audience)
        of, line = block_ids(BLOCK, rows["principle_id"]), rows["principle_id"] + "/" + rows["number"]
        rows = rows[~of.isin(hidden) & ~line_ids(of, line).isin(hidden)]
        return {*zip(rows["principle_id"], rows["number"], strict=True)}


def _own_quotations(view: VisibleTables, audience: str) -> pd.DataFrame:
    frames = {name: view.read(name) for name in ("segments", "documents", "quotations")}
    return own_quotations(frames, read_reference_table(view.study, "quotes"), audience)


def _networks(organisations: pd.DataFrame) -> dict[str, str]:
    return dict(zip(organisations["organisation_id"], organisations["network_id"], strict=True))


def list_text_block_lines(frames: Mapping[str, pd.DataFrame], reference: Any, audience: str) -> Iterator[Row]:
    """The explanations that an audience reads, each with every organisation on whose words it rests."""
    segments, networks = frames["segments"], _networks(frames["organisations"])
    owner = dict(zip(segments["segment_id"], segment_owners(segments, frames["documents"]), strict=True))
    shown = drop_hidden_principles(frames["principles"], audience)["principle_id"]
    rows = frames["explanations"][frames["explanations"]["principle_id"].isin(shown)]
    seen = select_visible_explanations(rows, own_quotations(frames, reference.quotes, audience), networks,
                                       audience)
    for row in rows.loc[seen.index].to_dict("records"):
        cited = {owner[one] for column in PASSAGE_COLUMNS for one in split_segment_ids(row[column])}
        for organisation in sorted(cited):
            line = f"{row['principle_id']}/{row['number']}"
            yield block_id(BLOCK, row["principle_id"]), line, organisation


def list_released_tables(frames: Mapping[str, pd.DataFrame], audience: str) -> Iterator[pd.DataFrame]:
    """The explanations that the team wrote for an audience."""
    if not has_capability(audience, "passages"):
        rows = frames["explanations"]
        yield rows[rows["shown_for"].str.split(";").map(lambda words: audience in words).astype(bool)]


BLOCKS = AddedBlocks(
    kinds=Kinds(words=(BLOCK,)),
    needs=("explanations", "quotations", "segments", "documents", "organisations", "principles",
           "quotes.csv"),
    lines=list_text_block_lines, rewritten=lambda frames: set(), rows={BLOCK: "principle_id"},
    line={BLOCK: ("principle_id", "number")})
