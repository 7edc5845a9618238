"""The consensus of several coders: on which passages an agreed code rests, and what waits for a decision."""

import pandas as pd
import pytest

from glc_analysis.coding.consensus import (
    list_codes_by_segment_and_reader,
    pair_segments_with_undecided_codes,
    reconcile,
)

TURNS = {"talk.1": "First we wait. Then we wait again. Nobody calls.", "talk.2": "The court is far."}


def segments():
    rows, at = [], 0
    for segment, text in TURNS.items():
        rows.append((segment, "talk", at, at + len(text), "participant", text))
        at += len(text) + 1
    frame = pd.DataFrame(rows, columns=["segment_id", "document_id", "start", "end", "role", "text"])
    return frame.assign(guide_question_id="")


SEGMENTS = segments()
TEXT = "\n".join(TURNS.values())


def coding(coder, words, code="delay", memo=""):
    start = TEXT.index(words)
    end = start + len(words)
    touched = SEGMENTS[(SEGMENTS["start"] < end) & (SEGMENTS["end"] > start)]["segment_id"]
    return ("talk", start, end, code, coder, ";".join(touched), "exact", memo)


def codings(*rows):
    return pd.DataFrame(rows, columns=["document_id", "start", "end", "code_id", "coder_id", "segment_ids",
                                       "match", "memo"])


def agreed(*rows, readers=("ana", "ben"), decisions=None):
    """The passages of the consensus: words, who marked them, whether they are agreed, memo."""
    frame = codings(*rows)
    read = pd.DataFrame({"document_id": "talk", "coder_id": list(readers)})
    coded = list_codes_by_segment_and_reader(frame, read, SEGMENTS)
    consensus, _ = reconcile(frame, coded, SEGMENTS, decisions or {})
    return sorted((TEXT[row.start:row.end], row.marked_by, row.is_agreed, row.memo)
                  for row in consensus.itertuples())


def test_every_passage_that_two_coders_marked_alike_is_kept():
    rows = [coding(coder, words) for coder in ("ana", "ben")
            for words in ("First we wait.", "Then we wait again.", "Nobody calls.")]
    assert agreed(*rows) == [("First we wait.", "ana;ben", True, ""), ("Nobody calls.", "ana;ben", True, ""),
                             ("Then we wait again.", "ana;ben", True, "")]


def test_the_agreed_words_are_those_that_both_marked():
    rows = coding("ana", "First we wait. Then we wait"), coding("ben", "we wait again. Nobody calls.")
    assert agreed(*rows) == [("we wait", "ana;ben", True, "")]


def test_the_widest_stretch_that_any_coder_marked_stands_beside_the_agreed_words():
    frame = codings(coding("ana", "First we wait. Then we wait"),
                    coding("ben", "we wait again. Nobody calls."))
    read = pd.DataFrame({"document_id": "talk", "coder_id": ["ana", "ben"]})
    coded = list_codes_by_segment_and_reader(frame, read, SEGMENTS)
    (row,) = reconcile(frame, coded, SEGMENTS, {})[0].itertuples()
    assert TEXT[row.marked_start:row.marked_end] == TURNS["talk.1"]


def test_without_a_common_word_the_code_is_agreed_for_the_turn_and_no_passage_is():
    rows = coding("ana", "First we wait."), coding("ben", "Nobody calls.")
    assert agreed(*rows) == [("First we wait.", "ana", False, ""), ("Nobody calls.", "ben", False, "")]


def test_a_blank_that_both_marked_is_no_common_word():
    rows = coding("ana", "First we wait. "), coding("ben", " Then we wait again.")
    assert [is_agreed for _, _, is_agreed, _ in agreed(*rows)] == [False, False]


def test_a_further_passage_of_one_coder_is_kept_and_says_whose_it_is():
    rows = coding("ana", "First we wait."), coding("ben", "First we wait."), coding("ben", "Nobody calls.")
    assert agreed(*rows) == [("First we wait.", "ana;ben", True, ""), ("Nobody calls.", "ben", False, "")]


def test_the_memos_of_all_coders_are_kept():
    rows = coding("ana", "First we wait.", memo="the first of two"), coding("ben", "we wait.", memo="hers")
    assert agreed(*rows) == [("we wait.", "ana;ben", True, "the first of two\nhers")]


def test_a_passage_over_two_turns_that_two_coders_marked_alike_stays_one():
    over_both = "Nobody calls.\nThe court"
    assert agreed(coding("ana", over_both), coding("ben", over_both)) == [(over_both, "ana;ben", True, "")]


def test_a_passage_with_the_name_of_its_speaker_that_two_coders_marked_alike_stays_as_it_is():
    turns = SEGMENTS.assign(start=SEGMENTS["start"].mask(SEGMENTS["segment_id"] == "talk.1", 6))
    frame = codings(coding("ana", "First we wait."), coding("ben", "First we wait."))
    read = pd.DataFrame({"document_id": "talk", "coder_id": ["ana", "ben"]})
    (row,) = reconcile(frame, list_codes_by_segment_and_reader(frame, read, turns), turns, {})[0].itertuples()
    assert (TEXT[row.start:row.end], row.marked_by) == ("First we wait.", "ana;ben")


def test_a_passage_does_not_reach_into_a_turn_whose_code_is_not_agreed():
    """Otherwise the code would count for whoever spoke next."""
    rows = coding("ana", "Nobody calls.\nThe court"), coding("ben", "Nobody calls.")
    assert agreed(*rows) == [("Nobody calls.", "ana;ben", True, "")]


def test_a_decision_for_a_code_rests_on_the_passages_of_those_who_gave_it():
    assert agreed(coding("ana", "First we wait."), decisions={"talk.1": "delay"}) == [
        ("First we wait.", "ana", True, "")]


def test_a_code_that_was_decided_on_and_nobody_gave_is_of_the_turn_alone():
    assert agreed(coding("ana", "First we wait."), decisions={"talk.1": "far"}) == [
        (TURNS["talk.1"], "consensus", False, "")]


def test_the_work_of_a_single_reader_is_taken_as_it_is():
    assert agreed(coding("ana", "First we wait.", memo="hers"), readers=["ana"]) == [
        ("First we wait.", "ana", True, "hers")]


def test_passages_that_meet_stay_two_where_nobody_marked_both_in_one():
    rows = [coding(coder, words) for coder in ("ana", "ben") for words in ("First we wait", ". Then we wait")]
    assert [words for words, *_ in agreed(*rows)] == [". Then we wait", "First we wait"]


def test_a_passage_that_was_placed_by_position_alone_is_in_no_consensus():
    by_position = codings(coding("ana", "First we wait.")).assign(match="by_position")
    assert agreed(*by_position.itertuples(index=False), readers=["ana"]) == []


def test_a_turn_that_is_missing_for_a_coder_waits_even_where_most_of_the_others_agree():
    frame = codings(coding("ana", "First we wait."), coding("ben", "First we wait."))
    read = pd.DataFrame({"document_id": "talk", "coder_id": ["ana", "ben", "cleo"]})
    coded = list_codes_by_segment_and_reader(frame, read, SEGMENTS,
                                             segments_to_mark_missing={("talk.1", "cleo")})
    consensus, disagreements = reconcile(frame, coded, SEGMENTS, {}, rule="majority")
    assert consensus.empty and {*disagreements["open_codes"]} == {"delay"}


# Who settles a code: the rule.


def settled(*gave, rule="unanimous", decisions=None):
    """What becomes of the code that some coders gave to the first turn: yes, undecided or no."""
    rows = [coding(coder, "First we wait.") for coder, is_given in gave if is_given]
    read = pd.DataFrame({"document_id": "talk", "coder_id": [coder for coder, _ in gave]})
    frame = codings(*rows).astype({"start": int, "end": int})
    coded = list_codes_by_segment_and_reader(frame, read, SEGMENTS)
    consensus, disagreements = reconcile(frame, coded, SEGMENTS, decisions or {}, rule=rule)
    if len(consensus):
        return "yes"
    waiting = pair_segments_with_undecided_codes(disagreements, frame.head(0), frame.head(0))
    return "undecided" if ("talk.1", "delay") in {*waiting.itertuples(index=False, name=None)} else "no"


YES, NO = True, False
ANA, BEN, CLEO, DAN, EVA = (("ana", YES), ("ben", YES), ("cleo", NO), ("dan", NO), ("eva", NO))


def test_by_the_unanimous_rule_one_coder_without_the_code_leaves_it_undecided():
    assert [settled(ANA, BEN), settled(ANA, BEN, CLEO), settled(CLEO, DAN)] == ["yes", "undecided", "no"]


def test_by_majority_more_than_half_of_the_readers_settle_it_and_a_tie_is_undecided():
    assert settled(ANA, BEN, CLEO, rule="majority") == "yes"
    assert settled(ANA, CLEO, rule="majority") == "undecided"
    assert settled(ANA, CLEO, DAN, rule="majority") == "no"


@pytest.mark.parametrize("rule", ["unanimous", "majority", "person"])
def test_a_further_coder_never_turns_a_yes_into_a_no(rule):
    for readers in ([ANA], [ANA, BEN], [ANA, BEN, CLEO], [ANA, BEN, CLEO, DAN]):
        further = [settled(*readers, one, rule=rule) for one in (EVA, ("fay", YES))]
        assert settled(*readers, rule=rule) != "yes" or "no" not in further


def test_a_decision_settles_what_was_undecided():
    assert settled(ANA, CLEO, decisions={"talk.1": ""}) == "no"
    assert settled(ANA, CLEO, decisions={"talk.1": "delay"}) == "yes"


def test_by_majority_the_words_that_a_majority_marked_are_agreed():
    rows = (coding("ana", "First we wait."), coding("ben", "we wait. Then"),
            coding("cleo", "we wait again."))
    frame = codings(*rows)
    read = pd.DataFrame({"document_id": "talk", "coder_id": ["ana", "ben", "cleo"]})
    coded = list_codes_by_segment_and_reader(frame, read, SEGMENTS)
    consensus, _ = reconcile(frame, coded, SEGMENTS, {}, rule="majority")
    assert [(TEXT[row.start:row.end], row.is_agreed) for row in consensus.itertuples()] == [
        ("we wait.", True), ("we wait again.", False)]


def test_what_waits_elsewhere_is_undecided_unless_the_turn_was_decided():
    apart = pd.DataFrame({"code_id": ["delay", "far"], "segment_ids": ["talk.1;talk.2", "talk.2"]})
    by_position = codings(coding("ana", "First we wait.", "law")).assign(match="by_position")
    differ = pd.DataFrame({"segment_id": ["talk.2"], "coder_id": ["ana"], "codes": [""], "is_open": [False],
                           "is_decided": [True], "open_codes": [""]})
    assert pair_segments_with_undecided_codes(differ, apart, by_position).to_numpy().tolist() == [
        ["talk.1", "delay"], ["talk.1", "law"]]
