"""What the pages of the convening show: joint display, results of rounds, principles with their evidence.

In: what an audience may see (:class:`~glc_analysis.view.StudyView`). Out: HTML, a function each. Votes are
shown for closed rounds only, and never those of a panel so small that everyone would know whose votes they
are; names and comments only as far as organisations and raters allowed it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import product
from typing import Any

import pandas as pd
from IPython.display import HTML as Html

from glc_analysis.convening import agenda as by_decision
from glc_analysis.convening import concerns
from glc_analysis.convening.agenda import SHOWN_FROM
from glc_analysis.convening.ballots import masked
from glc_analysis.convening.checklists import NOT_RECORDED, method_facts, reporting_items
from glc_analysis.convening.consensus import dissent, in_words
from glc_analysis.convening.joint_display import contradicting, names_of, paired, readable_quotes
from glc_analysis.convening.principles import facts
from glc_analysis.convening.trace import Node, Places, Trail, anchor, link
from glc_analysis.disclosure.rules import Rules, public_tallies, visible_signatures
from glc_analysis.evidence.summary import Words
from glc_analysis.reference import read_table
from glc_analysis.study import CRITERIA, PANELS
from glc_analysis.tables_html import Markup, bar, language_label, note, show, table, tag
from glc_analysis.view import StudyView

# ------------------------------
# The convening: joint display, agenda, results of rounds, decisions.


NO_JOINT_DISPLAY = "The joint display has no rows yet: `glc joint-display --suggest` proposes some."
JOINT_CAPTION = "Bars show the share of those that answered (survey) or were asked (all else)."
FIT_LABELS = {"": "not judged yet", "not_asked": "not asked in the survey",
              "not_raised": "not raised in interviews and calls"}
NO_ROUND = "No round is closed yet. Results appear here when a round is closed."


def joint_display(page: StudyView) -> Html:
    """One group of rows a topic: the survey's count, the count of what was said, how they fit and what
    follows; below the table what organisations state that differs from country facts."""
    listed = [*paired(page.read("joint_display").sort_values("order"), page.released)]
    if not listed:
        return show(note(NO_JOINT_DISPLAY).data + _contradictions(page))
    words, quotes = names_of(page.study), readable_quotes(page.study, page.audience)
    places = Places.of(page.codebook, page.released)
    asked = dict(zip(page.question_table["question_id"], page.question_table["theme_id"], strict=True))
    lines, kinds = [], ["glc-asked", ""] * len(listed)
    for row, surveyed, said in listed:
        at = surveyed and places.question(surveyed.question_id, asked.get(surveyed.question_id, ""))
        heading = f"{words.codes.get(row.theme_id, row.theme_id)}: {row.topic_id.replace('-', ' ')}. "
        lines += [(Markup(escape(heading) + tag("em", FIT_LABELS.get(row.fit, row.fit))), None, None),
                  (_figure_cell(words, surveyed, at),
                   _figure_cell(words, said, said and places.code(said.code_id),
                                quotes.get(row.quote_id, "")),
                   row.inference)]
    heads = ("Survey", "Interviews, calls and open answers", "What follows")
    shown = table(dict(zip(heads, zip(*lines, strict=True), strict=True)), rows=kinds, caption=JOINT_CAPTION)
    return show(tag("div", shown, class_="glc-joint") + _contradictions(page))


def _figure_cell(words: Words, figure: Any, place: str, quotation: str = "") -> Markup:
    """A figure: its name as a link to where it is shown, its bar, and its question or a quotation."""
    quoted, end, source = quotation.rpartition("” (")  # words and source, each in its own writing direction
    spoken = tag("span", escape(f"{quoted}”"), dir="auto") + escape(f" ({source}") if end else escape(source)
    said = tag("p", spoken, class_="glc-note") if quotation else ""
    if not figure:
        return Markup(said)
    name, number, asked = words.parts(figure)
    drawn = tag("div", escape(number)) if pd.isna(figure.share) else bar(figure.share, number)
    name = tag("a", escape(name), href=link(place)) if place else escape(name)
    return Markup(name + drawn + (tag("p", escape(asked), class_="glc-note") if asked else "") + said)


def _contradictions(page: StudyView) -> str:
    """What organisations state that differs from the facts of their country: for the team which
    organisations, for others how many."""
    words, counted = names_of(page.study), page.released.query("measure == 'discordance'")
    if counted.empty:
        return ""
    said = note(*(f"Compared with country facts: {words.said(one)}." for one in counted.itertuples())).data
    if page.audience != "team":
        return said
    rows = contradicting(page.study)
    return said + table({name.capitalize(): rows[name] for name in (
        "country", "organisation", "indicator", "stated", "recorded", "year")})


def agenda(page: StudyView) -> Html:
    """One row a principle of the last closed round, grouped by what there is to decide."""
    closed = round_results(page)
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
    heads = ("Principle", "Importance, 7 to 9", "Feasibility, 7 to 9", "Notes")
    return show(table(dict(zip(heads, zip(*lines, strict=True), strict=True)), rows=kinds,
                      caption=f"Providers' votes of round {closed[-1]}"))


def results(page: StudyView) -> Html:
    """One row a principle of each closed round: the votes of each panel in words."""
    rows = page.read("tallies")
    if rows.empty:
        return note(NO_ROUND)
    names, parts, least = by_decision.short_names(page.read("principles")), [], by_decision.SHOWN_FROM
    for one in round_results(page):
        own = rows[rows["round_id"] == one].sort_values("principle_id", kind="stable")
        by = dict(list(own.groupby(["panel", "criterion", "principle_id"])))
        texts = own.drop_duplicates("principle_id")
        shown = [panel for panel in PANELS if own.loc[own["panel"] == panel, "n"].max() >= least]
        parts.append(table({
            "Principle": [f"{row.principle_id}.{row.version} {names[row.principle_id]}"
                          for row in texts.itertuples()],
            **{f"{PANELS[panel]}: {criterion}": [_tally_text(by.get((panel, criterion, principle)))
                                                 for principle in texts["principle_id"]]
               for panel, criterion in product(shown, CRITERIA)}}, caption=f"Round {one}"))
    rules = [f"Rule: {rule}." for rule in sorted({*rows["rule"]})]
    return show("".join(parts) + note(*rules, f"A panel with fewer than {least} votes is not shown: everyone "
                                              "would know whose votes they are.").data)


def _tally_text(rows: pd.DataFrame | None) -> str:
    """The tally of a panel on a criterion in words, with dissent and the movement of the median."""
    records = [] if rows is None else rows.to_dict("records")
    return "; ".join(filter(None, (part for row in records for part in (
        in_words(row), dissent(row), row["movement"] and f"{row['movement']} since the last round"))))


def decisions(page: StudyView) -> Html:
    """One row a decision: who proposed it, objections and reservations."""
    rows = page.read("decision_log").sort_values("order")
    return _log_table(rows, {"Decision": "decision", "Principle": "principle_id", "Day": "date",
                        "Proposed by": "proposed_by", "Objections": "objections",
                        "Reservations": "reservations"}, "No decision is recorded yet.", page)


def parking_lot(page: StudyView) -> Html:
    """One row a matter in the parking lot."""
    rows = page.read("parking_lot").sort_values("order")
    return _log_table(rows, {"Matter": "item", "Raised by": "raised_by", "Day": "date", "Note": "note"},
                 "Nothing is in the parking lot.", page)


def _log_table(rows: pd.DataFrame, heads: dict[str, str], nothing: str, page: StudyView) -> Html:
    if rows.empty:
        return note(nothing)
    everybody = {*page.read("organisations")["organisation_id"]}
    def by(one: str) -> str:
        return page.organisation_names.get(one, UNNAMED if one in everybody else one)

    return show(table({head: rows[column].map(by) if column.endswith("_by") else rows[column]
                       for head, column in heads.items()}))


# ------------------------------
# The principles: statements, evidence for and against, votes, signatures.


NO_PRINCIPLES = "This study has no principles yet: write them in principles.csv."
NONE_AGREED = "No principle is agreed yet."
STANCES = {"supports": "For it", "qualifies": "With limits", "contradicts": "Against it"}
DECISIONS = {"endorse": "endorse it", "endorse_with_reservation": "endorse it with a reservation",
          "do_not_endorse": "do not endorse it"}
UNNAMED = "an organisation"


def listed_principles(page: StudyView) -> pd.DataFrame:
    """One row a principle in its latest text; the public reads only principles that are agreed."""
    rows = page.read("principles")
    rows = rows[rows["is_current"] & (rows["translation_of"] == "")]
    return rows[rows["status"] == "agreed"] if page.audience == "public" else rows


def principles_overview(page: StudyView) -> Html:
    """One row a principle: its votes in the last round, and how many organisations signed. Those with the
    most high votes come first, but not for the public, which does not see all votes."""
    rows = listed_principles(page)
    if rows.empty:
        return note(NONE_AGREED if page.audience == "public" else NO_PRINCIPLES)
    tallied = _last_tallies(page).query("panel == 'provider'")
    rows = rows if page.audience == "public" else _by_votes(rows, tallied)
    votes = {(row.principle_id, row.criterion): row.votes for row in tallied.itertuples()}
    signed = dict(list(page.read("signoffs").groupby("principle_id")))
    columns = {
        "Principle": [Markup(tag("a", escape(f"{row.principle_id} {row.short_name}"),
                                 href=f"#{anchor('principle', row.principle_id)}"))
                      for row in rows.itertuples()],
        "Status": rows["status"].str.replace("_", " "),
        **{name: [votes.get((one, name.lower()), "not shown" if page.audience == "public" else "not rated")
                  for one in rows["principle_id"]] for name in ("Importance", "Feasibility")},
        "Signed": [_signature_count(*_shown_signatures(page, signed[one])) if one in signed else "not signed"
                   for one in rows["principle_id"]]}
    return show(table(columns, caption="Votes are those of the providers, in the last round on each text."))


def _by_votes(rows: pd.DataFrame, tallied: pd.DataFrame) -> pd.DataFrame:
    """The principles by their share of high votes: of importance, then of feasibility; unrated ones last."""
    shares = tallied.assign(share=tallied["votes_high"] / tallied["n"].where(tallied["n"] > 0)).pivot(
        index="principle_id", columns="criterion", values="share")
    high = shares.reindex(rows["principle_id"], columns=["importance", "feasibility"])
    order = high.sort_values([*high.columns], ascending=False, kind="stable").index
    return rows.set_index("principle_id", drop=False).loc[order]


def _last_tallies(page: StudyView) -> pd.DataFrame:
    """The tallies of the last round on each principle's current text, with ``votes`` in words."""
    key = ["principle_id", "version"]
    rows = page.read("tallies").merge(listed_principles(page)[key], on=key)
    order = {one: n for n, one in enumerate(round_results(page))}
    rows = rows.assign(order=rows["round_id"].map(order))
    return votes_in_words(page, rows[rows["order"] == rows.groupby("principle_id")["order"].transform("max")])


def votes_in_words(page: StudyView, rows: pd.DataFrame) -> pd.DataFrame:
    """Tallies with ``votes`` in words; for the public only those that reveal nobody's vote."""
    if page.audience == "public":
        return public_tallies(rows, Rules.of(page.study.settings["disclosure"], "public"))
    return rows.assign(votes=[_high_votes(row) for row in rows.itertuples()])


def _shown_signatures(page: StudyView, signed: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The signatures under a text that an audience may read, and the number of the others."""
    if page.audience == "team":
        return signed, 0
    # Consent to be named is needed as well.
    printed = signed["is_named"] & signed["organisation_id"].isin([*page.organisation_names])
    rules = Rules.of(page.study.settings["disclosure"], page.audience)
    return visible_signatures(signed.assign(is_named=printed), rules)


def round_results(page: StudyView) -> list[str]:
    """The closed rounds in order."""
    found = sorted({*page.read("tallies")["round_id"]})
    return sorted(found, key=lambda one: (not one.isdecimal(), int(one) if one.isdecimal() else 0, one))


def _high_votes(tallied) -> str:
    return f"{tallied.votes_high} of {tallied.n} high" + (f", {tallied.n_abstained} abstained"
                                                         if tallied.n_abstained else "")


def _signature_count(told: pd.DataFrame, more: int) -> str:
    decisions = told["decision"][told["decision"] != ""]
    endorsed = (decisions != "do_not_endorse").sum()
    return f"{endorsed} of {len(decisions)}" + (f", {more} not shown" if more else "")


def statements(page: StudyView) -> Html:
    """Every principle in full, one after the other."""
    rows = listed_principles(page)
    if rows.empty:
        return note(NONE_AGREED if page.audience == "public" else NO_PRINCIPLES)
    trail, frames = Trail(page.study, page.audience), concerns.evidence_tables(page.read)
    if page.audience != "public":
        frames["comments"] = _comments(page, frames["ratings"])
    return show("".join(_principle(page, row, trail, frames) for row in rows.itertuples()))


def _comments(page: StudyView, ratings: pd.DataFrame) -> pd.DataFrame:
    """Comments that raters allowed to be read aloud, with names masked."""
    said = ratings[ratings["may_be_read"] & (ratings["comment"] != "")]
    return masked(said, page.study, read_table(page.study, "names")).drop_duplicates(
        ["principle_id", "round_id", "comment"])


def _principle(page: StudyView, row, trail: Trail, frames: dict[str, pd.DataFrame]) -> str:
    own = {name: frame[frame["principle_id"] == row.principle_id] for name, frame in frames.items()
           if "principle_id" in frame}
    seen = tag("p", tag("strong", "Indicator: "), escape(row.indicator)) if row.indicator else ""
    parts = [tag("h3", escape(f"{row.printed_id} {row.short_name}"), class_="glc-question",
                 id=anchor("principle", row.principle_id)),
             tag("blockquote", tag("p", tag("strong", escape(row.statement))), lang=row.language, dir="auto"),
             tag("p", escape(row.rationale)) if row.rationale else "", seen,
             *_translations(own["principles"], row),
             *_evidence(trail, own["evidence"]), *_votes(page, row, own),
             _trail("Where the votes come from", trail.votes(row.principle_id), 1),
             *_signatures(page, own["signoffs"]), *_judgements(page, row, own["judgements"], frames),
             *_earlier_versions(page, own["principles"], row)]
    return tag("section", *parts, class_="glc-principle")


def _translations(versions: pd.DataFrame, row) -> Iterator[str]:
    for other in versions[versions["translation_of"] == row.printed_id].itertuples():
        yield tag("p", tag("span", f"{language_label(other.language)}: ", class_="glc-note"),
                  tag("span", escape(other.statement), lang=other.language, dir="auto"))


def _evidence(trail: Trail, evidence: pd.DataFrame) -> Iterator[str]:
    """The evidence for and against a principle, each piece with the trace to its source."""
    yield from (tag("p", escape(said), class_="glc-note") for said in facts(evidence))
    for stance, head in STANCES.items():
        pieces = [tag("li", _evidence_item(*trail.evidence(row)))
                  for row in evidence[evidence["stance"] == stance].itertuples()]
        if pieces:
            yield tag("p", tag("strong", head)) + tag("ul", *pieces, class_="glc-evidence")


def _evidence_item(node: Node, *below: Node) -> str:
    """A piece of evidence, with the trace to its source to open."""
    return _link_to(node) + _trail("Where it comes from", below, 2)


def _trail(said: str, nodes: Sequence[Node], depth: int) -> str:
    """Lines of a trace, to open; ``depth`` is that of the first line."""
    if not nodes:
        return ""
    steps = [tag("li", _link_to(one), class_=f"glc-depth-{one.depth - depth}") for one in nodes]
    return tag("details", tag("summary", said), tag("ul", *steps), class_="glc-more glc-trail")


def _link_to(node: Node) -> str:
    text = tag("span", escape(node.text), dir="auto")
    return tag("a", text, href=link(node.place)) if node.place else text


def _votes(page: StudyView, row, own: dict[str, pd.DataFrame]) -> Iterator[str]:
    """The votes of each panel in each round with their dissent, and the comments that may be read."""
    lines, closed = [], round_results(page)
    found = dict(list(own["tallies"][own["tallies"]["n"] >= SHOWN_FROM].groupby(["round_id", "panel"])))
    for one, (panel, name) in product(closed, PANELS.items()):
        if (one, panel) not in found or page.audience == "public" and (
                panel == "observer" or one != closed[-1]):
            continue
        rows = found[one, panel].sort_values("criterion", ascending=False)
        rows = votes_in_words(page, rows) if page.audience == "public" else rows
        lines += [(f"{one}, on {row.principle_id}.{tallied['version']}", name, tallied["criterion"],
                   *([tallied["votes"]] if page.audience == "public" else
                     [in_words(tallied), dissent(tallied), tallied["movement"]]))
                  for tallied in rows.to_dict("records")]
    if lines:
        heads = ("Round", "Panel", "Criterion", "Votes", "Dissent", "Change since the last round")
        yield table(dict(zip(heads[:len(lines[0])], zip(*lines, strict=True), strict=True)))
    for said in own["comments"].itertuples() if "comments" in own else ():
        yield tag("p", f"Comment in round {escape(said.round_id)}: ",
                  tag("q", escape(said.comment), dir="auto"), class_="glc-note")


def _signatures(page: StudyView, signed: pd.DataFrame) -> Iterator[str]:
    """How many endorse the final text, with reservations; names where they may be printed."""
    if signed.empty:
        return
    signed, more = _shown_signatures(page, signed)
    may = (page.audience == "team") | signed["is_named"]
    names = signed["organisation_id"].map(page.organisation_names).where(may).fillna(UNNAMED)
    for decision, said in DECISIONS.items():
        who = names[signed["decision"] == decision]
        if len(who):
            known = sorted(who[who != UNNAMED])
            withheld = (who == UNNAMED).sum()
            parts = [*known, *([f"{withheld} whose name is withheld"] if withheld else [])]
            yield tag("p", tag("strong", f"{len(who)} {said}: "), escape(", ".join(parts)))
    if more:
        yield tag("p", f"{more} more decided but withheld their names. Their decisions are not shown.")
    for name, words in sorted(zip(names, signed["reservation"], strict=True)):
        if words:
            yield tag("p", escape(f"Reservation of {name}: "), tag("q", escape(words), dir="auto"))


def _judgements(page: StudyView, row, judged: pd.DataFrame, frames: dict[str, pd.DataFrame]) -> Iterator[str]:
    """People's judgements of the evidence and of the decision, with their reasons; for the team with the
    counts for every component, also for those that nobody has judged yet."""
    is_team = page.audience == "team"
    known = concerns.cerqual_counts(row.principle_id, frames) if is_team else pd.DataFrame(
        {"component": [one for one in concerns.COMPONENTS if one in set(judged["component"])]},
        dtype="str")
    rows = known.merge(judged, on="component", how="left").fillna("")
    if rows.empty:
        return
    columns = {"Concern about": rows["component"], **({"What is counted": rows["known"]} if is_team else {}),
               "How serious": rows["concern"], "Why": rows["reason"]}
    if page.audience != "public":
        columns["By"] = rows["by"]
    yield table(columns, caption="Judgements and reasons are the team's; no level is computed.")


def representation(page: StudyView) -> Html:
    """How many raters each panel has; for the team also who is missing from each principle."""
    panels = page.read("tallies").groupby("panel")["n_expected"].max()
    said = [f"{PANELS[panel]} who may rate: {n}." for panel, n in panels.items()]
    if page.audience != "team":
        return note(*(said or ["No principle has been rated yet."]))
    frames, rows = concerns.evidence_tables(page.read), listed_principles(page)
    missing = [" ".join(concerns.underrepresented(concerns.representation(one, frames)))
               for one in rows["principle_id"]]
    names = rows["principle_id"] + " " + rows["short_name"]
    return show(note(*said).data + (table({"Principle": names, "Who is missing": missing})
                                    if len(rows) else ""))


def _earlier_versions(page: StudyView, versions: pd.DataFrame, row) -> Iterator[str]:
    """Earlier texts and the reasons for the changes."""
    if page.audience == "public":
        return
    texts = versions[versions["translation_of"] == ""].sort_values("version", key=lambda v: v.astype(int))
    for old, new in zip(texts.itertuples(), texts.iloc[1:].itertuples(), strict=False):
        yield tag("p", escape(f"Earlier version {old.printed_id}: "),
                  tag("q", escape(old.statement), dir="auto"),
                  escape(f" Changed because: {new.changed_because or 'not recorded'}"
                         f"{f' (asked for by {new.asked_by})' if new.asked_by else ''}."), class_="glc-note")


def methods(page: StudyView) -> Html:
    """The items of the reporting checklists, with what is recorded for each."""
    n = page.quality("survey").set_index("option_id")["n"].get("organisations")
    told = method_facts(page.read, page.study, audience=page.audience,
                        organisations="" if n is None or pd.isna(n) else f"{int(n)} organisations")
    rows = reporting_items(told)
    return show("".join(
        tag("details", tag("summary", escape(f"{name}: {(own['value'] != NOT_RECORDED).sum()} of {len(own)} "
                                             "items recorded")),
            table({"Item": own["item"] + " " + own["topic"], "What is recorded": own["value"]}),
            class_="glc-more")
        for name, own in rows.groupby("checklist", sort=False)))
