"""What can be shown here of Windows and macOS: commands without POSIX, their paths, set-up without make."""

import ntpath
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from glc_analysis import read_log
from glc_analysis.run.folders import point_current_to_run
from scripts import set_up
from tests.support import not_posix
from tests.support.study_on_disk import SmallStudy

ROOT = Path(__file__).parents[1]


@pytest.fixture
def elsewhere(tmp_path):
    """Runs commands of a small study where Python lacks what Windows lacks."""
    study, site = SmallStudy(tmp_path / "study"), tmp_path / "site"
    site.mkdir()
    shutil.copy(not_posix.__file__, site / "sitecustomize.py")

    def glc(*arguments):
        return subprocess.run([sys.executable, "-m", "glc_analysis", "--study", str(study.root), *arguments],
                              env=os.environ | {"PYTHONPATH": str(site)}, capture_output=True, text=True,
                              check=False)
    return SimpleNamespace(study=study, glc=glc)


def test_the_stand_in_really_lacks_what_windows_lacks(elsewhere):
    code = ("import os, sys\n"
            "assert not hasattr(os, 'fork')\n"
            "exec('import fcntl', {'__name__': 'glc_analysis.locks'})")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False,
                          env=os.environ | {"PYTHONPATH": str(elsewhere.study.root.parent / "site")})
    assert "No module named 'fcntl'" in done.stderr


def test_a_study_is_checked_built_and_read_without_posix(elsewhere):
    """By one process, which calls each command."""
    root = elsewhere.study.root
    code = ("from glc_analysis.cli import cli\n"
            "for arguments in (['check'], ['build'], ['status'], ['summary', 'Q1']):\n"
            f"    cli(['--study', {os.fspath(root)!r}, *arguments], standalone_mode=False)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False,
                          env=os.environ | {"PYTHONPATH": str(root.parent / "site")})
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert (root / "processed/slices.json").is_file() and "0.667" in done.stdout


@pytest.mark.acceptance
def test_every_module_is_imported_without_posix(elsewhere):
    code = ("import importlib, pkgutil, glc_analysis\n"
            "for module in pkgutil.walk_packages(glc_analysis.__path__, 'glc_analysis.'):\n"
            "    if not module.name.endswith('__main__'):\n"
            "        importlib.import_module(module.name)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False,
                          env=os.environ | {"PYTHONPATH": str(elsewhere.study.root.parent / "site")})
    assert done.returncode == 0, done.stderr


@pytest.mark.acceptance
def test_reports_are_made_without_posix(elsewhere):
    for arguments in (("run",), ("run", "--audience", "public"), ("export", "matrix")):
        done = elsewhere.glc(*arguments)
        assert (done.returncode, "Traceback" in done.stderr) == (0, False), (arguments, done.stderr)
    assert (elsewhere.study.root / "reports/team/current").is_file()  # there are no links: it holds the place
    assert "Nothing to run" in elsewhere.glc("run").stderr


def test_the_current_run_is_written_down_where_there_are_no_links(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "symlink", not_posix.refused)
    run = tmp_path / "runs/20261126T060000Z"
    run.mkdir(parents=True)
    point_current_to_run(tmp_path, run)
    assert (tmp_path / "current").read_text() == "runs/20261126T060000Z"


@pytest.mark.parametrize(("path", "thing"), [
    (r"C:\Ana's study\processed\codings.parquet", "codings"),
    (r"c:\ana's STUDY\processed\codings.parquet", "codings"),
    (r"C:/Ana's study/raw/calls/anna.vtt", "raw"),
    (r"C:\Ana's study\private\reference\names.csv", "private/reference/names.csv"),
    (r"D:\Ana's study\raw\calls\anna.vtt", "")])
def test_what_a_page_reads_is_known_by_paths_of_windows_too(path, thing, monkeypatch):
    monkeypatch.setattr(read_log, "os", SimpleNamespace(path=ntpath, sep="\\"))
    assert read_log._thing(path, r"C:\Ana's study") == thing


def test_no_file_of_a_study_has_a_name_that_windows_refuses(sample_study):
    root = sample_study.root
    names = {name for path in root.rglob("*") for name in path.relative_to(root).parts}
    refused = re.compile(r'[<>:"|?*\\\x00-\x1f]|[. ]$|(?i:^(con|prn|aux|nul|com\d|lpt\d)(\.|$))')
    assert [name for name in names if refused.search(name)] == []


def test_an_open_file_that_cannot_be_replaced_is_told_with_what_to_do(tmp_path, monkeypatch):
    study = SmallStudy(tmp_path)
    study.build()
    study.spoil("reference/options.csv", ("Yes,Yes", "Yes,Oh yes"))
    monkeypatch.setattr(os, "replace", lambda source, target: (_ for _ in ()).throw(
        PermissionError(13, "Permission denied", str(target))))
    done = study.glc("build")
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].endswith(
        "Permission denied. To fix: close the file in other programs, or check who may write there.")


# --- set-up without make


def test_make_sets_up_by_the_same_program():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert text.count("scripts/set_up.py") == 2 and "pip install --quiet --no-compile" not in text


@pytest.mark.parametrize(("system", "python"), [("posix", "bin/python"), ("nt", "Scripts/python.exe")])
def test_set_up_calls_the_python_of_the_new_environment(system, python, monkeypatch):
    monkeypatch.setattr(set_up, "SYSTEM", system)
    made, *others = [step for step in set_up.steps(Path("/tmp/venv")) if not callable(step)]
    assert made[:3] == [sys.executable, "-m", "venv"]
    assert {step[0] for step in others} == {str(Path("/tmp/venv", python))}
    assert [step[-1] for step in others if "--require-hashes" in step] == ["requirements.lock"]


@pytest.mark.parametrize(("version", "is_refused", "says"), [
    ((3, 10), True, "is not Python 3.11 to 3.14"), ((3, 13), False, ""), ((3, 14), False, "been tested"),
    ((3, 15), True, "is not Python 3.11 to 3.14")])
def test_set_up_says_which_python_it_takes(version, is_refused, says):
    refused, said = set_up.judge(version)
    assert refused == is_refused and says in said


def test_set_up_works_in_a_path_that_the_locale_has_no_letters_for(tmp_path):
    folder = tmp_path / "ការសិក្សា"
    code = ("import sys; from pathlib import Path; from scripts import set_up; "
            "set_up.run([[sys.executable, '-c', 'import sys; print(sys.argv[1].encode().decode())', "
            "sys.argv[1]]], Path(sys.argv[1]) / 'stamp')")
    folder.mkdir()
    subprocess.run([sys.executable, "-c", code, folder], check=True, cwd=ROOT, env={
        **os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"})
    assert (folder / "stamp").is_file()


def test_set_up_leaves_out_the_tests_that_packages_bring(tmp_path):
    library = tmp_path / "lib/python3.12/site-packages/scipy/stats"
    kept, left = library / "_stats.py", library / "tests/test_stats.py"
    for path in (kept, left):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    set_up.leave_out_tests(tmp_path)
    assert kept.is_file() and not left.parent.exists()


def test_an_environment_names_its_checkout_without_the_letters_of_the_path(tmp_path, monkeypatch):
    checkout = tmp_path / "ការសិក្សា"
    path = checkout / ".venv/lib/python3.12/site-packages/_editable_impl_glc_analysis.pth"
    path.parent.mkdir(parents=True)
    path.write_text(str(checkout), encoding="utf-8")
    monkeypatch.setattr(set_up, "ROOT", checkout)
    set_up.name_checkout_relatively(checkout / ".venv")
    assert (path.parent / path.read_text(encoding="ascii").strip()).resolve() == checkout
