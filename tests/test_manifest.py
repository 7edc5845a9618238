"""The manifest knows every raw file by its checksum."""

import csv
from datetime import date

import pytest

from glc_analysis import addon, manifest
from glc_analysis.addon import AddOn
from glc_analysis.errors import Faults
from glc_analysis.manifest import (
    SAMPLE,
    add_to_manifest,
    compute_checksum,
    digest_raw_files_or_refuse_changes,
    read_manifest,
    write_manifest,
)
from glc_analysis.study import Study
from tests.support.study_on_disk import SmallStudy

ANSWERS, MANIFEST = "raw/survey/answers.csv", "private/reference/manifest.csv"
HEADER = "path,sha256,bytes,received_on,received_from,consent_basis,keep_until\n"
TODAY = date(2017, 5, 1)


@pytest.fixture
def small(tmp_path) -> SmallStudy:
    return SmallStudy(tmp_path / "small")


def faults(small):
    with pytest.raises(Faults) as raised:
        digest_raw_files_or_refuse_changes(Study(small.root))
    return [str(fault) for fault in raised.value.faults]


def accepted(small):
    study = Study(small.root)
    add_to_manifest(study, digest_raw_files_or_refuse_changes(study).new, today=TODAY)
    return read_manifest(study)


def test_the_checksum_is_the_sha256_of_the_bytes(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    assert compute_checksum(tmp_path / "abc") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")


@pytest.mark.acceptance
def test_a_new_file_is_used_and_reported_until_it_is_accepted(small):
    for _ in range(2):
        assert f"{ANSWERS}: new, not yet in the manifest (--accept)." in small.glc("check").stderr
    assert f"{ANSWERS}: new, recorded." in small.glc("check", "--accept").stderr
    assert ANSWERS not in small.glc("check").stderr


def test_a_file_is_recorded_with_its_checksum_size_and_day(small):
    path = small.root / ANSWERS
    assert accepted(small) == {ANSWERS: {
        "path": ANSWERS, "sha256": compute_checksum(path), "bytes": str(path.stat().st_size),
        "received_on": "2017-05-01", "received_from": "", "consent_basis": "", "keep_until": ""}}


def test_what_people_wrote_of_other_files_stays(small):
    small.write("raw/survey/a.csv", "x")
    small.write(MANIFEST, HEADER + f"raw/survey/a.csv,{compute_checksum(small.root / 'raw/survey/a.csv')},1,"
                "2016-10-01,Ana,interview consent v2,2027\n")
    assert accepted(small)["raw/survey/a.csv"]["consent_basis"] == "interview consent v2"


def test_nothing_is_accepted_while_the_study_has_a_fault(small):
    small.spoil(ANSWERS, (",12,", ",lots,"))
    assert small.glc("check", "--accept").exit_code == 1
    assert not (small.root / MANIFEST).exists()


def test_a_file_that_changed_is_a_fault_even_by_one_byte(small):
    accepted(small)
    small.spoil(ANSWERS, ("12", "13"))
    assert faults(small) == [f"{ANSWERS}: has changed since its checksum was recorded. To fix: put the "
                             "original file back; save a new export under another name."]


def test_a_file_that_is_gone_is_a_fault(small):
    accepted(small)
    (small.root / ANSWERS).rename(small.root / "raw/survey/renamed.csv")
    assert faults(small) == [f"{ANSWERS}: is missing. To fix: put the file back, or remove its row from "
                             "manifest.csv."]


def test_a_file_of_the_sample_that_is_gone_can_be_invented_again(small):
    small.write(MANIFEST, HEADER + f"raw/survey/sample.csv,00,1,,{SAMPLE},,\n")
    assert "raw/survey/sample.csv: is missing. To fix: write it again with `glc sample`." in faults(small)


def test_all_files_that_do_not_fit_are_told_at_once(small):
    for name in "abc":
        small.write(f"raw/survey/{name}.csv", name)
    accepted(small)
    (small.root / "raw/survey/a.csv").unlink()
    small.write("raw/survey/b.csv", "changed")
    assert [said.partition(": ")[0] for said in faults(small)] == ["raw/survey/a.csv", "raw/survey/b.csv"]


def test_a_checksum_in_capitals_is_the_same_checksum(small):
    accepted(small)
    small.write(MANIFEST, HEADER + f"{ANSWERS},{compute_checksum(small.root / ANSWERS).upper()},,,,,\n")
    assert digest_raw_files_or_refuse_changes(Study(small.root)).new == ()


def test_a_manifest_saved_by_a_spreadsheet_is_read_and_written_anew(small):
    accepted(small)
    text = (small.root / MANIFEST).read_text(encoding="utf-8")
    small.write(MANIFEST, text.replace(",", ";").replace("\n", "\r\n").encode("utf-8-sig"))
    small.write("raw/survey/b.csv", "x")
    assert set(accepted(small)) == {ANSWERS, "raw/survey/b.csv"}
    assert (small.root / MANIFEST).read_bytes().startswith(HEADER.encode())


def test_invented_and_real_files_never_stand_together(small):
    small.write("raw/survey/invented.csv", "x")
    known = compute_checksum(small.root / "raw/survey/invented.csv")
    small.write(MANIFEST, HEADER + f"raw/survey/invented.csv,{known},1,,{SAMPLE},,\n")
    assert faults(small) == ["raw/survey/invented.csv: is invented data in a real study. To fix: remove the "
                             "file from raw/."]
    small.spoil("reference/study.toml", ("[raw]", "synthetic = true\n[raw]"))
    assert faults(small) == [f"{ANSWERS}: is real data in an invented study. To fix: start a real study "
                             "with `glc init DIR`."]


def test_a_file_outside_the_study_is_recorded_relative_to_it(small):
    (small.root.parent / "shared.csv").write_text("x")
    small.spoil("reference/study.toml", ("../raw/survey/*", "../../shared.csv"))
    assert "../shared.csv" in accepted(small)


def test_rows_are_written_by_path_with_blanks_where_nothing_is_said(tmp_path):
    write_manifest(tmp_path / "m.csv", [{"path": "b", "sha256": "1"}, {"path": "a", "bytes": "2"}])
    assert (tmp_path / "m.csv").read_bytes() == (HEADER + "a,,2,,,,\nb,1,,,,,\n").encode()


def test_names_with_commas_and_other_scripts_are_kept(small):
    small.write("raw/survey/ចម្លើយ, ២.csv", "x")
    accepted(small)
    with (small.root / MANIFEST).open(encoding="utf-8", newline="") as file:
        assert "raw/survey/ចម្លើយ, ២.csv" in [row["path"] for row in csv.DictReader(file)]
    assert digest_raw_files_or_refuse_changes(Study(small.root)).new == ()


def test_what_an_add_on_writes_for_a_coder_may_grow_and_not_change(tmp_path, monkeypatch):
    toy = AddOn("toy", "A toy.", coder_files={"toy.jsonl": "toy:read"})
    monkeypatch.setattr(addon, "load_add_ons_from_folder", lambda: {"toy": toy})
    path = tmp_path / "toy.jsonl"
    path.write_bytes(b'{"n": 1}\n')
    row = {"sha256": manifest.compute_checksum(path), "bytes": "9"}
    path.write_bytes(b'{"n": 1}\n{"n": 2}\n')
    assert manifest.is_unchanged_or_extended_while_coding(path, row, manifest.compute_checksum(path))
    path.write_bytes(b'{"n": 3}\n{"n": 2}\n')
    assert not manifest.is_unchanged_or_extended_while_coding(path, row, manifest.compute_checksum(path))
    other = path.rename(tmp_path / "codings.csv")
    other.write_bytes(b'{"n": 1}\n{"n": 2}\n')
    assert not manifest.is_unchanged_or_extended_while_coding(other, row, manifest.compute_checksum(other))
