"""Pages on two dask workers, processes of their own on the loopback: the same bytes as at home."""

import shutil
import signal
import time

import pytest

import glc_analysis
from glc_analysis.errors import GLCError
from glc_analysis.report import run
from glc_analysis.run.cluster import Cluster
from glc_analysis.run.plan import NOTEBOOKS
from glc_analysis.study import Study
from tests.dask_cluster import DaskCluster

pytestmark = pytest.mark.acceptance


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
    with DaskCluster(tmp_path) as started:
        yield started


def test_two_workers_make_the_pages_that_are_made_at_home(study, folder, at_home, cluster):
    cluster.worker()
    cluster.worker()
    cluster.wait_for(2)
    times = {}
    for where in ({"jobs": 3}, {"scheduler": cluster.address}):
        begun = time.perf_counter()
        assert run(study, folder=folder, force=True, **where).failures == ()
        times |= dict.fromkeys(where, time.perf_counter() - begun)
        assert notebooks(study) == at_home
    print(f"\n{len(at_home)} pages: at home {times['jobs']:.1f} s, by two workers on the same machine "
          f"{times['scheduler']:.1f} s")


def test_a_worker_that_is_killed_in_the_middle_loses_no_page(study, folder, at_home, cluster):
    first = cluster.worker()
    cluster.worker()
    cluster.wait_for(2)

    def kill_at_the_second_page(done, total, what):
        if done == 2:
            first.kill()
    result = run(study, folder=folder, scheduler=cluster.address, force=True,
                 progress=kill_at_the_second_page)
    assert first.wait(timeout=5) == -signal.SIGKILL
    assert result.failures == ()
    assert notebooks(study) == at_home


def test_a_scheduler_that_is_killed_in_the_middle_ends_the_run_with_what_is_done_kept(
        study, folder, at_home, cluster):
    cluster.worker()
    cluster.wait_for(1)

    def kill_at_the_second_page(done, total, what):
        if done == 2:
            cluster.scheduler.kill()
    with pytest.raises(GLCError, match="The scheduler does not answer any more. Finished pages are kept"):
        run(study, folder=folder, scheduler=cluster.address, force=True, progress=kill_at_the_second_page)
    assert notebooks(study) == at_home


def test_a_worker_with_another_package_is_refused(study, cluster, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(glc_analysis.__path__[0], other / "glc_analysis")
    (other / "glc_analysis" / "extra.py").write_text("# a file more\n")
    cluster.worker(PYTHONPATH=str(other))
    cluster.wait_for(1)
    with pytest.raises(GLCError, match="all 1 workers have another version"):
        Cluster(study, cluster.address, timeout=60)
    cluster.worker()
    cluster.wait_for(2)
    mixed = Cluster(study, cluster.address, timeout=60)
    assert (len(mixed.refused), mixed.jobs) == (1, 3)
    mixed.stop()


def test_a_scheduler_that_does_not_answer_is_told_in_one_line(study):
    with pytest.raises(GLCError, match="No dask scheduler answers"):
        Cluster(study, "tcp://127.0.0.1:9", timeout=60)
