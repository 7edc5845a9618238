"""What core and add-ons import is declared in pyproject.toml, and what is declared is imported."""

import subprocess
import sys
from pathlib import Path

from glc_analysis.study import REPOSITORY


def test_what_is_imported_is_declared_and_what_is_declared_is_imported():
    done = subprocess.run([Path(sys.executable).with_name("deptry"), "."], cwd=REPOSITORY,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
