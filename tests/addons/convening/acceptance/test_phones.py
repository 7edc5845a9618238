"""Forty phones vote on loopback while server and phones are killed and others attack: no vote is lost,
doubled, seen or changed."""

import asyncio
import json
import random
import re
import signal
import time

import pytest
from tornado.httpclient import AsyncHTTPClient

from glc_analysis.addons.convening.double_entry import PaperForm
from glc_analysis.addons.convening.phone_ballots import BallotBox
from glc_analysis.addons.convening.ratings import HEADER
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from tests.addons.convening.support.desk_clerk import convening_study
from tests.addons.convening.support.phone_voter import (
    Phone,
    Polls,
    codes_of,
    loopback_address,
    run_glc,
    write_register,
)
from tests.support.share import SEED, share

pytestmark = pytest.mark.acceptance
PHONES, SERVER_KILLS = 40, share(100, 12)
PHONE_KILLS = 100 - 12
RATERS = [f"r{n:02}" for n in range(1, PHONES + 1)]
RESULTS = re.compile(rb"median|agree|importance\W+[1-9]")


class Voter:
    """A rater with a phone: what they mean, in the order in which they tap, and what was told to be saved."""

    def __init__(self, rater, rng):
        self.rater, self.told, self.taps, self.phone = rater, {}, [], None
        for principle in ("P01", "P02", "P03"):
            if rng.random() < .15:
                self.taps += [{f"{principle}.importance": "5"}, {f"{principle}.abstain": "x"}]
                continue
            for criterion in ("importance", "feasibility"):
                if rng.random() < .3:  # somebody changes their mind
                    self.taps.append({f"{principle}.{criterion}": str(rng.randint(1, 9))})
                self.taps.append({f"{principle}.{criterion}": str(rng.randint(1, 9))})
            if rng.random() < .4:
                self.taps.append({f"{principle}.comment": f"Canary of {rater}, អរគុណ",
                                  f"{principle}.may_be_read": rng.choice(["yes", "no"])})
        self.meant = {}
        for tap in self.taps:
            self.apply(self.meant, tap)

    @staticmethod
    def apply(values, tap):
        for at, value in tap.items():
            principle, _, name = at.partition(".")
            if name == "abstain":
                values.pop(f"{principle}.importance", None)
                values.pop(f"{principle}.feasibility", None)
            values[at] = value

    async def vote(self, url, code, rng):
        """Taps on, from where this phone was told that all is saved."""
        self.phone = Phone(url, code)
        heard.append(self.phone.heard)
        while (await self.phone.open())[0] != 200:
            await asyncio.sleep(.1)
        while self.taps:
            await asyncio.sleep(rng.random() * .2)
            status, _ = await self.phone.save(self.taps[0])
            assert status == 200, (self.rater, status)
            self.apply(self.told, self.taps.pop(0))

    def paper(self, form):
        """The same ballot as it is keyed from paper: a row of marks for each principle, after the version of
        the text where there are several."""
        paper = {}
        for principle in ("P01", "P02", "P03"):
            versions = form.list_version_numbers(principle)
            marks = ["abstain"] if f"{principle}.abstain" in self.meant else [
                self.meant[f"{principle}.{name}"] for name in ("importance", "feasibility")]
            paper[f"{principle}.marks"] = " ".join([*versions[1:][-1:], *marks])
            paper[f"{principle}.comment"] = self.meant.get(f"{principle}.comment", "")
            paper[f"{principle}.may_be_read"] = self.meant.get(f"{principle}.may_be_read", "")
        return paper


heard = []


async def raw(host, content):
    """What comes back for bytes that are sent as they stand."""
    try:
        reader, writer = await asyncio.open_connection(host, 8443)
        writer.write(content)
        await writer.drain()
        back = await asyncio.wait_for(reader.read(), 20)
        writer.close()
        return back
    except OSError:
        return b""


async def attack(url, host, code, rng, done):
    """Guessed codes, forged raters, huge and endless posts, as long as people vote."""
    found = []
    while not done.is_set():
        guess = Phone(url, "".join(rng.choices("0123456789ABCDEF", k=16)))
        forged = {"code": code, "rater_id": "r01", "saves": 0, "mark": "f" * 32,
                  "stamps": {"P01": "P01.1 aaaaaaaaaaaa"}, "answers": {"P01.importance": "1"}}
        stale = {name: value for name, value in forged.items() if name != "rater_id"} | {"saves": 10**6}
        head = b"POST /save HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        found += await asyncio.gather(
            guess.open(), guess.post("save", forged | {"code": guess.code}),
            Phone(url, code).post("save", forged), Phone(url, code).post("save", stale),
            raw(host, head + b"Content-Length: 10485760\r\n\r\n" + b"x" * 10_485_760),
            raw(host, head + b"Transfer-Encoding: chunked\r\n\r\n" + b"A00000\r\n" + b"x" * 10_485_760),
            raw(host, b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n"))
    return found


async def the_vote(study, polls, voters, codes, url, host, rng):
    """Everybody votes; phones and the server are killed at random. What the attackers heard."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    tasks = {voter: asyncio.ensure_future(voter.vote(url, codes[voter.rater], rng)) for voter in voters}
    attackers = asyncio.ensure_future(attack(url, host, codes["attacked"], rng, done))
    phone_kills = server_kills = 0
    while server_kills < SERVER_KILLS or phone_kills < PHONE_KILLS or not all(
            task.done() for task in tasks.values()):
        await asyncio.sleep(rng.random() * .1)
        busy = [voter for voter, task in tasks.items() if not task.done()]
        for voter in rng.sample(busy, min(len(busy), 5)) if phone_kills < PHONE_KILLS else ():
            tasks[voter].cancel()
            tasks[voter] = asyncio.ensure_future(voter.vote(url, codes[voter.rater], rng))
            phone_kills += 1
        if not busy and phone_kills < PHONE_KILLS:  # somebody opens the page once more
            voter = rng.choice(voters)
            tasks[voter] = asyncio.ensure_future(voter.vote(url, codes[voter.rater], rng))
        if server_kills < SERVER_KILLS:
            await loop.run_in_executor(None, polls.kill)
            is_kept(study, voters)
            server_kills += 1
            await loop.run_in_executor(None, polls.start)
        for task in tasks.values():
            if task.done() and not task.cancelled():
                task.result()
    done.set()
    return await attackers


def is_kept(study, voters):
    """What a phone was told is saved is in the box, whenever the server dies."""
    slips = BallotBox.read(Study(study.root), "1").slips
    for voter in voters:
        own = {f"{principle}.{name}": value for principle, answers in slips[voter.slip].answers.items()
               for name, value in answers.items() if name != "text"}
        due = dict(voter.told)
        if voter.taps:  # the next answer may be saved, though no phone was told
            next_one = dict(due)
            Voter.apply(next_one, voter.taps[0])
            assert own in (due, next_one), voter.rater
        else:
            assert own == due, voter.rater


@pytest.fixture
def room(tmp_path):
    study, rng = convening_study(tmp_path / "study"), random.Random(SEED)
    study.write_table("raters", "rater_id,organisation_id,role,may_rate\n" + "".join(
        f"{rater},,survivor_adviser,true\n" for rater in RATERS))
    (tmp_path / "stick").mkdir()
    return study, tmp_path / "stick", rng


def test_forty_phones_a_hundred_kills_and_attackers(room):
    study, stick, rng = room
    host = loopback_address(rng)
    run_glc(study, "ballot", "--round", "1", "--codes", str(stick), "--address", host)
    numbers = codes_of(stick)
    slips = rng.sample([*numbers], PHONES + 1)
    voters = [Voter(rater, rng) for rater in RATERS]
    for voter, slip in zip(voters, slips[:PHONES], strict=True):
        voter.slip = slip
    codes = {voter.rater: numbers[voter.slip] for voter in voters} | {"attacked": numbers[slips[-1]]}
    AsyncHTTPClient.configure(None, max_clients=200)
    polls = Polls(study)
    polls.start()
    began = time.monotonic()
    found = asyncio.run(the_vote(study, polls, voters, codes, f"http://{host}:8443/", host, rng))
    polls.kill(signal.SIGINT)
    print(f"{time.monotonic() - began:.1f} s, {len(heard)} pages, {len(found)} attacks")

    # Attackers: refused, or not heard because the server was dead at that moment.
    statuses = {one[0] for one in found if isinstance(one, tuple)}
    assert statuses <= {0, 400, 403, 409, 429} and {400, 403, 409} <= statuses
    assert all(one == b"" or one.startswith(b"HTTP/1.1 4") for one in found if isinstance(one, bytes))
    # Seen by nobody: in no response, and not on the screen.
    responses = b"\n".join(one for phone in heard for one in phone)
    for secret in (b"Canary", *(code.encode() for code in codes.values())):
        assert secret not in responses and secret not in polls.said
    assert not RESULTS.search(polls.said) and b"127.0.0.1" not in polls.said
    assert re.sub(host.encode(), b"", polls.said).count(b"127.") == 0
    # Lost, doubled, changed: nothing.
    is_kept(study, voters)
    assert all(voter.told == voter.meant and not voter.taps for voter in voters)
    box = BallotBox.read(Study(study.root), "1")
    assert not box.slips[slips[-1]].answers
    assert [*json.loads(box.path.read_text())["slips"]] == sorted(numbers)
    register = write_register(stick, {voter.slip: voter.rater for voter in voters})
    said = run_glc(study, "ballot", "--round", "1", "--collect", str(register), "--yes")
    assert "40 ballots given on phones are in raw/ratings." in said
    form = PaperForm.from_reference(read_reference(Study(study.root)), "1")
    for voter in voters:
        lines = (study.root / f"raw/ratings/1-{voter.rater}-phone.csv").read_text().splitlines()
        paper = [",".join(row) for row in (HEADER, *form.make_csv_rows(voter.rater, voter.paper(form)))]
        assert [line.replace('"', "") for line in lines] == paper, voter.rater
    run_glc(study, "tally", "--round", "1", "--close", "--yes")
    sealed = (study.root / "private/rounds/1/1/ballots.csv").read_text()
    assert all(f"1-{rater}-phone.csv" in sealed for rater in RATERS)
