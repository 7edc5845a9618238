"""Pages of the site: own titles, offline, described figures, whose they are on screen and paper."""

import json
import re
from contextlib import closing
from pathlib import Path

import pytest

from glc_analysis.disclosure.file_text import extract_text
from glc_analysis.errors import GLCError
from glc_analysis.manifest import checksum
from glc_analysis.publish import site
from glc_analysis.publish.site import PageCache, SphinxProcess, image, published
from glc_analysis.run.execute import dumps, normalise_notebook, notice
from glc_analysis.run.plan import PageJob

SVG = ('<svg xmlns="http://www.w3.org/2000/svg" xmlns:dc="http://purl.org/dc/elements/1.1/" '
       'width="72pt" height="36pt"><metadata><dc:description>Bars: "3" of 4</dc:description>'
       '</metadata></svg>')


def cell(source, *data, tags=()):
    outputs = [{"output_type": "display_data", "data": d, "metadata": {}} for d in data]
    return {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": source,
            "outputs": outputs}


def page_of(title, *cells):
    heading = {"cell_type": "markdown", "metadata": {}, "source": "# Who answered?"}
    return normalise_notebook({"cells": [heading, *cells]}, title=title)


def written(folder, **titles):
    """A run folder with a page for each title, and its pages."""
    (folder / "notebooks").mkdir(parents=True)
    pages = []
    for slug, title in titles.items():
        slug = slug.replace("_", "-")
        notebook = page_of(title, cell('country = ""', tags=["parameters"]),
                           cell("draw()", {"image/svg+xml": SVG}),
                           cell("count()", {"text/html": "<table><tr><td>3</td></tr></table>"}))
        if title == "Peru":
            notebook = notice(notebook, "Not updated since 2026-01-01.")
        (folder / "notebooks" / f"{slug}.ipynb").write_text(dumps(notebook))
        group = "Countries" if slug.startswith("country") else ""
        pages.append(PageJob(slug, title, Path("10.ipynb"), {}, "", group))
    return pages


def built(folder, **choice):
    pages = written(folder, index="Overview", country_khm="Cambodia & more", country_per="Peru")
    choice = {"title": "A study", "audience": "team", "synthetic": True} | choice
    site.build_site(folder, pages, failures={"country-per"}, **choice)
    return folder / "site"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    return built(tmp_path_factory.mktemp("run"))


@pytest.fixture
def cambodia(pages):
    return (pages / "country-khm.html").read_text()


def test_every_page_has_a_title_of_its_own(pages):
    titles = [re.search("<title>(.*?) &#8212;", (pages / f"{slug}.html").read_text())[1]
              for slug in ("index", "country-khm", "country-per")]
    assert titles == ["Overview", "Cambodia &amp; more", "Peru"]


def test_no_page_asks_the_network_for_anything(pages):
    for page in pages.glob("*.html"):
        assert not re.findall(r'(?:src|href)="(?:https?:)?//[^"]*"', page.read_text()), page.name
    for sheet in pages.rglob("*.css"):
        assert not re.findall(r'(?:url\(|@import )"?https?://', sheet.read_text()), sheet.name


def test_every_page_says_that_it_is_invented_and_whose_it_is_on_paper_too(pages):
    for page in pages.glob("*.html"):
        text = page.read_text()
        assert "Invented sample data: no organisation" in text, page.name
        assert '"Internal: team only · Invented sample data · A study"' in text, page.name


def test_the_way_through_the_pages_is_the_same_everywhere_and_marks_where_one_is(cambodia):
    way = re.search('<nav class="site-navigation".*?</nav>', cambodia, re.DOTALL)[0]
    assert re.findall(r'href="(\S+?)"', way) == ["index.html", "country-khm.html", "country-per.html"]
    assert '<a href="country-khm.html" aria-current="page">Cambodia &amp; more</a>' in way
    assert "<p>Countries</p>" in way


def test_a_page_that_is_not_up_to_date_says_so_in_the_text_and_in_the_way(pages):
    text = (pages / "country-per.html").read_text()
    assert re.search(r'class="admonition warning".*?Not updated since 2026-01-01', text, re.DOTALL)
    assert "Peru</a> <small>not updated</small>" in text


def test_a_figure_is_a_file_with_its_description(pages, cambodia):
    assert ('<img class="figure" src="_static/figures/country-khm-1.svg" '
            'alt="Bars: &quot;3&quot; of 4" width="96" height="48" loading="lazy">') in cambodia
    assert (pages / "_static/figures/country-khm-1.svg").read_text() == SVG


def test_a_figure_without_a_description_says_that_it_has_none():
    assert 'alt="Figure without a description"' in image("<svg/>", "a.svg")


def test_a_table_scrolls_by_itself(cambodia):
    assert '<div class="glc-scroll"><table><tr><td>3' in cambodia


def test_code_is_one_click_away_and_defaults_are_left_out(cambodia):
    assert cambodia.count('<details class="admonition hide above-input">') == 2
    assert 'country</span>' not in cambodia


def test_code_is_for_the_team_alone(tmp_path):
    site = built(tmp_path, audience="public")
    text = (site / "country-khm.html").read_text()
    assert "count()" not in text and "<details" not in text
    assert '<img class="figure"' in text and "<td>3" in text


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


def test_nothing_of_sphinx_own_search_is_left(pages):
    assert not (pages / "searchindex.js").exists()
    assert not [path for path in pages.rglob("*.js") if "stemmer" in path.name or "searchtools" in path.name]
    assert "searchtools" not in (pages / "index.html").read_text()


def test_style_sheets_keep_the_rules_that_pages_use_and_stay_readable_to_the_gate(pages):
    sheet = next(pages.rglob("pydata-sphinx-theme.css"))
    assert sheet.stat().st_size < 150_000 and ".bd-article" in sheet.read_text()
    assert ".glc-scroll" in (pages / "_static" / "page.css").read_text()
    assert "MIT" in sheet.read_text()
    read = [text for _, text in extract_text(sheet.name, sheet.read_bytes())]  # icons, written otherwise
    assert len(read) < 20 and all(text.startswith(".fa-") for text in read)
    assert [*extract_text("own.css", b"/* Ana */")] == [("line 1", "/* Ana */")]


def test_facts_stand_on_every_page(tmp_path):
    site = built(tmp_path, facts="Base: 30 <organisations>.")
    for page in site.glob("*.html"):
        assert "Base: 30 &lt;organisations&gt;." in page.read_text() or page.stem == "search", page.name


def test_the_same_notebooks_give_the_same_bytes(pages, tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    again = built(tmp_path / "another")
    files = sorted(path.relative_to(pages) for path in pages.rglob("*") if path.is_file())
    assert files == sorted(p.relative_to(again) for p in again.rglob("*") if p.is_file())
    assert [f for f in files if (pages / f).read_bytes() != (again / f).read_bytes()] == []


def test_a_real_study_carries_no_banner_of_invented_data_and_needs_no_index(tmp_path):
    pages = written(tmp_path, country_khm="Cambodia")
    site.build_site(tmp_path, pages, title="A study", audience="team", synthetic=False)
    start = tmp_path / "site" / "index.html"
    assert "<h1>A study" in start.read_text()
    assert "Invented" not in start.read_text()
    assert "Internal: team only." in start.read_text()


def test_what_stops_sphinx_is_told_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(site.CONFIGURATION, "extensions", ["no_such_extension"])
    with pytest.raises(GLCError, match="The site could not be made: .*no_such_extension"):
        built(tmp_path / "run")
    assert not list((tmp_path / "run").glob(".site-*"))


def test_publishing_leaves_the_notebook_as_it_is():
    notebook = page_of("Peru", cell("draw()", {"image/svg+xml": SVG}))
    before = json.dumps(notebook)
    published(notebook, "peru")
    assert json.dumps(notebook) == before


def taken(run, before, seals=None, site_key=None):
    """The site of a run after another: the slugs whose page is the file of the one before."""
    passed = {path.relative_to(before.run).as_posix(): checksum(path)
              for path in before.run.rglob("*") if path.is_file()} if seals is None else seals
    pages = written(run, index="Overview", country_khm="Cambodia & more", country_per="Peru")
    site.build_site(run, pages, title="A study", audience="team", synthetic=True, failures={"country-per"},
                    cache=PageCache(before.run, site_key or before.site_key, passed))
    return {page.slug for page in pages
            if (run / f"site/{page.slug}.html").samefile(before.run / f"site/{page.slug}.html")}


@pytest.fixture
def before(tmp_path):
    """A run with its site, and how that was made."""
    run = tmp_path / "before"
    pages = written(run, index="Overview", country_khm="Cambodia & more", country_per="Peru")
    site_key = site.build_site(run, pages, title="A study", audience="team", synthetic=True,
                              failures={"country-per"})
    return PageCache(run, site_key, {})


def test_pages_that_would_come_out_the_same_are_those_of_the_site_before(before, pages, tmp_path):
    assert taken(tmp_path / "run", before) == {"index", "country-khm", "country-per"}
    site_of = tmp_path / "run" / "site"
    files = sorted(path.relative_to(pages) for path in pages.rglob("*") if path.is_file())
    assert files == sorted(p.relative_to(site_of) for p in site_of.rglob("*") if p.is_file())
    assert [f for f in files if (pages / f).read_bytes() != (site_of / f).read_bytes()] == []


def test_a_page_whose_notebook_changed_is_made_anew(before, tmp_path):
    path = before.run / "notebooks" / "country-khm.ipynb"
    path.write_text(path.read_text().replace("<td>3", "<td>2"))
    assert taken(tmp_path / "run", before) == {"index", "country-per"}


@pytest.mark.parametrize("name", ["country-khm.html", "_static/figures/country-khm-1.svg"])
def test_a_page_whose_files_are_not_as_they_went_through_the_gate_is_made_anew(before, tmp_path, name):
    seals = {path.relative_to(before.run).as_posix(): checksum(path)
             for path in before.run.rglob("*") if path.is_file()}
    (before.run / "site" / name).write_text("torn")
    assert taken(tmp_path / "run", before, seals) == {"index", "country-per"}
    assert (tmp_path / "run" / "site" / name).read_text() != "torn"


def test_nothing_is_taken_from_a_site_of_which_something_else_is_said(before, tmp_path):
    assert taken(tmp_path / "run", before, site_key="another") == set()
    assert taken(tmp_path / "again", before, seals={}) == set()


def test_a_title_that_changed_is_on_every_page(before, tmp_path):
    pages = written(tmp_path / "run", index="Overview", country_khm="Kampuchea", country_per="Peru")
    site_key = site.build_site(tmp_path / "run", pages, title="A study", audience="team", synthetic=True,
                              failures={"country-per"}, cache=before)
    assert site_key != before.site_key
    assert "Kampuchea" in (tmp_path / "run/site/country-per.html").read_text()


def test_sphinx_that_is_killed_is_started_once_more_and_no_more(tmp_path, monkeypatch):
    pages = written(tmp_path, index="Overview")
    with closing(SphinxProcess()) as killed:
        killed._process.kill()
        site.build_site(tmp_path, pages, title="A study", audience="team", synthetic=True, sphinx=killed)
    assert (tmp_path / "site" / "index.html").exists()
    monkeypatch.setattr("glc_analysis.publish.site.PROGRAM", "import os; os.kill(os.getpid(), 9)")
    with pytest.raises(GLCError, match="could not be made: it ended with -9"):
        site.build_site(tmp_path, pages, title="A study", audience="team", synthetic=True)
