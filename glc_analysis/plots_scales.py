"""Figures of scales and of pairs: statements beside each other, codes that meet."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from glc_analysis.plots import INK, LABELS, QUIET, WIDTH

DIVERGING = LinearSegmentedColormap.from_list("glc", ["#8c510a", "#dfc27d", "#ececec", "#8fa9c4", "#24476b"])
"""Dark at both ends, so that grey paper tells how far from the middle; left and right tell the side."""
PRINTED_FROM = 0.06
"""Share of the base from which a count fits into its piece."""


def plot_scale(counts: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Diverging bars: one a statement, in the order given, its options from the lowest to the highest.

    ``counts`` has one row a statement and option of the scale, in order: statement, option, position,
    n, base_n. The middle option of an odd number lies across the middle. Lengths are shares of the base;
    whoever chose no option of the scale is told at the right end.
    """
    wide = counts.pivot(index="statement", columns="position", values="n").astype(float)
    wide = wide.loc[counts["statement"].unique()]
    names = counts.drop_duplicates("position").set_index("position")["option"].reindex(wide.columns)
    base = counts.drop_duplicates("statement").set_index("statement")["base_n"].astype(float)
    shares, k = wide.div(base, axis=0), len(wide.columns)
    left = -(shares.iloc[:, :k // 2].sum(axis=1) + (shares.iloc[:, k // 2] / 2 if k % 2 else 0))
    ax = ax or _axes(len(wide), k)
    rows = np.arange(len(wide))
    for place, position in enumerate(wide.columns):
        shade, width = DIVERGING(place / max(k - 1, 1)), shares[position].to_numpy()
        ax.barh(rows, width, left=left, color=shade, edgecolor="white", linewidth=0.8, height=0.68,
                label=names[position])
        ink = "white" if sum(shade[:3]) < 1.5 else INK
        for row, (share, n) in enumerate(zip(width, wide[position], strict=True)):
            if share >= PRINTED_FROM:
                ax.text(left.iloc[row] + share / 2, row, f"{n:.0f}", ha="center", va="center", fontsize=8,
                        color=ink)
        left = left + width
    for row, (total, of) in enumerate(zip(wide.sum(axis=1), base, strict=True)):
        ax.text(1.03, row, f"of {of:.0f}" + (f", {of - total:.0f} beside the scale" if of > total else ""),
                va="center", fontsize=8)
    ax.axvline(0, color=INK, linewidth=0.8, zorder=0)
    ax.set(xlim=(-1, 1), ylim=(len(wide) - 0.5, -0.5), xlabel="", ylabel="")
    ax.set_yticks(rows, [textwrap.fill(name, 34) for name in wide.index], fontsize=8)
    ax.spines["left"].set_visible(False)
    ax.legend(loc="lower left", bbox_to_anchor=(-0.62, 1), ncols=min(k, 3), frameon=False, fontsize=8)
    told = {name: ", ".join(f"{names[p]}: {n:.0f}" for p, n in row.items()) for name, row in wide.iterrows()}
    said = "; ".join(f"{name} {counted}, of {base[name]:.0f}" for name, counted in told.items())
    ax.figure.set_label(f"Diverging bars, one a statement. {said}.")
    return ax


def plot_meeting(pairs: pd.DataFrame, names: Mapping[str, str], *, ax: Axes | None = None) -> Axes:
    """A triangle of codes that meet: a square for each pair, darker and with its number the more often.

    ``pairs`` has columns code_id, option_id (the other code) and n; ``names`` gives the codes in order.
    Codes are numbered along both sides, so that forty can be read; one that meets no other is left out.
    """
    met = {*pairs["code_id"], *pairs["option_id"]}
    order = {code: place for place, code in enumerate(code for code in names if code in met)}
    ends = np.sort([pairs[c].map(order).to_numpy(int) for c in ("code_id", "option_id")], axis=0)
    n = pairs["n"].to_numpy(int)
    ax = ax or _triangle(len(order))
    most = max(n.max(initial=1), 1)
    for x, y, count in zip(*ends, n, strict=True):
        ax.add_patch(plt.Rectangle((x - 0.5, y - 0.5), 1, 1, color=plt.cm.Blues(0.15 + 0.8 * count / most)))
        ax.text(x, y, str(count), ha="center", va="center", fontsize=6.5,
                color="white" if count > 0.55 * most else INK)
    labels = [f"{names[code]}  {place + 1}" for code, place in order.items()]
    ax.set(xlim=(-0.5, len(order) - 0.5), ylim=(len(order) - 0.5, -0.5))
    ax.set_yticks(range(len(order)), labels, fontsize=7.5)
    ax.set_xticks(range(len(order)), [str(place + 1) for place in range(len(order))], fontsize=7.5)
    ax.tick_params(labelbottom=True)
    ax.grid(color=QUIET, linewidth=0.3)
    ax.set_axisbelow(True)
    code = [*order]
    first = sorted(zip(-n, *ends, strict=True))[:10]
    said = "; ".join(f"{names[code[x]]} and {names[code[y]]}: {-count}" for count, x, y in first)
    ax.figure.set_label(f"Triangle of {len(order)} codes: in how many turns two of them meet. "
                        f"Most often: {said}.")
    return ax


def _axes(rows: int, options: int) -> Axes:
    """Axes for so many statements, with room for names, bases and the legend; inches."""
    top = 0.2 * (1 + (options - 1) // 3) + 0.1
    height = top + 0.42 * rows + 0.1
    figure = plt.figure(figsize=(WIDTH, height))
    return figure.add_axes((LABELS / WIDTH, 0.1 / height, 1 - (LABELS + 1.6) / WIDTH,
                            1 - (top + 0.1) / height))


def _triangle(codes: int) -> Axes:
    """Square cells for so many codes beside their names; inches."""
    side = min(0.2 * codes, WIDTH - LABELS - 0.1)
    height = side + 0.4
    figure = plt.figure(figsize=(WIDTH, height))
    return figure.add_axes((LABELS / WIDTH, 0.3 / height, side / WIDTH, side / height))
