"""All that people coded: from coders' files and the texts to tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import pandas as pd

from glc_analysis.cleaning.records import CleaningLog
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
from glc_analysis.coding.consensus import CONSENSUS, KEY, by_segment, reconcile, units
from glc_analysis.coding.texts import Text, Texts
from glc_analysis.errors import Faults
from glc_analysis.pseudonyms.masking import Masker
from glc_analysis.reference import Reference
from glc_analysis.study import Study

TABLES = ("codings", "readings", "memos", "quarantined", "disagreements", "codebook")
UNITS = ["segment_id", "document_id", "guide_question_id", "coder_id", "codebook_version", "codes"]


@dataclass(frozen=True)
class Coded:
    """What coders made of the texts: the tables :data:`TABLES`, but for their shape, and the work itself,
    of which agreement is measured.

    ``units`` has a row a participant's segment and coder who read it, its codes joined by ``;``; ``codings``
    are those of all coders before anything was reconciled, ``spans`` the start and end of the segments they
    touch, ``tree`` every code and the one above it, ``mixed`` the coders whose file mixes several people.
    """

    tables: dict[str, pd.DataFrame]
    units: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=UNITS, dtype="str"))
    codings: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*KEY, "segment_ids"]))
    spans: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["segment_id", "start", "end"]))
    tree: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["code_id", "parent_id"]))
    mixed: list[str] = field(default_factory=list)


def assemble(study: Study, reference: Reference, texts: Texts, documents: pd.DataFrame,
             segments: pd.DataFrame, said: Mapping[str, str], columns: CodedColumns,
             key: Mapping[str, str], steps: CleaningLog) -> Coded:
    """Tables codings, readings, memos, quarantined, disagreements, and the codebook with what it lacked.

    ``documents`` and ``segments`` are those tables, ``said`` has the unmasked words of open answers by
    document_id, ``columns`` the codes that stand in the survey itself. Raises Faults with all that is
    wrong in the coders' files.
    """
    masker = Masker(reference.names, key)

    @cache
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
    _add_columns(linked, columns, segments)
    if not linked.handed_in and not linked.quarantined:
        return Coded({name: pd.DataFrame() for name in TABLES} | {"codebook": reference.codebook})
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
    work_of_all = pd.concat([codings[codings["coder_id"] != CONSENSUS], consensus], ignore_index=True)
    reasons = dict(zip(work.decisions["segment_id"], work.decisions["reason"], strict=True))
    whose = segments.set_index("segment_id")[["organisation_id", "country_id"]]
    made = {"codings": with_owners(work_of_all, segments, documents, lambda d: text_of(d).canonical),
            "readings": read, "memos": memos_table(linked), "codebook": whole,
            "quarantined": quarantined_table(linked),
            "disagreements": disagreements.join(whose, on="segment_id").assign(
                reason=disagreements["segment_id"].map(reasons).astype("str").fillna(""))}
    touched = {*coded["segment_id"], *by_segment(codings)["segment_id"]}
    return Coded(made, coded[UNITS].assign(codes=[";".join(sorted(codes)) for codes in coded["codes"]]),
                 codings[[*KEY, "segment_ids"]].reset_index(drop=True),
                 segments.loc[segments["segment_id"].isin(touched), ["segment_id", "start", "end"]],
                 whole[["code_id", "parent_id"]], sorted(linked.mixed))


def agreement(coded: Coded) -> pd.DataFrame:
    """Table ``agreement``, but for its shape."""
    sets = [frozenset(filter(None, codes.split(";"))) for codes in coded.units["codes"]]
    return coder_agreement(coded.units.assign(codes=sets), coded.codings, coded.spans,
                           book.ancestors(coded.tree), mixed=set(coded.mixed))


def whole_codebook(listed: pd.DataFrame, codebook: pd.DataFrame) -> pd.DataFrame:
    """codebook.csv with the codes that it lacked and coders used: those that table ``codebook`` has more."""
    more = codebook[~codebook["code_id"].isin(listed["code_id"])].sort_values("order")
    return pd.concat([listed, more.assign(merged_into="")[["code_id", "parent_id", "name", "merged_into"]]],
                     ignore_index=True)


def question_of_codes(tied: Mapping[str, str], codebook: pd.DataFrame) -> dict[str, str]:
    """The one question to whose answers a code was given, by code_id; ``tied`` has it by their names."""
    return {code: tied[name] for name, code in book.resolve(tied, codebook).items() if code}


def _add_columns(linked: Linked, columns: CodedColumns, segments: pd.DataFrame) -> None:
    """Codes that stood in the survey itself: each on the whole of its answer, which is one segment."""
    length = segments.set_index("document_id")["end"]
    linked.handed_in |= {(document_id, CODER) for document_id in columns.rows["document_id"]}
    linked.codings += [(document_id, 0, int(length[document_id]), code, CODER, "exact", "")
                       for document_id, code in columns.rows.itertuples(index=False) if code]


def present_in_calls(attendance: pd.DataFrame, segments: pd.DataFrame,
                     documents: pd.DataFrame) -> pd.DataFrame:
    """Who was present in each call, document_id and organisation_id: by attendance.csv, or whoever spoke."""
    listed = attendance.loc[attendance["is_present"] == "true", ["document_id", "organisation_id"]]
    calls = documents.loc[documents["kind"] == "call", "document_id"]
    spoke = segments[(segments["role"] == "participant") & (segments["organisation_id"] != "")
                     & segments["document_id"].isin(set(calls) - set(attendance["document_id"]))]
    return pd.concat([listed, spoke[["document_id", "organisation_id"]]]).drop_duplicates()
