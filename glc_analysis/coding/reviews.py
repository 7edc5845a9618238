"""Decisions on passages whose place was not certain: people look, and write rows of reviewed_codings.csv.

In go the placed and quarantined codings, and the rows that people wrote. Out come the codings with those that
were accepted, the others still quarantined, and the mistakes in the file. The module decides nothing: a row
that fits no passage, or that leaves the place open, is a fault.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd

from glc_analysis.coding.alignment import find
from glc_analysis.coding.coders import CODINGS, QUARANTINED, SURVEY_CODER, PlacedCodings, Span
from glc_analysis.coding.consensus import CONSENSUS
from glc_analysis.coding.texts import Text
from glc_analysis.errors import Fault, nearest
from glc_analysis.text import normalise_space

FILE = "reviewed_codings.csv"
SHOWN_BY = {
    "exact": "proved by the coder's words", "normalised": "proved by the coder's words",
    "same_text": "by the text in the coder's file", "moved": "by unchanged words in an edited text",
    "whole_text": "of whole texts", "accepted": "accepted by a person", "by_position": "by position alone"}
"""What shows the place of a coding, by the words of ``match`` in table ``codings``."""
COLUMNS = ["coder_id", "document_id", "start", "quote", "code", "decision", "segment_id", "words", "reason",
           "by", "date"]


def apply_reviews(result: PlacedCodings, reviews: pd.DataFrame, segments: pd.DataFrame,
                  text_of: Callable[[str], Text]) -> list[Fault]:
    """Places the quarantined codings that were accepted, and marks them and those by position `accepted`;
    takes out those that were left out. Changes ``result``, and returns what is wrong in the file."""
    faults: list[Fault] = []
    turns = segments.set_index("segment_id")
    for row, review in zip(map(str, reviews.index), reviews.itertuples(index=False), strict=True):
        fault = partial(Fault, file=FILE, row=row)
        waiting = [one for one in result.quarantined if _is_meant(review, _named(QUARANTINED, one))]
        placed = [one for one in result.codings if _is_meant(review, _named(CODINGS, one))
                  and _named(CODINGS, one)["match"] == "by_position"]
        if not waiting and not placed:
            about = review.quote or f"{review.document_id} {review.start}".strip()
            faults.append(fault(
                "fits no passage that is quarantined or placed by position", value=about,
                fix="copy coder_id to code from processed/to_review.csv, or remove the row"))
            continue
        spans, wrong = [], ()
        if review.decision == "accept":
            spans, wrong = _spans(review, turns, text_of, bool(waiting))
        if wrong:
            said, column, value, fix = wrong
            faults.append(fault(said, column=column, value=value, fix=fix))
            continue
        result.quarantined = [one for one in result.quarantined if one not in waiting]
        result.codings = [one for one in result.codings if one not in placed]
        if review.decision == "accept":
            result.codings += [_accepted(_named(QUARANTINED, one), span)
                               for one in waiting for span in spans]
            result.codings += [_accepted(_named(CODINGS, one), span) for one in placed
                               for span in spans or [one[1:3]]]
        result.submissions |= {(review.document_id, review.coder_id)}
    return faults


def to_review(quarantined: pd.DataFrame, codings: pd.DataFrame) -> pd.DataFrame:
    """Rows for reviewed_codings.csv, one a passage to look at: with the words of our text, and what to decide
    left blank. Tables ``quarantined`` and ``codings`` go in."""
    by_position = codings[(codings["match"] == "by_position")].rename(columns={"code_id": "code"})
    rows = pd.concat([quarantined.assign(words=quarantined["found"], reason=""),
                      by_position.assign(words="", quote="")], ignore_index=True)
    return rows.assign(start=rows["start"].astype("str").replace("-1", "")).reindex(
        columns=COLUMNS).astype("object").fillna("").astype("str").sort_values(COLUMNS[:5], ignore_index=True)


def proof_sentences(codings: pd.DataFrame, quarantined: pd.DataFrame) -> list[str]:
    """A sentence for each coder: how many codings, what shows their places, how many are quarantined.

    >>> codings = pd.DataFrame({"coder_id": "ana", "match": ["exact", "moved", "exact"]})
    >>> proof_sentences(codings, pd.DataFrame({"coder_id": ["ana"]}))
    ["ana: 3 codings, 2 proved by the coder's words, 1 by unchanged words in an edited text; 1 quarantined."]
    """
    own = codings[~codings["coder_id"].isin([CONSENSUS, SURVEY_CODER])]
    apart, sentences = quarantined["coder_id"].astype("str").value_counts(), []
    for coder in sorted({*own["coder_id"].astype("str"), *apart.index}):
        kinds = own.loc[own["coder_id"] == coder, "match"].astype("str").map(SHOWN_BY)
        counts = [f"{n} {said}" for said in dict.fromkeys(SHOWN_BY.values()) if (n := (kinds == said).sum())]
        rest = f"; {apart[coder]} quarantined" if coder in apart.index else ""
        said = ", ".join([f"{coder}: {len(kinds)} coding{'s' * (len(kinds) != 1)}", *counts])
        sentences.append(f"{said}{rest}.")
    return sentences


def _named(columns: list[str], one: tuple) -> dict[str, Any]:
    return dict(zip(columns, one, strict=True))


def _is_meant(review: Any, one: dict[str, Any]) -> bool:
    """Whether a row is about a passage; cells that are blank fit any."""
    return (review.coder_id == one["coder_id"] and review.document_id == one["document_id"]
            and review.start in ("", str(one["start"])) and review.code in ("", one["code"])
            and normalise_space(review.quote) in ("", normalise_space(one.get("quote", ""))))


def _accepted(one: dict[str, Any], span: Span) -> tuple:
    return (one["document_id"], *span, one["code"], one["coder_id"], "accepted", one.get("memo", ""))


def _spans(review: Any, turns: pd.DataFrame, text_of: Callable[[str], Text],
           is_waiting: bool) -> tuple[list[Span], tuple[str, ...]]:
    """The place of an accepted passage, empty if the one that is stored is right; or the fault of the row:
    message, column, value and fix."""
    text, segment = text_of(review.document_id), review.segment_id
    start, end = 0, len(text.canonical)
    if segment:
        own = turns.index[turns["document_id"] == review.document_id]
        if segment not in own:
            said = f"is not a turn of {review.document_id}; {nearest(segment, own)}"
            return [], (said, "segment_id", segment, "write the segment_id of the turn")
        start, end = (int(turns.at[segment, name]) for name in ("start", "end"))
    if not review.words and is_waiting and not segment:
        return [], ("does not say where the passage belongs", "words", "",
                    "write the words of our text, or the segment_id of the turn that was coded")
    if not review.words:
        return [(start, end)] if segment else [], ()
    places = [span for span in find(text, review.words) if start <= span[0] and span[1] <= end]
    if len(places) == 1:
        return places, ()
    said = f"are {len(places)} times in the text" if places else "are not in the text"
    return [], (said, "words", review.words, "copy them from our text, and name the turn in segment_id")
