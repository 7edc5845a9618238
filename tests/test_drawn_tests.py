"""Which tests run: those that a change reaches, those of today, and what today's draw left out."""

import importlib.machinery
import importlib.util
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def reached():
    loader = importlib.machinery.SourceFileLoader("test_reached", str(ROOT / "scripts/test-reached"))
    spec = importlib.util.spec_from_loader("test_reached", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    graph = grimp.build_graph("glc_analysis")
    return lambda *changed: module.tests_of([*changed], graph)


def test_a_change_at_the_top_of_the_house_reaches_its_own_room_alone(reached):
    found = reached("glc_analysis/cli/publish.py")
    assert "glc_analysis/cli/publish.py" in found
    assert not {"tests/intake", "tests/cleaning", "tests/disclosure"} & {*found}


def test_a_change_below_reaches_what_imports_it(reached):
    found = reached("glc_analysis/disclosure/bounds.py")
    assert {"tests/disclosure", "tests/view", "tests/test_build.py"} <= {*found}
    assert not {"tests/intake", "tests/cleaning"} & {*found}


@pytest.mark.parametrize("name", ["glc_analysis/schema/tables.csv", "pyproject.toml",
                                  "tests/support/kept.py"])
def test_what_is_no_module_may_reach_anything(reached, name):
    assert reached(name, "docs/trace.md") == ["tests", "glc_analysis"]


def test_a_document_and_a_test_reach_themselves(reached):
    assert reached("docs/trace.md", "tests/test_cli.py") == ["tests/test_cli.py", "tests/test_documents.py"]


@pytest.mark.acceptance
def test_what_todays_draw_left_out_is_listed_and_is_the_rest():
    def listed(*options):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "tests/addons/convening", "-m", "acceptance", "--collect-only",
             "-q", *options],
            cwd=ROOT, capture_output=True, text=True, check=False)
        return {line for line in done.stdout.splitlines() if "::" in line}
    today, others, every = listed("--drawn"), listed("--left-out"), listed()
    assert today and others and not today & others and today | others == every
