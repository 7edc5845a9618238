"""glc tally: what is told of an open round, its closing, and the results as they are read out."""

import json
import os
import re
import shutil
from datetime import date

import pytest
from click.testing import CliRunner

from glc_analysis import tables
from glc_analysis.addons.convening.pages.principles import show_principles_overview
from glc_analysis.cli import cli
from glc_analysis.manifest import compute_checksum
from glc_analysis.study import Study
from glc_analysis.view.study_view import StudyView
from tests.addons.convening.support.ballot_study import ADVISERS, PROVIDERS, BallotStudy

ROUNDS, MANIFEST = "reference/rounds.csv", "private/reference/manifest.csv"


@pytest.fixture
def study(tmp_path):
    """Round 1 closed with all ten providers, round 2 open with eight of them; tables from before."""
    study = BallotStudy(tmp_path)
    study.build()
    study.full_round(7, 8, 2, 2, raters=[*PROVIDERS, *ADVISERS])
    study.full_round(8, 8, 2, 9, round_id="2", raters=PROVIDERS[:7])
    study.vote("r08", 2, 5, 2, "abstain", round_id="2", comment="We have no lawyers.", may_be_read="yes")
    study.vote("s1", 9, 9, 9, 9, round_id="2", comment="Between us only.", may_be_read="no")
    return study


def test_how_many_forms_are_received_is_a_page_to_project_until_the_round_is_closed(study):
    study.glc("tally", "--round", "2")
    path = study.root / "reports/team/day/2/received.html"
    page = path.read_text(encoding="utf-8")
    assert '<p>Providers<br><span class="count">8 of 10</span></p>' in page and 'http-equiv="refresh"' in page
    assert "r09" not in page
    study.glc("tally", "--round", "2", "--close", "--yes")
    assert not path.exists()


def test_an_open_round_tells_only_how_many_forms_are_received(study):
    before = study.files()
    result = study.glc("tally", "--round", "2")
    project = "reports/team/day/2/received.html"
    assert result.exit_code == 0
    assert {name: content for name, content in study.files().items() if name != project} == before
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["panel", "received", "quorum"],
        ["observer", "0", "of", "1", "received", "below", "the", "quorum", "of", "1"],
        ["provider", "8", "of", "10", "received"],
        ["survivor_adviser", "1", "of", "3", "received", "below", "the", "quorum", "of", "2"]]
    assert json.loads(study.glc("tally", "--round", "2", "--format", "json").stdout)[1] == {
        "panel": "provider", "received": "8 of 10 received", "quorum": "", "missing": "r09, r10"}


def test_faults_of_an_open_round_are_told_beside_the_count(study):
    study.vote("r09", 8, 0, 8, 8, round_id="2")
    result = study.glc("tally", "--round", "2")
    assert result.exit_code == 1 and "8 of 10 received" in result.stdout
    assert "2-r09.csv, row 3, column score, value '0': this is not a vote" in result.stderr


def test_closing_says_the_result_in_votes_and_what_moved(study):
    result = study.glc("tally", "--round", "2", "--close", "--yes")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == [
        "P01.1 Rest",
        "  importance, providers: 5 or more of 8 high, at most 2 low; high",
        "  feasibility, providers: 5 or more of 8 high, at most 2 low; high",
        "P02.2 Fair pay",
        "  importance, providers: 5 or more of 8 low, at most 2 high; low",
        "  feasibility, providers: 4 or more of 7 high, at most 2 low; 1 abstained; high",
        "Nothing is said about panels of 3 votes or fewer.",
        "Rule: RAND/UCLA panel rule for 8 to 16 votes, IPRAS above 16, too few below 8; no decision below a "
        "quorum of two thirds of a panel (at least 8 ballots where so many may vote); abstentions count as "
        "ballots, but not for a result; one vote an organisation; ballots by proxy count; votes on a text in "
        "which the voter declared an interest are left out; the day on which it was fixed is not recorded."]


def test_below_the_quorum_there_is_no_decision_in_words_rows_and_slides(study):
    study.spoil("reference/study.toml", ("[raw]", "[consensus]\nquorum = {provider = 9}\n\n[raw]"))
    closed = study.glc("tally", "--round", "2", "--close", "--yes")
    assert closed.exit_code == 0, closed.stderr
    said = "no decision: 8 of 10 ballots, quorum 9"
    assert closed.stdout.count(said) == 4 and "; high" not in closed.stdout
    assert "where so many may vote; of providers 9); abstentions" in closed.stdout
    rows = json.loads(study.glc("tally", "--round", "2", "--format", "json").stdout)
    assert {(row["quorum"], row["result"]) for row in rows if row["panel"] == "provider"} == {
        (9, "no decision")}
    slides = (study.root / "reports/team/day/2/index.html").read_text(encoding="utf-8")
    assert said.capitalize() in slides and "The rest" in slides
    assert "no decision on importance and feasibility" in slides
    page = show_principles_overview(StudyView(Study(study.root), "team")).data
    assert page.count("high; no decision") == 4 and "0 of 8 high; no decision" in page


def test_closing_says_how_many_are_missing_and_asks(study):
    before = study.files()
    command = ["--study", str(study.root), "tally", "--round", "2", "--close"]
    refused = CliRunner().invoke(cli, command, input="n\n")
    assert refused.exit_code != 0 and study.files() == before
    assert "Providers: 8 of 10 received.\n" in refused.stderr
    assert ("Survivor advisers: 1 of 3 received; below the quorum of 2, so there would be no decision.\n"
            ) in refused.stderr
    assert "Close round 2?" in refused.stderr and "P01.1" not in refused.stdout
    closed = CliRunner().invoke(cli, command, input="y\n")
    assert closed.exit_code == 0 and "P01.1 Rest" in closed.stdout
    assert "Close round" not in CliRunner().invoke(cli, command).stderr  # it is closed


@pytest.mark.acceptance
def test_lines_that_the_room_may_hear_have_no_code_of_a_rater(study):
    study.write_table("proxies", "round_id,rater_id,proxy_id,because,is_present,chosen_by\n"
                      "2,r09,r10,visa,true,organisation\n")
    study.write_table("interests", "round_id,rater_id,principle_id,interest\n2,r10,P01,we run it\n")
    study.glc("forms", "--round", "2")
    command = ["--study", str(study.root), "tally", "--round", "2"]
    said = [CliRunner().invoke(cli, one, input="y\n").output for one in (command, [*command, "--close"])]
    assert "Ballots by proxy: 1.\nRaters who declared an interest: 1.\n" in said[1]
    room, heading, team = said[1].partition("For the team only, not for the room:\n")
    assert heading and "r08 on P01" in team
    assert not re.findall(r"\b[rso]\d+\b", said[0] + room)


def test_closing_writes_the_day_and_seals_the_ballots(study):
    study.glc("tally", "--round", "2", "--close", "--yes")
    today = date.today().isoformat()
    assert [row.split(",")[2] for row in (study.root / ROUNDS).read_text().splitlines()] == [
        "closed_on", "2017-05-08", "2017-05-08", today, today]
    assert "raw/ratings/2-r08.csv" in (study.root / MANIFEST).read_text()
    study.spoil("raw/ratings/2-r08.csv", (",2,We", ",9,We"))
    result = study.glc("build")
    assert result.exit_code == 1
    assert "raw/ratings/2-r08.csv: has changed since its checksum was recorded" in result.stderr


@pytest.mark.acceptance
def test_closing_writes_the_tables_and_closing_again_says_the_same(study):
    first, at = study.glc("tally", "--round", "2", "--close", "--yes"), study.files()
    rows = tables.read_table("tallies", study=Study(study.root))
    assert set(rows["round_id"]) == {"1", "2"}
    again = study.glc("tally", "--round", "2", "--close", "--yes")
    assert (again.stdout, again.exit_code) == (first.stdout, 0)
    now = study.files()
    assert {name for name in now if now[name] != at.get(name)} == set()
    study.glc("build")
    again = tables.read_table("tallies", study=Study(study.root))
    assert again.to_csv() == rows.to_csv()


@pytest.mark.acceptance
def test_closing_builds_all_tables_where_there_are_none(study):
    shutil.rmtree(study.root / "processed")
    assert study.glc("tally", "--round", "2", "--close", "--yes").exit_code == 0
    assert {path.stem for path in study.root.glob("processed/*.parquet")} == {*tables.TABLES}


@pytest.mark.acceptance
def test_a_power_cut_in_closing_leaves_rounds_whole_and_closing_again_ends_it(study, monkeypatch):
    before = (study.root / ROUNDS).read_bytes()
    replace = os.replace
    for cut in (MANIFEST, ROUNDS, "processed/tallies.parquet"):
        def until(source, target, cut=cut):
            if str(target).endswith(cut):
                raise KeyboardInterrupt
            replace(source, target)

        monkeypatch.setattr(os, "replace", until)
        study.glc("tally", "--round", "2", "--close", "--yes")
        monkeypatch.undo()
        is_closed = cut.startswith("processed")
        assert ((study.root / ROUNDS).read_bytes() == before) != is_closed
        told = study.glc("tally", "--round", "2").stdout
        assert ("P01.1 Rest" in told) == is_closed
    assert study.glc("tally", "--round", "2", "--close", "--yes").exit_code == 0
    assert set(tables.read_table("tallies", study=Study(study.root))["round_id"]) == {"1", "2"}


def test_a_closed_round_is_told_again_in_any_form(study):
    before = study.files()
    result = study.glc("tally", "--round", "1", "--format", "csv")
    assert result.exit_code == 0 and study.files() == before
    assert result.stdout.splitlines()[0] == ",".join(tables.TABLES["tallies"].columns)
    assert len(result.stdout.splitlines()) == 1 + 2 * 2 * 3  # no row of round 2, which is open
    found = json.loads(study.glc("tally", "--round", "1", "--format", "json").stdout)
    assert found[2]["panel"] == "survivor_adviser" and found[2]["result"] == "too few"


@pytest.mark.parametrize("spoilt", ["0", "10", "7-8"])
def test_nothing_is_closed_while_a_file_is_faulty(study, spoilt):
    study.vote("r09", 8, spoilt, 8, 8, round_id="2")
    before = study.files()
    result = study.glc("tally", "--round", "2", "--close", "--yes")
    assert result.exit_code == 1 and not result.stdout and study.files() == before
    assert f"value '{spoilt}'" in result.stderr


def test_a_round_without_a_form_is_not_closed(tmp_path):
    study = BallotStudy(tmp_path)
    before = study.files()
    result = study.glc("tally", "--round", "2", "--close", "--yes")
    assert result.exit_code == 1 and "No form of round 2 has been received yet" in result.stderr
    assert study.files() == before


def test_a_round_is_not_closed_by_a_clock_that_stands_before_its_opening(study):
    study.spoil(ROUNDS, ("2,2017-05-09,", "2,2999-01-01,"))
    before = study.files()
    result = study.glc("tally", "--round", "2", "--close", "--yes")
    assert result.exit_code == 1 and "To fix: set the clock" in result.stderr and study.files() == before


def test_an_unknown_round_is_wrong_usage(study):
    result = study.glc("tally", "--round", "3")
    assert result.exit_code == 2 and "There is no round '3'; known: '1', '2'" in result.stderr


def test_comments_are_read_out_only_where_the_rater_allowed_it(study):
    closed = study.glc("tally", "--round", "2", "--close", "--yes")
    assert "We have no lawyers." not in closed.stdout  # nobody has checked its language yet
    rater = re.search(r"Comments that are not in comments.csv: (\w+) on P01\.\n", closed.stderr)[1]
    Study(study.root).locate_reference_file("comments").write_text(
        f"round_id,rater_id,principle_id,text,by,date\n2,{rater},P01,We have no lawyers.,ines,2017-05-09\n")
    said = study.glc("tally", "--round", "2").stdout
    assert "    “We have no lawyers.”" in said and "Between us only." not in said
    assert not any(rater in said for rater in (*PROVIDERS, *ADVISERS))


def test_a_held_out_vote_is_told_with_its_reason(study):
    study.vote("r01", 8, 8, 2, 2, text="Offer tea.")
    said = study.glc("tally", "--round", "1").stdout
    assert "Excluded: 1 vote, P01 importance: rated other words than those of P01.1 that were issued." in said


@pytest.mark.acceptance
def test_an_invented_study_may_rehearse_its_rounds(study):
    study.spoil("reference/study.toml", ('id = "small"', 'id = "small"\nsynthetic = true'))
    listed = "path,sha256,bytes,received_on,received_from,consent_basis,keep_until\n"
    path = "raw/survey/answers.csv"
    study.write(MANIFEST, f"{listed}{path},{compute_checksum(study.root / path)},1,2016-09-30,glc sample,,\n")
    assert study.glc("tally", "--round", "2", "--close", "--yes").exit_code == 0
    assert study.glc("build").exit_code == 0
