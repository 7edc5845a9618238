"""Consensus coding: one agreed coding of the work of several coders.

In go the codings of all coders, and the decisions that people made where they differ. Out come the codings
of the coder ``consensus``, which all analyses use, and the table ``disagreements``. People decide in a
workbook, on screen or on paper; its rows come back as decisions with reasons.

The module decides which codes are agreed: those that every coder who read the segment gave it, or the codes
of the decision.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from glc_analysis.coding.codebook import current_code, resolve
from glc_analysis.errors import Fault, Faults, nearest
from glc_analysis.spreadsheets import print_on_a4, save_workbook, style_cell, write_text
from glc_analysis.study import Study
from glc_analysis.tables import read
from glc_analysis.tabular import read_sheets

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

# ------------------------------
# The agreed codings and the disagreements.


CONSENSUS = "consensus"
KEY = ["document_id", "start", "end", "code_id", "coder_id"]


def by_segment(codings: pd.DataFrame) -> pd.DataFrame:
    """One row a coding and segment that it overlaps: the columns of codings, and segment_id.

    >>> by_segment(pd.DataFrame({"segment_ids": ["a.1;a.2", ""]}))["segment_id"].tolist()
    ['a.1', 'a.2']
    """
    split = codings.assign(segment_id=codings["segment_ids"].str.split(";")).explode("segment_id")
    return split[split["segment_id"].fillna("") != ""]


def origins(segments: pd.DataFrame) -> dict[str, str]:
    """Each segment -> the segment that it translates, or itself."""
    origins = segments["translation_of"].where(segments["translation_of"] != "", segments["segment_id"])
    return dict(zip(segments["segment_id"], origins, strict=True))


def units(codings: pd.DataFrame, read: pd.DataFrame, segments: pd.DataFrame, *,
          unread: Set[tuple[str, str]] = frozenset()) -> pd.DataFrame:
    """One row a participant's segment and coder who read it: segment_id, document_id, coder_id, codes,
    is_missing.

    ``read`` has a row a document and coder; ``codes`` is the set of code_ids, empty where the coder
    left the segment uncoded. ``is_missing`` are the segments (segment_id and coder_id in ``unread``) of
    which it is not known how the coder coded them: neither agreed nor left uncoded.
    """
    spoken = segments[segments["role"] == "participant"]
    frame = spoken[["segment_id", "document_id", "guide_question_id"]].merge(read, on="document_id")
    frame["respondent_id"] = frame["document_id"]
    given = by_segment(codings).groupby(["segment_id", "coder_id"])["code_id"].agg(frozenset)
    found = given.reindex(pd.MultiIndex.from_frame(frame[["segment_id", "coder_id"]]))
    frame["codes"] = [codes if isinstance(codes, frozenset) else frozenset() for codes in found]
    pairs = zip(frame["segment_id"], frame["coder_id"], strict=True)
    frame["is_missing"] = [pair in unread for pair in pairs]
    return frame


def reconcile(codings: pd.DataFrame, coded: pd.DataFrame, segments: pd.DataFrame,
              decisions: Mapping[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The codings of the coder ``consensus``, and the table ``disagreements``.

    ``coded`` are the :func:`units` of all coders; ``decisions`` has the codes that people decided on, joined
    by ``;``, by segment_id. A document that the coder consensus handed in is taken as it is. Of a document
    that only one coder read, that coder's codings are taken. Of other documents, each participant's segment
    gets the codes that all its readers gave, or those of the decision where there is one. A code is placed
    where a coder placed it (the longest passage), else on the whole segment.

    A passage that was placed by position alone is in no consensus until somebody looked at it: of such a
    segment, and of one that is missing for a coder, the codes wait for a decision, even where those that are
    known are the same.
    """
    by_position = codings["match"] == "by_position"
    unproved = {*by_segment(codings[by_position])["segment_id"]}
    codings = codings[~by_position]
    whole = set(coded.loc[coded["coder_id"] == CONSENSUS, "document_id"])
    readers = coded.groupby("document_id")["coder_id"].nunique()
    single = set(readers.index[readers == 1]) - whole
    shared = coded[~coded["document_id"].isin(whole | single)]
    taken = codings[codings["document_id"].isin(single) | (codings["document_id"].isin(whole)
                    & (codings["coder_id"] == CONSENSUS))].assign(coder_id=CONSENSUS)
    sets = shared.groupby("segment_id")["codes"].agg(list)
    settled = sets.map(lambda given: frozenset.intersection(*given))
    is_open = sets.index.isin(unproved | {*shared.loc[shared["is_missing"], "segment_id"]})
    settled = settled[~is_open]
    differ = sets.index[is_open | np.array([len(set(given)) > 1 for given in sets], dtype=bool)]
    decided = {s: frozenset(filter(None, decisions[s].split(";"))) for s in differ if s in decisions}
    settled = settled.to_dict() | decided
    joined = _placed(settled, codings[codings["document_id"].isin(shared["document_id"])], segments)
    consensus = pd.concat([taken, joined], ignore_index=True)[codings.columns]
    return consensus.drop_duplicates(KEY), _disagreements(shared, differ, decided)


def _placed(settled: Mapping[str, frozenset], codings: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Codings for the agreed codes of each segment."""
    wanted = pd.DataFrame([(segment, code) for segment, codes in settled.items() for code in sorted(codes)],
                          columns=["segment_id", "code_id"], dtype="str")
    spans = segments.set_index("segment_id")[["document_id", "start", "end"]]
    wanted = wanted.join(spans, on="segment_id")
    given = by_segment(codings)
    given = given.assign(length=given["end"] - given["start"]).sort_values(
        ["length", "coder_id"], ascending=[False, True], kind="stable").drop_duplicates(
        ["segment_id", "code_id"])
    found = wanted.merge(given[["segment_id", "code_id", "start", "end", "segment_ids", "match", "memo"]],
                         on=["segment_id", "code_id"], how="left", suffixes=("", "_given"))
    is_given = found["start_given"].notna()
    return found.assign(
        start=found["start_given"].where(is_given, found["start"]).astype(int),
        end=found["end_given"].where(is_given, found["end"]).astype(int),
        segment_ids=found["segment_ids"].where(is_given, found["segment_id"]),
        match=found["match"].where(is_given, "exact"), memo=found["memo"].fillna(""), coder_id=CONSENSUS)


def _disagreements(shared: pd.DataFrame, differ: pd.Index, decided: Mapping[str, frozenset]) -> pd.DataFrame:
    """Table ``disagreements``: one row a coder of each segment where coders differ, and the decision."""
    rows = shared[shared["segment_id"].isin(differ)]
    documents = dict(zip(rows["segment_id"], rows["document_id"], strict=True))
    sets = [*rows["codes"], *decided.values()]
    given = pd.DataFrame({"segment_id": [*rows["segment_id"], *decided],
                          "coder_id": [*rows["coder_id"], *[CONSENSUS] * len(decided)],
                          "codes": [";".join(sorted(codes)) for codes in sets]}, dtype="str")
    is_missing = [*rows["is_missing"], *[False] * len(decided)]
    return given.assign(document_id=given["segment_id"].map(documents), is_missing=is_missing,
                        is_decided=given["segment_id"].isin(list(decided)))


# ------------------------------
# Agreement in one table to read, and the workbook for the disagreements.


_CASES = ["n_missing", "lowest", "highest"]
MEASURES = {"percent_agreement": "agreement", "positive_agreement": "positive",
            "negative_agreement": "negative", **{name: name for name in ("alpha", "kappa", "ac1", "pabak")}}


def why_no_kappa(rows: pd.DataFrame) -> str:
    """Why the rows of table ``agreement`` have no kappa, as a sentence; blank where they have it, or nothing.

    >>> measures = ["alpha", "prevalence.ana", "prevalence.ben", "prevalence.cleo"]
    >>> why_no_kappa(pd.DataFrame({"measure": measures}))
    "Cohen's kappa is not given: it compares two coders, and 3 coded these texts. Alpha takes any number."
    """
    n = rows["measure"][rows["measure"].str.startswith("prevalence.")].nunique()
    return "" if n < 3 or rows["measure"].eq("kappa").any() else (
        f"Cohen's kappa is not given: it compares two coders, and {n} coded these texts. "
        "Alpha takes any number.")


def agreement_summary(study: Study, *, unit: str = "turn") -> pd.DataFrame:
    """One row a code (first all codes together, by alpha with MASI distance): name, n_units,
    n_pairable, prevalence, coefficients, the interval of alpha, the reason where there is none. Where
    passages are quarantined, how many values are missing, and alpha in the worst and in the best case."""
    rows = read("agreement", study=study).query("unit == @unit and subset == 'all'")
    codebook = read("codebook", study=study).sort_values("order")
    wide = rows.pivot(index="code_id", columns="measure", values="value")
    wide = wide.reindex(columns=[*MEASURES, "masi_alpha"])
    wide["alpha"] = wide["alpha"].fillna(wide["masi_alpha"])
    own = rows[rows["measure"].isin(["alpha", "masi_alpha"])].set_index("code_id")
    wide = wide[list(MEASURES)].rename(columns=MEASURES).join(
        own[["n_units", "n_pairable", "prevalence", "low", "high", *_CASES, "reason"]])
    order = ["", *codebook["code_id"]]
    wide = wide.reindex([code for code in order if code in wide.index])
    names = {"": "all codes (MASI)", **dict(zip(codebook["code_id"], codebook["name"], strict=True))}
    cases = _CASES if (wide["n_missing"] > 0).any() else []
    given = [name for name in MEASURES.values() if name != "kappa" or not why_no_kappa(rows)]
    return wide.reset_index().assign(code=[names.get(code, code) for code in wide.index])[
        ["code_id", "code", "n_units", "n_pairable", "prevalence", *given, "low", "high", *cases,
         "reason"]]


def write_disagreements(study: Study) -> tuple[Path, int, int]:
    """Writes ``processed/disagreements.xlsx``; returns its path, how many segments are open, and how many are
    decided."""
    rows = read("disagreements", study=study)
    path = study.processed / "disagreements.xlsx"
    reasons = dict(zip(rows["segment_id"], rows["reason"], strict=True))
    write_decisions(path, rows, read("segments", study=study), read("codebook", study=study), reasons=reasons)
    n_open = rows.loc[~rows["is_decided"], "segment_id"].nunique()
    return path, n_open, rows["segment_id"].nunique() - n_open


# ------------------------------
# The workbook in which people decide where coders differ: written, and read back.


SHEET, NONE, REASON = "Disagreements", "none", "reason"
_HOW = ("In the box consensus, write the codes that you agree on, by name or code_id, with ; between them, "
        "or none if the segment has no code. A blank box is not decided. Under reason, say why.")
_TURN, _FILLED = ["segment_id", "document_id", "text"], ["segment_id", CONSENSUS, REASON]
_WIDTHS = {"segment_id": 13, "document_id": 12, "text": 52, CONSENSUS: 26, "path": 34, "definition": 60}


def write_decisions(path: Path, disagreements: pd.DataFrame, segments: pd.DataFrame,
                    codebook: pd.DataFrame, *, reasons: Mapping[str, str] | None = None) -> None:
    """Writes the workbook: a row a segment of `disagreements`, in the order of the texts.

    A coder's cell holds codes by name, ``none`` where the coder read the segment and gave it no
    code, nothing where the coder did not read it, and says so where a passage of the coder that may be there
    is quarantined. Decisions (coder ``consensus``) come filled in,
    with the `reasons` given for them by segment_id. The same content gives the same bytes.
    """
    from openpyxl import Workbook
    from openpyxl.comments import Comment

    shown = _shown(codebook) | {"": NONE}
    cells = disagreements["codes"].map(lambda codes: "; ".join(shown.get(c, c) for c in codes.split(";")))
    if "is_missing" in disagreements:
        known = cells.where(disagreements["codes"] != "", "")
        apart = (known + " (a quarantined passage may be here)").str.strip()
        cells = cells.mask(disagreements["is_missing"], apart)
    who = disagreements["coder_id"].map(lambda coder: coder if coder == CONSENSUS else f"coder: {coder}")
    wide = disagreements.assign(codes=cells, who=who).pivot(index="segment_id", columns="who", values="codes")
    names = [*_TURN, *wide.columns.drop(CONSENSUS, errors="ignore"), CONSENSUS, REASON]
    rows = wide.join(segments.set_index("segment_id")[["document_id", "text", "start"]]).reset_index()
    rows = rows.assign(reason=rows["segment_id"].map(reasons or {})).sort_values(["document_id", "start"])
    book = Workbook()
    _fill(book.active, SHEET, rows.reindex(columns=names).astype("str").fillna(""))
    head, *boxes = [*book.active.columns][-2]
    head.comment = Comment(_HOW, "glc agreement", height=140, width=360)
    for box in boxes:
        style_cell(box, is_box=True)
    listed = codebook.assign(code=codebook["code_id"].map(shown)).sort_values("order")
    _fill(book.create_sheet(), "Codes", listed[["code", "path", "definition", "code_id"]])
    save_workbook(book, path)


def _shown(codebook: pd.DataFrame) -> dict[str, str]:  # by name, where that leads back to the code
    known = resolve(list(codebook["name"]), codebook)
    return {code: name if known[name] == code and _parts(name) == [name] != [NONE] else code
            for code, name in zip(codebook["code_id"], codebook["name"], strict=True)}


def _fill(sheet: Worksheet, title: str, rows: pd.DataFrame) -> None:
    for m, (name, column) in enumerate(rows.items(), 1):
        for n, text in enumerate([name, *column], 1):
            cell = sheet.cell(n, m)
            write_text(cell, text)  # its first 32,767 characters
            style_cell(cell, is_heading=n == 1)
        sheet.column_dimensions[sheet.cell(1, m).column_letter].width = _WIDTHS.get(name, 20)
    sheet.title = title
    print_on_a4(sheet, headings=1)
    sheet.oddHeader.left.size, sheet.page_margins.left, sheet.page_margins.right = 8, 0.4, 0.4
    sheet.oddHeader.left.text, sheet.oddFooter.right.text = _HOW if title == SHEET else title, "&P / &N"


def read_decisions(path: Path, codebook: pd.DataFrame) -> pd.DataFrame:
    """The decisions of a filled workbook: segment_id, codes (joined by ``;``, "" for none), reason.

    Rows whose ``consensus`` is blank are not decided and left out; codes are those of today. Raises
    `Faults` with everything wrong; whether a segment exists is the caller's to check.
    """
    sheet = max(read_sheets(path), key=lambda one: one.sheet == SHEET)  # else the first
    rows = pd.DataFrame(sheet.rows[1:], sheet.numbers[1:], [name.strip().casefold() for name in sheet.names])
    if lost := [name for name in _FILLED if list(rows.columns).count(name) != 1]:
        raise Faults(Fault("this column must be there once", sheet.place, "1", name, "", "put it back")
                     for name in lost)
    rows = rows[_FILLED].apply(lambda column: column.str.strip())
    rows["named"] = rows[CONSENSUS].map(_parts)
    meant = resolve(sorted({name for names in rows["named"] for name in names}), codebook)
    known = {name: current_code(code, codebook) for name, code in meant.items()} | {NONE: ""}
    if faults := list(_faults(rows, known, codebook["name"], sheet.place)):
        raise Faults(faults)
    rows["codes"] = [";".join(sorted({known[name] for name in names})) for names in rows["named"]]
    return rows.loc[rows["named"].map(bool), ["segment_id", "codes", REASON]].reset_index(drop=True)


def _parts(cell: str) -> list[str]:
    """The codes that a cell names. People also write them on several lines, and None with a capital."""
    return [NONE if part.casefold() == NONE else part for part in re.split(r"\s*[;\n]\s*", cell) if part]


def _faults(rows: pd.DataFrame, known: Mapping[str, str], near: pd.Series, file: str) -> Iterator[Fault]:
    twice = {*rows.loc[rows["segment_id"].duplicated(), "segment_id"]} - {""}
    for row, segment, names in zip(map(str, rows.index), rows["segment_id"], rows["named"], strict=True):
        fault = partial(Fault, file=file, row=row)
        if names and not segment:
            yield fault("is blank beside a decision", column="segment_id", fix="put the segment_id back")
        if segment in twice:
            yield fault("is in several rows", column="segment_id", value=segment, fix="keep one of the rows")
        if NONE in names and {*names} != {NONE}:
            yield fault("has none and a code", column=CONSENSUS, value="; ".join(names), fix="keep one")
        for name in (name for name in names if name != NONE and not known[name]):
            yield fault(f"is not a code of codebook.csv; {nearest(name, near)}", column=CONSENSUS,
                        value=name, fix="write a name or code_id from the sheet Codes")
