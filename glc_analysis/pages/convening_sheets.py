"""Sheets for those who run the convening: the facilitator's agenda, and the interpreter's words.

In: what the convening may see (:class:`~glc_analysis.view.StudyView`). Out: HTML, a function each. The
groups of the agenda follow from what may be told of the votes (:mod:`glc_analysis.convening.agenda`); the
minutes are a proposal by group, with a line to write on beside each: the facilitator decides.
"""

from __future__ import annotations

from html import escape

import pandas as pd
from IPython.display import HTML as Html

from glc_analysis.convening.agenda import GROUPS
from glc_analysis.convening.rating_forms import form_languages, form_phrases
from glc_analysis.disclosure.blocks import NOT_SHOWN
from glc_analysis.pages.convening import agenda_rows
from glc_analysis.pages.principles import language_attributes
from glc_analysis.tables_html import Markup, language_label, note, show, table, tag
from glc_analysis.templates import read_text
from glc_analysis.view import StudyView

MINUTES = {"agreed": 3, "split": 25, "elsewhere": 15, "rest": 10}
"""The minutes that are proposed for a principle, by its group on the agenda."""
MINUTES_UNRATED = 10
"""The minutes that are proposed for a principle before any round is closed."""
NO_ROUND = ("No round is closed yet: read and discuss each text, then vote. After the first round this sheet "
            "sorts the principles by what the votes say.")
BLANK = "_" * 6
NOT_VOTED = "Not voted on yet"
DECIDED = {"agreed": "Agreed already", "set_aside": "Set aside", "superseded": "Replaced"}
"""The statuses of texts that need no minutes, in words."""
ALL_DECIDED = "Every text is agreed or set aside: nothing is left to discuss."
TERMS = ("importance", "importance_low", "importance_high", "feasibility", "feasibility_low",
         "feasibility_high", "abstain", "comment", "may_be_read")
"""The words of the rating form that are spoken in the room, by their keys in forms.csv."""
COLUMNS = 3
"""The most languages side by side on a page: the texts' own, and two others."""
NOT_TRANSLATED = "not translated yet"
ROOM = "\u00a0" * 36
"""An empty cell that is wide enough to write in."""


# ------------------------------
# The facilitator's sheet.


def facilitator_sheet(view: StudyView) -> Html:
    """The agenda with minutes, by what is agreed, split or contested; then the steps of the discussion."""
    order = agenda_rows(view)
    if order.empty and view.closed_rounds:
        said = note(NOT_SHOWN).data
    elif order.empty:
        said = note(NO_ROUND).data + _unrated(view)
    else:
        said = _agenda(view, order)
    return show(said + _decided(view) + read_text(__file__, "discussion_steps.html"))


def _undecided(view: StudyView) -> pd.DataFrame:
    """The texts that are neither agreed nor set aside nor replaced."""
    rows = view.principle_rows
    return rows[~rows["status"].isin([*DECIDED])]


def _decided(view: StudyView) -> str:
    """In a sentence for each status, the texts that need no minutes."""
    rows = view.principle_rows
    own = {said: [*rows.loc[rows["status"] == one, "printed_id"]] for one, said in DECIDED.items()}
    return note(*(f"{said}, without minutes: {', '.join(names)}."
                  for said, names in own.items() if names)).data


def _agenda(view: StudyView, order: pd.DataFrame) -> str:
    rows, lines, kinds = _undecided(view), [], []
    names = order["principle_id"] + "." + order["version"]
    order, fresh = order[names.isin(rows["printed_id"])], rows[~rows["printed_id"].isin(names)]
    if rows.empty:
        return note(ALL_DECIDED).data
    for name, (heading, why) in GROUPS.items():
        own = order[order["group"] == name]
        if own.empty:
            continue
        total = MINUTES[name] * len(own)
        lines.append((f"{heading} – {why}. {total} minutes in all.", None, None, None))
        kinds += ["glc-asked", *["glc-option"] * len(own)]
        lines += [(f"{row.principle_id} {row.short_name}", _sentence(row.facts), str(MINUTES[name]), BLANK)
                  for row in own.itertuples()]
    total = sum(MINUTES[name] for name in order["group"]) + MINUTES_UNRATED * len(fresh)
    if len(fresh):
        lines.append((f"{NOT_VOTED} – new texts, or texts left out of the last round. "
                      f"{MINUTES_UNRATED * len(fresh)} minutes in all.", None, None, None))
        kinds += ["glc-asked", *["glc-option"] * len(fresh)]
        lines += [(f"{row.principle_id} {row.short_name}", row.statement, str(MINUTES_UNRATED), BLANK)
                  for row in fresh.itertuples()]
    said = (f"From the providers' votes of round {view.closed_rounds[-1]}. The minutes are a proposal, "
            f"{_hours(total)} in all: write yours on the line. Breaks and voting are not counted.")
    return note(said).data + _lines_table(lines, kinds)


def _unrated(view: StudyView) -> str:
    rows = _undecided(view)
    if rows.empty:
        return ""
    said = (f"The minutes are a proposal, {_hours(MINUTES_UNRATED * len(rows))} in all: write yours on the "
            "line.")
    return note(said).data + _lines_table([
        (f"{row.principle_id} {row.short_name}", row.statement, str(MINUTES_UNRATED), BLANK)
        for row in rows.itertuples()], [""] * len(rows))


def _lines_table(lines: list[tuple], kinds: list[str]) -> str:
    heads = ("Principle", "What the votes say" if "glc-asked" in kinds else "Statement", "Minutes", "Yours")
    return table(dict(zip(heads, zip(*lines, strict=True), strict=True)), rows=kinds)


def _sentence(facts: str) -> str:
    """Facts of the agenda as a sentence.

    >>> _sentence("importance 7 or more of 10; feasibility 4 of 10")
    'Importance 7 or more of 10; feasibility 4 of 10.'
    """
    return f"{facts[:1].upper()}{facts[1:]}." if facts else ""


def _hours(minutes: int) -> str:
    """Minutes as people plan them.

    >>> _hours(45), _hours(130)
    ('45 minutes', '2 hours 10 minutes')
    """
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} hour{'s' * (hours != 1)}" if hours else "", f"{rest} minutes" if rest else ""]
    return " ".join(filter(None, parts))


# ------------------------------
# The interpreter's sheet.


def interpreter_sheet(view: StudyView) -> Html:
    """Every statement in all its languages side by side; then the words of the ballot, and the terms, with
    room to write.

    Languages are those of the texts and of forms.csv, never those of the organisations: a language can tell
    who is meant.
    """
    rows = view.principle_rows
    if rows.empty:
        return note("This study has no principles yet.")
    source, texts = rows["language"].iloc[0], view.read("principles")
    is_shown = texts["translation_of"].isin(rows["printed_id"])
    others = sorted({*texts.loc[is_shown, "language"], *rows["language"]} - {source})
    chunks = [others[n:n + COLUMNS - 1] for n in range(0, len(others), COLUMNS - 1)] or [[]]
    return show("".join([*(_statements(view, source, chunk) for chunk in chunks), _ballot_words(),
                         _term_table(view)]))


def _statements(view: StudyView, source: str, others: list[str]) -> str:
    """The statements in the language of the first and in up to two others; an empty column where there is
    room for one."""
    rows, texts = view.principle_rows, view.read("principles")
    said = {(row.translation_of, row.language): row.statement for row in texts.itertuples()} | {
        (row.printed_id, row.language): row.statement for row in rows.itertuples()}
    columns = {language_label(one): [_words(said.get((name, one), ""), one) for name in rows["printed_id"]]
               for one in (source, *others)}
    names = ", ".join(columns)
    if len(columns) < COLUMNS:
        columns["Your language"] = [ROOM] * len(rows)
    return tag("h2", f"The statements: {names}") + table({"No.": rows["printed_id"], **columns})


def _ballot_words() -> str:
    """The words of the rating form in every language of forms.csv."""
    phrases = {one: form_phrases(one) for one in form_languages()}
    unread = [language_label(one) for one, said in phrases.items() if said["native_reader"] != "yes"]
    said = note(f"No native reader has checked these words yet in {', '.join(unread)}: say it better where "
                "you can, and tell the team.").data if unread else ""
    columns = {language_label(one): [_words(words[key], one) for key in TERMS]
               for one, words in phrases.items()}
    return tag("h2", "The words of the ballot") + table(columns) + said


def _term_table(view: StudyView) -> str:
    terms = _terms(view)
    said = note("Write down the word that you will use, so that all interpreters use the same.").data
    return tag("h2", "The terms") + said + table(
        {"Term": terms, "Your word": [ROOM] * len(terms), "Note": [ROOM] * len(terms)}) if terms else ""


def _words(text: str, language: str) -> Markup:
    """Words of a language in its own direction; where there are none, that they are missing."""
    if not text:
        return Markup(tag("em", NOT_TRANSLATED))
    return Markup(tag("span", escape(text), **language_attributes(language)))


def _terms(view: StudyView) -> list[str]:
    """The names of the principles and of their themes. Not of codes: which of them may be named follows from
    what organisations said, so a list of them could tell who left."""
    rows = view.principle_rows
    themes = [view.themes[one] for ids in rows["theme_ids"] for one in ids.split(";") if one in view.themes]
    return [*dict.fromkeys([*rows["short_name"], *themes])]
