"""Plots the counts of a question in several waves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from glc_analysis.plots import FAINT, INK, PAPER, Bars, require_columns_and_apply_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@require_columns_and_apply_style("group", "option", "n", "base_n")
def plot_waves(counts: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Plots a row for each option, with a dot and the count for each wave; the dot of the last wave is
    filled. No line joins the dots, because the respondents differ between waves.

    ``counts`` is the frame returned by ``view.counts(question, by="wave")``, with the columns group (the
    wave), option, n and base_n.

    >>> counts = pd.DataFrame({"group": ["2016", "2018"], "option": ["Yes", "Yes"], "n": [2, 1],
    ...                        "base_n": [4, 3]})
    >>> plot_waves(counts).figure.get_label()
    'Dots. Yes: 2016: 2 of 4, 2018: 1 of 3.'
    """
    last, drawing, labels = [*counts["group"]][-1], Bars(ax), []
    for option, rows in counts.groupby("option", sort=False):
        drawing.add_heading(str(option))
        texts = [f"{wave}: {n} of {base}" for wave, n, base in zip(rows["group"], rows["n"], rows["base_n"],
                                                                  strict=True)]
        middle = drawing.add_row("\n".join(texts))
        drawing.ax.barh(middle, 1, height=0.13, color=FAINT)
        for wave, n, base in zip(rows["group"], rows["n"], rows["base_n"], strict=True):
            drawing.ax.plot([n / base], [middle], "o", markersize=7, color=INK, clip_on=False,
                            mfc=INK if wave == last else PAPER)
        drawing.add_gap()
        labels.append(f"{option}: {', '.join(texts)}")
    return drawing.finish(f"Dots. {'; '.join(labels)}.")
