"""A simulated day: two rounds on paper and in files, an amendment, power cuts while papers are keyed.

Whatever was keyed before a cut is there after it; no vote of an open round stands anywhere but in raw/ and
private/; the results are there when the round is closed, and are those that the papers say.
"""

import random
import time
from statistics import median

import pytest

from glc_analysis import tables
from glc_analysis.study import Study
from tests.addons.convening.support.desk_clerk import ballot
from tests.addons.convening.support.trial_day import (
    ADVISERS,
    AMENDED,
    CRITERIA,
    PROVIDERS,
    STATEMENTS,
    Day,
    rows,
)

pytestmark = pytest.mark.acceptance
ON_PAPER = [*PROVIDERS[:6], "a17"]


def comment_of(rater):
    """Words of one rater alone, without the code, which no page for the room may hold."""
    return f"Number {rater.removeprefix('r')}"


def paper(rng, rater, round_id, version="1"):
    """What one rater writes: two votes a principle, an abstention or a blank now and then."""
    found = {}
    for one in STATEMENTS:
        split = ("1", "2") if rater in PROVIDERS[::2] else ("8", "9")
        for criterion in CRITERIA:
            found[f"{one}.{criterion}"] = rng.choice(split if one == "P04" else ("6", "7", "8", "9", "a", ""))
        if found[f"{one}.importance"] == "a":  # the paper has one box for "not my context"
            found[f"{one}.feasibility"] = "a"
    found["P02.version"] = version
    found["P03.comment"] = f"{comment_of(rater)} said in round {round_id}: نعم"
    found["P03.may_be_read"] = rng.choice("yn")
    return found


def expected(papers, raters, field, is_counted=lambda paper: True):
    """Votes on a field, sorted, and how many abstained."""
    said = [papers[rater][field] for rater in raters if is_counted(papers[rater])]
    return sorted(int(one) for one in said if one.isdigit()), said.count("a")


def is_tallied(day, round_id, papers, current):
    """Table tallies says what the papers say; votes on another wording are held out."""
    study = Study(day.root)
    tallies = tables.read_table("tallies", study=study).set_index([*tables.TABLES["tallies"].key])
    ratings = tables.read_table("ratings", study=study)
    for one in STATEMENTS:
        for criterion in CRITERIA:
            for panel, raters in (("provider", PROVIDERS), ("survivor_adviser", ADVISERS)):
                votes, abstained = expected(papers, raters, f"{one}.{criterion}", lambda paper, one=one:
                                            one != "P02" or paper["P02.version"] == current)
                row = tallies.loc[(round_id, one, criterion, panel)]
                place = (round_id, one, criterion, panel)
                assert (row["n"], row["n_abstained"]) == (len(votes), abstained), place
                assert row["median"] == (median(votes) if votes else row["median"]), place
                own = ratings[(ratings["round_id"] == round_id) & (ratings["principle_id"] == one)
                              & (ratings["criterion"] == criterion) & (ratings["panel"] == panel)]
                assert sorted(own.loc[own["excluded"] == "", "score"].dropna()) == votes, place
    return tallies


def closed(day, round_id):
    """Closes a round; seconds until its results and its page are there."""
    start = time.monotonic()
    said = day.glc("tally", "--round", round_id, "--close", "--yes")
    seconds = time.monotonic() - start
    page = (day.root / f"reports/team/day/{round_id}/index.html").read_text(encoding="utf-8")
    print(f"\nround {round_id}: results and page {seconds:.1f} s after closing; {day.cuts} power cuts so far")
    return said, page


def test_a_day_of_two_rounds_with_power_cuts_loses_nothing_and_tells_nothing_early(tmp_path):
    rng, day = random.Random(2017), Day(tmp_path)
    day.glc("build")
    day.glc("forms", "--round", "1")
    first = {rater: paper(rng, rater, "1") for rater in (*PROVIDERS, *ADVISERS)}
    day.hand_in("mail.csv", "1", {rater: first[rater] for rater in first if rater not in ON_PAPER})
    day.glc("build")
    day.is_secret("1")
    day.enter("1", {rater: first[rater] for rater in ON_PAPER}, rng, cuts=5)
    assert day.cuts == 5
    for rater in ON_PAPER:
        assert ballot(day.study, rater).to_numpy().tolist() == list(rows("1", rater, first[rater]))
    assert "10 of 10 received" in day.glc("tally", "--round", "1")
    day.glc("build")
    day.is_secret("1")
    aloud = {rater for rater, one in first.items() if one["P03.may_be_read"] == "y"}
    heard = sorted(aloud)[:-1]  # nobody has looked at the comment of the last one yet
    lines = (f"1,{rater},P03,{first[rater]['P03.comment']},AB,\n" for rater in heard)
    day.study.write("private/reference/comments.csv",
                    "round_id,rater_id,principle_id,text,by,date\n" + "".join(lines))
    _, page = closed(day, "1")
    tallies = is_tallied(day, "1", first, "1")
    assert tallies.loc[("1", "P04", "importance", "provider"), "result"] == "uncertain"
    assert [rater for rater in sorted(first) if f"{comment_of(rater)} said in round 1" in page] == heard != []

    day.glc("amend", "P02", "--text", AMENDED, "--asked-by", "survivor advisers", "--because", "too vague")
    day.glc("forms", "--round", "2")
    second = {rater: paper(rng, rater, "2", "2") for rater in first}
    second["r29"]["P02.version"] = "1"  # somebody filled in the old paper
    day.hand_in("mail-2.csv", "2", {rater: second[rater] for rater in second if rater not in ON_PAPER})
    day.enter("2", {rater: second[rater] for rater in ON_PAPER}, rng, cuts=4)
    assert day.cuts == 9
    for rater in ON_PAPER:
        assert ballot(day.study, rater, "2").to_numpy().tolist() == list(rows("2", rater, second[rater]))
    day.glc("build")
    day.is_secret("2")
    said, page = closed(day, "2")
    tallies = is_tallied(day, "2", second, "2")
    assert "Excluded: 1 vote, P02 importance: rated P02.1; P02.2 was issued." in said
    assert (tallies.loc[("2", "P02"), "movement"] == "").all()  # another wording
    assert (tallies.loc[("2", "P01"), "movement"] != "").all()
    assert "Reworded since round 1: not compared" in page
    assert "1 form rated another wording and is not counted." in page
    is_tallied(day, "1", first, "1")  # the first round stays as it was
    refused = day.glc("enter", "--round", "2", fails=True)
    assert "Round 2 was closed on" in refused
