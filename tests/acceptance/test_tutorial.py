"""The tutorial does what it says: its boxes run one after the other in an empty folder."""

import os
import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.acceptance
ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
BOXES = re.findall(r"^```sh( fails)?\n(.*?)^```$", TUTORIAL, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """The home folder, and what each box printed, in a checkout that holds nothing but the environment."""
    home = tmp_path_factory.mktemp("tutorial")
    folder = home / "checkout"
    folder.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    said, lasting = [], {key: value for key, value in os.environ.items() if key != "GLC_STUDY"}
    for fails, text in BOXES:
        box = text.replace("~/", f"{home}/")
        ended = subprocess.run(["bash", "-e", "-c", box], cwd=folder, env=lasting, capture_output=True,
                               text=True)
        assert ended.returncode == (1 if fails else 0), f"{box}\n{ended.stderr}"
        lasting |= dict(re.findall(r"^export (\w+)=(\S+)$", box, re.MULTILINE))
        said.append(ended.stdout + ended.stderr)
    return home, said


def test_every_box_runs_and_the_reports_are_there(done):
    home, said = done
    site = home / "our-study" / "reports" / "team" / "current" / "site"
    assert (site / "index.html").is_file()
    assert (site / "country-khm.html").is_file()
    assert len(said) == len(BOXES) == 6


def test_what_it_says_of_the_faults_is_what_is_printed(done):
    told = next(text for text, (fails, _) in zip(done[1], BOXES, strict=True) if fails)
    assert "5 questions, 8 rows of options and 5 of countries are accepted" in told
    assert "more_corrections.csv: 1 answer is not readable" in told


def test_nothing_of_the_study_is_in_the_repository(done):
    listed = subprocess.run(["git", "status", "--porcelain", "--ignored"], cwd=done[0] / "checkout",
                            capture_output=True, text=True, check=True)
    assert listed.stdout.split() == ["??", ".venv"]


def test_small_regions_are_left_out_for_the_public(done):
    last = done[1][-1]
    assert re.search(r"^Shelter +15 +24 ", last, re.MULTILINE)
    assert "Figures of question Q5 by region are not released to this audience" in last
    assert not any(region in last for region in ("africa", "americas", "asia", "europe"))
