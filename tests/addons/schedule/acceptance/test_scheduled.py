"""What runs by itself does run: the crontab line with an empty environment, a job of jupyter-scheduler."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from glc_analysis.addons.schedule.schedule import Schedule
from glc_analysis.study import REPOSITORY, Study

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def study(sample_study, tmp_path_factory):
    """The sample, not yet built, in a folder with a blank, a quotation mark and a percent sign."""
    root = tmp_path_factory.mktemp("scheduled") / "l'étude 50 %"
    shutil.copytree(sample_study.root, root)
    return Study(root)


def run_line(planned):
    """Runs the command of the crontab line as cron does, by ``env -i``; \\% is cron's way to write %."""
    command = planned.format_cron_line().split(" ", 5)[5].replace(r"\%", "%")
    return subprocess.run(["env", "-i", "/bin/sh", "-c", command], cwd="/", capture_output=True, text=True,
                          check=False)


def test_the_crontab_line_builds_and_runs_the_whole_study_from_an_empty_environment(study):
    planned = Schedule.from_time_of_day(study, "team", "06:00")
    done = run_line(planned)
    said = planned.log.read_text(encoding="utf-8")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), said
    assert "pages ran, 0 of them failed." in said
    assert (study.reports / "team/current/site/index.html").is_file()
    assert run_line(planned).returncode == 0
    assert planned.log.read_text(encoding="utf-8").startswith("Nothing to run: the pages are up to date.")


def test_a_scheduled_run_that_fails_says_so_once_and_with_a_number(study):
    planned = Schedule.from_time_of_day(study, "team", "06:00")
    settings = study.reference / "study.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("[survey]", "[surveys]"), encoding="utf-8")
    done = run_line(planned)
    settings.write_text(text, encoding="utf-8")
    assert done.returncode == 1
    assert done.stdout == planned.log.read_text(encoding="utf-8")
    assert "[surveys]" in done.stdout and "Traceback" not in done.stdout and len(done.stdout) < 1000


@pytest.fixture(scope="module")
def lab(study):
    """The address of JupyterLab with jupyter-scheduler on copies of the notebooks, and its folder."""
    home = study.root.parent
    shutil.copytree(REPOSITORY / "notebooks", home / "notebooks")
    # It puts what a job made below the folder it was started in, where that is not its root as well.
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyter", "lab", "--allow-root", "--no-browser", f"--port={port}",
               "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.password=",
               "--ServerApp.disable_check_xsrf=True", f"--ServerApp.root_dir={home / 'notebooks'}",
               "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.news_url=None",
               "--SchedulerApp.scheduler_class=jupyter_scheduler.scheduler.Scheduler"]
    with (home / "lab.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True,
                                  cwd=home / "notebooks", env={
            **os.environ, "GLC_STUDY": str(study.root), "HOME": str(home / "home"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"})
    yield f"http://127.0.0.1:{port}", home / "notebooks"
    os.killpg(server.pid, signal.SIGKILL)
    server.wait(30)


def ask(address, path, content=None):
    """What the server answers, once it does."""
    request = urllib.request.Request(f"{address}/{path}", headers={"Content-Type": "application/json"},
                                     data=None if content is None else json.dumps(content).encode())
    for _ in range(240):
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from None
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"{path}: no answer")


def test_a_notebook_runs_as_a_job_of_jupyter_scheduler(study, lab):
    address, folder = lab
    environment, = ask(address, "scheduler/runtime_environments")
    job = ask(address, "scheduler/jobs", {
        "name": "One country", "input_uri": "10_country.ipynb", "output_formats": ["ipynb"],
        "runtime_environment_name": environment["name"],
        # It writes values into a cell as they stand: texts need their quotation marks.
        "parameters": {"country": '"KHM"', "study": repr(str(study.root))}})["job_id"]
    for _ in range(240):
        said = ask(address, f"scheduler/jobs/{job}")
        if said["status"] in ("COMPLETED", "FAILED"):  # it says STOPPED before it begins
            break
        time.sleep(0.5)
    assert said["status"] == "COMPLETED", said
    ask(address, f"scheduler/jobs/{job}/download_files")
    for _ in range(60):  # it says so before the files are there, and whole
        pages = [path.read_text(encoding="utf-8") for path in folder.glob("jobs/*/*.ipynb")]
        if any(page.rstrip().endswith("}") for page in pages):
            break
        time.sleep(0.5)
    assert any("Cambodia" in page and '"output_type": "error"' not in page for page in pages)
