"""Finds the new places of a coder's passages in a text that changed after the coder began to code it at the
coding desk.

The places are found in the same way as the build finds the places of passages from a coder's copy: with
:func:`.alignment.align_copy` or, if words were edited, with :class:`.edited_texts.EditedText`. A passage
whose place is not exactly known gets no place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from glc_analysis.coding.alignment import align_copy
from glc_analysis.coding.edited_texts import LEAST_IN_COMMON, EditedText
from glc_analysis.coding.texts import Text
from glc_analysis.intake.codings.model import Span
from glc_analysis.pseudonyms.masking import Masked

NO_PLACE = (-1, -1)


class ChangedText:
    """The current text compared with ``copy``, an earlier version that a coder has coded. ``mask`` puts the
    current pseudonyms into the copy.

    >>> text = Text("p1: We wait for months.\\n", "p1: We wait for months.\\n", (), ((0, 2),))
    >>> changed = ChangedText(text, "p1: We wait for weeks.\\n", lambda copy: Masked(copy, ()))
    >>> changed.is_edited, [changed.map_copy_span_to_current_text(*span) for span in ((4, 11), (12, 21))]
    (True, [(4, 11), (-1, -1)])
    """

    def __init__(self, text: Text, copy: str, mask: Callable[[str], Masked]) -> None:
        self.text = text
        self._alignment = align_copy(text, copy)
        self._edited = None if self._alignment else EditedText(text, mask(copy))

    @property
    def is_edited(self) -> bool:
        """Whether words of the text changed, and not only names, spaces or punctuation marks."""
        return self._edited is not None

    @property
    def is_another_text(self) -> bool:
        """Whether so many words changed that the current text counts as a different text."""
        return self._edited is not None and self._edited.share_in_common < LEAST_IN_COMMON

    def map_copy_span_to_current_text(self, start: int, end: int) -> Span:
        """Returns the place of a passage of the copy in the current text; (-1, -1) if its place is not
        certain."""
        if self._alignment:
            return self._alignment.map_copy_span(start, end)
        if self._edited is None or self.is_another_text:
            return NO_PLACE
        return self._edited.map_copy_span_or_explain_uncertainty(start, end)[0]

    def find_current_surroundings_of_copy_span(self, start: int, end: int) -> Span:
        """Returns the stretch of the current text that must contain a passage of the copy, if the current
        text contains the passage at all."""
        length = len(self.text.canonical)
        if self._alignment:
            place = self._alignment.map_copy_span(start, end)
            return place if place != NO_PLACE else (0, length)
        if self._edited is None or self.is_another_text or not self._edited.ours.words:
            return 0, length
        return self._edited.find_surrounding_span(start, end)

    def list_changed_turns(self) -> Iterator[Span]:
        """Returns the turns of the current text whose words differ from the words of the copy."""
        return self._edited.find_changed_turns() if self._edited else iter(())

    def find_earlier_words_of_turns(self, start: int, end: int) -> str:
        """Returns the words of those turns of the copy that correspond to a span of the current text; blank
        if the copy has no such turn."""
        return self._edited.quote_copy_turns_at_text_span(start, end) if self._edited else ""
