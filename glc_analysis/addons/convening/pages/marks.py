"""Defines two slots in which other add-ons show remarks on principles. A slot is a place on a page that
add-ons fill."""

from __future__ import annotations

from glc_analysis.pages.slots import list_slot_contents
from glc_analysis.view.study_view import StudyView

PRINCIPLE, MARKS = "principle", "principle_marks"
"""The names of the two slots. ``PRINCIPLE`` is HTML on the page of a principle, after its rationale and
indicator. ``MARKS`` holds words, keyed by the printed id of a text, that are shown beside the status of the
text on every page that shows the status."""


def collect_status_remarks_of_add_ons(view: StudyView) -> dict[str, str]:
    """Returns the remarks of other add-ons to be shown beside the status of a text, keyed by the printed id
    of the text."""
    marks: dict[str, list[str]] = {}
    for printed, words in (pair for added in list_slot_contents(view, MARKS) for pair in added.items()):
        marks.setdefault(printed, []).append(words)
    return {printed: "; ".join(words) for printed, words in marks.items()}
