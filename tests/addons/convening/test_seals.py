"""A closed round stays as it was counted, whatever happens in the folder; opened again, it says so."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glc_analysis import tables
from glc_analysis.addons.convening import seals
from glc_analysis.addons.convening.ballots import Ballots, remove_files_from_manifest
from glc_analysis.addons.convening.consensus import compute_tally_columns
from glc_analysis.addons.convening.principles import tidy_reason_refusing_names
from glc_analysis.addons.convening.round_roles import add_proxies_and_interests
from glc_analysis.addons.convening.seals import erase_raters_from_seals, read_seals, renew_seal_digests
from glc_analysis.addons.convening.slides import write_slides
from glc_analysis.addons.withdrawal.withdrawal import withdraw_organisation
from glc_analysis.digests import replace_with_derived_digest_key
from glc_analysis.errors import Faults, GLCError
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from glc_analysis.view.visible_tables import VisibleTables
from tests.addons.convening.support.ballot_study import ADVISERS, PROVIDERS, BallotStudy
from tests.support.share import share

SEALED = "private/rounds/2/1"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Round 2 closed with eight of ten providers."""
    study = BallotStudy(tmp_path_factory.mktemp("closed"))
    study.build()
    study.full_round(8, 8, 2, 9, round_id="2", raters=PROVIDERS[:8])
    closed = study.glc("tally", "--round", "2", "--close", "--yes")
    assert closed.exit_code == 0, closed.stderr
    study.results, study.closing = closed.stdout, closed.stderr
    return study


@pytest.fixture
def study(made, tmp_path):
    return made.copied(tmp_path / "study")


def told(study):
    """The results of round 2 as they are read out today, and what is said beside them."""
    done = study.glc("tally", "--round", "2")
    assert done.exit_code == 0, done.stderr
    return done.stdout, done.stderr


def test_a_form_that_comes_late_is_named_and_not_counted(study):
    study.vote("r09", 1, 1, 1, 1, round_id="2")
    results, said = told(study)
    assert results == study.results
    late = "2-r09.csv: the form of r09 came after round 2 was closed on"
    assert late in said and "glc reopen 2" in said
    assert late in study.glc("check").stderr


def test_a_late_form_that_cannot_be_read_is_named_and_changes_nothing(study):
    path = study.root / "reference/rounds.csv"  # round 1 was closed without a seal, by an earlier version
    rows = path.read_text().splitlines(keepends=True)
    path.write_text("".join(row for row in rows if not row.startswith("1,")))
    study.vote("r09", 99, 1, 1, 1, round_id="2")
    study.write("raw/ratings/2-r10.ods", b"PK")
    results, said = told(study)
    assert results == study.results
    assert "2-r09.csv, row 2, column score, value '99': this is not a vote." in said
    assert "2-r10.ods: is a LibreOffice spreadsheet" in said
    assert study.glc("check").exit_code == 0


def test_a_form_that_cannot_be_read_stops_the_count_while_a_round_is_open(study):
    study.rounds({"1": ("2017-05-08", ""), "2": ("2017-05-09", "")})
    study.vote("r09", 99, 1, 1, 1, round_id="2")
    done = study.glc("tally", "--round", "2", "--close", "--yes")
    assert done.exit_code == 1 and "2-r09.csv" in done.stderr


def test_a_form_that_is_another_one_now_is_named_and_changes_nothing(study):
    study.vote("r01", 1, 8, 2, 9, round_id="2")
    results, said = told(study)
    assert results == study.results
    assert "2-r01.csv: the form of r01 has changed (P01 importance)." in said


def test_a_form_that_is_gone_still_counts(study):
    (study.root / "raw/ratings/2-r01.csv").unlink()
    results, said = told(study)
    assert results == study.results and "the form of r01 is missing" in said


@pytest.mark.parametrize(("change", "said"), [
    (("r01,harbour,provider", "r01,harbour,survivor_adviser"),
     "raters.csv, column role: r01 was provider and is survivor_adviser."),
    (("r02,beacon,provider,true", "r02,beacon,provider,false"),
     "raters.csv, column may_rate: r02 was true and is false."),
    (("r10,org10,provider,true\n", ""), "raters.csv: r10 is missing.")])
def test_a_rater_who_is_changed_afterwards_voted_as_on_that_day(study, change, said):
    study.spoil("private/reference/raters.csv", change)
    results, beside = told(study)
    assert results == study.results and said in beside


def test_whoever_joins_later_was_not_expected_in_an_earlier_round(study):
    study.spoil("private/reference/raters.csv", ("o1,,observer", "new,,provider,true\no1,,observer"))
    study.vote("new", round_id="2")
    study.glc("tally", "--round", "2")
    rows = json.loads(study.glc("tally", "--round", "2", "--format", "json").stdout)
    assert {row["n_expected"] for row in rows if row["panel"] == "provider"} in ({10}, {"10"})


def test_a_rule_that_is_changed_after_the_close_stops_the_count(study):
    path = study.root / "reference/study.toml"
    path.write_text(path.read_text() + '\n[consensus]\ntest = "ipras"\n', encoding="utf-8")
    done = study.glc("tally", "--round", "2")
    assert done.exit_code == 1
    assert "[consensus] test, value 'ipras': round 2 was closed with test = 'panel'" in done.stderr


def test_a_day_of_the_rule_that_is_changed_after_the_close_is_named_and_changes_nothing(study):
    path = study.root / "reference/study.toml"
    path.write_text(path.read_text() + '\n[consensus]\nfixed_on = "2016-01-01"\n', encoding="utf-8")
    results, said = told(study)
    assert results == study.results
    assert "[consensus] fixed_on: it was blank and is 2016-01-01. The state that was sealed" in said


def test_a_quorum_that_is_changed_after_the_close_stops_the_count(study):
    path = study.root / "reference/study.toml"
    rule = path.read_text() + "\n[consensus]\nquorum = {provider = %s}\n"
    path.write_text(rule % 0, encoding="utf-8")
    assert told(study)[0] == study.results
    path.write_text(rule % 9, encoding="utf-8")
    done = study.glc("tally", "--round", "2")
    assert done.exit_code == 1
    assert "[consensus] quorum" in done.stderr and "round 2 was closed with quorum" in done.stderr


def test_a_round_that_was_sealed_without_a_quorum_is_counted_without_one_and_says_so(study):
    path = study.root / SEALED / "seal.json"
    said = json.loads(path.read_text())
    assert said["quorum"] == {"observer": 1, "provider": 8, "survivor_adviser": 2}
    del said["quorum"], said["rule"]["quorum"], said["digest"], said["texts"], said["results"], said["slides"]
    path.write_text(json.dumps(said))
    study.spoil("reference/rounds.csv", (",true\n", ",\n"))  # as the package of that time left it
    results, rule = told(study)[0], "too few below 8; no quorum was fixed; one vote an organisation"
    assert rule in results and results.splitlines()[:-1] == study.results.splitlines()[:-1]
    rows = json.loads(study.glc("tally", "--round", "2", "--format", "json").stdout)
    assert {row["quorum"] for row in rows} == {None}


@pytest.mark.parametrize("spoil", [(",importance,8,", ",importance,9,"), (",r01,", ",r10,")])
def test_a_ballot_that_is_changed_in_the_seal_itself_stops_the_count(study, spoil):
    path = study.root / SEALED / "ballots.csv"
    path.write_text(path.read_text().replace(*spoil, 1), encoding="utf-8")
    done = study.glc("tally", "--round", "2")
    assert done.exit_code == 1
    assert f"{SEALED}/ballots.csv" in done.stderr and "differs from the ballot sealed when" in done.stderr


@pytest.mark.parametrize(("file", "spoil"), [
    ("raters.csv", ("r01,harbour,provider", "r01,harbour,observer")),
    ("seal.json", ('"provider": 8', '"provider": 9')),
    ("seal.json", ('"fixed_on": "', '"fixed_on": "2017-01-01'))])
def test_whoever_changes_panel_quorum_or_rule_in_the_seal_itself_stops_the_count(study, file, spoil):
    study.spoil(f"{SEALED}/{file}", spoil)
    done = study.glc("tally", "--round", "2")
    assert done.exit_code == 1
    assert f"{SEALED}: the raters, the rule or the quorum are not as they were sealed" in done.stderr


def test_a_ballot_that_is_taken_out_of_the_seal_with_its_digest_stops_the_count(study):
    ballots, raters = (study.root / SEALED / f"{name}.csv" for name in ("ballots", "raters"))
    rows = pd.read_csv(ballots, dtype="str", keep_default_na=False)
    rows[rows["rater_id"] != "r01"].to_csv(ballots, index=False)
    rows = pd.read_csv(raters, dtype="str", keep_default_na=False)
    rows.assign(ballot=rows["ballot"].mask(rows["rater_id"] == "r01", "")).to_csv(raters, index=False)
    assert "are not as they were sealed" in study.glc("tally", "--round", "2").stderr


def test_a_seal_that_is_gone_is_missed_and_nothing_is_counted_from_the_files_instead(study):
    study.vote("r01", 1, 1, 1, 1, round_id="2")
    shutil.move(study.root / "private/rounds/2", study.root / "away")
    done = study.glc("tally", "--round", "2")
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"{SEALED}: the sealed ballots of round 2 are missing" in done.stderr


def test_a_second_count_that_is_gone_is_missed_and_the_first_does_not_stand_in_for_it(study):
    study.glc("reopen", "2", "--because", "a form was in the post")
    study.vote("r09", 1, 1, 1, 1, round_id="2")
    study.glc("tally", "--round", "2", "--close", "--yes")
    shutil.rmtree(study.root / "private/rounds/2/2")
    said = study.glc("tally", "--round", "2").stderr
    assert "private/rounds/2/2: the sealed ballots of round 2 are missing" in said


@pytest.mark.parametrize(("change", "said"), [
    (lambda rows: rows.assign(closed_on=""), "round 2 was closed and sealed, but its closing day is missing"),
    (lambda rows: rows.assign(closed_on="2017-05-11"), "value '2017-05-11': round 2 was closed on"),
    (lambda rows: rows[rows["principle_id"] != "P01"], "value 'P01.1': round 2 was closed with other texts")])
def test_rows_of_a_sealed_round_that_are_changed_by_hand_stop_the_count(study, change, said):
    path = study.root / "reference/rounds.csv"
    rows = pd.read_csv(path, dtype="str", keep_default_na=False)
    is_it = rows["round_id"] == "2"
    pd.concat([rows[~is_it], change(rows[is_it])]).to_csv(path, index=False)
    done = study.glc("tally", "--round", "2")
    assert done.exit_code == 1 and said in done.stderr


def test_a_round_that_is_opened_again_is_counted_anew_beside_the_old_count_and_says_so(study):
    study.vote("r09", 1, 1, 1, 1, round_id="2")
    before = (study.root / SEALED / "ballots.csv").read_bytes()
    assert study.glc("reopen", "2").exit_code == 2
    assert study.glc("reopen", "2", "--because", "A form was  in the post").exit_code == 0
    assert "9 of 10" in study.glc("tally", "--round", "2").stdout
    done = study.glc("tally", "--round", "2", "--close", "--yes")
    assert "of 9" in done.stdout and done.stdout != study.results
    assert ", because A form was in the post." in done.stdout
    assert (study.root / SEALED / "ballots.csv").read_bytes() == before
    assert (study.root / "private/rounds/2/2/ballots.csv").is_file()


def test_a_close_that_is_undone_and_repeated_with_the_same_ballots_leaves_no_trace_in_the_results(study):
    assert "Closed by mistake? `glc reopen 2 --because WHY`" in study.closing
    slides = study.root / "reports/team/day/2/index.html"
    shown = slides.read_bytes()
    study.glc("reopen", "2", "--because", "closed by mistake")
    assert not slides.exists()
    for name in ("ratings", "tallies"):
        assert "2" not in set(tables.read_table(name, study=Study(study.root))["round_id"])
    done = study.glc("tally", "--round", "2", "--close", "--yes")
    assert done.stdout == study.results and slides.read_bytes() == shown
    assert (study.root / "private/rounds/2/2/ballots.csv").is_file()
    study.glc("reopen", "2", "--because", "a form was in the post")
    study.vote("r09", 1, 1, 1, 1, round_id="2")
    assert "because a form was in the post." in study.glc("tally", "--round", "2", "--close", "--yes").stdout


def test_a_form_may_be_replaced_once_its_round_is_open_again(study):
    study.glc("reopen", "2", "--because", "a form was keyed wrongly")
    study.vote("r01", 2, 8, 2, 9, round_id="2")
    (study.root / "raw/ratings/2-r02.csv").unlink()
    done = study.glc("tally", "--round", "2", "--close", "--yes")
    assert done.exit_code == 0, done.stderr
    assert "because a form was keyed wrongly" in done.stdout and "of 7" in done.stdout


def test_a_recorded_form_that_was_keyed_again_is_named_before_anything_is_sealed(study):
    study.glc("reopen", "2", "--because", "a form was keyed wrongly")
    assert study.glc("check", "--accept").exit_code == 0
    study.vote("r01", 2, 8, 2, 9, round_id="2")
    done = study.glc("tally", "--round", "2", "--close", "--yes")
    assert done.exit_code == 1 and "2-r01.csv: has changed since its checksum was recorded" in done.stderr
    assert "remove the row of this file from manifest.csv" in done.stderr
    assert not (study.root / "private/rounds/2/2").exists()


def test_a_raw_file_that_no_ballot_needs_keeps_no_round_open(study):
    study.glc("reopen", "2", "--because", "closed by mistake")
    with (study.root / "private/reference/manifest.csv").open("a") as file:
        file.write(f"raw/survey/answers.csv,{'0' * 64},1,2017-05-01,,,\n")
    done = study.glc("tally", "--round", "2", "--close", "--yes")
    assert done.stdout == study.results
    assert "Round 2 is closed. There is no page to project, because a raw file has changed" in done.stderr
    assert "raw/survey/answers.csv: has changed" in done.stderr


def test_a_reason_names_no_organisation_either_that_may_be_named_elsewhere(study):
    study.write_table("consent", "organisation_id,speaker_id,item,audience,is_given,form_version,date\n"
                      "beacon,,name,public,true,1,2017-01-01\n")
    reference = read_reference(Study(study.root))
    assert tidy_reason_refusing_names(reference, "Beacon asked", audience="public") == "Beacon asked"
    done = study.glc("reopen", "2", "--because", "the form of Beacon was late")
    assert done.exit_code == 2 and "the words name 'Beacon'" in done.stderr


@pytest.mark.acceptance
@pytest.mark.parametrize("why", ["r09 was held up at the airport", "Beacon was late", "Ana Paz was late"])
def test_a_reason_that_names_somebody_opens_no_round_because_everybody_reads_it(study, why):
    study.write_table("names", "name,kind,pseudonym,match,allowed_for,reason\nAna Paz,person,,folded,,\n")
    done = study.glc("reopen", "2", "--because", why)
    assert done.exit_code == 2 and "Everybody reads these words, on public pages too" in done.stderr
    assert "Round 2 is open." not in study.glc("tally", "--round", "2", "--close", "--yes").stderr
    assert not (study.root / "private/rounds/2/2").exists()
    assert "public pages" in " ".join(study.glc("reopen", "--help").output.split())


def test_a_round_is_opened_again_only_if_it_is_closed(study):
    study.glc("reopen", "2", "--because", "why")
    assert "Round 2 is open already." in study.glc("reopen", "2", "--because", "why").stderr
    assert "There is no round '3'" in study.glc("reopen", "3", "--because", "why").stderr


def test_an_erased_ballot_is_counted_and_the_others_keep_a_digest(study):
    own = Study(study.root)
    erase_raters_from_seals(own, ["r01"])
    replace_with_derived_digest_key(study.root)
    with pytest.raises(Faults, match="no ballot of any round fits the key of the digests"):
        read_seals(Study(study.root), read_reference(own).rounds)
    renew_seal_digests(Study(study.root))
    seal = read_seals(Study(study.root), read_reference(own).rounds)["2"]
    assert seal.erased == 1 and seal.votes["rater_id"].nunique() == 7
    assert not [path for path in (study.root / SEALED).iterdir() if b"r01" in path.read_bytes()]


def test_what_the_room_was_told_goes_with_an_erased_ballot(study):
    """Another count beside it would give away the vote."""
    assert (study.root / SEALED / "results.parquet").is_file()
    erase_raters_from_seals(Study(study.root), ["r01"])
    left = {path.name for path in (study.root / SEALED).iterdir()}
    assert left == {"ballots.csv", "raters.csv", "seal.json"}
    assert read_seals(Study(study.root), read_reference(Study(study.root)).rounds)["2"].results is None


def test_results_and_the_page_that_was_projected_are_sealed(study):
    results = pd.read_parquet(study.root / SEALED / "results.parquet")
    assert {*results["round_id"]} == {"2"} and {*results["panel"]} >= {"provider", "survivor_adviser"}
    page = study.root / "reports/team/day/2/index.html"
    assert (study.root / SEALED / "slides.html").read_bytes() == page.read_bytes()
    replace_with_derived_digest_key(study.root)
    renew_seal_digests(Study(study.root))
    assert told(study)[0] == study.results


def test_a_close_that_is_stopped_keeps_the_results_when_it_is_called_again(study, monkeypatch):
    def stopped(*given):
        raise KeyboardInterrupt

    study.glc("reopen", "2", "--because", "a form was keyed wrongly")
    with monkeypatch.context() as now:
        now.setattr("glc_analysis.addons.convening.tallies.store_shown_file_in_seal", stopped)
        assert study.glc("tally", "--round", "2", "--close", "--yes").exit_code
    again = study.root / "private/rounds/2/2"
    assert (again / "seal.json").is_file() and not (again / "results.parquet").is_file()
    assert study.glc("tally", "--round", "2", "--close", "--yes").exit_code == 0
    assert {*pd.read_parquet(again / "results.parquet")["round_id"]} == {"2"}


def test_of_a_round_that_an_earlier_version_closed_no_results_are_kept_as_told(study):
    path = study.root / SEALED / "seal.json"
    said = json.loads(path.read_text())
    for name in ("results", "slides", "digest", "texts"):
        del said[name]
    path.write_text(json.dumps(said))
    study.spoil("reference/rounds.csv", (",true\n", ",\n"))
    assert study.glc("tally", "--round", "2", "--close", "--yes").exit_code == 0
    assert "results" not in json.loads(path.read_text())


@pytest.mark.parametrize(("file", "named"), [("results.parquet", "results"), ("slides.html", "slides")])
@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-9])])
def test_whoever_changes_what_the_room_was_told_stops_the_count(study, file, named, spoil):
    spoil(study.root / SEALED / file)
    done = study.glc("tally", "--round", "2")
    assert done.exit_code == 1 and f"{SEALED}/{file}" in done.stderr
    assert f"the {named} of round 2 differ from those disclosed to the room" in done.stderr


def test_results_that_another_version_counts_otherwise_stay_as_they_were_told(study, monkeypatch):
    monkeypatch.setattr("glc_analysis.addons.convening.tallies.compute_tally_columns",
                        lambda votes, *given, **more: {
        **compute_tally_columns(votes, *given, **more), "result": "uncertain"})
    results, said = told(study)
    assert results == study.results and "of 8 high, at most 2 low; high" in results
    assert ("Round 2, P01 importance provider, result: this version of the package counts uncertain, but "
            "high was disclosed to the room and is kept.") in said


def test_the_room_is_told_no_second_count_from_which_the_erased_vote_would_follow(study):
    study.glc("reopen", "2", "--because", "a form was keyed wrongly")
    study.vote("r02", 8, 8, 2, 9, round_id="2", comment="Nunca.", may_be_read="yes")
    assert "1 comment may be read" in study.glc("tally", "--round", "2", "--close", "--yes").stderr
    erase_raters_from_seals(Study(study.root), ["r01"])
    (study.root / "raw/ratings/2-r01.csv").unlink()
    results, said = told(study)
    assert results == "The results of round 2 are no longer disclosed.\n"
    assert "Ballots of round 2 that were erased after it was closed: 1." in said and "comment" not in said
    rows = json.loads(study.glc("tally", "--round", "2", "--format", "json").stdout)
    assert {int(row["n"]) for row in rows if row["panel"] == "provider"} == {7}
    with pytest.raises(GLCError, match="There are no slides of round 2"):
        write_slides(Study(study.root), "2")


def test_pages_do_not_tell_either_how_somebody_voted_who_left_after_the_room_was_told(study):
    """No page was published yet: what the room saw is enough to subtract from."""
    assert not {"votes/P01/2", "agenda"} & {*VisibleTables(Study(study.root), "convening").hidden}
    erase_raters_from_seals(Study(study.root), ["r01"])
    (study.root / "raw/ratings/2-r01.csv").unlink()
    remove_files_from_manifest(Study(study.root), {"raw/ratings/2-r01.csv"})
    assert study.glc("build").exit_code == 0
    for audience in ("convening", "public"):
        view = VisibleTables(Study(study.root), audience)
        assert {*view.hidden} >= ({"votes/P01/2", "agenda"} if audience == "convening" else set())
        assert "2" not in {*view.tallies["round_id"]}


@pytest.mark.acceptance
def test_nothing_of_an_organisation_that_withdraws_stays_in_a_seal(study):
    study.vote("s1", round_id="2")
    study.glc("build")
    withdraw_organisation(Study(study.root), "beacon", today=pd.Timestamp("2017-06-01").date())
    seal = read_seals(Study(study.root), read_reference(Study(study.root)).rounds)["2"]
    assert seal.erased == 1 and "r02" not in {*seal.votes["rater_id"], *seal.raters["rater_id"]}
    assert not [path for path in (study.root / SEALED).iterdir() if b"beacon" in path.read_bytes()]
    assert study.glc("build").exit_code == 0


@settings(max_examples=share(15, 5))
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")), st.sampled_from(ADVISERS))
def test_every_text_survives_sealing(tmp_path_factory, comment, rater):
    study = BallotStudy(Path(tmp_path_factory.mktemp("sealed")))
    study.vote(rater, round_id="2")
    own = Study(study.root)
    reference = read_reference(own)
    votes = Ballots.read(own, reference).votes.assign(comment=comment)
    raters = add_proxies_and_interests(reference.raters, reference, "2")
    seals.seal_round(own, reference.rounds, "2", "2017-05-10", votes, raters, quorum={})
    closed = read_reference(own).rounds.assign(closed_on="2017-05-10")
    assert read_seals(own, closed)["2"].votes["comment"].tolist() == [comment] * len(votes)


def test_a_withdrawal_seals_nothing_anew_that_somebody_has_changed(study):
    study.glc("build")
    path = study.root / SEALED / "seal.json"
    changed = path.read_text().replace('"provider": 8', '"provider": 9')
    path.write_text(changed)
    with pytest.raises(Faults, match="the raters, the rule or the quorum are not as they were sealed"):
        withdraw_organisation(Study(study.root), "beacon", today=pd.Timestamp("2017-06-01").date())
    assert path.read_text() == changed and not (study.root / "reports/.withdrawal").exists()


def test_a_round_whose_seal_was_changed_can_be_opened_and_closed_again_as_the_message_says(study):
    path = study.root / SEALED / "seal.json"
    path.write_text(path.read_text().replace('"provider": 8', '"provider": 9'))
    assert "`glc reopen 2`" in study.glc("tally", "--round", "2").stderr
    assert study.glc("reopen", "2", "--because", "the seal was changed").exit_code == 0
    assert study.glc("tally", "--round", "2", "--close", "--yes").exit_code == 0
    assert study.glc("tally", "--round", "2").exit_code == 0
