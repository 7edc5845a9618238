"""The commands of docs/backups.md, run as they stand: the private part comes back as it was."""

import os
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from glc_analysis.sample import write_sample

CHAPTER = Path(__file__).parents[1] / "docs/backups.md"
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", CHAPTER.read_text(encoding="utf-8"), flags=re.M | re.S)
GPG = "pinentry-mode loopback\nbatch\npassphrase-file {home}/passphrase\n"


@pytest.fixture
def home(tmp_path):
    """A home with a sample study in it, and GnuPG answered by a file instead of a person."""
    if not shutil.which("gpg"):
        pytest.skip("gpg is not installed")
    write_sample(tmp_path / "our-study")
    keys = tmp_path / ".gnupg"
    keys.mkdir(mode=0o700)
    (keys / "gpg.conf").write_text(GPG.format(home=tmp_path))
    (tmp_path / "passphrase").write_text("four words are better")
    return tmp_path


def shell(home, *blocks):
    """What commands of the chapter print; they name a day, which is today."""
    text = "\n".join(blocks).replace("2026-03-20", date.today().isoformat())
    named = {f"GIT_{who}_{what}": "ana@example.org"
             for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=home, capture_output=True, text=True,
                          env=os.environ | named | {"HOME": str(home)}, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.acceptance
def test_an_archive_is_unreadable_without_the_passphrase_and_gives_everything_back(home):
    made, read_back, restored = BLOCKS[:3]
    private = home / "our-study/private"
    before = contents(private)
    shell(home, made)
    archive, = (home / "backups").iterdir()
    assert b"names.csv" not in archive.read_bytes()
    assert "private/reference/consent.csv" in shell(home, read_back)
    (private / "reference/consent.csv").unlink()
    (private / "reference/names.csv").write_text("changed")
    assert shell(home, restored).startswith("organisation_id,speaker_id,item")
    assert contents(private) == before


@pytest.mark.acceptance
def test_a_repository_of_the_private_part_keeps_its_history_outside_of_the_study(home):
    begun, copied = BLOCKS[3:5]
    lines = begun.splitlines()
    consent = home / "our-study/private/reference/consent.csv"
    first = consent.read_text()
    shell(home, "\n".join(lines[:5]))
    consent.write_text(first + "new")
    seen = shell(home, "\n".join(lines[2:]))
    assert "reference/consent.csv" in seen and first in seen and "new" not in seen.replace("renewed", "")
    assert not list((home / "our-study").rglob(".git"))
    shell(home, "mkdir -p ~/backups", copied)
    restored = shell(home, "git --git-dir=$HOME/restored.git show HEAD:reference/consent.csv")
    assert restored == first + "new"
