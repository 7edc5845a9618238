"""Tables of a packet: widths of columns, groups that hold together, boxes to tick; or plain lines."""

from __future__ import annotations

import re
from typing import Literal

import lxml.html

Kind = Literal["pdf", "word", "text"]
BAR, BOX = "\ue000{}\ue001", "\ue003{}\ue001"
"""How a bar of so many percent, and a box with a number to be ticked, are told to the layout of a PDF, which
draws them."""
_FORM = (24, 13, *[5] * 9, 18)
"""The columns of a rating form in percent: its criterion, the low end, nine boxes, the high end."""
_LINE, _BAR_WIDTH, _TIED = 104, 12, 14
"""The letters of a line in a table, those that a bar takes the room of; the rows of a group that are never
parted."""


def laid_out(table: lxml.html.HtmlElement, kind: Kind) -> None:
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


def listed(table: lxml.html.HtmlElement) -> None:
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
