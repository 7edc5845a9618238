"""Measures agreement on ordered ratings, such as none < some < much, by Krippendorff's alpha and by weighted
coefficients.

The input is the ratings of coders, and the scale and weights that were fixed before anybody rated. The
results are Krippendorff's ordinal alpha, Cohen's weighted kappa of two coders, Gwet's AC2 and the weighted
percent agreement. Codes of passages have no order; their coefficients are in
:mod:`glc_analysis.addons.coefficients.coefficients`.

A weighted coefficient depends on its weights, so that weights chosen after the rating can give almost any
value. The functions therefore have no default weights, and every result names the weights and the scale.
Krippendorff's alpha needs no weights.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from glc_analysis.addons.coefficients.coefficients import krippendorff_alpha
from glc_analysis.coding.coefficients import NO_PAIRS, NO_VARIATION, Coefficient
from glc_analysis.errors import UsageError, suggest_name

WEIGHTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": lambda apart: apart, "quadratic": lambda apart: apart**2,
    "ordinal": lambda apart: apart * (apart + 1) / 2}
"""The functions that compute the severity of a disagreement from the number of places on the scale between
two ratings. An ordinal weight is the number of pairs among the values from one rating to the other, including
both ratings (Gwet 2014, chapter 3). Ordinal weights differ from Krippendorff's ordinal metric, which also
depends on how often each value was given."""

ORDINAL_COLUMNS = ["measure", "value", "n_units", "n_pairable", "weights", "reason"]


def ordinal_agreement(*coders: Sequence, scale: Sequence[Hashable], weights: str) -> pd.DataFrame:
    """Returns one row per measure: alpha, weighted kappa (for two coders), AC2 and weighted percent
    agreement.

    ``coders`` are the ratings of each coder, with a missing value where a unit was not assigned to the coder.
    ``scale`` has all values in order, including values that nobody gave. Column ``weights`` of the result
    says how disagreements were weighted. Raises UsageError for a rating that is not on the scale, and for
    unknown weights.

    >>> found = ordinal_agreement([1, 2, 3, 3], [1, 2, 2, 3], scale=[1, 2, 3], weights="linear")
    >>> found[["measure", "weights"]].iloc[:2].values.tolist()
    [['ordinal_alpha', ''], ['weighted_kappa', 'linear: 1 < 2 < 3, apart by 1, 2 places: 0.5, 1']]
    """
    codes, disagreement = _encoded(coders, scale, weights)
    found = {"ordinal_alpha": krippendorff_alpha(np.where(codes < 0, np.nan, codes), metric="ordinal")}
    if len(codes) == 2:
        found["weighted_kappa"] = _kappa(codes, disagreement)
    found |= {"ac2": _ac2(codes, disagreement), "weighted_agreement": _percent(codes, disagreement)}
    said = _said(scale, weights, disagreement)
    return pd.DataFrame([(name, one.value, one.n_units, one.n_pairable,
                          "" if name == "ordinal_alpha" else said, one.reason)
                         for name, one in found.items()], columns=ORDINAL_COLUMNS)


def weighted_kappa(first: Sequence, second: Sequence, *, scale: Sequence[Hashable],
                   weights: str) -> Coefficient:
    """Returns Cohen's weighted kappa of two coders: 1 - q_o/q_c, where q_o is the observed weighted
    disagreement and q_c the weighted disagreement expected by chance (Cohen 1968, Psychol Bull 70:213-220).

    ``weights`` are linear (the number of places between two ratings) or quadratic (the square of this
    number).

    >>> round(weighted_kappa([1, 2, 3, 3], [1, 2, 2, 3], scale=[1, 2, 3], weights="quadratic").value, 4)
    0.8
    """
    if weights not in ("linear", "quadratic"):
        raise UsageError(f"Weighted kappa cannot use weights {weights!r}. To fix: use linear or quadratic.")
    return _kappa(*_encoded((first, second), scale, weights))


def gwet_ac2(*coders: Sequence, scale: Sequence[Hashable], weights: str) -> Coefficient:
    """Returns Gwet's AC2 of any number of coders, with weights linear, quadratic or ordinal (Gwet 2014,
    Handbook of Inter-Rater Reliability, 4th edition, chapter 3).

    Chance agreement is computed from all units, including units rated by a single coder.

    >>> round(gwet_ac2([1, 2, 3, 3], [1, 2, 2, 3], scale=[1, 2, 3], weights="linear").value, 4)
    0.7241
    """
    return _ac2(*_encoded(coders, scale, weights))


def _encoded(coders: Sequence[Sequence], scale: Sequence[Hashable],
             weights: str) -> tuple[np.ndarray, np.ndarray]:
    """Returns the ratings as places on the scale (-1 for a missing rating), and the severity of each
    disagreement."""
    if weights not in WEIGHTS:
        raise UsageError(f"There are no weights {weights!r}; {suggest_name(weights, WEIGHTS)}.")
    place = {value: n for n, value in enumerate(scale)}
    if len(place) != len(scale) or len(place) < 2:
        raise UsageError("The scale is not valid. To fix: list two or more values, each once, in order.")
    if len({len(ratings) for ratings in coders}) != 1:
        raise UsageError("The coders differ in the number of units. Give every coder a value, or NaN, for "
                         "every unit.")
    unknown = sorted({str(one) for ratings in coders for one in ratings
                      if not _is_blank(one) and one not in place})
    if unknown:
        raise UsageError(f"The scale does not have {', '.join(unknown[:5])}. To fix: list all values in "
                         "their order.")
    codes = np.array([[-1 if _is_blank(one) else place[one] for one in ratings] for ratings in coders])
    apart = np.abs(np.subtract.outer(np.arange(len(place)), np.arange(len(place)))).astype(float)
    return codes, WEIGHTS[weights](apart) / WEIGHTS[weights](apart).max()


def _is_blank(rating: Hashable) -> bool:
    return rating is None or rating is pd.NA or isinstance(rating, float) and np.isnan(rating)


def _said(scale: Sequence[Hashable], weights: str, disagreement: np.ndarray) -> str:
    """Returns the text for column ``weights``, which states the scale, and the severity of a disagreement for
    each number of places on the scale."""
    grave = ", ".join(f"{one:.3g}" for one in disagreement[0][1:])
    places = ", ".join(str(n) for n in range(1, len(scale)))
    return f"{weights}: {' < '.join(map(str, scale))}, apart by {places} places: {grave}"


def _observed(codes: np.ndarray, disagreement: np.ndarray) -> tuple[float, int, int]:
    """Returns three numbers: the observed disagreement (the mean over pairs of coders, averaged over units
    with at least two ratings), the number of units, and the number of units with at least two ratings."""
    rated = (codes >= 0).sum(axis=0)
    total = np.zeros(codes.shape[1])
    for one, other in combinations(codes, 2):
        both = (one >= 0) & (other >= 0)
        total[both] += disagreement[one[both], other[both]]
    pairs = rated * (rated - 1) / 2
    paired = pairs > 0
    mean = float((total[paired] / pairs[paired]).mean()) if paired.any() else np.nan
    return mean, int((rated > 0).sum()), int(paired.sum())


def _corrected(codes: np.ndarray, disagreement: np.ndarray, expected: float) -> Coefficient:
    """Returns 1 - observed / expected disagreement; NaN, with a reason, if the ratio is not meaningful."""
    observed, n_units, n_pairable = _observed(codes, disagreement)
    paired = codes[:, (codes >= 0).sum(axis=0) > 1]
    if not n_pairable:
        return Coefficient(np.nan, n_units, n_pairable, NO_PAIRS)
    if len(np.unique(paired[paired >= 0])) < 2 or not expected:
        return Coefficient(np.nan, n_units, n_pairable, NO_VARIATION)
    return Coefficient(1 - observed / expected, n_units, n_pairable)


def _kappa(codes: np.ndarray, disagreement: np.ndarray) -> Coefficient:
    paired = codes[:, (codes >= 0).all(axis=0)]
    margins = [np.bincount(own, minlength=len(disagreement)) / max(1, len(own)) for own in paired]
    return _corrected(codes, disagreement, float(margins[0] @ disagreement @ margins[1]))


def _ac2(codes: np.ndarray, disagreement: np.ndarray) -> Coefficient:
    rated = codes[:, (codes >= 0).any(axis=0)]
    share = np.array([((rated == value).sum(axis=0) / (rated >= 0).sum(axis=0)).mean() if rated.size else 0
                      for value in range(len(disagreement))])
    agreed = (1 - disagreement).sum() / (len(share) * (len(share) - 1)) * (share * (1 - share)).sum()
    return _corrected(codes, disagreement, float(1 - agreed))


def _percent(codes: np.ndarray, disagreement: np.ndarray) -> Coefficient:
    observed, n_units, n_pairable = _observed(codes, disagreement)
    return Coefficient(1 - observed, n_units, n_pairable, "" if n_pairable else NO_PAIRS)
