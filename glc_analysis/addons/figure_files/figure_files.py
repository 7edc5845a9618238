"""Makes the downloads of a page. Each finding, each drawing and the bars of each question are offered as SVG
and PNG; their data and each table of counts are offered as CSV.

A file holds only content that the page prints: a figure with its title, base and source. The disclosure gate
reads the file in the same way as the page. An SVG contains its title and a description in words (``title``,
``desc``), so that a screen reader can also read the SVG outside the page.
"""

from __future__ import annotations

import csv
import io
import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

import lxml.html
from lxml import etree
from markupsafe import Markup

from glc_analysis.addons.figure_files.figure_png import convert_svgs_to_pngs
from glc_analysis.coding.exports import escape_formula
from glc_analysis.publish.site import FIGURES_FOLDER, Call, call_here
from glc_analysis.templates import Macros

_HTML = Macros(__file__, "figure_files.html")
_Figure = tuple[etree._Element, str, list[list[str]]]
"""A figure, as three values: the element below which the links to the figure's files are added, its SVG
(blank for a table), and the rows of its data."""
_WIDTH, _MARGIN, _LINE, _LETTERS = 640, 16, 20, 78
"""The dimensions of an SVG: its width, its margin and the height of a line of text, in the units of the SVG,
and the number of letters that fit into a line of text."""
_TRACK, _COUNT, _LABEL_LETTERS, _COUNT_LETTERS = (256, 160), 428, 38, 30
"""The dimensions of the bars of a question: the start and the full length of a bar, the position of the
counts, and how many letters fit into a line of an answer and into a line of a count."""


def make_and_link_figure_downloads(page: lxml.html.HtmlElement, slug: str, source_line: str,
                                   earlier_figures_folder: Path | None = None,
                                   call: Call = call_here) -> dict[str, str | bytes]:
    """Returns the downloads of a page, keyed by file name, and adds links to these files below each figure of
    the page.

    ``source_line`` is printed below every SVG. ``earlier_figures_folder`` is the folder with the figures of
    an earlier site that the same package made. If an SVG is the same in the earlier site, its PNG is taken
    from the earlier site. ``call`` calls the function that draws the other PNG files, in another process if
    possible.

    >>> claim = "<section class='glc-claim'><h2>Shelter: 18 of 30</h2><div class='glc-wide'>"
    >>> bar = "<span style='width:60%'></span></div></section>"
    >>> page = lxml.html.fromstring(f"<article>{claim}{bar}</article>")
    >>> [*make_and_link_figure_downloads(page, "index", "A study")], page.xpath(".//a/@href")[0]
    (['index-1.svg', 'index-1.png', 'index-1.csv'], 'figures/index-1.svg')
    """
    files: dict[str, str | bytes] = {}
    figures = [*_claims(page, source_line), *_drawings(page, source_line), *_tables(page, source_line)]
    drawings = {f"{slug}-{n}": svg for n, (_, svg, _) in enumerate(figures, 1) if svg}
    pictures = _find_earlier_pictures(drawings, earlier_figures_folder) if earlier_figures_folder else {}
    if missing := {name: svg for name, svg in drawings.items() if name not in pictures}:
        pictures |= zip(missing, call(convert_svgs_to_pngs, [*missing.values()]), strict=True)
    for n, (element, svg, rows) in enumerate(figures, 1):
        own = {"svg": svg, "png": pictures.get(f"{slug}-{n}"), "csv": _csv(rows)}
        made = {f"{slug}-{n}.{kind}": content for kind, content in own.items() if content}
        files |= made
        links = [(f"{FIGURES_FOLDER}/{name}", name.rpartition(".")[2].upper()) for name in made]
        element.append(lxml.html.fragment_fromstring(_HTML.links(links)))
    return files


def _find_earlier_pictures(drawings: Mapping[str, str], folder: Path) -> dict[str, bytes | None]:
    """Returns the PNG of each SVG that is the same in an earlier site, keyed by name. The value is None if
    the earlier site has no PNG, because the SVG cannot be drawn."""
    same = [name for name, svg in drawings.items()
            if (path := folder / f"{name}.svg").is_file() and path.read_bytes() == svg.encode()]
    return {name: path.read_bytes() if (path := folder / f"{name}.png").is_file() else None for name in same}


def _csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([[escape_formula(cell) for cell in row] for row in rows])
    return text.getvalue()


def _words(element: etree._Element | None) -> str:
    return "" if element is None else " ".join(element.text_content().split())


def _claims(page: lxml.html.HtmlElement, source: str) -> Iterator[_Figure]:
    for section in page.find_class("glc-claim"):
        heading, styles = section.find("h2"), section.xpath("./div[@class='glc-wide']/span/@style")
        if heading is None or not styles:
            continue
        share = int(re.sub(r"\D", "", styles[0]))
        asked = _words(next(iter(section.find_class("glc-asked-for")), None))
        title = _words(heading).removeprefix(asked).strip()
        base = _words(next(iter(section.find_class("glc-note")), None)).removesuffix("All answers").strip()
        bar = _HTML.bar(_MARGIN, _WIDTH - 2 * _MARGIN, round((_WIDTH - 2 * _MARGIN) * share / 100))
        finding, _, count = title.rpartition(": ")
        yield (section, _svg(title, [asked], bar, 28, [base, source], f"{asked} {title}. {base}"),
               [["Question", "Finding", "Count"], [asked, finding, count]])


def _drawings(page: lxml.html.HtmlElement, source: str) -> Iterator[_Figure]:
    for figure in page.xpath(".//figure[contains(@class, 'glc-figure')][.//svg[@role='img']]"):
        drawn = next(figure.iter("svg"))
        box = [float(one) for one in (drawn.get("viewBox") or drawn.get("viewbox") or "").split()]
        if len(box) != 4 or not box[2]:
            continue
        height = round((_WIDTH - 2 * _MARGIN) * box[3] / box[2])
        body = "".join(etree.tostring(child, encoding="unicode") for child in drawn if child.tag != "desc")
        # As XML writes it: the names of a page are all small, and only a page knows the colour of paper.
        body = body.replace("clippath", "clipPath").replace("var(--glc-paper, #fff)", "#fff")
        inner = _HTML.nested(_MARGIN, _WIDTH - 2 * _MARGIN, height, " ".join(f"{one:g}" for one in box),
                             Markup(body))
        title, *notes = [_words(one) for one in figure.xpath("./figcaption/p")] or [""]
        data = figure.find_class("glc-data")
        rows = [*csv.reader(io.StringIO(data[0].text_content()))] if data else []
        yield (figure, _svg(title, [], inner, height, [*notes, source], drawn.findtext("desc") or title),
               rows)


def _svg(title: str, above: list[str], body: Markup, height: int, below: list[str], description: str) -> str:
    """Returns a complete SVG: the title, the lines ``above`` the drawing, the drawing (``body``), and the
    lines ``below`` it."""
    lines, y = [], _MARGIN
    for size, texts in ((13, above), (19, [title])):
        for line in (line for text in texts for line in textwrap.wrap(text, _LETTERS * 13 // size)):
            y += _LINE if size == 13 else 25
            lines.append((y, size, line))
    top = y + 12
    y = top + height + 4
    for line in (line for text in below for line in textwrap.wrap(text, _LETTERS + 8)):
        y += 18
        lines.append((y, 12, line))
    return f"{_HTML.standalone(_WIDTH, y + _MARGIN, title, description, _MARGIN, lines, top, body)}\n"


def _tables(page: lxml.html.HtmlElement, source: str) -> Iterator[_Figure]:
    """Yields the tables of counts. A table with one bar in each row also gets an SVG. Folded rows below a
    table belong to the table."""
    for frame in page.find_class("glc-scroll"):
        table = frame.find("table")
        if table is None or not table.find_class("glc-count") or _is_rest(frame):
            continue
        rows = [*_rows(table)]
        after = frame.getnext()
        is_folded = after is not None and after.tag == "details"
        rest = [more for more in (after.xpath("./div[@class='glc-scroll']/table") if is_folded else [])
                if [*_rows(more)][:1] == rows[:1]]
        rows += [row for more in rest for row in [*_rows(more)][1:]]
        yield _below(after if rest else frame), _bars(frame, [table, *rest], source), rows


def _bars(frame: etree._Element, tables: list[etree._Element], source: str) -> str:
    """Returns an SVG with the text of a question and its bars. Returns "" unless the table has exactly one
    bar per row and is below a question."""
    above: dict[str, str] = {}
    for before in frame.itersiblings(preceding=True):
        above.setdefault(before.get("class") or before.tag, _words(before))
        if before.tag in ("h2", "h3"):
            break
    cells = [[*row] for table in tables for row in table.iterfind("tbody/tr")]
    if not above.get("glc-question") or not frame.find_class("glc-track") or any(
            len(row) != 2 or not row[1].find_class("glc-count") for row in cells):
        return ""
    lines, y = [], 0
    for label, count in cells:
        bars = count.xpath(".//*[contains(@class, 'glc-track')]/*/@style")  # none if not shown
        style = dict(re.findall(r"(left|width):(\d+)", "".join(bars)))
        texts = [(x, line, y + 15 * k) for x, text, letters in (
            (_MARGIN, _words(label), _LABEL_LETTERS), (_COUNT, _words(count), _COUNT_LETTERS))
            for k, line in enumerate(textwrap.wrap(text, letters))]
        start, width = (round(_TRACK[1] * int(style.get(name, 0)) / 100) for name in ("left", "width"))
        lines.append((y, _TRACK[0] + start, width, "left" in style, bool(bars), texts))
        y = max(place for _, _, place in texts) + 25
    asked = above["glc-question"]
    title, base = above.get("glc-title", asked), above.get("glc-note", "")
    return _svg(title, [asked] if title != asked else [], _HTML.bars(_TRACK, lines), y, [base, source],
                f"{asked} {base} " + "; ".join(f"{_words(label)}: {_words(count)}" for label, count in cells))


def _is_rest(frame: etree._Element) -> bool:
    """Whether a table holds the folded rows of the table above it."""
    above = frame.getparent()
    before = above.getprevious() if above is not None and above.tag == "details" else None
    return before is not None and "glc-scroll" in (before.get("class") or "")


def _rows(table: etree._Element) -> Iterator[list[str]]:
    for row in table.iter("tr"):
        yield [_words(cell) for cell in row if cell.tag in ("th", "td")]


def _below(element: etree._Element) -> etree._Element:
    """Adds an empty element after ``element``, and returns the new element."""
    place = lxml.html.fragment_fromstring("<div class='glc-take-table'></div>")
    place.tail, element.tail = element.tail, None
    element.addnext(place)
    return place
