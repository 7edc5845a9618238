"""Broken rating forms, others each day: each is read, or refused with our error, and leaves nothing behind.

A failure gives its number: `python -m tests.addons.convening.acceptance.test_fuzz KIND NEW-FOLDER NUMBER`
tries that file and those after it, and leaves the last one in the folder.
"""

import pandas as pd
import pytest

from glc_analysis.addons.convening.form_files import write_form_workbook
from glc_analysis.addons.convening.rating_forms import RatingForm
from glc_analysis.addons.convening.ratings import read_ratings_file
from glc_analysis.text import content_hash
from tests.addons.convening.support.form_study import fill
from tests.support.broken_files import large_workbooks, read_or_refused, rounds, work

pytestmark = [pytest.mark.acceptance, pytest.mark.every_day]
EVERY_ROUND = {"form.xlsx": 300, "kobo.csv": 600}


def rating_form(folder):
    rows = pd.DataFrame({"principle_id": ["P01", "P02"], "printed_id": ["P01.1", "P02.2"],
                         "statement": ["Rest first.", "خططوا معا."], "language": ["en", "ar"]})
    rows["text_version"] = rows["statement"].map(content_hash)
    write_form_workbook(folder / "empty.xlsx", RatingForm("1", "r12", "en", rows))
    scores = {"importance": 8, "feasibility": 3, "comment": "Sí “x”", "may_be_read": "yes"}
    fill(folder / "empty.xlsx", folder / "form.xlsx", {0: scores, 1: {"abstain": "x"}})


def kobo():
    boxes = ["stamp", "abstain", "importance", "feasibility", "comment", "may_be_read"]
    names = ["rater_id", *(f"p_P01/{box}_P01" for box in boxes), "p_P01/abstain_P01/x", "_id", "_uuid"]
    rows = [f"r{n};1 P01.1 9745af7abe75;;{n};3;Sí “x”;yes;0;{n};u{n}" for n in range(1, 10)]
    return "\n".join([";".join(names), *rows, ""])


def seeds(folder):
    """A whole file of each kind."""
    rating_form(folder)
    return {"form.xlsx": [(folder / "form.xlsx").read_bytes()], "kobo.csv": [kobo().encode()]}


def attacks(kind, whole):
    return large_workbooks(whole) if kind == "form.xlsx" else []


@pytest.mark.parametrize("kind", EVERY_ROUND)
def test_each_broken_form_is_read_or_refused_and_leaves_nothing(kind, tmp_path):
    read_or_refused("tests.addons.convening.acceptance.test_fuzz", kind, rounds(EVERY_ROUND, kind), tmp_path)


if __name__ == "__main__":
    work(seeds, attacks, lambda kind: read_ratings_file, EVERY_ROUND)
