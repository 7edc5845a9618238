"""Makes the content of pages about questions: the finding of each question, who was asked, and the answers as
bars.

Each element of HTML is a macro in ``content/questions.html``. Small counts at the end of a long list, and all
open answers after the first three, are folded: they are hidden until a reader opens them. The page says in
words which figures its audience may not see.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from IPython.display import HTML as Html
from IPython.display import display
from markupsafe import Markup

from glc_analysis.figures.estimates import BY_OPTION
from glc_analysis.pages.slots import QUESTION, list_slot_contents
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.tables_html import (
    make_displayable,
    render_as_bars_quotations_or_table,
    render_quotation,
    render_table,
)
from glc_analysis.templates import ELEMENTS, Macros
from glc_analysis.text import format_counts
from glc_analysis.view.places import make_anchor
from glc_analysis.view.study_view import NotReleased, StudyView

_HTML = Macros(__file__, "questions.html")


# ------------------------------
# Questions.


OPTIONS_SHOWN, FOLDED_FROM = 7, 10
"""The number of options that stay unfolded in a long list, and the smallest number of options of a long
list."""
_OPEN, MOST_OPEN_ANSWERS = 3, 100
"""The number of open answers to a question that stay unfolded, and the largest number of open answers on a
page."""
_SOME_NOT_SHOWN = "Some answers are not listed: their counts could reveal who gave them."
_ONLY_AGREED = ("Countries are named only if their organisations agreed to this; all other countries are "
                "left out.")
_RANGES = ("“At least” and “at most” stand for a count that could tell too much about single organisations; "
           "the hatched part of a bar shows where the count lies. A dash stands for a count that is not "
           "shown.")
_FINDINGS = {
    ("single", "organisation"): "{count} {many} answered {options}",
    ("single", "answer"): "{count} answers are {options}",
    ("multi", "organisation"): "{count} {many} chose {options}",
    ("multi", "answer"): "{count} answers name {options}",
    ("scale", "organisation"): "{count} {many} answered {options}",
    ("scale", "answer"): "{count} answers are {options}"}
"""The patterns for the sentence of a finding, keyed by the type of the question and the unit that the
question counts."""


# ------------------------------
# A question and its counts.


def show_question(view: StudyView, question: Any, *, by: str = "") -> None:
    """Shows one question with its heading, finding, base and bars, as pages do. With ``by``, the function
    shows a table with a column for each group; it shows nothing if the audience may see no group.

    ``question`` is a row of ``view.questions`` (as ``itertuples()`` yields it) or the id of a question.
    Raises UsageError for an unknown id of a question.

    >>> for question in view.questions.query("theme == 'Needs'").itertuples():
    ...     glc.show_question(view, question)
    <IPython.core.display.HTML object>
    <IPython.core.display.HTML object>
    <IPython.core.display.HTML object>
    """
    if html := render_question_without_open_answers(view, question, by=by):
        display(make_displayable(html))


def render_ranges_note(view: StudyView) -> Html | None:
    """Renders a note that explains ranges to readers who do not see every count."""
    return None if view.has_capability("all_figures") else make_displayable(ELEMENTS.note(_RANGES))


def render_question_without_open_answers(view: StudyView, question: Any, *, by: str = "") -> Markup:
    """Renders as HTML what :func:`show_question` shows."""
    row = _row(view, question)
    if by:
        return _by_group(view, row, by)
    return (render_question_heading(row) + render_question_answers(view, row)
            + render_question_by_released_groups(view, row))


def render_question_heading(question: Any) -> Markup:
    """Renders the wording of a question as a heading with an anchor."""
    return _HTML.heading(question.question_id, question.wording,
                         make_anchor("question", question.question_id))


def describe_base_and_response(view: StudyView, question: Any) -> str:
    """Returns in words who was asked a question, how large the question's base is, and how many answers do
    not count in the base."""
    said = [question.asked_of] if question.asked_of else []
    if pd.notna(question.base_n) and question.type not in ("text", "date"):
        said.append(f"Base: {question.base_n} {_noun(view, question, question.base_n)}.")
    outside = view.select_quality_figures(question.question_id).set_index("option_id")["n"].dropna()
    said += [f"{outside[kind]} {answer} (not counted in the base)." for kind, answer in (
        ("dont_know", "did not know"), ("refused", "preferred not to say")) if kind in outside]
    said += [note_of(question.question_id) for note_of in list_slot_contents(view, QUESTION)]
    return " ".join(filter(None, said))


def render_question_answers(view: StudyView, question: Any) -> Markup:
    """Renders the finding of a question, and the answers that the audience may see. If the audience may see
    no answer, a sentence says so."""
    asked = describe_base_and_response(view, question)
    try:
        if question.type == "number":
            return _numbers(view.numbers(question.question_id), asked)
        if question.type in BY_OPTION:
            counts = _counts(view, question)
            missing = _missing_options(view, question, counts)
            # Where an answer is not listed, another one may have been given more often.
            found = "" if missing else write_finding_title(question, counts, view.study.unit_name[1])
            return _HTML.answers(found, asked, _folded(counts), missing)
    except NotReleased:
        return _HTML.answers("", asked, said=view.explain_refusal(question.question_id))
    answered = _answered(view, question)
    is_hidden = not answered and not view.has_capability("all_figures")
    said = view.explain_refusal(question.question_id) if is_hidden else ""
    return _HTML.answers(answered, asked, said=said)


def write_finding_title(question: Any, counts: pd.DataFrame, unit_plural: str = "organisations") -> str:
    """Returns the finding as the title of a figure: the answer that was given most often, or the two answers
    that were given most often if their counts are equal. The title is blank if more than two answers have the
    largest count, or if no answer was given.

    The title says only what the bars of the figure show. ``unit_plural`` is the study's word for the
    organisations or people who answer.

    >>> from types import SimpleNamespace
    >>> counts = pd.DataFrame({"option": ["Shelter", "Legal aid"], "n": [18, 5], "base_n": [30, 30],
    ...                        "low": None, "high": None, "shown_as": ["18 of 30 (60 %)", "5 of 30 (17 %)"]})
    >>> write_finding_title(SimpleNamespace(type="multi", unit="organisation"), counts)
    '18 of 30 organisations chose “Shelter”'
    """
    share = counts["n"].astype(float) / counts["base_n"].astype(float)
    middle = share.fillna((counts["low"].astype(float) + counts["high"].astype(float)) / 2)
    if not (middle > 0).any():
        return ""
    # A count in words may be as large as one beside it: only the same words or numbers are equal.
    most = counts[counts["shown_as"] == counts["shown_as"][middle.idxmax()]]
    if len(most) > 2:
        return ""
    count = most["shown_as"].iloc[0].partition(" (")[0]
    options = " and ".join(f"“{option}”" for option in most["option"])
    if len(most) == 2:
        unit = unit_plural if question.unit == "organisation" else "answers"
        return _capital(f"{count} {unit} each: {options}")
    return _capital(_FINDINGS[question.type, question.unit].format(count=count, options=options,
                                                                   many=unit_plural))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _counts(view: StudyView, question: Any) -> pd.DataFrame:
    """Returns the counts of a question; for a list of countries, only the counts of countries that somebody
    named."""
    counts = view.counts(question.question_id)
    asked = view.question_table.set_index("question_id").loc[question.question_id]
    return counts[counts["n"].ne(0)] if asked["option_list"] == COUNTRY_LIST else counts


def _noun(view: StudyView, question: Any, n: int) -> str:
    one, many = view.study.unit_name if question.unit == "organisation" else ("answer", "answers")
    return one if n == 1 else many


def _answered(view: StudyView, question: Any) -> str:
    """Returns in words how many records answered a question that has neither options nor numbers."""
    rows = view.summarise_question(question.question_id)
    if rows.empty or not rows["base_n"].iloc[0]:
        return ""
    count = format_counts(rows)[0].partition(" (")[0]
    return f"{'Answered in their own words' if question.type == 'text' else 'Answered'}: {count}"


def _numbers(rows: pd.DataFrame, asked: str) -> Markup:
    """Renders the median of a number question as its finding, with the other statistics below it."""
    values = dict(zip(rows["statistic"], rows["value"], strict=True))
    found = [f"{name} {values[name]:.4g}" for name in ("median", "mean", "standard deviation")
             if pd.notna(values.get(name))]
    return _HTML.numbers(found[0].capitalize() if found else "", asked, found[1:])


def _folded(counts: pd.DataFrame) -> Markup:
    """Renders counts as bars; the smaller counts of a long list are folded."""
    if len(counts) < FOLDED_FROM:
        return render_as_bars_quotations_or_table(counts)
    rest = counts.iloc[OPTIONS_SHOWN:]
    return _HTML.bars(render_as_bars_quotations_or_table(counts.iloc[:OPTIONS_SHOWN]),
                      render_as_bars_quotations_or_table(rest), len(rest))


def _missing_options(view: StudyView, question: Any, counts: pd.DataFrame) -> str:
    """Returns a note if the table lacks counts of some options because the audience may not see these counts.
    For a list of countries, an audience that does not see all figures always gets a note."""
    asked = view.question_table.set_index("question_id").loc[question.question_id]
    if view.has_capability("all_figures"):
        return ""
    if asked["option_list"] == COUNTRY_LIST:
        return _ONLY_AGREED
    return _SOME_NOT_SHOWN if len(counts) < len(list_options_in_base(view, asked)) else ""


def list_options_in_base(view: StudyView, question: Any) -> set[str]:
    """Returns the options of a question (a row of ``view.question_table``) whose answers count in its
    base."""
    options = view.options[view.options["option_list"] == question.option_list]
    outside = ["refused", *(["dont_know"] if question.dont_know == "missing" else [])]
    return {*options.loc[~options["kind"].isin(outside), "option_id"]}


_GROUPS = {"region": "By region", "country": "By country", "home_region": "By region of the main office",
           "type": "By kind of organisation", "resource_level": "By level of resources"}
"""The kinds of groups for which a page shows tables, provided that figures of this kind were released."""


def render_question_by_released_groups(view: StudyView, question: Any) -> Markup:
    """Renders the counts of a question by every kind of group that was released, in lists that are closed
    until a reader opens them. Counts by country are left out if the audience has pages about single
    countries. Nothing is rendered on the page of a country, or for an audience that sees all figures."""
    if view.country or view.has_capability("all_figures"):
        return Markup()
    kinds = {kind: title for kind, title in _GROUPS.items()
             if kind != "country" or not view.has_capability("country_pages")}
    return ELEMENTS.folded_tables([(title, _group_table(view, question, kind))
                                   for kind, title in kinds.items()])


def _by_group(view: StudyView, question: Any, by: str) -> Markup:
    """Renders the table of :func:`_group_table` below the wording of the question; blank if the audience may
    see no group."""
    found = _group_table(view, question, by)
    return _HTML.by_group(question.question_id, question.wording, found) if found else found


def _group_table(view: StudyView, question: Any, by: str) -> Markup:
    """Renders the counts of a question with a column for each group; blank if the question has no counts by
    group. For a number question, the table instead has a row for each group, with its median and its number
    of answers."""
    try:
        if question.type == "number":
            rows = view.numbers(question.question_id, by=by)
            rows = rows[rows["statistic"] == "median"]
            columns = [("Group", rows["group"]), ("Median", [f"{value:.4g}" for value in rows["value"]]),
                       ("Answers", rows["base_n"])]
        elif question.type in BY_OPTION:
            columns = _columns_by_group(view, question, view.counts(question.question_id, by=by))
        else:
            return Markup()
    except NotReleased:
        return Markup()
    return render_table(columns, numeric=range(1, len(columns)))


def _columns_by_group(view: StudyView, question: Any, counts: pd.DataFrame) -> list[tuple[str, list]]:
    """Returns the columns of a table of counts: a column with the options, and for each group a column with
    the group's base and its counts."""
    texts = {(group, option): text.partition(" of ")[0] for group, option, text
             in zip(counts["group"], counts["option"], counts["shown_as"], strict=True)}
    bases = counts.groupby("group", sort=False)["base_n"].max()
    given = {*counts["option"]}
    options = [option for option in dict.fromkeys([*_counts(view, question)["option"], *counts["option"]])
               if option in given]
    return [("Answer", ["Base", *options]),
            *((str(group), [base, *(texts.get((group, option), "not shown") for option in options)])
              for group, base in bases.items())]


# ------------------------------
# Open answers, in their original language.


def list_open_answers_for_team(view: StudyView, question: Any) -> pd.DataFrame:
    """Returns, for the team alone, the open answers to a question of type text, with one row per answer.

    The columns are text, translation, translation_status, language, by (the organisation) and country. Raises
    NotReleased for an audience other than the team.

    >>> list_open_answers_for_team(view, "Q5.6")["by"].iloc[0]
    'Tres Puentes (invented)'
    """
    if not view.has_capability("passages"):
        raise NotReleased("Open answers are read by the team only. To fix: ask view.quotations() for the "
                          "quotations that were cleared for this audience.")
    name = _row(view, question).question_id
    documents = view.read("documents")[["document_id", "question_id", "is_interpreted"]]
    rows = view.read("segments").merge(documents[documents["question_id"] == name], on="document_id")
    rows = rows[rows["translation_of"] == ""].sort_values("segment_id")
    interpreted = rows["is_interpreted"].map({True: ", interpreter's words", False: ""})
    return pd.DataFrame({
        "text": rows["text"],
        **view.make_translation_columns(rows["segment_id"]),
        "language": rows["language"],
        "by": rows["organisation_id"].map(view.labels).fillna("") + interpreted,
        "country": rows["country_id"].map(view.country_labels).fillna("")}).reset_index(drop=True)


def show_open_answers(view: StudyView, question: Any) -> None:
    """Shows the first open answers to a question; further answers are folded.

    A page has at most :data:`MOST_OPEN_ANSWERS` open answers to all its questions together; the table
    ``segments`` has all open answers. Shows nothing to audiences that may not read open answers.

    >>> show_open_answers(view, "Q5.6")
    <IPython.core.display.HTML object>
    """
    if html := render_open_answers(view, question):
        display(make_displayable(html))


def render_open_answers(view: StudyView, question: Any) -> str:
    """Renders as HTML what :func:`show_open_answers` shows."""
    if not view.has_capability("passages"):
        return ""
    row, asked = _row(view, question), (view.question_table["type"] == "text").sum()
    found, limit = list_open_answers_for_team(view, row), MOST_OPEN_ANSWERS // max(asked, 1)
    if found.empty:
        return ""
    shown = [render_quotation(one) for one in found.head(limit).to_dict("records")]
    said = f"These are {limit} of {len(found)}: the study's table `segments` has all of them." \
        if len(found) > limit else ""
    return _HTML.open_answers(f"{row.question_id} {row.wording}", shown, _OPEN, said)


def _row(view: StudyView, question: Any) -> Any:
    if not isinstance(question, str):
        return question
    name = view._question(question).question_id
    return next(view.questions[view.questions["question_id"] == name].itertuples())
