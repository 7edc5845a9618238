"""The core stands alone: with all add-ons deleted, its tests pass and the sample gets its pages. Each day a
part of the tests runs, or the pages are made, each once a week."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.share import IS_SOAK, of_the_day

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "test-core-alone"


def parts_of_the_day():
    """Another seventh each day of the core's files of tests, and of the folders and modules whose docstrings
    have examples; on one of the days also the pages of the sample. In `make soak` all, which is no part."""
    if IS_SOAK:
        return []
    listed = subprocess.run(["git", "ls-files", "tests", "glc_analysis", "scripts"], cwd=ROOT,
                            capture_output=True, text=True, check=True)
    places = {"scripts", "notebooks"}
    for path in map(Path, listed.stdout.splitlines()):
        if path.suffix != ".py" or {"addons", "acceptance"} & {*path.parts} or path.name == "__main__.py":
            continue
        if path.name.startswith("test_"):
            places.add(str(path))
        elif path.parts[0] == "glc_analysis":
            places.add("/".join(path.parts[:2]))
    return of_the_day(sorted(places))


@pytest.mark.acceptance
@pytest.mark.every_day
def test_without_any_add_on_the_tests_of_the_core_pass_and_the_sample_gets_its_pages():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run([sys.executable, SCRIPT, *parts_of_the_day()], env=environment,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
