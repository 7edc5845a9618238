"""Texts change in the room: proposed, split, merged, withdrawn. Votes and signatures stay with old ones."""

from datetime import date

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.addons.convening import amendments
from glc_analysis.addons.convening.amendments import (
    amend_principle,
    merge_principles,
    propose_principle,
    split_principle,
    withdraw_text,
)
from glc_analysis.addons.convening.ballots import Ballots
from glc_analysis.addons.convening.rating_forms import make_rater_forms
from glc_analysis.addons.convening.rounds import plan_round_and_texts
from glc_analysis.addons.convening.tallies import count_round
from glc_analysis.cli import cli
from glc_analysis.errors import Faults, UsageError
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from glc_analysis.text import content_hash
from tests.addons.convening.support.ballot_study import HEADER, PROVIDERS, STATEMENTS, BallotStudy

WHY = {"asked_by": "beacon", "because": "Two things in one."}
ONE, TWO = "Offer rest.", "Ask later."
TODAY = date(2017, 5, 9)


@pytest.fixture
def closed(tmp_path):
    """P01.1 (also in Spanish) and P02.2 are candidates; rounds 1 and 2 are closed."""
    study = BallotStudy(tmp_path)
    study.rounds({"1": ("2017-05-08", "2017-05-08"), "2": ("2017-05-09", "2017-05-09")})
    return study


@pytest.fixture
def opened(tmp_path):
    """The same, and round 2 is open."""
    return BallotStudy(tmp_path)


def reference(study):
    return read_reference(Study(study.root))


def text(study, name):
    """A principle's original texts, by version."""
    rows = reference(study).principles
    rows = rows[(rows["principle_id"] == name) & (rows["translation_of"] == "")]
    return rows.set_index("version").to_dict("index")


def in_round(study, round_id):
    rows = reference(study).rounds
    return (rows["principle_id"] + "." + rows["version"])[rows["round_id"] == round_id].tolist()


def files(study):
    return {path: path.read_bytes() for path in study.root.rglob("*.csv")}


def test_a_split_makes_new_principles_and_supersedes_the_old_text(closed):
    done = split_principle(Study(closed.root), "P01", [f" {ONE}\n", TWO], names=["Rest"], **WHY)
    assert (done.before, done.after, done.closed_rounds) == (["P01.1"], ["P03.1", "P04.1"], ["1", "2"])
    assert text(closed, "P01")["1"]["status"] == "superseded"
    new = text(closed, "P03")["1"] | {"short_name": "Rest"}
    assert new == text(closed, "P01")["1"] | {
        "principle_id": "P03", "statement": ONE, "status": "candidate", "comes_from": "P01.1",
        "changed_because": WHY["because"], "asked_by": "beacon", "indicator": ""}
    assert text(closed, "P04")["1"]["short_name"] == TWO
    assert done.languages_to_translate == ["es"]


def test_a_merger_makes_one_principle_with_the_themes_of_all(closed):
    done = merge_principles(Study(closed.root), ["P01", "P02"], "Rest and pay.", **WHY)
    assert (done.before, done.after) == (["P01.1", "P02.2"], ["P03.1"])
    new = text(closed, "P03")["1"]
    assert (new["comes_from"], new["domain_id"], new["theme_ids"]) == ("P01.1;P02.2", "community", "care")
    assert {text(closed, "P01")["1"]["status"], text(closed, "P02")["2"]["status"]} == {"superseded"}


def test_a_proposal_is_a_candidate_without_evidence(closed):
    done = propose_principle(Study(closed.root), "Tell people how long the money lasts.", **WHY)
    new = text(closed, "P03")["1"]
    assert (done.before, done.after, done.languages_to_translate) == ([], ["P03.1"], ["es"])
    assert (new["comes_from"], new["status"], new["language"]) == ("floor", "candidate", "en")
    assert new["short_name"] == "Tell people how long the …"


def test_a_proposal_in_another_language_is_kept_in_it(closed):
    propose_principle(Study(closed.root), "Diga cuánto dura el dinero.", language="es", **WHY)
    assert text(closed, "P03")["1"]["language"] == "es"


def test_a_withdrawn_text_is_set_aside_with_the_reason_in_the_decision_log(closed):
    closed.write_table("decision_log", "date,principle_id,decision,proposed_by,objections,reservations\n"
                       "2017-05-08,,All agreed,harbour,,\n")
    withdraw_text(Study(closed.root), "P01", today=TODAY, **WHY)
    assert text(closed, "P01")["1"]["status"] == "set_aside"
    row = reference(closed).decision_log.iloc[1]
    assert row[["date", "principle_id", "decision", "proposed_by"]].tolist() == [
        "2017-05-09", "P01", "P01.1 is withdrawn: Two things in one.", "beacon"]


def test_every_other_row_stays_as_it_was(closed):
    before = (closed.root / "reference/principles.csv").read_text().splitlines()
    split_principle(Study(closed.root), "P01", [ONE, TWO], **WHY)
    header, *rows = (closed.root / "reference/principles.csv").read_text().splitlines()
    assert header == before[0] + ",comes_from"
    old = [row.replace("superseded", "candidate") for row in rows]
    assert [row for row in old if "P03" not in row and "P04" not in row] == [
        row.replace("superseded", "candidate") for row in before[1:]]


def test_old_votes_and_signatures_do_not_move(closed):
    closed.full_round(8, 8, 7, 7)
    closed.write_table("signoffs", "principle_id,version,organisation_id,decision,reservation,"
                       "is_named,date\nP01,1,harbour,endorse,,true,2017-05-11\n")
    votes = Ballots.read(Study(closed.root), reference(closed)).votes
    done = split_principle(Study(closed.root), "P01", [ONE, TWO], **WHY)
    after = Ballots.read(Study(closed.root), reference(closed))
    assert after.votes.equals(votes) and not after.faults
    assert done.signatures == {"P01.1": 1}
    assert reference(closed).signoffs[["principle_id", "version"]].to_numpy().tolist() == [["P01", "1"]]


SIGNED = """\
principle_id,version,organisation_id,decision,reservation,is_named,date
P01,1,harbour,endorse,,false,2017-05-11
P01,1,beacon,do_not_endorse,,false,2017-05-11
P01,1,org3,endorse_with_reservation,,true,2017-05-11
"""


@pytest.mark.parametrize("command", [
    ("withdraw-text", "P01"), ("amend", "P01", "--text", ONE, "--hold-out"),
    ("merge", "P01", "P02", "--text", ONE)])
def test_the_screen_counts_who_signed_each_text_and_names_nobody(closed, command):
    closed.write_table("signoffs", SIGNED)
    said = closed.glc(*command, "--asked-by", "the room", "--because", "So.").stderr
    assert "2 organisations signed P01.1: the signatures stay with that text." in said
    assert "signed P02" not in said and "signed P01.1 and" not in said
    assert not [one for one in ("harbour", "beacon", "org3") if one in said.casefold()]


def test_a_text_that_everybody_refused_is_not_said_to_be_signed(closed):
    closed.write_table("signoffs", SIGNED.replace("endorse_with_reservation", "do_not_endorse").replace(
        ",endorse,", ",do_not_endorse,"))
    said = closed.glc("withdraw-text", "P01", "--asked-by", "the room", "--because", "So.").stderr
    assert "P01.1 is set aside" in said and "signed" not in said


def test_a_round_on_new_texts_is_counted_from_nothing_and_the_old_results_stay(closed):
    closed.full_round(8, 8, 7, 7)
    before = count_round(Study(closed.root), "1").rows_of_round["tallies"]
    split_principle(Study(closed.root), "P01", [ONE, TWO], **WHY)
    rounds, asked = plan_round_and_texts(reference(closed), "3", today=TODAY)
    closed.write("reference/rounds.csv", rounds.to_csv(index=False))
    for rater in PROVIDERS[:8]:
        rows = [f"3,{rater},{row.principle_id},{row.version},{row.text_version},{criterion},2,,"
                for row in asked.itertuples() for criterion in ("importance", "feasibility")]
        closed.write(f"raw/ratings/3-{rater}.csv", "\n".join([HEADER, *rows, ""]))
    tallies = count_round(Study(closed.root), "3", close_on=TODAY).frames["tallies"]
    assert tallies[tallies["round_id"] == "1"].reset_index(drop=True).equals(before.reset_index(drop=True))
    new = tallies[tallies["principle_id"].isin(["P03", "P04"]) & (tallies["panel"] == "provider")]
    assert set(new["round_id"]) == {"3"} and set(new["n"]) == {8} and set(new["votes_high"]) == {0}
    assert set(new["movement"]) == {""}


def test_a_text_that_is_withdrawn_is_not_withdrawn_again_for_another_reason(closed):
    withdraw_text(Study(closed.root), "P01", today=TODAY, **WHY)
    with pytest.raises(UsageError, match=r"P01\.1"):
        withdraw_text(Study(closed.root), "P01", today=TODAY, asked_by="the room", because="Something else.")
    assert len(reference(closed).decision_log) == 1


def test_the_next_round_asks_about_the_new_texts_only(closed):
    split_principle(Study(closed.root), "P01", [ONE, TWO], **WHY)
    withdraw_text(Study(closed.root), "P02", today=TODAY, **WHY)
    propose_principle(Study(closed.root), "Rest on Sundays.", **WHY)
    _, asked = plan_round_and_texts(reference(closed), "3", today=TODAY)
    assert asked["printed_id"].tolist() == ["P03.1", "P04.1", "P05.1"]


def test_an_open_round_without_a_form_follows_the_change(opened):
    done = split_principle(Study(opened.root), "P01", [ONE, TWO], **WHY)
    assert done.open_rounds == ["2"] and in_round(opened, "2") == ["P02.2", "P03.1", "P04.1"]
    assert content_hash(ONE) in set(reference(opened).rounds["text_version"])
    withdraw_text(Study(opened.root), "P02", today=TODAY, **WHY)
    propose_principle(Study(opened.root), "Rest on Sundays.", **WHY)
    assert in_round(opened, "2") == ["P03.1", "P04.1", "P05.1"]
    assert in_round(opened, "1") == ["P01.1", "P02.1"]


def test_an_open_round_of_which_a_form_is_in_stays_and_nothing_is_written(opened):
    opened.vote("r01", 8, 8, 8, 8, round_id="2")
    before = files(opened)
    for change in (lambda study: split_principle(study, "P01", [ONE, TWO], **WHY),
                   lambda study: merge_principles(study, ["P01", "P02"], ONE, **WHY),
                   lambda study: withdraw_text(study, "P01", today=TODAY, **WHY)):
        with pytest.raises(Faults, match=r"row 4.*round 2 on P01\.1 is open, and a form .*--close"):
            change(Study(opened.root))
    assert files(opened) == before
    assert propose_principle(Study(opened.root), "Rest on Sundays.", **WHY).not_in_rounds == ["2"]
    assert in_round(opened, "2") == ["P01.1", "P02.2"]


@pytest.mark.parametrize("check", ["check_no_unfinished_forms", "check_phone_ballots_collected"])
def test_a_form_on_the_desk_or_on_a_phone_is_a_form_that_is_in(opened, monkeypatch, check):
    def begun(study, round_id):
        raise Faults([])
    monkeypatch.setattr(amendments, check, begun)
    with pytest.raises(Faults, match="a form has been received"):
        withdraw_text(Study(opened.root), "P01", today=TODAY, **WHY)


@pytest.mark.parametrize(("change", "error", "said"), [
    (lambda study: split_principle(study, "P01", [ONE], **WHY), UsageError, "two or more texts"),
    (lambda study: split_principle(study, "P10", [ONE, TWO], **WHY), UsageError,
     "no principle 'P10'; nearest"),
    (lambda study: split_principle(study, "P01", [ONE, " "], **WHY), UsageError, "text 2: blank"),
    (lambda study: split_principle(study, "P01", [ONE, ONE], **WHY), Faults, "is given twice"),
    (lambda study: split_principle(study, "P01", [ONE, TWO], names=["a", "b", "c"], **WHY), UsageError,
     "3 short names"),
    (lambda study: split_principle(study, "P01", [ONE, STATEMENTS["P02", "2"]], **WHY), Faults,
     r"says the same as P02\.2"),
    (lambda study: merge_principles(study, ["P01", "P01"], ONE, **WHY), UsageError, "two or more principles"),
    (lambda study: propose_principle(study, STATEMENTS["P01", "1"], **WHY), Faults,
     r"says the same as P01\.1"),
    (lambda study: propose_principle(study, ONE, asked_by="", because="so"), UsageError, "asked_by: blank"),
    (lambda study: propose_principle(study, ONE, language="xx", **WHY), UsageError,
     "'xx' is not a known language"),
    (lambda study: withdraw_text(study, "P01", asked_by="x", because=" ", today=TODAY), UsageError,
     "because: blank")])
def test_a_mistake_is_named_and_nothing_is_written(closed, change, error, said):
    before = files(closed)
    with pytest.raises(error, match=said):
        change(Study(closed.root))
    assert files(closed) == before


def test_a_text_that_is_not_in_use_is_not_split_but_comes_back_as_a_version_with_the_same_words(closed):
    split_principle(Study(closed.root), "P01", [ONE, TWO], **WHY)
    withdraw_text(Study(closed.root), "P02", today=TODAY, **WHY)
    for name, words, said in (("P01", STATEMENTS["P01", "1"], "replaced by other texts"),
                              ("P02", STATEMENTS["P02", "2"], "set aside")):
        with pytest.raises(UsageError, match=f"{said}.*glc amend {name}"):
            split_principle(Study(closed.root), name, [ONE, TWO], **WHY)
        done = amend_principle(Study(closed.root), name, words, **WHY)
        assert text(closed, name)[done.after[0][-1]]["status"] == "candidate"
    assert text(closed, "P01")["1"]["status"] == text(closed, "P02")["2"]["status"] == "superseded"


@pytest.mark.acceptance
@pytest.mark.parametrize("cut_off", ["write_rounds", "_write_who", "record_text_decision_if_new"])
def test_what_was_cut_off_between_two_files_is_finished_by_the_same_command(opened, monkeypatch, cut_off):
    def power_cut(*_, **__):
        raise KeyboardInterrupt
    changes = [lambda: split_principle(Study(opened.root), "P01", [ONE, TWO], **WHY),
               lambda: propose_principle(Study(opened.root), "Rest on Sundays.", **WHY),
               lambda: withdraw_text(Study(opened.root), "P03", today=TODAY, **WHY)]
    for change in changes:
        with monkeypatch.context() as cut:
            cut.setattr(amendments, cut_off, power_cut)
            try:
                change()
            except KeyboardInterrupt:
                change_again = True
            else:
                change_again = False
        if change_again:
            # In between, all is right but for a status that the same command records a decision on.
            amendments.read_reference_allowing_unrecorded_decisions(Study(opened.root))
            change()
    assert in_round(opened, "2") == ["P02.2", "P04.1", "P05.1"]
    rows = reference(opened).principles.set_index("principle_id")
    assert rows.loc[["P03", "P04", "P05"], "asked_by"].tolist() == ["beacon"] * 3
    assert reference(opened).decision_log["principle_id"].tolist() == ["P03"]
    assert len(rows) == 4 + 3


@pytest.mark.parametrize(("status", "comes_from", "column", "said"), [
    ("candidate", "P01.1", "status", "P01.1 was split or merged, so its status must be superseded"),
    ("superseded", "P09.1", "comes_from", "no such text besides"),
    ("superseded", "P03.1", "comes_from", "no such text besides")])
def test_a_history_that_does_not_fit_is_a_fault(closed, status, comes_from, column, said):
    split_principle(Study(closed.root), "P01", [ONE, TWO], **WHY)
    path = closed.root / "reference/principles.csv"
    words = path.read_text().replace("superseded,,en", f"{status},,en")
    path.write_text(words.replace("P01.1\n", f"{comes_from}\n", 1))
    with pytest.raises(Faults) as found:
        reference(closed)
    assert (column, True) in {(one.column, said in one.message) for one in found.value.faults}


# ------------------------------
# The forms of the next round.


def form(study, round_id, language="en"):
    """The form of a provider, in a language."""
    own = reference(study)
    _, asked = plan_round_and_texts(own, round_id, today=TODAY)
    made, _ = make_rater_forms(own, round_id, asked, {"harbour": language})
    return next(one for one in made if one.rater_id == "r01")


def said(study, round_id, language="en"):
    made = form(study, round_id, language)
    return {row.printed_id: made.list_history_lines(row) for row in made.rows.itertuples()}


def test_a_form_says_what_a_text_was_before(closed):
    split_principle(Study(closed.root), "P01", [ONE, TWO], **WHY)
    amend_principle(Study(closed.root), "P02", "Pay people each week.", **WHY)
    propose_principle(Study(closed.root), "Rest on Sundays.", **WHY)
    assert said(closed, "3") == {
        "P02.3": ["Reworded. Before, P02.2: Pay people fairly, every week."],
        "P03.1": ["Split from P01.1: Offer rest before you ask."],
        "P04.1": ["Split from P01.1: Offer rest before you ask."],
        "P05.1": ["Proposed in the room. No evidence for it is recorded yet."]}


def test_a_merged_text_shows_both_and_a_text_that_was_rated_before_nothing(closed):
    merge_principles(Study(closed.root), ["P01", "P02"], "Rest and pay.", **WHY)
    assert said(closed, "3") == {"P03.1": ["Merged from P01.1: Offer rest before you ask.",
                                           "Merged from P02.2: Pay people fairly, every week."]}
    rounds, _ = plan_round_and_texts(reference(closed), "3", today=TODAY)
    rounds = rounds.assign(closed_on=rounds["opened_on"])
    closed.write("reference/rounds.csv", rounds.to_csv(index=False))
    assert said(closed, "4") == {"P03.1": []}


def test_the_earlier_words_are_in_the_language_of_the_form_where_they_exist(closed):
    split_principle(Study(closed.root), "P01", [ONE, TWO], **WHY)
    rows = (closed.root / "reference/principles.csv").read_text()
    closed.write("reference/principles.csv", rows + "P03,1,Ofrezca descanso.,,,,,candidate,,es,P03.1,\n")
    assert said(closed, "3", "es")["P03.1"] == ["Separado de P01.1: Ofrezca descanso antes de preguntar."]
    assert said(closed, "3", "es")["P04.1"] == ["Separado de P01.1: Ofrezca descanso antes de preguntar."]


def test_paper_text_workbook_and_xlsform_show_what_a_text_was(closed, monkeypatch):
    from openpyxl import load_workbook

    from glc_analysis.addons.convening.form_files import open_round_and_write_forms
    from glc_analysis.addons.convening.ratings import read_ratings_file

    monkeypatch.setattr("glc_analysis.addons.convening.form_files.read_organisation_names_and_languages",
                        lambda study: ({}, {}))
    split_principle(Study(closed.root), "P01", ["Offer <rest>.", TWO], **WHY)
    folder = open_round_and_write_forms(Study(closed.root), "3", today=TODAY).folder
    before = "Split from P01.1:"
    shown = '<q lang="en" dir="auto">Offer rest before you ask.</q>'
    assert f'<div class="before">Split from P01.1: {shown}</div>' in (folder / "r01.html").read_text()
    assert f"{before} Offer rest before you ask.\nP03 " in (folder / "r01.txt").read_text()
    sheet = load_workbook(folder / "r01.xlsx").active
    assert f"P03.1: {before} Offer rest before you ask." in sheet["A1"].value.split("\n")
    labels = [row[2].value for row in load_workbook(folder / "round.xlsform.xlsx")["survey"].iter_rows()]
    assert any(before in str(label) for label in labels)
    for n in range(4, 7):
        sheet.cell(n, 3).value, sheet.cell(n, 4).value = 8, 7
    sheet.parent.save(closed.root / "filled.xlsx")
    assert sorted(set(read_ratings_file(closed.root / "filled.xlsx")["principle_id"])) == ["P02", "P03",
                                                                                           "P04"]


def test_a_round_leaves_a_principle_out_by_a_decision_with_who_and_why(closed, monkeypatch):
    from glc_analysis.addons.convening.form_files import open_round_and_write_forms

    monkeypatch.setattr("glc_analysis.addons.convening.form_files.read_organisation_names_and_languages",
                        lambda study: ({}, {}))
    with pytest.raises(UsageError, match="who decided it"):
        open_round_and_write_forms(Study(closed.root), "3", today=TODAY, omitted_principles=["P02"],
                                   because="Agreed.")
    with pytest.raises(UsageError, match="No candidate is called 'P20'"):
        open_round_and_write_forms(Study(closed.root), "3", today=TODAY, omitted_principles=["P20"],
                                   because="a",
                                   decided_by="b")
    issue = open_round_and_write_forms(Study(closed.root), "3", today=TODAY, omitted_principles=["P02"],
                                       because="All say 9.", decided_by="the room")
    assert issue.asked["printed_id"].tolist() == ["P01.1"] == in_round(closed, "3")
    assert issue.not_asked == {"P02.2": "left out by decision"}
    assert reference(closed).decision_log.iloc[0][["decision", "proposed_by"]].tolist() == [
        "Round 3 does not ask about it: All say 9.", "the room"]
    with pytest.raises(UsageError, match="Round 3 exists already"):
        open_round_and_write_forms(Study(closed.root), "3", today=TODAY, omitted_principles=["P01"],
                                   because="a",
                                   decided_by="b")


# ------------------------------
# At the keyboard.


def typed(study, *arguments, keys=""):
    return CliRunner().invoke(cli, ["--study", str(study.root), *arguments], input=keys)


def test_a_split_is_typed_in_a_few_lines_and_says_what_comes_next(closed):
    done = typed(closed, "split", "P01", keys=f"{ONE}\n\n{TWO}\n\nthe room\nTwo things.\ny\n")
    assert done.exit_code == 0, done.stderr
    assert done.stdout == "P03.1\nP04.1\n"
    assert "P01.1: Offer rest before you ask." in done.stderr and "Please type it" in done.stderr
    assert "P01.1 is split, and stays in principles.csv with its votes." in done.stderr
    assert "which asks about P03.1 and P04.1" in done.stderr and "To be translated: es" in done.stderr


def test_an_answer_of_no_and_an_end_of_the_input_change_nothing(closed):
    before = files(closed)
    refused = typed(closed, "merge", "P01", "P02", keys="One text.\nthe room\nSo.\nn\n")
    assert refused.exit_code == 1 and "Nothing is changed." in refused.stderr
    stopped = typed(closed, "propose", "--text", ONE)
    assert stopped.exit_code == 2 and "nothing is changed" in stopped.stderr
    assert files(closed) == before


def test_a_typed_proposal_is_asked_for_its_language(closed):
    done = typed(closed, "propose", keys="Descanse.\nklingon\nes\nthe room\nSo.\ny\n")
    assert done.exit_code == 0, done.stderr
    assert "'klingon' is not a known language" in done.stderr and "To be translated: en." in done.stderr
    assert text(closed, "P03")["1"]["language"] == "es"
    assert "(Enter alone: en, English)" in done.stderr
    assert typed(closed, "propose", keys="Rest.\n\nthe room\nSo.\ny\n").exit_code == 0
    assert text(closed, "P04")["1"]["language"] == "en"
    made = form(closed, "3", "es")
    shown = {row.printed_id: made.format_statement_and_language(row) for row in made.rows.itertuples()}
    assert (shown["P03.1"], shown["P04.1"]) == ("Descanse.", "Rest. [inglés]")


def test_a_text_that_nobody_voted_on_is_set_aside_without_a_word_of_votes(closed):
    propose_principle(Study(closed.root), ONE, **WHY)
    why = ["--asked-by", "the room", "--because", "So."]
    assert "P03.1 is set aside, and stays in principles.csv.\n" in typed(closed, "withdraw-text", "P03",
                                                                         *why).stderr
    assert "in principles.csv with its votes.\n" in typed(closed, "withdraw-text", "P01", *why).stderr


def test_a_wrong_principle_is_refused_before_a_text_is_typed(closed):
    done = typed(closed, "split", "P10", keys=f"{ONE}\n")
    assert done.exit_code == 2 and "New text" not in done.stderr


def test_everything_can_be_given_as_options(closed):
    why = ["--asked-by", "the room", "--because", "So."]
    assert typed(closed, "propose", "--text", ONE, *why).stdout == "P03.1\n"
    assert typed(closed, "split", "P01", "--text", "A.", "--text", "B.", *why).stdout == "P04.1\nP05.1\n"
    assert typed(closed, "merge", "P04", "P05", "--text", "A and B.", *why).stdout == "P06.1\n"
    done = typed(closed, "withdraw-text", "P06", *why)
    assert done.stdout == "" and "P06.1 is set aside" in done.stderr and "glc amend P06" in done.stderr


def test_an_objection_is_a_row_of_the_decision_log_and_nothing_else_changes(closed):
    before = files(closed)
    done = typed(closed, "object", "P02", keys="\nharbour\nToo costly.\n")
    assert done.exit_code == 0 and "P02.2" in done.stderr and "changes no count" in done.stderr
    row = reference(closed).decision_log.iloc[0]
    assert row[["principle_id", "decision", "proposed_by", "objections"]].tolist() == [
        "P02", "Objection to P02.2, outside the ballot: it changes no count", "harbour", "Too costly."]
    log = closed.root / "private/reference/decision_log.csv"
    assert {path for path, raw in files(closed).items() if before.get(path) != raw} == {log}
    refused = typed(closed, "object", "P10", "--by", "harbour", "--because", "So.")
    assert refused.exit_code == 2 and "no principle 'P10'" in refused.stderr


@given(ids=st.lists(st.sampled_from(["P01", "P09", "P99", "a7", "wide", "X0123"]), max_size=5, unique=True),
       n=st.integers(1, 3))
def test_new_ids_are_new(ids, n):
    import pandas as pd

    new = amendments._next_ids(pd.DataFrame({"principle_id": ids}, dtype="str"), n)
    assert len({*new}) == n and not {*new} & {*ids}
