"""Thousands of broken files, others each day, in a process that may not take much time or memory.

Each file is read or refused with our error, which names it, and nothing is left beside it. A failure
gives its number: `python -m tests.acceptance.test_fuzz KIND NEW-FOLDER NUMBER` tries that file and those
after it, and leaves the last one in the folder.
"""

import json
import os
import random
import resource
import signal
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import docx
import pandas as pd
import pytest

from glc_analysis.addons.convening.form_files import write_workbook
from glc_analysis.addons.convening.rating_forms import Form
from glc_analysis.text import content_hash
from tests.support import damaged
from tests.support.coding_files import (
    QUOTES,
    TEXT,
    comment,
    marked,
    qdpx,
    qualcoder,
    run,
    selection,
    taguette,
    word,
)
from tests.support.form_study import fill
from tests.support.share import SEED, share

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.acceptance, pytest.mark.every_day]
SECONDS, MEMORY = 10, 2**30
"""What one file may take: seconds of a processor, and bytes above what the process held before."""

LONGEST = 10**7  # bytes of a broken file: damage can double and double again
EVERY_ROUND = {"qdpx": 1400, "qde": 1200, "qda": 1200, "sqlite3": 1000, "csv": 1200, "coded.docx": 900,
               "xlsx": 400, "form.xlsx": 300, "kobo.csv": 600, "vtt": 1200, "srt": 1500, "txt": 1500,
               "docx": 500}
ROUNDS = {kind: share(rounds, rounds // 16) for kind, rounds in EVERY_ROUND.items()}
CUES = [("Ana López", "We began in a small room."), ("Ben | HAART", "Sí &amp; yes.\nAll of us."),
        ("ចាន់", "បាទ 😀"), ("Ana López", "نعم، at 10:30: so."), ("Ben | HAART", "No.")]
REAL = {"qdpx": "qda/**/*.qdpx", "qde": "qda/**/*.qd[ec]", "qda": "qda/**/data.qda",
        "csv": "qda/**/high*.csv", "sqlite3": "qda/**/*.sqlite3", "xlsx": "qda/**/high*.xlsx",
        "vtt": "zoom_call/*.vtt"}


def vtt(voices):
    said = [f"<v {name}>{text}</v>" if voices else f"{name}: {text}" for name, text in CUES]
    return "WEBVTT\n\n" + "\n".join(f"{n}\n00:00:{n:02}.000 --> 00:00:{n + 1:02}.500 align:start\n{text}\n"
                                    for n, text in enumerate(said, 1))


def srt():
    return vtt(voices=False).replace("WEBVTT\n\n", "").replace(".", ",")


def typed(folder):
    document = docx.Document()
    for name, text in CUES:
        document.add_paragraph(f"{name}: {text}")
    document.add_table(2, 2).cell(0, 1).text = "Ana López: in a table"
    document.save(folder / "typed.docx")


def coded(folder):
    body = "".join(f"<w:p>{comment(n, run(text))}</w:p>" for n, text in enumerate(QUOTES))
    comments = [(0, "Ana", "Delay"), (1, "Bert", "Voice"), (3, "Ana", "Delay;Voice")]
    word(folder / "coded.docx", body, comments)


def rating_form(folder):
    rows = pd.DataFrame({"principle_id": ["P01", "P02"], "printed_id": ["P01.1", "P02.2"],
                         "statement": ["Rest first.", "خططوا معا."], "language": ["en", "ar"]})
    rows["text_version"] = rows["statement"].map(content_hash)
    write_workbook(folder / "empty.xlsx", Form("1", "r12", "en", rows))
    scores = {"importance": 8, "feasibility": 3, "comment": "Sí “x”", "may_be_read": "yes"}
    fill(folder / "empty.xlsx", folder / "form.xlsx", {0: scores, 1: {"abstain": "x"}})


def kobo():
    boxes = ["stamp", "abstain", "importance", "feasibility", "comment", "may_be_read"]
    names = ["rater_id", *(f"p_P01/{box}_P01" for box in boxes), "p_P01/abstain_P01/x", "_id", "_uuid"]
    rows = [f"r{n};1 P01.1 9745af7abe75;;{n};3;Sí “x”;yes;0;{n};u{n}" for n in range(1, 10)]
    return "\n".join([";".join(names), *rows, ""])


def seeds(folder):
    """A whole file or more of each kind: made here, and the real ones where they are present."""
    other = selection(0, 11, "Facilitator", code="Voice", user="bert")
    qdpx(folder / "made.qdpx", *marked(*QUOTES), other)
    start = TEXT.index("Funding")
    whole = qualcoder(folder / "whole", codings=[(1, 1, start, start + 15, "Funding is late", "ana")])
    html = "<p>Funding is late.</p><p>We wait.</p>"
    taguette(folder / "made.sqlite3", html=html, highlights=[(0, 7, "<p>Funding</p>"), (16, 23, "We wait")])
    typed(folder)
    coded(folder)
    rating_form(folder)
    row = 'A,4,9,We wait,Delay,ana\nB,,,"one, two",Voice,bert\n'
    pd.DataFrame({"document": ["A", "B"], "quote": ["We wait", "so"], "code": ["Delay", 7]}).to_excel(
        folder / "made.xlsx", index=False)
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    made = {"qdpx": [files["made.qdpx"]], "qda": [(whole / "data.qda").read_bytes()],
            "qde": [files["made.qdpx"].split(b"project.qde", 1)[1].split(b"</Project>")[0] + b"</Project>"],
            "csv": [f"document,start,end,quote,code,coder\n{row * 3}".encode()],
            "sqlite3": [files["made.sqlite3"]], "xlsx": [files["made.xlsx"]],
            "form.xlsx": [files["form.xlsx"]], "kobo.csv": [kobo().encode()], "docx": [files["typed.docx"]],
            "coded.docx": [files["coded.docx"]], "srt": [srt().encode()],
            "vtt": [vtt(voices=True).encode(), vtt(voices=False).encode()],
            "txt": ["\n".join(f"{name}: {text}" for name, text in CUES).encode()]}
    given = Path(os.environ.get("GLC_SHARED_DATA") or ROOT.parent / "shared" / "data")
    return {kind: content + [path.read_bytes() for path in sorted(given.glob(REAL[kind]))] if kind in REAL
            else content for kind, content in made.items()}


def attacks(kind, whole):
    """Files made to take time or memory; all of them have to be refused."""
    far = b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (n, n) for n in range(9, 9000))
    sheets = [far, b"<row/>" * 9_000_000, b'<row r="9999999999"><c r="B9999999999"><v>1</v></c></row>']
    sheet = "xl/worksheets/sheet1.xml"
    match kind:
        case "qdpx":
            return damaged.bombs(whole, "project.qde") + damaged.bombs(whole, "sources/t.txt")
        case "docx" | "coded.docx":
            return damaged.bombs(whole, "word/document.xml")
        case "xlsx" | "form.xlsx":
            made = [damaged.replaced(whole, sheet, lambda inside, more=more: inside.replace(
                b"</sheetData>", more + b"</sheetData>")) for more in sheets]
            return made + damaged.bombs(whole, sheet)
        case "csv":
            return [b"document,code" + b"," * 20_000 + b"\n" + b"a,b\n" * 200_000, whole * 200_000]
        case "qde":
            return [b"<Project>" + b" " * 40_000_000 + b"</Project>"]
        case "vtt" | "srt" | "txt":
            return [whole * 40_000, b"Ana: " + b"a" * 40_000_000]
    return []


def broken(kind, whole, number, folder):
    chance = random.Random(f"{SEED} {kind} {number}")
    content = chance.choice(whole)
    if kind in {"qdpx", "docx", "coded.docx", "xlsx", "form.xlsx"}:
        damage = damaged.bytes_of if chance.random() < 0.2 else damaged.package
    elif kind in {"qda", "sqlite3"}:
        damage = partial(damaged.database, folder=folder)
    else:
        damage = damaged.markup if kind == "qde" else damaged.text
    return damage(content, chance)[:LONGEST]


def reader(kind):
    from glc_analysis.addons.convening.ratings import read_ratings
    from glc_analysis.intake.codings import read_codings
    from glc_analysis.intake.transcripts import read_transcript

    if kind in {"form.xlsx", "kobo.csv"}:
        return read_ratings
    return read_transcript if kind in {"vtt", "srt", "txt", "docx"} else read_codings


def tried(read, path, content):
    """What came of one file: read, refused, or what should not have been."""
    from glc_analysis.errors import GLCError

    path.write_bytes(content)
    try:
        read(path)
        outcome = "read"
    except GLCError as error:
        causes = {type(cause).__name__ for cause in (error, error.__cause__, error.__context__) if cause}
        outcome = "refused" if path.name in str(error) else f"does not name the file: {error}"
        outcome = "takes too much memory" if "MemoryError" in causes else outcome
    except Exception as error:  # noqa: BLE001
        outcome = f"{type(error).__name__}: {str(error)[:200]}"
    left = sorted(one.name for one in path.parent.iterdir() if one != path)
    if left or path.read_bytes() != content:
        return f"leaves {left} or changes the file"
    return outcome


def work(kind, folder, first):
    """Tries file after file from a number on, and says of each when it begins and how it ended."""
    for name in ("seeds", "place"):
        (folder / name).mkdir(parents=True)
    whole, read = seeds(folder / "seeds"), reader(kind)
    path = folder / "place" / f"broken.{kind}"
    assert {tried(read, path, content) for content in whole[kind]} == {"read"}
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    made = attacks(kind, whole[kind][0])
    for number in range(first, ROUNDS[kind]):
        content = made[number] if number < len(made) else broken(kind, whole[kind], number, folder / "seeds")
        print(json.dumps(number), flush=True)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)  # ends the process, even within a regular expression
        signal.alarm(10 * SECONDS)
        resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, resource.RLIM_INFINITY))
        outcome = tried(read, path, content)
        outcome = "an attack is read" if number < len(made) and outcome == "read" else outcome
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        signal.alarm(0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(json.dumps(outcome), flush=True)


def outcomes(kind, folder):
    """The outcome of each file by its number; a process that ends too soon is followed by another."""
    found = {}
    while len(found) < ROUNDS[kind]:
        first = str(len(found))
        command = [sys.executable, "-W", "ignore", "-m", "tests.acceptance.test_fuzz", kind]
        command += [str(folder / first), first]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        said = [json.loads(line) for line in done.stdout.splitlines()]
        assert said and (len(said) % 2 or not done.returncode), done.stderr
        found |= dict(zip(said[::2], said[1::2], strict=False))
        if len(said) % 2:
            found[said[-1]] = f"takes too long, or crashes: {done.returncode}"
    return found


@pytest.mark.parametrize("kind", ROUNDS)
def test_each_broken_file_is_read_or_refused_and_leaves_nothing(kind, tmp_path):
    found = outcomes(kind, tmp_path)
    assert {number: said for number, said in found.items() if said not in {"read", "refused"}} == {}
    assert min(Counter(found.values()).values()) > ROUNDS[kind] // 50


if __name__ == "__main__":
    work(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
