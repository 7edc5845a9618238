"""The site of a run: executed notebooks as pages that open from their folder, without a network."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any

from glc_analysis.fingerprint import package_hash, value_hash
from glc_analysis.reports.plan import Page
from glc_analysis.reports.press import Press
from glc_analysis.reports.publish import FIGURES, published
from glc_analysis.reports.search import write_index
from glc_analysis.reports.site_before import SiteBefore
from glc_analysis.reports.style_sheets import prune

THEME = Path(__file__).with_name("site_theme")
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
        for asset in (THEME / "report.css", THEME / "search.js", THEME.with_name("page.css")):
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
        prune(target)
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
