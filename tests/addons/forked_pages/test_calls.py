"""A part of the work is done in a process that was forked for it, and here where none can be forked."""

import os
import pickle
import shutil
import sys
import time
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from glc_analysis.addons.forked_pages import fork_server
from glc_analysis.addons.forked_pages.forked_pages import ForkedPages, start_fork_server
from glc_analysis.build import build_steps
from glc_analysis.gate.gate import Gate
from glc_analysis.held_tables import list_unread_small_tables
from glc_analysis.publish.downloads import collect_tables_to_download
from glc_analysis.publish.site import write_and_search_downloads
from glc_analysis.study import Study
from tests.support import study_of_everything
from tests.support.study_on_disk import SmallStudy

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")


@pytest.fixture
def calls(sample_study):
    with start_fork_server(sample_study, "team") as executor:
        yield executor


def test_a_function_is_called_in_another_process(calls):
    assert calls.submit(os.getpid).result(timeout=60) != os.getpid()
    assert calls.submit(sorted, ["ខ", "ก", "é"], reverse=True).result(timeout=60) == ["ខ", "ก", "é"]


def test_what_a_call_raises_is_raised_here(calls):
    with pytest.raises(ZeroDivisionError):
        calls.submit(divmod, 1, 0).result(timeout=60)


def test_where_no_process_can_be_forked_the_call_is_made_here(calls, monkeypatch):
    monkeypatch.setattr(fork_server, "fork_process", lambda *_, **__: None)
    assert calls.submit(os.getpid).result(timeout=60) == os.getpid()


def test_a_call_that_is_not_finished_ends_with_the_block(sample_study):
    begun = time.monotonic()
    with start_fork_server(sample_study, "team") as executor:
        asleep = executor.submit(time.sleep, 300)
        while not executor._at_work:
            time.sleep(0.01)
    with pytest.raises(CancelledError):
        asleep.result(timeout=60)
    assert time.monotonic() - begun < 60


def test_the_server_has_one_thread_also_after_it_reads_tables(calls, sample_study, tmp_path):
    """A process with threads should not be forked: a lock that a thread holds stays shut for ever."""
    study = Study(shutil.copytree(sample_study.root, tmp_path / "study"))  # of which it holds none yet
    ForkedPages(study, timeout=60).preload(["questions", "answers", "figures"])
    calls.submit(len, "").result(timeout=60)
    server = fork_server._servers[0].process.pid
    assert "Threads:\t1\n" in Path(f"/proc/{server}/status").read_text(encoding="utf-8")


@pytest.mark.parametrize(("audience", "n_unread"), [("team", 0), ("convening", 1), ("public", 1)])
def test_pages_are_forked_with_tables_only_for_those_who_may_see_all(audience, n_unread, sample_study,
                                                                         tmp_path):
    study = Study(shutil.copytree(sample_study.root, tmp_path / "study"))
    with start_fork_server(study, audience) as calls:
        unread = calls.submit(list_unread_small_tables, study, ["questions"]).result(timeout=60)
    assert len(unread) == n_unread


def test_the_downloads_of_a_run_are_written_and_searched_in_another_process(calls, sample_study, tmp_path):
    """A call that fails there is made here, so that a run would be slower and nobody would notice."""
    gate = Gate(sample_study, "public")
    gate.prepare_search_terms()
    frames = collect_tables_to_download(sample_study, "public")
    passed = calls.submit(write_and_search_downloads, gate, tmp_path, {"codes": frames["codes"]},
                          {"codes.txt": "3 of 4", "names.txt": "Rosaura"}).result(timeout=60)
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    assert written - {*passed.files} == {"site/downloads/names.txt"} and len(passed.files) == 3
    assert not gate.searched_ahead.files


def test_a_study_and_its_gate_are_sent_to_another_process_without_the_key_of_digests(sample_study):
    gate = Gate(study := Study(sample_study.root), "public")
    gate.prepare_search_terms()
    key = (sample_study.private / "digests.key").read_bytes().strip()
    assert key in pickle.dumps(study.__dict__)
    assert key not in pickle.dumps((study, gate)) and pickle.loads(pickle.dumps(study)) == study


def test_a_build_with_a_process_beside_it_writes_the_same_bytes(calls, tmp_path):
    """The first build decided one audience after the other."""
    study = Study(SmallStudy(tmp_path / "study").root)
    build_steps(study)
    again = study_of_everything.from_nothing(study, tmp_path / "again")
    made = []
    submit, calls.submit = calls.submit, lambda call: made.append(call) or submit(call)
    build_steps(again, executor=calls)
    assert len(made) == 1
    assert study_of_everything.files(again) == study_of_everything.files(study)
