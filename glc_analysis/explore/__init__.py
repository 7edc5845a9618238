"""What an analyst works with in JupyterLab: tables one can read, passages in context, proposals."""

from glc_analysis.explore.explorer import register_views

register_views()
