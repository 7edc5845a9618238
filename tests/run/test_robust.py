"""What may befall a run: it ends in one clear line, the rest is done, and the next goes on from there."""

import ctypes
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from glc_analysis.errors import GLCError
from glc_analysis.locks import hold_folder_lock
from glc_analysis.report import update_report_pages
from glc_analysis.run import record
from glc_analysis.run.folders import new_run_id
from glc_analysis.study import Study
from tests.run.small_study import collection, edit, small_study
from tests.support.process import Process

DRIVER = """
import sys
from pathlib import Path
from glc_analysis.errors import GLCError
from glc_analysis.report import update_report_pages
from glc_analysis.study import Study
try:
    result = update_report_pages(Study(Path(sys.argv[1])), folder=Path(sys.argv[2]), jobs=1,
                                 progress=lambda *told: print(*told, flush=True))
    print(*result.lines, sep="\\n")
except GLCError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


def start(study, folder, **options):
    """A run in a process of its own."""
    return Process([sys.executable, "-c", DRIVER, str(study.root), str(folder)], text=True,
                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def until(process, words):
    """Reads what a run says of its progress until it says this."""
    for line in process.stdout:
        if words in line:
            return
    raise AssertionError(process.stderr.read())


def pages(study):
    return {path.stem: path.read_bytes() for path in (study.reports / "team/current/notebooks").iterdir()}


def unfinished(study):
    """The pages that a run which was cut off had recorded."""
    runs = [path for path in (study.reports / "team/runs").iterdir() if not (path / "run.json").exists()]
    return [slug for path in runs
            for slug in record.read_run_record(path, record.UNFINISHED_RECORD).get("pages", {})]


def counted(monkeypatch):
    """The slugs that are really executed from here on."""
    from glc_analysis.run.execute import PageProcesses

    executed, execute = [], PageProcesses.execute

    def counting(self, page):
        executed.append(page.slug)
        return execute(self, page)
    monkeypatch.setattr(PageProcesses, "execute", counting)
    return executed


def insert(path, *lines):
    """Puts lines before the last code cell's own."""
    book = json.loads(path.read_text(encoding="utf-8"))
    cell = [cell for cell in book["cells"] if cell["cell_type"] == "code"][-1]
    cell["source"] = "\n".join([*lines, *map(str.rstrip, cell["source"])])
    path.write_text(json.dumps(book), encoding="utf-8")


# The end of a run

@pytest.mark.acceptance
@pytest.mark.parametrize(("ending", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_with_one_line_and_nothing_left_behind(study, folder, ending, code, tmp_path):
    collection(folder, "40")
    own = tmp_path / "temporary"
    own.mkdir()
    with start(study, folder, env=os.environ | {"TMPDIR": str(own)}) as process:
        until(process, "3 4 ")  # the fourth is endless
        wait_for_kernel(process.pid)
        started = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(ending)
        said = process.communicate(timeout=60)[1]
    assert (process.returncode, said) == (code, f"Stopped by {ending.name}. 3 of 4 pages are done and kept. "
                                                "To go on: run the same command again.\n")
    assert started and psutil.wait_procs(started, timeout=10)[1] == []
    assert list(own.iterdir()) == []
    assert [path.name for path in (study.reports / "team").iterdir()] == ["runs"]


@pytest.mark.acceptance
def test_a_run_that_is_killed_leaves_nothing_of_its_pages_outside_of_the_study(study, folder, tmp_path):
    collection(folder, "40")
    own = tmp_path / "temporary"
    own.mkdir()
    with start(study, folder, env=os.environ | {"TMPDIR": str(own)}) as process:
        until(process, "3 4 ")  # the fourth is endless
        process.kill()
    assert {path.name for path in own.rglob("*") if path.is_file()} <= {"reads"}


INTERRUPTED_IMPORT = """
import sys, threading
from importlib import import_module
from glc_analysis.errors import Interrupted
from glc_analysis.terminal import defer_interrupts, end_gracefully_at_interrupt
try:
    with end_gracefully_at_interrupt(lambda: "Nothing was done."):
        import_module("half_imported")
        with defer_interrupts():  # begun before the signal is looked at again
            threading.Event().wait(0.3)
            print("imported", flush=True)
        threading.Event().wait(30)
except Interrupted as error:
    another = threading.Thread(target=import_module, args=["wave"], daemon=True)
    another.start()
    another.join(30)
    print(error, not another.is_alive())
"""


def test_a_signal_during_an_import_waits_for_its_end(tmp_path):
    """Broken off at the wrong moment, an import keeps all other threads from importing anything."""
    (tmp_path / "half_imported.py").write_text("import time\n"
                                               "print('importing', flush=True)\n"
                                               "time.sleep(0.5)\n")
    with Process([sys.executable, "-c", INTERRUPTED_IMPORT], cwd=tmp_path, stdout=subprocess.PIPE,
                 text=True) as process:
        assert process.stdout.readline() == "importing\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[0] == "imported\nStopped by SIGINT. Nothing was done. True\n"


def wait_for_kernel(pid):
    deadline = time.monotonic() + 30
    while not any("ipykernel" in word or "server.py" in word for child in psutil.Process(pid).children()
                  for word in child.cmdline()) and time.monotonic() < deadline:
        time.sleep(0.05)


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A study whose first run was killed when it had made a page or two of three. To be copied."""
    root = tmp_path_factory.mktemp("killed")
    study, folder = small_study(root / "study"), collection(root / "notebooks", "00", "10")
    with start(study, folder) as process:
        until(process, "1 3 ")
        process.kill()
    return root


@pytest.fixture
def after_kill(killed, tmp_path):
    shutil.copytree(killed, tmp_path / "copy")
    return Study(tmp_path / "copy/study"), tmp_path / "copy/notebooks"


@pytest.mark.acceptance
def test_a_run_goes_on_from_what_one_that_was_killed_had_done(after_kill, monkeypatch):
    study, folder = after_kill
    done, executed = unfinished(study), counted(monkeypatch)
    result = update_report_pages(study, folder=folder)
    assert done and sorted(executed + done) == ["country-khm", "country-per", "index"]
    assert f"An interrupted run had already finished {len(done)} of the pages." in result.lines
    assert [path.name for path in (study.reports / "team/runs").iterdir()] == [
        os.readlink(study.reports / "team/current").removeprefix("runs/")]


@pytest.mark.acceptance
def test_what_a_killed_run_left_is_made_again_where_its_notebook_changed_or_it_is_damaged(
        after_kill, monkeypatch):
    study, folder = after_kill
    edit(folder / "10_country.ipynb", "import", "1\\nimport")
    for path in (study.reports / "team/runs").glob("*/notebooks/index.ipynb"):
        path.write_text(path.read_text()[:100])
    executed = counted(monkeypatch)
    update_report_pages(study, folder=folder)
    assert sorted(executed) == ["country-khm", "country-per", "index"]
    assert all(json.loads(page) for page in pages(study).values())


def test_a_run_that_was_killed_just_before_the_switch_costs_nothing_again(study, folder, monkeypatch):
    monkeypatch.setattr("glc_analysis.report.point_current_to_run",
                        lambda *where: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(GLCError, match="Stopped by SIGINT. 3 of 3 pages are done and kept"):
        update_report_pages(study, folder=folder)
    monkeypatch.undo()
    executed = counted(monkeypatch)
    update_report_pages(study, folder=folder)
    assert executed == []
    assert set(pages(study)) - {"changes"} == {"index", "country-khm", "country-per"}


# PageProcesses

@pytest.mark.acceptance
def test_a_page_whose_kernel_was_killed_has_another_try(study, folder, tmp_path):
    insert(folder / "10_country.ipynb", "import os, signal, pathlib",
           f"once = pathlib.Path('{tmp_path}', country)",
           "if not once.exists():", "    once.touch()", "    os.kill(os.getpid(), signal.SIGKILL)")
    assert update_report_pages(study, folder=folder).failures == ()
    assert (tmp_path / "KHM").exists()


@pytest.mark.acceptance
def test_a_kernel_that_is_killed_each_time_fails_its_own_page_alone(study, folder):
    insert(folder / "00_index.ipynb", "import signal", "os.kill(os.getpid(), signal.SIGKILL)")
    result = update_report_pages(study, folder=folder)
    assert [str(failure) for failure in result.failures] == [
        "00_index.ipynb, page index, cell 4: DeadKernelError: its process was killed; perhaps the memory ran "
        "out"]
    assert set(pages(study)) - {"changes"} == {"index", "country-khm", "country-per"}


@pytest.mark.acceptance
def test_an_endless_page_ends_at_the_time_limit_of_study_toml_and_the_others_are_made(study, folder):
    collection(folder, "40")
    with (study.reference / "study.toml").open("a") as file:
        file.write("\n[reports]\ntimeout = 6\n")
    result = update_report_pages(Study(study.root), folder=folder)
    assert [str(failure) for failure in result.failures] == [
        "40_endless.ipynb, page endless, cell 3: TimeoutError: took longer than 6 seconds"]
    assert len(pages(study)) == 5


@pytest.mark.acceptance
def test_a_notebook_that_is_saved_while_it_runs_is_not_taken_for_what_was_planned(study, folder):
    path = folder / "10_country.ipynb"
    insert(path, "import pathlib", f"path = pathlib.Path('{path}')",
           "path.write_text(path.read_text().replace('What is said', 'What was said'))")
    result = update_report_pages(study, folder=folder)
    assert {failure.error for failure in result.failures} == {"Changed"}
    assert json.loads(pages(study)["country-khm"])["cells"][1]["source"].startswith("> **This page could not")
    edit(path, "path.write_text(", "str(")
    assert update_report_pages(study, folder=folder).failures == ()


def test_a_page_that_read_a_notebook_half_saved_is_not_told_that_its_notebook_is_broken(study, folder):
    path = folder / "10_country.ipynb"
    insert(path, "import pathlib", f"path = pathlib.Path('{path}')",
           "path.write_text(path.read_text()[:1000])")
    whole = path.read_text()
    result = update_report_pages(study, folder=folder, jobs=1)
    assert [failure.error for failure in result.failures] == ["Changed", "Changed"]
    path.write_text(whole.replace("path.write_text(", "str("))
    assert update_report_pages(study, folder=folder).failures == ()


@pytest.mark.acceptance
def test_a_forced_run_that_was_stopped_says_that_it_starts_again_and_does(study, folder, monkeypatch):
    update_report_pages(study, folder=folder)
    replace, written = os.replace, []

    def full(source, target):
        written.extend([target] if Path(target).suffix == ".ipynb" else [])
        if len(written) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
        replace(source, target)
    monkeypatch.setattr("glc_analysis.writing.os.replace", full)
    with pytest.raises(GLCError) as said:
        update_report_pages(study, folder=folder, jobs=1, force=True)
    assert str(said.value).endswith("2 of 3 pages were done, but the reports are unchanged. A new run "
                                    "with --force makes all pages again.")
    monkeypatch.undo()
    executed = counted(monkeypatch)
    assert update_report_pages(study, folder=folder, force=True).failures == ()
    assert len(executed) == 3


# The place where reports are written

@pytest.mark.acceptance
@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_full_disk_is_one_line_and_what_was_done_is_kept(study, folder, monkeypatch, fault):
    replace = os.replace

    def full(source, target):
        if Path(target).name == "country-per.ipynb":
            raise OSError(fault, os.strerror(fault), str(target))
        replace(source, target)
    monkeypatch.setattr("glc_analysis.writing.os.replace", full)
    with pytest.raises(GLCError) as said:
        update_report_pages(study, folder=folder, jobs=1)
    assert str(said.value).startswith(f"The reports cannot be written: {os.strerror(fault)} (")
    assert str(said.value).endswith("2 of 3 pages are done and kept. To go on: run the same command again.")
    assert not list((study.reports / "team").rglob(".country-per*"))
    monkeypatch.undo()
    executed = counted(monkeypatch)
    assert update_report_pages(study, folder=folder).failures == ()
    assert executed == ["country-per"]


@pytest.mark.acceptance
def test_a_file_system_that_takes_no_larger_file_is_told_without_a_traceback(study, folder):
    """A limit of the system itself, as a full disk is, without having to fill one."""
    import resource

    done = start(study, folder, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)))
    said = done.communicate(timeout=60)[1]
    assert done.returncode == 1
    assert "cannot be written: File too large" in said and "Traceback" not in said


def test_a_folder_that_is_read_only_is_told_in_one_line(folder):
    def humble():  # the superuser writes everywhere, without this right of his
        ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE
    root = Path(tempfile.mkdtemp())
    study = small_study(root / "study")
    study.reports.mkdir(mode=0o555)
    try:
        with start(study, folder, preexec_fn=humble) as process:
            said = process.communicate(timeout=60)[1]
    finally:
        shutil.rmtree(root)
    assert process.returncode == 1
    assert said == (f"The reports cannot be written: Permission denied ({study.reports / 'team'}). "
                    "The reports are unchanged.\n")


# The clock and the lock

@pytest.mark.acceptance
def test_a_clock_that_was_set_back_does_not_change_which_run_is_the_last(study, folder, tmp_path):
    runs = tmp_path / "runs"
    (runs / "20300101T000000Z").mkdir(parents=True)
    assert new_run_id(runs, datetime(2026, 11, 26, tzinfo=UTC)) == "20300101T000001Z"
    ahead = study.reports / "team/runs/20300101T000000Z"
    update_report_pages(study, folder=folder)
    (study.reports / "team/current").resolve().rename(ahead)
    (study.reports / "team/current").unlink()
    (study.reports / "team/current").symlink_to(f"runs/{ahead.name}")
    assert update_report_pages(study, folder=folder).ran == ()
    assert update_report_pages(study, folder=folder, force=True).failures == ()
    assert os.readlink(study.reports / "team/current") == "runs/20300101T000001Z"


@pytest.mark.acceptance
def test_a_run_beside_another_is_refused_and_told_who_is_at_work(study, folder):
    collection(folder, "40")
    with start(study, folder) as first:
        until(first, "3 4 ")  # the fourth is endless
        second = start(study, folder)
        said = second.communicate(timeout=100)[1]
        first.terminate()
        first.communicate(timeout=60)
    assert second.returncode == 3
    assert said.startswith(f"Another run is at work (pid {first.pid}, host ")
    assert said.endswith("To fix: wait for it to end.\n")


def test_a_command_that_waits_for_the_lock_gets_it_when_it_is_free(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", (
        "import sys, time; from pathlib import Path; from glc_analysis.locks import hold_folder_lock\n"
        "with hold_folder_lock(Path(sys.argv[1])): print('held', flush=True); time.sleep(1)")],
        stdout=subprocess.PIPE)
    holder.args.append(str(tmp_path))
    holder.kill()
    holder.wait()
    with Process([*holder.args], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(GLCError), hold_folder_lock(tmp_path):
            pass
        with hold_folder_lock(tmp_path, is_patient=True):
            assert other.wait(timeout=10) == 0
