"""Two questions together: each counted among those who gave an answer to the other."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

import glc_analysis as glc
from glc_analysis.addons.crosstabs.crossed import make_unsuppressed_crossed_figures
from glc_analysis.errors import UsageError
from glc_analysis.view.study_view import NotReleased
from tests.support.study_writer import cleaned, reference
from tests.support.three_organisations import COUNTRIES, OPTIONS, ORGANISATIONS, QUESTIONS, ROWS


def study(sampling="purposive", interval="", frame_size=0):
    return SimpleNamespace(sampling=sampling, frame_size=frame_size,
                           settings={"study": {"interval": interval}})


def crossed(question_id, other_id, *, of=None, **groups):
    known = reference(questions=QUESTIONS, options=OPTIONS, countries=COUNTRIES, organisations=ORGANISATIONS)
    return make_unsuppressed_crossed_figures(cleaned(ROWS, known).data, of or study(), question_id, other_id,
                                             **groups)


def cells(frame):
    return {(row.subset_id, row.answer, row.option_id): (row.n, row.base_n) for row in frame.itertuples()
            if row.n}


def test_a_question_is_counted_among_those_who_gave_each_answer_to_another_one():
    assert cells(crossed("Q2", "Q1")) == {("", "yes", "food"): (1, 1), ("", "yes", "legal"): (1, 1),
                                          ("", "no", "food"): (1, 1)}
    assert cells(crossed("Q1", "Q2")) == {("", "food", "yes"): (1, 2), ("", "food", "no"): (1, 2),
                                          ("", "legal", "yes"): (1, 1)}


def test_whoever_did_not_answer_the_question_itself_is_not_in_the_base():
    frame = crossed("own", "Q1")
    assert {row.answer: row.base_n for row in frame.itertuples()} == {"yes": 1, "no": 1, "dont_know": 0}


def test_an_organisation_has_every_answer_that_it_gave_for_a_country_and_its_answers_have_those_of_it():
    assert cells(crossed("own", "Q1")) == {("", "yes", "yes"): (1, 1), ("", "no", "yes"): (1, 1)}
    assert cells(crossed("Q1", "own")) == {("", "yes", "yes"): (2, 3), ("", "yes", "no"): (1, 3)}


def test_groups_of_a_kind_are_crossed_as_well_and_numbers_have_their_statistics():
    assert cells(crossed("Q2", "Q1", kind="region")) == {
        ("asia", "yes", "food"): (1, 1), ("asia", "yes", "legal"): (1, 1), ("america", "no", "food"): (1, 1)}
    rows = crossed("staff", "own").set_index(["answer", "statistic"])
    assert rows.loc[("yes", "mean"), ["value", "base_n"]].tolist() == [10, 1]


def test_without_a_survey_two_questions_have_no_figures():
    known = reference(questions=QUESTIONS, options=OPTIONS, countries=COUNTRIES, organisations=ORGANISATIONS)
    data = cleaned(ROWS, known).data
    frame = make_unsuppressed_crossed_figures(replace(data, answers=data.answers[:0]), study(), "Q2", "Q1")
    assert frame.empty and "answer" in frame


def test_the_size_of_the_frame_narrows_no_interval_among_those_who_gave_an_answer():
    frame = crossed("Q1", "own", of=study("census", frame_size=10))
    assert {*frame["method"]} <= {"wilson", ""} and "wilson" in {*frame["method"]}


# What a view shows of it.


@pytest.fixture(scope="module")
def opened(sample_study):
    return glc.open_study(sample_study.root)


COUNTS = ["option", "n", "base_n", "share", "low", "high", "shown_as"]


def test_frames_have_the_columns_that_are_documented(opened):
    team = opened.view()
    assert [*team.counts("Q4.4", answered="Q4.2").columns] == ["answer", *COUNTS]
    assert [*team.counts("Q4.4", by="region", answered="Q4.2").columns] == ["group", "answer", *COUNTS]
    assert [*team.code_counts(by="country").columns] == [
        "group", "code", "level", "raised", "undecided", "asked", "share", "raised_without_guide",
        "undecided_without_guide", "interviewed", "raised_in_calls", "undecided_in_calls", "present",
        "code_id"]


@pytest.mark.parametrize("groups", [{}, {"by": "region"}])
@pytest.mark.parametrize("audience", ["convening", "public"])
def test_other_audiences_are_refused_in_words(opened, audience, groups):
    with pytest.raises(NotReleased) as refused:
        opened.view(audience).counts("Q4.4", answered="Q4.2", **groups)
    assert re.fullmatch(r"[A-Z][^\[\]{}<>]*\.", str(refused.value))


@pytest.mark.parametrize(("answered", "said"), [
    ("Q4.22", "nearest: 'Q4.2'"), ("Q4.3", "no options to count by"), ("q4.4", "counted by its own answers")])
def test_a_wrong_question_is_answered_in_words(opened, answered, said):
    with pytest.raises(UsageError, match=said):
        opened.view().counts("Q4.4", answered=answered)


def test_the_counts_of_a_question_by_the_answers_to_another_one_add_up_to_its_own(opened):
    """Q4.2 has one answer an organisation, and was asked of those with a shelter."""
    team = opened.view()
    crossed = team.counts("Q4.4", answered="Q4.2").groupby("option")["n"].sum()
    rows = team.study.responses.query("question_id in ('Q4.2', 'Q4.4')").astype({"question_id": "str"})
    rows = rows.pivot(index="organisation_id", columns="question_id", values="is_in_base")
    both = rows[(rows["Q4.2"] == True) & (rows["Q4.4"] == True)].index  # noqa: E712
    assert crossed.sum() == len(both) > 0
    by_region = team.counts("Q4.4", answered="Q4.2", by="region")
    assert {*by_region["answer"]} <= {*team.counts("Q4.2")["option"]}
    assert by_region["n"].sum() >= len(both)
