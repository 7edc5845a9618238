"""Decides how much of a long test runs: in `make acceptance` a part of it, drawn anew each day; in `make
soak` all of it.

pytest first prints the seed of the day. `GLC_TEST_SEED=20261127 make acceptance` draws as on that day.
"""

import os
import random
from collections.abc import Iterable
from datetime import date
from typing import TypeVar

Case = TypeVar("Case")
SEED = int(os.environ.setdefault("GLC_TEST_SEED", f"{date.today():%Y%m%d}"))
IS_SOAK = os.environ.get("GLC_SOAK") == "1"
CYCLE = 7
"""The number of days within which `make acceptance` has run every slow test: each runs once a week."""


def share(full, part):
    """Returns the full number in `make soak`, otherwise the number for a part."""
    return full if IS_SOAK else part


def drawn(cases: Iterable[Case], part: int) -> list[Case]:
    """Returns all cases in `make soak`, otherwise ``part`` of them, drawn by the seed of the day, in their
    order."""
    every = list(cases)
    kept = random.Random(SEED).sample(range(len(every)), min(len(every), share(len(every), part)))
    return [every[n] for n in sorted(kept)]


def of_the_day(cases: Iterable[Case]) -> list[Case]:
    """Returns the cases that run today. Each case runs once in :data:`CYCLE` days, on the day after the case
    before it."""
    return [*cases][_number_of_today() % CYCLE::CYCLE]


def in_turn(cases: Iterable[Case]) -> list[Case]:
    """Returns all cases in `make soak`, otherwise the one case whose turn it is today."""
    every = list(cases)
    return every if IS_SOAK else [every[_number_of_today() % len(every)]]


def _number_of_today() -> int:
    return date.fromisoformat(str(SEED)).toordinal()
