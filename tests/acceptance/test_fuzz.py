"""Thousands of broken files, others each day, in a process that may not take much time or memory.

Each file is read or refused with our error, which names it, and nothing is left beside it. A failure
gives its number: `python -m tests.acceptance.test_fuzz KIND NEW-FOLDER NUMBER` tries that file and those
after it, and leaves the last one in the folder.
"""

import os
from pathlib import Path

import docx
import pandas as pd
import pytest

from glc_analysis.intake.codings import read_codings
from glc_analysis.intake.transcripts import read_transcript
from tests.support import damaged
from tests.support.broken_files import large_workbooks, read_or_refused, rounds, work

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.acceptance, pytest.mark.every_day]
EVERY_ROUND = {"csv": 1200, "xlsx": 400, "vtt": 1200, "srt": 1500, "txt": 1500, "docx": 500}
CUES = [("Ana López", "We began in a small room."), ("Ben | HAART", "Sí &amp; yes.\nAll of us."),
        ("ចាន់", "បាទ 😀"), ("Ana López", "نعم، at 10:30: so."), ("Ben | HAART", "No.")]
REAL = {"csv": "qda/**/high*.csv", "xlsx": "qda/**/high*.xlsx", "vtt": "zoom_call/*.vtt"}


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


def seeds(folder):
    """A whole file or more of each kind: made here, and the real ones where they are present."""
    typed(folder)
    row = 'A,4,9,We wait,Delay,ana\nB,,,"one, two",Voice,bert\n'
    pd.DataFrame({"document": ["A", "B"], "quote": ["We wait", "so"], "code": ["Delay", 7]}).to_excel(
        folder / "made.xlsx", index=False)
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    made = {"csv": [f"document,start,end,quote,code,coder\n{row * 3}".encode()],
            "xlsx": [files["made.xlsx"]], "docx": [files["typed.docx"]], "srt": [srt().encode()],
            "vtt": [vtt(voices=True).encode(), vtt(voices=False).encode()],
            "txt": ["\n".join(f"{name}: {text}" for name, text in CUES).encode()]}
    given = Path(os.environ.get("GLC_SHARED_DATA") or ROOT.parent / "shared" / "data")
    return {kind: content + [path.read_bytes() for path in sorted(given.glob(REAL[kind]))] if kind in REAL
            else content for kind, content in made.items()}


def attacks(kind, whole):
    """Files made to take time or memory; all of them have to be refused."""
    match kind:
        case "docx":
            return damaged.bombs(whole, "word/document.xml")
        case "xlsx":
            return large_workbooks(whole)
        case "csv":
            return [b"document,code" + b"," * 20_000 + b"\n" + b"a,b\n" * 200_000, whole * 200_000]
        case "vtt" | "srt" | "txt":
            return [whole * 40_000, b"Ana: " + b"a" * 40_000_000]
    return []


def reader(kind):
    return read_transcript if kind in {"vtt", "srt", "txt", "docx"} else read_codings


@pytest.mark.parametrize("kind", EVERY_ROUND)
def test_each_broken_file_is_read_or_refused_and_leaves_nothing(kind, tmp_path):
    read_or_refused("tests.acceptance.test_fuzz", kind, rounds(EVERY_ROUND, kind), tmp_path)


if __name__ == "__main__":
    work(seeds, attacks, reader, EVERY_ROUND)
