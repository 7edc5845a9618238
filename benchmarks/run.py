"""``make bench``: what a run and a build cost, beside named alternatives, all in one go.

Prints one table and keeps it in docs/benchmarks.md. Every alternative runs in
the same call on the same machine: compare the ratios, not the seconds.
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN, SNAKEMAKE = ROOT / ".venv" / "bin", ROOT / ".venv-bench" / "bin" / "snakemake"
sys.path.insert(0, str(ROOT / "benchmarks"))

import agreement  # noqa: E402
import codings  # noqa: E402
import disclosure  # noqa: E402
from wide_study import write_wide_study  # noqa: E402

from glc_analysis.build import build  # noqa: E402
from glc_analysis.reports.plan import plan  # noqa: E402
from glc_analysis.study import Study  # noqa: E402

SIZES = (30, 480, 30_000)


def measured(command: list[str], **environment: str) -> tuple[float, float]:
    """Runs a command; wall seconds and peak memory in GiB of its largest process."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **environment},
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{shlex.join(command)} failed:\n{said.decode()}")
    return time.perf_counter() - begun, usage.ru_maxrss / 2**20


def runs(folder: Path) -> list[str]:
    """The sample's collection by ``glc run``, by a loop of papermill, by snakemake."""
    root = folder / "sample"
    glc = [str(BIN / "glc"), "--study", str(root)]
    root.mkdir()
    measured([*glc, "sample"])
    measured([*glc, "build"])
    pages = plan(Study.find(root))
    out = folder / "out"
    out.mkdir()
    commands = [[str(BIN / "papermill"), "--no-progress-bar", "--log-level", "ERROR",
                 str(page.notebook), str(out / f"{page.slug}.ipynb"),
                 *(word for name, value in page.parameters.items() for word in ("-p", name, value))]
                for page in pages]
    environment = {"GLC_STUDY": str(root)}
    loop = folder / "loop.sh"
    loop.write_text("set -e\n" + "\n".join(map(shlex.join, commands)) + "\n")
    ours, _ = measured([*glc, "run"])
    again, _ = measured([*glc, "run"])
    slowly, _ = measured(["sh", str(loop)], **environment)
    rows = [f"| `glc run`, {len(pages)} pages, site included | {ours:.1f} s | 1.0 |",
            f"| `glc run` with nothing to do | {again:.2f} s | {again / ours:.3f} |",
            f"| shell loop of the papermill command (no site) | {slowly:.1f} s | {slowly / ours:.1f} |"]
    if SNAKEMAKE.is_file():
        shutil.rmtree(out)
        (folder / "Snakefile").write_text(_snakefile(pages, commands, out))
        cores = str(os.cpu_count() or 1)
        snake, _ = measured([str(SNAKEMAKE), "--quiet", "all", "--cores", cores, "--snakefile",
                             str(folder / "Snakefile"), "--directory", str(folder)], **environment)
        rows.append(f"| snakemake, {cores} cores (no site) | {snake:.1f} s | {snake / ours:.1f} |")
    return rows


def _snakefile(pages, commands: list[list[str]], out: Path) -> str:
    targets = [str(out / f"{page.slug}.ipynb") for page in pages]
    rules = [f"rule page_{i}:\n    output: {target!r}\n    shell: {shlex.join(command)!r}\n"
             for i, (target, command) in enumerate(zip(targets, commands, strict=True))]
    return f"rule all:\n    input: {targets!r}\n\n" + "\n".join(rules)


def builds(folder: Path) -> list[str]:
    """``glc build`` of invented surveys of 150 columns."""
    rows = []
    for size in SIZES:
        root = write_wide_study(folder / f"wide-{size}", size)
        seconds, memory = measured([str(BIN / "glc"), "--study", str(root), "build"])
        rows.append(f"| {size:,} organisations | {seconds:.1f} s | {memory:.2f} GiB |")
    return rows


def _sample(folder: Path) -> tuple[Study, float]:
    """The sample, and the seconds that building it took."""
    study = Study(folder / "sample")
    begun = time.perf_counter()
    build(study)
    return study, time.perf_counter() - begun


def main() -> None:
    """Measures, prints, and keeps the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        packages = ", ".join(f"{p} {version(p)}" for p in ("pandas", "papermill", "sphinx"))
        table = "\n".join([
            "# Benchmarks", "", "Made by `make bench`, everything in one go on one machine.", "",
            f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
            f"{packages}.", "", "| The sample's collection, cold | time | ratio to `glc run` |",
            "|---|---|---|", *runs(folder), "",
            "| `glc build`, survey of 150 columns | time | peak memory |", "|---|---|---|",
            *builds(folder), "",
            "| Agreement between coders | time | ratio |", "|---|---|---|",
            *agreement.rows(), "",
            f"| REFI-QDA project, {codings.CODINGS:,} codings over {codings.DOCUMENTS} documents "
            "| time | ratio | peak memory |", "|---|---|---|---|", *codings.rows(folder), "",
            "| Who may see what | time | share |", "|---|---|---|",
            *disclosure.released(*_sample(folder)), *disclosure.gate(), ""])
    print(table)
    (ROOT / "docs").mkdir(exist_ok=True)
    (ROOT / "docs" / "benchmarks.md").write_text(table, encoding="utf-8")


if __name__ == "__main__":
    main()
