"""Converts HTML to paper: to PDF by pandoc and typst, to Word and plain text by pandoc.

In goes the HTML of the parts of a packet; out come the bytes of a document, made without network and clock:
the same HTML gives the same bytes. What paper cannot do is removed (links, folded parts, styles); what it
needs is added: text direction, styles that pandoc keeps, widths of columns, boxes to tick.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

import lxml.html
from docx import Document
from docx.document import Document as Word
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table
from docx.text.paragraph import Paragraph
from lxml import etree

from glc_analysis.errors import GLCError

# ------------------------------
# pandoc


def convert(html: str, to: str, *options: str) -> bytes:
    """Converts HTML to another format with pandoc, whose sandbox lets it read no other file.

    >>> convert("<p>Three &lt; <em>four</em></p>", "markdown").decode()
    'Three \\\\< *four*\\n'
    """
    done = subprocess.run([program(), "--sandbox", "--from=html", f"--to={to}", "--output=-", *options],
                          input=html.encode(), capture_output=True, check=False)
    if done.returncode:
        raise GLCError(f"pandoc could not write {to}: {done.stderr.decode(errors='replace').strip()[-300:]}")
    return done.stdout


@cache
def program() -> str:
    """The path of pandoc. Raises GLCError if it is not installed."""
    try:
        from pypandoc import get_pandoc_path

        return get_pandoc_path()
    except (ImportError, OSError):
        raise GLCError("Packets need pandoc and typst. To fix: install the package with its extra "
                       "`publish`.") from None


@cache
def default_file(name: str) -> bytes:
    """A file that comes with pandoc, such as its reference document."""
    return subprocess.run([program(), "--print-default-data-file", name], check=True,
                          capture_output=True).stdout


# ------------------------------
# HTML of the pages, prepared for pandoc


_END = "\u200f"
"""A mark after right-to-left text; without it, a final full stop is set at the wrong end."""
_STYLES = {"blockquote": "Quotation", "figcaption": "Source"}
_LOOKS = {"Note": {"text:size": "9pt"}, "Lead": {}, "Source": {"text:size": "9pt", "above": "0pt"},
          "Quotation": {}}
"""How a PDF shows blocks with a style."""
_LANGUAGES = {"ARABIC": "ar", "HEBREW": "he", "SYRIAC": "syr", "THAANA": "dv"}


def prepare(html: str, kind: Kind) -> str:
    """Prepares the HTML of a page for pandoc, which makes a PDF, a Word document or plain text of it.

    >>> prepare('<p><a href="x.html">See</a> <span dir="auto">it</span><details>more</details></p>', "word")
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
        as_lines(table) if kind == "text" else lay_out(table, kind)
    return lxml.html.tostring(root, encoding="unicode")


def _separate(part: lxml.html.HtmlElement) -> None:
    """In plain text a cell is one line; a semicolon replaces a line break."""
    if part.tag == "br":
        part.tail = f"; {part.tail or ''}"
    elif part.getparent() is not None and part.getparent().tag in ("td", "th") and not _is_first(part):
        part.text = f"; {part.text or ''}"


def _is_first(element: lxml.html.HtmlElement) -> bool:
    """Whether an element is the first content of its parent."""
    return element.getprevious() is None and not (element.getparent().text or "").strip()


def rtl_language(text: str) -> str:
    """The language of a right-to-left text, by its first letter; blank for other texts.

    >>> rtl_language("(2017) قال"), rtl_language("Peru")
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
    elif "glc-notes" in classes:
        _notes(element, kind)
    elif "glc-id" in classes:
        element.text = f"{(element.text or '').strip()} "
    elif element.tag in _STYLES or "glc-note" in classes and element.tag == "p":
        _block(element, _STYLES.get(element.tag, "Note"))
    elif element.tag == "p" and _is_list_heading(element):
        _block(element, "Lead")
    if element.get("dir") == "auto" or element.get("dir") == "rtl" and element.tag in ("span", "q"):
        _set_direction(element, kind)


def _notes(element: lxml.html.HtmlElement, kind: Kind) -> None:
    """Room to write: in a PDF lines down to the end of the page, in Word a few lines, as text nothing."""
    title = element.text_content()
    for child in list(element):
        element.remove(child)
    if kind == "pdf":
        element.tag, element.text = "p", NOTES.format(title)
        del element.attrib["class"]
    elif kind == "word":
        for text, style in [(title, "Lead"), *[("\u00a0", "Ruled")] * NOTE_LINES]:
            line = lxml.html.Element("div", **{"custom-style": style})
            lxml.html.etree.SubElement(line, "p").text = text
            element.append(line)


def _is_list_heading(element: lxml.html.HtmlElement) -> bool:
    """Whether a paragraph is the heading of the list below it."""
    below = element.getnext()
    return below is not None and below.tag == "ul" and len(element) == 1 and element[0].tag == "strong"


def _block(element: lxml.html.HtmlElement, style: str) -> None:
    """Gives a block a style: pandoc keeps styles only of a ``div``."""
    element.tag = "div"
    element.set("custom-style", style)
    below, side = element.getnext(), "right" if rtl_language(element.text_content()) else "left"
    quoted = {"width": "100%", "inset": f"({side}: 8pt, y: 2pt)", "stroke": f"({side}: 1.5pt + luma(60%))"}
    is_held = style == "Lead" or style == "Note" and below is not None and below.tag in ("div", "table")
    looks = _LOOKS[style] | (quoted if style in _STYLES.values() else {})
    looks |= {"sticky": "true"} if is_held else {}
    if below is not None and below.tag == "figcaption":
        looks |= {"below": "0pt", "sticky": "true"}
    if "glc-statement" in element.get("class", ""):
        looks |= {"text:size": "12pt"}
    for name, value in looks.items():
        element.set(f"typst:{name}", value)
    if not len(element) or element[0].tag not in ("p", "div", "ul", "table"):
        inner = lxml.html.Element("p")
        inner.text, element.text = element.text, None
        inner.extend(list(element))
        element.append(inner)


def _set_direction(element: lxml.html.HtmlElement, kind: Kind) -> None:
    """Sets the direction of right-to-left text; text that fills a cell becomes a block."""
    del element.attrib["dir"]
    if language := rtl_language(element.text_content()):
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
    """A count with its bar, which only a PDF shows."""
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
            _separate(element.getprevious())


# ------------------------------
# Tables: widths of columns, groups that stay on one page, boxes to tick; or plain lines


Kind = Literal["pdf", "word", "text"]
BAR, BOX, NOTES = "\ue000{}\ue001", "\ue003{}\ue001", "\ue004{}\ue001"
"""Placeholders for a bar of so many percent, a box with a number, and room for notes below a title; the
layout of the PDF draws them."""
NOTE_LINES = 5
"""The lines for notes in a Word document."""
_LINES = (18, 82)
"""The columns of the lines of a cover in percent."""
_ANSWERS = (42, 36, 22)
"""The columns of a country's answers in percent. A count has room for one line: the gate may take numbers on
several lines for a telephone number."""
_FORM = (24, 13, *[5] * 9, 18)
"""The columns of a rating form in percent: its criterion, the low end, nine boxes, the high end."""
_LINE, _BAR_WIDTH, _HELD = 104, 12, 14
"""The letters in a line of a table, the letters that a bar takes up, and the most rows of a group that stay
on one page."""


def lay_out(table: lxml.html.HtmlElement, kind: Kind) -> None:
    """Sets the widths of a table's columns; in a PDF, keeps its groups together."""
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
        cell.text = BOX.format(cell.text)
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
    """The width of each column in percent: at least its longest word; its longest text, if there is room for
    all; otherwise more for columns with more text."""
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


def _hold_rows(table: lxml.html.HtmlElement) -> None:
    """Keeps the rows of a group on one page; of a longer group, the heading and its first row. An empty cell
    that spans the rows does this."""
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


def as_lines(table: lxml.html.HtmlElement) -> None:
    """A table as lines, for a telephone or a screen reader: each cell after the name of its column."""
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


# ------------------------------
# PDF: pandoc converts the HTML for typst


LOOK = Path(__file__).with_name("packet.typ")
TYPST_PAPERS = {"a4": "a4", "letter": "us-letter"}
CONTENTS = "\ue002"
"""The placeholder of the list of contents."""
FAMILIES = ("Noto Sans", "DejaVu Sans")
"""The font family of all pages, and the one to use if it is missing, or for letters that no other has."""
_OF_WORDS = ("Lu", "Ll", "Lt", "Lm", "Lo", "Mc")
_SYMBOLS = ("Noto Sans Symbols2", "Noto Sans Symbols 2", "Noto Sans Symbols", "Noto Sans Math", "Noto Emoji",
            "Noto Color Emoji")


@dataclass(frozen=True)
class PrintedPart:
    """A part to print: the header of its pages, and its HTML."""

    mark: str
    html: str

    @property
    def markup(self) -> str:
        """The part as markup for typst."""
        return f"#marked({json.dumps(self.mark, ensure_ascii=False)})[\n{typst(self.html)}\n]\n"


@dataclass(frozen=True)
class PdfSettings:
    """What all PDFs of a study share: the footer, the day of the data, the paper size."""

    running: str
    day: date | None
    paper: str = "a4"

    def pdf(self, title: str, printed_parts: Iterable[PrintedPart]) -> bytes:
        """The parts as a PDF, each on a new page. The same parts give the same bytes.

        A symbol (an emoji) that no font of this machine has is replaced by its name. Raises GLCError for a
        letter that no font has.
        """
        return self.compiled(title, "\n".join(part.markup for part in printed_parts))

    def compiled(self, title: str, text: str) -> bytes:
        """Markup for typst as a PDF. Raises as :meth:`pdf` does."""
        return _compiled(self, title, text)


@lru_cache(maxsize=8)
def _compiled(settings: PdfSettings, title: str, text: str) -> bytes:
    """The PDF; one that was made a moment ago, to count its pages, is at hand."""
    from typst import Compiler

    chosen, signs = font_families(text + title + settings.running)
    for sign in signs:
        text = text.replace(sign, f"\\[{unicodedata.name(sign, 'a sign').lower()}\\]")
    inputs = {"paper": TYPST_PAPERS[settings.paper], "title": title, "running": settings.running,
              "day": settings.day.isoformat() if settings.day else "",
              "fonts": json.dumps(chosen)}
    source = f"{LOOK.read_text(encoding='utf-8')}\n{text}"
    return Compiler(font_paths=_fonts()).compile(
        source.encode(), format="pdf", sys_inputs=inputs, timestamp=0, pdf_standards=["ua-1"])


@cache
def typst(html: str) -> str:
    """HTML as markup for typst, with the list of contents and the bars."""
    whole = prepare(html, "pdf").removeprefix("<div>").removesuffix("</div>")  # else all of it is one block
    text = convert(whole, "typst", "--wrap=none").decode()
    # pandoc sets a language on the line of the first block, which is then no heading and no list.
    text = re.sub(r'(#set text\(lang: "[\w-]+"\)); ', r"\1\n", text)
    text = re.sub("\ue000(\\d+)\ue001", r"#bar(\1)", text)
    text = re.sub("\ue003(\\d+)\ue001", r"#box-of[\1]", text)
    text = re.sub("\ue004(.*?)\ue001", r"#notes[\1]", text)
    return text.replace(CONTENTS, "#outline(title: none, depth: 1)")


def pages(pdf: bytes) -> int:
    """The number of pages of a PDF that typst made.

    >>> pages(b"<< /Type /Pages /Count 3 >>")
    3
    """
    return max(int(n) for n in re.findall(rb"/Type */Pages */Count (\d+)", pdf))


@cache
def _fonts() -> Any:
    """The fonts of this machine, and those that come with matplotlib."""
    import matplotlib
    from typst import Fonts

    return Fonts(include_system_fonts=True, font_paths=[Path(matplotlib.get_data_path(), "fonts", "ttf")])


def font_families(text: str) -> tuple[list[str], list[str]]:
    """The font families that a text needs, that of all pages first, and the symbols that no font has.

    Raises GLCError for letters that no font has.
    """
    regular = {font.family: font.path for font in _fonts().fonts()
               if font.style == "normal" and font.weight == 400 and font.path}
    base = next((family for family in FAMILIES if family in regular), "")
    chosen = [base] if base else []
    lacking = {letter for letter in text if ord(letter) > 127} - (_letters(regular[base]) if base else set())
    for letter in sorted(lacking):
        script = unicodedata.name(letter, "").split(" ")[0].title()
        named = [one for one in (f"Noto Sans {script}", *chosen, *FAMILIES, *_SYMBOLS) if one in regular]
        if family := next((one for one in named if letter in _letters(regular[one])), ""):
            chosen += [family] if family not in chosen else []
            lacking.discard(letter)
    if words := sorted(letter for letter in lacking if unicodedata.category(letter) in _OF_WORDS):
        shown = ", ".join(f"{letter} ({unicodedata.name(letter, '?').title()})" for letter in words[:3])
        raise GLCError(f"No font of this machine has {shown}{' and more' if len(words) > 3 else ''}. To fix: "
                       "install fonts-noto-core (Debian), or the Noto Sans font of that script.")
    return chosen, sorted(letter for letter in lacking if unicodedata.category(letter) == "So")


@cache
def _letters(path: str) -> frozenset[str]:
    """The letters of a font."""
    from fontTools.ttLib import TTFont

    with TTFont(path, fontNumber=0, lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap()))


def fit_to_pages(settings: PdfSettings, title: str, printed: Callable[[float], PrintedPart],
                 shares: Sequence[float], most: int) -> float:
    """The largest of the shares with which a part fits on so many pages; the smallest if none does."""
    low, high = 0, len(shares) - 1
    while low < high:
        middle = (low + high) // 2 if low else 0  # most parts fit whole: that is tried first
        if pages(settings.pdf(title, [printed(shares[middle])])) <= most:
            high = middle
        else:
            low = middle + 1
    return shares[low]


# ------------------------------
# Word: pandoc converts the HTML with our reference document, which holds paper size, fonts, styles, header
# and page numbers. The date in its properties is the day of the data.


PAPER_SIZES = {"a4": (210, 297), "letter": (215.9, 279.4)}
EPOCH = date(1980, 1, 1)
"""The day of a document if the day of the data is unknown."""
_INK, _QUIET = RGBColor(0x1A, 0x1A, 0x1A), RGBColor(0x55, 0x55, 0x55)
_SIZES = {"Normal": 10, "Body Text": 10, "First Paragraph": 10, "Compact": 9, "Title": 20, "Heading 1": 16,
          "Heading 2": 12, "Heading 3": 10.5, "Table Caption": 9}
_ORDER = ("tblStyle", "tblpPr", "tblOverlap", "bidiVisual", "tblStyleRowBandSize", "tblStyleColBandSize",
          "tblW", "jc", "tblCellSpacing", "tblInd", "tblBorders", "shd", "tblLayout", "tblCellMar", "tblLook",
          "tblCaption", "tblDescription")
"""The properties of a table in the order of the standard (ISO/IEC 29500-1, CT_TblPr)."""
_OWN = {"Note": 9, "Source": 9, "Quotation": 10, "Lead": 10, "Ruled": 14}


def word(html: str, *, mark: str, running: str, title: str, day: date | None, paper: str = "a4") -> bytes:
    """HTML as a Word document, with ``mark`` in the header and ``running`` in the footer.

    The same HTML gives the same bytes.
    """
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder, "reference.docx")
        model.write_bytes(_reference(mark, running, paper))
        made = convert(prepare(html, "word"), "docx", f"--reference-doc={model}", "--metadata=lang:en")
    document = Document(io.BytesIO(made))
    said = document.core_properties
    said.title, said.author = title, ""
    said.created = said.modified = datetime.combine(day or EPOCH, time())
    for table in document.tables:
        _finish_table(table)
    _keep_last_paragraphs(document)
    _keep_notes(document)
    return _same_bytes(document)


@cache
def _reference(mark: str, running: str, paper: str) -> bytes:
    """The reference document: pandoc's, with our paper size, styles, header and footer."""
    document = Document(io.BytesIO(default_file("reference.docx")))
    for name, size in _SIZES.items():
        _set_style(document.styles[name], size)
    for name, size in _OWN.items():
        style = document.styles.add_style(name, 1)
        style.base_style = document.styles["Normal"]
        _set_style(style, size)
        style.paragraph_format.left_indent = Mm(5 if name in ("Quotation", "Source") else 0)
        style.paragraph_format.keep_with_next = name in ("Quotation", "Lead", "Ruled")
        if name == "Ruled":
            _rule(style)
    document.styles["Hyperlink"].font.color.rgb = _INK
    document.styles["Heading 1"].paragraph_format.page_break_before = True
    section = document.sections[0]
    section.page_width, section.page_height = map(Mm, PAPER_SIZES[paper])
    section.left_margin = section.right_margin = Mm(15)
    section.top_margin, section.bottom_margin = Mm(19), Mm(16)
    section.header_distance = section.footer_distance = Mm(8)
    _write_line(section.header.paragraphs[0], mark, is_bold=True)
    foot = section.footer.paragraphs[0]
    _write_line(foot, f"{running} · ", is_bold=False)
    for n, name in enumerate(("PAGE", "NUMPAGES")):
        if n:
            foot.add_run(" / ").font.size = Pt(8)
        _field(foot, name)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _set_style(style, size: float) -> None:
    style.font.size, style.font.color.rgb = Pt(size), _INK
    style.font.name = "Noto Sans"
    fonts = style.element.rPr.rFonts
    for theme in [name for name in fonts.attrib if "heme" in name]:
        del fonts.attrib[theme]
    for script in ("w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(script), "Noto Sans")
    letters = style.element.rPr
    for known in letters.findall(qn("w:szCs")):
        letters.remove(known)
    letters.find(qn("w:sz")).addnext(_element("w:szCs", str(int(2 * size))))  # of Arabic, among others
    is_heading = style.name.startswith("Heading")
    style.font.bold = is_heading or None
    style.paragraph_format.space_before = Pt(9 if is_heading else 1 if style.name == "Compact" else 3)
    style.paragraph_format.space_after = Pt(1 if style.name == "Compact" else 3)
    style.paragraph_format.keep_with_next = is_heading or style.name == "Table Caption"


def _rule(style) -> None:
    """Draws a line below each paragraph of a style, to write on."""
    borders = OxmlElement("w:pBdr")
    for side in ("bottom", "between"):  # between: Word joins the borders of equal paragraphs
        borders.append(_element(f"w:{side}", "single", sz="4", space="1", color="8C8C8C"))
    style.element.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc")


def _write_line(paragraph, text: str, *, is_bold: bool) -> None:
    run = paragraph.add_run(text)
    run.font.size, run.font.bold, run.font.color.rgb = Pt(8), is_bold, _QUIET
    paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT


def _field(paragraph, name: str) -> None:
    """Adds a field that Word fills in: the page number, or the number of pages."""
    for kind, text in (("begin", ""), ("", name), ("end", "")):
        run = paragraph.add_run()
        run.font.size = Pt(8)
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run._r.append(element)


def _keep_last_paragraphs(document: Word) -> None:
    """Keeps the last paragraph of a part with the one before it, so that no page holds a single line: each
    part (``Heading 1``) starts a new page."""
    blocks = [*document.iter_inner_content(), None]
    for before, last, after in zip(blocks, blocks[1:], blocks[2:], strict=False):
        is_last = after is None or isinstance(after, Paragraph) and after._p.style == "Heading1"
        if is_last and isinstance(before, Paragraph) and isinstance(last, Paragraph):
            before.paragraph_format.keep_with_next = True


def _keep_notes(document: Word) -> None:
    """Keeps room for notes together, with the text or the row of a table before it: no page holds only lines
    to write on."""
    blocks = [*document.iter_inner_content()]
    for above, title, first in zip(blocks, blocks[1:], blocks[2:], strict=False):
        if isinstance(first, Paragraph) and first._p.style == "Ruled" != title._p.style:
            held = [above] if isinstance(above, Paragraph) else above.rows[-1].cells[0].paragraphs
            for paragraph in held:
                paragraph.paragraph_format.keep_with_next = True


def _finish_table(table: Table) -> None:
    """Finishes a table: rows are not split, the header row is repeated on each page, headings stay with their
    group, lines are visible in grey. The rows of a form stay on one page, its numbers are in boxes."""
    is_form = table._tbl.find(f".//{qn('w:tblHeader')}") is None
    for n, row in enumerate(table.rows):
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        is_head = n == 0 or row._tr.find(f".//{qn('w:gridSpan')}") is not None
        for paragraph in (p for cell in row.cells for p in cell.paragraphs) if is_form or is_head else ():
            paragraph.paragraph_format.keep_with_next = True
    is_rtl = table._tbl.find(f".//{qn('w:bidi')}") is not None
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "bottom", "insideH", *(["insideV"] if is_form else [])):
        borders.append(_element(f"w:{side}", "single", sz="4", space="0", color="8C8C8C"))
    named, cells = ("rows", [row.cells[0] for row in table.rows]) if is_form else (
        "columns", table.rows[0].cells)
    heads = dict.fromkeys(cell.text.strip() for cell in cells)
    said = f"Table with the {named}: {', '.join(filter(None, heads))}."
    for element in (borders, _element("w:tblDescription", said),
                    *([_element("w:bidiVisual", "1")] if is_form and is_rtl else [])):
        _insert_property(table._tbl.tblPr, element)


def _element(name: str, value: str, **more: str) -> BaseOxmlElement:
    element = OxmlElement(name)
    for attribute, text in {"val": value, **more}.items():
        element.set(qn(f"w:{attribute}"), text)
    return element


def _insert_property(properties: BaseOxmlElement, element: BaseOxmlElement) -> None:
    """Inserts a property of a table at its place in the order that Word requires."""
    order = [qn(f"w:{name}") for name in _ORDER]
    for known in properties.findall(element.tag):
        properties.remove(known)
    later = (one for one in properties if order.index(one.tag) > order.index(element.tag))
    if (following := next(later, None)) is None:
        properties.append(element)
    else:
        following.addprevious(element)


def _same_bytes(document: Word) -> bytes:
    """The bytes of a document, without dates and with its members in a fixed order."""
    before, after = io.BytesIO(), io.BytesIO()
    document.save(before)
    with zipfile.ZipFile(before) as read, zipfile.ZipFile(after, "w", zipfile.ZIP_DEFLATED) as written:
        for name in _members(read.namelist()):
            info = zipfile.ZipInfo(name)  # of 1980
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            written.writestr(info, read.read(name))
    return after.getvalue()


def _members(names: list[str]) -> Iterator[str]:
    """The names of the members, the list of contents first, as programs expect it."""
    first = "[Content_Types].xml"
    yield first
    yield from sorted(name for name in names if name != first)
