"""Computes the figures of the coded texts: codes by organisation, codes by call, and shares of words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from glc_analysis.coding.consensus import repeat_codings_for_each_segment
from glc_analysis.figures.estimates import (
    ALL,
    DOCUMENT,
    KINDS,
    SOURCE,
    add_figure_ids,
    determine_membership,
)
from glc_analysis.figures.mentions import CodeRecords


def compute_coded_and_word_estimates(records: CodeRecords, organisations: pd.DataFrame, answers: pd.DataFrame,
                                     consensus: pd.DataFrame, undecided_segment_codes: pd.DataFrame,
                                     documents: pd.DataFrame, segments: pd.DataFrame,
                                     attendance: pd.DataFrame,
                                     ancestors: Mapping[str, Sequence[str]], *,
                                     merged: Mapping[str,
                                                     Iterable[str]] = MappingProxyType({})) -> pd.DataFrame:
    """Returns one row per figure of the measures ``coded`` and ``words``.

    - ``undecided_segment_codes``: the codes on which coders have not decided yet, by segment (segment_id,
      code_id).
    - ``merged``: maps an attribute to the groups into which several values of the attribute are merged.

    The base of a code's figures has two kinds of organisations: organisations that were asked about the code
    in an interview or by a question of the survey, and organisations that raised the code in an interview or
    answer without being asked. Calls are counted separately; the base of their figures has the organisations
    that were present. Figures by country, region or another attribute use the countries, regions and
    attributes of organisations, not of texts.
    """
    if records.keys.empty:
        return pd.DataFrame()
    turns, originals = list_participant_turns_by_code(consensus, documents, segments), _originals(documents)
    undecided = undecided_segment_codes.merge(segments[segments["role"] == "participant"], on="segment_id")
    undecided["document_id"] = undecided["document_id"].map(originals)
    parts = [_organisation_figures(records, organisations, answers, merged),
             _call_figures(turns, undecided, documents, attendance, ancestors),
             _word_figures(segments, documents)]
    return complete_and_join_figures(parts)


def _originals(documents: pd.DataFrame) -> dict[str, str]:
    """Returns the original of each document: the document itself, or the document that it translates."""
    conversation = documents["translation_of"].where(documents["translation_of"] != "",
                                                     documents["document_id"])
    return dict(zip(documents["document_id"], conversation, strict=True))


def list_participant_turns_by_code(consensus: pd.DataFrame, documents: pd.DataFrame,
                                   segments: pd.DataFrame) -> pd.DataFrame:
    """Returns one row per code and participant's turn, with the columns document_id, segment_id, start,
    code_id, turn and organisation_id. A turn and its translation count as one turn."""
    spoken = segments[segments["role"] == "participant"]
    turn = spoken["translation_of"].where(spoken["translation_of"] != "", spoken["segment_id"])
    spoken = spoken.assign(turn=turn)[["segment_id", "turn", "organisation_id"]]
    rows = repeat_codings_for_each_segment(consensus)[["document_id", "segment_id", "start", "code_id"]]
    rows = rows.merge(spoken, on="segment_id").drop_duplicates(["turn", "code_id"])
    return rows.assign(document_id=rows["document_id"].map(_originals(documents)))


def _organisation_figures(records: CodeRecords, organisations: pd.DataFrame, answers: pd.DataFrame,
                          merged: Mapping[str, Iterable[str]]) -> pd.DataFrame:
    """Returns figures that count how many organisations raised each code, out of the organisations that were
    asked about it: for the whole study, by attribute and by source."""
    parts = []
    for kind in (SOURCE, *KINDS):
        members = determine_membership(ALL if kind == SOURCE else kind, "organisation", organisations,
                                       answers, merged.get(kind, ()))
        is_of_kind = (records.keys["source"] != "").to_numpy() == (kind == SOURCE)
        keys, in_subset = records.keys[is_of_kind], members.to_row_by_subset_matrix(len(organisations))
        base, raised, undecided = ((matrix[is_of_kind] @ in_subset).toarray() for matrix in (
            records.base, records.counted, records.undecided))
        key, subset = np.nonzero(base)
        subset_ids = keys["source"].to_numpy()[key] if kind == SOURCE else np.array(
            members.names, dtype=object)[subset]
        parts.append(pd.DataFrame({
            "code_id": keys["code_id"].to_numpy()[key], "subset_kind": kind, "subset_id": subset_ids,
            "n": raised[key, subset], "base_n": base[key, subset], "undecided_n": undecided[key, subset]}))
    return pd.concat(parts, ignore_index=True).assign(
        measure="coded", statistic="organisations", unit="organisation")


def _call_figures(turns: pd.DataFrame, undecided: pd.DataFrame, documents: pd.DataFrame,
                  attendance: pd.DataFrame, ancestors: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Returns figures that count, for each call and code, how many of the organisations present raised the
    code, and for how many it is undecided whether they raised it.

    A code that is neither raised nor undecided in a call has no row for this call. ``turns`` and
    ``undecided`` have the columns document_id, organisation_id and code_id.
    """
    calls = documents.loc[documents["kind"] == "call", "document_id"]
    key = ["document_id", "organisation_id", "code_id"]
    rows = pd.concat([turns[key].assign(is_raised=True), undecided[key].assign(is_raised=False)])
    rows = rows[rows["document_id"].isin(calls) & (rows["organisation_id"] != "")]
    with_ancestors = [[code, *ancestors.get(code, ())] for code in rows["code_id"]]
    rows = rows.assign(code_id=with_ancestors).explode("code_id")
    is_raised = rows.groupby(key)["is_raised"].any().reset_index()
    counts = is_raised.groupby(["document_id", "code_id"])["is_raised"].agg(["sum", "size"]).reset_index()
    base = attendance.groupby("document_id").size()
    return counts.assign(n=counts["sum"], undecided_n=counts["size"] - counts["sum"],
                         base_n=counts["document_id"].map(base), subset_kind=DOCUMENT,
                         subset_id=counts["document_id"], measure="coded", statistic="organisations",
                         unit="organisation").drop(columns=["document_id", "sum", "size"])


def _word_figures(segments: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    """Returns figures with each organisation's share of the words that participants said in a call."""
    calls = documents.loc[documents["kind"] == "call", "document_id"]
    spoken = segments[segments["document_id"].isin(calls) & (segments["role"] == "participant")]
    spoken = spoken.assign(n=spoken["text"].str.split().str.len())
    words = spoken.groupby(["document_id", "organisation_id"])["n"].sum().reset_index()
    return words.rename(columns={"document_id": "question_id", "organisation_id": "option_id"}).assign(
        base_n=words.groupby("document_id")["n"].transform("sum"), measure="words", statistic="words",
        unit="word")


def complete_and_join_figures(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Returns several frames of figures as one frame; a column that one of the frames lacks is added to this
    frame as blanks."""
    return pd.concat([_complete_columns(part) for part in parts if len(part)] or [pd.DataFrame()],
                     ignore_index=True)


def _complete_columns(part: pd.DataFrame) -> pd.DataFrame:
    """Adds the columns that the figures lack, with blank cells, and computes the columns with values, shares
    and ids."""
    blank = {c: "" for c in ("question_id", "option_id", "code_id", "subset_id", "method") if c not in part}
    part = part.assign(**blank, **({} if "subset_kind" in part else {"subset_kind": ALL}))
    for column in ("value", "low", "high", "n", "undecided_n"):
        if column not in part:
            part[column] = np.nan
    n, base = part["n"].astype(float), part["base_n"].astype(float)
    part["value"] = part["value"].where(part["value"].notna(), n)
    part["share"] = n / base.where(base > 0)
    part = part.assign(method=part["method"].fillna(""))
    about, option = part["code_id"] + part["question_id"], part["option_id"]
    about_measure = (part["measure"] + "/" + about).str.rstrip("/")
    with_ids = add_figure_ids(part.assign(
        question_id=about.where(part["measure"] == "coded", about_measure),
        option_id=option.where(option == "", option + "/" + part["statistic"])))
    return part.assign(figure_id=with_ids["figure_id"])
