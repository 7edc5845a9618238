"""A journal of the coding desk after a withdrawal: the words go, every other coding stays on its words."""

import json

import pandas as pd
import pytest

from glc_analysis.addons.desk.erasers import erase_withdrawn_from_journal_or_log
from glc_analysis.addons.desk.journal import CoderJournal
from glc_analysis.addons.withdrawal.coder_files import RemainingContent
from glc_analysis.addons.withdrawal.redaction import shift_span_after_removal
from glc_analysis.errors import Faults
from glc_analysis.pseudonyms.masking import Masker
from glc_analysis.text import content_hash

CALL = "p1: We wait.\n\np2: My sister 😀 came.\n\np1: So did mine.\n"
GONE = "p2: My sister 😀 came."


def text(n, document_id, words, kind="call"):
    return {"n": n, "act": "text", "document_id": document_id, "kind": kind, "version": content_hash(words),
            "text": words, "purpose": "single"}


LINES = [
    text(1, "call-1", CALL), text(2, "lamp", "p3: No house.\n", "interview"),
    {"n": 3, "act": "code", "document_id": "call-1", "start": 4, "end": 11, "code_id": "a"},
    {"n": 4, "act": "code", "document_id": "call-1", "start": CALL.index("My"), "end": CALL.index(" came"),
     "code_id": "b"},
    {"n": 5, "act": "code", "document_id": "call-1", "start": CALL.index("So"), "end": len(CALL) - 1,
     "code_id": "c"},
    {"n": 6, "act": "memo", "coding_id": "4", "memo": "her sister"},
    {"n": 7, "act": "code", "document_id": "lamp", "start": 4, "end": 6, "code_id": "a"},
    text(8, "x.q1", "Fear.", "answer"), text(9, "y.q1", "Fear.", "answer"),
    {"n": 10, "act": "code_answers", "answer_ids": ["x.q1", "y.q1"], "code_id": "c"},
    {"n": 11, "act": "uncode", "coding_id": "3"}, {"n": 12, "act": "undo", "of": 11},
    {"n": 13, "act": "finish", "document_id": "call-1", "value": True}]


def redacted(path, lines, gone=("lamp", "x.q1")):
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines) + '{"n": 14, "a',
                    encoding="utf-8")
    turns = pd.DataFrame([[GONE, "person", "p2: [withdrawn]", "folded", ""]],
                         columns=["name", "kind", "pseudonym", "match", "allowed_for"])

    def left(document, words):
        return None if document in gone else Masker(turns, {}).mask(words)

    erase_withdrawn_from_journal_or_log(path, RemainingContent(
        left, lambda document, now: document != "call-1" or "[withdrawn]" in now.text,
        lambda texts: [one.replace("sister", "[withdrawn]") for one in texts], shift_span_after_removal,
        {"call-1.2"}))
    journal = CoderJournal(path)
    journal.read()
    return journal.work


def test_codings_of_other_words_stay_on_them_and_acts_keep_their_numbers(tmp_path):
    work = redacted(tmp_path / "desk.jsonl", LINES)
    said = {(one.coding_id, work.texts[one.document_id].text[one.start:one.end])
            for one in work.codings.values()}
    assert said == {("3", "We wait"), ("5", "So did mine."), ("10.2", "Fear.")}
    content = (tmp_path / "desk.jsonl").read_text(encoding="utf-8")
    assert not [word for word in ("sister", "house", "lamp", "x.q1") if word in content]
    assert (work.last, [*work.finished], work.cut) == (13, ["call-1"], [])
    assert work.done[-1] == 13 and work.undone == []


def test_changed_codings_and_passages_of_one_act_stay_on_their_words_or_go(tmp_path):
    def passage(words, document="call-1", within=CALL):
        start = within.index(words)
        return {"document_id": document, "start": start, "end": start + len(words)}

    lines = [*LINES[:2], *LINES[2:5],
             {"n": 6, "act": "resize", "coding_id": "5", **passage("mine")},
             {"n": 7, "act": "resize", "coding_id": "4", **passage("sister")},
             {"n": 8, "act": "recode", "coding_id": "4", "code_id": "c"},
             {"n": 9, "act": "recode", "coding_id": "3", "code_id": "c"},
             {"n": 10, "act": "code_passages", "code_id": "d", "passages": [
                 passage("house", "lamp", "p3: No house."), passage("sister"), passage("did mine")]},
             {"n": 11, "act": "memo", "coding_id": "10.3", "memo": "kept"}]
    work = redacted(tmp_path / "desk.jsonl", lines)
    assert {(one.coding_id, one.code_id, work.texts[one.document_id].text[one.start:one.end])
            for one in work.codings.values()} == {
        ("3", "c", "We wait"), ("5", "c", "mine"), ("10.3", "d", "did mine")}
    assert work.codings["10.3"].memo == "kept"
    content = (tmp_path / "desk.jsonl").read_text(encoding="utf-8")
    assert not [word for word in ("sister", "house", "lamp") if word in content]


def test_a_proposed_quotation_of_what_goes_goes_and_others_stay_on_their_words(tmp_path):
    lines = [LINES[0], *({"n": n, "act": "propose_quotation", "document_id": "call-1",
                          "start": CALL.index(words), "end": CALL.index(words) + len(words)}
                         for n, words in ((2, "My sister"), (3, "So did mine.")))]
    work = redacted(tmp_path / "desk.jsonl", lines)
    assert [work.texts[one.document_id].text[one.start:one.end] for one in work.proposals.values()] == [
        "So did mine."]
    assert all(one.is_quotation for one in work.proposals.values())


def test_a_text_that_was_begun_before_it_changed_is_left_to_a_person(tmp_path):
    lines = [text(1, "call-1", CALL.replace("came", "arrived")), *LINES[2:3]]
    with pytest.raises(Faults, match="before it was changed"):
        redacted(tmp_path / "desk.jsonl", lines)


def test_decisions_on_what_goes_go_and_others_stay(tmp_path):
    lines = [{"n": n, "act": "decide", "on": "2016-07-01", "segment_id": segment, "codes": "a",
              "reason": "her sister", "by": "ana"} for n, segment in enumerate(["call-1.1", "call-1.2"], 1)]
    work = redacted(tmp_path / "desk.jsonl", lines)
    assert {one.segment_id: one.reason for one in work.decisions.values()} == {"call-1.1": "her [withdrawn]"}


def test_a_log_of_suggestions_loses_the_lines_on_what_goes(tmp_path):
    path = tmp_path / "suggestions.jsonl"
    path.write_text('{"document_id": "lamp", "shown": ["a"]}\n{"document_id": "call-1", "shown": ["b"]}\n',
                    encoding="utf-8")
    erase_withdrawn_from_journal_or_log(path, RemainingContent(
        lambda *_: None, lambda *_: True, lambda texts: texts, shift_span_after_removal, {"lamp"}))
    assert path.read_text(encoding="utf-8") == '{"document_id": "call-1", "shown": ["b"]}\n'


def test_of_answers_that_were_read_together_the_others_stay_read(tmp_path):
    lines = [text(1, "x.q1", "Fear.", "answer"), text(2, "y.q1", "Fear.", "answer"),
             {"n": 3, "act": "read_answers", "answer_ids": ["x.q1", "y.q1"], "value": True}]
    work = redacted(tmp_path / "desk.jsonl", lines)
    assert (work.read, work.done) == ({"y.q1": True}, [3])
    assert redacted(tmp_path / "desk.jsonl", lines, gone=("x.q1", "y.q1")).read == {}


def new_texts(n, words, moved, waiting):
    return {"n": n, "on": "2016-07-02", "act": "new_texts", "texts": [
        {"document_id": "call-1", "version": content_hash(words), "text": words, "is_edited": True,
         "moved": moved, "waiting": waiting}]}


NOW = CALL.replace("We wait.", "Yes, we wait.")
SHIFT = len("Yes, ")


def moved_on(*more):
    """The acts on the call, then the coder goes on with the text of today, in which one coding waits."""
    return [*LINES[:1], *LINES[2:5], new_texts(14, NOW, {
        key: [start + SHIFT, end + SHIFT] for key, (start, end) in {
            "4": (LINES[3]["start"], LINES[3]["end"]), "5": (LINES[4]["start"], LINES[4]["end"])}.items()},
        {"3": [4, 16]}), *more]


def test_where_the_coder_went_on_with_a_changed_text_the_words_go_from_both(tmp_path):
    path = tmp_path / "desk.jsonl"
    work = redacted(path, moved_on())
    assert {one.coding_id: work.texts["call-1"].text[one.start:one.end] for one in work.codings.values()} == {
        "5": "So did mine."}
    assert [(one.coding_id, one.words) for one in work.waiting.values()] == [("3", "We wait")]
    assert "sister" not in path.read_text(encoding="utf-8")
    assert work.done[-1] == 14


def test_a_coding_that_was_placed_again_on_words_that_go_goes_with_them(tmp_path):
    start = NOW.index("My")
    place = {"n": 15, "on": "2016-07-02", "act": "place", "document_id": "call-1", "coding_id": "3",
             "start": start, "end": start + 9}
    work = redacted(tmp_path / "desk.jsonl", moved_on(place))
    assert ([*work.codings], work.waiting) == (["5"], {})


def test_a_coding_that_was_placed_again_on_other_words_stays_on_them(tmp_path):
    start = NOW.index("Yes")
    place = {"n": 15, "on": "2016-07-02", "act": "place", "document_id": "call-1", "coding_id": "3",
             "start": start, "end": start + 12}
    work = redacted(tmp_path / "desk.jsonl", moved_on(place))
    assert {work.texts["call-1"].text[one.start:one.end] for one in work.codings.values()} == {
        "Yes, we wait", "So did mine."}


def test_of_answers_that_were_gone_on_with_together_the_others_stay(tmp_path):
    def answer(name, words):
        return {"document_id": name, "version": content_hash(words), "text": words, "is_edited": False,
                "moved": {}, "waiting": {}}

    act = {"n": 3, "on": "2016-07-02", "act": "new_texts", "texts": [answer("x.q1", "Fear, no."),
                                                                      answer("y.q1", "Fear...")]}
    lines = [text(1, "x.q1", "Fear.", "answer"), text(2, "y.q1", "Fear.", "answer"), act]
    assert redacted(tmp_path / "desk.jsonl", lines).texts.keys() == {"y.q1"}
    work = redacted(tmp_path / "desk.jsonl", lines, gone=("x.q1", "y.q1"))
    assert (work.texts, work.last) == ({}, 3)
