"""How far coders agree, in one table to read, and the workbook in which they settle the rest."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from glc_analysis.study import Study
from glc_analysis.tables import read

MEASURES = {"percent_agreement": "agreement", "positive_agreement": "positive",
            "negative_agreement": "negative", **{name: name for name in ("alpha", "kappa", "ac1", "pabak")}}


def agreement_summary(study: Study, *, unit: str = "turn") -> pd.DataFrame:
    """One row a code (first all codes together, by alpha with MASI distance): name, n_units,
    n_pairable, prevalence, coefficients, the interval of alpha, the reason where there is none."""
    rows = read("agreement", study=study).query("unit == @unit and subset == 'all'")
    codebook = read("codebook", study=study).sort_values("order")
    wide = rows.pivot(index="code_id", columns="measure", values="value")
    wide = wide.reindex(columns=[*MEASURES, "masi_alpha"])
    wide["alpha"] = wide["alpha"].fillna(wide["masi_alpha"])
    own = rows[rows["measure"].isin(["alpha", "masi_alpha"])].set_index("code_id")
    wide = wide[list(MEASURES)].rename(columns=MEASURES).join(
        own[["n_units", "n_pairable", "prevalence", "low", "high", "reason"]])
    order = ["", *codebook["code_id"]]
    wide = wide.reindex([code for code in order if code in wide.index])
    names = {"": "all codes (MASI)", **dict(zip(codebook["code_id"], codebook["name"], strict=True))}
    return wide.reset_index().assign(code=[names.get(code, code) for code in wide.index])[
        ["code_id", "code", "n_units", "n_pairable", "prevalence", *MEASURES.values(), "low", "high",
         "reason"]]


def write_disagreements(study: Study) -> tuple[Path, int]:
    """Writes ``processed/disagreements.xlsx``; returns its path and how many segments are open."""
    from glc_analysis.coding.decisions import write_decisions

    rows = read("disagreements", study=study)
    path = study.processed / "disagreements.xlsx"
    reasons = dict(zip(rows["segment_id"], rows["reason"], strict=True))
    write_decisions(path, rows, read("segments", study=study), read("codebook", study=study), reasons=reasons)
    return path, rows.loc[~rows["is_decided"], "segment_id"].nunique()
