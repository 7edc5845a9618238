"""The profile of a country: who answered for it, what outside records say, its answers beside others'."""

from __future__ import annotations

from html import escape

import pandas as pd

from glc_analysis.evidence.figures import count_text
from glc_analysis.reference import COUNTRY_LIST
from glc_analysis.reports.blocks.questions import listed
from glc_analysis.reports.html import Html, Markup, bar, language_told, region_name, show, table, tag
from glc_analysis.reports.page import Page

NO_ANSWER = "not asked, or no answer"
NO_RECORD = "What outside records say of a country stands beside answers on pages of the team alone."
UNNAMED = "An organisation that is not named"
NOT_TOLD = ("Not here are numbers and words, what could be held against an organisation, and answers that "
            "would tell, with the figures of the study, what those answered who did not agree to it")


def facts(page: Page) -> Html:
    """What outside sources say of the country, latest year last."""
    if page.audience != "team":
        return show(tag("p", NO_RECORD, class_="glc-note"))
    rows = page.read("context").sort_values(["indicator", "year"])
    if rows.empty:
        return show(tag("p", "No outside record of this country.", class_="glc-note"))
    lasting = rows[rows["year"] == ""]
    yearly = rows[rows["year"] != ""].groupby("indicator")[["year", "value"]].apply(
        lambda r: ", ".join(f"{v} ({y})" for y, v in zip(r["year"], r["value"], strict=True)))
    facts = {**dict(zip(lasting["indicator"], lasting["value"], strict=True)), **yearly}
    return show(table({"Outside record": [name.replace("_", " ") for name in facts],
                       "What it says": [said.replace("_", " ") for said in facts.values()]}))


def who(page: Page) -> Html:
    """The organisations that answered for the country; others than the team get the names of those that
    agreed to it, and nothing that would tell who the rest are."""
    rows = page.read("organisations").sort_values("label")
    if page.audience != "team":
        is_named = rows["organisation_id"].isin(page.named)
        rows = pd.concat([rows[is_named], rows[~is_named].assign(label=UNNAMED, type="")])
        return show(table({"Organisation": rows["label"], "Type": rows["type"].str.replace("_", " ")}))
    shown = pd.DataFrame({
        "Organisation": rows["label"], "Type": rows["type"].str.replace("_", " "),
        "Home country": rows["home_country_id"].map(page.places).fillna(""),
        "Resources": rows["resource_level"],
        "Language": rows["language"].map(lambda code: language_told(code) if code else "")
        + rows["is_interpreted"].map({True: ", interpreted", False: ""}),
        "Answered on": rows["answered_on"]})
    return show(table(dict(shown.loc[:, (shown != "").any()])))


def beside(page: Page) -> Html:
    """The country's answers beside its region's, theme by theme.

    With a single organisation its own answer is marked; nothing is compared. Others than the team see
    what is released of the country and, in place of the region, of the whole study.
    """
    region = page.read("countries")["region_id"].iloc[0]
    others = "Whole study" if page.audience != "team" else region_name(region) if region else ""
    heads = ["Question and answers", page.places[page.country], others]
    parts, told = [], set()
    for theme, name in {**page.themes, "": "Background"}.items():
        asked = page.questions[page.questions["theme_id"] == theme].itertuples()
        found = {question.question_id: _beside(page, question, region) for question in asked}
        told |= {question for question, rows in found.items() if rows}
        if rows := [row for rows in found.values() for row in rows]:
            kinds, *columns = zip(*rows, strict=True)
            columns = dict(zip(heads, columns, strict=True))
            columns.pop("", None)  # a country of no region stands alone
            parts.append(tag("h3", escape(name)) + table(columns, rows=kinds))
    left = ", ".join(one for one in page.questions["question_id"] if one not in told)
    if page.audience != "team" and left:
        parts.append(tag("p", escape(f"{NOT_TOLD}: {left}."), class_="glc-note"))
    return show("".join(parts))


def _beside(page: Page, question, region: str) -> list[tuple]:
    """The question's row and one row an option: its class, text, here, and in the region or everywhere."""
    if question.type in ("text", "date") or question.option_list == COUNTRY_LIST:
        return []
    here = _of(page, question, "country", page.places[page.country])
    if here.empty:
        return []
    around = _of(page, question, "region", region) if page.audience == "team" \
        else page.summary(question.question_id)
    title = Markup(tag("span", escape(question.question_id), class_="glc-id")
                   + escape(question.wording))
    if question.type == "number":
        return [("glc-asked", title, _middle(here), _middle(around))]
    base = here["base_n"].max()
    rows = [("glc-asked", title, None, None)]
    if not base:
        rows.append(("glc-option", NO_ANSWER, "–", ""))
    figures = {row.option: row for row in around.itertuples()}
    for own in here.itertuples():
        mark = "" if not own.n else "●" if base == 1 else f"● {own.n} of {own.base_n}"
        rows.append(("glc-option glc-chosen" if own.n else "glc-option", own.option, mark,
                     _told(figures.get(own.option))))
    if page.audience != "team" and len(here) < listed(page, question):
        rows.append(("glc-option", "other answers", "not shown", ""))
    return rows


def _told(row) -> str:
    """A figure with its bar, or the words of its band."""
    if row is None:
        return "not shown"
    return bar(row.share, count_text(row.n, row.base_n, getattr(row, "band", "")))


def _of(page: Page, question, kind: str, group: str) -> pd.DataFrame:
    """A question's figures in one country or region."""
    rows = page.summary(question.question_id, by=kind)
    return rows[rows["group"] == group].reset_index(drop=True)


def _middle(figures: pd.DataFrame) -> str:
    """The median of a number question with its base, or the one value there is."""
    row = next(figures[figures["statistic"] == "median"].itertuples(), None)
    if row is None or not row.base_n:
        return NO_ANSWER
    value = f"{row.value:g}"
    return value if row.base_n == 1 else f"median {value} ({row.base_n} answers)"
