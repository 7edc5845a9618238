"""A file is written whole: the new text or the old one, for those who may read it, and nothing beside it."""

import errno
import os
import stat

import pytest

from glc_analysis.writing import write_atomic


@pytest.mark.parametrize("text", ["", "a\r\nb\rc\n", "\ufeffសុខ;é\n"])
def test_the_text_is_written_as_it_stands(tmp_path, text):
    write_atomic(tmp_path / "a.csv", "much longer than what comes in its place")
    write_atomic(tmp_path / "a.csv", text)
    assert (tmp_path / "a.csv").read_bytes() == text.encode()
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_a_file_for_its_owner_alone_is_so_whatever_lay_there_before(tmp_path):
    path, left = tmp_path / "votes.csv", tmp_path / ".votes.csv.new"
    for old in (path, left):
        old.write_text("read by all")
        old.chmod(0o644)
    with left.open() as reader:
        write_atomic(path, "8")
        assert reader.read() == "read by all"
    assert path.read_text() == "8" and stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_is_written_through_a_link_that_lies_in_the_way(tmp_path):
    other = tmp_path / "other"
    other.write_text("not ours")
    (tmp_path / ".votes.csv.new").symlink_to(other)
    write_atomic(tmp_path / "votes.csv", "8")
    assert other.read_text() == "not ours" and not (tmp_path / "votes.csv").is_symlink()


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_disk_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch, step):
    path = tmp_path / "rounds.csv"
    write_atomic(path, "old")

    def fail(*given):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["rounds.csv"]


def test_all_of_it_is_on_disk_before_it_takes_the_place_of_the_old_file(tmp_path, monkeypatch):
    path, steps = tmp_path / "rounds.csv", []
    fsync, replace = os.fsync, os.replace

    def synced(handle):
        steps.append(("fsync", (tmp_path / ".rounds.csv.new").read_text()))
        fsync(handle)

    def replaced(source, target):
        steps.append(("replace", str(target)))
        replace(source, target)
    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    write_atomic(path, "new")
    assert steps == [("fsync", "new"), ("replace", str(path))]
