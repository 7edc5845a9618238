"""What the brief of one organisation shows: its own answers and words in full, of others released figures.

In: the view of one organisation (:class:`~glc_analysis.view.StudyView`). Out: HTML, a function each: what the
study has of it, its answers beside the study's, its coded words, its quotations, and what it can decide.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import pandas as pd
from IPython.display import HTML as Html

from glc_analysis.convening.return_sheets import sheet_phrases
from glc_analysis.convening.returns import held, passages
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
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.tables_html import Markup, in_brackets, note, show, table, tag
from glc_analysis.text import count_text, day_in_words
from glc_analysis.view import StudyView

PHRASES = sheet_phrases("en")
PASSAGES, LENGTH = 12, 240
"""The most passages shown, and the most characters of each; the organisation's return has all of them."""
NOT_ASKED = "It was asked no question whose answers are counted."
TO_DISCUSS = "We need to talk about this quotation with you: its words, or your decision on it, changed."


def own_record(view: StudyView) -> Html:
    """What the study has of the organisation, in two sentences: when it answered, how many questions, how
    many of its passages are coded, and how many quotations are proposed for printing."""
    rows = view.read("responses")
    row = next(view.read("organisations").itertuples())
    answered = rows.loc[rows["missing"] == "", "question_id"].nunique()
    countries = sorted({*view.read("answers")["country_id"]} - {""})
    where = [view.country_labels.get(one, one) for one in countries]
    quotes, *rest = held(view.study)
    coded, proposed = _coded_words(view, rest), _own_quotes(view, [quotes, *rest])
    first = " ".join(filter(None, [f"{view.labels[view.organisation]} answered {answered} questions",
                                   day_in_words(row.answered_on),
                                   f"for {' and '.join(where)}" if where else ""]))
    second = (f"{_number(coded, 'passage')} of your words are coded, and "
              f"{_number(proposed, 'quotation')} of yours are proposed for printing")
    return show(tag("p", escape(f"{first}. {second}.")))


def _number(rows: pd.DataFrame, noun: str) -> str:
    return f"{len(rows) or 'no'} {noun}{'s' * (len(rows) != 1)}"


def _own_segments(view: StudyView, rest: list[pd.DataFrame]) -> pd.DataFrame:
    """Its segments; ``rest`` is what :func:`.returns.held` gives, without the quotations."""
    _, segments, documents, *_ = rest
    return segments[owners(segments, documents) == view.organisation]


def _coded_words(view: StudyView, rest: list[pd.DataFrame]) -> pd.DataFrame:
    codings, segments, _, _, codebook = rest
    cases = case_segments(codings, segments, codebook)
    return passages(view.study, _own_segments(view, rest), rest, cases, "en").query("codes != ''")


def _own_quotes(view: StudyView, all_held: list[pd.DataFrame]) -> pd.DataFrame:
    """Its quotations that are proposed for printing, with the rules that each breaks."""
    rows = with_broken_rules(*all_held)
    return rows[(rows["owner"] == view.organisation) & ~rows["is_case"]].sort_values("quote_id")


def own_answers(view: StudyView) -> Html:
    """One row a question that was asked, theme by theme: the answer, and how many in the study gave it."""
    rows = view.read("responses").query("missing != 'not_asked'").sort_values(["country_id", "answer_id"])
    given, lines = dict(list(rows.groupby("question_id"))), []
    if not given:
        return note(NOT_ASKED)
    figures = view.released.query("measure == 'response' and subset_kind == 'all'")
    counted = dict(list(figures.groupby("question_id")))
    for theme, name in {**view.themes, "": "Background"}.items():
        asked = view.question_table[view.question_table["theme_id"] == theme].query("type != 'text'")
        own = [(question, given[question.question_id]) for question in asked.itertuples()
               if question.question_id in given]
        lines += [("glc-asked", name, None)] if own else []
        lines += [("", question.wording, Markup("<br>".join(
            _answer_texts(view, question, rows, counted.get(question.question_id, figures.iloc[:0])))))
                  for question, rows in own]
    if not lines:
        return note(NOT_ASKED)
    kinds, questions, answers = zip(*lines, strict=True)
    return show(table({"Question": questions, "Your answer, and how many in the study gave it": answers},
                      rows=kinds))


def _answer_texts(view: StudyView, question, rows: pd.DataFrame, figures: pd.DataFrame) -> Iterator[str]:
    """The answer beside the ``figures`` of the question; where the organisation answered for several
    countries, the answer for each country."""
    several = len(rows) > 1
    listed = view.options[view.options["option_list"] == question.option_list]
    labels = dict(zip(listed["option_id"], listed["label"], strict=True))
    counts = {row.option_id: count_text(row.n, row.base_n, row.band).partition(" (")[0]  # brackets once
              for row in figures.itertuples() if row.statistic == "count"}
    middle = [f"the median of {row.base_n} answers is {row.value:g}" for row in figures.itertuples()
              if row.statistic == "median"]
    for row in rows.itertuples():
        where = f"{escape(view.country_labels.get(row.country_id, row.country_id))}: " if several else ""
        if row.missing:
            yield where + tag("em", escape(PHRASES[row.missing]))
        elif question.option_list and question.option_list != COUNTRY_LIST:
            yield where + "; ".join(escape(labels.get(one, one)) + in_brackets(counts.get(one, "not shown"))
                                    for one in row.value.split(";"))
        else:
            texts = [labels.get(one, one) for one in row.value.split(";")]
            yield where + escape("; ".join(texts)) + "".join(map(in_brackets, middle))


def own_passages(view: StudyView) -> Html:
    """Its coded passages with the names of their codes; passages with a code not shown before come first.
    Accounts of individual cases are left out."""
    _, *rest = held(view.study)
    codings, segments, _, _, codebook = rest
    own, rows = _own_segments(view, rest), _coded_words(view, rest)
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


def own_quotations(view: StudyView) -> Html:
    """Its quotations that are proposed for printing: the words, for whom, and their status."""
    rows = _own_quotes(view, [*held(view.study)])
    if rows.empty:
        return note("No words of yours have been proposed for printing.")
    source = rows["is_named"].map({True: view.labels[view.organisation], False: PHRASES["provider"]})
    state = ["; ".join(TO_DISCUSS if rule in TEAM_RULES else RULES[rule][0]
                       for rule in RULES if rule in broken) or "will be printed" for broken in rows["broken"]]
    return show(table({
        "Your words": [_passage_text(without_pseudonyms(text)) for text in rows["text"]],
        "Who would read them": rows["audience"].map(PHRASES), "Attributed to": source, "Status": state}))


def own_consents(view: StudyView) -> Html:
    """What it agreed to, by item and audience; a decision that is not recorded counts as no."""
    consent = held(view.study)[4].query("organisation_id == @view.organisation")
    own = consent[consent["speaker_id"] == ""]
    noted = {(row.item, row.audience): f"{PHRASES['yes' if row.is_given == 'true' else 'no']} ({row.date})"
             for row in own.itertuples()}
    columns = {PHRASES[audience]: [noted.get((item, audience), "–") for item in ITEMS]
               for audience in ("team", *READERS)}
    people = consent.loc[consent["speaker_id"] != "", "speaker_id"].nunique()
    notes = [f"In addition, {people} of your people decide for themselves."] if people else []
    subjects = [PHRASES.get(f"item_{item}", PHRASES.get(item, item)) for item in ITEMS]
    explained = note("– means that no decision is recorded, which counts as no.", *notes)
    # Above the table: below it, the note could be the only line of a printed page.
    return show(explained.data + table({"What it is about": subjects, **columns}))
