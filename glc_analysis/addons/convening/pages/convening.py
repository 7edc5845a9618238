"""What the pages of the convening show: joint display, agenda, decisions, changes of texts.

In: what an audience may see (:class:`~.study_view.StudyView`). Out: HTML, a function each. Votes are
shown for closed rounds only, as far as they may be told; names only as far as organisations allowed it.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from typing import Any

import pandas as pd
from IPython.display import HTML as Html
from markupsafe import Markup, escape

from glc_analysis.addons.convening import agenda as by_decision
from glc_analysis.addons.convening.blocks import AGENDA, DECISIONS
from glc_analysis.addons.convening.histories import (
    PROPOSED,
    REWORDED,
    became,
    came_from,
    how,
    name_of,
    origin,
    outcome,
)
from glc_analysis.addons.convening.joint_display import (
    Quote,
    cited_figures,
    contradicting,
    paired,
    readable_quotes,
)
from glc_analysis.addons.convening.principles import UNSUPPORTED
from glc_analysis.addons.convening.trace import Trail
from glc_analysis.addons.convening.votes import LARGEST_UNTOLD
from glc_analysis.disclosure.blocks import BLOCK_NOT_SHOWN
from glc_analysis.figures.summary import Words
from glc_analysis.reference import read_table
from glc_analysis.tables_html import bar, html_table, note, show, tag
from glc_analysis.text import language_direction
from glc_analysis.view.places import Places, anchor, link
from glc_analysis.view.study_view import StudyView

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
    columns = dict(zip(heads, zip(*lines, strict=True), strict=True))
    shown = html_table(columns, rows=kinds, caption=JOINT_CAPTION)
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
    shown = html_table({name.capitalize(): rows[name] for name in (
        "country", "organisation", "indicator", "stated", "recorded", "year")})
    return said + tag("details", tag("summary", f"{len(rows)} answers that differ"), shown, class_="glc-more")


def agenda(view: StudyView) -> Html:
    """One row a principle of the last closed round, grouped by what there is to decide."""
    closed = view.closed_rounds
    if not closed:
        return note(NO_ROUND)
    if AGENDA in view.hidden:
        return note(BLOCK_NOT_SHOWN)
    order = agenda_rows(view)
    lines, kinds = [], []
    for name, (heading, why) in by_decision.GROUPS.items():
        own = order[order["group"] == name]
        lines += [(f"{heading} ({why})", None, None, None)] if len(own) else []
        kinds += ["glc-asked", *["glc-option"] * len(own)] if len(own) else []
        lines += [(_principle_link(row.principle_id, row.short_name, f"{row.principle_id}.{row.version}"),
                   row.importance[1], row.feasibility[1], row.notes) for row in own.itertuples()]
    heads = ("Principle", "Importance, 7 to 9", "Feasibility, 7 to 9", "Notes")
    return show(html_table(dict(zip(heads, zip(*lines, strict=True), strict=True)), rows=kinds,
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
    rows["principle"] = pd.Series([_principle_link(one, names[one]) if one in names else one
                                   for one in rows["principle_id"]], rows.index, dtype=object)
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
        return note(nothing if view.may("passages") else BLOCK_NOT_SHOWN)
    return show(html_table({head: view.named(rows[column]) if column.endswith("_by") else rows[column]
                       for head, column in heads.items()}))


# ------------------------------
# How the study was made.


# ------------------------------
# How the text of a principle came to be and what became of it: old and new words side by side, marked.
#
# In: a principle and the tables that an audience may read. Out: HTML. Words that went are in ``<del>``,
# words that came in ``<ins>``: struck through and underlined, so also on grey paper, and named to a screen
# reader.


UNALIKE = .3
"""Where less than this share of the words stayed, nothing is marked: all of it is new."""
JOINED = ("KHMER", "THAI", "LAO", "MYANMAR", "CJK", "HIRAGANA", "KATAKANA", "TIBETAN")
"""Scripts that put no blank between words: there syllables or characters are compared."""
COENG = "\u17d2"
"""The sign that joins the next Khmer consonant to the one before."""


def words(text: str) -> list[str]:
    """A text in pieces that are compared: words with the blanks after them, punctuation marks, and in scripts
    without blanks between words, characters with what stands above and below them.

    >>> words("Ask once, gently."), words("គេសម្រាក")
    (['Ask ', 'once', ', ', 'gently', '.'], ['គេ', 'ស', 'ម្រា', 'ក'])
    """
    pieces: list[str] = []
    before = ""
    for letter in text:
        kind = _kind(letter)
        if pieces and (kind in ("blank", "mark") or pieces[-1].endswith(COENG)
                       or kind == before == "word" and not pieces[-1][-1].isspace()):
            pieces[-1] += letter
        else:
            pieces.append(letter)
        before = before if kind in ("mark", "blank") else kind
    return pieces


def _kind(letter: str) -> str:
    if letter.isspace():
        return "blank"
    if unicodedata.category(letter).startswith("M") or letter == "\u200d":
        return "mark"
    if unicodedata.name(letter, "").startswith(JOINED):
        return "joined"
    return "word" if letter.isalnum() or letter in "'’_" else "other"


def marked(old: str, new: str) -> tuple[Markup, Markup]:
    """The old and the new text as HTML, with the words that went and those that came marked.

    >>> marked("Ask once.", "Ask twice.")
    (Markup('Ask <del>once</del>.'), Markup('Ask <ins>twice</ins>.'))
    """
    before, after = words(old), words(new)
    matcher = SequenceMatcher(None, [one.strip() for one in before], [one.strip() for one in after],
                              autojunk=False)
    if matcher.ratio() < UNALIKE:
        return Markup(escape(old)), Markup(escape(new))
    sides: tuple[list[str], list[str]] = ([], [])
    for change, from_1, to_1, from_2, to_2 in matcher.get_opcodes():
        for side, pieces, name in ((0, before[from_1:to_1], "del"), (1, after[from_2:to_2], "ins")):
            said = "".join(pieces)
            kept = said.rstrip()
            sides[side].append(escape(said) if change == "equal" or not kept
                               else tag(name, escape(kept)) + said[len(kept):])
    return Markup("".join(sides[0])), Markup("".join(sides[1]))


def came_about(trail: Trail, row: Any) -> str:
    """In a paragraph where a text came from, if it came to be in the room, and what became of one that is no
    longer in use; blank where neither is so, and for those who do not read earlier texts."""
    texts = trail.texts
    text = texts.get(row.printed_id)
    if text is None:
        return ""
    said = [f"{row.printed_id} {origin(text)}." if how(text) not in ("", REWORDED) else "",
            UNSUPPORTED if how(text) == PROPOSED and not trail.evidence_count(row.principle_id) else ""]
    if text["status"] == "superseded" and (replaced := outcome(text, texts.values())):
        said.append(f"{row.printed_id} {replaced}.")
    shown = escape(" ".join(filter(None, said)))
    others = {*came_from(text), *became(row.printed_id, texts.values())} - {row.printed_id}
    for name in sorted(others):
        place = link(anchor("principle", name.rpartition(".")[0]))
        shown = re.sub(rf"\b{re.escape(name)}\b", tag("a", name, href=place), shown)
    return tag("p", shown, class_="glc-note") if shown else ""


def changes(trail: Trail, principle_id: str) -> list[tuple[Markup, Markup, Markup]]:
    """What happened to the texts of a principle, one row each: what and why, the old words, the new ones."""
    texts = trail.texts
    own = sorted((one for one in texts.values() if one["principle_id"] == principle_id),
                 key=lambda one: int(one["version"]))
    found = []
    for new in own:
        found += [(Markup(escape(f"{name_of(new)} {origin(new)}.{trail.reason(new)}")),
                   *_sides(texts[name], new)) for name in came_from(new) if name in texts]
    for old in own:
        for new in texts.values():
            if new["principle_id"] != principle_id and name_of(old) in came_from(new):
                said = f"{name_of(old)} {outcome(old, texts.values())}.{trail.reason(new)}"
                found.append((Markup(escape(said)), *_sides(old, new)))
    return found


def _sides(old: Any, new: Any) -> tuple[Markup, Markup]:
    before, after = marked(old["statement"], new["statement"])
    return _words(old, before), _words(new, after)


def _words(text: Any, shown: Markup) -> Markup:
    """A text with its printed id, in its language and direction."""
    code = "" if text["language"] == "unknown" else text["language"]
    return Markup(tag("span", escape(name_of(text)), class_="glc-id") + " "
                  + tag("span", shown, lang=code, dir=language_direction(text["language"])))


def changes_table(rows: list[tuple[Markup, Markup, Markup]]) -> str:
    """The rows of :func:`changes` side by side."""
    columns = {head: [row[n] for row in rows] for n, head in enumerate(("What changed", "Before", "Now"))}
    caption = "Words that went are struck through, words that came are underlined."
    return tag("div", html_table(columns, caption=caption), class_="glc-change")


def decided(trail: Trail, principle_id: str) -> list[str]:
    """Why a principle was proposed in the room, and the decisions about it, with objections to it, a
    paragraph each."""
    proposed = [f"{name_of(one)} {origin(one)}.{trail.reason(one)}" for one in trail.texts.values()
                if one["principle_id"] == principle_id and how(one) == PROPOSED]
    return [*(tag("p", escape(said), class_="glc-note") for said in proposed),
            *(tag("p", tag("strong", "Recorded: "), escape(said), class_="glc-note")
              for said in trail.decisions(principle_id))]
