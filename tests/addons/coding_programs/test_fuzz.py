"""Thousands of damaged files, others each day: each is read or refused, and leaves nothing behind."""

import random
import resource
import time

import pytest

from glc_analysis.errors import GLCError
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
    zipped,
)
from tests.support.share import SEED, share

pytestmark = pytest.mark.acceptance
ROUNDS, SECONDS, MEMORY = share(600, 80), 1.0, 200 * 2**10
PIECES = [b"", b"\0", b"\xff", b"<", b">", b'"', b"&", b"'", b"9" * 30, b"-1", b"PK\x03\x04", b"PK\x05\x06",
          b"\r\n", b";", b"\xf0\x9f\x98\x80", b"</", b"]]>", b"<!DOCTYPE a [", b"&#0;", b"../", b"{", b"}",
          bytes(50), b"NULL"]  # fmt: skip


def stored(tmp_path):
    """A .qdpx whose members are not compressed, so that damage reaches the markup."""
    file = qdpx(
        tmp_path / "whole.qdpx", *marked(*QUOTES), selection(0, 11, "Facilitator", code="Voice", user="bert")
    )
    return file.read_bytes()


def tabular(tmp_path):
    rows = b'A,4,11,We wait,Delay,ana\nB,,,"one, two",Voice,bert\n'
    return b"document,start,end,quote,code,coder\n" + rows * 3


def commented(tmp_path):
    body = "".join(
        f"<w:p>{comment(n, run(text))}</w:p>" for n, text in enumerate(["We wait", "São José", "always"])
    )
    comments = [(0, "Ana", "Delay"), (1, "Bert", "Voice"), (2, "Ana", "Delay;Voice")]
    return word(tmp_path / "whole.docx", body, comments).read_bytes()


def of_qualcoder(tmp_path):
    start = TEXT.index("Funding")
    folder = qualcoder(tmp_path / "whole", codings=[(1, 1, start, start + 15, "Funding is late", "ana")])
    return (folder / "data.qda").read_bytes()


def of_taguette(tmp_path):
    html = "<p>Funding is late.</p><p>We wait.</p>"
    return taguette(
        tmp_path / "t", html=html, highlights=[(0, 7, "<p>Funding</p>"), (16, 23, "We wait")]
    ).read_bytes()


def markup(tmp_path):
    return stored(tmp_path).split(b"project.qde", 1)[1].split(b"</Project>")[0] + b"</Project>"


WHOLE = {"a.qdpx": stored, "a.qde": markup, "data.qda": of_qualcoder, "project.sqlite3": of_taguette,
         "a.csv": tabular,
         "a.docx": commented}  # fmt: skip


def damaged(content, chance):
    """The content with one to four places overwritten, cut out, doubled or filled with something else."""
    made = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(made) + 1)
        until = min(len(made), at + chance.choice([0, 1, 2, 8, 40, 400]))
        piece = chance.choice([*PIECES, bytes(made[at:until]) * 2, chance.randbytes(chance.randint(1, 6))])
        made[at:until] = piece
    return bytes(made[: chance.randrange(len(made) + 1)] if chance.random() < 0.05 else made)


@pytest.mark.parametrize("name", WHOLE)
def test_each_damaged_file_is_read_or_refused_within_a_second(tmp_path, name):
    chance = random.Random(f"{SEED} {name}")
    whole = WHOLE[name](tmp_path)
    place = tmp_path / "damaged"
    place.mkdir()
    # How many damaged files can still be read is chance (an archive's check sums catch nearly all damage), so
    # the whole file shows that reading works.
    (place / name).write_bytes(whole)
    assert len(read_codings(place / name).codings)
    refused, slowest = 0, 0.0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(ROUNDS):
        (place / name).write_bytes(damaged(whole, chance))
        begun = time.perf_counter()
        try:
            raw = read_codings(place / name)
            assert raw.matched <= raw.checked
        except GLCError as error:
            refused += 1
            assert name in str(error)
        slowest = max(slowest, time.perf_counter() - begun)
        assert [one.name for one in place.iterdir()] == [name]
    assert refused > 0
    assert slowest < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEMORY


@pytest.mark.parametrize("seed", range(4))
def test_a_package_whose_markup_is_damaged_inside_is_read_or_refused(tmp_path, seed):
    # Damage to the archive itself is mostly caught by its check sums; this is made anew around the damage.
    chance = random.Random(f"{SEED} {seed}")
    whole = markup(tmp_path)
    for _ in range(ROUNDS // 4):
        members = [("a.qde", damaged(whole, chance)), ("sources/t.txt", damaged(TEXT.encode(), chance))]
        zipped(members, tmp_path / "a.qdpx")
        try:
            raw = read_codings(tmp_path / "a.qdpx")
        except GLCError as error:
            assert "a.qdpx" in str(error)
            continue
        texts = dict(zip(raw.sources["source"], raw.sources["text"], strict=True))
        for row in raw.codings[raw.codings["match"] == "exact"].itertuples():
            assert texts[row.source][row.start : row.end] == row.quote.replace("\r\n", "\n").replace(
                "\r", "\n"
            )
