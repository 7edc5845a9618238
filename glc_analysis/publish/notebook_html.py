"""Turns an executed notebook into the text of a page.

In goes a notebook as ``json`` reads it; out comes one element ``article``. Code is folded, or left out for
readers outside the team. Every table scrolls by itself. A heading under which nothing was shown is left out
with its explanation.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape, unescape
from typing import Any

import lxml.html
from lxml import etree
from markdown_it import MarkdownIt

from glc_analysis.run.execute import NOTICE
from glc_analysis.tables_html import tag
from glc_analysis.text import slug as slug_of

HEADINGS = tuple(f"h{n}" for n in range(1, 7))


def article(notebook: Mapping[str, Any], *, has_code: bool = False,
            slugs: Collection[str] | None = None) -> etree._Element:
    """The text of a page.

    If it ``has_code``, the code of each cell is one click away. A link to a page that is not among the
    ``slugs`` of the site becomes plain text: the first run may have made only some pages.

    >>> cell = {"cell_type": "markdown", "metadata": {}, "source": "# Peru and its *neighbours*"}
    >>> lxml.html.tostring(article({"cells": [cell]}), encoding="unicode")
    '<article><h1 id="peru-and-its-neighbours">Peru and its <em>neighbours</em></h1>\\n</article>'
    """
    parts = _without_empty_sections([part for cell in notebook["cells"] for part in _parts(cell, has_code)])
    page = lxml.html.fragment_fromstring("".join(_with_code(parts)), create_parent="article")
    for style in page.xpath(".//style[@scoped]"):  # of pandas
        style.drop_tree()
    for link in page.xpath(".//a[@href]") if slugs is not None else ():
        target = re.fullmatch(r"([\w.-]+)\.html(?:#.*)?", link.get("href"))
        if target and target[1] not in slugs:
            link.drop_tag()
    _name_headings(page)
    _finish_tables(page)
    _name_frames(page)
    return page


def outline(page: etree._Element) -> list[tuple[str, str]]:
    """The main headings of a page: id and text."""
    return [(heading.get("id"), text_of(heading)) for heading in page.iter("h2")]


def text_of(element: etree._Element) -> str:
    """The words of an element in one line."""
    return " ".join(element.text_content().split())


# ------------------------------
# Cells


@dataclass(frozen=True)
class _Part:
    """A piece of a page: a block of text, or what a cell of code shows. ``level`` is that of a heading, or of
    the one with which a cell's result begins, else 0; ``code`` is what the page lets its readers see of the
    code."""

    html: str
    level: int = 0
    is_code: bool = False
    is_blank: bool = False
    code: str = ""


def _parts(cell: Mapping[str, Any], has_code: bool) -> Iterator[_Part]:
    tags, source = cell["metadata"].get("tags", []), "".join(cell["source"])
    # papermill adds a cell with the values for this page, which is shown instead of the parameters.
    if "remove-cell" in tags or "parameters" in tags:
        return
    if NOTICE in tags:
        yield _Part(tag("p", escape(source.strip("> *")), class_="glc-warning"))
    elif cell["cell_type"] == "markdown":
        yield from _blocks(source)
    elif cell["cell_type"] == "code":
        shown = "".join(map(_output, cell["outputs"]))
        is_blank, heading = _is_blank(shown), _STARTS_WITH_HEADING.match(shown)
        level = int(heading[1]) if heading and not is_blank else 0
        yield _Part(shown, level, is_code=True, is_blank=is_blank, code=source if has_code else "")


def _with_code(parts: Sequence[_Part]) -> Iterator[str]:
    """The pieces of a page, the code of each section folded at its end. The code of cells before the first
    result belongs to it; what stands after the last result is left out.

    >>> parts = [_Part("", is_code=True, is_blank=True, code="n = 1"), _Part("one", is_code=True, code="n"),
    ...          _Part("two", is_code=True, code="m"), _Part("<h2>Next</h2>", 2)]
    >>> print("".join(_with_code(parts)).replace("<h2>", "\\n<h2>"))
    onetwo<details class="glc-code"><summary>Code</summary><pre><code>n = 1
    <BLANKLINE>
    n
    <BLANKLINE>
    m</code></pre></details>
    <h2>Next</h2>
    """
    waiting, shown = [], []
    for part in [*parts, _Part("", 1)]:
        if part.level and shown:
            code = tag("pre", tag("code", escape("\n\n".join(shown))))
            yield tag("details", tag("summary", "Code"), code, class_="glc-code")
            shown = []
        yield part.html
        waiting += [part.code] if part.code.strip() else []
        if part.is_code and not part.is_blank:
            shown, waiting = [*shown, *waiting], []


def _blocks(source: str) -> Iterator[_Part]:
    """The blocks of a text in Markdown, in which HTML is text."""
    markdown = _markdown()
    tokens, start = markdown.parse(source), 0
    for end, token in enumerate(tokens, start=1):
        if token.level == 0 and token.nesting <= 0:
            html = markdown.renderer.render(tokens[start:end], markdown.options, {})
            yield _Part(html, int(token.tag[1]) if token.type == "heading_close" else 0)
            start = end


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _without_empty_sections(parts: Sequence[_Part]) -> list[_Part]:
    """The parts without sections that have cells of code, of which none shows anything. A cell whose result
    begins with a heading begins a section.

    >>> kept = _without_empty_sections([
    ...     _Part("A", 2), _Part("why"), _Part("", is_code=True, is_blank=True), _Part("B", 2), _Part("text"),
    ...     _Part("C", 2), _Part("D", 3), _Part("", is_code=True, is_blank=True), _Part("3", is_code=True),
    ...     _Part("E", 2), _Part("", is_code=True, is_blank=True), _Part("<h2>F</h2>5", 2, is_code=True)])
    >>> [part.html for part in kept]
    ['B', 'text', 'C', 'D', '', '3', '<h2>F</h2>5']
    """
    empty: set[int] = set()
    for start, part in enumerate(parts):
        if part.level > 1:
            end = next((n for n in range(start + 1, len(parts)) if 0 < parts[n].level <= part.level),
                       len(parts))
            cells = [one for one in parts[start:end] if one.is_code]
            if cells and all(one.is_blank for one in cells):
                empty.update(range(start, end))
    return [part for n, part in enumerate(parts) if n not in empty]


_STARTS_WITH_HEADING = re.compile(r"\s*<h([1-6])\b")
_SHOWN_WITHOUT_TEXT = re.compile(r"<(?:img|svg|table|video|audio|canvas|iframe)\b")
_NOT_TEXT = re.compile(r"<style\b.*?</style>|<!--.*?-->|<h[1-6]\b.*?</h[1-6]>|<[^>]*>|&nbsp;", re.DOTALL)
_STYLE_ALONE = re.compile(r"<style>[^<]*</style>")
"""The style sheet of a single page; the site has it once for all pages."""
_OBJECT = re.compile(r"<[A-Za-z_][\w.]*[ :(].*>|<[A-Za-z_][\w.]*>", re.DOTALL)
"""How Python prints an object that has no words of its own, such as the axes of a figure."""


_FORMS = ("text/html", "text/markdown", "image/svg+xml", "image/png", "text/plain")


def _is_blank(html: str) -> bool:
    """Whether nothing can be read: neither text nor a picture; a heading alone says nothing.

    >>> _is_blank("<h3>Needs</h3>\\n<p> </p>"), _is_blank("<p>1 of 4</p>")
    (True, False)
    """
    return not _SHOWN_WITHOUT_TEXT.search(html) and not _NOT_TEXT.sub("", html).strip()


def _output(output: Mapping[str, Any]) -> str:
    """An output of a cell as HTML, in the best of its forms."""
    if output["output_type"] == "stream":
        return _plain("".join(output["text"]))
    data = {kind: "".join(text) for kind, text in output.get("data", {}).items() if kind in _FORMS}
    if "text/html" in data:
        return "" if _STYLE_ALONE.fullmatch(data["text/html"]) else data["text/html"]
    if "text/markdown" in data:
        return _markdown().render(data["text/markdown"])
    if "image/svg+xml" in data:
        content = b64encode(data["image/svg+xml"].encode()).decode()
        return _picture("image/svg+xml", content, data["image/svg+xml"])
    if "image/png" in data:
        return _picture("image/png", data["image/png"].strip())
    text = data.get("text/plain", "")
    return "" if _OBJECT.fullmatch(text) else _plain(text)


_DESCRIPTION = re.compile(r"<(?:desc|title|dc:description)\b[^>]*>([^<]*[^<\s][^<]*)<")


def _picture(kind: str, content: str, said: str = "") -> str:
    """A picture that is no figure of this package, which would be HTML; with what an SVG says of itself."""
    described = _DESCRIPTION.search(said)
    alt = described[1] if described else "Picture without a description"
    return f'<img src="data:{kind};base64,{content}" alt="{escape(unescape(alt))}">'


def _plain(text: str) -> str:
    return tag("pre", escape(text), class_="glc-printed") if text.strip() else ""


# ------------------------------
# Headings and tables


def _name_headings(page: etree._Element) -> None:
    """Gives every heading without an id one of its words, for links and the list of contents."""
    taken = set(page.xpath(".//@id"))
    for heading in page.iter(*HEADINGS):
        if not heading.get("id"):
            wanted = name = slug_of(text_of(heading)).replace("_", "-").replace(".", "-")
            count = 1
            while name in taken:
                count += 1
                name = f"{wanted}-{count}"
            heading.set("id", name)
            taken.add(name)


_NUMBER = re.compile(r"[-+\N{MINUS SIGN}]?[\d.,\N{NARROW NO-BREAK SPACE}]+ ?%?|NaN|<NA>|")


def _finish_tables(page: etree._Element) -> None:
    """Gives every table the look of the site and a frame in which it scrolls by itself."""
    for table in [*page.iter("table")]:
        if "glc" not in _classes(table):
            _style_table(table)
        if not any("glc-scroll" in _classes(above) for above in table.iterancestors("div")):
            frame = etree.Element("div", {"class": "glc-scroll"})
            frame.tail, table.tail = table.tail, None
            table.addprevious(frame)
            frame.append(table)


_WIDE = ".//table | .//svg[contains(@style, 'min-width')]"


def _name_frames(page: etree._Element) -> None:
    """Lets the keyboard scroll what is wider than a page, under a name of its own."""
    heading, given = "Table", Counter()
    for element in page.iter("div", *HEADINGS):
        if element.tag in HEADINGS:
            heading = text_of(element)
        elif "glc-scroll" in _classes(element) and element.xpath(_WIDE):
            titles = element.xpath(".//caption | ../figcaption/*[contains(@class, 'glc-title')]")
            label = text_of(titles[0]) if titles else heading
            given[label] += 1
            number = f" ({given[label]})" if given[label] > 1 else ""
            asked = {"tabindex": "0", "role": "region", "aria-label": label + number}
            element.attrib.update(asked | dict(element.attrib))


def _classes(element: etree._Element) -> list[str]:
    return element.get("class", "").split()


def _style_table(table: etree._Element) -> None:
    """A table that pandas or Markdown has made, as one of ours: columns of numbers to the right."""
    table.set("class", " ".join([*_classes(table), "glc"]))
    table.attrib.pop("border", None)
    rows = [[cell for cell in row if cell.tag in ("th", "td")] for row in table.iter("tr")]
    for row in table.iter("tr"):
        row.attrib.pop("style", None)
    if len({*map(len, rows)}) != 1:
        return
    body = [row for row in rows if any(cell.tag == "td" for cell in row)]
    for n in range(len(rows[0])) if body else ():
        if all(row[n].tag == "td" and _NUMBER.fullmatch(text_of(row[n])) for row in body):
            for row in rows:
                row[n].set("class", " ".join([*_classes(row[n]), "number"]))
