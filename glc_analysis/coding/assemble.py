"""All that people said and coded, in one pass: from transcripts and coders' files to tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import pandas as pd

from glc_analysis.cleaning.records import Steps
from glc_analysis.coding import codebook as book
from glc_analysis.coding.agreement import coder_agreement
from glc_analysis.coding.coders import (
    CODER,
    CodedColumns,
    Linked,
    codings_table,
    decided,
    document_names,
    link,
    memos_table,
    quarantined_table,
    read_coders,
    under_codebook,
    who_read,
    with_owners,
)
from glc_analysis.coding.consensus import CONSENSUS, reconcile, units
from glc_analysis.coding.texts import Text, Texts
from glc_analysis.errors import Faults
from glc_analysis.pseudonyms.masking import Masker
from glc_analysis.reference import Reference
from glc_analysis.study import Study
from glc_analysis.tables import shape

TABLES = ("codings", "readings", "memos", "quarantined", "disagreements", "agreement")


@dataclass(frozen=True)
class Coded:
    """The tables of coding by name; what was read; who was present in each call; what lies above a
    code; the one question to whose answers a code was given."""

    tables: dict[str, pd.DataFrame]
    read: set[str]
    present: pd.DataFrame
    above: dict[str, list[str]]
    tied: dict[str, str]

    @property
    def consensus(self) -> pd.DataFrame:
        """The codings that analyses use."""
        codings = shape("codings", self.tables["codings"])
        return codings[codings["coder_id"] == CONSENSUS]


def assemble(study: Study, reference: Reference, texts: Texts, documents: pd.DataFrame,
             segments: pd.DataFrame, said: Mapping[str, str], columns: CodedColumns,
             key: Mapping[str, str], steps: Steps) -> Coded:
    """Tables codings, memos, quarantined, disagreements, agreement, and the codebook with what it lacked.

    ``said`` has the unmasked words of open answers by document_id, ``columns`` the codes that stand
    in the survey itself. Raises Faults with all that is
    wrong in the coders' files.
    """
    masker = Masker(reference.names, key)

    def masked(text: str) -> str:
        return masker.mask(text).text

    @cache
    def text_of(document_id: str) -> Text:
        if document_id in texts.texts:
            return texts.texts[document_id]
        found = masker.mask(said[document_id])
        return Text(found.text, said[document_id], found.offsets)

    work = read_coders(study, reference.codebook)
    paths = dict(zip(reference.documents["document_id"], reference.documents["path"], strict=True))
    linked = link(work.files, text_of, document_names(documents, paths), masked)
    if linked.faults:
        raise Faults(linked.faults)
    _add_columns(linked, columns, documents)
    present = _present(reference.attendance, segments, documents)
    if not linked.handed_in and not linked.quarantined:
        return Coded({name: pd.DataFrame() for name in TABLES} | {"codebook": reference.codebook}, set(),
                     present, book.ancestors(reference.codebook), {})
    for note in linked.notes:
        steps.add("coders' files read", why=note)
    read = who_read(linked, reference.assignments, documents, steps)
    codes, whole = under_codebook({row[3] for row in linked.codings}, linked.definitions, reference.codebook)
    codings = codings_table(linked, codes, segments, read)
    codings, split = book.carried(codings, whole)
    if len(split):
        steps.add("codings of split codes", cells=len(split), why="to be coded again: "
                  + ", ".join(sorted(set(split["code_id"]))))
    codings = codings.drop_duplicates(["document_id", "start", "end", "code_id", "coder_id"])
    coded = units(codings, read, segments)
    decisions = decided(work.decisions, segments, {c: book.current(c, whole) or c for c in whole["code_id"]})
    consensus, disagreements = reconcile(codings, coded, segments, decisions)
    above = book.ancestors(whole)
    is_measured = study.settings["coding"]["approach"] == "codebook"
    agreement = coder_agreement(coded if is_measured else coded[:0], codings, segments, above,
                                mixed=linked.mixed)
    work_of_all = pd.concat([codings[codings["coder_id"] != CONSENSUS], consensus], ignore_index=True)
    reasons = dict(zip(work.decisions["segment_id"], work.decisions["reason"], strict=True))
    whose = segments.set_index("segment_id")[["organisation_id", "country_id"]]
    made = {"codings": with_owners(work_of_all, segments, documents, lambda d: text_of(d).canonical),
            "readings": read, "memos": memos_table(linked), "codebook": whole,
            "quarantined": quarantined_table(linked), "agreement": agreement,
            "disagreements": disagreements.join(whose, on="segment_id").assign(
                reason=disagreements["segment_id"].map(reasons).astype("str").fillna(""))}
    tied = {code: columns.tied[name] for name, code in book.resolve(columns.tied, whole).items() if code}
    return Coded(made, set(read["document_id"]), present, above, tied)


def _add_columns(linked: Linked, columns: CodedColumns, documents: pd.DataFrame) -> None:
    """Codes that stood in the survey itself: each on the whole of its answer."""
    length = documents.set_index("document_id")["length"]
    linked.handed_in |= {(document_id, CODER) for document_id in columns.rows["document_id"]}
    linked.codings += [(document_id, 0, int(length[document_id]), code, CODER, "exact", "")
                       for document_id, code in columns.rows.itertuples(index=False) if code]


def _present(attendance: pd.DataFrame, segments: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    """Who was present in each call, document_id and organisation_id: by attendance.csv, or whoever spoke."""
    listed = attendance.loc[attendance["is_present"] == "true", ["document_id", "organisation_id"]]
    calls = documents.loc[documents["kind"] == "call", "document_id"]
    spoke = segments[(segments["role"] == "participant") & (segments["organisation_id"] != "")
                     & segments["document_id"].isin(set(calls) - set(attendance["document_id"]))]
    return pd.concat([listed, spoke[["document_id", "organisation_id"]]]).drop_duplicates()
