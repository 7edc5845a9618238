"""How the text of a principle came to be and what became of it: old and new words side by side, marked.

In: a principle and the tables that an audience may read. Out: HTML. Words that went are in ``<del>``, words
that came in ``<ins>``: struck through and underlined, so also on grey paper, and named to a screen reader.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from html import escape
from typing import Any

from glc_analysis.convening.histories import (
    PROPOSED,
    REWORDED,
    became,
    came_from,
    how,
    name_of,
    origin,
    outcome,
)
from glc_analysis.convening.places import anchor, link
from glc_analysis.convening.principles import UNSUPPORTED
from glc_analysis.convening.trace import Trail
from glc_analysis.tables_html import Markup, table, tag
from glc_analysis.text import language_direction

UNALIKE = .3
"""Where less than this share of the words stayed, nothing is marked: all of it is new."""
JOINED = ("KHMER", "THAI", "LAO", "MYANMAR", "CJK", "HIRAGANA", "KATAKANA", "TIBETAN")
"""Scripts that put no blank between words: there syllables or characters are compared."""
COENG = "\u17d2"
"""The sign that joins the next Khmer consonant to the one before."""


def words(text: str) -> list[str]:
    """A text in pieces that are compared: words with the blanks after them, punctuation marks, and in scripts
    without blanks between words, characters with what stands above and below them.

    >>> words("Ask once, gently."), words("គេសម្រាក")
    (['Ask ', 'once', ', ', 'gently', '.'], ['គេ', 'ស', 'ម្រា', 'ក'])
    """
    pieces: list[str] = []
    before = ""
    for letter in text:
        kind = _kind(letter)
        if pieces and (kind in ("blank", "mark") or pieces[-1].endswith(COENG)
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
    if unicodedata.name(letter, "").startswith(JOINED):
        return "joined"
    return "word" if letter.isalnum() or letter in "'’_" else "other"


def marked(old: str, new: str) -> tuple[Markup, Markup]:
    """The old and the new text as HTML, with the words that went and those that came marked.

    >>> marked("Ask once.", "Ask twice.")
    ('Ask <del>once</del>.', 'Ask <ins>twice</ins>.')
    """
    before, after = words(old), words(new)
    matcher = SequenceMatcher(None, [one.strip() for one in before], [one.strip() for one in after],
                              autojunk=False)
    if matcher.ratio() < UNALIKE:
        return Markup(escape(old)), Markup(escape(new))
    sides: tuple[list[str], list[str]] = ([], [])
    for change, from_1, to_1, from_2, to_2 in matcher.get_opcodes():
        for side, pieces, name in ((0, before[from_1:to_1], "del"), (1, after[from_2:to_2], "ins")):
            said = "".join(pieces)
            kept = said.rstrip()
            sides[side].append(escape(said) if change == "equal" or not kept
                               else tag(name, escape(kept)) + said[len(kept):])
    return Markup("".join(sides[0])), Markup("".join(sides[1]))


def came_about(trail: Trail, row: Any) -> str:
    """In a paragraph where a text came from, if it came to be in the room, and what became of one that is no
    longer in use; blank where neither is so, and for those who do not read earlier texts."""
    texts = trail.texts
    text = texts.get(row.printed_id)
    if text is None:
        return ""
    said = [f"{row.printed_id} {origin(text)}." if how(text) not in ("", REWORDED) else "",
            UNSUPPORTED if how(text) == PROPOSED and not trail.evidence_count(row.principle_id) else ""]
    if text["status"] == "superseded" and (replaced := outcome(text, texts.values())):
        said.append(f"{row.printed_id} {replaced}.")
    shown = escape(" ".join(filter(None, said)))
    others = {*came_from(text), *became(row.printed_id, texts.values())} - {row.printed_id}
    for name in sorted(others):
        place = link(anchor("principle", name.rpartition(".")[0]))
        shown = re.sub(rf"\b{re.escape(name)}\b", tag("a", name, href=place), shown)
    return tag("p", shown, class_="glc-note") if shown else ""


def changes(trail: Trail, principle_id: str) -> list[tuple[Markup, Markup, Markup]]:
    """What happened to the texts of a principle, one row each: what and why, the old words, the new ones."""
    texts = trail.texts
    own = sorted((one for one in texts.values() if one["principle_id"] == principle_id),
                 key=lambda one: int(one["version"]))
    found = []
    for new in own:
        found += [(Markup(escape(f"{name_of(new)} {origin(new)}.{trail.reason(new)}")),
                   *_sides(texts[name], new)) for name in came_from(new) if name in texts]
    for old in own:
        for new in texts.values():
            if new["principle_id"] != principle_id and name_of(old) in came_from(new):
                said = f"{name_of(old)} {outcome(old, texts.values())}.{trail.reason(new)}"
                found.append((Markup(escape(said)), *_sides(old, new)))
    return found


def _sides(old: Any, new: Any) -> tuple[Markup, Markup]:
    before, after = marked(old["statement"], new["statement"])
    return _words(old, before), _words(new, after)


def _words(text: Any, shown: Markup) -> Markup:
    """A text with its printed id, in its language and direction."""
    code = "" if text["language"] == "unknown" else text["language"]
    return Markup(tag("span", escape(name_of(text)), class_="glc-id") + " "
                  + tag("span", shown, lang=code, dir=language_direction(text["language"])))


def changes_table(rows: list[tuple[Markup, Markup, Markup]]) -> str:
    """The rows of :func:`changes` side by side."""
    return tag("div", table({"What changed": [row[0] for row in rows], "Before": [row[1] for row in rows],
                             "Now": [row[2] for row in rows]},
                            caption="Words that went are struck through, words that came are underlined."),
               class_="glc-change")


def decided(trail: Trail, principle_id: str) -> list[str]:
    """Why a principle was proposed in the room, and the decisions about it, with objections to it, a
    paragraph each."""
    proposed = [f"{name_of(one)} {origin(one)}.{trail.reason(one)}" for one in trail.texts.values()
                if one["principle_id"] == principle_id and how(one) == PROPOSED]
    return [*(tag("p", escape(said), class_="glc-note") for said in proposed),
            *(tag("p", tag("strong", "Recorded: "), escape(said), class_="glc-note")
              for said in trail.decisions(principle_id))]
