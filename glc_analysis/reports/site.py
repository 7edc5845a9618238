"""The site of a run: executed notebooks to pages that open from the folder, without a network."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Collection, Iterable, Sequence
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Any

import json

from glc_analysis.errors import GLCError
from glc_analysis.reports.plan import Page

THEME = Path(__file__).with_name("site_theme")
MARKS = {
    "team": "Internal: team only",
    "convening": "For participants of the convening",
    "public": "",
}
SYNTHETIC = "Invented sample data: no organisation, person or answer on this page is real."
FIGURES = "_static/figures"
# What Sphinx and the theme leave behind that no reader needs.
LEFT_OVER = (".buildinfo", "objects.inv", ".nojekyll", "_static/**/*.map", "genindex.html")


def build_site(
    run_dir: Path,
    pages: Sequence[Page],
    *,
    title: str,
    audience: str,
    synthetic: bool,
    failures: Collection[str] = (),
) -> Path:
    """Publish ``run_dir/notebooks`` as ``run_dir/site`` and return its start page.

    The same notebooks give the same bytes. ``failures`` are the slugs of pages
    that could not be updated; the navigation says so.

    Raises
    ------
    GLCError
        when Sphinx is not installed or stops.
    """
    if find_spec("sphinx") is None or find_spec("myst_nb") is None:
        raise GLCError("the site needs the extra `publish`: pip install 'glc_analysis[publish]'")
    with tempfile.TemporaryDirectory(dir=run_dir, prefix=".site-") as folder:
        source, target = Path(folder, "source"), Path(folder, "site")
        (source / FIGURES).mkdir(parents=True)
        shutil.copytree(THEME, source / "theme")
        for page in pages:
            _write_page(page, run_dir / "notebooks", source)
        if not any(page.slug == "index" for page in pages):
            (source / "index.md").write_text(f"# {title}\n", encoding="utf-8")
        settings = _settings(pages, title=title, audience=audience, synthetic=synthetic, failures=failures)
        conf = "\n".join(f"{name} = {value!r}" for name, value in settings.items())
        (source / "conf.py").write_text(conf + "\n", encoding="utf-8")
        _sphinx(source, target)
        for pattern in LEFT_OVER:
            for path in target.glob(pattern):
                path.unlink()
        target.replace(run_dir / "site")
    return run_dir / "site" / "index.html"


def _settings(pages: Sequence[Page], *, title, audience, synthetic, failures) -> dict[str, Any]:
    mark = MARKS.get(audience, audience)
    banner = " ".join(filter(None, [SYNTHETIC if synthetic else "", f"{mark}." if mark else ""]))
    return {
        "project": title,
        "html_title": title,
        "language": "en",
        "extensions": ["myst_nb"],
        "nb_execution_mode": "off",
        "nb_output_stderr": "remove",
        "nb_ipywidgets_js": {},
        "nb_code_prompt_show": "Code",
        "nb_code_prompt_hide": "Code",
        "nb_render_markdown_format": "gfm",
        "myst_enable_extensions": ["colon_fence"],
        "suppress_warnings": ["toc.not_included", "myst.header", "mystnb"],
        "html_theme": "pydata_sphinx_theme",
        "html_theme_options": {
            "announcement": f"<p>{banner}</p>" if banner else "",
            "navbar_center": [],
            "navbar_end": ["theme-switcher"],
            "article_header_start": [],
            "secondary_sidebar_items": ["page-toc"],
            "primary_sidebar_end": [],
            "footer_start": [],
            "footer_end": [],
            "show_prev_next": False,
            "search_bar_text": "Search these pages",
        },
        "html_context": {"navigation": _navigation(pages, failures), "mark": mark},
        "html_sidebars": {"**": ["navigation.html"]},
        "html_static_path": ["_static"],
        "templates_path": ["theme"],
        "html_css_files": ["report.css"],
        "html_copy_source": False,
        "html_show_search_summary": False,
        "html_use_index": False,
        "html_last_updated_fmt": None,
        "exclude_patterns": ["theme", "_static"],
    }


def _navigation(pages, failures):
    return [
        {"caption": caption, "pages": [{"slug": p.slug, "title": p.title, "is_old": p.slug in failures} for p in group]}
        for caption, group in groupby(pages, key=lambda page: page.group)
    ]


def _sphinx(source: Path, target: Path) -> None:
    # A process of its own: Sphinx changes logging, locale and docutils for the whole
    # interpreter, and only a new one can be given a fixed hash seed.
    steady = {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", "-d", source.parent / "doctrees"]
    command += os.environ.get("SPX","").split()
    done = subprocess.run([*command, source, target], env=os.environ | steady, capture_output=True, text=True)
    if os.environ.get("SPXV"): print(done.stderr)
    if done.returncode:
        raise GLCError(f"the site could not be built: {done.stderr.strip()[-500:]}")


def _write_page(page: Page, notebooks: Path, source: Path) -> None:
    notebook = json.loads((notebooks / f"{page.slug}.ipynb").read_text(encoding="utf-8"))
    figures = iter(range(1, 1000))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["metadata"]["tags"] = [*cell["metadata"].get("tags", []), "hide-input"]
            for output in cell["outputs"]:
                data = output.get("data", {})
                if "image/svg+xml" in data:
                    name = f"{page.slug}-{next(figures)}.svg"
                    (source / FIGURES / name).write_text(data["image/svg+xml"])
                    output["data"] = {"text/html": f'<img class="figure" src="{FIGURES}/{name}" alt="x" loading="lazy">'}
                elif "text/html" in data and "<table" in data["text/html"]:
                    data["text/html"] = f'<div class="table-scroll">{data["text/html"]}</div>'
    (source / f"{page.slug}.ipynb").write_text(json.dumps(notebook))
