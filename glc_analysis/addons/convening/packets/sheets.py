"""What packets show on paper: briefs, a sheet a principle, the facilitator's and the interpreter's sheets.

In: the view of one organisation (:class:`~.study_view.StudyView`). Out: HTML, a function each: what the
study has of it, its answers beside the study's, its coded words, its quotations, and what it can decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from IPython.display import HTML as Html
from markupsafe import Markup, escape

from glc_analysis.addons.convening.agenda import GROUPS
from glc_analysis.addons.convening.consensus import no_result, roles_in_words
from glc_analysis.addons.convening.pages.convening import agenda_rows, came_about
from glc_analysis.addons.convening.pages.principles import (
    NO_PRINCIPLES,
    NONE_AGREED,
    NOT_CLEARED,
    STATUSES,
    WITHHELD,
    evidence_of,
    history_html,
    language_attributes,
    nothing_said,
    positions_html,
    signatures_html,
)
from glc_analysis.addons.convening.principles import NOT_CHALLENGED, NOT_MEASURED, UNSUPPORTED, facts
from glc_analysis.addons.convening.rating_forms import form_languages, form_phrases
from glc_analysis.addons.convening.ratings import CRITERIA
from glc_analysis.addons.convening.trace import Trail
from glc_analysis.disclosure.blocks import BLOCK_NOT_SHOWN
from glc_analysis.disclosure.consent import CONSENT_ITEMS
from glc_analysis.disclosure.quotations import (
    QUOTATION_RULES,
    READING_AUDIENCES,
    TEAM_QUOTATION_RULES,
    case_segments,
    owners,
    with_broken_rules,
    without_pseudonyms,
)
from glc_analysis.publish.returns import held, passages, sheet_phrases
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.study import PANELS
from glc_analysis.tables_html import (
    html_table,
    in_brackets,
    language_label,
    note,
    quotation,
    show,
    tag,
)
from glc_analysis.templates import read_text
from glc_analysis.text import count_text, day_in_words
from glc_analysis.view.places import anchor
from glc_analysis.view.study_view import StudyView

# ------------------------------
# The brief of one organisation.


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
    return show(html_table({"Question": questions, "Your answer, and how many in the study gave it": answers},
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
        where = escape(f"{view.country_labels.get(row.country_id, row.country_id)}: " if several else "")
        if row.missing:
            yield where + tag("em", escape(PHRASES[row.missing]))
        elif question.option_list and question.option_list != COUNTRY_LIST:
            yield where + Markup("; ").join(
                escape(labels.get(one, one)) + in_brackets(counts.get(one, "not shown"))
                for one in row.value.split(";"))
        else:
            texts = [labels.get(one, one) for one in row.value.split(";")]
            yield where + escape("; ".join(texts)) + Markup().join(map(in_brackets, middle))


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
    shown = html_table({"Your words": [_passage_text(text, LENGTH) for text in first["words"]],
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
    state = ["; ".join(TO_DISCUSS if rule in TEAM_QUOTATION_RULES else QUOTATION_RULES[rule][0]
                       for rule in QUOTATION_RULES if rule in broken) or "will be printed"
             for broken in rows["broken"]]
    return show(html_table({
        "Your words": [_passage_text(without_pseudonyms(text)) for text in rows["text"]],
        "Who would read them": rows["audience"].map(PHRASES), "Attributed to": source, "Status": state}))


def own_consents(view: StudyView) -> Html:
    """What it agreed to, by item and audience; a decision that is not recorded counts as no."""
    consent = held(view.study)[4].query("organisation_id == @view.organisation")
    own = consent[consent["speaker_id"] == ""]
    noted = {(row.item, row.audience): f"{PHRASES['yes' if row.is_given == 'true' else 'no']} ({row.date})"
             for row in own.itertuples()}
    columns = {PHRASES[audience]: [noted.get((item, audience), "–") for item in CONSENT_ITEMS]
               for audience in ("team", *READING_AUDIENCES)}
    people = consent.loc[consent["speaker_id"] != "", "speaker_id"].nunique()
    notes = [f"In addition, {people} of your people decide for themselves."] if people else []
    subjects = [PHRASES.get(f"item_{item}", PHRASES.get(item, item)) for item in CONSENT_ITEMS]
    explained = note("– means that no decision is recorded, which counts as no.", *notes)
    # Above the table: below it, the note could be the only line of a printed page.
    return show(explained.data + html_table({"What it is about": subjects, **columns}))


# ------------------------------
# The principles on paper: one sheet each, to read before the vote and to write on.
#
# In: what an audience may see (:class:`~.study_view.StudyView`), of the whole study. Out: HTML, a
# sheet a principle: its statement, the arguments for and against it, its limits, the votes so far, and room
# for notes. Evidence of which nothing may be shown takes no line: one sentence says that not all is shown,
# and, like the pages, no number.


SIDES = {"supports": "What speaks for it", "contradicts": "What speaks against it", "qualifies": "Limits"}
"""The sides of the evidence in the order of the sheet, by the words of evidence.csv."""
NOTHING = {"supports": UNSUPPORTED, "contradicts": NOT_CHALLENGED, "qualifies": "No limit is recorded."}
ONLY_HIDDEN = "Something is recorded here, but it cannot be shown."
NOT_ALL = ("Not all recorded evidence is shown: a count could reveal what a single organisation said, or the "
           "words are not cleared for this paper.")
CLAIMS = {"practised": "This is a report of practice.", "reported_to_work": "This is a report that it works.",
          "reported_to_fail": "This is a report that it fails.",
          "outcome_measured": "This is a measured outcome."}
"""What a piece of evidence claims, in a sentence; a publication speaks for itself."""
VOTES, SIGNATURES = "Votes so far", "Signatures"
COUNTED_AGAIN = re.compile(r"; counted again on (\d{4}-\d\d-\d\d)")
"""What the rule of a result says of a later count."""
SENTENCES_SHOWN = 6
"""The most sentences on one side of a sheet, so that it stays one page."""


def statements(view: StudyView) -> Html:
    """The sheets of all principles, one after the other; a sentence where there are none."""
    sheets = principle_sheets(view)
    missing = NO_PRINCIPLES if view.may("draft_principles") else NONE_AGREED
    return show("".join(sheets.values())) if sheets else note(missing)


def principle_sheets(view: StudyView) -> dict[str, str]:
    """The sheet of each principle as HTML, by its id."""
    trail = Trail.of(view)
    return {row.principle_id: _sheet(trail, row) for row in view.principle_rows.itertuples()}


def _sheet(trail: Trail, row: Any) -> str:
    view, pieces = trail.view, evidence_of(trail, row.principle_id)
    return "".join([
        tag("h1", escape(f"{row.principle_id} {row.short_name}".strip()),
            id=anchor("principle", row.principle_id)),
        *_statement(trail, row), *_arguments(pieces), *_votes(view, row), *_signed(view, row),
        *_history(trail, row),
        room_for_notes("Your notes")])


def room_for_notes(title: str) -> str:
    """Room to write on paper, below a title; it takes what is left of the page."""
    return tag("div", tag("p", escape(title)), class_="glc-notes")


def _statement(trail: Trail, row: Any) -> Iterator[str]:
    """The text that is voted on, in all its languages, how it came about, and why it is proposed."""
    view = trail.view
    status = STATUSES.get(row.status, row.status)
    yield tag("p", escape(f"{status}. Text {row.version}, cited as {row.printed_id}."), class_="glc-note")
    yield tag("blockquote", tag("p", tag("strong", escape(row.statement))), class_="glc-statement",
              **language_attributes(row.language))
    rows = view.read("principles")
    for other in rows[rows["translation_of"] == row.printed_id].itertuples():
        yield tag("p", tag("span", f"{language_label(other.language)}: ", class_="glc-note"),
                  tag("span", escape(other.statement), **language_attributes(other.language)))
    yield came_about(trail, row)
    if row.rationale:
        yield tag("p", tag("strong", "Why it is proposed: "), escape(row.rationale))
    if row.indicator:
        yield tag("p", tag("strong", "How to tell whether it works: "), escape(row.indicator))


def _arguments(pieces: pd.DataFrame) -> Iterator[str]:
    """What speaks for and against a principle and what limits it, in sentences with one quotation each."""
    if "note" in pieces.attrs:
        yield note(pieces.attrs["note"]).data
        return
    is_hidden = pieces["sentence"].isin([WITHHELD, NOT_CLEARED])
    for stance, heading in SIDES.items():
        yield tag("h2", heading)
        yield from _side(pieces[pieces["stance"] == stance], nothing_said(pieces, NOTHING[stance]))
        if stance == "qualifies" and NOT_MEASURED in facts(pieces):
            yield tag("p", NOT_MEASURED)
    if is_hidden.any():
        yield tag("p", NOT_ALL, class_="glc-note")


def _side(pieces: pd.DataFrame, nothing: str) -> Iterator[str]:
    is_hidden = pieces["sentence"].isin([WITHHELD, NOT_CLEARED])
    sentences = [f"{row.sentence} {CLAIMS.get(row.claim, '')}".strip()
                 for row in pieces[~is_hidden & (pieces["sentence"] != "")].itertuples()]
    words = pieces[pieces["text"] != ""].sort_values("sentence", kind="stable").head(1)
    if sentences:
        kept, more = sentences[:SENTENCES_SHOWN], len(sentences) - SENTENCES_SHOWN
        kept += [f"{more} more {'is' if more == 1 else 'are'} on its page of the site."] if more > 0 else []
        yield tag("ul", *(tag("li", escape(one)) for one in kept))
    for row in words.to_dict("records"):
        yield quotation(row)
    if not sentences and words.empty:
        yield tag("p", ONLY_HIDDEN if len(pieces) else nothing)


def _votes(view: StudyView, row: Any) -> Iterator[str]:
    """The votes of the closed rounds as far as they may be told, a line a round and panel, and which rounds
    were counted again: without the reason, which may name somebody."""
    yield tag("h2", VOTES)
    rows = view.tallies[view.tallies["principle_id"] == row.principle_id]
    rounds = {one: n for n, one in enumerate(view.closed_rounds)}
    said = {(rounds[one["round_id"]], [*PANELS].index(one["panel"]), one["version"],
             one["criterion"]): _told(one) for one in rows.to_dict("records")}
    ballots = sorted({at[:3] for at in said})
    if ballots:
        names = [*rounds]
        yield html_table({
            "Round": [f"Round {names[number]}" + (f", on text {version}" if version != row.version else "")
                      for number, _, version in ballots],
            "Panel": [[*PANELS.values()][panel] for _, panel, _ in ballots],
            **{name.capitalize(): [said.get((*at, name), "not shown") for at in ballots]
               for name in CRITERIA}})
    else:
        yield tag("p", BLOCK_NOT_SHOWN if rounds else "No round is closed yet.")
    for round_id, own in rows.groupby("round_id"):
        for day in COUNTED_AGAIN.findall(own["rule"].iloc[0]):
            yield tag("p", escape(f"Round {round_id} was counted again on {day}."), class_="glc-note")
    yield positions_html(view, row.principle_id)


def _told(one: Mapping[str, Any]) -> str:
    """The votes of a panel with what goes with them: abstentions, ballots by proxy, votes that are left out,
    and why there is no result."""
    abstained = f"{one['n_abstained']} abstained" if one["n_abstained"] else ""
    return "; ".join(filter(None, [one["said"], abstained, roles_in_words(one), no_result(one)]))


def _signed(view: StudyView, row: Any) -> Iterator[str]:
    if signed := signatures_html(view, row.principle_id, is_on_paper=True):
        yield tag("h2", SIGNATURES)
        yield signed


def _history(trail: Trail, row: Any) -> Iterator[str]:
    if changed := history_html(trail, row.principle_id, is_folded=False):
        yield tag("h2", "How this text changed")
        yield changed


# ------------------------------
# Sheets for those who run the convening: the facilitator's agenda, and the interpreter's words.
#
# In: what the convening may see (:class:`~.study_view.StudyView`). Out: HTML, a function each. The
# groups of the agenda follow from what may be told of the votes (:mod:`.agenda`); the
# minutes are a proposal by group, with a line to write on beside each: the facilitator decides.


MINUTES = {"agreed": 3, "split": 25, "elsewhere": 15, "rest": 10}
"""The minutes that are proposed for a principle, by its group on the agenda."""
MINUTES_UNRATED = 10
"""The minutes that are proposed for a principle before any round is closed."""
NO_ROUND = ("No round is closed yet: read and discuss each text, then vote. After the first round this sheet "
            "sorts the principles by what the votes say.")
BLANK = "_" * 6
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
        said = note(BLOCK_NOT_SHOWN).data
    elif order.empty:
        said = note(NO_ROUND).data + _unrated(view)
    else:
        said = _agenda(view, order)
    return show(said + _decided(view) + Markup(read_text(__file__, "discussion_steps.html")))


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
        lines.append((f"Not voted on in round {view.closed_rounds[-1]} – new texts, or texts that were left "
                      f"out of it. {MINUTES_UNRATED * len(fresh)} minutes in all.", None, None, None))
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
    return html_table(dict(zip(heads, zip(*lines, strict=True), strict=True)), rows=kinds)


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
    return tag("h2", f"The statements: {names}") + html_table({"No.": rows["printed_id"], **columns})


def _ballot_words() -> str:
    """The words of the rating form in every language of forms.csv."""
    phrases = {one: form_phrases(one) for one in form_languages()}
    unread = [language_label(one) for one, said in phrases.items() if said["native_reader"] != "yes"]
    said = note(f"No native reader has checked these words yet in {', '.join(unread)}: say it better where "
                "you can, and tell the team.").data if unread else ""
    columns = {language_label(one): [_words(words[key], one) for key in TERMS]
               for one, words in phrases.items()}
    return tag("h2", "The words of the ballot") + html_table(columns) + said


def _term_table(view: StudyView) -> str:
    terms = _terms(view)
    said = note("Write down the word that you will use, so that all interpreters use the same.").data
    return tag("h2", "The terms") + said + html_table(
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
