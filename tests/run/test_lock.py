"""One run at a time, and a killed one stands in nobody's way."""

import json
import signal
import subprocess
import sys

import pytest

from glc_analysis.errors import GLCError
from glc_analysis.locks import hold_folder_lock
from tests.support.process import Process

HOLDER = ("import sys, time; from pathlib import Path; from glc_analysis.locks import hold_folder_lock\n"
          "with hold_folder_lock(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)")


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock."""
    with Process([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE,
                 text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process


def test_the_lock_names_its_owner_and_is_gone_afterwards(tmp_path):
    with hold_folder_lock(tmp_path):
        assert set(json.loads((tmp_path / ".lock").read_text())) == {"what", "pid", "host", "started"}
    assert list(tmp_path.iterdir()) == []


def test_a_second_run_is_refused_and_told_who_is_at_work(tmp_path, holder):
    who = f"Another run is at work .pid {holder.pid}, host .* since 20"
    with pytest.raises(GLCError, match=who), hold_folder_lock(tmp_path):
        pass
    assert (tmp_path / ".lock").exists()


def test_the_lock_of_a_killed_run_is_taken_over(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (tmp_path / ".lock").exists()
    with hold_folder_lock(tmp_path):
        pass
    assert not (tmp_path / ".lock").exists()


def test_a_lock_of_another_machine_is_not_taken_over(tmp_path):
    (tmp_path / ".lock").write_text('{"pid": 1, "host": "elsewhere", "started": "2026-01-01"}')
    with pytest.raises(GLCError, match="host elsewhere.*remove the file .lock"), hold_folder_lock(tmp_path):
        pass


@pytest.mark.parametrize("content", [
    b"", b"null", b"7", b'["pid", "host"]', b'"host"', b'{"host": null}', b"{}", b"\0\xff\xfe\x81",
    b"[" * 99_999, b'{"pid": 1, "ho'], ids=lambda content: repr(content[:20]))
def test_a_lock_that_was_never_signed_or_is_damaged_is_taken_over(tmp_path, content):
    (tmp_path / ".lock").write_bytes(content)
    with hold_folder_lock(tmp_path):
        assert set(json.loads((tmp_path / ".lock").read_text())) == {"what", "pid", "host", "started"}
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_lock_that_somebody_holds_is_not_taken_over(tmp_path, holder):
    (tmp_path / ".lock").write_bytes(b"null")
    with pytest.raises(GLCError,
                       match="Another run is at work .just starting, since now"), hold_folder_lock(tmp_path):
        pass
