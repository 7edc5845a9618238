"""Writes the work of two coders, each in a program of their own, and the codes on which they agreed.

Ines marks passages in a program that writes REFI-QDA or, if no add-on reads that, in a table with the
positions of the passages. Tomas copies whole turns and open answers into a spreadsheet. Both work on the
masked texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import repeat
from pathlib import Path

import pandas as pd

from glc_analysis.addon import load_declared_objects
from glc_analysis.cleaning.dimension_tables import make_codebook_of_codes_in_use
from glc_analysis.coding.consensus import CONSENSUS, write_decision_workbook
from glc_analysis.coding.texts import Texts, read_and_mask_transcripts
from glc_analysis.pseudonyms.masking import complete_pseudonym_key, shift_span_after_masking
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from scripts.sample_study.content import Row, grouped
from scripts.sample_study.conversations import MARKS
from scripts.sample_study.study_files import write_table

INES, TOMAS = "ines", "tomas"
COLUMNS = ("document", "quote", "code", "memo")
PLACED = ("document", "start", "end", "quote", "code", "coder", "memo")


def write_coders_work(root: Path, answers: Iterable[Row], plain: Path | None = None) -> None:
    """Writes ``raw/codings``. Transcripts and reference tables must already exist. If no add-on reads Ines'
    project, the folder ``plain`` gets the table that takes its place.

    ``answers`` are the open answers that Tomas coded: document_id, codes.
    """
    study, folder = Study(root), root / "raw" / "codings"
    reference = read_reference(study)
    texts = read_and_mask_transcripts(study, reference, complete_pseudonym_key(reference.names, {}))
    names = dict(zip(reference.codebook["code_id"], reference.codebook["name"], strict=True))
    for coder in (INES, TOMAS, CONSENSUS):
        (folder / coder).mkdir(parents=True)
    sources, codings = _marked_by_ines(texts, names)
    writers = load_declared_objects("provides", "write_project")
    for write_project in writers:
        codes = reference.codebook.assign(
            code=reference.codebook["name"], parent=reference.codebook["parent_id"].map(names).fillna(""),
            position=range(1, len(reference.codebook) + 1))
        write_project(folder / INES / "glc_sample.qdpx", codings=pd.DataFrame(codings), codes=codes,
                      sources=pd.DataFrame({"source": sources.keys(), "text": sources.values()}),
                      name="glc_sample")
    for place in filter(None, [None if writers else root, plain]):
        table = place / "raw" / "codings" / INES / "glc_sample.csv"
        table.parent.mkdir(parents=True, exist_ok=True)
        write_table(table, _placed_rows(sources, codings), PLACED)
    for kind in ("interview", "call"):
        write_table(folder / TOMAS / f"{kind}s.csv", _quotes(kind, texts, names), COLUMNS)
    write_table(folder / TOMAS / "answers.csv",
                ({"document": answer["document_id"], "code": code} for answer in answers
                 for code in _codes(answer["codes"]) or [""]), COLUMNS)
    write_decision_workbook(folder / CONSENSUS / "decisions.xlsx", pd.DataFrame(_disagreements()),
                            texts.segments, make_codebook_of_codes_in_use(reference.codebook),
                            reasons={segment_id: turn["reason"] for segment_id, turn, _ in _work(INES)})


def _codes(*cells: str) -> list[str]:
    """Returns the codes in the first filled cell; none if that cell is ``-`` or if all cells are blank."""
    return [code for code in next(filter(None, cells), "").split() if code != "-"]


def _work(coder: str) -> Iterator[tuple[str, Row, list[str]]]:
    """Yields every turn that a coder was to read: its segment_id, its row, and the codes that the coder gave
    to it."""
    for row in grouped("assignments", "coder_id")[coder]:
        for n, turn in enumerate(grouped("turns", "document_id")[row["document_id"]], 1):
            yield f"{row['document_id']}.{n}", turn, _codes(turn[coder], turn["codes"])


def _places(marked: str) -> Iterator[tuple[int, int]]:
    """Yields the positions in a turn's words of the passage with the first code, then of the passage with the
    second code, then again and again of the whole turn.

    >>> [place for place, _ in zip(_places("[[We {{wait]], then}} talk."), range(3))]
    [(0, 7), (3, 13), (0, 19)]
    """
    at, found = 0, {}
    for piece in MARKS.split(marked):
        found |= {piece: at} if MARKS.fullmatch(piece) else {}
        at += 0 if piece in found else len(piece)
    yield found.get("[[", 0), found.get("]]", at)
    yield found.get("{{", 0), found.get("}}", at)
    yield from repeat((0, at))


def _marked_by_ines(texts: Texts, names: dict[str, str]) -> tuple[dict[str, str], list[Row]]:
    """Returns the texts that Ines read, by document_id, and her passages."""
    codings, sources = [], {}
    for segment_id, turn, given in _work(INES):
        document_id, _, n = segment_id.rpartition(".")
        text = texts.texts[document_id]
        sources[document_id], (_, begin) = text.canonical, text.labels[int(n) - 1]
        for k, (code, place) in enumerate(zip(given, _places(turn["text"]), strict=False)):
            start, end = shift_span_after_masking(begin + place[0], begin + place[1], text.offsets)
            codings.append({"source": document_id, "start": start, "end": end, "code": names[code],
                            "coder": INES, "memo": "" if k else turn["memo"]})
    return sources, codings


def _placed_rows(sources: dict[str, str], codings: list[Row]) -> Iterator[Row]:
    """Yields a row per passage with its words, and a row for each text that was read and left uncoded."""
    for coding in codings:
        yield {**coding, "document": coding["source"],
               "quote": sources[coding["source"]][coding["start"]:coding["end"]]}
    for document_id in sorted({*sources} - {coding["source"] for coding in codings}):
        yield {"document": document_id, "coder": INES}


def _quotes(kind: str, texts: Texts, names: dict[str, str]) -> Iterator[Row]:
    """Yields the rows of Tomas' sheet, with the whole turn as quotation. They include memos on texts that
    nobody else reads."""
    said = dict(zip(texts.segments["segment_id"], texts.segments["text"], strict=True))
    shared = {segment_id for segment_id, *_ in _work(INES)}
    for segment_id, turn, given in _work(TOMAS):
        for code in given if segment_id.startswith(kind) else ():
            yield {"document": f"{turn['document_id']}.txt", "quote": said[segment_id],
                   "code": names[code], "memo": "" if segment_id in shared else turn["memo"]}


def _disagreements() -> Iterator[Row]:
    """Yields the turns that both coders read and coded differently: a row per coder, and the decision if a
    reason for it is given."""
    first = {segment_id: given for segment_id, _, given in _work(INES)}
    for segment_id, turn, given in _work(TOMAS):
        if {*first.get(segment_id, given)} != {*given}:
            rows = {INES: first[segment_id], TOMAS: given, CONSENSUS: _codes(turn["codes"])}
            for coder in rows if turn["reason"] else (INES, TOMAS):
                yield {"segment_id": segment_id, "coder_id": coder, "codes": ";".join(sorted(rows[coder]))}
