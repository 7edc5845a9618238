"""Makes the site of a run: executed notebooks become pages that open from their folder, without a network.

An unchanged page is copied from the last site. Sphinx makes the others, in a process of its own. The search
index holds only text that is printed on a page.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from filecmp import cmp
from functools import cache
from html import escape
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import lxml.html
import tinycss2
from lxml import etree
from tinycss2.ast import Node

from glc_analysis.errors import GLCError
from glc_analysis.files import hard_link
from glc_analysis.manifest import checksum, package_hash, value_hash
from glc_analysis.run.execute import NOTICE, REPRODUCIBLE_ENV
from glc_analysis.run.plan import PageJob
from glc_analysis.study import Study

# ------------------------------
# Style sheets, without the rules that no page uses: over a slow connection they are loaded first


_NESTED = ("media", "supports")


def prune_styles(site: Path) -> None:
    """Rewrites every style sheet of a site, one rule a line, without unused rules.

    A rule is kept if all classes of one of its selectors occur anywhere in a page or a script, since scripts
    set classes too. Comments are removed, except notices of licences.
    """
    texts = (path.read_text(encoding="utf-8") for kind in ("html", "js") for path in site.rglob(f"*.{kind}"))
    words = {word for text in texts for word in re.findall(r"[\w-]+", text, re.ASCII)}
    for path in site.rglob("*.css"):
        rules = _parse(path.read_text(encoding="utf-8"))
        path.write_text("\n".join([*_kept_rules(rules, words), ""]), encoding="utf-8", newline="\n")


def parse_ahead() -> None:
    """Parses the style sheets of the theme before the site is made: this takes nearly all the time."""
    theme = find_spec("pydata_sphinx_theme").submodule_search_locations[0]
    for path in sorted(Path(theme).rglob("*.css")):
        _parse(path.read_text(encoding="utf-8"))


@cache
def _parse(sheet: str) -> list[Node]:
    return tinycss2.parse_stylesheet(sheet, skip_whitespace=True)


def _kept_rules(rules: Iterable[Node], words: Collection[str]) -> Iterator[str]:
    """The rules to keep, unchanged.

    >>> sheet = ".a .b,.c{x:1}.d{y:2}@media print{.d{z:3}.a{z:4}}/*! MIT *//* a note */"
    >>> [*_kept_rules(tinycss2.parse_stylesheet(sheet), {"a", "c"})]
    ['.a .b,.c{x:1}', '@media print{', '.a{z:4}', '}', '/*! MIT */']
    """
    for rule in rules:
        if rule.type == "comment":
            yield from [rule.serialize()] * rule.value.startswith("!")
        elif rule.type == "qualified-rule":
            yield from [rule.serialize()] * _is_used(rule.prelude, words)
        elif rule.type == "at-rule" and rule.content is not None and rule.lower_at_keyword in _NESTED:
            inner = [*_kept_rules(tinycss2.parse_rule_list(rule.content, skip_whitespace=True), words)]
            head = f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{"
            yield from [head, *inner, "}"] if inner else []
        elif rule.type != "whitespace":
            yield rule.serialize()


def _is_used(prelude: Iterable[Node], words: Collection[str]) -> bool:
    """Whether all classes of one of the selectors are among the words, apart from those in brackets."""
    selectors: list[list[Node]] = [[]]
    for node in prelude:
        if node == ",":
            selectors.append([])
        else:
            selectors[-1].append(node)
    return any(all(name.value in words for dot, name in zip(one, one[1:], strict=False)
                   if dot == "." and name.type == "ident") for one in selectors)


# ------------------------------
# A page as a single file: without site, script or network


_STYLE = Path(__file__).with_name("standalone.css")


def write_standalone(notebook: Path, study: Study, *, title: str) -> Path:
    """Writes an executed notebook as an HTML file next to it, without code, readable for its owner only."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    path = notebook.with_suffix(".html")
    path.touch(mode=0o600)
    path.write_text(_page(content, study, title), encoding="utf-8", newline="\n")
    return path


def _page(notebook: dict[str, Any], study: Study, title: str) -> str:
    from markdown_it import MarkdownIt

    prose = MarkdownIt("commonmark", {"html": False})
    parts = [prose.render(cell["source"]) if cell["cell_type"] == "markdown" else "".join(_outputs(cell))
             for cell in notebook["cells"] if "remove-cell" not in cell["metadata"].get("tags", [])]
    mark = " ".join([INVENTED] * study.is_synthetic + [f"For {title} alone. {study.title}"])
    return ('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content='
            f'"width=device-width, initial-scale=1"><title>{escape(title)}</title><style>'
            f'{_STYLE.read_text(encoding="utf-8")}</style></head><body><header>{escape(mark)}</header>'
            f'<main>{"".join(parts)}</main></body></html>\n')


def _outputs(cell: dict[str, Any]) -> list[str]:
    """What the cell shows as HTML."""
    return ["".join(output["data"]["text/html"]) for output in cell["outputs"]
            if "text/html" in output.get("data", {})]


# ------------------------------
# The search index: the text of all pages, which a script reads from the folder.
#
# Text is not split into words, so that the search works in scripts without spaces. ``site_theme/search.js``
# decides what matches.


INDEX = "search-index.js"
_HEADINGS = frozenset(f"h{n}" for n in range(1, 7))
_BLOCKS = _HEADINGS | frozenset(re.findall(r"\w+", """
    article blockquote caption dd details div dl dt figcaption figure img li ol p pre section summary table
    tbody thead tr ul"""))
"""Elements that separate one text from the next; the cells of a row stay together."""


def write_index(site: Path, slugs: Sequence[str]) -> Path:
    """Writes the index of a site's pages, in their order, and returns its path.

    It holds each text once, with the places where it is printed: page, anchor and heading. The page whose
    title it is comes first.
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
    """The texts of a page in order, each with its anchor and heading; without code."""
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
    """Whether an element is not text of the page: code, a drawing, the link sign of a heading."""
    kinds = element.get("class", "").split()
    return (not isinstance(element.tag, str) or element.tag in ("script", "style", "svg", "template")
            or "hide" in kinds or "headerlink" in kinds)


# ------------------------------
# The page cache: an unchanged page is copied from the last site.
#
# A page is unchanged if its notebook and what all pages say are the same. The checksums of the gate show
# whether its files are still as they were made.


@dataclass(frozen=True)
class PageCache:
    """The site of an earlier run: its folder, the key that :func:`build_site` returned, and the checksums of
    its files by path, as the gate recorded them."""

    run: Path
    site_key: str
    passed: Mapping[str, str] = field(repr=False)

    def files(self, slug: str, run: Path) -> list[str]:
        """The files of a page, as paths in the site; none if the page has to be made again."""
        here, there = (folder / "notebooks" / f"{slug}.ipynb" for folder in (run, self.run))
        if not there.is_file() or not cmp(here, there, shallow=False):
            return []
        figures = (path.name for path in (self.run / "site" / FIGURES).glob(f"{slug}-*.svg"))
        names = [f"{slug}.html", *(f"{FIGURES}/{name}" for name in figures
                                   if re.fullmatch(re.escape(slug) + r"-\d+\.svg", name))]
        return names if all(map(self._is_whole, names)) else []

    def copy_to(self, names: list[str], site: Path) -> None:
        """Links files of the last site into a new one, in place of the files there."""
        for name in names:
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).unlink(missing_ok=True)
            hard_link(self.run / "site" / name, site / name)

    def _is_whole(self, name: str) -> bool:
        path = self.run / "site" / name
        return path.is_file() and self.passed.get(f"site/{name}") == checksum(path)


# ------------------------------
# Sphinx, in a process of its own, since it changes logging, locale and docutils for good. The process is
# started early, so that it has imported its libraries when the pages are ready.


# It ends when the run that started it ends. For rfc3987_syntax see Kernels.
PROGRAM = """
import json, os, sys, tempfile, threading
from contextlib import suppress
from importlib import import_module
sys.modules["rfc3987_syntax"] = None
from sphinx.application import builtin_extensions
from sphinx.cmd.build import main
for name in (*builtin_extensions, "myst_nb.sphinx_ext", "pydata_sphinx_theme"):
    with suppress(ImportError):
        import_module(name)
asked = sys.stdin.readline()
threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()
if asked:
    folder, *arguments = json.loads(asked)
    os.environ["TMPDIR"] = tempfile.tempdir = folder  # what it notes of a failure goes with the rest
    code = main(arguments)
    sys.stderr.flush()
    os._exit(code)  # without taking down what it has imported
"""
DOCTREES = "doctrees"


class SphinxProcess:
    """A process that runs Sphinx once."""

    def __init__(self) -> None:
        """Starts the process. Raises GLCError if Sphinx is not installed."""
        if not all(map(find_spec, ("sphinx", "myst_nb", "pydata_sphinx_theme"))):
            raise GLCError("The site needs Sphinx. To fix: install the package with its extra `publish`.")
        self._process = self._start()

    def make(self, source: Path, target: Path, meanwhile: Callable[[], None]) -> None:
        """Makes a site from a folder of sources, and calls ``meanwhile`` at the same time. If Sphinx is
        killed, it is tried once more in a new process.

        Raises GLCError if Sphinx fails.
        """
        code, said = self._made(source, target, meanwhile)
        if code < 0:
            shutil.rmtree(target, ignore_errors=True)
            shutil.rmtree(source.parent / DOCTREES, ignore_errors=True)
            code, said = self._made(source, target)
        if code:
            # Only the exception, out of a report for the developers of Sphinx.
            error = re.search(r"^\s*[\w.]*Error\w*: .*", said, re.MULTILINE)
            cause = error[0].strip() if error else said.strip()[-300:] or f"it ended with {code}"
            raise GLCError(f"The site could not be made: {cause}")

    def _made(self, source: Path, target: Path, meanwhile: Callable[[], None] = lambda: None
              ) -> tuple[int, str]:
        """The exit code of the process and its messages; a process that has ended is replaced first."""
        if self._process.poll() is not None:
            self._process = self._start()
        folder = source.parent
        asked = [folder, "-q", "-b", "html", "-d", folder / DOCTREES, source, target]
        with suppress(BrokenPipeError):
            print(json.dumps([*map(str, asked)]), file=self._process.stdin, flush=True)
        meanwhile()
        said = self._process.stderr.read()
        return self._process.wait(), said

    def close(self) -> None:
        """Ends the process, even while it works."""
        self._process.kill()
        self._process.communicate()

    @staticmethod
    def _start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM], env=os.environ | REPRODUCIBLE_ENV, text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


# ------------------------------
# The site: theme, settings, and how it is made


THEME = Path(__file__).with_name("site_theme")
PAGE_STYLE = Path(__file__).parents[1] / "page.css"
"""The style sheet for the output of notebooks; :mod:`glc_analysis.tables_html` uses it too."""
MARKS = {"team": "Internal: team only", "convening": "For the convening only", "public": ""}
INVENTED = "Invented sample data: no organisation, person or answer on these pages is real."
LEFT_OVER = (".buildinfo", "objects.inv", "_sources", "_static/**/*.map", "_static/webpack-macros.html",
             "_static/*stemmer.js", "_static/searchtools.js", "_static/language_data.js",
             "_static/scripts/fontawesome*")
"""Files of Sphinx and its theme that no page needs."""

CONFIGURATION = {
    "extensions": ["myst_nb"],
    "language": "en",
    "nb_execution_mode": "off",
    "nb_ipywidgets_js": {},  # otherwise every page requests two scripts from a server
    "nb_render_markdown_format": "gfm",
    "nb_code_prompt_show": "Code",
    "nb_code_prompt_hide": "Code",
    "myst_enable_extensions": ["colon_fence"],
    "html_theme": "pydata_sphinx_theme",
    "html_css_files": ["page.css", "report.css"],
    "html_sidebars": {"**": ["navigation.html"]},
    "html_static_path": ["_static"],
    "templates_path": ["theme"],
    "exclude_patterns": ["theme", "_static"],
    "html_copy_source": False,
    "html_use_index": False,
    "html_additional_pages": {"search": "search.html"},
}
EXTENSION = """def setup(app):
    def prepare(app):
        app.builder.search = False  # it splits text at blanks, which many scripts do not have
    app.connect("builder-inited", prepare)
"""
THEME_OPTIONS = {
    "navbar_center": [], "navbar_persistent": ["search-form.html"], "navbar_end": ["theme-switcher"],
    "article_header_start": ["facts.html"],
    "primary_sidebar_end": [], "secondary_sidebar_items": ["page-toc"], "footer_start": [],
    "footer_end": [], "show_prev_next": False, "disable_search": True,
}


def build_site(run_dir: Path, pages: Sequence[PageJob], *, title: str, audience: str, synthetic: bool,
               failures: Collection[str] = (), facts: str = "", cache: PageCache | None = None,
               sphinx: SphinxProcess | None = None, meanwhile: Callable[[], None] = lambda: None) -> str:
    """Makes ``run_dir/site`` from ``run_dir/notebooks``; returns the key of the site: a digest of everything
    else that its pages depend on.

    The same notebooks give the same bytes; unchanged pages are copied from ``cache``. ``failures`` are the
    slugs of pages that are out of date, which the navigation marks. ``facts`` are printed on every page.
    ``sphinx`` may be a process that has started already; ``meanwhile`` is called while it works. Raises
    GLCError if Sphinx fails.
    """
    settings = CONFIGURATION | _settings(pages, title, audience, synthetic, failures, facts)
    site_key = _site_key(settings)
    taken = {page.slug: cache.files(page.slug, run_dir) for page in pages
             } if cache and cache.site_key == site_key else {}
    with tempfile.TemporaryDirectory(dir=run_dir, prefix=".site-") as folder:
        source, target = Path(folder, "source"), Path(folder, "site")
        (source / FIGURES).mkdir(parents=True)
        shutil.copytree(THEME, source / "theme")
        for asset in (THEME / "report.css", THEME / "search.js", PAGE_STYLE):
            shutil.copy(asset, source / "_static")
        for page in (page for page in pages if not taken.get(page.slug)):
            _write(page, run_dir / "notebooks", source, has_code=audience == "team",
                   slugs={page.slug for page in pages})
        if not (source / "index.ipynb").exists():
            (source / "index.md").write_text(f"# {title}\n", encoding="utf-8")
        lines = [f"{name} = {value!r}\n" for name, value in settings.items()]
        (source / "conf.py").write_text("".join([*lines, EXTENSION]), encoding="utf-8")
        with closing(sphinx or SphinxProcess()) as sphinx:
            sphinx.make(source, target, meanwhile)
        for left in (path for pattern in LEFT_OVER for path in target.glob(pattern)):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        for names in taken.values():
            cache.copy_to(names, target)
        prune_styles(target)
        write_index(target, [page.slug for page in pages] or ["index"])
        target.replace(run_dir / "site")
    return site_key


def _site_key(settings: dict[str, Any]) -> str:
    """A digest of what every page depends on; with a letter in front it is not taken for a phone number."""
    return f"h{value_hash([package_hash(), settings])}"


def _settings(pages: Sequence[PageJob], title: str, audience: str, synthetic: bool,
              failures: Collection[str], facts: str) -> dict[str, Any]:
    """The settings of this site: its name, its banner, its navigation."""
    mark = MARKS[audience]
    banner = [INVENTED] * synthetic + [f"{mark}."] * bool(mark)
    running = [mark] * bool(mark) + ["Invented sample data"] * synthetic + [title]
    navigation = [(group, [(page.slug, page.title, page.slug in failures) for page in listed])
                  for group, listed in groupby(pages, key=lambda page: page.group)]
    return {"project": title, "html_title": title,
            "html_theme_options": {**THEME_OPTIONS, "announcement": " ".join(banner)},
            "html_context": {"navigation": navigation, "default_mode": "auto", "facts": facts,
                             "running": css_string(" · ".join(running))}}


def css_string(text: str) -> str:
    """A text as a string of CSS that can stand in a page.

    >>> print(css_string('The "five" <questions>'))
    "The \\22 five\\22  \\3c questions>"
    """
    return '"' + re.sub(r'["\\<\n]', lambda found: f"\\{ord(found[0]):x} ", text) + '"'


def _write(page: PageJob, notebooks: Path, source: Path, *, has_code: bool, slugs: Collection[str]) -> None:
    name = f"{page.slug}.ipynb"
    notebook, figures = published(json.loads((notebooks / name).read_text("utf-8")), page.slug,
                                  has_code=has_code, slugs=slugs)
    (source / name).write_text(json.dumps(notebook), encoding="utf-8")
    for figure, svg in figures.items():
        (source / FIGURES / figure).write_text(svg, encoding="utf-8", newline="\n")


# ------------------------------
# A notebook as a page of the site: code folded, figures as files with a description


FIGURES = "_static/figures"
POINT = 4 / 3
"""Pixels of a browser in a point of an SVG."""

_STYLE_TAG = re.compile(r"<style>[^<]*</style>")
"""The style of a single page; the site has it once for all pages."""
_PAGE = re.compile(r'<a href="([\w.-]+)\.html(?:#[^"]*)?">(.*?)</a>', re.DOTALL)
_DESCRIPTIONS = (".//{http://purl.org/dc/elements/1.1/}description", ".//{http://www.w3.org/2000/svg}desc",
                 "{http://www.w3.org/2000/svg}title")


def published(notebook: dict[str, Any], slug: str, *,
              has_code: bool = True, slugs: Collection[str] = ()) -> tuple[dict[str, Any], dict[str, str]]:
    """The notebook as Sphinx reads it, and its figures: file name to SVG.

    If it ``has_code``, the code is one click away. A link to a page that is not among the ``slugs`` of the
    site becomes plain text: the first run may have made only some pages."""
    figures: dict[str, str] = {}
    cells = []
    for cell in notebook["cells"]:
        tags = cell["metadata"].get("tags", [])
        if NOTICE in tags:
            text = cell["source"].strip("> *")
            cell = {**cell, "source": f":::{{warning}}\n{text}\n:::"}
        elif cell["cell_type"] == "code":
            outputs = [_output(output, slug, figures, slugs) for output in cell["outputs"]
                       if not _STYLE_TAG.fullmatch("".join(output.get("data", {}).get("text/html", "")))]
            # papermill adds a cell with the values for this page, which is shown instead.
            is_left_out = "parameters" in tags or not (has_code or outputs)
            hidden = "remove-cell" if is_left_out else "hide-input" if has_code else "remove-input"
            cell = {**cell, "metadata": {"tags": [*tags, hidden]}, "outputs": outputs}
        cells.append(cell)
    return {**notebook, "cells": cells}, figures


def _output(output: dict[str, Any], slug: str, figures: dict[str, str],
            slugs: Collection[str]) -> dict[str, Any]:
    data = output.get("data", {})
    if svg := data.get("image/svg+xml"):
        name = f"{slug}-{len(figures) + 1}.svg"
        figures[name] = "".join(svg)
        return {**output, "data": {"text/html": image(figures[name], f"{FIGURES}/{name}")}}
    text = "".join(data.get("text/html", ""))
    shown = _PAGE.sub(lambda found: found[0] if found[1] in slugs else found[2], text)
    if "<table" in shown and "glc-scroll" not in shown:
        shown = f'<div class="glc-scroll">{shown}</div>'
    return output if shown == text else {**output, "data": {"text/html": shown}}


def image(svg: str, source: str) -> str:
    """An image element for an SVG: its own description, its place kept while it loads.

    >>> image('<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="36pt">'
    ...       '<desc>Bars: 3 of 4</desc></svg>', "a.svg")
    '<img class="figure" src="a.svg" alt="Bars: 3 of 4" width="96" height="48" loading="lazy">'
    """
    root = ElementTree.fromstring(svg)
    found = (root.findtext(path) for path in _DESCRIPTIONS)
    text = " ".join(next(filter(None, found), "Figure without a description").split())
    size = "".join(f' {name}="{round(float(points[1]) * POINT)}"' for name in ("width", "height")
                   if (points := re.fullmatch(r"([\d.]+)pt", root.get(name, ""))))
    return (f'<img class="figure" src="{html.escape(source)}" alt="{html.escape(text)}"{size} '
            'loading="lazy">')
