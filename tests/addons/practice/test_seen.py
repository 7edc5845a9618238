"""What other readers than the team see of practice: words that were cleared, and never a number."""

import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.addons.practice.trials import make_commitment_trial_and_review_tables
from glc_analysis.addons.practice.view import (
    list_trial_lines_with_organisations,
    select_latest_begun_review_per_text,
    select_visible_trial_words,
    select_visible_trials_and_drop_owners,
)
from glc_analysis.view.reader_study import Reader
from glc_analysis.view.study_view import StudyView
from tests.addons.practice.support.practice_rows import (
    CLOSED,
    HARMED,
    REVIEW,
    TRIAL,
    consents,
    study_tables,
)

ORGANISATIONS = pd.DataFrame({"organisation_id": ["quay", "mill"], "language": ["en", "es"]})


def made(**rows):
    frames = make_commitment_trial_and_review_tables(study_tables(**rows), ORGANISATIONS)
    return {name: tables.conform_to_schema(name, frame) for name, frame in frames.items()}


def test_words_are_read_where_the_organisation_cleared_them_without_whose_they_are():
    rows = select_visible_trials_and_drop_owners(made(trials=[TRIAL])["trials"], "convening")
    assert rows[["learnt", "organisation_id"]].to_numpy().tolist() == [["Waiting is work.", ""]]
    assert "done" not in rows and "observed" not in rows and "harm" not in rows
    assert select_visible_trials_and_drop_owners(made(trials=[TRIAL])["trials"], "public").empty


@pytest.mark.parametrize("audiences", [(), ("team",), ("team", "public")])
def test_words_are_not_read_without_consent_for_that_audience(audiences):
    frames = made(trials=[TRIAL], consent=consents("quay", audiences=audiences))
    assert select_visible_trials_and_drop_owners(frames["trials"], "convening").empty


def test_words_of_a_trial_in_which_somebody_may_have_been_harmed_are_read_by_the_team_alone():
    assert select_visible_trials_and_drop_owners(made(trials=[HARMED])["trials"], "convening").empty


def test_the_order_of_words_does_not_tell_whose_they_are():
    two = [TRIAL, TRIAL | {"organisation_id": "mill", "learnt": "Ask later."}]
    swapped = [two[0] | {"organisation_id": "mill"}, two[1] | {"organisation_id": "quay"}]
    seen = [select_visible_trials_and_drop_owners(made(trials=rows)["trials"], "convening")["learnt"].tolist()
            for rows in (two, swapped)]
    assert seen[0] == seen[1] == ["Ask later.", "Waiting is work."]


@pytest.mark.parametrize("trigger", ["harm", "law", "asked", "contrary_evidence", "new_wave"])
def test_under_review_looks_the_same_whatever_opened_it_and_whenever(trigger):
    rows = select_latest_begun_review_per_text(made(reviews=[REVIEW | {"trigger": trigger}])["reviews"])
    assert rows.to_dict("records") == [
        {"principle_id": "P01", "version": "1", "decision": "", "due_on": "", "trigger": ""}]


def test_a_planned_review_is_not_under_review_and_a_decided_one_says_its_decision_alone():
    assert select_latest_begun_review_per_text(made(reviews=[REVIEW | {"trigger": "date"}])["reviews"]).empty
    rows = select_latest_begun_review_per_text(made(reviews=[CLOSED])["reviews"])
    assert rows["decision"].tolist() == ["keep"] and {*rows} == {
        "principle_id", "version", "decision", "due_on", "trigger"}


def test_when_a_line_of_a_cell_is_hidden_its_words_are_not_read(sample_study, monkeypatch):
    line = "trials/P01#casa-del-telar/P01.1/1"
    view = StudyView(sample_study, "convening", principle="P01")
    before = {*view.trial_rows["learnt"]}
    monkeypatch.setattr(StudyView, "hidden", frozenset({line}))
    after = {*StudyView(sample_study, "convening", principle="P01").trial_rows["learnt"]}
    assert before - after == {"El silencio del primer día también es ayuda."}


def test_a_hidden_line_is_not_in_the_folder_that_a_page_gets(sample_study, monkeypatch):
    blocks = pd.DataFrame({"block_id": ["trials/P01#casa-del-telar/P01.1/1"], "is_shown": False})
    reader = Reader(sample_study, "convening")
    assert "El silencio" in "".join(select_visible_trial_words(reader)["learnt"])
    monkeypatch.setattr(Reader, "read_rows_naming_this_audience", lambda reader, name: blocks)
    assert "El silencio" not in "".join(select_visible_trial_words(reader)["learnt"])


def test_every_line_has_its_organisation_behind_it():
    two = [TRIAL, TRIAL | {"organisation_id": "mill", "learnt": "Ask later."}]
    principles = pd.DataFrame({"principle_id": ["P01"], "version": "1", "status": "agreed",
                               "is_current": True, "translation_of": ""})
    rows = [*list_trial_lines_with_organisations(made(trials=two) | {"principles": principles}, None,
                                                 "convening")]
    assert sorted(rows) == [("trials/P01", "mill/P01.1/1", "mill"), ("trials/P01", "quay/P01.1/1", "quay")]
