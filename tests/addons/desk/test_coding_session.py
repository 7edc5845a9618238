"""What one coder sees and does at the coding desk: saved act by act, and never anybody else's work."""

import json
import re
import shutil
from datetime import date
from functools import cache

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glc_analysis.addons.desk import coder_texts
from glc_analysis.addons.desk.coding_session import CodingSession
from glc_analysis.addons.desk.journal import coder_journal_path
from glc_analysis.coding.coders import place_codings
from glc_analysis.coding.exports import pseudonymise_raw_transcripts
from glc_analysis.errors import GLCError, UsageError
from glc_analysis.intake.codings import read_codings
from glc_analysis.pseudonyms.masking import Masked
from glc_analysis.view.study_view import OpenStudy
from tests.support.share import share

TEXT, OTHER = "interview-farol-de-barro", "interview-luz-de-maiz"
DAY = date(2016, 7, 1)


def turn(session, n=1, text=TEXT):
    return session.show_text(text)["turns"][n]


def code(session, code_id="outreach", start=0, end=10, n=1, text=TEXT):
    at = turn(session, n, text)["start"]
    return session.carry_out({"act": "code", "document_id": text, "start": at + start, "end": at + end,
                              "code_id": code_id})


def lines(study, coder="ines"):
    return [json.loads(line) for line in coder_journal_path(study, coder).read_bytes().splitlines()]


def spans(session, text=TEXT):
    return [(one["start"], one["end"], one["code_id"]) for one in session.show_text(text)["codings"]]


def test_the_texts_are_those_of_assignments_csv_with_what_they_are_for(session):
    texts = {text["document_id"]: text for text in session.list_texts()}
    assert texts[TEXT] == {
        "document_id": TEXT, "title": "Interview, Farol de Barro (invented), 2016-06-06", "kind": "interview",
        "language": "es", "status": "not begun", "codings": 0, "purpose": "double"}
    assert texts["call-1"]["title"] == "Call, 2016-09-07"
    assert texts[OTHER]["purpose"] == "single"
    assert "interview-fig-courtyard" not in texts  # only the other coder's


def test_the_codebook_is_in_the_order_of_its_tree(session):
    book = session.list_codes_with_definitions()
    ids = [row["code_id"] for row in book]
    assert all(ids.index(row["parent_id"]) < n for n, row in enumerate(book) if row["parent_id"])
    assert {row["level"] for row in book} == {"domain", "theme", "family", "code"}


def test_every_act_is_one_line_that_another_session_reads(session, study):
    code(session)
    assert [line["act"] for line in lines(study)] == ["codebook", "text", "keys", "code"]
    coding = session.show_text(TEXT)["codings"][0]["coding_id"]
    session.carry_out({"act": "memo", "coding_id": coding, "memo": "why"})
    assert len(lines(study)) == 5
    again = CodingSession(study, "ines")
    assert again.show_text(TEXT) == session.show_text(TEXT)
    assert again.show_text(TEXT)["codings"][0]["memo"] == "why"
    assert again.describe_state()["can_undo"]


def test_a_passage_is_widened_to_whole_characters_without_blanks_at_its_ends(session):
    at = turn(session)["start"]
    words = turn(session)["text"]
    blank = words.index(" ")
    session.carry_out({"act": "code", "document_id": TEXT, "start": at, "end": at + blank + 1,
                       "code_id": "outreach"})
    assert spans(session) == [(at, at + blank, "outreach")]


@pytest.mark.parametrize(("act", "said"), [
    ({"start": 0, "end": 5}, "beyond one turn"),
    ({"start": 80, "end": 120}, "beyond one turn"),
    ({"start": 81, "end": 83}, "white space"),
    ({"start": 20, "end": 20}, "white space"),
    ({"start": 20, "end": 10**6}, "not in the text"),
    ({"start": -3, "end": 4}, "not in the text"),
    ({"start": "20", "end": 30}, "not in the text"),
    ({"start": 20, "end": 30, "code_id": "outreech"}, "nearest: 'outreach'"),
    ({"start": 20, "end": 30, "document_id": "interview-fig-courtyard"}, "not among the texts of ines"),
    ({"act": "uncode", "coding_id": "7"}, "no longer there"),
    ({"act": "memo", "coding_id": "7", "memo": "a"}, "no longer there"),
    ({"act": "propose_code", "start": 20, "end": 30, "name": " "}, "no name"),
    ({"act": "propose_code", "start": 20, "end": 30, "name": "going where people ARE"}, "already"),
    ({"act": "code_answers", "answer_ids": []}, "No answer is selected"),
    ({"act": "code_answers", "answer_ids": [TEXT]}, "not an open answer"),
    ({"act": "finish"}, "no coding"),
    ({"act": "redo"}, "nothing to redo"),
    ({"act": "paint"}, "no act 'paint'"),
])
def test_what_cannot_be_done_is_said_in_one_sentence_and_nothing_is_written(session, study, act, said):
    with pytest.raises(GLCError, match=said):
        session.carry_out({"act": "code", "document_id": TEXT, "code_id": "outreach"} | act)
    assert not coder_journal_path(study, "ines").exists()


def test_a_coding_in_a_turn_that_no_figure_counts_is_kept_and_said(session):
    roles = [one["role"] for one in session.show_text(TEXT)["turns"]]
    asked, told = roles.index("interviewer"), roles.index("participant")
    assert code(session, n=told)["message"] == "Coded: Going where people are."
    assert code(session, n=asked)["message"] == (
        "Coded: Going where people are. This turn is of the interviewer: the coding is kept, but agreement, "
        "training and the tables count the turns of participants alone.")
    assert len(session.show_text(TEXT)["codings"]) == 2


def test_the_same_code_twice_on_a_passage_is_refused(session, study):
    code(session)
    with pytest.raises(GLCError, match="already"):
        code(session)
    assert len(lines(study)) == 4


@pytest.mark.parametrize("name", ["", "Ana", "../ana", "consensus", "survey", "a b"])
def test_a_name_that_is_no_coder_is_refused(study, name):
    with pytest.raises(UsageError, match="not a coder's id|not a person"):
        CodingSession(study, name)


def test_a_coder_without_assignments_sees_nothing_and_is_told(study):
    session = CodingSession(study, "inez")
    assert session.list_texts() == session.list_answers() == []
    assert "nearest: 'ines'" in session.describe_state()["problems"][0]
    with pytest.raises(GLCError, match="not among the texts of inez"):
        session.carry_out({"act": "code", "document_id": TEXT, "start": 20, "end": 30, "code_id": "outreach"})


def test_many_answers_are_coded_by_one_act_and_undone_by_one(session, study):
    ids = [row["answer_id"] for row in session.list_answers()[:20]]
    done = session.carry_out({"act": "code_answers", "answer_ids": ids, "code_id": "outreach"})
    assert done["changed"] == sorted(ids)
    rows = {row["answer_id"]: row for row in session.list_answers()}
    assert [[one["code_id"] for one in rows[each]["codings"]] for each in ids] == [["outreach"]] * 20
    assert {rows[one]["codings"][0]["end"] == len(rows[one]["text"]) for one in ids} == {True}
    session.carry_out({"act": "undo"})
    assert not any(row["codings"] for row in session.list_answers())


def test_a_code_that_was_read_as_empty_loses_that_mark_with_its_first_code(session):
    answer = session.list_answers()[0]["answer_id"]
    session.carry_out({"act": "read_answers", "answer_ids": [answer]})
    assert session.list_answers()[0]["read"]
    session.carry_out({"act": "code_answers", "answer_ids": [answer], "code_id": "outreach"})
    assert not session.list_answers()[0]["read"]


def test_many_answers_are_read_by_one_act_and_undone_by_one(session, study):
    ids = [row["answer_id"] for row in session.list_answers()[:5]]
    session.carry_out({"act": "code_answers", "answer_ids": ids[:1], "code_id": "outreach"})
    done = session.carry_out({"act": "read_answers", "answer_ids": ids})
    assert done["message"] == "Read, nothing to code: 4 answers."
    assert [row["read"] for row in session.list_answers()[:5]] == [False, True, True, True, True]
    assert read_codings(coder_journal_path(study, "ines"),
                        coder="ines").sources["source"].tolist() == sorted(ids)
    for asked, said in ((ids[:1], "has codes"), (ids[1:], "already marked as read"), ([], "No answer")):
        with pytest.raises(GLCError, match=said):
            session.carry_out({"act": "read_answers", "answer_ids": asked})
    session.carry_out({"act": "read_answers", "answer_ids": ids[1:3], "value": False})
    session.carry_out({"act": "undo"})
    session.carry_out({"act": "undo"})
    assert not any(row["read"] for row in CodingSession(study, "ines").list_answers())


# What was handed in from another program.


def test_a_text_that_was_handed_in_as_a_file_is_read_and_not_begun(sample_study, tmp_path):
    root = tmp_path / "study"
    shutil.copytree(sample_study.root, root)
    session = CodingSession(OpenStudy(root), "ines", today=DAY)
    assert {text["status"] for text in session.list_texts()} == {"handed in"}
    assert session.show_text(TEXT)["turns"]
    for act in ({"act": "code", "start": 20, "end": 30, "code_id": "outreach"}, {"act": "read"},
                {"act": "propose_code", "start": 20, "end": 30, "name": "new"}):
        with pytest.raises(GLCError, match=rf"handed in {TEXT} from another program \(glc_sample.qdpx\)"):
            session.carry_out({"document_id": TEXT} | act)
    assert not coder_journal_path(OpenStudy(root), "ines").exists()


def test_an_answer_that_was_handed_in_as_a_file_keeps_the_others_from_nothing_but_its_own_act(
        sample_study, tmp_path):
    root = tmp_path / "study"
    shutil.copytree(sample_study.root, root)
    session = CodingSession(OpenStudy(root), "tomas", today=DAY)
    assert all(row["handed_in"] for row in session.list_answers())
    answer = session.list_answers()[0]["answer_id"]
    for act in ({"act": "code_answers", "code_id": "outreach"}, {"act": "read_answers"}):
        with pytest.raises(GLCError, match=rf"handed in {re.escape(answer)} from another program"):
            session.carry_out({"answer_ids": [answer]} | act)


def test_what_was_begun_at_the_desk_goes_on_there_when_its_file_comes(session, study, sample_study):
    code(session)
    theirs = "raw/codings/ines"
    shutil.copytree(sample_study.root / theirs, study.root / theirs, dirs_exist_ok=True)
    again = CodingSession(study, "ines", today=DAY)
    assert {text["document_id"]: text["status"] for text in again.list_texts()}[TEXT] == "begun"
    assert code(again, start=20, end=30)["changed"] == [TEXT]
    with pytest.raises(GLCError, match="another program"):
        code(again, text=OTHER)


def test_a_file_that_came_after_the_last_build_is_named(session, study):
    (study.root / "raw/codings/ines").mkdir()
    (study.root / "raw/codings/ines/late.csv").write_text("document,quote,code\n", encoding="utf-8")
    said, = CodingSession(study, "ines").describe_state()["problems"]
    assert said.startswith("late.csv came after the last build") and "`glc build`" in said


def test_a_finished_training_text_is_not_said_to_count(study):
    session = CodingSession(study, "mira", today=DAY)
    turn = session.show_text("interview-river-mat")["turns"][1]
    about = {"document_id": "interview-river-mat"}
    session.carry_out(about | {"act": "code", "start": turn["start"], "end": turn["end"],
                               "code_id": "outreach"})
    said = session.carry_out(about | {"act": "finish", "value": True})["message"]
    assert "view Training" in said and "counts in no table" in said


def test_a_finished_text_is_opened_before_it_is_changed(session):
    code(session)
    session.carry_out({"act": "finish", "document_id": TEXT, "value": True})
    assert session.show_text(TEXT)["status"] == "finished"
    session.carry_out({"act": "finish", "document_id": TEXT, "value": False})
    code(session, start=12, end=15)
    assert session.show_text(TEXT)["status"] == "begun"


def test_a_code_keeps_its_key_whatever_is_used_and_undone_later_also_in_a_new_window(session, study):
    codes = [row["code_id"] for row in session.list_codes_with_definitions() if row["level"] == "code"][:10]
    for one in codes[:3]:
        code(session, one)
    assert code(session, codes[0], start=12, end=15)["keys"] == codes[:3]  # not in the order of use
    assert CodingSession(study, "ines").describe_state()["keys"] == codes[:3]
    for _ in range(4):
        session.carry_out({"act": "undo"})
    again = CodingSession(study, "ines")
    assert session.describe_state()["keys"] == again.describe_state()["keys"] == codes[:3]
    for one in codes[1:]:
        done = code(session, one)
    # The tenth code takes the key of the one that was used longest ago.
    assert done["keys"] == CodingSession(study, "ines").describe_state()["keys"] == [codes[9], *codes[1:9]]


def test_the_keys_of_a_journal_that_does_not_say_them_are_those_of_the_codes_used_last(session, study):
    codes = [row["code_id"] for row in session.list_codes_with_definitions() if row["level"] == "code"][:2]
    for one in codes:
        code(session, one)
    path = coder_journal_path(study, "ines")
    lines = [line for line in path.read_text(encoding="utf-8").splitlines(keepends=True)
             if json.loads(line)["act"] != "keys"]
    path.write_text("".join(lines), encoding="utf-8")
    assert CodingSession(study, "ines").describe_state()["keys"] == codes


def test_a_code_that_is_no_longer_in_use_leaves_its_key_to_the_next(session, study):
    codes = [row["code_id"] for row in session.list_codes_with_definitions() if row["level"] == "code"][:3]
    for one in codes[:2]:
        code(session, one)
    path = study.locate_reference_file("codebook")
    book = pd.read_csv(path, dtype="str", keep_default_na=False)
    book.loc[book["code_id"] == codes[0], "merged_into"] = codes[1]
    book.to_csv(path, index=False)
    session.list_codes_with_definitions()
    assert session.describe_state()["keys"] == ["", codes[1]]
    assert code(session, codes[2])["keys"] == [codes[2], codes[1]]


@cache
def texts_of_sample(root):
    """The texts of the sample are read once, since every example opens several sessions."""
    return pseudonymise_raw_transcripts(OpenStudy(root))


def test_what_is_undone_is_named_and_its_place_is_said_also_in_another_text(session):
    code(session, "outreach", start=0, end=10, n=1, text=OTHER)
    start = turn(session, 1, OTHER)["start"]
    code(session, "stigma")
    session.carry_out({"act": "finish", "document_id": TEXT, "value": True})
    names = {row["code_id"]: row["name"] for row in session.list_codes_with_definitions()}
    title = session.show_text(TEXT)["title"]
    assert session.carry_out({"act": "undo"})["message"] == f"Undone in {title}: the mark as finished."
    assert session.carry_out({"act": "undo"})["message"] == f"Undone in {title}: the code {names['stigma']}."
    done = session.carry_out({"act": "undo"})
    assert done["message"] == f"Undone in {session.show_text(OTHER)['title']}: the code {names['outreach']}."
    assert done["place"] == {"document_id": OTHER, "start": start}
    done = session.carry_out({"act": "redo"})
    title = session.show_text(OTHER)["title"]
    assert done["message"] == f"Done again in {title}: the code {names['outreach']}."
    assert done["place"] == {"document_id": OTHER, "start": start}


def test_each_kind_of_act_has_a_name_when_it_is_undone(session):
    code(session, "outreach")
    coding = session.show_text(TEXT)["codings"][0]["coding_id"]
    passage = {"document_id": TEXT, "start": (at := turn(session)["start"]) + 12, "end": at + 20}
    answers = [row["answer_id"] for row in session.list_answers()[:2]]
    name = next(row["name"] for row in session.list_codes_with_definitions() if row["code_id"] == "outreach")
    said = {f"the memo on {name}": {"act": "memo", "coding_id": coding, "memo": "x"},
            f"the mark of a negative case on {name}": {"act": "negative_case", "coding_id": coding},
            f"the removal of {name}": {"act": "uncode", "coding_id": coding},
            "the proposed code Waiting": {"act": "propose_code", "name": "Waiting", **passage},
            "the proposed quotation": {"act": "propose_quotation", **passage},
            f"the code {name} on 2 answers": {
                "act": "code_answers", "answer_ids": answers, "code_id": "outreach"},
            "the mark as read": {"act": "read", "document_id": OTHER}}
    for what, act in said.items():
        session.carry_out(act)
        done = session.carry_out({"act": "undo"})
        assert done["message"].endswith(f": {what}."), done["message"]
    assert done["place"] == {"document_id": OTHER, "start": None}


KINDS = ["code", "uncode", "memo", "negative_case", "answers", "propose_code", "finish", "read", "undo",
         "redo", "restart"]
ACTS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 40), st.integers(1, 30), st.integers(0, 5)),
                max_size=25)


@given(ACTS)
@settings(max_examples=share(15, 5))
def test_undo_of_all_returns_the_empty_state_and_redo_of_all_the_last(sample_study, tmp_path_factory, acts):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coder_texts, "pseudonymise_raw_transcripts",
                      lambda study, checked_tables: texts_of_sample(sample_study.root))
        undo_and_redo_all(sample_study, tmp_path_factory, acts)


def undo_and_redo_all(sample_study, tmp_path_factory, acts):
    root = tmp_path_factory.mktemp("undo")
    for part in ("reference", "private", "processed"):
        (root / part).symlink_to(sample_study.root / part)
    (root / "raw").mkdir()
    study = OpenStudy(root)
    session = CodingSession(study, "ines", today=DAY)
    codes = [row["code_id"] for row in session.list_codes_with_definitions()]
    empty = session.show_text(TEXT), session.list_answers(), session.list_texts()
    for kind, start, length, n in acts:
        own = session.show_text(TEXT)["codings"]
        at = turn(session)["start"] + start
        act = {"code": {"start": at, "end": at + length, "code_id": codes[n]},
               "answers": {"act": "code_answers", "code_id": codes[n],
                           "answer_ids": [row["answer_id"] for row in session.list_answers()[n:n + length]]},
               "propose_code": {"start": at, "end": at + length, "name": f"new {n}"},
               "memo": {"memo": f"memo {n}"}}.get(kind, {"value": n % 2 == 0})
        if kind == "restart":
            session = CodingSession(study, "ines", today=DAY)
            continue
        if kind in ("uncode", "memo", "negative_case"):
            act["coding_id"] = own[n % len(own)]["coding_id"] if own else "0"
        try:
            session.carry_out({"act": kind, "document_id": TEXT} | act)
        except GLCError:
            continue
    last = session.show_text(TEXT), session.list_answers(), session.list_texts()
    session = CodingSession(study, "ines", today=DAY)
    steps = 0
    while session.describe_state()["can_undo"]:
        session.carry_out({"act": "undo"})
        steps += 1
    assert (session.show_text(TEXT), session.list_answers(), session.list_texts()) == empty
    session = CodingSession(study, "ines", today=DAY)
    for _ in range(steps):
        session.carry_out({"act": "redo"})
    assert (session.show_text(TEXT), session.list_answers(), session.list_texts()) == last


def test_two_windows_lose_nothing(study):
    one, two = (CodingSession(study, "ines", today=DAY) for _ in range(2))
    at = turn(two)["start"]
    code(one)
    done = two.carry_out({"act": "code", "document_id": TEXT, "start": at + 20, "end": at + 30,
                          "code_id": "outreach"})
    assert "Another window" in done["message"]
    assert spans(one) == spans(two) == spans(CodingSession(study, "ines"))
    assert len(spans(one)) == 2
    one.carry_out({"act": "undo"})
    assert len(spans(two)) == 1


def test_a_line_that_was_cut_is_reported_and_set_apart(session, study):
    code(session)
    path = coder_journal_path(study, "ines")
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"n": 5, "on": "2016-07-01", "act": "co')
    again = CodingSession(study, "ines", today=DAY)
    assert again.describe_state()["problems"] == [
        "Line 5 of desk.jsonl was cut off (was the power cut?): that act was not saved, everything else was."]
    code(again, start=20, end=30)
    assert path.read_bytes().startswith(whole)  # only ever added to
    assert len(spans(again)) == len(spans(CodingSession(study, "ines"))) == 2
    assert CodingSession(study, "ines").describe_state()["problems"] == []


def test_a_whole_line_without_its_end_counts(session, study):
    code(session)
    path = coder_journal_path(study, "ines")
    path.write_bytes(path.read_bytes()[:-1])
    again = CodingSession(study, "ines", today=DAY)
    assert len(spans(again)) == 1
    code(again, start=20, end=30)
    assert len(spans(CodingSession(study, "ines"))) == 2
    assert [line["n"] for line in lines(study)] == [1, 2, 3, 4, 5]


@given(st.integers(0, 10**6))
@settings(max_examples=share(30, 8))
def test_wherever_the_journal_is_cut_all_acts_before_are_there(sample_study, tmp_path_factory, at):
    path = tmp_path_factory.mktemp("cut") / "desk.jsonl"
    acts = [{"n": n, "act": "finish", "document_id": f"call-{n} 😀", "value": True} for n in range(1, 9)]
    whole = [json.dumps(act, ensure_ascii=False).encode() + b"\n" for act in acts]
    content = b"".join(whole)
    from glc_analysis.addons.desk.journal import CoderJournal

    cut = content[:at % (len(content) + 1)]
    path.write_bytes(cut)
    journal = CoderJournal(path)
    journal.read()
    kept = sum(len(b"".join(whole[:n])) - 1 <= len(cut) for n in range(1, 9))
    assert len(journal.work.finished) == kept
    with journal.lock_and_find_changed_texts(path.parent):
        journal.append_and_apply_acts([{"act": "finish", "document_id": "last", "value": True}])
    again = CoderJournal(path)
    again.read()
    assert len(again.work.finished) == kept + 1
    assert again.work.cut == []


def test_a_damaged_line_in_the_middle_is_a_fault_with_its_number(session, study):
    code(session)
    path = coder_journal_path(study, "ines")
    content = path.read_bytes().split(b"\n")
    content[1] = content[1][:20]
    path.write_bytes(b"\n".join(content))
    with pytest.raises(GLCError, match=r"desk.jsonl.*2"):
        CodingSession(study, "ines")


def test_a_full_disk_leaves_the_journal_as_it_was(session, study, monkeypatch):
    import os

    code(session)
    before, write = coder_journal_path(study, "ines").read_bytes(), os.write

    def full(handle, content):
        if len(content) < 30:
            raise OSError(28, "No space left on device")
        return write(handle, content[:25])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(GLCError, match="No space left on device.*everything before it is"):
        code(session, start=20, end=30)
    monkeypatch.undo()
    assert coder_journal_path(study, "ines").read_bytes() == before
    code(session, start=20, end=30)
    assert len(spans(CodingSession(study, "ines"))) == 2


def test_a_folder_that_cannot_be_written_to_is_said_in_a_sentence(study):
    session = CodingSession(study, "rosa", today=DAY)
    (study.root / "raw/codings/rosa").write_text("in the way", encoding="utf-8")
    with pytest.raises(GLCError, match="not among the texts"):
        code(session, text=TEXT)
    session = CodingSession(study, "tomas", today=DAY)
    shutil.rmtree(study.root / "raw/codings/tomas")
    (study.root / "raw/codings/tomas").write_text("in the way", encoding="utf-8")
    with pytest.raises(GLCError, match="cannot be written to"):
        code(session)


def test_a_text_that_changed_is_coded_as_it_was_begun(session, study):
    code(session)
    before = session.show_text(TEXT)
    path = study.root / "raw/interviews/interview-farol-de-barro.vtt"
    path.write_text(path.read_text(encoding="utf-8").replace("Casi nadie", "Nadie"), encoding="utf-8")
    again = CodingSession(study, "ines", today=DAY)
    assert again.show_text(TEXT) | {"change": ""} == before
    assert again.describe_state()["problems"] == [
        f"{TEXT} has changed since you began it. You see the earlier version until you choose, above its "
        "turns, to go on with the new text."]


def test_a_codebook_that_changed_is_said_while_the_desk_is_open_and_at_the_next_start(session, study):
    code(session)
    path = study.locate_reference_file("codebook")
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "night-line,ways-in,code,Night line,Somebody answers at night.,,,2,,\n",
                    encoding="utf-8")
    again = CodingSession(study, "ines", today=DAY)
    assert again.describe_state()["problems"] == [
        "The codebook has changed since you last coded (new: Night line). Your codings are kept."]
    code(session, "night-line", 20, 30)
    assert session.describe_state()["problems"] == again.describe_state()["problems"]
    assert CodingSession(study, "ines").describe_state()["problems"] == []


def test_a_text_counts_once_it_is_finished_and_an_answer_with_its_first_code(session, study):
    code(session)
    answer = session.list_answers()[0]["answer_id"]
    session.carry_out({"act": "code_answers", "answer_ids": [answer], "code_id": "outreach"})
    raw = read_codings(coder_journal_path(study, "ines"), coder="ines")
    assert [*raw.codings["source"]] == [answer]
    assert raw.notes == (
        f"ines: begun at the coding desk; not counted until finished: {TEXT}.",)
    session.carry_out({"act": "finish", "document_id": TEXT, "value": True})
    raw = read_codings(coder_journal_path(study, "ines"), coder="ines")
    assert sorted(raw.codings["source"]) == sorted([answer, TEXT])
    assert {*raw.codings["match"]} == {"exact"}
    assert {*raw.codings["coder"]} == {"ines"}


def test_a_proposed_code_is_no_coding(session, study):
    at = turn(session)["start"]
    session.carry_out({"act": "propose_code", "document_id": TEXT, "start": at, "end": at + 10,
                       "name": "Night line"})
    code(session)
    session.carry_out({"act": "finish", "document_id": TEXT, "value": True})
    raw = read_codings(coder_journal_path(study, "ines"), coder="ines")
    assert [*raw.codings["code"]] == ["outreach"]
    assert [*raw.memos["text"]] == ["Proposed code: Night line"]


def test_a_proposed_quotation_is_no_coding_and_is_a_memo_of_the_passage(session, study):
    at = turn(session)["start"]
    session.carry_out({"act": "propose_quotation", "document_id": TEXT, "start": at, "end": at + 10})
    code(session)
    session.carry_out({"act": "finish", "document_id": TEXT, "value": True})
    raw = read_codings(coder_journal_path(study, "ines"), coder="ines")
    assert [*raw.codings["code"]] == ["outreach"]
    assert [*raw.memos["text"]] == ["Proposed as a quotation"]


def test_a_fault_in_a_table_that_no_text_needs_keeps_nobody_from_coding(session, study):
    path = study.locate_reference_file("rounds")
    path.write_text(path.read_text(encoding="utf-8").replace("2017", "last year"), encoding="utf-8")
    assert code(CodingSession(study, "ines", today=DAY))["can_undo"]


def test_a_text_that_left_the_study_is_told_and_stops_no_build(session, study):
    answer = session.list_answers()[0]["answer_id"]
    session.carry_out({"act": "code_answers", "answer_ids": [answer], "code_id": "outreach"})
    raw = read_codings(coder_journal_path(study, "ines"), coder="ines")
    placed = place_codings([("ines", raw)], dict, {}, lambda text: Masked(text, ()))
    assert placed.faults == placed.codings == []
    left = f"ines: {answer} is not a text of this study; what was coded in it at the coding desk is left out."
    assert placed.notes == [left]
