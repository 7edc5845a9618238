"""Figures to take along: an SVG that stands alone with title, base and source, and as PNG; counts as CSV."""

import csv
import io
import re

import lxml.etree
import lxml.html
import pandas as pd
import pytest
from matplotlib.image import imread

from glc_analysis.addons.figure_files.figure_files import make_and_link_figure_downloads
from glc_analysis.addons.patterns.plots import plot_cooccurrence, plot_saturation_curve
from glc_analysis.pages.findings import render_page_claims
from glc_analysis.pages.questions import render_question_without_open_answers
from glc_analysis.plots import plot_counts, render_figure
from tests.support.sample_views import sample_view

SOURCE = "A <study> & more. Base: 30 organisations."
SVG = "{http://www.w3.org/2000/svg}"


def page_of(html):
    return lxml.html.fromstring(f"<article><h1>Page</h1>{html}</article>")


def words(svg):
    return [one.text for one in lxml.etree.fromstring(svg.encode()).iter(f"{SVG}text")]


def test_a_finding_is_an_svg_with_title_base_source_and_words_for_those_who_listen(sample_study):
    page = page_of(render_page_claims(sample_view(sample_study, "public")).data)
    files = make_and_link_figure_downloads(page, "index", SOURCE)
    first = files["index-1.svg"]
    root = lxml.etree.fromstring(first.encode())
    heading = page.find_class("glc-claim")[0].find("h2")
    assert root.findtext(f"{SVG}title") in heading.text_content()
    assert root.findtext(f"{SVG}desc") and words(first)[-1] == SOURCE
    assert "out of" in " ".join(words(first)) and "All answers" not in first
    whole, part = (float(one.get("width")) for one in root.iter(f"{SVG}rect") if one.get("height") == "24")
    n, base = map(int, re.search(r"(\d+) of (\d+)", root.findtext(f"{SVG}title")).groups())
    assert abs(part / whole - n / base) < 0.01
    rows = [*csv.reader(io.StringIO(files["index-1.csv"]))]
    assert rows[0] == ["Question", "Finding", "Count"] and rows[1][2] == f"{n} of {base}"
    assert rows[1][1] and rows[1][0] == page.find_class("glc-asked-for")[0].text_content()


def test_a_finding_is_a_picture_too_as_dark_as_its_bar_is_long():
    bar = "<div class='glc-wide'><span style='width:{}%'></span></div>"
    dark = {}
    for width in (25, 75):
        page = page_of(f"<section class='glc-claim'><h2>Yes: 1 of 4</h2>{bar.format(width)}</section>")
        pixels = imread(io.BytesIO(make_and_link_figure_downloads(page, "x", SOURCE)["x-1.png"]))
        assert pixels.shape[1] == 1280 and page.xpath("//a/@href")[1] == "figures/x-1.png"
        dark[width] = (abs(pixels[:, :, :3] - [74 / 255, 103 / 255, 133 / 255]).max(axis=2) < 0.02).sum()
    assert abs(dark[75] / dark[25] - 3) < 0.02


def test_words_that_cannot_be_drawn_make_no_picture_and_stay_in_the_svg():
    bar = "<div class='glc-wide'><span style='width:25%'></span></div>"
    for name in ("ទីជម្រក", "مأوى"):
        page = page_of(f"<section class='glc-claim'><h2>{name}: 1 of 4</h2>{bar}</section>")
        files = make_and_link_figure_downloads(page, "x", SOURCE)
        assert [*files] == ["x-1.svg", "x-1.csv"] and f"{name}: 1 of 4" in files["x-1.svg"]


@pytest.mark.parametrize("draw", [
    lambda: plot_counts(pd.DataFrame({"option": ["Yes"], "n": [None], "base_n": [9], "low": [0],
                                      "high": [0.3], "shown_as": ["at most 3 of 9"]})),
    lambda: plot_saturation_curve(pd.DataFrame({"interview": [1, 2], "found": [4, 6], "new": [4, 2],
                                                "mean": [4.5, 6.0], "low": [3, 6], "high": [5, 6]})),
    lambda: plot_cooccurrence(pd.DataFrame({"code": ["A"], "other": ["B"], "n": [3]}))])
def test_a_drawing_is_a_picture_too_and_comes_with_what_it_was_drawn_from(draw):
    page = page_of(render_figure(draw(), title="Found"))
    assert "<template" in lxml.html.tostring(page, encoding="unicode")
    files = make_and_link_figure_downloads(page, "x", SOURCE)
    pixels = imread(io.BytesIO(files["x-1.png"]))
    assert (pixels[:, :, 0] < 0.2).sum() > 500  # letters and lines
    assert files["x-1.csv"].count("\n") >= 2


def test_a_drawing_keeps_its_words_its_colours_and_its_description():
    counts = pd.DataFrame({"option": ["Shelter & food"], "n": [18], "base_n": [30]})
    page = page_of(render_figure(plot_counts(counts), title="18 of 30 | offer it", caption="Of those asked."))
    files = make_and_link_figure_downloads(page, "x", SOURCE)
    svg = files["x-1.svg"]
    root = lxml.etree.fromstring(svg.encode())
    assert root.findtext(f"{SVG}desc") == "Bars. Shelter & food: 18 of 30 (60 %)."
    assert words(svg)[0] == "18 of 30 | offer it" and SOURCE in words(svg) and "Of those asked." in words(svg)
    assert files["x-1.csv"] == "option,n,base_n\nShelter & food,18,30\n"
    assert "Shelter &amp; food" in svg and "var(" not in svg and "clippath" not in svg


@pytest.mark.parametrize("audience", ["team", "public"])
def test_counts_are_csv_with_what_is_folded_and_nothing_that_is_not_on_the_page(sample_study, audience):
    view = sample_view(sample_study, audience)
    page = page_of(render_question_without_open_answers(view, "Q4.1"))
    files = make_and_link_figure_downloads(page, "survey", SOURCE)
    rows = [*csv.reader(io.StringIO(files["survey-1.csv"]))]
    counts = view.counts("Q4.1")
    assert rows[0] == ["Answer", "Count"]
    assert rows[1:] == counts[["option", "shown_as"]].values.tolist()
    assert page.xpath("//a[@download]/@href") == [
        "figures/survey-1.svg", "figures/survey-1.png", "figures/survey-1.csv"]


def bars_of(svg, **of):
    return [(round(float(one.get("x"))), round(float(one.get("width"))))
            for one in lxml.etree.fromstring(svg.encode()).iter(f"{SVG}rect")
            if one.get("height") == "12" and all(one.get(name) == value for name, value in of.items())]


QUESTION = "<h3 class='glc-question'>Q1 What helps?</h3><p class='glc-note'>Base: 30.</p>"
ROW = "<tr><th>{}</th><td><span class='glc-count'>{}<span>{}</span></span></td></tr>"
TRACK = "<span class='glc-track'><span class='{}' style='{}'></span></span>"


def table_of(*rows):
    return f"<div class='glc-scroll'><table><tbody>{''.join(rows)}</tbody></table></div>"


def test_the_bars_of_a_question_are_a_drawing_under_what_was_asked():
    page = page_of(QUESTION + table_of(
        ROW.format("A bed", TRACK.format("glc-bar", "width:90%"), "27 of 30"),
        ROW.format("Food", TRACK.format("glc-band", "left:20%;width:30%"), "6 to 15 of 30"),
        ROW.format("Work", "", "not shown")))
    svg = make_and_link_figure_downloads(page, "x", SOURCE)["x-1.svg"]
    whole, = {width for _, width in bars_of(svg, fill="#e8e8e8")}
    start = bars_of(svg, fill="#e8e8e8")[0][0]
    assert bars_of(svg, fill="#4a6785") == [(start, round(.9 * whole))]
    assert bars_of(svg, fill="none") == [(start + round(.2 * whole), round(.3 * whole))]
    assert len(bars_of(svg, fill="#e8e8e8")) == 2  # nothing is drawn where nothing is shown
    assert [*filter(str.strip, words(svg))] == [
        "Q1 What helps?", "Base: 30.", SOURCE,
        "A bed", "27 of 30", "Food", "6 to 15 of 30", "Work", "not shown"]


def test_a_table_of_several_counts_a_row_is_csv_alone():
    cell = "<td><span class='glc-count'>{}<span>1 of 2</span></span></td>".format(
        TRACK.format("glc-bar", "width:50%"))
    page = page_of(QUESTION + table_of(f"<tr><th>A bed</th>{cell}{cell}</tr>"))
    assert [*make_and_link_figure_downloads(page, "x", SOURCE)] == ["x-1.csv"]


def test_a_picture_of_the_same_drawing_is_taken_over_and_of_another_drawn_anew(tmp_path):
    bar = ROW.format("A bed", TRACK.format("glc-bar", "width:{}%"), "{} of 30")
    first = make_and_link_figure_downloads(page_of(QUESTION + table_of(bar.format(90, 27))), "x", SOURCE)
    (tmp_path / "x-1.svg").write_text(first["x-1.svg"], encoding="utf-8", newline="\n")
    (tmp_path / "x-1.png").write_bytes(b"the earlier picture")
    again = make_and_link_figure_downloads(page_of(QUESTION + table_of(bar.format(90, 27))), "x", SOURCE,
                                           tmp_path)
    assert again["x-1.png"] == b"the earlier picture"
    changed = make_and_link_figure_downloads(page_of(QUESTION + table_of(bar.format(80, 24))), "x", SOURCE,
                                             tmp_path)
    assert changed["x-1.png"].startswith(b"\x89PNG")


def test_no_cell_is_a_formula():
    bar = "<td><span class='glc-count'><span>1 of 2</span></span></td>"
    page = page_of(f"<div class='glc-scroll'><table><tr><th>=1+1</th>{bar}</tr></table></div>")
    assert "\n=" not in "\n" + make_and_link_figure_downloads(page, "x", "")["x-1.csv"]
