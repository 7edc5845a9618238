"""Tables that a site hands over: what is released and cleared, described, never run as a formula."""


import pandas as pd
import pytest
from openpyxl import load_workbook

from glc_analysis import tables
from glc_analysis.addon import load_declared_objects
from glc_analysis.disclosure.quotations import find_case_detail_codes
from glc_analysis.disclosure.suppression import select_released_figures
from glc_analysis.gate.leak_scan import find_leaks
from glc_analysis.gate.study_identifiers import identifiers
from glc_analysis.publish.downloads import (
    collect_tables_to_download,
    describe_download_columns,
    list_offered_tables,
    make_software_texts,
    write_downloads,
)
from glc_analysis.reference import read_reference
from glc_analysis.schema import AUDIENCES


@pytest.fixture(scope="module")
def frames(sample_study):
    return {audience: collect_tables_to_download(sample_study, audience) for audience in AUDIENCES}


@pytest.fixture(scope="module")
def folder(sample_study, frames, tmp_path_factory):
    folder = tmp_path_factory.mktemp("downloads")
    own = frames["public"]
    write_downloads(folder, own, make_software_texts(sample_study, own, "public"))
    return folder


@pytest.mark.parametrize("audience", ["convening", "public"])
def test_others_than_the_team_get_every_released_figure_and_no_other(sample_study, frames, audience):
    seen = select_released_figures(tables.read_table("figures", study=sample_study), audience=audience,
                                   decisions=tables.read_table(f"release_{audience}", study=sample_study))
    shown = frames[audience]["figures"]
    assert set(shown["figure_id"]) == set(seen["figure_id"])
    assert shown.loc[shown["band"] != "", ["n", "value", "share"]].isna().all(axis=None)
    assert (shown["band"] != "").any()


def test_the_public_gets_no_country_no_working_table_and_no_code_of_a_case(sample_study, frames):
    own = frames["public"]
    of_add_ons = {name for downloads in load_declared_objects("downloads") for name in downloads}
    assert {*own} - of_add_ons == {"figures", "questions", "codes", "quotations"}
    never = find_case_detail_codes(read_reference(sample_study).codebook)
    assert never and not never & {*own["codes"]["code_id"]} and never <= {*frames["team"]["codes"]["code_id"]}


def test_the_convening_gets_the_countries_that_agreed_and_no_ids_to_compare_quotations_by(frames):
    own = frames["convening"]
    assert "KHM" in set(own["countries"]["country_id"]) and "IND" not in set(own["countries"]["country_id"])
    assert "IND" in set(frames["team"]["countries"]["country_id"])
    assert "quote_id" not in own["quotations"] and "code_ids" not in own["quotations"]


def test_every_table_is_a_csv_and_a_workbook_with_its_dictionary(frames, folder):
    for name, frame in frames["public"].items():
        read = pd.read_csv(folder / f"{name}-released.csv", encoding="utf-8-sig")
        assert [*read.columns] == [*list_offered_tables()[name].about.columns], name
        assert len(read) == len(frame), name
        book = load_workbook(folder / f"{name}-released.xlsx")
        assert book.sheetnames == [name, "dictionary"] and book[name].max_row == len(frame) + 1
        assert [cell.value
                for cell in book["dictionary"]["A"]][1:] == [*describe_download_columns(name)["column"]]
        assert describe_download_columns(name)["meaning"].ne("").all()


def test_a_text_that_looks_like_a_formula_is_none(frames, folder):
    risky = frames["public"]["questions"].assign(wording='=HYPERLINK("x")')
    write_downloads(folder / "risky", {"questions": risky}, {})
    book = load_workbook(folder / "risky" / "questions-released.xlsx")
    cells = [cell for row in book["questions"] for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert "'=HYPERLINK" in (folder / "risky" / "questions-released.csv").read_text(encoding="utf-8-sig")


def test_the_gate_finds_nothing_in_what_the_public_gets(sample_study, folder):
    found = find_leaks(folder.glob("*.*"), folder, read_reference(sample_study).names, audience="public",
                       identifier_rules=identifiers(sample_study, audience="public"))
    assert found == []


def test_the_same_tables_give_the_same_bytes(sample_study, frames, folder, tmp_path):
    own = frames["public"]
    write_downloads(tmp_path, own, make_software_texts(sample_study, own, "public"))
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.name


@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_codebook_is_handed_over_with_its_definitions(frames, audience):
    codes = frames[audience]["codes"]
    assert (codes["definition"] != "").all() and (codes["include"] != "").any()
