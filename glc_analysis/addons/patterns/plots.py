"""Draws the saturation curve, and the triangle of codes that occur together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from glc_analysis.plots import BAR, DARK, FAINT, FIGURE_WIDTH, INK, make_axes, require_columns_and_apply_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CODES = 25
"""The largest number of codes in a triangle. A page with more codes would load slowly."""


@require_columns_and_apply_style("interview", "found", "new", "mean", "low", "high")
def plot_saturation_curve(new_codes: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draws the number of codes found after each interview, in the order of dates, as steps. For comparison,
    draws the mean and the band of random orders as well.

    ``new_codes`` has one row per interview: interview (1, 2, ...), found (codes so far), new (codes that the
    interview added), and the mean, low and high number of codes found after as many interviews in random
    order.

    >>> new_codes = pd.DataFrame({"interview": [1, 2], "found": [4, 6], "new": [4, 2], "mean": [4.5, 6.0],
    ...                           "low": [3, 6], "high": [5, 6]})
    >>> plot_saturation_curve(new_codes).figure.get_label().partition(". ")[2]
    '1: 4, 4 of them new, on average over random orders 4.5; 2: 6, 2 of them new, ...'
    """
    from matplotlib.ticker import MaxNLocator

    rows = new_codes.sort_values("interview")
    at = rows["interview"].astype(int)
    ax = ax or make_axes(3.3, (0.11, 0.15, 0.88, 0.68))
    ax.fill_between(at, rows["low"].astype(float), rows["high"].astype(float), color=(INK, 0.12), linewidth=0,
                    label="95 % of random orders")
    ax.plot(at, rows["mean"].astype(float), color=BAR, linestyle="--", label="mean of random orders")
    ax.step(at, rows["found"].astype(int), where="mid", color=INK, marker="o", markersize=4,
            label="found, by date")
    ax.bar(at, rows["new"].astype(int), width=0.4, color="#8fa0b3", edgecolor=INK, linewidth=0.5,
           label="new codes")
    ax.set(xlabel="Interviews", ylabel="Codes", xlim=(0.4, len(rows) + 0.6), ylim=(0, None))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 2.5, 5, 10]))
    ax.legend(loc="lower left", bbox_to_anchor=(-0.12, 1), ncols=2, borderpad=0.2, columnspacing=1,
              handlelength=1.4)
    said = "; ".join(f"{interview}: {found}, {new} of them new, on average over random orders {mean:.1f}"
                     for interview, found, new, mean
                     in zip(rows["interview"], rows["found"], rows["new"], rows["mean"], strict=True))
    ax.figure.set_label(f"Codes found after each interview, in order of date. {said}.")
    return ax


@require_columns_and_apply_style("code", "other", "n")
def plot_cooccurrence(pairs: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draws a triangle of codes that occur together, with a square for each pair. The square holds the count
    of the pair and is darker for a higher count.

    ``pairs`` has one row per pair, with the columns code, other (the names of the two codes) and n. The codes
    that most often occur together with other codes come first. Codes beyond :data:`MOST_CODES` are left out,
    and the figure says so. Codes are numbered along both sides. A figure of many codes is wide and scrolls on
    a narrow page.

    >>> pairs = pd.DataFrame({"code": ["Delay", "Delay"], "other": ["Safe place", "Trust"], "n": [3, 1]})
    >>> plot_cooccurrence(pairs).figure.get_label()
    'Triangle of 3 codes: ... Most often: Delay and Safe place: 3; Delay and Trust: 1.'
    """
    import matplotlib.pyplot as plt

    totals = pd.concat([pairs.set_index(column)["n"] for column in ("code", "other")]).groupby(level=0).sum()
    order = totals.astype(int).sort_values(ascending=False, kind="stable").index
    more = max(len(order) - MOST_CODES, 0)
    left_out = f"{more} more codes are not drawn" if more > 1 else "1 more code is not drawn" if more else ""
    places = {code: place for place, code in enumerate(order[:MOST_CODES])}
    pairs = pairs[pairs["code"].isin(places) & pairs["other"].isin(places)]
    ends = np.sort([pairs[column].map(places).to_numpy(int) for column in ("code", "other")], axis=0)
    counts = pairs["n"].to_numpy(int)
    labels = [f"{code}  {place + 1}" for code, place in places.items()]
    ax = ax or _triangle(len(places), 0.085 * max(map(len, labels), default=1))
    most = max(counts.max(initial=1), 1)
    for x, y, count in zip(*ends, counts, strict=True):
        shade = plt.cm.Blues(0.15 + 0.8 * count / most)
        ax.add_patch(plt.Rectangle((x - 0.5, y - 0.5), 1, 1, color=shade, linewidth=0)).set_clip_path(None)
        ax.text(x, y, str(count), ha="center", va="center",
                color="white" if count > 0.55 * most else DARK)
    ax.set(xlim=(-0.5, len(places) - 0.5), ylim=(len(places) - 0.5, -0.5), xlabel=left_out)
    ax.set_yticks(range(len(places)), labels)
    ax.set_xticks(range(len(places)), [str(place + 1) for place in range(len(places))])
    ax.tick_params(bottom=False, left=False)
    ax.grid(color=FAINT, linewidth=0.5)
    ax.set_axisbelow(True)
    first = sorted(zip(-counts, *ends, strict=True))[:10]
    said = "; ".join(f"{order[x]} and {order[y]}: {-count}" for count, x, y in first)
    ax.figure.set_label(f"Triangle of {len(places)} codes{f' ({left_out})' if left_out else ''}: in how many "
                        f"turns two codes occur together. Most often: {said}.")
    return ax


def _triangle(codes: int, names: float) -> Axes:
    """Returns axes with square cells for ``codes`` codes. ``names`` is the width, in inches, for the names of
    the codes."""
    side = max(0.24 * codes, 0.5)
    width, height = max(FIGURE_WIDTH, names + side), side + 0.25
    return make_axes(height, (names / width, 0.25 / height, side / width, side / height), width)
