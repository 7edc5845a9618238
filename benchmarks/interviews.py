"""Measures a build from nothing with interviews and codings: CPU seconds, peak memory, and how both grow.

CPU seconds are those of all threads, including the start of Python. They depend less on other programs than
the time of the clock does. The growth exponent is b if the seconds grow as the codings to the power of b,
from the size in the row above to the size in this row. It is 1 if twice as many codings take twice as long.
"""

from __future__ import annotations

import os
import subprocess
import sys
from math import log
from pathlib import Path

import pandas as pd
from interview_study import SIZES, write_interview_study

from glc_analysis import tables
from glc_analysis.coding.consensus import CONSENSUS
from glc_analysis.study import Study

ROOT = Path(__file__).resolve().parents[1]
HEADING = ["| `glc build` from nothing, interviews | codings of all coders | CPU | peak memory "
           "| growth exponent |", "|---|---|---|---|---|"]


def rows(folder: Path, sizes: tuple[int, ...] = SIZES) -> list[str]:
    """Returns the rows of the table with the header :data:`HEADING`, one row per size, the smallest first."""
    found, before = [], None
    for size in sizes:
        root = write_interview_study(folder / f"interviews-{size}", size)
        seconds, memory = _built(root)
        codings = _count(root)
        exponent = f"{log(seconds / before[0]) / log(codings / before[1]):.2f}" if before else ""
        found.append(f"| {size:,} | {codings:,} | {seconds:.1f} s | {memory:.2f} GiB | {exponent} |")
        before = seconds, codings
    return found


def _built(root: Path) -> tuple[float, float]:
    """Returns the CPU seconds and the peak memory in GiB of one `glc build`."""
    command = [sys.executable, "-m", "glc_analysis", "--study", str(root), "build"]
    print(" ".join(command), file=sys.stderr)
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{said.decode()}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**20


def _count(root: Path) -> int:
    """Returns the number of codings by all coders, including codings that could not be placed."""
    study = Study(root)
    codings: pd.DataFrame = tables.read_table("codings", study=study)
    return int((codings["coder_id"] != CONSENSUS).sum()) + len(tables.read_table("quarantined", study=study))
