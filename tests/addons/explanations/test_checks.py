"""Explanations are at most three a principle, without counts, and reopened by a withdrawal."""

from types import SimpleNamespace

import pytest

from glc_analysis import tables as held_tables
from glc_analysis.addons.explanations.checks import CHECKS, list_reopened_or_hidden_explanations
from glc_analysis.addons.explanations.erasers import erase_leaver_passages_from_explanation
from glc_analysis.addons.withdrawal.contribution import MATERIAL, Contribution
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from tests.addons.explanations.support.explanation_rows import EXPLANATION
from tests.support.study_writer import reference

PRINCIPLE = {"principle_id": "P01", "version": "1", "statement": "Wait.", "language": "en",
             "status": "agreed"}


def tables(**changed):
    return reference(principles=[PRINCIPLE], explanations=[EXPLANATION | changed])


@pytest.mark.parametrize(("changed", "column"), [
    ({"number": "4"}, "number"), ({"outcome": "and 40 % tell more."}, "outcome"),
    ({"response": "3 of the 10 came back."}, "response"), ({"rival": "7 of 10 had a bed."}, "rival"),
    ({"date": ""}, "shown_for"), ({"principle_id": "P99"}, "principle_id")])
def test_what_is_wrong_is_named_by_its_column(changed, column):
    assert [fault.column for check in CHECKS for fault in check.faults(tables(**changed).tables)] == [column]


def test_a_sound_one_has_no_fault_and_years_and_days_are_no_counts():
    sound = tables(circumstances="Where it takes 3 days, as in 2016,").tables
    assert [fault for check in CHECKS for fault in check.faults(sound)] == []


def faults_of(*explanations):
    held = reference(principles=[PRINCIPLE], explanations=explanations).tables
    return [fault for check in CHECKS for fault in check.faults(held)]


def test_a_passage_speaks_for_one_explanation_alone_of_those_that_others_read():
    """Of a, b, c and a, b, d, three different authors each, c and d would be of one where few were asked."""
    other = EXPLANATION | {"number": "2", "passages_for": "a.1;b.1;d.1"}
    assert [(fault.row, fault.value) for fault in faults_of(EXPLANATION, other)] == [("3", "a.1"),
                                                                                      ("3", "b.1")]
    assert "explanation 1 of P01" in faults_of(EXPLANATION, other)[0].message
    assert len(faults_of(EXPLANATION, other | {"shown_for": "public"})) == 2  # the convening reads both
    assert faults_of(EXPLANATION, other | {"shown_for": ""}) == []


def test_glc_check_says_what_is_to_be_read_again(tmp_path):
    said = [*list_reopened_or_hidden_explanations(Study(tmp_path), tables(date="", shown_for=""))]
    assert len(said) == 1 and "Explanation 1 of P01 has to be read again" in said[0]


def test_glc_check_says_which_explanation_its_readers_cannot_read(sample_study):
    held = read_reference(sample_study)
    assert [*list_reopened_or_hidden_explanations(sample_study, held)] == []
    rows = held_tables.read_table("explanations", study=sample_study)
    for_all = SimpleNamespace(explanations=rows.assign(shown_for="convening"))
    (said,) = list_reopened_or_hidden_explanations(sample_study, for_all)
    assert "The convening cannot read explanation 1 of P03" in said


@pytest.mark.parametrize(("leaver", "passages"), [
    (Contribution("b", MATERIAL, ids={"b", "b.1"}), "a.1;c.1"),
    (Contribution("b", frozenset(), "quotation", ids={"q7"}, quoted={"b.1"}), "a.1;b.1;c.1")])
def test_a_withdrawal_reopens_it_and_nobody_else_reads_it(leaver, passages):
    _, row = erase_leaver_passages_from_explanation("explanations", EXPLANATION, dict(EXPLANATION), leaver)
    assert (row["date"], row["shown_for"], row["passages_for"]) == ("", "", passages)
    assert row["outcome"] == EXPLANATION["outcome"]


def test_a_withdrawal_finds_a_passage_behind_a_blank():
    spaced = EXPLANATION | {"passages_for": "a.1; b.1 ;c.1"}
    _, row = erase_leaver_passages_from_explanation("explanations", spaced, dict(spaced),
                                                    Contribution("b", MATERIAL, ids={"b", "b.1"}))
    assert (row["date"], row["passages_for"]) == ("", "a.1;c.1")


def test_one_that_does_not_rest_on_the_leaver_stays_as_it_is():
    leaver = Contribution("z", MATERIAL, ids={"z", "z.1"})
    assert erase_leaver_passages_from_explanation("explanations", EXPLANATION, dict(EXPLANATION),
                                                  leaver) == (EXPLANATION, EXPLANATION)
