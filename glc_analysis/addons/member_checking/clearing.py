"""Handles clearing: organisations decide which of their words may be quoted, and their decisions change
quotes.csv and consent.csv.

The changes are first listed (:func:`list_decided_cell_changes`) and then made
(:func:`apply_clearance_to_quotations_and_consents`).
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
    read_answer_sheet_phrases,
    write_sheets_workbook,
)
from glc_analysis.disclosure.consent import THE_ORGANISATION
from glc_analysis.disclosure.quotations import (
    add_provenance_consent_and_broken_rules,
    find_survivor_case_segments,
    locate_quotation,
    map_to_original_or_self,
    replace_pseudonyms_with_general_words,
)
from glc_analysis.errors import Fault, Faults
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from glc_analysis.text import normalise_space

CONSENT_KEY = ["organisation_id", "speaker_id", "item", "audience", "wave_id"]
_MAY_STILL_BREAK = {"not_cleared", "no_consent", "no_second_reader"}
"""The rules that a quotation may still break when its organisation is asked to clear the quotation."""
_FORM = "cleared quotation"
"""The form_version of a consent that an organisation gave by clearing a quotation when no consent was
recorded."""


class QuotationTables(NamedTuple):
    """The tables that decide whether a quotation may be printed, in the order of the arguments in
    :mod:`glc_analysis.disclosure.quotations`."""

    quotes: pd.DataFrame
    codings: pd.DataFrame
    segments: pd.DataFrame
    documents: pd.DataFrame
    consent: pd.DataFrame
    codebook: pd.DataFrame

    @classmethod
    def read(cls, study: Study) -> QuotationTables:
        """Reads the tables of a built study."""
        reference = read_reference(study)
        codings, segments, documents = (tables.read_table(name, study=study)
                                        for name in ("codings", "segments", "documents"))
        return cls(reference.quotes, codings, segments, documents, reference.consent, reference.codebook)

    @property
    def case_segment_ids(self) -> set[str]:
        """Returns the segments with accounts of a survivor's case."""
        return find_survivor_case_segments(self.codings, self.segments, self.codebook)


def write_quotation_clearance_workbook(path: Path, quotation_tables: QuotationTables, *,
                                       organisation_names: Mapping[str, str],
                                       languages: Mapping[str, str]) -> int:
    """Writes the workbook of proposed quotations, with a sheet per organisation. Returns the number of
    quotations.

    ``organisation_names`` and ``languages`` are keyed by organisation_id. A quotation is left out if the
    organisation's approval alone could not release the quotation. This is so if the quotation has a code for
    a survivor's case, if its words have changed, or if its use was refused. If no quotation is left, no file
    is written. The workbook is for the team; each organisation may receive only its own sheet.
    """
    rows = select_quotations_to_ask_about(add_provenance_consent_and_broken_rules(*quotation_tables),
                                          "proposed")
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
    """Returns the quotations whose status is one of ``statuses`` and which the organisation may be asked to
    clear. ``quotations`` is a table that :func:`.add_provenance_consent_and_broken_rules` returns."""
    is_free = [status in statuses and broken <= _MAY_STILL_BREAK
               for status, broken in zip(quotations["status"], quotations["broken"], strict=True)]
    return quotations[pd.Series(is_free, quotations.index, dtype=bool)]


def make_quotation_sheet_rows(quotations: pd.DataFrame, language: str,
                              organisation_names: Mapping[str, str]) -> pd.DataFrame:
    """Returns the rows of a sheet for an organisation's quotations. A row has the words to be printed, the
    readers, and the source that would be named."""
    say, quotations = read_answer_sheet_phrases(language), quotations.sort_values("quote_id")
    is_cleared = quotations["status"] == "cleared"
    wording = [say["translation" if status else "original"] for status in quotations["translation_status"]]
    return pd.DataFrame({
        "quotation": quotations["quote_id"],
        "words": quotations["text"].map(replace_pseudonyms_with_general_words),
        "readers": [f"{say[audience]} ({words})"
                    for audience, words in zip(quotations["audience"], wording, strict=True)],
        "source": [organisation_names.get(owner, owner) if is_named else say["provider"]
                   for owner, is_named in zip(quotations["owner"], quotations["is_named"], strict=True)],
        "noted": (say["approved"] + " " + quotations["cleared_on"]).where(is_cleared, "")}, dtype="str")


def apply_clearance_to_quotations_and_consents(
        returned: pd.DataFrame, quotation_tables: QuotationTables) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Returns quotes.csv and consent.csv after the changes that follow from the returned decisions
    (:func:`.read_decisions_from_organisation_return`).

    - An approved quotation is cleared, with name and day. If no consent to quotation is recorded for its
      audience, the approval is recorded as consent. If consent was refused, the status becomes ``talk``, and
      somebody has to talk to the organisation.
    - A changed quotation is cleared in the new words if the segment contains the new words; a second reader
      then has to check the quotation again. If the segment does not contain the new words, the status becomes
      ``changed``.
    - If a passage is removed, the quotations from the passage are removed. If the decision on a passage is
      neither approval nor removal, the status of the quotations from the passage becomes ``talk``.
    - A consent that is removed counts as refused from the day of the decision.

    Raises Faults for unknown row numbers, for words that differ from the words on the sheet, and for
    quotations that were removed before.
    """
    segments, consent = quotation_tables.segments, quotation_tables.consent.copy()
    rows = add_provenance_consent_and_broken_rules(*quotation_tables).set_index("quote_id")
    decisions = SheetDecision.from_rows(returned)
    if faults := list(_clearing_faults(decisions, rows, segments, consent)):
        raise Faults(faults)
    linked = map_to_original_or_self(segments)
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
    """Returns one row per cell that :func:`apply_clearance_to_quotations_and_consents` would change, with the
    columns table, key, column, before and after."""
    quotes, consent = apply_clearance_to_quotations_and_consents(returned, quotation_tables)
    cells = []
    for table, key, old, new in (("quotes", ["quote_id"], quotation_tables.quotes, quotes),
                                 ("consent", CONSENT_KEY, quotation_tables.consent, consent)):
        both = new.merge(old, on=key, how="left", suffixes=("", " before")).fillna("")
        for row in both.to_dict("records"):
            name = format_consent_key(row) if table == "consent" else row["quote_id"]
            cells += [(table, name, column, before, row[column])
                      for column in old if column not in key
                      if (before := row[f"{column} before"]) != row[column]]
    return pd.DataFrame(cells, columns=["table", "key", "column", "before", "after"], dtype="str")


def _decided_cells(decision: SheetDecision, row: pd.Series) -> dict[str, str]:
    """Returns the new cells of a row of quotes.csv after its organisation's decision."""
    if decision.decision in ("remove", "talk") or row["consent"] == "refused":
        return {"status": "removed" if decision.decision == "remove" else "talk"}
    signed = {"cleared_by_organisation": decision.name, "cleared_on": decision.date, "status": "cleared"}
    if decision.decision == "approve":
        return signed
    is_in_segment = locate_quotation(decision.changed, row["words"]) is not None
    return signed | {"text": decision.changed, "second_reader": "",
                     "status": "cleared" if is_in_segment else "changed"}


def format_consent_key(consent: Mapping[str, str]) -> str:
    """Returns the id by which a sheet refers to a row of consent.csv; the id consists of the row's key. A
    blank wave is left out of the id.

    >>> format_consent_key({"organisation_id": "a", "speaker_id": "", "item": "survey",
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
            problem = f"is not the number of a {decision.kind} of this study"
        elif is_quotation and normalise_space(decision.words) != normalise_space(
                replace_pseudonyms_with_general_words(str(rows.at[decision.id, "text"]))):
            problem = "has changed since the sheet was written"
        elif is_quotation and rows.at[decision.id, "status"] == "removed" and decision.decision != "remove":
            problem, fix = "was removed before", "propose it under another quote_id, and ask again"
        if problem:
            yield Fault(problem, decision.file, decision.row, decision.kind, decision.id, fix)
