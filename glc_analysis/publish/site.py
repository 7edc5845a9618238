"""Makes the site of a run: pages from executed notebooks, downloads and briefs.

A page whose notebook has not changed is taken from the last site. ``glc watch``, which makes many sites,
keeps the converted pages in memory.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache, partial
from html import unescape
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, Protocol

import lxml.html
import pandas as pd
from lxml import etree
from markdown_it import MarkdownIt
from markupsafe import Markup

from glc_analysis.addon import load_declared_objects
from glc_analysis.disclosure.rules import has_capability
from glc_analysis.gate.gate import Gate, SearchedAhead
from glc_analysis.manifest import hash_package_and_lock_file
from glc_analysis.pages.survey import write_audience_and_base_line
from glc_analysis.publish import downloads
from glc_analysis.publish.downloads import collect_tables_to_download
from glc_analysis.run.execute import NOTICE, format_notebook, make_prose_notebook
from glc_analysis.run.plan import NOTEBOOKS, TEAM_GROUP, PageJob, make_run_page_path_without_suffix
from glc_analysis.study import INVENTED, Study
from glc_analysis.tables_html import read_style_sheet
from glc_analysis.templates import Macros, load_template, read_packaged_text
from glc_analysis.text import make_id_from_text as slug_of
from glc_analysis.view.study_view import StudyView

_HTML = Macros(__file__, "site_parts.html")
Call = Callable[..., Any]
"""Takes a function and its arguments, calls the function in this process or in another process, and returns
the result."""


def call_here(function: Callable[..., Any], *arguments: Any) -> Any:
    """Calls a function in this process and returns its result."""
    return function(*arguments)


FIGURES_FOLDER = "figures"
"""The folder of a site in which the files of its figures are."""
_DATA = "glc-data"
"""The class of the HTML elements that contain the data of a figure. These elements are removed from the pages
of a site."""


# ------------------------------
# Turns an executed notebook into the text of a page.
#
# Code is folded, or left out for readers outside the team. Every table scrolls by itself. A heading under
# which nothing was shown is left out, with its explanation.


HEADINGS = tuple(f"h{n}" for n in range(1, 7))


def render_article(notebook: Mapping[str, Any], *, has_code: bool = False,
                   slugs: Collection[str] | None = None) -> etree._Element:
    """Returns the HTML article that is made from the notebook of a page.

    With ``has_code``, the article also has the code of the cells, which is hidden until a reader opens it. A
    link to a page that is not in ``slugs`` becomes plain text, because the first run of a study may have made
    only some of its pages.

    >>> cell = {"cell_type": "markdown", "metadata": {}, "source": "# Peru and its *neighbours*"}
    >>> lxml.html.tostring(render_article({"cells": [cell]}), encoding="unicode")
    '<article><h1 id="peru-and-its-neighbours">Peru and its <em>neighbours</em></h1>\\n</article>'
    """
    parts = _without_empty_sections([part for cell in notebook["cells"] for part in _parts(cell, has_code)])
    page = lxml.html.fragment_fromstring("".join(_with_code(parts)), create_parent="article")
    for style in page.xpath(".//style[@scoped]"):  # of pandas
        style.drop_tree()
    if slugs is not None:
        for link in page.xpath(".//a[@href]"):
            target = re.fullmatch(r"([\w.-]+)\.html(?:#.*)?", link.get("href"))
            if target and target[1] not in slugs:
                link.drop_tag()
    _name_headings(page)
    _finish_tables(page)
    _name_frames(page)
    return page


def list_main_headings(page: etree._Element) -> list[tuple[str, str]]:
    """Returns the headings of level 2 of a page, each as a pair of id and text."""
    return [(heading.get("id"), extract_text_in_one_line(heading)) for heading in page.iter("h2")]


def extract_text_in_one_line(element: etree._Element) -> str:
    """Returns the text inside an HTML element, without line breaks."""
    return " ".join(element.text_content().split())


# ------------------------------
# Cells


@dataclass(frozen=True)
class _Part:
    """A part of a page: a block of text, or the result of a code cell. ``level`` is the level of the heading
    with which the part begins, or 0 if the part does not begin with a heading. ``code`` is the code of the
    cell, or empty if readers of the page may not see code."""

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
        yield _Part(_HTML.warning(source.strip("> *")))
    elif cell["cell_type"] == "markdown":
        yield from _blocks(source)
    elif cell["cell_type"] == "code":
        shown = "".join(map(_output, cell["outputs"]))
        is_blank, heading = _is_blank(shown), _STARTS_WITH_HEADING.match(shown)
        level = int(heading[1]) if heading and not is_blank else 0
        yield _Part(shown, level, is_code=True, is_blank=is_blank, code=source if has_code else "")


def _with_code(parts: Sequence[_Part]) -> Iterator[str]:
    """Yields the parts of a page. At the end of each section, yields the code of the section's results, which
    is hidden until a reader opens it.

    The code of a cell without a result is put with the code of the next result. Code after the last result of
    the page is left out.

    >>> parts = [_Part("", is_code=True, is_blank=True, code="n = 1"), _Part("one", is_code=True, code="n"),
    ...          _Part("two", is_code=True, code="m"), _Part("<h2>Next</h2>", 2)]
    >>> print("".join(_with_code(parts)).replace("<h2>", "\\n<h2>"))
    onetwo<details class="glc-code"><summary>How this was made</summary><pre><code>n = 1
    <BLANKLINE>
    n
    <BLANKLINE>
    m</code></pre></details>
    <h2>Next</h2>
    """
    waiting, shown = [], []
    for part in [*parts, _Part("", 1)]:
        if part.level and shown:
            yield _HTML.code("\n\n".join(shown))
            shown = []
        yield part.html
        waiting += [part.code] if part.code.strip() else []
        if part.is_code and not part.is_blank:
            shown, waiting = [*shown, *waiting], []


def _blocks(source: str) -> Iterator[_Part]:
    """Yields the blocks of a text in Markdown; any HTML in the text is shown as plain text."""
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
    """Returns the parts of a page without those sections that have code cells but no result. A cell whose
    result begins with a heading begins a new section.

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
"""The pattern of an output that is only a style sheet. Such an output is left out, because the site has one
style sheet for all pages."""
_OBJECT = re.compile(r"<[A-Za-z_][\w.]*[ :(].*>|<[A-Za-z_][\w.]*>", re.DOTALL)
"""The pattern of the text that Python prints for an object without a readable form, such as the axes of a
figure."""


_FORMS = ("text/html", "text/markdown", "image/svg+xml", "image/png", "text/plain")


def _is_blank(html: str) -> bool:
    """Whether HTML contains no text, no picture and no table; a heading does not count as text.

    >>> _is_blank("<h3>Needs</h3>\\n<p> </p>"), _is_blank("<p>1 of 4</p>")
    (True, False)
    """
    return not _SHOWN_WITHOUT_TEXT.search(html) and not _NOT_TEXT.sub("", html).strip()


def _output(output: Mapping[str, Any]) -> str:
    """Returns an output of a cell as HTML. If the output has several forms, the first of these is used: HTML,
    Markdown, SVG, PNG, plain text."""
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
    """Returns the HTML for a picture that this package did not draw; the package's own figures are already
    HTML. The description inside an SVG picture becomes the picture's alternative text."""
    described = _DESCRIPTION.search(said)
    alt = described[1] if described else "Picture without a description"
    return _HTML.picture(kind, content, unescape(alt))


def _plain(text: str) -> str:
    return _HTML.printed(text) if text.strip() else ""


# ------------------------------
# Headings and tables


def _name_headings(page: etree._Element) -> None:
    """Gives every heading without an id an id that is made from the words of the heading. Links and the table
    of contents use these ids."""
    taken = set(page.xpath(".//@id"))
    for heading in page.iter(*HEADINGS):
        if not heading.get("id"):
            wanted = name = slug_of(extract_text_in_one_line(heading)).replace("_", "-").replace(".", "-")
            count = 1
            while name in taken:
                count += 1
                name = f"{wanted}-{count}"
            heading.set("id", name)
            taken.add(name)


_NUMBER = re.compile(r"[-+\N{MINUS SIGN}]?[\d.,\N{NARROW NO-BREAK SPACE}]+ ?%?|NaN|<NA>|")


def _finish_tables(page: etree._Element) -> None:
    """Gives every table the style of the site, and puts it into a frame that scrolls independently of the
    page."""
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
    """Makes every frame that may be wider than the page (a frame with a table or a wide figure) scrollable by
    keyboard, and gives the frame a name of its own for screen readers."""
    heading, numbers = "Table", Counter()
    for element in page.iter("div", *HEADINGS):
        if element.tag in HEADINGS:
            heading = extract_text_in_one_line(element)
        elif "glc-scroll" in _classes(element) and element.xpath(_WIDE):
            titles = element.xpath(".//caption | ../figcaption/*[contains(@class, 'glc-title')]")
            label = extract_text_in_one_line(titles[0]) if titles else heading
            numbers[label] += 1
            number = f" ({numbers[label]})" if numbers[label] > 1 else ""
            asked = {"tabindex": "0", "role": "region", "aria-label": label + number}
            element.attrib.update(asked | dict(element.attrib))


def _classes(element: etree._Element) -> list[str]:
    return element.get("class", "").split()


_ID = re.compile(r"[a-z]+(?:_[a-z]+)+")


def _readable(text: str) -> str:
    """Returns a text of small letters with underscores, such as the name of a column, in the form in which a
    reader would write it; any other text is returned unchanged.

    >>> _readable("coder_id"), _readable("service_provider"), _readable("glc_2016"), _readable("Yes")
    ('coder', 'service provider', 'glc_2016', 'Yes')
    """
    return text.removesuffix("_id").replace("_", " ") if _ID.fullmatch(text) else text


def _style_table(table: etree._Element) -> None:
    """Gives a table that was made by pandas or Markdown the style of the package's own tables, with columns
    of numbers aligned to the right."""
    table.set("class", " ".join([*_classes(table), "glc"]))
    table.attrib.pop("border", None)
    rows = [[cell for cell in row if cell.tag in ("th", "td")] for row in table.iter("tr")]
    for cell in (cell for row in rows for cell in row if len(cell) == 0):
        cell.text = _readable(cell.text or "")
    for row in table.iter("tr"):
        row.attrib.pop("style", None)
    if len({*map(len, rows)}) != 1:
        return
    body = [row for row in rows if any(cell.tag == "td" for cell in row)]
    for n in range(len(rows[0])) if body else ():
        if all(row[n].tag == "td" and _NUMBER.fullmatch(extract_text_in_one_line(row[n])) for row in body):
            for row in rows:
                row[n].set("class", " ".join([*_classes(row[n]), "number"]))


# ------------------------------
# Pages.


_MARKS = {"team": "Internal: team only", "convening": "For the convening only", "public": ""}
STYLE_FILE = "style.css"


def build_site(run_dir: Path, pages: Sequence[PageJob], *, title: str, audience: str, synthetic: bool,
               outdated_slugs: Collection[str] = (), facts: str = "", print_folded: bool = False,
               earlier_figures: Path | None = None, languages: Sequence[SiteLanguages] = (),
               call: Call = call_here) -> None:
    """Makes the site in ``run_dir/site`` from the notebooks in ``run_dir/notebooks``. The same notebooks
    always give a site with the same bytes.

    Every page is also made in each of the ``languages``. ``outdated_slugs`` has the slugs of pages that are
    out of date; the navigation marks these pages. ``facts`` is a text that is printed on every page. With
    ``print_folded``, the parts that are folded on the screen are printed in full on paper.
    ``earlier_figures`` is a folder with the figures of an earlier site that the same version of the package
    made. ``call`` calls a function that draws pictures, in another process if possible.
    """
    site = run_dir / "site"
    site.mkdir(exist_ok=True)
    frame = {
        "title": title, "facts": facts, "print_folded": print_folded, "style": "",
        "banner": _banner(audience, synthetic), "navigation": make_page_menu(pages, outdated_slugs)}
    articles, wholes, earlier_sites = {}, {}, {}
    titles = {page.slug: page.title for page in pages}
    last = dict(_made)
    _made.clear()
    shared = _Shared(audience, frozenset(titles), _figure_source(title, audience, synthetic, facts), frame)
    for page in pages:
        made = shared.convert_page(run_dir, page.slug, earlier_figures, call, last)
        _write_figures(site, made.figures)
        for slug, part in made.parts:
            articles[slug], wholes[slug], earlier_sites[slug] = deepcopy(part), page.slug, made.taken_from

    def read_earlier(slug: str, name: str) -> str | None:
        earlier = earlier_sites[slug]
        return earlier.read_file(name) if earlier else None

    additions = [make_addition(articles, read_earlier=read_earlier)
                 for make_addition in load_declared_objects("site_addition")]
    frame["additions"] = additions
    shared.homes |= _homes(articles, wholes)
    _follow_parts(articles, wholes, shared.homes)
    shown = {slug: (text, titles[wholes[slug]], wholes[slug]) for slug, text in articles.items()}
    if "index" not in titles:
        start = lxml.html.fragment_fromstring(_HTML.heading(title), create_parent="article")
        shown["index"] = start, title, "index"
    for addition in additions:
        added = lxml.html.fragment_fromstring(addition.page, create_parent="article")
        shown[addition.slug] = added, addition.title, addition.slug
        write_files(site, addition)

    def render(slug: str, switch: Markup) -> str:
        return _page(*shown[slug], frame | {"switch": switch})

    for slug in shown:
        shared.switches[slug] = Markup("").join(made.render_all_language_links(slug) for made in languages)
        write_site_text_reproducibly(site / f"{slug}.html", render(slug, shared.switches[slug]))
    running = " · ".join(filter(None, [_MARKS[audience], "Invented sample data" * synthetic, title]))
    write_site_text_reproducibly(site / STYLE_FILE, f"{_style()}{_running_foot(running)}\n")
    for made in languages:
        made.write_translated_pages(site, [*shown], render, additions)
    _last_shared[run_dir.parent] = shared


def _banner(audience: str, is_invented: bool) -> str:
    """Returns the line at the head of every page: whether the data are invented, and for whom the page is."""
    mark = _MARKS[audience]
    return " ".join([INVENTED] * is_invented + [f"{mark}."] * bool(mark))


def _figure_source(title: str, audience: str, is_invented: bool, facts: str) -> str:
    """Returns the text about the study that is printed as the source in the file of each figure."""
    return f"{_banner(audience, is_invented)} {title}. {facts}".strip()


def render_with_remembered_site_menu(run_dir: Path, page: PageJob, earlier_figures: Path | None = None,
                                     call: Call = call_here) -> dict[str, str]:
    """Returns the HTML of each part of a finished page of a run, keyed by the slug of the part. The menu and
    the header are those of the last site that this process made for the same audience; the result is empty if
    this process has made no such site."""
    if (shared := _last_shared.get(run_dir.parent)) is None:
        return {}
    made = shared.convert_page(run_dir, page.slug, earlier_figures, call, _made)
    articles = {slug: deepcopy(part) for slug, part in made.parts}
    wholes = dict.fromkeys(articles, page.slug)
    _follow_parts(articles, wholes, shared.homes | _homes(articles, wholes))
    return {slug: _page(text, page.title, page.slug,
                        shared.frame | {"switch": shared.switches.get(slug, Markup())})
            for slug, text in articles.items()}


@dataclass
class _Shared:
    """What all pages of a site have in common:

    - ``slugs``: the slugs of all pages.
    - ``source``: the text about the study that is printed as the source in the file of each figure.
    - ``frame``: the variables of the template from which the pages are made.
    - ``homes``: the part of a page in which each anchor is found (:func:`_homes`).
    - ``switches``: the links from each page to the same page in other languages.
    - ``key``: a digest of everything from which pages are made, except their notebooks.
    - ``last``: the last site, if its pages were made in the same way.
    """

    audience: str
    slugs: frozenset[str]
    source: str
    frame: dict[str, Any] = field(default_factory=dict)
    homes: dict[tuple[str, str], str] = field(default_factory=dict)
    switches: dict[str, Markup] = field(default_factory=dict)
    key: str = ""
    last: _LastSite | None = None

    def convert_page(self, run_dir: Path, slug: str, drawn: Path | None, call: Call,
                     last: Mapping[Any, _Made]) -> _Made:
        """Returns the converted notebook of a page. The notebook is not converted again if ``last`` or the
        last site already has the result."""
        notebook = (run_dir / "notebooks" / f"{slug}.ipynb").read_text(encoding="utf-8")
        made_from = slug, notebook, has_capability(self.audience, "code"), self.slugs, self.source
        taken = self.last.take_page(slug, notebook) if self.last and made_from not in last else None
        made = _made[made_from] = last.get(made_from) or taken or _make(*made_from, drawn, call)
        return made


@dataclass(frozen=True)
class _LastSite:
    """The site of the last run, in ``run_dir/site``, from which unchanged pages are taken. ``slugs`` has the
    slugs of all pages, and ``is_undamaged`` says whether a file is as the last run wrote it."""

    run_dir: Path
    slugs: frozenset[str]
    is_undamaged: Callable[[Path], bool]

    def take_page(self, slug: str, notebook: str) -> _Made | None:
        """Returns a converted page, if the last site made the page from the same ``notebook``. Returns None
        for a page that was divided, and for a page with a link to a part of a divided page, because this
        site may divide the page in other places."""
        earlier = self.run_dir / "notebooks" / f"{slug}.ipynb"
        page = self.run_dir / "site" / f"{slug}.html"
        if not (earlier.is_file() and earlier.read_bytes() == notebook.encode("utf-8")
                and self.is_undamaged(page)):
            return None
        html = page.read_bytes().decode("utf-8")  # as bytes, so that no line end is changed
        content = html[html.find("<article>"):html.rfind("</article>") + len("</article>")]
        article = lxml.html.fragment_fromstring(content)
        links = [*map(str, article.xpath(".//a/@href"))]
        figures = {link.rpartition("/")[2]: page.parent / link for link in links
                   if link.startswith(f"{FIGURES_FOLDER}/")}
        # A slug with letters that HTML writes as %C3%A9 is not among the slugs, so that its page is left out.
        pages = {found[1] for found in map(_PAGE_LINK.fullmatch, links) if found}
        is_same = etree.tostring(article, encoding="unicode", method="html") == content
        if not (is_same and pages <= self.slugs and all(map(self.is_undamaged, figures.values()))):
            return None
        return _Made([(slug, article)], {name: path.read_bytes() for name, path in figures.items()}, self)

    def read_file(self, name: str) -> str | None:
        """Returns the text of a file of the last site; None if the file is not as the last run wrote it."""
        path = self.run_dir / "site" / name
        return path.read_bytes().decode("utf-8") if self.is_undamaged(path) else None


_PAGE_LINK = re.compile(r"([^/:?#]+)\.html(?:#.*)?")
"""The pattern of a link to a page of the same site."""


_last_shared: dict[Path, _Shared] = {}
"""The object :class:`_Shared` of the last site for each audience, keyed by the folder of the audience's
runs."""


def write_files(folder: Path, addition: SiteAddition) -> None:
    """Writes the files that an add-on adds to a site into ``folder``."""
    for name, content in addition.files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        write_site_text_reproducibly(folder / name, content)


class SiteAddition(NamedTuple):
    """Holds what an add-on adds to the pages of a site in one language.

    - ``slug``, ``title``, ``page``: the slug, the title and the HTML of an added page, which is the only page
      of the site that may run scripts.
    - ``files``: the texts of further files, keyed by the path of the file in the site's folder.
    - ``head``: HTML that is added to the head of every page.
    """

    slug: str
    title: str
    page: str
    files: Mapping[str, str]
    head: Markup


class SiteLanguages(Protocol):
    """The interface of an add-on that makes the pages of a site in other languages."""

    def render_all_language_links(self, slug: str) -> Markup:
        """Returns the links from an English page to the same page in other languages."""

    def write_translated_pages(self, site: Path, slugs: Collection[str], render: Callable[[str, Markup], str],
                               additions: Collection[SiteAddition]) -> None:
        """Writes the translated pages into folders inside the site. A translated page is made from an English
        page, which the function ``render`` returns. The arguments of ``render`` are the slug of the page, and
        the page's links from :meth:`render_all_language_links`."""


@dataclass(frozen=True)
class _Made:
    """The result of converting the notebook of a page: the parts of the page, and the files of its figures.
    ``taken_from`` is the site from which the page was taken, or None if the notebook was converted."""

    parts: list[tuple[str, etree._Element]]
    figures: Mapping[str, str | bytes]
    taken_from: _LastSite | None = None


_made: dict[tuple[str, str, bool, frozenset[str], str], _Made] = {}
"""The converted pages of the last site that this process made, and the pages that are already converted for
the next site. The key of a page has the inputs from which the page was made. The pages are kept so that `glc
watch` converts only changed pages again."""


def _make(slug: str, notebook: str, has_code: bool, slugs: frozenset[str], source: str,
          drawn: Path | None, call: Call) -> _Made:
    page = render_article(json.loads(notebook), has_code=has_code, slugs=slugs)
    files = {name: content for take_files in load_declared_objects("page_files")
             for name, content in take_files(page, slug, source, drawn, call).items()}
    for data in page.find_class(_DATA):
        data.drop_tree()
    return _Made(split_page(page, slug), files)


def _write_figures(site: Path, figures: Mapping[str, str | bytes]) -> None:
    for name, content in figures.items():
        (site / FIGURES_FOLDER).mkdir(exist_ok=True)
        path = site / FIGURES_FOLDER / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))


MOST_BYTES = 130_000
"""The largest number of bytes of a page, not counting the menu. A longer page is divided into several pages,
between its sections or questions."""


def split_page(page: etree._Element, slug: str, most: int = MOST_BYTES) -> list[tuple[str, etree._Element]]:
    """Returns a page or, if the page has more than ``most`` bytes, its parts in order, each with its slug.

    The slugs of the parts are ``survey``, ``survey-2`` and so on. A page is divided only before the heading
    of a section or question. Each part has links to the other parts of the page.

    >>> long = lxml.html.fromstring("<article><h1>A</h1><h2>B</h2><h2>C</h2></article>")
    >>> [(slug, extract_text_in_one_line(part)) for slug, part in split_page(long, "a", most=25)]
    [('a', 'APart 1: B Part 2: C B'), ('a-2', 'APart 1: B Part 2: C C')]
    """
    sizes = [len(etree.tostring(block, encoding="utf-8")) for block in page]
    if sum(sizes) <= most:
        return [(slug, page)]
    parts: list[list[etree._Element]] = [[]]
    used, has_heading = 0, False
    for block, size in zip(page, sizes, strict=True):
        is_start = block.tag in ("h2", "h3")
        if is_start and has_heading and used + size + _section_size(block, sizes, page) > most:
            parts.append([])
            used = 0
        has_heading |= is_start
        parts[-1].append(block)
        used += size
    slugs = [slug if n == 0 else f"{slug}-{n + 1}" for n in range(len(parts))]
    starts = [next((extract_text_in_one_line(block) for block in part if block.tag in ("h2", "h3")), "")
              for part in parts]
    title = next((extract_text_in_one_line(block) for block in page if block.tag == "h1"), "")
    made = []
    for n, (own, part) in enumerate(zip(slugs, parts, strict=True)):
        links = [(f"{other}.html", start, other == own) for other, start in zip(slugs, starts, strict=True)]
        text = lxml.html.fragment_fromstring("", create_parent="article")
        head = lxml.html.fragments_fromstring(_HTML.parts(title if n else "", links))
        # On the first part what stands before its first heading comes first.
        at = next(place for place, block in enumerate(part) if block.tag in ("h2", "h3")) if n == 0 else 0
        text.extend([*part[:at], *head, *part[at:]])
        made.append((own, text))
    return made


def _section_size(start: etree._Element, sizes: Sequence[int], page: etree._Element) -> int:
    """Returns the number of bytes between a heading and the next heading of level 2 or 3."""
    at, total = page.index(start) + 1, 0
    while at < len(page) and page[at].tag not in ("h2", "h3"):
        total += sizes[at]
        at += 1
    return total


def _homes(articles: Mapping[str, etree._Element], wholes: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Returns, for each anchor, the slug of the part of a page that contains the anchor. The keys are pairs:
    the slug of the whole page, and the anchor. ``wholes`` maps the slug of each part to the slug of the whole
    page."""
    return {(wholes[slug], place): slug for slug, page in articles.items() for place in page.xpath(".//@id")}


def _follow_parts(articles: Mapping[str, etree._Element], wholes: Mapping[str, str],
                  homes: Mapping[tuple[str, str], str]) -> None:
    """Changes every link so that it leads to the part of a page in which its target is found
    (:func:`_homes`)."""
    for slug, page in articles.items():
        for link in page.xpath(".//a[contains(@href, '#')]"):
            target, _, place = link.get("href").rpartition("#")
            home = homes.get((target.removesuffix(".html") or wholes[slug], place))
            if home:
                link.set("href", f"#{place}" if home == slug else f"{home}.html#{place}")


_MENU = ("Themes", "Countries", "", TEAM_GROUP)
"""The groups of pages that come last in the menu, in the order of the menu. The overview comes first in the
menu; the groups for the pages of add-ons and of a study's own notebooks come between the overview and these
groups."""
_STUDY_GROUP = "The study"
"""The menu heading for pages without a group, such as survey, methods and downloads."""
_Links = list[tuple[str, str, bool]]


def make_page_menu(pages: Sequence[PageJob],
                   outdated_slugs: Collection[str]) -> list[tuple[str, list[tuple[str, _Links]]]]:
    """Returns the menu of a site as nested lists. A group of pages, such as Countries, has parts, such as
    Asia. A part has pages, each with its slug, its title and whether it is out of date. If a part has a name,
    the links to its pages are in a list that readers can open and close.

    >>> jobs = [PageJob("index", "Overview", Path(), {}, ""), PageJob("survey", "Survey", Path(), {}, ""),
    ...         PageJob("country-khm", "Cambodia", Path(), {}, "", "Countries", "Asia")]
    >>> make_page_menu(jobs, ())[1:]
    [('Countries', [('Asia', [('country-khm', 'Cambodia', False)])]),
     ('The study', [('', [('survey', 'Survey', False)])])]
    """
    own = dict.fromkeys(page.group for page in pages if page.group not in _MENU)
    groups = [("", [page for page in pages if page.slug == "index"])]
    groups += [(group or _STUDY_GROUP, [page for page in pages
                                        if page.group == group and page.slug != "index"])
               for group in (*own, *_MENU)]
    return [(group, [(part, [(page.slug, page.title, page.slug in outdated_slugs) for page in own])
                     for part, own in _by_part(listed)]) for group, listed in groups if listed]


def _by_part(pages: Sequence[PageJob]) -> Iterator[tuple[str, list[PageJob]]]:
    """Yields the pages that belong to no part, and then the pages of each part, sorted by the name of the
    part."""
    for part, listed in groupby(sorted(pages, key=lambda page: page.part), key=lambda page: page.part):
        yield part, [*listed]


def write_standalone(executed_notebook: Path, study: Study, *, title: str) -> Path:
    """Writes an executed notebook as one HTML file next to the notebook; the file has no code or scripts and
    needs no network."""
    content = json.loads(executed_notebook.read_text(encoding="utf-8"))
    mark = " ".join([INVENTED] * study.is_synthetic + [f"For {title} alone. {study.title}"])
    frame = {"title": study.title, "facts": "", "print_folded": False, "banner": mark, "navigation": [],
             "switch": "", "additions": [], "style": _style()}
    path = executed_notebook.with_suffix(".html")
    write_site_text_reproducibly(path, _page(render_article(content, slugs=()), title, "", frame))
    return path


def _page(text: etree._Element, title: str, slug: str, frame: Mapping[str, Any]) -> str:
    content = etree.tostring(text, encoding="unicode", method="html")
    return load_template(__file__, "page.html").render(
        frame, page_title=title, slug=slug, content=content, outline=list_main_headings(text),
        render_menu_part=_render_menu_part)


def _render_menu_part(part: str, links: _Links, slug: str) -> Markup:
    """Returns a part of the menu as the page ``slug`` shows it."""
    is_here = any(own == slug for own, _, _ in links)
    return _render_menu_part_once(part, tuple(links), slug if is_here else "")


@lru_cache(maxsize=100)
def _render_menu_part_once(part: str, links: tuple[tuple[str, str, bool], ...], slug: str) -> Markup:
    """Returns a part of the menu as the page ``slug`` shows it, or, with a blank slug, as all pages show it
    whose own link is in another part."""
    return _HTML.menu_part(part, links, slug)


def _style() -> str:
    return read_style_sheet() + read_packaged_text(__file__, "site.css")


def _running_foot(text: str) -> str:
    """Returns the CSS rule that prints ``text``, which names the audience, at the foot of every sheet of
    paper. The rule is needed because the banner that names the audience is only on the first sheet.

    >>> print(_running_foot('The "five" <questions>'))
    @media print { @page { @bottom-left { content: "The \\22 five\\22  \\3c questions>"; } } }
    """
    content = re.sub(r'["\\<\n]', lambda found: f"\\{ord(found[0]):x} ", text)
    return f'@media print {{ @page {{ @bottom-left {{ content: "{content}"; }} }} }}'


def write_site_text_reproducibly(path: Path, text: str) -> None:
    """Writes a text file of a site, with the same bytes on every machine."""
    path.write_text(text, encoding="utf-8", newline="\n")


def render_page_parts_ahead(study: Study, audience: str, run_dir: Path, page: PageJob,
                            last_run: Path | None, call: Call | None) -> dict[str, str]:
    """Returns the HTML of each part of a finished page, keyed by slug, before the site is made
    (:func:`render_with_remembered_site_menu`). The result is empty if the gate does not let the page pass."""
    drawn = last_run / "site" / FIGURES_FOLDER if last_run else None
    parts = render_with_remembered_site_menu(run_dir, page, drawn, call or call_here)
    with TemporaryDirectory(dir=run_dir, prefix=".ahead-") as folder:
        files = [Path(folder, f"{slug}.html") for slug in parts]
        for path, html in zip(files, parts.values(), strict=True):
            write_site_text_reproducibly(path, html)
        return parts if Gate(study, audience).passes(files, Path(folder)) else {}


# ------------------------------
# Makes the site of a run, and with it the tables to download and the briefs as files.
#
# What needs no notebook is made while the notebooks run. The gate must pass the finished folder.


@dataclass(frozen=True)
class _Preparation:
    """The parts of a site that are made without a notebook: the tables to download, the pages of text and
    tables, and the facts in the header of every page."""

    frames: Mapping[str, pd.DataFrame]
    pages: list[PageJob]
    facts: str


class Assembly:
    """Makes the site of the run in ``folder``, with its downloads and briefs.

    - ``pages``: all pages of the run;
    - ``kept``: the slugs of the pages whose notebooks are finished already;
    - ``keys``: the key of each page of the run, keyed by slug;
    - ``last_run``: the folder of the previous run, and ``last_site_key``: the ``site_key`` of its site;
    - ``call``: calls a function that draws pictures or writes files, in another process if possible.

    Two threads start immediately. The first makes the parts of the site that need no notebook, and then lets
    the gate search finished notebooks; the second converts finished notebooks. A third thread makes the
    downloads, which are written and searched in another process if possible; it starts with
    :meth:`start_downloads`."""

    def __init__(self, study: Study, audience: str, folder: Path, pages: Sequence[PageJob],
                 kept: Sequence[str], keys: Mapping[str, str], last_run: Path | None,
                 last_site_key: str = "", call: Call | None = None) -> None:
        self._last_site_key = last_site_key
        self._study, self._audience, self._folder, self._last_run = study, audience, folder, last_run
        self._call = call or call_here
        self._slugs = frozenset(page.slug for page in pages if not page.organisation)
        # A page is kept only if the package is the one that made it: so are then the figures of its site.
        self._drawn = last_run / "site" / FIGURES_FOLDER if last_run and keys else None
        self._searching, self._converting, self._writing = (ThreadPoolExecutor(1) for _ in range(3))
        self._is_closed = False
        self._preparation = self._searching.submit(self._prepare, keys)
        self._gate = Gate(study, audience)
        self._ahead = [self._converting.submit(self._convert, slug) for slug in kept if slug in self._slugs]

    def start_downloads(self) -> None:
        """Starts to make the downloads, unless they were started already. A run calls this method when its
        first page is made and nobody waits for a page, so that the downloads are not left at the end."""
        _ = self._downloads

    @cached_property
    def _downloads(self) -> Future[SearchedAhead]:
        return self._writing.submit(self._write_and_search_downloads)

    def make_site_and_gate_to_pass(self, pages: Sequence[PageJob], outdated_slugs: Collection[str],
                                   print_folded: bool) -> Gate:
        """Makes the site, and returns the gate that the site must pass. ``outdated_slugs`` has the slugs of
        the pages that are out of date. With ``print_folded``, the parts that are folded on the screen are
        printed in full on paper."""
        self.start_downloads()
        study, folder, preparation = self._study, self._folder, self._preparation.result()
        for finished in self._ahead:
            finished.result()
        briefs = [(page, folder / f"{make_run_page_path_without_suffix(page.slug, page.parameters)}.ipynb")
               for page in pages if page.organisation]
        build_site(
            folder, [*(page for page in pages if not page.organisation), *preparation.pages],
            title=study.title, audience=self._audience, synthetic=study.is_synthetic,
            outdated_slugs=outdated_slugs,
            facts=preparation.facts, print_folded=print_folded, earlier_figures=self._drawn, call=self._call,
            languages=[make(study, self._audience) for make in load_declared_objects("site_languages")])
        for write in load_declared_objects("runs",
                                           "site") if preparation.facts else ():  # where anything is built
            write(study, self._audience, folder / "site")
        for page, path in briefs:
            write_standalone(path, study, title=page.title)
        # Searched while the downloads, which have a folder of their own, are still being made.
        self._gate.search_ahead(sorted(path for path in (folder / "site").rglob("*.*")
                                       if path.parent.name != downloads.DOWNLOADS_FOLDER), folder)
        return Gate(study, self._audience, [(page.organisation, path) for page, path in briefs],
                    [self._gate.searched_ahead, self._downloads.result()])

    def search_and_convert_notebook_ahead(self, notebook: Path) -> None:
        """Lets the gate search a finished notebook that is for the whole audience, and converts the notebook,
        while other notebooks are being executed."""
        self._ahead += [self._searching.submit(self._search, notebook),
                        self._converting.submit(self._convert, notebook.stem)]

    def close(self) -> None:
        """Ends the threads that make parts of the site, after their current steps."""
        self._is_closed = True
        for threads in (self._searching, self._converting, self._writing):
            threads.shutdown(cancel_futures=True)

    def _prepare(self, keys: Mapping[str, str]) -> _Preparation:
        frames = collect_tables_to_download(self._study, self._audience)
        pages = [_page_job(self._folder, *page) for page in self._texts(frames, keys)]
        facts = write_audience_and_base_line(StudyView(self._study, self._audience)) if frames else ""
        return _Preparation(frames, pages, facts)

    def _write_and_search_downloads(self) -> SearchedAhead:
        frames, gate = self._preparation.result().frames, Gate(self._study, self._audience)
        self._check_open()
        if not frames:
            return gate.searched_ahead
        texts = downloads.make_software_texts(self._study, frames, self._audience)
        self._check_open()
        gate.prepare_search_terms()  # here, where the reference tables are in memory
        self._check_open()
        return self._call(write_and_search_downloads, gate, self._folder, frames, texts)

    def _search(self, notebook: Path) -> None:
        self._check_open()
        self._gate.search_ahead([notebook], self._folder)

    def _convert(self, slug: str) -> None:
        """Converts the notebook of a page, so that it is already converted when the site is made."""
        shared = self._shared
        self._check_open()
        shared.convert_page(self._folder, slug, self._drawn, self._call, _made)

    @cached_property
    def _shared(self) -> _Shared:
        study, preparation = self._study, self._preparation.result()
        shared = _Shared(self._audience, self._slugs | {page.slug for page in preparation.pages},
                         _figure_source(study.title, self._audience, study.is_synthetic, preparation.facts))
        made_from = [hash_package_and_lock_file(), shared.audience, sorted(shared.slugs), shared.source]
        shared.key = f"h{self._study.digests.hash_value(made_from)[:11]}"
        if self._last_run and self._last_site_key == shared.key:
            shared.last = _LastSite(self._last_run, shared.slugs,
                                    partial(self._gate.is_as_in_last_run, root=self._last_run))
        return shared

    @property
    def site_key(self) -> str:
        """A digest of everything from which the pages of this site are made, except their notebooks."""
        return self._shared.key

    def _check_open(self) -> None:
        if self._is_closed:
            raise CancelledError

    def _texts(self, frames: Mapping, keys: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
        """Yields slug, title, menu group and texts of each page that is made without a notebook."""
        if frames:
            yield "downloads", "Downloads", "", *downloads.make_downloads_page_texts(self._study, frames)
            yield "dictionary", "Dictionary", "", *downloads.make_dictionary_page_texts(frames)
        for pages in load_declared_objects("runs", "pages"):
            yield from pages(self._study, self._audience, self._last_run, keys)


def write_and_search_downloads(gate: Gate, folder: Path, frames: Mapping[str, pd.DataFrame],
                               texts: Mapping[str, str]) -> SearchedAhead:
    """Writes the tables ``frames`` and the files for other software (``texts``) into the run in ``folder``,
    and lets the gate search all these files. Returns the files that passed."""
    tables = folder / "site" / downloads.DOWNLOADS_FOLDER
    downloads.write_downloads(tables, frames, texts)
    gate.search_ahead(sorted(tables.iterdir()), folder)
    return gate.searched_ahead


def _page_job(folder: Path, slug: str, title: str, group: str, *texts: str) -> PageJob:
    path = folder / f"{make_run_page_path_without_suffix(slug, {})}.ipynb"
    path.parent.mkdir(exist_ok=True)  # a run of one brief has no other folder
    path.write_text(format_notebook(make_prose_notebook(*texts)), encoding="utf-8", newline="\n")
    return PageJob(slug, title, NOTEBOOKS, {}, "", group)
