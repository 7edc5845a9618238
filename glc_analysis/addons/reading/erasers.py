"""Erases summaries and memos in a withdrawal.

The summaries of the organisation that withdraws are deleted. The summary of a group of organisations, such as
a country, may paraphrase the organisation. If the summary of a group rests on a passage of the organisation,
the text of the summary is deleted. The withdrawal then lists the deleted summary, so that a person writes a
new one. From all other rows, the names and words to be withdrawn are removed as in any other table.
"""

from __future__ import annotations

from glc_analysis.addon import Leaver
from glc_analysis.study import WITHDRAWN

Cells = dict[str, str]


def erase_leaver_from_summary_or_memo(table: str, original_row: Cells, redacted_row: Cells,
                                      leaver: Leaver) -> tuple[Cells, Cells] | None:
    """Removes the leaver's content from a row of summaries or memos. ``original_row`` is the row before the
    withdrawal, and ``redacted_row`` is the row in which names and words are already removed. Returns both
    rows, or None if the whole row is deleted."""
    if table == "analytic_memos" and original_row["about_id"] and original_row["about_id"] in leaver.ids:
        return None
    if table != "summaries":
        return original_row, redacted_row
    if original_row["case_id"] in leaver.ids | leaver.countries:
        return None
    written_from = original_row["segment_ids"].split(";")
    left = [segment for segment in written_from if segment not in leaver.ids]
    if left == written_from:
        return original_row, redacted_row
    kept = {"segment_ids": ";".join(left), "passages_version": ""}
    return original_row | kept, redacted_row | kept | {"text": WITHDRAWN}
