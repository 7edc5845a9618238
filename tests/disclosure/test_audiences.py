"""A reader of the convening also reads the public site: what is printed for both tells no more than the
convening was told, and a refusal never reveals what another refusal hid."""

from collections import defaultdict
from itertools import product

import pytest

from tests.support.small_surveys import decided, decided_for_both, published, survey_of

FOOD = "Q2/food/all"


def ticked(*groups):
    """Groups of those who ticked food and of those who did not, in a country without a region."""
    return survey_of(*((n, {"country": "TWN", "Q2": ticks}) for yes, no in groups
                       for n, ticks in ((yes, "food legal"), (no, "legal"))))


def test_refusals_of_the_public_do_not_print_what_a_refusal_of_the_convening_hid():
    refused = {"convening": [0], "public": [0, 1, 2, 3, 4]}
    _, unlimited = decided_for_both(ticked((15, 15)), **refused, is_limited=False)
    assert unlimited.loc[FOOD, "status"] == "shown"  # the five cannot be separated from each other
    convening, public = decided_for_both(ticked((15, 15)), **refused)
    assert [convening.loc[FOOD, "rule"], public.loc[FOOD, "rule"]] == ["withheld_contributors",
                                                                       "other_audience"]


def test_what_the_convening_sees_of_the_same_answers_the_public_may_see():
    convening, public = decided_for_both(ticked((15, 15)))
    seen = [decisions.loc[FOOD, ["status", "shown_n", "shown_base_n"]].tolist()
            for decisions in (convening, public)]
    assert seen == [["shown", 15, 30]] * 2


def test_who_is_not_counted_is_in_no_figure_and_moves_no_mean():
    frames = survey_of((20, {"Q2": "food legal", "Q3": "1"}), (20, {"Q2": "legal", "Q3": "9"}),
                       (1, {"Q2": "food", "Q3": "5"}))
    _, public = decided_for_both(frames, convening=range(41), uncounted=[40], is_limited=False)
    assert public.loc[FOOD, ["shown_n", "shown_base_n"]].tolist() == [20, 40]
    assert public.loc["Q3/median/all", "rule"] == "not_counted"


def test_few_who_are_not_counted_take_the_figure_from_the_public():
    """Whoever subtracts the two figures is left with them."""
    _, public = decided_for_both(ticked((20, 20)), uncounted=[0, 20])
    assert public.loc[FOOD, ["status", "rule"]].tolist() == ["suppressed", "other_audience"]


def test_many_who_are_not_counted_are_a_group_that_is_not_shown():
    convening, public = decided_for_both(ticked((8, 8), (16, 16)), uncounted=range(16))
    assert convening.loc[FOOD, ["shown_n", "shown_base_n"]].tolist() == [24, 48]
    assert public.loc[FOOD, ["shown_n", "shown_base_n"]].tolist() == [16, 32]


def test_more_refusals_never_reveal_what_a_refusal_hid():
    frames = ticked((15, 15))
    before = decided(frames, refused=[0])
    withheld = before.index[before["rule"] == "withheld_contributors"]
    assert decided(frames, refused=[0, 1, 2]).loc[FOOD, "status"] == "shown"
    assert decided(frames, refused=[0, 1, 2], withheld=withheld).loc[FOOD, "rule"] == "withheld_contributors"
    assert decided(frames, withheld=withheld).loc[FOOD, "status"] == "shown"  # all agree now


def test_a_figure_is_compared_with_what_was_released_to_the_other_audience():
    """One came since: of the two figures together, its answer is the difference."""
    convening = published(ticked((15, 15)))[0]
    rows = {n: published(ticked((n, 15)), beside=[convening])[1].set_index("figure_id").loc[FOOD]
            for n in (15, 16)}
    assert [rows[n]["status"] for n in rows] == ["shown", "suppressed"] and rows[16]["rule"] == "frozen"


@pytest.mark.acceptance
def test_two_figures_on_different_answers_leave_every_count_open():
    """Where the figure of those who are counted for the public is printed exactly, all answers of the ten who
    are not that print the same leave them enough on both sides, also beside two of one side."""
    alike = defaultdict(list)
    for of_public, of_others in product((0, 5, 10, 16, 20), range(11)):
        frames = ticked((of_others, 10 - of_others), (of_public, 20 - of_public))
        printed = tuple(tuple(decisions.loc[FOOD, ["status", "shown_low", "shown_high", "shown_n"]]
                              .astype(str)) for decisions in decided_for_both(frames, uncounted=range(10)))
        alike[printed].append((of_public, of_others))
    assert len(alike) > 2
    for (_, (status, *_)), possible in alike.items():
        if status == "shown":
            others = {others for _, others in possible}
            assert {0, 1, 2}.isdisjoint(others) and {8, 9, 10}.isdisjoint(others)  # two may be of one side
