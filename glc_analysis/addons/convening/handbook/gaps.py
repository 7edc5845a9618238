"""Finds texts that are missing from the handbook, and names the row in which to write each missing text."""

from __future__ import annotations

from collections.abc import Iterator

from glc_analysis.addons.convening.ballots import list_ballot_notes as ballot_lines
from glc_analysis.addons.convening.histories import format_printed_id_of_text
from glc_analysis.reference import Reference
from glc_analysis.study import Study

IN_PRINCIPLES = {"rationale": "why", "indicator": "how to tell whether it works"}
"""The columns of principles.csv that a page of the handbook needs, each described in words."""
IN_HANDBOOK = {"limits": "where it does not hold", "question": "which question asks about its indicator"}
"""The fields of handbook.csv that a page of the handbook needs, each described in words."""


def list_ballot_and_handbook_notes(study: Study, reference: Reference) -> list[str]:
    """Returns notes on the ballots, and notes on texts about agreed principles that are missing from the
    handbook."""
    return [*ballot_lines(study, reference), *_gaps(study, reference)]


def _gaps(study: Study, reference: Reference) -> Iterator[str]:
    texts = reference.principles
    agreed = texts[(texts["status"] == "agreed") & (texts["translation_of"] == "")]
    written = reference.handbook
    known = {*zip(written["principle_id"], written["version"], written["field"], strict=True)}
    for n, row in agreed.to_dict("index").items():
        for column, words in IN_PRINCIPLES.items():
            if not row.get(column, ""):
                yield (f"Handbook: {format_printed_id_of_text(row)} does not say {words}. Fill in {column} "
                       f"in row {n} of "
                       "principles.csv.")
        for field, words in IN_HANDBOOK.items():
            if (row["principle_id"], row["version"], field) not in known:
                yield (f"Handbook: {format_printed_id_of_text(row)} does not say {words}. Add this row to "
                       f"handbook.csv: {row['principle_id']},{row['version']},{field},TEXT,BY,YYYY-MM-DD")
    blank = [name for name, text in study.settings["handbook"].items() if not text and name != "doi"]
    if len(agreed) and blank:
        yield f"Handbook: its first page does not state {', '.join(blank)}. Fill in [handbook] in study.toml."
