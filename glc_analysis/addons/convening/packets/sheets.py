"""Renders the content of the printed packets: briefs, one sheet per principle, and the sheets for
facilitators and interpreters.

The functions show only what the convening may see. The brief of an organisation shows what this organisation
may see (:class:`~.study_view.StudyView`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from IPython.display import HTML as Html
from markupsafe import Markup, escape

from glc_analysis.addon import load_declared_objects
from glc_analysis.addons.convening.agenda import AGENDA_GROUPS
from glc_analysis.addons.convening.consensus import describe_proxies_and_interests, why_no_result
from glc_analysis.addons.convening.packets.sheet_words import SheetWords
from glc_analysis.addons.convening.pages.convening import make_visible_agenda
from glc_analysis.addons.convening.pages.principles import (
    NOT_CLEARED,
    TRIAL_OF_ONE,
    WITHHELD,
    describe_evidence_of_principle,
    describe_side_without_shown_evidence,
    format_status_with_remarks,
    render_endorsements_and_reservations,
    render_positions_stated_by_panels,
    render_rationale_and_indicator,
    render_statement,
    render_text_and_decision_history,
)
from glc_analysis.addons.convening.pages.text_history import render_origin_and_replacement_paragraph
from glc_analysis.addons.convening.principles import (
    NOT_CHALLENGED,
    NOT_MEASURED,
    UNSUPPORTED,
    list_evidence_gap_sentences,
)
from glc_analysis.addons.convening.rating_forms import list_form_languages, read_form_phrases
from glc_analysis.addons.convening.ratings import CRITERIA
from glc_analysis.addons.convening.settings import PANELS
from glc_analysis.addons.convening.trace import EvidenceTrail
from glc_analysis.addons.convening.translations import TranslatedText as Text
from glc_analysis.addons.convening.translations import Translations
from glc_analysis.addons.convening.votes import list_tertile_or_blank_per_vote
from glc_analysis.addons.languages.phrases import ENGLISH
from glc_analysis.addons.member_checking.answer_sheets import read_answer_sheet_phrases
from glc_analysis.addons.member_checking.clearing import QuotationTables
from glc_analysis.addons.member_checking.returns import make_return_turn_and_answer_rows
from glc_analysis.disclosure.blocks import BLOCK_NOT_SHOWN
from glc_analysis.disclosure.consent import CONSENT_ITEMS
from glc_analysis.disclosure.quotations import (
    QUOTATION_RULES,
    READING_AUDIENCES,
    TEAM_QUOTATION_RULES,
    add_provenance_consent_and_broken_rules,
    find_organisation_behind_each_segment,
    replace_pseudonyms_with_general_words,
)
from glc_analysis.errors import count_of
from glc_analysis.reference import read_reference_table
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.tables_html import (
    make_displayable,
    name_language_or_not_stated,
    render_note,
    render_quotation,
    render_table,
)
from glc_analysis.templates import ELEMENTS, Macros, read_packaged_text
from glc_analysis.text import format_count, format_full_date_with_preposition
from glc_analysis.view.places import make_anchor
from glc_analysis.view.study_view import StudyView

# ------------------------------
# The brief of one organisation.


_PHRASES = read_answer_sheet_phrases("en")
PASSAGES, LENGTH = 12, 240
"""The largest number of passages that a brief shows, and the largest number of characters of a passage. The
organisation's return (the sheet for corrections) shows all passages in full."""
_NOT_ASKED = "The organisation was asked no question whose answers are counted."
TO_DISCUSS = "We need to talk about this quotation with you: its words, or your decision on it, changed."


def show_own_material_counts(view: StudyView) -> Html:
    """Shows two sentences on the organisation's data in the study. The sentences say when the organisation
    answered, how many questions it answered, how many of its passages are coded, and how many of its
    quotations are proposed for printing."""
    rows = view.read("responses")
    row = view.read("organisations").iloc[0]
    answered = rows.loc[rows["missing"] == "", "question_id"].nunique()
    countries = sorted({*view.read("answers")["country_id"]} - {""})
    where = [view.country_labels.get(one, one) for one in countries]
    held = QuotationTables.read(view.study)
    coded, proposed = _coded_words(view, held), _own_quotes(view, held)
    first = " ".join(filter(None, [f"{view.labels[view.organisation]} answered {answered} questions",
                                   format_full_date_with_preposition(row["answered_on"]),
                                   f"for {' and '.join(where)}" if where else ""]))
    second = (f"{_number(coded, 'passage')} of your words are coded, and "
              f"{_number(proposed, 'quotation')} of yours are proposed for printing")
    return make_displayable(_macros().paragraph(f"{first}. {second}."))


def _macros() -> Macros:
    return Macros(__file__, "sheets.html")


def _number(rows: pd.DataFrame, noun: str) -> str:
    return count_of(len(rows), noun) if len(rows) else f"no {noun}s"


def _own_segments(view: StudyView, held: QuotationTables) -> pd.DataFrame:
    return held.segments[find_organisation_behind_each_segment(held.segments,
                                                               held.documents) == view.organisation]


def _coded_words(view: StudyView, held: QuotationTables) -> pd.DataFrame:
    return make_return_turn_and_answer_rows(view.study, _own_segments(view, held), held,
                                            held.case_segment_ids, "en").query("codes != ''")


def _own_quotes(view: StudyView, held: QuotationTables) -> pd.DataFrame:
    """Returns the organisation's quotations that are proposed for printing, each with the rules on quotations
    that the quotation breaks. Quotations from accounts of individual cases are left out."""
    rows = add_provenance_consent_and_broken_rules(*held)
    return rows[(rows["owner"] == view.organisation) & ~rows["is_case"]].sort_values("quote_id")


def show_own_answers(view: StudyView) -> Html:
    """Shows one row per question that the organisation was asked, grouped by theme. A row has the
    organisation's answer, and how many organisations in the study gave this answer."""
    rows = view.read("responses").query("missing != 'not_asked'").sort_values(["country_id", "answer_id"])
    answered, lines = dict(list(rows.groupby("question_id"))), []
    if not answered:
        return render_note(_NOT_ASKED)
    figures = view.released.query("measure == 'response' and subset_kind == 'all'")
    counted = dict(list(figures.groupby("question_id")))
    for theme, name in {**view.themes, "": "Background"}.items():
        asked = view.question_table[view.question_table["theme_id"] == theme].query("type != 'text'")
        asked = asked[asked["question_id"].isin([*answered])]
        lines += [("glc-asked", name, None)] if len(asked) else []
        lines += [("", wording, _macros().answers(_answer_lines(
            view, options, answered[question], counted.get(question, figures.iloc[:0]))))
                  for question, wording, options in zip(
                      asked["question_id"], asked["wording"], asked["option_list"], strict=True)]
    if not lines:
        return render_note(_NOT_ASKED)
    kinds, questions, answers = zip(*lines, strict=True)
    return make_displayable(render_table({
        "Question": questions, "Your answer, and how many in the study gave it": answers}, row_classes=kinds))


def _answer_lines(view: StudyView, option_list: str, rows: pd.DataFrame,
                  figures: pd.DataFrame) -> list[tuple[str, str, Markup]]:
    """Returns one line per answer of the organisation to a question; ``figures`` has the counts of the
    question. Each line has:

    - the country (blank if the organisation answered for only one country);
    - the reason why there is no answer (blank if there is an answer);
    - the answer, with the number of organisations that gave it; if the question has no list of options, or
      its options are countries, the answer is shown with the median of all answers, if there is one.
    """
    options = view.options[view.options["option_list"] == option_list]
    labels = dict(zip(options["option_id"], options["label"], strict=True))
    counted, medians = (figures[figures["statistic"] == name] for name in ("count", "median"))
    texts = map(format_count, counted["n"], counted["base_n"], counted["band"])
    counts = {option: text.partition(" (")[0]  # brackets once
              for option, text in zip(counted["option_id"], texts, strict=True)}
    middle = [f"the median of {base} answers is {value:g}"
              for base, value in zip(medians["base_n"], medians["value"], strict=True)]

    def answer(value: str) -> Markup:
        chosen = [labels.get(option, option) for option in value.split(";")]
        if option_list in ("", COUNTRY_LIST):
            return escape("; ".join(chosen)) + Markup().join(map(ELEMENTS.in_brackets, middle))
        return Markup("; ").join(escape(label) + ELEMENTS.in_brackets(counts.get(option, "not shown"))
                                 for label, option in zip(chosen, value.split(";"), strict=True))

    countries = rows["country_id"].map(lambda country: view.country_labels.get(country, country))
    return [(country if len(rows) > 1 else "", _PHRASES[missing] if missing else "",
             Markup() if missing else answer(value))
            for country, missing, value in zip(countries, rows["missing"], rows["value"], strict=True)]


def show_own_passages(view: StudyView) -> Html:
    """Shows at most :data:`PASSAGES` of the organisation's coded passages, with the names of the codes. If
    there are more passages, the passages that add a further code to the list are preferred. Accounts of
    individual cases are left out."""
    held = QuotationTables.read(view.study)
    own, rows = _own_segments(view, held), _coded_words(view, held)
    notes = [_PHRASES["withheld"]] if held.case_segment_ids & {*own["segment_id"]} else []
    if rows.empty:
        return render_note("None of your words are coded yet.", *notes)
    known: set[str] = set()
    is_new = []
    for codes in rows["codes"].str.split("; "):
        is_new.append(bool({*codes} - known))
        known |= {*codes}
    first = rows.assign(is_old=[not one for one in is_new]).sort_values("is_old", kind="stable")
    first = first.head(PASSAGES).sort_index()
    if more := len(rows) - len(first):
        notes.append(f"{more} more are coded. Your return lists them all, with boxes for your corrections.")
    table = render_table({"Your words": [_passage_text(text, LENGTH) for text in first["words"]],
                          "Said in": first["question"], "What we think it is about": first["codes"]})
    return make_displayable(table + ELEMENTS.notes(notes))


def _passage_text(text: str, length: int = 0) -> Markup:
    """Renders a text in its own writing direction. A text of more than ``length`` characters is cut after a
    whole word; if ``length`` is 0, no text is cut."""
    is_long = 0 < length < len(text)
    shown = f"{text[:length].rsplit(' ', 1)[0]} …" if is_long else text
    return _macros().passage(shown)


def show_own_quotations(view: StudyView) -> Html:
    """Shows the organisation's quotations proposed for printing: words, audience and status."""
    rows = _own_quotes(view, QuotationTables.read(view.study))
    if rows.empty:
        return render_note("No words of yours have been proposed for printing.")
    source = rows["is_named"].map({True: view.labels[view.organisation], False: _PHRASES["provider"]})
    state = ["; ".join(TO_DISCUSS if rule in TEAM_QUOTATION_RULES else QUOTATION_RULES[rule][0]
                       for rule in QUOTATION_RULES if rule in broken) or "will be printed"
             for broken in rows["broken"]]
    return make_displayable(render_table({
        "Your words": [_passage_text(replace_pseudonyms_with_general_words(text)) for text in rows["text"]],
        "Who would read them": rows["audience"].map(_PHRASES), "Attributed to": source, "Status": state}))


def show_own_consents(view: StudyView) -> Html:
    """Shows the consents of the organisation, by item and audience. A decision on consent that is not
    recorded counts as no."""
    consent = QuotationTables.read(view.study).consent.query("organisation_id == @view.organisation")
    own = consent[consent["speaker_id"] == ""]
    noted = {(row["item"], row["audience"]):
             f"{_PHRASES['yes' if row['is_given'] == 'true' else 'no']} ({row['date']})"
             for row in own.to_dict("records")}
    columns = {_PHRASES[audience]: [noted.get((item, audience), "–") for item in CONSENT_ITEMS]
               for audience in ("team", *READING_AUDIENCES)}
    people = consent.loc[consent["speaker_id"] != "", "speaker_id"].nunique()
    notes = [f"In addition, {people} of your people decide for themselves."] if people else []
    named = _PHRASES
    for words in load_declared_objects("provides", "consent_words"):
        named = named | words(ENGLISH)
    subjects = [named.get(f"item_{item}", named.get(item, item)) for item in CONSENT_ITEMS]
    explained = ELEMENTS.notes(["– means that no decision is recorded, which counts as no.", *notes])
    # Above the table: below it, the note could be the only line of a printed page.
    return make_displayable(explained + render_table({"What it is about": subjects, **columns}))


# ------------------------------
# The principles on paper: one sheet each, to read before the vote and to write on.
#
# A sheet has the statement, the arguments for and against it, its limits, the votes so far, and room for
# notes. Evidence of which nothing may be shown takes no line: one sentence says that not all is shown, and,
# like the pages, no number.


SHEET_SIDES = {"supports": "What speaks for it", "contradicts": "What speaks against it",
               "qualifies": "Limits"}
"""The heading of each side of the evidence on the sheet, keyed by the stance in evidence.csv. The order is
the order of the sheet."""
_NOTHING = {"supports": UNSUPPORTED, "contradicts": NOT_CHALLENGED, "qualifies": "No limit is recorded."}
ONLY_HIDDEN = "Something is recorded here, but it cannot be shown."
NOT_ALL = ("Not all recorded evidence is shown: a count could reveal what a single organisation said, or the "
           "words are not cleared for this paper.")
CLAIMS = {"practised": "This is a report of practice.", "reported_to_work": "This is a report that it works.",
          "reported_to_fail": "This is a report that it fails.",
          "outcome_measured": "This is a measured outcome."}
"""The sentence for each claim that evidence can make; evidence from publications needs no sentence."""
SHEET_VOTES, SHEET_SIGNATURES = "Votes so far", "Signatures"
WHY, TELL = "Why it is proposed", "How to tell whether it works"
COUNTED_AGAIN = re.compile(r"; counted again on (\d{4}-\d\d-\d\d)")
"""The pattern of words which say when the votes of a round were counted again; column ``rule`` of table
``tallies`` contains these words."""
SENTENCES_SHOWN = 6
"""The largest number of sentences shown on one side of the evidence (stance), so that the sheet fits on one
page."""


def render_principle_sheets(view: StudyView, language: str = ENGLISH) -> dict[str, str]:
    """Returns the HTML of the sheet of each principle, keyed by principle id, with the fixed words in
    ``language``."""
    trail, words = EvidenceTrail.from_view(view), SheetWords.read(language, view.study)
    translations = Translations.from_tables(view.read("principles"),
                                            read_reference_table(view.study, "translations"))
    rows = view.principle_rows
    return {principle: _sheet(trail, row, words, translations)
            for principle, row in zip(rows["principle_id"], rows.itertuples(), strict=True)}


def _sheet(trail: EvidenceTrail, row: Any, words: SheetWords, translations: Translations) -> str:
    view = trail.view
    read = {name: translations.find_text(f"{row.printed_id}/{name}", Text(getattr(row, name), row.language),
                                         words.language, view.audience)
            for name in ("statement", "short_name", "rationale", "indicator")}
    if words.is_english:
        name, statement = row.short_name, render_statement(view, row)
        reasons = render_rationale_and_indicator(row, WHY)
    else:
        name = read["short_name"].text
        statement = _macros().read_statement(read["statement"], row, words)
        reasons = _macros().read_reasons([
            (words.translate_heading_keeping_english(lead), read[column], words)
            for lead, column in ((WHY, "rationale"), (TELL, "indicator")) if read[column].text])
    status = words.translate_phrase(format_status_with_remarks(view, row))
    signed = render_endorsements_and_reservations(view, row.principle_id, is_on_paper=True)
    history = render_text_and_decision_history(trail, row.principle_id, is_folded=False)
    return _macros().principle(
        f"{row.principle_id} {name}".strip(), make_anchor("principle", row.principle_id), row.printed_id,
        f"{status}. {words.format_citation(row.version, row.printed_id)}", statement,
        render_origin_and_replacement_paragraph(trail, row.printed_id, row.principle_id), reasons,
        _arguments(describe_evidence_of_principle(trail, row.principle_id), words), _votes(view, row, words),
        words.translate_heading_keeping_english(SHEET_SIGNATURES), signed,
        words.translate_heading_keeping_english("How this text changed"), history,
        words.translate_phrase("Your notes"), words)


def render_space_for_notes(title: str) -> Markup:
    """Renders empty space to write on paper, below a title."""
    return _macros().room_for_notes(title)


def _arguments(pieces: pd.DataFrame, words: SheetWords) -> Markup:
    """Renders the evidence on a principle in three sides: for, against and limiting the principle. Each side
    has sentences and at most one quotation."""
    if "note" in pieces.attrs:
        return ELEMENTS.note(words.translate_sentence(pieces.attrs["note"]))
    is_hidden = pieces["sentence"].isin([WITHHELD, NOT_CLEARED, TRIAL_OF_ONE])
    sides = [(words.translate_heading_keeping_english(heading), *_side(pieces, stance, is_hidden, words))
             for stance, heading in SHEET_SIDES.items()]
    is_part = is_hidden.any() or pieces.attrs.get("lost_lines")
    return _macros().arguments(sides, words.translate_sentence(NOT_ALL) if is_part else "")


def _side(pieces: pd.DataFrame, stance: str, is_hidden: pd.Series,
          words: SheetWords) -> tuple[list[Markup], list[Markup], list[Markup]]:
    """Returns three lists about one side of the evidence (stance): the sentences, at most one quotation, and
    the remarks. Remarks are printed below the sentences and the quotation. If there is no sentence and no
    quotation, a remark is printed in their place."""
    on_side = pieces[pieces["stance"] == stance]
    stated = on_side[~is_hidden[on_side.index] & (on_side["sentence"] != "")]
    sentences = [f"{sentence} {CLAIMS.get(claim, '')}".strip()
                 for sentence, claim in zip(stated["sentence"], stated["claim"], strict=True)]
    quoted = on_side[on_side["text"] != ""].sort_values("sentence", kind="stable").head(1)
    after = []
    if not sentences and quoted.empty:
        after.append(ONLY_HIDDEN if len(on_side) else
                     describe_side_without_shown_evidence(pieces, _NOTHING[stance]))
    if stance == "qualifies" and NOT_MEASURED in list_evidence_gap_sentences(pieces):
        after.append(NOT_MEASURED)
    if (more := len(sentences) - SENTENCES_SHOWN) > 0:
        sentences[SENTENCES_SHOWN:] = [f"{more} more {'is' if more == 1 else 'are'} on its page of the site."]
    quotations = map(words.translate_html, map(render_quotation, quoted.to_dict("records")))
    return [*map(words.translate_sentence, sentences)], [*quotations], [*map(words.translate_sentence, after)]


def _votes(view: StudyView, row: Any, words: SheetWords) -> Markup:
    """Renders the votes of closed rounds that may be disclosed, one row per round and panel. The table says
    which rounds were counted again, but not why, because the reason may name somebody."""
    rows = view.tallies[view.tallies["principle_id"] == row.principle_id]
    rounds = {round_id: n for n, round_id in enumerate(view.closed_rounds)}
    votes = {(rounds[tally["round_id"]], [*PANELS].index(tally["panel"]), tally["version"],
              tally["criterion"]): _told(tally, words) for tally in rows.to_dict("records")}
    ballots = sorted({at[:3] for at in votes})
    names, say = [*rounds], read_form_phrases(words.language)
    on_text = words.translate_sentence("on text")
    panels = [*PANELS.values()] if words.is_english else [say[f"panel_{panel}"] for panel in PANELS]
    table = render_table({
        words.translate_phrase("Round"): [f"{words.translate_phrase('Round')} {names[number]}" + (
            f", {on_text} {version}" if version != row.version else "") for number, _, version in ballots],
        words.translate_phrase("Panel"): [panels[panel] for _, panel, _ in ballots],
        **{name.capitalize() if words.is_english else say[name]: [
            votes.get((*at, name), words.translate_phrase("not shown")) for at in ballots]
           for name in CRITERIA}}) if ballots else ""
    counted_again = [words.translate_sentence(f"Round {round_id} was counted again on {day}.")
                     for round_id, rule in rows.groupby("round_id")["rule"].first().items()
                     for day in COUNTED_AGAIN.findall(rule)]
    missing = words.translate_sentence(BLOCK_NOT_SHOWN if rounds else "No round is closed yet.")
    return _macros().votes(words.translate_heading_keeping_english(SHEET_VOTES), table, missing,
                           counted_again,
                           words.translate_html(render_positions_stated_by_panels(view, row.principle_id)))


def _told(one: Mapping[str, Any], words: SheetWords) -> Markup:
    """Renders the votes of a panel as boxes and in words. After the votes come remarks on abstentions, on
    ballots by proxy and on votes that are left out. If there is no result, the reason is given."""
    abstained = f"{one['n_abstained']} abstained" if one["n_abstained"] else ""
    told = "; ".join(filter(None, [one["said"], abstained, describe_proxies_and_interests(one),
                                   why_no_result(one)]))
    drawn = "".join(third[:1] or "-" for third in list_tertile_or_blank_per_vote(one["said"]))
    return _macros().told_votes(drawn, words.translate_phrase(told))


# ------------------------------
# Sheets for those who run the convening: the facilitator's agenda, and the interpreter's words.
#
# The groups of the agenda follow from what may be disclosed of the votes (:mod:`.agenda`); the minutes are a
# proposal by group, with a line to write on beside each: the facilitator decides.


MINUTES = {"agreed": 3, "split": 25, "elsewhere": 15, "rest": 10}
"""The number of minutes proposed for the discussion of a principle, keyed by the principle's group on the
agenda."""
MINUTES_UNRATED = 10
"""The number of minutes proposed for the discussion of a principle if no round is closed yet, or if the last
closed round did not ask about the present text of the principle."""
_NO_ROUND = ("No round is closed yet: read and discuss each text, then vote. After the first round this "
             "sheet sorts the principles by what the votes say.")
_BLANK = "_" * 6
DECIDED = {"agreed": "Agreed already", "set_aside": "Set aside", "superseded": "Replaced"}
"""The statuses of texts that need no time for discussion, each with the words for the status on the sheet."""
ALL_DECIDED = "Every text is agreed or set aside: nothing is left to discuss."
_TERMS = ("importance", "importance_low", "importance_high", "feasibility", "feasibility_low",
         "feasibility_high", "abstain", "comment", "may_be_read")
"""The keys, in forms.csv, of words that are spoken in the vote; the interpreter's sheet shows these words."""
_LANGUAGES_ABREAST = 3
"""The largest number of languages side by side on a page: the language of the texts and two other
languages."""
NOT_TRANSLATED = "not translated yet"
_ROOM = "\u00a0" * 36
"""The HTML of an empty table cell that is wide enough to write in."""


# ------------------------------
# The facilitator's sheet.


def show_facilitator_sheet(view: StudyView) -> Html:
    """Shows the agenda with proposed minutes, in the groups of :mod:`.agenda`; then the steps of the
    discussion."""
    order = make_visible_agenda(view)
    if order.empty and view.closed_rounds:
        above, table = [BLOCK_NOT_SHOWN], ""
    elif order.empty:
        above, table = _unrated(view)
    else:
        above, table = _agenda(view, order)
    steps = Markup(read_packaged_text(__file__, "discussion_steps.html"))
    return make_displayable(_macros().facilitator(above, table, _decided(view), steps))


def _undecided(view: StudyView) -> pd.DataFrame:
    """Returns the principles that still need discussion, because they are neither agreed nor set aside nor
    replaced."""
    rows = view.principle_rows
    return rows[~rows["status"].isin([*DECIDED])]


def _decided(view: StudyView) -> list[str]:
    """Returns one sentence for each status that needs no time for discussion; the sentence lists the texts
    with the status."""
    rows = view.principle_rows
    texts = {said: [*rows.loc[rows["status"] == status, "printed_id"]] for status, said in DECIDED.items()}
    return [f"{said}, without minutes: {', '.join(names)}." for said, names in texts.items() if names]


def _agenda(view: StudyView, order: pd.DataFrame) -> tuple[list[str], str]:
    rows, lines, kinds = _undecided(view), [], []
    if rows.empty:
        return [ALL_DECIDED], ""
    names = order["principle_id"] + "." + order["version"]
    order, fresh = order[names.isin(rows["printed_id"])], rows[~rows["printed_id"].isin(names)]
    for name, (heading, why) in AGENDA_GROUPS.items():
        own = order[order["group"] == name].to_dict("records")
        if own:
            lines.append((f"{heading} – {why}. {MINUTES[name] * len(own)} minutes in all.", None, None, None))
            kinds += ["glc-asked", *["glc-option"] * len(own)]
            lines += [(f"{row['principle_id']} {row['short_name']}", _sentence(row["facts"]),
                       str(MINUTES[name]), _BLANK) for row in own]
    total = sum(MINUTES[name] for name in order["group"]) + MINUTES_UNRATED * len(fresh)
    if len(fresh):
        lines.append((f"Not voted on in round {view.closed_rounds[-1]} – new texts, or texts that were left "
                      f"out of it. {MINUTES_UNRATED * len(fresh)} minutes in all.", None, None, None))
        kinds += ["glc-asked", *["glc-option"] * len(fresh)]
        lines += _unrated_lines(fresh)
    return [f"From the providers' votes of round {view.closed_rounds[-1]}. The minutes are a proposal, "
            f"{_hours(total)} in all: write yours on the line. Breaks and voting are not counted."], \
        _lines_table(lines, kinds)


def _unrated(view: StudyView) -> tuple[list[str], str]:
    rows = _undecided(view)
    if rows.empty:
        return [_NO_ROUND], ""
    minutes = _hours(MINUTES_UNRATED * len(rows))
    return [_NO_ROUND, f"The minutes are a proposal, {minutes} in all: write yours on the line."], \
        _lines_table(_unrated_lines(rows), [""] * len(rows))


def _unrated_lines(rows: pd.DataFrame) -> list[tuple[str, ...]]:
    return [(f"{principle} {name}", statement, str(MINUTES_UNRATED), _BLANK)
            for principle, name, statement in zip(
                rows["principle_id"], rows["short_name"], rows["statement"], strict=True)]


def _lines_table(lines: Sequence[tuple], kinds: list[str]) -> str:
    heads = ("Principle", "What the votes say" if "glc-asked" in kinds else "Statement", "Minutes", "Yours")
    return render_table(dict(zip(heads, zip(*lines, strict=True), strict=True)), row_classes=kinds)


def _sentence(facts: str) -> str:
    """Returns the text in column ``facts`` of an agenda row as a sentence, with a capital and a full stop.

    >>> _sentence("importance 7 or more of 10; feasibility 4 of 10")
    'Importance 7 or more of 10; feasibility 4 of 10.'
    """
    return f"{facts[:1].upper()}{facts[1:]}." if facts else ""


def _hours(minutes: int) -> str:
    """Returns a number of minutes as a duration in hours and minutes, in words.

    >>> _hours(45), _hours(130)
    ('45 minutes', '2 hours 10 minutes')
    """
    hours, rest = divmod(minutes, 60)
    parts = [count_of(hours, "hour") if hours else "", f"{rest} minutes" if rest else ""]
    return " ".join(filter(None, parts))


# ------------------------------
# The interpreter's sheet.


def show_interpreter_sheet(view: StudyView) -> Html:
    """Shows every statement in all its languages side by side; then the words of the ballot and the terms,
    with space to write.

    The languages are the languages of the texts and of forms.csv. The languages of the participating
    organisations are not used, because a language can reveal which organisation is meant.
    """
    rows = view.principle_rows
    if rows.empty:
        return render_note("This study has no principles yet.")
    source, texts = rows["language"].iloc[0], view.read("principles")
    is_shown = texts["translation_of"].isin(rows["printed_id"])
    others = sorted({*texts.loc[is_shown, "language"], *rows["language"]} - {source})
    step = _LANGUAGES_ABREAST - 1
    chunks = [others[n:n + step] for n in range(0, len(others), step)] or [[]]
    sheets = [_statements(view, source, chunk) for chunk in chunks]
    return make_displayable(Markup().join([*sheets, _ballot_words(), _term_table(view)]))


def _statements(view: StudyView, source: str, others: list[str]) -> Markup:
    """Renders the statements in the language of the texts (``source``) and in up to two other languages
    (``others``). If there is space for another language, an empty column is added."""
    rows, texts = view.principle_rows, view.read("principles")
    statements = dict(zip(
        [*zip(texts["translation_of"], texts["language"], strict=True),
         *zip(rows["printed_id"], rows["language"], strict=True)],
        [*texts["statement"], *rows["statement"]], strict=True))
    columns = {name_language_or_not_stated(language): [_words(statements.get((name, language), ""), language)
                                                       for name in rows["printed_id"]]
               for language in (source, *others)}
    names = ", ".join(columns)
    to_fill = {"Your language": [_ROOM] * len(rows)} if len(columns) < _LANGUAGES_ABREAST else {}
    return _macros().below_heading(f"The statements: {names}", "", render_table(
        {"No.": rows["printed_id"], **columns, **to_fill}), "")


def _ballot_words() -> Markup:
    """Renders the words of the rating form in every language of forms.csv."""
    phrases = {language: read_form_phrases(language) for language in list_form_languages()}
    unread = [name_language_or_not_stated(language) for language, words in phrases.items()
              if words["native_reader"] != "yes"]
    table = render_table(
        {name_language_or_not_stated(language): [_words(words[key], language) for key in _TERMS]
                          for language, words in phrases.items()})
    return _macros().below_heading(
        "The words of the ballot", "", table, "No native reader has checked these words yet in "
        f"{', '.join(unread)}: say it better where you can, and tell the team." if unread else "")


def _term_table(view: StudyView) -> Markup:
    terms = _terms(view)
    if not terms:
        return Markup()
    table = render_table({"Term": terms, "Your word": [_ROOM] * len(terms), "Note": [_ROOM] * len(terms)})
    return _macros().below_heading("The terms", "Write down the word that you will use, so that all "
                                   "interpreters use the same.", table, "")


def _words(text: str, language: str) -> Markup:
    return _macros().translation(text, language, NOT_TRANSLATED)


def _terms(view: StudyView) -> list[str]:
    """Returns the names of the principles and of their themes, as terms to translate. Names of codes are left
    out for this reason: which codes may be named depends on what organisations said, so a list of codes could
    reveal which organisation withdrew."""
    rows = view.principle_rows
    themes = [view.themes[one] for ids in rows["theme_ids"] for one in ids.split(";") if one in view.themes]
    return [*dict.fromkeys([*rows["short_name"], *themes])]
