"""Figures say aloud what they show, count honestly and have the same bytes twice."""

from itertools import pairwise

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from glc_analysis import plots
from glc_analysis.plots import plot_cooccurrence, plot_scale
from glc_analysis.text import count_text

FIGURES = pd.DataFrame({"option": ["Shelter", "Counselling", "ជម្រក"], "n": [18, 25, 0], "base_n": 30,
                        "share": [0.6, 25 / 30, 0.0], "low": float("nan"), "high": float("nan")})


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def test_the_alternative_text_names_every_dot_with_its_base():
    said = plots.plot_options(FIGURES, title="Which services?").figure.get_label()
    assert "Which services?" in said
    assert all(text in said for text in ("Shelter: 18 of 30", "ជម្រក: 0 of 30"))


def test_the_alternative_text_is_in_the_svg():
    figure = plots.plot_options(FIGURES, title="Which services?").figure
    assert "<dc:description>Dot plot. Which services?" in plots.svg(figure)


def test_a_figure_has_the_same_bytes_twice():
    plots.use_style()
    first, second = (plots.svg(plots.plot_options(FIGURES, title="?").figure) for _ in range(2))
    assert first == second


def test_words_in_a_figure_stay_words():
    plots.use_style()
    assert "ជម្រក" in plots.svg(plots.plot_options(FIGURES, title="?").figure).split("</metadata>")[1]


def test_intervals_are_drawn_only_where_there_are_any():
    bare = plots.plot_options(FIGURES, title="?")
    given = plots.plot_options(FIGURES.assign(low=0.4, high=0.7), title="?")
    assert (len(bare.collections), len(given.collections)) == (2, 3)


@pytest.mark.parametrize(("n", "base", "text"), [
    (3, 29, "3 of 29"), (3, 30, "3 of 30 (10 %)"), (0, 0, "nobody asked"), (1, 480, "1 of 480 (under 1 %)")])
def test_percentages_are_printed_from_a_base_of_thirty(n, base, text):
    assert count_text(n, base) == text


def test_kinds_of_missing_are_told_apart_without_colour():
    looks = list(plots.MISSING.values())
    assert len(set(looks)) == len(looks)


AGREEMENT = pd.DataFrame({
    "code": ["Delay", "Safe place", "ជម្រក"], "alpha": [0.9, -0.05, float("nan")],
    "low": [0.8, float("nan"), float("nan")], "high": [1.0, float("nan"), float("nan")],
    "reason": ["", "no interval: 3 documents", "no variation"]})


def test_agreement_is_told_lowest_first_with_its_interval_or_why_there_is_none():
    said = plots.plot_agreement(AGREEMENT, threshold=0.7).figure.get_label()
    assert said.endswith(" 0.70. Safe place: −0.05; Delay: 0.90 (0.80 to 1.00); ជម្រក: no variation.")


def test_a_code_without_a_value_has_a_hollow_dot():
    ax = plots.plot_agreement(AGREEMENT, threshold=0.7)
    hollow = [line for line in ax.lines if line.get_markerfacecolor() == "white"]
    assert [list(line.get_ydata()) for line in hollow] == [[2]]
    assert [tick.get_text() for tick in ax.get_xticklabels()][0] == "0.00"


def test_agreement_that_has_no_value_at_all_can_be_drawn():
    ax = plots.plot_agreement(AGREEMENT.assign(alpha=float("nan"), low=float("nan"), high=float("nan")),
                              threshold=0.7)
    assert "Delay: ;" in ax.figure.get_label()


def novelty(*new):
    """Figures of measure novelty for so many new codes by interview."""
    found, total = pd.Series(new).cumsum(), sum(new)
    rows = [(f"after_{k:02d}", statistic, n, value)
            for k, (one, all_) in enumerate(zip(new, found, strict=True), 1)
            for statistic, n, value in (("new_codes", one, one), ("found_codes", all_, all_),
                                        ("found_codes_permuted", None, all_ + 0.5))]
    frame = pd.DataFrame(rows, columns=["option_id", "statistic", "n", "value"]).astype({"n": "Int64"})
    return frame.assign(base_n=total, low=frame["value"] - 1, high=frame["value"] + 1)


def test_new_codes_are_told_interview_by_interview():
    said = plots.plot_new_codes(novelty(4, 2, 0)).figure.get_label()
    assert "1: 4, 4 of them new, on average over random orders 4.5; 2: 6, 2 of them new" in said


def test_the_hundredth_interview_stands_behind_the_ninety_ninth():
    ax = plots.plot_new_codes(novelty(*[1] * 101).sort_values("option_id"))
    assert all(list(line.get_xdata()) == list(range(1, 102)) for line in ax.lines)


@pytest.mark.parametrize("draw", [lambda: plots.plot_agreement(AGREEMENT, threshold=0.7),
                                  lambda: plots.plot_new_codes(novelty(4, 2, 0))])
def test_figures_of_coding_have_the_same_bytes_twice(draw):
    plots.use_style()
    assert plots.svg(draw().figure) == plots.svg(draw().figure)


SCALE = ("No!", "No", "Neither", "Yes", "Yes!")
GIVEN = {"Q1 Law covers it": (1, 2, 3, 4, 8), "Q2 Staff see it": (5, 5, 0, 5, 5)}
STATEMENTS = pd.DataFrame([(statement, SCALE[k], k + 1, n, 20) for statement, counts in GIVEN.items()
                           for k, n in enumerate(counts)],
                          columns=["statement", "option", "position", "n", "base_n"])
PAIR = pd.DataFrame({"code_id": ["a"], "option_id": ["b"], "n": [3]})


def test_statements_lie_around_the_middle_in_the_order_given():
    ax = plot_scale(STATEMENTS.sort_values("statement", ascending=False, kind="stable"))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Q2 Staff see it", "Q1 Law covers it"]
    first = [bars[1] for bars in ax.containers]  # of Q1
    assert first[2].get_x() == pytest.approx(-3 / 40) and first[0].get_x() == pytest.approx(-3 / 40 - 3 / 20)
    assert [round(bar.get_width() * 20) for bar in first] == [1, 2, 3, 4, 8]
    assert "2 not on the scale" in " ".join(text.get_text() for text in ax.texts)
    assert "Q1 Law covers it No!: 1, No: 2, Neither: 3, Yes: 4, Yes!: 8, of 20" in ax.figure.get_label()


def test_a_scale_without_a_middle_parts_between_its_halves():
    ax = plot_scale(STATEMENTS[STATEMENTS["position"] != 3])
    assert [bars[0].get_x() for bars in ax.containers][2] == pytest.approx(0)


def test_forty_codes_that_meet_stay_readable():
    names = {f"c{n}": f"Code {n}" for n in range(40)}
    pairs = pd.DataFrame([(f"c{n}", f"c{(7 * n + 1) % 40}", n % 9 + 1) for n in range(40)],
                         columns=["code_id", "option_id", "n"])
    ax = plot_cooccurrence(pairs[pairs["code_id"] != pairs["option_id"]], names)
    ax.figure.canvas.draw()
    boxes = [label.get_window_extent() for label in ax.get_yticklabels()]
    assert len(boxes) == 40 and all(below.y1 <= above.y0 + 1 for above, below in pairwise(boxes))
    assert min(box.x0 for box in boxes) >= 0
    assert "Triangle of 40 codes" in ax.figure.get_label()


@pytest.mark.parametrize("draw", [lambda: plot_scale(STATEMENTS),
                                  lambda: plot_cooccurrence(PAIR, {"a": "A", "b": "B"})])
def test_figures_of_scales_and_pairs_have_the_same_bytes_twice(draw):
    plots.use_style()
    assert plots.svg(draw().figure) == plots.svg(draw().figure)
