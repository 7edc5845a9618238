"""What the coders handed in: read from their files, placed on the texts, under the codebook's ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from glc_analysis.cleaning.records import slug
from glc_analysis.cleaning.steps import Steps
from glc_analysis.coding import codebook as book
from glc_analysis.coding.decisions import read_decisions
from glc_analysis.coding.linking import CODINGS, MEMOS, QUARANTINED, Linked
from glc_analysis.coding.reconcile import CONSENSUS, KEY
from glc_analysis.errors import Fault, Faults, nearest
from glc_analysis.intake.codings import RawCodings, read_codings
from glc_analysis.study import Study


@dataclass(frozen=True)
class CodersFiles:
    """Every coder's files as they were read, and what was decided: codes joined by ``;`` and the
    reason, by segment_id."""

    files: list[tuple[str, RawCodings]]
    decisions: pd.DataFrame


def read_coders(study: Study, codebook: pd.DataFrame) -> CodersFiles:
    """Reads every file that ``[raw] codings`` of study.toml names. Raises Faults with all that is wrong.

    A workbook of the coder ``consensus`` holds decisions; any other file is a coder's work.
    """
    files, decided, faults = [], [], []
    for coder, paths in study.coder_files().items():
        if not paths:
            faults.append(Fault("names no file that is there", file="study.toml", value=coder,
                                column="[raw] codings", mend="put the coder's files there, or take it out"))
        for path in paths:
            try:
                if coder == CONSENSUS and path.suffix.lower() == ".xlsx":
                    decided.append(read_decisions(path, codebook).assign(file=path.name))
                else:
                    files.append((coder, read_codings(path, coder=coder)))
            except Faults as found:
                faults += found.faults
    decisions = pd.concat([pd.DataFrame(columns=["segment_id", "codes", "reason", "file"], dtype="str"),
                           *decided], ignore_index=True)
    faults += [Fault("is decided in two files", file=row.file, value=row.segment_id,
                     mend="keep one of the decisions")
               for row in decisions[decisions.duplicated("segment_id")].itertuples()]
    if faults:
        raise Faults(faults)
    return CodersFiles(files, decisions)


def who_read(linked: Linked, assignments: pd.DataFrame, documents: pd.DataFrame,
             steps: Steps) -> pd.DataFrame:
    """One row a document and coder who read it: document_id, coder_id, codebook_version.

    That is who was assigned a document (assignments.csv) and handed it in; without assignments, and
    of answers, whoever handed it in. Raises Faults for work that nobody was assigned.
    """
    handed_in = pd.DataFrame(sorted(linked.handed_in), columns=["document_id", "coder_id"], dtype="str")
    handed_in = handed_in.merge(assignments, on=["document_id", "coder_id"], how="left", indicator=True)
    answers = set(documents.loc[documents["kind"] == "answer", "document_id"])
    stray = handed_in[(handed_in["_merge"] == "left_only") & ~handed_in["document_id"].isin(answers)
                      & (handed_in["coder_id"] != CONSENSUS)]
    if len(assignments) and len(stray):
        raise Faults(Fault(f"assigns {row.document_id} to another, not to {row.coder_id}, who handed it in",
                           file="assignments.csv", mend="add the row, or take the document out of the "
                           "coder's file") for row in stray.itertuples())
    waiting = assignments.merge(handed_in[["document_id", "coder_id"]], how="left", indicator="found")
    waiting = waiting[waiting["found"] == "left_only"]
    if len(waiting):
        steps.add("coding awaited", cells=len(waiting), why="assigned and not handed in, or set apart: "
                  + ", ".join(sorted(waiting["document_id"] + " by " + waiting["coder_id"])[:20]))
    return handed_in.fillna({"codebook_version": ""}).drop(columns="_merge")


def under_codebook(names: Iterable[str], definitions: Mapping[str, str],
                   codebook: pd.DataFrame) -> tuple[dict[str, str], pd.DataFrame]:
    """The code_id of every code as tools name it, and the codebook with the codes it lacked.

    A code that codebook.csv does not have is kept under an id of its own, below nothing.
    """
    known = book.resolve(sorted(names), codebook)
    taken, orphans = set(codebook["code_id"]), []
    for name in sorted(name for name, code_id in known.items() if not code_id):
        code_id = slug(name)
        while code_id in taken:
            code_id += "_"
        taken.add(code_id)
        known[name] = code_id
        orphans.append({"code_id": code_id, "level": "code", "name": name,
                        "definition": definitions.get(name, "")})
    added = pd.DataFrame(orphans, columns=codebook.columns, dtype="str").fillna("")
    return known, pd.concat([codebook, added], ignore_index=True)


def codings_table(linked: Linked, codes: Mapping[str, str], segments: pd.DataFrame,
                  read: pd.DataFrame) -> pd.DataFrame:
    """The codings of all coders: placed, with code_ids and the segments they touch."""
    frame = pd.DataFrame(linked.codings, columns=CODINGS).astype(
        {column: int if column in ("start", "end") else "str" for column in CODINGS})
    frame = frame.assign(code_id=frame["code"].map(codes)).drop(columns="code")
    frame = frame.groupby(KEY, as_index=False, sort=True).agg(
        match=("match", "first"), memo=("memo", lambda memos: "\n".join(sorted(set(memos) - {""}))))
    frame = frame.merge(read, on=["document_id", "coder_id"], how="left")
    touched = [";".join(ids) for ids in _touched(frame, segments)]
    return frame.assign(segment_ids=pd.Series(touched, index=frame.index, dtype="str"))


def with_owners(codings: pd.DataFrame, segments: pd.DataFrame, documents: pd.DataFrame,
                words: Callable[[str], str]) -> pd.DataFrame:
    """Codings with their words, the version of the text, and whose they are: the organisation and
    country of the first segment, else of the document. ``words`` gives a document's canonical text."""
    about = documents.set_index("document_id").loc[codings["document_id"]].reset_index(drop=True)
    own = segments.set_index("segment_id").reindex(codings["segment_ids"].str.split(";").str[0])
    own = own[["organisation_id", "country_id"]].reset_index(drop=True).fillna("")
    return codings.reset_index(drop=True).assign(
        text_version=about["text_version"],
        quote=[words(row.document_id)[row.start:row.end] for row in codings.itertuples()],
        **{column: own[column].where(own[column] != "", about[column]) for column in own})


def _touched(codings: pd.DataFrame, segments: pd.DataFrame) -> list[list[str]]:
    """The segments that each coding touches, in the order of the text."""
    own = segments[segments["document_id"].isin(codings["document_id"])].sort_values("start")
    by_document = dict(list(own.groupby("document_id")))
    touched: list[list[str]] = []
    for row in codings.itertuples():
        own = by_document[row.document_id]
        starts, ends = own["start"].to_numpy(), own["end"].to_numpy()
        ids = own["segment_id"].to_numpy()[(starts < row.end) & (ends > row.start) | (starts == row.start)]
        touched.append(list(ids))
    return touched


def decided(decisions: pd.DataFrame, segments: pd.DataFrame, carried: Mapping[str, str]) -> dict[str, str]:
    """The codes decided on by segment_id, under the codebook's present ids. Raises Faults for a
    segment that is not there."""
    known = set(segments["segment_id"])
    if lost := [Fault(f"there is no such segment; {nearest(row.segment_id, known)}", file=row.file,
                      column="segment_id", value=row.segment_id, mend="take the row out, or run "
                      "`glc agreement` for a fresh workbook")
                for row in decisions.itertuples() if row.segment_id not in known]:
        raise Faults(lost)
    return {row.segment_id: ";".join(carried.get(code, code) for code in row.codes.split(";") if code)
            for row in decisions.itertuples()}


def memos_table(linked: Linked) -> pd.DataFrame:
    """Table ``memos``: one row a memo, numbered by author in the order of their content."""
    rows = pd.DataFrame(sorted(set(linked.memos)), columns=MEMOS, dtype="str")
    place = rows.groupby("author_id").cumcount() + 1
    return rows.assign(memo_id=rows["author_id"] + ".m" + place.astype("str"))


def quarantined_table(linked: Linked) -> pd.DataFrame:
    """Table ``quarantined``: one row a passage that was set apart, the words beside ours."""
    rows = pd.DataFrame(linked.quarantined, columns=QUARANTINED)
    place = rows.groupby(QUARANTINED[:4]).cumcount() + 1
    return rows.assign(order=np.asarray(place))
