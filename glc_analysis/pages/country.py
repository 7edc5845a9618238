"""What the page of a country and the brief of one organisation show.

In: what an audience may see (:class:`~glc_analysis.view.StudyView`). Out: HTML, a function each. The team
compares a country with its region; other readers see what is released of the country beside the whole study.
An organisation's brief shows its own answers and words in full, and of others only released figures.
"""

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
from glc_analysis.pages.survey import answers_in_base
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.tables_html import Markup, bar, language_label, note, region_name, show, table, tag
from glc_analysis.text import count_text
from glc_analysis.view import StudyView

# ------------------------------
# The page of a country: who answered for it, country facts, its answers beside those of others.


def country_sentences(view: StudyView) -> pd.DataFrame:
    """The opening sentences of a country's page: the columns of :data:`.headlines.COLUMNS`."""
    return pd.DataFrame(columns=["sentence", "estimate_id", "link", "chosen_by"], dtype="str")


NO_ANSWER = "not asked, or no answer"
FACTS_NOT_SHOWN = "Country facts are shown to the team only."
UNNAMED = "An organisation that is not named"
NOT_ON_PAGE = ("Not shown here are numbers, open answers, sensitive questions, and answers that, together "
               "with the figures of the study, would reveal those of organisations that did not agree to it")


def country_facts(page: StudyView) -> Html:
    """Facts about the country from outside sources, latest year last."""
    if page.audience != "team":
        return show(tag("p", FACTS_NOT_SHOWN, class_="glc-note"))
    rows = page.read("context").sort_values(["indicator", "year"])
    if rows.empty:
        return show(tag("p", "No country facts are recorded.", class_="glc-note"))
    lasting = rows[rows["year"] == ""]
    yearly = rows[rows["year"] != ""].groupby("indicator")[["year", "value"]].apply(
        lambda r: ", ".join(f"{v} ({y})" for y, v in zip(r["year"], r["value"], strict=True)))
    facts = {**dict(zip(lasting["indicator"], lasting["value"], strict=True)), **yearly}
    return show(table({"Country fact": [name.replace("_", " ") for name in facts],
                       "Value": [value.replace("_", " ") for value in facts.values()]}))


def who_answered(page: StudyView) -> Html:
    """The organisations that answered for the country. Readers other than the team see the names of those
    that agreed to be named, and nothing that would identify the rest."""
    rows = page.read("organisations").sort_values("label")
    if page.audience != "team":
        is_named = rows["organisation_id"].isin(page.organisation_names)
        rows = pd.concat([rows[is_named], rows[~is_named].assign(label=UNNAMED, type="")])
        return show(table({"Organisation": rows["label"], "Type": rows["type"].str.replace("_", " ")}))
    shown = pd.DataFrame({
        "Organisation": rows["label"], "Type": rows["type"].str.replace("_", " "),
        "Home country": rows["home_country_id"].map(page.country_labels).fillna(""),
        "Resources": rows["resource_level"],
        "Language": rows["language"].map(lambda code: language_label(code) if code else "")
        + rows["is_interpreted"].map({True: ", interpreted", False: ""}),
        "Answered on": rows["answered_on"]})
    return show(table(dict(shown.loc[:, (shown != "").any()])))


def answers_by_country(page: StudyView) -> Html:
    """The country's answers beside those of its region, theme by theme.

    The answer of a single organisation is marked, not counted. Readers other than the team see the released
    figures of the country beside those of the whole study.
    """
    region = page.read("countries")["region_id"].iloc[0]
    others = "Whole study" if page.audience != "team" else region_name(region) if region else ""
    heads = ["Question and answers", page.country_labels[page.country], others]
    parts, shown = [], set()
    for theme, name in {**page.themes, "": "Background"}.items():
        asked = page.question_table[page.question_table["theme_id"] == theme].itertuples()
        found = {question.question_id: _question_rows(page, question, region) for question in asked}
        shown |= {question for question, rows in found.items() if rows}
        if rows := [row for rows in found.values() for row in rows]:
            kinds, *columns = zip(*rows, strict=True)
            columns = dict(zip(heads, columns, strict=True))
            columns.pop("", None)  # a country without a region has no second column
            parts.append(tag("h3", escape(name)) + table(columns, rows=kinds))
    missing = ", ".join(one for one in page.question_table["question_id"] if one not in shown)
    if page.audience != "team" and missing:
        parts.append(tag("p", escape(f"{NOT_ON_PAGE}: {missing}."), class_="glc-note"))
    return show("".join(parts))


def _question_rows(page: StudyView, question, region: str) -> list[tuple]:
    """The question's row and one row an option: class, text, count here, count in the region or the study."""
    if question.type in ("text", "date") or question.option_list == COUNTRY_LIST:
        return []
    here = _figures_of(page, question, "country", page.country_labels[page.country])
    if here.empty:
        return []
    around = _figures_of(page, question, "region", region) if page.audience == "team" \
        else page.summary(question.question_id)
    title = Markup(tag("span", escape(question.question_id), class_="glc-id")
                   + escape(question.wording))
    if question.type == "number":
        return [("glc-asked", title, _median(here), _median(around))]
    base = here["base_n"].max()
    rows = [("glc-asked", title, None, None)]
    if not base:
        rows.append(("glc-option", NO_ANSWER, "–", ""))
    figures = {row.option: row for row in around.itertuples()}
    for own in here.itertuples():
        mark = "" if not own.n else "●" if base == 1 else f"● {own.n} of {own.base_n}"
        rows.append(("glc-option glc-chosen" if own.n else "glc-option", own.option, mark,
                     _count_cell(figures.get(own.option))))
    if page.audience != "team" and len(here) < answers_in_base(page, question):
        rows.append(("glc-option", "other answers", "not shown", ""))
    return rows


def _count_cell(row) -> str:
    """A count with its bar; a small count is a word."""
    if row is None:
        return "not shown"
    return bar(row.share, count_text(row.n, row.base_n, getattr(row, "band", "")))


def _figures_of(page: StudyView, question, kind: str, group: str) -> pd.DataFrame:
    """A question's figures in one country or region."""
    rows = page.summary(question.question_id, by=kind)
    return rows[rows["group"] == group].reset_index(drop=True)


def _median(figures: pd.DataFrame) -> str:
    """The median of a number question with its base; the value itself where only one answered."""
    row = next(figures[figures["statistic"] == "median"].itertuples(), None)
    if row is None or not row.base_n:
        return NO_ANSWER
    value = f"{row.value:g}"
    return value if row.base_n == 1 else f"median {value} ({row.base_n} answers)"


# ------------------------------
# The brief of an organisation: its answers beside the study's, its coded words, what it can decide.


PHRASES = phrases("en")
PASSAGES, LENGTH = 12, 240
"""The most passages shown, and the most characters of each; the organisation's return has all of them."""
TO_DISCUSS = "We need to talk about this quotation with you: its words, or your decision on it, changed."


def own_answers(page: StudyView) -> Html:
    """One row a question that was asked, theme by theme: the answer, and how many in the study gave it."""
    rows = page.read("responses").query("missing != 'not_asked'").sort_values(["country_id", "answer_id"])
    given, lines = dict(list(rows.groupby("question_id"))), []
    for theme, name in {**page.themes, "": "Background"}.items():
        asked = page.question_table[page.question_table["theme_id"] == theme].query("type != 'text'")
        own = [(question, given[question.question_id]) for question in asked.itertuples()
               if question.question_id in given]
        lines += [("glc-asked", name, None)] if own else []
        lines += [("", Markup(tag("span", escape(question.question_id), class_="glc-id")
                              + escape(question.wording)),
                   Markup("<br>".join(_answer_texts(page, question, rows)))) for question, rows in own]
    kinds, questions, answers = zip(*lines, strict=True)
    return show(table({"Question": questions, "Your answer, and how many in the study gave it": answers},
                      rows=kinds))


def _answer_texts(page: StudyView, question, rows: pd.DataFrame) -> Iterator[str]:
    """The answer; where the organisation answered for several countries, the answer for each country."""
    several = len(rows) > 1
    listed = page.options[page.options["option_list"] == question.option_list]
    labels = dict(zip(listed["option_id"], listed["label"], strict=True))
    figures = page.released[(page.released["measure"] == "response") & (page.released["subset_kind"] == "all")
                            & (page.released["question_id"] == question.question_id)]
    counts = {row.option_id: count_text(row.n, row.base_n, row.band) for row in figures.itertuples()
              if row.statistic == "count"}
    middle = [f"the median of {row.base_n} answers is {row.value:g}" for row in figures.itertuples()
              if row.statistic == "median"]
    for row in rows.itertuples():
        where = f"{escape(page.country_labels.get(row.country_id, row.country_id))}: " if several else ""
        if row.missing:
            yield where + tag("em", escape(PHRASES[row.missing]))
        elif question.option_list and question.option_list != COUNTRY_LIST:
            yield where + "; ".join(escape(labels.get(one, one)) + _in_brackets(counts.get(one, "not shown"))
                                    for one in row.value.split(";"))
        else:
            texts = [labels.get(one, one) for one in row.value.split(";")]
            yield where + escape("; ".join(texts)) + "".join(map(_in_brackets, middle))


def _in_brackets(text: str) -> str:
    return tag("span", f" ({escape(text)})", class_="glc-figure")


def own_passages(page: StudyView) -> Html:
    """Its coded passages with the names of their codes; passages with a code not shown before come first.
    Accounts of individual cases are left out."""
    _, *rest = held(page.study)
    codings, segments, documents, _, codebook = rest
    own = segments[owners(segments, documents) == page.organisation]
    rows = passages(page.study, own, rest, "en").query("codes != ''")
    notes = [PHRASES["withheld"]] if case_segments(codings, segments, codebook) & {*own["segment_id"]} else []
    if rows.empty:
        return note("None of your words are coded yet.", *notes)
    known: set[str] = set()
    is_new = []
    for codes in rows["codes"].str.split("; "):
        is_new.append(bool({*codes} - known))
        known |= {*codes}
    first = rows.assign(is_old=[not one for one in is_new]).sort_values("is_old", kind="stable")
    first = first.head(PASSAGES).sort_index()
    if more := len(rows) - len(first):
        notes.append(f"{more} more are coded. Your return lists them all, with boxes for your corrections.")
    shown = table({"Your words": [_passage_text(text, LENGTH) for text in first["words"]],
                   "Said in": first["question"], "What we think it is about": first["codes"]})
    return show(shown + (note(*notes).data if notes else ""))


def _passage_text(text: str, length: int = 0) -> Markup:
    """A text in its own writing direction; a longer one is cut at the end of a word."""
    is_long = 0 < length < len(text)
    shown = f"{text[:length].rsplit(' ', 1)[0]} …" if is_long else text
    return Markup(tag("span", escape(shown), dir="auto"))


def own_quotations(page: StudyView) -> Html:
    """Its quotations that are proposed for printing: the words, for whom, and their status."""
    rows = with_broken_rules(*held(page.study))
    rows = rows[(rows["owner"] == page.organisation) & ~rows["is_case"]].sort_values("quote_id")
    if rows.empty:
        return note("No words of yours have been proposed for printing.")
    source = rows["is_named"].map({True: page.labels[page.organisation], False: PHRASES["provider"]})
    state = ["; ".join(TO_DISCUSS if rule in TEAM_RULES else RULES[rule][0]
                       for rule in RULES if rule in broken) or "will be printed" for broken in rows["broken"]]
    return show(table({
        "Your words": [_passage_text(without_pseudonyms(text)) for text in rows["text"]],
        "Who would read them": rows["audience"].map(PHRASES), "Attributed to": source, "Status": state}))


def own_consents(page: StudyView) -> Html:
    """What it agreed to, by item and audience; a decision that is not recorded counts as no."""
    consent = held(page.study)[4].query("organisation_id == @page.organisation")
    own = consent[consent["speaker_id"] == ""]
    noted = {(row.item, row.audience): f"{PHRASES['yes' if row.is_given == 'true' else 'no']} ({row.date})"
             for row in own.itertuples()}
    columns = {PHRASES[audience]: [noted.get((item, audience), "–") for item in ITEMS]
               for audience in ("team", *READERS)}
    people = consent.loc[consent["speaker_id"] != "", "speaker_id"].nunique()
    notes = [f"In addition, {people} of your people decide for themselves."] if people else []
    subjects = [PHRASES.get(f"item_{item}", PHRASES.get(item, item)) for item in ITEMS]
    explained = note("– means that no decision is recorded, which counts as no.", *notes)
    return show(table({"What it is about": subjects, **columns}) + explained.data)
