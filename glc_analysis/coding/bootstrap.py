"""Intervals of agreement: documents drawn anew, since turns of one interview are not independent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from glc_analysis.coding.agreement import measured
from glc_analysis.coding.measures import NOMINAL, Coefficient, Measure, alpha
from glc_analysis.coding.tally import Tally, tally
from glc_analysis.errors import UsageError, nearest

MIN_DOCUMENTS = 10
MAX_UNDEFINED = 0.05
"""No interval from fewer documents, or where a larger share of the draws has no value."""
_BLOCK = 2**22


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
        raise UsageError("There is no bootstrap with ordinal distance: it changes with every draw.")
    codes, n_values, distance = measured(values, metric)
    if measure == "kappa" and len(codes) != 2:
        raise UsageError(f"Cohen's kappa is for two coders; {len(codes)} were given.")
    groups, names = pd.factorize(np.asarray(documents), sort=True)
    if len(groups) != codes.shape[1] or (groups < 0).any():
        raise UsageError("Every unit has its document: one name for each column of values.")
    by_document = tally(codes, n_values, groups=groups, n_groups=len(names), distance=distance)
    chosen = alpha(distance) if measure == "alpha" else NOMINAL[measure]
    return bootstrapped(by_document, {measure: chosen}, draws=draws, seed=seed)[measure]


def bootstrapped(by_document: Tally, measures: Mapping[str, Measure], *, draws: int,
                 seed: int) -> dict[str, Coefficient]:
    """Coefficients over all documents of a tally, with intervals from the same draws."""
    n_documents = np.count_nonzero(by_document.pairable)
    drawn: dict[str, list[np.ndarray]] = {name: [] for name in measures}
    if n_documents >= MIN_DOCUMENTS:
        for counted in _draws(by_document, draws, seed):
            for name, measure in measures.items():
                drawn[name].append(measure.of(counted)[0])
    found = {}
    for name, measure in measures.items():
        low, high, no_interval = _interval(drawn[name], n_documents)
        point = measure.pooled(by_document)
        found[name] = point._replace(low=low, high=high, reason=point.reason or no_interval)
    return found


def _draws(by_document: Tally, draws: int, seed: int) -> Iterator[Tally]:
    """Tallies of drawn documents, several draws at a time.

    A document without pairs is not drawn but stays: it only adds to what AC1
    takes for chance.
    """
    generator = np.random.default_rng(seed)
    paired = np.flatnonzero(by_document.pairable)
    width = sum(field[0].size for field in by_document) + len(by_document.units)
    step = max(1, _BLOCK // width)
    for start in range(0, draws, step):
        weights = np.ones((min(step, draws - start), len(by_document.units)))
        weights[:, paired] = generator.multinomial(
            len(paired), np.full(len(paired), 1 / len(paired)), len(weights))
        yield by_document.summed(weights)


def _interval(drawn: list[np.ndarray], n_documents: int) -> tuple[float, float, str]:
    if not drawn:
        return np.nan, np.nan, (f"no interval: {n_documents} documents with pairs of coders, "
                                f"{MIN_DOCUMENTS} are needed")
    values = np.concatenate(drawn)
    if np.isnan(values).mean() > MAX_UNDEFINED:
        return np.nan, np.nan, "no interval: too often undefined when documents are drawn anew"
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high), ""
