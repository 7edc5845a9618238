"""Nothing of a study enters git but its public reference, whatever people call or force."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from glc_analysis.gitignore import (
    find_git_repository,
    list_files_allowed_in_git,
    write_gitignore_unless_edited,
)
from glc_analysis.sample import write_sample
from glc_analysis.study import REPOSITORY

HOOK, INSTALL = (REPOSITORY / "scripts/hooks" / name for name in ("refuse_raw_data.py", "install.py"))
CONFIDENTIAL = ("raw/survey/spring.csv", "raw/calls/call.vtt", "private/digests.key",
                "private/reference/names.csv", "processed/slices.json", "processed/answers.parquet",
                "reports/team/current/run.json", "reports/public/runs/1/site/index.html", ".locks/4711.work",
                "notes.txt", "who is who", "reference/names (copy).csv", "reference/letter.docx")
NO_SETTINGS = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


def git(folder, *arguments, check=True):
    """A git command that knows no setting of this computer; its lines."""
    who = {f"GIT_{one}": "ana@example.org"
           for one in ("AUTHOR_NAME", "AUTHOR_EMAIL", "COMMITTER_NAME", "COMMITTER_EMAIL")}
    done = subprocess.run(["git", *arguments], cwd=folder, env=os.environ | NO_SETTINGS | who,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, done.stderr
    return done.stdout.splitlines() if check else done


def staged(folder):
    git(folder, "add", "-A")
    return git(folder, "diff", "--cached", "--name-only")


def refused(folder, *paths):
    """The paths that the hook refuses."""
    done = subprocess.run([sys.executable, HOOK, *paths], cwd=folder, capture_output=True, text=True,
                          check=False)
    assert done.returncode == bool(done.stderr) and "Traceback" not in done.stderr
    return [path for path in paths if any(line.startswith(f"{path}: ") for line in done.stderr.splitlines())]


def fill(study, *names):
    """Files of a study, each with words that nobody may read."""
    for name in names:
        (study / name).parent.mkdir(parents=True, exist_ok=True)
        (study / name).write_text("entrusted", encoding="utf-8")


def glc(*arguments, **options):
    return subprocess.run([sys.executable, "-m", "glc_analysis", *map(str, arguments)], capture_output=True,
                          text=True, check=False, **options)


@pytest.fixture
def repository(tmp_path):
    git(tmp_path, "init", "-q")
    return tmp_path


@pytest.mark.acceptance
def test_git_add_after_init_in_a_repository_stages_the_public_reference_alone(repository):
    done = glc("init", "work/our-study", cwd=repository)
    assert f"inside the git repository {repository}" in done.stderr
    fill(repository / "work/our-study", *CONFIDENTIAL)
    names = staged(repository)
    assert {*names} == {f"work/our-study/{name}" for name in (".gitignore", *list_files_allowed_in_git())}
    assert refused(repository, *names) == []


def test_init_outside_a_repository_warns_of_nothing(tmp_path):
    assert find_git_repository(tmp_path / "new") is None
    assert "git" not in glc("init", tmp_path / "new").stderr


def test_a_worktree_or_submodule_is_a_repository_as_well(tmp_path):
    (tmp_path / ".git").write_text("gitdir: elsewhere")
    assert find_git_repository(tmp_path / "new/study") == tmp_path


def test_git_add_after_make_run_stages_nothing(repository):
    """What git tracks of data/, then what `make run` writes there."""
    for path in git(REPOSITORY, "ls-files", "data", ".gitignore"):
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / path).write_bytes((REPOSITORY / path).read_bytes())
    git(repository, "add", "-A", "-f")
    git(repository, "commit", "-qm", "as it is cloned")
    write_sample(repository / "data")
    fill(repository / "data", *CONFIDENTIAL[3:])
    assert staged(repository) == []


def test_the_committed_gitignore_of_the_default_study_is_what_a_new_study_gets(tmp_path):
    write_gitignore_unless_edited(tmp_path)
    assert (REPOSITORY / "data/.gitignore").read_bytes() == (tmp_path / ".gitignore").read_bytes()


def test_a_gitignore_of_ones_own_stays(tmp_path):
    (tmp_path / ".gitignore").write_text("*\n")
    write_gitignore_unless_edited(tmp_path)
    assert (tmp_path / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("place", ["study", "data", "work/2027/spring", "notebooks/mine"])
def test_the_hook_knows_a_study_by_its_shape_and_refuses_what_is_forced_into_git(repository, place):
    fill(repository / place, "reference/study.toml", *CONFIDENTIAL)
    paths = [f"{place}/{name}" for name in CONFIDENTIAL]
    assert refused(repository, *paths, f"{place}/reference/study.toml") == paths


def test_the_hook_refuses_a_study_within_another_ones_raw_files(repository):
    fill(repository, "study/reference/study.toml", "study/raw/old/reference/study.toml")
    path = "study/raw/old/reference/study.toml"
    assert refused(repository, path) == [path]


def test_the_hook_lets_a_place_holder_in_only_while_it_is_empty(repository):
    fill(repository, "study/reference/study.toml", "study/raw/.gitkeep")
    assert refused(repository, "study/raw/.gitkeep") == ["study/raw/.gitkeep"]
    (repository / "study/raw/.gitkeep").write_text("")
    assert refused(repository, "study/raw/.gitkeep") == []


# ------------------------------
# What set-up installs


@pytest.fixture
def checkout(repository):
    """A checkout with the hook's own files and this environment."""
    for path in ("scripts/hooks/install.py", "scripts/hooks/refuse_raw_data.py"):
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / path).write_bytes((REPOSITORY / path).read_bytes())
    (repository / ".pre-commit-config.yaml").write_text(
        "repos: [{repo: local, hooks: [{id: raw, name: raw, language: system, "
        f"entry: {sys.executable} scripts/hooks/refuse_raw_data.py}}]}}]\n")
    (repository / ".gitignore").write_text(".venv\n")
    (repository / ".venv").symlink_to(sys.prefix)
    return repository


def install(folder, **environment):
    done = subprocess.run([sys.executable, folder / "scripts/hooks/install.py"],
                          env=os.environ | NO_SETTINGS | environment, capture_output=True, text=True,
                          check=True)
    return done.stdout


@pytest.mark.acceptance
def test_the_installed_hook_refuses_a_commit_of_raw_data_and_lets_code_pass(checkout):
    assert "is installed" in install(checkout) and install(checkout) == ""
    fill(checkout, "study/reference/study.toml", "study/raw/talk")
    git(checkout, "add", "-f", "study", "scripts", ".gitignore", ".pre-commit-config.yaml")
    stopped = git(checkout, "commit", "-qm", "all", check=False)
    assert stopped.returncode == 1
    assert "study/raw/talk: of a study, git may have" in stopped.stdout + stopped.stderr
    git(checkout, "rm", "-q", "--cached", "study/raw/talk")
    git(checkout, "commit", "-qm", "without")


def test_a_hook_of_ones_own_stays_as_it_is(checkout):
    hook = checkout / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 0\n")
    assert "is your own and stays as it is" in install(checkout)
    assert hook.read_text() == "#!/bin/sh\nexit 0\n"
    hook.write_text(hook.read_text() + ".venv/bin/pre-commit run || exit 1\n")
    assert install(checkout) == ""


def test_the_hook_goes_where_this_repository_keeps_its_hooks(checkout):
    git(checkout, "config", "core.hooksPath", ".our-hooks")
    assert ".our-hooks/pre-commit is installed" in install(checkout)
    assert os.access(checkout / ".our-hooks/pre-commit", os.X_OK)
    assert not (checkout / ".git/hooks/pre-commit").exists()


def test_hooks_that_other_repositories_share_are_not_touched(checkout, tmp_path_factory):
    shared = tmp_path_factory.mktemp("home")
    (shared / "gitconfig").write_text(f"[core]\nhooksPath = {shared}/hooks\n")
    said = install(checkout, GIT_CONFIG_GLOBAL=str(shared / "gitconfig"))
    assert said.startswith("No git hook is installed") and f"{shared}/hooks" in said
    assert not (shared / "hooks").exists() and not (checkout / ".git/hooks/pre-commit").exists()


def test_a_copy_without_git_or_inside_another_repository_gets_no_hook(checkout):
    inner = checkout / "copied"
    (inner / "scripts/hooks").mkdir(parents=True)
    Path(inner / "scripts/hooks/install.py").write_bytes(INSTALL.read_bytes())
    assert "not a git checkout" in install(inner)
    assert not (checkout / ".git/hooks/pre-commit").exists()
