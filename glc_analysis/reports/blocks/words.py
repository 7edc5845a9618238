"""The words organisations used: open answers in the language they were given in."""

from __future__ import annotations

from html import escape

import pandas as pd

from glc_analysis.evidence.places import words_anchor
from glc_analysis.reports.html import Html, language_told, show, tag
from glc_analysis.reports.page import Page

CLEARED = "No words of an organisation are cleared for these pages."


def open_answers(page: Page) -> Html:
    """Open answers of the page in the words and language they were given in; for other audiences the
    quotations that were cleared for them."""
    if page.audience != "team":
        return _cleared(page)
    texts = page.read("segments").merge(
        page.read("documents")[["document_id", "question_id", "is_interpreted"]],
        on="document_id")
    names = page.read("organisations").set_index("organisation_id")["label"]
    parts = []
    for question in page.questions[page.questions["type"] == "text"].itertuples():
        rows = texts[texts["question_id"] == question.question_id].sort_values("segment_id")
        if len(rows):
            parts.append(tag("h3", tag("span", escape(question.question_id), class_="glc-id"),
                             " ", escape(question.wording)))
            parts += [_quotation(page, row, names) for row in rows.itertuples()]
    return show("".join(parts) or tag("p", "No open answers.", class_="glc-note"))


def _cleared(page: Page) -> Html:
    """Cleared quotations of the page's theme: a provider's, or an organisation's that agreed to be named;
    on a country's page only those that name an organisation of it."""
    rows = page.read("quotations").query("audience == @page.audience")
    rows = rows[rows["source"].isin([*page.labels.values()])] if page.country else rows
    rows = rows[[page.theme in themes.split(";") for themes in rows["theme_ids"]]] if page.theme else rows
    told = [tag("figure", tag("blockquote", escape(row.text), lang=row.language, dir="auto"),
                tag("figcaption", escape(", ".join(filter(None, [row.source, row.wording])))),
                class_="glc-quotation", id=words_anchor(row.text)) for row in rows.itertuples()]
    return show("".join(told) or tag("p", CLEARED, class_="glc-note"))


def _quotation(page: Page, row, names: pd.Series) -> str:
    said = [names.get(row.organisation_id, ""), page.places.get(row.country_id, ""),
            language_told(row.language), "interpreter's words" if row.is_interpreted else ""]
    source = escape(", ".join(filter(None, said)))
    return tag("figure", tag("blockquote", escape(row.text), lang=row.language, dir="auto"),
               tag("figcaption", source), class_="glc-quotation")
