"""Which countries an audience may know: that an organisation of a country took part is itself confidential.

Goes in: who works in which country, where main offices are, and consent. A country of work and that of a main
office are two consents (items ``work_country`` and ``home_country`` of consent.csv), each given together
with ``survey``: a country is named because an organisation of it answered. It is named where all its
organisations agreed; to the public also where at least ``public_group`` independent ones agreed, in a list
without figures, because figures count those who refused as well. Without consent no country is named, unless
study.toml records that publication by country was agreed in another way (``[disclosure] countries_agreed``);
then those with at least ``public_group`` independent organisations are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from glc_analysis.cleaning.columns import alternatives
from glc_analysis.disclosure.consent import Consent
from glc_analysis.schema import AUDIENCES, COUNTRY_LIST

WORK, HOME = "work_country", "home_country"
"""The two items of consent about countries."""

CONSENT_ITEMS = {"answer": "survey", "interview": "interview", "call": "call"}
"""The item of consent for each source of what is coded."""


def visible_countries(answers: pd.DataFrame, organisations: pd.DataFrame, consent: Consent,
                      settings: Mapping[str, Any], *, audience: str) -> set[str]:
    """The countries of work that an audience may see on a page, in a list or on a map.

    ``settings`` is [disclosure] of study.toml. The team sees all of them.

    >>> answers = pd.DataFrame({"country_id": ["KHM", "KHM", "LAO"], "organisation_id": ["a", "b", "c"]})
    >>> organisations = pd.DataFrame({"organisation_id": ["a", "b", "c"], "network_id": ""})
    >>> consent = Consent(frozenset((o, "", item, "convening") for o in "ac" for item in ("survey", WORK)))
    >>> settings = {"public_group": 10, "countries_agreed": {}}
    >>> visible_countries(answers, organisations, consent, settings, audience="convening")
    {'LAO'}
    """
    places = _places(answers, "country_id")
    if audience == "team":
        return {*places["country_id"]}
    return _named(_sizes(places, organisations, consent, WORK, audience), settings, WORK, audience)


def visible_home_countries(organisations: pd.DataFrame, consent: Consent, settings: Mapping[str, Any], *,
                           audience: str) -> set[str]:
    """The countries of main offices that an audience may know, by the same rules.

    >>> organisations = pd.DataFrame({"organisation_id": ["a", "b"], "network_id": "",
    ...                               "home_country_id": ["KHM", "LAO"]})
    >>> consent = Consent(frozenset(("a", "", item, "public") for item in ("survey", HOME)))
    >>> visible_home_countries(organisations, consent, {"public_group": 10, "countries_agreed": {}},
    ...                        audience="public")
    {'KHM'}
    """
    places = _places(organisations, "home_country_id")
    if audience == "team":
        return {*places["country_id"]}
    return _named(_sizes(places, organisations, consent, HOME, audience), settings, HOME, audience)


def countries_shown(answers: pd.DataFrame, organisations: pd.DataFrame, consent: Consent,
                    settings: Mapping[str, Any], *, hidden_from: Collection[str] = ()
                    ) -> dict[str, dict[str, list[str]]]:
    """The countries that each audience may know of: those of work (``shown``) and those of main offices
    (``shown_home``); none for the audiences in ``hidden_from``."""
    seen = [audience for audience in AUDIENCES if audience not in hidden_from]
    none: dict[str, list[str]] = dict.fromkeys(AUDIENCES, [])
    work = {one: sorted(visible_countries(answers, organisations, consent, settings, audience=one))
            for one in seen}
    homes = {one: sorted(visible_home_countries(organisations, consent, settings, audience=one))
             for one in seen}
    return {"shown": none | work, "shown_home": none | homes}


def named_by_office(known: Mapping[str, Mapping[str, list[str]]]) -> dict[str, dict[str, list[str]]]:
    """The countries that each audience may know of in a study without a survey, where nothing says where an
    organisation works, and the country of its main office stands for it: both consents must allow it.

    >>> named_by_office({"shown": {"public": ["KEN", "PER"]}, "shown_home": {"public": ["PER"]}})["shown"]
    {'public': ['PER']}
    """
    homes = known["shown_home"]
    return {**known, "shown": {audience: [one for one in listed if one in homes[audience]]
                               for audience, listed in known["shown"].items()}}


def printable_options(questions: pd.DataFrame, survey: Mapping[str, Any], answers: pd.DataFrame,
                      organisations: pd.DataFrame, consent: Consent, settings: Mapping[str, Any], *,
                      audience: str) -> dict[str, set[str]]:
    """For every question whose options are countries: those that may be printed with a figure.

    A figure counts everybody, so all organisations of the country must have agreed (or the study, as
    study.toml records). The question about the country of work follows the consents for that, the one about
    the main office those for that (``survey`` is [survey] of study.toml, which names their columns). Any
    other question may name the countries of both alone: those missing would otherwise show who took part.
    """
    work = _sizes(_places(answers, "country_id"), organisations, consent, WORK, audience)
    home = _sizes(_places(organisations, "home_country_id"), organisations, consent, HOME, audience)
    agreed = {item: _fully_agreed(sizes, settings, item) for item, sizes in ((WORK, work), (HOME, home))}
    asked = questions[questions["option_list"] == COUNTRY_LIST]
    found = {}
    for question, columns in zip(asked["question_id"], asked["columns"], strict=True):
        is_work, is_home = (not {*alternatives(columns)}.isdisjoint(alternatives(survey[role]))
                            for role in ("country", "home_country"))
        either = agreed[WORK] | agreed[HOME]
        found[question] = agreed[WORK] if is_work else agreed[HOME] if is_home else either
    return found


def fully_agreed_countries(answers: pd.DataFrame, organisations: pd.DataFrame, consent: Consent,
                           settings: Mapping[str, Any], *, audience: str) -> set[str]:
    """The countries of work about which a figure may count every organisation there: all agreed to it."""
    sizes = _sizes(_places(answers, "country_id"), organisations, consent, WORK, audience)
    return _fully_agreed(sizes, settings, WORK)


def countable_members(answers: pd.DataFrame, organisations: pd.DataFrame, consent: Consent,
                      settings: Mapping[str, Any], *, audience: str) -> pd.DataFrame:
    """One row an organisation and a visible country of work in which it may be counted: those that agreed,
    and all where :func:`fully_agreed_countries` has the country. Columns country_id, organisation_id."""
    pairs = _places(answers, "country_id")
    sizes = _sizes(pairs, organisations, consent, WORK, audience)
    of_agreed = pairs["organisation_id"].isin(_agreed(consent, WORK, audience))
    named = pairs["country_id"].isin(_named(sizes, settings, WORK, audience))
    return pairs[named & (of_agreed | pairs["country_id"].isin(_fully_agreed(sizes, settings, WORK)))]


def coded_countries(shown: Collection[str], answers: pd.DataFrame, mentions: pd.DataFrame, consent: Consent,
                    *, audience: str) -> set[str]:
    """The countries of ``shown`` whose coded passages an audience may count.

    All organisations there must have agreed for each kind of text in which a code of theirs occurs
    (``mentions``, column source)."""
    agreed = {source: consent.organisations(item, audience) for source, item in CONSENT_ITEMS.items()}
    told = mentions[["organisation_id", "source"]].astype("str").drop_duplicates()
    secret = {who for who, source in told.itertuples(index=False) if who not in agreed[source]}
    pairs = answers[["country_id", "organisation_id"]].astype("str")
    return set(shown) - set(pairs.loc[pairs["organisation_id"].isin(secret), "country_id"])


def is_hidden_option(figures: pd.DataFrame, questions: pd.Series,
                     printable: Mapping[str, Collection[str]]) -> np.ndarray:
    """For every figure whether it is the count of a country that may not be printed. ``questions`` has the
    question of each figure.

    >>> figures = pd.DataFrame({"option_id": ["KHM", "LAO", "yes"]})
    >>> is_hidden_option(figures, pd.Series(["Q1", "Q1", "Q2"]), {"Q1": {"LAO"}}).tolist()
    [True, False, False]
    """
    return np.array([question in printable and option not in printable[question] for question, option in zip(
        questions.astype("str"), figures["option_id"].astype("str"), strict=True)], dtype=bool)


def _places(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """One row an organisation and country."""
    pairs = rows[[column, "organisation_id"]].astype("str")
    pairs = pairs.set_axis(["country_id", "organisation_id"], axis=1)
    return pairs[pairs["country_id"] != ""].drop_duplicates()


def _sizes(pairs: pd.DataFrame, organisations: pd.DataFrame, consent: Consent, item: str,
           audience: str) -> pd.DataFrame:
    """By country: ``independent`` organisations (a network counts once), those of them that ``agreed``, and
    whether ``all_agreed``. The team may know everything."""
    networks = organisations.set_index("organisation_id")["network_id"]
    own = pairs["organisation_id"].map(networks).fillna("").astype("str")
    own = own.where(own != "", pairs["organisation_id"])
    is_agreed = pairs["organisation_id"].isin(_agreed(consent, item, audience)) | (audience == "team")
    counted = pairs.assign(independent=own, agreed=own.where(is_agreed), all_agreed=is_agreed)
    return counted.groupby("country_id").agg(
        {"independent": "nunique", "agreed": "nunique", "all_agreed": "all"})


def _agreed(consent: Consent, item: str, audience: str) -> frozenset[str]:
    return consent.organisations("survey", audience) & consent.organisations(item, audience)


def _fully_agreed(sizes: pd.DataFrame, settings: Mapping[str, Any], item: str) -> set[str]:
    """The countries where all agreed, or, where the study records an agreement, with enough organisations."""
    is_recorded = settings["countries_agreed"].get("which") in (item.removesuffix("_country"), "both")
    is_enough = sizes["independent"] >= settings["public_group"]
    return set(sizes.index[sizes["all_agreed"].astype(bool) | is_enough & is_recorded])


def _named(sizes: pd.DataFrame, settings: Mapping[str, Any], item: str, audience: str) -> set[str]:
    """The countries that may be named: those of :func:`_fully_agreed`; to the public, which has no page of a
    country, also those where enough agreed."""
    enough = sizes.index[(sizes["agreed"] >= settings["public_group"]) & (audience == "public")]
    return _fully_agreed(sizes, settings, item) | set(enough)

