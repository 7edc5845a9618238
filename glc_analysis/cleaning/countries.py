"""Turns the country names that people write into country ids.

A name becomes an id only if countries.csv lists it or it is an official name: a wrong country is worse than
an unknown one. A person decides about all other names: :func:`find_unknown_countries` lists them,
:func:`suggest_rows` proposes rows of countries.csv to review.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import compress

import pandas as pd

from glc_analysis.errors import Fault, suggest_name
from glc_analysis.schema import UNKNOWN
from glc_analysis.templates import read_packaged_csv
from glc_analysis.text import map_distinct, match_key, normalise_space, summarise_row_numbers

# ------------------------------
# The names that people write, as country ids.


CODES_THAT_ARE_WORDS = frozenset({
    "AND", "ARE", "BEN", "CAN", "CHE", "COD", "COL", "COM", "DOM", "EST", "FIN", "GEO", "GIN",
    "GUM", "GUY", "HUN", "IND", "JAM", "KEN", "LIE", "MAC", "MAR", "NAM", "NIC", "NOR", "PAN",
    "PER", "POL", "PRI", "SEN", "SOM", "SUR", "TON", "TUN"})
"""Three-letter codes that are also words, names or abbreviations."""

_AMBIGUOUS_OFFICIAL = {"congo": ("COG", "COD")}
"""Official names that people also use for another country: the countries that may be meant."""

_FEWEST_CODES = 2
"""A column is read as codes if it holds nothing else, with so many different ones or one that is not a
word."""


def country_ids(names: pd.Series, countries: pd.DataFrame) -> pd.Series:
    """The country ids of names, ``""`` where a name is blank or not known. Same rows as ``names``.

    A name is compared first with the reviewed ``raw_name`` of countries.csv, then with the ISO 3166
    names (short, official, common), always as a whole and regardless of case and repeated blanks;
    then with the three-letter codes in capitals. Codes that are also words (AND, CAN, SUR) count
    only in a column that holds nothing but codes and reviewed names.

    Two-letter codes are never read, since NO, SI, NA and DK are answers too. Numeric codes are not
    read either, since survey tools number countries in their own ways.

    >>> reviewed = pd.DataFrame({"raw_name": ["Ivory Coast"], "country_id": ["CIV"]})
    >>> country_ids(pd.Series(["ivory  coast", "CAMBODIA", "KHM", "NO", "Kambodia"]), reviewed).tolist()
    ['CIV', 'KHM', 'KHM', '', '']
    """
    reviewed = dict(zip(countries["raw_name"].map(match_key), countries["country_id"], strict=True))
    unique = [name for name in names.unique() if normalise_space(name)]
    is_coded = _holds_only_codes(normalise_space(name) for name in unique if match_key(name) not in reviewed)
    codes = _iso_codes() if is_coded else _iso_codes() - CODES_THAT_ARE_WORDS
    ids = {name: reviewed.get(match_key(name)) or _official_names().get(match_key(name))
           or (normalise_space(name) if normalise_space(name) in codes else "") for name in unique}
    return map_distinct(names, lambda name: ids.get(name, "")).astype("str")


@dataclass(frozen=True)
class CountryFault(Fault):
    """A text in a country column, its value, that is not a known country name."""


def find_unknown_countries(names: pd.Series, rows: Sequence[int], file: str, column: str,
                           countries: pd.DataFrame) -> list[Fault]:
    """One fault for each unknown name, with its rows and the nearest known names.

    ``rows`` are the row numbers of ``names`` as a spreadsheet shows them.
    """
    known = {*countries["label"], *map(country_name, _iso_codes())}
    labels = dict(zip(countries["label"].map(match_key), countries["country_id"], strict=True))
    rows_of: dict[str, list[int]] = defaultdict(list)
    is_unknown = (country_ids(names, countries) == "") & (map_distinct(names, normalise_space) != "")
    for name, row in zip(names[is_unknown], compress(rows, is_unknown), strict=True):
        rows_of[name].append(row)
    suggest = "`glc countries --suggest` proposes a row to review"
    faults = []
    for name, numbers in rows_of.items():
        code = normalise_space(name)
        fault = partial(CountryFault, file=file, row=summarise_row_numbers(numbers), column=column,
                        value=name)
        if code in CODES_THAT_ARE_WORDS:
            country = country_name(code)
            faults.append(fault(f"is the code of {country}, but a word as well, and the column holds names "
                                "too", fix=f"write {country}, or add {code} to countries.csv; {suggest}"))
        elif meant := _AMBIGUOUS_OFFICIAL.get(match_key(name)):
            listed = ", ".join(f"{country_name(country_id)} ({country_id})" for country_id in meant)
            faults.append(fault(f"is the name of more than one country: {listed}",
                                fix=f"say in countries.csv which one is meant; {suggest}"))
        elif labelled := labels.get(match_key(name)):
            faults.append(fault(f"is a label of countries.csv ({labelled}), but not among the names there",
                                fix=f"add a row to countries.csv with it as raw_name; {suggest}"))
        else:
            faults.append(fault(f"is not a known country name; {suggest_name(code, known)}",
                                fix=f"add it to countries.csv; {suggest}"))
    return faults


def suggest_rows(names: pd.Series, countries: pd.DataFrame) -> pd.DataFrame:
    """Rows of countries.csv for a person to review: one for each unknown name, sorted.

    A proposal may come from names in other languages, codes of any kind and near spellings;
    ``country_id`` stays blank where there is none. Region and label come from the rows that
    countries.csv already has for the country.
    """
    unknown = names[country_ids(names, countries) == ""]
    unknown = sorted({normalise_space(name) for name in unknown.unique()} - {""})
    reviewed = countries.drop_duplicates("country_id").set_index("country_id")
    known_names = {**_official_names(), **dict(zip(countries["raw_name"].map(match_key),
                                                   countries["country_id"], strict=True))}
    rows = []
    for name in unknown:
        close = difflib.get_close_matches(match_key(name), known_names, n=1, cutoff=0.8)
        proposed = find_country_id(name) or intended_iso_code(name) or (known_names[close[0]] if close
                                                                        else "")
        rows.append([name, proposed, reviewed["label"].get(proposed, country_name(proposed)),
                     reviewed["region_id"].get(proposed, "")])
    return pd.DataFrame(rows, columns=["raw_name", "country_id", "label", "region_id"], dtype="str")


def country_name(country_id: str) -> str:
    """The plain English name of a country, or the id itself where ISO 3166 has none.

    >>> country_name("BOL"), country_name("global"), country_name("unknown")
    ('Bolivia', 'global', 'Unknown')
    """
    if country_id == UNKNOWN:
        return "Unknown"
    import pycountry
    country = pycountry.countries.get(alpha_3=country_id) if country_id else None
    return (getattr(country, "common_name", "") or country.name) if country else country_id


def region_ids(ids: pd.Series, countries: pd.DataFrame) -> pd.Series:
    """The region of each country id, ``""`` where countries.csv gives none. Same rows as ``ids``. That of an
    unknown country is unknown."""
    known = {UNKNOWN: UNKNOWN} | dict(zip(countries["country_id"], countries["region_id"], strict=True))
    return map_distinct(ids, lambda country_id: known.get(country_id, "")).astype("str")


def intended_iso_code(country_id: str) -> str:
    """The ISO 3166 alpha-3 code meant by a code in lower case or of two letters; else ``""``.

    >>> [intended_iso_code(i) for i in ("ken", "KE", "KEN", "global")]
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
def _official_names() -> dict[str, str]:
    """ISO names in lower case -> id."""
    return {name: id_ for id_, names in _iso_names().items() for name in map(match_key, names)
            if name not in _AMBIGUOUS_OFFICIAL}


@cache
def _iso_names() -> dict[str, list[str]]:
    import pycountry
    return {country.alpha_3: [*filter(None, (country.name, getattr(country, "official_name", ""),
                                             getattr(country, "common_name", "")))]
            for country in pycountry.countries}


# ------------------------------
# Which country a name means, in any language of CLDR: rows of countries.csv for people to review.
#
# A wrong country is worse than an unknown one: a name that means two countries in two languages, or a
# country about which states disagree, gets no id. Names come from Babel (CLDR), ISO 3166, and
# ``country_other_names.csv``; regions are those of the United Nations (M49), ``un_regions.csv``.


_CONTESTED = {
    "ESH", "PSE", "TWN", "abkhazia", "crimea", "gaza", "kashmir", "kosovo", "kurdistan",
    "nagorno-karabakh", "northern cyprus", "palestine", "palestinian territories", "somaliland",
    "south ossetia", "taiwan", "tibet", "transnistria", "west bank", "western sahara"}  # fmt: skip
"""Ids and names of countries whose status, borders or name are disputed between states: a person decides."""

_AMBIGUOUS = {
    "america", "congo", "czechoslovakia", "kongo", "korea", "micronesia", "saint martin",
    "serbia and montenegro", "soviet union", "ussr", "virgin islands", "yugoslavia"}  # fmt: skip
"""Names that mean several countries, or a country that no longer exists."""

_ORDER = re.compile(r"(.+), (.+)")
_APART = re.compile(r"\s+[/|]\s+|\s*/\s*|\s*\|\s*")
_BRACKETS = re.compile(r"(.+?)\s*[(\[](.+?)[)\]]")


def find_country_id(name: str, *, everywhere: bool = True) -> str:
    """The ISO 3166 code of a country by its name in any language; blank where it is unknown or not certain.

    Names in two languages (``Spain / España``) and turned names (``Korea, South``) are understood. English
    comes first; with ``everywhere`` then what all other languages agree on, which takes a second once.

    >>> [find_country_id(name) for name in ("Turkey", "Macedonia", "Spain / España", "Korea, South", "Perú")]
    ['TUR', 'MKD', 'ESP', 'KOR', 'PER']
    >>> [find_country_id(name) for name in ("Congo", "Kosovo", "Wakanda", "Korea", "Spain / France", "no")]
    ['', '', '', '', '', '']
    """
    key = _key(name)
    if not key or key in _AMBIGUOUS or key in _CONTESTED:
        return ""
    country = _whole_name(key, everywhere)
    bracketed = _BRACKETS.fullmatch(name.strip())
    for parts in (_APART.split(name), bracketed.groups() if bracketed else ()):
        if not country and len(parts) > 1:
            meant = {find_country_id(part, everywhere=everywhere) for part in parts if _key(part)}
            country = meant.pop() if len(meant) == 1 else ""
    if not country and (turned := _ORDER.fullmatch(key)):
        country = _whole_name(f"{turned[2]} {turned[1]}", everywhere)
    if not country and key.startswith("the "):
        country = _whole_name(key[4:], everywhere)
    return "" if country in _CONTESTED else country


def is_contested(name: str) -> bool:
    """Whether the status of the country is disputed between states, so that a person must decide on the name.

    >>> is_contested("Taiwan"), is_contested("Palestina"), is_contested("Peru")
    (True, True, False)
    """
    key = _key(name)
    is_named = any(key == name or key.startswith((f"{name},", f"{name} (")) for name in _CONTESTED)
    return is_named or _whole_name(key, everywhere=True) in _CONTESTED


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
    return {row["country_id"]: row["region_id"] for row in read_packaged_csv(__file__, "un_regions.csv")}


def _whole_name(key: str, everywhere: bool) -> str:
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
        for country_id, official in _iso_names().items():
            for name in official:
                names.setdefault(_key(name), country_id)
            if country_id not in CODES_THAT_ARE_WORDS:
                names.setdefault(country_id.casefold(), country_id)
        names |= {_key(row["name"]): row["country_id"]
                  for row in read_packaged_csv(__file__, "country_other_names.csv")}
    names.pop("", None)
    return {name: country_id for name, country_id in names.items() if name not in _AMBIGUOUS}


@cache
def _names_anywhere() -> dict[str, str]:
    """Names on which all languages agree -> id; with and without accents."""
    from babel import localedata

    meant: dict[str, set[str]] = {}
    for language in localedata.locale_identifiers():
        if "_" not in language:
            for name, country_id in _names_in(language).items():
                meant.setdefault(name, set()).add(country_id)
                # Latin letters, which people also write without accents.
                if not name.isascii() and name < "\u0250":
                    meant.setdefault(_without_accents(name), set()).add(country_id)
    return {name: next(iter(ids)) for name, ids in meant.items() if len(ids) == 1 and len(name) > 2}


def _without_accents(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c)))
