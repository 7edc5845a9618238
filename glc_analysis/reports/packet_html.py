"""Pieces of pages as pandoc is to read them, for a PDF, for Word or as plain text.

What paper cannot do goes: links, what is one click away, styles. What it needs is added: the
direction of words, styles that pandoc keeps, headings that are not parted from what they head.
"""

from __future__ import annotations

import re
import unicodedata

import lxml.html
from lxml import etree

from glc_analysis.reports.packet_tables import BAR, Kind, laid_out, listed

_END = "\u200f"
"""A mark after words from right to left, without which their last full stop goes astray."""
_STYLES = {"blockquote": "Quotation", "figcaption": "Source"}
_LOOKS = {"Note": {"text:size": "9pt"}, "Lead": {}, "Source": {"text:size": "9pt", "above": "0pt"},
          "Quotation": {}}
"""How a PDF shows the blocks that have a style of their own."""
_LANGUAGES = {"ARABIC": "ar", "HEBREW": "he", "SYRIAC": "syr", "THAANA": "dv"}


def prepared(html: str, kind: Kind) -> str:
    """Ready HTML of a page's blocks for pandoc's way to a PDF, to Word or to plain text.

    >>> prepared('<p><a href="x.html">See</a> <span dir="auto">it</span><details>more</details></p>', "word")
    '<div><p>See <span>it</span></p></div>'
    """
    root = lxml.html.fragment_fromstring(html, create_parent="div")
    etree.strip_elements(root, "details", "style", "script", with_tail=False)
    etree.strip_tags(root, "section", "figure")
    for link in [one for one in root.iter("a") if not one.get("href", "").startswith("#")]:
        link.drop_tag()
    for part in root.iter("br", "div", "p") if kind == "text" else ():
        _parted(part)
    for element in list(root.iter(etree.Element)):
        _turned(element, kind)
    for table in list(root.iter("table")):
        listed(table) if kind == "text" else laid_out(table, kind)
    return lxml.html.tostring(root, encoding="unicode")


def _parted(part: lxml.html.HtmlElement) -> None:
    """In plain text a cell is one line, in which a semicolon stands for a new one."""
    if part.tag == "br":
        part.tail = f"; {part.tail or ''}"
    elif part.getparent() is not None and part.getparent().tag in ("td", "th") and not _is_first(part):
        part.text = f"; {part.text or ''}"


def _is_first(element: lxml.html.HtmlElement) -> bool:
    """Whether nothing stands before an element in the one around it."""
    return element.getprevious() is None and not (element.getparent().text or "").strip()


def strong(text: str) -> str:
    """The language of words that run from right to left, by their first letter; blank for others.

    >>> strong("(2017) قال"), strong("Peru")
    ('ar', '')
    """
    for letter in text:
        if (direction := unicodedata.bidirectional(letter)) == "L":
            return ""
        if direction in ("R", "AL"):
            return _LANGUAGES.get(unicodedata.name(letter, "").split(" ")[0], "he")
    return ""


def _turned(element: lxml.html.HtmlElement, kind: Kind) -> None:
    """One element as pandoc understands it."""
    classes = element.get("class", "").split()
    if "glc-count" in classes:
        _bar(element, kind)
    elif "glc-id" in classes:
        element.text = f"{(element.text or '').strip()} "
    elif element.tag in _STYLES or "glc-note" in classes and element.tag == "p":
        _block(element, _STYLES.get(element.tag, "Note"))
    elif element.tag == "p" and _leads(element):
        _block(element, "Lead")
    if element.get("dir") == "auto":
        _directed(element, kind)


def _leads(element: lxml.html.HtmlElement) -> bool:
    """Whether a paragraph is the heading of the list below it."""
    below = element.getnext()
    return below is not None and below.tag == "ul" and len(element) == 1 and element[0].tag == "strong"


def _block(element: lxml.html.HtmlElement, style: str) -> None:
    """A block with a style of its own: pandoc keeps it with a div alone."""
    element.tag = "div"
    element.set("custom-style", style)
    below, side = element.getnext(), "right" if strong(element.text_content()) else "left"
    quoted = {"width": "100%", "inset": f"({side}: 8pt, y: 2pt)", "stroke": f"({side}: 1.5pt + luma(60%))"}
    is_held = style == "Lead" or style == "Note" and below is not None and below.tag in ("div", "table")
    looks = _LOOKS[style] | (quoted if style in _STYLES.values() else {})
    looks |= {"sticky": "true"} if is_held else {}
    if below is not None and below.tag == "figcaption":
        looks |= {"below": "0pt", "sticky": "true"}
    for name, value in looks.items():
        element.set(f"typst:{name}", value)
    if not len(element) or element[0].tag not in ("p", "div", "ul", "table"):
        inner = lxml.html.Element("p")
        inner.text, element.text = element.text, None
        inner.extend(list(element))
        element.append(inner)


def _directed(element: lxml.html.HtmlElement, kind: Kind) -> None:
    """Words in their own direction; alone in a cell they make it a block that runs that way."""
    del element.attrib["dir"]
    if language := strong(element.text_content()):
        above = element.getparent()
        if element.tag == "span" and above.tag in ("td", "th") and len(above) == 1 and not (
                (above.text or "") + (element.tail or "")).strip():
            element.tag = "div"
        element.set("lang", element.get("lang") or language)
        element.set("dir", "rtl")
        if element.tag == "span" and kind == "pdf":
            element.set("typst:text:lang", f'"{language}"')
        elif element.tag == "span":
            element.text = f"{element.text or ''}{_END}"


def _bar(element: lxml.html.HtmlElement, kind: Kind) -> None:
    """A count with its bar, which paper from Word and plain text do without."""
    found = re.search(r"width:\s*(\d+)%", "".join(
        bar.get("style", "") for bar in element.iter() if "glc-bar" in bar.get("class", "")))
    text = element.text_content()
    is_drawn = kind == "pdf" and found and (int(found[1]) or text.startswith("0 "))
    for child in list(element):
        element.remove(child)
    element.text = f"{BAR.format(found[1]) if is_drawn else ''} {text}".strip()
    if not _is_first(element):  # a figure below its name
        element.addprevious(lxml.html.Element("br"))
        if kind == "text":
            _parted(element.getprevious())
