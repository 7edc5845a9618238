"""What may be known to exist: that somebody in a country took part is a disclosure of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from glc_analysis.disclosure.consent import Consent

SOURCES = {"answer": "survey", "interview": "interview", "call": "call"}
"""The item of consent for each source of what is coded."""


def countries_shown(answers: pd.DataFrame, organisations: pd.DataFrame, consent: Consent,
                    settings: Mapping[str, Any], *, audience: str) -> set[str]:
    """The work countries of which an audience may have a page, a list entry or a mark on a map.

    For the team all. For the convening those all of whose organisations agreed that it sees their
    answers. For the public those where at least ``public_group`` independent organisations (a network
    counts once) agreed, whatever the others said. ``settings`` is [disclosure] of study.toml.

    >>> answers = pd.DataFrame({"country_id": ["KHM", "KHM", "LAO"], "organisation_id": ["a", "b", "c"]})
    >>> organisations = pd.DataFrame({"organisation_id": ["a", "b", "c"], "network_id": ""})
    >>> consent = Consent(frozenset((o, "", "survey", "convening") for o in "ac"))
    >>> countries_shown(answers, organisations, consent, {}, audience="convening")
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
    agreed = {source: consent.organisations(item, audience) for source, item in SOURCES.items()}
    told = mentions[["organisation_id", "source"]].astype("str").drop_duplicates()
    secret = {who for who, source in told.itertuples(index=False) if who not in agreed[source]}
    pairs = answers[["country_id", "organisation_id"]].astype("str")
    return set(shown) - set(pairs.loc[pairs["organisation_id"].isin(secret), "country_id"])
