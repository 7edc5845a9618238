"""The analysis side of a global learning collaborative."""

from collections.abc import Sequence

from glc_analysis.manifest import VERSION
from glc_analysis.schema import checker

__version__ = VERSION


def _all_checks() -> Sequence[checker.Check]:
    from glc_analysis.checks import CHECKS

    return CHECKS


# Reference tables are read in the lowest layer; the checks of higher layers are imported when needed.
checker.register_checks(_all_checks)
