"""What other add-ons show of principles: HTML on the page of each, and words beside the status of a text."""

from __future__ import annotations

from glc_analysis.pages.slots import list_slot_contents
from glc_analysis.view.study_view import StudyView

PRINCIPLE, MARKS = "principle", "principle_marks"
"""The slots: HTML on the page of a principle, behind its reasons; and words that stand beside the status of a
text wherever pages show it, by its printed id."""


def collect_status_remarks(view: StudyView) -> dict[str, str]:
    """The remarks of add-ons beside the status of texts, by printed id."""
    marks: dict[str, list[str]] = {}
    for printed, words in (pair for added in list_slot_contents(view, MARKS) for pair in added.items()):
        marks.setdefault(printed, []).append(words)
    return {printed: "; ".join(words) for printed, words in marks.items()}
