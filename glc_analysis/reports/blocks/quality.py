"""The quality of the data: what was done to them, what is missing, what deserves a look."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from glc_analysis.evidence.figures import count_texts
from glc_analysis.plots import plot_missing
from glc_analysis.reports.html import Html, bars, language_told, show, table
from glc_analysis.reports.page import Page


def steps(page: Page) -> Html:
    """What the cleaning did, step by step."""
    rows = page.read("steps").sort_values("order")
    return show(table({
        "Step": rows["step"], "In": _blank(rows["rows_in"]), "Out": _blank(rows["rows_out"]),
        "Cells": _blank(rows["cells"]), "Why": rows["why"]}, numeric=("In", "Out", "Cells")))


def missing(page: Page) -> Axes:
    """Figure: of each question, how many records were answered, not asked or blank."""
    figures = page.released[page.released["measure"] == "quality"]
    return plot_missing(figures, page.questions)


def notable(page: Page) -> Html:
    """Counts of what deserves a look: duplicates, durations, straight-lining, no region."""
    said = {"duplicate": "An organisation answered again for a country (both kept)",
            "straight_lined": "Every scale question has the same place",
            "shorter": "Took under five minutes", "longer": "Took over a day",
            "no_region": "The work country has no region",
            "interpreted": "An interpreter took part",
            "works_abroad": "Work country and home country differ"}
    figures = page.quality("survey").set_index("option_id")
    figures = figures.loc[[name for name in said if name in figures.index]]
    return show(table({"Records where": figures.index.map(said),
                       "How many": count_texts(figures)}))


def texts(page: Page, kind: str) -> Html:
    """Open answers by ``language`` or ``script``."""
    rows = page.quality(kind).sort_values("n", ascending=False, kind="stable")
    names = rows["option_id"].map(language_told) if kind == "language" else rows["option_id"]
    return show(table({kind.capitalize(): names, "Open answers": bars(rows)}))


def _blank(numbers: pd.Series) -> pd.Series:
    """Whole numbers as text, nothing where there is none."""
    return numbers.astype("str").replace("<NA>", "")
