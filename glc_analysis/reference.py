"""What people decided: the reference tables, read and checked against each other.

Every reference table is a CSV file with the columns of :data:`COLUMNS`, and
those of :data:`OPTIONAL` where it needs them. All its text is text; a blank cell is ``""``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from glc_analysis import manifest
from glc_analysis.errors import Fault, Faults
from glc_analysis.study import Study
from glc_analysis.tabular import read_rows

CHOICES = ("single", "multi", "scale")
COUNTRY_LIST = "countries"
"""The reserved option list whose options are the countries of countries.csv."""

WORDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("questions", "unit"): ("organisation", "answer"),
    ("questions", "type"): ("single", "multi", "scale", "number", "text", "date"),
    ("questions", "dont_know"): ("", "option", "missing"),
    ("questions", "is_sensitive"): ("", "true", "false"),
    ("options", "kind"): ("substantive", "other", "none", "dont_know", "refused"),
    ("codebook", "level"): ("domain", "theme", "family", "code"),
    ("consent", "is_given"): ("true", "false"),
    ("corrections", "table"): ("survey",),
    ("documents", "kind"): ("interview", "call"),
    ("documents", "is_interpreted"): ("", "true", "false"),
    ("documents", "translation_status"): ("", "machine", "human", "checked"),
    ("speakers", "role"): ("participant", "interviewer", "interpreter", "observer",
                           "survivor_adviser"),
    ("attendance", "is_present"): ("true", "false"),
    ("attendance", "is_interpreted"): ("", "true", "false"),
    ("principles", "status"): ("candidate", "superseded", "agreed", "set_aside"),
    ("evidence", "kind"): ("estimate", "code", "segment", "literature"),
    ("evidence", "stance"): ("supports", "qualifies", "contradicts"),
    ("evidence", "claim"): ("practised", "reported_to_work", "reported_to_fail", "outcome_measured",
                            "literature"),
    ("evidence", "quoted_for"): ("", "convening", "public", "convening;public"),
    ("judgements", "component"): ("methodological", "coherence", "adequacy", "relevance", "benefit", "harm",
                                  "equity", "acceptability", "feasibility"),
    ("judgements", "concern"): ("none", "minor", "moderate", "serious"),
    ("joint_display", "fit"): ("", "confirmed", "expanded", "discordant", "not_asked", "not_raised"),
    ("raters", "role"): ("provider", "survivor_adviser", "observer"),
    ("raters", "may_rate"): ("true", "false"),
    ("signoffs", "decision"): ("endorse", "endorse_with_reservation", "do_not_endorse"),
    ("signoffs", "is_named"): ("true", "false"),
    ("names", "kind"): ("person", "organisation", "place", "other"),
    ("names", "match"): ("exact", "folded", "whole-word"),
}

COLUMNS: dict[str, tuple[str, ...]] = {
    "manifest": manifest.COLUMNS,
    "questions": ("question_id", "columns", "unit", "type", "wording", "theme_id", "asked_if",
                  "option_list", "dont_know", "is_sensitive"),
    "options": ("option_list", "option_id", "value", "label", "position", "kind"),
    "countries": ("raw_name", "country_id", "label", "region_id"),
    "organisations": ("organisation_id", "label", "type", "network_id", "home_country_id",
                      "founded", "resource_level"),
    "consent": ("organisation_id", "speaker_id", "item", "audience", "is_given", "form_version",
                "date"),
    "codebook": ("code_id", "parent_id", "level", "name", "definition", "include", "exclude",
                 "example", "since_version", "merged_into"),
    "corrections": ("table", "key", "column", "from", "to", "reason", "by", "date"),
    "documents": ("document_id", "kind", "path", "organisation_id", "date", "language",
                  "is_interpreted"),
    "speakers": ("document_id", "name_in_file", "speaker_id", "organisation_id", "role"),
    "attendance": ("document_id", "organisation_id", "is_present", "is_interpreted", "note"),
    "assignments": ("document_id", "coder_id", "codebook_version"),
    "names": ("name", "kind", "pseudonym", "match", "allowed_for", "reason"),
    "quotes": ("quote_id", "segment_id", "text", "audience", "cleared_by_organisation", "cleared_on",
               "second_reader", "status"),
    "principles": ("principle_id", "version", "statement", "short_name", "domain_id", "theme_ids",
                   "indicator", "status", "changed_because", "asked_by", "language", "translation_of"),
    "evidence": ("principle_id", "evidence_id", "kind", "reference", "stance", "claim", "note"),
    "judgements": ("principle_id", "component", "concern", "reason", "by", "date"),
    "joint_display": ("topic_id", "theme_id", "estimate_id", "code_id", "quote_id", "fit", "inference", "by"),
    "rounds": ("round_id", "opened_on", "closed_on", "principle_id", "version"),
    "raters": ("rater_id", "organisation_id", "role", "may_rate"),
    "signoffs": ("principle_id", "version", "organisation_id", "decision", "reservation", "is_named", "date"),
    "decision_log": ("date", "principle_id", "decision", "proposed_by", "objections", "reservations"),
    "parking_lot": ("item", "raised_by", "date", "note"),
}
OPTIONAL: dict[str, tuple[str, ...]] = {
    "codebook": ("contradicts",), "documents": ("translation_of", "translation_status"),
    "principles": ("rationale",), "evidence": ("cited", "quoted_for"), "rounds": ("text_version",)}
"""Columns that a file may leave out: they are then blank."""


@dataclass(frozen=True)
class Reference:
    """The reference tables of one study, one frame a file, all columns text."""

    tables: dict[str, pd.DataFrame] = field(repr=False)

    def __getattr__(self, name: str) -> pd.DataFrame:
        try:
            return self.__dict__["tables"][name]
        except KeyError:
            raise AttributeError(name) from None


def read_reference(study: Study) -> Reference:
    """Reads and checks every reference table of a study; one that is absent is empty.

    Raises Faults with everything wrong in all files at once: files that cannot
    be read, columns missing or unknown, keys blank or twice, words that are not
    allowed, references that point nowhere, skip logic that cannot be read or
    runs in a circle.
    """
    from glc_analysis.checks import cross_faults, table_faults

    tables: dict[str, pd.DataFrame] = {}
    faults: list[Fault] = []
    unread: set[str] = set()
    for name in COLUMNS:
        try:
            tables[name] = read_table(study, name)
        except Faults as found:
            faults += found.faults
            unread.add(name)
        else:
            faults += table_faults(name, tables[name])
    faults += cross_faults(tables, unread)
    if faults:
        raise Faults(faults)
    return Reference(tables)


def read_table(study: Study, name: str) -> pd.DataFrame:
    """One reference table, its columns alone checked; rows are indexed by the number a spreadsheet shows."""
    path, optional = study.reference / f"{name}.csv", OPTIONAL.get(name, ())
    rows = read_rows(path, COLUMNS[name], optional) if path.is_file() else {}
    frame = pd.DataFrame(list(rows.values()), columns=[*COLUMNS[name], *optional], index=list(rows),
                         dtype="str")
    # A spreadsheet that saves the file makes TRUE of true.
    fixed = [column for table, column in WORDS if table == name]
    return frame.assign(**{column: frame[column].str.lower() for column in fixed})
