"""Computes intervals of a share, for samples that were drawn from a population.

A purposive sample was not drawn at random from any population. So the figures of a purposive sample are
counts without an interval, unless study.toml names a method for intervals.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from glc_analysis.study import Study

STATSMODELS_NAMES = {"wilson": "wilson", "clopper-pearson": "beta", "jeffreys": "jeffreys"}


def read_interval_method_or_sampling_default(study: Study) -> str:
    """Returns the method for the intervals of a study: the method that study.toml names or, by default,
    ``none`` for a purposive sample and ``wilson`` for any other sample."""
    chosen = study.settings["study"]["interval"]
    return chosen or ("none" if study.sampling == "purposive" else "wilson")


def compute_share_interval(n: pd.Series, base_n: pd.Series, *, method: str = "wilson",
                           frame_size: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Returns the lower and upper end of the 95 % interval of n / base_n; NaN if the base is 0.

    If ``frame_size`` N is given (0 means that the study does not state it), the finite population correction
    is applied. The effective base b(N - 1)/(N - b) then replaces the base b, and the count grows in the same
    ratio (Cochran 1977, section 2.6, solved for the sample size). No interval is computed if all
    organisations in the sampling frame answered. The method ``wilson`` is that of Wilson 1927,
    ``clopper_pearson`` that of Clopper & Pearson 1934, and ``jeffreys`` that of Brown, Cai & DasGupta 2001.

    >>> low, high = compute_share_interval(pd.Series([18]), pd.Series([30]))
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.4232], [0.7541])
    """
    from statsmodels.stats.proportion import proportion_confint

    count, base = n.to_numpy(dtype=float), base_n.to_numpy(dtype=float)
    scale = np.ones_like(base)
    if frame_size:
        with np.errstate(divide="ignore"):
            scale = np.where(base < frame_size, (frame_size - 1) / (frame_size - base), np.nan)
    low, high = np.full(len(base), np.nan), np.full(len(base), np.nan)
    is_defined = (base > 0) & ~np.isnan(scale)
    if is_defined.any():
        low[is_defined], high[is_defined] = proportion_confint(
            (count * scale)[is_defined], (base * scale)[is_defined], alpha=0.05,
            method=STATSMODELS_NAMES[method])
    return low, high
