"""A day with phones and paper: a power cut, a late form, a split, a text from the floor, an objection, a
second round in which everybody knows their first vote, signatures and a refusal.

What was counted in the morning stays counted."""

import asyncio
import random
import re
import signal
import subprocess
from datetime import date

import pytest

from glc_analysis import tables
from glc_analysis.addons.convening.agreeing import record_text_as_agreed
from glc_analysis.addons.convening.signatures import SigningState
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from glc_analysis.view.study_view import StudyView
from tests.addons.convening.support.phone_voter import (
    Phone,
    Polls,
    codes_of,
    loopback_address,
    write_register,
)
from tests.addons.convening.support.trial_day import ADVISERS, CRITERIA, PROVIDERS, STATEMENTS, Day
from tests.support.share import SEED

pytestmark = pytest.mark.acceptance
OBSERVER, LATE = "o84", PROVIDERS[-1]
EVERYBODY = [*PROVIDERS, *ADVISERS, OBSERVER]
ON_PHONES = PROVIDERS[:5]
AWAY, PROXY, INTERESTED = PROVIDERS[1], PROVIDERS[2], PROVIDERS[3]
HEADERS = {"proxies": "round_id,rater_id,proxy_id,because,is_present,chosen_by",
           "interests": "round_id,rater_id,principle_id,interest"}
SPLIT = ("Offer a bed tonight.", "Know who else offers a bed.")
PROPOSED = "Keep no list of names."


class DayInTheRoom(Day):
    """The study of the day with an observer; every command that is typed is counted."""

    def __init__(self, root):
        super().__init__(root)
        self.typed = []
        path = root / "private/reference/raters.csv"
        path.write_text(path.read_text() + f"{OBSERVER},,observer,true\n")

    def glc(self, *arguments, **options):
        self.typed.append(arguments)
        return super().glc(*arguments, **options)

    def declare(self, table, row):
        """Writes a table of proxies or interests with one row."""
        path = self.root / f"private/reference/{table}.csv"
        path.write_text(f"{HEADERS[table]}\n{row}\n", encoding="utf-8")

    def vote(self, rng, principles):
        """What everybody means: two scores for each principle, or none, which is an abstention."""
        return {rater: {one: None if rng.random() < .1 else (rng.randint(1, 9), rng.randint(1, 9))
                        for one in principles} for rater in EVERYBODY}

    def rows_of(self, round_id, rater, votes):
        """A ballot on the texts that the round issued."""
        rounds = read_reference(Study(self.root)).rounds
        issued = rounds[rounds["round_id"] == round_id].set_index("principle_id")[["version", "text_version"]]
        return [[round_id, rater, one, *issued.loc[one], criterion, given[n] if given else "abstain", "", ""]
                for one, given in votes.items() for n, criterion in enumerate(CRITERIA)]

    def phones(self, votes, stick, rng):
        """Five people vote on phones; the power goes when some of them are done."""
        host = loopback_address(rng)
        self.glc("ballot", "--round", "1", "--codes", str(stick), "--address", host)
        codes = codes_of(stick)
        drawn = dict(zip(rng.sample([*codes], len(ON_PHONES)), ON_PHONES, strict=True))
        polls, url = Polls(self.study), f"http://{host}:8443/"
        self.typed += [("ballot", "--serve")] * 2
        for part in (range(2), range(2, len(drawn))):
            polls.start()
            with polls.process:  # so that it ends with the test
                asyncio.run(self.tap(url, [([*drawn][n], codes[[*drawn][n]]) for n in part], drawn, votes))
                polls.kill(signal.SIGKILL)
        self.glc("ballot", "--round", "1", "--collect", str(write_register(stick, drawn)), "--yes")

    async def tap(self, url, slips, drawn, votes):
        for number, code in slips:
            phone = Phone(url, code)
            while (await phone.open())[0] != 200:  # the page is just coming up again
                await asyncio.sleep(.1)
            for one, given in votes[drawn[number]].items():
                answers = {f"{one}.abstain": "x"} if given is None else dict(zip(
                    (f"{one}.{criterion}" for criterion in CRITERIA), map(str, given), strict=True))
                assert (await phone.save(answers))[0] == 200

    def sign(self, decisions):
        """Keys the sheet of every organisation twice."""
        code, lines = SigningState.read(Study(self.root)).code, ["ab"]
        for organisation, own in decisions.items():
            for _ in range(2):
                lines += [organisation, code, "2017-05-09", "y", *own]
        self.typed.append(("sign",))
        done = subprocess.run(self.command("sign"), input="\n".join([*lines, "q", ""]), capture_output=True,
                              text=True, encoding="utf-8", check=False)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def counted(self):
        """Every vote that counts: round, principle, criterion and rater -> score, None for an abstention."""
        rows = tables.read_table("ratings", study=Study(self.root))
        rows = rows[rows["excluded"] == ""]
        return {(row.round_id, row.principle_id, row.criterion, row.rater_id):
                None if row.is_abstained else int(row.score) for row in rows.itertuples()}


def meant(round_id, votes, raters):
    return {(round_id, one, criterion, rater): given[n] if given else None
            for rater in raters for one, given in votes[rater].items()
            for n, criterion in enumerate(CRITERIA)}


def test_a_day_with_phones_paper_a_split_a_text_from_the_floor_and_signatures(tmp_path):
    rng, day = random.Random(SEED), DayInTheRoom(tmp_path / "study")
    (tmp_path / "stick").mkdir()
    day.glc("build")

    # The first round: five on phones, the others on paper; one form comes too late.
    day.glc("forms", "--round", "1")
    first = day.vote(rng, STATEMENTS)
    day.phones(first, tmp_path / "stick", rng)
    in_time = [rater for rater in EVERYBODY if rater != LATE]
    day.hand_in("mail.csv", "1", {rater: first[rater] for rater in in_time if rater not in ON_PHONES})
    day.glc("tally", "--round", "1", "--close", "--yes")
    morning = meant("1", first, in_time)
    assert day.counted() == morning
    slides = (day.root / "reports/team/day/1/index.html").read_bytes()
    day.hand_in("late.csv", "1", {LATE: first[LATE]})
    assert "late.csv" in day.glc("tally", "--round", "1")
    day.glc("build")
    assert day.counted() == morning

    # Between the rounds: one text becomes two, one comes from the floor, somebody objects.
    why = ("--asked-by", "org-r12", "--because", "Two things at once.")
    day.glc("split", "P04", "--text", SPLIT[0], "--text", SPLIT[1], *why)
    day.glc("propose", "--text", PROPOSED, "--asked-by", "org-r29", "--because", "Lists are found.")
    day.glc("object", "P02", "--by", "org-r33", "--because", "Nobody pays us either.")
    assert "was split from P04.1" in day.glc("trace", "P05")

    # One cannot come in the afternoon and has a proxy; one has an interest in a text. Both are declared.
    day.declare("proxies", f"2,{AWAY},{PROXY},no visa,true,organisation")
    day.declare("interests", f"2,{INTERESTED},P01,we run the house")

    # The second round asks about what is in use now, and shows everybody their own first vote alone.
    asked = ["P01", "P02", "P03", "P05", "P06", "P07"]
    assert f"asks about {', '.join(f'{one}.1' for one in asked)}." in day.glc("forms", "--round", "2")
    for rater in EVERYBODY:
        page = (day.root / f"reports/team/forms/2/{rater}-before.html").read_text(encoding="utf-8")
        shown = re.findall(r"Your vote in round 1:</b>.*?<b>(.)</b>.*?<b>(.)</b>", page)
        own = [first[rater][one] for one in ("P01", "P02", "P03")]
        assert shown == [("–", "–") if rater == LATE else ("x", "x") if given is None else
                         (str(given[0]), str(given[1])) for given in own], rater
    forms = day.root / "reports/team/forms/2"
    assert f"By proxy: {PROXY}" in (forms / f"{AWAY}.html").read_text(encoding="utf-8")
    assert "You declared an interest" in (forms / f"{INTERESTED}.html").read_text(encoding="utf-8")
    second = day.vote(rng, asked)
    day.hand_in("mail-2.csv", "2", second)
    day.declare("interests", f"2,{PROXY},P02,too late")
    assert "declared before the vote" in day.glc("forms", "--round", "2", fails=True)
    day.declare("interests", f"2,{INTERESTED},P01,we run the house")
    read_out = day.glc("tally", "--round", "2", "--close", "--yes")
    assert "1 by proxy" in read_out and "1 left out for a declared interest" in read_out
    afternoon = {at: vote for at, vote in meant("2", second, EVERYBODY).items()
                 if (at[1], at[3]) != ("P01", INTERESTED)}
    assert day.counted() == morning | afternoon
    assert (day.root / "reports/team/day/1/index.html").read_bytes() == slides
    assert b"Nobody pays us either." in (day.root / "reports/team/day/2/index.html").read_bytes()

    # Everybody signs what is agreed; one organisation does not sign one text, in its own words.
    for principle in asked:
        record_text_as_agreed(Study(day.root), principle, decided_by="the room", today=date.today())
    day.glc("sign", "--sheets")
    assert len([*(day.root / "reports/team/signing").glob("org-*.html")]) == len(PROVIDERS)
    decisions = {f"org-{rater}": ["e"] * len(asked) for rater in PROVIDERS}
    decisions["org-r47"][2:3] = ["n", "ليس من دون مال", "n"]
    assert "Signatures: 10 of 10 received." in day.sign(decisions)
    day.glc("build")
    view = StudyView(Study(day.root))
    assert view.select_signatures("P03")[0]["decision"].value_counts().to_dict() == {
        "endorse": 9, "do_not_endorse": 1}
    day.glc("amend", "P03", "--text", "Plan together, on paper.", *why)
    day.glc("build")
    view = StudyView(Study(day.root))
    assert len(view.select_signatures("P03")[0]) == 0 and view.is_only_earlier_text_signed("P03")
    assert day.counted() == morning | afternoon
    print(f"\n{len(day.typed)} commands, {len(EVERYBODY)} people, 2 rounds, {len(PROVIDERS)} sheets signed")
