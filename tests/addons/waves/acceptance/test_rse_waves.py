"""A real survey of two waves: each compared question equals a count of the raw files, made without us."""

import csv
import shutil
from collections import Counter

import pytest

from glc_analysis.build import build
from glc_analysis.digests import write_digest_key_if_missing
from glc_analysis.errors import UsageError
from glc_analysis.study import REPOSITORY, Study
from glc_analysis.view.study_view import StudyView

pytestmark = [pytest.mark.acceptance, pytest.mark.every_day]
FILES = {"2017": ("2017_de", "2017_uk", "2017_us"), "2018": ("2018_all",)}
COMPARED = {"soft2can": {}, "currentEmp12": {"Full Time": "Full time", "Part-time": "Part time"},
            "tool2": dict.fromkeys(["Other", "Android", "iOS"], "Other or Android or iOS")}


@pytest.fixture(scope="module")
def view(shared_data, tmp_path_factory):
    root = tmp_path_factory.mktemp("rse")
    for folder in ("raw/survey", "private/reference"):
        (root / folder).mkdir(parents=True)
    shutil.copytree(REPOSITORY / "tests/studies/rse_waves", root, dirs_exist_ok=True)
    for name in (name for names in FILES.values() for name in names):
        shutil.copy(shared_data / f"rse_waves/{name}.csv", root / "raw/survey")
    write_digest_key_if_missing(root, b"the invented key of all studies of tests")
    build(Study(root))
    return StudyView(Study(root), "team")


def raw_counts(shared_data, question, wave):
    """How often each answer stands in the column of a question, in all files of a wave."""
    n = Counter()
    for name in FILES[wave]:
        with (shared_data / f"rse_waves/{name}.csv").open(encoding="utf-8-sig", newline="") as lines:
            header, *rows = csv.reader(lines)
        at, = [k for k, heading in enumerate(header) if heading.startswith(f"{question}.")]
        n.update(row[at] for row in rows if row[at] not in ("", "Prefer not to say"))
    return n


@pytest.mark.parametrize("question", COMPARED)
def test_every_count_by_wave_is_that_of_the_raw_files(question, view, shared_data):
    rows = view.counts(question, by="wave")
    for wave in FILES:
        expected = Counter()
        for answer, n in raw_counts(shared_data, question, wave).items():
            expected[COMPARED[question].get(answer, answer)] += n
        own = rows[rows["group"] == wave]
        assert {option: n for option, n in zip(own["option"], own["n"], strict=True) if n} == expected
        assert {*own["base_n"]} == {expected.total()}


def test_the_figures_of_the_study_are_those_of_2018(view):
    assert view.sizes["records"] == 997


def test_what_looks_the_same_and_is_not_is_not_compared(view):
    with pytest.raises(UsageError, match="the wording changed .2018 asks about software for academic"):
        view.counts("rse1", by="wave")
    with pytest.raises(UsageError, match="asked in 2017 only"):
        view.counts("open01can", by="wave")


def test_nobody_is_known_to_have_answered_both(view):
    assert view.transitions("soft2can").empty
