"""A coding gets another code or another extent; passages are found, looked at and coded as one act."""

import json

import pytest

from glc_analysis.addons.desk.coding_session import CodingSession, find_spans_of_words
from glc_analysis.addons.desk.journal import coder_journal_path
from glc_analysis.errors import GLCError
from glc_analysis.intake.codings import read_codings

TEXT, OTHER = "interview-farol-de-barro", "interview-luz-de-maiz"


def turn(session, n=1, text=TEXT):
    return session.show_text(text)["turns"][n]


def coded(session, code_id="outreach", start=0, end=10):
    """The coding of a passage of the second turn, with a memo and marked as a negative case."""
    at = turn(session)["start"]
    session.carry_out({"act": "code", "document_id": TEXT, "start": at + start, "end": at + end,
                       "code_id": code_id})
    made = session.show_text(TEXT)["codings"][-1]["coding_id"]
    session.carry_out({"act": "memo", "coding_id": made, "memo": "ask again"})
    session.carry_out({"act": "negative_case", "coding_id": made})
    return made


def the_coding(session, coding_id):
    return next(one for one in session.show_text(TEXT)["codings"] if one["coding_id"] == coding_id)


def test_a_coding_gets_another_code_and_keeps_its_memo_and_its_mark(session, study):
    coding = coded(session)
    before = the_coding(session, coding)
    said = session.carry_out({"act": "recode", "coding_id": coding, "code_id": "stigma"})["message"]
    names = {row["code_id"]: row["name"] for row in session.list_codes_with_definitions()}
    assert said == f"{names['outreach']} is now {names['stigma']}; its memo stays."
    assert the_coding(session, coding) == before | {"code_id": "stigma"}
    assert the_coding(CodingSession(study, "ines"), coding) == before | {"code_id": "stigma"}
    done = session.carry_out({"act": "undo"})
    assert done["message"].endswith(f": the change of code to {names['stigma']}.")
    assert the_coding(session, coding) == before


def test_a_coding_gets_another_extent_and_keeps_its_memo_and_its_mark(session, study):
    coding, at = coded(session), turn(session)["start"]
    before = the_coding(session, coding)
    session.carry_out({"act": "resize", "coding_id": coding, "document_id": TEXT, "start": at + 2,
                       "end": at + 20})
    words = turn(session)["text"]
    start, end = (the_coding(session, coding)[name] - at for name in ("start", "end"))
    assert words[start:end] == words[2:20].strip()
    assert the_coding(session, coding)["memo"] == "ask again"
    assert session.carry_out({"act": "undo"})["message"].endswith(
        f": the new extent of {before_name(session, before)}.")
    assert the_coding(CodingSession(study, "ines"), coding) == before


def before_name(session, coding):
    return next(row["name"] for row in session.list_codes_with_definitions()
                if row["code_id"] == coding["code_id"])


def test_a_suggested_code_that_its_coder_replaces_is_the_coders_own(session):
    coding = coded(session)
    work = session._journal.work
    work.codings[coding] = work.codings[coding]._replace(origin="suggested", suggested_by="a model")
    session.carry_out({"act": "recode", "coding_id": coding, "code_id": "stigma"})
    assert work.codings[coding][-3:] == ("own", "", "")


@pytest.mark.parametrize(("act", "said"), [
    ({"act": "recode", "code_id": "outreach"}, "has this code"),
    ({"act": "recode", "code_id": "stigma"}, "already"),
    ({"act": "recode", "code_id": "sitgma"}, "nearest: 'stigma'"),
    ({"act": "resize", "start": 0, "end": 10}, "unchanged"),
    ({"act": "resize", "turn": 3, "start": 0, "end": 10}, "within its turn")])
def test_a_change_that_changes_nothing_or_says_a_thing_twice_is_refused(session, act, said):
    coding, at = coded(session), turn(session)["start"]
    session.carry_out({"act": "code", "document_id": TEXT, "start": at, "end": at + 10, "code_id": "stigma"})
    start = turn(session, act.get("turn", 1))["start"]
    places = {name: start + act[name] for name in ("start", "end") if name in act}
    with pytest.raises(GLCError, match=said):
        session.carry_out({"document_id": TEXT, "coding_id": coding} | act | places)


def test_a_finished_text_keeps_the_codes_and_the_extents_of_its_codings(session):
    coding, at = coded(session), turn(session)["start"]
    session.carry_out({"act": "finish", "document_id": TEXT, "value": True})
    for act in ({"act": "recode", "code_id": "stigma"},
                {"act": "resize", "document_id": TEXT, "start": at, "end": at + 20}):
        with pytest.raises(GLCError, match="finished"):
            session.carry_out({"coding_id": coding} | act)


def test_the_code_of_an_answer_is_changed_and_its_extent_is_the_answer(session):
    answer = session.list_answers()[0]["answer_id"]
    session.carry_out({"act": "code_answers", "answer_ids": [answer], "code_id": "outreach"})
    coding = session.list_answers()[0]["codings"][0]["coding_id"]
    session.carry_out({"act": "recode", "coding_id": coding, "code_id": "stigma"})
    assert [one["code_id"] for one in session.list_answers()[0]["codings"]] == ["stigma"]
    with pytest.raises(GLCError, match="coded as a whole"):
        session.carry_out({"act": "resize", "coding_id": coding, "document_id": answer, "start": 0, "end": 2})


def test_what_is_handed_in_has_the_code_and_the_extent_of_the_last_change(session, study):
    coding, at = coded(session), turn(session)["start"]
    session.carry_out({"act": "recode", "coding_id": coding, "code_id": "stigma"})
    session.carry_out({"act": "resize", "coding_id": coding, "document_id": TEXT, "start": at, "end": at + 4})
    session.carry_out({"act": "finish", "document_id": TEXT, "value": True})
    row, = read_codings(coder_journal_path(study, "ines"), coder="ines").codings.itertuples()
    assert (row.start, row.end, row.code, row.memo) == (at, at + 4, "stigma", "Negative case.\nask again")


def test_the_tree_counts_the_coders_own_codings_by_code(session):
    assert session.describe_state()["counts"] == {}
    coding = coded(session)
    assert session.describe_state()["counts"] == {"outreach": 1}
    answers = [row["answer_id"] for row in session.list_answers()[:3]]
    done = session.carry_out({"act": "code_answers", "answer_ids": answers, "code_id": "stigma"})
    assert done["counts"] == {"outreach": 1, "stigma": 3}
    assert session.carry_out({"act": "uncode", "coding_id": coding})["counts"] == {"stigma": 3}


# Found, looked at, selected, coded: one act.


def words_of(session, row):
    turns = session.show_text(row["document_id"])["turns"]
    one = turns[row["turn"] - 1]
    return one["text"][row["start"] - one["start"]:row["end"] - one["start"]]


def test_words_are_found_in_all_texts_of_the_coder_without_case_and_accents(session):
    rows = session.find_words("NADIE")
    assert {row["document_id"] for row in rows} <= {text["document_id"] for text in session.list_texts()}
    assert len({row["document_id"] for row in rows}) > 1
    assert {words_of(session, row).lower() for row in rows} == {"nadie"}
    assert session.find_words("policia") == session.find_words("Policía")
    assert session.find_words("  ") == session.find_words("zzzz") == []
    row = rows[0]
    assert row["text"] == turn(session, row["turn"] - 1, row["document_id"])["text"]
    assert row["title"] == session.show_text(row["document_id"])["title"] and row["is_open"]


@pytest.mark.parametrize(("words", "found"), [
    ("istanbul", ["İstanbul"]), ("E", ["é", "e\u0301", "e", "e"]), ("cafe", ["cafe\u0301"]),
    ("here", ["here"]), ("😀", ["😀"]), ("កា", []), ("cafe here", ["cafe\u0301\n here"])])
def test_found_words_stand_where_they_stand_behind_letters_that_fold_to_more_or_none(words, found):
    text = "😀 İstanbul, é, cafe\u0301\n here; កិ"
    assert [text[start:end] for start, end in find_spans_of_words(words, text)] == found


def test_passages_of_several_texts_are_coded_by_one_act_and_undone_by_one(session, study):
    rows = session.find_words("nadie")
    passages = [{name: row[name] for name in ("document_id", "start", "end")} for row in rows]
    done = session.carry_out({"act": "code_passages", "passages": passages, "code_id": "stigma"})
    assert done["message"] == f"Coded {len(rows)} passages: Stigma."
    assert done["changed"] == sorted({row["document_id"] for row in rows})
    assert done["counts"] == {"stigma": len(rows)}
    assert [row["codes"] for row in session.find_words("nadie")] == [["stigma"]] * len(rows)
    again = CodingSession(study, "ines")
    assert again.describe_state()["counts"] == {"stigma": len(rows)}
    assert again.carry_out({"act": "undo"})["message"] == f"Undone: the code Stigma on {len(rows)} passages."
    assert again.describe_state()["counts"] == {}


def test_a_passage_that_has_the_code_is_passed_over_and_one_of_a_finished_text_is_refused(session):
    rows = session.find_words("nadie")
    passages = [{name: row[name] for name in ("document_id", "start", "end")} for row in rows]
    about = {"act": "code_passages", "code_id": "stigma"}
    session.carry_out(about | {"passages": passages[:1]})
    done = session.carry_out(about | {"passages": [passages[0], passages[1], passages[1]]})
    assert done["counts"] == {"stigma": 2}
    with pytest.raises(GLCError, match="already"):
        session.carry_out(about | {"passages": passages[:1]})
    with pytest.raises(GLCError, match="No passage is selected"):
        session.carry_out(about | {"passages": []})
    session.carry_out({"act": "finish", "document_id": rows[0]["document_id"], "value": True})
    assert not session.find_words("nadie")[0]["is_open"]
    with pytest.raises(GLCError, match="finished"):
        session.carry_out({"act": "code_passages", "code_id": "outreach", "passages": passages})


def test_the_passages_of_a_code_are_those_of_texts_and_answers_and_no_others(session):
    coding = coded(session)
    answer = session.list_answers()[0]
    session.carry_out({"act": "code_answers", "answer_ids": [answer["answer_id"]], "code_id": "outreach"})
    coded(session, "stigma", 12, 20)
    rows = session.list_passages("outreach")
    assert [(row["document_id"], row["codes"]) for row in rows] == [
        (TEXT, ["outreach"]), (answer["answer_id"], ["outreach"])]
    assert rows[0]["coding_id"] == coding and rows[0]["memo"] == "ask again"
    assert words_of(session, rows[0]) == turn(session)["text"][:10].strip()
    assert rows[1]["text"] == answer["text"]
    with pytest.raises(GLCError, match="nearest"):
        session.list_passages("outreahc")


def test_the_journal_keeps_a_change_and_the_passages_of_an_act_on_their_own_lines(session, study):
    coding, at = coded(session), turn(session)["start"]
    session.carry_out({"act": "recode", "coding_id": coding, "code_id": "stigma"})
    session.carry_out({"act": "resize", "coding_id": coding, "document_id": TEXT, "start": at, "end": at + 4})
    row = session.find_words("nadie")[0]
    session.carry_out({"act": "code_passages", "code_id": "stigma", "passages": [row]})
    lines = [json.loads(line) for line in coder_journal_path(study, "ines").read_bytes().splitlines()]
    kept = [{key: value for key, value in line.items() if key not in ("n", "on")} for line in lines]
    assert {"act": "recode", "coding_id": coding, "code_id": "stigma"} in kept
    assert {"act": "resize", "document_id": TEXT, "coding_id": coding, "start": at, "end": at + 4} in kept
    assert kept[-1] == {"act": "code_passages", "code_id": "stigma", "passages": [
        {name: row[name] for name in ("document_id", "start", "end")}]}
