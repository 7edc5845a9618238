"""What a rater is shown before voting again: their own earlier votes, those of the panels, and what changed.

In: the closed rounds and the texts that a new round asks about. Out: for each rater a page to print and hand
over in a sealed envelope, and a sheet of the rater's workbook.

The module decides that a rater's own votes go to that rater alone, and that of everybody else the page says
what the slides say: the votes of a panel as far as :mod:`glc_analysis.disclosure.votes` tells them, and
comments that may be read. So two raters who put their pages side by side learn nothing more of a third one
than the room. A text that was changed carries no earlier vote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet

from glc_analysis.cleaning.records import CleaningLog
from glc_analysis.convening.ballots import INTEREST, readable_comments
from glc_analysis.convening.principles import versions
from glc_analysis.convening.rating_forms import Form
from glc_analysis.convening.tallies import ballot_tables
from glc_analysis.disclosure.blocks import block_ids
from glc_analysis.disclosure.visible_tables import VisibleTables
from glc_analysis.disclosure.votes import THIRDS, agreed_panels, told_tallies
from glc_analysis.intake.ratings import MARK
from glc_analysis.reference import Reference
from glc_analysis.study import CRITERIA, PANELS, Study
from glc_analysis.templates import read_text, template
from glc_analysis.workbook import write_text

NOT_TOLD = "–"
"""Stands for a number that is not told, and for a vote that was not cast."""


@dataclass(frozen=True)
class Before:
    """What a rater is shown of the last closed round about one principle.

    ``own`` are the rater's scores by criterion (``x``: abstained); empty where the rater did not vote, or
    voted on an earlier text. ``panels`` are rows (panel, criterion, low, middle, high), each number in signs
    that every language has. ``earlier`` is the text that was voted on, where it was changed since, in the
    language of the form where there is a translation.
    """

    principle_id: str
    round_id: str
    own: Mapping[str, str]
    panels: Sequence[tuple[str, ...]]
    comments: Sequence[str]
    earlier: str = ""
    earlier_language: str = ""


def told_thirds(said: str) -> tuple[str, str, str]:
    """The low, middle and high votes of a panel as far as the words of :func:`.votes.told_votes` tell them.

    >>> told_thirds("6 of 10 high, 3 middle, 1 low"), told_thirds("7 or more of 10 high, at most 2 low")
    (('1 / 10', '3 / 10', '6 / 10'), ('≤ 2 / 10', '–', '≥ 7 / 10'))
    >>> told_thirds("2 or more of 5 high")
    ('–', '–', '≥ 2 / 5')
    """
    n = re.search(r"of (\d+)", said)[1]
    found = dict.fromkeys(THIRDS, NOT_TOLD)
    for part in said.split(", "):
        number, third = re.search(r"\d+", part)[0], part.rpartition(" ")[2]
        sign = "≤ " if part.startswith("at most") else "≥ " if "or more" in part else ""
        found[third] = f"{sign}{number} / {n}"
    return tuple(found[third] for third in THIRDS)


@dataclass(frozen=True)
class Feedback:
    """The last closed round before a new one: ``votes`` and ``told`` by principle, and the texts voted on."""

    round_id: str
    votes: pd.DataFrame
    panels: Mapping[str, list[tuple[str, ...]]]
    comments: Mapping[str, list[str]]
    texts: pd.DataFrame

    @classmethod
    def of(cls, study: Study, reference: Reference, round_id: str) -> Feedback | None:
        """What there is before a round; None where no earlier round is closed. Raises Faults where a ballot
        of it is faulty."""
        rounds = reference.rounds[reference.rounds["round_id"] != round_id]
        closed = rounds[rounds["closed_on"] != ""].sort_values(["closed_on", "opened_on"], kind="stable")
        if closed.empty:
            return None
        last = closed["round_id"].iloc[-1]
        frames = ballot_tables(study, reference, CleaningLog(), issuing=round_id)
        ratings, tallies = (frames[name][frames[name]["round_id"] == last] for name in ("ratings", "tallies"))
        # Before the first build nothing has been published from which somebody could have left.
        is_built = (study.processed / "blocks.parquet").is_file()
        hidden = VisibleTables(study, "convening").hidden if is_built else frozenset()
        tallies = tallies[~block_ids("votes", tallies["principle_id"] + "/" + last).isin([*hidden])]
        told = told_tallies(tallies, test=study.settings["consensus"]["test"],
                            agreed=agreed_panels(reference.raters))
        order = {one: n for n, one in enumerate((*PANELS, *CRITERIA))}
        panels: dict[str, list[tuple[str, ...]]] = {}
        for row in told.sort_values(["panel", "criterion"], key=lambda c: c.map(order),
                                    kind="stable").itertuples():
            panels.setdefault(row.principle_id, []).append(
                (row.panel, row.criterion, *told_thirds(row.said)))
        is_shown = ~block_ids("comments", ratings["principle_id"]).isin([*hidden])
        comments = {principle: readable_comments(own, study, reference.names)
                    for principle, own in ratings[is_shown].groupby("principle_id")}
        asked = closed.loc[closed["round_id"] == last, ["principle_id", "version"]]
        return cls(last, ratings[ratings["held_out"].isin(["", INTEREST])], panels, comments,
                   asked.merge(versions(reference.principles), on=["principle_id", "version"]))

    def of_rater(self, rater_id: str, language: str, rows: pd.DataFrame) -> list[Before]:
        """What one rater is shown, for each of the ``rows`` of a form that the last round asked about."""
        return [*self._of_rater(rater_id, language, rows)]

    def _of_rater(self, rater_id: str, language: str, rows: pd.DataFrame) -> Iterator[Before]:
        own = self.votes[self.votes["rater_id"] == rater_id]
        for row in rows.itertuples():
            texts = self.texts[self.texts["principle_id"] == row.principle_id]
            if texts.empty:
                continue
            is_same = (texts["version"] == row.printed_id.rpartition(".")[2]).any()
            votes = own[own["principle_id"] == row.principle_id] if is_same else own[:0]
            earlier = texts.sort_values("language", key=lambda c: c != language, kind="stable")
            earlier = earlier[(earlier["language"] == language) | (earlier["translation_of"] == "")].iloc[0]
            yield Before(row.principle_id, self.round_id,
                         {one.criterion: MARK if one.is_abstained else str(one.score)
                          for one in votes.itertuples()},
                         self.panels.get(row.principle_id, []), self.comments.get(row.principle_id, []),
                         *([] if is_same else [earlier["statement"], earlier["language"]]))


def feedback_page(form: Form, before: Sequence[Before]) -> str:
    """The page of one rater, in the language of the form."""
    by_principle = {one.principle_id: one for one in before}
    return template(__file__, "feedback_page.html").render(
        form=form, say=form.say, style=read_text(__file__, "form_page.css").strip(), criteria=CRITERIA,
        not_told=NOT_TOLD,
        rows=[(row, form.shown(row), by_principle[row.principle_id]) for row in form.rows.itertuples()
              if row.principle_id in by_principle])


def write_feedback(sheet: Worksheet, form: Form, before: Sequence[Before]) -> None:
    """The same as a sheet of a workbook, which is only read."""
    say = form.say
    sheet.title = say["before_title"][:31]
    lines: list[list[str]] = [[say["before_how"]], [
        say["principle"], "", *(say[one] for one in CRITERIA), "1–3", "4–6", "7–9"]]
    for one in before:
        own = ["" if one.earlier else one.own.get(criterion, NOT_TOLD) for criterion in CRITERIA]
        label = say["your_vote"].format(one.round_id)
        if one.earlier:
            label = f"{say['text_changed'].format(one.round_id)} “{one.earlier}”"
        lines.append([one.principle_id, label, *own])
        lines += [["", f"{say[f'panel_{panel}']}: {say[criterion]}", "", "", *numbers]
                  for panel, criterion, *numbers in one.panels]
        lines += [["", f"“{comment}”"] for comment in one.comments]
    for n, line in enumerate(lines, 1):
        for m, text in enumerate(line, 1):
            cell = sheet.cell(n, m)
            write_text(cell, text)
            cell.alignment = Alignment(wrap_text=True, vertical="top",
                                       readingOrder=2 if form.direction == "rtl" else 1)
            cell.font = Font(bold=n == 2 or m == 1)
    for column, width in zip("ABCDEFG", (10, 60, 14, 14, 10, 10, 10), strict=True):
        sheet.column_dimensions[column].width = width
    sheet.merge_cells("A1:G1")
    sheet.row_dimensions[1].height = 90
    sheet.sheet_view.rightToLeft = form.direction == "rtl"
    sheet.protection.sheet = True
