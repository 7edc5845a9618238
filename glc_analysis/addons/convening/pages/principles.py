"""What the pages of the principles show: each statement, what speaks for and against it, votes, signatures.

In: what an audience may see (:class:`~.study_view.StudyView`), for the page of one principle narrowed
to it. Out: a frame of its evidence, and HTML. What the audience may not see is named as missing, never left
out without a word. The way back to the sources is cut where a page would become too long, and leads on to
the page of the theme.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pandas as pd
from IPython.display import HTML as Html
from markupsafe import Markup, escape

from glc_analysis.addons.convening import principles
from glc_analysis.addons.convening.ballots import masked, readable_comments
from glc_analysis.addons.convening.consensus import NO_DECISION, dissent, in_words
from glc_analysis.addons.convening.histories import listed
from glc_analysis.addons.convening.pages.convening import came_about, changes, changes_table, decided
from glc_analysis.addons.convening.principles import NOT_CHALLENGED, ONLY_OBJECTED, UNSUPPORTED, facts
from glc_analysis.addons.convening.ratings import CRITERIA
from glc_analysis.addons.convening.trace import Node, Trail
from glc_analysis.disclosure.blocks import BLOCK_NOT_SHOWN, COUNT_BLOCK, block_of
from glc_analysis.publish.ethics import WITHDRAWAL
from glc_analysis.reference import read_table
from glc_analysis.study import PANELS
from glc_analysis.tables_html import html_table, language_label, more, note, quotation, show, tag
from glc_analysis.text import language_direction
from glc_analysis.view.places import anchor, link
from glc_analysis.view.study_view import StudyView

NO_PRINCIPLES = "This study has no principles yet: write them in principles.csv."
NONE_AGREED = "No principle is agreed yet."
STATUSES = {"candidate": "Not decided yet", "agreed": "Agreed", "set_aside": "Set aside",
            "superseded": "Replaced by a later text"}
SIDES = {"supports": "For it", "contradicts": "Against it", "qualifies": "With limits"}
"""The sides of the evidence in the order of the page, by the words of evidence.csv."""
NOTHING = {"supports": UNSUPPORTED, "contradicts": NOT_CHALLENGED}
WITHHELD = "Not every count is shown here, because it could reveal what a single organisation said."
NOT_CLEARED = "Some quotations about this principle may not be shown here."
DECISIONS = {"endorse": "endorse it", "endorse_with_reservation": "endorse it with a reservation",
             "do_not_endorse": "do not endorse it"}
COMPONENTS = {"methodological": "How the evidence was made", "coherence": "Whether it agrees with itself",
              "adequacy": "How much there is", "relevance": "Whether it fits these settings",
              "benefit": "Benefit", "harm": "Harm", "equity": "Fairness between organisations",
              "acceptability": "Whether people accept it", "feasibility": "Whether it can be done"}
UNNAMED = "an organisation that is not named"
TO_SIGN_ANEW = ("This text was changed after an earlier one was signed. It is not signed yet: the signatures "
                "belong to the earlier text.")
OTHERS_SIGNED = ("We do not show whether other organisations signed without their names: even a number "
                 "could reveal what one of them decided.")
NAMES_SHOWN, WORDS_SHOWN = 12, 3
"""How many names and how many reservations stand open; the others are one click away."""
BYTES = {"sources": 90_000, "comments": 8_000, "texts": 8_000, "reservations": 8_000}
"""The length to which these parts of a page are cut, so that a page stays small in a large study."""


# ------------------------------
# All principles, as a table with links.


def principles_in_short(view: StudyView) -> Html:
    """How many principles there are, and how far they are, in a sentence.

    >>> principles_in_short(view).data
    Markup('<p>Of the 16 principles, 14 are agreed and 2 are set aside.</p>')
    """
    rows = view.principle_rows
    if rows.empty:
        return note(NO_PRINCIPLES if view.may("draft_principles") else NONE_AGREED)
    counts = rows["status"].map(STATUSES).str.lower().value_counts()
    parts = [f"{n} {'is' if n == 1 else 'are'} {status}" for status, n in counts.items()]
    said = f"Of the {len(rows)} principles, {listed(parts)}." if view.may("draft_principles") else \
        f"The organisations agreed on {len(rows)} principle{'s' * (len(rows) != 1)}."
    return show(tag("p", escape(said)))


def principles_overview(view: StudyView) -> Html:
    """One row a principle, with a link to its page: status, the providers' votes, and who signed. Those with
    the most high votes come first, but not for an audience that does not see all votes."""
    rows = view.principle_rows
    if rows.empty:
        return note(NO_PRINCIPLES if view.may("draft_principles") else NONE_AGREED)
    tallied = _last_tallies(view, rows)
    rows = _by_votes(rows, tallied) if view.may("exact_votes") else rows
    votes = {(row.principle_id, row.criterion): row.votes + f"; {NO_DECISION}" * (row.result == NO_DECISION)
             for row in tallied.itertuples()}
    missing = "not rated" if view.may("exact_votes") else "not shown"
    columns = {
        "Principle": [Markup(tag("span", escape(row.principle_id), class_="glc-id") + " "
                             + tag("a", escape(row.short_name or row.printed_id),
                                   href=link(anchor("principle", row.principle_id))))
                      for row in rows.itertuples()],
        "Status": rows["status"].map(STATUSES),
        **{name.capitalize(): [votes.get((one, name), missing) for one in rows["principle_id"]]
           for name in CRITERIA},
        "Signed": [_signature_count(view, one) for one in rows["principle_id"]]}
    caption = "Votes are those of the providers, in the last round on each text."
    return show(html_table(columns, caption=caption))


def _last_tallies(view: StudyView, rows: pd.DataFrame) -> pd.DataFrame:
    """The providers' tallies of the last round on each principle's current text."""
    found = view.tallies.merge(rows[["principle_id", "version"]], on=["principle_id", "version"])
    order = found["round_id"].map({one: n for n, one in enumerate(view.closed_rounds)})
    last = order.groupby(found["principle_id"]).transform("max")
    return found[(found["panel"] == "provider") & (order == last)]


def _by_votes(rows: pd.DataFrame, tallied: pd.DataFrame) -> pd.DataFrame:
    """The principles by their share of high votes: of importance, then of feasibility; unrated ones last."""
    shares = tallied.assign(share=tallied["votes_high"] / tallied["n"].where(tallied["n"] > 0)).pivot(
        index="principle_id", columns="criterion", values="share")
    high = shares.reindex(rows["principle_id"], columns=[*CRITERIA])
    order = high.sort_values([*CRITERIA], ascending=False, kind="stable").index
    return rows.set_index("principle_id", drop=False).loc[order]


def _signature_count(view: StudyView, principle_id: str) -> str:
    """How many of those who may be named endorse it, and of the others, where that may be told."""
    if block_of("signatures", principle_id) in view.hidden:
        return "not shown"
    if view.is_signed_before(principle_id):
        return "to be signed anew"
    signed, nameless = view.signatures(principle_id)
    decisions = signed["decision"][signed["decision"] != ""]
    against, counted = nameless.get("do_not_endorse", 0), sum(nameless.values())
    endorsed = (decisions != "do_not_endorse").sum()
    said = [f"{endorsed} of {len(decisions)}" if len(decisions) else "",
            f"without a name {counted - against} of {counted}" if counted else ""]
    return ", ".join(filter(None, said)) or ("not signed" if view.may("signatures") else "nobody by name")


def representation(view: StudyView) -> Html:
    """How many raters each panel has; for the team also who is missing from each principle."""
    sizes = {} if COUNT_BLOCK in view.hidden else view.panel_sizes
    said = [f"{panel} who may rate: {n}." for panel, n in sizes.items()]
    missing = "No principle has been rated yet." if view.may("passages") else BLOCK_NOT_SHOWN
    shown = note(*(said or [missing])).data
    rows = view.principle_rows
    if rows.empty or not view.may("team_notes"):
        return show(shown)
    frames = principles.evidence_tables(view.read)
    missing = [" ".join(principles.underrepresented(principles.representation(one, frames)))
               for one in rows["principle_id"]]
    return show(shown + html_table({"Principle": rows["short_name"], "Who is missing": missing}))


# ------------------------------
# One principle: its statement, and the evidence for and against it.


def show_statement(view: StudyView) -> Html:
    """The name of the view's principle as the heading of its page, the statement, its translations, and how
    far it is."""
    row = _own_row(view)
    return show(tag("h1", escape(row.short_name or row.printed_id)) + _statement(view, row)
                + came_about(Trail.of(view), row))


def _own_row(view: StudyView) -> Any:
    return next(view.principle_rows.itertuples())


def _statement(view: StudyView, row: Any) -> str:
    rows = view.read("principles")
    others = rows[rows["translation_of"] == row.printed_id]
    said = [tag("p", tag("em", f"{STATUSES.get(row.status, row.status)}.")),
            tag("blockquote", tag("p", tag("strong", escape(row.statement))), class_="glc-statement",
                **language_attributes(row.language)),
            *(tag("p", tag("span", f"{language_label(other.language)}: ", class_="glc-note"),
                  tag("span", escape(other.statement), **language_attributes(other.language)))
              for other in others.itertuples())]
    return Markup().join(said)


def show_reasons(view: StudyView) -> Html | None:
    """Why the principle is proposed, and by what one would see that it is followed. None where neither is
    written."""
    shown = _reasons(_own_row(view))
    return show(shown) if shown else None


def _reasons(row: Any) -> str:
    return Markup().join([tag("p", escape(row.rationale)) if row.rationale else "",
                    tag("p", tag("strong", "How to tell whether it works: "), escape(row.indicator))
                    if row.indicator else ""])


def language_attributes(code: str) -> dict[str, str]:
    """The attributes of an element with words in a language: the language and its direction."""
    return {"lang": "" if code == "unknown" else code, "dir": language_direction(code)}


def evidence(view: StudyView) -> pd.DataFrame:
    """The evidence on the view's principle, one row a piece in the order of evidence.csv: stance (supports,
    contradicts, qualifies), claim, sentence (what was found), place (where a page shows it); where it is
    words, text, translation, language, by, country; note (of the team, for the team). What the audience may
    not see says so in its sentence.

    >>> evidence(study.view("team", principle="P03"))["stance"].value_counts().to_dict()
    {'supports': 4, 'qualifies': 2}
    """
    return evidence_of(Trail.of(view), view.principle)


EVIDENCE = ["stance", "claim", "sentence", "place", "text", "translation", "language", "by", "country",
            "note"]


def evidence_of(trail: Trail, principle_id: str) -> pd.DataFrame:
    """:func:`evidence` of a principle, where a trail of the whole study is at hand; ``attrs`` say whether an
    objection is recorded."""
    rows = trail.read("evidence")
    pieces = [_piece(trail, row) for row in rows[rows["principle_id"] == principle_id].itertuples()]
    rows_of_text = [{name: piece.get(name, "") for name in EVIDENCE} for piece in pieces]
    frame = pd.DataFrame(rows_of_text, columns=EVIDENCE, dtype="str")
    frame.attrs["is_objected_to"] = trail.is_objected_to(principle_id)
    if block_of("evidence", principle_id) in trail.view.hidden:
        frame.attrs["note"] = BLOCK_NOT_SHOWN
    return frame


def _piece(trail: Trail, row: Any) -> dict[str, str]:
    """What a row of evidence says: a sentence, and the words that go with it."""
    first = next(trail.sources(row), None)
    said = {"stance": row.stance, "claim": row.claim, "place": first.place if first else "",
            "note": row.note if trail.has_sources else ""}
    words = trail.view.quotation_frame(trail.quotations(row).head(1)).to_dict("records")
    said |= {name: words[0][name] for name in EVIDENCE if words and name in words[0]}
    if row.kind == "segment":
        return said | ({} if words else _passage(trail, row))
    figure = trail.figure(row)
    if trail.is_withheld(row):
        sentence = WITHHELD
    elif figure is not None:
        sentence = trail.words.sentence(figure)
    else:
        sentence = f"Published: {row.reference}" if row.kind == "literature" else row.reference
    return said | {"sentence": sentence}


def _passage(trail: Trail, row: Any) -> dict[str, str]:
    """A passage that is cleared for nobody: its words for those who read passages."""
    segment = trail.segments.get(row.reference)
    if segment is None or not trail.has_sources:
        return {"sentence": NOT_CLEARED}
    owner = segment.organisation_id or trail.documents[segment.document_id].organisation_id
    return {"text": segment.text, "language": segment.language,
            "translation": trail.view.translations.get(segment.segment_id, ""),
            "by": trail.view.labels.get(owner, UNNAMED)}


def show_evidence(pieces: pd.DataFrame) -> Html:
    """The evidence (:func:`evidence`) for and against a principle side by side: sentences, and one quotation
    each; further quotations are folded. Where nothing is recorded, it is said."""
    return show(_both_sides(pieces))


def _both_sides(pieces: pd.DataFrame) -> str:
    if "note" in pieces.attrs:
        return note(pieces.attrs["note"]).data
    sides = {stance: tag("h2", name) + Markup().join(_side(pieces[pieces["stance"] == stance],
                                                     nothing_said(pieces, NOTHING.get(stance, ""))))
             for stance, name in SIDES.items() if stance in NOTHING or (pieces["stance"] == stance).any()}
    said = [one for one in facts(pieces) if one not in NOTHING.values()]
    own, *others = sides.values()
    return tag("div", tag("div", own), tag("div", *others), class_="glc-sides") + note(*said).data


def nothing_said(pieces: pd.DataFrame, nothing: str) -> str:
    """What stands on a side without evidence: that nothing is recorded, but for an objection."""
    return ONLY_OBJECTED if nothing == NOT_CHALLENGED and pieces.attrs.get("is_objected_to") else nothing


def _side(pieces: pd.DataFrame, nothing: str) -> Iterator[str]:
    """One side of the evidence: sentences, then the words of organisations."""
    if pieces.empty:
        yield tag("p", nothing)
        return
    is_word = (pieces["sentence"] == "") & (pieces["text"] != "")
    sentences = [tag("li", _linked(row.sentence, row.place)) for row in _once(pieces[~is_word])]
    yield tag("ul", *sentences, class_="glc-evidence") if sentences else ""
    words = pieces[is_word] if is_word.any() else pieces[pieces["text"] != ""].head(1)
    yield more([quotation(row) for row in words.drop_duplicates("text").to_dict("records")], 1, "quotation")


def _linked(sentence: str, place: str) -> str:
    """A sentence whose first name in quotation marks is a link; without a name, all of it.

    >>> _linked("5 of 9 raised “Rest”.", "theme-care#code-rest")
    Markup('5 of 9 raised “<a href="theme-care.html#code-rest">Rest</a>”.')
    """
    if not place:
        return escape(sentence)
    start, opening, rest = sentence.partition("“")
    name, closing, end = rest.partition("”")
    before, name, after = (start + opening, name, closing + end) if closing else ("", sentence, "")
    return escape(before) + tag("a", escape(name), href=link(place)) + escape(after)


def _once(pieces: pd.DataFrame) -> Iterator[Any]:
    """The pieces with a sentence; those that only say that something is not shown come last, as one."""
    is_hidden = pieces["sentence"].isin([WITHHELD, NOT_CLEARED])
    yield from pieces[~is_hidden].itertuples()
    yield from pieces[is_hidden].drop_duplicates("sentence").itertuples()


# ------------------------------
# One principle: votes, signatures, judgements.


def show_announcement(view: StudyView) -> Html:
    """On which day the votes of an agreed principle were announced, and the corrections that people published
    since, each with its day. Where no vote is shown, the sentence that says so."""
    rounds, votes = read_table(view.study, "rounds"), view.tallies
    if votes.empty and not view.may("passages"):
        return note(BLOCK_NOT_SHOWN)
    closed = dict(zip(rounds["round_id"], rounds["closed_on"], strict=True))
    said = []
    if _own_row(view).status == "agreed":
        said += [f"Round {one}: announced on {closed[one]}." for one in dict.fromkeys(votes["round_id"])
                 if closed.get(one)]
    said += [f"Corrected on {row.date}: {row.text}" for row in view.errata.itertuples()]
    return note(*said)


def show_votes_in_detail(view: StudyView) -> Html | None:
    """For those who see the votes of every round: each panel's votes with the dissent and the change since
    the round before, and the comments that raters allowed to be read; for everybody what panels say together.
    None where there is nothing."""
    shown = positions_html(view, view.principle)
    if view.may("every_round") and len(view.tallies):
        shown += _votes_in_detail(view, view.tallies) + _comments(view, view.principle)
    return show(shown) if shown else None


def positions_html(view: StudyView, principle_id: str) -> str:
    """What panels say together about a principle, by round."""
    rows = view.panel_positions
    rows = rows[rows["principle_id"] == principle_id]
    return Markup().join(tag("p", tag("strong", f"{PANELS[row.panel]}, together: "),
                       tag("span", escape(row.position), dir="auto"),
                       tag("span", f" (round {escape(row.round_id)})", class_="glc-note"))
                   for row in rows.itertuples())


def _votes_in_detail(view: StudyView, rows: pd.DataFrame) -> str:
    order = rows["round_id"].map({one: n for n, one in enumerate(view.closed_rounds)})
    rows = rows.assign(order=order, place=rows["panel"].map([*PANELS].index)).sort_values(
        ["order", "place", "criterion"], ascending=[True, True, False])
    tallied = rows.to_dict("records")
    shown = html_table({
        "Round": [f"{one['round_id']}, on text {one['version']}" for one in tallied],
        "Panel": [PANELS[one["panel"]] for one in tallied],
        "Criterion": [one["criterion"].capitalize() for one in tallied],
        "Votes": [*map(in_words, tallied)], "Dissent": [*map(dissent, tallied)],
        "Change since the last round": [one["movement"] for one in tallied]})
    return tag("details", tag("summary", "Every round in detail"), shown, class_="glc-more")


def _comments(view: StudyView, principle_id: str) -> str:
    """Comments that raters allowed to be read aloud, with names masked: for the team as they were written,
    for others in the study's language."""
    if not view.may("comments") or block_of("comments", principle_id) in view.hidden:
        return ""
    names, rated = read_table(view.study, "names"), view.read("ratings")
    rated = rated[(rated["principle_id"] == principle_id) & rated["may_be_read"] & (rated["comment"] != "")]
    if view.may("exact_votes"):
        said = masked(rated, view.study, names).drop_duplicates(["round_id", "comment"])
        pairs = [*zip(said["comment"], said["round_id"], strict=True)]
    else:
        pairs = [(comment, round_id) for round_id, own in rated.groupby("round_id")
                 for comment in readable_comments(own, view.study, names)]
    lines = [tag("p", tag("q", escape(comment), dir="auto"),
                 tag("span", f" (round {escape(round_id)})", class_="glc-note"))
             for comment, round_id in pairs]
    return _folded(f"Comments of raters: {len(lines)}", lines, "comments")


def _folded(heading: str, lines: Iterable[str], kind: str) -> str:
    """Paragraphs that are one click away, up to a length; then how many are left out."""
    lines = [*lines]
    kept, is_cut = _cut(lines, BYTES[kind], lambda line: len(line.encode()))
    if is_cut:
        kept.append(tag("p", f"{len(lines) - len(kept)} more are in the study's tables.", class_="glc-note"))
    return tag("details", tag("summary", escape(heading)), *kept, class_="glc-more") if lines else ""


def _cut(pieces: Iterable[Any], most: int, length: Callable[[Any], int]) -> tuple[list[Any], bool]:
    """The first pieces whose lengths together are no more than this, and always the first one; and whether
    there are more.

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
    """How many endorse the final text, and every reservation; names where they may be printed. None where,
    for the team, nobody has signed. Where somebody who signed left since an earlier release, the names
    without numbers."""
    has_signatures = (len(view.signatures(view.principle)[0]) or not view.may("signatures")
                      or view.is_signed_before(view.principle))
    return show(signatures_html(view, view.principle)) if has_signatures else None


def signatures_html(view: StudyView, principle_id: str, *, is_on_paper: bool = False) -> str:
    """Who endorses a principle's text, and every reservation. On paper nothing is folded, and what holds of
    all signatures is told once, in the guide."""
    if view.is_signed_before(principle_id):
        return tag("p", TO_SIGN_ANEW)
    signed, nameless = view.signatures(principle_id)
    decided, parts = (signed["decision"] != "").sum(), []
    is_hidden = block_of("signatures", principle_id) in view.hidden
    for decision, said in DECISIONS.items():
        who = signed.loc[signed["decision"] == decision, "name"]
        if len(who):
            verb = said if len(who) > 1 else _singular(said)
            named = _names(who, len(who) if is_on_paper else NAMES_SHOWN)
            of = decided if view.may("signatures") else f"{decided} named"
            counted = f"{said.capitalize()}: " if is_hidden else f"{len(who)} of {of} {verb}: "
            parts.append(tag("p", tag("strong", counted), named))
    if is_hidden or not is_on_paper or any(nameless.values()):
        parts.append(tag("p", BLOCK_NOT_SHOWN, class_="glc-note") if is_hidden else _nameless(view, nameless))
    said = {"do_not_endorse": "{} does not endorse it: "}
    reserved = [tag("p", said.get(row.decision, "Reservation of {}: ").format(escape(row.name_ or UNNAMED)),
                    tag("q", escape(row.reservation), dir="auto"))
                for row in signed.rename(columns={"name": "name_"}).sort_values(
                    ["name_", "reservation"]).itertuples() if row.reservation]
    shown = len(reserved) if is_on_paper else WORDS_SHOWN
    rest = reserved[shown:]
    told = [tag("p", escape(WITHDRAWAL["before_signing"]), class_="glc-note")] * (
        view.may("draft_principles") and not is_on_paper)
    return Markup().join([*parts, *told, *reserved[:shown],
                    _folded(f"{len(rest)} more reservation{'s' * (len(rest) != 1)}", rest, "reservations")])


def _nameless(view: StudyView, nameless: dict[str, int]) -> str:
    """What is told of those whose names may not be printed: their decisions, counted, or always the same
    words, which tell nothing of them."""
    if view.may("signatures"):
        return ""
    said = [f"{n} {said if n != 1 else _singular(said)}" for decision, said in DECISIONS.items()
            for n in [nameless.get(decision, 0)] if n]
    words = f"Of those who did not give their names, {', '.join(said)}." if said else OTHERS_SIGNED
    return tag("p", words, class_="glc-note")


def _singular(said: str) -> str:
    """How one organisation decided.

    >>> _singular("do not endorse it"), _singular("endorse it")
    ('does not endorse it', 'endorses it')
    """
    return said.replace("do not", "does not") if said.startswith("do not") else said.replace(
        "endorse", "endorses", 1)


def _names(who: pd.Series, shown: int) -> str:
    """Names in order, those beyond the first folded; then how many are withheld."""
    known, withheld = sorted(who[who != ""]), (who == "").sum()
    last = [f"{withheld} whose name is withheld"] if withheld else []
    if len(known) <= shown:
        return escape(", ".join([*known, *last]))
    rest = tag("details", tag("summary", f"{len(known) - shown} more"),
               escape(", ".join(known[shown:])), class_="glc-more")
    return escape(", ".join([*known[:shown], *last])) + rest


def show_judgements(view: StudyView) -> Html | None:
    """People's judgements of the evidence and of the decision, with their reasons; for the team with what is
    counted for each, also where nobody has judged yet. None where there is nothing."""
    judged = view.read("judgements")
    shown = _judgements(view, view.principle, judged[judged["principle_id"] == view.principle])
    if not shown:
        return None
    return show(tag("details", tag("summary", "Judgements of the evidence and of the decision"), shown,
                    class_="glc-more"))


def _judgements(view: StudyView, principle_id: str, judged: pd.DataFrame) -> str:
    if view.may("team_notes"):
        rows = principles.cerqual_counts(principle_id, principles.evidence_tables(view.read))
    else:
        rows = pd.DataFrame({"component": [one for one in principles.COMPONENTS
                                           if one in set(judged["component"])]}, dtype="str")
    rows = rows.merge(judged, on="component", how="left").fillna("")
    if rows.empty:
        return ""
    columns = {"Judged": rows["component"].map(COMPONENTS)}
    if view.may("team_notes"):
        columns["What is counted"] = rows["known"]
    columns |= {"Concern": rows["concern"].where(rows["concern"] != "", "not judged yet"),
                "Why": rows["reason"]}
    if view.may("judges"):
        columns["By"] = rows["by"]
    return html_table(columns, caption="Judgements and reasons are the team's; no level is computed.")


# ------------------------------
# One principle: the way back to the sources, and its earlier texts.


def show_sources(view: StudyView) -> Html:
    """For each piece of evidence the way back, folded: code or question, then for the team passages, rows and
    raw files, for others cleared quotations; for the team also the forms that the votes come from."""
    trail = Trail.of(view)
    rows = trail.read("evidence")
    rows = rows[rows["principle_id"] == view.principle]
    most = BYTES["sources"] // max(len(rows), 1)
    found = []
    for row in rows.itertuples():
        piece = _piece(trail, row)
        found.append(_trail(_summary(piece), trail.sources(row), most, 2, note=piece["note"],
                            name=anchor("evidence", row.evidence_id)))
    votes = _trail("The votes", trail.votes(view.principle), BYTES["texts"], 1)
    return show(Markup().join([*found, votes, history_html(trail, view.principle, is_folded=True)]))


def history_html(trail: Trail, principle_id: str, *, is_folded: bool) -> str:
    """How the texts of a principle changed, and what was decided about it."""
    rows, is_cut = _cut(changes(trail, principle_id), BYTES["texts"], lambda row: sum(map(len, row)))
    parts = [changes_table(rows)] if rows else []
    if is_cut:
        parts.append(tag("p", "This is not all: principles.csv has every text.", class_="glc-note"))
    parts += decided(trail, principle_id)
    if not parts or not is_folded:
        return Markup().join(parts)
    return tag("details", tag("summary", "How this text changed"), *parts, class_="glc-more")


def _summary(piece: dict[str, str]) -> str:
    """A piece of evidence in a line, as HTML."""
    if piece.get("sentence"):
        return escape(piece["sentence"])
    words = piece["text"] if len(piece["text"]) < 90 else f"{piece['text'][:80]}…"
    return tag("q", escape(words), **language_attributes(piece["language"])) + escape(f" {piece['by']}")


def _trail(summary: str, nodes: Iterable[Node], most: int, depth: int, *, note: str = "",
           name: str = "") -> str:
    """Lines of a trace, to open, under the id ``name``; ``depth`` is that of the first line, ``note`` what
    the team wrote of it."""
    kept, is_cut = _cut(nodes, most, lambda node: len(node.text.encode()) + len(node.place) + 80)
    if not kept:
        return ""
    lines = [tag("li", _line(one), class_=f"glc-depth-{one.depth - depth}") for one in kept]
    if is_cut:
        place = kept[0].place
        rest = tag("a", "All of it is on its own page.", href=link(place)) if place else \
            "`glc trace` lists all of it."
        lines.append(tag("li", f"This is not all. {rest}"))
    said = tag("p", escape(f"Note of the team: {note}"), class_="glc-note") if note else ""
    return tag("details", tag("summary", summary), said, tag("ul", *lines), class_="glc-more glc-trail",
               id=name)


def _line(node: Node) -> str:
    """A line of a trace: words in their own language and direction, then what is said of them."""
    text = tag("span", escape(node.text), dir="auto")
    if node.quote:
        rest = node.text.removeprefix(f"“{node.quote}”")
        text = tag("q", escape(node.quote), **language_attributes(node.language)) + tag("span", escape(rest))
    return tag("a", text, href=link(node.place)) if node.place else text
