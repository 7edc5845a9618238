"""Rows of practice for tests: a small study in memory, and one trial that is right in everything."""

from glc_analysis.addons.practice.checks import CHECKS
from tests.support.study_writer import reference

TRIAL = {"organisation_id": "quay", "principle_id": "P01", "version": "1", "cycle": "1",
         "predicted": "More people come back.", "done": "Tea first.", "started_on": "2018-01-08",
         "ended_on": "2018-02-20", "scale": "one_worker", "before": "Many did not come back.",
         "after": "Most came back.", "observed": "as_predicted", "changed": "The form comes later.",
         "kept_and_known": "We ask at each meeting of the team.", "harm": "none", "decision": "adopt",
         "learnt": "Waiting is work.", "shown_for": "convening"}
HARMED = TRIAL | {"harm": "possible", "reported_to": "the safeguarding lead", "reported_on": "2018-02-20"}
REVIEW = {"principle_id": "P01", "version": "1", "due_on": "2018-02-27", "trigger": "harm", "told": ""}
CLOSED = REVIEW | {"decision": "keep", "because": "The lock was changed.", "by": "ines",
                   "closed_by": "the chair of an ethics board", "decided_on": "2018-02-26"}


def will_try(organisation, principle, **other):
    return {"organisation_id": organisation, "principle_id": principle, "version": "1", "intent": "will_try",
            "because": "It is quiet.", "review_on": "2018-03-01"} | other


def consents(*organisations, audiences=("team", "convening", "public")):
    return [{"organisation_id": one, "item": "practice", "audience": audience, "is_given": "true",
             "date": "2018-01-01"} for one in organisations for audience in audiences]


def study_tables(**rows):
    """The tables of a small study with three agreed principles and two organisations that agreed to all."""
    known = {
        "principles": [{"principle_id": f"P0{n}", "version": "1", "statement": f"Text {n}.", "language": "en",
                        "status": "agreed"} for n in (1, 2, 3)],
        "organisations": [{"organisation_id": one, "label": label} for one, label in (
            ("quay", "Quay House"), ("mill", "Mill Lane"))],
        "judgements": [{"principle_id": "P01", "component": "harm", "by": "ines", "date": "2017-05-10"}],
        "consent": consents("quay", "mill")}
    return reference(**known | rows)


def faults(**rows):
    """(column, value) of each fault of these rows by the checks of practice."""
    tables = study_tables(**rows).tables
    return [(fault.column, fault.value) for check in CHECKS for fault in check.faults(tables)]
