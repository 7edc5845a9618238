"""Makes the search of a site: an index of each page, and a script that reads the indexes from the site's
folder.

The index of a page holds the texts that the page shows. An index is a file of its own, so that a page that
changes leaves the indexes of other pages as they are. The texts are not divided into words, so that the
search also works in scripts without spaces. ``content/search.js`` decides which texts match.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from urllib.parse import quote

from lxml import etree
from markupsafe import Markup

from glc_analysis.publish.site import HEADINGS, SiteAddition
from glc_analysis.templates import Macros, read_packaged_text

_Text = tuple[str, str, str, bool]
"""A text of a page, as four values: the words, the anchor, the heading, and whether the text is folded, so
that readers must open it to see it."""
_HTML = Macros(__file__, "search.html")
_SCRIPT, _FOLDER = "search.js", "search"
_NOT_IN_INDEX = ("site-facts", "site-cite", "glc-draft")
"""The classes of elements that hold text which is not in the index, such as the text around a translated
page."""


def make_site_search(pages: Mapping[str, etree._Element], *, say: Callable[[str], str] | None = None,
                     read_earlier: Callable[[str, str], str | None] | None = None) -> SiteAddition:
    """Returns the files of the search (the search page, the script and the index of each page) and the search
    form for the head of every page. For pages in another language than English, ``say`` translates the texts
    of the script. ``read_earlier`` returns a file of an earlier site if the page with this slug was taken
    from there, so that the index of the page is not made again."""
    script = read_packaged_text(__file__, _SCRIPT)
    for page in pages.values() if say else ():
        for element in [part for part in page if part.get("class") in _NOT_IN_INDEX]:
            page.remove(element)
    indexes = {}
    for slug, page in pages.items():
        name = f"{_FOLDER}/{slug}.js"
        earlier = read_earlier(slug, name) if read_earlier else None
        indexes[name] = earlier or render_page_index(slug, _read_page(page))
    return SiteAddition("search", "Search", _HTML.page([_SCRIPT, *map(quote, indexes)]),
                        {_SCRIPT: translate_search_script(script, say) if say else script, **indexes},
                        Markup(read_packaged_text(__file__, "search_form.html").rstrip()))


_MOST_KEPT = 1_000
_read: dict[bytes, list[_Text]] = {}
"""The texts of the pages that this process last read, keyed by the bytes of the page."""


def _read_page(page: etree._Element) -> list[_Text]:
    """Returns the texts of a page. The texts are kept in memory, because most pages are unchanged when the
    same process makes the next site."""
    content = etree.tostring(page)
    if content not in _read:
        _read[content] = PageText(page).found
    while len(_read) > _MOST_KEPT:
        del _read[next(iter(_read))]
    return _read[content]


def translate_search_script(script: str, say: Callable[[str], str]) -> str:
    """Returns the script of the search with its texts translated."""
    for english in _said_by(script):
        script = script.replace(f'"{english}"', f'"{say(english)}"')
    return script


def _said_by(script: str) -> Iterator[str]:
    """Yields the texts that a script displays, which are in its object SAY."""
    for line in script.partition("const SAY = {")[2].partition("};")[0].splitlines():
        if '"' in line:
            yield line.partition('"')[2].rpartition('"')[0]


FOLDED_LIMIT = 20_000
"""If the folded texts of a page have more characters than this in total, the folded texts are left out of the
page's index."""
_BLOCKS = frozenset(HEADINGS) | frozenset(re.findall(r"\w+", """
    article blockquote caption dd details div dl dt figcaption figure img li ol p pre section summary svg
    table tbody thead tr ul"""))
"""The elements that separate one text from the next. The cells of a table row are kept together as one
text."""
_CELL = "\0"
"""The character that ends a table cell while the texts of a page are read."""
_NO_TEXT = frozenset({"script", "style", "template"})


def render_page_index(slug: str, page_texts: Sequence[_Text]) -> str:
    """Returns the index of a page as a script: the slug, the title, and the sections of the page. A section
    has its anchor, its heading, and each of its texts once, in the order of the page.

    >>> print(render_page_index("peru", [("Peru", "top", "Peru", False), ("1 of 4", "top", "Peru", False)]))
    addPageIndex(["peru","Peru",[["top","Peru",["Peru","1 of 4"]]]])
    <BLANKLINE>
    """
    if sum(len(text) for text, _, _, is_folded in page_texts if is_folded) > FOLDED_LIMIT:
        page_texts = [text for text in page_texts if not text[3]]
    title = next((text for text, _, _, _ in page_texts), slug)
    sections = [[anchor, heading, [*dict.fromkeys(text for text, _, _, _ in texts)]]
                for (anchor, heading), texts in groupby(page_texts, key=lambda text: text[1:3])]
    content = json.dumps([slug, title, sections], ensure_ascii=False, separators=(",", ":"))
    return f"addPageIndex({content})\n"


class PageText:
    """Collects the texts of a page in order, each with its anchor, its heading and whether it is folded.
    Program code is left out."""

    def __init__(self, page: etree._Element) -> None:
        self.found: list[_Text] = []
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
                    self._parts.append(_CELL)
                elif child.tag == "br" or child.get("class") == "glc-id":
                    self._parts.append(" ")
                self._parts.append(child.tail or "")
        if name in _BLOCKS:
            self._end_text(is_heading=name in HEADINGS)

    def _end_text(self, is_heading: bool = False) -> None:
        written = "".join(self._parts)
        self._parts.clear()
        cells = () if written.isspace() or not written else written.split(_CELL)
        if text := " · ".join(filter(None, (" ".join(cell.split()) for cell in cells))):
            self._heading = text if is_heading else self._heading
            self.found.append((text, self._anchor, self._heading, self._folds > 0))
