"""Reopens explanations after a withdrawal: removes the passages of the organisation that withdraws (the
leaver). An explanation that rested on a removed passage is visible only to the team until somebody has read
the explanation again and has entered the day of reading it."""

from __future__ import annotations

from glc_analysis.addon import Leaver
from glc_analysis.addons.explanations.checks import PASSAGE_COLUMNS, split_segment_ids

Cells = dict[str, str]


def erase_leaver_passages_from_explanation(table: str, original_row: Cells, redacted_row: Cells,
                                           leaver: Leaver) -> tuple[Cells, Cells] | None:
    """Removes the leaver's passages from both forms of a row: the form before the withdrawal
    (``original_row``) and the form after it (``redacted_row``). Returns both forms; returns None if no
    passage for the explanation is left, so that the whole row is deleted. If only quotations are withdrawn,
    the passages stay, and the explanation is only reopened."""
    if table != "explanations":
        return original_row, redacted_row
    cited = {segment for column in PASSAGE_COLUMNS for segment in split_segment_ids(original_row[column])}
    if cited.isdisjoint(leaver.ids | leaver.quoted):
        return original_row, redacted_row
    # Where quotations alone are withdrawn, the team goes on reading the passages.
    kept = {"date": "", "shown_for": ""} | {
        column: ";".join(one for one in split_segment_ids(original_row[column])
                         if one not in leaver.ids - leaver.quoted)
        for column in PASSAGE_COLUMNS}
    return (original_row | kept, redacted_row | kept) if kept["passages_for"] else None
