"""Programs that some tests need. Without them a test skips and says what installs them."""

import shutil

import pytest


def need_poppler():
    """Skips where no PDF can be read."""
    if missing := [name for name in ("pdftotext", "pdfinfo", "pdftoppm") if not shutil.which(name)]:
        pytest.skip(f"no {', '.join(missing)} here: scripts/system-packages installs poppler-utils")
