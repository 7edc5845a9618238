"""Selects the commitments, trials and reviews that each audience may see.

The team sees all commitments, trials and reviews. Other audiences see:

- the cleared words and the decision of a trial, without the organisation's name;
- whether a text is under review, without reason or date;
- the decision of a review.

Audiences other than the team see no numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from glc_analysis.addons.convening.votes import select_latest_readable_principles
from glc_analysis.addons.practice.checks import HARM
from glc_analysis.disclosure.blocks import (
    AddedBlocks,
    Kinds,
    Row,
    make_block_id,
    make_block_ids,
    make_line_ids,
)
from glc_analysis.disclosure.rules import has_capability
from glc_analysis.view.reader_study import Reader
from glc_analysis.view.visible_tables import VisibleTables

BLOCK = "trials"
"""The id of the block (content of one kind on one page) with the words of the organisations that tried a
principle. When an organisation leaves, the lines of this organisation in the block are hidden together with
lines of other organisations (:mod:`glc_analysis.disclosure.cells`)."""
SEEN = ("principle_id", "version", "changed", "decision", "learnt", "language")
"""The columns of a cleared trial that audiences other than the team read."""


def select_cleared_ended_harmless_trials(trials: pd.DataFrame, audience: str) -> pd.DataFrame:
    """Returns the rows of table ``trials`` whose words an audience may read. The words must be cleared for
    the audience, the trial must have ended, and no possible harm may have been reported.

    >>> rows = pd.DataFrame({"shown_for": ["convening", "convening;public", ""], "learnt": "Rest first.",
    ...                      "changed": "", "decision": "adopt", "harm": "none"})
    >>> [len(select_cleared_ended_harmless_trials(rows, audience)) for audience in ("convening", "public")]
    [2, 1]
    """
    is_cleared = trials["shown_for"].str.split(";").map(lambda words: audience in words).astype(bool)
    has_ended = (trials["decision"] != "") & ~trials["harm"].isin(HARM)
    return trials[is_cleared & has_ended & ((trials["learnt"] != "") | (trials["changed"] != ""))]


def select_visible_trials_and_drop_owners(trials: pd.DataFrame, audience: str) -> pd.DataFrame:
    """Returns the part of table ``trials`` that an audience other than the team may see: the words without
    the organisation, sorted by the words."""
    rows = select_cleared_ended_harmless_trials(trials,
                                                audience)[[*SEEN]].drop_duplicates().sort_values([*SEEN])
    number = rows.groupby(["principle_id", "version"]).cumcount() + 1
    return rows.assign(organisation_id="", cycle=number)


def select_latest_begun_review_per_text(reviews: pd.DataFrame) -> pd.DataFrame:
    """Returns the part of table ``reviews`` that audiences other than the team may see, with one row per text
    that is under review or has a decided review. Planned reviews that are not yet decided are left out."""
    rows = reviews[(reviews["decision"] != "") | (reviews["trigger"] != "date")]
    rows = rows.assign(is_open=rows["decision"] == "").sort_values(["is_open", "decided_on"])
    rows = rows.drop_duplicates(["principle_id", "version"], keep="last")
    return rows[["principle_id", "version", "decision"]].assign(due_on="", trigger="")


class PracticeView(VisibleTables):
    """The attributes about practice, which every view of a study has. A view consists of the tables that one
    audience may see; ``self`` is the view."""

    @property
    def trial_rows(self) -> pd.DataFrame:
        """Returns the rows of table ``trials`` that the audience may see; on a principle's page, only the
        rows about this principle."""
        rows = self.read("trials")
        if not self.has_capability("team_notes"):
            rows = select_visible_trials_and_drop_owners(rows, self.audience)
        return rows[rows["principle_id"] == self.principle] if self.principle else rows

    @property
    def review_rows(self) -> pd.DataFrame:
        """Returns the rows of table ``reviews`` that the audience may see; on a principle's page, only the
        rows about this principle."""
        rows = self.read("reviews")
        rows = rows if self.has_capability("team_notes") else select_latest_begun_review_per_text(rows)
        return rows[rows["principle_id"] == self.principle] if self.principle else rows

    @property
    def under_review(self) -> set[str]:
        """Returns the printed ids of the texts that are under review."""
        rows = select_latest_begun_review_per_text(self.read("reviews"))
        rows = rows[rows["decision"] == ""]
        return {*(rows["principle_id"] + "." + rows["version"])}


# ------------------------------
# The folder that a page gets, the blocks of text, what a release says.


def select_visible_trial_words(reader: Reader) -> pd.DataFrame:
    """Returns the cleared words of trials without the names of the organisations."""
    rows, decided = reader.read_whole("trials"), reader.read_rows_naming_this_audience("blocks")
    hidden = {*decided.loc[~decided["is_shown"], "block_id"]}
    blocks = make_block_ids(BLOCK, rows["principle_id"])
    rows = rows[~blocks.isin(hidden) & ~make_line_ids(blocks, rows["trial_id"]).isin(hidden)]
    return select_visible_trials_and_drop_owners(rows, reader.audience).assign(shown_for=reader.audience)


def select_visible_reviews(reader: Reader) -> pd.DataFrame:
    """Returns the texts under review, and the decisions of reviews."""
    return select_latest_begun_review_per_text(reader.read_whole("reviews"))


def list_trial_lines_with_organisations(frames: Mapping[str, pd.DataFrame], reference: Any,
                                        audience: str) -> Iterator[Row]:
    """Yields the words of trials that an audience reads, each with the organisation that said the words."""
    if frames["trials"].empty:
        return
    shown = select_latest_readable_principles(frames["principles"], audience)["principle_id"]
    rows = select_cleared_ended_harmless_trials(frames["trials"], audience)
    for row in rows[rows["principle_id"].isin(shown)].to_dict("records"):
        yield make_block_id(BLOCK, row["principle_id"]), row["trial_id"], row["organisation_id"]


def list_released_trials_and_reviews(frames: Mapping[str, pd.DataFrame],
                                     audience: str) -> Iterator[pd.DataFrame]:
    """Yields the words of trials and the reviews that an audience reads."""
    if not has_capability(audience, "team_notes"):
        yield select_visible_trials_and_drop_owners(frames["trials"], audience)
        yield select_latest_begun_review_per_text(frames["reviews"])


BLOCKS = AddedBlocks(kinds=Kinds(words=(BLOCK,)), needs=("trials", "principles"),
                     lines=list_trial_lines_with_organisations,
                     rewritten=lambda frames: set(), rows={BLOCK: "principle_id"},
                     line={BLOCK: ("trial_id",)})
