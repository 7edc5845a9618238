"""Two releases around a withdrawal, compared line by line: nothing shows who left, or what they said.

One organisation of the sample is drawn each day; in ``make soak`` all of them leave, one at a time.
"""

import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.addons.convening.pages.principles import NOT_CLEARED
from glc_analysis.addons.withdrawal.withdrawal import withdraw
from glc_analysis.disclosure.blocks import own_quotations
from glc_analysis.disclosure.cells import LEAST_MEMBERS
from glc_analysis.reference import read_reference
from glc_analysis.release_store import CELLS, publish
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


def words_of_cell(study, organisation):
    """The words of all whose lines are hidden together with those of an organisation, as pages print them:
    five or more may have said each (``tests/acceptance/test_departures.py`` attacks the cells)."""
    cells = pd.read_parquet(study.private / "releases" / "convening" / "001" / CELLS)
    cell = cells.loc[cells["organisation_id"] == organisation, "cell"]
    members = {*cells.loc[cells["cell"].isin(cell), "organisation_id"]}
    assert not members or len(members) >= LEAST_MEMBERS
    frames = {name: tables.read(name, study=study) for name in tables.TABLES}
    quotes = read_reference(study).quotes
    quoted = pd.concat([own_quotations(frames, quotes, audience) for audience in READERS])
    rated = frames["ratings"]
    who = rated["organisation_id"].where(rated["organisation_id"] != "", rated["rater_id"])
    return {*quoted.loc[quoted["owner"].isin(members), "text"], *rated.loc[who.isin(members), "comment_read"],
            NOT_CLEARED, "Comments of raters"} - {""}


def left(printed, organisation, folder):
    """The sample after an organisation left, and what the two releases together show, by audience, but for
    the words of its cell."""
    study, before = printed
    names, words = names_of(study, organisation), words_of_cell(study, organisation)
    changed = Study(Path(shutil.copytree(study.root, folder / "changed")))
    withdraw(changed, organisation, today=date(2017, 6, 1))
    found = {audience: findings(before[audience], text_of(changed, audience), names=names,
                                undecided=undecided(study)) for audience in READERS}
    return changed, {audience: [line for line in lines if not any(text in line for text in words)]
                     for audience, lines in found.items()}


@pytest.mark.every_day
def test_two_releases_show_nothing_of_whoever_left(printed, tmp_path):
    for organisation in drawn(sorted(read_reference(printed[0]).organisations["organisation_id"]), 1):
        changed, found = left(printed, organisation, tmp_path / organisation)
        assert found == {audience: [] for audience in READERS}, organisation
        assert organisation not in set(read_reference(changed).signoffs["organisation_id"])


def test_without_the_rules_they_show_it(printed, tmp_path, monkeypatch):
    monkeypatch.setattr("glc_analysis.release_store.hidden_blocks", lambda *given, **named: set())
    monkeypatch.setattr("glc_analysis.release_store.lines_to_hide", lambda lines, *given: lines[:0])
    monkeypatch.setattr("glc_analysis.release_store.next_release", lambda fresh, *given: fresh)
    monkeypatch.setattr("glc_analysis.addons.convening.view._as_announced",
                        lambda view, rows: rows)
    _, found = left(printed, WELL_SEEN, tmp_path)
    assert all(len(found[audience]) > 20 for audience in READERS)
