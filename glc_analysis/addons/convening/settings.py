"""Checks the values of the convening's settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from glc_analysis.errors import Fault, suggest_name
from glc_analysis.schema import is_iso_date

PANELS = {"provider": "Providers", "survivor_adviser": "Survivor advisers", "observer": "Observers"}
"""The panels of raters; the votes of each panel are counted separately."""


def scale_quorum_and_day_faults(file: str, settings: Mapping[str, Mapping[str, Any]]) -> Iterator[Fault]:
    """Yields faults for four errors in study.toml. Three may occur in section [consensus]: a scale for which
    no rules of agreement exist, a quorum for an unknown panel, and a quorum that is not a number of ballots.
    The fourth is a day that is not a date, in section [consensus] or [handbook].

    >>> rule = {"scale": [1, 9], "high": [7, 9], "fixed_on": "", "quorum": {"providers": 9, "observer": -1}}
    >>> [fault.value for fault in scale_quorum_and_day_faults("study.toml", {"consensus": rule})]
    ['providers', '-1']
    """
    rule = settings["consensus"]
    for name, stated in (("scale", [1, 9]), ("high", [7, 9])):
        if rule[name] != stated:
            yield Fault("the rules of agreement need votes from 1 to 9, of which 7 to 9 are high votes",
                        file=file, column=f"[consensus] {name}", value=str(rule[name]),
                        fix=f"write {stated}; votes on another scale, such as pictures, are never converted")
    for panel, ballots in rule["quorum"].items():
        if panel not in PANELS:
            yield Fault(f"is not a panel; {suggest_name(panel, PANELS)}", file=file,
                        column="[consensus] quorum",
                        value=panel, fix=f"use {', '.join(PANELS)}")
        elif ballots < 0:
            yield Fault("is not a number of ballots", file=file, column="[consensus] quorum",
                        value=str(ballots), fix="write a whole number, or 0 for two thirds of the panel")
    for section, name in (("consensus", "fixed_on"), ("handbook", "expires_on")):
        if (day := settings.get(section, {}).get(name, "")) and not is_iso_date(day):
            yield Fault("is not a date", file=file, column=f"[{section}] {name}", value=day,
                        fix="write it as YYYY-MM-DD")
