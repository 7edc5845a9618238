"""A withdrawal reaches every table of practice and every sheet that came back."""

from openpyxl import Workbook

from glc_analysis.addons.practice.erasers import (
    delete_returned_practice_sheets,
    erase_leaver_from_practice_row,
    separate_leaver_and_other_practice_texts,
)
from glc_analysis.addons.withdrawal.contribution import MATERIAL, Contribution
from glc_analysis.study import Study
from tests.addons.practice.support.practice_rows import HARMED, REVIEW, TRIAL, study_tables, will_try
from tests.support.study_writer import write_study

WHOLE = Contribution("quay", MATERIAL, ids={"quay"})
PRACTICE = Contribution("quay", frozenset(), "practice")
NAME_ALONE = Contribution("quay", frozenset(), "name")


def kept(table, row, leaver):
    edited = erase_leaver_from_practice_row(table, row, dict(row), leaver)
    return edited and edited[1]


def test_rows_go_with_the_organisation_and_with_the_item():
    for leaver, is_kept in ((WHOLE, False), (PRACTICE, False), (NAME_ALONE, True)):
        assert bool(kept("trials", TRIAL, leaver)) == is_kept
        assert bool(kept("commitments", will_try("quay", "P01"), leaver)) == is_kept
        assert kept("trials", TRIAL | {"organisation_id": "mill"}, leaver)


def test_a_review_after_harm_stays_and_the_leaver_is_no_longer_among_those_told():
    for leaver in (WHOLE, PRACTICE):
        row = kept("reviews", REVIEW | {"told": "mill;quay"}, leaver)
        assert row["told"] == "mill" and row["trigger"] == "harm" and row["due_on"] == REVIEW["due_on"]


def test_evidence_that_is_its_trial_goes_too():
    evidence = {"principle_id": "P01", "evidence_id": "e9", "kind": "trial", "reference": "quay/P01.1/1"}
    for leaver, is_kept in ((WHOLE, False), (PRACTICE, False), (NAME_ALONE, True)):
        assert bool(kept("evidence", evidence, leaver)) == is_kept
        assert kept("evidence", evidence | {"reference": "quayside/P01.1/1"}, leaver)


def test_its_words_are_known_so_that_copies_of_them_are_found():
    mill = TRIAL | {"organisation_id": "mill", "learnt": "Ask."}
    tables = study_tables(trials=[HARMED, mill], commitments=[will_try("quay", "P01")])
    own, others = separate_leaver_and_other_practice_texts(None, tables, WHOLE)
    assert {"Waiting is work.", "It is quiet."} <= {*own} and "Ask." in others and "Ask." not in own


def test_its_sheets_go_and_those_of_others_stay(tmp_path):
    study = write_study(tmp_path, [{"org": "quay"}])
    (study.raw / "trials").mkdir()
    for who in ("quay", "mill"):
        book = Workbook()
        book.active.append(["stamp", "Principle", f"trial {who} P01.1 1", f"trial {who}"])
        book.save(study.raw / "trials" / f"{who}.xlsx")
    for leaver, left in ((NAME_ALONE, ["mill", "quay"]), (PRACTICE, ["mill"])):
        delete_returned_practice_sheets(Study(study.root), leaver)
        assert sorted(path.stem for path in (study.raw / "trials").iterdir()) == left
