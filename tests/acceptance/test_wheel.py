"""The wheel, installed without network in an environment of its own: sample, pages, kernel."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from glc_analysis.study import REPOSITORY

pytestmark = [pytest.mark.acceptance, pytest.mark.every_day]
PIP = ("-m", "pip", "--isolated", "--disable-pip-version-check")
NAMES = ("glc_analysis", "notebooks", "pyproject.toml", "README.md", "LICENSE", "LICENSE-TEXT", ".gitignore")


def call(*command, folder, **settings):
    """What a command says, run elsewhere than in the checkout; it has to succeed."""
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("GLC_", "PYTHON", "JUPYTER"))}
    done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True, check=False,
                          env=environment | settings)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An environment with the wheel, which takes all other packages from the one of the tests."""
    home = tmp_path_factory.mktemp("wheel")
    source = home / "source"
    source.mkdir()
    for name in NAMES:
        path = REPOSITORY / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(path, source / name)
    call(sys.executable, *PIP, "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation",
         "--wheel-dir", home, source, folder=home)
    call(sys.executable, "-m", "venv", "--without-pip", home / "venv", folder=home)
    python = home / "venv/bin/python"
    packages = Path(call(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))",
                         folder=home).strip())
    others = [path for path in sys.path if path.endswith("site-packages")]
    # They come after the wheel; the checkout, which a .pth file among them names, does not come at all.
    (packages / "others.pth").write_text("\n".join(others))
    wheel = next(home.glob("*.whl"))
    call(sys.executable, *PIP, "--python", python, "install", "--quiet", "--no-index", "--no-deps",
         "--force-reinstall", wheel, folder=home)
    return home / "venv/bin"


def glc(environment, *options, **settings):
    return call(environment / "glc", *options, folder=environment, **settings)


@pytest.fixture(scope="module")
def study(environment, tmp_path_factory):
    """The invented sample, written by the installed command."""
    root = tmp_path_factory.mktemp("installed") / "study"
    glc(environment, "--study", root, "sample")
    return root


def test_the_package_is_that_of_the_wheel_and_carries_the_notebooks(environment):
    code = ("from glc_analysis.study import NOTEBOOKS\n"
            "print(NOTEBOOKS, *sorted(path.name for path in NOTEBOOKS.iterdir()), sep='\\n')")
    folder, *names = call(environment / "python", "-c", code, folder=environment).split()
    assert Path(folder).is_relative_to(environment.parent)
    assert names == sorted(path.name for path in (REPOSITORY / "notebooks").glob("*.ipynb"))


def test_its_pages_run_and_a_notebook_of_the_study_takes_the_place_of_one_of_the_package(environment, study):
    glc(environment, "--study", study, "run", "--only", "index")
    assert (study / "reports/team/current/site/index.html").is_file()
    study.joinpath("notebooks").mkdir()
    text = (REPOSITORY / "notebooks/01_data_quality.ipynb").read_text(encoding="utf-8")
    content = json.loads(text)
    content["cells"][0]["source"] = ["# A question of this study alone\n"]
    (study / "notebooks/01_data_quality.ipynb").write_text(json.dumps(content), encoding="utf-8")
    glc(environment, "--study", study, "run", "--only", "data_quality")
    page = (study / "reports/team/current/site/data_quality.html").read_text(encoding="utf-8")
    assert "A question of this study alone" in page


def test_without_a_study_it_says_how_to_name_one(environment):
    done = subprocess.run([environment / "glc", "run"], cwd=environment, capture_output=True, text=True,
                          env={name: value for name, value in os.environ.items() if name != "GLC_STUDY"})
    assert done.returncode == 2
    assert "No study is named. To fix: name its folder with --study DIR" in done.stderr


def test_jupyter_finds_the_kernel(environment):
    listed = call(environment / "python", "-m", "jupyter_client.kernelspecapp", "list", "--json",
                  folder=environment)
    spec = json.loads(listed[listed.index("{"):])["kernelspecs"]["glc_analysis"]
    assert Path(spec["resource_dir"]).is_relative_to(environment.parent)
