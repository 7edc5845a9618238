"""The search in a site: it needs no server, and holds what the pages print."""

import json
import re
from pathlib import Path

import lxml.html
import pycountry
import pytest

from glc_analysis.addons.search import site_search
from glc_analysis.addons.search.site_search import (
    FOLDED_LIMIT,
    PageText,
    render_page_index,
    translate_search_script,
)
from glc_analysis.pseudonyms.contacts import find_emails_and_phone_numbers
from glc_analysis.publish import site
from glc_analysis.publish.site import render_article
from glc_analysis.report import update_report_pages
from glc_analysis.templates import read_packaged_text
from tests.run.small_study import TABLES, collection, small_study, write_slices
from tests.support.site_pages import built, cell, markdown, written


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    return built(tmp_path_factory.mktemp("run"))


def read_index(script):
    """Title and texts of a page's index."""
    _, title, sections = json.loads(re.fullmatch(r"addPageIndex\((.*)\)\n", script)[1])
    return title, [text for _, _, texts in sections for text in texts]


def index_of(site, slug):
    return read_index((site / "search" / f"{slug}.js").read_text("utf-8"))


def texts_of(*cells):
    return read_index(render_page_index("peru", PageText(render_article({"cells": [*cells]})).found))[1]


def test_search_needs_no_server_and_holds_what_each_page_prints(pages):
    titles = {path.stem: index_of(pages, path.stem)[0] for path in (pages / "search").iterdir()}
    assert titles == {"index": "Overview", "country-khm": "Cambodia & more", "country-per": "Peru"}
    for slug in titles:
        texts = index_of(pages, slug)[1]
        assert 'Bars: "3" of 4' in texts
        assert not any(left in " ".join(texts) for left in ("draw()", "Code", "#", "Overview Cambodia"))


def test_the_page_of_the_search_reads_the_script_and_then_the_indexes_in_the_order_of_the_site(pages):
    page = lxml.html.parse(pages / "search.html")
    assert page.xpath("//script/@src") == ["search.js", "search/index.js", "search/country-khm.js",
                                           "search/country-per.js"]


def folded(characters):
    shown = (f"<p>Seen</p><details><summary>1 more</summary><p>{'a' * characters}</p></details><p>After</p>")
    return texts_of(markdown("# Peru"), cell("x", {"text/html": shown}))


def test_folded_text_is_found_while_a_page_has_not_too_much_of_it():
    assert folded(5) == ["Peru", "Seen", "1 more", "aaaaa", "After"]
    assert folded(FOLDED_LIMIT + 1) == ["Peru", "Seen", "1 more", "After"]


def test_cells_of_a_row_are_apart_so_that_counts_are_not_taken_for_a_phone_number():
    row = "<table><tr><th>Yes</th><td>102</td><td></td><td>207</td><td>144</td></tr></table>"
    *_, text = texts_of(markdown("# Peru"), cell("x", {"text/html": row}))
    assert text == "Yes · 102 · 207 · 144" and not [*find_emails_and_phone_numbers(text)]
    assert [*find_emails_and_phone_numbers("102 207 144")]


def test_a_section_has_each_text_once_however_often_it_prints_it():
    twice = cell("x", {"text/html": "<p>Shelter</p><p>Food</p><p>Shelter</p><h2>Later</h2><p>Shelter</p>"})
    assert texts_of(markdown("# Peru"), twice) == ["Peru", "Shelter", "Food", "Later", "Shelter"]


def test_the_page_of_the_search_alone_runs_its_script(pages):
    scripted = [page.stem for page in pages.glob("*.html") if "script-src 'self'" in page.read_text()]
    assert scripted == ["search"] and "<script" in (pages / "search.html").read_text()
    assert all('action="search.html"' in page.read_text() for page in pages.glob("*.html"))


def test_a_page_that_changed_leaves_the_indexes_of_the_others_as_they_are(tmp_path):
    jobs = written(tmp_path, index="Overview", peru="Peru")
    site.build_site(tmp_path, jobs, title="A study", audience="team", synthetic=True)
    overview, peru = (tmp_path / "site/search" / f"{slug}.js" for slug in ("index", "peru"))
    before, path = overview.read_bytes(), tmp_path / "notebooks/peru.ipynb"
    assert "Seventy" not in peru.read_text("utf-8")
    path.write_text(path.read_text().replace("<td>3</td>", "<td>Seventy</td>"))
    site.build_site(tmp_path, jobs, title="A study", audience="team", synthetic=True)
    assert "Seventy" in peru.read_text("utf-8") and overview.read_bytes() == before


def test_the_index_of_an_unchanged_page_is_taken_from_the_last_site_unless_somebody_changed_it(
        tmp_path, monkeypatch):
    study, folder = small_study(tmp_path / "study"), collection(tmp_path / "notebooks", "00", "10")
    update_report_pages(study, folder=folder)
    index, read = study.reports / "team/current/site/search/country-per.js", set()

    class RecordedText(PageText):
        def __init__(self, page):
            super().__init__(page)
            read.add(self.found[0][0])
    monkeypatch.setattr(site_search, "PageText", RecordedText)

    def rerun(value):
        """Makes the page of Cambodia again, as a new process does, and returns the index of Peru."""
        for kept in (site._made, site_search._read, read):
            kept.clear()
        write_slices(study, TABLES | {"answers": TABLES["answers"] | {"country=KHM": value}})
        update_report_pages(study, folder=folder)
        return index.read_bytes()

    good = rerun("b")
    assert "Peru" not in read
    index.write_bytes(good.replace(b"Peru", b"Perv"))
    assert rerun("c") == good and "Peru" in read


def test_no_file_of_the_search_names_a_country():
    names = {country.name.casefold() for country in pycountry.countries}
    for path in (Path(site_search.__file__).parent / "content").iterdir():
        assert not names & {*re.findall(r"\w+", path.read_text().casefold())}


def test_in_english_the_script_says_what_is_written_in_it():
    script = read_packaged_text(site_search.__file__, "search.js")
    assert translate_search_script(script, str) == script
