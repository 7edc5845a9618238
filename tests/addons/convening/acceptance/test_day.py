"""A simulated day: two rounds on paper and in files, an amendment, power cuts while papers are keyed.

Whatever was keyed before a cut is there after it; no vote of an open round stands anywhere but in raw/ and
private/; the results are there when the round is closed, and are those that the papers say.
"""

import csv
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.study import Study
from glc_analysis.text import content_hash
from tests.addons.convening.support.desk_clerk import Clerk, ballot
from tests.support.process import Process
from tests.support.study_on_disk import SmallStudy

pytestmark = pytest.mark.acceptance
MEANT = {"a": "abstain", "y": "yes", "n": "no"}
CRITERIA = ("importance", "feasibility")
STATEMENTS = {"P01": "Offer rest before you ask.", "P02": "Pay people.", "P03": "Plan together.",
              "P04": "Every provider runs a house."}
AMENDED = "Pay people, and fairly."
PROVIDERS = [f"r{n}" for n in (12, 29, 33, 47, 51, 58, 64, 75, 83, 91)]
ADVISERS = ["a17", "a26", "a38"]
ON_PAPER = [*PROVIDERS[:6], "a17"]
HEADER = ("round_id", "rater_id", "principle_id", "version", "text_version", "criterion", "score", "comment",
          "may_be_read")
EVIDENCE = "principle_id,evidence_id,kind,reference,stance,claim,note\n"
PROMPT = re.compile(r"(?:Initials of the person keying|Rater code on the form.*|"
                    r"  (?:importance|feasibility|comment|may it be read aloud.*|version on the paper.*)): $")


class Day:
    """The study of the day, and its commands as they are typed."""

    def __init__(self, root: Path) -> None:
        self.study, self.root, self.cuts = SmallStudy(root), root, 0
        write = self.study.write
        self.study.write_table("principles", "principle_id,version,statement,short_name,domain_id,theme_ids,"
              "indicator,status,changed_because,asked_by,language,translation_of\n" + "".join(
                  f"{one},1,{text},Name of {one},community,care,,candidate,,,en,\n"
                  for one, text in STATEMENTS.items()))
        self.study.write_table("evidence", EVIDENCE + "".join(
            f"{one},E1,literature,A handbook of 2009,supports,literature,\n" for one in STATEMENTS))
        register = (root / "private/reference/organisations.csv").read_text()
        write("private/reference/organisations.csv", register + "".join(
            f"org-{one},Org {one},shelter,,KEN,2000,{'low' if n < 4 else 'high'}\n"
            for n, one in enumerate(PROVIDERS)))
        write("private/reference/raters.csv", "rater_id,organisation_id,role,may_rate\n" + "".join(
            f"{one},org-{one},provider,true\n" for one in PROVIDERS) + "".join(
            f"{one},,survivor_adviser,true\n" for one in ADVISERS))

    def command(self, *arguments):
        return [sys.executable, "-m", "glc_analysis", "--study", str(self.root), *arguments]

    def glc(self, *arguments, fails=False):
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, encoding="utf-8",
                              check=False)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def enter(self, round_id, papers, rng, cuts):
        """Keys all papers twice; the power goes ``cuts`` times, somewhere in the middle."""
        wrong = {(rater, field): str(rng.randint(1, 9)) for rater, paper in papers.items()
                 for field in paper if field.endswith(CRITERIA) and rng.random() < .06}
        sittings = 0
        while any(ballot(self.study, rater, round_id) is None for rater in papers):
            sittings += 1
            assert sittings < 40
            cut_after = rng.randint(3, 45) if cuts else 10**6
            cuts -= self.sit(round_id, papers, rng, wrong, ("AB", "CD")[sittings % 2], cut_after)
            self.is_secret(round_id)

    def sit(self, round_id, papers, rng, wrong, initials, cut_after):
        """One sitting at the real command, through pipes; whether it ended in a power cut."""
        clerk = Clerk(papers, [], initials=initials)
        clerk.wrong = wrong  # a slip of the finger happens once
        with Process(self.command("enter", "--round", round_id), stdin=subprocess.PIPE,
                     stderr=subprocess.PIPE, stdout=subprocess.PIPE) as desk:
            heard, keyed = "", []
            while piece := os.read(desk.stderr.fileno(), 1 << 16):
                *lines, heard = (heard + piece.decode()).split("\n")
                for line in lines:
                    clerk.hear(line)
                if not PROMPT.match(heard):
                    assert not heard.endswith(": "), f"nobody would know what to key: {heard!r}"
                    continue
                left = [one for one in papers if ballot(self.study, one, round_id) is None]
                clerk.forms = left[:1] or ["q"]
                self.is_kept(round_id, keyed)  # all but the line that is keyed now
                line = clerk.answer(heard.strip().rstrip(":"))
                if heard.startswith("  "):
                    keyed.append((clerk.rater, clerk.field, MEANT.get(line, line)))
                desk.stdin.write(f"{line}\n".encode())
                desk.stdin.flush()
                heard, cut_after = "", cut_after - 1
                if not cut_after:
                    time.sleep(rng.random() / 100)
                    desk.send_signal(signal.SIGKILL)
                    self.cuts += 1
                    return True
            assert desk.wait() == 0, heard
            assert desk.stdout.read() == b""
        return False

    def is_kept(self, round_id, keyed):
        """Every line that was answered by the next question is on disk."""
        path = self.root / f"private/desk/{round_id}.jsonl"
        lines = [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []
        assert {*keyed} <= {(line["form"], line.get("field"), line.get("value")) for line in lines}

    def hand_in(self, name, round_id, papers):
        """A long file that came by mail, of several raters."""
        path = self.root / "raw/ratings" / name
        path.parent.mkdir(exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            for rater, paper in papers.items():
                writer.writerows(self.rows_of(round_id, rater, paper))

    def rows_of(self, round_id, rater, paper):
        """The rows of one ballot in a long file."""
        return rows(round_id, rater, paper)

    def is_secret(self, round_id):
        """No table, page or file under processed/ and reports/ holds anything that a rater of it wrote."""
        mark = f"said in round {round_id}"
        for path in [*(self.root / "processed").rglob("*"), *(self.root / "reports").rglob("*")]:
            if path.suffix == ".parquet":
                frame = pd.read_parquet(path)
                assert path.stem not in ("ratings", "tallies") or round_id not in set(frame["round_id"]), path
                assert not frame.astype("str").apply(lambda c: c.str.contains(mark)).any(axis=None), path
            elif path.is_file():
                assert mark.encode() not in path.read_bytes(), path
        assert not (self.root / f"reports/team/day/{round_id}").exists()


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


def rows(round_id, rater, paper, is_amended=False):
    """A paper in the long format, written by another hand than the desk's."""
    for one, text in STATEMENTS.items():
        version = paper["P02.version"] if one == "P02" else "1"
        text = AMENDED if (one, version) == ("P02", "2") else text
        for criterion in CRITERIA:
            said = criterion == "importance" and one == "P03"
            score = paper[f"{one}.{criterion}"]
            yield [round_id, rater, one, version, content_hash(text), criterion,
                   "abstain" if score == "a" else score, paper["P03.comment"] if said else "",
                   {"y": "yes", "n": "no"}[paper["P03.may_be_read"]] if said else ""]


def expected(papers, raters, field, is_counted=lambda paper: True):
    """Votes on a field, sorted, and how many abstained."""
    said = [papers[rater][field] for rater in raters if is_counted(papers[rater])]
    return sorted(int(one) for one in said if one.isdigit()), said.count("a")


def is_tallied(day, round_id, papers, current):
    """Table tallies says what the papers say; votes on another wording are held out."""
    study = Study(day.root)
    tallies = tables.read("tallies", study=study).set_index([*tables.TABLES["tallies"].key])
    ratings = tables.read("ratings", study=study)
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
                assert sorted(own.loc[own["held_out"] == "", "score"].dropna()) == votes, place
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
