"""Coefficients of agreement as functions of a tally, every group of it at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from glc_analysis.coding.tally import Tally
from glc_analysis.coding.values import Distance

NO_PAIRS = "no unit was coded by two coders"
NO_VARIATION = "no variation: all values are the same"
NOT_USED = "no coder gave this value"
_BLOCK = 2**22
"""So many distances are held at a time."""


class Coefficient(NamedTuple):
    """A coefficient, what it rests on, and why it or its interval is NaN.

    ``n_units`` were coded by somebody, ``n_pairable`` of them by two or more;
    ``low`` and ``high`` are the 95 % interval where one was asked for.
    """

    value: float
    n_units: int
    n_pairable: int
    reason: str = ""
    low: float = np.nan
    high: float = np.nan


class Measure(NamedTuple):
    """What to compute, and why it may be NaN although there are pairs."""

    statistic: Callable[[Tally], np.ndarray]
    undefined: str = NO_VARIATION

    def of(self, counted: Tally) -> tuple[np.ndarray, np.ndarray]:
        """The coefficient of every group, and a reason wherever it is NaN."""
        with np.errstate(divide="ignore", invalid="ignore"):
            values = self.statistic(counted)
        return values, np.select([~np.isnan(values), counted.pairable == 0], ["", NO_PAIRS],
                                 self.undefined)

    def pooled(self, counted: Tally) -> Coefficient:
        """The coefficient of all groups together."""
        total = counted.summed(np.ones((1, len(counted.units))))
        (value,), (reason,) = self.of(total)
        return Coefficient(float(value), int(total.units[0]), int(total.pairable[0]), str(reason))


def alpha(distance: Distance | None = None) -> Measure:
    """Krippendorff's alpha of tallies made with the distance; None stands for nominal."""
    return Measure(partial(_alpha, distance=distance))


def specific(value: int) -> Measure:
    """Specific agreement on a value: how many of the others gave it where one coder did."""
    return Measure(lambda counted: counted.alike[:, value] / counted.values[:, value], NOT_USED)


def _alpha(counted: Tally, distance: Distance | None) -> np.ndarray:
    n = counted.values.sum(axis=-1)
    return 1 - (n - 1) * counted.disagreement / _expected(counted.values, distance)


def _expected(values: np.ndarray, distance: Distance | None) -> np.ndarray:
    """Sum over all pairs of values of n_c * n_k * distance."""
    if distance is None:
        return values.sum(axis=-1) ** 2 - (values**2).sum(axis=-1)
    every, total = np.arange(values.shape[-1]), np.zeros(len(values))
    for some in np.array_split(every, len(every) ** 2 // _BLOCK + 1):
        total += (values[:, some] * (values @ distance(every[:, None], some))).sum(axis=-1)
    return total


def _kappa(counted: Tally) -> np.ndarray:
    shares = counted.marginals / counted.pairable[:, None, None]
    return _corrected(counted, shares.prod(axis=1).sum(axis=-1))


def _ac1(counted: Tally) -> np.ndarray:
    shares = counted.shares / counted.units[:, None]
    return _corrected(counted, (shares * (1 - shares)).sum(axis=-1) / (shares.shape[-1] - 1))


def _pabak(counted: Tally) -> np.ndarray:
    return _corrected(counted, np.divide(1, counted.shares.shape[-1]))


def _percent(counted: Tally) -> np.ndarray:
    return 1 - counted.split / counted.pairable


def _corrected(counted: Tally, expected: np.ndarray) -> np.ndarray:
    """(p_o - p_e) / (1 - p_e), NaN without variation even where the formula would give 1."""
    varies = np.count_nonzero(counted.values, axis=-1) > 1
    return np.where(varies, 1 - counted.split / counted.pairable / (1 - expected), np.nan)


NOMINAL = {"percent_agreement": Measure(_percent), "alpha": alpha(), "kappa": Measure(_kappa),
           "ac1": Measure(_ac1), "pabak": Measure(_pabak)}
"""By their names in the table ``agreement``."""
