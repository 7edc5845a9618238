"""QualCoder's project folder, of this version and of older ones."""

import shutil
import sqlite3

import pytest

from glc_analysis.errors import Faults
from glc_analysis.intake.codings import read_codings
from tests.addons.coding_programs.support.coding_files import TEXT, qualcoder

START = TEXT.index("Funding")
CODED = (1, 1, START, START + 15, "Funding is late", "ana")


def said(folder):
    with pytest.raises(Faults) as caught:
        read_codings(folder)
    assert all(fault.file == "data.qda" and fault.fix for fault in caught.value.faults)
    return str(caught.value)


def test_a_project_folder_gives_its_codings_codes_and_memos(tmp_path):
    note = "INSERT INTO annotation VALUES (1, 1, 0, 11, 'who is this?', 'bert', '2024-05-02 09:00:00')"
    read = read_codings(qualcoder(tmp_path / "p.qda", codings=[CODED], more=[note]))
    assert read.tool == "qualcoder"
    assert read.codings.iloc[0].tolist() == [
        "call_ke.txt", START, START + 15, "Funding is late", "Delay", "ana", "", "exact"]  # fmt: skip
    assert read.codes.iloc[:, :3].to_numpy().tolist() == [
        ["Barriers", "", "what stands in the way"],
        ["Delay", "Barriers", "money is late"],
        ["Months", "Delay", ""],
    ]
    assert read.memos.to_numpy().tolist() == [
        ["ana", "call_ke.txt", "source", "told in a hurry", "2024-05-01T10:00:00"],
        ["bert", "call_ke.txt:0-11", "coding", "who is this?", "2024-05-02T09:00:00"]]  # fmt: skip


@pytest.mark.parametrize("without", [
    ("code_name.supercid",), ("code_text.memo", "code_text.date"), ("code_text.owner",), ("annotation",),
    ("code_cat", "code_name.catid"),
    ("source.memo", "source.date"), ("project",),
])  # fmt: skip
def test_older_versions_lack_columns_and_tables(tmp_path, without):
    read = read_codings(qualcoder(tmp_path / "p.qda", codings=[CODED], without=without), coder="carla")
    assert read.matched == len(read.codings) == 1
    assert read.codings["coder"][0] == ("carla" if "code_text.owner" in without else "ana")


@pytest.mark.parametrize("without", ["code_text.pos0", "code_text.cid", "source.fulltext", "code_name.name"])
def test_without_a_column_that_codings_need_the_file_is_refused(tmp_path, without):
    assert f"column {without}" in said(qualcoder(tmp_path / "p.qda", without=[without]))


def test_positions_counted_as_the_screen_does_are_found(tmp_path):
    start = len(TEXT[: TEXT.index("We wait")].encode("utf-16-le")) // 2
    read = read_codings(qualcoder(tmp_path / "p.qda", codings=[(1, 1, start, start + 7, "We wait", "ana")]))
    assert read.codings[["start", "match"]].to_numpy().tolist() == [[TEXT.index("We wait"), "exact"]]


@pytest.mark.parametrize(("coded", "fault"), [
    ((9, 1, 0, 4, "Faci", "ana"), "code 9"), ((1, 9, 0, 4, "Faci", "ana"), "source 9"),
    ((1, 1, 9, 4, "", "ana"), "not the start and end"), ((1, 1, 4, 4, "", "ana"), "empty"),
    ((1, 1, 0, 999, "", "ana"), "outside the text"), ((1, 1, None, 4, "", "ana"), "not the start and end"),
    ((1, 1, "here", "there", "", "ana"), "not the start and end"),
])  # fmt: skip
def test_what_dangles_or_lies_outside_is_a_fault(tmp_path, coded, fault):
    assert fault in said(qualcoder(tmp_path / "p.qda", codings=[coded]))


def test_categories_in_a_ring_are_a_fault(tmp_path):
    ring = ["INSERT INTO code_cat VALUES (7, 'a', '', 8)", "INSERT INTO code_cat VALUES (8, 'b', '', 7)"]
    folder = qualcoder(tmp_path / "p.qda", codings=[CODED], more=ring)
    assert "its parent is missing, its parent is the code itself" in said(folder)


def test_codings_of_film_are_said_to_be_left_out(tmp_path):
    film = ["CREATE TABLE code_av (avid, id)", "INSERT INTO code_av VALUES (1, 1)"]
    assert read_codings(qualcoder(tmp_path / "p.qda", codings=[CODED], more=film)).notes == (
        "'call_ke.txt' is a recording: its coding is not read. To count such passages, code the transcript.",
    )


def test_a_view_in_the_place_of_a_table_is_not_run(tmp_path):
    trap = [
        "CREATE VIEW code_text AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n) SELECT x FROM n"
    ]
    assert "neither QualCoder nor Taguette" in said(
        qualcoder(tmp_path / "p.qda", without=["code_text"], more=trap)
    )


def test_a_database_still_being_written_is_refused(tmp_path):
    folder = qualcoder(tmp_path / "p.qda", codings=[CODED])
    (folder / "data.qda-wal").write_bytes(b"something")
    assert "the database is still open" in said(folder)


def test_reading_a_database_leaves_it_and_its_folder_as_they_were(tmp_path):
    folder = qualcoder(tmp_path / "p.qda", codings=[CODED])
    database = sqlite3.connect(folder / "data.qda")
    database.execute("PRAGMA journal_mode = WAL")
    database.close()
    before = (folder / "data.qda").read_bytes()
    assert read_codings(folder).matched == 1
    assert [one.name for one in folder.iterdir()] == ["data.qda"]
    assert (folder / "data.qda").read_bytes() == before


def test_a_cut_database_is_refused(tmp_path):
    folder = qualcoder(tmp_path / "p.qda", codings=[CODED])
    whole = (folder / "data.qda").read_bytes()
    (folder / "data.qda").write_bytes(whole[: len(whole) // 2])
    assert "database" in said(folder)


def test_the_database_alone_is_enough(tmp_path):
    folder = qualcoder(tmp_path / "p.qda", codings=[CODED])
    shutil.move(folder / "data.qda", tmp_path / "ana#1 50%.qda")
    assert read_codings(tmp_path / "ana#1 50%.qda").matched == 1
