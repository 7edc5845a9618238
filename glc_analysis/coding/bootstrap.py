"""Intervals of coefficients: a bootstrap of documents.

In go counts of codings by document, or the values that coders gave to units and the document of each unit.
Out come coefficients with 95 % intervals, for which documents are drawn again and again.

The module decides what is drawn: whole documents, since turns of one interview are not independent. There is
no interval below ten documents, or where too many of the draws leave the coefficient undefined.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from glc_analysis.coding.coefficients import (
    NOMINAL,
    CodingCounts,
    Coefficient,
    Measure,
    alpha,
    count_codings,
    encode,
)
from glc_analysis.errors import UsageError, nearest

MIN_DOCUMENTS = 10
MAX_UNDEFINED = 0.05
"""There is no interval from fewer documents, or where a larger share of the draws is undefined."""
_BLOCK = 2**22
_FINEST = 2**10
"""Amounts that are multiples of 1 / 1,024 are summed exactly."""


def document_bootstrap(values: np.ndarray | pd.DataFrame | Sequence, documents: Sequence,
                       measure: str = "alpha", *, metric: str | np.ndarray = "nominal",
                       draws: int = 1000, seed: int = 1) -> Coefficient:
    """A coefficient with its 95 % percentile interval over documents (Efron & Tibshirani 1993,
    chapter 13), the same for the same seed.

    ``values`` and ``metric`` are those of ``krippendorff_alpha``, ``documents``
    names the document of each unit, ``measure`` is percent_agreement, alpha,
    kappa, ac1 or pabak. As many documents are drawn, with replacement, as have a
    pairable unit; the interval is NaN below 10 of them. Raises UsageError for an
    unknown measure, a unit without a document, and ordinal distance, which
    changes with every draw.

    >>> ana, bert = [1, 0, 0, 1] * 15, [1, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0, 0] * 5
    >>> found = document_bootstrap([ana, bert], [unit // 4 for unit in range(60)])
    >>> [round(x, 2) for x in (found.value, found.low, found.high)]
    [0.5, 0.3, 0.7]
    """
    if measure not in NOMINAL:
        raise UsageError(f"There is no measure {measure!r}; {nearest(measure, NOMINAL)}.")
    if isinstance(metric, str) and metric == "ordinal":
        raise UsageError("There is no bootstrap of ordinal distance: the distance changes with every draw.")
    codes, n_values, distance = encode(values, metric)
    if measure == "kappa" and len(codes) != 2:
        raise UsageError(f"Cohen's kappa is for two coders; {len(codes)} were given.")
    groups, names = pd.factorize(np.asarray(documents), sort=True)
    if len(groups) != codes.shape[1] or (groups < 0).any():
        raise UsageError("Give the document of every unit: one name for each column of values.")
    by_document = count_codings(codes, n_values, groups=groups, n_groups=len(names), distance=distance)
    chosen = alpha(distance) if measure == "alpha" else NOMINAL[measure]
    return bootstrap_coefficients(by_document, {measure: chosen}, draws=draws, seed=seed)[measure]


def bootstrap_coefficients(by_document: CodingCounts, measures: Mapping[str, Measure], *, draws: int,
                           seed: int) -> dict[str, Coefficient]:
    """Coefficients over all documents of some counts, with intervals from the same draws."""
    return bootstrap_together([by_document], measures, draws=draws, seed=seed)[0]


def bootstrap_together(all_counts: Sequence[CodingCounts], measures: Mapping[str, Measure], *, draws: int,
                       seed: int) -> list[dict[str, Coefficient]]:
    """The coefficients of each of several counts over all documents, with intervals from the same draws.

    The counts must be of the same units of the same documents, such as those of the codes of one codebook:
    they have equal shapes, and the same units are pairable.

    >>> from glc_analysis.coding.coefficients import NOMINAL
    >>> codings = [[0, 1, 1], [0, 1, 0]], [[1, 0, 1], [1, 0, 1]]
    >>> counts = [count_codings(np.array(codes), 2) for codes in codings]
    >>> found = bootstrap_together(counts, {"alpha": NOMINAL["alpha"]}, draws=10, seed=1)
    >>> [round(coefficients["alpha"].value, 4) for coefficients in found]
    [0.4444, 1.0]
    """
    found: list[dict[str, Coefficient]] = []
    if not all_counts:
        return found
    n_documents = np.count_nonzero(all_counts[0].pairable)
    cells = sum(math.prod(field.shape[1:]) for field in all_counts[0])
    together = max(1, _BLOCK // max(1, draws * cells))
    for start in range(0, len(all_counts), together):
        some = all_counts[start:start + together]
        points = _point_values(some, measures)
        drawn = _resampled(some, measures, draws, seed) if n_documents >= MIN_DOCUMENTS and draws else {}
        intervals = {name: _intervals(values) for name, values in drawn.items()}
        for n in range(len(some)):
            coefficients = {}
            for name in measures:
                point = points[name][n]
                low, high, no_interval = intervals[name][n] if drawn else _too_few(n_documents)
                coefficients[name] = point._replace(low=low, high=high, reason=point.reason or no_interval)
            found.append(coefficients)
    return found


def _point_values(all_counts: Sequence[CodingCounts],
                  measures: Mapping[str, Measure]) -> dict[str, list[Coefficient]]:
    """Every measure over all documents, for each of the counts: what ``Measure.pooled`` gives for one."""
    total = _weighted_sums(all_counts, np.ones((1, len(all_counts[0].units))))
    sizes = total.units.astype(int).tolist(), total.pairable.astype(int).tolist()
    return {name: [Coefficient(float(value), n_units, n_pairable, str(reason))
                   for value, reason, n_units, n_pairable in zip(*measure.of(total), *sizes, strict=True)]
            for name, measure in measures.items()}


def _resampled(all_counts: Sequence[CodingCounts], measures: Mapping[str, Measure], draws: int,
               seed: int) -> dict[str, np.ndarray]:
    """Every measure of the resampled documents: a row for each of the counts, a column for each draw."""
    parts: dict[str, list[np.ndarray]] = {name: [] for name in measures}
    for weights in _weights(all_counts[0], draws, seed):
        counts = _weighted_sums(all_counts, weights)
        for name, measure in measures.items():
            parts[name].append(measure.values(counts).reshape(len(all_counts), len(weights)))
    return {name: np.concatenate(values, axis=1) for name, values in parts.items()}


def _weights(by_document: CodingCounts, draws: int, seed: int) -> Iterator[np.ndarray]:
    """How often each document is drawn: a row for each draw, several draws at a time.

    A document without pairs is not drawn but always included: it only adds to the chance agreement of AC1.
    """
    generator = np.random.default_rng(seed)
    paired = np.flatnonzero(by_document.pairable)
    width = sum(field[0].size for field in by_document) + len(by_document.units)
    step = max(1, _BLOCK // width)
    for start in range(0, draws, step):
        weights = np.ones((min(step, draws - start), len(by_document.units)))
        weights[:, paired] = generator.multinomial(
            len(paired), np.full(len(paired), 1 / len(paired)), len(weights))
        yield weights


def _weighted_sums(all_counts: Sequence[CodingCounts], weights: np.ndarray) -> CodingCounts:
    """:meth:`CodingCounts.weighted_sum` of each of the counts: all draws of the first, then of the second.

    One product for all counts is many times faster than one for each, but it may add up in another order.
    So it is used only for fields whose sums are exact in any order, which nearly all are where no unit has
    more than two coders. The results are the same to the last bit.
    """
    if len(all_counts) == 1:
        return all_counts[0].weighted_sum(weights)
    fields = []
    for parts in zip(*all_counts, strict=True):
        if all(_is_exact(part) for part in parts):
            total = np.moveaxis(np.tensordot(weights, np.stack(parts, axis=1), 1), 1, 0)
        else:
            total = np.stack([np.tensordot(weights, part, 1) for part in parts])
        fields.append(total.reshape(-1, *total.shape[2:]))
    return CodingCounts(*fields)


def _is_exact(field: np.ndarray) -> bool:
    """Whether weighted sums of the documents are exact in any order.

    They are exact if all amounts are multiples of the same small power of two, and a float can hold the
    largest possible sum: then no partial sum is rounded. As many documents are drawn as there are.

    >>> _is_exact(np.array([3.0, 0.5, 7.25])), _is_exact(np.array([1 / 3])), _is_exact(np.array([2.0**50]))
    (True, False, False)
    """
    fine = field * _FINEST
    return bool((fine == np.floor(fine)).all() and np.abs(fine).max(initial=0) * len(field) < 2**53)


def _intervals(drawn: np.ndarray) -> list[tuple[float, float, str]]:
    """The interval of each row of draws, or why there is none."""
    undefined = np.isnan(drawn)
    found = [(np.nan, np.nan, "no interval: undefined in too many bootstrap samples")] * len(drawn)
    complete = np.flatnonzero(~undefined.any(axis=1))
    if len(complete):
        ends = np.percentile(drawn[complete], [2.5, 97.5], axis=1)
        for n, low, high in zip(complete, *ends, strict=True):
            found[n] = float(low), float(high), ""
    for n in np.flatnonzero(undefined.any(axis=1) & (undefined.mean(axis=1) <= MAX_UNDEFINED)):
        low, high = np.nanpercentile(drawn[n], [2.5, 97.5])
        found[n] = float(low), float(high), ""
    return found


def _too_few(n_documents: int) -> tuple[float, float, str]:
    return np.nan, np.nan, (f"no interval: {n_documents} documents have pairs of coders, "
                            f"{MIN_DOCUMENTS} are needed")
