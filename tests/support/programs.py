"""Checks for programs that some tests need. Without them the test is skipped, and says what installs them."""

import shutil

import pytest


def need_poppler():
    """Skips the test if no program can read a PDF."""
    if missing := [name for name in ("pdftotext", "pdfinfo", "pdftoppm") if not shutil.which(name)]:
        pytest.skip(f"no {', '.join(missing)} here: scripts/system-packages installs poppler-utils")
