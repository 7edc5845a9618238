"""The commands on retention and ethics, as somebody types them."""

import shutil

import pytest

from glc_analysis.study import Study
from tests.support.commands import glc, printed


@pytest.fixture
def study(sample_study, tmp_path):
    shutil.copytree(sample_study.root, tmp_path / "sample")
    return Study(tmp_path / "sample")


def test_what_is_overdue_is_told_and_ends_with_1(study):
    path = study.locate_reference_file("manifest")
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], lines[1] + "2016-12-31", *lines[2:]]) + "\n", encoding="utf-8")
    done = glc(study, "retention", code=1)
    assert "should have been destroyed after 2016-12-31" in done.stderr
    assert glc(study, "ethics").stdout.count("overdue: 1 file") == 1


def test_files_without_a_day_end_with_1_and_say_where_to_write_it(study):
    said = glc(study, "retention", code=1).stderr
    assert "manifest.csv, rows 2, 3, 4" in said and "column keep_until: is blank" in said
    assert "To fix: agree on the last day and write it as YYYY-MM-DD" in said


@pytest.mark.acceptance
def test_the_key_may_have_a_day_of_its_own(study):
    path = study.locate_reference_file("manifest")
    with path.open("a", encoding="utf-8") as file:
        file.write("private/pseudonyms.json,,,,,,2099-01-01\n")
    glc(study, "check")
    key, = [row for row in printed(glc(study, "retention", code=1)) if row["kind"] == "key"]
    assert (key["path"], key["state"]) == ("private/pseudonyms.json", "kept")
