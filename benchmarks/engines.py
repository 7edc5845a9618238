"""Measures how long the country and theme notebooks of a study take with `glc run`, with other engines, and
as bare cells."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ways import CORES, pages_of

from glc_analysis.run.plan import PageJob, plan_pages, select_failed_or_stale_pages
from glc_analysis.run.record import find_last_run
from glc_analysis.study import Study
from tests.support.dask_cluster import DaskCluster
from tests.test_notebooks import NOTEBOOKS, nbval

ROOT = Path(__file__).resolve().parents[1]
BIN, BENCH = ROOT / ".venv" / "bin", ROOT / ".venv-bench" / "bin"
WAYS = str(Path(__file__).with_name("ways.py"))
Measure = Callable[..., tuple[float, float]]


@dataclass(frozen=True)
class _Collection:
    """The same notebooks for other engines: for each page a command, with its inputs and its output."""

    study: Study
    folder: Path

    @property
    def commands(self) -> list[list[str]]:
        return [[str(BIN / "papermill"), "--no-progress-bar", "--log-level", "ERROR", str(page.notebook),
                 str(self.out(page)), *(word for name, value in page.parameters.items()
                                        for word in ("-p", name, value))] for page in pages_of(self.study)]

    def out(self, page: PageJob) -> Path:
        return self.folder / "out" / f"{page.slug}.ipynb"

    @property
    def inputs(self) -> list[str]:
        return [str(path) for path in sorted(self.study.processed.glob("*.parquet"))]

    def tasks(self) -> list[tuple[str, str, str, str]]:
        return [(page.slug, str(page.notebook), str(self.out(page)), shlex.join(command))
                for page, command in zip(pages_of(self.study), self.commands, strict=True)]

    def write(self) -> None:
        """Writes the commands as a script for the shell, a Snakefile, a dodo.py and a task module of
        pytask."""
        (self.folder / "out").mkdir(exist_ok=True)
        tasks, inputs = self.tasks(), self.inputs
        (self.folder / "loop.sh").write_text("set -e\n" + "\n".join(t[3] for t in tasks) + "\n")
        (self.folder / "Snakefile").write_text(
            f"rule all:\n    input: {[t[2] for t in tasks]!r}\n\n" + "\n".join(
                f"rule p{i}:\n    input: {[t[1], *inputs]!r}\n    output: {t[2]!r}\n    shell: {t[3]!r}\n"
                for i, t in enumerate(tasks)))
        (self.folder / "dodo.py").write_text(
            f"DOIT_CONFIG = {{'verbosity': 0}}\nTASKS, INPUTS = {tasks!r}, {inputs!r}\n\n\n"
            "def task_page():\n    for slug, notebook, out, command in TASKS:\n"
            "        yield {'name': slug, 'file_dep': [notebook, *INPUTS], 'targets': [out],"
            " 'actions': [command]}\n")
        (self.folder / "task_pages.py").write_text(
            "import subprocess\nfrom pathlib import Path\nfrom pytask import task\n"
            f"TASKS, INPUTS = {tasks!r}, [Path(p) for p in {inputs!r}]\n"
            "for slug, notebook, out, command in TASKS:\n    @task(id=slug)\n"
            "    def task_page(notebook=Path(notebook), inputs=INPUTS, produces=Path(out),"
            " command=command):\n"
            "        subprocess.run(command, shell=True, check=True)\n")


def printed(way: str, root: Path, *arguments: str) -> list[float]:
    """Returns the numbers that one of the ways to execute notebooks (:mod:`.ways`) prints."""
    done = subprocess.run([sys.executable, WAYS, way, str(root), *arguments], capture_output=True, text=True,
                          env={**os.environ, "GLC_STUDY": str(root)})
    if done.returncode:
        raise RuntimeError(f"{way} failed:\n{done.stderr}")
    return [*map(float, done.stdout.split())]


def rows(root: Path, folder: Path, measure: Measure) -> list[str]:
    """Returns the tables: notebooks executed, a whole run with its site, notebooks under nbval, nothing
    changed, one country changed."""
    study, glc = Study(root), [str(BIN / "glc"), "--study", str(root)]
    pages, environment = len(pages_of(study)), {"GLC_STUDY": str(root)}
    _Collection(study, folder).write()

    def way(name: str, **more: str) -> float:
        return measure([sys.executable, WAYS, name, str(root)], **environment, **more)[0]

    executed, published = printed("whole", root)
    ours, cells = way("ours"), printed("cells", root)[0]
    first, next_ = printed("alone", root)
    floor = cells / CORES
    loop, _ = measure(["sh", str(folder / "loop.sh")], **environment)
    others = {"shell loop of the papermill command": loop,
              "papermill in one process": way("papermill"), "two threads with plain kernels": way("threads")}
    shutil.rmtree(folder / "out")
    snake = [str(BENCH / "snakemake"), "--quiet", "all", "--cores", str(CORES), "--snakefile",
             str(folder / "Snakefile"), "--directory", str(folder)]
    others[f"snakemake, {CORES} cores"] = measure(snake, **environment)[0]
    with DaskCluster(folder) as cluster:
        for _ in range(2):
            cluster.worker()
        cluster.wait_for(2)
        others["two dask workers on this machine"] = way("workers", SCHEDULER=cluster.address)
    return [f"| {pages} country and theme notebooks, cold, executed alone | time | ratio |", "|---|---|---|",
            f"| `glc run`'s processes, {CORES} jobs | {ours:.1f} s | 1.0 |",
            *(f"| {name} | {seconds:.1f} s | {seconds / ours:.1f} |" for name, seconds in others.items()),
            f"| floor: the same cells in one imported process, over {CORES} cores | {floor:.1f} s "
            f"| 1/{ours / floor:.2f} |", "",
            f"The floor is the cells alone, {cells / pages:.2f} s a page. On top of it, the first process "
            f"needs {first - next_:.1f} s to start, during which one core waits, and the process of each "
            f"page takes {next_ - cells / pages:.2f} s.", "",
            f"A whole `glc run` from nothing executes {len(plan_pages(study))} pages in {executed:.1f} s; "
            f"site, gate and the switch to the new pages take another {published:.1f} s.", "",
            *_site(root), *_notebook_tests(study), *_nothing(glc, folder, snake, measure, environment),
            *_one_country(study, glc, measure)]


def _site(root: Path) -> list[str]:
    """Returns the table about the site alone: its pages, and the gate."""
    rendered, gate, made, largest = printed("site", root)
    return ["| The site of a run | |", "|---|---|",
            f"| {made:.0f} pages and the indexes of the search | {rendered:.2f} s |",
            f"| gate, every page read, notebooks read while they ran | {gate:.2f} s |",
            f"| largest page | {largest:.0f} kB |", ""]


def _notebook_tests(study: Study) -> list[str]:
    """Returns the table about every notebook under nbval, with plain and with warm kernels."""
    times = {}
    for kernels in ("local-provisioner", "glc-fork"):
        begun = time.perf_counter()
        assert nbval(*NOTEBOOKS, study=study.root, kernels=kernels).returncode == 0
        times[kernels] = time.perf_counter() - begun
    plain, warm = times.values()
    return [f"| {len(NOTEBOOKS)} notebooks under nbval, one after the other | time | ratio |",
            "|---|---|---|", f"| warm kernels | {warm:.1f} s | 1.0 |",
            f"| plain kernels | {plain:.1f} s | {plain / warm:.1f} |", ""]


def _nothing(glc: list[str], folder: Path, snake: list[str], measure: Measure,
             environment: dict[str, str]) -> list[str]:
    """Returns the table of how long each engine needs to find that nothing has changed."""
    doit = [str(BENCH / "doit"), "-f", str(folder / "dodo.py"), "-d", str(folder)]
    pytask = [str(BENCH / "pytask"), "build", str(folder / "task_pages.py"), "--database-url",
              f"sqlite:///{folder}/pytask.db"]
    for command in (doit, pytask):
        measure(command, **environment)
    found = {"`glc run`": glc + ["run"], "doit": doit, "snakemake": snake, "pytask": pytask}
    times = {name: min(measure(command, **environment)[0] for _ in range(3))
             for name, command in found.items()}
    return ["| Nothing changed | whole command | ratio |", "|---|---|---|",
            *(f"| {name} | {seconds:.2f} s | {seconds / times['`glc run`']:.1f} |"
              for name, seconds in times.items()), ""]


def _one_country(study: Study, glc: list[str], measure: Measure) -> list[str]:
    """Returns the table about a corrected answer of one country: which pages are made again, and how long
    this takes. The time is compared with the corresponding part of a cold run, by the number of pages and by
    the seconds that the pages took."""
    shutil.rmtree(study.reports)
    cold, _ = measure([*glc, "run"])
    took = {slug: page["seconds"] for slug, page in find_last_run(study)[1]["pages"].items()}
    corrections = study.locate_reference_file("corrections")
    before = corrections.read_text(encoding="utf-8")
    corrections.write_text(
        f"{before}survey,glc_2016_kobo.r4,Q3_2,yes,no,Measured.,bench,2016-10-04\n", encoding="utf-8")
    build, _ = measure([*glc, "build"])
    rerun = {page.slug for page in select_failed_or_stale_pages(plan_pages(study), find_last_run(study)[1])}
    pages, _ = measure([*glc, "run"])
    corrections.write_text(before, encoding="utf-8")  # taken back, which is a correction too
    seconds, _ = measure([*glc, "run"])
    page, _ = measure([*glc, "run", "--only", "country-khm", "--force"])
    number, work = len(rerun) / len(took), sum(took[slug] for slug in rerun) / sum(took.values())
    return ["| One answer of one country corrected | time | beside that part of the whole |", "|---|---|---|",
            f"| `glc build` | {build:.1f} s | |", f"| `glc run`, cold, {len(took)} pages | {cold:.1f} s | |",
            f"| `glc run` after it, {len(rerun)} pages rerun | {pages:.1f} s | |",
            f"| `glc run` alone: tables, {len(rerun)} pages and site | {seconds:.1f} s | |",
            f"| a single page alone: `glc run --only country-khm --force` | {page:.1f} s | |",
            *(f"| {share:.0%} of the {what} | {cold * share:.1f} s | {pages - cold * share:+.1f} s |"
              for share, what in ((number, "pages"), (work, "seconds that the pages took"))), ""]
