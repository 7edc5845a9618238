"""Defines the step of the build that makes figures of codes that occur together, of new codes by interview,
and of salience."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from glc_analysis.addons.patterns.patterns import (
    REPEATS,
    compute_permutation_band,
    compute_saturation_curve,
    smiths_s,
)
from glc_analysis.coding.consensus import CONSENSUS
from glc_analysis.coding.cooccurrence import count_cooccurrence
from glc_analysis.figures.coded import complete_and_join_figures, list_participant_turns_by_code
from glc_analysis.steps import Step, View


def make_cooccurrence_novelty_salience_figures(consensus: pd.DataFrame, documents: pd.DataFrame,
                                               segments: pd.DataFrame, *,
                                               repeats: str) -> pd.DataFrame:
    """Returns one row per figure of the measures cooccurrence, novelty and salience. ``consensus`` has the
    agreed codings; ``repeats`` is the treatment of repeated codes in :func:`.patterns.smiths_s`."""
    turns = list_participant_turns_by_code(consensus, documents, segments)
    return complete_and_join_figures([_cooccurrence_figures(turns, "turn"),
                                      _cooccurrence_figures(turns, "document"),
                                      _new_code_figures(turns, documents),
                                      _salience_figures(turns, documents, repeats)])


def _cooccurrence_figures(turns: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Returns the figures of pairs of codes that occur in the same turn, or in the same document."""
    rows = turns.assign(unit_id=turns["turn"] if unit == "turn" else turns["document_id"])
    pairs = count_cooccurrence(rows[["unit_id", "code_id"]].drop_duplicates())
    return pairs.rename(columns={"other_id": "option_id", "n_either": "base_n"}).assign(
        measure="cooccurrence", statistic=f"{unit}s", unit=unit)


def _new_code_figures(turns: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    """Returns the figures of new codes by interview, in the order of dates and in random orders. Interviews
    without a date are left out."""
    interviews = documents[(documents["kind"] == "interview") & (documents["translation_of"] == "")
                           & (documents["date"] != "")]
    order = list(interviews.sort_values(["date", "document_id"])["document_id"])
    found = turns[turns["document_id"].isin(order)].groupby("document_id")["code_id"].agg(set)
    order = [document for document in order if document in found.index]
    if len(order) < 2:
        return pd.DataFrame()
    in_order = compute_saturation_curve(found.to_dict(), order)
    band = compute_permutation_band(found.to_dict())
    total, option_id = int(in_order["n_found"].iloc[-1]), [f"after_{k:02d}" for k in in_order["place"]]
    common = {"measure": "novelty", "option_id": option_id, "unit": "code"}
    return pd.concat([
        pd.DataFrame(common | {"statistic": "new_codes", "n": in_order["n_new"], "base_n": total}),
        pd.DataFrame(common | {"statistic": "found_codes", "n": in_order["n_found"], "base_n": total}),
        pd.DataFrame(common | {"statistic": "found_codes_permuted", "value": band["mean"],
                               "low": band["low"], "high": band["high"], "base_n": total,
                               "method": "random orders of interviews"})], ignore_index=True)


def _salience_figures(turns: pd.DataFrame, documents: pd.DataFrame, repeats: str) -> pd.DataFrame:
    """Returns the figures of Smith's S of codes over interviews, where each interview lists its codes in the
    order of first mention. If the treatment of repeated codes that the study did not choose gives a different
    value, this value is returned as well."""
    interviews = documents.loc[documents["kind"] == "interview", "document_id"]
    rows = turns[turns["document_id"].isin(interviews)]
    if rows.empty:
        return pd.DataFrame()
    lists = rows.rename(columns={"document_id": "list_id", "code_id": "item", "start": "position"})
    other = next(word for word in REPEATS if word != repeats)
    parts = []
    for convention in (repeats, other):
        scores = smiths_s(lists[["list_id", "item", "position"]], repeats=convention)
        parts.append(pd.DataFrame({
            "code_id": scores["item"], "n": scores["n_lists"], "value": scores["smiths_s"],
            "base_n": lists["list_id"].nunique(), "measure": "salience", "unit": "document",
            "statistic": "smiths_s" if convention == repeats else f"smiths_s_repeats_{convention}",
            "method": f"repeats {convention}"}))
    chosen, others = (part.set_index("code_id", drop=False) for part in parts)
    differs = ~np.isclose(others["value"], chosen["value"].reindex(others.index), rtol=0, atol=1e-12)
    return pd.concat([chosen, others[differs]], ignore_index=True)


def _make_figures(view: View) -> dict[str, Any]:
    """Returns the figures of patterns for the study; empty if there is no code that an organisation could
    have raised."""
    if view["code_records"].keys.empty:
        return {"pattern_figures": pd.DataFrame()}
    codings = view["codings"]
    return {"pattern_figures": make_cooccurrence_novelty_salience_figures(
        codings[codings["coder_id"] == CONSENSUS], view["documents"], view["segments"],
        repeats=view.study.settings["salience"]["repeats"])}


STEPS = (Step("patterns of codes", ("code_records", "codings", "documents", "segments", "[salience] repeats"),
              ("pattern_figures",), _make_figures),)
