"""Quotations go to the organisations that must clear them, and come back as rows of quotes.csv.

What comes back is shown first (:func:`changes`) and then applied (:func:`apply`). The functions take
the tables as :mod:`glc_analysis.disclosure.quotes` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from glc_analysis.cleaning.values import tidy
from glc_analysis.disclosure.consent import ORGANISATION
from glc_analysis.disclosure.quotes import faceless, judged, origins, place
from glc_analysis.disclosure.sheets import Sheet, phrases, write_sheets
from glc_analysis.errors import Fault, Faults

OPEN = {"not_cleared", "no_consent", "no_second_reader"}
"""Rules that a quotation may still break when its organisation is asked about it."""
KEY = ["organisation_id", "speaker_id", "item", "audience"]
FORM = "cleared quotation"
"""The form_version of a consent that came with the first quotation that was cleared."""


def write_to_clear(path: Path, quotes: pd.DataFrame, *held: pd.DataFrame, labels: Mapping[str, str],
                   languages: Mapping[str, str]) -> int:
    """Writes the workbook of proposed quotations, a sheet an organisation; returns how many there are.

    ``held`` are codings, segments, documents, consent, codebook; ``labels`` and ``languages`` go by
    organisation_id. What no clearance could free (an account of a case, words that changed, a refusal)
    is left out; where nothing is left no file is written. The workbook is the team's: each organisation
    gets its own sheet alone.
    """
    rows = askable(judged(quotes, *held), "proposed")
    sheets = []
    for owner, own in sorted(rows.groupby("owner"), key=lambda pair: labels.get(pair[0], pair[0])):
        language = languages.get(owner) or own["language"].iloc[0]
        name = labels.get(owner, owner)
        sheets.append((name, Sheet(name, language, quotation_rows(own, language, labels))))
    if sheets:
        write_sheets(path, sheets)
    return len(rows)


def askable(rows: pd.DataFrame, *statuses: str) -> pd.DataFrame:
    """The rows (:func:`judged`) of these statuses that their organisation may be shown."""
    is_free = [status in statuses and broken <= OPEN
               for status, broken in zip(rows["status"], rows["broken"], strict=True)]
    return rows[pd.Series(is_free, rows.index, dtype=bool)]


def quotation_rows(rows: pd.DataFrame, language: str, labels: Mapping[str, str]) -> pd.DataFrame:
    """What an organisation sees of its quotations: words as they would be printed, who reads them, source."""
    say = phrases(language)
    return pd.DataFrame([
        (row.quote_id, faceless(row.text),
         f"{say[row.audience]} ({say['translation' if row.translation_status else 'original']})",
         labels.get(row.owner, row.owner) if row.is_named else say["provider"],
         f"{say['approved']} {row.cleared_on}" if row.status == "cleared" else "")
        for row in rows.sort_values("quote_id").itertuples()],
        columns=["quotation", "words", "readers", "source", "noted"], dtype="str")


def apply(returned: pd.DataFrame, quotes: pd.DataFrame,
          *held: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """quotes.csv and consent.csv as they are after what came back (:func:`read_filled`).

    Approved: cleared by name and day; where nothing is written on quotations for the audience, this is
    the organisation's consent; where they were refused, it is to be talked over. Changed: cleared in
    these words if the segment holds them (a second person reads anew), else kept as ``changed``. A
    passage removed takes its quotations with it, one that is not approved holds them up; a consent
    removed is refused from that day. Raises Faults for numbers that are not known, words that are no
    longer those of the sheet, and quotations that were taken back before.
    """
    segments, consent = held[1], held[3].copy()
    rows = judged(quotes, *held).set_index("quote_id")
    if faults := list(_faults(returned, rows, segments, consent)):
        raise Faults(faults)
    linked = origins(segments)
    quotes = quotes.set_index("quote_id", drop=False)
    for one in returned.itertuples():
        if one.kind == "quotation":
            for column, value in _settled(one, rows.loc[one.id]).items():
                quotes.loc[one.id, column] = value
            key = [rows.at[one.id, "owner"], ORGANISATION, "quotation", rows.at[one.id, "audience"]]
            if quotes.at[one.id, "status"] == "cleared" and not (consent[KEY] == key).all(axis=1).any():
                consent.loc[max(consent.index, default=1) + 1, [*KEY, "is_given", "form_version", "date"]] = [
                    *key, "true", FORM, one.date]
        elif one.kind == "passage" and one.decision != "approve":
            hit = quotes["segment_id"].map(linked).fillna("") == linked[one.id]
            quotes.loc[hit & (quotes["status"] != "removed"), "status"] = (
                "removed" if one.decision == "remove" else "talk")
        elif one.kind == "consent" and one.decision == "remove":
            is_it = (consent[KEY] == _key(one.id)).all(axis=1)
            consent.loc[is_it, ["is_given", "date"]] = ["false", one.date]
    return quotes.reset_index(drop=True), consent.reset_index(drop=True)


def changes(returned: pd.DataFrame, quotes: pd.DataFrame, *held: pd.DataFrame) -> pd.DataFrame:
    """One row a cell that :func:`apply` would change: table, key, column, before, after."""
    pairs = zip(("quotes", "consent"), (["quote_id"], KEY), (quotes, held[3]),
                apply(returned, quotes, *held), strict=True)
    found = []
    for table, key, old, new in pairs:
        both = new.merge(old, on=key, how="left", suffixes=("", " before")).fillna("")
        for row in both.to_dict("records"):
            found += [(table, " / ".join(row[one] for one in key), column, before, row[column])
                      for column in old if column not in key
                      if (before := row[f"{column} before"]) != row[column]]
    return pd.DataFrame(found, columns=["table", "key", "column", "before", "after"], dtype="str")


def _settled(one, row: pd.Series) -> dict[str, str]:
    """The cells of a row of quotes.csv after its organisation's decision."""
    if one.decision in ("remove", "talk") or row["consent"] == "refused":
        return {"status": "removed" if one.decision == "remove" else "talk"}
    signed = {"cleared_by_organisation": one.name, "cleared_on": one.date, "status": "cleared"}
    if one.decision == "approve":
        return signed
    stands = place(one.changed, row["words"]) is not None
    return signed | {"text": one.changed, "second_reader": "", "status": "cleared" if stands else "changed"}


def _key(consent_id: str) -> list[str]:
    return [part.strip() for part in consent_id.split("/")]


def _faults(returned: pd.DataFrame, rows: pd.DataFrame, segments: pd.DataFrame,
            consent: pd.DataFrame) -> Iterator[Fault]:
    known = {"quotation": set(rows.index), "passage": set(segments["segment_id"]),
             "consent": consent[KEY].to_numpy().tolist()}
    for one in returned.itertuples():
        said, mend = "", "write a new sheet and ask again"
        if (_key(one.id) if one.kind == "consent" else one.id) not in known.get(one.kind, {one.id}):
            said = "is not known here"
        elif one.kind == "quotation" and tidy(one.words) != tidy(faceless(rows.at[one.id, "text"])):
            said = "has other words now than those on the sheet"
        elif one.kind == "quotation" and rows.at[one.id, "status"] == "removed" and one.decision != "remove":
            said, mend = "was taken back before", "propose it under another quote_id, and ask again"
        if said:
            yield Fault(said, one.file, one.row, one.kind, one.id, mend)
