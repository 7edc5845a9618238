"""Which country a name means, in any language of CLDR: rows of countries.csv for people to review.

A wrong country is worse than an unknown one: a name that means two countries in two languages, or a country
about which states disagree, gets no id. Names come from Babel (CLDR), ISO 3166, and
``country_other_names.csv``; regions are those of the United Nations (M49), ``un_regions.csv``.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from functools import cache
from importlib.resources import files

from glc_analysis.cleaning.countries import CODES_THAT_ARE_WORDS, country_name
from glc_analysis.text import match_key

CONTESTED = {
    "ESH", "PSE", "TWN", "abkhazia", "crimea", "gaza", "kashmir", "kosovo", "kurdistan",
    "nagorno-karabakh", "northern cyprus", "palestine", "palestinian territories", "somaliland",
    "south ossetia", "taiwan", "tibet", "transnistria", "west bank", "western sahara"}  # fmt: skip
"""Ids and names of countries about whose status, borders or name states disagree: a person decides."""

AMBIGUOUS = {
    "america", "congo", "czechoslovakia", "kongo", "korea", "micronesia", "saint martin",
    "serbia and montenegro", "soviet union", "ussr", "virgin islands", "yugoslavia"}  # fmt: skip
"""Names that mean several countries, or one that is no more."""

_ORDER = re.compile(r"(.+), (.+)")
_APART = re.compile(r"\s+[/|]\s+|\s*/\s*|\s*\|\s*")
_BRACKETS = re.compile(r"(.+?)\s*[(\[](.+?)[)\]]")


def country_of(name: str, *, everywhere: bool = True) -> str:
    """The ISO 3166 code of a country by its name in any language; blank where it is unknown or not certain.

    Names in two languages (``Spain / España``) and turned names (``Korea, South``) are understood. English
    comes first; with ``everywhere`` then what all other languages agree on, which takes a second once.

    >>> [country_of(name) for name in ("Turkey", "Macedonia", "Spain / España", "Korea, South", "Perú")]
    ['TUR', 'MKD', 'ESP', 'KOR', 'PER']
    >>> [country_of(name) for name in ("Congo", "Kosovo", "Wakanda", "Korea", "Spain / France", "no")]
    ['', '', '', '', '', '']
    """
    key = _key(name)
    if not key or key in AMBIGUOUS or key in CONTESTED:
        return ""
    found = _one_of(key, everywhere)
    if not found:
        for divided in (
            _APART.split(name),
            *(match.groups() for match in [_BRACKETS.fullmatch(name.strip())] if match),
        ):
            meant = (
                {country_of(part, everywhere=everywhere) for part in divided if _key(part)}
                if len(divided) > 1
                else {""}
            )
            if len(meant) == 1:
                found = meant.pop()
            if found:
                break
    if not found and (turned := _ORDER.fullmatch(key)):
        found = _one_of(f"{turned[2]} {turned[1]}", everywhere)
    if not found and key.startswith("the "):
        found = _one_of(key[4:], everywhere)
    return "" if found in CONTESTED else found


def is_contested(name: str) -> bool:
    """Whether states disagree about the country of this name, so that a person decides what it is.

    >>> is_contested("Taiwan"), is_contested("Palestina"), is_contested("Peru")
    (True, True, False)
    """
    key = _key(name)
    is_named = any(key == one or key.startswith((f"{one},", f"{one} (")) for one in CONTESTED)
    return is_named or _one_of(key, everywhere=True) in CONTESTED


def country_label(country_id: str) -> str:
    """The plain English name of a country, as CLDR has it.

    >>> country_label("TUR"), country_label("KOR")
    ('Türkiye', 'South Korea')
    """
    import pycountry
    from babel import Locale

    country = pycountry.countries.get(alpha_3=country_id)
    return Locale.parse("en").territories.get(country.alpha_2, "") if country else country_name(country_id)


@cache
def un_regions() -> dict[str, str]:
    """The region of each country by its id, as the United Nations divide the world (M49).

    >>> un_regions()["KHM"], len(set(un_regions().values()))
    ('asia', 5)
    """
    return {row["country_id"]: row["region_id"] for row in _rows("un_regions.csv")}


def _one_of(key: str, everywhere: bool) -> str:
    """The country of a whole name: in English, else what all languages agree on."""
    return _names_in("en").get(key) or (_names_anywhere().get(key, "") if everywhere else "")


def _key(name: str) -> str:
    """A name without case, accents of capitals, dots and repeated blanks."""
    return match_key(name).replace("’", "'").replace("&", "and").strip(" .;,")


@cache
def _names_in(language: str) -> dict[str, str]:
    """Names in one language, of countries and not of regions -> id."""
    import pycountry
    from babel import localedata

    ids = {country.alpha_2: country.alpha_3 for country in pycountry.countries}
    if not localedata.exists(language):
        return {}
    # Without what a language inherits: that takes most of the time, and holds no names.
    territories = localedata.load(language, merge_inherited=False).get("territories", {})
    names = {_key(name): ids[code] for code, name in territories.items() if code in ids}
    if language == "en":
        for country in pycountry.countries:
            for name in (
                country.name,
                getattr(country, "official_name", ""),
                getattr(country, "common_name", ""),
            ):
                names.setdefault(_key(name), country.alpha_3)
            if country.alpha_3 not in CODES_THAT_ARE_WORDS:
                names.setdefault(country.alpha_3.casefold(), country.alpha_3)
        names |= {_key(row["name"]): row["country_id"] for row in _rows("country_other_names.csv")}
    names.pop("", None)
    return {name: one for name, one in names.items() if name not in AMBIGUOUS}


@cache
def _names_anywhere() -> dict[str, str]:
    """Names on which all languages agree -> id; with and without accents."""
    from babel import localedata

    meant: dict[str, set[str]] = {}
    for language in localedata.locale_identifiers():
        if "_" not in language:
            for name, one in _names_in(language).items():
                meant.setdefault(name, set()).add(one)
                if (
                    not name.isascii() and name < "\u0250"
                ):  # Latin letters, which people write without accents
                    meant.setdefault(_without_accents(name), set()).add(one)
    return {name: next(iter(ids)) for name, ids in meant.items() if len(ids) == 1 and len(name) > 2}


def _without_accents(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c)))


def _rows(name: str) -> list[dict[str, str]]:
    text = files(__package__).joinpath("content", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
