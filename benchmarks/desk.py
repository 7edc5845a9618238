"""Measures the coding desk on an interview of 10,000 turns: the times until the first turn is painted, until
a pressed key is visible as a coding, and until the last turn is painted.

The desk is measured in Chromium on a page of its own. In JupyterLab, the way between browser and kernel takes
additional time.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from statistics import median

from glc_analysis.addons.desk.coding_session import CodingSession
from glc_analysis.build import build
from glc_analysis.sample import write_sample
from glc_analysis.study import Study

TURNS, CODINGS = 10_000, 30
HEADING = [f"| Coding desk, an interview of {TURNS:,} turns | time |", "|---|---|"]
PAINTED = """async ([press, isThere]) => {
  const begun = performance.now(), until = new Function("return " + isThere);
  new Function(press)();
  while (!until()) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - begun;
}"""
"""JavaScript that returns the milliseconds from an act of the user until its effect is painted. Its arguments
are a script that does the act, and a script that checks for the effect."""


def rows(folder: Path) -> list[str]:
    """Returns rows of a Markdown table: what was measured | time."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return ["| not measured: Playwright is not installed | |"]
    if not (chromium := shutil.which("chromium")):
        return ["| not measured: Chromium is not installed | |"]
    session = CodingSession(Study(_long_study(folder)), "ana")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        found = _measured(browser.new_page(viewport={"width": 1280, "height": 900}), session)
        browser.close()
    return found


def _long_study(folder: Path) -> Path:
    from tests.addons.desk.support.desk_study import write_desk_study

    sample = folder / "desk-sample"
    sample.mkdir()
    write_sample(sample)
    build(Study(sample))
    return write_desk_study(folder / "desk", sample, turns=TURNS)


def _measured(page, session: CodingSession) -> list[str]:
    from tests.addons.desk.support.desk_page import open_desk

    desk = open_desk(page, session)
    first = page.evaluate(PAINTED, [
        "[...document.querySelectorAll('.glc-text')].find(one => one.innerText.includes('long')).click()",
        "document.querySelector('.glc-title').innerText.includes('10,000')"
        " && document.querySelector('.glc-turn')"])
    page.keyboard.press("a")
    page.keyboard.press("/")
    page.keyboard.type("stigma")
    page.keyboard.press("Enter")
    desk.locator(".glc-chip").wait_for()
    last = page.evaluate(PAINTED, [_key("End", "ctrlKey: true"),
                                   f"document.querySelector('[data-turn=\"{TURNS - 1}\"]')"])
    times = []
    for n in range(CODINGS):
        page.keyboard.press("ArrowUp")
        page.keyboard.press("a")
        turn = TURNS - 2 - n
        is_coded = f"document.querySelector('[data-turn=\"{turn}\"] .glc-chip')"
        times.append(page.evaluate(PAINTED, [_key("1"), is_coded]))
    if len(session.show_text("interview-long")["codings"]) != CODINGS + 1:
        raise ValueError("not every key became a coding")
    return [f"| first turn painted | {first:.0f} ms |",
            f"| last turn painted after Ctrl+End | {last:.0f} ms |",
            f"| from key to coding, saved and painted: median of {CODINGS} | {median(times):.0f} ms |",
            f"| the slowest of them | {max(times):.0f} ms |"]


def _key(key: str, more: str = "") -> str:
    """Returns JavaScript that presses a key at the focus."""
    code = "Digit" * key.isdigit() + key
    return (f"document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {{ key: '{key}', "
            f"code: '{code}', bubbles: true, cancelable: true, {more} }}))")
