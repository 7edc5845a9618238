"""Figures say in words what they show, count honestly, fit the page and have the same bytes twice."""

import subprocess
import sys

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from glc_analysis import plots
from glc_analysis.errors import UsageError
from glc_analysis.plots import (
    plot_agreement,
    plot_counts,
)
from glc_analysis.text import format_count
from tests.support.drawings import CHECKS

NONE = float("nan")
COUNTS = pd.DataFrame({"option": ["Shelter", "Counselling", "ជម្រក"], "n": [18, 25, 0], "base_n": 30,
                       "share": [0.6, 25 / 30, 0.0], "low": NONE, "high": NONE})
HIDDEN = pd.DataFrame({"option": ["Shelter", "Legal aid", "Other"], "n": [18, NONE, NONE], "base_n": 30,
                       "low": [NONE, 0.1, NONE], "high": [NONE, 0.4, NONE],
                       "shown_as": ["18 of 30", "some of 30", "not shown"]})
AGREEMENT = pd.DataFrame({
    "code": ["Delay", "Safe place", "ជម្រក"], "alpha": [0.9, -0.05, NONE],
    "low": [0.8, NONE, NONE], "high": [1.0, NONE, NONE],
    "reason": ["", "no interval: 3 documents", "no variation"]})
DRAWN = {
    "counts": lambda: plot_counts(COUNTS), "hidden": lambda: plot_counts(HIDDEN),
    "agreement": lambda: plot_agreement(AGREEMENT, threshold=0.7)}


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


# ------------------------------
# Every figure: its words, its bytes, its fit to the page.


@pytest.mark.filterwarnings("ignore:Glyph .* missing")
@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_a_figure_is_fit_for_a_page(draw, check):
    check(draw)


def test_every_function_names_the_columns_that_a_frame_lacks():
    with pytest.raises(UsageError, match=r"plot_counts needs .* option, n, base_n\. To fix: add n, base_n\."):
        plot_counts(COUNTS[["option"]])


def test_a_count_without_number_and_words_is_refused():
    with pytest.raises(UsageError, match="add a column shown_as"):
        plot_counts(HIDDEN.drop(columns="shown_as"))


def test_words_in_a_figure_stay_words_and_are_escaped():
    svg = plots.render_svg(plot_counts(COUNTS.assign(option=["ជម្រក", "$5 < $6", "<script>"])).figure)
    assert ">ជម្រក</text>" in svg and ">$5 &lt; $6</text>" in svg and "<script>" not in svg


def test_a_title_and_a_caption_are_html_above_the_figure():
    shown = plots.render_figure(plot_counts(COUNTS), title="25 of 30 <offer> it", caption="Q1. Base: 30.")
    head, _, drawn = shown.partition("<svg")
    assert '<p class="glc-title">25 of 30 &lt;offer&gt; it</p><p class="glc-note">Q1. Base: 30.</p>' in head
    assert "offer" not in drawn and plt.get_fignums() == []


def test_a_figure_goes_where_its_ax_is():
    _, axes = plt.subplots(1, 2)
    assert [plot_counts(COUNTS, ax=axes[0]), plot_counts(HIDDEN, ax=axes[1])] == [*axes]


def test_an_own_figure_is_shown_in_the_colours_of_the_page_and_described_by_its_axes():
    _, ax = plt.subplots()
    ax.bar(["a", "b"], [1, 2])
    ax.set(xlabel="Groups", ylabel="Number")
    svg = plots.render_svg(ax.figure)
    assert "Figure: Number; Groups.</desc>" in svg and "fill: #ffffff" not in svg and "#000000" not in svg


def test_pages_and_plots_are_imported_without_matplotlib_and_seaborn():
    modules = "plots, view.study_view, pages.survey, pages.coding, pages.country, pages.findings"
    code = "import sys\n" + "".join(f"import glc_analysis.{one}\n" for one in modules.split(", "))
    code += "print(*({'matplotlib', 'seaborn'} & {*sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


# ------------------------------
# Counts and codes.


def widths(ax):
    """The lengths of the bars drawn on their tracks, in shares."""
    return [round(patch.get_width(), 3) for patch in ax.patches if patch.get_facecolor()[3] == 1]


def bands(ax):
    """The least and the most of each hatched band."""
    return [(round(patch.get_x(), 3), round(patch.get_x() + patch.get_width(), 3))
            for patch in ax.patches if patch.get_hatch()]


def test_the_alternative_text_names_every_bar_with_its_base():
    said = plot_counts(COUNTS).figure.get_label()
    assert said == "Bars. Shelter: 18 of 30 (60 %); Counselling: 25 of 30 (83 %); ជម្រក: 0 of 30 (0 %)."


def test_a_bar_is_as_long_as_its_share():
    assert widths(plot_counts(COUNTS)) == [0.6, 0.833, 0]


def test_a_hidden_count_is_a_hatched_band_or_words_and_never_zero():
    ax = plot_counts(HIDDEN)
    assert widths(ax) == [0.6] and bands(ax) == [(0.1, 0.4)]
    tracks = [patch for patch in ax.patches if 0 < patch.get_facecolor()[3] < 1]
    assert len(tracks) == 2  # none where nothing is known
    assert {"some of 30", "not shown"} <= {text.get_text() for text in ax.texts}


def test_intervals_are_drawn_only_where_there_are_any():
    assert plot_counts(COUNTS).lines[:] == []
    lines = plot_counts(COUNTS.assign(low=[0.4, 0.7, NONE], high=[0.7, 0.9, NONE])).lines
    assert [list(line.get_xdata()) for line in lines] == [[0.4, 0.7], [0.7, 0.9]]


def test_groups_stand_below_their_option():
    rows = pd.concat([COUNTS.assign(group="Asia"), COUNTS.assign(group="Africa")])
    ax = plot_counts(rows)
    assert [text.get_text() for text in ax.texts][:5] == [
        "Shelter", "18 of 30 (60 %)", "Asia", "18 of 30 (60 %)", "Africa"]
    assert "Shelter, Africa: 18 of 30" in ax.figure.get_label()


def test_where_nobody_was_asked_nothing_is_drawn():
    ax = plot_counts(COUNTS.head(1).assign(n=0, base_n=0))
    assert not ax.patches and "nobody asked" in ax.figure.get_label()


def test_a_frame_without_rows_can_be_drawn():
    assert plot_counts(COUNTS.head(0)).figure.get_label() == "Bars. ."


@pytest.mark.parametrize(("n", "base", "text"), [
    (3, 29, "3 of 29"), (3, 30, "3 of 30 (10 %)"), (0, 0, "nobody asked"), (1, 480, "1 of 480 (under 1 %)")])
def test_percentages_are_printed_from_a_base_of_thirty(n, base, text):
    assert format_count(n, base) == text


def test_kinds_of_missing_are_told_apart_without_colour():
    looks = list(plots.STATUS_SHADES.values())
    assert len(set(looks)) == len(looks)


# ------------------------------
# The quality of the coding.


def test_agreement_is_told_lowest_first_with_its_interval_or_why_there_is_none():
    said = plot_agreement(AGREEMENT, threshold=0.7).figure.get_label()
    assert said.endswith(" 0.70. Safe place: −0.05; Delay: 0.90 (0.80 to 1.00); ជម្រក: no variation.")


def test_a_code_without_a_value_has_no_dot_but_its_reason():
    ax = plot_agreement(AGREEMENT, threshold=0.7)
    dots = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert dots[:2] == [-0.05, 0.9] and pd.isna(dots[2])
    assert "no variation" in [text.get_text() for text in ax.texts]


def test_agreement_that_has_no_value_at_all_can_be_drawn():
    ax = plot_agreement(AGREEMENT.assign(alpha=NONE, low=NONE, high=NONE), threshold=0.7)
    assert "Delay: ;" in ax.figure.get_label() and ax.texts[0].get_text() == "0.00"
