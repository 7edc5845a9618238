"""Makes the consensus coding: one agreed coding from the work of several coders.

The module combines the codings of all coders with the decisions that people made where coders differ. The
result is the codings of the coder ``consensus``, which all analyses use, and the table ``disagreements`` with
the segments on which coders differ. People write their decisions into a workbook, on screen or on paper; the
module reads each row of the workbook as a decision with its reason.

The study's rule of consensus says how many readers of a segment must have given a code, so that the code is
agreed: most readers, or all readers. A code that a decision names is agreed as well. A code that some readers
gave, and that is neither agreed nor rejected by a decision, is undecided.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Set
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from glc_analysis.coding.codebook import find_current_code, resolve_code_names
from glc_analysis.errors import Fault, Faults, suggest_name
from glc_analysis.spreadsheets import (
    save_workbook_reproducibly,
    set_a4_print_layout,
    style_cell,
    write_cell_as_plain_text,
)
from glc_analysis.study import Study
from glc_analysis.tables import read_table
from glc_analysis.tabular import read_workbook_sheets

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

# ------------------------------
# The agreed codings and the disagreements.


CONSENSUS = "consensus"
UNANIMOUS, MAJORITY = "unanimous", "majority"
"""The names of two rules of consensus ([coding] consensus in study.toml); the third rule is ``person``."""
CODING_KEY = ["document_id", "start", "end", "code_id", "coder_id"]
PASSAGE_COLUMNS = ["marked_by", "is_agreed", "marked_start", "marked_end"]
"""The columns that passages of the coder ``consensus`` have in addition to the columns of other passages. The
additional columns name the coders who marked words of the passage, say whether the words of the passage are
agreed, and give the start and end of the widest stretch that these coders marked."""


def repeat_codings_for_each_segment(codings: pd.DataFrame) -> pd.DataFrame:
    """Returns one row for each pair of a coding and a segment that the coding overlaps, with the columns of
    ``codings`` and the column segment_id.

    >>> repeat_codings_for_each_segment(pd.DataFrame({"segment_ids": ["a.1;a.2", ""]}))["segment_id"].tolist()
    ['a.1', 'a.2']
    """
    listed = codings["segment_ids"].to_numpy(dtype=object, na_value="")
    pairs = [(at, segment_id) for at, ids in enumerate(listed) for segment_id in ids.split(";") if segment_id]
    rows = codings.iloc[[at for at, _ in pairs]]
    return rows.assign(segment_id=pd.Series([segment_id for _, segment_id in pairs], rows.index, "str"))


def map_to_original_or_self(segments: pd.DataFrame) -> dict[str, str]:
    """Maps each segment that is a translation to the segment that it translates, and every other segment to
    itself."""
    origins = segments["translation_of"].where(segments["translation_of"] != "", segments["segment_id"])
    return dict(zip(segments["segment_id"], origins, strict=True))


def list_codes_by_segment_and_reader(
        codings: pd.DataFrame, read: pd.DataFrame, segments: pd.DataFrame, *,
        segments_to_mark_missing: Set[tuple[str, str]] = frozenset()) -> pd.DataFrame:
    """Returns one row for each pair of a participant's segment and a coder who read the segment, with the
    columns segment_id, document_id, coder_id, codes and is_missing.

    ``read`` has one row for each pair of a document and a coder who read the document. Column ``codes`` is
    the set of code_ids that the coder gave the segment; it is empty if the coder left the segment uncoded.
    Column ``is_missing`` marks the segments for which the coder's codes are not known;
    ``segments_to_mark_missing`` has the segment_id and coder_id of these segments.
    """
    spoken = segments[segments["role"] == "participant"]
    frame = spoken[["segment_id", "document_id", "guide_question_id"]].merge(read, on="document_id")
    frame["respondent_id"] = frame["document_id"]
    coded = repeat_codings_for_each_segment(codings)
    by_reader = coded.groupby(["segment_id", "coder_id"])["code_id"].agg(frozenset)
    code_sets = by_reader.reindex(pd.MultiIndex.from_frame(frame[["segment_id", "coder_id"]]))
    frame["codes"] = [codes if isinstance(codes, frozenset) else frozenset() for codes in code_sets]
    pairs = zip(frame["segment_id"], frame["coder_id"], strict=True)
    frame["is_missing"] = [pair in segments_to_mark_missing for pair in pairs]
    return frame


def reconcile(codings: pd.DataFrame, coded: pd.DataFrame, segments: pd.DataFrame,
              decisions: Mapping[str, str], *, rule: str = UNANIMOUS) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Returns the codings of the coder ``consensus``, and the table ``disagreements``.

    ``coded`` has the units of all coders, as :func:`list_codes_by_segment_and_reader` returns them.
    ``decisions`` maps a segment_id to the codes that people decided on, joined by ``;``. The agreed codes of
    a document are found in one of these ways:

    - If the coder ``consensus`` handed the document in, the codings of ``consensus`` are used unchanged.
    - If only one coder read the document, the codings of this coder are used.
    - If several coders read the document, each participant's segment gets the codes of the decision on this
      segment. If there is no decision on the segment, the segment gets the codes that are agreed by ``rule``
      (:func:`settle_codes`). All other codes that a coder gave the segment are undecided, which means that
      they wait for a decision and do not count as absent.

    The consensus keeps every passage that coders marked with an agreed code, with the memos of the passage
    and :data:`PASSAGE_COLUMNS`. If passages of several coders overlap, the passage of the consensus has the
    words that all these passages have in common, or, with the rule ``majority``, the words that most readers
    marked. If there are no such words, each of the overlapping passages stays as its coder marked it, and its
    words are not agreed. If the words of a passage are not agreed, its code is agreed only for the segment,
    and a person chooses which words are quoted. If a decision names a code, the consensus has the passages of
    the coders who gave this code. If no coder gave the code, the consensus has the code on the whole segment.
    Counts of words use the widest stretch that coders marked.

    A passage that was placed by position alone (no words confirm its position) is not in the consensus until
    a person has reviewed it. The codes of a segment with such a passage wait for a decision, even if all
    other codings of the segment agree. The codes of a segment also wait for a decision if the codes of one of
    the segment's coders are not known.
    """
    by_position = codings["match"] == "by_position"
    unproved = {*repeat_codings_for_each_segment(codings[by_position])["segment_id"]}
    codings = codings[~by_position]
    whole = set(coded.loc[coded["coder_id"] == CONSENSUS, "document_id"])
    readers = coded.groupby("document_id")["coder_id"].nunique()
    single = set(readers[readers == 1].index) - whole
    shared = coded[~coded["document_id"].isin(whole | single)]
    taken = codings[codings["document_id"].isin(single) | (codings["document_id"].isin(whole)
                    & (codings["coder_id"] == CONSENSUS))]
    taken = taken.assign(marked_by=taken["coder_id"], coder_id=CONSENSUS, is_agreed=True,
                         marked_start=taken["start"], marked_end=taken["end"])
    unsure = unproved | {*shared.loc[shared["is_missing"], "segment_id"]}
    codes_by_segment = {segment: [*sets] for segment, sets in shared.groupby("segment_id")["codes"]}
    differ = [segment for segment, sets in codes_by_segment.items() if segment in unsure or len({*sets}) > 1]
    settled, waiting = {}, {}
    for segment, sets in codes_by_segment.items():
        settled[segment], waiting[segment] = settle_codes(sets, rule)
        if segment in unsure:
            settled[segment], waiting[segment] = frozenset(), frozenset().union(*sets)
    decided = {s: frozenset(filter(None, decisions[s].split(";"))) for s in differ if s in decisions}
    settled |= decided

    def needed(turn: str, n_coders: int) -> int:
        if turn in decided:
            return n_coders
        return len(codes_by_segment[turn]) // 2 + 1 if rule == MAJORITY else len(codes_by_segment[turn])

    spoken = segments[segments["segment_id"].isin(codes_by_segment)].set_index("segment_id")
    joined = _placed(settled, needed, codings[codings["document_id"].isin(shared["document_id"])], spoken)
    consensus = pd.concat([taken, joined], ignore_index=True)[[*codings.columns, *PASSAGE_COLUMNS]]
    rows = _disagreements(shared, differ, decided)
    is_open = [segment not in decided and bool(segment in unsure or waiting[segment])
               for segment in rows["segment_id"]]
    waits = [";".join(sorted(waiting[segment])) if one else ""
             for segment, one in zip(rows["segment_id"], is_open, strict=True)]
    return consensus.drop_duplicates(CODING_KEY), rows.assign(
        is_open=pd.Series(is_open, rows.index, dtype=bool),
        open_codes=pd.Series(waits, rows.index, dtype="str"))


def settle_codes(codes_by_reader: list[frozenset], rule: str) -> tuple[frozenset, frozenset]:
    """Returns the agreed codes and the undecided codes of a segment, by a rule of consensus.
    ``codes_by_reader`` has, for each reader, the codes that the reader gave the segment.

    With the rule ``majority``, a code is agreed if more than half of the readers gave it, absent if more than
    half did not give it, and undecided in a tie. With the rules ``unanimous`` and ``person`` (a named person
    decides), a code is agreed only if all readers gave it. With these two rules, one additional reader can
    make a code undecided, but never absent.

    >>> settle_codes([frozenset("ab"), frozenset("a"), frozenset("ac")], UNANIMOUS)[0]
    frozenset({'a'})
    >>> settle_codes([frozenset("ab"), frozenset("a")], MAJORITY)
    (frozenset({'a'}), frozenset({'b'}))
    """
    counts = Counter(code for codes in codes_by_reader for code in codes)
    if rule == MAJORITY:
        return (frozenset(code for code, n in counts.items() if 2 * n > len(codes_by_reader)),
                frozenset(code for code, n in counts.items() if 2 * n == len(codes_by_reader)))
    return (frozenset(code for code, n in counts.items() if n == len(codes_by_reader)),
            frozenset(code for code, n in counts.items() if n < len(codes_by_reader)))


def pair_segments_with_undecided_codes(disagreements: pd.DataFrame, quarantined: pd.DataFrame,
                                       codings: pd.DataFrame) -> pd.DataFrame:
    """Returns the codes that await a decision or a review, with one row per segment and code (segment_id,
    code_id).

    A code awaits a decision or a review in two cases:

    - the code is in column ``open_codes`` of table ``disagreements``;
    - a passage with the code was placed in the segment by position alone, or a quarantined passage with the
      code may be in the segment. Codes of such passages are left out if people have decided on the segment.
    """
    if disagreements.empty and quarantined.empty and codings.empty:
        return pd.DataFrame(columns=["segment_id", "code_id"], dtype="str")
    waiting = disagreements.loc[disagreements["is_open"], ["segment_id", "open_codes"]].drop_duplicates()
    waiting = waiting.assign(code_id=waiting["open_codes"].str.split(";")).explode("code_id")
    unsure = repeat_codings_for_each_segment(pd.concat([quarantined[["code_id", "segment_ids"]], codings.loc[
        codings["match"] == "by_position", ["code_id", "segment_ids"]]]))
    decided = disagreements.loc[disagreements["is_decided"], "segment_id"]
    rows = pd.concat([waiting, unsure[~unsure["segment_id"].isin(decided)]])[["segment_id", "code_id"]]
    rows = rows[rows["code_id"].fillna("") != ""]
    return rows.drop_duplicates().sort_values(["segment_id", "code_id"], ignore_index=True)


class Piece(NamedTuple):
    """The part of a turn that one coder marked with one code."""

    start: int
    end: int
    coder: str
    memo: str
    match: str


def _placed(settled: Mapping[str, frozenset], needed: Callable[[str, int], int], codings: pd.DataFrame,
            spoken: pd.DataFrame) -> pd.DataFrame:
    """Returns the passages to which coders gave agreed codes. ``settled`` has the agreed codes of each turn.

    ``needed`` is a function that returns how many coders must have marked the same words, so that these words
    count as agreed. The arguments of ``needed`` are a turn and the number of coders who gave the turn the
    code. ``spoken`` has the participants' turns, and its index is the segment_id."""
    turns = spoken[spoken.index.isin([*settled])]
    pieces = _pieces(settled, turns, codings)
    rows: dict[tuple[str, str, int, int], dict[str, Any]] = {}
    for turn in turns[["document_id", "start", "end", "text"]].itertuples():
        for code in sorted(settled[turn.Index]):
            own = pieces.get((turn.Index, code), [])
            n_needed = needed(turn.Index, len({piece.coder for piece in own}))
            for start, end, is_agreed in _turn_passages(own, n_needed, turn):
                near = sorted(piece for piece in own if _touch(piece, (start, end)))
                rows[turn.Index, code, start, end] = {
                    "document_id": turn.document_id, "start": start, "end": end, "code_id": code,
                    "segment_ids": turn.Index, "is_agreed": is_agreed, "coder_id": CONSENSUS,
                    **_origin(near, start, end)}
    _rejoin(rows, codings, spoken)
    return pd.DataFrame([*rows.values()], columns=[*codings.columns, *PASSAGE_COLUMNS])


def _pieces(settled: Mapping[str, frozenset], turns: pd.DataFrame,
            codings: pd.DataFrame) -> dict[tuple[str, str], list[Piece]]:
    """Returns, for each turn and each code that is agreed for the turn, the parts of the turn that coders
    marked with the code."""
    pieces: dict[tuple[str, str], list[Piece]] = {}
    spans = turns[["start", "end"]].rename(columns={"start": "turn_start", "end": "turn_end"})
    marked = repeat_codings_for_each_segment(codings).join(spans, on="segment_id")
    for turn, code, start, end, first, last, coder, memo, match in zip(*(marked[column] for column in (
            "segment_id", "code_id", "start", "end", "turn_start", "turn_end", "coder_id", "memo", "match")),
            strict=True):
        if code in settled.get(turn, ()):
            piece = Piece(max(start, int(first)), min(end, int(last)), coder, memo, match)
            pieces.setdefault((turn, code), []).append(piece)
    return pieces


def _touch(piece: Piece, span: tuple[int, int]) -> bool:
    return piece[:2] == span or piece.start < span[1] and span[0] < piece.end


def _turn_passages(pieces: list[Piece], needed: int, turn: Any) -> list[tuple[int, int, bool]]:
    """Returns the passages of one code in one turn, each with its start, its end, and whether its words are
    agreed.

    The words of a passage are agreed in two cases: at least ``needed`` coders marked a passage with the same
    start and end, or the words are common to the passages of at least ``needed`` coders. A passage without
    agreed words is kept as its coder marked it. If no coder marked a passage, the returned passage is the
    whole turn.
    """
    alike: dict[tuple[int, int], set[str]] = {}
    for piece in pieces:
        alike.setdefault(piece[:2], set()).add(piece.coder)
    agreed = [span for span, coders in alike.items() if len(coders) >= needed]
    for start, end in _overlaps(pieces, needed):
        words = turn.text[start - turn.start:end - turn.start]
        start += len(words) - len(words.lstrip())
        end = start + len(words.strip())
        if re.search(r"\w", words) and not any(a <= start and end <= b for a, b in agreed):
            agreed.append((start, end))
    rest = [span for span in alike if not any(a < span[1] and span[0] < b or (a, b) == span
                                              for a, b in agreed)]
    passages = [(*span, True) for span in agreed] + [(*span, False) for span in rest]
    return sorted(passages) or [(int(turn.start), int(turn.end), False)]


def _overlaps(pieces: list[Piece], needed: int) -> list[tuple[int, int]]:
    """Returns the stretches that at least ``needed`` coders marked. Two adjacent stretches are joined if one
    coder marked both in one passage."""
    edges = sorted({edge for piece in pieces for edge in piece[:2]})
    stretches: list[tuple[int, int]] = []
    for start, end in pairwise(edges):
        over = [piece for piece in pieces if piece.start <= start and end <= piece.end]
        if len({piece.coder for piece in over}) < needed:
            continue
        if stretches and stretches[-1][1] == start and any(piece.start < start for piece in over):
            stretches[-1] = stretches[-1][0], end
        else:
            stretches.append((start, end))
    return stretches


def _origin(near: list[Piece], start: int, end: int) -> dict[str, Any]:
    """Returns which coders marked words of a passage, the widest stretch that these coders marked there, and
    the memos of these coders."""
    if not near:
        return {"marked_by": CONSENSUS, "marked_start": start, "marked_end": end, "memo": "",
                "match": "exact"}
    return {"marked_by": ";".join(dict.fromkeys(sorted(piece.coder for piece in near))),
            "marked_start": min(start, *(piece.start for piece in near)),
            "marked_end": max(end, *(piece.end for piece in near)),
            "memo": "\n".join(dict.fromkeys(piece.memo for piece in near if piece.memo)),
            "match": next((piece.match for piece in near if piece[:2] == (start, end)), near[0].match)}


def _rejoin(rows: dict[tuple[str, str, int, int], dict[str, Any]], codings: pd.DataFrame,
            spoken: pd.DataFrame) -> None:
    """Joins the parts of each passage that extends over several turns, or that includes the name of a speaker
    before a turn. The parts of a passage are joined if all participants' turns in the passage have the code
    and the same coders marked each part."""
    wholes: dict[tuple[str, int, int, str, str], set[str]] = {}
    for *whole, coder in zip(*(codings[column] for column in (
            "document_id", "start", "end", "code_id", "segment_ids", "coder_id")), strict=True):
        wholes.setdefault(tuple(whole), set()).add(coder)
    spans = dict(zip(spoken.index, zip(spoken["start"], spoken["end"], strict=True), strict=True))
    for (_, start, end, code, segment_ids), coders in sorted(wholes.items()):
        touched = segment_ids.split(";")
        turns = [turn for turn in touched if turn in spans]
        keys = [(turn, code, max(start, spans[turn][0]), min(end, spans[turn][1])) for turn in turns]
        if len(keys) == 1 and keys[0][2:] == (start, end):
            continue
        pieces = [rows[key] for key in keys if key in rows]
        kinds = {(piece["marked_by"], piece["is_agreed"]) for piece in pieces}
        if len(pieces) < len(keys) or len(kinds) != 1:
            continue
        is_alike = coders == {*pieces[0]["marked_by"].split(";")}
        if not is_alike:  # one of the coders did not mark the words that are not participants' words
            start, end = pieces[0]["start"], pieces[-1]["end"]
            touched = touched[touched.index(turns[0]):touched.index(turns[-1]) + 1]
        for key in keys:
            del rows[key]
        memos = [memo for piece in pieces for memo in piece["memo"].split("\n") if memo]
        rows[keys[0]] = pieces[0] | {
            "start": start, "end": end, "segment_ids": ";".join(touched),
            "marked_start": min(start, pieces[0]["marked_start"]),
            "marked_end": max(end, pieces[-1]["marked_end"]), "memo": "\n".join(dict.fromkeys(memos))}


def _disagreements(shared: pd.DataFrame, differ: list[str], decided: Mapping[str, frozenset]) -> pd.DataFrame:
    """Returns table ``disagreements``. The table has, for each segment on which coders differ, one row per
    coder and, if people decided on the segment, one row for the decision."""
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


def why_no_kappa_for_many_coders(rows: pd.DataFrame) -> str:
    """Returns a sentence that explains why the given rows of table ``agreement`` have no kappa. The sentence
    is blank if the rows have kappa, or if fewer than three coders coded the texts.

    >>> measures = ["alpha", "prevalence.ana", "prevalence.ben", "prevalence.cleo"]
    >>> why_no_kappa_for_many_coders(pd.DataFrame({"measure": measures}))
    "Cohen's kappa is not given: it compares two coders, and 3 coded these texts. Alpha takes any number."
    """
    n = rows["measure"][rows["measure"].str.startswith("prevalence.")].nunique()
    return "" if n < 3 or rows["measure"].eq("kappa").any() else (
        f"Cohen's kappa is not given: it compares two coders, and {n} coded these texts. "
        "Alpha takes any number.")


def summarise_agreement_by_code(study: Study) -> pd.DataFrame:
    """Returns a table of agreement with one row per code; the first row is for all codes together, measured
    by alpha with MASI distance.

    The columns are name, n_units, n_pairable, prevalence, the coefficients, the interval of alpha and, if
    there is no interval, the reason. If values are missing because passages are quarantined, further columns
    show the number of missing values, and alpha in the worst and in the best case."""
    rows = read_table("agreement", study=study).query("unit == 'turn' and subset == 'all'")
    codebook = read_table("codebook", study=study).sort_values("order")
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
    given = [name for name in MEASURES.values() if name != "kappa" or not why_no_kappa_for_many_coders(rows)]
    return wide.reset_index().assign(code=[names.get(code, code) for code in wide.index])[
        ["code_id", "code", "n_units", "n_pairable", "prevalence", *given, "low", "high", *cases,
         "reason"]]


def write_open_and_decided_disagreements(study: Study) -> tuple[Path, int, int]:
    """Writes the workbook ``processed/disagreements.xlsx``. Returns the path of the workbook, the number of
    segments that await a decision, and the number of segments that are decided."""
    rows = read_table("disagreements", study=study)
    path = study.processed / "disagreements.xlsx"
    reasons = dict(zip(rows["segment_id"], rows["reason"], strict=True))
    write_decision_workbook(path, rows, read_table("segments", study=study),
                            read_table("codebook", study=study), reasons=reasons)
    n_open = rows.loc[rows["is_open"], "segment_id"].nunique()
    return path, n_open, rows["segment_id"].nunique() - n_open


# ------------------------------
# The workbook in which people decide where coders differ: written, and read back.


DISAGREEMENTS_SHEET, NONE, REASON = "Disagreements", "none", "reason"
_HOW = ("In the box consensus, write the codes that you agree on, by name or code_id, with ; between them, "
        "or none if the segment has no code. A blank box is not decided. Under reason, say why.")
_TURN, _FILLED = ["segment_id", "document_id", "text"], ["segment_id", CONSENSUS, REASON]
_WIDTHS = {"segment_id": 13, "document_id": 12, "text": 52, CONSENSUS: 26, "path": 34, "definition": 60}


def write_decision_workbook(path: Path, disagreements: pd.DataFrame, segments: pd.DataFrame,
                            codebook: pd.DataFrame, *, reasons: Mapping[str, str] | None = None) -> None:
    """Writes the workbook for decisions to ``path``, with one row per segment of ``disagreements``, in the
    order of the texts.

    The cell of a coder has the names of the codes that the coder gave the segment. The cell of a coder is
    ``none`` if the coder read the segment and gave it no code, and blank if the coder did not read the
    segment. The cell of a coder has a note if a quarantined passage of the coder may be in the segment.
    Decisions that people already made (coder ``consensus``) are filled in; ``reasons`` maps a segment_id to
    the reason of its decision. The same disagreements always give the same bytes in the workbook.
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
    _fill(book.active, DISAGREEMENTS_SHEET, rows.reindex(columns=names).astype("str").fillna(""))
    head, *boxes = [*book.active.columns][-2]
    head.comment = Comment(_HOW, "glc agreement", height=140, width=360)
    for box in boxes:
        style_cell(box, is_fill_in_box=True)
    listed = codebook.assign(code=codebook["code_id"].map(shown)).sort_values("order")
    _fill(book.create_sheet(), "Codes", listed[["code", "path", "definition", "code_id"]])
    save_workbook_reproducibly(book, path)


def _shown(codebook: pd.DataFrame) -> dict[str, str]:  # by name, where that leads back to the code
    known = resolve_code_names(list(codebook["name"]), codebook)
    return {code: name if known[name] == code and _parts(name) == [name] != [NONE] else code
            for code, name in zip(codebook["code_id"], codebook["name"], strict=True)}


def _fill(sheet: Worksheet, title: str, rows: pd.DataFrame) -> None:
    for m, (name, column) in enumerate(rows.items(), 1):
        for n, text in enumerate([name, *column], 1):
            cell = sheet.cell(n, m)
            write_cell_as_plain_text(cell, str(text))  # its first 32,767 characters
            style_cell(cell, is_heading=n == 1)
        sheet.column_dimensions[sheet.cell(1, m).column_letter].width = _WIDTHS.get(str(name), 20)
    sheet.title = title
    set_a4_print_layout(sheet, heading_row_count=1)
    sheet.oddHeader.left.size, sheet.page_margins.left, sheet.page_margins.right = 8, 0.4, 0.4
    sheet.oddHeader.left.text = _HOW if title == DISAGREEMENTS_SHEET else title
    sheet.oddFooter.right.text = "&P / &N"


def read_decisions(path: Path, codebook: pd.DataFrame) -> pd.DataFrame:
    """Returns the decisions in a filled-in workbook, with the columns segment_id, codes (joined by ``;``, ""
    for none) and reason.

    Rows with a blank cell in the column ``consensus`` of the workbook are undecided and are left out. Codes
    in the workbook are replaced by the codes under which they are counted today. Raises ``Faults`` with all
    faults of the workbook. The function does not check whether the segments exist; the caller must check
    this.
    """
    sheet = max(read_workbook_sheets(path),
                key=lambda one: one.sheet == DISAGREEMENTS_SHEET)  # else the first
    rows = pd.DataFrame(sheet.rows[1:], sheet.numbers[1:], [name.strip().casefold() for name in sheet.names])
    if lost := [name for name in _FILLED if list(rows.columns).count(name) != 1]:
        raise Faults(Fault("this column is missing, or occurs more than once", sheet.place, "1", name, "",
                           "add the column, or remove its copy")
                     for name in lost)
    rows = rows[_FILLED].apply(lambda column: column.str.strip())
    rows["named"] = rows[CONSENSUS].map(_parts)
    meant = resolve_code_names(sorted({name for names in rows["named"] for name in names}), codebook)
    known = {name: find_current_code(code, codebook) for name, code in meant.items()} | {NONE: ""}
    if faults := list(_faults(rows, known, codebook["name"], sheet.place)):
        raise Faults(faults)
    rows["codes"] = [";".join(sorted({known[name] for name in names})) for names in rows["named"]]
    return rows.loc[rows["named"].map(bool), ["segment_id", "codes", REASON]].reset_index(drop=True)


def _parts(cell: str) -> list[str]:
    """Returns the codes that a cell of the workbook names. The cell may list codes on several lines, and may
    write ``none`` with capitals."""
    return [NONE if part.casefold() == NONE else part for part in re.split(r"\s*[;\n]\s*", cell) if part]


def _faults(rows: pd.DataFrame, known: Mapping[str, str], near: pd.Series, file: str) -> Iterator[Fault]:
    twice = {*rows.loc[rows["segment_id"].duplicated(), "segment_id"]} - {""}
    for row, segment, names in zip(map(str, rows.index), rows["segment_id"], rows["named"], strict=True):
        fault = partial(Fault, file=file, row=row)
        if names and not segment:
            yield fault("is blank in a row with a decision", column="segment_id",
                        fix="write the segment_id of the row again")
        if segment in twice:
            yield fault("is in several rows", column="segment_id", value=segment, fix="keep one of the rows")
        if NONE in names and {*names} != {NONE}:
            yield fault("has both none and a code", column=CONSENSUS, value="; ".join(names),
                        fix="keep either none or the codes")
        for name in (name for name in names if name != NONE and not known[name]):
            yield fault(f"is not a code of codebook.csv; {suggest_name(name, near)}", column=CONSENSUS,
                        value=name, fix="write a name or code_id from the sheet Codes")
