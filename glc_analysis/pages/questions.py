"""How a page shows one question: its wording, who was asked, and its answers as bars.

In goes a view and a row of ``view.questions``; out comes HTML. Small counts at the end of a long list are
folded away; what this audience may not see is said in words.
"""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd
from IPython.display import HTML as Html

from glc_analysis import tables_html
from glc_analysis.convening.trace import anchor
from glc_analysis.evidence.estimates import BY_OPTION
from glc_analysis.frames_html import frame_html
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.tables_html import show, tag
from glc_analysis.view import NotReleased, StudyView

SHOWN, FOLDED_FROM = 7, 10
"""How many options stand open, and from how many on a list is folded."""
SOME_NOT_SHOWN = "Some answers are not listed: their counts could reveal who gave them."


def show_question(view: StudyView, question: Any, *, by: str = "") -> Html:
    """One question as a page shows it: heading, who was asked, bars; with ``by`` a column for each group.

    ``question`` is a row of ``view.questions`` (as ``itertuples()`` gives it) or the id of one. Raises
    UsageError for an unknown id.

    >>> for question in view.questions.itertuples():                         # doctest: +SKIP
    ...     glc.show_question(view, question)
    """
    row = _row(view, question)
    return show(heading(view, row) + answers(view, row, by=by))


def heading(view: StudyView, question: Any) -> str:
    """The question with its anchor, who was asked, and how many answers do not count in its base."""
    outside = view.quality(question.question_id).set_index("option_id")["n"]
    said = [question.asked_of, *(
        f"{outside[kind]} {answer} (not counted in the base)." for kind, answer in (
            ("dont_know", "did not know"), ("refused", "preferred not to say")) if kind in outside)]
    name = tag("span", escape(question.question_id), class_="glc-id")
    return tag("h3", name, " ", escape(question.wording), class_="glc-question",
               id=anchor("question", question.question_id)) + tag(
        "p", escape(" ".join(said)), class_="glc-note")


def answers(view: StudyView, question: Any, *, by: str = "") -> str:
    """The answers of a question that the audience may see, as HTML; a sentence where it may see none."""
    try:
        if question.type == "number":
            return frame_html(view.numbers(question.question_id, by=by))
        if question.type not in BY_OPTION:
            return ""
        counts = view.counts(question.question_id, by=by)
    except NotReleased as refused:
        return tag("p", escape(str(refused).split(" To fix:")[0]), class_="glc-note")
    if by:
        return _side_by_side(counts)
    return _folded(counts) + _missing_options(view, question, counts)


def _folded(counts: pd.DataFrame) -> str:
    """Bars; the smaller counts of a long list are one click away."""
    if len(counts) < FOLDED_FROM:
        return frame_html(counts)
    rest = counts.iloc[SHOWN:]
    return frame_html(counts.iloc[:SHOWN]) + tag(
        "details", tag("summary", f"{len(rest)} more"), frame_html(rest), class_="glc-more")


def _missing_options(view: StudyView, question: Any, counts: pd.DataFrame) -> str:
    """A note where options of the question are not among the counts because they may not be seen."""
    if view.may("all_figures"):
        return ""
    asked = view.question_table.set_index("question_id").loc[question.question_id]
    if asked["option_list"] == COUNTRY_LIST:
        return ""
    kinds = view.options.loc[view.options["option_list"] == asked["option_list"], "kind"]
    outside = ["refused", *(["dont_know"] if asked["dont_know"] == "missing" else [])]
    is_less = len(counts) < (~kinds.isin(outside)).sum()
    return tag("p", SOME_NOT_SHOWN, class_="glc-note") if is_less else ""


def _side_by_side(counts: pd.DataFrame) -> str:
    """One row an option, one column a group."""
    wide = counts.pivot(index="option", columns="group", values="shown_as").fillna("not shown")
    wide = wide.loc[counts["option"].unique()]
    return tables_html.table({"Answer": wide.index, **wide}, numeric=tuple(wide.columns))


def _row(view: StudyView, question: Any) -> Any:
    if not isinstance(question, str):
        return question
    name = view._question(question).question_id
    return next(view.questions[view.questions["question_id"] == name].itertuples())
