"""Shows the origin and the changes of a principle's text, with old and new words side by side.

Deleted words are in ``<del>``, added words in ``<ins>``. Deleted words are struck through and added words are
underlined, so that readers can distinguish them on paper without colour; screen readers announce the two
elements.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from typing import NamedTuple

from markupsafe import Markup, escape

from glc_analysis.addons.convening.histories import (
    PROPOSED,
    REWORDED,
    Text,
    describe_how_text_was_retired,
    describe_origin,
    find_change_that_produced_text,
    format_printed_id_of_text,
    list_replaced_text_ids,
    list_replacing_text_ids,
)
from glc_analysis.addons.convening.principles import UNSUPPORTED
from glc_analysis.addons.convening.trace import EvidenceTrail
from glc_analysis.tables_html import render_table
from glc_analysis.templates import ELEMENTS, Macros
from glc_analysis.view.places import make_anchor, make_link

_HTML = Macros(__file__, "text_history.html")
_UNALIKE = .3
"""If two texts have less than this share of their words in common, no words are marked, because the whole
text counts as new."""
_JOINED = ("KHMER", "THAI", "LAO", "MYANMAR", "CJK", "HIRAGANA", "KATAKANA", "TIBETAN")
"""The scripts without blanks between words. Texts in these scripts are compared by syllable or character."""
_COENG = "\u17d2"
"""The sign that joins the next Khmer consonant to the consonant before it."""


def split_for_comparison(text: str) -> list[str]:
    """Splits a text into the pieces that are compared: words with the blanks after them, and punctuation
    marks. In scripts without blanks between words, a piece is a character with the signs above and below it.

    >>> split_for_comparison("Ask once, gently."), split_for_comparison("គេសម្រាក")
    (['Ask ', 'once', ', ', 'gently', '.'], ['គេ', 'ស', 'ម្រា', 'ក'])
    """
    pieces: list[str] = []
    before = ""
    for letter in text:
        kind = _kind(letter)
        if pieces and (kind in ("blank", "mark") or pieces[-1].endswith(_COENG)
                       or kind == before == "word" and not pieces[-1][-1].isspace()):
            pieces[-1] += letter
        else:
            pieces.append(letter)
        before = before if kind in ("mark", "blank") else kind
    return pieces


def _kind(letter: str) -> str:
    if letter.isspace():
        return "blank"
    if unicodedata.category(letter).startswith("M") or letter == "\u200d":
        return "mark"
    if unicodedata.name(letter, "").startswith(_JOINED):
        return "joined"
    return "word" if letter.isalnum() or letter in "'’_" else "other"


def mark_changed_words(old: str, new: str) -> tuple[Markup, Markup]:
    """Returns the old and the new text as HTML. Deleted words are marked in the old text, and added words in
    the new text.

    >>> mark_changed_words("Ask once.", "Ask twice.")
    (Markup('Ask <del>once</del>.'), Markup('Ask <ins>twice</ins>.'))
    """
    before, after = split_for_comparison(old), split_for_comparison(new)
    matcher = SequenceMatcher(None, [piece.strip() for piece in before], [piece.strip() for piece in after],
                              autojunk=False)
    if matcher.ratio() < _UNALIKE:
        return escape(old), escape(new)
    sides: tuple[list[tuple[str, str, str]], ...] = [], []
    for change, from_1, to_1, from_2, to_2 in matcher.get_opcodes():
        for side, pieces, mark in zip(sides, (before[from_1:to_1], after[from_2:to_2]), ("del", "ins"),
                                      strict=True):
            text = "".join(pieces)
            kept = text.rstrip()
            side.append((mark if kept and change != "equal" else "", kept, text[len(kept):]))
    return _HTML.marked(sides[0]), _HTML.marked(sides[1])


def render_origin_and_replacement_paragraph(trail: EvidenceTrail, printed_id: str,
                                            principle_id: str) -> Markup:
    """Renders a paragraph on the origin of a text that was created in the room, or on what replaced a text
    that is no longer in use. The result is blank for other texts, and for audiences that may not read earlier
    texts."""
    texts = trail.texts
    text = texts.get(printed_id)
    if text is None:
        return Markup()
    kind = find_change_that_produced_text(text)
    sentences = [f"{printed_id} {describe_origin(text)}." if kind not in ("", REWORDED) else "",
                 UNSUPPORTED if kind == PROPOSED and not trail.count_recorded_evidence(principle_id) else ""]
    if text["status"] == "superseded" and (replaced := describe_how_text_was_retired(text, texts.values())):
        sentences.append(f"{printed_id} {replaced}.")
    shown = " ".join(filter(None, sentences))
    if not shown:
        return Markup()
    others = {*list_replaced_text_ids(text),
              *list_replacing_text_ids(printed_id, texts.values())} - {printed_id}
    named = re.compile(rf"\b({'|'.join(map(re.escape, sorted(others)))})\b")
    pieces = named.split(shown) if others else [shown]  # every second piece is one of these names
    return _HTML.came_about([(piece, make_link(make_anchor("principle", piece.rpartition(".")[0]))
                              if n % 2 else "")
                                 for n, piece in enumerate(pieces)])


class MarkedTextChange(NamedTuple):
    """A change of a text: ``what`` says what was done and why; ``before`` and ``now`` are the old and the new
    text as HTML."""

    what: Markup
    before: Markup
    now: Markup


def list_text_changes(trail: EvidenceTrail, principle_id: str) -> list[MarkedTextChange]:
    """Returns the changes of a principle's texts in the order of versions, then the changes that replaced a
    text of the principle by a text of another principle."""
    texts = trail.texts
    versions = sorted((text for text in texts.values() if text["principle_id"] == principle_id),
                 key=lambda text: int(text["version"]))
    into = [_change(f"{format_printed_id_of_text(new)} {describe_origin(new)}."
                    f"{trail.describe_reason_and_requester(new)}", texts[name], new)
            for new in versions for name in list_replaced_text_ids(new) if name in texts]
    return into + [
        _change(f"{format_printed_id_of_text(old)} "
                f"{describe_how_text_was_retired(old, texts.values())}."
                f"{trail.describe_reason_and_requester(new)}", old, new)
        for old in versions for new in texts.values()
        if new["principle_id"] != principle_id
        and format_printed_id_of_text(old) in list_replaced_text_ids(new)]


def _change(what: str, old: Text, new: Text) -> MarkedTextChange:
    sides = zip((old, new), mark_changed_words(old["statement"], new["statement"]), strict=True)
    return MarkedTextChange(escape(what),
                            *(_HTML.version(format_printed_id_of_text(text), words, text["language"])
                              for text, words in sides))


def render_text_changes(rows: list[MarkedTextChange]) -> Markup:
    """Renders the changes of :func:`list_text_changes`, with old and new text side by side."""
    columns = dict(zip(("What changed", "Before", "Now"), zip(*rows, strict=True), strict=True))
    caption = "Deleted words are struck through, added words are underlined."
    return _HTML.changes(render_table(columns, caption=caption))


def render_proposals_decisions_and_objections(trail: EvidenceTrail, principle_id: str) -> list[Markup]:
    """Renders paragraphs on the reason why a principle was proposed in the room, on the decisions about it,
    and on objections to it."""
    proposed = [f"{format_printed_id_of_text(text)} {describe_origin(text)}."
                f"{trail.describe_reason_and_requester(text)}" for text in trail.texts.values()
                if text["principle_id"] == principle_id and find_change_that_produced_text(text) == PROPOSED]
    return [*(ELEMENTS.note(sentence) for sentence in proposed),
            *map(_HTML.recorded, trail.list_decisions(principle_id))]
