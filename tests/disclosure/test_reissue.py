"""Reissue: a public figure changes only where its difference from each earlier one tells nobody's answer."""

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from glc_analysis.disclosure.releases import PublishedRelease, decide_next_release
from glc_analysis.disclosure.suppression import DECISION_COLUMNS, select_released_figures
from tests.support.share import share
from tests.support.small_surveys import SETTINGS, published, survey_of

FOOD, BOTH, LEGAL = "Q2/food/all", {"Q2": "food legal"}, {"Q2": "legal"}
FIRST = [(12, BOTH), (18, LEGAL)]
ROOM, NO_ROOM = {"Q1": "yes", "Q5": "yes"}, {"Q1": "yes", "Q5": "no"}


def read(frames, *before, figure=FOOD, **how):
    """Status, count or band, and base of one figure, as the public reads it."""
    row = published(frames, *before, **how)[1].set_index("figure_id").loc[figure]
    return row["status"], row["band"] or row["shown_n"], row["shown_base_n"]


def without(issued, *names):
    """A kept release after organisations withdrew."""
    is_gone = issued.contributions["organisation_id"].isin(names)
    return PublishedRelease(issued.figures, issued.contributions[~is_gone])


@pytest.fixture(scope="module")
def first():
    return published(survey_of(*FIRST))[0]


@pytest.mark.parametrize("change", [
    [*FIRST, (1, BOTH)], [*FIRST, (1, LEGAL)], [*FIRST, (2, BOTH), (2, LEGAL)], [(11, BOTH), (19, LEGAL)],
    [*FIRST, (6, BOTH)], [*FIRST, (6, LEGAL)], [(6, BOTH), (24, LEGAL)]])
def test_a_small_or_a_one_sided_change_is_not_published(first, change):
    assert read(survey_of(*change), first) == ("shown", 12, 30)


def test_a_question_is_issued_anew_when_enough_changed_both_ways(first):
    assert read(survey_of(*FIRST, (3, BOTH), (3, LEGAL)), first) == ("shown", 15, 36)


@pytest.mark.parametrize(("yes", "no"), [(2, 8), (8, 2)])
def test_two_who_know_their_own_answers_must_not_know_those_of_all_others_that_came(first, yes, no):
    assert read(survey_of(*FIRST, (yes, BOTH), (no, LEGAL)), first) == ("shown", 12, 30)


def test_newcomers_of_one_network_are_one(first):
    change = [*FIRST, (3, BOTH), (3, LEGAL)]
    assert read(survey_of(*change, network=range(30, 36)), first) == ("shown", 12, 30)


def test_organisations_of_one_network_count_once_among_those_that_changed(first):
    """Eight came, as many as the rule asks for; two of them count as one."""
    change, rules = [*FIRST, (4, BOTH), (4, LEGAL)], SETTINGS | {"reissue_change": 6}
    assert read(survey_of(*change), first, rules=rules) == ("shown", 16, 38)
    assert read(survey_of(*change, network=[30, 37]), first, rules=rules) == ("shown", 12, 30)


def test_what_lies_outside_the_groups_that_are_shown_does_not_change_by_one():
    """Six came to Asia; one came that is of no region, and would be what the regions do not add up to."""
    asia, america, nowhere = ({"country": country} for country in ("KHM", "PER", "TWN"))
    rows = [(n, answer | country) for n, country in ((10, asia), (10, america), (6, nowhere))
            for answer in (BOTH, LEGAL)]
    before, more = published(survey_of(*rows))[0], [(3, BOTH | asia), (3, LEGAL | asia)]
    for came, figure in ((more, (29, 58)), ([*more, (1, BOTH | nowhere)], (26, 52))):
        assert read(survey_of(*rows, *came), before) == ("shown", *figure)


def test_the_page_of_a_country_follows_todays_answers_where_its_question_stays(first):
    def with_page(issued):
        is_page = issued.figures.index == "Q2/legal/all"
        return PublishedRelease(issued.figures.assign(is_page=is_page), issued.contributions)

    frames = survey_of(*FIRST, (1, BOTH))
    fresh, asked = with_page(published(frames)[0]), frames["questions"][["question_id", "asked_if"]]
    for last, size in ((with_page(first), [31]), (first.select_figures(first.figures.index == FOOD), [])):
        issued = decide_next_release(fresh, asked, [last], frames["organisations"], 5).figures
        assert issued.loc[FOOD, "size"] == 30
        assert issued.loc[issued.index == "Q2/legal/all", "size"].tolist() == size


def test_ranges_can_be_subtracted_as_well():
    """Four of thirty at most, eleven of 37: the seven who came all said so."""
    before = published(survey_of((4, BOTH), (26, LEGAL)))[0]
    change = survey_of((4, BOTH), (26, LEGAL), (7, BOTH))
    assert read(change)[1] == 11 and read(change, before) == ("banded", "at most 4", 30)


@pytest.mark.acceptance
@pytest.mark.parametrize("gone", [1, 2, 4, 8])
def test_a_withdrawal_leaves_what_was_printed(first, gone):
    frames, names = survey_of(FIRST[0], (18 - gone, LEGAL)), [f"org-{30 - k}" for k in range(1, gone + 1)]
    assert read(frames, first) == read(frames, without(first, *names)) == ("shown", 12, 30)


def test_after_a_withdrawal_enough_others_bring_new_figures(first):
    kept, rows = without(first, "org-29"), [(12, BOTH), (17, LEGAL), (1, {})]
    assert read(survey_of(*rows, (3, BOTH), (3, LEGAL)), kept) == ("shown", 12, 30)  # the one may know itself
    assert read(survey_of(*rows, (6, BOTH), (6, LEGAL)), kept) == ("shown", 18, 41)


def test_no_earlier_release_can_be_subtracted_either(first):
    many = [*FIRST, (4, BOTH), (4, LEGAL)]
    second = published(survey_of(*many), first)[0]
    assert read(survey_of(*FIRST, (1, BOTH), (7, {})), first, second) == ("shown", 16, 38)


def test_a_base_tells_of_the_question_that_decides_who_is_asked(monkeypatch):
    """Enough changed their answers to Q5, but one alone came: whether it was asked is its answer to Q1."""
    others = (5, {"Q1": "yes", "Q5": "dont_know"}), (8, {"Q1": "no"}), (5, {"Q1": "dont_know"})
    before = published(survey_of((15, NO_ROOM), (9, ROOM), *others))[0]
    frames = survey_of((3, ROOM), (15, NO_ROOM), (6, ROOM), *others, (1, NO_ROOM))
    assert [read(frames, before, figure=f"{one}/yes/all")[2] for one in ("Q1", "Q5")] == [42, 29]
    monkeypatch.setattr("glc_analysis.disclosure.releases._dependent_questions", lambda *given: [])
    assert [read(frames, before, figure=f"{one}/yes/all")[2] for one in ("Q1", "Q5")] == [42, 30]


def test_other_thresholds_or_consents_change_nothing_that_was_printed(first):
    assert read(survey_of(*FIRST), rules=SETTINGS | {"public_count": 11})[0] == "banded"
    assert read(survey_of(*FIRST), first, rules=SETTINGS | {"public_count": 11}) == ("shown", 12, 30)
    assert read(survey_of(*FIRST), refused=[0])[0] == "suppressed"
    assert read(survey_of(*FIRST), first, refused=[0]) == ("shown", 12, 30)


def test_a_question_that_was_never_told_is_issued():
    before = published(survey_of(*FIRST), refused=[0])[0]
    assert read(survey_of(*FIRST), before) == ("shown", 12, 30)
    nobody = published(survey_of((30, {"Q1": "yes"})))[0]
    assert read(survey_of(*FIRST), nobody) == ("shown", 12, 30)


def test_what_must_not_leave_the_team_goes_whatever_was_printed(first):
    frames = survey_of(*FIRST)
    decisions = published(frames, first, never=["food"])[1].set_index("figure_id")
    assert decisions.loc[FOOD, ["status", "rule"]].tolist() == ["suppressed", "team_only"]


def test_a_figure_that_is_new_in_a_frozen_question_is_hidden_and_says_why(first):
    lacking = first.select_figures(first.figures.index.to_series() != FOOD)
    decisions = published(survey_of(*FIRST, (1, BOTH)), lacking)[1]
    row = decisions.set_index("figure_id").loc[FOOD]
    assert (row["status"], row["rule"]) == ("suppressed", "frozen") and pd.isna(row["shown_base_n"])
    assert list(decisions.columns) == DECISION_COLUMNS


def test_released_figures_have_the_numbers_that_were_issued_and_not_todays(first):
    frames = survey_of(*FIRST, (1, BOTH), (1, {"Q3": "7"}))
    figures = frames["figures"].assign(low=0.1, high=0.2)
    seen = select_released_figures(figures, audience="public",
                                   decisions=published(frames, first)[1]).set_index("figure_id")
    row = seen.loc[FOOD]
    assert row[["n", "base_n", "value", "share"]].tolist() == [12, 30, 12, 12 / 30]
    assert row[["low", "high"]].isna().all() and figures.set_index("figure_id").loc[FOOD, "n"] == 13
    gone = figures[figures["figure_id"] != FOOD]
    seen = select_released_figures(gone, audience="public", decisions=published(frames, first)[1])
    assert "Q2/legal/all" in set(seen["figure_id"]) and FOOD not in set(seen["figure_id"])


def test_an_option_that_was_not_asked_before_is_compared_with_a_hidden_one(first):
    """Food or legal help is an option now, none is no more, and no sum of options goes without an end."""
    lacking = PublishedRelease(first.figures.drop("Q2/legal/all"),
                               first.contributions.query("figure_id != 'Q2/legal/all'"))
    assert read(survey_of(*FIRST, (1, BOTH)), lacking, figure="Q2/legal/all")[0] == "suppressed"
    frames = survey_of(*FIRST, (3, BOTH), (3, LEGAL))
    gone = frames["figures"].query("figure_id != 'Q2/none/all'").reset_index(drop=True)
    assert read({**frames, "figures": gone}, first) == ("shown", 15, 36)
    yes_no = published(survey_of((12, {"Q1": "yes"}), (18, {"Q1": "no"})))[0]
    unsure = survey_of((12, {"Q1": "dont_know"}), (18, {"Q1": "no"}))
    left = unsure["figures"].query("figure_id != 'Q1/yes/all'").reset_index(drop=True)
    assert read({**unsure, "figures": left}, yes_no, figure="Q1/no/all")[:2] == ("shown", 18)


def test_a_question_that_comes_back_is_compared_with_what_was_printed_of_it(first):
    frames = survey_of(*FIRST, (1, BOTH))
    absent = {**frames, "figures": frames["figures"].query("question_id != 'Q2'").reset_index(drop=True)}
    second = published(absent, first)[0]
    assert read(frames, first, second) == ("shown", 12, 30)


ANSWERS = st.sampled_from([BOTH, LEGAL, {"Q2": "food"}, ROOM, NO_ROOM, {}])
SURVEYS = st.lists(st.tuples(st.integers(0, 14), ANSWERS), min_size=3, max_size=6)


@pytest.mark.acceptance
@settings(max_examples=share(5, 2), phases=[Phase.generate])  # a second each: to shrink one takes minutes
@given(st.lists(SURVEYS, min_size=2, max_size=3))
def test_a_release_that_is_issued_changes_nothing_in_the_tables(surveys):
    before = []
    for frames in (survey_of((1, {}), *rows) for rows in surveys):
        issued, decisions = published(frames, *before)
        again, same = published(frames, *before, issued)
        assert same.equals(decisions) and again.figures.sort_index().equals(issued.figures.sort_index())
        before.append(issued)
