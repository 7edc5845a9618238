"""The study of a simulated day: its commands as they are typed, and power cuts while papers are keyed."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd

from glc_analysis.text import content_hash
from tests.addons.convening.support.desk_clerk import Clerk, ballot
from tests.support.process import Process
from tests.support.study_on_disk import SmallStudy

MEANT = {"a": "abstain", "y": "yes", "n": "no"}
CRITERIA = ("importance", "feasibility")
STATEMENTS = {"P01": "Offer rest before you ask.", "P02": "Pay people.", "P03": "Plan together.",
              "P04": "Every provider runs a house."}
AMENDED = "Pay people, and fairly."
PROVIDERS = [f"r{n}" for n in (12, 29, 33, 47, 51, 58, 64, 75, 83, 91)]
ADVISERS = ["a17", "a26", "a38"]
HEADER = ("round_id", "rater_id", "principle_id", "version", "text_version", "criterion", "score", "comment",
          "may_be_read")
EVIDENCE = "principle_id,evidence_id,kind,reference,stance,claim,note\n"
PROMPT = re.compile(r"(?:Initials of the person keying|Rater code on the form.*|"
                    r"  (?:(?:version .*|)importance feasibility|comment|may the comment be read aloud.*"
                    r")): $")


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
                    keyed.append((clerk.rater, clerk.field, _kept(clerk.field, line)))
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
        """No table, page or file under processed/ and reports/ holds anything that a rater of it wrote, nor
        a result of the round."""
        mark = f"said in round {round_id}"
        for path in [*(self.root / "processed").rglob("*"), *(self.root / "reports").rglob("*")]:
            if path.suffix == ".parquet":
                frame = pd.read_parquet(path)
                assert path.stem not in ("ratings", "tallies") or round_id not in set(frame["round_id"]), path
                assert not frame.astype("str").apply(lambda c: c.str.contains(mark)).any(axis=None), path
            elif path.is_file():
                assert mark.encode() not in path.read_bytes(), path
        projected = (self.root / f"reports/team/day/{round_id}").glob("*")
        assert {path.name for path in projected} <= {"received.html"}  # how many forms are there, and no more


def _kept(field, line):
    """A typed line as it is kept."""
    if field.endswith(".marks"):
        return " ".join(MEANT.get(key, key) for key in line)
    return MEANT.get(line, line)


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
