"""Every notebook runs under nbval on the invented sample, in kernels that are forked where they can be."""

import json
import sys

import pytest

from glc_analysis.addons.forked_pages.forked_pages import _preloading
from glc_analysis.study import REPOSITORY
from tests.support.notebooks import nbval

NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))


@pytest.fixture
def only_when_warm(tmp_path):
    """A notebook that fails in a kernel that has not imported the libraries already."""
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None,
            "source": "import sys\nassert 'scipy.sparse' in sys.modules"}
    spec = json.loads(NOTEBOOKS[0].read_text(encoding="utf-8"))["metadata"]
    path = tmp_path / "warm.ipynb"
    path.write_text(json.dumps({"cells": [cell], "metadata": spec, "nbformat": 4, "nbformat_minor": 5}))
    return path


def test_a_run_imports_nothing_in_advance_for_notebooks_that_make_no_page():
    assert "glc_analysis.addons.desk.explorer" not in _preloading()["GLC_PRELOAD"].split()


def test_every_notebook_runs_and_its_own_checks_hold_in_forked_kernels(sample_study, only_when_warm):
    if sys.platform == "linux":  # elsewhere no kernel is forked from one that has imported the libraries
        _, *of_a_run = _preloading()["GLC_PRELOAD"].split()  # but for the module that needs no kernels
        done = nbval(*NOTEBOOKS, only_when_warm, study=sample_study.root, kernels="glc-fork",
                     preloaded=" ".join(["matplotlib.pyplot", "seaborn", *of_a_run]))
    else:
        done = nbval(*NOTEBOOKS, study=sample_study.root)
    assert done.returncode == 0, done.stdout


@pytest.mark.acceptance
def test_a_plain_kernel_has_imported_nothing(sample_study, only_when_warm):
    assert nbval(only_when_warm, study=sample_study.root).returncode == 1
