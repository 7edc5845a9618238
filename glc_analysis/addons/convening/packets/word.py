"""Makes a Word document from HTML. pandoc converts the HTML, with the reference document of this package.

The reference document holds paper size, fonts, styles, header and page numbers. The date in the properties of
a document is the day of the data, so that the same HTML gives the same bytes.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from functools import cache
from pathlib import Path

from docx import Document
from docx.document import Document as Word
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table
from docx.text.paragraph import Paragraph

from glc_analysis.addons.convening.packets.pandoc_html import (
    convert_with_pandoc,
    prepare_for_pandoc_without_folded_text,
    read_pandoc_default_file,
)
from glc_analysis.addons.languages.phrases import ENGLISH, Phrasebook

PAPER_SIZES = {"a4": (210, 297), "letter": (215.9, 279.4)}


EPOCH = date(1980, 1, 1)
"""The date in the properties of a document if the day of the data is unknown."""


_INK, _QUIET = RGBColor(0x1A, 0x1A, 0x1A), RGBColor(0x55, 0x55, 0x55)


_SIZES = {"Normal": 10, "Body Text": 10, "First Paragraph": 10, "Compact": 9, "Title": 20, "Heading 1": 16,
          "Heading 2": 12, "Heading 3": 10.5, "Table Caption": 9}


_ORDER = ("tblStyle", "tblpPr", "tblOverlap", "bidiVisual", "tblStyleRowBandSize", "tblStyleColBandSize",
          "tblW", "jc", "tblCellSpacing", "tblInd", "tblBorders", "shd", "tblLayout", "tblCellMar", "tblLook",
          "tblCaption", "tblDescription")
"""The order in which the standard requires the properties of a table (ISO/IEC 29500-1, CT_TblPr)."""


_OWN = {"Note": 9, "Source": 9, "Quotation": 10, "Lead": 10, "Ruled": 14}


def convert_html_to_word(html: str, *, header: str, footer: str, title: str, day: date | None,
                         paper: str = "a4", phrases: Phrasebook | None = None) -> bytes:
    """Converts HTML to a Word document. ``header`` and ``footer`` are the texts at the head and foot of each
    page. ``phrases`` translates the fixed words of the document if its language is not English.

    Documents made from the same HTML are the same byte for byte.
    """
    phrases = phrases or Phrasebook(ENGLISH)
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder, "reference.docx")
        model.write_bytes(_reference(header, footer, paper, phrases.direction == "rtl"))
        made = convert_with_pandoc(prepare_for_pandoc_without_folded_text(html, "word"), "docx",
                                   f"--reference-doc={model}",
                       f"--metadata=lang:{phrases.language}")
    document = Document(io.BytesIO(made))
    said = document.core_properties
    said.title, said.author = title, ""
    said.created = said.modified = datetime.combine(day or EPOCH, time())
    for table in document.tables:
        _finish_table(table, phrases)
    _keep_last_paragraphs(document)
    _keep_notes(document)
    return _same_bytes(document)


@cache
def _reference(mark: str, running: str, paper: str, is_rtl: bool) -> bytes:
    """Returns the reference document. The reference document of pandoc is used, after changes of paper size,
    styles, header and footer."""
    document = Document(io.BytesIO(read_pandoc_default_file("reference.docx")))
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
    for line in (section.header.paragraphs[0], foot) if is_rtl else ():
        line._p.get_or_add_pPr().append(OxmlElement("w:bidi"))
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
    style.paragraph_format.line_spacing = 0.86 if style.name == "Compact" else 0.9  # as high as in the PDF
    style.paragraph_format.space_before = Pt(9 if is_heading else 0.5 if style.name == "Compact" else 3)
    style.paragraph_format.space_after = Pt(0.5 if style.name == "Compact" else 3)
    style.paragraph_format.keep_with_next = is_heading or style.name == "Table Caption"


def _rule(style) -> None:
    """Draws a line below each paragraph of a style, for the reader to write on."""
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
    """Keeps the last paragraph of a part together with the paragraph before it. Each part (``Heading 1``)
    starts a new page, so the last paragraph alone could otherwise fill a page with a single line."""
    blocks = [*document.iter_inner_content(), None]
    for before, last, after in zip(blocks, blocks[1:], blocks[2:], strict=False):
        is_last = after is None or isinstance(after, Paragraph) and after._p.style == "Heading1"
        if is_last and isinstance(before, Paragraph) and isinstance(last, Paragraph):
            before.paragraph_format.keep_with_next = True


def _keep_notes(document: Word) -> None:
    """Keeps the space for notes together with the text or table row before the space, so that no page
    consists only of empty lines."""
    blocks = [*document.iter_inner_content()]
    for above, title, first in zip(blocks, blocks[1:], blocks[2:], strict=False):
        if not (isinstance(title, Paragraph) and isinstance(first, Paragraph)):
            continue
        if first._p.style == "Ruled" != title._p.style:
            held = [above] if isinstance(above, Paragraph) else above.rows[-1].cells[0].paragraphs
            for paragraph in held:
                paragraph.paragraph_format.keep_with_next = True


def _finish_table(table: Table, book: Phrasebook) -> None:
    """Finishes the layout of a table. Rows are not split, the header row is repeated on each page, headings
    stay with their group, and ruled lines are grey. The rows of a form stay on one page, and the numbers of
    its scale are in boxes."""
    is_form = table._tbl.find(f".//{qn('w:tblHeader')}") is None
    for n, row in enumerate(table.rows):
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        is_head = n == 0 or row._tr.find(f".//{qn('w:gridSpan')}") is not None
        for paragraph in (p for cell in row.cells for p in cell.paragraphs) if is_form or is_head else ():
            paragraph.paragraph_format.keep_with_next = True
    within = table._tbl if is_form else table.rows[0]._tr  # a cell may be in another direction
    is_rtl = within.find(f".//{qn('w:bidi')}") is not None
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "bottom", "insideH", *(["insideV"] if is_form else [])):
        borders.append(_element(f"w:{side}", "single", sz="4", space="0", color="8C8C8C"))
    named, cells = ("rows", [row.cells[0] for row in table.rows]) if is_form else (
        "columns", table.rows[0].cells)
    heads = dict.fromkeys(cell.text.strip() for cell in cells)
    said = f"{book.translate_text(f'Table with the {named}')}: {', '.join(filter(None, heads))}."
    for element in (borders, _element("w:tblDescription", said),
                    *([_element("w:bidiVisual", "1")] if is_rtl else [])):
        _insert_property(table._tbl.tblPr, element)


def _element(name: str, value: str, **more: str) -> BaseOxmlElement:
    element = OxmlElement(name)
    for attribute, text in {"val": value, **more}.items():
        element.set(qn(f"w:{attribute}"), text)
    return element


def _insert_property(properties: BaseOxmlElement, element: BaseOxmlElement) -> None:
    """Inserts a property of a table where the order required by Word places it."""
    order = [qn(f"w:{name}") for name in _ORDER]
    for known in properties.findall(element.tag):
        properties.remove(known)
    later = (one for one in properties if order.index(one.tag) > order.index(element.tag))
    if (following := next(later, None)) is None:
        properties.append(element)
    else:
        following.addprevious(element)


def _same_bytes(document: Word) -> bytes:
    """Returns the bytes of a document without dates and with its members in a fixed order, so that the same
    document gives the same bytes."""
    before, after = io.BytesIO(), io.BytesIO()
    document.save(before)
    with zipfile.ZipFile(before) as read, zipfile.ZipFile(after, "w", zipfile.ZIP_DEFLATED) as written:
        for name in _members(read.namelist()):
            info = zipfile.ZipInfo(name)  # of 1980
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            written.writestr(info, read.read(name))
    return after.getvalue()


def _members(names: list[str]) -> Iterator[str]:
    """Yields the names of the files in a Word document. The first is ``[Content_Types].xml``, because some
    programs recognise a Word document by its first file."""
    first = "[Content_Types].xml"
    yield first
    yield from sorted(name for name in names if name != first)
