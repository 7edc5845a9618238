"""The profile of a country: who answered for it, what outside records say, its answers beside everybody's."""

from __future__ import annotations

from html import escape

import pandas as pd

from glc_analysis.plots import count_text
from glc_analysis.reference import COUNTRY_LIST
from glc_analysis.reports.html import Html, Markup, bar, language_name, region_name, show, table, tag
from glc_analysis.reports.page import Page

NO_ANSWER = "not asked, or no answer"


def facts(page: Page) -> Html:
    """What outside sources say of the country, latest year last."""
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
    """The organisations that answered for the country."""
    rows = page.read("organisations").sort_values("label")
    shown = pd.DataFrame({
        "Organisation": rows["label"], "Type": rows["type"].str.replace("_", " "),
        "Home country": rows["home_country_id"].map(page.places).fillna(""),
        "Resources": rows["resource_level"],
        "Language": rows["language"].map(lambda code: language_name(code) if code else "")
        + rows["is_interpreted"].map({True: ", interpreted", False: ""}),
        "Answered on": rows["answered_on"]})
    return show(table(dict(shown.loc[:, (shown != "").any()])))


def beside(page: Page) -> Html:
    """The country's answers beside its region's and the study-wide counts, theme by theme.

    With a single organisation its own answer is marked; nothing is compared.
    """
    region = page.read("countries")["region_id"].iloc[0]
    heads = ["Question and answers", page.places[page.country],
             *([region_name(region)] if region else []), "Whole study"]
    parts = []
    for theme, name in {**page.themes, "": "Background"}.items():
        asked = page.questions[page.questions["theme_id"] == theme].itertuples()
        rows = [row for question in asked for row in _beside(page, question, region)]
        if rows:
            kinds, *columns = zip(*rows, strict=True)
            parts.append(tag("h3", escape(name)) + table(dict(zip(heads, columns, strict=True)),
                                                         rows=kinds))
    return show("".join(parts))


def _beside(page: Page, question, region: str) -> list[tuple]:
    """The question's row and one row an option: its class, text, here, region, everywhere."""
    if question.type in ("text", "date") or question.option_list == COUNTRY_LIST:
        return []
    whole = page.summary(question.question_id)
    here = _of(page, question, "country", page.places[page.country])
    if here.empty:
        return []
    near = [_of(page, question, "region", region)] if region else []
    title = Markup(tag("span", escape(question.question_id), class_="glc-id")
                   + escape(question.wording))
    if question.type == "number":
        return [("glc-asked", title, *map(_middle, (here, *near, whole)))]
    base = here["base_n"].max()
    rows = [("glc-asked", title, *(None for _ in (here, *near, whole)))]
    if not base:
        rows.append(("glc-option", NO_ANSWER, "–", *("" for _ in near), ""))
    for own, *around, all_ in zip(*(f.itertuples() for f in (here, *near, whole)), strict=True):
        mark = "" if not own.n else "●" if base == 1 else f"● {own.n} of {own.base_n}"
        rows.append(("glc-option glc-chosen" if own.n else "glc-option", own.option, mark,
                     *(f"{r.n} of {r.base_n}" for r in around),
                     bar(all_.share, count_text(all_.n, all_.base_n))))
    return rows


def _of(page: Page, question, kind: str, group: str) -> pd.DataFrame:
    """A question's figures in one country or region."""
    rows = page.summary(question.question_id, by=kind)
    return rows[rows["group"] == group].reset_index(drop=True)


def _middle(figures: pd.DataFrame) -> str:
    """The median of a number question with its base, or the one value there is."""
    row = figures[figures["statistic"] == "median"].iloc[0]
    if not row["base_n"]:
        return NO_ANSWER
    value = f"{row['value']:g}"
    return value if row["base_n"] == 1 else f"median {value} ({row['base_n']} answers)"
