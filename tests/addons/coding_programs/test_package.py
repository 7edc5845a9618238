"""A package can hold what it likes: nothing outside it is touched, and no more is unpacked than the limit."""

import io
import tracemalloc
import zipfile

import openpyxl
import pytest

from glc_analysis.errors import Faults
from glc_analysis.intake.codings import read_codings
from tests.addons.coding_programs.support.coding_files import QUOTES, TEXT, marked, project, qdpx, zipped

QDE = ("project.qde", project(*marked(*QUOTES)))


def said(path):
    with pytest.raises(Faults) as caught:
        read_codings(path)
    return str(caught.value)


@pytest.mark.parametrize("name", ["../evil.txt", "a/../../evil.txt", "/etc/evil", "C:\\evil", "..\\evil.txt",
                                  "\\evil", "sources/.."])  # fmt: skip
def test_a_path_outside_the_package_is_refused_and_writes_nothing(tmp_path, name):
    file = zipped([QDE, ("sources/t.txt", TEXT), (name, "x")], tmp_path / "p.qdpx")
    assert "leads out of the package" in said(file)
    assert list(tmp_path.iterdir()) == [file]
    assert not (tmp_path.parent / "evil.txt").exists()


def test_dots_in_a_name_are_no_path(tmp_path):
    assert read_codings(
        zipped([QDE, ("sources/t.txt", TEXT), ("sources/a..b.txt", "x")], tmp_path / "p.qdpx")
    ).matched


def test_two_members_of_one_name_are_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate"):
        file = zipped([QDE, QDE], tmp_path / "p.qdpx")
    assert "two members of the package have this name" in said(file)


@pytest.mark.parametrize("name", ["project.qde", "sources/t.txt", "sources/other.txt", "note.docx"])
def test_a_package_beyond_the_limit_is_refused_unread(tmp_path, name):
    path = tmp_path / "p.qdpx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made, made.open(name, "w") as member:
        for _ in range(101):
            member.write(bytes(2**20))
    assert path.stat().st_size < 2**20
    assert "unpacks to 105,906,176 bytes" in said(path)


def test_a_member_packed_by_lzma_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "p.qdpx", "w") as made:
        made.writestr(*QDE, compress_type=zipfile.ZIP_LZMA)
    assert "the package cannot be read" in said(tmp_path / "p.qdpx")


def test_a_member_said_to_be_longer_than_the_package_is_refused_before_memory_is_set_aside(tmp_path):
    content = zipped([QDE, ("sources/t.txt", TEXT)])
    at = content.rindex(b"PK\x01\x02") + 20
    (tmp_path / "p.qdpx").write_bytes(content[:at] + b"\xff\xff\xff\xff" + content[at + 4 :])
    tracemalloc.start()
    assert "the package cannot be read" in said(tmp_path / "p.qdpx")
    assert tracemalloc.get_traced_memory()[1] < 2**24
    tracemalloc.stop()


def test_a_table_beyond_its_own_limit_is_refused_unread(tmp_path):
    (tmp_path / "a.csv").write_text("document,code\n" + "a,b\n" * 2_700_000)
    assert "the limit is 10,485,760" in said(tmp_path / "a.csv")


def test_film_beyond_the_limit_stays_packed(tmp_path, monkeypatch):
    monkeypatch.setattr("glc_analysis.addons.coding_programs.packages._MOST_UNPACKED", 100_000)
    file = zipped([QDE, ("sources/t.txt", TEXT), ("sources/call.MP4", bytes(200_000))], tmp_path / "p.qdpx")
    assert read_codings(file).matched == 4


def test_markup_beyond_its_own_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("glc_analysis.addons.coding_programs.packages._MOST_XML", 1000)
    assert "bytes of XML; the limit is 1,000" in said(qdpx(tmp_path / "p.qdpx", *marked(*QUOTES)))


def test_markup_without_end_is_refused(tmp_path):
    assert "a million XML elements" in said(zipped([("a.qde", "<Project>" * 1000)], tmp_path / "p.qdpx"))


@pytest.mark.acceptance
def test_a_flood_of_markup_is_refused(tmp_path):
    flood = f"<Project>{'<a/>' * 1_000_100}</Project>"
    assert "a million XML elements" in said(zipped([("a.qde", flood)], tmp_path / "p.qdpx"))


def test_a_size_that_lies_is_found_out(tmp_path):
    raw = zipped([QDE, ("sources/t.txt", TEXT * 1000)])
    size = len((TEXT * 1000).encode()).to_bytes(4, "little")
    (tmp_path / "p.qdpx").write_bytes(raw.replace(size, (5).to_bytes(4, "little")))
    assert "package cannot be read" in said(tmp_path / "p.qdpx")


def test_a_locked_or_cut_package_is_refused(tmp_path):
    raw = qdpx(None, *marked(*QUOTES))
    (tmp_path / "cut.qdpx").write_bytes(raw[: len(raw) // 2])
    assert "package cannot be read" in said(tmp_path / "cut.qdpx")
    locked = bytearray(raw)
    locked[6] |= 1
    locked[raw.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.qdpx").write_bytes(locked)
    assert "package cannot be read" in said(tmp_path / "locked.qdpx")


@pytest.mark.parametrize(("name", "content"), [
    ("a.qdpx", b""), ("a.qdpx", b"hello"), ("a.qdpx", b"PK\x03\x04"), ("a.qda", b"hello"), ("a.sqlite3", b""),
    ("a.sqlite3", b"SQLite format 3\0"), ("a.qda", b"SQLite format 3\0" + bytes(4000)), ("a.docx", b"PK"),
    ("a.qdc", b"<"), ("a.csv", b""), ("a.csv", b"hello"), ("a.png", b"\x89PNG"), ("a.qdc", b"\xff\xfe<"),
])  # fmt: skip
def test_what_is_nothing_of_the_kind_is_refused_by_name(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Faults) as caught:
        read_codings(tmp_path / name)
    assert all(fault.file == name and fault.fix for fault in caught.value.faults)
    assert [one.name for one in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["absent.qdpx", "absent.csv"])
def test_a_missing_file_is_refused_and_so_is_a_folder_of_something_else(tmp_path, name):
    assert name in said(tmp_path / name)
    (tmp_path / name).mkdir()
    assert "folder does not hold one data.qda" in said(tmp_path / name)


def test_a_workbook_is_read_like_a_table(tmp_path):
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in (["document", "start", "end", "code"], ["call_ke", 4, 9, "Delay"]):
        book.active.append(row)
    book.save(file)
    (tmp_path / "a.xlsx").write_bytes(file.getvalue())
    assert read_codings(tmp_path / "a.xlsx").codings[["start", "end"]].to_numpy().tolist() == [[4, 9]]
