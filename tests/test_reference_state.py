"""What people changed in the reference tables is told row by row, and no cell is kept in words."""

import json

from glc_analysis.manifest import reference_changes, reference_state


def told(tmp_path, name, before, after):
    path = tmp_path / name
    path.write_text(before, encoding="utf-8")
    was = reference_state(tmp_path)
    path.write_text(after, encoding="utf-8")
    return list(reference_changes(was, reference_state(tmp_path)))


def test_a_code_with_another_name_is_renamed(tmp_path):
    assert told(tmp_path, "codebook.csv", "code_id,name\nshelter,Shelter\n", "code_id,name\nshelter,ផ្ទះ\n") \
        == ["codebook.csv: code `shelter` renamed"]


def test_a_changed_cell_names_its_column(tmp_path):
    assert told(tmp_path, "options.csv", "option_list,option_id,value,kind\nyes_no,yes,1,substantive\n",
                "option_list,option_id,value,kind\nyes_no,yes,1,other\n") \
        == ["options.csv: option `yes_no yes 1` changed (kind)"]


def test_rows_that_only_moved_are_no_change(tmp_path):
    assert told(tmp_path, "codebook.csv", "code_id,name\na,A\nb,B\n", "code_id,name\nb,B\na,A\n") == []


def test_a_file_that_is_new_lists_its_rows(tmp_path):
    was = reference_state(tmp_path)
    (tmp_path / "codebook.csv").write_text("code_id,name\na,A\n", encoding="utf-8")
    assert list(reference_changes(was, reference_state(tmp_path))) == ["codebook.csv: code `a` new"]


def test_names_that_are_masked_are_not_kept(tmp_path):
    (tmp_path / "names.csv").write_text("name,kind\nAnna Hill,person\n", encoding="utf-8")
    assert "Anna" not in json.dumps(reference_state(tmp_path))


def test_a_file_that_cannot_be_read_is_no_error(tmp_path):
    (tmp_path / "codebook.csv").write_bytes(b"\xff\xfe\x00code_id\n")
    reference_state(tmp_path)
