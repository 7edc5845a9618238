"""What a machine may lack (memory, threads, room on its disk, a locale) is told in one line."""

import errno
import os
import resource
import subprocess
import sys
import threading

import pytest
from click.testing import CliRunner
from pyarrow.lib import ArrowException

from glc_analysis.cli import cli
from glc_analysis.errors import find_file_of_os_error
from glc_analysis.locks import hold_folder_lock
from glc_analysis.study import Study
from glc_analysis.writing import write_atomic
from tests.support.study_on_disk import SmallStudy


@pytest.mark.parametrize("lacking", [
    MemoryError("Unable to allocate 37.4 MiB for an array"), MemoryError(),
    RuntimeError("can't start new thread"), ArrowException("Unknown error: Failed to launch worker thread"),
    ImportError("libgfortran.so.5: failed to map segment from shared object"),
    ImportError("_fblas.so: cannot allocate memory in static TLS block")])
def test_short_memory_is_one_line_that_says_what_to_do(tmp_path, monkeypatch, lacking):
    def short(study):
        raise lacking
    monkeypatch.setattr("glc_analysis.status.list_study_status_lines", lambda study, audience: short(study))
    done = SmallStudy(tmp_path).glc("status")
    assert (done.exit_code, done.stdout) == (1, "")
    said, = done.stderr.splitlines()
    assert said.startswith("Error: The memory ran out, or this computer starts no more threads")
    assert said.endswith("To fix: close other programs, then run the same command again.")


@pytest.mark.parametrize("fault", [RuntimeError("dictionary changed size"), ImportError("No module named x")])
def test_a_mistake_of_ours_is_not_taken_for_short_memory(tmp_path, monkeypatch, fault):
    def wrong(study, audience):
        raise fault
    monkeypatch.setattr("glc_analysis.status.list_study_status_lines", wrong)
    assert SmallStudy(tmp_path).glc("status").exception is fault


@pytest.mark.acceptance
@pytest.mark.parametrize("kilobytes", [2_000_000, 900_000, 400_000])
@pytest.mark.parametrize("command", ["check", "build", "run"])
def test_a_shell_that_allows_little_memory_is_told_before_anything_is_made(tmp_path, command, kilobytes):
    study = SmallStudy(tmp_path)
    before = study.files()
    done = subprocess.run(
        [sys.executable, "-m", "glc_analysis", "--study", str(study.root), command], capture_output=True,
        text=True, check=False, timeout=60, preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_AS, (kilobytes << 10, kilobytes << 10)))
    said, = done.stderr.splitlines()
    assert done.returncode == 1 and said.startswith(
        f"Error: This shell allows a command {kilobytes // 1024:,} MiB of memory, "
        "and the tables need 2,048 MiB.")
    assert study.files() == before


def test_a_thread_that_cannot_start_has_no_traceback(tmp_path, monkeypatch):
    def start(thread):
        raise RuntimeError("can't start new thread")
    study = SmallStudy(tmp_path)
    study.build()
    monkeypatch.setattr(threading.Thread, "start", start)
    done = study.glc("run")
    assert done.exit_code == 1 and "Error: The memory ran out" in done.stderr
    assert isinstance(done.exception, SystemExit)


# --- a full disk


def limit():
    """A limit of the system itself, as a full disk is, without having to fill one."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))


def test_a_full_disk_is_told_with_the_file_that_was_written(tmp_path):
    study = SmallStudy(tmp_path)
    done = subprocess.run([sys.executable, "-m", "glc_analysis", "--study", str(study.root), "build"],
                          capture_output=True, text=True, check=False, preexec_fn=limit)
    assert done.returncode == 1
    said = done.stderr.splitlines()[-1]
    assert said.startswith(f"Error: {study.root}/") and said.endswith("File too large.")
    assert study.root.joinpath(said.removeprefix("Error: ").partition(":")[0]).parent.is_dir()


@pytest.mark.parametrize("write", [
    lambda path: path.write_text("a"), lambda path: write_atomic(path, "a")], ids=["plain", "atomic"])
def test_an_error_of_the_system_without_a_name_gets_that_of_the_file(tmp_path, monkeypatch, write):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr("glc_analysis.writing.os.fsync", full)
    monkeypatch.setattr("pathlib.io.text_encoding" if hasattr(sys.modules["pathlib"], "io")
                        else "pathlib._local.io.text_encoding", full)
    with pytest.raises(OSError) as raised:
        write(tmp_path / "page.html")
    assert find_file_of_os_error(raised.value) == str(tmp_path / "page.html")


def test_an_error_that_names_its_file_is_believed():
    assert find_file_of_os_error(OSError(errno.ENOSPC, "full", "/srv/page.html")) == "/srv/page.html"


def test_an_error_that_was_never_raised_is_about_no_file():
    assert find_file_of_os_error(OSError(errno.ENOSPC, "full")) == ""


# --- the language of the machine


def test_a_folder_in_khmer_is_no_fault_of_a_machine_without_a_language(tmp_path):
    study = SmallStudy(tmp_path / "ការសិក្សា")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    said = {}
    for arguments in (["build"], ["summary", "Q1"]):
        done = subprocess.run([sys.executable, "-m", "glc_analysis", "--study", str(study.root), *arguments],
                              capture_output=True, check=False,
                              env=plain | {"LC_ALL": "C", "PYTHONUTF8": "0"})
        said[arguments[0]] = done.stderr.decode()
        assert done.returncode == 0, said[arguments[0]]
    assert f"tables are in {study.root}/processed." in said["build"]


CODE_PAGE = os.environ | {"PYTHONIOENCODING": "cp1252"}


def study_in_khmer(root):
    study = SmallStudy(root)
    study.spoil("reference/options.csv", ("Yes,Yes", "Yes,តើអ្នក"))
    study.build()
    return [sys.executable, "-m", "glc_analysis", "--study", str(study.root), "summary", "Q1"]


def test_what_goes_into_a_file_is_in_utf8_whatever_the_console(tmp_path):
    done = subprocess.run(study_in_khmer(tmp_path), capture_output=True, check=True, env=CODE_PAGE)
    assert "តើអ្នក" in done.stdout.decode("utf-8")


def test_a_console_that_lacks_a_letter_gets_its_number(tmp_path):
    import pty

    console, theirs = pty.openpty()
    with os.fdopen(theirs), os.fdopen(console, "rb", buffering=0) as read:
        subprocess.run(study_in_khmer(tmp_path), stdout=theirs, stdin=theirs, check=True, env=CODE_PAGE)
        assert b"\\u178f\\u17be" in read.read(100_000)


# --- another run


def test_a_second_run_ends_with_a_code_of_its_own_before_it_builds(tmp_path):
    study = SmallStudy(tmp_path)
    with hold_folder_lock(Study(study.root).reports / "team"):
        done = study.glc("run")
    assert done.exit_code == 3
    assert done.stderr.startswith("Error: Another run is at work (pid ")
    assert not (study.root / "processed").exists()


def test_what_a_run_would_do_can_be_asked_while_another_is_at_work(tmp_path):
    study = SmallStudy(tmp_path)
    with hold_folder_lock(Study(study.root).reports / "team"):
        assert study.glc("run", "--dry-run").exit_code == 0


def test_the_exit_codes_are_told_by_the_help():
    said = " ".join(CliRunner().invoke(cli, ["--help"]).stdout.split())
    assert "Exit codes: 0 done, 1 problems in data or a notebook, 2 wrong usage, 3 another command" in said
