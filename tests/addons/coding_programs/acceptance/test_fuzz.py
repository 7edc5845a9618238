"""Thousands of broken files of coding programs, others each day: as `tests/acceptance/test_fuzz.py`."""

import os
from pathlib import Path

import pytest

from glc_analysis.intake.codings import read_codings
from tests.addons.coding_programs.support.coding_files import (
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
from tests.support import damaged
from tests.support.broken_files import read_or_refused, rounds, work

ROOT = Path(__file__).parents[4]
pytestmark = [pytest.mark.acceptance, pytest.mark.every_day]
EVERY_ROUND = {"qdpx": 1400, "qde": 1200, "qda": 1200, "sqlite3": 1000, "coded.docx": 900}
REAL = {"qdpx": "qda/**/*.qdpx", "qde": "qda/**/*.qd[ec]", "qda": "qda/**/data.qda",
        "sqlite3": "qda/**/*.sqlite3"}


def coded(folder):
    body = "".join(f"<w:p>{comment(n, run(text))}</w:p>" for n, text in enumerate(QUOTES))
    comments = [(0, "Ana", "Delay"), (1, "Bert", "Voice"), (3, "Ana", "Delay;Voice")]
    word(folder / "coded.docx", body, comments)


def seeds(folder):
    """A whole file or more of each kind: made here, and the real ones where they are present."""
    other = selection(0, 11, "Facilitator", code="Voice", user="bert")
    qdpx(folder / "made.qdpx", *marked(*QUOTES), other)
    start = TEXT.index("Funding")
    whole = qualcoder(folder / "whole", codings=[(1, 1, start, start + 15, "Funding is late", "ana")])
    html = "<p>Funding is late.</p><p>We wait.</p>"
    taguette(folder / "made.sqlite3", html=html, highlights=[(0, 7, "<p>Funding</p>"), (16, 23, "We wait")])
    coded(folder)
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    made = {"qdpx": [files["made.qdpx"]], "qda": [(whole / "data.qda").read_bytes()],
            "qde": [files["made.qdpx"].split(b"project.qde", 1)[1].split(b"</Project>")[0] + b"</Project>"],
            "sqlite3": [files["made.sqlite3"]], "coded.docx": [files["coded.docx"]]}
    given = Path(os.environ.get("GLC_SHARED_DATA") or ROOT.parent / "shared" / "data")
    return {kind: content + [path.read_bytes() for path in sorted(given.glob(REAL[kind]))] if kind in REAL
            else content for kind, content in made.items()}


def attacks(kind, whole):
    """Files made to take time or memory; all of them have to be refused."""
    match kind:
        case "qdpx":
            return damaged.bombs(whole, "project.qde") + damaged.bombs(whole, "sources/t.txt")
        case "coded.docx":
            return damaged.bombs(whole, "word/document.xml")
        case "qde":
            return [b"<Project>" + b" " * 40_000_000 + b"</Project>"]
    return []


def reader(kind):
    return read_codings


@pytest.mark.parametrize("kind", EVERY_ROUND)
def test_each_broken_file_is_read_or_refused_and_leaves_nothing(kind, tmp_path):
    read_or_refused("tests.addons.coding_programs.acceptance.test_fuzz", kind, rounds(EVERY_ROUND, kind),
                    tmp_path)


if __name__ == "__main__":
    work(seeds, attacks, reader, EVERY_ROUND)
