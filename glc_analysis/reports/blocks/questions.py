"""Questions over the whole study and by group."""

from __future__ import annotations

from html import escape

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import display

from glc_analysis.evidence.estimates import BY_OPTION
from glc_analysis.evidence.places import anchor
from glc_analysis.plots import plot_options
from glc_analysis.plots_scales import plot_scale
from glc_analysis.reference import COUNTRY_LIST
from glc_analysis.reports.html import Html, bars, region_name, show, table, tag
from glc_analysis.reports.page import Page

NOT_SHOWN = "Not shown here: the figures could tell what single organisations answered."
SOME_NOT_SHOWN = "Answers that are not listed are not shown: their figures could tell who gave them."


def by_question(page: Page) -> None:
    """Every question in order: heading, figure or table. Shown at once, nothing returned."""
    for question in page.questions.itertuples():
        display(show(_heading(page, question)))
        rows = page.summary(question.question_id)
        if rows.empty:
            display(show(tag("p", NOT_SHOWN, class_="glc-note")))
        elif _is_plotted(question):
            plot_options(rows, title=question.wording)
            plt.show()
            if page.audience != "team" and len(rows) < listed(page, question):
                display(show(tag("p", SOME_NOT_SHOWN, class_="glc-note")))
        else:
            display(show(_plain(question, rows)))


def scales(page: Page) -> Html | None:
    """Figure: the statements that were answered on one scale, in their order, a figure a scale. A statement
    of which a count is in words is named below."""
    asked = page.questions[page.questions["type"] == "scale"]
    left = []
    for name in asked["option_list"].unique():
        own = asked[asked["option_list"] == name]
        if len(own) < 2:
            continue
        found = {question.question_id: _on_scale(page, question) for question in own.itertuples()}
        left += [name for name, counts in found.items() if counts is None]
        if drawn := [counts for counts in found.values() if counts is not None]:
            plot_scale(pd.concat(drawn))
            plt.show()
    said = f"Not drawn, since counts of theirs are words or are not shown: {', '.join(left)}."
    return show(tag("p", escape(said), class_="glc-note")) if left else None


def _on_scale(page: Page, question) -> pd.DataFrame | None:
    """The counts of a statement by the options of its scale; None where one of them is not shown."""
    options = page.options[page.options["option_list"] == question.option_list]
    scale = options[options["kind"] == "substantive"].sort_values("position")
    rows = page.summary(question.question_id)[["option", "n", "base_n"]].rename(columns={"option": "label"})
    counts = scale.merge(rows, on="label", how="left").rename(columns={"label": "option"})
    if counts["n"].isna().any() or not counts["base_n"].gt(0).all():
        return None
    return counts.assign(statement=f"{question.question_id} {question.wording}")


def _is_plotted(question) -> bool:
    """Whether a question has a few options to count."""
    return question.type in BY_OPTION and question.option_list != COUNTRY_LIST


def listed(page: Page, question) -> int:
    """How many answers of a question can be in its base."""
    kinds = page.options.loc[page.options["option_list"] == question.option_list, "kind"]
    outside = ["refused", *(["dont_know"] if question.dont_know == "missing" else [])]
    return int((~kinds.isin(outside)).sum())


def _heading(page: Page, question) -> str:
    who = {"organisation": "Asked once of each organisation",
           "answer": "Asked for each country an organisation works in"}[question.unit]
    asked = f"; only where {question.asked_if}" if question.asked_if else ""
    outside = page.quality(question.question_id).set_index("option_id")["n"]
    said = [f" {outside[kind]} {words}, outside the base." for kind, words
            in (("dont_know", "did not know"), ("refused", "preferred not to say")) if kind in outside]
    name = tag("span", escape(question.question_id), class_="glc-id")
    return tag("h3", name, " ", escape(question.wording), class_="glc-question",
               id=anchor("question", question.question_id)) + tag(
        "p", escape(f"{who}{asked}.{''.join(said)}"), class_="glc-note")


def _plain(question, rows: pd.DataFrame) -> str:
    if question.type == "number":
        values = rows["value"].map(lambda v: "" if pd.isna(v) else f"{v:.1f}")
        return table({"Statistic": rows["statistic"], "Value": values, "Base": rows["base_n"]},
                     numeric=("Value", "Base"))
    rows = rows[rows["n"].ne(0)]
    return table({"Answer": rows["option"], "Count": bars(rows)})


def by_group(page: Page, by: str) -> Html:
    """Every choice question of the page: counts in each group side by side."""
    parts = []
    for question in page.questions.itertuples():
        rows = page.summary(question.question_id, by=by)
        if rows.empty or not _is_plotted(question):
            continue
        if by == "region":
            rows = rows.assign(group=rows["group"].map(region_name))
        rows = rows.assign(count=[f"{band or n} of {base}" for n, base, band in zip(
            rows["n"], rows["base_n"], rows.get("band", [""] * len(rows)), strict=True)])
        wide = rows.pivot(index="option", columns="group", values="count")
        wide = wide.loc[rows["option"].unique()]
        parts.append(table({"Answer": wide.index, **wide}, numeric=tuple(wide.columns),
                           caption=f"{question.question_id} {question.wording}"))
    return show("".join(parts))
