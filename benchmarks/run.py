"""``make bench``: measures a run and a build, together with named alternatives.

Writes the tables into docs/benchmarks.md, and prints all times beside the last ones. Times that became slower
by more than a tenth come first. All alternatives run in the same call on the same machine, so compare the
ratios, not the seconds.
"""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv" / "bin"
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import agreement  # noqa: E402
import codings  # noqa: E402
import desk  # noqa: E402
import disclosure  # noqa: E402
import engines  # noqa: E402
import interviews  # noqa: E402
import utility  # noqa: E402
import watch  # noqa: E402
from beside_last import beside  # noqa: E402
from export import RECORDS, write_export  # noqa: E402
from wide_study import SMALL, SMALL_ORGANISATIONS, write_wide_study  # noqa: E402

from glc_analysis.build import build  # noqa: E402
from glc_analysis.study import Study  # noqa: E402

SIZES = (30, 480, 30_000)
LARGEST, OUTSPOKEN = 200_000, .25
"""The number of organisations in the largest survey, which is checked and not built, and the share of them
that answer open questions."""


def measured(command: list[str], **environment: str) -> tuple[float, float]:
    """Runs a command. Returns the seconds by the clock and the peak memory in GiB of its largest process."""
    print(shlex.join(command)[:110], file=sys.stderr)
    begun = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **environment},
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT)
    said = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{shlex.join(command)} failed:\n{said.decode()}")
    return time.perf_counter() - begun, usage.ru_maxrss / 2**20


def runs(folder: Path) -> list[str]:
    """Returns the tables about the notebooks of the sample, made by `glc run` and by other engines."""
    root = folder / "sample"
    root.mkdir()
    for command in ("sample", "build"):
        measured([str(BIN / "glc"), "--study", str(root), command])
    return engines.rows(root, folder, measured)


def builds(folder: Path) -> list[str]:
    """Returns the rows for ``glc check`` and ``glc build`` of invented surveys of 150 columns, and for the
    report of one small country."""
    rows = []
    for size in SIZES:
        root = write_wide_study(folder / f"wide-{size}", size)
        checked, most = measured([str(BIN / "glc"), "--study", str(root), "check"])
        seconds, memory = measured([str(BIN / "glc"), "--study", str(root), "build"])
        page, peak = engines.printed("one", root, f"country-{SMALL.lower()}")
        rows.append(f"| {size:,} organisations | {checked:.1f} s | {most:.2f} GiB | {seconds:.1f} s | "
                    f"{memory:.2f} GiB | {page:.1f} s | {peak:.2f} GiB |")
    return rows


def largest(folder: Path) -> list[str]:
    """Returns the row for ``glc check`` of an invented survey of 150 columns that has nearly the largest
    permitted size."""
    root = write_wide_study(folder / "largest", LARGEST, outspoken=OUTSPOKEN)
    seconds, memory = measured([str(BIN / "glc"), "--study", str(root), "check"])
    return [f"| {LARGEST:,} organisations | {seconds:.1f} s | {memory:.2f} GiB |"]


def drafts(folder: Path) -> list[str]:
    """Returns the row for ``glc init --from`` with an invented export of 52 columns."""
    export = write_export(folder / "export.csv")
    seconds, memory = measured([str(BIN / "glc"), "init", str(folder / "drafted"), "--from", str(export)])
    return [f"| 52 columns, {RECORDS:,} records | {seconds:.1f} s | {memory:.2f} GiB |"]


def _sample(folder: Path) -> tuple[Study, float]:
    """Builds the sample. Returns the study and the seconds that the build took."""
    study = Study(folder / "sample")
    begun = time.perf_counter()
    build(study)
    return study, time.perf_counter() - begun


class Section(NamedTuple):
    """A table of docs/benchmarks.md: its header, and the function that measures its rows. The sections are
    measured in order, because the later ones use the sample of the first."""

    heading: list[str]
    rows: Callable[[], list[str]]


def list_sections(folder: Path) -> list[Section]:
    """Returns all sections of docs/benchmarks.md. What is measured lies in ``folder``."""
    return [
        Section([], lambda: runs(folder)),
        Section(["| survey of 150 columns | `glc check` | peak memory | `glc build` | peak memory "
                 f"| report of a country with {SMALL_ORGANISATIONS} organisations | peak memory |",
                 f"|{'---|' * 7}"], lambda: builds(folder)),
        Section([f"| survey of 150 columns, open questions answered by {OUTSPOKEN:.0%} | `glc check` "
                 "| peak memory |", "|---|---|---|"], lambda: largest(folder)),
        Section(["| `glc init --from` of an export | time | peak memory |", "|---|---|---|"],
                lambda: drafts(folder)),
        Section(interviews.HEADING, lambda: interviews.rows(folder)),
        Section(["| Agreement between coders | time | ratio |", "|---|---|---|"],
                lambda: [*agreement.rows()]),
        Section([f"| REFI-QDA project, {codings.CODINGS:,} codings over {codings.DOCUMENTS} documents "
                 "| time | ratio | peak memory |", "|---|---|---|---|"], lambda: [*codings.rows(folder)]),
        Section(desk.HEADING, lambda: desk.rows(folder)),
        Section(watch.HEADING, lambda: watch.rows(folder)),
        Section(["| Who may see what | time | share |", "|---|---|---|"],
                lambda: [*disclosure.released(*_sample(folder)), *disclosure.gate()]),
        Section([], lambda: [*utility.table(folder)])]


def measure_sections(sections: Sequence[Section]) -> tuple[list[str], int]:
    """Measures every section. Returns the lines of the document, and the number of sections that failed: in
    place of its rows, such a section says what failed."""
    lines, n_failed = [], 0
    for section in sections:
        lines += section.heading
        try:
            lines += [*section.rows(), ""]
        except Exception as error:  # noqa: BLE001  # the others are measured all the same
            n_failed += 1
            print(error, file=sys.stderr)
            lines += ["", f"Not measured: {str(error).splitlines()[0]}", ""]
    return lines, n_failed


def main() -> None:
    """Measures everything, prints the tables and writes them into the documentation. Ends with 1 if a section
    could not be measured."""
    packages = ", ".join(f"{p} {version(p)}" for p in ("pandas", "papermill", "markdown-it-py"))
    title = ["# Benchmarks", "",
             "`make bench` makes all these tables on one machine. Compare ratios, not seconds.", "",
             f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
             f"{packages}.", ""]
    with tempfile.TemporaryDirectory() as name:
        lines, n_failed = measure_sections(list_sections(Path(name)))
    table = "\n".join([*title, *lines])
    kept = ROOT / "docs" / "benchmarks.md"
    print("\n".join(beside(kept.read_text(encoding="utf-8"), table)))
    kept.write_text(table, encoding="utf-8")
    if n_failed:
        sys.exit(f"{n_failed} of the tables could not be measured.")


if __name__ == "__main__":
    main()
