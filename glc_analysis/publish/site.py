"""Makes the site of a run: executed notebooks become pages that open from their folder, without a network.

Every page is made anew, in this process: all of them take less than a second. The search index holds only
text that is printed on a page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

import lxml.html
from lxml import etree

from glc_analysis.disclosure.audiences import may
from glc_analysis.publish.notebook_html import HEADINGS, article, outline
from glc_analysis.run.plan import PageJob
from glc_analysis.study import Study
from glc_analysis.tables_html import style_sheet, tag
from glc_analysis.templates import read_text, template

MARKS = {"team": "Internal: team only", "convening": "For the convening only", "public": ""}
INVENTED = "Invented sample data: no organisation, person or answer on these pages is real."
STYLE, SCRIPT, INDEX = "style.css", "search.js", "search-index.js"


def build_site(run_dir: Path, pages: Sequence[PageJob], *, title: str, audience: str, synthetic: bool,
               failures: Collection[str] = (), facts: str = "", print_folded: bool = False) -> None:
    """Makes ``run_dir/site`` from ``run_dir/notebooks``. The same notebooks give the same bytes.

    ``failures`` are the slugs of pages that are out of date, which the navigation marks. ``facts`` are
    printed on every page. With ``print_folded``, what is folded on the screen is printed in full.
    """
    site = run_dir / "site"
    site.mkdir(exist_ok=True)
    mark = MARKS[audience]
    frame = {
        "title": title, "facts": facts, "print_folded": print_folded, "style": "",
        "banner": " ".join([INVENTED] * synthetic + [f"{mark}."] * bool(mark)),
        "navigation": [(group, [(page.slug, page.title, page.slug in failures) for page in listed])
                       for group, listed in groupby(pages, key=lambda page: page.group)]}
    slugs, articles = {page.slug for page in pages}, {}
    for page in pages:
        notebook = json.loads((run_dir / "notebooks" / f"{page.slug}.ipynb").read_text(encoding="utf-8"))
        articles[page.slug] = article(notebook, has_code=may(audience, "code"), slugs=slugs)
        _write(site / f"{page.slug}.html", _page(articles[page.slug], page.title, page.slug, frame))
    if "index" not in slugs:
        start = lxml.html.fragment_fromstring(tag("h1", escape(title)), create_parent="article")
        _write(site / "index.html", _page(start, title, "index", frame))
    search = lxml.html.fragment_fromstring(read_text(__file__, "search.html"), create_parent="article")
    _write(site / "search.html", _page(search, "Search", "search", frame))
    running = " · ".join([mark] * bool(mark) + ["Invented sample data"] * synthetic + [title])
    _write(site / STYLE, f"{_style()}{_running_foot(running)}\n")
    _write(site / SCRIPT, read_text(__file__, SCRIPT))
    _write(site / INDEX, _index(articles))


def write_standalone(notebook: Path, study: Study, *, title: str) -> Path:
    """Writes an executed notebook as an HTML file next to it: one file, without code, script or network."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    mark = " ".join([INVENTED] * study.is_synthetic + [f"For {title} alone. {study.title}"])
    frame = {"title": study.title, "facts": "", "print_folded": False, "banner": mark, "navigation": [],
             "style": _style()}
    path = notebook.with_suffix(".html")
    _write(path, _page(article(content, slugs=()), title, "", frame))
    return path


def _page(text: etree._Element, title: str, slug: str, frame: Mapping[str, Any]) -> str:
    content = etree.tostring(text, encoding="unicode", method="html")
    return template(__file__, "page.html").render(
        frame, page_title=title, slug=slug, content=content, outline=outline(text))


def _style() -> str:
    return style_sheet() + read_text(__file__, "site.css")


def _running_foot(text: str) -> str:
    """The rule that prints, at the foot of every sheet of paper, whose it is: the banner is on the first one
    alone.

    >>> print(_running_foot('The "five" <questions>'))
    @media print { @page { @bottom-left { content: "The \\22 five\\22  \\3c questions>"; } } }
    """
    content = re.sub(r'["\\<\n]', lambda found: f"\\{ord(found[0]):x} ", text)
    return f'@media print {{ @page {{ @bottom-left {{ content: "{content}"; }} }} }}'


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


# ------------------------------
# The search index: the text of all pages, which a script reads from the folder.
#
# Text is not split into words, so that the search works in scripts without spaces. ``content/search.js``
# decides what matches.


FOLDED_LIMIT = 20_000
"""Characters of folded text on a page up to which they are in the index."""
_BLOCKS = frozenset(HEADINGS) | frozenset(re.findall(r"\w+", """
    article blockquote caption dd details div dl dt figcaption figure img li ol p pre section summary svg
    table tbody thead tr ul"""))
"""Elements that separate one text from the next; the cells of a row stay together."""
CELL = "\0"
"""Ends a cell of a table while the texts of a page are read."""
_NO_TEXT = frozenset({"script", "style", "template"})


def _index(articles: Mapping[str, etree._Element]) -> str:
    """The index of a site's pages, in their order, as a script.

    It holds each text once, with the places where it is printed: page, anchor and heading. The page whose
    title it is comes first.
    """
    titles, places, texts = [], [], {}
    for n, (slug, page) in enumerate(articles.items()):
        found = _PageText(page).found
        if sum(len(text) for text, _, _, is_folded in found if is_folded) > FOLDED_LIMIT:
            found = [one for one in found if not one[3]]
        title = next((text for text, _, _, _ in found), slug)
        titles.append([slug, title])
        for text, anchor, heading, _ in found:
            place = [n, anchor, heading]
            if not places or places[-1] != place:
                places.append(place)
            at, here = texts.setdefault(text, []), len(places) - 1
            if here not in at:
                at.insert(0 if text == title else len(at), here)
    content = {"pages": titles, "places": places, "texts": [*texts], "at": [*texts.values()]}
    return f"glcIndex({json.dumps(content, ensure_ascii=False, separators=(',', ':'))})\n"


class _PageText:
    """The texts of a page in order, without code: each with its anchor, its heading and whether it is
    folded."""

    def __init__(self, page: etree._Element) -> None:
        self.found: list[tuple[str, str, str, bool]] = []
        self._parts: list[str] = []
        self._anchor = self._heading = ""
        self._folds = 0
        self._read(page)

    def _read(self, element: etree._Element) -> None:
        name = element.tag
        if name in _NO_TEXT or not isinstance(name, str) or element.get("class") == "glc-code":
            return
        if name in _BLOCKS:
            self._end_text()
        if name in HEADINGS:
            self._anchor = element.get("id", self._anchor)
        if name in ("svg", "img"):
            said = element.get("aria-label") or element.get("alt") or element.findtext("desc")
            self._parts.append(said or "")
        else:
            self._parts.append(element.text or "")
            for child in element:
                is_folded = name == "details" and child.tag != "summary"
                self._folds += is_folded
                self._read(child)
                self._folds -= is_folded
                if child.tag in ("td", "th"):  # numbers of a row with blanks alone look like a phone number
                    self._parts.append(CELL)
                elif child.tag == "br" or child.get("class") == "glc-id":
                    self._parts.append(" ")
                self._parts.append(child.tail or "")
        if name in _BLOCKS:
            self._end_text(is_heading=name in HEADINGS)

    def _end_text(self, is_heading: bool = False) -> None:
        cells = "".join(self._parts).split(CELL)
        text = " · ".join(filter(None, (" ".join(cell.split()) for cell in cells)))
        self._parts.clear()
        if text:
            self._heading = text if is_heading else self._heading
            self.found.append((text, self._anchor, self._heading, self._folds > 0))
