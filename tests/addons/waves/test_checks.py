"""What may be compared between waves is decided by somebody, and fits what changed."""

import pytest

from glc_analysis.addons.waves.checks import find_comparability_decision_faults
from tests.support.study_writer import choices, reference
from tests.support.wave_study import CROSSWALK, OPTIONS, QUESTIONS, WAVES, decided


def of(*crosswalk, options=OPTIONS):
    """The faults of some rows of crosswalk.csv, as column and message."""
    known = reference(questions=QUESTIONS, options=options, waves=WAVES, crosswalk=crosswalk)
    return [(fault.column, fault.message) for fault in find_comparability_decision_faults(known.tables)]


def test_the_crosswalk_of_the_study_is_right():
    assert of(*CROSSWALK) == []


@pytest.mark.parametrize(("row", "column", "message"), [
    (decided("Q4", "unit", "yes")[1], "is_comparable", "a question with the change unit cannot be compared"),
    (decided("Q2", "options", "yes")[1], "is_comparable", "the options changed"),
    (decided("Q1", "options", "collapsed")[1], "is_comparable", "options of the question have no common_id"),
    (decided("Q1", "", "yes")[1], "change", "is blank, but the question is to be compared"),
    (decided("Q1", by="")[1], "by", "is blank, but a decision needs a name and a date"),
    (decided("Q1", "wording", because="")[1], "because",
     "is blank, but a decision about a changed question needs a reason")])
def test_a_comparison_that_the_change_does_not_allow_is_a_fault(row, column, message):
    assert of(row) == [(column, message)]


def test_options_of_two_kinds_are_not_collapsed_into_one():
    mixed = [row | {"common_id": "x"} for row in choices("services", "legal", "dont_know")]
    assert of(options=mixed) == [("kind", "another option of the same common_id has the kind 'substantive'")]
