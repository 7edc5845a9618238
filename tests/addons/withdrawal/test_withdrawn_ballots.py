"""A withdrawn organisation has no vote: the tallies are those of a study that never had it."""

import json
from datetime import date

import openpyxl
import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.addons.convening.erasers import erase_leaver_ballots_signatures_and_names
from glc_analysis.addons.convening.ratings import read_ratings_file
from glc_analysis.addons.convening.tallies import make_ratings_and_tallies
from glc_analysis.addons.withdrawal.contribution import MATERIAL, Contribution
from glc_analysis.addons.withdrawal.withdrawal import withdraw_organisation
from glc_analysis.cleaning.records import CleaningLog
from glc_analysis.errors import Faults
from glc_analysis.reference import read_reference
from glc_analysis.study import WITHDRAWN, Study
from tests.addons.convening.support.ballot_study import ADVISERS, PROVIDERS, BallotStudy
from tests.support.study_on_disk import write_decisions

GONE = "r05"  # who votes for org5


def rater(rater_id, names=None):
    """A rater who leaves; ``names`` are to be removed from what others wrote."""
    words = {} if names is None else {"words": names}
    return Contribution("", MATERIAL, raters={rater_id}, **words)


def together(study, raters, name):
    """The ballots of several raters in one file."""
    texts = [(study.root / f"raw/ratings/1-{rater}.csv").read_text() for rater in raters]
    for rater in raters:
        (study.root / f"raw/ratings/1-{rater}.csv").unlink()
    rows = [texts[0].splitlines()[0], *(row for text in texts for row in text.splitlines()[1:])]
    if name.endswith(".csv"):
        study.write(f"raw/ratings/{name}", "\n".join(rows) + "\n")
        return
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row.split(","))
    book.save(study.root / f"raw/ratings/{name}")


def voted(root, *, has_it):
    study = BallotStudy(root)
    study.write_table("speakers", "document_id,name_in_file,speaker_id,organisation_id,role\n")
    for rater in (*PROVIDERS, *ADVISERS):
        if has_it or rater != GONE:
            study.vote(rater, *([1, 2, 1, 2] if rater == GONE else [7 + int(rater[1:]) % 3, 5, 8, 9]))
    if not has_it:
        study.spoil("private/reference/raters.csv", (f"{GONE},org5,provider,true\n", ""))
        study.spoil("private/reference/organisations.csv", ("org5,Org 5,shelter,,KEN,2004,high\n", ""))
    return study


@pytest.mark.acceptance
def test_the_tallies_are_those_of_a_study_that_never_had_it(tmp_path):
    study, other = voted(tmp_path / "with", has_it=True), voted(tmp_path / "without", has_it=False)
    together(study, [GONE, "r06"], "phone.csv")
    together(other, ["r06"], "phone.csv")
    study.glc("build")
    found, never = Study(study.root), Study(other.root)
    assert tables.read_table("tallies", study=found)["votes_low"].sum() == 4
    touched = withdraw_organisation(found, "org5", today=date(2017, 6, 1))
    for name, frame in make_ratings_and_tallies(never, read_reference(never), CleaningLog()).items():
        pd.testing.assert_frame_equal(tables.read_table(name, study=found), frame, check_dtype=False)
    assert ("raw file", "raw/ratings/phone.csv", "rewritten") in [*touched.itertuples(index=False, name=None)]
    assert "r05" not in (study.root / "private/reference/raters.csv").read_text()


@pytest.mark.acceptance
def test_the_decision_on_a_text_keeps_neither_what_its_votes_said_nor_its_id(tmp_path):
    study = voted(tmp_path, has_it=True)
    study.spoil_table("principles", ("care,,candidate,,,en,\nP02,1", "care,,agreed,,,en,\nP02,1"))
    write_decisions(study.root)
    study.spoil("private/reference/text_decisions.csv",
                ("the room,2017-05-10,,", "org5,2017-05-10,Round 1: 9 of 10 high,"))
    study.glc("build")
    withdraw_organisation(Study(study.root), "org5", today=date(2017, 6, 1))
    row = read_reference(Study(study.root)).text_decisions.iloc[0]
    assert (row["decided_by"], row["votes"], row["date"]) == (WITHDRAWN, WITHDRAWN, "2017-05-10")


@pytest.mark.parametrize("name", ["phone.csv", "phone.xlsx"])
def test_the_votes_of_others_in_the_same_file_stay(tmp_path, name):
    study = voted(tmp_path, has_it=True)
    together(study, ["r01", GONE, "r02"], name)
    path = study.root / "raw/ratings" / name
    before = read_ratings_file(path).query("rater_id != @GONE")
    erase_leaver_ballots_signatures_and_names(Study(study.root), rater(GONE))
    after = read_ratings_file(path)
    assert after.drop(columns="row").equals(before.drop(columns="row").reset_index(drop=True))


def test_a_score_that_is_also_a_code_takes_no_ballot_of_others(tmp_path):
    study = BallotStudy(tmp_path)
    study.vote("7", 1, 1, 1, 1)
    study.vote("r01", 7, 7, 7, 7)
    erase_leaver_ballots_signatures_and_names(Study(study.root), rater("7"))
    assert [path.name for path in Study(study.root).list_raw_files("ratings")] == ["1-r01.csv"]


def test_names_go_from_the_comments_of_others_and_nothing_else_changes(tmp_path):
    study = BallotStudy(tmp_path)
    study.vote("r01", comment="As Org 5 does.", may_be_read="yes")
    names = pd.DataFrame({"name": ["Org 5"], "match": ["exact"]}, dtype="str")
    erase_leaver_ballots_signatures_and_names(Study(study.root), rater(GONE, names))
    votes = read_ratings_file(study.root / "raw/ratings/1-r01.csv")
    assert votes["comment"].iloc[0] == "As [withdrawn] does." and set(votes["score"]) == {"8"}


def test_a_file_that_would_lose_votes_of_others_is_left_to_a_person(tmp_path):
    study = BallotStudy(tmp_path)
    study.vote("r01")
    names = pd.DataFrame({"name": ["P01"], "match": ["exact"]}, dtype="str")  # a word of the file itself
    with pytest.raises(Faults, match=r"1-r01\.csv: the ballots that must be erased cannot be .* by hand"):
        erase_leaver_ballots_signatures_and_names(Study(study.root), rater(GONE, names))


def test_the_desk_forgets_what_it_was_keyed(tmp_path):
    study = BallotStudy(tmp_path)
    lines = [{"form": form, "keying": "first keying", "by": "AB", "field": "P01.importance", "value": "8"}
             for form in (GONE, "r06")] + [{"form": GONE, "end": "received"}]
    study.write("private/desk/2.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    erase_leaver_ballots_signatures_and_names(Study(study.root), rater(GONE))
    assert [json.loads(line) for line in (study.root / "private/desk/2.jsonl").read_text().splitlines()] == [
        lines[1]]
