"""Texts that were corrected since their coder began them at the desk, or went on with them.

In go the coder's texts as they are today (:mod:`.coder_texts`), and the journal, which holds them as the
coder began them. Out come whether a text changed, what a coder is told of it, and what going on with the text
of today means for codings and proposed codes: a new place, or the stretch in which to place them again.

The module decides what goes along: a passage whose words are the same, and lie within one turn
(:mod:`~glc_analysis.coding.changed_texts`). An open answer that was coded as a whole goes along as a whole.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

from glc_analysis.coding.changed_texts import NOWHERE, ChangedText, Span
from glc_analysis.explore.coder_texts import CoderTexts
from glc_analysis.intake.codings.desk_journal import CodeProposal, DeskCoding, DeskText, Journal
from glc_analysis.text import content_hash


class CorrectedTexts:
    """A coder's texts of today beside those of the journal."""

    def __init__(self, own: CoderTexts, journal: Journal) -> None:
        self._own, self._journal = own, journal
        self._pairs: dict[tuple[str, str, str], ChangedText] = {}

    def is_changed(self, document: str) -> bool:
        """Whether a text has other words today than when its coder began it or went on with it."""
        is_begun = document in self._journal.work.texts and (
            document in self._own.texts or document in self._own.answers)
        return is_begun and self._own.words_now(document) != self._journal.work.texts[document].text

    def change(self, document: str) -> dict[str, Any]:
        """What a coder is told of a text that changed (``change``; blank where it did not), and how many of
        the codings lie in words that did not change (``stay``)."""
        if not self.is_changed(document):
            return {"change": "", "stay": 0}
        before, moved = self._journal.work.texts[document], self.new_text(document)["moved"]
        own = {key for key, one in self._journal.work.codings.items() if one.document_id == document}
        n, stay, day = len(own), len(own & moved.keys()), self._own.received_on(document)
        since = f"after you began it on {before.on}" if before.on else "after you began it"
        when = f"on {day}" if before.on and day >= before.on else since
        counted = "You have no codings in it." if not n else \
            f"Your one coding {'lies' if stay else 'does not lie'} in words that did not change." if n == 1 \
            else f"{stay} of your {n} codings lie{'s' * (stay == 1)} in words that did not change."
        said = "answer" if document in self._own.answers else "text"
        return {"change": f"This {said} was corrected {when}. {counted}", "stay": stay}

    def new_text(self, document: str) -> dict[str, Any]:
        """A text of today as the journal keeps it: document_id, version, text, ``is_edited``, and the coder's
        codings and proposed codes by their ids: ``moved`` has the place of those whose words are unchanged,
        ``waiting`` the stretch in which each of the others must be."""
        work, words = self._journal.work, self._own.words_now(document)
        before = work.texts[document]
        changed = self._beside(document, before)
        moved, waiting = {}, {}
        turns = self._own.turns(document, words)
        starts = [turn.start for turn in turns]
        for table in (work.codings, work.proposals, work.waiting):
            for key, one in table.items():
                if one.document_id != document:
                    continue
                start, end = self._place(one, before.text, changed)
                turn = turns[max(bisect_right(starts, start) - 1, 0)]
                if not one.words and turn.start <= start < end <= turn.end:
                    moved[key] = [start, end]
                else:
                    waiting[key] = [*changed.near(one.start, one.end)]
        return {"document_id": document, "version": content_hash(words), "text": words,
                "is_edited": changed.is_edited, "moved": moved, "waiting": waiting}

    def changed_turns(self, document: str) -> list[int]:
        """Where the turns begin that have other words than before their coder went on with the text of today;
        none where nobody did, or where the text has changed again."""
        before = self._journal.work.earlier.get(document)
        if before is None or self.is_changed(document):
            return []
        return [start for start, _ in self._beside(document, before).changed_turns()]

    def _beside(self, document: str, before: DeskText) -> ChangedText:
        """The text of today beside the text before."""
        key = document, before.version, content_hash(self._own.words_now(document))
        if key not in self._pairs:
            now = self._own.text_now(document, before.text)
            self._pairs[key] = ChangedText(now, before.text, self._own.mask)
        return self._pairs[key]

    def _place(self, one: DeskCoding | CodeProposal, before: str, changed: ChangedText) -> Span:
        """The place of a passage in the text of today. An answer that was coded as a whole stays so."""
        if one.document_id in self._own.answers and (one.start, one.end) == (0, len(before)):
            return NOWHERE if changed.is_edited else (0, len(changed.text.canonical))
        return changed.locate(one.start, one.end)
