"""How a page shows one question: its wording, what was found, who was asked, and its answers as bars.

In goes a view and a row of ``view.questions``; out comes HTML. Small counts at the end of a long list are
folded away, as are open answers; what this audience may not see is said in words.
"""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd
from IPython.display import display

from glc_analysis import tables_html
from glc_analysis.convening.places import anchor
from glc_analysis.evidence.estimates import BY_OPTION
from glc_analysis.frames_html import frame_html, quotation
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.tables_html import more, show, tag
from glc_analysis.text import count_texts
from glc_analysis.view import NotReleased, StudyView

SHOWN, FOLDED_FROM = 7, 10
"""How many options stand open, and from how many on a list is folded."""
OPEN, MOST = 3, 100
"""How many open answers to a question stand open, and how many a page has of all its questions."""
SOME_NOT_SHOWN = "Some answers are not listed: their counts could reveal who gave them."
ONLY_AGREED = "Countries are named only where their organisations agreed to it; all others are left out."
FINDINGS = {
    ("single", "organisation"): "{count} organisations answered {options}",
    ("single", "answer"): "{count} answers are {options}",
    ("multi", "organisation"): "{count} organisations chose {options}",
    ("multi", "answer"): "{count} answers name {options}",
    ("scale", "organisation"): "{count} organisations answered {options}",
    ("scale", "answer"): "{count} answers are {options}"}
"""What was found, by the type of a question and the unit that it counts."""


# ------------------------------
# A question and its counts.


def show_question(view: StudyView, question: Any, *, by: str = "") -> None:
    """Shows one question as a page does: heading, what was found, who was asked, bars; with ``by`` a table
    with a column for each group, or nothing where this audience may see no group.

    ``question`` is a row of ``view.questions`` (as ``itertuples()`` gives it) or the id of one. Raises
    UsageError for an unknown id.

    >>> for question in view.questions.query("theme == 'Needs'").itertuples():
    ...     glc.show_question(view, question)
    <IPython.core.display.HTML object>
    <IPython.core.display.HTML object>
    <IPython.core.display.HTML object>
    """
    if html := question_html(view, question, by=by):
        display(show(html))


def question_html(view: StudyView, question: Any, *, by: str = "") -> str:
    """What :func:`show_question` shows, as HTML."""
    row = _row(view, question)
    return _by_group(view, row, by) if by else heading(view, row) + answers(view, row) + groups(view, row)


def heading(view: StudyView, question: Any) -> str:
    """The question with its anchor."""
    name = tag("span", escape(question.question_id), class_="glc-id") + " "
    return tag("h3", name if question.question_id != question.wording else "", escape(question.wording),
               class_="glc-question", id=anchor("question", question.question_id))


def asked_of(view: StudyView, question: Any) -> str:
    """Who was asked a question, how many answered, and how many answers do not count in its base."""
    said = [question.asked_of] if question.asked_of else []
    if pd.notna(question.base_n) and question.type not in ("text", "date"):
        said.append(f"Base: {question.base_n} {_noun(question, question.base_n)}.")
    outside = view.quality(question.question_id).set_index("option_id")["n"].dropna()
    said += [f"{outside[kind]} {answer} (not counted in the base)." for kind, answer in (
        ("dont_know", "did not know"), ("refused", "preferred not to say")) if kind in outside]
    return tag("p", escape(" ".join(said)), class_="glc-note")


def answers(view: StudyView, question: Any) -> str:
    """What was found and the answers that the audience may see, as HTML; a sentence where it may see none."""
    asked = asked_of(view, question)
    try:
        if question.type == "number":
            return _numbers(view.numbers(question.question_id), asked)
        if question.type in BY_OPTION:
            counts = _counts(view, question)
            missing = _missing_options(view, question, counts)
            # Where an answer is not listed, another one may have been given more often.
            title = "" if missing else _title(finding(question, counts))
            return title + asked + _folded(counts) + missing
    except NotReleased:
        return asked + tag("p", escape(view.refusal(question.question_id)), class_="glc-note")
    answered = _answered(view, question)
    if not answered and not view.may("all_figures"):
        return asked + tag("p", escape(view.refusal(question.question_id)), class_="glc-note")
    return _title(answered) + asked


def finding(question: Any, counts: pd.DataFrame) -> str:
    """What was found, as the title of a figure: the answer given most often, or two that were given equally
    often. Blank where more were, or none was. It says no more than the bars do.

    >>> from types import SimpleNamespace
    >>> counts = pd.DataFrame({"option": ["Shelter", "Legal aid"], "n": [18, 5], "base_n": [30, 30],
    ...                        "low": None, "high": None, "shown_as": ["18 of 30 (60 %)", "5 of 30 (17 %)"]})
    >>> finding(SimpleNamespace(type="multi", unit="organisation"), counts)
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
        return _capital(f"{count} {_noun(question, 2)} each: {options}")
    return _capital(FINDINGS[question.type, question.unit].format(count=count, options=options))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _counts(view: StudyView, question: Any) -> pd.DataFrame:
    """The counts of a question; of a list of countries those that somebody named."""
    counts = view.counts(question.question_id)
    asked = view.question_table.set_index("question_id").loc[question.question_id]
    return counts[counts["n"].ne(0)] if asked["option_list"] == COUNTRY_LIST else counts


def _noun(question: Any, n: int) -> str:
    return question.unit + ("" if n == 1 else "s")


def _title(text: str) -> str:
    return tag("p", escape(text), class_="glc-title") if text else ""


def _answered(view: StudyView, question: Any) -> str:
    """How many answered a question that has neither options nor numbers."""
    rows = view.summary(question.question_id)
    if rows.empty or not rows["base_n"].iloc[0]:
        return ""
    count = count_texts(rows)[0].partition(" (")[0]
    return f"{'Answered in their own words' if question.type == 'text' else 'Answered'}: {count}"


def _numbers(rows: pd.DataFrame, asked: str) -> str:
    """The middle of a number question as what was found, with the other statistics below it."""
    values = dict(zip(rows["statistic"], rows["value"], strict=True))
    found = [f"{name} {values[name]:.4g}" for name in ("median", "mean", "standard deviation")
             if pd.notna(values.get(name))]
    if not found:
        return asked
    rest = f"Also: {', '.join(found[1:])}." if found[1:] else ""
    return _title(found[0].capitalize()) + asked + (tag("p", escape(rest)) if rest else "")


def _folded(counts: pd.DataFrame) -> str:
    """Bars; the smaller counts of a long list are one click away."""
    if len(counts) < FOLDED_FROM:
        return frame_html(counts)
    rest = counts.iloc[SHOWN:]
    return frame_html(counts.iloc[:SHOWN]) + tag(
        "details", tag("summary", f"{len(rest)} more"), frame_html(rest), class_="glc-more")


def _missing_options(view: StudyView, question: Any, counts: pd.DataFrame) -> str:
    """A note where options of the question are not among the counts because they may not be seen."""
    asked = view.question_table.set_index("question_id").loc[question.question_id]
    if view.may("all_figures"):
        return ""
    if asked["option_list"] == COUNTRY_LIST:
        return tag("p", ONLY_AGREED, class_="glc-note")
    is_less = len(counts) < answers_in_base(view, asked)
    return tag("p", SOME_NOT_SHOWN, class_="glc-note") if is_less else ""


def answers_in_base(view: StudyView, question: Any) -> int:
    """How many options of a question (a row of ``view.question_table``) belong to its base."""
    kinds = view.options.loc[view.options["option_list"] == question.option_list, "kind"]
    outside = ["refused", *(["dont_know"] if question.dont_know == "missing" else [])]
    return int((~kinds.isin(outside)).sum())


GROUPS = {"answer": {"region": "By region", "country": "By country"},
          "organisation": {"home_region": "By region of the main office"}}
"""The groups of which a page shows tables, by the unit of the question."""


def groups(view: StudyView, question: Any) -> str:
    """The counts of a question by region, and by country where figures of countries are public, a click away:
    for audiences that do not see all figures, as far as these were released."""
    if view.country or view.may("all_figures"):
        return ""
    kinds = {kind: title for kind, title in GROUPS[question.unit].items()
             if kind != "country" or not view.may("country_pages")}
    tables = {title: _group_table(view, question, kind) for kind, title in kinds.items()}
    return "".join(tag("details", tag("summary", title), table, class_="glc-more")
                   for title, table in tables.items() if table)


def _by_group(view: StudyView, question: Any, by: str) -> str:
    """A table with a column for each group; blank where the audience may see no group."""
    if not (found := _group_table(view, question, by)):
        return ""
    name = tag("span", escape(question.question_id), class_="glc-id")
    title = tag("figcaption", tag("p", name, escape(question.wording), class_="glc-title"))
    return tag("figure", title, found, class_="glc-figure")


def _group_table(view: StudyView, question: Any, by: str) -> str:
    """The counts of a question with a column for each group; blank where there are none."""
    try:
        if question.type == "number":
            rows = view.numbers(question.question_id, by=by)
            rows = rows[rows["statistic"] == "median"]
            columns = {"Group": rows["group"], "Median": [f"{value:.4g}" for value in rows["value"]],
                       "Answers": rows["base_n"]}
        elif question.type in BY_OPTION:
            columns = _columns_by_group(view, question, view.counts(question.question_id, by=by))
        else:
            return ""
    except NotReleased:
        return ""
    return str(tables_html.table(columns, numeric=(*columns,)[1:]))


def _columns_by_group(view: StudyView, question: Any, counts: pd.DataFrame) -> dict[str, list]:
    """A column of counts for each group, below the base that they are out of."""
    texts = {(row.group, row.option): row.shown_as.partition(" of ")[0] for row in counts.itertuples()}
    bases = counts.groupby("group", sort=False)["base_n"].max()
    given = {*counts["option"]}
    options = [option for option in dict.fromkeys([*_counts(view, question)["option"], *counts["option"]])
               if option in given]
    return {"Answer": ["Base", *options],
            **{str(group): [base, *(texts.get((group, option), "not shown") for option in options)]
               for group, base in bases.items()}}


# ------------------------------
# Open answers, in their original language.


def open_answers(view: StudyView, question: Any) -> pd.DataFrame:
    """The open answers to a question of type text, one row each: text, translation, language, by (the
    organisation), country. For the team alone. Raises NotReleased for another audience.

    >>> open_answers(view, "Q5.6")["by"].iloc[0]
    'Tres Puentes (invented)'
    """
    if not view.may("passages"):
        raise NotReleased("Open answers are read by the team only. To fix: ask view.quotations().")
    name = _row(view, question).question_id
    documents = view.read("documents")[["document_id", "question_id", "is_interpreted"]]
    rows = view.read("segments").merge(documents[documents["question_id"] == name], on="document_id")
    rows = rows[rows["translation_of"] == ""].sort_values("segment_id")
    interpreted = rows["is_interpreted"].map({True: ", interpreter's words", False: ""})
    return pd.DataFrame({
        "text": rows["text"],
        "translation": [view.translations.get(segment, "") for segment in rows["segment_id"]],
        "language": rows["language"],
        "by": rows["organisation_id"].map(view.labels).fillna("") + interpreted,
        "country": rows["country_id"].map(view.country_labels).fillna("")}).reset_index(drop=True)


def show_open_answers(view: StudyView, question: Any) -> None:
    """Shows the open answers to a question: the first ones, and more of them one click away.

    A page has at most :data:`MOST` of all its questions; the table segments has all. Nothing is shown
    for audiences that may not read them.

    >>> show_open_answers(view, "Q5.6")
    <IPython.core.display.HTML object>
    """
    if html := open_answers_html(view, question):
        display(show(html))


def open_answers_html(view: StudyView, question: Any) -> str:
    """What :func:`show_open_answers` shows, as HTML."""
    if not view.may("passages"):
        return ""
    row, asked = _row(view, question), (view.question_table["type"] == "text").sum()
    found, limit = open_answers(view, row), MOST // max(asked, 1)
    if found.empty:
        return ""
    shown = [quotation(one) for one in found.head(limit).to_dict("records")]
    said = tag("p", f"These are {limit} of {len(found)}: the study's table segments has all.",
               class_="glc-note") if len(found) > limit else ""
    title = tag("p", escape(f"{row.question_id} {row.wording}"), class_="glc-title")
    return title + more(shown, OPEN, "open answer") + said


def _row(view: StudyView, question: Any) -> Any:
    if not isinstance(question, str):
        return question
    name = view._question(question).question_id
    return next(view.questions[view.questions["question_id"] == name].itertuples())
