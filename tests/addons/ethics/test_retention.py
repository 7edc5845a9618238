"""How long files may be kept: what is due, what is overdue, what has no date."""

import csv
import shutil
from datetime import date

import pytest

from glc_analysis.addons.ethics.retention import list_retention_dates, overdue_or_undated_file_faults
from glc_analysis.errors import Faults
from glc_analysis.manifest import digest_raw_files_or_refuse_changes, read_manifest, write_manifest
from glc_analysis.study import Study

TODAY = date(2017, 3, 1)
KEY, CALL, RECORDING = "private/pseudonyms.json", "raw/calls/call-1.vtt", "raw/recordings/call-1.mp3"


@pytest.fixture
def study(sample_root, tmp_path) -> Study:
    """The sample with a recording and a key beside it."""
    shutil.copytree(sample_root, tmp_path / "study")
    for name in (KEY, RECORDING):
        (tmp_path / "study" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "study" / name).write_text("{}")
    return Study(tmp_path / "study")


def keep_until(study: Study, **days: str) -> None:
    """Writes days into the manifest; paths are given as KEY, CALL or RECORDING."""
    rows = read_manifest(study)
    for name, day in days.items():
        path = {"KEY": KEY, "CALL": CALL, "RECORDING": RECORDING}[name]
        rows.setdefault(path, {"path": path})["keep_until"] = day
    write_manifest(study.locate_reference_file("manifest"), rows.values())


def destroyed(study: Study) -> list:
    """The faults of files that should have been destroyed."""
    faults = overdue_or_undated_file_faults(study, list_retention_dates(study, today=TODAY))
    return [fault for fault in faults if "should have been destroyed" in fault.message]


def state(study: Study) -> dict[str, tuple[str, str]]:
    return {row.path: (row.kind, row.state) for row in list_retention_dates(study, today=TODAY).itertuples()}


def test_the_last_day_counts_and_ninety_days_are_looked_ahead(study):
    for day, said in (("2017-02-28", "overdue"), ("2017-03-01", "due"), ("2017-05-30", "due"),
                      ("2017-05-31", "kept"), ("", "no date")):
        keep_until(study, CALL=day)
        assert state(study)[CALL] == ("calls", said)


def test_recordings_and_the_key_are_listed_with_the_rest(study):
    keep_until(study, KEY="2018-01-01", RECORDING="2017-04-01")
    found = state(study)
    assert found[KEY] == ("key", "kept") and found[RECORDING] == ("recording", "due")
    assert len(found) == len(list(study.raw.rglob("*.*"))) + 1
    assert [row.path for row in list_retention_dates(study, today=TODAY).itertuples()][:2] == [RECORDING, KEY]


def test_what_is_overdue_is_a_fault_and_nothing_is_deleted(study):
    keep_until(study, CALL="2016-12-31", KEY="2017-12-31")
    before = {path: path.read_bytes() for path in study.root.rglob("*") if path.is_file()}
    (fault,) = destroyed(study)
    assert fault.file == CALL and "2016-12-31" in fault.message
    assert before == {path: path.read_bytes() for path in study.root.rglob("*") if path.is_file()}


def test_a_file_that_is_gone_is_not_overdue(study):
    keep_until(study, CALL="2016-12-31")
    (study.root / CALL).unlink()
    assert destroyed(study) == []


def test_every_file_without_a_day_is_a_fault_with_its_row(study):
    rows = list(read_manifest(study))
    keep_until(study, **{"CALL": "2018-01-01"})
    faults = list(overdue_or_undated_file_faults(study, list_retention_dates(study, today=TODAY)))
    undated = {row: path for row, path in enumerate(rows, 2) if path != CALL}
    assert {int(fault.row) for fault in faults if fault.column == "keep_until"} == {*undated}
    missing = {fault.value: fault.fix for fault in faults if "has no row" in fault.message}
    assert {KEY, RECORDING} <= {*missing} and "glc check --accept" in missing[RECORDING]
    assert "the path private" in missing[KEY]


def test_a_row_for_the_folder_covers_the_private_files_without_one(study):
    rows = read_manifest(study)
    rows["private"] = {"path": "private", "keep_until": "2018-01-01"}
    write_manifest(study.locate_reference_file("manifest"), rows.values())
    assert state(study)[KEY] == ("key", "kept")
    keep_until(study, KEY="2017-12-31")
    assert [row.keep_until for row in list_retention_dates(study,
                                                           today=TODAY).itertuples() if row.path == KEY] == [
        "2017-12-31"]
    (study.root / RECORDING).unlink()
    digest_raw_files_or_refuse_changes(study)  # finds no fault in such rows


def test_with_a_day_for_every_file_there_is_no_fault(study):
    rows = read_manifest(study) | {one: {"path": one} for one in ("private", RECORDING)}
    rows = [row | {"keep_until": "2018-01-01"} for row in rows.values()]
    write_manifest(study.locate_reference_file("manifest"), rows)
    assert not list(overdue_or_undated_file_faults(study, list_retention_dates(study, today=TODAY)))


def test_a_day_that_is_none_is_a_fault(study):
    keep_until(study, CALL="end of 2017")
    with pytest.raises(Faults, match="keep_until, value 'end of 2017': is not a date"):
        list_retention_dates(study, today=TODAY)


def test_the_sample_has_no_destroy_dates(sample_root):
    with (sample_root / "private/reference/manifest.csv").open(encoding="utf-8", newline="") as file:
        assert {row["keep_until"] for row in csv.DictReader(file)} == {""}
