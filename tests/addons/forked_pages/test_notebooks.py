"""Every notebook runs under nbval on the invented sample, in kernels that are forked where they can be. The
golden one, whose figures count what every add-on brings, gives what is stored in it."""

import json
import re
import sys
from collections import Counter

import pytest

from glc_analysis.addons.forked_pages.forked_pages import _preloading
from glc_analysis.study import REPOSITORY
from tests.support.notebooks import nbval

NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
GOLDEN = REPOSITORY / "tests/golden/golden_answers.ipynb"


def write_warm(path):
    """Writes a notebook that fails in a kernel that has not imported the libraries already."""
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None,
            "source": "import sys\nassert 'scipy.sparse' in sys.modules"}
    spec = json.loads(NOTEBOOKS[0].read_text(encoding="utf-8"))["metadata"]
    path.write_text(json.dumps({"cells": [cell], "metadata": spec, "nbformat": 4, "nbformat_minor": 5}))


def test_a_run_imports_nothing_in_advance_for_notebooks_that_make_no_page():
    assert "glc_analysis.addons.desk.explorer" not in _preloading()["GLC_PRELOAD"].split()


@pytest.fixture(scope="module")
def failed(sample_study, tmp_path_factory):
    """How many cells of each notebook fail under nbval, and what nbval says: of all notebooks, of one that
    needs a warm kernel, of the golden one, and of the golden one after a figure was changed."""
    folder = tmp_path_factory.mktemp("notebooks")
    warm, golden, changed = (folder / f"{name}.ipynb" for name in ("warm", "golden", "changed"))
    write_warm(warm)
    text = with_outputs_checked(GOLDEN.read_text(encoding="utf-8"))
    golden.write_text(text, encoding="utf-8")
    assert "6 of 8" in text
    changed.write_text(text.replace("6 of 8", "5 of 8"), encoding="utf-8")
    notebooks = [*NOTEBOOKS, golden, changed]
    if sys.platform == "linux":  # no kernel is forked elsewhere
        notebooks.append(warm)
        _, *of_a_run = _preloading()["GLC_PRELOAD"].split()  # but for the module that needs no kernels
        modules = ["matplotlib.pyplot", "seaborn", *of_a_run,
                   "tests.addons.forked_pages.support.warm_kernels"]
        done = nbval(*notebooks, study=sample_study.root, kernels="glc-fork", preloaded=" ".join(modules))
    else:
        done = nbval(*notebooks, study=sample_study.root)
    assert done.returncode == 1, done.stdout  # all ran, and a cell failed
    return Counter(re.findall(r"^FAILED .*?(\w+\.ipynb)::", done.stdout, re.MULTILINE)), done.stdout


def with_outputs_checked(text):
    """A notebook whose cells nbval compares with what is stored, but for those that say they differ."""
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        tags = cell["metadata"].setdefault("tags", [])
        if "nbval-ignore-output" not in tags:
            tags.append("nbval-check-output")
    return json.dumps(notebook)


def test_every_notebook_runs_and_its_own_checks_hold_in_forked_kernels(failed):
    cells, said = failed
    assert not {*cells} - {"golden.ipynb", "changed.ipynb"}, said


def test_the_golden_notebook_gives_exactly_what_is_stored_in_it(failed):
    cells, said = failed
    assert "golden.ipynb" not in cells, said


def test_a_changed_figure_of_the_golden_notebook_is_noticed(failed):
    cells, said = failed
    assert cells["changed.ipynb"] == 1, said


@pytest.mark.acceptance
def test_a_plain_kernel_has_imported_nothing(sample_study, tmp_path):
    write_warm(tmp_path / "warm.ipynb")
    assert nbval(tmp_path / "warm.ipynb", study=sample_study.root).returncode == 1
