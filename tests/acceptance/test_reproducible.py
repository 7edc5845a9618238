"""The same study gives the same bytes, from whatever folder and in whatever time zone it is run."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.acceptance


def run_in_a_clone(folder: Path, zone: str) -> Path:
    """Copies what git tracks to a folder, runs the sample there, returns the finished run."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True,
                             check=True).stdout.split("\0")
    for name in filter(None, tracked):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    for command in ("run", "build"):  # the second decides what others than the team may see
        done = subprocess.run([sys.executable, "-m", "glc_analysis", command], cwd=folder,
                              capture_output=True, text=True,
                              env={**os.environ, "PYTHONPATH": str(folder), "TZ": zone})
        assert done.returncode == 0, done.stderr
    return (folder / "data" / "reports" / "team" / "current").resolve()


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def runs(tmp_path_factory, sample_runs) -> list[Path]:
    """A run in a clone, and one that this session made of the same study elsewhere and in another zone."""
    return [run_in_a_clone(tmp_path_factory.mktemp("a clone"), "Asia/Phnom_Penh"),
            (sample_runs / "team" / "current").resolve()]


def test_two_clones_give_the_same_reports(runs):
    first, second = map(bytes_of, runs)
    assert first.keys() == second.keys()
    assert [name for name in first if name != "run.json" and first[name] != second[name]] == []


def test_two_clones_give_the_same_tables(runs):
    first, second = (bytes_of(run.parents[3] / "processed") for run in runs)
    del first[".gitkeep"]  # of the repository
    assert first == second


def test_the_sample_has_a_page_for_every_country_and_theme(runs):
    pages = json.loads((runs[0] / "run.json").read_text(encoding="utf-8"))["pages"]
    assert sum(slug.startswith("country-") for slug in pages) == 25
    assert all((runs[0] / "site" / f"{slug}.html").is_file() for slug in pages)


def test_nothing_of_the_machine_is_on_a_page(runs):
    for name, content in bytes_of(runs[0] / "site").items():
        assert str(runs[0].parents[4]).encode() not in content, name
