"""The core stands alone: with all add-ons deleted, its tests pass and the sample gets its pages."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "test-core-alone"


@pytest.mark.acceptance
def test_without_any_add_on_the_tests_of_the_core_pass_and_the_sample_gets_its_pages():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run([sys.executable, SCRIPT], env=environment, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
