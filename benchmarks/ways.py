"""Ways to execute the country and theme notebooks of a study, each measured in a process of its own:
``python benchmarks/ways.py WAY STUDY [SLUG]``. Some ways print the seconds that they measure themselves.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from glc_analysis.run.plan import PageJob, plan_pages
from glc_analysis.study import Study

KINDS = ("country-", "theme-")
CORES = os.cpu_count() or 1


def pages_of(study: Study) -> list[PageJob]:
    """Returns the pages that are measured."""
    return [page for page in plan_pages(study) if page.slug.startswith(KINDS)]


def execute(study: Study, *, is_plain: bool = False, jobs: int = 0, scheduler: str = "") -> None:
    """Executes the pages in our own processes, or in those of a dask scheduler's workers. Makes no site and
    writes nothing."""
    from glc_analysis.addons.cluster.cluster import PageCluster
    from glc_analysis.run.execute import Failure, PageProcesses, choose_add_on_or_default_processes

    processes = PageCluster(study, scheduler, timeout=600) if scheduler else \
        (PageProcesses if is_plain else choose_add_on_or_default_processes())(study, timeout=600)
    with ThreadPoolExecutor(jobs or processes.jobs) as pool:
        assert not [one for one in pool.map(processes.execute, pages_of(study)) if isinstance(one, Failure)]
    processes.stop()


def alone(study: Study) -> None:
    """Executes warm pages one after another. Prints the seconds of the first page and the mean of the next
    four."""
    from glc_analysis.run.execute import choose_add_on_or_default_processes

    pages, times, begun = pages_of(study)[:5], [], time.perf_counter()
    processes = choose_add_on_or_default_processes()(study, timeout=600)
    for page in pages:
        processes.execute(page)
        times.append(time.perf_counter() - begun)
        begun = time.perf_counter()
    processes.stop()
    print(times[0], sum(times[1:]) / 4)


def whole(study: Study) -> None:
    """Makes all pages, the site, the gate and the switch to the new pages. Prints the seconds of the pages
    and of the rest."""
    from glc_analysis.report import update_report_pages

    begun, times = time.perf_counter(), {}
    result = update_report_pages(study,
                                 progress=lambda done, total, what: times.update({what: time.perf_counter()}))
    assert not result.failures
    print(times["The site"] - begun, time.perf_counter() - times["The site"])


def site(study: Study) -> None:
    """Makes the site of the last run again. Prints the seconds of its pages with the indexes of the search,
    the seconds of the gate (which has read the notebooks while they ran), the number of pages, and the size
    of the largest page in kB."""
    import shutil
    import tempfile

    from glc_analysis.gate.gate import PASSED, Gate
    from glc_analysis.publish.site import build_site

    home = study.reports / "team"
    (home / PASSED).unlink(missing_ok=True)  # so that the gate reads every page
    pages = [page for page in plan_pages(study) if not page.organisation]
    with tempfile.TemporaryDirectory(dir=home) as name:
        folder = Path(name)
        shutil.copytree(home / "current" / "notebooks", folder / "notebooks")
        ahead = Gate(study, "team")
        ahead.search_ahead(sorted((folder / "notebooks").iterdir()), folder)
        times = []
        for _ in range(4):  # the first one imports
            begun = time.perf_counter()
            build_site(folder, pages, title=study.title, audience="team", synthetic=True)
            times.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        Gate(study, "team", ahead=[ahead.searched_ahead]).refuse_or_record_as_passed(folder)
        gate, made = time.perf_counter() - begun, [*(folder / "site").glob("*.html")]
        print(min(times), gate, len(made), max(path.stat().st_size for path in made) / 1000)


def cells(study: Study) -> None:
    """Runs the code cells of all pages in one process that has already imported everything. Prints the
    seconds, which no engine can undercut."""
    import json

    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    shell = InteractiveShell.instance()
    shell.enable_gui = lambda gui=None: None
    shell.enable_matplotlib("inline")
    pages = pages_of(study)
    for page in [pages[0], pages[-1], *pages]:  # the first two, one of each kind, import what all need
        if page is pages[0]:
            begun = time.perf_counter()
        shell.reset(new_session=False)
        for cell in json.loads(page.notebook.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                code = "".join(cell["source"])
                if "parameters" in cell["metadata"].get("tags", []):
                    code += "\n" + "\n".join(f"{name} = {value!r}" for name, value in page.parameters.items())
                with capture_output():
                    assert shell.run_cell(code).success
    print(time.perf_counter() - begun)


def papermill(study: Study) -> None:
    """Executes page after page with papermill's own function, in one process."""
    import papermill as engine

    for page in pages_of(study):
        engine.execute_notebook(str(page.notebook), None, dict(page.parameters), kernel_name="glc_analysis",
                                progress_bar=False, cwd=str(page.notebook.parent))


def one(study: Study, slug: str) -> None:
    """Executes one page in a plain kernel. Prints the seconds of the page and the peak memory of its kernel
    in GiB."""
    import resource

    from glc_analysis.run.execute import Failure, PageProcesses

    processes = PageProcesses(study, timeout=600)
    page = next(page for page in plan_pages(study) if page.slug == slug)
    begun = time.perf_counter()
    assert not isinstance(processes.execute(page), Failure)
    seconds = time.perf_counter() - begun
    processes.stop()
    print(seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20)


WAYS: dict[str, Callable[[Study], None]] = {
    "ours": execute,
    "workers": lambda study: execute(study, scheduler=os.environ["SCHEDULER"]),
    "threads": lambda study: execute(study, is_plain=True, jobs=2),
    "papermill": papermill, "cells": cells, "whole": whole, "site": site, "alone": alone}


if __name__ == "__main__":
    chosen = Study(Path(sys.argv[2]))
    one(chosen, sys.argv[3]) if sys.argv[1] == "one" else WAYS[sys.argv[1]](chosen)
