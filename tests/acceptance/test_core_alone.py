"""The core stands alone: with all add-ons deleted, its tests pass and the sample gets its pages. A seventh of
the tests runs each day, so that each runs once a week."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.share import IS_SOAK, of_the_day

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "test-core-alone"


def places_of_quick_tests():
    """The core's files of tests, and the folders and modules whose docstrings have examples."""
    listed = subprocess.run(["git", "ls-files", "tests", "glc_analysis", "scripts"], cwd=ROOT,
                            capture_output=True, text=True, check=True)
    places = {"scripts"}
    for path in map(Path, listed.stdout.splitlines()):
        if path.suffix != ".py" or {"addons", "acceptance"} & {*path.parts} or path.name == "__main__.py":
            continue
        if path.name.startswith("test_"):
            places.add(str(path))
        elif path.parts[0] == "glc_analysis":
            places.add("/".join(path.parts[:2]))
    return sorted(places)


@pytest.mark.acceptance
@pytest.mark.every_day
def test_without_any_add_on_the_tests_of_the_core_pass_and_the_sample_gets_its_pages():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    places = [] if IS_SOAK else of_the_day(places_of_quick_tests())
    done = subprocess.run([sys.executable, SCRIPT, *places], env=environment, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
