"""A large survey is checked without holding a row for every answer."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.wide_study import write_wide_study

pytestmark = pytest.mark.acceptance
CHECK = """
import sys
from glc_analysis.cli import main
try:
    main()
finally:  # of this program alone: what the system counts begins with the program that started it
    peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(peak, file=sys.stderr)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux says how much memory was used")
def test_a_check_of_three_million_cells_takes_little_memory(tmp_path):
    root = write_wide_study(tmp_path / "study", 20_000, outspoken=.25)
    done = subprocess.run([sys.executable, "-c", CHECK, "--study", str(root), "check"], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stderr.split()[-1]) < 400 * 2**10  # KiB; a row for every answer took 590 MiB
