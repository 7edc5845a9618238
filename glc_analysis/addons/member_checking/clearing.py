"""Clearing: organisations decide which of their words may be quoted, and quotes.csv and consent.csv follow.

The decisions are shown first (:func:`list_decided_cell_changes`) and then applied
(:func:`apply_clearance_decisions`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from glc_analysis import tables
from glc_analysis.addons.member_checking.answer_sheets import (
    AnswerSheet,
    SheetDecision,
    answer_sheet_phrases,
    write_sheets_workbook,
)
from glc_analysis.disclosure.consent import THE_ORGANISATION
from glc_analysis.disclosure.quotations import (
    case_segments,
    locate_quotation,
    map_to_originals,
    with_broken_rules,
    without_pseudonyms,
)
from glc_analysis.errors import Fault, Faults
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from glc_analysis.text import normalise_space

CONSENT_KEY = ["organisation_id", "speaker_id", "item", "audience", "wave_id"]
_MAY_STILL_BREAK = {"not_cleared", "no_consent", "no_second_reader"}
"""Rules that a quotation may still break when its organisation is asked about it."""
_FORM = "cleared quotation"
"""The form_version of a consent that was given by clearing a first quotation."""


class QuotationTables(NamedTuple):
    """The tables that decide whether a quotation may be printed, in the argument order of
    :mod:`glc_analysis.disclosure.quotations` ."""

    quotes: pd.DataFrame
    codings: pd.DataFrame
    segments: pd.DataFrame
    documents: pd.DataFrame
    consent: pd.DataFrame
    codebook: pd.DataFrame

    @classmethod
    def of(cls, study: Study) -> QuotationTables:
        """Reads the tables of a built study."""
        reference = read_reference(study)
        codings, segments, documents = (tables.read_table(name, study=study)
                                        for name in ("codings", "segments", "documents"))
        return cls(reference.quotes, codings, segments, documents, reference.consent, reference.codebook)

    @property
    def cases(self) -> set[str]:
        """The segments with case narratives of survivors."""
        return case_segments(self.codings, self.segments, self.codebook)


def write_clearance_workbook(path: Path, quotation_tables: QuotationTables, *,
                             organisation_names: Mapping[str, str],
                             languages: Mapping[str, str]) -> int:
    """Writes the workbook of proposed quotations, a sheet per organisation; returns how many there are.

    ``organisation_names`` and ``languages`` are keyed by organisation_id. Quotations that clearance could not
    release (a case-narrative code, words that changed, a refusal) are left out; if none is left, no file is
    written. The workbook is for the team: each organisation gets its own sheet alone.
    """
    rows = select_quotations_to_ask_about(with_broken_rules(*quotation_tables), "proposed")
    sheets = []
    for owner in sorted(rows["owner"].unique(), key=lambda owner: organisation_names.get(owner, owner)):
        asked = rows[rows["owner"] == owner]
        language = languages.get(owner) or asked["language"].iloc[0]
        name = organisation_names.get(owner, owner)
        sheets.append((name, AnswerSheet(name, language,
                                         make_quotation_sheet_rows(asked, language, organisation_names))))
    if sheets:
        write_sheets_workbook(path, sheets)
    return len(rows)


def select_quotations_to_ask_about(quotations: pd.DataFrame, *statuses: str) -> pd.DataFrame:
    """The quotations (:func:`.with_broken_rules`) with these statuses about which their organisation may be
    asked."""
    is_free = [status in statuses and broken <= _MAY_STILL_BREAK
               for status, broken in zip(quotations["status"], quotations["broken"], strict=True)]
    return quotations[pd.Series(is_free, quotations.index, dtype=bool)]


def make_quotation_sheet_rows(quotations: pd.DataFrame, language: str,
                              organisation_names: Mapping[str, str]) -> pd.DataFrame:
    """The rows of an organisation's quotations on its sheet: words as printed, readers, source."""
    say, quotations = answer_sheet_phrases(language), quotations.sort_values("quote_id")
    is_cleared = quotations["status"] == "cleared"
    wording = [say["translation" if status else "original"] for status in quotations["translation_status"]]
    return pd.DataFrame({
        "quotation": quotations["quote_id"],
        "words": quotations["text"].map(without_pseudonyms),
        "readers": [f"{say[audience]} ({words})"
                    for audience, words in zip(quotations["audience"], wording, strict=True)],
        "source": [organisation_names.get(owner, owner) if is_named else say["provider"]
                   for owner, is_named in zip(quotations["owner"], quotations["is_named"], strict=True)],
        "noted": (say["approved"] + " " + quotations["cleared_on"]).where(is_cleared, "")}, dtype="str")


def apply_clearance_decisions(returned: pd.DataFrame,
                              quotation_tables: QuotationTables) -> tuple[pd.DataFrame,
                                                                                                  pd.DataFrame]:
    """quotes.csv and consent.csv after the returned decisions (:func:`.read_filled`).

    Approved: cleared by name and day. If no consent to quotation is recorded for the audience, this counts as
    consent; if it was refused, somebody has to talk to the organisation. Changed: cleared in the new words if
    the segment contains them (a second reader checks again), else kept as ``changed``. Removing a passage
    removes its quotations, and an unapproved passage holds them back; a removed consent counts as refused
    from that day. Raises Faults for unknown numbers, words that differ from the sheet, and quotations that
    were withdrawn before.
    """
    segments, consent = quotation_tables.segments, quotation_tables.consent.copy()
    rows = with_broken_rules(*quotation_tables).set_index("quote_id")
    decisions = SheetDecision.each(returned)
    if faults := list(_clearing_faults(decisions, rows, segments, consent)):
        raise Faults(faults)
    linked = map_to_originals(segments)
    quotes = quotation_tables.quotes.set_index("quote_id", drop=False)
    for decision in decisions:
        if decision.kind == "quotation":
            for column, value in _decided_cells(decision, rows.loc[decision.id]).items():
                quotes.loc[decision.id, column] = value
            owner, audience = rows.loc[decision.id, ["owner", "audience"]]
            key = [owner, THE_ORGANISATION, "quotation", audience, ""]  # which no wave asks anew
            is_recorded = (consent[CONSENT_KEY] == key).all(axis=1).any()
            if quotes.at[decision.id, "status"] == "cleared" and not is_recorded:
                columns = [*CONSENT_KEY, "is_given", "form_version", "date"]
                consent.loc[max(consent.index, default=1) + 1, columns] = [*key, "true", _FORM, decision.date]
        elif decision.kind == "passage" and decision.decision != "approve":
            is_quoted = quotes["segment_id"].map(linked).fillna("") == linked[decision.id]
            quotes.loc[is_quoted & (quotes["status"] != "removed"), "status"] = (
                "removed" if decision.decision == "remove" else "talk")
        elif decision.kind == "consent" and decision.decision == "remove":
            is_it = (consent[CONSENT_KEY] == _consent_key(decision.id)).all(axis=1)
            consent.loc[is_it, ["is_given", "date"]] = ["false", decision.date]
    return quotes.reset_index(drop=True), consent.reset_index(drop=True)


def list_decided_cell_changes(returned: pd.DataFrame, quotation_tables: QuotationTables) -> pd.DataFrame:
    """One row per cell that :func:`apply_clearance_decisions` would change: table, key, column, before,
    after."""
    quotes, consent = apply_clearance_decisions(returned, quotation_tables)
    cells = []
    for table, key, old, new in (("quotes", ["quote_id"], quotation_tables.quotes, quotes),
                                 ("consent", CONSENT_KEY, quotation_tables.consent, consent)):
        both = new.merge(old, on=key, how="left", suffixes=("", " before")).fillna("")
        for row in both.to_dict("records"):
            name = format_consent_number(row) if table == "consent" else row["quote_id"]
            cells += [(table, name, column, before, row[column])
                      for column in old if column not in key
                      if (before := row[f"{column} before"]) != row[column]]
    return pd.DataFrame(cells, columns=["table", "key", "column", "before", "after"], dtype="str")


def _decided_cells(decision: SheetDecision, row: pd.Series) -> dict[str, str]:
    """The cells of a row of quotes.csv after its organisation's decision."""
    if decision.decision in ("remove", "talk") or row["consent"] == "refused":
        return {"status": "removed" if decision.decision == "remove" else "talk"}
    signed = {"cleared_by_organisation": decision.name, "cleared_on": decision.date, "status": "cleared"}
    if decision.decision == "approve":
        return signed
    is_in_segment = locate_quotation(decision.changed, row["words"]) is not None
    return signed | {"text": decision.changed, "second_reader": "",
                     "status": "cleared" if is_in_segment else "changed"}


def format_consent_number(consent: Mapping[str, str]) -> str:
    """The number of a row of consent.csv on a sheet, made of its key, without the wave if it names none.

    >>> format_consent_number({"organisation_id": "a", "speaker_id": "", "item": "survey",
    ...     "audience": "public",
    ...             "wave_id": "w2"})
    'a /  / survey / public / w2'
    """
    *key, wave = (consent[column] for column in CONSENT_KEY)
    return " / ".join([*key, *filter(None, [wave])])


def _consent_key(number: str) -> list[str]:
    parts = [part.strip() for part in number.split("/")]
    return parts + [""] * (len(CONSENT_KEY) - len(parts))


def _clearing_faults(decisions: list[SheetDecision], rows: pd.DataFrame, segments: pd.DataFrame,
                     consent: pd.DataFrame) -> Iterator[Fault]:
    quotations, passages = set(rows.index), set(segments["segment_id"])
    consents = consent[CONSENT_KEY].to_numpy().tolist()
    for decision in decisions:
        is_quotation = decision.kind == "quotation"
        problem, fix = "", "write a new sheet and ask again"
        if (is_quotation and decision.id not in quotations
                or decision.kind == "passage" and decision.id not in passages
                or decision.kind == "consent" and _consent_key(decision.id) not in consents):
            problem = "is not known here"
        elif is_quotation and normalise_space(decision.words) != normalise_space(
                without_pseudonyms(str(rows.at[decision.id, "text"]))):
            problem = "has other words now than those on the sheet"
        elif is_quotation and rows.at[decision.id, "status"] == "removed" and decision.decision != "remove":
            problem, fix = "was taken back before", "propose it under another quote_id, and ask again"
        if problem:
            yield Fault(problem, decision.file, decision.row, decision.kind, decision.id, fix)
