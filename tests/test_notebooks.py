"""Every notebook runs under nbval on the invented sample."""

import json
import sys
import time
from pathlib import Path

import pytest

from tests.support.notebooks import nbval
from tests.support.share import drawn, share

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


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
