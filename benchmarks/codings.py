"""Measures how long it takes to read and write a REFI-QDA project of 10,000 codings, compared with
``pyrefiqda``.

That package (MIT) turns the project into objects and leaves the texts unpacked on disk. So that both do the
same work, the benchmark also cuts the words of every stretch out of its text and compares them with the
stored quotation. Each is measured in a process of its own; imports count for memory, not for time.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from glc_analysis.addons.coding_programs.refi import write_qdpx

THEIR_PYTHON = Path(__file__).resolve().parents[1] / ".venv-bench" / "bin" / "python"
DOCUMENTS, CODINGS, CODES = 30, 10_000, 40
OURS = """
from glc_analysis.intake.codings import read_codings
def work(path):
    raw = read_codings(path)
    return raw.matched, len(raw.codings)
"""
WRITTEN = """
from glc_analysis.intake.codings import read_codings
from glc_analysis.addons.coding_programs.refi import write_qdpx
raw = read_codings(Path(sys.argv[1]))
def work(path):
    write_qdpx(path.with_name("again.qdpx"), sources=raw.sources, codings=raw.codings, codes=raw.codes)
    return len(raw.codings), len(raw.codings)
"""
THEIRS = """
from tempfile import TemporaryDirectory
from pyrefiqda import RefiProject
def work(path):
    with TemporaryDirectory() as folder:
        found = RefiProject.load(path, extract_dir=folder)
        quotes = []
        for source in found.sources.text_source:
            text = RefiProject.resolve_source_path(source.plain_text_path, folder).read_text("utf-8")
            quotes += [text[one.start_position:one.end_position].split() == one.name.split()
                       for one in source.plain_text_selection]
    return sum(quotes), len(quotes)
"""
TIMED = """
import resource, sys, time
from pathlib import Path
{work}
times = []
for _ in range(3):
    begun = time.perf_counter()
    matched, coded = work(Path(sys.argv[1]))
    times.append(time.perf_counter() - begun)
print(min(times), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, matched, coded)
"""


def rows(folder: Path, their_python: Path = THEIR_PYTHON) -> list[str]:
    """Returns rows of a Markdown table: what was measured | time | ratio to our reading | peak memory."""
    path = folder / "codings.qdpx"
    _write(path)
    ours, memory = _measured(sys.executable, OURS, path)
    written, more = _measured(sys.executable, WRITTEN, path)
    found = [f"| read, each quotation compared with its place | {ours:.2f} s | 1.0 | {memory:.2f} GiB |",
             f"| written | {written:.2f} s | {written / ours:.1f} | {more:.2f} GiB |"]
    try:
        theirs, memory = _measured(str(their_python), THEIRS, path)
    except OSError:
        return [*found, "| the same by `pyrefiqda` | not installed | | |"]
    return [*found, f"| read by `pyrefiqda`, and compared | {theirs:.2f} s | {theirs / ours:.1f} "
                    f"| {memory:.2f} GiB |"]


def _measured(python: str, work: str, path: Path) -> tuple[float, float]:
    """Returns the seconds (the best of three) and the peak memory in GiB. Raises OSError if the program
    cannot be run."""
    done = subprocess.run([python, "-c", TIMED.format(work=work), str(path)], capture_output=True, text=True)
    if done.returncode:
        raise OSError(done.stderr)
    seconds, memory, matched, coded = map(float, done.stdout.split())
    if not matched == coded == CODINGS:
        raise ValueError(f"{matched:.0f} of {coded:.0f} quotations stand in their place")
    return seconds, memory


def _write(path: Path) -> None:
    """Writes a project with interviews of about 60,000 characters in several scripts, and with overlapping
    stretches of 20 to 400 characters."""
    draw = np.random.default_rng(1)
    words = np.array(["we", "wait", "for", "nobody", "años", "ប៉ូលីស", "الشرطة", "полиция", "😀", "\n"])
    texts = [" ".join(words[draw.integers(0, len(words), 11_000)]) for _ in range(DOCUMENTS)]
    sources = pd.DataFrame({"source": [f"interview_{n:02}" for n in range(DOCUMENTS)], "text": texts})
    names = [f"Code {n}" for n in range(CODES)]
    codes = pd.DataFrame({"code": names, "parent": ["" if n < 8 else names[n % 8] for n in range(CODES)],
                          "definition": "what belongs here", "position": range(1, CODES + 1)})
    chosen = draw.integers(0, DOCUMENTS, CODINGS)
    starts = draw.integers(0, min(map(len, texts)) - 500, CODINGS)
    codings = pd.DataFrame({"source": sources["source"].to_numpy()[chosen], "start": starts,
                            "end": starts + draw.integers(20, 400, CODINGS),
                            "code": np.array(names)[draw.integers(0, CODES, CODINGS)],
                            "coder": np.array(["ines", "bert", "omar"])[draw.integers(0, 3, CODINGS)],
                            "memo": ""})
    write_qdpx(path, sources=sources, codings=codings, codes=codes)
