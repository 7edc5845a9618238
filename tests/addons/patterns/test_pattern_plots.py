"""The saturation curve and the triangle of codes that occur together."""

from itertools import pairwise

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from glc_analysis import plots
from glc_analysis.addons.patterns.plots import MOST_CODES, plot_cooccurrence, plot_saturation_curve
from glc_analysis.errors import UsageError
from tests.support.drawings import CHECKS

NEW_CODES = pd.DataFrame({"interview": [1, 2, 3], "found": [4, 6, 6], "new": [4, 2, 0],
                          "mean": [4.5, 6.5, 6.5], "low": [3, 5, 5], "high": [5, 7, 7]})
PAIRS = pd.DataFrame({"code": ["A"], "other": ["B"], "n": [3]})
DRAWN = {"new codes": lambda: plot_saturation_curve(NEW_CODES), "pairs": lambda: plot_cooccurrence(PAIRS)}


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_a_figure_is_fit_for_a_page(draw, check):
    check(draw)


def test_a_frame_that_lacks_a_column_is_refused():
    with pytest.raises(UsageError, match="To fix: add other"):
        plot_cooccurrence(PAIRS[["code", "n"]])


def test_new_codes_are_told_interview_by_interview_in_their_order():
    said = plot_saturation_curve(NEW_CODES.iloc[::-1]).figure.get_label()
    assert "1: 4, 4 of them new, on average over random orders 4.5; 2: 6, 2 of them new" in said


def forty():
    pairs = pd.DataFrame([(f"Code {n}", f"Code {(7 * n + 1) % 40}", n % 9 + 1) for n in range(40)],
                         columns=["code", "other", "n"])
    return plot_cooccurrence(pairs[pairs["code"] != pairs["other"]])


def test_many_codes_that_meet_stay_readable_and_those_left_out_are_counted():
    ax = forty()
    ax.figure.canvas.draw()
    boxes = [label.get_window_extent() for label in ax.get_yticklabels()]
    assert len(boxes) == MOST_CODES
    assert all(below.y1 <= above.y0 + 1 for above, below in pairwise(boxes))
    assert min(box.x0 for box in boxes) >= 0
    assert "Triangle of 25 codes (15 more codes are not drawn)" in ax.figure.get_label()
    assert ax.get_xlabel() == "15 more codes are not drawn"


def test_a_figure_of_many_codes_scrolls_instead_of_shrinking():
    assert "min-width:" in plots.render_svg(forty().figure)
    assert "min-width:" not in plots.render_svg(plot_cooccurrence(PAIRS).figure)


def test_a_full_triangle_leaves_room_on_a_page_of_150_kilobytes():
    pairs = pd.DataFrame([(f"Code number {n}", f"Code number {m}", n + m + 90) for n in range(40)
                          for m in range(n)], columns=["code", "other", "n"])
    assert len(plots.render_svg(plot_cooccurrence(pairs).figure)) < 100_000
