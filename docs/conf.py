"""How `make docs` turns this folder into pages; the package is described by its own docstrings."""

from sphinx.application import Sphinx

from glc_analysis.sample import COMMITTED
from glc_analysis.schema import _FOLDER
from scripts.reference_chapter import reference_chapter

project = "glc_analysis"
extensions = ["myst_parser", "sphinx.ext.autodoc"]
root_doc = "index"
exclude_patterns = ["_build", "_templates"]
html_title = "glc_analysis"
html_theme = "pydata_sphinx_theme"
html_theme_options = {
    "navbar_start": ["navbar-logo"],
    "navbar_center": [],
    "article_header_start": [],
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button-field"],
    "search_bar_text": "Search these pages",
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": [],
    "footer_end": [],
}
templates_path = ["_templates"]
html_sidebars = {"**": ["all-pages.html"]}
html_show_sphinx = False
html_show_sourcelink = False
# A browser does not let a page read the other files of a folder, so search results have no summary.
html_show_search_summary = False
html_copy_source = False
myst_heading_anchors = 3
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True}


def add_reference_tables(app: Sphinx, page: str, source: list[str]) -> None:
    """Ends the chapter on reference tables with what the schema says of them."""
    if page == "reference-tables":
        app.env.note_dependency(_FOLDER / "reference.csv")
        source[0] += "\n" + reference_chapter(COMMITTED)


def setup(app: Sphinx) -> None:
    """Sphinx calls this before it reads the pages."""
    app.connect("source-read", add_reference_tables)
