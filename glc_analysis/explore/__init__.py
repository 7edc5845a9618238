"""What an analyst works with in JupyterLab: tables one can read, passages in context, proposals."""

from glc_analysis.explore.explorer import explore
from glc_analysis.explore.views import agreement, codebook, estimates, register_views

__all__ = ["agreement", "codebook", "estimates", "explore"]

register_views()
