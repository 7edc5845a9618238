"""Two releases around a withdrawal, compared line by line: nothing shows who left, or what they said.

One organisation of the sample is drawn; in ``make soak`` all of them leave, one at a time. Each day
``test_several_departures`` compares the pages of further releases in the same way, without the packets.
"""

import shutil
from datetime import date
from pathlib import Path

import pytest

from glc_analysis.addons.withdrawal.withdrawal import withdraw_organisation
from glc_analysis.disclosure.quotations import READING_AUDIENCES
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from tests.addons.convening.support.two_releases import (
    findings,
    names_of,
    text_of,
    undecided,
    words_of_cell,
)
from tests.support.share import drawn

pytestmark = pytest.mark.acceptance
WELL_SEEN = "canal-lamp"
"""An organisation with words, votes and a signature on many pages."""


def left(printed, organisation, folder):
    """The sample after an organisation left, and what the two releases together show, by audience, but for
    the words of its cell."""
    study, before = printed
    names, words = names_of(study, organisation), words_of_cell(study, organisation)
    changed = Study(Path(shutil.copytree(study.root, folder / "changed")))
    withdraw_organisation(changed, organisation, today=date(2017, 6, 1))
    found = {audience: findings(before[audience], text_of(changed, audience), names=names,
                                undecided=undecided(study)) for audience in READING_AUDIENCES}
    return changed, {audience: [line for line in lines if not any(text in line for text in words)]
                     for audience, lines in found.items()}


def test_two_releases_show_nothing_of_whoever_left(printed, tmp_path):
    for organisation in drawn(sorted(read_reference(printed[0]).organisations["organisation_id"]), 1):
        changed, found = left(printed, organisation, tmp_path / organisation)
        assert found == {audience: [] for audience in READING_AUDIENCES}, organisation
        assert organisation not in set(read_reference(changed).signoffs["organisation_id"])


def test_without_the_rules_they_show_it(printed, tmp_path, monkeypatch):
    monkeypatch.setattr("glc_analysis.release_store.find_blocks_hidden_for_missing_lines",
                        lambda *given, **named: set())
    monkeypatch.setattr("glc_analysis.release_store.find_lines_hidden_by_cell_rules",
                        lambda lines, *given: lines[:0])
    monkeypatch.setattr("glc_analysis.release_store.decide_next_release", lambda fresh, *given: fresh)
    monkeypatch.setattr("glc_analysis.addons.convening.view._as_announced",
                        lambda view, rows: rows)
    _, found = left(printed, WELL_SEEN, tmp_path)
    assert all(len(found[audience]) > 20 for audience in READING_AUDIENCES)
