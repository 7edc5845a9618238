"""Prepares the HTML of pages for pandoc, which converts it to a PDF, a Word document or plain text.

The module removes elements that paper cannot show (links, folded parts, styles). The module adds elements
that paper needs: text direction, styles that pandoc keeps, widths of columns, boxes to tick. pandoc uses
neither the network nor the clock.
"""

from __future__ import annotations

import re
import subprocess
import unicodedata
from functools import cache
from typing import Literal

import lxml.html
from lxml.html import etree

from glc_analysis.errors import GLCError


def convert_with_pandoc(html: str, to: str, *options: str) -> bytes:
    """Converts HTML to another format with pandoc. pandoc runs in a sandbox, in which pandoc can read no
    file.

    >>> convert_with_pandoc("<p>Three &lt; <em>four</em></p>", "markdown").decode()
    'Three \\\\< *four*\\n'
    """
    done = subprocess.run([find_pandoc(), "--sandbox", "--from=html", f"--to={to}", "--output=-", *options],
                          input=html.encode(), capture_output=True, check=False)
    if done.returncode:
        raise GLCError(f"pandoc could not write {to}: {done.stderr.decode(errors='replace').strip()[-300:]}")
    return done.stdout


@cache
def find_pandoc() -> str:
    """Returns the path of pandoc. Raises GLCError if pandoc is not installed."""
    try:
        from pypandoc import get_pandoc_path

        return get_pandoc_path()
    except (ImportError, OSError):
        raise GLCError("Packets need pandoc and typst. To fix: run `make setup-all`, or install the package "
                       "with its extra `publish`.") from None


@cache
def read_pandoc_default_file(name: str) -> bytes:
    """Returns the content of a file that is part of pandoc, such as the reference document."""
    return subprocess.run([find_pandoc(), "--print-default-data-file", name], check=True,
                          capture_output=True).stdout


_END = "\u200f"
"""A direction mark that is put after right-to-left text; without it, a final full stop is set at the wrong
end."""


_STYLES = {"blockquote": "Quotation", "figcaption": "Source"}


_LOOKS = {"Note": {"text:size": "9pt"}, "Lead": {}, "Source": {"text:size": "9pt", "above": "0pt"},
          "Quotation": {}}
"""The properties that each named style has in a PDF, keyed by style."""


_LANGUAGES = {"ARABIC": "ar", "HEBREW": "he", "SYRIAC": "syr", "THAANA": "dv"}


def prepare_for_pandoc_without_folded_text(html: str, kind: Kind) -> str:
    """Returns the HTML of a page in the form that pandoc needs for a ``kind`` of document: PDF, Word or plain
    text.

    >>> page = '<p><a href="x.html">See</a> <span dir="auto">it</span><details>more</details></p>'
    >>> prepare_for_pandoc_without_folded_text(page, "word")
    '<div><p>See <span>it</span></p></div>'
    """
    root = lxml.html.fragment_fromstring(html, create_parent="div")
    etree.strip_elements(root, "details", "style", "script", with_tail=False)
    etree.strip_tags(root, "section", "figure")
    for link in [one for one in root.iter("a") if not one.get("href", "").startswith("#")]:
        link.drop_tag()
    for part in root.iter("br", "div", "p") if kind == "text" else ():
        _separate(part)
    for element in list(root.iter(etree.Element)):
        _convert_element(element, kind)
    for table in list(root.iter("table")):
        turn_table_into_lines(table) if kind == "text" else lay_out_table_for_pandoc(table, kind)
    return lxml.html.tostring(root, encoding="unicode")


def _separate(part: lxml.html.HtmlElement) -> None:
    """Replaces each line break within a table cell by a semicolon, because a cell is one line in plain
    text."""
    if part.tag == "br":
        part.tail = f"; {part.tail or ''}"
    elif part.getparent() is not None and part.getparent().tag in ("td", "th") and not _is_first(part):
        part.text = f"; {part.text or ''}"


def _is_first(element: lxml.html.HtmlElement) -> bool:
    """Whether an element is the first content of its parent."""
    return element.getprevious() is None and not (element.getparent().text or "").strip()


def detect_right_to_left_language(text: str) -> str:
    """Returns the language of a right-to-left text, judged by its first letter; blank for other texts.

    >>> detect_right_to_left_language("(2017) قال"), detect_right_to_left_language("Peru")
    ('ar', '')
    """
    for letter in text:
        if (direction := unicodedata.bidirectional(letter)) == "L":
            return ""
        if direction in ("R", "AL"):
            return _LANGUAGES.get(unicodedata.name(letter, "").split(" ")[0], "he")
    return ""


def _convert_element(element: lxml.html.HtmlElement, kind: Kind) -> None:
    """Changes an element into a form that pandoc understands."""
    classes = element.get("class", "").split()
    if "glc-count" in classes:
        _bar(element, kind)
    elif "glc-votes" in classes:
        _draw(element, _VOTES_SIGN.format(element.get("data-votes")), kind)
    elif "glc-dots" in classes:
        places = {mark.tag: mark.get("style", "").removeprefix("left:").removesuffix("%") for mark in element}
        _draw(element, _DOTS_SIGN.format(f"{places['i']}, {places.get('b', 'none')}"), kind)
    elif "glc-margin" in classes:
        _draw(element, _MARGIN_SIGN.format(element.text_content()), kind)
    elif "glc-notes" in classes:
        _notes(element, kind)
    elif "glc-id" in classes:
        element.text = f"{(element.text or '').strip()} "
    elif "glc-translations" in classes and kind == "pdf":
        for name, value in (("inset", "(left: 8pt)"), ("above", "0pt"), ("below", "4mm")):
            element.set(f"typst:{name}", value)
    elif element.tag in _STYLES or "glc-note" in classes and element.tag == "p":
        _block(element, _STYLES.get(element.tag, "Note"))
    elif element.tag == "p" and _is_list_heading(element):
        _block(element, "Lead")
    if element.get("dir") == "auto" or element.get("dir") == "rtl" and element.tag in ("span", "q"):
        _set_direction(element, kind)


def _notes(element: lxml.html.HtmlElement, kind: Kind) -> None:
    """Makes space for handwritten notes: lines down to the end of the page in a PDF, a few lines in Word, and
    no space in plain text."""
    title = element.text_content()
    for child in list(element):
        element.remove(child)
    if kind == "pdf":
        element.tag, element.text = "p", _NOTES_SIGN.format(title)
        del element.attrib["class"]
    elif kind == "word":
        for text, style in [(title, "Lead"), *[("\u00a0", "Ruled")] * NOTE_LINES]:
            line = lxml.html.Element("div", **{"custom-style": style})
            etree.SubElement(line, "p").text = text
            element.append(line)


def _draw(element: lxml.html.HtmlElement, sign: str, kind: Kind) -> None:
    """Replaces the content of an element by the placeholder of a drawing; only a PDF shows drawings."""
    for child in list(element):
        element.remove(child)
    element.text = sign if kind == "pdf" else ""


def _is_list_heading(element: lxml.html.HtmlElement) -> bool:
    """Whether a paragraph is the heading of the list that follows the paragraph."""
    below = element.getnext()
    return below is not None and below.tag == "ul" and len(element) == 1 and element[0].tag == "strong"


def _block(element: lxml.html.HtmlElement, style: str) -> None:
    """Gives a block of HTML (such as a paragraph) a style by putting it into a ``div``, because pandoc keeps
    styles only on ``div``."""
    element.tag = "div"
    element.set("custom-style", style)
    below = element.getnext()
    side = "right" if detect_right_to_left_language(element.text_content()) else "left"
    quoted = {"width": "100%", "inset": f"({side}: 8pt, y: 2pt)", "stroke": f"({side}: 1.5pt + luma(60%))"}
    is_held = style == "Lead" or style == "Note" and below is not None and below.tag in ("div", "table")
    looks = _LOOKS[style] | (quoted if style in _STYLES.values() else {})
    looks |= {"sticky": "true"} if is_held else {}
    if below is not None and below.tag == "figcaption":
        looks |= {"below": "0pt", "sticky": "true"}
    if "glc-statement" in element.get("class", ""):
        looks |= {"text:size": "18pt", "above": "4mm", "below": "4mm"}
    for name, value in looks.items():
        element.set(f"typst:{name}", value)
    if not len(element) or element[0].tag not in ("p", "div", "ul", "table"):
        inner = lxml.html.Element("p")
        inner.text, element.text = element.text, None
        inner.extend(list(element))
        element.append(inner)


def _set_direction(element: lxml.html.HtmlElement, kind: Kind) -> None:
    """Sets the direction of right-to-left text. Text that fills a table cell is put into a paragraph of its
    own."""
    del element.attrib["dir"]
    if language := detect_right_to_left_language(element.text_content()):
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
    """Renders a count; in a PDF, also the bar of the count."""
    width = re.search(r"width:\s*(\d+)%", "".join(
        bar.get("style", "") for bar in element.iter() if "glc-bar" in bar.get("class", "")))
    text = element.text_content()
    is_drawn = kind == "pdf" and width and (int(width[1]) or text.startswith("0 "))
    for child in list(element):
        element.remove(child)
    element.text = f"{_BAR_SIGN.format(width[1]) if is_drawn else ''} {text}".strip()
    if not _is_first(element):  # a figure below its name
        element.addprevious(lxml.html.Element("br"))
        if kind == "text":
            _separate(element.getprevious())


Kind = Literal["pdf", "word", "text"]


_BAR_SIGN, _BOX_SIGN, _NOTES_SIGN = "\ue000{}\ue001", "\ue003{}\ue001", "\ue004{}\ue001"
"""Placeholders for a bar of a given percentage, for a box with a number, and for space for notes below a
title. In the PDF, drawings replace the placeholders."""
_VOTES_SIGN, _DOTS_SIGN, _MARGIN_SIGN = "\ue005{}\ue001", "\ue006{}\ue001", "\ue007{}\ue001"
"""Placeholders for a row with one box per vote, for dots on a line at given percentages, and for a code in
the margin."""


NOTE_LINES = 3
"""The number of lines for notes in a Word document."""


_LINES = (18, 82)
"""The widths of the two columns in the table on a cover, in percent."""


_ANSWERS = (36, 31, 33)
"""The widths of the columns in a table of a country's answers, in percent: question, answer, and count with
dots on a line. The last column is wide enough for a count on one line, because the gate may mistake numbers
on several lines for a telephone number."""


_FORM = (24, 13, *[5] * 9, 18)
"""The widths of the columns in a rating form, in percent: the criterion, the low end of the scale, nine
boxes, the high end of the scale."""


_LINE, _BAR_WIDTH, _HELD = 104, 12, 14
"""Three sizes in tables: the number of letters that fit on a line, the number of letters as wide as a bar,
and the largest number of rows in a group that is kept on one page."""


def lay_out_table_for_pandoc(table: lxml.html.HtmlElement, kind: Kind) -> None:
    """Sets the widths of a table's columns. In a PDF, also keeps each group of rows on one page."""
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
    are_lines = table.get("class") == "glc-lines"
    is_of_answers = table.get("class") == "glc glc-answers" and len(table.find(".//tr")) == len(_ANSWERS)
    widths = _FORM if is_form else _LINES if are_lines else _ANSWERS if is_of_answers else _widths(table)
    if kind == "pdf" and are_lines:
        table.set("typst:inset", "(x: 3pt, y: 5pt)")
    for cell in table.iterfind(".//td[@class='glc-box']") if kind == "pdf" else ():
        cell.text = _BOX_SIGN.format(cell.text)
    if kind == "pdf" and is_form:
        table.set("typst:stroke", "none")
    if kind == "pdf":
        _hold_rows(table)
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
    """Returns the width of each column in percent. A column is at least as wide as its longest word. If the
    page is wide enough, each column is as wide as its longest text; otherwise columns with more text get more
    width."""
    rows = [row for row in table.iter("tr") if not any(cell.get("colspan") for cell in row)]
    least, needed = [], []
    for cells in zip(*rows, strict=True):
        texts = [re.sub("[\ue000\ue005\ue006].*?\ue001", "x" * _BAR_WIDTH, cell.text_content())
                 for cell in cells]
        least.append(3 + max((len(word) for text in texts for word in text.split()), default=1))
        needed.append(3 + max(map(len, texts)))
    room = _LINE - sum(least)
    if sum(needed) > _LINE:
        asked = [(all_ - one) ** 0.7 for all_, one in zip(needed, least, strict=True)]
        needed = [one + max(room, 0) * more / sum(asked) for one, more in zip(least, asked, strict=True)]
    elif "number" not in rows[0][-1].get("class", ""):
        needed[-1] += _LINE - sum(needed)
    return [100 * one / max(_LINE, sum(needed)) for one in needed]


def _hold_rows(table: lxml.html.HtmlElement) -> None:
    """Keeps the rows of a group on one page, by inserting an empty cell that spans the rows. If a group has
    too many rows, only the heading and the first row of the group are kept together."""
    for part in table:
        rows = list(part) if part.tag in ("tbody", "thead") else []
        is_group = rows and "glc-asked" in rows[0].get("class", "")
        tied = len(rows) if is_group and len(rows) <= _HELD else 2 if is_group else 1
        for n, row in enumerate(rows):
            if n == 0 or n >= tied:
                cell = lxml.html.Element("td", **{"typst:inset": "0pt", "typst:breakable": "false"})
                if n == 0 and tied > 1:
                    cell.set("rowspan", str(tied))
                row.insert(0, cell)


def turn_table_into_lines(table: lxml.html.HtmlElement) -> None:
    """Turns a table into lines of text for a telephone or a screen reader, in which the name of the column
    precedes the text of each cell."""
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
