"""Renders the explanations on the page of a principle, each with the team's interpretation, a rival
explanation, and passages for and against it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
from IPython.display import HTML as Html
from markupsafe import Markup

from glc_analysis.addons.explanations.checks import split_segment_ids
from glc_analysis.disclosure.quotations import find_organisation_behind_each_segment
from glc_analysis.pages.text_names import name_texts, name_turn
from glc_analysis.tables_html import make_displayable, render_quotation
from glc_analysis.templates import ELEMENTS, Macros
from glc_analysis.text import format_full_date_with_preposition
from glc_analysis.view.study_view import StudyView
from glc_analysis.view.visible_tables import UNTRANSLATED

_HTML = Macros(__file__, "explanations.html")
READING = ("A reading by the team of what organisations said. Nothing here was measured. That one thing "
           "followed another does not show that the first caused the second.")
REOPENED = ("Reopened: words on which it rested were withdrawn. Others do not see it until somebody has read "
            "it again.")
NOT_READ = ("The {} cannot read it: it rests on words that are no longer shown, or fewer than three "
            "independent organisations have cleared words for it.")
_TERMS = {"circumstances": "Circumstances", "resource": "What is offered", "response": "How people respond",
          "outcome": "What follows", "rival": "Another explanation"}
_SIDES = {"passages_for": "For it", "passages_against": "Against it", "passages_limits": "With limits",
          "rival_passages": "For the other explanation"}
_NOTHING, _NOT_SHOWN = "No passage is named.", "No passage may be shown here."


def show_explanations_of_principle(view: StudyView) -> Html | None:
    """Returns the explanations of the view's principle that the audience may read; None if there are none."""
    rows = view.explanations
    if rows.empty:
        return None
    for_team = view.has_capability("passages")
    passage, nothing = (_passages(view), _NOTHING) if for_team else (_quotations(view), _NOT_SHOWN)
    return make_displayable(_HTML.explanations([{
        "words": [(term, row[column]) for column, term in _TERMS.items()],
        "written": _written(row, view) if for_team else "",
        "sides": [(heading, passage(split_segment_ids(row[column])), nothing)
                  for column, heading in _SIDES.items()]} for row in rows.to_dict("records")], READING))


def _written(row: dict[str, str], view: StudyView) -> str:
    """Returns sentences that name the author of an explanation and the day of writing, and that say for each
    audience in column ``shown_for`` whether this audience reads the explanation. If the row has no date, the
    author's name is followed by :data:`REOPENED` instead."""
    if not row["date"]:
        return f"{row['by']}. {REOPENED}"
    readers = [audience for audience in row["shown_for"].split(";") if audience]
    shown = [f"The {audience} reads it too." if (row["principle_id"], row["number"]) in
             view.find_readable_principle_explanations(audience) else NOT_READ.format(audience)
             for audience in readers]
    day = format_full_date_with_preposition(row["date"])
    return f"{row['by']} {day}. {' '.join(shown) or 'For the team alone.'}"


def _passages(view: StudyView) -> Callable[[Sequence[str]], list[Markup]]:
    """Returns a function that renders passages for the team, as whole turns with their speakers."""
    segments = view.read("segments")
    by = find_organisation_behind_each_segment(segments,
                                               view.read("documents")).map(view.labels).fillna("")
    rows = segments.assign(by=by).set_index("segment_id")
    names = name_texts(view.read("documents"), view.labels)

    def shown(ids: Sequence[str]) -> list[Markup]:
        found = rows.reindex(ids).dropna(subset="text")
        return [ELEMENTS.quotation(text, language, _whose(who, name_turn(names, segment)),
                                   *view.translations.get(segment, UNTRANSLATED))
                for segment, text, language, who in zip(found.index, found["text"], found["language"],
                                                        found["by"], strict=True)]
    return shown


def _whose(who: str, turn: str) -> str:
    """Returns the speaker and the name of a turn. If the name of the turn contains the speaker, only the name
    of the turn is returned."""
    return turn if who in turn else f"{who}, {turn}"


def _quotations(view: StudyView) -> Callable[[Sequence[str]], list[Markup]]:
    """Returns a function that renders passages for audiences other than the team, as the quotations cleared
    for the audience, sorted by their words."""
    segments = view.explaining_quotations.set_index("quote_id")["segment_id"]
    rows = view.quotation_rows
    of = rows["quote_id"].map(segments)

    def quoted(ids: Sequence[str]) -> list[Markup]:
        frame: pd.DataFrame = view.make_quotation_frame(rows[of.isin(ids)])
        return [render_quotation(row) for row in frame.to_dict("records")]
    return quoted
