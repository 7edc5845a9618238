"""The sites of all audiences in a browser: whole from their folder, readable by everybody, on a phone too."""

import json
import random
import re
import shutil
import threading
import time
from collections import defaultdict
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin

import lxml.html
import pytest

from glc_analysis.publish.site import STYLE_FILE, build_site
from glc_analysis.report import update_report_pages
from glc_analysis.run.plan import PageJob, plan_pages
from glc_analysis.schema import AUDIENCES
from glc_analysis.study import Study
from tests.support.share import SEED, drawn, share
from tests.support.site_pages import markdown

pytestmark = [pytest.mark.acceptance, pytest.mark.every_day]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
GRAVE = ("serious", "critical")
LIGHT = {"resultTypes": ["violations"], "preload": False}  # it would fetch style sheets from the folder
DARK = LIGHT | {"runOnly": ["color-contrast", "link-in-text-block"]}
"""What a scheme of colours can change."""


@pytest.fixture(scope="module")
def sites(sample_runs):
    """The folder of each audience's site."""
    return {audience: (sample_runs / audience / "current" / "site").resolve() for audience in AUDIENCES}


@pytest.fixture(scope="module")
def axe():
    return pytest.importorskip("axe_playwright_python.sync_playwright").Axe()


def grave(axe, page, options):
    """What axe finds that keeps somebody from reading: rule, and the first places."""
    return [f"{one['id']}: {[node['html'][:160] for node in one['nodes'][:3]]}"
            for one in axe.run(page, options=options).response["violations"] if one["impact"] in GRAVE]


def drawn_pages(site, pattern="*.html"):
    """Pages of a site: all in `make soak`, otherwise those of which it has one, and of the pages that a
    notebook makes of countries, themes and so on one each, drawn by the day's seed."""
    kinds = defaultdict(list)
    for path in sorted(site.rglob(pattern)):
        kinds[path.stem.partition("-")[0]].append(path)
    return sorted(path for paths in kinds.values()
                  for path in random.Random(SEED).sample(paths, min(len(paths), share(len(paths), 1))))


def faults_of(site, browser, axe, pattern="*.html"):
    """What is wrong with the drawn pages of a site, by page."""
    faults, asked = defaultdict(list), []
    page = browser.new_page(viewport=WIDE)
    page.on("console", lambda said: said.type == "error" and faults[page.url].append(said.text))
    page.on("pageerror", lambda error: faults[page.url].append(str(error)))
    page.on("requestfailed", lambda request: faults[page.url].append(f"not there: {request.url}"))
    page.on("request", lambda request: asked.append(request.url))
    for path in drawn_pages(site, pattern):
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(WIDE)
        page.goto(path.as_uri())
        faults[page.url] += grave(axe, page, LIGHT)
        page.emulate_media(color_scheme="dark")
        faults[page.url] += [f"dark, {one}" for one in grave(axe, page, DARK)]
        page.set_viewport_size(PHONE)
        wide = page.evaluate("document.documentElement.scrollWidth")
        faults[page.url] += [f"{wide} pixels wide on a phone"] * (wide > PHONE["width"])
    page.close()
    outside = [url for url in asked if not url.startswith((site.as_uri(), "data:", "blob:"))]
    return {url: found for url, found in faults.items() if found} | ({"asked": outside} if outside else {})


@pytest.mark.parametrize("audience", drawn(AUDIENCES, 1))
def test_pages_are_whole_from_its_folder_and_can_be_read_by_everybody(sites, browser, axe, audience):
    assert faults_of(sites[audience], browser, axe) == {}


@pytest.mark.parametrize("audience", AUDIENCES)
def test_no_link_is_broken(sites, audience):
    pages = {path.as_uri(): lxml.html.parse(path).getroot() for path in sites[audience].rglob("*.html")}
    places = {url: {*page.xpath("//@id"), *page.xpath("//a/@name"), ""} for url, page in pages.items()}
    broken = []
    for url, page in pages.items():
        for link in page.xpath("//@href | //@src | //@action"):
            target, place = urldefrag(urljoin(url, link))
            if target.startswith("file:") and target not in places:
                there = sites[audience] in (path := _path(target)).parents and path.is_file()
                broken += [] if there else [(url, link)]
            elif target in places and unquote(place) not in places[target]:
                broken.append((url, link))
    assert broken == []


def test_a_page_of_a_country_or_a_principle_prints_on_two_sheets(sites, browser):
    page = browser.new_page()
    sheets = {}
    for path in (*drawn_pages(sites["team"], "country-*.html"),
                 *drawn_pages(sites["team"], "principle-*.html")):
        page.goto(path.as_uri())
        printed = page.pdf(format="A4", prefer_css_page_size=True)
        sheets[path.stem] = len(re.findall(rb"/Type\s*/Page\b(?!s)", printed))
    page.close()
    assert len(sheets) >= share(30, 2) and {name: n for name, n in sheets.items() if not 1 <= n <= 2} == {}


@pytest.mark.parametrize("audience", AUDIENCES)
def test_no_page_is_heavy(sites, audience):
    sizes = {path.name: path.stat().st_size for path in sites[audience].glob("*.html")}
    assert {name: size for name, size in sizes.items() if size > 150_000} == {}
    assert (sites[audience] / STYLE_FILE).stat().st_size < 25_000


def _path(url):
    return Path(unquote(url.removeprefix("file://").partition("?")[0]))


def found(page, site, words):
    """What a search finds: the first address, and the texts as they are shown."""
    page.goto(f"{site.as_uri()}/index.html")
    page.fill("header input[type=search]", words)
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=*")
    assert page.locator("#search-count").inner_text()
    links = page.locator("#search-results a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    return (links or [""])[0], page.locator("#search-results p[dir=auto]").all_inner_texts()


def test_search_finds_codes_countries_and_parts_of_khmer(sites, browser):
    page, team = browser.new_page(viewport=WIDE), sites["team"]
    assert found(page, team, "Cambodia")[0] == "country-khm.html#cambodia"
    assert any("Practical things first" in text for text in found(page, team, "practical THINGS f")[1])
    khmer = found(page, team, "\u179f\u17c1\u179c\u17b6")[1]
    assert khmer and all("\u179f\u17c1\u179c\u17b6" in text for text in khmer)
    assert page.locator("mark").first.inner_text() == "\u179f\u17c1\u179c\u17b6"
    for missed in ("\u179f\u17c1\u179c", "\u179f\u17b6\u179c\u17b6", "Practical thinks ahead", "<b>",
                   "&amp;"):
        assert found(page, team, missed) == ("", []), missed
    page.close()


def test_search_forgives_one_typing_error_in_a_word_of_four_letters_or_more(sites, browser):
    page, team = browser.new_page(viewport=WIDE), sites["team"]
    for typed in ("Cambodja", "Cambdia", "Camboddia", "Cabmodia", "cambodja"):
        assert found(page, team, typed)[0] == "country-khm.html#cambodia", typed
        assert "similar words" in page.locator("#search-count").inner_text()
    assert found(page, team, "Cambodia")[0] and "similar" not in page.locator("#search-count").inner_text()
    right = "\u1799\u17be\u1784\u17a2\u1784\u17d2\u1782\u17bb\u1799"
    wrong = right.replace("\u17a2", "\u1780")
    assert found(page, team, right) == found(page, team, wrong) != ("", [])
    for typed in ("Cambudja", "Prux"):
        assert found(page, team, typed) == ("", []), typed
    page.close()


def test_search_ranks_pages_above_headings_and_headings_above_rows(sites, browser):
    page, team = browser.new_page(viewport=WIDE), sites["team"]
    assert found(page, team, "needs")[0] == "theme-needs.html#needs"
    links = page.locator("#search-results li p:first-child").all_inner_texts()
    assert len(links) > 3
    page.close()


def test_search_finds_with_and_without_accents_and_all_words_wherever_they_stand(sites, browser):
    page, team = browser.new_page(viewport=WIDE), sites["team"]
    plain, accented = found(page, team, "interprete"), found(page, team, "INT\u00c9RPRETE")
    assert plain == accented != ("", [])
    link, texts = found(page, team, "cambodia shelter")
    assert link.startswith("country-khm.html#") and all("helter" in text for text in texts)
    page.close()


def test_a_text_of_several_pages_is_one_result_and_a_page_with_that_title_comes_first(tmp_path, browser):
    pages = {"list": "# List\n\n## Needs", "theme": "# Needs", "peru": "## Needs"}
    for slug, shown in pages.items():
        path = tmp_path / "notebooks" / f"{slug}.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"cells": [markdown(shown)]}))
    jobs = [PageJob(slug, slug, tmp_path, {}, "") for slug in pages]
    build_site(tmp_path, jobs, title="A study", audience="team", synthetic=True)
    page = browser.new_page()
    found(page, tmp_path / "site", "needs")
    links = page.locator("#search-results a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert links == ["theme.html#needs", "peru.html#needs", "list.html#needs"]
    assert page.locator("#search-results > li").count() == 1
    page.close()


def test_the_public_finds_no_country_and_no_words_that_are_not_for_it(sites, browser):
    page = browser.new_page(viewport=WIDE)
    for words in ("Cambodia", "\u179f\u17c1\u179c\u17b6", "Blue Door"):
        assert found(page, sites["public"], words) == ("", []), words
    assert found(page, sites["public"], "identification")[0] == "theme-identification.html#identification"
    page.close()


@pytest.mark.parametrize(("audience", "start", "place"), [
    ("team", "principle-p03", "passage-"), ("convening", "principle-p03", "words-"),
    ("public", "principle-p12", "words-")])
def test_a_trail_clicks_through_to_the_words_it_rests_on(sites, browser, audience, start, place):
    page = browser.new_page(viewport=WIDE)
    page.goto(f"{sites[audience].as_uri()}/{start}.html")
    trail = page.locator("details.glc-trail", has=page.locator(f"a[href*='#{place}']")).first
    trail.locator("summary").first.click()
    link = trail.locator(f"a[href*='#{place}']").first
    said = link.locator("q").first.inner_text()
    link.locator("span").click()  # not at its quotation mark, which the style sheet adds
    page.wait_for_url(f"**/*.html#{place}*")
    there = page.locator(f"[id='{page.url.partition('#')[2]}']")
    assert there.is_visible() and " ".join(said.split()) in " ".join(there.inner_text().split())
    there.scroll_into_view_if_needed()
    page.close()


def test_without_scripts_every_page_and_its_figures_can_be_read(sites, browser):
    context = browser.new_context(java_script_enabled=False, viewport=WIDE)
    page = context.new_page()
    page.goto(f"{sites['public'].as_uri()}/theme-services.html")
    assert page.locator("article .glc-bar:visible").count() > 2
    assert page.locator("article table:visible").count() > 0
    page.click("nav[aria-label=Pages] summary:has-text('One by one')")
    page.click("nav[aria-label=Pages] a:has-text('A safe place with a key')")
    page.click("details.glc-trail > summary >> nth=0")
    assert page.locator("details[open] li:visible").count() > 0
    page.goto(f"{sites['team'].as_uri()}/new_codes.html")
    assert page.locator("article svg[role=img]:visible").count() > 0
    context.close()


PAGE, LINE = 300_000, {"offline": False, "latency": 300, "downloadThroughput": 400_000 / 8,
                       "uploadThroughput": 400_000 / 8}
"""Bytes of a page beside what all share; a line of 400 kbit/s, as a phone has far from town."""
PAINTED = "performance.getEntriesByName('first-contentful-paint')"
READABLE = 10
"""Seconds until the first words on such a line, nothing kept from before, on a machine that may be busy."""


@pytest.fixture(scope="module")
def ngo_site(ngo_study):
    """The public's site of the survey of 480 organisations."""
    study = Study.find(str(ngo_study))
    assert not update_report_pages(study, audience="public").failures
    return (study.reports / "public" / "current" / "site").resolve()


def test_the_public_site_of_a_real_survey_can_be_read_by_everybody_and_is_made_in_seconds(
        ngo_site, ngo_study, browser, axe, tmp_path, capsys):
    study = Study.find(str(ngo_study))
    shutil.copytree(ngo_site.with_name("notebooks"), tmp_path / "notebooks")
    start = time.perf_counter()
    build_site(tmp_path, plan_pages(study, audience="public"), title=study.title, audience="public",
               synthetic=False)
    took = time.perf_counter() - start
    with capsys.disabled():
        print(f"\nThe public site of the NGO survey: made in {took:.1f} s")
    assert took < 60
    for pattern in ("index.html", "search.html", "downloads.html", "survey.html", "theme-[a-f]*.html"):
        assert faults_of(ngo_site, browser, axe, pattern) == {}


def test_a_page_of_a_real_survey_weighs_little_and_its_words_are_soon_there(ngo_site, browser, capsys):
    weights = {}
    for path in ngo_site.glob("*.html"):
        weights[path.name] = path.stat().st_size
    shared = sum((ngo_site / name).stat().st_size for name in ("style.css", "search.js"))
    heaviest = max(weights, key=weights.get)
    readable = {name: first_words(ngo_site, browser, name) for name in ("index.html", heaviest)}
    with capsys.disabled():
        print(f"\nHeaviest page: {heaviest}, {weights[heaviest] / 1000:.0f} kB; shared by all: "
              f"{shared / 1000:.0f} kB, indexes of the search: "
              f"{sum(path.stat().st_size for path in (ngo_site / 'search').iterdir()) / 1000:.0f} kB")
        print("First words at 400 kbit/s:", ", ".join(f"{n} {s:.1f} s" for n, s in readable.items()))
    assert max(weights.values()) < PAGE
    assert max(readable.values()) < READABLE


def first_words(site, browser, name):
    """Seconds until a page shows its first words on a slow line, over HTTP, in a browser without a cache."""
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *said):
            pass

        def copyfile(self, *files):
            with suppress(ConnectionError):  # the browser goes when it has seen enough
                super().copyfile(*files)

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    context = browser.new_context(viewport=PHONE, bypass_csp=True)  # the test asks by a script of its own
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", LINE)
    try:
        page.goto(f"http://127.0.0.1:{server.server_port}/{name}", wait_until="commit", timeout=120_000)
        page.wait_for_function(f"{PAINTED}.length", timeout=120_000)
        return page.evaluate(f"{PAINTED}[0].startTime") / 1000
    finally:
        context.close()
        server.shutdown()
        server.server_close()
