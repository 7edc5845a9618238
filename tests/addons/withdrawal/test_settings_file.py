"""study.toml after a withdrawal: it names the files that are there, and keeps what people wrote beside."""

import datetime as dt

import pandas as pd
import pytest

from glc_analysis import manifest, tables
from glc_analysis.addons.coding_programs.rewriting import write_coded_word_file
from glc_analysis.addons.withdrawal.settings_file import (
    drop_removed_files_from_settings,
    set_replacement_coder_files_in_settings,
)
from glc_analysis.addons.withdrawal.withdrawal import withdraw_organisation
from glc_analysis.build import build
from glc_analysis.errors import Faults
from glc_analysis.study import Study
from tests.support.coded_studies import coded_study, texts_of


@pytest.mark.parametrize(("pattern", "named"), [
    ("../raw/codings/ana.qda", "../raw/codings/ana.qdpx"), ("../raw/codings/ana*", "../raw/codings/ana*"),
    ("../raw/codings/*.qda", "../raw/codings/ana.qdpx")])
def test_study_toml_names_the_new_file_and_keeps_what_people_wrote_beside(tmp_path, pattern, named):
    study = Study(tmp_path)
    study.reference.mkdir()
    before, after = "[raw.codings]\n# of May\nana = ", "  # ours\n"
    study.settings_file.write_text(f"{before}'{pattern}'{after}", encoding="utf-8")
    made = study.raw / "codings/ana.qdpx"
    made.parent.mkdir(parents=True)
    made.touch()
    set_replacement_coder_files_in_settings(study, "ana", [made])
    assert Study(tmp_path).list_coder_files() == {"ana": [made]}
    text = study.settings_file.read_text(encoding="utf-8")
    assert text.removeprefix(before).removesuffix(after)[1:-1] == named


def test_a_pattern_of_several_files_is_for_a_person_to_change(tmp_path):
    study = Study(tmp_path)
    study.reference.mkdir()
    study.settings_file.write_text('[raw]\ncodings = {ana = "../raw/codings/*.sqlite3"}\n', encoding="utf-8")
    made = study.raw / "codings/ana.qdpx"
    made.parent.mkdir(parents=True)
    made.touch()
    made.with_name("other.sqlite3").touch()
    with pytest.raises(Faults, match="codings ana.*does not name raw/codings/ana.qdpx.*../raw/codings/ana.,"):
        set_replacement_coder_files_in_settings(study, "ana", [made])


@pytest.mark.parametrize(("settings", "after"), [
    ('codings = {ana = "../a.csv", ben = "../b.csv"} # ours', 'codings = {ben = "../b.csv"} # ours'),
    ('codings = { ben = "../b.csv", ana = "../a.csv" }', 'codings = { ben = "../b.csv" }'),
    ("codings = {'ana' = '../a.csv'}", "codings = {}"),
    ('[raw.codings]\n# of May\nana-maria="../a.csv" # hers\nben = "../b.csv"',
     '[raw.codings]\n# of May\n# hers\nben = "../b.csv"'),
    ('interviews = [\n  "../a.csv",\n  "../b.csv", # two\n]', 'interviews = [\n  \n  "../b.csv", # two\n]'),
    ('survey = ["../b.csv", "../a.csv"]', 'survey = ["../b.csv"]'),
    ('survey = ["../b.csv", "../a.csv*"]', 'survey = ["../b.csv", "../a.csv*"]')])
def test_a_file_that_is_gone_is_named_no_more(tmp_path, settings, after):
    before, new = Study(tmp_path / "before"), Study(tmp_path / "new")
    for study in (before, new):
        study.reference.mkdir(parents=True)
        study.settings_file.write_text(settings if settings.startswith("[") else f"[raw]\n{settings}\n",
                                       encoding="utf-8")
        (study.root / "b.csv").touch()
    (before.root / "a.csv").touch()
    drop_removed_files_from_settings(before, new)
    assert new.settings_file.read_text(encoding="utf-8").removeprefix("[raw]\n").strip() == after


def test_an_entry_that_cannot_be_edited_here_is_for_a_person(tmp_path):
    before, new = Study(tmp_path / "before"), Study(tmp_path / "new")
    for study in (before, new):
        study.reference.mkdir(parents=True)
        study.settings_file.write_text('[raw]\nsurvey = ["../\\u0061.csv"]\n', encoding="utf-8")
    (before.root / "a.csv").touch()
    with pytest.raises(Faults, match="names files that the withdrawal removes.*write a pattern"):
        drop_removed_files_from_settings(before, new)


@pytest.mark.acceptance
def test_a_word_file_and_an_interview_that_are_named_by_their_paths_go(tmp_path):
    study = coded_study(tmp_path / "s", codings={"ana": "../raw/codings/blue.docx"}, settings={
        "raw": {"codings": {"ana": "../raw/codings/blue.docx"},
                "interviews": ["../raw/interviews/blue.txt", "../raw/interviews/lamp.txt"]}})
    text = texts_of(study).canonical["blue"]
    at = text.index("We wait")
    write_coded_word_file(study.raw / "codings/blue.docx", text, pd.DataFrame(
        [(at, at + 7, "ana", "Delay")], columns=["start", "end", "coder", "code"]))
    manifest.write_manifest(study.locate_reference_file("manifest"), [
        {"path": study.make_relative(path), "sha256": manifest.compute_checksum(path)}
        for path in study.list_all_raw_files()])
    build(study)
    assert len(tables.read_table("codings", study=study))
    withdraw_organisation(study, "a", today=dt.date(2017, 1, 9))
    study = Study(study.root)
    assert study.settings["raw"]["codings"] == {}
    assert study.settings["raw"]["interviews"] == ["../raw/interviews/lamp.txt"]
    build(study)
