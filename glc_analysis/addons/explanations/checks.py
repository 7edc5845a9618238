"""Checks the explanations in explanations.csv, and checks during the build that the passages of the
explanations exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from glc_analysis.errors import Fault, Faults
from glc_analysis.reference import Reference, attribute_faults_to_private_files
from glc_analysis.schema import AUDIENCES, Check, Tables, find_unknown_name_faults, make_schema_check
from glc_analysis.steps import Step, View
from glc_analysis.study import Study
from glc_analysis.view.study_view import StudyView

MOST_EXPLANATIONS = 3
"""The largest number of explanations that a principle may have."""
PASSAGE_COLUMNS = ("passages_for", "passages_against", "passages_limits", "rival_passages")
"""The columns of explanations.csv that list coded segments."""
WORD_COLUMNS = ("circumstances", "resource", "response", "outcome", "rival")
"""The columns of explanations.csv with the team's own words, in the order in which people read them."""
_COUNT = re.compile(r"\d+\s*(?:%|٪|per ?cent)|\b\d+ (?:out )?of (?:the|\d+)", re.IGNORECASE)


def split_segment_ids(cell: str) -> list[str]:
    """Returns the ids of the segments that a cell lists.

    >>> split_segment_ids("call-1.2; call-1.7;")
    ['call-1.2', 'call-1.7']
    """
    return [one.strip() for one in cell.split(";") if one.strip()]


def _explanations(tables: Tables) -> Iterator[Fault]:
    """Yields those faults of explanations that do not concern passages:

    - a principle has more than three explanations;
    - an explanation contains a count;
    - an explanation is meant for audiences other than the team, but nobody has read the explanation since a
      withdrawal reopened it.
    """
    for n, row in tables["explanations"].to_dict("index").items():
        if row["number"].isdecimal() and int(row["number"]) > MOST_EXPLANATIONS:
            yield Fault(f"is more than {MOST_EXPLANATIONS}: a principle has at most three explanations",
                        "explanations.csv", str(n), "number", row["number"],
                        "keep the three best explanations")
        for column in WORD_COLUMNS:
            if found := _COUNT.search(row[column]):
                yield Fault("is a count, which belongs with the evidence: an explanation only says why",
                            "explanations.csv", str(n), column, found[0], "say it in words")
        if row["shown_for"] and not row["date"]:
            yield Fault("names audiences, but nobody has read the explanation since a withdrawal reopened it",
                        "explanations.csv", str(n), "shown_for", row["shown_for"],
                        "read the explanation with its passages and write the day into the column date, or "
                        "leave shown_for blank")


def _repeated_passages(tables: Tables) -> Iterator[Fault]:
    """Yields a fault for each passage that supports several explanations which audiences outside the team
    read.

    Suppose that readers outside the team see two explanations that share two of their three passages. The
    readers could infer that the third passages of the two explanations have the same author. The convening
    counts as an audience outside the team here, because it also reads the public pages.
    """
    first: dict[str, str] = {}
    for n, row in tables["explanations"].to_dict("index").items():
        name = f"{row['number']} of {row['principle_id']}"
        for segment in dict.fromkeys(split_segment_ids(row["passages_for"]) if row["shown_for"] else ()):
            if (other := first.setdefault(segment, name)) != name:
                yield Fault(f"supports explanation {other} as well, and readers outside the team see both "
                            "explanations, which together could show which passages have the same author",
                            "explanations.csv", str(n),
                            "passages_for", segment, "name another passage in one of the two explanations")


CHECKS: tuple[Check, ...] = (make_schema_check("explanations.principle_id"),
                             Check(("explanations",), _explanations),
                             Check(("explanations",), _repeated_passages))


def list_reopened_or_hidden_explanations(study: Study, reference: Reference) -> Iterator[str]:
    """Yields a line for each explanation that has no day, for example because a withdrawal has reopened it.
    Also yields a line for each explanation that its intended audience cannot see with the present tables."""
    rows = reference.explanations
    for row in rows[rows["date"] == ""].to_dict("records"):
        yield (f"Explanation {row['number']} of {row['principle_id']} has to be read again, because words on "
               "which it rested were withdrawn or it has no day. To fix: read it and write the day into the "
               "column date of explanations.csv.")
    is_built = (study.processed / "slices.json").is_file() if len(rows) else False
    for audience in AUDIENCES[1:] if is_built else ():
        read = StudyView(study).find_readable_principle_explanations(audience)
        for row in rows[rows["shown_for"].str.contains(audience)].to_dict("records"):
            if (row["principle_id"], row["number"]) not in read:
                yield (f"The {audience} cannot read explanation {row['number']} of {row['principle_id']}: it "
                       "rests on words that are no longer shown, or fewer than three independent "
                       "organisations have cleared words for it. To fix: choose other passages in "
                       "explanations.csv.")


def _known_passages(view: View) -> dict[str, Any]:
    """Returns the table ``explanations``. Raises Faults for cited passages that the study does not have."""
    rows, known = view.reference.explanations, {*view["segments"]["segment_id"]}
    faults = [fault for column in PASSAGE_COLUMNS for fault in find_unknown_name_faults(
        "explanations", column, rows[column].str.split(";").explode().str.strip(), known | {""},
        "the study has no such segment")]
    if faults:
        raise Faults(attribute_faults_to_private_files(view.study, faults))
    return {"explanations": rows.copy()}


STEPS = (Step("explanations", ("explanations.csv", "segments"), ("explanations",), _known_passages,
              "explanations", ("explanations.csv",)),)
