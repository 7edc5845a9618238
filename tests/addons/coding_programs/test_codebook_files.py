"""The codebook as coding programs have it."""

import pytest
from hypothesis import given

from glc_analysis.addons.coding_programs.exports import make_qdc_table_of_current_codes
from glc_analysis.addons.coding_programs.refi import write_qdc
from glc_analysis.addons.drafting.code_tree import draft_codebook_rows
from glc_analysis.coding import codebook as cb
from glc_analysis.errors import Faults
from glc_analysis.intake.codings import read_codings
from tests.support.codebooks import BOOK, book, trees


def read(path, tree):
    write_qdc(path, make_qdc_table_of_current_codes(tree))
    return draft_codebook_rows(read_codings(path).codes)


def shape(frame):
    """Names with the path of names above and the notes, whatever the ids: what a QDC carries."""
    names = dict(zip(frame["code_id"], frame["name"], strict=True))
    above = cb.find_ancestors(frame)
    return [([names[one] for one in above[row.code_id]], row.name, row.definition, row.include, row.exclude,
             row.example) for row in frame.itertuples(index=False)]


def siblings_differ(tree):
    return not tree.duplicated(["parent_id", "name"]).any()


@given(tree=trees().filter(siblings_differ))
def test_names_tree_and_definitions_survive_a_qdc(tmp_path_factory, tree):
    back = read(tmp_path_factory.mktemp("qdc") / "book.qdc", tree)
    assert sorted(shape(back)) == sorted(shape(tree))
    assert back["code_id"].is_unique and not back["code_id"].str.contains(r"[^\w.-]").any()


def test_a_tree_of_four_levels_tells_all_levels_and_retired_codes_stay_behind(tmp_path):
    rows = book(("d", "", "domain", "D"), ("t", "d", "theme", "T"), ("f", "t", "family", "F"),
                ("c", "f", "code", "C"), ("e", "t", "code", "E"), ("u", "d", "theme", "U"),
                ("g", "u", "code", "G"), ("old", "f", "code", "Old", "c"), ("v", "d", "theme", "V"))
    found = read(tmp_path / "book.qdc", rows)
    assert dict(zip(found["name"], found["level"], strict=True)) == {
        "D": "domain", "T": "theme", "F": "family", "C": "code", "E": "code", "U": "theme", "G": "code",
        "V": ""}


def test_levels_of_another_tree_stay_blank_above_its_codes(tmp_path):
    found = read(tmp_path / "book.qdc", book(("t", "", "", "T"), ("f", "t", "", "F"), ("c", "f", "", "C"),
                                             ("x", "", "", "X")))
    assert found["level"].tolist() == ["", "", "code", "code"]


def test_a_name_of_several_codes_travels_as_its_path(tmp_path):
    assert make_qdc_table_of_current_codes(BOOK)["code"].tolist() == [
        "Policy", "Money", "Law", "Policy > Money > Late", "Ayuda  corta", "Policy > Law > Late"]
    assert read(tmp_path / "book.qdc", BOOK)["name"].tolist().count("Late") == 2


def test_names_that_make_one_id_get_a_number(tmp_path):
    rows = book(("a", "", "", "Law!"), ("b", "", "", "law"), ("c", "", "", "LAW?"))
    assert read(tmp_path / "book.qdc", rows)["code_id"].tolist() == ["law", "law_2", "law_3"]


def test_one_name_twice_below_one_parent_cannot_be_written(tmp_path):
    with pytest.raises(Faults, match="twice"):
        read(tmp_path / "book.qdc", book(("a", "", "", "A"), ("b", "", "", "A")))


def test_the_codebook_of_qualcoder_becomes_rows(shared_data):
    found = draft_codebook_rows(read_codings(shared_data / "qda/qualcoder/synthetic_calls.qdc").codes)
    assert found[["code_id", "parent_id", "level", "name"]].to_numpy().tolist() == [
        ["workforce", "", "code", "Workforce"], ["barriers", "", "", "Barriers"],
        ["funding", "barriers", "", "Funding"], ["funding_delay", "funding", "code", "Funding delay"],
        ["police", "barriers", "code", "Police"], ["practice", "", "", "Practice"],
        ["survivor_voice", "practice", "code", "Survivor voice"],
        ["trauma-informed", "practice", "code", "Trauma-informed"]]
    assert list(found.columns) == list(cb.CODEBOOK_COLUMNS) and (found["definition"] != "").sum() == 4
