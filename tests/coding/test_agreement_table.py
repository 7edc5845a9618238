"""The table of agreement: who read a unit, what is said of a code, and of which subset."""

import math

import numpy as np
import pandas as pd
import pytest

from glc_analysis.coding.agreement import (
    AGREEMENT_COLUMNS,
    _characters,
    make_agreement_table,
)
from glc_analysis.coding.coefficients import (
    NO_PAIRS,
    NO_VARIATION,
    NOMINAL,
    compute_masi_distance,
    count_codings,
    make_alpha_measure,
    make_specific_measure,
)
from glc_analysis.coding.consensus import why_no_kappa_for_many_coders
from glc_analysis.errors import Faults

A, B, BOTH, NONE = {"legal"}, {"shelter"}, {"legal", "shelter"}, set()


def frame(*rows, **columns):
    """Units from (unit, document, coder, codes)."""
    return pd.DataFrame(rows, columns=["unit_id", "document_id", "coder_id", "codes"]).assign(**columns)


def pair(*codes, document="d1"):
    """Units of one document that Ana and Bert read, from their two sets of codes each."""
    return frame(*((f"{document}.{at}", document, coder, given) for at, both in enumerate(codes)
                   for coder, given in zip(("ana", "bert"), both, strict=True)))


def figure(table, measure, code="", subset="all"):
    """The one row of a figure."""
    (row,) = table[(table["measure"] == measure) & (table["code_id"] == code)
                   & (table["subset"] == subset)].itertuples()
    return row


UNITS = pair((A, A), (A, NONE), (B, B), (NONE, NONE), (BOTH, B), (NONE, NONE))
LEGAL = count_codings(np.array([[1, 1, 0, 0, 1, 0], [1, 0, 0, 0, 0, 0]]), 2)


def test_a_code_is_measured_by_presence_and_absence():
    table = make_agreement_table(UNITS)
    assert list(table.columns) == AGREEMENT_COLUMNS
    for measure, expected in {
            "percent_agreement": 4 / 6, "pabak": 2 * 4 / 6 - 1, "positive_agreement": 2 / 4,
            **{name: NOMINAL[name].compute_over_all_groups(LEGAL).value
               for name in ("alpha", "kappa", "ac1")},
            "negative_agreement": make_specific_measure(0).compute_over_all_groups(LEGAL).value,
            "prevalence.ana": 3 / 6, "prevalence.bert": 1 / 6}.items():
        row = figure(table, measure, "legal")
        assert row.value == pytest.approx(expected)
        assert (row.n_units, row.n_pairable, row.unit) == (6, 6, "turn")
        assert row.prevalence == pytest.approx(4 / 12)


def test_all_codes_together_are_compared_by_masi():
    sets = [NONE, A, B, BOTH]
    values = [[sets.index(codes) for codes in UNITS.loc[UNITS["coder_id"] == coder, "codes"]]
              for coder in ("ana", "bert")]
    masi = compute_masi_distance(sets)
    counts = count_codings(np.array(values), 4, distance=lambda a, b: masi[a, b])
    expected = make_alpha_measure(lambda a, b: masi[a, b]).compute_over_all_groups(counts).value
    row = figure(make_agreement_table(UNITS), "masi_alpha")
    assert row.value == pytest.approx(expected) and math.isnan(row.prevalence)


def test_a_unit_left_uncoded_counts_and_one_never_assigned_does_not():
    read = make_agreement_table(UNITS)
    never = make_agreement_table(UNITS.drop(index=[3, 7]))  # Bert's rows of his first and third blank
    assert figure(read, "percent_agreement", "legal").n_pairable == 6
    row = figure(never, "percent_agreement", "legal")
    assert (row.n_units, row.n_pairable, row.value) == (6, 4, 3 / 4)


def test_documents_and_questions_are_subsets():
    units = pd.concat([pair((A, A), (NONE, NONE)), pair((A, NONE), (A, A), document="d2")])
    units["question_id"] = units["unit_id"].map({"d1.0": "q1", "d2.0": "q1"}).fillna("")
    table = make_agreement_table(units)
    assert set(table["subset"]) == {"all", "document=d1", "document=d2", "question=q1"}
    assert [figure(table, "percent_agreement", "legal", s).value for s in
            ("all", "document=d1", "document=d2", "question=q1")] == [.75, 1, .5, .5]
    assert figure(table, "percent_agreement", "legal", "document=d2").n_units == 2


def test_an_interval_is_due_from_ten_documents_for_subsets_of_several():
    units = pd.concat([pair((A, A), (A, NONE if n % 3 else A), (NONE, NONE), document=f"d{n:02}")
                       for n in range(12)]).assign(question_id="q1")
    table = make_agreement_table(units)
    for subset in ("all", "question=q1"):
        row = figure(table, "alpha", "legal", subset)
        assert row.low < row.value < row.high and row.reason == ""
    row = figure(table, "alpha", "legal", "document=d03")
    assert row.value == 1 and math.isnan(row.low) and row.reason == ""
    few = figure(make_agreement_table(units[units["document_id"] < "d09"]), "alpha", "legal")
    assert math.isnan(few.low) and few.reason.startswith("no interval: 9 documents")


def test_every_piece_of_a_passage_carries_its_code_the_last_one_too():
    turns = pd.DataFrame({"segment_id": "s", "coder_id": ["ana", "ben"], "unit_id": "s", "document_id": "d",
                          "respondent_id": "d", "question_id": "", "is_missing": False})
    codings = pd.DataFrame({"segment_ids": "s", "coder_id": ["ana", "ben"], "start": [0, 4], "end": 10,
                            "code_id": "wait"})
    pieces = _characters(turns, codings, pd.DataFrame({"segment_id": ["s"], "start": [0], "end": [10]}))
    assert [*zip(pieces["coder_id"], pieces["unit_id"], pieces["codes"].map(bool), strict=True)] == [
        ("ana", "s:0", True), ("ana", "s:4", True), ("ben", "s:0", False), ("ben", "s:4", True)]


def test_whatever_is_not_a_number_has_a_reason():
    table = make_agreement_table(pd.concat([
        UNITS, frame(("d2.0", "d2", "ana", A), ("d2.1", "d2", "ana", A)),
        pair((NONE, NONE), (NONE, NONE), document="d3")]))
    assert (table["reason"][table["value"].isna()] != "").all()
    assert figure(table, "alpha", "legal", "document=d2").reason == NO_PAIRS
    assert figure(table, "alpha", "legal", "document=d3").reason == NO_VARIATION
    assert figure(table, "positive_agreement", "legal", "document=d3").reason == "no coder gave this value"


def test_kappa_stands_only_where_there_are_two_coders():
    third = UNITS[UNITS["coder_id"] == "ana"].assign(coder_id="cleo")
    table = make_agreement_table(pd.concat([UNITS, third]))
    assert "kappa" not in set(table["measure"]) and "prevalence.cleo" in set(table["measure"])


def test_without_kappa_a_sentence_says_why():
    third = UNITS[UNITS["coder_id"] == "ana"].assign(coder_id="cleo")
    assert "3 coded these texts" in why_no_kappa_for_many_coders(
        make_agreement_table(pd.concat([UNITS, third])))
    assert why_no_kappa_for_many_coders(make_agreement_table(UNITS)) == ""


def test_a_stretch_counts_as_often_as_it_is_long():
    lengths = np.array([3, 1, 2, 4, 1, 2])
    long = pair(*(both for n, both in zip(lengths, zip(UNITS["codes"][::2], UNITS["codes"][1::2],
                                                         strict=True), strict=True)
                  for _ in range(n)))
    stretched = make_agreement_table(UNITS.assign(length=np.repeat(lengths, 2)), unit="character")
    for measure, code in (("alpha", "legal"), ("masi_alpha", ""), ("ac1", "shelter")):
        row, expected = figure(stretched, measure, code), figure(make_agreement_table(long), measure, code)
        assert row.value == pytest.approx(expected.value) and row.unit == "character"
        assert (row.n_units, row.n_pairable) == (13, 13)


def test_the_order_of_rows_changes_nothing():
    units = pd.concat([pair((A, A), (BOTH, B), (NONE, A), document=f"d{n:02}") for n in range(11)])
    shuffled = units.sample(frac=1, random_state=4).reset_index(drop=True)
    pd.testing.assert_frame_equal(make_agreement_table(units), make_agreement_table(shuffled),
                                  check_exact=True)


def test_families_are_measured_by_putting_them_in_place_of_their_codes():
    family = {"legal": "services", "shelter": "services"}
    families = UNITS.assign(codes=[{family[code] for code in codes} for codes in UNITS["codes"]])
    assert figure(make_agreement_table(families), "percent_agreement",
                  "services").value == pytest.approx(5 / 6)


def test_nothing_coded_is_said_and_nothing_read_is_an_empty_table_of_codes():
    uncoded = make_agreement_table(pair((NONE, NONE), (NONE, NONE)))
    assert figure(uncoded, "masi_alpha").reason == NO_VARIATION
    assert figure(make_agreement_table(frame()), "masi_alpha").reason == NO_PAIRS


def test_all_faults_of_the_units_are_listed_at_once():
    wrong = pd.concat([UNITS, frame(("d1.0", "d1", "ana", B), ("d1.1", "d9", "cleo", A))])
    with pytest.raises(Faults) as caught:
        make_agreement_table(wrong)
    assert [(fault.value, fault.column) for fault in caught.value.faults] \
        == [("d1.0", ""), ("d1.1", "document_id")]
