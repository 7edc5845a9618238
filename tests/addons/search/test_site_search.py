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
    render_search_index,
    translate_search_script,
)
from glc_analysis.pseudonyms.contacts import find_emails_and_phone_numbers
from glc_analysis.publish import site
from glc_analysis.publish.site import render_article
from glc_analysis.templates import read_packaged_text
from tests.support.site_pages import built, cell, markdown, written


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    return built(tmp_path_factory.mktemp("run"))


def index_of(site):
    text = (site / "search-index.js").read_text()
    return json.loads(re.fullmatch(r"glcIndex\((.*)\)\n", text)[1])


def test_search_needs_no_server_and_holds_what_pages_print_each_text_once(pages):
    index = index_of(pages)
    assert index["pages"] == [["index", "Overview"], ["country-khm", "Cambodia & more"],
                              ["country-per", "Peru"]]
    assert [*map(len, (index["texts"], index["at"]))] == [len(set(index["texts"]))] * 2
    shown = index["at"][index["texts"].index('Bars: "3" of 4')]
    printed = [index["pages"][index["places"][at][0]][0] for at in shown]
    assert printed == ["index", "country-khm", "country-per"]
    assert not any(left in " ".join(index["texts"]) for left in ("draw()", "Code", "#", "Overview Cambodia"))


def folded(characters):
    shown = (f"<p>Seen</p><details><summary>1 more</summary><p>{'a' * characters}</p></details><p>After</p>")
    page = render_article({"cells": [markdown("# Peru"), cell("x", {"text/html": shown})]})
    return json.loads(render_search_index({"peru": PageText(page).found})[9:-2])["texts"]


def test_folded_text_is_found_while_a_page_has_not_too_much_of_it():
    assert folded(5) == ["Peru", "Seen", "1 more", "aaaaa", "After"]
    assert folded(FOLDED_LIMIT + 1) == ["Peru", "Seen", "1 more", "After"]


def test_cells_of_a_row_are_apart_so_that_counts_are_not_taken_for_a_phone_number():
    row = "<table><tr><th>Yes</th><td>102</td><td></td><td>207</td><td>144</td></tr></table>"
    page = render_article({"cells": [markdown("# Peru"), cell("x", {"text/html": row})]})
    *_, text = json.loads(render_search_index({"peru": PageText(page).found})[9:-2])["texts"]
    assert text == "Yes · 102 · 207 · 144" and not [*find_emails_and_phone_numbers(text)]
    assert [*find_emails_and_phone_numbers("102 207 144")]


def test_pages_of_one_title_come_first_in_the_order_of_the_site():
    def texts(*headings):
        page = lxml.html.fragment_fromstring("".join(f"<h2>{one}</h2>" for one in headings), "article")
        return PageText(page).found
    index = json.loads(render_search_index({"list": texts("List", "Needs"), "theme": texts("Needs"),
                                    "code": texts("Needs")})[9:-2])
    at = index["at"][index["texts"].index("Needs")]
    assert [index["pages"][index["places"][one][0]][0] for one in at] == ["theme", "code", "list"]


def test_the_page_of_the_search_alone_runs_its_script(pages):
    scripted = [page.stem for page in pages.glob("*.html") if "script-src 'self'" in page.read_text()]
    assert scripted == ["search"] and "<script" in (pages / "search.html").read_text()
    assert all('action="search.html"' in page.read_text() for page in pages.glob("*.html"))


def test_a_page_that_changed_leaves_nothing_in_the_index(tmp_path):
    jobs = written(tmp_path, index="Overview", peru="Peru")
    site.build_site(tmp_path, jobs, title="A study", audience="team", synthetic=True)
    path = tmp_path / "notebooks/peru.ipynb"
    path.write_text(path.read_text().replace("<td>3</td>", "<td>Seventy</td>"))
    site.build_site(tmp_path, jobs, title="A study", audience="team", synthetic=True)
    assert "Seventy" in index_of(tmp_path / "site")["texts"]
    assert index_of(tmp_path / "site")["pages"] == [["index", "Overview"], ["peru", "Peru"]]


def test_no_file_of_the_search_names_a_country():
    names = {country.name.casefold() for country in pycountry.countries}
    for path in (Path(site_search.__file__).parent / "content").iterdir():
        assert not names & {*re.findall(r"\w+", path.read_text().casefold())}


def test_in_english_the_script_says_what_is_written_in_it():
    script = read_packaged_text(site_search.__file__, "search.js")
    assert translate_search_script(script, str) == script
