"""Suggestions of codes at the coding desk: when there are none, what is kept, and that they count for nothing
until one is accepted."""

import hashlib
import json
import sys
from datetime import date
from threading import Event
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.addons.desk import code_suggestions, sentence_encoder, settled_passages
from glc_analysis.addons.desk.code_ranking import CodeRanking
from glc_analysis.addons.desk.code_suggestions import (
    suggest_and_log_codes_for_passage,
    why_no_codes_suggested,
)
from glc_analysis.addons.desk.coding_desk import CodingDesk
from glc_analysis.addons.desk.coding_session import CodingSession
from glc_analysis.addons.desk.journal import coder_journal_path
from glc_analysis.addons.desk.sentence_encoder import (
    VECTORS,
    SentenceEncoder,
    encode_and_prune_cache,
    load_encoder,
)
from glc_analysis.addons.desk.settled_passages import SettledPassages
from glc_analysis.addons.desk.suggestion_log import (
    SUGGESTION_LOG,
    log_refused_suggestions,
    read_coder_suggestion_log,
)
from glc_analysis.coding.assemble import UNITS, CodedTexts, tabulate_agreement
from glc_analysis.view.study_view import OpenStudy
from tests.addons.desk.support.word_encoder import WORDS
from tests.support.built_studies import built

SINGLE, DOUBLE = "interview-luz-de-maiz", "interview-farol-de-barro"
DAY = date(2016, 7, 1)


@pytest.fixture
def session(study, monkeypatch):
    monkeypatch.setattr(code_suggestions, "load_encoder", lambda: WORDS)
    return CodingSession(study, "ines", today=DAY)


def turns(session, document=SINGLE):
    return [one for one in session.show_text(document)["turns"] if one["role"] == "participant"]


def code(session, turn, code_id="outreach", **more):
    return session.carry_out({"act": "code", "document_id": SINGLE, "start": turn["start"],
                              "end": turn["end"], "code_id": code_id, **more})


def suggested(session, turn, document=SINGLE):
    return session.suggest_and_log_codes(document, turn["start"], turn["end"])


@pytest.fixture
def sure(monkeypatch):
    """Every list is shown: the encoder of the tests knows words alone, and the text is in Spanish."""
    monkeypatch.setattr(CodeRanking, "smallest_shown_score", 0.0)


def coded_turn(session):
    """A turn that its coder has coded, and the codes that are suggested for it."""
    turn = turns(session)[0]
    code(session, turn)
    return turn, suggested(session, turn)


def test_at_most_five_codes_each_with_a_settled_passage_that_has_the_code(session, sure, study):
    _, found = coded_turn(session)
    settled = SettledPassages.read(study)
    codes = {one.text: one.codes for one in settled.examples}
    assert 1 <= len(found) <= 5 and "outreach" not in {one["code_id"] for one in found}
    assert all(one["code_id"] in codes[one["example"]] for one in found if one["example"])
    assert {one["example_by"] for one in found} <= {*study.segments["segment_id"], ""}
    assert all(0 <= one["score"] <= 1 for one in found)


def test_nothing_is_suggested_before_the_coder_has_coded_the_passage(session, sure):
    assert all(suggested(session, turn) == [] for turn in turns(session))


def test_nothing_is_suggested_in_a_text_that_several_people_code(session, sure, study):
    assert "independently" in why_no_codes_suggested(study, "ines", DOUBLE)
    turn = turns(session, DOUBLE)[0]
    assert suggested(session, turn, DOUBLE) == []


def test_a_coder_in_training_on_a_text_silences_nothing(session, sure, study):
    before = why_no_codes_suggested(study, "ines", SINGLE)
    path = study.locate_reference_file("assignments")
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    row = dict.fromkeys(header.split(","), "") | {"document_id": SINGLE, "coder_id": "nadia"}
    for purpose, is_other in (("training", False), ("", True)):
        added = ",".join({**row, "purpose": purpose}.values())
        path.write_text("\n".join([header, *rows, added, ""]), encoding="utf-8")
        said = why_no_codes_suggested(study, "ines", SINGLE)
        assert ("independently" in said) == is_other
        assert is_other or said == before


@pytest.mark.parametrize(("missing", "names_it"), [("ines", True), ("tomas", False)])
def test_nothing_is_suggested_before_everybody_has_handed_in_the_texts_of_several_people(
        session, sure, study, missing, names_it):
    readings = study.processed / "readings.parquet"
    frame = tables.read_table("readings", study=study)
    frame[(frame["coder_id"] != missing) | (frame["document_id"] != DOUBLE)].to_parquet(readings)
    said = why_no_codes_suggested(study, "ines", SINGLE)
    assert "once all coders have handed in" in said and (DOUBLE in said) == names_it
    turn = turns(session)[0]
    code(session, turn)
    assert suggested(session, turn) == []


@pytest.mark.parametrize("document", [SINGLE, DOUBLE])
def test_no_sentence_about_suggestions_tells_that_another_coder_has_handed_in_a_text(study, document):
    readings = study.processed / "readings.parquet"
    frame = tables.read_table("readings", study=study)
    without = frame[(frame["document_id"] != document) | (frame["coder_id"] == "ines")]
    added = without[(without["document_id"] == document)].assign(coder_id="tomas")
    said = []
    for one in (without, pd.concat([without, added])):
        one.astype(frame.dtypes).to_parquet(readings)
        said.append(why_no_codes_suggested(study, "ines", document))
    assert said[0] == said[1]


def test_nothing_is_suggested_in_a_study_that_codes_interpretively(session, study):
    settings = study.settings_file.read_text()
    study.settings_file.write_text(settings.replace('approach = "codebook"', 'approach = "interpretive"'))
    assert "interpretively" in why_no_codes_suggested(OpenStudy(study.root), "ines", SINGLE)


@pytest.mark.parametrize(("version", "said"), [("", "frozen"), ("1", "newer than version 1")])
def test_nothing_is_suggested_while_the_codebook_is_not_frozen(session, study, version, said):
    path = study.locate_reference_file("assignments")
    path.write_text(path.read_text().replace(f"{SINGLE},ines,2", f"{SINGLE},ines,{version}"))
    assert said in why_no_codes_suggested(study, "ines", SINGLE)


@pytest.mark.parametrize("is_answer", [False, True])
def test_nothing_is_suggested_in_a_training_text(study, session, is_answer):
    document = session.list_answers()[0]["answer_id"] if is_answer else SINGLE
    path = study.locate_reference_file("assignments")
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    row = dict.fromkeys(header.split(","), "") | {"document_id": document, "coder_id": "ines",
                                                  "purpose": "training"}
    rows = [one for one in rows if not one.startswith(f"{document},ines,")]
    path.write_text("\n".join([header, *rows, ",".join(row.values()), ""]), encoding="utf-8")
    assert "training" in why_no_codes_suggested(study, "ines", document)


def test_nothing_is_suggested_from_fewer_than_twenty_settled_passages(session, study, monkeypatch):
    monkeypatch.setattr(code_suggestions, "FEWEST_PASSAGES", 10_000)
    assert "passages are settled" in why_no_codes_suggested(study, "ines", SINGLE)


def test_without_the_model_one_sentence_says_how_to_get_it(session, study, monkeypatch):
    monkeypatch.setattr(code_suggestions, "load_encoder", lambda: None)
    assert "[suggest]" in why_no_codes_suggested(study, "ines", SINGLE)
    turn = turns(session)[0]
    code(session, turn)
    assert suggested(session, turn) == []
    assert not coder_journal_path(study, "ines").with_name(SUGGESTION_LOG).exists()


def test_a_model_that_does_not_load_is_as_one_that_is_not_installed(monkeypatch):
    monkeypatch.setattr(sentence_encoder, "is_encoder_installed", lambda: True)
    monkeypatch.setitem(sys.modules, sentence_encoder.PACKAGE, ModuleType(sentence_encoder.PACKAGE))
    assert load_encoder.__wrapped__() is None


def test_the_account_of_a_case_is_never_given_to_the_model(session, sure, study):
    given = []
    spy = SentenceEncoder("spy", lambda texts: (given.extend(texts), WORDS.encode(texts))[1])
    cases = [words for row in study.codings.query("code_id == 'case_detail'").itertuples()
             for one in row.segment_ids.split(";")
             for words in study.segments.query("segment_id == @one")["text"]]
    turn = turns(session)[0]
    code(session, turn, "case_detail")
    assert suggest_and_log_codes_for_passage(study, "ines", SINGLE, turn["start"], turn["end"],
                                             session=session, encoder=spy) == []
    other = turns(session)[1]
    code(session, other)
    suggest_and_log_codes_for_passage(study, "ines", SINGLE, other["start"], other["end"], session=session,
                                      encoder=spy)
    assert cases and given
    assert not any(told in words or words in told for told in [*cases, turn["text"]] for words in given)
    assert "case_detail" not in SettledPassages.read(study).definitions


def test_no_words_of_a_turn_in_which_the_coder_just_marked_a_case_are_given_to_the_model(session, study):
    turn, given = turns(session)[0], []
    spy = SentenceEncoder("spy", lambda texts: (given.extend(texts), WORDS.encode(texts))[1])
    middle = (turn["start"] + turn["end"]) // 2
    code(session, turn | {"end": middle}, "case_detail")
    code(session, turn | {"start": middle})
    assert suggest_and_log_codes_for_passage(study, "ines", SINGLE, middle, turn["end"], session=session,
                                             encoder=spy) == []
    assert given == []


def test_what_is_shown_is_logged_once_and_what_is_accepted_keeps_where_it_came_from(session, sure, study):
    turn, found = coded_turn(session)
    assert suggested(session, turn) == found
    code(session, turn, found[0]["code_id"], origin="suggested")
    log_refused_suggestions(study, "ines", SINGLE, turn["start"], turn["end"], [found[-1]["code_id"]])
    acts = [line["act"] for line in read_coder_suggestion_log(study, "ines")]
    assert acts == ["shown", "taken", "refused"]
    shown = next(read_coder_suggestion_log(study, "ines"))
    line = json.loads(coder_journal_path(study, "ines").read_text("utf-8").splitlines()[-1])
    assert (line["origin"], line["model"], line["settled"]) == ("suggested", "words 1", shown["settled"])


# Open answers.


@pytest.fixture
def answers(session, study):
    """Two answers that are assigned to the coder and that nobody else has coded, as rows at the desk."""
    path = study.locate_reference_file("assignments")
    rows = path.read_text(encoding="utf-8")
    found = [row for row in session.list_answers()
             if len(row["text"]) > 40 and row["answer_id"] not in rows][:2]
    ids = [row["answer_id"] for row in found]
    path.write_text(rows + "".join(f"{one},ines,2,\n" for one in ids), encoding="utf-8")
    readings = tables.read_table("readings", study=study)
    readings[~readings["document_id"].isin(ids)].to_parquet(study.processed / "readings.parquet")
    return found


@pytest.fixture
def answer(answers):
    return answers[0]


def code_answer(session, answer, code_id="outreach", **more):
    return session.carry_out({"act": "code_answers", "answer_ids": [answer["answer_id"]], "code_id": code_id,
                              **more})


def suggested_for(session, answer):
    return session.suggest_and_log_codes(answer["answer_id"], 0, len(answer["text"]))


def test_of_an_answer_codes_are_suggested_after_the_own_choice_and_accepted_one_by_one(
        session, sure, study, answer):
    assert suggested_for(session, answer) == []
    code_answer(session, answer)
    found = suggested_for(session, answer)
    assert 1 <= len(found) <= 5 and "outreach" not in {one["code_id"] for one in found}
    code_answer(session, answer, found[0]["code_id"], origin="suggested")
    codings = session.show_text(answer["answer_id"])["codings"]
    own, accepted = sorted(codings, key=lambda one: int(one["coding_id"].partition(".")[0]))
    assert (own["origin"], accepted["origin"]) == ("own", "suggested")
    assert accepted["suggested_by"].startswith("words 1 ")
    assert (accepted["start"], accepted["end"]) == (0, len(answer["text"]))
    assert [line["act"] for line in read_coder_suggestion_log(study, "ines")] == ["shown", "taken"]
    session.carry_out({"act": "undo"})
    session.carry_out({"act": "redo"})
    assert CodingSession(study, "ines").show_text(answer["answer_id"])["codings"] == codings


@pytest.mark.acceptance
def test_no_byte_of_the_study_changes_by_what_was_only_shown_of_an_answer(session, sure, study, answer):
    code_answer(session, answer)
    assert suggested_for(session, answer)
    log = coder_journal_path(study, "ines").with_name(SUGGESTION_LOG)
    kept = log.read_bytes()
    log.unlink()
    built(study)
    before = contents(study)
    log.write_bytes(kept)
    built(study)
    assert contents(study) == before


@pytest.mark.acceptance
def test_an_accepted_suggestion_of_an_answer_is_in_the_tables(session, sure, study, answer):
    code_answer(session, answer)
    found = suggested_for(session, answer)
    code_answer(session, answer, found[0]["code_id"], origin="suggested")
    built(study)
    codings = tables.read_table("codings", study=study).query("suggested_by != ''")
    assert {*codings["document_id"]} == {answer["answer_id"]} and {*codings["code_id"]} == {
        found[0]["code_id"]}
    assert tables.read_table("suggestions", study=study)["taken_n"].sum() == 1


def test_several_answers_at_once_are_the_coders_own_choice(session, sure, study, answers):
    answer, other = answers
    code_answer(session, answer)
    code = suggested_for(session, answer)[0]["code_id"]
    session.carry_out({"act": "code_answers", "answer_ids": [answer["answer_id"], other["answer_id"]],
                       "code_id": code, "origin": "suggested"})
    assert "origin" not in json.loads(coder_journal_path(study, "ines").read_text("utf-8").splitlines()[-1])
    assert "taken" not in [line["act"] for line in read_coder_suggestion_log(study, "ines")]


def test_of_an_answer_that_somebody_else_coded_unassigned_nothing_is_suggested_and_nothing_is_said(
        session, sure, study, answer):
    code_answer(session, answer)
    assert suggested_for(session, answer) and why_no_codes_suggested(study, "ines", answer["answer_id"]) == ""
    path = study.locate_reference_file("assignments")
    path.write_text(path.read_text(encoding="utf-8") + f"{SINGLE},nora,2,training\n", encoding="utf-8")
    CodingSession(study, "nora", today=DAY).carry_out({
        "act": "code_answers", "answer_ids": [answer["answer_id"]], "code_id": "stigma"})
    assert suggested_for(session, answer) == []
    assert why_no_codes_suggested(study, "ines", answer["answer_id"]) == ""


def test_nothing_is_suggested_of_an_answer_that_others_may_code_whether_they_do_or_not(
        session, study, answer):
    path = study.locate_reference_file("assignments")
    rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    answers = {row["answer_id"] for row in session.list_answers()}
    path.write_text("".join(row for row in rows if row.partition(",")[0] not in answers), encoding="utf-8")
    before = why_no_codes_suggested(study, "ines", answer["answer_id"])
    assert "assigned to nobody" in before
    CodingSession(study, "mira", today=DAY).carry_out({
        "act": "code_answers", "answer_ids": [answer["answer_id"]], "code_id": "stigma"})
    assert why_no_codes_suggested(study, "ines", answer["answer_id"]) == before


def test_an_answer_that_tells_a_case_is_never_given_to_the_model(session, sure, study, answer):
    given = []
    spy = SentenceEncoder("spy", lambda texts: (given.extend(texts), WORDS.encode(texts))[1])
    code_answer(session, answer)
    code_answer(session, answer, "case_detail")
    assert suggest_and_log_codes_for_passage(study, "ines", answer["answer_id"], 0, len(answer["text"]),
                                             session=session,
                                             encoder=spy) == []
    assert answer["text"] not in given


def test_the_widget_asks_for_suggestions_and_logs_that_they_were_put_aside(session, sure, study):
    desk, turn = CodingDesk(session), turns(session)[0]
    code(session, turn)
    passage = {"document_id": SINGLE, "start": turn["start"], "end": turn["end"]}
    learned = suggested(session, turn)
    found = desk.answer_request({"id": 1, "get": "suggestions", **passage})["ok"]
    codes = [one["code_id"] for one in found]
    assert found == learned != []
    assert desk.answer_request({"id": 2, "refuse": {**passage, "codes": codes}}) == {"id": 2, "ok": None}
    assert [line["act"] for line in read_coder_suggestion_log(study, "ines")] == ["shown", "refused"]


def test_a_code_that_was_never_shown_for_the_passage_is_the_coders_own(session, study):
    code(session, turns(session)[0], "outreach", origin="suggested")
    assert json.loads(coder_journal_path(study,
                                         "ines").read_text("utf-8").splitlines()[-1])["origin"] == "own"


def test_a_line_of_the_log_that_was_cut_off_spoils_no_other(session, sure, study):
    turn, found = coded_turn(session)
    path = coder_journal_path(study, "ines").with_name(SUGGESTION_LOG)
    path.write_bytes(path.read_bytes()[:-9])
    log_refused_suggestions(study, "ines", SINGLE, turn["start"], turn["end"], [found[0]["code_id"]])
    assert [line["act"] for line in read_coder_suggestion_log(study, "ines")] == ["refused"]


def test_where_the_ranking_is_not_sure_nothing_is_suggested(session, study):
    assert coded_turn(session)[1] == []
    assert not coder_journal_path(study, "ines").with_name(SUGGESTION_LOG).exists()


@pytest.mark.acceptance
def test_no_byte_of_the_study_changes_by_what_was_only_shown(session, sure, study):
    turn, found = coded_turn(session)
    built(study)
    before = contents(study)
    log = coder_journal_path(study, "ines").with_name(SUGGESTION_LOG)
    kept = log.read_bytes()
    log.unlink()
    built(study)
    assert contents(study) == before
    log.write_bytes(kept)
    log_refused_suggestions(study, "ines", SINGLE, turn["start"], turn["end"],
                            [one["code_id"] for one in found])
    built(study)
    assert contents(study) == before and tables.read_table("suggestions", study=study).empty


def contents(study):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(study.processed.rglob("*")) if path.is_file()}


@pytest.mark.acceptance
def test_an_accepted_suggestion_is_in_the_tables_with_its_model_and_counted_by_code(session, sure, study):
    turn, found = coded_turn(session)
    code(session, turn, found[0]["code_id"], origin="suggested")
    session.carry_out({"act": "finish", "document_id": SINGLE, "value": True})
    built(study)
    codings = tables.read_table("codings", study=study)
    assisted = codings[codings["suggested_by"] != ""]
    assert {*assisted["code_id"]} == {found[0]["code_id"]} and {*assisted["document_id"]} == {SINGLE}
    assert assisted["suggested_by"].str.startswith("words 1 ").all()
    counts = tables.read_table("suggestions", study=study).set_index("code_id")
    assert counts.at[found[0]["code_id"], "taken_n"] == 1
    assert (counts["shown_n"] == counts["taken_n"] + counts["refused_n"]).all()


def test_agreement_is_also_given_without_the_texts_in_which_a_suggestion_was_accepted():
    rows = [(f"{document}.{n}", document, "", coder, "1",
             "a" if n % 2 or (coder == "b" and document == "x") else "", False, document, document == "x")
            for document in "xyz" for n in range(6) for coder in "ab"]
    units = pd.DataFrame(rows, columns=UNITS)
    spans = pd.DataFrame({"segment_id": sorted({row[0] for row in rows}), "start": 0, "end": 9})
    tree = pd.DataFrame({"code_id": ["a"], "parent_id": [""]})
    held = CodedTexts({}, units, tree=tree, spans=spans)
    found = tabulate_agreement(held).query(
        "measure == 'percent_agreement' and unit == 'turn' and code_id == 'a'")
    values = dict(zip(found["subset"], found["value"], strict=True))
    assert values["unassisted"] == 1 and values["all"] < 1
    none = tabulate_agreement(CodedTexts({}, units.assign(is_assisted=False), tree=tree, spans=spans))
    assert "unassisted" not in {*none["subset"]}


def test_vectors_are_kept_under_keyed_names_and_what_is_no_longer_settled_goes(study):
    asked = []
    spy = SentenceEncoder("spy", lambda texts: (asked.extend(texts), WORDS.encode(texts))[1])
    first = encode_and_prune_cache(study.root, spy, ["one text", "two texts", "one text"], study.digests)
    again = encode_and_prune_cache(study.root, spy, ["two texts", "three"], study.digests)
    assert asked == ["one text", "two texts", "three"]
    assert np.array_equal(first[1], again[0]) and np.array_equal(first[0], first[2])
    files = [*(study.root / VECTORS).iterdir()]
    with np.load(files[0]) as kept:
        assert len(files) == 1 and len(kept["names"]) == 2
    assert b"text" not in files[0].read_bytes()
    assert files[0].stat().st_mode & 0o777 == 0o600
    files[0].write_bytes(b"broken")
    assert np.array_equal(encode_and_prune_cache(study.root, spy, ["three"], study.digests)[0], again[1])


def test_the_model_gives_the_same_bytes_alone_and_among_others():
    if (model := load_encoder()) is None:  # the extra `suggest` is not in the lock
        assert sentence_encoder.find_spec(sentence_encoder.PACKAGE) is None
        return
    texts = ["Falta de tiempo", "ខ្វះពេលវេលា", "", "ends\0here"]
    assert [*map(bytes, model.encode(texts))] == [bytes(model.encode([one])[0]) for one in texts]


# Learning, while the coder goes on.


def test_nobody_waits_while_the_settled_passages_are_learned(session, sure, study, monkeypatch):
    begun, may_go_on = Event(), Event()

    def encode(texts):
        begun.set()
        assert may_go_on.wait(60)
        return WORDS.encode(texts)

    monkeypatch.setattr(code_suggestions, "load_encoder", lambda: SentenceEncoder("slow", encode))
    desk, (turn, other) = CodingDesk(session), turns(session)[:2]
    code(session, turn)
    asked = {"id": 1, "get": "suggestions", "document_id": SINGLE, "start": turn["start"], "end": turn["end"]}
    assert desk.answer_request(asked)["ok"] == []
    assert begun.wait(60)
    assert "reads the settled passages" in session.why_no_suggestions(SINGLE)
    code(session, other)
    may_go_on.set()
    for thread in settled_passages.BEING_LEARNED.values():
        thread.join(60)
    assert desk.answer_request(asked)["ok"] != []
    assert session.why_no_suggestions(SINGLE) == ""


def test_vectors_that_cannot_be_kept_are_used_all_the_same(study, monkeypatch):
    def full(path, vectors):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sentence_encoder, "_keep", full)
    assert len(encode_and_prune_cache(study.root, WORDS, ["time", "trust"], study.digests)) == 2
