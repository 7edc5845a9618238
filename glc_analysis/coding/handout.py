"""What leaves the study: texts for coders to code, the agreed coding for other programs."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from glc_analysis import tables
from glc_analysis.cleaning.values import text_version
from glc_analysis.coding.codebook import qdc_codes
from glc_analysis.coding.exports import matrix, project, quotations, write_csv
from glc_analysis.coding.reconcile import CONSENSUS
from glc_analysis.coding.texts import Texts, read_texts
from glc_analysis.disclosure.pseudonym_key import complete_key, read_key
from glc_analysis.intake.codings import write_qdc, write_qdpx
from glc_analysis.reference import read_reference
from glc_analysis.study import Study

SHEET = "answers.csv"


def current_texts(study: Study) -> Texts:
    """The interviews and calls of a study under its pseudonyms. Raises Faults as reading them does."""
    reference = read_reference(study)
    return read_texts(study, reference, complete_key(reference.names, read_key(study.key_file)))


def canonical_texts(study: Study) -> dict[str, str]:
    """The canonical text of every interview, call and open answer, by document_id."""
    segments = tables.read("segments", study=study)
    answers = segments[~segments["document_id"].isin(current := current_texts(study).canonical)]
    return current | dict(zip(answers["document_id"], answers["text"], strict=True))


def hand_out(study: Study, folder: Path) -> pd.DataFrame:
    """Writes ``<document_id>.txt`` for every interview and call, and a sheet of the open answers.

    One row a document written: document_id, kind, text_version, turns. A text that was handed out
    before and reads otherwise since (a name was masked) is kept beside it under its version: codings
    of it stay good. Coders write codes into the sheet and hand it in as their file.
    """
    texts = current_texts(study)
    folder.mkdir(parents=True, exist_ok=True)
    for document_id, text in texts.canonical.items():
        path = folder / f"{document_id}.txt"
        before = path.read_text(encoding="utf-8") if path.is_file() else text
        if before != text:
            (folder / "earlier").mkdir(exist_ok=True)
            os.replace(path, folder / "earlier" / f"{document_id}.{text_version(before)}.txt")
        path.write_text(text, encoding="utf-8", newline="\n")
    segments = tables.read("segments", study=study)
    answers = segments[(segments["speaker_id"] == "") & (segments["text"] != "")]
    write_csv(pd.DataFrame({"document": answers["document_id"], "text": answers["text"], "code": ""}),
              folder / SHEET)
    turns = texts.segments.groupby("document_id").size()
    return texts.documents[["document_id", "kind", "text_version"]].assign(
        turns=texts.documents["document_id"].map(turns))


def export(study: Study, what: str, path: Path | None = None) -> Path:
    """Writes ``qdpx``, ``qdc``, ``matrix`` or ``quotes`` of a built study's consensus; returns the path,
    which is in the team's folder of exports where none is given."""
    kind = {"matrix": "matrix.csv", "quotes": "quotes.csv"}.get(what, what)
    path = path or study.reports / "team" / "exports" / f"{study.id or study.root.name}.{kind}"
    path.parent.mkdir(parents=True, exist_ok=True)
    names = ("codings", "codebook", "mentions", "organisations", "segments", "documents")
    held = {name: tables.read(name, study=study) for name in names}
    if what == "qdpx":
        coded = {document: text for document, text in canonical_texts(study).items()
                 if document in set(held["codings"]["document_id"])}
        write_qdpx(path, name=study.title,
                   **project(held["codings"], coded, held["codebook"], coder=CONSENSUS))
    elif what == "qdc":
        write_qdc(path, qdc_codes(held["codebook"].assign(merged_into="")))
    elif what == "matrix":
        write_csv(matrix(held["mentions"], held["codebook"], held["organisations"]), path)
    else:
        write_csv(quotations(*(held[n] for n in ("codings", "segments", "documents", "organisations",
                                                 "codebook"))), path)
    return path
