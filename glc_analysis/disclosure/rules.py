"""The rules by which figures, countries and votes are shown, and their names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import ceil
from typing import Any

import numpy as np
import pandas as pd

from glc_analysis.disclosure.consent import Consent
from glc_analysis.evidence.estimates import ALL
from glc_analysis.templates import read_records

# ------------------------------
# What may be known to exist: that somebody in a country took part is a disclosure of its own.


CONSENT_ITEMS = {"answer": "survey", "interview": "interview", "call": "call"}
"""The item of consent for each source of what is coded."""


def visible_countries(answers: pd.DataFrame, organisations: pd.DataFrame, consent: Consent,
                    settings: Mapping[str, Any], *, audience: str) -> set[str]:
    """The work countries of which an audience may have a page, a list entry or a mark on a map.

    For the team all. For the convening those all of whose organisations agreed that it sees their
    answers. For the public those where at least ``public_group`` independent organisations (a network
    counts once) agreed, whatever the others said. ``settings`` is [disclosure] of study.toml.

    >>> answers = pd.DataFrame({"country_id": ["KHM", "KHM", "LAO"], "organisation_id": ["a", "b", "c"]})
    >>> organisations = pd.DataFrame({"organisation_id": ["a", "b", "c"], "network_id": ""})
    >>> consent = Consent(frozenset((o, "", "survey", "convening") for o in "ac"))
    >>> visible_countries(answers, organisations, consent, {}, audience="convening")
    {'LAO'}
    """
    pairs = answers[["country_id", "organisation_id"]].astype("str").drop_duplicates()
    pairs = pairs[pairs["country_id"] != ""]
    if audience == "team":
        return set(pairs["country_id"])
    agreed = pairs["organisation_id"].isin(consent.organisations("survey", audience))
    if audience == "convening":
        return set(pairs["country_id"]) - set(pairs.loc[~agreed, "country_id"])
    networks = organisations.set_index("organisation_id")["network_id"]
    own = pairs["organisation_id"].map(networks).fillna("")
    own = own.where(own != "", pairs["organisation_id"])
    independent = pairs.assign(independent=own)[agreed].groupby("country_id")["independent"].nunique()
    return set(independent.index[independent >= settings["public_group"]])


def coded_countries(shown: Collection[str], answers: pd.DataFrame, mentions: pd.DataFrame, consent: Consent,
                    *, audience: str) -> set[str]:
    """Those of the countries ``shown`` of which an audience may read what was coded: where all
    organisations agreed to each kind of text in which they were (``mentions``, column source)."""
    agreed = {source: consent.organisations(item, audience) for source, item in CONSENT_ITEMS.items()}
    told = mentions[["organisation_id", "source"]].astype("str").drop_duplicates()
    secret = {who for who, source in told.itertuples(index=False) if who not in agreed[source]}
    pairs = answers[["country_id", "organisation_id"]].astype("str")
    return set(shown) - set(pairs.loc[pairs["organisation_id"].isin(secret), "country_id"])


# ------------------------------
# The rules of who may see a figure, each under the name that a suppression cites.
#
# What counts is always independent organisations: those of one network count once. A reader may know
# two of them from within, the own and an ally's (:data:`KNOWN`).


KNOWN = 2
RULES = {row["rule"]: row["reason"] for row in read_records(__file__, "rules.csv")}
"""Every rule with its reason in words (``content/rules.csv``)."""

IDENTIFIERS = ("language", "is_interpreted", "resource_level", "network", "home_country", "wave")
REVEALING = ("language", "script", "interpreted", "works_abroad")
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
        starts = _starts(tuple(self.bands.items()), base)
        place = max(k for k, (start, _) in enumerate(starts) if start <= n)
        return starts[place][1], starts[place][0], [*(start - 1 for start, _ in starts), base][place + 1]


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


# ------------------------------
# What is told of votes and signatures: to the public no single vote, and no decision without its name.
#
# Who rated is known. So the votes of a panel are figures like others (:mod:`glc_analysis.disclosure.rules`):
# a small panel is not told of, and a count only where two who know their own votes learn nobody else's.


EXACT_COLUMNS = ("votes_high", "votes_mid", "votes_low", "median")
HIDDEN_COLUMNS = (*EXACT_COLUMNS, "n_abstained", "n_expected", "spread", "result", "movement")


def public_votes(row: Mapping[str, Any], rules: Rules) -> str:
    """How many votes of a panel were high, as far as the public may know; blank: nothing.

    >>> rules = Rules(10, 5, 2, {}, {})
    >>> [public_votes({"n": n, "votes_high": high, "n_abstained": 1}, rules)
    ...  for n, high in ((12, 7), (40, 38), (10, 10), (9, 2), (3, 3))]
    ['7 of 12 high', 'at least 36 of 40 high', 'at least 6 of 10 high', 'at most 4 of 9 high', '']
    """
    n, high, few = int(row["n"]), int(row["votes_high"]), rules.count - 1
    if n + int(row["n_abstained"]) < rules.base or n <= 2 * few:
        return ""
    if n - high <= few:  # who reads these rules must not learn more than the words say
        return f"at least {n - few} of {n} high"
    return f"at most {few} of {n} high" if high <= few else f"{high} of {n} high"


def public_tallies(tallies: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """The tallies of panels that the public reads of: ``votes`` in words, and no number that it may not."""
    said = [public_votes(row, rules) for row in tallies.to_dict("records")]
    votes = pd.Series(said, tallies.index, dtype="str")
    is_exact = votes.str[:1].str.isdecimal()
    blank = {column: tallies[column].where(is_exact & (column == "votes_high"),
                                           "" if tallies[column].dtype == "str" else pd.NA)
             for column in HIDDEN_COLUMNS}
    return tallies.assign(**blank, votes=votes)[votes != ""]


def visible_signatures(signed: pd.DataFrame, rules: Rules) -> tuple[pd.DataFrame, int]:
    """The rows of ``signoffs`` of one text that others than the team may read, and how many more there are.

    Who signs with its name says what it decided. Of those who withheld it decisions are told where enough
    did so and enough decided either way; and what somebody wishes to have printed where there are enough
    whose it could be: such a row stands without its decision.
    """
    nameless = signed[~signed["is_named"]]
    against = (nameless["decision"] == "do_not_endorse").sum()
    if len(nameless) >= rules.base and min(against, len(nameless) - against) >= rules.count:
        return signed, 0
    told = (nameless["reservation"] != "") & (len(nameless) >= rules.count)
    kept = pd.concat([signed[signed["is_named"]], nameless[told].assign(decision="")])
    return kept, len(nameless)
