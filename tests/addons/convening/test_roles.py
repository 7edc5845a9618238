"""Proxies and declared interests: who may stand in for whom, what is counted, and what is told of it."""

import json
import shutil
from datetime import date

import pytest

from glc_analysis.addons.convening.ballots import Ballots
from glc_analysis.addons.convening.form_files import open_round_and_write_forms
from glc_analysis.addons.convening.seals import erase_raters_from_seals
from glc_analysis.addons.convening.tallies import count_round, list_round_result_lines
from glc_analysis.build import build
from glc_analysis.errors import Faults
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from tests.addons.convening.support.ballot_study import PROVIDERS, BallotStudy

TODAY = date(2017, 5, 9)
PROXIES = "round_id,rater_id,proxy_id,because,is_present,chosen_by\n"
INTERESTS = "round_id,rater_id,principle_id,interest\n"
AWAY = "2,r10,r01,no visa,true,organisation\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The tables of the study, built once."""
    root = tmp_path_factory.mktemp("built")
    BallotStudy(root)
    build(Study(root))
    return root / "processed"


@pytest.fixture
def study(tmp_path, built):
    study = BallotStudy(tmp_path)
    shutil.copytree(built, tmp_path / "processed", dirs_exist_ok=True)
    return study


@pytest.fixture(autouse=True)
def _no_workbooks(monkeypatch):
    """Of the forms only the pages are read here, and fourteen workbooks take a third of the time."""
    monkeypatch.setattr("glc_analysis.addons.convening.form_files.write_form_workbook", lambda *_: None)


def declare(study, proxies="", interests=""):
    study.write("private/reference/proxies.csv", PROXIES + proxies)
    study.write("private/reference/interests.csv", INTERESTS + interests)


def forms(study):
    return open_round_and_write_forms(Study(study.root), "2", today=TODAY)


def result(study, principle="P01", criterion="importance"):
    """The count of the providers on a text when round 2 is closed, and the lines that are read out."""
    count = count_round(Study(study.root), "2", close_on=TODAY)
    rows = count.rows_of_round["tallies"].set_index(["principle_id", "criterion", "panel"])
    lines = list_round_result_lines(Study(study.root), count.reference, count.frames, "2")
    return rows.loc[principle, criterion, "provider"], "\n".join(lines)


@pytest.mark.parametrize(("proxies", "said"), [
    ("2,r10,r01,visa,true,organisation\n2,r09,r01,ill,true,organisation\n",
     "row 3, column proxy_id, value 'r01': r01 votes for r10 already: a proxy votes for one rater"),
    ("2,r10,r01,visa,true,organisation\n2,r01,r02,ill,true,organisation\n",
     "row 2, column proxy_id, value 'r01': r01 is represented by a proxy in this round"),
    ("2,r10,r01,visa,false,organisation\n", "column is_present, value 'false': r01 is not present at the"),
    ("2,r10,r10,visa,true,organisation\n", "r10 votes for themselves"),
    ("2,s1,r01,ill,true,rater\n", "s1 is a survivor adviser and r01 a provider, but a proxy must belong to"),
    ("2,s1,s2,ill,true,organisation\n", "s1 is a survivor adviser, who alone may choose a proxy"),
    ("2,o1,o2,ill,true,rater\n", "column proxy_id, value 'o2': may not rate"),
    ("2,r10,,visa,true,organisation\n", "nobody votes for r10"),
    ("2,r10,r99,visa,true,organisation\n", "raters.csv has no such rater")])
def test_a_proxy_that_cannot_be_one_is_a_fault_in_its_row(study, proxies, said):
    declare(study, proxies)
    with pytest.raises(Faults) as found:
        forms(study)
    assert said in str(found.value) and "To fix: " in str(found.value)
    assert "proxies.csv" in str(found.value)


def test_two_of_an_organisation_with_one_vote_need_no_proxy(study):
    study.spoil("private/reference/raters.csv", ("r10,org10,", "r10,org9,"))
    declare(study, "2,r10,r09,visa,true,organisation\n")
    with pytest.raises(Faults, match="belong to one organisation, which has one vote"):
        forms(study)


def test_an_interest_in_a_text_that_is_not_asked_about_is_a_fault(study):
    study.spoil("reference/rounds.csv", ("2,2017-05-09,,P01", "3,2017-05-09,,P01"))
    declare(study, interests="2,r01,P01,we run the house\n")
    with pytest.raises(Faults, match="round 2 does not ask about this principle"):
        forms(study)


def test_a_round_that_is_not_opened_yet_is_named_and_stops_nothing(study):
    declare(study, "3,r10,r01,visa,true,organisation\n")
    reference = read_reference(Study(study.root))
    ballots = Ballots.read(Study(study.root), reference)
    assert not ballots.faults and "proxies.csv: there is no round '3' yet." in ballots.notes


def test_the_form_of_somebody_represented_says_so_and_an_interest_stands_beside_its_text(study):
    declare(study, AWAY, "2,r02,P02,we sell it\n")
    issue = forms(study)
    assert [*issue.roles] == ["r01 votes for r10.",
                              "r02 declared an interest: no vote of theirs counts on P02."]
    pages = {rater: (issue.folder / f"{rater}.html").read_text(encoding="utf-8") for rater in PROVIDERS}
    assert {rater for rater, page in pages.items() if "By proxy: r01" in page} == {"r10"}
    said = "You declared an interest in this text: your vote on it is left out of the result."
    assert {rater: page.count(said) for rater, page in pages.items() if said in page} == {"r02": 1}
    assert all("we sell it" not in page and "visa" not in page for page in pages.values())


def test_a_ballot_by_proxy_counts_and_the_team_sees_the_result_without_it(study):
    declare(study, AWAY)
    forms(study)
    study.full_round(8, 8, 2, 9, round_id="2", raters=PROVIDERS[:8])
    study.vote("r10", 1, 1, 2, 2, round_id="2")
    row, said = result(study)
    assert (row["n"], row["n_by_proxy"], row["result"], row["without_proxies"]) == (9, 1, "high", "high")
    assert "1 by proxy" in said and "ballots by proxy count" in said
    assert "panels of 3 votes or fewer (4 if one vote is by proxy, 5 if more votes are)." in said


def test_without_proxies_there_may_be_too_few_for_a_decision_which_is_told(study):
    declare(study, AWAY)
    forms(study)
    study.full_round(8, 8, 2, 9, round_id="2", raters=PROVIDERS[:7])
    study.vote("r10", round_id="2")
    row, said = result(study)
    assert (row["without_proxies"], row["may_tell"]) == ("no decision", True)
    assert "1 by proxy (without them: no decision)" in said


def test_a_vote_on_a_text_in_which_the_voter_has_an_interest_is_left_out(study):
    declare(study, interests="2,r10,P01,we run the house\n")
    forms(study)
    study.full_round(8, 8, 8, 8, round_id="2", raters=PROVIDERS[:9])
    study.vote("r10", 1, 1, 1, 1, round_id="2")
    row, said = result(study)
    assert (row["n"], row["votes_low"], row["n_left_out"], row["with_interests"]) == (9, 0, 1, "high")
    assert "1 left out for a declared interest" in said
    assert "Excluded: 1 vote, P01 importance: the voter declared an interest." in said
    other = count_round(Study(study.root), "2").rows_of_round["tallies"].query("principle_id == 'P02'")
    assert {*other.loc[other["panel"] == "provider", "n"]} == {10} and "r10" not in said


@pytest.mark.acceptance
def test_nothing_is_declared_after_the_vote(study):
    forms(study)
    study.full_round(round_id="2", raters=PROVIDERS[:8])
    declare(study, interests="2,r01,P01,late\n")
    reference = read_reference(Study(study.root))
    said = "the entry for r01 differs from the forms of round 2"
    assert said in str(Faults(Ballots.read(Study(study.root), reference).faults))
    with pytest.raises(Faults, match="r01 has already voted in round 2: a proxy or an interest must be"):
        forms(study)
    declare(study, interests="2,r09,P01,in time\n")
    forms(study)
    assert not Ballots.read(Study(study.root), read_reference(Study(study.root))).faults


@pytest.mark.acceptance
def test_what_is_changed_after_the_close_is_named_and_changes_nothing(study):
    declare(study, AWAY, "2,r02,P01,ours\n")
    forms(study)
    study.full_round(round_id="2", raters=PROVIDERS)
    before, said = result(study)
    declare(study)
    after = count_round(Study(study.root), "2")
    assert [note.partition(". ")[0] for note in after.notes] == [
        "interests.csv: r02 was P01 and is blank", "proxies.csv: r10 was r01 and is blank"]
    assert result(study)[1] == said and result(study)[0].equals(before)


def test_a_proxy_who_withdraws_is_in_no_record_and_the_ballot_stays_one_by_proxy(study):
    declare(study, AWAY, "2,r01,P02,ours\n")
    forms(study)
    study.full_round(round_id="2", raters=PROVIDERS)
    result(study)
    erase_raters_from_seals(Study(study.root), ["r01"])
    kept = "".join(path.read_text() for path in (study.root / "private/rounds").rglob("*.*"))
    assert "r01" not in kept and "withdrawn" in kept
    assert json.loads((study.root / "private/rounds/2/1/seal.json").read_text())["rule"]["roles"]


def test_an_observer_who_may_not_rate_gets_no_form(study):
    assert "o2" not in {form.rater_id for form in forms(study).forms}
