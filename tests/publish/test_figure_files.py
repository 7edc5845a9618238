"""Figures to take along: an SVG that stands alone with title, base and source; counts as CSV."""

import csv
import io
import re

import lxml.etree
import lxml.html
import pandas as pd
import pytest

from glc_analysis.pages.findings import claims
from glc_analysis.pages.questions import question_html
from glc_analysis.plots import figure_html, plot_counts
from glc_analysis.publish.figure_files import take_figures
from glc_analysis.view.study_view import StudyView

SOURCE = "A <study> & more. Base: 30 organisations."
SVG = "{http://www.w3.org/2000/svg}"


def page_of(html):
    return lxml.html.fromstring(f"<article><h1>Page</h1>{html}</article>")


def words(svg):
    return [one.text for one in lxml.etree.fromstring(svg.encode()).iter(f"{SVG}text")]


def test_a_finding_is_an_svg_with_title_base_source_and_words_for_those_who_listen(sample_study):
    page = page_of(claims(StudyView(sample_study, "public")).data)
    files = take_figures(page, "index", SOURCE)
    first = files["index-1.svg"]
    root = lxml.etree.fromstring(first.encode())
    heading = page.find_class("glc-claim")[0].find("h2")
    assert root.findtext(f"{SVG}title") in heading.text_content()
    assert root.findtext(f"{SVG}desc") and words(first)[-1] == SOURCE
    assert "Out of" in " ".join(words(first)) and "All answers" not in first
    whole, part = (float(one.get("width")) for one in root.iter(f"{SVG}rect") if one.get("height") == "24")
    n, base = map(int, re.search(r"(\d+) of (\d+)", root.findtext(f"{SVG}title")).groups())
    assert abs(part / whole - n / base) < 0.01


def test_a_drawing_keeps_its_words_its_colours_and_its_description():
    counts = pd.DataFrame({"option": ["Shelter & food"], "n": [18], "base_n": [30]})
    page = page_of(figure_html(plot_counts(counts), title="18 of 30 | offer it", caption="Of those asked."))
    svg = take_figures(page, "x", SOURCE)["x-1.svg"]
    root = lxml.etree.fromstring(svg.encode())
    assert root.findtext(f"{SVG}desc") == "Bars. Shelter & food: 18 of 30 (60 %)."
    assert words(svg)[0] == "18 of 30 | offer it" and SOURCE in words(svg) and "Of those asked." in words(svg)
    assert "Shelter &amp; food" in svg and "var(" not in svg and "clippath" not in svg


@pytest.mark.parametrize("audience", ["team", "public"])
def test_counts_are_csv_with_what_is_folded_and_nothing_that_is_not_on_the_page(sample_study, audience):
    view = StudyView(sample_study, audience)
    page = page_of(question_html(view, "Q4.1"))
    [(name, text)] = take_figures(page, "survey", SOURCE).items()
    rows = [*csv.reader(io.StringIO(text))]
    counts = view.counts("Q4.1")
    assert name == "survey-1.csv" and rows[0] == ["Answer", "Count"]
    assert rows[1:] == counts[["option", "shown_as"]].values.tolist()
    assert page.xpath("//a[@download]/@href") == ["figures/survey-1.csv"]


def test_no_cell_is_a_formula():
    bar = "<td><span class='glc-count'><span>1 of 2</span></span></td>"
    page = page_of(f"<div class='glc-scroll'><table><tr><th>=1+1</th>{bar}</tr></table></div>")
    assert "\n=" not in "\n" + take_figures(page, "x", "")["x-1.csv"]
