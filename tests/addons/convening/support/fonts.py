"""Fonts that tests of paper need. Without them a test skips and says what installs them."""

import pytest

from glc_analysis.addons.convening.packets.pdf import choose_fonts_and_list_missing_symbols
from glc_analysis.errors import GLCError


def need_fonts(text, *families):
    """Skips where no font has a letter or sign of the text, or a family is missing."""
    try:
        found, missing = choose_fonts_and_list_missing_symbols(text)
    except GLCError as error:
        pytest.skip(f"{error} scripts/system-packages installs the fonts.")
    if missing := [*missing, *sorted({*families} - {*found})]:
        pytest.skip(f"no font for {', '.join(missing)}: scripts/system-packages installs them")
