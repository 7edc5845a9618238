"""Corrects an answer of the sample again and again while `glc watch` shows a page, and takes the time."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from glc_analysis.study import Study

ROW = "survey,glc_2016_qualtrics.r12,Q3.2,Yes,No,Measured.,bench,2016-10-04\n"
"""A correction that changes what the page of Cambodia says."""
PAGE = "country-khm"


@contextmanager
def watching(root: Path) -> Iterator[tuple[str, subprocess.Popen]]:
    """`glc watch` on a study: the address of its first page, and the process."""
    command = [sys.executable, "-m", "glc_analysis", "--study", str(root), "watch"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        lines = iter(process.stderr.readline, "")
        try:
            url = next(found[1] for line in lines if (found := re.match("The pages: (.*)", line)))
            yield url, process
        finally:
            process.terminate()
            process.communicate(timeout=30)


def correct(study: Study, browser, times: int) -> list[tuple[float, float]]:
    """By correction, the seconds from the saved file to the seen page, and to all; last, how far the page
    is scrolled, which began at 400. The correction is made and taken back in turn."""
    corrections = study.locate_reference_file("corrections")
    before, taken = corrections.read_text(encoding="utf-8"), []
    with watching(study.root) as (url, process):
        page = browser.new_page()
        page.goto(url.replace("index", PAGE))
        page.evaluate("scrollTo(0, 400)")
        for n in range(times):
            begun = time.monotonic()
            with page.expect_event("load", timeout=120_000):  # its policy lets nobody ask it more
                corrections.write_text(before + ROW * (n % 2 == 0), encoding="utf-8")
            seen = time.monotonic() - begun
            next(line for line in iter(process.stderr.readline, "") if re.match(r"\d+ pages: ", line))
            taken.append((seen, time.monotonic() - begun))
        taken.append((page.evaluate("scrollY"), 0))
    return taken


def table(taken: list[tuple[float, float]]) -> list[str]:
    """Rows of a Markdown table: correction, seen page, all pages; the median last."""
    rows = [(str(n), *seconds) for n, seconds in enumerate(taken, start=1)]
    rows.append(("median", *(median(column) for column in zip(*taken, strict=True))))
    return [f"| {name} | {seen:.1f} s | {whole:.1f} s |" for name, seen, whole in rows]
