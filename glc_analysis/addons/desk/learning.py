"""Measures learning (by comparing a coder with settled passages) and drift (by comparing a coder with the
coder's own earlier work). Neither comparison measures reliability.

The comparisons are made for each code. Settled passages are passages on whose codes other people have agreed.
The earlier work is the coder's first coding of passages that the same coder coded again without seeing the
first coding.

A passage is settled if the team decided on its codes, if the coder ``consensus`` coded it, or if two or more
other coders gave it the same codes. A coder is never compared with a consensus that rests only on the coder's
own coding. A coding made under an earlier definition of its code is counted as older, because in this case
the codebook changed and not the coder.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Set
from pathlib import Path

import numpy as np
import pandas as pd

from glc_analysis import tables
from glc_analysis.coding.codebook import update_codes_and_list_split_codings
from glc_analysis.coding.coders import (
    extend_codebook,
    make_codings_table,
    map_names_to_documents,
    map_names_to_open_questions,
    pair_overlapped_segments_with_coders,
    place_codings,
)
from glc_analysis.coding.coefficients import NOMINAL, count_codings
from glc_analysis.coding.consensus import CONSENSUS, list_codes_by_segment_and_reader
from glc_analysis.coding.exports import pseudonymise_raw_transcripts
from glc_analysis.coding.texts import Text
from glc_analysis.errors import Faults, UsageError, suggest_name
from glc_analysis.intake.codings import read_codings
from glc_analysis.pseudonyms.masking import Masker, complete_pseudonym_key, read_pseudonym_key
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from glc_analysis.text import content_hash

FEWEST_PASSAGES = 20
"""The smallest number of passages for which kappa is computed."""
SHARE_AGAIN = 0.1
LEARNING_COLUMNS = ["coder", "code_id", "code", "passages", "same", "missed", "added", "older", "kappa",
                    "reason"]
_TOO_FEW = f"no kappa: fewer than {FEWEST_PASSAGES} passages"

Codes = Mapping[str, Set[str]]
"""The codes of each segment, keyed by segment."""


def compare_with_others_by_code(codes_of_coder: Codes, codes_of_others: Codes, *,
                                left_out_older_codings: Collection[tuple[str, str]] = ()) -> pd.DataFrame:
    """Compares the codes of a coder with the codes of others, over the segments that the coder and the others
    coded. Returns one row for all codes together, then one row per code:

    - code_id: blank in the row for all codes;
    - passages: the number of segments compared;
    - same: the share of segments to which either both the coder and the others gave the code, or neither did.
      In the row for all codes, the share of segments to which the coder and the others gave the same codes;
    - missed: the number of segments to which only the others gave the code;
    - added: the number of segments to which only the coder gave the code;
    - older: the number of segments that are not compared because of ``left_out_older_codings``;
    - kappa, and the reason if it is not computed.

    In the row for all codes, missed, added and older are the sums of these numbers over all codes, and kappa
    is not computed. ``left_out_older_codings`` are pairs of a segment and a code. In each pair, the coder
    coded the segment before the code had its present definition.

    >>> nothing = frozenset()
    >>> found = compare_with_others_by_code({"s1": {"a"}, "s2": nothing}, {"s1": {"a", "b"}, "s2": nothing})
    >>> found[["code_id", "passages", "same", "missed", "added"]].values.tolist()
    [['', 2, 0.5, 1, 0], ['a', 2, 1.0, 0, 0], ['b', 2, 0.5, 1, 0]]
    """
    shared = sorted(codes_of_coder.keys() & codes_of_others.keys())
    codes = sorted({code for one in shared for code in codes_of_coder[one] | codes_of_others[one]})
    marked, rows = set(left_out_older_codings), []
    for code in codes:
        kept = [one for one in shared if (one, code) not in marked]
        mine, theirs = ([code in found[one] for one in kept] for found in (codes_of_coder, codes_of_others))
        same = sum(a == b for a, b in zip(mine, theirs, strict=True))
        kappa = NOMINAL["kappa"].compute_over_all_groups(count_codings(np.array([mine, theirs], dtype=int),
                                                                       2)) if len(
            kept) >= FEWEST_PASSAGES else None
        rows.append((code, len(kept), same / len(kept) if kept else float("nan"),
                     sum(b and not a for a, b in zip(mine, theirs, strict=True)),
                     sum(a and not b for a, b in zip(mine, theirs, strict=True)), len(shared) - len(kept),
                     kappa.value if kappa else float("nan"), kappa.reason if kappa else _TOO_FEW))
    whole = [all((one, code) in marked or (code in codes_of_coder[one]) == (code in codes_of_others[one])
                 for code in codes_of_coder[one] | codes_of_others[one]) for one in shared]
    first = ("", len(shared), sum(whole) / len(shared) if shared else float("nan"),
             *(sum(row[n] for row in rows) for n in (3, 4, 5)), float("nan"),
             "kappa is given code by code")
    return pd.DataFrame([first, *rows], columns=["code_id", *LEARNING_COLUMNS[3:]])


def compare_coders_with_settled_passages(study: Study) -> pd.DataFrame:
    """Compares each coder with the passages that others settled. Returns one row per coder and code, and one
    row per coder for all codes together (:data:`LEARNING_COLUMNS`).

    Segments with a quarantined coding of the coder are left out, because the coding is uncertain. Training
    texts are compared too, although their codings never settle a passage.
    """
    frames = {name: tables.read_table(name, study=study) for name in
              ("codings", "readings", "segments", "disagreements", "codebook", "quarantined")}
    codings = frames["codings"][frames["codings"]["coder_id"] != CONSENSUS]
    coded = list_codes_by_segment_and_reader(frames["codings"], frames["readings"], frames["segments"])
    pairs = codings[["document_id", "coder_id"]].drop_duplicates().assign(codebook_version="")
    readings = pd.concat([frames["readings"], pairs]).drop_duplicates(["document_id", "coder_id"])
    learnt = list_codes_by_segment_and_reader(frames["codings"], readings, frames["segments"])
    decisions = _decisions(frames["disagreements"])
    parts = []
    for coder in sorted({*readings["coder_id"]} - {CONSENSUS}):
        settled = select_independently_settled_codes(coded, decisions, coder)
        mine = learnt[learnt["coder_id"] == coder]
        mine = mine[~mine["segment_id"].isin(_unknown(frames["quarantined"], frames["segments"], coder))]
        older = find_codings_under_older_definitions(codings[codings["coder_id"] == coder],
                                                     frames["codebook"])
        compared = compare_with_others_by_code(dict(zip(mine["segment_id"], mine["codes"], strict=True)),
                                               settled,
                                               left_out_older_codings=older)
        if compared["passages"].iloc[0]:
            parts.append(compared.assign(coder=coder))
    return _named(pd.concat(parts) if parts else pd.DataFrame(columns=LEARNING_COLUMNS), frames["codebook"])


def find_codes_settled_by_others(frames: Mapping[str, pd.DataFrame], coder: str) -> dict[str, frozenset[str]]:
    """Returns the codes of each segment that was settled by other coders or by the team. ``frames`` are the
    tables codings, readings, segments and disagreements."""
    coded = list_codes_by_segment_and_reader(frames["codings"], frames["readings"], frames["segments"])
    return select_independently_settled_codes(coded, _decisions(frames["disagreements"]), coder)


def _decisions(disagreements: pd.DataFrame) -> dict[str, frozenset[str]]:
    """Returns the codes on which people decided, keyed by segment."""
    decided = disagreements[disagreements["is_decided"] & (disagreements["coder_id"] == CONSENSUS)]
    return {segment: frozenset(filter(None, codes.split(";")))
            for segment, codes in zip(decided["segment_id"], decided["codes"], strict=True)}


def select_independently_settled_codes(coded: pd.DataFrame, decisions: Mapping[str, frozenset[str]],
                                       coder: str) -> dict[str, frozenset[str]]:
    """Returns the codes of each segment that was settled independently of the coder: by a decision, by the
    coder consensus, or by two or more other coders with the same codes. ``coded`` has the codes that each
    coder gave to each segment."""
    others = coded[coded["coder_id"] != coder]
    whole = others[others["coder_id"] == CONSENSUS]
    between = others[others["coder_id"] != CONSENSUS].groupby("segment_id")["codes"].agg(list)
    agreed = {segment: sets[0] for segment, sets in between.items() if len(sets) > 1 and len(set(sets)) == 1}
    return agreed | dict(zip(whole["segment_id"], whole["codes"], strict=True)) | dict(decisions)


def find_codings_under_older_definitions(codings: pd.DataFrame,
                                         codebook: pd.DataFrame) -> set[tuple[str, str]]:
    """Returns those pairs of a segment and a code that a coder coded with an old version of the codebook. The
    version is old if it is older than the version in which the code got its present definition
    (since_version).

    Versions are compared as numbers, so that 1.10 is newer than 1.9. A coding is not returned if the version
    of the coding or of the definition is blank.
    """
    since = dict(zip(codebook["code_id"], codebook["version"], strict=True))
    older: set[tuple[str, str]] = set()
    for used, code, segments in zip(codings["codebook_version"], codings["code_id"], codings["segment_ids"],
                                    strict=True):
        defined = since.get(code, "")
        if used and defined and make_version_sort_key(used) < make_version_sort_key(defined):
            older |= {(segment, code) for segment in segments.split(";") if segment}
    return older


def make_version_sort_key(text: str) -> list[tuple[int, str]]:
    """Returns a key by which versions are sorted in their order, so that 1.10 comes after 1.9.

    >>> sorted(["v1.10", "v1.9", "v2"], key=make_version_sort_key)
    ['v1.9', 'v1.10', 'v2']
    """
    parts = filter(None, re.split(r"(\d+)", text))
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]


def _unknown(quarantined: pd.DataFrame, segments: pd.DataFrame, coder: str) -> set[str]:
    """Returns the segments to which a quarantined coding of the coder may belong. If the place of the coding
    is known, only the segment at this place is returned; else all segments of the document are returned."""
    passages, unknown = quarantined[quarantined["coder_id"] == coder], set()
    for document, start in zip(passages["document_id"], passages["start"], strict=True):
        of_document = segments[segments["document_id"] == document]
        at_start = of_document[(of_document["start"] <= start) & (of_document["end"] > start)]
        unknown |= {*(at_start if len(at_start) else of_document)["segment_id"]}
    return unknown


def _named(rows: pd.DataFrame, codebook: pd.DataFrame) -> pd.DataFrame:
    names = dict(zip(codebook["code_id"], codebook["name"], strict=True)) | {"": "all codes"}
    rows = rows.assign(code=rows["code_id"].map(names).fillna(rows["code_id"]))
    return rows[LEARNING_COLUMNS].reset_index(drop=True)


# ------------------------------
# Drift: the same coder codes a tenth again, blind.


def choose_texts_to_code_again(study: Study, coder: str) -> list[str]:
    """Returns the document_ids of the interviews and calls that a coder is to code again. Texts are taken in
    pseudo-random order until the chosen texts together have a tenth of the passages in the texts that the
    coder read.

    Raises UsageError for a coder who has handed in no interview and no call.
    """
    readings, segments = (tables.read_table(name, study=study) for name in ("readings", "segments"))
    spoken = segments[(segments["role"] == "participant") & (segments["speaker_id"] != "")]
    sizes = spoken.groupby("document_id", observed=True).size()
    own = sorted({*readings.loc[readings["coder_id"] == coder, "document_id"]} & {*sizes.index})
    if not own:
        known = sorted({*readings["coder_id"]} - {CONSENSUS})
        raise UsageError(f"No coder {coder!r} has handed in an interview or a call; "
                         f"{suggest_name(coder, known)}.")
    chosen, wanted = [], SHARE_AGAIN * sum(sizes[one] for one in own)
    for document in sorted(own, key=lambda one: content_hash(f"{coder} {one}")):
        if sum(sizes[one] for one in chosen) >= wanted:
            break
        chosen.append(document)
    return sorted(chosen)


def write_texts_to_code_again(study: Study, coder: str, folder: Path) -> pd.DataFrame:
    """Writes the texts that a coder is to code again, without any coding. Returns one row per text, with its
    document_id and the number of its passages."""
    chosen, texts = choose_texts_to_code_again(study, coder), pseudonymise_raw_transcripts(study)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.txt"):
        old.unlink()
    for document in chosen:
        (folder / f"{document}.txt").write_text(texts.canonical[document], encoding="utf-8", newline="\n")
    spoken = texts.segments[texts.segments["role"] == "participant"].groupby("document_id").size()
    return pd.DataFrame({"document_id": chosen, "passages": [int(spoken[one]) for one in chosen]})


def compare_first_and_second_coding(study: Study, coder: str, second_coding: Path) -> pd.DataFrame:
    """Compares a coder's first coding with the second coding of the same texts in the file ``second_coding``.
    Returns one row per code (:data:`LEARNING_COLUMNS`). ``missed`` counts codes that only the second coding
    has; ``added`` counts codes that only the first coding has.

    The second coding is used only for this comparison, never for agreement or consensus. Raises UsageError
    for an unknown coder or a file of other texts, and Faults if the file cannot be read.
    """
    frames = {name: tables.read_table(name, study=study) for name in
              ("codings", "readings", "segments", "documents", "quarantined")}
    reference = read_reference(study)
    masker = Masker(reference.names,
                    complete_pseudonym_key(reference.names, read_pseudonym_key(study.key_file)))
    texts, segments = pseudonymise_raw_transcripts(study), frames["segments"]
    words = dict(zip(segments["document_id"], segments["text"], strict=True))

    def text_of(document_id: str) -> Text:
        return texts.texts.get(document_id) or Text(words[document_id], words[document_id], ())

    paths = dict(zip(reference.documents["document_id"], reference.documents["path"], strict=True))
    raw = read_codings(second_coding, coder=coder, questions=map_names_to_open_questions(reference.questions))
    placed = place_codings([(coder, raw)], text_of,
                           map_names_to_documents(frames["documents"], paths), masker.mask,
                           conversations=sorted(texts.texts))
    if placed.faults:
        raise Faults(placed.faults)
    again = {document for document, _ in placed.submissions}
    readings = frames["readings"][frames["readings"]["coder_id"] == coder]
    both = readings[readings["document_id"].isin(again)]
    if both.empty:
        known = sorted({*frames["readings"]["coder_id"]} - {CONSENSUS})
        raise UsageError(f"{second_coding.name} has no text that {coder!r} coded before; "
                         f"{suggest_name(coder, known)}.")
    codes, codebook = extend_codebook({coding.code for coding in placed.codings}, placed.definitions,
                                      reference.codebook)
    placed.codings[:] = [coding._replace(coder_id=coder) for coding in placed.codings]
    second, _ = update_codes_and_list_split_codings(make_codings_table(placed, codes, segments, both),
                                                    codebook)
    first = frames["codings"][frames["codings"]["coder_id"] == coder]
    sets: dict[str, dict[str, frozenset[str]]] = {}
    unknown = _unknown(frames["quarantined"], segments, coder)
    unknown |= {segment for segment, _ in pair_overlapped_segments_with_coders(placed.unread, segments)}
    for name, codings in (("first", first), ("second", second)):
        coded = list_codes_by_segment_and_reader(codings, both, segments)
        coded = coded[~coded["segment_id"].isin(unknown)]
        sets[name] = dict(zip(coded["segment_id"], coded["codes"], strict=True))
    book = codebook.rename(columns={"since_version": "version"})
    found = compare_with_others_by_code(sets["first"], sets["second"],
                                        left_out_older_codings=find_codings_under_older_definitions(first,
                                                                                                    book))
    return _named(found.assign(coder=coder), codebook)
