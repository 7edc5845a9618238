"""Measures ten corrections of an answer while a browser shows the page of its country: the time until the
browser shows the new page, and the time until all pages are made."""

from __future__ import annotations

import shutil
from pathlib import Path

from glc_analysis.sample import write_sample
from glc_analysis.study import Study

CORRECTIONS = 10
HEADING = ["| `glc watch`, an answer corrected | its page seen | all pages |", "|---|---|---|"]


def rows(folder: Path) -> list[str]:
    """Returns rows of a Markdown table: correction | page seen | all pages."""
    from tests.addons.watch.support.watched_corrections import correct, table

    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return ["| not measured: Playwright is not installed | | |"]
    if not (chromium := shutil.which("chromium")):
        return ["| not measured: Chromium is not installed | | |"]
    root = folder / "watched"
    root.mkdir()
    write_sample(root)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        *taken, _ = correct(Study(root), browser, CORRECTIONS)
        browser.close()
    return table(taken)
