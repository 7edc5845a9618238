"""Two releases around a withdrawal, compared line by line: nothing shows who left, or what they said.

The other organisations of the sample are tried in ``tests/acceptance/test_two_releases.py``.
"""

import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from glc_analysis.disclosure.blocks import LINES, PublishedBlocks, hidden_blocks
from glc_analysis.disclosure.releases import publish
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from glc_analysis.view import StudyView
from glc_analysis.withdrawal.withdrawal import withdraw
from tests.two_releases import findings, names_of, text_of

READERS = ("convening", "public")
NOBODY = pd.DataFrame({"organisation_id": [], "network_id": []}, dtype="str")


def lines(*rows):
    return pd.DataFrame(rows, columns=LINES)


def without(release, *organisations):
    """A stored release after organisations withdrew."""
    is_gone = release.lines["organisation_id"].isin(organisations)
    return PublishedBlocks(release.sizes, release.lines[~is_gone])


WORDS = lines(*(("quotations/needs", f"q{k}", f"o{k}") for k in range(8)), ("quotations/care", "q9", "o9"))


def test_a_block_that_lost_a_line_is_hidden_and_the_others_stay():
    first = PublishedBlocks.of(WORDS, ())
    for earlier in (first, without(first, "o3")):
        assert hidden_blocks(WORDS.drop(index=3), [earlier], NOBODY, 5) == {"quotations/needs"}


def test_a_line_that_comes_hides_nothing():
    more = pd.concat([WORDS, lines(("quotations/needs", "q10", "o10"))])
    assert hidden_blocks(more, [PublishedBlocks.of(WORDS, ())], NOBODY, 5) == set()


def test_a_block_returns_when_enough_others_have_changed_since_every_release_that_had_it():
    first = without(PublishedBlocks.of(WORDS, ()), "o3")
    others = [("quotations/needs", f"n{k}", f"new{k}") for k in range(5)]
    for n, hidden in ((4, {"quotations/needs"}), (5, set())):
        today = pd.concat([WORDS.drop(index=3), lines(*others[:n])])
        assert hidden_blocks(today, [first], NOBODY, 5) == hidden
    second = PublishedBlocks.of(today, ())
    later = today[today["organisation_id"] != "new0"]
    assert hidden_blocks(later, [first, second], NOBODY, 5) == {"quotations/needs"}


def test_organisations_of_one_network_are_one_that_changed():
    first = without(PublishedBlocks.of(WORDS, ()), "o3")
    others = lines(*(("quotations/needs", f"n{k}", f"new{k}") for k in range(5)))
    net = pd.DataFrame({"organisation_id": [f"new{k}" for k in range(5)], "network_id": "net"})
    today = pd.concat([WORDS.drop(index=3), others])
    assert hidden_blocks(today, [first], net, 5) == {"quotations/needs"}


def test_what_was_hidden_is_not_compared_with():
    first = PublishedBlocks.of(WORDS, {"quotations/needs"})
    assert hidden_blocks(WORDS.drop(index=3), [first], NOBODY, 5) == set()


def test_where_words_have_names_the_pages_that_are_hidden_do_not_meet_in_one_organisation():
    """o1 was on two pages; nobody else was on both."""
    both = lines(("quotations/needs", "q1", "o1"), ("quotations/needs", "q2", "o2"),
                 ("evidence/P01", "q1", "o1"), ("evidence/P01", "q3", "o3"), ("quotations/care", "q4", "o4"))
    first, today = without(PublishedBlocks.of(both, ()), "o1"), both[both["organisation_id"] != "o1"]
    assert hidden_blocks(today, [first], NOBODY, 5) == {"quotations/needs", "evidence/P01"}
    assert hidden_blocks(today, [first], NOBODY, 5, are_named=True) == {*both["block_id"]}


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


@pytest.mark.parametrize("organisation", ["canal-lamp"])
def test_two_releases_show_nothing_of_who_left(printed, organisation, tmp_path):
    changed, found = left(printed, organisation, tmp_path)
    assert found == {audience: [] for audience in READERS}
    assert organisation not in set(read_reference(changed).signoffs["organisation_id"])


def test_without_the_rules_they_show_it(printed, tmp_path, monkeypatch):
    monkeypatch.setattr("glc_analysis.disclosure.releases.hidden_blocks", lambda *given, **named: set())
    monkeypatch.setattr("glc_analysis.disclosure.releases.next_release", lambda fresh, *given: fresh)
    monkeypatch.setattr("glc_analysis.disclosure.visible_tables.VisibleTables._as_announced",
                        lambda view, rows: rows)
    _, found = left(printed, "canal-lamp", tmp_path)
    assert all(len(found[audience]) > 20 for audience in READERS)
