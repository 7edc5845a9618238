"""Checks that every figure must pass: its bytes, its fit to the page, its words. A check takes the function
that draws the figure."""

import re
from xml.etree import ElementTree

import pandas as pd

from glc_analysis import plots

COUNTS = pd.DataFrame({"option": ["Shelter"], "n": [18], "base_n": [30]})


def a_figure_has_the_same_bytes_twice(draw):
    assert plots.render_svg(draw().figure) == plots.render_svg(draw().figure)


def a_figure_is_as_wide_as_the_page_and_has_its_colours_and_font(draw):
    svg = plots.render_svg(draw().figure)
    root = ElementTree.fromstring(svg)
    assert root.get("width") == "100%" and root.get("height") is None and root.get("viewBox")
    assert "max-width:" in root.get("style") and root.get("fill") == "currentColor"
    assert not re.search(f"{plots.INK}|{plots.PAPER}|font-family|<style", svg)


def letters_can_be_read_on_a_telephone(draw):
    """Checks a figure on a telephone whose page is 360 pixels wide. The figure gets 340 of these, or its
    least width if it scrolls."""
    svg = plots.render_svg(draw().figure)
    least = re.search(r"min-width:([\d.]+)rem", svg)
    across = 16 * float(least[1]) if least else 340
    size = across / float(re.search(r'viewBox="\S+ \S+ (\S+)', svg)[1])
    assert min(float(one) * size for one in re.findall(r"font-size: ([\d.]+)px", svg)) >= 10


def a_figure_is_described_by_its_label(draw):
    figure = draw().figure
    root = ElementTree.fromstring(plots.render_svg(figure))
    described = root.find("{*}desc")
    assert root.get("role") == "img" and root.get("aria-labelledby") == described.get("id")
    assert described.text == figure.get_label()
    assert figure.get_label()


def ids_are_those_that_are_used_and_differ_between_figures(draw):
    svg, other = plots.render_svg(draw().figure), plots.render_svg(plots.plot_counts(COUNTS).figure)
    ids = re.findall(r' id="([^"]+)"', svg)
    used = set(re.findall(r'(?:url\(|href=")#(\w+)|aria-labelledby="(\w+)"', svg))
    assert {*ids} == {one or two for one, two in used} and len({*ids}) == len(ids)
    assert not {*ids} & {*re.findall(r' id="([^"]+)"', other)}


def a_figure_fits_on_its_page_without_cutting_its_words(draw):
    figure = draw().figure
    figure.canvas.draw()
    box = figure.get_tightbbox()
    assert box.x0 >= -0.15 and box.x1 <= figure.get_figwidth() + 0.15


CHECKS = (a_figure_has_the_same_bytes_twice,
          a_figure_is_as_wide_as_the_page_and_has_its_colours_and_font,
          letters_can_be_read_on_a_telephone,
          a_figure_is_described_by_its_label,
          ids_are_those_that_are_used_and_differ_between_figures,
          a_figure_fits_on_its_page_without_cutting_its_words)
