"""What two coders made of it, each in a program of their own, and what they settled on.

Ines marks passages in a program that writes REFI-QDA; Tomas copies whole turns, and open answers,
into a spreadsheet. Both work on the masked texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import repeat
from pathlib import Path

import pandas as pd

from glc_analysis.cleaning.dimension_tables import codebook_table
from glc_analysis.coding.consensus import CONSENSUS, write_decisions
from glc_analysis.coding.texts import Texts, read_texts
from glc_analysis.intake.codings.refi import write_qdpx
from glc_analysis.pseudonyms.masking import complete_key, shift_span
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from scripts.sample_study.content import Row, grouped
from scripts.sample_study.conversations import MARKS
from scripts.sample_study.study_files import write_table

INES, TOMAS = "ines", "tomas"
COLUMNS = ("document", "quote", "code", "memo")


def write_coders_work(root: Path, answers: Iterable[Row]) -> None:
    """Writes ``raw/codings``, for which transcripts and reference tables have to be there.

    ``answers`` are the open answers that Tomas coded: document_id, codes.
    """
    study, folder = Study(root), root / "raw" / "codings"
    reference = read_reference(study)
    texts = read_texts(study, reference, complete_key(reference.names, {}))
    names = dict(zip(reference.codebook["code_id"], reference.codebook["name"], strict=True))
    for coder in (INES, TOMAS, CONSENSUS):
        (folder / coder).mkdir(parents=True)
    _write_project(folder / INES / "glc_sample.qdpx", texts, reference.codebook, names)
    for kind in ("interview", "call"):
        write_table(folder / TOMAS / f"{kind}s.csv", _quotes(kind, texts, names), COLUMNS)
    write_table(folder / TOMAS / "answers.csv",
                ({"document": answer["document_id"], "code": code} for answer in answers
                 for code in _codes(answer["codes"]) or [""]), COLUMNS)
    write_decisions(folder / CONSENSUS / "decisions.xlsx", pd.DataFrame(_disagreements()), texts.segments,
                    codebook_table(reference.codebook),
                    reasons={segment_id: turn["reason"] for segment_id, turn, _ in _work(INES)})


def _codes(*cells: str) -> list[str]:
    """The codes of the first cell that is filled; none where it says ``-``, or all are blank."""
    return [code for code in next(filter(None, cells), "").split() if code != "-"]


def _work(coder: str) -> Iterator[tuple[str, Row, list[str]]]:
    """Every turn that a coder was to read: its segment_id, the row, the codes it was given."""
    for row in grouped("assignments", "coder_id")[coder]:
        for n, turn in enumerate(grouped("turns", "document_id")[row["document_id"]], 1):
            yield f"{row['document_id']}.{n}", turn, _codes(turn[coder], turn["codes"])


def _places(marked: str) -> Iterator[tuple[int, int]]:
    """Where in a turn's words the passages of its first and second code stand; then always the whole.

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


def _write_project(path: Path, texts: Texts, codebook: pd.DataFrame, names: dict[str, str]) -> None:
    codings, sources = [], {}
    for segment_id, turn, given in _work(INES):
        document_id, _, n = segment_id.rpartition(".")
        text = texts.texts[document_id]
        sources[document_id], (_, begin) = text.canonical, text.labels[int(n) - 1]
        for k, (code, place) in enumerate(zip(given, _places(turn["text"]), strict=False)):
            start, end = shift_span(begin + place[0], begin + place[1], text.offsets)
            codings.append({"source": document_id, "start": start, "end": end, "code": names[code],
                            "coder": INES, "memo": "" if k else turn["memo"]})
    codes = codebook.assign(code=codebook["name"], parent=codebook["parent_id"].map(names).fillna(""),
                            position=range(1, len(codebook) + 1))
    write_qdpx(path, sources=pd.DataFrame({"source": sources.keys(), "text": sources.values()}),
               codings=pd.DataFrame(codings), codes=codes, name="glc_sample")


def _quotes(kind: str, texts: Texts, names: dict[str, str]) -> Iterator[Row]:
    """Rows of Tomas' sheet: the whole turn as quotation; memos where nobody else reads the text."""
    said = dict(zip(texts.segments["segment_id"], texts.segments["text"], strict=True))
    shared = {segment_id for segment_id, *_ in _work(INES)}
    for segment_id, turn, given in _work(TOMAS):
        for code in given if segment_id.startswith(kind) else ():
            yield {"document": f"{turn['document_id']}.txt", "quote": said[segment_id],
                   "code": names[code], "memo": "" if segment_id in shared else turn["memo"]}


def _disagreements() -> Iterator[Row]:
    """Where both read a turn and differ: a row a coder, and the decision if there is a reason for it."""
    first = {segment_id: given for segment_id, _, given in _work(INES)}
    for segment_id, turn, given in _work(TOMAS):
        if {*first.get(segment_id, given)} != {*given}:
            rows = {INES: first[segment_id], TOMAS: given, CONSENSUS: _codes(turn["codes"])}
            for coder in rows if turn["reason"] else (INES, TOMAS):
                yield {"segment_id": segment_id, "coder_id": coder, "codes": ";".join(sorted(rows[coder]))}
