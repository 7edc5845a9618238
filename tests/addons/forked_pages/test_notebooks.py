"""Every notebook runs under nbval on the invented sample, in kernels that are forked where they can be. The
golden one, whose figures count what every add-on brings, gives what is stored in it."""

import json
import re
import sys

import pytest

from glc_analysis.addons.forked_pages.forked_pages import _preloading
from glc_analysis.study import REPOSITORY
from tests.support.notebooks import nbval

NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
GOLDEN = REPOSITORY / "tests/golden/golden_answers.ipynb"


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


def run_in_forked_kernels(*notebooks, study, strict=False):
    """What nbval says of notebooks in kernels that are forked where they can be."""
    if sys.platform != "linux":  # no kernel is forked elsewhere
        return nbval(*notebooks, study=study, strict=strict)
    _, *of_a_run = _preloading()["GLC_PRELOAD"].split()  # but for the module that needs no kernels
    return nbval(*notebooks, study=study, strict=strict, kernels="glc-fork",
                 preloaded=" ".join(["matplotlib.pyplot", "seaborn", *of_a_run]))


def test_every_notebook_runs_and_its_own_checks_hold_in_forked_kernels(sample_study, only_when_warm):
    warm = [only_when_warm] * (sys.platform == "linux")
    done = run_in_forked_kernels(*NOTEBOOKS, *warm, study=sample_study.root)
    assert done.returncode == 0, done.stdout


def test_the_golden_notebook_gives_exactly_what_is_stored_in_it_and_a_changed_figure_is_noticed(
        sample_study, tmp_path):
    changed = tmp_path / "changed.ipynb"
    text = GOLDEN.read_text(encoding="utf-8")
    assert "6 of 8" in text
    changed.write_text(text.replace("6 of 8", "5 of 8"), encoding="utf-8")
    done = run_in_forked_kernels(GOLDEN, changed, study=sample_study.root, strict=True)
    failed = re.findall(r"^FAILED (\S*)::", done.stdout, re.MULTILINE)
    assert failed == [""], done.stdout  # nbval gives a file outside of the project no name


@pytest.mark.acceptance
def test_a_plain_kernel_has_imported_nothing(sample_study, only_when_warm):
    assert nbval(only_when_warm, study=sample_study.root).returncode == 1
