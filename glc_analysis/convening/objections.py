"""A block: somebody objects to a text by name, outside the ballot (`glc object`). It changes no count.

In: a principle, who objects, and the words. Out: a row of decision_log.csv, which slides, pages, packets and
the trace print; an organisation is named there only if it may be.
"""

from __future__ import annotations

from datetime import date

from glc_analysis.convening.amendments import check_said, current
from glc_analysis.convening.decisions import record_decision
from glc_analysis.convening.principles import printed_id
from glc_analysis.convening.room_words import reason, who_asked
from glc_analysis.reference import read_reference
from glc_analysis.study import Study

OBJECTION = "Objection to {}, outside the ballot: it changes no count"
"""What the decision log says of a block, with the printed id of the text."""


def object_to(study: Study, principle_id: str, words: str, *, by: str, today: date) -> str:
    """Writes down an objection to the latest text of a principle, and returns the printed id of that.

    Raises UsageError for an unknown principle, where who objects, or the words, are missing, and where they
    name a person.
    """
    reference = read_reference(study)
    row = current(reference.principles, principle_id)
    check_said(by=by, because=words)
    by, words = who_asked(reference, by), reason(reference, words)
    name = printed_id(principle_id, row["version"])
    record_decision(study, principle_id, OBJECTION.format(name), by=by, today=today,
                    objections=words)
    return name
