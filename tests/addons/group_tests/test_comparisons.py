"""Groups are compared for probability samples only, and a difference that is there is found."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control
from scipy.stats.contingency import association
from statsmodels.stats.multitest import multipletests

from glc_analysis.addons.group_tests.comparisons import (
    cramers_v,
    eta_squared,
    make_group_effect_and_p_value_figures,
    measure_effect,
    multiple_choice_v,
)
from tests.support.study_writer import choices, cleaned, places, question, reference

QUESTIONS = [question("apart", "single", "law", unit="organisation"),
             question("alike", "single", "law", unit="organisation"),
             question("size", "number", unit="organisation"),
             question("services", "multi", "help", columns="s_*", unit="organisation"),
             question("same", "single", "law", unit="organisation"),
             question("text", "text", unit="organisation"),
             question("home", "single", "countries", unit="organisation")]
OPTIONS = [*choices("law", "yes", "no"), *choices("help", "food", "legal")]
SHELTERS, SMALL = 20, 3


def study(sampling="probability", minimum=5):
    return SimpleNamespace(sampling=sampling, settings={"comparison": {"group_minimum": minimum}})


def data():
    """20 shelters and 20 networks that differ in `apart`, `size` and services, and 3 others."""
    types = ["shelter"] * SHELTERS + ["network"] * SHELTERS + ["other"] * SMALL
    rows = [{"org": f"o{n}", "country": "KHM", "apart": "yes" if kind == "shelter" else "no",
             "alike": ("yes", "no")[n // 2 % 2], "size": 10 * (kind == "shelter") + n % 3,
             "s_food": int(kind == "shelter"), "s_legal": int(n == 0), "same": "yes",
             "text": "x", "home": "KHM"} for n, kind in enumerate(types)]
    register = [{"organisation_id": f"o{n}", "type": kind, "resource_level": "low"}
                for n, kind in enumerate(types)]
    known = reference(questions=QUESTIONS, options=OPTIONS, countries=places("KHM asia"),
                      organisations=register)
    return cleaned(rows, known).data


DATA = data()
FOUND = make_group_effect_and_p_value_figures(DATA, study())


def value(question_id, statistic):
    row, = FOUND[(FOUND["question_id"] == question_id) & (FOUND["statistic"] == statistic)
                 & (FOUND["subset_kind"] == "type")].to_dict("records")
    return row["value"]


@pytest.mark.parametrize("sampling", ["purposive", "census"])
def test_nothing_is_inferred_from_a_sample_that_is_none(sampling):
    assert make_group_effect_and_p_value_figures(DATA, study(sampling)).empty


def test_a_planted_difference_is_found_and_chance_is_not():
    assert value("apart", "p_value") == 1 / 2000 and value("apart", "cramers_v") == pytest.approx(1)
    assert value("size", "p_value") == 1 / 2000 and value("size", "eta_squared") > .9
    assert value("services", "p_value") < .01
    assert value("alike", "p_value") > .5 and value("alike", "cramers_v") < .2


def test_what_does_not_vary_is_not_compared():
    assert set(FOUND["question_id"]) == {"apart", "alike", "size", "services"}


def test_an_attribute_of_one_group_compares_nothing():
    assert set(FOUND["subset_kind"]) == {"type"}


def test_groups_below_the_minimum_are_left_out():
    assert set(FOUND["base_n"]) == {2 * SHELTERS}
    assert set(make_group_effect_and_p_value_figures(DATA, study(minimum=SMALL))["base_n"]) == {
        2 * SHELTERS + SMALL}
    assert make_group_effect_and_p_value_figures(DATA, study(minimum=SHELTERS + 1)).empty


def test_the_base_of_a_multiple_choice_holds_those_who_ticked_nothing():
    # The networks answered with explicit noughts alone.
    base = FOUND.loc[FOUND["question_id"] == "services", "base_n"]
    assert set(base) == {2 * SHELTERS}


def test_the_same_data_give_the_same_numbers():
    pd.testing.assert_frame_equal(make_group_effect_and_p_value_figures(DATA, study()), FOUND)


def test_p_values_are_adjusted_over_the_questions_of_an_attribute():
    p = FOUND.loc[FOUND["statistic"] == "p_value", "value"].to_numpy()
    q = FOUND.loc[FOUND["statistic"] == "p_adjusted", "value"].to_numpy()
    assert len(p) == 4
    assert q == pytest.approx(false_discovery_control(p))
    assert q == pytest.approx(multipletests(p, method="fdr_bh")[1])


def test_an_effect_has_an_interval_and_a_p_value_has_none():
    effects = FOUND[FOUND["statistic"].isin(["cramers_v", "eta_squared"])]
    assert (effects["low"] <= effects["value"] + 1e-9).all()
    assert (effects["value"] <= effects["high"] + 1e-9).all()
    assert FOUND.loc[FOUND["statistic"] == "p_value", ["low", "high"]].isna().all(axis=None)


def test_ids_are_unique_and_name_question_statistic_and_attribute():
    assert FOUND["figure_id"].is_unique
    assert "apart/cramers_v/type=" in set(FOUND["figure_id"])


def test_several_answers_of_one_organisation_stay_together():
    one = measure_effect(np.array([[4.0, 0], [4, 0], [0, 4], [0, 4]]), np.array([0, 0, 1, 1]),
                         effect=cramers_v)
    # Of the 6 ways to part four organisations in two pairs, 2 part them as they stand.
    assert one[1] == pytest.approx(2 / 6, abs=.04)


@pytest.mark.parametrize("seed", range(5))
def test_cramers_v_is_that_of_scipy(seed):
    table = np.random.default_rng(seed).integers(1, 30, size=(3, 4))
    assert cramers_v(table) == pytest.approx(association(table, method="cramer"))


def test_a_multiple_choice_sums_the_statistics_of_its_options():
    ticks, count = np.array([[9, 4, 0], [3, 6, 0], [1, 5, 0]]), np.array([[10], [12], [9]])
    each = [association(np.hstack([ticks[:, [j]], count - ticks[:, [j]]]), method="cramer")
            for j in (0, 1)]
    assert multiple_choice_v(np.hstack([ticks, count])) == pytest.approx(np.sqrt(np.mean(np.square(each))))


def test_empty_groups_and_options_count_for_nothing():
    full = np.array([[8, 2], [1, 9]])
    padded = np.array([[8, 0, 2], [0, 0, 0], [1, 0, 9]])
    assert cramers_v(padded) == pytest.approx(association(full, method="cramer"))


def test_eta_squared_is_the_share_of_variance_between_groups():
    values, group = np.array([1, 2, 3, 7, 8, 9.5]), np.array([0, 0, 0, 1, 1, 1])
    between = sum(3 * (values[group == g].mean() - values.mean()) ** 2 for g in (0, 1))
    table = np.array([[values[group == g].sum(), 3, (values[group == g] ** 2).sum()] for g in (0, 1)])
    assert eta_squared(table) == pytest.approx(between / (values.var() * 6))


@pytest.mark.parametrize("effect, table", [
    (cramers_v, [[5, 0], [7, 0]]), (cramers_v, [[5, 3], [0, 0]]), (cramers_v, [[0, 0], [0, 0]]),
    (multiple_choice_v, [[0, 2, 2], [0, 3, 3]]), (multiple_choice_v, [[1, 0, 2], [0, 0, 0]]),
    (multiple_choice_v, [[2], [3]]),
    (eta_squared, [[.3, 3, .03], [.2, 2, .02]]), (eta_squared, [[6, 3, 14], [0, 0, 0]])])
def test_an_effect_is_undefined_where_nothing_varies(effect, table):
    assert np.isnan(effect(np.array(table, dtype=float)))


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (4, 1), (1, 2)])
def test_too_little_to_compare_gives_no_comparison(shape):
    assert measure_effect(np.ones(shape), np.zeros(shape[0], dtype=int), effect=cramers_v) is None
