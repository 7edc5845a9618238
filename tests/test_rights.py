"""Everything in a study is its owner's alone, whoever writes it and whatever the shell's settings say."""

import os
import shutil
import stat
import subprocess
import sys

import pytest

from glc_analysis.permissions import close_folder_tree_to_others, find_paths_open_to_others
from glc_analysis.study import REPOSITORY
from glc_analysis.writing import link_or_copy
from tests.support.study_on_disk import FILES

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")


def glc(*arguments, study):
    """A command as a shell starts it that lets everybody read and write."""
    return subprocess.run([sys.executable, "-m", "glc_analysis", "--study", str(study), *arguments],
                          capture_output=True, text=True, check=False, umask=0)


def write_loosely(root):
    """A small study, as people copy one: everybody may read and write it."""
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    for path in [root, *root.rglob("*")]:
        path.chmod(0o777 if path.is_dir() else 0o666)


def test_a_new_study_is_its_owners_alone(tmp_path):
    study = tmp_path / "study"
    glc("init", str(study), study=study)
    assert (study / "reference/study.toml").is_file() and find_paths_open_to_others(study) == []


@pytest.mark.acceptance
def test_a_build_closes_what_people_copied_into_a_study(tmp_path):
    write_loosely(tmp_path)
    checked = glc("check", study=tmp_path)
    assert "files and folders can be read by other users of this" in checked.stderr
    assert glc("build", study=tmp_path).returncode == 0
    assert (tmp_path / "processed/slices.json").is_file() and find_paths_open_to_others(tmp_path) == []
    assert "other users" not in glc("check", study=tmp_path).stderr


@pytest.mark.acceptance
def test_a_build_with_nothing_to_do_closes_too(tmp_path):
    write_loosely(tmp_path)
    glc("build", study=tmp_path)
    (tmp_path / "raw").chmod(0o755)
    glc("build", study=tmp_path)
    assert find_paths_open_to_others(tmp_path) == []


def test_a_notebook_that_opens_a_study_writes_for_its_owner_alone(tmp_path):
    write_loosely(tmp_path)
    cell = f"import glc_analysis as glc; glc.open_study({str(tmp_path)!r}); open('cleaned.csv', 'w').close()"
    subprocess.run([sys.executable, "-c", cell], cwd=tmp_path, check=True, umask=0)
    assert stat.S_IMODE((tmp_path / "cleaned.csv").stat().st_mode) == 0o600


def test_a_page_that_an_older_version_made_for_all_is_closed_where_it_is_kept(tmp_path):
    (tmp_path / "old.ipynb").write_text("a page")
    (tmp_path / "old.ipynb").chmod(0o644)
    link_or_copy(tmp_path / "old.ipynb", tmp_path / "kept.ipynb")
    (tmp_path / "old.ipynb").unlink()
    assert stat.S_IMODE((tmp_path / "kept.ipynb").stat().st_mode) == 0o600


def test_closing_follows_no_link_out_of_the_study(tmp_path):
    other, study = tmp_path / "other", tmp_path / "study"
    for folder in (other, study):
        folder.mkdir()
        folder.chmod(0o755)
    (study / "raw").symlink_to(other)
    close_folder_tree_to_others(study)
    assert stat.S_IMODE(other.stat().st_mode) == 0o755 and stat.S_IMODE(study.stat().st_mode) == 0o700


def test_what_is_read_only_stays_so(tmp_path):
    path = tmp_path / "interview.txt"
    path.write_text("Ana: Yes.")
    path.chmod(0o444)
    close_folder_tree_to_others(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o400


@pytest.mark.acceptance
def test_no_file_of_a_study_that_is_built_and_run_can_be_read_by_others(tmp_path):
    """The sample, with every kind of file that a command writes into a study."""
    study = tmp_path / "study"
    shutil.copytree(REPOSITORY / "data/reference", study / "reference", copy_function=shutil.copyfile)
    for command in (
            "sample", "run --audience public --only principles", "run --audience convening --only principles",
            "run --only principles", "transcripts", "quotes --to-clear", "returns --for canal-lamp",
            "packet --for shared --only principles", "export deposit", "withdraw canal-lamp",
            "run --only principles"):
        done = glc(*command.split(), study=study)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        assert find_paths_open_to_others(study) == [], command
