"""Paper forms are keyed twice; a power cut loses nothing; nobody sees a vote before the round is closed."""

import json
import stat
from datetime import date

import pytest
from openpyxl import load_workbook

from glc_analysis.addons.convening.ballots import Ballots, close_and_seal_round
from glc_analysis.addons.convening.double_entry import check_no_unfinished_forms
from glc_analysis.addons.convening.form_files import open_round_and_write_forms
from glc_analysis.errors import Faults, GLCError, UsageError
from glc_analysis.locks import hold_folder_lock
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from glc_analysis.text import content_hash
from tests.addons.convening.support.desk_clerk import (
    PRINCIPLES,
    ROUNDS,
    Clerk,
    ballot,
    convening_study,
    keyed,
)
from tests.addons.convening.support.form_study import fill
from tests.support.study_on_disk import whole_table

PAPER = {"P01.importance": "8", "P01.feasibility": "a", "P02.version": "2", "P02.importance": "1",
         "P02.feasibility": "9", "P02.comment": "نعم، ولكن ببطء", "P02.may_be_read": "y",
         "P03.importance": "5"}


@pytest.fixture
def study(tmp_path):
    return convening_study(tmp_path)


def journal(study, round_id="1"):
    return study.root / f"private/desk/{round_id}.jsonl"


def twice(study, rater="r12", paper=None, **changes):
    """A form keyed twice by two people, the second time without mistakes."""
    papers = {rater: (paper or PAPER) | changes}
    return keyed(study, Clerk(papers, [rater])) + keyed(study, Clerk(papers, [rater], initials="CD"))


def test_a_form_that_is_keyed_twice_alike_is_written_in_the_long_format(study):
    twice(study)
    rows = ballot(study, "r12")
    assert ",".join(rows) == ("round_id,rater_id,principle_id,version,text_version,criterion,score,comment,"
                              "may_be_read")
    assert rows[["principle_id", "version", "criterion", "score"]].to_numpy().tolist() == [
        ["P01", "1", "importance", "8"], ["P01", "1", "feasibility", "abstain"],
        ["P02", "2", "importance", "1"], ["P02", "2", "feasibility", "9"],
        ["P03", "1", "importance", "5"], ["P03", "1", "feasibility", ""]]
    assert rows.loc[2, ["comment", "may_be_read"]].tolist() == ["نعم، ولكن ببطء", "yes"]
    assert rows["comment"].ne("").sum() == 1
    assert rows.loc[2, "text_version"] == content_hash("Pay people fairly.")


@pytest.mark.parametrize("key", ["x", "a", "X"])
def test_an_abstention_at_the_first_number_is_for_both_as_the_paper_has_one_box(study, key):
    said = twice(study, paper={"P01.importance": key, "P02.version": "2", "P02.importance": "7",
                               "P02.feasibility": "6", "P02.comment": "", "P03.importance": "5"})
    rows = ballot(study, "r12")
    assert rows["score"].tolist() == ["abstain", "abstain", "7", "6", "5", ""]
    assert any("one a is enough for the row" in line for line in said)


def test_an_abstention_that_one_keying_has_is_looked_up_on_the_paper(study):
    wrong = {("r12", "P01.importance"): "8", ("r12", "P01.feasibility"): "7"}
    keyed(study, Clerk({"r12": PAPER}, ["r12"], wrong=wrong))
    right = {"r12": PAPER | {"P01.importance": "x", "P01.feasibility": ""}}
    said = keyed(study, Clerk(right, ["r12"], initials="CD"))
    assert "  marks: first keying 8 7; second keying abstain." in said
    assert ballot(study, "r12")["score"].tolist()[:2] == ["abstain", "abstain"]


def test_a_closed_round_says_how_it_is_opened_again(study):
    study.write_table("rounds", ROUNDS.replace("05-08,,", "05-08,2017-05-08,"))
    with pytest.raises(GLCError, match="reopen the round with `glc reopen 1 --because WHY`"):
        keyed(study, Clerk({"r12": PAPER}, ["r12"]))


def test_a_form_keyed_once_counts_for_nothing(study):
    said = keyed(study, Clerk({"r12": PAPER}, ["r12"]))
    assert ballot(study, "r12") is None
    assert "Round 1: 0 of 3 received, 1 keyed once." in said


@pytest.mark.parametrize("line", ["0", "10", "7-8", "7,5", "7", "07", "b", "seven", "a7", "789", "78++",
                                  "78 so"])
def test_what_is_no_row_of_marks_is_refused_at_once_with_what_to_type(study, line):
    said = keyed(study, ["ab", "r12", line])
    assert said[-2] == (f"{line!r} is not understood: type one key for importance and one for feasibility: "
                        "1 to 9, a (abstain), - (blank).")
    assert not journal(study).exists()


def test_a_digit_of_another_script_is_a_digit(study):
    keyed(study, ["ab", "r12", "៧٨"])
    assert json.loads(journal(study).read_text())["value"] == "7 8"


@pytest.mark.parametrize(("line", "is_refused"), [("78", True), ("2", True), ("3 78", True), ("2 78", False),
                                                  ("1--", False), ("2-9+", False)])
def test_where_a_text_has_several_versions_the_row_begins_with_that_on_the_paper(study, line, is_refused):
    said = keyed(study, ["ab", "r12", "", line])
    assert any("type the version on the paper (1 or 2), then" in one for one in said) == is_refused


def test_a_row_alone_is_asked_where_nothing_is_commented_and_fourteen_forms_take_eighteen_minutes(study):
    """At 1.5 s a line, fourteen forms twice; every seventh row has a comment."""
    names = [f"P{n:02}" for n in range(1, 15)]
    study.write_table("principles", PRINCIPLES.splitlines()[0] + "\n" + "".join(
        f"{one},{version},Do {one} {version}.,Name of {one},community,care,,{status},,,en,\n" for one in names
        for version, status in (("1", "superseded"), ("2", "candidate"))))
    study.write_table("rounds", ROUNDS.splitlines()[0] + "\n" + "".join(
        f"1,2017-05-08,,{one},2\n" for one in names))
    paper = {f"{one}.{name}": mark for one in names for name, mark in (
        ("version", "2"), ("importance", "8"), ("feasibility", "7"))}
    paper |= {f"{one}.comment": "Only with money." for one in names[::7]}
    paper |= {f"{one}.may_be_read": "y" for one in names[::7]}
    clerk = Clerk({"r12": paper}, ["r12"] * 2)
    keyed(study, clerk)
    assert ballot(study, "r12")["score"].tolist() == ["8", "7"] * 14
    lines_of_a_form_twice = clerk.lines - 2  # initials, and the end
    assert 14 * lines_of_a_form_twice * 1.5 <= 18 * 60


def test_an_unknown_code_is_refused_with_the_nearest(study):
    said = keyed(study, ["ab", "r21", "R12"])
    assert "There is no rater 'r21'; nearest: 'r29', 'r12'." in said
    assert "Form r12, first keying." in said  # whatever the case


def test_who_may_not_rate_is_refused(study):
    assert "'r99' may not rate, as column may_rate of raters.csv says." in keyed(study, ["ab", "r99"])


def test_the_version_on_the_paper_is_asked_and_kept_with_its_text(study):
    twice(study, **{"P02.version": "1"})
    row = ballot(study, "r12").loc[2]
    assert (row["version"], row["text_version"]) == ("1", content_hash("Pay people."))


def test_a_form_in_translation_is_kept_with_the_text_that_was_read(study):
    study.write_table("principles", whole_table(study.root, "principles") +
                "P03,1,Planear juntos.,Un plan,community,care,,candidate,,,es,P03.1\n")
    twice(study, **{".language": "es"})
    rows = ballot(study, "r12")
    assert rows.loc[[0, 4], "text_version"].tolist() == [content_hash("Offer rest before you ask."),
                                                          content_hash("Planear juntos.")]


def test_differences_are_shown_one_by_one_and_settled_by_the_paper(study):
    wrong = {("r12", "P01.importance"): "7", ("r12", "P03.feasibility"): "a"}
    keyed(study, Clerk({"r12": PAPER}, ["r12"], wrong=wrong))
    clerk = Clerk({"r12": PAPER}, ["r12"], initials="CD")
    said = keyed(study, clerk)
    assert "  marks: first keying 7 abstain; second keying 8 abstain." in said
    assert "  marks: first keying 5 abstain; second keying 5 -." in said
    assert sum(line.startswith("  ") for line in said) == 2
    assert ballot(study, "r12")["score"].tolist() == ["8", "abstain", "1", "9", "5", ""]


def test_a_third_value_counts_when_it_is_keyed_twice(study):
    keyed(study, Clerk({"r12": PAPER}, ["r12"], wrong={("r12", "P01.importance"): "7"}))
    said = keyed(study, Clerk({"r12": PAPER}, ["r12"], wrong={("r12", "P01.importance"): "6"}))
    assert "Neither keying has 8 abstain. Type it again to confirm it." in said
    assert ballot(study, "r12").loc[0, "score"] == "8"


def test_a_comment_that_differs_only_in_case_and_blanks_does_not_wait(study):
    keyed(study, Clerk({"r12": PAPER | {"P02.comment": "Yes, slowly"}}, ["r12"]))
    keyed(study, Clerk({"r12": PAPER | {"P02.comment": "yes,  slowly"}}, ["r12"]))
    assert ballot(study, "r12").loc[2, "comment"] == "Yes, slowly"


def test_a_comment_that_only_one_keying_has_waits_for_the_paper(study):
    keyed(study, Clerk({"r12": PAPER | {"P02.comment": ""}}, ["r12"]))
    said = keyed(study, Clerk({"r12": PAPER}, ["r12"]))
    assert "  marks: first keying 2 1 9; second keying 2 1 9 +." in said
    assert "  comment: first keying not asked; second keying نعم، ولكن ببطء." in said
    assert "  may_be_read: first keying not asked; second keying yes." in said
    assert ballot(study, "r12").loc[2, "may_be_read"] == "yes"


def test_a_form_that_is_left_before_anything_is_keyed_is_not_called_deleted(study):
    assert "Nothing is keyed for form r12." in keyed(study, ["AB", "r12", "q", "q"])


def test_both_keyings_are_taken_back_where_it_was_another_paper(study):
    keyed(study, Clerk({"r12": PAPER}, ["r12"], wrong={("r12", "P01.importance"): "7"}))
    clerk = Clerk({"r12": PAPER}, ["r12"])
    settle = clerk.answer
    clerk.answer = lambda prompt: "drop" if clerk.said[-1].startswith("  ") else settle(prompt)
    assert "Everything keyed for form r12 is deleted." in keyed(study, clerk)
    assert ballot(study, "r12") is None
    twice(study)
    assert ballot(study, "r12") is not None


def test_a_form_that_was_begun_keeps_the_round_from_being_closed(study):
    check_no_unfinished_forms(Study(study.root), "1")
    keyed(study, Clerk({"r12": PAPER}, ["r12"]))
    with pytest.raises(Faults, match="data entry of form r12 is not finished, so the form would not count. "
                                     "To fix: finish"):
        check_no_unfinished_forms(Study(study.root), "1")
    refused = study.glc("tally", "--round", "1", "--close", "--yes")
    assert (refused.exit_code, "05-08," in (study.root / "reference/rounds.csv").read_text()) == (1, True)
    keyed(study, ["ab", "r12", "drop"])
    check_no_unfinished_forms(Study(study.root), "1")


def test_a_count_of_forms_says_how_many_are_keyed_in_part_and_whose_is_not_said(study):
    keyed(study, Clerk({"r12": PAPER}, ["r12"]))
    said = study.glc("tally", "--round", "1").stderr
    assert "Forms keyed once or in part: 1. The numbers of received forms do not include them." in said
    assert "r12" not in said


def test_an_x_in_the_box_is_an_abstention(study):
    keyed(study, ["ab", "r12", "x"])
    assert json.loads(journal(study).read_text())["value"] == "abstain"


def test_the_same_person_is_warned_at_the_second_keying(study):
    keyed(study, Clerk({"r12": PAPER}, ["r12"]))
    warning = "AB keyed this form the first time too. Another person would notice more mistakes."
    assert warning in keyed(study, Clerk({"r12": PAPER}, ["r12"]))
    assert warning not in twice(study, "r29")


def test_a_received_form_is_shown_and_never_overwritten(study):
    twice(study)
    before = ballot(study, "r12")
    said = keyed(study, ["ab", "r12", "?"])
    assert "The form of r12 has already been received, and is never overwritten." in said
    assert "  r12  received\n  r29  not received\n  r33  not received" in said
    assert ballot(study, "r12").equals(before)


def test_one_goes_back_and_leaves(study):
    keyed(study, ["ab", "r12", "87", "2 76", "<", "<", "5-", "q", "q"])
    kept = [json.loads(line) for line in journal(study).read_text().splitlines()]
    assert [(line["field"], line["value"]) for line in kept] == [
        ("P01.marks", "8 7"), ("P02.marks", "2 7 6"), ("P02.marks", None), ("P01.marks", None),
        ("P01.marks", "5 -")]
    said = keyed(study, [])
    assert "Round 1, 3 principles: 0 of 3 received, 1 begun." in said


def test_the_next_sitting_goes_on_where_the_last_broke_off(study):
    keyed(study, ["ab", "r12", "87", "2 34+"])
    said = keyed(study, ["ab", "r12", "So."])
    assert said[1] == ("Data entry stopped in the middle of form r12, at P02 comment. Look at the paper "
                       "in your hand, and type the code that is printed on it.")
    assert "Form r12, first keying, continued at P02." in said
    assert json.loads(journal(study).read_text().splitlines()[-1])["field"] == "P02.comment"


def test_after_a_crash_another_paper_may_be_in_hand(study):
    keyed(study, ["ab", "r12", "87"])
    keyed(study, ["ab", "r29", "5-"])
    assert [(line["form"], line["value"]) for line in map(json.loads, journal(study).read_text().splitlines())
            ] == [("r12", "8 7"), ("r29", "5 -")]


# A workbook that came back with a row blank or missing

def workbook(study, *, blank=(), gone=()):
    """The form of r12 as a workbook, filled in but for these boxes and rows."""
    issue = open_round_and_write_forms(Study(study.root), "1", today=date(2017, 5, 8))
    boxes = {n: {"importance": 8, "feasibility": 7} for n in range(3)}
    for n, name in blank:
        del boxes[n][name]
    path = fill(issue.folder / "r12.xlsx", study.root / "raw/ratings/mailed.xlsx", boxes)
    book = load_workbook(path)
    for n in gone:
        book.active.delete_rows(n + 4)
    book.save(path)


@pytest.fixture
def mailed(study, monkeypatch):
    monkeypatch.setattr("glc_analysis.addons.convening.form_files.read_organisation_names_and_languages",
                        lambda study: ({}, {}))
    (study.root / "raw/ratings").mkdir(parents=True)
    return study


def counted(study):
    own = Study(study.root)
    return Ballots.read(own, read_reference(own))


def test_a_row_that_is_gone_is_told_and_keyed_alone(mailed):
    workbook(mailed, gone=[2])
    [fault] = counted(mailed).faults
    assert str(fault).startswith("mailed.xlsx, row 6: the row of P03 is missing. To fix: ask r12")
    assert "  r12  without P03" in "\n".join(keyed(mailed, ["ab", "?"]))
    for initials in ("ab", "cd"):
        said = keyed(mailed, [initials, "r12", "5a+", "At night.", "n"])
    assert "Form r12 is received with the keyed answers on P03." in said
    found = counted(mailed)
    assert not found.faults and len(found.votes) == 6
    row = found.votes[found.votes["principle_id"] == "P03"]
    assert row["file"].tolist() == ["1-r12-P03.csv"] * 2
    assert row[["score", "is_abstained"]].to_numpy().tolist() == [["5", "false"], ["", "true"]]
    said = keyed(mailed, ["ab", "r12"])
    assert "The form of r12 has already been received, and is never overwritten." in said


def test_of_a_blank_box_that_alone_is_asked_and_may_stay_blank(mailed):
    workbook(mailed, blank=[(1, "feasibility")])
    assert "mailed.xlsx, row 5, column feasibility: P02 is blank." in str(counted(mailed).faults[0])
    for initials in ("ab", "cd"):
        keyed(mailed, [initials, "r12", ""])
    found = counted(mailed)
    rows = found.votes[found.votes["principle_id"] == "P02"].set_index("criterion")
    assert not found.faults and rows["score"].to_dict() == {"importance": "8", "feasibility": ""}
    assert rows["version"].tolist() == ["2", "2"] and rows["text_version"].nunique() == 1


def test_a_round_with_a_row_that_was_keyed_alone_is_sealed_as_one_form(mailed):
    workbook(mailed, gone=[0])
    for initials in ("ab", "cd"):
        keyed(mailed, [initials, "r12", "56"])
    own = Study(mailed.root)
    close_and_seal_round(own, read_reference(own), "1", counted(mailed).votes, today=date(2017, 5, 9))
    assert counted(mailed).notes == []
    (mailed.root / "raw/ratings/1-r12-P01.csv").unlink()
    [note] = counted(mailed).notes
    assert note.startswith("raw/ratings, 1-r12-P01.csv: a part of the form of r12 is missing.")


def test_a_form_that_came_as_a_file_while_its_paper_was_keyed_does_not_keep_the_round_open(study):
    twice(study)
    keyed(study, ["ab", "r29", "8-"])
    study.write("raw/ratings/by-mail.csv", (study.root / "raw/ratings/1-r12.csv").read_text()
                .replace("1,r12,", "1,r29,"))
    assert ("The form of r29 has already been received, and is never overwritten. The keying begun here is "
            "deleted.") in keyed(study, ["ab", "r29"])
    check_no_unfinished_forms(Study(study.root), "1")


def test_a_torn_last_line_is_dropped_and_said_and_the_rest_goes_on(study):
    keyed(study, ["ab", "r12", "87", "2 87"])
    whole = journal(study).read_bytes()
    for torn in (whole[:-1], whole[:-20], whole + b"\0" * 40):
        journal(study).write_bytes(torn)
        assert keyed(study, [])[0] == ("The last line of 1.jsonl is incomplete (was the power cut?). It is "
                                       "removed, and its field is asked again.")
        assert whole.startswith(journal(study).read_bytes())
        assert journal(study).read_bytes().endswith(b"\n")


def test_a_journal_damaged_in_the_middle_is_refused_with_the_line(study):
    keyed(study, ["ab", "r12", "87", "2 87"])
    journal(study).write_bytes(b"?" + journal(study).read_bytes())
    with pytest.raises(Faults, match=r"1\.jsonl, row 1: cannot be read"):
        keyed(study, [])


def test_a_form_agreed_but_not_written_when_the_power_went_is_written_at_the_next_start(study):
    twice(study)
    whole, rows = journal(study).read_bytes(), ballot(study, "r12")
    journal(study).write_bytes(whole[:whole.rstrip().rfind(b"\n") + 1])
    (study.root / "raw/ratings/1-r12.csv").unlink()
    assert "Form r12 is received." in keyed(study, ["ab"])
    assert ballot(study, "r12").equals(rows)
    # and where only the last line of the journal was lost
    journal(study).write_bytes(whole[:whole.rstrip().rfind(b"\n") + 1])
    assert "Form r12 is received." in keyed(study, ["ab"])
    assert ballot(study, "r12").equals(rows)


def test_a_round_that_is_not_open_is_refused_and_nothing_is_written(study):
    before = study.files()
    with pytest.raises(GLCError, match=r"Round 0 was closed on 2017-05-02"):
        keyed(study, [], round_id="0")
    with pytest.raises(UsageError, match=r"There is no round '3'; known: '0', '1'"):
        keyed(study, [], round_id="3")
    assert study.files() == before


def test_a_round_closed_while_the_desk_is_open_takes_no_form(study):
    keyed(study, Clerk({"r12": PAPER}, ["r12"]))
    clerk = Clerk({"r12": PAPER}, ["r12"])
    settle = clerk.answer

    def closing(prompt):
        if clerk.principle == "P03":
            study.write("reference/rounds.csv", ROUNDS.replace("05-08,,", "05-08,2017-05-08,"))
        return settle(prompt)

    clerk.answer = closing
    with pytest.raises(GLCError, match="Round 1 was closed"):
        keyed(study, clerk)
    assert ballot(study, "r12") is None


def test_an_amendment_between_two_keyings_asks_for_the_version_on_the_paper(study):
    keyed(study, Clerk({"r12": PAPER}, ["r12"]))
    study.glc("amend", "P03", "--text", "Plan together and often.", "--asked-by", "beacon", "--because",
              "once is not enough", "--hold-out")
    papers = {"r12": PAPER | {"P03.version": "1"}}
    keyed(study, Clerk(papers, ["r12", "r12"]))
    assert ballot(study, "r12").loc[4, ["version", "text_version"]].tolist() == [
        "1", content_hash("Plan together.")]


def test_two_desks_on_one_journal_are_locked(study):
    (study.root / "private/desk").mkdir(parents=True)
    with hold_folder_lock(study.root / "private/desk", what="data entry session"), \
            pytest.raises(GLCError, match="Another data entry session is at work .* To fix: wait for it"):
        keyed(study, [])


def test_the_journal_and_the_ballots_are_their_owners_alone(study):
    twice(study)
    for path, mode in (("private", 0o700), ("private/desk", 0o700), ("private/desk/1.jsonl", 0o600),
                       ("raw/ratings/1-r12.csv", 0o600)):
        assert stat.S_IMODE((study.root / path).stat().st_mode) == mode, path


def test_the_screen_shows_nobodys_votes_in_sum(study):
    said = twice(study) + keyed(study, Clerk({"r29": PAPER}, ["r29", "?"], initials="CD"))
    assert [line for line in said if line.startswith("Round")] == [
        "Round 1, 3 principles: 0 of 3 received.", "Round 1: 0 of 3 received, 1 keyed once.",
        "Round 1, 3 principles: 0 of 3 received, 1 keyed once.", "Round 1: 1 of 3 received.",
        "Round 1, 3 principles: 1 of 3 received.", "Round 1: 1 of 3 received, 1 keyed once."]
    assert not [line for line in said if "abstain" in line and "=" not in line]


def test_the_command_takes_piped_lines_and_refuses_what_is_no_text(study):
    from click.testing import CliRunner

    from glc_analysis.cli import cli

    done = CliRunner().invoke(cli, ["--study", str(study.root), "enter", "--round", "1"],
                              input="ab\nr12\n87\n\x1b[A\n2 76\n")
    assert done.exit_code == 0
    assert "That line contains a key that is not a character (an arrow key?). Type it again." in done.stderr
    assert done.stdout == ""
    assert len(journal(study).read_text().splitlines()) == 2


def test_an_organisation_with_one_vote_hands_in_one_form(study):
    raters = (study.root / "private/reference/raters.csv").read_text()
    study.write("private/reference/raters.csv", raters + "r30,harbour,provider,true\n")
    twice(study)
    said = keyed(study, ["ab", "r30"])
    assert "The organisation of r30 has one vote in each panel; its form is received from r12." in said
    assert "Round 1, 3 principles: 1 of 3 received." in said


def test_a_form_that_came_in_as_a_file_is_received(study):
    twice(study)
    study.write("raw/ratings/by-mail.csv", (study.root / "raw/ratings/1-r12.csv").read_text()
                .replace("1,r12,", "1,r29,"))
    said = keyed(study, ["ab", "r29"])
    assert "The form of r29 has already been received, and is never overwritten." in said


def test_a_file_that_came_in_while_the_form_was_keyed_is_not_written_over(study):
    twice(study)
    study.write("raw/ratings/1-r29.csv", b"")
    papers = {"r29": PAPER}
    keyed(study, Clerk(papers, ["r29"]))
    with pytest.raises(GLCError, match=r"1-r29\.csv arrived meanwhile and differs from what was keyed"):
        keyed(study, Clerk(papers, ["r29"]))
    assert (study.root / "raw/ratings/1-r29.csv").read_bytes() == b""
