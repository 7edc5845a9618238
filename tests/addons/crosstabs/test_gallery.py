"""The gallery: twelve questions, each in at most six lines; a wrong name is answered with the nearest."""

import json
import re
from pathlib import Path

import pytest

from glc_analysis.errors import UsageError
from glc_analysis.view.study_view import open_study

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def cells():
    return json.loads((ROOT / "notebooks/gallery.ipynb").read_text(encoding="utf-8"))["cells"]


def test_the_gallery_answers_twelve_questions_each_in_at_most_six_lines(cells):
    headings = [line for one in cells if one["cell_type"] == "markdown" for line in one["source"]
                if line.startswith("## ")]
    assert [int(re.search(r"\d+", one)[0]) for one in headings] == [*range(1, 13)]
    code = [one for one in cells if one["cell_type"] == "code"][2:]
    assert len(code) >= 12 and max(len(one["source"]) for one in code) <= 6
    assert not re.search(r"read_csv|open\(|\bdef ", "".join(line for one in code for line in one["source"]))


def test_make_lab_opens_at_the_gallery():
    assert "--LabApp.default_url=/lab/tree/notebooks/gallery.ipynb" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize(("ask", "nearest"), [
    (lambda view: view.counts("Q4.11"), "Q4.1"), (lambda view: view.passages(code="outreech"), "outreach"),
    (lambda view: view.quotations(theme="need"), "needs"),
    (lambda view: view.counts("Q4.1", by="regon"), "region")])
def test_a_wrong_name_is_answered_with_the_nearest(sample_study, ask, nearest):
    with pytest.raises(UsageError, match=nearest):
        ask(open_study(sample_study.root).view("team"))
