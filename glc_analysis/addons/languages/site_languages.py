"""Writes the pages of a site in the other languages of its study, each language in a folder beside the
English pages.

Readers who may not read drafts get only the languages whose phrases native readers have checked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from urllib.parse import unquote

import lxml.html
from lxml import etree
from markupsafe import Markup

from glc_analysis.addon import load_declared_objects
from glc_analysis.addons.languages.phrases import (
    ENGLISH,
    LANGUAGE_NAMES,
    Phrasebook,
    list_phrase_languages,
)
from glc_analysis.disclosure.rules import has_capability
from glc_analysis.publish.site import SiteAddition, write_files, write_site_text_reproducibly
from glc_analysis.study import Study
from glc_analysis.templates import load_template
from glc_analysis.text import language_name

_LINKS = (("a", "href"), ("link", "href"), ("img", "src"), ("image", "href"), ("script", "src"),
          ("form", "action"))


class SiteLanguages:
    """The languages in which the pages of a site are written, with the phrases of each language."""

    def __init__(self, books: Sequence[Phrasebook]) -> None:
        self._books = books

    def render_all_language_links(self, slug: str, language: str = ENGLISH) -> Markup:
        """Returns the links from a page to the same page in each language; the page's own language comes
        first."""
        links = list_all_language_links(self._books, language)
        return Markup(load_template(__file__, "switch.html").render(slug=slug, languages=links) if links
                      else "")

    def write_translated_pages(self, site: Path, slugs: Collection[str], render: Callable[[str, Markup], str],
                               additions: Collection[SiteAddition]) -> None:
        """Writes the pages of a site in each language, together with the additions that add-ons make to
        pages. The foot of a printed page stays in English."""
        for book in self._books:
            folder = site / book.language
            folder.mkdir(exist_ok=True)
            added = {addition.slug for addition in additions}
            articles, own = {}, {*slugs, *(name for addition in additions for name in addition.files)}
            for slug in slugs:
                links = self.render_all_language_links(slug, book.language)
                made = translate_page(render(slug, links), book, own)
                html = lxml.html.tostring(made, encoding="unicode")
                write_site_text_reproducibly(folder / f"{slug}.html", f"<!DOCTYPE html>\n{html}\n")
                if slug not in added:
                    articles[slug] = next(made.iter("main"))
            for make_addition in load_declared_objects("site_addition"):
                write_files(folder, make_addition(articles, say=book.translate_text))


def read_site_languages(study: Study, audience: str) -> SiteLanguages:
    """Returns the languages in which an audience gets the pages of a study."""
    return SiteLanguages(read_site_phrasebooks(study, audience))


def read_site_phrasebooks(study: Study, audience: str) -> list[Phrasebook]:
    """Returns the phrases of each language in which an audience gets the pages of a study, in the study's
    order of languages."""
    languages = [language for language in study.settings["study"]["languages"]
                 if language not in list_refused_languages(study, audience)]
    return [Phrasebook.read(study, audience, language) for language in languages]


def list_refused_languages(study: Study, audience: str) -> list[str]:
    """Returns the languages of a study in which an audience gets no pages, because these pages would be
    drafts."""
    wanted = study.settings["study"]["languages"]
    if not wanted or has_capability(audience, "draft_principles"):
        return []
    return [language for language in wanted if language not in list_phrase_languages(only_checked=True)]


def describe_refused_languages(study: Study, audience: str) -> str:
    """Returns a note that names the study's languages in which an audience gets no pages, with the reason;
    blank if the audience gets pages in all languages."""
    names = ", ".join(map(language_name, list_refused_languages(study, audience)))
    return names and (f"No pages in {names} for this audience: no native reader has checked the phrases "
                      "(row native_reader of the tables of phrases).")


def list_all_language_links(books: Sequence[Phrasebook],
                            page_language: str = ENGLISH) -> list[tuple[str, str, str]]:
    """Returns, for each language, its code, its name in that language, and the folder of its pages, such as
    ``"es/"``. The page's own language comes first; the other languages follow in the study's order."""
    codes = [page_language, *(code for code in (ENGLISH, *(book.language for book in books))
                              if code != page_language)]
    up = "" if page_language == ENGLISH else "../"
    return [(code, LANGUAGE_NAMES[code],
             "" if code == page_language else up if code == ENGLISH else f"{up}{code}/")
            for code in codes] if books else []


def translate_page(html: str, book: Phrasebook, slugs: Collection[str]) -> etree._Element:
    """Translates a finished English page for the folder of another language.

    ``slugs`` are the pages in the folder of the language; all other linked files are in the folder above. The
    English page must already have the links to the other languages.

    >>> html = '<html lang="en"><body><a href="peru.html">Peru</a><img src="a.png"></body></html>'
    >>> page = translate_page(html, Phrasebook("es"), {"peru"})
    >>> print(etree.tostring(page, encoding="unicode", method="html"))
    <html lang="es" dir="ltr"><body><a href="peru.html">Perú</a><img src="../a.png"></body></html>
    """
    page = book.translate_page(html, note_parent_tag="main")
    for tag, name in _LINKS:
        for element in page.iter(tag):
            if (place := element.get(name)) and _lies_above(place, slugs):
                element.set(name, f"../{place}")
    return page


def _lies_above(place: str, slugs: Collection[str]) -> bool:
    page = unquote(place.partition("#")[0]).removesuffix(".html")
    return not (place.startswith(("#", "data:", "../")) or ":" in place.partition("/")[0] or page in slugs)
