"""An organisation's own brief: what it told, beside the study; what is made of it; what it can decide."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import pandas as pd

from glc_analysis.disclosure.consent import ITEMS
from glc_analysis.disclosure.quotes import FOR_TEAM, READERS, RULES, case_segments, faceless, judged, owners
from glc_analysis.disclosure.returns import held, passages
from glc_analysis.disclosure.sheets import phrases
from glc_analysis.evidence.figures import count_text
from glc_analysis.reference import COUNTRY_LIST
from glc_analysis.reports.html import Html, Markup, note, show, table, tag
from glc_analysis.reports.page import Page

SAY = phrases("en")
PASSAGES, LENGTH = 12, 240
"""So many passages are shown, each with so many characters: the return has them all."""
IN_QUOTES = "This quotation is to be talked over: its words, or what you said of it, changed."


def answers(page: Page) -> Html:
    """One row a question that was asked, theme by theme: the answer, and how many of the study gave it."""
    rows = page.read("responses").query("missing != 'not_asked'").sort_values(["country_id", "answer_id"])
    given, lines = dict(list(rows.groupby("question_id"))), []
    for theme, name in {**page.themes, "": "Background"}.items():
        asked = page.questions[(page.questions["theme_id"] == theme) & (page.questions["type"] != "text")]
        own = [(question, given[question.question_id]) for question in asked.itertuples()
               if question.question_id in given]
        lines += [("glc-asked", name, None)] if own else []
        lines += [("", Markup(tag("span", escape(question.question_id), class_="glc-id")
                              + escape(question.wording)), Markup("<br>".join(_said(page, question, told))))
                  for question, told in own]
    kinds, questions, said = zip(*lines, strict=True)
    return show(table({"Question": questions, "Your answer, and how many of the study gave it": said},
                      rows=kinds))


def _said(page: Page, question, rows: pd.DataFrame) -> Iterator[str]:
    """The answer or, where the organisation answered for several countries, each by its country."""
    several = len(rows) > 1
    listed = page.options[page.options["option_list"] == question.option_list]
    labels = dict(zip(listed["option_id"], listed["label"], strict=True))
    figures = page.released[(page.released["measure"] == "response") & (page.released["subset_kind"] == "all")
                            & (page.released["question_id"] == question.question_id)]
    counts = {row.option_id: count_text(row.n, row.base_n, row.band) for row in figures.itertuples()
              if row.statistic == "count"}
    middle = [f"the middle of {row.base_n} answers is {row.value:g}" for row in figures.itertuples()
              if row.statistic == "median"]
    for row in rows.itertuples():
        where = f"{escape(page.places.get(row.country_id, row.country_id))}: " if several else ""
        if row.missing:
            yield where + tag("em", escape(SAY[row.missing]))
        elif question.option_list and question.option_list != COUNTRY_LIST:
            yield where + "; ".join(escape(labels.get(one, one)) + _figure(counts.get(one, "not shown"))
                                    for one in row.value.split(";"))
        else:
            texts = [labels.get(one, one) for one in row.value.split(";")]
            yield where + escape("; ".join(texts)) + "".join(map(_figure, middle))


def _figure(text: str) -> str:
    return tag("span", f" ({escape(text)})", class_="glc-figure")


def said(page: Page) -> Html:
    """Its coded passages with the codes by name, one that brings a new code first; no accounts of cases."""
    _, *rest = held(page.study)
    codings, segments, documents, _, codebook = rest
    own = segments[owners(segments, documents) == page.organisation]
    rows = passages(page.study, own, rest, "en").query("codes != ''")
    notes = [SAY["withheld"]] if case_segments(codings, segments, codebook) & {*own["segment_id"]} else []
    if rows.empty:
        return note("None of your words is coded yet.", *notes)
    known: set[str] = set()
    is_new = []
    for codes in rows["codes"].str.split("; "):
        is_new.append(bool({*codes} - known))
        known |= {*codes}
    first = rows.assign(is_old=[not one for one in is_new]).sort_values("is_old", kind="stable")
    first = first.head(PASSAGES).sort_index()
    if more := len(rows) - len(first):
        notes.append(f"{more} more are coded: your return has them all, with boxes to put them right.")
    shown = table({"Your words": [_words(text, LENGTH) for text in first["words"]],
                   "Said in": first["question"], "What we take it to be about": first["codes"]})
    return show(shown + (note(*notes).data if notes else ""))


def _words(text: str, length: int = 0) -> Markup:
    """Words in their own direction, cut at the end of a word where they are longer."""
    is_long = 0 < length < len(text)
    shown = f"{text[:length].rsplit(' ', 1)[0]} …" if is_long else text
    return Markup(tag("span", escape(shown), dir="auto"))


def quotations(page: Page) -> Html:
    """Its words that somebody proposes to print, for whom, and how far that is."""
    rows = judged(*held(page.study))
    rows = rows[(rows["owner"] == page.organisation) & ~rows["is_case"]].sort_values("quote_id")
    if rows.empty:
        return note("Nobody has proposed to print words of yours.")
    source = rows["is_named"].map({True: page.labels[page.organisation], False: SAY["provider"]})
    state = ["; ".join(IN_QUOTES if rule in FOR_TEAM else RULES[rule][0] for rule in RULES if rule in broken)
             or "will be printed" for broken in rows["broken"]]
    return show(table({
        "Words": [_words(faceless(text)) for text in rows["text"]],
        "Who would read them": rows["audience"].map(SAY), "As words of": source, "How far it is": state}))


def choices(page: Page) -> Html:
    """What it agreed to, item by item and for whom; what nobody has written down counts as no."""
    consent = held(page.study)[4].query("organisation_id == @page.organisation")
    own = consent[consent["speaker_id"] == ""]
    noted = {(row.item, row.audience): f"{SAY['yes' if row.is_given == 'true' else 'no']} ({row.date})"
             for row in own.itertuples()}
    columns = {SAY[audience]: [noted.get((item, audience), "–") for item in ITEMS]
               for audience in ("team", *READERS)}
    people = consent.loc[consent["speaker_id"] != "", "speaker_id"].nunique()
    notes = [f"Beside this, {people} of your people decide for themselves."] if people else []
    return show(table({"What it is about": [SAY.get(f"item_{item}", SAY.get(item, item)) for item in ITEMS],
                       **columns}) + note("– means that nothing is written down, which counts as no.",
                                          *notes).data)
