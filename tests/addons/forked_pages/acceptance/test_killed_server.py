"""A run goes on where the server from which its pages are forked is killed."""

import subprocess
import sys
import time

import psutil
import pytest

from tests.run.small_study import collection, small_study
from tests.support.process import Process

RUN = """
import sys
from pathlib import Path
from glc_analysis.report import update_report_pages
from glc_analysis.study import Study
result = update_report_pages(Study(Path(sys.argv[1])), folder=Path(sys.argv[2]), jobs=1,
                             progress=lambda *told: None)
print(*result.lines)
"""


def server_of(process):
    """The fork server of a run, once it has forked a page, and the processes of pages at that moment."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for child in process.children():
            if "fork_server.py" in " ".join(child.cmdline()) and (forked := child.children()):
                return child, forked
        time.sleep(0.01)
    raise AssertionError("no page was forked")


@pytest.mark.acceptance
def test_a_killed_fork_server_costs_a_run_nothing(tmp_path):
    study, folder = small_study(tmp_path / "study"), collection(tmp_path / "notebooks", "00", "10")
    with Process([sys.executable, "-c", RUN, str(study.root), str(folder)], text=True,
                 stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        server, forked = server_of(psutil.Process(process.pid))
        server.kill()
        said, wrong = process.communicate(timeout=100)
    assert (process.returncode, wrong) == (0, "")
    assert "3 of 3 pages ran, 0 of them failed." in said
    assert psutil.wait_procs(forked, timeout=10)[1] == []
