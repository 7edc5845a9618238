"""What the pages of the convening and of the methods show: joint display, agenda, decisions, checklists.

In: what an audience may see (:class:`~glc_analysis.view.StudyView`). Out: HTML, a function each. Votes are
shown for closed rounds only, as far as they may be told; names only as far as organisations allowed it.
"""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd
from IPython.display import HTML as Html

from glc_analysis.convening import agenda as by_decision
from glc_analysis.convening.checklists import NOT_RECORDED, method_facts, reporting_items
from glc_analysis.convening.joint_display import Quote, cited_figures, contradicting, paired, readable_quotes
from glc_analysis.convening.places import Places, anchor, link
from glc_analysis.disclosure.blocks import AGENDA, COUNTS, DECISIONS, NOT_SHOWN
from glc_analysis.disclosure.votes import LARGEST_UNTOLD
from glc_analysis.evidence.summary import Words
from glc_analysis.reference import read_table
from glc_analysis.tables_html import Markup, bar, note, show, table, tag
from glc_analysis.text import language_direction
from glc_analysis.view import StudyView

# ------------------------------
# The convening: joint display, agenda, results of rounds, decisions.


NO_JOINT_DISPLAY = "The joint display has no rows yet: `glc joint-display --suggest` proposes some."
JOINT_CAPTION = "Bars show the share of those that answered (survey) or were asked (all else)."
FIT_LABELS = {"": "not judged yet", "not_asked": "not asked in the survey",
              "not_raised": "not raised in interviews and calls"}
NO_ROUND = "No round is closed yet. Results appear here when a round is closed."
VOTES_TOLD = (f"Of panels of {LARGEST_UNTOLD} votes or fewer nothing is shown. Of larger ones no more is "
              "shown than leaves every vote open between two thirds of the scale, also to two who know their "
              "own votes. All votes of a panel are shown where all its members, asked in private, agreed.")


def joint_display(view: StudyView) -> Html:
    """One group of rows a topic: the survey's count, the count of what was said, how they fit and what
    follows; below the table what organisations state that differs from country facts."""
    rows = view.read("joint_display").sort_values("order")
    listed = [*paired(rows, cited_figures(view, rows))]
    if not listed:
        return show(note(NO_JOINT_DISPLAY).data + _contradictions(view))
    quotes, places = readable_quotes(view), Places.of(view.codebook, view.question_figures("coded"))
    asked = dict(zip(view.question_table["question_id"], view.question_table["theme_id"], strict=True))
    lines, kinds = [], ["glc-asked", ""] * len(listed)
    for row, surveyed, said in listed:
        at = surveyed and places.question(surveyed.question_id, asked.get(surveyed.question_id, ""))
        theme, topic = view.themes.get(row.theme_id, row.theme_id), row.topic_id.replace("-", " ")
        heading = escape(f"{theme}: {topic}. ") + tag("em", FIT_LABELS.get(row.fit, row.fit))
        lines += [(Markup(heading), None, None),
                  (_figure_cell(view.words, surveyed, at),
                   _figure_cell(view.words, said, said and places.code(said.code_id),
                                quotes.get(row.quote_id)),
                   row.inference)]
    heads = ("Survey", "Interviews, calls and open answers", "What follows")
    shown = table(dict(zip(heads, zip(*lines, strict=True), strict=True)), rows=kinds, caption=JOINT_CAPTION)
    return show(tag("div", shown, class_="glc-joint") + _contradictions(view))


def _figure_cell(words: Words, figure: Any, place: str, quote: Quote | None = None) -> Markup:
    """A figure: its name as a link to where it is shown, its bar, and its question or a quotation."""
    said = ""
    if quote:
        spoken = tag("q", escape(quote.text), lang=quote.language, dir=language_direction(quote.language))
        said = tag("p", spoken, escape(f" – {quote.source}") if quote.source else "", class_="glc-note")
    if not figure:
        return Markup(said)
    name, number, asked = words.parts(figure)
    drawn = tag("div", escape(number)) if pd.isna(figure.share) else bar(figure.share, number)
    name = tag("a", escape(name), href=link(place)) if place else escape(name)
    return Markup(name + drawn + (tag("p", escape(asked), class_="glc-note") if asked else "") + said)


def _contradictions(view: StudyView) -> str:
    """What organisations state that differs from the facts of their country: for the team which
    organisations, for others how many."""
    counted = view.measured("discordance")
    if counted.empty:
        return ""
    said = note(*(f"Compared with country facts: {view.words.said(one)}."
                  for one in counted.itertuples())).data
    if not view.may("country_facts"):
        return said
    rows = contradicting(view)
    shown = table({name.capitalize(): rows[name] for name in (
        "country", "organisation", "indicator", "stated", "recorded", "year")})
    return said + tag("details", tag("summary", f"{len(rows)} answers that differ"), shown, class_="glc-more")


def agenda(view: StudyView) -> Html:
    """One row a principle of the last closed round, grouped by what there is to decide."""
    closed = view.closed_rounds
    if not closed:
        return note(NO_ROUND)
    if AGENDA in view.hidden:
        return note(NOT_SHOWN)
    order = agenda_rows(view)
    lines, kinds = [], []
    for name, (heading, why) in by_decision.GROUPS.items():
        own = order[order["group"] == name]
        lines += [(f"{heading} ({why})", None, None, None)] if len(own) else []
        kinds += ["glc-asked", *["glc-option"] * len(own)] if len(own) else []
        lines += [(_principle_link(row.principle_id, row.short_name, f"{row.principle_id}.{row.version}"),
                   row.importance[1], row.feasibility[1], row.notes) for row in own.itertuples()]
    heads = ("Principle", "Importance, 7 to 9", "Feasibility, 7 to 9", "Notes")
    return show(table(dict(zip(heads, zip(*lines, strict=True), strict=True)), rows=kinds,
                      caption=f"Providers' votes of round {closed[-1]}"))


def agenda_rows(view: StudyView) -> pd.DataFrame:
    """The agenda after the last closed round, one row a principle in order (:func:`.agenda.agenda`); without
    rows where no round is closed, or where it is hidden."""
    closed = view.closed_rounds
    if not closed or AGENDA in view.hidden:
        return pd.DataFrame(columns=["group", "principle_id", "version", "short_name", "facts", "notes"])
    register = read_table(view.study, "organisations")
    tallies, ratings = (view.read(name)[lambda f: f["round_id"] == closed[-1]]
                        for name in ("tallies", "ratings"))
    return by_decision.agenda(tallies, ratings, view.read("principles"), register,
                              test=view.study.settings["consensus"]["test"], agreed=view.agreed_panels)


def _principle_link(principle_id: str, name: str, printed_id: str = "") -> Markup:
    """The name of a principle as a link to its page, with the id by which forms cite it."""
    cited = tag("span", escape(printed_id), class_="glc-id") + " " if printed_id else ""
    place = anchor("principle", principle_id)
    return Markup(cited + tag("a", escape(name or principle_id), href=link(place)))


def voting_rules(view: StudyView) -> Html | None:
    """By which rule the votes were read, and what is not shown. None before a round is closed."""
    if view.tallies.empty:
        return None
    rules = [f"Rule: {rule}." for rule in sorted({*view.tallies["rule"]})]
    return note(*rules, *([] if view.may("exact_votes") else [VOTES_TOLD]))


def decisions(view: StudyView) -> Html:
    """One row a decision: who proposed it, objections and reservations."""
    rows = view.read("decision_log").sort_values("order")
    names = view.principle_names
    rows["principle"] = [_principle_link(one, names[one]) if one in names else one
                         for one in rows["principle_id"]]
    return _log_table(rows, {"Decision": "decision", "Principle": "principle", "Day": "date",
                             "Proposed by": "proposed_by", "Objections": "objections",
                             "Reservations": "reservations"}, "No decision is recorded yet.", view)


def parking_lot(view: StudyView) -> Html:
    """One row a matter in the parking lot."""
    rows = view.read("parking_lot").sort_values("order")
    return _log_table(rows, {"Matter": "item", "Raised by": "raised_by", "Day": "date", "Note": "note"},
                      "Nothing is in the parking lot.", view)


def _log_table(rows: pd.DataFrame, heads: dict[str, str], nothing: str, view: StudyView) -> Html:
    if DECISIONS in view.hidden or rows.empty:
        return note(nothing if view.may("passages") else NOT_SHOWN)
    return show(table({head: view.named(rows[column]) if column.endswith("_by") else rows[column]
                       for head, column in heads.items()}))


# ------------------------------
# How the study was made.


def methods(view: StudyView) -> Html:
    """The items of the reporting checklists, with what is recorded for each."""
    rows = reporting_items(method_facts(view))
    def counted(own: pd.DataFrame) -> str:
        """How many items are recorded; without the number where somebody left who may have changed it."""
        n = (own["value"] != NOT_RECORDED).sum()
        return "" if COUNTS in view.hidden else f": {n} of {len(own)} items recorded"

    return show("".join(
        tag("details", tag("summary", escape(f"{name}{counted(own)}")),
            table({"Item": own["item"] + " " + own["topic"], "What is recorded": own["value"]}),
            class_="glc-more")
        for name, own in rows.groupby("checklist", sort=False)))
