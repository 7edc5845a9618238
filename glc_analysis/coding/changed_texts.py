"""A text that changed after a coder began it at the desk: which of the coder's passages keep their place.

The places are those that the build gives to a coder's copy (:func:`.alignment.align_copy`, and where words
were edited :class:`.edited_texts.EditedText`). A passage that they cannot place exactly has none here.
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
    """A text of today beside ``copy``, the same text as a coder knows it. ``mask`` puts today's pseudonyms
    into the copy.

    >>> text = Text("p1: We wait for months.\\n", "p1: We wait for months.\\n", (), ((0, 2),))
    >>> changed = ChangedText(text, "p1: We wait for weeks.\\n", lambda copy: Masked(copy, ()))
    >>> changed.is_edited, changed.locate(4, 11), changed.locate(12, 21)
    (True, (4, 11), (-1, -1))
    """

    def __init__(self, text: Text, copy: str, mask: Callable[[str], Masked]) -> None:
        self.text = text
        self._alignment = align_copy(text, copy)
        self._edited = None if self._alignment else EditedText(text, mask(copy))

    @property
    def is_edited(self) -> bool:
        """Whether words changed, not only names, blanks or signs."""
        return self._edited is not None

    @property
    def is_another(self) -> bool:
        """Whether so many words changed that it counts as another text."""
        return self._edited is not None and self._edited.share_in_common < LEAST_IN_COMMON

    def locate(self, start: int, end: int) -> Span:
        """The place of a passage of the copy in the text of today; (-1, -1) where it has no certain one."""
        if self._alignment:
            return self._alignment.locate(start, end)
        if self._edited is None or self.is_another:
            return NO_PLACE
        return self._edited.locate(start, end)[0]

    def near(self, start: int, end: int) -> Span:
        """The stretch of the text of today in which a passage of the copy must be, if it is there."""
        length = len(self.text.canonical)
        if self._alignment:
            place = self._alignment.locate(start, end)
            return place if place != NO_PLACE else (0, length)
        if self._edited is None or self.is_another or not self._edited.ours.words:
            return 0, length
        return self._edited.near(start, end)

    def changed_turns(self) -> Iterator[Span]:
        """The turns of the text of today that have other words than those of the copy."""
        return self._edited.changed_turns() if self._edited else iter(())

    def words_before(self, start: int, end: int) -> str:
        """The words of the copy in the turns that correspond to a span of the current text; blank where the
        copy has none."""
        return self._edited.words_before(start, end) if self._edited else ""
