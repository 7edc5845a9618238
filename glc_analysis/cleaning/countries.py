"""Country names as people write them -> country ids: by review or official name, never by guess.

A wrong country is worse than an unknown one, so :func:`resolve` compares whole
names exactly and leaves the rest to a person: :func:`unknown_faults` lists it,
:func:`suggest` writes rows to review.
"""

from __future__ import annotations

import difflib
import gettext
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import pandas as pd

from glc_analysis.errors import Fault, nearest
from glc_analysis.text import folded, tidy

WORDS = frozenset({
    "AND", "ARE", "BEN", "CAN", "CHE", "COD", "COL", "COM", "DOM", "EST", "FIN", "GEO", "GIN",
    "GUM", "GUY", "HUN", "IND", "JAM", "KEN", "LIE", "MAC", "MAR", "NAM", "NIC", "NOR", "PAN",
    "PER", "POL", "PRI", "SEN", "SOM", "SUR", "TON", "TUN"})
"""Three-letter codes that are also words, names or abbreviations people write."""

SHARED_NAMES = frozenset({"congo"})
"""Official names that people also use for another country."""

CODED_COLUMN = 5
"""So many codes that are no words, and nothing but codes, make a column of codes."""


def resolve(names: pd.Series, countries: pd.DataFrame) -> pd.Series:
    """Country ids of names, ``""`` where a name is blank or not known. Same rows as ``names``.

    In this order, each compared whole and without regard to case and runs of
    blanks: the reviewed ``raw_name`` of countries.csv; ISO 3166 names (short,
    official, common). Then three-letter codes in capitals. Codes that are also
    words (AND, CAN, SUR) count only in a column of nothing but codes.

    Two-letter codes are never read, since NO, SI, NA and DK are answers too, nor
    numeric ones, since survey tools number their countries in their own ways.

    >>> reviewed = pd.DataFrame({"raw_name": ["Ivory Coast"], "country_id": ["CIV"]})
    >>> resolve(pd.Series(["ivory  coast", "CAMBODIA", "KHM", "NO", "Kambodia"]), reviewed).tolist()
    ['CIV', 'KHM', 'KHM', '', '']
    """
    reviewed = dict(zip(countries["raw_name"].map(folded), countries["country_id"], strict=True))
    unique = [name for name in names.unique() if tidy(name)]
    is_coded = _is_coded(tidy(name) for name in unique if folded(name) not in reviewed)
    codes = _codes() if is_coded else _codes() - WORDS
    found = {name: reviewed.get(folded(name)) or _official().get(folded(name))
             or (tidy(name) if tidy(name) in codes else "") for name in unique}
    return names.map(lambda name: found.get(name, "")).astype("str")


def unknown_faults(names: pd.Series, rows: Sequence[int], file: str, column: str,
                   countries: pd.DataFrame) -> list[Fault]:
    """One fault a name that is not known, with the rows it stands in and the nearest names.

    ``rows`` are the row numbers of ``names`` as a spreadsheet shows them.
    """
    known = {*countries["label"], *map(label, _codes())}
    places: dict[str, list[int]] = defaultdict(list)
    for name, row, found in zip(names, rows, resolve(names, countries), strict=True):
        if tidy(name) and not found:
            places[name].append(row)
    return [Fault(f"is no country we know; {nearest(tidy(name), known)}", file=file,
                  row=_listed(at), column=column, value=name,
                  fix="review what `glc countries --suggest` proposes for countries.csv")
            for name, at in places.items()]


def suggest(names: pd.Series, countries: pd.DataFrame) -> pd.DataFrame:
    """Rows for countries.csv, for a person to review: one a name that does not resolve, sorted.

    Here names in other languages, codes of any kind and near spellings may
    propose; ``country_id`` stays blank where nothing does. Region and label
    come from the rows that countries.csv already has for the country.
    """
    found = resolve(names, countries)
    unknown = sorted({tidy(name) for name in names[found == ""].unique()} - {""})
    reviewed = countries.drop_duplicates("country_id").set_index("country_id")
    spelt = {**_official(), **{folded(r): i for r, i in
                               zip(countries["raw_name"], countries["country_id"], strict=True)}}
    rows = []
    for name in unknown:
        close = difflib.get_close_matches(folded(name), spelt, n=1, cutoff=0.8)
        proposed = _translated().get(folded(name)) or (spelt[close[0]] if close else "")
        rows.append([name, proposed, reviewed["label"].get(proposed, label(proposed)),
                     reviewed["region_id"].get(proposed, "")])
    return pd.DataFrame(rows, columns=["raw_name", "country_id", "label", "region_id"], dtype="str")


def label(country_id: str) -> str:
    """The plain English name of a country, or the id itself where ISO 3166 has none.

    >>> label("BOL"), label("global")
    ('Bolivia', 'global')
    """
    import pycountry
    country = pycountry.countries.get(alpha_3=country_id) if country_id else None
    return (getattr(country, "common_name", "") or country.name) if country else country_id


def regions(ids: pd.Series, countries: pd.DataFrame) -> pd.Series:
    """The region of each country id, ``""`` where countries.csv gives none. Same rows as ``ids``."""
    known = dict(zip(countries["country_id"], countries["region_id"], strict=True))
    return ids.map(lambda country_id: known.get(country_id, "")).astype("str")


def iso_meant(country_id: str) -> str:
    """The ISO 3166 id that somebody meant who wrote it small or in two letters; else ``""``.

    >>> [iso_meant(i) for i in ("ken", "KE", "KEN", "global")]
    ['KEN', 'KEN', '', '']
    """
    import pycountry
    code = country_id.upper()
    found = pycountry.countries.get(alpha_3=code) or pycountry.countries.get(alpha_2=code)
    return found.alpha_3 if found and found.alpha_3 != country_id else ""


def _is_coded(names: Iterable[str]) -> bool:
    distinct = set(names)
    return distinct <= _codes() and len(distinct - WORDS) >= CODED_COLUMN


def _listed(rows: list[int]) -> str:
    more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    return ", ".join(map(str, rows[:3])) + more


@cache
def _codes() -> frozenset[str]:
    import pycountry
    return frozenset(country.alpha_3 for country in pycountry.countries)


@cache
def _official() -> dict[str, str]:
    """Folded ISO names -> id."""
    return {name: id_ for id_, names in _iso_names().items() for name in map(folded, names)
            if name not in SHARED_NAMES}


@cache
def _iso_names() -> dict[str, list[str]]:
    import pycountry
    return {c.alpha_3: [n for n in (c.name, getattr(c, "official_name", ""),
                                    getattr(c, "common_name", "")) if n]
            for c in pycountry.countries}


@cache
def _translated() -> dict[str, str]:
    """Folded names in every language pycountry has, and codes -> the id most languages mean."""
    import pycountry
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for language in sorted(p.name for p in Path(pycountry.LOCALES_DIR).iterdir()):
        speak = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, [language], fallback=True)
        for id_, names in _iso_names().items():
            for name in {folded(speak.gettext(name)) for name in names}:
                votes[name][id_] += 1
    for country in pycountry.countries:
        for code in (country.alpha_2, country.alpha_3):
            votes[folded(code)][country.alpha_3] += 1
    return {name: cast.most_common(1)[0][0] for name, cast in votes.items()
            if name not in SHARED_NAMES}
