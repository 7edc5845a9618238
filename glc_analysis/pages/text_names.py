"""Makes the names that pages print in place of the ids of texts and turns. A name says who spoke, when, and
in which turn."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import count

import pandas as pd

from glc_analysis.text import format_full_date_with_preposition


def name_texts(documents: pd.DataFrame, organisation_names: Mapping[str, str]) -> dict[str, str]:
    """Returns the name of each text, keyed by document_id: "Call on 7 September 2016", "Interview with Blue
    Door", "Answer of Blue Door to Q5.6".

    Texts that would have the same name also get their day in the name. Texts that then still have the same
    name get a number. ``documents`` is the processed table ``documents``; ``organisation_names`` maps an
    organisation_id to the name of the organisation.

    >>> documents = pd.DataFrame({"document_id": ["call-1", "interview-door"], "kind": ["call", "interview"],
    ...     "organisation_id": ["", "door"], "question_id": "", "date": ["2016-09-07", ""],
    ...     "translation_of": ""})
    >>> name_texts(documents, {"door": "Blue Door"})
    {'interview-door': 'Interview with Blue Door', 'call-1': 'Call on 7 September 2016'}
    """
    rows = documents.sort_values(["date", "document_id"])
    days = [format_full_date_with_preposition(day) for day in rows["date"].astype("str")]
    owners = [organisation_names.get(one, "") for one in rows["organisation_id"].astype("str")]
    names = [_name(kind, owner, question, day, is_translated=original != "")
             for kind, owner, question, day, original in zip(
                 rows["kind"], owners, rows["question_id"], days, rows["translation_of"], strict=True)]
    size = Counter(names)
    names = [f"{name} {day}" if size[name] > 1 and day not in name else name
             for name, day in zip(names, days, strict=True)]
    size, number = Counter(names), defaultdict[str, count](lambda: count(1))
    names = [f"{name}, number {next(number[name])}" if size[name] > 1 else name for name in names]
    return dict(zip(rows["document_id"], names, strict=True))


def name_turn(text_names: Mapping[str, str], segment_id: str) -> str:
    """Returns the name of a turn, which consists of the name of its text (:func:`name_texts`) and the number
    of the turn in the text. The name of an answer has no number, because an answer has only one turn.

    >>> name_turn({"interview-door": "Interview with Blue Door"}, "interview-door.7")
    'Interview with Blue Door, turn 7'
    """
    document, _, number = segment_id.rpartition(".")
    name = text_names[document]
    return name if name.startswith("Answer") else f"{name}, turn {number}"


def _name(kind: str, owner: str, question: str, day: str, *, is_translated: bool) -> str:
    if kind == "answer":
        name = f"Answer of {owner} to {question}" if owner else f"Answer to {question}"
    elif kind == "call":
        name = f"Call {day}" if day else "Call of an unknown day"
    else:
        name = f"Interview with {owner}" if owner else f"Interview {day}" if day else "Interview"
    return f"{name}, translated" if is_translated else name
