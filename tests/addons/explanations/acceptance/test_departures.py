"""Two releases around a departure, as an attacker compares them: explanations do not show whose words they
rested on.

The attacker knows who left, the cells, and both releases. An explanation rests on one member of a cell,
another of the same principle does not. Whoever of the cell leaves, the attacker must read the same.
"""

import re
from datetime import date

import pandas as pd
import pytest

from glc_analysis.addons.explanations.checks import list_reopened_or_hidden_explanations
from glc_analysis.addons.explanations.pages import show_explanations_of_principle
from glc_analysis.addons.withdrawal.withdrawal import withdraw_organisation
from glc_analysis.build import build
from glc_analysis.reference import read_reference, read_reference_table
from glc_analysis.release_store import CELLS, record_next_release_as_published
from glc_analysis.view.study_view import StudyView
from tests.addons.explanations.support.quoted_study import (
    OFTEN,
    SELDOM,
    copy_of,
    explanation,
    quoted_study,
    segment,
)
from tests.support.study_writer import write_reference

pytestmark = [pytest.mark.acceptance, pytest.mark.every_day]
CITED, *NOT_CITED = SELDOM
READERS = ("convening", "public")


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """The study after a release to both audiences."""
    study = quoted_study(tmp_path_factory.mktemp("printed") / "study", [
        explanation("P01", 1, CITED, *OFTEN[:2]), explanation("P01", 2, *OFTEN[2:]),
        explanation("P02", 1, *NOT_CITED[1:])])
    for audience in READERS:
        record_next_release_as_published(study, audience)
    return study


def read_by(study, audience):
    """What the explanations of each principle say, and the quotations that are shown with them."""
    pages = {one: show_explanations_of_principle(StudyView(study, audience, principle=one))
             for one in ("P01", "P02")}
    return {one: re.sub(r"<[^>]+>", " ", page.data).split() for one, page in pages.items() if page}


def left(study, organisation, folder):
    changed = copy_of(study, folder / organisation)
    withdraw_organisation(changed, organisation, today=date(2018, 6, 1))
    return changed


def taken_back(study, organisation, folder):
    """The study after an organisation took its first words back."""
    changed = copy_of(study, folder / f"quotes of {organisation}")
    quotes = read_reference_table(changed, "quotes")
    quotes.loc[quotes["segment_id"] == segment(organisation), "status"] = "removed"
    write_reference(changed.root, "quotes", quotes.to_dict("records"))
    build(changed)
    return changed


def test_both_audiences_read_all_before(printed):
    cells = pd.read_parquet(printed.private / "releases/public/001" / CELLS)
    assert sorted(sorted(own) for _, own in cells.groupby("cell")["organisation_id"]) == [SELDOM, OFTEN]
    for audience in READERS:
        assert {one: page.count("Circumstances") for one, page in read_by(printed, audience).items()} == {
            "P01": 2, "P02": 1}
        assert len(StudyView(printed).find_readable_principle_explanations(audience)) == 3


def test_whoever_of_a_cell_leaves_or_takes_words_back_readers_find_the_same(printed, tmp_path):
    after = [left(printed, CITED, tmp_path), left(printed, NOT_CITED[0], tmp_path),
             taken_back(printed, CITED, tmp_path), taken_back(printed, NOT_CITED[0], tmp_path)]
    for audience in READERS:
        read = [read_by(study, audience) for study in after]
        assert read[0].keys() == {"P01"} and read[0]["P01"].count("Circumstances") == 1
        assert all(other == read[0] for other in read[1:])
    for study in after:  # whichever it was, the team is asked to look at the explanation
        asked = " ".join(list_reopened_or_hidden_explanations(study, read_reference(study)))
        assert "xplanation 1 of P01" in asked and "xplanation 2 of P01" not in asked
    for study in after[:2]:
        read_again(study)
    for audience in READERS:
        read = [read_by(study, audience) for study in after[:2]]
        assert read[0]["P01"].count("Circumstances") == 2 and read[0] == read[1]


def read_again(study):
    """The team chooses other passages for the explanation and reads it."""
    rows = read_reference_table(study, "explanations").to_dict("records")
    rows[0] |= {"passages_for": ";".join(segment(one, 2) for one in OFTEN[:3]), "date": "2018-07-01",
                "shown_for": "convening;public"}
    write_reference(study.root, "explanations", rows)
    build(study)
