"""Coefficients of agreement give published values, whatever the order and the labels."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats import inter_rater

from glc_analysis.addons.coefficients.coefficients import (
    _FLEISS,
    cohens_kappa,
    convert_to_coding_counts,
    encode_values,
    fleiss_kappa,
    gwet_ac1,
    krippendorff_alpha,
    pabak,
    percent_agreement,
    specific_agreement,
)
from glc_analysis.coding.coefficients import (
    NO_PAIRS,
    NO_VARIATION,
    NOT_USED,
    compute_masi_distance,
    count_codings,
)
from glc_analysis.errors import UsageError
from tests.support.published_codings import FLEISS_1971, FOUR_OBSERVERS, coders

_ = np.nan
METRICS = ("nominal", "ordinal", "interval", "ratio")


COHEN_1960 = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
COHEN_SECOND = [[25, 12, 3], [13, 2, 15], [12, 16, 2]]
PARADOX = [[118, 5], [2, 0]]
ARTSTEIN_POESIO_2008 = [[46, 6, 0], [0, 32, 0], [0, 6, 10]]  # Comput Linguist 34:555-596
BALANCED, SKEWED = [[40, 9], [6, 45]], [[80, 10], [5, 5]]  # Feinstein & Cicchetti 1990


@pytest.mark.parametrize(("metric", "value"), [
    ("nominal", .743421), ("ordinal", .815388), ("interval", .849107), ("ratio", .797403)])
def test_alpha_of_krippendorffs_four_observers(metric, value):
    found = krippendorff_alpha(FOUR_OBSERVERS, metric=metric)
    assert found.value == pytest.approx(value, abs=5e-7)
    assert (found.n_units, found.n_pairable, found.reason) == (12, 11, "")


@pytest.mark.parametrize(("values", "metric", "value"), [
    # Krippendorff 2011, "Computing Krippendorff's alpha-reliability", sections A and B.
    (coders("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"), "nominal", .095),
    ([list("aabbdcccedda"), list("babbbccceddd")], "nominal", .692),
    # Three coders x 15 units, Wikipedia, "Krippendorff's alpha".
    (coders(". . . . . 3 4 1 2 1 1 3 3 . 3", "1 . 2 1 3 3 4 3 . . . . . . .",
            ". . 2 1 3 4 4 . 2 1 1 3 3 . 4"), "nominal", .691),
    (coders(". . . . . 3 4 1 2 1 1 3 3 . 3", "1 . 2 1 3 3 4 3 . . . . . . .",
            ". . 2 1 3 4 4 . 2 1 1 3 3 . 4"), "interval", .811)])
def test_alpha_of_further_published_data(values, metric, value):
    assert krippendorff_alpha(values, metric=metric).value == pytest.approx(value, abs=5e-4)


@pytest.mark.parametrize(("table", "value"), [
    (COHEN_1960, .4915), (COHEN_SECOND, -.0923), (PARADOX, -.0234), (ARTSTEIN_POESIO_2008, .8013),
    # Wikipedia, "Cohen's kappa".
    ([[20, 5], [10, 15]], .4), ([[45, 15], [25, 15]], .1304), ([[25, 35], [5, 35]], .2593)])
def test_kappa_of_published_tables(table, value):
    assert cohens_kappa(table).value == pytest.approx(value, abs=5e-5)


@pytest.mark.parametrize(("counts", "value"), [
    (FLEISS_1971, .4302),
    # Wikipedia, "Fleiss' kappa": 14 raters x 10 subjects.
    ([[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
      [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]], .2099),
    # Gwet's irrCAC on the four observers, who differ in number from unit to unit.
    ([[(FOUR_OBSERVERS[:, unit] == value).sum() for value in range(1, 6)] for unit in range(12)],
     .7612)])
def test_fleiss_kappa_of_published_tables(counts, value):
    assert fleiss_kappa(counts).value == pytest.approx(value, abs=5e-5)


@pytest.mark.parametrize(("table", "value"), [
    ([[8, 1], [0, 1]], .8658), (COHEN_SECOND, -.0480), (PARADOX, .9408)])
def test_ac1_of_published_tables(table, value):
    assert gwet_ac1(table).value == pytest.approx(value, abs=5e-5)


def test_gwets_figures_of_the_four_observers():
    # irrCAC, raw data of four raters: AC1, Brennan-Prediger, percent agreement.
    found = [f(*FOUR_OBSERVERS).value for f in (gwet_ac1, pabak, percent_agreement)]
    assert found == pytest.approx([.77544, .77273, .81818], abs=5e-6)


def test_specific_agreement_explains_the_paradox_of_feinstein_and_cicchetti():
    assert [cohens_kappa(t).value for t in (BALANCED, SKEWED)] == pytest.approx([.70, .32], abs=5e-3)
    assert [pabak(t).value for t in (BALANCED, SKEWED)] == pytest.approx([.7, .7])
    found = [specific_agreement(t, category=c).value for t in (BALANCED, SKEWED) for c in (0, 1)]
    assert found == pytest.approx([.842, .857, .914, .4], abs=5e-4)


def test_pabak_of_three_categories_is_the_s_of_artstein_and_poesio():
    assert pabak(ARTSTEIN_POESIO_2008).value == pytest.approx(.82)


def test_the_two_coders_of_the_free_list(shared_data):
    both = pd.read_csv(shared_data / "two_coder_free_list" / "both.csv")
    pair = both["coder1"], both["coder2"]
    found = [percent_agreement(*pair), cohens_kappa(*pair), krippendorff_alpha(pair), gwet_ac1(*pair)]
    assert [f.value for f in found] == pytest.approx([.88313, .744661, .744448, .879180], abs=5e-6)
    assert {f.n_pairable for f in found} == {1446}


# What must not matter, and what a slow reading of the definitions says.

marks = st.sampled_from([_, 0.0, 1.0, 2.0, 5.0])
ratings = st.integers(2, 4).flatmap(lambda width: st.lists(
    st.lists(marks, min_size=width, max_size=width), min_size=1, max_size=9)).map(
        lambda units: np.array(units).T)


def same(found, expected):
    """Two coefficients, equal but for rounding."""
    return (found[1:4] == expected[1:4]
            and found.value == pytest.approx(expected.value, abs=1e-9, nan_ok=True))


def each(values):
    """All coefficients of coders x units that are about any number of coders."""
    counts = [[np.count_nonzero(unit == v) for v in (0, 1, 2, 5)] for unit in values.T]
    return [*(krippendorff_alpha(values, metric=metric) for metric in METRICS),
            percent_agreement(*values), gwet_ac1(*values), pabak(*values), fleiss_kappa(counts),
            specific_agreement(*values), specific_agreement(*values, category=5)]


@given(ratings, st.randoms(use_true_random=False))
def test_the_order_of_coders_and_units_does_not_matter(values, chance):
    rows, columns = list(range(len(values))), list(range(values.shape[1]))
    chance.shuffle(rows)
    chance.shuffle(columns)
    moved = values[rows][:, columns]
    assert all(map(same, each(values), each(moved)))
    assert same(cohens_kappa(moved[0], moved[1]), cohens_kappa(values[rows[1]], values[rows[0]]))


@given(ratings)
def test_a_table_of_counts_has_the_sums_of_the_values_it_was_counted_from(values):
    codes, domain = encode_values(values)
    counts = np.array([[np.count_nonzero(unit == n) for n in range(len(domain))] for unit in codes.T])
    counts = counts.astype(float).reshape(codes.shape[1], len(domain))
    one, other = count_codings(codes, len(domain)), convert_to_coding_counts(counts)
    for name in ("units", "pairable", "differing", "disagreement", "same", "shares", "value_frequencies"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), abs=1e-9), name
    assert same(fleiss_kappa(counts), _FLEISS.compute_over_all_groups(one))


@given(st.permutations(range(4)), st.permutations(range(12)), st.permutations(range(1, 6)))
def test_published_values_hold_in_any_order_and_under_any_names(rows, columns, names):
    moved = FOUR_OBSERVERS[rows][:, columns]
    assert [krippendorff_alpha(moved, metric=metric).value for metric in METRICS] == pytest.approx(
        [.743421, .815388, .849107, .797403], abs=5e-7)
    renamed = np.array([_, *names])[np.nan_to_num(moved).astype(int)]
    assert krippendorff_alpha(renamed).value == pytest.approx(.743421, abs=5e-7)
    categories = [name - 1 for name in names if name <= 3]
    for table, kappa in ((COHEN_1960, .4915), (COHEN_SECOND, -.0923)):
        assert cohens_kappa(np.array(table)[np.ix_(categories, categories)].T).value \
            == pytest.approx(kappa, abs=5e-5)
    subjects = np.array(FLEISS_1971)[:, np.array(names) - 1][::-1]
    assert fleiss_kappa(subjects).value == pytest.approx(.4302, abs=5e-5)


@given(ratings, st.permutations(["Safe house", "ជម្រក", "a", "nan"]))
def test_labels_do_not_matter_to_nominal_coefficients(values, labels):
    named = dict(zip((0.0, 1.0, 2.0, 5.0), labels, strict=True))
    words = [[_ if math.isnan(v) else named[v] for v in row] for row in values]
    assert same(krippendorff_alpha(words), krippendorff_alpha(values))
    for coefficient in (percent_agreement, gwet_ac1, pabak):
        assert same(coefficient(*words), coefficient(*values))
    assert same(cohens_kappa(*words[:2]), cohens_kappa(*values[:2]))
    assert same(specific_agreement(*words, category=named[1.0]), specific_agreement(*values))


@given(ratings, st.sampled_from(METRICS))
def test_alpha_is_what_its_definition_says(values, metric):
    found = krippendorff_alpha(values, metric=metric)
    assert found.value == pytest.approx(slow_alpha(values, slow_metric(values, metric)), nan_ok=True)


@given(ratings)
def test_alpha_of_sets_is_what_its_definition_says(values):
    sets = [frozenset(), {"a"}, {"a", "b"}, {"c"}, {"x"}, {"b", "c"}]
    matrix = compute_masi_distance(sets)
    found = krippendorff_alpha(values, metric=matrix)
    slowly = slow_alpha(values, lambda a, b: matrix[int(a), int(b)])
    assert found.value == pytest.approx(slowly, nan_ok=True)


def slow_alpha(values, distance):
    """1 - D_o/D_e, pair by pair."""
    units = [unit[~np.isnan(unit)] for unit in values.T]
    units = [unit for unit in units if len(unit) > 1]
    every = [value for unit in units for value in unit]
    observed = sum(distance(a, b) / (len(unit) - 1) for unit in units
                   for a, b in itertools.permutations(unit, 2))
    expected = sum(distance(a, b) for a, b in itertools.permutations(every, 2))
    return 1 - (len(every) - 1) * observed / expected if expected else math.nan


def slow_metric(values, metric):
    pairable = values[:, (~np.isnan(values)).sum(axis=0) > 1]

    def between(a, b):
        low, high = sorted((a, b))
        return np.sum((pairable >= low) & (pairable <= high)) - np.sum(
            (pairable == low) | (pairable == high)) / 2
    return {"nominal": lambda a, b: a != b, "interval": lambda a, b: (a - b) ** 2,
            "ratio": lambda a, b: ((a - b) / (a + b)) ** 2 if a != b else 0,
            "ordinal": lambda a, b: between(a, b) ** 2 if a != b else 0}[metric]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=30))
def test_kappa_is_that_of_statsmodels(pairs):
    first, second = np.array(pairs).T
    found = cohens_kappa(first, second)
    if found.reason:
        assert first.tolist() == second.tolist()
        return
    table = inter_rater.to_table(np.array(pairs))[0]
    with np.errstate(invalid="ignore"):
        theirs = inter_rater.cohens_kappa(table).kappa
    assert found.value == pytest.approx(theirs, abs=1e-12)
    assert found.value == pytest.approx(cohens_kappa(table).value, abs=1e-12)


@pytest.mark.parametrize("values", [
    np.array([[3, 1, 3], [3, 3, 1]]), np.array([[1e9, _, 3.5], [1e9, 3.5, 3.5]]),
    np.array([[-7, 9000, _], [-7, -7, 9000.0]]), np.array([[-2**62, 2**62], [2**62, 2**62]]),
    np.array([[1, np.inf, -np.inf], [1, np.inf, np.inf]]), np.array([[3, 200], [200, 200]], dtype=np.uint8),
    np.array([[True, False], [True, True]])])
def test_any_numbers_can_be_values(values):
    assert same(krippendorff_alpha(values), krippendorff_alpha([[str(v) if v == v else None for v in row]
                                                                 for row in values.tolist()]))


def test_frames_and_series_are_read_by_position():
    ana, bert = pd.Series([1, 0, 1], index=[7, 8, 9]), pd.Series([1, 0, 0])
    assert same(krippendorff_alpha(pd.DataFrame([[1, 0, 1], [1, 0, 0]])), krippendorff_alpha([ana, bert]))
    assert percent_agreement(ana, bert).value == pytest.approx(2 / 3)


# What cannot be said.

@pytest.mark.parametrize("metric", METRICS)
def test_without_variation_alpha_is_undefined_and_never_1(metric):
    found = krippendorff_alpha([[2, 2, 3], [2, 2, _]], metric=metric)
    assert math.isnan(found.value) and found.reason == NO_VARIATION
    assert (found.n_units, found.n_pairable) == (3, 2)


@pytest.mark.parametrize("coefficient", [cohens_kappa, gwet_ac1, pabak])
def test_without_variation_nothing_is_corrected_for_chance(coefficient):
    for arguments in ([[0, 0], [0, 0]], [[[10, 0], [0, 0]]]):
        found = coefficient(*arguments)
        assert math.isnan(found.value) and found.reason == NO_VARIATION
    assert percent_agreement([0, 0], [0, 0]).value == 1


@pytest.mark.parametrize("values", [[[1, _], [_, 0]], [[_, _], [_, _]], [[1, 0]], [[], []], np.empty((3, 0))])
def test_without_a_pair_nothing_is_said(values):
    found = krippendorff_alpha(values)
    assert math.isnan(found.value) and found.reason == NO_PAIRS and found.n_pairable == 0


def test_without_a_pair_no_coefficient_is_said():
    for coefficient in (percent_agreement, specific_agreement, cohens_kappa, gwet_ac1, pabak):
        assert coefficient([1, _], [_, 0])[1:4] == (2, 0, NO_PAIRS)
    assert fleiss_kappa([[1, 0], [0, 1]]).reason == NO_PAIRS
    assert fleiss_kappa([[3, 0], [2, 0]]).reason == NO_VARIATION


def test_a_category_nobody_gave_has_no_specific_agreement():
    assert specific_agreement([0, 0], [0, 0])[1:4] == (2, 2, NOT_USED)


def test_full_agreement_is_exactly_1():
    values = np.array([[0, 1, 2, 1, 0, 0, 2]] * 7)
    assert {krippendorff_alpha(values).value, gwet_ac1(*values).value, pabak(*values).value,
            cohens_kappa(*values[:2]).value, percent_agreement(*values).value} == {1.0}


def test_not_coding_a_unit_differs_from_never_reading_it():
    ana = [1, 1, 0, 0]
    assert percent_agreement(ana, [1, 0, 0, 0]).value == .75
    assert percent_agreement(ana, [1, _, 0, 0])[:3] == (1, 4, 3)


# Wrong calls.

@pytest.mark.parametrize("call", [
    lambda: krippendorff_alpha([[1, 2], [1, 2]], metric="cardinal"),
    lambda: krippendorff_alpha([1, 2, 3]),
    lambda: krippendorff_alpha([[1, 2], [1]]),
    lambda: krippendorff_alpha([["a", "b"], ["a", "b"]], metric="interval"),
    lambda: krippendorff_alpha([[1, np.inf], [1, 2]], metric="interval"),
    lambda: krippendorff_alpha([[-1, 2], [1, 2]], metric="ratio"),
    lambda: krippendorff_alpha([[0, 2], [1, 2]], metric=np.zeros((2, 2))),
    lambda: krippendorff_alpha([[0, .5], [1, 1]], metric=np.zeros((2, 2))),
    lambda: krippendorff_alpha([[0, -1], [1, 1]], metric=np.zeros((2, 2))),
    lambda: krippendorff_alpha([[0, 1], [1, 1]], metric=np.array([[0, 1], [2, 0]])),
    lambda: gwet_ac1(FOUR_OBSERVERS), lambda: gwet_ac1([[.5, 1], [1, 1]]), lambda: pabak([[-1, 1], [1, 1]]),
    lambda: cohens_kappa(*FOUR_OBSERVERS), lambda: fleiss_kappa([3, 2]), lambda: fleiss_kappa([[_, 1]])])
def test_a_wrong_call_is_said(call):
    with pytest.raises(UsageError):
        call()
