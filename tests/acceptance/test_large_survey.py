"""A large survey is checked without holding a row for every answer."""

import os
import subprocess
import sys

import pytest

from benchmarks.wide_study import write_wide_study

pytestmark = pytest.mark.acceptance


def test_a_check_of_three_million_cells_takes_little_memory(tmp_path):
    root = write_wide_study(tmp_path / "study", 20_000, outspoken=.25)
    process = subprocess.Popen([sys.executable, "-m", "glc_analysis", "--study", str(root), "check"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    assert usage.ru_maxrss < 400 * 2**10  # KiB; a row for every answer took 590 MiB
