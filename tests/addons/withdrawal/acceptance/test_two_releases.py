"""Two releases around a withdrawal, compared line by line: nothing shows who left, or what they said.

One organisation of the sample is drawn each day; in ``make soak`` all of them leave, one at a time.
"""

import shutil
from datetime import date
from pathlib import Path

import pytest

from glc_analysis.addons.withdrawal.withdrawal import withdraw
from glc_analysis.reference import read_reference
from glc_analysis.release_store import publish
from glc_analysis.study import Study
from glc_analysis.view.study_view import StudyView
from tests.addons.convening.support.two_releases import findings, names_of, text_of
from tests.support.share import drawn

pytestmark = pytest.mark.acceptance
READERS = ("convening", "public")
WELL_SEEN = "canal-lamp"
"""An organisation with words, votes and a signature on many pages."""


@pytest.fixture(scope="module")
def printed(sample_study, tmp_path_factory):
    """The sample after a release to the convening and one to the public, and the text of both."""
    study = Study(Path(shutil.copytree(sample_study.root, tmp_path_factory.mktemp("printed") / "study")))
    for audience in READERS:
        publish(study, audience)
    return study, {audience: text_of(study, audience) for audience in READERS}


def undecided(study):
    rows = StudyView(study, "convening").principle_rows
    rows = rows[rows["status"] != "agreed"]
    return {*rows["principle_id"], *rows["short_name"]}


def left(printed, organisation, folder):
    """The sample after an organisation left, and what the two releases together show, by audience."""
    study, before = printed
    names = names_of(study, organisation)
    changed = Study(Path(shutil.copytree(study.root, folder / "changed")))
    withdraw(changed, organisation, today=date(2017, 6, 1))
    return changed, {audience: findings(before[audience], text_of(changed, audience), names=names,
                                        undecided=undecided(study)) for audience in READERS}


@pytest.mark.every_day
def test_two_releases_show_nothing_of_whoever_left(printed, tmp_path):
    for organisation in drawn(sorted(read_reference(printed[0]).organisations["organisation_id"]), 1):
        changed, found = left(printed, organisation, tmp_path / organisation)
        assert found == {audience: [] for audience in READERS}, organisation
        assert organisation not in set(read_reference(changed).signoffs["organisation_id"])


def test_without_the_rules_they_show_it(printed, tmp_path, monkeypatch):
    monkeypatch.setattr("glc_analysis.release_store.hidden_blocks", lambda *given, **named: set())
    monkeypatch.setattr("glc_analysis.release_store.next_release", lambda fresh, *given: fresh)
    monkeypatch.setattr("glc_analysis.addons.convening.view._as_announced",
                        lambda view, rows: rows)
    _, found = left(printed, WELL_SEEN, tmp_path)
    assert all(len(found[audience]) > 20 for audience in READERS)
