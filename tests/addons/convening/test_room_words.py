"""Who asked and why, typed in the room: no person, no rater, and no organisation that refused its name."""

import shutil

import pandas as pd
import pytest
from click.testing import CliRunner

from glc_analysis.addons.convening.principles import (
    resolve_requester_refusing_persons,
    tidy_reason_refusing_names,
)
from glc_analysis.addons.convening.slides import write_slides
from glc_analysis.cli import cli
from glc_analysis.errors import Faults, UsageError
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from glc_analysis.view.visible_tables import VisibleTables
from tests.addons.convening.support.ballot_study import BallotStudy
from tests.support.built_studies import built

PERSONS = "name,kind,pseudonym,match,allowed_for,reason\nMaria Lopez,person,,folded,,somebody who spoke\n"


@pytest.fixture
def study(tmp_path):
    """Round 1 is closed with all votes; Harbour may be named at the convening, Beacon may not."""
    small = BallotStudy(tmp_path)
    small.rounds({"1": ("2017-05-08", "2017-05-08"), "2": ("2017-05-09", "2017-05-09")})
    small.full_round(8, 8, 7, 7)
    small.full_round(8, 8, 7, 7, round_id="2")
    small.write_table("names", PERSONS)
    return small


def reference(study):
    return read_reference(Study(study.root))


@pytest.mark.parametrize("typed", ["beacon", "Beacon", "BEACON", " beakon ", "Beacom"])
def test_an_organisation_is_kept_as_its_id_however_it_is_typed(study, typed):
    assert resolve_requester_refusing_persons(reference(study), typed) == "beacon"


@pytest.mark.parametrize("typed", ["the room", "The room", "Survivor advisers", "the providers",
                                   "a table of guests"])
def test_a_panel_the_room_and_a_group_stay_as_typed(study, typed):
    assert resolve_requester_refusing_persons(reference(study), typed) == typed


@pytest.mark.parametrize("typed", ["Maria Lopez", "maria lopez", "Anna Berg", "Maria from the kitchen",
                                   "r07", "Org 33"])
def test_a_person_and_a_rater_are_refused(study, typed):
    with pytest.raises(UsageError, match="To fix: "):
        resolve_requester_refusing_persons(reference(study), typed)


@pytest.mark.parametrize("typed", ["r07 has not read it", "R07 has not read it", "María López asked",
                                   "Beacon asked"])
def test_a_reason_that_names_somebody_is_refused(study, typed):
    with pytest.raises(UsageError, match="The room reads these words, and the words name '"):
        tidy_reason_refusing_names(reference(study), typed)


def test_a_reason_that_names_nobody_is_kept(study):
    assert tidy_reason_refusing_names(reference(study), " All  gave P01 8 or 9. ") == "All gave P01 8 or 9."


def slides(study, round_id="2"):
    built(Study(study.root))
    return write_slides(Study(study.root), round_id).read_text(encoding="utf-8")


@pytest.mark.acceptance
def test_slides_do_not_name_an_organisation_that_refused_though_its_name_was_typed(study):
    done = study.glc("withdraw-text", "P02", "--asked-by", "Beacon", "--because", "It says two things.")
    assert done.exit_code == 0, done.stderr
    shown = slides(study)
    assert "It says two things." in shown and "an organisation" in shown and "eacon" not in shown


@pytest.mark.acceptance
@pytest.mark.parametrize("why", [("Maria Lopez", "So."), ("the room", "r07 has not read it"), ("r07", "So.")])
@pytest.mark.parametrize("command", [
    ("forms", "--round", "3", "--without", "P01", "--decided-by"), ("object", "P01", "--by"),
    ("withdraw-text", "P01", "--asked-by"), ("amend", "P01", "--text", "New.", "--asked-by"),
    ("propose", "--text", "New.", "--asked-by"),
    ("split", "P01", "--text", "A.", "--text", "B.", "--asked-by")])
def test_a_command_refuses_a_name_and_writes_nothing(study, command, why):
    before = {path: path.read_bytes() for path in study.root.rglob("*.csv")}
    done = study.glc(*command, why[0], "--because", why[1])
    assert done.exit_code == 2 and done.stderr.count("To fix: ") == 1
    assert {path: path.read_bytes() for path in study.root.rglob("*.csv")} == before


def test_the_prompt_says_who_reads_the_answer_and_asks_again_where_it_names_somebody(study):
    done = CliRunner().invoke(cli, ["--study", str(study.root), "withdraw-text", "P01"],
                              input="Maria Lopez\nThe room\nr07 was late\nSo.\ny\n")
    assert done.exit_code == 0, done.stderr
    asked = "Asked for by (an organisation, a panel or the room, never a person's name: slides and packets"
    assert done.stderr.count(asked) == 2
    assert done.stderr.count("Because (shown to the room: no person's") == 2
    row = reference(study).decision_log.iloc[0]
    assert (row["proposed_by"], row["decision"]) == ("The room", "P01.1 is withdrawn: So.")


@pytest.mark.acceptance
def test_a_finding_in_the_reason_why_a_round_was_opened_again_says_where_it_stands(study):
    study.spoil("reference/rounds.csv", ("2017-05-09,2017-05-09", "2017-05-09,"))
    late = study.root / "raw/ratings/2-r09.csv"
    form = late.read_bytes()
    late.unlink()
    assert study.glc("tally", "--round", "2", "--close", "--yes").exit_code == 0
    study.glc("reopen", "2", "--because", "a form was held up")
    late.write_bytes(form)
    path = study.root / "private/rounds/2/reopened.csv"
    path.write_text(path.read_text().replace("a form", "r09"))  # as written before such a reason was refused
    done = study.glc("tally", "--round", "2", "--close", "--yes")
    assert "private/rounds/2/reopened.csv, row 2, column because, value 'r09'" in done.stderr
    path.write_text(path.read_text().replace("r09", "a form"))
    assert study.glc("tally", "--round", "2", "--close", "--yes").exit_code == 0


@pytest.mark.acceptance
def test_there_are_no_slides_with_a_name_that_somebody_wrote_by_hand(study):
    study.write_table("decision_log", "date,principle_id,decision,proposed_by,objections,reservations\n"
                      "2017-05-09,,Agreed,the room,,\n")
    slides(study)
    study.write_table("decision_log", "date,principle_id,decision,proposed_by,objections,reservations\n"
                      "2017-05-09,,Agreed,Maria Lopez,r07 objects,\n")
    with pytest.raises(Faults) as found:
        slides(study)
    assert {fault.value for fault in found.value.faults} == {"Maria Lopez", "r07"}
    assert {fault.file for fault in found.value.faults} == {"decision_log.csv"}
    assert not (study.root / "reports/team/day/2/index.html").exists()


def test_an_organisation_that_voted_and_answered_nothing_is_not_named_by_its_id(sample_study, tmp_path):
    root = shutil.copytree(sample_study.root, tmp_path / "study")
    with (root / "private/reference/organisations.csv").open("a", encoding="utf-8") as register:
        register.write("quiet-hill,Quiet Hill,service_provider,,KEN,2001,low\n")
    view = VisibleTables(Study(root), "convening")
    said = view.replace_organisation_ids_with_names(pd.Series(["quiet-hill", "the room"]))
    assert said.tolist() == ["an organisation", "the room"]
