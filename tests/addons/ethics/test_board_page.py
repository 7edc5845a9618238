"""The page for an ethics board says what is there, counted another way."""

import csv
import shutil
from datetime import date
from pathlib import Path

import pytest

from glc_analysis.addons.ethics.board_page import make_ethics_page_lines
from glc_analysis.schema import AUDIENCES
from glc_analysis.study import Study


@pytest.fixture
def root(sample_root, tmp_path) -> Path:
    return Path(shutil.copytree(sample_root, tmp_path / "study"))


def page(root: Path) -> list[str]:
    return make_ethics_page_lines(Study(root), today=date(2017, 3, 1))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_it_says_what_is_held_where_and_who_sees_it(root):
    held = [path.stat().st_size for path in (root / "raw/interviews").iterdir()]
    lines = page(root)
    assert f"- raw, interviews: {len(held)} files, {sum(held):,} bytes; seen by the team" in lines
    kept = [path.stat().st_size for path in (root / "private").rglob("*") if path.is_file()]
    held = f"{len(kept)} files, {sum(kept):,} bytes"
    assert f"- private (key of pseudonyms, consent forms): {held}; seen by its owner only" in lines
    assert "- reports/public: 0 files, 0 bytes; seen by public" in lines


def test_consents_are_counted_by_item_and_audience(root):
    given = [row for row in rows(root / "private/reference/consent.csv") if row["item"] == "name"]
    cells = [f"{sum(r['is_given'] == 'true' for r in given if r['audience'] == audience)} / "
             f"{sum(r['is_given'] == 'false' for r in given if r['audience'] == audience)} / "
             f"{30 - sum(r['audience'] == audience for r in given)}" for audience in AUDIENCES]
    assert f"| name | {' | '.join(cells)} |" in page(root)
    assert "| recording | 0 / 0 / 30 | 0 / 0 / 30 | 0 / 0 / 30 |" in page(root)


def test_a_persons_consent_is_counted_apart(root):
    before = page(root)
    with (root / "private/reference/consent.csv").open("a", encoding="utf-8") as file:
        file.write("blue-door,blue-door-1,name,public,true,1,2016-06-20\n")
    lines = page(root)
    assert "- none recorded" in before and "- name, public: 1 / 0" in lines
    assert [line for line in before if line.startswith("| name")] == [
        line for line in lines if line.startswith("| name")]


def test_withdrawals_and_files_nobody_recorded_are_listed(root):
    assert page(root)[-2:] == ["## Raw files not in the manifest", "- none"]
    assert "- none" in page(root)[page(root).index("## Withdrawals") + 1]
    (root / "private/reference/withdrawn.csv").write_text(
        "number,date,items,unread,looked_at_by\n1,2017-01-09,61,0,\n")
    (root / "raw/calls/call-9.vtt").write_text("WEBVTT", encoding="utf-8")
    assert "- 1: 2017-01-09, 61 items" in page(root) and page(root)[-1] == "- raw/calls/call-9.vtt"
