"""What people changed in the reference tables is told row by row, and no cell is kept in words."""

import json

import pytest

from glc_analysis.manifest import describe_changed_reference_rows, digest_reference_cells
from glc_analysis.study import Study


@pytest.fixture
def study(tmp_path):
    return Study(tmp_path)


def write(study, name, content):
    path = study.locate_reference_file(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode())


def told(study, name, before, after):
    write(study, name, before)
    was = digest_reference_cells(study)
    write(study, name, after)
    return list(describe_changed_reference_rows(was, digest_reference_cells(study)))


def test_a_code_with_another_name_is_renamed(study):
    assert told(study, "codebook", "code_id,name\nshelter,Shelter\n", "code_id,name\nshelter,ផ្ទះ\n") \
        == ["codebook.csv: code `shelter` renamed"]


def test_a_changed_cell_names_its_column(study):
    assert told(study, "options", "option_list,option_id,value,kind\nyes_no,yes,1,substantive\n",
                "option_list,option_id,value,kind\nyes_no,yes,1,other\n") \
        == ["options.csv: option `yes_no yes 1` changed (kind)"]


def test_rows_that_only_moved_are_no_change(study):
    assert told(study, "codebook", "code_id,name\na,A\nb,B\n", "code_id,name\nb,B\na,A\n") == []


def test_a_file_that_is_new_lists_its_rows(study):
    was = digest_reference_cells(study)
    write(study, "codebook", "code_id,name\na,A\n")
    assert list(describe_changed_reference_rows(was,
                                                digest_reference_cells(study))) == [
                                                    "codebook.csv: code `a` new"]


def test_names_that_are_masked_are_not_kept(study):
    write(study, "names", "name,kind\nAnna Hill,person\n")
    assert "Anna" not in json.dumps(digest_reference_cells(study))


def test_a_file_that_cannot_be_read_is_no_error(study):
    write(study, "codebook", "")
    study.locate_reference_file("codebook").write_bytes(b"\xff\xfe\x00code_id\n")
    digest_reference_cells(study)
