"""A phone in the room, without a browser, and the command that serves the page."""

import asyncio
import json
import re
import secrets
import signal
import subprocess
import sys
from pathlib import Path

from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from tests.support.process import Process


def codes_of(folder: Path) -> dict[str, str]:
    """The codes of the slips in a folder, by their numbers."""
    page = (folder / "slips.html").read_text(encoding="utf-8")
    return dict(re.findall(r'· (\d{4})</b>.*?class="code">([0-9A-Z-]+)<', page, re.S))


def write_register(folder: Path, drawn: dict[str, str]) -> Path:
    """The register with the raters who drew slips, by the numbers of the slips."""
    path = folder / "register.csv"
    header, *rows = (line.split(",") for line in path.read_text(encoding="utf-8").splitlines())
    filled = [[of_round, number, drawn.get(number, "")] for of_round, number, _ in rows]
    path.write_text("".join(",".join(row) + "\n" for row in [header, *filled]), encoding="utf-8")
    return path


class Phone:
    """A phone that has the code of a slip; ``heard`` has every response, as bytes."""

    def __init__(self, url: str, code: str) -> None:
        self.url, self.code, self.saves, self.stamps, self.heard = url, code, 0, {}, []

    async def post(self, path, content, **options):
        """The status of the response and what it says; 0 where none came."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        try:
            reply = await AsyncHTTPClient().fetch(
                self.url + path, method="POST", body=body, raise_error=False, request_timeout=10,
                headers={"Content-Type": "application/json"}, **options)
        except (OSError, HTTPClientError):
            return 0, {}
        if reply.code == 599:
            return 0, {}
        self.heard.append(b"".join(f"{name}: {value}\n".encode() for name, value in reply.headers.get_all())
                          + reply.body)
        return reply.code, json.loads(reply.body or b"{}")

    async def open(self, language="en"):
        """Loads the texts; returns what the page is told."""
        status, said = await self.post("open", {"code": self.code})
        if status == 200:
            self.saves = said["saves"]
            rows = next(one for one in said["languages"] if one["code"] == language)["rows"]
            self.stamps = {row["id"]: row["stamp"] for row in rows}
        return status, said

    def request(self, answers, **changes):
        """What the page sends to save answers."""
        of = {at.rpartition(".")[0] for at in answers}
        return {"code": self.code, "saves": self.saves, "mark": secrets.token_hex(16), "answers": answers,
                "stamps": {one: self.stamps[one] for one in of}} | changes

    async def save(self, answers, **changes):
        """Saves answers as the page does: the same again until it is answered."""
        content = self.request(answers, **changes)
        while True:
            status, said = await self.post("save", content)
            if status not in (0, 429, 503):
                break
            await asyncio.sleep(.05)
        if status == 200:
            self.saves = said["saves"]
        return status, said


def loopback_address(rng):
    """An address of this computer alone that no other test has."""
    return ".".join(["127", *(str(rng.randint(1, 250)) for _ in range(3))])


def glc(study, *arguments):
    return [sys.executable, "-m", "glc_analysis", "--study", str(study.root), *arguments]


def run_glc(study, *arguments):
    done = subprocess.run(glc(study, *arguments), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


class Polls:
    """The real command that serves the page, killed and started again."""

    def __init__(self, study):
        self.study, self.said, self.process = study, b"", None

    def start(self):
        self.process = Process(glc(self.study, "ballot", "--round", "1", "--serve"), stderr=subprocess.PIPE)
        while b"Ctrl-C ends voting" not in self.said.rpartition(b"Phones can vote in round 1")[2]:
            line = self.process.stderr.readline()
            assert line, self.said.decode()
            self.said += line

    def kill(self, how=signal.SIGKILL):
        self.process.send_signal(how)
        self.said += self.process.stderr.read()
        self.process.wait()
