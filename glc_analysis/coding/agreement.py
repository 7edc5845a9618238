"""How far coders agree.

``krippendorff_alpha`` takes an array of coders x units, NaN where a unit was
never assigned to the coder. The other coefficients take one sequence a coder
(``gwet_ac1(ana, bert)``, ``gwet_ac1(*values)``) or, alone, the square table of
two coders (``gwet_ac1([[8, 1], [0, 1]])``, first coder in the rows). "Read and
left uncoded" is a value of its own (0, or the empty set), never a missing one.

What cannot be said is NaN with a reason: never 1, never an exception. A
coefficient corrected for chance needs at least two different values.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from glc_analysis.coding.measures import (
    NO_PAIRS,
    NO_VARIATION,
    NOMINAL,
    Coefficient,
    alpha,
    specific,
)
from glc_analysis.coding.tally import Tally, tally
from glc_analysis.coding.values import (
    Distance,
    as_counts,
    cross_table,
    distance_of,
    matrix_distance,
    numbered,
    positions,
)
from glc_analysis.errors import UsageError


def krippendorff_alpha(values: np.ndarray | pd.DataFrame | Sequence, *,
                       metric: str | np.ndarray = "nominal") -> Coefficient:
    """Krippendorff's alpha, 1 - D_o/D_e of the coincidence matrix (Krippendorff 2011,
    "Computing Krippendorff's alpha-reliability").

    ``values`` has a row a coder and a column a unit. ``metric`` is nominal,
    ordinal, interval, ratio, or a square matrix of distances; ``values`` are then
    positions in it, as for sets of codes: the matrix of
    :func:`glc_analysis.coding.sets.masi_distance`. Units with fewer than two
    values are dropped. Raises UsageError where values do not fit the metric.

    >>> round(krippendorff_alpha([[1, 2, 3, 3], [1, 2, 3, 2], [np.nan, 2, 3, np.nan]]).value, 4)
    0.7188
    """
    codes, n_values, distance = measured(values, metric)
    return alpha(distance).pooled(tally(codes, n_values, distance=distance))


def percent_agreement(*coders: Sequence) -> Coefficient:
    """Share of agreeing pairs of coders, averaged over pairable units (Gwet 2014, chapter 4).

    >>> round(percent_agreement([1, 1, 0], [1, 0, 0]).value, 4)
    0.6667
    """
    return NOMINAL["percent_agreement"].pooled(_tallied(coders))


def specific_agreement(*coders: Sequence, category: object = 1) -> Coefficient:
    """Where a coder gave the category, the chance that another coder of the unit did too.

    With two coders 2a / (2a + b + c): positive agreement for category 1,
    negative for category 0 (Cicchetti & Feinstein 1990, J Clin Epidemiol 43:551-558).
    The categories of a table are its row numbers, from 0.

    >>> [round(specific_agreement([[80, 10], [5, 5]], category=c).value, 3) for c in (0, 1)]
    [0.914, 0.4]
    """
    codes, domain, lengths = _read(coders)
    is_it = np.append(domain == category, -1).astype(np.intp)[codes]
    return specific(1).pooled(tally(is_it, 2, lengths=lengths))


def cohens_kappa(*coders: Sequence) -> Coefficient:
    """Cohen's kappa of two coders (Cohen 1960, Educ Psychol Meas 20:37-46), nominal.

    >>> round(cohens_kappa([[88, 14, 18], [10, 40, 10], [2, 6, 12]]).value, 4)
    0.4915
    """
    if len(coders) > 2:
        raise UsageError(f"Cohen's kappa is for two coders; {len(coders)} were given.")
    return NOMINAL["kappa"].pooled(_tallied(coders))


def fleiss_kappa(counts: np.ndarray | Sequence) -> Coefficient:
    """Fleiss' kappa of a units x categories table of counts (Fleiss 1971, Psychol Bull 76:378-382).

    Where units differ in the number of raters each unit weighs the same (Gwet
    2014, chapter 2).

    >>> round(fleiss_kappa([[3, 0], [2, 1], [0, 3]]).value, 4)
    0.55
    """
    counts = as_counts(counts)
    raters = counts.sum(axis=1)
    counts, raters = counts[raters > 0], raters[raters > 0]
    paired, m = counts[raters > 1], raters[raters > 1]
    sizes = len(counts), len(paired)
    if np.count_nonzero(paired.sum(axis=0)) < 2:
        return Coefficient(np.nan, *sizes, NO_VARIATION if len(paired) else NO_PAIRS)
    apart = 1 - (paired * (paired - 1)).sum(axis=1) / (m * (m - 1))
    expected = ((counts / raters[:, None]).mean(axis=0) ** 2).sum()
    return Coefficient(float(1 - apart.mean() / (1 - expected)), *sizes)


def gwet_ac1(*coders: Sequence) -> Coefficient:
    """Gwet's AC1 (Gwet 2008, Br J Math Stat Psychol 61:29-48). High on any rare code.

    Chance agreement is made from all units, those of a single coder included;
    the categories are the values that occur, or the rows of a table.

    >>> round(gwet_ac1([[8, 1], [0, 1]]).value, 4)
    0.8658
    """
    return NOMINAL["ac1"].pooled(_tallied(coders))


def pabak(*coders: Sequence) -> Coefficient:
    """Prevalence- and bias-adjusted kappa, 2 p_o - 1 (Byrt, Bishop & Carlin 1993, J Clin
    Epidemiol 46:423-429); with q categories (q p_o - 1) / (q - 1), Brennan & Prediger 1981.

    >>> round(pabak([[40, 9], [6, 45]]).value, 4)
    0.7
    """
    return NOMINAL["pabak"].pooled(_tallied(coders))


def measured(values: np.ndarray | pd.DataFrame | Sequence,
             metric: str | np.ndarray) -> tuple[np.ndarray, int, Distance | None]:
    """Numbers of the values, how many values there are, and their distance."""
    if not isinstance(metric, str):
        matrix = np.asarray(metric)
        return positions(values, len(matrix)), len(matrix), matrix_distance(matrix)
    codes, domain = numbered(values)
    counts = tally(codes, len(domain)).values[0] if metric == "ordinal" else np.empty(0)
    return codes, len(domain), distance_of(metric, domain, counts)


def _read(coders: Sequence) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Numbers, categories, and how many units a column stands for."""
    return cross_table(coders[0]) if len(coders) == 1 else (*numbered(coders), None)


def _tallied(coders: Sequence) -> Tally:
    codes, domain, lengths = _read(coders)
    return tally(codes, len(domain), lengths=lengths)
