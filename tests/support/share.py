"""How much of a long test runs: a part of it in `make acceptance`, drawn anew each day; all in `make soak`.

pytest prints the seed of the day first. `GLC_TEST_SEED=20261127 make acceptance` draws as on that day.
"""

import os
import random
from collections.abc import Iterable
from datetime import date
from typing import TypeVar

Case = TypeVar("Case")
SEED = int(os.environ.setdefault("GLC_TEST_SEED", f"{date.today():%Y%m%d}"))
IS_SOAK = os.environ.get("GLC_SOAK") == "1"
CYCLE = 6
"""Days within which `make acceptance` has run every slow test."""


def share(full, part):
    """The full count in `make soak`, otherwise the part of it."""
    return full if IS_SOAK else part


def drawn(cases: Iterable[Case], part: int) -> list[Case]:
    """All cases in `make soak`, otherwise so many of them, drawn by the seed of the day, in their order."""
    every = list(cases)
    kept = random.Random(SEED).sample(range(len(every)), min(len(every), share(len(every), part)))
    return [every[n] for n in sorted(kept)]


def of_the_day(cases: Iterable[Case]) -> list[Case]:
    """Those that today's part of the cycle has: each comes up once in :data:`CYCLE` days, on the day after
    the one before it."""
    return [*cases][date.fromisoformat(str(SEED)).toordinal() % CYCLE::CYCLE]
