"""Turns the country names that people write into country ids.

A name becomes an id only if countries.csv lists the name or if it is a name or code of ISO 3166, because a
wrong country is worse than an unknown country. :func:`find_unknown_countries` lists all other names, so that
a person can decide about them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import compress

import pandas as pd

from glc_analysis.addon import map_declared_entries
from glc_analysis.errors import Fault, suggest_name
from glc_analysis.schema import UNKNOWN
from glc_analysis.text import fold_case_and_spacing, format_first_row_numbers, map_distinct, normalise_space

CODES_THAT_ARE_WORDS = frozenset({
    "AND", "ARE", "BEN", "CAN", "CHE", "COD", "COL", "COM", "DOM", "EST", "FIN", "GEO", "GIN",
    "GUM", "GUY", "HUN", "IND", "JAM", "KEN", "LIE", "MAC", "MAR", "NAM", "NIC", "NOR", "PAN",
    "PER", "POL", "PRI", "SEN", "SOM", "SUR", "TON", "TUN"})
"""The three-letter country codes that are also words, names or abbreviations."""

_AMBIGUOUS_OFFICIAL = {"congo": ("COG", "COD")}
"""The official names of a country that people also use for another country, each with the countries that the
name may mean."""

_FEWEST_CODES = 2
"""A column that contains only codes is read as country codes if it has at least this many different codes, or
a code that is not also a word."""


def find_country_ids(names: pd.Series, countries: pd.DataFrame) -> pd.Series:
    """Returns the country id of each name, with the index of ``names``; ``""`` if a name is blank or unknown.

    The function looks names up in this order:

    1. among the entries ``raw_name`` of countries.csv, which a person has reviewed;
    2. among the names of ISO 3166 (short, official or common);
    3. among the three-letter country codes, which must be in capitals.

    A name must match as a whole; case and repeated spaces do not matter. Country codes that are also words
    (AND, CAN, SUR) are read as codes only in a column that contains only codes and reviewed names. Two-letter
    country codes are never read, because NO, SI, NA and DK are also answers to questions. Numeric country
    codes are never read, because survey tools number countries in different ways.

    >>> reviewed = pd.DataFrame({"raw_name": ["Ivory Coast"], "country_id": ["CIV"]})
    >>> find_country_ids(pd.Series(["ivory  coast", "CAMBODIA", "KHM", "NO", "Kambodia"]), reviewed).tolist()
    ['CIV', 'KHM', 'KHM', '', '']
    """
    reviewed = dict(zip(countries["raw_name"].map(fold_case_and_spacing), countries["country_id"],
                        strict=True))
    unique = [name for name in names.unique() if normalise_space(name)]
    is_coded = _holds_only_codes(normalise_space(name) for name in unique
                                 if fold_case_and_spacing(name) not in reviewed)
    codes = _iso_codes() if is_coded else _iso_codes() - CODES_THAT_ARE_WORDS
    ids = {name: reviewed.get(fold_case_and_spacing(name))
           or map_english_iso_names_to_country_ids().get(fold_case_and_spacing(name))
           or (normalise_space(name) if normalise_space(name) in codes else "") for name in unique}
    return map_distinct(names, lambda name: ids.get(name, "")).astype("str")


@dataclass(frozen=True)
class CountryFault(Fault):
    """The fault that a text in a column of countries is not the name of any known country. ``value`` is the
    text in the column."""


def find_unknown_countries(names: pd.Series, rows: Sequence[int], file: str, column: str,
                           countries: pd.DataFrame) -> list[Fault]:
    """Returns one fault for each unknown name of a country, with the rows in which it occurs and the nearest
    known names.

    ``rows`` has the row number of each name, as a spreadsheet program shows it.
    """
    known = {*countries["label"], *map(country_name, _iso_codes())}
    labels = dict(zip(countries["label"].map(fold_case_and_spacing), countries["country_id"], strict=True))
    rows_of: dict[str, list[int]] = defaultdict(list)
    is_unknown = (find_country_ids(names, countries) == "") & (map_distinct(names, normalise_space) != "")
    for name, row in zip(names[is_unknown], compress(rows, is_unknown), strict=True):
        rows_of[name].append(row)
    proposal = map_declared_entries("proposals").get("countries")
    suggest = f"; {proposal[1]}" if proposal else ""
    faults = []
    for name, numbers in rows_of.items():
        code = normalise_space(name)
        fault = partial(CountryFault, file=file, row=format_first_row_numbers(numbers), column=column,
                        value=name)
        if code in CODES_THAT_ARE_WORDS:
            country = country_name(code)
            faults.append(fault(f"is the code of {country} but also a word, and the column has names as "
                                f"well as codes", fix=f"write {country}, or add {code} to "
                                f"countries.csv{suggest}"))
        elif meant := _AMBIGUOUS_OFFICIAL.get(fold_case_and_spacing(name)):
            listed = ", ".join(f"{country_name(country_id)} ({country_id})" for country_id in meant)
            faults.append(fault(f"is the name of more than one country: {listed}",
                                fix=f"say in countries.csv which country is meant{suggest}"))
        elif labelled := labels.get(fold_case_and_spacing(name)):
            faults.append(fault(f"is a label of countries.csv ({labelled}), but not a raw_name there",
                                fix=f"add a row to countries.csv with this text as raw_name{suggest}"))
        else:
            faults.append(fault(f"is not a known country name; {suggest_name(code, known)}",
                                fix=f"add the name to countries.csv{suggest}"))
    return faults


@cache
def country_name(country_id: str) -> str:
    """Returns the plain English name of a country, or ``country_id`` itself if ISO 3166 has no name for it.

    >>> country_name("BOL"), country_name("global"), country_name("unknown")
    ('Bolivia', 'global', 'Unknown')
    """
    if country_id == UNKNOWN:
        return "Unknown"
    import pycountry
    country = pycountry.countries.get(alpha_3=country_id) if country_id else None
    return (getattr(country, "common_name", "") or country.name) if country else country_id


def find_region_ids(ids: pd.Series, countries: pd.DataFrame) -> pd.Series:
    """Returns the region of each country id, with the index of ``ids``; ``""`` if countries.csv has no region
    for the country. The region of the country ``unknown`` is ``unknown``."""
    known = {UNKNOWN: UNKNOWN} | dict(zip(countries["country_id"], countries["region_id"], strict=True))
    return map_distinct(ids, lambda country_id: known.get(country_id, "")).astype("str")


def find_intended_alpha_3_code(country_id: str) -> str:
    """Returns the ISO 3166 alpha-3 code for a code that is written in lower case or with two letters. Returns
    ``""`` for any other text, including a code that is already written as alpha-3.

    >>> [find_intended_alpha_3_code(i) for i in ("ken", "KE", "KEN", "global")]
    ['KEN', 'KEN', '', '']
    """
    import pycountry
    code = country_id.upper()
    country = pycountry.countries.get(alpha_3=code) or pycountry.countries.get(alpha_2=code)
    return country.alpha_3 if country and country.alpha_3 != country_id else ""


def _holds_only_codes(names: Iterable[str]) -> bool:
    distinct = set(names)
    is_plain = bool(distinct - CODES_THAT_ARE_WORDS) or len(distinct) >= _FEWEST_CODES
    return distinct <= _iso_codes() and is_plain


@cache
def _iso_codes() -> frozenset[str]:
    import pycountry
    return frozenset(country.alpha_3 for country in pycountry.countries)


@cache
def map_english_iso_names_to_country_ids() -> dict[str, str]:
    """Returns the country id of every name in ISO 3166 that belongs to only one country. The names are the
    keys, in the form in which names are compared (:func:`~glc_analysis.text.fold_case_and_spacing`)."""
    return {name: id_ for id_, names in map_country_ids_to_english_iso_names().items()
            for name in map(fold_case_and_spacing, names)
            if name not in _AMBIGUOUS_OFFICIAL}


@cache
def map_country_ids_to_english_iso_names() -> dict[str, list[str]]:
    """Returns the short, official and common names of each country in ISO 3166, keyed by country id."""
    import pycountry
    return {country.alpha_3: [*filter(None, (country.name, getattr(country, "official_name", ""),
                                             getattr(country, "common_name", "")))]
            for country in pycountry.countries}
