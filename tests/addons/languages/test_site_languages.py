"""A site in several languages: one switch on each page, each language whole in its folder, no draft for the
public."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import lxml.html
import pytest

from glc_analysis.addons.languages import phrases
from glc_analysis.addons.languages.phrases import Phrasebook
from glc_analysis.addons.languages.site_languages import (
    SiteLanguages,
    describe_refused_languages,
    list_all_language_links,
    list_refused_languages,
    translate_page,
)
from glc_analysis.publish import site
from glc_analysis.run.plan import PageJob


@pytest.fixture
def made(tmp_path):
    """A site of two pages in English, Spanish and Arabic."""
    (tmp_path / "notebooks").mkdir()
    pages = [PageJob("index", "Overview", Path("01.ipynb"), {}, ""),
             PageJob("country-khm", "Cambodia", Path("02.ipynb"), {}, "", "Countries", "Asia")]
    for page in pages:
        cells = [{"cell_type": "markdown", "metadata": {}, "source": f"# {page.title}\n\n## Who answered\n\n"
                  "Data up to 2017-06-30. [All answers](country-khm.html#here), [a table](downloads/a.csv)"}]
        (tmp_path / "notebooks" / f"{page.slug}.ipynb").write_text(json.dumps({"cells": cells}))
    site.build_site(tmp_path, pages, title="A study", audience="convening", synthetic=False,
                    languages=[SiteLanguages([Phrasebook("es"), Phrasebook("ar")])])
    return tmp_path / "site"


def links(path):
    nav = lxml.html.fromstring(path.read_text("utf-8")).xpath("//nav[@class='site-languages']")
    return [(a.get("href"), a.get("lang"), a.get("aria-current")) for a in nav[0].iter("a")]


def test_each_page_has_one_switch_with_its_own_language_first(made):
    assert links(made / "country-khm.html") == [
        ("country-khm.html", "en", "true"), ("es/country-khm.html", "es", None),
        ("ar/country-khm.html", "ar", None)]
    assert links(made / "ar" / "index.html") == [
        ("index.html", "ar", "true"), ("../index.html", "en", None), ("../es/index.html", "es", None)]
    pages = {path.relative_to(made).as_posix() for path in made.rglob("*.html")}
    for page in pages:
        for place, *_ in links(made / page):
            assert (made / page).parent.joinpath(place).resolve().relative_to(made).as_posix() in pages


def test_every_link_of_a_page_in_another_language_leads_somewhere(made):
    page = lxml.html.fromstring((made / "es" / "index.html").read_text("utf-8"))
    places = {*page.xpath("//main//@href"), *page.xpath("//link/@href")}
    assert places == {"country-khm.html#here", "../downloads/a.csv", "../style.css"}


def test_a_page_is_whole_in_its_language_and_direction_and_says_that_it_is_a_draft(made):
    page = (made / "ar" / "country-khm.html").read_text("utf-8")
    assert page.startswith('<!DOCTYPE html>\n<html lang="ar" dir="rtl">')
    assert "كمبوديا" in page and "من أجاب" in page and "البيانات حتى \u20682017-06-30\u2069" in page
    assert "مسودة: لم يراجع أي قارئ" in page and "[الإنجليزية]" in page  # of the link that nobody translated
    assert "script-src 'none'" in page


def test_a_study_in_one_language_has_no_switch_and_no_folder(tmp_path):
    (tmp_path / "notebooks").mkdir()
    site.build_site(tmp_path, [], title="A study", audience="team", synthetic=False,
                    languages=[SiteLanguages([])])
    assert list_all_language_links([]) == []
    assert not [path for path in (tmp_path / "site").iterdir() if path.is_dir()]
    assert "site-languages" not in (tmp_path / "site" / "index.html").read_text("utf-8")


def study_in(*languages):
    return SimpleNamespace(settings={"study": {"languages": [*languages]}})


def test_nobody_but_team_and_convening_gets_pages_that_no_native_reader_has_checked():
    study = study_in("es", "ar")
    assert list_refused_languages(study, "public") == ["es", "ar"]
    assert list_refused_languages(study, "convening") == list_refused_languages(study, "team") == []
    assert describe_refused_languages(study, "public").startswith(
        "No pages in Spanish, Arabic for this audience")
    assert describe_refused_languages(study_in(), "public") == ""


def test_a_language_that_native_readers_checked_is_public(monkeypatch):
    tables = (*phrases._tables(), phrases._tables()[0])  # of which there is one without add-ons
    monkeypatch.setattr(phrases, "_tables", lambda: tuple(
        [{**table[0], "es": "yes"}, *table[1:]] for table in tables))
    assert list_refused_languages(study_in("es", "ar"), "public") == ["ar"]
    page = translate_page("<html><body><main><p>Search</p></main></body></html>", Phrasebook("es"), {})
    assert "Borrador" not in lxml.html.tostring(page, encoding="unicode")
    # One table that is not checked is enough: a page has phrases of several.
    monkeypatch.setattr(phrases, "_tables", lambda: (
        [{**tables[0][0], "es": "yes"}, *tables[0][1:]], *tables[1:]))
    assert list_refused_languages(study_in("es"), "public") == ["es"]


def test_translating_a_page_neither_loses_nor_adds_a_number():
    html = ("<html><body><main><p>12 of 30 organisations chose “Shelter”</p><p>at most 6 of 28, on text 2</p>"
            "<table><tr><td>7 or more of 10 high, at most 2 low</td></tr></table></main></body></html>")
    for language in ("es", "ar", "km", "fr"):
        page = translate_page(html, Phrasebook(language), ())
        assert sorted(re.findall(r"\d+", page.text_content())) == sorted(re.findall(r"\d+", html)), language
