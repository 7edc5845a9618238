"""Intervals draw documents, not turns, and are given only where there are enough of them."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.coding.coefficients import (
    NOMINAL,
    bootstrap_documents_together,
    compute_masi_distance,
    count_codings,
    make_specific_measure,
)


def encoded(values):
    return np.where(np.isnan(values), -1, values).astype(int)


def document_bootstrap(values, documents, measure="alpha", *, seed=1):
    """A coefficient of values of 0 and 1 with its interval; ``documents`` names the document of each unit."""
    groups, names = pd.factorize(np.asarray(documents), sort=True)
    counts = count_codings(encoded(values), 2, groups=groups, n_groups=len(names))
    return bootstrap_documents_together([counts], {measure: NOMINAL[measure]}, draws=1000,
                                        seed=seed)[0][measure]


def coded(documents=12, turns=20, *, seed=3):
    """Two coders who differ in one turn of five; in odd documents the code is common."""
    draw = np.random.default_rng(seed)
    of = np.repeat(np.arange(documents), turns)
    ana = (draw.random(len(of)) < np.where(of % 2, .7, .2)).astype(float)
    bert = np.where(draw.random(len(of)) < .2, 1 - ana, ana)
    return np.array([ana, bert]), of


def test_the_value_is_that_of_all_documents_and_lies_in_its_interval():
    values, documents = coded()
    found = document_bootstrap(values, documents)
    assert found[:4] == NOMINAL["alpha"].compute_over_all_groups(count_codings(encoded(values), 2))[:4]
    assert found.low < found.value < found.high


def test_the_same_seed_gives_the_same_interval_and_another_one_does_not():
    values, documents = coded()
    assert document_bootstrap(values, documents, seed=5) == document_bootstrap(values, documents, seed=5)
    assert document_bootstrap(values, documents, seed=5) != document_bootstrap(values, documents, seed=6)


def test_the_names_and_the_order_of_turns_do_not_matter():
    values, documents = coded()
    order = np.random.default_rng(0).permutation(len(documents))
    named = [f"call {document:03}" for document in documents[order]]
    assert document_bootstrap(values[:, order], named) == pytest.approx(document_bootstrap(values, documents))


def test_below_ten_documents_there_is_a_value_and_no_interval():
    found = document_bootstrap(*coded(documents=9))
    assert not math.isnan(found.value) and math.isnan(found.low) and math.isnan(found.high)
    assert found.reason == "no interval: 9 documents have pairs of coders, 10 are needed"


def test_ten_documents_are_enough_for_an_interval():
    found = document_bootstrap(*coded(documents=10))
    assert found.low < found.value < found.high and found.reason == ""


def test_documents_of_a_single_coder_do_not_make_ten():
    values, documents = coded(documents=11)
    values[1, documents < 2] = np.nan
    assert document_bootstrap(values, documents).reason.startswith("no interval: 9 documents")


def test_a_code_found_in_one_document_has_no_interval():
    values, documents = np.zeros((2, 240)), np.repeat(np.arange(12), 20)
    values[:, 0] = 1
    found = document_bootstrap(values, documents)
    assert found.value == 1 and math.isnan(found.low)
    assert found.reason == "no interval: undefined in too many bootstrap samples"


@pytest.mark.parametrize("measure", ["percent_agreement", "alpha", "kappa", "ac1", "pabak"])
def test_every_measure_has_an_interval_and_alike_documents_make_it_a_point(measure):
    values, documents = np.tile([[1, 1, 0, 0, 1], [1, 0, 0, 0, 1]], 12), np.repeat(np.arange(12), 5)
    found = document_bootstrap(values, documents, measure)
    # n - 1 in alpha counts the drawn values, as many in every draw.
    assert found.low == pytest.approx(found.value) == pytest.approx(found.high)


@given(st.lists(st.integers(0, 11), min_size=12, max_size=12), st.sampled_from(["nominal", "sets"]))
def test_adding_tallies_of_drawn_documents_is_counting_their_turns_again(drawn, metric):
    values, documents = coded()
    matrix = compute_masi_distance([set(), {"a"}])
    distance = None if metric == "nominal" else lambda a, b: matrix[a, b]
    by_document = count_codings(values.astype(int), 2, groups=documents, n_groups=12, distance=distance)
    added = by_document.sum_groups(np.bincount(drawn, minlength=12)[None])
    again = count_codings(
        np.hstack([values[:, documents == d] for d in drawn]).astype(int), 2, distance=distance)
    for ours, theirs in zip(added, again, strict=True):
        assert ours == pytest.approx(theirs)


def test_turns_of_single_coders_count_in_what_ac1_takes_for_chance():
    values, documents = coded(documents=14)
    values[1, documents < 2] = np.nan
    found = document_bootstrap(values, documents, "ac1")
    whole = NOMINAL["ac1"].compute_over_all_groups(count_codings(encoded(values), 2))
    assert found.value == whole.value and found.low < found.value < found.high


def one_by_one(by_document, measures, *, draws, seed):
    """The interval of each measure as the method has it: each draw summed for this tally alone."""
    generator, paired = np.random.default_rng(seed), np.flatnonzero(by_document.pairable)
    weights = np.ones((draws, len(by_document.units)))
    weights[:, paired] = generator.multinomial(len(paired), np.full(len(paired), 1 / len(paired)), draws)
    counted, found = by_document.sum_groups(weights), {}
    for name, measure in measures.items():
        values = measure.compute_by_group_with_reasons(counted)[0]
        point = measure.compute_over_all_groups(by_document)
        low = high = math.nan
        reason = "no interval: undefined in too many bootstrap samples"
        if np.isnan(values).mean() <= 0.05:
            (low, high), reason = np.nanpercentile(values, [2.5, 97.5]), ""
        found[name] = point._replace(low=low, high=high, reason=point.reason or reason)
    return found


@pytest.mark.parametrize("coders", [2, 3, 4])
@pytest.mark.parametrize("shares", [(.5, .2), (.05, .01), (.0, .5)])
def test_tallies_drawn_together_give_each_its_own_figures_to_the_last_bit(coders, shares):
    draw = np.random.default_rng(coders)
    documents, tallies = np.repeat(np.arange(15), 12), []
    is_read = draw.random((coders, len(documents))) < .7
    lengths = draw.integers(1, 90, len(documents)).astype(float)
    measures = {**NOMINAL, "positive": make_specific_measure(1), "negative": make_specific_measure(0)}
    if coders != 2:
        del measures["kappa"]
    for share in (*shares, .9):
        codes = np.where(is_read, draw.random(is_read.shape) < share, -1).astype(int)
        tallies.append(count_codings(codes, 2, groups=documents, n_groups=15, lengths=lengths))
    found = bootstrap_documents_together(tallies, measures, draws=200, seed=7)
    for by_document, figures in zip(tallies, found, strict=True):
        for alone in (one_by_one(by_document, measures, draws=200, seed=7),
                      bootstrap_documents_together([by_document], measures, draws=200, seed=7)[0]):
            for name in measures:
                assert [*map(repr, map(np.float64, figures[name][:1] + figures[name][4:]))] == [
                    *map(repr, map(np.float64, alone[name][:1] + alone[name][4:]))], name
                assert figures[name][1:4] == alone[name][1:4]
