"""glc agree: a text is agreed by a decision that is written down, never by an edit of a cell."""

from datetime import date

import pytest

from glc_analysis.addons.convening.agreeing import (
    collect_results_objections_and_reservations,
    record_objection,
    record_text_as_agreed,
)
from glc_analysis.addons.convening.amendments import amend_principle, withdraw_text
from glc_analysis.addons.convening.signatures import write_signing_sheets_for_undecided
from glc_analysis.errors import Faults, UsageError
from glc_analysis.reference import read_reference, read_reference_table
from glc_analysis.study import Study
from glc_analysis.text import content_hash
from tests.addons.convening.support.ballot_study import ADVISERS, PROVIDERS, STATEMENTS, BallotStudy
from tests.support.study_on_disk import whole_table

TODAY = date(2017, 5, 10)
WHY = {"asked_by": "the room", "because": "It says two things."}


@pytest.fixture
def study(tmp_path):
    """Two rounds are closed; in the second eight of ten providers voted on P01.1 and P02.2, low on the second
    text, and two of three advisers."""
    study = BallotStudy(tmp_path)
    study.rounds({"1": ("2017-05-08", "2017-05-08"), "2": ("2017-05-09", "2017-05-09")})
    study.full_round(7, 8, 2, 2, raters=[*PROVIDERS, *ADVISERS])
    study.full_round(8, 8, 2, 9, round_id="2", raters=[*PROVIDERS[:8], *ADVISERS[:2]])
    return study


def typed(study, old, new):
    """Somebody edits the cell of a status."""
    study.spoil_table("principles", (old, new))


def statuses(study):
    rows = read_reference_table(Study(study.root), "principles")
    return {f"{row.principle_id}.{row.version} {row.language}": row.status for row in rows.itertuples()}


def decisions(study):
    return read_reference_table(Study(study.root), "text_decisions").to_dict("records")


def test_a_status_that_somebody_typed_is_a_fault_with_the_command_to_run(study):
    typed(study, "care,,candidate,,,en", "care,,agreed,,,en")
    done = study.glc("check")
    assert done.exit_code == 1
    assert "principles.csv, row 2, column status, value 'agreed': P01.1 has the status agreed, but " \
        "text_decisions.csv does not say who decided it" in done.output
    assert "`glc agree P01`" in done.output
    with pytest.raises(Faults, match="does not say who decided"):
        write_signing_sheets_for_undecided(Study(study.root))
    assert study.glc("sign", "--sheets").exit_code == 1
    assert not (study.root / "reports/team/signing").exists()


def test_the_command_shows_votes_quorum_panels_and_objections_and_asks(study):
    record_objection(Study(study.root), "P02", "Nobody pays us.", by="survivor advisers", today=TODAY)
    before = study.files()
    refused = study.glc("agree", "P02", "--decided-by", "the room", input="n\n")
    assert refused.exit_code == 0 and study.files() == before
    for said in ("P02.2: Pay people fairly, every week.", "importance, providers: 5 or more of 8 low",
                 "Providers, importance: 8 of 10 ballots, quorum 8",
                 "Survivor advisers, importance: 2 of 3 ballots, quorum 2",
                 "Rule: RAND/UCLA panel rule", "2017-05-10, objection: Nobody pays us.",
                 "Did the convening agree to P02.2? [y/N]", "P02.2 stays as it is."):
        assert said in refused.stderr, said
    assert "Round 1" not in refused.stderr  # it was about other words


def test_what_is_agreed_is_written_with_version_day_votes_and_who_decided(study):
    done = study.glc("agree", "P01", "P02", input="y\nAna Gil\nthe room\ny\n")
    assert done.exit_code == 0 and done.stdout == "P01.1\nP02.2\n"
    assert "'Ana Gil' may be the name of a person" in done.stderr
    assert statuses(study) == {"P01.1 en": "agreed", "P02.1 en": "superseded", "P02.2 en": "agreed",
                               "P01.1 es": "agreed"}
    first, second = decisions(study)
    assert (first["principle_id"], first["version"], first["status"], first["decided_by"]) == (
        "P01", "1", "agreed", "the room")
    assert first["text_version"] == content_hash(STATEMENTS["P01", "1"])
    assert first["date"] == second["date"] == date.today().isoformat()
    assert first["votes"] == ("Round 2: importance, providers: 5 or more of 8 high, at most 2 low; high / "
                              "feasibility, providers: 5 or more of 8 high, at most 2 low; high")
    read_reference(Study(study.root))
    assert study.glc("sign", "--sheets").exit_code == 0
    again = study.glc("agree", "P01", "--decided-by", "the room", input="y\n")
    assert "P01.1 is agreed already: the room decided it on" in again.stderr and len(decisions(study)) == 2


def test_an_amended_text_is_agreed_anew(study):
    record_text_as_agreed(Study(study.root), "P01", decided_by="the room", today=TODAY)
    amend_principle(Study(study.root), "P01", "Offer rest, and wait.", **WHY)
    read_reference(Study(study.root))
    typed(study, "wait.\",Rest,community,care,,candidate", "wait.\",Rest,community,care,,agreed")
    with pytest.raises(Faults, match="P01.2 has the status agreed, but text_decisions.csv does not say"):
        read_reference(Study(study.root))
    record_text_as_agreed(Study(study.root), "P01", decided_by="the room", today=TODAY)
    assert [(row["version"], row["votes"] != "") for row in decisions(study)] == [("1", True), ("2", False)]
    read_reference(Study(study.root))


def test_words_that_change_after_they_were_agreed_are_a_fault_and_are_not_signed(study):
    record_text_as_agreed(Study(study.root), "P01", decided_by="the room", today=TODAY)
    typed(study, "Offer rest before you ask.", "Offer rest if there is time.")
    for read in (read_reference, write_signing_sheets_for_undecided):
        with pytest.raises(Faults, match="text of P01.1 was changed after it was decided"):
            read(Study(study.root))


@pytest.mark.parametrize(("typed_status", "said"), [
    ("candidate", "P01.1 is agreed, as text_decisions.csv says"),
    ("set_aside", "P01.1 has the status set aside.*`glc withdraw-text P01`.*or write agreed")])
def test_what_was_agreed_is_not_undone_by_an_edit_of_a_cell(study, typed_status, said):
    record_text_as_agreed(Study(study.root), "P01", decided_by="the room", today=TODAY)
    typed(study, "care,,agreed,,,en", f"care,,{typed_status},,,en")
    with pytest.raises(Faults, match=said):
        read_reference(Study(study.root))


def test_a_text_is_not_set_aside_by_an_edit_of_a_cell_and_the_command_writes_it_down(study):
    typed(study, "care,,candidate,,,en,\nP02,1", "care,,set_aside,,,en,\nP02,1")
    with pytest.raises(Faults, match="P01.1 has the status set aside.*`glc withdraw-text P01`"):
        read_reference(Study(study.root))
    assert study.glc("withdraw-text", "P01", input="the room\nIt is not ours.\ny\n").exit_code == 0
    read_reference(Study(study.root))
    assert [(row["status"], row["decided_by"]) for row in decisions(study)] == [("set_aside", "the room")]
    typed(study, "care,,set_aside,,,en,\nP02,1", "care,,agreed,,,en,\nP02,1")
    with pytest.raises(Faults, match="P01.1 is set aside, as text_decisions.csv says.*`glc amend P01`"):
        read_reference(Study(study.root))
    with pytest.raises(UsageError, match="P01.1 is set aside"):
        record_text_as_agreed(Study(study.root), "P01", decided_by="the room", today=TODAY)


def test_an_agreed_text_can_be_set_aside_and_comes_back_as_a_candidate(study):
    record_text_as_agreed(Study(study.root), "P01", decided_by="the room", today=TODAY)
    withdraw_text(Study(study.root), "P01", today=TODAY, **WHY)
    read_reference(Study(study.root))
    with pytest.raises(UsageError, match="P01.1 is set aside"):
        collect_results_objections_and_reservations(Study(study.root), "P01")
    typed(study, "care,,set_aside,,,en,\nP02,1", "care,,agreed,,,en,\nP02,1")
    with pytest.raises(Faults, match="P01.1 is set aside, as text_decisions.csv says"):
        read_reference(Study(study.root))


def test_a_text_that_an_open_round_asks_about_is_not_agreed_yet(study):
    study.rounds({"1": ("2017-05-08", "2017-05-08"), "2": ("2017-05-09", "")})
    with pytest.raises(Faults, match="round 2 on P01.1 is open.*`glc tally --round 2 --close`"):
        record_text_as_agreed(Study(study.root), "P01", decided_by="the room", today=TODAY)
    assert decisions(study) == []


def test_a_command_that_was_interrupted_is_run_again(study, monkeypatch):
    with monkeypatch.context() as power:
        power.setattr("glc_analysis.addons.convening.agreeing.write_principle_rows", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            record_text_as_agreed(Study(study.root), "P01", decided_by="the room", today=TODAY)
    assert statuses(study)["P01.1 en"] == "candidate" and len(decisions(study)) == 1
    record_text_as_agreed(Study(study.root), "P01", decided_by="the room", today=TODAY)
    assert statuses(study)["P01.1 en"] == "agreed" and len(decisions(study)) == 1


def test_a_text_without_a_vote_says_so(study):
    study.rounds({"1": ("2017-05-08", "2017-05-08"), "2": ("2017-05-09", "2017-05-09")})
    amend_principle(Study(study.root), "P01", "Offer rest, and wait.", **WHY)
    done = study.glc("agree", "P01", "--decided-by", "the room", input="y\n")
    assert "No closed round asked about these words, so there are no votes on them." in done.stderr
    assert "P01,1,Ofrezca" in whole_table(study.root, "principles")
