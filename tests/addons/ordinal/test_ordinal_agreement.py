"""Weighted coefficients of ratings in order give published values, and those of statsmodels."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats import inter_rater

from glc_analysis.addons.coefficients.coefficients import (
    fleiss_kappa,
    gwet_ac1,
    krippendorff_alpha,
    pabak,
    percent_agreement,
)
from glc_analysis.addons.ordinal.ordinal_agreement import (
    _corrected,
    gwet_ac2,
    ordinal_agreement,
    weighted_kappa,
)
from glc_analysis.errors import UsageError
from tests.support.published_codings import FLEISS_1971, FOUR_OBSERVERS

COHEN_1968 = [[88, 10, 2], [14, 40, 6], [18, 10, 12]]  # Table 1, judge B in the rows
ABSTRACTORS = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]  # of irrCAC


def ratings(table):
    """The ratings of two coders from their table, in the numbers of its rows and columns."""
    cells = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    return [list(coder) for coder in zip(*cells, strict=True)]


def test_the_illustration_of_cohen_1968():
    # Its weights are 1, 3 and 6, which no pattern gives: q_o .90, q_c 1.38, weighted kappa .348.
    weights = np.array([[0, 1, 3], [1, 0, 6], [3, 6, 0]])
    found = _corrected(np.array(ratings(COHEN_1968)), weights, 1.38)
    assert found.value == pytest.approx(.348, abs=5e-4)


def test_quadratic_weights_on_the_table_of_cohen_1968():
    # Kelley 2026, vignette of DMAR.
    found = weighted_kappa(*ratings(COHEN_1968), scale=[0, 1, 2], weights="quadratic")
    assert found.value == pytest.approx(.4545455, abs=5e-8)


def test_with_equal_margins_quadratic_kappa_is_the_correlation():
    # Cohen 1968: a table of Kelley 2026 with equal margins, .5 both.
    first, second = ratings([[40, 10, 10], [10, 60, 10], [10, 10, 40]])
    found = weighted_kappa(first, second, scale=[0, 1, 2], weights="quadratic").value
    assert found == pytest.approx(.5) == np.corrcoef(first, second)[0, 1]


GWET_3_5 = ["ABCCBBAABB.", ".CCCB.ABBBC"]  # Gwet 2014, table 3.5, and example 3.2 on page 84


def letters(lines):
    return [[None if mark == "." else mark for mark in line] for line in lines]


def test_example_3_2_of_gwet_2014():
    # Weighted agreement .9375. AC2 is .8262 in irrCAC, which its author wrote: page 84 has a misprint there.
    rows = ordinal_agreement(*letters(GWET_3_5), scale="ABC", weights="quadratic")
    found = rows.set_index("measure")["value"]
    assert found["weighted_agreement"] == .9375
    assert found["ac2"] == pytest.approx(.8261, abs=1e-4)


def test_without_order_ac2_and_ac1_are_the_same_where_all_disagreements_weigh_the_same():
    two = [[1, 2, 2, 1, 1], [1, 2, 1, 1, 2]]
    assert gwet_ac2(*two, scale=[1, 2], weights="linear").value == pytest.approx(gwet_ac1(*two).value)


@pytest.mark.parametrize(("weights", "steps"), [("linear", [.25, .5, .75, 1]), ("quadratic", [1, 4, 9, 16]),
                                                ("ordinal", [.1, .3, .6, 1])])
def test_the_weights_are_those_that_their_authors_give(weights, steps):
    # Ordinal weights of five values: 1 - C(k + 1, 2) / C(5, 2), Gwet 2014, chapter 3.
    said = ordinal_agreement([1, 5], [1, 4], scale=[1, 2, 3, 4, 5], weights=weights)["weights"].iloc[-1]
    printed = [float(one) for one in said.rpartition(": ")[2].split(", ")]
    assert printed == pytest.approx([step / steps[-1] for step in steps], rel=1e-2)


@pytest.mark.parametrize(("weights", "name"), [("linear", "linear"), ("quadratic", "quadratic")])
@given(pairs=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=30))
def test_weighted_kappa_is_that_of_statsmodels(weights, name, pairs):
    first, second = map(list, zip(*pairs, strict=True))
    found = weighted_kappa(first, second, scale=[0, 1, 2, 3], weights=weights)
    if found.reason:
        assert len({*first, *second}) == 1
        return
    table = np.zeros((4, 4))
    np.add.at(table, (first, second), 1)
    theirs = inter_rater.cohens_kappa(table, wt=name, return_results=False)
    assert found.value == pytest.approx(theirs, abs=1e-12)


def test_several_coders_agree_as_fleiss_1971_and_gwet_2014_print_it():
    # Fleiss 1971: mean agreement .5556, chance .2201; Gwet 2014, pages 55 and 56: .8182 and .7727.
    units = [[value for value, n in enumerate(row) for _ in range(n)] for row in FLEISS_1971]
    assert percent_agreement(*zip(*units, strict=True)).value == pytest.approx(.5556, abs=5e-5)
    assert fleiss_kappa(FLEISS_1971).value == pytest.approx((.5556 - .2201) / (1 - .2201), abs=2e-4)
    assert percent_agreement(*FOUR_OBSERVERS).value == pytest.approx(.8182, abs=5e-5)
    assert pabak(*FOUR_OBSERVERS).value == pytest.approx(.7727, abs=5e-5)


def test_brennan_and_prediger_take_chance_as_one_of_the_categories():
    # (p_o - 1/q) / (1 - 1/q), Brennan & Prediger 1981: three categories, p_o .89.
    assert pabak(ABSTRACTORS).value == pytest.approx((.89 - 1 / 3) / (1 - 1 / 3))


def test_alpha_stands_first_and_needs_no_weights():
    found = ordinal_agreement(*FOUR_OBSERVERS.tolist(), scale=[1, 2, 3, 4, 5], weights="linear")
    assert found["measure"].tolist() == ["ordinal_alpha", "ac2", "weighted_agreement"]
    assert found["value"].iloc[0] == pytest.approx(.815388, abs=5e-7) and found["weights"].iloc[0] == ""
    assert found["value"].iloc[0] == krippendorff_alpha(FOUR_OBSERVERS, metric="ordinal").value


@pytest.mark.parametrize("call", [
    lambda: weighted_kappa([1], [1], scale=[1, 2], weights="ordinal"),
    lambda: gwet_ac2([1], [1], scale=[1, 2], weights="cubic"),
    lambda: gwet_ac2([1], [3], scale=[1, 2], weights="linear"),
    lambda: gwet_ac2([1], [1], scale=[1], weights="linear"),
    lambda: gwet_ac2([1, 2], [1], scale=[1, 2], weights="linear")])
def test_a_wrong_call_is_said(call):
    with pytest.raises(UsageError):
        call()


def test_a_coefficient_that_says_nothing_is_no_number():
    same, never = [1, 1], [math.nan, math.nan]
    rows = ordinal_agreement(same, same, scale=[1, 2], weights="linear").set_index("measure")
    assert rows.loc[["ordinal_alpha", "weighted_kappa", "ac2"], "value"].isna().all()
    assert rows.at["weighted_kappa", "reason"] == "no variation: all values are the same"
    assert weighted_kappa(same, never, scale=[1, 2], weights="linear").reason.startswith("no unit was coded")
