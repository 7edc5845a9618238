"""Agreement in tables to read: by question, by words, by number of readers, and why a column is blank."""

import numpy as np
import pandas as pd
import pytest

from glc_analysis.coding.agreement import compute_agreement_by_turn_and_character, make_agreement_table
from glc_analysis.coding.agreement_tables import (
    explain_blank_columns,
    list_same_code_with_differing_spans,
    tabulate_agreement_by_question,
    tabulate_readers_and_singly_read_organisations,
)
from glc_analysis.coding.coefficients import NO_PAIRS
from glc_analysis.coding.consensus import list_codes_by_segment_and_reader

TURN = "We wait for months. Nobody answers. The shelter is full."
SENTENCES = (0, 19), (20, 35)


def codings(*rows):
    """Codings of turn call.1 from (coder, start, end, code)."""
    return pd.DataFrame([{"document_id": "call", "segment_ids": "call.1", "coder_id": coder, "start": start,
                          "end": end, "code_id": code} for coder, start, end, code in rows])


SEGMENTS = pd.DataFrame([{"segment_id": "call.1", "document_id": "call", "start": 0, "end": len(TURN),
                          "text": TURN, "role": "participant", "guide_question_id": ""}])


def test_two_coders_who_marked_different_sentences_of_one_turn_agree_by_turn_and_not_by_character():
    given = codings(("ana", *SENTENCES[0], "delay"), ("ben", *SENTENCES[1], "delay"))
    read = pd.DataFrame({"document_id": "call", "coder_id": ["ana", "ben"], "codebook_version": "1"})
    table = compute_agreement_by_turn_and_character(list_codes_by_segment_and_reader(given, read, SEGMENTS),
                                                    given, SEGMENTS, {})
    value = table.set_index(["unit", "measure", "code_id", "subset"])["value"]
    assert value["turn", "percent_agreement", "delay", "all"] == 1
    assert value["character", "positive_agreement", "delay", "all"] == 0
    shown = list_same_code_with_differing_spans(given, SEGMENTS)
    assert shown.values.tolist() == [["call.1", "delay", "ana", "We wait for months.", 0],
                                     ["call.1", "delay", "ben", "Nobody answers.", 0]]


def test_words_that_coders_have_in_common_are_a_share_of_what_either_marked_signs_and_blanks_apart():
    half = codings(("ana", 0, 35, "delay"), ("ben", *SENTENCES[0], "delay"))
    letters = [sum(map(str.isalnum, TURN[start:end])) for start, end in ((0, 19), (0, 35))]
    assert {*list_same_code_with_differing_spans(half, SEGMENTS)["shared"]} == {letters[0] / letters[1]}
    alike = codings(("ana", 0, 18, "delay"), ("ben", 0, 20, "delay"), ("cleo", *SENTENCES[1], "full"),
                    ("consensus", *SENTENCES[1], "delay"))
    assert list_same_code_with_differing_spans(alike, SEGMENTS).empty


def answers(code_by_question):
    """Units of two coders, from their codes of each answer by question."""
    rows = [(f"{question}-{n}", coder, question, codes) for question, pairs in code_by_question.items()
            for n, both in enumerate(pairs) for coder, codes in zip(("ana", "ben"), both, strict=True)]
    frame = pd.DataFrame(rows, columns=["unit_id", "coder_id", "question_id", "codes"])
    return frame.assign(document_id=frame["unit_id"])


def test_a_question_has_no_easy_negatives_of_the_others():
    none = (set(), set())
    units = answers({"Q1": [({"delay"}, {"delay"}), ({"delay"}, set()), (set(), {"delay"})],
                     "Q2": [none] * 40})
    table = tabulate_agreement_by_question(make_agreement_table(units, draws=10))
    row, = table.to_dict("records")  # nobody gave the code in Q2
    assert (row["code_id"], row["question_id"], row["n_units"]) == ("delay", "Q1", 3)
    assert row["agree"] == pytest.approx(1 / 3) and row["agree_pooled"] == pytest.approx(41 / 43)
    assert row["alpha"] < 0 < row["alpha_pooled"]


def test_single_answers_have_no_rows_of_their_own_and_their_question_has():
    table = make_agreement_table(answers({"Q1": [({"delay"}, set())] * 50, "Q2": [(set(), {"delay"})] * 50}),
                                 draws=10)
    assert {*table["subset"]} == {"all", "question=Q1", "question=Q2"}
    assert len(table) == 3 * (1 + len({*table.loc[table["code_id"] != "", "measure"]}))


def test_passages_within_single_answers_give_them_no_rows_either():
    many = [f"a{n}" for n in range(20)]
    segments = pd.concat([SEGMENTS.assign(document_id=one, segment_id=f"{one}.1") for one in many])
    given = pd.concat([codings(("ana", *SENTENCES[0], "delay"), ("ben", *SENTENCES[1], "delay")).assign(
        document_id=one, segment_ids=f"{one}.1") for one in many])
    read = pd.DataFrame([(one, coder, "1") for one in many for coder in ("ana", "ben")],
                        columns=["document_id", "coder_id", "codebook_version"])
    units = list_codes_by_segment_and_reader(given, read, segments)
    assert {*compute_agreement_by_turn_and_character(units, given, segments, {})["subset"]} == {"all"}


def test_a_file_that_mixes_the_work_of_several_people_is_compared_with_nobody():
    given = codings(("ana", *SENTENCES[0], "delay"), ("ben", *SENTENCES[0], "delay"),
                    ("office", *SENTENCES[1], "delay"))
    read = pd.DataFrame({"document_id": "call", "coder_id": ["ana", "ben", "office"],
                         "codebook_version": "1"})
    units = list_codes_by_segment_and_reader(given, read, SEGMENTS)
    among_two, alone = (compute_agreement_by_turn_and_character(
        units, given, SEGMENTS, {}, left_out_mixed_coders=mixed) for mixed in ({"office"}, {"office", "ben"}))
    value = among_two.set_index(["unit", "measure", "code_id", "subset"])["value"]
    assert value["character", "positive_agreement", "delay", "all"] == 1 and alone.empty


def test_a_blank_column_says_why_and_columns_of_one_reason_are_together():
    names = {"alpha": "alpha", "positive_agreement": "positive", "kappa": "kappa"}
    rows = pd.DataFrame([("alpha", np.nan, NO_PAIRS), ("positive_agreement", np.nan, NO_PAIRS),
                         ("prevalence.ana", 0, ""), ("prevalence.ben", 0, ""), ("prevalence.cleo", 0, "")],
                        columns=["measure", "value", "reason"])
    assert explain_blank_columns(rows, names) == [
        "alpha, positive: blank, since no unit was coded by two coders.",
        "Cohen's kappa is not given: it compares two coders, and 3 coded these texts. "
        "Alpha takes any number."]
    assert explain_blank_columns(rows.assign(value=.5), names)[1:] == explain_blank_columns(rows[:0],
                                                                                            names) == []


@pytest.mark.parametrize(("rule", "expected"), [
    ("unanimous", ["the one reader gave it", "both gave it (unanimity)", "all 4 gave it (unanimity)"]),
    ("majority", ["the one reader gave it",
                  "both gave it (of two, the majority is both; one of two is undecided)",
                  "3 of 4 gave it (majority; 2 of 4 is undecided)"])])
def test_organisations_with_one_reader_stand_beside_those_whose_four_readers_had_to_agree(rule, expected):
    readers = {"a1": ["ana"], "a2": ["ana", "ben"], "b1": ["ana", "ben", "cleo", "dan", "consensus"],
               "c1": ["ben"]}
    read = pd.DataFrame([(document, coder) for document, coders in readers.items() for coder in coders],
                        columns=["document_id", "coder_id"])
    documents = pd.DataFrame({"document_id": [*readers], "organisation_id": [*"aabc"]})
    table, single = tabulate_readers_and_singly_read_organisations(read, documents, rule=rule)
    assert table["readers"].tolist() == [1, 2, 4]
    assert table["texts"].tolist() == [2, 1, 1]
    assert table["organisations"].tolist() == [2, 1, 1]
    assert table["a code counts where"].tolist() == expected
    assert single == ["c"]  # all that it said was read by one person
