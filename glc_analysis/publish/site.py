"""The site of a run: executed notebooks as pages that open from their folder, without a network.

A page that would come out the same is taken from the last site. Sphinx works in a process of its own. The
search index holds what the pages print, and nothing else.
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
from glc_analysis.run.execute import NOTICE
from glc_analysis.run.plan import Page
from glc_analysis.study import Study

# ------------------------------
# The style sheets of a site without rules that none of its pages uses: a slow line carries them first.


_NESTED = ("media", "supports")


def prune_styles(site: Path) -> None:
    """Rewrites every style sheet of a site, one rule a line, each as it was.

    A rule stays where one of its selectors names no class but such as stand in a page or a script, in
    whatever place: scripts set classes too. Comments go but for notices of licences.
    """
    texts = (path.read_text(encoding="utf-8") for kind in ("html", "js") for path in site.rglob(f"*.{kind}"))
    words = {word for text in texts for word in re.findall(r"[\w-]+", text, re.ASCII)}
    for path in site.rglob("*.css"):
        rules = _parsed(path.read_text(encoding="utf-8"))
        path.write_text("\n".join([*_kept(rules, words), ""]), encoding="utf-8", newline="\n")


def parse_ahead() -> None:
    """Parses the style sheets of the theme, nearly all of the work, before there is a site."""
    theme = find_spec("pydata_sphinx_theme").submodule_search_locations[0]
    for path in sorted(Path(theme).rglob("*.css")):
        _parsed(path.read_text(encoding="utf-8"))


@cache
def _parsed(sheet: str) -> list[Node]:
    return tinycss2.parse_stylesheet(sheet, skip_whitespace=True)


def _kept(rules: Iterable[Node], words: Collection[str]) -> Iterator[str]:
    """The rules to keep, as they were.

    >>> sheet = ".a .b,.c{x:1}.d{y:2}@media print{.d{z:3}.a{z:4}}/*! MIT *//* a note */"
    >>> [*_kept(tinycss2.parse_stylesheet(sheet), {"a", "c"})]
    ['.a .b,.c{x:1}', '@media print{', '.a{z:4}', '}', '/*! MIT */']
    """
    for rule in rules:
        if rule.type == "comment":
            yield from [rule.serialize()] * rule.value.startswith("!")
        elif rule.type == "qualified-rule":
            yield from [rule.serialize()] * _is_used(rule.prelude, words)
        elif rule.type == "at-rule" and rule.content is not None and rule.lower_at_keyword in _NESTED:
            inner = [*_kept(tinycss2.parse_rule_list(rule.content, skip_whitespace=True), words)]
            head = f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{"
            yield from [head, *inner, "}"] if inner else []
        elif rule.type != "whitespace":
            yield rule.serialize()


def _is_used(prelude: Iterable[Node], words: Collection[str]) -> bool:
    """Whether all classes of one of the selectors are among the words; what stands in brackets is let be."""
    selectors: list[list[Node]] = [[]]
    for node in prelude:
        if node == ",":
            selectors.append([])
        else:
            selectors[-1].append(node)
    return any(all(name.value in words for dot, name in zip(one, one[1:], strict=False)
                   if dot == "." and name.type == "ident") for one in selectors)


# ------------------------------
# A page as one file that can be handed over: no site around it, no script, nothing of a network.


_STYLE = Path(__file__).with_name("standalone.css")


def write_standalone(notebook: Path, study: Study, *, title: str) -> Path:
    """Writes an executed notebook as HTML beside it, its code left out, readable by its owner alone."""
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
# Search over the pages of a site: an index of what they print, which a script reads from the folder.
#
# Nothing is cut into words, so that scripts without spaces are found like any other; what matches is
# for ``site_theme/search.js`` to say. The index holds what the pages print, and nothing else.


INDEX = "search-index.js"
_HEADINGS = frozenset(f"h{n}" for n in range(1, 7))
_BLOCKS = _HEADINGS | frozenset(re.findall(r"\w+", """
    article blockquote caption dd details div dl dt figcaption figure img li ol p pre section summary table
    tbody thead tr ul"""))
"""Elements that part one text from the next; cells of a row stay together."""


def write_index(site: Path, slugs: Sequence[str]) -> Path:
    """Writes the index of a site's pages, in their order, and returns its path.

    Each text stands in it once, with the places that print it: page, anchor and heading; a title's own
    page comes first.
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
    """The texts of a page in order, each with the anchor and heading it stands under; no code."""
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
    """Whether it is no words of the page: code, drawings, the sign beside a heading."""
    kinds = element.get("class", "").split()
    return (not isinstance(element.tag, str) or element.tag in ("script", "style", "svg", "template")
            or "hide" in kinds or "headerlink" in kinds)


# ------------------------------
# The site that the last run made: a page that would come out the same is taken from there.
#
# Which pages those are is told by their notebooks, and by what is said on all pages; that their files are
# still as they were made, by the digests that the gate took.


@dataclass(frozen=True)
class SiteBefore:
    """The run whose site it is, what :func:`~glc_analysis.publish.site.build_site` returned for it, and the
    digests of its files, by their paths, when they went through the gate."""

    run: Path
    made_by: str
    passed: Mapping[str, str] = field(repr=False)

    def files(self, slug: str, run: Path) -> list[str]:
        """The files of a page, below the site; none where the page is to be made anew."""
        here, there = (folder / "notebooks" / f"{slug}.ipynb" for folder in (run, self.run))
        if not there.is_file() or not cmp(here, there, shallow=False):
            return []
        figures = (path.name for path in (self.run / "site" / FIGURES).glob(f"{slug}-*.svg"))
        names = [f"{slug}.html", *(f"{FIGURES}/{name}" for name in figures
                                   if re.fullmatch(re.escape(slug) + r"-\d+\.svg", name))]
        return names if all(map(self._is_whole, names)) else []

    def hand_over(self, names: list[str], site: Path) -> None:
        """Puts files of the last site into a new one, in the place of what is there."""
        for name in names:
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).unlink(missing_ok=True)
            hard_link(self.run / "site" / name, site / name)

    def _is_whole(self, name: str) -> bool:
        path = self.run / "site" / name
        return path.is_file() and self.passed.get(f"site/{name}") == checksum(path)


# ------------------------------
# A process of Sphinx: started before there is anything to print, it has imported all it needs by then.
#
# Sphinx changes logging, locale and docutils for good, so it is never run in ours.


# It ends with the run that started it, however that ends; nbformat's grammar is left out: see Kernels.
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
STEADY = {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"}


class Press:
    """One process of Sphinx, for one site."""

    def __init__(self) -> None:
        """Raises GLCError where Sphinx is not installed."""
        if not all(map(find_spec, ("sphinx", "myst_nb", "pydata_sphinx_theme"))):
            raise GLCError("The site needs Sphinx. To fix: install the package with its extra `publish`.")
        self._process = self._started()

    def make(self, source: Path, target: Path, meanwhile: Callable[[], None]) -> None:
        """Makes a site of a folder of sources, while ``meanwhile`` is done here; where Sphinx is killed, once
        more in a new process.

        Raises GLCError where Sphinx does not come to its end.
        """
        code, said = self._made(source, target, meanwhile)
        if code < 0:
            shutil.rmtree(target, ignore_errors=True)
            shutil.rmtree(source.parent / DOCTREES, ignore_errors=True)
            code, said = self._made(source, target)
        if code:
            # The exception, in the middle of a report for the developers of Sphinx.
            error = re.search(r"^\s*[\w.]*Error\w*: .*", said, re.MULTILINE)
            cause = error[0].strip() if error else said.strip()[-300:] or f"it ended with {code}"
            raise GLCError(f"The site could not be made: {cause}")

    def _made(self, source: Path, target: Path, meanwhile: Callable[[], None] = lambda: None
              ) -> tuple[int, str]:
        """How the process ended, and what it said; a new one where it had ended before."""
        if self._process.poll() is not None:
            self._process = self._started()
        folder = source.parent
        asked = [folder, "-q", "-b", "html", "-d", folder / DOCTREES, source, target]
        with suppress(BrokenPipeError):
            print(json.dumps([*map(str, asked)]), file=self._process.stdin, flush=True)
        meanwhile()
        said = self._process.stderr.read()
        return self._process.wait(), said

    def close(self) -> None:
        """Ends it, also in the middle."""
        self._process.kill()
        self._process.communicate()

    @staticmethod
    def _started() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM], env=os.environ | STEADY, text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


# ------------------------------
# The site of a run: executed notebooks as pages that open from their folder, without a network.


THEME = Path(__file__).with_name("site_theme")
PAGE_STYLE = Path(__file__).parents[1] / "page.css"
"""The style sheet of what notebooks show, which lies beside :mod:`glc_analysis.tables_html`."""
MARKS = {"team": "Internal: team only", "convening": "For the convening only", "public": ""}
INVENTED = "Invented sample data: no organisation, person or answer on these pages is real."
LEFT_OVER = (".buildinfo", "objects.inv", "_sources", "_static/**/*.map", "_static/webpack-macros.html",
             "_static/*stemmer.js", "_static/searchtools.js", "_static/language_data.js",
             "_static/scripts/fontawesome*")
"""What Sphinx and its theme leave in the folder that no reader of a page needs."""

CONFIGURATION = {
    "extensions": ["myst_nb"],
    "language": "en",
    "nb_execution_mode": "off",
    "nb_ipywidgets_js": {},  # else every page asks a server for two scripts
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
        app.builder.search = False  # it cuts words at blanks, which many scripts do not have
    app.connect("builder-inited", prepare)
"""
THEME_OPTIONS = {
    "navbar_center": [], "navbar_persistent": ["search-form.html"], "navbar_end": ["theme-switcher"],
    "article_header_start": ["facts.html"],
    "primary_sidebar_end": [], "secondary_sidebar_items": ["page-toc"], "footer_start": [],
    "footer_end": [], "show_prev_next": False, "disable_search": True,
}


def build_site(run_dir: Path, pages: Sequence[Page], *, title: str, audience: str, synthetic: bool,
               failures: Collection[str] = (), facts: str = "", before: SiteBefore | None = None,
               press: Press | None = None, meanwhile: Callable[[], None] = lambda: None) -> str:
    """Publishes ``run_dir/notebooks`` as ``run_dir/site`` and returns by what it is made, but for them.

    The same notebooks give the same bytes, those of the site ``before`` where a page would come out the same.
    ``failures`` are the slugs of pages that are not up to date, which the navigation says; ``facts`` stand on
    every page; ``press`` may have started already, and ``meanwhile`` is done while it works. Raises GLCError
    where Sphinx does not come to its end.
    """
    settings = CONFIGURATION | _settings(pages, title, audience, synthetic, failures, facts)
    made_by = _made_by(settings)
    taken = {page.slug: before.files(page.slug, run_dir) for page in pages
             } if before and before.made_by == made_by else {}
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
        with closing(press or Press()) as press:
            press.make(source, target, meanwhile)
        for left in (path for pattern in LEFT_OVER for path in target.glob(pattern)):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        for names in taken.values():
            before.hand_over(names, target)
        prune_styles(target)
        write_index(target, [page.slug for page in pages] or ["index"])
        target.replace(run_dir / "site")
    return made_by


def _made_by(settings: dict[str, Any]) -> str:
    """A digest of all that every page hangs on; with a letter first it is no phone number."""
    return f"h{value_hash([package_hash(), settings])}"


def _settings(pages: Sequence[Page], title: str, audience: str, synthetic: bool,
              failures: Collection[str], facts: str) -> dict[str, Any]:
    """What this site says of itself: its name, its banner, the way through its pages."""
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


def _write(page: Page, notebooks: Path, source: Path, *, has_code: bool, slugs: Collection[str]) -> None:
    name = f"{page.slug}.ipynb"
    notebook, figures = published(json.loads((notebooks / name).read_text("utf-8")), page.slug,
                                  has_code=has_code, slugs=slugs)
    (source / name).write_text(json.dumps(notebook), encoding="utf-8")
    for figure, svg in figures.items():
        (source / FIGURES / figure).write_text(svg, encoding="utf-8", newline="\n")


# ------------------------------
# A notebook as a page of the site: code out of the way, figures as files with a description.


FIGURES = "_static/figures"
POINT = 4 / 3
"""Pixels of a browser in a point of an SVG."""

_STYLE_TAG = re.compile(r"<style>[^<]*</style>")
"""What a page looks like by itself; the site has it once for all."""
_PAGE = re.compile(r'<a href="([\w.-]+)\.html(?:#[^"]*)?">(.*?)</a>', re.DOTALL)
_DESCRIPTIONS = (".//{http://purl.org/dc/elements/1.1/}description", ".//{http://www.w3.org/2000/svg}desc",
                 "{http://www.w3.org/2000/svg}title")


def published(notebook: dict[str, Any], slug: str, *,
              has_code: bool = True, slugs: Collection[str] = ()) -> tuple[dict[str, Any], dict[str, str]]:
    """The notebook as Sphinx is to read it, and its figures: file name to SVG.

    Where it ``has_code``, that is one click away. A link to a page that is not among the ``slugs`` of the
    site is its text alone: not every page of a study is made in a first run of some."""
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
            # The defaults are repeated, as they were for this page, in papermill's own cell.
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
