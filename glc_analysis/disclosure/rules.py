"""The rules for figures, each with a name and a reason.

``MODEL.md`` in this folder says who the reader is and what each rule stops. The thresholds are settings of a
study, ``[disclosure]`` in study.toml.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import ceil
from typing import Any

import numpy as np
import pandas as pd

from glc_analysis.evidence.estimates import ALL
from glc_analysis.templates import read_records

# ------------------------------
# Figures: the thresholds, and the rules that depend on what a figure shows.
#
# Organisations are counted as independent ones: those of one network count once. A reader may know two of
# them from the inside, their own and an ally's (:data:`KNOWN`).


KNOWN = 2
RULES = {row["rule"]: row["reason"] for row in read_records(__file__, "rules.csv")}
"""Every rule with its reason in words (``content/rules.csv``)."""

IDENTIFIERS = ("language", "is_interpreted", "resource_level", "network", "home_country", "wave")
REVEALING = ("language", "script", "interpreted", "works_abroad")
"""Figures about the data that would identify an organisation."""
SIZES = ("survey/organisations/all", "survey/records/all")
NUMBERS = ("mean", "standard_deviation")
DISTINCT = 3


@dataclass(frozen=True)
class Rules:
    """The thresholds for one audience, in independent organisations."""

    base: int
    """The least in the base of a figure, and the least outside a group."""
    count: int
    """The least that gave an answer, and that did not, for its count to be exact."""
    withheld: int
    """If so many or fewer did not consent, their answers could be separated from the others'."""
    bands: Mapping[str, float]
    groups: Mapping[str, str]
    """The one kind of group that is shown, by unit: two kinds could be subtracted from each other."""

    @classmethod
    def of(cls, settings: Mapping[str, Any], audience: str) -> Rules:
        """The thresholds of ``[disclosure]`` for ``convening`` or ``public``."""
        to_public = audience == "public"
        return cls(settings["public_group"] if to_public else settings["convening_base"] + KNOWN,
                   settings["public_count"] + KNOWN, settings["convening_withheld"], settings["bands"],
                   {} if to_public else {"answer": "region", "organisation": "home_region"})

    def band(self, n: int, base: int) -> tuple[str, int, int]:
        """The band of n out of base, and the least and the most that a count in it can be.

        >>> rules = Rules(7, 5, 2, {"few": 0.0, "some": 0.25, "most": 0.5, "nearly all": 0.9}, {})
        >>> rules.band(2, 30), rules.band(27, 30)
        (('few', 0, 7), ('nearly all', 27, 30))
        """
        word = [word for start, word in self._starts(base) if start <= n][-1]
        return word, *self.band_range(word, base)

    def band_range(self, word: str, base: int) -> tuple[int, int]:
        """The least and the most that a count out of base can be, by the word of its band: what a reader
        knows who knows the rules.

        >>> Rules(7, 5, 2, {"few": 0.0, "some": 0.25, "most": 0.5}, {}).band_range("some", 30)
        (8, 14)
        """
        starts = self._starts(base)
        place = [band for _, band in starts].index(word)
        return starts[place][0], [*(start - 1 for start, _ in starts), base][place + 1]

    def _starts(self, base: int) -> list[tuple[int, str]]:
        return _starts(tuple(self.bands.items()), base)

    def known_range(self, status: str, n: int, base: int) -> tuple[int, int]:
        """The least and the most that a reader knows a count to be: the number itself, the edges of its band,
        or, where it is suppressed, none and all.

        >>> rules = Rules(7, 5, 2, {"few": 0.0, "some": 0.25, "most": 0.5, "nearly all": 0.9}, {})
        >>> [rules.known_range(status, 2, 30) for status in ("shown", "banded", "suppressed")]
        [(2, 2), (0, 7), (0, 30)]
        """
        if status == "suppressed":
            return 0, int(base)
        return self.band(int(n), int(base))[1:] if status == "banded" else (int(n), int(n))


@cache
def _starts(bands: tuple[tuple[str, float], ...], base: int) -> list[tuple[int, str]]:
    """The least count of each band out of a base, in order."""
    return sorted((ceil(Fraction(str(edge)) * base), word) for word, edge in bands)


def rule_by_kind(figures: pd.DataFrame, facts: pd.DataFrame, rules: Rules,
                 never: Collection[str]) -> pd.Series:
    """The rule that hides a figure because of what it shows, whatever its numbers; blank where none does."""
    measure, kind = figures["measure"].astype("str"), figures["subset_kind"].astype("str")
    statistic = figures["statistic"].astype("str")
    is_size = (measure == "quality") & figures["estimate_id"].str.removeprefix("quality/").isin(SIZES)
    tells = figures["question_id"].isin(REVEALING) | figures["option_id"].isin(REVEALING)
    is_group = kind != ALL
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
