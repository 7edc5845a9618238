"""Pages of the site: own titles, offline, described figures, whose they are on screen and paper."""

import json
import re
import stat
from dataclasses import replace
from pathlib import Path

import lxml.html
import pandas as pd
import pycountry
import pytest

from glc_analysis.plots import plot_counts, render_figure
from glc_analysis.publish import site
from glc_analysis.publish.site import render_article
from glc_analysis.run.execute import format_notebook, normalise_notebook
from glc_analysis.run.plan import PageJob, plan_pages
from tests.support.site_pages import SVG, built, cell, markdown, page_of, written


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    return built(tmp_path_factory.mktemp("run"))


@pytest.fixture
def cambodia(pages):
    return (pages / "country-khm.html").read_text()


def test_every_page_has_a_title_of_its_own(pages):
    titles = [re.search("<title>(.*?)</title>", (pages / f"{slug}.html").read_text())[1]
              for slug in ("index", "country-khm", "country-per")]
    assert titles == ["Overview – A study", "Cambodia &amp; more – A study", "Peru – A study"]


def test_no_page_asks_the_network_for_anything(pages):
    for page in pages.glob("*.html"):
        assert not re.findall(r'(?:src|href)="(?:https?:)?//[^"]*"', page.read_text()), page.name
    for sheet in pages.rglob("*.css"):
        assert not re.findall(r'url\(|@import', sheet.read_text()), sheet.name


def test_every_page_says_that_it_is_invented_and_whose_it_is_on_paper_too(pages):
    for page in pages.glob("*.html"):
        text = page.read_text()
        assert "Invented sample data: no organisation" in text, page.name
        assert '<link rel="stylesheet" href="style.css">' in text, page.name
    sheet = (pages / "style.css").read_text()
    assert '@bottom-left { content: "Internal: team only · Invented sample data · A study"; }' in sheet


def test_the_way_through_the_pages_is_the_same_everywhere_and_marks_where_one_is(cambodia):
    way = re.search('<nav aria-label="Pages">.*?</nav>', cambodia, re.DOTALL)[0]
    assert re.findall(r'href="(\S+?)"', way) == ["index.html", "country-khm.html", "country-per.html"]
    assert '<a href="country-khm.html" aria-current="page">Cambodia &amp; more</a>' in way
    assert "<p>Countries</p>" in way


def test_the_menu_folds_countries_by_region_and_has_the_pages_of_the_team_last(sample_study):
    pages = plan_pages(sample_study)
    listed = site.make_page_menu(pages, ())
    groups = [group for group, _ in listed]
    assert (groups[0], *groups[-4:]) == ("", "Themes", "Countries", "The study", "For the team")
    parts = {group: [part for part, _ in own] for group, own in listed}
    assert len(parts["Countries"]) > 2 and "Asia" in parts["Countries"]
    assert sorted(slug for _, own in listed for _, links in own for slug, _, _ in links) == sorted(
        page.slug for page in pages)


def test_the_region_of_the_page_is_open_in_the_menu(tmp_path):
    regions = {"country-khm": "Asia", "country-per": "Americas"}
    pages = [replace(page, part=regions.get(page.slug, ""))
             for page in written(tmp_path, index="Overview", country_khm="Cambodia", country_per="Peru")]
    site.build_site(tmp_path, pages, title="A study", audience="team", synthetic=False)
    parts = lxml.html.parse(tmp_path / "site/country-khm.html").xpath("//details[@class='site-part']")
    assert [(one.findtext("summary"), one.get("open") is not None) for one in parts] == [
        ("Americas", False), ("Asia", True)]


def test_a_page_that_is_not_up_to_date_says_so_in_the_text_and_in_the_way(pages):
    text = (pages / "country-per.html").read_text()
    assert '<p class="glc-warning">Not updated since 2026-01-01.</p>' in text
    assert "Peru</a> <small>not updated</small>" in text


def test_reading_needs_no_script(pages):
    assert not [page.stem for page in pages.glob("[!s]*.html") if "<script" in page.read_text()]


def test_a_browser_runs_no_script_of_a_page(pages):
    policy = r'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; script-src ([^;]*);'
    allowed = {path.stem: re.search(policy, path.read_text(encoding="utf-8"))[1]
               for path in pages.glob("*.html")}
    assert {name for name, scripts in allowed.items() if scripts != "'none'"} <= {"search"}
    assert len(allowed) >= 3


def test_the_style_sheet_is_small(pages):
    assert (pages / "style.css").stat().st_size <= 25_000


def test_no_file_that_all_sites_share_names_a_country():
    """The gate would take it for a country that nobody may know of: of fonts and scripts, too."""
    names = {country.name.casefold() for country in pycountry.countries}
    folder = Path(site.__file__).parent / "content"
    for text in (site._style(), (folder / "page.html").read_text()):
        assert not names & {*re.findall(r"\w+", text.casefold())}


def test_a_figure_is_part_of_its_page_and_its_description_is_found(pages, cambodia):
    drawn = lxml.html.fromstring(cambodia).xpath("//article//svg[@role='img']")
    assert [one.findtext("desc") for one in drawn] == ['Bars: "3" of 4']


def test_a_picture_says_what_its_svg_says_of_itself():
    kinds = ({"image/svg+xml": "<svg><title>Bars &amp; \"3\"</title></svg>"}, {"image/png": "aGFsbG8="})
    page = render_article({"cells": [cell("x", *kinds)]})
    assert page.xpath(".//img/@alt") == ['Bars & "3"', "Picture without a description"]
    assert page.xpath(".//img/@src")[1] == "data:image/png;base64,aGFsbG8="


def test_a_wide_figure_scrolls_by_the_keyboard_under_its_title():
    counts = pd.DataFrame({"option": ["A"], "n": [1], "base_n": [4]})
    wide = render_figure(plot_counts(counts), title="One & all")
    outputs = [{"text/html": wide}, {"text/html": wide.replace('style="', 'style="min-width:30rem;', 1)}]
    page = render_article({"cells": [cell("x", *outputs)]})
    frames = page.find_class("glc-scroll")
    assert [frame.get("aria-label") for frame in frames] == [None, "One & all"]
    assert frames[1].get("tabindex") == "0"


def test_a_table_scrolls_by_itself_by_the_keyboard_too(cambodia):
    frame = lxml.html.fromstring(cambodia).find_class("glc-scroll")[0]
    assert {**frame.attrib} == {"class": "glc-scroll", "tabindex": "0", "role": "region",
                                "aria-label": "Cambodia & more"}
    assert frame.find("table").text_content() == "3"


def test_a_table_of_pandas_looks_like_the_others_with_numbers_to_the_right():
    frame = pd.DataFrame({"country": ["Peru", "Kenya"], "n": [1, 1200], "share": ["3.5 %", "−2"]})
    page = render_article({"cells": [cell("frame", {"text/html": frame._repr_html_()})]})
    table = page.xpath(".//div[@role='region']/table")[0]
    assert "glc" in table.get("class").split() and "border" not in table.attrib
    numbers = [one.text for one in table.find_class("number")]
    assert numbers == ["n", "share", "1", "3.5 %", "1200", "−2"]
    assert page.xpath(".//style") == []


def test_names_of_columns_and_words_of_tables_are_read_as_words():
    frame = pd.DataFrame({"coder_id": ["ines"], "type": ["service_provider"], "text": ["glc_2016"]})
    page = render_article({"cells": [cell("frame", {"text/html": frame._repr_html_()})]})
    assert [one.text for one in page.iter("th", "td") if one.text] == [
        "coder", "type", "text", "0", "ines", "service provider", "glc_2016"]


def test_code_is_one_click_away_and_defaults_are_left_out(cambodia):
    folded = '<details class="glc-code"><summary>How this was made</summary>'
    assert cambodia.count(folded) == 1  # a section's
    assert "draw()\n\ncount()" in cambodia and "country =" not in cambodia


def test_code_is_for_the_team_alone(tmp_path):
    site = built(tmp_path, audience="public")
    text = (site / "country-khm.html").read_text()
    assert "count()" not in text and "glc-code" not in text
    assert "Bars: " in text and "<td" in text


def test_outputs_are_shown_in_their_best_form_and_objects_without_words_not_at_all():
    printed = {"output_type": "stream", "name": "stdout", "text": "3 < 4\n"}
    shown = cell("x", {"text/html": "<b>bold</b>", "text/plain": "plain"}, {"text/markdown": "*said* <b>"},
                 {"text/plain": "<Axes: title={'center': 'Needs'}>"}, {"text/plain": "'3 > 2'"})
    shown["outputs"].append(printed)
    page = render_article({"cells": [shown]})
    assert page.text_content().split("\n") == ["boldsaid <b>", "'3 > 2'3 < 4", ""]


def texts_of(*cells):
    return [one.text_content() for one in render_article({"cells": [*cells]},
                                                         has_code=True) if one.tag != "details"]


NOTHING = cell("nothing()", {"text/html": "<h3>Q1</h3> <p></p>"})
SOMETHING = cell("n", {"text/html": "<p>3</p>"})


@pytest.mark.parametrize(("cells", "shown"), [
    ((markdown("# Peru\n\nIntro"), cell("import x")), ["Peru", "Intro"]),
    ((markdown("# Peru\n\n## Needs\n\nWhy"), NOTHING, markdown("## More"), SOMETHING), ["Peru", "More", "3"]),
    ((markdown("## Needs\n\n### First"), NOTHING, markdown("### Later"), SOMETHING), ["Needs", "Later", "3"]),
    ((markdown("## Needs\n\n### First"), NOTHING, markdown("### Later"), NOTHING), []),
    ((markdown("## Method\n\nProse."), markdown("## Needs"), NOTHING), ["Method", "Prose."]),
    ((markdown("## Sampling"), cell(""), cell("n", {"text/html": "<h2>Needs</h2><p>3</p>"})), ["Needs", "3"]),
])
def test_a_section_whose_cells_show_nothing_goes_with_its_heading_and_explanation(cells, shown):
    assert texts_of(*cells) == shown


def test_html_in_a_text_is_text_and_headings_have_ids_of_their_own():
    page = render_article({"cells": [markdown("## Needs\n\n<b>x</b>"), markdown("## Needs"),
                                     markdown("## សេវា")]})
    assert page.xpath(".//b") == [] and "<b>x</b>" in page.text_content()
    assert page.xpath(".//h2/@id")[:2] == ["needs", "needs-2"] and page.xpath(".//h2/@id")[2]


def test_the_list_of_contents_leads_to_the_main_headings(tmp_path):
    (tmp_path / "notebooks").mkdir()
    text = markdown("# x\n\n## Needs\n\n### First\n\n## In *words*")
    page = normalise_notebook({"cells": [text]}, title="Peru")
    (tmp_path / "notebooks" / "peru.ipynb").write_text(format_notebook(page))
    site.build_site(tmp_path, [PageJob("peru", "Peru", Path("10.ipynb"), {}, "")], title="A study",
                    audience="team", synthetic=False)
    made = lxml.html.parse(tmp_path / "site" / "peru.html")
    links = made.xpath("//nav[@aria-label='On this page']//a")
    assert [(one.get("href"), one.text) for one in links] == [("#needs", "Needs"), ("#in-words", "In words")]


def test_what_is_folded_is_printed_if_that_is_wanted(pages, tmp_path):
    assert "print-full" not in (pages / "index.html").read_text()
    full = built(tmp_path, print_folded=True)
    assert '<html lang="en" class="print-full">' in (full / "index.html").read_text()
    assert ".print-full details" in (full / "style.css").read_text()


def test_a_page_that_stands_alone_is_one_file_without_code_or_links_to_others(tmp_path, sample_study):
    path = tmp_path / "blue-door.ipynb"
    shown = cell("count()", {"text/html": '<p>3 <a href="survey.html">of</a> 4'})
    path.write_text(format_notebook(page_of("Blue Door", shown)))
    made = site.write_standalone(path, sample_study, title="Blue Door")
    text = made.read_text()
    assert "For Blue Door alone. " in text and "count()" not in text
    assert not re.search(r"<(?:link|script|form|nav|img)\b|(?:src|href)=\"(?!#content)", text)
    assert ".glc-scroll table.glc" in text and stat.S_IMODE(made.stat().st_mode) == 0o600


def test_a_long_page_is_divided_and_links_lead_to_the_part_that_has_their_place(tmp_path):
    (tmp_path / "notebooks").mkdir()
    sections = [f'<h2 id="s{n}">Section {n}</h2><p>{"word " * 12_000}</p>' for n in range(4)]
    texts = {"survey": "".join(sections) + '<p><a href="#s0">up</a></p>',
             "index": '<a href="survey.html#s3">Three</a>'}
    for slug, text in texts.items():
        page = page_of(slug.capitalize(), cell("x", {"text/html": text}))
        (tmp_path / "notebooks" / f"{slug}.ipynb").write_text(format_notebook(page))
    jobs = [PageJob(slug, slug.capitalize(), Path("10.ipynb"), {}, "") for slug in ("index", "survey")]
    site.build_site(tmp_path, jobs, title="A study", audience="public", synthetic=False)
    parts = sorted(path.name for path in (tmp_path / "site").glob("survey*.html"))
    assert parts == ["survey-2.html", "survey.html"]
    assert all(path.stat().st_size <= 150_000 for path in (tmp_path / "site").glob("*.html"))
    made = {name: lxml.html.parse(tmp_path / "site" / f"{name}.html")
            for name in ("index", "survey", "survey-2")}
    assert made["index"].xpath("//article//a/@href") == ["survey-2.html#s3"]
    assert made["survey-2"].xpath("//article/p/a/@href") == ["survey.html#s0"]
    assert made["survey-2"].xpath("//article//h2/text()") == ["Section 2", "Section 3"]
    assert made["survey-2"].xpath("//nav[@class='site-parts']//a/@href") == ["survey.html"]
    assert made["survey-2"].xpath("//a[@aria-current='page']/@href") == ["survey.html"]


def test_a_part_of_a_divided_page_and_a_page_with_a_link_to_it_are_not_taken_from_the_last_site(tmp_path):
    (tmp_path / "notebooks").mkdir()
    long = [text for n in range(4) for text in (f"## Question {n}", "x" * 50_000)]
    texts = {"survey": ["# Survey", *long], "index": ["# Index", "[to it](survey.html#question-3)"],
             "género": ["# Género", *long], "nepal": ["# Nepal", "[to it](género.html#question-3)"],
             "peru": ["# Peru", "[to it](index.html#index)"]}
    notebooks = {slug: site.format_notebook(site.make_prose_notebook(*text)) for slug, text in texts.items()}
    for slug, notebook in notebooks.items():
        (tmp_path / "notebooks" / f"{slug}.ipynb").write_text(notebook)
    pages = [PageJob(slug, slug.title(), Path(), {}, "") for slug in texts]
    site.build_site(tmp_path, pages, title="A study", audience="team", synthetic=True)
    last = site._LastSite(tmp_path, frozenset(texts), Path.is_file)
    taken = {slug: last.take_page(slug, notebook) for slug, notebook in notebooks.items()}
    assert [slug for slug, page in taken.items() if page] == ["peru"]
    (slug, article), = taken["peru"].parts
    assert slug == "peru" and article.find(".//a").get("href") == "index.html#index"
    assert last.take_page("peru", notebooks["index"]) is None
    (tmp_path / "site/survey-2.html").unlink()
    assert last.take_page("survey", notebooks["survey"]) is None
    (tmp_path / "notebooks/peru.ipynb").write_bytes(b"\xff")
    assert last.take_page("peru", notebooks["peru"]) is None


def test_a_page_taken_from_the_last_site_has_the_bytes_of_the_page(tmp_path):
    """Also where HTML writes a letter or a line end in another way than the notebook."""
    (tmp_path / "notebooks").mkdir()
    texts = ["# Peru", "<p title='a&#13;b'>a &amp; b &lt; c &nbsp; &#13; é ខ្មែរ 🏠 [x](index.html#a&b)</p>",
             "a | b\n--- | ---\n1 | 2", "<details><summary>s</summary>\n\n- one\n- two\n\n</details>"]
    notebook = site.format_notebook(site.make_prose_notebook(*texts))
    (tmp_path / "notebooks/peru.ipynb").write_text(notebook)
    pages = [PageJob("peru", "Peru", Path(), {}, "")]
    site.build_site(tmp_path, pages, title="A study", audience="team", synthetic=True)
    before = (tmp_path / "site/peru.html").read_bytes()
    taken = site._LastSite(tmp_path, frozenset({"peru"}), Path.is_file).take_page("peru", notebook)
    for key in site._made:
        site._made[key] = taken
    site.build_site(tmp_path, pages, title="A study", audience="team", synthetic=True)
    assert taken and (tmp_path / "site/peru.html").read_bytes() == before


def test_a_page_that_fits_is_left_whole():
    page = render_article({"cells": [markdown("# Peru\n\n## Needs")]})
    assert site.split_page(page, "peru") == [("peru", page)]


def test_facts_stand_on_every_page(tmp_path):
    site = built(tmp_path, facts="Base: 30 <organisations>.")
    for page in site.glob("*.html"):
        assert "Base: 30 &lt;organisations&gt;." in page.read_text(), page.name


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
    assert "<h1>A study</h1>" in start.read_text()
    assert "Invented" not in start.read_text()
    assert "Internal: team only." in start.read_text()


def test_publishing_leaves_the_notebook_as_it_is():
    notebook = page_of("Peru", cell("draw()", {"text/html": SVG}))
    before = json.dumps(notebook)
    render_article(notebook)
    assert json.dumps(notebook) == before


def test_the_next_site_of_a_process_makes_only_pages_that_changed_and_the_same_bytes(tmp_path, monkeypatch):
    def notebook(slug, text):
        path = tmp_path / "notebooks" / f"{slug}.ipynb"
        path.parent.mkdir(exist_ok=True)
        prose = site.make_prose_notebook(f"# {slug}", text, "[other](peru.html#peru)")
        path.write_text(site.format_notebook(prose))

    def made():
        site.build_site(tmp_path, pages, title="A study", audience="team", synthetic=True)
        return {path.name: path.read_bytes() for path in (tmp_path / "site").iterdir() if path.is_file()}
    pages, asked = [PageJob(slug, slug, Path(), {}, "") for slug in ("index", "peru")], []
    monkeypatch.setattr(site, "render_article",
                        lambda *given, **named: asked.append(1) or render_article(*given, **named))
    notebook("index", "one")
    notebook("peru", "two")
    first = made()
    assert made() == first and len(asked) == 2
    notebook("peru", "three")
    changed = made()
    assert len(asked) == 3 and b"three" in changed["peru.html"]
    site._made.clear()
    assert made() == changed


def test_a_page_made_ahead_of_the_site_has_the_bytes_that_the_site_will_have(tmp_path):
    runs = [tmp_path / "runs" / name for name in "ab"]
    pages = [PageJob(slug, slug.title(), Path(), {}, "") for slug in ("index", "peru", "survey")]
    for run_dir, text in zip(runs, ("one", "two"), strict=True):
        (run_dir / "notebooks").mkdir(parents=True)
        for page in pages:
            prose = site.make_prose_notebook(f"# {page.title}", text, "[other](survey.html#survey)")
            (run_dir / "notebooks" / f"{page.slug}.ipynb").write_text(site.format_notebook(prose))
    assert site.render_with_remembered_site_menu(runs[0], pages[1]) == {}
    site.build_site(runs[0], pages, title="A study", audience="team", synthetic=True, facts="Base: 3.")
    ahead = site.render_with_remembered_site_menu(runs[1], pages[1])
    site.build_site(runs[1], pages, title="A study", audience="team", synthetic=True, facts="Base: 3.")
    assert {*ahead} == {"peru"} and "two" in ahead["peru"]
    assert ahead["peru"] == (runs[1] / "site/peru.html").read_text()


def test_no_page_keeps_the_data_from_which_a_figure_was_drawn(tmp_path):
    (tmp_path / "notebooks").mkdir()
    counts = pd.DataFrame({"option": ["A"], "n": [1], "base_n": [4]})
    page = page_of("Peru", cell("x", {"text/html": render_figure(plot_counts(counts), title="One")}))
    assert "glc-data" in format_notebook(page)
    (tmp_path / "notebooks/peru.ipynb").write_text(format_notebook(page))
    site.build_site(tmp_path, [PageJob("peru", "Peru", Path("10.ipynb"), {}, "")], title="A study",
                    audience="public", synthetic=False)
    made = (tmp_path / "site/peru.html").read_text()
    assert "glc-data" not in made and "base_n" not in made
