"""Plots of released figures: ``plot_*(released, ..., ax=None) -> Axes``.

Goes in: a data frame of figures that the audience may see. Comes out: matplotlib axes that can be read in
grey, with the base in each label. The label of the figure is its alternative text, which goes into the SVG.
"""

from __future__ import annotations

import io
import textwrap
import warnings
from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from glc_analysis.text import count_texts

WIDTH, LABELS = 7.0, 2.4
"""Inches: of a figure, and of the margin for its labels."""
INK, BAR, QUIET = "#1a1a1a", "#4a6785", "#c3c9d0"
MISSING = {"answered": ("#2f4b66", ""), "dont_know": ("#7d92a8", ""), "refused": ("#7d92a8", "////"),
           "redacted": ("#c9d2da", "xxxx"), "unanswered": ("#c9d2da", ""), "not_asked": ("#f1f1ee", "")}
"""Shade and hatching of each kind of missing answer, distinct without colour."""
STYLE = {
    "svg.hashsalt": "glc_analysis", "svg.fonttype": "none", "figure.dpi": 96,
    "font.family": ["DejaVu Sans", "sans-serif"], "font.size": 9, "axes.titlesize": 10,
    "axes.titlelocation": "left", "axes.spines.top": False, "axes.spines.right": False,
    "axes.spines.bottom": False, "xtick.bottom": False, "xtick.labelbottom": False,
    "ytick.left": False, "axes.edgecolor": QUIET, "text.color": INK, "figure.facecolor": "white"}


def use_style() -> None:
    """Makes every figure of this kernel an SVG of fixed bytes that carries its alternative text."""
    plt.rcParams.update(STYLE)
    try:
        shell = get_ipython()  # type: ignore[name-defined]
    except NameError:
        return
    from matplotlib_inline.backend_inline import configure_inline_support

    configure_inline_support(shell, plt.get_backend())
    formatters = shell.display_formatter.formatters
    formatters["image/png"].pop(Figure, None)
    formatters["image/svg+xml"].for_type(Figure, svg)


def svg(figure: Figure) -> str:
    """A figure as SVG text, its label as description, without a date."""
    file = io.StringIO()
    with warnings.catch_warnings():
        # Words stay words, so a script that matplotlib's font lacks is drawn by the reader's.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(file, format="svg", metadata={
            "Date": None, "Creator": None, "Description": figure.get_label()})
    return file.getvalue()


def plot_options(released: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes:
    """A dot plot of one question: one dot for each option, in the given order, with its count and base.

    The title goes into the alternative text; on a page it is the heading above.

    ``released`` has one row an option with columns option, n, base_n, low, high
    (as :func:`glc_analysis.evidence.summary.summary` gives it). Intervals are
    drawn if there are any; an option whose count is a band has the words of the band and no dot.
    """
    ax = ax or _axes(len(released))
    labels = [textwrap.fill(label, 36) for label in released["option"]]
    share = (released["n"] / released["base_n"].where(released["base_n"] > 0)).astype(float)
    rows = np.arange(len(labels))
    ax.hlines(rows, 0, 1, color=QUIET, linewidth=0.6)
    if released["low"].notna().any():
        low, high = released["low"].astype(float), released["high"].astype(float)
        ax.hlines(rows, low, high, color=BAR, linewidth=2.2)
    ax.scatter(share, rows, color=INK, s=34, edgecolor="white", linewidth=0.5, zorder=3)
    ends = np.fmax(share.fillna(0), released["high"].astype(float).fillna(0))
    texts = count_texts(released)
    for place, (end, text) in enumerate(zip(ends, texts, strict=True)):
        ax.annotate(text, (end, place), xytext=(7, 0), textcoords="offset points", va="center",
                    fontsize=8, backgroundcolor="white").get_bbox_patch().set_boxstyle("square", pad=0.1)
    ax.set(xlim=(-0.02, 1.35), ylim=(len(labels) - 0.5, -0.5), xlabel="", ylabel="")
    ax.set_yticks(rows, labels)
    said = "; ".join(f"{o}: {t}" for o, t in zip(released["option"], texts, strict=True))
    ax.figure.set_label(f"Dot plot. {title} {said}.")
    return ax


def plot_missing(released: pd.DataFrame, questions: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Stacked bars: of each question, how many records were answered, not asked, left blank.

    ``released`` are the figures of measure ``quality`` about questions;
    ``questions`` gives their order. Lengths are shares of the records.
    """
    rows = released[released["question_id"].isin(questions["question_id"])]
    wide = rows.pivot_table(index="question_id", columns="option_id", values="share", fill_value=0)
    wide = wide.reindex(questions["question_id"]).reindex(columns=list(MISSING), fill_value=0)
    wide = wide.loc[:, wide.any()].fillna(0)
    ax = ax or _axes(len(wide), row=0.2, top=0.5)
    left = np.zeros(len(wide))
    for kind in wide.columns:
        shade, hatch = MISSING[kind]
        ax.barh(wide.index, wide[kind], left=left, color=shade, hatch=hatch, height=0.72,
                edgecolor="white", linewidth=0.5, label=kind.replace("dont", "don't").replace("_", " "))
        left += wide[kind].to_numpy()
    ax.invert_yaxis()
    ax.set(xlim=(0, 1), xlabel="", ylabel="")
    ax.margins(y=0.01)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, fontsize=8)
    least = wide["answered"].nsmallest(3) if "answered" in wide else wide.iloc[:0, 0]
    said = "; ".join(f"{q} {100 * v:.0f} %" for q, v in least.items())
    ax.figure.set_label("Stacked bars: share of records answered, not asked or blank, by question. "
                        f"Least answered: {said}.")
    return ax


def number_text(value: float) -> str:
    """A coefficient as it is printed.

    >>> number_text(-0.0234), number_text(float("nan"))
    ('−0.02', '–')
    """
    return "–" if pd.isna(value) else f"{value:.2f}".replace("-", "−")


def interval_text(low: float, high: float) -> str:
    """An interval as it is printed; blank if there is none."""
    return "" if pd.isna(low) else f"{number_text(low)} to {number_text(high)}"


def plot_agreement(agreement: pd.DataFrame, *, threshold: float, ax: Axes | None = None) -> Axes:
    """Dots with intervals: Krippendorff's alpha of each code, lowest first, and the study's threshold.

    ``agreement`` has one row a code: code, alpha, low, high, reason. A hollow dot at the edge is
    a code without a value, with the reason in words.
    """
    import seaborn as sns  # half a second, and the other figures need matplotlib alone

    rows = agreement.sort_values(["alpha", "code"], kind="stable").reset_index(drop=True)
    ax = ax or _axes(len(rows), top=0.45)
    missing, edge = rows["alpha"].isna(), np.nanmin([0.0, *rows["alpha"], *rows["low"]])
    interval = [f" ({interval_text(*ends)})" for ends in zip(rows["low"], rows["high"], strict=True)]
    texts = rows["reason"].where(missing, rows["alpha"].map(number_text) + interval).str.replace(" ()", "")
    ticks = np.arange(np.ceil(4 * edge), 5) / 4
    ax.vlines(ticks, -0.5, len(rows) - 0.5, color=QUIET, linewidth=0.5)
    ax.axvline(threshold, color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
    ax.hlines(rows.index, rows["low"], rows["high"], color=BAR, linewidth=2.2)
    sns.scatterplot(x=rows["alpha"].to_numpy(), y=rows.index.to_numpy(), color=INK, s=34, zorder=3, ax=ax)
    ax.plot(rows.index[missing] * 0 + edge, rows.index[missing], "o", color=INK, mfc="white", markersize=5)
    for place, text in texts.items():
        ax.annotate(text, (edge if missing[place] else 1, place), xytext=(8, 0), textcoords="offset points",
                    va="center", fontsize=8, backgroundcolor="white" if missing[place] else "none")
    ax.set(xlim=(edge - 0.03, 1 + 0.6 * (1 - edge)), ylim=(len(rows) - 0.5, -0.5))
    ax.set_xticks(ticks, [number_text(abs(tick) and tick) for tick in ticks], size=8)
    ax.set_yticks(rows.index, [textwrap.fill(code, 36) for code in rows["code"]])
    ax.tick_params(labeltop=True)
    ax.spines["left"].set_visible(False)
    said = "; ".join(rows["code"] + ": " + texts)
    ax.figure.set_label("Dot plot. Krippendorff's alpha by code, lowest first; the study's threshold is "
                        f"{number_text(threshold)}. {said}.")
    return ax


def plot_new_codes(released: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Steps: codes found after each interview in order of date, over the mean of random orders.

    ``released`` are the figures of measure ``novelty``; bars are the new codes of each interview.
    """
    places = released["option_id"].str.removeprefix("after_").astype(int)
    kinds = dict(list(released.assign(k=places).sort_values("k").set_index("k").groupby("statistic")))
    drawn, found, new = kinds["found_codes_permuted"], *(kinds[kind]["n"].astype(int) for kind in
                                                         ("found_codes", "new_codes"))
    ax = ax or plt.figure(figsize=(WIDTH, 3.1)).add_axes((0.08, 0.17, 0.9, 0.8))
    ax.fill_between(drawn.index, drawn["low"], drawn["high"], color="#dde1e6", label="95 % of random orders")
    ax.plot(drawn["value"], color=BAR, linestyle="--", label="mean of random orders")
    ax.step(found.index, found, where="mid", color=INK, marker="o", markersize=4, label="found, by date")
    ax.bar(new.index, new, width=0.4, color="#8fa0b3", edgecolor=INK, linewidth=0.5, label="new codes")
    ax.set(xlabel="Interviews", ylabel="Codes", xlim=(0.4, len(found) + 0.6), ylim=(0, None))
    ax.tick_params(bottom=True, left=True, labelbottom=True, color=QUIET)
    for axis in (ax.xaxis, ax.yaxis):
        axis.get_major_locator().set_params(integer=True)
    ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(0, 1.03))
    said = "; ".join(f"{k}: {found[k]}, {new[k]} of them new, on average over random orders {mean:.1f}"
                     for k, mean in drawn["value"].items())
    ax.figure.set_label(f"Codes found after each interview, in order of date. {said}.")
    return ax


def _axes(rows: int, *, row: float = 0.3, top: float = 0.1) -> Axes:
    """Axes for a number of bars, with the same margin for labels in every figure; inches."""
    height = top + row * max(rows, 1) + 0.1
    figure = plt.figure(figsize=(WIDTH, height))
    return figure.add_axes((LABELS / WIDTH, 0.1 / height, 1 - LABELS / WIDTH, 1 - (top + 0.1) / height))


# ------------------------------
# Plots of scales and of pairs of codes.


DIVERGING = LinearSegmentedColormap.from_list("glc", ["#8c510a", "#dfc27d", "#ececec", "#8fa9c4", "#24476b"])
"""Dark at both ends: in grey the shade shows the distance from the middle, and left or right the side."""
PRINTED_FROM = 0.06
"""The share of the base from which a count fits into its part of the bar."""


def plot_scale(counts: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Diverging bars: one a statement, in the order given, its options from the lowest to the highest.

    ``counts`` has one row a statement and option of the scale, in order: statement, option, position,
    n, base_n. The middle option of an odd number lies across the middle. Lengths are shares of the base;
    the number who chose no option of the scale is at the right end.
    """
    wide = counts.pivot(index="statement", columns="position", values="n").astype(float)
    wide = wide.loc[counts["statement"].unique()]
    names = counts.drop_duplicates("position").set_index("position")["option"].reindex(wide.columns)
    base = counts.drop_duplicates("statement").set_index("statement")["base_n"].astype(float)
    shares, k = wide.div(base, axis=0), len(wide.columns)
    left = -(shares.iloc[:, :k // 2].sum(axis=1) + (shares.iloc[:, k // 2] / 2 if k % 2 else 0))
    ax = ax or _scale_axes(len(wide), k)
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
        ax.text(1.03, row, f"of {of:.0f}" + (f", {of - total:.0f} not on the scale" if of > total else ""),
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


def plot_cooccurrence(pairs: pd.DataFrame, names: Mapping[str, str], *, ax: Axes | None = None) -> Axes:
    """A triangle of codes that occur together: a square for each pair, with its count, darker the higher.

    ``pairs`` has columns code_id, option_id (the other code) and n; ``names`` gives the codes in order.
    Codes are numbered along both sides, so that forty can be read; a code without a pair is left out.
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
    ax.figure.set_label(f"Triangle of {len(order)} codes: in how many turns two codes occur together. "
                        f"Most often: {said}.")
    return ax


def _scale_axes(rows: int, options: int) -> Axes:
    """Axes for a number of statements, with room for names, bases and the legend; inches."""
    top = 0.2 * (1 + (options - 1) // 3) + 0.1
    height = top + 0.42 * rows + 0.1
    figure = plt.figure(figsize=(WIDTH, height))
    return figure.add_axes((LABELS / WIDTH, 0.1 / height, 1 - (LABELS + 1.6) / WIDTH,
                            1 - (top + 0.1) / height))


def _triangle(codes: int) -> Axes:
    """Axes of square cells for a number of codes, beside their names; inches."""
    side = min(0.2 * codes, WIDTH - LABELS - 0.1)
    height = side + 0.4
    figure = plt.figure(figsize=(WIDTH, height))
    return figure.add_axes((LABELS / WIDTH, 0.3 / height, side / WIDTH, side / height))
