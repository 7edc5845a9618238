"""Measures how long agreement takes: alpha, compared with the package ``krippendorff``; alpha for sets of
codes; the bootstrap.

That package is under GPL-3. It is therefore run in an environment of its own and never imported here.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from glc_analysis.addons.coefficients.coefficients import krippendorff_alpha
from glc_analysis.coding.coefficients import (
    NOMINAL,
    bootstrap_documents_together,
    compute_masi_distance,
    count_codings,
    make_specific_measure,
)

THEIR_PYTHON = Path(__file__).resolve().parents[1] / ".venv-bench" / "bin" / "python"
THEIRS = """
import sys, time
import krippendorff, numpy
values, times = numpy.load(sys.argv[1]), []
for _ in range(3):
    begun = time.perf_counter()
    found = krippendorff.alpha(values, level_of_measurement="nominal")
    times.append(time.perf_counter() - begun)
print(min(times), found)
"""
UNITS, TURNS, DOCUMENTS, CODES = 1_000_000, 100_000, 30, 40


def rows(their_python: Path = THEIR_PYTHON) -> list[str]:
    """Returns rows of a Markdown table: what was measured | time | ratio to our time."""
    return [*(row for values in (2, 5) for row in _nominal(values, their_python)), _sets(),
            _documents()]


def _nominal(n_values: int, their_python: Path) -> list[str]:
    draw = np.random.default_rng(1)
    truth = draw.integers(0, n_values, UNITS)
    values = np.where(draw.random((3, UNITS)) < .8, truth, draw.integers(0, n_values, (3, UNITS)))
    values = np.where(draw.random(values.shape) < .1, np.nan, values)
    ours, alpha = _timed(lambda: krippendorff_alpha(values).value)
    what = f"nominal alpha, 3 coders x {UNITS:,} units, {n_values} values"
    found = [f"| {what} | {ours:.3f} s | 1.0 |"]
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "values.npy", values)
        command = [str(their_python), "-c", THEIRS, str(Path(folder) / "values.npy")]
        done = their_python.is_file() and subprocess.run(command, capture_output=True, text=True)
    if not done or done.returncode:
        return [*found, "| the same by the `krippendorff` package | not installed | |"]
    theirs, same = map(float, done.stdout.split())
    if abs(same - alpha) > 1e-9:
        raise ValueError(f"alpha differs: {alpha} and {same}")
    return [*found, f"| the same by the `krippendorff` package | {theirs:.3f} s | {theirs / ours:.1f} |"]


def _sets() -> str:
    """Returns the row for MASI alpha of three coders who each give a turn 0 to 3 of 15 codes."""
    draw = np.random.default_rng(2)
    codes = np.array([f"code {code}" for code in range(15)])
    chosen = draw.random((TURNS, 15)) < .06
    coders = [chosen ^ (draw.random(chosen.shape) < .01) for _ in range(3)]
    sets = [frozenset(codes[row]) for coder in coders for row in coder]

    def work() -> int:
        number = {members: at for at, members in enumerate(dict.fromkeys(sets))}
        values = np.array([number[members] for members in sets]).reshape(3, TURNS)
        krippendorff_alpha(values, metric=compute_masi_distance(list(number)))
        return len(number)
    seconds, distinct = _timed(work)
    return f"| MASI alpha, 3 coders x {TURNS:,} turns, {distinct} different sets | {seconds:.2f} s | |"


def _documents() -> str:
    draw = np.random.default_rng(3)
    documents = np.repeat(np.arange(DOCUMENTS), 100)
    coded = draw.random((CODES, 1, len(documents))) < .1
    coders = (coded ^ (draw.random((CODES, 2, len(documents))) < .02)).astype(int)
    measures = {**NOMINAL, "positive": make_specific_measure(1), "negative": make_specific_measure(0)}

    def work() -> None:
        for codes in coders:
            counted = count_codings(codes, 2, groups=documents, n_groups=DOCUMENTS)
            bootstrap_documents_together([counted], measures, draws=1000, seed=1)
    seconds, _ = _timed(work)
    return (f"| 1,000 draws over {DOCUMENTS} documents x {CODES} codes, {len(measures)} coefficients each "
            f"| {seconds:.2f} s | |")


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Returns the shortest of three times, which other programs on the machine disturb least, and the
    result."""
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        found = work()
        times.append(time.perf_counter() - begun)
    return min(times), found
