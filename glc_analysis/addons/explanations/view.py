"""Selects the explanations that each audience may see.

The team sees all explanations. Another audience reads an explanation on two conditions: the team wrote it for
that audience, and cleared quotations from three independent organisations support it. The audience then also
sees the other passages of the explanation that are cleared for the audience, but neither the author of the
explanation nor any number.

Readers know that the three passages for an explanation have three different authors. If two explanations
shared passages, readers could infer which other passages of the two explanations have the same author. A
passage may therefore support only one explanation (:mod:`.checks`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from glc_analysis.addons.convening.votes import select_latest_readable_principles
from glc_analysis.addons.explanations.checks import PASSAGE_COLUMNS, split_segment_ids
from glc_analysis.disclosure.blocks import (
    QUOTATION_BLOCKS,
    AddedBlocks,
    Kinds,
    Row,
    make_block_id,
    make_block_ids,
    make_line_ids,
    select_quotations_with_owners,
)
from glc_analysis.disclosure.quotations import find_organisation_behind_each_segment
from glc_analysis.disclosure.rules import has_capability
from glc_analysis.reference import read_reference_table
from glc_analysis.view.visible_tables import VisibleTables

BLOCK = "explanations"
"""The id of the block of text with a principle's explanations. Each line of a block may rest on the words of
organisations. When an organisation withdraws, the lines that rest on its words are hidden together with lines
of other organisations (:mod:`glc_analysis.disclosure.cells`)."""
LEAST_INDEPENDENT = 3
"""The smallest number of independent organisations whose cleared quotations must support an explanation
before audiences outside the team may read it."""


def select_visible_explanations(explanations: pd.DataFrame, readable_quotations: pd.DataFrame,
                                networks_by_organisation: Mapping[str, str],
                                audience: str) -> pd.DataFrame:
    """Returns the rows of table ``explanations`` that an audience other than the team may read, without their
    authors. In the lists of segments, only segments with a quotation that the audience may read are kept.

    ``readable_quotations`` are the quotations of the audience, with segment_id and owner;
    ``networks_by_organisation`` gives the network of each organisation.

    >>> rows = pd.DataFrame({"shown_for": ["public"], "passages_for": ["s1;s2;s3"], "passages_against": "",
    ...                      "passages_limits": "s4", "rival_passages": "", "by": "ines"})
    >>> quotations = pd.DataFrame({"segment_id": ["s1", "s2", "s3"], "owner": ["a", "b", "c"]})
    >>> seen = select_visible_explanations(rows, quotations, {}, "public")
    >>> seen[["passages_for", "passages_limits", "by"]].values.tolist()
    [['s1;s2;s3', '', '']]
    >>> len(select_visible_explanations(rows, quotations, {"a": "net", "b": "net"}, "public"))
    0
    """
    owned = readable_quotations[readable_quotations["owner"] != ""]
    owner = dict(zip(owned["segment_id"], owned["owner"], strict=True))
    is_shown = explanations["shown_for"].str.split(";").map(lambda words: audience in words).astype(bool)
    seen = explanations[is_shown]
    seen = seen.assign(by="", date="", shown_for=audience, **{column: [
        ";".join(one for one in split_segment_ids(cell) if one in owner) for cell in seen[column]]
        for column in PASSAGE_COLUMNS})
    behind = [{networks_by_organisation.get(owner[one]) or owner[one] for one in split_segment_ids(cell)}
              for cell in seen["passages_for"]]
    return seen[pd.Series([len(those) >= LEAST_INDEPENDENT for those in behind], seen.index, dtype=bool)]


class ExplanationsView(VisibleTables):
    """The attributes about explanations that the add-on adds to every view (the tables of a study as one
    audience may see them). In these attributes, ``self`` is the view."""

    @property
    def explanations(self) -> pd.DataFrame:
        """Returns the explanations that the audience may read, one row each. A view of a principle's page has
        only the explanations of that principle.

        The columns are principle_id, number, circumstances, resource, response, outcome, rival, by, date and
        shown_for. Four further columns list segments, joined by ";": the passages for the explanation, the
        passages against it, the passages that limit it, and the passages for the rival explanation.

        >>> view.explanations["principle_id"].tolist()
        ['P01', 'P03']
        """
        rows = self.read("explanations")
        if self.principle:
            rows = rows[rows["principle_id"] == self.principle]
        if self.has_capability("passages"):
            return rows.reset_index(drop=True)
        rows = rows[rows["principle_id"].isin(self.principle_names)]
        return select_visible_explanations(rows, self.explaining_quotations,
                                           _networks(self.read("organisations")),
                                           self.audience).reset_index(drop=True)

    @property
    def explaining_quotations(self) -> pd.DataFrame:
        """Returns the quotations that an audience other than the team may read, with the segment and the
        owner of each quotation."""
        return _own_quotations(self, self.audience)

    def find_readable_principle_explanations(self, audience: str) -> set[tuple[str, str]]:
        """Returns, for the team, the explanations that another audience can read with the present tables, as
        pairs of principle and number."""
        blocks = self.read("blocks")
        hidden = {*blocks.loc[(blocks["audience"] == audience) & ~blocks["is_shown"], "block_id"]}
        quotations = _own_quotations(self, audience)
        quotations = quotations[~make_line_ids(QUOTATION_BLOCKS, quotations["quote_id"]).isin(hidden)]
        shown = select_latest_readable_principles(self.read("principles"), audience)["principle_id"]
        rows = self.read("explanations")
        rows = select_visible_explanations(rows[rows["principle_id"].isin(shown)], quotations,
                                           _networks(self.read("organisations")), audience)
        of, line = make_block_ids(BLOCK, rows["principle_id"]), rows["principle_id"] + "/" + rows["number"]
        rows = rows[~of.isin(hidden) & ~make_line_ids(of, line).isin(hidden)]
        return {*zip(rows["principle_id"], rows["number"], strict=True)}


def _own_quotations(view: VisibleTables, audience: str) -> pd.DataFrame:
    frames = {name: view.read(name) for name in ("segments", "documents", "quotations")}
    return select_quotations_with_owners(frames, read_reference_table(view.study, "quotes"), audience)


def _networks(organisations: pd.DataFrame) -> dict[str, str]:
    return dict(zip(organisations["organisation_id"], organisations["network_id"], strict=True))


def list_explanation_lines_with_cited_organisations(frames: Mapping[str, pd.DataFrame], reference: Any,
                                                    audience: str) -> Iterator[Row]:
    """Yields the explanations that an audience reads, each with every organisation whose words support it."""
    if frames["explanations"].empty:
        return
    segments, networks = frames["segments"], _networks(frames["organisations"])
    owner = dict(zip(segments["segment_id"],
                     find_organisation_behind_each_segment(segments, frames["documents"]), strict=True))
    shown = select_latest_readable_principles(frames["principles"], audience)["principle_id"]
    rows = frames["explanations"][frames["explanations"]["principle_id"].isin(shown)]
    quotations = select_quotations_with_owners(frames, reference.quotes, audience)
    seen = select_visible_explanations(rows, quotations, networks, audience)
    for row in rows.loc[seen.index].to_dict("records"):
        cited = {owner[one] for column in PASSAGE_COLUMNS for one in split_segment_ids(row[column])}
        for organisation in sorted(cited):
            line = f"{row['principle_id']}/{row['number']}"
            yield make_block_id(BLOCK, row["principle_id"]), line, organisation


def list_released_explanations(frames: Mapping[str, pd.DataFrame], audience: str) -> Iterator[pd.DataFrame]:
    """Yields one table: the explanations that the team wrote for the audience. Yields nothing for an audience
    that may read all passages, such as the team."""
    if not has_capability(audience, "passages"):
        rows = frames["explanations"]
        yield rows[rows["shown_for"].str.split(";").map(lambda words: audience in words).astype(bool)]


BLOCKS = AddedBlocks(
    kinds=Kinds(words=(BLOCK,)),
    needs=("explanations", "quotations", "segments", "documents", "organisations", "principles",
           "quotes.csv"),
    lines=list_explanation_lines_with_cited_organisations, rewritten=lambda frames: set(),
    rows={BLOCK: "principle_id"},
    line={BLOCK: ("principle_id", "number")})
