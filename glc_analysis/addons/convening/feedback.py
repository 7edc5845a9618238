"""Makes the feedback for a rater before a second vote: the rater's own earlier votes, the panels' votes, and
changes of the texts.

Each rater gets the feedback as a page, to be printed and handed over in a sealed envelope, and as a sheet of
the rater's workbook. A rater's own votes are shown to that rater alone. About all other raters, the page
shows only what the slides show: the panel votes that :mod:`.votes` discloses, and the comments that may be
read outside the team. Two raters who compare their pages therefore learn no more about a third rater than
everybody in the room learns. Votes on an earlier version of a text are not shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet

from glc_analysis.addons.convening.ballots import INTEREST, mask_and_list_releasable_comments
from glc_analysis.addons.convening.principles import add_printed_ids_and_mark_current
from glc_analysis.addons.convening.rating_forms import RatingForm
from glc_analysis.addons.convening.ratings import ABSTENTION_MARK, CRITERIA
from glc_analysis.addons.convening.seals import list_rounds_with_erased_ballots
from glc_analysis.addons.convening.settings import PANELS
from glc_analysis.addons.convening.tallies import make_ratings_and_tallies
from glc_analysis.addons.convening.votes import (
    TERTILES,
    blank_undisclosed_tallies_and_describe_votes,
    select_fully_disclosed_panels,
)
from glc_analysis.cleaning.records import CleaningLog
from glc_analysis.disclosure.blocks import make_block_ids, make_line_ids
from glc_analysis.reference import Reference
from glc_analysis.spreadsheets import write_cell_as_plain_text
from glc_analysis.study import Study
from glc_analysis.templates import load_template, read_packaged_text
from glc_analysis.view.visible_tables import VisibleTables

NOT_DISCLOSED = "–"
"""The sign in place of a number that is not disclosed, or of a vote that was not cast."""


@dataclass(frozen=True)
class RoundFeedback:
    """The results that one rater is shown for a principle, from the last closed round on the principle.

    - ``own``: the rater's own scores, keyed by criterion (``x`` if the rater abstained); empty if the rater
      did not vote, or voted on an earlier text.
    - ``panels``: rows of panel, criterion, and the numbers of low, middle and high votes. The numbers are
      written without words, so that they need no translation.
    - ``earlier``: the text that was voted on, if the text has changed since the vote; blank otherwise. The
      text is in the language of the form if a translation exists. ``earlier_language`` is the language of
      ``earlier``.
    """

    principle_id: str
    round_id: str
    own: Mapping[str, str]
    panels: Sequence[tuple[str, ...]]
    comments: Sequence[str]
    earlier: str = ""
    earlier_language: str = ""


class DisclosedCounts(NamedTuple):
    """The disclosed numbers of low, middle and high votes, written without words, such as ``≥ 7 / 10``."""

    low: str
    middle: str
    high: str


def parse_disclosed_votes(votes_in_words: str) -> DisclosedCounts:
    """Parses the words of :func:`.votes.describe_disclosed_votes`; returns the numbers of a panel's low,
    middle and high votes that these words disclose.

    >>> parse_disclosed_votes("6 of 10 high, 3 middle, 1 low")
    DisclosedCounts(low='1 / 10', middle='3 / 10', high='6 / 10')
    >>> parse_disclosed_votes("7 or more of 10 high, at most 2 low")
    DisclosedCounts(low='≤ 2 / 10', middle='–', high='≥ 7 / 10')
    """
    n, *_ = re.findall(r"of (\d+)", votes_in_words)
    numbers = dict.fromkeys(TERTILES, NOT_DISCLOSED)
    for part in votes_in_words.split(", "):
        number, third = re.findall(r"\d+", part)[0], part.rpartition(" ")[2]
        sign = "≤ " if part.startswith("at most") else "≥ " if "or more" in part else ""
        numbers[third] = f"{sign}{number} / {n}"
    return DisclosedCounts(*(numbers[tertile] for tertile in TERTILES))


@dataclass(frozen=True)
class Feedback:
    """The feedback on each principle, from the last closed round that asked about the principle. This round
    may be several rounds ago.

    - ``votes``: the votes of all raters.
    - ``panels``: the disclosed votes of the panels, keyed by principle.
    - ``comments``: the comments that may be read, keyed by principle.
    - ``texts``: the texts that were voted on, each with the round of the vote.
    """

    votes: pd.DataFrame
    panels: Mapping[str, list[tuple[str, ...]]]
    comments: Mapping[str, list[str]]
    texts: pd.DataFrame

    @classmethod
    def read(cls, study: Study, reference: Reference, round_id: str) -> Feedback | None:
        """Returns the feedback to give before the round ``round_id``; None if no other round is closed.
        Raises Faults if a ballot is faulty."""
        rounds = reference.rounds[reference.rounds["round_id"] != round_id]
        closed = rounds[rounds["closed_on"] != ""].sort_values(["closed_on", "opened_on"], kind="stable")
        if closed.empty:
            return None
        last = closed.groupby("principle_id")["round_id"].transform("last")
        asked = closed.loc[closed["round_id"] == last, ["round_id", "principle_id", "version"]]
        frames = make_ratings_and_tallies(study, reference, CleaningLog(), issuing_round=round_id)
        ratings, tallies = (frames[name].merge(asked[["round_id", "principle_id"]].drop_duplicates())
                            for name in ("ratings", "tallies"))
        # Before the first build nothing has been published from which somebody could have left.
        is_built = (study.processed / "blocks.parquet").is_file()
        hidden = VisibleTables(study, "convening").hidden if is_built else frozenset()
        erased = [*list_rounds_with_erased_ballots(study)]
        is_hidden = make_block_ids("votes",
                                   tallies["principle_id"] + "/" + tallies["round_id"]).isin([*hidden])
        tallies = tallies[~is_hidden & ~tallies["round_id"].isin(erased)]
        told = blank_undisclosed_tallies_and_describe_votes(
            tallies, agreement_test=study.settings["consensus"]["test"],
            fully_disclosed_panels=select_fully_disclosed_panels(reference.raters))
        order = {one: n for n, one in enumerate((*PANELS, *CRITERIA))}
        panels: dict[str, list[tuple[str, ...]]] = {}
        for row in told.sort_values(["panel", "criterion"], key=lambda c: c.map(order),
                                    kind="stable").to_dict("records"):
            panels.setdefault(row["principle_id"], []).append(
                (row["panel"], row["criterion"], *parse_disclosed_votes(row["said"])))
        blocks = make_block_ids("comments", ratings["principle_id"])
        lines = ratings["round_id"].astype("str") + "/" + ratings["rater_id"].astype("str")
        is_shown = (~blocks.isin([*hidden]) & ~make_line_ids(blocks, lines).isin([*hidden])
                    & ~ratings["round_id"].isin(erased))
        comments = {principle: mask_and_list_releasable_comments(own, study, reference.names)
                    for principle, own in ratings[is_shown].groupby("principle_id")}
        return cls(ratings[ratings["excluded"].isin(["", INTEREST])], panels, comments,
                   asked.merge(add_printed_ids_and_mark_current(reference.principles),
                               on=["principle_id", "version"]))

    def select_for_rater(self, rater_id: str, language: str, form_rows: pd.DataFrame) -> list[RoundFeedback]:
        """Returns the feedback for one rater: one entry for each row of the form (``form_rows``) whose
        principle an earlier round asked about."""
        return [*self._of_rater(rater_id, language, form_rows)]

    def _of_rater(self, rater_id: str, language: str, rows: pd.DataFrame) -> Iterator[RoundFeedback]:
        own_votes = self.votes[self.votes["rater_id"] == rater_id]
        for row in rows.to_dict("records"):
            texts = self.texts[self.texts["principle_id"] == row["principle_id"]]
            if texts.empty:
                continue
            is_same = (texts["version"] == row["printed_id"].rpartition(".")[2]).any()
            votes = own_votes[own_votes["principle_id"] == row["principle_id"]] if is_same else own_votes[:0]
            earlier = texts.sort_values("language", key=lambda c: c != language, kind="stable")
            earlier = earlier[(earlier["language"] == language) | (earlier["translation_of"] == "")].iloc[0]
            yield RoundFeedback(row["principle_id"], texts["round_id"].iloc[0],
                                {one["criterion"]: ABSTENTION_MARK if one["is_abstained"]
                                 else str(one["score"])
                                 for one in votes.to_dict("records")},
                                self.panels.get(row["principle_id"], []),
                                self.comments.get(row["principle_id"], []),
                                *([] if is_same else [earlier["statement"], earlier["language"]]))


def render_feedback_page(form: RatingForm, feedback: Sequence[RoundFeedback]) -> str:
    """Renders the feedback page of one rater, in the language of the form."""
    by_principle = {one.principle_id: one for one in feedback}
    return load_template(__file__, "feedback_page.html").render(
        form=form, say=form.fixed_texts, style=read_packaged_text(__file__, "form_page.css").strip(),
        criteria=CRITERIA,
        not_told=NOT_DISCLOSED,
        rows=[(text, form.format_statement_and_language(text), by_principle[text.principle_id])
              for text in form.texts
              if text.principle_id in by_principle])


def write_feedback_sheet(sheet: Worksheet, form: RatingForm, feedback: Sequence[RoundFeedback]) -> None:
    """Writes the feedback as a read-only sheet of a workbook."""
    say = form.fixed_texts
    sheet.title = say["before_title"][:31]
    lines: list[list[str]] = [[form.feedback_instructions], [
        say["principle"], "", *(say[shown] for shown in CRITERIA), "1–3", "4–6", "7–9"]]
    for shown in feedback:
        own = ["" if shown.earlier else shown.own.get(criterion, NOT_DISCLOSED) for criterion in CRITERIA]
        label = say["your_vote"].format(shown.round_id)
        if shown.earlier:
            label = f"{say['text_changed'].format(shown.round_id)} “{shown.earlier}”"
        lines.append([shown.principle_id, label, *own])
        lines += [["", f"{say[f'panel_{panel}']}: {say[criterion]}", "", "", *numbers]
                  for panel, criterion, *numbers in shown.panels]
        lines += [["", f"“{comment}”"] for comment in shown.comments]
    for n, line in enumerate(lines, 1):
        for m, text in enumerate(line, 1):
            cell = sheet.cell(n, m)
            write_cell_as_plain_text(cell, text)
            is_rtl = form.direction == "rtl" and m <= 4  # numbers with signs run from left to right
            cell.alignment = Alignment(wrap_text=True, vertical="top", readingOrder=2 if is_rtl else 1)
            cell.font = Font(bold=n == 2 or m == 1)
    for column, width in zip("ABCDEFG", (10, 60, 14, 14, 10, 10, 10), strict=True):
        sheet.column_dimensions[column].width = width
    sheet.merge_cells("A1:G1")
    sheet.row_dimensions[1].height = 90
    sheet.sheet_view.rightToLeft = form.direction == "rtl"
    sheet.protection.sheet = True
