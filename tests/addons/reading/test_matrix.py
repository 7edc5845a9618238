"""Each cell of the framework matrix says what it is."""

import pandas as pd
import pytest

from glc_analysis.addons.reading.matrix import (
    digest_passage_words,
    make_matrix_cells,
    select_passages_of_cells,
)

MEMBERS = pd.DataFrame({"organisation_id": ["a", "b", "c"], "group": ["a", "b", "c"]})
PASSAGES = pd.DataFrame({"case_id": ["a"], "code_id": ["late"], "segment_id": ["s1"], "quote": ["We wait."]})
MENTION = {"organisation_id": "b", "code_id": "late", "source": "interview", "is_asked": True,
           "is_raised": False, "is_undecided": False}
NOW = digest_passage_words(PASSAGES)


def states(*mentions, summaries=(), passages=PASSAGES, members=MEMBERS):
    written = pd.DataFrame([{"case_id": "a", "code_id": "late", "text": "They wait.", "by": "ines",
                             "date": "2018-03-01"} | row for row in summaries],
                           columns=["case_id", "code_id", "text", "by", "date", "passages_version"])
    rows = make_matrix_cells(passages, pd.DataFrame([MENTION | row for row in mentions], columns=[*MENTION]),
                             members, written)
    return dict(zip(rows["case_id"], rows["state"], strict=True))


def test_passages_without_a_summary_are_not_summarised_and_with_one_summarised():
    assert states() == {"a": "not summarised"}
    assert states(summaries=[{"passages_version": NOW}]) == {"a": "summarised"}


@pytest.mark.parametrize("before", ["", "another", "none"])
def test_a_summary_is_stale_once_its_passages_are_others(before):
    assert states(summaries=[{"passages_version": before}]) == {"a": "stale"}


def test_a_summary_that_something_was_withdrawn_from_is_to_be_written_anew():
    row = {"text": "Like [withdrawn], they wait.", "passages_version": NOW}
    assert states(summaries=[row]) == {"a": "to be written anew"}


def test_a_summary_of_silence_stands_until_there_are_passages():
    row = {"case_id": "b", "text": "They were asked twice.", "passages_version": "none"}
    assert states({}, summaries=[row])["b"] == "summarised"
    later = pd.concat([PASSAGES, PASSAGES.assign(case_id="b")])
    assert states({}, summaries=[row], passages=later)["b"] == "stale"


@pytest.mark.parametrize(("mention", "state"), [
    ({}, "asked, nothing"), ({"is_undecided": True}, "undecided"), ({"source": "call"}, "not asked"),
    ({"source": "interview_without_guide"}, "not asked")])
def test_silence_is_a_no_only_where_somebody_was_asked_and_it_is_decided(mention, state):
    assert states(mention)["b"] == state


def test_a_group_was_asked_where_one_of_it_was():
    members = pd.DataFrame({"organisation_id": ["a", "b", "c"], "group": ["low", "high", "high"]})
    rows = states({}, {"organisation_id": "c", "source": "call"}, passages=PASSAGES[:0], members=members)
    assert rows == {"high": "asked, nothing"}


def test_the_digest_changes_with_words_and_places_and_with_nothing_else():
    two = pd.concat([PASSAGES, PASSAGES.assign(segment_id="s2")])
    assert digest_passage_words(two) == digest_passage_words(two[::-1]) != NOW
    assert digest_passage_words(PASSAGES.assign(quote="We waited.")) != NOW
    assert digest_passage_words(PASSAGES.assign(memo="A note.")) == NOW


def test_a_passage_counts_once_for_the_theme_above_two_of_its_codes():
    coded = pd.DataFrame({"organisation_id": "a", "code_id": ["late", "far"], "segment_id": "s1",
                          "quote": "We wait."})
    above = {"late": ["needs"], "far": ["needs"]}
    rows = select_passages_of_cells(coded, MEMBERS, above, {"needs", "late", "far"})
    assert rows["code_id"].value_counts().to_dict() == {"needs": 1, "late": 1, "far": 1}
