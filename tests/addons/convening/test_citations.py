"""Each organisation sees where its words stand as evidence, and what it says of them is for people to do."""

import shutil

import pandas as pd
import pytest
from openpyxl import load_workbook

from glc_analysis import tables
from glc_analysis.addons.desk.proposals import propose_new_row
from glc_analysis.addons.member_checking.answer_sheets import read_decisions_from_organisation_return
from glc_analysis.addons.member_checking.clearing import QuotationTables
from glc_analysis.addons.member_checking.returns import (
    TO_DO,
    collect_citations_provided_by_addons,
    list_citations_to_review,
    make_return_citation_rows,
    write_returns,
)
from glc_analysis.cli import cli
from glc_analysis.disclosure.quotations import find_organisation_behind_each_segment
from glc_analysis.errors import Faults
from glc_analysis.study import Study
from tests.sample.reader import table


def rows(study, organisation, language="en"):
    held = QuotationTables.read(study)
    own = held.segments[find_organisation_behind_each_segment(held.segments,
                                                              held.documents) == organisation]
    return make_return_citation_rows(collect_citations_provided_by_addons(study), own, held.case_segment_ids,
                                     language).set_index("citation")


def returned(*decisions: tuple[str, str, str]) -> pd.DataFrame:
    """What came back: kind, id, decision."""
    frame = pd.DataFrame(decisions, columns=["kind", "id", "decision"])
    return frame.assign(file="back.xlsx", row=[str(n) for n in range(3, 3 + len(frame))], words="",
                        changed="", name="F. Lamp", date="2017-05-20")


@pytest.fixture
def copy(sample_study, tmp_path):
    shutil.copytree(sample_study.root, tmp_path / "study")
    return Study(tmp_path / "study")


def test_every_passage_cited_is_shown_to_its_own_organisation_and_to_no_other(sample_study):
    segments, documents = (tables.read_table(name, study=sample_study) for name in ("segments", "documents"))
    owner = dict(zip(segments["segment_id"], find_organisation_behind_each_segment(segments, documents),
                     strict=True))
    cited = collect_citations_provided_by_addons(sample_study).passages
    wanted = {(owner[row.segment_id], row.citation) for row in cited.itertuples()}
    assert {organisation for organisation, _ in wanted} >= {"canal-lamp", "second-key", "fig-courtyard"}
    for organisation in set(segments["organisation_id"]) - {""}:
        assert set(rows(sample_study, organisation).index) == {
            name for whose, name in wanted if whose == organisation}


def test_a_citation_tells_principle_words_stance_and_note(sample_study):
    row = rows(sample_study, "canal-lamp").loc["P07 / e6"]
    assert row["principle"].startswith("P07.2 Each person makes") and row["stance"] == "they qualify it"
    assert row["words"].startswith("And where the page stays empty")
    assert row["noted"] == "Where the page stays empty, an official form fills it."
    assert rows(sample_study, "canal-lamp").loc["counts", "words"].startswith("We measure a good deal")


def test_principles_come_in_the_organisations_language_where_a_current_translation_is_there(sample_study):
    assert rows(sample_study, "casa-del-telar", "es").loc["P07 / e2", "principle"].startswith(
        "P07.2 Cada persona hace su propio plan")
    assert rows(sample_study, "fig-courtyard", "ar").loc["P15 / e3", "principle"].startswith("P15.1 دعوا")


def test_the_account_of_a_case_is_not_shown_although_it_is_cited(copy):
    propose_new_row(copy, "evidence", {"principle_id": "P08", "evidence_id": "e7", "kind": "segment",
                                       "reference": "call-2.9", "stance": "supports",
                                       "claim": "practised"}).write()
    assert "P08 / e7" in set(collect_citations_provided_by_addons(copy).passages["citation"])
    assert "P08 / e7" not in rows(copy, "river-mat").index


def test_the_sheet_is_in_the_return_and_reads_back(sample_study, tmp_path):
    path, page = write_returns(sample_study, ["canal-lamp"], tmp_path)
    book = load_workbook(path)
    sheet = book["Your words as evidence"]
    at = [row[0].value for row in sheet].index("P05 / e3") + 1
    sheet.cell(at, 6, "remove"), sheet.cell(at, 8, "F. Lamp"), sheet.cell(at, 9, "2017-05-20")
    book.save(path)
    found = read_decisions_from_organisation_return(path)[["kind", "id", "decision"]]
    assert found.to_numpy().tolist() == [["citation", "P05 / e3", "remove"]]
    assert "P05 / e3" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("decision", TO_DO)
def test_what_is_not_approved_is_a_row_to_review_with_its_place(sample_study, decision):
    found = list_citations_to_review(returned(("citation", "P05 / e3", decision)), sample_study)
    lines = sample_study.locate_reference_file("evidence").read_text(encoding="utf-8").splitlines()
    row = found.iloc[0]
    assert (row["file"], row["cites"], row["to_do"], row["by"]) == (
        "evidence.csv", "call-2.2", TO_DO[decision], "F. Lamp")
    assert lines[int(row["row"]) - 1].startswith("P05,e3,segment,")


def test_what_is_approved_needs_nothing(sample_study):
    assert list_citations_to_review(returned(("citation", "P05 / e3", "approve")), sample_study).empty


def test_a_passage_taken_back_leads_to_all_that_cites_it_in_any_language(sample_study):
    back = returned(("passage", "interview-canal-lamp.8", "remove"),
                    ("passage", "interview-casa-del-telar-en.6", "remove"))
    found = list_citations_to_review(back, sample_study)
    assert set(found["citation"]) == {"P08 / e4", "P14 / e4", "counts", "P07 / e2"}
    assert set(found["file"]) == {"evidence.csv", "joint_display.csv"}


def test_a_citation_that_is_not_known_is_a_fault(sample_study):
    with pytest.raises(Faults, match=r"back\.xlsx, row 3, column citation, value 'P05 / e99'"):
        list_citations_to_review(returned(("citation", "P05 / e99", "remove")), sample_study)


def test_the_command_tells_what_to_do_and_changes_no_evidence(copy, runner):
    path = write_returns(copy, ["canal-lamp"], copy.root / "back")[0]
    book = load_workbook(path)
    sheet = book["Your words as evidence"]
    at = [row[0].value for row in sheet].index("P05 / e3") + 1
    for column, text in ((6, "remove"), (8, "F. Lamp"), (9, "2017-05-20")):
        sheet.cell(at, column, text)
    book.save(path)
    before = table(copy.locate_reference_file("evidence"))
    done = runner.invoke(cli, ["--study", str(copy.root), "quotes", "--returned", str(path), "--accept"])
    assert done.exit_code == 0
    assert f"P05 / e3,call-2.2,{TO_DO['remove']},,F. Lamp,2017-05-20" in done.stderr
    assert table(copy.locate_reference_file("evidence")) == before


@pytest.fixture
def runner():
    from click.testing import CliRunner

    return CliRunner()
