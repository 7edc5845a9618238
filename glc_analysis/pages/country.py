"""The profile of a country, and the brief of one organisation."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import pandas as pd
from IPython.display import HTML as Html

from glc_analysis.convening.returns import held, passages, phrases
from glc_analysis.disclosure.consent import ITEMS
from glc_analysis.disclosure.quotations import (
    READERS,
    RULES,
    TEAM_RULES,
    case_segments,
    owners,
    with_broken_rules,
    without_pseudonyms,
)
from glc_analysis.pages.survey import listed_questions
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.tables_html import Markup, bar, language_label, note, region_name, show, table, tag
from glc_analysis.text import count_text
from glc_analysis.view import StudyView

# ------------------------------
# The profile of a country: who answered for it, what outside records say, its answers beside others'.


NO_ANSWER = "not asked, or no answer"
NO_RECORD = "What outside records say of a country stands beside answers on pages of the team alone."
UNNAMED = "An organisation that is not named"
NOT_TOLD = ("Not here are numbers and words, what could be held against an organisation, and answers that "
            "would tell, with the figures of the study, what those answered who did not agree to it")


def country_facts(page: StudyView) -> Html:
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


def who_answered(page: StudyView) -> Html:
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
        "Language": rows["language"].map(lambda code: language_label(code) if code else "")
        + rows["is_interpreted"].map({True: ", interpreted", False: ""}),
        "Answered on": rows["answered_on"]})
    return show(table(dict(shown.loc[:, (shown != "").any()])))


def answers_by_country(page: StudyView) -> Html:
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


def _beside(page: StudyView, question, region: str) -> list[tuple]:
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
    if page.audience != "team" and len(here) < listed_questions(page, question):
        rows.append(("glc-option", "other answers", "not shown", ""))
    return rows


def _told(row) -> str:
    """A figure with its bar, or the words of its band."""
    if row is None:
        return "not shown"
    return bar(row.share, count_text(row.n, row.base_n, getattr(row, "band", "")))


def _of(page: StudyView, question, kind: str, group: str) -> pd.DataFrame:
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


# ------------------------------
# An organisation's own brief: what it told, beside the study; what is made of it; what it can decide.


SAY = phrases("en")
PASSAGES, LENGTH = 12, 240
"""So many passages are shown, each with so many characters: the return has them all."""
IN_QUOTES = "This quotation is to be talked over: its words, or what you said of it, changed."


def own_answers(page: StudyView) -> Html:
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


def _said(page: StudyView, question, rows: pd.DataFrame) -> Iterator[str]:
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


def own_passages(page: StudyView) -> Html:
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


def own_quotations(page: StudyView) -> Html:
    """Its words that somebody proposes to print, for whom, and how far that is."""
    rows = with_broken_rules(*held(page.study))
    rows = rows[(rows["owner"] == page.organisation) & ~rows["is_case"]].sort_values("quote_id")
    if rows.empty:
        return note("Nobody has proposed to print words of yours.")
    source = rows["is_named"].map({True: page.labels[page.organisation], False: SAY["provider"]})
    state = ["; ".join(IN_QUOTES if rule in TEAM_RULES else RULES[rule][0]
                       for rule in RULES if rule in broken) or "will be printed" for broken in rows["broken"]]
    return show(table({
        "Words": [_words(without_pseudonyms(text)) for text in rows["text"]],
        "Who would read them": rows["audience"].map(SAY), "As words of": source, "How far it is": state}))


def own_consents(page: StudyView) -> Html:
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
