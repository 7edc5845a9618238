"""How `make docs` turns this folder into pages; the package is described by its own docstrings."""

project = "glc_analysis"
extensions = ["myst_parser", "sphinx.ext.autodoc"]
root_doc = "index"
exclude_patterns = ["_build"]
html_theme = "pydata_sphinx_theme"
html_theme_options = {"navbar_persistent": [], "secondary_sidebar_items": ["page-toc"]}
html_show_sphinx = False
myst_heading_anchors = 3
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
