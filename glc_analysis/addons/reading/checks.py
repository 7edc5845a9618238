"""Contains the checks of summaries and memos that `glc check` and `glc matrix --enter` run."""

from __future__ import annotations

from collections.abc import Iterator

from glc_analysis.addons.crosstabs.code_counts import EACH_ORGANISATION
from glc_analysis.errors import Fault
from glc_analysis.schema import Check, Tables, find_unknown_name_faults, make_schema_check

SUBJECTS = {"document": ("documents", "document_id"), "code": ("codebook", "code_id"),
            "organisation": ("organisations", "organisation_id")}
"""The table and column with the ids of each subject that a memo can have, keyed by subject."""


def _known_organisations(tables: Tables) -> Iterator[Fault]:
    """Yields a fault for each case that is an organisation but is not in organisations.csv."""
    rows = tables["summaries"]
    named = rows.loc[rows["attribute"] == EACH_ORGANISATION, "case_id"]
    yield from find_unknown_name_faults("summaries", "case_id", named,
                                        {*tables["organisations"]["organisation_id"]},
                                        "organisations.csv has no such organisation")


def _known_subjects(tables: Tables) -> Iterator[Fault]:
    """Yields a fault for each memo whose about_id is blank or unknown. In a memo about the study, however,
    about_id must be blank."""
    rows = tables["analytic_memos"]
    for about, (table, column) in SUBJECTS.items():
        named = rows.loc[rows["about"] == about, "about_id"]
        for n in named.index[named == ""]:
            yield Fault(f"is blank, and the memo is about a {about}", "analytic_memos.csv", str(n),
                        "about_id", fix=f"write the {column}, or write study into the column about")
        yield from find_unknown_name_faults("analytic_memos", "about_id", named[named != ""],
                                            {*tables[table][column]},
                                            f"{table}.csv has no such {about}")
    of_study = rows[(rows["about"] == "study") & (rows["about_id"] != "")]
    for n, value in of_study["about_id"].items():
        yield Fault("is filled in, but the memo is about the study", "analytic_memos.csv", str(n),
                    "about_id", value,
                    "leave the cell blank, or write the subject of the memo into the column about")


CHECKS: tuple[Check, ...] = (
    make_schema_check("summaries.code_id"),
    Check(("summaries", "organisations"), _known_organisations),
    Check(("analytic_memos", "documents", "codebook", "organisations"), _known_subjects),
)
