"""The seal code on paper notices whatever is done to the closes of a study, and stays as it was otherwise."""

import json
import shutil
from pathlib import Path

import pytest

from glc_analysis.addons.convening.seal_code import find_latest_seal_code, list_closes_with_seal_codes
from glc_analysis.addons.convening.seals import store_shown_file_in_seal
from glc_analysis.study import Study
from tests.addons.convening.support.ballot_study import PROVIDERS, BallotStudy


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Rounds 1 and 2 closed, round 2 a second time with another ballot; ``codes`` those of each close."""
    study = BallotStudy(tmp_path_factory.mktemp("closed"))
    study.rounds({"1": ("2017-05-08", ""), "2": ("2017-05-09", "")})
    study.build()
    study.full_round(8, 8, 2, 9, round_id="1", raters=PROVIDERS[:8])
    study.full_round(8, 8, 2, 9, round_id="2", raters=PROVIDERS[:8])
    study.codes = [close(study, "1")]
    shutil.copytree(study.root / "private", study.root.parent / "older")
    shutil.copyfile(study.root / "reference/rounds.csv", study.root.parent / "older-rounds.csv")
    study.codes.append(close(study, "2"))
    assert study.glc("reopen", "2", "--because", "a form was held up").exit_code == 0
    study.vote("r09", 1, 1, 1, 1, round_id="2")
    study.codes.append(close(study, "2"))
    return study


def close(study, round_id):
    """Closes a round; the code that the terminal shows."""
    done = study.glc("tally", "--round", round_id, "--close", "--yes")
    assert done.exit_code == 0, done.stderr
    return done.stderr.partition("Seal code: ")[2][:9]


@pytest.fixture
def study(made, tmp_path):
    copied = made.copied(tmp_path / "study")
    copied.codes = made.codes
    return copied


def refused(study, code):
    """What `glc check --seal` says against a code; blank where it says nothing."""
    done = study.glc("check", "--seal", code)
    return done.stderr if done.exit_code else ""


def test_every_code_of_a_day_is_known_later(study):
    assert len({*study.codes}) == 3
    for code in study.codes:
        assert refused(study, code) == ""
    assert refused(study, study.codes[0].lower().replace("-", " ")) == ""


def test_a_study_rolled_back_to_an_older_copy_is_noticed(study, made):
    shutil.rmtree(study.root / "private")
    shutil.copytree(made.root.parent / "older", study.root / "private")
    shutil.copyfile(made.root.parent / "older-rounds.csv", study.root / "reference/rounds.csv")
    assert refused(study, study.codes[0]) == ""
    assert "do not give this seal code" in refused(study, study.codes[-1])


def test_a_round_that_is_removed_everywhere_is_noticed(study):
    shutil.rmtree(study.root / "private/rounds/1")
    rounds = study.root / "reference/rounds.csv"
    rounds.write_text("".join(row for row in rounds.read_text().splitlines(keepends=True)
                              if not row.startswith("1,")))
    for path in (study.root / "raw/ratings").glob("1-*"):
        path.unlink()
    assert "do not give this seal code" in refused(study, study.codes[-1])


def test_a_recount_that_is_deleted_is_noticed(study):
    shutil.rmtree(study.root / "private/rounds/2/2")
    (study.root / "private/rounds/2/reopened.csv").unlink()
    assert "do not give this seal code" in refused(study, study.codes[-1])


def test_a_page_to_project_that_is_edited_is_noticed(study):
    page = study.root / "reports/team/day/2/index.html"
    assert f"Seal code {study.codes[-1]}" in page.read_text(encoding="utf-8")
    page.write_text(page.read_text(encoding="utf-8").replace("Round 2", "Round two", 1), encoding="utf-8")
    assert "the page to project of round 2 differs from the page that the study makes now" in refused(
        study, study.codes[-1])


def test_a_page_to_project_in_another_language_that_the_study_does_not_make_is_noticed(study):
    (study.root / "reports/team/day/2/index-es.html").write_text("<html></html>", encoding="utf-8")
    said = refused(study, study.codes[-1])
    assert "index-es.html: the page to project of round 2 differs from the page that the" in said


def test_seals_that_are_swapped_are_given_back_their_names(study):
    rounds = study.root / "private/rounds"
    for one, other in (("1", "x"), ("2", "1"), ("x", "2")):
        (rounds / one).rename(rounds / other)
    for said in (refused(study, study.codes[-1]), study.glc("tally", "--round", "2").stderr):
        assert "private/rounds/1: the folder holds the ballots of round 2. To fix: give the folder" in said
        assert "do not give" not in said and "differs from the ballot sealed" not in said


@pytest.mark.parametrize(("spoil", "told"), [
    (Path.unlink, "the key of the digests is missing"),
    (lambda path: path.write_text("another key of this study, of some other day"),
     "no ballot of any round fits the key of the digests")])
def test_a_key_that_is_lost_or_another_is_said_and_not_taken_for_a_change(study, spoil, told):
    spoil(study.root / "private/digests.key")
    for said in (refused(study, study.codes[-1]), study.glc("tally", "--round", "2").stderr):
        assert f"private/digests.key: {told}" in said and "put the file back from a backup" in said
        assert "do not give" not in said and "differs from the ballot sealed" not in said


def test_what_is_no_code_is_refused(study):
    assert "is not a seal code" in refused(study, "AEIOU")


def test_what_is_kept_of_the_slides_later_leaves_the_code_as_it_is(study):
    opened = Study(study.root)
    path = study.root / "private/rounds/2/2/seal.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"slides": ""}))
    store_shown_file_in_seal(opened, "2", "slides", b"<html></html>")
    assert find_latest_seal_code(opened) == study.codes[-1] == list_closes_with_seal_codes(opened)[-1][1]
