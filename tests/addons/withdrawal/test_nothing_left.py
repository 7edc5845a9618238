"""Nothing is left anywhere of what was taken out."""

from datetime import date

import pandas as pd
import pytest

from glc_analysis import manifest
from glc_analysis.addons.withdrawal.withdrawal import (
    repeat_removals_across_table_files,
    withdraw_organisation,
)
from glc_analysis.build import build
from glc_analysis.reference import read_reference_table
from glc_analysis.study import Study
from tests.support.study_of_everything import contents, ran, said_anywhere, write
from tests.support.study_on_disk import SmallStudy


@pytest.mark.acceptance
def test_after_a_withdrawal_no_byte_of_the_study_has_its_words(tmp_path):
    made = contents()
    made.rows[4]["Q1"] = "Marzipan and lanterns."
    study = write(tmp_path / "study", made)
    manifest.add_to_manifest(study, manifest.digest_raw_files_or_refuse_changes(study).new,
                             today=date(2017, 1, 1))
    build(Study(study.root))
    assert "processed/responses.parquet" in said_anywhere(study.root, "Marzipan")
    assert "processed/answer_translations.parquet" in said_anywhere(study.root, "number 6")
    withdraw_organisation(Study(study.root), "e", today=date(2017, 1, 9))
    for word in ("Marzipan", "House E", "number 6"):
        assert said_anywhere(study.root, word) == []
    assert said_anywhere(study.root, "number 5") == [
        "private/reference/answer_translations.csv", "processed/answer_translations.parquet"]
    rows = pd.read_parquet(study.processed / "responses.parquet")
    assert "e" not in set(rows["organisation_id"])
    assert ran(study) == set()


def test_a_row_that_a_withdrawal_removes_from_one_file_goes_from_the_other_too(tmp_path):
    codebook = ("code_id,parent_id,level,name,definition,include,exclude,example,since_version,merged_into\n"
                "community,,domain,Community,,,,,1,\ncare,community,theme,Care,,,,We listen.,1,\n")
    before, after = SmallStudy(tmp_path / "before"), SmallStudy(tmp_path / "after")
    for study in (before, after):
        study.write_table("codebook", codebook)
    after.spoil("reference/codebook.csv", ("care,community,theme,Care,,,,1,\n", ""))
    repeat_removals_across_table_files(Study(before.root), Study(after.root), "codebook")
    assert list(read_reference_table(Study(after.root), "codebook")["code_id"]) == ["community"]
    assert b"We listen." not in after.files()["private/reference/codebook.csv"]
