"""What is due: reviews, who has not been told, decisions to carry out, what happened since."""

from datetime import date

from glc_analysis.addons.practice.due import list_due_practice_matters, list_due_practice_status_lines
from tests.addons.practice.support.practice_rows import CLOSED, REVIEW, TRIAL, study_tables, will_try


def due(**rows):
    planned = [{"principle_id": f"P0{n}", "version": "1", "due_on": "2019-01-01", "trigger": "date"}
               for n in (1, 2, 3)]
    rows["reviews"] = [*rows.get("reviews", []), *planned]
    agreed = [{"principle_id": f"P0{n}", "version": "1", "status": "agreed", "date": "2017-05-09"}
              for n in (1, 2, 3)]
    tables = study_tables(text_decisions=agreed, **rows).tables
    found = list_due_practice_matters({name: frame.to_dict("records") for name, frame in tables.items()})
    return [(matter.due_on, matter.about, matter.what) for matter in found if matter.due_on != "2019-01-01"]


def test_an_open_review_after_harm_says_who_has_not_been_told():
    raters = [{"rater_id": "r1", "organisation_id": "mill", "may_rate": "true"}]
    (day, about, what), = due(reviews=[REVIEW | {"told": "quay"}], raters=raters,
                              commitments=[will_try("quay", "P01", review_on="")])
    assert (day, about) == ("2018-02-27", "P01.1") and what.endswith("; not told yet: mill")


def test_nobody_waits_when_all_were_told():
    (_, _, what), = due(reviews=[REVIEW | {"told": "all"}],
                        commitments=[will_try("quay", "P01", review_on="")])
    assert "not told" not in what


def test_a_decision_to_amend_waits_until_the_text_is_another():
    (_, about, what), = due(reviews=[CLOSED | {"decision": "amend"}])
    assert about == "P01.1" and "`glc amend P01`" in what
    assert due(reviews=[CLOSED]) == []


def test_a_trial_that_went_worse_asks_for_a_review_until_one_was_decided():
    worse = TRIAL | {"observed": "worse", "decision": "abandon"}
    (_, about, what), = due(trials=[worse])
    assert about == "P01.1" and "went worse" in what
    assert due(trials=[worse], reviews=[CLOSED | {"trigger": "contrary_evidence"}]) == []


def test_a_wave_that_came_later_is_looked_at_until_a_review_was_decided():
    waves = [{"wave_id": "1", "label": "2016", "opened_on": "2016-02-01"},
             {"wave_id": "2", "label": "2018", "opened_on": "2018-02-01"}]
    (_, about, what), = due(waves=waves)
    assert about == "P01.1, P02.1 and P03.1" and "new wave, 2018" in what
    reviewed = [CLOSED | {"principle_id": f"P0{n}", "trigger": "new_wave", "decided_on": "2018-03-01"}
                for n in (1, 2)]
    (_, about, _), = due(waves=waves, reviews=reviewed)
    assert about == "P03.1"


def test_an_organisation_looks_again_on_its_day_until_a_trial_has_ended():
    assert due(commitments=[will_try("quay", "P01")]) == [
        ("2018-03-01", "P01.1", "quay reconsiders its commitment")]
    assert due(commitments=[will_try("quay", "P01")], trials=[TRIAL]) == []


def test_the_state_of_the_sample_names_what_is_overdue(sample_study):
    (said, details), = list_due_practice_status_lines(sample_study, today=date(2018, 6, 1))
    assert said == "Practice: 5 matters are open, 2 overdue."
    assert "P01.1: to be reviewed: planned (overdue since 2018-05-09)" in details
