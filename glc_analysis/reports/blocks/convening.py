"""The convening: survey beside talks, what is there to decide, how rounds were voted, what was decided."""

from __future__ import annotations

from html import escape
from itertools import product
from typing import Any

import pandas as pd

from glc_analysis.convening import CRITERIA, PANELS
from glc_analysis.convening import agenda as by_decision
from glc_analysis.convening.comments import masked
from glc_analysis.convening.consensus import dissent, in_words
from glc_analysis.evidence.figures import Words
from glc_analysis.evidence.joint_display import contradicting, names_of, paired, readable_quotes
from glc_analysis.evidence.places import Places, link
from glc_analysis.reference import read_table
from glc_analysis.reports.blocks.principles import NAMELESS, rounds
from glc_analysis.reports.html import Html, Markup, bar, note, show, table, tag
from glc_analysis.reports.page import Page

NOTHING = "Nothing stands side by side yet: `glc joint-display --suggest` proposes rows."
SIDE_BY_SIDE = "A bar is the share of its base: whoever answered, and whoever was asked."
FITS = {"": "not judged yet", "not_asked": "not asked in the survey", "not_raised": "not raised in the talks"}
NO_ROUND = "No round is closed yet. Of an open ballot nothing is shown but how many forms were received."


def joint_display(page: Page) -> Html:
    """A group a topic: what the survey counted, what was said, how they fit and what follows; below it what
    organisations state against an outside record."""
    listed = [*paired(page.read("joint_display").sort_values("order"), page.released)]
    if not listed:
        return show(note(NOTHING).data + _stated(page))
    words, quotes = names_of(page.study), readable_quotes(page.study, page.audience)
    places = Places.of(page.codebook, page.released)
    asked = dict(zip(page.questions["question_id"], page.questions["theme_id"], strict=True))
    lines, kinds = [], ["glc-asked", ""] * len(listed)
    for row, surveyed, said in listed:
        at = surveyed and places.question(surveyed.question_id, asked.get(surveyed.question_id, ""))
        heading = f"{words.codes.get(row.theme_id, row.theme_id)}: {row.topic_id.replace('-', ' ')}. "
        lines += [(Markup(escape(heading) + tag("em", FITS.get(row.fit, row.fit))), None, None),
                  (_counted(words, surveyed, at), _counted(words, said, said and places.code(said.code_id),
                                                           quotes.get(row.quote_id, "")), row.inference)]
    heads = ("Survey", "Interviews, calls and open answers", "What follows")
    shown = table(dict(zip(heads, zip(*lines, strict=True), strict=True)), rows=kinds, caption=SIDE_BY_SIDE)
    return show(tag("div", shown, class_="glc-joint") + _stated(page))


def _counted(words: Words, figure: Any, place: str, quotation: str = "") -> Markup:
    """A figure as its name, which leads to where it is shown, its bar, and the question or words beside."""
    quoted, end, source = quotation.rpartition("” (")  # of which each runs in its own direction
    spoken = tag("span", escape(f"{quoted}”"), dir="auto") + escape(f" ({source}") if end else escape(source)
    said = tag("p", spoken, class_="glc-note") if quotation else ""
    if not figure:
        return Markup(said)
    name, number, asked = words.parts(figure)
    drawn = tag("div", escape(number)) if pd.isna(figure.share) else bar(figure.share, number)
    name = tag("a", escape(name), href=link(place)) if place else escape(name)
    return Markup(name + drawn + (tag("p", escape(asked), class_="glc-note") if asked else "") + said)


def _stated(page: Page) -> str:
    """What organisations state against the record of their country: who, for the team; else how many."""
    words, counted = names_of(page.study), page.released.query("measure == 'discordance'")
    if counted.empty:
        return ""
    said = note(*(f"Beside an outside record: {words.said(one)}." for one in counted.itertuples())).data
    if page.audience != "team":
        return said
    rows = contradicting(page.study)
    return said + table({name.capitalize(): rows[name] for name in (
        "country", "organisation", "indicator", "stated", "recorded", "year")})


def agenda(page: Page) -> Html:
    """One row a principle of the last closed round, by what there is to decide on it."""
    closed = rounds(page)
    if not closed:
        return note(NO_ROUND)
    register, names = (read_table(page.study, name) for name in ("organisations", "names"))
    tallies, ratings = (page.read(name)[lambda f: f["round_id"] == closed[-1]]
                        for name in ("tallies", "ratings"))
    order = by_decision.agenda(tallies, masked(ratings, page.study, names), page.read("principles"), register)
    lines, kinds = [], []
    for name, (heading, why) in by_decision.GROUPS.items():
        own = order[order["group"] == name]
        lines += [(f"{heading} ({why})", None, None, None)] if len(own) else []
        kinds += ["glc-asked", *["glc-option"] * len(own)] if len(own) else []
        lines += [(f"{row.principle_id}.{row.version} {row.short_name}", row.importance[1],
                   row.feasibility[1], row.notes) for row in own.itertuples()]
    heads = ("Principle", "Importance, high", "Feasibility, high", "To know")
    return show(table(dict(zip(heads, zip(*lines, strict=True), strict=True)), rows=kinds,
                      caption=f"Providers' votes of round {closed[-1]}"))


def results(page: Page) -> Html:
    """One row a principle of each closed round: the votes in words, panels apart."""
    rows = page.read("tallies")
    if rows.empty:
        return note(NO_ROUND)
    names, parts, least = by_decision.short_names(page.read("principles")), [], by_decision.SHOWN_FROM
    for one in rounds(page):
        own = rows[rows["round_id"] == one].sort_values("principle_id", kind="stable")
        by = dict(list(own.groupby(["panel", "criterion", "principle_id"])))
        texts = own.drop_duplicates("principle_id")
        shown = [panel for panel in PANELS if own.loc[own["panel"] == panel, "n"].max() >= least]
        parts.append(table({
            "Principle": [f"{row.principle_id}.{row.version} {names[row.principle_id]}"
                          for row in texts.itertuples()],
            **{f"{PANELS[panel]}: {criterion}": [_told(by.get((panel, criterion, principle)))
                                                 for principle in texts["principle_id"]]
               for panel, criterion in product(shown, CRITERIA)}}, caption=f"Round {one}"))
    said = [f"Rule: {rule}." for rule in sorted({*rows["rule"]})]
    return show("".join(parts) + note(*said, f"A panel with fewer than {least} votes is not shown: all "
                                             "would know whose they are.").data)


def _told(rows: pd.DataFrame | None) -> str:
    """The one tally there is, in words, with what stood outside and where the median went."""
    records = [] if rows is None else rows.to_dict("records")
    return "; ".join(filter(None, (part for row in records for part in (
        in_words(row), dissent(row), row["movement"] and f"{row['movement']} since before"))))


def decisions(page: Page) -> Html:
    """One row a decision, with who proposed it, objections and reservations."""
    rows = page.read("decision_log").sort_values("order")
    return _rows(rows, {"Decision": "decision", "Principle": "principle_id", "Day": "date",
                        "Proposed by": "proposed_by", "Objections": "objections",
                        "Reservations": "reservations"}, "No decision is recorded yet.", page)


def parking_lot(page: Page) -> Html:
    """One row a matter that was put off."""
    rows = page.read("parking_lot").sort_values("order")
    return _rows(rows, {"Matter": "item", "Raised by": "raised_by", "Day": "date", "Note": "note"},
                 "Nothing is put off.", page)


def _rows(rows: pd.DataFrame, heads: dict[str, str], nothing: str, page: Page) -> Html:
    if rows.empty:
        return note(nothing)
    everybody = {*page.read("organisations")["organisation_id"]}
    def by(one: str) -> str:
        return page.named.get(one, NAMELESS if one in everybody else one)

    return show(table({head: rows[column].map(by) if column.endswith("_by") else rows[column]
                       for head, column in heads.items()}))
