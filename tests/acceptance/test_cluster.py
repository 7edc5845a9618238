"""Pages on two dask workers, processes of their own on the loopback: the same bytes as at home."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

import glc_analysis
from glc_analysis.errors import GLCError
from glc_analysis.reports.cluster import Cluster
from glc_analysis.reports.collection import NOTEBOOKS
from glc_analysis.reports.run import run
from glc_analysis.study import Study

pytestmark = pytest.mark.acceptance
WORKER = ("-m", "distributed.cli.dask_worker", "--nthreads", "1", "--nworkers", "1", "--no-dashboard",
          "--no-nanny")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The overview and the themes: pages of the whole study, and such as read a slice."""
    chosen = tmp_path_factory.mktemp("notebooks")
    for path in (*NOTEBOOKS.glob("00_*.ipynb"), *NOTEBOOKS.glob("20_*.ipynb")):
        shutil.copy(path, chosen)
    return chosen


@pytest.fixture(scope="module")
def study(sample_study, tmp_path_factory):
    """A copy of the built sample."""
    root = tmp_path_factory.mktemp("cluster") / "study"
    shutil.copytree(sample_study.root, root)
    return Study(root)


def notebooks(study):
    folder = study.reports / "team/current/notebooks"
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.stem != "changes"}


@pytest.fixture(scope="module")
def at_home(study, folder):
    assert run(study, folder=folder).failures == ()
    return notebooks(study)


@pytest.fixture
def cluster(tmp_path):
    """A scheduler's address and a way to start workers; all end with the test."""
    file, processes = tmp_path / "scheduler.json", []

    def start(*arguments, **environment):
        with (tmp_path / f"{len(processes)}.log").open("wb") as log:
            processes.append(subprocess.Popen([sys.executable, *arguments], stdout=log, stderr=log,
                                              cwd=tmp_path, env=os.environ | environment))
        return processes[-1]
    start("-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
          "--scheduler-file", str(file))
    deadline = time.monotonic() + 60
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    address = json.loads(file.read_text())["address"]
    yield address, lambda **environment: start(*WORKER, address, **environment), processes[0]
    for process in processes:
        process.kill()
        process.wait()


def wait_for(address, count):
    from distributed import Client

    with Client(address, timeout=30, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=60)


def test_two_workers_make_the_pages_that_are_made_at_home(study, folder, at_home, cluster):
    address, worker, _ = cluster
    worker()
    worker()
    wait_for(address, 2)
    times = {}
    for where in ({"jobs": 3}, {"scheduler": address}):
        begun = time.perf_counter()
        assert run(study, folder=folder, force=True, **where).failures == ()
        times |= dict.fromkeys(where, time.perf_counter() - begun)
        assert notebooks(study) == at_home
    print(f"\n{len(at_home)} pages: at home {times['jobs']:.1f} s, by two workers on the same machine "
          f"{times['scheduler']:.1f} s")


def test_a_worker_that_is_killed_in_the_middle_loses_no_page(study, folder, at_home, cluster):
    address, worker, _ = cluster
    first = worker()
    worker()
    wait_for(address, 2)

    def kill_at_the_second_page(done, total, what):
        if done == 2:
            first.kill()
    result = run(study, folder=folder, scheduler=address, force=True, progress=kill_at_the_second_page)
    assert first.wait(timeout=5) == -signal.SIGKILL
    assert result.failures == ()
    assert notebooks(study) == at_home


def test_a_scheduler_that_is_killed_in_the_middle_ends_the_run_with_what_is_done_kept(
        study, folder, at_home, cluster):
    address, worker, scheduler = cluster
    worker()
    wait_for(address, 1)

    def kill_at_the_second_page(done, total, what):
        if done == 2:
            scheduler.kill()
    with pytest.raises(GLCError, match="The scheduler is gone. What is done is kept"):
        run(study, folder=folder, scheduler=address, force=True, progress=kill_at_the_second_page)
    assert notebooks(study) == at_home


def test_a_worker_with_another_package_is_refused(study, cluster, tmp_path):
    address, worker, _ = cluster
    other = tmp_path / "other"
    shutil.copytree(glc_analysis.__path__[0], other / "glc_analysis")
    (other / "glc_analysis" / "extra.py").write_text("# a file more\n")
    worker(PYTHONPATH=str(other))
    wait_for(address, 1)
    with pytest.raises(GLCError, match="all 1 workers have another version"):
        Cluster(study, address, timeout=60)
    worker()
    wait_for(address, 2)
    mixed = Cluster(study, address, timeout=60)
    assert (len(mixed.refused), mixed.jobs) == (1, 2)
    mixed.stop()


def test_a_scheduler_that_does_not_answer_is_told_in_one_line(study):
    with pytest.raises(GLCError, match="No dask scheduler answers"):
        Cluster(study, "tcp://127.0.0.1:9", timeout=60)
