"""Figures say aloud what they show, count honestly and have the same bytes twice."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from glc_analysis import plots

FIGURES = pd.DataFrame({"option": ["Shelter", "Counselling", "ជម្រក"], "n": [18, 25, 0], "base_n": 30,
                        "share": [0.6, 25 / 30, 0.0], "low": float("nan"), "high": float("nan")})


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def test_the_alternative_text_names_every_bar_with_its_base():
    said = plots.plot_options(FIGURES, title="Which services?").figure.get_label()
    assert "Which services?" in said
    assert all(text in said for text in ("Shelter: 18 of 30", "ជម្រក: 0 of 30"))


def test_the_alternative_text_is_in_the_svg():
    figure = plots.plot_options(FIGURES, title="Which services?").figure
    assert "<dc:description>Bar chart. Which services?" in plots.svg(figure)


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
    assert (len(bare.collections), len(given.collections)) == (0, 1)


@pytest.mark.parametrize(("n", "base", "text"), [
    (3, 29, "3 of 29"), (3, 30, "3 of 30 (10 %)"), (0, 0, "nobody asked"), (1, 480, "1 of 480 (under 1 %)")])
def test_percentages_are_printed_from_a_base_of_thirty(n, base, text):
    assert plots.count_text(n, base) == text


def test_kinds_of_missing_are_told_apart_without_colour():
    looks = list(plots.MISSING.values())
    assert len(set(looks)) == len(looks)
