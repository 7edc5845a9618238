"""Pages on two dask workers, processes of their own on the loopback: the same bytes as at home."""

import shutil
import signal
import socket
import threading
import time
from functools import partial

import pytest

import glc_analysis
from glc_analysis.addons.cluster import cluster as clusters
from glc_analysis.addons.cluster.cluster import PageCluster
from glc_analysis.errors import GLCError
from glc_analysis.report import update_report_pages
from glc_analysis.run.plan import NOTEBOOKS
from glc_analysis.study import Study
from tests.support.dask_cluster import DaskCluster

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


def on(address):
    """What executes pages on the workers of this scheduler."""
    return partial(PageCluster, address=address)


def notebooks(study):
    folder = study.reports / "team/current/notebooks"
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.stem != "changes"}


@pytest.fixture(scope="module")
def at_home(study, folder):
    assert update_report_pages(study, folder=folder).failures == ()
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
    for where in ({"jobs": 3}, {"processes": on(cluster.address)}):
        begun = time.perf_counter()
        assert update_report_pages(study, folder=folder, force=True, **where).failures == ()
        times |= dict.fromkeys(where, time.perf_counter() - begun)
        assert notebooks(study) == at_home
    print(f"\n{len(at_home)} pages: at home {times['jobs']:.1f} s, by two workers on the same machine "
          f"{times['processes']:.1f} s")


@pytest.mark.parametrize("audience", ["team", "public"])
def test_every_page_of_a_second_run_on_two_workers_has_the_bytes_of_home(
        audience, sample_study, cluster, tmp_path):
    """A page that was made before gets its slices alone: pages of a country were made from all organisations
    and one country's answers, and counted whoever answered elsewhere at the main office."""
    shutil.copytree(sample_study.root, tmp_path / "study")
    study = Study(tmp_path / "study")

    def pages():
        made = (study.reports / audience / "current").resolve()
        return {path.relative_to(made): path.read_bytes() for path in made.rglob("*.ipynb")
                if path.stem != "changes"}
    assert update_report_pages(study, audience=audience).failures == ()
    at_home = pages()
    cluster.worker()
    cluster.worker()
    cluster.wait_for(2)
    assert update_report_pages(study, audience=audience, processes=on(cluster.address),
                               force=True).failures == ()
    assert {str(path) for path, content in pages().items() if content != at_home.pop(path)} == set()
    assert not at_home


def test_a_worker_that_is_killed_in_the_middle_loses_no_page(study, folder, at_home, cluster):
    first = cluster.worker()
    cluster.worker()
    cluster.wait_for(2)

    def kill_at_the_second_page(done, total, what):
        if done == 2:
            first.kill()
    result = update_report_pages(study, folder=folder, processes=on(cluster.address), force=True,
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
    said = r"To fix: start the scheduler again. \d+ of \d+ pages were done, but the reports are unchanged"
    with pytest.raises(GLCError, match=said):
        update_report_pages(study, folder=folder, processes=on(cluster.address), force=True,
                            progress=kill_at_the_second_page)
    assert notebooks(study) == at_home


def test_a_worker_with_another_package_is_refused(study, cluster, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(glc_analysis.__path__[0], other / "glc_analysis")
    (other / "glc_analysis" / "extra.py").write_text("# a file more\n")
    cluster.worker(PYTHONPATH=str(other))
    cluster.wait_for(1)
    with pytest.raises(GLCError, match="all 1 workers have another version"):
        PageCluster(study, cluster.address, timeout=60)
    cluster.worker()
    cluster.wait_for(2)
    mixed = PageCluster(study, cluster.address, timeout=60)
    assert (len(mixed.refused), mixed.jobs) == (1, 3)
    mixed.stop()


def test_a_scheduler_that_does_not_answer_is_told_in_one_line(study):
    with pytest.raises(GLCError, match="No dask scheduler answers"):
        PageCluster(study, "tcp://127.0.0.1:9", timeout=60)


@pytest.fixture(params=[b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", bytes(range(1, 200))],
                ids=["says nothing", "speaks HTTP", "sends bytes"])
def other_service(request):
    """The address of a service that is not a dask scheduler, and keeps every connection open."""
    connections = []

    def serve():
        while True:
            try:
                connections.append(server.accept()[0])
            except OSError:  # closed: the test is over
                return
            connections[-1].sendall(request.param)
    server = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve)
    thread.start()
    yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()
    for connection in connections:
        connection.close()


def test_another_service_at_the_address_is_told_in_one_line_and_leaves_no_lock(
        study, folder, at_home, other_service, monkeypatch):
    monkeypatch.setattr(clusters, "_CONNECT", 1)
    with pytest.raises(GLCError, match=f"No dask scheduler answers at '{other_service}'"):
        update_report_pages(study, folder=folder, processes=on(other_service), force=True)
    assert not (study.reports / "team/.lock").exists()
    assert notebooks(study) == at_home


def test_a_worker_in_place_of_the_scheduler_is_told(study, cluster):
    cluster.worker()
    cluster.wait_for(1)
    worker, = cluster.workers()
    with pytest.raises(GLCError, match=f"No dask scheduler answers at '{worker}' .it is a worker"):
        PageCluster(study, worker, timeout=60)


def test_a_worker_that_does_not_answer_is_told(study, cluster, monkeypatch):
    stopped = cluster.worker()
    cluster.wait_for(1)
    monkeypatch.setattr(clusters, "_CONNECT", 1)
    stopped.send_signal(signal.SIGSTOP)
    with pytest.raises(GLCError, match=f"A worker of the scheduler at '{cluster.address}' does not answer"):
        PageCluster(study, cluster.address, timeout=60)
