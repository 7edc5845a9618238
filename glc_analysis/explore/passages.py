"""A passage where it was said: its turn and those around it, every coded stretch marked with its codes."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import pairwise
from typing import Any

import pandas as pd

from glc_analysis import tables
from glc_analysis.coding.exports import quotations
from glc_analysis.coding.reconcile import CONSENSUS, by_segment
from glc_analysis.reports.html import tag
from glc_analysis.study import Study

AROUND = 1
"""So many turns before and after a passage are shown."""


def passages(study: Study, *, code: str = "", country: str = "", theme: str = "") -> pd.DataFrame:
    """One row a passage and code agreed on: :func:`glc_analysis.coding.exports.quotations`, of a code, a
    country, or all codes of a theme. For the team alone."""
    read = {name: tables.read(name, study=study) for name in ("codings", "segments", "documents",
                                                              "organisations", "codebook")}
    rows = quotations(*read.values())
    themes = rows["code_id"].map(tables.code_themes(read["codebook"])).fillna("")
    is_own = (rows["code_id"].isin([code] if code else rows["code_id"])
              & rows["country_id"].isin([country] if country else rows["country_id"])
              & themes.isin([theme] if theme else themes))
    return rows[is_own].reset_index(drop=True)


def in_context(study: Study, segment_id: str, code: str = "") -> str:
    """HTML of the turn a passage stands in, with the turns around it and the codes of each stretch.

    Stretches of ``code`` are marked more strongly than those of other codes. For the team alone.
    """
    segments, names = tables.read("segments", study=study), _names(study)
    own = segments[segments["segment_id"] == segment_id].iloc[0]
    talk = segments[segments["document_id"] == own["document_id"]].sort_values("start", kind="stable")
    if own["translation_of"] or (talk["translation_of"] != "").any():
        talk = talk[(talk["translation_of"] == "") == (own["translation_of"] == "")]
    at = talk["segment_id"].tolist().index(segment_id)
    near = talk.iloc[max(at - AROUND, 0):at + AROUND + 1]
    codings = tables.read("codings", study=study)
    marked = by_segment(codings[codings["coder_id"] == CONSENSUS])
    marked = marked[marked["segment_id"].isin(near["segment_id"])]
    labels = tables.read("organisations", study=study).set_index("organisation_id")["label"].to_dict()
    return "".join(_turn(row, marked[marked["segment_id"] == row.segment_id], code, names, labels,
                         is_own=row.segment_id == segment_id) for row in near.itertuples())


def _names(study: Study) -> dict[str, str]:
    book = tables.read("codebook", study=study)
    return dict(zip(book["code_id"], book["name"], strict=True))


def _turn(row: Any, marked: pd.DataFrame, code: str, names: dict[str, str], labels: dict[str, str], *,
          is_own: bool) -> str:
    clock = "" if pd.isna(row.start_s) else str(pd.Timedelta(int(row.start_s), "s"))[-8:]
    who = ", ".join(filter(None, [row.speaker_id, labels.get(row.organisation_id, ""),
                                  str(row.role).replace("_", " "), clock]))
    codes = ", ".join(sorted({names.get(one, one) for one in marked["code_id"]}))
    under = tag("p", escape(f"Codes: {codes}"), class_="glc-note") if codes else ""
    words = "".join(_stretches(row, marked, code, names))
    return tag("figure", tag("figcaption", escape(f"{row.segment_id}: {who}")),
               tag("blockquote", words, lang=row.language, dir="auto"), under,
               class_="glc-quotation" + " glc-own" * is_own)


def _stretches(row: Any, marked: pd.DataFrame, code: str, names: dict[str, str]) -> Iterator[str]:
    """The text of a turn, cut where a coding begins or ends; what is coded is marked."""
    spans = [(max(int(one.start - row.start), 0), min(int(one.end - row.start), len(row.text)), one.code_id)
             for one in marked.itertuples()]
    for start, end in pairwise(sorted({0, len(row.text), *(at for span in spans for at in span[:2])})):
        here = sorted({one for first, last, one in spans if first <= start and end <= last})
        text = escape(row.text[start:end])
        yield tag("mark", text, title=", ".join(names.get(one, one) for one in here),
                  class_="glc-chosen" if code in here else "") if here else text
