"""Every notebook runs under nbval on the invented sample; the golden one gives what is stored in it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
GOLDEN = ROOT / "tests" / "golden" / "golden_answers.ipynb"


def nbval(notebook: Path, study: Path, *options: str) -> subprocess.CompletedProcess:
    """Runs one notebook under nbval in a process of its own, as continuous integration does."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--noconftest",
               "-o", "addopts=",
               *options, str(notebook)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True,
                          env={**os.environ, "GLC_STUDY": str(study)})


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_its_own_checks_hold(notebook, sample_study):
    done = nbval(notebook, sample_study.root, "--nbval-lax")
    assert done.returncode == 0, done.stdout


def test_the_golden_notebook_gives_exactly_what_is_stored_in_it(sample_study):
    done = nbval(GOLDEN, sample_study.root, "--nbval")
    assert done.returncode == 0, done.stdout


def test_a_changed_figure_is_noticed_in_the_golden_notebook(sample_study, tmp_path):
    changed = tmp_path / GOLDEN.name
    text = GOLDEN.read_text(encoding="utf-8")
    assert "18 of 30" in text
    changed.write_text(text.replace("18 of 30", "17 of 30"), encoding="utf-8")
    done = nbval(changed, sample_study.root, "--nbval")
    assert done.returncode == 1, done.stdout
