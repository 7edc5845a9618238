"""Consensus: the worked example to its printed digits, every boundary of the panel rule, properties."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from glc_analysis.addons.convening.consensus import (
    RULES_IN_WORDS,
    classify_agreement_by_panel_rule,
    classify_disagreement_by_ipras,
    compute_median,
    compute_percentile,
    compute_required_ballots,
    compute_tally_columns,
    count_votes_by_tertile,
    decide_panel_result,
    describe_dissenting_votes,
    describe_median_movement,
    describe_tally,
    find_tertile,
    measure_interpercentile_range,
)

BMJ_OPEN = [4, 5, 6, 7, 7, 7, 7, 7, 8, 8, 8, 8, 8, 9, 9]
ALLOWED = {8: 2, 9: 2, 10: 2, 11: 3, 12: 3, 13: 3, 14: 4, 15: 4, 16: 4}  # outside, for agreement
OPPOSED = {8: 3, 9: 3, 10: 3, 11: 4, 12: 4, 13: 4, 14: 5, 15: 5, 16: 5}  # in each extreme, for disagreement
panels = st.lists(st.integers(1, 9), min_size=1, max_size=30)


def test_the_worked_example_of_bmj_open_2012():
    found = measure_interpercentile_range(BMJ_OPEN)
    assert [float(m) for m in (found.p30, found.p70, found.ipr, found.iprcp, found.ai, found.ipras)] == [
        7.0, 8.0, 1.0, 7.5, 2.5, 6.1]
    assert compute_median(BMJ_OPEN) == 7 and float(found.index) == pytest.approx(0.1639, abs=5e-5)
    assert classify_disagreement_by_ipras(BMJ_OPEN) == "no disagreement"
    assert classify_agreement_by_panel_rule(
        BMJ_OPEN) == "agreement"  # "four or less panellists voted outside the region"
    assert {decide_panel_result(BMJ_OPEN, test) for test in RULES_IN_WORDS} == {"high"}


def test_a_tally_has_the_worked_example_and_both_rules():
    assert compute_tally_columns(BMJ_OPEN) == {
        "n": 15, "median": 7.0, "p30": 7.0, "p70": 8.0, "ipr": 1.0, "ipras": 6.1, "votes_low": 0,
        "votes_mid": 3, "votes_high": 12, "spread": "agreement", "spread_ipras": "no disagreement",
        "quorum": None, "result": "high"}


@pytest.mark.parametrize("n", ALLOWED)
def test_agreement_allows_just_so_many_votes_outside(n):
    allowed = ALLOWED[n]
    assert classify_agreement_by_panel_rule([8] * (n - allowed) + [5] * allowed) == "agreement"
    assert classify_agreement_by_panel_rule([8] * (n - allowed - 1) + [5] * (allowed + 1)) == "neither"
    assert classify_agreement_by_panel_rule([2] * (n - allowed) + [5] * (allowed - 1) + [9]) == "agreement"
    assert classify_agreement_by_panel_rule([5] * (n - allowed) + [1] * (allowed - 1) + [9]) == "agreement"


@pytest.mark.parametrize("n", OPPOSED)
def test_disagreement_needs_so_many_votes_at_both_ends(n):
    opposed = OPPOSED[n]
    votes = [3] * opposed + [7] * (n - opposed)
    assert classify_agreement_by_panel_rule(votes) == "disagreement"
    assert decide_panel_result(votes) == "uncertain"  # whatever the median
    less = [3] * (opposed - 1) + [7] * (n - opposed + 1)
    assert classify_agreement_by_panel_rule(less) == "agreement" and decide_panel_result(less) == "high"
    split = [3] * (opposed - 1) + [5] + [7] * (n - opposed)
    assert classify_agreement_by_panel_rule(split) == ("neither" if opposed > ALLOWED[n] else "agreement")
    assert decide_panel_result(split) == "high"


@pytest.mark.parametrize("n", [1, 2, 7, 17, 40])
def test_the_panel_rule_is_not_stated_for_other_panels(n):
    assert classify_agreement_by_panel_rule([8] * n) == ""


@pytest.mark.parametrize(("votes", "where"), [
    ([3, 3, 3, 3, 4, 4, 4, 4], "middle"), ([6, 6, 6, 6, 7, 7, 7, 7], "high"),
    ([3, 3, 3, 3, 3, 4, 4, 4], "low"), ([6, 6, 6, 6, 6, 7, 7, 7], "middle")])
def test_half_medians_belong_to_the_higher_region(votes, where):
    assert find_tertile(compute_median(votes)) == where
    assert decide_panel_result(votes) == {"middle": "uncertain"}.get(where, where)


def test_half_medians_decide_which_votes_lie_outside():
    # With median 6.5 the region is 7-9, so that five votes of 6 lie outside it.
    assert classify_agreement_by_panel_rule([6] * 5 + [7] * 5) == "neither"
    assert classify_agreement_by_panel_rule([6] * 6 + [7] * 4) == "neither"
    assert classify_agreement_by_panel_rule([6] * 8 + [7] * 2) == "agreement"


@pytest.mark.parametrize("score", range(1, 10))
@pytest.mark.parametrize("test", RULES_IN_WORDS)
def test_a_panel_of_one_mind(score, test):
    votes = [score] * 10
    assert decide_panel_result(votes, test) == ("low" if score < 4 else "high" if score > 6 else "uncertain")
    assert classify_agreement_by_panel_rule(votes) == "agreement" and float(
        measure_interpercentile_range(votes).ipr) == 0
    assert float(measure_interpercentile_range(votes).ipras) == pytest.approx(2.35 + 1.5 * abs(5 - score))


@pytest.mark.parametrize("test", RULES_IN_WORDS)
@pytest.mark.parametrize("n", [8, 10, 12, 16, 18])
def test_a_polarised_panel_is_uncertain(n, test):
    votes = [1] * (n // 2) + [9] * (n // 2)
    assert decide_panel_result(votes, test) == "uncertain" and classify_disagreement_by_ipras(
        votes) == "disagreement"


def test_above_sixteen_the_panel_test_decides_by_ipras():
    votes = [9] * 11 + [1] * 6  # the median is 9, but P30 is 1
    assert classify_agreement_by_panel_rule(votes) == "" and classify_disagreement_by_ipras(
        votes) == "disagreement"
    assert decide_panel_result(votes) == decide_panel_result(votes, "ipras") == "uncertain"
    assert decide_panel_result([8] * 14 + [1] * 3) == "high"


@pytest.mark.parametrize(("n", "panel", "ipras", "share"), [
    (0, "too few", "too few", "too few"), (2, "too few", "too few", "too few"),
    (3, "too few", "high", "too few"), (7, "too few", "high", "too few"), (8, "high", "high", "high")])
def test_too_few(n, panel, ipras, share):
    votes = [8] * n
    assert [decide_panel_result(votes, test) for test in ("panel", "ipras", "share")] == [panel, ipras, share]
    assert classify_disagreement_by_ipras(votes) == ("no disagreement" if n >= 3 else "")


@pytest.mark.parametrize(("high", "other", "said"), [(6, 2, "high"), (7, 3, "uncertain"), (8, 3, "uncertain"),
                                                     (9, 3, "high"), (15, 5, "high"), (14, 5, "uncertain")])
def test_three_quarters_of_the_votes(high, other, said):
    assert decide_panel_result([7] * high + [6] * other, "share") == said
    assert decide_panel_result([3] * high + [4] * other, "share") == {"high": "low"}.get(said, said)


def test_a_range_as_wide_as_is_allowed_is_no_disagreement():
    # IPR and IPRAS are both 2.8; in floating point they differ in the last digit.
    votes = [3] * 4 + [4] * 4 + [7] * 4
    found = measure_interpercentile_range(votes)
    assert found.ipr == found.ipras and float(found.ipr) == 2.8
    assert classify_disagreement_by_ipras(votes) == "no disagreement"


def test_movement_between_rounds():
    assert [describe_median_movement(*medians) for medians in ((7, 8), (7.5, 7), (7, 7))] == [
        "up", "down", "same"]
    assert [describe_median_movement(*medians) for medians in (
        (float("nan"), 7), (7, float("nan")), (None, 7))] == [""] * 3


def told(votes):
    found = compute_tally_columns(votes)
    low, middle, high = (found[one] for one in ("votes_low", "votes_mid", "votes_high"))
    return found | {"said": f"{high} of {len(votes)} high, {middle} middle, {low} low"}


def test_votes_are_read_out_as_votes():
    assert describe_tally(told([8] * 8 + [5, 2])) == "8 of 10 high, 1 middle, 1 low; median 8; agreement"
    assert describe_tally(told([8] * 15 + [5] * 3)) == \
        "15 of 18 high, 3 middle, 0 low; median 8; no disagreement by IPRAS"
    assert "%" not in describe_tally(told(BMJ_OPEN))


def test_what_is_blank_is_not_read_out():
    row = {"said": "7 or more of 10 high, at most 2 low", "median": float("nan"), "spread": "",
           "spread_ipras": "", "result": "high", "n_abstained": 1}
    assert describe_tally(row) == "7 or more of 10 high, at most 2 low; 1 abstained"
    assert describe_dissenting_votes(row) == ""


def test_dissent_is_what_lies_outside_the_third_of_the_median():
    assert describe_dissenting_votes(compute_tally_columns([8] * 8 + [5, 2])) == "dissent: 1 middle, 1 low"
    assert describe_dissenting_votes(compute_tally_columns([2] * 8 + [5, 9])) == "dissent: 1 high, 1 middle"
    assert describe_dissenting_votes(compute_tally_columns([7, 8, 9])) == ""
    assert describe_dissenting_votes(compute_tally_columns([])) == ""


def test_the_other_rule_is_read_out_where_it_says_something_else():
    votes = [8] * 7 + [2] * 3  # three opponents are disagreement, but lie below the 30th percentile
    assert classify_agreement_by_panel_rule(votes) == "disagreement" and classify_disagreement_by_ipras(
        votes) == "no disagreement"
    assert describe_tally(told(votes)) == \
        "7 of 10 high, 0 middle, 3 low; median 8; disagreement; no disagreement by IPRAS"


# Quorum and abstentions

@pytest.mark.parametrize(("eligible", "test", "ballots"), [
    (1, "panel", 1), (3, "panel", 2), (7, "panel", 5), (8, "panel", 8), (10, "panel", 8), (12, "panel", 8),
    (13, "panel", 9), (14, "panel", 10), (10, "share", 8), (3, "ipras", 3), (10, "ipras", 7)])
def test_the_quorum_is_two_thirds_of_a_panel_and_what_the_test_needs(eligible, test, ballots):
    assert compute_required_ballots(eligible, test) == ballots


@pytest.mark.parametrize("test", sorted(RULES_IN_WORDS))
def test_below_the_quorum_there_is_no_decision_and_at_it_there_is(test):
    assert decide_panel_result([8] * 9, test, quorum=10) == "no decision"
    assert decide_panel_result([8] * 9, test, n_abstained=1, quorum=10) == "high"


def test_a_panel_that_is_smaller_than_the_rule_needs_is_too_few_however_many_vote():
    assert decide_panel_result([8] * 3,
                               quorum=2) == "too few" and decide_panel_result([8], quorum=2) == "no decision"
    assert decide_panel_result([8] * 2, n_abstained=8, quorum=8) == decide_panel_result([], n_abstained=9,
                                                                                        quorum=8) == "too few"


def test_no_decision_is_read_out_with_its_ballots_and_without_a_word_of_agreement():
    row = compute_tally_columns([8] * 9, n_abstained=0, quorum=10) | {"said": "9 of 9 high", "n_abstained": 0,
                                                                      "n_expected": 14}
    assert describe_tally(row) == "9 of 9 high; median 8; no decision: 9 of 14 ballots, quorum 10"


@given(panels, st.integers(0, 20), st.sampled_from(sorted(RULES_IN_WORDS)))
def test_without_a_quorum_abstentions_change_nothing(votes, abstained, test):
    assert compute_tally_columns(votes, test, n_abstained=abstained) == compute_tally_columns(votes, test)
    assert decide_panel_result(votes, test, quorum=0) == decide_panel_result(votes, test)


@given(panels, st.lists(st.integers(1, 9), max_size=8))
def test_an_agreement_is_one_whatever_those_who_abstained_had_voted(votes, theirs):
    assume(len(votes) + len(theirs) <= 16)
    if classify_agreement_by_panel_rule(votes, len(theirs)) == "agreement":
        assert classify_agreement_by_panel_rule([*votes, *theirs]) == "agreement"
    if (found := decide_panel_result(votes, "share", n_abstained=len(theirs), quorum=8)) in ("high", "low"):
        assert decide_panel_result([*votes, *theirs], "share", quorum=8) == found


@given(panels, st.sampled_from(sorted(RULES_IN_WORDS)))
def test_whoever_abstains_instead_of_voting_makes_no_result_easier(votes, test):
    """A result with an abstention stays where the same person votes for it."""
    found = decide_panel_result(votes, test, n_abstained=1, quorum=8)
    if found in ("high", "low"):
        assert decide_panel_result([*votes, 8 if found == "high" else 2], test, quorum=8) == found


@given(panels, st.sampled_from([0, 30, 50, 70, 100]))
def test_percentiles_are_the_linear_ones(votes, percent):
    assert float(compute_percentile(votes, percent)) == pytest.approx(np.percentile(votes, percent,
                                                                                    method="linear"))


@given(panels.flatmap(lambda votes: st.tuples(st.just(votes), st.permutations(votes))))
def test_the_order_of_votes_does_not_matter(both):
    assert compute_tally_columns(both[0]) == compute_tally_columns(both[1])


@given(panels, st.sampled_from(sorted(RULES_IN_WORDS)))
def test_a_mirrored_panel_says_the_contrary(votes, test):
    assume(compute_median(votes) not in (3.5, 6.5))  # which belong to the higher region on both sides
    mirrored = [10 - vote for vote in votes]
    result = decide_panel_result(votes, test)
    assert decide_panel_result(mirrored, test) == {"high": "low", "low": "high"}.get(result, result)
    assert classify_agreement_by_panel_rule(mirrored) == classify_agreement_by_panel_rule(votes)
    assert classify_disagreement_by_ipras(mirrored) == classify_disagreement_by_ipras(votes)
    assert count_votes_by_tertile(mirrored)["low"] == count_votes_by_tertile(votes)["high"]


@given(panels)
def test_ipras_is_never_below_that_of_perfect_symmetry(votes):
    found = measure_interpercentile_range(votes)
    assert found.ipras >= measure_interpercentile_range([5]).ipras and 0 <= found.ipr <= 8
    assert found.is_disagreement == (found.index > 1)


@given(st.lists(st.integers(1, 9), min_size=8, max_size=40))
def test_three_quarters_in_one_third_never_disagree(votes):
    if decide_panel_result(votes, "share") != "uncertain":
        assert "disagreement" not in (classify_agreement_by_panel_rule(votes),
                                      classify_disagreement_by_ipras(votes))


@pytest.mark.parametrize(("votes", "abstained", "found"), [
    (5, 5, "high"), (4, 6, "uncertain"), (4, 4, "high"), (4, 5, "uncertain")])
def test_high_needs_half_of_the_ballots_so_abstentions_make_it_no_easier(votes, abstained, found):
    assert decide_panel_result([8] * votes, n_abstained=abstained, quorum=8) == found
    assert decide_panel_result([2] * votes, n_abstained=abstained, quorum=8) == found.replace("high", "low")
