"""Decisions of the room that a command writes down, in decision_log.csv: what, who decided it, and why.

In: a decision. Out: one more row of the table; all other rows keep their bytes.
"""

from __future__ import annotations

from datetime import date

from glc_analysis.csv_rows import append_rows
from glc_analysis.schema import table_files
from glc_analysis.study import Study
from glc_analysis.tabular import read_rows


def record_decision(study: Study, principle_id: str, decision: str, *, by: str, today: date,
                    objections: str = "") -> None:
    """Adds a decision about a principle, unless that day has it already."""
    path, (file, *_) = study.reference_file("decision_log"), table_files("decision_log")
    row = {"date": today.isoformat(), "principle_id": principle_id, "decision": decision, "proposed_by": by,
           "objections": objections}
    if path.is_file() and any(known.items() >= row.items()
                              for known in read_rows(path, file.required, file.optional).values()):
        return
    append_rows(path, file.required, [row])
