"""Writes the agreed coding, or the coding of one coder, as a REFI-QDA project. Also writes a codebook without
a project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from glc_analysis import tables
from glc_analysis.addons.coding_programs.refi import write_qdc, write_qdpx
from glc_analysis.coding.codebook import CODE_NOTES, map_codes_to_name_paths
from glc_analysis.coding.consensus import CONSENSUS
from glc_analysis.coding.exports import (
    note_coders_marked_different_words,
    prepare_export_path,
    pseudonymise_raw_transcripts,
)
from glc_analysis.errors import UsageError, suggest_name
from glc_analysis.study import Study


def export_project(study: Study, path: Path | None = None, *, coder: str = CONSENSUS) -> Path:
    """Writes the agreed coding of a built study, or the work of one ``coder``, as .qdpx. Returns the path. If
    no path is given, the file is written to the team's folder of exports.

    The project has every code, including unused codes, and every interview, call and open answer that has
    words, even if nobody has coded or read the text. Raises UsageError for a coder who handed in no file.
    """
    codings, codebook, readings = (tables.read_table(name, study=study)
                                   for name in ("codings", "codebook", "readings"))
    coders = {CONSENSUS, *readings["coder_id"], *codings["coder_id"]}
    if coder not in coders:
        raise UsageError(f"There is no coder {coder!r}; {suggest_name(coder, coders)}.")
    coded = {*codings["document_id"]}  # perhaps before the words were taken out
    texts = {document_id: text for document_id, text in read_canonical_texts_by_document(study).items()
             if text.strip() or document_id in coded}
    path = prepare_export_path(study, "qdpx", path, sole_coder=coder)
    frames = make_qdpx_tables(codings, texts, codebook, only_coder=coder)
    write_qdpx(path, name=study.title, sources=frames["sources"], codings=frames["codings"],
               codes=frames["codes"])
    return path


def export_codebook(study: Study, path: Path | None = None) -> Path:
    """Writes the codebook of a built study as .qdc. Returns the path. If no path is given, the file is
    written to the team's folder of exports."""
    path = prepare_export_path(study, "qdc", path)
    write_codebook_as_qdc(path, tables.read_table("codebook", study=study).assign(merged_into=""))
    return path


def write_codebook_as_qdc(path: Path, codebook: pd.DataFrame) -> None:
    """Writes a codebook, given as a table with the columns of table ``codebook``, as .qdc."""
    write_qdc(path, make_qdc_table_of_current_codes(codebook))


def read_canonical_texts_by_document(study: Study) -> dict[str, str]:
    """Returns the canonical text (the text in which positions are counted) of every interview, call and open
    answer, keyed by document_id."""
    segments = tables.read_table("segments", study=study)
    current = pseudonymise_raw_transcripts(study).canonical
    answers = segments[~segments["document_id"].isin(current)]
    return current | dict(zip(answers["document_id"], answers["text"], strict=True))


def make_qdpx_tables(codings: pd.DataFrame, texts: Mapping[str, str], codebook: pd.DataFrame, *,
                     only_coder: str = "") -> dict[str, pd.DataFrame]:
    """Returns the tables that :func:`.refi.write_qdpx` takes as arguments: sources, codings, codes.

    The tables have the work of all coders or, if ``only_coder`` is given, of this coder alone. ``texts`` are
    the texts of the sources, keyed by document_id. The table of codes has all codes of the codebook. A code
    is written under its name, or under its path if several codes share the name. If coders agree on a code
    but not on the exact words to which the code applies, the memo of the passage says so.
    """
    kept = codings[codings["coder_id"] == only_coder] if only_coder else codings
    memos = [memo if is_agreed or by != CONSENSUS
             else "\n".join(filter(None, [note_coders_marked_different_words(marked_by), memo]))
             for memo, is_agreed, by, marked_by in zip(*(kept[column] for column in (
                 "memo", "is_agreed", "coder_id", "marked_by")), strict=True)]
    listed = codebook.sort_values("order")
    labels = [dict.fromkeys(row) for row in listed[["name", "path"]].itertuples(index=False, name=None)]
    times = Counter(label.casefold() for pair in labels for label in pair)
    shown = {"": ""} | {code: next((label for label in pair if times[label.casefold()] == 1), code)
                        for code, pair in zip(listed["code_id"], labels, strict=True)}
    return {
        "sources": pd.DataFrame(sorted(texts.items()), columns=["source", "text"], dtype="str"),
        "codings": pd.DataFrame({"source": kept["document_id"], "start": kept["start"], "end": kept["end"],
                                 "code": kept["code_id"].map(shown), "coder": kept["coder_id"],
                                 "memo": memos}).reset_index(drop=True),
        "codes": pd.DataFrame({"code": listed["code_id"].map(shown), "parent": listed["parent_id"].map(shown),
                               "definition": listed["definition"], "position": range(1, len(listed) + 1)})}


def make_qdc_table_of_current_codes(codebook: pd.DataFrame) -> pd.DataFrame:
    """Returns the codes in use with the columns that `write_qdc` needs: code, parent, definition, position.

    A code is written under its name, or under its path if several codes in use share the name. The columns
    ``include``, ``exclude`` and ``example`` of the codebook become lines of the definition.
    """
    live, paths = codebook[codebook["merged_into"] == ""], map_codes_to_name_paths(codebook)
    times = Counter(live["name"])
    labels = {code: name if times[name] == 1 else " > ".join(paths[code])
              for code, name in zip(live["code_id"], live["name"], strict=True)}
    notes = [[row.definition, *(f"{note.title()}: {text}" for note in CODE_NOTES
                                if (text := getattr(row, note)))] for row in live.itertuples()]
    return pd.DataFrame({"code": live["code_id"].map(labels),
                         "parent": live["parent_id"].map(lambda one: labels.get(one, one)),
                         "definition": ["\n".join(filter(None, lines)) for lines in notes],
                         "position": range(1, len(live) + 1)})
