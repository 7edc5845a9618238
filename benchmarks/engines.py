"""The sample's country and theme notebooks by `glc run`, by other engines, and by the bare cells.

``python benchmarks/engines.py WAY STUDY [SLUG]`` is one measurement in a process of its own; :func:`rows`
makes the tables of `make bench`.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from glc_analysis.reports.plan import Page, plan
from glc_analysis.study import Study

ROOT = Path(__file__).resolve().parents[1]
BIN, BENCH = ROOT / ".venv" / "bin", ROOT / ".venv-bench" / "bin"
KINDS = ("country-", "theme-")
CORES = os.cpu_count() or 1
Measure = Callable[..., tuple[float, float]]


def pages_of(study: Study) -> list[Page]:
    """The pages that are measured."""
    return [page for page in plan(study) if page.slug.startswith(KINDS)]


def execute(study: Study, *, is_warm: bool, jobs: int) -> None:
    """Our kernels alone: no site, nothing written."""
    from glc_analysis.reports.execute import Failure, Kernels

    kernels = Kernels(study, timeout=600, is_warm=is_warm)
    with ThreadPoolExecutor(jobs) as pool:
        assert not [one for one in pool.map(kernels.execute, pages_of(study)) if isinstance(one, Failure)]
    kernels.stop()


def cells(study: Study) -> None:
    """The code cells of all pages in one process that has imported everything: the floor."""
    import json

    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    shell = InteractiveShell.instance()
    shell.enable_gui = lambda gui=None: None
    shell.enable_matplotlib("inline")
    for page in pages_of(study):
        shell.reset(new_session=False)
        for cell in json.loads(page.notebook.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                code = "".join(cell["source"])
                if "parameters" in cell["metadata"].get("tags", []):
                    code += "\n" + "\n".join(f"{name} = {value!r}" for name, value in page.parameters.items())
                with capture_output():
                    assert shell.run_cell(code).success


def papermill(study: Study) -> None:
    """papermill's own function, page after page, in one process."""
    import papermill as engine

    for page in pages_of(study):
        engine.execute_notebook(str(page.notebook), None, dict(page.parameters), kernel_name="glc_analysis",
                                progress_bar=False, cwd=str(page.notebook.parent))


def one(study: Study, slug: str) -> None:
    """One page by a plain kernel; prints the seconds of the page and the peak memory of its kernel, GiB."""
    import resource

    from glc_analysis.reports.execute import Failure, Kernels

    kernels, page = Kernels(study, timeout=600), next(page for page in plan(study) if page.slug == slug)
    begun = time.perf_counter()
    assert not isinstance(kernels.execute(page), Failure)
    seconds = time.perf_counter() - begun
    kernels.stop()
    print(seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20)


WAYS: dict[str, Callable[[Study], None]] = {
    "ours": lambda study: execute(study, is_warm=True, jobs=CORES + 1),
    "threads": lambda study: execute(study, is_warm=False, jobs=2),
    "papermill": papermill, "cells": cells}


@dataclass(frozen=True)
class _Collection:
    """The same collection for other engines: a command a page, with what it needs and makes."""

    study: Study
    folder: Path

    @property
    def commands(self) -> list[list[str]]:
        return [[str(BIN / "papermill"), "--no-progress-bar", "--log-level", "ERROR", str(page.notebook),
                 str(self.out(page)), *(word for name, value in page.parameters.items()
                                        for word in ("-p", name, value))] for page in pages_of(self.study)]

    def out(self, page: Page) -> Path:
        return self.folder / "out" / f"{page.slug}.ipynb"

    @property
    def inputs(self) -> list[str]:
        return [str(path) for path in sorted(self.study.processed.glob("*.parquet"))]

    def tasks(self) -> list[tuple[str, str, str, str]]:
        return [(page.slug, str(page.notebook), str(self.out(page)), shlex.join(command))
                for page, command in zip(pages_of(self.study), self.commands, strict=True)]

    def write(self) -> None:
        """A script for the shell, a Snakefile, a dodo.py and a task module of pytask."""
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


def rows(root: Path, folder: Path, measure: Measure) -> list[str]:
    """The tables: notebooks executed, nothing changed, one country changed."""
    study, glc = Study(root), [str(BIN / "glc"), "--study", str(root)]
    pages, environment = len(pages_of(study)), {"GLC_STUDY": str(root)}
    collection = _Collection(study, folder)
    collection.write()

    def way(name: str) -> float:
        return measure([sys.executable, str(Path(__file__)), name, str(root)], **environment)[0]

    whole, _ = measure([*glc, "run"])
    ours, floor = way("ours"), way("cells") / CORES
    loop, _ = measure(["sh", str(folder / "loop.sh")], **environment)
    others = {"shell loop of the papermill command": loop,
              "papermill in one process": way("papermill"), "two threads with plain kernels": way("threads")}
    shutil.rmtree(folder / "out")
    snake = [str(BENCH / "snakemake"), "--quiet", "all", "--cores", str(CORES), "--snakefile",
             str(folder / "Snakefile"), "--directory", str(folder)]
    others[f"snakemake, {CORES} cores"] = measure(snake, **environment)[0]
    table = [f"| {pages} country and theme notebooks, cold, executed alone | time | ratio |", "|---|---|---|",
             f"| `glc run`'s kernels, {CORES + 1} jobs | {ours:.1f} s | 1.0 |",
             *(f"| {name} | {seconds:.1f} s | {seconds / ours:.1f} |" for name, seconds in others.items()),
             f"| floor: the same cells in one imported process, over {CORES} cores | {floor:.1f} s "
             f"| 1/{ours / floor:.2f} |", "",
             f"The whole cold `glc run` took {whole:.1f} s: its other pages, the site and the gate come to "
             f"{whole - ours:.1f} s.", ""]
    return [*table, *_nothing(glc, folder, snake, measure, environment), *_one_country(study, glc, measure)]


def _nothing(glc: list[str], folder: Path, snake: list[str], measure: Measure,
             environment: dict[str, str]) -> list[str]:
    """What each engine needs to find that nothing changed."""
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
    """An answer of one country corrected: what is rerun, and how long all of it takes."""
    with (study.reference / "corrections.csv").open("a", encoding="utf-8") as file:
        file.write("survey,glc_2016_kobo.r4,Q3_2,yes,no,Measured.,bench,2016-10-04\n")
    build, _ = measure([*glc, "build"])
    listed = subprocess.run([*glc, "run", "--dry-run"], capture_output=True, text=True, check=True).stderr
    seconds, _ = measure([*glc, "run"])
    return [f"One answer of one country corrected: {listed.split(' would')[0]} pages are rerun; build "
            f"{build:.1f} s, run {seconds:.1f} s.", ""]


if __name__ == "__main__":
    chosen = Study(Path(sys.argv[2]))
    one(chosen, sys.argv[3]) if sys.argv[1] == "one" else WAYS[sys.argv[1]](chosen)
