"""The principles on paper: one sheet each, to read before the vote and to write on.

In: what an audience may see (:class:`~glc_analysis.view.StudyView`), of the whole study. Out: HTML, a sheet a
principle: its statement, the arguments for and against it, its limits, the votes so far, and room for notes.
Evidence of which nothing may be shown takes no line: one sentence says that not all is shown, and, like the
pages, no number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import pandas as pd
from IPython.display import HTML as Html

from glc_analysis.convening.consensus import no_result, roles_in_words
from glc_analysis.convening.places import anchor
from glc_analysis.convening.principles import NOT_CHALLENGED, NOT_MEASURED, UNSUPPORTED, facts
from glc_analysis.convening.trace import Trail
from glc_analysis.disclosure.blocks import NOT_SHOWN
from glc_analysis.frames_html import quotation
from glc_analysis.pages.principles import (
    NO_PRINCIPLES,
    NONE_AGREED,
    NOT_CLEARED,
    STATUSES,
    WITHHELD,
    evidence_of,
    history_html,
    language_attributes,
    nothing_said,
    positions_html,
    signatures_html,
)
from glc_analysis.pages.text_changes import came_about
from glc_analysis.study import CRITERIA, PANELS
from glc_analysis.tables_html import language_label, note, show, table, tag
from glc_analysis.view import StudyView

SIDES = {"supports": "What speaks for it", "contradicts": "What speaks against it", "qualifies": "Limits"}
"""The sides of the evidence in the order of the sheet, by the words of evidence.csv."""
NOTHING = {"supports": UNSUPPORTED, "contradicts": NOT_CHALLENGED, "qualifies": "No limit is recorded."}
ONLY_HIDDEN = "Something is recorded here, but it cannot be shown."
NOT_ALL = ("Not all recorded evidence is shown: a count could reveal what a single organisation said, or the "
           "words are not cleared for this paper.")
CLAIMS = {"practised": "This is a report of practice.", "reported_to_work": "This is a report that it works.",
          "reported_to_fail": "This is a report that it fails.",
          "outcome_measured": "This is a measured outcome."}
"""What a piece of evidence claims, in a sentence; a publication speaks for itself."""
VOTES, SIGNATURES = "Votes so far", "Signatures"
COUNTED_AGAIN = re.compile(r"; counted again on (\d{4}-\d\d-\d\d)")
"""What the rule of a result says of a later count."""
SENTENCES_SHOWN = 6
"""The most sentences on one side of a sheet, so that it stays one page."""


def statements(view: StudyView) -> Html:
    """The sheets of all principles, one after the other; a sentence where there are none."""
    sheets = principle_sheets(view)
    missing = NO_PRINCIPLES if view.may("draft_principles") else NONE_AGREED
    return show("".join(sheets.values())) if sheets else note(missing)


def principle_sheets(view: StudyView) -> dict[str, str]:
    """The sheet of each principle as HTML, by its id."""
    trail = Trail.of(view)
    return {row.principle_id: _sheet(trail, row) for row in view.principle_rows.itertuples()}


def _sheet(trail: Trail, row: Any) -> str:
    view, pieces = trail.view, evidence_of(trail, row.principle_id)
    return "".join([
        tag("h1", escape(f"{row.principle_id} {row.short_name}".strip()),
            id=anchor("principle", row.principle_id)),
        *_statement(trail, row), *_arguments(pieces), *_votes(view, row), *_signed(view, row),
        *_history(trail, row),
        room_for_notes("Your notes")])


def room_for_notes(title: str) -> str:
    """Room to write on paper, below a title; it takes what is left of the page."""
    return tag("div", tag("p", escape(title)), class_="glc-notes")


def _statement(trail: Trail, row: Any) -> Iterator[str]:
    """The text that is voted on, in all its languages, how it came about, and why it is proposed."""
    view = trail.view
    status = STATUSES.get(row.status, row.status)
    yield tag("p", escape(f"{status}. Text {row.version}, cited as {row.printed_id}."), class_="glc-note")
    yield tag("blockquote", tag("p", tag("strong", escape(row.statement))), class_="glc-statement",
              **language_attributes(row.language))
    rows = view.read("principles")
    for other in rows[rows["translation_of"] == row.printed_id].itertuples():
        yield tag("p", tag("span", f"{language_label(other.language)}: ", class_="glc-note"),
                  tag("span", escape(other.statement), **language_attributes(other.language)))
    yield came_about(trail, row)
    if row.rationale:
        yield tag("p", tag("strong", "Why it is proposed: "), escape(row.rationale))
    if row.indicator:
        yield tag("p", tag("strong", "How to tell whether it works: "), escape(row.indicator))


def _arguments(pieces: pd.DataFrame) -> Iterator[str]:
    """What speaks for and against a principle and what limits it, in sentences with one quotation each."""
    if "note" in pieces.attrs:
        yield note(pieces.attrs["note"]).data
        return
    is_hidden = pieces["sentence"].isin([WITHHELD, NOT_CLEARED])
    for stance, heading in SIDES.items():
        yield tag("h2", heading)
        yield from _side(pieces[pieces["stance"] == stance], nothing_said(pieces, NOTHING[stance]))
        if stance == "qualifies" and NOT_MEASURED in facts(pieces):
            yield tag("p", NOT_MEASURED)
    if is_hidden.any():
        yield tag("p", NOT_ALL, class_="glc-note")


def _side(pieces: pd.DataFrame, nothing: str) -> Iterator[str]:
    is_hidden = pieces["sentence"].isin([WITHHELD, NOT_CLEARED])
    sentences = [f"{row.sentence} {CLAIMS.get(row.claim, '')}".strip()
                 for row in pieces[~is_hidden & (pieces["sentence"] != "")].itertuples()]
    words = pieces[pieces["text"] != ""].sort_values("sentence", kind="stable").head(1)
    if sentences:
        kept, more = sentences[:SENTENCES_SHOWN], len(sentences) - SENTENCES_SHOWN
        kept += [f"{more} more {'is' if more == 1 else 'are'} on its page of the site."] if more > 0 else []
        yield tag("ul", *(tag("li", escape(one)) for one in kept))
    for row in words.to_dict("records"):
        yield quotation(row)
    if not sentences and words.empty:
        yield tag("p", ONLY_HIDDEN if len(pieces) else nothing)


def _votes(view: StudyView, row: Any) -> Iterator[str]:
    """The votes of the closed rounds as far as they may be told, a line a round and panel, and which rounds
    were counted again: without the reason, which may name somebody."""
    yield tag("h2", VOTES)
    rows = view.tallies[view.tallies["principle_id"] == row.principle_id]
    rounds = {one: n for n, one in enumerate(view.closed_rounds)}
    said = {(rounds[one["round_id"]], [*PANELS].index(one["panel"]), one["version"],
             one["criterion"]): _told(one) for one in rows.to_dict("records")}
    ballots = sorted({at[:3] for at in said})
    if ballots:
        names = [*rounds]
        yield table({
            "Round": [f"Round {names[number]}" + (f", on text {version}" if version != row.version else "")
                      for number, _, version in ballots],
            "Panel": [[*PANELS.values()][panel] for _, panel, _ in ballots],
            **{name.capitalize(): [said.get((*at, name), "not shown") for at in ballots]
               for name in CRITERIA}})
    else:
        yield tag("p", NOT_SHOWN if rounds else "No round is closed yet.")
    for round_id, own in rows.groupby("round_id"):
        for day in COUNTED_AGAIN.findall(own["rule"].iloc[0]):
            yield tag("p", escape(f"Round {round_id} was counted again on {day}."), class_="glc-note")
    yield positions_html(view, row.principle_id)


def _told(one: Mapping[str, Any]) -> str:
    """The votes of a panel with what goes with them: abstentions, ballots by proxy, votes that are left out,
    and why there is no result."""
    abstained = f"{one['n_abstained']} abstained" if one["n_abstained"] else ""
    return "; ".join(filter(None, [one["said"], abstained, roles_in_words(one), no_result(one)]))


def _signed(view: StudyView, row: Any) -> Iterator[str]:
    if signed := signatures_html(view, row.principle_id, is_on_paper=True):
        yield tag("h2", SIGNATURES)
        yield signed


def _history(trail: Trail, row: Any) -> Iterator[str]:
    if changed := history_html(trail, row.principle_id, is_folded=False):
        yield tag("h2", "How this text changed")
        yield changed
