"""The core stands alone: with the folders of all add-ons deleted, the sample gets its reports."""

import importlib.machinery
import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "test-core-alone"


@pytest.fixture(scope="module")
def script():
    loader = importlib.machinery.SourceFileLoader("test_core_alone", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def core(script, tmp_path_factory):
    tree = tmp_path_factory.mktemp("core")
    script.copy_tree(tree)
    script.delete_add_ons(tree)
    return tree


@pytest.mark.acceptance
@pytest.mark.every_day
def test_the_sample_gets_the_pages_of_the_core(script, core, tmp_path):
    assert script.faults_of_a_run(core, tmp_path / "study") == []


@pytest.mark.acceptance
@pytest.mark.every_day
def test_no_module_and_no_notebook_of_the_core_imports_an_add_on(script, core):
    assert [line for line in script.importers(core) if not line.startswith("tests/")] == []
