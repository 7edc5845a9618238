"""Search over the pages of a site: an index of what they print, which a script reads from the folder.

Nothing is cut into words, so that scripts without spaces are found like any other; what matches is
for ``site_theme/search.js`` to say. The index holds what the pages print, and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import lxml.html
from lxml import etree

INDEX = "search-index.js"
_HEADINGS = frozenset(f"h{n}" for n in range(1, 7))
_BLOCKS = _HEADINGS | frozenset(re.findall(r"\w+", """
    article blockquote caption dd details div dl dt figcaption figure img li ol p pre section summary table
    tbody thead tr ul"""))
"""Elements that part one text from the next; cells of a row stay together."""


def write_index(site: Path, slugs: Sequence[str]) -> Path:
    """Writes the index of a site's pages, in their order, and returns its path.

    Each text stands in it once, with the places that print it: page, anchor and heading; a title's own
    page comes first.
    """
    titles, places, texts = [], [], {}
    for n, slug in enumerate(slugs):
        page = lxml.html.document_fromstring((site / f"{slug}.html").read_bytes())
        found = [*_texts(page.find_class("bd-article")[0])]
        titles.append([slug, found[0][0] if found else slug])
        for text, anchor, heading in found:
            place = [n, anchor, heading]
            if not places or places[-1] != place:
                places.append(place)
            at, here = texts.setdefault(text, []), len(places) - 1
            if here not in at:
                at.insert(0 if text == titles[n][1] else len(at), here)
    content = {"pages": titles, "places": places, "texts": [*texts], "at": [*texts.values()]}
    path = site / INDEX
    path.write_text(f"glcIndex({json.dumps(content, ensure_ascii=False, separators=(',', ':'))})\n",
                    encoding="utf-8", newline="\n")
    return path


def _texts(article: etree._Element) -> Iterator[tuple[str, str, str]]:
    """The texts of a page in order, each with the anchor and heading it stands under; no code."""
    parts: list[str] = []
    anchor = heading = ""
    walk = etree.iterwalk(article, events=("start", "end"))
    for event, element in walk:
        is_block = element.tag in _BLOCKS
        if is_block and (text := " ".join("".join(parts).split())):
            heading = text if event == "end" and element.tag in _HEADINGS else heading
            yield text, anchor, heading
        parts = [] if is_block else parts
        if event == "start":
            if _is_hidden(element):
                walk.skip_subtree()
                continue
            if element.tag == "section" or element.tag in _HEADINGS:
                anchor = element.get("id", anchor)
            parts.append(element.get("alt") or "" if element.tag == "img" else element.text or "")
        elif element is not article:
            is_apart = element.tag in ("td", "th", "br") or element.get("class") == "glc-id"
            parts.append(" " * is_apart + (element.tail or ""))


def _is_hidden(element: etree._Element) -> bool:
    """Whether it is no words of the page: code, drawings, the sign beside a heading."""
    kinds = element.get("class", "").split()
    return (not isinstance(element.tag, str) or element.tag in ("script", "style", "svg", "template")
            or "hide" in kinds or "headerlink" in kinds)
