"""What each audience may see of the figures: every table and plot asks here first."""

from __future__ import annotations

import pandas as pd

from glc_analysis.disclosure import AUDIENCES
from glc_analysis.errors import UsageError, nearest


def release(estimates: pd.DataFrame, *, audience: str) -> pd.DataFrame:
    """The figures of ``estimates`` that an audience may see.

    For ``team`` every figure. For other audiences nothing is decided yet, and
    what is not decided is refused: UsageError.
    """
    if audience not in AUDIENCES:
        raise UsageError(f"There is no audience {audience!r}; {nearest(audience, AUDIENCES)}.")
    if audience != "team":
        raise UsageError(f"No figure is released to {audience!r} yet: what it may see is not "
                         "decided. Mend: use the audience 'team'.")
    return estimates.copy()
