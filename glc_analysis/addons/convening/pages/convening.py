"""Renders the content of the convening's pages: joint display, agenda, decisions, parking lot.

Each function renders what an audience may see (:class:`~.study_view.StudyView`). The only votes shown are
votes of closed rounds that may be disclosed. An organisation is named only where it has consented to being
named.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from IPython.display import HTML as Html
from markupsafe import Markup

from glc_analysis.addons.convening import agenda as by_decision
from glc_analysis.addons.convening.blocks import AGENDA_BLOCK, DECISIONS_BLOCK
from glc_analysis.addons.convening.histories import format_printed_id_of_text
from glc_analysis.addons.convening.joint_display import (
    Quote,
    list_visible_joint_display_topics,
    map_quote_ids_to_cleared_quotes,
    tabulate_answers_contradicting_country_facts,
)
from glc_analysis.addons.convening.votes import LARGEST_UNDISCLOSED
from glc_analysis.disclosure.blocks import BLOCK_NOT_SHOWN
from glc_analysis.figures.summary import Words
from glc_analysis.reference import read_reference_table
from glc_analysis.tables_html import make_displayable, render_count_bar, render_note, render_table
from glc_analysis.templates import ELEMENTS, Macros
from glc_analysis.view.places import Places, make_anchor, make_link
from glc_analysis.view.study_view import StudyView

_HTML = Macros(__file__, "convening.html")
NO_JOINT_DISPLAY = "The joint display has no rows yet: `glc joint-display --suggest` proposes some."
JOINT_CAPTION = ("Bars show shares: in the survey, of those that answered; in everything else, of those that "
                 "were asked.")
FIT_LABELS = {"": "not judged yet", "not_asked": "not asked in the survey",
              "not_raised": "not raised in interviews and calls"}
_NO_ROUND = "No round is closed yet. Results appear here when a round is closed."
VOTES_TOLD = (f"Nothing is shown about panels of {LARGEST_UNDISCLOSED} votes or fewer. About larger panels, "
              "only so much is shown that every vote could still lie in at least two of the three thirds of "
              "the scale, even for two people who know their own votes. All votes of a panel are shown if "
              "all its members, asked in private, agreed.")


def show_joint_display(view: StudyView) -> Html:
    """Shows one group of rows per topic: the survey count, the count from interviews, how the two counts fit,
    and what follows. Below the table are the organisations' statements that differ from country facts."""
    topics = [*list_visible_joint_display_topics(view)]
    if not topics:
        return make_displayable(ELEMENTS.note(NO_JOINT_DISPLAY) + _contradictions(view))
    quotes = map_quote_ids_to_cleared_quotes(view)
    places = Places.from_tables(view.code_list, view.select_question_figures("coded"))
    asked = dict(zip(view.question_table["question_id"], view.question_table["theme_id"], strict=True))
    lines, kinds = [], ["glc-asked", ""] * len(topics)
    for topic in topics:
        row, surveyed, coded = topic.row, topic.surveyed, topic.coded
        at = surveyed and places.locate_question_on_theme_or_survey(surveyed.question_id,
                                                                    asked.get(surveyed.question_id, ""))
        theme, name = view.themes.get(row.theme_id, row.theme_id), row.topic_id.replace("-", " ")
        wave = f" ({topic.wave})" if topic.wave else ""
        heading = _HTML.topic(f"{theme}: {name}{wave}.", FIT_LABELS.get(row.fit, row.fit))
        then = f"{topic.then}; {topic.now}" if topic.then else ""
        lines += [(heading, None, None),
                  (_figure_cell(view.words, surveyed, at, then=then, figure_id=row.figure_id),
                   _figure_cell(view.words, coded, coded and places.locate_code(coded.code_id),
                                quotes.get(row.quote_id)),
                   row.inference)]
    heads = ("Survey", "Interviews, calls and open answers", "What follows")
    columns = dict(zip(heads, zip(*lines, strict=True), strict=True))
    table = render_table(columns, row_classes=kinds, caption=JOINT_CAPTION)
    return make_displayable(_HTML.joint_display(table, _contradictions(view)))


def _figure_cell(words: Words, figure: Any, place: str, quote: Quote | None = None, *, then: str = "",
                 figure_id: str = "") -> Markup:
    """Renders a figure with its name, count, denominator and quotation. If there is no figure, only the
    quotation is rendered, and ``figure_id`` with ``then`` if ``then`` is not blank. For a figure of a wave
    other than the study's current wave, ``then`` has the numbers of both waves, which are shown without a
    bar."""
    if not figure:
        return _HTML.figure(figure_id, "", then, "", quote) if then else _HTML.said(quote)
    name, number, asked = words.describe_subject_number_and_question(figure)
    count = (then if then else _HTML.number(number) if pd.isna(figure.share)
             else render_count_bar(figure.share, number))
    return _HTML.figure(name, place and make_link(place), count, asked, quote)


def _contradictions(view: StudyView) -> Markup:
    """Renders the organisations' statements that differ from the facts about their country. The team sees
    which organisations made the statements; other audiences see only the number of these organisations."""
    counted = view.select_measure_figures("discordance")
    if counted.empty:
        return Markup()
    sentences = [f"Compared with country facts: {view.words.write_clause(figure)}."
                 for figure in counted.itertuples()]
    if not view.has_capability("country_facts"):
        return _HTML.contradictions(sentences, 0, "")
    rows = tabulate_answers_contradicting_country_facts(view)
    table = render_table({name.capitalize(): rows[name] for name in (
        "country", "organisation", "indicator", "stated", "recorded", "year")})
    return _HTML.contradictions(sentences, len(rows), table)


def show_agenda(view: StudyView) -> Html:
    """Shows one row per principle of the last closed round, in the groups of :mod:`.agenda`."""
    closed = view.closed_rounds
    if not closed:
        return render_note(_NO_ROUND)
    if AGENDA_BLOCK in view.hidden:
        return render_note(BLOCK_NOT_SHOWN)
    order = make_visible_agenda(view)
    lines, kinds = [], []
    for name, (heading, why) in by_decision.AGENDA_GROUPS.items():
        rows = order[order["group"] == name].to_dict("records")
        lines += [(f"{heading} ({why})", None, None, None)] if rows else []
        kinds += ["glc-asked", *["glc-option"] * len(rows)] if rows else []
        lines += [(render_principle_link(row["principle_id"], row["short_name"],
                                         format_printed_id_of_text(row)),
                   row["importance"][1], row["feasibility"][1], row["notes"]) for row in rows]
    heads = ("Principle", "Importance, 7 to 9", "Feasibility, 7 to 9", "Notes")
    return make_displayable(render_table(dict(zip(heads, zip(*lines, strict=True), strict=True)),
                                         row_classes=kinds,
                      caption=f"Providers' votes of round {closed[-1]}"))


def make_visible_agenda(view: StudyView) -> pd.DataFrame:
    """Returns the agenda after the last closed round, with one row per principle in the order of
    :func:`.agenda.make_agenda`. The agenda is empty if no round is closed, or if the agenda is hidden from
    the audience."""
    closed = view.closed_rounds
    if not closed or AGENDA_BLOCK in view.hidden:
        return pd.DataFrame(columns=["group", "principle_id", "version", "short_name", "facts", "notes"])
    register = read_reference_table(view.study, "organisations")
    tallies, ratings = (view.read(name)[lambda f: f["round_id"] == closed[-1]]
                        for name in ("tallies", "ratings"))
    return by_decision.make_agenda(tallies, ratings, view.read("principles"), register,
                                   agreement_test=view.study.settings["consensus"]["test"],
                                   fully_disclosed_panels=view.fully_disclosed_panels)


def render_principle_link(principle_id: str, name: str, cited: str = "") -> Markup:
    """Renders the name of a principle as a link to its page. ``cited``, the id by which the principle is
    cited, comes first."""
    return _HTML.principle_link(name or principle_id, make_link(make_anchor("principle", principle_id)),
                                cited)


def show_voting_rules(view: StudyView) -> Html | None:
    """Shows the rule by which the votes were counted, and which votes are not disclosed. Returns None if no
    round is closed."""
    if view.tallies.empty:
        return None
    rules = [f"Rule: {rule}." for rule in sorted({*view.tallies["rule"]})]
    return render_note(*rules, *([] if view.has_capability("exact_votes") else [VOTES_TOLD]))


def show_decisions(view: StudyView) -> Html:
    """Shows one row per decision, with its proposer, objections and reservations."""
    rows = view.read("decision_log").sort_values("order")
    names = view.principle_names
    rows["principle"] = pd.Series([render_principle_link(principle, names[principle]) if principle in names
                                   else principle for principle in rows["principle_id"]], rows.index,
                                  dtype=object)
    return _log_table(rows, {"Decision": "decision", "Principle": "principle", "Day": "date",
                             "Proposed by": "proposed_by", "Objections": "objections",
                             "Reservations": "reservations"}, "No decision is recorded yet.", view)


def show_parking_lot(view: StudyView) -> Html:
    """Shows one row per matter in the parking lot (the list of matters set aside for later)."""
    rows = view.read("parking_lot").sort_values("order")
    return _log_table(rows, {"Matter": "item", "Raised by": "raised_by", "Day": "date", "Note": "note"},
                      "Nothing is in the parking lot.", view)


def _log_table(rows: pd.DataFrame, heads: dict[str, str], nothing: str, view: StudyView) -> Html:
    if DECISIONS_BLOCK in view.hidden or rows.empty:
        return render_note(nothing if view.has_capability("passages") else BLOCK_NOT_SHOWN)
    return make_displayable(render_table({
        head: view.replace_organisation_ids_with_names(rows[column])
        if column.endswith("_by") else rows[column] for head, column in heads.items()}))
