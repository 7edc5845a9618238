"""Two and three organisations leave one after the other, and after each departure a release follows.

The reader keeps all four releases to the convening and to the public, knows from the signatures who left, and
compares each release with each. Two organisations are drawn by the day; in ``make soak`` all leave in threes.
"""

import random
import shutil
from collections import Counter
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import pytest

from glc_analysis import tables
from glc_analysis.addons.withdrawal.withdrawal import withdraw_organisation
from glc_analysis.disclosure.quotations import READING_AUDIENCES
from glc_analysis.figures.contributors import find_contributors
from glc_analysis.reference import read_reference
from glc_analysis.release_store import record_next_release_as_published
from glc_analysis.study import Study
from tests.addons.convening.support.two_releases import (
    Text,
    cell_of,
    findings,
    names_of,
    text_of,
    undecided,
    words_by_owner,
    words_of_cell,
)
from tests.support.attacker import Attack
from tests.support.share import SEED, drawn, share
from tests.support.small_surveys import SETTINGS
from tests.support.subtraction import subsets, subtracted

pytestmark = pytest.mark.acceptance
READER_AND_ALLY = 2
WELL_SEEN = "canal-lamp"
"""An organisation with words on many pages."""


class Release(NamedTuple):
    """What readers have of one release, by audience, with the truth behind its figures."""

    texts: dict[str, Text]
    figures: dict[str, Attack]


def release_of(study: Study, texts: dict[str, Text]) -> Release:
    frames = {name: tables.read_table(name, study=study) for name in tables.TABLES}
    behind = find_contributors(frames)
    return Release(texts, {audience: Attack(frames, behind, frames[f"release_{audience}"], SETTINGS, audience)
                           for audience in READING_AUDIENCES})


def leave(study: Study, leaver: str, month: int) -> Release:
    """The release that follows a departure. What packets print is what the pages print."""
    withdraw_organisation(study, leaver, today=date(2017, month, 1))
    for audience in READING_AUDIENCES:
        record_next_release_as_published(study, audience)
    return release_of(study, {audience: text_of(study, audience, has_packets=False)
                              for audience in READING_AUDIENCES})


def without_packets(text: Text) -> Text:
    return Text({place: lines for place, lines in text.lines.items() if not place.startswith("packet ")},
                {place: lists for place, lists in text.lists.items() if not place[0].startswith("packet ")})


def all_releases(printed, leavers: tuple[str, ...], folder: Path) -> list[Release]:
    """The first release, and one after each departure."""
    study, texts = printed
    first = release_of(study, {audience: without_packets(text) for audience, text in texts.items()})
    changed = Study(Path(shutil.copytree(study.root, folder / "changed")))
    return [first, *(leave(changed, leaver, month) for month, leaver in enumerate(leavers, start=6))]


def in_threes(study: Study) -> list[tuple[str, ...]]:
    """The organisations in the order of the day, each in one group of three."""
    every = sorted(read_reference(study).organisations["organisation_id"])
    random.Random(SEED).shuffle(every)
    return [*zip(every[::3], every[1::3], every[2::3], strict=True)]


def compared(study: Study, releases: list[Release], leavers: tuple[str, ...]) -> list[str]:
    """What any two of the releases show of those who had left by the later one, but for words."""
    open_ones, found = undecided(study), []
    for then, now in combinations(range(len(releases)), 2):
        gone = leavers[:now]
        names = set().union(*(names_of(study, leaver) for leaver in gone))
        words = set().union(*(words_of_cell(study, leaver) for leaver in gone))
        for audience in READING_AUDIENCES:
            first, second = (releases[at].texts[audience] for at in (then, now))
            lines = findings(first, second, names=names, undecided=open_ones)
            found += [f"{audience} {then + 1}-{now + 1}, {line}" for line in lines
                      if not any(text in line for text in words)]
    return found


def answers_told(releases: list[Release], leavers: tuple[str, ...]) -> list[tuple]:
    """Answers that are certain from the figures of two releases, for nobody who knows and for two leavers."""
    found = []
    for first, second in combinations(releases, 2):
        for audience in READING_AUDIENCES:
            then, now = (one.figures[audience] for one in (first, second))
            for key in then.tables:
                if then.printed.get(key) != now.printed.get(key):
                    found += [(audience, key, *told) for subset in subsets(then, now, key)
                              for known in ((), *combinations(leavers, READER_AND_ALLY))
                              for told in subtracted(then, now, key, known, subset)]
    return found


def owners_seen(release: Release, owner_of: dict[str, str]) -> set[str]:
    """Those of whom some words are read by anybody."""
    said = " ".join(" ".join(text.whole.split()) for text in release.texts.values())
    return {owner for text, owner in owner_of.items() if " ".join(text.split()) in said}


def still_read(study: Study, releases: list[Release], leavers: tuple[str, ...]) -> list[tuple]:
    """Those of a leaver's cell of whose words some stand in a later release, and those of other cells of whom
    nothing is left."""
    owner_of = words_by_owner(study)
    seen = [owners_seen(release, owner_of) for release in releases]
    found = []
    for k in range(1, len(releases)):
        hidden = set().union(*(cell_of(study, leaver) for leaver in leavers[:k]))
        found += [(k, leavers[:k], owner) for owner in (seen[k] & hidden) | (seen[0] - seen[k] - hidden)]
    return found


def test_releases_after_departures_show_nothing_of_those_who_left(printed, tmp_path):
    study = printed[0]
    for group in drawn(in_threes(study), 1):
        leavers = group[:share(3, 2)]
        releases = all_releases(printed, leavers, tmp_path / leavers[0])
        assert compared(study, releases, leavers) == [], leavers
        assert answers_told(releases, leavers) == [], leavers
        assert still_read(study, releases, leavers) == [], leavers


def changed(text: Text, edit) -> Text:
    """The text with each line edited, or gone where the edit gives nothing."""
    def edited(lines):
        return [new for line in lines if (new := edit(line))]

    return Text({place: Counter(edited(lines.elements())) for place, lines in text.lines.items()},
                {place: [*map(edited, lists)] for place, lists in text.lists.items()})


def test_words_that_go_alone_and_numbers_that_fall_by_one_are_found(printed):
    """As they would be without the rules; ``test_two_releases`` and ``test_consecutive_releases`` switch them
    off in the study itself."""
    study, texts = printed
    first = Release({audience: without_packets(text) for audience, text in texts.items()}, {})
    own = [text for text, owner in words_by_owner(study).items() if owner == WELL_SEEN]
    alone = Release({audience: changed(text, lambda line: "" if any(one in line for one in own) else line)
                     for audience, text in first.texts.items()}, {})
    assert {owner for *_, owner in still_read(study, [first, alone], (WELL_SEEN,))} == (
        owners_seen(first, words_by_owner(study)) & cell_of(study, WELL_SEEN)) - {WELL_SEEN} != set()
    fewer = Release({audience: changed(text, lambda line: line.replace("17 of 30", "16 of 29"))
                     for audience, text in first.texts.items()}, {})
    assert len(compared(study, [first, fewer], (WELL_SEEN,))) > len(READING_AUDIENCES)
