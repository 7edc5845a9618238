"""Measures how long it takes to decide who may see what, and to run the gate: seconds, and their share of a
build or a run."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import pandas as pd

from glc_analysis import tables
from glc_analysis.gate.leak_scan import find_leaks
from glc_analysis.reference import REQUIRED_COLUMNS
from glc_analysis.study import Study

SAID = "Most of them first ask for a bed, then for a telephone; the court comes much later. "


def gate() -> list[str]:
    """Returns the row for searching 150 pages of 100 kB for 200 names."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for n in range(150):
            rows = "".join(f"<tr><td>{k}</td><td><b>{n}</b> of {n * k}</td><td>{SAID}{k}</td></tr>"
                           for k in range(700))
            (root / f"page-{n}.html").write_text(f"<table>{rows}</table>", encoding="utf-8")
        how = ("exact", "folded", "whole-word")
        names = pd.DataFrame([[f"Naïve{n} Family {n}", "person", "", how[n % 3], "", ""]
                              for n in range(200)], columns=list(REQUIRED_COLUMNS["names"]))
        size = sum(path.stat().st_size for path in root.iterdir())
        begun = time.perf_counter()
        find_leaks(root.iterdir(), root, names, audience="public")
        spent = time.perf_counter() - begun
    return [f"| gate: 150 pages, {size / 1e6:.0f} MB, 200 names | {spent:.1f} s | |"]


def released(study: Study, build_seconds: float) -> list[str]:
    """Returns the row for the release of a built study for both audiences, with its share of the whole
    build."""
    from glc_analysis.disclosure.consent import Consent
    from glc_analysis.disclosure.suppression import decide
    from glc_analysis.figures.contributors import find_contributors
    from glc_analysis.reference import read_reference

    frames = {name: tables.read_table(name, study=study) for name in tables.TABLES}
    consent = Consent.from_table(read_reference(study).consent)
    begun = time.perf_counter()
    contributors = find_contributors(frames)
    for audience in ("convening", "public"):
        decide(frames["figures"], contributors, frames["organisations"], consent,
               study.settings["disclosure"], audience=audience)
    spent = time.perf_counter() - begun
    return [f"| release of {len(frames['figures']):,} figures, two audiences | {spent:.1f} s | "
            f"{spent / build_seconds:.0%} of the build |"]
