"""Every notebook runs under nbval on the invented sample."""

import time
from pathlib import Path

import pytest

from tests.support.notebooks import nbval
from tests.support.share import drawn, share

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.every_day
@pytest.mark.acceptance
def test_notebooks_run_and_their_own_checks_hold_in_plain_kernels(sample_study):
    begun = time.perf_counter()
    done = nbval(*drawn(NOTEBOOKS, 8), study=sample_study.root)
    print(f"\n{share(len(NOTEBOOKS), 8)} notebooks, plain kernels: {time.perf_counter() - begun:.1f} s")
    assert done.returncode == 0, done.stdout
