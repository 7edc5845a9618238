"""Whoever leaves a study is taken out of the store of releases; figures that were published stay."""

import pandas as pd
import pytest

from glc_analysis.addons.withdrawal.stored_releases import (
    delete_digests_of_superseded_releases,
    erase_from_stored_releases,
)
from glc_analysis.build import build
from glc_analysis.manifest import CONTENT, are_tables_current, rename_next_release_folder
from tests.support.released_study import LATER, ROWS, seen, small, survey


@pytest.fixture
def study(tmp_path):
    """A small study after its first public release."""
    made = small(tmp_path / "study")
    rename_next_release_folder(made.private, "public", 1)
    return made


@pytest.mark.acceptance
def test_a_store_that_changed_makes_the_tables_stale_once(study):
    survey(study, *ROWS, *LATER)
    erase_from_stored_releases(study, {"org-00"})
    (study.private / "releases/public/001/behind.parquet").touch()
    assert are_tables_current(study)
    survey(study, *ROWS[1:])
    assert len(erase_from_stored_releases(study, {"org-00"})) == 1 and not are_tables_current(study)
    build(study)
    assert are_tables_current(study)


def test_a_withdrawal_forgets_the_digest_of_what_was_published_unless_todays_tables_say_the_same(study):
    """Guesses at what was withdrawn could be compared with it."""
    digest = study.private / "releases/public/001" / CONTENT
    delete_digests_of_superseded_releases(study)
    assert digest.is_file()
    (study.private / "releases/public/next").mkdir()
    delete_digests_of_superseded_releases(study)
    assert not digest.exists()


def test_what_a_leaver_gave_to_a_release_is_taken_out_of_the_store(study):
    survey(study, *ROWS[1:])
    assert len(erase_from_stored_releases(study, {"org-00"})) == 1
    behind = pd.read_parquet(study.private / "releases/public/001/behind.parquet")
    assert {*behind["organisation_id"]} == {row["org"] for row in ROWS[1:]}


def test_one_of_whom_a_release_has_nothing_may_leave(study):
    assert len(erase_from_stored_releases(study, {"nobody"})) == 0


@pytest.mark.acceptance
def test_one_who_left_is_in_no_kept_release_and_one_who_stays_is(study):
    survey(study, *ROWS[1:])
    listed = erase_from_stored_releases(study, {"org-00"})
    assert listed[["kind", "where"]].values.tolist() == [["release", "private/releases/public/001"]]
    assert "8 published figures stay" in listed["what"].item()
    assert len(erase_from_stored_releases(study, {"org-01"})) == 0
    behind = pd.read_parquet(study.private / "releases/public/001/behind.parquet")
    assert set(behind["organisation_id"].cat.categories) == {row["org"] for row in ROWS[1:]}
    build(study)
    assert seen(study) == (2, "2016-05-20", 10, 20)  # the figures stay; the methods say no counts
