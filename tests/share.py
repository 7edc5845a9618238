"""How much of a long test runs: a part in `make acceptance`, drawn anew each day, and all of it in `make soak`.

The seed of the day is in the first lines of what pytest prints; `GLC_TEST_SEED=20261127 make acceptance` draws
as on that day.
"""

import os
from datetime import date

SEED = int(os.environ.setdefault("GLC_TEST_SEED", f"{date.today():%Y%m%d}"))
IS_SOAK = os.environ.get("GLC_SOAK") == "1"


def share(full, part):
    """The full count in `make soak`, otherwise the part of it."""
    return full if IS_SOAK else part
