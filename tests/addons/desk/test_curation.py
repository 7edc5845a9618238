"""Comparing double-coded texts opens when all are handed in; each decision has a reason and a version."""

import hashlib
import shutil
from datetime import date

import pytest

from glc_analysis import tables
from glc_analysis.addons.desk.coder_texts import DoubleCoding
from glc_analysis.addons.desk.coding_desk import DoubleCodingComparison
from glc_analysis.addons.desk.coding_session import CodingSession
from glc_analysis.addons.desk.journal import coder_journal_path
from glc_analysis.addons.desk.learning import compare_coders_with_settled_passages
from glc_analysis.errors import GLCError
from glc_analysis.view.study_view import OpenStudy
from tests.addons.desk.support.desk_study import take_files_away
from tests.support.built_studies import built_for_team

COUNTED = ("readings", "agreement", "disagreements", "mentions", "figures", "quotations")
"""The tables in which coding counts."""
DAY = date(2016, 7, 1)
TEXT = "interview-farol-de-barro"


@pytest.fixture
def study(sample_study, tmp_path):
    root = tmp_path / "study"
    shutil.copytree(sample_study.root, root)
    return OpenStudy(root)


def assign(study, *rows):
    path = study.locate_reference_file("assignments")
    text = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*text, *rows]) + "\n", encoding="utf-8")


def test_it_opens_only_when_every_double_coded_text_is_handed_in(study):
    assert DoubleCodingComparison(study, "ines").why_not_comparable() == ""
    assign(study, "interview-luz-de-maiz,rosa,2,")
    curation = DoubleCodingComparison(study, "ines", today=DAY)
    assert curation.why_not_comparable().endswith("Other coders with unfinished texts: rosa.")
    with pytest.raises(GLCError, match="would influence the next"):
        curation.freeze_codings_and_list_differences()
    assert not coder_journal_path(study, "consensus").exists()
    rosa = CodingSession(study, "rosa", today=DAY)
    rosa.carry_out({"act": "read", "document_id": "interview-luz-de-maiz", "value": True})
    assert DoubleCodingComparison(study, "ines").why_not_comparable().startswith("Texts were finished since "
                                                                                 "the last "
                                                                      "build")


def test_who_waits_for_the_comparison_reads_of_the_own_texts_alone_which_are_not_finished(study):
    assign(study, *(f"{one},{coder},2," for one in ("interview-canal-lamp", "interview-luz-de-maiz")
                    for coder in ("rosa", "pia")))
    CodingSession(study, "pia", today=DAY).carry_out({"act": "read", "document_id": "interview-canal-lamp",
                                                      "value": True})
    assert DoubleCodingComparison(study, "rosa").why_not_comparable().endswith(
        " You have not finished interview-canal-lamp, interview-luz-de-maiz."
        " Other coders with unfinished texts: pia.")


def test_a_study_without_double_coding_has_nothing_to_compare(study):
    study.locate_reference_file("assignments").unlink()
    assert "assigns no text to two coders" in DoubleCodingComparison(study, "ines").why_not_comparable()


def test_each_difference_shows_both_coders_and_the_decision(study):
    rows = DoubleCodingComparison(study, "ines", today=DAY).freeze_codings_and_list_differences()
    assert all({coder["coder_id"] for coder in row["coders"]} == {"ines", "tomas"} for row in rows)
    assert {row["codes"] is None for row in rows} == {True, False}
    assert all(bool(row["reason"]) == (row["version"] == 1) for row in rows)
    documents = [row["document_id"] for row in rows]
    assert documents == sorted(documents)


def name_who_decides(study, name):
    path = study.reference / "study.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[coding]\n", f'[coding]\ndecided_by = "{name}"\n'), encoding="utf-8")
    return OpenStudy(study.root)


def compared(study, by):
    """The texts that somebody sees in the comparison, with the coders of each."""
    return {row["document_id"]: {one["coder_id"] for one in row["coders"]}
            for row in DoubleCodingComparison(study, by, today=DAY).freeze_codings_and_list_differences()}


def test_who_coded_none_of_the_texts_that_two_people_coded_compares_none(study):
    said = ("None of the texts that two people coded is assigned to nadia, so there is nothing to compare. "
            "The person named in study.toml ([coding] decided_by) decides on all double-coded "
            "texts.")
    assert DoubleCodingComparison(study, "nadia").why_not_comparable() == said
    with pytest.raises(GLCError, match="None of the texts"):
        DoubleCodingComparison(study, "nadia").freeze_codings_and_list_differences()
    assert not coder_journal_path(study, "consensus").exists()


def test_the_person_who_decides_compares_every_text_and_others_their_own(study):
    rows = tables.read_table("disagreements", study=study)
    documents = {*rows.loc[rows["document_id"].isin(DoubleCoding(study).texts), "document_id"]}
    assert {*compared(name_who_decides(study, "Nadia"), "nadia")} == documents


def test_a_coder_compares_and_decides_the_own_texts_alone(study):
    theirs = [row["segment_id"]
              for row in DoubleCodingComparison(study, "ines").freeze_codings_and_list_differences()
              if row["document_id"] == TEXT][0]
    take_over(study, TEXT, "ines", "rosa")
    assert TEXT not in compared(study, "ines") and TEXT in compared(study, "tomas")
    with pytest.raises(GLCError, match=f"{TEXT} is not among the texts of ines.*decided_by"):
        DoubleCodingComparison(study, "ines").record_decision(theirs, ["outreach"], "why")


def take_over(study, document, before, coder):
    """Assigns a text to another coder, as if that one had coded it from the beginning."""
    path = study.locate_reference_file("assignments")
    path.write_text(path.read_text(encoding="utf-8").replace(f"{document},{before},", f"{document},{coder},"),
                    encoding="utf-8")
    for name in ("readings", "disagreements"):
        rows = tables.read_table(name, study=study)
        rows["coder_id"] = rows["coder_id"].astype("str").mask(
            (rows["document_id"] == document) & (rows["coder_id"] == before), coder)
        rows.to_parquet(study.processed / f"{name}.parquet")


def test_a_decision_as_it_was_is_no_new_version_whoever_made_it(study):
    rows = DoubleCodingComparison(study, "ines", today=DAY).freeze_codings_and_list_differences()
    settled, waiting = (next(row for row in rows if (row["codes"] is None) == is_open)
                        for is_open in (False, True))
    DoubleCodingComparison(study, "ines", today=DAY).record_decision(waiting["segment_id"], ["outreach"],
                                                                     "She goes there.")
    before = coder_journal_path(study, "consensus").read_bytes()
    for segment, codes, reason, by in ((waiting["segment_id"], ["outreach"], "She goes there. ", "by ines"),
                                       (settled["segment_id"], settled["codes"], settled["reason"], "")):
        with pytest.raises(GLCError, match=f"Nothing is changed: version 1 of the decision.*{by}"):
            DoubleCodingComparison(study, "tomas", today=DAY).record_decision(segment, codes, reason)
    assert coder_journal_path(study, "consensus").read_bytes() == before


@pytest.mark.acceptance
def test_a_decision_has_a_reason_and_a_later_one_is_its_next_version(study):
    curation = DoubleCodingComparison(study, "ines", today=DAY)
    settled, waiting = (next(row for row in curation.freeze_codings_and_list_differences()
                             if (row["codes"] is None) == is_open)
                        for is_open in (False, True))
    for segment, codes, reason, said in ((waiting["segment_id"], ["outreach"], " ", "no reason"),
                                         (waiting["segment_id"], ["outreech"], "why", "nearest: 'outreach'"),
                                         ("call-1.1", ["outreach"], "why", "do not differ")):
        with pytest.raises(GLCError, match=said):
            curation.record_decision(segment, codes, reason)
    assert curation.record_decision(waiting["segment_id"], ["outreach"], "She goes there.")["version"] == 1
    assert curation.record_decision(waiting["segment_id"], [], "No: others go.")["version"] == 2
    assert curation.record_decision(settled["segment_id"], ["outreach"], "Read again.")["version"] == 2
    shown = {row["segment_id"]: row
             for row in DoubleCodingComparison(study, "tomas").freeze_codings_and_list_differences()}
    assert shown[waiting["segment_id"]]["codes"] == []
    assert shown[waiting["segment_id"]]["by"] == "ines"
    built_for_team(study)
    rows = tables.read_table("disagreements", study=study).query("coder_id == 'consensus'")
    codes = dict(zip(rows["segment_id"], rows["codes"], strict=True))
    assert codes[waiting["segment_id"]] == ""
    assert codes[settled["segment_id"]] == "outreach"


def test_what_coders_gave_stays_as_it_is_once_it_was_compared(study):
    take_files_away(study.root, "ines")
    session = CodingSession(study, "ines", today=DAY)
    turn = session.show_text(TEXT)["turns"][1]
    act = {"act": "code", "document_id": TEXT, "start": turn["start"], "end": turn["end"],
           "code_id": "outreach"}
    session.carry_out(act)
    DoubleCodingComparison(study, "ines", today=DAY).freeze_codings_and_list_differences()
    for one in (act | {"end": turn["start"] + 9}, {"act": "undo"}, {"act": "memo", "memo": "new",
                "coding_id": session.show_text(TEXT)["codings"][0]["coding_id"]}):
        with pytest.raises(GLCError, match="can no longer change"):
            session.carry_out(one)


WORDS = "Casi nadie"
"""How a participant's turn of the text begins."""


def correct(study, old, new):
    """Corrects words of the text, with its row in the manifest."""
    path = study.root / f"raw/interviews/{TEXT}.vtt"
    content = path.read_bytes()
    assert content.count(old.encode()) == 1
    path.write_bytes(content.replace(old.encode(), new.encode()))
    listed = study.locate_reference_file("manifest")
    rows = [row.split(",") for row in listed.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        if row[0].endswith(path.name):
            row[1:3] = hashlib.sha256(path.read_bytes()).hexdigest(), str(path.stat().st_size)
    listed.write_text("\n".join(map(",".join, rows)) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def made_of_two_versions(sample_study, tmp_path_factory):
    """The text coded at the desk by ines as it was and by tomas as it is, and the other texts read."""
    study = OpenStudy(shutil.copytree(sample_study.root, tmp_path_factory.mktemp("versions") / "study"))
    rows = DoubleCoding(study).assignments
    both = rows[rows["purpose"] == "double"]
    for coder in ("ines", "tomas"):
        take_files_away(study.root, coder)
    for coder in ("ines", "tomas"):
        session = CodingSession(study, coder, today=DAY)
        turns = [one for one in session.show_text(TEXT)["turns"] if one["role"] == "participant"]
        turn = next(one for one in turns if WORDS in one["text"] or "Nadie, casi" in one["text"])
        other = next(one for one in turns if one is not turn)
        for one, code in ((turn, "outreach" if coder == "ines" else "stigma"), (other, "outreach")):
            session.carry_out({"act": "code", "document_id": TEXT, "start": one["start"], "end": one["end"],
                               "code_id": code})
        session.carry_out({"act": "finish", "document_id": TEXT})
        for document in both.loc[(both["coder_id"] == coder) & (both["document_id"] != TEXT), "document_id"]:
            session.carry_out({"act": "read", "document_id": document})
        if coder == "ines":
            correct(study, WORDS, "Nadie, casi nadie")
    built_for_team(OpenStudy(study.root))
    return study.root, turn["turn_id"], other["turn_id"]


@pytest.fixture
def two_versions(made_of_two_versions, tmp_path):
    root, *turns = made_of_two_versions
    return OpenStudy(shutil.copytree(root, tmp_path / "study")), *turns


def test_codings_of_different_words_are_not_compared_and_a_sentence_says_so(two_versions):
    study, changed, same = two_versions
    curation = DoubleCodingComparison(study, "tomas", today=DAY)
    assert curation.describe_differing_text_versions() == [
        f"{TEXT} changed while it was coded, and ines coded the earlier version. 1 turn has other "
        "words today, and codings of the earlier words are not compared. Base the decision on the words "
        "of today."]
    rows = {row["segment_id"]: row for row in curation.freeze_codings_and_list_differences()}
    ines, tomas = sorted(rows[changed]["coders"], key=lambda one: one["coder_id"])
    assert ines["is_missing"] and ines["other_words"].startswith(WORDS)
    assert (tomas["is_missing"], tomas["other_words"]) == (False, "")
    assert same not in rows
    assert study.agreement.query("unit == 'turn' and code_id == ''")["n_missing"].max() > 0


@pytest.mark.acceptance
def test_once_both_went_on_everything_is_compared_again(two_versions):
    study, changed, _ = two_versions
    session = CodingSession(study, "ines", today=DAY)
    session.carry_out({"act": "new_texts", "document_ids": [TEXT]})
    waiting, = session.show_text(TEXT)["waiting"]
    turn = next(one for one in session.show_text(TEXT)["turns"] if one["turn_id"] == changed)
    session.carry_out({"act": "place", "document_id": TEXT, "coding_id": waiting["coding_id"],
                       "start": turn["start"], "end": turn["end"]})
    session.carry_out({"act": "finish", "document_id": TEXT})
    built_for_team(study)
    curation = DoubleCodingComparison(OpenStudy(study.root), "tomas", today=DAY)
    assert curation.describe_differing_text_versions() == []
    row = next(row for row in curation.freeze_codings_and_list_differences() if row["segment_id"] == changed)
    assert {one["coder_id"]: one["codes"] for one in row["coders"]} == {
        "ines": ["outreach"], "tomas": ["stigma"]}
    assert not any(one["is_missing"] for one in row["coders"])


def test_what_version_another_coder_has_is_not_said_before_the_comparison_is_open(two_versions):
    study, *_ = two_versions
    assign(study, "interview-luz-de-maiz,rosa,2,")
    assert DoubleCodingComparison(study, "tomas", today=DAY).describe_differing_text_versions() == []


@pytest.mark.acceptance
def test_training_texts_are_compared_once_finished_and_never_counted(study):
    assign(study, f"{TEXT},rosa,2,training", "interview-amber-window,rosa,2,training")
    session = CodingSession(study, "rosa", today=DAY)
    assert {text["purpose"] for text in session.list_texts()} == {"training"}
    with pytest.raises(GLCError, match="No training text is finished"):
        session.freeze_and_compare_training_texts()
    turns = [turn for turn in session.show_text(TEXT)["turns"] if turn["role"] == "participant"]
    session.carry_out({"act": "code", "document_id": TEXT, "start": turns[0]["start"], "end": turns[0]["end"],
                       "code_id": "outreach"})
    session.carry_out({"act": "finish", "document_id": TEXT, "value": True})
    found = session.freeze_and_compare_training_texts()
    assert found["document_ids"] == [TEXT]
    total = found["codes"][0]
    assert total["code"] == "all codes"
    assert total["passages"] >= len(found["passages"]) > 0
    assert sum(len(row["missed"]) for row in found["passages"]) == total["missed"] > 0
    assert {row["document_id"] for row in found["passages"]} == {TEXT}
    words = [turn["text"] for turn in session.show_text(TEXT)["turns"]]
    assert [row["text"] for row in found["passages"]] == [words[row["turn"] - 1] for row in found["passages"]]
    assert {row["title"] for row in found["passages"]} == {session.show_text(TEXT)["title"]}
    with pytest.raises(GLCError, match="can no longer change"):
        session.carry_out({"act": "finish", "document_id": TEXT, "value": False})
    before = {name: tables.read_table(name, study=study) for name in COUNTED}
    built_for_team(study)
    for name, frame in before.items():
        assert tables.read_table(name, study=study).equals(frame), name
    shown = compare_coders_with_settled_passages(study).query("coder == 'rosa'").set_index("code_id")
    for row in found["codes"]:
        assert shown.loc[row["code_id"], ["passages", "missed", "added"]].tolist() == [
            row["passages"], row["missed"], row["added"]]


def test_a_text_coded_at_the_desk_to_learn_counts_nowhere_when_its_purpose_is_taken_back(study):
    before = tables.read_table("figures", study=study)
    path = study.locate_reference_file("assignments")
    rows = path.read_text(encoding="utf-8")
    assign(study, f"{TEXT},rosa,2,training")
    CodingSession(study, "rosa", today=DAY).carry_out({"act": "read", "document_id": TEXT})
    path.write_text(rows, encoding="utf-8")
    built_for_team(study)
    assert "rosa" not in {*tables.read_table("readings", study=study)["coder_id"]}
    assert tables.read_table("figures", study=study).equals(before)
