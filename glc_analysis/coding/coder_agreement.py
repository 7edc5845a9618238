"""Table ``agreement``: by turn and by character, by code and by what lies above the codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

import pandas as pd

from glc_analysis.coding.agreement_table import COLUMNS, KEY, agreement_table
from glc_analysis.coding.reconcile import CONSENSUS, by_segment

DRAWS = 1000


def coder_agreement(coded: pd.DataFrame, codings: pd.DataFrame, segments: pd.DataFrame,
                    above: Mapping[str, Sequence[str]], *, mixed: Set[str] = frozenset()) -> pd.DataFrame:
    """How far coders agreed before anything was reconciled; empty where no two read the same text.

    ``coded`` has a row a participant's segment and coder who read it, as
    :func:`glc_analysis.coding.reconcile.units` gives it, with the codebook_version they used: work
    at different versions is never paired. ``above`` has, for a code, all that it lies below: families,
    themes and domains are agreed on where any code below them was given. Coders in ``mixed``, whose
    file does not tell several people apart, and the consensus are left out. Units: ``turn``, and
    ``character`` (a stretch weighs as much as it is long).
    """
    coded = coded[~coded["coder_id"].isin({CONSENSUS, *mixed})]
    readers = coded.groupby("document_id")["coder_id"].transform("nunique")
    coded = coded[readers > 1]
    if coded.empty:
        return pd.DataFrame(columns=COLUMNS)
    turns = coded.assign(unit_id=coded["segment_id"] + "@" + coded["codebook_version"],
                         question_id=coded["guide_question_id"])
    characters = _characters(turns, codings, segments)
    parts = []
    for unit, rows in (("turn", turns), ("character", characters)):
        rows = rows[["unit_id", "document_id", "coder_id", "codes", "question_id",
                     *(["length"] if "length" in rows else [])]]
        raised = rows.assign(codes=[frozenset(a for code in codes for a in above.get(code, ()))
                                    for codes in rows["codes"]])
        groups = agreement_table(raised, unit=unit, draws=DRAWS)
        parts += [agreement_table(rows, unit=unit, draws=DRAWS), groups[groups["code_id"] != ""]]
    return pd.concat(parts, ignore_index=True).sort_values(KEY, ignore_index=True)


def _characters(turns: pd.DataFrame, codings: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Every turn cut where any coder's stretch begins or ends: one row a piece and coder."""
    spans = segments.set_index("segment_id")[["start", "end"]]
    touching = by_segment(codings)
    turn = spans.loc[touching["segment_id"]].set_axis(touching.index)
    touching = touching.assign(start=touching["start"].clip(lower=turn["start"]),
                               end=touching["end"].clip(upper=turn["end"]))
    given = {key: list(zip(rows["start"], rows["end"], rows["code_id"], strict=True))
             for key, rows in touching.groupby(["segment_id", "coder_id"])}
    pieces = []
    for segment_id, rows in turns.groupby("segment_id"):
        start, end = spans.loc[segment_id]
        marks = [given.get((segment_id, coder), []) for coder in rows["coder_id"]]
        edges = sorted({start, end, *(edge for own in marks for s, e, _ in own for edge in (s, e))})
        for row, own in zip(rows.itertuples(), marks, strict=True):
            for a, b in zip(edges, edges[1:], strict=False):
                pieces.append((f"{row.unit_id}:{a}", row.document_id, row.coder_id, row.question_id, b - a,
                               frozenset(code for s, e, code in own if s <= a and b <= e)))
    return pd.DataFrame(pieces, columns=["unit_id", "document_id", "coder_id", "question_id", "length",
                                         "codes"])
