"""Pieces of pages as pandoc is to read them, for a PDF, for Word or as plain text.

What paper cannot do goes: links, what is one click away, styles. What it needs is added: widths of
columns, the direction of words, rows that are not parted from their heading.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

import lxml.html
from lxml import etree

Kind = Literal["pdf", "word", "text"]
BAR, BOX = "\ue000{}\ue001", "\ue003{}\ue001"
"""How a bar of so many percent, and a box with a number to be ticked, are told to the layout of a PDF, which
draws them."""
_FORM = (24, 13, *[5] * 9, 18)
"""The columns of a rating form in percent: its criterion, the low end, nine boxes, the high end."""
_LINE, _BAR_WIDTH, _TIED = 104, 12, 14
"""The letters of a line in a table, those that a bar takes the room of; the rows of a group that are never
parted."""
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
        _listed(table) if kind == "text" else _table(table, kind)
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


def _table(table: lxml.html.HtmlElement, kind: Kind) -> None:
    """A table with widths; in a PDF with groups that hold together."""
    for cell in table.iter("th", "td"):
        if "number" in cell.get("class", "").split():
            cell.set("style", "text-align: right")
    for row in table.iter("tr"):
        if row.getparent().tag == "thead" or {"glc-asked", "glc-depth-0"} & {*row.get("class", "").split()}:
            for cell in row:
                _bold(cell)
        depth = re.search(r"glc-depth-([1-9])", row.get("class", ""))
        if depth or "glc-option" in row.get("class", ""):
            row[0].text = "\u2003" * (int(depth[1]) if depth else 1) + (row[0].text or "")
    is_form = table.get("class") == "glc-form"
    widths = _FORM if is_form else _widths(table)
    for cell in table.iterfind(".//td[@class='glc-box']") if kind == "pdf" else ():
        cell.text = BOX.format(cell.text)
    if kind == "pdf" and is_form:
        table.set("typst:stroke", "none")
    if kind == "pdf":
        _tie(table)
        widths = [0, *widths]
    columns = lxml.html.Element("colgroup")
    columns.extend(lxml.html.Element("col", style=f"width: {one:.2f}%") for one in widths)
    caption = table.find("caption")
    table.insert(0 if caption is None else 1, columns)


def _bold(cell: lxml.html.HtmlElement) -> None:
    inner = lxml.html.Element("strong")
    inner.text, cell.text = cell.text, None
    inner.extend(list(cell))
    cell.append(inner)


def _widths(table: lxml.html.HtmlElement) -> list[float]:
    """The room of each column in percent: never less than its longest word, what it needs if there is
    room for all, else more the more stands in it."""
    rows = [row for row in table.iter("tr") if not any(cell.get("colspan") for cell in row)]
    least, needed = [], []
    for cells in zip(*rows, strict=True):
        texts = [re.sub("\ue000.*?\ue001", "x" * _BAR_WIDTH, cell.text_content()) for cell in cells]
        least.append(3 + max((len(word) for text in texts for word in text.split()), default=1))
        needed.append(3 + max(map(len, texts)))
    room = _LINE - sum(least)
    if sum(needed) > _LINE:
        asked = [(all_ - one) ** 0.7 for all_, one in zip(needed, least, strict=True)]
        needed = [one + max(room, 0) * more / sum(asked) for one, more in zip(least, asked, strict=True)]
    elif "number" not in rows[0][-1].get("class", ""):
        needed[-1] += _LINE - sum(needed)
    return [100 * one / max(_LINE, sum(needed)) for one in needed]


def _tie(table: lxml.html.HtmlElement) -> None:
    """Holds a group's rows together, and a longer one's heading with its first row: an empty cell runs
    along rows that are not parted."""
    for part in table:
        rows = list(part) if part.tag in ("tbody", "thead") else []
        is_group = rows and "glc-asked" in rows[0].get("class", "")
        tied = len(rows) if is_group and len(rows) <= _TIED else 2 if is_group else 1
        for n, row in enumerate(rows):
            if n == 0 or n >= tied:
                cell = lxml.html.Element("td", **{"typst:inset": "0pt", "typst:breakable": "false"})
                if n == 0 and tied > 1:
                    cell.set("rowspan", str(tied))
                row.insert(0, cell)


def _listed(table: lxml.html.HtmlElement) -> None:
    """A table as lines, for those who read on a telephone or by ear: each cell under its column's name."""
    heads = [cell.text_content() for cell in table.find("thead")[0]]
    lines = lxml.html.Element("div")
    if (caption := table.find("caption")) is not None:
        lines.append(_line(caption.text_content()))
    for row in table.iterfind("tbody/tr"):
        cells = [" ".join(cell.text_content().split()) for cell in row]
        if len(cells) == 1:
            lines.append(_line(cells[0]))
            continue
        told = [text if len(cells) == 2 else f"{head}: {text}" for head, text in
                zip(heads[1:], cells[1:], strict=True) if text]
        if len(lines) == 0 or lines[-1].tag != "ul":
            lines.append(lxml.html.Element("ul"))
        item = lxml.html.Element("li")
        item.text = f"{cells[0]}: {'; '.join(told)}" if told else cells[0]
        lines[-1].append(item)
    lines.tail = table.tail
    table.getparent().replace(table, lines)


def _line(text: str) -> lxml.html.HtmlElement:
    element = lxml.html.Element("p")
    element.text = text
    return element
