"""What may not stand in the tables of practice: each trap by itself."""

import pytest

from tests.addons.practice.support.practice_rows import (
    CLOSED,
    HARMED,
    REVIEW,
    TRIAL,
    consents,
    faults,
    will_try,
)


def test_a_year_that_is_right_has_no_fault():
    assert faults(trials=[HARMED], reviews=[CLOSED], commitments=[will_try("quay", "P01")]) == []


def test_a_trial_without_a_prediction_is_a_fault():
    assert faults(trials=[TRIAL | {"predicted": ""}]) == [("predicted", "")]


def test_a_trial_that_is_under_way_has_its_prediction_alone():
    ended = ("done", "ended_on", "before", "after", "observed", "harm", "decision", "learnt")
    assert faults(trials=[TRIAL | dict.fromkeys(ended, "")]) == []


@pytest.mark.parametrize("column", ["before", "after", "observed", "harm", "decision"])
def test_a_trial_that_has_ended_has_all_that_belongs_to_it(column):
    assert (column, "") in faults(trials=[TRIAL | {column: ""}])


@pytest.mark.parametrize("before", ["7", "not measured", "Not measured, because", "12 / 30"])
def test_before_is_words_or_a_reason(before):
    assert ("before", before) in faults(trials=[TRIAL | {"before": before, "observed": "not_measured"}])


def test_not_measured_with_a_reason_is_right_and_nothing_is_then_better():
    unmeasured = TRIAL | {"before": "not measured, because nobody wrote it down", "observed": "not_measured"}
    assert faults(trials=[unmeasured]) == []
    assert faults(trials=[unmeasured | {"observed": "better"}]) == [("observed", "better")]


@pytest.mark.parametrize(("words", "named"), [
    ("We asked 3 women.", "3 women"), ("Two survivors left.", "Two survivors"),
    ("Dos mujeres se fueron.", "Dos mujeres"), ("Trois femmes sont parties.", "Trois femmes"),
    ("غادرت امرأتان البيت.", "امرأتان"), ("ស្ត្រីពីរនាក់បានចាកចេញ។", "ពីរនាក់"),
    ("ستّ ساعات مع ٣ نساء", "3 نساء"), ("Of 12, all but 2 came back.", "2 came")])
def test_counts_of_fewer_than_five_clients_are_refused(words, named):
    assert faults(trials=[TRIAL | {"learnt": words}]) == [("learnt", named)]


@pytest.mark.parametrize("words", ["After 2 weeks it was easy.", "Most of 14 people came back.",
                                   "One worker stays.", "Wir haben gewartet.", "At 10:30 we begin."])
def test_other_numbers_are_not(words):
    assert faults(trials=[TRIAL | {"learnt": words}]) == []


@pytest.mark.parametrize(("words", "named"), [
    ("A client aged 17 left.", "aged 17"), ("On 2018-02-03 somebody left.", "2018-02-03"),
    ("Una joven de 17 años.", "de 17 años"), ("80 % keep to it.", "80 %"),
    ("Quay House was full.", "Quay House")])
def test_details_of_a_case_names_and_percentages_are_refused(words, named):
    assert ("done", named) in faults(trials=[TRIAL | {"done": words}])


def test_a_trial_names_a_version_that_exists():
    assert ("principle_id, version", "P01.2") in faults(trials=[TRIAL | {"version": "2"}])


def test_an_organisation_tries_two_principles_at_a_time_at_most():
    three = [will_try("quay", f"P0{n}") for n in (1, 2, 3)]
    assert faults(commitments=three) == [("intent", "will_try")]
    assert faults(commitments=three, trials=[TRIAL]) == []  # the trial of P01 has ended: it is adopted


def test_consent_comes_first():
    assert ("", "") in faults(trials=[TRIAL], consent=[])
    assert faults(trials=[TRIAL], consent=consents("quay", audiences=("team",))) == [
        ("shown_for", "convening")]


@pytest.mark.parametrize("harm", ["possible", "yes"])
def test_harm_has_an_open_review_of_the_version_that_was_tried_within_seven_days(harm):
    harmed = HARMED | {"harm": harm}
    assert faults(trials=[harmed]) == [("harm", harm)]
    assert faults(trials=[harmed], reviews=[REVIEW]) == []
    for wrong in ({"due_on": "2018-02-28"}, {"principle_id": "P02"}, {"trigger": "date"}):
        assert ("harm", harm) in faults(trials=[harmed], reviews=[REVIEW | wrong])


@pytest.mark.parametrize("missing", ["reported_to", "reported_on"])
def test_harm_says_to_whom_and_when_it_was_reported(missing):
    assert (missing, "") in faults(trials=[HARMED | {missing: ""}], reviews=[REVIEW])


def test_a_report_without_harm_is_a_fault():
    assert ("harm", "none") in faults(trials=[HARMED | {"harm": "none"}])


@pytest.mark.parametrize("who", ["", "ines", "Ines"])
def test_a_review_after_harm_is_closed_by_somebody_outside_the_team(who):
    assert faults(trials=[HARMED], reviews=[CLOSED | {"closed_by": who}]) == [("closed_by", who)]


@pytest.mark.parametrize("missing", ["because", "by", "decided_on"])
def test_a_decided_review_says_why_by_whom_and_when(missing):
    assert (missing, "") in faults(reviews=[CLOSED | {missing: ""}])


def test_who_was_told_are_organisations():
    assert faults(reviews=[REVIEW | {"told": "quay;mil"}]) == [("told", "mil")]
    assert faults(reviews=[REVIEW | {"told": "all"}]) == []


@pytest.mark.parametrize(("reference", "is_fault"), [
    ("quay/P01.1/1", False), ("quay/P01.1/2", True), ("It was tried somewhere.", True)])
def test_evidence_of_what_was_tried_names_a_trial_that_has_ended(reference, is_fault):
    evidence = {"principle_id": "P01", "evidence_id": "e9", "kind": "trial", "reference": reference,
                "stance": "supports", "claim": "practised"}
    assert faults(trials=[TRIAL], evidence=[evidence]) == [("reference", reference)] * is_fault
