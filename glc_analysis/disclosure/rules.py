"""The rules of who may see a figure, each under the name that a suppression cites.

What counts is always independent organisations: those of one network count once. A reader may know
two of them from within, the own and an ally's (:data:`KNOWN`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
import pandas as pd

from glc_analysis.evidence import subsets

KNOWN = 2
RULES = {
    "team_only": "what is seen by the team alone: survivors' cases, data quality, figures about words",
    "identifier": "the group would tell who somebody is: language, interpreter, resources, network, home",
    "country": "too few work in the country, or name it: that it took part is itself a disclosure",
    "difference": "the figures less the answers of those that agreed would tell the answers of the others",
    "cross_tabulation": "groups are not published, nor tests of differences between them",
    "related": "another grouping is shown already, and the difference of two tells about those in one",
    "numbers": "means and deviations, and the median of a group or of fewer than three different numbers",
    "base_too_small": "too few independent organisations answered",
    "complement_too_small": "too few would be left outside the group, or in the groups that are not shown",
    "withheld_contributors": "one or two of those counted did not consent, and could be told from the rest",
    "skip_logic": "how many were asked tells an answer to another question that is not shown exactly",
    "frozen": "its question stays as it was issued, without it, until enough organisations changed",
    "count_too_small": "too few, or all but too few, said so",
    "unanimous": "nobody or everybody said so: that tells each one's answer",
    "record": "it would follow, with a record that everybody can read, who contradicts that record",
    "partition": "it would follow from this figure how many gave an answer that is not shown exactly"}

IDENTIFIERS = ("language", "is_interpreted", "resource_level", "network", "home_country", "wave")
TELLING = ("language", "script", "interpreted", "works_abroad")
"""Figures about the data that would tell who somebody is."""
SIZES = ("survey/organisations/all", "survey/records/all")
NUMBERS = ("mean", "standard_deviation")
DISTINCT = 3


@dataclass(frozen=True)
class Rules:
    """The thresholds for one audience: independent organisations each."""

    base: int
    """That a figure must rest on, and that must be left outside of a group."""
    count: int
    """That must have said so, and not said so, for an exact count."""
    withheld: int
    """Of so many or fewer that did not consent, each could be told from the rest."""
    bands: Mapping[str, float]
    groups: Mapping[str, str]
    """The one kind of group that is shown, by unit: two would tell those in one of them."""

    @classmethod
    def of(cls, settings: Mapping[str, Any], audience: str) -> Rules:
        """The thresholds of ``[disclosure]`` for ``convening`` or ``public``."""
        to_public = audience == "public"
        return cls(settings["public_group"] if to_public else settings["convening_base"] + KNOWN,
                   settings["public_count"] + KNOWN, settings["convening_withheld"], settings["bands"],
                   {} if to_public else {"answer": "region", "organisation": "home_region"})

    def band(self, n: int, base: int) -> tuple[str, int, int]:
        """The band that n of base lies in, with the least and the most it may be.

        >>> rules = Rules(7, 5, 2, {"few": 0.0, "some": 0.25, "most": 0.5, "nearly all": 0.9}, {})
        >>> rules.band(2, 30), rules.band(27, 30)
        (('few', 0, 7), ('nearly all', 27, 30))
        """
        starts = sorted((ceil(Fraction(str(edge)) * base), word) for word, edge in self.bands.items())
        place = max(k for k, (start, _) in enumerate(starts) if start <= n)
        return starts[place][1], starts[place][0], [*(start - 1 for start, _ in starts), base][place + 1]


def by_kind(figures: pd.DataFrame, facts: pd.DataFrame, rules: Rules, never: Collection[str]) -> pd.Series:
    """The rule that hides a figure because of what it is, whatever its numbers; else blank."""
    measure, kind = figures["measure"].astype("str"), figures["subset_kind"].astype("str")
    statistic = figures["statistic"].astype("str")
    is_size = (measure == "quality") & figures["estimate_id"].str.removeprefix("quality/").isin(SIZES)
    tells = figures["question_id"].isin(TELLING) | figures["option_id"].isin(TELLING)
    is_group = kind != subsets.ALL
    hidden = {
        "identifier": kind.isin(IDENTIFIERS) | (measure == "quality") & tells,
        "country": kind == "country",
        "team_only": ~measure.isin(["response", "coded", "comparison", "discordance"]) & ~is_size
        | figures["code_id"].isin(never) & (figures["code_id"] != "") | figures["option_id"].isin(never),
        "cross_tabulation": (measure == "comparison") | is_group & (not rules.groups),
        "related": is_group & (kind != figures["unit"].map(dict(rules.groups))),
        "numbers": statistic.isin(NUMBERS) | (statistic == "median") & (
            is_group | (facts["distinct"] < DISTINCT))}
    return pd.Series(np.select(list(hidden.values()), list(hidden), ""), index=figures.index)
