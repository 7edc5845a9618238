"""A coder's session on the sample with an interview in many scripts, and a browser page for the desk."""

import shutil

import pytest

from glc_analysis.addons.desk.coding_session import CodingSession
from glc_analysis.study import Study
from tests.addons.desk.support.desk_study import write_desk_study


@pytest.fixture(scope="module")
def root(sample_study, tmp_path_factory):
    """The study with the interview in many scripts. Copy it to change it."""
    return write_desk_study(tmp_path_factory.mktemp("desk") / "study", sample_study.root)


@pytest.fixture
def session(root, tmp_path):
    shutil.copytree(root, tmp_path / "study")
    return CodingSession(Study(tmp_path / "study"), "ana")


@pytest.fixture
def page(browser):
    shown = browser.new_page(viewport={"width": 1280, "height": 900}, bypass_csp=True)
    shown.set_default_timeout(30_000)
    shown.errors = []
    shown.on("pageerror", lambda error: shown.errors.append(str(error)))
    yield shown
    assert shown.errors == []
    shown.close()


@pytest.fixture(scope="module")
def axe():
    return pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
