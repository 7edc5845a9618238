"""Programs and fonts that some tests need. Without them a test skips and says what installs them."""

import shutil

import pytest

from glc_analysis.errors import GLCError


def need_poppler():
    """Skips where no PDF can be read."""
    if missing := [name for name in ("pdftotext", "pdfinfo", "pdftoppm") if not shutil.which(name)]:
        pytest.skip(f"no {', '.join(missing)} here: scripts/system-packages installs poppler-utils")


def need_fonts(text, *families):
    """Skips where no font has a letter or sign of the text, or a family is missing."""
    from glc_analysis.addons.convening.packets.paper import font_families

    try:
        found, missing = font_families(text)
    except GLCError as error:
        pytest.skip(f"{error} scripts/system-packages installs the fonts.")
    if missing := [*missing, *sorted({*families} - {*found})]:
        pytest.skip(f"no font for {', '.join(missing)}: scripts/system-packages installs them")
