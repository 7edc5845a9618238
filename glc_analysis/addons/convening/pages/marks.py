"""Defines two slots in which other add-ons show remarks on principles. A slot is a place on a page that
add-ons fill."""

from __future__ import annotations

from glc_analysis.pages.slots import list_slot_contents
from glc_analysis.view.study_view import StudyView

PRINCIPLE, MARKS = "principle", "principle_marks"
"""The names of the two slots. ``PRINCIPLE`` is HTML on the page of a principle, after its rationale and
indicator. ``MARKS`` are words beside the status of a text wherever pages show the status, keyed by the text's
printed id."""


def collect_status_remarks(view: StudyView) -> dict[str, str]:
    """Returns the remarks of add-ons that stand beside the status of texts, keyed by printed id."""
    marks: dict[str, list[str]] = {}
    for printed, words in (pair for added in list_slot_contents(view, MARKS) for pair in added.items()):
        marks.setdefault(printed, []).append(words)
    return {printed: "; ".join(words) for printed, words in marks.items()}
