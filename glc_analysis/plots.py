"""Draws data frames as figures, with functions ``plot_*(frame, *, ax=None) -> Axes``.

Each function draws a data frame on matplotlib axes; the function's docstring lists the columns that the frame
needs. The figures suit a narrow page: names are above their bars, and the lettering is legible on a
telephone. The figures can be read in greyscale, and every label states the base of its count. A count that is
hidden from the audience is never drawn as zero. A hidden count is drawn as a hatched band from its smallest
to its largest possible value, or is stated only in words.

:func:`render_figure` makes a figure ready for a page: as an SVG that has the page's width and colours, with
its title and its caption in HTML. The label of a matplotlib figure (``figure.get_label()``) is used as its
alternative text. The module imports matplotlib only when the first figure is drawn.
"""

from __future__ import annotations

import io
import re
import sys
import textwrap
import warnings
from collections.abc import Callable
from functools import wraps
from types import FunctionType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from markupsafe import Markup

from glc_analysis.errors import UsageError
from glc_analysis.templates import ELEMENTS
from glc_analysis.text import content_hash, format_counts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.typing import RcKeyType

FIGURE_WIDTH, _LINE, _ROW, _GAP = 4.6, 0.17, 0.22, 0.09
"""Four lengths in inches: the width of a figure, the height of a line of text, the height of a bar with the
space around it, and the height of the gap below an option."""
_GROUPS, _TEXTS = 1.1, 1.55
"""Two widths in inches: the width of the space at the left for names of groups, and the width of the space at
the right for counts."""
_LETTERS = 56
"""The number of letters that fit into a line of text."""
_WIDEST, _NARROWEST = 36, 21
"""The largest and the smallest width, in rem, that a figure of width :data:`FIGURE_WIDTH` has on a page. A
wider figure has larger limits, and it scrolls if the page is narrower than the figure's smallest width."""
INK, PAPER = "#1a1a1a", "#fffffe"
"""The two colours in a figure that :func:`render_svg` replaces with the colours of the page's text and
background."""
DARK, BAR = "#111111", "#4a6785"
"""The colour of letters on a light bar, and the colour of bars; both are the same on every background."""
COLOURS = [BAR, "#c9d2da", "#8fa3b7", "#c08a3e", "#6b4e71"]
"""The colours for figures made with seaborn, in the order in which they are used. The first three colours can
be told apart in grey, on light and on dark backgrounds."""
_QUIET, FAINT = (INK, 0.35), (INK, 0.1)
STATUS_SHADES = {"answered": ("#2f4b66", ""), "dont_know": ("#7d92a8", ""), "refused": ("#7d92a8", "////"),
            "redacted": ("#c9d2da", "xxxx"), "unanswered": ("#c9d2da", ""), "not_asked": ("#f1f1ee", "")}
"""The shade and the hatching for each status of an answer (answered, or the reason why the answer is
missing). The statuses can be told apart by shade and hatching, without colour."""
_STYLE: dict[RcKeyType, Any] = {
    "font.family": ["DejaVu Sans"], "font.size": 10, "text.color": INK, "text.parse_math": False,
    "axes.edgecolor": _QUIET, "axes.labelcolor": INK, "axes.spines.top": False, "axes.spines.right": False,
    "xtick.color": _QUIET, "ytick.color": _QUIET, "xtick.labelcolor": INK, "ytick.labelcolor": INK,
    "hatch.linewidth": 0.8, "legend.frameon": False, "figure.dpi": 96}
_FIXED: dict[RcKeyType, Any] = {"svg.hashsalt": "glc_analysis", "svg.fonttype": "none"}


# ------------------------------
# From a figure to a page.


def show_figures_in_page_style() -> None:
    """Makes the calling notebook show all figures as :func:`render_figure` does, including figures that were
    made with seaborn or with other code."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        return
    shell.config.InlineBackend.figure_formats = set()
    shell.config.InlineBackend.rc = {**_STYLE, "figure.figsize": (FIGURE_WIDTH, 0.65 * FIGURE_WIDTH),
                                     "axes.prop_cycle": f"cycler(color={COLOURS})"}
    if "matplotlib.pyplot" in sys.modules:
        from matplotlib_inline.backend_inline import configure_inline_support

        configure_inline_support(shell, sys.modules["matplotlib.pyplot"].get_backend())
    formatters = shell.display_formatter.formatters
    formatters["image/png"].pop("matplotlib.figure.Figure", None)
    # By the class above Figure: the inline backend forgets what is registered for Figure itself.
    formatters["text/html"].for_type_by_name("matplotlib.figure", "FigureBase", _shown)


def render_figure(ax: Axes, *, title: str, caption: str = "") -> Markup:
    """Returns a figure as HTML for a page; ``title`` states the finding, and ``caption`` states the base and
    the question.

    >>> counts = pd.DataFrame({"option": ["Shelter"], "n": [18], "base_n": [30]})
    >>> render_figure(plot_counts(counts), title="18 of 30 offer shelter")[:70]
    Markup('<figure class="glc-figure"><figcaption><p class="glc-title">18 of 30 o')
    """
    import matplotlib.pyplot as plt

    figure = _figure_of(ax)
    plt.close(figure)
    return _shown(figure, title, caption)


def _figure_of(ax: Axes) -> Figure:
    if figure := ax.get_figure(root=True):
        return figure
    raise UsageError("These axes were removed from their figure. To fix: draw them again.")


def _shown(figure: Figure, title: str = "", caption: str = "") -> Markup:
    drawn = render_svg(figure)
    return ELEMENTS.figure(drawn, "min-width" in drawn, title, caption, _data(figure))


def render_svg(figure: Figure) -> Markup:
    """Returns a figure as SVG, as wide as the page and in the page's colours and font. The same figure always
    gives the same bytes of SVG.

    The label of the figure becomes the description in the SVG. A figure that has no label is described by the
    titles of its axes.
    """
    import matplotlib.pyplot as plt

    file = io.StringIO()
    with warnings.catch_warnings(), plt.rc_context(_FIXED):
        # Words stay words, so a script that matplotlib's font lacks is drawn by the reader's.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(file, format="svg", transparent=True, bbox_inches="tight", pad_inches=0.02,
                       metadata={"Date": None, "Creator": None})
    drawn = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", file.getvalue(), flags=re.DOTALL)
    size, body = re.findall(r'<svg[^>]* viewBox="([^"]*)"[^>]*>(.*)</svg>', drawn, flags=re.DOTALL)[0]
    label = str(figure.get_label()) or _words_at_axes(figure)
    name = f"f{content_hash(body + label)}"
    used = set(re.findall(r'(?:url\(|href=")#(\w+)', body))
    body = re.sub("<[^>]+>", lambda tag: _adapted(tag[0], name, used), body)
    body = re.sub(r"\s*\n\s*", "\n", body)
    width = float(size.split()[2]) / 72 / FIGURE_WIDTH
    least = f"{_NARROWEST * width:.1f}" if width > 1.05 else ""
    return ELEMENTS.drawing(size, name, least, f"{_WIDEST * width:.1f}", label, Markup(body))


def _adapted(tag: str, name: str, used: set[str]) -> str:
    """Returns a tag of matplotlib's SVG that has the colours and the font of the page, and an id that is
    unique among all figures."""
    tag = re.sub(r' id="([^"]*)"', lambda at: f' id="{name}{at[1]}"' if at[1] in used else "", tag)
    tag = re.sub(r'(url\(|href=")#', rf"\1#{name}", tag)
    tag = re.sub(rf"{INK}|#000000|#262626", "currentColor", tag).replace(PAPER, "var(--glc-paper, #fff)")
    tag = re.sub(r' ?font-family: [^;"]*;?| transform="rotate\(-0 [^"]*"', "", tag)
    if " d=" in tag:
        tag = re.sub(r"\s+", " ", tag)
    return re.sub(r"(?<=[\s\"(,-])\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", tag)


def _words_at_axes(figure: Figure) -> str:
    words = [word for ax in figure.axes
             for word in (ax.get_title(), ax.get_ylabel(), ax.get_xlabel()) if word]
    return f"Figure: {'; '.join(words)}." if words else "Figure without a description."


_ALSO_DRAWN = ("group", "option", "n", "base_n", "shown_as")
"""The columns that a figure draws only if its frame has them."""
_DATA: WeakKeyDictionary[Figure, list[pd.DataFrame]] = WeakKeyDictionary()
"""Maps each figure to the frames from which it was drawn."""


def _data(figure: Figure) -> str:
    """Returns the frame from which a figure was drawn, as CSV for the figure's page; blank if the figure was
    not drawn from exactly one frame."""
    frames = _DATA.get(figure, [])
    return frames[0].round(4).to_csv(index=False, lineterminator="\n") if len(frames) == 1 else ""


def require_columns_and_apply_style(*columns: str) -> Callable[[FunctionType], Callable[..., Axes]]:
    """Decorates a function that draws a frame. The decorated function draws in the style of the package, and
    raises UsageError if the frame lacks one of the ``columns``."""
    def decorate(draw: FunctionType) -> Callable[..., Axes]:
        @wraps(draw)
        def drawn(frame: pd.DataFrame, **settings: Any) -> Axes:
            if missing := [column for column in columns if column not in frame]:
                raise UsageError(f"{draw.__name__} needs a frame with the columns {', '.join(columns)}. "
                                 f"To fix: add {', '.join(missing)}.")
            import matplotlib.pyplot as plt

            with plt.rc_context(_STYLE):
                ax = draw(frame, **settings)
            kept = [column for column in (*_ALSO_DRAWN, *columns) if column in frame]
            _DATA.setdefault(_figure_of(ax), []).append(frame[list(dict.fromkeys(kept))])
            return ax
        return drawn
    return decorate


# ------------------------------
# Counts: a bar for each option or code, its name above it.


@require_columns_and_apply_style("option", "n", "base_n")
def plot_counts(counts: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draws a bar for each option with its count and base, in the order of the rows. If the frame has a
    column group, each option has one bar for each group.

    ``counts`` is a frame that ``view.counts`` returns, with these columns:

    - option, n, base_n: the frame must have these columns;
    - group: optional; the group that each count is about;
    - low and high: optional; the ends of an interval, as shares. If n is missing in a row, low and high are
      the smallest and the largest possible share, and a hatched band is drawn from low to high;
    - shown_as: the count in words; required if n is missing in a row.

    >>> counts = pd.DataFrame({"option": ["Shelter", "Legal aid"], "n": [18, None], "base_n": [30, 30],
    ...                        "low": [None, 0], "high": [None, 0.23], "shown_as": ["18 of 30", "few of 30"]})
    >>> plot_counts(counts).figure.get_label()
    'Bars. Shelter: 18 of 30; Legal aid: few of 30.'
    """
    texts = [*counts["shown_as"]] if "shown_as" in counts else _counted(counts)
    share = counts["n"].astype(float) / counts["base_n"].astype(float).where(counts["base_n"] > 0)
    ends = [counts[end].astype(float) if end in counts else share * np.nan for end in ("low", "high")]
    has_groups = "group" in counts
    groups = counts["group"].astype(str) if has_groups else [""] * len(counts)
    rows = pd.DataFrame({"option": counts["option"].astype(str), "group": groups, "share": share,
                         "low": ends[0], "high": ends[1], "text": texts})
    drawing = Bars(ax, names=_GROUPS if has_groups else 0)
    for option, own in rows.groupby("option", sort=False):
        drawing.add_heading(str(option))
        for cells in zip(own["share"], own["low"], own["high"], own["text"], own["group"], strict=True):
            drawing.add_bar(*cells)
        drawing.add_gap()
    names = [", ".join(filter(None, pair)) for pair in zip(rows["option"], rows["group"], strict=True)]
    said = "; ".join(f"{name}: {text}" for name, text in zip(names, texts, strict=True))
    return drawing.finish(f"Bars. {said}.")


def _counted(counts: pd.DataFrame) -> list[str]:
    """Returns in words the count and the base of each row, for a frame without the column shown_as. Raises
    UsageError if the count of a row is missing."""
    if counts["n"].isna().any():
        raise UsageError("Some counts in column n are missing. To fix: add a column shown_as that says in "
                         "words what is known of each count.")
    return format_counts(counts[["n", "base_n"]])


class Bars:
    """Draws bars on matplotlib axes, from the top down. The horizontal coordinates are shares; the vertical
    coordinates are inches."""

    def __init__(self, ax: Axes | None, *, names: float = 0, texts: float = _TEXTS, start: float = 0) -> None:
        """``names`` is the width in inches of the space at the left of the bars for names, and ``texts`` is
        the width of the space at the right for words. The bars begin at the share ``start``. If ``ax`` is
        None, a new figure is made."""
        self.has_own_figure, self.ax, self.y = ax is None, make_axes() if ax is None else ax, 0.0
        self.start, self.inch = start, (1 - start) / (FIGURE_WIDTH - names - texts)
        self.left, self.right = start - names * self.inch, 1 + texts * self.inch

    def add_heading(self, text: str) -> None:
        """Writes the name of an option above its bars."""
        lines = textwrap.wrap(str(text), _LETTERS, break_long_words=False) or [""]
        self.ax.text(self.left, self.y, "\n".join(lines), va="top", linespacing=1.2)
        self.y += _LINE * len(lines) + 0.02

    def add_row(self, text: str, name: str = "") -> float:
        """Adds a row with words at the right and a name at the left, and returns the vertical coordinate of
        the middle of the row."""
        words, named = ("\n".join(line for part in one.split("\n") for line in textwrap.wrap(
            part, letters, break_long_words=False)) for one, letters in ((text, 20), (name, 13)))
        height = max(_ROW, _LINE * (1 + max(words.count("\n"), named.count("\n"))) + 0.05)
        middle = self.y + height / 2
        self.ax.text(1 + 0.08 * self.inch, middle, words, va="center", linespacing=1.1)
        if named:
            self.ax.text(self.left + 0.08 * self.inch, middle, named, va="center", linespacing=1.1)
        self.y += height
        return middle

    def add_bar(self, share: float, low: float, high: float, text: str, name: str = "") -> None:
        """Draws a row with a bar for a share and, if the share has an interval, a line for the interval. If
        the share is missing, a hatched band is drawn from ``low`` to ``high``; if ``low`` and ``high`` are
        missing too, only the words are written."""
        middle = self.add_row(text, name)
        if pd.notna(share) or pd.notna(high):
            self.ax.barh(middle, 1, height=0.13, color=FAINT)
        if pd.notna(share):
            self.ax.barh(middle, share, height=0.13, color=BAR)
            if pd.notna(low) and pd.notna(high):
                self.ax.plot([low, high], [middle] * 2, "|-", color=INK, markersize=5, linewidth=1.1)
        elif pd.notna(high):
            self.ax.barh(middle, high - low, left=low, height=0.13, facecolor="none", edgecolor=(INK, 0.7),
                         hatch="//////", linewidth=0.8)

    def add_gap(self) -> None:
        """Adds the gap below an option."""
        self.y += _GAP

    def finish(self, figure_label: str) -> Axes:
        """Makes the axes as high as the bars that were drawn, sets the label of the figure, and returns the
        axes."""
        height = max(self.y - _GAP, _ROW)
        self.ax.set(xlim=(self.left, self.right), ylim=(height, 0))
        self.ax.set_axis_off()
        if self.has_own_figure:
            _figure_of(self.ax).set_size_inches(FIGURE_WIDTH, height)
        self.ax.figure.set_label(figure_label)
        return self.ax


def make_axes(height: float = 1, area: tuple[float, float, float, float] = (0, 0, 1, 1),
          width: float = FIGURE_WIDTH) -> Axes:
    """Makes a new figure and returns axes on it. ``area`` is the position of the axes, in shares of the
    figure; by default, the axes fill the figure."""
    import matplotlib.pyplot as plt

    return plt.figure(figsize=(width, height)).add_axes(area)


# ------------------------------
# Scales.


SHADES = ["#8c510a", "#dfc27d", "#ececec", "#8fa9c4", "#24476b"]
"""The shades for the points of a scale, which are light in the middle and dark at both ends. In grey, the
shade shows only the distance of a point from the middle; the position at the left or right shows on which
side of the middle the point is."""


# ------------------------------
# Missing answers.


def describe_answer_status(status: str) -> str:
    """Returns the words for the status of an answer, which is a key of :data:`STATUS_SHADES`.

    >>> describe_answer_status("dont_know"), describe_answer_status("not_asked")
    ("don't know", 'not asked')
    """
    return status.replace("dont", "don't").replace("_", " ")


# ------------------------------
# The quality of the coding.


def format_coefficient(value: float) -> str:
    """Returns a coefficient in the form that pages print: with two decimals, or as a dash if it is missing.

    >>> format_coefficient(-0.0234), format_coefficient(float("nan"))
    ('−0.02', '–')
    """
    return "–" if pd.isna(value) else f"{value:.2f}".replace("-", "−")


def format_coefficient_interval(low: float, high: float) -> str:
    """Returns an interval in the form that pages print; blank if the interval is missing."""
    return "" if pd.isna(low) else f"{format_coefficient(low)} to {format_coefficient(high)}"


@require_columns_and_apply_style("code", "alpha", "low", "high", "reason")
def plot_agreement(agreement: pd.DataFrame, *, threshold: float, ax: Axes | None = None) -> Axes:
    """Draws Krippendorff's alpha of each code as a dot with its interval; the code with the lowest alpha
    comes first. A dashed line marks ``threshold``, which is the study's threshold for alpha.

    ``agreement`` has one row per code, with the columns code, alpha, low and high (the ends of the interval),
    and reason (why alpha or the interval is missing). If a code has no alpha, the reason is written in place
    of the dot.

    >>> agreement = pd.DataFrame({"code": ["Delay", "Safe place"], "alpha": [0.9, None], "low": [0.8, None],
    ...                           "high": [1.0, None], "reason": ["", "no variation"]})
    >>> plot_agreement(agreement, threshold=0.7).figure.get_label().partition("0.70. ")[2]
    'Delay: 0.90 (0.80 to 1.00); Safe place: no variation.'
    """
    rows = agreement.sort_values(["alpha", "code"], kind="stable").reset_index(drop=True)
    edge = np.floor(4 * np.nanmin([0.0, *rows["alpha"].astype(float), *rows["low"].astype(float)])) / 4
    drawing, labels = Bars(ax, texts=1.75, start=edge), []
    ticks = dict.fromkeys(tick for tick in (edge, -0.5, 0.0, 0.5, 1.0, threshold) if tick >= edge)
    for tick in ticks:
        if tick != edge or edge % 0.5 == 0:  # else it would run into the number beside it
            drawing.ax.text(tick, 0, format_coefficient(tick), va="top", ha="left" if tick == edge
                            else "center")
    drawing.y = _LINE + 0.08
    for code, alpha, low, high, reason in zip(rows["code"], rows["alpha"], rows["low"], rows["high"],
                                              rows["reason"], strict=True):
        interval = format_coefficient_interval(low, high)
        text = format_coefficient(alpha) + (f" ({interval})" if interval else "")
        text = reason if pd.isna(alpha) else text
        drawing.add_heading(code)
        middle = drawing.add_row(text)
        for tick in ticks:
            colour, dashes = (INK, (0, (2, 1.5))) if tick == threshold else (_QUIET, "solid")
            drawing.ax.vlines(tick, middle - 0.11, middle + 0.11, color=colour, linewidth=1,
                              linestyle=dashes, zorder=0)
        drawing.ax.plot([low, high], [middle] * 2, color=BAR, linewidth=2.4)
        drawing.ax.plot([alpha], [middle], "o", color=INK, markersize=6)
        drawing.add_gap()
        labels.append(f"{code}: {text}")
    return drawing.finish("Dot plot. Krippendorff's alpha by code, lowest first; the study's threshold is "
                          f"{format_coefficient(threshold)}. {'; '.join(labels)}.")


# ------------------------------
# Codes that occur together.
