"""What each audience may read: one table of capabilities, the only place that tells audiences apart.

``content/audiences.csv`` has one row a capability and one column an audience, with the meaning in words.
The rest of the package asks :func:`may`, usually through a view, and never compares the name of an audience.
Which *figures* an audience sees is decided for each figure (:mod:`glc_analysis.disclosure.suppression`).
"""

from __future__ import annotations

from functools import cache

from glc_analysis.errors import UsageError, nearest
from glc_analysis.schema import AUDIENCES
from glc_analysis.templates import read_records


def may(audience: str, capability: str) -> bool:
    """Whether an audience has a capability of ``content/audiences.csv``.

    Raises UsageError for an unknown audience or capability, with the nearest names.

    >>> may("team", "passages"), may("convening", "passages"), may("public", "numbered_releases")
    (True, False, True)
    """
    check_audience(audience)
    if capability not in _capabilities():
        raise UsageError(f"There is no capability {capability!r}; {nearest(capability, _capabilities())}.")
    return audience in _capabilities()[capability]


def check_audience(audience: str) -> None:
    """Raises UsageError for an unknown audience, with the nearest name.

    >>> check_audience("public")
    """
    if audience not in AUDIENCES:
        raise UsageError(f"There is no audience {audience!r}; {nearest(audience, AUDIENCES)}.")


@cache
def _capabilities() -> dict[str, frozenset[str]]:
    """The audiences that have each capability."""
    return {row["capability"]: frozenset(one for one in AUDIENCES if row[one] == "yes")
            for row in read_records(__file__, "audiences.csv")}
