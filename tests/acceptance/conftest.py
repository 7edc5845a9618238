"""The real survey of 480 organisations as a study of its own, built once; a browser."""

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from glc_analysis.study import REPOSITORY
from tests.support.kept import kept

NGO_STUDY = REPOSITORY / "tests/studies/ngo_survey"


@pytest.fixture(scope="session")
def ngo_study(shared_data, tmp_path_factory) -> Path:
    """The study's folder, built once for all processes, of which each has a copy: the committed reference
    tables, pointing to the same raw files."""
    own = tmp_path_factory.mktemp("ngo_survey")
    if "PYTEST_XDIST_WORKER" in os.environ:
        built = kept(tmp_path_factory, "ngo_survey", lambda root: _write_built(root, shared_data))
        # As many folders deep: its settings lead from there to the raw files.
        shutil.copytree(built, own, dirs_exist_ok=True)
    else:
        _write_built(own, shared_data)
    return own


def _write_built(root: Path, shared_data: Path) -> None:
    from glc_analysis.cli import cli

    for path in (*NGO_STUDY.glob("reference/*"), *NGO_STUDY.glob("private/reference/*")):
        target = root / path.relative_to(NGO_STUDY)
        target.parent.mkdir(parents=True, exist_ok=True)
        data = os.path.relpath(shared_data, root / "reference" if path.suffix == ".toml" else root)
        text = path.read_text(encoding="utf-8")
        for committed in ("../../../../../shared/data", "../../../../shared/data"):
            text = text.replace(committed, data)
        target.write_text(text, encoding="utf-8")
    done = CliRunner().invoke(cli, ["--study", str(root), "build"])
    assert done.exit_code == 0, done.output


@pytest.fixture(scope="session")
def sample_runs(sample_study, tmp_path_factory) -> Path:
    """The reports of the sample for every audience, made once for all processes. They belong to all tests."""
    from glc_analysis.report import run
    from glc_analysis.schema import AUDIENCES
    from glc_analysis.study import Study

    def make(root: Path) -> None:
        shutil.copytree(sample_study.root, root)
        for audience in AUDIENCES:
            assert not run(Study(root), audience=audience).failures

    return kept(tmp_path_factory, "sample_runs", make) / "reports"


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium; of a module, since its loop stands in the way of others that run one."""
    sync = pytest.importorskip("playwright.sync_api")
    if not (chromium := shutil.which("chromium")):
        pytest.skip("chromium is not installed")
    with sync.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()
