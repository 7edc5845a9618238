"""Ballots against raters, rounds and issued texts: what is a fault, what is held out, what is tallied."""

import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.addons.convening.ballots import Ballots
from glc_analysis.addons.convening.tallies import make_ratings_and_tallies
from glc_analysis.build import build
from glc_analysis.cleaning.records import CleaningLog
from glc_analysis.errors import Faults
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from tests.addons.convening.support.ballot_study import ADVISERS, PROVIDERS, SPANISH, BallotStudy


@pytest.fixture
def study(tmp_path):
    return BallotStudy(tmp_path)


def made(study):
    found = Study(study.root)
    return make_ratings_and_tallies(found, read_reference(found), CleaningLog())


def tallied(study, **where):
    """The tallies where a column has a value, by what is not fixed by it."""
    rows = made(study)["tallies"]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    return rows.set_index([c for c in ("round_id", "principle_id", "criterion", "panel") if c not in where])


def faults(study):
    with pytest.raises(Faults) as found:
        made(study)
    return [str(fault) for fault in found.value.faults]


# Faults

@pytest.mark.parametrize(("old", "new", "said"), [
    (",r07,", ",r70,", "column rater_id, value 'r70': raters.csv has no such rater; nearest"),
    ("1,r07,P02", "3,r07,P02", "column round_id, value '3': rounds.csv has no such round; known: '1', '2'"),
    ("P02,1", "P03,1", "column principle_id, value 'P03': is not in round 1; nearest: 'P02', 'P01'"),
    (",r07,", ",o2,", "column rater_id, value 'o2': may not rate, as raters.csv says")])
def test_what_contradicts_the_reference_tables_is_a_fault(study, old, new, said):
    study.vote("r07")
    study.spoil("raw/ratings/1-r07.csv", (old, new))
    found = faults(study)
    assert all(line.startswith("1-r07.csv, row ") and said in line and "To fix: " in line for line in found)


def test_the_faults_of_all_files_come_at_once(study):
    study.vote("r01", 8, 0, 8, 10)
    study.vote("r02", "7-8", 8, 8, 8)
    study.vote("x9")
    study.write("raw/ratings/1-r03.csv", "")
    said = "\n".join(faults(study))
    for part in ("1-r01.csv, row 3, column score, value '0'", "row 5, column score, value '10'",
                 "1-r02.csv, row 2, column score, value '7-8'", "value 'x9'", "1-r03.csv: is empty"):
        assert part in said


def test_a_rater_twice_is_a_fault_where_the_two_differ(study):
    study.vote("r07", 8, 8, 8, 8)
    study.vote("r07", 8, 8, 3, 8, file="phone.csv")
    assert faults(study) == [
        "phone.csv, row 2, column rater_id, value 'r07': r07 has also handed in 1-r07.csv for round 1, and "
        "the two files differ (P02 importance). To fix: keep only the file that the rater confirms."]


def test_the_same_ballot_twice_counts_once_and_is_said(study):
    study.full_round(8, 8, 8, 8, raters=PROVIDERS)
    study.vote("r07", 8, 8, 8, 8, file="again.csv")
    rows = made(study)["ratings"]
    assert len(rows) == 40 and set(tallied(study, panel="provider")["n"]) == {10}
    found = Study(study.root)
    assert Ballots.read(found, read_reference(found)).notes == [
        "again.csv repeats 1-r07.csv for r07 in round 1, so the ballot counts once."]


def test_two_raters_of_one_organisation_have_one_vote(study):
    study.spoil("private/reference/raters.csv", ("o1,", "r11,beacon,provider,true\no1,"))
    study.full_round(raters=["r02", "r03"])
    assert tallied(study, panel="provider")["n_expected"].tolist() == [10] * 4
    study.vote("r11")
    found = faults(study)
    assert len(found) == 1 and "beacon has one vote per panel, and r02 has cast it in round 1" in found[0]
    study.spoil("reference/study.toml", ("[raw]", '[consensus]\nvote = "person"\n\n[raw]'))
    rows = tallied(study, panel="provider")
    assert rows["n"].tolist() == [3] * 4 and rows["n_expected"].tolist() == [11] * 4
    assert "one vote a person" in rows["rule"].iloc[0]


def test_an_organisation_may_send_another_rater_to_the_next_round(study):
    study.rounds({"1": ("2017-05-08", "2017-05-08"), "2": ("2017-05-09", "2017-05-09")})
    study.spoil("private/reference/raters.csv", ("o1,", "r11,beacon,provider,true\no1,"))
    study.vote("r02")
    study.vote("r11", round_id="2")
    assert set(tallied(study, panel="provider")["n"]) == {1}


def test_a_text_changed_after_it_was_issued_is_a_fault_that_tells_of_amending(study):
    study.spoil_table("principles", ("Pay people fairly", "Pay people well"))
    found = faults(study)
    assert len(found) == 1 and found[0].startswith("rounds.csv, row 5, column text_version")
    assert "P02.2 was changed after it was issued in round 2" in found[0] and "`glc amend P02`" in found[0]


def test_a_round_is_closed_as_a_whole(study):
    study.spoil("reference/rounds.csv", ("1,2017-05-08,2017-05-08,P02", "1,2017-05-08,,P02"))
    assert "rounds.csv, row 3, column closed_on: another row of round 1 has 2017-05-08" in faults(study)[0]


@pytest.mark.parametrize(("line", "said"), [
    ("scale = [1, 5]", "[consensus] scale, value '[1, 5]'"), ("high = [8, 9]", "[consensus] high"),
    ('fixed_on = "May 2017"', "[consensus] fixed_on, value 'May 2017': is not a date"),
    ("quorum = {providers = 9}", "[consensus] quorum, value 'providers': is not a panel; nearest"),
    ("quorum = {provider = -1}", "[consensus] quorum, value '-1': is not a number of ballots"),
    ('quorum = {provider = "all"}', "[consensus] quorum, value \"{'provider': 'all'}\": has the wrong form"),
    ('test = "mean"', "[consensus] test, value 'mean': is not allowed"), ("high = [7]", "[consensus] high")])
def test_a_rule_that_is_not_stated_is_refused_in_the_settings(study, line, said):
    study.spoil("reference/study.toml", ("[raw]", f"[consensus]\n{line}\n\n[raw]"))
    result = study.glc("tally", "--round", "1")
    assert result.exit_code == 1 and said in result.stderr and not result.stdout


# Held out

def test_a_vote_on_another_text_than_the_one_issued_is_held_out(study):
    study.full_round(raters=PROVIDERS)
    study.vote("r01", 1, 1, 1, 1, text="Offer tea.")
    study.vote("r02", 1, 1, 1, 1)
    study.spoil("raw/ratings/1-r02.csv", ("P02,1", "P02,2"))
    frames = made(study)
    held = frames["ratings"].query("excluded != ''").set_index(["rater_id", "principle_id"])["excluded"]
    assert set(held["r01"]) == {"rated other words than those of P01.1 that were issued",
                                "rated other words than those of P02.1 that were issued"}
    assert set(held["r02"]) == {"rated P02.2; P02.1 was issued"} and len(held) == 6
    rows = tallied(study, panel="provider", criterion="importance").droplevel("round_id")
    assert rows["n"].to_dict() == {"P01": 9, "P02": 8} and rows["votes_low"].to_dict() == {"P01": 1, "P02": 0}


def test_a_translation_of_the_issued_text_counts(study):
    study.vote("r01", text=SPANISH)
    held = made(study)["ratings"].set_index("principle_id")["excluded"]
    assert set(held["P01"]) == {""} and "P02.1" in held["P02"].iloc[0]


def test_a_translation_of_an_older_version_does_not_count(study):
    study.rounds({"2": ("2017-05-09", "2017-05-09")})
    study.spoil_table("principles", ("P01,1,Ofr", "P02,1,Pague.,Pago,community,care,,candidate,,,es,"
                                             "P02.1\nP01,1,Ofr"))
    study.vote("r01", round_id="2", text="Pague.")
    held = made(study)["ratings"].query("principle_id == 'P02'")["excluded"]
    assert set(held) == {"rated other words than those of P02.2 that were issued"}


def test_a_question_left_blank_is_a_missing_vote_and_an_abstention_is_not(study):
    study.full_round(8, 8, 8, 8, raters=PROVIDERS)
    study.vote("r01", "", "abstain", 8, 8)
    row = tallied(study, panel="provider").droplevel("round_id").loc["P01"]
    assert row.loc["importance", ["n", "n_abstained", "n_expected"]].tolist() == [9, 0, 10]
    assert row.loc["feasibility", ["n", "n_abstained", "n_expected"]].tolist() == [9, 1, 10]
    blank = made(study)["ratings"].query("excluded == 'left blank'")
    assert blank[["rater_id", "criterion"]].to_numpy().tolist() == [["r01", "importance"]]


def test_votes_on_a_text_out_of_which_a_withdrawal_took_words_still_count(study):
    study.full_round(raters=PROVIDERS)
    study.vote("r01", text=SPANISH)
    before = made(study)["tallies"].query("principle_id == 'P01'")
    study.spoil_table("principles", (SPANISH, "Ofrezca [withdrawn]."), (
        "Offer rest before you ask.", "Offer [withdrawn]."))
    pd.testing.assert_frame_equal(made(study)["tallies"].query("principle_id == 'P01'"), before)
    assert before["n"].max() == 10


# Tallies

def test_panels_are_apart_and_never_pooled(study):
    study.full_round(8, 8, 8, 8, raters=PROVIDERS)
    study.full_round(2, 2, 2, 2, raters=ADVISERS)
    study.vote("o1", 5, 5, 5, 5)
    rows = tallied(study, principle_id="P01", criterion="importance").droplevel("round_id")
    assert rows["median"].to_dict() == {"provider": 8, "survivor_adviser": 2, "observer": 5}
    assert rows["n"].to_dict() == {"provider": 10, "survivor_adviser": 3, "observer": 1}
    assert rows["result"].to_dict() == {"provider": "high", "survivor_adviser": "too few",
                                        "observer": "too few"}
    assert rows.loc["survivor_adviser", ["votes_low", "spread", "spread_ipras"]].tolist() == [
        3, "", "no disagreement"]  # too few for a result, but both rules beside it
    assert rows["n_expected"].to_dict() == {"provider": 10, "survivor_adviser": 3, "observer": 1}


def test_no_table_holds_a_vote_of_an_open_round(study):
    study.full_round(raters=PROVIDERS)
    study.full_round(9, 1, 9, 1, round_id="2")
    assert {frame["round_id"].unique().item() for frame in made(study).values()} == {"1"}


def test_movement_is_said_between_identical_texts_only(study):
    study.rounds({"1": ("2017-05-08", "2017-05-08"), "2": ("2017-05-09", "2017-05-09")})
    study.full_round(7, 8, 7, 7, raters=PROVIDERS)
    study.full_round(8, 7, 9, 9, round_id="2", raters=PROVIDERS)
    rows = tallied(study, panel="provider")["movement"]
    assert set(rows["1"]) == {""}
    assert rows["2"].to_dict() == {("P01", "importance"): "up", ("P01", "feasibility"): "down",
                                   ("P02", "importance"): "", ("P02", "feasibility"): ""}


def test_rounds_follow_each_other_by_the_day_they_were_opened(study):
    study.rounds({"2": ("2017-05-07", "2017-05-07"), "1": ("2017-05-08", "2017-05-08")})
    study.full_round(7, 7, 7, 7, raters=PROVIDERS)
    study.full_round(8, 8, 8, 8, round_id="2", raters=PROVIDERS)
    rows = tallied(study, panel="provider", principle_id="P01", criterion="importance")["movement"]
    assert rows.to_dict() == {"1": "down", "2": ""}


@pytest.mark.parametrize(("day", "said"), [
    ("2017-05-01", "fixed on 2017-05-01"),
    ("2017-05-09", "fixed on 2017-05-09, after round 1 was opened on 2017-05-08: the rule was changed"),
    ("", "the day on which it was fixed is not recorded")])
def test_a_rule_changed_after_the_first_round_is_said_on_every_result(study, day, said):
    study.spoil("reference/study.toml", (
        "[raw]", f'[consensus]\nfixed_on = "{day}"\ntest = "ipras"\n\n[raw]'))
    study.full_round()
    assert set(made(study)["tallies"]["rule"]) == {
        "RAND/UCLA IPRAS, too few below 3 votes; no decision below a quorum of two thirds of a panel (at "
        "least 3 ballots where so many may vote); abstentions count as ballots, but not for a result; "
        f"one vote an organisation; {said}"}


def test_abstentions_meet_a_quorum_and_blanks_and_other_wordings_do_not(study):
    study.full_round(8, "abstain", 8, 8, raters=PROVIDERS[:8])
    rows = tallied(study, panel="provider").droplevel("round_id")["result"]
    assert rows.to_dict() == {("P01", "importance"): "high", ("P01", "feasibility"): "too few",
                              ("P02", "importance"): "high", ("P02", "feasibility"): "high"}
    study.vote("r08", 8, "", 8, 8)
    assert tallied(study, panel="provider").droplevel("round_id")["result"]["P01", "feasibility"] == \
        "no decision"
    study.vote("r08", text="Offer tea.")
    assert set(tallied(study, panel="provider")["result"]) == {"no decision"}


def test_the_tables_are_those_of_the_build(study):
    study.full_round()
    build(found := Study(study.root))
    for name, frame in made(study).items():
        pd.testing.assert_frame_equal(tables.read_table(name, study=found), frame, check_dtype=False)
    steps = tables.read_table("steps", study=found).set_index("step").loc["votes counted"]
    assert (steps["rows_in"], steps["rows_out"]) == (56, 56)


def test_a_study_without_ballots_has_empty_tables(tmp_path):
    study = BallotStudy(tmp_path)
    assert all(frame.empty for frame in made(study).values())
