"""A text that changed since its coder began it: the coder goes on with the text of today, nothing is lost."""

import hashlib
import json
import re
import shutil
from datetime import date

import pytest

from glc_analysis.addons.desk.coder_texts import AssignedTexts
from glc_analysis.addons.desk.coding_session import CodingSession
from glc_analysis.addons.desk.journal import CoderJournal, coder_journal_path
from glc_analysis.errors import GLCError
from glc_analysis.intake.codings import read_codings
from glc_analysis.study import Study

TEXT = "interview-luz-de-maiz"
DAY, LATER = date(2016, 7, 1), date(2017, 3, 2)


def code(session, n, code_id="outreach", start=0, end=0):
    turn = session.show_text(TEXT)["turns"][n]
    return session.carry_out({"act": "code", "document_id": TEXT, "start": turn["start"] + start,
                              "end": turn["start"] + end if end else turn["end"], "code_id": code_id})


def transcript(study):
    return study.root / "raw/interviews" / f"{TEXT}.srt"


def correct(study, old, new):
    """Corrects words in a transcript, as somebody does who listened again."""
    path = transcript(study)
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    return CodingSession(study, "ines", today=LATER)


def words(session):
    text = session._text_of(TEXT).text
    return [text[one["start"]:one["end"]] for one in session.show_text(TEXT)["codings"]]


def go_on(session):
    return session.carry_out({"act": "new_texts", "document_ids": [TEXT]})


def first_word(session, n):
    return session.show_text(TEXT)["turns"][n]["text"].split()[0]


@pytest.fixture
def corrected(session, study):
    """A text with two codings, of which one lies in a turn whose first word was corrected since."""
    code(session, 1)
    code(session, 3, "stigma")
    turn = session.show_text(TEXT)["turns"][3]
    head = " ".join(turn["text"].split()[:3])
    return correct(study, head, f"Corregido {head}"), words(session)


def test_the_coder_is_told_how_many_codings_lie_in_unchanged_words(session, study):
    assert session.show_text(TEXT)["change"] == ""
    code(session, 1)
    code(session, 3, "stigma")
    head = " ".join(session.show_text(TEXT)["turns"][3]["text"].split()[:3])
    again = correct(study, head, head.upper())
    assert again.show_text(TEXT)["change"] == (
        "This text was corrected after you began it on 2016-07-01. 1 of your 2 codings lies in words that "
        "did not change.")


def test_the_day_is_that_of_the_corrected_file_where_the_manifest_has_it(session, study):
    code(session, 1)
    again = correct(study, first_word(session, 3), "Corregido")
    path = study.root / "private/reference/manifest.csv"
    name = f"raw/interviews/{TEXT}.srt"
    rows = path.read_text(encoding="utf-8").splitlines()
    digest = hashlib.sha256(transcript(study).read_bytes()).hexdigest()
    rows = [f"{name},{digest},1,2017-03-01,team,none needed: invented," if row.startswith(name) else row
            for row in rows]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert again.show_text(TEXT)["change"].startswith(
        "This text was corrected on 2017-03-01. Your one coding ")


def test_a_coding_in_unchanged_words_goes_along_and_the_other_waits_with_its_words(corrected):
    session, before = corrected
    done = go_on(session)
    assert "Codings in unchanged words: 2; to be placed again: 0." in done["message"]
    assert words(session) == before


def test_a_coding_whose_words_changed_waits_to_be_placed_again(session, study):
    code(session, 1)
    code(session, 3, "stigma")
    kept, lost = words(session)
    again = correct(study, " ".join(lost.split()[1:4]), "otra cosa")
    assert "unchanged words: 1; to be placed again: 1." in go_on(again)["message"]
    assert words(again) == [kept]
    waiting, = again.show_text(TEXT)["waiting"]
    assert (waiting["words"], waiting["code_id"]) == (lost, "stigma")
    turn = again.show_text(TEXT)["turns"][3]
    assert turn["start"] <= waiting["start"] < waiting["end"] <= turn["end"]
    assert [n for n, one in enumerate(again.show_text(TEXT)["turns"]) if one["is_changed"]] == [3]
    assert again.show_text(TEXT)["change"] == ""
    assert again.list_texts()[[one["document_id"] for one in again.list_texts()].index(TEXT)]["codings"] == 2


@pytest.fixture
def waiting(session, study):
    """A session with one coding that waits, in a text that was finished before it changed."""
    code(session, 1)
    code(session, 3, "stigma")
    session.carry_out({"act": "finish", "document_id": TEXT})
    lost = words(session)[1]
    again = correct(study, " ".join(lost.split()[1:4]), "otra cosa")
    go_on(again)
    return again


def test_it_is_one_line_that_another_session_reads(session, study):
    code(session, 3)
    before = coder_journal_path(study, "ines").read_bytes()
    again = correct(study, first_word(session, 3), "Otra")
    go_on(again)
    after = coder_journal_path(study, "ines").read_bytes()
    assert after.startswith(before)
    line, = after[len(before):].splitlines()
    assert json.loads(line)["act"] == "new_texts"
    assert CodingSession(study, "ines", today=LATER).show_text(TEXT) == again.show_text(TEXT)


def test_undo_brings_back_the_text_and_the_codings_as_they_were_and_redo_the_new_ones(waiting, study):
    after = waiting.show_text(TEXT)
    waiting.carry_out({"act": "undo"})
    before = waiting.show_text(TEXT)
    assert (len(before["codings"]), before["waiting"], before["status"]) == (2, [], "finished")
    assert before["change"] != ""
    waiting.carry_out({"act": "redo"})
    assert waiting.show_text(TEXT) == after == CodingSession(study, "ines", today=LATER).show_text(TEXT)


def test_the_text_is_open_again_and_not_handed_in_until_all_is_placed(waiting, study):
    assert waiting.show_text(TEXT)["status"] == "begun"
    for act in ({"act": "finish"}, {"act": "read"}):
        with pytest.raises(GLCError, match="1 coding waits to be placed again"):
            waiting.carry_out({"document_id": TEXT, **act})
    raw = read_codings(coder_journal_path(study, "ines"), coder="ines")
    assert raw.codings.empty
    assert raw.notes == ("ines: texts changed since they were coded; not counted until each coding has been "
                         f"placed again: {TEXT}.",)


def test_a_waiting_coding_is_placed_on_other_words_with_its_memo_and_the_text_is_finished(waiting, study):
    one, = waiting.show_text(TEXT)["waiting"]
    turn = waiting.show_text(TEXT)["turns"][3]
    done = waiting.carry_out({"act": "place", "document_id": TEXT, "coding_id": one["coding_id"],
                              "start": turn["start"], "end": turn["end"]})
    assert done["message"] == "Placed again: Stigma."
    waiting.carry_out({"act": "finish", "document_id": TEXT})
    assert waiting.show_text(TEXT)["waiting"] == [] and turn["text"] in words(waiting)
    assert not any(one["is_changed"] for one in waiting.show_text(TEXT)["turns"])
    raw = read_codings(coder_journal_path(study, "ines"), coder="ines")
    assert sorted(raw.codings["code"]) == ["outreach", "stigma"]
    assert {*raw.codings["match"]} == {"exact"}
    assert raw.quarantined.empty


def test_a_waiting_coding_may_be_taken_off(waiting):
    one, = waiting.show_text(TEXT)["waiting"]
    waiting.carry_out({"act": "uncode", "coding_id": one["coding_id"]})
    assert waiting.show_text(TEXT)["waiting"] == []
    waiting.carry_out({"act": "undo"})
    assert waiting.show_text(TEXT)["waiting"] == [one]


@pytest.mark.parametrize(("act", "said"), [
    ({"act": "place", "coding_id": "99"}, "is not waiting"),
    ({"act": "place", "document_id": "call-1"}, f"That coding belongs to {TEXT}"),
    ({"act": "memo", "memo": "why"}, "no longer there"),
    ({"act": "new_texts", "document_ids": [TEXT]}, "has not changed since"),
])
def test_what_cannot_be_done_is_said_in_a_sentence(waiting, study, act, said):
    one, = waiting.show_text(TEXT)["waiting"]
    before = coder_journal_path(study, "ines").read_bytes()
    with pytest.raises(GLCError, match=said):
        waiting.carry_out({"document_id": TEXT, "coding_id": one["coding_id"], "start": 20, "end": 25} | act)
    assert coder_journal_path(study, "ines").read_bytes() == before


def test_where_names_alone_were_masked_the_text_stays_finished_and_all_codings_go_along(session, study):
    turn = session.show_text(TEXT)["turns"][3]
    name = max(turn["text"].split(), key=len).strip(".,;")
    code(session, 1)
    code(session, 3, "stigma")
    session.carry_out({"act": "finish", "document_id": TEXT})
    path = study.root / "private/reference/names.csv"
    head = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    row = dict.fromkeys(head, "") | {"name": name, "kind": "person", "match": "folded"}
    with path.open("a", encoding="utf-8") as file:
        file.write(",".join(row.values()) + "\n")
    again = CodingSession(study, "ines", today=LATER)
    go_on(again)
    assert again.show_text(TEXT)["status"] == "finished"
    assert name not in again.show_text(TEXT)["turns"][3]["text"]
    assert words(again)[-1] == again.show_text(TEXT)["turns"][3]["text"]


def test_a_text_with_most_words_changed_takes_nothing_along_by_guess(session, study):
    code(session, 1)
    path = transcript(study)
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"^([^:\n]+): .*$", r"\1: nada", text, flags=re.MULTILINE), encoding="utf-8")
    again = CodingSession(study, "ines", today=LATER)
    go_on(again)
    assert again.show_text(TEXT)["codings"] == [] and len(again.show_text(TEXT)["waiting"]) == 1


def test_a_proposed_code_whose_words_changed_is_kept_with_its_words(session, study):
    turn = session.show_text(TEXT)["turns"][3]
    session.carry_out({"act": "propose_code", "document_id": TEXT, "start": turn["start"], "end": turn["end"],
                       "name": "Night line"})
    code(session, 1)
    again = correct(study, " ".join(turn["text"].split()[1:4]), "otra cosa")
    go_on(again)
    again.carry_out({"act": "finish", "document_id": TEXT})
    memo, = read_codings(coder_journal_path(study, "ines"), coder="ines").memos["text"]
    assert memo.startswith("Proposed code: Night line, of the words") and turn["text"][:40] in memo


def test_what_was_handed_in_and_compared_stays_on_the_text_as_it_was(session, study, monkeypatch):
    code(session, 1)
    again = correct(study, first_word(session, 3), "Otra")
    monkeypatch.setattr(AssignedTexts, "find_purpose", lambda self, document: "double")
    monkeypatch.setattr(type(again._own.double_coding), "texts_opened_for_comparison", {TEXT})
    with pytest.raises(GLCError, match="can no longer change"):
        go_on(again)


def test_a_changed_text_that_its_coder_did_not_begin_is_just_the_new_one(session, study):
    again = correct(study, first_word(session, 3), "Otra")
    assert again.show_text(TEXT)["change"] == ""
    assert first_word(again, 3) == "Otra"


def test_a_line_that_was_cut_leaves_the_text_as_it_was(session, study):
    code(session, 3)
    again = correct(study, first_word(session, 3), "Otra")
    whole = coder_journal_path(study, "ines").read_bytes()
    go_on(again)
    content = coder_journal_path(study, "ines").read_bytes()
    for at in range(len(whole) + 1, len(content) - 1, max((len(content) - len(whole)) // 7, 1)):
        coder_journal_path(study, "ines").write_bytes(content[:at])
        journal = CoderJournal(coder_journal_path(study, "ines"))
        journal.read()
        assert (len(journal.work.codings), journal.work.waiting, journal.work.earlier) == (1, {}, {})
        assert journal.work.cut == [len(content.splitlines())]


# Open answers.


@pytest.fixture
def answers(session, study, monkeypatch):
    """Two answers that are coded and one that is read; then the words of the first and the last change, and
    the second has other blanks."""
    ids = [row["answer_id"] for row in session.list_answers()[:3]]
    session.carry_out({"act": "code_answers", "answer_ids": ids[:2], "code_id": "outreach"})
    session.carry_out({"act": "read_answers", "answer_ids": ids[2:]})
    now = AssignedTexts(study, "ines").answers
    for one, text in ((ids[0], "Other words."), (ids[1], now[ids[1]]["text"].replace(" ", "  ")),
                      (ids[2], "Not the same.")):
        now[one]["text"] = text
    monkeypatch.setattr(AssignedTexts, "answers", now)
    return CodingSession(study, "ines", today=LATER), ids


def rows_of(session, ids):
    rows = {row["answer_id"]: row for row in session.list_answers()}
    return [rows[one] for one in ids]


def test_changed_answers_are_gone_on_with_in_one_act(answers, study):
    session, ids = answers
    first, second, third = rows_of(session, ids)
    assert first["change"] == ("This answer was corrected after you began it on 2016-07-01. Your one coding "
                               "does not lie in words that did not change.")
    n = len(coder_journal_path(study, "ines").read_bytes().splitlines())
    session.carry_out({"act": "new_texts", "document_ids": ids})
    assert len(coder_journal_path(study, "ines").read_bytes().splitlines()) == n + 1
    first, second, third = rows_of(session, ids)
    assert (first["codings"], len(first["waiting"]), first["text"]) == ([], 1, "Other words.")
    assert (len(second["codings"]), second["waiting"]) == (1, [])
    assert second["codings"][0]["end"] == len(second["text"])
    assert not third["read"]
    assert [*read_codings(coder_journal_path(study, "ines"), coder="ines").codings["source"]] == [ids[1]]


def test_the_code_of_a_changed_answer_is_placed_again_on_the_whole_answer(answers, study):
    session, ids = answers
    session.carry_out({"act": "new_texts", "document_ids": ids})
    first, *_ = rows_of(session, ids)
    session.carry_out({"act": "place", "coding_id": first["waiting"][0]["coding_id"]})
    first, *_ = rows_of(session, ids)
    assert [(one["start"], one["end"]) for one in first["codings"]] == [(0, len("Other words."))]
    assert sorted(read_codings(coder_journal_path(study, "ines"),
                               coder="ines").codings["source"]) == sorted(ids[:2])


def test_the_desk_says_once_how_many_answers_changed(answers):
    session, _ = answers
    assert session.describe_state()["problems"] == [
        "3 open answers have changed since you coded them. You see the earlier words until you choose, above "
        "the answers, to go on with the new ones."]


def test_a_study_is_as_it_was_for_whoever_does_not_go_on(session, study):
    code(session, 1)
    session.carry_out({"act": "finish", "document_id": TEXT})
    before = read_codings(coder_journal_path(study, "ines"), coder="ines").codings
    again = correct(study, first_word(session, 3), "Otra")
    assert again.show_text(TEXT)["status"] == "finished"
    assert read_codings(coder_journal_path(study, "ines"), coder="ines").codings.equals(before)
    shutil.rmtree(Study(study.root).processed)  # nothing that was built is needed to say so
    assert CodingSession(study, "ines").show_text(TEXT)["change"] != ""
