"""Every notebook runs under nbval on the invented sample; the golden one gives what is stored in it."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.share import drawn, share

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
GOLDEN = ROOT / "tests" / "golden" / "golden_answers.ipynb"


def nbval(*notebooks: Path, study: Path, strict: bool = False,
          kernels: str = "local-provisioner") -> subprocess.CompletedProcess:
    """Runs notebooks under nbval in a process of its own, as continuous integration does."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--noconftest",
               "-o", "addopts=", "--nbval" if strict else "--nbval-lax", *map(str, notebooks)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={
        **os.environ, "GLC_STUDY": str(study), "JUPYTER_DEFAULT_PROVISIONER_NAME": kernels})


@pytest.fixture
def only_when_warm(tmp_path):
    """A notebook that fails in a kernel that has not imported the libraries already."""
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None,
            "source": "import sys\nassert 'scipy.sparse' in sys.modules"}
    spec = json.loads(NOTEBOOKS[0].read_text(encoding="utf-8"))["metadata"]
    path = tmp_path / "warm.ipynb"
    path.write_text(json.dumps({"cells": [cell], "metadata": spec, "nbformat": 4, "nbformat_minor": 5}))
    return path


@pytest.mark.every_day
@pytest.mark.acceptance
def test_notebooks_run_and_their_own_checks_hold_in_plain_kernels(sample_study, only_when_warm):
    begun = time.perf_counter()
    done = nbval(*drawn(NOTEBOOKS, 8), study=sample_study.root)
    print(f"\n{share(len(NOTEBOOKS), 8)} notebooks, plain kernels: {time.perf_counter() - begun:.1f} s")
    assert done.returncode == 0, done.stdout
    assert nbval(only_when_warm, study=sample_study.root).returncode == 1


def test_every_notebook_runs_and_its_own_checks_hold(sample_study, only_when_warm):
    if sys.platform == "linux":  # elsewhere no kernel is forked from one that has imported the libraries
        done = nbval(*NOTEBOOKS, only_when_warm, study=sample_study.root, kernels="glc-fork")
    else:
        done = nbval(*NOTEBOOKS, study=sample_study.root)
    assert done.returncode == 0, done.stdout


def test_the_golden_notebook_gives_exactly_what_is_stored_in_it_and_a_changed_figure_is_noticed(
        sample_study, tmp_path):
    changed = tmp_path / "changed.ipynb"
    text = GOLDEN.read_text(encoding="utf-8")
    assert "6 of 8" in text
    changed.write_text(text.replace("6 of 8", "5 of 8"), encoding="utf-8")
    done = nbval(GOLDEN, changed, study=sample_study.root, strict=True)
    failed = re.findall(r"^FAILED (\S*)::", done.stdout, re.MULTILINE)
    assert failed == [""], done.stdout  # nbval gives a file outside of the project no name
