"""Renders the content of the principles' pages: each statement, the evidence for and against it, votes,
signatures.

The functions render what an audience may see (:class:`~.study_view.StudyView`); on the page of a principle,
the view contains only this principle. If the audience may not see a section, the page says so. Below each row
of evidence is its trace (the list of its sources). If a page would become too long, the trace is cut, and
ends with a link to the page of the theme.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pandas as pd
from IPython.display import HTML as Html
from markupsafe import Markup, escape

from glc_analysis.addons.convening import principles
from glc_analysis.addons.convening.ballots import mask_and_list_releasable_comments, mask_names_in_comments
from glc_analysis.addons.convening.citing import format_principle_citation
from glc_analysis.addons.convening.consensus import NO_DECISION, describe_dissenting_votes, describe_tally
from glc_analysis.addons.convening.histories import join_names_in_sentence
from glc_analysis.addons.convening.pages.convening import render_principle_link
from glc_analysis.addons.convening.pages.marks import collect_status_remarks_of_add_ons
from glc_analysis.addons.convening.pages.text_history import (
    list_text_changes,
    render_origin_and_replacement_paragraph,
    render_proposals_decisions_and_objections,
    render_text_changes,
)
from glc_analysis.addons.convening.principles import (
    NOT_CHALLENGED,
    ONLY_OBJECTED,
    UNSUPPORTED,
    list_evidence_gap_sentences,
)
from glc_analysis.addons.convening.ratings import CRITERIA
from glc_analysis.addons.convening.settings import PANELS
from glc_analysis.addons.convening.trace import EvidenceTrail, TraceNode
from glc_analysis.addons.convening.translations import DRAFT, drop_unreadable_translations
from glc_analysis.addons.withdrawal.words import WITHDRAWAL_WORDS
from glc_analysis.disclosure.blocks import BLOCK_NOT_SHOWN, COUNT_BLOCK, make_block_id, make_line_ids
from glc_analysis.errors import count_of
from glc_analysis.reference import read_reference_table
from glc_analysis.tables import iterate_rows
from glc_analysis.tables_html import (
    make_displayable,
    name_language_or_not_stated,
    render_note,
    render_quotation,
    render_table,
)
from glc_analysis.templates import ELEMENTS, Macros
from glc_analysis.view.places import make_anchor, make_link
from glc_analysis.view.study_view import StudyView
from glc_analysis.view.visible_tables import UNTRANSLATED

_HTML = Macros(__file__, "principles.html")
NO_PRINCIPLES = "This study has no principles yet: write them in principles.csv."
NONE_AGREED = "No principle is agreed yet."
STATUS_LABELS = {"candidate": "Not decided yet", "agreed": "Agreed", "set_aside": "Set aside",
            "superseded": "Replaced by a later text"}
PAGE_SIDES = {"supports": "For it", "contradicts": "Against it", "qualifies": "With limits"}
"""The heading of each side of the evidence on the page, keyed by the stance in evidence.csv. The order is the
order of the page."""
_NOTHING = {"supports": UNSUPPORTED, "contradicts": NOT_CHALLENGED}
TRIAL_OF_ONE = "Somebody tried this principle; only the team may read the result."
WITHHELD = "Not every count is shown here, because it could reveal what a single organisation said."
NOT_CLEARED = "Some quotations about this principle may not be shown here."
NOT_ALL_WORDS = "Not all words on which the evidence rests are shown."
CONTRARY_MISSING = "No evidence against it is shown; contrary evidence may be missing."
"""The sentence that is shown in place of "not challenged" if rows of evidence are hidden because somebody
withdrew."""
DECISION_VERBS = {"endorse": "endorse it", "endorse_with_reservation": "endorse it with a reservation",
             "do_not_endorse": "do not endorse it"}
COMPONENT_LABELS = {
    "methodological": "How the evidence was made", "coherence": "Whether it agrees with itself",
    "adequacy": "How much there is", "relevance": "Whether it fits these settings", "benefit": "Benefit",
    "harm": "Harm", "equity": "Fairness between organisations", "acceptability": "Whether people accept it",
    "feasibility": "Whether it can be done"}
_UNNAMED = "an organisation that is not named"
EARLIER_JUDGEMENT = " (the same person judged again later)"
TO_SIGN_ANEW = ("This text replaced an earlier text that was signed. The new text is not signed yet: the "
                "signatures belong to the earlier text.")
OTHERS_SIGNED = ("We do not show whether other organisations signed without their names: even a number "
                 "could reveal what one of them decided.")
NAMES_SHOWN, WORDS_SHOWN = 12, 3
"""How many names and how many reservations a page shows at once. All further names and reservations are in a
list that is closed until a reader opens it."""
BYTES = {"sources": 90_000, "comments": 8_000, "texts": 8_000, "reservations": 8_000}
"""The largest length in bytes of each part of a page; a longer part is cut, so that the pages of a large
study stay small."""


# ------------------------------
# All principles, as a table with links.


def show_principle_counts(view: StudyView) -> Html:
    """Shows a sentence with the number of principles, by status.

    >>> show_principle_counts(view).data
    Markup('<p>Of the 16 principles, 14 are agreed and 2 are set aside.</p>')
    """
    rows = view.principle_rows
    if rows.empty:
        return render_note(NO_PRINCIPLES if view.has_capability("draft_principles") else NONE_AGREED)
    counts = rows["status"].map(STATUS_LABELS).str.lower().value_counts()
    parts = [f"{n} {'is' if n == 1 else 'are'} {status}" for status, n in counts.items()]
    if view.has_capability("draft_principles"):
        sentence = f"Of the {len(rows)} principles, {join_names_in_sentence(parts)}."
    else:
        sentence = f"The organisations agreed on {count_of(len(rows), 'principle')}."
    return make_displayable(_HTML.paragraph(sentence))


def show_principles_overview(view: StudyView) -> Html:
    """Shows one row per principle, with a link to its page, its status, the providers' votes and the
    signatures. For audiences that may see all votes, the principles with the highest votes come first."""
    rows = view.principle_rows
    if rows.empty:
        return render_note(NO_PRINCIPLES if view.has_capability("draft_principles") else NONE_AGREED)
    tallied = _last_tallies(view, rows)
    rows = _by_votes(rows, tallied) if view.has_capability("exact_votes") else rows
    votes = {(row["principle_id"], row["criterion"]):
             row["votes"] + f"; {NO_DECISION}" * (row["result"] == NO_DECISION)
             for row in tallied.to_dict("records")}
    missing = "not rated" if view.has_capability("exact_votes") else "not shown"
    columns = {
        "Principle": [render_principle_link(principle, name or cited, principle) for principle, name,
                      cited in zip(
            rows["principle_id"], rows["short_name"], rows["printed_id"], strict=True)],
        "Status": [format_status_with_remarks(view, row) for row in rows.itertuples()],
        **{name.capitalize(): [votes.get((one, name), missing) for one in rows["principle_id"]]
           for name in CRITERIA},
        "Signed": [_signature_count(view, one) for one in rows["principle_id"]]}
    caption = "Votes are those of the providers, in the last round on each text."
    return make_displayable(render_table(columns, caption=caption))


def _last_tallies(view: StudyView, rows: pd.DataFrame) -> pd.DataFrame:
    """Returns the providers' tallies of the last round on each principle's current text."""
    found = view.tallies.merge(rows[["principle_id", "version"]], on=["principle_id", "version"])
    order = found["round_id"].map({one: n for n, one in enumerate(view.closed_rounds)})
    last = order.groupby(found["principle_id"]).transform("max")
    return found[(found["panel"] == "provider") & (order == last)]


def _by_votes(rows: pd.DataFrame, tallied: pd.DataFrame) -> pd.DataFrame:
    """Returns the principles, sorted by the share of high votes on importance, from the largest share to the
    smallest. If two principles have the same share, the share of high votes on feasibility decides.
    Principles without votes come last."""
    shares = tallied.assign(share=tallied["votes_high"] / tallied["n"].where(tallied["n"] > 0)).pivot(
        index="principle_id", columns="criterion", values="share")
    high = shares.reindex(rows["principle_id"], columns=[*CRITERIA])
    order = high.sort_values([*CRITERIA], ascending=False, kind="stable").index
    return rows.set_index("principle_id", drop=False).loc[order]


def _signature_count(view: StudyView, principle_id: str) -> str:
    """Returns a phrase that says how many of the organisations that may be named endorse the principle. If
    the number of endorsements by organisations that may not be named may be disclosed, the phrase has this
    number as well. If no number may be shown, the phrase says so."""
    if make_block_id("signatures", principle_id) in view.hidden:
        return "not shown"
    if view.is_only_earlier_text_signed(principle_id):
        return "to be signed anew"
    signed, nameless = view.select_signatures(principle_id)
    decisions = signed["decision"][signed["decision"] != ""]
    against, counted = nameless.get("do_not_endorse", 0), sum(nameless.values())
    endorsed = (decisions != "do_not_endorse").sum()
    said = [f"{endorsed} of {len(decisions)}" if len(decisions) else "",
            f"without a name {counted - against} of {counted}" if counted else ""]
    nobody = "not signed" if view.has_capability("signatures") else "nobody by name"
    return ", ".join(filter(None, said)) or nobody


def show_panel_sizes_and_gaps(view: StudyView) -> Html:
    """Shows the number of raters in each panel. For each principle, the team also sees the kinds of
    organisations that contributed no evidence, and the kinds of organisations whose raters did not vote."""
    sizes = {} if COUNT_BLOCK in view.hidden else view.panel_sizes
    said = [f"{panel} who may rate: {n}." for panel, n in sizes.items()]
    missing = "No principle has been rated yet." if view.has_capability("passages") else BLOCK_NOT_SHOWN
    shown = ELEMENTS.notes(said or [missing])
    rows = view.principle_rows
    if rows.empty or not view.has_capability("team_notes"):
        return make_displayable(shown)
    frames = principles.read_tables_and_evidence_contributors(view.read)
    represented = [principles.count_contributors_and_voters_by_kind(principle, frames)
                   for principle in rows["principle_id"]]
    missing = [" ".join(principles.describe_kinds_without_evidence_or_votes(counts))
               for counts in represented]
    return make_displayable(shown
                            + render_table({"Principle": rows["short_name"], "Who is missing": missing}))


# ------------------------------
# One principle: its statement, and the evidence for and against it.


def show_principle_statement(view: StudyView) -> Html:
    """Shows the name of the view's principle as the heading of its page, then the statement with its
    translations and its status."""
    row = _own_row(view)
    trail = EvidenceTrail.from_view(view)
    origin = render_origin_and_replacement_paragraph(trail, row.printed_id, row.principle_id)
    name, status = row.short_name or row.printed_id, format_status_with_remarks(view, row)
    return make_displayable(_HTML.heading(name, status, render_statement(view, row), origin))


def show_citation(view: StudyView) -> Html | None:
    """Shows how to cite the view's principle. Returns None if the principle is not agreed."""
    row = _own_row(view)
    made = read_reference_table(view.study, "text_decisions")
    is_own = (made["principle_id"] == row.principle_id) & (made["version"] == row.version)
    days = made.loc[is_own & (made["status"] == "agreed"), "date"]
    if days.empty or row.status != "agreed":
        return None
    citation = format_principle_citation(view.study, row.printed_id, days.iloc[0])
    return make_displayable(_HTML.paragraph(citation))


def format_status_with_remarks(view: StudyView, principle: Any) -> str:
    """Returns the status of a text, followed by the remarks of add-ons; ``principle`` is a row of
    ``principle_rows``."""
    return "; ".join(filter(None, [STATUS_LABELS.get(principle.status, principle.status),
                                   collect_status_remarks_of_add_ons(view).get(principle.printed_id, "")]))


def _own_row(view: StudyView) -> Any:
    return next(iter(view.principle_rows.itertuples()))


def render_statement(view: StudyView, principle: Any) -> Markup:
    """Renders the words of a text and of its translations; ``principle`` is a row of ``principle_rows``."""
    rows = drop_unreadable_translations(view.read("principles"), view.audience)
    others = rows[rows["translation_of"] == principle.printed_id]
    labels = others["language"].map(name_language_or_not_stated) + others["translation_status"].map(
        {DRAFT: f" ({DRAFT})"}).fillna("")
    return _HTML.statement(principle.statement, principle.language, [
        *zip(labels, others["language"], others["statement"], strict=True)])


def show_rationale_and_indicator(view: StudyView) -> Html | None:
    """Shows the rationale and the indicator of the principle. Returns None if neither is written."""
    shown = render_rationale_and_indicator(_own_row(view))
    return make_displayable(shown) if shown else None


def render_rationale_and_indicator(principle: Any, lead: str = "") -> Markup:
    """Renders the rationale and the indicator of a text. ``lead`` are the words before the rationale."""
    return _HTML.reasons(principle.rationale, principle.indicator, lead)


def describe_evidence_of_view_principle(view: StudyView) -> pd.DataFrame:
    """Returns a table of the evidence on the view's principle. Each row is made from one row of evidence.csv,
    in the order of that file. If the audience may not see the content of a row of evidence, column sentence
    says so. Columns:

    - stance: supports, contradicts or qualifies.
    - claim: the claim in evidence.csv.
    - sentence: the finding in words.
    - place: the page and anchor where the evidence is shown.
    - text, translation, translation_status, language, by, country: the words, the translation and the source
      of a quotation; blank if there is no quotation.
    - note: the team's note, which only the team sees.

    >>> describe_evidence_of_view_principle(
    ...     study.view("team", principle="P03"))["stance"].value_counts().to_dict()
    {'supports': 4, 'qualifies': 2}
    """
    trail = EvidenceTrail.from_view(view)
    evidence = describe_evidence_of_principle(trail, view.principle)
    evidence["place"] = pd.Series([getattr(next(trail.trace_sources(row), None), "place", "")
                                   for row in _rows_of_evidence(trail, view.principle)], dtype="str")
    return evidence


EVIDENCE = ["stance", "claim", "sentence", "place", "text", "translation", "translation_status", "language",
            "by", "country", "note"]


def describe_evidence_of_principle(trail: EvidenceTrail, principle_id: str) -> pd.DataFrame:
    """Returns the table of :func:`describe_evidence_of_view_principle` for one principle, from a trail that
    has already been read. Column place is blank. The ``attrs`` of the table say whether an objection to the
    principle is recorded, whether the table is for the team, and whether rows of evidence are hidden."""
    pieces = [_piece(trail, row) for row in _rows_of_evidence(trail, principle_id)]
    rows_of_text = [{name: piece.get(name, "") for name in EVIDENCE} for piece in pieces]
    frame = pd.DataFrame(rows_of_text, columns=EVIDENCE, dtype="str")
    own_lines = make_line_ids(make_block_id("evidence", principle_id), pd.Series([""])).iloc[0]
    frame.attrs |= {"is_objected_to": trail.has_objection_in_decision_log(principle_id),
                    "is_for_team": trail.view.has_capability("passages"),
                    "lost_lines": any(line.startswith(own_lines) for line in trail.view.hidden)}
    if make_block_id("evidence", principle_id) in trail.view.hidden:
        frame.attrs["note"] = BLOCK_NOT_SHOWN
    return frame


def _rows_of_evidence(trail: EvidenceTrail, principle_id: str) -> list[Any]:
    rows = trail.read("evidence")
    return [*iterate_rows(rows[rows["principle_id"] == principle_id])]


def _piece(trail: EvidenceTrail, row: Any) -> dict[str, str]:
    """Returns one row of the table of evidence, keyed by column, for one row of evidence.csv: the sentence
    that states the evidence, and its quotation."""
    piece = {"stance": row.stance, "claim": row.claim, "note": row.note if trail.has_sources else ""}
    words = trail.find_first_quotation(row)
    piece |= {name: words[name] for name in EVIDENCE if name in words}
    if earlier := trail.describe_other_wave(row):
        return piece | {"sentence": earlier}
    if row.kind == "segment":
        return piece | ({} if words else _passage(trail, row))
    figure = trail.find_figure(row)
    if trail.is_figure_withheld(row):
        sentence = WITHHELD
    elif figure is not None:
        sentence = trail.words.write_sentence(figure)
    elif row.kind == "trial":
        sentence = (f"Tried by {trail.describe_who_tried_text(row.reference)}" if trail.has_sources
                    else TRIAL_OF_ONE)
    else:
        sentence = f"Published: {row.reference}" if row.kind == "literature" else row.reference
    return piece | {"sentence": sentence}


def _passage(trail: EvidenceTrail, row: Any) -> dict[str, Any]:
    """Returns the columns for a cited passage that has no quotation for the audience: the words of the
    passage if the audience may read passages, else a sentence that says that the passage is not shown."""
    segment = trail.segments.get(row.reference)
    if segment is None or not trail.has_sources:
        return {"sentence": NOT_CLEARED}
    owner = segment.organisation_id or trail.documents[segment.document_id].organisation_id
    translation = trail.view.translations.get(segment.segment_id, UNTRANSLATED)
    return {"text": segment.text, "language": segment.language,
            "translation": translation.text, "translation_status": translation.status,
            "by": trail.view.labels.get(owner, _UNNAMED)}


def show_evidence(evidence: pd.DataFrame) -> Html:
    """Shows the evidence (:func:`describe_evidence_of_view_principle`) for and against a principle side by
    side. Evidence that limits the principle is shown too, if there is any. Each side shows one quotation;
    further quotations are in a list that is closed until a reader opens it. If a side shows no evidence, a
    sentence says so."""
    return make_displayable(_both_sides(evidence))


def _both_sides(pieces: pd.DataFrame) -> Markup:
    if "note" in pieces.attrs:
        return ELEMENTS.note(pieces.attrs["note"])
    first, *others = [_side(name, pieces[pieces["stance"] == stance],
                            describe_side_without_shown_evidence(pieces, _NOTHING.get(stance, "")))
                      for stance, name in PAGE_SIDES.items()
                      if stance in _NOTHING or (pieces["stance"] == stance).any()]
    told = [fact for fact in list_evidence_gap_sentences(pieces) if fact not in _NOTHING.values()]
    if not pieces.attrs.get("is_for_team", True):
        told.append(NOT_ALL_WORDS)
    return _HTML.both_sides(first, others, told)


def describe_side_without_shown_evidence(evidence: pd.DataFrame, default_phrase: str) -> str:
    """Returns the sentence for a side (stance) on which no evidence is shown. The sentence is
    ``default_phrase``, with one exception: another sentence replaces "not challenged" if rows of evidence are
    hidden or an objection is recorded."""
    if default_phrase != NOT_CHALLENGED:
        return default_phrase
    if evidence.attrs.get("lost_lines"):
        return CONTRARY_MISSING
    return ONLY_OBJECTED if evidence.attrs.get("is_objected_to") else default_phrase


def _side(heading: str, pieces: pd.DataFrame, nothing: str) -> Markup:
    """Renders one side of the evidence (stance): first the sentences, then the words of organisations."""
    is_word = (pieces["sentence"] == "") & (pieces["text"] != "")
    sentences = _once(pieces[~is_word])
    words = pieces[is_word] if is_word.any() else pieces[pieces["text"] != ""].head(1)
    return _HTML.side(heading, nothing if pieces.empty else "",
                      [*map(_linked, sentences["sentence"], sentences["place"])],
                      [*map(render_quotation, words.drop_duplicates("text").to_dict("records"))])


def _linked(sentence: str, place: str) -> Markup:
    """Renders a sentence with a link. The link is on the first name in quotation marks, or on the whole
    sentence if it has no name in quotation marks.

    >>> _linked("5 of 9 raised “Rest”.", "theme-care#code-rest")
    Markup('5 of 9 raised “<a href="theme-care.html#code-rest">Rest</a>”.')
    """
    if not place:
        return escape(sentence)
    start, opening, rest = sentence.partition("“")
    name, closing, end = rest.partition("”")
    before, name, after = (start + opening, name, closing + end) if closing else ("", sentence, "")
    return _HTML.linked(before, name, make_link(place), after)


def _once(pieces: pd.DataFrame) -> pd.DataFrame:
    """Returns the rows of evidence that have a sentence. Sentences that say that something is not shown come
    last and are not repeated."""
    is_hidden = pieces["sentence"].isin([WITHHELD, NOT_CLEARED])
    return pd.concat([pieces[~is_hidden], pieces[is_hidden].drop_duplicates("sentence")])


# ------------------------------
# One principle: votes, signatures, judgements.


def show_announcements_and_corrections(view: StudyView) -> Html:
    """Shows the day on which the votes of an agreed principle were announced, and the corrections published
    since then, each with its day. If no vote may be shown, a sentence says so."""
    rounds, votes = read_reference_table(view.study, "rounds"), view.tallies
    if votes.empty and not view.has_capability("passages"):
        return render_note(BLOCK_NOT_SHOWN)
    closed = dict(zip(rounds["round_id"], rounds["closed_on"], strict=True))
    said = []
    if _own_row(view).status == "agreed":
        said += [f"Round {one}: announced on {closed[one]}." for one in dict.fromkeys(votes["round_id"])
                 if closed.get(one)]
    said += [f"Corrected on {row['date']}: {row['text']}" for row in view.errata.to_dict("records")]
    return render_note(*said)


def show_votes_in_detail(view: StudyView) -> Html | None:
    """Shows the votes on the view's principle in detail. Returns None if there is nothing to show.

    - Audiences that see the votes of every round get the votes of each panel, the dissenting votes, and the
      change since the previous round. The comments that raters allowed to be read aloud follow.
    - All audiences get the positions that the members of a panel stated together.
    """
    shown = render_positions_stated_by_panels(view, view.principle)
    if view.has_capability("every_round") and len(view.tallies):
        shown += _votes_in_detail(view, view.tallies) + _comments(view, view.principle)
    return make_displayable(shown) if shown else None


def render_positions_stated_by_panels(view: StudyView, principle_id: str) -> Markup:
    """Renders the positions on a principle that the members of a panel stated together, by round and
    panel."""
    rows = view.panel_positions
    rows = rows[rows["principle_id"] == principle_id]
    return Markup().join(map(_HTML.position, rows["panel"].map(PANELS), rows["position"],
                             rows["round_id"]))


def _votes_in_detail(view: StudyView, rows: pd.DataFrame) -> Markup:
    order = rows["round_id"].map({one: n for n, one in enumerate(view.closed_rounds)})
    rows = rows.assign(order=order, place=rows["panel"].map([*PANELS].index)).sort_values(
        ["order", "place", "criterion"], ascending=[True, True, False])
    tallied = rows.to_dict("records")
    shown = render_table({
        "Round": [f"{one['round_id']}, on text {one['version']}" for one in tallied],
        "Panel": [PANELS[one["panel"]] for one in tallied],
        "Criterion": [one["criterion"].capitalize() for one in tallied],
        "Votes": [*map(describe_tally, tallied)], "Dissent": [*map(describe_dissenting_votes, tallied)],
        "Change since the last round": [one["movement"] for one in tallied]})
    return _HTML.below("Every round in detail", [shown])


def _comments(view: StudyView, principle_id: str) -> Markup:
    """Renders, with names masked, the comments that raters allowed to be read aloud. The team sees these
    comments in the language in which they were written; other audiences see them in the study's language."""
    if not view.has_capability("comments") or make_block_id("comments", principle_id) in view.hidden:
        return Markup()
    names, rated = read_reference_table(view.study, "names"), view.read("ratings")
    rated = rated[(rated["principle_id"] == principle_id) & rated["may_be_read"] & (rated["comment"] != "")]
    lines = rated["round_id"].astype("str") + "/" + rated["rater_id"].astype("str")
    rated = rated[~view.are_lines_hidden_individually(make_block_id("comments", principle_id), lines)]
    if view.has_capability("exact_votes"):
        shown = mask_names_in_comments(rated, view.study, names).drop_duplicates(["round_id", "comment"])
        pairs = [*zip(shown["comment"], shown["round_id"], strict=True)]
    else:
        pairs = [(comment, round_id) for round_id, own in rated.groupby("round_id")
                 for comment in mask_and_list_releasable_comments(own, view.study, names)]
    lines = [_HTML.comment(comment, round_id) for comment, round_id in pairs]
    return _folded(f"Comments of raters: {len(lines)}", lines, "comments")


def _folded(heading: str, lines: Sequence[Markup], kind: str) -> Markup:
    """Renders paragraphs that are closed until a reader opens them, up to the length in :data:`BYTES` for
    ``kind``. A line says how many paragraphs are left out."""
    kept, _ = _cut(lines, BYTES[kind], lambda line: len(line.encode()))
    return _HTML.below(heading, kept, len(lines) - len(kept)) if lines else Markup()


def _cut(pieces: Iterable[Any], most: int, length: Callable[[Any], int]) -> tuple[list[Any], bool]:
    """Returns the first ``pieces`` up to a total ``length`` of ``most``, and whether further pieces were left
    out. The first piece is returned even if it is longer than ``most``.

    >>> _cut(["abc", "de", "f"], 5, len), _cut(["abc"], 1, len)
    ((['abc', 'de'], True), (['abc'], False))
    """
    kept, total = [], 0
    for piece in pieces:
        total += length(piece)
        if kept and total > most:
            return kept, True
        kept.append(piece)
    return kept, False


def show_signatures(view: StudyView) -> Html | None:
    """Shows how many organisations endorse the final text of the principle, the names that may be printed,
    and every reservation. Returns None for the team if nobody has signed. If an organisation that signed has
    withdrawn since an earlier release, names are shown without numbers."""
    has_signatures = (len(view.select_signatures(view.principle)[0]) or not view.has_capability("signatures")
                      or view.is_only_earlier_text_signed(view.principle))
    return make_displayable(render_endorsements_and_reservations(view,
                                                                 view.principle)) if has_signatures else None


def render_endorsements_and_reservations(view: StudyView, principle_id: str, *,
                                         is_on_paper: bool = False) -> Markup:
    """Renders the organisations that endorse a principle's text, and every reservation. On paper, all names
    and reservations are open. Remarks that apply to the signatures of every principle are left out on paper,
    because these remarks are in the guide of the packet."""
    if view.is_only_earlier_text_signed(principle_id):
        return _HTML.paragraph(TO_SIGN_ANEW)
    signed, nameless = view.select_signatures(principle_id)
    decided, parts = (signed["decision"] != "").sum(), []
    is_hidden = make_block_id("signatures", principle_id) in view.hidden
    for decision, verb in DECISION_VERBS.items():
        names = signed.loc[signed["decision"] == decision, "name"]
        if len(names):
            of = decided if view.has_capability("signatures") else f"{decided} named"
            counted = verb.capitalize() if is_hidden else \
                f"{len(names)} of {of} {verb if len(names) > 1 else _singular(verb)}"
            shown = len(names) if is_on_paper else NAMES_SHOWN
            parts.append(_HTML.decision(counted, _names(names, shown)))
    if is_hidden:
        parts.append(ELEMENTS.note(BLOCK_NOT_SHOWN))
    elif not view.has_capability("signatures") and (not is_on_paper or any(nameless.values())):
        parts.append(ELEMENTS.note(_nameless(nameless)))
    if view.has_capability("draft_principles") and not is_on_paper:
        parts.append(ELEMENTS.note(WITHDRAWAL_WORDS["before_signing"]))
    rows = signed[signed["reservation"] != ""].sort_values(["name", "reservation"])
    reserved = [_HTML.reservation(name or _UNNAMED, decision, words) for name, decision, words in zip(
        rows["name"], rows["decision"], rows["reservation"], strict=True)]
    shown = len(reserved) if is_on_paper else WORDS_SHOWN
    rest = reserved[shown:]
    return Markup().join([*parts, *reserved[:shown], _folded(
        count_of(len(rest), "more reservation"), rest, "reservations")])


def _nameless(nameless: dict[str, int]) -> str:
    """Returns the sentence on the signatories whose names may not be printed. If the counts of the
    signatories' decisions may be disclosed, the sentence has the counts. If the counts may not be disclosed,
    the sentence is always the same and reveals nothing."""
    counts = [f"{n} {verb if n != 1 else _singular(verb)}" for decision, verb in DECISION_VERBS.items()
              if (n := nameless.get(decision, 0))]
    return f"Of those who did not give their names, {', '.join(counts)}." if counts else OTHERS_SIGNED


def _singular(verb: str) -> str:
    """Returns the words for a decision in the singular, for one organisation.

    >>> _singular("do not endorse it"), _singular("endorse it")
    ('does not endorse it', 'endorses it')
    """
    return verb.replace("do not", "does not") if verb.startswith("do not") else verb.replace(
        "endorse", "endorses", 1)


def _names(names: pd.Series, shown: int) -> Markup:
    """Renders names in alphabetical order, then the number of withheld names. All names after the first
    ``shown`` names are in a list that is closed until a reader opens it."""
    known, withheld = sorted(names[names != ""]), (names == "").sum()
    last = [f"{withheld} whose name is withheld"] if withheld else []
    rest = known[shown:]
    return _HTML.names(", ".join([*known[:shown], *last]), len(rest), ", ".join(rest))


def show_judgements(view: StudyView) -> Html | None:
    """Shows people's judgements of the evidence and of the decision on the principle, with the reasons for
    the judgements. The team also sees the counts on which each judgement is based, even if nobody has judged
    yet. Returns None if there is nothing to show."""
    judged = view.read("judgements")
    shown = _judgements(view, view.principle, judged[judged["principle_id"] == view.principle])
    if not shown:
        return None
    return make_displayable(_HTML.below("Judgements of the evidence and of the decision", [shown]))


def _judgements(view: StudyView, principle_id: str, judged: pd.DataFrame) -> Markup:
    if view.has_capability("team_notes"):
        rows = principles.count_for_cerqual_components(
            principle_id, principles.read_tables_and_evidence_contributors(view.read))
    else:
        rows = pd.DataFrame({"component": [one for one in principles.JUDGED_COMPONENTS
                                           if one in set(judged["component"])]}, dtype="str")
    judged = judged.sort_values("date", kind="stable")
    is_earlier = judged.duplicated(["component", "by"], keep="last")
    concern = judged["concern"] + is_earlier.map({True: EARLIER_JUDGEMENT, False: ""})
    rows = rows.merge(judged.assign(concern=concern), on="component", how="left").fillna("")
    if rows.empty:
        return Markup()
    columns = {"Judged": rows["component"].map(COMPONENT_LABELS)}
    if view.has_capability("team_notes"):
        columns["What is counted"] = rows["known"]
    columns |= {"Concern": rows["concern"].where(rows["concern"] != "", "not judged yet"),
                "Why": rows["reason"]}
    if view.has_capability("team_notes"):
        columns |= {"By": rows["by"], "On": rows["date"]}
    return render_table(columns, caption="Judgements and reasons are the team's; no level is computed.")


# ------------------------------
# One principle: the way back to the sources, and its earlier texts.


def show_evidence_sources(view: StudyView) -> Html:
    """Shows the trace (list of sources) of each row of evidence, then the history of the principle's texts
    and decisions. Traces and history are closed until a reader opens them. An audience sees these sources:

    - all audiences: the code or the question;
    - the team: also the passages, the rows and the raw files, and the forms with the votes;
    - all audiences except the team: also the cleared quotations.
    """
    trail = EvidenceTrail.from_view(view)
    rows = _rows_of_evidence(trail, view.principle)
    most = BYTES["sources"] // max(len(rows), 1)
    trails = []
    for row in rows:
        piece = _piece(trail, row)
        trails.append(_trail(_summary(piece), trail.trace_sources(row), most, 2, note=piece["note"],
                             name=make_anchor("evidence", row.evidence_id)))
    votes = _trail("The votes", trail.trace_votes_for_team(view.principle), BYTES["texts"], 1)
    history = render_text_and_decision_history(trail, view.principle, is_folded=True)
    return make_displayable(Markup().join([*trails, votes, history]))


def render_text_and_decision_history(trail: EvidenceTrail, principle_id: str, *, is_folded: bool) -> Markup:
    """Renders the changes of a principle's texts, and the decisions on the principle."""
    rows, is_cut = _cut(list_text_changes(trail, principle_id), BYTES["texts"],
                        lambda row: sum(map(len, row)))
    parts = [render_text_changes(rows)] if rows else []
    if is_cut:
        parts.append(ELEMENTS.note("Some changes are not shown here; principles.csv has every text."))
    parts += render_proposals_decisions_and_objections(trail, principle_id)
    if not parts or not is_folded:
        return Markup().join(parts)
    return _HTML.below("How this text changed", parts)


def _summary(piece: dict[str, str]) -> Markup:
    """Renders the summary of a row of evidence as one line."""
    words = piece.get("text", "")
    return _HTML.summary(piece.get("sentence", ""), words if len(words) < 90 else f"{words[:80]}…",
                         piece.get("language", ""), piece.get("by", ""))


def _trail(summary: str, nodes: Iterable[TraceNode], most: int, depth: int, *, note: str = "",
           name: str = "") -> Markup:
    """Renders the lines of a trace (list of sources), which are closed until a reader opens them. ``name`` is
    the anchor of the lines on the page, ``depth`` the depth of the first line in the trace, and ``note`` the
    team's note."""
    kept, is_cut = _cut(nodes, most, lambda node: len(node.text.encode()) + len(node.place) + 80)
    if not kept:
        return Markup()
    lines = [(node.depth - depth, {
        "quote": node.quote, "language": node.language, "place": node.place and make_link(node.place),
        "said": node.text.removeprefix(f"“{node.quote}”") if node.quote else node.text}) for node in kept]
    return _HTML.trail(summary, note, lines, is_cut, kept[0].place and make_link(kept[0].place), name)
