"""The analysis side of a global learning collaborative."""

from collections.abc import Sequence

from glc_analysis.manifest import VERSION
from glc_analysis.schema import checker

__version__ = VERSION


def _checks_of_rooms() -> Sequence[checker.Check]:
    from glc_analysis.checks import CHECKS

    return CHECKS


# Reference tables are read at the bottom of the house and checked by its rooms, which are imported only then.
checker.register_checks(_checks_of_rooms)
